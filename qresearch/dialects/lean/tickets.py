"""The handle of a script on an order."""

from __future__ import annotations

import datetime as dt
from typing import Any, Protocol

from qresearch.dialects.lean.enums import (
    OrderField,
    OrderStatus,
    OrderType,
    SecurityType,
)
from qresearch.dialects.lean.names import Named, spoken
from qresearch.dialects.lean.orders import Order, OrderEvent
from qresearch.dialects.lean.requests import (
    OWN_PRICES,
    CancelOrderRequest,
    OrderRequest,
    OrderResponse,
    SubmitOrderRequest,
    UpdateOrderFields,
    UpdateOrderRequest,
)
from qresearch.dialects.lean.symbols import Symbol


class Keeper(Protocol):
    """Whoever takes the requests of a ticket."""

    @property
    def now(self) -> dt.datetime:
        """On the clock of New York."""

    def update(self, request: UpdateOrderRequest) -> OrderResponse:
        """Take an update."""

    def cancel(self, request: CancelOrderRequest, *, by_ticket: bool = False) -> OrderResponse:
        """Take a cancel."""


@spoken
class OrderTicket(Named):
    """A script's handle on an order, which follows it; used as a number it is the id, or the code of an error.

    Parameters
    ----------
    keeper : Keeper
    submit_request : SubmitOrderRequest
    order : Order or None
        None where the request was refused before there was an order.
    """

    def __init__(self, keeper: Keeper, submit_request: SubmitOrderRequest, order: Order | None) -> None:
        self.keeper, self.submit_request, self.order = keeper, submit_request, order
        self.update_requests: list[UpdateOrderRequest] = []
        self.cancel_request: CancelOrderRequest | None = None
        self.order_events: list[OrderEvent] = []

    def __repr__(self) -> str:
        return (
            f"<OrderTicket {self.order_id}: {self.order_type.name} {self.quantity:+} {self.symbol}, {self.status.name}>"
        )

    def __str__(self) -> str:
        requests = [self.submit_request, *self.update_requests, *([] if self.cancel_request is None else [1])]
        answered = 1 + sum(request.response.is_processed for request in self.update_requests)
        answered += self.cancel_request is not None
        order = "" if self.order is None else f"{self.order} "
        return f"{self.order_id}: {order}Request Count: {len(requests)} Response Count: {answered}"

    def __index__(self) -> int:
        response = self.get_most_recent_order_response()
        return int(response.error_code) if response.is_error else self.order_id

    def __int__(self) -> int:
        return self.__index__()

    @property
    def order_id(self) -> int:
        """0 or below where there is no order."""
        return self.submit_request.order_id

    @property
    def status(self) -> OrderStatus:
        """State of the order; invalid where there is none."""
        return OrderStatus.INVALID if self.order is None else self.order.status

    @property
    def symbol(self) -> Symbol:
        """Of the order."""
        return self.submit_request.symbol

    @property
    def security_type(self) -> SecurityType:
        """Of the order."""
        return self.symbol.security_type

    @property
    def quantity(self) -> int:
        """In all, signed."""
        return self.submit_request.quantity if self.order is None else self.order.quantity

    @property
    def quantity_filled(self) -> int:
        """Signed."""
        return 0 if self.order is None else self.order.filled

    @property
    def quantity_remaining(self) -> int:
        """Signed."""
        return self.quantity - self.quantity_filled

    @property
    def average_fill_price(self) -> float:
        """0 before anything was filled."""
        return 0.0 if self.order is None else self.order.price

    @property
    def order_type(self) -> OrderType:
        """Of the order."""
        return self.submit_request.order_type

    @property
    def tag(self) -> str:
        """Of the order."""
        return self.submit_request.tag if self.order is None else self.order.tag

    @property
    def time(self) -> dt.datetime:
        """Of the most recent request, UTC."""
        return self.get_most_recent_order_request().time

    @property
    def order_closed(self) -> bool:
        """True once the order is over."""
        return self.status.is_closed

    @property
    def has_order(self) -> bool:
        """False where the request was refused before there was one."""
        return self.order is not None

    def get_most_recent_order_request(self) -> OrderRequest:
        """The cancel, else the last update, else the request that placed it."""
        return self.cancel_request or (self.update_requests[-1] if self.update_requests else self.submit_request)

    def get_most_recent_order_response(self) -> OrderResponse:
        """The answer to it."""
        return self.get_most_recent_order_request().response

    def get(self, field: OrderField) -> Any:
        """A price of the order.

        Raises
        ------
        ValueError
            The type has none; ask for one that it has.
        """
        name = OrderField(field).name.lower()
        own = OWN_PRICES.get(self.order_type, ())
        if name == "trailing_as_percentage" and self.order_type is OrderType.TRAILING_STOP:
            return self.submit_request.trailing_as_percentage
        if name not in own:
            raise ValueError(f"{self.order_type.name} orders have no {name}, but {', '.join(own) or 'no price'}.")
        held = self.submit_request.prices if self.order is None else self.order.prices
        return float(held[name])

    def update(self, fields: UpdateOrderFields) -> OrderResponse:
        """Change the order; what is accepted takes effect when requests are next processed."""
        return self.keeper.update(UpdateOrderRequest(self.keeper.now, self.order_id, fields))

    def _changed(self, tag: str | None, **fields: Any) -> OrderResponse:
        return self.update(UpdateOrderFields(tag=tag, **fields))

    def update_tag(self, tag: str) -> OrderResponse:
        """Change the tag; allowed when the order is over too."""
        return self._changed(tag)

    def update_quantity(self, quantity: float, tag: str | None = None) -> OrderResponse:
        """Change the total quantity, signed."""
        return self._changed(tag, quantity=quantity)

    def update_limit_price(self, limit_price: float, tag: str | None = None) -> OrderResponse:
        """Change the limit."""
        return self._changed(tag, limit_price=limit_price)

    def update_stop_price(self, stop_price: float, tag: str | None = None) -> OrderResponse:
        """Change the stop."""
        return self._changed(tag, stop_price=stop_price)

    def update_trigger_price(self, trigger_price: float, tag: str | None = None) -> OrderResponse:
        """Change the trigger."""
        return self._changed(tag, trigger_price=trigger_price)

    def update_stop_trailing_amount(self, trailing_amount: float, tag: str | None = None) -> OrderResponse:
        """Change the distance of a trailing stop."""
        return self._changed(tag, trailing_amount=trailing_amount)

    def cancel(self, tag: str | None = None) -> OrderResponse:
        """Withdraw the order; it is canceled when requests are next processed."""
        return self.keeper.cancel(CancelOrderRequest(self.keeper.now, self.order_id, tag or ""), by_ticket=True)
