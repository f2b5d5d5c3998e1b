"""The lives of orders: everything that happened to each one, walked out of a log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from qresearch.book.orders import OrderRecord, Orders
from qresearch.domain import events
from qresearch.domain.order import Move, Status
from qresearch.sentences import ENGLISH, Words


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
    def side(self) -> int:
        """1 for a buy, -1 for a sale."""
        return 1 if self.order.quantity > 0 else -1

    def name(self, symbols: Sequence[str] | None = None, say: Words = ENGLISH) -> str:
        """The order in a few words, with its symbol where the columns have names."""
        order = self.order
        side = say(f"a_{order.side}")
        symbol = f"{abs(order.quantity):,}" + ("" if symbols is None else f" {symbols[order.instrument]}")
        return say("order_title", order=order.order_id, side=side, symbol=symbol)


def lives(log: Iterable[events.Event]) -> dict[int, Life]:
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
    >>> from qresearch.domain.moment import Moment
    >>> from qresearch.domain.terms import MARKET_DAY
    >>> begun, opened = Moment(0, 3), Moment(1, 1)
    >>> created = events.OrderCreated(begun, 1, 0, 100, 0, 100.0, MARKET_DAY)
    >>> log = [created, events.OrderQueued(begun, 1), events.OrderReleased(opened, 1)]
    >>> [(stop.day, stop.phase, str(stop.status)) for stop in lives(log)[1].stops]
    [(0, 3, 'CREATED'), (0, 3, 'QUEUED'), (1, 1, 'WORKING')]
    """
    book = Orders()
    stops: dict[int, list[Stop]] = {}
    for event in events.records(iter(log)):
        book.fold(event)
        move: Move | None = getattr(event, "move", None)
        if move is None and not isinstance(event, events.OrderCreated):
            continue
        order = book[event.order_id]  # type: ignore[union-attr]  # events of orders only, see above
        pending = order.cancel_requested and not order.status.is_final
        shares = abs(event.quantity) if isinstance(event, events.OrderFilled) else 0
        stops.setdefault(order.order_id, []).append(
            Stop(event.at.day, event.at.phase, order.status, move, order.filled, pending, shares)
        )
    return {order_id: Life(book[order_id], tuple(found)) for order_id, found in stops.items()}
