"""Which working orders a bar inside the day cannot touch, told from the bar alone; and the next bar that may.

Hundreds of bars pass over an order that rests far away. What such a bar would do to it is nothing, not even a nearer
price to tell, so that only the others are walked; a test holds both ways against each other.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from qresearch.domain.moment import INTRADAY
from qresearch.domain.reasons import Reason
from qresearch.domain.state import OpenOrder
from qresearch.domain.terms import Kind
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.market.intraday import Intraday


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
    return [order_id for order_id, order in draft.working.items() if not _is_idle(order, bars, row, draft.bar)]


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
    first, begin = bars.counts[day] + 1, bars.firsts[day] + start - 1
    for order in draft.working.values():
        reach = _reach(order, start)
        if reach is None:
            return start
        side, bound = reach
        rows, instrument = slice(begin, bars.firsts[day] + first - 1), order.instrument
        prices = (bars.high if side > 0 else bars.low)[rows, instrument]
        hits = bars.traded[rows, instrument] & (side * prices > bound)
        quotes = _quotes(order, bars)
        if quotes is not None:
            # Those at the end of the bar before, inside the day.
            hits[start == 1 :] |= side * quotes[begin - (start > 1) : rows.stop - 1, instrument] > bound
        if hits.any():
            first = start + int(hits.argmax())
    return first


def _is_idle(order: OpenOrder, bars: Intraday, row: int, bar: int) -> bool:
    """True when nothing happens to an order in a bar."""
    reach = _reach(order, bar)
    if reach is None:
        return False
    (side, bound), instrument = reach, order.instrument
    if bars.traded[row, instrument]:
        reached = bars.high[row, instrument] if side > 0 else bars.low[row, instrument]
        if side * reached > bound:
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
