"""The account as one looks at it: cash, holdings and profit at the last visible prices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from qresearch.book.holdings import holdings_of
from qresearch.book.html import holdings_html, portfolio_html
from qresearch.domain.attributes import told_names
from qresearch.domain.state import State
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.intent import Pool, Value
from qresearch.engine.ledger import net_quantity
from qresearch.engine.reserves import free_money, reserved_cash
from qresearch.sentences import ENGLISH, Words


@told_names()
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
        Of bonds with accrued interest; `profit` is floating: market value less cost.
    today : int, lots
        Of contracts, those opened today.
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
    today: int = 0

    def aside(self, key: str) -> int:
        """What a table tells beside what may be closed, by the key of its words; see ``AccountKind.holding_words``."""
        return self.today if key == "of_today" else self.locked

    def beside(self, other: Holding) -> Holding:
        """Both sides of one instrument as one: the long less the short, with no cost of its own."""
        return Holding(
            self.symbol,
            self.quantity + other.quantity,
            self.sellable + other.sellable,
            self.locked + other.locked,
            self.reserved + other.reserved,
            float("nan"),
            self.price,
            self.market_value + other.market_value,
            self.profit + other.profit,
            self.today + other.today,
        )


@told_names()
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

    @property
    def heads(self) -> tuple[str, str, str]:
        """Keys of the words that head a table of them: all, what may be closed, and what is told beside."""
        return self._exchange.account.holding_words

    def __repr__(self) -> str:
        held = ", ".join(f"{name}: {held.quantity:,}" for name, held in self._holdings.items())
        return self._words("holdings_are", held=held)

    def _repr_html_(self) -> str:
        return holdings_html(self, self._words)


@told_names(lambda account, name: f"Write portfolio.positions[{name!r}]." if name in account.positions else "")
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
        self._exchange, self._words, self._starting = exchange, words, starting_equity
        self._account = account.freeze() if isinstance(account, Draft) else account
        self._known: Value | None = None

    @property
    def _value(self) -> Value:
        # Not a cached property, which takes a lock: strategies ask for one number of each portfolio.
        known = self._known
        if known is None:
            known = self._known = self._exchange.account.value(self._account, self._exchange)
        return known

    @cached_property
    def _reserved(self) -> int:
        return sum(reserved_cash(self._account, self._exchange).values()) if self._account.working else 0

    @property
    def cash(self) -> float:
        """All money; what of it is free is :attr:`available`."""
        return self._exchange.money.amount(self._account.cash)

    @property
    def reserved(self) -> float:
        """Cash held back by buys that are working. Requests that wait for the next open reserve nothing."""
        return self._exchange.money.amount(self._reserved)

    @property
    def available(self) -> float:
        """Cash less what is reserved."""
        return self._exchange.money.amount(free_money(self._account, self._exchange, Pool.OWN))

    @property
    def market_value(self) -> float:
        """Value of all holdings."""
        return self._exchange.money.amount(self._value.market)

    @property
    def margin(self) -> float:
        """Bound behind open risk; 0 where everything is paid in full."""
        return self._exchange.money.amount(self._value.margin)

    @property
    def risk_degree(self) -> float:
        """Margin over equity; above 1 the account is called. NaN without equity."""
        return self._value.margin / self._value.equity if self._value.equity else float("nan")

    @property
    def missing_margin(self) -> float:
        """What a call asks for: by how much the margin of contracts exceeds what is there for it; 0 without a call."""
        usable = self._exchange.account.available(self._account, self._exchange, Pool.OWN)
        return self._exchange.money.amount(max(-usable, 0)) if self._value.margin else 0.0

    @property
    def available_margin(self) -> float:
        """What a new order that borrows may bind; where nothing is borrowed the same as :attr:`available`."""
        return self._exchange.money.amount(free_money(self._account, self._exchange, Pool.MARGIN))

    @property
    def debt(self) -> float:
        """Everything that is owed, shares at their marks, interest included; 0 in an account that borrows nothing."""
        return self._exchange.money.amount(self._value.debt)

    @property
    def maintenance_ratio(self) -> float:
        """Assets over debts; NaN without debts. Such an account is called where it falls below a line."""
        return (self._value.equity + self._value.debt) / self._value.debt if self._value.debt else float("nan")

    @property
    def equity(self) -> float:
        """Cash plus market value; of contracts only what they have earned since the last settlement."""
        return self._exchange.money.amount(self._value.equity)

    @property
    def starting_equity(self) -> float:
        """Equity at the beginning of the session."""
        return self._exchange.money.amount(self._starting)

    @property
    def nav(self) -> float:
        """Equity over the equity at the beginning, less the effect of flows of cash; NaN when it began with nothing."""
        grown = self._value.equity / self._account.ledger.scale
        return grown / self._starting if self._starting else float("nan")

    @property
    def profit(self) -> float:
        """Total profit since the beginning: floating plus realised."""
        return self._exchange.money.amount(self._value.equity - self._starting - self._account.ledger.flows)

    @property
    def floating_profit(self) -> float:
        """Market value less the cost of the shares held, buying fees included."""
        return self._exchange.money.amount(self._value.floating)

    @property
    def realised_profit(self) -> float:
        """Profit of shares sold, net of fees, plus dividends, less taxes on them; of lots closed, less all fees."""
        ledger = self._account.ledger
        return self._exchange.money.amount(self._account.realised + ledger.income - ledger.fees)

    @property
    def quantities(self) -> dict[str, int]:
        """Shares, or other units, held by symbol: the long ones less the short ones, as in :attr:`positions`."""
        symbols, account = self._exchange.market.symbols, self._account
        held = {symbols[instrument]: position[0] for instrument, position in account.positions.items()}
        if lots := account.ledger.lots:  # none in an account of shares, which strategies ask on every day
            held |= {symbols[instrument]: net_quantity(account, instrument) for instrument, _ in lots}
        return held

    @cached_property
    def positions(self) -> Holdings:
        """Holdings by symbol; where both sides are held, the long one less the short one."""
        amount, found = self._exchange.money.amount, dict[str, Holding]()
        for held in holdings_of(self._exchange, self._account):
            market, day = self._exchange.market, self._account.day
            item, symbol = market.instruments[held.instrument], market.symbols[held.instrument]
            size = self._exchange.multiplier(held.instrument, day)
            holding = Holding(
                symbol,
                held.sign * held.quantity,
                held.free - held.reserved,
                held.quantity - held.free,
                held.reserved,
                item.mean_price(amount(held.cost), held.quantity, size),
                item.mean_price(amount(held.value), held.quantity, size),
                amount(held.sign * held.worth),
                amount(held.profit),
                held.today,
            )
            found[symbol] = holding if symbol not in found else found[symbol].beside(holding)
        return Holdings(self._exchange, found, self._words)

    def __repr__(self) -> str:
        facts = {"equity": f"{self.equity:,.2f}", "cash": f"{self.cash:,.2f}", "count": len(self.positions)}
        value, profit = f"{self.market_value:,.2f}", f"{self.profit:+,.2f}"
        return self._words("portfolio_is", value=value, profit=profit, **facts)

    def _repr_html_(self) -> str:
        return portfolio_html(self, self._words)
