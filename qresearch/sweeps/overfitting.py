"""How much of the best of many runs is luck: the deflated Sharpe ratio, and the probability of overfitting.

Sharpe ratios here are of a day, not of a year, and kurtosis is 3 for a normal distribution, as in the papers:

- D. H. Bailey, M. Lopez de Prado, "The Deflated Sharpe Ratio: Correcting for Selection Bias, Backtest Overfitting and
  Non-Normality", Journal of Portfolio Management 40 (5), 2014.
- D. H. Bailey, J. M. Borwein, M. Lopez de Prado, Q. J. Zhu, "The Probability of Backtest Overfitting", Journal of
  Computational Finance 20 (4), 2017.
"""

from __future__ import annotations

import math
from itertools import combinations
from statistics import NormalDist

import numpy as np

from qresearch.domain.arguments import whole
from qresearch.errors import UsageError
from qresearch.market.panel import Floats

EULER = 0.5772156649015329
"""The Euler-Mascheroni constant."""
NAN = float("nan")
_AT_ONCE = 256
"""Ways to halve the days that are looked at together, so that a thousand runs need little memory."""
_NORMAL = NormalDist()


def expected_best(trials: int, variance: float) -> float:
    """Sharpe ratio that the best of some runs without any skill is expected to show.

    ``sqrt(variance) * ((1 - g) * Z(1 - 1 / trials) + g * Z(1 - 1 / (trials * e)))``, with Z the inverse of the normal
    distribution and g the Euler-Mascheroni constant: equation 1 of the paper.

    Parameters
    ----------
    trials : int
        Independent runs. Runs of one strategy are not: their number overstates them, which errs on the strict side.
    variance : float
        Of the Sharpe ratios over the runs.

    Examples
    --------
    The figure of the paper: 100 trials, whose yearly Sharpe ratios have a variance of 1/2.

    >>> round(expected_best(100, 0.5 / 250), 4)
    0.1132
    """
    if trials < 2:
        return 0.0
    first, second = _NORMAL.inv_cdf(1 - 1 / trials), _NORMAL.inv_cdf(1 - 1 / (trials * math.e))
    return math.sqrt(variance) * ((1 - EULER) * first + EULER * second)


def probabilistic_sharpe(sharpe: float, benchmark: float, days: int, skew: float, kurtosis: float) -> float:
    """Probability that the true Sharpe ratio is above a benchmark, given the shape of the returns.

    Parameters
    ----------
    sharpe, benchmark : float, per day
    days : int
    skew, kurtosis : float
        Of the daily returns; 0 and 3 for normal ones.

    Returns
    -------
    float
        NaN for fewer than two days, or where the shape leaves no spread to the estimate.

    Examples
    --------
    >>> round(probabilistic_sharpe(2.5 / 250**0.5, 0.1132, 1250, -3, 10), 3)
    0.9
    """
    spread = 1 - skew * sharpe + (kurtosis - 1) / 4 * sharpe**2
    if days < 2 or not spread > 0:
        return NAN
    return _NORMAL.cdf((sharpe - benchmark) * math.sqrt(days - 1) / math.sqrt(spread))


def sharpes_of(returns: Floats) -> Floats:
    """(N,) ndarray of float64: daily Sharpe ratio of each column of (T, N) returns; NaN without spread."""
    spread = returns.std(axis=0, ddof=1)
    found: Floats = np.divide(
        returns.mean(axis=0), spread, out=np.full(returns.shape[1], NAN), where=(np.ptp(returns, axis=0) > 0)
    )
    return found


def deflated_sharpe(returns: Floats, chosen: int) -> float:
    """Probability that the chosen run has skill at all, seen that it is one of many.

    :func:`probabilistic_sharpe` against :func:`expected_best` of as many runs as there are, with the variance of their
    Sharpe ratios. Below 0.95 the best of so many may well be nothing but the luckiest.

    Parameters
    ----------
    returns : (T, N) ndarray of float64
        Daily returns of all runs.
    chosen : int
        Column of the run.

    Returns
    -------
    float
        NaN for fewer than three days, or a run without spread.
    """
    if len(returns) < 3 or not returns.shape[1]:
        return NAN
    sharpes = sharpes_of(returns)
    known = sharpes[~np.isnan(sharpes)]
    mine = returns[:, chosen] - returns[:, chosen].mean()
    second = float(np.mean(mine**2))
    if math.isnan(sharpes[chosen]) or not second > 0:
        return NAN
    variance = float(known.var(ddof=1)) if len(known) > 1 else 0.0
    skew, kurtosis = float(np.mean(mine**3)) / second**1.5, float(np.mean(mine**4)) / second**2
    best = expected_best(len(known), variance)
    return probabilistic_sharpe(float(sharpes[chosen]), best, len(returns), skew, kurtosis)


def probability_of_overfitting(returns: Floats, parts: int = 16) -> float:
    """How often the best run of one half of the days is not above the median in the other half.

    The days are cut into parts that stay whole, and halved in every way (12,870 for 16 parts). Runs are compared by
    their Sharpe ratio. Near 0: what is best stays good; 0.5: the choice says nothing; near 1: choosing harms. Days that
    are left over by the parts are left out at the beginning.

    Parameters
    ----------
    returns : (T, N) ndarray of float64
        Daily returns of all runs.
    parts : int
        Even.

    Returns
    -------
    float
        NaN for fewer than two runs with spread, or fewer than two days a part.

    Raises
    ------
    UsageError
        An odd number of parts; pass an even one such as 16.

    Examples
    --------
    A run that is better by a hundredth on every day stays the best in every half:

    >>> luck = np.random.default_rng(1).normal(0, 0.01, (320, 1))
    >>> probability_of_overfitting(np.hstack((luck, luck + 0.01)), parts=8)
    0.0
    """
    if whole("parts", parts, 2, 16) % 2:
        raise UsageError(f"parts={parts} cannot be halved. Pass an even number such as 16.")
    returns = returns[:, np.ptp(returns, axis=0) > 0] if len(returns) else returns
    length, runs = len(returns) // parts, returns.shape[1]
    if runs < 2 or length < 2:
        return NAN
    blocks = returns[len(returns) - length * parts :].reshape(parts, length, runs)
    sums, squares = blocks.sum(axis=1), (blocks**2).sum(axis=1)
    ways = list(combinations(range(parts), parts // 2))
    failed = 0.0
    for first in range(0, len(ways), _AT_ONCE):
        inside = np.zeros((len(ways[first : first + _AT_ONCE]), parts))
        for row, way in enumerate(ways[first : first + _AT_ONCE]):
            inside[row, way] = 1.0
        count = length * parts // 2
        seen = _sharpes(inside @ sums, inside @ squares, count)
        unseen = _sharpes((1 - inside) @ sums, (1 - inside) @ squares, count)
        best = seen.argmax(axis=1)
        mine = unseen[np.arange(len(best)), best][:, None]
        rank = (unseen < mine).sum(axis=1) + ((unseen == mine).sum(axis=1) + 1) / 2
        failed += float(np.count_nonzero(rank / (runs + 1) <= 0.5))
    return failed / len(ways)


def _sharpes(sums: Floats, squares: Floats, count: int) -> Floats:
    """Sharpe ratios from sums of returns and of their squares; lowest of all where nothing moved."""
    variance = (squares - sums**2 / count) / (count - 1)
    found: Floats = np.divide(
        sums / count, np.sqrt(np.maximum(variance, 0.0)), out=np.full(sums.shape, -np.inf), where=variance > 1e-24
    )
    return found
