"""What happens to holdings and orders by themselves: dividends, splits, delistings, and margin calls."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from qresearch.dialects.lean.bars import Delisting, Dividend, Split, TradeBar
from qresearch.dialects.lean.derivatives import Option
from qresearch.dialects.lean.enums import DataNormalizationMode, OrderType
from qresearch.dialects.lean.exercise import end_by_itself
from qresearch.dialects.lean.names import Named, answerer, called, written
from qresearch.dialects.lean.portfolio import MarginInterestRateParameters
from qresearch.dialects.lean.power import PowerParameters, held_by
from qresearch.dialects.lean.requests import LATEST, ZERO, OrderProperties, SubmitOrderRequest
from qresearch.errors import UsageError

_PAYING = frozenset({DataNormalizationMode.RAW, DataNormalizationMode.SPLIT_ADJUSTED})


def apply_dividend(engine: Any, event: Dividend) -> None:
    """Cash for what is held, where prices do not hold dividends already; whoever is short pays."""
    security = engine.securities[event.symbol]
    if security.data_normalization_mode in _PAYING and security.holdings.quantity:
        amount = security.holdings.quantity * event.exact_distribution * security.unit
        engine.portfolio.add_cash(amount)
        engine.runtime.listener.paid(amount, "dividend")


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
        cash = (exact - whole) * security.exact_price * security.unit
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
    """A share ends: its orders are withdrawn, and what is held is closed at the last price, without a fee.

    An option that has expired is exercised where it is in the money, and else gone.
    """
    security = engine.securities[event.symbol]
    engine.transactions.cancel_open_orders(event.symbol)
    engine.keeper.work()
    if security.holdings.quantity and isinstance(security, Option):
        end_by_itself(engine.keeper, security)
    elif security.holdings.quantity:
        request = SubmitOrderRequest.of(
            OrderType.MARKET, event.symbol, -security.holdings.quantity, {}, engine.now, "Liquidate from delisting",
            OrderProperties(),
        )  # fmt: skip
        engine.keeper.fill_by_force(request, security.exact_price)
    security.is_tradable, security.is_delisted = False, True


def close_before_splits(engine: Any) -> None:
    """Sell options at the close of the day before their share splits, as late as an order for the close may come."""
    for symbol in sorted(engine.warned):
        hours, now = engine.hours, engine.now
        closes = hours.session(now.date())
        if closes is None or now < (closes[1] - LATEST).replace(second=0):
            continue
        engine.warned.discard(symbol)
        for security in engine.securities.values():
            if security.symbol.underlying != symbol:
                continue
            engine.transactions.cancel_open_orders(security.symbol, "The share splits.")
            if security.invested:
                engine.algorithm.market_on_close_order(
                    security.symbol, -security.holdings.quantity, False, "Liquidated before the share splits"
                )  # fmt: skip
            security.is_tradable = False


class NullMarginCallModel(Named):
    """No calls."""

    def get_margin_call_orders(self) -> tuple[list[SubmitOrderRequest], bool]:
        """None, and no warning."""
        return [], False

    def execute_margin_call(self, requests: Iterable[SubmitOrderRequest]) -> list[Any]:
        """Nothing."""
        return []


class DefaultMarginCallModel(NullMarginCallModel):
    """A call where nothing is free and the margin used exceeds 110 % of the value; a warning where 5 % are free.

    Parameters
    ----------
    portfolio : Portfolio
    default_order_properties : OrderProperties, optional
    """

    most, warned = Decimal("1.1"), Decimal("0.05")

    def __init__(self, portfolio: Any, default_order_properties: OrderProperties | None = None) -> None:
        self.portfolio, self.default_order_properties = portfolio, default_order_properties

    def get_margin_call_orders(self) -> tuple[list[SubmitOrderRequest], bool]:
        """What brings the margin used back to the value, and whether to warn instead of a call."""
        portfolio = self.portfolio
        value, used, remaining = portfolio.exact_value, portfolio.exact_margin_used, portfolio.exact_margin_remaining
        if used <= 0:
            return [], False
        if remaining > 0:
            return [], remaining <= value * self.warned
        if used <= value * self.most:
            return [], False
        held = [security for security in portfolio.securities.values() if security.invested]
        found = [request for security in held if (request := self._request(security, value, used - value)).quantity]
        return found, bool(found)

    def _request(self, security: Any, value: Decimal, missing: Decimal) -> SubmitOrderRequest:
        """Reduce a holding to what it may bind; to nothing where nothing is left."""
        model, holding = security.buying_power_model, security.holdings
        kept = max(held_by(model, security) - missing, ZERO)
        target = (kept if holding.quantity > 0 else -kept) / value if value else ZERO
        ask = answerer(model, "get_maximum_order_quantity_for_target_buying_power", "BuyingPowerModel")
        quantity = ask(PowerParameters(self.portfolio, security, target_buying_power=target)).quantity
        properties = (
            OrderProperties() if self.default_order_properties is None else self.default_order_properties.clone()
        )
        return SubmitOrderRequest.of(
            OrderType.MARKET, security.symbol, int(quantity), {}, security.local_time, "Margin Call", properties
        )

    def execute_margin_call(self, requests: Iterable[SubmitOrderRequest]) -> list[Any]:
        """Place orders, those for the largest losses first, until enough is free."""
        portfolio, found = self.portfolio, []
        for request in sorted(requests, key=lambda asked: portfolio[asked.symbol].exact_unrealised):
            if portfolio.exact_margin_remaining >= 0:
                break
            found.append(portfolio.transactions.add_order(request))
        return found


class MarginCallModel:
    """The model without calls, by its name."""

    NULL = Null = NullMarginCallModel()


def charge_interest(engine: Any) -> None:
    """Let the model of each security book its interest."""
    for security in engine.securities.values():
        charge = written(security.margin_interest_rate_model, "apply_margin_interest_rate")
        if charge is not None:
            charge(MarginInterestRateParameters(security, engine.now, engine.portfolio))


def check_margin(engine: Any) -> None:
    """Close what brings the margin used back to the value, where the exchanges of it are open; else warn."""
    portfolio = engine.portfolio
    model = portfolio.margin_call_model
    ask, execute = called(model, "get_margin_call_orders"), called(model, "execute_margin_call")
    if ask is None or execute is None:
        raise UsageError(f"{type(model).__name__} is no model of margin calls. Build it on DefaultMarginCallModel.")
    if not portfolio.invested:
        return
    requests, is_warned = ask()
    placed = []
    if requests and all(engine.securities[request.symbol].hours.is_open(engine.now) for request in requests):
        asked = called(engine.algorithm, "on_margin_call")
        if asked is not None and not (requests := asked(requests)):
            raise UsageError("on_margin_call must return the requests to place, and at least one of them.")
        placed = execute(requests)
        for ticket in placed:
            engine.runtime.listener.note("ERROR", f"Executed margin call: {ticket}")
    if is_warned and not placed:
        engine.call("on_margin_call_warning")
