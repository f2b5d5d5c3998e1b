"""Slippage by the impact of an order on its market."""

from __future__ import annotations

import datetime as dt
import math
import random
from itertools import pairwise
from statistics import variance
from typing import Any

from qresearch.dialects.lean.enums import Resolution
from qresearch.dialects.lean.fees import NullSlippageModel
from qresearch.dialects.lean.history import Asked
from qresearch.dialects.lean.names import dec
from qresearch.errors import UsageError

_DAY = 6.5 * 3_600
"""Seconds of a trading day."""
_PRICES, _VOLUMES = 252, 10
"""Days of closes and of volumes that are looked at."""


class MarketImpactSlippageModel(NullSlippageModel):
    """The impact of Almgren, Thum, Hauptmann and Li (2005), Risk 18(7), with noise around it.

    With the part of a day's volume that the order takes while it is under way, nu, the deviation of daily returns,
    sigma, and the lengths of execution and of impact in days, T and S: permanent = sigma T gamma nu^alpha, temporary =
    sigma eta nu^beta, each with normal noise of sigma sqrt(S); the order pays a part, drawn between 0 and 1, of the
    temporary one and half of the permanent one.

    The draws follow from the seed and the id of the order, so that a run repeats itself; they are not those of LEAN,
    whose generator is another. The shares that are outstanding are not known, and do not count.

    Parameters
    ----------
    algorithm : QCAlgorithm
    non_negative : bool
    latency, impact_time : float, seconds
    alpha, beta, gamma, eta, delta : float
        `delta` is that of the shares outstanding.
    random_seed : int
    """

    def __init__(  # as in LEAN
        self, algorithm: Any, non_negative: bool = True, latency: float = 0.075, impact_time: float = 1_800,
        alpha: float = 0.891, beta: float = 0.6, gamma: float = 0.314, eta: float = 0.142, delta: float = 0.267,
        random_seed: int = 50,
    ) -> None:  # fmt: skip
        if latency <= 0 or impact_time <= 0:
            raise UsageError(
                "MarketImpactSlippageModel: latency and impact_time must be above 0, such as 0.075 and 1800."
            )
        self.algorithm, self.non_negative, self.random_seed = algorithm, non_negative, random_seed
        self.execution, self.lasting = latency / _DAY, (latency + impact_time) / _DAY
        self.alpha, self.beta, self.gamma, self.eta, self.delta = alpha, beta, gamma, eta, delta

    def get_slippage_approximation(self, asset: Any, order: Any) -> Any:
        """Dollars per share; nothing before there are volumes and two returns."""
        now = self.algorithm.time
        wanted = Asked([asset.symbol], now - dt.timedelta(days=370), now, Resolution.DAILY, _PRICES)
        bars = self.algorithm.past(asset.symbol, wanted)
        volumes = [bar.volume for bar in bars[-_VOLUMES:]]
        if len(bars) < 3 or not sum(volumes):
            return dec(0)
        returns = [after.close / before.close - 1 for before, after in pairwise(bars)]
        sigma, usual = math.sqrt(variance(returns)), sum(volumes) / len(volumes)
        nu = order.absolute_quantity / self.execution / usual
        draw = random.Random(f"{self.random_seed}:{order.id}")  # noise, no secret
        noise = sigma * math.sqrt(self.lasting)
        permanent = sigma * self.execution * self.gamma * nu**self.alpha + draw.gauss(0, 1) * noise
        temporary = sigma * self.eta * nu**self.beta + draw.gauss(0, 1) * noise
        paid = max(-1.0, min(1.0, (temporary + permanent / 2) * draw.random()))
        return dec(max(paid, 0.0) if self.non_negative else paid) * asset.exact_price
