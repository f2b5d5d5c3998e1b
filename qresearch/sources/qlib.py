"""Data folders of qlib: ``calendars/day.txt``, ``instruments/*.txt``, ``features/<symbol>/<field>.day.bin``.

The layout is that of qlib's documentation ("Data Layer") and of its ``scripts/dump_bin.py``: a .bin file holds little
endian float32, first the index of its first day in the calendar, then one value per day, NaN where suspended. Prices
are adjusted: raw = price / factor, and raw volume = volume x factor.

**Assumptions**: a step of the factor is an event whose parts qlib does not keep. It is booked as shares: the value of a
holding is right, its cash dividends and their taxes are not (this flatters by the dividend tax). Raw prices are put on
their tick where float32 left them less than a twentieth of a tick away. Volume is taken for shares; some public data
sets count lots, which flatters nothing but makes volume caps a hundred times too small.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from qresearch.domain.classes import board_of
from qresearch.domain.instrument import Board, canonical_symbol
from qresearch.errors import DataError
from qresearch.market.china import CHINA_RULES
from qresearch.market.panel import PRICE_FIELDS, Days, Floats
from qresearch.sources.listings import DEFAULT_BENCHMARK
from qresearch.sources.opened import Opened, pick
from qresearch.sources.symbols import some

_RESERVED = "_qlib_"
"""Prefix of folders whose symbol is a reserved name on Windows, such as ``_qlib_con``."""


def is_folder(path: Path) -> bool:
    """Whether a folder has qlib's layout, with daily bars."""
    return (path / "calendars" / "day.txt").is_file() and (path / "features").is_dir()


def open_folder(path: Path, symbols: Iterable[str] | None = None) -> Opened:
    """Read the daily bars of a qlib data folder, unadjusted.

    Parameters
    ----------
    path : Path
    symbols : iterable of str, optional
        Only these; default all but indexes.

    Returns
    -------
    Opened
        Bars with date, symbol, open, high, low, close, volume, paused; actions where the factor steps; the benchmark
        000300.SH when the folder has it.

    Raises
    ------
    DataError
        A file of another format, or symbols without a factor beside others that have one.
    """
    calendar = _calendar(path / "calendars" / "day.txt")
    folders = {}
    for folder in sorted((path / "features").iterdir()):
        if (folder / "close.day.bin").is_file():
            folders[canonical_symbol(folder.name.removeprefix(_RESERVED))] = folder.name
    indexes = {symbol: name for symbol, name in folders.items() if board_of(symbol) is Board.INDEX}
    shares = {symbol: name for symbol, name in folders.items() if symbol not in indexes}
    chosen = pick(folders if symbols is not None else shares, symbols)
    if not chosen:
        raise DataError(f"{path.name}: no folder in features/ holds a close.day.bin. Pass a qlib folder of daily bars.")
    plain = [symbol for symbol, name in chosen.items() if not (path / "features" / name / "factor.day.bin").is_file()]
    if plain and len(plain) < len(chosen):
        raise DataError(
            f"{path.name}: {some(plain)} have no factor.day.bin, others have. "
            "Their prices cannot be turned back; leave them out with symbols=.",
            symbol=plain[0],
        )
    bars: list[pd.DataFrame] = []
    actions: list[dict[str, object]] = []
    for symbol, name in chosen.items():
        frame = _bars(path / "features" / name, symbol, calendar)
        actions.extend(_steps(frame, symbol))
        bars.append(frame.drop(columns="factor"))
    notes = [f"qlib folder {path.name}: volume is taken for shares."]
    if plain:
        notes.append("It has no factors: the prices are taken as adjusted, without limits and corporate actions.")
    elif actions:
        notes.append(
            f"{len(actions)} steps of the factor are corporate actions whose cash and shares it does not keep."
        )
    tables: dict[str, object] = {}
    if not plain:
        tables["actions"] = pd.DataFrame(actions, columns=["symbol", "ex_date", "prev_close", "ref_price"])
    if DEFAULT_BENCHMARK in indexes:
        index = _bars(path / "features" / indexes[DEFAULT_BENCHMARK], DEFAULT_BENCHMARK, calendar)
        tables["benchmark"] = index[["date", "symbol", "close"]]
    return Opened(pd.concat(bars, ignore_index=True), tables, tuple(notes), adjusted=bool(plain))


def _calendar(path: Path) -> Days:
    try:
        days = np.array(path.read_text(encoding="utf-8").split(), dtype="datetime64[D]")
    except ValueError as problem:
        raise DataError(f"{path.name}: {problem}. The calendar has one date per line, such as 2024-01-31.") from None
    if not len(days) or (np.diff(days).astype(np.int64) <= 0).any():
        raise DataError(
            f"{path.name}: the days of the calendar do not ascend. Write the folder again with dump_bin.py."
        )
    return days


def _field(folder: Path, name: str, calendar: Days) -> Floats:
    """(T,) ndarray of float64: a field over the whole calendar, NaN where the file does not reach."""
    values = np.full(len(calendar), np.nan)
    path = folder / f"{name}.day.bin"
    if not path.is_file():
        return values
    stored = np.fromfile(path, dtype="<f4")
    start = float(stored[0]) if len(stored) else -1.0
    room = len(calendar) - max(len(stored) - 1, 0)
    if path.stat().st_size % 4 or not 0 <= start <= room or start != int(start):  # NaN is no day either
        raise DataError(
            f"{folder.name}/{path.name}: {len(stored) - 1} values from day {start:g} do not fit a calendar of "
            f"{len(calendar)} days. It is damaged or of another calendar; write it again with dump_bin.py.",
            field=name,
        )
    bad = np.isinf(stored[1:]) | ((stored[1:] <= 0) & (name == "factor"))  # prices are divided by a factor
    if bad.any():
        at = int(bad.argmax())
        raise DataError(
            f"{folder.name}/{path.name}: {stored[at + 1]:g} on {calendar[int(start) + at]} cannot be. It is damaged; "
            "write it again with dump_bin.py.",
            field=name,
        )
    values[int(start) : int(start) + len(stored) - 1] = stored[1:]
    return values


def _bars(folder: Path, symbol: str, calendar: Days) -> pd.DataFrame:
    """Raw bars from the first to the last day with a close; days without one in between are suspended."""
    fields = {name: _field(folder, name, calendar) for name in (*PRICE_FIELDS, "volume", "factor")}
    known = np.flatnonzero(~np.isnan(fields["close"]))
    if not len(known):
        raise DataError(f"{folder.name}: close.day.bin holds no price. Leave it out with symbols=.", symbol=symbol)
    torn = np.isnan(fields["close"]) & ~np.isnan(fields["open"])
    if torn.any():
        raise DataError(
            f"{folder.name}: close.day.bin has no price on {calendar[torn][0]}, and open.day.bin has one. It was cut "
            "short; write it again with dump_bin.py.",
            field="close",
            symbol=symbol,
            day=str(calendar[torn][0]),
        )
    span = slice(known[0], known[-1] + 1)
    cut = {name: values[span] for name, values in fields.items()}
    factor = cut.pop("factor")
    factor = _carried(factor) if (~np.isnan(factor)).any() else np.ones(len(factor))
    paused = np.isnan(cut["close"])
    grid = round(1 / step) if (step := CHINA_RULES.tick(board_of(symbol))) else 0
    for name in PRICE_FIELDS:
        raw = cut[name] / factor
        if grid:
            whole = np.rint(raw * grid)
            raw = np.where(np.abs(raw * grid - whole) < 0.05, whole / grid, raw)
        cut[name] = raw
    last = _carried(cut["close"])
    for name in PRICE_FIELDS:
        cut[name] = np.where(paused, last, cut[name])
    volume = np.where(paused, 0.0, np.rint(cut.pop("volume") * factor))
    return pd.DataFrame(
        {"date": calendar[span].astype("datetime64[s]"), "symbol": symbol, **cut, "volume": volume, "paused": paused}
    ).assign(factor=np.where(paused, np.nan, factor))


def _carried(values: Floats) -> Floats:
    """The last known value up to each entry; before the first the first."""
    rows = np.where(np.isnan(values), 0, np.arange(len(values)))
    carried: Floats = values[np.maximum.accumulate(rows)]
    return np.where(np.isnan(carried), values[~np.isnan(values)][0], carried)


def _steps(frame: pd.DataFrame, symbol: str) -> Iterator[dict[str, object]]:
    """Days on which the factor moves the reference price by at least a tick, from the last close before."""
    traded = frame[~frame["paused"]]
    factor, close = traded["factor"].to_numpy(), traded["close"].to_numpy()
    ratio = factor[1:] / factor[:-1]
    step = CHINA_RULES.tick(board_of(symbol)) or 0.01
    reference = np.rint(close[:-1] / ratio / step) * step
    for at in np.flatnonzero((np.abs(close[:-1] - reference) > step / 2) & (reference > 0)).tolist():
        yield {
            "symbol": symbol,
            "ex_date": traded["date"].iloc[at + 1],
            "prev_close": float(close[at]),
            "ref_price": round(float(reference[at]), 3),
        }
