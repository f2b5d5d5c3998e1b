"""Random lives of accounts of options: what holds for every account, over an adjustment and two expiries."""

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
from qresearch import terms
from qresearch.domain.ledger import COVERED
from qresearch.domain.state import State
from qresearch.engine.accounts.covered import units_needed
from qresearch.engine.accounts.options import Options
from qresearch.engine.intent import Value

MARKET = qr.sample_options()
FUND = "514101.SH"
SYMBOLS = [symbol for symbol in MARKET.symbols if symbol not in {FUND, "000900.SH"}]
CALLS = [symbol for symbol in SYMBOLS if symbol.startswith("C22")]
EFFECTS = (lambda style: style, lambda style: style, terms.to_open, terms.to_close)


def opened(rng: np.random.Generator, market: qr.Market = MARKET) -> qr.Session:
    """A session with options drawn at random, from a rich account to one that is called soon."""
    return qr.Session(
        market,
        start="2022-12-08",
        end="2023-02-06",
        cash=float(rng.choice([60_000, 300_000, 2_000_000])),
        account=Options(float(rng.choice([1.0, 1.2])), int(rng.choice([8, 40])) if rng.random() < 0.3 else None),
        clock=str(rng.choice(["next_open", "next_open", "same_bar"])),
        match_order=str(rng.choice(["sells_first", "fifo"])),
        shortfall=str(rng.choice(["trim", "trim", "reject"])),
        reserve=str(rng.choice(["limit", "limit", "last", "none"])),
    )


def ask(session: qr.Session, rng: np.random.Generator) -> None:
    """One order of any effect, a covered call, units locked and freed, a right that is used, or a cancel."""
    way, symbol = int(rng.integers(10)), str(rng.choice(SYMBOLS))
    try:
        if way < 5:
            style = style_at(rng, round(close_of(session, symbol) * (1 + rng.normal(0, 0.1)), 4) or 0.01)
            lots = int(rng.integers(1, 6)) * int(rng.choice([1, -1]))
            session.order(symbol, lots, EFFECTS[int(rng.integers(len(EFFECTS)))](style))
        elif way == 5:
            session.order(FUND, int(rng.choice([10_000, 20_000, -10_000, -10_120])))
        elif way == 6:
            lots = int(rng.choice([1, 2, -1, -2]))
            session.order(str(rng.choice(CALLS)), lots, terms.covered_close() if lots > 0 else terms.covered_open())
        elif way == 7:
            session.account.lock(FUND, int(rng.choice([10_000, 10_120, 120])))
        elif way == 8:
            session.account.exercise(symbol, 1) if rng.random() < 0.5 else session.account.unlock(FUND, 10_000)
        elif len(session.open_orders):
            session.cancel(str(rng.choice(session.open_orders.index)))
    except qr.UsageError as refused:
        assert "Traceback" not in str(refused)


def wander(session: qr.Session, rng: np.random.Generator, steps: int = 30, back: float = 0.1) -> None:
    """A life of premiums, covered calls and exercises."""
    wander_as(session, rng, ask, steps, back=back)


def check(session: qr.Session, state: State, worth: Value) -> None:
    """What holds of options beside the identity: the margin is the sum of its parts, and covered calls are covered."""
    exchange, ledger = session.simulation.exchange, state.ledger
    assert worth.margin == sum(worth.bound.values())
    assert all(units > 0 for units in ledger.locked.values())
    if any(key.side == COVERED for key in ledger.lots):
        # Short of units only between an adjustment and the open at which Shanghai closes what is uncovered.
        fund = MARKET.column(FUND)
        assert ledger.locked.get(fund, 0) >= units_needed(state, exchange, fund) * 10_000 // 10_120


@examples(30)
@given(seed=SEEDS)
def test_the_books_of_options_balance_wherever_one_goes(seed: int) -> None:
    """Protects the identity of profit, the margin, the lots and the locked units, on every branch and moment."""
    rng = np.random.default_rng(seed)
    session = opened(rng)
    wander(session, rng)
    assert_books(session, check)


@examples(15)
@given(seed=SEEDS)
def test_orders_alone_make_no_money(seed: int) -> None:
    """Protects fills and postings: inside one phase an account gains nothing, and every order is told in full."""
    rng = np.random.default_rng(seed)
    session = opened(rng)
    wander(session, rng)
    exchange, before = session.simulation.exchange, None
    for state in session.simulation.timeline.branch.states:
        if before is not None and (state.day, state.phase) == (before.day, before.phase):
            worth = exchange.account.value(state, exchange).equity
            assert worth <= exchange.account.value(before, exchange).equity + 1_000, "an exercise rounds to the fen"
        before = state
    assert_told(session)


@examples(15)
@given(seed=SEEDS)
def test_what_closes_is_let_through_under_water(seed: int) -> None:
    """Protects the way out: at an open that is not locked every contract can be closed, whatever the account owes."""
    rng = np.random.default_rng(seed)
    session = opened(rng)
    wander(session, rng, 14)
    if not close_everything(session):
        return
    held = session.tables.lots["quantity"].to_dict()
    placed = {}
    for (symbol, side), quantity in held.items():
        style = terms.covered_close() if side == "covered" else terms.to_close()
        for part in [10] * (quantity // 10) + [quantity % 10] * bool(quantity % 10):
            placed[session.order(symbol, -part if side == "long" else part, style)] = symbol
    session.step(phase="OPEN")
    for ticket in placed:
        assert ticket.status == "FILLED" or ticket.reason in {
            "LIMIT_UP", "LIMIT_DOWN", "EXPIRED_CONTRACT", "INSUFFICIENT_CASH", "SUSPENDED", "NOTHING_TO_CLOSE",
        }, ticket  # fmt: skip


@examples(20)
@given(seed=SEEDS)
def test_days_in_one_step_are_days_phase_by_phase(seed: int) -> None:
    """Protects the quick way over a day of options: it passes nothing that a phase would have done."""
    same_by_phases(opened, ask, seed, 14)


@examples(20)
@given(seed=SEEDS)
def test_later_prices_change_nothing_before_them(seed: int) -> None:
    """Protects the account from the future: other bars of later days leave the log of the earlier ones as it is."""
    names = ("open", "high", "low", "close", "settlement", "open_interest", "volume")
    travel = partial(wander, steps=10, back=0)
    assert_blind_to_later_days(opened, travel, MARKET, seed, names, digits=4)
