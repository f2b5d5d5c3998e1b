"""Faults planted in the kinds of account: each must be noticed by the streams, or by the figures worked out by hand.

A fault is one line of a module that says something else. The module is made again with it, whatever uses the module is
given the other one, and what holds otherwise must fail.
"""

from __future__ import annotations

import importlib
import inspect
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1] / "unit")]

import test_accounts  # noqa: E402
import test_bond_streams  # noqa: E402
import test_bonds  # noqa: E402
import test_futures  # noqa: E402  # from the folders above
import test_futures_streams  # noqa: E402
import test_margin_trading  # noqa: E402
import test_option_streams  # noqa: E402
import test_options  # noqa: E402

FUTURES = {
    "the long ratio for both sides": ("futures", "if side == LONG else rates.short_margin", "if True else 0"),
    "no margin is bound": ("futures", "return worth.equity - worth.margin", "return worth.equity"),
    "a short side earns by a rise": ("contracts", "return sign * (money.not", "return (money.not"),
    "no multiplier in profit": ("futures", "lot.base, units, lot.quantity * size)", "lot.base, units, lot.quantity)"),
    "profit is paid again each day": ("futures", "yield events.Rebased(draft.at, instrument, mark)", "pass"),
    "lots outlive their contract": ("futures", "exchange.closing_day[instrument] > draft.day + 1", "True"),
    "realised by the settlement": ("futures", "-side, lot.opened, units", "-side, lot.base, units"),
    "close-today at the other fee": ("futures", "(today, rates.close_today_fee)", "(today, rates.close_fee)"),
    "no fee at the opening": ("futures", '-fee, "fee", fee=fee)', '0, "fee")'),
    "floating by the settlement": ("futures", "floating += gain(money, held.side, lot.opened",
                                   "floating += gain(money, held.side, lot.base"),
    "both sides for the larger": ("futures", "sum(max(sums.get", "sum(_both(sums.get"),
    "nobody closes": ("forced", "if missing <= 0:", "if True:"),
    "a raise that is known too late": ("futures", "self._sides(account, exchange, next_day=True)",
                                       "self._sides(account, exchange)"),
    "a limit of each order": ("futures", "held, limit = account.ledger.quantity(intent.instrument, side)",
                                  "held, limit = 0"),
}  # fmt: skip
"""Module, what it says, and what it says with the fault."""

MARGIN = {
    "nights are not counted": ("margin", "events.DaysCounted(draft.at, nights)", "events.DaysCounted(draft.at, 1)"),
    "principal before interest": ("debts", "interest = min(interest_of(debt, year), money)", "interest = 0"),
    "a sale repays nothing": ("margin", "paid_back(fill.at, own + others", "paid_back(fill.at, []"),
    "a sale repays everybody": ("margin", "if effect is Effect.REPAY else []", "if True else []"),
    "proceeds are free": ("margin", "for debt in account.ledger.debts if not debt.is_money)", "for debt in ())"),
    "a loss counts at the haircut": ("standing", "if gain > 0 else gain", "if True else gain"),
    "a gain counts in full": ("standing", "return _part(gain, haircut) if gain > 0 else gain", "return gain"),
    "financed shares are collateral": ("standing", "instrument, 0) - quantity", "instrument, 0)"),
    "no dividend for the lender": ("debts", '-due, "compensation", income=-due', '0, "compensation"'),
    "no bonus shares for the lender": ("debts", "if action.bonus:", "if False:"),
    "given back on the same day": ("margin", "free = owed(account, instrument, before=account.day)", "free = debt"),
    "no lending fee": ("debts", "gone, due = debt.principal, interest_of(debt, year)", "gone, due = debt.principal, 0"),
    "money goes out without a line": ("margin", "now.margin, now.assets - _WITHDRAW * now.debt)", "now.margin)"),
    "no grace": ("margin", "Due(at.day + 1 + self.grace, missing)", "Due(at.day + 1, missing)"),
    "a call closes one lot": ("margin_call", "sold = min(-(-wanted // lot) * lot,", "sold = min(lot,"),
    "contracts never end": ("margin_call", "return debt.quantity_opened > 0 and debt.due <= day", "return False"),
    "a short sale at any price": ("margin", "if effect is not Effect.BORROW or is_exempt:", "if True:"),
    "a contract binds everything": ("standing", "binds = divide(debt.principal * debt.ratio, RATE_SCALE)",
                                    "binds = debt.principal"),
    "the rest of a purchase is lost": ("debts", "    if kept:", "    if False:"),
    "a day for nothing": ("debts", "first = divide(principal * debt.rate, RATE_SCALE * year)", "first = 0"),
}  # fmt: skip


OPTIONS = {
    "a premium binds nothing": ("options", "return Need(premium + fees.total, refusal)", "return Need(0, refusal)"),
    "no margin is bound by what is written": ("options", "- sum(self._written(account, exchange).values())", ""),
    "locked units are sold": ("options", "free = closable.held - locked", "free = closable.held"),
    "covered calls without cover": ("covered", "if spare >= lots * right.unit:", "if True:"),
    "units are freed behind covered calls": ("covered", "now - units_needed(draft, exchange, instrument)", "now"),
    "nobody closes what is uncovered": ("options", "        close_uncovered(draft, exchange)", "        pass"),
    "a put as far out as a call": ("writing", "if self.option.is_call else spot - self.strike, 0)\n\n    def int",
                                   "if True else 0, 0)\n\n    def int"),
    "no floor": ("writing", "max(ratio * spot - RATE_SCALE * out, floor * base)", "ratio * spot - RATE_SCALE * out"),
    "a put binds more than its strike": ("writing", "binds = min(binds, right.strike * RATE_SCALE)", "pass"),
    "the whole of a future": ("writing", "RATE_SCALE * out // 2, ratio * spot // 2", "RATE_SCALE * out, ratio * spot"),
    "margined by the marks": ("writing", "known if known == known else view.mark(one)", "view.mark(one)"),
    "a writer pays to write": ("options", "rate = right.option.writing_fee", "pass"),
    "rights lapse in the money": ("expiry", "met = lots if right.intrinsic(spot) else 0", "met = 0"),
    "a right is used without money": ("expiry", "met = min(met, carried(draft, exchange, right))", "pass"),
    "units for nothing": ("expiry", "Due(draft.day + 1, -toward * strike", "Due(draft.day + 1, 0 * strike"),
    "exercised for nothing": ("expiry", "= exercise_fee(exchange, right, lots) if", "= 0 if"),
    "floating forgets the premium": ("options", "(worth - sum(lot.cost for lot in lots))", "worth"),
}  # fmt: skip


BONDS = {
    "interest is part of the cost": ("bonds", "instrument, fill.quantity, fill.notional)",
                                     "instrument, fill.quantity, paid)"),
    "interest is not paid for": ("bonds", "return value + accrued(account, exchange, instrument, abs(quantity))",
                                 "return value"),
    "interest that is bought is no loss": ("bonds", '"bought", income=-interest, fee', '"bought", fee'),
    "interest that is sold is no income": ("bonds", "income=interest, fee=fee", "fee=fee"),
    "fees on the clean price": ("bonds", "divide(paid * round(rate * RATE_SCALE), RATE_SCALE)",
                                "divide(value * round(rate * RATE_SCALE), RATE_SCALE)"),
    "realised with the interest": ("bonds", "gained = fill.notional - cost", "gained = paid - cost"),
    "what accrues is worth nothing": ("bonds", "market = clean + interest", "market = clean"),
    "what is lent is gone": ("bonds", "Value(account.cash + market + lent,", "Value(account.cash + market,"),
    "interest before the start is earned": ("bonds", "yield from self._given(draft, exchange)", "pass"),
    "a buyer needs the price only": ("bonds", "return Need(paid + fees.total, refusal)", "return Need(value, refusal)"),
    "borrowing without a pledge": ("bonds", "(Reason.INSUFFICIENT_PLEDGE, facts) if quantity > 0 else None", "None"),
    "anybody is qualified": ("bonds", "bond.qualified_only and not self.qualified", "False"),
    "money of repo is paid out at once": ("bonds", "- sum(account.ledger.locked.values()) * PAR * exchange.money.units",
                                          ""),
    "repo for a year of 360": ("bonds", "_PER_CENT, _YEAR, _MANY = 100, 365, 1000",
                               "_PER_CENT, _YEAR, _MANY = 100, 360, 1000"),
    "repo over no weekend": ("coupons", "earned = int((_next(exchange, back) - out).astype(int))", "earned = tenor"),
    "repo a day late": ("coupons", "np.timedelta64(tenor - 1,", "np.timedelta64(tenor,"),
    "repo pays no interest": ("coupons", "Posted(draft.at, loan.cash, ", "Posted(draft.at, loan.cash - earned, "),
    "coupons of trading days only": ("coupons", "for night in range(nights):", "for night in range(min(nights, 1)):"),
    "coupons without tax": ("coupons", "* exact(bond.tax))", "* 0)"),
    "coupons of a day ahead": ("coupons", "nights - 1 - night)", "nights - 2 - night)"),
    "bonds outlive their maturity": ("coupons", "if exchange.today(draft) >= day:", "if False:"),
    "face value for a call": ("coupons", "steps(exchange, exact(price) * quantity))",
                              "steps(exchange, exact(100.0) * quantity))"),
    "the rest of a conversion is lost": ("coupons", "cost, cash = _cost(position, quantity), steps(exchange, rest)",
                                         "cost, cash = _cost(position, quantity), 0"),
    "conversions at any time": ("coupons", "if not terms.holds(day):", "if False:"),
    "a put at any time": ("coupons", "put is None or not put.first <= day <= put.last", "put is None"),
    "a last period that compounds": ("domain.bond_figures", "if len(amounts) == 1:", "if False:"),
    "time from the exchange's interest": ("domain.bond_figures", 'interest(bond, day, "actual")',
                                          "interest(bond, day, bond.accrual)"),
    "modified is Macaulay's": ("domain.bond_figures", "modified = macaulay / growth", "modified = macaulay"),
    "convexity of the yield's periods": ("domain.bond_figures", "growth**2 / full / per_year**2", "growth**2 / full"),
}  # fmt: skip


ACCOUNTS = {
    "what another is asked for is kept nowhere": ("session.following", "self.lead.do(Tell((told,)))", "pass"),
    "what another is asked for is done by all": ("session.following", "return account == self.name", "return True"),
    "money that goes comes": ("session.following", "if event.target == self.name else -event.amount", ""),
    "a refused transfer moves": ("session.following", "target=target, reason=None):", "target=target):"),
    "what was taken back is still done": ("session.following", "while not self._holds(leading.log):", "while False:"),
    "another stays where it was": ("session.following", "mine.cursor = leading.branch.cursor", "pass"),
    "a step is done twice": ("session.following", "self._seen = len(self.lead.draft.events)", "self._seen = 0"),
    "a preview is kept": ("session.following", "            self._trial = kept\n", "            pass\n"),
    "another stands a step behind": ("session.following", "        advance_to(draft, self.exchange, at)\n", ""),
    "a difference goes by": ("session.following", "(worth := self._worth(draft)) != event.equity", "False"),
    "money that is bound leaves": ("session.accounts", "why_it_stays(leaves.account, leaves.exchange, steps) or ", ""),
    "the first one pays nothing": ("session.accounts", "if reason is None and lead in {leaves, comes}:", "if False:"),
    "the first one is paid for what it pays": ("session.accounts", "PayIn(steps if lead is comes else -steps)",
                                               "PayIn(steps)"),
    "one side is kept": ("session.accounts", "lead.keeper.keep_command(lead.tried(act))", "act()"),
    "an account of a later day": ("session.accounts", "if simulation.account.day >= simulation.exchange.first:",
                                  "if False:"),
    "what moves between them is earned": ("session.accounts", "- (flows - flows.shift(1, fill_value=0.0))", ""),
    "what rests holds nothing": ("engine.updates", "if amount <= free:",
                                 "if amount <= exchange.account.withdrawable(account, exchange):"),
}  # fmt: skip
"""Of several accounts: those that follow, and the money between them."""


@pytest.fixture
def plant(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, str], None]:
    """Put a fault into a module of the kinds of account, and into whatever has taken something of it."""

    def planted(name: str, said: str, fault: str) -> None:
        module = importlib.import_module(f"qresearch.{name if '.' in name else f'engine.accounts.{name}'}")
        source = inspect.getsource(module)
        assert said in source, f"{name}.py says {said!r} no more"
        other = ModuleType(module.__name__)
        other.__file__ = module.__file__
        monkeypatch.setitem(sys.modules, module.__name__, other)
        vars(other)["_both"] = lambda *sides: sum(sides)
        exec(compile(source.replace(said, fault), str(module.__file__), "exec"), vars(other))
        monkeypatch.setitem(sys.modules, module.__name__, module)
        own = {key: value for key, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__}
        for user in [*sys.modules.values()]:
            if not getattr(user, "__name__", "").startswith(("qresearch", "test_")) or user is module:
                continue
            for key, value in list(vars(user).items()):
                if key in own and value is own[key]:
                    monkeypatch.setattr(user, key, vars(other)[key])
                elif key == "ACCOUNTS":
                    made = [vars(other).get(word, kind) for word, kind in own.items() if kind in value.values()]
                    monkeypatch.setattr(user, key, {**value, **{kind.name: kind for kind in made}})

    return planted


def worked_out(module: ModuleType) -> Iterator[tuple[str, Callable[[], None]]]:
    """The tests of a module that need nothing."""
    for name, test in [*vars(module).items()]:
        if name.startswith("test_") and not inspect.signature(test).parameters:
            yield name, test


def is_noticed(checks: Iterator[tuple[str, Callable[[], None]]]) -> bool:
    """True when a check fails, by its assertion or by an error on the way."""
    for _, check in checks:
        try:
            check()
        except (Exception, pytest.fail.Exception):  # whatever tells of the fault
            return True
    return False


def streams() -> Iterator[tuple[str, Callable[[], None]]]:
    """The invented stream of futures, by both margins, and what a person sees."""
    for margin in ("both_sides", "larger_side"):
        yield margin, lambda margin=margin: test_futures_streams.test_a_stream_is_met_to_the_fen("rb2405", margin)
    yield "a raise", lambda: test_futures.test_a_raised_margin_calls_on_the_evening_before("futures")
    yield from worked_out(test_futures)


def figures() -> Iterator[tuple[str, Callable[[], None]]]:
    """The figures of margin trading: those that are published, and those worked out by hand."""
    for price, available in ((9.0, 200_000.0), (11.0, 285_000.0)):
        yield (
            f"{price}",
            lambda price=price, available=available: (
                test_margin_trading.test_a_loss_counts_in_full_and_a_gain_at_the_haircut(price, available)
            ),
        )
    yield from worked_out(test_margin_trading)


def rights() -> Iterator[tuple[str, Callable[[], None]]]:
    """The published figures of options, and what a person sees."""
    for case in test_option_streams.MARGINS:
        yield (
            case,
            lambda case=case: test_option_streams.test_a_written_contract_binds_what_its_exchange_says(case),
        )
    yield from worked_out(test_options)


def interest() -> Iterator[tuple[str, Callable[[], None]]]:
    """The stream of bonds, their published figures, and what a person sees."""
    yield from worked_out(test_bond_streams)
    for row in test_bond_streams.CASES:
        yield row["case"], lambda row=row: test_bond_streams.test_a_published_figure_is_reproduced(row)
    for change in ({"convert_from": "2024-06-01"}, {"convert_until": "2024-01-02"}):
        yield (
            f"{change}",
            lambda change=change: test_bonds.test_a_conversion_that_cannot_be_is_told(change, 100, "can be converted"),
        )
    for order, reason, said in test_bonds.REFUSALS:
        yield (
            f"{reason}",
            lambda order=order, reason=reason, said=said: test_bonds.test_a_refusal_says_its_numbers(
                order, reason, said
            ),
        )
    yield from worked_out(test_bonds)


def desks() -> Iterator[tuple[str, Callable[[], None]]]:
    """What a person does with several accounts, money between them, and their journal."""
    for name, test in [*vars(test_accounts).items()]:
        if not name.startswith("test_"):
            continue
        marks = [mark.args for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
        names, rows = marks[0] if marks else ((), [()])
        for values in rows:
            given = {names: values} if isinstance(names, str) else dict(zip(names, values, strict=True))
            yield name, lambda test=test, given=given: _with_a_folder(test, given)


def _with_a_folder(test: Callable[..., None], given: dict[str, object]) -> None:
    """A test of some values, which may keep files, and put something into another's place."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        known = {**given, "tmp_path": Path(folder), "monkeypatch": patch}
        test(**{name: known[name] for name in inspect.signature(test).parameters})


def test_without_a_fault_nothing_fails() -> None:
    """Protects the faults from being noticed for another reason."""
    assert not is_noticed(streams())
    assert not is_noticed(figures())
    assert not is_noticed(interest())
    assert not is_noticed(rights())
    assert not is_noticed(desks())


@pytest.mark.parametrize("fault", FUTURES)
def test_a_fault_in_futures_is_noticed(fault: str, plant: Callable[[str, str, str], None]) -> None:
    """Protects the streams from holes: an account that does this wrong does not pass."""
    plant(*FUTURES[fault])
    assert is_noticed(streams())


@pytest.mark.parametrize("fault", MARGIN)
def test_a_fault_in_margin_trading_is_noticed(fault: str, plant: Callable[[str, str, str], None]) -> None:
    """Protects the figures from holes: an account that does this wrong does not pass."""
    plant(*MARGIN[fault])
    assert is_noticed(figures())


@pytest.mark.parametrize("fault", OPTIONS)
def test_a_fault_in_options_is_noticed(fault: str, plant: Callable[[str, str, str], None]) -> None:
    """Protects the figures from holes: an account that does this wrong does not pass."""
    plant(*OPTIONS[fault])
    assert is_noticed(rights())


@pytest.mark.parametrize("fault", BONDS)
def test_a_fault_in_bonds_is_noticed(fault: str, plant: Callable[[str, str, str], None]) -> None:
    """Protects the figures from holes: an account that does this wrong, or a formula, does not pass."""
    plant(*BONDS[fault])
    assert is_noticed(interest())


@pytest.mark.parametrize("fault", ACCOUNTS)
def test_a_fault_in_several_accounts_is_noticed(fault: str, plant: Callable[[str, str, str], None]) -> None:
    """Protects the desk from holes: accounts that do this wrong side by side do not pass."""
    plant(*ACCOUNTS[fault])
    assert is_noticed(desks())
