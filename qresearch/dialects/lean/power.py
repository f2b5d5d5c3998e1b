"""Buying power: what an order needs, what is free, and how many shares a target is; amounts are exact decimals."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from typing import Any, NamedTuple

from qresearch.dialects.lean.fees import OrderFeeParameters
from qresearch.dialects.lean.names import Named, called, dec
from qresearch.dialects.lean.orders import Order, OrderFee
from qresearch.dialects.lean.requests import ZERO

_ONE = Decimal(1)
_DIGITS = 40
"""Enough that a target at the very edge of a share is not rounded over it."""


@dataclass
class HasSufficientBuyingPowerForOrderResult(Named):
    """Whether an order can be carried, and why not."""

    is_sufficient: bool
    reason: str = ""


class PowerParameters(NamedTuple):
    """What a model is asked about."""

    portfolio: Any
    security: Any
    order: Any


class BuyingPowerModel(Named):
    """Margin as a part of the value: 1 / leverage, the same to open and to hold.

    Parameters
    ----------
    leverage : float
        Or three numbers: the initial and the maintenance margin as parts of the value, and what of the portfolio
        stays free, as a part.
    """

    def __init__(
        self, leverage: Any = 2, maintenance_margin_requirement: Any = None, required_free_buying_power_percent: Any = 0
    ) -> None:
        if maintenance_margin_requirement is None:
            self.initial = self.maintenance = _ONE / dec(leverage)
        else:
            self.initial, self.maintenance = dec(leverage), dec(maintenance_margin_requirement)
        self.required_free = dec(required_free_buying_power_percent)

    def get_leverage(self, security: Any) -> Decimal:
        """One over the initial margin."""
        return _ONE / self.initial

    def set_leverage(self, security: Any, leverage: Any) -> None:
        """Change initial and maintenance margin."""
        self.initial = self.maintenance = _ONE / dec(leverage)

    def rates(self, security: Any) -> tuple[Decimal, Decimal]:
        """Initial and maintenance margin as parts of the value, now."""
        return self.initial, self.maintenance

    def held(self, security: Any) -> Decimal:
        """What the holding binds."""
        value: Decimal = security.holdings.exact_value
        return abs(value) * self.rates(security)[1]

    def free(self, portfolio: Any, security: Any, quantity: int) -> Decimal:
        """What an order of a signed quantity may use: a reversal also what it frees."""
        holding = security.holdings
        found: Decimal = portfolio.exact_margin_remaining
        if holding.quantity * quantity < 0:
            found += abs(holding.exact_value) * sum(self.rates(security))
        kept: Decimal = portfolio.exact_value * self.required_free
        return max(found - kept, ZERO)

    def has_sufficient_buying_power_for_order(
        self, parameters: PowerParameters
    ) -> HasSufficientBuyingPowerForOrderResult:
        """Whether an order can be carried; a pure reduction always can."""
        portfolio, security, order = parameters
        held = security.holdings.quantity
        if not order.quantity or (held * order.quantity < 0 and abs(order.quantity) <= abs(held)):
            return HasSufficientBuyingPowerForOrderResult(is_sufficient=True)
        fee = fee_of(security, order).exact
        needed = abs(order.quantity) * security.exact_price * self.rates(security)[0] + fee
        needed = needed * abs(order.remaining) / abs(order.quantity)
        free = self.free(portfolio, security, order.quantity)
        if needed <= free:
            return HasSufficientBuyingPowerForOrderResult(is_sufficient=True)
        return HasSufficientBuyingPowerForOrderResult(
            False,
            f"Id: {order.id}, Initial Margin: {needed:.2f}, Free Margin: {free:.2f}",  # as named
        )


class SecurityMarginModel(BuyingPowerModel):
    """Margin of shares."""


class RegTMarginModel(BuyingPowerModel):
    """Regulation T: half of the value to open, a quarter to hold."""

    def __init__(self) -> None:
        super().__init__(Decimal("0.5"), Decimal("0.25"), 0)


class CashBuyingPowerModel(BuyingPowerModel):
    """Everything is paid in full."""

    def __init__(self) -> None:
        super().__init__(1)


class PatternDayTradingMarginModel(BuyingPowerModel):
    """Four times inside the day; twice when the exchange is closed, or within ten minutes of its close."""

    def __init__(self, closed_market_leverage: Any = 2, open_market_leverage: Any = 4) -> None:
        super().__init__(closed_market_leverage)
        self.open_margin = _ONE / dec(open_market_leverage)

    def rates(self, security: Any) -> tuple[Decimal, Decimal]:
        """By the hour."""
        now = security.local_time
        is_open = security.hours.is_open(now) and security.hours.is_open(now + dt.timedelta(minutes=10))
        rate = self.open_margin if is_open else self.initial
        return rate, rate

    def get_leverage(self, security: Any) -> Decimal:
        """By the hour."""
        return _ONE / self.rates(security)[0]


def fee_of(security: Any, order: Order) -> OrderFee:
    """What an order costs by the model of its security."""
    ask = called(security.fee_model, "get_order_fee")
    assert ask is not None  # every model has it
    found: OrderFee = ask(OrderFeeParameters(security, order))
    return found


@dataclass
class Target:
    """What a target quantity is computed from.

    Parameters
    ----------
    value : Decimal, dollars
        Of the portfolio.
    buffer : Decimal, dollars
        What of it stays free.
    held : int, shares
    unit : Decimal, dollars
        Margin of one share.
    leverage : Decimal
    least : Decimal
        Part of the portfolio below which a change of margin is none.
    """

    value: Decimal
    buffer: Decimal
    held: int
    unit: Decimal
    leverage: Decimal
    least: Decimal

    def quantity(self, fraction: Decimal, fee: Any) -> int:
        """Shares to trade, signed, for a fraction of the portfolio.

        Parameters
        ----------
        fraction : Decimal
        fee : callable
            The fee of a number of shares, signed, dollars.
        """
        if not self.value or not self.unit:
            return 0
        with localcontext(prec=_DIGITS):
            return self._quantity(fraction, fee)

    def _quantity(self, fraction: Decimal, fee: Any) -> int:
        part = fraction * (self.value - self.buffer) / self.value / self.leverage
        margin = part * self.value
        if not margin:
            return -self.held
        if abs(margin - self.held * self.unit) < self.least * self.value:
            return 0
        while True:
            rounding = ROUND_FLOOR if margin > 0 else ROUND_CEILING
            found = int((margin / self.unit).to_integral_value(rounding)) - self.held
            if not found:
                return 0
            margin = part * (self.value - fee(found))
            if abs((found + self.held) * self.unit) <= abs(margin):
                return found
