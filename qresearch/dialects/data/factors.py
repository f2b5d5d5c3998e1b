"""Factors of a script's own, what is left of them without industries and size, and the usual ways to tame values.

Formulas as in the platform's public package jqfactor_analyzer (preprocess.py, read in November 2026): the median
deviation is not scaled, the standard deviation divides by the number of values.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qresearch.dialects.data.bars import FIELDS, to_day
from qresearch.dialects.data.codes import listed, spelled
from qresearch.dialects.data.old_pandas import DataFrame, Series, strings
from qresearch.dialects.data.platform import Platform
from qresearch.dialects.data.prices import Prices
from qresearch.dialects.data.tables import as_of, in_force
from qresearch.errors import NotSupported, UsageError

_CAPS = ("market_cap", "circulating_market_cap")
_EXPLAINING = ("jq_l1", "market_cap")
"""What ``neutralize`` takes out of a factor when a script does not say."""


class Factor:
    """What a script derives its own factors from: a name, a window in days, the fields of bars that it reads.

    >>> class Reversal(Factor):
    ...     name, max_window, dependencies = "reversal", 5, ["close"]
    ...     def calc(self, data):
    ...         return -data["close"].iloc[-1] / data["close"].iloc[0]
    """

    name: str = ""
    max_window: int = 1
    dependencies: Sequence[str] = ()

    def calc(self, data: dict[str, DataFrame]) -> Any:
        """Values by code, from frames of `max_window` days by codes, by field."""
        raise NotImplementedError


class Factors:
    """``calc_factors`` and ``neutralize`` for one script.

    Parameters
    ----------
    platform : Platform
    prices : Prices
    """

    def __init__(self, platform: Platform, prices: Prices) -> None:
        self._platform, self._prices = platform, prices

    def calc_factors(  # as documented by the platform
        self, securities: Any, factors: Any, start_date: Any = None, end_date: Any = None,
        use_real_price: bool = False, skip_paused: bool = False,
    ) -> dict[str, DataFrame]:  # fmt: skip
        """Factors of codes over the days from one date to another, never beyond what is known now.

        Parameters
        ----------
        securities : list of str
        factors : list of Factor
        start_date, end_date : date, optional
            Default: the day before the present one.
        use_real_price, skip_paused : bool
            Accepted: prices are adjusted to the present day, and every code has every day.

        Returns
        -------
        dict of str to DataFrame
            By name of the factor: (days, codes); NaN where calc gives nothing.

        Raises
        ------
        NotSupported
            A factor reads what is no field of bars; read it with get_fundamentals and compute it in the script.
        """
        if use_real_price or skip_paused:
            self._platform.host.tell("use_real_price and skip_paused of calc_factors have no effect.", "ignored")
        codes = [str(code) for code in listed(securities)]
        platform = self._platform
        last = platform.day_before() if end_date is None else to_day(end_date)
        first = last if start_date is None else to_day(start_date)
        days = platform.bars.dates
        days = days[(days >= first) & (days <= min(last, platform.today))]
        return {factor.name: self._values(factor, codes, days) for factor in _instances(factors)}

    def _values(self, factor: Factor, codes: list[str], days: pd.DatetimeIndex) -> DataFrame:
        unknown = [field for field in factor.dependencies if field not in FIELDS]
        if unknown:
            raise NotSupported(
                f"Factor {factor.name!r} reads {', '.join(unknown)}; calc_factors knows the fields of bars: "
                f"{', '.join(FIELDS)}. Read the rest with get_fundamentals and compute the factor in the script."
            )
        found = np.full((len(days), len(codes)), np.nan)
        for row, day in enumerate(days):
            panel = self._prices.get_price(
                codes, end_date=day, count=factor.max_window, fields=list(factor.dependencies)
            )
            data = {field: panel[field] for field in factor.dependencies}
            found[row] = pd.Series(factor.calc(data)).reindex(codes).to_numpy(dtype=np.float64)
        return DataFrame(found, index=days, columns=strings(codes))

    # ------------------------------------------------------------------ what industries and size do not explain

    def neutralize(  # as documented by the platform
        self, data: Any, how: Any = None, date: Any = None, axis: int = 1, fillna: str | None = None,
        add_constant: bool = False,
    ) -> Any:  # fmt: skip
        """Residuals of a least-squares fit of a factor on industries and sizes.

        Parameters
        ----------
        data : Series by code, or DataFrame
        how : str or list of str, optional
            Classifications of the table ``industries`` ("sw_l1", "jq_l1"), "market_cap" or "circulating_market_cap",
            also with ``ln_`` before it, or columns of the table ``factors``. Default: "jq_l1" and "market_cap".
        date : date, optional
            Day as of which they are read, never after the day before the present one; its default.
        axis : int
            Of a frame, 1: each row is a cross-section of codes; 0: each column is.
        fillna : str, optional
            A classification: what is missing becomes the mean of its industry.
        add_constant : bool
            Fit a constant too.

        Returns
        -------
        Series or DataFrame
            Of the same shape; NaN where the factor or what should explain it is unknown.

        Raises
        ------
        UsageError
            A table is missing, or holds no such classification; bring it with data=.
        """
        day = self._platform.day_before(date)
        wanted = listed(_EXPLAINING if how is None else how)

        def residuals(values: pd.Series) -> pd.Series:
            codes = [spelled(str(code)) for code in values.index]
            held = values.astype(np.float64).replace([np.inf, -np.inf], np.nan)
            if fillna is not None:
                groups = self._industry(fillna, day).reindex(codes).to_numpy()
                held = held.fillna(held.groupby(groups).transform("mean"))
            known = pd.concat([self._explaining(name, codes, day) for name in wanted], axis=1).to_numpy(np.float64)
            if add_constant:
                known = np.column_stack([known, np.ones(len(codes))])
            found: Any = held.to_numpy()  # the stubs do not say which floats
            return Series(_left_over(found, known), index=values.index, name=values.name)

        return _by_line(residuals, data, axis)

    def _explaining(self, name: str, codes: list[str], day: pd.Timestamp) -> pd.DataFrame:
        """What explains: a column of 0 and 1 for each industry, or one column of sizes."""
        size = name.removeprefix("ln_")
        if size in _CAPS:
            table = self._platform.tables.table("valuation", needed_by="neutralize")
            values = as_of(table, day, "day").drop_duplicates("code").set_index("code")[size].reindex(codes)
            return pd.DataFrame({name: np.log(values) if name != size else values})
        if "factors" in self._platform.tables:
            table = self._platform.tables.table("factors", needed_by="neutralize")
            if name in table:
                return as_of(table, day).drop_duplicates("code").set_index("code")[[name]].reindex(codes)
        return pd.get_dummies(self._industry(name, day).reindex(codes))

    def _industry(self, name: str, day: pd.Timestamp) -> pd.Series:
        """Industry of each code in a classification."""
        table = in_force(self._platform.tables.table("industries", needed_by="neutralize"), day)
        if "classification" in table:
            known = ", ".join(sorted(table["classification"].astype(str).unique()))
            table = table[table["classification"] == name]
            if not len(table):
                raise UsageError(
                    f"neutralize: the table 'industries' of data= has no classification {name!r}; it has {known}. Name "
                    "one of them in how=, or market_cap, or add rows."
                )
        found: pd.Series = table.drop_duplicates("code").set_index("code")["industry_code"]
        return found


def _instances(factors: Any) -> list[Factor]:
    held = list(factors) if isinstance(factors, (list, tuple)) else [factors]
    for factor in held:
        if not isinstance(factor, Factor) or not factor.name:
            raise UsageError(
                f"calc_factors takes instances of classes derived from Factor with a name, not {factor!r}."
            )
    return held


def _left_over(values: NDArray[np.float64], known: NDArray[np.float64]) -> NDArray[np.float64]:
    """Residuals where everything is known; a code without an industry is none of those."""
    whole = ~np.isnan(values) & ~np.isnan(known).any(axis=1) & (known != 0).any(axis=1)
    found = np.full(len(values), np.nan)
    if whole.any():
        fit, *_ = np.linalg.lstsq(known[whole], values[whole], rcond=None)
        found[whole] = values[whole] - known[whole] @ fit
    return found


# ---------------------------------------------------------------------------------------- values tamed


def _by_line(func: Any, data: Any, axis: int) -> Any:
    """A function of each row (axis 1) or column (axis 0) of a frame, or of a series."""
    if isinstance(data, pd.DataFrame):
        frame: Any = data  # the stubs know no axis given as a number
        return DataFrame(frame.apply(func, axis=axis))
    return func(data if isinstance(data, pd.Series) else Series(data))


def _known(values: pd.Series, *, inf2nan: bool) -> pd.Series:
    found = values.astype(np.float64)
    return found.replace([np.inf, -np.inf], np.nan) if inf2nan else found


def _bounded(values: pd.Series, low: float, high: float, *, inclusive: bool) -> pd.Series:
    return values.clip(low, high) if inclusive else values.where(values.between(low, high))


def _cut(values: pd.Series, low: float, high: float) -> tuple[float, float]:
    """What remains when a part of the values is cut off at each end, in whole values."""
    held = np.sort(values.dropna().to_numpy())
    if not len(held):
        return np.nan, np.nan
    below, above = int(round(low * len(held), 9)), int(round((1 - high) * len(held), 9))
    return float(held[below]), float(held[len(held) - above - 1])


def winsorize_med(data: Any, scale: float = 1, inclusive: bool = True, inf2nan: bool = True, axis: int = 1) -> Any:
    """Bring values to at most `scale` median deviations from the median; ``inclusive=False`` empties what lies beyond.

    >>> winsorize_med(Series([1.0, 2.0, 3.0, 100.0]), scale=1).tolist()
    [1.5, 2.0, 3.0, 3.5]
    """

    def line(values: pd.Series) -> pd.Series:
        held = _known(values, inf2nan=inf2nan)
        middle = held.median()
        spread = scale * (held - middle).abs().median()
        return _bounded(held, middle - spread, middle + spread, inclusive=inclusive)

    return _by_line(line, data, axis)


def winsorize(
    data: Any, scale: float | None = None, range: Any = None, qrange: Any = None, inclusive: bool = True,
    inf2nan: bool = True, axis: int = 1,
) -> Any:  # fmt: skip
    """Bring values into a range, between two quantiles, or within `scale` standard deviations of the mean.

    Quantiles count whole values: of 4 values none lies below the quantile 0.05.

    >>> winsorize(Series([1.0, 2.0, 3.0, 100.0]), range=[2, 10]).tolist()
    [2.0, 2.0, 3.0, 10.0]
    """
    if range is None and qrange is None and scale is None:
        raise UsageError("winsorize needs scale=, range=[low, high] or qrange=[0.05, 0.95]. Pass one of them.")

    def line(values: pd.Series) -> pd.Series:
        held = _known(values, inf2nan=inf2nan)
        if qrange is not None:
            low, high = _cut(held, *qrange)
        elif range is not None:
            low, high = range
        else:
            spread = (scale or 0.0) * held.std(ddof=0)
            inside = held[(held - held.mean()).abs() < spread]
            low, high = inside.min(), inside.max()
        return _bounded(held, low, high, inclusive=inclusive)

    return _by_line(line, data, axis)


def standardlize(data: Any, inf2nan: bool = True, axis: int = 1) -> Any:
    """Values less their mean, over their standard deviation; the name is the platform's.

    >>> standardlize(Series([1.0, 3.0])).tolist()
    [-1.0, 1.0]
    """

    def line(values: pd.Series) -> pd.Series:
        held = _known(values, inf2nan=inf2nan)
        return (held - held.mean()) / held.std(ddof=0)

    return _by_line(line, data, axis)
