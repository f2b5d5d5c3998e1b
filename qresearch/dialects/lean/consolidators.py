"""Rolling windows, and consolidators that make longer bars of shorter ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from qresearch.dialects.lean.bars import Bar, QuoteBar, TradeBar
from qresearch.dialects.lean.enums import Resolution
from qresearch.dialects.lean.names import Named, Settable
from qresearch.errors import UsageError, shown

T = TypeVar("T")
SPANS = {
    Resolution.SECOND: dt.timedelta(seconds=1), Resolution.MINUTE: dt.timedelta(minutes=1),
    Resolution.HOUR: dt.timedelta(hours=1), Resolution.DAILY: dt.timedelta(days=1),
}  # fmt: skip


class RollingWindow(Settable, Generic[T]):
    """The last values, the newest first.

    Parameters
    ----------
    size : int
    """

    def __init__(self, size: int) -> None:
        if size < 1:
            raise UsageError(f"RollingWindow: size={size} is too small. Pass at least 1.")
        self.size, self.samples = size, 0
        self._held: list[T] = []
        self.most_recently_removed: T | None = None

    def add(self, value: T) -> None:
        """Take a value in; the oldest goes where there are too many."""
        self._held.insert(0, value)
        self.samples += 1
        if len(self._held) > self.size:
            self.most_recently_removed = self._held.pop()

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._held)

    @property
    def is_ready(self) -> bool:
        """True once it is full."""
        return len(self._held) == self.size

    def reset(self) -> None:
        """Forget all."""
        self._held.clear()
        self.samples = 0

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[T]:
        return iter(self._held)

    def __getitem__(self, place: int) -> T:
        if place < 0:
            raise IndexError(f"A window counts back from 0, the newest value; {place} is before that.")
        if place >= self.size:
            self.size = place + 1
        return self._held[place] if place < len(self._held) else None  # type: ignore[return-value]  # as in LEAN


class EventHandlers(list[Callable[..., Any]]):
    """Functions that are called when something happens: ``+=`` adds one."""

    def __iadd__(self, handler: Any) -> EventHandlers:  # type: ignore[misc,override]  # one at a time
        self.append(handler)
        return self

    def __call__(self, *arguments: Any) -> None:
        """Call each of them."""
        for handler in tuple(self):
            handler(*arguments)


class Consolidator(Settable):
    """Makes one bar of several: those of a span of time, or so many of them.

    Parameters
    ----------
    period : timedelta, Resolution, int or callable
        How long, or how many bars; a function gives the begin and the span of the bar of a moment.
    """

    wants_quotes = False

    def __init__(self, period: Any) -> None:
        self.span: dt.timedelta | None = None
        self.count, self.calendar = 0, None
        if isinstance(period, Resolution):
            self.span = SPANS[period]
        elif isinstance(period, dt.timedelta):
            self.span = period
        elif isinstance(period, int):
            self.count = period
        elif callable(period):
            self.calendar = period
        if self.calendar is None and not (self.span or dt.timedelta(0)) > dt.timedelta(0) and self.count < 1:
            raise UsageError(
                f"Consolidator: {shown(period)} is no period. Pass a timedelta, a number of bars, a Resolution, or "
                "Calendar.WEEKLY."
            )
        self.data_consolidated = EventHandlers()
        self.consolidated: Any = None
        self.working_data: Any = None
        self._seen, self._ends = 0, dt.datetime.max

    def _begin(self, bar: Any) -> None:
        time = bar.time
        if self.calendar is not None:
            info = self.calendar(time)
            start, span = info if isinstance(info, tuple) else (info.start, info.period)
        else:
            start, span = time, self.span or bar.period
            if self.span is not None:
                midnight = time.replace(hour=0, minute=0, second=0, microsecond=0)
                start = midnight + (time - midnight) // self.span * self.span
        self.working_data, self._seen, self._ends = self._made(bar, start, span), 0, start + span

    def _made(self, bar: Any, start: dt.datetime, span: dt.timedelta) -> Any:
        return TradeBar(start, bar.symbol, bar.open, bar.high, bar.low, bar.close, 0.0, span)

    def update(self, bar: Any) -> None:
        """Take a bar in."""
        if self.working_data is not None and not self.count and bar.time >= self._ends:
            self._emit()
        if self.working_data is None:
            self._begin(bar)
        self._merge(bar)
        self._seen += 1
        if (self.count and self._seen >= self.count) or (not self.count and bar.end_time >= self._ends):
            self._emit(bar.end_time if self.count else None)

    def _merge(self, bar: Any) -> None:
        held = self.working_data
        held.high, held.low, held.close = max(held.high, bar.high), min(held.low, bar.low), bar.close
        held.volume += getattr(bar, "volume", 0.0)

    def _emit(self, end: dt.datetime | None = None) -> None:
        found, self.working_data = self.working_data, None
        if end is not None:
            found.end_time = end
        self.consolidated = found
        self.data_consolidated(self, found)

    def scan(self, now: dt.datetime) -> None:
        """Let the bar go whose time is over."""
        if self.working_data is not None and not self.count and now >= self._ends:
            self._emit()


class TradeBarConsolidator(Consolidator):
    """Of bars of trades."""


class SequentialConsolidator(Named):
    """Gives the bars of one consolidator to another.

    Parameters
    ----------
    first, second : Consolidator
    """

    def __init__(self, first: Any, second: Any) -> None:
        self.first, self.second = first, second
        self.wants_quotes = getattr(first, "wants_quotes", False)
        first.data_consolidated += self._pass_on

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, "data_consolidated" if name == "DataConsolidated" else name, value)

    @property
    def data_consolidated(self) -> EventHandlers:
        """Who is told of the bars of the second one."""
        found: EventHandlers = self.second.data_consolidated
        return found

    @data_consolidated.setter
    def data_consolidated(self, handlers: EventHandlers) -> None:
        self.second.data_consolidated = handlers

    @property
    def consolidated(self) -> Any:
        """The last bar."""
        return self.second.consolidated

    def _pass_on(self, _: Any, bar: Any) -> None:
        self.second.update(bar)

    def update(self, bar: Any) -> None:
        """Take a bar in."""
        self.first.update(bar)

    def scan(self, now: dt.datetime) -> None:
        """Let the bars go whose time is over."""
        self.first.scan(now)
        self.second.scan(now)


class QuoteBarConsolidator(Consolidator):
    """Of bars of quotes."""

    wants_quotes = True

    def _made(self, bar: QuoteBar, start: dt.datetime, span: dt.timedelta) -> Any:
        found = [
            None if side is None else Bar(side.open, side.high, side.low, side.close) for side in (bar.bid, bar.ask)
        ]
        return QuoteBar(start, bar.symbol, found[0], bar.last_bid_size, found[1], bar.last_ask_size, span)

    def _merge(self, bar: QuoteBar) -> None:
        held = self.working_data
        for mine, new in ((held.bid, bar.bid), (held.ask, bar.ask)):
            if mine is not None and new is not None:
                mine.high, mine.low, mine.close = max(mine.high, new.high), min(mine.low, new.low), new.close
        held.last_bid_size, held.last_ask_size = bar.last_bid_size, bar.last_ask_size
