"""Ctrl-C at every kind of line: the session is as before or after, the journal holds it, the words are friendly."""

from __future__ import annotations

import os
import random
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from harness import Trader, picture

import qresearch as qr
from qresearch.session import interrupts, rerunning

PACKAGE = str(Path(qr.__file__).parent)
SKIPPED = interrupts.__file__
"""The gate itself: a signal cannot strike there, because it is what defers it."""
MARKET = qr.sample_market()
LINES = int(os.environ.get("QRESEARCH_LINES", "12"))
"""Lines that are hit in each call, in each of the two kinds of session."""

CALLS: dict[str, Callable[[qr.Session], object]] = {
    "step": lambda session: session.step(),
    "steps to a phase": lambda session: session.step(2, phase="OPEN"),
    "run": lambda session: session.run(until="2022-01-28", progress=False),
    "redo": lambda session: session.goto(3).step(2),
    "rerun": lambda session: session.back(2).step(2, rerun=True),
    "order": lambda session: session.buy("604018", 300),
    "target": lambda session: session.order_target("604018", 0),
    "cancel": lambda session: session.cancel("1"),
    "update": lambda session: session.ticket("1").update(limit_price=6.5),
    "costs": lambda session: session.set_order_cost(close_tax=0.001),
    "slippage": lambda session: session.set_slippage("bps", 3),
    "memory": lambda session: session.memory.update(seen=[1, 2]),
    "back": lambda session: session.back(3),
    "goto": lambda session: session.goto(2),
    "branch": lambda session: session.branch("new"),
    "order from the past": lambda session: session.goto(2).buy("604035", 100),
    "switch": lambda session: session.branches.switch("other"),
    "rename": lambda session: session.branches.rename("other", "named"),
    "strategy": lambda session: setattr(session, "strategy", Trader),
}
"""Everything that changes a session, by a word for it."""


def opened(path: Path | None) -> qr.Session:
    """A session with memory, a resting order, two branches and some days behind it."""
    session = qr.Session(MARKET, start="2022-01-05", strategy=Trader, journal=path)
    session.buy("604018", 500, qr.terms.limit(6.0, tif="GTC"))
    session.step(4).goto(2).branch("other").step(2)
    return session.branches.switch("main").step(3)


def stages(call: str) -> list[tuple]:
    """The pictures that a session may be in when a call is interrupted: before, after each step of it, and after."""
    session = opened(None)
    found = [picture(session)]
    keep = session._timeline.commit, session._move_to, session._redo

    def then_look(work):
        def done(*arguments, **options):
            result = work(*arguments, **options)
            found.append(picture(session))
            return result

        return done

    session._advance_to = then_look(session._advance_to)
    session._redo, session._move_to = then_look(keep[2]), then_look(keep[1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rerunning, "rerun_one", then_look(rerunning.rerun_one))
        CALLS[call](session)
    found.append(picture(session))
    return found


class Struck:
    """Raises KeyboardInterrupt at the n-th line of the package that a call runs; counts the lines when n is None."""

    def __init__(self, number: int | None) -> None:
        self.number, self.count, self.where = number, 0, ""

    def __call__(self, frame, event, argument):
        name = frame.f_code.co_filename
        if not name.startswith(PACKAGE) or name == SKIPPED:
            return None
        if event == "line":
            self.count += 1
            if self.count == self.number:
                self.where = f"{Path(name).name}:{frame.f_lineno}"
                sys.settrace(None)
                raise KeyboardInterrupt
        return self

    def run(self, call: str, session: qr.Session) -> bool:
        """Whether the call was interrupted."""
        sys.settrace(self)
        try:
            CALLS[call](session)
        except KeyboardInterrupt:
            return True
        finally:
            sys.settrace(None)
        return False


@pytest.fixture(autouse=True)
def the_handler_of_python() -> Iterator[None]:
    """Each test ends with the handler that it began with."""
    before = signal.getsignal(signal.SIGINT)
    yield
    after = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, before)
    assert after is before


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("has_journal", [False, True], ids=["in memory", "with a journal"])
def test_an_interrupt_at_any_line_leaves_the_session_before_or_after(
    call: str, has_journal: bool, tmp_path: Path
) -> None:
    """Protects every change as a whole: not only a signal, any exception at any line takes it back or lets it be."""
    allowed = stages(call)
    # The first call of a process fills tables that the next ones find: it runs more lines.
    for turn in ("first", "counted"):
        counted = Struck(None)
        counted.run(call, opened(None if not has_journal else tmp_path / turn))
    draw = random.Random(f"{call} {has_journal}")
    for number in draw.sample(range(1, counted.count + 1), min(LINES, counted.count)):
        path = tmp_path / f"{number}.qsession" if has_journal else None
        session, struck = opened(path), Struck(number)
        assert struck.run(call, session), f"the interrupt was swallowed at {struck.where}"
        # What a line-by-line tracer can cut off and a signal cannot: the end of the section that defers signals.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        assert picture(session) in allowed, struck.where
        session.step(3)
        assert len(session.orders) == session._timeline.state.orders, struck.where
        if path is not None:
            assert session._journal is not None, struck.where
            wanted = picture(session)
            session._journal.close()
            assert picture(qr.Session.resume(path, MARKET, Trader)) == wanted, struck.where
