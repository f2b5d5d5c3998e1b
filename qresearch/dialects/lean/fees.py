"""Fee and slippage models; a script replaces them by classes of its own with the same methods."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from qresearch.dialects.lean.enums import OrderType
from qresearch.dialects.lean.names import Named, dec
from qresearch.dialects.lean.orders import NO_FEE, Order, OrderFee
from qresearch.dialects.lean.requests import ZERO

_LIMITS = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.LIMIT_IF_TOUCHED, OrderType.COMBO_LEG_LIMIT})
_CONTRACTS = (
    (Decimal("0.1"), Decimal("0.65")), (Decimal("0.05"), Decimal("0.5")), (Decimal(0), Decimal("0.25")),
)  # fmt: skip
"""Dollars a contract from a premium on."""
_STOPS = frozenset({OrderType.STOP_MARKET, OrderType.TRAILING_STOP})


@dataclass
class OrderFeeParameters(Named):
    """What a fee is computed from."""

    security: Any
    order: Any

    @property
    def account_currency(self) -> str:
        """Of the fee."""
        return "USD"


def order_value(order: Order, price: Decimal) -> Decimal:
    """What an order is worth, signed, by its type: at the price, at its limit or stop where these count.

    Parameters
    ----------
    order : Order
    price : Decimal, dollars
        The present one.
    """
    name = "limit_price" if order.type in _LIMITS else "stop_price" if order.type in _STOPS else ""
    own = order.prices.get(name)
    if own is None:
        return order.quantity * price
    return order.quantity * (min(own, price) if order.quantity > 0 else max(own, price))


class FeeModel(Named):
    """No fee: the base of fee models."""

    def get_order_fee(self, parameters: OrderFeeParameters) -> OrderFee:
        """What a whole order costs."""
        return NO_FEE


class ConstantFeeModel(FeeModel):
    """The same for every order."""

    def __init__(self, fee: Any, currency: str = "USD") -> None:
        self.fee = OrderFee(abs(dec(fee)))

    def get_order_fee(self, parameters: OrderFeeParameters) -> OrderFee:
        """The fee."""
        return self.fee


class InteractiveBrokersFeeModel(FeeModel):
    """Half a cent per share, at least a dollar, and at most half a per cent of the value where that is more.

    A contract of an option costs 0.65 from a premium of 0.10 a share on, 0.50 from 0.05 on, else 0.25, an order at
    least a dollar (up to 10,000 contracts a month); an exercise costs nothing.
    """

    def get_order_fee(self, parameters: OrderFeeParameters) -> OrderFee:
        """By shares and value."""
        order = parameters.order
        if order.type is OrderType.OPTION_EXERCISE:
            return NO_FEE
        if order.symbol.option is not None:
            premium = abs(order_value(order, parameters.security.exact_price)) / order.absolute_quantity
            rate = next(rate for least, rate in _CONTRACTS if premium >= least)
            return OrderFee(max(order.absolute_quantity * rate, Decimal(1)))
        value = abs(order_value(order, parameters.security.exact_price))
        fee, most = Decimal("0.005") * order.absolute_quantity, Decimal("0.005") * value
        return OrderFee(Decimal(1) if fee < 1 else min(fee, most))


class NullSlippageModel(Named):
    """No slippage: the base of slippage models."""

    def get_slippage_approximation(self, asset: Any, order: Any) -> Any:
        """Dollars per share, against the order."""
        return ZERO


class ConstantSlippageModel(NullSlippageModel):
    """A part of the last price."""

    def __init__(self, slippage_percent: Any) -> None:
        self.slippage_percent = dec(slippage_percent)

    def get_slippage_approximation(self, asset: Any, order: Any) -> Any:
        """Dollars per share."""
        return self.slippage_percent * asset.exact_price


class VolumeShareSlippageModel(NullSlippageModel):
    """The square of the share of the bar's volume, capped, times an impact, times the last price."""

    def __init__(self, volume_limit: Any = 0.025, price_impact: Any = 0.1) -> None:
        self.volume_limit, self.price_impact = dec(volume_limit), dec(price_impact)

    def get_slippage_approximation(self, asset: Any, order: Any) -> Any:
        """Dollars per share; without a volume the cap counts."""
        volume = dec(asset.volume)
        share = min(order.absolute_quantity / volume, self.volume_limit) if volume > 0 else self.volume_limit
        return share * share * self.price_impact * asset.exact_price
