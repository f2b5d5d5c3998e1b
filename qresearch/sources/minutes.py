"""Rows of bars inside the day become :class:`~qresearch.market.intraday.Intraday` and the daily bars they add up to."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qresearch.errors import DataError
from qresearch.market.intraday import BAR_FIELDS, QUOTE_FIELDS, Intraday, daily_fields
from qresearch.market.panel import FIELDS, Bools, Days, Floats
from qresearch.sources.validation import Ints, Rows

STAMPS = ("end", "start")
Hours = tuple[dt.time, dt.time]
_MINUTE = np.timedelta64(1, "m")


def times_of(stamps: NDArray[np.datetime64], days: Days, codes: Ints) -> NDArray[np.datetime64] | None:
    """The times of rows, if there are several times in a day of a symbol; None for daily rows.

    Parameters
    ----------
    stamps : (R,) ndarray of datetime64
        Day and time, local to the venue; not all of them midnight.
    days : (R,) ndarray of datetime64[D]
    codes : (R,) ndarray of int64
        Column of the symbol of each row.
    """
    order = np.lexsort((stamps, codes))
    same_day = (np.diff(codes[order]) == 0) & (np.diff(days[order]).astype(np.int64) == 0)
    inside = np.diff(stamps[order]).astype(np.int64) > 0
    return stamps.astype("datetime64[m]") if (same_day & inside).any() else None


def check_times(rows: Rows) -> None:
    """Every row of minute data has a time of the day, a whole minute; quotes are prices, the bid below the ask.

    Raises
    ------
    DataError
        Daily rows among them: keep one frequency. Two rows in one minute: aggregate them first.
    """
    assert rows.times is not None  # minute data
    rows.reject(
        "date",
        rows.times == rows.days,
        "rows without a time of the day among rows with one",
        "Daily and minute bars do not go together: drop the daily rows, they are added up from the minutes.",
        lambda row: "no time of the day",
    )
    _refuse_twice(rows)
    for name in QUOTE_FIELDS:
        if name in rows.numbers:
            rows.reject(
                name, rows.numbers[name] <= 0, "quotes that are not positive",
                "Pass NaN where nothing was quoted.", rows.show(name),
            )  # fmt: skip
    if set(QUOTE_FIELDS) <= set(rows.numbers):
        crossed = rows.numbers["bid"] > rows.numbers["ask"]
        remedy = "Check that the columns are not swapped."
        rows.reject("bid", crossed, "a bid above the ask", remedy, rows.show(*QUOTE_FIELDS))


def _refuse_twice(rows: Rows) -> None:
    """Raise where most days have the same traded bar at two or three times: a daily bar, stamped more than once."""
    order = np.lexsort((rows.stamps, rows.codes))
    days, codes = rows.days[order], rows.codes[order]
    same_day = (days[1:] == days[:-1]) & (codes[1:] == codes[:-1])
    if same_day.sum() > 2 * (1 + (~same_day).sum()):
        return  # more than three rows a day are bars inside it
    # Minutes at one price may repeat each other, bars of a day have a range.
    high, low = rows.numbers["high"][order], rows.numbers["low"][order]
    same = same_day & (rows.numbers["volume"][order][1:] > 0) & (high > low)[1:]
    for name in ("open", "high", "low", "close", "volume"):
        values = rows.numbers[name][order]
        same &= values[1:] == values[:-1]
    if 2 * same.sum() > same_day.sum():
        bad = np.zeros(len(days), dtype=bool)
        bad[order[1:][same]] = True
        rows.reject(
            "date", bad, "the same bar at several times of a day",
            "These look like daily bars stamped more than once: keep one row per symbol and day, with its day only.",
            lambda row: str(rows.stamps[row]).replace("T", " "),
        )  # fmt: skip


def _length(times: NDArray[np.datetime64]) -> int:
    """Minutes that a bar lasts: the usual distance of two stamps in a day."""
    known = np.unique(times)
    steps = np.diff(known).astype(np.int64)[np.diff(known.astype("datetime64[D]")).astype(np.int64) == 0]
    lengths, counts = np.unique(steps, return_counts=True)
    return int(lengths[counts.argmax()])


def _refuse_longer(rows: Rows, length: int) -> None:
    """Raise where the bars of a symbol, or of a day, last longer than is usual: their ends would come too early.

    Raises
    ------
    DataError
        All their distances are multiples of a longer one; sparse bars, of which some are missing, are none.
    """
    assert rows.times is not None  # minute data
    order = np.lexsort((rows.times, rows.codes))
    codes, days = rows.codes[order], rows.days[order].astype(np.int64)
    inside = (codes[1:] == codes[:-1]) & (days[1:] == days[:-1])
    steps = np.diff(rows.times[order]).astype(np.int64)[inside]
    for groups in (codes[1:][inside], days[1:][inside]):
        by_group = np.argsort(groups, kind="stable")
        found, first, counts = np.unique(groups[by_group], return_index=True, return_counts=True)
        shared = np.gcd.reduceat(steps[by_group], first)
        longer = found[(counts >= _ENOUGH_STEPS) & (shared > length)]
        bad = np.zeros(len(codes), dtype=bool)
        bad[order[1:][inside]] = np.isin(groups, longer)
        rows.reject(
            "date", bad, f"bars that last longer than {length} minutes, as others do",
            "With stamp='start' each would end before it has. Pass bars of one length, or stamp them with their ends.",
            lambda row: str(rows.stamps[row]).replace("T", " "),
        )  # fmt: skip


_ENOUGH_STEPS = 20
"""Distances of which not all are multiples of two by chance."""


def _told_sides(times: NDArray[np.datetime64], starts: NDArray[np.int64], length: int, hours: Hours) -> list[str]:
    """A note where the first or the last bar of a day shows that its time may name its other side.

    Parameters
    ----------
    times : (K,) ndarray of datetime64[m]
        Ends of the bars.
    starts : (T + 1,) ndarray of int64
        First bar of each day.
    length : int
        Minutes that were added to the stamps; 0 where they name the ends.
    hours : tuple of time
        When the venue opens and closes.
    """
    opening, closing = (hour.hour * 60 + hour.minute for hour in hours)
    ends = (times - times.astype("datetime64[D]")).astype(np.int64)
    last = ends[starts[1:] - 1]
    if not length and ends[0] == opening:
        return [
            "The first bar of a day is stamped at the opening itself. If times name the start of their bars, read the "
            "data with stamp='start'; now every bar ends at its time."
        ]
    # A bar that begins later belongs to trading after hours.
    if length and (late := last[(last > closing) & (last - length <= closing)]).size:
        return [
            f"The last bar of a day ends at {late[0] // 60}:{late[0] % 60:02}, after the close: each is taken to last "
            f"{length} minutes from its time, the usual distance of two. If times name the end of their bars, read the "
            "data with stamp='end'."
        ]
    return []


def _told_sums(volume: Floats, starts: NDArray[np.int64]) -> list[str]:
    """A note where no volume falls inside any day: vendors of snapshots count it from the opening.

    Parameters
    ----------
    volume : (K, N) ndarray of float64, shares
        Of the bars; NaN without a row. Of a vendor all instruments are counted alike, so that a few of them tell.
    starts : (T + 1,) ndarray of int64
        First bar of each day.
    """
    steps = np.diff(volume[:, :_LOOKED_AT], axis=0)
    steps[starts[1:-1] - 1] = np.nan
    rises = int((steps > 0).sum())
    if rises < _ENOUGH_STEPS or 2 * rises < int((steps == steps).sum()) or (steps < 0).any():
        return []
    return [
        "No volume is smaller than that of the bar before it on any day, as if each were counted from the opening. If "
        "they are, read the data with what came in each bar: volume.groupby([symbol, day]).diff().fillna(volume)."
    ]


_LOOKED_AT = 8
"""Instruments whose volumes are looked at."""


def fold(
    rows: Rows, stamp: str, hours: Hours
) -> tuple[Days, dict[str, Floats], dict[str, Bools], Bools, Intraday, list[str]]:
    """Days, daily fields, daily flags, where there is a row, the bars, and what a user should know.

    Parameters
    ----------
    rows : Rows
        Checked.
    stamp : {"end", "start"}
        Which side of its bar a time names.
    hours : tuple of time
        When the venue opens and closes.
    """
    assert rows.times is not None  # minute data
    length = 0 if stamp == "end" else _length(rows.times)
    if length:
        _refuse_longer(rows, length)
    ends = rows.times + _MINUTE * length
    times, row_of = np.unique(ends, return_inverse=True)
    days = np.unique(times.astype("datetime64[D]"))
    if not np.isin(days, rows.days).all():
        raise DataError("stamp='start' moves bars past midnight. Pass stamp='end' if times are the ends of their bars.")
    starts = np.append(np.searchsorted(times, days.astype("datetime64[m]")), len(times)).astype(np.int64)
    shape = (len(times), len(rows.symbols))

    def spread(values: NDArray[Any]) -> Floats:
        array = np.full(shape, np.nan)
        array[row_of, rows.codes] = values
        return array

    numbers = dict(rows.numbers)
    numbers["volume"] = np.where(np.isnan(numbers["volume"]), 0.0, numbers["volume"])
    arrays = {name: spread(numbers.pop(name)) for name in (*BAR_FIELDS, *QUOTE_FIELDS) if name in numbers}
    arrays.setdefault("turnover", np.full(shape, np.nan))
    bars = Intraday(times, starts, **arrays)
    day_of = np.searchsorted(days, rows.days)
    fields = daily_fields(bars)
    for name in FIELDS:
        fields.setdefault(name, np.full(fields["close"].shape, np.nan))
    flags = {name: np.zeros(fields["close"].shape, dtype=bool) for name in ("paused", "is_st")}
    known = flags["paused"].copy()
    known[day_of, rows.codes] = True
    # What holds for a whole day stands in its first row; a day is paused when all its bars are.
    for name, values in numbers.items():
        fields[name][day_of[::-1], rows.codes[::-1]] = values[::-1]
    if "is_st" in rows.flags:
        flags["is_st"][day_of[::-1], rows.codes[::-1]] = rows.flags["is_st"][::-1]
    flags["paused"] = known.copy()
    awake = ~rows.flags["paused"]
    flags["paused"][day_of[awake], rows.codes[awake]] = False
    told = [*_told_sides(times, starts, length, hours), *_told_sums(bars.volume, starts)]
    return days, fields, flags, known, bars, told
