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


def _ends(times: NDArray[np.datetime64], stamp: str) -> NDArray[np.datetime64]:
    """The end of each bar: its stamp, or that plus the usual distance of two stamps in a day."""
    if stamp == "end":
        return times
    known = np.unique(times)
    steps = np.diff(known).astype(np.int64)[np.diff(known.astype("datetime64[D]")).astype(np.int64) == 0]
    lengths, counts = np.unique(steps, return_counts=True)
    return times + _MINUTE * int(lengths[counts.argmax()])


def fold(
    rows: Rows, stamp: str, opening: dt.time
) -> tuple[Days, dict[str, Floats], dict[str, Bools], Bools, Intraday, list[str]]:
    """Days, daily fields, daily flags, where there is a row, the bars, and what a user should know.

    Parameters
    ----------
    rows : Rows
        Checked.
    stamp : {"end", "start"}
        Which side of its bar a time names.
    opening : time
        When the venue opens.
    """
    assert rows.times is not None  # minute data
    ends = _ends(rows.times, stamp)
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
    notes = []
    first = (times[starts[0]] - days[0]).astype("timedelta64[m]").astype(np.int64)
    if stamp == "end" and first == opening.hour * 60 + opening.minute:
        notes.append(
            "The first bar of a day is stamped at the opening itself. If times name the start of their bars, read the "
            "data with stamp='start'; now every bar ends at its time."
        )
    return days, fields, flags, known, bars, notes
