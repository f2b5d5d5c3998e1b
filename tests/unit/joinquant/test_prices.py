"""What the data functions give: windows, defaults, adjustment, and nothing beyond now. Figures by hand."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from script_runs import g, market, run

import qresearch as qr
from qresearch.errors import StrategyError
from qresearch.market.market import Benchmark

A, B = "000001.XSHE", "600519.XSHG"
MOVES = {
    A: [(10.0, 10.2, 9.9, 10.1), (10.1, 10.4, 10.0, 10.3), None, (10.3, 10.6, 10.2, 10.5), (10.4, 10.8, 10.4, 10.7)],
    B: [20.0, 21.0, 22.0, 23.0, 24.0],
}
"""Five business days from Tuesday 2024-01-02; A is suspended on the third."""


def at(day: int, body: str, time: str = "open", given: qr.Market | None = None, **options: object) -> list[object]:
    """What expressions give on one day (counted from 0), at one time."""
    lines = "\n".join(f"    g.seen.append({line.strip()})" for line in body.strip().splitlines())
    script = f"""
from jqdata import *
from jqlib.technical_analysis import *

def initialize(context):
    set_option("use_real_price", True)
    g.seen, g.day = [], -1
    run_daily(look, "{time}")

def look(context):
    g.day += 1
    if g.day != {day}:
        return
{lines}
"""
    found: list[object] = g(run(script, given or market(MOVES), **options)).seen
    return found


def test_attribute_history_leaves_out_today_and_suspended_days() -> None:
    """Protects the two defaults that bite: today is never there, not even after the close, and skip_paused=True."""
    body = f"""
    attribute_history("{A}", 3, "1d", ["close", "high"])["close"].tolist()
    attribute_history("{A}", 2, "1d", "close", skip_paused=False)["close"].tolist()
    [str(day)[:10] for day in attribute_history("{A}", 2).index]
    list(attribute_history("{A}", 1).columns)
    attribute_history("{A}", 2, "1d", ("open",), df=False)["open"].tolist()
    len(attribute_history("{A}", 100))
    """
    for time in ("open", "14:50", "after_close"):
        assert at(4, body, time) == [
            [10.1, 10.3, 10.5],
            [10.3, 10.5],
            ["2024-01-03", "2024-01-05"],
            ["open", "close", "high", "low", "volume", "money"],
            [10.1, 10.3],
            3,
        ]


def test_history_has_a_column_per_code_and_keeps_suspended_days() -> None:
    """Protects the other function's defaults: skip_paused=False, the universe, one field."""
    body = f"""
    history(2, "1d", "close", ["{A}", "{B}"]).values.tolist()
    list(history(2, field="close", security_list="{B}").columns)
    history(2, "1d", "close", ["{A}", "{B}"], df=False)["{B}"].tolist()
    history(2, "1d", "close", ["{A}"], skip_paused=True)["{A}"].tolist()
    """
    assert at(3, body) == [[[10.3, 21.0], [10.3, 22.0]], [B], [21.0, 22.0], [10.1, 10.3]]


def test_bars_are_adjusted_to_the_day_that_is_named() -> None:
    """Protects fq_ref_date: its factor is 1, an early day gives prices of "post", none after today counts."""
    flat = pd.Series([10.0, 10.0, 5.0, 5.0, 5.0])
    bars = pd.DataFrame({"date": pd.bdate_range("2024-01-02", periods=5), "symbol": A, "volume": 1e6})
    bars = bars.assign(open=flat, high=flat, low=flat, close=flat)
    table = pd.DataFrame({"symbol": [A], "board": ["SZ_MAIN"], "list_date": ["2000-01-04"]})
    split = pd.DataFrame({"symbol": [A], "ex_date": ["2024-01-04"], "bonus_per_share": [1.0]})
    given = qr.read_market(bars, instruments=table, actions=split)
    body = f"""
    get_bars("{A}", 3, "1d", ["close"])["close"].tolist()
    get_bars("{A}", 3, "1d", ["close"], fq_ref_date=context.current_dt)["close"].tolist()
    get_bars("{A}", 3, "1d", ["close"], fq_ref_date="2030-01-01")["close"].tolist()
    get_bars("{A}", 3, "1d", ["close", "factor"], fq_ref_date="2024-01-03").tolist()
    get_bars("{A}", 3, "1d", ["close"], fq_ref_date=datetime.date(1990, 1, 1), include_now=True)["close"].tolist()
    get_price("{A}", count=3, fields=["open", "close"], fq="post").values.tolist()
    get_price(["{A}"], count=3, fields=["open", "close"], fq="post", panel=False)["close"].tolist()
    """
    assert at(3, body, given=given) == [
        [10.0, 10.0, 5.0],
        [5.0, 5.0, 5.0],
        [5.0, 5.0, 5.0],
        [(10.0, 1.0), (10.0, 1.0), (10.0, 2.0)],
        [10.0, 10.0, 10.0],
        [[10.0, 10.0]] * 3,
        [10.0] * 3,
    ]


def test_bars_that_are_still_to_come_are_told() -> None:
    """Protects who looks ahead, which the platform allows without avoid_future_data: the bars end today, and why."""
    script = f"""
    def handle_data(context, data):
        g.seen = len(get_price("{A}", "2024-01-02", DAY))
    """
    for day, is_told in (('"2024-01-05"', True), ("context.current_dt", False)):
        session = run(script.replace("DAY", day), market(MOVES), end="2024-01-03")
        assert g(session).seen == 2
        assert any("still to come" in str(notice) for notice in session.notices) == is_told


def test_a_period_without_its_suspended_days_begins_where_it_was_asked_to() -> None:
    """Protects skip_paused beside start_date: nothing of before the period comes in for a day without trading."""
    body = f"""
    get_price("{A}", "2024-01-04", context.previous_date, fields="close", skip_paused=True)["close"].tolist()
    get_price("{A}", "2024-01-04", "2024-01-04", fields="close", skip_paused=True)["close"].tolist()
    get_price(["{A}"], "2024-01-04", "2024-01-05", fields="close", skip_paused=True, panel=False)["close"].tolist()
    get_price("{A}", count=3, end_date=context.previous_date, fields="close", skip_paused=True)["close"].tolist()
    """
    assert at(4, body) == [[10.5], [], [10.5], [10.1, 10.3, 10.5]]


def test_get_price_gives_bars_of_several_days() -> None:
    """Protects frequency: 'Xd' is bars of X days that end with the last one, and what is no length is refused."""
    body = f"""
    get_price("{B}", count=2, frequency="2d", end_date=context.previous_date, fields=["open", "close"]).values.tolist()
    [str(day)[:10] for day in get_price("{B}", count=2, frequency="2d", end_date=context.previous_date).index]
    get_price(["{A}", "{B}"], count=1, frequency="2d", end_date=context.previous_date, panel=False)["high"].tolist()
    """
    assert at(4, body) == [[[20.0, 21.0], [22.0, 23.0]], ["2024-01-03", "2024-01-05"], [10.6, 23.0]]
    for asked in ("get_price('{}', count=1, frequency='1w')", "attribute_history('{}', 1, 'day')"):
        with pytest.raises(StrategyError, match="no length of a bar that is known here. It can be '1d' or 'Xd'"):
            at(1, asked.format(A))


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("history(1, '1d', ['close', 'open'], ['000001.XSHE'])", "takes one field, not .*: get_price takes several"),
        ("attribute_history(['000001.XSHE'], 1)", "takes one code, not .*: history takes several"),
        ("get_price(None)", "None is neither a text nor a list"),
        ("get_price('000001.XSHE', start_date=20240102)", "20240102 is a number, not a date. Write it as '2024-01-31'"),
        ("get_trade_days('2024-01-02', count=2)", "takes start_date or count, not both"),
        ("get_all_securities(['stok'])", "types='stok' is not known.*Did you mean stock"),
        ("set_order_cost(0.001)", "takes OrderCost.*, not 0.001"),
        ("batch_submit_orders([('000001.XSHE', 100)])", "is no order. Pass a dict with security and amount"),
    ],
)
def test_a_wrong_call_is_told_in_words(asked: str, message: str) -> None:
    """Protects who mistypes: what was passed and what to do instead, and no empty frame of the year 1970."""
    with pytest.raises(StrategyError, match=message):
        at(1, asked)


def test_one_code_is_a_universe_and_no_order_is_for_several() -> None:
    """Protects set_universe of a text, which is one code; a list of codes is no code, a text no state of an order."""
    body = f"""
    set_universe("{B}") or history(1, "1d", "close").values.tolist()
    order(["{A}"], 100)
    get_orders(status="open")
    """
    assert at(1, body) == [[[20.0]], None, {}]


def test_get_price_goes_to_now_and_never_beyond() -> None:
    """Protects against a look ahead: before the close, today's bar is its open; asking for next year gives the same."""
    body = f"""
    get_price("{B}", end_date="2030-01-01", count=2, fields=["open", "close"]).values.tolist()
    get_price("{A}", "2024-01-01", "2030-01-01", fields=["high"])["high"].tolist()
    get_price(["{A}", "{B}"], end_date=context.previous_date, count=1, fields=["close"], panel=False).values.tolist()
    get_price(["{A}", "{B}"], end_date=context.previous_date, count=1, fields=["close"])["close"]["{B}"][-1]
    get_price("{A}", end_date=context.previous_date, count=3, fields="close", skip_paused=True)["close"].tolist()
    math.isnan(get_price("{A}", end_date="2024-01-04", count=1, fields="close", fill_paused=False)["close"][0])
    """
    found = at(3, body)
    assert found[0] == [[22.0, 22.0], [23.0, 23.0]]
    assert found[1] == [10.2, 10.4, 10.3, 10.3]
    assert found[2] == [[pd.Timestamp("2024-01-04"), A, 10.3], [pd.Timestamp("2024-01-04"), B, 22.0]]
    assert found[3:] == [22.0, [10.1, 10.3], True]
    assert at(3, body, "14:50")[1] == [10.2, 10.4, 10.3, 10.6]


def test_get_bars_gives_structured_arrays_and_the_bar_so_far() -> None:
    """Protects get_bars: no suspended days, include_now, weeks."""
    body = f"""
    get_bars("{A}", 2, "1d", ["date", "close"]).tolist()
    get_bars("{A}", 2, "1d", ["close"], include_now=True)["close"].tolist()
    get_bars("{B}", 1, "1w", ["open", "high", "close", "volume"], df=True).values.tolist()
    """
    assert at(4, body) == [
        [(dt.date(2024, 1, 3), 10.3), (dt.date(2024, 1, 5), 10.5)],
        [10.5, 10.4],
        [[20.0, 23.0, 23.0, 4e6]],
    ]


def test_prices_are_adjusted_to_the_present_day() -> None:
    """Protects use_real_price: old prices stand before an ex-date of 10 shares for 10, then they are halved."""
    days = pd.bdate_range("2024-01-02", periods=4)
    bars = pd.DataFrame(
        {
            "date": days,
            "symbol": A,
            "open": [10.0, 12.0, 6.0, 6.6],
            "high": [10.0, 12.0, 6.0, 6.6],
            "low": [10.0, 12.0, 6.0, 6.6],
            "close": [10.0, 12.0, 6.0, 6.6],
            "volume": [1e6, 1e6, 2e6, 2e6],
        }
    )
    table = pd.DataFrame({"symbol": [A], "board": ["SZ_MAIN"], "list_date": ["2000-01-04"]})
    actions = pd.DataFrame(
        {
            "symbol": [A],
            "ex_date": [days[2]],
            "cash_per_share": [0.0],
            "bonus_per_share": [1.0],
            "rights_per_share": [0.0],
            "rights_price": [0.0],
            "prev_close": [12.0],
            "ref_price": [6.0],
        }
    )
    given = qr.read_market(bars, instruments=table, actions=actions)
    body = f"""
    attribute_history("{A}", 2, "1d", ["close"])["close"].tolist()
    attribute_history("{A}", 2, "1d", ["close"], fq=None)["close"].tolist()
    attribute_history("{A}", 1, "1d", ["volume"])["volume"].tolist()
    """
    assert at(2, body, given=given) == [[5.0, 6.0], [10.0, 12.0], [2e6]]
    assert at(3, body, given=given) == [[6.0, 6.0], [12.0, 6.0], [2e6]]


def test_current_data_knows_the_morning_and_no_more() -> None:
    """Protects filters on paused, limits, ST and the last price at the moments at which they are asked."""
    body = f"""
    get_current_data()["{A}"].paused
    get_current_data()["{B}"].last_price
    get_current_data()["{B}"].day_open
    (get_current_data()["{A}"].high_limit, get_current_data()["{A}"].low_limit)
    (get_current_data()["{A}"].is_st, get_current_data()["999999.XSHG"].paused)
    """
    before = at(1, body, "before_open")
    assert before[:2] == [False, 20.0]
    assert math.isnan(before[2])
    assert before[3] == (11.11, 9.09)
    assert at(1, body)[1:3] == [21.0, 21.0]
    assert at(2, body)[0] is True
    assert at(2, body)[4] == (False, True)


def test_data_of_handle_data_is_the_bar_of_the_day_before() -> None:
    """Protects handle_data at daily frequency."""
    script = f"""
    def initialize(context):
        g.seen = []

    def handle_data(context, data):
        bar = data["{B}"]
        g.seen.append((bar.close, bar.pre_close, bar.returns, bar.paused, bar.mavg(2), bar.isnan(), bar.security))
    """
    seen = g(run(script, market(MOVES), start="2024-01-05")).seen
    assert seen[0] == (22.0, 21.0, pytest.approx(1 / 21), False, 21.5, False, B)


def test_indexes_and_benchmarks_come_from_the_tables() -> None:
    """Protects timing scripts: bars of an index that is no instrument, and a benchmark made of them."""
    days = pd.bdate_range("2024-01-02", periods=5)
    index = pd.DataFrame({"symbol": "000300.SH", "date": days, "close": [100.0, 101, 102, 103, 104], "amount": 1.0})
    script = """
    def initialize(context):
        set_benchmark("000300.XSHG")
        run_daily(look)

    def look(context):
        g.close = attribute_history("000300.XSHG", 2, "1d", ["close", "open", "money"])["close"].tolist()
    """
    session = run(script, market(MOVES), data={"index_prices": index})
    assert g(session).close == [102.0, 103.0]
    assert session.tables.daily_portfolio["benchmark_close"].pct_change().iloc[-1] == pytest.approx(104 / 103 - 1)
    with pytest.raises(StrategyError, match="data={'index_prices'"):
        at(3, 'attribute_history("000300.XSHG", 2)')


def test_an_index_of_closes_alone_keeps_the_close_of_today_to_itself() -> None:
    """Protects market timing from tomorrow's paper: before the close such an index stands at its last close."""
    days = pd.bdate_range("2024-01-02", periods=5)
    index = pd.DataFrame({"code": "000300.XSHG", "date": days, "close": [100.0, 101, 102, 103, 90]})
    body = """
    get_price("000300.XSHG", count=1, end_date=context.current_dt)[["open", "close", "high", "low"]].values.tolist()
    get_bars("000300.XSHG", 1, "1d", ["open", "close", "high", "low"], include_now=True).tolist()
    get_current_data()["000300.XSHG"].last_price
    attribute_history("000300.XSHG", 1, "1d", "close")["close"].tolist()
    """
    for given, data in (
        (market(MOVES), {"index_prices": index}),
        (replace(market(MOVES), benchmark=Benchmark("000300.SH", market(MOVES).days, index["close"].to_numpy())), {}),
    ):
        for time in ("open", "10:30"):
            assert at(4, body, time, given, data=data) == [[[103.0] * 4], [(103.0,) * 4], 103.0, [103.0]]
        assert at(4, body, "close", given, data=data) == [
            [[103.0, 90.0, 103.0, 90.0]], [(103.0, 90.0, 103.0, 90.0)], 90.0, [103.0],
        ]  # fmt: skip


def test_each_instrument_is_listed_under_its_own_type() -> None:
    """Protects screens of shares from bonds, repo and funds, and a misspelled type from an empty list."""
    codes = ["600519.SH", "510300.SH", "161725.SZ", "508000.SH", "113001.SH", "204001.SH", "000300.SH"]
    rows = [{"date": day, "symbol": code} for code in codes for day in pd.bdate_range("2024-01-02", periods=2)]
    given = qr.read_market(pd.DataFrame(rows).assign(open=10.0, high=10.0, low=10.0, close=10.0, volume=1e6))
    body = """
    list(get_all_securities().index)
    list(get_all_securities("fund").index)
    list(get_all_securities(["lof", "conbond"]).index)
    get_security_info("113001.XSHG").type
    len(get_all_securities("QDII_fund"))
    """
    assert at(1, body, given=given) == [
        ["600519.XSHG"],
        ["161725.XSHE", "508000.XSHG", "510300.XSHG"],
        ["113001.XSHG", "161725.XSHE"],
        "conbond",
        0,
    ]


def test_the_calendar_and_the_list_of_instruments() -> None:
    """Protects the functions that nearly every selection begins with."""
    body = f"""
    get_trade_days(end_date=context.current_dt, count=2).tolist()
    len(get_all_trade_days())
    get_all_securities(["stock"], context.current_dt).index.tolist()
    get_all_securities("etf").index.tolist()
    (get_security_info("{A}").start_date, get_security_info("{A}").end_date, get_security_info("{A}").type)
    get_security_info("999999.XSHG")
    get_extras("is_st", ["{A}"], end_date=context.current_dt, count=2).values.tolist()
    normalize_code("sh600519")
    """
    assert at(1, body) == [
        [dt.date(2024, 1, 2), dt.date(2024, 1, 3)],
        5,
        [A, B],
        [],
        (dt.date(2000, 1, 4), dt.date(2200, 1, 1), "stock"),
        None,
        [[False], [False]],
        B,
    ]


def test_indicators_agree_with_sums_by_hand() -> None:
    """Protects the averages of jqlib on four closes of 20, 21, 22, 23: plain, exponential, and their difference."""
    closes = [20.0, 21.0, 22.0, 23.0]
    weighted = closes[0]
    for close in closes[1:]:
        weighted += (close - weighted) * 2 / 4
    body = f"""
    MA("{B}", context.previous_date, timeperiod=2)["{B}"]
    EMA(["{B}"], context.previous_date, timeperiod=3)["{B}"]
    RSI("{B}", check_date=context.previous_date, N1=6)["{B}"]
    [part["{B}"] for part in BOLL("{B}", context.previous_date, timeperiod=2, nbdevup=1, nbdevdn=1)]
    [part["{B}"] for part in ATR("{B}", context.previous_date, timeperiod=2)]
    """
    assert at(4, body) == [22.5, pytest.approx(weighted), pytest.approx(100), [23.0, 22.5, 22.0], [1.0, 1.0]]


def test_tomorrow_changes_nothing_today() -> None:
    """Protects the promise of the package under this dialect: other bars of later days give the same events."""
    script = f"""
    def initialize(context):
        run_daily(f)

    def f(context):
        closes = history(2, "1d", "close", ["{A}", "{B}"])
        price = get_price("{B}", end_date="2030-01-01", count=1, fields=["close"])["close"][-1]
        order_target_value("{B}", 1000 * closes["{B}"].sum() + price)
        log.info(get_current_data()["{A}"].high_limit, closes["{A}"][-1], price)
    """
    other = {code: [*bars[:4], 11.0 if code == A else 25.0] for code, bars in MOVES.items()}
    seen = []
    for bars in (MOVES, other):
        events = run(script, market(bars), start="2024-01-03", end="2024-01-05").events
        seen.append(events[["day", "event", "quantity", "price", "text"]].to_csv())
    assert seen[0] == seen[1]


def test_arrays_handed_out_are_the_scripts_own_or_read_only() -> None:
    """Protects the panel from a script that writes into what it was given."""
    given = market(MOVES)
    kept = given.panel.close.copy()
    script = f"""
    def initialize(context):
        run_daily(f)

    def f(context):
        frame = attribute_history("{B}", 2, "1d", ["close"])
        frame["close"] = 0.0
        frame.iloc[:, 0] = 1.0
        try:
            attribute_history("{B}", 2, "1d", ["close"], df=False, fq=None)["close"][:] = 0.0
        except ValueError:
            pass
    """
    run(script, given)
    assert np.array_equal(given.panel.close, kept, equal_nan=True)
