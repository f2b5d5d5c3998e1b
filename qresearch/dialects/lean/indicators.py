"""LEAN's common indicators, one value at a time.

| Name | The same in TA-Lib | Where they differ |
|---|---|---|
| `SMA`, `MOM`, `ROC`, `MAX`, `MIN`, `STD`, `LWMA` | `SMA`, `MOM`, `ROCP`, `MAX`, `MIN`, `STDDEV`, `WMA` | - |
| `EMA` | `EMA` | begins with the mean of the first values, as TA-Lib does |
| `WWMA`, `RSI`, `ATR` | `-`, `RSI`, `ATR` | Wilder's averages begin with a plain mean |
| `MACD` | `MACD` | here each average begins by itself; TA-Lib lets both begin with the slow one |
| `BB` | `BBANDS` | deviation of the whole population in both |
| `DEMA`, `TEMA`, `TRIMA` | `DEMA`, `TEMA`, `TRIMA` | the averages inside begin with a plain mean |
| `AROON`, `CCI`, `WILR`, `OBV` | `AROONOSC`, `CCI`, `WILLR`, `OBV` | - |
| `STO` | `STOCHF` | `fast_stoch` is its first line |
| `DCH`, `KCH`, `VWAP`, `MOMP`, `IDENTITY` | - | TA-Lib has none of them |

`MAX` and `MIN` of a symbol read its highs and lows, as in LEAN;
``indicators_of_bars`` holds `ATR` and the last four rows.

An indicator is updated by ``update(time, value)`` or with a bar; `is_ready`, `current.value`, `samples`, `window`,
`updated` and `reset` are those of LEAN.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from dataclasses import dataclass
from math import sqrt
from typing import Any

from qresearch.dialects.lean.consolidators import EventHandlers, RollingWindow
from qresearch.dialects.lean.enums import MovingAverageType
from qresearch.dialects.lean.names import Named, Settable
from qresearch.errors import UsageError, shown


@dataclass
class IndicatorDataPoint(Named):
    """A value and its time."""

    time: dt.datetime
    value: float

    @property
    def end_time(self) -> dt.datetime:
        """Its time."""
        return self.time

    @property
    def price(self) -> float:
        """The value."""
        return self.value


_NEVER = dt.datetime(1, 1, 1)


class Indicator(Named):
    """The base of indicators of single values, which scripts build on too: they define ``compute(value)``.

    Parameters
    ----------
    name : str
    period : int
        Values until it is ready.
    """

    takes_bars = False
    before: float | None = None
    """The price before the current one, of those that look at it."""

    def __init__(self, name: str, period: int = 1) -> None:
        if period < 1:
            raise UsageError(f"{name}: a period of {period} is too short. Pass at least 1.")
        self.name, self.period, self.samples = name, period, 0
        self.current = IndicatorDataPoint(_NEVER, 0.0)
        self.window: RollingWindow[IndicatorDataPoint] = RollingWindow(2)
        self._handlers: EventHandlers | None = None
        self.warm_up_period = period

    def __repr__(self) -> str:
        return f"{self.name}: {self.current.value:g}"

    def __float__(self) -> float:
        return self.current.value

    def __lt__(self, other: Any) -> bool:
        return self.current.value < float(other)

    def __gt__(self, other: Any) -> bool:
        return self.current.value > float(other)

    def __le__(self, other: Any) -> bool:
        return self.current.value <= float(other)

    def __ge__(self, other: Any) -> bool:
        return self.current.value >= float(other)

    @property
    def is_ready(self) -> bool:
        """True once it has seen enough."""
        return self.samples >= self.period

    @property
    def updated(self) -> EventHandlers:
        """Functions that are called with every new value: ``+=`` adds one."""
        if self._handlers is None:
            self._handlers = EventHandlers()
        return self._handlers

    @updated.setter
    def updated(self, handlers: EventHandlers) -> None:
        self._handlers = handlers

    @property
    def previous(self) -> IndicatorDataPoint:
        """The value before the current one."""
        return self.window[1] if len(self.window) > 1 else IndicatorDataPoint(_NEVER, 0.0)

    def __getitem__(self, place: int) -> IndicatorDataPoint:
        return self.window[place]

    def __iter__(self) -> Any:
        return iter(self.window)

    def update(self, *given: Any) -> bool:
        """Take a value in: (time, value), a data point, or a bar; whether it is ready."""
        try:
            time, value = given if len(given) == 2 else (given[0].end_time, given[0])
            if self.takes_bars:
                value.high  # noqa: B018  # it is there, or this is no bar
            else:
                value = float(value if len(given) == 2 else value.value)
        except (AttributeError, IndexError, TypeError, ValueError):
            raise UsageError(self._not_taken(given)) from None
        self.samples += 1
        self.current = IndicatorDataPoint(time, float(self.compute(value)))
        self.window.add(self.current)
        if self._handlers is not None:
            self._handlers(self, self.current)
        return self.is_ready

    def _not_taken(self, given: Any) -> str:
        said = f"{self.name} cannot be updated by ({', '.join(map(shown, given))}). "
        return said + ("Pass a bar." if self.takes_bars else "Pass a time and a number, a data point, or a bar.")

    def compute(self, value: Any) -> float:
        """The indicator with one value more."""
        return float(value)

    def reset(self) -> None:
        """Begin anew, with every part of it."""
        self.samples, self.before, self.current = 0, None, IndicatorDataPoint(_NEVER, 0.0)
        self.window.reset()
        for part in vars(self).values():
            if isinstance(part, Indicator):
                part.reset()


class Windowed(Indicator):
    """An indicator of the last values."""

    def __init__(self, name: str, period: int, more: int = 0) -> None:
        super().__init__(name, period + more)
        self.values: deque[float] = deque(maxlen=period + more)

    def compute(self, value: float) -> float:
        """By the values that are there."""
        self.values.append(value)
        return self.of(list(self.values))

    def of(self, values: list[float]) -> float:
        """The indicator of some values, the newest last."""
        return values[-1]

    def reset(self) -> None:
        """Begin anew."""
        super().reset()
        self.values.clear()


class SimpleMovingAverage(Windowed):
    """The mean."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*named("SMA", given))

    def of(self, values: list[float]) -> float:
        """Of what is there."""
        return sum(values) / len(values)


class LinearWeightedMovingAverage(Windowed):
    """The mean by weights that grow with time."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*named("LWMA", given))

    def of(self, values: list[float]) -> float:
        """Of what is there."""
        count = len(values)
        return sum(value * weight for weight, value in enumerate(values, 1)) * 2 / (count * (count + 1))


class Maximum(Windowed):
    """The largest."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*named("MAX", given))

    def of(self, values: list[float]) -> float:
        """Of what is there."""
        return max(values)


class Minimum(Windowed):
    """The smallest."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*named("MIN", given))

    def of(self, values: list[float]) -> float:
        """Of what is there."""
        return min(values)


class StandardDeviation(Windowed):
    """The deviation of the whole population."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*named("STD", given))

    def of(self, values: list[float]) -> float:
        """Of what is there."""
        mean = sum(values) / len(values)
        return sqrt(sum((value - mean) ** 2 for value in values) / len(values))


class Momentum(Windowed):
    """What the value has gained since."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*named("MOM", given), more=1)

    def of(self, values: list[float]) -> float:
        """Of what is there."""
        return values[-1] - values[0]


class RateOfChange(Windowed):
    """What the value has gained since, as a part of it."""

    factor = 1.0

    def __init__(self, *given: Any) -> None:
        super().__init__(*named("ROC", given), more=1)

    def of(self, values: list[float]) -> float:
        """Of what is there."""
        return (values[-1] - values[0]) / values[0] * self.factor if values[0] else 0.0


class RateOfChangePercent(RateOfChange):
    """The same in per cent."""

    factor = 100.0


class ExponentialMovingAverage(Indicator):
    """The exponential mean, which begins with the plain mean of its first values."""

    def __init__(self, *given: Any) -> None:
        name, period = named("EMA", given[:2])
        super().__init__(name, period)
        self.factor = float(given[-1]) if len(given) > 1 and isinstance(given[-1], float) else 2.0 / (period + 1)
        self.total = 0.0

    def compute(self, value: float) -> float:
        """One value more."""
        if self.samples <= self.period:
            self.total += value
            return self.total / self.samples
        return value * self.factor + self.current.value * (1 - self.factor)

    def reset(self) -> None:
        """Begin anew."""
        super().reset()
        self.total = 0.0


class WilderMovingAverage(ExponentialMovingAverage):
    """The exponential mean of Wilder."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*named("WWMA", given))
        self.factor = 1.0 / self.period


AVERAGES = {
    MovingAverageType.SIMPLE: SimpleMovingAverage, MovingAverageType.EXPONENTIAL: ExponentialMovingAverage,
    MovingAverageType.WILDERS: WilderMovingAverage,
    MovingAverageType.LINEAR_WEIGHTED_MOVING_AVERAGE: LinearWeightedMovingAverage,
}  # fmt: skip


class RelativeStrengthIndex(Indicator):
    """Gains against losses, 0 to 100."""

    def __init__(self, *given: Any) -> None:
        kind = given[-1] if isinstance(given[-1], MovingAverageType) else MovingAverageType.WILDERS
        name, period = named("RSI", [item for item in given if not isinstance(item, MovingAverageType)])
        super().__init__(name, period + 1)
        self.average_gain, self.average_loss = AVERAGES[kind](period), AVERAGES[kind](period)

    def compute(self, value: float) -> float:
        """One value more."""
        before, self.before = self.before, value
        if before is None:
            return 50.0
        self.average_gain.update(_NEVER, max(value - before, 0.0))
        self.average_loss.update(_NEVER, max(before - value, 0.0))
        gain, loss = self.average_gain.current.value, self.average_loss.current.value
        return 100.0 if round(loss, 10) == 0 else 100.0 - 100.0 / (1.0 + gain / loss)


class MovingAverageConvergenceDivergence(Indicator):
    """A fast average less a slow one, with a signal."""

    def __init__(self, *given: Any) -> None:
        kind = given[-1] if isinstance(given[-1], MovingAverageType) else MovingAverageType.EXPONENTIAL
        numbers = [item for item in given if isinstance(item, int) and not isinstance(item, MovingAverageType)]
        fast, slow, signal = numbers
        super().__init__(given[0] if isinstance(given[0], str) else f"MACD({fast},{slow},{signal})", slow + signal - 1)
        self.fast, self.slow, self.signal = AVERAGES[kind](fast), AVERAGES[kind](slow), AVERAGES[kind](signal)
        self.histogram = Indicator("histogram")

    @property
    def is_ready(self) -> bool:
        """True once the signal is."""
        return self.signal.is_ready

    def compute(self, value: float) -> float:
        """One value more."""
        self.fast.update(_NEVER, value)
        self.slow.update(_NEVER, value)
        found = self.fast.current.value - self.slow.current.value
        if self.fast.is_ready and self.slow.is_ready:
            self.signal.update(_NEVER, found)
        self.histogram.update(_NEVER, found - self.signal.current.value)
        return found


class BollingerBands(Indicator):
    """A mean, and so many deviations around it."""

    def __init__(self, *given: Any) -> None:
        kind = given[-1] if isinstance(given[-1], MovingAverageType) else MovingAverageType.SIMPLE
        name, period, k = (given if isinstance(given[0], str) else ("BB", *given))[:3]
        super().__init__(name, int(period))
        self.middle_band, self.standard_deviation = AVERAGES[kind](int(period)), StandardDeviation(int(period))
        self.k = float(k)
        self.upper_band, self.lower_band = Indicator("upper band"), Indicator("lower band")
        self.price, self.band_width, self.percent_b = Indicator("price"), Indicator("width"), Indicator("percent b")

    def compute(self, value: float) -> float:
        """One value more."""
        self.middle_band.update(_NEVER, value)
        self.standard_deviation.update(_NEVER, value)
        middle, width = self.middle_band.current.value, self.k * self.standard_deviation.current.value
        self.upper_band.update(_NEVER, middle + width)
        self.lower_band.update(_NEVER, middle - width)
        self.price.update(_NEVER, value)
        self.band_width.update(_NEVER, 2 * width / middle * 100 if middle else 0.0)
        self.percent_b.update(_NEVER, (value - middle + width) / (2 * width) if width else 0.0)
        return value


class PythonIndicator(Indicator, Settable):
    """The base of indicators of a script that define ``update(input)`` themselves."""

    def __init__(self, name: str = "", period: int = 1) -> None:
        super().__init__(name, period)
        self.value = 0.0


def named(name: str, given: Any) -> tuple[str, int]:
    """A name and a period, of which the name may be left out."""
    if isinstance(given[0], str):
        return given[0], int(given[1])
    return f"{name}({given[0]})", int(given[0])
