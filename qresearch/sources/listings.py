"""The tables beside the bars: instruments, days without limits, the benchmark; actions stand in their own file."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from qresearch.domain.classes import Classed, classed
from qresearch.domain.contract import Contract
from qresearch.domain.instrument import Board, Instrument, canonical_symbol
from qresearch.errors import DataError, close_matches, did_you_mean, shown
from qresearch.market.market import Benchmark
from qresearch.market.panel import Bools, Days
from qresearch.market.venue import Venue
from qresearch.sources.cells import numbers
from qresearch.sources.dates import at_venue, read_stamps
from qresearch.sources.frames import require
from qresearch.sources.symbols import some, symbols_of, told_others
from qresearch.sources.table_files import SUFFIXES, load_table
from qresearch.sources.validation import Rows

Table = pd.DataFrame | str | Path
DEFAULT_BENCHMARK = "000300.SH"
_YES_OR_NO = {**dict.fromkeys(("true", "1", "1.0"), True),
              **dict.fromkeys(("false", "0", "0.0", "", "nan", "none", "<na>"), False)}  # fmt: skip
_DELISTED = "delisted_or_stopped"
_SIBLINGS: Mapping[str, str] = {
    "instruments": "{}_instruments.csv",
    "actions": "{}_corporate_actions.csv",
    "no_limit_days": "{}_no_limit_days.csv",
    "benchmark": "{}_index.parquet",
    "contracts": "{}_contracts.csv",
    "bonds": "{}_bonds.csv",
}


def siblings(source: object) -> dict[str, Path]:
    """The tables beside a file ``<prefix>_daily.*``, by the argument that they stand for."""
    if not isinstance(source, (str, Path)):
        return {}
    path = Path(source)
    prefix, found, _ = path.stem.rpartition("_daily")
    if not found or not path.stem.endswith("_daily"):
        return {}
    paths = {name: path.with_name(pattern.format(prefix)) for name, pattern in _SIBLINGS.items()}
    return {name: beside for name, beside in paths.items() if beside.is_file()}


_OF_INSTRUMENTS = (
    "symbol", "name", "board", "list_date", "last_date", "status", "delist_date", "same_day_sale", "limit_ratio",
)  # fmt: skip
_READ = frozenset({*_OF_INSTRUMENTS, "date", "close"})
"""Columns of the tables of this module; those of others stand in their own."""
_SQUEEZED = {name.replace("_", ""): name for name in _READ}
"""A column that is not read would be passed over: listDate and list date are list_date."""


def dates_of(table: pd.DataFrame, name: str, what: str, venue: Venue) -> list[dt.date | None]:
    """A column of dates, None where empty or where there is no such column; a time with a zone counts at the venue."""
    if name not in table.columns:
        return [None] * len(table)
    column = table[name]
    known = column.notna().to_numpy()
    if not known.any():
        return [None] * len(table)
    stamps = iter(at_venue(read_stamps(pd.Index(column[known]), f"column {name!r} of {what}"), venue).date)
    return [next(stamps) if is_known else None for is_known in known]


def table_of(source: Table, what: str, *required: str) -> pd.DataFrame:
    """A table with lower-case names of its columns, those that are required among them."""
    table = load_table(source, what)
    table = table.set_axis([str(name).strip().lower() for name in table.columns], axis=1).dropna(how="all")
    if twice := sorted({*table.columns[table.columns.duplicated()]} & _READ):
        raise DataError(f"{what}: columns {some(twice)} stand there more than once. Drop one of each.", field=twice[0])
    if table.empty and set(required) <= set(table.columns):
        return table  # a table without entries is a statement, unlike a market without rows
    require(table, required, what)
    return table


def named_boards(frame: pd.DataFrame, rows: Rows) -> dict[str, str]:
    """The board that the first row of each symbol names in a column of the bars."""
    if "board" not in frame.columns:
        return {}
    _, first = np.unique(rows.codes, return_index=True)
    named = frame["board"].iloc[first].tolist()
    return {symbol: board for symbol, board in zip(rows.symbols, named, strict=True) if isinstance(board, str)}


def read_instruments(
    source: Table | None,
    symbols: Sequence[str],
    boards: Mapping[str, str],
    last_days: Sequence[dt.date],
    venue: Venue,
    *,
    contracts: Mapping[str, Contract] = MappingProxyType({}),
) -> tuple[tuple[Instrument, ...], list[str]]:
    """One instrument per symbol, and notes on what was told by the number of a symbol only.

    Parameters
    ----------
    source : DataFrame, path or None
    boards : mapping of str to str
        Boards that the bars themselves name.
    last_days : sequence of date
        Day of the last row of each symbol.
    contracts : mapping of str to Contract
        What is a future, by its symbol.

    Raises
    ------
    DataError
        A symbol twice, an unknown board or a limit that is no fraction; correct the table. A Chinese code that belongs
        to no range of its exchange; correct it, or name its board.
    """
    entries: dict[str, dict[str, Any]] = {}
    notes: list[str] = []
    if source is not None:
        table = table_of(source, "instruments", "symbol")
        meant = {name: _SQUEEZED.get(re.sub(r"[\s_-]", "", name), name) for name in table.columns}
        table = table.rename(columns={name: ours for name, ours in meant.items() if ours not in table.columns})
        notes += _told_columns(table)
        for name in ("list_date", "delist_date", "last_date"):
            # An object column: as datetime64 a missing date would come out as NaT, not None.
            table[name] = pd.Series(dates_of(table, name, "instruments", venue), index=table.index, dtype=object)
        for symbol, row in zip(symbols_of(table["symbol"], "instruments"), table.to_dict("records"), strict=True):
            if symbol in entries:
                raise DataError(
                    f"instruments: {symbol} stands there twice. Keep one row.", field="symbol", symbol=symbol
                )
            entries[symbol] = {str(name): value for name, value in row.items()}
    instruments: list[Instrument] = []
    notes += told_others(list(entries), symbols, "instruments of the table")
    told: dict[str, Classed] = {}
    for symbol, last in zip(symbols, last_days, strict=True):
        entry = entries.get(symbol, {})
        if symbol in contracts:
            instruments.append(_future(symbol, contracts[symbol], entry))
            continue
        named = _text(entry.get("board")) or boards.get(symbol, "")
        board = _board(symbol, named) if named else None
        found = Classed(Board.PLAIN) if venue.board else classed(symbol)
        if venue.board is not None:
            board = board if board is Board.INDEX else venue.board
        elif board is None:
            if found is None:
                raise _outside(symbol, symbols)
            told[symbol] = found
            board = found.board
        if found is None or found.board is not board:
            found = Classed(board)
        instruments.append(_instrument(symbol, found, entry, last))
    return tuple(instruments), notes if venue.board else [*notes, *_told(told)]


def _told_columns(table: pd.DataFrame) -> list[str]:
    """A note for each column that nobody reads and that looks like one that is missing: others say what they like."""
    missing = [name for name in _OF_INSTRUMENTS if name not in table.columns]
    # Nearer than elsewhere: first_date is no slip of delist_date.
    others = [str(name) for name in table.columns if name not in _OF_INSTRUMENTS]
    near = {name: get_close_matches(name, missing, n=1, cutoff=0.85) for name in others}
    return [
        f"The column {name!r} of the instruments table is not read. {did_you_mean(found)}".rstrip()
        for name, found in near.items()
        if found
    ]


def _future(symbol: str, contract: Contract, entry: Mapping[str, Any]) -> Instrument:
    board = Board.FUTURES if contract.option is None else Board.OPTION
    return Instrument(symbol, _text(entry.get("name")), board, entry.get("list_date"), contract=contract)


def _outside(symbol: str, symbols: Sequence[str]) -> DataError:
    """A Chinese code that no range of its exchange holds."""
    code, _, suffix = symbol.rpartition(".")
    others = [f"{code}.{other}" for other in ("SH", "SZ", "BJ") if other != suffix and classed(f"{code}.{other}")]
    hint = f"{' or '.join(others)} would be one. " if others else ""
    return DataError(
        f"symbol: {symbol} is outside every range of codes of its exchange, so that no rules are known for it. {hint}"
        "Correct it, or name its board in a column 'board' of the bars or of the instruments table.",
        field="symbol",
        symbol=symbol,
    )


_SHOWN_KINDS = 6


def _told(told: Mapping[str, Classed]) -> list[str]:
    """What was told by numbers alone, counted by class."""
    if not told:
        return []
    groups: dict[str, list[str]] = {}
    for symbol, found in told.items():
        groups.setdefault(f"{found.board} {found.kind}".strip(), []).append(symbol)
    words = [f"{len(names)} {name} ({some(names, 2)})" for name, names in groups.items()]
    notes = [f"Boards guessed from the numbers of the symbols: {'; '.join(words)}."]
    unknown = [symbol for symbol, found in told.items() if found.board in {Board.ETF, Board.LOF} and not found.kind]
    if unknown:
        notes.append(
            f"{len(unknown)} funds that no table knows are taken for funds of shares, with a limit of 10% and T+1: "
            f"{some(unknown)}. Name others by limit_ratio and same_day_sale in the instruments table."
        )
    bonds = [symbol for symbol, found in told.items() if found.board in {Board.BOND, Board.REPO}]
    if bonds:
        notes.append(
            f"{len(bonds)} bonds and repo are traded by an account of bonds only, with a table of terms (bonds=): "
            f"{some(bonds)}."
        )
    closed = [symbol for symbol, found in told.items() if found.board is Board.NOT_TRADED]
    if closed:
        notes.append(f"{len(closed)} instruments can be looked at and not traded here: {some(closed)}.")
    return notes


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _board(symbol: str, named: str) -> Board:
    try:
        return Board(named.upper())
    except ValueError:
        words = [board.value for board in Board]
        hint = did_you_mean(close_matches(named.upper(), words))
        raise DataError(
            f"board: {symbol} is on board {named!r}, which is none of {', '.join(words)}. {hint}Correct it.",
            field="board",
            symbol=symbol,
        ) from None


def _instrument(symbol: str, found: Classed, entry: Mapping[str, Any], last: dt.date) -> Instrument:
    delisted = entry.get("delist_date")
    if delisted is None and _text(entry.get("status")) == _DELISTED:
        # The first day on which it no longer trades, so that its last row still counts.
        delisted = max(entry.get("last_date") or last, last) + dt.timedelta(days=1)
    ratio = number_of(entry, "limit_ratio", symbol)
    if ratio is not None and not 0 < ratio < 1:
        raise DataError(
            f"limit_ratio: {symbol} has {ratio!r}. Pass a fraction such as 0.2, or nothing for the rule of its board.",
            field="limit_ratio",
            symbol=symbol,
        )
    listed = entry.get("list_date")
    if listed is not None and delisted is not None and delisted <= listed:
        raise DataError(
            f"delist_date: {symbol} is listed on {listed} and delisted on {delisted}. Correct one of the two.",
            field="delist_date",
            symbol=symbol,
            day=str(delisted),
        )
    word = str(entry.get("same_day_sale", "")).strip().lower()
    if word not in _YES_OR_NO:
        raise DataError(
            f"same_day_sale: {symbol} has {shown(entry['same_day_sale'])}. Pass True or False.",
            field="same_day_sale",
            symbol=symbol,
        )
    same_day = _YES_OR_NO[word] if word else found.same_day_sale
    ratio = found.limit_ratio if ratio is None else ratio
    kind = found.kind
    return Instrument(symbol, _text(entry.get("name")), found.board, listed, delisted, same_day, ratio, kind)


def number_of(entry: Mapping[str, Any], name: str, symbol: str) -> float | None:
    """A number of a row; None where empty."""
    value = entry.get(name)
    if value is None or value != value or value == "":
        return None
    try:
        found = math.inf if isinstance(value, (bool, np.bool_)) else float(value)  # True would be 1
    except (TypeError, ValueError, OverflowError):
        found = math.inf
    if math.isinf(found):
        raise DataError(f"{name}: {symbol} has {shown(value)}. Pass a finite number.", field=name, symbol=symbol)
    return found


def read_closed_days(source: Table | None, symbols: Sequence[str], days: Days, venue: Venue) -> Bools | None:
    """(T, N) ndarray of bool: True on the days on which the account cannot trade; a table without symbols is for all.

    None where there is no table.
    """
    if source is None:
        return None
    table = table_of(source, "closed days", "date")
    if "symbol" in table.columns:
        return read_no_limit_days(source, symbols, days, venue, "closed days")
    closed = np.array([day for day in dates_of(table, "date", "closed days", venue) if day], dtype="datetime64[D]")
    return np.repeat(np.isin(days, closed)[:, None], len(symbols), axis=1)


def read_no_limit_days(
    source: Table, symbols: Sequence[str], days: Days, venue: Venue, what: str = "days without limits"
) -> Bools:
    """(T, N) ndarray of bool: True on the days that the table names."""
    table = table_of(source, what, "symbol", "date")
    place = {symbol: column for column, symbol in enumerate(symbols)}
    mask = np.zeros((len(days), len(symbols)), dtype=bool)
    for symbol, day in zip(symbols_of(table["symbol"], what), dates_of(table, "date", what, venue), strict=True):
        column = place.get(symbol)
        if column is not None and day is not None:
            mask[days == np.datetime64(day), column] = True
    return mask


def read_benchmark(source: object, beside: Table | None, venue: Venue) -> Benchmark | None:
    """A reference series: a table with date, close and perhaps symbol, a Series by date, or a symbol of the file.

    Raises
    ------
    DataError
        No such symbol in the table, or several and none was named; pass one of those listed.
    """
    if source is None or isinstance(source, Benchmark):
        return source
    wanted = DEFAULT_BENCHMARK
    if isinstance(source, str) and Path(source).suffix.lower() not in SUFFIXES:
        wanted, asked, source = canonical_symbol(source), True, beside
        if source is None:
            raise DataError(
                f"benchmark: no index file beside the data holds {shown(wanted)}. Pass a path or a DataFrame."
            )
    else:
        asked = False
    if isinstance(source, pd.Series):
        stamps = read_stamps(source.index, "the benchmark")
        return _benchmark(str(source.name or "benchmark"), at_venue(stamps, venue), source)
    table = table_of(source, "benchmark", "date", "close")  # type: ignore[arg-type]  # load_table refuses the rest
    name = "benchmark"
    if "symbol" in table.columns:
        names = symbols_of(table["symbol"], "benchmark")
        there = list(dict.fromkeys(names))
        if wanted not in there and (asked or len(there) != 1):
            raise DataError(
                f"benchmark: {wanted} is not in the table, which holds {', '.join(there) or 'no row'}. Pass one of "
                "these."
            )
        name = wanted if wanted in there else there[0]
        table = table[np.array(names) == name]
    stamps = read_stamps(pd.Index(table["date"]), "the benchmark")
    return _benchmark(name, at_venue(stamps, venue), table["close"])


def told_benchmark(benchmark: Benchmark | None, days: Days) -> list[str]:
    """A note on a benchmark that has no close on any day of the data."""
    if benchmark is None or not len(benchmark.days) or np.isin(benchmark.days, days).any():
        return []
    return [
        f"The benchmark {benchmark.name} runs from {benchmark.days[0]} to {benchmark.days[-1]} and has no close on any "
        f"day of the data, {days[0]} to {days[-1]}: nothing is compared with it. Pass one of these days."
    ]


def _benchmark(name: str, stamps: pd.DatetimeIndex, close: pd.Series) -> Benchmark:
    days = stamps.to_numpy().astype("datetime64[D]")
    found = numbers(close, is_price=True)
    values = found.values
    if found.wrong.any():
        first = int(found.wrong.argmax())
        raise DataError(
            f"benchmark: {name} has closes that are no numbers on {int(found.wrong.sum())} days, first "
            f"{shown(close.iloc[first])} on {days[first]}. Write numbers, or nothing where unknown.",
            field="close",
            day=str(days[first]),
        )
    if np.isnan(values).all():
        raise DataError(f"benchmark: {name} has no close on any day. Pass one with closes, or none.", field="close")
    if len(days) > 1 and not (np.diff(days).astype(np.int64) > 0).all():
        raise DataError(
            f"benchmark: the days of {name} do not ascend. Sort them and keep one row per day.", field="date"
        )
    known = ~np.isnan(values)
    if not ((values[known] > 0) & np.isfinite(values[known])).all():
        first = days[known][~((values[known] > 0) & np.isfinite(values[known]))][0]
        raise DataError(
            f"benchmark: {name} has a close on {first} that is not above 0 and finite. Correct it, or leave it empty.",
            field="close",
            day=str(first),
        )
    return Benchmark(name, days[known], values[known])
