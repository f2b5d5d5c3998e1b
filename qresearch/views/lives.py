"""The lives of orders: everything that happened to each one, walked out of a log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

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
    UpdateRefused,
    UpdateRequested,
    records,
)
from qresearch.domain.order import Move, Status
from qresearch.sentences import ENGLISH, Words
from qresearch.session.orders import OrderBook, OrderRecord

MOVES: Mapping[type, Move] = MappingProxyType({
    OrderQueued: Move.QUEUE, OrderReleased: Move.RELEASE, OrderRejected: Move.REJECT, OrderTrimmed: Move.TRIM,
    OrderWaiting: Move.WAIT, OrderScaled: Move.SCALE, OrderTriggered: Move.TRIGGER, OrderFilled: Move.FILL,
    CancelRequested: Move.REQUEST_CANCEL, OrderCanceled: Move.CANCEL, CancelRefused: Move.REFUSE_CANCEL,
    UpdateRequested: Move.REQUEST_UPDATE, OrderUpdated: Move.UPDATE, UpdateRefused: Move.REFUSE_UPDATE,
    OrderExpired: Move.EXPIRE,
})  # fmt: skip
"""The move that each event of an order makes; what is not here (a trailing stop that moved) makes none."""


class Stop(NamedTuple):
    """One moment in the life of an order.

    Parameters
    ----------
    day, phase : int
    status : Status
        Its state afterwards.
    move : Move or None
        What happened; None for its creation.
    filled : int, shares
        Filled so far, not signed.
    cancel_requested : bool
        A cancel is on its way.
    shares : int, shares
        Filled by this very event, not signed.
    """

    day: int
    phase: int
    status: Status
    move: Move | None
    filled: int = 0
    cancel_requested: bool = False
    shares: int = 0


@dataclass(frozen=True, slots=True)
class Life:
    """An order and everything that happened to it.

    Parameters
    ----------
    order : OrderRecord
        As it is at the end of the log.
    stops : tuple of Stop
        In order; the first is its creation.
    """

    order: OrderRecord
    stops: tuple[Stop, ...]

    @property
    def path(self) -> tuple[tuple[int, int, Status], ...]:
        """(day, phase, state), one for each change of state."""
        told: list[tuple[int, int, Status]] = []
        for stop in self.stops:
            if not told or told[-1][2] is not stop.status:
                told.append((stop.day, stop.phase, stop.status))
        return tuple(told)

    def name(self, symbols: Sequence[str] | None = None, say: Words = ENGLISH) -> str:
        """The order in a few words, with its symbol where the columns have names."""
        order = self.order
        side = say("a_sell" if order.quantity < 0 else "a_buy")
        symbol = f"{abs(order.quantity):,}" + ("" if symbols is None else f" {symbols[order.column]}")
        return say("order_title", order=order.order_id, side=side, symbol=symbol)


def lives(log: Iterable[Event]) -> dict[int, Life]:
    """Walk a log into the life of each order.

    Parameters
    ----------
    log : iterable of Event
        From the first event on; blocks are taken apart.

    Returns
    -------
    dict of int to Life
        By order id.

    Examples
    --------
    >>> from qresearch.domain.messages import OrderCreated, OrderQueued, OrderReleased
    >>> from qresearch.domain.terms import MARKET_DAY
    >>> log = [OrderCreated(0, 3, 1, 0, 100, 0, 100.0, MARKET_DAY), OrderQueued(0, 3, 1), OrderReleased(1, 1, 1)]
    >>> [(day, phase, str(status)) for day, phase, status in lives(log)[1].path]
    [(0, 3, 'CREATED'), (0, 3, 'QUEUED'), (1, 1, 'WORKING')]
    """
    book = OrderBook()
    stops: dict[int, list[Stop]] = {}
    for event in records(iter(log)):
        book.fold((event,))
        move = MOVES.get(type(event))
        if move is None and not isinstance(event, OrderCreated):
            continue
        order = book.orders[event.order_id]  # type: ignore[union-attr]  # events of orders only, see above
        pending = order.cancel_requested and not order.status.is_final
        shares = abs(event.quantity) if isinstance(event, OrderFilled) else 0
        stops.setdefault(order.order_id, []).append(
            Stop(event.day, event.phase, order.status, move, order.filled, pending, shares)
        )
    return {order_id: Life(book.orders[order_id], tuple(found)) for order_id, found in stops.items()}
