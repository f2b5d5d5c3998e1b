"""Bars as scripts get them: what is not known yet taken out, several bars made one, arrays made frames and panels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qresearch.dialects.data.bars import Rows
from qresearch.dialects.data.old_pandas import DataFrame, strings
from qresearch.dialects.data.old_panel import Panel
from qresearch.errors import UsageError

Block = NDArray[np.float64]
"""(K, C) values: days by codes, or (K,) of one code."""

Part = tuple[pd.DatetimeIndex, dict[str, Any]]
"""Bars of one code: their times, and their fields by name."""

KEPT_WHEN_PAUSED = ("paused", "factor")
"""Fields that days without trading have all the same."""

SUMS = {"volume": "sum", "money": "sum", "open": "first", "high": "max", "low": "min", "pre_close": "first"}
"""How a field of several bars becomes that of one; the others take their last value."""

_OF_TODAY = ("high", "low", "close", "avg", "price")
_UNKNOWN_TODAY = ("volume", "money")


def hide_today(
    blocks: Mapping[str, Block], last: Block | float, so_far: Mapping[str, Any], factor: Block | float
) -> None:
    """Leave of the bars of today, the last row, what is known before their close.

    Parameters
    ----------
    blocks : mapping of field to (K, C) or (K,) ndarray
        Changed in place.
    last : (C,) ndarray of float64, or float
        The last visible prices, currency per share.
    so_far : mapping of field to (C,) ndarray of float64, or float
        High, low, volume and money of the bars inside the day up to now; without them the last price stands in.
    factor : (C,) ndarray of float64, or float
        What adjusts the prices of today.
    """
    for name, block in blocks.items():
        known = so_far.get(name, np.nan)
        if name in _OF_TODAY:
            block[-1] = np.where(np.isnan(known), last, known) * factor
        elif name in _UNKNOWN_TODAY:
            block[-1] = known / factor if name == "volume" else known


def empty_paused(blocks: Mapping[str, Block], idle: NDArray[np.bool_]) -> None:
    """Nothing on days without trading."""
    for name, block in blocks.items():
        if name not in KEPT_WHEN_PAUSED:
            block[idle] = np.nan


def as_panel(blocks: Mapping[str, Block], index: pd.DatetimeIndex, codes: Sequence[str]) -> Panel:
    """Frames of days by codes, by field."""
    columns = strings(codes)
    return Panel({name: DataFrame(block, index=index, columns=columns) for name, block in blocks.items()})


def as_long(blocks: Mapping[str, Block], index: pd.DatetimeIndex, codes: Sequence[str]) -> DataFrame:
    """One row per code and day, code by code, with the columns time and code."""
    held = np.repeat(np.array(codes, dtype=object), len(index)).tolist()
    values = {name: block.ravel(order="F") for name, block in blocks.items()}
    return _long(np.tile(index.to_numpy(), len(codes)), held, values)


def _long(times: Any, codes: list[str], values: dict[str, Any]) -> DataFrame:
    return DataFrame({"time": times, "code": pd.array(codes, dtype=object), **values})


def joined_panel(parts: Mapping[str, Part], names: Sequence[str]) -> Panel:
    """Bars of single codes as frames by field; times that one of them lacks are NaN."""
    index = next((times for times, _ in parts.values()), pd.DatetimeIndex([]))
    for times, _ in parts.values():
        if len(times) != len(index) or not times.equals(index):
            index = pd.DatetimeIndex(np.union1d(index.to_numpy(), times.to_numpy()))
    blocks = {name: np.full((len(index), len(parts)), np.nan) for name in names}
    for place, (times, values) in enumerate(parts.values()):
        rows = index.get_indexer(times)
        for name in names:
            blocks[name][rows, place] = values[name]
    return as_panel(blocks, index, list(parts))


def joined_long(parts: Mapping[str, Part], names: Sequence[str]) -> DataFrame:
    """Bars of single codes below each other, with the columns time and code."""
    if not parts:
        return as_long({name: np.empty((0, 0)) for name in names}, pd.DatetimeIndex([]), [])
    codes = [code for code, (times, _) in parts.items() for _ in times]
    values = {name: np.concatenate([part[name] for _, part in parts.values()]) for name in names}
    return _long(np.concatenate([times.to_numpy() for times, _ in parts.values()]), codes, values)


def as_bars(values: dict[str, Any], *, df: bool) -> Any:
    """Bars as get_bars gives them: a frame, or a structured array."""
    if df:
        return DataFrame(values)
    kinds = [(name, object if name == "date" else np.float64) for name in values]
    table = np.empty(len(next(iter(values.values()), ())), dtype=kinds)
    for name, column in values.items():
        table[name] = column
    return table


def merged(values: dict[str, Any], rows: Rows, groups: NDArray[np.int64] | None) -> tuple[dict[str, Any], Rows]:
    """Bars of several days or minutes each, by the number of their group, and the last row of each."""
    if groups is None or not len(rows):
        return values, rows
    table = pd.DataFrame(values, index=range(len(rows))).groupby(groups)
    found = {name: getattr(table[name], SUMS.get(name, "last"))().to_numpy() for name in values}
    return found, pd.Series(rows).groupby(groups).last().to_numpy()


def groups_of(size: int, count: int) -> NDArray[np.int64] | None:
    """Rows in groups of a size, the last one ending with the last row; None for rows by themselves."""
    return None if size == 1 else (np.arange(count) - count) // size


def with_dates(names: Sequence[str], values: Mapping[str, Any], dates: list[Any]) -> dict[str, Any]:
    """Fields in the order in which they were asked for, with the dates among them."""
    return {name: np.array(dates, dtype=object) if name == "date" else values[name] for name in names}


def count_of(count: Any) -> int:
    """A number of bars, checked."""
    if isinstance(count, bool) or int(count) != count or count < 1:
        raise UsageError(f"count={count!r} is not a number of bars. Pass a whole number of at least 1.")
    return int(count)
