"""The data folder of LEAN: zipped CSV files with scaled prices, factor files and map files.

Bars of a share lie in ``equity/usa/daily/spy.zip`` and ``.../hour/spy.zip`` as one file, and by day in
``.../minute/spy/20131007_trade.zip`` and ``..._quote.zip`` (seconds likewise). A price is a whole number of 1/10,000.
Inside a day times are milliseconds from midnight in New York, of the begin of a bar; daily and hourly rows carry a
date and a time. A factor file has a row for the last day of each span: price factor (dividends), split factor, and the
close before the change; a map file the tickers by their last days.

Prices are read exactly, as whole numbers; a factor is a decimal as it stands in the file.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qresearch.errors import DataError, UsageError

Ints = NDArray[np.int64]
FOLDER_NOTE = "Read from the LEAN data folder "
"""How the note on a market begins that was read from one; its path follows."""
SCALE = 10_000
"""Price steps in one dollar."""
TRADE, QUOTE = "trade", "quote"
INSIDE_DAY = ("second", "minute")
RESOLUTIONS = ("second", "minute", "hour", "daily")
SPANS = {"second": 1, "minute": 60, "hour": 3_600, "daily": 86_400}
"""Seconds of a bar."""
_ROOT = Path("equity") / "usa"
_WIDTH = {TRADE: 5, QUOTE: 10}
_MOST = 1e18
_ONE = Decimal(1)


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


@dataclass(frozen=True)
class Factor:
    """A row of a factor file: what holds up to a day, and since the day of the row before.

    Parameters
    ----------
    date : date
    price, split : Decimal
        By which raw prices are multiplied for dividends, and for splits.
    reference : Decimal, dollars
        The raw close of that day.
    """

    date: dt.date
    price: Decimal
    split: Decimal
    reference: Decimal = Decimal(0)


def seconds(day: dt.date) -> int:
    """Midnight of a day as seconds since 1970, whatever the zone."""
    return (day - dt.date(1970, 1, 1)).days * 86_400


def is_folder(path: Path) -> bool:
    """Whether a folder has LEAN's layout."""
    return (path / _ROOT).is_dir()


class LeanFolder:
    """A data folder, read and written.

    Parameters
    ----------
    path : path
        The folder that holds ``equity/usa``; a new one is made when something is written.

    Examples
    --------
    >>> import tempfile
    >>> folder = LeanFolder(tempfile.mkdtemp())
    >>> rows = [(dt.datetime(2024, 1, 2), 10.0, 10.5, 9.5, 10.25, 1000)]
    >>> folder.write_trades("spy", "daily", rows)
    >>> folder.read("SPY", "daily").values.tolist(), folder.tickers("daily")
    ([[100000, 105000, 95000, 102500, 1000]], ['SPY'])
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._held: dict[tuple[str, str, str], RawBars] = {}

    def __repr__(self) -> str:
        return f"<LEAN data folder {self.path}>"

    # ------------------------------------------------------------------ reading

    def tickers(self, resolution: str) -> list[str]:
        """Tickers with bars of a resolution."""
        folder = self.path / _ROOT / resolution
        if not folder.is_dir():
            return []
        if resolution in INSIDE_DAY:
            return sorted(entry.name.upper() for entry in folder.iterdir() if entry.is_dir())
        return sorted(entry.stem.upper() for entry in folder.glob("[!.]*.zip"))

    def has(self, ticker: str, resolution: str, kind: str = TRADE) -> bool:
        """Whether there are such bars."""
        if resolution in INSIDE_DAY:
            return any((self.path / _ROOT / resolution / ticker.lower()).glob(f"*_{kind}.zip"))
        return kind == TRADE and (self.path / _ROOT / resolution / f"{ticker.lower()}.zip").is_file()

    def read(
        self, ticker: str, resolution: str, kind: str = TRADE, first: dt.date | None = None, last: dt.date | None = None
    ) -> RawBars:
        """Bars of a share; none at all where there is no file.

        Parameters
        ----------
        ticker : str
        resolution : {"second", "minute", "hour", "daily"}
        kind : {"trade", "quote"}
        first, last : date, optional
            Of bars inside a day the files of these days only are read.

        Raises
        ------
        DataError
            A file of another format; the message names it and the line.
        """
        if resolution in INSIDE_DAY:
            return self._inside_days(ticker, resolution, kind, first, last)
        key = (ticker.upper(), resolution, kind)
        if key not in self._held:
            path = self.path / _ROOT / resolution / f"{ticker.lower()}.zip"
            self._held[key] = _read(path, kind) if kind == TRADE and path.is_file() else _nothing(kind)
        whole = self._held[key]
        return whole.between(first or dt.date(1900, 1, 1), last or dt.date(2200, 1, 1))

    def _inside_days(
        self, ticker: str, resolution: str, kind: str, first: dt.date | None, last: dt.date | None
    ) -> RawBars:
        found = []
        for path in sorted((self.path / _ROOT / resolution / ticker.lower()).glob(f"*_{kind}.zip")):
            day = _date(path.name[:8], path)
            if (first is None or day >= first) and (last is None or day <= last):
                found.append(_read(path, kind, seconds(day)))
        return joined(found, kind)

    def factors(self, ticker: str) -> list[Factor]:
        """Rows of the factor file, oldest first; none where there is no file."""
        path = self.path / _ROOT / "factor_files" / f"{ticker.lower()}.csv"
        # A factor with an exponent lost its digits.
        rows = (_factor(line, path) for line in _lines(path) if "inf" not in line and "e+" not in line)
        found = {factor.date: factor for factor in rows}
        return [found[date] for date in sorted(found) if found[date].price * found[date].split > 0]

    def names(self, ticker: str) -> list[tuple[dt.date, str]]:
        """Rows of the map file: last day and ticker, oldest first; none where there is no file."""
        path = self.path / _ROOT / "map_files" / f"{ticker.lower()}.csv"
        rows = (line.partition(",") for line in _lines(path))
        return sorted((_date(day, path), rest.partition(",")[0].upper()) for day, _, rest in rows)

    # ------------------------------------------------------------------ writing

    def write_trades(self, ticker: str, resolution: str, rows: Iterable[Sequence[object]]) -> None:
        """Write bars of trades: (begin, open, high, low, close, volume), prices in dollars; whole files anew.

        Parameters
        ----------
        ticker : str
        resolution : {"second", "minute", "hour", "daily"}
        rows : iterable
            The begin as datetime on the clock of New York; a daily bar at midnight.
        """
        self._write(ticker, resolution, TRADE, rows)

    def write_quotes(self, ticker: str, resolution: str, rows: Iterable[Sequence[object]]) -> None:
        """Write bars of quotes: (begin, four prices of the bid, its size, four of the ask, its size)."""
        if resolution not in INSIDE_DAY:
            raise UsageError(f"write_quotes: resolution={resolution!r} has no quotes. Write 'minute' or 'second'.")
        self._write(ticker, resolution, QUOTE, rows)

    def _write(self, ticker: str, resolution: str, kind: str, rows: Iterable[Sequence[object]]) -> None:
        name = _file_name(ticker)
        files: dict[Path, tuple[str, list[str]]] = {}
        for begin, line in lines_of(rows, resolution, kind):
            day = f"{begin:%Y%m%d}"
            if resolution in INSIDE_DAY:
                path = self.path / _ROOT / resolution / name / f"{day}_{kind}.zip"
                inside = f"{day}_{name}_{resolution}_{kind}.csv"
            else:
                path, inside = self.path / _ROOT / resolution / f"{name}.zip", f"{name}.csv"
            files.setdefault(path, (inside, []))[1].append(line)
        for path, (inside, lines) in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
                file.writestr(inside, "\n".join(lines) + "\n")
        self._held.clear()

    def write_factors(self, ticker: str, rows: Iterable[Factor]) -> None:
        """Write a factor file."""
        lines = [f"{row.date:%Y%m%d},{row.price},{row.split},{row.reference}" for row in rows]
        self._write_text("factor_files", ticker, lines)

    def write_names(self, ticker: str, rows: Iterable[tuple[dt.date, str]]) -> None:
        """Write a map file: last day and ticker."""
        self._write_text("map_files", ticker, [f"{day:%Y%m%d},{name.lower()}" for day, name in rows])

    def _write_text(self, folder: str, ticker: str, lines: list[str]) -> None:
        path = self.path / _ROOT / folder / f"{_file_name(ticker)}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def factor_on(rows: Sequence[Factor], day: dt.date, mode: str) -> Decimal:
    """By what the raw prices of a day are multiplied.

    Parameters
    ----------
    rows : sequence of Factor
    day : date
    mode : {"raw", "adjusted", "split_adjusted"}

    >>> rows = [Factor(dt.date(2014, 6, 6), Decimal("0.9"), Decimal("0.25")), Factor(dt.date(2050, 12, 31), _ONE, _ONE)]
    >>> [str(factor_on(rows, dt.date(2014, 6, day), "adjusted")) for day in (6, 9)]
    ['0.225', '1']
    """
    if mode == "raw":
        return _ONE
    row = next((row for row in rows if row.date >= day), None)
    if row is None:
        return _ONE
    return row.split if mode == "split_adjusted" else row.price * row.split


def joined(parts: Sequence[RawBars], kind: str) -> RawBars:
    """Bars one after the other; none at all where there are no parts."""
    if not parts:
        return _nothing(kind)
    return RawBars(np.concatenate([part.starts for part in parts]), np.concatenate([part.values for part in parts]))


def lines_of(rows: Iterable[Sequence[object]], resolution: str, kind: str) -> Iterator[tuple[dt.datetime, str]]:
    """Bars as lines of a file, with their begin.

    Raises
    ------
    UsageError
        A resolution that there is not, a begin that is no datetime (pass one on the clock of New York), or a bar with
        too few cells or one that is no number; None stands for a price that there is not.
    """
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


def _file_name(ticker: str) -> str:
    if not ticker.strip() or any(sign in ticker for sign in "/\\:"):
        raise UsageError(f"{ticker!r} is no ticker that can name a file. Write it without slashes, as 'spy'.")
    return ticker.lower()


def _nothing(kind: str) -> RawBars:
    return RawBars(np.empty(0, dtype=np.int64), np.empty((0, _WIDTH[kind]), dtype=np.int64))


def _read(path: Path, kind: str, midnight: int | None = None) -> RawBars:
    """The one file in a zip; times are milliseconds from `midnight`, or a date and a time."""
    try:
        with zipfile.ZipFile(path) as file:
            text = file.read(file.namelist()[0]).decode()
    except (OSError, zipfile.BadZipFile, IndexError, UnicodeDecodeError) as problem:
        raise DataError(f"{path.name} cannot be read as a zip of one CSV file: {problem}. Write it again.") from None
    return _bars(text, kind, path, midnight)


def parsed(text: str, kind: str, path: Path, day: str | None) -> RawBars:
    """The lines of a file as bars; `day` (such as 20240108) is that of times inside a day, None of lines with dates."""
    return _bars(text, kind, path, None if day is None else seconds(_date(day, path)))


def _bars(text: str, kind: str, path: Path, midnight: int | None) -> RawBars:
    width = _WIDTH[kind]
    fast = None if midnight is None else _quick(text, width)
    if fast is not None:
        return RawBars((midnight or 0) + fast[:, 0] // 1000, np.ascontiguousarray(fast[:, 1:]))
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
        return _nothing(kind)
    return RawBars(np.array(starts, dtype=np.int64), np.array(values, dtype=np.int64))


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


def _factor(line: str, path: Path) -> Factor:
    cells = line.split(",")
    try:
        numbers = [Decimal(cell) for cell in (cells[1], cells[2], "".join(cells[3:4]).strip() or "0")]
    except (IndexError, ArithmeticError):
        numbers = [Decimal("nan")]
    if not all(number.is_finite() for number in numbers):
        raise DataError(f"{path.name}: {line!r} is no row of factors. Write it as 20140606,0.98,0.5,100.")
    return Factor(_date(cells[0], path), *numbers)


def _moment(text: str) -> int:
    day = dt.date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    hour, minute = (int(text[9:11]), int(text[12:14])) if len(text) > 9 else (0, 0)
    return seconds(day) + hour * 3_600 + minute * 60


def _date(text: str, path: Path) -> dt.date:
    try:
        return dt.datetime.strptime(text.strip(), "%Y%m%d").date()
    except ValueError:
        raise DataError(f"{path.name}: {text!r} is no date such as 20140606.") from None


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text("utf-8", "replace").splitlines() if line.strip()] if path.is_file() else []


def _scaled(price: object) -> str:
    return "" if price is None else str(round(Decimal(str(price)) * SCALE))


def _plain(number: object) -> str:
    return "" if number is None else str(round(float(str(number))))
