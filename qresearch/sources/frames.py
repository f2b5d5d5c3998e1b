"""Tables in any of the accepted shapes become :class:`~qresearch.sources.validation.Rows`."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qresearch.domain.arguments import path as path_of
from qresearch.domain.classes import classed
from qresearch.domain.instrument import SymbolIndex, canonical_symbol
from qresearch.errors import DataError, UsageError, close_matches, did_you_mean, shown
from qresearch.market.intraday import QUOTE_FIELDS
from qresearch.market.panel import FIELDS, PRICE_FIELDS, Bools, Floats
from qresearch.market.venue import PLAIN, Venue
from qresearch.sources.minutes import times_of
from qresearch.sources.validation import SHOWN, Rows

REQUIRED = ("date", "symbol", *PRICE_FIELDS, "volume")
FLAGS = ("paused", "is_st")
IGNORED = ("adj_factor", "turnover_pct", "src", "name", "adj_close", "unnamed:_0")
SYNONYMS: Mapping[str, str] = {
    "amount": "turnover", "money": "turnover", "vol": "volume",
    "datetime": "date", "trade_date": "date", "time": "date", "day": "date",
    "code": "symbol", "ticker": "symbol", "security": "symbol", "instrument": "symbol", "ts_code": "symbol",
    "preclose": "pre_close", "prev_close": "pre_close", "previous_close": "pre_close",
    "high_limit": "limit_up", "up_limit": "limit_up", "low_limit": "limit_down", "down_limit": "limit_down",
    "isst": "is_st", "st": "is_st", "suspended": "paused",
}  # fmt: skip
"""Column names of other systems."""

KNOWN = (*REQUIRED, *(name for name in FIELDS if name not in REQUIRED), *FLAGS, "board", *QUOTE_FIELDS)
_OFFSET = re.compile(r":\d{2}.*?(Z|[+-]\d{2}(?::?\d{2})?)$", re.IGNORECASE)
_FLAG_WORDS = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False, "": False}


def load_table(source: pd.DataFrame | str | Path, what: str) -> pd.DataFrame:
    """A frame as it is, or one read from a .csv or .parquet file.

    Raises
    ------
    UsageError
        No such file, or a file of another kind; pass a path ending in .csv or .parquet.
    DataError
        A file without any row.
    """
    if isinstance(source, pd.DataFrame):
        return source
    if not isinstance(source, (str, Path)):
        raise UsageError(
            f"{what} cannot be read from {shown(source)}, a {type(source).__name__}. Pass a DataFrame or a path."
        )
    path = path_of(what, source, "bars.parquet")
    if path.suffix.lower() not in (".csv", ".parquet"):
        raise UsageError(
            f"{what}: {shown(str(path))} is neither .csv nor .parquet. Pass a path that ends in one of them."
        )
    if not path.is_file():
        beside = [found.name for found in path.parent.iterdir()] if path.parent.is_dir() else []
        hint = did_you_mean(close_matches(path.name, beside))
        raise UsageError(f"{what}: there is no file {str(path)!r}. {hint}Pass the path of an existing file.")
    return _read_parquet(path, what) if path.suffix.lower() == ".parquet" else _read_csv(path, what)


def _read_parquet(path: Path, what: str) -> pd.DataFrame:
    try:
        return pd.read_parquet(path)
    except Exception as problem:  # whatever the readers of the format raise: their own classes, and many builtin ones
        why = str(problem).strip().partition("\n")[0].rstrip(".")
        raise DataError(
            f"{_file(path, what)} cannot be read as Parquet: {why}. "
            "Write it again with DataFrame.to_parquet, or pass a .csv file."
        ) from None


def _read_csv(path: Path, what: str) -> pd.DataFrame:
    try:
        header = pd.read_csv(path, nrows=0).columns
        # As numbers, codes such as 000001 would lose their zeros.
        return pd.read_csv(path, dtype={name: str for name in header if _plain(name) == "symbol"})
    except pd.errors.EmptyDataError:
        raise DataError(f"{_file(path, what)} is empty. Pass a file with a header and rows.") from None
    except UnicodeError as problem:
        raise DataError(f"{_file(path, what)} {_encoding(path)}") from problem
    except (ValueError, OSError, csv.Error) as problem:
        why = str(problem).strip().removeprefix("Error tokenizing data. C error: ").rstrip(".")
        raise DataError(
            f"{_file(path, what)} cannot be read as CSV: {why}. "
            "Give every row as many cells as the header, and close every quotation mark."
        ) from None


def _file(path: Path, what: str) -> str:
    return path.name if what == path.name else f"{what}: {path.name}"


def _encoding(path: Path) -> str:
    """What is wrong with the text of a file that is no UTF-8: the line, and the encoding that it seems to have."""
    raw = path.read_bytes()
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        found = "utf-16"
    else:
        try:
            raw.decode("gbk")
            found = "gbk"
        except UnicodeDecodeError:
            found = ""
    try:
        raw.decode()
        place = len(raw)
    except UnicodeDecodeError as problem:
        place = problem.start
    line = raw.count(b"\n", 0, place) + 1
    remedy = f"pass pd.read_csv({path.name!r}, encoding={found!r})" if found else "see that it is a text file"
    return f"is no UTF-8 text, first in line {line}. Save it as UTF-8, or {remedy}."


_NAMED = 5
"""Columns that a message names at most."""


def _plain(name: object) -> str:
    plain = str(name).strip().lower().replace(" ", "_")
    return SYNONYMS.get(plain, plain)


def named_columns(frame: pd.DataFrame, what: str) -> pd.DataFrame:
    """The frame with our names for its columns, index levels included.

    Raises
    ------
    DataError
        Unknown columns (rename or drop them), or two columns with the same meaning (drop one).
    """
    if frame.columns.nlevels > 1:
        raise DataError(f"{what}: the columns have two levels. Pass a dict of one frame per field instead.")
    levels = [_plain(name) for name in frame.index.names]
    if levels == ["none"] and isinstance(frame.index, pd.DatetimeIndex):
        levels = ["date"]
    plain = [_plain(name) for name in frame.columns]
    if taken := [at for at, level in enumerate(levels) if level in ("date", "symbol") and level not in plain]:
        frame = frame.set_axis(frame.index.set_names(levels), axis=0).reset_index(level=taken)
        plain = [_plain(name) for name in frame.columns]
    allowed = {*KNOWN, *IGNORED}
    if unknown := [str(name) for name, word in zip(frame.columns, plain, strict=True) if word not in allowed]:
        named = unknown[:_NAMED]
        matches = [match for name in named for match in close_matches(_plain(name), [*KNOWN, *SYNONYMS], 1)]
        more = f" and {len(unknown) - _NAMED:,} more" if len(unknown) > _NAMED else ""
        raise DataError(
            f"{what}: unknown columns {', '.join(map(shown, named))}{more}. {did_you_mean(dict.fromkeys(matches))}"
            f"Known are {', '.join(KNOWN)}; ignored are {', '.join(IGNORED)}. Rename or drop the others.",
            field=unknown[0],
        )
    for word in plain:
        if word not in IGNORED and plain.count(word) > 1:
            both = [repr(name) for name, other in zip(frame.columns, plain, strict=True) if other == word]
            join = " Drop one; a day and a time of the day go into one column." if word == "date" else " Drop one."
            raise DataError(f"{what}: columns {' and '.join(both)} both mean {word!r}.{join}", field=word)
    return frame.set_axis(plain, axis=1)


def require(frame: pd.DataFrame, names: Iterable[str], what: str) -> None:
    """Raise DataError unless the frame has rows and all of these columns."""
    if missing := [name for name in names if name not in frame.columns]:
        raise DataError(
            f"{what}: no column {', '.join(map(repr, missing))}; there are {', '.join(map(str, frame.columns))}. "
            "Add or rename them.",
            field=missing[0],
        )
    if frame.empty:
        raise DataError(f"{what}: no rows. Pass at least one.")


def stack_wide(fields: Mapping[str, object]) -> pd.DataFrame:
    """One frame per field, days by symbols, as one long frame; cells without any value become no row.

    Raises
    ------
    DataError
        A value that is no frame, or an index that is not ascending and unique.
    """
    frames: dict[str, pd.DataFrame] = {}
    zones: dict[str, dt.tzinfo | None] = {}
    for name, frame in fields.items():
        if not isinstance(frame, pd.DataFrame):
            raise DataError(f"Field {name!r} is a {type(frame).__name__}. Pass one DataFrame per field.", field=name)
        stamps = read_stamps(frame.index, f"the index of {name!r}")
        if not (stamps.is_monotonic_increasing and stamps.is_unique and frame.columns.is_unique):
            raise DataError(
                f"date: the days of {name!r} do not ascend, or a day or symbol occurs twice. "
                "Sort with frame.sort_index() and drop duplicates.",
                field=name,
            )
        frames[str(name)] = frame.set_axis(stamps)
        zones[str(stamps.tz)] = stamps.tz
    if not frames:
        raise DataError("Market data: no rows. Pass at least one field.")
    if len(zones) > 1:
        raise _mixed_zones(sorted(zones), "the indexes of the fields")
    zone = next(iter(zones.values()))
    if zone is not None:
        frames = {name: frame.tz_convert("UTC").tz_localize(None) for name, frame in frames.items()}
    stamps = pd.DatetimeIndex(np.unique(np.concatenate([frame.index.to_numpy() for frame in frames.values()])))
    symbols = list(dict.fromkeys(symbol for frame in frames.values() for symbol in frame.columns))
    head = named_columns(pd.DataFrame([range(len(frames) + 2)], columns=["date", "symbol", *frames]), "Market data")
    require(head, REQUIRED, "Market data")
    cells = {
        word: frame.reindex(index=stamps, columns=symbols).to_numpy().ravel(order="F")
        for word, frame in zip(head.columns[2:], frames.values(), strict=True)
    }
    empty = (cells["volume"] == 0) | pd.isna(cells["volume"])
    for name in PRICE_FIELDS:
        empty &= pd.isna(cells[name])
    if "paused" in cells:
        empty &= ~_flags(pd.Series(cells["paused"]))[0]
    kept = np.flatnonzero(~empty)
    dates = stamps if zone is None else stamps.tz_localize("UTC").tz_convert(zone)
    # As categories the symbols are never spelled out row by row, which for a whole market takes longer than the rest.
    known = pd.Index(symbols).dropna()
    place = known.get_indexer(pd.Index(symbols))
    rows = {
        "date": dates.take(kept % len(dates)),
        "symbol": pd.Categorical.from_codes(place[kept // len(dates)], categories=known),
    }
    whole = len(kept) == len(empty)
    return pd.DataFrame(rows | {name: values if whole else values[kept] for name, values in cells.items()}, copy=False)


def read_stamps(values: pd.Index, what: str) -> pd.DatetimeIndex:
    """Dates of any kind as one index, with a time zone if they have one.

    Raises
    ------
    DataError
        Mixed time zones (convert to one, or drop them), or text that is no date (write 2024-01-31).
    """
    if isinstance(values, pd.DatetimeIndex):
        stamps = values
    elif pd.api.types.is_numeric_dtype(values.dtype):
        # As a number a date can only be 20240131; pandas would read nanoseconds since 1970.
        stamps = pd.DatetimeIndex(pd.to_datetime(values.astype(str), format="%Y%m%d", errors="coerce"))
    else:
        stamps = _from_objects(values, what)
    if (bad := np.flatnonzero(stamps.isna())).size:
        raise DataError(
            f"date: {bad.size} values in {what} are no dates, first {values[bad[0]]!r}. Write them as 2024-01-31.",
            field="date",
            day=str(values[bad[0]]),
            sample=[repr(values[at]) for at in bad[:SHOWN]],
        )
    return stamps


def _from_objects(values: pd.Index, what: str) -> pd.DatetimeIndex:
    zones: dict[str, object] = {}
    for value in values:
        if isinstance(value, str):
            found = _OFFSET.search(value.strip())
            zones.setdefault(found[1].upper().replace("Z", "+00:00") if found else "none", value)
        elif isinstance(value, dt.datetime):
            zones.setdefault(str(value.tzinfo or "none"), value)
        elif isinstance(value, dt.date):
            zones.setdefault("none", value)
    if len(zones) > 1:
        raise _mixed_zones([str(value) for value in zones.values()], what)
    for form in ("ISO8601", "%Y-%m-%d"):
        texts = values.map(lambda value: str(value).strip().replace("/", "-"))
        stamps = pd.DatetimeIndex(pd.to_datetime(texts, format=form, errors="coerce"))
        if not stamps.hasnans:
            break
    return stamps


def _mixed_zones(examples: list[str], what: str) -> DataError:
    return DataError(
        f"date: mixed time zones in {what}. Convert all dates to one zone, for example with "
        "pd.to_datetime(dates, utc=True).dt.tz_convert('Asia/Shanghai'), or drop the zones.",
        field="date",
        sample=examples[:SHOWN],
    )


def at_venue(stamps: pd.DatetimeIndex, venue: Venue) -> pd.DatetimeIndex:
    """Stamps without a zone: one with a zone counts at the venue, on PLAIN on its own clock."""
    if stamps.tz is None:
        return stamps
    return (stamps if venue is PLAIN else stamps.tz_convert(venue.time_zone)).tz_localize(None)


def _local(column: pd.Series, venue: Venue) -> NDArray[np.datetime64]:
    """Day and time of rows."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind == "M":
        codes, stamps = None, read_stamps(pd.DatetimeIndex(column), "the data")
    else:
        numbers, unique = pd.factorize(column, use_na_sentinel=False)
        codes, stamps = numbers, read_stamps(pd.Index(unique), "the data")
    local: NDArray[np.datetime64] = at_venue(stamps, venue).to_numpy()
    return local if codes is None else local[codes]


def read_symbols(column: pd.Series, what: str) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], tuple[str, ...]]:
    """Column numbers of rows and the canonical symbols, in the order of their first row.

    Raises
    ------
    DataError
        A missing symbol, or one that is neither text nor a code that lost its zeros; pass text.
    """
    codes, written = pd.factorize(column)
    spellings = with_zeros(written)
    if (codes < 0).any():
        row = int(np.argmax(codes < 0))
        raise DataError(f"{what}: no symbol in {int((codes < 0).sum())} rows, first row {row}.", field="symbol")
    if wrong := [spelling for spelling in spellings if not isinstance(spelling, str)]:
        raise DataError(
            f"{what}: symbol {wrong[0]!r} is not text, so leading zeros may be lost. Read that column as text.",
            field="symbol",
        )
    names = [canonical_symbol(str(spelling)) for spelling in spellings]
    symbols = tuple(dict.fromkeys(names))
    place = {symbol: at for at, symbol in enumerate(symbols)}
    return np.array([place[name] for name in names], dtype=np.int64)[codes], symbols


_PLAIN_SPELLING = re.compile(r"^(?:[A-Za-z]{2,4}[._]?)?[0-9]{6}(?:[._][A-Za-z]{2,4})?$")


def repairs(column: pd.Series, symbols: tuple[str, ...]) -> list[str]:
    """A note on Chinese symbols whose spelling no system uses, and what they were taken for."""
    found = []
    for spelling in pd.unique(column):
        (fixed,) = with_zeros([spelling])
        symbol = canonical_symbol(str(fixed))
        if not _PLAIN_SPELLING.match(str(spelling).strip()) and symbol in symbols and classed(symbol) is not None:
            found.append(f"{spelling!r} as {symbol}")
    return [f"Repaired spellings of symbols: {some(found)}."] if found else []


def some(items: Sequence[str], limit: int = 8) -> str:
    """A few of many, for a note."""
    more = f" and {len(items) - limit} more" if len(items) > limit else ""
    return ", ".join(items[:limit]) + more


def with_zeros(spellings: Iterable[object]) -> list[object]:
    """Spellings, codes of China that lost their leading zeros with them again: where each is of digits, and only then.

    >>> with_zeros(["1", "858", "600519"]), with_zeros([1, 858]), with_zeros(["1", "AAPL"])
    (['000001', '000858', '600519'], ['000001', '000858'], ['1', 'AAPL'])
    """
    known = list(spellings)
    texts = [str(spelling) for spelling in known if isinstance(spelling, (str, int, np.integer))]
    padded = [text.strip().zfill(6) for text in texts]
    if len(texts) < len(known) or not all(text.strip().isdecimal() for text in texts):
        return known
    is_of_china = all(len(code) == 6 and classed(canonical_symbol(code)) is not None for code in padded)
    return list(padded) if is_of_china else known


def _numbers(column: pd.Series, name: str, rows: Rows) -> Floats:
    if pd.api.types.is_numeric_dtype(column.dtype):
        return np.array(column.to_numpy(dtype=np.float64, na_value=np.nan))
    values = pd.to_numeric(column, errors="coerce")
    rows.reject(
        name,
        (values.isna() & column.notna()).to_numpy(),
        "values that are no numbers",
        "Replace them by numbers, or by nothing where unknown.",
        lambda row: repr(column.iloc[row]),
    )
    return np.array(values.to_numpy(dtype=np.float64, na_value=np.nan))


def _flags(column: pd.Series) -> tuple[Bools, Bools]:
    """Values, and where they are neither yes nor no. Missing is no."""
    if column.dtype == bool:
        return column.to_numpy(), np.zeros(len(column), dtype=bool)
    codes, words = pd.factorize(column)
    known = [_FLAG_WORDS.get(str(word).strip().lower()) for word in words]
    # Missing values have the code -1 and so take the last entry: no, and nothing wrong about it.
    return (
        np.array([*(value is True for value in known), False], dtype=bool)[codes],
        np.array([*(value is None for value in known), False], dtype=bool)[codes],
    )


def keep_symbols(frame: pd.DataFrame, rows: Rows, wanted: Iterable[str]) -> tuple[pd.DataFrame, Rows]:
    """Only the rows of some symbols, in the order asked; raises UnknownSymbol with close matches."""
    index = SymbolIndex(rows.symbols)
    columns = list(dict.fromkeys(index[symbol] for symbol in ([wanted] if isinstance(wanted, str) else wanted)))
    if not columns:
        raise UsageError(f"symbols={shown(wanted)} leaves nothing. Pass at least one symbol, or None for all.")
    place = np.full(len(rows.symbols), -1, dtype=np.int64)
    place[columns] = np.arange(len(columns))
    kept = np.flatnonzero(place[rows.codes] >= 0)
    chosen = tuple(rows.symbols[column] for column in columns)
    return frame.iloc[kept], replace(rows, codes=place[rows.codes[kept]], symbols=chosen)


def fill_rows(frame: pd.DataFrame, rows: Rows, venue: Venue) -> None:
    """Read days, times, numbers and flags of the frame into `rows`."""
    stamps = _local(frame["date"], venue)
    rows.days, rows.times = stamps.astype("datetime64[D]"), times_of(stamps, rows.codes)
    for name in (*FIELDS, *QUOTE_FIELDS):
        if name in frame.columns:
            rows.numbers[name] = _numbers(frame[name], name, rows)
    for name in FLAGS:
        if name in frame.columns:
            rows.flags[name], wrong = _flags(frame[name])
            column = frame[name]
            rows.reject(
                name, wrong, "values that are neither true nor false", "Pass True or False.",
                lambda row, column=column: repr(column.iloc[row]),  # type: ignore[misc]
            )  # fmt: skip
    rows.flags.setdefault("paused", rows.numbers["volume"] == 0)
