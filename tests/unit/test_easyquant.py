"""EasyQuant scripts: fills at the next open, that library's names, and its defects not repeated."""

from __future__ import annotations

from textwrap import dedent

import pandas as pd
import pytest

import qresearch as qr
from qresearch.errors import StrategyError

A = "600001.XSHG"


def run(script: str, opens: list[float], **options: object) -> qr.Session:
    """A session over days that open at given prices and close 0.10 higher."""
    days = pd.bdate_range("2024-01-02", periods=len(opens))
    bars = pd.DataFrame({"date": days, "symbol": A, "open": opens, "low": opens, "volume": 1e6})
    bars = bars.assign(close=bars["open"] + 0.1, high=bars["open"] + 0.1)
    table = pd.DataFrame({"symbol": [A], "board": ["SH_MAIN"], "list_date": ["2000-01-04"]})
    market = qr.read_market(bars, instruments=table)
    options.setdefault("cash", 100_000)
    return qr.Session.from_script(dedent(script), market, dialect="easyquant", **options).run(progress=False)


def g(session: qr.Session) -> object:
    """The g of the script."""
    return session.strategy.target["g"]


def test_an_order_waits_for_the_next_open_and_is_an_object_and_an_id() -> None:
    """Protects the clock of that library and both kinds of code written for its orders."""
    script = """
    from eqlib import *

    def initialize(context):
        g.n = 0
        run_daily(f)

    def f(context):
        g.n += 1
        if g.n == 1:
            g.order = order("600001", 300)
            g.first = (g.order.status, g.order.amount, isinstance(g.order, str), g.order == g.order.order_id)
        elif g.n == 2:
            g.second = (g.order.status, g.order.filled, g.order.price)
    """
    session = run(script, [10.0, 10.2, 10.3])
    assert g(session).first == ("pending", 300, True, True)
    assert g(session).second == ("filled", 300, 10.2)


def test_handle_data_is_called_with_the_bar_of_the_day_and_names_are_registered() -> None:
    """Protects registered callbacks: data holds today's whole bar at the close, and the order of the three."""
    script = """
    def initialize(context):
        g.seen = []
        set_handle_data(each)
        before_trading_start(morning)
        after_trading_end(evening)

    def morning(context, data):
        g.seen.append(("morning", str(context.current_dt)[11:16], context.previous_date))

    def each(context, data):
        g.seen.append(("each", data["600001"].close, data["600001"]["open"], data["999999"]))

    def evening(context, data):
        g.seen.append(("evening", context.portfolio.total_value))
    """
    session = run(script, [10.0])
    assert g(session).seen == [("morning", "09:00", None), ("each", 10.1, 10.0, None), ("evening", 100_000.0)]


def test_the_tax_on_sales_counts_as_it_is_set() -> None:
    """Protects from the defect of the library, which ignores close_tax: 1 % of 3,000 yuan is 30."""
    script = """
    def initialize(context):
        set_order_cost(OrderCost(open_tax=0, close_tax=0.01, open_commission=0, close_commission=0, min_commission=0))
        run_daily(f)

    def f(context):
        order_target("600001", 0 if "600001.XSHG" in context.portfolio.positions else 300)
    """
    fills = run(script, [10.0, 10.0, 10.0, 10.0]).fills
    assert fills["stamp_duty"].to_list() == [0.0, 30.0, 0.0]


def test_default_costs_and_slippage_are_the_documented_ones() -> None:
    """Protects the defaults of the Trading API: 0.025 % each way, at least 5, 0.05 % on sales; slippage by request."""
    script = """
    def initialize(context):
        set_slippage(FixedSlippage(pct=0.01))
        run_daily(f)

    def f(context):
        order_target("600001", 0 if context.portfolio.positions else 3000)
    """
    fills = run(script, [10.0, 10.0, 10.0]).fills
    assert fills["price"].to_list() == [10.1, 9.9]
    # 30,300 x 0.025 % = 7.575; 29,700 x 0.025 % = 7.425; 29,700 x 0.05 % = 14.85
    assert fills["commission"].to_list() == [7.58, 7.43]
    assert fills["stamp_duty"].to_list() == [0.0, 14.85]


@pytest.mark.parametrize(
    ("line", "days"),
    [
        ("run_weekly(f, day_of_week=2)", ["01-03"]),
        ("run_weekly(f, 0, '09:30')", ["01-08"]),
        ("run_monthly(f, 6)", ["01-08"]),
        ("run_monthly(f, day_of_month=1)", ["01-02"]),
        ("run_selection(f, 'weekly:4')", ["01-05"]),
    ],
)
def test_weekdays_and_days_of_the_month_are_those_of_the_calendar(line: str, days: list[str]) -> None:
    """Protects the difference from JoinQuant: 0 is Monday, and a day of the month rolls to the next trading day."""
    script = f"""
    def initialize(context):
        g.days = []
        {line}

    def f(context):
        g.days.append(context.current_dt.strftime("%m-%d"))
    """
    # Five business days from Tuesday 2024-01-02 to Monday 2024-01-08.
    assert g(run(script, [10.0] * 5)).days == days


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("run_weekly(f, 7)", "run_weekly: day_of_week=7 must be from 0 to 6"),
        ("run_monthly(f, 0)", "run_monthly: day_of_month=0 must be from 1 to 31"),
        ("run_weekly(f, 'mon')", "day_of_week='mon' is text"),
        ("set_order_cost(0.001)", "takes OrderCost.*, not 0.001"),
    ],
)
def test_what_would_never_be_called_is_refused(line: str, message: str) -> None:
    """Protects schedules from a day that no week and no month has: the function would wait for ever."""
    script = f"""
    def initialize(context):
        {line}

    def f(context):
        pass
    """
    with pytest.raises(StrategyError, match=message):
        run(script, [10.0] * 5)


def test_account_history_and_the_functions_of_that_library() -> None:
    """Protects names: lots, pct, plain positions, history as a dict, the context, run_backtest inside the script."""
    script = """
    from eqlib import *

    def start(context):
        g.n = 0
        run_daily(f)

    def f(context):
        g.n += 1
        if g.n == 1:
            order_lots("600001", 3)
        elif g.n == 2:
            p = context.portfolio.positions["600001"]
            g.seen = [p.amount, p.closeable_amount, p.current_price, p.total_value, context.run_params["frequency"],
                      history(1, "1d", "close", "600001")["600001"].tolist(), str(context.start_date),
                      attribute_history("600001", 1)["close"][-1], order_pct("600001", -0.5)]
            try:
                context.portfolio.positions["000002.XSHE"]
            except KeyError:
                g.seen.append("KeyError")

    run_backtest(start, start_date="2024-01-01", end_date="2024-02-01")
    """
    session = run(script, [10.0, 10.0, 10.0])
    assert g(session).seen == [300, 0, 10.1, 3_030.0, "daily", [10.1], "2024-01-02", 10.1, "2", "KeyError"]
    assert any("run_backtest inside the script" in notice for notice in session.notices)
    refused = session.orders.loc[2]
    assert (refused["quantity"], refused["filled"]) == (100, 100)


def test_open_orders_are_those_that_order_has_returned() -> None:
    """Protects scripts that look up an order: the keys are the ids, the values what ``order`` returns."""
    session = qr.Session.from_script(
        "def initialize(context):\n    run_daily(trade)\n"
        "def trade(context, data):\n    g.sent = order('604018', 1000)\n    g.open = get_open_orders()\n",
        qr.sample_market(), start="2022-03-01", cash=100_000, dialect="easyquant",
    ).step()  # fmt: skip
    g = session.simulation.keeper.memory.live["g"]
    assert g.open == {g.sent.id: g.sent}
    assert g.open[g.sent.id].status == "pending"


@pytest.mark.parametrize("style", ["9.5", "'limit'", "LimitOrder"])
def test_what_is_no_style_sends_nothing(style: str) -> None:
    """Protects money: a style that is none was taken for a market order."""
    script = (
        f"def initialize(context):\n    run_daily(trade)\ndef trade(*_):\n    g.sent = order('604018', 1000, {style})"
    )
    session = qr.Session.from_script(
        script, qr.sample_market(), start="2022-03-01", cash=100_000, dialect="easyquant"
    ).step()
    assert session.simulation.keeper.memory.live["g"].sent is None
    assert session.orders.empty
    assert "is no order style" in session.notices[-1]


def test_costs_are_those_of_the_library_where_a_script_names_only_some() -> None:
    """Protects OrderCost's defaults: 0.05 % tax, 0.025 % each way, at least 5 yuan; what is named replaces its own."""
    script = """
    from eqlib import *

    def initialize(context):
        set_order_cost({cost})
        g.n = 0
        run_daily(f)

    def f(context):
        g.n += 1
        if g.n < 3: order("600001.XSHG", 9000 if g.n == 1 else -9000)
    """
    for cost, fees in (("OrderCost()", [22.5, 67.5]), ("OrderCost(close_tax=0.001)", [22.5, 112.5]),
                       ("OrderCost(min_commission=30)", [30.0, 75.0])):  # fmt: skip
        session = run(script.replace("{cost}", cost), [10.0] * 5)
        assert session.fills[["commission", "stamp_duty"]].sum(axis=1).round(2).to_list() == fees


def test_minute_bars_change_nothing_about_the_next_open() -> None:
    """Protects the library's promise: asked for at 09:00, 10:30 or the close, filled at the next day's first price."""
    script = """
    from eqlib import *

    def initialize(context):
        g.orders = {}
        run_daily(f, time="{time}")

    def f(context):
        if not g.orders:
            g.orders = {"market": order("600001.XSHG", 100), "limit": order("600001.XSHG", 100, LimitOrder(9.95))}
    """
    rows = [
        {"date": day + pd.Timedelta(hours=9, minutes=31 + number), "symbol": A, "volume": 1e4,
         **dict.fromkeys(("open", "high", "low", "close"), 10.0 + place / 10 - number / 10)}
        for place, day in enumerate(pd.bdate_range("2024-01-02", periods=3)) for number in range(5)
    ]  # fmt: skip
    given = qr.read_market(pd.DataFrame(rows))
    for time in ("09:00", "09:33", "every_bar"):
        text = dedent(script).replace("{time}", time)
        session = qr.Session.from_script(text, given, dialect="easyquant", cash=100_000).run(progress=False)
        fills = session.fills
        assert fills["day"].astype(str).str[:10].to_list() == ["2024-01-03"] * 2
        assert fills["price"].to_list() == [10.1, 9.9]
        assert sum("next trading day" in notice for notice in session.notices) == 1
        exec(session.to_script(market="GIVEN"), {"GIVEN": given})  # it asserts the digest itself


@pytest.mark.parametrize("style", ["9.5", "'limit'", "LimitOrder", "object()"])
def test_a_style_that_is_none_is_told_and_nothing_is_sent(style: str) -> None:
    """Protects limits from becoming market orders without a word."""
    script = f"""
    from eqlib import *

    def initialize(context):
        run_daily(f)

    def f(context):
        g.found = order("600001.XSHG", 100, {style})
    """
    session = run(script, [10.0] * 3)
    assert g(session).found is None
    assert session.fills.empty
    assert any("is no order style" in notice for notice in session.notices)
