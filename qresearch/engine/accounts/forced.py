"""Closing contracts by force: the orders that an account places itself when it owes more margin than it has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from qresearch.domain.ledger import sign_of
from qresearch.domain.order import Method
from qresearch.domain.terms import MARKET_DAY, MARKET_KINDS, Effect, Terms, to_close
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.open_orders import open_orders

CALLED = replace(to_close(), tag="margin call")
SOLD = replace(MARKET_DAY, tag="margin call")


class Bound(NamedTuple):
    """One side of a contract, and the money steps that closing all its lots would free."""

    instrument: int
    side: int
    quantity: int
    freed: int


def close_most_bound(draft: Draft, exchange: Exchange, held: Iterable[Bound], missing: int) -> int:
    """Place the orders of a call: the side that binds most first, as many lots as free enough; what is missing then.

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
        place(draft, exchange, one.instrument, -sign_of(one.side) * lots, CALLED)
        missing -= one.freed * lots // one.quantity
    draft.block = None
    return missing


def sell_shares(draft: Draft, exchange: Exchange, missing: int) -> None:
    """Place sales of shares that bring what is missing, in whole lots, the largest holding first; none that is locked.

    Who had to take units for the strike without the cash for it owes it, and the broker sells for him.
    """
    money, view, block = exchange.money, exchange.view(draft), draft.open_block()
    block.is_forced = True
    worth = {
        instrument: money.notional(money.price_units(view.last_price(instrument)), position.quantity)
        for instrument, position in draft.positions.items()
    }
    for instrument in sorted(worth, key=lambda instrument: -worth[instrument]):
        closable = exchange.account.closable(draft, exchange, instrument, -1, Effect.AUTO)
        quantity, lot = draft.positions[instrument].quantity, exchange.lot_step[instrument]
        if missing <= 0 or not worth[instrument] or closable is None or not closable.free:
            continue
        wanted = -(-missing * quantity // worth[instrument])
        sold = min(-(-wanted // lot) * lot, closable.free)
        place(draft, exchange, instrument, -sold, SOLD)
        missing -= worth[instrument] * sold // quantity
    draft.block = None


def place(draft: Draft, exchange: Exchange, instrument: int, lots: int, terms: Terms) -> None:
    """Place what the account itself orders, in as many orders as the largest that the contract allows makes of it."""
    option = exchange.market.instruments[instrument].option
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
