"""When and at what price orders fill by the rules of LEAN: ``fill_model="lean_equity"``, and its base model.

The reference is LEAN as of August 2026, with its changes of June 2026 (no market order fills on stale data). An order
is asked again at every step with the newest bars; it fills whole or not at all, and what it must remember between two
steps (:attr:`Asked.stop`, :attr:`Asked.triggered`) goes in and comes out. The rules decide nothing about cash, time in
force or which orders are asked: but for market orders, an order is first asked at the step after that of its placing.

Each rule is told for a buy; a sell is its mirror image. The dearest price of a bar is its high for a buy, its low for a
sell. Slippage is an amount per share, against the order, and only for types that take whatever price there is.

Assumptions
-----------
- No rule looks at volume: any quantity fills at once (flatters large orders).
- One bar is one moment: a resting order fills at its own price although the bar says nothing about what came first
  (flatters stops in a fast market), and its fill is dated at the end of the bar.
- Limits need a price beyond them, stops only a touch (both pessimistic).

The prices of LEAN are decimal numbers, these are floats; they agree to about 15 digits.

Examples
--------
>>> import datetime as dt
>>> from qresearch.domain.terms import stop
>>> from qresearch.engine.lean_market import Asked, Resolution, Snapshot, TimedBar, us_equities
>>> at = lambda minute: dt.datetime(2024, 1, 3, 9, minute)
>>> bar = TimedBar(at(30), at(31), 9.2, 9.4, 9.1, 9.3)
>>> sell = Asked(stop(9.5), -100, placed=dt.datetime(2024, 1, 2, 15, 0), stop=9.5)
>>> answer = lean_equity(sell, Snapshot(at(31), Resolution.MINUTE, us_equities(), bar))
>>> answer.quantity, answer.price, answer.message
(-100, 9.2, 'Filled at the open, which lay beyond the stop 9.5.')
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from qresearch.domain.terms import Kind
from qresearch.engine.lean_answer import Answer, Wait
from qresearch.engine.lean_market import HOUR, Asked, Resolution, Snapshot

Rule = Callable[[Asked, Snapshot, float], Answer]
"""(order, market, slippage per share) to what happens."""


def lean_equity(asked: Asked, market: Snapshot, slippage: float = 0.0) -> Answer:
    """What an order in a share does at one step.

    Parameters
    ----------
    asked : Asked
    market : Snapshot
    slippage : float, currency per share
        Not negative; ignored by the types that wait at a limit.

    Returns
    -------
    Answer
    """
    return EQUITY_RULES[asked.terms.kind](asked, market, slippage)


def lean_base(asked: Asked, market: Snapshot, slippage: float = 0.0) -> Answer:
    """The same in the model for what is not a share, which custom models start from.

    Parameters
    ----------
    asked : Asked
    market : Snapshot
    slippage : float, currency per share

    Returns
    -------
    Answer
    """
    return BASE_RULES[asked.terms.kind](asked, market, slippage)


# ---------------------------------------------------------------------------------------------------- shares


def fill_market(asked: Asked, market: Snapshot, slippage: float) -> Answer:
    """Market: at once, at the close of the newest quote it meets, or of the trades when no quote is fresh.

    Fresh means: ended no longer than the stale window before the order was placed. If nothing is, hourly and daily
    subscriptions wait for the next bar; finer ones wait too, unless what there is ended at most one bar before.

    Assumptions: the closing quote can be had in any size (flatters); within the stale window the price may be an hour
    old and have been seen by whoever ordered (flatters).
    """
    if not market.is_open():
        return asked.waits(Wait.SESSION_CLOSED)
    bar, message, is_fresh = market.best_effort(asked)
    if bar is None:
        return asked.waits(Wait.NO_DATA)
    if not is_fresh:
        is_coarse = market.resolution in {Resolution.HOUR, Resolution.DAILY}
        if is_coarse or asked.placed - bar.end > market.resolution.span:
            return asked.waits(Wait.STALE_DATA)
        message = f"Warning: the price is stale, it dates from {market.hours.local(bar.end)}."
    return asked.takes(bar.close, slippage, message)


def fill_limit(asked: Asked, market: Snapshot, slippage: float) -> Answer:
    """Limit: at the limit once trades go below it, at the open when the bar opens below it already (a gap).

    Quotes never fill it, and neither does a bar that ended before the order was placed. Extended hours count when they
    are subscribed to.

    Assumptions: a touch is not enough (pessimistic); trading one step beyond fills any size (flatters).
    """
    bar = market.trade
    refusal = market.refusal(asked, bar, extended=True)
    if bar is None or refusal is not None:
        return asked.waits(refusal)
    side, limit = asked.side, asked.limit
    if not asked.is_dearer(limit, bar.extreme(-side)):
        return asked.waits(Wait.LIMIT_NOT_REACHED)
    if asked.is_dearer(limit, bar.open):
        return asked.rests(bar.open, f"Filled at the open, better than the limit {limit:g}.")
    return asked.rests(limit)


def fill_stop(asked: Asked, market: Snapshot, slippage: float) -> Answer:
    """Stop market: at the stop once trades touch it, at the open when the bar opens at or beyond it (a gap).

    Assumptions: inside a bar the very price of the stop is had, before slippage (flatters in a fast market).
    """
    bar = market.trade
    refusal = market.refusal(asked, bar)
    if bar is None or refusal is not None:
        return asked.waits(refusal)
    side, stop = asked.side, asked.level
    if asked.is_dearer(stop, bar.extreme(side)):
        return asked.waits(Wait.STOP_NOT_REACHED)
    if not asked.is_dearer(stop, bar.open):
        message = f"Filled at the open, which lay beyond the stop {stop:g}." if bar.open != stop else ""
        return asked.takes(bar.open, slippage, message, triggered=True)
    return asked.takes(stop, slippage, triggered=True)


def fill_stop_limit(asked: Asked, market: Snapshot, slippage: float) -> Answer:
    """Stop limit: a price beyond the stop turns it into a limit order for good; that fills when a bar closes within.

    Both are read from the quotes that the order meets, from the trades where there are none. The price is the limit, or
    the dearest price of the bar where even that is better.

    Assumptions: a touch of the stop or of the limit is not enough, and only the close can fill (pessimistic); where it
    does, the dearest price within the limit is paid (pessimistic).
    """
    bar = market.priced(asked.side)
    refusal = market.refusal(asked, bar, extended=True)
    if bar is None or refusal is not None:
        return asked.waits(refusal)
    side, limit = asked.side, asked.limit
    triggered = asked.triggered or asked.is_dearer(bar.extreme(side), asked.level)
    if not triggered:
        return asked.waits(Wait.STOP_NOT_REACHED)
    if not asked.is_dearer(limit, bar.close):
        return asked.waits(Wait.LIMIT_NOT_REACHED, triggered=True)
    return asked.rests(asked.cheaper(bar.extreme(side), limit), triggered=True)


def fill_trailing_stop(asked: Asked, market: Snapshot, slippage: float) -> Answer:
    """Trailing stop: at the worse of stop and close once the stop is touched; else the stop follows the best price.

    Read from the quotes that the order meets, from the trades where there are none. After a bar without a fill the stop
    moves to its distance from the bar's best price when it is further away than that; it never goes back. The gap
    of an open has no rule of its own: the close stands for it.

    Assumptions: the stop is tested before it moves (pessimistic); the close may lie better than the worst price after
    the touch, and then the stop itself is paid (flatters).
    """
    side, stop = asked.side, asked.level
    bar = market.priced(side)
    refusal = market.refusal(asked, bar)
    if bar is None or refusal is not None:
        return asked.waits(refusal)
    if not asked.is_dearer(stop, bar.extreme(side)):
        price = asked.dearer(stop, bar.close + side * slippage)
        return Answer(price, asked.quantity, stop, triggered=True, takes=True)
    best = bar.extreme(-side)
    trail = asked.terms.trail or 0.0
    distance = trail * best if asked.terms.trail_is_fraction else trail
    if side * (stop - best) > distance:
        stop = best + side * distance
    return Answer(stop=stop, wait=Wait.STOP_NOT_REACHED)


def fill_limit_if_touched(asked: Asked, market: Snapshot, slippage: float) -> Answer:
    """Limit if touched: trades that come down to the trigger wake it for good; it fills when the ask closes within.

    The trigger is read from trades, the limit from the quote, by the same choice of fresh data as a market order. The
    price is the closing ask, never worse than the limit.

    Assumptions: the quote may be older than the touch (flatters a little); a touch of the limit is enough (flatters).
    """
    refusal = market.refusal(asked, market.trade, extended=True)
    if market.trade is None or refusal is not None:
        return asked.waits(refusal)
    if not (asked.triggered or asked.is_touched_by(market.trade)):
        return asked.waits(Wait.STOP_NOT_REACHED)
    bar, message, is_fresh = market.best_effort(asked)
    if bar is None or not is_fresh:
        return asked.waits(Wait.STALE_DATA, triggered=True)
    limit = asked.limit
    if asked.is_dearer(bar.close, limit):
        return asked.waits(Wait.LIMIT_NOT_REACHED, triggered=True)
    return asked.rests(asked.cheaper(bar.close, limit), message, triggered=True)


def fill_on_open(asked: Asked, market: Snapshot, slippage: float) -> Answer:
    """Market on open: at the open of the first bar of trades that starts at or after the order was placed.

    Bars shorter than an hour must start inside the regular session. What is placed while it runs waits for a bar that
    ends on a later date. Quotes are used only where no trades are subscribed to.

    Assumptions: the first open is the price of the auction, in any size (flatters). An hourly bar may open before the
    session does, and its first price is then one of the pre-market (either way).
    """
    bar, message = market.printed(asked.side)
    if bar is None:
        return asked.waits(Wait.NO_DATA)
    hours = market.hours
    is_too_early = bar.start < asked.placed
    is_outside = bar.end - bar.start < HOUR and not hours.is_open(bar.start)
    is_same_session = hours.is_open(asked.placed) and hours.local(bar.end).date() <= hours.local(asked.placed).date()
    if is_too_early or is_outside or is_same_session:
        return asked.waits(Wait.AWAITS_OPEN)
    if not market.is_open():
        return asked.waits(Wait.SESSION_CLOSED)
    return asked.takes(bar.open, slippage, message)


def fill_on_close(asked: Asked, market: Snapshot, slippage: float) -> Answer:
    """Market on close: at the close of the last bar of trades, once the first regular close after its placing is there.

    Where only quotes are subscribed to, at the close of the side that it meets, with a warning.

    Assumptions: the last close is the price of the closing auction, in any size (flatters).
    """
    if market.hours.local(market.now) < market.hours.next_close(asked.placed):
        return asked.waits(Wait.AWAITS_CLOSE)
    bar, message = market.printed(asked.side)
    return asked.waits(Wait.NO_DATA) if bar is None else asked.takes(bar.close, slippage, message)


# ---------------------------------------------------------------------------------------------------- base model


def fill_market_base(asked: Asked, market: Snapshot, slippage: float) -> Answer:
    """Market, base model: at the close of the bar; at its open where it is hourly or daily and began after the order.

    Assumptions: as for shares, but data of any age fill (flatters).
    """
    if not market.is_open():
        return asked.waits(Wait.SESSION_CLOSED)
    bar = market.priced(asked.side)
    if bar is None:
        return asked.waits(Wait.NO_DATA)
    rested = market.resolution in {Resolution.HOUR, Resolution.DAILY} and asked.placed < bar.start
    return asked.takes(bar.open if rested else bar.close, slippage)


def fill_limit_base(asked: Asked, market: Snapshot, slippage: float) -> Answer:
    """Limit, base model: at the limit, or at the dearest price of the bar where even that is better.

    Assumptions: an open beyond the limit gives nothing extra (pessimistic); quotes fill it too.
    """
    bar = market.priced(asked.side)
    refusal = market.refusal(asked, bar, extended=True)
    if bar is None or refusal is not None:
        return asked.waits(refusal)
    side, limit = asked.side, asked.limit
    if not asked.is_dearer(limit, bar.extreme(-side)):
        return asked.waits(Wait.LIMIT_NOT_REACHED)
    return asked.rests(asked.cheaper(bar.extreme(side), limit))


def fill_stop_base(asked: Asked, market: Snapshot, slippage: float) -> Answer:
    """Stop market, base model: the stop must be passed; the price is the worse of stop and close.

    Assumptions: a touch is not enough (an order survives that a touch would have ended); no gap rule, the close stands
    for it.
    """
    bar = market.priced(asked.side)
    refusal = market.refusal(asked, bar)
    if bar is None or refusal is not None:
        return asked.waits(refusal)
    side, stop = asked.side, asked.level
    if not asked.is_dearer(bar.extreme(side), stop):
        return asked.waits(Wait.STOP_NOT_REACHED)
    price = asked.dearer(stop, bar.close + side * slippage)
    return Answer(price, asked.quantity, stop, triggered=True, takes=True)


def fill_limit_if_touched_base(asked: Asked, market: Snapshot, slippage: float) -> Answer:
    """Limit if touched, base model: fills exactly at the limit once the *other* side of the quote closes within it.

    Assumptions: a buy looks at the bid, which is there before the ask is (flatters).
    """
    bar = market.priced(asked.side)
    refusal = market.refusal(asked, bar, extended=True)
    if bar is None or refusal is not None:
        return asked.waits(refusal)
    if not (asked.triggered or asked.is_touched_by(bar)):
        return asked.waits(Wait.STOP_NOT_REACHED)
    other = market.priced(-asked.side) or bar
    if asked.is_dearer(other.close, asked.limit):
        return asked.waits(Wait.LIMIT_NOT_REACHED, triggered=True)
    return asked.rests(asked.limit, triggered=True)


EQUITY_RULES: Mapping[Kind, Rule] = MappingProxyType({
    Kind.MARKET: fill_market,
    Kind.LIMIT: fill_limit,
    Kind.STOP: fill_stop,
    Kind.STOP_LIMIT: fill_stop_limit,
    Kind.TRAILING_STOP: fill_trailing_stop,
    Kind.LIMIT_IF_TOUCHED: fill_limit_if_touched,
    Kind.MARKET_ON_OPEN: fill_on_open,
    Kind.MARKET_ON_CLOSE: fill_on_close,
})  # fmt: skip
"""The rule of each type for shares."""

BASE_RULES: Mapping[Kind, Rule] = MappingProxyType({
    **EQUITY_RULES,
    Kind.MARKET: fill_market_base,
    Kind.LIMIT: fill_limit_base,
    Kind.STOP: fill_stop_base,
    Kind.LIMIT_IF_TOUCHED: fill_limit_if_touched_base,
})  # fmt: skip
"""The rule of each type for everything else."""
