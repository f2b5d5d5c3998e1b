"""What a script asks of data: history, consolidators, indicators."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from qresearch.dialects.lean import indicators as one
from qresearch.dialects.lean import indicators_of_bars as more
from qresearch.dialects.lean.bars import QuoteBar, TradeBar
from qresearch.dialects.lean.consolidators import Consolidator, QuoteBarConsolidator, TradeBarConsolidator
from qresearch.dialects.lean.engine import Engine
from qresearch.dialects.lean.enums import DataNormalizationMode, MovingAverageType, Resolution, TickType
from qresearch.dialects.lean.feed import Subscription, Track, stamp
from qresearch.dialects.lean.names import Named, called
from qresearch.dialects.lean.options import Following, bars_before
from qresearch.dialects.lean.symbols import Symbol
from qresearch.market.lean_folder import QUOTE, TRADE


class History(Named):
    """What ``self.history`` is: called it gives a table, with a class in brackets the bars themselves.

    Parameters
    ----------
    words : DataWords
    kind : type, optional
    """

    __iter__ = None  # it has no end of its own

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


def word_of(
    kind: type, *, average: MovingAverageType | None = None, selector: Any = None, takes_name: bool = False
) -> Callable[..., Any]:
    """The word of the algorithm that makes an indicator of a symbol and keeps it up to date.

    Parameters
    ----------
    kind : type of Indicator
    average : MovingAverageType, optional
        The kind of average where a script gives none.
    selector : callable, optional
        What it reads of a bar where a script says nothing; None: the close, or the bar itself.
    takes_name : bool
        It is made of nothing but a name.
    """

    def word(self: DataWords, symbol: Any, *how: Any, **named: Any) -> Any:
        given = [*how, *named.values()]
        chosen = next((item for item in given if callable(item) and not isinstance(item, type)), selector)
        resolution = next((item for item in given if isinstance(item, (Resolution, dt.timedelta))), None)
        kinds = [item for item in given if isinstance(item, MovingAverageType)] or ([average] if average else [])
        numbers = [
            item for item in given
            if isinstance(item, (int, float)) and not isinstance(item, (Resolution, MovingAverageType, bool))
        ]  # fmt: skip
        made = kind(str(symbol)) if takes_name else kind(*numbers, *[item for item in kinds if item is not None])
        return self.follow_with(symbol, made, resolution, chosen)

    word.__doc__ = (
        f"{kind.__doc__} (symbol, numbers, kind of average, resolution, selector), all but the first optional."
    )
    return word


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
        """Call a function with every longer bar of a symbol; of quotes where a kind of tick before it says so."""
        of_quotes = TickType.QUOTE in handlers[:-1] or QuoteBar in handlers[:-1]
        found = QuoteBarConsolidator(period) if of_quotes else TradeBarConsolidator(period)
        handler = handlers[-1]
        found.data_consolidated += Last(handler)
        self.engine.runtime.listener.keep(handler)
        SubscriptionManager(self.engine).add_consolidator(symbol, found)
        return found

    def resolve_consolidator(self, symbol: Any, resolution: Any = None, kind: type = TradeBar) -> Consolidator:
        """A consolidator for bars of a resolution."""
        wanted = self.engine.securities[symbol].resolution if resolution is None else resolution
        return self.create_consolidator(wanted, kind)

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

    def follow_with(self, symbol: Any, indicator: Any, resolution: Any, selector: Any) -> Any:
        """Keep an indicator up to date with the bars of a symbol."""
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

    sma, ema, lwma = word_of(one.SimpleMovingAverage), word_of(one.ExponentialMovingAverage), word_of(
        one.LinearWeightedMovingAverage)  # fmt: skip
    dema, tema, trima = (
        word_of(more.DoubleExponentialMovingAverage), word_of(more.TripleExponentialMovingAverage),
        word_of(more.TriangularMovingAverage),
    )  # fmt: skip
    wwma, std, mom = word_of(one.WilderMovingAverage), word_of(one.StandardDeviation), word_of(one.Momentum)
    roc, rocp, momp = word_of(one.RateOfChange), word_of(one.RateOfChangePercent), word_of(more.MomentumPercent)
    max = word_of(one.Maximum, selector=_high)
    min = word_of(one.Minimum, selector=_low)
    rsi = word_of(one.RelativeStrengthIndex, average=MovingAverageType.WILDERS)
    macd = word_of(one.MovingAverageConvergenceDivergence, average=MovingAverageType.EXPONENTIAL)
    bb, kch = word_of(one.BollingerBands), word_of(more.KeltnerChannels)
    atr = word_of(one.AverageTrueRange, average=MovingAverageType.SIMPLE)
    identity = word_of(more.Identity, takes_name=True)
    obv, vwap = word_of(more.OnBalanceVolume, takes_name=True), word_of(more.IntradayVwap, takes_name=True)
    aroon, cci, wilr = (
        word_of(more.AroonOscillator), word_of(more.CommodityChannelIndex), word_of(more.WilliamsPercentR)
    )  # fmt: skip
    dch, sto = word_of(more.DonchianChannel), word_of(more.Stochastic)

    def indicator_history(self, indicator: Any, symbol: Any, *what: Any, **named: Any) -> IndicatorHistory:
        """Values of an indicator over bars before now, which begins anew for that."""
        selector = named.pop("selector", next((item for item in what if callable(item)), None))
        asked = [item for item in what if item is not selector]
        symbols, first, last, resolution, count = self.asked([symbol, *asked], named)
        indicator.reset()
        wanted = None if count is None else count + indicator.warm_up_period - 1
        if wanted is not None:
            first = bars_before(self.engine.now, wanted, resolution, self.engine.hours)
        take, points = Feeder(indicator, selector), []
        for bar in self.past(symbols[0], first, last, resolution, wanted):
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
        item = Following(Symbol(str(symbol)), consolidator.update, scan, wants_quotes=quotes, owner=consolidator)
        self.engine.follow(item)

    def remove_consolidator(self, symbol: Any, consolidator: Any) -> None:
        """Give it no more."""
        self.engine.following = [item for item in self.engine.following if item.owner is not consolidator]


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
