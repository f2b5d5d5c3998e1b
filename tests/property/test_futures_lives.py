"""Random lives of accounts of futures: what holds for every account, whatever is ordered and wherever one goes."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

sys.path.insert(0, str(Path(__file__).resolve().parent))

from lives import assert_books, assert_told, close_everything, close_of, log_of, same_by_phases, style_at
from lives import wander as wander_as
from test_invariants import SEEDS, examples

import qresearch as qr
from qresearch import terms
from qresearch.book.history import AccountHistory
from qresearch.book.trips import trips_of
from qresearch.domain.state import State
from qresearch.engine.accounts.futures import MARGINS, Futures
from qresearch.engine.intent import Value

MARKET = qr.sample_futures()
SYMBOLS = MARKET.symbols
START, END = "2023-05-29", "2023-07-20"
EFFECTS = (
    lambda style: style, terms.to_open, terms.to_close, lambda style: terms.to_close(style, "today"),
    lambda style: terms.to_close(style, "old"),
)  # fmt: skip


def opened(rng: np.random.Generator, market: qr.Market = MARKET) -> qr.Session:
    """A session with options drawn at random, from a rich account to one that is called soon."""
    return qr.Session(
        market,
        start=START,
        end=END,
        cash=float(rng.choice([80_000, 300_000, 2_000_000])),
        account=Futures(str(rng.choice(MARGINS))),
        clock=str(rng.choice(["next_open", "next_open", "same_bar"])),
        match_order=str(rng.choice(["sells_first", "fifo"])),
        shortfall=str(rng.choice(["trim", "trim", "reject"])),
        reserve=str(rng.choice(["limit", "limit", "last", "none"])),
        slippage=[("bps", 3.0), "none"][int(rng.integers(2))],
    )


def ask(session: qr.Session, rng: np.random.Generator) -> None:
    """One order of any effect and type, or a cancel."""
    symbol = str(rng.choice(SYMBOLS))
    price = round(close_of(session, symbol) * (1 + rng.normal(0, 0.01)), 1) or 100.0
    style = style_at(rng, price)
    effect = EFFECTS[int(rng.integers(len(EFFECTS)))]
    lots = int(rng.integers(1, 6)) * int(rng.choice([1, -1]))
    way = int(rng.integers(6))
    if way < 4:
        session.order(symbol, lots, effect(style))
    elif way == 4:
        session.order_target(symbol, lots, style)
    elif len(session.open_orders):
        session.cancel(str(rng.choice(session.open_orders.index)))


def wander(session: qr.Session, rng: np.random.Generator, steps: int = 24, *, back: float = 0.1) -> None:
    """A life of orders and cancels."""
    wander_as(session, rng, ask, steps, back=back)


def check(session: qr.Session, state: State, worth: Value) -> None:
    """What is bound is no more than each side by itself."""
    assert worth.margin <= sum(worth.bound.values())


@examples(40)
@given(seed=SEEDS)
def test_the_books_of_contracts_balance_wherever_one_goes(seed: int) -> None:
    """Protects the identity of profit, the margin and the lots, on every branch and at every kept moment."""
    rng = np.random.default_rng(seed)
    session = opened(rng)
    wander(session, rng)
    assert_books(session, check)


@examples(25)
@given(seed=SEEDS)
def test_orders_alone_make_no_money(seed: int) -> None:
    """Protects fills and postings: inside one phase an account gains nothing, and every order is told in full."""
    rng = np.random.default_rng(seed)
    session = opened(rng)
    wander(session, rng)
    exchange, before = session.simulation.exchange, None
    for state in session.simulation.timeline.branch.states:
        worth = exchange.account.value(state, exchange)
        if before is not None and state.day == before.day and state.phase == before.phase:
            assert worth.equity <= exchange.account.value(before, exchange).equity
        before = state
    assert_told(session)


@examples(25)
@given(seed=SEEDS)
def test_what_closes_is_let_through_under_water(seed: int) -> None:
    """Protects the way out: at an open that is not locked every lot can be closed, whatever the account is worth."""
    rng = np.random.default_rng(seed)
    session = opened(rng)
    wander(session, rng, 12)
    if not close_everything(session):
        return
    held = session.tables.lots["quantity"]
    tickets = [
        (symbol, session.order(symbol, -lots if side == "long" else lots, terms.to_close()))
        for (symbol, side), lots in held.items()
    ]
    session.step(phase="CLOSE")
    for symbol, ticket in tickets:
        bound = session.simulation.exchange.closing_day[session.market.column(symbol)]
        if bound > session.simulation.timeline.state.day and ticket.reason not in {"LIMIT_UP", "LIMIT_DOWN"}:
            assert ticket.status == "FILLED", (ticket, ticket.reason)


@examples(20)
@given(seed=SEEDS)
def test_round_trips_and_what_is_held_make_the_profit(seed: int) -> None:
    """Protects trades and attribution of both sides: with what is held they are the profit, to the fen."""
    rng = np.random.default_rng(seed)
    session = opened(rng)
    wander(session, rng)
    tables, portfolio = session.tables, session.portfolio
    assert tables.attribution["profit"].sum() == pytest.approx(portfolio.profit, abs=0.011)
    held = trips_of(AccountHistory.of(session.simulation)).lots.values()
    opening = sum(lot.fees for lots in held for lot in lots) / 100
    closed = tables.trades["profit"].sum() + portfolio.floating_profit - opening
    assert closed == pytest.approx(portfolio.profit, abs=0.011)
    sides = {(symbol, side): quantity for (symbol, side), quantity in tables.lots["quantity"].items()}
    found: dict[tuple[str, str], int] = {}
    for instrument, lots in trips_of(AccountHistory.of(session.simulation)).lots.items():
        for lot in lots:
            key = MARKET.symbols[instrument], "long" if lot.side > 0 else "short"
            found[key] = found.get(key, 0) + lot.quantity
    assert found == sides


@examples(20)
@given(seed=SEEDS)
def test_days_in_one_step_are_days_phase_by_phase(seed: int) -> None:
    """Protects the quick way over a day of futures: it passes nothing that a phase would have done."""
    same_by_phases(opened, ask, seed, 14)


@pytest.mark.parametrize("phase", ["OPEN", "CLOSE", "AFTER_CLOSE"])
@examples(12)
@given(seed=SEEDS)
def test_later_prices_and_settlements_change_nothing(phase: str, seed: int) -> None:
    """Protects from the future: what is not known at a moment may be anything, the log up to it is the same."""
    day = 12 + seed % 12
    first = MARKET.panel.day_index(START)
    hidden = first + day + (phase == "AFTER_CLOSE")
    panel = MARKET.panel
    arrays = {}
    for name in ("high", "low", "close", "volume", "settlement", "open_interest"):
        values = np.array(getattr(panel, name))
        known = phase == "CLOSE" and name != "settlement"
        values[hidden + known :] *= 1.3
        arrays[name] = values
    logs = []
    for market in (MARKET, replace(MARKET, panel=replace(panel, **arrays))):
        rng = np.random.default_rng(seed)
        session = opened(rng, market)
        for _ in range(day):
            for _ in range(int(rng.integers(0, 3))):
                ask(session, rng)
            session.step()
        if phase != "CLOSE":
            session.step(phase=phase)
        logs.append(log_of(session))
    assert logs[0] == logs[1]
