"""The data of a run in the order of time: what came at each moment for each subscription, and corporate actions.

Bars are read by day and kept in arrays; one becomes an object when its moment comes. Where a subscription has no bar
at a moment of its grid inside the session, the last one is repeated (fill forward): scripts see it, rules do not count
it as new.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from qresearch.dialects.lean.bars import Bar, Delisting, Dividend, QuoteBar, Split, SymbolChangedEvent, TradeBar
from qresearch.dialects.lean.currencies import DailyRates
from qresearch.dialects.lean.enums import DataNormalizationMode, DelistingType, Resolution, SplitType
from qresearch.dialects.lean.symbols import OptionTerms, Symbol
from qresearch.engine.lean_market import TradingHours
from qresearch.errors import UsageError
from qresearch.market.lean_folder import Factor, factor_on
from qresearch.market.lean_rows import QUOTE, TRADE, RawBars, seconds

Ints = NDArray[np.int64]
_EPOCH = dt.datetime(1970, 1, 1)
_NAMES = {Resolution.SECOND: "second", Resolution.MINUTE: "minute", Resolution.HOUR: "hour", Resolution.DAILY: "daily"}
_SPANS = {Resolution.SECOND: 1, Resolution.MINUTE: 60, Resolution.HOUR: 3_600}
_MODES = {
    DataNormalizationMode.RAW: "raw", DataNormalizationMode.ADJUSTED: "adjusted",
    DataNormalizationMode.SPLIT_ADJUSTED: "split_adjusted", DataNormalizationMode.TOTAL_RETURN: "split_adjusted",
}  # fmt: skip
_ENDLESS = dt.date(2049, 1, 1)


class DataSource(Protocol):
    """Where the bars lie."""

    def bars(self, symbol: Symbol, resolution: str, kind: str, first: dt.date, last: dt.date) -> RawBars:
        """Bars of some days."""

    def factors(self, ticker: str) -> list[Factor]:
        """Rows of the factor file."""

    def names(self, ticker: str) -> list[tuple[dt.date, str]]:
        """Rows of the map file."""

    path: str
    """The data folder; empty where there is none."""

    def currency(self, ticker: str) -> str:
        """In which a share is quoted."""

    def rates(self, currency: str) -> DailyRates:
        """Dollars for one of a currency, by day."""

    def tickers(self, resolution: str) -> list[str]:
        """Shares with bars."""

    def coarse(self, day: dt.date) -> list[Any]:
        """A row for each share with a daily bar of a day."""

    def contracts(self, share: Symbol, on: dt.date) -> list[OptionTerms]:
        """Contracts on a share that have not expired on a day."""

    def has(self, ticker: str, resolution: str) -> bool:
        """Whether there are bars of trades."""


@dataclass(frozen=True)
class Subscription:
    """What a script subscribed to."""

    symbol: Symbol
    resolution: Resolution
    mode: DataNormalizationMode = DataNormalizationMode.ADJUSTED
    extended: bool = False
    fill_forward: bool = True
    internal: bool = False


class Entry(NamedTuple):
    """One bar of a moment."""

    track: Track
    row: int
    is_repeated: bool


def local(second: int) -> dt.datetime:
    """Seconds of the files as a moment of New York."""
    return _EPOCH + dt.timedelta(seconds=second)


def stamp(moment: dt.datetime) -> int:
    """The inverse, fractions dropped."""
    return int((moment - _EPOCH).total_seconds())


class Track:
    """The bars of one subscription, of trades or of quotes.

    Parameters
    ----------
    source : DataSource
    subscription : Subscription
    kind : {"trade", "quote"}
    hours : TradingHours
    first, last : date
    since : date
        From when on the mode that adds dividends to prices adds them.
    """

    def __init__(  # all that tells the bars
        self, source: DataSource, subscription: Subscription, kind: str, hours: TradingHours, first: dt.date,
        last: dt.date, since: dt.date,
    ) -> None:  # fmt: skip
        self.subscription, self.kind, self.symbol = subscription, kind, subscription.symbol
        self._hours, self._span = hours, (first, last)
        name = _NAMES[subscription.resolution]
        raw = source.bars(subscription.symbol, name, kind, first, last)
        starts, ends, kept = self._timed(raw.starts)
        self.starts, self.ends, self.values = starts[kept], ends[kept], raw.values[kept]
        self._factors = source.factors(str(subscription.symbol))
        adds = subscription.mode is DataNormalizationMode.TOTAL_RETURN
        self._added = self._distributions(since) if adds else []
        self._known: dict[int, Decimal] = {}
        self._begin_list, self._end_list = self.starts.tolist(), self.ends.tolist()

    def _timed(self, starts: Ints) -> tuple[Ints, Ints, NDArray[np.bool_]]:
        """Begin and end of each bar, and whether it lies in the hours that are subscribed to."""
        days = starts // 86_400
        unique, place = np.unique(days, return_inverse=True)
        sessions = [self._hours_of(int(day)) for day in unique]
        opens = np.array([first for first, _ in sessions], dtype=np.int64)[place]
        closes = np.array([last for _, last in sessions], dtype=np.int64)[place]
        if self.subscription.resolution is Resolution.DAILY:
            return opens, closes, opens < closes
        ends = starts + _SPANS[self.subscription.resolution]
        return starts, ends, (ends > opens) & (starts < closes)

    def _hours_of(self, day: int) -> tuple[int, int]:
        date = dt.date(1970, 1, 1) + dt.timedelta(days=day)
        extended = self.subscription.extended and self.subscription.resolution is not Resolution.DAILY
        session = self._hours.session(date, extended=extended)
        return (0, 0) if session is None else (stamp(session[0]), stamp(session[1]))

    def regular(self, day: int) -> tuple[int, int]:
        """Begin and end of the regular session of a day (days since 1970), in seconds; (0, 0) without one."""
        session = self._hours.session(dt.date(1970, 1, 1) + dt.timedelta(days=day))
        return (0, 0) if session is None else (stamp(session[0]), stamp(session[1]))

    def repeated(self) -> tuple[Ints, Ints]:
        """Moments without a bar, and the row that is repeated there."""
        nothing = np.empty(0, dtype=np.int64)
        if not self.subscription.fill_forward or not len(self.ends):
            return nothing, nothing
        grids = []
        day = max(self._span[0], local(int(self.ends[0])).date())
        while day <= self._span[1]:
            first, last = self._hours_of(seconds(day) // 86_400)
            if first < last:
                span = _SPANS.get(self.subscription.resolution, last - first)
                grid = np.arange(-(-(first + 1) // span) * span if span < last - first else last, last + 1, span)
                grids.append(grid[~self._rests(day, grid)])
            day += dt.timedelta(days=1)
        grid = np.concatenate(grids) if grids else nothing
        missing = np.setdiff1d(grid, self.ends, assume_unique=True)
        rows = np.searchsorted(self.ends, missing, side="right") - 1
        return missing[rows >= 0], rows[rows >= 0]

    def _rests(self, day: dt.date, ends: Ints) -> NDArray[np.bool_]:
        """Which ends of bars lie in the pause of a day: the bar before it ends where it begins."""
        found = np.zeros(len(ends), dtype=np.bool_)
        for (_, rests), (goes_on, _) in pairwise(self._hours.stretches(day)):
            found |= (ends > stamp(rests)) & (ends <= stamp(goes_on))
        return found

    def _distributions(self, since: dt.date) -> list[tuple[int, Decimal]]:
        """What was paid from a day on up to each day, for the mode that adds dividends to prices."""
        found, total = [], Decimal(0)
        for row, following in pairwise(self._factors):
            if row.date >= since - dt.timedelta(days=1):
                total += distribution(row, following)
                found.append((seconds(row.date) + 86_400, total))
        return found

    def paid(self, second: int) -> Decimal:
        """What is added to the prices of a day, after their factor: the dividends of the mode that adds them."""
        return next((total for day, total in reversed(self._added) if day <= second), Decimal(0))

    def factor(self, second: int) -> Decimal:
        """By what the prices of a day are multiplied."""
        day = second // 86_400
        known = self._known.get(day)
        if known is None:
            date = dt.date(1970, 1, 1) + dt.timedelta(days=day)
            known = self._known[day] = factor_on(self._factors, date, _MODES[self.subscription.mode])
        return known

    def bar(self, row: int) -> Any:
        """A bar as an object."""
        begin, end, values = self._begin_list[row], self._end_list[row], self.values[row].tolist()
        factor = self.factor(begin)
        scale = float(factor) / 10_000
        time, period = local(begin), dt.timedelta(seconds=end - begin)
        if self.kind == TRADE:
            prices = values[:4]
            floats = [price / 10_000 for price in prices] if factor == 1 else [price * scale for price in prices]
            more = float(self.paid(begin)) if self._added else 0.0
            opened, high, low, close = [price + more for price in floats] if more else floats
            found = TradeBar(time, self.symbol, opened, high, low, close, values[4], period)
            if not more:  # else they are exact by themselves
                found.raw, found.factor = tuple(prices), factor
            return found
        sides = [
            None if values[first + 3] < 0 else Bar(*(price / 10_000 if factor == 1 else price * scale
                                                     for price in values[first : first + 4]))
            for first in (0, 5)
        ]  # fmt: skip
        quotes = QuoteBar(time, self.symbol, sides[0], values[4], sides[1], values[9], period)
        quotes.raw_bid, quotes.raw_ask, quotes.factor = tuple(values[:4]), tuple(values[5:9]), factor
        return quotes


def distribution(row: Factor, following: Factor) -> Decimal:
    """The dividend between two rows of a factor file, in cents.

    >>> from decimal import Decimal as D
    >>> rows = (Factor(dt.date(2024, 1, 2), D("0.99"), D(1), D("100")), Factor(dt.date(2050, 1, 1), D(1), D(1)))
    >>> distribution(*rows)
    Decimal('1.00')
    """
    return (row.reference - row.reference * (row.price / following.price)).quantize(Decimal("0.01"))


class Feed:
    """All that comes, in the order of time.

    Parameters
    ----------
    source : DataSource
    subscriptions : tuple of Subscription
    hours : TradingHours
    first, last : date
    since : date
        As of :class:`Track`.
    """

    def __init__(
        self, source: DataSource, subscriptions: tuple[Subscription, ...], hours: TradingHours, first: dt.date,
        last: dt.date, since: dt.date,
    ) -> None:  # fmt: skip
        self.source, self.hours, self.first, self.last = source, hours, first, last
        self.tracks = []
        for wanted in subscriptions:
            kinds = (TRADE, QUOTE) if wanted.resolution < Resolution.HOUR else (TRADE,)
            self.tracks += [Track(source, wanted, kind, hours, first, last, since) for kind in kinds]
        self._events = sorted(self._happenings(subscriptions), key=lambda found: found[0])
        self._merge()

    def without_bars(self) -> list[Subscription]:
        """What a script subscribed to, and no bar of it is there."""
        full = {track.subscription for track in self.tracks if len(track.ends)}
        asked = dict.fromkeys(track.subscription for track in self.tracks if not track.subscription.internal)
        return [wanted for wanted in asked if wanted not in full]

    def require_bars(self) -> None:
        """Refuse to go on where something is subscribed to, and nothing of it is there."""
        for wanted in self.without_bars():
            raise UsageError(self.lacks(wanted))

    def lacks(self, wanted: Subscription) -> str:
        """What is told of a subscription without bars."""
        name, ticker = _NAMES[wanted.resolution], str(wanted.symbol)
        there = [other for other in _NAMES.values() if other != name and self.source.has(ticker, other)]
        hint = f"There are {there[-1]} ones: subscribe with Resolution.{there[-1].upper()}." if there else (
            "Read the spelling of its name, and the days of the data."
        )  # fmt: skip
        return f"The data have no {name} bars of {ticker} from {self.first} to {self.last}. {hint}"

    def _merge(self) -> None:
        """Put the bars of all tracks in order: their moments, and where the bars of each begin."""
        nothing = np.empty(0, dtype=np.int64)
        times: list[Any] = [nothing]
        tracks: list[Any] = [nothing]
        rows: list[Any] = [nothing]
        repeats: list[Any] = [nothing.astype(np.bool_)]
        for number, track in enumerate(self.tracks):
            moments, again = track.repeated()
            count, more = len(track.ends), len(moments)
            times += [track.ends, moments]
            rows += [np.arange(count, dtype=np.int64), again]
            tracks.append(np.full(count + more, number, dtype=np.int64))
            repeats += [np.zeros(count, dtype=np.bool_), np.ones(more, dtype=np.bool_)]
        all_times, all_tracks = np.concatenate(times), np.concatenate(tracks)
        order = np.lexsort((all_tracks, all_times))
        ordered = all_times[order]
        self._tracks = all_tracks[order].tolist()
        self._rows, self._repeats = np.concatenate(rows)[order].tolist(), np.concatenate(repeats)[order].tolist()
        self._moments, begins = np.unique(ordered, return_index=True)
        self._begins = [*begins.tolist(), len(ordered)]

    @cached_property
    def moments(self) -> list[int]:
        """Every moment at which something comes: seconds of New York, ascending."""
        happenings = [stamp(at) for at, _ in self._events]
        found: list[int] = np.union1d(self._moments, np.array(happenings, dtype=np.int64)).tolist()
        return found

    @cached_property
    def _places(self) -> dict[int, int]:
        return {moment: place for place, moment in enumerate(self._moments.tolist())}

    @cached_property
    def _happening(self) -> dict[int, list[Any]]:
        found: dict[int, list[Any]] = {}
        for at, event in self._events:
            found.setdefault(stamp(at), []).append(event)
        return found

    def entries(self, moment: int) -> Iterator[Entry]:
        """The bars of a moment."""
        place = self._places.get(moment)
        if place is not None:
            for number in range(self._begins[place], self._begins[place + 1]):
                yield Entry(self.tracks[self._tracks[number]], self._rows[number], self._repeats[number])

    def happenings(self, moment: int) -> list[Any]:
        """Corporate actions of a moment, dividends first."""
        return self._happening.get(moment, [])

    def _happenings(self, subscriptions: tuple[Subscription, ...]) -> Iterator[tuple[dt.datetime, Any]]:
        symbols = dict.fromkeys(wanted.symbol for wanted in subscriptions if not wanted.internal)
        for symbol in symbols:
            rows = self.source.factors(str(symbol))
            for row, following in pairwise(rows):
                yield from self._actions(symbol, row, following)
            names = self.source.names(str(symbol))
            for (day, old), (_, new) in pairwise(names):
                at = self._midnight(day + dt.timedelta(days=1))
                if old != new and self._is_inside(at):
                    yield at, SymbolChangedEvent(symbol, at, old, new)
            if names and names[-1][0] < _ENDLESS:
                yield from self._end(symbol, names[-1][0])
            if symbol.option is not None:
                yield from self._end(symbol, symbol.option.expiry)

    def _actions(self, symbol: Symbol, row: Factor, following: Factor) -> Iterator[tuple[dt.datetime, Any]]:
        day = self._next_day(row.date)
        at = self._midnight(day)
        paid = distribution(row, following)
        if row.price != following.price and paid and self._is_inside(at):
            yield at, Dividend(symbol, at, paid, row.reference)
        if row.split != following.split:
            factor = row.split / following.split
            warned = self._midnight(row.date)
            if self._is_inside(warned):
                yield warned, Split(symbol, warned, factor, row.reference, SplitType.WARNING)
            if self._is_inside(at):
                yield at, Split(symbol, at, factor, row.reference, SplitType.SPLIT_OCCURRED)

    def _end(self, symbol: Symbol, day: dt.date) -> Iterator[tuple[dt.datetime, Any]]:
        warned, over = self._midnight(day), self._midnight(day + dt.timedelta(days=1))
        if self._is_inside(warned):
            yield warned, Delisting(symbol, warned, 0.0, DelistingType.WARNING)
        if self._is_inside(over):
            yield over, Delisting(symbol, over, 0.0, DelistingType.DELISTED)

    def _is_inside(self, at: dt.datetime) -> bool:
        return self.first <= at.date() <= self.last

    def _midnight(self, day: dt.date) -> dt.datetime:
        return dt.datetime.combine(day, dt.time(0))

    def _next_day(self, day: dt.date) -> dt.date:
        day += dt.timedelta(days=1)
        while self.hours.session(day) is None:
            day += dt.timedelta(days=1)
        return day
