"""Exercise of options: one order, and two events where shares change hands."""

from __future__ import annotations

from typing import Any

from qresearch.dialects.lean.derivatives import Option, exercise
from qresearch.dialects.lean.enums import OrderDirection, OrderStatus, OrderType
from qresearch.dialects.lean.orders import NO_FEE, Order, OrderEvent
from qresearch.dialects.lean.requests import OrderProperties, SubmitOrderRequest


def exercised(keeper: Any, option: Option, order: Order, *, is_automatic: bool = False) -> None:
    """End the contracts of an order at nothing, and book the shares that they bring at the strike.

    Parameters
    ----------
    keeper : Transactions
    option : Option
    order : Order
    is_automatic : bool
        The option has expired; else its owner exercises.
    """
    found = exercise(option, order.quantity, is_automatic=is_automatic)
    ended = OrderEvent(order, keeper.now, message=found.message)
    ended.status, ended.fill_quantity = OrderStatus.FILLED, found.contracts
    ended.is_assignment, ended.is_in_the_money = found.is_assignment, found.is_in_the_money
    shares = None
    if found.shares:
        shares = OrderEvent(order, keeper.now, message=found.message)
        shares.symbol, shares.fill_quantity, shares.exact_price = option.underlying.symbol, found.shares, option.strike
        shares.direction = OrderDirection.BUY if found.shares > 0 else OrderDirection.SELL
        shares.is_assignment, shares.is_in_the_money = found.is_assignment, True
    keeper.filled(order, ended, NO_FEE, shares)


def end_by_itself(keeper: Any, option: Option) -> None:
    """An option has expired: what is held or written of it ends, with or without shares; nobody asks for margin."""
    request = SubmitOrderRequest.of(
        OrderType.OPTION_EXERCISE, option.symbol, -option.holdings.quantity, {}, keeper.now, "", OrderProperties()
    )
    exercised(keeper, option, keeper.begin_by_force(request, option.exact_price), is_automatic=True)
