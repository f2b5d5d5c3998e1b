"""The rows of LEAN's files: bars as text, and text as bars; each bar once, in the order of time."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qresearch.errors import DataError, UsageError

Ints = NDArray[np.int64]
SCALE = 10_000
"""Price steps in one dollar."""
TRADE, QUOTE = "trade", "quote"
INSIDE_DAY = ("second", "minute")
RESOLUTIONS = ("second", "minute", "hour", "daily")
_WIDTH = {TRADE: 5, QUOTE: 10}
_MOST = 1e18


@dataclass(frozen=True, eq=False)
class RawBars:
    """Bars of one share as they lie in the files.

    Parameters
    ----------
    starts : (M,) ndarray of int64
        Begin of each bar: seconds since 1970 on the clock of New York.
    values : (M, 5) or (M, 10) ndarray of int64
        Trades: open, high, low, close in 1/10,000 dollar, volume in shares. Quotes: the same four prices of the bid and
        its last size, then of the ask; -1 where a side was not quoted.
    """

    starts: Ints
    values: Ints

    def __len__(self) -> int:
        return len(self.starts)

    def between(self, first: dt.date, last: dt.date) -> RawBars:
        """The bars that begin on the days from `first` to `last`."""
        low, high = (seconds(day) for day in (first, last + dt.timedelta(days=1)))
        rows = slice(*np.searchsorted(self.starts, [low, high]).tolist())
        return RawBars(self.starts[rows], self.values[rows])


def seconds(day: dt.date) -> int:
    """Midnight of a day as seconds since 1970, whatever the zone."""
    return (day - dt.date(1970, 1, 1)).days * 86_400


def joined(parts: Sequence[RawBars], kind: str) -> RawBars:
    """Bars one after the other; none at all where there are no parts."""
    if not parts:
        return no_bars(kind)
    return RawBars(np.concatenate([part.starts for part in parts]), np.concatenate([part.values for part in parts]))


def lines_of(rows: Iterable[Sequence[object]], resolution: str, kind: str) -> list[tuple[dt.datetime, str]]:
    """Bars as lines of a file, with their begin, in the order of time.

    Raises
    ------
    UsageError
        A resolution that there is not, a begin that is no datetime (pass one on the clock of New York), or a bar with
        too few cells or one that is no number; None stands for a price that there is not. Two bars of one begin.
    """
    found = sorted(_lines_of(rows, resolution, kind), key=lambda line: line[0])
    for (begin, _), (following, _) in pairwise(found):
        if begin == following:
            raise UsageError(_repeated(begin))
    return found


def _repeated(begin: dt.datetime) -> str:
    return f"Two bars begin at {begin:%Y-%m-%d %H:%M:%S}. Keep one of them."


def _lines_of(rows: Iterable[Sequence[object]], resolution: str, kind: str) -> Iterator[tuple[dt.datetime, str]]:
    if resolution not in RESOLUTIONS:
        raise UsageError(f"resolution={resolution!r} is none of {', '.join(RESOLUTIONS)}. Pass one of them.")
    for row in rows:
        begin = row[0]
        if not isinstance(begin, dt.datetime) or begin.tzinfo is not None:
            raise UsageError(f"The begin of a bar, {begin!r}, is no naive datetime. Pass one on New York's clock.")
        stamp = f"{begin:%Y%m%d %H:%M}"
        if resolution in INSIDE_DAY:
            midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0)
            stamp = str(int((begin - midnight).total_seconds() * 1000))
        try:
            cells = [*map(_scaled, row[1:5]), _plain(row[5])]
            if kind == QUOTE:
                cells += [*map(_scaled, row[6:10]), _plain(row[10])]
        except (ArithmeticError, ValueError, IndexError):
            raise UsageError(
                f"A bar that begins at {begin} has the cells {tuple(row[1:])!r}. Pass open, high, low, close and a size"
                f"{', of the bid and again of the ask' if kind == QUOTE else ''}: numbers, or None where there is none."
            ) from None
        yield begin, ",".join([stamp, *cells])


def no_bars(kind: str) -> RawBars:
    """None at all."""
    return RawBars(np.empty(0, dtype=np.int64), np.empty((0, _WIDTH[kind]), dtype=np.int64))


def parsed(text: str, kind: str, path: Path, day: str | None) -> RawBars:
    """The lines of a file as bars; `day` (such as 20240108) is that of times inside a day, None of lines with dates."""
    return bars_of(text, kind, path, None if day is None else seconds(date_of(day, path)))


def bars_of(text: str, kind: str, path: Path, midnight: int | None) -> RawBars:
    """The lines of a file as bars; times are seconds after `midnight`, or a date and a time."""
    width = _WIDTH[kind]
    fast = None if midnight is None else _quick(text, width)
    if fast is not None:
        return _in_order((midnight or 0) + fast[:, 0] // 1000, np.ascontiguousarray(fast[:, 1:]), path)
    starts: list[int] = []
    values: list[list[int]] = []
    for number, line in enumerate(io.StringIO(text), 1):
        cells = line.rstrip().split(",")
        if cells == [""]:
            continue
        try:
            start = _moment(cells[0]) if midnight is None else midnight + int(float(cells[0])) // 1000
            row = [round(float(cell)) if cell else -1 for cell in cells[1 : width + 1]]
        except (ValueError, IndexError, OverflowError):
            start, row = 0, []
        if len(row) < width - 1 or max(map(abs, row)) > _MOST:  # only the size at the end may be left out
            raise DataError(f"{path.name}, line {number}: {line.strip()!r} is no bar of {kind}s.")
        starts.append(start)
        values.append(row + [0] * (width - len(row)))
    if not starts:
        return no_bars(kind)
    return _in_order(np.array(starts, dtype=np.int64), np.array(values, dtype=np.int64), path)


def _in_order(starts: Ints, values: Ints, path: Path) -> RawBars:
    """Bars in the order of time; two of one begin are refused."""
    if (starts[1:] <= starts[:-1]).any():
        order = np.argsort(starts, kind="stable")
        starts, values = starts[order], values[order]
        again = starts[1:][starts[1:] == starts[:-1]]
        if len(again):
            raise DataError(f"{path.name}: {_repeated(dt.datetime(1970, 1, 1) + dt.timedelta(seconds=int(again[0])))}")
    return RawBars(starts, values)


def _quick(text: str, width: int) -> Ints | None:
    """All cells at once, where every line has all of them; None else."""
    cells = text.strip().replace("\r", "").replace("\n", ",").split(",")
    if len(cells) % (width + 1) or len(cells) // (width + 1) != text.strip().count("\n") + 1:
        return None
    try:
        found = np.array(cells, dtype=np.float64).reshape(-1, width + 1)
    except ValueError:
        return None
    return np.rint(found).astype(np.int64) if (np.abs(found) <= _MOST).all() else None


def _moment(text: str) -> int:
    day = dt.date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    hour, minute = (int(text[9:11]), int(text[12:14])) if len(text) > 9 else (0, 0)
    return seconds(day) + hour * 3_600 + minute * 60


def date_of(text: str, path: Path) -> dt.date:
    """A date such as 20140606 in a file."""
    try:
        return dt.datetime.strptime(text.strip(), "%Y%m%d").date()
    except ValueError:
        raise DataError(f"{path.name}: {text!r} is no date such as 20140606.") from None


def _scaled(price: object) -> str:
    return "" if price is None else str(round(Decimal(str(price)) * SCALE))


def _plain(number: object) -> str:
    return "" if number is None else str(round(float(str(number))))
