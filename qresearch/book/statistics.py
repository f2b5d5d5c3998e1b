"""Figures of a run, from daily returns: small formulas over numpy and pandas, each written out.

Conventions: returns are fractions per trading day; a year has `periods` trading days (252 unless said otherwise); a
risk-free rate is a fraction per year. A figure that is not defined is NaN: too few days, no spread, no loss.

Where QuantStats has the same figure under the same definition the two agree to 1e-9 (a test); where not, the docstring
says how they differ.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from qresearch.market.panel import Floats

PERIODS = 252
"""Trading days in a year; China has about 242 to 244."""
NAN = float("nan")


def total_return(returns: Floats) -> float:
    """What one unit of money has gained: ``prod(1 + r) - 1``. As QuantStats' ``comp``.

    >>> round(total_return(np.array([0.10, -0.05])), 12)
    0.045
    """
    return float(np.prod(1 + returns) - 1)


def annual_return(returns: Floats, periods: int = PERIODS) -> float:
    """Compound growth per year: ``(1 + total return) ** (periods / n) - 1``, n daily returns.

    As QuantStats' ``cagr``, which also counts trading days and not the calendar. NaN without returns.

    >>> round(annual_return(np.full(126, 0.001)), 6)
    0.286434
    """
    left = 1 + total_return(returns)
    return float(left ** (periods / len(returns)) - 1) if len(returns) and left >= 0 else NAN


def annual_volatility(returns: Floats, periods: int = PERIODS) -> float:
    """Sample standard deviation of the returns (n - 1) times ``sqrt(periods)``. As QuantStats' ``volatility``.

    NaN for fewer than two returns.

    >>> round(annual_volatility(np.array([0.01, -0.01])), 6)
    0.224499
    """
    return _deviation(returns) * math.sqrt(periods)


def _deviation(returns: Floats) -> float:
    if len(returns) < 2:
        return NAN
    # Equal returns have no spread; their computed deviation may be a hair above 0, and a ratio over it nonsense.
    return float(np.std(returns, ddof=1)) if np.ptp(returns) > 0 else 0.0


def skew(returns: Floats) -> float:
    """Skewness of the returns, corrected for bias (pandas ``Series.skew``). As QuantStats. NaN below three returns.

    >>> round(skew(np.array([0.0, 0.0, 0.03])), 6)
    1.732051
    """
    found: Any = pd.Series(returns, dtype="float64").skew()
    return float(found)


def kurtosis(returns: Floats) -> float:
    """Excess kurtosis of the returns, corrected for bias (pandas ``Series.kurt``). As QuantStats. NaN below four.

    >>> round(kurtosis(np.array([0.0, 0.0, 0.0, 0.04])), 6)
    4.0
    """
    found: Any = pd.Series(returns, dtype="float64").kurt()
    return float(found)


def _excess(returns: Floats, risk_free: float, periods: int) -> Floats:
    """Returns over the risk-free rate of a day, which compounds to the yearly one."""
    excess: Floats = np.subtract(returns, (1 + risk_free) ** (1 / periods) - 1)
    return excess if risk_free else returns


def sharpe(returns: Floats, periods: int = PERIODS, risk_free: float = 0.0) -> float:
    """Mean excess return over its standard deviation, times ``sqrt(periods)``. As QuantStats' ``sharpe``.

    NaN without spread, where QuantStats gives infinity. See :func:`compound_sharpe` for the other common form.

    >>> round(sharpe(np.array([0.02, -0.01])), 6)
    3.741657
    """
    excess = _excess(returns, risk_free, periods)
    spread = _deviation(excess)
    return float(np.mean(excess)) / spread * math.sqrt(periods) if spread > 0 else NAN


def compound_sharpe(returns: Floats, periods: int = PERIODS, risk_free: float = 0.0) -> float:
    """``(annual return - risk-free rate) / annual volatility``.

    Differs from :func:`sharpe` (and QuantStats) by using the compound return. NaN without spread.

    >>> round(compound_sharpe(np.array([0.02, -0.01])), 6)
    7.17771
    """
    spread = annual_volatility(returns, periods)
    return (annual_return(returns, periods) - risk_free) / spread if spread > 0 else NAN


def sortino(returns: Floats, periods: int = PERIODS, risk_free: float = 0.0) -> float:
    """Mean excess return over the downside deviation, times ``sqrt(periods)``. As QuantStats' ``sortino``.

    The downside deviation is ``sqrt(sum(min(r, 0) ** 2) / n)`` over all n returns. NaN without a loss.

    >>> round(sortino(np.array([0.02, -0.01])), 6)
    11.224972
    """
    excess = _excess(returns, risk_free, periods)
    downside = math.sqrt(float(np.mean(np.minimum(excess, 0.0) ** 2))) if len(excess) else 0.0
    return float(np.mean(excess)) / downside * math.sqrt(periods) if downside > 0 else NAN


def drawdowns(returns: Floats) -> Floats:
    """Distance below the highest value so far, the start included.

    Parameters
    ----------
    returns : (D,) ndarray of float64

    Returns
    -------
    (D,) ndarray of float64
        0 at a new high, 0.2 when a fifth below it.

    >>> drawdowns(np.array([-0.1, 0.2])).round(6).tolist()
    [0.1, 0.0]
    """
    value = np.cumprod(1 + returns)
    below: Floats = np.subtract(1, value / np.maximum(np.maximum.accumulate(value), 1.0))
    return below


def max_drawdown(returns: Floats) -> float:
    """Deepest of :func:`drawdowns`, a fraction of at least 0; QuantStats writes it as a negative number.

    >>> round(max_drawdown(np.array([-0.1, 0.2, -0.25])), 6)
    0.25
    """
    return float(drawdowns(returns).max()) if len(returns) else NAN


def return_over_drawdown(returns: Floats, periods: int = PERIODS) -> float:
    """``annual return / maximum drawdown``. As QuantStats' ``calmar``. NaN without a drawdown.

    >>> round(return_over_drawdown(np.full(252, -0.001)), 6)
    -1.0
    """
    deepest = max_drawdown(returns)
    return annual_return(returns, periods) / deepest if deepest > 0 else NAN


def win_rate(returns: Floats, *, count_flat: bool = True) -> float:
    """Share of days with a gain.

    Parameters
    ----------
    returns : (D,) ndarray of float64
    count_flat : bool
        True: of all days. False: of the days with a return other than 0, as QuantStats' ``win_rate``.

    >>> days = np.array([0.01, -0.01, 0.0, 0.0])
    >>> win_rate(days), win_rate(days, count_flat=False)
    (0.25, 0.5)
    """
    days = len(returns) if count_flat else int(np.count_nonzero(returns))
    return float(np.count_nonzero(returns > 0)) / days if days else NAN


def figures(returns: Floats, periods: int = PERIODS, risk_free: float = 0.0) -> dict[str, float]:
    """Every figure of daily returns on their own, by name."""
    return {
        "total_return": total_return(returns),
        "annual_return": annual_return(returns, periods),
        "annual_volatility": annual_volatility(returns, periods),
        "skew": skew(returns),
        "kurtosis": kurtosis(returns),
        "sharpe": sharpe(returns, periods, risk_free),
        "compound_sharpe": compound_sharpe(returns, periods, risk_free),
        "sortino": sortino(returns, periods, risk_free),
        "max_drawdown": max_drawdown(returns),
        "return_over_drawdown": return_over_drawdown(returns, periods),
        "daily_win_rate": win_rate(returns),
    }


def beta(returns: Floats, benchmark: Floats) -> float:
    """Covariance with the benchmark over its variance, daily returns of the same days. As QuantStats' ``greeks``.

    NaN for fewer than two days or a flat benchmark, where QuantStats gives 0.

    >>> round(beta(np.array([0.02, -0.02, 0.0]), np.array([0.01, -0.01, 0.0])), 6)
    2.0
    """
    if len(returns) < 2 or np.ptp(benchmark) == 0:
        return NAN
    together = np.cov(returns, benchmark)
    return float(together[0, 1] / together[1, 1])


def alpha(returns: Floats, benchmark: Floats, periods: int = PERIODS, risk_free: float = 0.0) -> float:
    """``annual return - rf - beta * (annual return of the benchmark - rf)``, compound returns.

    QuantStats' alpha is ``periods * (mean return - beta * mean return of the benchmark)`` instead. NaN as the beta.

    >>> alpha(np.array([0.02, -0.02, 0.0]), np.array([0.02, -0.02, 0.0]))
    0.0
    """
    market = annual_return(benchmark, periods) - risk_free
    return annual_return(returns, periods) - risk_free - beta(returns, benchmark) * market


def turnover(bought: float, sold: float, equity: Floats) -> float:
    """One-sided traded value over the mean equity: ``(bought + sold) / 2 / mean(equity)``, over the whole run.

    1.0 means that half of what was traded equals the account once. NaN without equity.

    Parameters
    ----------
    bought, sold : float, currency
        Value of all buys and of all sales, fees not included.
    equity : (D,) ndarray of float64, currency
        At every close.

    >>> turnover(1500.0, 500.0, np.array([1000.0, 1000.0]))
    1.0
    """
    mean = float(np.mean(equity)) if len(equity) else 0.0
    return (bought + sold) / 2 / mean if mean > 0 else NAN
