"""A journal as a file: its tables, the seal over all of them, and reading it without touching it.

Reading goes over a copy in memory, log included, and ends with everything compared: each entry carries a digest over
the entry before it and all that it holds, what the strategy remembered then too; one row says how many entries there
are and what the last digest is; another says what the description of the session was. A file that was damaged, cut,
edited or put together from two is refused with the place, and stays as it is.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from qresearch.domain import events
from qresearch.domain.arguments import path as path_of
from qresearch.domain.commands import Command
from qresearch.errors import JournalError, UsageError
from qresearch.session.encoding import decode, decode_commands
from qresearch.session.journal_log import DamagedLog, Log, read_log

FORMAT = 3
_FORMATS = {
    1: "a version of qresearch from before December 2026, which wrote it",
    2: "a version of qresearch from the end of November 2026, which wrote it",
}
"""Who reads the formats of earlier days."""
APPLICATION = 0x71726573
TABLES = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE memories (id INTEGER PRIMARY KEY, data TEXT NOT NULL)",
    "CREATE TABLE entries (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, origin TEXT NOT NULL, branch INTEGER NOT NULL, "
    "place INTEGER NOT NULL, commands TEXT NOT NULL, events TEXT NOT NULL, columns BLOB NOT NULL, memory INTEGER, "
    "digest BLOB NOT NULL)",
    "CREATE TABLE seal (id INTEGER PRIMARY KEY, entries INTEGER NOT NULL, digest BLOB NOT NULL)",
)
_LOCK = 0x40000002, 510
"""Bytes of a file that SQLite locks while a process uses it: SHARED_FIRST and SHARED_SIZE of its source."""


class Entry(NamedTuple):
    """One thing that happened to a session.

    Parameters
    ----------
    number : int
    kind : {"root", "initialize", "step", "command", "fork", "memory", "edit", "rename", "move"}
    origin : {"strategy", "hand"}
    branch : int
        Id of the branch.
    place : int
        Of the branch: where it happened (for a step: where it led; for a fork: of the parent).
    commands : str
        What was asked for beside orders; a block of requests among the events is what was asked for itself.
    events : str
    columns : bytes
        See :mod:`qresearch.session.encoding`.
    memory : int or None
        Row in ``memories``.
    digest : bytes
        SHA-256 over the digest of the entry before and this one.
    """

    number: int
    kind: str
    origin: str
    branch: int
    place: int
    commands: str
    events: str
    columns: bytes
    memory: int | None
    digest: bytes


class Contents(NamedTuple):
    """What a journal holds, read at once."""

    meta: dict[str, Any]
    memories: dict[int, str]
    entries: list[Entry]
    notices: tuple[str, ...]
    """What is to be told about the file."""

    def decoded(self, entry: Entry) -> list[events.Event]:
        """The events of an entry."""
        return decode(entry.events, entry.columns, self.meta["schema"])

    @staticmethod
    def commands(entry: Entry) -> list[tuple[int, Command]]:
        """What was asked for beside orders, each with the number of events before it."""
        return decode_commands(entry.commands)


def journal_path(journal: object) -> Path:
    """The file that ``journal=`` names.

    Raises
    ------
    UsageError
        No path, or one that would be kept nowhere; pass the name of a file.
    """
    place = path_of("journal", journal, "run.qsession")
    if place.name == ":memory:":
        raise UsageError(
            "journal=':memory:' names no file, so nothing would survive the session. Write a path such as "
            "'run.qsession'; or leave journal= out to keep the session in memory only."
        )
    return place


def chained(before: bytes, entry: tuple[Any, ...], memory: str) -> bytes:
    """Digest of an entry after another one.

    Parameters
    ----------
    before : bytes
        Digest of the entry before, or of the description of the session.
    entry : (kind, origin, branch, place, commands, events, columns, memory)
        As in the table.
    memory : str
        What the strategy remembered, where this entry is the first of that row; empty otherwise.
    """
    *head, text, columns, row = entry
    total = hashlib.sha256(before)
    # The lengths come first, so that nothing can move from one part into the next.
    total.update(f"{head} {row} {len(text)} {len(columns)}\n{text}{memory}".encode())
    total.update(columns)
    return total.digest()


def sealed(meta: Iterable[tuple[str, str]]) -> bytes:
    """Digest of the description of a session: what its first entry follows."""
    return hashlib.sha256(json.dumps(sorted(meta)).encode()).digest()


def log_of(path: Path) -> Path:
    """The log that belongs to a file."""
    return path.with_name(f"{path.name}-wal")


def is_blank(path: Path) -> bool:
    """Whether a file holds nothing yet: its session ended before its first write."""
    try:
        image, _ = _image(path)
        with _opened(image) as tables:
            found = tables.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            owner = tables.execute("PRAGMA application_id").fetchone()[0]
    except (DamagedLog, sqlite3.Error, OSError, ValueError):
        return False
    return not found and owner in {0, APPLICATION}


def read(path: Path) -> Contents:
    """All that a journal holds; the file is not changed.

    Raises
    ------
    JournalError
        No such file, in use by another process, not a journal, of another format, or not what was written.
    """
    name = str(path)
    try:
        exists = path.is_file()
    except OSError:
        exists = False
    if not exists:
        raise JournalError(f"There is no journal at {name!r}. Check the path, or begin one with journal=.")
    if _in_use(path):
        raise JournalError(f"Cannot read the journal {name!r}. Another process has it open: end that session first.")
    try:
        image, log = _image(path)
        with _opened(image) as tables:
            rows = _Rows(tables, log_of(path).name)
            _check_log(path, rows)
            meta, entries, memories = rows.verified()
    except DamagedLog as problem:
        raise JournalError(
            f"Cannot read the journal {name!r}: its log {log_of(path).name} is damaged: {problem}. Everything up to "
            "there can still be read from a copy of both files that was made before; keep these two as they are."
        ) from None
    except _Refused as problem:
        raise JournalError(f"Cannot read the journal {name!r}: {problem}") from None
    except (sqlite3.Error, ValueError, TypeError, KeyError, OSError) as problem:
        raise JournalError(
            f"Cannot read the journal {name!r}: {problem}. It is not a journal of qresearch, or it is damaged: use a "
            f"copy of it and of {log_of(path).name}, if there is one."
        ) from problem
    return Contents(meta, memories, entries, tuple(_log_notices(path, log)))


def _log_notices(path: Path, log: Log) -> Iterable[str]:
    if log.writes:
        yield (
            f"The process that wrote {path.name} ended without closing it: its last {log.writes} writes were taken "
            f"from {log_of(path).name}, which belongs to it."
        )
    if log.is_cut:
        yield (
            f"{log_of(path).name}, the log of the journal {path.name}, ends in the middle of a write: what was being "
            "written then is not in it, and neither is anything later. The session stands after the last whole one."
        )


class _Refused(Exception):
    """Why a file is not taken; the message goes on with what to do."""


def _image(path: Path) -> tuple[bytes, Log]:
    """The file with its log put over it, and the log."""
    content, beside = path.read_bytes(), log_of(path)
    log = read_log(beside.read_bytes() if beside.is_file() else b"")
    if log.size and len(content) >= 18 and int.from_bytes(content[16:18]) not in {log.page_size, 1}:
        raise DamagedLog("its pages have another size than those of the file, so it belongs to another one")
    return log.over(content), log


class _opened:  # noqa: N801  # used like a function
    """A database in memory, closed at the end."""

    def __init__(self, image: bytes) -> None:
        self._image = image

    def __enter__(self) -> sqlite3.Connection:
        image = self._image
        if image and (image[:16] != b"SQLite format 3\0" or image[18:20] not in {b"\1\1", b"\2\2"}):
            raise sqlite3.DatabaseError("file is not a database")
        self._connection = sqlite3.connect(":memory:", isolation_level=None)
        if image:
            # What is in memory has no log: the two bytes say so.
            self._connection.deserialize(image[:18] + b"\1\1" + image[20:])
        return self._connection

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def _check_log(path: Path, rows: _Rows) -> None:
    """See that the log belongs to the file: each session has an identity of its own."""
    content = path.read_bytes()
    try:
        with _opened(content) as alone:
            found = alone.execute("SELECT value FROM meta WHERE key = 'identity'").fetchone()
    except sqlite3.Error:
        return  # it says nothing without its log
    if found is not None and found[0] != dict(rows.meta).get("identity"):
        raise DamagedLog("it belongs to another journal")


class _Rows:
    """The rows of a journal, compared with its digests before anything is made of them."""

    def __init__(self, tables: sqlite3.Connection, log: str) -> None:
        self._tables = tables
        self._sound(log)
        self.meta = [(str(key), str(value)) for key, value in tables.execute("SELECT key, value FROM meta")]

    def _sound(self, log: str) -> None:
        found = [
            row[0] for row in self._tables.execute("SELECT sql FROM sqlite_master WHERE sql NOT NULL ORDER BY rowid")
        ]
        if not found:
            raise _Refused(
                f"it holds nothing: its session ended before its first write, or its log {log} is missing, which "
                "belongs to it. Put that beside it; or begin anew: Session(..., journal=) takes an empty file."
            )
        has_meta = any(text.startswith("CREATE TABLE meta ") for text in found)
        if has_meta:
            self._check_format()
        if found != list(TABLES):
            raise _Refused(
                "its tables are not those of a journal of qresearch. Check the path, or use a copy of the file."
            )
        verdict = self._tables.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if verdict != "ok":
            raise _Refused(f"the file is damaged: {verdict}. Use a copy of it.")

    def _check_format(self) -> None:
        held = self._tables.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
        found = None if held is None else json.loads(held[0])
        if found == FORMAT:
            return
        if type(found) is not int:
            raise _Refused("it does not say its format, so it is damaged or no journal. Use a copy of it.")
        writer = _FORMATS.get(found, "the version that wrote it")
        raise _Refused(f"it has format {found}, and this version reads format {FORMAT}. Read it with {writer}.")

    def verified(self) -> tuple[dict[str, Any], list[Entry], dict[int, str]]:
        """Description, entries and memories.

        Raises
        ------
        _Refused
            One of them is not what was written; the message says which.
        """
        seals = self._tables.execute("SELECT id, entries, digest FROM seal").fetchall()
        if [row[0] for row in seals] != [0, 1]:
            raise _Refused("its table seal is not what was written: the file is damaged. Use a copy of it.")
        (_, _, description), (_, count, last) = seals
        if sealed(self.meta) != description:
            raise _Refused(
                "the description of the session (table meta) is not what was written: the file is damaged or was "
                "edited. Use a copy of it."
            )
        memories = dict(self._tables.execute("SELECT id, data FROM memories ORDER BY id").fetchall())
        columns = ", ".join(("id", *Entry._fields[1:]))
        entries = [Entry(*row) for row in self._tables.execute(f"SELECT {columns} FROM entries ORDER BY id")]
        self._check_entries(entries, memories, description)
        if len(entries) != count or (entries and entries[-1].digest != last):
            raise _Refused(
                f"it says that it has {count} entries and holds {len(entries)}: the last ones are missing. "
                "Use a copy of it."
            )
        return {key: json.loads(value) for key, value in self.meta}, entries, memories

    @staticmethod
    def _check_entries(entries: list[Entry], memories: dict[int, str], digest: bytes) -> None:
        left = dict(memories)
        for place, entry in enumerate(entries, 1):
            new = left.pop(entry.memory, "") if entry.memory is not None else ""
            digest = chained(digest, entry[1:-1], new)
            if entry.number != place or digest != entry.digest:
                about = "" if entry.memory is None else f", or what the strategy remembered then (row {entry.memory})"
                raise _Refused(
                    f"entry {entry.number}{about} is not what was written: the file is damaged or was "
                    "edited. Use a copy of it."
                )
        if left:
            raise _Refused(f"row {min(left)} of its table memories was written by nobody. Use a copy of the file.")


def _in_use(path: Path) -> bool:
    """Whether another process has it open, by the lock that SQLite holds then."""
    try:
        import fcntl  # noqa: PLC0415  # not on Windows, where opening the file will say so
    except ImportError:
        return False
    begin, length = _LOCK
    with path.open("rb") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB, length, begin)
        except OSError:
            return True
    return False


def inode(path: Path) -> tuple[int, int] | None:
    """What tells a file from another one of its name; None when there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116  # asked at every write: without the detour
    except OSError:
        return None
    return found.st_dev, found.st_ino


def connect(path: Path) -> sqlite3.Connection:
    """Open a file to write it, alone."""
    # The finalizer may run in any thread; a session itself refuses all but its own.
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=1.0)
    try:
        # One session writes it: no other process may, and no shared memory file is needed.
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        if not connection.execute("PRAGMA application_id").fetchone()[0]:
            connection.execute(f"PRAGMA application_id={APPLICATION}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection
