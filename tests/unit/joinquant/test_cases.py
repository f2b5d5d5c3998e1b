"""What public scripts stumbled over, one by one: each is what the platform does with it, or a sentence.

The pandas of those years is in ``test_old_pandas``, Python 2 in ``test_python2``, times in ``test_times_of_day``.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from script_runs import g, market, run

import qresearch as qr
from qresearch.errors import StrategyError

A, B, INDEX, MONEY, FUND = "000001.XSHE", "600000.XSHG", "399300.XSHE", "511880.XSHG", "510300.XSHG"
DAYS = pd.bdate_range("2024-01-02", periods=6)
BARS = pd.DataFrame(
    {"code": INDEX, "date": DAYS, "open": 3000.0, "high": 3100.0, "low": 2900.0, "close": 3010.0, "volume": 1e9}
)


def found(body: str, given: qr.Market | None = None, *, time: str = "open", last: bool = True, **options: Any) -> Any:
    """What a script leaves in ``g.found``, whose function of a time has this body; asked on the last day only."""
    lines = body.strip().splitlines()
    guard = ["if context.current_dt.date() != context.run_params.end_date: return"] if last else []
    text = "\n".join(f"    {line}" for line in [*guard, *lines])
    script = f"def initialize(context):\n    g.found = None\n    run_daily(f, {time!r})\n\ndef f(context):\n{text}\n"
    return g(run(script, given, **options)).found


def told(session: qr.Session, words: str) -> bool:
    """Whether a notice says so."""
    return any(words in notice for notice in session.notices)


# ---------------------------------------------------------------------------------------- indexes


def test_an_index_whose_bars_are_given_is_there_for_every_function() -> None:
    """Protects market timing: open, last price, name, listing and history tell one story, before and after the open."""
    body = f"""
c = get_current_data()['{INDEX}']
g.found = [c.day_open, c.last_price, c.paused, c.is_st, get_security_info('{INDEX}').type, get_price('{INDEX}', count=1,
           end_date=context.current_dt, fields=['open'])['open'][0], list(get_all_securities(['index']).index)]
"""
    data = {"index_prices": BARS}
    assert found(body, data=data) == [3000.0, 3000.0, False, False, "index", 3000.0, [INDEX]]
    before = f"c = get_current_data()['{INDEX}']; g.found = [c.day_open != c.day_open, c.last_price]"
    assert found(before, time="09:00", data=data) == [True, 3010.0]
    assert found(f"g.found = get_current_data()['{INDEX}'].last_price", time="14:50", data=data) == 3010.0


def test_an_order_on_an_index_says_what_an_index_is() -> None:
    """Protects users from "no such instrument": the bars are there, the thing is not for sale."""
    script = (
        f"def initialize(context):\n    run_daily(f)\ndef f(context):\n    g.order = order_value('{INDEX}', 50000)\n"
    )
    session = run(script, data={"index_prices": BARS})
    assert g(session).order is None
    assert told(session, "is an index: it can be looked at, not traded")


def test_an_index_known_by_its_closes_only_is_told_also_when_it_comes_by_a_table() -> None:
    """Protects RSRS and its like: a regression of closes on closes is no regression of highs on lows."""
    body = f"attribute_history('{INDEX}', 2, '1d', ['high', 'low'])"
    script = f"def initialize(context):\n    run_daily(f)\ndef f(context):\n    {body}\n"
    assert told(run(script, data={"index_prices": BARS[["code", "date", "close"]]}), "known by its closes only")
    assert not told(run(script, data={"index_prices": BARS}), "known by its closes only")


# ---------------------------------------------------------------------------------------- days without rows


def gaps() -> qr.Market:
    """A has a row each day; B none on days 3 and 4, and none before day 1."""
    rows = [
        {"date": day, "symbol": code, "open": price, "high": price + 1, "low": price - 1, "volume": 1e6,
         "close": round(price + 0.01 * number, 2)}
        for number, day in enumerate(DAYS) for code, price in ((A, 10.0), (B, 20.0))
        if not (code == B and number in {0, 3, 4})
    ]  # fmt: skip
    return qr.read_market(pd.DataFrame(rows))


def test_days_without_a_row_are_what_days_of_a_suspension_are() -> None:
    """Protects every way to the bars at once: one filled table, whichever function is asked for it."""
    body = f"""
day, fields = context.current_dt, ['open', 'close', 'high', 'low', 'volume', 'money', 'paused']
whole = get_price(['{A}', '{B}'], end_date=day, count=6, fields=fields, panel=False)
one = get_price('{B}', end_date=day, count=6, fields=fields)
part = whole[whole.code == '{B}']
g.found = [part[name].tolist() for name in fields]
same = [np.allclose(part[name].values[:-1], one[name].values[:-1], equal_nan=True) for name in fields]
past = [history(5, '1d', name, ['{B}'])['{B}'].tolist() for name in ('close', 'paused')]
g.same = [all(same), past, attribute_history('{B}', 5, '1d', ['close'])['close'].tolist(),
          attribute_history('{B}', 5, '1d', ['close'], skip_paused=False)['close'].tolist(),
          get_price(['{B}'], end_date=day, count=3, fields=['close'], panel=False, fill_paused=False)['close'].tolist()]
"""
    script_lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    script = (
        "import numpy as np\ndef initialize(context):\n    run_daily(f)\ndef f(context):\n"
        f"    if context.current_dt.date() != context.run_params.end_date: return\n{script_lines}\n"
    )
    held = g(run(script, gaps()))
    opened, closed, high, low, volume, money, paused = (np.array(values, dtype=float) for values in held.found)
    nan = float("nan")
    assert np.array_equal(closed[:5], [nan, 20.01, 20.02, 20.02, 20.02], equal_nan=True)
    assert np.array_equal(opened[:5], [nan, 20.0, 20.0, 20.02, 20.02], equal_nan=True)
    assert np.array_equal(high[3:5], [20.02, 20.02]) and np.array_equal(low[3:5], [20.02, 20.02])
    assert np.array_equal(volume[:5], [nan, 1e6, 1e6, 0, 0], equal_nan=True)
    assert np.array_equal(money[3:5], [0, 0])
    assert np.array_equal(paused, [nan, 0, 0, 1, 1, 0], equal_nan=True)
    same, past, traded, all_days, unfilled = held.same
    assert same
    assert np.array_equal(past, [[nan, 20.01, 20.02, 20.02, 20.02], [nan, 0, 0, 1, 1]], equal_nan=True)
    assert traded == [20.01, 20.02]
    assert np.array_equal(all_days, [nan, 20.01, 20.02, 20.02, 20.02], equal_nan=True)
    assert np.array_equal(unfilled[:2], [nan, nan], equal_nan=True)


def test_a_history_shorter_than_asked_is_told_once_and_before_an_error_that_follows() -> None:
    """Protects users from numpy's words about an empty vector: the notice says how many bars are known."""
    script = f"""
    import numpy as np
    def initialize(context):
        run_daily(f)
    def f(context):
        for code in ('{A}', '{A}'):
            h = attribute_history(code, 600, '1d', ['close'])
            history(600, '1d', 'close', [code])
            get_bars(code, 600)
            get_price(code, count=600, end_date=context.current_dt)
        np.polyfit(range(len(h)), h['close'], 1)
    """
    with pytest.raises(StrategyError):
        run(script)
    session = run(script.replace("np.polyfit(range(len(h)), h['close'], 1)", "pass"))
    texts = [text for text in session.notices if "was asked for 600 bars" in text]
    assert len(texts) == 4


# ---------------------------------------------------------------------------------------- slippage


@pytest.mark.parametrize(
    ("lines", "share", "fund"),
    [
        ("slip(Fixed(0.10), type='stock')\n    slip(Fixed(0), type='fund')", 10.05, 4.0),
        ("slip(Fixed(0), type='fund')\n    slip(Fixed(0.10), type='stock')", 10.05, 4.0),
        ("slip(Fixed(0.10))\n    slip(Fixed(0), type='fund')", 10.05, 4.0),
        ("slip(Fixed(0.10), type='stock')\n    slip(Fixed(0))", 10.0, 4.0),
        ("slip(Fixed(0))\n    slip(Fixed(0.02), ref='000001.XSHE')", 10.01, 4.0),
        ("slip(Fixed(0), ref='000001.XSHE')\n    slip(Fixed(0.2), type='stock')", 10.0,
         4.005),
        ("slip(Fixed(0.10), type='stock')", 10.05, 4.005),  # funds keep the default: 0.123 %
        ("slip(Fixed(0.10), type='mmf')", 10.01, 4.005),
        ("pass", 10.01, 4.005),
    ],
)  # fmt: skip
def test_a_slippage_holds_for_what_it_names_and_money_funds_pay_none(lines: str, share: float, fund: float) -> None:
    """Protects fills of each kind: a share at 10, a fund at 4, a money fund at 100, in any order of the calls."""
    lines = lines.replace("slip(Fixed(", "set_slippage(FixedSlippage(")
    script = f"""def initialize(context):
    {lines}
    run_daily(f)

def f(context):
    for code in ('{A}', '{FUND}', '{MONEY}'): order(code, 100)
"""
    given = qr.read_market(
        pd.DataFrame(
            [
                {"date": day, "symbol": code, "open": price, "high": price, "low": price, "close": price, "volume": 1e7}
                for day in DAYS[:2]
                for code, price in ((A, 10.0), (FUND, 4.0), (MONEY, 100.0))
            ]
        )
    )
    session = run(script, given)
    prices = session.fills.drop_duplicates("symbol").set_index("symbol")["price"]
    assert prices.to_dict() == {"000001.SZ": share, "510300.SH": fund, "511880.SH": 100.0}
    exec(session.to_script(market="GIVEN"), {"GIVEN": given})  # it asserts the digest itself


# ---------------------------------------------------------------------------------------- tables

INDICATOR = pd.DataFrame({"code": [A], "pubDate": ["2023-10-30"], "statDate": ["2023-09-30"], "roe": [5.0]})
FLOWS = pd.DataFrame({"day": DAYS, "link_id": 310001, "buy_amount": [float(n) for n in range(6)]})
FUNDS = pd.DataFrame({"main_code": ["1", "2"], "end_date": [pd.NaT, pd.Timestamp("2020-01-01")]})
VALUES = pd.concat([
    pd.DataFrame({"code": code, "day": DAYS, "pe_ratio": pe, "pb_ratio": pb})
    for code, pe, pb in ((A, 9.256, 1.0), (B, float("nan"), 2.0))
])  # fmt: skip
TABLES = {"indicator": INDICATOR, "STK_ML_QUOTA": FLOWS, "FUND_MAIN_INFO": FUNDS, "valuation": VALUES}


def test_days_of_fundamentals_are_text() -> None:
    """Protects scripts that cut the quarter out of a text: statDate[:4] and statDate[5:7]."""
    body = """
d = get_fundamentals(query(indicator, valuation.day).filter(indicator.code == valuation.code))
g.found = [d[name][0] for name in ('statDate', 'pubDate', 'day')]
"""
    assert found(body, data=TABLES) == ["2023-09-30", "2023-10-30", str(DAYS[4].date())]


def test_days_of_other_tables_are_dates_and_today_is_not_over() -> None:
    """Protects joins on context.previous_date; and against tomorrow: the figures of a day are known when it is over."""
    body = """
d = finance.run_query(query(finance.STK_ML_QUOTA.day, finance.STK_ML_QUOTA.buy_amount))
day = d['day'].iloc[-1]
g.found = [type(day).__name__, day == context.previous_date, int((d['day'] == context.previous_date).sum()),
           d.set_index('day').loc[context.previous_date, 'buy_amount'], len(d)]
"""
    assert found(body, data=TABLES) == ["date", True, 1, 4.0, 5]
    assert found(body.replace("context.previous_date", "context.current_dt.date()"), time="15:30", data=TABLES)[-1] == 6


@pytest.mark.parametrize(
    ("condition", "codes"),
    [
        ("valuation.pe_ratio == None", [B]), ("valuation.pe_ratio != None", [A]), ("valuation.pe_ratio > 5", [A]),
        ("not_(valuation.pe_ratio > 5)", []), ("~(valuation.pe_ratio > 5)", []), ("valuation.pe_ratio != 5", [A]),
        ("valuation.pe_ratio < 5", []), ("or_(valuation.pe_ratio < 5, valuation.pe_ratio == None)", [B]),
        ("(valuation.pe_ratio < 5) | (valuation.pb_ratio > 1)", [B]), ("valuation.pe_ratio.is_(None)", [B]),
        ("(valuation.pe_ratio > 5) & (valuation.pb_ratio > 1)", []), ("valuation.pe_ratio.in_([9.256])", [A]),
        ("~valuation.pe_ratio.in_([1])", [A]), ("valuation.pe_ratio.notin_([1])", [A]),
        ("~valuation.code.in_([None, 'x'])", []), ("valuation.pe_ratio.between(1, 10)", [A]),
        ("valuation.pe_ratio + valuation.pb_ratio > 0", [A]), ("func.coalesce(valuation.pe_ratio, 0) == 0", [B]),
    ],
)  # fmt: skip
def test_a_condition_is_true_false_or_unknown(condition: str, codes: list[str]) -> None:
    """Protects NULL by SQL's three values, which SQLAlchemy and SQLite carry: unknown is never taken for true."""
    body = f"g.found = get_fundamentals(query(valuation.code).filter({condition}))['code'].tolist()"
    assert found(body, data=TABLES) == codes


@pytest.mark.parametrize(
    ("asked", "values"),
    [
        ("valuation.code, valuation.pb_ratio > 1", [0, 1]),
        ("valuation.code, func.round(valuation.pe_ratio, 1)", [9.3, None]),
        ("valuation.code, case([(valuation.pb_ratio > 1, 5)], else_=7)", [7, 5]),
        ("valuation.code, case((valuation.pb_ratio > 1, 5), else_=7)", [7, 5]),
        ("'valuation.code', 'valuation.pb_ratio'", [1.0, 2.0]),
    ],
)
def test_what_is_computed_in_a_query(asked: str, values: list[float | None]) -> None:
    """Protects comparisons as 0 and 1, functions of the database, CASE in both forms, and columns named by text."""
    got = found(f"g.found = get_fundamentals(query({asked})).iloc[:, 1].tolist()", data=TABLES)
    assert [None if value != value else value for value in got] == values


def test_groups_can_be_chosen_and_a_wrong_query_says_what_to_write() -> None:
    """Protects HAVING, and users from an AssertionError without words."""
    body = """
q = query(valuation.pb_ratio, func.count(valuation.code)).group_by(valuation.pb_ratio).having(valuation.pb_ratio > 1)
g.found = get_fundamentals(q).values.tolist()
"""
    assert found(body, data=TABLES) == [[2.0, 1.0]]
    for wrong, words in (
        ("'code'", "names a column as"),
        ("5", "neither a table nor a column"),
        ("jy.SecuMain", "jy."),
    ):
        with pytest.raises(StrategyError, match=words):
            found(f"g.found = finance.run_query(query({wrong}))", data=TABLES)


def test_all_missing_tables_are_named_at_once() -> None:
    """Protects users from stopping once for each table: the first sentence names the others too."""
    body = """
get_fundamentals(query(valuation.code, balance.total_assets))
get_index_stocks('000300.XSHG')
finance.run_query(query(finance.STK_AH_PRICE_COMP))
get_money_flow([], count=1)
"""
    with pytest.raises(StrategyError) as caught:
        found(body, last=False)
    for name in ("valuation", "balance", "index_members", "STK_AH_PRICE_COMP", "money_flow"):
        assert repr(name) in str(caught.value)
    with pytest.raises(StrategyError) as caught:
        found(body, last=False, data={"valuation": VALUES})
    assert "'valuation'" not in str(caught.value).split("missing too")[1]


# ---------------------------------------------------------------------------------------- names and values


def test_names_of_the_star_import() -> None:
    """Protects bare NaN, and that a database that is not here says so under its own name."""
    assert found("g.found = [NaN != NaN, Inf]") == [True, float("inf")]
    with pytest.raises(StrategyError, match=r"jy\.run_query is not supported"):
        found("jy.run_query(1)")


def test_values_of_one_are_numbers_where_numbers_are_wanted() -> None:
    """Protects record(), order functions, float() and int() of an array, a series or a frame of one value."""
    body = f"""
one = pd.DataFrame({{'score': [1.5]}}, index=['a'])
record(score=round(one.loc['a'], 2), other=np.array([[2.0]]))
g.found = [float(one['score']), int(np.array([3.7])), order_target_value('{A}', np.array([20000.0])) is not None,
           order('{A}', pd.Series([100])) is not None]
"""
    assert found(body) == [1.5, 3, True, True]


def test_positions_on_what_a_library_gives_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects talib, statsmodels and every other library: integers are positions on the plain series they return."""
    library = ModuleType("some_library")
    library.params = lambda: pd.Series([1.0, 2.0], index=["const", "low"])  # type: ignore[attr-defined]
    library.frame = lambda: pd.DataFrame({"x": [3.0, 4.0]}, index=["a", "b"])  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "some_library", library)
    body = """
import some_library
s = some_library.params()
s[-1] = 5.0
g.found = [s[0], s[-1], s['low'], len(s), some_library.frame()['x'][-1], s[1:][0]]
"""
    assert found(body) == [1.0, 5.0, 5.0, 2, 4.0, 5.0]


def test_talib_takes_and_gives_such_series() -> None:
    """Protects indicators of talib: the last value by its place."""
    pytest.importorskip("talib")
    body = f"""
import talib
h = attribute_history('{A}', 5, '1d', ['high', 'low', 'close'])
g.found = [round(talib.ATR(h.high, h.low, h.close, timeperiod=2)[-1], 6), round(talib.MA(h.close.values, 2)[-1], 6)]
"""
    assert found(body, market({A: [10.0, 11.0, 10.0, 11.0, 10.0, 11.0]})) == [1.0, 10.5]


def test_old_parts_of_pandas_are_there() -> None:
    """Protects pandas.stats and pandas.ols, which pandas has given up, under each way to import them."""
    body = f"""
import pandas.stats.moments as moments
from pandas.stats.api import ols
h = history(4, '1d', 'close', ['{A}'])['{A}']
fit = ols(y=h * 2 + 1, x=h)
g.found = [moments.rolling_mean(h, 2).iloc[-1], pd.rolling_mean(h, 2)[-1], round(fit.beta['x'], 6), round(fit.r2, 6),
           round(pd.ols(y=h * 2 + 1, x=h, window=3).beta['intercept'][-1], 6)]
"""
    assert found(body, market({A: [10.0, 11.0, 10.0, 12.0, 11.0, 11.0]})) == [11.5, 11.5, 2.0, 1.0, 1.0]


def test_rates_that_were_computed_lose_their_noise() -> None:
    """Protects scripts that compute a rate: 0.0002 * 3 is 0.0006000000000000001, and costs 0.06 %."""
    body = f"""
set_order_cost(OrderCost(open_commission=0.0002 * 3), type='stock')
g.found = order('{A}', 1000).commission
"""
    assert found(body) == 6.01  # of 10,010 with the slippage


def test_averages_before_there_are_bars_are_unknown() -> None:
    """Protects the first day of a run from an error of numpy: what needs bars is NaN without them."""
    script = f"""
    def handle_data(context, data):
        bar = data['{A}']
        g.seen = getattr(g, 'seen', []) or [bar.mavg(5), bar.vwap(5), bar.stddev(5)]
    """
    assert all(value != value for value in g(run(script)).seen)


def test_averages_of_more_days_than_are_known_are_unknown() -> None:
    """Protects moving averages from being those of fewer days of trading: the manual gives NaN."""
    script = f"""
    def initialize(context):
        g.seen = []

    def handle_data(context, data):
        bar = data['{A}']
        g.seen.append([bar.mavg(2), bar.vwap(2), bar.stddev(2)])
    """
    given = market({A: [10.0, None, 10.5, 10.6]})
    seen = [value for values in g(run(script, given)).seen[:3] for value in values]
    assert all(value != value for value in seen)
    assert g(run(script, given)).seen[3][0] == 10.25


def test_the_old_name_of_the_average_price() -> None:
    """Protects field "price" in every function of bars."""
    body = f"""
day = context.previous_date
g.found = [attribute_history('{A}', 1, '1d', ['price', 'avg']).values.tolist(), history(1, field='price',
           security_list=['{A}']).iloc[-1, 0], get_price('{A}', end_date=day, count=1, fields=['price'])['price'][0]]
"""
    assert found(body, market({A: [10.0] * 3})) == [[[10.0, 10.0]], 10.0, 10.0]


def test_an_indicator_of_no_code_has_all_its_parts() -> None:
    """Protects a selection that came out empty: as many empty dicts as the indicator has parts."""
    body = """
from jqlib.technical_analysis import MACD, MA, KDJ
day = context.previous_date
g.found = [MACD([], check_date=day, SHORT=12, LONG=26, MID=9), MA([], check_date=day), KDJ([], check_date=day)]
"""
    assert found(body.strip()) == [({}, {}, {}), {}, ({}, {}, {})]


def test_looking_for_a_code_in_the_current_data_is_told() -> None:
    """Protects `code in get_current_data()`, which is False at first on the platform too: a notice says why."""
    script = f"def initialize(context):\n    run_daily(f)\ndef f(context):\n    g.found = '{A}' in get_current_data()\n"
    session = run(script)
    assert g(session).found is False
    assert told(session, "is False until the code was looked at")


@pytest.mark.parametrize(
    "asked",
    [
        "query(valuation.code, valuation.pe_ratio, indicator.roe)",
        "query(valuation.code, valuation.pb_ratio).filter(valuation.code.in_(['000001.XSHE', 'x']))",
        "query(valuation.code, valuation.pb_ratio).filter(valuation.code == '600000.XSHG', valuation.pb_ratio > 1)",
        "query(valuation).filter(valuation.pe_ratio > 1)",
        "query(valuation.code, valuation.pb_ratio).order_by(valuation.pb_ratio.desc()).limit(1)",
        "query(func.sum(valuation.pb_ratio))",
    ],
)
def test_fundamentals_of_many_days_are_those_of_each_day(asked: str) -> None:
    """Protects get_fundamentals_continuously: one pass over all days gives what a query for each day gives."""
    body = f"""
q = {asked}
whole = get_fundamentals_continuously(q, end_date=context.current_dt, count=4, panel=False)
days = get_trade_days(end_date=context.previous_date, count=4)
each = pd.concat([get_fundamentals(q, date=day).assign(day=pd.Timestamp(day)) for day in days])
names = sorted(each.columns)
g.found = [sorted(map(str, frame[names].values.tolist())) for frame in (whole, each)]
"""
    whole, each = found(body, data=TABLES)
    assert whole == each
    assert whole
