"""Futures: lots on two sides behind margin, settled in cash every day.

The price of a settlement is the base of the next day: what it differs from the base is paid in cash, so that nothing
but the move of the day is outstanding. What binds an account is the margin of what it holds, at the marks; what it may
use is the rest of its equity. Lots close oldest first; those of today pay a fee of their own.

Assumptions
-----------
The floating profit of the day may be used for new orders, as at some brokers (flatters at others). Margin follows the
last price inside a day and the settlement after it; brokers that keep yesterday's settlement for old lots differ by the
move of a day. A contract ends at the settlement of its last day, without a fee and without delivery. A call that is not
met by the next open closes what frees most, at whatever the open is; before that an account under water goes on, which
flatters where a broker acts inside the day. A position limit is that of one side of a contract, in the table of
contracts; limits of a product over its months, and of the lots that are opened on a day, are not modelled (flatters).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from qresearch.domain import events
from qresearch.domain.calls import told_making
from qresearch.domain.contract import Rates
from qresearch.domain.fees import Fees
from qresearch.domain.instrument import Instrument
from qresearch.domain.ledger import LONG, SHORT, Key, Lot
from qresearch.domain.money import RATE_SCALE, divide
from qresearch.domain.reasons import Reason, Refusal
from qresearch.domain.state import State
from qresearch.domain.terms import Effect
from qresearch.engine.accounts.contracts import charged, contract_of, gain, lots_by, may_go, rates_of
from qresearch.engine.accounts.forced import Bound, close_most_bound
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import AccountKind, Exchange
from qresearch.engine.intent import Closable, Intent, Need, Pool, Value
from qresearch.engine.ledger import lots_taken
from qresearch.errors import choose

MARGINS = ("both_sides", "larger_side")


@told_making
@dataclass(unsafe_hash=True)
class Futures(AccountKind):
    """An account of futures.

    Parameters
    ----------
    margin : {"both_sides", "larger_side"}
        Whether the long and the short side of a product both bind margin, or the larger one only, as exchanges do.
    """

    margin: str = "both_sides"
    name: str = "futures"
    two_sided = True
    holding_words = ("lots_held", "closable", "of_today")

    def __post_init__(self) -> None:
        choose("Futures: margin", self.margin, MARGINS)

    # ------------------------------------------------------------------ what an order asks

    def carries(self, item: Instrument, /) -> bool:
        """Contracts."""
        return item.contract is not None and item.contract.option is None

    def closable(  # as in the protocol
        self, account: Draft | State, exchange: Exchange, instrument: int, quantity: int, effect: Effect, /
    ) -> Closable | None:
        """Lots of the other side, those of today or of earlier days only where the order says so."""
        if effect is Effect.OPEN:
            return None
        lots = account.ledger.lots.get(Key(instrument, SHORT if quantity > 0 else LONG), ())
        held = sum(lot.quantity for lot in lots if may_go(lot, effect, account.day))
        if effect is Effect.AUTO and not held:
            return None
        return Closable(held, held, Reason.NOTHING_TO_CLOSE)

    def charge(self, account: Draft | State, exchange: Exchange, intent: Intent, quantity: int, /) -> tuple[int, Fees]:
        """Value of the lots with their multiplier, and the fee of their contract, rounded once."""
        rates = rates_of(exchange, account, intent.instrument)
        if self.closable(account, exchange, intent.instrument, quantity, intent.effect) is None:
            parts = [(abs(quantity), rates.open_fee)]
        else:
            side = SHORT if quantity > 0 else LONG
            _, gone = _taken(account, intent.instrument, side, abs(quantity), intent.effect)
            today = sum(lot.quantity for lot in gone if lot.day == account.day)
            parts = [(abs(quantity) - today, rates.close_fee), (today, rates.close_today_fee)]
        return charged(account, exchange, intent, quantity, parts)

    def need(self, account: Draft | State, exchange: Exchange, intent: Intent, quantity: int, /) -> Need:
        """Margin and fee of what opens; what closes needs nothing, however deep the account is under water."""
        if self.closable(account, exchange, intent.instrument, quantity, intent.effect) is not None:
            return Need(0)
        value, fees = self.charge(account, exchange, intent, quantity)
        side, rates = LONG if quantity > 0 else SHORT, rates_of(exchange, account, intent.instrument)
        held, limit = account.ledger.quantity(intent.instrument, side), rates.position_limit
        refusal: Refusal | None = None
        if limit is not None and held + abs(quantity) > limit:
            refusal = Reason.SIDE_LIMIT, {"asked": abs(quantity), "held": held, "maximum": int(limit)}
        return Need(_margin(value, rates, side) + fees.total, refusal, Reason.INSUFFICIENT_MARGIN)

    def unit_need(self, account: Draft | State, exchange: Exchange, instrument: int, price: float, /) -> float | None:
        """The margin and fee of one lot."""
        intent = Intent(instrument, 1, price, None, caps_position=False, free_cash=0, effect=Effect.OPEN)
        return exchange.money.amount(self.need(account, exchange, intent, 1).money)

    def available(self, account: Draft | State, exchange: Exchange, pool: Pool, /) -> int:
        """Equity less margin; below nothing after a call."""
        worth = self.value(account, exchange)
        return worth.equity - worth.margin

    # ------------------------------------------------------------------ what follows

    def post(self, draft: Draft, exchange: Exchange, fill: events.OrderFilled, /) -> Iterable[events.Record]:
        """Lots that come or go, their profit against the base in cash, and the fee."""
        effect, instrument = draft.working[fill.order_id].terms.effect, fill.instrument
        units, fee = exchange.money.price_units(fill.price), fill.fees.total
        side, quantity = (LONG if fill.quantity > 0 else SHORT), abs(fill.quantity)
        if self.closable(draft, exchange, instrument, fill.quantity, effect) is None:
            yield events.LotAdded(fill.at, instrument, side, Lot(fill.at.day, quantity, units, units))
            yield events.Posted(fill.at, -fee, "fee", fee=fee)
            return
        _, gone = _taken(draft, instrument, -side, quantity, effect)
        money, size = exchange.money, exchange.multiplier(instrument, draft.day)
        paid = sum(gain(money, -side, lot.base, units, lot.quantity * size) for lot in gone)
        realised = sum(gain(money, -side, lot.opened, units, lot.quantity * size) for lot in gone)
        yield events.LotsTaken(fill.at, instrument, -side, quantity, lots_by(effect))
        yield events.Posted(fill.at, paid - fee, "closed", realised=realised, fee=fee)

    def settle(self, draft: Draft, exchange: Exchange, /) -> Iterator[events.Record]:
        """The move of the day in cash; contracts whose last day it was are gone; a call, by the margin of the next day.

        An exchange announces a raised margin before the settlement of the day before.
        """
        yield from self.pay_moves(draft, exchange)
        equity, margin = self.value(draft, exchange).equity, self.margin_tomorrow(draft, exchange)
        if margin > max(equity, 0):
            yield events.MarginCalled(draft.at, equity, margin)

    def margin_tomorrow(self, account: Draft | State, exchange: Exchange) -> int:
        """What is bound at the marks by the rates of the next trading day, money steps."""
        return self._bound(exchange, self._sides(account, exchange, next_day=True))

    def pay_moves(self, draft: Draft, exchange: Exchange) -> Iterator[events.Record]:
        """The move of the day in cash, and the end of contracts whose last day it was."""
        held = {key: lots for key, lots in draft.ledger.lots.items() if self._is_mine(exchange, key)}
        for instrument in dict.fromkeys(key.instrument for key in held):
            money, size = exchange.money, exchange.multiplier(instrument, draft.day)
            mark = money.price_units(exchange.view(draft).mark(instrument))
            sides = [(key.side, lots) for key, lots in held.items() if key.instrument == instrument]
            moved = sum(gain(money, side, lot.base, mark, lot.quantity * size) for side, lots in sides for lot in lots)
            yield events.Posted(draft.at, moved, "settlement")
            yield events.Rebased(draft.at, instrument, mark)
            if exchange.closing_day[instrument] > draft.day + 1:
                continue
            for side, lots in sides:
                made = sum(gain(money, side, lot.opened, mark, lot.quantity * size) for lot in lots)
                yield events.LotsTaken(draft.at, instrument, side, sum(lot.quantity for lot in lots), "oldest")
                yield events.Posted(draft.at, 0, "expiry", realised=made)

    def _is_mine(self, exchange: Exchange, key: Key) -> bool:
        return self.carries(exchange.market.instruments[key.instrument])

    def wake(self, draft: Draft, exchange: Exchange, nights: int, /) -> Iterable[events.Record]:
        """Where the margin of the night exceeds the equity, orders that close what frees most."""
        worth = self.value(draft, exchange)
        if worth.margin > max(worth.equity, 0):
            close_most_bound(draft, exchange, self.bound(draft, exchange), worth.margin - worth.equity)
        return ()

    def bound(self, account: Draft | State, exchange: Exchange) -> list[Bound]:
        """What each side that is held would free."""
        return [Bound(one.instrument, one.side, one.quantity, one.margin) for one in self._sides(account, exchange)]

    def value(self, account: Draft | State, exchange: Exchange, /) -> Value:
        """Cash and the move since the last settlement; the margin of all sides at the marks."""
        money = exchange.money
        unpaid = floating = market = 0
        sides = self._sides(account, exchange)
        for held in sides:
            size = exchange.multiplier(held.instrument, account.day)
            for lot in account.ledger.lots[Key(held.instrument, held.side)]:
                unpaid += gain(money, held.side, lot.base, held.mark, lot.quantity * size)
                floating += gain(money, held.side, lot.opened, held.mark, lot.quantity * size)
                market += held.side * money.notional(held.mark, lot.quantity * size)
        bound = {Key(held.instrument, held.side): held.margin for held in sides}
        return Value(account.cash + unpaid, market, floating, self._bound(exchange, sides), bound)

    def _sides(self, account: Draft | State, exchange: Exchange, *, next_day: bool = False) -> list[_Held]:
        """Every side of a future that is held, and what it binds by the rates of the day or of the next one."""
        view, money, found = exchange.view(account), exchange.money, []
        for key, lots in account.ledger.lots.items():
            if not self._is_mine(exchange, key):
                continue
            quantity, mark = sum(lot.quantity for lot in lots), money.price_units(view.mark(key.instrument))
            value = money.notional(mark, quantity * exchange.multiplier(key.instrument, account.day))
            margin = _margin(value, rates_of(exchange, account, key.instrument, next_day=next_day), key.side)
            found.append(_Held(key.instrument, key.side, margin, quantity, mark))
        return found

    def _bound(self, exchange: Exchange, sides: list[_Held]) -> int:
        """Margin of everything that is held."""
        if self.margin == "both_sides":
            return sum(held.margin for held in sides)
        sums: dict[tuple[str, int], int] = {}
        for held in sides:
            key = contract_of(exchange, held.instrument).product, held.side
            sums[key] = sums.get(key, 0) + held.margin
        return sum(max(sums.get((name, LONG), 0), sums.get((name, SHORT), 0)) for name in {key[0] for key in sums})


FUTURES = Futures()


class _Held(NamedTuple):
    """One side of a contract at its mark: money steps, lots and price steps."""

    instrument: int
    side: int
    margin: int
    quantity: int
    mark: int


def _margin(value: int, rates: Rates, side: int) -> int:
    return divide(value * round((rates.long_margin if side == LONG else rates.short_margin) * RATE_SCALE), RATE_SCALE)


def _taken(
    account: Draft | State, instrument: int, side: int, quantity: int, effect: Effect
) -> tuple[tuple[Lot, ...], tuple[Lot, ...]]:
    """Lots that stay and lots that go."""
    lots = account.ledger.lots.get(Key(instrument, side), ())
    return lots_taken(lots, quantity, lots_by(effect), account.day)
