"""Targets: how many shares a part of the portfolio is, orders that lead there, and liquidation."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

from qresearch.dialects.lean.engine import Engine
from qresearch.dialects.lean.enums import OrderType
from qresearch.dialects.lean.names import Named, by_name, called, dec, spoken
from qresearch.dialects.lean.power import DIGITS, PowerParameters
from qresearch.dialects.lean.symbols import Symbol
from qresearch.dialects.lean.tickets import OrderTicket
from qresearch.errors import UsageError

_MARKETS = frozenset({OrderType.MARKET, OrderType.MARKET_ON_OPEN})


_WITH_TARGETS = ("liquidate_existing_holdings", "asynchronous", "tag", "order_properties")


@dataclass
class PortfolioTarget(Named):
    """A share and the part of the portfolio that it shall have."""

    symbol: Any
    quantity: float
    tag: str = ""


@spoken
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
        """Trade to a part of the portfolio: (symbol, part, liquidate_existing_holdings, tag), or a list of targets.

        The quantities of a list are all computed before its first order; what brings cash goes first.
        """
        is_list = isinstance(symbol, (list, tuple))
        names = _WITH_TARGETS if is_list else ("percentage", *_WITH_TARGETS)
        given = by_name("set_holdings", names, rest, named)
        if not is_list and given.get("percentage") is None:
            raise UsageError(f"set_holdings: the part is missing. Write set_holdings({str(symbol)!r}, 0.5) for a half.")
        targets = [(item.symbol, item.quantity) for item in symbol] if is_list else [(symbol, given["percentage"])]
        tag, properties, securities = given.get("tag"), given.get("order_properties"), self.engine.securities
        if isinstance(given.get("asynchronous"), str):  # scripts of years ago give the tag here
            tag, properties = given["asynchronous"], tag if properties is None else properties
        wanted = [securities.symbol(name) for name, _ in targets]
        found: list[OrderTicket] = []
        if given.get("liquidate_existing_holdings"):
            others = [security.symbol for security in securities.shown() if security.symbol not in wanted]
            found += self.liquidate(others, tag=tag, order_properties=properties)
        changes = [(name, self.calculate_order_quantity(name, each)) for name, each in targets]

        def value(change: tuple[Any, int]) -> Decimal:
            price: Decimal = change[1] * securities[securities.symbol(change[0])].exact_price
            return price

        for name, quantity in sorted(changes, key=value):
            found += self._change(securities.symbol(name), quantity, tag or "", properties)
        return found

    def _change(self, symbol: Symbol, change: int, tag: str, properties: Any) -> list[OrderTicket]:
        """Trade a quantity, less what open market orders bring."""
        engine = self.engine
        coming = sum(order.remaining for order in engine.transactions.get_open_orders(symbol) if order.type in _MARKETS)
        quantity = change - coming
        if not quantity:
            return []
        if engine.securities[symbol].hours.is_open(engine.now):
            return [engine.algorithm.market_order(symbol, quantity, False, tag, properties)]
        return [engine.algorithm.market_on_open_order(symbol, quantity, False, tag, properties)]

    def liquidate(
        self, symbol: Any = None, asynchronous: Any = False, tag: str | None = None, order_properties: Any = None
    ) -> list[OrderTicket]:
        """Withdraw what is open and close what is held, of a symbol, of some, or of all by the alphabet."""
        engine, known = self.engine, self.engine.securities
        if isinstance(asynchronous, str):
            asynchronous, tag = False, asynchronous
        if not engine.settings.liquidate_enabled:
            engine.runtime.listener.note("INFO", "Liquidate is switched off by settings.liquidate_enabled.")
            return []
        if symbol is None:
            wanted = sorted(known.keys())
        else:
            some = symbol if isinstance(symbol, (list, tuple, set)) else [symbol]
            wanted = [known.symbol(name) for name in some if known.symbol(name) in known]
        found: list[OrderTicket] = []
        for name in wanted:
            found += self._close(name, "Liquidated" if tag is None else tag, order_properties)
        return found

    def _close(self, symbol: Symbol, tag: str, properties: Any) -> list[OrderTicket]:
        engine = self.engine
        orders, held = engine.transactions.get_open_orders(symbol), engine.securities[symbol].holdings.quantity
        markets = [order for order in orders if order.type is OrderType.MARKET]
        if held and len(orders) == len(markets) == 1 and held + markets[0].quantity == 0:
            return []
        for order in orders:
            if order.type is not OrderType.MARKET:
                engine.transactions.cancel_order(order.id, tag)
        if not held:
            return []
        coming = sum(order.remaining for order in markets)
        return [engine.algorithm.market_order(symbol, -held - coming, False, tag, properties)]
