"""What the best of many is worth: against published figures, and against a slow way to count."""

from __future__ import annotations

from itertools import combinations
from statistics import NormalDist

import numpy as np
import pytest

import qresearch as qr
from qresearch.sweeps.overfitting import (
    deflated_sharpe,
    expected_best,
    probabilistic_sharpe,
    probability_of_overfitting,
)

YEAR = 250


def test_the_example_of_the_paper_on_the_deflated_sharpe_ratio() -> None:
    """Protects the formulas: 5 years of a yearly Sharpe ratio of 2.5, skewness -3, kurtosis 10, variance 1/2 of trials.

    Bailey and Lopez de Prado, Journal of Portfolio Management 40 (5), 2014, section "A numerical example": 100 trials
    deflate it to 0.9004, 46 to 0.9505; had the returns been normal, 88 trials would have given 0.9505.
    """
    variance, sharpe = 0.5 / YEAR, 2.5 / YEAR**0.5
    assert round(expected_best(100, variance), 4) == 0.1132

    def deflated(trials: int, skew: float, kurtosis: float) -> float:
        return round(probabilistic_sharpe(sharpe, expected_best(trials, variance), 5 * YEAR, skew, kurtosis), 4)

    assert (deflated(100, -3, 10), deflated(46, -3, 10), deflated(88, 0, 3)) == (0.9004, 0.9505, 0.9505)


def normals_of_r(seed: int, count: int) -> np.ndarray:
    """What ``set.seed(seed); rnorm(count)`` gives in R: its Mersenne Twister and the inverse of the distribution."""
    words = []
    for _ in range(50):
        seed = (69069 * seed + 1) % 2**32
    for _ in range(625):
        seed = (69069 * seed + 1) % 2**32
        words.append(seed)
    twister = np.random.MT19937()
    twister.state = {"bit_generator": "MT19937", "state": {"key": np.array(words[1:], dtype=np.uint32), "pos": 624}}
    uniform = twister.random_raw(2 * count) * 2.3283064365386963e-10
    fine = 134217728
    joined = (np.floor(fine * uniform[::2]) + uniform[1::2]) / fine
    inverse = NormalDist().inv_cdf
    return np.array([inverse(value) for value in joined.tolist()])


def test_the_example_of_the_r_package_pbo() -> None:
    """Protects the count: 100 runs of equal mean and spread over 2,400 days, 8 parts, 3 % a year without risk.

    The vignette of the package (version 1.3.5, CRAN) prints p_bo 1.0, and -0.0030456 for the first term of a line
    through the performance inside over that outside: a figure that shows that the draws here are the draws there.
    """
    draws = normals_of_r(765, 240_000).reshape(100, 2400).T
    draws *= 252**-0.5 / draws.std(axis=0, ddof=1)
    returns = draws - draws.mean(axis=0) - 0.03 / 252
    inside, outside = [], []
    for way in combinations(range(8), 4):
        rows = np.isin(np.arange(2400) // 300, way)
        seen, unseen = (part.mean(axis=0) / part.std(axis=0, ddof=1) for part in (returns[rows], returns[~rows]))
        inside.append(seen.max())
        outside.append(unseen[seen.argmax()])
    assert len(inside) == 70
    assert probability_of_overfitting(returns, parts=8) == 1.0
    assert round(np.polyfit(outside, inside, 1)[1], 7) == -0.0030456


def counted(returns: np.ndarray, parts: int) -> float:
    """The same probability, way by way and run by run."""
    blocks = np.array_split(returns, parts)
    failed, ways = 0, list(combinations(range(parts), parts // 2))
    for way in ways:
        seen = np.vstack([blocks[part] for part in way])
        unseen = np.vstack([blocks[part] for part in range(parts) if part not in way])
        inside = [column.mean() / column.std(ddof=1) for column in seen.T]
        outside = [column.mean() / column.std(ddof=1) for column in unseen.T]
        best = outside[int(np.argmax(inside))]
        rank = 1 + sum(value < best for value in outside)
        failed += rank / (len(outside) + 1) <= 0.5
    return failed / len(ways)


@pytest.mark.parametrize("seed", range(4))
def test_halving_by_sums_is_halving_by_days(seed: int) -> None:
    """Protects the fast way, which adds up parts: it counts what cutting the days themselves counts."""
    returns = np.random.default_rng(seed).normal(0.0003, 0.01, (240, 7))
    assert probability_of_overfitting(returns, parts=6) == pytest.approx(counted(returns, 6), abs=1e-12)


def test_luck_alone_is_seen_through_and_skill_is_not_hidden() -> None:
    """Protects readers: the best of 200 runs of noise is deflated below 0.95, one with skill among them is not."""
    noise = np.random.default_rng(7).normal(0, 0.01, (1000, 200))
    luckiest = int((noise.mean(axis=0) / noise.std(axis=0)).argmax())
    assert deflated_sharpe(noise, luckiest) < 0.95
    skilled = noise.copy()
    skilled[:, 0] += 0.003
    assert deflated_sharpe(skilled, 0) > 0.99
    assert probability_of_overfitting(skilled) == 0.0


def test_what_is_not_defined_is_nan() -> None:
    """Protects tables from made-up figures: one run, no days, or no spread have neither probability."""
    flat = np.zeros((100, 3))
    assert np.isnan(deflated_sharpe(flat, 0))
    assert np.isnan(probability_of_overfitting(flat))
    assert np.isnan(probability_of_overfitting(np.empty((0, 3))))
    assert np.isnan(deflated_sharpe(np.ones((2, 2)), 0))
    with pytest.raises(qr.UsageError, match="cannot be halved"):
        probability_of_overfitting(flat, parts=5)
