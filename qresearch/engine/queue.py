"""What waits for an open: the blocks of requests of an account, and what has been changed about them since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from qresearch.domain.events import Placed
from qresearch.domain.moment import Moment
from qresearch.domain.order import Method
from qresearch.domain.state import Amendment, OpenOrder
from qresearch.domain.terms import MARKET_DAY, Kind
from qresearch.errors import InternalError


class Queued(Protocol):
    """An account as far as its queue goes: a state, or the draft of a step."""

    @property
    def queue(self) -> tuple[Placed, ...]:
        """Requests that wait for an open."""

    @property
    def amended(self) -> Mapping[int, Amendment]:
        """Queued orders that are no longer what was sent."""

    @property
    def orders(self) -> int:
        """Number of orders placed so far."""


def block_of(account: Queued, order_id: int) -> tuple[Placed, int]:
    """The block of a queued order, and its place in it."""
    for block in account.queue:
        offset = order_id - block.first_id
        if 0 <= offset < len(block):
            return block, offset
    raise InternalError(f"Order {order_id} is not in the queue.")


def is_queued(account: Queued, order_id: int) -> bool:
    """True while a request waits for an open."""
    for block in account.queue:
        offset = order_id - block.first_id
        if 0 <= offset < len(block):
            amendment = account.amended.get(order_id)
            return bool(block.quantities[offset] if amendment is None else amendment.quantity)
    return False


def caps_position(block: Placed, offset: int) -> bool:
    """True for an order by the value that its whole position shall have."""
    return block.requests.get(offset, (0, 0))[0] == Method.TARGET_VALUE


def released(account: Queued, order_id: int) -> OpenOrder:
    """A queued order as it goes to the market."""
    block, offset = block_of(account, order_id)
    terms = block.terms.get(offset, MARKET_DAY)
    quantity, terms = account.amended.get(order_id, Amendment(block.quantities[offset], terms))
    cap = block.value_caps.get(offset)
    on_position = cap is not None and caps_position(block, offset)
    return OpenOrder(
        order_id, block.instruments[offset], quantity, terms, cap, on_position, stop=terms.stop_price, placed=block.at
    )


def without(account: Queued, gone: Iterable[int]) -> tuple[tuple[Placed, ...], Mapping[int, Amendment]]:
    """Queue and amendments once some blocks, named by their first order id, have met the market."""
    left = frozenset(gone)
    queue = tuple(block for block in account.queue if block.first_id not in left)
    if not account.amended:
        return queue, account.amended
    first = queue[0].first_id if queue else account.orders + 1
    return queue, {order_id: known for order_id, known in account.amended.items() if order_id >= first}


def due(account: Queued, at: Moment) -> list[Placed]:
    """Blocks of requests that meet the open at which the clock stands.

    On daily bars what was placed before the day, and what the account had to place in the morning; at a bar everything,
    only what is good for the opening price of a day waits for the first bar of the next one.
    """
    if not at.bar:
        return [block for block in account.queue if block.at.day < at.day or block.is_forced]
    return [block for block in account.queue if _is_due(block, at)]


def _is_due(block: Placed, at: Moment) -> bool:
    """Whether requests meet a bar; those for the opening price of a day, or for the next day, have their own blocks."""
    terms = block.terms.get(0)
    if terms is not None and terms.waits == "day":
        return at.bar == 1 and block.at.day < at.day
    return at.bar == 1 or terms is None or terms.kind is not Kind.MARKET_ON_OPEN
