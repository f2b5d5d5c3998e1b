"""The transactions object of a script: orders and tickets to look at, and requests in their own shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qresearch.dialects.lean.enums import OrderResponseErrorCode, OrderType
from qresearch.dialects.lean.names import Named
from qresearch.dialects.lean.orders import Order
from qresearch.dialects.lean.requests import CancelOrderRequest, OrderProperties, SubmitOrderRequest, UpdateOrderRequest
from qresearch.dialects.lean.symbols import Symbol
from qresearch.dialects.lean.tickets import OrderTicket
from qresearch.dialects.lean.transactions import Transactions


class TransactionManager(Named):
    """What ``self.transactions`` is.

    Parameters
    ----------
    keeper : Transactions
    """

    def __init__(self, keeper: Transactions) -> None:
        self.keeper = keeper

    def add_order(self, request: SubmitOrderRequest) -> OrderTicket:
        """Place an order without the checks and conversions of the helpers."""
        return self.keeper.add_order(request)

    def process_request(self, request: Any) -> OrderTicket:
        """Take a request that a script made itself."""
        return self.keeper.add_order(request)

    def update_order(self, request: UpdateOrderRequest) -> OrderTicket:
        """Take an update, and give the ticket."""
        self.keeper.update(request)
        return self.get_order_ticket(request.order_id)

    def cancel_order(self, order_id: int, tag: str | None = None) -> OrderTicket:
        """Withdraw an order."""
        self.keeper.cancel(CancelOrderRequest(self.keeper.now, order_id, tag or ""))
        return self.get_order_ticket(order_id)

    def cancel_open_orders(self, symbol: Any = None, tag: str | None = None) -> list[OrderTicket]:
        """Withdraw all open orders, or those of a symbol."""
        if symbol is None and tag is None:
            tag = f"Canceled by CancelOpenOrders() at {self.keeper.now.isoformat()}"
        return [self.cancel_order(order.id, tag) for order in self.get_open_orders(symbol)]

    def get_order_by_id(self, order_id: int) -> Order | None:
        """The order of an id; None where there is none."""
        return self.keeper.orders.get(int(order_id))

    def get_order_ticket(self, order_id: int) -> OrderTicket:
        """The ticket of an id; of an unknown one a ticket that is invalid."""
        found = self.keeper.tickets.get(int(order_id))
        if found is not None:
            return found
        request = SubmitOrderRequest.of(OrderType.MARKET, Symbol("?"), 0, {}, self.keeper.now, "", OrderProperties())
        request.order_id = int(order_id)
        request.answer(OrderResponseErrorCode.UNABLE_TO_FIND_ORDER, f"There is no order {order_id}.")
        return OrderTicket(self.keeper, request, None)

    def get_order_tickets(self, filter: Callable[[OrderTicket], bool] | None = None) -> list[OrderTicket]:
        """Tickets, all or those that a function wants."""
        return [ticket for ticket in self.keeper.tickets.values() if filter is None or filter(ticket)]

    def get_orders(self, filter: Callable[[Order], bool] | None = None) -> list[Order]:
        """Orders, all or those that a function wants."""
        return [order for order in self.keeper.orders.values() if filter is None or filter(order)]

    def get_open_orders(self, symbol: Any = None) -> list[Order]:
        """Open orders, all or those of a symbol or that a function wants."""
        return [order for order in self._open() if _is_wanted(order, symbol)]

    def get_open_order_tickets(self, symbol: Any = None) -> list[OrderTicket]:
        """Tickets of open orders, all or those of a symbol or that a function wants."""
        return [ticket for order in self._open() if _is_wanted(ticket := self.keeper.tickets[order.id], symbol)]

    def get_open_orders_remaining_quantity(self, symbol: Any = None) -> int:
        """Shares that open orders have still to trade, signed."""
        return sum(order.remaining for order in self.get_open_orders(symbol))

    def _open(self) -> list[Order]:
        return [order for _, order in sorted(self.keeper.orders.open.items()) if not order.status.is_closed]

    @property
    def orders_count(self) -> int:
        """Orders so far."""
        return len(self.keeper.orders)

    @property
    def last_order_id(self) -> int:
        """The id of the last order; 0 before there is one."""
        return self.keeper.last_order_id


def _is_wanted(item: Any, symbol: Any) -> bool:
    if symbol is None:
        return True
    return bool(symbol(item)) if callable(symbol) else bool(item.symbol == symbol)
