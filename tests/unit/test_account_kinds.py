"""A kind of account is one object: the engine asks it, and keeps what it says in events that need no kind."""

from __future__ import annotations

import contextlib
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis.strategies as st
import pandas as pd
import pytest
from hypothesis import given, settings

import qresearch as qr
from qresearch import terms
from qresearch.domain import events
from qresearch.domain.ledger import LONG, SHORT, Debt, Due, Lot
from qresearch.domain.moment import AFTER_CLOSE, Moment
from qresearch.domain.money import RATE_SCALE, divide
from qresearch.domain.state import State
from qresearch.engine.accounts.bonds import Bonds
from qresearch.engine.accounts.futures import Futures
from qresearch.engine.accounts.margin import MarginTrading
from qresearch.engine.accounts.margin_us import MarginUs
from qresearch.engine.accounts.options import Options
from qresearch.engine.evolve import evolve
from qresearch.engine.exchange import AccountKind
from qresearch.engine.intent import Closable, Need, Value
from qresearch.engine.ledger import lots_taken
from qresearch.session.encoding import decode, encode, event_schema
from qresearch.session.journal import content_of

MARKET = qr.sample_market()
SYMBOL = "604018.SH"
START = "2022-03-01"


@dataclass(frozen=True)
class Margined(AccountKind):
    """Contracts on margin, long and short, paid up to the close every day: a toy, of 60 lines."""

    rate: int = 100_000_000
    name: str = "margined"

    def wake(self, draft, exchange, nights) -> tuple[()]:
        return ()

    def carries(self, item) -> bool:
        return True

    def charge(self, account, exchange, intent, quantity):
        return exchange.charge(account, intent, quantity)

    def closable(self, account, exchange, instrument, quantity, effect) -> Closable | None:
        held = account.ledger.quantity(instrument, SHORT if quantity > 0 else LONG)
        return Closable(held, held) if held else None

    def need(self, account, exchange, intent, quantity) -> Need:
        notional, fees = exchange.charge(account, intent, quantity)
        if self.closable(account, exchange, intent.instrument, quantity, intent.effect) is not None:
            return Need(0)
        return Need(divide(notional * self.rate, RATE_SCALE) + fees.total)

    def available(self, account, exchange, pool) -> int:
        worth = self.value(account, exchange)
        return worth.equity - worth.margin

    def post(self, draft, exchange, fill) -> Iterator[events.Record]:
        side = 1 if fill.quantity > 0 else -1
        units = exchange.money.price_units(fill.price)
        fee = fill.fees.total
        if not draft.ledger.quantity(fill.instrument, -side):
            yield events.LotAdded(fill.at, fill.instrument, side, Lot(fill.at.day, abs(fill.quantity), units, units))
            yield events.Posted(fill.at, -fee, "fee", fee=fee)
            return
        _, left = lots_taken(draft.ledger.lots[fill.instrument, -side], abs(fill.quantity), "oldest", fill.at.day)
        money = exchange.money.notional
        paid = sum(-side * (money(units, lot.quantity) - money(lot.base, lot.quantity)) for lot in left)
        gain = sum(-side * (money(units, lot.quantity) - money(lot.opened, lot.quantity)) for lot in left)
        yield events.LotsTaken(fill.at, fill.instrument, -side, abs(fill.quantity))
        yield events.Posted(fill.at, paid - fee, "closed", realised=gain, fee=fee)

    def settle(self, draft, exchange) -> Iterator[events.Record]:
        money, view = exchange.money, exchange.view(draft)
        for (instrument, side), lots in draft.ledger.lots.items():
            mark = money.price_units(view.last_price(instrument))
            paid = sum(
                side * (money.notional(mark, lot.quantity) - money.notional(lot.base, lot.quantity)) for lot in lots
            )
            yield events.Posted(draft.at, paid, "variation")
            yield events.Rebased(draft.at, instrument, mark)

    def value(self, account, exchange) -> Value:
        money, view = exchange.money, exchange.view(account)
        unpaid = floating = market = margin = 0
        for (instrument, side), lots in account.ledger.lots.items():
            mark = money.price_units(view.last_price(instrument))
            for lot in lots:
                worth = money.notional(mark, lot.quantity)
                unpaid += side * (worth - money.notional(lot.base, lot.quantity))
                floating += side * (worth - money.notional(lot.opened, lot.quantity))
                market += side * worth
                margin += divide(worth * self.rate, RATE_SCALE)
        return Value(account.cash + unpaid, market, floating, margin)


def opened(cash: float = 100_000, **options: object) -> qr.Session:
    """A session on such an account."""
    return qr.Session(MARKET, start=START, cash=cash, account=Margined(), **options)


def assert_identity(session: qr.Session) -> None:
    """Floating + realised + income - fees is what the equity grew by, on every day that is kept."""
    exchange = session.simulation.exchange
    for state in session.simulation.timeline.branch.states:
        worth = exchange.account.value(state, exchange)
        grown = worth.equity - session.simulation.starting_equity
        assert worth.floating + state.realised + state.ledger.income - state.ledger.fees == grown


def test_margin_is_bound_and_not_the_value() -> None:
    """Protects the need of an order: ten times the cash can be held at a margin of a tenth, and no more."""
    session = opened()
    most = session.buy(SYMBOL, 200_000)
    session.step()
    price = most.average_price
    assert 0.95 * 1_000_000 < most.filled * price <= 1_000_000
    assert most.events.reason.tolist().count("INSUFFICIENT_CASH") == 1
    held = session.portfolio
    assert held.available == pytest.approx(held.equity - 0.1 * held.market_value, abs=0.01)


def test_a_sale_of_nothing_held_opens_a_short_side() -> None:
    """Protects both sides: what is sold first is bought back, and the profit is that of the fall."""
    session = opened(costs="zero")
    sold = session.sell(SYMBOL, 1000)
    session.step(3)
    assert session.simulation.account.ledger.quantity(MARKET.column(SYMBOL), SHORT) == 1000
    assert session.portfolio.positions[SYMBOL].quantity == -1000
    back = session.buy(SYMBOL, 1000)
    session.step()
    assert back.filled == 1000
    assert not session.simulation.account.ledger.lots
    assert session.portfolio.profit == pytest.approx((sold.average_price - back.average_price) * 1000)
    assert session.portfolio.realised_profit == session.portfolio.profit
    assert_identity(session)


def test_every_day_is_paid_at_its_close() -> None:
    """Protects the daily settlement: after it all profit is cash, and the next day begins from the close."""
    session = opened(costs="zero")
    session.buy(SYMBOL, 1000)
    session.step()
    before = session.portfolio.equity
    session.step(phase="AFTER_CLOSE")
    assert session.simulation.account.cash == round(before * 100)
    assert [event.why for event in session.simulation.log if isinstance(event, events.Posted)] == ["fee", "variation"]


def test_time_travel_branches_and_a_journal_need_no_kind(tmp_path: Path) -> None:
    """Protects what folds a log: going back, another branch and a resumed file have the same account."""
    path = tmp_path / "margined.qrj"
    session = opened(journal=path)
    session.buy(SYMBOL, 3000)
    session.step(4)
    digest, equity = session.digest(), session.portfolio.equity
    session.back(2)
    session.sell(SYMBOL, 1000)
    session.step(2)
    other = session.digest()
    session.branches.switch("main")
    session.step(2)
    assert (session.digest(), session.portfolio.equity) == (digest, equity)
    del session
    again = qr.Session.resume(path, MARKET, account=Margined())
    assert again.digest() == digest
    again.branches.switch("branch-1@2022-03-02")
    assert again.digest() == other
    with pytest.raises(qr.errors.JournalError, match="account=margined"):
        qr.Session.resume(path, MARKET)


moves = st.lists(st.tuples(st.sampled_from(["buy", "sell"]), st.integers(1, 40)), min_size=1, max_size=12)


@settings(max_examples=25, deadline=None)
@given(moves)
def test_the_identity_holds_on_every_path(asked: list[tuple[str, int]]) -> None:
    """Protects the books of every kind: no path of orders makes or loses money, and the fold is the account."""
    session = opened()
    for call, lots in asked:
        getattr(session, call)(SYMBOL, 100 * lots)
        session.step()
    assert_identity(session)
    simulation = session.simulation
    blank = State.blank(Moment(simulation.exchange.first - 1, AFTER_CLOSE), session.settings)
    assert evolve(blank, simulation.log) == simulation.account


def test_a_resting_order_holds_its_margin_back() -> None:
    """Protects the reserve: it is the need of what rests, and the shares of a closing order are taken once."""
    session = opened()
    session.buy(SYMBOL, 1000, qr.terms.limit(9.0, tif="GTC"))
    session.step()
    free = session.portfolio.available
    assert session.portfolio.equity - free == pytest.approx(9.0 * 1000 * 0.1 + 5, abs=0.01)


def test_an_object_without_the_methods_is_refused() -> None:
    """Protects the caller: the message names what is missing."""
    missing = "without wake, carries, closable, charge, need, .*available, .*post, settle, value"
    with pytest.raises(qr.errors.UsageError, match=missing):
        qr.Session(MARKET, account=object())


AT = Moment(4, AFTER_CLOSE)


def folded(*posted: events.Posting) -> State:
    """A blank account after some postings."""
    return evolve(State.blank(AT, opened().settings), posted)


def test_lots_merge_scale_and_leave_in_the_order_that_is_named() -> None:
    """Protects the lots: one of a day at its average price, a split against the price, today's apart from the old."""
    old, new = Lot(3, 10, 1000, 1010, 100), Lot(4, 4, 1200, 1200, 48)
    added = [events.LotAdded(AT, 7, LONG, lot) for lot in (old, new)]
    more = events.LotAdded(AT, 7, LONG, Lot(4, 4, 1300, 1300, 52), merges=True)
    assert folded(*added, more).ledger.lots[7, LONG] == (old, Lot(4, 8, 1250, 1250, 100))
    assert folded(*added, events.Rescaled(AT, 7, 2, 1)).ledger.lots[7, LONG][0] == Lot(3, 20, 500, 505, 100)
    for order, left in (("oldest", [6, 4]), ("before", [6, 4]), ("today", [10]), ("today_first", [10])):
        assert [
            lot.quantity for lot in folded(*added, events.LotsTaken(AT, 7, LONG, 4, order)).ledger.lots[7, LONG]
        ] == left
    assert not folded(added[0], events.LotsTaken(AT, 7, LONG, 10)).ledger.lots


def test_debts_count_days_and_end_when_nothing_is_left() -> None:
    """Protects what is owed: interest is counted in money and days, and a debt that is paid is gone."""
    debt = Debt(1, 7, True, 4, 184, 1000, 50_000, 1000, 50_000, rate=83_500_000)
    borrowed = [events.Borrowed(AT, debt), events.DaysCounted(AT, 3)]
    assert folded(*borrowed).ledger.debts[0].money_days == 150_000
    half = events.DebtChanged(AT, 1, 500, 25_000, paid=35)
    assert folded(*borrowed, half).ledger.debts[0][5:7] == (500, 25_000)
    assert not folded(*borrowed, half, events.DebtChanged(AT, 1, 0, 0, paid=70)).ledger.debts
    due = events.DueChanged(AT, (Due(6, 1000),), {7: 100})
    assert folded(due).ledger[2:4] == ((Due(6, 1000),), {7: 100})


def test_postings_are_kept_by_a_journal_as_they_are() -> None:
    """Protects the file: every posting comes back from its text."""
    debt, lot = Debt(1, 7, False, 4, 184, 1000, 50_000, 1000, 50_000), Lot(4, 4, 1200, 1200, 48)
    log = [
        events.Posted(AT, -5, "fee", fee=5), events.LotAdded(AT, 7, SHORT, lot), events.LotsTaken(AT, 7, LONG, 4),
        events.Rebased(AT, 7, 1010), events.Rescaled(AT, 7, 3, 2), events.Borrowed(AT, debt),
        events.DebtChanged(AT, 1, 0, 5, 7), events.DaysCounted(AT, 3),
        events.CashFlowed(AT, 5, 7), events.DueChanged(AT, (Due(6, 1000),), {7: 100}),
        events.MarginCalled(AT, 9, 10), events.SharesMoved(AT, 7, 100, 1000),
    ]  # fmt: skip
    assert decode(*encode(log), event_schema()) == log
    assert {type(event) for event in log} == set(typing.get_args(events.Posting))


SHARES, METAL, FUND = "604018.SH", "QT2307", "514101.SH"
WRONG = {
    "a covered call that is bought": ("options", lambda context: context.buy("C2212M4000", 1, terms.covered_open())),
    "a put that is covered": ("options", lambda context: context.sell("P2212M4000", 1, terms.covered_open())),
    "a premium below its step": ("options", lambda context: context.buy("C2212M4000", 1, terms.limit(0.00004))),
    "a target below a step": ("cash_shares", lambda context: context.order_target(SHARES, 500, terms.limit(0.004))),
    "a stop below a step": ("cash_shares", lambda context: context.buy(SHARES, 100, terms.limit_if_touched(9, 0.004))),
    "a sale that finances": ("margin", lambda context: context.sell(SHARES, 100, terms.financed())),
}
"""Calls that are wrong in an account of a kind."""


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("clock", ["next_open", "same_bar"])
def test_a_wrong_call_that_a_strategy_survives_leaves_nothing(wrong: str, clock: str, tmp_path: Path) -> None:
    """Protects a strategy that catches an error: what raised is not in the log, and the journal can be followed."""
    kind, call = WRONG[wrong]
    market = qr.sample_options() if kind == "options" else MARKET
    symbol, lots, start = (FUND, 1000, "2022-11-28") if kind == "options" else (SHARES, 1000, START)

    def lived(path: Path | None, *, is_wrong: bool) -> qr.Session:
        def handle_data(context: typing.Any, data: typing.Any) -> None:
            context.buy(symbol, lots, terms.limit(4.0 if kind == "options" else 9.0, tif="GTC"))
            if context.simulation.account.day % 2:
                return
            with pytest.raises(qr.UsageError) if is_wrong else contextlib.nullcontext():
                if is_wrong:
                    call(context)

        options = {"clock": clock, "strategy": handle_data, "journal": path}
        return qr.Session(market, start=start, cash=500_000, account=kind, **options).step(4)

    path = tmp_path / "wrong.qsession"
    run = lived(path, is_wrong=True)
    assert run.digest() == lived(None, is_wrong=False).digest()
    copy = tmp_path / "copy.qsession"
    copy.write_bytes(content_of(path))
    assert qr.Session.resume(copy, market).digest() == run.digest()


def test_a_wrong_call_alone_at_its_moment_leaves_nothing(tmp_path: Path) -> None:
    """Protects a journal from a request that was never made: the first call of a day raised, and nothing followed."""

    def handle_data(context: typing.Any, data: typing.Any) -> None:
        with pytest.raises(qr.UsageError, match=r"limit_price=4e-05: prices of C2212M4000\S* have steps"):
            context.buy("C2212M4000", 1, terms.limit(0.00004))

    path, copy = tmp_path / "wrong.qsession", tmp_path / "copy.qsession"
    run = qr.Session(
        qr.sample_options(), start="2022-11-28", account="options", strategy=handle_data, journal=path
    ).step(3)  # fmt: skip
    copy.write_bytes(content_of(path))
    assert qr.Session.resume(copy, run.market).digest() == run.digest()
    assert "Placed" not in {type(event).__name__ for event in run.simulation.log}


@pytest.mark.parametrize(
    ("kind", "symbol", "start"),
    [
        ("futures", METAL, "2023-03-01"), ("options", METAL, "2023-03-01"), ("cash_shares", METAL, "2023-03-01"),
        ("margin_us", SHARES, START), ("bond", "204001", "2023-06-14"), ("cash_shares", "019801", "2023-06-14"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("paid", [True, False])
def test_an_account_begins_only_with_what_it_holds_as_paid_for(
    kind: str, symbol: str, start: str, *, paid: bool
) -> None:
    """Protects money from going nowhere: lots, repo and what no such account holds were paid for and not counted."""
    market = {METAL: qr.sample_futures, SHARES: qr.sample_market}.get(symbol, qr.sample_bonds)()
    with pytest.raises(qr.UsageError, match=f"the kind '{kind}' cannot begin with {symbol}"):
        qr.Session(market, start=start, account=kind, positions={symbol: 1000}, positions_paid=paid)


HAPPENS: dict[str, tuple[dict[str, float], float]] = {
    "dividend": ({"cash": 0.5}, 9.5), "split": ({"bonus": 1.0}, 5.0),
    "odd split and dividend": ({"bonus": 0.0333, "cash": 0.1}, 9.6), "delisting": ({}, 10.0),
}  # fmt: skip
"""What happens to a share on its fifth day, and its price from then on."""


def after(happens: str, kind: str, side: int) -> qr.Session:
    """A session that has bought, or sold short, 700 of a share before something happened to it."""
    action, later = HAPPENS[happens]
    days = pd.bdate_range("2024-03-04", periods=10)
    held = 4 if happens == "delisting" else 10
    prices = [10.0] * 4 + [later] * 6
    ends = str(days[4].date()) if happens == "delisting" else None
    bars = pd.concat([
        pd.DataFrame({"date": days[:held], "symbol": "600001.SH", "close": prices[:held]}),
        pd.DataFrame({"date": days, "symbol": "600002.SH", "close": 10.0}),
    ])  # fmt: skip
    bars = bars.assign(open=bars["close"], high=bars["close"], low=bars["close"], volume=1e7)
    listed = {"symbol": ["600001.SH", "600002.SH"], "list_date": "2010-01-01", "delist_date": [ends, None]}
    actions = pd.DataFrame([{"symbol": "600001.SH", "ex_date": days[4], **action}]) if action else None
    market = qr.read_market(bars, instruments=pd.DataFrame(listed), actions=actions)
    account = MarginTrading(short_price_rule=False) if kind == "margin" else kind
    run = qr.Session(market, cash=100_000, account=account, costs="zero").step()
    if side > 0:
        run.buy("600001.SH", 700, terms.financed() if kind == "margin" else None)
    else:
        run.sell("600001.SH", 700, terms.short_sale(terms.limit(9.9)) if kind == "margin" else None)
    return run.step(5)


@pytest.mark.parametrize("happens", HAPPENS)
@pytest.mark.parametrize("kind", ["margin", "margin_us"])
@pytest.mark.parametrize("side", [1, -1])
def test_tables_add_up_over_what_happens_to_a_share(happens: str, kind: str, side: int) -> None:
    """Protects round trips and profits by instrument: splits, dividends and delistings count on what is owed, too."""
    run = after(happens, kind, side)

    def interest() -> float:
        """Interest of borrowed money and shares belongs to no instrument."""
        return -sum(run.tables.interest_since_start) if kind == "margin" else 0.0

    assert run.tables.attribution["profit"].sum() == pytest.approx(run.portfolio.profit - interest())
    if happens == "delisting":
        assert run.tables.trades["exit"].tolist() == ["delisted"]
    style = terms.to_return() if (kind, side) == ("margin", -1) else None
    for part in (100, 10_000):
        left = abs(int(run.positions["quantity"].get("600001.SH", 0)))
        # What is owed in margin trading is bought in whole lots; what is more than owed is kept.
        asked = min(part, left if style is None else -(-left // 100) * 100)
        if asked:
            run.order("600001.SH", -side * asked, style)
        run.step()
    assert run.tables.trades["profit"].sum() == pytest.approx(run.portfolio.profit - interest())


@pytest.mark.parametrize("side", [1, -1])
def test_a_delisting_ends_the_contracts_of_a_share(side: int) -> None:
    """Protects from a debt that nobody can pay: what was bought repays, what is owed is paid for at the last price."""
    run = after("delisting", "margin", side)
    ended = run.events[run.events["day"] == "2024-03-08"]
    assert run.portfolio.quantities == {}
    if side < 0:
        assert run.tables.debts.empty and run.portfolio.debt == 0
        assert run.portfolio.cash == pytest.approx(run.portfolio.equity)
        assert {"LotsTaken", "DebtChanged"} <= set(ended["event"])
    else:
        # The interest comes first; as much of the principal is left.
        assert run.tables.debts["principal"].sum() == pytest.approx(-run.portfolio.profit, abs=0.02)
        assert run.portfolio.cash == pytest.approx(100_000)


def test_calls_that_are_covered_no_more_stay_one_round_trip() -> None:
    """Protects tables over the rule of Shenzhen: what becomes an ordinary written call was not sold a second time."""
    folder = Path(qr.__file__).parent / "sources" / "data"
    bars, *tables = (
        pd.read_csv(folder / f"options_{name}.csv", dtype={"symbol": str}).replace(FUND, "159901.SZ")
        for name in ("daily", "instruments", "corporate_actions", "contracts")
    )
    market = qr.read_market(bars, **dict(zip(("instruments", "actions", "contracts"), tables, strict=True)))
    run = qr.Session(market, start="2022-11-28", cash=300_000, account="options").step()
    run.buy("159901.SZ", 30_000)
    run.step().account.lock("159901.SZ", 20_000)
    for _ in range(2):
        run.sell("C2212M4200", 1, terms.covered_open())
        run.step()
    run.run(until="2022-12-19", progress=False)
    assert run.tables.lots["quantity"].to_dict() == {("C2212M4200", "covered"): 1, ("C2212M4200", "short"): 1}
    assert run.tables.attribution["profit"].sum() == pytest.approx(run.portfolio.profit)
    run.run(until="2023-01-05", progress=False)
    assert run.tables.trades["profit"].tolist() == pytest.approx([517.0, 368.0])


@pytest.mark.parametrize(
    ("kind", "given", "told"),
    [
        (MarginTrading, {"term": "180"}, "term='180' is text"), (MarginTrading, {"term": 1.5}, "1.5 is not a whole"),
        (MarginTrading, {"financing_rate": "8%"}, "financing_rate='8%' is text"),
        (MarginTrading, {"line": -5}, "line=-5 must be from 0"), (MarginTrading, {"line": "x"}, "line='x' is text"),
        (MarginTrading, {"concentration": 60}, "concentration=60 must be from 0 to 1"),
        (MarginTrading, {"short_price_rule": "no"}, "short_price_rule='no' is neither True nor False"),
        (MarginTrading, {"warn": None}, "warn=None is missing"), (MarginTrading, {"cal": 1.3}, "Did you mean call"),
        (Options, {"margin_factor": "1.2"}, "margin_factor='1.2' is text"),
        (Options, {"position_limit": 1.5}, "position_limit=1.5 is not a whole number"),
        (Options, {"position_limt": 5}, "mean position_limit"), (Futures, {"margn": "x"}, "Did you mean margin"),
        (Bonds, {"qualified": "yes"}, "qualified='yes' is neither"), (Bonds, {"qualifed": True}, "mean qualified"),
        (MarginUs, {"inital": 0.5}, "Did you mean initial"),
    ],
)  # fmt: skip
def test_the_rules_of_an_account_are_checked_where_they_are_given(
    kind: type[AccountKind], given: dict[str, object], told: str
) -> None:
    """Protects whoever mistypes a rule of a broker: no error of the interpreter, and no rule that is none."""
    with pytest.raises(qr.UsageError, match=told):
        kind(**given)
