"""The exchange of a share and its hours, as a script asks them; times are those of New York."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from qresearch.dialects.lean.names import Named
from qresearch.engine.lean_market import TradingHours

_DAY = dt.timedelta(days=1)


class SecurityExchangeHours(Named):
    """When an exchange is open.

    Parameters
    ----------
    hours : TradingHours
    """

    time_zone = "America/New_York"
    is_market_always_open = False

    def __init__(self, hours: TradingHours) -> None:
        self._hours = hours

    @property
    def holidays(self) -> set[dt.date]:
        """Days of the week on which it stays closed."""
        return set(self._hours.holidays)

    @property
    def early_closes(self) -> dict[dt.date, dt.time]:
        """Days on which it closes early, and when."""
        return dict(self._hours.early_closes)

    @property
    def regular_market_duration(self) -> dt.timedelta:
        """How long the regular session is, without its pause."""
        hours, day = self._hours, dt.date(2000, 1, 3)
        stretches = replace(hours, holidays=frozenset(), early_closes={}).stretches(day)
        return sum((last - first for first, last in stretches), dt.timedelta(0))

    def is_open(self, moment: dt.datetime, *more: Any, extended_market_hours: bool = False) -> bool:
        """Whether it is open at a moment, or between two; the last argument counts the extended hours in."""
        extended = extended_market_hours or bool(more and isinstance(more[-1], bool) and more[-1])
        if more and isinstance(more[0], dt.datetime):
            return self._hours.overlaps(moment, more[0], extended=extended)
        return self._hours.is_open(moment, extended=extended)

    def is_date_open(self, day: dt.datetime | dt.date, *_: Any) -> bool:
        """Whether a day is a trading day."""
        return self._hours.session(dt.date(day.year, day.month, day.day)) is not None

    def get_next_market_open(self, moment: dt.datetime, extended_market_hours: bool = False) -> dt.datetime:
        """The first begin of a session after a moment."""
        return self._search(moment, 0, 1, extended_market_hours)

    def get_next_market_close(self, moment: dt.datetime, extended_market_hours: bool = False) -> dt.datetime:
        """The first end of a session after a moment."""
        return self._search(moment, 1, 1, extended_market_hours)

    def get_previous_market_open(self, moment: dt.datetime, extended_market_hours: bool = False) -> dt.datetime:
        """The last begin of a session before a moment."""
        return self._search(moment, 0, -1, extended_market_hours)

    def get_previous_trading_day(self, day: dt.datetime | dt.date) -> dt.datetime:
        """The trading day before a day, at midnight."""
        return self._trading_day(day, -1)

    def get_next_trading_day(self, day: dt.datetime | dt.date) -> dt.datetime:
        """The trading day after a day, at midnight."""
        return self._trading_day(day, 1)

    def _trading_day(self, day: dt.datetime | dt.date, step: int) -> dt.datetime:
        found = dt.date(day.year, day.month, day.day) + step * _DAY
        while self._hours.session(found) is None:
            found += step * _DAY
        return dt.datetime.combine(found, dt.time(0))

    def _search(self, moment: dt.datetime, end: int, step: int, extended: bool) -> dt.datetime:
        day = moment.date()
        while True:
            for stretch in self._hours.stretches(day, extended=extended)[::step]:
                if (stretch[end] - moment) * step > dt.timedelta(0):
                    return stretch[end]
            day += step * _DAY


class SecurityExchange(Named):
    """The exchange of a share as a script asks it.

    Parameters
    ----------
    security : Security
    """

    time_zone = "America/New_York"

    def __init__(self, security: Any) -> None:
        self._security = security

    @property
    def hours(self) -> SecurityExchangeHours:
        """Its hours."""
        return SecurityExchangeHours(self._security.hours)

    @property
    def local_time(self) -> dt.datetime:
        """Now."""
        found: dt.datetime = self._security.local_time
        return found

    @property
    def exchange_open(self) -> bool:
        """True while the regular session runs."""
        found: bool = self._security.hours.is_open(self._security.local_time)
        return found

    @property
    def closing_soon(self) -> bool:
        """True in the last ten minutes of the regular session."""
        ahead = self._security.local_time + dt.timedelta(minutes=10)
        return self.exchange_open and not self._security.hours.is_open(ahead)

    def date_time_is_open(self, moment: dt.datetime) -> bool:
        """True where the regular session runs at a moment."""
        found: bool = self._security.hours.is_open(moment)
        return found

    def date_is_open(self, day: dt.datetime | dt.date) -> bool:
        """True for a trading day."""
        return self._security.hours.session(dt.date(day.year, day.month, day.day)) is not None
