"""The account as one looks at it: cash, holdings and profit at the last visible prices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from qresearch.book.html import holdings_html, portfolio_html
from qresearch.engine.reserves import reserved_cash
from qresearch.engine.valuation import market_values
from qresearch.sentences import ENGLISH, Words

if TYPE_CHECKING:
    from qresearch.domain.state import Position, State
    from qresearch.engine.draft import Draft
    from qresearch.engine.exchange import Exchange


@dataclass(frozen=True, slots=True)
class Holding:
    """Shares of one instrument, as of a moment.

    Parameters
    ----------
    symbol : str
    quantity : int, shares
    sellable : int, shares
        May be sold today.
    locked : int, shares
        Bought today, so they cannot be sold today (T+1).
    reserved : int, shares
        Held back by sells that are working. `quantity` is the sum of the three.
    average_cost : float, currency per share
        Buying fees included; unchanged by sales.
    price : float, currency per share
        Last visible price.
    market_value, profit : float, currency
        `profit` is floating: market value less cost.
    """

    symbol: str
    quantity: int
    sellable: int
    locked: int
    reserved: int
    average_cost: float
    price: float
    market_value: float
    profit: float


class Holdings(Mapping[str, Holding]):
    """Holdings by symbol, in any spelling; a symbol that is not held gives an empty holding.

    A copy as of one moment: placing orders while looping over it is safe.
    """

    def __init__(self, exchange: Exchange, holdings: dict[str, Holding], words: Words = ENGLISH) -> None:
        self._exchange, self._holdings, self._words = exchange, holdings, words

    def __getitem__(self, symbol: str) -> Holding:
        name = self._exchange.market.symbols[self._exchange.market.column(symbol)]
        return self._holdings.get(name) or Holding(name, 0, 0, 0, 0, 0.0, float("nan"), 0.0, 0.0)

    def __contains__(self, symbol: object) -> bool:
        columns = self._exchange.market.panel.columns
        return symbol in columns and columns.symbols[columns[str(symbol)]] in self._holdings

    def __iter__(self) -> Iterator[str]:
        return iter(self._holdings)

    def __len__(self) -> int:
        return len(self._holdings)

    def __repr__(self) -> str:
        held = ", ".join(f"{name}: {held.quantity:,}" for name, held in self._holdings.items())
        return self._words("holdings_are", held=held)

    def _repr_html_(self) -> str:
        return holdings_html(list(self._holdings.values()), self._words)


class Portfolio:
    """The account at one moment, valued at the last visible prices.

    Numbers are floats of the currency; they are computed when read, from integers.

    Parameters
    ----------
    exchange : Exchange
    account : State or Draft
        Read at once: later changes do not show.
    starting_equity : int, money steps
    words : Words
        The language in which it shows itself.
    """

    def __init__(
        self, exchange: Exchange, account: Draft | State, starting_equity: int, words: Words = ENGLISH
    ) -> None:
        self._exchange, self._words = exchange, words
        self._view = exchange.view(account)
        self._cash, self._realised = account.cash, account.realised
        # A draft copies its positions before the first write of a step only, so later writes would show through.
        self._positions: dict[int, Position] = dict(account.positions)
        self._starting = starting_equity
        self._reserved = sum(reserved_cash(account, exchange).values()) if account.working else 0
        self._reserved_shares: dict[int, int] = {}
        for order in account.working.values():
            if order.leaves < 0 and not order.is_untouched and account.settings.reserve != "none":
                self._reserved_shares[order.instrument] = self._reserved_shares.get(order.instrument, 0) - order.leaves

    @cached_property
    def _values(self) -> list[int]:
        values: list[int] = market_values(self._exchange, self._view, self._positions).tolist()
        return values

    @property
    def cash(self) -> float:
        """All money; what of it is free is :attr:`available`."""
        return self._exchange.money.amount(self._cash)

    @property
    def reserved(self) -> float:
        """Cash held back by buys that are working. Requests that wait for the next open reserve nothing."""
        return self._exchange.money.amount(self._reserved)

    @property
    def available(self) -> float:
        """Cash less what is reserved."""
        return self._exchange.money.amount(self._cash - self._reserved)

    @property
    def market_value(self) -> float:
        """Value of all holdings."""
        return self._exchange.money.amount(sum(self._values))

    @property
    def equity(self) -> float:
        """Cash plus market value."""
        return self._exchange.money.amount(self._cash + sum(self._values))

    @property
    def starting_equity(self) -> float:
        """Equity at the beginning of the session."""
        return self._exchange.money.amount(self._starting)

    @property
    def nav(self) -> float:
        """Equity over the equity at the beginning; NaN when the session began with nothing."""
        return (self._cash + sum(self._values)) / self._starting if self._starting else float("nan")

    @property
    def profit(self) -> float:
        """Total profit since the beginning: floating plus realised."""
        return self._exchange.money.amount(self._cash + sum(self._values) - self._starting)

    @property
    def floating_profit(self) -> float:
        """Market value less the cost of the shares held, buying fees included."""
        cost = sum(position.cost for position in self._positions.values())
        return self._exchange.money.amount(sum(self._values) - cost)

    @property
    def realised_profit(self) -> float:
        """Profit of shares sold, net of fees, plus dividends, less taxes on them."""
        return self._exchange.money.amount(self._realised)

    @property
    def quantities(self) -> dict[str, int]:
        """Shares held by symbol."""
        symbols = self._exchange.market.symbols
        return {symbols[column]: position[0] for column, position in self._positions.items()}

    @cached_property
    def positions(self) -> Holdings:
        """Holdings by symbol."""
        exchange, money = self._exchange, self._exchange.money
        found = {}
        for (column, held), value in zip(self._positions.items(), self._values, strict=True):
            symbol = exchange.market.symbols[column]
            free = held.quantity if exchange.same_day[column] else held.sellable(self._view.day)
            reserved = min(self._reserved_shares.get(column, 0), free)
            found[symbol] = Holding(
                symbol,
                held.quantity,
                free - reserved,
                held.quantity - free,
                reserved,
                money.amount(held.cost) / held.quantity,
                money.amount(value) / held.quantity,
                money.amount(value),
                money.amount(value - held.cost),
            )
        return Holdings(exchange, found, self._words)

    def __repr__(self) -> str:
        facts = {"equity": f"{self.equity:,.2f}", "cash": f"{self.cash:,.2f}", "count": len(self._positions)}
        value, profit = f"{self.market_value:,.2f}", f"{self.profit:+,.2f}"
        return self._words("portfolio_is", value=value, profit=profit, **facts)

    def _repr_html_(self) -> str:
        return portfolio_html(self, self._words)
