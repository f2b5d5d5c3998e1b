"""Random lives of accounts of margin trading: what holds for each, whatever is ordered and wherever one goes."""

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
from qresearch.domain.ledger import SHORT
from qresearch.domain.state import State
from qresearch.engine.accounts.margin import MarginTrading
from qresearch.engine.intent import Pool, Value

MARKET = qr.sample_market()
SYMBOLS = [MARKET.symbols[column] for column in (4, 6, 11, 14, 15, 16, 17, 18)]
STARTS = ("2021-03-01", "2022-02-21", "2022-06-20", "2023-05-08")
STYLES = (
    lambda style: style, terms.to_open, terms.financed, terms.financed, terms.short_sale, terms.short_sale,
    terms.to_repay, terms.to_return, terms.to_close,
)  # fmt: skip
SIDES = {"FINANCE": 1, "BORROW": -1, "REPAY": -1, "RETURN": 1}


def opened(rng: np.random.Generator, market: qr.Market = MARKET) -> qr.Session:
    """A session with rules drawn at random, from a rich account to one that is called soon."""
    start = str(rng.choice(STARTS))
    first = int(np.searchsorted(market.days, np.datetime64(start)))
    lines = [{}, {"warn": 2.6, "call": 2.4, "floor": 1.5}, {"warn": 1.9, "call": 1.8, "floor": 1.7, "grace": 0}]
    return qr.Session(
        market,
        start=start,
        end=str(market.days[first + 40]),
        cash=float(rng.choice([20_000, 200_000, 2_000_000])),
        positions={SYMBOLS[4]: 3000} if rng.random() < 0.3 else {},
        positions_paid=False,
        account=MarginTrading(
            line=[None, 150_000.0][int(rng.integers(2))],
            term=int(rng.choice([5, 180])),
            short_price_rule=bool(rng.random() < 0.3),
            **lines[int(rng.integers(len(lines)))],
        ),
        clock=str(rng.choice(["next_open", "next_open", "same_bar"])),
        match_order=str(rng.choice(["sells_first", "fifo"])),
        shortfall=str(rng.choice(["trim", "trim", "reject"])),
        reserve=str(rng.choice(["limit", "limit", "last", "none"])),
        dividend_tax=["none", "holding_period"][int(rng.integers(2))],
    )


def ask(session: qr.Session, rng: np.random.Generator) -> None:
    """One order of any effect and type, a cancel, or something that needs no market."""
    symbol = str(rng.choice(SYMBOLS))
    price = round((close_of(session, symbol) or 10.0) * (1 + rng.normal(0, 0.01)), 2)
    style = STYLES[int(rng.integers(len(STYLES)))](style_at(rng, price))
    side = SIDES.get("" if style is None else style.effect.value, int(rng.choice([1, -1])))
    way = int(rng.integers(9))
    if way < 6:
        session.order(symbol, side * int(rng.choice([100, 300, 700, 1500, 9000])), style)
    elif way == 6 and len(session.open_orders):
        session.cancel(str(rng.choice(session.open_orders.index)))
    elif way > 6:
        act(session, rng, symbol)


def act(session: qr.Session, rng: np.random.Generator, symbol: str) -> None:
    """Repay, give back, or pay in or out; what cannot be done is told and changes nothing."""
    before = session.digest()
    try:
        way = int(rng.integers(3))
        if way == 0:
            session.account.repay(float(rng.choice([500, 20_000])))
        elif way == 1:
            session.account.give_back(symbol, int(rng.choice([100, 300])))
        else:
            session.account.pay_in(float(rng.choice([10_000, -5_000])))
    except qr.errors.UsageError:
        assert session.digest() == before


def wander(session: qr.Session, rng: np.random.Generator, steps: int = 22, *, back: float = 0.1) -> None:
    """A life of orders and of what needs no market."""
    phases = ("CLOSE", "CLOSE", "OPEN", "PRE_OPEN", "AFTER_CLOSE")
    wander_as(session, rng, ask, steps, phases=phases, back=back)


def check(session: qr.Session, state: State, worth: Value) -> None:
    """The contracts, the short side, and the money that short sales brought."""
    exchange, ledger = session.simulation.exchange, state.ledger
    account = exchange.account
    assert worth.debt >= 0
    own, everything = (account.available(state, exchange, pool) for pool in (Pool.OWN, Pool.ALL))
    lent = [debt for debt in ledger.debts if not debt.is_money]
    assert everything - own == sum(debt.principal for debt in lent) >= 0
    for debt in ledger.debts:
        assert min(debt.quantity, debt.principal, debt.money_days, account.interest(debt)) >= 0
        assert debt.quantity <= debt.quantity_opened
        assert debt.principal <= debt.principal_opened
    for instrument in {debt.instrument for debt in lent} | {key.instrument for key in ledger.lots}:
        owed = sum(debt.quantity for debt in lent if debt.instrument == instrument)
        assert owed == ledger.quantity(instrument, SHORT)
        proceeds = sum(debt.principal for debt in lent if debt.instrument == instrument)
        assert proceeds == sum(lot.cost for lot in ledger.lots[instrument, SHORT])


@examples(40)
@given(seed=SEEDS)
def test_the_books_of_debts_balance_wherever_one_goes(seed: int) -> None:
    """Protects the identity of profit, the contracts and the short side, on every branch and at every kept moment."""
    rng = np.random.default_rng(seed)
    session = opened(rng)
    wander(session, rng)
    assert_books(session, check)
    assert_told(session)


def own_shares(session: qr.Session) -> dict[str, int]:
    """What is held, by symbol, beside what is owed."""
    symbols = session.market.symbols
    return {symbols[column]: held.quantity for column, held in session.simulation.account.positions.items()}


@examples(25)
@given(seed=SEEDS)
def test_what_repays_is_let_through_under_water(seed: int) -> None:
    """Protects the way out: whatever the account is worth, what is held can be sold to repay at an open that trades."""
    rng = np.random.default_rng(seed)
    session = opened(rng)
    wander(session, rng, 12)
    if not close_everything(session):
        return
    held, panel = own_shares(session), session.market.panel
    # Where orders meet the market inside their call, they are asked at this close, else at the next open.
    is_now = session.simulation.exchange.clock.in_call
    day, prices = session.simulation.timeline.state.day + (not is_now), panel.close if is_now else panel.open
    if is_now:
        # What was bought today stays until tomorrow.
        held = {symbol: held[symbol] for symbol in held if not session.portfolio.positions[symbol].locked}
    for symbol, quantity in held.items():
        session.sell(symbol, quantity, terms.to_repay())
    session.step(phase="OPEN")
    left = own_shares(session)
    for symbol in held:
        column = session.market.column(symbol)
        trades = panel.volume[day, column] > 0 and not panel.suspended[day, column]
        is_locked = prices[day, column] <= panel.limit_down[day, column] + 0.0005
        assert symbol not in left or not trades or is_locked


@examples(20)
@given(seed=SEEDS)
def test_later_prices_change_nothing_before_them(seed: int) -> None:
    """Protects the account from the future: other bars of later days leave the log of the earlier ones as it is."""
    # Tenths of a fen: funds have them, and what is left as it was stays so.
    travel = partial(wander, steps=10, back=0)
    assert_blind_to_later_days(opened, travel, MARKET, seed)


@examples(20)
@given(seed=SEEDS)
def test_days_in_one_step_are_days_phase_by_phase(seed: int) -> None:
    """Protects the quick way over a day of debts: it passes nothing that a phase would have done."""
    same_by_phases(opened, ask, seed, 14)
