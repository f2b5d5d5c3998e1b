"""Targets: how many shares a part of the portfolio is, orders that lead there, and liquidation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

from qresearch.dialects.lean.engine import Engine
from qresearch.dialects.lean.enums import OrderType
from qresearch.dialects.lean.names import Named, called, dec
from qresearch.dialects.lean.power import DIGITS, PowerParameters
from qresearch.dialects.lean.symbols import Symbol
from qresearch.dialects.lean.tickets import OrderTicket
from qresearch.errors import UsageError

_MARKETS = frozenset({OrderType.MARKET, OrderType.MARKET_ON_OPEN})


@dataclass
class PortfolioTarget(Named):
    """A share and the part of the portfolio that it shall have."""

    symbol: Any
    quantity: float
    tag: str = ""


class TargetWords:
    """Targets, in the words of a script.

    Parameters
    ----------
    engine : Engine
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def calculate_order_quantity(self, symbol: Any, target: Any) -> int:
        """Shares to trade, signed, for a part of the portfolio."""
        engine = self.engine
        security, portfolio, settings = (
            engine.securities[self.engine.securities.symbol(symbol)],
            engine.portfolio,
            engine.settings,
        )
        value, model = portfolio.exact_value, security.buying_power_model
        if not value:
            return 0
        buffer = value * dec(settings.free_portfolio_value_percentage)
        if settings.free_portfolio_value is not None:
            buffer = dec(settings.free_portfolio_value)
        ask, leverage = (
            called(model, "get_maximum_order_quantity_for_target_buying_power"),
            called(model, "get_leverage"),
        )
        if ask is None or leverage is None:
            raise UsageError(f"{type(model).__name__} cannot size a target. Build it on BuyingPowerModel.")
        with localcontext(prec=DIGITS):
            part = dec(target) * (value - buffer) / value / dec(leverage(security))
            least = dec(settings.minimum_order_margin_portfolio_percentage)
            found = ask(PowerParameters(
                portfolio, security, target_buying_power=part, minimum_order_margin_portfolio_percentage=least
            ))  # fmt: skip
        return int(found.quantity)

    def set_holdings(self, symbol: Any, *rest: Any, **named: Any) -> list[OrderTicket]:
        """Trade to a part of the portfolio: (symbol, part, liquidate_existing_holdings, tag), or a list of targets."""
        if isinstance(symbol, (list, tuple)):
            given = {**dict(zip(("liquidate", "tag"), rest, strict=False)), **named}
            clear = given.get("liquidate", given.get("liquidate_existing_holdings", False))
            found = self._clear([self.engine.securities.symbol(target.symbol) for target in symbol]) if clear else []

            # What brings cash goes first.
            def change(target: PortfolioTarget) -> Decimal:
                security = self.engine.securities[self.engine.securities.symbol(target.symbol)]
                found: Decimal = self.calculate_order_quantity(target.symbol, target.quantity) * security.exact_price
                return found

            for target in sorted(symbol, key=change):
                found += self._hold(target.symbol, target.quantity, given.get("tag") or target.tag)
            return found
        names = ("percentage", "liquidate_existing_holdings", "tag", "order_properties")
        given = {**dict(zip(names, rest, strict=False)), **named}
        found = self._clear([self.engine.securities.symbol(symbol)]) if given.get("liquidate_existing_holdings") else []
        part = given.get("percentage", given.get("target"))
        return found + self._hold(symbol, part, given.get("tag") or "", given.get("order_properties"))

    def _clear(self, but: list[Symbol]) -> list[OrderTicket]:
        held = [security.symbol for security in self.engine.securities.values() if security.invested]
        return [ticket for symbol in held if symbol not in but for ticket in self.liquidate(symbol)]

    def _hold(self, symbol: Any, part: Any, tag: str, properties: Any = None) -> list[OrderTicket]:
        engine = self.engine
        security = engine.securities[self.engine.securities.symbol(symbol)]
        if engine.is_warming_up:
            return []
        coming = sum(
            order.remaining for order in engine.transactions.get_open_orders(security.symbol) if order.type in _MARKETS
        )
        quantity = self.calculate_order_quantity(symbol, part) - coming
        if not quantity:
            return []
        if security.hours.is_open(engine.now):
            return [engine.algorithm.market_order(symbol, quantity, False, tag, properties)]
        return [engine.algorithm.market_on_open_order(symbol, quantity, False, tag, properties)]

    def liquidate(
        self, symbol: Any = None, asynchronous: Any = False, tag: str = "", order_properties: Any = None
    ) -> list[OrderTicket]:
        """Withdraw what is open and close what is held, of a symbol or of all."""
        engine = self.engine
        if isinstance(asynchronous, str):
            asynchronous, tag = False, asynchronous
        if not engine.settings.liquidate_enabled:
            return []
        wanted: Iterable[Symbol] = (
            sorted(engine.securities.keys()) if symbol is None else [self.engine.securities.symbol(symbol)]
        )
        found: list[OrderTicket] = []
        for name in wanted:
            found += self._close(name, tag or "Liquidated", order_properties)
        return found

    def _close(self, symbol: Symbol, tag: str, properties: Any) -> list[OrderTicket]:
        engine = self.engine
        orders, held = engine.transactions.get_open_orders(symbol), engine.securities[symbol].holdings.quantity
        markets = [order for order in orders if order.type is OrderType.MARKET]
        if len(orders) == len(markets) == 1 and held + markets[0].quantity == 0:
            return []
        for order in orders:
            if order.type is not OrderType.MARKET:
                engine.transactions.cancel_order(order.id, tag)
        coming = sum(order.remaining for order in markets)
        if not held + coming:
            return []
        return [engine.algorithm.market_order(symbol, -held - coming, False, tag, properties)]
