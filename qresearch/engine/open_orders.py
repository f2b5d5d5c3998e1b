"""What is open of an instrument: requests that wait for an open, and orders that work."""

from __future__ import annotations

from qresearch.domain.state import OpenOrder
from qresearch.engine.evolve import Draft


def open_orders(draft: Draft, column: int) -> list[OpenOrder]:
    """Every order of an instrument that is queued or working, by its id.

    Parameters
    ----------
    draft : Draft
    column : int
        Of the instrument.
    """
    working = draft.working
    return [
        order
        for order_id in _open_ids(draft).get(column, ())
        if (order := working.get(order_id) or draft.released(order_id)).leaves
    ]


def pending_of(draft: Draft, column: int) -> int:
    """Shares of an instrument that are queued or working, signed."""
    return sum(order.leaves for order in open_orders(draft, column))


def is_buying(draft: Draft, column: int) -> bool:
    """True while a buy of an instrument is queued or working."""
    return any(order.leaves > 0 for order in open_orders(draft, column))


def _open_ids(draft: Draft) -> dict[int, list[int]]:
    """Ids of the open orders of each instrument, ascending; found once and kept until something happens to one."""
    known = draft.open_ids
    if known is None:
        known = draft.open_ids = {}
        for order_id in sorted(draft.working):
            known.setdefault(draft.working[order_id].column, []).append(order_id)
        for block in draft.queue:
            for offset, (column, quantity) in enumerate(zip(block.columns, block.quantities, strict=True)):
                if quantity:
                    known.setdefault(column, []).append(block.first_id + offset)
    return known
