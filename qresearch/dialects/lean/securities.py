"""Securities as a script reads them, what is held of them, and the portfolio; amounts are kept as exact decimals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from functools import partial
from typing import Any

from qresearch.dialects.lean.bars import ByTicker, QuoteBar, TradeBar
from qresearch.dialects.lean.enums import DataNormalizationMode, Resolution, SecurityType
from qresearch.dialects.lean.exchange import SecurityExchange
from qresearch.dialects.lean.holdings import Holding
from qresearch.dialects.lean.names import Named, Settable, dec, snake
from qresearch.dialects.lean.requests import ZERO
from qresearch.dialects.lean.shortable import LocalDiskShortableProvider
from qresearch.dialects.lean.symbols import Symbol
from qresearch.engine.lean_market import QuoteBar as Quotes
from qresearch.engine.lean_market import Resolution as BarLength
from qresearch.engine.lean_market import Snapshot, TradingHours
from qresearch.errors import UsageError, close_matches, did_you_mean

_CENT, _FINE = Decimal("0.01"), Decimal("0.0001")
_LENGTHS = {
    Resolution.SECOND: BarLength.SECOND, Resolution.MINUTE: BarLength.MINUTE, Resolution.HOUR: BarLength.HOUR,
    Resolution.DAILY: BarLength.DAILY,
}  # fmt: skip


@dataclass(frozen=True)
class SymbolProperties(Named):
    """Facts about a share."""

    description: str
    quote_currency: str = "USD"
    contract_multiplier: float = 1.0
    minimum_price_variation: float = 0.01
    lot_size: float = 1.0
    minimum_order_size: float | None = None
    market_ticker: str = ""


@dataclass
class Cash(Settable):
    """Cash of one currency, with the rate into the currency of the account."""

    symbol: str = "USD"
    exact_amount: Decimal = ZERO
    rate: Any = Decimal(1)
    """Dollars for one of it."""
    book: Any = None

    def __post_init__(self) -> None:
        self.exact_amount, self.rate = dec(self.exact_amount), dec(self.rate)

    @property
    def amount(self) -> float:
        """In its own currency."""
        return float(self.exact_amount)

    @property
    def conversion_rate(self) -> float:
        """Dollars for one of it; 0 where no rate is known."""
        return float(self.rate)

    @conversion_rate.setter
    def conversion_rate(self, rate: Any) -> None:
        self.rate = dec(rate)

    @property
    def exact_value(self) -> Decimal:
        """In dollars."""
        found: Decimal = self.exact_amount * self.rate
        return found

    @property
    def value_in_account_currency(self) -> float:
        """In the currency of the account."""
        return float(self.exact_value)

    def add_amount(self, amount: Any) -> float:
        """Cash that comes or goes without a trade, such as interest; what there is then."""
        self.exact_amount += dec(amount)
        if self.book is not None:
            self.book.told(dec(amount) * self.rate)
        return self.amount

    def set_amount(self, amount: Any) -> None:
        """Set what there is."""
        self.add_amount(dec(amount) - self.exact_amount)


MODELS = {
    **{f"set_{name}": name for name in (
        "fill_model", "fee_model", "slippage_model", "buying_power_model", "settlement_model",
        "margin_interest_rate_model",
    )},
    "set_margin_model": "buying_power_model",
}  # fmt: skip
"""Words that replace a model of a security, and the model."""


class Security(Settable):
    """A share that a script has subscribed to.

    Parameters
    ----------
    symbol : Symbol
    resolution : Resolution
        Of its finest bars.
    mode : DataNormalizationMode
    extended : bool
        Bars outside the regular session are subscribed to.
    hours : TradingHours
    """

    def __init__(
        self,
        symbol: Symbol,
        resolution: Resolution,
        mode: DataNormalizationMode,
        *,
        extended: bool,
        hours: TradingHours,
    ) -> None:
        self.symbol, self.resolution, self.data_normalization_mode = symbol, resolution, mode
        self.is_extended_market_hours, self.hours = extended, hours
        self.trade: TradeBar | None = None
        """The last bar that brought news."""
        self.quote: QuoteBar | None = None
        self.resolutions = {resolution}
        self.has_trades, self.has_quotes = True, resolution < Resolution.HOUR
        """Which bars are subscribed to."""
        self.local_time = dt.datetime(1998, 1, 1)
        self.holdings = Holding(self)
        self.exchange = SecurityExchange(self)
        self.quote_currency: Cash | None = Cash()
        self.seeded: Decimal | None = None
        """A price before there are data."""
        self.fill_model: Any = None
        self.fee_model: Any = None
        self.slippage_model: Any = None
        self.buying_power_model: Any = None
        self.settlement_model: Any = None
        self.shortable_provider: Any = None
        self.margin_interest_rate_model: Any = None
        self.folder = ""
        """The data folder."""
        self.multiplier = Decimal(1)
        """Shares in one unit: 100 of an option."""
        self.is_tradable, self.is_delisted, self.is_internal = True, False, False
        self.rounds_prices = mode is DataNormalizationMode.RAW

    def __repr__(self) -> str:
        return f"<Security {self.symbol} {self.price:g}>"

    def __eq__(self, other: object) -> bool:
        """As its symbol, for which it may stand."""
        return self is other if isinstance(other, Security) else bool(self.symbol == other)

    def __hash__(self) -> int:
        return hash(self.symbol)

    def __getattr__(self, name: str) -> Any:
        """The words that replace a model, such as ``set_fee_model``."""
        model = MODELS.get(snake(name))
        return super().__getattr__(name) if model is None else partial(setattr, self, model)

    # ------------------------------------------------------------------ prices

    @property
    def unit(self) -> Decimal:
        """Dollars that one unit is worth more where the price rises by one."""
        currency = self.quote_currency
        if currency is None or currency.symbol == "USD":
            return self.multiplier
        found: Decimal = self.multiplier * currency.rate
        return found

    @property
    def has_data(self) -> bool:
        """True once a bar came."""
        return self.trade is not None or self.quote is not None

    @property
    def exact_price(self) -> Decimal:
        """The last price with all its digits; 0 before there is one."""
        if self.trade is not None:
            return self.trade.exact(3)
        sides = [side.close for ask in (False, True) if (side := self.quote and self.quote.side(ask=ask)) is not None]
        return dec(sum(map(dec, sides)) / len(sides)) if sides else self.seeded or ZERO

    def set_market_price(self, data: Any) -> None:
        """Give it a price before there are data: that of a bar."""
        self.seeded = dec(data.value)

    def facing(self, *, ask: bool) -> Decimal:
        """The quote of a side; the price where there is none."""
        side = None if self.quote is None else self.quote.side(ask=ask)
        return self.exact_price if side is None else dec(side.close)

    @property
    def price(self) -> float:
        """The last price; 0 before there is one."""
        return self.trade.close if self.trade is not None else float(self.exact_price)

    def _of_bar(self, name: str) -> float:
        bar = self.trade or self.quote
        return 0.0 if bar is None else float(getattr(bar, name))

    @property
    def open(self) -> float:
        """Of the last bar."""
        return self._of_bar("open")

    @property
    def high(self) -> float:
        """Of the last bar."""
        return self._of_bar("high")

    @property
    def low(self) -> float:
        """Of the last bar."""
        return self._of_bar("low")

    @property
    def close(self) -> float:
        """Of the last bar."""
        return self.price

    @property
    def volume(self) -> float:
        """Of the last bar."""
        return 0.0 if self.trade is None else self.trade.volume

    @property
    def bid_price(self) -> float:
        """The price where nothing is quoted."""
        return float(self.facing(ask=False))

    @property
    def ask_price(self) -> float:
        """The price where nothing is quoted."""
        return float(self.facing(ask=True))

    def get_last_data(self) -> TradeBar | QuoteBar | None:
        """The last bar."""
        return self.trade or self.quote

    def snapshot(self, now: dt.datetime, stale_after: dt.timedelta) -> Snapshot:
        """What a fill rule looks at."""
        quotes = None
        if self.quote is not None:
            bid, ask = self.quote.side(ask=False), self.quote.side(ask=True)
            if bid is not None or ask is not None:
                quotes = Quotes(bid or ask, ask or bid)  # type: ignore[arg-type]  # one of them is there
        return Snapshot(
            now, _LENGTHS[self.resolution], self.hours, None if self.trade is None else self.trade.timed(), quotes,
            trades_subscribed=self.has_trades,
            quotes_subscribed=self.has_quotes, extended_hours=self.is_extended_market_hours,
            stale_after=stale_after,
        )  # fmt: skip

    # ------------------------------------------------------------------ facts and models

    @property
    def type(self) -> SecurityType:
        """A share."""
        return SecurityType.EQUITY

    @property
    def invested(self) -> bool:
        """True where something is held."""
        return self.holdings.invested

    @property
    def symbol_properties(self) -> SymbolProperties:
        """Lot, price step, multiplier."""
        step = _FINE if ZERO < self.exact_price < 1 else _CENT
        return SymbolProperties(str(self.symbol), minimum_price_variation=float(step), market_ticker=str(self.symbol))

    @property
    def leverage(self) -> float:
        """How much may be held for a dollar."""
        return float(self.buying_power_model.get_leverage(self))

    def set_leverage(self, leverage: float) -> None:
        """Change it."""
        self.buying_power_model.set_leverage(self, leverage)

    def set_shortable_provider(self, provider: Any) -> None:
        """Replace what tells how much can be sold short."""
        if isinstance(provider, LocalDiskShortableProvider):
            provider.folder = self.folder
        self.shortable_provider = provider

    def set_data_normalization_mode(self, mode: DataNormalizationMode) -> None:
        """Change the mode: from now on every one but adjusted rounds prices of orders."""
        self.data_normalization_mode = mode
        self.rounds_prices = mode is not DataNormalizationMode.ADJUSTED

    def rounded(self, price: Decimal, reference: Decimal) -> Decimal:
        """A price of an order on its step: half to even; as it is where the prices are adjusted."""
        if not self.rounds_prices:
            return price
        step = _FINE if ZERO < reference < 1 else _CENT
        return (price / step).quantize(Decimal(1), ROUND_HALF_EVEN) * step


@dataclass
class SecurityChanges(Named):
    """Which securities came and went."""

    added_securities: list[Security]
    removed_securities: list[Security]

    @property
    def count(self) -> int:
        """How many."""
        return len(self.added_securities) + len(self.removed_securities)


class Securities(ByTicker):
    """Securities by symbol."""

    def __missing__(self, key: object) -> Security:
        text = str(getattr(key, "symbol", key)).upper()
        if text != key and text in self:
            found: Security = self[text]  # type: ignore[index]  # equal to its symbol
            return found
        near = did_you_mean(close_matches(text, map(str, self.keys())))
        raise UsageError(f"{text} has not been added. {near}Call add_equity({text!r}) in initialize.")

    def symbol(self, asked: Any) -> Symbol:
        """The symbol of a ticker, a symbol or a security, as it was added, with its identifier."""
        found = asked if isinstance(asked, Symbol) else Symbol(str(getattr(asked, "symbol", asked)))
        known = self.get(found)
        added: Symbol = found if known is None else known.symbol
        return added

    def shown(self) -> Iterator[Security]:
        """Those that a script added itself."""
        return (security for security in self.values() if not security.is_internal)
