"""Numbers and flags as cells hold them: with commas, in 万 and 亿, of full width, or a word for nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.extensions import ExtensionDtype

from qresearch.market.panel import Bools, Floats

NOTHING = frozenset({
    "", "-", "--", "---", "—", "——", ".", "n/a", "na", "nan", "#n/a", "null", "none", "nil", "nat", "<na>", "停牌", "无"
})  # fmt: skip
HALTED = "停牌"
_SCALES: Mapping[str, float] = {
    "": 1, "千": 1e3, "万": 1e4, "百万": 1e6, "千万": 1e7, "亿": 1e8, "万亿": 1e12, "k": 1e3, "m": 1e6, "b": 1e9,
}  # fmt: skip
_WITH_UNIT = re.compile(r"^([+-]?[\d,]*\.?\d+(?:e[+-]?\d+)?)\s*(万亿|百万|千万|千|万|亿|k|m|b)?\s*(手|股|份|元)?$")
_THOUSANDS = re.compile(r"^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$")
_COULD_BE_A_FRACTION = re.compile(r"^[+-]?\d{1,3},\d{3}$")
_FLAG_WORDS = {
    **dict.fromkeys(("true", "1", "1.0", "yes", "y", "是"), True),
    **dict.fromkeys(("false", "0", "0.0", "", "no", "n", "否", "-", "--"), False),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Numbers:
    """A column of numbers.

    Parameters
    ----------
    values : (R,) ndarray of float64
        NaN where there is nothing; may be the memory of the column itself, so that nobody writes into it.
    wrong : (R,) ndarray of bool
        What is no number.
    halted : (R,) ndarray of bool
        Where a word says that the share was suspended.
    lots : (R,) ndarray of bool
        Where the cell itself counts lots (手); the values are in shares.
    scaled : str
        The first cell with a unit in it, such as 1.2万; empty when none has one.
    """

    values: Floats
    wrong: Bools
    halted: Bools
    lots: Bools
    scaled: str = ""


def numbers(column: pd.Series, *, is_price: bool = False) -> Numbers:
    """The numbers of a column.

    Parameters
    ----------
    column : Series
    is_price : bool
        A comma in front of three last digits could be that of a fraction, unless another value tells.

    >>> numbers(pd.Series(["1,234.5", "1.2万", "--", "３", "x"])).values.tolist()
    [1234.5, 12000.0, nan, 3.0, nan]
    """
    nowhere = np.zeros(len(column), dtype=bool)
    if are_numbers(column.dtype):
        return Numbers(column.to_numpy(dtype=np.float64, na_value=np.nan), nowhere, nowhere, nowhere)
    if isinstance(column.dtype, pd.CategoricalDtype):
        return numbers(column.astype(column.cat.categories.dtype), is_price=is_price)
    if not pd.api.types.is_string_dtype(column.dtype):
        column = column.astype(object)
    strange = nowhere
    if column.dtype == object:  # True would be read as 1, a day as the nanoseconds since 1970
        strange = np.array([not isinstance(cell, _NUMBERS) or isinstance(cell, bool) for cell in column], dtype=bool)
    read = pd.to_numeric(column.where(~strange, None) if strange.any() else column, errors="coerce")
    values = np.array(read.to_numpy(dtype=np.float64, na_value=np.nan))
    odd = (np.isnan(values) & column.notna().to_numpy(dtype=bool)) | strange
    wrong, halted, lots, scaled = nowhere.copy(), nowhere.copy(), nowhere.copy(), ""
    texts = [unicodedata.normalize("NFKC", str(cell)).strip().lower() for cell in column[odd]]
    texts = [text.replace("\u2212", "-").lstrip("'¥$").strip() for text in texts]
    commas = [text for text in texts if "," in text]
    told = not is_price or any(not _COULD_BE_A_FRACTION.match(text) for text in commas)
    for row, text in zip(np.flatnonzero(odd).tolist(), texts, strict=True):
        value, scale, counted = _value(text)
        values[row] = value
        halted[row] = text == HALTED
        lots[row] = counted == "手"
        wrong[row] = (np.isnan(value) and text not in NOTHING) or ("," in text and not told)
        scaled = scaled or (str(column.iloc[row]) if scale != 1 or counted else "")
    return Numbers(values, wrong, halted, lots, scaled)


_NUMBERS = (str, bytes, int, float, np.integer, np.floating, Decimal)


def are_numbers(dtype: np.dtype[Any] | ExtensionDtype) -> bool:
    """Whether a column of this kind holds real numbers: no text, no yes and no, no days.

    >>> are_numbers(np.dtype("int64")), are_numbers(np.dtype(bool)), are_numbers(pd.BooleanDtype())
    (True, False, False)
    """
    kinds = pd.api.types
    return kinds.is_numeric_dtype(dtype) and not kinds.is_bool_dtype(dtype) and not kinds.is_complex_dtype(dtype)


def told_apart(column: pd.Series, *, with_nothing: bool = False) -> tuple[NDArray[np.int64], pd.Index]:
    """The different cells of a column, and which of them each row holds: -1 for nothing, unless `with_nothing`.

    Cells that hold several values, such as lists, are no more than what they look like.
    """
    try:
        codes, cells = pd.factorize(column, use_na_sentinel=not with_nothing)
    except TypeError:  # what cannot be compared
        codes, cells = pd.factorize(column.map(repr), use_na_sentinel=not with_nothing)
    return codes, pd.Index(cells)


def _value(text: str) -> tuple[float, float, str]:
    """The number of a cell, the scale of its unit, and what it counts."""
    found = _WITH_UNIT.match(text)
    if found is None or ("," in found[1] and not _THOUSANDS.match(found[1])):
        return float("nan"), 1.0, ""
    scale = _SCALES[found[2] or ""] * (100 if found[3] == "手" else 1)
    # Of 1.2万 the binary neighbour of 12000 is no whole number.
    return round(float(found[1].replace(",", "")) * scale, 6), _SCALES[found[2] or ""], found[3] or ""


def flags(column: pd.Series) -> tuple[Bools, Bools]:
    """Values, and where they are neither yes nor no. Missing is no."""
    if column.dtype == bool:
        return column.to_numpy(), np.zeros(len(column), dtype=bool)
    codes, words = told_apart(column)
    known = [_FLAG_WORDS.get(unicodedata.normalize("NFKC", str(word)).strip().lower()) for word in words]
    # Missing values have the code -1 and so take the last entry: no, and nothing wrong about it.
    return (
        np.array([*(value is True for value in known), False], dtype=bool)[codes],
        np.array([*(value is None for value in known), False], dtype=bool)[codes],
    )
