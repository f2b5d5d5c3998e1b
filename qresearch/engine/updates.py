"""Cancels, updates and changes of the settings: at once, or at the next match, where a fill may come first.

An update passes every check that a new order of its kind would pass, and is refused whole where it fails one, whatever
the session does with new orders that fall short: the order then stays as it was. A refusal is an event. While an order
is queued its cash and shares are not asked: the match asks them.
"""

from __future__ import annotations

from qresearch.domain import events
from qresearch.domain.commands import Cancel, Update
from qresearch.domain.moment import CLOSE
from qresearch.domain.reasons import Reason, Refusal
from qresearch.domain.settings import Settings
from qresearch.domain.state import Amendment, OpenOrder, State
from qresearch.engine.checks import Checks
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.intent import Closable
from qresearch.engine.ledger import net_quantity, sale_in_lots
from qresearch.engine.open_orders import open_orders
from qresearch.engine.queue import is_queued, released
from qresearch.engine.reserves import cash_need, free_of, opens, reserved_cash
from qresearch.engine.risk import end_uncovered
from qresearch.engine.rulings import auction_began, larger_than_allowed
from qresearch.engine.ticks import on_tick
from qresearch.errors import UsageError

NEXT_MATCH = "next_match"


def cancel(draft: Draft, exchange: Exchange, command: Cancel) -> bool:
    """Withdraw what is left of an order.

    What is queued is withdrawn at once; what works too, or at the next match with ``cancel_latency="next_match"``.

    Returns
    -------
    bool
        False when it was too late; the refusal is an event.
    """
    order_id = command.order_id
    working = draft.working.get(order_id)
    if working is None and not is_queued(draft, order_id):
        facts = {"status": command.status or "over"}
        draft.emit(events.CancelRefused(draft.at, order_id, Reason.ALREADY_FINAL, facts))
        return False
    began = None if working is None else auction_began(exchange, draft, working.instrument)
    if began is not None:
        facts = {"since": f"{began:%H:%M}"}
        draft.emit(events.CancelRefused(draft.at, order_id, Reason.CLOSING_AUCTION, facts))
        return False
    if working is None or draft.settings.cancel_latency != NEXT_MATCH:
        draft.emit(events.OrderCanceled(draft.at, order_id, Reason.USER_CANCEL, {}))
    elif not working.cancel_requested:
        draft.emit(events.CancelRequested(draft.at, order_id))
    return True


def update(draft: Draft, exchange: Exchange, command: Update) -> bool:
    """Change the quantity or the terms of an open order.

    Returns
    -------
    bool
        False when it was too late, or a check refused it; the refusal is an event.
    """
    order_id, quantity, terms, total, done, status = command
    working = draft.working.get(order_id)
    if working is None and not is_queued(draft, order_id):
        return _refused(draft, order_id, (Reason.ALREADY_FINAL, {"status": status or "over"}))
    order = working or released(draft, order_id)
    if quantity * order.leaves <= 0:
        return _refused(draft, order_id, (Reason.BELOW_FILLED, {"asked": total, "done": done}))
    began = None if working is None else auction_began(exchange, draft, order.instrument)
    if began is not None:
        return _refused(draft, order_id, (Reason.CLOSING_AUCTION, {"since": f"{began:%H:%M}"}))
    terms = on_tick(draft, exchange, order.instrument, order.leaves, terms)
    if working is not None and draft.settings.cancel_latency == NEXT_MATCH:
        # Whether it may be is asked when it takes effect.
        draft.emit(events.UpdateRequested(draft.at, order_id, quantity, terms))
        return True
    refusal = update_refusal(draft, exchange, order, Amendment(quantity, terms))
    if refusal is not None:
        return _refused(draft, order_id, refusal)
    draft.emit(events.OrderUpdated(draft.at, order_id, quantity, terms))
    return True


def _refused(draft: Draft, order_id: int, refusal: Refusal) -> bool:
    draft.emit(events.UpdateRefused(draft.at, order_id, *refusal))
    return False


def settle_requests(draft: Draft, exchange: Exchange, order: OpenOrder) -> None:
    """Let a cancel or an update that was asked for since the last match take effect, after a fill had its chance."""
    order_id = order.order_id
    if order.cancel_requested:
        draft.emit(events.OrderCanceled(draft.at, order_id, Reason.USER_CANCEL, {}, was_pending=True))
    elif order.update is not None:
        refusal = update_refusal(draft, exchange, order, order.update)
        if refusal is None:
            draft.emit(events.OrderUpdated(draft.at, order_id, *order.update, was_pending=True))
        else:
            draft.emit(events.UpdateRefused(draft.at, order_id, *refusal, was_pending=True))


def update_refusal(draft: Draft, exchange: Exchange, order: OpenOrder, wanted: Amendment) -> Refusal | None:
    """Why an open order may not become what an update wants; None when it may.

    Parameters
    ----------
    draft : Draft
    exchange : Exchange
    order : OpenOrder
        As it is.
    wanted : Amendment
        What would be left, signed, and the terms.
    """
    side = 1 if order.leaves > 0 else -1
    if side * wanted.quantity <= 0:
        # A fill came first and took all that the update would have left.
        return Reason.BELOW_FILLED, {"asked": order.filled + side * wanted.quantity, "done": order.filled}
    updated = order._replace(leaves=wanted.quantity, terms=wanted.terms, stop=wanted.terms.stop_price)
    if wanted.quantity != order.leaves:
        refusal = _size_refusal(draft, exchange, updated)
        if refusal is not None:
            return refusal
    if order.order_id not in draft.working:
        return None
    checks, limit = Checks(draft, exchange), wanted.terms.limit_price
    if limit is not None and limit != order.terms.limit_price and draft.phase < CLOSE:
        # Later it meets the market on another day, which has limits of its own.
        outside = checks.outside_limits(order.instrument, limit)
        if outside is not None:
            return outside
    if draft.settings.reserve == "none" or updated.is_untouched:
        return None
    closable = exchange.account.closable(draft, exchange, updated.instrument, updated.leaves, updated.terms.effect)
    if closable is None:
        return _money_refusal(draft, exchange, checks, order, updated)
    return _units_refusal(draft, order, updated, closable)


def _size_refusal(draft: Draft, exchange: Exchange, updated: OpenOrder) -> Refusal | None:
    """Largest and smallest size, and the lot, of the whole order; what is filled of it counts."""
    total, instrument = abs(updated.leaves) + updated.filled, updated.instrument
    if exchange.sizing(draft.settings).has_maximum:
        too_large = larger_than_allowed(draft, exchange, instrument, total, updated.terms)
        if too_large is not None:
            return too_large
    minimum, step = exchange.lot_minimum[instrument], exchange.lot_step[instrument]
    closes = not opens(draft, exchange, updated)
    if closes:
        left = abs(net_quantity(draft, instrument)) - _taken(draft, updated) + updated.filled
        sent = sale_in_lots(total, left, minimum, step) if left > 0 else total
    else:
        sent = total - total % step
    if sent == total and (closes or total >= minimum):
        return None
    if step == 1:
        return Reason.MINIMUM_SIZE, {"asked": total, "minimum": minimum}
    return exchange.lot_reason[instrument], {"asked": total, "lot": step, "sent": sent}


def _taken(draft: Draft, order: OpenOrder) -> int:
    """Units that the other open orders of its side hold back."""
    others = (other for other in open_orders(draft, order.instrument) if other.order_id != order.order_id)
    return sum(abs(other.leaves) for other in others if other.leaves * order.leaves > 0 and not other.is_untouched)


def _money_refusal(
    draft: Draft, exchange: Exchange, checks: Checks, order: OpenOrder, updated: OpenOrder
) -> Refusal | None:
    """A working order that opens must be covered by the money that no other one holds back."""
    needed = cash_need(draft, exchange, checks, updated)
    reserved = reserved_cash(draft, exchange)
    own = reserved.pop(order.order_id, 0)
    free = max(free_of(draft, exchange, updated, reserved), 0)
    if needed <= max(free, own):
        return None
    amount = exchange.money.amount
    facts = {"asked": abs(updated.leaves), "needed": amount(needed), "cash": amount(free)}
    return Reason.INSUFFICIENT_CASH, {**facts, "affordable": max(abs(updated.leaves) * free // needed, 0)}


def _units_refusal(draft: Draft, order: OpenOrder, updated: OpenOrder, closable: Closable) -> Refusal | None:
    """A working order that closes must be covered by the units that no other one takes; tomorrow's are all free."""
    asked, held = abs(updated.leaves), closable.held
    if asked <= abs(order.leaves) and not order.is_untouched:
        return None
    free = closable.free if draft.phase < CLOSE else held
    sellable = max(free - _taken(draft, order), 0)
    if asked <= sellable:
        return None
    locked = free < min(asked, held)
    facts = {"asked": asked, "held": held, "sellable": sellable}
    return closable.locked if locked else closable.lacking, facts


def change_settings(draft: Draft, exchange: Exchange, settings: Settings) -> None:
    """Put settings in force from now on; resting buys that the cash no longer covers under them end."""
    draft.emit(events.SettingsChanged(draft.at, settings))
    if draft.working:
        end_uncovered(draft, exchange)


def free_to_leave(account: Draft | State, exchange: Exchange) -> int:
    """Money steps that may be paid out of an account, beside what its resting orders hold back; none below 0."""
    free = exchange.account.withdrawable(account, exchange) - sum(reserved_cash(account, exchange).values())
    return max(free, 0)


def why_it_stays(account: Draft | State, exchange: Exchange, amount: int) -> Refusal | None:
    """Why some money may not leave an account; None when it may.

    Parameters
    ----------
    account : Draft or State
    exchange : Exchange
    amount : int, money steps
    """
    free = free_to_leave(account, exchange)
    if amount <= free:
        return None
    money, has = exchange.money.amount, exchange.account.withdrawable(account, exchange)
    facts = {"asked": money(amount), "free": money(free), "cash": money(account.cash)}
    if amount <= has:
        return Reason.TRANSFER_RESERVED, {**facts, "held": money(has - free)}
    if has >= account.cash:
        return Reason.TRANSFER_BEYOND_CASH, facts
    return Reason.TRANSFER_BOUND, {**facts, "bound": money(min(account.cash - has, max(account.cash, 0)))}


def move_cash(draft: Draft, exchange: Exchange, amount: int) -> None:
    """Pay cash in or out; no more goes out than may be spent."""
    free = free_to_leave(draft, exchange)
    if amount < -free:
        raise UsageError(
            f"{exchange.money.text(-amount)} cannot be paid out: {exchange.money.text(free)} is available. "
            "Pay out less, or sell first."
        )
    draft.emit(events.CashFlowed(draft.at, amount, exchange.account.value(draft, exchange).equity))
