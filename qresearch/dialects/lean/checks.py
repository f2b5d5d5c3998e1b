"""What an order is held against before it is taken: the steps of its prices, the brokerage, the margin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qresearch.dialects.lean.desk import Desk
from qresearch.dialects.lean.names import answerer, called
from qresearch.dialects.lean.orders import Order
from qresearch.dialects.lean.power import HasSufficientBuyingPowerForOrderResult, PowerParameters
from qresearch.dialects.lean.requests import OWN_PRICES


def refused_by_brokerage(model: Any, question: str, *about: Any) -> str:
    """What the brokerage model says against something; empty where it takes it."""
    ask = called(model, question)
    answer = True if ask is None else ask(*about)
    allowed, text = answer if isinstance(answer, tuple) else (answer, "")
    return "" if allowed else str(text) or "The brokerage model refuses it."


def put_on_steps(order: Order, security: Any, warn: Callable[[str], object]) -> None:
    """Put the prices of an order on the step of its share; of a combination on the smallest of its legs."""
    for name in OWN_PRICES.get(order.type, ()):
        if name == "trailing_amount" and order.trailing_as_percentage:
            continue
        given = order.prices[name]
        order.prices[name] = security.rounded(given, security.exact_price)
        if order.prices[name] != given:
            warn("Prices of orders were rounded to the step of their shares.")


def lacking_for(desk: Desk, order: Order) -> str:
    """What the account lacks for an order; empty where it carries it."""
    security = desk.securities[order.symbol]
    ask = answerer(security.buying_power_model, "has_sufficient_buying_power_for_order", "BuyingPowerModel")
    found = ask(PowerParameters(desk.portfolio, security, order))
    if isinstance(found, HasSufficientBuyingPowerForOrderResult):
        return "" if found.is_sufficient else found.reason or "the model refuses it"
    return "" if found else "the model refuses it"
