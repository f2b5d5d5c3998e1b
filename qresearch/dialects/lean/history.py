"""What ``self.history`` is: bars that have ended, as a table or as bars; never one of after now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import pandas as pd

from qresearch.dialects.lean.bars import QuoteBar, Table
from qresearch.dialects.lean.engine import Engine
from qresearch.dialects.lean.enums import DataNormalizationMode, Resolution
from qresearch.dialects.lean.feed import Subscription, Track, stamp
from qresearch.dialects.lean.hours import new_york
from qresearch.dialects.lean.names import Named, by_name
from qresearch.dialects.lean.options import bars_before
from qresearch.dialects.lean.symbols import Symbol
from qresearch.errors import UsageError, shown
from qresearch.market.lean_rows import QUOTE, TRADE


@dataclass(frozen=True)
class Asked:
    """Bars that are asked for.

    Parameters
    ----------
    symbols : list of Symbol
    first, last : datetime
        They end after the first and not after the last.
    resolution : Resolution
    count : int, optional
        How many, the last ones.
    mode : DataNormalizationMode, optional
        None: that of the subscription.
    extended : bool, optional
        With those outside the regular session; None: as subscribed.
    together : bool
        Of several symbols, moment by moment.
    """

    symbols: list[Symbol]
    first: dt.datetime
    last: dt.datetime
    resolution: Resolution
    count: int | None = None
    mode: DataNormalizationMode | None = None
    extended: bool | None = None
    together: bool = False


_SPANS = ("periods", "span", "start", "end")
_HOW = ("resolution", "fill_forward", "extended_market_hours", "data_normalization_mode")
_ONE = (str, Symbol, Named)
"""What names one symbol."""


def asked(engine: Engine, what: Sequence[Any], named: Mapping[str, Any], word: str = "history") -> Asked:
    """What a call means: (symbols, a number of bars, a time, or begin and end, resolution), the symbols optional."""
    rest = [item for item in what if item is not None and not isinstance(item, (type, bool))]
    by_place = next((item for item in rest if isinstance(item, Resolution)), None)
    rest = [item for item in rest if not isinstance(item, Resolution)]
    is_first = bool(rest) and not isinstance(rest[0], (Integral, dt.date, dt.timedelta))
    given = by_name(word, ("symbols", "symbol", *_SPANS, *_HOW), [rest[0]] if is_first else [], named)
    spans = [*rest[is_first:], *(given[name] for name in _SPANS if given.get(name) is not None)]
    wanted: Any = given.get("symbols", given.get("symbol"))
    shown_ones = [security.symbol for security in engine.securities.shown()]
    together = wanted is None or not isinstance(wanted, _ONE)
    if wanted is None:
        wanted = shown_ones
    names = [
        engine.runtime.symbol(str(getattr(item, "symbol", item))) for item in ([wanted] if not together else wanted)
    ]
    resolution = given.get("resolution") if by_place is None else by_place
    if resolution is None:
        held = [engine.securities[name].resolution for name in names if name in engine.securities]
        resolution = min(held, default=Resolution.DAILY)
    first, last, count = _span(engine, word, spans, resolution)
    if given.get("fill_forward"):
        raise UsageError(f"{word}: fill_forward=True is not offered. Bars of the past are those that came.")
    mode, extended = given.get("data_normalization_mode"), given.get("extended_market_hours")
    return Asked(names, first, last, resolution, count, mode, extended, together)


def _span(
    engine: Engine, word: str, spans: list[Any], resolution: Resolution
) -> tuple[dt.datetime, dt.datetime, int | None]:
    """Begin, end and number of bars."""
    now = engine.now
    match spans:
        case [Integral() as count] if int(count) >= 0:
            return bars_before(now, int(count), resolution, engine.hours), now, int(count)
        case [dt.timedelta() as span]:
            return now - span, now, None
        case [dt.date() as first]:
            return _moment(first), now, None
        case [dt.date() as first, dt.date() as last]:
            return _moment(first), _moment(last), None
    found = ", ".join(map(shown, spans)) or "nothing"
    raise UsageError(
        f"{word}: {found} is no span of bars. Pass a number of bars such as 10, a timedelta, or begin and end as dates."
    )


def _moment(given: dt.date) -> dt.datetime:
    """A date or moment on the clock of New York."""
    if not isinstance(given, dt.datetime):
        return dt.datetime.combine(given, dt.time(0))
    return given if given.tzinfo is None else new_york(given)


def past(engine: Engine, symbol: Symbol, wanted: Asked, kind: type | None = None) -> list[Any]:
    """Bars of a symbol that are asked for and have ended by now."""
    now, runtime = engine.now, engine.runtime
    if wanted.last > now:
        runtime.listener.warn("A script asked for bars of after now: history ends at the time of the call.")
    security = engine.securities.get(symbol)
    mode, extended = wanted.mode, wanted.extended
    if mode is None:
        mode = DataNormalizationMode.ADJUSTED if security is None else security.data_normalization_mode
    if extended is None:
        extended = security is not None and security.is_extended_market_hours
    first, last = wanted.first, min(wanted.last, now)
    subscription = Subscription(symbol, wanted.resolution, mode, extended)
    word = QUOTE if kind is QuoteBar else TRADE
    since = engine.warm_up_start().date()
    track = Track(runtime.source, subscription, word, engine.hours, first.date(), last.date(), since)
    ends = track.ends
    rows = [row for row in range(len(ends)) if stamp(first) < ends[row] <= stamp(last)]
    return [track.bar(row) for row in (rows if wanted.count is None else rows[-wanted.count or len(rows) :])]


class History(Named):
    """What ``self.history`` is: called it gives a table, with a class in brackets the bars themselves.

    Parameters
    ----------
    engine : Engine
    kind : type, optional
    """

    __iter__ = None  # it has no end of its own

    def __init__(self, engine: Engine, kind: type | None = None) -> None:
        self.engine, self.kind = engine, kind

    def __getitem__(self, kind: type) -> History:
        return History(self.engine, kind)

    def __call__(self, *what: Any, **named: Any) -> Any:
        """Bars before now: (symbols, count or time or begin and end, resolution)."""
        wanted = asked(self.engine, what, named)
        found = [(symbol, past(self.engine, symbol, wanted, self.kind)) for symbol in wanted.symbols]
        if self.kind is None:
            return _table(found)
        return _moments(found) if wanted.together else found[0][1]


def _moments(found: Iterable[tuple[Symbol, list[Any]]]) -> list[Table]:
    """Bars of several symbols, those of each moment by their symbols."""
    tables: dict[dt.datetime, Table] = {}
    for symbol, bars in found:
        for bar in bars:
            tables.setdefault(bar.end_time, Table())[symbol] = bar
    return [tables[moment] for moment in sorted(tables)]


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
