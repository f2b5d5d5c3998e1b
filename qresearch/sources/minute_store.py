"""Bars inside the days that do not fit into memory: read some days at a time, and kept in a folder as they come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qresearch.domain.arguments import flag
from qresearch.domain.calls import told
from qresearch.errors import DataError, UsageError, choose, shown
from qresearch.market.array_files import ArrayFile, open_array, write_array
from qresearch.market.intraday import BAR_FIELDS, QUOTE_FIELDS, Intraday
from qresearch.market.market import Market
from qresearch.market.panel import FIELDS
from qresearch.market.stored import daily_arrays, new_folder, open_stored, write_list
from qresearch.sources.bars import Bars, Source, read_bars
from qresearch.sources.folders import each_once
from qresearch.sources.minutes import STAMPS
from qresearch.sources.tabular import read_market, venue_of

_TABLES = (
    "instruments", "actions", "benchmark", "no_limit_days", "contracts", "closed_days", "credit", "bonds",
)  # fmt: skip
_ROWS = 64
"""Bars that are brought to more columns at a time."""


@told
def save_bars(
    frames: Iterable[Source],
    folder: str | Path,
    *,
    replace: bool = False,
    stamp: str = "end",
    adjusted: bool = False,
    venue: Any = None,
    **tables: Any,
) -> Market:
    """Read bars inside the days a piece at a time, and save them as a market: only one piece is ever in memory.

    Parameters
    ----------
    frames : iterable of DataFrame or path
        Long, as ``read_market`` takes them: one or several whole trading days each, in the order of time. A generator
        that reads one file after the other will do.
    folder : path
        As :func:`~qresearch.market.stored.save_market` takes it.
    replace : bool
        Take the place of a market that was saved there.
    stamp, adjusted, venue
        As ``read_market`` takes them.
    **tables
        instruments, actions, benchmark, no_limit_days, contracts, closed_days, credit and bonds, as ``read_market``
        takes them.

    Returns
    -------
    Market
        Opened from the folder: the market that ``read_market`` makes of all the rows at once.

    Raises
    ------
    DataError
        A piece that cannot be trusted, that holds daily bars, or that begins before the one before it has ended.
    UsageError
        As ``save_market``; or no piece at all.

    Examples
    --------
    >>> import tempfile
    >>> bar = {"symbol": "600519.SH", "open": 10.0, "high": 10.0, "low": 10.0, "close": 10.0, "volume": 1e6}
    >>> days = [[{"date": f"2024-01-0{day} {time}", **bar} for time in ("10:30", "11:30")] for day in (2, 3)]
    >>> save_bars(map(pd.DataFrame, days), tempfile.mkdtemp()).panel.intraday
    <Intraday 1 instruments x 4 bars>
    """
    choose("stamp", stamp, STAMPS)
    if isinstance(frames, (str, bytes, Path, Mapping, pd.DataFrame)) or not isinstance(frames, Iterable):
        raise UsageError(
            f"save_bars: frames={shown(frames)} is a {type(frames).__name__}. Pass an iterable of frames, such as a "
            "generator that reads one file after the other. Use read_market and save_market for what fits into memory."
        )
    if wrong := [name for name in tables if name not in _TABLES]:
        raise UsageError(
            f"save_bars: {wrong[0]}={shown(tables[wrong[0]])} is not taken. Pass tables by the names "
            f"{', '.join(_TABLES)}; symbols=, start= and end= choose among what was saved when the folder is opened."
        )
    asked, adjusted = venue_of(venue), flag("adjusted", adjusted)
    with new_folder(folder, "save_bars", replace=replace) as (draft, place), ExitStack() as files:
        pieces = _Pieces(draft, files)
        notes: list[str] = []
        for number, source in enumerate(frames, 1):
            bars = read_bars(
                source, {"contracts": None, "instruments": None, "credit": None, "bonds": None} | tables,
                symbols=None, adjusted=adjusted, venue=asked, stamp=stamp, notes=notes,
            )  # fmt: skip
            pieces.add(bars, number)
        daily = read_market(pieces.daily(), adjusted=adjusted, venue=asked, **tables)
        said = tuple(dict.fromkeys((*each_once(notes, "pieces"), *daily.notes)))
        written = pieces.close()
        inside = Intraday(**{name: open_array(draft / f"bars/{name}.npy", about) for name, about in written.items()})
        arrays = {name: write_array(draft / f"{name}.npy", array) for name, array in daily_arrays(daily).items()}
        market = _with_bars(daily, inside, said)
        write_list(draft, market, arrays | {f"bars/{name}": about for name, about in written.items()})
    return open_stored(place)


def _with_bars(daily: Market, inside: Intraday, notes: tuple[str, ...]) -> Market:
    return replace(daily, panel=replace(daily.panel, intraday=inside), notes=notes)


@dataclass(frozen=True)
class _Part:
    """Bars of the same columns on end: files of their own, as nobody knows which columns come later."""

    folder: Path
    symbols: tuple[str, ...]
    files: dict[str, ArrayFile]


class _Pieces:
    """What came so far: the bars on disk, the days in memory; the stack lets go of the files, whatever happens."""

    def __init__(self, draft: Path, stack: ExitStack) -> None:
        self._draft, self._stack = draft, stack
        self._parts: list[_Part] = []
        self._times: list[NDArray[np.datetime64]] = []
        self._counts: list[int] = []
        self._days: list[pd.DataFrame] = []
        self._last: np.datetime64 | None = None

    def add(self, bars: Bars, number: int) -> None:
        """Append a piece; raises DataError when it is none, or comes too late."""
        inside = bars.inside
        if inside is None:
            raise DataError(
                f"Piece {number} holds daily bars, one row per symbol and day. Pass bars with the time of the day, or "
                "read daily ones with read_market and save them with save_market.",
                field="date",
            )
        if self._last is not None and bars.days[0] <= self._last:
            raise DataError(
                f"Piece {number} begins on {bars.days[0]}, but the pieces before it reach to {self._last}. Pass whole "
                "trading days, in the order of time.",
                field="date",
            )
        self._last = bars.days[-1]
        self._times.append(inside.times)
        self._counts += inside.counts
        self._days.append(_long(bars))
        part = self._part_for(bars.symbols, set(inside.arrays))
        columns = _places(bars.symbols, part.symbols)
        for name, file in part.files.items():
            file.append(_widened(inside.arrays[name], columns, len(part.symbols)))

    def _part_for(self, symbols: tuple[str, ...], names: set[str]) -> _Part:
        """The part that goes on, or a new one where there is a symbol or a field that it does not have."""
        known = self._parts[-1] if self._parts else None
        if known is not None and set(symbols) <= set(known.symbols) and names == set(known.files):
            return known
        before = () if known is None else known.symbols
        every = tuple(dict.fromkeys((*before, *symbols)))
        folder = self._draft / f"part-{len(self._parts)}"
        kind = np.dtype(np.float64)
        ordered = [name for name in (*BAR_FIELDS, *QUOTE_FIELDS) if name in names]
        opened = (ArrayFile(folder / f"{name}.npy", kind, len(every)) for name in ordered)
        files = {name: self._stack.enter_context(file) for name, file in zip(ordered, opened, strict=True)}
        self._parts.append(_Part(folder, every, files))
        return self._parts[-1]

    def daily(self) -> pd.DataFrame:
        """The days that all bars add up to, as one long table with the rows of each symbol together."""
        if not self._days:
            raise UsageError("save_bars: frames holds no piece at all. Pass at least one trading day of bars.")
        frame = pd.concat(self._days, ignore_index=True)
        symbols = self._parts[-1].symbols
        frame["symbol"] = pd.Categorical(frame["symbol"], categories=symbols)
        return frame.sort_values(["symbol", "date"], ignore_index=True)

    def close(self) -> dict[str, dict[str, Any]]:
        """Put the bars of all parts into one file per field; what was said of each, by name."""
        times = np.concatenate(self._times)
        found = {
            "times": write_array(self._draft / "bars/times.npy", times),
            "starts": write_array(self._draft / "bars/starts.npy", np.cumsum([0, *self._counts])),
        }
        parts = [(part, {name: file.close() for name, file in part.files.items()}) for part in self._parts]
        for name in (*BAR_FIELDS, *QUOTE_FIELDS):
            if any(name in part.files for part in self._parts):
                found[name] = self._one_file(name, parts)
        for part in self._parts:
            if part.folder.exists():
                part.folder.rmdir()
        return found

    def _one_file(self, name: str, parts: list[tuple[_Part, dict[str, dict[str, Any]]]]) -> dict[str, Any]:
        path = self._draft / "bars" / f"{name}.npy"
        (only, said), *others = parts
        if not others:
            if only.files[name].path.exists():
                only.files[name].path.replace(path)
            return said[name]
        symbols = self._parts[-1].symbols
        whole: ArrayFile = self._stack.enter_context(ArrayFile(path, np.dtype(np.float64), len(symbols)))
        for part, told_of in parts:
            if name not in part.files:
                rows = told_of["close"]["shape"][0]
                whole.append(np.broadcast_to(np.nan, (rows, len(symbols))))
                continue
            array, columns = open_array(part.files[name].path, told_of[name]), _places(part.symbols, symbols)
            for first in range(0, len(array), _ROWS):
                whole.append(_widened(array[first : first + _ROWS], columns, len(symbols)))
            part.files[name].path.unlink(missing_ok=True)
        return whole.close()


def _places(symbols: tuple[str, ...], every: tuple[str, ...]) -> NDArray[np.int64] | None:
    """Columns of some symbols among others; None where they are the same."""
    if symbols == every:
        return None
    place = {symbol: at for at, symbol in enumerate(every)}
    return np.array([place[symbol] for symbol in symbols], dtype=np.int64)


def _widened(rows: NDArray[Any], columns: NDArray[np.int64] | None, width: int) -> NDArray[Any]:
    if columns is None:
        return rows
    found = np.full((len(rows), width), np.nan)
    found[:, columns] = rows
    return found


def _long(bars: Bars) -> pd.DataFrame:
    """The days of a piece as a long table: what was given for whole days, and what the bars add up to."""
    columns, days = np.nonzero(bars.known.T)
    given = {*BAR_FIELDS, *bars.given} & {*bars.fields}
    found = {name: bars.fields[name][days, columns] for name in FIELDS if name in given}
    flags = {name: bars.flags[name][days, columns] for name in ("paused", *(["is_st"] * ("is_st" in bars.given)))}
    symbols = np.array(bars.symbols, dtype=object)[columns]
    return pd.DataFrame({"date": bars.days[days].astype("datetime64[s]"), "symbol": symbols, **found, **flags})
