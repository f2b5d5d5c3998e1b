"""The documented life of an order at daily frequency: scenarios written from the platform's manual, figures by hand.

Each script calls one function at the open of the second day and keeps what it saw in ``g``; the days are written down
in the test. Costs and slippage are zero, so that every figure can be checked on paper.
"""

from __future__ import annotations

from textwrap import indent

import pandas as pd
import pytest

import qresearch as qr
from qresearch.errors import StrategyError

SHARE, STAR = "000001.XSHE", "688001.XSHG"
HEAD = """
from jqdata import *

def initialize(context):
    set_order_cost(OrderCost(), type="stock")
    set_slippage(FixedSlippage(0))
    g.seen = []
    run_daily(first, "{time}")
    run_daily(last, "after_close")
    g.turn = 0

def first(context):
    g.turn += 1
    if g.turn != {turn}:
        return
{body}

def last(context):
    if g.turn == {turn}:
{late}
"""
FLAT = [(10.0, 10.0, 10.0, 10.0)] * 4


def run(
    body: str,
    days: list[tuple[float, float, float, float]],
    *,
    late: str = "pass",
    cash: float = 100_000,
    volume: float = 1e6,
    code: str = SHARE,
    paused: int | None = None,
    time: str = "open",
    turn: int = 2,
) -> qr.Session:
    """A session after the script has run over some days of (open, high, low, close)."""
    dates = pd.bdate_range("2024-01-02", periods=len(days))
    bars = pd.DataFrame(days, columns=["open", "high", "low", "close"])
    bars = bars.assign(date=dates, symbol=code, volume=volume, paused=False)
    if paused is not None:
        before = bars.loc[paused - 1, "close"]
        bars.loc[paused, ["open", "high", "low", "close"]] = before
        bars.loc[paused, "volume"] = 0.0
        bars.loc[paused, "paused"] = True
    board = "STAR" if code == STAR else "SZ_MAIN"
    table = pd.DataFrame({"symbol": [code], "board": [board], "list_date": ["2000-01-04"]})
    script = HEAD.format(body=indent(body, "    "), late=indent(late, " " * 8), time=time, turn=turn)
    session = qr.Session.from_script(script, qr.read_market(bars, instruments=table), cash=cash)
    return session.run(progress=False)


def seen(session: qr.Session) -> list[object]:
    """What the script kept."""
    found: list[object] = session.strategy.target["g"].seen
    return found


def test_every_state_has_the_documented_name_and_value() -> None:
    """Protects scripts that print, compare or look up a state."""
    body = "g.seen = [(str(s), s.name, s.value) for s in OrderStatus]"
    found = seen(run(body, FLAT))
    assert found == [
        (name, name, value)
        for name, value in (("open", 0), ("filled", 1), ("canceled", 2), ("rejected", 3), ("held", 4), ("new", 8))
    ]


def test_a_market_order_is_held_when_the_call_returns() -> None:
    """Protects the 124 scripts of the corpus that test for held in the same callback, and the account beside it."""
    body = """
o = order("000001.XSHE", 1000)
p = context.portfolio
g.seen = [o.status is OrderStatus.held, o.filled, o.amount, o.price, o.is_buy, o.action,
          p.available_cash, p.positions["000001.XSHE"].total_amount, p.positions["000001.XSHE"].closeable_amount,
          len(p.positions), len(get_open_orders()), [t.amount for t in get_trades().values()], list(get_orders())]
"""
    assert seen(run(body, FLAT)) == [True, 1000, 1000, 10.0, True, "open", 90_000.0, 1000, 0, 1, 0, [1000], [1]]


def test_a_full_sale_shrinks_the_positions_inside_the_loop() -> None:
    """Protects loops over positions that sell in their body and count what is left."""
    body = """
if context.portfolio.positions:
    for code in context.portfolio.positions:
        order_target(code, 0)
    g.seen = [len(context.portfolio.positions), code in context.portfolio.positions,
              context.portfolio.positions[code].total_amount, context.portfolio.available_cash]
else:
    order("000001.XSHE", 1000)
    g.turn = 1
"""
    assert seen(run(body, FLAT)) == [0, False, 0, 100_000.0]


def test_an_order_that_the_account_can_carry_in_part_is_for_that_part() -> None:
    """Protects scripts that ask `held and filled == amount`: a trimmed order is for what it was trimmed to."""
    body = """
o, p = order("000001.XSHE", 50_000), order("000001.XSHE", 2_000, LimitOrderStyle(9.5))
g.seen = [(str(o.status), o.filled, o.amount), p]
"""
    assert seen(run(body, FLAT)) == [("held", 10_000, 10_000), None]
    body = """
o = order("000001.XSHE", 50_000, LimitOrderStyle(9.5))
g.order = o
g.seen = [(str(o.status), o.filled, o.amount, context.portfolio.locked_cash)]
"""
    late = "g.seen.append((str(g.order.status), g.order.filled, g.order.amount))"
    assert seen(run(body, FLAT, late=late)) == [("open", 0, 10_500, 99_750.0), ("canceled", 0, 10_500)]


def test_an_order_knows_the_style_that_it_was_given_with() -> None:
    """Protects order.style of stops and protection prices; a limit without a price is never sent to the market."""
    body = """
styles = [MarketOrderStyle, MarketOrderStyle(10.5), LimitOrderStyle(9.5), StopMarketOrderStyle("stop_loss", 10.5),
          StopLimitOrderStyle("stop_loss", 10.4, 10.5), StopLimitOrderStyle("take_profit", 9.5, 9.6)]
found = [order("000001.XSHE", 100, style).style for style in styles]
g.seen = [(type(style).__name__, style.limit_price, getattr(style, "stop_price", None)) for style in found]
"""
    assert seen(run(body, FLAT)) == [
        ("MarketOrderStyle", None, None),
        ("MarketOrderStyle", 10.5, None),
        ("LimitOrderStyle", 9.5, None),
        ("StopMarketOrderStyle", None, 10.5),
        ("StopLimitOrderStyle", 10.5, 10.4),
        ("StopLimitOrderStyle", 9.6, 9.5),
    ]
    with pytest.raises(StrategyError, match="is not an order style. Pass MarketOrderStyle"):
        run('order("000001.XSHE", 100, LimitOrderStyle)', FLAT)


def test_an_order_of_the_evening_is_one_of_the_next_day() -> None:
    """Protects get_orders: what was given after the close works on the next day, and is found there when it is over."""
    body = """
g.seen.append(([(k, str(o.status)) for k, o in get_orders().items()], list(get_trades())))
if not g.seen[1:]:
    g.turn = 1
    order("000001.XSHE", 100)
"""
    assert seen(run(body, FLAT, time="after_close")) == [([], []), ([(1, "held")], [1])]


def test_a_sale_tells_what_the_shares_had_cost_before_it() -> None:
    """Protects profits counted by `price - avg_cost`: a sale of all of a position, and of a part, know its cost."""
    body = """
if not context.portfolio.positions:
    order("000001.XSHE", 1000)
    g.turn = 1
else:
    o, p = order("000001.XSHE", -400), order_target("000001.XSHE", 0)
    order("000001.XSHE", 100)
    g.seen = [o.avg_cost, p.avg_cost, p.price, get_orders()[p.order_id].avg_cost]
"""
    days = [*FLAT[:2], (10.5, 10.5, 10.5, 10.5)]
    assert seen(run(body, days)) == [10.0, 10.0, 10.5, 10.0]


def test_a_limit_order_that_is_not_marketable_rests_and_fills_at_its_limit_when_a_bar_goes_through_it() -> None:
    """Protects rule 5: 9.90 waits at an open of 10.00, holds cash, and fills at 9.90 when the day's low is 9.85."""
    body = """
o = order("000001.XSHE", 1000, LimitOrderStyle(9.9))
g.order = o
g.seen = [str(o.status), o.filled, context.portfolio.available_cash, context.portfolio.locked_cash,
          list(get_open_orders()) == [o.order_id]]
"""
    late = "g.seen += [str(g.order.status), g.order.price, context.portfolio.available_cash, len(get_open_orders())]"
    days = [FLAT[0], (10.0, 10.1, 9.85, 10.0), FLAT[0]]
    assert seen(run(body, days, late=late)) == ["open", 0, 90_100.0, 9_900.0, True, "held", 9.9, 90_100.0, 0]


def test_a_limit_order_that_no_bar_reaches_is_canceled_at_the_end_of_the_day_and_gives_its_cash_back() -> None:
    """Protects the end of a day order: canceled before after_trading_end, nothing filled."""
    body = 'g.order = order("000001.XSHE", 1000, LimitOrderStyle(9.5))'
    late = "g.seen = [str(g.order.status), g.order.filled, context.portfolio.available_cash, len(get_open_orders())]"
    assert seen(run(body, FLAT, late=late)) == ["canceled", 0, 100_000.0, 0]


def test_a_marketable_limit_order_trades_at_the_last_price_not_at_its_limit() -> None:
    """Protects rule 5: a buy limit of 10.50 at a last price of 10.00 pays 10.00."""
    body = """
o = order("000001.XSHE", 1000, LimitOrderStyle(10.5))
g.seen = [str(o.status), o.price]
"""
    assert seen(run(body, FLAT)) == ["held", 10.0]


def test_a_market_order_beyond_the_volume_is_canceled_with_what_it_got() -> None:
    """Protects rule 4: 10 % of 5,000 shares is 500; the rest of a market order is withdrawn."""
    body = """
set_option("order_volume_ratio", 0.1)
o = order("000001.XSHE", 1000)
g.seen = [str(o.status), o.filled, o.amount, context.portfolio.positions["000001.XSHE"].total_amount]
"""
    assert seen(run(body, FLAT, volume=5_000)) == ["canceled", 500, 1000, 500]


def test_a_limit_order_beyond_the_volume_is_partly_filled_and_can_be_canceled() -> None:
    """Protects rule 4 and the word `filled`: 500 of 1,000 shares, then withdrawn with what it got."""
    body = """
set_option("order_volume_ratio", 0.1)
o = order("000001.XSHE", 1000, LimitOrderStyle(10.2))
g.seen = [str(o.status), o.status is OrderStatus.filled, o.filled, len(get_open_orders())]
c = cancel_order(o)
g.seen += [c == o, str(o.status), o.filled, cancel_order(o), len(get_open_orders())]
"""
    assert seen(run(body, FLAT, volume=5_000)) == ["filled", True, 500, 1, True, "canceled", 500, None, 0]


@pytest.mark.parametrize(("style", "state"), [("None", "canceled"), ("LimitOrderStyle(11.0)", "open")])
def test_at_the_upper_limit_a_market_order_is_canceled_and_a_limit_order_rests(style: str, state: str) -> None:
    """Protects rule 3: nothing is bought at limit-up."""
    body = f"""
o = order("000001.XSHE", 1000, {style})
g.seen = [str(o.status), o.filled]
"""
    up = (11.0, 11.0, 11.0, 11.0)
    assert seen(run(body, [FLAT[0], up, up])) == [state, 0]


def test_a_suspended_code_gives_none_and_the_order_is_kept_as_rejected() -> None:
    """Protects scripts that test for None, and the reader who looks for the order all the same."""
    session = run('g.seen = [order("000001.XSHE", 1000), get_current_data()["000001.XSHE"].paused]', FLAT, paused=1)
    assert seen(session) == [None, True]
    assert session.orders[["status", "reason"]].to_numpy().tolist() == [["REJECTED", "SUSPENDED"]]


def test_a_star_market_order_needs_a_protection_price() -> None:
    """Protects STAR scripts: None without one, held with one, and at least 200 shares."""
    body = """
a = order("688001.XSHG", 200)
b = order("688001.XSHG", 201, MarketOrderStyle(10.5))
c = order("688001.XSHG", 150, MarketOrderStyle(10.5))
g.seen = [a, str(b.status), b.filled, c]
"""
    session = run(body, FLAT, code=STAR)
    assert seen(session) == [None, "held", 201, None]
    assert session.orders["reason"].to_list() == ["PROTECTION_PRICE", "", "MINIMUM_SIZE"]


def test_an_order_before_the_open_is_new_and_meets_it() -> None:
    """Protects rule 6: asked for at 09:00 it waits as `new`, and is held after the open."""
    body = """
g.order = order("000001.XSHE", 1000)
g.seen = [str(g.order.status), context.current_dt.strftime("%H:%M")]
"""
    late = "g.seen += [str(g.order.status), g.order.price]"
    assert seen(run(body, FLAT, late=late, time="before_open")) == ["new", "09:00", "held", 10.0]


def test_a_buy_is_trimmed_to_the_cash_and_nothing_affordable_gives_none() -> None:
    """Protects the quantity rules: 1,250 yuan buy one lot at 10.00, and 999 none."""
    body = """
a = order("000001.XSHE", 1000)
b = order("000001.XSHE", 1000)
g.seen = [a.filled, str(a.status), b, context.portfolio.available_cash]
"""
    session = run(body, FLAT, cash=1_250)
    assert seen(session) == [100, "held", None, 250.0]
    assert session.orders["reason"].to_list() == ["INSUFFICIENT_CASH", "INSUFFICIENT_CASH"]


@pytest.mark.parametrize(("asked", "sent"), [(150, 100), (199, 100), (250, 200), (99, None), (60, None)])
def test_a_purchase_is_rounded_down_to_whole_lots(asked: int, sent: int | None) -> None:
    """Protects the platform's rounding, which is down, where this package's own is to the nearest lot."""
    body = f"""
o = order("000001.XSHE", {asked})
g.seen = [o and o.filled]
"""
    assert seen(run(body, FLAT)) == [sent]


def test_order_target_withdraws_open_orders_of_the_code_first() -> None:
    """Protects the documented order: what rests is canceled before the difference is taken."""
    body = """
a = order("000001.XSHE", 500, LimitOrderStyle(9.9))
b = order_target("000001.XSHE", 300)
g.seen = [str(a.status), str(b.status), b.filled, context.portfolio.positions["000001.XSHE"].total_amount]
"""
    assert seen(run(body, FLAT)) == ["canceled", "held", 300, 300]


def test_what_is_refused_for_other_reasons_gives_none() -> None:
    """Protects the rest of the list: an unknown code, a short sale, a sub-account that is not there, zero shares."""
    body = """
g.seen = [order("999999.XSHG", 100), order("000001.XSHE", 100, side="short"), order("000001.XSHE", 100, pindex=3),
          order_value("000001.XSHE", 485.15), order_target("000001.XSHE", 0)]
"""
    assert seen(run(body, FLAT)) == [None] * 5


def test_a_stop_loss_sells_once_the_price_has_reached_it() -> None:
    """Protects stop styles: 1,000 shares with a stop at 9.80 are sold when the day falls from 10.00 to 9.60."""
    body = """
if not context.portfolio.positions:
    order("000001.XSHE", 1000)
    g.turn = 1
else:
    g.order = order("000001.XSHE", -1000, StopMarketOrderStyle("stop_loss", 9.8))
    g.seen = [str(g.order.status)]
"""
    late = """
if hasattr(g, "order"):
    g.seen += [str(g.order.status), g.order.filled, len(context.portfolio.positions)]
"""
    days = [FLAT[0], FLAT[0], (10.0, 10.0, 9.6, 9.6), (9.6, 9.6, 9.6, 9.6)]
    assert seen(run(body, days, late=late)) == ["open", "held", 1000, 0]
