"""Many codes at once: the same figures as code by code."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from script_runs import g as script_g
from script_runs import market as small
from script_runs import run

import qresearch as qr

SCRIPT = """
from jqdata import *

def initialize(context):
    g.found = {}
    g.days = 0
    run_daily(look, "9:30")
    run_daily(look, "15:30")

def look(context):
    g.days += 1
    if g.days not in (1, 40):
        return
    codes = list(get_all_securities(["stock", "etf"]).index)
    for number, options in enumerate(OPTIONS):
        fields = ["open", "high", "close", "volume", "avg", "paused", "high_limit", "factor", "open_interest"]
        many = get_price(codes, count=30, fields=fields, panel=False, **options)
        panel = get_price(codes, count=30, fields=fields, **options)
        single = {code: get_price(code, count=30, fields=fields, **options) for code in codes}
        g.found[g.days, number] = many, panel, single
    g.closes = history(25, "1d", "close", codes), history(25, "1d", "close", codes, df=False)
    g.single = {code: history(25, "1d", "close", code)[code] for code in codes}
    g.last = history(1, "1m", "close", codes), history(1, "1m", "close", codes, df=False)
    g.now = {code: get_current_data()[code].last_price for code in codes}

OPTIONS = [{}, {"fq": None}, {"fq": "post"}, {"fill_paused": False}]
"""


@pytest.fixture(scope="module")
def g() -> Any:
    """What a script read twice at the open and twice after the close, over days with dividends and suspensions."""
    session = qr.Session.from_script(SCRIPT, qr.sample_market(), start="2022-06-01")
    session.run(until="2022-08-01", progress=False)
    return session.strategy.target["g"]


def test_a_long_frame_of_many_codes_is_what_each_code_gives(g: Any) -> None:
    """Protects scripts that scan the market: adjusted, cut at now and emptied on suspended days as for one code."""
    assert len(g.found) == 8
    for many, _, single in g.found.values():
        assert list(many.columns[:2]) == ["time", "code"]
        for code, alone in single.items():
            part = many[many["code"] == code].set_index("time").drop(columns="code")
            pd.testing.assert_frame_equal(
                part, alone, check_names=False, check_freq=False, check_index_type=False, check_column_type=False
            )


def test_a_panel_of_many_codes_is_what_each_code_gives(g: Any) -> None:
    """Protects the older form of the same call."""
    for _, panel, single in g.found.values():
        for code, alone in single.items():
            for field in alone.columns:
                np.testing.assert_array_equal(panel[field][code].to_numpy(), alone[field].to_numpy())


def test_histories_of_many_codes_are_what_each_code_gives(g: Any) -> None:
    """Protects history with and without frames, and the last price of many codes."""
    frame, arrays = g.closes
    for code, alone in g.single.items():
        np.testing.assert_array_equal(frame[code].to_numpy(), alone.to_numpy())
        np.testing.assert_array_equal(arrays[code], alone.to_numpy())
        assert arrays[code].flags.c_contiguous
    assert (frame.index == g.single[code].index).all()
    for code, price in g.now.items():
        assert (g.last[0][code][-1] == g.last[1][code][-1] == price) or np.isnan(price)


def test_what_is_handed_out_is_no_part_of_the_panel(g: Any) -> None:
    """Protects the data of the session: a script may write into what it was given."""
    market = qr.sample_market()
    for many, panel, _ in g.found.values():
        for values in (many["close"].to_numpy(), panel["close"].to_numpy(), g.closes[0].to_numpy()):
            assert not np.shares_memory(values, market.panel.close)


SUSPENDED = """
from jqdata import *

def initialize(context):
    run_daily(look, '9:30')

def look(context):
    codes = ['000001.XSHE', '000002.XSHE']
    if context.current_dt.day == 5:
        g.filled = get_price(codes, end_date=context.previous_date, count=2, fields='close', panel=False)
        g.empty = get_price(codes, end_date=context.previous_date, count=2, fields=['close', 'paused'], panel=False,
                            fill_paused=False)
"""


def test_days_without_trading_are_filled_or_empty_for_many_codes_too() -> None:
    """Protects fill_paused by hand: suspended on the 4th after 11, a code repeats 11 or has nothing."""
    bars = {"000001.XSHE": [10.0, 11.0, None, 12.0], "000002.XSHE": [20.0, 21.0, 22.0, 23.0]}
    found = script_g(run(SUSPENDED, small(bars)))
    assert found.filled["close"].tolist() == [11.0, 11.0, 21.0, 22.0]
    assert found.filled["code"].tolist() == ["000001.XSHE"] * 2 + ["000002.XSHE"] * 2
    np.testing.assert_array_equal(found.empty["close"].to_numpy(), [11.0, np.nan, 21.0, 22.0])
    assert found.empty["paused"].tolist() == [0.0, 1.0, 0.0, 0.0]
