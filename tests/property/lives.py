"""Random lives of accounts of any kind: how one wanders through a session, and what must hold wherever one comes.

A kind brings how its session is opened, what is asked for (`ask`), and what must hold beside what is here (`check`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from test_invariants import folds, walk_orders

import qresearch as qr
from qresearch import terms
from qresearch.domain.state import State
from qresearch.engine.intent import Value

Ask = Callable[[qr.Session, np.random.Generator], None]
PHASES = ("CLOSE", "CLOSE", "OPEN", "AFTER_CLOSE")


def wander(
    session: qr.Session,
    rng: np.random.Generator,
    ask: Ask,
    steps: int,
    *,
    phases: Sequence[str] = PHASES,
    back: float = 0.1,
) -> None:
    """Ask up to three times, step, go back now and then, and act from there."""
    for _ in range(steps):
        if session.simulation.timeline.state.day >= session.simulation.exchange.last:
            return
        for _ in range(int(rng.integers(0, 4))):
            ask(session, rng)
        session.step(phase=str(rng.choice(phases)))
        if rng.random() < back:
            session.back(min(int(rng.integers(1, 3)), session.simulation.timeline.cursor))


def style_at(rng: np.random.Generator, price: float) -> terms.Terms | None:
    """Terms of any type at a price, plain market orders among them."""
    styles = (
        lambda: None, lambda: None, lambda: terms.limit(price, tif=str(rng.choice(["DAY", "GTC"]))),
        lambda: terms.stop(price, tif="GTC"), terms.at_close, lambda: terms.limit(price, tif="IOC"),
    )  # fmt: skip
    return styles[int(rng.integers(len(styles)))]()


def close_of(session: qr.Session, symbol: str) -> float:
    """The last close; 0 before there is one."""
    return float(session.history(symbol, 1, adjust="none")[symbol].sum())


def identity(session: qr.Session, state: State) -> Value:
    """What the account is worth at a moment, whose parts must be what the equity grew by, and margin none below 0."""
    exchange, ledger = session.simulation.exchange, state.ledger
    worth = exchange.account.value(state, exchange)
    grown = worth.equity - session.simulation.starting_equity - ledger.flows
    assert worth.floating + state.realised + ledger.income - ledger.fees == grown
    assert worth.margin >= 0
    for position in state.positions.values():
        assert position.quantity > 0
        assert position.cost >= 0
    for lots in ledger.lots.values():
        assert lots
        assert all(lot.quantity > 0 for lot in lots)
    return worth


def assert_books(session: qr.Session, check: Callable[[qr.Session, State, Value], None]) -> None:
    """On every branch: the identity and what a kind adds at each kept moment, the fold of the log, the orders."""
    for name in list(session.branches):
        session.branches.switch(name)
        for state in session.simulation.timeline.branch.states:
            check(session, state, identity(session, state))
        for folded, kept in folds(session):
            assert folded == kept
        walk_orders(session)


def assert_told(session: qr.Session) -> None:
    """Every order is explained in whole sentences, with all numbers filled in."""
    for order in session.orders.itertuples():
        told = session.explain(order.Index).data
        assert not told["text"].str.contains(r"\bnan\b|None|[{}]").any()


def close_everything(session: qr.Session) -> bool:
    """Go to a close from which there is a next open, and cancel what is open; False at the end of the session."""
    if session.now.phase != "CLOSE":
        session.step(phase="CLOSE")
    if session.simulation.timeline.state.day >= session.simulation.exchange.last:
        return False
    for ticket in list(session.open_orders.index):
        session.cancel(str(ticket))
    return True


def log_of(session: qr.Session) -> list[str]:
    """The log as text."""
    return [repr(event) for event in session.simulation.timeline.branch.log]


def same_by_phases(
    opened: Callable[[np.random.Generator], qr.Session], ask: Ask, seed: int, days: int,
    digest: Callable[[qr.Session], str] = qr.Session.digest,
) -> None:  # fmt: skip
    """Days passed in one step, idle phases and all, and phase by phase: the same orders bring the same events."""
    digests = []
    for is_whole in (True, False):
        rng = np.random.default_rng(seed)
        session = opened(rng)
        for _ in range(days):
            for _ in range(int(rng.integers(0, 4))):
                ask(session, rng)
            if is_whole:
                session.step()
                continue
            session.step(phase="next")
            while session.now.phase != "CLOSE":
                session.step(phase="next")
        digests.append(digest(session))
    assert digests[0] == digests[1]


def assert_blind_to_later_days(
    opened: Callable[[np.random.Generator, qr.Market], qr.Session], travel: Ask, market: qr.Market, seed: int,
    names: Sequence[str] = ("open", "high", "low", "close"), digits: int = 3,
    log: Callable[[qr.Session], list[str]] = log_of,
) -> None:  # fmt: skip
    """Other bars of later days leave the log of the earlier ones as it is."""
    rng = np.random.default_rng(seed)
    session = opened(rng, market)
    travel(session, rng)
    day, panel = session.simulation.timeline.state.day, market.panel
    factors = np.random.default_rng(seed + 1).uniform(0.97, 1.03, panel.shape)
    factors[: day + 1] = 1.0
    changed = {name: np.round(getattr(panel, name) * factors, digits) for name in names}
    again = np.random.default_rng(seed)
    other = opened(again, replace(market, panel=replace(panel, **changed)))
    travel(other, again)
    assert log(other) == log(session)
