"""More of LEAN's indicators: of whole bars, of averages of averages, and combinations of two others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from qresearch.dialects.lean.enums import MovingAverageType
from qresearch.dialects.lean.indicators import (
    AVERAGES,
    ExponentialMovingAverage,
    Indicator,
    IndicatorDataPoint,
    RateOfChangePercent,
    SimpleMovingAverage,
    Windowed,
    named,
)
from qresearch.dialects.lean.names import both


class Identity(Indicator):
    """The value itself."""

    def __init__(self, name: str = "Identity") -> None:
        super().__init__(str(name))


class MomentumPercent(RateOfChangePercent):
    """What the value has gained since, in per cent."""


class AverageTrueRange(Indicator):
    """The mean of the true range of bars."""

    takes_bars = True

    def __init__(self, *given: Any) -> None:
        kind = given[-1] if isinstance(given[-1], MovingAverageType) else MovingAverageType.WILDERS
        name, period = named("ATR", [item for item in given if not isinstance(item, MovingAverageType)])
        super().__init__(name, period)
        self.average = AVERAGES[kind](period)

    def compute(self, bar: Any) -> float:
        """One bar more."""
        before, self.before = self.before, bar.close
        high, low = (bar.high, bar.low) if before is None else (max(bar.high, before), min(bar.low, before))
        self.average.update(bar.end_time, high - low)
        return self.average.current.value


class OfBars(Indicator):
    """An indicator of the last bars."""

    takes_bars = True

    def __init__(self, name: str, period: int, more: int = 0) -> None:
        super().__init__(name, period + more)
        self.bars: list[Any] = []

    def compute(self, bar: Any) -> float:
        """By the bars that are there."""
        self.bars = [*self.bars, bar][-self.period :]
        return self.of(self.bars)

    def of(self, bars: list[Any]) -> float:
        """The indicator of some bars, the newest last."""
        raise NotImplementedError

    def reset(self) -> None:
        """Begin anew."""
        super().reset()
        self.bars = []


def two_periods(name: str, given: Any) -> tuple[str, int, int]:
    """A name, which may be left out, and a period for what is above and below, or one for each."""
    found, above = named(name, given)
    numbers = [item for item in given if not isinstance(item, str)]
    return found, above, int(numbers[1]) if len(numbers) > 1 else above


class AroonOscillator(OfBars):
    """How long ago the highest high was less how long ago the lowest low was, -100 to 100.

    With two periods the first is that of the highs.
    """

    def __init__(self, *given: Any) -> None:
        name, up, down = two_periods("AROON", given)
        super().__init__(name, max(up, down), more=1)
        self.aroon_up, self.aroon_down = Indicator("aroon up"), Indicator("aroon down")
        self._up, self._down = up, down

    def of(self, bars: list[Any]) -> float:
        """Of what is there; of equal ones the newest counts."""
        last = len(bars) - 1
        high = max(range(max(last - self._up, 0), last + 1), key=lambda place: (bars[place].high, place))
        low = min(range(max(last - self._down, 0), last + 1), key=lambda place: (bars[place].low, -place))
        for part, place, span in ((self.aroon_up, high, self._up), (self.aroon_down, low, self._down)):
            part.update(bars[-1].end_time, 100.0 * (span - (last - place)) / span)
        return self.aroon_up.current.value - self.aroon_down.current.value


class CommodityChannelIndex(OfBars):
    """How far the typical price lies from its mean, in 0.015 of its mean deviation."""

    def __init__(self, *given: Any) -> None:
        kept = [item for item in given if not isinstance(item, MovingAverageType)]
        super().__init__(*named("CCI", kept))

    def of(self, bars: list[Any]) -> float:
        """Of what is there; 0 without any deviation."""
        typical = [(bar.high + bar.low + bar.close) / 3 for bar in bars]
        mean = sum(typical) / len(typical)
        deviation = sum(abs(value - mean) for value in typical) / len(typical)
        return float((typical[-1] - mean) / (0.015 * deviation)) if deviation else 0.0


class WilliamsPercentR(OfBars):
    """Where the close lies between the highest high and the lowest low, -100 to 0."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*named("WILR", given))

    def of(self, bars: list[Any]) -> float:
        """Of what is there; 0 where both are the same."""
        high, low = max(bar.high for bar in bars), min(bar.low for bar in bars)
        return -100.0 * (high - bars[-1].close) / (high - low) if high != low else 0.0


class DonchianChannel(OfBars):
    """Between the highest high and the lowest low of the bars before the present one.

    With two periods the first is that of the upper band.
    """

    def __init__(self, *given: Any) -> None:
        name, upper, lower = two_periods("DCH", given)
        super().__init__(name, max(upper, lower), more=1)
        self.upper_band, self.lower_band = Indicator("upper band"), Indicator("lower band")
        self._upper, self._lower = upper, lower

    def of(self, bars: list[Any]) -> float:
        """The middle."""
        self.upper_band.update(bars[-1].end_time, max(bar.high for bar in bars[-self._upper :]))
        self.lower_band.update(bars[-1].end_time, min(bar.low for bar in bars[-self._lower :]))
        return (self.upper_band.current.value + self.lower_band.current.value) / 2

    def compute(self, bar: Any) -> float:
        """By the bars before this one; 0 before there are any."""
        found = self.of(self.bars) if self.bars else 0.0
        self.bars = [*self.bars, bar][-self.period :]
        return found


class Stochastic(OfBars):
    """Where the close lies between the lowest low and the highest high, 0 to 100, and two means of that.

    Parameters
    ----------
    period, k_period, d_period : int
        Of the raw figure (`fast_stoch`), of its mean (`stoch_k`), of the mean of that (`stoch_d`).
    """

    def __init__(self, *given: Any) -> None:
        name, period = named("STO", given)
        numbers = [item for item in given if isinstance(item, int)]
        k, d = numbers[1:3] if len(numbers) > 2 else (period, period)
        super().__init__(name, period)
        self.fast_stoch, self.stoch_k, self.stoch_d = Indicator("fast"), SimpleMovingAverage(k), SimpleMovingAverage(d)
        self.warm_up_period = period + k + d - 2

    @property
    def is_ready(self) -> bool:
        """True once all three are."""
        return self.stoch_d.is_ready

    def of(self, bars: list[Any]) -> float:
        """The raw figure; 0 before there are enough bars, or where both ends are the same."""
        high, low = max(bar.high for bar in bars), min(bar.low for bar in bars)
        found = 100.0 * (bars[-1].close - low) / (high - low) if high != low else 0.0
        if len(bars) < self.period:
            return 0.0
        at = bars[-1].end_time
        self.fast_stoch.update(at, found)
        self.stoch_k.update(at, found)
        if self.stoch_k.is_ready:
            self.stoch_d.update(at, self.stoch_k.current.value)
        return found


class OnBalanceVolume(Indicator):
    """Volume summed, of bars that rise, less that of bars that fall."""

    takes_bars = True

    def __init__(self, name: str = "OBV") -> None:
        super().__init__(name)
        self.before = None

    def compute(self, bar: Any) -> float:
        """One bar more."""
        before, self.before = self.before, bar.close
        if before is None:
            return float(bar.volume)
        side = (bar.close > before) - (bar.close < before)
        return float(self.current.value + side * bar.volume)


class KeltnerChannels(Indicator):
    """A mean of closes, and so many true ranges around it."""

    takes_bars = True

    def __init__(self, *given: Any) -> None:
        kind = given[-1] if isinstance(given[-1], MovingAverageType) else MovingAverageType.SIMPLE
        name, period, k = (given if isinstance(given[0], str) else ("KCH", *given))[:3]
        super().__init__(name, int(period))
        self.k, self.middle_band = float(k), AVERAGES[kind](int(period))
        self.average_true_range = AverageTrueRange(int(period), MovingAverageType.SIMPLE)
        self.upper_band, self.lower_band = Indicator("upper band"), Indicator("lower band")

    def compute(self, bar: Any) -> float:
        """One bar more."""
        self.average_true_range.update(bar)
        self.middle_band.update(bar.end_time, (bar.high + bar.low + bar.close) / 3)
        middle, width = self.middle_band.current.value, self.k * self.average_true_range.current.value
        self.upper_band.update(bar.end_time, middle + width)
        self.lower_band.update(bar.end_time, middle - width)
        return middle


class IntradayVwap(Indicator):
    """The mean price of a day, by volume."""

    takes_bars = True

    def __init__(self, name: str = "VWAP", *_: Any) -> None:
        super().__init__(str(name))
        self.value_sum = self.volume_sum = 0.0
        self.day: Any = None

    def compute(self, bar: Any) -> float:
        """One bar more; it begins anew with each day."""
        if bar.time.date() != self.day:
            self.day, self.value_sum, self.volume_sum = bar.time.date(), 0.0, 0.0
        self.value_sum += (bar.high + bar.low + bar.close) / 3 * bar.volume
        self.volume_sum += bar.volume
        return self.value_sum / self.volume_sum if self.volume_sum else float(bar.close)


class TriangularMovingAverage(Windowed):
    """The mean by weights that grow to the middle and fall again."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*named("TRIMA", given))

    def of(self, values: list[float]) -> float:
        """Of what is there."""
        count = len(values)
        weights = [min(place, count + 1 - place) for place in range(1, count + 1)]
        return sum(value * weight for value, weight in zip(values, weights, strict=True)) / sum(weights)


class DoubleExponentialMovingAverage(Indicator):
    """Twice an exponential mean, less the exponential mean of it."""

    depth = 2

    def __init__(self, *given: Any) -> None:
        name, period = named("DEMA" if self.depth == 2 else "TEMA", given)
        super().__init__(name, self.depth * (period - 1) + 1)
        self.first, self.second, self.third = (ExponentialMovingAverage(period) for _ in range(3))

    def compute(self, value: float) -> float:
        """One value more."""
        found = []
        for average in (self.first, self.second, self.third)[: self.depth]:
            is_ready = average.update(self.current.time, value)
            value = average.current.value
            found.append(value)
            if not is_ready:
                break
        if len(found) < self.depth or not is_ready:
            return 0.0 if len(found) > 1 or is_ready else found[0]
        return 2 * found[0] - found[1] if self.depth == 2 else 3 * found[0] - 3 * found[1] + found[2]


class TripleExponentialMovingAverage(DoubleExponentialMovingAverage):
    """The same with a third mean."""

    depth = 3


class CompositeIndicator(Indicator):
    """Two indicators, and what a function makes of their values.

    Parameters
    ----------
    left, right : Indicator
    compose : callable
        Of two numbers.
    """

    def __init__(self, left: Indicator, right: Indicator, compose: Callable[[float, float], float], name: str) -> None:
        super().__init__(name)
        self.left, self.right, self.compose = left, right, compose
        for part in (left, right):
            part.updated.append(self.follow)

    @property
    def is_ready(self) -> bool:
        """True once both are."""
        return self.left.is_ready and self.right.is_ready

    def follow(self, _: Indicator, point: IndicatorDataPoint) -> None:
        """One of both has a new value."""
        if self.is_ready:
            self.update(point.time, self.compose(self.left.current.value, self.right.current.value))


@dataclass
class PassOn:
    """Gives the values of one indicator to another."""

    outer: Indicator
    inner: Indicator
    waits: bool

    def __call__(self, _: Indicator, point: IndicatorDataPoint) -> None:
        """Give one."""
        if self.inner.is_ready or not self.waits:
            self.outer.update(point.time, point.value)


class Constant(Indicator):
    """The same number always."""

    def __init__(self, value: float) -> None:
        super().__init__(f"{value:g}")
        self.samples, self.current = 1, IndicatorDataPoint(self.current.time, float(value))


def combined(left: Indicator, right: Any, compose: Callable[[float, float], float], sign: str) -> CompositeIndicator:
    """An indicator of two others, or of one and a number."""
    other = right if isinstance(right, Indicator) else Constant(float(right))
    return CompositeIndicator(left, other, compose, f"({left.name} {sign} {other.name})")


@both
class IndicatorExtensions:
    """Indicators of indicators; the second one may be a number."""

    @staticmethod
    def plus(left: Indicator, right: Any) -> CompositeIndicator:
        """Their sum."""
        return combined(left, right, lambda one, two: one + two, "+")

    @staticmethod
    def minus(left: Indicator, right: Any) -> CompositeIndicator:
        """Their difference."""
        return combined(left, right, lambda one, two: one - two, "-")

    @staticmethod
    def times(left: Indicator, right: Any) -> CompositeIndicator:
        """Their product."""
        return combined(left, right, lambda one, two: one * two, "*")

    @staticmethod
    def over(left: Indicator, right: Any) -> CompositeIndicator:
        """The first by the second; 0 where that is 0."""
        return combined(left, right, lambda one, two: one / two if two else 0.0, "/")

    @staticmethod
    def of(outer: Indicator, inner: Indicator, wait_for_first_to_ready: bool = True) -> Indicator:
        """The outer one of the values of the inner one."""
        inner.updated.append(PassOn(outer, inner, waits=wait_for_first_to_ready))
        return outer

    @staticmethod
    def sma(inner: Indicator, period: int, wait_for_first_to_ready: bool = True) -> Indicator:
        """The mean of the values of another one."""
        return IndicatorExtensions.of(SimpleMovingAverage(period), inner, wait_for_first_to_ready)

    @staticmethod
    def ema(inner: Indicator, period: int, wait_for_first_to_ready: bool = True) -> Indicator:
        """The exponential mean of the values of another one."""
        return IndicatorExtensions.of(ExponentialMovingAverage(period), inner, wait_for_first_to_ready)

    SMA, EMA = sma, ema
