"""The LEAN fill rules on the bars of a session: a working order is asked when a bar is whole.

Daily bars ask once a day. Market orders go through at the open as under the other model: LEAN turns those placed while
the exchange is closed into market-on-open orders.

Bars inside the day ask at each one that brought trades or a quote. A market order placed during such a bar pays the
last quote, or the last trade of the last hour, at the next open; where there is none it fills at the close of the first
bar that brings one. What comes from before the open of the day fills at the open of the first bar with trades.

Assumptions
-----------
The data hold one bid and ask a bar, at its end: the bar of quotes is that one point, so that a quote inside a bar
triggers nothing (pessimistic for stops that it would have ended, flattering for orders that it spares). The hours are
those that the bars of the day span, a break at noon included. A bar is as long as the shortest step between two bars.
"""

from __future__ import annotations

import datetime as dt

from qresearch.domain.moment import CLOSE, OPEN, PHASES, Phase
from qresearch.domain.reasons import Facts, Reason
from qresearch.domain.state import OpenOrder
from qresearch.domain.terms import Kind
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange, Fills
from qresearch.engine.fills import Bar, Quote
from qresearch.engine.lean_answer import Wait
from qresearch.engine.lean_fills import lean_equity
from qresearch.engine.lean_market import HOUR, Asked, QuoteBar, Resolution, Snapshot, TimedBar, TradingHours
from qresearch.market.intraday import Intraday


class LeanEquity:
    """LEAN's equity fills.

    Parameters
    ----------
    opening : Fills
        What market orders from before the open of a day are asked by.
    """

    name = "lean_equity"
    asks_whole_bars = True

    def __init__(self, opening: Fills) -> None:
        self._opening = opening

    def at_price(self, order: OpenOrder, opened: float, /) -> Quote:
        """What an order does at an opening price: as under the other model."""
        return self._opening.at_price(order, opened)

    def at_open(self, exchange: Exchange, draft: Draft, order: OpenOrder, /) -> Quote:
        """A market order placed during the day pays the last quote or trade; another one the open."""
        if draft.bar > 1 and order.terms.kind is Kind.MARKET and not came_before(order, draft.day):
            return lean_quote_in_day(exchange, draft, order, closing=False)
        return self._opening.at_open(exchange, draft, order)

    def in_bar(self, exchange: Exchange, draft: Draft, order: OpenOrder, bar: Bar, /) -> Quote:
        """What an order does with the whole bar of a day, or with one inside it."""
        if draft.bar and draft.phase != CLOSE:
            return lean_quote_in_day(exchange, draft, order, closing=True)
        return lean_quote(exchange, order, draft.day, bar)

    def concerns(self, bars: Intraday, row: int, order: OpenOrder, /) -> bool:
        """True when the bar holds trades, or a quote that the order meets."""
        quotes = bars.ask if order.leaves > 0 else bars.bid
        return bars.has_trade(row, order.instrument) or (quotes is not None and bool(quotes[row, order.instrument] > 0))

    def looks_again(self, draft: Draft, order: OpenOrder, /) -> bool:
        """True for a market order of the day for which there was no price yet."""
        in_day = bool(draft.bar) and draft.phase != CLOSE
        return in_day and order.reason is Reason.NO_TRADES and not came_before(order, draft.day)

    def first_day(self, exchange: Exchange, day: int, /) -> dt.date:
        """The day after, also where nobody trades: such a last day is moved to the next trading day."""
        if day < 0:
            found: dt.date = exchange.market.days[day + 1].astype(object)
            return found
        today: dt.date = exchange.market.days[day].astype(object)
        return today + dt.timedelta(days=1)

    def last_day(self, exchange: Exchange, day: int, /) -> dt.date:
        """The day itself: an order ends at the close of the trading day after a last day on which nobody trades."""
        today: dt.date = exchange.market.days[day].astype(object)
        return today


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


def lean_quote_in_day(exchange: Exchange, draft: Draft, order: OpenOrder, *, closing: bool) -> Quote:
    """What a working order does at a bar inside the day.

    Parameters
    ----------
    exchange : Exchange
    draft : Draft
        At a bar.
    order : OpenOrder
    closing : bool
        Asked with the whole bar; else, for a market order, with what was known when it began.

    Returns
    -------
    Quote
        Before slippage.
    """
    bars = exchange.intraday
    assert bars is not None  # a draft stands at a bar of them only
    row = bars.row(draft.day, draft.bar) - (not closing)
    snapshot = _snapshot(bars, draft.day, row, order)
    placed = _placed(exchange, bars, order)
    answer = lean_equity(Asked(order.terms, order.leaves, placed, order.stop, order.triggered), snapshot)
    if answer.price is not None:
        return Quote(answer.price, answer.takes, answer.triggered, answer.stop)
    facing = snapshot.priced(1 if order.leaves > 0 else -1)
    if answer.wait in {Wait.STOP_NOT_REACHED, Wait.LIMIT_NOT_REACHED} and facing is not None:
        seen = snapshot.trade if order.terms.kind in _BY_TRADES and snapshot.trade is not None else facing
        reason, facts = _why(order, Bar(seen.open, seen.high, seen.low, seen.close), answer.wait)
    else:
        reason, facts = Reason.NO_TRADES, {"time": exchange.time_text(draft)}
    return Quote(None, triggered=answer.triggered, stop=answer.stop, reason=reason, facts=facts)


_BY_TRADES = frozenset({Kind.LIMIT, Kind.STOP, Kind.LIMIT_IF_TOUCHED})
"""The types that compare their price with trades, and not with quotes."""


def came_before(order: OpenOrder, day: int) -> bool:
    """True for an order that was placed before the open of a day."""
    return order.placed[:2] < (day, OPEN)


def _placed(exchange: Exchange, bars: Intraday, order: OpenOrder) -> dt.datetime:
    """When an order was placed: at the end of a bar, at the open, or at the hour of a phase outside of bars."""
    day, phase, bar = order.placed
    if bar and phase != CLOSE:
        end = bars.end(bars.row(day, bar))
        return end - bars.length if phase == OPEN else end
    date: dt.date = exchange.market.days[max(day, 0)].astype(object)
    return dt.datetime.combine(date, exchange.market.venue.hours[PHASES[phase]])


def _snapshot(bars: Intraday, day: int, row: int, order: OpenOrder) -> Snapshot:
    """What was known of an instrument when a bar of a day ended: its last trades and its last quote of that day."""
    first, instrument = bars.firsts[day], order.instrument
    trades = bars.last_known(bars.traded, first, row, instrument)
    trade = None
    if trades >= 0:
        prices = (float(getattr(bars, name)[trades, instrument]) for name in ("open", "high", "low", "close"))
        end = bars.end(trades)
        trade = TimedBar(end - bars.length, end, *prices)
    opens, closes = bars.end(first) - bars.length, bars.end(bars.firsts[day + 1] - 1)
    clock = TradingHours(None, opens.time(), closes.time(), opens.time(), closes.time())
    resolution = Resolution.MINUTE if bars.length < HOUR else Resolution.HOUR
    return Snapshot(
        bars.end(row), resolution, clock, trade, _last_quote(bars, first, row, order), quotes_subscribed=bars.has_quotes
    )


def _last_quote(bars: Intraday, first: int, row: int, order: OpenOrder) -> QuoteBar | None:
    """The last quote of the side that an order meets, as a bar of one price."""
    facing = bars.ask if order.leaves > 0 else bars.bid
    found = -1 if facing is None else bars.last_known(facing, first, row, order.instrument)
    if facing is None or found < 0:
        return None
    price, end = float(facing[found, order.instrument]), bars.end(found)
    point = TimedBar(end - bars.length, end, price, price, price, price)
    return QuoteBar(point, point)


def _why(order: OpenOrder, bar: Bar, wait: Wait | None) -> tuple[Reason, Facts]:
    buying = order.leaves > 0
    if wait is Wait.STOP_NOT_REACHED:
        is_above = buying != (order.terms.kind is Kind.LIMIT_IF_TOUCHED)
        return Reason.STOP_NOT_REACHED, {"stop": order.stop or 0.0, "price": bar.high if is_above else bar.low}
    return Reason.LIMIT_NOT_REACHED, {"limit": order.terms.limit_price or 0.0, "price": bar.low if buying else bar.high}
