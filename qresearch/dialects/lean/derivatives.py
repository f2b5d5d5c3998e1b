"""Options on shares: the security, its margin, its fee, and what an exercise brings."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from qresearch.dialects.lean.enums import OptionRight, OptionStyle, OrderType, SecurityType, SettlementType
from qresearch.dialects.lean.names import Named, dec
from qresearch.dialects.lean.orders import Order
from qresearch.dialects.lean.power import (
    HasSufficientBuyingPowerForOrderResult,
    PowerParameters,
    SecurityMarginModel,
    fee_of,
    held_by,
)
from qresearch.dialects.lean.requests import ZERO, OrderProperties, SubmitOrderRequest
from qresearch.dialects.lean.securities import Security, SymbolProperties
from qresearch.dialects.lean.symbols import OptionTerms
from qresearch.errors import UsageError

UNIT = 100
"""Shares in one contract."""
_LEAST = Decimal("0.01")
"""Intrinsic value from which an option is exercised by itself."""
_PART, _PART_LESS = Decimal("0.1"), Decimal("0.2")
"""Of the share's value, or of a put's strike; and of the share's value, less what the option is out of the money."""


class Option(Security):
    """A contract of an option that a script has subscribed to; its share is subscribed to with it."""

    underlying: Any = None
    """The security of the share."""
    exercise_settlement = SettlementType.PHYSICAL_DELIVERY

    def begin(self, underlying: Security) -> None:
        """Set what a share has not."""
        self.underlying, self.multiplier = underlying, Decimal(UNIT)

    @property
    def type(self) -> SecurityType:
        """An option."""
        return SecurityType.OPTION

    @property
    def right(self) -> OptionRight:
        """Buy, or sell."""
        return self._terms.right

    @property
    def style(self) -> OptionStyle:
        """On any day, or on the last."""
        return self._terms.style

    @property
    def strike_price(self) -> float:
        """Dollars a share."""
        return float(self.strike)

    @property
    def strike(self) -> Decimal:
        """Dollars a share, exactly."""
        return self._terms.strike

    @property
    def expiry(self) -> dt.datetime:
        """Midnight of the last day."""
        return dt.datetime.combine(self._terms.expiry, dt.time(0))

    @property
    def _terms(self) -> OptionTerms:
        assert self.symbol.option is not None  # an option has them
        return self.symbol.option

    @property
    def contract_multiplier(self) -> int:
        """Shares in one contract."""
        return UNIT

    @property
    def contract_unit_of_trade(self) -> int:
        """Shares in one contract."""
        return UNIT

    @property
    def symbol_properties(self) -> SymbolProperties:
        """Lot, price step, multiplier."""
        return SymbolProperties(
            str(self.symbol), contract_multiplier=float(UNIT), market_ticker=str(self.symbol)
        )  # fmt: skip

    @property
    def exact_price(self) -> Decimal:
        """The last trade, or the middle of a newer quote; 0 before there is one."""
        trade, quote = self.trade, self.quote
        if trade is not None and (quote is None or trade.end_time >= quote.end_time):
            return trade.exact(3)
        sides = [] if quote is None else [quote.side(ask=False), quote.side(ask=True)]
        found = [dec(side.close) for side in sides if side is not None]
        return sum(found, ZERO) / len(found) if found else self.seeded or ZERO

    @property
    def price(self) -> float:
        """The last price; 0 before there is one."""
        return float(self.exact_price)

    def pay_off(self, price: Decimal) -> Decimal:
        """What an exercise gains for one share at a price; below nothing where it loses."""
        return price - self.strike if self.right is OptionRight.CALL else self.strike - price

    def get_intrinsic_value(self, underlying_price: Any) -> float:
        """What an exercise gains for one share at a price, at least nothing."""
        return float(max(self.pay_off(dec(underlying_price)), ZERO))

    def is_auto_exercised(self, underlying_price: Any) -> bool:
        """Whether it is exercised by itself at its end: by a cent a share or more in the money."""
        return self.pay_off(dec(underlying_price)) >= _LEAST

    def get_exercise_quantity(self, quantity: Any = None) -> int:
        """Shares that come or go where contracts end, signed.

        Parameters
        ----------
        quantity : int, optional
            Contracts of the order that ends them, signed: below nothing of those that are held. None: all of them.
        """
        ended = -self.holdings.quantity if quantity is None else int(quantity)
        return (-1 if self.right is OptionRight.CALL else 1) * ended * UNIT


class OptionMarginModel(SecurityMarginModel):
    """Margin of options: the premium of what is bought; of what is written the premium and a part of the share.

    The part is the larger of a tenth of the share's value (of a put: of the strike) and a fifth of the share's value
    less what the option is out of the money. A contract that is held binds nothing more; every written one counts as
    naked, whatever else is held (assumption: LEAN asks less for covered calls and spreads).
    """

    def __init__(self, required_free_buying_power_percent: Any = 0) -> None:
        super().__init__(1, None, required_free_buying_power_percent)

    def set_leverage(self, security: Any, leverage: Any) -> None:
        """Refused: options have their own margin."""
        raise UsageError(f"{security.symbol}: an option has no leverage to set. Its margin follows its share.")

    def naked(self, option: Option, quantity: Any) -> Decimal:
        """The part of the share for so many written contracts, dollars; nothing before the share has a price."""
        share = option.underlying.exact_price
        if not share or not option.exact_price:
            return ZERO
        base = share if option.right is OptionRight.CALL else option.strike
        outside = max(-option.pay_off(share), ZERO)
        found: Decimal = abs(quantity) * option.unit * max(_PART * base, _PART_LESS * share - outside)
        return found

    def opening(self, security: Any, quantity: Any) -> Decimal:
        """What a position of so many binds to begin: of a long one nothing."""
        if quantity >= 0:
            return ZERO
        found: Decimal = abs(quantity) * security.exact_price * security.unit + self.naked(security, quantity)
        return found

    def needed(self, security: Any, order: Order) -> Decimal:
        """The premium, and of what is sold the part of the share."""
        premium: Decimal = abs(order.quantity) * security.exact_price * security.unit
        return premium + (self.naked(security, order.quantity) if order.quantity < 0 else ZERO)

    def keeping(self, security: Any, quantity: Any) -> Decimal:
        """What a position of so many binds: of a written one its cost, grown as the margin has against the value."""
        if quantity >= 0:
            return ZERO
        value = abs(quantity) * security.exact_price * security.unit
        cost: Decimal = abs(quantity * security.holdings.average * security.unit)
        return cost * (1 + self.naked(security, quantity) / value) if value else ZERO

    def has_sufficient_buying_power_for_order(
        self, parameters: PowerParameters
    ) -> HasSufficientBuyingPowerForOrderResult:
        """As for shares; an exercise needs what the order for its shares at the strike would need."""
        option, order = parameters.security, parameters.order
        if order.type is not OrderType.OPTION_EXERCISE:
            return super().has_sufficient_buying_power_for_order(parameters)
        share, quantity = option.underlying, option.get_exercise_quantity(order.quantity)
        held = share.holdings.quantity
        if not option.is_auto_exercised(share.exact_price) or (held * quantity < 0 and abs(quantity) <= abs(held)):
            return parameters.sufficient()
        asked = Order(order.id, SubmitOrderRequest.of(
            OrderType.LIMIT, share.symbol, quantity, {"limit_price": option.strike}, order.placed, "",
            OrderProperties(),
        ))  # fmt: skip
        model = share.buying_power_model
        needed = model.needed(share, asked) + fee_of(share, asked).exact
        free = model.free(parameters.portfolio, share, quantity) + held_by(self, option)
        if needed <= free:
            return parameters.sufficient()
        return parameters.insufficient(f"Id: {order.id}, Initial Margin: {needed:.2f}, Free Margin: {free:.2f}")


@dataclass(frozen=True)
class Exercise(Named):
    """What ends contracts and brings shares.

    Parameters
    ----------
    contracts : int
        Signed; what their holding changes by.
    shares : int
        Signed; 0 where the option is out of the money.
    message : str
    is_assignment, is_in_the_money : bool
    """

    contracts: int
    shares: int
    message: str
    is_assignment: bool
    is_in_the_money: bool


def exercise(option: Option, quantity: int, *, is_automatic: bool) -> Exercise:
    """What the end of some contracts brings: shares at the strike where they are in the money, else nothing.

    Parameters
    ----------
    option : Option
    quantity : int
        Contracts of the order, signed: below nothing of those that are held, above of those that were written.
    is_automatic : bool
        The option has expired; else its owner exercises.
    """
    is_worth = option.is_auto_exercised(option.underlying.exact_price)
    is_assigned = is_worth and option.holdings.quantity < 0
    word = "Option Assignment" if is_assigned else "Automatic Exercise" if is_automatic else "Option Exercise"
    shares = option.get_exercise_quantity(quantity) if is_worth else 0
    return Exercise(quantity, shares, word if is_worth else "OTM", is_assigned, is_worth)
