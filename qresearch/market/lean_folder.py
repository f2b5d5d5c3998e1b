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
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from qresearch.errors import DataError, UsageError
from qresearch.market.lean_rows import (
    INSIDE_DAY,
    QUOTE,
    TRADE,
    RawBars,
    bars_of,
    date_of,
    joined,
    lines_of,
    no_bars,
    seconds,
)

FOLDER_NOTE = "Read from the LEAN data folder "
"""How the note on a market begins that was read from one; its path follows."""
SPANS = {"second": 1, "minute": 60, "hour": 3_600, "daily": 86_400}
"""Seconds of a bar."""
_ROOT = Path("equity") / "usa"
_ONE = Decimal(1)


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
            self._held[key] = _read(path, kind) if kind == TRADE and path.is_file() else no_bars(kind)
        whole = self._held[key]
        return whole.between(first or dt.date(1900, 1, 1), last or dt.date(2200, 1, 1))

    def _inside_days(
        self, ticker: str, resolution: str, kind: str, first: dt.date | None, last: dt.date | None
    ) -> RawBars:
        found = []
        for path in sorted((self.path / _ROOT / resolution / ticker.lower()).glob(f"*_{kind}.zip")):
            day = date_of(path.name[:8], path)
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
        return sorted((date_of(day, path), rest.partition(",")[0].upper()) for day, _, rest in rows)

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


def _file_name(ticker: str) -> str:
    if not ticker.strip() or any(sign in ticker for sign in "/\\:"):
        raise UsageError(f"{ticker!r} is no ticker that can name a file. Write it without slashes, as 'spy'.")
    return ticker.lower()


def _read(path: Path, kind: str, midnight: int | None = None) -> RawBars:
    """The one file in a zip; times are milliseconds from `midnight`, or a date and a time."""
    try:
        with zipfile.ZipFile(path) as file:
            text = file.read(file.namelist()[0]).decode()
    except (OSError, zipfile.BadZipFile, IndexError, UnicodeDecodeError) as problem:
        raise DataError(f"{path.name} cannot be read as a zip of one CSV file: {problem}. Write it again.") from None
    return bars_of(text, kind, path, midnight)


def _factor(line: str, path: Path) -> Factor:
    cells = line.split(",")
    try:
        numbers = [Decimal(cell) for cell in (cells[1], cells[2], "".join(cells[3:4]).strip() or "0")]
    except (IndexError, ArithmeticError):
        numbers = [Decimal("nan")]
    if not all(number.is_finite() for number in numbers):
        raise DataError(f"{path.name}: {line!r} is no row of factors. Write it as 20140606,0.98,0.5,100.")
    return Factor(date_of(cells[0], path), *numbers)


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text("utf-8", "replace").splitlines() if line.strip()] if path.is_file() else []
