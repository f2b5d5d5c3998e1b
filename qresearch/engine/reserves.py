"""What working orders hold back: cash for resting buys, and the shares of working sells.

A stop, trailing stop or if-touched order holds nothing back until it is reached: it may never be, and what it would
have kept is free for other orders until then. A stop that was reached goes before the limit orders that hold shares
back: a position that falls is sold, whatever waits for it to rise.
"""

from __future__ import annotations

from collections.abc import Mapping

from qresearch.domain.state import OpenOrder, State
from qresearch.domain.terms import STOP_KINDS, Effect
from qresearch.engine.checks import Checks
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.intent import Intent, Pool


def reserve_price(draft: Draft | State, exchange: Exchange, order: OpenOrder) -> float:
    """Price at which a resting buy holds cash back; 0 when nothing is reserved."""
    how = draft.settings.reserve
    if how == "none" or order.is_untouched:
        return 0.0
    fixed = order.terms.limit_price if how == "limit" else None
    return exchange.view(draft).last_price(order.instrument) if fixed is None else fixed


def reserved_cash(draft: Draft | State, exchange: Exchange) -> dict[int, int]:
    """Money steps that each resting buy holds back, fees included, by order id.

    An order rests once it has met the market and found nothing; before its turn it holds nothing back. What a limit
    needs is fixed and comes first; a need that moves with the price takes no more than is left.
    """
    resting = [order for order in draft.working.values() if order.reason is not None and opens(draft, exchange, order)]
    if not resting:
        return {}
    checks = Checks(draft, exchange)
    held: dict[int, int] = {}
    for order in sorted(resting, key=lambda order: moves_with_price(draft, order)):
        held[order.order_id] = kept_for(draft, exchange, checks, order, held)
    return held


def kept_for(
    draft: Draft | State, exchange: Exchange, checks: Checks, order: OpenOrder, held: Mapping[int, int]
) -> int:
    """Money steps that a resting order holds back beside what others do: what moves takes no more than is left."""
    needed = cash_need(draft, exchange, checks, order)
    return min(needed, max(free_of(draft, exchange, order, held), 0)) if moves_with_price(draft, order) else needed


def free_money(
    draft: Draft | State, exchange: Exchange, pool: Pool, held: Mapping[int, int] | None = None, but: int = 0
) -> int:
    """Money steps of a pool that nothing holds back; below nothing where more is bound than there is.

    Parameters
    ----------
    draft : Draft or State
    exchange : Exchange
    pool : Pool
    held : mapping of order id to money steps, optional
        What working orders hold back; default: those that rest.
    but : int
        The id of an order for whose own use it is asked.
    """
    if held is None:
        held = reserved_cash(draft, exchange)
    if not held:
        return exchange.account.available(draft, exchange, pool)
    taken = sum(
        money
        for order_id, money in held.items()
        if order_id != but
        # An order that has ended since holds its money until whoever keeps the sums lets it go.
        and (order_id not in draft.working or pool.is_lessened_by(pool_of(draft, exchange, draft.working[order_id])))
    )
    return exchange.account.available(draft, exchange, pool) - taken


def free_of(draft: Draft | State, exchange: Exchange, order: OpenOrder, held: Mapping[int, int] | None = None) -> int:
    """Money steps that an order may use, what it holds back itself included; see :func:`free_money`."""
    return free_money(draft, exchange, pool_of(draft, exchange, order), held, order.order_id)


def pool_of(draft: Draft | State, exchange: Exchange, order: OpenOrder) -> Pool:
    """Out of which money a working order is paid."""
    return exchange.account.pool(draft, exchange, order.instrument, order.leaves, order.terms.effect)


def opens(draft: Draft | State, exchange: Exchange, order: OpenOrder) -> bool:
    """True for an order that opens a holding, and so binds money."""
    if exchange.account.is_plain:
        return order.leaves > 0  # of shares paid in full that is every buy
    return exchange.account.closable(draft, exchange, order.instrument, order.leaves, order.terms.effect) is None


def cash_need(draft: Draft | State, exchange: Exchange, checks: Checks, order: OpenOrder) -> int:
    """Money steps that a buy would hold back if there were enough of them, fees included."""
    price = reserve_price(draft, exchange, order)
    return checks.need(intent_of(order, price, 0, 0), order.leaves).money if price > 0 else 0


def moves_with_price(draft: Draft | State, order: OpenOrder) -> bool:
    """True for a buy whose need follows the last price: it has no limit, or the session reserves at the last price."""
    return order.terms.limit_price is None or draft.settings.reserve != "limit"


def shares_before(draft: Draft | State, order: OpenOrder) -> int:
    """Shares that earlier orders of its side hold back from an order that closes; from a stop only earlier stops do."""
    working = draft.working
    if draft.settings.reserve == "none" or working.keys() <= {order.order_id}:
        return 0
    is_stop = order.terms.kind in STOP_KINDS
    return sum(
        abs(other.leaves)
        for other in working.values()
        if other.instrument == order.instrument
        and other.leaves * order.leaves > 0
        and other.terms.effect is not Effect.OPEN
        and not other.is_untouched
        and (
            other.order_id < order.order_id
            if (other.terms.kind in STOP_KINDS) == is_stop
            else not is_stop and other.order_id != order.order_id
        )
    )


def intent_of(order: OpenOrder, price: float, free_cash: int, reserved_shares: int) -> Intent:
    """A working order about to trade at a price."""
    return Intent(
        order.instrument,
        order.leaves,
        price,
        order.cap,
        order.caps_position,
        free_cash,
        reserved_shares,
        order.notional,
        order.fees,
        is_rest=order.filled > 0,
        effect=order.terms.effect,
    )
