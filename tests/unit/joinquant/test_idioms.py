"""What published scripts do beside the plain calls: the last minute, files of their own, tables after going back."""

from __future__ import annotations

import pandas as pd
import pytest
from script_runs import g, market, opened, run

from qresearch.errors import StrategyError

A, B = "000001.XSHE", "000002.XSHE"
BARS = {A: [10.0, (11.0, 11.0, 10.5, 10.6), 10.6, 10.6], B: [20.0, (20.5, 21.0, 20.0, 20.8), 20.8, 20.8]}

LIMIT_UP = """
from jqdata import *

def initialize(context):
    g.seen = []
    run_daily(look, '{time}')

def look(context):
    if context.current_dt.day != 3:
        return
    now = context.current_dt
    one = get_price('000001.XSHE', end_date=now, frequency='1m', fields=['close', 'high_limit'], skip_paused=False,
                    fq='pre', count=1, panel=False, fill_paused=True)
    many = get_price(['000001.XSHE', '000002.XSHE'], end_date=now, frequency='1m',
                     fields=['open', 'close', 'volume', 'high_limit'], count=1, panel=False)
    bar = get_bars('000001.XSHE', count=1, unit='1m', fields=['close'], include_now=True)
    g.seen = [one.iloc[0, 0], one.iloc[0, 1], many['code'].tolist(), many['close'].tolist(), many['open'].tolist(),
              many['high_limit'].tolist(), bool(many['volume'].isna().all()), bar['close'][0], bar.dtype.names]
"""


@pytest.mark.parametrize(("time", "closes"), [("9:05", [10.0, 20.0]), ("9:30", [11.0, 20.5]), ("14:50", [10.6, 20.8])])
def test_the_last_minute_is_the_last_visible_price_beside_the_limit_of_today(time: str, closes: list[float]) -> None:
    """Protects scripts that sell what has left its limit: before the open nothing of today is seen but its limits."""
    found = g(run(LIMIT_UP.format(time=time), market(BARS))).seen
    assert found == [closes[0], 11.0, [A, B], closes, closes, [11.0, 22.0], True, closes[0], ("close",)]


def test_a_minute_that_is_gone_is_refused() -> None:
    """Protects against taking the present price for one of yesterday."""
    script = LIMIT_UP.format(time="9:30").replace("end_date=now,", "end_date=context.previous_date,", 1)
    with pytest.raises(StrategyError, match="asks for bars of minutes"):
        run(script, market(BARS))


FILES = """
def initialize(context):
    write_file('seen.txt', 'start')
    run_daily(note, '9:30')

def note(context):
    write_file('./seen.txt', ' %d' % context.current_dt.day, append=True)
    write_file('given.txt', '+', append=True)
    g.text, g.given = read_file('seen.txt'), read_file('given.txt')
"""


def test_a_file_that_a_script_writes_is_its_own_and_goes_back_with_time() -> None:
    """Protects scripts that keep a diary: appended, never on the disk, and as it stood when the session goes back."""
    session = opened(FILES, market(BARS), data={"files": {"given.txt": b"mine"}})
    session.step()
    session.step()
    assert (g(session).text, g(session).given) == (b"start 2 3", b"mine++")
    session.back()
    session.step(rerun=True)
    assert (g(session).text, g(session).given) == (b"start 2 3", b"mine++")


NEWEST = """
from jqdata import *

def initialize(context):
    run_daily(look, '9:30')

def look(context):
    g.found = get_fundamentals(query(valuation.code, valuation.pe_ratio, indicator.roe)).values.tolist()
    g.board = get_billboard_list(end_date=context.current_dt, count=1)['net_value'].tolist()
"""


def test_the_newest_row_of_a_table_is_found_again_after_going_back() -> None:
    """Protects time travel over tables: forward the next row is met, back it is gone; the later report counts."""
    days = pd.to_datetime(["2024-01-02", "2024-01-02", "2024-01-03", "2024-01-04"])
    data = {
        "valuation": pd.DataFrame({"code": [B, A, A, B], "day": days, "pe_ratio": [1.0, 2.0, 3.0, 4.0]}),
        "indicator": pd.DataFrame({
            "code": [A, A, B, B], "pubDate": ["2023-12-01"] * 3 + ["2024-01-03"],
            "statDate": ["2023-09-30", "2023-06-30", "2023-06-30", "2023-09-30"], "roe": [9.0, 6.0, 1.0, 2.0],
        }),
        "billboard": pd.DataFrame({"code": [A, A], "date": days[[0, 2]], "net_value": [5.0, 7.0]}),
    }  # fmt: skip
    session = opened(NEWEST, market(BARS), data=data)
    seen = []
    for _ in range(4):
        session.step()
        found = dict(g(session).__dict__)
        seen.append((found["found"], found["board"]))
    assert seen[1] == ([[A, 2.0, 9.0], [B, 1.0, 1.0]], [5.0])
    assert seen[2] == ([[A, 3.0, 9.0], [B, 1.0, 2.0]], [7.0])
    assert seen[3] == ([[A, 3.0, 9.0], [B, 4.0, 2.0]], [7.0])
    session.back(3)
    session.step(rerun=True)
    assert (g(session).found, g(session).board) == seen[1]


OLD_CALLS = """
import six

def initialize(context):
    held = {'a': 1, 'b': 2}
    g.found = [held.has_key('a'), not held.has_key('c'), sorted(held.iteritems()), sum(held.itervalues()),
               sorted(six.iteritems(held)), pd.Series([1.0], index=['x']).iteritems().__class__.__name__ != '']
    run_daily(look, '9:30')

def look(context):
    order('000001.XSHE', 100)
    g.loop = [(code, held.total_amount) for code, held in context.portfolio.positions.iteritems()]
    g.key = context.portfolio.positions.has_key('000001.XSHE')
"""


@pytest.mark.parametrize("first", ["", "print 'python 2'\n"], ids=["compiles", "does not compile"])
def test_calls_that_only_python_2_has_are_converted_and_told(first: str) -> None:
    """Protects old scripts without a print, which compile and would fail at the call; six stays what it is."""
    session = run(first + OLD_CALLS.lstrip(), market(BARS))
    pairs = [("a", 1), ("b", 2)]
    assert g(session).found == [True, True, pairs, 3, pairs, True]
    assert g(session).loop == [(A, 300)]  # at the limit-up of the second day nothing was bought
    assert g(session).key is True
    assert sum("Python 2" in notice for notice in session.notices) == 1
