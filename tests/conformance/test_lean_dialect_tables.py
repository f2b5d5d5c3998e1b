"""LEAN's own unit cases through the fill models and the sizing of the dialect."""

from __future__ import annotations

import csv
import datetime as dt
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from test_lean_fills import CASES, STEPS, Row

from qresearch.dialects.lean.bars import Bar, QuoteBar, TradeBar
from qresearch.dialects.lean.brokerage import DefaultBrokerageModel
from qresearch.dialects.lean.enums import DataNormalizationMode, OrderStatus, OrderType, Resolution
from qresearch.dialects.lean.fees import ConstantFeeModel
from qresearch.dialects.lean.fill import EquityFillModel, FillModel, ImmediateFillModel, Scene
from qresearch.dialects.lean.hours import NEW_YORK, new_york_hours
from qresearch.dialects.lean.orders import Order, OrderEvent
from qresearch.dialects.lean.portfolio import Portfolio
from qresearch.dialects.lean.power import SecurityMarginModel
from qresearch.dialects.lean.requests import OrderProperties, SubmitOrderRequest
from qresearch.dialects.lean.securities import Securities, Security
from qresearch.dialects.lean.symbols import Symbol
from qresearch.dialects.lean.target_words import TargetWords
from qresearch.engine.lean_market import us_equities

SPY = Symbol("SPY")
MODELS = {"EquityFillModel": EquityFillModel, "ImmediateFillModel": ImmediateFillModel}
TYPES = {
    "Market": OrderType.MARKET, "Limit": OrderType.LIMIT, "StopMarket": OrderType.STOP_MARKET,
    "StopLimit": OrderType.STOP_LIMIT, "TrailingStop": OrderType.TRAILING_STOP,
    "LimitIfTouched": OrderType.LIMIT_IF_TOUCHED, "MarketOnOpen": OrderType.MARKET_ON_OPEN,
    "MarketOnClose": OrderType.MARKET_ON_CLOSE,
}  # fmt: skip
PRICES = ("limit_price", "stop_price", "trigger_price", "trailing_amount")
PLAIN = us_equities()


def local(text: str) -> dt.datetime:
    """A time of the table on the clock of New York."""
    return dt.datetime.fromisoformat(text).astimezone(NEW_YORK).replace(tzinfo=None)


def security_of(row: Row) -> Security:
    """A share without bars yet, on an exchange without holidays, as the unit cases have it."""
    hours = new_york_hours().__class__(
        None, PLAIN.opens, PLAIN.closes, PLAIN.extended_opens, PLAIN.extended_closes
    )  # fmt: skip
    resolution = Resolution[row["resolution"].upper()]
    found = Security(SPY, resolution, DataNormalizationMode.ADJUSTED, extended=False, hours=hours)
    DefaultBrokerageModel().initialize(found)
    found.fill_model = MODELS[row["fill_model"]]()
    subscribed = row["subscriptions"].split("+")
    found.has_trades, found.has_quotes = "trade" in subscribed, "quote" in subscribed
    return found


def order_of(row: Row) -> Order:
    """The order of a case."""
    prices = {name: Decimal(row[name]) for name in PRICES if row[name]}
    request = SubmitOrderRequest.of(
        TYPES[row["order_type"]], SPY, int(row["quantity"]), prices, local(row["order_time_utc"]), "",
        OrderProperties(), trailing_as_percentage=row["trailing_as_percentage"] == "True",
    )  # fmt: skip
    return Order(1, request)


def take(security: Security, row: Row) -> None:
    """The bars that a step brought."""
    if row["trade_open"]:
        begin, end = local(row["trade_start_utc"]), local(row["trade_end_utc"])
        four = [float(row[f"trade_{name}"]) for name in ("open", "high", "low", "close")]
        security.trade = TradeBar(begin, SPY, *four, period=end - begin)
    if row["bid_open"] and row["ask_open"]:
        begin, end = local(row["quote_start_utc"]), local(row["quote_end_utc"])
        bid, ask = (
            Bar(*(float(row[f"{side}_{name}"]) for name in ("open", "high", "low", "close"))) for side in ("bid", "ask")
        )
        security.quote = QuoteBar(begin, SPY, bid, 0, ask, 0, end - begin)


def walk(rows: list[Row]) -> Iterator[tuple[Order, OrderEvent]]:
    """Ask the model of the dialect at each step of a case."""
    security, order = security_of(rows[0]), order_of(rows[0])
    model: FillModel = security.fill_model
    for row in rows:
        take(security, row)
        model.scene = Scene(local(row["clock_utc"]), dt.timedelta(seconds=float(row["stale_window_seconds"])))
        yield order, model.fill(security, order)


@pytest.mark.parametrize(("case", "number"), STEPS, ids=[f"{case}-{number}" for case, number in STEPS])
def test_the_fill_models_of_the_dialect_pass_every_step(case: str, number: int) -> None:
    """Protects what a script's orders are asked by: status, quantity and exact price of all 168 steps of 77 orders."""
    order, event = list(walk(CASES[case][:number]))[-1]
    row = CASES[case][number - 1]
    filled = row["expected_status"] == "Filled"
    assert event.status is (OrderStatus.FILLED if filled else OrderStatus.NONE)
    assert event.fill_quantity == int(row["expected_fill_quantity"])
    assert event.exact_price == Decimal(row["expected_fill_price"])
    if row["expected_stop_after"] and not filled and "stop_price" in order.prices:
        assert order.prices["stop_price"] == Decimal(row["expected_stop_after"])


with Path(__file__).with_name("lean_sizing_cases.csv").open(encoding="utf-8", newline="") as file:
    SIZES = list(csv.DictReader(file))


def words_of(row: Row) -> TargetWords:
    """The order words over a portfolio as a case has it."""
    hours = new_york_hours()
    securities = Securities()
    portfolio = Portfolio(securities, hours)
    security = Security(SPY, Resolution.MINUTE, DataNormalizationMode.ADJUSTED, extended=False, hours=hours)
    DefaultBrokerageModel().initialize(security)
    is_margin = row["leverage"].startswith("initial")
    security.set_margin_model(SecurityMarginModel(Decimal("0.5"), 1, 0) if is_margin else
                              SecurityMarginModel(float(row["leverage"])))  # fmt: skip
    security.set_fee_model(ConstantFeeModel(row["constant_fee"]))
    at = dt.datetime(2024, 1, 3, 10)
    price = float(row["price"])
    security.trade = TradeBar(at, SPY, price, price, price, price)
    securities[SPY] = security
    security.holdings.quantity = int(row["held_quantity"])
    portfolio.set_cash(row["initial_cash"])
    buffer = None if "%" in row["free_portfolio_value"] else float(row["free_portfolio_value"])
    settings = SimpleNamespace(
        free_portfolio_value_percentage=0.0025, free_portfolio_value=buffer,
        minimum_order_margin_portfolio_percentage=float(row["minimum_order_margin_fraction"]),
    )  # fmt: skip
    engine = SimpleNamespace(securities=securities, portfolio=portfolio, settings=settings, now=at)
    return TargetWords(engine)  # type: ignore[arg-type]  # what sizing looks at


@pytest.mark.parametrize("number", range(len(SIZES)), ids=[f"{n}-{row['test']}" for n, row in enumerate(SIZES)])
def test_the_sizing_of_the_dialect_passes_every_case(number: int) -> None:
    """Protects calculate_order_quantity and set_holdings: buffer, fee, rounding and the least change, 140 cases."""
    row = SIZES[number]
    first, *more = map(Decimal, row["target_fraction"].split(" * "))
    target = first * more[0] if more else first
    assert words_of(row).calculate_order_quantity(SPY, target) == int(row["expected_order_quantity"])


def test_both_tables_are_whole() -> None:
    """Protects the conformance from rows that get lost."""
    assert (len(STEPS), len(SIZES)) == (168, 140)
