"""Bundles of RQAlpha: HDF5 files with one dataset per symbol, and a pickled list of instruments.

Read are ``stocks.h5``, ``funds.h5`` and ``indexes.h5`` (datetime, open, close, high, low, prev_close, limit_up,
limit_down, volume, total_turnover), ``dividends.h5``, ``split_factor.h5``, ``st_stock_days.h5`` and
``suspended_days.h5``, as RQAlpha's ``rqalpha/data/bundle.py`` writes them. The bars are unadjusted, volume counts
shares.

``instruments.pk`` is a pickle, which can run anything when it is loaded in the usual way. It is read by an unpickler
that knows no class and no function, only plain values; where that is not enough it is left alone, with a note.

**Assumptions**: rights issues are not in a bundle. Their price step is left unexplained, which is against the holder.
"""

from __future__ import annotations

import importlib
import pickle
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from qresearch.domain.instrument import canonical_symbol
from qresearch.errors import DataError, UsageError
from qresearch.sources.listings import DEFAULT_BENCHMARK
from qresearch.sources.opened import Opened, pick

_COLUMNS: Mapping[str, str] = {
    "datetime": "date", "open": "open", "high": "high", "low": "low", "close": "close", "prev_close": "pre_close",
    "limit_up": "limit_up", "limit_down": "limit_down", "volume": "volume", "total_turnover": "turnover",
}  # fmt: skip
_NEEDED = ("datetime", "open", "high", "low", "close", "volume")


def is_bundle(path: Path) -> bool:
    """Whether a folder has RQAlpha's layout."""
    return (path / "stocks.h5").is_file()


def open_bundle(path: Path, symbols: Iterable[str] | None = None) -> Opened:
    """Read the daily bars of an RQAlpha bundle.

    Parameters
    ----------
    path : Path
    symbols : iterable of str, optional
        Only these, funds included; default all stocks.

    Returns
    -------
    Opened
        Bars, corporate actions, instruments (when they can be read safely) and the benchmark 000300.SH.

    Raises
    ------
    UsageError
        The package h5py is missing; install ``qresearch[bundles]``.
    DataError
        A file of another format.
    """
    files = _Files(path)
    stocks = {canonical_symbol(name): name for name in files.names("stocks")}
    funds = {canonical_symbol(name): name for name in files.names("funds")}
    chosen = pick(stocks if symbols is None else {**stocks, **funds}, symbols)
    frames = []
    for symbol, name in chosen.items():
        stored = files.rows("stocks" if symbol in stocks else "funds", name)
        if stored is None or not len(stored):
            continue
        frame = _bars(stored, symbol, path)
        day = frame["date"].to_numpy()
        frame["is_st"] = np.isin(day, files.days("st_stock_days", name))
        # A stop of an hour is on record too; with volume the day was not lost.
        halted = np.isin(day, files.days("suspended_days", name)) if files.has("suspended_days") else True
        frame["paused"] = (frame["volume"].to_numpy() == 0) & halted
        frames.append(frame)
    if not frames:
        raise DataError(f"{path.name}: stocks.h5 holds no bars. Update the bundle with 'rqalpha download-bundle'.")
    tables: dict[str, Any] = {"actions": pd.DataFrame(list(_actions(files, chosen)), columns=_ACTION_COLUMNS)}
    notes = [f"RQAlpha bundle {path.name}: rights issues are not in it."]
    if symbols is None and funds:
        notes.append(f"Its {len(funds)} funds are read when they are named in symbols=.")
    index = {canonical_symbol(name): name for name in files.names("indexes")}.get(DEFAULT_BENCHMARK)
    if index is not None and (stored := files.rows("indexes", index)) is not None and len(stored):
        tables["benchmark"] = _bars(stored, DEFAULT_BENCHMARK, path)[["date", "symbol", "close"]]
    listed, problem = _instruments(path / "instruments.pk", set(chosen))
    notes.extend(problem)
    if listed is not None:
        tables["instruments"] = listed
    return Opened(pd.concat(frames, ignore_index=True), tables, tuple(notes))


class _Files:
    """The HDF5 files of a bundle, opened one at a time."""

    def __init__(self, path: Path) -> None:
        try:
            self._h5py = importlib.import_module("h5py")
        except ImportError:
            raise UsageError(
                "An RQAlpha bundle is read with the package h5py, which is not installed. "
                "Install it with: pip install 'qresearch[bundles]'"
            ) from None
        self._path = path
        self._open: dict[str, Any] = {}

    def has(self, name: str) -> bool:
        """Whether the bundle has this file."""
        return (self._path / f"{name}.h5").is_file()

    def _file(self, name: str) -> Any:
        if name not in self._open:
            try:
                with self._h5py.File(self._path / f"{name}.h5", "r") as file:
                    self._open[name] = {key: file[key][:] for key in file}
            except (OSError, AttributeError, ValueError) as problem:
                raise DataError(
                    f"{name}.h5 in {self._path.name} cannot be read: {problem}. Update or download the bundle again."
                ) from None
        return self._open[name]

    def names(self, name: str) -> list[str]:
        """Symbols of a file, in RQAlpha's spelling; none when there is no such file."""
        return sorted(self._file(name)) if self.has(name) else []

    def rows(self, name: str, key: str) -> Any:
        """The dataset of a symbol, or None."""
        return self._file(name).get(key) if self.has(name) else None

    def days(self, name: str, key: str) -> Any:
        """(D,) ndarray of int64, days as 20240131; empty when there are none."""
        stored = self.rows(name, key)
        return np.empty(0, dtype=np.int64) if stored is None else np.asarray(stored, dtype=np.int64)


def _bars(stored: Any, symbol: str, path: Path) -> pd.DataFrame:
    names = stored.dtype.names or ()
    if missing := [name for name in _NEEDED if name not in names]:
        raise DataError(
            f"{path.name}: the bars of {symbol} have no {', '.join(missing)}. Update the bundle.",
            field=missing[0],
            symbol=symbol,
        )
    frame = pd.DataFrame({ours: stored[theirs] for theirs, ours in _COLUMNS.items() if theirs in names})
    frame["date"] = frame["date"].astype(np.int64) // 1_000_000
    for name in ("pre_close", "limit_up", "limit_down"):
        if name in frame.columns:
            # Zero and absurdly high figures stand for "none".
            frame[name] = frame[name].where((frame[name] > 0) & (frame[name] < 1e6))
    return frame.assign(symbol=symbol)


_ACTION_COLUMNS = ["symbol", "ex_date", "cash_per_share", "bonus_per_share"]


def _actions(files: _Files, chosen: Mapping[str, str]) -> Iterator[tuple[str, int, float, float]]:
    """Dividends and splits of a day as one event."""
    for symbol, name in chosen.items():
        cash: dict[int, float] = {}
        split: dict[int, float] = {}
        dividends, splits = files.rows("dividends", name), files.rows("split_factor", name)
        for row in () if dividends is None else dividends:
            day = int(row["ex_dividend_date"])
            cash[day] = cash.get(day, 0.0) + float(row["dividend_cash_before_tax"]) / float(row["round_lot"])
        for row in () if splits is None else splits:
            day = int(row["ex_date"]) // 1_000_000 if int(row["ex_date"]) > 10**9 else int(row["ex_date"])
            split[day] = split.get(day, 1.0) * float(row["split_factor"])
        for day in sorted({*cash, *split}):
            if day > 0:
                # Decimal fractions such as 1.3 - 1 are put back on their digits.
                yield symbol, day, round(cash.get(day, 0.0), 10), round(split.get(day, 1.0) - 1, 10)


class _PlainUnpickler(pickle.Unpickler):
    """Loads lists, dicts, text and numbers, and refuses every class or function."""

    def find_class(self, module: str, name: str) -> Any:
        """Refuse."""
        raise pickle.UnpicklingError(f"it names {module}.{name}")


def _instruments(path: Path, wanted: set[str]) -> tuple[pd.DataFrame | None, list[str]]:
    """The instruments table of the wanted symbols, or None and why not."""
    if not path.is_file():
        return None, []
    try:
        with path.open("rb") as file:
            stored = _PlainUnpickler(file).load()
        entries = [entry for entry in stored if canonical_symbol(entry["order_book_id"]) in wanted]
        table = pd.DataFrame(
            {
                "symbol": [canonical_symbol(entry["order_book_id"]) for entry in entries],
                "name": [str(entry.get("symbol", "")) for entry in entries],
                "list_date": [_date(entry.get("listed_date")) for entry in entries],
                "delist_date": [_date(entry.get("de_listed_date")) for entry in entries],
            }
        )
    except (pickle.UnpicklingError, EOFError, KeyError, TypeError, AttributeError, ValueError) as problem:
        return None, [
            f"instruments.pk was not read: it is a pickle that holds more than plain values ({problem}). "
            "Names and listing days are unknown; pass them in instruments=."
        ]
    return table.drop_duplicates("symbol"), []


def _date(value: object) -> str | None:
    text = str(value or "")[:10]
    return None if text in ("", "None", "0000-00-00", "2999-12-31") else text
