"""What the account itself ends: orders that it can no longer carry, and orders that have nothing left to close."""

from __future__ import annotations

from qresearch.domain import events
from qresearch.domain.reasons import Facts, Reason
from qresearch.domain.state import OpenOrder
from qresearch.domain.terms import MARKET_KINDS, Effect
from qresearch.engine.checks import Checks
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.ledger import net_quantity
from qresearch.engine.open_orders import is_buying
from qresearch.engine.reserves import free_money, intent_of, opens, pool_of, reserve_price, reserved_cash


def end_uncovered(draft: Draft, exchange: Exchange) -> None:
    """End resting buys that the cash no longer covers, the newest first.

    Asked after what takes cash or makes needs grow without a match: a change of costs, a tax, a corporate action.
    """
    reserved = reserved_cash(draft, exchange)
    checks, money = Checks(draft, exchange), exchange.money
    for order_id in sorted(reserved, reverse=True):
        order, needed = draft.working[order_id], reserved[order_id]
        free = free_money(draft, exchange, pool_of(draft, exchange, order), reserved)
        if free >= 0 or not needed:
            continue
        facts: Facts = {
            "asked": order.leaves,
            "needed": money.amount(needed),
            "cash": money.amount(max(needed + free, 0)),
            "affordable": 0,
        }
        lacking = checks.need(intent_of(order, reserve_price(draft, exchange, order), 0, 0), order.leaves).lacking
        draft.emit(events.OrderCanceled(draft.at, order_id, lacking, facts))
        del reserved[order_id]


def after_fill(draft: Draft, exchange: Exchange, order: OpenOrder, *, takes_more: bool) -> None:
    """End what the account cannot carry, or has nothing to do, after a fill of an order.

    Parameters
    ----------
    draft : Draft
        After the fill.
    exchange : Exchange
    order : OpenOrder
        As it was before the fill.
    takes_more : bool
        More was posted than the fill itself, such as a tax on the dividends of shares sold.
    """
    if takes_more:
        end_uncovered(draft, exchange)
    if draft.settings.open_order_margin:
        _recheck_margin(draft, exchange)
    if order.leaves < 0 and order.terms.effect is Effect.AUTO and not opens(draft, exchange, order):
        _close_out(draft, order)


def _recheck_margin(draft: Draft, exchange: Exchange) -> None:
    """End open orders that the account can no longer carry."""
    money, checks = exchange.money, Checks(draft, exchange)
    for order in tuple(draft.working.values()):
        held = net_quantity(draft, order.instrument)
        facts: Facts | None = None
        if order.leaves < 0 and -order.leaves > held:
            facts = {"needed": -order.leaves, "available": held}
        elif order.leaves > 0:
            price = order.terms.limit_price or order.stop or exchange.view(draft).last_price(order.instrument)
            # Without a price yet (not listed) nothing can be said about what it needs.
            needed = checks.need(intent_of(order, price, 0, 0), order.leaves).money if price > 0 else 0
            if needed > draft.cash:
                facts = {"needed": money.amount(needed), "available": money.amount(draft.cash)}
        if facts is not None:
            draft.emit(events.OrderRejected(draft.at, order.order_id, Reason.OPEN_ORDER_MARGIN, facts))


def _close_out(draft: Draft, sold: OpenOrder) -> None:
    """End what has nothing left to close after a sale, and cut limit orders to what a stop leaves of a position.

    A plain market order that has not had its turn yet is judged in it. Nothing ends while a buy is open.
    """
    held = net_quantity(draft, sold.instrument)
    if held and not sold.closes:
        return
    sales = [order for order in draft.working.values() if order.leaves < 0 and order.instrument == sold.instrument]
    if not sales or is_buying(draft, sold.instrument):
        return
    promised = sum(-order.leaves for order in sales if order.closes and not order.is_untouched)
    for order in sorted(sales, key=lambda order: order.order_id):
        has_a_turn = order.reason is None and (held or order.terms.kind in MARKET_KINDS)
        if has_a_turn or (held and (order.closes or order.is_untouched)):
            continue
        left = max(held - promised, 0)
        if not left:
            end_closing(draft, order, held=held, promised=min(promised, held))
        elif -order.leaves > left:
            facts: Facts = {"asked": -order.leaves, "held": held, "sellable": left}
            cut = -order.leaves - left
            draft.emit(events.OrderTrimmed(draft.at, order.order_id, cut, Reason.INSUFFICIENT_QUANTITY, facts))
        promised += min(-order.leaves, left)


def end_closing(draft: Draft, order: OpenOrder, *, held: int, promised: int) -> None:
    """End an order that has nothing left to close."""
    facts: Facts = {"held": held, "promised": promised}
    draft.emit(events.OrderCanceled(draft.at, order.order_id, Reason.POSITION_CLOSED, facts))
