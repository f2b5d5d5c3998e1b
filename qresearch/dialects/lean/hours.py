"""When the exchanges of the United States are open, by rule or by the table in a data folder; clocks of New York."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from qresearch.engine.lean_market import TradingHours, us_equities
from qresearch.errors import UsageError

NEW_YORK = ZoneInfo("America/New_York")
_ONCE = frozenset(
    map(dt.date.fromisoformat, (
        "2001-09-11", "2001-09-12", "2001-09-13", "2001-09-14", "2004-06-11", "2007-01-02", "2012-10-29", "2012-10-30",
        "2018-12-05", "2025-01-09",
    ))
)  # fmt: skip
"""Days on which the exchanges stayed closed for once."""
_FIRST, _LAST = 1990, 2050


@cache
def new_york_hours(folder: str = "") -> TradingHours:
    """Hours of shares with their holidays and early closes, on the clock of New York.

    Parameters
    ----------
    folder : str
        A data folder; its table of market hours goes before the rules, where it has one.

    Returns
    -------
    TradingHours
        Moments are naive.

    >>> hours = new_york_hours()
    >>> hours.session(dt.date(2024, 7, 4)), hours.session(dt.date(2024, 7, 3))[1].time()
    (None, datetime.time(13, 0))
    """
    path = Path(folder) / "market-hours" / "market-hours-database.json"
    if folder and path.is_file():
        holidays, early = _listed(json.loads(path.read_text("utf-8-sig")))
    else:
        holidays = frozenset(day for year in range(_FIRST, _LAST) for day in _holidays(year)) | _ONCE
        early = {day: dt.time(13, 0) for year in range(_FIRST, _LAST) for day in _early(year) if day not in holidays}
    return replace(us_equities(), zone=None, holidays=holidays, early_closes=early)


def _listed(table: dict[str, Any]) -> tuple[frozenset[dt.date], dict[dt.date, dt.time]]:
    entry = table["entries"]["Equity-usa-[*]"]
    closes = {_day(day): dt.time.fromisoformat(time) for day, time in entry.get("earlyCloses", {}).items()}
    return frozenset(map(_day, entry.get("holidays", ()))), closes


def _day(text: str) -> dt.date:
    month, day, year = map(int, text.split("/"))
    return dt.date(year, month, day)


def _holidays(year: int) -> list[dt.date]:
    """Full holidays of a year, where they are kept."""
    found = [
        _kept(dt.date(year, 1, 1), on_friday=False), _nth(year, 2, 0, 3), _easter(year) - dt.timedelta(days=2),
        _nth(year, 5, 0, -1), _kept(dt.date(year, 7, 4)), _nth(year, 9, 0, 1), _nth(year, 11, 3, 4),
        _kept(dt.date(year, 12, 25)),
    ]  # fmt: skip
    if year >= 1998:
        found.append(_nth(year, 1, 0, 3))
    if year >= 2022:
        found.append(_kept(dt.date(year, 6, 19)))
    return found


def _early(year: int) -> list[dt.date]:
    """Days on which trading ends at 13:00, where they are trading days."""
    days = [_nth(year, 11, 3, 4) + dt.timedelta(days=1), dt.date(year, 12, 24), dt.date(year, 7, 3)]
    return [day for day in days if day.weekday() < 5]


def _easter(year: int) -> dt.date:
    """Easter Sunday: the Gregorian computus, anonymous, 1876."""
    a, b, c = year % 19, year // 100, year % 100
    e = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    f = (32 + 2 * (b % 4) + 2 * (c // 4) - e - c % 4) % 7
    g = (a + 11 * e + 22 * f) // 451
    month, day = divmod(e + f - 7 * g + 114, 31)
    return dt.date(year, month, day + 1)


def _kept(day: dt.date, *, on_friday: bool = True) -> dt.date:
    """A holiday on a Saturday is kept on Friday (New Year's Day is not), one on a Sunday on Monday."""
    if day.weekday() == 5:
        return day - dt.timedelta(days=1) if on_friday else day
    return day + dt.timedelta(days=1) if day.weekday() == 6 else day


def _nth(year: int, month: int, weekday: int, number: int) -> dt.date:
    """The n-th such day of the week in a month; -1 the last."""
    if number < 0:
        last = dt.date(year, month + 1, 1) - dt.timedelta(days=1)
        return last - dt.timedelta(days=(last.weekday() - weekday) % 7)
    first = dt.date(year, month, 1)
    return first + dt.timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))


@cache
def _offset(day: dt.date) -> dt.timedelta:
    """What New York's clock is behind at noon of a day."""
    found = dt.datetime.combine(day, dt.time(12), NEW_YORK).utcoffset()
    assert found is not None  # the zone has one
    return found


def utc(local: dt.datetime) -> dt.datetime:
    """A moment of New York in UTC, both naive.

    >>> utc(dt.datetime(2013, 10, 7, 9, 31)).isoformat(), utc(dt.datetime(2024, 1, 2, 16)).isoformat()
    ('2013-10-07T13:31:00', '2024-01-02T21:00:00')
    """
    if local.hour >= 4:
        return local - _offset(local.date())
    return local.replace(tzinfo=NEW_YORK).astimezone(dt.UTC).replace(tzinfo=None)


def new_york(moment: dt.datetime) -> dt.datetime:
    """A moment of UTC on the clock of New York, both naive; an aware one is put there too.

    >>> new_york(dt.datetime(2013, 10, 7, 13, 31)).isoformat(), new_york(dt.datetime(2024, 1, 2, 21)).isoformat()
    ('2013-10-07T09:31:00', '2024-01-02T16:00:00')
    """
    aware = moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment
    return aware.astimezone(NEW_YORK).replace(tzinfo=None)


def zone_name(zone: Any) -> str:
    """The name of a time zone, which may be given as one.

    >>> zone_name(NEW_YORK), zone_name("UTC")
    ('America/New_York', 'UTC')
    """
    name = str(getattr(zone, "key", zone))
    try:
        return ZoneInfo(name).key
    except (LookupError, ValueError, OSError):
        raise UsageError(f"{name!r} is no time zone. Pass one such as TimeZones.NEW_YORK or 'Asia/Shanghai'.") from None
