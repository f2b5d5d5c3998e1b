"""The read model of orders: one record per order, folded from the events when someone looks."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field

from qresearch.domain.messages import (
    CancelRefused,
    CancelRequested,
    Event,
    OrderCanceled,
    OrderCreated,
    OrderExpired,
    OrderFilled,
    OrderQueued,
    OrderRejected,
    OrderReleased,
    OrderScaled,
    OrderTriggered,
    OrderTrimmed,
    OrderUpdated,
    OrderWaiting,
    Record,
    StopMoved,
    UpdateRefused,
    UpdateRequested,
    records,
)
from qresearch.domain.order import TRANSITIONS, Method, Move, Status
from qresearch.domain.reasons import NO_FACTS, Facts, Reason
from qresearch.domain.terms import MARKET_DAY, Terms, TimeInForce
from qresearch.errors import InternalError
from qresearch.sentences import ENGLISH

Moment = tuple[int, int, int]
"""(day index, phase, bar)."""


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
    placed, ended : (day, phase, bar) or None
    terms : Terms
    triggered, cancel_requested : bool
        Its stop was reached; a cancel takes effect at the next match.
    end_origin : str
        Who ended it: "user", "ioc", "fok", "eod" (end of day), "risk" (the account could not carry it any more, or
        nothing was left to close), "check"; empty while it is open and when it was filled.
    is_waiting : bool
        The reason is what keeps it waiting.
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
    terms: Terms = MARKET_DAY
    triggered: bool = False
    cancel_requested: bool = False
    end_origin: str = ""
    is_waiting: bool = False

    @property
    def leaves(self) -> int:
        """Shares still open."""
        return abs(self.quantity) - self.filled - self.canceled

    @property
    def was_refused(self) -> bool:
        """True when it was refused at the call and never sent."""
        return self.status is Status.REJECTED and self.ended == self.placed

    @property
    def why(self) -> str:
        """The reason as a sentence; empty when there is none."""
        return "" if self.reason is None else ENGLISH(self.reason, **self.facts)

    def apply(self, event: Record) -> None:  # noqa: C901, PLR0912  # one arm per event, on purpose
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
                self._move(Move.TRIM, self.status)
                self.canceled += cut
                self._note(reason, facts, waiting=False)
            case OrderWaiting(reason=reason, facts=facts):
                self._move(Move.WAIT, self.status)
                self._note(reason, facts, waiting=True)
            case OrderScaled(quantity=quantity, terms=terms):
                self._move(Move.SCALE, self.status)
                self._resize(quantity, terms)
            case OrderTriggered():
                self._move(Move.TRIGGER, self.status)
                self.triggered = True
            case StopMoved():
                pass
            case CancelRequested():
                self._move(Move.REQUEST_CANCEL, self.status)
                self.cancel_requested = True
            case UpdateRequested():
                self._move(Move.REQUEST_UPDATE, Status.REPLACE_PENDING)
            case OrderUpdated(quantity=quantity, terms=terms, reason=reason, facts=facts):
                # A pending update stays pending when the match itself makes a sale larger.
                self._move(Move.UPDATE, self.status if reason or self.status is Status.QUEUED else Status.WORKING)
                self._resize(quantity, terms)
                if reason is not None:
                    self._note(reason, facts or NO_FACTS, waiting=False)
            case UpdateRefused():
                after = Status.WORKING if self.status is Status.REPLACE_PENDING else self.status
                self._move(Move.REFUSE_UPDATE, after)
            case OrderFilled():
                self._fill(event)
            case OrderCanceled(reason=reason, facts=facts):
                self._move(Move.CANCEL, Status.CANCELED)
                self._end(event, reason, facts)
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

    def _note(self, reason: Reason | None, facts: Facts, *, waiting: bool) -> None:
        self.reason, self.facts, self.is_waiting = reason, facts, waiting

    def _resize(self, left: int, terms: Terms) -> None:
        """What is left changes; what was filled and given up stays."""
        done = self.filled + self.canceled
        self.quantity = left + (done if left > 0 else -done)
        self.terms = terms

    def _end(self, event: OrderRejected | OrderCanceled | OrderExpired, reason: Reason, facts: Facts) -> None:
        self.canceled = abs(self.quantity) - self.filled
        self._note(reason, facts, waiting=False)
        self.end_origin = _ORIGINS.get(reason) or _origin(event, self.terms)
        self.ended = (event.day, event.phase, event.bar)

    def _fill(self, event: OrderFilled) -> None:
        self.filled += abs(event.quantity)
        self.notional += event.notional
        self.commission += event.commission
        self.stamp_duty += event.stamp_duty
        self.transfer_fee += event.transfer_fee
        done = self.leaves == 0
        self._move(Move.FILL, Status.FILLED if done else self.status)
        if done:
            self.ended = (event.day, event.phase, event.bar)
            if self.is_waiting:
                self._note(None, NO_FACTS, waiting=False)


_ORIGINS = {
    Reason.USER_CANCEL: "user",
    Reason.REPLACED_BY_TARGET: "user",
    Reason.OPEN_ORDER_MARGIN: "risk",
    Reason.POSITION_CLOSED: "risk",
}


def _origin(event: OrderRejected | OrderCanceled | OrderExpired, terms: Terms) -> str:
    if isinstance(event, OrderCanceled):
        if event.reason is Reason.INSUFFICIENT_CASH:
            return "risk"
        # What its own terms let wait was canceled all the same: a market order of the same bar takes nothing later.
        return "fok" if terms.time_in_force is TimeInForce.FOK else "ioc"
    return "eod" if isinstance(event, OrderExpired) else "check"


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

    def tell(self, event: Record) -> tuple[str, OrderRecord | None]:
        """Fold in one event; the state of its order before it, and the order after it.

        An event of no order, or of one that is not known here, gives ``("", None)``.
        """
        order_id = getattr(event, "order_id", None)
        if order_id is None:
            return "", None
        known = self.orders.get(order_id)
        if known is None and not isinstance(event, OrderCreated):
            return "", None
        before = "" if known is None else known.status.value
        self.fold((event,))
        return before, self.orders[order_id]

    def fold(self, events: Iterable[Record]) -> None:
        """Fold in some single events."""
        orders = self.orders
        for event in events:
            if isinstance(event, OrderCreated):
                orders[event.order_id] = _created(event)
            elif (order_id := getattr(event, "order_id", None)) is not None:
                orders[order_id].apply(event)


def _created(event: OrderCreated) -> OrderRecord:
    moment = (event.day, event.phase, event.bar)
    return OrderRecord(
        event.order_id, event.column, Method(event.method), event.asked, event.quantity, moment, terms=event.terms
    )
