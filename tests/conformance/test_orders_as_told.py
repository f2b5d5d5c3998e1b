"""An order does what it was told: what users, real data and attacks broke at its edges, each with its right value.

Every case is one of a kind: targets beside open orders, what rests and what it holds back, what is left of an order,
updates, money, and reasons that are true.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pytest

import qresearch as qr
from qresearch import terms

A, STAR, BSE, CHINEXT = "600001.SH", "688001.SH", "830001.BJ", "300001.SZ"
Bar = float | tuple[float, float, float, float]
"""A flat bar, or (open, high, low, close)."""


def frame_of(prices: dict[str, Sequence[Bar]], volume: float, start: str) -> pd.DataFrame:
    """Bars of some days, one entry a day and symbol."""
    days = pd.bdate_range(start, periods=max(map(len, prices.values())))
    rows = []
    for symbol, bars in prices.items():
        for day, bar in zip(days, bars, strict=False):
            values = bar if isinstance(bar, tuple) else (bar,) * 4
            row = dict(zip(("open", "high", "low", "close"), values, strict=True))
            rows.append({"date": day, "symbol": symbol, **row, "volume": volume, "paused": False})
    return pd.DataFrame(rows)


def opened(
    prices: dict[str, Sequence[Bar]],
    *,
    volume: float = 1e6,
    start: str = "2024-01-02",
    adjusted: bool = False,
    **options: object,
) -> qr.Session:
    """A session before the second of some days, without costs unless asked for; what is held is given."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        market = qr.read_market(frame_of(prices, volume, start), adjusted=adjusted)
    options = {"costs": "zero", "cash": 100_000, "positions_paid": False} | options
    return qr.Session(market, start=market.days[1], **options)


def told(ticket: qr.session.ticket.Ticket) -> tuple[str, str, int]:
    """State, reason and shares filled."""
    return ticket.status.value, ticket.reason, ticket.filled


def ways() -> pytest.MarkDecorator:
    """Both ways through a match: plain orders alone, and beside one with terms of its own."""
    return pytest.mark.parametrize("exact", [False, True], ids=["fast", "exact"])


def beside(run: qr.Session, *, exact: bool) -> None:
    """Send the match the exact way."""
    if exact:
        run.buy(A, 100, terms.limit(9.2, tif="GTC"))


# ---------------------------------------------------------------------------------------- targets

PROTECTIVE: dict[str, Callable[[], terms.Terms]] = {
    "stop": lambda: terms.stop(9.2, tif="GTC"),
    "stop limit": lambda: terms.stop_limit(9.2, 9.1, tif="GTC"),
    "trailing stop": lambda: terms.trailing_stop(0.9),
}
IN_THE_WAY: dict[str, tuple[int, Callable[[], terms.Terms]]] = {
    "take-profit": (-1000, lambda: terms.limit(10.9, tif="GTC")),
    "if-touched sale": (-1000, lambda: terms.limit_if_touched(10.8, 10.9, tif="GTC")),
    "resting buy": (500, lambda: terms.limit(9.2, tif="GTC")),
    "entry stop": (500, lambda: terms.stop(10.9, tif="GTC")),
    "if-touched buy": (500, lambda: terms.limit_if_touched(9.2, 9.1, tif="GTC")),
}


@pytest.mark.parametrize("style", PROTECTIVE.values(), ids=PROTECTIVE)
@pytest.mark.parametrize("is_resting", [True, False], ids=["rests", "queued"])
def test_a_target_leaves_what_protects_the_position(style: Callable[[], terms.Terms], is_resting: bool) -> None:
    """Protects exits beside a stop: a target of 0 sells all that is held, the stop ends with the position."""
    run = opened({A: [10.0] * 6}, positions={A: 1000})
    stop = run.sell(A, 1000, style())
    if is_resting:
        run.step()
    half = run.order_target(A, 500)
    assert not stop.status.is_final
    run.step()
    assert told(half) == ("FILLED", "", 500)
    run.order_target(A, 0)
    run.step()
    assert run.portfolio.quantities == {}
    assert told(stop) == ("CANCELED", "POSITION_CLOSED", 0)
    assert stop.record.end_origin == "risk"


@pytest.mark.parametrize("latency", ["none", "next_match"])
@pytest.mark.parametrize("kind", IN_THE_WAY)
@pytest.mark.parametrize("is_resting", [True, False], ids=["rests", "queued"])
def test_a_target_withdraws_what_would_move_the_position(kind: str, is_resting: bool, latency: str) -> None:
    """Protects targets beside open orders: they give way at once, and a target below the holding never buys."""
    run = opened({A: [10.0] * 6}, positions={A: 1000}, cancel_latency=latency)
    quantity, style = IN_THE_WAY[kind]
    other = run.order(A, quantity, style())
    if is_resting:
        run.step()
    target = run.order_target(A, 500)
    assert told(other) == ("CANCELED", "REPLACED_BY_TARGET", 0)
    assert other.record.end_origin == "user"
    assert other.why == f"Order {target} set a target for the position; what was open in it gave way."
    run.step()
    assert run.portfolio.quantities == {A: 500}
    assert list(run.fills.side) == ["sell"]


def test_the_last_of_several_targets_counts() -> None:
    """Protects a change of mind before the open, up and down and to nothing."""
    run = opened({A: [10.0] * 6})
    for target in (1000, 500, 0, 700):
        run.order_target(A, target)
    run.step()
    assert run.portfolio.quantities == {A: 700}
    run.order(A, 1000)
    run.order_target(A, 500)
    assert run.step().portfolio.quantities == {A: 500}


def test_a_target_that_is_met_withdraws_and_one_that_is_refused_does_not() -> None:
    """Protects what rests against targets that decide nothing: no price, a bad last day, too large."""
    run = opened({A: [10.0] * 6}, positions={A: 1000}, cash=1e9)
    profit = run.sell(A, 1000, terms.limit(10.9, tif="GTC"))
    run.step()
    refused = [run.order_target(A, 500, terms.limit(10, until="2024-01-02")), run.order_target(A, 3_000_000)]
    assert [ticket.reason for ticket in refused] == ["GOOD_TILL_OVER", "ORDER_MAXIMUM"]
    assert profit.status.value == "WORKING"
    met = run.order_target(A, 1000)
    assert told(met) == ("REJECTED", "NO_CHANGE", 0)
    assert told(profit) == ("CANCELED", "REPLACED_BY_TARGET", 0)
    unpriced = opened({A: [10.0] * 3, "600002.SH": [10.0] * 3})
    unpriced.buy("600002.SH", 100)
    assert unpriced.order_target_value("600002.SH", 5_000).status.value == "QUEUED"


@ways()
@pytest.mark.parametrize(
    ("gap", "sold"), [(10.0, 500), (10.9, 600), (11.0, 600), (9.5, 500)], ids=["flat", "up", "limit", "down"]
)
def test_a_target_in_money_is_not_exceeded_when_it_sells_into_a_gap(exact: bool, gap: float, sold: int) -> None:
    """Protects order_target_value: 5,000 of 1,000 shares at 10; at 10.9 only 400 of them stay within it."""
    run = opened({A: [10.0, 10.0, gap]}, positions={A: 1000})
    run.step()
    target = run.order_target_value(A, 5_000)
    if exact:
        run.sell(A, 1000, terms.stop(9.0, tif="GTC"))
    run.step()
    assert (target.filled, run.portfolio.quantities[A]) == (sold, 1000 - sold)
    assert run.portfolio.quantities[A] * gap <= 5_000
    if sold > 500:
        updated = run.events[run.events.event == "OrderUpdated"].iloc[0]
        assert (updated.reason, abs(updated.quantity)) == ("VALUE_CAP", 600)
        assert "At 1" in str(target.explain())


def test_a_larger_sale_is_bounded_by_what_may_be_sold() -> None:
    """Protects T+1 in a target in money: what was bought today stays, and the order says so."""
    run = opened({A: [10.0, 10.0, (10.0, 12.0, 10.0, 12.0)], "600002.SH": [10.0] * 3}, clock="same_bar",
                 positions={A: 300})  # fmt: skip
    run.step(phase="OPEN")
    run.buy(A, 700)
    sale = run.order_target_value(A, 4_000)
    assert sale.filled == 300
    assert "T_PLUS_ONE" in set(run.events.reason)


def test_easyquant_closes_a_position_beside_its_orders() -> None:
    """Protects the documented `order_target(security, 0)`: it closes the position whatever waits."""
    script = (
        "def initialize(context):\n    g.n = 0\n\n"
        "def handle_data(context, data):\n    g.n += 1\n"
        "    if g.n == 1:\n        order('600001.XSHG', 500)\n"
        "    if g.n == 2:\n        order('600001.XSHG', 300)\n        order_target('600001.XSHG', 0)\n"
    )
    market = qr.read_market(frame_of({A: [10.0] * 6}, 1e6, "2024-01-02"))
    run = qr.Session.from_script(script, market, cash=100_000, dialect="easyquant")
    run.run(progress=False)
    assert run.portfolio.quantities == {}


# ---------------------------------------------------------------------------------------- what rests


@pytest.mark.parametrize(
    "style",
    [terms.stop(10.9, tif="GTC"), terms.stop_limit(10.9, 10.95, tif="GTC"), terms.trailing_stop(0.9),
     terms.limit_if_touched(9.1, 9.05, tif="GTC")],
    ids=["stop", "stop limit", "trailing stop", "if touched"],
)  # fmt: skip
def test_what_waits_for_a_trigger_holds_nothing_back(style: terms.Terms) -> None:
    """Protects cash and shares: a stop that may never be reached keeps nothing from other orders."""
    run = opened({A: [10.0] * 6}, positions={A: 1000}, cash=10_000)
    run.buy(A, 900, style)
    if style.kind in terms.STOP_KINDS:
        run.sell(A, 1000, terms.stop(9.2, tif="GTC"))
    run.step()
    assert run.portfolio.available == 10_000
    assert run.positions.sellable[A] == 1000
    assert run.tables.daily_positions.sellable.iloc[-1] == 1000
    assert told(run.buy(A, 900)) == ("QUEUED", "", 0)
    sale = run.sell(A, 1000)
    run.step()
    assert told(sale) == ("FILLED", "", 1000)


@pytest.mark.parametrize("match_order", ["sells_first", "fifo"])
@pytest.mark.parametrize("stop_first", [True, False])
def test_the_stop_fills_where_one_bar_reaches_stop_and_limit(match_order: str, stop_first: bool) -> None:
    """Protects brackets against flattery: of both that one bar reaches the stop fills, whichever was placed first."""
    run = opened({A: [10.0, 10.0, (10.0, 10.9, 9.1, 10.0), 10.0]}, positions={A: 1000}, match_order=match_order)
    styles = [terms.stop(9.5, tif="GTC"), terms.limit(10.5, tif="GTC")]
    tickets = [run.sell(A, 1000, style) for style in (styles if stop_first else styles[::-1])]
    stop, profit = tickets if stop_first else tickets[::-1]
    run.step(2)
    assert told(stop) == ("FILLED", "", 1000)
    assert stop.average_price == 9.5
    assert told(profit) == ("CANCELED", "POSITION_CLOSED", 0)


def test_a_stop_takes_shares_from_limit_orders_and_cuts_them_to_the_rest() -> None:
    """Protects protection: shares held back by a take-profit are the stop's when it is reached."""
    run = opened({A: [10.0, 10.0, (10.0, 10.0, 9.2, 9.3), 9.3, (9.3, 9.3, 9.3, 9.3)]}, positions={A: 1000})
    profits = [run.sell(A, 300, terms.limit(10.8, tif="GTC")), run.sell(A, 700, terms.limit(10.8, tif="GTC"))]
    stop = run.sell(A, 600, terms.stop(9.5, tif="GTC"))
    run.step(2)
    assert told(stop) == ("FILLED", "", 600)
    assert [ticket.leaves for ticket in profits] == [300, 100]
    assert profits[1].record.canceled == 600


def test_a_stop_that_is_placed_with_its_entry_lives() -> None:
    """Protects brackets of one evening: the stop waits for the entry, works then, and ends without one."""
    run = opened({A: [10.0, 10.0, 10.0, (10.0, 10.0, 9.2, 9.3), 9.3]})
    run.buy(A, 1000)
    stop = run.sell(A, 1000, terms.stop(9.5, tif="GTC"))
    run.step()
    assert told(stop) == ("WORKING", "STOP_NOT_REACHED", 0)
    run.step(2)
    assert told(stop) == ("FILLED", "", 1000)
    gone = opened({A: [10.0] * 4})
    gone.buy(A, 1000, terms.limit(9.2))
    stop = gone.sell(A, 1000, terms.stop(9.1, tif="GTC"))
    gone.step()
    assert told(stop) == ("WORKING", "AWAITS_ENTRY", 0)
    gone.step()
    assert told(stop) == ("CANCELED", "POSITION_CLOSED", 0)


@pytest.mark.parametrize("clock", ["next_open", "same_bar"])
def test_a_stop_lives_through_t_plus_one(clock: str) -> None:
    """Protects a stop that is placed, or reached, on the day of the purchase: it sells on the next day."""
    fall = (10.0, 10.0, 9.2, 9.3)
    run = opened({A: [10.0, fall, (9.1, 9.4, 9.0, 9.2), 9.2]}, clock=clock)
    if clock == "same_bar":
        run.step(phase="OPEN")
    run.buy(A, 1000)
    stop = run.sell(A, 1000, terms.stop(9.5, tif="GTC"))
    run.step(phase="CLOSE")
    assert told(stop) == ("WORKING", "T_PLUS_ONE", 0)
    assert stop.record.triggered
    run.step(phase="OPEN")
    assert told(stop) == ("FILLED", "", 1000)
    assert stop.average_price == 9.1


def test_a_position_is_not_closed_while_a_buy_of_it_is_open() -> None:
    """Protects stops of a position that is being rebuilt, and entry stops, which close nothing."""
    run = opened({A: [10.0] * 6}, positions={A: 1000})
    stop, entry = run.sell(A, 1000, terms.stop(9.2, tif="GTC")), run.buy(A, 100, terms.stop(10.9, tif="GTC"))
    run.step()
    run.sell(A, 1000)
    run.step()
    assert run.portfolio.quantities == {}
    assert (stop.status.value, entry.status.value) == ("WORKING", "WORKING")
    entry.cancel()
    run.step()
    assert told(stop) == ("CANCELED", "POSITION_CLOSED", 0)


def test_with_open_order_margin_what_closes_nothing_is_rejected() -> None:
    """Protects LEAN's rule, which says it in its own way."""
    run = opened({A: [10.0] * 6}, positions={A: 1000}, open_order_margin=True)
    stop = run.sell(A, 1000, terms.stop(9.2, tif="GTC"))
    run.step()
    run.sell(A, 1000)
    run.step()
    assert told(stop) == ("REJECTED", "OPEN_ORDER_MARGIN", 0)


def test_resting_buys_that_dearer_costs_no_longer_cover_end_newest_first() -> None:
    """Protects the cash after a change of costs: what is available never falls below zero."""
    run = opened({A: [10.0] * 6}, cash=28_000)
    older, newer = run.buy(A, 1000, terms.limit(9.3, tif="GTC")), run.buy(A, 2000, terms.limit(9.3, tif="GTC"))
    run.step()
    assert run.portfolio.available == 100
    run.set_order_cost(open_commission=0.003, close_commission=0.003, min_commission=100)
    assert told(newer) == ("CANCELED", "INSUFFICIENT_CASH", 0)
    assert newer.record.end_origin == "risk"
    assert older.status.value == "WORKING"
    assert run.portfolio.available >= 0
    run.back()
    assert newer.status.value == "QUEUED"


# ---------------------------------------------------------------------------------------- what is left of an order


@pytest.mark.parametrize(("symbol", "size"), [(STAR, 400), (BSE, 400), (A, 400)])
@pytest.mark.parametrize("volume", [2500, 1500, 700])
def test_what_is_left_of_an_order_is_bound_to_no_lot(symbol: str, size: int, volume: int) -> None:
    """Protects remainders and thin bars: minimum and lot are asked when an order is entered, never again."""
    run = opened({symbol: [10.0] * 12}, volume=volume, participation=0.1)
    bought = run.buy(symbol, size, terms.market(tif="GTC"))
    run.run(progress=False)
    assert told(bought) == ("FILLED", "", size)
    sells = opened({symbol: [10.0] * 12}, volume=volume, participation=0.1, positions={symbol: size + 200})
    sold = sells.sell(symbol, size, terms.market(tif="GTC"))
    sells.run(progress=False)
    assert told(sold) == ("FILLED", "", size)


def test_a_remainder_may_be_sold_beside_a_sale() -> None:
    """Protects odd remainders: of 350 STAR shares 200 are on sale, the other 150 are all that is left."""
    run = opened({STAR: [10.0] * 6, A: [10.0] * 6}, positions={STAR: 350, A: 350})
    first = run.sell(STAR, 200, terms.limit(11.0, tif="GTC"))
    run.step()
    rest = run.sell(STAR, 150)
    odd = (run.sell(A, 300, terms.limit(10.9, tif="GTC")), run.sell(A, 50))
    run.step()
    assert told(rest) == ("FILLED", "", 150)
    assert first.status.value == "WORKING"
    assert [ticket.filled for ticket in odd] == [0, 50]
    too_small = opened({STAR: [10.0] * 6}, positions={STAR: 350})
    assert too_small.sell(STAR, 150).reason == "MINIMUM_SIZE"


# ---------------------------------------------------------------------------------------- updates


def resting(side: int, quantity: int = 100, **options: object) -> tuple[qr.Session, qr.session.ticket.Ticket]:
    """A limit order that rests at the end of its first day."""
    run = opened({A: [10.0] * 6}, positions={A: 1000}, cash=10_000, **options)
    ticket = run.order(A, side * quantity, terms.limit(9.3 if side > 0 else 10.8, tif="GTC"))
    return run.step(), ticket


@pytest.mark.parametrize("shortfall", ["trim", "reject"])
@pytest.mark.parametrize(
    ("side", "change", "reason"),
    [
        (1, {"quantity": 20_000}, "INSUFFICIENT_CASH"),
        (1, {"quantity": 50}, "LOT_SIZE"),
        (1, {"quantity": 150}, "LOT_SIZE"),
        (1, {"quantity": 2_000_000}, "ORDER_MAXIMUM"),
        (1, {"quantity": 10**14}, "ORDER_MAXIMUM"),
        (-1, {"quantity": 5_000}, "INSUFFICIENT_QUANTITY"),
        (-1, {"quantity": 130}, "LOT_SIZE"),
        (1, {"limit_price": 200.0, "quantity": 500}, "INSUFFICIENT_CASH"),
    ],
)
def test_an_update_passes_the_checks_of_a_new_order(side: int, change: dict, reason: str, shortfall: str) -> None:
    """Protects working orders against updates that no order could be: refused whole, the order stays."""
    run, ticket = resting(side, shortfall=shortfall)
    before = (ticket.status, ticket.quantity, ticket.record.terms)
    ticket.update(**change)
    assert run.message.startswith(f"Order {ticket} was not changed. {reason}")
    assert (ticket.status, ticket.quantity, ticket.record.terms) == before
    assert run.portfolio.available >= 0
    run.step()


def test_an_update_inside_the_day_must_keep_to_its_price_limits() -> None:
    """Protects prices: a limit outside of those of the day is as invalid in an update as in an order."""
    run, ticket = resting(1)
    run.step(phase="OPEN")
    ticket.update(limit_price=12.0)
    assert "PRICE_LIMIT" in run.message
    ticket.update(limit_price=9.5)
    assert ticket.record.terms.limit_price == 9.5


def test_an_update_of_a_queued_order_is_checked_but_for_the_cash() -> None:
    """Protects the queue: lots and maximum at once, the cash at the match, as for a new order."""
    run = opened({A: [10.0] * 6}, cash=10_000)
    ticket = run.buy(A, 100, terms.limit(10.0))
    for quantity, reason in ((150, "LOT_SIZE"), (3_000_000, "ORDER_MAXIMUM")):
        ticket.update(quantity=quantity)
        assert reason in run.message
    ticket.update(quantity=5_000)
    run.step()
    assert (ticket.filled, ticket.record.canceled) == (1000, 4000)


def test_a_pending_update_is_checked_when_it_takes_effect() -> None:
    """Protects races: cash is asked at the match, and what fills before is not filled twice."""
    run, ticket = resting(1, cancel_latency="next_match")
    ticket.update(quantity=20_000)
    assert ticket.status.value == "REPLACE_PENDING"
    run.step()
    assert (ticket.status.value, ticket.quantity) == ("WORKING", 100)
    assert run.events.reason[run.events.event == "UpdateRefused"].tolist() == ["INSUFFICIENT_CASH"]
    race = opened({A: [10.0, 10.0, 9.2, 9.2, 9.2]}, volume=3_000, participation=0.1, cancel_latency="next_match")
    ticket = race.buy(A, 1000, terms.limit(9.3, tif="GTC"))
    race.step()
    ticket.update(quantity=1200)
    race.run(progress=False)
    assert (ticket.quantity, ticket.filled) == (1200, 900)


# ---------------------------------------------------------------------------------------- money


@ways()
@pytest.mark.parametrize(("cash", "filled"), [(0, 0), (1.99, 0), (2, 1)])
def test_a_sale_whose_fees_exceed_what_there_is_is_refused(exact: bool, cash: float, filled: int) -> None:
    """Protects the cash: one share of 3 with a least commission of 5 needs 2 more, and fees are never capped."""
    run = opened({A: [3.0] * 5}, positions={A: 1}, cash=cash, costs="default")
    run.set_order_cost(close_tax=0, min_commission=5)
    sold = run.sell(A, 1, terms.limit(3.0) if exact else None)
    run.step()
    assert sold.filled == filled
    assert run.portfolio.cash >= 0
    if not filled:
        assert told(sold) == ("REJECTED", "INSUFFICIENT_CASH", 0)


def test_prices_of_adjusted_data_lose_no_digits() -> None:
    """Protects small adjusted prices: 10,000 shares at 0.4567 are worth 4,567.00, and a limit keeps its digits."""
    run = opened({A: [(0.4567, 0.47, 0.45, 0.46)] * 4}, adjusted=True)
    bought, limited = run.buy(A, 10_000), run.buy(A, 10_000, terms.limit(0.4555))
    run.step()
    assert run.fills.notional.tolist() == [4567.0, 4555.0]
    assert limited.average_price == 0.4555
    assert bought.average_price == 0.4567


@pytest.mark.parametrize("clock", ["next_open", "same_bar"])
@pytest.mark.parametrize("tif", ["GTC", "IOC", "DAY"])
def test_a_margin_rule_may_end_the_very_order_that_fills(clock: str, tif: str) -> None:
    """Protects the clock: an order that its own partial fill makes too large for the account ends, and days go on."""
    run = qr.Session(
        qr.sample_market(), start="2022-03-01", cash=100_000, open_order_margin=True, participation=0.0001, clock=clock
    )
    if clock == "same_bar":
        run.step(phase="OPEN")
    ticket = run.buy("604018", 10_400, terms.limit(10.06, tif=tif))
    run.step(3)
    assert len(run.orders) == 1
    assert ticket.status.is_final or tif == "GTC"


@pytest.mark.parametrize(
    ("symbol", "start", "most", "limited"),
    [(A, "2024-01-02", 1_000_000, 1_000_000), (STAR, "2024-01-02", 50_000, 100_000),
     (CHINEXT, "2024-01-02", 150_000, 300_000), (CHINEXT, "2019-01-02", 1_000_000, 1_000_000),
     (BSE, "2024-01-02", 1_000_000, 1_000_000), ("510050.SH", "2024-01-02", 1_000_000, 1_000_000)],
)  # fmt: skip
def test_one_order_has_a_largest_size(symbol: str, start: str, most: int, limited: int) -> None:
    """Protects the dated maximum of each board, for each way of asking; what is too large is told to be split."""
    run = opened({symbol: [10.0] * 5}, volume=1e9, cash=1e9, start=start, positions={symbol: 3 * limited})
    largest = [run.buy(symbol, most), run.buy(symbol, limited, terms.limit(10.0)), run.sell(symbol, most)]
    beyond = [
        run.buy(symbol, most + 100),
        run.buy(symbol, limited + 100, terms.limit(10.0)),
        run.order_value(symbol, (most + 200) * 10.0),
        run.sell(symbol, most + 100),
    ]
    assert {ticket.status.value for ticket in largest} == {"QUEUED"}
    assert {ticket.reason for ticket in beyond} == {"ORDER_MAXIMUM"}
    assert "Split" in str(beyond[0].explain())


def test_an_order_beyond_all_measure_is_a_wrong_call() -> None:
    """Protects the arithmetic: 10**19 shares, or as much money, are told as what they are, and nothing is torn."""
    run = opened({A: [10.0] * 4})
    for call, asked in (("order", 10**19), ("order", 10**30), ("order_target", 10**18), ("order_value", 1e300)):
        with pytest.raises(qr.UsageError, match=r"Write|Pass"):
            getattr(run, call)(A, asked)
    with pytest.raises(qr.UsageError, match="Write"):
        run.buy(A, 100).update(quantity=10**30)
    assert run.step().portfolio.quantities == {A: 100}


# ---------------------------------------------------------------------------------------- reasons that are true


@pytest.mark.parametrize(("side", "locked", "reason"), [(1, 11.0, "LIMIT_UP"), (-1, 9.0, "LIMIT_DOWN")])
def test_a_limit_order_on_a_locked_day_ends_with_the_lock(side: int, locked: float, reason: str) -> None:
    """Protects reasons: at a locked limit nobody trades, and no advice names a price beyond it."""
    run = opened({A: [10.0, locked, locked]}, positions={A: 1000})
    at, short = run.order(A, side * 100, terms.limit(locked)), run.order(A, side * 100, terms.limit(10.0))
    run.step()
    assert told(at) == ("EXPIRED", reason, 0)
    assert told(short) == ("EXPIRED", "LIMIT_NOT_REACHED", 0)
    assert "would have been met" not in str(at.explain()) + str(short.explain())


def test_a_last_day_that_is_over_is_refused() -> None:
    """Protects orders good till a day: one before the first day on which they could work fills nothing."""
    run = opened({A: [10.0] * 8}).step(3)
    over = run.buy(A, 100, terms.limit(10.5, until="2024-01-01"))
    today = run.buy(A, 100, terms.limit(10.5, until="2024-01-05"))
    tomorrow = run.buy(A, 100, terms.limit(10.5, until="2024-01-08"))
    assert [told(ticket)[:2] for ticket in (over, today)] == [("REJECTED", "GOOD_TILL_OVER")] * 2
    assert over.why == "It was good till 2024-01-01, but the first day on which it could work is 2024-01-08."
    run.step()
    assert told(tomorrow) == ("FILLED", "", 100)


@pytest.mark.parametrize(("until", "ends"), [("2024-01-06", "2024-01-05"), ("2024-01-05", "2024-01-05")])
def test_a_last_day_off_ends_on_the_trading_day_before(until: str, ends: str) -> None:
    """Protects last days on a weekend: Saturday's order is over on Friday, and Monday's fall does not fill it."""
    run = opened({A: [10.0, 10.0, 10.0, 10.0, 9.4, 9.4]})
    ticket = run.buy(A, 100, terms.limit(9.5, until=until))
    run.run(progress=False)
    assert told(ticket) == ("EXPIRED", "LIMIT_NOT_REACHED", 0)
    assert str(run.orders.ended.iloc[0])[:10] == ends


def test_by_leans_rules_a_last_day_off_moves_to_the_next_trading_day() -> None:
    """Protects LEAN's good-till orders: Saturday's works on Monday and ends with it; Friday's is over on Friday."""
    run = opened({A: [10.0, 10.0, 10.0, 10.0, (9.6, 9.6, 9.4, 9.4), 9.4]}, fill_model="lean_equity").step(3)
    saturday, friday = (run.buy(A, 100, terms.limit(9.5, until=day)) for day in ("2024-01-06", "2024-01-05"))
    run.step()
    assert (saturday.filled, friday.reason) == (100, "GOOD_TILL_OVER")


@ways()
def test_a_day_on_which_nobody_traded_fills_nothing(exact: bool) -> None:
    """Protects fills on stale prices: a volume of 0 is no trade, unless the data have no volumes at all."""
    frame = frame_of({A: [10.0] * 5}, 1e6, "2024-01-02")
    frame.loc[2, "volume"] = 0
    for silent in (False, True):
        given = frame.assign(volume=0.0) if silent else frame
        run = qr.Session(qr.read_market(given), start="2024-01-03", cash=100_000, costs="zero").step()
        beside(run, exact=exact)
        market, limit = run.buy(A, 100), run.buy(A, 100, terms.limit(10.5))
        run.step()
        wanted = ("FILLED", "", 100) if silent else ("EXPIRED", "NO_TRADES", 0)
        assert (told(market), told(limit)) == (wanted, wanted)
        assert run.buy(A, 100) and run.step().portfolio.quantities


def test_what_was_asked_is_told_in_its_own_words() -> None:
    """Protects sentences: each names the shares that it is about."""
    run = opened({A: [10.0] * 4}, positions={A: 1030})
    said = {
        "What was asked comes to 0 shares: there is nothing to send.": run.order(A, 0),
        "10 shares are not whole lots of 100: 0 can be sent.": run.order_pct(A, -0.01),
        "69 shares are not whole lots of 100: 0 can be sent.": run.order_target(A, 1099),
        "Nothing to do: the 1,030 shares held already are what was asked for.": run.order_target(A, 1030),
    }
    for sentence, ticket in said.items():
        assert ticket.why == sentence


@pytest.mark.parametrize("latency", ["none", "next_match"])
def test_a_journal_does_all_of_it_again(latency: str, tmp_path: Path) -> None:
    """Protects resuming: what targets, stops, updates and costs ended by themselves is not done twice, nor left out."""
    prices = {A: [10.0, 10.0, 10.9, (10.9, 10.9, 9.9, 9.9), 9.9, 9.9, 9.9], STAR: [10.0] * 7}
    path = tmp_path / "told.qsession"
    run = opened(prices, positions={A: 1000, STAR: 400}, cash=30_000, cancel_latency=latency, journal=path)
    run.sell(A, 1000, terms.limit(10.95, tif="GTC"))
    run.step()
    run.order_target_value(A, 5_000)
    run.sell(A, 1000, terms.stop(10.0, tif="GTC"))
    rests = run.buy(STAR, 2500, terms.limit(9.0, tif="GTC"))
    run.step()
    rests.update(quantity=50_000)
    run.set_order_cost(open_commission=0.4, min_commission=0)
    run.run(progress=False)
    reasons = {"REPLACED_BY_TARGET", "VALUE_CAP", "INSUFFICIENT_CASH"}
    assert reasons <= set(run.events.reason)
    run.simulation.keeper.journal.close()
    again = qr.Session.resume(path, run.market)
    assert again.digest() == run.digest()
    pd.testing.assert_frame_equal(again.orders, run.orders)


def test_what_a_stop_limit_holds_back_after_a_part_fill_is_covered() -> None:
    """Protects the cash: triggered and partly filled below its limit, it holds back no more than there is."""
    run = opened({A: [10.0, (10.0, 10.6, 10.0, 10.5), 10.5]}, cash=9_600, volume=1_000, participation=0.1)
    ticket = run.buy(A, 900, terms.stop_limit(10.2, 10.9, tif="GTC"))
    run.step()
    assert ticket.filled == 100
    assert run.portfolio.available >= 0
    assert ticket.record.leaves * 10.9 <= run.portfolio.cash
