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
flatters where a broker acts inside the day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from qresearch.domain import events
from qresearch.domain.contract import Contract, Rates
from qresearch.domain.fees import COMMISSION, PARTS, Fees
from qresearch.domain.instrument import Instrument
from qresearch.domain.ledger import LONG, SHORT, Key, Lot
from qresearch.domain.money import RATE_SCALE, MoneyScale, divide, rate_units
from qresearch.domain.order import Method
from qresearch.domain.reasons import Reason
from qresearch.domain.settings import Costs
from qresearch.domain.state import State
from qresearch.domain.terms import MARKET_KINDS, Effect, to_close
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import AccountKind, Exchange
from qresearch.engine.intent import Closable, Intent, Need, Pool, Value
from qresearch.engine.ledger import lots_taken
from qresearch.engine.open_orders import open_orders
from qresearch.errors import choose

_TAKEN = {Effect.CLOSE_OLD: "before", Effect.CLOSE_TODAY: "today"}
"""Which lots leave first, where it is not the oldest."""
MARGINS = ("both_sides", "larger_side")


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

    def __post_init__(self) -> None:
        choose("Futures: margin", self.margin, MARGINS)

    # ------------------------------------------------------------------ what an order asks

    def carries(self, item: Instrument, /) -> bool:
        """Contracts."""
        return item.contract is not None

    def closable(  # as in the protocol
        self, account: Draft | State, exchange: Exchange, instrument: int, quantity: int, effect: Effect, /
    ) -> Closable | None:
        """Lots of the other side, those of today or of earlier days only where the order says so."""
        if effect is Effect.OPEN:
            return None
        lots = account.ledger.lots.get(Key(instrument, SHORT if quantity > 0 else LONG), ())
        held = sum(lot.quantity for lot in lots if _may_go(lot, effect, account.day))
        if effect is Effect.AUTO and not held:
            return None
        return Closable(held, held, Reason.NOTHING_TO_CLOSE)

    def charge(self, account: Draft | State, exchange: Exchange, intent: Intent, quantity: int, /) -> tuple[int, Fees]:
        """Value of the lots with their multiplier, and the fee of their contract, rounded once."""
        contract, rates = _contract(exchange, intent.instrument), _rates(exchange, account, intent.instrument)
        units = exchange.money.price_units(intent.price)
        value = exchange.money.notional(units, abs(quantity) * contract.multiplier)
        costs = account.settings.costs
        if not isinstance(costs, Costs):
            return value, exchange.rates(costs, account.day).charge(intent.instrument, quantity, value)
        if not (costs.open_commission or costs.close_commission or costs.min_commission or costs.historical):
            return value, _commission(0)
        if self.closable(account, exchange, intent.instrument, quantity, intent.effect) is None:
            parts = [(abs(quantity), rates.open_fee)]
        else:
            side = SHORT if quantity > 0 else LONG
            _, gone = _taken(account, intent.instrument, side, abs(quantity), intent.effect)
            today = sum(lot.quantity for lot in gone if lot.day == account.day)
            parts = [(abs(quantity) - today, rates.close_fee), (today, rates.close_today_fee)]
        return value, _commission(_fee(exchange, contract, rates, units, parts))

    def need(self, account: Draft | State, exchange: Exchange, intent: Intent, quantity: int, /) -> Need:
        """Margin and fee of what opens; what closes needs nothing, however deep the account is under water."""
        if self.closable(account, exchange, intent.instrument, quantity, intent.effect) is not None:
            return Need(0)
        value, fees = self.charge(account, exchange, intent, quantity)
        side, rates = LONG if quantity > 0 else SHORT, _rates(exchange, account, intent.instrument)
        return Need(_margin(value, rates, side) + fees.total, lacking=Reason.INSUFFICIENT_MARGIN)

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
        money, size = exchange.money, exchange.multiplier[instrument]
        paid = sum(_gain(money, -side, lot.base, units, lot.quantity * size) for lot in gone)
        realised = sum(_gain(money, -side, lot.opened, units, lot.quantity * size) for lot in gone)
        yield events.LotsTaken(fill.at, instrument, -side, quantity, _TAKEN.get(effect, "oldest"))
        yield events.Posted(fill.at, paid - fee, "closed", realised=realised, fee=fee)

    def settle(self, draft: Draft, exchange: Exchange, /) -> Iterator[events.Record]:
        """The move of the day in cash; contracts whose last day it was are gone."""
        held = dict(draft.ledger.lots)
        for instrument in dict.fromkeys(key.instrument for key in held):
            money, size = exchange.money, exchange.multiplier[instrument]
            mark = money.price_units(exchange.view(draft).mark(instrument))
            sides = [(key.side, lots) for key, lots in held.items() if key.instrument == instrument]
            moved = sum(_gain(money, side, lot.base, mark, lot.quantity * size) for side, lots in sides for lot in lots)
            yield events.Posted(draft.at, moved, "settlement")
            yield events.Rebased(draft.at, instrument, mark)
            if exchange.closing_day[instrument] > draft.day + 1:
                continue
            for side, lots in sides:
                gain = sum(_gain(money, side, lot.opened, mark, lot.quantity * size) for lot in lots)
                yield events.LotsTaken(draft.at, instrument, side, sum(lot.quantity for lot in lots), "oldest")
                yield events.Posted(draft.at, 0, "expiry", realised=gain)
        worth = self.value(draft, exchange)
        if worth.margin > max(worth.equity, 0):
            yield events.MarginCalled(draft.at, worth.equity, worth.margin)

    def wake(self, draft: Draft, exchange: Exchange, nights: int, /) -> Iterable[events.Record]:
        """Where the margin of the night exceeds the equity, orders that close what frees most; see :func:`_call`."""
        worth = self.value(draft, exchange)
        if worth.margin > max(worth.equity, 0):
            self._call(draft, exchange, worth.margin - worth.equity)
        return ()

    def _call(self, draft: Draft, exchange: Exchange, missing: int) -> None:
        """Place the orders of a call: the holding that binds most first, as many lots as free enough.

        What orders at the market close already counts, for it comes to the same open.
        """
        bound = []
        for held in sorted(_sides(draft, exchange), key=lambda held: -held.margin):
            coming = self._closing(draft, exchange, held.instrument, held.side)
            left = max(held.quantity - coming, 0)
            missing -= held.margin * (held.quantity - left) // held.quantity
            bound.append((held.instrument, held.side, held.margin * left // held.quantity, left))
        block = draft.open_block()
        block.is_forced = True
        for instrument, side, margin, quantity in bound:
            if missing <= 0:
                break
            if not quantity:
                continue
            lots = min(-(-missing * quantity // margin), quantity) if margin else quantity
            exchange.clock.place(draft, exchange, instrument, Method.ORDER, -side * lots, _CALLED)
            missing -= margin * lots // quantity
        draft.block = None

    def _closing(self, draft: Draft, exchange: Exchange, instrument: int, side: int) -> int:
        """Lots of a side that orders at the market close at the next open."""
        return sum(
            abs(order.leaves)
            for order in open_orders(draft, instrument)
            if order.leaves * side < 0
            and order.terms.kind in MARKET_KINDS
            and self.closable(draft, exchange, instrument, order.leaves, order.terms.effect) is not None
        )

    def value(self, account: Draft | State, exchange: Exchange, /) -> Value:
        """Cash and the move since the last settlement; the margin of all sides at the marks."""
        money = exchange.money
        unpaid = floating = market = 0
        sides = _sides(account, exchange)
        for held in sides:
            size = exchange.multiplier[held.instrument]
            for lot in account.ledger.lots[Key(held.instrument, held.side)]:
                unpaid += _gain(money, held.side, lot.base, held.mark, lot.quantity * size)
                floating += _gain(money, held.side, lot.opened, held.mark, lot.quantity * size)
                market += held.side * money.notional(held.mark, lot.quantity * size)
        bound = {Key(held.instrument, held.side): held.margin for held in sides}
        return Value(account.cash + unpaid, market, floating, self._bound(exchange, sides), bound)

    def _bound(self, exchange: Exchange, sides: list[_Held]) -> int:
        """Margin of everything that is held."""
        if self.margin == "both_sides":
            return sum(held.margin for held in sides)
        sums: dict[tuple[str, int], int] = {}
        for held in sides:
            key = _contract(exchange, held.instrument).product, held.side
            sums[key] = sums.get(key, 0) + held.margin
        return sum(max(sums.get((name, LONG), 0), sums.get((name, SHORT), 0)) for name in {key[0] for key in sums})


_CALLED = replace(to_close(), tag="margin call")
FUTURES = Futures()


class _Held(NamedTuple):
    """One side of a contract at its mark: money steps, lots and price steps."""

    instrument: int
    side: int
    margin: int
    quantity: int
    mark: int


def _sides(account: Draft | State, exchange: Exchange) -> list[_Held]:
    """Every side that is held."""
    view, money, found = exchange.view(account), exchange.money, []
    for (instrument, side), lots in account.ledger.lots.items():
        quantity, mark = sum(lot.quantity for lot in lots), money.price_units(view.mark(instrument))
        value = money.notional(mark, quantity * exchange.multiplier[instrument])
        margin = _margin(value, _rates(exchange, account, instrument), side)
        found.append(_Held(instrument, side, margin, quantity, mark))
    return found


def _commission(amount: int) -> Fees:
    return Fees(((COMMISSION, amount), *((part, 0) for part in PARTS if part != COMMISSION)))


def _contract(exchange: Exchange, instrument: int) -> Contract:
    contract = exchange.market.instruments[instrument].contract
    assert contract is not None  # nothing else is carried
    return contract


def _rates(exchange: Exchange, account: Draft | State, instrument: int) -> Rates:
    day: dt.date = exchange.market.days[max(account.day, 0)].astype(object)
    return _contract(exchange, instrument).on(day)


def _margin(value: int, rates: Rates, side: int) -> int:
    return divide(value * round((rates.long_margin if side == LONG else rates.short_margin) * RATE_SCALE), RATE_SCALE)


def _gain(money: MoneyScale, side: int, before: int, after: int, quantity: int) -> int:
    """What a move of the price (price steps) brings a side of some units, money steps."""
    return side * (money.notional(after, quantity) - money.notional(before, quantity))


def _fee(exchange: Exchange, contract: Contract, rates: Rates, units: int, parts: list[tuple[int, float]]) -> int:
    """The fee of some lots at their rates, rounded once: half up to the money step."""
    money = exchange.money
    if rates.fee_kind == "lot":
        return divide(sum(lots * round(rate * RATE_SCALE) for lots, rate in parts) * money.units, RATE_SCALE)
    exact = sum(units * lots * contract.multiplier * rate_units("fee", rate) for lots, rate in parts)
    return divide(exact * money.units, money.price_scale * RATE_SCALE)


def _may_go(lot: Lot, effect: Effect, day: int) -> bool:
    return effect not in _TAKEN or (lot.day == day) == (effect is Effect.CLOSE_TODAY)


def _taken(
    account: Draft | State, instrument: int, side: int, quantity: int, effect: Effect
) -> tuple[tuple[Lot, ...], tuple[Lot, ...]]:
    """Lots that stay and lots that go."""
    lots = account.ledger.lots.get(Key(instrument, side), ())
    return lots_taken(lots, quantity, _TAKEN.get(effect, "oldest"), account.day)
