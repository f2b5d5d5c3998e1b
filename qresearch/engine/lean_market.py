"""What the LEAN fill rules look at: bars of trades and quotes, trading hours, and one order at one moment.

Moments are either all aware, and then read on the clock of the exchange, or all naive and on that clock already.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from zoneinfo import ZoneInfo

from qresearch.domain.terms import Terms
from qresearch.engine.lean_answer import Answer, Wait

HOUR = dt.timedelta(hours=1)


class Resolution(StrEnum):
    """Length of the finest bars that are subscribed to."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAILY = "daily"

    @property
    def span(self) -> dt.timedelta:
        """Length of one bar.

        >>> Resolution.MINUTE.span
        datetime.timedelta(seconds=60)
        """
        return _SPANS[self]


_SPANS = {
    Resolution.SECOND: dt.timedelta(seconds=1),
    Resolution.MINUTE: dt.timedelta(minutes=1),
    Resolution.HOUR: HOUR,
    Resolution.DAILY: dt.timedelta(days=1),
}


@dataclass(frozen=True, slots=True)
class TimedBar:
    """A bar that knows its time.

    Parameters
    ----------
    start, end : datetime
        A point in time is a bar without length.
    open, high, low, close : float, currency per share
    """

    start: dt.datetime
    end: dt.datetime
    open: float
    high: float
    low: float
    close: float

    def extreme(self, side: int) -> float:
        """The dearest price for a buy, the cheapest for a sell."""
        return self.high if side > 0 else self.low


@dataclass(frozen=True, slots=True)
class QuoteBar:
    """Bars of the bid and of the ask over the same time."""

    bid: TimedBar
    ask: TimedBar

    @property
    def start(self) -> dt.datetime:
        """Where both begin."""
        return self.bid.start

    @property
    def end(self) -> dt.datetime:
        """Where both end."""
        return self.bid.end

    def facing(self, side: int) -> TimedBar:
        """What an order that takes meets: the ask for a buy, the bid for a sell."""
        return self.ask if side > 0 else self.bid


@dataclass(frozen=True, slots=True)
class TradingHours:
    """When an exchange trades, on its own clock, Monday to Friday.

    Parameters
    ----------
    zone : tzinfo or None
        Clock of the exchange; None where every moment is naive.
    opens, closes : time
        The regular session; its last instant is not part of it.
    extended_opens, extended_closes : time
        From the first pre-market to the last post-market trade.
    holidays : set of date
    early_closes : mapping of date to time
    pause : (time, time) or None
        When trading rests inside each session: nothing is open then, and the session goes on after it.

    Examples
    --------
    >>> hours = us_equities()
    >>> moment = dt.datetime(2015, 6, 5, 13, 29, tzinfo=dt.timezone.utc)
    >>> hours.is_open(moment), hours.is_open(moment, extended=True)
    (False, True)
    """

    zone: dt.tzinfo | None
    opens: dt.time
    closes: dt.time
    extended_opens: dt.time
    extended_closes: dt.time
    holidays: Set[dt.date] = frozenset()
    early_closes: Mapping[dt.date, dt.time] = field(default_factory=dict)
    pause: tuple[dt.time, dt.time] | None = None

    def local(self, moment: dt.datetime) -> dt.datetime:
        """A moment on the clock of the exchange, naive."""
        return moment if moment.tzinfo is None else moment.astimezone(self.zone).replace(tzinfo=None)

    def session(self, day: dt.date, *, extended: bool = False) -> tuple[dt.datetime, dt.datetime] | None:
        """Begin and end of trading on a day, local; None when there is none."""
        if day.weekday() >= 5 or day in self.holidays:
            return None
        early = self.early_closes.get(day)
        opens = self.extended_opens if extended else self.opens
        closes = self.extended_closes if extended and early is None else early or self.closes
        return dt.datetime.combine(day, opens), dt.datetime.combine(day, closes)

    def stretches(self, day: dt.date, *, extended: bool = False) -> list[tuple[dt.datetime, dt.datetime]]:
        """Begin and end of each stretch of trading of a day, local: two where the session has a pause."""
        session = self.session(day, extended=extended)
        if session is None or self.pause is None:
            return [] if session is None else [session]
        rests, goes_on = (dt.datetime.combine(day, time) for time in self.pause)
        first, second = (session[0], min(rests, session[1])), (max(goes_on, session[0]), session[1])
        return [stretch for stretch in (first, second) if stretch[0] < stretch[1]]

    def is_open(self, moment: dt.datetime, *, extended: bool = False) -> bool:
        """True while a session runs; the moment of the close and the pause are outside."""
        local = self.local(moment)
        session = self.session(local.date(), extended=extended)
        if session is None or not session[0] <= local < session[1]:
            return False
        return self.pause is None or not self.pause[0] <= local.time() < self.pause[1]

    def overlaps(self, start: dt.datetime, end: dt.datetime, *, extended: bool = False) -> bool:
        """True when a stretch of time shares more than an end with a session."""
        first, last = self.local(start), self.local(end)
        for number in range((last.date() - first.date()).days + 1):
            open_ones = self.stretches(first.date() + dt.timedelta(days=number), extended=extended)
            if any(first < closes and last > opens for opens, closes in open_ones):
                return True
        return False

    def next_close(self, moment: dt.datetime) -> dt.datetime:
        """End of the first regular session that ends after a moment, local.

        >>> us_equities().next_close(dt.datetime(2015, 6, 5, 16, 0)).isoformat()
        '2015-06-08T16:00:00'
        """
        local = self.local(moment)
        day = local.date()
        while True:
            session = self.session(day)
            if session is not None and session[1] > local:
                return session[1]
            day += dt.timedelta(days=1)


@cache
def us_equities() -> TradingHours:
    """Shares in the United States: 09:30 to 16:00 in New York, with extended hours from 04:00 to 20:00.

    Holidays and early closes are left to the caller: ``dataclasses.replace(us_equities(), holidays=...)``.

    Raises
    ------
    zoneinfo.ZoneInfoNotFoundError
        The system has no time-zone data; install the package ``tzdata``.

    Examples
    --------
    >>> us_equities().opens.isoformat()
    '09:30:00'
    """
    zone = ZoneInfo("America/New_York")
    return TradingHours(zone, dt.time(9, 30), dt.time(16, 0), dt.time(4, 0), dt.time(20, 0))


@dataclass(frozen=True, slots=True)
class Asked:
    """An order as a fill rule sees it.

    Parameters
    ----------
    terms : Terms
        Its type and limit price, and how a stop trails.
    quantity : int, shares
        What is left to fill, signed.
    placed : datetime
        When it was created; an update does not move it.
    stop : float or None, currency per share
        Where its stop, or the trigger of a limit-if-touched order, stands now.
    triggered : bool
        That stop or trigger was reached at an earlier step; this is never undone.
    """

    terms: Terms
    quantity: int
    placed: dt.datetime
    stop: float | None = None
    triggered: bool = False

    @property
    def side(self) -> int:
        """1 for a buy, -1 for a sell."""
        return 1 if self.quantity > 0 else -1

    @property
    def limit(self) -> float:
        """The limit price of a type that has one."""
        assert self.terms.limit_price is not None
        return self.terms.limit_price

    @property
    def level(self) -> float:
        """The stop or trigger of a type that has one."""
        assert self.stop is not None
        return self.stop

    def is_dearer(self, price: float, other: float) -> bool:
        """True when a price is worse than another for this side: above it for a buy, below it for a sell."""
        return self.side * price > self.side * other

    def dearer(self, price: float, other: float) -> float:
        """The worse of two prices for this side."""
        return max(price, other) if self.quantity > 0 else min(price, other)

    def cheaper(self, price: float, other: float) -> float:
        """The better of two prices for this side."""
        return min(price, other) if self.quantity > 0 else max(price, other)

    def is_touched_by(self, bar: TimedBar) -> bool:
        """True when a bar comes to the trigger from the other side: from above for a buy."""
        return not self.is_dearer(bar.extreme(-self.side), self.level)

    def waits(self, wait: Wait | None, *, triggered: bool = False) -> Answer:
        """No fill."""
        return Answer(stop=self.stop, triggered=self.triggered or triggered, wait=wait)

    def rests(self, price: float, message: str = "", *, triggered: bool = False) -> Answer:
        """A fill of a type that waits at its limit: no slippage."""
        return Answer(price, self.quantity, self.stop, self.triggered or triggered, message=message)

    def takes(self, price: float, slippage: float, message: str = "", *, triggered: bool = False) -> Answer:
        """A fill of a type that takes what is there: slippage against it."""
        moved = price + self.side * slippage
        return Answer(moved, self.quantity, self.stop, self.triggered or triggered, takes=True, message=message)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known about one instrument when the rules are asked.

    Parameters
    ----------
    now : datetime
    resolution : Resolution
        Of the finest subscription.
    hours : TradingHours
    trade : TimedBar or None
    quote : QuoteBar or None
        The last ones that brought news; repeated bars are none.
    trades_subscribed, quotes_subscribed : bool
        What could come.
    extended_hours : bool
        Bars outside the regular session are subscribed to.
    stale_after : timedelta
        Data that ended longer than this before the order was placed are stale.
    """

    now: dt.datetime
    resolution: Resolution
    hours: TradingHours
    trade: TimedBar | None = None
    quote: QuoteBar | None = None
    trades_subscribed: bool = True
    quotes_subscribed: bool = False
    extended_hours: bool = False
    stale_after: dt.timedelta = HOUR

    def is_open(self, *, extended: bool = False) -> bool:
        """True when an order may fill at this step.

        That is: the exchange is open now, or the last bar saw it open and ends no earlier than now. Of a bar longer
        than an hour only the date of its end must be today's. This lets the step at the close fill from the bar that
        ends there.
        """
        extended = extended and self.extended_hours
        if self.hours.is_open(self.now, extended=extended):
            return True
        last = self.newest
        if last is None or not self.hours.overlaps(last.start, last.end, extended=extended):
            return False
        if last.end - last.start <= HOUR:
            return self.now <= last.end
        return self.hours.local(self.now).date() == self.hours.local(last.end).date()

    @property
    def newest(self) -> TimedBar | QuoteBar | None:
        """The bar that ends last; the quotes where both end together."""
        found = [bar for bar in (self.quote, self.trade) if bar is not None]
        return max(found, key=lambda bar: bar.end, default=None)

    def priced(self, side: int) -> TimedBar | None:
        """The quotes that a side meets where quotes are subscribed and known, else the trades."""
        if self.quotes_subscribed and self.quote is not None:
            return self.quote.facing(side)
        return self.trade

    def printed(self, side: int) -> tuple[TimedBar | None, str]:
        """The trades; where only quotes are subscribed, what a side meets, with a warning."""
        if self.trades_subscribed:
            return self.trade, ""
        facing = None if self.quote is None else self.quote.facing(side)
        return facing, "Warning: no trades are subscribed to; the price is that of the quotes."

    def refusal(self, asked: Asked, bar: TimedBar | None, *, extended: bool = False) -> Wait | None:
        """Why a resting order cannot even be compared with a bar; None when it can."""
        if not self.is_open(extended=extended):
            return Wait.SESSION_CLOSED
        if bar is None:
            return Wait.NO_DATA
        return None if bar.end > asked.placed else Wait.NO_NEW_BAR

    def best_effort(self, asked: Asked) -> tuple[TimedBar | None, str, bool]:
        """The freshest prices that an order meets: a bar, a remark on it, and whether it is fresh."""
        oldest = asked.placed - self.stale_after
        quote = None if self.quote is None or not self.quotes_subscribed else self.quote.facing(asked.side)
        if quote is not None and quote.end >= oldest:
            return quote, "", True
        trade = self.trade
        if trade is not None and trade.end >= oldest:
            remark = "Warning: no fresh quote, the price is that of the last trades." if self.quotes_subscribed else ""
            return trade, remark, True
        found = [bar for bar in (quote, trade) if bar is not None]
        return max(found, key=lambda bar: bar.end, default=None), "", False
