"""In which order working orders are asked, where several meet the market at one moment."""

from __future__ import annotations

from collections.abc import Iterable

from qresearch.domain.terms import Kind
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.reserves import opens


def turns(draft: Draft, exchange: Exchange, order_ids: Iterable[int]) -> list[int]:
    """Orders by their id: what closes first unless the session matches by id, the session after hours last.

    A stop that closes a position goes before the sales beside it, those too that a bar does not touch: the turns of
    the others must not hang on what is left out.
    """
    working, orders = draft.working, sorted(order_ids)
    first: dict[int, int] = {}
    for order_id in sorted(working):
        if working[order_id].leaves < 0:
            first.setdefault(working[order_id].instrument, order_id)
    stops = [order_id for order_id in orders if working[order_id].closes]
    if any(first[working[order_id].instrument] != order_id for order_id in stops):
        before = {order_id: (first[working[order_id].instrument], -1, order_id) for order_id in stops}
        orders.sort(key=lambda order_id: before.get(order_id, (order_id, 0, order_id)))
    if draft.settings.match_order == "sells_first":
        orders.sort(key=lambda order_id: opens(draft, exchange, working[order_id]))
    orders.sort(key=lambda order_id: working[order_id].terms.kind is Kind.AFTER_HOURS)
    return orders
