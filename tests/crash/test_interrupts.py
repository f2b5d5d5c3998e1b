"""Ctrl-C at every kind of line: the session is as before or after, the journal holds it, the words are friendly."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from harness import Trader, picture

import qresearch as qr
from qresearch.book.orders import Orders
from qresearch.book.projection import Projection
from qresearch.session import interrupts, journal_batch
from qresearch.session.keeper import Keeper, Transaction

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
    """The pictures that a session may be in when a call is interrupted: before, after each change of it, and after."""
    session = opened(None)
    found = [picture(session)]
    end, keep, keep_calm = Transaction.__exit__, Keeper.keep, Keeper.keep_calm

    def then_look(transaction, *problem):
        end(transaction, *problem)
        found.append(picture(session))

    def keep_then_look(keeper, kind, *kept):
        forked = keep(keeper, kind, *kept)
        if kind == "step":  # a step is taken back without a transaction around it
            found.append(picture(session))
        return forked

    def keep_calm_then_look(*kept):
        state = keep_calm(*kept)
        found.append(picture(session))
        return state

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Transaction, "__exit__", then_look)
        patch.setattr(Keeper, "keep", keep_then_look)
        patch.setattr(Keeper, "keep_calm", keep_calm_then_look)
        CALLS[call](session)
    found.append(picture(session))
    return found


class Struck:
    """Raises KeyboardInterrupt at the n-th line of the package that a call runs; counts the lines when n is None."""

    def __init__(self, number: int | None) -> None:
        self.number, self.count, self.where = number, 0, ""
        self.files: set[str] = set()

    def __call__(self, frame, event, argument):
        name = frame.f_code.co_filename
        if not name.startswith(PACKAGE) or name == SKIPPED:
            return None
        if event == "line":
            self.count += 1
            self.files.add(Path(name).name)
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
        # What is made once, in the first session, takes its lines with it: the last ones are then not there.
        assert struck.run(call, session) or not struck.where, f"the interrupt was swallowed at {struck.where}"
        # What a line-by-line tracer can cut off and a signal cannot: the end of the section that defers signals.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        assert picture(session) in allowed, struck.where
        session.step(3)
        assert len(session.orders) == session.simulation.timeline.state.orders, struck.where
        if path is not None:
            assert session.simulation.keeper.journal is not None, struck.where
            wanted = picture(session)
            session.simulation.keeper.journal.close()
            assert picture(qr.Session.resume(path, MARKET, Trader)) == wanted, struck.where


def test_every_part_of_a_session_can_be_struck(tmp_path: Path) -> None:
    """Protects the test above from missing a part: all that changes what is kept is among the lines it draws from."""
    struck = Struck(None)
    for number, call in enumerate(CALLS):
        struck.run(call, opened(tmp_path / str(number)))
    parts = {"simulation", "timeline", "keeper", "trader", "host", "clock", "navigation", "memory", "journal", "draft"}
    assert {f"{part}.py" for part in parts} <= struck.files


# ---------------------------------------------------------------------------------------- real signals


def strike(*_: object) -> None:
    """Ctrl-C, here and now."""
    signal.raise_signal(signal.SIGINT)


def endless(context, data) -> None:
    """A strategy that never returns; the signal comes while it loops."""
    context.order("604018", 100)
    if data.day > MARKET.panel.day_index("2022-01-07"):
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        while True:
            pass


@pytest.fixture
def alarm_is_ctrl_c() -> Iterator[None]:
    """An alarm of the clock strikes as Ctrl-C does, from outside."""
    before = signal.signal(signal.SIGALRM, strike)
    yield
    signal.signal(signal.SIGALRM, before)


def test_an_endless_loop_can_be_left_and_the_step_is_taken_back(alarm_is_ctrl_c: None) -> None:
    """Protects the way out: two friendly lines name the line, and the session stands before the step."""
    session = qr.Session(MARKET, start="2022-01-05", strategy=endless).step(2)
    before = session.digest()
    with pytest.raises(qr.Interrupted) as caught:
        session.run(progress=False)
    session.goto(2)
    assert session.digest() == before
    first, second = str(caught.value).splitlines()
    assert "run was interrupted in line" in first
    assert "of test_interrupts.py" in first
    assert "1 stop of it is kept. The session stands at 2022-01-07 CLOSE" in first
    assert "go on with step() or run()" in second
    assert caught.value._render_traceback_() == [first, second]
    assert isinstance(caught.value, KeyboardInterrupt)
    assert not isinstance(caught.value, Exception), "`except Exception` must not swallow Ctrl-C"


def test_an_interrupt_that_a_strategy_swallows_ends_its_step_all_the_same() -> None:
    """Protects the order that was cut off inside a bare ``except``: the step is taken back."""

    def swallows(context, data) -> None:
        try:
            context.order("604018", 100)
            strike()
        except BaseException:
            context.order("604035", 100)

    session = qr.Session(MARKET, start="2022-01-05", strategy=swallows)
    with pytest.raises(qr.Interrupted, match="nothing of it was done"):
        session.step()
    assert len(session.orders) == 0


def test_a_signal_while_the_engine_works_waits_for_the_end_of_the_step(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Protects the step and its line in the file as one: the interrupt comes when both are done."""
    path = tmp_path / "run.qsession"
    session = qr.Session(MARKET, start="2022-01-05", strategy=Trader, journal=path)
    commit = session.simulation.timeline.commit

    def struck(*arguments, **options):
        strike()
        return commit(*arguments, **options)

    monkeypatch.setattr(session.simulation.timeline, "commit", struck)
    with pytest.raises(qr.Interrupted, match="1 stop of it is kept"):
        session.run(progress=False)
    assert session.simulation.timeline.cursor == 1
    session.simulation.keeper.journal.close()
    assert picture(qr.Session.resume(path, MARKET, Trader)) == picture(session)


def test_the_handler_of_the_user_is_called_and_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects programs that handle Ctrl-C themselves: theirs is asked, and what it does not raise goes on."""
    came: list[int] = []

    def mine(number: int, frame: object) -> None:
        came.append(number)

    before = signal.signal(signal.SIGINT, mine)
    try:
        session = qr.Session(MARKET, start="2022-01-05", strategy=lambda context, data: strike())
        session.step(2).run(until=lambda _: strike() or len(came) > 5, progress=False)
        assert signal.getsignal(signal.SIGINT) is mine
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(came) >= 6
    assert session.simulation.timeline.cursor >= 4


def test_a_session_inside_a_strategy_is_interrupted_with_it() -> None:
    """Protects nested sessions: the inner one is whole, and the outer step is taken back."""
    inner = qr.Session(MARKET, start="2022-01-05", strategy=lambda context, data: strike())
    outer = qr.Session(MARKET, start="2022-01-05", strategy=lambda context, data: inner.step())
    with pytest.raises(qr.Interrupted, match="^step was interrupted"):
        outer.step()
    assert (inner.simulation.timeline.cursor, outer.simulation.timeline.cursor) == (0, 0)


def in_a_thread(work: Callable[[], None]) -> None:
    """Do something in another thread, to its end."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


@pytest.mark.parametrize("has_journal", [False, True], ids=["in memory", "with a journal"])
def test_another_thread_is_refused_while_one_is_at_work(has_journal: bool, tmp_path: Path) -> None:
    """Protects the kernel, which died of two threads in one file: each call that changes a session says why not."""
    session = opened(tmp_path / "run.qsession" if has_journal else None)
    pictures, said = [], []

    def work() -> None:
        for name, call in CALLS.items():
            if name not in {"redo", "rerun", "order from the past"}:
                try:
                    call(session)
                except qr.UsageError as problem:
                    said.append(str(problem))

    def meanwhile(_: object) -> bool:
        pictures.append(picture(session))
        in_a_thread(work)
        pictures.append(picture(session))
        return True

    session.run(until=meanwhile, progress=False)
    assert len(said) == len(CALLS) - 3
    assert all("another thread is using this session" in text for text in said)
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize("has_journal", [False, True], ids=["in memory", "with a journal"])
def test_threads_may_take_turns(has_journal: bool, tmp_path: Path) -> None:
    """Protects notebooks, whose clicks may be answered in a thread of their own: one after the other is fine."""
    path = tmp_path / "run.qsession" if has_journal else None
    session = opened(path)
    in_a_thread(lambda: session.buy("604018", 100))
    session.step()
    in_a_thread(session.step)
    if path is not None:
        session.simulation.keeper.journal.close()
        assert picture(qr.Session.resume(path, MARKET, Trader)) == picture(session)
    assert len(session.orders) == session.simulation.timeline.state.orders


# ---------------------------------------------------------------------------------------- around COMMIT


class Cut:
    """A connection on which Ctrl-C arrives when a statement has been carried out."""

    def __init__(self, connection, statement: str) -> None:
        self._connection, self._statement = connection, statement

    def __getattr__(self, name: str):
        return getattr(self._connection, name)

    def execute(self, statement: str, *values):
        done = self._connection.execute(statement, *values)
        if statement == self._statement:
            self._statement = ""
            raise KeyboardInterrupt
        return done


@pytest.mark.parametrize("statement", ["BEGIN", "INSERT OR REPLACE INTO seal VALUES (1, ?, ?)", "COMMIT"])
@pytest.mark.parametrize("strategy", [None, Trader], ids=["by hand", "a strategy"])
def test_an_interrupt_around_a_commit_writes_everything_once(statement: str, strategy, tmp_path: Path) -> None:
    """Protects the file from what was written twice or not at all: the file itself says whether it took place."""
    path = tmp_path / "run.qsession"
    session = qr.Session(MARKET, start="2022-01-05", journal=path, strategy=strategy).step(2)
    session.simulation.keeper.journal._connection = Cut(session.simulation.keeper.journal._connection, statement)
    with pytest.raises(KeyboardInterrupt):
        session.buy("604018", 100)
    session.buy("604035", 100)
    session.step()
    session.simulation.keeper.journal.close()
    back = qr.Session.resume(path, MARKET, strategy)
    assert picture(back) == picture(session)
    assert len(back.orders) >= 2


def test_an_interrupt_while_events_are_encoded_loses_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Protects the running digest, which moves only with the file."""
    path, calls = tmp_path / "run.qsession", []
    session = qr.Session(MARKET, start="2022-01-05", journal=path, strategy=Trader).step(2)
    encode = journal_batch.encode

    def third(events):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return encode(events)

    monkeypatch.setattr(journal_batch, "encode", third)
    with pytest.raises(qr.Interrupted):
        session.run(until="2022-03-01", progress=False)
    assert session.simulation.timeline.cursor > 2
    session.step()
    session.simulation.keeper.journal.close()
    assert picture(qr.Session.resume(path, MARKET, Trader)) == picture(session)


def test_a_table_that_was_being_made_when_it_was_interrupted_is_made_anew() -> None:
    """Protects ``session.orders``: folding a long log can be interrupted, and the next look is right."""
    session = qr.Session(MARKET, start="2022-01-05", strategy=Trader).step(60)
    wanted = session.orders
    for number in (20, 200, 900):
        session.simulation.orders = Projection(session.simulation, Orders)
        struck = Struck(number)
        CALLS["look"] = lambda made: made.orders
        try:
            assert struck.run("look", session)
        finally:
            del CALLS["look"]
        assert session.orders.equals(wanted)
