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

from qresearch.dialects.joinquant.frames import DataFrame, Panel, strings

Block = NDArray[np.float64]
"""(K, C) values: days by codes."""

KEPT_WHEN_PAUSED = ("paused", "factor")
"""Fields that days without trading have all the same."""

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
        "code": pd.array(np.repeat(held, len(index)), dtype=object),
    }
    for name, block in blocks.items():
        parts[name] = block.ravel(order="F")
    return DataFrame(parts)
