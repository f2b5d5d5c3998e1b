"""Many codes at once: blocks of days by codes, cut from the panel in one go.

What is no instrument of the market, or leaves out its own days without trading, is read code by code in
:mod:`~qresearch.dialects.joinquant.prices`; both ways give the same figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qresearch.dialects.joinquant.bars import Rows
from qresearch.dialects.joinquant.frames import DataFrame, Panel, strings

Block = NDArray[np.float64]
"""(K, C) values: days by codes."""

KEPT_WHEN_PAUSED = ("paused", "factor")
"""Fields that days without trading have all the same."""

SUMS = {"volume": "sum", "money": "sum", "open": "first", "high": "max", "low": "min", "pre_close": "first"}
"""How a field of several bars becomes that of one; the others take their last value."""

_OF_TODAY = ("high", "low", "close", "avg")
_UNKNOWN_TODAY = ("volume", "money")


def hide_today(blocks: Mapping[str, Block], last: Block | float) -> None:
    """Leave of the bars of today, the last row, what is known before their close.

    Parameters
    ----------
    blocks : mapping of field to (K, C) or (K,) ndarray
        Changed in place.
    last : (C,) ndarray of float64, or float
        The last visible prices, currency per share.
    """
    for name, block in blocks.items():
        if name in _OF_TODAY:
            block[-1] = last
        elif name in _UNKNOWN_TODAY:
            block[-1] = np.nan


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
    held = np.array(codes, dtype=object)
    parts: dict[str, Any] = {
        "time": np.tile(index.to_numpy(), len(codes)),
        "code": pd.array(np.repeat(held, len(index)).tolist(), dtype=object),
    }
    for name, block in blocks.items():
        parts[name] = block.ravel(order="F")
    return DataFrame(parts)


def joined_panel(frames: dict[str, DataFrame], names: Sequence[str]) -> Panel:
    """Frames of single codes as frames by field; days that one of them lacks are NaN."""
    codes = strings(frames)
    index: Any = next(iter(frames.values())).index if frames else pd.DatetimeIndex([])
    for frame in frames.values():
        if len(frame.index) != len(index) or not frame.index.equals(index):
            index = pd.DatetimeIndex(np.union1d(index.to_numpy(), frame.index.to_numpy()))
    found = {}
    for name in names:
        table = {code: frame[name].reindex(index).to_numpy() for code, frame in frames.items()}
        found[name] = DataFrame(table, index=index, columns=codes)
    return Panel(found)


def joined_long(frames: dict[str, DataFrame], names: Sequence[str]) -> DataFrame:
    """Frames of single codes below each other, with the columns time and code."""
    parts: dict[str, Any] = {
        "time": np.concatenate([frame.index.to_numpy() for frame in frames.values()])
        if frames
        else np.array([], "M8[s]"),
        "code": pd.array([code for code, frame in frames.items() for _ in range(len(frame))], dtype=object),
    }
    for name in names:
        parts[name] = np.concatenate([frame[name].to_numpy() for frame in frames.values()]) if frames else np.array([])
    return DataFrame(parts)


def as_bars(values: dict[str, Any], *, df: bool) -> Any:
    """Bars as get_bars gives them: a frame, or a structured array."""
    if df:
        return DataFrame(values)
    kinds = [(name, object if name == "date" else np.float64) for name in values]
    table = np.empty(len(next(iter(values.values()), ())), dtype=kinds)
    for name, column in values.items():
        table[name] = column
    return table


def merged(values: dict[str, Any], rows: Rows, size: int) -> tuple[dict[str, Any], Rows]:
    """Bars of several days or minutes each, the last one ending with the last row."""
    if size == 1 or not len(rows):
        return values, rows
    groups = (np.arange(len(rows)) - len(rows)) // size
    table = pd.DataFrame(values).groupby(groups)
    found = {name: getattr(table[name], SUMS.get(name, "last"))().to_numpy() for name in values}
    return found, pd.Series(rows).groupby(groups).last().to_numpy()
