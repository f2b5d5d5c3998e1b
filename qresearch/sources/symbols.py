"""Symbols as tables spell them: codes that lost their zeros, or that spreadsheets and brokers put into quotes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qresearch.domain.classes import classed
from qresearch.domain.instrument import canonical_symbol
from qresearch.errors import DataError


def read_symbols(column: pd.Series, what: str) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Column numbers of rows and the canonical symbols, in the order of their first row.

    Raises
    ------
    DataError
        A missing symbol, or one that is neither text nor a code that lost its zeros; pass text.
    """
    try:
        codes, different = pd.factorize(column)
        written = list(different)
    except TypeError:  # lists and the like, which cannot be compared
        codes, written = np.arange(len(column)), list(column)
    unquoted = [_unquoted(spelling) for spelling in written]
    blank = [at for at, found in enumerate(unquoted) if isinstance(found, str) and found.strip() in _NOTHING]
    missing = (codes < 0) | np.isin(codes, blank) if blank else codes < 0
    if missing.any():
        row = int(np.argmax(missing))
        place = f"{column.index.name} {column.index[row]}" if column.index.name in ("line", "row") else f"row {row}"
        raise DataError(
            f"{what}: no symbol in {int(missing.sum())} rows, first {place}. Add it, or drop the rows.",
            field="symbol",
        )
    spellings = [str(found) if _is_whole_code(found) else found for found in with_zeros(unquoted)]
    if wrong := [spelling for spelling in spellings if not isinstance(spelling, str)]:
        raise DataError(
            f"{what}: symbol {wrong[0]!r} is not text, so leading zeros may be lost. Read that column as text.",
            field="symbol",
        )
    names = [canonical_symbol(str(spelling)) for spelling in spellings]
    symbols = tuple(dict.fromkeys(names))
    column_of = {symbol: at for at, symbol in enumerate(symbols)}
    return np.array([column_of[name] for name in names], dtype=np.int64)[codes], symbols


def symbols_of(column: pd.Series, what: str) -> list[str]:
    """The canonical symbol of each row of a table beside the bars, read as those of the bars are.

    Raises
    ------
    DataError
        As :func:`read_symbols`.

    >>> symbols_of(pd.Series([858, 1, 858]), "instruments")
    ['000858.SZ', '000001.SZ', '000858.SZ']
    """
    codes, symbols = read_symbols(column, what)
    return [symbols[code] for code in codes.tolist()]


_NOTHING = frozenset({"", "nan", "None", "<NA>", "NaT"})
"""What becomes of nothing where a column is made text; NAN is a ticker."""


def told_others(names: Sequence[str], symbols: Sequence[str], what: str) -> list[str]:
    """A note on a table beside the bars that is of other symbols altogether."""
    if not names or not set(names).isdisjoint(symbols):
        return []
    return [f"The {what} are of {some(list(dict.fromkeys(names)), 3)}: of no symbol of the data, and so not used."]


def _is_whole_code(spelling: object) -> bool:
    """Whether a number has so many digits that no zero in front of it was lost."""
    return isinstance(spelling, (int, np.integer)) and not isinstance(spelling, bool) and int(spelling) >= 10**5


def _unquoted(spelling: object) -> object:
    """A spelling without what spreadsheets do to codes: an apostrophe in front, a fraction of nothing behind.

    Brokers of China write ="000001", so that a spreadsheet keeps the zeros.
    """
    if isinstance(spelling, float) and spelling.is_integer():
        return int(spelling)
    if not isinstance(spelling, str):
        return spelling
    if not spelling.isprintable():  # marks that nobody sees, such as those of web pages and of the order of bytes
        spelling = "".join(sign for sign in spelling if unicodedata.category(sign) != "Cf")
    if formula := _OF_A_FORMULA.match(spelling):
        return formula[1]
    if spelling.startswith("'") or _OF_A_FLOAT.match(spelling):
        return spelling.lstrip("'").removesuffix(".0")
    return spelling


_OF_A_FORMULA = re.compile(r'^\s*="([^"]*)"\s*$')
_OF_A_FLOAT = re.compile(r"^\d{1,6}\.0$")
_PLAIN_SPELLING = re.compile(r"^(?:[A-Za-z]{2,4}[._]?)?[0-9]{6}(?:[._][A-Za-z]{2,4})?$")


def repairs(column: pd.Series, symbols: tuple[str, ...]) -> list[str]:
    """A note on Chinese symbols whose spelling no system uses, and what they were taken for."""
    found = []
    for spelling in pd.unique(column):
        (fixed,) = with_zeros([_unquoted(spelling)])
        symbol = canonical_symbol(str(fixed))
        if not _PLAIN_SPELLING.match(str(spelling).strip()) and symbol in symbols and classed(symbol) is not None:
            found.append(f"{str(spelling)!r} as {symbol}")
    return [f"Repaired spellings of symbols: {some(found)}."] if found else []


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
    if any(text.startswith("0") and len(text) < 6 for text in map(str.strip, texts)):
        return known  # 00700 has its zeros, and is of Hong Kong
    is_of_china = all(len(code) == 6 and classed(canonical_symbol(code)) is not None for code in padded)
    return list(padded) if is_of_china else known


def some(items: Sequence[str], limit: int = 8) -> str:
    """A few of many, for a note."""
    more = f" and {len(items) - limit} more" if len(items) > limit else ""
    return ", ".join(items[:limit]) + more
