"""From what was asked to what is sent: shares, lots, values, targets and percentages.

Value and percentage orders are turned into shares at the call, from the last visible price. Buying a number of shares
rounds to the nearest lot (a tie goes down), as the Trading API documents; targets, values and percentages round down
and never exceed what was asked; selling everything takes the odd lot along.

A target means the position after the next match. It withdraws what would move the position on its own, queued requests
and resting orders, leaves protective stops alone, and asks for the difference to what is held; a target below the
holding never buys. It withdraws nothing when it is refused for want of a price or of a market.

A policy (:mod:`~qresearch.engine.sizing_policy`) may round otherwise, and lift or add some of these rules.
"""

from __future__ import annotations

from typing import NamedTuple

from qresearch.domain import events
from qresearch.domain.asked import check_asked
from qresearch.domain.order import Method
from qresearch.domain.reasons import Reason, Refusal
from qresearch.domain.terms import MARKET_DAY, OF_ONE_KIND, Effect, Kind, Terms
from qresearch.engine.by_value import cap_of, units_for
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.intent import Closable, Pool
from qresearch.engine.ledger import net_quantity, sale_in_lots
from qresearch.engine.open_orders import not_on_sale, open_orders, pending_of
from qresearch.engine.reserves import free_money
from qresearch.engine.rulings import ended, larger_than_allowed
from qresearch.engine.sizing_policy import FLOOR, NATIVE, SizingPolicy
from qresearch.engine.ticks import last_price, on_tick
from qresearch.engine.timing import too_late


class Sized(NamedTuple):
    """Outcome of sizing.

    Parameters
    ----------
    quantity : int, shares
        Signed; what is sent, or what was asked for when it is refused.
    value_cap : int or None, money steps
    refusal : (Reason, facts) or None
    """

    quantity: int
    value_cap: int | None = None
    refusal: Refusal | None = None


_METHODS = tuple(Method)
"""By their numbers: an enumeration takes longer to look one up."""
_ORDER, _NATIVE = int(Method.ORDER), NATIVE.name
_TARGETS = frozenset({int(Method.TARGET), int(Method.TARGET_VALUE)})
_UNREACHABLE = frozenset({
    Reason.NOT_TRADABLE, Reason.DELISTED, Reason.DATA_ENDED, Reason.NOT_LISTED, Reason.PROTECTION_PRICE,
    Reason.NO_FURTHER_OPEN, Reason.GOOD_TILL_OVER, Reason.NO_PRICE, Reason.ORDER_MAXIMUM, Reason.DAILY_MAXIMUM,
})  # fmt: skip
"""Refusals of a target at its call: nothing was decided about the position, so that nothing else of it is touched."""


def place(  # noqa: PLR0917  # in the order of the call
    draft: Draft, exchange: Exchange, instrument: int, method: int, asked: float, terms: Terms = MARKET_DAY
) -> bool:
    """Decide on a request and put it in the queue.

    Parameters
    ----------
    draft : Draft
    exchange : Exchange
    instrument : int
    method : Method
    asked : float
        Shares, lots, money or fraction.
    terms : Terms
        Its prices are put on the tick, never in the favour of the order.

    Returns
    -------
    bool
        False when it was refused; the order is kept all the same.

    Raises
    ------
    UsageError
        `asked` is no finite number, no whole number where shares are meant, or out of range.
    """
    # The plain case comes first because every order of a large run comes through.
    if method == _ORDER and terms is MARKET_DAY and fits(draft, exchange, instrument, asked):
        keep(draft, draft.open_block(), instrument, asked)  # type: ignore[arg-type]  # of type int, or it does not fit
        return True
    return _place_by_rules(draft, exchange, instrument, method, asked, terms)


def fits(draft: Draft, exchange: Exchange, instrument: int, asked: float) -> bool:
    """True for shares that are sent as they are asked for: in lots, and no more than is held."""
    if type(asked) is not int or draft.settings.sizing != _NATIVE:
        return False
    step, minimum, maximum, end = exchange.plain_size[instrument]
    if asked % step or draft.day >= end or not minimum <= abs(asked) <= maximum:
        return False
    return asked > 0 or ((held := draft.positions.get(instrument)) is not None and -asked <= held[0])


def keep(draft: Draft, block: events.Placed, instrument: int, quantity: int) -> None:
    """Put a request into its block."""
    block.instruments.append(instrument)
    block.quantities.append(quantity)
    draft.orders += 1
    if draft.open_ids is not None and quantity:
        draft.open_ids.setdefault(instrument, []).append(draft.orders)


def _place_by_rules(  # noqa: PLR0917  # as place
    draft: Draft, exchange: Exchange, instrument: int, method: int, asked: float, terms: Terms
) -> bool:
    """Decide on a request that is sized."""
    alone = terms is not MARKET_DAY and (terms.kind is Kind.MARKET_ON_OPEN or terms.waits != "")
    sized = None
    if not (
        method == _ORDER
        and terms.good_till is None
        and terms.effect not in OF_ONE_KIND
        and fits(draft, exchange, instrument, asked)
    ):
        sized = size(draft, exchange, instrument, _METHODS[method], asked, terms)
    refusal, quantity = (None, int(asked)) if sized is None else (sized.refusal, sized.quantity)
    sent = 0 if refusal is not None else quantity
    if terms is not MARKET_DAY and not _is_adrift(draft, exchange, instrument, terms):
        terms = on_tick(draft, exchange, instrument, sent or int(asked), terms)
    elif terms is not MARKET_DAY and sent:
        refusal, sent = (Reason.NO_PRICE, {}), 0
    # A call that is wrong has raised by now: nothing of it stands in the draft.
    if sized is not None and method in _TARGETS and (sized.refusal is None or sized.refusal[0] not in _UNREACHABLE):
        _give_way(draft, instrument, asked)
    if alone and exchange.intraday is not None:
        # It may wait longer than its neighbours.
        draft.block = None
    block = draft.open_block()
    offset = len(block.instruments)
    if sized is not None or refusal is not None:
        block.requests[offset] = (int(method), asked)
    if refusal is not None:
        block.refused[offset] = (quantity, refusal)
    elif sized is not None and sized.value_cap is not None and exchange.sizing(draft.settings).caps_value:
        block.value_caps[offset] = sized.value_cap
    if terms is not MARKET_DAY:
        block.terms[offset] = terms
    keep(draft, block, instrument, sent)
    if alone:
        draft.block = None
    return sent != 0


def _is_adrift(draft: Draft, exchange: Exchange, instrument: int, terms: Terms) -> bool:
    """True for a trailing stop that has no price to start from."""
    is_unplaced = terms.kind is Kind.TRAILING_STOP and terms.stop_price is None
    return is_unplaced and not last_price(draft, exchange, instrument) > 0


def _give_way(draft: Draft, instrument: int, towards: float) -> None:
    """Withdraw what is open of an instrument before a target, but for what protects the position: at once.

    Parameters
    ----------
    draft : Draft
    instrument : int
    towards : float
        What shall be held afterwards, of which only the sign counts; at 0 what is held until then is protected.
    """
    side = towards or net_quantity(draft, instrument)
    for order in open_orders(draft, instrument):
        if not (order.is_untouched and order.protects(side)):
            facts = {"order": draft.orders + 1}
            draft.emit(events.OrderCanceled(draft.at, order.order_id, Reason.REPLACED_BY_TARGET, facts))


def size(  # noqa: PLR0917  # as in place
    draft: Draft, exchange: Exchange, instrument: int, method: Method, asked: float, terms: Terms = MARKET_DAY
) -> Sized:
    """What would be sent for a request, now."""
    check_asked(method, asked, may_be_short=exchange.account.two_sided)
    unavailable = _unavailable(draft, exchange, instrument, terms)
    if unavailable is not None:
        shares = int(asked) if method is Method.ORDER else 0
        return Sized(shares, refusal=unavailable)
    sized = _sized(draft, exchange, instrument, method, asked, terms.effect)
    refused = exchange.account.refusal(draft, exchange, instrument, sized.quantity or int(asked), terms)
    if sized.refusal is not None:
        return sized
    if refused is None and exchange.sizing(draft.settings).has_maximum:
        refused = larger_than_allowed(draft, exchange, instrument, sized.quantity, terms)
    return sized if refused is None else Sized(sized.quantity, refusal=refused)


def _sized(  # noqa: PLR0917  # as in place
    draft: Draft, exchange: Exchange, instrument: int, method: Method, asked: float, effect: Effect
) -> Sized:
    match method:
        case Method.ORDER:
            return _shares(draft, exchange, instrument, int(asked), exchange.sizing(draft.settings), effect)
        case Method.LOTS:
            lot = exchange.lot_shares if exchange.market.instruments[instrument].contract is None else 1
            return _shares(draft, exchange, instrument, int(asked) * lot, NATIVE, effect)
        case Method.TARGET:
            return _target(draft, exchange, instrument, int(asked))
        case Method.VALUE:
            return _value(draft, exchange, instrument, float(asked))
        case Method.TARGET_VALUE:
            return _target_value(draft, exchange, instrument, float(asked))
        case Method.PCT:
            return _pct(draft, exchange, instrument, float(asked))


def _unavailable(draft: Draft, exchange: Exchange, instrument: int, terms: Terms) -> Refusal | None:
    day, item = draft.day, exchange.market.instruments[instrument]
    if not exchange.trades[instrument]:
        return exchange.not_traded[instrument], {"symbol": item.symbol}
    if exchange.closing_day[instrument] <= day:
        return ended(exchange, instrument, day)
    refusal = exchange.sizing(draft.settings).refusal(item, terms)
    if refusal is not None:
        return refusal
    if terms.good_till is None and day < exchange.last:
        return None
    return too_late(draft, exchange, terms)


def _shares(  # noqa: PLR0917  # as in place
    draft: Draft,
    exchange: Exchange,
    instrument: int,
    asked: int,
    policy: SizingPolicy,
    effect: Effect = Effect.AUTO,
) -> Sized:
    if not asked:
        return _NOTHING
    closable = exchange.account.closable(draft, exchange, instrument, asked, effect)
    if closable is None:
        return _open(exchange, instrument, asked, policy)
    return _close(draft, exchange, instrument, asked, closable)


_NOTHING = Sized(0, refusal=(Reason.ZERO_QUANTITY, {}))
_UNPRICED = Sized(0, refusal=(Reason.NO_PRICE, {}))


def _open(
    exchange: Exchange, instrument: int, asked: int, policy: SizingPolicy = FLOOR, cap: int | None = None
) -> Sized:
    """An order that opens a holding, signed: whole lots, of which the least order has so many."""
    if not asked:
        return _NOTHING
    minimum, step = exchange.lot_minimum[instrument], exchange.lot_step[instrument]
    sent = policy.lots(abs(asked), step) * step
    return (
        Sized(sent if asked > 0 else -sent, cap) if sent >= minimum else _below_lot(exchange, instrument, asked, sent)
    )


def _below_lot(exchange: Exchange, instrument: int, asked: int, sent: int) -> Sized:
    """What is refused because it is smaller than the least order; `asked` signed."""
    minimum, step, shares = exchange.lot_minimum[instrument], exchange.lot_step[instrument], abs(asked)
    if step == 1:
        return Sized(asked, refusal=(Reason.MINIMUM_SIZE, {"asked": shares, "minimum": minimum}))
    return Sized(asked, refusal=(exchange.lot_reason[instrument], {"asked": shares, "lot": step, "sent": sent}))


def _close(draft: Draft, exchange: Exchange, instrument: int, asked: int, closable: Closable) -> Sized:
    """An order that closes: at most what is held or about to be; whole lots, an odd remainder only all at once."""
    held = closable.held
    if held <= 0 and pending_of(draft, instrument) * asked >= 0:
        return Sized(asked, refusal=(closable.lacking, {"asked": abs(asked), "sellable": 0}))
    return _close_of(exchange, instrument, asked, not_on_sale(draft, instrument, held, asked))


def _close_of(exchange: Exchange, instrument: int, asked: int, left: int, cap: int | None = None) -> Sized:
    """An order that closes some of the units that are left, in lots."""
    sent = sale_in_lots(abs(asked), left, exchange.lot_minimum[instrument], exchange.lot_step[instrument])
    return Sized(sent if asked > 0 else -sent, cap) if sent else _below_lot(exchange, instrument, asked, 0)


def _target(draft: Draft, exchange: Exchange, instrument: int, target: int, cap: int | None = None) -> Sized:
    """The difference between a target and what is held; what else is open in the instrument gives way."""
    held = net_quantity(draft, instrument)
    if target < held:
        # Round the target down, so that what is left never exceeds what was asked.
        target -= target % exchange.lot_step[instrument]
        return _close_of(exchange, instrument, target - held, held, cap)
    if target == held:
        return Sized(0, refusal=(Reason.NO_CHANGE, {"held": held}))
    if held < 0:
        # A short holding is closed; what a target wants beyond nothing is asked for when it is gone.
        return _close_of(exchange, instrument, min(target - held, -held), -held)
    return _open(exchange, instrument, target - held, cap=cap)


def _value(draft: Draft, exchange: Exchange, instrument: int, value: float) -> Sized:
    price = last_price(draft, exchange, instrument)
    if not price > 0:
        return _UNPRICED
    shares = units_for(draft, exchange, instrument, abs(value), price)
    if value < 0:
        return _sell_part(draft, exchange, instrument, shares)
    return _open(exchange, instrument, shares, cap=cap_of(draft, exchange, instrument, value, price))


def _target_value(draft: Draft, exchange: Exchange, instrument: int, value: float) -> Sized:
    if value == 0:
        return _target(draft, exchange, instrument, 0)
    price = last_price(draft, exchange, instrument)
    if not price > 0:
        return _UNPRICED
    shares = units_for(draft, exchange, instrument, value, price)
    return _target(draft, exchange, instrument, shares, cap_of(draft, exchange, instrument, value, price))


def _pct(draft: Draft, exchange: Exchange, instrument: int, pct: float) -> Sized:
    if pct >= 0:
        free = max(free_money(draft, exchange, Pool.OWN), 0)
        return _value(draft, exchange, instrument, exchange.money.amount(int(free * pct + 1e-6)))
    held = net_quantity(draft, instrument)
    return _sell_part(draft, exchange, instrument, held if pct == -1 else int(held * -pct + 1e-9))


def _sell_part(draft: Draft, exchange: Exchange, instrument: int, shares: int) -> Sized:
    """A sale of about so many shares: whole lots, and never more than is held."""
    held, lot = net_quantity(draft, instrument), exchange.lot_step[instrument]
    whole = held if held and shares >= held else shares - shares % lot
    if whole:
        return _shares(draft, exchange, instrument, -whole, FLOOR)
    return _below_lot(exchange, instrument, -shares, 0) if shares else _NOTHING
