"""Terms of an order: its type, its prices, and how long it is good for.

Pass one as ``style=``: ``session.buy("600519", 100, style=limit(1650))``.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields, replace
from enum import StrEnum

from qresearch.domain.arguments import between, day_text, flag, price, text
from qresearch.domain.attributes import told_module
from qresearch.domain.calls import told, told_calls
from qresearch.errors import UsageError, choose, shown


class Kind(StrEnum):
    """Types of order."""

    MARKET = "MARKET"
    LIMIT = "LIMIT"
    STOP = "STOP"
    STOP_LIMIT = "STOP_LIMIT"
    TRAILING_STOP = "TRAILING_STOP"
    LIMIT_IF_TOUCHED = "LIMIT_IF_TOUCHED"
    MARKET_ON_OPEN = "MARKET_ON_OPEN"
    MARKET_ON_CLOSE = "MARKET_ON_CLOSE"
    AFTER_HOURS = "AFTER_HOURS"


MARKET_KINDS = frozenset({Kind.MARKET, Kind.MARKET_ON_OPEN})
"""Types that take whatever price an opening has."""
STOP_KINDS = frozenset({Kind.STOP, Kind.STOP_LIMIT, Kind.TRAILING_STOP})
"""Types that wait for the price to go against the order's owner: as sales they protect a position."""
CLOSING_KINDS = frozenset({Kind.MARKET_ON_CLOSE, Kind.AFTER_HOURS})
"""Types that ask for the closing price of the day and for no other."""
TRIGGERED_KINDS = STOP_KINDS | {Kind.LIMIT_IF_TOUCHED}
"""Types that do nothing before a price has been reached."""


class TimeInForce(StrEnum):
    """How long an order is good for, counted from the first day on which it works."""

    DAY = "DAY"
    """The first day on which it works."""
    GTC = "GTC"
    """Until canceled."""
    GTD = "GTD"
    """Until the close of a day."""
    IOC = "IOC"
    """What does not fill when it first meets the market is canceled."""
    FOK = "FOK"
    """All of it when it first meets the market, or nothing."""


class Effect(StrEnum):
    """What an order does to a holding with two sides; the sign of its quantity is the direction in the market."""

    AUTO = "AUTO"
    """Closes the other side where it is held, and opens otherwise."""
    OPEN = "OPEN"
    """Adds to the side of its direction."""
    CLOSE = "CLOSE"
    """Takes from the other side, the oldest lots first."""
    CLOSE_OLD = "CLOSE_OLD"
    """Takes lots of earlier days only."""
    CLOSE_TODAY = "CLOSE_TODAY"
    """Takes lots of today only."""
    CLOSE_TODAY_FIRST = "CLOSE_TODAY_FIRST"
    """Takes lots of today first, then the oldest."""
    FINANCE = "FINANCE"
    """Buys with borrowed money."""
    BORROW = "BORROW"
    """Sells borrowed shares."""
    REPAY = "REPAY"
    """Sells, and pays debts with what it brings."""
    RETURN = "RETURN"
    """Buys shares to give back what was borrowed."""
    COVERED_OPEN = "COVERED_OPEN"
    """Writes calls behind which units of the underlying are locked."""
    COVERED_CLOSE = "COVERED_CLOSE"
    """Buys such calls back."""


BORROWING = frozenset({Effect.FINANCE, Effect.BORROW, Effect.REPAY, Effect.RETURN})
"""What only an account that borrows can do."""
COVERING = frozenset({Effect.COVERED_OPEN, Effect.COVERED_CLOSE})
"""What only an account of options can do."""
OF_ONE_KIND = BORROWING | COVERING
"""What has to be asked of the kind of account before anything else."""


@told_calls
@dataclass(frozen=True, slots=True, repr=False)
class Terms:
    """Type, prices and time in force of an order.

    Parameters
    ----------
    kind : Kind
    limit_price : float or None, currency per share
    stop_price : float or None, currency per share
        The stop, or the trigger of a limit-if-touched order. None for a trailing stop that starts from the last
        visible price.
    trail : float or None
        Distance of a trailing stop: currency per share, or a fraction of the price with `trail_is_fraction`.
    trail_is_fraction : bool
    time_in_force : TimeInForce
    good_till : date or None
        Last day of a GTD order.
    tag : str
        The user's own word.
    volume_share : float or None
        Of an order after hours: the part of the day's volume that it may get.
    effect : Effect
        Which side of a holding it opens or closes; shares paid in full have one side only, and need none.
    waits : {"", "bar", "day"}
        On minute data: it meets the market at the next bar, or on the next trading day, at the earliest.
    """

    kind: Kind = Kind.MARKET
    limit_price: float | None = None
    stop_price: float | None = None
    trail: float | None = None
    trail_is_fraction: bool = False
    time_in_force: TimeInForce = TimeInForce.DAY
    good_till: dt.date | None = None
    tag: str = ""
    volume_share: float | None = None
    effect: Effect = Effect.AUTO
    waits: str = ""

    def __post_init__(self) -> None:
        if (type(self.kind), type(self.time_in_force), type(self.effect)) != (Kind, TimeInForce, Effect):
            words = {"kind": Kind, "time_in_force": TimeInForce, "effect": Effect}
            for name, word in words.items():
                choose(f"Terms: {name}", getattr(self, name), word)
            given = ", ".join(f"{name}={getattr(self, name)!r}" for name in words)
            raise UsageError(
                f"Terms: {given}: one is text. "
                "Pass members of Kind, TimeInForce and Effect, or use qresearch.terms.limit(...) and its like."
            )
        for name in ("limit_price", "stop_price", "trail"):
            value = getattr(self, name)
            if value is None:
                if self.kind in _NEEDS[name]:
                    raise UsageError(f"Terms: a {self.kind!s} order needs {name}={value}. Write a number such as 9.6.")
            elif type(value) is not float or not 0 < value < _MOST_PRICE:
                price(f"Terms: {name}", value)
        if self.volume_share is not None or self.kind is Kind.AFTER_HOURS:
            between("Terms: volume_share", self.volume_share, _LEAST_SHARE, 1, 0.01)
        if self.good_till is not None and type(self.good_till) is not dt.date:
            raise UsageError(f"Terms: good_till={shown(self.good_till)} is no date. Write datetime.date(2024, 1, 31).")
        flag("trail_is_fraction", self.trail_is_fraction)
        if type(self.waits) is not str or self.waits:
            choose("Terms: waits", self.waits, ("", "bar", "day"))
        text("Terms: tag", self.tag, "hedge", empty=True)

    def __repr__(self) -> str:
        held = ((item.name, getattr(self, item.name), item.default) for item in fields(self))
        return f"Terms({', '.join(f'{name}={value!s}' for name, value, usual in held if value != usual)})"

    def __str__(self) -> str:
        parts = [_WORDS.get(self.kind, self.kind.value.lower().replace("_", " "))]
        if self.stop_price is not None:
            parts.append(f"{self.stop_price:g}")
        if self.trail is not None:
            parts.append(f"trail {self.trail:.2%}" if self.trail_is_fraction else f"trail {self.trail:g}")
        if self.limit_price is not None:
            parts.append(f"limit {self.limit_price:g}")
        if self.time_in_force is not TimeInForce.DAY:
            parts.append(self.time_in_force.value)
        if self.good_till is not None:
            parts.append(f"till {self.good_till}")
        if self.waits:
            parts.append(f"from the next {self.waits} on")
        if self.volume_share is not None:
            parts.append(f"share {self.volume_share:.2%}")
        if self.effect is not Effect.AUTO:
            parts.append(f"to {self.effect.value.lower().replace('_', ' ')}")
        return " ".join(filter(None, parts))


_NEEDS = {
    "limit_price": frozenset({Kind.LIMIT, Kind.STOP_LIMIT, Kind.LIMIT_IF_TOUCHED, Kind.AFTER_HOURS}),
    "stop_price": frozenset({Kind.STOP, Kind.STOP_LIMIT, Kind.LIMIT_IF_TOUCHED}),
    "trail": frozenset({Kind.TRAILING_STOP}),
}
"""The types that cannot do without a price: one that could not be computed must never trade."""
_MOST_PRICE = 1e15
_LEAST_SHARE = 0.0001

_WORDS = {Kind.LIMIT: "", Kind.STOP_LIMIT: "stop", Kind.LIMIT_IF_TOUCHED: "if touched"}
"""How a type is named where its prices say the rest."""

MARKET_DAY = Terms()
"""The terms of an order that names none: at the open of the first day on which it works."""


def _terms(
    kind: Kind,
    *,
    tif: str,
    until: object,
    tag: str,
    limit_price: float | None = None,
    stop_price: float | None = None,
    trail: float | None = None,
    trail_is_fraction: bool = False,
) -> Terms:
    word = choose("tif", tif.upper() if isinstance(tif, str) else tif, TimeInForce)
    good_till = None
    if until is not None:
        good_till = _date(until)
        word = TimeInForce.GTD
    elif word == TimeInForce.GTD:
        raise UsageError("tif='GTD' needs the last day: pass until='2024-01-31'.")
    return Terms(kind, limit_price, stop_price, trail, trail_is_fraction, TimeInForce(word), good_till, tag)


def _price(call: str, name: str, value: object) -> float:
    """A price of the terms, which a call must give: one that could not be computed must never trade."""
    return float(price(f"{call}: {name}", value))


def _date(day: object) -> dt.date:
    found = day_text(day)
    if found is None:
        raise UsageError(f"until={shown(day)} is not a date. Write it as '2024-01-31'.")
    return dt.date.fromisoformat(found)


@told
def market(*, tif: str = "DAY", until: object = None, tag: str = "") -> Terms:
    """At the open, whatever the price.

    Fills at the opening price after slippage; not at a locked limit. What a volume cap leaves expires at the close, or
    tries the next opens (GTC, GTD).

    Parameters
    ----------
    tif : {"DAY", "GTC", "GTD", "IOC", "FOK"}
        How long it is good for, counted from the first day on which it works; see :class:`TimeInForce`.
    until : str or date, optional
        Last day; makes it GTD.
    tag : str
        A word of your own.

    Notes
    -----
    *Assumptions*: any size gets the opening price unless ``participation=`` caps it, which flatters large orders; that
    a locked open fills nothing is pessimistic.

    >>> str(market())
    'market'
    """
    return _terms(Kind.MARKET, tif=tif, until=until, tag=tag)


@told
def limit(price: float, *, tif: str = "DAY", until: object = None, tag: str = "") -> Terms:
    """At a price or better.

    At an open at the limit or better it fills at the open (a gap is in its favour). Later in a daily bar it fills at
    its limit when the bar trades *through* it: low below the limit of a buy, high above that of a sell. While it rests
    it holds back cash or shares. Outside the price limits of its first day it is rejected; on later days it waits.

    Parameters
    ----------
    price : float, currency per share
        Put on the tick, never in the favour of the order: down for a buy, up for a sell.
    tif, until, tag
        As of :func:`market`.

    Notes
    -----
    *Assumptions*: a limit that is only touched gets nothing, as if it were last in its queue (pessimistic); one that is
    traded through fills whole unless ``participation=`` caps it (flatters large orders).

    >>> str(limit(10.5, tif="GTC"))
    'limit 10.5 GTC'
    """
    return _terms(Kind.LIMIT, tif=tif, until=until, tag=tag, limit_price=_price("limit", "price", price))


@told
def stop(price: float, *, tif: str = "DAY", until: object = None, tag: str = "") -> Terms:
    """At the market once the price has reached a stop: above for a buy, below for a sell.

    An open at or beyond the stop fills at the open (a gap is against it). A daily bar that reaches the stop later fills
    at the stop. What a volume cap leaves after the trigger tries the next opens, like a market order.

    Parameters
    ----------
    price : float, currency per share
        The stop; put on the tick away from the market: up for a buy, down for a sell.
    tif, until, tag
        As of :func:`market`.

    Notes
    -----
    *Assumptions*: the stop price itself is had inside a bar, which flatters in a fast market, where the next price is
    worse; slippage comes on top.

    >>> str(stop(9.8))
    'stop 9.8'
    """
    return _terms(Kind.STOP, tif=tif, until=until, tag=tag, stop_price=_price("stop", "price", price))


@told
def stop_limit(
    stop_price: float, limit_price: float, *, tif: str = "DAY", until: object = None, tag: str = ""
) -> Terms:
    """At a limit or better once the price has reached a stop.

    Triggered by an open it is a limit order from there on. Triggered inside a daily bar it fills in that bar only when
    the close is within the limit, at the limit or the worst price of the bar, whichever is better; else it waits as a
    limit order.

    Parameters
    ----------
    stop_price, limit_price : float, currency per share
        Put on the tick as those of :func:`stop` and :func:`limit`.
    tif, until, tag
        As of :func:`market`.

    Notes
    -----
    *Assumptions*: whether the bar came back to the limit after the trigger is not known; the close decides, which is
    pessimistic.

    >>> str(stop_limit(9.8, 9.7))
    'stop 9.8 limit 9.7'
    """
    return _terms(
        Kind.STOP_LIMIT,
        tif=tif,
        until=until,
        tag=tag,
        limit_price=_price("stop_limit", "limit_price", limit_price),
        stop_price=_price("stop_limit", "stop_price", stop_price),
    )


@told
def trailing_stop(
    amount: float | None = None,
    *,
    percent: float | None = None,
    stop_price: float | None = None,
    tif: str = "GTC",
    until: object = None,
    tag: str = "",
) -> Terms:
    """A stop that follows the price at a distance and never goes back.

    It fills as a :func:`stop`. After a whole bar that did not reach it, it follows the best price of the bar: the high
    for a sell, the low for a buy.

    Parameters
    ----------
    amount : float, currency per share
    percent : float
        Instead of an amount: 5 for 5 % of the price.
    stop_price : float, optional
        Where it starts; default: at the distance from the last visible price when it is placed.
    tif, until, tag
        As of :func:`market`.

    Raises
    ------
    UsageError
        Neither or both of `amount` and `percent`, or one that is not positive.

    Notes
    -----
    *Assumptions*: a bar is tested against the stop as it stood before that bar (pessimistic: the extreme may have come
    first and moved it).

    >>> str(trailing_stop(percent=5))
    'trailing stop trail 5.00% GTC'
    """
    if (amount is None) == (percent is None):
        raise UsageError(
            f"trailing_stop: amount={shown(amount)}, percent={shown(percent)}: exactly one of them is needed. "
            "Write trailing_stop(0.5) for a distance in the currency, or trailing_stop(percent=5)."
        )
    start = None if stop_price is None else _price("trailing_stop", "stop_price", stop_price)
    if percent is None:
        trail = _price("trailing_stop", "amount", amount)
    else:
        trail = between("trailing_stop: percent", percent, _LEAST_PERCENT, _MOST_PERCENT, 5) / 100
    return _terms(
        Kind.TRAILING_STOP,
        tif=tif,
        until=until,
        tag=tag,
        stop_price=start,
        trail=trail,
        trail_is_fraction=percent is not None,
    )


_LEAST_PERCENT, _MOST_PERCENT = 0.01, 99
"""A trailing stop nearer than that is one on the price itself; one farther than that can never be reached."""


@told
def limit_if_touched(
    trigger_price: float, limit_price: float, *, tif: str = "DAY", until: object = None, tag: str = ""
) -> Terms:
    """At a limit or better once the price has come to a trigger: down to it for a buy, up to it for a sell.

    As :func:`stop_limit`, with the trigger on the other side of the price.

    Parameters
    ----------
    trigger_price, limit_price : float, currency per share
        Put on the tick, never in the favour of the order: the trigger towards what is harder to reach.
    tif, until, tag
        As of :func:`market`.

    >>> str(limit_if_touched(9.5, 9.6))
    'if touched 9.5 limit 9.6'
    """
    return _terms(
        Kind.LIMIT_IF_TOUCHED,
        tif=tif,
        until=until,
        tag=tag,
        limit_price=_price("limit_if_touched", "limit_price", limit_price),
        stop_price=_price("limit_if_touched", "trigger_price", trigger_price),
    )


@told
def at_open(*, tif: str = "DAY", until: object = None, tag: str = "") -> Terms:
    """At the opening price: a market order that only an opening can fill.

    >>> str(at_open())
    'market on open'
    """
    return _terms(Kind.MARKET_ON_OPEN, tif=tif, until=until, tag=tag)


@told
def at_close(*, tif: str = "DAY", until: object = None, tag: str = "") -> Terms:
    """At the closing price.

    It waits through the day (AWAITS_CLOSE), holds back cash or shares meanwhile, and fills at the close after slippage.

    Notes
    -----
    *Assumptions*: any size gets the closing price unless ``participation=`` caps it, which flatters large orders. On
    real days the request would have to be in before the closing auction.

    >>> str(at_close())
    'market on close'
    """
    return _terms(Kind.MARKET_ON_CLOSE, tif=tif, until=until, tag=tag)


@told
def after_hours(price: float, *, share: float = 0.01, tif: str = "DAY", until: object = None, tag: str = "") -> Terms:
    """At the closing price, in the session after the close, where the venue has one.

    It waits through the day (AWAITS_CLOSE), holds back cash or shares meanwhile, and comes after every other order. A
    buy needs a close at its price or below, a sale one at its price or above; it fills at the close, without slippage.
    Refused (NO_AFTER_HOURS) on days and for classes of instruments without such a session. In China: STAR shares since
    2019-07-22, ChiNext shares since 2020-08-24, all shares and exchange-traded funds since 2026-07-06; 15:05 to 15:30.

    Parameters
    ----------
    price : float, currency per share
        The worst closing price that is accepted; put on the tick as that of :func:`limit`.
    share : float
        The part of the day's volume that may be had, from 0.0001 to 1. Orders after hours
        share it, under a volume cap with all orders of the bar.
    tif, until
        Such an order is good for one day only: anything but "DAY" is refused.
    tag : str
        A word of your own.

    Raises
    ------
    UsageError
        A price that is none, a `share` out of its range, or a `tif` other than "DAY".

    Notes
    -----
    *Assumptions*: bars tell nothing of the volume after hours; that a hundredth of the day's is there on the other side
    is a guess, which flatters where nobody comes. That nothing is had at a close at its limit is pessimistic.

    >>> str(after_hours(10.5))
    'after hours limit 10.5 share 1.00%'
    """
    if not isinstance(tif, str) or tif != "DAY" or until is not None:
        raise UsageError(
            f"after_hours: tif={shown(tif)}, until={shown(until)}: an order after hours is good for one day only. "
            "Leave them away, and ask again on the next day."
        )
    value = float(between("after_hours: share", share, _LEAST_SHARE, 1, 0.01))
    return Terms(Kind.AFTER_HOURS, _price("after_hours", "price", price), tag=tag, volume_share=value)


@told
def to_open(style: Terms | None = None) -> Terms:
    """A style that opens: a buy adds to the long side, a sale to the short side, whatever is held on the other.

    Parameters
    ----------
    style : Terms, optional
        Type, prices and time in force; default: at the market.

    >>> str(to_open(limit(3500)))
    'limit 3500 to open'
    """
    return replace(_styled("to_open", style), effect=Effect.OPEN)


@told
def to_close(style: Terms | None = None, lots: str = "oldest") -> Terms:
    """A style that closes: a sale takes from the long side, a buy from the short side, and never more than is held.

    Parameters
    ----------
    style : Terms, optional
        Type, prices and time in force; default: at the market.
    lots : {"oldest", "old", "today", "today_first"}
        Which go: the oldest first; those of earlier days only; those of today only; those of today, then the oldest.

    >>> str(to_close(lots="today"))
    'market to close today'
    """
    choose("to_close: lots", lots, tuple(_CLOSES))
    return replace(_styled("to_close", style), effect=_CLOSES[lots])


@told
def financed(style: Terms | None = None) -> Terms:
    """A style that buys with borrowed money, in an account of margin trading.

    Parameters
    ----------
    style : Terms, optional
        Type, prices and time in force; default: at the market.

    >>> str(financed(limit(10.5)))
    'limit 10.5 to finance'
    """
    return replace(_styled("financed", style), effect=Effect.FINANCE)


@told
def short_sale(style: Terms | None = None) -> Terms:
    """A style that sells borrowed shares, in an account of margin trading.

    By the rules of the Chinese exchanges it needs a limit that is not below the last price (SHORT_PRICE_RULE).

    Parameters
    ----------
    style : Terms, optional
        Type, prices and time in force; default: at the market.

    >>> str(short_sale(limit(10.5)))
    'limit 10.5 to borrow'
    """
    return replace(_styled("short_sale", style), effect=Effect.BORROW)


@told
def to_repay(style: Terms | None = None) -> Terms:
    """A style that sells and pays debts with what it brings: of its own security first.

    Parameters
    ----------
    style : Terms, optional
        Type, prices and time in force; default: at the market.

    >>> str(to_repay())
    'market to repay'
    """
    return replace(_styled("to_repay", style), effect=Effect.REPAY)


@told
def to_return(style: Terms | None = None) -> Terms:
    """A style that buys shares and gives back what was borrowed, the oldest first.

    Parameters
    ----------
    style : Terms, optional
        Type, prices and time in force; default: at the market.

    >>> str(to_return(limit(9.8)))
    'limit 9.8 to return'
    """
    return replace(_styled("to_return", style), effect=Effect.RETURN)


@told
def covered_open(style: Terms | None = None) -> Terms:
    """A style that writes calls behind which units of the underlying are locked: ``session.account.lock`` locks them.

    Parameters
    ----------
    style : Terms, optional
        Type, prices and time in force; default: at the market.

    >>> str(covered_open(limit(0.0227)))
    'limit 0.0227 to covered open'
    """
    return replace(_styled("covered_open", style), effect=Effect.COVERED_OPEN)


@told
def covered_close(style: Terms | None = None) -> Terms:
    """A style that buys covered calls back; their units stay locked until ``session.account.unlock`` frees them.

    Parameters
    ----------
    style : Terms, optional
        Type, prices and time in force; default: at the market.

    >>> str(covered_close())
    'market to covered close'
    """
    return replace(_styled("covered_close", style), effect=Effect.COVERED_CLOSE)


def _styled(call: str, style: object) -> Terms:
    if style is None:
        return MARKET_DAY
    if not isinstance(style, Terms):
        raise UsageError(f"{call}: style={shown(style)} is no style. Pass one such as limit(9.6), or leave it away.")
    return style


_CLOSES = {"oldest": Effect.CLOSE, "old": Effect.CLOSE_OLD, "today": Effect.CLOSE_TODAY,
           "today_first": Effect.CLOSE_TODAY_FIRST}  # fmt: skip

__getattr__ = told_module(__name__, [*globals()])
