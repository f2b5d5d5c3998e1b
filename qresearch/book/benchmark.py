"""A benchmark beside an account: any series of closes, brought onto the trading days of the account."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from qresearch.domain.state import State
from qresearch.engine.exchange import Exchange
from qresearch.errors import UsageError, shown
from qresearch.market.market import Benchmark, Market
from qresearch.market.panel import Days, Floats

BenchmarkLike = Benchmark | str | bool | None
"""What can be passed besides a Series: None for that of the market, False for none, a symbol, a Benchmark."""


@dataclass(frozen=True)
class Aligned:
    """A benchmark on the trading days of an account.

    Parameters
    ----------
    name : str
    close : (D,) ndarray of float64, index points
        The last known close at or before each day; NaN before the benchmark begins. Never a later one.
    base : float, index points
        The last close before the first day, so that the first return covers the first day; the first known close
        when there is none.
    gaps : int
        Days without a close of their own.
    """

    name: str
    close: Floats
    base: float
    gaps: int

    @property
    def nav(self) -> Floats:
        """(D,) ndarray of float64: close over base; NaN before the benchmark begins."""
        value: Floats = self.close / self.base
        return value

    @property
    def returns(self) -> Floats:
        """(D,) ndarray of float64: daily returns; 0 before it begins and on days without a close of its own."""
        nav = np.nan_to_num(self.nav, nan=1.0)
        change: Floats = nav / np.concatenate(([1.0], nav[:-1])) - 1
        return change[: len(nav)]


def find_benchmark(market: Market, wanted: BenchmarkLike | pd.Series[float]) -> Benchmark | None:
    """The benchmark that a caller means.

    Parameters
    ----------
    market : Market
    wanted : None, False, Series, str or Benchmark
        None: that of the market, if it has one. False: none. A Series of closes (levels, not returns) by day, in any
        time zone and with any gaps. A symbol of the market: its closes, adjusted for corporate actions.

    Raises
    ------
    UsageError
        Neither of these, or a Series that does not hold positive closes by day.
    """
    if wanted is None or wanted is True:
        return market.benchmark
    if wanted is False:
        return None
    if isinstance(wanted, Benchmark):
        return wanted
    if isinstance(wanted, str):
        column = market.column(wanted)
        close = market.panel.close[:, column] * market.adjustment[:, column]
        known = ~np.isnan(close)
        return Benchmark(market.symbols[column], market.days[known], close[known])
    if isinstance(wanted, pd.Series):
        return _from_series(wanted)
    raise UsageError(
        f"benchmark={shown(wanted)} is a {type(wanted).__name__}. "
        "Pass a Series of closes by day, a symbol of the market, a Benchmark, "
        "None for the benchmark of the market, or False for none."
    )


_NO_DAYS = "benchmark: the index of the Series holds no days. Index it by date."
_NUMBERS = ("integer", "floating", "mixed-integer", "mixed-integer-float", "boolean", "decimal", "complex")
"""Kinds of an index that pandas would read as moments without a word."""


def _from_series(series: pd.Series[float]) -> Benchmark:
    index = series.index
    if isinstance(index, pd.PeriodIndex):
        # The close of a week or a month is known when it ends.
        index = index.to_timestamp(how="end")
    if not isinstance(index, pd.DatetimeIndex):
        # Numbers would become nanoseconds of the first of January 1970, and the benchmark one that never moves.
        if index.inferred_type in _NUMBERS:
            raise UsageError(_NO_DAYS)
        try:
            index = pd.DatetimeIndex(index)
        except (ValueError, TypeError):
            raise UsageError(_NO_DAYS) from None
    close = _closes(series)
    if close is None:
        raise UsageError("benchmark: the Series holds something that is no number. Pass closes.")
    # The date on the wall of its own time zone is the trading day.
    days = index.tz_localize(None).to_numpy().astype("datetime64[D]")
    known = ~np.isnan(close)
    days, close = days[known], close[known]
    if not len(close) or close.min() <= 0 or np.isinf(close).any():
        raise UsageError(
            "benchmark: a Series of closes is needed, all above 0 and finite. "
            "Returns become closes with (1 + returns).cumprod(); missing closes may be NaN."
        )
    order = np.argsort(days, kind="stable")
    days, close = days[order], close[order]
    last = np.append(days[1:] != days[:-1], True)  # of several closes on one day the latest counts
    return Benchmark("Benchmark" if series.name is None else str(series.name), days[last], close[last])


def _closes(series: pd.Series[float]) -> Floats | None:
    """The values of a Series; None where they are no numbers."""
    if series.dtype.kind in "bc":
        return None
    try:
        values: Floats = np.asarray(series.to_numpy(dtype="float64", na_value=np.nan), dtype=np.float64)
    except (ValueError, TypeError):
        return None
    return values


def align(benchmark: Benchmark | None, exchange: Exchange, closes: list[State]) -> Aligned | None:
    """Bring a benchmark onto the days of some closes; None without a benchmark, days or any known close."""
    if benchmark is None or not closes:
        return None
    days: Days = exchange.market.days[[state.day for state in closes]]
    place = np.searchsorted(benchmark.days, days, side="right") - 1
    close = np.where(place >= 0, benchmark.close[np.maximum(place, 0)], np.nan)
    known = np.flatnonzero(place >= 0)
    if not len(known):
        return None
    before = int(np.searchsorted(benchmark.days, days[0], side="left")) - 1
    base = benchmark.close[before] if before >= 0 else close[known[0]]
    gaps = int(np.count_nonzero(benchmark.days[np.maximum(place, 0)] != days))
    return Aligned(benchmark.name, close, float(base), gaps)
