"""What working orders hold back: cash for resting buys, at their limit or stop, and the shares of working sells."""

from __future__ import annotations

from qresearch.domain.state import OpenOrder, State
from qresearch.engine.checks import Checks, Intent
from qresearch.engine.evolve import Draft
from qresearch.engine.exchange import Exchange


def reserve_price(draft: Draft | State, exchange: Exchange, order: OpenOrder) -> float:
    """Price at which a resting buy holds cash back; 0 when nothing is reserved."""
    how = draft.settings.reserve
    if how == "none":
        return 0.0
    terms = order.terms
    fixed = terms.limit_price if terms.limit_price is not None else order.stop
    if how == "limit" and fixed is not None:
        return fixed
    return exchange.view(draft).last_price(order.column)


def reserved_cash(draft: Draft | State, exchange: Exchange) -> dict[int, int]:
    """Money steps that each resting buy holds back, fees included, by order id.

    An order rests once it has met the market and found nothing; before its turn it holds nothing back.
    """
    checks = Checks(draft, exchange) if draft.working else None
    reserved = {}
    for order in draft.working.values():
        if order.leaves > 0 and order.reason is not None and checks is not None:
            price = reserve_price(draft, exchange, order)
            reserved[order.order_id] = checks.cost(intent_of(order, price, 0, 0), order.leaves) if price > 0 else 0
    return reserved


def shares_before(draft: Draft | State, order: OpenOrder) -> int:
    """Shares that earlier sells of an instrument hold back from an order."""
    if draft.settings.reserve == "none":
        return 0
    return sum(
        -other.leaves
        for other in draft.working.values()
        if other.leaves < 0 and other.column == order.column and other.order_id < order.order_id
    )


def intent_of(order: OpenOrder, price: float, free_cash: int, reserved_shares: int) -> Intent:
    """A working order about to trade at a price."""
    return Intent(
        order.column,
        order.leaves,
        price,
        order.cap,
        order.caps_position,
        free_cash,
        reserved_shares,
        order.notional,
        order.commission,
    )
