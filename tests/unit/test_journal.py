"""The journal: what is written, what comes back, and what is refused."""

from __future__ import annotations

import collections
import datetime as dt
import json
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import qresearch as qr
from qresearch.domain import events
from qresearch.session.encoding import decode, encode, event_schema, first_difference
from qresearch.session.journal import BATCH, Journal
from qresearch.session.plain import NotPlain, from_plain, to_plain

MARKET = qr.sample_market()


class Counter:
    """A strategy with attributes, context memory and a schedule."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def initialize(self, context) -> None:
        context.turns = 0
        context.run_daily(self.noon, "11:30")

    def noon(self, context) -> None:
        context.turns += 1

    def handle_data(self, context, data) -> None:
        self.seen = [*self.seen[-4:], data.day]
        if context.turns % 3 == 1:
            context.order("604018", 100 * (1 + len(self.seen)))


class Other(Counter):
    """The same, but for one order on one day."""

    def handle_data(self, context, data) -> None:
        super().handle_data(context, data)
        if data.day == MARKET.panel.day_index("2022-03-09"):
            context.order("604035", 100)


def session(path: Path | None = None, strategy=Counter, **options) -> qr.Session:
    return qr.Session(MARKET, start="2022-03-01", cash=100_000, strategy=strategy, journal=path, **options)


def resumed(path: Path, *arguments, **options) -> qr.Session:
    """Resume in this process, and close at once so that the file can be opened again."""
    made = qr.Session.resume(path, MARKET, *arguments, **options)
    made.simulation.keeper.journal.close()
    return made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.qsession"


# ---------------------------------------------------------------------------------------- there and back


def test_a_session_comes_back_with_orders_branches_memory_and_place(path: Path) -> None:
    """Protects the whole of a resume: digest, branches, cursors, memory, schedules, settings and the way on."""
    made = session(path)
    made.buy("604035", 300)
    made.step(5)
    made.set_order_cost(close_tax=0.001)
    made.back(3).branch("other").sell("604035", 100)
    made.step(4).back()
    made.branches.switch("main").back()
    back = resumed(path, Counter)
    assert back.digest() == made.digest()
    assert back.branches.table.equals(made.branches.table)
    assert (back.memory, back.strategy.target.seen) == (made.memory, made.strategy.target.seen)
    assert back.simulation.keeper.memory.schedules.keys == made.simulation.keeper.memory.schedules.keys
    for name in ("other", "main"):
        for run in (made, back):
            run.branches.switch(name)
        assert back.simulation.timeline.cursor == made.simulation.timeline.cursor
        assert back.goto(-1).step(5).digest() == made.goto(-1).step(5).digest()


def test_resuming_never_calls_the_strategy(path: Path) -> None:
    """Protects the promise that only the engine does the commands again."""
    session(path).step(8)
    calls: list[str] = []

    class Loud(Counter):
        def initialize(self, context) -> None:
            calls.append("initialize")

        def noon(self, context) -> None:
            calls.append("noon")

        def handle_data(self, context, data) -> None:
            calls.append("handle_data")

    back = resumed(path, Loud)
    assert calls == []
    back.step()
    assert calls == ["noon", "handle_data"], "what run_daily had set up goes on, by name"


def test_without_the_strategy_one_can_look_and_go_back_but_not_on(path: Path) -> None:
    """Protects against going on by accident without the strategy that made the run."""
    session(path).step(8)
    back = resumed(path)
    back.back(4).step(2)
    assert len(back.orders)
    back.goto(-1)
    with pytest.raises(qr.UsageError, match="made with the strategy 'Counter'"):
        back.step()
    back.strategy = Counter
    assert back.step().digest() == session().step(9).digest()


def test_a_journal_is_gone_on_with(path: Path) -> None:
    """Protects several resumes of one file: each adds to it."""
    session(path).step(3)
    for _ in range(3):
        made = qr.Session.resume(path, MARKET, Counter).step(2)
    assert made.digest() == session().step(9).digest()


def test_opening_a_journal_again_detaches_the_earlier_session(path: Path) -> None:
    """Protects against two writers in one process: the earlier one goes on in memory, and says so."""
    first = session(path).step(2)
    second = qr.Session.resume(path, MARKET, Counter)
    first.step()
    assert any("opened by another session" in notice for notice in first.notices)
    second.step(3)
    assert resumed(path, Counter).digest() == session().step(5).digest()


def test_nothing_is_written_without_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects the default: no file appears."""
    monkeypatch.chdir(tmp_path)
    session().step(3).back()
    assert not list(tmp_path.iterdir())


def test_verify_runs_the_strategy_and_names_the_first_order(path: Path) -> None:
    """Protects ``verify=True``: the same strategy passes, another is named by its first other order and its day."""
    session(path).step(12)
    assert resumed(path, Counter, verify=True).digest() == session().step(12).digest()
    with pytest.raises(
        qr.JournalError, match=r"first on 2022-03-09 at order \d+: it was .* and is OrderCreated 604035"
    ):
        resumed(path, Other, verify=True)
    assert resumed(path, Other).digest() == session().step(12).digest(), "without verify the journal goes first"


def test_edits_are_kept_with_their_source_and_the_steps_before_are_not_verified(path: Path) -> None:
    """Protects edit-and-continue across a resume: the source of each edit stands in the file."""
    made = session(path).step(4)
    made.strategy = Other
    made.step(8)
    back = resumed(path, Other, verify=True)
    assert back.digest() == made.digest()
    assert any("4 steps before the last edit" in notice for notice in back.notices)
    with sqlite3.connect(path) as file:
        (text,) = file.execute("SELECT events FROM entries WHERE kind = 'edit'").fetchone()
    file.close()
    assert "on one day" in json.loads(text)["source"]


def test_commands_are_kept_with_their_origin(path: Path) -> None:
    """Protects the record of who did what: by hand or from a callback."""
    made = session(path)
    made.buy("604018", 100)
    made.step()
    made.simulation.keeper.journal.close()
    file = sqlite3.connect(path)
    rows = file.execute("SELECT kind, origin FROM entries ORDER BY id").fetchall()
    file.close()
    assert rows == [
        ("fork", "hand"), ("root", "hand"), ("initialize", "strategy"), ("command", "hand"), ("step", "strategy"),
    ]  # fmt: skip


# ---------------------------------------------------------------------------------------- refusals


def test_a_journal_is_never_overwritten(path: Path) -> None:
    """Protects yesterday's session from today's first cell."""
    session(path).step()
    with pytest.raises(qr.JournalError, match="exists. Go on with it"):
        session(path)


def test_other_data_are_named(path: Path) -> None:
    """Protects against resuming on data that have changed."""
    session(path).step()
    days = pd.bdate_range("2022-03-01", periods=5)
    rows = [
        {"date": day, "symbol": "600001.SH", "open": 1.0, "high": 1.0, "low": 1.0, "close": 1.0, "volume": 9.0}
        for day in days
    ]
    other = qr.read_market(pd.DataFrame(rows))
    with pytest.raises(qr.JournalError, match="made on other data: <Market China A-shares"):
        qr.Session.resume(path, other)
    with pytest.raises(qr.JournalError, match="market='sample' is not a Market"):
        qr.Session.resume(path, "sample")  # type: ignore[arg-type]


def test_a_changed_file_is_refused(path: Path) -> None:
    """Protects against damage: a single changed value breaks the running digest, and the entry is named."""
    session(path).step(3).simulation.keeper.journal.close()
    file = sqlite3.connect(path)
    file.execute("UPDATE entries SET events = replace(events, '600', '601'), place = place + 1 WHERE id = 4")
    file.commit()
    file.close()
    with pytest.raises(qr.JournalError, match="entry 4, .* is not what was written"):
        qr.Session.resume(path, MARKET)


def test_events_that_come_out_differently_are_named_by_day_and_event(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects the comparison: an engine that decides otherwise is found at its first event."""
    session(path).step(6).simulation.keeper.journal.close()
    from qresearch.session import replay  # noqa: PLC0415

    true = replay.again

    def cheaper(draft, exchange, log, commands):
        true(draft, exchange, log, commands)
        for event in draft.events:
            if type(event).__name__ == "Matched":
                event.fees["commission"][0] -= 1

    monkeypatch.setattr(replay, "again", cheaper)
    with pytest.raises(qr.JournalError, match=r"first on 2022-03-02: .*was OrderFilled 604018.SH") as caught:
        qr.Session.resume(path, MARKET)
    assert (caught.value.day, caught.value.event) == ("2022-03-02", "OrderFilled")


@pytest.mark.parametrize("content", [b"", b"no database at all, only some text of a certain length" * 40])
def test_files_that_are_no_journal(path: Path, content: bytes) -> None:
    """Protects against a bare SQLite error: the file is named, with what to do."""
    path.write_bytes(content)
    with pytest.raises(qr.JournalError, match="Cannot read the journal"):
        qr.Session.resume(path, MARKET)
    with pytest.raises(qr.JournalError, match="no journal at"):
        qr.Session.resume(path.with_name("none"), MARKET)


def test_a_journal_in_use_by_another_process_is_refused(path: Path) -> None:
    """Protects the file from two writers: the second process is told."""
    made = session(path).step()
    code = (
        "import qresearch as qr\n"
        f"try: qr.Session.resume({str(path)!r}, qr.sample_market())\n"
        "except qr.JournalError as problem: print(problem)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Another process has it open" in found.stdout
    made.step()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """Protects the beginning: no session is lost, because none has begun."""
    (tmp_path / "file").write_text("")
    with pytest.raises(qr.JournalError, match="Choose a folder that exists"):
        session(tmp_path / "file" / "run.qsession")


@pytest.mark.parametrize(
    ("pragma", "words"), [("max_page_count", "database or disk is full"), ("query_only", "readonly database")]
)
def test_a_full_disk_and_a_read_only_folder_leave_the_session_in_memory(path: Path, pragma: str, words: str) -> None:
    """Protects the work: the error is clear, the session goes on in memory, and the file stays readable."""
    made = session(path).step(3)
    connection = made.simulation.keeper.journal._connection
    if pragma == "max_page_count":
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")
    else:
        connection.execute("PRAGMA query_only=ON")
    with pytest.raises(qr.JournalError, match=words) as caught:
        for _ in range(200):
            made.order("604018", 100)
    assert "The session goes on in memory" in str(caught.value)
    assert str(caught.value) in made.notices
    kept = len(made.orders)
    made.step(5)
    assert len(made.orders) > kept
    assert made.to_script().count("session.order(") == len(made.orders)
    back = resumed(path, Counter)
    assert 0 < len(back.orders) <= kept


def test_a_failed_write_inside_a_run_keeps_what_was_run(path: Path) -> None:
    """Protects a long run: it stops with the error, and can be gone on with."""
    made = session(path)
    made.simulation.keeper.journal._connection.execute("PRAGMA query_only=ON")
    with pytest.raises(qr.JournalError, match="readonly"):
        made.run(progress=False)
    assert len(made.simulation.timeline.branch.states) == 1 + BATCH
    assert made.run(progress=False).digest() == session().run(progress=False).digest()


# ---------------------------------------------------------------------------------------- plain data


def test_memory_is_plain_data_and_what_is_not_is_named(path: Path) -> None:
    """Protects against executing a file: nothing is pickled; an object of the user's own is told of, with advice."""

    def remember(context, data) -> None:
        context.model, context.count = Counter, 3

    made = session(path, remember).step()
    assert any("'model' holds a type, which a journal cannot keep" in notice for notice in made.notices)
    made.simulation.keeper.journal.close()
    assert b"cbuiltins" not in path.read_bytes()
    assert resumed(path, remember).memory == {"count": 3}


def test_no_module_of_the_package_unpickles_what_comes_from_a_file() -> None:
    """Protects the promise "nothing is executed from a journal or a data file".

    Pickle keeps memory inside this process, and takes a strategy and the folder that a sweep writes for its workers to
    them; results are kept without it. A bundle's list of instruments goes through an unpickler that refuses every
    class and function, which tests/unit/test_folders.py shows with a trap.
    """
    package = Path(qr.__file__).parent
    users = {
        str(file.relative_to(package)) for file in package.rglob("*.py")
        if re.search(r"^\s*(import|from) (pickle|marshal|shelve)", file.read_text(encoding="utf-8"), re.MULTILINE)
    }  # fmt: skip
    assert users == {"session/memory.py", "sources/rqalpha.py", "sweeps/making.py", "sweeps/shared.py"}


PLAIN = [
    (1, 2.5, "x", None, True), {1: "a", (2, 3): [4]}, {"$tuple": 1}, {"a", "b"}, frozenset({1}),
    collections.deque([1, 2], maxlen=3), collections.OrderedDict(a=1), collections.Counter("aab"),
    collections.defaultdict(list, {"a": [1]}), dt.date(2022, 3, 1), dt.datetime(2022, 3, 1, 9, 30), dt.time(9, 30),
    dt.timedelta(days=1, seconds=2), Decimal("1.10"), Fraction(1, 3), complex(1, 2), b"bytes", float("inf"),
    pd.Timestamp("2022-03-01"), pd.Timedelta("1D"), np.float64(1.5), np.int32(7), np.bool_(True),
    np.datetime64("2022-03-01"),
]  # fmt: skip


@pytest.mark.parametrize("value", PLAIN, ids=lambda value: type(value).__name__)
def test_plain_data_come_back_as_they_were(value: object) -> None:
    """Protects what strategies remember: value and type survive the text."""
    back = from_plain(json.loads(json.dumps(to_plain(value))))
    assert back == value
    assert type(back) is type(value)


def test_arrays_frames_and_generators_come_back() -> None:
    """Protects numbers in bulk, to the bit, and the draws that follow."""

    def there(value):
        return from_plain(json.loads(json.dumps(to_plain(value))))

    array = np.array([[1.5, np.nan], [0.1, -np.inf]])
    np.testing.assert_array_equal(there(array), array)
    assert there(np.array(["a", None], dtype=object)).tolist() == ["a", None]
    days = pd.date_range("2022-03-01", periods=2, name="day")
    frame = pd.DataFrame({"x": [1, 2], "y": [0.1, np.nan], "z": ["a", "b"]}, index=days)
    pd.testing.assert_frame_equal(there(frame), frame, check_freq=False)
    series = pd.Series([1.0, 2.0], index=["a", "b"], name="s")
    pd.testing.assert_series_equal(there(series), series)
    for drawn in (np.random.default_rng(3), random.Random(3)):
        twin = there(drawn)
        assert [twin.random() for _ in range(3)] == [drawn.random() for _ in range(3)]
    for value in (object(), lambda: 0, np.random.Generator(np.random.MT19937(1)), collections.defaultdict(lambda: 0)):
        with pytest.raises(NotPlain):
            to_plain(value)
    with pytest.raises(qr.JournalError, match="does not know"):
        from_plain({"$os.system": "true"})


def test_events_come_back_as_they_were() -> None:
    """Protects the text of events: every kind, read again, is written the same, and equal as single events."""
    made = session(None, dividend_tax="holding_period").run(progress=False)
    log = made.simulation.timeline.branch.log
    text, body = encode(log)
    back = decode(text, body, event_schema())
    assert encode(back) == (text, body)
    assert list(events.records(back)) == list(events.records(log))
    assert first_difference(log, back) is None
    place, mine, other = first_difference(log, back[:-1])
    assert (place, other) == (len(list(events.records(log))) - 1, None)
    assert type(mine).__name__ == "Advanced"
    with pytest.raises(qr.JournalError, match="does not know"):
        decode('[["Surprise",1]]', b"", event_schema())


def test_the_class_of_a_journal_is_not_left_open(path: Path) -> None:
    """Protects the file handle: closing twice is harmless, and a closed journal says so."""
    made = session(path)
    assert isinstance(made.simulation.keeper.journal, Journal)
    made.simulation.keeper.journal.close()
    made.simulation.keeper.journal.close()
    assert not made.simulation.keeper.journal.is_open


class Commander(Counter):
    """A strategy that asks for all that is no order: it cancels, changes, records, writes and sets costs."""

    def handle_data(self, context, data) -> None:
        super().handle_data(context, data)
        context.record(turns=context.turns)
        context.log("day", data.day)
        if context.turns == 2:
            resting = context.order("604018", 300, qr.terms.limit(8.0, tif="GTC"))
            context.set_order_cost(close_tax=0.001)
            resting.update(quantity=200)
            resting.cancel()
            resting.cancel()  # too late


def test_commands_come_back_beside_their_events(path: Path) -> None:
    """Protects what was asked for, beside what came of it: on every branch, by hand and in callbacks, refused too."""
    made = session(path, Commander, positions={"604035": 100}).step(4)
    ticket = made.buy("604018", 500, qr.terms.limit(8.0, tif="GTC"))
    made.step()
    ticket.update(quantity=400, limit_price=8.1)
    ticket.cancel()
    ticket.update(quantity=600)
    made.set_slippage("bps", 3)
    made.back(2).branch("other").set_order_cost(close_tax=0.002)
    made.step(2)
    kept = {name: item.commands for name, item in made.simulation.timeline.branches.items()}
    made.simulation.keeper.journal.close()
    back = resumed(path, Commander, verify=True)
    assert {name: item.commands for name, item in back.simulation.timeline.branches.items()} == kept
    kinds = {type(command).__name__ for commands in kept.values() for _, command in commands}
    assert kinds == {"Cancel", "Update", "ChangeSettings", "Record", "Log"}


def test_a_command_after_a_match_of_nothing_is_done_again_at_its_moment(path: Path) -> None:
    """Protects the place of a command: the match of an order that was refused at the call is in no file."""

    class TooLate:
        def initialize(self, context) -> None:
            context.run_daily(self.noon, "11:30")

        def noon(self, context) -> None:
            if context.simulation.account.orders:
                context.cancel("1")

        def handle_data(self, context) -> None:
            context.order("604018", 50)

    made = session(path, TooLate).step(3)
    made.simulation.keeper.journal.close()
    back = resumed(path, TooLate, verify=True)
    assert back.digest() == made.digest()
    assert back.simulation.timeline.branch.commands == made.simulation.timeline.branch.commands


def test_the_program_of_a_refused_update_asks_for_what_was_asked_for(path: Path) -> None:
    """Protects commands that were refused: the program asks for the same sizes, from the session and from its file."""
    made = session(path, None)
    ticket = made.buy("604018", 500)
    made.step()
    ticket.update(quantity=700)
    made.buy("604035", 1000, qr.terms.limit(1.0, tif="GTC"))
    made.step()
    made.ticket(2).update(quantity=400, limit_price=1.2)
    made.cancel("1")
    program = made.to_script(market="DATA")
    for call in (
        "ticket('1').update(quantity=700)",
        "ticket('2').update(quantity=400, limit_price=1.2)",
        "cancel('1')",
    ):
        assert call in program
    exec(compile(program, "script", "exec"), {"DATA": MARKET})  # it asserts its own digest
    made.simulation.keeper.journal.close()
    assert resumed(path).to_script(market="DATA") == program


# ---------------------------------------------------------------------------------------- what is no journal to be


def test_a_file_that_names_a_strategy_or_a_journal_runs_and_writes_nothing(path: Path, tmp_path: Path) -> None:
    """Protects whoever is sent a journal: only plain options of a closed list are taken, sealed or not."""
    evil, elsewhere = tmp_path / "evil.py", tmp_path / "elsewhere.qsession"
    evil.write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\ndef handle_data(context, data): pass\n")
    for options in ({"strategy": str(evil)}, {"journal": str(elsewhere)}, {"nonsense": 1}, {"cash": "much"}):
        simulation = session(None, None).simulation
        keeper, branch = simulation.keeper, simulation.timeline.branch
        meta = {"fingerprint": MARKET.fingerprint, "market": "", "options": options, "strategy": "", "source": ""}
        keeper.journal = Journal.create(path, meta, keeper.memory.values, keeper.voice.tell)
        keeper.journal.note("root", branch, list(branch.log), None)
        keeper.sync()
        keeper.journal.close()
        with pytest.raises(qr.JournalError, match=next(iter(options))):
            qr.Session.resume(path, MARKET)
        path.unlink()
    assert not (tmp_path / "ran").exists()
    assert not elsewhere.exists()


@pytest.mark.parametrize("name", [":memory:", "", 5, "a\0b", Path(":memory:"), None])
def test_what_names_no_file_is_refused(name: object) -> None:
    """Protects against a journal that is kept nowhere."""
    if name is None:
        assert session(None).simulation.keeper.journal is None
        return
    with pytest.raises(qr.UsageError, match="^journal=.* (names no file|is a int, not a path)"):
        session(name)  # type: ignore[arg-type]


def test_a_folder_and_a_name_too_long_are_refused(tmp_path: Path) -> None:
    """Protects against a bare OSError."""
    with pytest.raises(qr.JournalError, match="is a folder"):
        session(tmp_path)
    with pytest.raises(qr.UsageError, match="more than 255 bytes"):
        session(tmp_path / ("x" * 300))
    with pytest.raises(qr.UsageError, match="more than 255 bytes"):
        qr.Session.resume(tmp_path / ("x" * 300), MARKET)


@pytest.mark.parametrize("replaced", [False, True])
def test_a_journal_that_is_deleted_under_its_session_is_told(path: Path, replaced: bool) -> None:
    """Protects the work: the user learns at the next command that nothing is written any more, and goes on."""
    made = session(path).step(2)
    path.unlink()
    if replaced:
        path.write_bytes(b"something else")
    with pytest.raises(qr.JournalError, match="deleted, moved or replaced"):
        made.buy("604035", 100)
    assert (made.orders.symbol.to_list()[-1], made.step().simulation.keeper.journal) == ("604035.SH", None)
    assert any("deleted, moved or replaced" in notice for notice in made.notices)
    assert not replaced or path.read_bytes() == b"something else"


@pytest.mark.parametrize(("written", "reader"), [(1, "before December 2026"), (2, "the end of November 2026")])
def test_a_journal_of_an_earlier_format_is_refused_with_its_reader(path: Path, written: int, reader: str) -> None:
    """Protects old files: the message says what reads them, and they stay as they are."""
    file = sqlite3.connect(path)
    file.execute("CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)")
    file.execute("INSERT INTO meta VALUES ('format', ?)", (str(written),))
    file.commit()
    file.close()
    before = path.read_bytes()
    told = f"format {written}.* reads format 3. Read it with a version of qresearch from {reader}, which wrote it"
    with pytest.raises(qr.JournalError, match=told):
        qr.Session.resume(path, MARKET)
    assert path.read_bytes() == before


def test_a_session_that_ended_before_it_began_leaves_its_name_free(path: Path) -> None:
    """Protects the first cell after Ctrl-C: a file that holds nothing is taken, one with anything is not."""

    class Interrupts(Counter):
        def initialize(self, context) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        session(path, Interrupts)
    with pytest.raises(qr.JournalError, match="holds nothing"):
        qr.Session.resume(path, MARKET)
    assert resumed_digest(path, session(path).step(3)) == session().step(3).digest()


def resumed_digest(path: Path, made: qr.Session) -> str:
    made.simulation.keeper.journal.close()
    return resumed(path, Counter).digest()


# ---------------------------------------------------------------------------------------- memory


class Model:
    """What no journal can keep."""


class Counted:
    """A class of the user's that has the name of one that is kept."""


Counted.__name__ = "Timestamp"


def loop() -> list:
    held: list = []
    held.append(held)
    return held


def deep() -> list:
    held: list = []
    for _ in range(300):
        held = [held]
    return held


@pytest.mark.parametrize(
    "make", [Model, lambda: Model, lambda: lambda: 0, threading.Lock, loop, deep, lambda: 10**5000, Counted,
             lambda: np.longdouble(1), lambda: {"a": [Model()]}],
    ids=["object", "class", "function", "lock", "list in itself", "deep list", "huge number", "namesake", "longdouble",
         "inside"],
)  # fmt: skip
def test_memory_that_is_no_plain_data_resumes_with_a_notice(path: Path, make) -> None:
    """Protects the resume: what a journal cannot keep is named when it comes, and again when the session resumes."""

    def handle_data(context, data) -> None:
        context.model = make()

    made = session(path, handle_data).step(2)
    assert any("'model' holds a" in notice for notice in made.notices)
    made.step()
    made.simulation.keeper.journal.close()
    back = resumed(path, handle_data)
    assert (back.digest(), dict(back.memory)) == (made.digest(), {})
    assert any("'model' held a" in notice for notice in back.notices)


BROKEN = "caf\udce9"
"""Text as it comes from a file name that is no UTF-8."""


def test_text_that_is_no_utf8_is_kept_or_refused_when_it_comes(path: Path) -> None:
    """Protects the journal and the digest: log lines and memory take any text, names and tags refuse such text."""

    def handle_data(context, data) -> None:
        context.log(f"{BROKEN}.csv")
        context.seen = {BROKEN: [BROKEN, "中"]}

    made = session(path, handle_data).step(2)
    for call in (
        lambda: qr.terms.limit(9.0, tag=BROKEN),
        lambda: made.branch(BROKEN),
        lambda: made.branches.rename("main", BROKEN),
    ):
        with pytest.raises(qr.UsageError, match="no text"):
            call()
    made.memory[BROKEN] = BROKEN
    wanted = made.step().digest(), dict(made.memory)
    made.simulation.keeper.journal.close()
    back = resumed(path, handle_data)
    assert (back.digest(), dict(back.memory)) == wanted


def test_one_object_under_two_names_is_one_after_a_resume(path: Path) -> None:
    """Protects going on as if nothing had been: what is done under one name is seen under the other, as before."""

    class Two:
        def __init__(self) -> None:
            self.seen: list[int] = []
            self.by_name = {"seen": self.seen, "rng": np.random.default_rng(7)}
            self.rng = self.by_name["rng"]

        def initialize(self, context) -> None:
            context.left = [self.seen, self.seen, object()]
            context.again = {"table": pd.DataFrame({"a": [1.0]}), "seen": (self.seen,)}
            self.table = context.again["table"]

        def handle_data(self, context, data) -> None:
            self.seen.append(int(self.rng.integers(1, 4)))
            self.table.loc[len(self.table)] = float(self.by_name["rng"].integers(1, 4))
            asked = len(context.again["seen"][0]) + sum(self.by_name["seen"]) + int(context.again["table"]["a"].sum())
            context.order("604018", 100 * asked)

    made = session(path, Two).step(4)
    wanted = made.step(4).digest()
    made.back(4).branch("again")
    back = resumed(path, Two)
    assert back.strategy.target.by_name["seen"] is back.strategy.target.seen is back.memory["again"]["seen"][0]
    assert back.step(4).digest() == wanted == made.branches.switch("main").goto(-1).digest()


def at_noon(context) -> None:
    """A function of the module, as one writes it beside a class."""
    context.order("604018", 100)


def test_what_run_daily_calls_is_found_beside_the_class_too(path: Path) -> None:
    """Protects going on after a resume: a scheduled function of the module, and a true answer where it has no name."""

    class Beside:
        def initialize(self, context) -> None:
            context.run_daily(at_noon, "11:30")

    class Nameless:
        def initialize(self, context) -> None:
            context.run_daily(lambda context: None, "11:30")

    made = session(path, Beside).step(2)
    assert resumed(path, Beside).step(2).digest() == made.step(2).digest()
    other = path.with_name("other.qsession")
    session(other, Nameless).step(2)
    with pytest.raises(
        qr.StrategyError, match=r"run_daily raised UsageError .* at INTRADAY: run_daily calls '<lambda>'"
    ) as told:
        resumed(other, Nameless).step()
    assert "memory.py" not in str(told.value)
    assert "is not found again after a resume: begin anew with a def." in str(told.value)


def test_memory_set_by_hand_is_a_command(path: Path) -> None:
    """Protects what a user sets: in the file at once, undone by going back, and on a branch from the past."""
    made = session(path).step(3)
    made.memory["fast"] = 10
    del made.memory["turns"]
    made.memory["turns"] = 7
    copy = path.with_name("killed.qsession")
    for file in path.parent.glob("run.qsession*"):
        shutil.copy(file, str(file).replace("run.", "killed."))
    assert dict(resumed(copy, Counter).memory) == {"fast": 10, "turns": 7}
    assert "fast" not in made.back().memory
    assert made.step().memory["fast"] == 10
    made.back().memory["slow"] = 30
    assert (made.branches.current != "main", "Acting from the past" in made.message) == (True, True)
    assert made.branches.switch("main").goto(-1).memory == {"fast": 10, "turns": 7}
    wanted = dict(made.memory), made.digest(), list(made.branches)
    made.simulation.keeper.journal.close()
    back = resumed(path, Counter)
    assert (dict(back.memory), back.digest(), list(back.branches)) == wanted


def test_memory_reads_like_a_dict() -> None:
    """Protects the way in which people look at it."""
    made = session().step(2)
    assert repr(made.memory) == repr(dict(made.memory)) == "{'turns': 2}"
    assert (len(made.memory), "turns" in made.memory, made.memory.get("none", 1)) == (1, True, 1)
    with pytest.raises(KeyError):
        del made.memory["none"]
    stops = len(made.simulation.timeline.branch.log)
    made.memory["turns"] = 2
    assert len(made.simulation.timeline.branch.log) == stops
