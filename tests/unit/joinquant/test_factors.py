"""Factors of a script's own and the ways to tame values, against figures by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from script_runs import g, market, run

from qresearch import errors
from qresearch.dialects.data.factors import standardlize, winsorize, winsorize_med


def test_winsorize_by_quantiles_counts_whole_values() -> None:
    """Protects the platform's rule: a tenth of 20 values is two at each end, of 4 values none."""
    twenty = pd.Series(np.arange(20.0))
    assert winsorize(twenty, qrange=[0.1, 0.9]).tolist() == [2.0] * 2 + list(np.arange(2.0, 18.0)) + [17.0] * 2
    assert winsorize(twenty, qrange=[0.1, 0.9], inclusive=False).isna().sum() == 4
    assert winsorize(pd.Series([1.0, 2.0, 3.0, 100.0]), qrange=[0.05, 0.95]).tolist() == [1.0, 2.0, 3.0, 100.0]


def test_winsorize_by_deviations_keeps_the_outermost_value_inside() -> None:
    """Protects scale: mean 4, deviation 6.9; 16 lies beyond one of them and becomes the largest inside, 0."""
    values = pd.Series([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 16.0, 16.0])
    mean, deviation = 4.0, np.sqrt((6 * 16 + 2 * 144) / 8)
    assert mean + deviation < 16
    assert winsorize(values, scale=1).tolist() == [0.0] * 8
    with pytest.raises(errors.UsageError, match="Pass one of them"):
        winsorize(values)


def test_winsorize_med_and_standardlize_by_row_of_a_frame() -> None:
    """Protects axis=1: each day by itself; median 3, median deviation 1; mean 2, deviation 1; infinity is unknown."""
    frame = pd.DataFrame([[2.0, 3.0, 4.0, 90.0, np.inf], [1.0, 3.0, np.nan, np.nan, np.nan]])
    tamed = winsorize_med(frame, scale=2)
    middle, spread = 3.5, 1.0  # median of 2, 3, 4, 90; deviations 1.5, 0.5, 0.5, 86.5
    assert tamed.iloc[0].tolist()[:4] == [2.0, 3.0, 4.0, middle + 2 * spread]
    assert np.isnan(tamed.iloc[0, 4])
    assert standardlize(frame).iloc[1].tolist()[:2] == [-1.0, 1.0]


SCRIPT = """
from jqfactor import Factor, calc_factors

class Rise(Factor):
    name, max_window, dependencies = 'rise', 3, {fields}
    def calc(self, data):
        return data['close'].iloc[-1] / data['close'].iloc[0] - 1

def initialize(context):
    run_daily(look, '9:30')

def look(context):
    if context.current_dt.day == 8:
        g.found = calc_factors(['000001.XSHE', '000002.XSHE'], [Rise()], start_date=context.previous_date,
                               end_date=context.current_dt)
"""
BARS = {"000001.XSHE": [10.0, 11.0, 12.0, 15.0, (18.0, 30.0, 18.0, 30.0), 30.0], "000002.XSHE": [10.0] * 6}


def test_a_factor_sees_its_window_and_nothing_beyond_now() -> None:
    """Protects calc_factors: 15 over 11 the day before; today the open of 18 over 12, not the close of 30."""
    found = g(run(SCRIPT.format(fields="['close']"), market(BARS))).found["rise"]
    assert list(found.columns) == ["000001.XSHE", "000002.XSHE"]
    assert [str(day.date()) for day in found.index] == ["2024-01-05", "2024-01-08"]
    np.testing.assert_allclose(found.to_numpy(), [[15 / 11 - 1, 0.0], [18 / 12 - 1, 0.0]])


def test_a_factor_that_reads_statements_is_refused_with_what_to_do() -> None:
    """Protects the author of such a factor: the message names the field and the way round."""
    with pytest.raises(errors.StrategyError, match=r"reads net_profit.*get_fundamentals"):
        run(SCRIPT.format(fields="['close', 'net_profit']"), market(BARS))
