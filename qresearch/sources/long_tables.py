"""One long table of bars in our words: names, dates, numbers, units and flags, from whatever a vendor calls them.

What comes out has the columns of :data:`~qresearch.sources.vendors_columns.KNOWN`, dates as datetime64, volume in
shares and turnover in currency; to read it once more changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qresearch.domain.classes import classed
from qresearch.domain.instrument import canonical_symbol
from qresearch.errors import DataError, shown
from qresearch.market.intraday import QUOTE_FIELDS
from qresearch.market.panel import FIELDS, PRICE_FIELDS, Bools
from qresearch.sources.cells import are_numbers, numbers, told_apart
from qresearch.sources.dates import no_dates, of_the_day, parsed
from qresearch.sources.frames import named_columns, place_in, require, stack_wide
from qresearch.sources.symbols import read_symbols, repairs, some, symbols_of
from qresearch.sources.table_files import load_table
from qresearch.sources.units import in_our_units
from qresearch.sources.validation import Rows
from qresearch.sources.vendors_columns import REQUIRED, VendorTable, is_a_name, ours, plain

_SPECIALLY_TREATED = frozenset({2, 3, 5, 6, 8, 9, 11, 12, 14, 15})
"""CSMAR's Trdsta of shares with a risk warning: ST, *ST, SST, S*ST, GST, G*ST, UST, U*ST, NST, N*ST."""
_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")
_ADJUSTED_WORDS = {"前复权": "forward", "后复权": "backward", "_qfq": "forward", "_hfq": "backward"}
_REMEDY = "Pass adjusted=True, or fetch unadjusted prices."


def long_table(source: object, notes: list[str], *, adjusted: bool) -> tuple[pd.DataFrame, Rows]:
    """Bars of any accepted shape as one long frame, and its symbols; days and numbers of the rows are not read yet.

    Parameters
    ----------
    source : DataFrame, mapping of DataFrames or path
    notes : list of str
        Takes what was recognised, repaired, multiplied and left out.
    adjusted : bool

    Raises
    ------
    DataError
        A table that is not understood, or says that its prices are adjusted while `adjusted` is False.
    """
    what = Path(source).name if isinstance(source, (str, Path)) else "Market data"
    vendor: VendorTable | None = None
    counted: dict[str, float] = {}
    if isinstance(source, Mapping) and not is_by_symbol(source):
        frame = stack_wide(source)
    else:
        loaded = load_table(_joined(source), what, notes)  # type: ignore[arg-type]  # load_table refuses the rest
        if (by_field := _by_field(loaded)) is not None:
            frame = stack_wide(by_field)
        else:
            titles = str(loaded.attrs.get("titles", ""))
            frame, vendor, counted = named_columns(loaded, what)
            _refuse_adjusted(frame, vendor, f"{titles} {what}", what, adjusted=adjusted)
            require(frame, [name for name in REQUIRED if name != "symbol"], what)
            frame = _dated(frame, what, notes)
            if "symbol" not in frame.columns and isinstance(source, (str, Path)):
                symbol = _symbol_of(Path(source), titles)
                notes.append(f"{what} has no column 'symbol': its name is taken for it, {symbol!r}.")
                frame = frame.assign(symbol=symbol)
            require(frame, REQUIRED, what)
    codes, symbols = read_symbols(frame["symbol"], what)
    notes.extend(repairs(frame["symbol"], symbols))
    frame, codes = _ascending(frame, codes, notes)
    frame, lots = _numbered(frame, notes)
    frame = _flagged(frame, vendor)
    frame = _unadjusted(frame, vendor, notes)
    if lots:
        counted = {**counted, "volume": 1.0}
    frame = in_our_units(frame, codes, symbols, vendor=vendor, counted=counted, adjusted=adjusted, notes=notes)
    return frame, Rows(np.empty(0, dtype="datetime64[D]"), codes, symbols)


def is_by_symbol(source: Mapping[Any, Any]) -> bool:
    """Whether a mapping holds a table of bars per symbol instead of one per field."""
    return bool(source) and all(
        isinstance(frame, pd.DataFrame) and sum(map(is_a_name, frame.columns)) >= len(PRICE_FIELDS)
        for frame in source.values()
    )


def _joined(source: object) -> object:
    """One frame of a mapping by symbol; anything else as it is."""
    if not isinstance(source, Mapping):
        return source
    frames = []
    for symbol, frame in source.items():
        if isinstance(frame.index, pd.DatetimeIndex):
            table = frame.rename_axis("date").reset_index()
        else:
            table = frame if ours(plain(frame.index.name), None) != "date" else frame.reset_index()
        if "symbol" in table.columns:
            _refuse_others(symbol, table["symbol"])
        frames.append(table.assign(symbol=str(symbol)))
    return pd.concat(frames, ignore_index=True)


def _refuse_others(symbol: object, column: pd.Series) -> None:
    """Raise where a frame that stands under one symbol holds bars of others."""
    others = set(symbols_of(column, f"the frame of {symbol!r}")) - set(symbols_of(pd.Series([symbol]), "Market data"))
    if others:
        raise DataError(
            f"symbol: the frame under {shown(symbol)} holds bars of {some(sorted(others), 3)}. Put each under its own "
            "symbol, drop the column 'symbol', or pass all of them as one long frame with pd.concat.",
            field="symbol",
            symbol=sorted(others)[0],
        )


def _by_field(frame: pd.DataFrame) -> dict[str, pd.DataFrame] | None:
    """One frame per field, of columns in two levels such as yfinance's; None for any other frame."""
    if frame.columns.nlevels != 2:
        return None
    for level in (0, 1):
        words = {str(name).strip().lower().replace(" ", "_"): name for name in frame.columns.get_level_values(level)}
        if {*PRICE_FIELDS, "volume"} <= words.keys() and "date" not in words:
            fields = [word for word in words if word in FIELDS]
            return {word: frame.xs(words[word], axis=1, level=level) for word in fields}  # type: ignore[misc]
    return None


def _symbol_of(path: Path, titles: str) -> str:
    """The symbol that the name of a file tells, else a title above the table."""
    stem = path.name.partition(".")[0] if path.suffix.lower() in (".gz", ".zip") else path.stem
    symbol = stem.replace("#", ".")
    if classed(canonical_symbol(symbol)) is None:
        codes = {code for code in _CODE.findall(titles) if classed(canonical_symbol(code)) is not None}
        if len(codes) == 1:
            return str(codes.pop())
    return symbol


def _refuse_adjusted(frame: pd.DataFrame, vendor: VendorTable | None, words: str, what: str, *, adjusted: bool) -> None:
    """Raise where a table says that its prices are adjusted and the caller does not."""
    if adjusted:
        return
    said = next((f"the name or title says {word!r}" for word in _ADJUSTED_WORDS if word in words), "")
    if not said and "adjustment" in frame.columns:
        kinds = {str(value).removesuffix(".0") for value in frame["adjustment"].dropna().unique()}
        if found := sorted(kinds & {"1", "2"}):
            said = f"adjustflag is {found[0]} ({'backward' if found[0] == '1' else 'forward'})"
    if not said and vendor is not None and vendor.adjusted and "factor" not in frame.columns:
        said = vendor.adjusted
    if not said and "factor" in frame.columns and (vendor is None or not vendor.adjusted):
        factor = numbers(frame["factor"]).values
        if (off := (np.abs(factor - 1) > 1e-9)).any():
            said = f"factor is {factor[off][0]:g}, and the prices are multiplied by it"
    if said:
        raise DataError(f"{what}: the prices are adjusted: {said}. {_REMEDY}", field="close")


def _dated(frame: pd.DataFrame, what: str, notes: list[str]) -> pd.DataFrame:
    """The frame with its dates as datetime64, without rows that are none: names once more, units, remarks."""
    what = "the data" if what == "Market data" else what
    column = frame["date"]
    if not pd.api.types.is_datetime64_any_dtype(column.dtype) or column.hasnans:
        codes, unique = told_apart(column, with_nothing=True)
        stamps = parsed(unique, what, notes)
        dates = stamps[codes]
        if stamps.hasnans:
            kept = ~_strays(frame, np.asarray(dates.isna()), what, notes)
            frame, dates = frame[kept], dates[kept]
            require(frame, ("date",), what)
        frame = frame.assign(date=dates)
    return _with_time(frame, what) if "time" in frame.columns else frame


def _with_time(frame: pd.DataFrame, what: str) -> pd.DataFrame:
    """A day and a time of the day in one column; a time of midnight on every row says nothing."""
    clock = of_the_day(frame["time"], what)
    frame = frame.assign(date=parsed(pd.Index(frame["time"]), what) if clock is None else frame["date"] + clock)
    return frame.drop(columns="time")


def _strays(frame: pd.DataFrame, wrong: Bools, what: str, notes: list[str]) -> Bools:
    """Of rows without a date those that hold no figure and stand at an end, are empty, or repeat the names.

    Raises
    ------
    DataError
        Any other row without a date.
    """
    stray = np.zeros(len(frame), dtype=bool)
    good, at = np.flatnonzero(~wrong), np.flatnonzero(wrong)
    first, last = (int(good[0]), int(good[-1])) if len(good) else (0, len(frame))
    figures = np.zeros(len(at), dtype=bool)
    for name in (*PRICE_FIELDS, "volume"):
        figures |= ~np.isnan(numbers(frame[name].iloc[at]).values)
    said: list[str] = []
    for row, has_figure, cells in zip(
        at.tolist(), figures.tolist(), frame.iloc[at].astype(object).to_numpy(), strict=True
    ):
        there = [str(cell) for cell in cells if cell is not None and cell == cell and str(cell).strip()]
        is_header = sum(map(is_a_name, there)) >= len(PRICE_FIELDS)
        stray[row] = not has_figure and (not there or is_header or not first <= row <= last)
        if stray[row] and there:
            said.append(" ".join(there))
    if (bad := np.flatnonzero(wrong & ~stray)).size:
        place = place_in(frame, what, int(bad[0])).removesuffix(f" of {what}")
        raise no_dates(frame["date"].iloc[bad].tolist(), what, f" in {place}")
    if said:
        more = " and others" if len(said) > 1 else ""
        notes.append(f"{len(said)} rows of {what} are no bars and left out: {said[0][:120]}{more}.")
    return stray


def _ascending(
    frame: pd.DataFrame, codes: NDArray[np.int64], notes: list[str]
) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Rows that run from the newest to the oldest the other way round."""
    dates = frame["date"]
    if len(frame) < 2 or not dates.iloc[0] > dates.iloc[-1]:
        return frame, codes
    stamps = pd.DatetimeIndex(dates).asi8[::-1]
    turned = codes[::-1]
    order = np.argsort(turned, kind="stable")
    same = np.diff(turned[order]) == 0
    if (np.diff(stamps[order])[same] < 0).any():
        return frame, codes
    notes.append("The rows run from the newest to the oldest; they are read the other way round.")
    return frame.iloc[::-1], turned


def _numbered(frame: pd.DataFrame, notes: list[str]) -> tuple[pd.DataFrame, bool]:
    """Text as numbers where all of a column is one; and whether cells of the volume count lots themselves."""
    changed: dict[str, Any] = {}
    halted = np.zeros(len(frame), dtype=bool)
    lots = False
    for name in (*FIELDS, *QUOTE_FIELDS):
        if name not in frame.columns or are_numbers(frame[name].dtype):
            continue
        found = numbers(frame[name], is_price=name in PRICE_FIELDS)
        if found.wrong.any():
            continue  # told with the row when the rows are read
        changed[name] = found.values
        halted |= found.halted
        lots |= name == "volume" and bool(found.lots.any())
        if found.scaled:
            notes.append(f"{name} is written with units, such as {found.scaled!r}: it is as exact as that.")
    if halted.any() and "paused" not in frame.columns:
        volume = changed.get("volume", frame["volume"])
        changed["paused"] = halted | (np.asarray(volume, dtype=np.float64) == 0)
    frame = frame.assign(**changed) if changed else frame
    return _without_zeros(frame, notes), lots


def _without_zeros(frame: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """Prices of 0 on days without volume are no prices."""
    if not all(are_numbers(frame[name].dtype) for name in (*PRICE_FIELDS, "volume")):
        return frame
    zero = (frame["volume"] == 0).to_numpy(dtype=bool, na_value=False)
    if not zero.any():
        return frame
    names = [name for name in (*PRICE_FIELDS, "pre_close") if name in frame.columns]
    changed = {name: frame[name].mask(zero & (frame[name] == 0)) for name in names
               if (frame[name].to_numpy()[zero] == 0).any()}  # fmt: skip
    if not changed:
        return frame
    notes.append(f"Prices of 0 on days without volume count as unknown ({', '.join(changed)}).")
    return frame.assign(**changed)


def _flagged(frame: pd.DataFrame, vendor: VendorTable | None) -> pd.DataFrame:
    """What a vendor tells of suspensions and risk warnings, as our flags."""
    changed: dict[str, Any] = {}
    for name, value in (("trading", 0), ("halted", 1)):
        if name in frame.columns:
            changed["paused"] = numbers(frame[name]).values == value
    if "status" in frame.columns:
        changed["paused"] = frame["status"].astype(str).str.contains("停牌").to_numpy()
    if "special" in frame.columns:
        changed["is_st"] = np.isin(numbers(frame["special"]).values, list(_SPECIALLY_TREATED))
    return frame.assign(**changed) if changed else frame


def _unadjusted(frame: pd.DataFrame, vendor: VendorTable | None, notes: list[str]) -> pd.DataFrame:
    """Prices that a vendor always multiplies by a factor of the table, turned back onto their tick."""
    if vendor is None or not vendor.adjusted or "factor" not in frame.columns:
        return frame
    factor = numbers(frame["factor"]).values
    known = factor > 0
    if not known.any():
        raise DataError("factor: no value is above 0. Pass adjusted=True and leave the column out.", field="factor")
    changed: dict[str, Any] = {}
    for name in PRICE_FIELDS:
        raw = frame[name].to_numpy(dtype=np.float64, na_value=np.nan) / np.where(known, factor, np.nan)
        whole = np.rint(raw * 1_000)
        cents = np.rint(raw * 100)
        # A float32 is off by a ten-millionth, times the factor twice.
        raw = np.where(np.abs(raw * 1_000 - whole) < 1e-6 * whole + 1e-2, whole / 1_000, raw)
        changed[name] = np.where(np.abs(raw * 100 - cents) < 1e-6 * cents + 5e-3, cents / 100, raw)
    changed["volume"] = np.rint(frame["volume"].to_numpy(dtype=np.float64, na_value=np.nan) * factor)
    notes.append(
        f"Prices were divided and volume multiplied by {vendor.name}'s factor. Its steps are corporate actions whose "
        "cash and shares it does not keep: pass them in actions=, or a holding loses each step."
    )
    return frame.assign(**changed)
