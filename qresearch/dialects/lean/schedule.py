"""Scheduled events: date rules, time rules, and what is due when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from qresearch.dialects.lean.enums import DayOfWeek
from qresearch.dialects.lean.hours import NEW_YORK, zone_name
from qresearch.dialects.lean.names import Named, spoken
from qresearch.engine.lean_market import TradingHours
from qresearch.errors import UsageError

_HORIZON = dt.timedelta(days=400)
"""How far ahead the next day of a rule is looked for."""


@dataclass(frozen=True)
class DateRule(Named):
    """Days on which something happens: a kind with its argument."""

    kind: str
    value: Any = 0
    trading: bool = False

    def is_due(self, day: dt.date, hours: TradingHours) -> bool:
        """Whether a day is one of them."""
        if self.trading and hours.session(day) is None:
            return False
        match self.kind:
            case "every":
                return True
            case "weekdays":
                return (day.weekday() + 1) % 7 in self.value
            case "on":
                return day in self.value
            case _:
                return day == self._chosen(day, hours)

    def _chosen(self, day: dt.date, hours: TradingHours) -> dt.date | None:
        """The day of a week, month or year that counts from its begin or its end."""
        unit, end = self.kind.split("_")
        first, last = _bounds(day, unit)
        span = [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]
        days = [found for found in span if not self.trading or hours.session(found) is not None]
        if end == "end":
            days.reverse()
        return days[min(self.value, len(days) - 1)] if days else None


def _bounds(day: dt.date, unit: str) -> tuple[dt.date, dt.date]:
    """First and last day of the week (from Monday), month or year of a day."""
    if unit == "week":
        first = day - dt.timedelta(days=day.weekday())
        return first, first + dt.timedelta(days=6)
    if unit == "month":
        first = day.replace(day=1)
        return first, (first + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)
    return day.replace(month=1, day=1), day.replace(month=12, day=31)


@spoken
class DateRules(Named):
    """What ``self.date_rules`` is.

    Parameters
    ----------
    clock : callable
        The time, on the clock of New York.
    """

    def __init__(self, clock: Callable[[], dt.datetime]) -> None:
        self._clock = clock

    def every_day(self, symbol: Any = None) -> DateRule:
        """Every day, or every trading day of a symbol."""
        return DateRule("every", trading=symbol is not None)

    def every(self, *days: Any) -> DateRule:
        """Some days of the week."""
        flat = days[0] if len(days) == 1 and isinstance(days[0], (list, tuple)) else days
        return DateRule("weekdays", frozenset(int(DayOfWeek(day)) for day in flat))

    def on(self, *when: Any) -> DateRule:
        """One day by year, month and day; or dates."""
        if len(when) == 3 and all(isinstance(part, int) for part in when):
            return DateRule("on", frozenset({dt.date(*when)}))
        flat = when[0] if len(when) == 1 and isinstance(when[0], (list, tuple)) else when
        return DateRule("on", frozenset(dt.date(day.year, day.month, day.day) for day in flat))

    @property
    def today(self) -> DateRule:
        """The day on which it is asked."""
        return self.on(self._clock())

    @property
    def tomorrow(self) -> DateRule:
        """The day after that."""
        return self.on(self._clock() + dt.timedelta(days=1))

    def _from(self, kind: str, symbol: Any, offset: int) -> DateRule:
        if isinstance(symbol, int):
            symbol, offset = None, symbol
        return DateRule(kind, offset, trading=symbol is not None)

    def week_start(self, symbol: Any = None, days_offset: int = 0) -> DateRule:
        """The first day of each week."""
        return self._from("week_start", symbol, days_offset)

    def week_end(self, symbol: Any = None, days_offset: int = 0) -> DateRule:
        """The last day of each week."""
        return self._from("week_end", symbol, days_offset)

    def month_start(self, symbol: Any = None, days_offset: int = 0) -> DateRule:
        """The first day of each month."""
        return self._from("month_start", symbol, days_offset)

    def month_end(self, symbol: Any = None, days_offset: int = 0) -> DateRule:
        """The last day of each month."""
        return self._from("month_end", symbol, days_offset)

    def year_start(self, symbol: Any = None, days_offset: int = 0) -> DateRule:
        """The first day of each year."""
        return self._from("year_start", symbol, days_offset)

    def year_end(self, symbol: Any = None, days_offset: int = 0) -> DateRule:
        """The last day of each year."""
        return self._from("year_end", symbol, days_offset)


@dataclass(frozen=True)
class TimeRule(Named):
    """Times of a day: a kind with its argument; offsets after the open, before the close."""

    kind: str
    offset: dt.timedelta = dt.timedelta(0)
    extended: bool = False
    zone: str = ""

    def times(self, day: dt.date, hours: TradingHours) -> Iterator[dt.datetime]:
        """Moments of a day, in their order."""
        midnight = dt.datetime.combine(day, dt.time(0))
        if self.kind == "at":
            at = midnight + self.offset
            yield at.replace(tzinfo=ZoneInfo(self.zone)).astimezone(NEW_YORK).replace(tzinfo=None) if self.zone else at
            return
        if self.kind == "every":
            at = midnight
            while at < midnight + dt.timedelta(days=1):
                yield at
                at += self.offset
            return
        session = hours.session(day, extended=self.extended)
        if session is not None:
            yield session[0] + self.offset if self.kind == "open" else session[1] - self.offset


@spoken
class TimeRules(Named):
    """What ``self.time_rules`` is; times are those of New York, or of a zone that is given.

    Parameters
    ----------
    clock : callable
        The time, on the clock of New York.
    """

    def __init__(self, clock: Callable[[], dt.datetime]) -> None:
        self._clock, self._zone = clock, ""

    def set_default_time_zone(self, zone: Any) -> None:
        """The zone of times from now on."""
        self._zone = zone_name(zone)

    def at(self, hour: Any, minute: Any = 0, second: Any = 0, zone: Any = None) -> TimeRule:
        """A time of the day: hour, minute and second or a span since midnight, and a zone or none."""
        given = [item for item in (minute, second, zone) if isinstance(item, (str, dt.tzinfo))]
        name = zone_name(given[0]) if given else self._zone
        minutes, seconds = (item if isinstance(item, int) else 0 for item in (minute, second))
        is_span = isinstance(hour, dt.timedelta)
        offset = hour if is_span else dt.timedelta(hours=hour, minutes=minutes, seconds=seconds)
        if not dt.timedelta(0) <= offset < dt.timedelta(days=1):
            raise UsageError(f"time_rules.at: a day has no time {offset} after midnight. Pass an hour from 0 to 23.")
        return TimeRule("at", offset, zone=name)

    @property
    def now(self) -> TimeRule:
        """The time at which it is asked."""
        now = self._clock()
        return TimeRule("at", now - now.replace(hour=0, minute=0, second=0, microsecond=0))

    def every(self, interval: dt.timedelta) -> TimeRule:
        """Again and again, from midnight on."""
        if interval <= dt.timedelta(0):
            raise UsageError(f"time_rules.every({interval}): pass a positive interval such as 10 minutes.")
        return TimeRule("every", interval)

    def after_market_open(
        self, symbol: Any, minutes_after_open: float = 0, extended_market_open: bool = False
    ) -> TimeRule:
        """After the open of a symbol's exchange."""
        return TimeRule("open", dt.timedelta(minutes=minutes_after_open), extended_market_open)

    def before_market_close(
        self, symbol: Any, minutes_before_close: float = 0, extended_market_close: bool = False
    ) -> TimeRule:
        """Before the close of a symbol's exchange."""
        return TimeRule("close", dt.timedelta(minutes=minutes_before_close), extended_market_close)

    @property
    def midnight(self) -> TimeRule:
        """At 00:00."""
        return TimeRule("at", zone=self._zone)

    @property
    def noon(self) -> TimeRule:
        """At 12:00."""
        return TimeRule("at", dt.timedelta(hours=12), zone=self._zone)


@dataclass
class ScheduledEvent(Named):
    """Something that is called at its times.

    Parameters
    ----------
    name : str
    dates : DateRule
    times : TimeRule
    call : callable
    next : datetime or None
        When it is called next, on the clock of New York.
    """

    name: str
    dates: DateRule
    times: TimeRule
    call: Callable[..., Any]
    next: dt.datetime | None = None
    enabled: bool = True

    def advance(self, after: dt.datetime, hours: TradingHours, *, inclusive: bool = False) -> None:
        """Find the first time after a moment, or at it."""
        day, end = after.date(), after.date() + _HORIZON
        while day <= end:
            if self.dates.is_due(day, hours):
                for at in self.times.times(day, hours):
                    if at > after or (inclusive and at == after):
                        self.next = at
                        return
            day += dt.timedelta(days=1)
        self.next = None


@dataclass
class Schedule(Named):
    """What ``self.schedule`` is.

    Parameters
    ----------
    hours : TradingHours
    """

    hours: TradingHours
    events: list[ScheduledEvent] = field(default_factory=list)
    now: dt.datetime = dt.datetime(1998, 1, 1)
    keep: Any = None

    def on(self, *what: Any) -> ScheduledEvent:
        """Call a function: (date rule, time rule, function), with a name before them or not."""
        name, rest = (what[0], what[1:]) if isinstance(what[0], str) else ("", what)
        if len(rest) != 3 or not isinstance(rest[0], DateRule) or not isinstance(rest[1], TimeRule):
            raise UsageError("schedule.on takes a date rule, a time rule and a function, after a name or without one.")
        dates, times, call = rest
        self.keep(call)
        event = ScheduledEvent(name or getattr(call, "__name__", "event"), dates, times, call)
        event.advance(self.now, self.hours, inclusive=True)
        self.events.append(event)
        return event

    def add(self, event: ScheduledEvent) -> None:
        """Put an event back."""
        self.events.append(event)

    def remove(self, event: ScheduledEvent) -> None:
        """Never call an event again."""
        self.events = [known for known in self.events if known is not event]

    def due(self, until: dt.datetime, *, inclusive: bool) -> ScheduledEvent | None:
        """The first event before a moment, or at it; None where there is none."""
        found = [event for event in self.events if event.next is not None]
        first = min(found, key=lambda event: event.next or until, default=None)
        if first is None or first.next is None:
            return None
        return first if first.next < until or (inclusive and first.next == until) else None
