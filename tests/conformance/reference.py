"""A plain reference for next-open backtests, and the data for it: floats, loops, nothing of qresearch.

The specification is that of a public comparison of backtesters: decide on the close of day t, fill at the open of
t + 1, lots of 100, max(5, 0.025 %) on each fill and 0.05 % on sells, sells before buys, no slippage. Every number of
the data comes from one seeded walk of 5,000 shares over 2,500 days; its first columns are the panels.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

import numpy as np

DAYS, SHARES, SEED = 2500, 5000, 20240607
INVESTED = 0.95
LOOKBACK, PERIOD, TOP = 20, 5, 10


class Bars(NamedTuple):
    """(T, n) arrays of the first n shares."""

    open: np.ndarray
    high: np.ndarray
    low: np.ndarray
    close: np.ndarray
    volume: np.ndarray


class Fill(NamedTuple):
    """One fill: day, share, signed quantity, price."""

    day: int
    share: int
    quantity: int
    price: float


def walk(kept: int) -> Bars:
    """The first `kept` shares of the walk.

    Every block of draws has the full width, because the generator runs through them in turn; only what is kept stays
    in memory.
    """
    rng = np.random.default_rng(SEED)
    shape = (DAYS, SHARES)

    def block(mean: float, spread: float) -> np.ndarray:
        return rng.normal(mean, spread, shape)[:, :kept].copy()

    beta, sigma = rng.uniform(0.5, 1.5, SHARES)[:kept], rng.uniform(0.012, 0.028, SHARES)[:kept]
    factor = rng.normal(0.0002, 0.008, DAYS)
    overnight = block(0, 0.006).clip(-0.03, 0.03)
    noise = block(0, 1)
    by_day = (factor[:, None] * beta + noise * sigma - 0.00005).clip(-0.06, 0.06)
    above, below = (np.abs(block(0, 0.006)).clip(0, 0.02) for _ in range(2))
    last = rng.uniform(8, 80, SHARES)[:kept].round(2)
    opens, closes = np.empty((DAYS, kept)), np.empty((DAYS, kept))
    for day in range(DAYS):
        opens[day] = (last * (1 + overnight[day])).round(2).clip(2.0)
        last = closes[day] = (opens[day] * (1 + by_day[day])).round(2).clip(2.0)
    top, bottom = np.maximum(opens, closes), np.minimum(opens, closes)
    highs = (top * (1 + above)).round(2)
    lows = np.minimum(bottom, (bottom * (1 - below)).round(2).clip(1.5))
    volumes = np.exp(block(18.5, 0.5)) // 100 * 100 + 2e7
    return Bars(opens, highs, lows, closes, volumes)


def fee(value: float, *, selling: bool) -> float:
    """max(5, 0.025 %), and 0.05 % on sells."""
    return max(value * 0.00025, 5.0) + (value * 0.0005 if selling else 0.0)


def fee_in_fen(value: float, *, selling: bool) -> float:
    """The same with commission and tax rounded half up to fen, each on its own."""
    fen = Fraction(round(value * 100))

    def rounded(rate: Fraction) -> int:
        return int(fen * rate + Fraction(1, 2))

    commission = max(rounded(Fraction(25, 100_000)), 500)
    return (commission + (rounded(Fraction(5, 10_000)) if selling else 0)) / 100


def average_cross(closes: np.ndarray) -> Callable[[int, dict[int, float], float], list[tuple[int, float]]]:
    """W1: long with 95 % while the 10-day mean is above the 30-day mean."""
    # The means are differences of a running sum, so that a tie of rounding falls the same way for everybody.
    total = np.concatenate([[0.0], np.cumsum(closes[:, 0])])

    def mean(day: int, count: int) -> float:
        return (total[day + 1] - total[day + 1 - count]) / count

    def decide(day: int, held: dict[int, float], equity: float) -> list[tuple[int, float]]:
        if day < 29:
            return []
        fast, slow = mean(day, 10), mean(day, 30)
        if not held and fast > slow:
            bought = int(INVESTED * equity / closes[day, 0] / 100) * 100
            return [(0, bought)]
        return [(0, -held[0])] if held and fast < slow else []

    return decide


def momentum(closes: np.ndarray) -> Callable[[int, dict[int, float], float], list[tuple[int, float]]]:
    """W2: every fifth day equal weights over the ten best of twenty days; ties go to the lower index."""

    def decide(day: int, held: dict[int, float], equity: float) -> list[tuple[int, float]]:
        if day < LOOKBACK or day % PERIOD:
            return []
        gains = closes[day] / closes[day - LOOKBACK] - 1.0
        best = set(np.argsort(-gains, kind="stable")[:TOP].tolist())
        orders = []
        for share in sorted(best | set(held)):
            have, price = held.get(share, 0), float(closes[day, share])
            wanted = INVESTED / TOP * equity
            change = int((wanted - have * price) / price / 100) * 100 if share in best else -have
            if change:
                orders.append((share, change))
        return sorted(orders, key=lambda order: order[1] > 0)

    return decide


def fills_of(
    bars: Bars,
    cash: float,
    decide: Callable[[int, dict[int, float], float], list[tuple[int, float]]],
    charge: Callable[..., float] = fee,
) -> tuple[list[Fill], float]:
    """Every fill in order, and the equity at the last close."""
    held: dict[int, float] = {}
    orders: list[tuple[int, float]] = []
    fills: list[Fill] = []
    equity = cash
    for day in range(len(bars.close)):
        for share, quantity in orders:
            price = float(bars.open[day, share])
            value = quantity * price
            cash -= value + charge(abs(value), selling=quantity < 0)
            left = held.pop(share, 0) + quantity
            if left:
                held[share] = left
            fills.append(Fill(day, share, int(quantity), price))
        names = sorted(held)
        equity = cash + float(np.array([held[name] for name in names]) @ bars.close[day, names]) if names else cash
        orders = decide(day, held, equity) if day + 1 < len(bars.close) else []
    return fills, equity
