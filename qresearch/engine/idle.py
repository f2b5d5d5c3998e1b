"""The time in which nothing can happen, passed over at once: quiet days, and bars that touch no working order.

Which orders a bar inside the day cannot touch is told from the bar alone, and so is the next bar that may.

Hundreds of bars pass over an order that rests far away. What such a bar would do to it is nothing, not even a nearer
price to tell, so that only the others are walked; a test holds both ways against each other.
"""

from __future__ import annotations

import math
from collections.abc import Container

import numpy as np
from numpy.typing import NDArray

from qresearch.domain.moment import AFTER_CLOSE, INTRADAY, OPEN, PRE_OPEN, Moment
from qresearch.domain.reasons import Reason
from qresearch.domain.state import OpenOrder
from qresearch.domain.terms import Kind
from qresearch.engine.draft import Draft, Touch
from qresearch.engine.exchange import Exchange
from qresearch.market.intraday import Intraday

_moment = tuple.__new__  # makes a moment without a call of Python, on every day


def pass_idle(draft: Draft, exchange: Exchange, until: Moment, looked: Container[int]) -> bool:
    """Put the clock on the next phase at which somebody looks, or on the last before one in which something may happen.

    The kind of account has told what happens to it by itself; a bar that touches no working order does nothing.
    True where somebody looks: the market has nothing to do there.
    """
    day, phase, bar = begun = draft.at
    stirred, queue, working, inside = exchange.stirred, draft.queue, draft.working, exchange.intraday
    assert stirred is not None  # asked before
    is_quiet = not (queue or working or draft.stale or day in stirred or day + 1 in stirred)
    if is_quiet and inside is None and until[0] <= day + 1:
        _pass_quiet(draft, until, looked)
        return True
    # What was sold whole since its bars ended is thawed all the same.
    concerned = draft.positions.keys() | draft.stale if draft.stale else draft.positions.keys()
    is_reached, touched = False, 0
    while not is_reached:
        if phase == AFTER_CLOSE:
            after, then, number = day + 1, PRE_OPEN, 0
        elif inside is None:
            after, then, number = day, phase + 1, 0
        else:
            after, then, number = exchange.next_moment(_moment(Moment, (day, phase, bar)))
        if (queue and then == OPEN) or (working and then != INTRADAY):
            break
        if after in stirred and (queue or not stirred[after].isdisjoint(concerned)):
            break
        if number and then == INTRADAY:
            # A clock of the user's own may do anything with what rests.
            if queue or (working and type(draft.settings.clock) is not str):
                break
            if working:
                touched = touched or next_touched(draft, exchange)
                if number == touched:
                    break
            if then not in looked:
                # All bars at once, up to the last before one that may touch something, or at which the step ends.
                last = until.bar if until[:2] == (day, INTRADAY) else exchange.bar_count(day)
                number = min(last, touched - 1 if working else last)
        day, phase, bar = after, then, number
        is_reached = then in looked or (day, phase, bar) >= until
    if (day, phase, bar) != begun:
        draft.stand_at(_moment(Moment, (day, phase, bar)))
    return is_reached


def _pass_quiet(draft: Draft, until: Moment, looked: Container[int]) -> None:
    """The same where nothing happens by itself on this day or the next, and nobody waits: most days of most runs."""
    day, phase, _ = draft.at
    last, end, _ = until
    while True:
        if phase == AFTER_CLOSE:
            day, phase = day + 1, PRE_OPEN
        else:
            phase += 1
        # One phase after the other, so that the end is never passed.
        if phase in looked or (phase == end and day == last):
            break
    draft.stand_at(_moment(Moment, (day, phase, 0)))


def touched_orders(draft: Draft, exchange: Exchange) -> list[int]:
    """Ids of the working orders that the bar at which a draft stands may touch.

    Parameters
    ----------
    draft : Draft
        At a whole bar inside a day.
    exchange : Exchange
    """
    bars, row = exchange.bars(draft)
    if not isinstance(bars, Intraday) or exchange.fills.asks_whole_bars:
        return list(draft.working)
    day, bar, touches = draft.day, draft.bar, draft.touches
    return [
        order_id
        for order_id, order in draft.working.items()
        if not (order_id in touches and touches[order_id].tells(order, day, bar))
        and not _is_idle(order, bars, row, bar)
    ]


def next_touched(draft: Draft, exchange: Exchange) -> int:
    """Number of the next bar of the day at which a working order may be touched; beyond the last bar when none may.

    What an order waits for does not change before that bar, so that it is found in the bars of the day at once.

    Parameters
    ----------
    draft : Draft
        From the open of a day on, on minute data.
    exchange : Exchange
    """
    bars, day = exchange.intraday, draft.day
    assert bars is not None  # only minute data have bars
    start = draft.bar + 1 if draft.phase == INTRADAY else 1
    if exchange.fills.asks_whole_bars:
        return start
    first, touches = bars.counts[day] + 1, draft.touches
    for order_id, order in draft.working.items():
        known = touches.get(order_id)
        if known is None or not known.tells(order, day, start - 1):
            reach = _reach(order, start)
            if reach is None:
                return start
            known = touches[order_id] = Touch(order, day, _first_within(reach, order, bars, day, start))
        first = min(first, known.bar)
    return first


def _first_within(reach: tuple[int, float], order: OpenOrder, bars: Intraday, day: int, start: int) -> int:
    """The first bar of a day, from one on, whose prices come within reach; beyond the last where none does."""
    (side, bound), instrument, begin, end = reach, order.instrument, bars.firsts[day] + start - 1, bars.firsts[day + 1]
    prices = (bars.high if side > 0 else bars.low)[begin:end, instrument]
    hits = side * prices > bound
    at = int(hits.argmax())
    if hits[at] and not bars.has_trade(begin + at, instrument):  # the first one mostly tells
        hits &= bars.traded[begin:end, instrument]
    quotes = _quotes(order, bars)
    if quotes is not None:
        # Those at the end of the bar before, inside the day.
        hits[start == 1 :] |= side * quotes[begin - (start > 1) : end - 1, instrument] > bound
    return start + int(hits.argmax()) if hits.any() else bars.counts[day] + 1


def _is_idle(order: OpenOrder, bars: Intraday, row: int, bar: int) -> bool:
    """True when nothing happens to an order in a bar."""
    reach = _reach(order, bar)
    if reach is None:
        return False
    (side, bound), instrument = reach, order.instrument
    reached = bars.high[row, instrument] if side > 0 else bars.low[row, instrument]
    if side * reached > bound and bars.has_trade(row, instrument):
        return False
    quotes = _quotes(order, bars)
    return bar == 1 or quotes is None or not side * quotes[row - 1, instrument] > bound


def _reach(order: OpenOrder, bar: int) -> tuple[int, float] | None:
    """Side, and price times side, beyond which the prices of a bar touch an order; None where any bar does."""
    if order.cancel_requested or order.update is not None:
        return None
    kind, reason = order.terms.kind, order.reason
    if reason is Reason.AWAITS_CLOSE or (kind is Kind.MARKET_ON_OPEN and bar > 1 and reason is not None):
        return 1, math.inf
    side = 1 if order.leaves > 0 else -1
    facts = order.facts
    if reason is Reason.LIMIT_NOT_REACHED:
        # A buy is touched from above: by a price below the nearest one so far.
        mark, known, towards = order.terms.limit_price, facts.get("limit"), -side
    elif reason is Reason.STOP_NOT_REACHED and kind is not Kind.TRAILING_STOP:
        mark, known = order.stop, facts.get("stop")
        towards = -side if kind is Kind.LIMIT_IF_TOUCHED else side
    else:
        return None
    nearest = facts.get("price")
    if mark is None or known != mark or not isinstance(nearest, float):
        return None
    # What came to the very limit did not fill it; the next bar may open there.
    return towards, min(towards * nearest, towards * mark - _HAIR)


def _quotes(order: OpenOrder, bars: Intraday) -> NDArray[np.float64] | None:
    """What a bar is met at after the first one, where the data have it."""
    if not bars.has_quotes:
        return None
    return bars.ask if order.leaves > 0 else bars.bid


_HAIR = 1e-9
