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
from typing import Any
from weakref import WeakValueDictionary

from qresearch.book.timeline import Branch, Remembered, Timeline
from qresearch.domain import events
from qresearch.domain.commands import Command
from qresearch.errors import JournalError
from qresearch.session.encoding import event_schema, to_json
from qresearch.session.journal_batch import Batch, Known, Note
from qresearch.session.journal_file import FORMAT, TABLES, Contents, connect, inode, is_blank, sealed
from qresearch.session.plain import plain_items

BATCH = 16
"""Steps of a long run that are written together; a killed run loses at most these."""
CHECKPOINT = 1.0
"""Seconds after which a write also brings the file itself up to date, so that little stands in its log alone."""

_INSERT = (
    "INSERT INTO entries (kind, origin, branch, place, commands, events, columns, memory, digest) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_open: WeakValueDictionary[str, Journal] = WeakValueDictionary()

Values = Callable[[Remembered | None], list[dict[str, Any]]]
Statement = tuple[str, tuple[object, ...]]


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
    known : Known
        What stands in the file.
    opening : sequence of (statement, values)
        What the first write begins with: tables and description.
    """

    def __init__(
        self, path: Path, connection: sqlite3.Connection, values: Values, tell: Callable[[str], None], known: Known,
        *, opening: Sequence[Statement] = (),
    ) -> None:  # fmt: skip
        self.path = path
        self._connection = connection
        self._values, self._tell = values, tell
        self.notes: list[Note] = []
        """What has been taken in and waits to be written."""
        self._known, self._opening = known, opening
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
        known = Known(digest=sealed(rows))
        opening: list[Statement] = [
            *((statement, ()) for statement in TABLES),
            *(("INSERT INTO meta VALUES (?, ?)", row) for row in rows),
            ("INSERT INTO seal VALUES (0, 0, ?)", (known.digest,)),
        ]
        return cls(path, connection, values, tell, known, opening=opening)

    @classmethod
    def go_on(
        cls, path: Path, contents: Contents, values: Values, tell: Callable[[str], None], known: Known
    ) -> Journal:
        """Open a journal that has been read, to go on writing it after what is `known` of it.

        Raises
        ------
        JournalError
            It cannot be written, or another process has it or has changed it since.
        """
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
        if found != (known.entries, known.digest):
            connection.close()
            raise JournalError(f"The journal {str(path)!r} was changed while it was read. Resume it again.")
        return cls(path, connection, values, tell, known)

    def close(self) -> None:
        """Close the file; the session goes on in memory."""
        self._close()

    @property
    def is_open(self) -> bool:
        """False once closed: by an error, or because the file was opened again."""
        return self._close.alive

    def content(self) -> bytes:
        """All bytes of the file, its log included."""
        return self._connection.serialize()

    # ------------------------------------------------------------------ taking in

    def note(
        self, kind: str, branch: Branch, log: list[events.Event], memory: Remembered | None,
        commands: Sequence[tuple[int, Command]] = (),
    ) -> None:  # fmt: skip
        """Take in what happened and what was asked for; it is written by the next :meth:`flush`."""
        self.notes.append(Note(kind, branch, branch.cursor, log, memory, commands))

    def note_edit(self, branch: Branch, name: str, source: str, *, is_resumed: bool = False) -> None:
        """Take in that the strategy was replaced; or, `is_resumed`, handed in again after the file was resumed."""
        text = {"name": name, "source": source} | ({"resumed": True} if is_resumed else {})
        self.notes.append(Note("edit", branch, branch.cursor, to_json(text), None))

    def rename(self, branch: Branch) -> None:
        """Take in the new name of a branch."""
        self.notes.append(Note("rename", branch, branch.cursor, to_json({"name": branch.name}), None))

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
        batch = Batch(self._known, self.notes, self.plain, timeline)
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

    def _write(self, batch: Batch) -> None:
        if inode(self._file) != self._inode:
            raise sqlite3.OperationalError("it was deleted, moved or replaced while the session wrote it")
        write = self._connection
        write.execute("BEGIN")
        for statement, values in self._opening:
            write.execute(statement, values)
        if batch.memory_rows:
            write.executemany("INSERT INTO memories VALUES (?, ?)", batch.memory_rows)
        write.executemany(_INSERT, batch.rows)
        seal = self._known.entries + len(batch.rows), batch.digest
        write.execute("INSERT OR REPLACE INTO seal VALUES (1, ?, ?)", seal)
        write.execute("COMMIT")

    def _holds(self, batch: Batch) -> bool:
        """Whether a batch is in the file; what was only begun is rolled back."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
            return False
        try:
            found = self._connection.execute("SELECT digest FROM seal WHERE id = 1").fetchone()
        except sqlite3.Error:
            return False
        return found is not None and found[0] == batch.digest

    def _written(self, batch: Batch) -> None:
        """Know what is in the file; safe to be called again when it was cut off."""
        known = self._known
        known.branches.update(batch.branches)
        known.memories.update(batch.memories)
        known.cursors.update(batch.cursors)
        known.current, known.memory_rows = batch.current, batch.last_memory
        self._opening = ()
        count = known.entries + len(batch.rows)
        # On one line, which nothing splits: from here on it has been written.
        known.digest, known.entries, self.notes = batch.digest, count, []

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
        kept = plain_items(roots, lost)
        for name, what in lost.items():
            self._tell(
                f"{name!r} holds a {what}, which a journal cannot keep as plain data: after a resume it is as the "
                "strategy first sets it. Keep numbers, text, dates, lists, dicts, arrays and frames."
            )
        return to_json({"roots": kept, "schedules": memory.schedules, "lost": lost})


def content_of(path: Path) -> bytes | None:
    """All bytes of a journal that a session here is writing, its log included; None for any other file."""
    journal = _open.get(str(path.resolve()))
    return journal.content() if journal is not None and journal.is_open else None


def detach(path: Path) -> None:
    """Close the journal of an earlier session of this process on the same file."""
    earlier = _open.get(str(path.resolve()))
    if earlier is not None:
        earlier.close()
