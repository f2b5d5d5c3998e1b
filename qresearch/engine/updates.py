"""Cancels and updates: at once, or at the next match, where a fill may come first. A refusal is an event."""

from __future__ import annotations

from qresearch.domain.messages import (
    CancelRefused,
    CancelRequested,
    OrderCanceled,
    OrderUpdated,
    UpdateRefused,
    UpdateRequested,
)
from qresearch.domain.reasons import Reason
from qresearch.domain.terms import Terms
from qresearch.engine.evolve import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.sizing import on_tick

NEXT_MATCH = "next_match"


def cancel(draft: Draft, order_id: int, *, status: str) -> bool:
    """Withdraw what is left of an order.

    What is queued is withdrawn at once; what works too, or at the next match with ``cancel_latency="next_match"``.

    Parameters
    ----------
    draft : Draft
    order_id : int
    status : str
        State of the order, for the refusal.

    Returns
    -------
    bool
        False when it was too late; the refusal is an event.
    """
    day, phase = draft.day, draft.phase
    if order_id in draft.working:
        if draft.settings.cancel_latency == NEXT_MATCH:
            if not draft.working[order_id].cancel_requested:
                draft.emit(CancelRequested(day, phase, order_id))
            return True
        draft.emit(OrderCanceled(day, phase, order_id, Reason.USER_CANCEL, {}))
    elif is_queued(draft, order_id):
        draft.emit(OrderCanceled(day, phase, order_id, Reason.USER_CANCEL, {}))
    else:
        facts = {"status": status or "over"}
        draft.emit(CancelRefused(day, phase, order_id, Reason.ALREADY_FINAL, facts))
        return False
    draft.pending = None
    return True


def update(draft: Draft, exchange: Exchange, order_id: int, quantity: int, terms: Terms, *, status: str) -> bool:
    """Change the quantity or the terms of an open order.

    Parameters
    ----------
    draft : Draft
    exchange : Exchange
    order_id : int
    quantity : int, shares
        What shall be left to fill, signed.
    terms : Terms
    status : str
        State of the order, for the refusal.

    Returns
    -------
    bool
        False when it was too late; the refusal is an event.
    """
    day, phase = draft.day, draft.phase
    working = draft.working.get(order_id)
    if working is None and not is_queued(draft, order_id):
        facts = {"status": status or "over"}
        draft.emit(UpdateRefused(day, phase, order_id, Reason.ALREADY_FINAL, facts))
        return False
    order = working or draft.released(order_id)
    terms = on_tick(draft, exchange, order.column, order.leaves, terms)
    if working is not None and draft.settings.cancel_latency == NEXT_MATCH:
        draft.emit(UpdateRequested(day, phase, order_id, quantity, terms))
    else:
        draft.emit(OrderUpdated(day, phase, order_id, quantity, terms))
    draft.pending = None
    return True


def is_queued(draft: Draft, order_id: int) -> bool:
    """True while a request waits for the next open."""
    for block in draft.queue:
        offset = order_id - block.first_id
        if 0 <= offset < len(block):
            amendment = draft.amended.get(order_id)
            return bool(block.quantities[offset] if amendment is None else amendment.quantity)
    return False
