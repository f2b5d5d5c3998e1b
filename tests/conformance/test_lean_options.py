"""Options on shares in LEAN's words: the example of the document, margin, exercise, expiry, splits, and their codes.

The share stands at 474 on 8 January 2024; the call at 470 expires the day after. A contract is a hundred shares.
"""

from __future__ import annotations

import datetime as dt
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from lean_world import World, algorithm, flat, orders

import qresearch as qr
from qresearch.dialects.lean import order_events
from qresearch.dialects.lean.enums import OrderResponseErrorCode as Code
from qresearch.market.lean_options import ContractFile, LeanOptions

DAY, EXPIRY = dt.date(2024, 1, 8), dt.date(2024, 1, 9)
CALL = ContractFile("SPY", "call", Decimal(470), EXPIRY)


def world(*prices: float, share: float = 474.0, then: float = 474.0, contract: ContractFile = CALL) -> World:
    """Minute bars of the contract from 09:30 on the first day, and of the share on both days."""
    found = World().minutes("SPY", [flat(share)] * 390, DAY).minutes("SPY", [flat(then)] * 390, EXPIRY)
    options = LeanOptions(found.folder)
    at = dt.datetime.combine(DAY, dt.time(9, 30))
    rows = [(at + dt.timedelta(minutes=number), *flat(price), 10) for number, price in enumerate(prices)]
    options.write_trades(contract, "minute", rows)
    options.write_quotes(contract, "minute", [(time, *four, 10, *four, 10) for time, *four, _ in rows])
    return found


def script(body: str, right: str = "CALL", style: str = "AMERICAN", last: dt.date = EXPIRY, **options: Any) -> str:
    """A script with the contract as ``self.call``."""
    set_up = f"""
        self.call = Symbol.create_option(self.spy, Market.USA, OptionStyle.{style}, OptionRight.{right}, 470,
                                         datetime(2024, 1, 9))
        self.option = self.add_option_contract(self.call, Resolution.MINUTE)
    """
    given = {"resolution": "MINUTE", "first": DAY, "last": last, **options}
    raw = ", data_normalization_mode=DataNormalizationMode.RAW, fill_forward=False"
    return algorithm(body, set_up=set_up, how=raw, **given)


def test_the_example_of_the_document_by_the_settings_of_the_dialect() -> None:
    """Protects the page's table: 20 bought at 0.91, a stop for -20, 10 sold at 1.50 at 10:31: the stop is invalid.

    Ten are left, so that the stop would write ten: 20 contracts need 100,000 x 0.81 in premiums, and of the share
    20 x 100 x 0.2 x 474 = 189,600; 100,000 do not carry that, and nothing but the sale has happened.
    """
    prices = [*[0.91] * 60, *[1.50] * 5]
    session = world(*prices).run(script("""
        def on_data(self, data):
            if self.time.hour == 9 and self.time.minute == 31:
                self.market_order(self.call, 20)
                self.stop_market_order(self.call, -20, 0.81)
            elif self.time.hour == 10 and self.time.minute == 31:
                self.market_order(self.call, -10)
    """, last=DAY))  # fmt: skip
    assert orders(session, "type", "quantity", "status", "price") == [
        ("MARKET", 20, "FILLED", 0.91), ("STOP_MARKET", -20, "INVALID", 0.0), ("MARKET", -10, "FILLED", 1.50),
    ]  # fmt: skip
    events = order_events(session)
    ended = events[events.status.isin(["FILLED", "INVALID"])]
    assert [(f"{row.time:%H:%M}", row.order_id, row.status) for row in ended.itertuples()] == [
        ("14:31", 1, "FILLED"), ("15:31", 2, "INVALID"), ("15:31", 3, "FILLED"),
    ]  # fmt: skip
    record = session.simulation.orders.now()[2]
    assert (record.status.value, record.reason.value) == ("REJECTED", "OPEN_ORDER_MARGIN")
    # 20 contracts at 0.65 are 13.00, 10 are 6.50; 59 x 100 x 10 gained or floating at 1.50.
    assert session.portfolio.equity == pytest.approx(100_000 - 13 - 6.5 + 20 * 59)


def test_a_written_contract_binds_its_premium_and_a_part_of_the_share() -> None:
    """Protects the margin: in the money a fifth of the share, out of it less by that; a bought one binds nothing.

    At 474 a call at 470 binds 100 x (4.00 + 94.80); a put at 470 is 4.00 out of the money: 100 x (1.00 + 90.80).
    """
    body = """
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.market_order(self.call, -1)
                self.seen.append((self.portfolio.total_margin_used, self.portfolio.margin_remaining))
                self.market_order(self.call, 2)
                self.seen.append((self.portfolio[self.call].quantity, self.portfolio.total_margin_used))
    """
    session = world(4.0, 4.0).run(script(body, last=DAY))
    assert session.strategy.target.algorithm.seen == [(9_880.0, 99_999.0 - 9_880.0), (1, 0.0)]
    put = ContractFile("SPY", "put", Decimal(470), EXPIRY)
    session = world(1.0, 1.0, contract=put).run(script(body, right="PUT", last=DAY))
    assert session.strategy.target.algorithm.seen[0][0] == 9_180.0


def test_an_owner_exercises_and_gets_the_shares_at_the_strike() -> None:
    """Protects exercise: one order, an event that ends 2 contracts at nothing, one that brings 200 shares at 470."""
    session = world(4.0, 4.0, 4.0).run(script("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.market_order(self.call, 2)
            elif self.count == 2:
                ticket = self.exercise_option(self.call, 2)
                held = self.portfolio[self.spy]
                self.seen = [ticket.status.name, self.portfolio[self.call].quantity, held.quantity, held.average_price]

        def on_order_event(self, event):
            if event.order_id == 2:
                self.seen.append(str(event.symbol))
    """, last=DAY))  # fmt: skip
    assert session.strategy.target.algorithm.seen == ["FILLED", 0, 200, 470.0]
    events = order_events(session)
    assert events[events.order_id == 2][["symbol", "status", "fill_quantity", "fill_price"]].to_numpy().tolist() == [
        ["SPY   240109C00470000", "SUBMITTED", 0, 0.0], ["SPY   240109C00470000", "FILLED", -2, 0.0],
        ["SPY", "FILLED", 200, 470.0],
    ]  # fmt: skip
    # 800 of premium and 1.30 of fees were paid; 200 x 4 is what the exercise gained.
    assert session.portfolio.equity == pytest.approx(100_000 - 800 - 1.30 + 800)


@pytest.mark.parametrize(
    ("quantity", "then", "shares", "message"),
    [(1, 475.0, 100, "Automatic Exercise"), (-1, 475.0, -100, "Option Assignment"), (1, 469.0, 0, "OTM"),
     (-1, 470.0, 0, "OTM")],
)  # fmt: skip
def test_an_option_ends_by_itself(quantity: int, then: float, shares: int, message: str) -> None:
    """Protects expiry: after its last day what is a cent in the money becomes shares, the rest is gone."""
    session = world(4.0, 4.0, then=then).run(script(f"""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.market_order(self.call, {quantity})

        def on_assignment_order_event(self, event):
            self.seen.append("assigned")

        def on_order_event(self, event):
            if event.order_id == 2 and event.status == OrderStatus.FILLED:
                self.seen.append((event.symbol == self.call, event.fill_quantity, event.message))
    """, last=dt.date(2024, 1, 10)))  # fmt: skip
    engine = session.strategy.target.engine
    assert engine.portfolio["SPY"].quantity == shares
    seen = session.strategy.target.algorithm.seen
    assert seen[0] == (True, -quantity, message)
    assert seen.count("assigned") == (2 if shares < 0 else 0)
    gained = max(then - 470, 0) * quantity * 100
    assert session.portfolio.equity == pytest.approx(100_000 - 4 * quantity * 100 - 1 + gained)


@pytest.mark.parametrize(
    ("asked", "style", "expected"),
    [
        ("self.exercise_option(self.spy, 1)", "AMERICAN", Code.NON_EXERCISABLE_SECURITY),
        ("self.exercise_option(self.call, 1)", "AMERICAN", Code.NONE),
        ("self.exercise_option(self.call, 3)", "AMERICAN", Code.UNSUPPORTED_REQUEST_TYPE),
        ("self.exercise_option(self.call, 1)", "EUROPEAN", Code.EUROPEAN_OPTION_NOT_EXPIRED_ON_EXERCISE),
    ],
)
def test_what_an_exercise_is_refused_for(asked: str, style: str, expected: Code) -> None:
    """Protects -29, -12 and -33: no option, more than are held, a European one before its last day."""
    contract = ContractFile("SPY", "call", Decimal(470), EXPIRY, style.lower())
    session = world(4.0, 4.0, 4.0, contract=contract).run(script(f"""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.market_order(self.call, 2)
            elif self.count == 2:
                self.seen.append(int({asked}.submit_request.response.error_code))
    """, style=style, last=DAY))  # fmt: skip
    assert session.strategy.target.algorithm.seen == [expected]


def test_an_option_is_exercised_while_the_exchange_is_open_and_by_its_owner_only() -> None:
    """Protects -15 after hours, and -12 for a contract that was written."""
    # The order at 17:00 is run by the next moment with data, on the last day of the contract.
    session = world(4.0, 4.0).run(script("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.market_order(self.call, -1)
                ticket = self.exercise_option(self.call, 1)
                self.seen.append(int(ticket.submit_request.response.error_code))
                self.schedule.on(self.date_rules.on(2024, 1, 8), self.time_rules.at(17, 0), self.late)

        def late(self):
            self.seen.append(int(self.exercise_option(self.call, 1).submit_request.response.error_code))
    """, last=EXPIRY))  # fmt: skip
    assert session.strategy.target.algorithm.seen == [Code.UNSUPPORTED_REQUEST_TYPE, Code.EXCHANGE_NOT_OPEN]


def test_options_are_sold_before_their_share_splits() -> None:
    """Protects splits: an order for the close of the day before, sent at 15:44; -34 in the step of the split."""
    prices = [4.0] * 390
    found = world(*prices, share=474.0, then=237.0)
    found.factors("SPY", (dt.date(2023, 12, 1), "1", "0.5", "474"), (DAY, "1", "0.5", "474"))
    session = found.run(script("""
        def on_data(self, data):
            self.count += 1
            if self.count == 2:
                self.market_order(self.call, 1)
            if data.splits.contains_key(self.spy) and data.splits[self.spy].type == SplitType.SPLIT_OCCURRED:
                self.option.is_tradable = True
                self.seen.append(int(self.market_order(self.call, 1).submit_request.response.error_code))
    """))  # fmt: skip
    assert session.strategy.target.algorithm.seen == [Code.OPTION_ORDER_ON_STOCK_SPLIT]
    assert orders(session, "type", "quantity", "status", "last_fill_time")[1] == (
        "MARKET_ON_CLOSE", -1, "FILLED", dt.datetime(2024, 1, 8, 21)
    )  # fmt: skip


def test_contracts_are_listed_and_their_share_becomes_raw() -> None:
    """Protects add_option_contract by the list of contracts; its share is then read raw, and a notice says so."""
    session = world(4.0, 4.0).run(algorithm("""
        def on_data(self, data):
            self.count += 1
    """, set_up="""
        found = self.option_chain_provider.get_option_contract_list("SPY", datetime(2024, 1, 8))
        contract = self.add_option_contract(found[0])
        self.seen = [len(found), contract.strike_price, contract.right.name, contract.expiry.day,
                     contract.symbol_properties.contract_multiplier, contract.underlying.symbol.value,
                     self.security.data_normalization_mode.name, contract.symbol.id.strike_price]
    """, resolution="MINUTE", first=DAY, last=DAY))  # fmt: skip
    assert session.strategy.target.algorithm.seen == [1, 470.0, "CALL", 9, 100.0, "SPY", "RAW", 470.0]
    assert any("read at raw prices" in str(notice) for notice in session.notices)


def test_a_session_with_options_goes_back_and_forth(tmp_path: Path) -> None:
    """Protects time travel and keeping: back to the day of the purchase, forth again, and the same from a journal."""
    text = script("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.market_order(self.call, 1)
    """, last=dt.date(2024, 1, 10))  # fmt: skip
    made = world(4.0, 4.0, then=475.0)
    session = made.session(text).run(progress=False)
    digest = session.digest()
    session.goto("2024-01-08").run(rerun=True, progress=False)
    assert session.digest() == digest
    kept = made.session(text, journal=tmp_path / "run.qrj").run(progress=False)
    assert type(kept).resume(tmp_path / "run.qrj", kept.market).digest() == digest
    assert isinstance(session, qr.Session)
