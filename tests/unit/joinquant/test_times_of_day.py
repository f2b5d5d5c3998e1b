"""What a daily bar tells at each time of the day, and what orders do then. All figures are worked out by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from script_runs import g, market, opened, run

import qresearch as qr

A = "000001.XSHE"
DAY = (10.0, 10.5, 9.5, 10.2)
"""Open, high, low and close of the day that scripts trade."""

AT = """
def initialize(context):
    set_slippage(FixedSlippage(0))
    g.seen = []
    {schedules}

{functions}
"""


def day_of(**functions: str) -> Any:
    """The session and the g of a day whose functions, given by name as "HH:MM: body", have run."""
    bodies = {name: text.split(": ", 1) for name, text in functions.items()}
    schedules = "\n    ".join(f"run_daily({name}, {time!r})" for name, (time, _) in bodies.items())
    texts = [f"def {name}(context):\n    {body}" for name, (_, body) in bodies.items()]
    script = AT.format(schedules=schedules, functions="\n\n".join(texts))
    session = run(script, market({A: [10.0, DAY]}), start="2024-01-03")
    return session, g(session)


@pytest.mark.parametrize(
    ("time", "last", "filled"),
    [("09:30", 10.0, 10.0), ("09:31", 10.0, 10.0), ("09:35", 10.0, 10.0), ("09:36", 10.0, 10.0), ("11:30", 10.0, 10.0),
     ("14:49", 10.0, 10.0), ("14:50", 10.2, 10.2), ("14:57", 10.2, 10.2), ("15:00", 10.2, 10.2)],
)  # fmt: skip
def test_the_last_price_of_a_time_is_what_a_market_order_gets(time: str, last: float, filled: float) -> None:
    """Protects scripts at any time of the day: the open until 14:50, the close from then on, and no other price."""
    session, held = day_of(f=f"{time}: g.seen = [get_current_data()['{A}'].last_price, order('{A}', 100).price]")
    assert held.seen == [last, filled]
    assert session.fills["price"].to_list() == [filled]


@pytest.mark.parametrize(
    ("time", "limit", "status", "price"),
    [
        ("09:00", 9.6, "held", 9.6),  # waits for the open, then meets the day's range: the low is 9.50
        ("09:31", 9.6, "held", 9.6),
        ("09:35", 9.5, "canceled", 0.0),  # touched, not passed
        ("09:36", 9.6, "canceled", 0.0),  # the low may lie before the order
        ("10:30", 10.0, "held", 10.0),  # marketable at the open
        ("10:30", 10.3, "held", 10.0),
        ("14:50", 10.1, "canceled", 0.0),
        ("14:50", 10.2, "held", 10.2),
    ],
)
def test_a_purchase_at_a_limit_meets_what_its_time_allows(time: str, limit: float, status: str, price: float) -> None:
    """Protects limit orders from the high and the low of a day of which their time knows nothing."""
    _, held = day_of(
        f=f"{time}: g.order = order('{A}', 100, LimitOrderStyle({limit}))",
        late="15:30: g.seen = [str(g.order.status), g.order.price]",
    )
    assert held.seen == [status, price]


@pytest.mark.parametrize(
    ("limit", "status", "price"), [(10.1, "held", 10.1), (10.2, "canceled", 0.0), (10.4, "canceled", 0.0)]
)
def test_a_sale_that_rests_from_the_middle_of_the_day_is_asked_at_the_close_only(
    limit: float, status: str, price: float
) -> None:
    """Protects sales the same way: the close of 10.20 passed 10.10 on its way; the high of 10.50 is unknown."""
    script = f"""
    def initialize(context):
        set_slippage(FixedSlippage(0))
        run_daily(buy, "open")
        run_daily(sell, "13:30")
        run_daily(look, "after_close")

    def buy(context):
        if context.current_dt.day == 2:
            order("{A}", 100)

    def sell(context):
        if context.current_dt.day == 3:
            g.order = order("{A}", -100, LimitOrderStyle({limit}))
            g.inside = str(g.order.status)

    def look(context):
        if context.current_dt.day == 3:
            g.found = [str(g.order.status), g.order.price]
    """
    held = g(run(script, market({A: [10.0, DAY]})))
    assert held.inside == "open"
    assert held.found == [status, price]


def test_an_order_lives_until_the_close_and_is_met_and_withdrawn_in_between() -> None:
    """Protects the article's example: `open` in its call and at 10:30, met at 14:50 and canceled by the script."""
    _, held = day_of(
        f=f"09:30: g.order = order('{A}', 100, LimitOrderStyle(9.4)); g.seen.append(str(g.order.status))",
        mid="10:30: g.seen.append([str(order.status) for order in get_open_orders().values()])",
        tail="14:50: g.seen += [len(get_open_orders()), cancel_order(g.order) is not None, str(g.order.status)]",
        last="14:59: g.seen += [len(get_open_orders()), str(g.order.finish_time)]",
    )
    assert held.seen == ["open", ["open"], 1, True, "canceled", 0, "2024-01-03 15:00:00"]


ARTICLE = """# -*- coding: utf-8 -*-
from jqdata import *

def initialize(context):
    run_daily(check_orders, '14:50') # 每天收盘前检查
    run_daily(look_early, '9:00')
    run_daily(place, 'open')
    set_option('order_volume_ratio', 0.001)
    g.given = []

def look_early(context):
    if not g.given:
        g.given = [order('000001.XSHE', 100, LimitOrderStyle(9.2))]
        g.seen = [[str(order.status) for order in get_open_orders().values()]]

def place(context):
    if len(g.given) == 1:
        g.given += [order('000001.XSHE', 1000, LimitOrderStyle(9.3)), order('000001.XSHE', 3000, LimitOrderStyle(10.2))]
        g.seen.append([str(order.status) for order in get_open_orders().values()])

def check_orders(context):
    # 获取当前所有未完成的订单 (状态为 open, new, filled 的订单)
    open_orders = get_open_orders()

    for order_id, order_obj in open_orders.items():
        # 打印订单当前状态
        log.info("订单标的: %s, 状态: %s" % (order_obj.security, order_obj.status))

        # 判断状态示例
        if order_obj.status == OrderStatus.new:
            log.info("订单尚未报盘")
        elif order_obj.status == OrderStatus.open:
            log.info("订单已委托,暂无成交")
        elif order_obj.status == OrderStatus.filled:
            log.info("订单部分成交,已成交数量: %s" % order_obj.filled)

        # 示例：如果临近收盘还是部分成交或未成交,强制撤单
        cancel_order(order_obj)
"""
"""The example of the article on OrderStatus; the functions above it give it something to find."""


def test_the_example_of_the_article_does_what_its_text_says() -> None:
    """Protects the seed document on daily bars: `new` at 09:00, `open` and partly `filled` at 14:50, then canceled."""
    session = run(ARTICLE, market({A: [10.0, DAY]}), start="2024-01-03")
    held = g(session)
    assert held.seen == [["new"], ["open", "open", "filled"]]
    lines = session.events.loc[session.events["event"] == "Logged", "text"].to_list()
    state = "订单标的: 000001.XSHE, 状态: {}".format
    told = "订单已委托,暂无成交"
    assert lines == [state("open"), told, state("open"), told, state("filled"), "订单部分成交,已成交数量: 1000"]
    assert [str(order.status) for order in held.given] == ["canceled"] * 3
    assert [order.filled for order in held.given] == [0, 0, 1000]
    assert session.orders["reason"].to_list() == ["USER_CANCEL"] * 3


def test_a_cancel_in_the_middle_of_the_day_comes_before_the_range_is_asked() -> None:
    """Protects the order of time: what was withdrawn at 11:00 is not filled by the low of the day."""
    session, held = day_of(
        f=f"09:30: g.order = order('{A}', 100, LimitOrderStyle(9.6))",
        mid="11:00: cancel_order(g.order)",
        tail="14:50: g.seen = [str(g.order.status), g.order.filled]",
    )
    assert held.seen == ["canceled", 0]
    assert session.fills.empty


def test_an_order_of_the_tail_ends_with_the_day_and_not_with_its_call() -> None:
    """Protects `get_open_orders` at 14:55: no order is ended by the call that sends it."""
    session, held = day_of(
        f=f"14:50: g.order = order('{A}', 100, LimitOrderStyle(10.0)); g.seen.append(str(g.order.status))",
        tail="14:55: g.seen.append([order.limit_price for order in get_open_orders().values()])",
        after="15:30: g.seen += [str(g.order.status), len(get_open_orders())]",
    )
    assert held.seen == ["open", [10.0], "canceled", 0]
    assert session.open_orders.empty


def test_each_function_is_told_once_what_its_time_means_and_each_order_says_it() -> None:
    """Protects users of 14:50 and 10:30: one notice a function, and the explanation of an order names its time."""
    session, _ = day_of(
        f=f"10:30: order('{A}', 100)", tail=f"14:50: order('{A}', 100)", first=f"09:31: order('{A}', 100)",
        plain=f"09:30: order('{A}', 100)",
    )  # fmt: skip
    told = session.notices.table.query("kind == 'approximated'")["notice"].to_list()
    assert [text.split(":")[0] + ":" + text.split(":")[1] for text in told] == [
        "f at 10:30", "tail at 14:50", "first at 09:31"
    ]  # fmt: skip
    texts = [str(session.explain(order)) for order in session.orders.index]
    assert ["stands in for the price of this time" in text for text in texts] == [False, False, False, True]
    assert ["the last price known at this time" in text for text in texts] == [False, False, True, False]


def test_orders_and_trades_carry_the_time_of_their_call() -> None:
    """Protects scripts that cancel what is older than an hour: a daily bar has no times, the call has."""
    _, held = day_of(
        f=f"10:30: order('{A}', 100)",
        tail="14:50: order('000001.XSHE', 100); g.seen = [str(item.time.time()) for item in get_trades().values()]"
        " + [str(item.add_time.time()) for item in get_orders().values()]",
    )
    assert held.seen == ["10:30:00", "14:50:00", "10:30:00", "14:50:00"]


def test_without_such_times_a_run_is_what_it_was() -> None:
    """Protects kept runs: the setting is written with the first time inside the day, and not before."""
    assert not day_of(f=f"09:31: order('{A}', 100)", last="15:00: pass")[0].settings.times_of_day
    assert day_of(f=f"09:36: order('{A}', 100)")[0].settings.times_of_day


def test_a_run_with_times_is_kept_and_done_again(tmp_path: Path) -> None:
    """Protects journals and programs: what rested over the close comes out the same, to the digest."""
    given, path = market({A: [10.0, DAY, DAY]}), tmp_path / "run.qsession"
    script = AT.format(
        schedules="run_daily(f, '14:50')\n    run_daily(f, '10:30')",
        functions=f"def f(context):\n    order('{A}', 100, LimitOrderStyle(10.1))",
    )
    session = opened(script, given, journal=path)
    session.run(progress=False)
    assert qr.Session.resume(path, given).digest() == session.digest()
    exec(session.to_script(market="GIVEN"), {"GIVEN": given})  # it asserts the digest itself
    end = session.digest()
    session.back(2).run(rerun=True, progress=False)
    assert session.digest() == end


@pytest.mark.parametrize(("time", "fields"), [("09:31", ("open",)), ("10:30", ("open",)), ("14:49", ("open",))])
def test_poison_after_the_time_changes_nothing_before_the_close(time: str, fields: tuple[str, ...]) -> None:
    """Protects against look-ahead: high, low, close and volume of the day become NaN, and the call does the same."""
    body = (
        f"g.seen.append([get_current_data()['{A}'].last_price, context.portfolio.total_value,"
        f" get_price('{A}', count=1, end_date=context.current_dt, fields=['close'])['close'].tolist()]);"
        f" order('{A}', 100); order('{A}', 100, LimitOrderStyle(9.9)); order('{A}', 100, LimitOrderStyle(10.1))"
    )
    script = AT.format(schedules=f"run_daily(f, {time!r})", functions=f"def f(context):\n    {body}")
    rows = [{"date": day, "symbol": A, "open": 10.0, "high": 10.5, "low": 9.5, "close": 10.2, "volume": 1e6}
            for day in pd.bdate_range("2024-01-02", periods=3)]  # fmt: skip
    found = []
    for poison in (False, True):
        given = qr.read_market(pd.DataFrame(rows))
        if poison:
            for name in ("high", "low", "close", "volume", "turnover"):
                if name not in fields:
                    array = np.array(getattr(given.panel, name))
                    array[-1] = np.nan if name != "volume" else 7.0
                    object.__setattr__(given.panel, name, array)
        session = opened(script, given)
        for _ in range(2):
            session.step()
        session.step(phase="INTRADAY")
        found.append((session.digest(), g(session).seen))
    assert found[0] == found[1]
    assert len(found[0][1]) == 3
