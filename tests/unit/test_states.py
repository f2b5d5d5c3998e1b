"""Keeping every k-th state changes what is held in memory, and nothing that one sees."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import qresearch as qr

MARKET = qr.sample_market()
SYMBOLS = MARKET.symbols[5:15]


def played(**options: object) -> qr.Session:
    """Random orders, moves back and forth, and branches."""
    session = qr.Session(MARKET, start="2022-03-01", cash=1_000_000, dividend_tax="holding_period", **options)
    rng = np.random.default_rng(11)
    for _ in range(40):
        for symbol in rng.choice(SYMBOLS, 3):
            session.order(str(symbol), int(rng.integers(-4, 9)) * 100)
        session.step(int(rng.integers(1, 5)), phase=None if rng.integers(3) else "OPEN")
        if not rng.integers(6):
            session.goto(int(rng.integers(len(session.simulation.timeline.branch.states))))
    return session


@pytest.mark.parametrize("every", [2, 7, 1000])
def test_nothing_that_one_sees_depends_on_how_many_states_are_kept(every: int) -> None:
    """Protects time travel: each state, the tables and the digest are those of a session that keeps all."""
    all_of_them, some = played(), played(keep_every=every)
    assert some.digest() == all_of_them.digest()
    whole, sparse = (run.simulation.timeline.branches for run in (all_of_them, some))
    assert list(sparse) == list(whole)
    assert len(whole) > 3
    for name, branch in whole.items():
        states, expected = sparse[name].states, list(map(str, branch.states))
        assert list(map(str, states)) == expected
        assert [str(states[place]) for place in range(len(states))] == expected
        assert list(map(str, states[3:17:2])) == expected[3:17:2]
    assert some.tables.daily_portfolio.equals(all_of_them.tables.daily_portfolio)
    assert some.back(5).positions.equals(all_of_them.back(5).positions)


def test_a_journal_and_a_script_keep_as_many(tmp_path: Path) -> None:
    """Protects the option on its way through a file."""
    path = tmp_path / "run.qsession"
    session = qr.Session(MARKET, start="2022-03-01", keep_every=5, journal=path)
    session.buy(SYMBOLS[0], 100)
    digest = session.step(30).digest()
    assert "keep_every=5" in session.to_script()
    del session
    again = qr.Session.resume(path, MARKET)
    assert again.digest() == digest
    assert "Sparse" in type(again.simulation.timeline.branch.states).__name__


def test_only_some_are_held() -> None:
    """Protects the point of it: memory grows with a part of the moments."""
    session = qr.Session(MARKET, start="2022-03-01", keep_every=10).run(progress=False)
    states = session.simulation.timeline.branch.states
    held = states.__dict__["_kept"]
    assert len(held) <= len(states) // 10 + 2


def test_a_wrong_number_is_told() -> None:
    """Protects the caller."""
    with pytest.raises(qr.UsageError, match="keep_every=0 must be at least 1"):
        qr.Session(MARKET, keep_every=0)
