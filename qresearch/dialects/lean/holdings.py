"""What is held of a share, signed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from qresearch.dialects.lean.names import Named
from qresearch.dialects.lean.requests import ZERO


class Holding(Named):
    """What is held of a share, signed, at its average price."""

    def __init__(self, security: Any) -> None:
        self.security, self.symbol = security, security.symbol
        self.quantity, self.average = 0, ZERO
        self.realised = self.fees = self.sold = self.last_profit = ZERO

    def __repr__(self) -> str:
        return f"<{self.symbol}: {self.quantity:+} at {float(self.average):g}>"

    def take(self, quantity: int, price: Decimal, fee: Decimal) -> None:
        """Book a fill: average when adding, kept when reducing, new when crossing nothing."""
        held = self.quantity
        self.fees += fee
        unit = self.security.unit
        self.sold += abs(quantity) * price * unit
        if held * quantity < 0:
            closed = min(abs(held), abs(quantity)) * (1 if held > 0 else -1)
            self.last_profit = closed * (price - self.average) * unit
            self.realised += self.last_profit
        left = held + quantity
        if not left:
            self.average = ZERO
        elif held * quantity >= 0:
            self.average = (held * self.average + quantity * price) / left
        elif held * left < 0:
            self.average = price
        self.quantity = left

    @property
    def exact_value(self) -> Decimal:
        """At the present price, signed."""
        price: Decimal = self.security.exact_price
        return self.quantity * price * self.security.unit if self.quantity else ZERO

    @property
    def average_price(self) -> float:
        """0 where nothing is held."""
        return float(self.average)

    @property
    def price(self) -> float:
        """Of the share."""
        return float(self.security.price)

    @property
    def invested(self) -> bool:
        """True where something is held."""
        return self.quantity != 0

    @property
    def is_long(self) -> bool:
        """True where shares are held."""
        return self.quantity > 0

    @property
    def is_short(self) -> bool:
        """True where shares are owed."""
        return self.quantity < 0

    @property
    def absolute_quantity(self) -> int:
        """Shares, not signed."""
        return abs(self.quantity)

    @property
    def holdings_value(self) -> float:
        """At the present price, signed."""
        return float(self.exact_value)

    @property
    def absolute_holdings_value(self) -> float:
        """Not signed."""
        return abs(self.holdings_value)

    @property
    def holdings_cost(self) -> float:
        """At the average price, signed."""
        return float(self.exact_cost)

    @property
    def exact_cost(self) -> Decimal:
        """At the average price, signed, dollars."""
        found: Decimal = self.quantity * self.average * self.security.unit
        return found

    @property
    def absolute_holdings_cost(self) -> float:
        """Not signed."""
        return abs(self.holdings_cost)

    @property
    def leverage(self) -> float:
        """Of the share."""
        return float(self.security.leverage)

    @property
    def type(self) -> Any:
        """Kind of security."""
        return self.security.type

    def total_close_profit(self) -> float:
        """What closing it now would bring, without the fee of that."""
        return self.unrealized_profit

    @property
    def exact_unrealised(self) -> Decimal:
        """Profit of what is held, without fees."""
        return self.exact_value - self.exact_cost

    @property
    def unrealized_profit(self) -> float:
        """Profit of what is held, without fees."""
        return float(self.exact_unrealised)

    @property
    def unrealized_profit_percent(self) -> float:
        """Against its cost; 0 where nothing is held."""
        cost = abs(self.exact_cost)
        return float(self.exact_unrealised / cost) if cost else 0.0

    @property
    def profit(self) -> float:
        """Realised, without fees."""
        return float(self.realised)

    @property
    def net_profit(self) -> float:
        """Realised, less fees."""
        return float(self.realised - self.fees)

    @property
    def last_trade_profit(self) -> float:
        """Of the last fill that closed something."""
        return float(self.last_profit)

    @property
    def total_fees(self) -> float:
        """Since the start."""
        return float(self.fees)

    @property
    def total_sale_volume(self) -> float:
        """Dollars traded since the start."""
        return float(self.sold)
