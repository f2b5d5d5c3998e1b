"""The journal: a session as a file that survives the kernel.

A SQLite file with a write-ahead log (``-wal``, which belongs to it while a session is open, and after a kill). It holds
every command that reached the engine, with branch and origin, and the events it caused; the fingerprint of the data,
the options, the memory of the strategy as plain data whenever it changed, and the source of every edit; and running
digests over all of that (:mod:`qresearch.session.journal_file`). Reading it executes nothing.

Assumptions
-----------
A killed process loses nothing that had been acknowledged. Loss of power is not covered: transactions are not forced
to the disk one by one (``synchronous=NORMAL``), so the last ones may be missing then; the file stays readable.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from qresearch.book.timeline import Branch, Remembered, Timeline
from qresearch.domain import events
from qresearch.domain.commands import Command
from qresearch.errors import JournalError
from qresearch.session.encoding import encode, encode_commands, event_schema, to_json
from qresearch.session.journal_file import FORMAT, TABLES, Contents, chained, connect, inode, is_blank, sealed
from qresearch.session.plain import plain_items

BATCH = 16
"""Steps of a long run that are written together; a killed run loses at most these."""
CHECKPOINT = 1.0
"""Seconds after which a write also brings the file itself up to date, so that little stands in its log alone."""

_ORIGINS = {"step": "strategy", "initialize": "strategy", "memory": "strategy"}
_INSERT = (
    "INSERT INTO entries (kind, origin, branch, stop, commands, events, columns, memory, digest) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_open: WeakValueDictionary[str, Journal] = WeakValueDictionary()

Values = Callable[[Remembered | None], list[dict[str, Any]]]


class _Note(NamedTuple):
    """What happened, as it came: ids, text and digests are made when it is written."""

    kind: str
    branch: Branch
    stop: int
    events: list[events.Event] | str
    memory: Remembered | None
    commands: Sequence[tuple[int, Command]] = ()


class Journal:
    """An open journal.

    Parameters
    ----------
    path : path
    connection : sqlite3.Connection
    values : callable
        What a snapshot of the memory holds.
    tell : callable
        Takes a notice.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, values: Values, tell: Callable[[str], None]) -> None:
        self.path = path
        self._connection = connection
        self._values, self._tell = values, tell
        self.notes: list[_Note] = []
        """What has been taken in and waits to be written."""
        self._opening: list[tuple[str, tuple[object, ...]]] = []
        """What the first write begins with: tables and description."""
        self._branches: dict[Branch, int] = {}
        self._cursors: dict[int, int] = {}
        """Where the file says that one stands, or last stood, on each branch."""
        self._current: int | None = None
        self._memories: dict[Remembered, int] = {}
        self._memory_rows = self._entries = 0
        self._digest = b""
        self._file = path.resolve()
        self._inode = inode(self._file)
        self._checkpointed = -CHECKPOINT
        self._close = weakref.finalize(self, connection.close)
        _open[str(self._file)] = self

    # ------------------------------------------------------------------ opening

    @classmethod
    def create(cls, path: Path, meta: Mapping[str, Any], values: Values, tell: Callable[[str], None]) -> Journal:
        """Begin a journal; the file is empty until the first :meth:`flush`, and whole from then on.

        Raises
        ------
        JournalError
            The file exists (resume it, or take another name), or the folder cannot be written.
        """
        connection = None
        try:
            if path.exists():
                if path.is_dir():
                    raise JournalError(
                        f"The journal {str(path)!r} is a folder. Name a file in it: {str(path / 'run.qsession')!r}."
                    )
                if not is_blank(path):
                    raise JournalError(
                        f"The journal {str(path)!r} exists. Go on with it: qresearch.Session.resume({str(path)!r}, "
                        "market); or take another name. A journal is never overwritten."
                    )
            detach(path)
            connection = connect(path)
        except (sqlite3.Error, OSError) as problem:
            raise JournalError(
                f"Cannot write a journal at {str(path)!r}: {problem}. Choose a folder that exists, can be written and "
                "has room; or leave journal= out to keep the session in memory only."
            ) from problem
        held = {"format": FORMAT, "schema": event_schema(), "identity": secrets.token_hex(8), **meta}
        rows = [(name, json.dumps(value)) for name, value in held.items()]
        made = cls(path, connection, values, tell)
        made._digest = sealed(rows)
        made._opening = [
            *((statement, ()) for statement in TABLES),
            *(("INSERT INTO meta VALUES (?, ?)", row) for row in rows),
            ("INSERT INTO seal VALUES (0, 0, ?)", (made._digest,)),
        ]
        return made

    @classmethod
    def go_on(cls, path: Path, contents: Contents, values: Values, tell: Callable[[str], None]) -> Journal:
        """Open a journal that has been read, to go on writing it.

        Raises
        ------
        JournalError
            It cannot be written, or another process has it or has changed it since.
        """
        last = contents.entries[-1].digest if contents.entries else b""
        connection = None
        try:
            connection = connect(path)
            found = connection.execute("SELECT entries, digest FROM seal WHERE id = 1").fetchone()
        except sqlite3.Error as problem:
            if connection is not None:
                connection.close()
            locked = "locked" in str(problem)
            advice = "Another process has it open: end that session first." if locked else "Use a copy of it."
            raise JournalError(f"Cannot go on with the journal {str(path)!r}: {problem}. {advice}") from problem
        if found != (len(contents.entries), last):
            connection.close()
            raise JournalError(f"The journal {str(path)!r} was changed while it was read. Resume it again.")
        return cls(path, connection, values, tell)

    def adopt(
        self,
        contents: Contents,
        branches: Mapping[Branch, int],
        memories: Mapping[Remembered, int],
        current: Branch,
    ) -> None:
        """Go on after what has been read."""
        self._branches, self._memories = dict(branches), dict(memories)
        # Counted in rows: two of them may read back as one memory, without what a journal cannot keep.
        self._memory_rows, self._entries = len(contents.memories), len(contents.entries)
        self._digest = contents.entries[-1].digest
        self._cursors = {known: branch.cursor for branch, known in branches.items()}
        self._current = branches[current]

    def close(self) -> None:
        """Close the file; the session goes on in memory."""
        self._close()

    @property
    def is_open(self) -> bool:
        """False once closed: by an error, or because the file was opened again."""
        return self._close.alive

    # ------------------------------------------------------------------ taking in

    def note(
        self, kind: str, branch: Branch, log: list[events.Event], memory: Remembered | None,
        commands: Sequence[tuple[int, Command]] = (),
    ) -> None:  # fmt: skip
        """Take in what happened and what was asked for; it is written by the next :meth:`flush`."""
        self.notes.append(_Note(kind, branch, branch.cursor, log, memory, commands))

    def note_edit(self, branch: Branch, name: str, source: str, *, is_resumed: bool = False) -> None:
        """Take in that the strategy was replaced; or, `is_resumed`, handed in again after the file was resumed."""
        text = {"name": name, "source": source} | ({"resumed": True} if is_resumed else {})
        self.notes.append(_Note("edit", branch, branch.cursor, to_json(text), None))

    def rename(self, branch: Branch) -> None:
        """Take in the new name of a branch."""
        self.notes.append(_Note("rename", branch, branch.cursor, to_json({"name": branch.name}), None))

    def forget(self, count: int) -> None:
        """Keep only the first notes that wait: the others are of a change that was taken back."""
        del self.notes[count:]

    # ------------------------------------------------------------------ writing

    def flush(self, timeline: Timeline) -> None:
        """Write what has been noted, and where the session stands, in one transaction.

        Whatever interrupts it, the file has all of it or nothing, and what is kept here says which.

        Raises
        ------
        JournalError
            The file cannot be written, or is not there any more; the journal is then closed.
        """
        batch = _Batch(self, timeline)
        if not batch.rows:
            return
        try:
            self._write(batch)
            self._written(batch)
        except sqlite3.Error as problem:
            self.close()
            raise JournalError(
                f"The journal {str(self.path)!r} cannot be written: {problem}. The last {len(batch.rows)} entries "
                "are not in it. The session goes on in memory only: free some room or mend the folder, then resume the "
                "file, or keep what is in memory with session.to_script()."
            ) from problem
        except BaseException:
            # Around COMMIT only the file knows whether it took place.
            if self._holds(batch):
                self._written(batch)
            raise
        self._bring_up_to_date()

    def _write(self, batch: _Batch) -> None:
        if inode(self._file) != self._inode:
            raise sqlite3.OperationalError("it was deleted, moved or replaced while the session wrote it")
        write = self._connection
        write.execute("BEGIN")
        for statement, values in self._opening:
            write.execute(statement, values)
        if batch.memory_rows:
            write.executemany("INSERT INTO memories VALUES (?, ?)", batch.memory_rows)
        write.executemany(_INSERT, batch.rows)
        seal = self._entries + len(batch.rows), batch.digest
        write.execute("INSERT OR REPLACE INTO seal VALUES (1, ?, ?)", seal)
        write.execute("COMMIT")

    def _holds(self, batch: _Batch) -> bool:
        """Whether a batch is in the file; what was only begun is rolled back."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
            return False
        try:
            found = self._connection.execute("SELECT digest FROM seal WHERE id = 1").fetchone()
        except sqlite3.Error:
            return False
        return found is not None and found[0] == batch.digest

    def _written(self, batch: _Batch) -> None:
        """Know what is in the file; safe to be called again when it was cut off."""
        self._branches.update(batch.branches)
        self._memories.update(batch.memories)
        self._cursors.update(batch.cursors)
        self._current, self._memory_rows = batch.current, batch.last_memory
        self._opening = []
        count = self._entries + len(batch.rows)
        # On one line, which nothing splits: from here on it has been written.
        self._digest, self._entries, self.notes = batch.digest, count, []

    def _bring_up_to_date(self) -> None:
        """Now and then put the log into the file itself; what cannot be done now is done later."""
        now = time.monotonic()
        if now - self._checkpointed >= CHECKPOINT:
            self._checkpointed = now
            with suppress(sqlite3.Error):
                self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def plain(self, memory: Remembered) -> str:
        """A snapshot as text: plain data, and the names of what is none."""
        try:
            roots = self._values(memory)
        except Exception as problem:  # whatever a user's object raises when it is copied back
            self._tell(f"What the strategy remembers cannot be copied ({problem}), so the journal leaves it out.")
            roots = []
        lost: dict[str, str] = {}
        kept = [plain_items(root, lost) for root in roots]
        for name, what in lost.items():
            self._tell(
                f"{name!r} holds a {what}, which a journal cannot keep as plain data: after a resume it is as the "
                "strategy first sets it. Keep numbers, text, dates, lists, dicts, arrays and frames."
            )
        return to_json({"roots": kept, "schedules": memory.schedules, "lost": lost})


class _Batch:
    """What one write adds to a journal; the journal itself is not changed by making it."""

    __slots__ = (
        "_journal", "branches", "current", "cursors", "digest", "last_memory", "memories", "memory_rows", "rows",
    )  # fmt: skip

    def __init__(self, journal: Journal, timeline: Timeline) -> None:
        self._journal = journal
        self.branches: dict[Branch, int] = {}
        self.memories: dict[Remembered, int] = {}
        self.cursors: dict[int, int] = {}
        self.rows: list[tuple[Any, ...]] = []
        self.memory_rows: list[tuple[int, str]] = []
        self.digest, self.current, self.last_memory = journal._digest, journal._current, journal._memory_rows
        for note in journal.notes:
            self._take(note)
        if len(journal._branches) + len(self.branches) != len(timeline.branches):
            for branch in timeline.branches.values():
                self._id_of(branch)
        self._stand(timeline.branch)

    def _take(self, note: _Note) -> None:
        known = self._id_of(note.branch)
        if isinstance(note.events, str):
            self._add(note.kind, known, note.stop, (note.events, b""))
            return
        if note.kind != "memory":
            self.cursors[known], self.current = note.stop, known
        self._add(note.kind, known, note.stop, encode(note.events), note.memory, encode_commands(note.commands))

    def _add(
        self, kind: str, branch: int, stop: int, log: tuple[str, bytes], memory: Remembered | None = None,
        commands: str = "",
    ) -> None:  # fmt: skip
        row, new = self._row_of(memory)
        parts = (kind, _ORIGINS.get(kind, "hand"), branch, stop, commands, *log, row)
        self.digest = chained(self.digest, parts, new)
        self.rows.append((*parts, self.digest))

    def _id_of(self, branch: Branch) -> int:
        """Id of a branch; a new one is written as a fork, after its parent."""
        known = self._journal._branches.get(branch)
        if known is None:
            known = self.branches.get(branch)
        if known is None:
            parent = None if branch.parent is None else self._id_of(branch.parent)
            known = self.branches[branch] = len(self._journal._branches) + len(self.branches)
            self._add("fork", known, branch.fork, (to_json({"name": branch.name, "parent": parent}), b""))
            if parent is not None:
                self.cursors[parent] = branch.fork
            self.cursors[known], self.current = branch.fork, known
        return known

    def _row_of(self, memory: Remembered | None) -> tuple[int | None, str]:
        """Row of a snapshot, and its text where it is a new one."""
        if memory is None:
            return None, ""
        known = self._journal._memories.get(memory)
        if known is None:
            known = self.memories.get(memory)
        if known is not None:
            return known, ""
        self.last_memory += 1
        self.memories[memory] = self.last_memory
        text = self._journal.plain(memory)
        self.memory_rows.append((self.last_memory, text))
        return self.last_memory, text

    def _stand(self, here: Branch) -> None:
        """Write where one stands, as far as the entries do not say it."""
        known, logged = self._journal._branches, self._journal._cursors
        moved = [
            (number, branch)
            for branch, number in (*known.items(), *self.branches.items())
            if self.cursors.get(number, logged.get(number)) != branch.cursor
        ]
        current = self._id_of(here)
        # The last one is where the session stands.
        moved.sort(key=lambda item: item[1] is here)
        if current != self.current and (not moved or moved[-1][1] is not here):
            moved.append((current, here))
        for number, branch in moved:
            self._add("move", number, branch.cursor, ("", b""))
            self.cursors[number] = branch.cursor
        self.current = current


def content_of(path: Path) -> bytes | None:
    """All bytes of a journal that a session here is writing, its log included; None for any other file."""
    journal = _open.get(str(path.resolve()))
    return journal._connection.serialize() if journal is not None and journal.is_open else None


def detach(path: Path) -> None:
    """Close the journal of an earlier session of this process on the same file."""
    earlier = _open.get(str(path.resolve()))
    if earlier is not None:
        earlier.close()
