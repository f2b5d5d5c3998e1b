"""Several sub-accounts on one account: cash and shares of each, and that they add up."""

from __future__ import annotations

import numpy as np
import pytest
from script_runs import g, market, run

import qresearch as qr
from qresearch.dialects.joinquant.subaccounts import Books
from qresearch.domain import events as said
from qresearch.domain.fees import NO_FEES, Fees
from qresearch.domain.moment import Moment
from qresearch.domain.terms import Kind, Terms

A = "000001.XSHE"
TWO = """
def initialize(context):
    set_order_cost(OrderCost(), type="stock")
    set_slippage(FixedSlippage(0))
    set_subportfolios([SubPortfolioConfig(60000), SubPortfolioConfig(40000)])
    g.seen, g.n = [], 0
    run_daily(trade, "open")
"""


def test_each_sub_account_trades_with_its_own_cash_and_shares() -> None:
    """Protects the fence: 40,000 buy 4,000 shares of 10.00 and no more; nobody sells the shares of another."""
    script = (
        TWO
        + """
def trade(context):
    g.n += 1
    one, two = context.subportfolios
    if g.n == 1:
        g.orders = [order(A, 10000, pindex=1), order_value(A, 30000, pindex=0), order(A, 100, pindex=1),
                    order(A, -100, pindex=1), order(A, 100, pindex=2)]
    elif g.n == 2:
        order_target(A, 0, pindex=1)
        order(A, -5000, pindex=0)
    elif g.n == 3:
        order_target(A, 500, pindex=0)
        order_target_value(A, 12000, pindex=1)
    g.seen.append([(s.available_cash, s.total_value, s.returns, {c: p.total_amount for c, p in s.positions.items()})
                   for s in context.subportfolios])
A = "000001.XSHE"
"""
    )
    session = run(script, market({A: [10.0, 11.0, 12.0]}))
    assert [None if order is None else (order.filled, order.pindex) for order in g(session).orders] == [
        (4000, 1), (3000, 0), None, None, None,
    ]  # fmt: skip
    assert g(session).seen[0] == [(30_000.0, 60_000.0, 0.0, {A: 3000}), (0.0, 40_000.0, 0.0, {A: 4000})]
    first, second = g(session).seen[1]
    assert (first[0], first[3], second[0], second[3]) == (63_000.0, {}, 44_000.0, {})
    assert (round(first[2], 6), round(second[2], 6)) == (0.05, 0.1)
    first, second = g(session).seen[2]
    assert (first[0], first[3], second[0], second[3]) == (57_000.0, {A: 500}, 32_000.0, {A: 1000})


def test_sub_accounts_follow_the_cursor() -> None:
    """Protects going back: what a sub-account holds is read from the events, so nothing has to be put back."""
    script = (
        TWO
        + """
def trade(context):
    g.seen.append(context.subportfolios[1].positions["000001.XSHE"].total_amount)
    order("000001.XSHE", 500, pindex=1)
"""
    )
    session = run(script, market({A: [10.0] * 4}))
    digest = session.digest()
    session.back(3).step(rerun=True)
    assert "the same events" in session.message
    assert session.run(progress=False).digest() == digest
    assert g(session).seen == [0, 500, 1000, 1500]


def test_what_a_code_pays_and_issues_is_divided_by_shares() -> None:
    """Protects corporate actions: 300 and 600 shares of 900 get their thirds, the odd fen goes to the first."""
    tagged = Terms(Kind.MARKET, tag="pindex 1")
    books = Books(2)
    for event in (
        said.OrderCreated(Moment(0, 1), 1, 7, 300, 0, 300, Terms(Kind.MARKET)),
        said.OrderFilled(Moment(0, 1), 1, 7, 300, 10.0, 300_000, NO_FEES),
        said.OrderCreated(Moment(0, 1), 2, 7, 600, 0, 600, tagged),
        said.OrderFilled(Moment(0, 1), 2, 7, 600, 10.0, 600_000, Fees((("commission", 500),))),
        said.DividendPaid(Moment(1, 0), 7, 900, 0.0111, 1_000, 0),
        said.SharesIssued(Moment(1, 0), 7, 91, 0.101),
        said.OrderCreated(Moment(2, 1), 3, 7, -100, 0, -100, tagged),
        said.OrderFilled(Moment(2, 1), 3, 7, -100, 9.0, 90_000, NO_FEES),
        said.DividendTaxed(Moment(2, 1), 7, 20),
    ):  # fmt: skip
        books.fold(event)
    assert books.earned == [-300_000 + 334, -600_500 + 666 + 90_000 - 20]
    assert [held[7].quantity for held in books.held] == [331, 560]


RANDOM = """
import numpy as np
def initialize(context):
    c = context.portfolio.starting_cash
    set_subportfolios([SubPortfolioConfig(c * 0.5), SubPortfolioConfig(c * 0.3), SubPortfolioConfig(c * 0.2)])
    run_daily(trade, "open")
    run_daily(trade, "14:50")
    run_daily(check, "after_close")
    g.trades = g.days = 0

def trade(context):
    draw = np.random.default_rng([context.current_dt.day, context.current_dt.month, context.current_dt.hour])
    codes = list(get_all_securities(["stock"]).index)
    for _ in range(4):
        code, k = codes[draw.integers(len(codes))], int(draw.integers(3))
        kind = draw.integers(4)
        made = (order(code, int(draw.choice([100, 1000, -300])), pindex=k) if kind == 0
                else order_value(code, float(draw.choice([20000, 90000])), pindex=k) if kind == 1
                else order_target(code, int(draw.choice([0, 500])), pindex=k) if kind == 2
                else order(code, 500, LimitOrderStyle(round(get_price_now(code) * 0.97, 2)), pindex=k))
        g.trades += made is not None
    for sub in context.subportfolios[1:]:
        for code in list(sub.positions)[4:]:
            order_target(code, 0, pindex=sub.index)

def get_price_now(code):
    price = get_current_data()[code].last_price
    return price if price > 0 else 10.0

def check(context):
    subs, whole = context.subportfolios, context.portfolio
    assert abs(sum(s.total_value for s in subs) - whole.total_value) < 0.005
    held = {}
    for s in subs:
        assert s.available_cash > -0.005, (s.index, s.available_cash)
        for code, p in s.positions.items():
            held[code] = held.get(code, 0) + p.total_amount
    assert held == {code: p.total_amount for code, p in whole.positions.items()}, (held, whole.positions)
    g.days += 1
"""


@pytest.mark.filterwarnings("ignore::qresearch.MarketWarning")
def test_sub_accounts_add_up_to_the_account_every_day() -> None:
    """Protects the books over dividends, splits, rights, delistings and resting orders of the embedded market."""
    session = run(RANDOM, qr.sample_market(), cash=1_000_000)
    assert g(session).days == len(session.market.days)
    assert g(session).trades > 200
    assert np.isfinite(session.portfolio.equity)
