"""What trading costs a script by type and by code."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

import pytest
from script_runs import market, opened, run

SHARE, FUND, OTHER = "600519.XSHG", "510300.XSHG", "000001.XSHE"


def charged(setup: str) -> dict[str, list[float]]:
    """Fees of a purchase and a sale of 10,000 yuan of two shares and a fund, by code, after a set-up."""
    script = f"""
from jqdata import *

def initialize(context):
    set_slippage(FixedSlippage(0))
    g.codes = ['{SHARE}', '{FUND}', '{OTHER}']
{setup}

def handle_data(context, data):
    for code in g.codes:
        order_target(code, 0 if code in context.portfolio.positions else 1000)
"""
    fills = run(script, market({SHARE: [10.0] * 2, FUND: [10.0] * 2, OTHER: [10.0] * 2})).fills
    fees = fills[["commission", "stamp_duty"]].sum(axis=1).round(2)
    return {code: fees[fills["symbol"].str[:6] == code[:6]].tolist() for code in (SHARE, FUND, OTHER)}


RATE = "    set_order_cost(OrderCost(close_tax=0.001, open_commission={0}, close_commission={0}), type='{1}'{2})"


@pytest.mark.parametrize(
    ("setup", "share", "fund", "other"),
    [
        ([("0.002", "stock", "")], [20, 30], [20, 20], [20, 30]),
        ([("0.002", "stock", ""), ("0.003", "fund", "")], [20, 30], [30, 30], [20, 30]),
        ([("0.003", "etf", ""), ("0.002", "stock", "")], [20, 30], [30, 30], [20, 30]),
        ([("0.003", "fund", "")], [5, 15], [30, 30], [5, 15]),
        ([("0.003", "mmf", ""), ("0.002", "stock", "")], [20, 30], [20, 20], [20, 30]),
        ([("0.002", "stock", ""), ("0.004", "stock", f", ref='{OTHER}'")], [20, 30], [20, 20], [40, 50]),
        ([("0.003", "fund", ""), ("0.004", "futures", "")], [5, 15], [30, 30], [5, 15]),
    ],
)
def test_each_type_costs_what_was_set_for_it(
    setup: list[tuple[str, str, str]], share: list[float], fund: list[float], other: list[float]
) -> None:
    """Protects set_order_cost(type=, ref=): shares and funds each at their own rates, else at the default."""
    lines = "\n".join(RATE.format(*item) for item in setup)
    assert charged(lines) == {SHARE: share, FUND: fund, OTHER: other}


def test_the_older_way_charges_everything_the_same() -> None:
    """Protects set_commission: it takes the place of all that was set before."""
    lines = RATE.format("0.003", "fund", "") + "\n    set_commission(PerTrade(0.001, 0.002, 0))"
    assert charged(lines) == {code: [10, 20] for code in (SHARE, FUND, OTHER)}


def test_the_costs_in_force_go_back_with_the_session() -> None:
    """Protects going back: the rates of a type are kept with every state."""
    script = dedent("""
    from jqdata import *
    def initialize(context):
        set_slippage(FixedSlippage(0))
    def handle_data(context, data):
        set_order_cost(OrderCost(open_commission=0.001 * context.current_dt.day), type='fund')
        order('510300.XSHG', 1000)
    """)
    session = opened(script, market({FUND: [10.0] * 3}), cash=1e6)
    once: Any = session.step(3).fills["commission"].tolist()
    session.back(2)
    assert session.step(2, rerun=True).fills["commission"].tolist() == once == [20.0, 30.0, 40.0]


def test_what_rests_is_charged_at_the_newest_costs_and_that_is_said() -> None:
    """Protects from a silent guess: a limit order that rests while another type is traded."""
    script = f"""
from jqdata import *
def initialize(context):
    set_order_cost(OrderCost(open_commission=0.002), type='stock')
    set_order_cost(OrderCost(open_commission=0.003), type='fund')

def handle_data(context, data):
    order('{SHARE}', 100, LimitOrderStyle(5.0))
    order('{FUND}', 100)
"""
    session = run(script, market({SHARE: [10.0] * 2, FUND: [10.0] * 2}))
    assert session.notices.table["notice"].str.contains("Orders that rest are charged").sum() == 1
