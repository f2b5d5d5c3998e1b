"""When and at what price an order of each type fills: the fill model of daily A-share bars.

Two questions are asked of every order that is no plain market order: at the open, where only the opening price is known
(:func:`at_open`), and at the close, where the whole bar is (:func:`in_bar`). Prices are those before slippage.

Assumptions
-----------
The path inside a bar is unknown; where it matters the worse order of events is taken:

- a resting limit fills at its limit only when the bar trades *through* it: being touched is not enough, as if the order
  were last in its queue (pessimistic);
- a stop fills at its stop price when the bar reaches it after an open on the other side (flatters in a fast market,
  where the next price is worse; slippage comes on top);
- a stop limit or limit-if-touched order that triggers inside a bar fills only when the close is still within its
  limit, at the limit or the worst price of the bar, whichever is better (pessimistic);
- a trailing stop is tested against its old stop before the bar's extreme moves it (pessimistic).

An open beyond the limit or the stop (a gap) fills at the open: better than asked for a limit, worse for a stop.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from qresearch.domain.reasons import NO_FACTS, Facts, Reason
from qresearch.domain.state import OpenOrder
from qresearch.domain.terms import MARKET_KINDS, Kind, Terms


class Bar(NamedTuple):
    """One bar: prices in currency per share."""

    open: float
    high: float
    low: float
    close: float


class Quote(NamedTuple):
    """Answer of the fill model.

    Parameters
    ----------
    price : float or None, currency per share
        Price of the fill before slippage; None: no fill.
    takes : bool
        True when the order takes what is there (slippage applies); False when it waits at its limit.
    triggered : bool
        The stop or trigger has been reached, now or before.
    stop : float or None
        Where a trailing stop stands now.
    reason, facts
        Why there is no fill.
    """

    price: float | None
    takes: bool = True
    triggered: bool = False
    stop: float | None = None
    reason: Reason = Reason.LIMIT_NOT_REACHED
    facts: Facts = NO_FACTS


class FillModel(Protocol):
    """When and at what price an order fills, asked about one order at a time.

    A model of your own has these two methods and a name, and is passed as ``Session(fill_model=...)``. The log keeps
    its name and, where it is a dataclass, its fields. :class:`AShare` is one to begin with.
    """

    name: str

    def at_open(self, order: OpenOrder, opened: float, /) -> Quote:
        """What an order does at an opening price, currency per share."""

    def in_bar(self, order: OpenOrder, bar: Bar, /) -> Quote:
        """What an order that did nothing at the open does in the rest of the bar."""


class AShare:
    """The fill model of daily A-share bars: see the top of this module."""

    name = "a_share"

    def at_open(self, order: OpenOrder, opened: float, /) -> Quote:
        """What an order does at an opening price."""
        return at_open(order.terms, 1 if order.leaves > 0 else -1, opened, triggered=order.triggered, stop=order.stop)

    def in_bar(self, order: OpenOrder, bar: Bar, /) -> Quote:
        """What an order that did nothing at the open does in the rest of the bar."""
        return in_bar(order.terms, 1 if order.leaves > 0 else -1, bar, triggered=order.triggered, stop=order.stop)


def first_stop(terms: Terms, side: int, last: float) -> float | None:
    """Where the stop of an order starts.

    Parameters
    ----------
    terms : Terms
    side : {1, -1}
    last : float, currency per share
        Last visible price when it is placed.

    >>> from qresearch.domain.terms import trailing_stop
    >>> first_stop(trailing_stop(percent=10), -1, 20.0)
    18.0
    """
    if terms.kind is not Kind.TRAILING_STOP or terms.stop_price is not None:
        return terms.stop_price
    return last + side * _distance(terms, last)


def _distance(terms: Terms, price: float) -> float:
    trail = terms.trail or 0.0
    return trail * price if terms.trail_is_fraction else trail


def at_open(terms: Terms, side: int, opened: float, *, triggered: bool, stop: float | None) -> Quote:
    """What an order does at an opening price.

    Parameters
    ----------
    terms : Terms
    side : {1, -1}
        Buy or sell.
    opened : float, currency per share
    triggered : bool
        Its stop was reached before.
    stop : float or None
        Where its stop stands.

    >>> from qresearch.domain.terms import limit
    >>> at_open(limit(10.0), 1, 9.8, triggered=False, stop=None).price
    9.8
    """
    if terms.kind in MARKET_KINDS:
        return Quote(opened, triggered=triggered)
    if terms.kind is Kind.MARKET_ON_CLOSE:
        return Quote(None, reason=Reason.AWAITS_CLOSE)
    if terms.kind is not Kind.LIMIT and not triggered:
        if not _reached(terms, side, stop, opened):
            return _untouched(terms, stop, opened)
        triggered = True
    limit = terms.limit_price
    if limit is None or side * opened <= side * limit:
        return Quote(opened, triggered=triggered, stop=stop)
    return Quote(None, triggered=triggered, stop=stop, facts={"limit": limit, "price": opened})


def in_bar(terms: Terms, side: int, bar: Bar, *, triggered: bool, stop: float | None) -> Quote:
    """What an order that did nothing at the open does in the rest of the bar; see the module for the assumptions.

    >>> from qresearch.domain.terms import stop
    >>> in_bar(stop(9.5), -1, Bar(10.0, 10.2, 9.4, 9.9), triggered=False, stop=9.5).price
    9.5
    """
    kind, limit = terms.kind, terms.limit_price
    if kind is Kind.MARKET_ON_CLOSE:
        return Quote(bar.close)
    best = bar.low if side > 0 else bar.high
    if kind is Kind.LIMIT or (triggered and limit is not None):
        assert limit is not None  # these kinds carry one
        if side * best < side * limit:
            return Quote(_within(bar, side, limit), takes=False, triggered=triggered, stop=stop)
        return Quote(None, triggered=triggered, stop=stop, facts={"limit": limit, "price": best})
    worst = bar.high if side > 0 else bar.low
    touched = best if kind is Kind.LIMIT_IF_TOUCHED else worst
    if stop is None or not _reached(terms, side, stop, touched):
        moved = _trailed(terms, side, stop, best)
        return _untouched(terms, moved, touched)
    if limit is None:
        # Inside a day no one asks at the open of a bar on the clock of the same bar: a gap is met here.
        return Quote(max(stop, bar.open) if side > 0 else min(stop, bar.open), triggered=True, stop=stop)
    if side * bar.close <= side * limit:
        return Quote(_within(bar, side, limit), takes=False, triggered=True, stop=stop)
    return Quote(None, triggered=True, stop=stop, facts={"limit": limit, "price": bar.close})


def _within(bar: Bar, side: int, limit: float) -> float:
    """A limit, or the worst price of the bar where that is better: nothing trades outside the bar."""
    return min(limit, bar.high) if side > 0 else max(limit, bar.low)


def _reached(terms: Terms, side: int, stop: float | None, price: float) -> bool:
    """True when a price is at or beyond a stop; a limit-if-touched order waits on the other side."""
    if stop is None:
        return False
    towards = -side if terms.kind is Kind.LIMIT_IF_TOUCHED else side
    return towards * price >= towards * stop


def _untouched(terms: Terms, stop: float | None, price: float) -> Quote:
    return Quote(None, stop=stop, reason=Reason.STOP_NOT_REACHED, facts={"stop": stop or 0.0, "price": price})


def _trailed(terms: Terms, side: int, stop: float | None, best: float) -> float | None:
    """A trailing stop after a bar: it follows the best price of the bar and never goes back."""
    if terms.kind is not Kind.TRAILING_STOP or stop is None:
        return stop
    candidate = best + side * _distance(terms, best)
    return min(stop, candidate) if side > 0 else max(stop, candidate)
