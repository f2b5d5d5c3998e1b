"""The clock of the same bar: a request given in trading hours meets the market inside the call.

Rules. The price is the last one that is visible at that moment: on daily bars today's open at ``OPEN`` and
``INTRADAY``, the close at ``CLOSE``; on finer bars the close of the last whole bar. Slippage moves it, within the
limits of the day. Limits, suspensions, T+1, cash, shares and the volume cap are checked as at any match.

- A **market order** is final when the call returns: filled; or canceled, at a locked limit with nothing filled, under a
  volume cap with what it got; or rejected by a check.
- A **limit order** trades at once when the last price after slippage is within its limit. Otherwise it rests, holds
  cash or shares back, and is asked against the rest of the day: at its limit, when a bar trades through it.
- A **stop** that the last price has reached becomes such an order at once; otherwise it rests.
- On daily bars with ``times_of_day`` the phases stand for times: ``OPEN`` until 09:35, ``INTRADAY``, when the open is
  still the last price, ``CLOSE`` from 14:50 on, when the close is visible and traded; the orders of the day end when it
  is left, so that what is called then still meets them. An order that rests since ``INTRADAY`` is asked at the close
  only: of the way between it knows the open and the close, never the high or the low of the day.
- A request given before the open or after the close waits for the next open and is tried there by the same rules, sells
  before buys. So does an at-open order given after the open.

Assumptions
-----------
Whatever is asked for gets the very price that was seen, slippage apart: this flatters, most of all orders at the close,
whose price is known only when trading is over. On daily bars ``INTRADAY`` still trades at the open, however late the
hour. A resting limit is tested against the whole bar of the day, whose low may lie before the order: this flatters.
With ``times_of_day`` a limit that rests since ``INTRADAY`` fills, at its limit, where the close has passed it, and not
where the day passed it and came back: this is pessimistic.
That nothing fills at a locked limit is pessimistic. The volume cap reads the volume of the whole bar, at the open of
daily bars that of the day to come; all orders of a bar share it.
"""

from __future__ import annotations

from qresearch.domain import events
from qresearch.domain.moment import CLOSE, INTRADAY, OPEN
from qresearch.domain.reasons import Facts, Reason
from qresearch.domain.state import OpenOrder
from qresearch.domain.terms import MARKET_DAY, MARKET_KINDS, Kind, Terms, TimeInForce
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.fills import Bar, Quote, at_open
from qresearch.engine.idle import touched_orders
from qresearch.engine.quoting import Quoting
from qresearch.engine.sizing import place
from qresearch.engine.ticks import last_price
from qresearch.engine.working import Walk, expire, release_all
from qresearch.market.intraday import Intraday

_SETTLED_BY_TERMS = frozenset({TimeInForce.IOC, TimeInForce.FOK})


def meets_market_now(draft: Draft, terms: Terms) -> bool:
    """True in trading hours; what is good for an opening price only waits for the next one later in the day."""
    if terms.waits or not OPEN <= draft.phase <= CLOSE:
        return False
    return terms.kind is not Kind.MARKET_ON_OPEN or draft.phase == OPEN


def place_at_once(  # noqa: PLR0917  # in the order of the call
    draft: Draft, exchange: Exchange, instrument: int, method: int, asked: float, terms: Terms = MARKET_DAY
) -> bool:
    """Decide on a request and let it meet the market; parameters and errors as of :func:`~.sizing.place`.

    Returns
    -------
    bool
        False when it was refused or rejected; the order is kept all the same.
    """
    if not meets_market_now(draft, terms):
        return place(draft, exchange, instrument, method, asked, terms)
    draft.block = None
    if not place(draft, exchange, instrument, method, asked, terms):
        return False
    order_id = draft.orders
    draft.emit(events.OrderReleased(draft.at, order_id))
    AtLast(draft, exchange, closing=False).ask(order_id)
    if draft.phase == CLOSE and order_id in draft.working:
        # Nothing of the day is left to wait for.
        expire(draft, exchange)
    last = draft.events[-1]
    return not (isinstance(last, events.OrderRejected) and last.order_id == order_id)


def open_at_once(draft: Draft, exchange: Exchange) -> None:
    """Try everything that waits for an open, and what rests, at the opening price."""
    if draft.queue:
        release_all(draft, list(draft.queue))
    AtLast(draft, exchange, closing=False).run()
    draft.block = None


def bar_at_once(draft: Draft, exchange: Exchange) -> None:
    """Ask what rests against a whole bar inside the day, after what was given in a break, at the price of its end."""
    waiting = [block for block in draft.queue if _waits_for_bar(block)]
    if waiting:
        known = draft.working.keys()
        release_all(draft, waiting)
        AtLast(draft, exchange, closing=False).run(frozenset(known))
    touched = touched_orders(draft, exchange)
    if touched:
        AtLast(draft, exchange, closing=True).run(draft.working.keys() - touched)


def _waits_for_bar(block: events.Placed) -> bool:
    """True for requests that were given in a break of the day."""
    return any(terms.waits == "bar" for terms in block.terms.values())


def close_at_once(draft: Draft, exchange: Exchange) -> None:
    """Ask what rests against the bar of the day."""
    AtLast(draft, exchange, closing=True).run()


def sees_no_range(draft: Draft, order: OpenOrder) -> bool:
    """True at the close of a daily bar for an order that was given after the open: the range may lie before it."""
    return draft.settings.times_of_day and draft.phase == CLOSE and order.placed[:2] == (draft.day, INTRADAY)


def without_range(bar: Bar) -> Bar:
    """A bar of which only the way from the open to the close is known.

    >>> without_range(Bar(10.0, 10.5, 9.0, 9.8))
    Bar(open=10.0, high=10.0, low=9.8, close=9.8)
    """
    return bar._replace(high=max(bar.open, bar.close), low=min(bar.open, bar.close))


class _LastPrice(Quoting):
    """The last visible price, but for the whole bar at the close."""

    def _bar(self, order: OpenOrder) -> Bar:
        bar = super()._bar(order)
        return without_range(bar) if sees_no_range(self.draft, order) else bar

    def quote(self, order: OpenOrder) -> Quote:
        """What an order meets; a limit must hold after slippage, for nothing is traded beyond it."""
        draft, terms = self.draft, order.terms
        if self.closing or terms.kind is Kind.AFTER_HOURS:
            return super().quote(order)
        if not self._has_price(order.instrument):
            return Quote(None, reason=Reason.NO_TRADES, facts={"time": self.exchange.time_text(draft)})
        last = last_price(draft, self.exchange, order.instrument)
        if terms.kind is Kind.MARKET_ON_CLOSE and draft.phase == CLOSE:
            return self.closed_early(order) or Quote(last)
        side = 1 if order.leaves > 0 else -1
        quote = at_open(terms, side, last, triggered=order.triggered, stop=order.stop)
        limit = terms.limit_price
        if quote.price is None or limit is None:
            return quote
        moved = self.slipped(order, quote.price)
        if side * moved <= side * limit:
            return quote
        return quote._replace(price=None, facts={"limit": limit, "price": moved})

    def _has_price(self, instrument: int) -> bool:
        """True unless, inside a day of bars, nobody has traded today yet: yesterday's close is no price to trade at."""
        bars, row = self.exchange.bars(self.draft)
        if not isinstance(bars, Intraday) or self.draft.phase == CLOSE:
            return True
        if self.draft.phase == OPEN:
            return bars.has_trade(row, instrument)
        return bool(bars.last(row, [instrument])[0] > 0)


class AtLast(Walk):
    """Working orders asked at the last visible price; no market order is left waiting."""

    prices = _LastPrice

    def ask(self, order_id: int) -> None:
        """Ask one order."""
        self._ask(self.draft.working[order_id])

    def _rest(self, order: OpenOrder, reason: Reason, facts: Facts, *, is_fresh: bool) -> None:
        terms = order.terms
        takes_any_price = terms.kind in MARKET_KINDS or (order.triggered and terms.limit_price is None)
        # A stop that was reached on the day of the purchase sells on the next one.
        waits = reason is Reason.T_PLUS_ONE
        if takes_any_price and not waits and terms.time_in_force not in _SETTLED_BY_TERMS:
            self.draft.emit(events.OrderCanceled(self.draft.at, order.order_id, reason, facts))
            self.reserved.pop(order.order_id, None)
            return
        super()._rest(order, reason, facts, is_fresh=is_fresh)
