"""Margin trading and securities lending: shares bought with borrowed money, and borrowed shares sold.

The account keeps its cash and its shares as one of shares paid in full does; what is borrowed stands in contracts, one
for each order that was filled. The proceeds of short sales are cash, and locked: they buy back what was sold, and pay
interest. What a new contract needs is margin, counted from cash, from collateral at its haircut, and from the profit
of open contracts; a plain buy needs cash of one's own, whatever the margin is.

Assumptions
-----------
Interest is counted by calendar days over a year of 360, the lending fee on what the sale brought. Every contract runs
as long as its term, and what falls due is closed like a call. A call is met at the open after its days of grace, at
whatever the open is: financed shares are sold first, by the age of their contract, then collateral by value, then short
sales are bought back; this flatters where a broker acts inside the day, as does that nothing is added as a penalty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from qresearch.domain import events
from qresearch.domain.arguments import MOST, between, flag, whole
from qresearch.domain.calls import told_making
from qresearch.domain.commands import Deed
from qresearch.domain.fees import Fees
from qresearch.domain.instrument import Board, Instrument
from qresearch.domain.ledger import SHORT, Debt, Due, Lot
from qresearch.domain.money import RATE_SCALE, divide
from qresearch.domain.reasons import Reason, Refusal
from qresearch.domain.state import State
from qresearch.domain.terms import Effect, Terms
from qresearch.engine.accounts.borrowing import Asked, Lines, check_lines, ratio_of, why_not_borrow
from qresearch.engine.accounts.cash import CASH_SHARES
from qresearch.engine.accounts.debts import bought_back, compensated, given_back, interest_of, owed, paid_back, returned
from qresearch.engine.accounts.delisted import with_ends
from qresearch.engine.accounts.margin_call import close_overdue, close_up_to, is_overdue
from qresearch.engine.accounts.standing import Standing, standing
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import AccountKind, Exchange
from qresearch.engine.intent import Closable, Intent, Need, Pool, Value
from qresearch.errors import UsageError

_SIDES = {Effect.FINANCE: 1, Effect.BORROW: -1, Effect.REPAY: -1, Effect.RETURN: 1}
"""The side in the market of what only such an account does."""


@told_making
@dataclass(unsafe_hash=True)
class MarginTrading(AccountKind):
    """An account of margin trading.

    Parameters
    ----------
    financing_rate, lending_rate : float
        A year, on borrowed money and on what short sales brought.
    line : float or None, currency
        Most that may be owed, money and shares together; None: no line, which flatters.
    warn, call, floor : float
        Maintenance ratio (assets over debts) below which nothing more is borrowed; below which the account is called;
        and below which it is closed at the next open, without grace. A call is closed up to `warn`.
    grace : int, trading days
        Between the close of the call and the open at which it is closed.
    term : int, calendar days
        Of a contract.
    year : int
        Days of a year of interest: 360 or 365.
    concentration : float or None
        Largest part of all holdings that a financed order may bring one security to.
    short_price_rule : bool
        A short sale needs a limit that is not below the last price, as the exchanges ask.
    """

    financing_rate: float = 0.08
    lending_rate: float = 0.10
    line: float | None = None
    warn: float = 1.4
    call: float = 1.3
    floor: float = 1.1
    grace: int = 1
    term: int = 180
    year: int = 360
    concentration: float | None = None
    short_price_rule: bool = True
    name: str = "margin"
    borrows = True

    def __post_init__(self) -> None:
        check_lines(self.floor, self.call, self.warn)
        for name in ("financing_rate", "lending_rate"):
            between(f"MarginTrading: {name}", getattr(self, name), 0, 1, 0.08)
        for name, least, example in (("grace", 0, 1), ("term", 1, 180), ("year", 1, 360)):
            whole(f"MarginTrading: {name}", getattr(self, name), least, example)
        for name, most, such in (("line", int(MOST), 1_000_000), ("concentration", 1, 0.6)):
            if getattr(self, name) is not None:
                between(f"MarginTrading: {name}", getattr(self, name), 0, most, such)
        flag("short_price_rule", self.short_price_rule)

    # ------------------------------------------------------------------ what an order asks

    def carries(self, item: Instrument, /) -> bool:
        """Everything that is paid in full."""
        return item.is_like_a_share

    def closable(  # as in the protocol
        self, account: Draft | State, exchange: Exchange, instrument: int, quantity: int, effect: Effect, /
    ) -> Closable | None:
        """A sale takes what is held; a buy of what is owed gives it back, in whole lots, the rest is kept."""
        if quantity < 0:
            return None if effect is Effect.BORROW else CASH_SHARES.closable(account, exchange, instrument, -1, effect)
        debt = owed(account, instrument)
        if effect in {Effect.OPEN, Effect.FINANCE} or (effect is Effect.AUTO and not debt):
            return None
        lot = exchange.lot_step[instrument]
        free = owed(account, instrument, before=account.day)
        return Closable(-(-debt // lot) * lot, -(-free // lot) * lot, Reason.NO_DEBT, Reason.SAME_DAY_RETURN)

    def pool(  # as in the protocol
        self, account: Draft | State, exchange: Exchange, instrument: int, quantity: int, effect: Effect, /
    ) -> Pool:
        """Margin for what is borrowed, all cash for what gives back, own cash for the rest."""
        if effect in {Effect.FINANCE, Effect.BORROW}:
            return Pool.MARGIN
        closes = self.closable(account, exchange, instrument, quantity, effect) is not None
        return Pool.ALL if quantity > 0 and closes else Pool.OWN

    def posts_itself(  # as in the protocol
        self, account: Draft | State, exchange: Exchange, instrument: int, quantity: int, effect: Effect, /
    ) -> bool:
        """Fills of shares that are held; short sales and what gives them back stand in their postings."""
        closes = self.closable(account, exchange, instrument, quantity, effect) is not None
        return effect is not Effect.BORROW and not (quantity > 0 and closes)

    def charge(self, account: Draft | State, exchange: Exchange, intent: Intent, quantity: int, /) -> tuple[int, Fees]:
        """By the costs of the session."""
        return exchange.charge(account, intent, quantity)

    def need(self, account: Draft | State, exchange: Exchange, intent: Intent, quantity: int, /) -> Need:
        """Margin of what is borrowed, cash of what is bought; a sale needs what fees and tax take beyond its value."""
        instrument, effect = intent.instrument, intent.effect
        notional, fees = exchange.charge(account, intent, quantity)
        if effect in {Effect.FINANCE, Effect.BORROW}:
            ratio = ratio_of(account, exchange, instrument, is_money=effect is Effect.FINANCE)
            asked = Asked(instrument, effect is Effect.FINANCE, abs(quantity), notional, fees.total)
            lines = Lines(self.warn, self.line, self.concentration)
            refusal = why_not_borrow(account, exchange, self.standing(account, exchange), asked, lines)
            margin = divide(notional * round((ratio or 1.0) * RATE_SCALE), RATE_SCALE)
            return Need(margin, refusal, Reason.INSUFFICIENT_MARGIN)
        if quantity < 0:
            return CASH_SHARES.need(account, exchange, intent, quantity)
        if self.closable(account, exchange, instrument, quantity, effect) is not None:
            given = given_back(account, account.at._replace(day=account.day), instrument, quantity, self.year)
            return Need(notional + fees.total + given.interest)
        locked = self.available(account, exchange, Pool.ALL) - self.available(account, exchange, Pool.OWN)
        lacking = Reason.SHORT_PROCEEDS_LOCKED if locked else Reason.INSUFFICIENT_CASH
        return Need(notional + fees.total, lacking=lacking)

    def refusal(  # as in the protocol
        self, account: Draft | State, exchange: Exchange, instrument: int, quantity: int, terms: Terms, /
    ) -> Refusal | None:
        """A short sale below the last price, or at any price; ETFs are exempt."""
        effect, side = terms.effect, 1 if quantity > 0 else -1
        if _SIDES.get(effect, side) != side:
            known = "financed, short_sale, to_repay and to_return"
            word = "buy" if side > 0 else "sale"
            raise UsageError(
                f"{effect.value}: no {word} does this in an account of margin trading. Use {known} of "
                "qresearch.terms, financed and to_return with a buy, short_sale and to_repay with a sale."
            )
        is_exempt = exchange.market.instruments[instrument].board is Board.ETF or not self.short_price_rule
        if effect is not Effect.BORROW or is_exempt:
            return None
        last, limit = exchange.view(account).last_price(instrument), terms.limit_price
        if limit is not None and not limit < last - 0.5 / exchange.money.price_scale:
            return None
        return Reason.SHORT_PRICE_RULE, {"limit": limit or "the market", "last": last if last == last else "(none)"}

    def available(self, account: Draft | State, exchange: Exchange, pool: Pool, /) -> int:
        """All cash; without the proceeds of short sales; or the margin that a new contract may bind."""
        if pool is Pool.ALL:
            return account.cash
        if pool is Pool.OWN:
            return account.cash - sum(debt.principal for debt in account.ledger.debts if not debt.is_money)
        return self.standing(account, exchange).margin

    def withdrawable(self, account: Draft | State, exchange: Exchange, /) -> int:
        """Own cash that is not needed as margin, down to a maintenance ratio of 300 %."""
        now = self.standing(account, exchange)
        return min(now.cash - now.proceeds, now.margin, now.assets - _WITHDRAW * now.debt)

    # ------------------------------------------------------------------ what follows

    def post(self, draft: Draft, exchange: Exchange, fill: events.OrderFilled, /) -> Iterator[events.Record]:
        """The contract of what was borrowed; what a sale repays; what a buy gives back."""
        effect, instrument = draft.working[fill.order_id].terms.effect, fill.instrument
        if effect is Effect.FINANCE:
            yield events.Posted(fill.at, fill.notional, "financed")
            yield events.Borrowed(fill.at, self._contract(draft, exchange, fill, is_money=True))
        elif effect is Effect.BORROW:
            units = exchange.money.price_units(fill.price)
            yield events.Posted(fill.at, fill.net, "short sale", realised=-fill.fees.total)
            yield events.LotAdded(
                fill.at, instrument, SHORT, Lot(fill.at.day, -fill.quantity, units, units, fill.notional)
            )
            yield events.Borrowed(fill.at, self._contract(draft, exchange, fill, is_money=False))
        elif fill.quantity < 0:
            yield from CASH_SHARES.post(draft, exchange, fill)
            financed = [debt for debt in draft.ledger.debts if debt.is_money]
            own = [debt for debt in financed if debt.instrument == instrument]
            others = [debt for debt in financed if debt.instrument != instrument] if effect is Effect.REPAY else []
            yield from paid_back(fill.at, own + others, fill.net, self.year)
        elif self.closable(draft, exchange, instrument, fill.quantity, effect) is not None:
            yield from bought_back(draft, fill, self.year)

    def _contract(self, draft: Draft, exchange: Exchange, fill: events.OrderFilled, *, is_money: bool) -> Debt:
        """The contract of a fill that borrows."""
        ratio = ratio_of(draft, exchange, fill.instrument, is_money=is_money) or 0.0  # what is no target was refused
        rate = self.financing_rate if is_money else self.lending_rate
        quantity, number = abs(fill.quantity), draft.ledger.borrowed + 1
        ends = exchange.market.days[fill.at.day] + np.timedelta64(self.term, "D")
        due = int(np.searchsorted(exchange.market.days, ends))
        return Debt(
            number, fill.instrument, is_money, fill.at.day, due, quantity, fill.notional, quantity, fill.notional,
            round(rate * RATE_SCALE), round(ratio * RATE_SCALE),
        )  # fmt: skip

    def act(  # as in the protocol
        self, draft: Draft, exchange: Exchange, deed: Deed, amount: int, instrument: int, /
    ) -> Iterable[events.Record]:
        """Repay money, or give shares back that are held."""
        money = exchange.money
        if deed not in {Deed.REPAY, Deed.GIVE_BACK}:
            return super().act(draft, exchange, deed, amount, instrument)
        if deed is Deed.REPAY:
            debts = [debt for debt in draft.ledger.debts if debt.is_money]
            free = self.available(draft, exchange, Pool.OWN)
            most = sum(debt.principal + interest_of(debt, self.year) for debt in debts)
            if not debts or amount > free:
                raise UsageError(
                    f"repay: {money.text(amount)} were to be paid back; {money.text(most)} are owed, and "
                    f"{money.text(max(free, 0))} of own cash are there. Pass no more than both."
                )
            return list(paid_back(draft.at, debts, amount, self.year))
        held = draft.positions.get(instrument)
        free = min(owed(draft, instrument, before=draft.day), 0 if held is None else held.sellable(draft.day))
        if amount > free or held is None:
            raise UsageError(
                f"give_back: {amount:,} shares were to be given back; {owed(draft, instrument):,} are owed, of which "
                f"{free:,} were borrowed before today and are held and not bought today. Give back no more."
            )
        return returned(draft, instrument, amount, self.year)

    def wake(self, draft: Draft, exchange: Exchange, nights: int, /) -> Iterator[events.Record]:
        """Interest of the nights, what shorts owe of dividends, corporate actions, and the orders of a call."""
        if draft.ledger.debts:
            yield events.DaysCounted(draft.at, nights)
            yield from compensated(draft, exchange, round(self.financing_rate * RATE_SCALE))
        yield from with_ends(draft, exchange, CASH_SHARES.wake(draft, exchange, nights), self.year)
        if not (draft.ledger.debts or draft.ledger.due):
            return
        now = self.standing(draft, exchange)
        called = draft.ledger.due
        if called and now.assets >= self.call * now.debt:
            yield events.DueChanged(draft.at, (), draft.ledger.locked)
        elif now.debt and (now.assets < self.floor * now.debt or (called and called[0].day <= draft.day)):
            close_up_to(draft, exchange, now, self.warn)
        elif any(is_overdue(debt, draft.day) for debt in draft.ledger.debts):
            close_overdue(draft, exchange, now, self.year)

    def settle(self, draft: Draft, exchange: Exchange, /) -> Iterator[events.Record]:
        """A call, where the maintenance ratio is below its line at the close."""
        if not (draft.ledger.debts or draft.ledger.due):
            return
        now, at = self.standing(draft, exchange), draft.at
        if not now.debt or now.assets >= self.call * now.debt:
            if draft.ledger.due:
                yield events.DueChanged(at, (), draft.ledger.locked)
            return
        if not draft.ledger.due:
            missing = round(self.warn * now.debt) - now.assets
            yield events.DueChanged(at, (Due(at.day + 1 + self.grace, missing),), draft.ledger.locked)
        yield events.MarginCalled(at, now.assets - now.debt, round((self.call - 1) * now.debt))

    def value(self, account: Draft | State, exchange: Exchange, /) -> Value:
        """Assets less debts; as margin what the contracts bind."""
        return self.standing(account, exchange).value

    def interest(self, debt: Debt, /) -> int:
        """Interest, or the lending fee."""
        return interest_of(debt, self.year)

    def standing(self, account: Draft | State, exchange: Exchange, /) -> Standing:
        """Assets, debts, available margin and what else such an account is told by, at the marks."""
        return standing(account, exchange, self.year)


_WITHDRAW = 3
"""Maintenance ratio down to which money may be taken out: 300 % (SSE and SZSE rules of margin trading, 2015-07-01)."""
MARGIN_TRADING = MarginTrading()
