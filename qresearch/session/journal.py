"""The journal: a session as a file that survives the kernel.

A SQLite file with a write-ahead log. It holds every command that reached the engine, with branch and origin, and the
events it caused; a running digest; the fingerprint of the data, the options, the memory of the strategy as plain data
whenever it changed, and the source of every edit. Reading it executes nothing.

Assumptions
-----------
A killed process loses nothing that had been acknowledged. Loss of power is not covered: transactions are not forced
to the disk one by one (``synchronous=NORMAL``), so the last ones may be missing then; the file stays readable.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import weakref
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from qresearch.domain.messages import Event
from qresearch.errors import JournalError
from qresearch.session.encoding import decode, encode, event_schema
from qresearch.session.memory import Remembered
from qresearch.session.plain import NotPlain, to_plain
from qresearch.session.timeline import Branch

FORMAT = 1
BATCH = 16
"""Steps of a long run that are written together; a killed run loses at most these."""

_APPLICATION = 0x71726573
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE branches (id INTEGER PRIMARY KEY, name TEXT NOT NULL, parent INTEGER, fork INTEGER NOT NULL);
CREATE TABLE memories (id INTEGER PRIMARY KEY, data TEXT NOT NULL);
CREATE TABLE entries (
    id INTEGER PRIMARY KEY, branch INTEGER NOT NULL, kind TEXT NOT NULL, origin TEXT NOT NULL, stop INTEGER NOT NULL,
    events TEXT NOT NULL, columns BLOB NOT NULL, memory INTEGER, digest BLOB NOT NULL
);
CREATE TABLE cursors (branch INTEGER PRIMARY KEY, stop INTEGER NOT NULL);
CREATE TABLE current (id INTEGER PRIMARY KEY CHECK (id = 1), branch INTEGER NOT NULL)
"""
_ORIGINS = {"step": "strategy", "initialize": "strategy", "memory": "strategy"}
_open: WeakValueDictionary[str, Journal] = WeakValueDictionary()

Values = Callable[[Remembered | None], list[dict[str, Any]]]


class Entry(NamedTuple):
    """One thing that happened to a session.

    Parameters
    ----------
    number : int
    branch : int
        Id of the branch.
    kind : {"root", "initialize", "step", "command", "fork", "memory", "edit"}
    stop : int
        Of the branch: where it happened (for a step: where it led; for a fork: of the parent).
    events : str
    columns : bytes
        See :mod:`qresearch.session.encoding`.
    memory : int or None
        Row in ``memories``.
    digest : bytes
        SHA-256 over the digest of the entry before and this one.
    """

    number: int
    branch: int
    kind: str
    stop: int
    events: str
    columns: bytes
    memory: int | None
    digest: bytes


class Contents(NamedTuple):
    """What a journal holds, read at once."""

    meta: dict[str, Any]
    branches: dict[int, str]
    memories: dict[int, Any]
    entries: list[Entry]
    cursors: dict[int, int]
    """The stop at which the session stands, or last stood, on each branch."""
    current: int
    """Id of the branch on which it stands."""

    def decoded(self, entry: Entry) -> list[Event]:
        """The events of an entry."""
        return decode(entry.events, entry.columns, self.meta["schema"])


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
        self._buffer: list[tuple[str, int, int, list[Event] | str, Remembered | None]] = []
        self._branches: dict[Branch, int] = {}
        self._memories: dict[Remembered, int] = {}
        self._last_memory = 0
        self._memory_rows: list[tuple[int, str]] = []
        self._digest = b""
        self._cursors: dict[int, int] = {}
        self._current: int | None = None
        self._close = weakref.finalize(self, connection.close)
        key = str(path.resolve())
        if key in _open:
            _open[key].close()
        _open[key] = self

    # ------------------------------------------------------------------ opening

    @classmethod
    def create(cls, path: Path, meta: Mapping[str, Any], values: Values, tell: Callable[[str], None]) -> Journal:
        """Begin a journal.

        Raises
        ------
        JournalError
            The file exists (resume it, or take another name), or the folder cannot be written.
        """
        if path.exists():
            raise JournalError(
                f"The journal {str(path)!r} exists. Go on with it: qresearch.Session.resume({str(path)!r}, market); or "
                "take another name. A journal is never overwritten."
            )
        connection = None
        try:
            connection = _connect(path)
            rows = {"format": FORMAT, "schema": event_schema(), **meta}
            # One transaction with the first entries: a file is empty or whole.
            connection.execute("BEGIN")
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)
            connection.executemany("INSERT INTO meta VALUES (?, ?)", [(k, json.dumps(v)) for k, v in rows.items()])
        except sqlite3.Error as problem:
            if connection is not None:
                connection.close()
            raise JournalError(
                f"Cannot write a journal at {str(path)!r}: {problem}. Choose a folder that exists, can be written and "
                "has room; or leave journal= out to keep the session in memory only."
            ) from problem
        return cls(path, connection, values, tell)

    @classmethod
    def open(cls, path: Path, values: Values, tell: Callable[[str], None]) -> tuple[Journal, Contents]:
        """Open a journal to go on with it, and read all that it holds.

        Raises
        ------
        JournalError
            No such file, not a journal, damaged, or in use by another process.
        """
        if not path.is_file():
            raise JournalError(f"There is no journal at {str(path)!r}. Check the path, or begin one with journal=.")
        earlier = _open.get(str(path.resolve()))
        if earlier is not None:
            earlier.close()
        connection = None
        try:
            connection = _connect(path)
            contents = _read(connection)
        except (sqlite3.Error, ValueError, KeyError) as problem:
            if connection is not None:
                connection.close()
            if "locked" in str(problem):
                advice = "Another process has it open: end that session first."
            elif "no such table" in str(problem):
                advice = "It holds nothing: its session ended before it had begun. Delete it and begin again."
            else:
                advice = "It is not a journal of qresearch, or it is damaged: use a copy."
            raise JournalError(f"Cannot read the journal {str(path)!r}: {problem}. {advice}") from problem
        except JournalError:
            if connection is not None:
                connection.close()
            raise
        return cls(path, connection, values, tell), contents

    def adopt(self, contents: Contents, branches: Mapping[Branch, int], memories: Mapping[Remembered, int]) -> None:
        """Go on after what has been read."""
        self._branches, self._memories = dict(branches), dict(memories)
        # Counted in rows: two of them may read back as one memory, without what a journal cannot keep.
        self._last_memory = max(contents.memories, default=0)
        self._digest = contents.entries[-1].digest if contents.entries else b""
        self._cursors, self._current = dict(contents.cursors), contents.current

    def close(self) -> None:
        """Close the file; the session goes on in memory."""
        self._close()

    @property
    def is_open(self) -> bool:
        """False once closed: by an error, or because the file was opened again."""
        return self._close.alive

    # ------------------------------------------------------------------ writing

    def note(self, kind: str, branch: Branch, events: list[Event], memory: Remembered | None) -> None:
        """Take in what happened; it is written by the next :meth:`flush`."""
        self._buffer.append((kind, self._branch(branch), branch.cursor, events, memory))

    def note_edit(self, branch: Branch, name: str, source: str) -> None:
        """Take in that the strategy was replaced."""
        text = json.dumps({"name": name, "source": source})
        self._buffer.append(("edit", self._branch(branch), branch.cursor, text, None))

    def _branch(self, branch: Branch) -> int:
        """Id of a branch; a new one is noted as a fork first."""
        known = self._branches.get(branch)
        if known is None:
            parent = None if branch.parent is None else self._branch(branch.parent)
            known = self._branches[branch] = len(self._branches)
            text = json.dumps({"name": branch.name, "parent": parent})
            self._buffer.append(("fork", known, branch.fork, text, None))
        return known

    def rename(self, branch: Branch) -> None:
        """Note the new name of a branch."""
        text = json.dumps({"name": branch.name})
        self._buffer.append(("rename", self._branch(branch), branch.cursor, text, None))

    @property
    def waiting(self) -> int:
        """Entries not yet written."""
        return len(self._buffer)

    def flush(self, branch: Branch) -> None:
        """Write what has been noted, and where the session stands, in one transaction.

        Raises
        ------
        JournalError
            The file cannot be written; the journal is then closed.
        """
        current = self._branch(branch)
        moved = [(k, item.cursor) for item, k in self._branches.items() if self._cursors.get(k) != item.cursor]
        if not self._buffer and not moved and current == self._current:
            return
        rows = list(self._rows())
        try:
            write = self._connection
            if not write.in_transaction:
                write.execute("BEGIN")
            if self._memory_rows:
                write.executemany("INSERT INTO memories VALUES (?, ?)", self._memory_rows)
            write.executemany(
                "INSERT INTO entries (kind, origin, branch, stop, events, columns, memory, digest) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
            for kind, known, stop, text, _ in self._buffer:
                if kind in {"fork", "rename"} and isinstance(text, str):
                    self._write_branch(kind, known, stop, json.loads(text))
            write.executemany("INSERT OR REPLACE INTO cursors VALUES (?, ?)", moved)
            write.execute("INSERT OR REPLACE INTO current VALUES (1, ?)", (current,))
            write.execute("COMMIT")
        except sqlite3.Error as problem:
            self.close()
            raise JournalError(
                f"The journal {str(self.path)!r} cannot be written: {problem}. The last {len(self._buffer)} entries "
                "are not in it. The session goes on in memory only: free some room or mend the folder, then resume the "
                "file, or keep what is in memory with session.to_script()."
            ) from problem
        self._buffer.clear()
        self._memory_rows.clear()
        self._cursors.update(moved)
        self._current = current

    def _write_branch(self, kind: str, known: int, stop: int, held: dict[str, Any]) -> None:
        if kind == "fork":
            self._connection.execute(
                "INSERT INTO branches VALUES (?, ?, ?, ?)", (known, held["name"], held["parent"], stop)
            )
        else:
            self._connection.execute("UPDATE branches SET name = ? WHERE id = ?", (held["name"], known))

    def _rows(self) -> Iterator[tuple[Any, ...]]:
        for kind, branch, stop, events, memory in self._buffer:
            text, columns = (events, b"") if isinstance(events, str) else encode(events)
            row = None if memory is None else self._memory(memory)
            self._digest = chained(self._digest, kind, branch, stop, text, columns)
            yield kind, _ORIGINS.get(kind, "hand"), branch, stop, text, columns, row, self._digest

    def _memory(self, memory: Remembered) -> int:
        """Row of a snapshot; a new one is written as plain data."""
        known = self._memories.get(memory)
        if known is None:
            self._last_memory += 1
            known = self._memories[memory] = self._last_memory
            roots = [self._plain(root) for root in self._values(memory)]
            data = {"roots": roots, "schedules": memory.schedules}
            self._memory_rows.append((known, json.dumps(data, separators=(",", ":"), ensure_ascii=False)))
        return known

    def _plain(self, root: dict[str, Any]) -> dict[str, Any]:
        kept = {}
        for name, value in root.items():
            try:
                kept[name] = to_plain(value)
            except NotPlain as problem:
                self._tell(
                    f"{name!r} holds a {problem}, which a journal cannot keep as plain data: after a resume it is as "
                    "the strategy first sets it. Keep numbers, text, dates, lists, dicts, arrays and frames."
                )
        return kept


def chained(  # noqa: PLR0917  # the parts of an entry, in their order
    before: bytes, kind: str, branch: int, stop: int, text: str, columns: bytes
) -> bytes:
    """Digest of an entry after another one."""
    total = hashlib.sha256(before)
    total.update(f"{kind} {branch} {stop}\n{text}\n".encode())
    total.update(columns)
    return total.digest()


def content_of(path: Path) -> bytes | None:
    """All bytes of a journal that a session here is writing, its log included; None for any other file."""
    journal = _open.get(str(path.resolve()))
    return journal._connection.serialize() if journal is not None and journal.is_open else None


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=1.0)
    try:
        # One session writes it: no other process may, and no shared memory file is needed.
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        if not connection.execute("PRAGMA application_id").fetchone()[0]:
            connection.execute(f"PRAGMA application_id={_APPLICATION}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _read(connection: sqlite3.Connection) -> Contents:
    meta = {key: json.loads(value) for key, value in connection.execute("SELECT key, value FROM meta")}
    if meta["format"] != FORMAT:
        raise JournalError(
            f"The journal has format {meta['format']}, this version of qresearch reads format {FORMAT}. "
            "Read it with the version that wrote it."
        )
    rows = connection.execute("SELECT id, branch, kind, stop, events, columns, memory, digest FROM entries ORDER BY id")
    entries = [Entry(*row) for row in rows]
    digest = b""
    for entry in entries:
        digest = chained(digest, entry.kind, entry.branch, entry.stop, entry.events, entry.columns)
        if digest != entry.digest:
            raise JournalError(
                f"Entry {entry.number} of the journal is not what was written: the file is damaged. Use a copy of it."
            )
    branches = dict(connection.execute("SELECT id, name FROM branches"))
    memories = {row: json.loads(data) for row, data in connection.execute("SELECT id, data FROM memories")}
    cursors = dict(connection.execute("SELECT branch, stop FROM cursors"))
    current = connection.execute("SELECT branch FROM current").fetchone()[0]
    return Contents(meta, branches, memories, entries, cursors, current)
