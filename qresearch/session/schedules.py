"""Times of the day: when hooks and ``run_daily`` call, and what moment "2024-03-01 10:30" is."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pandas as pd

from qresearch.domain.moment import AFTER_CLOSE, CLOSE, INTRADAY, OPEN, PHASE_NUMBERS, PHASES, PRE_OPEN, Moment, Phase
from qresearch.errors import UsageError, shown
from qresearch.market.venue import Venue

if TYPE_CHECKING:
    from qresearch.engine.draft import Draft
    from qresearch.engine.exchange import Exchange
    from qresearch.market.market import Market

NAMED_TIMES = {
    "before_open": Phase.PRE_OPEN,
    "open": Phase.OPEN,
    "intraday": Phase.INTRADAY,
    "close": Phase.CLOSE,
    "after_close": Phase.AFTER_CLOSE,
}
_EVERY_BAR = "every_bar"
AT_EVERY_BAR = 10
"""The code of every bar; lower ones are phases."""
AT_MINUTE = 100
"""Added to the minutes from midnight: the code of a time of the day."""


def hook_phases(handle_data: int) -> dict[int, str]:
    """The hook of each phase that has one, from the phase at which a strategy decides.

    >>> hook_phases(OPEN)
    {0: 'before_trading', 1: 'handle_data', 4: 'after_trading'}
    """
    return {
        PRE_OPEN: "before_trading",
        handle_data: "handle_data",
        AFTER_CLOSE: "after_trading",
    }


def minute_of_day(time: dt.time) -> int:
    """Minutes from midnight.

    >>> minute_of_day(dt.time(10, 30))
    630
    """
    return time.hour * 60 + time.minute


def time_of_day(time: str) -> dt.time:
    """The time that "HH:MM" names.

    Raises
    ------
    UsageError
        No such time; write it as "14:50".
    """
    try:
        hour, minute = (int(part) for part in time.split(":")[:2])
        return dt.time(hour, minute)
    except (ValueError, TypeError, AttributeError):
        raise UsageError(
            f"run_daily: time={shown(time)} is not known. "
            f"Write it as 'HH:MM', or one of {', '.join(NAMED_TIMES)}, {_EVERY_BAR}."
        ) from None


def phase_of(time: str, venue: Venue) -> Phase:
    """The phase at which a time of the day is reached on daily bars.

    Parameters
    ----------
    time : str
        "before_open", "open", "close", "after_close", "every_bar" (the close), or "HH:MM".
    venue : Venue

    Raises
    ------
    UsageError
        No such time; write it as "14:50".

    >>> from qresearch.market.venue import CHINA
    >>> phase_of("09:30", CHINA).value, phase_of("14:50", CHINA).value
    ('OPEN', 'INTRADAY')
    """
    if isinstance(time, str) and time in NAMED_TIMES:
        return NAMED_TIMES[time]
    if isinstance(time, str) and time == _EVERY_BAR:
        return Phase.CLOSE
    moment = time_of_day(time)
    reached = [phase for phase in PHASES if venue.hours[phase] <= moment]
    return reached[-1] if reached else Phase.PRE_OPEN


def when_of(time: str, market: Market, handle_data: int = CLOSE) -> int:
    """The code under which a schedule is kept: a phase, every bar, or a time of the day.

    Times between the open and the close are bars on minute data; on daily data they are the phase of
    :func:`phase_of`. On the clock of the same bar, where a function trades at what it sees, daily data give such a time
    the close: only the open and the close have a price. Every bar is then the open, as for ``handle_data``.

    >>> from qresearch.sources.sample import sample_market
    >>> when_of("open", sample_market()), when_of("14:50", sample_market())
    (1, 2)
    >>> when_of("every_bar", sample_market(), OPEN), when_of("14:50", sample_market(), OPEN)
    (1, 3)
    """
    phase = phase_of(time, market.venue)
    if market.panel.intraday is None:
        if handle_data == OPEN and time == _EVERY_BAR:
            return OPEN
        between = phase is Phase.INTRADAY and time not in NAMED_TIMES
        return CLOSE if handle_data == OPEN and between else PHASE_NUMBERS[phase]
    if time == _EVERY_BAR:
        return AT_EVERY_BAR
    inside = time not in NAMED_TIMES and (phase is Phase.INTRADAY or time_of_day(time) > market.venue.hours[Phase.OPEN])
    if inside and phase in {Phase.OPEN, Phase.INTRADAY}:
        return AT_MINUTE + minute_of_day(time_of_day(time))
    return PHASE_NUMBERS[phase]


def moment_at(when: object, exchange: Exchange) -> Moment | None:
    """The last moment at or before a time: (day, phase, bar).

    Returns
    -------
    (int, int, int) or None
        None on daily data, and for a date without a time of the day.

    Raises
    ------
    OutOfRange
        A time before the first day.
    """
    bars, panel, hours = exchange.intraday, exchange.market.panel, exchange.market.venue.hours
    if bars is None:
        return None
    stamp = pd.DatetimeIndex([pd.to_datetime(str(when), errors="coerce")])
    minute = 0 if stamp.hasnans else int(stamp.hour[0]) * 60 + int(stamp.minute[0])
    if not minute:
        return None
    day = panel.day_index(when, side="previous")
    if str(panel.days[day]) != str(stamp[0])[:10]:
        return Moment(day, CLOSE)
    reached = [PHASE_NUMBERS[phase] for phase in PHASES if minute_of_day(hours[phase]) <= minute]
    phase, bar = reached[-1] if reached else 0, bars.bars_until(day, minute)
    if bar and phase < CLOSE:
        return Moment(day, INTRADAY, bar)
    return Moment(day, min(phase, OPEN) if phase < CLOSE else phase)


def is_due(when: int, draft: Draft, exchange: Exchange) -> bool:
    """True at the bar of a code above the phases: the first to end at or after its time, else the last of the day."""
    bars = exchange.intraday
    if draft.phase != INTRADAY or bars is None:
        return False
    if when == AT_EVERY_BAR:
        return draft.bar > 0
    return draft.bar == (bars.bar_from(draft.day, when - AT_MINUTE) or bars.counts[draft.day])
