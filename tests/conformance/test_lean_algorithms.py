"""Whole LEAN algorithms on invented bars, in the families of the published ones, with results worked out by hand.

A fee is the larger of a dollar and half a cent a share, and no more than half a per cent of the value where that is
more. Times are UTC: in January New York is five hours behind.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import pytest

import qresearch as qr

sys.path.insert(0, str(Path(__file__).parent))

from lean_world import NEW_YEAR, World, agree, algorithm, days, flat, orders

from qresearch.dialects.lean import Script, compared, order_events, order_list, order_list_hash
from qresearch.dialects.lean.hours import new_york_hours


def utc(day: int, clock: str) -> dt.datetime:
    """A time of January 2024."""
    return dt.datetime.combine(dt.date(2024, 1, day), dt.time.fromisoformat(clock))


def wave(*prices: float) -> list[tuple[float, float, float, float]]:
    """Flat bars of some prices."""
    return [flat(price) for price in prices]


def statuses(session: object, order: int) -> list[str]:
    """The states through which an order went."""
    frame = order_events(session)
    return frame[frame.order_id == order]["status"].tolist()


# ---------------------------------------------------------------- 1 to 3: market orders on days and minutes


def test_market_orders_on_daily_bars_go_to_the_next_open() -> None:
    """Protects the conversion at 16:00: 100 at the open of 101 on the next day, told at its 16:00; 10,100 and 1.00."""
    world = World().daily("SPY", [(100, 100, 100, 100), (101, 104, 99, 103), (103, 103, 103, 103)])
    session = world.run(algorithm("""
        def on_data(self, data):
            if not self.portfolio.invested:
                self.market_order(self.spy, 100)
    """, last=dt.date(2024, 1, 4)))  # fmt: skip
    assert orders(session, "type", "status", "price", "fee", "last_fill_time") == [
        ("MARKET_ON_OPEN", "FILLED", 101.0, 1.0, utc(3, "21:00"))
    ]
    # 100,000 - 10,100 - 1 + 100 x 103.
    assert session.portfolio.equity == pytest.approx(100_199.0)


def test_market_orders_on_minutes_pay_the_quote_at_once() -> None:
    """Protects minutes: at 09:31 a buy pays the ask of 100.01 and a sale at 09:32 gets the bid of 100.99."""
    world = World().minutes("SPY", wave(100, 101, 102), spread=0.02)
    session = world.run(algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count < 3:
                self.market_order(self.spy, 10 if self.count == 1 else -10)
    """, resolution="MINUTE", last=NEW_YEAR))  # fmt: skip
    assert orders(session, "price", "time", "last_fill_time") == [
        (100.01, utc(2, "14:31"), utc(2, "14:31")), (100.99, utc(2, "14:32"), utc(2, "14:32")),
    ]  # fmt: skip
    # 10 x 0.98 gained, two dollars paid.
    assert session.portfolio.cash == pytest.approx(100_007.8)


@pytest.mark.parametrize(("clock", "kind", "price"), [
    ((11, 0), "MARKET_ON_CLOSE", 103.0), ((15, 44), "MARKET_ON_CLOSE", 103.0), ((15, 45), "MARKET_ON_OPEN", 105.0),
])  # fmt: skip
def test_a_scheduled_market_order_on_daily_bars_waits_for_the_close(
    clock: tuple[int, int], kind: str, price: float
) -> None:
    """Protects section 7: to 15.5 minutes before the close it is one for the close, later one for the next open."""
    world = World().daily("SPY", [flat(100), (101, 104, 99, 103), (105, 106, 104, 105.5)])
    session = world.run(algorithm("""
        def trade(self):
            if self.time.day == 3:
                self.market_order(self.spy, 10)
    """, set_up=f"self.schedule.on(self.date_rules.every_day(self.spy), self.time_rules.at{clock}, self.trade)",
        last=dt.date(2024, 1, 4)))  # fmt: skip
    assert orders(session, "type", "price") == [(kind, price)]


# ---------------------------------------------------------------- 4 to 9: tickets


def test_limits_fill_through_them_or_at_a_better_open() -> None:
    """Protects limits: a touch of 99 is none, 98.9 fills at 99, and an open of 95 below a limit of 97 fills at 95."""
    world = World().daily("SPY", [flat(100), (100, 101, 99, 100), (100, 101, 98.9, 100), (95, 96, 94, 95)])
    session = world.run(algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.limit_order(self.spy, 10, 99)
                self.limit_order(self.spy, 10, 97)
    """, last=dt.date(2024, 1, 5)))  # fmt: skip
    assert orders(session, "price", "last_fill_time") == [(99.0, utc(4, "21:00")), (95.0, utc(5, "21:00"))]


def test_stops_fill_at_the_stop_or_at_the_gap() -> None:
    """Protects stops: a touch of 102 buys at 102; an open of 95 below a stop of 97 sells at 95."""
    world = World().daily("SPY", [flat(100), (100, 102, 99, 101), (95, 96, 94, 95)])
    session = world.run(algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.stop_market_order(self.spy, 10, 102)
                self.stop_market_order(self.spy, -5, 97)
    """, last=dt.date(2024, 1, 4)))  # fmt: skip
    assert orders(session, "price") == [(102.0,), (95.0,)]


def test_an_update_is_accepted_at_once_and_works_at_the_end_of_the_step() -> None:
    """Protects the queue.

    The answer is a success, the limit is the old one until the drain, and the bar that just closed fills it,
    for an update does not move the time of creation.
    """
    world = World().daily("SPY", [flat(100), flat(100), flat(100)])
    session = world.run(algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.ticket = self.limit_order(self.spy, 10, 90, tag="first")
            elif self.count == 2:
                answer = self.ticket.update(UpdateOrderFields(limit_price=101, quantity=12, tag="second"))
                self.seen.append((answer.is_success, self.ticket.get(OrderField.LIMIT_PRICE), self.ticket.quantity))
            else:
                late = self.ticket.update(UpdateOrderFields(limit_price=1))
                tag = self.ticket.update_tag("third")
                self.seen.append((int(late.error_code), tag.is_success, int(self.ticket)))
    """, last=dt.date(2024, 1, 4)))  # fmt: skip
    assert statuses(session, 1) == ["SUBMITTED", "UPDATE_SUBMITTED", "FILLED"]
    assert orders(session, "quantity", "price", "last_fill_time", "tag") == [(12, 100.0, utc(3, "21:00"), "third")]
    # A ticket as a number is the code of its last request where that failed, else its id.
    assert session.strategy.target.algorithm.seen == [(True, 90.0, 10), (-9, True, 1)]


def test_a_cancel_is_pending_at_once_and_over_at_the_end_of_the_step() -> None:
    """Protects cancels: two events, the tag of the cancel, and a second cancel that is refused with -23."""
    world = World().daily("SPY", [flat(100), flat(100)])
    session = world.run(algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.ticket = self.limit_order(self.spy, 10, 90)
            else:
                first = self.ticket.cancel("enough")
                second = self.ticket.cancel()
                third = self.transactions.cancel_order(1)
                self.seen = [first.is_success, self.ticket.status, int(second.error_code),
                             int(third.get_most_recent_order_response().error_code)]
    """, last=dt.date(2024, 1, 3)))  # fmt: skip
    assert statuses(session, 1) == ["SUBMITTED", "CANCEL_PENDING", "CANCELED"]
    assert orders(session, "tag", "canceled_time") == [("enough", utc(3, "21:00"))]
    seen = session.strategy.target.algorithm.seen
    assert (seen[0], seen[1].name, seen[2]) == (True, "CANCEL_PENDING", -23)


def test_a_trailing_stop_follows_the_price_and_never_goes_back() -> None:
    """Protects trailing stops.

    5 below 100 is 95; after a high of 110 it is 105; a low of 104 sells at the worse of 105 and the close of
    104.5. The default tag tells the distance.
    """
    bars = [flat(100), (108, 110, 106, 109), (109, 109, 106, 107), (106, 106, 104, 104.5)]
    session = World().daily("SPY", bars).run(algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.trailing_stop_order(self.spy, -10, 5, False)
    """, last=dt.date(2024, 1, 5)))  # fmt: skip
    assert orders(session, "price", "stop_price", "tag", "last_fill_time") == [
        (104.5, 105.0, "Trailing Amount: $5", utc(5, "21:00"))
    ]


def test_limit_if_touched_waits_for_its_trigger() -> None:
    """Protects limit if touched: a high of 104 touches 103; then a close of 104 sells at no less than 103.5."""
    bars = [flat(100), (100, 102, 99, 101), (101, 104, 101, 103), (103, 105, 103, 104)]
    session = World().daily("SPY", bars).run(algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.limit_if_touched_order(self.spy, -10, 103, 103.5)
    """, last=dt.date(2024, 1, 5)))  # fmt: skip
    assert orders(session, "price", "last_fill_time") == [(104.0, utc(5, "21:00"))]


# ---------------------------------------------------------------- 10 and 11: time in force


def test_orders_end_with_their_day_or_their_date() -> None:
    """Protects time in force on minutes.

    A day order ends at 16:00, where its bar would have filled it; one until Wednesday ends at Wednesday's
    16:00; the third stays.
    """
    falling = [*wave(*[100.0] * 389), (100, 100, 80, 80)]
    world = World().minutes("SPY", falling).minutes("SPY", wave(*[100.0] * 390), days(2)[-1])
    session = world.run(algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count > 1:
                return
            for terms in (TimeInForce.DAY, TimeInForce.good_til_date(datetime(2024, 1, 3)), None):
                how = OrderProperties()
                how.time_in_force = terms or TimeInForce.GOOD_TIL_CANCELED
                self.limit_order(self.spy, 10, 90 if terms is TimeInForce.DAY else 70, order_properties=how)
    """, resolution="MINUTE", last=dt.date(2024, 1, 3)))  # fmt: skip
    assert orders(session, "status", "canceled_time")[:2] == [
        ("CANCELED", utc(2, "21:00")), ("CANCELED", utc(3, "21:00"))
    ]  # fmt: skip
    assert orders(session, "status")[2] == ("SUBMITTED",)
    assert statuses(session, 1) == ["SUBMITTED", "CANCELED"]


def test_a_day_order_on_daily_bars_never_fills() -> None:
    """Protects the warning of section 5: the first bar that could fill it is the one that ends it."""
    world = World().daily("SPY", [flat(100), flat(50)])
    session = world.run(algorithm("""
        def on_data(self, data):
            if self.time.day == 2:
                self.limit_order(self.spy, 10, 90)
    """, set_up="self.default_order_properties.time_in_force = TimeInForce.DAY", last=dt.date(2024, 1, 3)))  # fmt: skip
    assert orders(session, "status") == [("CANCELED",)]


# ---------------------------------------------------------------- 12 to 15: targets and liquidation


def test_set_holdings_sizes_by_value_less_a_buffer_and_the_fee() -> None:
    """Protects set_holdings: 99.75 % of 100,000 at 100 are 997; the fee of 4.985 takes no share more.

    997 x 100 = 99,700 <= 99,745.01 = 0.9975 x (100,000 - 4.985), and 998 would be 99,800.
    """
    world = World().daily("SPY", [flat(100), flat(100), flat(110)])
    session = world.run(algorithm("""
        def on_data(self, data):
            self.set_holdings(self.spy, 1.0)
    """, last=dt.date(2024, 1, 4)))  # fmt: skip
    assert orders(session, "quantity", "price")[0] == (997, 100.0)
    assert len(order_list(session)) == 1  # the rest is below the least change of 0.1 %, or there was none


def test_liquidate_cancels_and_closes_in_order_of_the_alphabet() -> None:
    """Protects liquidate: what waits is canceled with the tag, holdings of AAA before those of SPY."""
    world = World().daily("SPY", wave(100, 100, 100, 100)).daily("AAA", wave(50, 50, 50, 50))
    session = world.run(algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.market_order(self.spy, 10)
                self.market_order("AAA", -20)
                self.limit_order(self.spy, 5, 10)
            elif self.count == 3:
                self.seen = [ticket.order_id for ticket in self.liquidate()]
    """, set_up='self.add_equity("AAA", Resolution.DAILY)', last=dt.date(2024, 1, 5)))  # fmt: skip
    assert orders(session, "symbol", "quantity", "status", "tag") == [
        ("SPY", 10, "FILLED", ""), ("AAA", -20, "FILLED", ""), ("SPY", 5, "CANCELED", "Liquidated"),
        ("AAA", 20, "FILLED", "Liquidated"), ("SPY", -10, "FILLED", "Liquidated"),
    ]  # fmt: skip
    assert session.strategy.target.algorithm.seen == [4, 5]
    # Four orders of less than 200 shares: a dollar each.
    assert session.portfolio.cash == pytest.approx(99_996.0)


def test_one_order_crosses_nothing() -> None:
    """Protects the reversal: 100 held, 150 sold at 110 is one order and one fill; 50 short at 110, 1,000 realised."""
    world = World().daily("SPY", wave(100, 100, 110, 110, 105))
    session = world.run(algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count in (1, 3):
                self.market_order(self.spy, 100 if self.count == 1 else -150)
            holding = self.portfolio[self.spy]
            self.seen.append((holding.quantity, holding.average_price, holding.profit))
    """, last=dt.date(2024, 1, 8)))  # fmt: skip
    assert session.strategy.target.algorithm.seen[-1] == (-50, 110.0, 1_000.0)
    assert len(session.fills) == 2
    # 100,000 + 1,000 + 50 x 5 - 2.
    assert session.portfolio.equity == pytest.approx(101_248.0)


def test_a_daily_macd_trades_when_its_lines_cross() -> None:
    """Protects indicators, and the family of daily MACD: ready after 26 + 9 - 1 bars; a rise after a fall is bought."""
    prices = [100 - n * 0.5 for n in range(40)] + [80 + n * 1.5 for n in range(20)]
    world = World()
    first = dt.date(2024, 2, 20)
    span = [first + dt.timedelta(days=n) for n in range(100)]
    trading = [day for day in span if new_york_hours().session(day) is not None]
    rows = [
        (dt.datetime.combine(day, dt.time(0)), *flat(price), 1000) for day, price in zip(trading, prices, strict=False)
    ]
    world.folder.write_trades("SPY", "daily", rows)
    session = world.run(algorithm("""
        def on_data(self, data):
            self.count += 1
            if not self.macd.is_ready:
                return
            self.seen.append(self.count)
            if self.macd.current.value > self.macd.signal.current.value and not self.portfolio.invested:
                self.set_holdings(self.spy, 0.5)
    """, set_up="self.macd = self.macd(self.spy, 12, 26, 9)", first=first, last=dt.date(2024, 5, 13)))  # fmt: skip
    assert session.strategy.target.algorithm.seen[0] == 26 + 9 - 1
    assert orders(session, "type", "status") == [("MARKET_ON_OPEN", "FILLED")]


# ---------------------------------------------------------------- 16 to 19: corporate actions


SPLIT = (dt.date(2024, 1, 3), "1", "0.1428572", "700"), (dt.date(2023, 12, 1), "1", "0.1428572", "700")


def test_a_split_scales_holdings_and_open_orders_where_prices_are_raw() -> None:
    """Protects the family of raw splits.

    Seven for one, factor 0.1428572: 100 become 699 and cash for 0.9997 of a share at 700 x 0.1428572 =
    100.00004; an order for 10 at 600 becomes one for 69 at 85.71432, on the cent 85.71.
    """
    world = World().daily("SPY", [flat(700), flat(700), flat(100), flat(100)])
    world.factors("SPY", *sorted(SPLIT))
    session = world.run(algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.market_order(self.spy, 100)
                self.ticket = self.limit_order(self.spy, 10, 600)
            if data.splits.contains_key(self.spy):
                self.seen.append((data.splits[self.spy].type, data.splits[self.spy].split_factor))
    """, how=", data_normalization_mode=DataNormalizationMode.RAW", last=dt.date(2024, 1, 5)))  # fmt: skip
    assert [(kind.name, factor) for kind, factor in session.strategy.target.algorithm.seen] == [
        ("WARNING", 0.1428572), ("SPLIT_OCCURRED", 0.1428572)
    ]  # fmt: skip
    assert session.strategy.target.engine.portfolio["SPY"].quantity == 699
    assert orders(session, "quantity", "limit_price", "status")[1] == (69, 85.71, "UPDATE_SUBMITTED")
    assert statuses(session, 2) == ["SUBMITTED", "UPDATE_SUBMITTED"]
    fraction = 100 / 0.1428572 - 699
    assert session.portfolio.cash == pytest.approx(100_000 - 70_000 - 1 + fraction * 700 * 0.1428572, abs=0.01)


def test_a_split_does_nothing_where_prices_are_adjusted() -> None:
    """Protects the adjusted mode: 700 before the split is 100.00004, and nobody's shares change."""
    world = World().daily("SPY", [flat(700), flat(700), flat(100), flat(100)])
    world.factors("SPY", *sorted(SPLIT))
    session = world.run(algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.market_order(self.spy, 100)
    """, last=dt.date(2024, 1, 5)))  # fmt: skip
    assert orders(session, "quantity", "price") == [(100, pytest.approx(100.00004))]
    assert session.strategy.target.engine.portfolio["SPY"].quantity == 100


@pytest.mark.parametrize(("mode", "cash"), [("RAW", 200.0), ("SPLIT_ADJUSTED", 200.0), ("ADJUSTED", 0.0)])
def test_dividends_are_paid_where_prices_do_not_hold_them(mode: str, cash: float) -> None:
    """Protects dividends: 2 % of 100 are 2.00 a share, for 100 shares; adjusted prices hold them already."""
    world = World().daily("SPY", [flat(100), flat(100), flat(98), flat(98)])
    world.factors("SPY", (dt.date(2023, 12, 1), "0.98", "1", "100"), (dt.date(2024, 1, 3), "0.98", "1", "100"))
    session = world.run(algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.market_order(self.spy, 100)
    """, how=f", data_normalization_mode=DataNormalizationMode.{mode}", last=dt.date(2024, 1, 5)))  # fmt: skip
    paid = session.portfolio.cash - 100_000 + 100 * orders(session, "price")[0][0] + 1
    assert paid == pytest.approx(cash, abs=0.01)


def test_total_return_adds_dividends_to_prices_that_are_adjusted_for_splits() -> None:
    """Protects TOTAL_RETURN: a split and 2.00 of the run are in the price, what was paid before it is not."""
    world = World().daily("SPY", [flat(100)] * 3 + [flat(49)] * 2 + [flat(48)])
    world.factors("SPY", (dt.date(2023, 12, 1), "0.9", "0.5", "100"), (dt.date(2024, 1, 4), "0.98", "0.5", "100"))
    session = world.run(algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.market_order(self.spy, 100)
            if self.spy in data.bars:
                self.seen.append((data[self.spy].close, self.portfolio.total_portfolio_value))
            if self.time.day == 9:
                self.seen.append(self.history(self.spy, 3).close.tolist())
    """, how=", data_normalization_mode=DataNormalizationMode.TOTAL_RETURN", last=dt.date(2024, 1, 9)))  # fmt: skip
    values = [100_000, 99_999, 99_999, 100_099, 100_099, 99_999]
    closes = [50, 50, 50, 51, 51, 50]
    assert session.strategy.target.algorithm.seen == [*zip(closes, values, strict=True), [51, 51, 50]]


def test_what_is_delisted_is_closed_at_its_last_price_without_a_fee() -> None:
    """Protects delistings: a warning on the last day, then open orders are canceled and 10 are sold at 80, for 0."""
    world = World().daily("AAA", wave(100, 100, 80)).daily("SPY", wave(1, 1, 1, 1, 1, 1))
    world.names("AAA", dt.date(2000, 1, 3), dt.date(2024, 1, 4))
    session = world.run(algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.market_order(self.spy, 10)
                self.limit_order(self.spy, 10, 5)

        def on_delistings(self, events):
            self.seen += [event.type.name for event in events.values()]
    """, ticker="AAA", set_up='self.add_equity("SPY", Resolution.DAILY)', last=dt.date(2024, 1, 9)))  # fmt: skip
    assert session.strategy.target.algorithm.seen == ["WARNING", "DELISTED"]
    assert orders(session, "type", "quantity", "status", "price", "fee", "tag") == [
        ("MARKET_ON_OPEN", 10, "FILLED", 100.0, 1.0, ""),
        ("LIMIT", 10, "CANCELED", 0.0, 0.0, ""),
        ("MARKET", -10, "FILLED", 80.0, 0.0, "Liquidate from delisting"),
    ]
    assert session.portfolio.cash == pytest.approx(100_000 - 1_000 - 1 + 800)


# ---------------------------------------------------------------- 20 to 24: margin, models, shorts


def test_of_two_resting_buys_the_second_is_invalid_after_the_first() -> None:
    """Protects the open-order margin rule.

    Each needs all of the 20,000 that 10,000 carry; both are accepted, the first fills, and the scan of that
    step ends the second.
    """
    world = World().daily("SPY", [flat(100), (100, 100, 98, 99)])
    session = world.run(algorithm("""
        def on_data(self, data):
            if self.time.day == 2:
                for _ in range(2):
                    self.limit_order(self.spy, 190, 99)

        def on_order_event(self, event):
            self.seen.append((event.order_id, event.status.name, event.message[:30]))
    """, cash=10_000, last=dt.date(2024, 1, 3)))  # fmt: skip
    assert [(number, status) for number, status, _ in session.strategy.target.algorithm.seen] == [
        (1, "SUBMITTED"), (2, "SUBMITTED"), (1, "FILLED"), (2, "INVALID")
    ]  # fmt: skip
    record = session.simulation.orders.now()[2]
    assert (record.status.value, record.reason.value) == ("REJECTED", "OPEN_ORDER_MARGIN")


def test_a_higher_price_is_told_where_it_ends_an_order() -> None:
    """Protects the sentence of the open-order margin rule: it does not claim a fill where only the price moved."""
    world = World().daily("SPY", [flat(100), flat(103)])
    session = world.run(algorithm("""
        def on_data(self, data):
            if self.time.day == 2:
                self.set_holdings(self.spy, 1)
    """, cash=10_000, last=dt.date(2024, 1, 3), set_up="""
        self.set_brokerage_model(BrokerageName.DEFAULT, AccountType.CASH)
    """
    ))  # fmt: skip
    assert session.fills.empty
    (order,) = session.orders.itertuples()
    assert (order.reason, order.why) == (
        "OPEN_ORDER_MARGIN",
        "After another fill or a move of prices the account can no longer carry this order: it needs 10,198.00, "
        "10,000.00 is left.",
    )


def test_a_margin_call_reduces_what_lost_most() -> None:
    """Protects margin calls on minutes.

    190 at 100 with 10,000; at 55 the margin used is 5,225 and the value 1,449.05, 110 % of which is less.
    (5,225 - 1,449.05) / 55 = 68.65, rounded 69, over one half: 138 are sold.
    """
    world = World().minutes("SPY", wave(*[100.0] * 5, *[55.0] * 10), quotes=False)
    session = world.run(algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.market_order(self.spy, 190)

        def on_margin_call(self, requests):
            self.seen.append([request.quantity for request in requests])
            return requests
    """, cash=10_000, resolution="MINUTE", last=NEW_YEAR))  # fmt: skip
    assert session.strategy.target.algorithm.seen == [[-138]]
    assert orders(session, "quantity", "price", "tag")[1] == (-138, 55.0, "Margin Call")


def test_models_of_a_script_are_used() -> None:
    """Protects fee, slippage and buying power of a script: 0.10 against the order, 7 a fill, leverage 1."""
    world = World().daily("SPY", wave(100, 100, 100))
    text = algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.market_order(self.spy, 10)
                self.seen.append(self.market_order(self.spy, 995).status.name)
    """, set_up="""
        self.security.set_fee_model(Seven())
        self.security.set_slippage_model(Dime())
        self.security.set_buying_power_model(SecurityMarginModel(1))
    """, last=dt.date(2024, 1, 4)) + (
        "\n\nclass Seven(FeeModel):\n    def get_order_fee(self, parameters):\n"
        "        return OrderFee(CashAmount(7, 'USD'))\n\n\n"
        "class Dime:\n    def get_slippage_approximation(self, asset, order):\n        return 0.1\n"
    )  # fmt: skip
    session = world.run(text)
    # 10 + 995 shares are more than 100,000 carry once the first are there: 995 x 100 + 7 > 98,992.
    assert orders(session, "status", "price", "fee") == [("FILLED", 100.1, 7.0), ("INVALID", 0.0, 0.0)]


def test_a_fill_model_of_a_script_fills_in_parts() -> None:
    """Protects partial fills: half of what is left at each scan, the fee on the last part for the whole order."""
    world = World().minutes("SPY", wave(*[100.0] * 8))
    session = world.run(algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.market_order(self.spy, 1000)

        def on_order_event(self, event):
            self.seen.append((event.status.name, event.fill_quantity, event.order_fee.value.amount))
    """, set_up="self.security.set_fill_model(Parts())", resolution="MINUTE", last=NEW_YEAR) + """

class Parts(ImmediateFillModel):
    def __init__(self):
        self.left = {}

    def market_fill(self, asset, order):
        left = self.left.get(order.id, order.absolute_quantity)
        fill = super().market_fill(asset, order)
        part = left if left <= 250 else left // 2
        fill.fill_quantity = part
        self.left[order.id] = left - part
        fill.status = OrderStatus.FILLED if part == left else OrderStatus.PARTIALLY_FILLED
        return fill
""")  # fmt: skip
    # Each scan takes one part: 500, 250, 250; 1,000 shares at half a cent are 5.00.
    assert session.strategy.target.algorithm.seen == [
        ("SUBMITTED", 0, 0.0), ("PARTIALLY_FILLED", 500, 0.0), ("PARTIALLY_FILLED", 250, 0.0), ("FILLED", 250, 5.0),
    ]  # fmt: skip
    assert orders(session, "status", "filled", "fee") == [("FILLED", 1_000, 5.0)]


def test_shorts_beyond_what_can_be_borrowed_are_invalid() -> None:
    """Protects shortable: 50 may be short; 40 are, and 20 more are refused with -31 as an order that was never sent."""
    world = World().minutes("SPY", wave(100, 100, 100, 100))
    session = world.run(algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count in (1, 2):
                ticket = self.market_order(self.spy, -40 if self.count == 1 else -20)
                self.seen.append(int(ticket.submit_request.response.error_code))
    """, set_up="self.security.set_shortable_provider(Fifty())", resolution="MINUTE", last=NEW_YEAR)
        + "\n\nclass Fifty:\n    def shortable_quantity(self, symbol, time):\n        return 50\n")  # fmt: skip
    assert session.strategy.target.algorithm.seen == [0, -31]
    assert orders(session, "status")[1] == ("INVALID",)
    assert statuses(session, 2) == ["INVALID"]


def test_a_cash_account_settles_sales_the_day_after() -> None:
    """Protects settlement.

    On the day of a sale its proceeds are worth something and buy nothing; at 06:00 they are cash.
    """
    world = World().minutes("SPY", wave(*[100.0] * 5)).minutes("SPY", wave(*[100.0] * 5), days(2)[-1])
    session = world.run(algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.market_order(self.spy, 90)
            elif self.count == 2:
                self.market_order(self.spy, -90)
            elif self.count in (3, 6):
                self.seen.append((round(self.portfolio.unsettled_cash, 2), round(self.portfolio.cash, 2),
                                  self.market_order(self.spy, 50).status.name))
    """, set_up="self.set_brokerage_model(BrokerageName.INTERACTIVE_BROKERS_BROKERAGE, AccountType.CASH)",
        cash=10_000, resolution="MINUTE", last=days(2)[-1], how=", fill_forward=False"))  # fmt: skip
    # 10,000 - 9,000 - 1 - 1 are left; on the third 9,000 have come.
    assert session.strategy.target.algorithm.seen == [(9_000.0, 998.0, "INVALID"), (0.0, 9_998.0, "FILLED")]


# ---------------------------------------------------------------- 25 to 30: clocks, data, groups


def test_extended_hours_fill_limits_before_the_open() -> None:
    """Protects extended hours: a limit fills at 08:01 where these are subscribed to; a market order waits for 09:30."""
    world = World().minutes("SPY", wave(100, 100, 98, 98), begin="08:00", quotes=False)
    session = world.run(algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                self.limit_order(self.spy, 10, 99)
                self.seen.append(self.market_order(self.spy, 10).order_type.name)
    """, how=", extended_market_hours=True, fill_forward=False", resolution="MINUTE", last=NEW_YEAR))  # fmt: skip
    assert orders(session, "status", "price")[0] == ("FILLED", 98.0)
    assert session.strategy.target.algorithm.seen == ["MARKET_ON_OPEN"]
    assert orders(session, "status")[1] == ("SUBMITTED",)


def test_scheduled_events_come_before_or_with_the_data_of_their_moment() -> None:
    """Protects the order of work.

    What is due at 09:30 sees no bar, what is due at 09:32 sees that of 09:32 before on_data does.
    """
    world = World().minutes("SPY", wave(100, 101, 102))
    session = world.run(algorithm("""
        def on_data(self, data):
            self.seen.append(("data", f"{self.time:%H:%M}", self.security.price))

        def early(self):
            self.seen.append(("early", f"{self.time:%H:%M}", self.security.price))

        def exact(self):
            self.seen.append(("exact", f"{self.time:%H:%M}", self.security.price))
    """, set_up="""
        days = self.date_rules.every_day(self.spy)
        self.schedule.on(days, self.time_rules.after_market_open(self.spy, 0), self.early)
        self.schedule.on(days, self.time_rules.at(9, 32), self.exact)
    """, resolution="MINUTE", last=NEW_YEAR, how=", fill_forward=False"))  # fmt: skip
    assert session.strategy.target.algorithm.seen == [
        ("early", "09:30", 0.0), ("data", "09:31", 100.0), ("exact", "09:32", 101.0), ("data", "09:32", 101.0),
        ("data", "09:33", 102.0),
    ]  # fmt: skip


def test_warm_up_history_windows_and_consolidators_agree() -> None:
    """Protects the data words: three bars of warm-up make an average ready; five minutes of 1 to 5 are one bar."""
    world = World().daily("SPY", wave(1, 2, 3, 4, 5, 6))
    session = world.run(algorithm("""
        def on_data(self, data):
            if self.is_warming_up:
                self.count += 1
                return
            table = self.history(self.spy, 2, Resolution.DAILY)
            self.window.add(data[self.spy].close)
            self.seen.append((self.mean.current.value, table["close"].tolist(), list(self.window)))
    """, set_up="""
        self.mean = self.sma(self.spy, 3)
        self.window = RollingWindow(2)
        self.set_warm_up(3)
    """, first=dt.date(2024, 1, 5), last=dt.date(2024, 1, 9)))  # fmt: skip
    found = session.strategy.target.algorithm
    assert found.count == 3
    assert found.seen == [
        (3.0, [3.0, 4.0], [4.0]), (4.0, [4.0, 5.0], [5.0, 4.0]), (5.0, [5.0, 6.0], [6.0, 5.0])
    ]  # fmt: skip

    minutes = World().minutes("SPY", wave(1, 5, 3, 2, 4, 9, 9, 9, 9, 9))
    run = minutes.run(algorithm("""
        def on_bar(self, bar):
            self.seen.append((f"{bar.end_time:%H:%M}", bar.open, bar.high, bar.low, bar.close, bar.volume))
    """, set_up="self.consolidate(self.spy, timedelta(minutes=5), self.on_bar)", resolution="MINUTE",
        last=NEW_YEAR, how=", fill_forward=False"))  # fmt: skip
    assert run.strategy.target.algorithm.seen == [
        ("09:35", 1.0, 5.0, 1.0, 4.0, 5_000.0), ("09:40", 9.0, 9.0, 9.0, 9.0, 5_000.0)
    ]  # fmt: skip


def test_a_combination_fills_as_a_whole() -> None:
    """Protects combinations: two legs fill in one step at the quotes; one whose leg limits are not met, does not."""
    world = World().minutes("SPY", wave(100, 100, 100)).minutes("AAA", wave(50, 50, 40))
    session = world.run(algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count == 1:
                legs = [Leg.create("SPY", 1), Leg.create("AAA", -2)]
                self.combo_market_order(legs, 10)
                self.combo_leg_limit_order([Leg.create("SPY", 1, 101), Leg.create("AAA", 1, 45)], 5)
    """, set_up='self.add_equity("AAA", Resolution.MINUTE)', resolution="MINUTE", last=NEW_YEAR))  # fmt: skip
    assert orders(session, "type", "quantity", "price", "last_fill_time") == [
        ("COMBO_MARKET", 10, 100.0, utc(2, "14:31")), ("COMBO_MARKET", -20, 50.0, utc(2, "14:31")),
        ("COMBO_LEG_LIMIT", 5, 100.0, utc(2, "14:33")), ("COMBO_LEG_LIMIT", 5, 40.0, utc(2, "14:33")),
    ]  # fmt: skip


def test_the_older_spelling_is_the_same_script() -> None:
    """Protects scripts of years ago: Initialize, OnData, SetCash, MarketOrder and Resolution.Daily."""
    world = World().daily("SPY", wave(100, 100, 100))
    session = world.run("""
from clr import AddReference
AddReference("System")
from QuantConnect.Algorithm import *

class Old(QCAlgorithm):
    def Initialize(self):
        self.SetStartDate(2024, 1, 2)
        self.SetEndDate(2024, 1, 4)
        self.SetCash(50000)
        self.symbol = self.AddEquity("SPY", Resolution.Daily).Symbol
        self.UniverseSettings.Resolution = Resolution.Daily

    def OnData(self, data):
        if not self.Portfolio.Invested and data.ContainsKey(self.symbol):
            self.ticket = self.MarketOrder(self.symbol, 10)

    def OnOrderEvent(self, orderEvent):
        if orderEvent.Status == OrderStatus.Filled:
            self.Debug(f"{orderEvent.FillPrice} {self.Securities[self.symbol].Price} {self.Transactions.LastOrderId}")
""")
    assert orders(session, "status", "price") == [("FILLED", 100.0)]
    assert "100.0 100.0 1" in session.events["text"].to_list()


# ---------------------------------------------------------------- the session around it


def story() -> tuple[World, str]:
    """A script with a state of its own, and some orders."""
    world = World().daily("SPY", wave(100, 101, 102, 103, 104, 105, 106, 107))
    return world, algorithm("""
        def on_data(self, data):
            self.count += 1
            self.window.add(self.count)
            if self.count % 2:
                self.market_order(self.spy, self.count)
            if self.count == 4:
                self.ticket = self.limit_order(self.spy, 5, 50)
    """, set_up="self.window = RollingWindow(3)", last=dt.date(2024, 1, 11))  # fmt: skip


def test_going_back_puts_the_engine_back() -> None:
    """Protects time travel: what the script knows and what waits is as it was, and the way on is the same."""
    world, text = story()
    session = world.session(text)
    session.run(progress=False)
    told, wanted = order_list(session), order_list_hash(session)
    session.goto("2024-01-05")
    engine = session.strategy.target.engine
    assert (engine.algorithm.count, list(engine.algorithm.window), len(engine.keeper.orders)) == (4, [4, 3, 2], 3)
    session.run(rerun=True, progress=False)
    assert order_list_hash(session) == wanted
    assert order_list(session).equals(told)
    assert session.strategy.target.algorithm.ticket is engine.keeper.tickets[3]
    agree(session)


def test_another_way_from_the_past_is_a_branch() -> None:
    """Protects branches: an order by hand in the past opens one, where the script goes on; the old one is untouched."""
    world, text = story()
    session = world.session(text).run(progress=False)
    count = len(order_list(session))
    session.goto("2024-01-05").branch("other")
    session.strategy.target.algorithm.market_order("SPY", 100)
    session.run(progress=False)
    agree(session)
    assert len(order_list(session)) == count + 1
    session.branches.switch("main").goto(-1)
    assert len(session.orders) == count


def test_orders_by_hand_are_never_mixed_up_with_those_of_a_script() -> None:
    """Protects orders by hand: the session names the way; a script that runs again without them goes no further."""
    world, text = story()
    session = world.session(text).step(2)
    with pytest.raises(qr.errors.UsageError, match=r"algorithm\.market_order\('SPY', 100\)"):
        session.order("SPY", 100)
    session.strategy.target.algorithm.market_order("SPY", 100)
    session.step().back(2)
    with pytest.raises(qr.errors.UsageError, match="orders that were placed by hand"):
        session.run(rerun=True, progress=False)


def test_a_journal_holds_a_lean_session(tmp_path: Path) -> None:
    """Protects keeping: the resumed session has the same digest, its script runs again silently, and goes on alike."""
    world, text = story()
    whole = world.session(text).run(progress=False)
    part = world.session(text, journal=tmp_path / "run.qrj").step(4)
    digest, market = part.digest(), part.market
    script = Script.read(text, data=world.folder.path)
    again = type(part).resume(tmp_path / "run.qrj", market, strategy=script)
    assert again.digest() == digest
    again.run(progress=False)
    assert order_list_hash(again) == order_list_hash(whole)
    agree(again)


def test_a_script_that_raises_leaves_the_session_where_it_was() -> None:
    """Protects the step as a transaction.

    The error names the line, the session stands before it, a mended script goes on.
    """
    world = World().daily("SPY", wave(100, 101, 102))
    bad = algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count == 2:
                raise RuntimeError("no")
    """, last=dt.date(2024, 1, 4))  # fmt: skip
    session = world.session(bad).step()
    with pytest.raises(qr.errors.StrategyError, match=r"RuntimeError.*line \d+ of"):
        session.step()
    assert str(session.now.day)[:10] == "2024-01-02"
    assert session.strategy.target.algorithm.count == 1


def test_a_difference_is_named() -> None:
    """Protects the comparison: equal lists differ nowhere, and of others the first difference is named."""
    world, text = story()
    session = world.run(text)
    mine = order_list(session).reset_index()
    assert compared(session, mine).attrs["first_difference"] == ""
    mine.loc[1, "price"] = 1.0
    found = compared(session, mine)
    assert found["difference"].tolist() == ["", "price", "", "", ""]
    assert found.attrs["first_difference"] == "order 2: price is 103.0, expected 1.0"
