"""Tables in any of the accepted shapes under our names, and as :class:`~qresearch.sources.validation.Rows`."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qresearch.domain.classes import classed
from qresearch.domain.instrument import SymbolIndex, canonical_symbol
from qresearch.errors import DataError, close_matches, did_you_mean, shown
from qresearch.market.intraday import QUOTE_FIELDS
from qresearch.market.panel import FIELDS, PRICE_FIELDS, SETTLED_FIELDS, Days, Floats
from qresearch.market.venue import PLAIN, Venue
from qresearch.sources.cells import flags, numbers
from qresearch.sources.dates import at_venue, mixed_zones, read_stamps
from qresearch.sources.minutes import times_of
from qresearch.sources.symbols import symbols_of
from qresearch.sources.validation import Rows, blocks
from qresearch.sources.vendors_columns import (
    FLAGS,
    IGNORED,
    KNOWN,
    REQUIRED,
    SYNONYMS,
    VendorTable,
    ours,
    plain,
    recognised,
    unit_of,
)

_NAMED = 5
"""Columns that a message names at most."""
SPECIAL = ("trading", "halted", "status", "special", "adjustment", "factor", "time")
"""What vendors tell in their own way: turned into ours, or into a refusal, by :mod:`~qresearch.sources.long_tables`."""
_UNNAMED = re.compile(r"^unnamed:_\d+(_level_\d+)?$|^index$|^level_0$")


def named_columns(frame: pd.DataFrame, what: str) -> tuple[pd.DataFrame, VendorTable | None, dict[str, float]]:
    """The frame with our names for its columns, index levels included; its vendor; units that stand behind names.

    Raises
    ------
    DataError
        Unknown columns (rename or drop them), or two columns with the same meaning (drop one).
    """
    if frame.columns.nlevels > 1:
        raise DataError(f"{what}: the columns have two levels. Pass a dict of one frame per field instead.")
    levels = [plain(name) for name in frame.index.names]
    if levels == ["none"] and isinstance(frame.index, pd.DatetimeIndex):
        levels = ["date"]
    vendor = recognised([*map(plain, frame.columns), *levels])
    there = [ours(plain(name), vendor) for name in frame.columns]
    kept = [ours(level, vendor) for level in levels]
    if taken := [at for at, level in enumerate(kept) if level in ("date", "symbol") and level not in there]:
        frame = frame.set_axis(frame.index.set_names(kept), axis=0).reset_index(level=taken)
    words = [ours(plain(name), vendor) for name in frame.columns]
    if words.count("date") > 1:  # a day, and a time of the day in a column of its own
        words = ["time" if plain(name) in ("time", "时间") else word for name, word in zip(frame, words, strict=True)]
    _refuse_unknown(frame, words, what)
    for word in words:
        if word not in IGNORED and not _is_unread(word) and words.count(word) > 1:
            both = [repr(name) for name, other in zip(frame.columns, words, strict=True) if other == word]
            raise DataError(f"{what}: columns {' and '.join(both)} both mean {word!r}. Drop one.", field=word)
    counted = {word: unit for name, word in zip(frame.columns, words, strict=True) if (unit := unit_of(name))}
    return frame.set_axis(words, axis=1), vendor, counted


def _is_unread(word: str) -> bool:
    return word.startswith("not read: ")


def _refuse_unknown(frame: pd.DataFrame, words: list[str], what: str) -> None:
    """Columns of which nothing is known could be anything; one without a name is left out where it counts rows."""
    allowed = {*KNOWN, *IGNORED, *SPECIAL}
    unknown = [
        str(name)
        for at, (name, word) in enumerate(zip(frame.columns, words, strict=True))
        if word not in allowed
        and not _is_unread(word)
        and not (_UNNAMED.match(word) and _counts_rows(frame.iloc[:, at]))
    ]
    if not unknown:
        return
    named = unknown[:_NAMED]
    # One letter stands for the price that begins with it.
    letters = {name[0]: name for name in (*PRICE_FIELDS, "volume")}
    matches = [
        match
        for name in named
        for match in (
            [letters[plain(name)]] if plain(name) in letters else close_matches(plain(name), [*KNOWN, *SYNONYMS], 1)
        )
    ]
    more = f" and {len(unknown) - _NAMED:,} more" if len(unknown) > _NAMED else ""
    raise DataError(
        f"{what}: unknown columns {', '.join(map(shown, named))}{more}. {did_you_mean(dict.fromkeys(matches))}"
        f"Known are {', '.join(KNOWN)}; ignored are {', '.join(IGNORED)}. Rename or drop the others.",
        field=unknown[0],
    )


def _counts_rows(column: pd.Series) -> bool:
    """Whether a column without a name says nothing but which row it is."""
    found = numbers(column)
    known = found.values[~np.isnan(found.values)]
    return not found.wrong.any() and (not len(known) or bool((np.diff(known[:1000]) == 1).all()))


def require(frame: pd.DataFrame, names: Iterable[str], what: str) -> None:
    """Raise DataError unless the frame has rows and all of these columns."""
    if missing := [name for name in names if name not in frame.columns]:
        there = ", ".join(map(str, frame.columns)) or "none"
        raise DataError(
            f"{what}: no column {', '.join(map(repr, missing))}; there are {there}. Add or rename them.",
            field=missing[0],
        )
    if frame.empty:
        raise DataError(f"{what}: no rows. Pass at least one.")


def stack_wide(fields: Mapping[str, object]) -> pd.DataFrame:
    """One frame per field, days by symbols, as one long frame; cells without any value become no row.

    Raises
    ------
    DataError
        A value that is no frame, an index that is not ascending and unique, or a field none of whose values has a bar.
    """
    frames: dict[str, pd.DataFrame] = {}
    spellings: dict[str, object] = {}  # the first of each symbol: one field may write 600519, another 600519.SH
    zones: dict[str, dt.tzinfo | None] = {}
    for name, frame in fields.items():
        if not isinstance(frame, pd.DataFrame):
            raise DataError(f"Field {name!r} is a {type(frame).__name__}. Pass one DataFrame per field.", field=name)
        if len(frame.index) and classed(canonical_symbol(str(frame.index[0]))) is not None:
            raise DataError(
                f"date: the index of {name!r} holds symbols, first {frame.index[0]!r}, and no dates. Pass frame.T: "
                "days down, symbols across.",
                field=name,
            )
        stamps = read_stamps(frame.index, f"the index of {name!r}")
        names = symbols_of(pd.Series(frame.columns), f"the columns of {name!r}")
        if not (stamps.is_monotonic_increasing and stamps.is_unique and len(set(names)) == len(names)):
            raise DataError(
                f"date: the days of {name!r} do not ascend, or a day or symbol occurs twice. "
                "Sort with frame.sort_index() and drop duplicates.",
                field=name,
            )
        for symbol, spelling in zip(names, frame.columns, strict=True):
            spellings.setdefault(symbol, spelling)
        frames[str(name)] = frame.set_axis(stamps).set_axis([spellings[symbol] for symbol in names], axis=1)
        zones[str(stamps.tz)] = stamps.tz
    if not frames:
        raise DataError("Market data: no rows. Pass at least one field.")
    if len(zones) > 1:
        raise mixed_zones(sorted(zones), "the indexes of the fields")
    zone = next(iter(zones.values()))
    if zone is not None:
        frames = {name: frame.tz_convert("UTC").tz_localize(None) for name, frame in frames.items()}
    stamps = pd.DatetimeIndex(np.unique(np.concatenate([frame.index.to_numpy() for frame in frames.values()])))
    symbols = list(spellings.values())
    head, *_ = named_columns(pd.DataFrame([range(len(frames) + 2)], columns=["date", "symbol", *frames]), "Market data")
    require(head, REQUIRED, "Market data")
    cells = {
        word: frame.reindex(index=stamps, columns=symbols).to_numpy().ravel(order="F")
        for word, frame in zip(head.columns[2:], frames.values(), strict=True)
    }
    empty = (cells["volume"] == 0) | pd.isna(cells["volume"])
    for name in PRICE_FIELDS:
        empty &= pd.isna(cells[name])
    if "paused" in cells:
        empty &= ~flags(pd.Series(cells["paused"]))[0]
    kept = np.flatnonzero(~empty)
    _refuse_apart(cells, kept)
    dates = stamps if zone is None else stamps.tz_localize("UTC").tz_convert(zone)
    # As categories the symbols are never spelled out row by row, which for a whole market takes longer than the rest.
    rows = {
        "date": dates.take(kept % len(dates)),
        "symbol": pd.Categorical.from_codes(kept // len(dates), categories=pd.Index(symbols)),
    }
    whole = len(kept) == len(empty)
    return pd.DataFrame(rows | {name: values if whole else values[kept] for name, values in cells.items()}, copy=False)


def _refuse_apart(cells: Mapping[str, NDArray[Any]], kept: NDArray[np.int64]) -> None:
    """Raise where no cell has a bar, or all values of a field stand where there is none."""
    if not len(kept):
        raise DataError("Market data: no rows. Pass at least one.")
    for name, values in cells.items():
        if name not in REQUIRED and pd.isna(values[kept]).all() and not pd.isna(values).all():
            raise DataError(
                f"{name}: no value of this field belongs to a bar: its days or symbols are others than those of the "
                "prices. Give every field the same index and the same columns.",
                field=name,
            )


def _local(column: pd.Series, venue: Venue) -> NDArray[np.datetime64]:
    """Day and time of rows, of a column of dates."""
    local: NDArray[np.datetime64] = at_venue(read_stamps(pd.DatetimeIndex(column), "the data"), venue).to_numpy()
    return local


def keep_symbols(frame: pd.DataFrame, rows: Rows, wanted: Iterable[str]) -> tuple[pd.DataFrame, Rows]:
    """Only the rows of some symbols, in the order asked; raises UnknownSymbol with close matches."""
    index = SymbolIndex(rows.symbols)
    columns = list(dict.fromkeys(index[symbol] for symbol in ([wanted] if isinstance(wanted, str) else wanted)))
    place = np.full(len(rows.symbols), -1, dtype=np.int64)
    place[columns] = np.arange(len(columns))
    kept = np.flatnonzero(place[rows.codes] >= 0)
    chosen = tuple(rows.symbols[column] for column in columns)
    return frame.iloc[kept], replace(rows, codes=place[rows.codes[kept]], symbols=chosen)


def place_in(frame: pd.DataFrame, what: str, row: int) -> str:
    """Where a row stands: its line in a file, its place in a frame.

    >>> place_in(pd.DataFrame({"a": [1, 2]}), "bars.parquet", 1)
    'row 1 of bars.parquet'
    """
    index = frame.index
    if isinstance(index, pd.MultiIndex):  # of a folder
        file, line = index[row]
        return f"line {line} of {file}"
    return f"{index.name} {index[row]} of {what}" if index.name in ("line", "row") else f"row {row} of {what}"


def fill_rows(frame: pd.DataFrame, rows: Rows, venue: Venue, what: str) -> None:
    """Read days, times, numbers and flags of the frame into `rows`."""
    stamps = _local(frame["date"], venue)
    rows.days, are_days = _days_of(stamps)
    rows.place = lambda row: place_in(frame, what, row)
    _refuse_far(rows)
    if not are_days:
        rows.times = times_of(stamps, rows.days, rows.codes)
        _refuse_late(stamps, rows, venue, is_utc=str(getattr(frame["date"].dtype, "tz", None)) == "UTC")
    for name in (*FIELDS, *QUOTE_FIELDS, *SETTLED_FIELDS):
        if name in frame.columns:
            rows.numbers[name] = _numbers(frame[name], name, rows)
    for name in FLAGS:
        if name in frame.columns:
            rows.flags[name], wrong = flags(frame[name])
            column = frame[name]
            rows.reject(
                name, wrong, "values that are neither true nor false", "Pass True or False.",
                lambda row, column=column: repr(column.iloc[[row]].tolist()[0]),  # type: ignore[misc]
            )  # fmt: skip
    rows.flags.setdefault("paused", rows.numbers["volume"] == 0)


def _days_of(stamps: NDArray[np.datetime64]) -> tuple[Days, bool]:
    """The days of stamps, and whether no stamp has a time; numbers, as numpy is slow to tell one unit from another."""
    unit = f"timedelta64[{np.datetime_data(stamps.dtype)[0]}]"
    a_day = int(np.array(1, dtype="timedelta64[D]").astype(unit).astype(np.int64))
    counts, days = stamps.view(np.int64), np.empty(len(stamps), dtype=np.int64)
    are_days = True
    for part in blocks(len(stamps)):
        np.floor_divide(counts[part], a_day, out=days[part])
        are_days = are_days and bool((days[part] * a_day == counts[part]).all())
    return days.view("datetime64[D]"), are_days


def _refuse_far(rows: Rows) -> None:
    """Raise where days are of centuries without an exchange, or without data: a year of two digits, or a slip."""
    days = rows.days.view(np.int64)
    if len(days) and not (days.min() >= _FIRST_DAY and days.max() < _END_OF_DAYS):
        rows.reject(
            "date", (days < _FIRST_DAY) | (days >= _END_OF_DAYS), "days before 1700 or after 2199",
            "Write the whole year, as in 2024-01-31.", lambda row: str(rows.days[row]),
        )  # fmt: skip


_FIRST_DAY, _END_OF_DAYS = (int(np.datetime64(day, "D").astype(np.int64)) for day in ("1700-01-01", "2200-01-01"))


def _refuse_late(stamps: NDArray[np.datetime64], rows: Rows, venue: Venue, *, is_utc: bool) -> None:
    """Raise where times of the day cannot be those of the venue."""
    minutes = (stamps - rows.days).astype("timedelta64[m]").astype(np.int64)
    if venue.board is None:
        # Nothing trades before 9:00, and after-hours trading at the close ends at 15:30. Midnight names a day, in UTC
        # as well, where it is 8:00 in Shanghai.
        odd = (minutes > _LAST) | ((minutes > 0) & (minutes < (_MIDNIGHT_OF_UTC if rows.times is None else _FIRST)))
        rows.reject(
            "date", odd, "times of the day at which no share trades",
            "Bars of shares lie between 9:00 and 15:30 in Shanghai. Localize the dates if they are in UTC or another "
            "zone, for example with dates.dt.tz_localize('UTC'), or drop bars of a night session.",
            lambda row: str(stamps[row]).replace("T", " "),
        )  # fmt: skip
    elif venue is PLAIN and is_utc and rows.times is None:
        rows.reject(
            "date", minutes > 0, "daily rows in UTC that are not at midnight",
            "Which day it is depends on the exchange: convert them, for example with "
            "dates.dt.tz_convert('America/New_York').dt.tz_localize(None), or pass venue='us'.",
            lambda row: str(stamps[row]).replace("T", " "),
        )  # fmt: skip


_FIRST, _LAST, _MIDNIGHT_OF_UTC = 9 * 60, 15 * 60 + 30, 8 * 60


def _numbers(column: pd.Series, name: str, rows: Rows) -> Floats:
    found = numbers(column, is_price=name in PRICE_FIELDS)
    rows.reject(
        name, found.wrong, "values that are no numbers", "Replace them by numbers, or by nothing where unknown; "
        "decimal commas are read by pd.read_csv(path, decimal=',').",
        lambda row: repr(column.iloc[[row]].tolist()[0]),
    )  # fmt: skip
    return found.values
