"""The portfolio of a script: cash, holdings, margin; exact decimals inside, floats outside."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from qresearch.dialects.lean.bars import KeyValuePair
from qresearch.dialects.lean.holdings import Holding
from qresearch.dialects.lean.names import Named, dec, snake
from qresearch.dialects.lean.power import held_by
from qresearch.dialects.lean.requests import ZERO
from qresearch.dialects.lean.securities import Cash, Securities
from qresearch.dialects.lean.symbols import Symbol
from qresearch.engine.lean_market import TradingHours
from qresearch.errors import UsageError


@dataclass
class ImmediateSettlementModel(Named):
    """Proceeds are cash at once."""

    days: int = 0
    time: dt.timedelta = dt.timedelta(0)


@dataclass
class DelayedSettlementModel(ImmediateSettlementModel):
    """Proceeds of a sale are cash some business days later, at a time of the day."""

    days: int = 1
    time: dt.timedelta = dt.timedelta(hours=6)


@dataclass
class MarginInterestRateParameters(Named):
    """What a model of interest is asked about, once an hour, for each security."""

    security: Any
    time: dt.datetime
    portfolio: Any


class NullMarginInterestRateModel(Named):
    """No interest: the base of models of a script, which change ``portfolio.cash_book`` by themselves."""

    def apply_margin_interest_rate(self, parameters: MarginInterestRateParameters) -> None:
        """Nothing."""


class MarginInterestRateModel:
    """The model without interest, by its name."""

    NULL = Null = NullMarginInterestRateModel()


class CashBook(dict[str, Cash]):
    """Cash by currency."""

    listener: Any = None
    """Who is told of cash that comes or goes without a trade."""

    def __missing__(self, currency: str) -> Cash:
        raise UsageError(
            f"The cash book has no {currency!r}, but {', '.join(self)}. Add it by set_cash({currency!r}, amount, rate)."
        )

    def __getattr__(self, name: str) -> Any:
        word = snake(name)
        if word == "contains_key":
            return self.__contains__
        if word == "account_currency":
            return "USD"
        if word == "total_value_in_account_currency":
            return float(self.exact_total)
        raise AttributeError(f"The cash book has no {name!r}.")

    @property
    def exact_total(self) -> Decimal:
        """All of it, dollars."""
        return sum((cash.exact_value for cash in self.values()), ZERO)

    def add(self, currency: str, amount: Any, rate: Any = 0) -> None:
        """Hold a currency: an amount of it, and its rate into dollars."""
        known = self.get(currency.upper())
        if known is None:
            self[currency.upper()] = Cash(currency.upper(), dec(amount), dec(rate), self)
        else:
            known.exact_amount, known.rate = dec(amount), dec(rate) or known.rate

    def convert(self, amount: Any, source: str, target: str = "USD") -> float:
        """An amount of a currency in another one."""
        return float(dec(amount) * self[source.upper()].rate / self[target.upper()].rate)

    def told(self, amount: Decimal) -> None:
        """Cash has come or gone without a trade, dollars."""
        if self.listener is not None:
            self.listener.paid(amount, "interest")


class Portfolio(Named):
    """Cash and holdings.

    Parameters
    ----------
    securities : Securities
    hours : TradingHours
    """

    def __init__(self, securities: Securities, hours: TradingHours) -> None:
        self.securities, self.hours = securities, hours
        self.cash_book = CashBook()
        self.cash_book["USD"] = Cash(book=self.cash_book)
        self.transactions: Any = None
        self.margin_call_model: Any = None
        self.unsettled: list[tuple[dt.datetime, Decimal]] = []
        self.now = dt.datetime(1998, 1, 1)

    def set_margin_call_model(self, model: Any) -> None:
        """Replace the model of margin calls."""
        self.margin_call_model = model

    def __getitem__(self, symbol: Any) -> Holding:
        found: Holding = self.securities[symbol].holdings
        return found

    def __contains__(self, symbol: object) -> bool:
        return symbol in self.securities

    def __iter__(self) -> Iterator[KeyValuePair]:
        return (KeyValuePair(symbol, holding) for symbol, holding in self.items())

    def __len__(self) -> int:
        return len(self.keys())

    def keys(self) -> list[Symbol]:
        """Symbols, of what was added."""
        return [security.symbol for security in self.securities.shown()]

    def values(self) -> list[Holding]:
        """Holdings, of what was added."""
        return [security.holdings for security in self.securities.shown()]

    def items(self) -> list[tuple[Symbol, Holding]]:
        """Symbols and holdings."""
        return [(security.symbol, security.holdings) for security in self.securities.shown()]

    def contains_key(self, symbol: object) -> bool:
        """True for a symbol that was added."""
        return symbol in self.securities

    # ------------------------------------------------------------------ booking

    @property
    def exact_cash(self) -> Decimal:
        """Settled cash, of all currencies, dollars."""
        return self.cash_book.exact_total

    def add_cash(self, amount: Decimal) -> None:
        """Cash that comes or goes."""
        self.cash_book["USD"].exact_amount += amount

    def set_cash(self, amount: Any) -> None:
        """Set the cash."""
        self.cash_book["USD"].exact_amount = dec(amount)

    def book(self, symbol: Any, quantity: int, price: Decimal, fee: Decimal) -> None:
        """Book a fill: proceeds are settled by the model of the share, costs at once."""
        security = self.securities[symbol]
        currency = security.quote_currency
        if currency is not None and currency.symbol != "USD":
            self.add_cash(-fee)
            currency.exact_amount -= quantity * price * security.multiplier
            security.holdings.take(quantity, price, fee)
            return
        proceeds, model = -quantity * price * security.multiplier, security.settlement_model
        if proceeds > 0 and model is not None and model.days:
            self.unsettled.append((self._settles(model), proceeds))
            self.add_cash(-fee)
        else:
            self.add_cash(proceeds - fee)
        security.holdings.take(quantity, price, fee)

    def _settles(self, model: ImmediateSettlementModel) -> dt.datetime:
        day = self.now.date()
        for _ in range(model.days):
            day += dt.timedelta(days=1)
            while self.hours.session(day) is None:
                day += dt.timedelta(days=1)
        return dt.datetime.combine(day, dt.time(0)) + model.time

    def settle(self) -> None:
        """Turn what has settled into cash."""
        due = [amount for at, amount in self.unsettled if at <= self.now]
        if due:
            self.unsettled = [(at, amount) for at, amount in self.unsettled if at > self.now]
            self.add_cash(sum(due, ZERO))

    # ------------------------------------------------------------------ values

    @property
    def exact_unsettled(self) -> Decimal:
        """Proceeds on their way."""
        return sum((amount for _, amount in self.unsettled), ZERO)

    @property
    def exact_holdings(self) -> Decimal:
        """What is held, at the present prices, signed."""
        return sum((security.holdings.exact_value for security in self.securities.values()), ZERO)

    @property
    def exact_value(self) -> Decimal:
        """Cash, proceeds on their way, and what is held."""
        return self.exact_cash + self.exact_unsettled + self.exact_holdings

    @property
    def exact_margin_used(self) -> Decimal:
        """What the holdings bind."""
        found = (
            held_by(security.buying_power_model, security) for security in self.securities.values() if security.invested
        )
        return sum(found, ZERO)

    @property
    def exact_margin_remaining(self) -> Decimal:
        """Value, less what is not settled, less what the holdings bind."""
        return self.exact_value - self.exact_unsettled - self.exact_margin_used

    @property
    def cash(self) -> float:
        """Settled cash."""
        return float(self.exact_cash)

    @property
    def unsettled_cash(self) -> float:
        """Proceeds on their way."""
        return float(self.exact_unsettled)

    @property
    def total_portfolio_value(self) -> float:
        """Cash and holdings."""
        return float(self.exact_value)

    @property
    def total_holdings_value(self) -> float:
        """What is held, long and short counted up."""
        return float(sum((abs(item.holdings.exact_value) for item in self.securities.values()), ZERO))

    @property
    def total_absolute_holdings_cost(self) -> float:
        """At average prices, long and short counted up."""
        return sum(abs(holding.holdings_cost) for holding in self.values())

    @property
    def total_margin_used(self) -> float:
        """What the holdings bind."""
        return float(self.exact_margin_used)

    @property
    def margin_remaining(self) -> float:
        """What new orders may bind."""
        return float(self.exact_margin_remaining)

    def get_margin_remaining(self, symbol: Any = None, direction: Any = None) -> float:
        """What new orders may bind."""
        return self.margin_remaining

    def get_buying_power(self, symbol: Any, direction: Any = None) -> float:
        """What new orders in a share may bind."""
        return self.margin_remaining

    @property
    def total_unrealized_profit(self) -> float:
        """Of what is held, without fees."""
        return sum(holding.unrealized_profit for holding in self.values())

    @property
    def total_unrealised_profit(self) -> float:
        """Of what is held, without fees."""
        return self.total_unrealized_profit

    @property
    def total_profit(self) -> float:
        """Realised, without fees."""
        return sum(holding.profit for holding in self.values())

    @property
    def total_net_profit(self) -> float:
        """Realised, less fees."""
        return sum(holding.net_profit for holding in self.values())

    @property
    def total_fees(self) -> float:
        """Since the start."""
        return float(sum((item.holdings.fees for item in self.securities.values()), ZERO))

    @property
    def total_sale_volume(self) -> float:
        """Dollars traded since the start."""
        return sum(holding.total_sale_volume for holding in self.values())

    @property
    def invested(self) -> bool:
        """True where anything is held."""
        return any(security.invested for security in self.securities.values())

    @property
    def hold_stock(self) -> bool:
        """True where anything is held."""
        return self.invested
