"""The LEAN fill rules on daily bars: a working order is asked once a day, when its bar is whole.

Market orders go through at the open as under the other model: LEAN turns those placed while the exchange is closed into
market-on-open orders.
"""

from __future__ import annotations

import datetime as dt

from qresearch.domain.reasons import Facts, Reason
from qresearch.domain.state import OpenOrder
from qresearch.engine.exchange import Exchange
from qresearch.engine.fills import Bar, Quote
from qresearch.engine.lean_fills import lean_equity
from qresearch.engine.lean_market import Asked, Resolution, Snapshot, TimedBar, TradingHours, Wait
from qresearch.market.venue import Phase

LEAN_EQUITY = "lean_equity"


def lean_quote(exchange: Exchange, order: OpenOrder, day: int, bar: Bar) -> Quote:
    """What a working order does when the bar of a day is whole.

    Parameters
    ----------
    exchange : Exchange
    order : OpenOrder
    day : int
    bar : Bar

    Returns
    -------
    Quote
        Before slippage.
    """
    hours = exchange.market.venue.hours
    today: dt.date = exchange.market.days[day].astype(object)
    opens, closes = hours[Phase.OPEN], hours[Phase.CLOSE]
    begin, end = dt.datetime.combine(today, opens), dt.datetime.combine(today, closes)
    # Moments are naive and on the clock of the venue; the order is older than its bar.
    placed = dt.datetime.combine(today, hours[Phase.PRE_OPEN])
    clock = TradingHours(None, opens, closes, opens, closes)
    snapshot = Snapshot(end, Resolution.DAILY, clock, trade=TimedBar(begin, end, *bar))
    asked = Asked(order.terms, order.leaves, placed, order.stop, order.triggered)
    answer = lean_equity(asked, snapshot)
    if answer.price is not None:
        return Quote(answer.price, answer.takes, answer.triggered, answer.stop)
    reason, facts = _why(order, bar, answer.wait)
    return Quote(None, triggered=answer.triggered, stop=answer.stop, reason=reason, facts=facts)


def _why(order: OpenOrder, bar: Bar, wait: Wait | None) -> tuple[Reason, Facts]:
    buying = order.leaves > 0
    if wait is Wait.STOP_NOT_REACHED:
        return Reason.STOP_NOT_REACHED, {"stop": order.stop or 0.0, "price": bar.high if buying else bar.low}
    return Reason.LIMIT_NOT_REACHED, {"limit": order.terms.limit_price or 0.0, "price": bar.low if buying else bar.high}
