"""Random lives of accounts of bonds: over coupons, a maturity and a call, with repo and conversions."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import numpy as np
from hypothesis import given

sys.path.insert(0, str(Path(__file__).resolve().parent))

from lives import (
    assert_blind_to_later_days,
    assert_books,
    assert_told,
    close_everything,
    close_of,
    same_by_phases,
    style_at,
)
from lives import wander as wander_as
from test_invariants import SEEDS, examples

import qresearch as qr
from qresearch.domain.state import State
from qresearch.engine.accounts.bonds import Bonds
from qresearch.engine.intent import Value

MARKET = qr.sample_bonds()
CONVERTIBLE, SHARE = "113801.SH", "604801.SH"
REPO = ("204001.SH", "204007.SH")
SPANS = (("2023-05-08", "2023-07-07"), ("2023-09-04", "2023-10-20"), ("2023-11-01", "2023-12-15"))


def opened(rng: np.random.Generator, market: qr.Market = MARKET) -> qr.Session:
    """A session with options drawn at random, on a span with a coupon, a maturity, or a call."""
    start, end = SPANS[int(rng.integers(len(SPANS)))]
    return qr.Session(
        market,
        start=start,
        end=end,
        cash=float(rng.choice([30_000, 300_000, 3_000_000])),
        positions={"019801.SH": 400, CONVERTIBLE: 100} if rng.random() < 0.4 else {},
        positions_paid=False,
        account=Bonds(qualified=bool(rng.random() < 0.7)),
        clock=str(rng.choice(["next_open", "next_open", "same_bar"])),
        match_order=str(rng.choice(["sells_first", "fifo"])),
        shortfall=str(rng.choice(["trim", "trim", "reject"])),
        reserve=str(rng.choice(["limit", "limit", "last", "none"])),
        slippage=[("bps", 3.0), "none"][int(rng.integers(2))],
        participation=[None, 0.05][int(rng.integers(2))],
    )


def ask(session: qr.Session, rng: np.random.Generator) -> None:
    """One order of any type, a loan, a conversion, a cancel, or cash that comes or goes."""
    symbol = str(rng.choice(MARKET.symbols))
    price = round((close_of(session, symbol) or 100.0) * (1 + rng.normal(0, 0.004)), 2)
    way = int(rng.integers(9))
    if way < 4:
        quantity = int(rng.choice([5, 10, 100, 370, 2000])) * int(rng.choice([1, 1, -1]))
        session.order(symbol, quantity, style_at(rng, price))
    elif way == 4:
        session.sell(str(rng.choice(REPO)), int(rng.choice([5, 100, 1000])), style_at(rng, round(price / 50, 2)))
    elif way == 5:
        session.order_value(symbol, float(rng.choice([20_000, -20_000, 300_000])))
    elif way == 6 and len(session.open_orders):
        session.cancel(str(rng.choice(session.open_orders.index)))
    elif way > 6:
        act(session, rng)


def act(session: qr.Session, rng: np.random.Generator) -> None:
    """Convert, or pay in or out; what cannot be done is told and changes nothing."""
    before = session.digest()
    try:
        if rng.random() < 0.5:
            session.account.convert(CONVERTIBLE, int(rng.choice([10, 100])))
        else:
            session.account.pay_in(float(rng.choice([10_000, -5_000])))
    except qr.errors.UsageError:
        assert session.digest() == before


def wander(session: qr.Session, rng: np.random.Generator, steps: int = 22, *, back: float = 0.1) -> None:
    """A life of orders, loans and conversions."""
    phases = ("CLOSE", "CLOSE", "OPEN", "PRE_OPEN", "AFTER_CLOSE")
    wander_as(session, rng, ask, steps, phases=phases, back=back)


def check(session: qr.Session, state: State, worth: Value) -> None:
    """Cash is never below nothing; what is lent comes back later, with interest, and is part of the equity."""
    exchange, ledger, units = session.simulation.exchange, state.ledger, 100 * 100
    assert state.cash >= 0
    assert not ledger.lots
    lent = sum(loan.quantity for loan in ledger.due) * units
    assert worth.equity == state.cash + worth.market + lent
    for loan in ledger.due:
        assert loan.day > state.day
        assert loan.quantity > 0
        assert loan.cash > loan.quantity * units
    for instrument in state.positions:
        # What has come to its end is gone in the morning, but a called bond is paid some days after its last.
        bond = exchange.market.instruments[instrument].bond
        assert bond is None or bond.ends[0] > exchange.market.days[max(state.day, 0)].astype(object)
    assert exchange.account.withdrawable(state, exchange) <= state.cash


@examples(40)
@given(seed=SEEDS)
def test_the_books_of_bonds_balance_wherever_one_goes(seed: int) -> None:
    """Protects the identity of profit, what is lent and what has ended, on every branch and at every kept moment."""
    rng = np.random.default_rng(seed)
    session = opened(rng)
    wander(session, rng)
    assert_books(session, check)
    assert_told(session)


@examples(20)
@given(seed=SEEDS)
def test_the_tables_add_up_to_the_account(seed: int) -> None:
    """Protects the tables: interest, floating and realised profit by bond, with the shares, are the total profit."""
    rng = np.random.default_rng(seed)
    session = opened(rng)
    wander(session, rng)
    tables, portfolio = session.tables, session.portfolio
    shares = tables.attribution.loc[tables.attribution.index == SHARE, "profit"].sum()
    assert abs(tables.bonds["profit"].sum() + shares - portfolio.profit) < 0.011
    assert abs(tables.attribution["profit"].sum() - portfolio.profit) < 0.011
    daily, closes = tables.daily_bonds, tables.daily_portfolio
    worth = daily.groupby("day")["value"].sum().reindex(closes.index, fill_value=0.0)
    held = tables.daily_positions.groupby(["symbol", "day"])["market_value"].sum()
    everything = held.groupby("day").sum().reindex(closes.index, fill_value=0.0)
    shares = held.get(SHARE, held.iloc[:0].droplevel(0)).reindex(closes.index, fill_value=0.0)
    assert (worth + shares - closes["market_value"]).abs().max() < 0.011 or not len(closes)
    assert (everything - closes["market_value"]).abs().max() < 0.011 or not len(closes)


@examples(20)
@given(seed=SEEDS)
def test_what_is_held_can_be_sold(seed: int) -> None:
    """Protects the way out: at an open that trades and is not locked every bond can be sold, on any day."""
    rng = np.random.default_rng(seed)
    session = opened(rng)
    wander(session, rng, 12)
    if not close_everything(session):
        return
    tickets = {symbol: session.sell(symbol, held) for symbol, held in session.portfolio.quantities.items()}
    session.step(phase="OPEN")
    for symbol, ticket in tickets.items():
        assert ticket.status == "FILLED" or ticket.reason in {"LIMIT_DOWN", "CALLED", "MATURED", "VOLUME_CAP"}, ticket
        assert symbol in MARKET.symbols


@examples(20)
@given(seed=SEEDS)
def test_later_prices_change_nothing_before_them(seed: int) -> None:
    """Protects the account from the future: other bars of later days leave the log of the earlier ones as it is."""
    travel = partial(wander, steps=10, back=0)
    assert_blind_to_later_days(opened, travel, MARKET, seed)


@examples(20)
@given(seed=SEEDS)
def test_days_in_one_step_are_days_phase_by_phase(seed: int) -> None:
    """Protects the quick way over a day of bonds: it passes nothing that a phase would have done."""
    same_by_phases(opened, ask, seed, 14)
