"""Orders, their fees, and the events of their lives."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from qresearch.dialects.lean.enums import (
    OrderDirection,
    OrderStatus,
    OrderType,
    SecurityType,
)
from qresearch.dialects.lean.hours import utc
from qresearch.dialects.lean.names import Named, Settable, as_text, camel, dec, plain, smart
from qresearch.dialects.lean.requests import AT_ONCE, ZERO, Priced, SubmitOrderRequest, TimeInForce


class Order(Priced):
    """An order of a script. Times here are on the clock of New York; the properties of LEAN give UTC.

    Parameters
    ----------
    id : int
    request : SubmitOrderRequest
    """

    def __init__(self, id: int, request: SubmitOrderRequest) -> None:
        super().__init__(dict(request.prices))
        self.id, self.type, self.symbol, self.quantity = id, request.order_type, request.symbol, request.quantity
        self.trailing_as_percentage = request.trailing_as_percentage
        self.placed, self.tag = request.placed, request.tag
        if self.type is OrderType.TRAILING_STOP and not self.tag:
            trail = distance(self.prices["trailing_amount"], is_part=self.trailing_as_percentage)
            self.tag = f"Trailing Amount: {trail}"
        self.properties, self.group = request.order_properties, request.group
        self.status = OrderStatus.NEW
        self.broker_id: list[str] = []
        self.submission: tuple[Decimal, Decimal, Decimal] | None = None
        """Bid, ask and last when it was submitted."""
        self.stop_triggered = self.trigger_touched = False
        self.filled, self.average = 0, ZERO
        self.price_adjustment_mode = 0
        self.price_currency = "USD"
        self.filled_at: dt.datetime | None = None
        self.updated_at: dt.datetime | None = None
        self.canceled_at: dt.datetime | None = None
        self.events = 0

    def __repr__(self) -> str:
        return f"<Order {self.id}: {self.type.name} {self.quantity:+} {self.symbol}, {self.status.name}>"

    def __str__(self) -> str:
        units = "unit" if self.quantity == 1 else "units"
        told = "".join(
            f" {name.removesuffix('_price')} ${smart(self.prices[name])}"
            for name in ("stop_price", "trigger_price", "limit_price") if name in self.prices
        )  # fmt: skip
        trail = (
            ""
            if "trailing_amount" not in self.prices
            else (f". Trailing amount: {distance(self.prices['trailing_amount'], is_part=self.trailing_as_percentage)}")
        )
        return (
            f"OrderId: {self.id} (BrokerId: {','.join(self.broker_id)}) {camel(self.status.name)} "
            f"{camel(self.type.name)} order for {self.quantity} {units} of {self.symbol}"
            f"{self.tag and ': '}{self.tag}{told and ' at'}{told}{trail}"
        )

    @property
    def price(self) -> float:
        """Average price of what is filled; 0 before."""
        return float(self.average)

    @property
    def absolute_quantity(self) -> int:
        """Shares, not signed."""
        return abs(self.quantity)

    @property
    def remaining(self) -> int:
        """Shares that are not filled, signed."""
        return self.quantity - self.filled

    @property
    def direction(self) -> OrderDirection:
        """By the sign of its quantity."""
        if not self.quantity:
            return OrderDirection.HOLD
        return OrderDirection.BUY if self.quantity > 0 else OrderDirection.SELL

    @property
    def security_type(self) -> SecurityType:
        """Of its symbol."""
        return self.symbol.security_type

    @property
    def time_in_force(self) -> TimeInForce:
        """How long it is good for."""
        return self.properties.time_in_force

    @property
    def time(self) -> dt.datetime:
        """When it was made, UTC."""
        return utc(self.placed)

    @property
    def created_time(self) -> dt.datetime:
        """When it was made, UTC."""
        return utc(self.placed)

    @property
    def last_fill_time(self) -> dt.datetime | None:
        """UTC."""
        return None if self.filled_at is None else utc(self.filled_at)

    @property
    def last_update_time(self) -> dt.datetime | None:
        """UTC."""
        return None if self.updated_at is None else utc(self.updated_at)

    @property
    def canceled_time(self) -> dt.datetime | None:
        """UTC."""
        return None if self.canceled_at is None else utc(self.canceled_at)

    @property
    def value(self) -> float:
        """Quantity times price."""
        return float(self.quantity * self.average)

    @property
    def is_marketable(self) -> bool:
        """A market order, or a limit that crossed the other side when it was submitted."""
        if self.type in AT_ONCE:
            return True
        if self.type is not OrderType.LIMIT or self.submission is None:
            return False
        bid, ask, _ = self.submission
        limit = self.prices["limit_price"]
        return limit >= ask if self.quantity > 0 else limit <= bid


class OrderFee(Named):
    """What an order costs, dollars."""

    def __init__(self, value: Any = 0) -> None:
        self.exact = dec(getattr(value, "amount", value))
        self.currency: str = getattr(value, "currency", "USD")

    def __repr__(self) -> str:
        return f"{plain(self.exact)} {self.currency}"

    @property
    def value(self) -> CashAmount:
        """Amount and currency."""
        return CashAmount(float(self.exact), self.currency)


@dataclass(frozen=True)
class CashAmount(Named):
    """An amount of a currency."""

    amount: float
    currency: str = "USD"


NO_FEE = OrderFee()
for _name in ("ZERO", "Zero"):
    setattr(OrderFee, _name, NO_FEE)


def distance(amount: Decimal, *, is_part: bool) -> str:
    """How far a trailing stop follows, as LEAN writes it.

    >>> distance(Decimal("0.02"), is_part=True), distance(Decimal("2.50"), is_part=False)
    ('2%', '$2.5')
    """
    return f"{plain(amount * 100)}%" if is_part else f"${plain(amount)}"


class OrderEvent(Settable):
    """What happened to an order, with the quantity and the prices that it had then; whoever keeps orders stamps it."""

    def __init__(self, order: Order, at: dt.datetime, fee: OrderFee = NO_FEE, message: str = "") -> None:
        self.order_id, self.symbol, self.status, self.direction = order.id, order.symbol, order.status, order.direction
        self.at, self.order_fee, self.message = at, fee, message
        self.id, self.quantity, self.fill_quantity = 0, order.quantity, 0
        self.exact_price = ZERO
        self.is_assignment = self.is_in_the_money = False
        self.prices: dict[str, Decimal] = {}
        self.trailing_as_percentage = order.trailing_as_percentage
        self.ticket: Any = None

    def __repr__(self) -> str:
        filled = f" {self.fill_quantity:+} at {self.exact_price}" if self.fill_quantity else ""
        return f"<OrderEvent {self.order_id}/{self.id} {self.symbol} {self.status.name}{filled} {self.message}>"

    def __str__(self) -> str:
        told = (
            f"Time: {as_text(self.utc_time)} OrderID: {self.order_id} EventID: {self.id} Symbol: {self.symbol} "
            f"Status: {camel(self.status.name)} Quantity: {plain(dec(self.quantity))}"
        )
        if self.fill_quantity:
            told += f" FillQuantity: {plain(dec(self.fill_quantity))} FillPrice: ${smart(self.exact_price)}"
        for name in ("limit_price", "stop_price"):
            if name in self.prices:
                told += f" {camel(name)}: ${smart(self.prices[name])}"
        if "trailing_amount" in self.prices:
            told += f" TrailingAmount: {distance(self.prices['trailing_amount'], is_part=self.trailing_as_percentage)}"
        if "trigger_price" in self.prices:
            told += f" TriggerPrice: ${smart(self.prices['trigger_price'])}"
        if self.order_fee.exact:
            told += f" OrderFee: {self.order_fee}"
        if self.message:
            told += f" Message: {self.message}"
        return told + (f" IsAssignment: {self.is_assignment}" if self.symbol.option is not None else "")

    @property
    def utc_time(self) -> dt.datetime:
        """When, UTC."""
        return utc(self.at)

    @property
    def fill_price(self) -> float:
        """0 where nothing was filled."""
        return float(self.exact_price)

    @fill_price.setter
    def fill_price(self, price: Any) -> None:
        self.exact_price = dec(price)

    @property
    def fill_price_currency(self) -> str:
        """Of the price."""
        return "USD"

    @property
    def absolute_fill_quantity(self) -> int:
        """Shares, not signed."""
        return abs(self.fill_quantity)

    @property
    def limit_price(self) -> float | None:
        """None where the order has none."""
        return self._price("limit_price")

    @property
    def stop_price(self) -> float | None:
        """None where the order has none."""
        return self._price("stop_price")

    @property
    def trigger_price(self) -> float | None:
        """None where the order has none."""
        return self._price("trigger_price")

    @property
    def trailing_amount(self) -> float | None:
        """None where the order has none."""
        return self._price("trailing_amount")

    def _price(self, name: str) -> float | None:
        price = self.prices.get(name)
        return None if price is None else float(price)
