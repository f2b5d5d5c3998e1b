"""Averages and sums over bars, as Chinese charts name them: MA, EMA, SMA, SUM."""

from __future__ import annotations

from typing import Any

Series = Any
"""A pandas Series of floats, one per bar."""


def sma(values: Series, period: int, weight: int) -> Series:
    """Chinese SMA: each value counts `weight` parts of `period`, what came before the rest."""
    return values.ewm(alpha=weight / period, adjust=False).mean()


def ema(values: Series, period: int) -> Series:
    """Exponential average with the weight 2 / (period + 1)."""
    return values.ewm(span=period, adjust=False).mean()


def ma(values: Series, period: int) -> Series:
    """Simple average of the last values; unknown before there are as many."""
    return values.rolling(period).mean()


def total(values: Series, period: int) -> Series:
    """Sum of the last values; unknown before there are as many."""
    return values.rolling(period).sum()
