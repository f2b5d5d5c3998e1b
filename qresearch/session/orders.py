"""The read model of orders: one record per order, folded from the events when someone looks."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field

from qresearch.domain.messages import (
    CancelRefused,
    Event,
    OrderCanceled,
    OrderCreated,
    OrderExpired,
    OrderFilled,
    OrderQueued,
    OrderRejected,
    OrderReleased,
    OrderScaled,
    OrderTrimmed,
    OrderWaiting,
    Record,
    records,
)
from qresearch.domain.order import TRANSITIONS, Method, Move, Status
from qresearch.domain.reasons import Facts, Reason, explain_reason
from qresearch.errors import InternalError

Moment = tuple[int, int]
"""(day index, phase)."""


@dataclass(slots=True)
class OrderRecord:
    """Everything known about one order.

    Parameters
    ----------
    order_id : int
    column : int
    method : Method
    asked : float
        What was asked for, in the unit of the method.
    quantity : int, shares
        What was sent, signed; as asked when it never was.
    filled, canceled : int, shares
        Not signed; `canceled` also carries what was trimmed, expired or rejected.
    notional, commission, stamp_duty, transfer_fee : int, money steps
        Of what was filled.
    status : Status
    reason : Reason or None
        Why it was rejected, trimmed, kept waiting, canceled or expired.
    facts : mapping
        The numbers of that reason.
    placed, ended : (day, phase) or None
    """

    order_id: int
    column: int
    method: Method
    asked: float
    quantity: int
    placed: Moment
    filled: int = 0
    canceled: int = 0
    notional: int = 0
    commission: int = 0
    stamp_duty: int = 0
    transfer_fee: int = 0
    status: Status = Status.CREATED
    reason: Reason | None = None
    facts: Facts = field(default_factory=dict)
    ended: Moment | None = None

    @property
    def leaves(self) -> int:
        """Shares still open."""
        return abs(self.quantity) - self.filled - self.canceled

    @property
    def why(self) -> str:
        """The reason as a sentence; empty when there is none."""
        return "" if self.reason is None else explain_reason(self.reason, self.facts)

    def apply(self, event: Record) -> None:
        """Fold one event of this order."""
        match event:
            case OrderQueued():
                self._move(Move.QUEUE, Status.QUEUED)
            case OrderReleased():
                self._move(Move.RELEASE, Status.WORKING)
            case OrderRejected(reason=reason, facts=facts):
                self._move(Move.REJECT, Status.REJECTED)
                self._end(event, reason, facts)
            case OrderTrimmed(cut=cut, reason=reason, facts=facts):
                self._move(Move.TRIM, Status.WORKING)
                self.canceled += cut
                self.reason, self.facts = reason, facts
            case OrderWaiting(reason=reason, facts=facts):
                self._move(Move.WAIT, Status.WORKING)
                self.reason, self.facts = reason, facts
            case OrderScaled(quantity=quantity):
                self._move(Move.SCALE, Status.QUEUED)
                self.quantity = quantity
            case OrderFilled():
                self._fill(event)
            case OrderCanceled(reason=reason):
                self._move(Move.CANCEL, Status.CANCELED)
                self._end(event, reason, {})
            case OrderExpired(reason=reason, facts=facts):
                self._move(Move.EXPIRE, Status.EXPIRED)
                self._end(event, reason, facts)
            case CancelRefused():
                self._move(Move.REFUSE_CANCEL, self.status)
            case _:
                raise InternalError(f"{type(event).__name__} is no event of an order.")

    def _move(self, move: Move, status: Status) -> None:
        if status not in TRANSITIONS.get((self.status, move), ()):
            raise InternalError(f"Order {self.order_id}: {move} is not allowed in state {self.status}.")
        self.status = status

    def _end(self, event: OrderRejected | OrderCanceled | OrderExpired, reason: Reason, facts: Facts) -> None:
        self.canceled = abs(self.quantity) - self.filled
        self.reason, self.facts = reason, facts
        self.ended = (event.day, event.phase)

    def _fill(self, event: OrderFilled) -> None:
        self.filled += abs(event.quantity)
        self.notional += event.notional
        self.commission += event.commission
        self.stamp_duty += event.stamp_duty
        self.transfer_fee += event.transfer_fee
        done = self.leaves == 0
        self._move(Move.FILL, Status.FILLED if done else Status.WORKING)
        if done:
            self.ended = (event.day, event.phase)


class OrderBook:
    """Orders folded from a log, brought up to date only as far as someone looks."""

    def __init__(self) -> None:
        self.orders: dict[int, OrderRecord] = {}
        self.count = 0
        """Number of entries of the log that are folded in."""

    def advance(self, log: list[Event], count: int) -> None:
        """Fold in the entries of a log up to `count`."""
        self.fold(records(iter(log[self.count : count])))
        self.count = count

    def with_events(self, events: Iterable[Event], order_id: int) -> OrderRecord | None:
        """One order as it would be after some more events; this book is not changed."""
        known = self.orders.get(order_id)
        order = None if known is None else copy(known)
        for event in records(iter(events)):
            if getattr(event, "order_id", None) == order_id:
                if isinstance(event, OrderCreated):
                    order = _created(event)
                elif order is not None:
                    order.apply(event)
        return order

    def fold(self, events: Iterable[Record]) -> None:
        """Fold in some single events."""
        orders = self.orders
        for event in events:
            if isinstance(event, OrderCreated):
                orders[event.order_id] = _created(event)
            elif (order_id := getattr(event, "order_id", None)) is not None:
                orders[order_id].apply(event)


def _created(event: OrderCreated) -> OrderRecord:
    moment = (event.day, event.phase)
    return OrderRecord(event.order_id, event.column, Method(event.method), event.asked, event.quantity, moment)
