"""What happens to the orders of a script, in the events of the house: told to the session as it happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from qresearch.dialects.lean.enums import OrderStatus, OrderType
from qresearch.dialects.lean.fill import KINDS
from qresearch.dialects.lean.orders import Order, OrderEvent
from qresearch.dialects.lean.symbols import Symbol
from qresearch.dialects.script.host import ScriptHost
from qresearch.domain import events
from qresearch.domain.commands import Tell
from qresearch.domain.fees import COMMISSION, PARTS, Fees
from qresearch.domain.ledger import LONG, SHORT, Key, Lot
from qresearch.domain.moment import Moment
from qresearch.domain.order import Method
from qresearch.domain.reasons import Facts, Reason
from qresearch.domain.terms import Terms, TimeInForce
from qresearch.engine.lean_answer import Wait

_WAITS: Mapping[Wait, Reason] = {
    Wait.LIMIT_NOT_REACHED: Reason.LIMIT_NOT_REACHED, Wait.STOP_NOT_REACHED: Reason.STOP_NOT_REACHED,
}  # fmt: skip
_LIMITED = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.LIMIT_IF_TOUCHED, OrderType.COMBO_LEG_LIMIT})


class Books:
    """Writes what an engine does into the log of a session.

    Parameters
    ----------
    host : ScriptHost
    rate : callable
        Dollars for one of the currency in which a symbol is quoted.
    """

    def __init__(self, host: ScriptHost, rate: Callable[[Symbol], Decimal]) -> None:
        self.host, self.rate = host, rate
        self.is_muted = False
        """True while an engine does again what the log holds already."""

    @property
    def _at(self) -> Moment:
        return self.host.account.at

    def _column(self, symbol: Symbol) -> int:
        return self.host.market.column(str(symbol))

    def _tell(self, *told: events.Record) -> None:
        if not self.is_muted:
            self.host.do(Tell(told))

    # ------------------------------------------------------------------ orders

    def terms(self, order: Order) -> Terms:
        """The terms of an order in the words of the house; whoever keeps it ends it, so it is good until canceled."""
        prices = order.prices
        kind, limit = KINDS[order.type], prices.get("limit_price")
        stop, trail = prices.get("stop_price", prices.get("trigger_price")), prices.get("trailing_amount")
        if order.type not in _LIMITED:
            limit = None
        return Terms(
            kind, None if limit is None else float(limit), None if stop is None else float(stop),
            None if trail is None else float(trail), order.trailing_as_percentage, TimeInForce.GTC, tag=order.tag,
        )  # fmt: skip

    def order(self, event: OrderEvent, order: Order) -> None:
        """Write an event of an order down."""
        if self.is_muted:
            return
        at, number, status = self._at, order.id, event.status
        if event.symbol != order.symbol:
            self._tell(*self._delivered(event))
            return
        if number not in self.host.account.working:
            self._tell(events.OrderCreated(
                at, number, self._column(order.symbol), order.quantity or 1, int(Method.ORDER), order.quantity,
                self.terms(order),
            ))  # fmt: skip
        working = self.host.account.working[number]
        if status.is_fill:
            self._tell(self._fill(event))
        elif status is OrderStatus.INVALID:
            self._tell(events.OrderRejected(at, number, *self._refusal(event)))
        elif status is OrderStatus.CANCEL_PENDING:
            self._tell(events.CancelRequested(at, number))
        elif status is OrderStatus.CANCELED and not working.cancel_requested:
            reason = working.reason or Reason.NO_TRADES
            self._tell(events.OrderExpired(at, number, reason, working.facts or {"time": self._time()}))
        elif status is OrderStatus.CANCELED:
            self._tell(events.OrderCanceled(at, number, Reason.USER_CANCEL, {}, was_pending=True))
        elif status is OrderStatus.UPDATE_SUBMITTED and not event.message:
            self._tell(events.OrderUpdated(at, number, order.remaining, self.terms(order)))

    def _time(self) -> str:
        return f"{self.host.now:%Y-%m-%d %H:%M}"

    def _refusal(self, event: OrderEvent) -> tuple[Reason, Facts]:
        """The nearest reason of the house; the ticket and its events have the words of LEAN."""
        asked = abs(event.quantity)
        if "nsufficient buying power" in event.message:
            numbers = [part.split(":")[1].rstrip(".") for part in event.message.split(", ") if "Margin:" in part]
            needed, available = map(float, numbers) if len(numbers) == 2 else (0.0, 0.0)
            if event.id == 1:  # it was never carried; a dollar less is the least fee
                most = int(asked * max(available - 1, 0.0) / needed) if needed else 0
                return Reason.INSUFFICIENT_MARGIN, {
                    "asked": asked, "needed": needed, "cash": available, "affordable": most,
                }  # fmt: skip
            return Reason.OPEN_ORDER_MARGIN, {"asked": asked, "needed": needed, "available": available}
        if "shortable" in event.message:
            return Reason.NO_BORROW, {"asked": asked, "left": 0}
        return Reason.ROUTE_CLOSED, {"day": self._time()[:10]}

    def _fill(self, event: OrderEvent) -> events.OrderFilled:
        money, column, at = self.host.market.venue.money, self._column(event.symbol), self._at
        price = float(event.exact_price * self.rate(event.symbol))
        quantity, size = event.fill_quantity, self.host.exchange.multiplier(column, at.day)
        fee = _steps(event.order_fee.exact, money.units)
        fees = Fees(((COMMISSION, fee), *((part, 0) for part in PARTS if part != COMMISSION)))
        notional = money.notional(money.price_units(price), abs(quantity) * size)
        return events.OrderFilled(at, event.order_id, column, quantity, price, notional, fees, posts=False)

    def _delivered(self, event: OrderEvent) -> Iterable[events.Record]:
        """Shares that an exercise brings: what the account books of such a fill, without an order of their own."""
        exchange = self.host.exchange
        account: Any = self.host.account  # whatever stands there is only read
        return list(exchange.account.post(account, exchange, self._fill(event)))

    def waits(self, order: Order, wait: Wait, price: float) -> None:
        """Write down why an order did not fill, where it is another reason than before; and where its stop went."""
        if self.is_muted:
            return
        working = self.host.account.working.get(order.id)
        if working is None:
            return
        stop = order.prices.get("stop_price")
        if order.type is OrderType.TRAILING_STOP and stop is not None and float(stop) != working.stop:
            self._tell(events.StopMoved(self._at, order.id, float(stop)))
        if (order.stop_triggered or order.trigger_touched) and not working.triggered:
            self._tell(events.OrderTriggered(self._at, order.id, working.stop or 0.0))
        reason = _WAITS.get(wait, Reason.NO_TRADES)
        if working.reason is reason:
            return
        facts: Facts = {"time": self._time()}
        if reason is Reason.LIMIT_NOT_REACHED:
            facts = {"limit": order.limit_price, "price": price}
        elif reason is Reason.STOP_NOT_REACHED:
            facts = {"stop": order.stop_price or order.trigger_price, "price": price}
        self._tell(events.OrderWaiting(self._at, order.id, reason, facts))

    # ------------------------------------------------------------------ holdings

    def paid(self, amount: Decimal, what: str) -> None:
        """Write down what came or went without a trade: a dividend, interest."""
        steps = _steps(amount, self.host.market.venue.money.units)
        self._tell(events.Posted(self._at, steps, what, income=steps))

    def revalue(self, cash: Decimal) -> None:
        """Write down what other currencies than the dollar have gained or lost against it.

        Parameters
        ----------
        cash : Decimal, dollars
            Of all currencies, and of sales that are not settled.
        """
        steps = _steps(cash, self.host.market.venue.money.units) - self.host.account.cash
        if steps:
            self._tell(events.Posted(self._at, steps, "currency", income=steps))

    def split(self, symbol: Symbol, factor: Decimal, quantity: int, cash: Decimal) -> None:
        """Write a holding after a split down."""
        if self.is_muted:
            return
        column, money, at = self._column(symbol), self.host.market.venue.money, self._at
        for side in (LONG, SHORT):
            for lot in self.host.account.ledger.lots.get(Key(column, side), ()):
                exact = lot.quantity / factor
                cost = int((lot.cost * abs(quantity) / exact).to_integral_value(ROUND_HALF_UP))
                opened = int((lot.opened * factor).to_integral_value(ROUND_HALF_UP))
                paid = _steps(cash, money.units)
                told: list[events.Record] = [events.LotsTaken(at, column, side, lot.quantity)]
                if quantity:
                    told.append(events.LotAdded(at, column, side, Lot(lot.day, abs(quantity), opened, opened, cost)))
                realised = paid - side * (lot.cost - cost)
                told.append(events.Posted(at, paid, "fraction of a share", realised=realised))
                self._tell(*told)


def _steps(amount: Any, units: int) -> int:
    return int((amount * units).to_integral_value(ROUND_HALF_UP))
