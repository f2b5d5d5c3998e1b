"""Brokerage models: which models a share gets, and what a brokerage refuses."""

from __future__ import annotations

from typing import Any

from qresearch.dialects.lean.derivatives import OptionMarginModel
from qresearch.dialects.lean.enums import AccountType, BrokerageName
from qresearch.dialects.lean.fees import FeeModel, InteractiveBrokersFeeModel, NullSlippageModel
from qresearch.dialects.lean.fill import EquityFillModel, FillModel
from qresearch.dialects.lean.names import Named, called
from qresearch.dialects.lean.portfolio import (
    DelayedSettlementModel,
    ImmediateSettlementModel,
    MarginInterestRateModel,
)
from qresearch.dialects.lean.power import BuyingPowerModel, SecurityMarginModel
from qresearch.errors import UsageError, shown


class DefaultBrokerageModel(Named):
    """LEAN's default: margin of one half, the fees of Interactive Brokers.

    Parameters
    ----------
    account_type : AccountType
    """

    def __init__(self, account_type: AccountType = AccountType.MARGIN) -> None:
        self.account_type = account_type

    def initialize(self, security: Any) -> None:
        """Give a share its models, each of its own."""
        security.fill_model, security.fee_model = self.get_fill_model(security), self.get_fee_model(security)
        security.slippage_model = self.get_slippage_model(security)
        security.buying_power_model = self.get_buying_power_model(security)
        security.margin_interest_rate_model = self.get_margin_interest_rate_model(security)
        security.settlement_model = self.get_settlement_model(security)

    def get_fill_model(self, security: Any) -> FillModel:
        """Of shares; of options the base model."""
        return EquityFillModel() if security.symbol.option is None else FillModel()

    def get_fee_model(self, security: Any) -> FeeModel:
        """Of Interactive Brokers."""
        return InteractiveBrokersFeeModel()

    def get_slippage_model(self, security: Any) -> NullSlippageModel:
        """None."""
        return NullSlippageModel()

    def get_margin_interest_rate_model(self, security: Any) -> Any:
        """None."""
        return MarginInterestRateModel.NULL

    def get_leverage(self, security: Any) -> float:
        """2, and 1 for an account of cash."""
        return 1.0 if self.account_type is AccountType.CASH else 2.0

    def get_buying_power_model(self, security: Any) -> BuyingPowerModel:
        """By the leverage; of options their own."""
        if security.symbol.option is not None:
            return OptionMarginModel()
        return SecurityMarginModel(self.get_leverage(security))

    def get_settlement_model(self, security: Any) -> ImmediateSettlementModel:
        """At once; the day after for an account of cash."""
        return DelayedSettlementModel() if self.account_type is AccountType.CASH else ImmediateSettlementModel()

    def can_submit_order(self, security: Any, order: Any) -> tuple[bool, str]:
        """Whether an order is taken, and why not."""
        return True, ""

    def can_update_order(self, security: Any, order: Any, request: Any) -> tuple[bool, str]:
        """Whether an update is taken, and why not."""
        return True, ""


class FuncSecuritySeeder(Named):
    """Gives a share a price before there are data: that of bars that a function of the share gives.

    Parameters
    ----------
    call : callable
        Such as ``self.get_last_known_prices``.
    """

    def __init__(self, call: Any) -> None:
        self.call = call

    def seed_security(self, security: Any) -> bool:
        """Seed a share; whether there was a price."""
        found = self.call(security)
        bars = found if isinstance(found, (list, tuple)) else [found] if found is not None else []
        for bar in bars:
            security.set_market_price(bar)
        return bool(bars)


class BrokerageModelSecurityInitializer(Named):
    """Gives every share that is added the models of a brokerage, and a price by a seeder.

    Parameters
    ----------
    model : DefaultBrokerageModel
    seeder : FuncSecuritySeeder, optional
    """

    def __init__(self, model: Any, seeder: Any = None) -> None:
        self.model, self.seeder = model, seeder

    def initialize(self, security: Any) -> None:
        """Give a share its models and its price."""
        for part, name in ((self.model, "initialize"), (self.seeder, "seed_security")):
            ask = called(part, name)
            if ask is not None:
                ask(security)


class InteractiveBrokersBrokerageModel(DefaultBrokerageModel):
    """Interactive Brokers: for shares the same as the default."""


class FeeFreeBrokerageModel(DefaultBrokerageModel):
    """Brokerages that trade shares without a fee; else the default."""

    def get_fee_model(self, security: Any) -> FeeModel:
        """None for shares; a contract of an option costs what it costs elsewhere."""
        return FeeModel() if security.symbol.option is None else InteractiveBrokersFeeModel()


_FREE = (
    BrokerageName.TD_AMERITRADE, BrokerageName.CHARLES_SCHWAB, BrokerageName.TASTYTRADE, BrokerageName.TRADE_STATION,
    BrokerageName.WEBULL,
)  # fmt: skip
_KNOWN = {
    BrokerageName.DEFAULT: DefaultBrokerageModel, BrokerageName.QUANT_CONNECT_BROKERAGE: DefaultBrokerageModel,
    BrokerageName.INTERACTIVE_BROKERS_BROKERAGE: InteractiveBrokersBrokerageModel,
    **dict.fromkeys(_FREE, FeeFreeBrokerageModel),
}  # fmt: skip


def brokerage(model: Any, account_type: AccountType) -> Any:
    """A brokerage model by its name, or as it is.

    Raises
    ------
    UsageError
        A brokerage that is not modelled; pass one of those that are, or a model of your own.
    """
    if not isinstance(model, BrokerageName):
        if isinstance(model, int):
            raise UsageError(f"set_brokerage_model: {model} is no brokerage that is modelled here.")
        if called(model, "initialize") is None:
            raise UsageError(
                f"set_brokerage_model: {shown(model)} is no model of a brokerage. Pass one such as "
                "BrokerageName.INTERACTIVE_BROKERS_BROKERAGE, or a class of yours built on DefaultBrokerageModel."
            )
        return model
    return _KNOWN[model](account_type)
