"""The read model of orders: one record per order, folded from the events when someone looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, ValuesView
from copy import copy
from dataclasses import dataclass, field

from qresearch.domain import events
from qresearch.domain.fees import NO_FEES, Fees
from qresearch.domain.moment import Moment
from qresearch.domain.order import TRANSITIONS, Method, Side, Status
from qresearch.domain.reasons import NO_FACTS, Facts, Reason
from qresearch.domain.terms import MARKET_DAY, Terms, TimeInForce
from qresearch.errors import InternalError
from qresearch.market.market import Market


@dataclass(slots=True)
class OrderRecord:
    """Everything known about one order.

    Parameters
    ----------
    order_id : int
    instrument : int
    method : Method
    asked : float
        What was asked for, in the unit of the method.
    quantity : int, shares
        What was sent, signed; as asked when it never was.
    filled, canceled : int, shares
        Not signed; `canceled` also carries what was trimmed, expired or rejected.
    trimmed : int, shares
        Of those, what was given up because the account could not carry it.
    notional : int, money steps
        Of what was filled.
    status : Status
    reason : Reason or None
        Why it was rejected, trimmed, kept waiting, canceled or expired.
    facts : mapping
        The numbers of that reason.
    placed, ended : Moment or None
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
    instrument: int
    method: Method
    asked: float
    quantity: int
    placed: Moment
    filled: int = 0
    canceled: int = 0
    trimmed: int = 0
    notional: int = 0
    fees: Fees = NO_FEES
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
    def side(self) -> Side:
        """Which way it was to trade; of what was asked where nothing was sent."""
        return Side.of(self.quantity or self.asked)

    @property
    def leaves(self) -> int:
        """Shares still open."""
        return abs(self.quantity) - self.filled - self.canceled

    @property
    def was_refused(self) -> bool:
        """True when it was refused at the call and never sent."""
        return self.status is Status.REJECTED and self.ended == self.placed

    def apply(self, event: events.Record) -> None:  # noqa: C901, PLR0912  # one arm per event, on purpose
        """Fold one event of this order."""
        match event:
            case events.OrderQueued():
                self._move(event, Status.QUEUED)
            case events.OrderReleased():
                self._move(event, Status.WORKING)
            case events.OrderRejected():
                self._end(event, Status.REJECTED)
            case events.OrderTrimmed(cut=cut, reason=reason, facts=facts):
                self._move(event, self.status)
                self.canceled += cut
                self.trimmed += cut
                self._note(reason, facts, waiting=False)
            case events.OrderWaiting(reason=reason, facts=facts):
                self._move(event, self.status)
                self._note(reason, facts, waiting=True)
            case events.OrderScaled(quantity=quantity, terms=terms):
                self._move(event, self.status)
                self._resize(quantity, terms)
            case events.OrderTriggered():
                self._move(event, self.status)
                self.triggered = True
            case events.StopMoved():
                pass
            case events.CancelRequested():
                self._move(event, self.status)
                self.cancel_requested = True
            case events.UpdateRequested():
                self._move(event, Status.REPLACE_PENDING)
            case events.OrderUpdated(quantity=quantity, terms=terms, reason=reason, facts=facts):
                # A pending update stays pending when the match itself makes a sale larger.
                self._move(event, self.status if reason or self.status is Status.QUEUED else Status.WORKING)
                self._resize(quantity, terms)
                if reason is not None:
                    self._note(reason, facts or NO_FACTS, waiting=False)
            case events.UpdateRefused():
                after = Status.WORKING if self.status is Status.REPLACE_PENDING else self.status
                self._move(event, after)
            case events.OrderFilled():
                self._fill(event)
            case events.OrderCanceled():
                self._end(event, Status.CANCELED)
            case events.OrderExpired():
                self._end(event, Status.EXPIRED)
            case events.CancelRefused():
                self._move(event, self.status)
            case _:
                raise InternalError(f"{type(event).__name__} is no event of an order.")

    def _move(self, event: events.OrderEvent, status: Status) -> None:
        assert event.move is not None  # the other events move no order
        if status not in TRANSITIONS.get((self.status, event.move), ()):
            raise InternalError(f"Order {self.order_id}: {event.move} is not allowed in state {self.status}.")
        self.status = status

    def _note(self, reason: Reason | None, facts: Facts, *, waiting: bool) -> None:
        self.reason, self.facts, self.is_waiting = reason, facts, waiting

    def _resize(self, left: int, terms: Terms) -> None:
        """What is left changes; what was filled and given up stays."""
        done = self.filled + self.canceled
        self.quantity = left + (done if left > 0 else -done)
        self.terms = terms

    def _end(self, event: events.OrderRejected | events.OrderCanceled | events.OrderExpired, status: Status) -> None:
        self._move(event, status)
        self.canceled = abs(self.quantity) - self.filled
        self._note(event.reason, event.facts, waiting=False)
        self.end_origin = _ORIGINS.get(event.reason) or _origin(event, self.terms)
        self.ended = event.at

    def _fill(self, event: events.OrderFilled) -> None:
        self.filled += abs(event.quantity)
        self.notional += event.notional
        self.fees += event.fees
        done = self.leaves == 0
        self._move(event, Status.FILLED if done else self.status)
        if done:
            self.ended = event.at
            if self.is_waiting:
                self._note(None, NO_FACTS, waiting=False)


def mean_price(market: Market, order: OrderRecord) -> float:
    """Mean price of the fills of an order, currency per share or unit of a contract; NaN without a fill."""
    amount, item = market.venue.money.amount(order.notional), market.instruments[order.instrument]
    if item.contract is None:
        return item.mean_price(amount, order.filled)
    at = order.placed if order.ended is None else order.ended
    return item.mean_price(amount, order.filled, item.contract.units(market.days[max(at.day, 0)].astype(object)))


_ORIGINS = {
    Reason.USER_CANCEL: "user",
    Reason.REPLACED_BY_TARGET: "user",
    Reason.OPEN_ORDER_MARGIN: "risk",
    Reason.POSITION_CLOSED: "risk",
}


def _origin(event: events.OrderRejected | events.OrderCanceled | events.OrderExpired, terms: Terms) -> str:
    if isinstance(event, events.OrderCanceled):
        if event.reason is Reason.INSUFFICIENT_CASH:
            return "risk"
        # What its own terms let wait was canceled all the same: a market order of the same bar takes nothing later.
        return "fok" if terms.time_in_force is TimeInForce.FOK else "ioc"
    return "eod" if isinstance(event, events.OrderExpired) else "check"


class Orders(Mapping[int, OrderRecord]):
    """Every order by its id, folded from a log as far as it has been read.

    Parameters
    ----------
    base : Orders, optional
        What it goes on from: an order of it is copied before it changes, so that the base stays as it is.
    """

    __slots__ = ("_base", "_own")

    def __init__(self, base: Orders | None = None) -> None:
        self._base = base
        self._own: dict[int, OrderRecord] = {}

    def __getitem__(self, order_id: int) -> OrderRecord:
        found = self._own.get(order_id)
        if found is not None:
            return found
        if self._base is None:
            raise KeyError(order_id)
        return self._base[order_id]

    def __iter__(self) -> Iterator[int]:
        if self._base is None:
            return iter(self._own)
        return iter((*self._base, *(order_id for order_id in self._own if order_id not in self._base)))

    def __len__(self) -> int:
        return len(self._own) if self._base is None else sum(1 for _ in self)

    def values(self) -> ValuesView[OrderRecord]:
        """The records; those of one log are not looked up one by one."""
        return self._own.values() if self._base is None else super().values()

    @property
    def open(self) -> list[OrderRecord]:
        """Those that are queued or working."""
        return [order for order in self.values() if not order.status.is_final]

    def fork(self) -> Orders:
        """Orders that go on from these, which stay as they are."""
        return Orders(self)

    def fold(self, event: events.Record) -> None:
        """Fold in one event; an event of no order changes nothing."""
        order_id = getattr(event, "order_id", None)
        if order_id is None:
            return
        if isinstance(event, events.OrderCreated):
            self._own[order_id] = _created(event)
            return
        order = self._own.get(order_id)
        if order is None:
            order = self._own[order_id] = copy(self[order_id])
        order.apply(event)

    def read(self, log: Iterable[events.Event]) -> Orders:
        """Fold in some events; itself."""
        for event in events.records(log):
            self.fold(event)
        return self

    def tell(self, event: events.Record) -> tuple[str, OrderRecord | None]:
        """Fold in one event; the state of its order before it, and the order after it.

        An event of no order, or of one that is not known here, gives ``("", None)``.
        """
        order_id = getattr(event, "order_id", None)
        if order_id is None:
            return "", None
        known = self.get(order_id)
        if known is None and not isinstance(event, events.OrderCreated):
            return "", None
        before = "" if known is None else known.status.value
        self.fold(event)
        return before, self[order_id]


def _created(event: events.OrderCreated) -> OrderRecord:
    moment = event.at
    return OrderRecord(
        event.order_id, event.instrument, Method(event.method), event.asked, event.quantity, moment, terms=event.terms
    )
