"""What is open of an instrument: requests that wait for an open, and orders that work."""

from __future__ import annotations

from qresearch.domain.state import OpenOrder
from qresearch.engine.draft import Draft
from qresearch.engine.queue import released


def open_orders(draft: Draft, instrument: int) -> list[OpenOrder]:
    """Every order of an instrument that is queued or working, by its id.

    Parameters
    ----------
    draft : Draft
    instrument : int
        Of the instrument.
    """
    working = draft.working
    return [
        order
        for order_id in _open_ids(draft).get(instrument, ())
        if (order := working.get(order_id) or released(draft, order_id)).leaves
    ]


def pending_of(draft: Draft, instrument: int) -> int:
    """Shares of an instrument that are queued or working, signed."""
    return sum(order.leaves for order in open_orders(draft, instrument))


def not_on_sale(draft: Draft, instrument: int, held: int, asked: int = -1) -> int:
    """Units held that no open order of the side of `asked` has taken; all of them when such orders want more."""
    on_sale = sum(
        abs(order.leaves)
        for order in open_orders(draft, instrument)
        if order.leaves * asked > 0 and not order.is_untouched
    )
    return held - on_sale if on_sale < held else held


def is_buying(draft: Draft, instrument: int) -> bool:
    """True while a buy of an instrument is queued or working."""
    return any(order.leaves > 0 for order in open_orders(draft, instrument))


def _open_ids(draft: Draft) -> dict[int, list[int]]:
    """Ids of the open orders of each instrument, ascending; found once and kept until something happens to one."""
    known = draft.open_ids
    if known is None:
        known = draft.open_ids = {}
        for order_id in sorted(draft.working):
            known.setdefault(draft.working[order_id].instrument, []).append(order_id)
        for block in draft.queue:
            for offset, (instrument, quantity) in enumerate(zip(block.instruments, block.quantities, strict=True)):
                if quantity:
                    known.setdefault(instrument, []).append(block.first_id + offset)
    return known
