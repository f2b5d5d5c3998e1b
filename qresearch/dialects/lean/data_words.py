"""What a script asks of data: history, consolidators, indicators."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from qresearch.dialects.lean import indicators as one
from qresearch.dialects.lean import indicators_of_bars as more
from qresearch.dialects.lean.bars import QuoteBar, TradeBar
from qresearch.dialects.lean.consolidators import SPANS, Consolidator, QuoteBarConsolidator, TradeBarConsolidator
from qresearch.dialects.lean.engine import Engine
from qresearch.dialects.lean.enums import MovingAverageType, Resolution, TickType
from qresearch.dialects.lean.history import Asked, History, asked, past
from qresearch.dialects.lean.names import Named, by_name, called, dec, spoken
from qresearch.dialects.lean.options import Following, bars_before
from qresearch.dialects.lean.symbols import Symbol
from qresearch.errors import UsageError, shown


@dataclass
class Feeder:
    """Gives bars, or what a function reads of them, to an indicator."""

    indicator: Any
    selector: Any = None

    def __call__(self, bar: Any) -> None:
        """Give it a bar."""
        if self.selector is not None:
            self.indicator.update(bar.end_time, self.selector(bar))
            return
        ask = called(self.indicator, "update")
        assert ask is not None  # every indicator has it
        ask(bar)


@dataclass
class Last:
    """Calls a function with the last of its arguments: the bar, without who made it."""

    call: Any

    def __call__(self, *given: Any) -> None:
        """Call it."""
        self.call(given[-1])


class IndicatorHistory(Named):
    """Values of an indicator over time.

    Parameters
    ----------
    points : list of (datetime, dict of str to float)
    """

    def __init__(self, points: list[tuple[dt.datetime, dict[str, float]]]) -> None:
        self._points = points

    def __iter__(self) -> Iterator[one.IndicatorDataPoint]:
        return (one.IndicatorDataPoint(at, values["current"]) for at, values in self._points)

    def __len__(self) -> int:
        return len(self._points)

    @property
    def data_frame(self) -> pd.DataFrame:
        """A row for each bar, a column for the value and for each part."""
        return pd.DataFrame([values for _, values in self._points], index=[at for at, _ in self._points])


def readings(indicator: Any) -> dict[str, float]:
    """The value of an indicator, and those of its parts."""
    parts = {
        name: part.current.value for name, part in vars(indicator).items()
        if isinstance(part, one.Indicator) and not name.startswith("_")
    }  # fmt: skip
    return {"current": indicator.current.value, **parts}


def _high(bar: Any) -> float:
    return float(bar.high)


def _low(bar: Any) -> float:
    return float(bar.low)


_HOW = ("moving_average_type", "type", "resolution", "selector")
"""What every word of an indicator takes after its numbers: by place in any order, for each is of its own kind."""


def word_of(
    word: str, kind: type, *numbers: str, optional: str = "", average: MovingAverageType | None = None,
    selector: Any = None,
) -> Callable[..., Any]:  # fmt: skip
    """The word of the algorithm that makes an indicator of a symbol and keeps it up to date.

    Parameters
    ----------
    word : str
    kind : type of Indicator
    *numbers : str
        What it is made of; of nothing but its name where there are none.
    optional : str
        Numbers that may be left out, with spaces between them.
    average : MovingAverageType, optional
        The kind of average where a script gives none; None: it has no kinds.
    selector : callable, optional
        What it reads of a bar where a script says nothing; None: the close, or the bar itself.
    """
    names = (*numbers, *optional.split())
    usage = f"Write self.{word}({', '.join(('symbol', *numbers))})."

    def call(self: DataWords, symbol: Any, *how: Any, **named: Any) -> Any:
        values, more = [], dict(named)
        if len(numbers) == 1 and numbers[0] not in more and "period" in more:
            more[numbers[0]] = more.pop("period")  # of one for both sides
        for item in how:
            name = _kind_of(item)
            if name:
                more.setdefault(name, item)
            elif item is not None:
                values.append(item)
        if len(values) > len(names):
            raise UsageError(f"{word}: {shown(values[len(names)])} is one number too many. {usage}")
        given = by_name(word, (*names, *_HOW), values, more)
        missing = [name for name in numbers if given.get(name) is None]
        if missing:
            raise UsageError(f"{word}: {missing[0]} is missing. {usage}")
        asked = given.get("moving_average_type", given.get("type", average))
        if average is None and asked is not None:
            raise UsageError(f"{word} is of one kind: {shown(asked)} says nothing to it. Leave it out.")
        parts: list[Any] = [_number(name, given[name]) for name in names if given.get(name) is not None]
        made = kind(*parts, *([] if asked is None else [asked])) if names else kind(str(symbol))
        return self.follow_with(symbol, made, given.get("resolution"), given.get("selector", selector))

    call.__name__, call.__qualname__ = word, f"DataWords.{word}"
    call.__doc__ = (
        f"{kind.__doc__} ({', '.join(('symbol', *names))}, kind of average, resolution, selector), "
        "the last three optional."
    )
    return call


def _kind_of(item: Any) -> str:
    """Which argument something can only be; empty for numbers."""
    if isinstance(item, (Resolution, dt.timedelta)):
        return "resolution"
    if isinstance(item, MovingAverageType):
        return "moving_average_type"
    return "selector" if callable(item) and not isinstance(item, type) else ""


def _known(engine: Engine, asked_for: Any) -> Symbol:
    """The symbol of a ticker, a symbol or a security that has been added."""
    found: Symbol = engine.securities[engine.securities.symbol(asked_for)].symbol
    return found


def _number(name: str, value: Any) -> int | float:
    return int(dec(value)) if name.endswith("period") else float(dec(value))


@spoken
class DataWords:
    """History, consolidators and indicators.

    Parameters
    ----------
    engine : Engine
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    # ------------------------------------------------------------------ history

    @property
    def history(self) -> History:
        """Bars before now."""
        return History(self.engine)

    def past(self, symbol: Symbol, wanted: Asked, kind: type | None = None) -> list[Any]:
        """Bars of a symbol that are asked for and have ended by now."""
        return past(self.engine, symbol, wanted, kind)

    def last_bars(self, symbol: Symbol, count: int, resolution: Resolution) -> list[Any]:
        """So many bars of a symbol before now."""
        first = bars_before(self.engine.now, count, resolution, self.engine.hours)
        return self.past(symbol, Asked([symbol], first, self.engine.now, resolution, count))

    def get_last_known_prices(self, security: Any) -> list[TradeBar]:
        """The last bar before now."""
        symbol, now = _known(self.engine, security), self.engine.now
        first, resolution = now - dt.timedelta(days=10), self.engine.securities[symbol].resolution
        return self.past(symbol, Asked([symbol], first, now, resolution, 1))

    # ------------------------------------------------------------------ consolidators

    def consolidate(self, symbol: Any, period: Any, *handlers: Any) -> Consolidator:
        """Call a function with every longer bar of a symbol; of quotes where a kind of tick before it says so."""
        known, handler = _known(self.engine, symbol), handlers[-1] if handlers else None
        if not callable(handler):
            raise UsageError("consolidate: no function takes the bars. Write consolidate(symbol, period, self.on_bar).")
        of_quotes = TickType.QUOTE in handlers[:-1] or QuoteBar in handlers[:-1]
        found = QuoteBarConsolidator(period) if of_quotes else TradeBarConsolidator(period)
        resolution = self.engine.securities[known].resolution
        if found.span is not None and found.span < SPANS[resolution]:
            raise UsageError(
                f"consolidate: bars of {found.span} cannot be made of {resolution.name.lower()} ones. Subscribe to "
                "finer bars, or pass a longer span."
            )
        found.data_consolidated += Last(handler)
        self.engine.runtime.listener.keep(handler)
        SubscriptionManager(self.engine).add_consolidator(known, found)
        return found

    def resolve_consolidator(self, symbol: Any, resolution: Any = None, kind: type = TradeBar) -> Consolidator:
        """A consolidator for bars of a resolution."""
        wanted = self.engine.securities[_known(self.engine, symbol)].resolution if resolution is None else resolution
        return self.create_consolidator(wanted, kind)

    @property
    def subscription_manager(self) -> SubscriptionManager:
        """Takes consolidators."""
        return SubscriptionManager(self.engine)

    def create_consolidator(self, period: Any, kind: type = TradeBar) -> Consolidator:
        """A consolidator of bars of a kind."""
        return QuoteBarConsolidator(period) if kind is QuoteBar else TradeBarConsolidator(period)

    # ------------------------------------------------------------------ indicators

    def register_indicator(self, symbol: Any, indicator: Any, resolution: Any = None, selector: Any = None) -> None:
        """Update an indicator with the bars of a symbol, or with longer ones: a resolution, a time, a consolidator."""
        if _kind_of(resolution) == "selector" and not isinstance(resolution, Consolidator):
            resolution, selector = None, resolution
        if selector is not None:
            self.engine.runtime.listener.keep(selector)
        known, take = _known(self.engine, symbol), Feeder(indicator, selector)
        if isinstance(resolution, Consolidator):
            resolution.data_consolidated += Last(take)
            SubscriptionManager(self.engine).add_consolidator(known, resolution)
        elif resolution is None or resolution == self.engine.securities[known].resolution:
            self.engine.follow(Following(known, take, owner=indicator))
        else:
            self.consolidate(known, resolution, take)

    def follow_with(self, symbol: Any, indicator: Any, resolution: Any, selector: Any) -> Any:
        """Keep an indicator up to date with the bars of a symbol."""
        self.register_indicator(symbol, indicator, resolution, selector)
        if self.engine.settings.automatic_indicator_warm_up:
            self.warm_up_indicator(symbol, indicator, resolution, selector)
        return indicator

    def warm_up_indicator(self, symbol: Any, indicator: Any, resolution: Any = None, selector: Any = None) -> None:
        """Give an indicator the bars before now that it needs."""
        known, count = _known(self.engine, symbol), indicator.warm_up_period
        take: Callable[[Any], None] = Feeder(indicator, selector)
        wanted = self.engine.securities[known].resolution
        if isinstance(resolution, dt.timedelta):
            longer = TradeBarConsolidator(resolution)
            longer.data_consolidated += Last(take)
            take, count = longer.update, count * -(-resolution // SPANS[wanted])
        elif resolution is not None:
            wanted = resolution
        for bar in self.last_bars(known, count, wanted):
            take(bar)

    sma = word_of("sma", one.SimpleMovingAverage, "period")
    ema = word_of("ema", one.ExponentialMovingAverage, "period", optional="smoothing_factor")
    lwma = word_of("lwma", one.LinearWeightedMovingAverage, "period")
    dema = word_of("dema", more.DoubleExponentialMovingAverage, "period")
    tema = word_of("tema", more.TripleExponentialMovingAverage, "period")
    trima = word_of("trima", more.TriangularMovingAverage, "period")
    wwma = word_of("wwma", one.WilderMovingAverage, "period")
    std = word_of("std", one.StandardDeviation, "period")
    mom = word_of("mom", one.Momentum, "period")
    roc = word_of("roc", one.RateOfChange, "period")
    rocp = word_of("rocp", one.RateOfChangePercent, "period")
    momp = word_of("momp", more.MomentumPercent, "period")
    max = word_of("max", one.Maximum, "period", selector=_high)
    min = word_of("min", one.Minimum, "period", selector=_low)
    rsi = word_of("rsi", one.RelativeStrengthIndex, "period", average=MovingAverageType.WILDERS)
    macd = word_of(
        "macd", one.MovingAverageConvergenceDivergence, "fast_period", "slow_period", "signal_period",
        average=MovingAverageType.EXPONENTIAL,
    )  # fmt: skip
    bb = word_of("bb", one.BollingerBands, "period", "k", average=MovingAverageType.SIMPLE)
    kch = word_of("kch", more.KeltnerChannels, "period", "k", average=MovingAverageType.SIMPLE)
    atr = word_of("atr", more.AverageTrueRange, "period", average=MovingAverageType.SIMPLE)
    identity, obv, vwap = (
        word_of("identity", more.Identity), word_of("obv", more.OnBalanceVolume), word_of("vwap", more.IntradayVwap)
    )  # fmt: skip
    aroon = word_of("aroon", more.AroonOscillator, "up_period", optional="down_period")
    cci = word_of("cci", more.CommodityChannelIndex, "period", average=MovingAverageType.SIMPLE)
    wilr = word_of("wilr", more.WilliamsPercentR, "period")
    dch = word_of("dch", more.DonchianChannel, "upper_period", optional="lower_period")
    sto = word_of("sto", more.Stochastic, "period", optional="k_period d_period")

    def indicator_history(self, indicator: Any, symbol: Any, *what: Any, **named: Any) -> IndicatorHistory:
        """Values of an indicator over bars before now, which begins anew for that."""
        selector = named.pop("selector", next((item for item in what if _kind_of(item) == "selector"), None))
        rest = [item for item in what if item is not selector]
        wanted = asked(self.engine, [symbol, *rest], named, "indicator_history")
        indicator.reset()
        if wanted.count is not None:
            count = wanted.count + indicator.warm_up_period - 1
            first = bars_before(self.engine.now, count, wanted.resolution, self.engine.hours)
            wanted = replace(wanted, count=count, first=first)
        take, points = Feeder(indicator, selector), []
        for bar in self.past(wanted.symbols[0], wanted):
            take(bar)
            if indicator.is_ready:
                points.append((bar.end_time, readings(indicator)))
        return IndicatorHistory(points)


class SubscriptionManager(Named):
    """What ``self.subscription_manager`` is.

    Parameters
    ----------
    engine : Engine
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def add_consolidator(self, symbol: Any, consolidator: Any) -> None:
        """Give a consolidator the bars of a symbol."""
        scan, quotes = getattr(consolidator, "scan", None), getattr(consolidator, "wants_quotes", False)
        for call in getattr(consolidator, "data_consolidated", ()):
            self.engine.runtime.listener.keep(call)
        known = _known(self.engine, symbol)
        item = Following(known, consolidator.update, scan, wants_quotes=quotes, owner=consolidator)
        self.engine.follow(item)

    def remove_consolidator(self, symbol: Any, consolidator: Any) -> None:
        """Give it no more."""
        self.engine.following = [item for item in self.engine.following if item.owner is not consolidator]
