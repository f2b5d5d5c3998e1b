"""``pandas.ols``: least squares of one series on others, as pandas had it before version 0.20."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from qresearch.dialects.data.old_pandas import DataFrame, Series
from qresearch.errors import NotSupported


class OLS:
    """A regression: ``beta`` by the names of the regressors and "intercept", ``r2``, ``resid`` and their like.

    Parameters
    ----------
    y : Series
    x : Series, DataFrame or dict of Series
    intercept : bool

    Examples
    --------
    >>> x = pd.Series([1.0, 2.0, 3.0, 4.0])
    >>> found = OLS(2 * x + 1, x)
    >>> found.beta.round(6).to_dict(), round(found.r2, 6)
    ({'x': 2.0, 'intercept': 1.0}, 1.0)
    """

    def __init__(self, y: Any, x: Any, *, intercept: bool = True) -> None:
        regressors = pd.DataFrame({"x": x}) if isinstance(x, pd.Series) or not hasattr(x, "keys") else pd.DataFrame(x)
        held = pd.concat([pd.Series(y).rename("_y"), regressors], axis=1, join="inner").dropna()
        self.y, design = held.pop("_y"), held.assign(intercept=1.0) if intercept else held
        self.nobs, count = design.shape
        inverse = np.linalg.pinv(design.to_numpy(float))
        self.beta: Any = Series(inverse @ self.y.to_numpy(float), index=design.columns)
        self.y_fitted = Series(design.to_numpy(float) @ self.beta.to_numpy(), index=design.index)
        self.resid = Series(self.y - self.y_fitted)
        self.df_resid = self.nobs - count
        free = max(self.df_resid, 1)
        squares = float((self.resid**2).sum())
        whole = float(((self.y - (self.y.mean() if intercept else 0.0)) ** 2).sum())
        self.rmse = (squares / free) ** 0.5
        self.r2: Any = 1 - squares / whole if whole else float("nan")
        self.r2_adj = 1 - (1 - self.r2) * (self.nobs - int(intercept)) / free
        self.std_err = Series(self.rmse * np.sqrt((inverse**2).sum(axis=1)), index=design.columns)
        self.t_stat = self.beta / self.std_err


def ols(*, y: Any, x: Any, intercept: bool = True, window: int | None = None, **options: Any) -> Any:
    """A regression, or with a window one for each of its ends, of which ``beta`` is a frame.

    Raises
    ------
    NotSupported
        Weights, panels or pools; write it with numpy.linalg.lstsq.
    """
    if options.keys() - {"window_type", "min_periods", "nw_lags"}:
        raise NotSupported(f"pandas.ols with {', '.join(options)} is not supported; use numpy.linalg.lstsq.")
    if window is None:
        return OLS(y, x, intercept=intercept)
    parts = {y.index[stop - 1]: OLS(y.iloc[stop - window : stop], x.iloc[stop - window : stop], intercept=intercept)
             for stop in range(window, len(y) + 1)}  # fmt: skip
    found = OLS(y, x, intercept=intercept)
    found.beta = DataFrame({end: part.beta for end, part in parts.items()}).T
    found.r2 = Series({end: part.r2 for end, part in parts.items()})
    return found
