"""What a script asks of data: history, consolidators, indicators."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from qresearch.dialects.lean import indicators
from qresearch.dialects.lean.bars import QuoteBar, TradeBar
from qresearch.dialects.lean.symbols import Symbol
from qresearch.dialects.lean.consolidators import Consolidator, QuoteBarConsolidator, TradeBarConsolidator
from qresearch.dialects.lean.engine import Engine
from qresearch.dialects.lean.enums import DataNormalizationMode, MovingAverageType, Resolution
from qresearch.dialects.lean.feed import Subscription, Track, stamp
from qresearch.dialects.lean.names import Named, called
from qresearch.dialects.lean.options import Following, bars_before
from qresearch.market.lean_folder import QUOTE, TRADE


class History(Named):
    """What ``self.history`` is: called it gives a table, with a class in brackets the bars themselves.

    Parameters
    ----------
    words : DataWords
    kind : type, optional
    """

    def __init__(self, words: DataWords, kind: type | None = None) -> None:
        self.words, self.kind = words, kind

    def __getitem__(self, kind: type) -> History:
        return History(self.words, kind)

    def __call__(self, *what: Any, **named: Any) -> Any:
        """Bars before now: (symbols, count or time or (start, end), resolution)."""
        symbols, first, last, resolution, count = self.words.asked(what, named)
        found = [(symbol, self.words.past(symbol, first, last, resolution, count, self.kind)) for symbol in symbols]
        if self.kind is not None:
            return found[0][1] if not isinstance(what[0], (list, tuple)) else [bars for _, bars in found]
        return _table(found)


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
        return History(self)

    def asked(self, what: Sequence[Any], named: dict[str, Any]) -> tuple[Any, ...]:
        """Symbols, begin, end, resolution and the number of bars that a call of history means."""
        rest = [item for item in what if not isinstance(item, (type, bool))]
        symbols: Any = self.engine.securities.shown()
        if rest and not isinstance(rest[0], (int, dt.timedelta, dt.datetime)):
            symbols = rest.pop(0)
        elif not rest or isinstance(rest[0], int):
            symbols = [security.symbol for security in self.engine.securities.shown()]
        if isinstance(symbols, (str, Symbol)) or not isinstance(symbols, Iterable):
            symbols = [symbols]
        names = [self.engine.runtime.symbol(str(getattr(item, "symbol", item))) for item in symbols]
        resolution = named.get("resolution")
        spans = []
        for item in [*rest, *(named[key] for key in ("periods", "start", "end") if key in named)]:
            if isinstance(item, Resolution):
                resolution = item
            elif item is not None:
                spans.append(item)
        now, wanted = self.engine.now, resolution
        if wanted is None:
            held = [self.engine.securities[name].resolution for name in names if name in self.engine.securities]
            wanted = min(held, default=Resolution.DAILY)
        if isinstance(spans[0], dt.datetime):
            return names, spans[0], spans[1] if spans[1:] else now, wanted, None
        if isinstance(spans[0], dt.timedelta):
            return names, now - spans[0], now, wanted, None
        return names, bars_before(now, int(spans[0]), wanted, self.engine.hours), now, wanted, int(spans[0])

    def past(  # what `asked` found
        self, symbol: Symbol, first: dt.datetime, last: dt.datetime, resolution: Resolution, count: int | None,
        kind: type | None = None,
    ) -> list[Any]:  # fmt: skip
        """Bars of a symbol that end after a moment and not after another."""
        security = self.engine.securities.get(symbol)
        mode = DataNormalizationMode.ADJUSTED if security is None else security.data_normalization_mode
        asked = Subscription(symbol, resolution, mode, security is not None and security.is_extended_market_hours)
        word = QUOTE if kind is QuoteBar else TRADE
        runtime = self.engine.runtime
        track = Track(runtime.source, asked, word, self.engine.hours, first.date(), last.date())
        ends = track.ends
        rows = [row for row in range(len(ends)) if stamp(first) < ends[row] <= stamp(last)]
        return [track.bar(row) for row in (rows[-count:] if count else rows)]

    def get_last_known_prices(self, security: Any) -> list[TradeBar]:
        """The last bar before now."""
        symbol = getattr(security, "symbol", security)
        now = self.engine.now
        return self.past(symbol, now - dt.timedelta(days=10), now, self.engine.securities[symbol].resolution, 1)

    # ------------------------------------------------------------------ consolidators

    def consolidate(self, symbol: Any, period: Any, *handlers: Any) -> Consolidator:
        """Call a function with every longer bar of a symbol."""
        found = TradeBarConsolidator(period)
        handler = handlers[-1]
        found.data_consolidated += Last(handler)
        self.engine.runtime.listener.keep(handler)
        self.engine.follow(Following(Symbol(str(symbol)), found.update, found.scan, owner=found))
        return found

    @property
    def subscription_manager(self) -> SubscriptionManager:
        """Takes consolidators."""
        return SubscriptionManager(self.engine)

    def create_consolidator(self, period: Any, kind: type = TradeBar) -> Consolidator:
        """A consolidator of bars of a kind."""
        return QuoteBarConsolidator(period) if kind is QuoteBar else TradeBarConsolidator(period)

    # ------------------------------------------------------------------ indicators

    def register_indicator(self, symbol: Any, indicator: Any, *how: Any) -> None:
        """Update an indicator with the bars of a symbol, or with longer ones."""
        selector = next((item for item in how if callable(item) and not isinstance(item, type)), None)
        period = next((item for item in how if item is not None and item is not selector), None)

        if selector is not None:
            self.engine.runtime.listener.keep(selector)
        take = Feeder(indicator, selector)
        resolution = self.engine.securities[symbol].resolution
        if isinstance(period, Consolidator):
            period.data_consolidated += Last(take)
            SubscriptionManager(self.engine).add_consolidator(symbol, period)
        elif period is None or period == resolution:
            self.engine.follow(Following(Symbol(str(symbol)), take, owner=indicator))
        else:
            self.consolidate(symbol, period, take)

    def _new(self, symbol: Any, indicator: Any, resolution: Any, selector: Any) -> Any:
        self.register_indicator(symbol, indicator, resolution, *([] if selector is None else [selector]))
        if self.engine.settings.automatic_indicator_warm_up:
            self.warm_up_indicator(symbol, indicator, resolution)
        return indicator

    def warm_up_indicator(self, symbol: Any, indicator: Any, resolution: Resolution | None = None, *_: Any) -> None:
        """Give an indicator the bars before now that it needs."""
        wanted = self.engine.securities[symbol].resolution if resolution is None else resolution
        count = indicator.warm_up_period
        first = bars_before(self.engine.now, count, wanted, self.engine.hours)
        for bar in self.past(Symbol(str(symbol)), first, self.engine.now, wanted, count):
            indicator.update(bar)

    def sma(self, symbol: Any, period: int, resolution: Any = None, selector: Any = None) -> Any:
        """The mean of closes."""
        return self._new(symbol, indicators.SimpleMovingAverage(period), resolution, selector)

    def ema(self, symbol: Any, period: int, resolution: Any = None, selector: Any = None) -> Any:
        """The exponential mean of closes."""
        return self._new(symbol, indicators.ExponentialMovingAverage(period), resolution, selector)

    def lwma(self, symbol: Any, period: int, resolution: Any = None, selector: Any = None) -> Any:
        """The mean of closes by growing weights."""
        return self._new(symbol, indicators.LinearWeightedMovingAverage(period), resolution, selector)

    def rsi(self, symbol: Any, period: int, *how: Any, **named: Any) -> Any:
        """Gains against losses."""
        kind, resolution = _kind_of(how, named, MovingAverageType.WILDERS)
        return self._new(symbol, indicators.RelativeStrengthIndex(period, kind), resolution, None)

    def macd(self, symbol: Any, fast: int, slow: int, signal: int, *how: Any, **named: Any) -> Any:
        """A fast average less a slow one."""
        kind, resolution = _kind_of(how, named, MovingAverageType.EXPONENTIAL)
        found = indicators.MovingAverageConvergenceDivergence(fast, slow, signal, kind)
        return self._new(symbol, found, resolution, None)

    def bb(self, symbol: Any, period: int, k: float, *how: Any, **named: Any) -> Any:
        """A mean with deviations around it."""
        kind, resolution = _kind_of(how, named, MovingAverageType.SIMPLE)
        return self._new(symbol, indicators.BollingerBands(period, k, kind), resolution, None)

    def atr(self, symbol: Any, period: int, *how: Any, **named: Any) -> Any:
        """The mean true range."""
        kind, resolution = _kind_of(how, named, MovingAverageType.SIMPLE)
        return self._new(symbol, indicators.AverageTrueRange(period, kind), resolution, None)

    def mom(self, symbol: Any, period: int, resolution: Any = None, selector: Any = None) -> Any:
        """What closes have gained."""
        return self._new(symbol, indicators.Momentum(period), resolution, selector)

    def roc(self, symbol: Any, period: int, resolution: Any = None, selector: Any = None) -> Any:
        """What closes have gained, as a part."""
        return self._new(symbol, indicators.RateOfChange(period), resolution, selector)

    def rocp(self, symbol: Any, period: int, resolution: Any = None, selector: Any = None) -> Any:
        """What closes have gained, in per cent."""
        return self._new(symbol, indicators.RateOfChangePercent(period), resolution, selector)

    def max(self, symbol: Any, period: int, resolution: Any = None, selector: Any = None) -> Any:
        """The largest close."""
        return self._new(symbol, indicators.Maximum(period), resolution, selector)

    def min(self, symbol: Any, period: int, resolution: Any = None, selector: Any = None) -> Any:
        """The smallest close."""
        return self._new(symbol, indicators.Minimum(period), resolution, selector)

    def std(self, symbol: Any, period: int, resolution: Any = None, selector: Any = None) -> Any:
        """The deviation of closes."""
        return self._new(symbol, indicators.StandardDeviation(period), resolution, selector)


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
        item = Following(Symbol(str(symbol)), consolidator.update, scan, wants_quotes=quotes, owner=consolidator)
        self.engine.follow(item)

    def remove_consolidator(self, symbol: Any, consolidator: Any) -> None:
        """Give it no more."""
        self.engine.following = [item for item in self.engine.following if item.owner is not consolidator]


def _kind_of(how: Sequence[Any], named: dict[str, Any], usual: Any) -> tuple[Any, Any]:
    """Kind of average and resolution among the last arguments of an indicator."""
    kind = next((item for item in how if isinstance(item, MovingAverageType)), usual)
    resolution = next((item for item in how if isinstance(item, (Resolution, dt.timedelta))), None)
    return named.get("type", named.get("moving_average_type", kind)), named.get("resolution", resolution)


def _table(found: list[tuple[Symbol, list[Any]]]) -> pd.DataFrame:
    """Bars as a table with the index of LEAN: symbol and the time at which a bar ends."""
    names = ("close", "high", "low", "open", "volume")
    rows, keys = [], []
    for symbol, bars in found:
        for bar in bars:
            rows.append([getattr(bar, name) for name in names])
            keys.append((symbol, bar.end_time))
    index = pd.MultiIndex.from_tuples(keys, names=["symbol", "time"]) if keys else None
    return pd.DataFrame(rows, index=index, columns=list(names))
