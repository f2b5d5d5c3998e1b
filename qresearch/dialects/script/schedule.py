"""When the functions of a script are called: trading days counted in weeks and months, times brought to phases."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from qresearch.domain.moment import AFTER_CLOSE, CLOSE, INTRADAY, OPEN, PRE_OPEN
from qresearch.errors import UsageError

NAMED = {"before_open": "09:00", "open": "09:30", "every_bar": "09:30", "close": "15:00", "after_close": "15:30"}
"""Times with a name; ``every_bar`` is once a day at the open on daily bars."""

KINDS = ("monthly", "weekly", "daily")
"""In the order in which calls of the same minute come."""

_SHIFTED = re.compile(r"^(open|close|before_open|after_close)\s*([+-])\s*(\d+)\s*m$")
_AUCTION, _OPENS, _LATER = dt.time(9, 25), dt.time(9, 30), dt.time(9, 35, 1)
_CLOSING, _CLOSES = dt.time(14, 50), dt.time(15, 0)
_STANDS_IN = {
    OPEN: "it sees the open of the day and trades at it",
    INTRADAY: "the last price is the open: market orders and limits within it trade at it, other limits rest and are "
    "asked at the close only, never at the high or the low of the day",
    CLOSE: "it sees and trades at the close, which stands in for the price of that time",
}
"""What a call at a time that daily bars do not hold gets, by phase."""


class Schedule(NamedTuple):
    """One request to be called.

    Parameters
    ----------
    kind : {"monthly", "weekly", "daily"}
    name : str
        Of the function.
    time : str
        ``HH:MM``, or "every_bar".
    number : int
        Trading day of the week or month, negative from its end; 0 for daily.
    """

    kind: str
    name: str
    time: str
    number: int = 0


def clock_time(call: str, time: object) -> str:
    """A time as a script writes it, as ``HH:MM`` (or "every_bar").

    Raises
    ------
    UsageError
        Not a time; write it as '14:50'.

    >>> [clock_time("run_daily", text) for text in ("9:30", "open+5m", "before_open", "14:50:00")]
    ['09:30', '09:35', '09:00', '14:50']
    """
    if isinstance(time, dt.time):
        return f"{time.hour:02}:{time.minute:02}"
    text = str(time).strip().lower()
    if text == "every_bar":
        return text
    if text in NAMED:
        return NAMED[text]
    minutes = 0
    shifted = _SHIFTED.match(text)
    if shifted:
        minutes = int(shifted[3]) * (1 if shifted[2] == "+" else -1)
        text = NAMED[shifted[1]]
    try:
        hour, minute = (int(part) for part in text.split(":")[:2])
        found = dt.datetime(2000, 1, 1, hour, minute) + dt.timedelta(minutes=minutes)
    except ValueError:
        raise UsageError(
            f"{call}: time={time!r} is not known. Write it as 'HH:MM', 'open', 'open+5m', 'close', 'every_bar', "
            "'before_open' or 'after_close'."
        ) from None
    return f"{found.hour:02}:{found.minute:02}"


@cache
def time_of(text: str) -> dt.time:
    """The time of a schedule; that of the open for "every_bar"."""
    hour, minute = NAMED.get(text, text).split(":")
    return dt.time(int(hour), int(minute))


@cache
def phase_of(time: dt.time) -> int:
    """Where a time is reached on daily bars, which hold an open and a close and no price in between.

    The auction ends at 09:25 with the opening price. From then to 09:35 a call sees it and trades at it; later it is
    still the last price that is known; from 14:50 to 15:00 the close stands in for the price of the call.

    >>> [phase_of(dt.time(hour, minute)) for hour, minute in ((9, 0), (9, 25), (9, 35), (9, 36), (14, 49), (14, 50))]
    [0, 1, 1, 2, 2, 3]
    >>> phase_of(dt.time(15, 0)), phase_of(dt.time(15, 1))
    (3, 4)
    """
    for first, phase in ((_AUCTION, PRE_OPEN), (_LATER, OPEN), (_CLOSING, INTRADAY)):
        if time < first:
            return phase
    return CLOSE if time <= _CLOSES else AFTER_CLOSE


def stands_in(time: dt.time) -> str:
    """What a call at a time gets on daily bars, where they do not hold that time; empty where they do.

    >>> stands_in(dt.time(9, 31)), stands_in(dt.time(15, 0))
    ('it sees the open of the day and trades at it', '')
    """
    held = time <= _OPENS or time >= _CLOSES
    return "" if held else _STANDS_IN[phase_of(time)]


def phase_on_minutes(time: dt.time) -> int:
    """Where a time is reached on minute bars: up to 09:30 and at 15:00 what it is, in between at the bars.

    >>> [phase_on_minutes(dt.time(hour, minute)) for hour, minute in ((9, 24), (9, 30), (9, 31), (15, 0), (15, 1))]
    [0, 1, 2, 3, 4]
    """
    if time < _AUCTION:
        return PRE_OPEN
    if time <= _OPENS:
        return OPEN
    return INTRADAY if time < _CLOSES else CLOSE if time == _CLOSES else AFTER_CLOSE


class Calendar:
    """Which trading day of its week and month a day is, counted from the start of the run.

    Parameters
    ----------
    days : (T,) ndarray of datetime64[D]
    first : int
        First day of the run: its week and month begin there.
    """

    def __init__(self, days: np.ndarray[Any, np.dtype[np.datetime64]], first: int) -> None:
        self._days, self._first = days, first
        self._weeks = (days.astype("datetime64[D]").astype(np.int64) + 3) // 7
        self._months = days.astype("datetime64[M]").astype(np.int64)

    def is_due(self, schedule: Schedule, day: int) -> bool:
        """True when a schedule calls on a day (index)."""
        if schedule.kind == "daily":
            return True
        groups = self._weeks if schedule.kind == "weekly" else self._months
        begin = max(int(np.searchsorted(groups, groups[day])), self._first)
        end = int(np.searchsorted(groups, groups[day], side="right"))
        count, number = end - begin, schedule.number
        place = number - 1 if number > 0 else count + number
        return day == begin + min(max(place, 0), count - 1)


def in_order(schedules: Sequence[Schedule]) -> list[Schedule]:
    """By time, then monthly before weekly before daily; what is left in the order of registration."""
    return sorted(schedules, key=lambda item: (time_of(item.time), KINDS.index(item.kind)))
