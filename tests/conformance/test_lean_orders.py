"""The life of an order in LEAN: every transition of the table, every response code, and the claims of its page.

Codes of what does not trade here, and of live brokerages, are not reached, and listed at the end.
"""

from __future__ import annotations

import csv
import datetime as dt
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from lean_world import NEW_YEAR, World, algorithm, days, flat, orders

from qresearch.dialects.lean import order_events
from qresearch.dialects.lean.enums import OrderResponseErrorCode as Code
from qresearch.dialects.lean.enums import OrderStatus, OrderType


def one(body: str, *prices: float, **options: Any) -> Any:
    """A run of a script on minute bars of one day."""
    world = World().minutes("SPY", [flat(price) for price in prices or (100, 100, 100, 100)])
    given = {"resolution": "MINUTE", "last": NEW_YEAR, "how": ", fill_forward=False", **options}
    extra = given.pop("extra", "")
    return world.run(algorithm(body, **given) + extra)


def story(session: Any, order: int = 1) -> list[str]:
    """The states through which an order went."""
    frame = order_events(session)
    return [] if frame.empty else frame[frame.order_id == order]["status"].tolist()


def code(asked: str, *prices: float, **options: Any) -> int:
    """The code of the answer to what is asked at the second bar."""
    session = one(f"""
        def on_data(self, data):
            self.count += 1
            if self.count == 2:
                answer = {asked}
                answer = answer.submit_request.response if isinstance(answer, OrderTicket) else answer
                self.seen.append(int(answer.error_code))
    """, *prices, **options)  # fmt: skip
    (found,) = session.strategy.target.algorithm.seen
    return int(found)


# ---------------------------------------------------------------- 8a: before there is an order


def test_orders_before_the_run_and_during_warm_up_are_refused() -> None:
    """Protects -24: no order, no id, no event, in initialize and in warm-up."""
    session = one("""
        def on_data(self, data):
            if self.is_warming_up:
                ticket = self.market_order(self.spy, 1)
                self.seen.append((int(ticket.submit_request.response.error_code), ticket.status.name, ticket.order_id))
    """, set_up="""
        self.set_warm_up(1)
        self.security.set_market_price(TradeBar(self.time, self.spy, 1, 1, 1, 1))
        ticket = self.market_order(self.spy, 1)
        self.seen.append((int(ticket.submit_request.response.error_code), ticket.status.name, ticket.order_id))
    """)  # fmt: skip
    assert session.strategy.target.algorithm.seen[0] == (Code.ALGORITHM_WARMING_UP, "INVALID", 0)
    assert order_events(session).empty
    assert len(session.orders) == 0


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ('self.market_order("XXX", 1)', Code.MISSING_SECURITY),
        ("self.market_order(self.spy, 0)", Code.ORDER_QUANTITY_ZERO),
        ("self.market_order(self.spy, 0.5)", Code.ORDER_QUANTITY_LESS_THAN_LOT_SIZE),
        ("self.market_on_open_order(self.spy, 1)", Code.MARKET_ON_OPEN_NOT_ALLOWED_DURING_REGULAR_HOURS),
        ("self.market_order(self.spy, 1)", Code.NONE),
        ("self.market_on_close_order(self.spy, 1)", Code.NONE),
    ],
)
def test_what_the_helpers_refuse(asked: str, expected: Code) -> None:
    """Protects the checks of 8a that a script meets without doing anything odd: -14, -11, -30, -35."""
    assert code(asked) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("self.security.is_tradable = False", Code.NON_TRADABLE_SECURITY),
        ("self.security.quote_currency = None", Code.QUOTE_CURRENCY_REQUIRED),
        ("self.security.quote_currency = Cash('EUR', 0, 0.0)", Code.CONVERSION_RATE_ZERO),
        ("self.set_maximum_orders(-1)", Code.EXCEEDED_MAXIMUM_ORDERS),
        ("self.set_maximum_orders(0)", Code.NONE),
    ],
)
def test_what_a_security_can_be_refused_for(change: str, expected: Code) -> None:
    """Protects -28, -26, -27 and -20, each set up by the script."""
    assert code("self.market_order(self.spy, 1)", set_up=change) == expected


def test_a_share_without_a_price_or_without_data_is_refused() -> None:
    """Protects -16 and -19: no price at all, and a price that was given before any data came."""
    session = World().daily("SPY", [flat(100)] * 2).daily("NEW", []).run(algorithm("""
        def on_data(self, data):
            self.count += 1
            other = self.securities["NEW"]
            if self.count == 2:
                other.set_market_price(TradeBar(self.time, other.symbol, 5, 5, 5, 5))
            self.seen.append(int(self.market_order("NEW", 1).submit_request.response.error_code))
    """, set_up='self.add_equity("NEW", Resolution.DAILY)', last=dt.date(2024, 1, 3)))  # fmt: skip
    assert session.strategy.target.algorithm.seen == [Code.SECURITY_PRICE_ZERO, Code.SECURITY_HAS_NO_DATA]


@pytest.mark.parametrize(("minute", "expected"), [(374, Code.NONE), (375, Code.MARKET_ON_CLOSE_ORDER_TOO_LATE)])
def test_orders_for_the_close_come_in_time(minute: int, expected: Code) -> None:
    """Protects -21: at 15:44 an order for the close is taken, at 15:45 it is later than 15.5 minutes before it."""
    session = one(f"""
        def on_data(self, data):
            self.count += 1
            if self.count == {minute}:
                ticket = self.market_on_close_order(self.spy, 1)
                self.seen.append(int(ticket.submit_request.response.error_code))
    """, *[100.0] * 390)  # fmt: skip
    assert session.strategy.target.algorithm.seen == [expected]


# ---------------------------------------------------------------- 8b and 8c: when it is added and processed


def test_an_order_that_is_refused_when_it_is_added_is_on_record() -> None:
    """Protects 8b: -31 has an id and one event, was never submitted, and its tag tells why."""
    session = one("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.market_order(self.spy, -100)
    """, set_up="self.security.set_shortable_provider(Few())",
        extra="\n\nclass Few:\n    def shortable_quantity(self, symbol, time):\n        return 10\n")  # fmt: skip
    assert story(session) == ["INVALID"]
    assert orders(session, "tag")[0][0].startswith("Order exceeds shortable quantity")
    assert session.strategy.target.engine.keeper.orders[1].submission is None
    assert session.orders["reason"].tolist() == ["NO_BORROW"]


def test_an_order_without_margin_is_invalid() -> None:
    """Protects -3: 10,000 carry 199 at 100 with a dollar, and not 200; the order is on record with its message."""
    session = one("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                for quantity in (200, 199):
                    ticket = self.market_order(self.spy, quantity)
                    self.seen.append(int(ticket.submit_request.response.error_code))
    """, cash=10_000)  # fmt: skip
    assert session.strategy.target.algorithm.seen == [Code.INSUFFICIENT_BUYING_POWER, Code.NONE]
    assert story(session) == ["INVALID"]
    assert "Initial Margin: 10001.00, Free Margin: 10000.00" in order_events(session)["message"].iloc[0]
    told = "An order for 200 needs 10,001.00 of margin and fees; 10,000.00 is available, enough for 199."
    assert session.orders["why"].iloc[0] == told  # and not that another fill had come before it


PICKY = """

class Picky(DefaultBrokerageModel):
    def can_submit_order(self, security, order):
        return order.quantity != 13, "not thirteen"

    def can_update_order(self, security, order, request):
        return request.fields.quantity != 13, "not thirteen"
"""


def test_a_brokerage_model_of_a_script_refuses() -> None:
    """Protects -4 and -25: an order that is not taken is invalid, one that may not be changed stays as it is."""
    session = one("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.seen.append(int(self.limit_order(self.spy, 13, 50).submit_request.response.error_code))
                self.ticket = self.limit_order(self.spy, 10, 50)
            elif self.count == 2:
                self.ticket.update_quantity(13)
            elif self.count == 3:
                self.seen.append(int(self.ticket.update_requests[-1].response.error_code))
                self.seen.append((self.ticket.quantity, self.ticket.status.name))
    """, set_up="self.set_brokerage_model(Picky())", extra=PICKY)  # fmt: skip
    assert session.strategy.target.algorithm.seen == [
        Code.BROKERAGE_MODEL_REFUSED_TO_SUBMIT_ORDER, Code.BROKERAGE_MODEL_REFUSED_TO_UPDATE_ORDER, (10, "SUBMITTED")
    ]  # fmt: skip
    # The refused update is an event with the state as it was, and its message.
    assert story(session, 2) == ["SUBMITTED", "SUBMITTED"]


# ---------------------------------------------------------------- 8d: updates and cancels


def test_what_an_update_is_refused_for() -> None:
    """Protects -10, -11, -9, -6: no such order, nothing left, over, and more than the margin carries."""
    session = one("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.ticket = self.limit_order(self.spy, 10, 50)
                self.done = self.market_order(self.spy, 1)
            elif self.count == 2:
                fields = UpdateOrderFields(limit_price=51)
                unknown = UpdateOrderRequest(self.time, 99, fields)
                self.transactions.update_order(unknown)
                self.seen += [int(unknown.response.error_code), int(self.ticket.update_quantity(0).error_code),
                              int(self.done.update(fields).error_code), self.done.update_tag("x").is_success]
                self.ticket.update_quantity(10_000)
            elif self.count == 3:
                self.seen += [int(self.ticket.update_requests[-1].response.error_code), self.ticket.quantity]
    """, cash=10_000)  # fmt: skip
    assert session.strategy.target.algorithm.seen == [
        Code.UNABLE_TO_FIND_ORDER, Code.ORDER_QUANTITY_ZERO, Code.INVALID_ORDER_STATUS, True,
        Code.BROKERAGE_FAILED_TO_UPDATE_ORDER, 10,
    ]  # fmt: skip


def test_what_a_cancel_is_refused_for() -> None:
    """Protects -10 with a ticket that is invalid, -9 for what is over, -23 by the ticket and -22 by the manager."""
    session = one("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.ticket = self.limit_order(self.spy, 10, 50)
                self.done = self.market_order(self.spy, 1)
            elif self.count == 2:
                unknown = self.transactions.cancel_order(99)
                late = self.done.cancel("late")
                self.seen += [unknown.status.name, int(unknown), int(late.error_code), self.done.tag]
                self.ticket.cancel()
                again = CancelOrderRequest(self.time, 1, "")
                refused = self.transactions.keeper.cancel(again)
                self.seen += [int(self.ticket.cancel().error_code), int(refused.error_code)]
    """)  # fmt: skip
    assert session.strategy.target.algorithm.seen == [
        "INVALID", Code.UNABLE_TO_FIND_ORDER, Code.INVALID_ORDER_STATUS, "late", Code.REQUEST_CANCELED,
        Code.INVALID_REQUEST,
    ]  # fmt: skip


def test_a_new_order_can_be_neither_updated_nor_canceled() -> None:
    """Protects -32: the first leg of a combination is new until the last one is there."""
    session = World().minutes("SPY", [flat(100)] * 3).minutes("AAA", [flat(50)] * 3).run(algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                group = Group(1, 2, 1)
                legs = [SubmitOrderRequest(OrderType.COMBO_MARKET, SecurityType.EQUITY, symbol, 1, 0, 0, self.utc_time,
                                           "", OrderProperties(), group) for symbol in (self.spy, Symbol("AAA"))]
                ticket = self.transactions.add_order(legs[0])
                self.seen += [ticket.status.name, int(ticket.update_quantity(2).error_code),
                              int(ticket.cancel().error_code)]
                self.transactions.add_order(legs[1])
    """, set_up='self.add_equity("AAA", Resolution.MINUTE)', resolution="MINUTE", last=NEW_YEAR))  # fmt: skip
    assert session.strategy.target.algorithm.seen == [
        "NEW", Code.INVALID_NEW_ORDER_STATUS, Code.INVALID_NEW_ORDER_STATUS
    ]  # fmt: skip
    assert orders(session, "status") == [("FILLED",), ("FILLED",)]


# ---------------------------------------------------------------- section 3: the transitions


def test_submitted_then_filled_inside_one_call() -> None:
    """Protects the order of delivery: submitted always comes before the fill, both before the call returns."""
    session = one("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.seen.append(self.market_order(self.spy, 1).status.name)

        def on_order_event(self, event):
            self.seen.append((event.id, event.status.name))
    """)  # fmt: skip
    assert session.strategy.target.algorithm.seen == [(1, "SUBMITTED"), (2, "FILLED"), "FILLED"]


def test_a_handler_may_order_and_sees_its_order_filled() -> None:
    """Protects re-entry: the fill of an order places its stop and its target, which are accepted inside the event."""
    session = one("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.market_order(self.spy, 10)

        def on_order_event(self, event):
            if event.order_id == 1 and event.status == OrderStatus.FILLED:
                self.seen = [self.stop_market_order(self.spy, -10, 90).status.name,
                             self.limit_order(self.spy, -10, 110).status.name]
    """)  # fmt: skip
    assert session.strategy.target.algorithm.seen == ["SUBMITTED", "SUBMITTED"]


def test_an_update_of_a_part_filled_order_loses_the_label() -> None:
    """Protects partly filled, then updated: the state is UpdateSubmitted, and quantity_filled tells the part."""
    session = one("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.ticket = self.limit_order(self.spy, 100, 101)
            elif self.count == 3:
                self.ticket.update_limit_price(99)
            elif self.count == 4:
                self.seen = [self.ticket.status.name, self.ticket.quantity_filled, self.ticket.quantity_remaining]
    """, set_up="self.security.set_fill_model(Part())", extra="""

class Part(FillModel):
    done = False

    def limit_fill(self, asset, order):
        fill = super().limit_fill(asset, order)
        if fill.status == OrderStatus.FILLED and not self.done:
            self.done = True
            fill.fill_quantity, fill.status = 40, OrderStatus.PARTIALLY_FILLED
        elif self.done:
            fill.status, fill.fill_quantity = OrderStatus.NONE, 0
        return fill
""")  # fmt: skip
    assert story(session) == ["SUBMITTED", "PARTIALLY_FILLED", "UPDATE_SUBMITTED"]
    assert session.strategy.target.algorithm.seen == ["UPDATE_SUBMITTED", 40, 60]


def test_a_cancel_that_comes_too_late_is_filled() -> None:
    """Protects the race.

    Canceled by a scheduled event, filled by the scan before the line is worked off? Never: the line comes
    first, and the cancel holds although the bar would have filled it.
    """
    session = one("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.ticket = self.limit_order(self.spy, 10, 99.5)

        def withdraw(self):
            self.ticket.cancel()
            self.seen.append(self.ticket.status.name)
    """, 100, 100, 98, 98, set_up="""
        days = self.date_rules.every_day(self.spy)
        self.schedule.on(days, self.time_rules.at(9, 32, 30), self.withdraw)
    """)  # fmt: skip
    assert session.strategy.target.algorithm.seen == ["CANCEL_PENDING"]
    assert story(session) == ["SUBMITTED", "CANCEL_PENDING", "CANCELED"]


def test_a_pending_cancel_is_not_made_invalid_by_the_margin() -> None:
    """Protects Lean PR 6021: an order without margin that is being canceled is passed over by the scan."""
    session = one("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.first = self.limit_order(self.spy, 190, 99.5)
                self.second = self.limit_order(self.spy, 190, 99.5)

        def on_order_event(self, event):
            if event.order_id == 1 and event.status == OrderStatus.FILLED:
                self.second.cancel()
    """, 100, 98, 98, cash=10_000)  # fmt: skip
    assert story(session, 2) == ["SUBMITTED", "CANCEL_PENDING", "CANCELED"]


def test_prices_are_rounded_where_the_subscription_is_raw() -> None:
    """Protects section 9: half to even on the cent for raw prices, and nothing for adjusted ones."""
    found = []
    for mode in ("RAW", "ADJUSTED"):
        session = one("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.stop_limit_order(self.spy, 1, 150.125, 150.135)
        """, how=f", data_normalization_mode=DataNormalizationMode.{mode}")  # fmt: skip
        found += orders(session, "stop_price", "limit_price")
    assert found == [(150.12, 150.14), (150.125, 150.135)]


def test_the_example_of_the_page_by_shares() -> None:
    """Protects the table of the page with shares.

    Bought 20, a stop for -20; after 10 are sold the stop would open a short of 10. At a leverage of 2 its margin is
    there, and it lives; by a model that carries no shorts it is invalid at the very moment of the sale.
    """
    states, times = [], []
    for model in ("SecurityMarginModel(2)", "Long()"):
        session = one("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.market_order(self.spy, 20)
                self.stop_market_order(self.spy, -20, 0.81)
            elif self.count == 3:
                self.market_order(self.spy, -10)
        """, 0.91, 0.91, 1.5, 1.5, cash=1_000, set_up=f"self.security.set_buying_power_model({model})", extra="""

class Long(SecurityMarginModel):
    def has_sufficient_buying_power_for_order(self, parameters):
        left = parameters.security.holdings.quantity + parameters.order.quantity
        return HasSufficientBuyingPowerForOrderResult(left >= 0, "no shorts")
""")  # fmt: skip
        states.append(story(session, 2))
        frame = order_events(session)
        times.append(frame[frame.status.isin(["INVALID"])]["time"].tolist())
    assert states == [["SUBMITTED"], ["SUBMITTED", "INVALID"]]
    assert times == [[], [dt.datetime(2024, 1, 2, 14, 33)]]


# ---------------------------------------------------------------- the page, claim by claim

CLAIMS = Path(__file__).with_name("lean_document_rows.csv")
TESTS = {
    "place orders by helper methods or manually": "test_lean_algorithms, test_a_new_order_can_be_neither",
    "fetch, update and cancel orders with tickets": "test_an_update_is_accepted_at_once",
    "events notify the algorithm": "test_submitted_then_filled_inside_one_call",
    "fills simulated with historical data": "test_lean_dialect_tables",
    "own fill models via plugin points": "test_a_fill_model_of_a_script_fills_in_parts",
    "own fee models": "test_models_of_a_script_are_used",
    "own slippage models": "test_models_of_a_script_are_used",
    "own margin models": "test_models_of_a_script_are_used",
    "transaction models choose optimism/pessimism": "test_lean_dialect_tables",
    "pre-order checks when placing": "test_what_the_helpers_refuse",
    "pre-order check of capital at the last known price": "test_an_order_without_margin_is_invalid",
    "pre-order checks on updates": "test_what_an_update_is_refused_for",
    "Order and OrderTicket objects": "test_an_update_is_accepted_at_once",
    "ticket equals order id": "test_an_update_is_accepted_at_once",
    "changes are asynchronous, not guaranteed": "test_a_cancel_is_pending_at_once",
    "update quantity / limit / stop / tag": "test_an_update_is_accepted_at_once",
    "update or cancel of a finished order answers": "test_what_a_cancel_is_refused_for",
    "SymbolProperties object of a security": "test_the_facts_about_a_share",
    "symbol_properties.lot_size readable": "test_the_facts_about_a_share",
    "symbol_properties.minimum_order_size readable": "test_the_facts_about_a_share",
    "symbol_properties.minimum_price_variation readable": "test_the_facts_about_a_share",
    "symbol_properties.contract_multiplier": "test_the_facts_about_a_share",
    "lot size prevents invalid orders and sizes targets": "test_what_the_helpers_refuse",
    "minimum price variation rounds limit price": "test_prices_are_rounded_where_the_subscription_is_raw",
    "... rounds stop price": "test_prices_are_rounded_where_the_subscription_is_raw",
    "... rounds trigger price": "test_a_split_scales_every_price",
    "trailing amount rounding": "test_a_split_scales_every_price",
    "quote currency of a security": "test_the_facts_about_a_share",
    "Cash object with conversion rate": "test_the_facts_about_a_share",
    "pip value in account currency example": "test_the_facts_about_a_share",
    "split: quantity x factor of the unfilled part": "test_a_split_scales_every_price",
    "split: limit price / factor": "test_a_split_scales_every_price",
    "split: stop / trigger / trail": "test_a_split_scales_every_price",
    "split leaves an odd buy": "test_a_split_scales_every_price",
    "open order margin: on a fill, orders that cannot be carried are canceled": "test_of_two_resting_buys",
    "the option example with reserve='none', open_order_margin=True": "test_lean_document",
    "the option example, default session": "test_the_example_of_the_document_by_the_settings_of_the_dialect",
    "options as instruments (expiry, exercise)": "test_an_option_ends_by_itself",
    "fill timing depends on the resolution": "test_market_orders_on_minutes_pay_the_quote_at_once",
    "short sales, margin buying power": "test_one_order_crosses_nothing",
    "algorithm API (MarketOrder, LimitOrder, StopMarketOrder, SetHoldings, Liquidate, ...) as a dialect":
        "test_the_older_spelling_is_the_same_script",
    **{f"OrderStatus {name} {value} as code": "test_the_numbers_of_the_states" for name, value in (
        ("New", 0), ("Submitted", 1), ("PartiallyFilled", 2), ("Filled", 3), ("Canceled", 5), ("None", 6),
        ("Invalid", 7), ("CancelPending", 8), ("UpdateSubmitted", 9))},
}  # fmt: skip
"""Each claim and where it is tested."""
LEFT_OUT = {
    "live trading, brokerage connection events": "nothing here trades live",
}
UNREACHED = {
    # Of pairs of currencies, which do not trade here.
    Code.FOREX_BASE_AND_QUOTE_CURRENCIES_REQUIRED, Code.FOREX_CONVERSION_RATE_ZERO,
    # Of live brokerages only.
    Code.BROKERAGE_FAILED_TO_CANCEL_ORDER,
    Code.BROKERAGE_HANDLER_REFUSED_TO_UPDATE_ORDER, Code.PROCESSING_ERROR, Code.ORDER_ALREADY_EXISTS,
    Code.PRE_ORDER_CHECKS_ERROR,
}  # fmt: skip


def test_every_claim_of_the_page_is_tested_or_left_out_with_its_reason() -> None:
    """Protects the list of 51 claims: each has a test that exists, or a reason."""
    with CLAIMS.open(encoding="utf-8", newline="") as file:
        claims = [row["claim"] for row in csv.DictReader(file)]
    assert sorted(claims) == sorted([*TESTS, *LEFT_OUT])
    assert len(claims) == 51
    text = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_lean_*.py"))
    names = {name.strip() for told in TESTS.values() for name in told.split(",")}
    missing = [
        name for name in names if f"def {name}" not in text and not Path(__file__).with_name(f"{name}.py").is_file()
    ]
    assert missing == []


def test_every_code_is_reached_or_listed() -> None:
    """Protects the list of codes: what no test here reaches needs what is not offered, by name."""
    text = Path(__file__).read_text("utf-8").split("UNREACHED = ", maxsplit=1)[0]
    algorithms = Path(__file__).with_name("test_lean_algorithms.py").read_text("utf-8")
    text += "".join(
        Path(__file__).with_name(f"test_lean_{name}.py").read_text("utf-8") for name in ("options", "models")
    )
    reached = {item for item in Code if f"Code.{item.name}" in text or f"{int(item)}" in algorithms}
    assert set(Code) - reached - UNREACHED == set()
    assert not {item for item in UNREACHED if f"Code.{item.name}" in text}


def test_the_numbers_of_the_states() -> None:
    """Protects the numbers by which LEAN's users know states and types."""
    assert {item.name: int(item) for item in OrderStatus} == {
        "NEW": 0, "SUBMITTED": 1, "PARTIALLY_FILLED": 2, "FILLED": 3, "CANCELED": 5, "NONE": 6, "INVALID": 7,
        "CANCEL_PENDING": 8, "UPDATE_SUBMITTED": 9,
    }  # fmt: skip
    assert [int(item) for item in OrderType] == list(range(12))
    assert OrderStatus.PartiallyFilled is OrderStatus.PARTIALLY_FILLED


def test_the_facts_about_a_share() -> None:
    """Protects symbol_properties and the currency: a lot of one, a cent, 0.0001 below a dollar, a pip of a cent."""
    low = World().minutes("SPY", [flat(100)]).minutes("LOW", [flat(0.5)])
    run = low.run(algorithm("""
        def on_data(self, data):
            facts, money = self.security.symbol_properties, self.security.quote_currency
            pip = facts.minimum_price_variation * facts.contract_multiplier * money.conversion_rate
            self.seen = [facts.lot_size, facts.minimum_order_size, facts.minimum_price_variation, money.symbol, pip,
                         self.securities["LOW"].SymbolProperties.MinimumPriceVariation]
    """, set_up='self.add_equity("LOW", Resolution.MINUTE)', resolution="MINUTE", last=NEW_YEAR))  # fmt: skip
    assert run.strategy.target.algorithm.seen == [1.0, None, 0.01, "USD", 0.01, 0.0001]


def test_a_split_scales_every_price() -> None:
    """Protects splits of open orders, two for one: twice the shares at half the price, rounded, and 15 leave 30."""
    world = World().daily("SPY", [flat(100), flat(100), flat(50), flat(50)])
    world.factors("SPY", (dt.date(2023, 12, 1), "1", "0.5", "100"), (days(2)[-1], "1", "0.5", "100"))
    session = world.run(algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.limit_order(self.spy, 15, 80.01)
                self.stop_market_order(self.spy, 10, 120.03)
                self.limit_if_touched_order(self.spy, 10, 60.05, 70.07)
                self.trailing_stop_order(self.spy, 10, 30.05, False)
    """, how=", data_normalization_mode=DataNormalizationMode.RAW", last=dt.date(2024, 1, 5)))  # fmt: skip
    # 40.005, 60.015, 30.025 and 35.035 lie between two cents: half to even.
    assert orders(session, "quantity", "limit_price", "stop_price", "trigger_price") == [
        (30, 40.0, 0.0, 0.0), (20, 0.0, 60.02, 0.0), (20, 35.04, 0.0, 30.02), (20, 0.0, 65.02, 0.0),
    ]  # fmt: skip
    kept = session.strategy.target.engine.keeper.orders[4]
    assert kept.trailing_amount == 15.02
