"""Models, universes, walks and texts of LEAN scripts: what a user replaces, chooses and reads."""

from __future__ import annotations

import datetime as dt
import random
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import talib

sys.path.insert(0, str(Path(__file__).parent))

from lean_world import NEW_YEAR, World, agree, algorithm, days, flat, orders

import qresearch as qr
from qresearch.dialects.lean import indicators, walk
from qresearch.dialects.lean import indicators_of_bars as more
from qresearch.dialects.lean.bars import TradeBar
from qresearch.dialects.lean.enums import OrderResponseErrorCode as Code
from qresearch.dialects.lean.symbols import Symbol

DAYS = dt.date(2024, 1, 12)


def seen(session: qr.Session) -> list[object]:
    """What a script noted."""
    return session.strategy.target.algorithm.seen


# ---------------------------------------------------------------- models of a script


def test_a_buying_power_model_of_a_script_sizes_and_lets_through() -> None:
    """Protects LEAN's questions: whole hundreds of the base's 997, ten times that let through, nothing bound."""
    session = World().daily("SPY", [flat(100)] * 3).session(algorithm("""
        def on_data(self, data):
            if not self.portfolio.invested and not self.transactions.get_open_orders():
                quantity = self.calculate_order_quantity(self.spy, 1)
                self.seen.append(quantity)
                self.market_order(self.spy, quantity * 10)
            self.seen.append(self.portfolio.total_margin_used)
    """, set_up="self.security.set_buying_power_model(Hundreds())", last=dt.date(2024, 1, 4)) + """

class Hundreds(BuyingPowerModel):
    def get_maximum_order_quantity_for_target_buying_power(self, parameters):
        quantity = super().get_maximum_order_quantity_for_target_buying_power(parameters).quantity
        return GetMaximumOrderQuantityResult(np.floor(quantity / 100) * 100)

    def has_sufficient_buying_power_for_order(self, parameters):
        return HasSufficientBuyingPowerForOrderResult(True)

    def get_maintenance_margin(self, parameters):
        return MaintenanceMargin(0)
""").run(progress=False)  # fmt: skip
    assert seen(session) == [900, 0.0, 0.0, 0.0]
    assert orders(session, "quantity", "status") == [(9_000, "FILLED")]


def test_a_model_of_margin_calls_is_replaced() -> None:
    """Protects margin calls: without one nothing is sold; a changed request is what is placed; no warning beside it."""
    world = World().minutes("SPY", [flat(100)] * 7 + [flat(55)] * 6, quotes=False)
    body = """
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.market_order(self.spy, 190)

        def on_margin_call_warning(self):
            self.seen.append("warned")

        def on_margin_call(self, requests):
            first = requests[0]
            self.seen.append(first.quantity)
            return [SubmitOrderRequest(first.order_type, first.security_type, first.symbol, -150, first.stop_price,
                                       first.limit_price, self.utc_time, "more")]
    """
    given = {"cash": 10_000, "resolution": "MINUTE", "last": NEW_YEAR}
    session = world.run(algorithm(body, **given))
    # At 09:36 95 % are bound: 10,000 - 1 less 9,500 leave 499, less than 5 % of the value; at 09:41 the price is 55.
    assert seen(session) == ["warned", -138]
    assert orders(session, "quantity", "tag")[1] == (-150, "more")
    none = "self.portfolio.set_margin_call_model(MarginCallModel.NULL)"
    assert len(orders(world.run(algorithm(body, set_up=none, **given)), "quantity")) == 1


def test_a_model_of_interest_books_into_the_cash_book() -> None:
    """Protects interest: a dollar at 09:31 and at every full hour, told to the session as income that is no trade."""
    session = World().minutes("SPY", [flat(100)] * 150).run(algorithm("""
        def on_data(self, data):
            pass
    """, set_up="self.security.set_margin_interest_rate_model(Hourly())", resolution="MINUTE", last=NEW_YEAR) + """

class Hourly:
    def apply_margin_interest_rate(self, parameters):
        parameters.portfolio.cash_book["USD"].add_amount(-1)
""")  # fmt: skip
    # 09:31, and 10:00 to 16:00.
    assert session.portfolio.cash == 100_000 - 8
    assert session.events["event"].tolist().count("Posted") == 8


def test_shares_to_borrow_are_read_from_the_data_folder() -> None:
    """Protects LocalDiskShortableProvider: 1,000 on the day of the row and no bound without one; fee and rebate."""
    world = World().minutes("SPY", [flat(100)] * 4).minutes("SPY", [flat(100)] * 4, days(2)[-1])
    path = world.folder.path / "equity" / "usa" / "shortable" / "testbrokerage" / "symbols" / "spy.csv"
    path.parent.mkdir(parents=True)
    path.write_text("#date,shares,rebate,fee\n20240102,1000,5.07,0.25\n", encoding="utf-8")
    session = world.run(algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.time.minute == 31 and self.time.hour == 9:
                provider = self.security.shortable_provider
                self.seen.append((self.shortable_quantity(self.spy), self.shortable(self.spy, 1001),
                                  provider.fee_rate(self.spy, self.time)))
                ticket = self.limit_order(self.spy, -1001, 10000)
                self.seen.append(ticket.submit_request.status == OrderRequestStatus.ERROR)
    """, set_up='self.security.set_shortable_provider(LocalDiskShortableProvider("testbrokerage"))',
        resolution="MINUTE", last=days(2)[-1], how=", fill_forward=False", cash=10_000_000))  # fmt: skip
    assert seen(session) == [(1_000, False, 0.0025), True, (None, True, 0.0), False]


@pytest.mark.parametrize(
    ("file", "text", "asked"),
    [
        ("equity/usa/shortable/x/symbols/spy.csv", "20240102,many", "self.shortable_quantity(self.spy)"),
        ("forex/oanda/daily/eurusd.zip", "20240102 00:00,1.1", 'self.add_equity("SAP", Resolution.DAILY)'),
        (
            "option/usa/daily/spy_2024_trade_american.zip",
            "",
            'self.option_chain_provider.get_option_contract_list("SPY")',
        ),
    ],
)
def test_a_broken_table_names_its_file(file: str, text: str, asked: str) -> None:
    """Protects readers of the folder: another format is told with its file, and never an interpreter's error."""
    world = europe(rates=False).daily("SPY", [flat(100)] * 2)
    path = world.folder.path / file
    path.parent.mkdir(parents=True)
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as zipped:
            zipped.writestr("what.csv", text)
    else:
        path.write_text(text, encoding="utf-8")
    script = algorithm(f"""
        def on_data(self, data):
            chains = self.option_chain_provider
            {asked}
    """, set_up='self.security.set_shortable_provider(LocalDiskShortableProvider("x"))',
        last=dt.date(2024, 1, 3))  # fmt: skip
    with pytest.raises(qr.errors.StrategyError, match=path.name):
        world.session(script).run(progress=False)


@pytest.mark.parametrize(("name", "fee"), [("TD_AMERITRADE", 0.0), ("CHARLES_SCHWAB", 0.0), ("DEFAULT", 5.0)])
def test_a_brokerage_without_fees_for_shares_takes_none(name: str, fee: float) -> None:
    """Protects brokerages by name: 1,000 shares cost five dollars at the default, and nothing at some others."""
    session = World().daily("SPY", [flat(10)] * 3).run(algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.market_order(self.spy, 1000)
    """, set_up=f"self.set_brokerage_model(BrokerageName.{name})", last=dt.date(2024, 1, 4)))  # fmt: skip
    assert orders(session, "fee") == [(fee,)]


def test_market_impact_repeats_itself_and_is_never_a_gain() -> None:
    """Protects the slippage of an order's impact: the same in every run of a seed, zero or against the order."""
    draw = random.Random(1)
    bars = [flat(round(100 + draw.uniform(-3, 3), 2)) for _ in range(30)]
    world = World().daily("SPY", bars, dt.date(2024, 1, 2), volume=10_000)
    text = algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count > 9:
                self.market_order(self.spy, 100 if self.count % 2 else -100)
    """, set_up="self.security.set_slippage_model(MarketImpactSlippageModel(self))",
        last=dt.date(2024, 2, 9))  # fmt: skip
    session = world.run(text)
    assert orders(session, "price") == orders(world.run(text), "price")
    paid = [
        (price - bars[days(30).index(at.date())][0]) * (1 if quantity > 0 else -1)
        for at, quantity, price, status in orders(session, "last_fill_time", "quantity", "price", "status")
        if status == "FILLED"
    ]  # fmt: skip
    assert min(paid) >= 0
    assert max(paid) > 0


def test_an_order_that_is_not_new_any_more_cannot_be_placed() -> None:
    """Protects -5: a brokerage model that ends an order while it is asked about it."""
    session = World().minutes("SPY", [flat(100)] * 3).run(algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                ticket = self.limit_order(self.spy, 1, 50)
                self.seen = [int(ticket.submit_request.response.error_code), ticket.status.name]
    """, set_up="self.set_brokerage_model(Ending())", resolution="MINUTE", last=NEW_YEAR) + """

class Ending(DefaultBrokerageModel):
    def can_submit_order(self, security, order):
        order.status = OrderStatus.CANCEL_PENDING
        return True
""")  # fmt: skip
    assert seen(session) == [Code.BROKERAGE_FAILED_TO_SUBMIT_ORDER, "INVALID"]


@pytest.mark.parametrize(("change", "told"), [
    ("self.security.set_fee_model(5)", "5 has no get_order_fee, which is asked of it. Build a model on FeeModel."),
    ("self.security.set_fill_model(5)", "5 is no fill model. Build a class on FillModel"),
    ("self.security.set_slippage_model(5)", "5 has no get_slippage_approximation"),
    ("self.security.set_buying_power_model(5)", "5 has no has_sufficient_buying_power_for_order"),
    ("self.security.set_fee_model(Fees(0.5))", "get_order_fee gave 0.5. Return dollars: OrderFee(CashAmount"),
    ("self.security.set_fee_model(Fees(OrderFee(CashAmount(1, 'EUR'))))", "get_order_fee gave 1 EUR. Return dollars"),
    ("self.security.set_fill_model(Fills())", "market_on_open_fill gave None. Return an OrderEvent"),
])  # fmt: skip
def test_a_model_that_answers_something_else_is_told(change: str, told: str) -> None:
    """Protects whoever writes a model: what it was asked and gave, and what to return; euros are no dollars."""
    script = algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.market_order(self.spy, 100)
    """, set_up=change) + """

class Fees(FeeModel):
    def __init__(self, fee):
        self.fee = fee

    def get_order_fee(self, parameters):
        return self.fee


class Fills(FillModel):
    def market_on_open_fill(self, asset, order):
        return None
"""  # fmt: skip
    session = World().daily("SPY", [flat(100)] * 9).session(script)
    with pytest.raises(qr.errors.StrategyError) as raised:
        session.run(progress=False)
    assert told in str(raised.value)


# ---------------------------------------------------------------- universes


def test_a_universe_of_dates_and_one_of_rows() -> None:
    """Protects universes: asked at midnight, subscribed to, told as changes; let go once nothing of them is held."""
    world = World().daily("SPY", [flat(100)] * 5).daily("AAA", [flat(10)] * 5, volume=5)
    world.daily("BBB", [flat(20)] * 5, volume=50_000_000)
    session = world.run(algorithm("""
        def on_data(self, data):
            self.seen.append((self.time.day, sorted(map(str, data.keys()))))

        def pick(self, when):
            return ["AAA"] if when.day < 4 else []

        def top(self, rows):
            return [row.symbol for row in sorted(rows, key=lambda row: row.dollar_volume, reverse=True)[:1]]

        def on_securities_changed(self, changes):
            self.seen.append(("+", [str(item.symbol) for item in changes.added_securities],
                              [str(item.symbol) for item in changes.removed_securities]))
    """, set_up="""
        self.universe_settings.resolution = Resolution.DAILY
        self.add_universe("dates", self.pick)
        self.add_universe(self.top)
    """, last=dt.date(2024, 1, 5)))  # fmt: skip
    assert seen(session) == [
        ("+", ["SPY"], []), ("+", ["AAA"], []), (2, ["AAA", "SPY"]), ("+", ["BBB"], []), (3, ["AAA", "BBB", "SPY"]),
        ("+", [], ["AAA"]), (4, ["BBB", "SPY"]), (5, ["BBB", "SPY"]),
    ]  # fmt: skip


# ---------------------------------------------------------------- the parts of a step


def test_a_walk_goes_through_a_minute_pause_by_pause() -> None:
    """Protects the pauses of section 10a: nothing is filled before, the limit after it, the market order by the script.

    An order by hand at a pause is one of the step; back and forth again gives the same, and the books agree.
    """
    world = World().minutes("SPY", [flat(100), flat(101), flat(99), flat(100)])
    session = world.session(algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.limit_order(self.spy, 10, 100)
            if self.count == 3:
                self.market_order(self.spy, 5)
    """, resolution="MINUTE", last=NEW_YEAR))  # fmt: skip
    stops = [list(walk(session)) for _ in range(3)]
    assert [[stop.pause for stop in step] for step in stops] == [["before_fill", "after_fill", "after_user", "end"]] * 3
    assert [stop.holdings for stop in stops[2]] == [{}, {"SPY": 10}, {"SPY": 15}, {"SPY": 15}]
    assert stops[2][0].time == dt.datetime(2024, 1, 2, 14, 33)
    assert "order 1: FILLED +10 at 99" in repr(stops[2][1])
    for stop in walk(session):
        if stop.pause == "after_user":
            session.strategy.target.algorithm.market_order("SPY", -15)
    agree(session)
    assert session.strategy.target.engine.portfolio["SPY"].quantity == 0
    wanted = orders(session, "status", "price")
    session.run(progress=False)
    session.goto(0).goto(-1)
    assert orders(session, "status", "price") == wanted
    assert list(walk(session)) == []


def test_a_step_of_a_day_ends_with_its_last_data() -> None:
    """Protects step(): with extended hours the session stands after 20:00, with a fill of 19:59 behind it."""
    bars = [flat(100)] * 10
    world = World().minutes("SPY", bars, begin="19:50", quotes=False)
    session = world.session(algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.limit_order(self.spy, 1, 101)
    """, how=", extended_market_hours=True, fill_forward=False", resolution="MINUTE", last=NEW_YEAR))  # fmt: skip
    session.step()
    assert session.now.phase.name == "CLOSE"
    assert session.strategy.target.algorithm.count == 10
    assert orders(session, "status", "last_fill_time") == [("FILLED", dt.datetime(2024, 1, 3, 0, 52))]


def test_the_order_of_work_is_that_of_lean() -> None:
    """Protects the step: the slice of a moment is there for what is scheduled at it, its end comes after the drain.

    A day without a symbol ends at 23:58, told by the next data; one with a symbol at 15:50.
    """
    body = """
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.ticket = self.limit_order(self.spy, 1, 50)
                self.ticket.cancel()

        def on_end_of_time_step(self):
            if self.count == 1:
                self.seen.append(self.ticket.status.name)
                self.count = 2

        def on_end_of_day(self{symbol}):
            self.seen.append(f"{{self.time:%d %H:%M}}")

        def exact(self):
            self.seen.append(self.current_slice.bars[self.spy].close)
    """
    set_up = "self.schedule.on(self.date_rules.on(2024, 1, 2), self.time_rules.at(16, 0), self.exact)"
    world = World().daily("SPY", [flat(100), flat(101)])
    given = {"last": dt.date(2024, 1, 3), "set_up": set_up}
    assert seen(world.run(algorithm(body.format(symbol=""), **given))) == [100.0, "CANCELED", "02 23:58"]
    assert seen(world.run(algorithm(body.format(symbol=", symbol"), **given))) == [
        "02 15:50", 100.0, "CANCELED", "03 15:50"
    ]  # fmt: skip


def test_targets_and_liquidation_are_those_of_lean() -> None:
    """Protects a list of targets, and liquidation of some: quantities before the first order, sales first, its tag.

    50 % of 100,000 less 0.25 % are 498 at 100; the other holding goes with its resting order, under the given tag.
    """
    world = World()
    for ticker in ("SPY", "AAA", "BBB"):
        world.daily(ticker, [flat(100)] * 5)
    session = world.run(algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.market_order("AAA", 10)
                self.limit_order("BBB", 5, 50)
            elif self.count == 2:
                targets = [PortfolioTarget("SPY", 0.5), PortfolioTarget("AAA", 0)]
                self.set_holdings(targets, True, tag="new")
            elif self.count == 3:
                self.seen = [len(self.liquidate("XXX")), len(self.liquidate(["BBB", "SPY"]))]
    """, set_up='self.add_equity("AAA", Resolution.DAILY)\nself.add_equity("BBB", Resolution.DAILY)',
        last=dt.date(2024, 1, 5)))  # fmt: skip
    assert seen(session) == [0, 1]
    assert orders(session, "symbol", "quantity", "status", "tag") == [
        ("AAA", 10, "FILLED", ""), ("BBB", 5, "CANCELED", "new"), ("AAA", -10, "FILLED", "new"),
        ("SPY", 498, "FILLED", "new"), ("SPY", -498, "FILLED", "Liquidated"),
    ]  # fmt: skip


def test_open_orders_end_with_a_ticker_and_bars_follow_the_map_file() -> None:
    """Protects renamed shares: bars of OLD, then of NEW, under one symbol; told before its orders are canceled."""
    world = World().daily("OLD", [flat(100)] * 2).daily("NEW", [flat(50)] * 2, days(3)[-1]).daily("SPY", [flat(1)] * 5)
    world.folder.write_names("NEW", [(dt.date(2020, 1, 2), "OLD"), (days(2)[-1], "OLD"), (dt.date(2050, 1, 1), "NEW")])
    session = world.run(algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.ticket = self.limit_order(self.spy, 1, 10)
            if self.spy in data.bars:
                self.seen.append(data.bars[self.spy].close)

        def on_symbol_changed_events(self, events):
            self.seen.append((events[self.spy].old_symbol, self.ticket.status.name))
    """, ticker="NEW", set_up='self.add_equity("SPY", Resolution.DAILY)', last=dt.date(2024, 1, 5)))  # fmt: skip
    assert seen(session) == [100.0, 100.0, ("OLD", "SUBMITTED"), 50.0, 50.0]
    assert orders(session, "status", "tag") == [("CANCELED", "Open order cancelled on symbol changed event")]


# ---------------------------------------------------------------- words and texts


def test_texts_are_those_of_lean() -> None:
    """Protects what scripts compare as text: events, orders, fees, answers; times and states as LEAN writes them."""
    session = World().daily("SPY", [flat(100), (100, 100, 99, 99.1)]).run(algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.ticket = self.limit_order("SPY", 10, 99.5, False, "low")
                self.tail = self.trailing_stop_order(self.spy, -10, 0.02, True)

        def on_order_event(self, event):
            self.seen.append(event.to_string())

        def on_end_of_algorithm(self):
            self.seen += [str(self.ticket), str(self.tail.cancel()), self.tail.tag]
    """, last=dt.date(2024, 1, 3)))  # fmt: skip
    assert seen(session) == [
        "Time: 01/02/2024 21:00:00 OrderID: 1 EventID: 1 Symbol: SPY Status: Submitted Quantity: 10 LimitPrice: $99.5",
        "Time: 01/02/2024 21:00:00 OrderID: 2 EventID: 1 Symbol: SPY Status: Submitted Quantity: -10 StopPrice: $98 "
        "TrailingAmount: 2%",
        "Time: 01/03/2024 21:00:00 OrderID: 1 EventID: 2 Symbol: SPY Status: Filled Quantity: 10 FillQuantity: 10 "
        "FillPrice: $99.5 LimitPrice: $99.5 OrderFee: 1 USD",
        "Time: 01/03/2024 21:00:00 OrderID: 2 EventID: 2 Symbol: SPY Status: CancelPending Quantity: -10 "
        "StopPrice: $98 TrailingAmount: 2%",
        "1: OrderId: 1 (BrokerId: 1) Filled Limit order for 10 units of SPY: low at limit $99.5 "
        "Request Count: 1 Response Count: 1",
        "Success", "Trailing Amount: 2%",
    ]  # fmt: skip


def test_loops_go_through_pairs_and_requests_are_made_as_in_lean() -> None:
    """Protects loops over bars, securities and the portfolio; own requests; tags where scripts of old put them."""
    session = World().daily("SPY", [flat(100)] * 3).run(algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.seen += [(pair.key, pair.value.close) for pair in data.bars]
                self.seen += [(pair.Key, pair.Value.quantity) for pair in self.portfolio]
                self.seen += [pair.value.symbol for pair in self.securities]
                request = SubmitOrderRequest(OrderType.STOP_LIMIT, SecurityType.EQUITY, "SPY", 5, 110, 111,
                                             self.utc_time, "mine")
                ticket = self.transactions.add_order(request)
                self.seen += [ticket.tag, ticket.get(OrderField.STOP_PRICE), request.limit_price]
                self.seen.append(ticket.symbol.id.symbol)
                self.market_on_open_order(self.spy, 1, "old")
                self.queue = CircularQueue[OrderType]([OrderType.LIMIT, OrderType.MARKET])
                self.queue.CircleCompleted += lambda sender, event: self.seen.append("round")
                self.seen += [self.queue.dequeue().name, self.queue.Dequeue().name]
    """, last=dt.date(2024, 1, 4)))  # fmt: skip
    assert seen(session) == [
        ("SPY", 100.0), ("SPY", 0), "SPY", "mine", 110.0, 111.0, "SPY", "round", "LIMIT", "MARKET"
    ]  # fmt: skip
    assert orders(session, "tag") == [("mine",), ("old",)]


@pytest.mark.parametrize("asked", [
    "self.add_forex('EURUSD')", "self.object_store.save('a', 'b')", "self.set_alpha(None)", "self.download('x')",
    "EqualWeightingPortfolioConstructionModel()", "self.universe.top(5)",
])  # fmt: skip
def test_what_is_not_offered_says_so_by_its_name(asked: str) -> None:
    """Protects scripts that need more: the name of what is missing, and what to do instead."""
    script = algorithm("def on_data(self, data):\n    pass", set_up=asked)
    with pytest.raises(qr.errors.StrategyError, match=r"is not offered here: .+\."):
        World().daily("SPY", [flat(100)] * 2).session(script)


def test_a_currency_has_a_rate_and_a_value_in_the_cash_book() -> None:
    """Protects a second currency: 1,000 euros at 1.1 are 1,100 dollars, of the portfolio too, and are converted."""
    session = World().daily("SPY", [flat(100)] * 2).session(algorithm("""
        def on_data(self, data):
            book = self.portfolio.cash_book
            euro, value = book["EUR"], self.portfolio.total_portfolio_value
            self.seen = [euro.amount, euro.value_in_account_currency, value, book.convert(220, "USD", "EUR"),
                         book.contains_key("GBP"), book.account_currency]
    """, set_up='self.set_cash("EUR", 1000, 1.1)', last=dt.date(2024, 1, 3))).run(progress=False)  # fmt: skip
    agree(session)
    assert seen(session) == [1_000.0, 1_100.0, 101_100.0, 200.0, False, "USD"]


def europe(rates: bool) -> World:
    """A share that is quoted in euros, by the table of the folder, and rates of 1.10, 1.20 and 1.25 dollars."""
    world = World().daily("SAP", [flat(100), flat(100), flat(110), flat(110)])
    table = world.folder.path / "symbol-properties" / "symbol-properties-database.csv"
    table.parent.mkdir(parents=True)
    table.write_text("market,symbol,type,description,quote_currency,contract_multiplier,minimum_price_variation,lot_size\n"
                     "usa,SAP,equity,SAP,EUR,1,0.01,1\n", encoding="utf-8")  # fmt: skip
    if rates:
        path = world.folder.path / "forex" / "oanda" / "daily" / "eurusd.zip"
        path.parent.mkdir(parents=True)
        lines = [
            f"{day:%Y%m%d} 00:00,{rate},{rate},{rate},{rate},0,{rate},{rate},{rate},{rate},0"
            for day, rate in zip(days(3), (1.1, 1.2, 1.25), strict=True)
        ]
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("eurusd.csv", "\n".join(lines))
    return world


def test_a_share_in_another_currency_is_worth_its_rate() -> None:
    """Protects conversion: sizing, margin, value and fees by the rate of the day; what is paid stands in the cash book.

    99.75 % of 100,000 at half a leverage of 2 are 906 of 110 dollars on the first day. At 100 euros and 1.20 they cost
    90,600 euros, 108,720 dollars; on the third day 906 x 110 x 1.25 less 90,600 x 1.25, and a fee of 4.53.
    """
    session = europe(rates=True).run(algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.set_holdings(self.spy, 1)
            money = self.security.quote_currency
            self.seen.append((money.symbol, money.conversion_rate, self.portfolio.cash_book["EUR"].amount))
    """, ticker="SAP", last=dt.date(2024, 1, 5)))  # fmt: skip
    assert seen(session) == [
        ("EUR", 1.1, 0.0),
        ("EUR", 1.2, -90_600.0),
        ("EUR", 1.25, -90_600.0),
        ("EUR", 1.25, -90_600.0),
    ]
    assert orders(session, "quantity", "price", "fee") == [(906, 100.0, 4.53)]
    assert session.portfolio.equity == pytest.approx(100_000 - 4.53 + 906 * 10 * 1.25)


def test_a_currency_without_a_rate_is_refused() -> None:
    """Protects -27 by data: a share in euros for which there is no rate; one that is set by hand trades."""
    text = """
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.seen.append(int(self.market_order(self.spy, 1).submit_request.response.error_code))
    """
    given = {"ticker": "SAP", "last": dt.date(2024, 1, 4)}
    assert seen(europe(rates=False).run(algorithm(text, **given))) == [Code.CONVERSION_RATE_ZERO]
    by_hand = algorithm(text, set_up='self.set_cash("EUR", 0, 1.1)', **given)
    assert seen(europe(rates=False).run(by_hand)) == [Code.NONE]


# ---------------------------------------------------------------- indicators beside TA-Lib


def bars_of(count: int) -> list[TradeBar]:
    """A walk of prices."""
    draw, price, found = random.Random(7), 100.0, []
    for number in range(count):
        opened, price = price, price + draw.uniform(-2, 2)
        high, low = max(opened, price) + draw.random(), min(opened, price) - draw.random()
        at = dt.datetime(2024, 1, 1) + dt.timedelta(days=number)
        found.append(TradeBar(at, Symbol("SPY"), opened, high, low, price, draw.randrange(1, 99), dt.timedelta(days=1)))
    return found


BARS = bars_of(120)
HIGH, LOW, CLOSE, VOLUME = (
    np.array([getattr(bar, name) for bar in BARS], dtype=float) for name in ("high", "low", "close", "volume")
)


@pytest.mark.parametrize(("indicator", "other"), [
    (more.AroonOscillator(14), talib.AROONOSC(HIGH, LOW, 14)),
    (more.CommodityChannelIndex(14), talib.CCI(HIGH, LOW, CLOSE, 14)),
    (more.WilliamsPercentR(14), talib.WILLR(HIGH, LOW, CLOSE, 14)), (more.OnBalanceVolume(), talib.OBV(CLOSE, VOLUME)),
    (more.DoubleExponentialMovingAverage(10), talib.DEMA(CLOSE, 10)),
    (more.TripleExponentialMovingAverage(10), talib.TEMA(CLOSE, 10)),
    (more.TriangularMovingAverage(9), talib.TRIMA(CLOSE, 9)),
    (more.TriangularMovingAverage(10), talib.TRIMA(CLOSE, 10)),
    (indicators.SimpleMovingAverage(9), talib.SMA(CLOSE, 9)),
    (indicators.ExponentialMovingAverage(9), talib.EMA(CLOSE, 9)),
    (indicators.RelativeStrengthIndex(14), talib.RSI(CLOSE, 14)), (indicators.Momentum(5), talib.MOM(CLOSE, 5)),
    (indicators.LinearWeightedMovingAverage(9), talib.WMA(CLOSE, 9)), (indicators.Maximum(9), talib.MAX(CLOSE, 9)),
    (indicators.StandardDeviation(9), talib.STDDEV(CLOSE, 9)), (indicators.RateOfChange(5), talib.ROCP(CLOSE, 5)),
], ids=lambda item: type(item).__name__ if not isinstance(item, np.ndarray) else "")  # fmt: skip
def test_an_indicator_is_that_of_ta_lib_once_it_is_ready(indicator: indicators.Indicator, other: np.ndarray) -> None:
    """Protects the table of indicators: each equals the one beside it, at every bar from when it is ready."""
    found = []
    for bar in BARS:
        indicator.update(bar)
        found.append(indicator.current.value if indicator.is_ready else np.nan)
    ready = ~np.isnan(found)
    assert ready.sum() > 80
    np.testing.assert_allclose(np.array(found)[ready], other[ready], rtol=1e-7, atol=1e-7)


def test_words_of_indicators_read_what_lean_reads() -> None:
    """Protects the words: MAX of highs and MIN of lows, a selector, an indicator of two, its history, its plot."""
    bars = [(100, 110 + n, 90 - n, 100 + n) for n in range(8)]
    session = World().daily("SPY", bars).run(algorithm("""
        def on_data(self, data):
            if self.time.day == 9:
                table = self.indicator_history(SimpleMovingAverage(2), self.spy, 3, Resolution.DAILY).data_frame
                self.seen = [self.high.current.value, self.low.current.value, self.lows.current.value,
                             self.ratio.current.value, table["current"].tolist()]
                self.plot("lines", self.high, self.low)
    """, set_up="""
        self.high, self.low = self.max(self.spy, 3), self.min(self.spy, 3)
        self.lows = self.sma(self.spy, 2, Resolution.DAILY, Field.LOW)
        self.ratio = IndicatorExtensions.over(self.high, self.low)
    """, last=dt.date(2024, 1, 9)))  # fmt: skip
    # The sixth day: highs to 115, lows to 85, closes 102.5, 103.5, 104.5 in pairs.
    assert seen(session) == [115.0, 85.0, 85.5, 115 / 85, [102.5, 103.5, 104.5]]
