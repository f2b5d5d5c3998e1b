"""copy, deepcopy and pickle: what can be copied comes back right, the rest says what to use instead."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import qresearch as qr


def pickled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


WAYS: dict[str, Callable[[Any], Any]] = {"copy": copy.copy, "deepcopy": copy.deepcopy, "pickle": pickled}


@pytest.fixture
def session() -> qr.Session:
    made = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000)
    made.buy("604018", 1000)
    return made.step(2)


def arrays_of(holder: object) -> dict[str, np.ndarray]:
    return {name: value for name, value in vars(holder).items() if isinstance(value, np.ndarray)}


@pytest.mark.parametrize("bars", ["day", "minute"])
@pytest.mark.parametrize("way", [*WAYS, "computed, then pickled"])
def test_a_market_comes_back_read_only(way: str, bars: str) -> None:
    """Protects the promise that nothing changes a market: every array is read-only, and the fingerprint is true."""
    market = qr.sample_market(bars)
    if way not in WAYS:
        assert market.mark is not None
        assert market.adjustment is not None
        assert market.panel.suspended is not None
    back = WAYS.get(way, pickled)(market)
    assert back.fingerprint == market.fingerprint
    assert repr(back) == repr(market)
    assert (back.panel.intraday is None) == (bars == "day")
    holders = [back, back.panel, back.benchmark, back.panel.intraday]
    for holder in (holder for holder in holders if holder is not None):
        assert back.mark is not None  # what is computed is read-only too
        for name, array in arrays_of(holder).items():
            assert not array.flags.writeable, name
            with pytest.raises(ValueError, match="read-only"):
                array[0] = array[0]
    one, two = (qr.Session(given).step(3) for given in (market, back))
    assert one.digest() == two.digest()


def test_a_fingerprint_is_computed_from_what_came_back() -> None:
    """Protects against a pickle that was changed: it does not bring along the fingerprint of other data."""
    market = qr.sample_market()
    assert market.fingerprint
    state = market.panel.__getstate__()
    changed = object.__new__(type(market.panel))
    changed.__setstate__(state | {"close": state["close"] * 2})
    assert changed.fingerprint != market.panel.fingerprint


@pytest.mark.parametrize("way", WAYS)
def test_a_session_says_what_to_use_instead(way: str, session: qr.Session) -> None:
    """Protects from two sessions on one timeline, and from RecursionErrors, wherever a session hangs on what is copied.

    Before, `copy.copy(session)` shared the timeline: stepping the copy moved the original.
    """
    with pytest.raises(qr.UsageError, match=r"branch.*journal.*to_script"):
        WAYS[way](session)
    if way != "copy":
        for part in (session.tables, session.branches, session.breakpoints, session.panels, {"mine": session}):
            with pytest.raises(qr.UsageError, match="A session cannot be copied or pickled"):
                WAYS[way](part)
    session.panels.close()


def test_a_ticket_is_copied_as_a_text_is() -> None:
    """Protects strategies that copy what they remember: the ticket in the copy is the same live handle."""
    seen = []

    def handle_data(context: Any) -> None:
        if not hasattr(context, "open"):
            context.open = {"604018": [context.order("604018", 1000)]}
        kept = copy.deepcopy(context.open)
        seen.append((kept["604018"][0].status.value, copy.copy(kept["604018"][0]).filled))

    session = qr.Session(qr.sample_market(), start="2022-03-01", strategy=handle_data).step(2)
    assert seen == [("QUEUED", 0), ("FILLED", 1000)]
    ticket = session.back().memory["open"]["604018"][0]
    assert ticket.status.value == "QUEUED"
    with pytest.raises(qr.UsageError, match=r"session\.ticket\('1'\)"):
        pickle.dumps({"entry": ticket})
    assert session.ticket(pickled(str(ticket))).status is ticket.status


@pytest.mark.parametrize("way", WAYS)
def test_a_context_says_what_to_copy(way: str) -> None:
    """Protects strategies that keep or copy their context: a sentence with their line, not a RecursionError."""

    def handle_data(context: Any) -> None:
        WAYS[way](context)

    session = qr.Session(qr.sample_market(), start="2022-03-01", strategy=handle_data)
    with pytest.raises(qr.StrategyError, match="context cannot be copied"):
        session.step()


@pytest.mark.parametrize("way", WAYS)
def test_what_a_session_answers_can_be_kept(way: str, session: qr.Session) -> None:
    """Protects who collects results, also from other processes: each comes back as it reads."""
    ticket = session.ticket(1)
    answers = [
        session.portfolio, session.portfolio.positions, session.explain(1), session.report(), session.plot("equity"),
        session.plot("life", order=1), session.now, ticket.code("xtquant"), ticket.record, session.settings,
        session.notices, qr.terms.limit(9.5), session.what_if("buy", "604018", 100),
    ]  # fmt: skip
    for answer in answers:
        back = WAYS[way](answer)
        assert repr(back) == repr(answer)
        assert type(back) is type(answer)
    assert WAYS[way](session.now).time == session.now.time


ERRORS = [
    qr.UsageError("words"),
    qr.UnknownSymbol("604019", ["604018.SH"]),
    qr.OutOfRange("words"),
    qr.DataError("words", field="close", symbol="604018.SH", day="2022-03-01", sample=["a row"]),
    qr.OrderRejected("words", "1", "CASH"),
    qr.StrategyError("words", day="2022-03-01", phase="CLOSE", callback="handle_data", line=3),
    qr.JournalError("words", day="2022-03-01", event="Placed"),
    qr.SourceUnavailable("words"),
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_comes_back_whole(error: qr.QresearchError, way: str) -> None:
    """Protects sweeps over processes: an error that cannot be unpickled hides what happened, and breaks a pool."""
    back = WAYS[way](error)
    assert type(back) is type(error)
    assert (str(back), back.args, vars(back)) == (str(error), error.args, vars(error))
