"""Buying power: what an order needs, what is free, and how many shares a target is; amounts are exact decimals."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from typing import Any

from qresearch.dialects.lean.enums import OrderDirection, OrderType
from qresearch.dialects.lean.fees import OrderFeeParameters
from qresearch.dialects.lean.names import Named, answerer, called, dec, written
from qresearch.dialects.lean.orders import Order, OrderFee
from qresearch.dialects.lean.requests import ZERO, OrderProperties, SubmitOrderRequest
from qresearch.errors import UsageError, shown

_ONE = Decimal(1)
DIGITS = 40
"""Enough digits that a target at the very edge of a share is not rounded over it."""


@dataclass
class HasSufficientBuyingPowerForOrderResult(Named):
    """Whether an order can be carried, and why not."""

    is_sufficient: bool
    reason: str = ""


@dataclass
class GetMaximumOrderQuantityResult(Named):
    """How much to trade, signed, and why it is none."""

    quantity: Any
    reason: str = ""
    is_error: bool = False


class Amount(Named):
    """An amount of dollars that a model answers with."""

    def __init__(self, value: Any = 0) -> None:
        self.exact = dec(value)

    @property
    def value(self) -> float:
        """The amount."""
        return float(self.exact)


class InitialMargin(Amount):
    """What an order or a position needs to begin."""


class MaintenanceMargin(Amount):
    """What a holding binds."""


class ReservedBuyingPowerForPosition(Amount):
    """What a holding binds."""

    @property
    def absolute_used_buying_power(self) -> float:
        """The amount."""
        return self.value


class BuyingPower(Amount):
    """What an order may bind."""


@dataclass
class PowerParameters(Named):
    """What a model is asked about; each question looks at some of it."""

    portfolio: Any
    security: Any
    order: Any = None
    quantity: Any = 0
    direction: Any = OrderDirection.HOLD
    target_buying_power: Any = 0
    minimum_order_margin_portfolio_percentage: Any = 0

    def sufficient(self) -> HasSufficientBuyingPowerForOrderResult:
        """The order can be carried."""
        return HasSufficientBuyingPowerForOrderResult(is_sufficient=True)

    def insufficient(self, reason: str) -> HasSufficientBuyingPowerForOrderResult:
        """The order cannot be carried."""
        return HasSufficientBuyingPowerForOrderResult(is_sufficient=False, reason=reason)

    def result_in_account_currency(self, amount: Any) -> Amount:
        """An amount as an answer."""
        return Amount(amount)

    @property
    def absolute_quantity(self) -> Any:
        """Not signed."""
        return abs(self.quantity)

    @property
    def holdings_value(self) -> float:
        """Of the quantity at the present price, signed."""
        return float(self.quantity * self.security.exact_price * self.security.unit)

    @property
    def absolute_holdings_value(self) -> float:
        """Not signed."""
        return abs(self.holdings_value)

    @property
    def absolute_holdings_cost(self) -> float:
        """Of the quantity at the average price of what is held, not signed."""
        return float(abs(self.quantity * self.security.holdings.average * self.security.unit))


class BuyingPowerModel(Named):
    """Margin as a part of the value: 1 / leverage, the same to open and to hold.

    A script builds on it and answers some of the questions itself, under LEAN's names; the others go on as they do.

    Parameters
    ----------
    leverage : float
        Or three numbers: the initial and the maintenance margin as parts of the value, and what of the portfolio
        stays free, as a part.
    """

    initial = maintenance = _ONE
    required_free = ZERO

    def __init__(
        self, leverage: Any = 1, maintenance_margin_requirement: Any = None, required_free_buying_power_percent: Any = 0
    ) -> None:
        if maintenance_margin_requirement is None:
            self.initial = self.maintenance = _margin(leverage)
        else:
            self.initial, self.maintenance = dec(leverage), dec(maintenance_margin_requirement)
        self.required_free = dec(required_free_buying_power_percent)

    def get_leverage(self, security: Any) -> Decimal:
        """One over the initial margin."""
        return _ONE / self.initial

    def set_leverage(self, security: Any, leverage: Any) -> None:
        """Change initial and maintenance margin."""
        self.initial = self.maintenance = _margin(leverage)

    def rates(self, security: Any) -> tuple[Decimal, Decimal]:
        """Initial and maintenance margin as parts of the value, now."""
        return self.initial, self.maintenance

    def opening(self, security: Any, quantity: Any) -> Decimal:
        """What a position of so many binds to begin, not signed."""
        found: Decimal = abs(quantity) * security.exact_price * security.unit * self.rates(security)[0]
        return found

    def needed(self, security: Any, order: Order) -> Decimal:
        """What a whole order binds, without its fee."""
        return self.opening(security, order.quantity)

    def keeping(self, security: Any, quantity: Any) -> Decimal:
        """What a position of so many binds, not signed."""
        found: Decimal = abs(quantity) * security.exact_price * security.unit * self.rates(security)[1]
        return found

    # ------------------------------------------------------------------ LEAN's questions

    def get_initial_margin_requirement(self, parameters: PowerParameters) -> InitialMargin:
        """What a position binds to begin."""
        return InitialMargin(self.opening(parameters.security, dec(parameters.quantity)))

    def get_initial_margin_required_for_order(self, parameters: PowerParameters) -> InitialMargin:
        """What an order binds, with its fee."""
        security, order = parameters.security, parameters.order
        if written(self, "get_initial_margin_requirement") is None:
            found = self.needed(security, order)
        else:
            asked = replace(parameters, quantity=order.quantity)
            found = abs(answer(self, "get_initial_margin_requirement", asked))
        return InitialMargin(found + fee_of(security, order).exact)

    def get_maintenance_margin(self, parameters: PowerParameters) -> MaintenanceMargin:
        """What a holding binds."""
        return MaintenanceMargin(self.keeping(parameters.security, dec(parameters.quantity)))

    def get_reserved_buying_power_for_position(self, parameters: PowerParameters) -> Amount:
        """What is held binds."""
        security = parameters.security
        if written(self, "get_maintenance_margin") is None:
            return ReservedBuyingPowerForPosition(self.keeping(security, security.holdings.quantity))
        asked = replace(parameters, quantity=security.holdings.quantity)
        return ReservedBuyingPowerForPosition(abs(answer(self, "get_maintenance_margin", asked)))

    def get_buying_power(self, parameters: PowerParameters) -> BuyingPower:
        """What an order in a direction may bind."""
        side = {OrderDirection.BUY: 1, OrderDirection.SELL: -1}.get(parameters.direction, 0)
        return BuyingPower(self.free(parameters.portfolio, parameters.security, side))

    def get_maximum_order_quantity_for_target_buying_power(
        self, parameters: PowerParameters
    ) -> GetMaximumOrderQuantityResult:
        """Shares to trade so that the margin is a part of the portfolio."""
        portfolio, security = parameters.portfolio, parameters.security
        least, value = dec(parameters.minimum_order_margin_portfolio_percentage), portfolio.exact_value
        unit = self.opening(security, 1)
        wanted = Target(value, value * self.required_free, security.holdings.quantity, unit, _ONE, least)

        def fee(quantity: int) -> Decimal:
            return fee_of(security, priced(security, quantity)).exact

        return GetMaximumOrderQuantityResult(wanted.quantity(dec(parameters.target_buying_power), fee))

    def free(self, portfolio: Any, security: Any, quantity: int) -> Decimal:
        """What an order of a signed quantity may use: a reversal also what it frees."""
        holding = security.holdings
        found: Decimal = portfolio.exact_margin_remaining
        if holding.quantity * quantity < 0:
            found += held_by(self, security) + self.opening(security, holding.quantity)
        kept: Decimal = portfolio.exact_value * self.required_free
        return max(found - kept, ZERO)

    def has_sufficient_buying_power_for_order(
        self, parameters: PowerParameters
    ) -> HasSufficientBuyingPowerForOrderResult:
        """Whether an order can be carried; a pure reduction always can."""
        security, order = parameters.security, parameters.order
        held = security.holdings.quantity
        if not order.quantity or (held * order.quantity < 0 and abs(order.quantity) <= abs(held)):
            return parameters.sufficient()
        if written(self, "get_initial_margin_required_for_order") is None:
            found = self.get_initial_margin_required_for_order(parameters).exact
        else:
            found = answer(self, "get_initial_margin_required_for_order", parameters)
        needed = found * abs(order.remaining) / abs(order.quantity)
        if written(self, "get_buying_power") is None:
            free = self.free(parameters.portfolio, security, order.quantity)
        else:
            side = OrderDirection.BUY if order.quantity > 0 else OrderDirection.SELL
            free = answer(self, "get_buying_power", replace(parameters, direction=side))
        if needed <= free:
            return parameters.sufficient()
        return parameters.insufficient(
            f"Id: {order.id}, Initial Margin: {needed:.2f}, Free Margin: {free:.2f}"
        )  # fmt: skip


def _margin(leverage: Any) -> Decimal:
    """The part of the value that a leverage binds."""
    if dec(leverage) < 1:
        raise UsageError(f"leverage={shown(leverage)} is below 1. Pass 1 to pay in full, or more to borrow.")
    return _ONE / dec(leverage)


def answer(model: Any, question: str, parameters: PowerParameters) -> Decimal:
    """What a class of a script answers to a question, dollars."""
    ask = called(model, question)
    assert ask is not None  # whoever asks has looked
    found = ask(parameters)
    return dec(getattr(found, "exact", getattr(found, "value", found)))


def held_by(model: Any, security: Any) -> Decimal:
    """What the holding of a security binds, by its model.

    Parameters
    ----------
    model : BuyingPowerModel
        Or a class of a script with the same questions.
    security : Security
    """
    quantity = security.holdings.quantity
    for question in ("get_reserved_buying_power_for_position", "get_maintenance_margin"):
        if written(model, question) is not None:
            return abs(answer(model, question, PowerParameters(None, security, quantity=quantity)))
    found: Decimal = model.keeping(security, quantity)
    return found


def priced(security: Any, quantity: int) -> Order:
    """A market order of a quantity, to ask what it would cost; it is never sent."""
    return Order(0, SubmitOrderRequest.of(
        OrderType.MARKET, security.symbol, quantity, {}, security.local_time, "", OrderProperties()
    ))  # fmt: skip


class SecurityMarginModel(BuyingPowerModel):
    """Margin of shares."""

    def __init__(
        self, leverage: Any = 2, maintenance_margin_requirement: Any = None, required_free_buying_power_percent: Any = 0
    ) -> None:
        super().__init__(leverage, maintenance_margin_requirement, required_free_buying_power_percent)


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
        self.open_margin = _margin(open_market_leverage)

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
    found = answerer(security.fee_model, "get_order_fee", "FeeModel")(OrderFeeParameters(security, order))
    if not isinstance(found, OrderFee) or found.currency != "USD":
        raise UsageError(f"get_order_fee gave {shown(found)}. Return dollars: OrderFee(CashAmount(1.0, 'USD')).")
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
        if not fraction:
            return -self.held
        if not self.value or not self.unit:
            return 0
        with localcontext(prec=DIGITS):
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
