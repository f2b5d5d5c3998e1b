"""The clock of a counter: checked inside the call, matched after it. All figures are worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from hand import market

import qresearch as qr
from qresearch.domain.commands import Meet
from qresearch.domain.terms import limit

SHARE = "600001.SH"
MOVES = {SHARE: [(10.0, 10.2), (10.1, 10.3), (10.0, 9.4), (9.5, 9.6), 9.6]}
"""(open, close) of five days; the higher is the high, the lower the low."""


def opened(phase: str, *, cash: float = 100_000, **options: object) -> qr.Session:
    """A session without costs that stands at a phase of the second day."""
    made = qr.Session(market(MOVES), cash=cash, costs="zero", clock="counter", **options)
    return made.step(phase=phase).step(phase=phase)


def meet(session: qr.Session) -> None:
    """Let what was sent meet the market."""
    assert session.simulation.do(Meet())


def test_a_call_returns_before_any_match() -> None:
    """Protects the counter: an order works when its call returns, and meets the market after it."""
    session = opened("OPEN")
    ticket = session.buy(SHARE, 100)
    assert (ticket.status.value, ticket.filled) == ("WORKING", 0)
    meet(session)
    assert (ticket.status.value, ticket.filled, ticket.average_price) == ("FILLED", 100, 10.1)


def test_before_the_open_it_meets_the_opening() -> None:
    """Protects the opening: what waits there is matched at the opening price, and nothing before."""
    session = opened("PRE_OPEN")
    ticket = session.buy(SHARE, 100, limit(10.2))
    meet(session)
    assert ticket.filled == 0
    session.step(phase="OPEN")
    assert ticket.average_price == 10.1


def test_the_counter_refuses_what_falls_short_inside_the_call() -> None:
    """Protects the checks of the counter: cash beside what waits, shares, T+1, the price limits and the hours."""
    session = opened("PRE_OPEN", cash=10_000)
    first, second = session.buy(SHARE, 500, limit(10.0)), session.buy(SHARE, 600, limit(10.0))
    assert (first.status.value, second.reason) == ("WORKING", "INSUFFICIENT_CASH")
    assert session.buy(SHARE, 150, limit(10.0)).reason == "LOT_SIZE"
    assert session.sell(SHARE, 100).reason == "INSUFFICIENT_QUANTITY"
    assert session.buy(SHARE, 100, limit(12.0)).reason == "PRICE_LIMIT"
    session.step(phase="OPEN")
    bought = session.buy(SHARE, 100)
    meet(session)
    assert (bought.filled, session.sell(SHARE, 100).reason) == (100, "T_PLUS_ONE")
    session.step(phase="CLOSE")
    assert session.buy(SHARE, 100).reason == "GOOD_TILL_OVER"


@pytest.mark.parametrize(("phase", "fills"), [("OPEN", True), ("INTRADAY", False)])
def test_a_resting_limit_knows_only_what_came_after_it(phase: str, *, fills: bool) -> None:
    """Protects from reading the past: sent at the open it meets the range of the day, later only the close."""
    session = opened(phase).step(phase=phase)
    ticket = session.buy(SHARE, 100, limit(9.7))
    meet(session)
    assert ticket.filled == 0
    session.step()
    assert ticket.filled == 100
    assert ticket.average_price == (9.7 if fills else 9.4)


def test_what_nobody_lets_meet_waits_for_the_close() -> None:
    """Protects a session by hand on this clock: without the command an order gets the closing price."""
    session = opened("INTRADAY")
    ticket = session.buy(SHARE, 100)
    session.step()
    assert ticket.average_price == 10.3


def test_on_minute_bars_it_meets_the_next_bar() -> None:
    """Protects minute data: the next bar is met whole, and the command that fits daily bars does nothing there."""
    session = qr.Session(qr.sample_market(frequency="minute"), clock="counter").step(phase="INTRADAY")
    symbol = session.market.symbols[0]
    ticket = session.buy(symbol, 200)
    session.simulation.do(Meet())
    assert ticket.filled == 0
    session.step(phase="INTRADAY")
    assert ticket.filled == 200


def test_a_journal_a_script_and_a_resumed_session_end_with_the_same_digest(tmp_path: Path) -> None:
    """Protects keeping: the command is done again where it was given."""
    given, path = market(MOVES), tmp_path / "run.qsession"
    session = qr.Session(given, clock="counter", journal=path).step(phase="OPEN")
    session.buy(SHARE, 100)
    meet(session)
    session.buy(SHARE, 100, limit(9.7))
    meet(session)
    session.step(2)
    assert qr.Session.resume(path, given).digest() == session.digest()
    exec(session.to_script(market="GIVEN"), {"GIVEN": given})  # it asserts the digest itself


def test_observers_can_be_told_inside_a_step() -> None:
    """Protects dialects: what a callback did is told when they ask, once, and not only after the phase."""
    told: list[str] = []

    def handle_data(context: qr.session.strategy.Context) -> None:
        context.order(SHARE, 100)
        before = len(told)
        context.simulation.tell()
        assert len(told) > before

    session = qr.Session(market(MOVES), clock="counter", strategy=handle_data)
    session.simulation.observe(lambda event, _: told.append(type(event).__name__))
    session.step()
    assert told == ["OrderCreated", "OrderQueued", "OrderReleased", "OrderFilled"]
