"""The opening match, one rule at a time, with numbers that can be checked on paper."""

from __future__ import annotations

import numpy as np
import pytest
from hand import cash_of, events_of, flat, market, session

import qresearch as qr
from qresearch import terms
from qresearch.domain.moment import AFTER_CLOSE, CLOSE, INTRADAY, OPEN, PRE_OPEN, Moment
from qresearch.market.view import View

A, B, STAR, ETF = "600001.SH", "600002.SH", "688001.SH", "510001.SH"


def outcome(ticket) -> tuple[str, str, int, int]:
    """Status, reason, filled and canceled shares."""
    return ticket.status.value, ticket.reason, ticket.filled, ticket.record.canceled


def test_an_order_meets_the_next_open_and_no_other_price() -> None:
    """Protects next-open fills: placed at the close of 10.20, filled at the open of 10.50, not at 10.20 nor 10.80."""
    run = session(market({A: [10.0, (10.0, 10.2), (10.5, 10.8), 10.8]}))
    run.step()
    ticket = run.buy(A, 100)
    assert ticket.status.value == "QUEUED"
    run.step()
    assert outcome(ticket) == ("FILLED", "", 100, 0)
    assert ticket.average_price == 10.5
    assert run.fills.loc[0, ["phase", "price", "notional"]].tolist() == ["OPEN", 10.5, 1050.0]


@pytest.mark.parametrize("phase", ["PRE_OPEN", "OPEN", "INTRADAY", "CLOSE", "AFTER_CLOSE"])
def test_whenever_it_is_placed_it_works_the_next_day(phase: str) -> None:
    """Protects the clock: a request of any phase of a day first works at the open of the next day."""
    run = session(market({A: [10.0, 10.1, 10.2, 10.3, 10.4]}))
    run.step(phase=phase)
    placed = run.now.day
    ticket = run.buy(A, 100)
    run.step(phase="OPEN")
    if phase == "PRE_OPEN":
        assert ticket.status.value == "QUEUED"
        run.step(phase="OPEN")
    assert ticket.status.value == "FILLED"
    assert run.fills.day[0] == run.market.days[run.market.panel.day_index(placed) + 1]


def test_every_state_of_an_order_can_be_met() -> None:
    """Protects stepping inside a day: queued before the open, working at the limit, expired at the close."""
    run = session(market({A: [10.0, 11.0, 11.0]}))
    ticket = run.buy(A, 100)
    seen = []
    for phase in ("PRE_OPEN", "OPEN", "INTRADAY", "CLOSE"):
        run.step(phase=phase)
        seen.append((ticket.status.value, ticket.reason, ticket.leaves))
    assert seen == [
        ("QUEUED", "", 100), ("WORKING", "LIMIT_UP", 100), ("WORKING", "LIMIT_UP", 100), ("EXPIRED", "LIMIT_UP", 0),
    ]  # fmt: skip
    assert ticket.record.ended == (1, 3, 0)
    assert "11" in ticket.why


@pytest.mark.parametrize("day", [11.0, (11.0, 10.4)], ids=["locked", "opens"])
def test_a_buy_at_the_upper_limit_gets_nothing_and_a_sale_fills(day: object) -> None:
    """Protects the limit lock: nobody sells at an open at the limit, also when it opens later; a sale finds buyers."""
    run = session(market({A: [10.0, day, 10.4]}), start="2024-01-03", positions={A: 300})
    bought, sold = run.buy(A, 100), run.sell(A, 300)
    run.step()
    assert outcome(bought) == ("EXPIRED", "LIMIT_UP", 0, 100)
    assert outcome(sold) == ("FILLED", "", 300, 0)
    assert sold.average_price == 11.0


@pytest.mark.parametrize("day", [9.0, (9.0, 9.6)], ids=["locked", "opens"])
def test_a_sale_at_the_lower_limit_gets_nothing_and_a_buy_fills(day: object) -> None:
    """Protects the limit lock on the other side: a stop loss does not protect."""
    run = session(market({A: [10.0, day, 9.6]}), start="2024-01-03", positions={A: 300})
    bought, sold = run.buy(A, 100), run.sell(A, 300)
    run.step()
    assert outcome(sold) == ("EXPIRED", "LIMIT_DOWN", 0, 300)
    assert outcome(bought) == ("FILLED", "", 100, 0)


def test_an_expired_order_does_not_come_back() -> None:
    """Protects DAY orders: what the limit stopped is not tried again on the next day."""
    run = session(market({A: [10.0, 11.0, 11.2, 11.3]}))
    run.buy(A, 100)
    run.step(2)
    assert run.fills.empty
    assert run.open_orders.empty


def test_one_tick_inside_the_limit_fills() -> None:
    """Protects the width of the lock: 10.99 under a limit of 11.00 is an ordinary open."""
    run = session(market({A: [10.0, (10.99, 11.0), 11.0]}))
    ticket = run.buy(A, 100)
    assert run.step().fills.price.tolist() == [10.99]
    assert ticket.status.value == "FILLED"


def test_the_limit_of_a_share_under_warning_is_five_percent() -> None:
    """Protects ST limits: an open at +5 % is locked under a risk warning and ordinary without."""
    prices = {A: [10.0, 10.5, 10.5], B: [10.0, 10.5, 10.5]}
    run = session(market(prices, st=[(A, day) for day in range(3)]))
    warned, plain = run.buy(A, 100), run.buy(B, 100)
    run.step()
    assert (warned.reason, plain.status.value) == ("LIMIT_UP", "FILLED")


@pytest.mark.parametrize(
    ("day", "reason", "word"), [("paused", "SUSPENDED", "2024-01-03"), (None, "DATA_ENDED", "2024-01-02")]
)
def test_nothing_trades_without_a_market(day: object, reason: str, word: str) -> None:
    """Protects suspended days and days without a row: the order is rejected at the open and keeps no place.

    Nobody knows on a day without a row whether the rows go on.
    """
    run = session(market({A: [10.0, day, 10.0, 10.0], B: [5.0] * 4}))
    ticket = run.buy(A, 100)
    run.step(phase="OPEN")
    assert outcome(ticket) == ("REJECTED", reason, 0, 100)
    assert word in ticket.why
    run.step(2)
    assert run.fills.empty


def test_an_order_before_the_listing_is_rejected_at_the_open() -> None:
    """Protects the life of an instrument: no open exists before its first row."""
    run = session(market({A: [None, None, None, 10.0], B: [5.0] * 4}))
    ticket = run.buy(A, 100)
    run.step()
    assert outcome(ticket) == ("REJECTED", "NOT_LISTED", 0, 100)


def test_shares_bought_today_cannot_be_sold_today() -> None:
    """Protects T+1 in one open: in order of ids the sale of what was just bought is rejected, and works a day later."""
    run = session(flat(), match_order="fifo")
    bought, sold = run.buy(A, 200), run.sell(A, 200)
    run.step()
    assert outcome(bought) == ("FILLED", "", 200, 0)
    assert outcome(sold) == ("REJECTED", "T_PLUS_ONE", 0, 200)
    holding = run.portfolio.positions[A]
    assert (holding.quantity, holding.sellable, holding.locked) == (200, 0, 200)
    later = run.sell(A, 200)
    run.step()
    assert outcome(later) == ("FILLED", "", 200, 0)


def test_old_shares_can_be_sold_beside_new_ones() -> None:
    """Protects T+1 by share: of 300 held and 200 bought today, a sale of 500 is trimmed to the 300."""
    run = session(flat(), start="2024-01-03", positions={A: 300}, match_order="fifo")
    run.buy(A, 200)
    sold = run.sell(A, 500)
    run.step()
    assert outcome(sold) == ("FILLED", "T_PLUS_ONE", 300, 200)
    assert run.positions.loc[A, ["quantity", "sellable", "locked"]].tolist() == [200, 0, 200]


def test_a_fund_may_be_sold_on_the_day_it_is_bought() -> None:
    """Protects same-day sale: instruments marked so can be bought and sold at one open."""
    given = market({ETF: [1.0] * 4}, instruments={ETF: {"same_day_sale": True}})
    run = session(given, match_order="fifo")
    run.buy(ETF, 200)
    sold = run.sell(ETF, 200)
    assert run.step().portfolio.quantities == {}
    assert sold.status.value == "FILLED"


@pytest.mark.parametrize(("order", "bought"), [("sells_first", 1000), ("fifo", 0)])
def test_sells_pay_for_buys_of_the_same_open(order: str, bought: int) -> None:
    """Protects the order of the match: a buy placed first is paid by a later sale, unless everything goes by id."""
    given = market({A: [10.0] * 4, B: [10.0] * 4})
    run = session(given, cash=10_000, start="2024-01-03", positions={A: 1000}, match_order=order)
    assert cash_of(run) == 0
    buy, sell = run.buy(B, 1000), run.sell(A, 1000)
    run.step()
    assert (buy.filled, sell.filled) == (bought, 1000)
    assert buy.reason == ("" if bought else "INSUFFICIENT_CASH")
    assert cash_of(run) == (0 if bought else 1_000_000)


def test_buys_share_the_cash_by_order_id() -> None:
    """Protects the queue for cash: the first order is served whole, the second gets what is left in lots."""
    run = session(flat(), cash=12_500)
    first, second, third = run.buy(A, 1000), run.buy(A, 1000), run.buy(A, 1000)
    run.step()
    assert [outcome(ticket) for ticket in (first, second, third)] == [
        ("FILLED", "", 1000, 0), ("FILLED", "INSUFFICIENT_CASH", 200, 800), ("REJECTED", "INSUFFICIENT_CASH", 0, 1000),
    ]  # fmt: skip
    assert cash_of(run) == 50_000


def test_a_buy_is_trimmed_to_what_can_be_paid_with_fees() -> None:
    """Protects the cash check: 10,000 yuan pay 900 shares at 10.00 and the least commission of 5, not 1,000."""
    run = session(flat(), cash=10_000, costs="default")
    ticket = run.buy(A, 1000)
    run.step()
    assert outcome(ticket) == ("FILLED", "INSUFFICIENT_CASH", 900, 100)
    assert cash_of(run) == 1_000_000 - 900_000 - 500
    assert ticket.why == (
        "1,000 shares need 10,005.00 with fees; 10,000.00 is available, enough for 900."
    )  # fmt: skip


def test_cash_to_the_last_fen_is_enough() -> None:
    """Protects the edge of the cash check: exactly the price with fees buys, one fen less does not."""
    for cash, filled in ((10_005.0, 1000), (10_004.99, 900)):
        run = session(flat(), cash=cash, costs="default")
        ticket = run.buy(A, 1000)
        run.step()
        assert ticket.filled == filled


def test_a_star_buy_is_trimmed_to_the_share() -> None:
    """Protects trimming on STAR: the step is one share, and below 200 nothing is left."""
    run = session(flat(STAR), cash=4_999)
    ticket = run.buy(STAR, 1000)
    run.step()
    assert outcome(ticket) == ("FILLED", "INSUFFICIENT_CASH", 499, 501)
    poor = session(flat(STAR), cash=1_999)
    ticket = poor.buy(STAR, 1000)
    poor.step()
    assert outcome(ticket) == ("REJECTED", "INSUFFICIENT_CASH", 0, 1000)


def test_a_shortfall_can_reject() -> None:
    """Protects the option shortfall="reject": an order for more than the cash or the shares is refused whole."""
    run = session(flat(), cash=10_000, costs="default", shortfall="reject")
    ticket = run.buy(A, 1000)
    run.step()
    assert outcome(ticket) == ("REJECTED", "INSUFFICIENT_CASH", 0, 1000)
    run = session(flat(), start="2024-01-03", positions={A: 300}, shortfall="reject")
    ticket = run.sell(A, 400)
    run.step()
    assert outcome(ticket) == ("REJECTED", "INSUFFICIENT_QUANTITY", 0, 400)


def test_a_sale_is_trimmed_to_what_is_held() -> None:
    """Protects against short positions: 400 asked of 350 held sells 350, the odd lot included."""
    run = session(flat(), start="2024-01-03", positions={A: 350})
    ticket = run.sell(A, 400)
    run.step()
    assert outcome(ticket) == ("FILLED", "INSUFFICIENT_QUANTITY", 350, 50)
    assert run.portfolio.quantities == {}


def test_two_sales_of_one_holding() -> None:
    """Protects against selling twice: the second sale finds nothing left."""
    run = session(flat(), start="2024-01-03", positions={A: 300})
    first, second = run.sell(A, 300), run.sell(A, 300)
    run.step()
    assert outcome(first) == ("FILLED", "", 300, 0)
    assert outcome(second) == ("REJECTED", "INSUFFICIENT_QUANTITY", 0, 300)


def test_selling_what_never_was_held_is_refused_at_once() -> None:
    """Protects against short sales: with nothing held or on its way the request is refused at the call."""
    ticket = session(flat()).sell(A, 100)
    assert outcome(ticket) == ("REJECTED", "INSUFFICIENT_QUANTITY", 0, 100)


def test_a_value_order_stays_within_its_value_when_the_open_gaps_up() -> None:
    """Protects value orders: 10,000 yuan at 10.00 are 1,000 shares, at an open of 10.60 only 900 stay within it."""
    run = session(market({A: [10.0, 10.6, 10.6]}))
    ticket = run.order_value(A, 10_000)
    assert ticket.quantity == 1000
    run.step()
    assert outcome(ticket) == ("FILLED", "VALUE_CAP", 900, 100)
    assert run.fills.notional[0] == 9540.0
    assert "10,000" in ticket.why


def test_a_target_value_caps_the_position_and_not_the_purchase() -> None:
    """Protects target values on a gap up: 500 held at 10.60, a target of 10,000 leaves room for 400 more, not 500."""
    run = session(market({A: [10.0, 10.6, 10.6]}), start="2024-01-03", positions={A: 500})
    ticket = run.order_target_value(A, 10_000)
    assert ticket.quantity == 500
    run.step()
    assert outcome(ticket) == ("FILLED", "VALUE_CAP", 400, 100)
    assert run.portfolio.quantities[A] * 10.6 <= 10_000


def test_a_value_order_is_not_enlarged_when_the_open_gaps_down() -> None:
    """Protects what was sent: a lower open leaves money over, it never buys more shares."""
    run = session(market({A: [10.0, 9.2, 9.2]}))
    ticket = run.order_value(A, 10_000)
    run.step()
    assert outcome(ticket) == ("FILLED", "", 1000, 0)


def test_the_gap_up_episode_of_the_embedded_market() -> None:
    """Protects the teaching episode: a buy by value sized the day before is trimmed at the gap, with VALUE_CAP."""
    run = qr.Session(qr.sample_market(), start="2021-01-19", cash=1_000_000, costs="zero")
    run.step()
    ticket = run.order_value("004163", 200_000)
    sent = ticket.quantity
    run.step()
    price = run.fills.price[0]
    assert ticket.reason == "VALUE_CAP"
    assert ticket.filled == int(200_000 / price / 100) * 100 < sent
    assert ticket.filled + ticket.record.canceled == sent


def test_orders_share_the_volume_of_a_day() -> None:
    """Protects the volume cap: of 10,000 shares a tenth may be taken, by all orders together, the rest expires."""
    run = session(flat(volumes={(A, 1): 10_000}), participation=0.1)
    first, second, third = run.buy(A, 700), run.buy(A, 700), run.buy(A, 100)
    run.step(phase="OPEN")
    assert [(ticket.status.value, ticket.filled, ticket.leaves) for ticket in (first, second, third)] == [
        ("FILLED", 700, 0), ("WORKING", 300, 400), ("WORKING", 0, 100),
    ]  # fmt: skip
    run.step()
    assert [outcome(ticket) for ticket in (first, second, third)] == [
        ("FILLED", "", 700, 0), ("EXPIRED", "VOLUME_CAP", 300, 400), ("EXPIRED", "VOLUME_CAP", 0, 100),
    ]  # fmt: skip


def test_the_volume_cap_is_bound_to_no_lot() -> None:
    """Protects thin bars: lots are rules for entering an order; 5 % of 12,300 shares are 615, and 615 fill."""
    run = session(flat(volumes={(A, 1): 12_300}), participation=0.05)
    ticket = run.buy(A, 1000)
    run.step()
    assert outcome(ticket) == ("EXPIRED", "VOLUME_CAP", 615, 385)


def test_sells_and_buys_share_one_volume() -> None:
    """Protects the cap across sides: what sales took of a day's volume is gone for buys."""
    run = session(flat(volumes={(A, 1): 10_000}), start="2024-01-03", positions={A: 600}, participation=0.1)
    bought, sold = run.buy(A, 1000), run.sell(A, 600)
    run.step()
    assert (sold.filled, bought.filled) == (600, 400)


def test_a_cancel_before_the_open_leaves_nothing_to_match() -> None:
    """Protects cancels of queued orders: the order ends at once and never meets the market."""
    run = session(flat())
    ticket = run.buy(A, 100).cancel()
    assert outcome(ticket) == ("CANCELED", "USER_CANCEL", 0, 100)
    run.step()
    assert run.fills.empty
    assert events_of(run, "OrderReleased").empty


def test_a_cancel_of_a_working_order_keeps_what_was_filled() -> None:
    """Protects cancels inside the day: the filled part stays, the rest is canceled, nothing expires later."""
    run = session(flat(volumes={(A, 1): 10_000}), participation=0.05)
    ticket = run.buy(A, 1000)
    run.step(phase="OPEN")
    ticket.cancel()
    run.step()
    assert outcome(ticket) == ("CANCELED", "USER_CANCEL", 500, 500)
    assert events_of(run, "OrderExpired").empty


def test_a_cancel_that_comes_too_late_is_an_event() -> None:
    """Protects a late cancel: it changes nothing, says so, and stands in the events with its reason."""
    run = session(flat())
    ticket = run.buy(A, 100)
    run.step()
    ticket.cancel()
    assert outcome(ticket) == ("FILLED", "", 100, 0)
    assert "was not canceled" in run.message
    assert events_of(run, "CancelRefused").reason.tolist() == ["ALREADY_FINAL"]


# ------------------------------------------------------------------ slippage


@pytest.mark.parametrize(
    ("slippage", "bought", "sold"),
    [
        ("none", 10.0, 10.0),
        (("fixed", 0.013), 10.02, 9.98),
        (("fixed", 0.02), 10.02, 9.98),
        (("bps", 5), 10.01, 9.99),
        (("bps", 10), 10.01, 9.99),
        (("bps", 11), 10.02, 9.98),
        (("volume_share", 0.1), 10.01, 9.99),
    ],
)
def test_slippage_moves_against_the_order_and_rounds_against_it(slippage: object, bought: float, sold: float) -> None:
    """Protects slippage at an open of 10.00: up to the next tick for a buy, down to the next one for a sale.

    volume_share: 1,000 of 10,000 shares are a tenth; 0.1 x 0.1 squared = 0.1 % = 0.01 yuan.
    """
    run = session(flat(volumes={(A, 1): 10_000}), start="2024-01-03", positions={A: 1000}, slippage=slippage)
    run.buy(A, 1000)
    run.sell(A, 1000)
    assert run.step().fills.set_index("side").price.to_dict() == {"sell": sold, "buy": bought}


def test_slippage_keeps_the_tick_of_funds() -> None:
    """Protects the tick: a fund moves in thousandths."""
    run = session(flat(ETF, 1.0), slippage=("bps", 5))
    run.buy(ETF, 100)
    assert run.step().fills.price.tolist() == [1.001]


def test_slippage_stops_at_the_limits_of_the_day() -> None:
    """Protects the limits: 10.95 and 0.10 of slippage fill at 11.00, 9.05 at 9.00."""
    prices = {A: [10.0, 10.95, 10.9], B: [10.0, 9.05, 9.1]}
    run = session(market(prices), start="2024-01-03", positions={B: 100}, slippage=("fixed", 0.10))
    run.buy(A, 100)
    run.sell(B, 100)
    assert sorted(run.step().fills.price) == [9.0, 11.0]


@pytest.mark.parametrize("price", [round(0.01 * step, 2) for step in range(101, 2000, 37)])
def test_slipped_prices_are_clean_decimals(price: float) -> None:
    """Protects tables and digests: a slipped price is the float nearest to its tick, not 14.530000000000001."""
    run = session(flat(price=price), slippage=("bps", 7))
    run.buy(A, 100)
    filled = run.step().fills.price[0]
    assert filled == round(filled, 2) > price


def test_value_caps_count_the_slipped_price() -> None:
    """Protects the cap under slippage: what is paid per share decides, not the open."""
    run = session(flat(), slippage=("fixed", 0.05))
    ticket = run.order_value(A, 10_000)
    run.step()
    assert outcome(ticket) == ("FILLED", "VALUE_CAP", 900, 100)


# ------------------------------------------------------------------ orders with terms, found by the property tests


def test_a_stop_that_gaps_into_a_locked_limit_does_not_fill_above_the_market() -> None:
    """Protects stops on a locked day: open, high and low at 9.00, so nothing can be sold at the stop of 9.50."""
    run = session(market({A: [10.0, 9.0, 9.0]}), start="2024-01-03", positions={A: 300})
    ticket = run.order(A, -300, style=terms.stop(9.5))
    run.step()
    assert outcome(ticket) == ("EXPIRED", "LIMIT_DOWN", 0, 300)


def test_a_buy_stop_that_gaps_into_a_locked_limit_does_not_fill_below_the_market() -> None:
    """Protects stops on the other side: nothing can be bought at 10.50 on a day locked at 11.00."""
    run = session(market({A: [10.0, 11.0, 11.0]}))
    ticket = run.order(A, 300, style=terms.stop(10.5))
    run.step()
    assert outcome(ticket) == ("EXPIRED", "LIMIT_UP", 0, 300)


def test_a_trailing_stop_stays_on_the_tick() -> None:
    """Protects the tick: 3 % under 10.37 are 10.0589, which is no price; a sale stops at 10.05."""
    run = session(market({A: [10.0, (10.0, 10.37), (10.3, 9.9)]}), start="2024-01-03", positions={A: 300})
    run.order(A, -300, style=terms.trailing_stop(percent=3))
    run.step(2)
    assert run.fills.price.tolist() == [10.05]


def test_a_limit_scaled_by_a_bonus_issue_stays_on_the_tick() -> None:
    """Protects the tick over an ex-date: a limit of 10.00 to buy is 7.6923 after 3 for 10, so it rests at 7.69."""
    action = {"symbol": A, "day": 2, "bonus_per_share": 0.3}
    run = session(market({A: [10.1, 10.1, (7.8, 7.6), 7.6]}, actions=[action])).step()
    run.order(A, 1000, style=terms.limit(10.0))
    run.step()
    assert run.fills.price.tolist() == [7.69]


def test_a_margin_check_passes_over_what_has_no_price_yet() -> None:
    """Protects open_order_margin: an order in a share that is not listed yet has no price, and is no reason to fail."""
    given = market({A: [10.0] * 4, B: [None, None, 5.0, 5.0]})
    run = session(given, open_order_margin=True)
    bought, early = run.order(A, 100, style=terms.at_open()), run.order(B, 100, style=terms.at_open())
    run.step()
    assert (bought.filled, early.reason) == (100, "NOT_LISTED")


@pytest.mark.parametrize("exact", [False, True], ids=["fast", "exact"])
def test_a_second_sale_of_shares_that_wait_for_volume(exact: bool) -> None:
    """Protects one set of rules: whether another order has terms of its own does not change why a sale fails."""
    given = market({A: [10.0] * 4, B: [5.0] * 4}, volumes={(A, 1): 5})
    run = session(given, start="2024-01-03", positions={A: 300}, participation=0.1)
    if exact:
        run.order(B, 100, style=terms.limit(4.9))
    first, second = run.sell(A, 300), run.sell(A, 300)
    run.step()
    assert outcome(first) == ("EXPIRED", "VOLUME_CAP", 0, 300)
    assert outcome(second) == ("REJECTED", "INSUFFICIENT_QUANTITY", 0, 300)


@pytest.mark.parametrize("exact", [False, True], ids=["fast", "exact"])
def test_a_star_sale_that_has_become_too_small(exact: bool) -> None:
    """Protects the STAR minimum at the match: 100 of 100 shares may go, but not any more once 300 are held."""
    run = session(market({STAR: [10.0] * 5, B: [5.0] * 5}), start="2024-01-03", positions={STAR: 100})
    run.buy(STAR, 200)
    run.step(phase="PRE_OPEN")
    sold = run.sell(STAR, 100)
    if exact:
        run.order(B, 100, style=terms.limit(4.9))
    run.step().step()
    assert outcome(sold) == ("REJECTED", "MINIMUM_SIZE", 0, 100)


def test_an_update_of_a_pending_update() -> None:
    """Protects cancel_latency="next_match": a second update before the match replaces the first, or is refused."""
    run = session(flat(), cancel_latency="next_match")
    ticket = run.order(A, 300, style=terms.limit(9.5, tif="GTC"))
    run.step()
    ticket.update(quantity=200)
    ticket.update(quantity=100)
    assert ticket.status.value == "REPLACE_PENDING"
    assert run.step().ticket(1).quantity in {100, 200}


def test_an_odd_lot_at_a_locked_open_waits_too() -> None:
    """Protects the lock where nothing is ever suspended: 350 shares at the lower limit find nobody, odd lot or not."""
    given = market({"600001.SH": [10.0, 10.0, 9.0, 9.0]})
    run = session(given, positions={"600001.SH": 350}, start=str(given.days[1]))
    run.step()
    ticket = run.order_target("600001.SH", 0)
    run.step()
    assert (ticket.status.value, ticket.reason, ticket.filled) == ("EXPIRED", "LIMIT_DOWN", 0)


@pytest.mark.parametrize("frequency", ["day", "minute"])
def test_the_last_price_of_one_instrument_is_that_of_all(frequency: str) -> None:
    """Protects orders from the way in which their price is looked up: one by one or all at once, at every phase."""
    given = qr.sample_market(frequency=frequency)
    columns = np.arange(len(given.symbols))
    suspended = 0
    for day in range(-1, len(given.days), 3):
        for phase in (PRE_OPEN, OPEN, INTRADAY, CLOSE, AFTER_CLOSE):
            bars = (0, 1, 7) if phase == INTRADAY and frequency == "minute" and day >= 0 else (0,)
            for bar in bars:
                view = View(given, Moment(day, phase, bar))
                found = [view.last_price(column) for column in columns]
                np.testing.assert_array_equal(found, view.last_prices(columns))
                suspended += int(given.panel.suspended[max(day, 0)].sum())
    assert suspended or frequency == "minute"  # days without trading are told another way, and daily bars have some
