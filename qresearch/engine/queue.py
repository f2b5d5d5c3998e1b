"""What of a draft waits for an open: the blocks of requests, and what has been changed about them since."""

from __future__ import annotations

from collections.abc import Mapping

from qresearch.domain.messages import Placed
from qresearch.domain.order import Method
from qresearch.domain.state import Amendment, OpenOrder
from qresearch.domain.terms import MARKET_DAY, Kind
from qresearch.errors import InternalError


class Queue:
    """The queue of a :class:`~qresearch.engine.evolve.Draft`."""

    __slots__ = ("amended", "orders", "queue")

    queue: tuple[Placed, ...]
    amended: Mapping[int, Amendment]
    orders: int

    def block_of(self, order_id: int) -> tuple[Placed, int]:
        """The block of a queued order, and its place in it."""
        for block in self.queue:
            offset = order_id - block.first_id
            if 0 <= offset < len(block):
                return block, offset
        raise InternalError(f"Order {order_id} is not in the queue.")

    def request_of(self, order_id: int) -> tuple[int, float]:
        """Method and amount with which a queued order was asked for."""
        block, offset = self.block_of(order_id)
        return block.requests.get(offset, (0, block.quantities[offset]))

    def released(self, order_id: int) -> OpenOrder:
        """A queued order as it goes to the market."""
        block, offset = self.block_of(order_id)
        terms = block.terms.get(offset, MARKET_DAY)
        quantity, terms = self.amended.get(order_id, Amendment(block.quantities[offset], terms))
        cap = block.value_caps.get(offset)
        on_position = cap is not None and block.requests[offset][0] == Method.TARGET_VALUE
        instrument, placed = block.instruments[offset], (block.day, block.phase, block.bar)
        return OpenOrder(order_id, instrument, quantity, terms, cap, on_position, stop=terms.stop_price, placed=placed)

    def release(self, day: int, bar: int = 0) -> None:
        """Drop from the queue what has met the market at an open."""
        if self.queue:
            self.queue = tuple(block for block in self.queue if not meets_open(block, day, bar))
            if self.amended:
                first = self.queue[0].first_id if self.queue else self.orders + 1
                self.amended = {order_id: known for order_id, known in self.amended.items() if order_id >= first}


def meets_open(block: Placed, day: int, bar: int) -> bool:
    """True for a block of requests that meets the open of a day, or on minute data that of a bar of it.

    On daily bars what was placed before the day; at a bar everything, only what is good for the opening price of a day
    waits for the first bar of the next one.
    """
    return bar == 1 or not _awaits_opening(block) if bar else block.day < day


def _awaits_opening(block: Placed) -> bool:
    """True for a block of requests that are good for the opening price of a day; on minute data it holds no others."""
    terms = block.terms.get(0)
    return terms is not None and terms.kind is Kind.MARKET_ON_OPEN
