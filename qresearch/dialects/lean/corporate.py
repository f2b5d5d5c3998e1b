"""What happens to holdings and orders by themselves: dividends, splits, delistings, and margin calls."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from qresearch.dialects.lean.bars import Delisting, Dividend, Split, TradeBar
from qresearch.dialects.lean.enums import DataNormalizationMode, OrderType
from qresearch.dialects.lean.names import Named, called
from qresearch.dialects.lean.requests import ZERO, OrderProperties, SubmitOrderRequest

_PAYING = frozenset({DataNormalizationMode.RAW, DataNormalizationMode.SPLIT_ADJUSTED})


def apply_dividend(engine: Any, event: Dividend) -> None:
    """Cash for what is held, where prices do not hold dividends already; whoever is short pays."""
    security = engine.securities[event.symbol]
    if security.data_normalization_mode in _PAYING and security.holdings.quantity:
        amount = security.holdings.quantity * event.exact_distribution
        engine.portfolio.add_cash(amount)
        engine.runtime.listener.paid(event.symbol, amount)


def apply_split(engine: Any, event: Split) -> None:
    """Scale what is held, the last price and the open orders, where prices are raw."""
    security = engine.securities[event.symbol]
    if security.data_normalization_mode is not DataNormalizationMode.RAW:
        return
    factor, holding = event.exact_factor, security.holdings
    before = security.trade
    if before is not None:
        security.trade = _scaled(before, factor)
    if security.quote is not None:
        security.quote = None
    if holding.quantity:
        exact = holding.quantity / factor
        whole = int(exact)
        holding.average *= factor
        cash = (exact - whole) * security.exact_price
        holding.quantity = whole
        engine.portfolio.add_cash(cash)
        engine.runtime.listener.split(event.symbol, factor, whole, cash)
    engine.keeper.split(event.symbol, factor)


def _scaled(bar: TradeBar, factor: Decimal) -> TradeBar:
    """A bar at the prices after a split."""
    scale = float(factor)
    found = TradeBar(
        bar.time, bar.symbol, bar.open * scale, bar.high * scale, bar.low * scale, bar.close * scale, bar.volume,
        bar.period,
    )  # fmt: skip
    found.raw, found.factor = bar.raw, bar.factor * factor
    return found


def end_of(engine: Any, event: Delisting) -> None:
    """A share ends: its orders are withdrawn, and what is held is closed at the last price, without a fee."""
    security = engine.securities[event.symbol]
    engine.transactions.cancel_open_orders(event.symbol, "The share was delisted.")
    engine.keeper.work()
    if security.holdings.quantity:
        request = SubmitOrderRequest.of(
            OrderType.MARKET, event.symbol, -security.holdings.quantity, {}, engine.now, "Liquidate from delisting",
            OrderProperties(),
        )  # fmt: skip
        engine.keeper.fill_by_force(request, security.exact_price)
    security.is_tradable, security.is_delisted = False, True


class MarginCallModel(Named):
    """A call where nothing is free and the margin used exceeds 110 % of the value; a warning where 5 % are free."""

    most, warned = Decimal("1.1"), Decimal("0.05")

    def check(self, engine: Any) -> None:
        """Warn, or close what brings the margin used back to the value: the largest loss first."""
        portfolio = engine.portfolio
        held = [security for security in engine.securities.values() if security.invested]
        if not held or not all(security.hours.is_open(engine.now) for security in engine.securities.values()):
            return
        value, used, remaining = portfolio.exact_value, portfolio.exact_margin_used, portfolio.exact_margin_remaining
        if remaining <= value * self.warned:
            engine.call("on_margin_call_warning")
        if remaining > 0 or used <= value * self.most:
            return
        held.sort(key=lambda security: security.holdings.exact_unrealised)
        requests = [self._request(engine, security, used - value) for security in held]
        ask = called(engine.algorithm, "on_margin_call")
        if ask is not None:
            requests = ask(requests) or []
        for request in requests:
            engine.keeper.add_order(request)
            if portfolio.exact_margin_remaining >= 0:
                break

    def _request(self, engine: Any, security: Any, missing: Decimal) -> SubmitOrderRequest:
        _, maintenance = security.buying_power_model.rates(security)
        price = security.exact_price
        shares = (missing / price).quantize(Decimal(1), ROUND_HALF_UP) / maintenance if price else ZERO
        quantity = max(1, min(security.holdings.absolute_quantity, int(shares)))
        signed = -quantity if security.holdings.quantity > 0 else quantity
        return SubmitOrderRequest.of(
            OrderType.MARKET, security.symbol, signed, {}, engine.now, "Margin Call", OrderProperties()
        )
