"""Bars as arrays: a table becomes rows, every check of a row is done, and the rows become ``(T, N)`` arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from qresearch.domain.contract import Contract
from qresearch.domain.instrument import CHINA_SUFFIXES, Board, Instrument, split_symbol
from qresearch.domain.moment import Phase
from qresearch.errors import DataError
from qresearch.market.intraday import QUOTE_FIELDS, Intraday
from qresearch.market.panel import SETTLED_FIELDS, Bools, Days, Floats
from qresearch.market.venue import CHINA, PLAIN, Venue
from qresearch.sources.bonds import with_bonds
from qresearch.sources.contracts import read_contracts
from qresearch.sources.credit import with_credit
from qresearch.sources.daily import spread
from qresearch.sources.frames import fill_rows, keep_symbols
from qresearch.sources.listings import named_boards, read_instruments
from qresearch.sources.long_tables import is_by_symbol, long_table
from qresearch.sources.minutes import check_times, fold
from qresearch.sources.option_terms import check_underlyings
from qresearch.sources.symbols import some
from qresearch.sources.validation import Rows, check_rows, settle_on_ticks, told_spacing, without_weekends

Source = pd.DataFrame | Mapping[str, pd.DataFrame] | str | Path


@dataclass(frozen=True)
class Bars:
    """Bars that were read and checked.

    Parameters
    ----------
    symbols : tuple of str
        Canonical, in the order of the columns.
    given : frozenset of str
        Fields and flags that the data themselves have; the rows are gone, so that they are not in memory twice.
    instruments : tuple of Instrument
        One per symbol.
    venue : Venue
        The one asked for, or that of the symbols.
    days : (T,) ndarray of datetime64[D]
    fields : dict of str to (T, N) ndarray of float64
    flags : dict of str to (T, N) ndarray of bool
    known : (T, N) ndarray of bool
        Where there is a row.
    inside : Intraday or None
        The bars inside the days.
    """

    symbols: tuple[str, ...]
    given: frozenset[str]
    instruments: tuple[Instrument, ...]
    venue: Venue
    days: Days
    fields: dict[str, Floats]
    flags: dict[str, Bools]
    known: Bools
    inside: Intraday | None


def read_bars(
    source: Source,
    tables: Mapping[str, Any],
    *,
    symbols: Iterable[str] | None,
    adjusted: bool,
    venue: Venue | None,
    stamp: str,
    notes: list[str],
) -> Bars:
    """Read bars as :func:`~qresearch.sources.tabular.read_market` does, up to what hangs on several days.

    Parameters
    ----------
    source : DataFrame, dict of str to DataFrame, or path of a file
    tables : mapping of str to table
        By argument: instruments, contracts, credit and bonds.
    symbols : iterable of str, optional
        Only these.
    adjusted : bool
    venue : Venue or None
        None: that of the symbols.
    stamp : {"end", "start"}
    notes : list of str
        Takes what a user should know.

    Raises
    ------
    DataError
        Rows that cannot be trusted.
    """
    futures = read_contracts(tables["contracts"])
    frame, rows = long_table(source, notes, adjusted=adjusted)
    frame, rows = (frame, rows) if symbols is None else keep_symbols(frame, rows, symbols)
    boards = named_boards(frame, rows)
    venue = _venue(rows.symbols, venue, notes, futures)
    fill_rows(frame, rows, venue, Path(source).name if isinstance(source, (str, Path)) else "the data")
    rows.numbers = {name: values for name, values in rows.numbers.items() if futures or name not in SETTLED_FIELDS}
    if venue is not PLAIN:
        rows = without_weekends(rows, notes)
    _check(rows, source, adjusted=adjusted)
    listed = _listed(tables, rows, boards, venue, futures, notes=notes)
    if not adjusted:
        settle_on_ticks(rows, listed, venue.rules)
    given = frozenset((*rows.numbers, *(name for name in rows.flags if name in frame.columns)))
    if "turnover" not in given and venue.rules.has_limits and any(item.contract is None for item in listed):
        notes.append("The data have no turnover: it is NaN wherever it is asked for, and a mean price is the close.")
    return Bars(rows.symbols, given, listed, venue, *_arrays(rows, stamp, venue, notes))


def _check(rows: Rows, source: Source, *, adjusted: bool) -> None:
    """Every check that needs no instruments; raises DataError."""
    if rows.times is None:
        if quotes := [name for name in QUOTE_FIELDS if name in rows.numbers]:
            raise DataError(
                f"{' and '.join(quotes)}: quotes belong to bars inside the day, but there is one row per symbol and "
                "day. Drop the columns, or pass minute bars with the time of the day in their date.",
                field=quotes[0],
            )
    elif isinstance(source, Mapping) and not is_by_symbol(source):
        raise DataError(
            "date: one frame per field holds daily bars only, and these have several rows a day. "
            "Pass minute bars as one long frame, a row per symbol and bar.",
            field="date",
        )
    else:
        check_times(rows)
    check_rows(rows, adjusted)


def _arrays(
    rows: Rows, stamp: str, venue: Venue, notes: list[str]
) -> tuple[Days, dict[str, Floats], dict[str, Bools], Bools, Intraday | None]:
    """Days, (T, N) arrays of every field and flag, where there is a row, and the bars inside the days."""
    if rows.times is not None:
        days, fields, flags, known, bars, more = fold(rows, stamp, (venue.hours[Phase.OPEN], venue.hours[Phase.CLOSE]))
        notes.extend(more)
        return days, fields, flags, known, bars
    days, fields, flags, known = spread(rows)
    notes.extend(told_spacing(days))
    return days, fields, flags, known, None


def _venue(symbols: tuple[str, ...], venue: Venue | None, notes: list[str], futures: Mapping[str, Contract]) -> Venue:
    """The venue asked for, or that of the suffixes; contracts are of China."""
    if venue is None and futures and all(symbol in futures for symbol in symbols):
        return CHINA
    symbols = tuple(symbol for symbol in symbols if symbol not in futures)
    if venue is None:
        bare = [symbol for symbol in symbols if len(symbol) == 6 and symbol.isdecimal()]
        if bare:
            raise DataError(
                f"symbol: {some(bare, 3)}: six digits of which no range, or one on both exchanges, is known. Write "
                f"{bare[0]}.SH or {bare[0]}.SZ, or pass venue='plain' for instruments without rules.",
                field="symbol",
                symbol=bare[0],
            )
        chinese = [symbol for symbol in symbols if split_symbol(symbol)[1] in CHINA_SUFFIXES]
        others = [symbol for symbol in symbols if split_symbol(symbol)[1] not in CHINA_SUFFIXES]
        if chinese and others:
            raise DataError(
                f"symbol: {some(chinese, 3)} trade in China, {some(others, 3)} do not. "
                "Load them apart, one market each, or pass venue= to treat all of them alike.",
                field="symbol",
                symbol=others[0],
            )
        venue = CHINA if chinese else PLAIN
    if venue.board is Board.PLAIN:
        notes.append(f"Venue {venue.name!r}: no lots, limits, T+1 or taxes are applied.")
    return venue


def _listed(
    tables: Mapping[str, Any],
    rows: Rows,
    boards: Mapping[str, str],
    venue: Venue,
    futures: Mapping[str, Contract],
    *,
    notes: list[str],
) -> tuple[Instrument, ...]:
    """One instrument per symbol; `notes` take what was told by its number only."""
    last = np.zeros(len(rows.symbols), dtype=rows.days.dtype)
    last[rows.codes] = rows.days  # they ascend within a symbol, and the last one wins
    days = list(last.astype(object))
    listed, told = read_instruments(tables["instruments"], rows.symbols, boards, days, venue, contracts=futures)
    check_underlyings(listed)
    notes.extend(told)
    return with_bonds(with_credit(listed, tables["credit"]), tables["bonds"])
