"""Cash that is paid in or out by a script: it is no profit, returns are weighted by time, runs can be done again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from script_runs import g, market, opened, run

import qresearch as qr

A = "000001.XSHE"
PRICES = [10.0, 11.0, 12.0, 9.0, 10.0, 12.5]
SCRIPT = f"""
def initialize(context):
    set_slippage(FixedSlippage(0))
    set_order_cost(OrderCost(), type='stock')
    g.flows = {{flows}}
    g.seen = []
    run_daily(pay, '{{time}}')
    run_daily(look, 'after_close')

def pay(context):
    number = len(get_trade_days(context.run_params.start_date, context.current_dt))
    if number == 1: order('{A}', 5000)
    if number in g.flows: inout_cash(g.flows[number])

def look(context):
    p = context.portfolio
    g.seen.append((p.inout_cash, round(p.returns, 6)))
"""


def paid(flows: dict[int, float], time: str = "open", **options: object) -> qr.Session:
    """A run that holds 5,000 of 100,000 from its first open on, and pays in or out at a time of some days."""
    return run(SCRIPT.replace("{flows}", repr(flows)).replace("{time}", time), market({A: list(PRICES)}), **options)


def by_hand(flows: dict[int, float]) -> list[float]:
    """Daily returns, weighted by time: before a flow of the open the fund is its cash and 5,000 shares at the open."""
    cash, before, found = 50_000.0, 100_000.0, []
    for number, price in enumerate(PRICES, 1):
        first, base = 1.0, before
        if number in flows:
            there = cash + 5_000 * price
            first, base = there / before, there + flows[number]
            cash += flows[number]
        after = cash + 5_000 * price
        found.append(first * after / base - 1)
        before = after
    return found


def test_cash_paid_in_is_no_profit() -> None:
    """Protects returns, nav and profit: what is paid in on day 3 and out on day 5 is not won or lost."""
    flows = {3: 10_000.0, 5: -5_000.0}
    session = paid(flows)
    daily = session.tables.daily_portfolio
    assert daily["equity"].to_list() == [100_000, 105_000, 120_000, 105_000, 105_000, 117_500]
    assert np.allclose(daily["daily_return"], by_hand(flows))
    assert np.allclose(daily["nav"], np.cumprod(1 + np.array(by_hand(flows))))
    assert daily["total_profit"].to_list() == [0, 5_000, 10_000, -5_000, 0, 12_500]
    assert daily["daily_profit"].to_list() == [0, 5_000, 5_000, -15_000, 5_000, 12_500]
    assert session.portfolio.profit == 12_500
    assert session.portfolio.nav == pytest.approx(daily["nav"].iloc[-1])
    assert np.allclose((daily["floating_profit"] + daily["realised_profit"]), daily["total_profit"])
    # The platform's own: the value of the day before over all that was paid in.
    assert [found[0] for found in g(session).seen] == [100_000, 100_000, 110_000, 110_000, 105_000, 105_000]


@settings(max_examples=15, deadline=None)
@given(flows=st.dictionaries(st.integers(2, 6), st.integers(-30, 60).map(lambda n: n * 1_000.0), max_size=4))
def test_returns_are_those_of_a_fund_whatever_is_paid(flows: dict[int, float]) -> None:
    """Protects time-weighted returns: they are those that a hand computes, for any flows."""
    flows = {number: cash for number, cash in flows.items() if cash}
    done: dict[int, float] = {}
    cash = 50_000.0
    for number in sorted(flows):
        if cash + flows[number] >= 0:
            done[number] = flows[number]
            cash += flows[number]
    assert np.allclose(paid(flows).tables.daily_portfolio["daily_return"], by_hand(done))


def test_more_than_there_is_cannot_be_paid_out() -> None:
    """Protects the account: a withdrawal beyond the cash is told and not done, by a script and by a command."""
    session = paid({2: -60_000.0})
    assert session.portfolio.cash == 50_000
    assert any("inout_cash asked for more" in notice for notice in session.notices)
    with pytest.raises(qr.UsageError, match=r"50,000\.00 is available"):
        session.simulation.do(qr.domain.commands.PayIn(-6_000_000))


def test_a_sub_account_gets_what_is_paid_into_it() -> None:
    """Protects sub-accounts: the sum stays the account, the cash belongs to the one that was named."""
    script = """
    def initialize(context):
        set_subportfolios([SubPortfolioConfig(60000, 'stock'), SubPortfolioConfig(40000, 'stock')])
        run_monthly(f, 1)

    def f(context):
        inout_cash(5000, pindex=1)
        inout_cash(-1000)
        g.cash = [part.available_cash for part in context.subportfolios]
    """
    session = run(script)
    assert g(session).cash == [59_000, 45_000]
    assert session.portfolio.cash == 104_000


def test_a_run_with_flows_is_kept_and_done_again(tmp_path: Path) -> None:
    """Protects journals, programs and going back: a flow is a command like others."""
    given, path = market({A: list(PRICES)}), tmp_path / "run.qsession"
    session = paid({3: 10_000.0}, journal=path)
    assert qr.Session.resume(path, given).digest() == session.digest()
    exec(session.to_script(market="GIVEN"), {"GIVEN": given})  # it asserts the digest itself
    end = session.digest()
    assert session.back(3).portfolio.profit == -5_000
    session.run(rerun=True, progress=False)
    assert session.digest() == end


def test_a_drawdown_is_no_withdrawal() -> None:
    """Protects breakpoints: half of the cash paid out is no loss."""
    script = SCRIPT.replace("{flows}", "{2: -45000.0}").replace("{time}", "open")
    session = opened(script, market({A: list(PRICES)}))
    session.breakpoints.add("drawdown", above=0.1)
    session.run(progress=False)
    assert str(session.now.day)[:10] == "2024-01-05"
