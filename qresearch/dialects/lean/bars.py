"""What a script is given of the market: bars of trades and of quotes, events, and the slice of one moment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from qresearch.dialects.lean.enums import DelistingType, SplitType
from qresearch.dialects.lean.names import Named, assigned, dec, snake
from qresearch.dialects.lean.symbols import Symbol
from qresearch.engine.lean_market import TimedBar

_NEVER, _NONE = dt.datetime(1, 1, 1), Symbol("")


@assigned
class Bar(Named):
    """Four prices."""

    __slots__ = ("close", "high", "low", "open")

    def __init__(self, open: float = 0.0, high: float = 0.0, low: float = 0.0, close: float = 0.0) -> None:
        self.open, self.high, self.low, self.close = open, high, low, close

    def update(self, price: float) -> None:
        """Take in a price."""
        if not self.open:
            self.open = self.high = self.low = price
        self.high, self.low, self.close = max(self.high, price), min(self.low, price), price


Raw = tuple[int, int, int, int]


@assigned
class TradeBar(Named):
    """Trades over some time.

    Parameters
    ----------
    time : datetime
        Begin, on the clock of the exchange.
    symbol : Symbol
    open, high, low, close : float, dollars
    volume : float, shares
    period : timedelta
    """

    __slots__ = (
        "close", "end_time", "factor", "high", "is_fill_forward", "low", "open", "raw", "symbol", "time", "volume",
    )  # fmt: skip

    def __init__(  # as in LEAN
        self, time: dt.datetime = _NEVER, symbol: Any = _NONE, open: float = 0.0, high: float = 0.0, low: float = 0.0,
        close: float = 0.0, volume: float = 0.0, period: dt.timedelta = dt.timedelta(minutes=1),
    ) -> None:  # fmt: skip
        self.time, self.end_time, self.symbol = time, time + period, symbol
        self.open, self.high, self.low, self.close, self.volume = open, high, low, close, volume
        self.is_fill_forward = False
        self.raw: Raw | None = None
        self.factor = Decimal(1)

    def __repr__(self) -> str:
        return f"{self.symbol}: O: {self.open} H: {self.high} L: {self.low} C: {self.close} V: {self.volume:.0f}"

    @property
    def value(self) -> float:
        """The close."""
        return self.close

    @value.setter
    def value(self, price: float) -> None:
        self.close = price

    @property
    def price(self) -> float:
        """The close."""
        return self.close

    @property
    def period(self) -> dt.timedelta:
        """How long it is."""
        return self.end_time - self.time

    @period.setter
    def period(self, span: dt.timedelta) -> None:
        self.end_time = self.time + span

    def update(self, price: float, *rest: float) -> None:
        """Take in a price; the last number is a volume, where more than one is given."""
        if not self.open:
            self.open = self.high = self.low = price
        self.high, self.low, self.close = max(self.high, price), min(self.low, price), price
        self.volume += rest[-1] if rest else 0.0

    def exact(self, place: int) -> Decimal:
        """One of the four prices with all its digits."""
        if self.raw is None:
            return dec((self.open, self.high, self.low, self.close)[place])
        return Decimal(self.raw[place]).scaleb(-4) * self.factor

    def timed(self) -> TimedBar:
        """The bar with exact prices, as fill rules see it."""
        prices: list[Any] = [self.exact(place) for place in range(4)]
        return TimedBar(self.time, self.end_time, *prices)


@assigned
class QuoteBar(Named):
    """Quotes over some time; a side that was not quoted is None."""

    __slots__ = (
        "ask", "bid", "end_time", "factor", "is_fill_forward", "last_ask_size", "last_bid_size", "raw_ask", "raw_bid",
        "symbol", "time",
    )  # fmt: skip

    def __init__(  # as in LEAN
        self, time: dt.datetime = _NEVER, symbol: Any = _NONE, bid: Bar | None = None, last_bid_size: float = 0.0,
        ask: Bar | None = None, last_ask_size: float = 0.0, period: dt.timedelta = dt.timedelta(minutes=1),
    ) -> None:  # fmt: skip
        self.time, self.end_time, self.symbol, self.bid, self.ask = time, time + period, symbol, bid, ask
        self.last_bid_size, self.last_ask_size = last_bid_size, last_ask_size
        self.is_fill_forward = False
        self.raw_bid: Raw | None = None
        self.raw_ask: Raw | None = None
        self.factor = Decimal(1)

    def __repr__(self) -> str:
        return f"{self.symbol}: Bid: {self.bid and self.bid.close} Ask: {self.ask and self.ask.close}"

    def _mid(self, name: str) -> float:
        sides: list[float] = [getattr(side, name) for side in (self.bid, self.ask) if side is not None]
        return sum(sides) / len(sides) if sides else 0.0

    @property
    def open(self) -> float:
        """Between bid and ask."""
        return self._mid("open")

    @property
    def high(self) -> float:
        """Between bid and ask."""
        return self._mid("high")

    @property
    def low(self) -> float:
        """Between bid and ask."""
        return self._mid("low")

    @property
    def close(self) -> float:
        """Between bid and ask."""
        return self._mid("close")

    @property
    def value(self) -> float:
        """The close."""
        return self.close

    @property
    def price(self) -> float:
        """The close."""
        return self.close

    @property
    def period(self) -> dt.timedelta:
        """How long it is."""
        return self.end_time - self.time

    def side(self, *, ask: bool) -> TimedBar | None:
        """One side with exact prices, as fill rules see it; None where it was not quoted."""
        bar, raw = (self.ask, self.raw_ask) if ask else (self.bid, self.raw_bid)
        if bar is None:
            return None
        if raw is None:
            prices: list[Any] = [dec(value) for value in (bar.open, bar.high, bar.low, bar.close)]
        else:
            prices = [Decimal(value).scaleb(-4) * self.factor for value in raw]
        return TimedBar(self.time, self.end_time, *prices)


class Split(Named):
    """A split: `split_factor` is what one old share's price is multiplied by."""

    def __init__(self, symbol: Symbol, time: dt.datetime, factor: Decimal, reference: Decimal, type: SplitType) -> None:
        self.symbol, self.time, self.end_time, self.type = symbol, time, time, type
        self.exact_factor, self.exact_reference = factor, reference

    @property
    def split_factor(self) -> float:
        """One over the shares that one share becomes."""
        return float(self.exact_factor)

    @property
    def reference_price(self) -> float:
        """The raw close before it."""
        return float(self.exact_reference)


class Dividend(Named):
    """A dividend in dollars per share."""

    def __init__(self, symbol: Symbol, time: dt.datetime, distribution: Decimal, reference: Decimal) -> None:
        self.symbol, self.time, self.end_time = symbol, time, time
        self.exact_distribution, self.exact_reference = distribution, reference

    @property
    def distribution(self) -> float:
        """Dollars per share."""
        return float(self.exact_distribution)

    @property
    def reference_price(self) -> float:
        """The raw close before it."""
        return float(self.exact_reference)


class Delisting(Named):
    """A share ends: a warning on its last day, the end after it."""

    def __init__(self, symbol: Symbol, time: dt.datetime, price: float, type: DelistingType) -> None:
        self.symbol, self.time, self.end_time, self.price, self.type = symbol, time, time, price, type


class SymbolChangedEvent(Named):
    """A share goes on under another ticker."""

    def __init__(self, symbol: Symbol, time: dt.datetime, old_symbol: str, new_symbol: str) -> None:
        self.symbol, self.time, self.end_time = symbol, time, time
        self.old_symbol, self.new_symbol = old_symbol, new_symbol


class KeyValuePair(NamedTuple):
    """What goes through LEAN's dictionaries in a loop: a symbol, and what there is of it."""

    key: Symbol
    value: Any

    def __getattr__(self, name: str) -> Any:
        if name in {"Key", "Value"}:
            return getattr(self, name.lower())
        raise AttributeError(f"A pair has key and value, and no {name!r}.")


class ByTicker(dict[Symbol, Any]):
    """Things by symbol, in the words of LEAN's dictionaries; a ticker as text is a symbol too.

    A loop goes through pairs with a `key` and a `value`, as in LEAN; `keys`, `values` and `items` are those of Python.
    """

    def __iter__(self) -> Iterator[Any]:
        return (KeyValuePair(key, value) for key, value in self.items())

    def __getattr__(self, name: str) -> Any:
        word = snake(name)
        if word in {"keys", "values"} and word != name:
            return list(getattr(self, word)())
        if word == "try_get_value":
            return self.get
        if word in _OF_TABLES:
            return getattr(self, word)
        raise AttributeError(f"{type(self).__name__} has no {name!r}, but {', '.join(sorted(_OF_TABLES))}.")

    def __missing__(self, key: object) -> Any:
        if isinstance(key, str) and key != key.upper():
            return self[key.upper()]  # type: ignore[index]  # equal to its symbol
        raise KeyError(f"'{key}' wasn't found here; there are {', '.join(map(str, self.keys())) or 'none'}.")

    def contains_key(self, symbol: object) -> bool:
        """True where there is one of a symbol."""
        return symbol in self

    @property
    def count(self) -> int:
        """How many."""
        return len(self)

    def get_value(self, symbol: object) -> Any:
        """That of a symbol."""
        return self[symbol]  # type: ignore[index]  # a ticker too


_OF_TABLES = frozenset({"contains_key", "count", "get_value", "get", "items", "keys", "values"})


class Table(ByTicker):
    """Data of one moment by symbol."""


class Slice(Named):
    """All data of one moment.

    Parameters
    ----------
    time : datetime
        In the zone of the algorithm.
    utc_time : datetime
    """

    def __init__(self, time: dt.datetime, utc_time: dt.datetime) -> None:
        self.time, self.utc_time = time, utc_time
        self.bars, self.quote_bars = Table(), Table()
        self.splits, self.dividends = Table(), Table()
        self.delistings, self.symbol_changed_events = Table(), Table()

    @property
    def has_data(self) -> bool:
        """True where anything came."""
        return bool(
            self.bars or self.quote_bars or self.splits or self.dividends or self.delistings
            or self.symbol_changed_events
        )  # fmt: skip

    def __getitem__(self, symbol: Any) -> Any:
        return self.quote_bars[symbol] if symbol in self.quote_bars and symbol not in self.bars else self.bars[symbol]

    def __contains__(self, symbol: object) -> bool:
        return symbol in self.bars or symbol in self.quote_bars

    def __iter__(self) -> Iterator[KeyValuePair]:
        return (KeyValuePair(symbol, self[symbol]) for symbol in self.keys())

    def __len__(self) -> int:
        return len(self.keys())

    def contains_key(self, symbol: object) -> bool:
        """True where a bar of a symbol came."""
        return symbol in self

    def get(self, key: Any, default: Any = None) -> Any:
        """The bar of a symbol; or all data of a class, by symbol."""
        if isinstance(key, type):
            return {TradeBar: self.bars, QuoteBar: self.quote_bars, Split: self.splits, Dividend: self.dividends,
                    Delisting: self.delistings}.get(key, Table())  # fmt: skip
        try:
            return self[key]
        except KeyError:
            return default

    def keys(self) -> list[Symbol]:
        """Symbols with a bar."""
        return list({**self.bars, **self.quote_bars})

    def values(self) -> list[Any]:
        """Their bars."""
        return [self[symbol] for symbol in self.keys()]

    @property
    def count(self) -> int:
        """How many symbols have a bar."""
        return len(self.keys())

    def items(self) -> list[tuple[Symbol, Any]]:
        """Symbols and bars."""
        return [(symbol, self[symbol]) for symbol in self.keys()]
