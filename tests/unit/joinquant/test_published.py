"""What published scripts count on and the manual does not say: settings at the top, old pandas, names of numpy."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from script_runs import g, market, opened, run

import qresearch as qr
from qresearch.dialects.joinquant import Script
from qresearch.errors import StrategyError

A, B, C = "000001.XSHE", "000002.XSHE", "000004.XSHE"
BARS = {A: [10.0, (11.0, 11.0, 10.5, 10.6), 10.6, 10.6], B: [20.0, (20.5, 21.0, 20.0, 20.8), 20.8, 20.8]}
FRAME = """
from jqdata import *

def initialize(context):
    run_daily(look, '{time}')

def look(context):
    if context.current_dt.day == 4:
        g.seen = found(context)
"""


def seen(body: str, time: str = "9:30", data: dict[str, object] | None = None) -> object:
    """What a script finds on its third day, Thursday 2024-01-04."""
    return g(run(FRAME.format(time=time) + body, market(BARS), data=data)).seen


# ---------------------------------------------------------------------------------------- settings and times


def test_settings_at_the_top_of_the_file_hold() -> None:
    """Protects scripts without initialize: 1,000 shares at 10.00 cost 1 in ten thousand, and 0.1 at least."""
    script = """
    security = '000001.XSHE'
    set_universe([security])
    set_commission(PerTrade(buy_cost=0.0001, sell_cost=0.0001, min_cost=0.1))
    set_slippage(FixedSlippage(0))

    def handle_data(context, data):
        if not context.portfolio.positions:
            g.order = order(security, 1000)
            g.codes = list(history(1, '1d', 'close'))
    """
    session = run(script)
    assert (session.fills["price"].to_list(), session.fills["commission"].to_list()) == ([10.0], [1.0])
    assert g(session).codes == [A]


def test_settings_at_the_top_do_not_come_back_after_a_resume(tmp_path: Path) -> None:
    """Protects costs that a script changes later: loading the file again does not undo them."""
    script = """
set_commission(PerTrade(0.0001, 0.0001, 0.1))
set_slippage(FixedSlippage(0))

def handle_data(context, data):
    if context.current_dt.day == 3:
        set_commission(PerTrade(0.001, 0.001, 0.1))
    order('000001.XSHE', 1000)
"""
    given = market({A: [10.0] * 6})
    path = tmp_path / "run.qsession"
    opened(script, given, journal=path).step(2)
    session = qr.Session.resume(path, given, Script.read(script)).step()
    assert session.fills["commission"].to_list() == [1.0, 10.0, 10.0]


def test_the_auction_is_over_at_0925_and_its_price_is_known() -> None:
    """Protects strategies of the auction: at 09:24 nothing of today is known, at 09:26 the open, and orders get it."""
    script = """
    def initialize(context):
        set_slippage(FixedSlippage(0))
        g.seen = []
        run_daily(early, '9:24')
        run_daily(auction, '9:26')
        run_daily(buy, '9:28')

    def early(context):
        g.seen.append(get_current_data()['000001.XSHE'].day_open)

    def auction(context):
        g.seen.append((str(context.current_dt.time()), get_current_data()['000001.XSHE'].day_open))

    def buy(context):
        g.order = order('000001.XSHE', 100)
        g.held = context.portfolio.positions['000001.XSHE'].total_amount
    """
    session = run(script, market({A: [(10.0, 10.5, 9.9, 10.2)]}))
    assert np.isnan(g(session).seen[0])
    assert g(session).seen[1] == ("09:26:00", 10.0)
    assert (g(session).order.price, str(g(session).order.status), g(session).held) == (10.0, "held", 100)


def test_a_script_may_have_nothing_but_after_code_changed() -> None:
    """Protects scripts that register their schedules there and have no initialize."""
    script = """
    def after_code_changed(context):
        run_daily(buy, 'open')

    def buy(context):
        order('000001.XSHE', 100)
    """
    assert len(run(script).fills) == 6


def test_indicators_of_a_star_import_are_no_memory_of_the_script() -> None:
    """Protects the speed of scripts that import them all: they were copied every evening, with the bars behind them."""
    session = opened(
        "from jqlib.technical_analysis import *\nfrom jqdata import *\nX = 1\ndef initialize(context): pass\n"
    )
    assert list(session.simulation.keeper.memory.roots[2]) == ["X"]


# ---------------------------------------------------------------------------------------- pandas and numpy of then


def test_a_panel_is_cut_by_places_and_by_labels() -> None:
    """Protects scripts of before pandas 0.25: the last day of all codes, one code, one value."""
    body = """
def found(context):
    panel = get_price(['000001.XSHE', '000002.XSHE'], end_date=context.previous_date, count=2, fields=['open', 'close'])
    day = panel.iloc[:, -1]
    return [day['close'].tolist(), list(day.index), panel.iloc[:, -1, :].shape, panel.ix[:, 0].close.tolist(),
            panel.loc[:, :, '000002.XSHE'].close.tolist(), panel.iloc[0].shape,
            panel.loc['close', :, '000001.XSHE'][-1], panel.loc[['close']].shape,
            float(panel.loc['open', '2024-01-03', '000002.XSHE']), panel.iloc[:, 0, 0].tolist()]
"""
    assert seen(body) == [
        [10.6, 20.8], [A, B], (2, 2), [10.0, 20.0], [20.0, 20.8], (2, 2), 10.6, (1, 2, 2), 20.5, [10.0, 10.0],
    ]  # fmt: skip


def test_sets_are_labels_and_groups_leave_dates_out() -> None:
    """Protects old pandas: sets choose rows; a sum by code has no dates; a row sum no codes; apply sees the key."""
    body = """
def found(context):
    marks = pd.Series(0, index=['a', 'b', 'c'])
    marks[set(['a', 'c'])] = 1
    table = pd.DataFrame({'code': ['a', 'a', 'b'], 'day': pd.to_datetime(['2024-01-02'] * 3), 'x': [1.0, 2.0, 4.0]})
    return [marks.tolist(), marks[{'b'}].tolist(), table.groupby('code').sum().to_dict(), table.sum(axis=1).tolist(),
            table.groupby('code').apply(lambda part: part['code'].iloc[0] + str(len(part))).tolist(),
            table.groupby('code')['x'].mean().tolist()]
"""
    assert seen(body) == [
        [1, 0, 1], [0], {"x": {"a": 3.0, "b": 4.0}}, [1.0, 2.0, 4.0], ["a2", "b1"], [1.5, 4.0],
    ]  # fmt: skip


def test_names_of_numpy_and_its_sum_of_frames_are_there_without_an_import() -> None:
    """Protects the 51 scripts of 615 that say np without importing it, and those that say sign, exp or mean."""
    body = """
def found(context):
    frame = pd.DataFrame({'x': [1.0, 3.0], 'y': [2.0, 2.0]})
    return [float(sign(-2)), round(float(exp(0)), 6), mean(frame).tolist(), np.mean(frame).tolist(), sum(frame)[0],
            sum(frame, 1).tolist(), sum([1, 2]), sum([[1], [2]], []), sum(x for x in [1, 2]), np.std(frame)['x'],
            float(np.array([[1.5]])), int(pd.Series([7])), float('2'), abs(-1), np.mean([1, 3])]
"""
    assert seen(body) == [-1.0, 1.0, [2.0, 2.0], [2.0, 2.0], 4.0, [3.0, 5.0], 3, [1, 2], 3, 1.0, 1.5, 7, 2.0, 1, 2.0]


# ---------------------------------------------------------------------------------------- what there is today


def test_what_is_known_before_the_open_is_given_before_it() -> None:
    """Protects the usual filter of paused codes at 09:00, which asks for the row of today; prices are not in it."""
    body = """
def found(context):
    now = context.current_dt
    paused = get_price(['000001.XSHE', '000002.XSHE'], start_date=now, end_date=now, fields='paused')['paused'].T
    return [paused.iloc[:, 0].tolist(), len(get_price('000001.XSHE', start_date=now, end_date=now, fields=['close']))]
"""
    assert seen(body, time="9:00") == [[0.0, 0.0], 0]


def test_codes_without_bars_yet_are_not_listed_on_a_day() -> None:
    """Protects loops over the market where the data of a code begin late: it was listed, but nothing is known of it."""
    rows = pd.DataFrame({
        "date": pd.to_datetime(["2024-01-02", "2024-01-03", "2024-01-03"]), "symbol": [A, A, C], "open": 10.0,
        "high": 10.0, "low": 10.0, "close": 10.0, "volume": 1e6,
    })  # fmt: skip
    boards = pd.DataFrame({"symbol": [A, C], "board": "SZ_MAIN", "list_date": "2000-01-04"})
    script = """
    def initialize(context):
        g.seen = []

    def handle_data(context, data):
        day = context.current_dt
        g.seen.append((list(get_all_securities(date=day).index), len(get_all_securities()),
                       str(get_security_info('000004.XSHE').start_date)))
    """
    found = g(run(script, qr.read_market(rows, instruments=boards))).seen
    assert found == [([A], 2, "2000-01-04"), ([A, C], 2, "2000-01-04")]


@pytest.mark.parametrize(
    "call",
    [
        "attribute_history('000001.XSHE', 30, '1m', ['close'])", "history(2, '1m', 'close', ['000001.XSHE'])",
        "get_bars('000001.XSHE', 3, '1m', ['close'])", "get_bars('000001.XSHE', 1, '30m', ['close'])",
        "get_price('000001.XSHE', end_date=context.current_dt, frequency='5m', count=1)",
        "get_price('000001.XSHE', start_date=context.current_dt, end_date=context.current_dt, frequency='minute')",
    ],
)  # fmt: skip
def test_minutes_that_daily_bars_do_not_have_are_refused_with_the_remedy(call: str) -> None:
    """Protects against made-up minutes: the sentence names the call, the unit, and what to bring instead."""
    with pytest.raises(
        StrategyError, match=rf"{re.escape(call.partition('(')[0])} asks for bars of minutes .*market of minute bars"
    ):
        seen(f"def found(context):\n    return {call}\n")


# ---------------------------------------------------------------------------------------- tables


REPORTS = pd.DataFrame({
    "code": [A, A, A, B], "statDate": ["2023-03-31", "2023-06-30", "2023-12-31", "2023-06-30"],
    "pubDate": ["2023-04-20", "2023-08-20", "2024-03-20", "2023-08-21"], "roa": [1.0, 2.0, 3.0, 9.0],
    "debt": [0.0, 0.0, 0.0, 4.0], "assets": [5.0, 6.0, 7.0, 8.0],
})  # fmt: skip


def test_reports_of_the_past_quarters_are_those_that_were_published() -> None:
    """Protects against reports from the future: that of December comes out in March."""
    body = """
def found(context):
    frame = get_history_fundamentals(['000001.XSHE', '000002.XSHE'], [indicator.code, indicator.roa], count=2)
    one = get_history_fundamentals('000001.XSHE', indicator.roa, stat_date='2023q1', count=4)
    return [frame.code.tolist(), frame.roa.tolist(), one.roa.tolist()]
"""
    assert seen(body, data={"indicator": REPORTS}) == [[A, A, B], [1.0, 2.0, 9.0], [1.0]]


def test_a_query_compares_and_divides_as_a_database_does() -> None:
    """Protects scripts written for SQL: x / 0 is unknown; a number and its text are equal, and so are dates."""
    body = """
def found(context):
    both = indicator.code.in_(['000001.XSHE', '000002.XSHE'])
    ratio = get_fundamentals(query(indicator.code, indicator.assets / indicator.debt).filter(both))
    t = finance.HOLD
    some = finance.run_query(query(t.code).filter(t.link.in_(['1', '3']), t.day.in_([context.previous_date])))
    same = finance.run_query(query(t.code).filter(t.link == '1', t.day == '2024-01-02'))
    return [ratio.iloc[:, 1].isna().tolist(), ratio.iloc[1, 1], some.code.tolist(), same.code.tolist()]
"""
    hold = pd.DataFrame({"code": [A, B, C], "link": [1, 2, 1], "day": ["2024-01-03", "2024-01-03", "2024-01-02"]})
    assert seen(body, data={"indicator": REPORTS, "HOLD": hold}) == [[True, False], 2.0, [A], [C]]


def test_auctions_and_margin_are_read_up_to_now() -> None:
    """Protects against the auction of tomorrow, and against that of today before it has taken place."""
    body = """
def found(context):
    auction = get_call_auction(['000001.XSHE'], start_date='2024-01-03', end_date=context.current_dt, fields=['volume'])
    return [auction.columns.tolist(), auction.volume.tolist(), get_mtss('000001.XSHE', count=1).fin_value.tolist()]
"""
    times = pd.to_datetime([f"2024-01-0{day} 09:25:00" for day in (2, 3, 4, 5)])
    auctions = pd.DataFrame({"code": A, "time": times, "current": 10.0, "volume": [1.0, 2.0, 3.0, 4.0]})
    margin = pd.DataFrame({"code": A, "date": times.normalize(), "fin_value": [1.0, 2.0, 3.0, 4.0]})
    data = {"call_auction": auctions, "mtss": margin}
    assert seen(body, data=data) == [["code", "volume"], [2.0, 3.0], [2.0]]
    assert seen(body, time="9:00", data=data) == [["code", "volume"], [2.0], [2.0]]


def test_neutralized_values_are_what_industries_and_size_leave() -> None:
    """Protects factor scripts. By hand: industries leave the distance to their mean, a pure size leaves nothing."""
    codes = [A, B, C, "000005.XSHE"]
    body = f"""
def found(context):
    codes = {codes!r}
    values = pd.Series([1.0, 3.0, 10.0, 20.0], index=codes)
    size = pd.DataFrame({{'f': [2.0, 4.0, 6.0, 8.0]}}, index=codes)
    gap = neutralize(pd.Series([1.0, 3.0, np.nan, 20.0], index=codes), how='sw_l1')
    filled = neutralize(pd.Series([1.0, 3.0, np.nan, 20.0], index=codes), how='sw_l1', fillna='sw_l1')
    return [neutralize(values, how=['sw_l1']).tolist(), neutralize(size, how='market_cap', axis=0)['f'].tolist(),
            neutralize(pd.DataFrame([values]), how='sw_l1').iloc[0].tolist(), gap.isna().tolist(), filled.tolist()]
"""
    data = {
        "industries": pd.DataFrame({
            "code": codes, "industry_code": ["x", "x", "y", "y"], "industry_name": "", "classification": "sw_l1",
        }),
        "valuation": pd.DataFrame({"code": codes, "day": "2024-01-03", "market_cap": [1.0, 2.0, 3.0, 4.0]}),
    }  # fmt: skip
    found = seen(body, data=data)
    assert np.allclose(found[0], [-1.0, 1.0, -5.0, 5.0])
    assert np.allclose(found[1], 0.0)
    assert np.allclose(found[2], found[0])
    assert found[3] == [False, False, True, False]
    assert np.allclose(found[4], [-1.0, 1.0, 0.0, 0.0])
    with pytest.raises(StrategyError, match="has no classification 'zjw'; it has sw_l1"):
        seen(f"def found(context):\n    return neutralize(pd.Series([1.0], index=[{A!r}]), how='zjw')\n", data=data)


def test_functions_of_the_wizard_say_that_they_are_its_own() -> None:
    """Protects people whose script was put together by clicking: not a NameError, but where the function is from."""
    script = "from kuanke.wizard import *\ndef initialize(context):\n    security_stoploss(context, 0.1, [])\n"
    with pytest.raises(StrategyError, match=r"strategy wizard \(kuanke.wizard\); write it in the script"):
        run(script)
