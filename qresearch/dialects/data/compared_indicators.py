"""Indicators of ``jqlib`` that compare a share with an index, or its volume with the shares that circulate.

By the formulas that its documentation gives; volumes are counted in lots. Each function takes a frame of bars, and the
bars of the index on the same days, or the shares that circulate on each of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qresearch.dialects.data.averages import ema, ma, total

Series = Any
"""A pandas Series of floats, one per bar."""


def _gain(values: Series, count: int) -> Series:
    return values / values.shift(count) - 1


def _qr(bars: Any, index: Any, N: int = 21) -> tuple[Series, ...]:
    own, whole = _gain(bars["close"], N) * 100, _gain(index["close"], N) * 100
    return own, whole, ema((own - whole).dropna(), 2).reindex(own.index)


def _dbqr(bars: Any, index: Any, N: int = 5, M1: int = 10, M2: int = 20, M3: int = 60) -> tuple[Series, ...]:
    own = _gain(bars["close"], N)
    return _gain(index["close"], N), own, ma(own, M1), ma(own, M2), ma(own, M3)


def _dbqrv(bars: Any, index: Any, N: int = 5) -> tuple[Series, ...]:
    return _gain(index["volume"], N), _gain(bars["volume"], N)


def _dblb(bars: Any, index: Any, N: int = 5, M: int = 5) -> tuple[Series, ...]:
    own, whole = (item["volume"] / total(item["volume"].shift(), N) for item in (bars, index))
    return own / whole, ma(own / whole, M)


def _tapi(bars: Any, index: Any, M: int = 6) -> tuple[Series, ...]:
    found = bars["money"] / index["close"]
    return found, ma(found, M)


def _sg_lb(bars: Any, index: Any) -> tuple[Series, ...]:
    found = bars["volume"] / index["volume"] * 1000
    return found, ma(found, 5), ma(found, 10)


def _hsl(bars: Any, shares: Series, N: int = 5) -> tuple[Series, ...]:
    found = bars["volume"] / shares * 100
    return found, ma(found, N)


def _cyf(bars: Any, shares: Series, N: int = 21) -> Series:
    return 100 - 100 / (1 + ema(bars["volume"] / shares * 100, N))


def _fsl(bars: Any, shares: Series) -> tuple[Series, ...]:
    weight = (100 * total(bars["volume"], 5) / (3 * shares)).clip(lower=1)
    return (ema(bars["close"], 5) * 7 + ema(bars["close"], 10) * 3) / 10, followed(ema(bars["close"], 12), weight)


def followed(values: Series, weights: Series) -> Series:
    """Chinese DMA: each value counts by its own weight, at most 1, what came before the rest; begun at the first.

    >>> import pandas as pd
    >>> followed(pd.Series([1.0, 2.0, 4.0]), pd.Series([None, 0.5, 0.25])).tolist()
    [1.0, 1.5, 2.125]
    """
    found, last = values.copy(), None
    for place, (value, weight) in enumerate(zip(values, weights.clip(upper=1), strict=True)):
        last = value if last is None or weight != weight else weight * value + (1 - weight) * last
        found.iloc[place] = last
    return found


WITH_INDEX: dict[str, Callable[..., Any]] = {
    "QR": _qr, "DBQR": _dbqr, "DBQRV": _dbqrv, "DBLB": _dblb, "TAPI": _tapi, "SG_LB": _sg_lb,
}  # fmt: skip
"""Name of the platform to the function; the code of the index goes before those of the shares."""

WITH_SHARES: dict[str, Callable[..., Any]] = {"HSL": _hsl, "CYF": _cyf, "FSL": _fsl}
"""Name of the platform to the function that needs the shares that circulate."""
