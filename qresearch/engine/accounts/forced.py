"""Closing contracts by force: the orders that an account places itself when it owes more margin than it has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from qresearch.domain.order import Method
from qresearch.domain.terms import MARKET_KINDS, Effect, Terms, to_close
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.open_orders import open_orders

CALLED = replace(to_close(), tag="margin call")


class Bound(NamedTuple):
    """One side of a contract, and the money steps that closing all its lots would free."""

    instrument: int
    side: int
    quantity: int
    freed: int


def close_most_bound(draft: Draft, exchange: Exchange, held: Iterable[Bound], missing: int) -> None:
    """Place the orders of a call: the side that binds most first, as many lots as free enough.

    What orders at the market close already counts, for it comes to the same open.
    """
    bound = []
    for one in sorted(held, key=lambda one: -one.freed):
        left = max(one.quantity - _closing(draft, exchange, one.instrument, one.side), 0)
        missing -= one.freed * (one.quantity - left) // one.quantity
        bound.append(one._replace(quantity=left, freed=one.freed * left // one.quantity))
    draft.open_block().is_forced = True
    for one in bound:
        if missing <= 0:
            break
        if not one.quantity:
            continue
        lots = min(-(-missing * one.quantity // one.freed), one.quantity) if one.freed > 0 else one.quantity
        place(draft, exchange, one.instrument, -lots if one.side > 0 else lots, CALLED)
        missing -= one.freed * lots // one.quantity
    draft.block = None


def place(draft: Draft, exchange: Exchange, instrument: int, lots: int, terms: Terms) -> None:
    """Place what the account itself orders, in as many orders as the largest that the contract allows makes of it."""
    contract = exchange.market.instruments[instrument].contract
    option = None if contract is None else contract.option
    most = (None if option is None else option.largest_market_order) or abs(lots)
    while lots:
        part = min(abs(lots), most) * (1 if lots > 0 else -1)
        exchange.clock.place(draft, exchange, instrument, Method.ORDER, part, terms)
        lots -= part


def _closing(draft: Draft, exchange: Exchange, instrument: int, side: int) -> int:
    """Lots of a side that orders at the market close at the next open."""
    return sum(
        abs(order.leaves)
        for order in open_orders(draft, instrument)
        if order.leaves * side < 0
        and order.terms.kind in MARKET_KINDS
        and order.terms.effect is not Effect.COVERED_CLOSE
        and exchange.account.closable(draft, exchange, instrument, order.leaves, order.terms.effect) is not None
    )
