"""Our figures against QuantStats where the definitions are the same, and how they differ where they are not."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pandas as pd
import pytest

from qresearch.book import statistics
from qresearch.views.report import _contained

SERIES = {
    "ordinary": (500, 0.0005, 0.012),
    "short": (5, 0.0, 0.01),
    "long": (2500, 0.0003, 0.02),
    "losing": (250, -0.002, 0.01),
}


def returns_of(name: str) -> pd.Series:
    """Seeded daily returns, some of them 0."""
    count, mean, spread = SERIES[name]
    rng = np.random.default_rng(len(name))
    values = rng.normal(mean, spread, count)
    values[2::7] = 0.0
    return pd.Series(values, index=pd.bdate_range("2020-01-01", periods=count))


@pytest.fixture(scope="module")
def theirs():
    """QuantStats' own statistics."""
    with _contained() as quantstats:
        return quantstats.stats


@pytest.mark.parametrize("name", SERIES)
@pytest.mark.parametrize("periods", [252, 244])
def test_figures_are_those_of_quantstats(theirs, name: str, periods: int) -> None:
    """Protects every figure that stands both in our tables and on the page: equal to 1e-9."""
    series = returns_of(name)
    ours = series.to_numpy()
    pairs = {
        "total return": (statistics.total_return(ours), theirs.comp(series)),
        "CAGR": (statistics.annual_return(ours, periods), theirs.cagr(series, periods=periods)),
        "volatility": (statistics.annual_volatility(ours, periods), theirs.volatility(series, periods=periods)),
        "Sharpe": (statistics.sharpe(ours, periods), theirs.sharpe(series, periods=periods)),
        "Sharpe over 2 %": (statistics.sharpe(ours, periods, 0.02), theirs.sharpe(series, rf=0.02, periods=periods)),
        "Sortino": (statistics.sortino(ours, periods), theirs.sortino(series, periods=periods)),
        "Sortino over 2 %": (statistics.sortino(ours, periods, 0.02), theirs.sortino(series, rf=0.02, periods=periods)),
        "maximum drawdown": (-statistics.max_drawdown(ours), theirs.max_drawdown(series)),
        "Calmar": (statistics.return_over_drawdown(ours, periods), theirs.calmar(series, periods=periods)),
        "skew": (statistics.skew(ours), theirs.skew(series)),
        "kurtosis": (statistics.kurtosis(ours), theirs.kurtosis(series)),
        "win rate": (statistics.win_rate(ours, count_flat=False), theirs.win_rate(series)),
    }
    for figure, (mine, other) in pairs.items():
        assert mine == pytest.approx(other, rel=1e-9, abs=1e-9), figure


@pytest.mark.parametrize("name", SERIES)
def test_beta_is_that_of_quantstats_and_alpha_differs_as_said(theirs, name: str) -> None:
    """Protects beta to 1e-9, and the docstring of alpha: theirs is of mean returns, ours of compound ones."""
    series = returns_of(name)
    other = series.sample(frac=1, random_state=7).set_axis(series.index) * 0.7 + series * 0.4
    greeks = theirs.greeks(series, other, periods=252)
    ours, market = series.to_numpy(), other.to_numpy()
    beta = statistics.beta(ours, market)
    assert beta == pytest.approx(greeks["beta"], rel=1e-9, abs=1e-9)
    assert 252 * (ours.mean() - beta * market.mean()) == pytest.approx(greeks["alpha"], rel=1e-9, abs=1e-9)
    annual = [(1 + statistics.total_return(values)) ** (252 / len(values)) - 1 for values in (ours, market)]
    assert statistics.alpha(ours, market, 252, 0.01) == pytest.approx(annual[0] - 0.01 - beta * (annual[1] - 0.01))


def test_undefined_figures_are_nan_and_never_infinite() -> None:
    """Protects tables and pages from infinities: no day, one day, no spread, no loss, no move of the benchmark."""
    none, one, same = np.array([]), np.array([0.01]), np.full(9, 0.001)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert statistics.total_return(none) == 0
        for values in (none, one):
            assert math.isnan(statistics.annual_volatility(values))
            assert math.isnan(statistics.sharpe(values))
            assert math.isnan(statistics.compound_sharpe(values))
            assert math.isnan(statistics.beta(values, values))
        assert math.isnan(statistics.annual_return(none))
        assert math.isnan(statistics.max_drawdown(none))
        assert math.isnan(statistics.win_rate(none))
        assert math.isnan(statistics.turnover(1.0, 1.0, none))
        assert statistics.annual_volatility(same) == 0
        assert math.isnan(statistics.sharpe(same))
        assert math.isnan(statistics.sortino(same))
        assert math.isnan(statistics.return_over_drawdown(same))
        assert math.isnan(statistics.beta(returns_of("short").to_numpy(), np.zeros(5)))
        assert math.isnan(statistics.win_rate(np.zeros(3), count_flat=False))
        assert statistics.win_rate(np.zeros(3)) == 0


def test_the_first_day_counts() -> None:
    """Protects against a drawdown that begins only at the second day: a loss on the first one is a drawdown."""
    assert statistics.max_drawdown(np.array([-0.1, 0.05])) == pytest.approx(0.1)
    assert statistics.drawdowns(np.array([-0.1, 0.2, -0.5])).tolist() == pytest.approx([0.1, 0, 0.5])


def test_a_total_loss_is_a_total_loss() -> None:
    """Protects the end of everything: -100 % is a return of -1, an annual one of -1, and a drawdown of 1."""
    lost = np.array([0.1, -1.0, 0.0])
    assert statistics.total_return(lost) == -1
    assert statistics.annual_return(lost) == -1
    assert statistics.max_drawdown(lost) == 1
