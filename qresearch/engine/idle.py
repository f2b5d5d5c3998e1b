"""Which working orders a bar inside the day cannot touch, told from the bar alone.

Hundreds of bars pass over an order that rests far away. What such a bar would do to it is nothing, not even a nearer
price to tell, so that only the others are walked; a test holds both ways against each other.
"""

from __future__ import annotations

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


def _is_idle(order: OpenOrder, bars: Intraday, row: int, bar: int) -> bool:
    """True when nothing happens to an order in a bar."""
    if order.cancel_requested or order.update is not None:
        return False
    kind, reason = order.terms.kind, order.reason
    if reason is Reason.AWAITS_CLOSE or (kind is Kind.MARKET_ON_OPEN and bar > 1 and reason is not None):
        return True
    side = 1 if order.leaves > 0 else -1
    facts = order.facts
    if reason is Reason.LIMIT_NOT_REACHED:
        # A buy is touched from above: by a price below the nearest one so far.
        mark, known, towards = order.terms.limit_price, facts.get("limit"), -side
    elif reason is Reason.STOP_NOT_REACHED and kind is not Kind.TRAILING_STOP:
        mark, known = order.stop, facts.get("stop")
        towards = -side if kind is Kind.LIMIT_IF_TOUCHED else side
    else:
        return False
    nearest = facts.get("price")
    if mark is None or known != mark or not isinstance(nearest, float):
        return False
    # What came to the very limit did not fill it; the next bar may open there.
    instrument, bound = order.instrument, min(towards * nearest, towards * mark - _HAIR)
    if bars.traded[row, instrument]:
        reached = bars.high[row, instrument] if towards > 0 else bars.low[row, instrument]
        if towards * reached > bound:
            return False
    if bar > 1 and bars.has_quotes:
        quotes = bars.ask if side > 0 else bars.bid
        if quotes is not None and towards * quotes[row - 1, instrument] > bound:
            return False
    return True


_HAIR = 1e-9
