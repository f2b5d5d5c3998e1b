"""What one write adds to a journal: made as a whole before anything of it is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from qresearch.book.timeline import Branch, Remembered, Timeline
from qresearch.domain import events
from qresearch.domain.commands import Command
from qresearch.session.encoding import encode, encode_commands, to_json
from qresearch.session.journal_file import Contents, chained

_ORIGINS = {"step": "strategy", "initialize": "strategy", "memory": "strategy"}


class Note(NamedTuple):
    """What happened, as it came: ids, text and digests are made when it is written."""

    kind: str
    branch: Branch
    place: int
    events: list[events.Event] | str
    memory: Remembered | None
    commands: Sequence[tuple[int, Command]] = ()


@dataclass(slots=True)
class Known:
    """What stands in the file of a journal.

    Parameters
    ----------
    digest : bytes
        Of the last entry, or of the description where there is none yet.
    branches : dict of Branch to int
        Id of each branch.
    cursors : dict of int to int
        Where the file says that one stands, or last stood, on each branch.
    current : int or None
        The branch on which one stands.
    memories : dict of Remembered to int
        Row of each snapshot.
    memory_rows : int
        Counted in rows: two of them may read back as one memory, without what a journal cannot keep.
    entries : int
    """

    digest: bytes
    branches: dict[Branch, int] = field(default_factory=dict)
    cursors: dict[int, int] = field(default_factory=dict)
    current: int | None = None
    memories: dict[Remembered, int] = field(default_factory=dict)
    memory_rows: int = 0
    entries: int = 0

    @classmethod
    def read(
        cls, contents: Contents, branches: dict[Branch, int], memories: dict[Remembered, int], current: Branch
    ) -> Known:
        """What has been read from a file and done again."""
        cursors = {known: branch.cursor for branch, known in branches.items()}
        return cls(
            contents.entries[-1].digest, branches, cursors, branches[current], memories, len(contents.memories),
            len(contents.entries),
        )  # fmt: skip


class Batch:
    """What one write adds to a journal; making it changes nothing that is known of the file.

    Parameters
    ----------
    known : Known
    notes : iterable of Note
    plain : callable
        A snapshot of the memory as text.
    timeline : Timeline
    """

    __slots__ = (
        "_known", "_plain", "branches", "current", "cursors", "digest", "last_memory", "memories", "memory_rows",
        "rows",
    )  # fmt: skip

    def __init__(
        self, known: Known, notes: Iterable[Note], plain: Callable[[Remembered], str], timeline: Timeline
    ) -> None:
        self._known, self._plain = known, plain
        self.branches: dict[Branch, int] = {}
        self.memories: dict[Remembered, int] = {}
        self.cursors: dict[int, int] = {}
        self.rows: list[tuple[Any, ...]] = []
        self.memory_rows: list[tuple[int, str]] = []
        self.digest, self.current, self.last_memory = known.digest, known.current, known.memory_rows
        for note in notes:
            self._take(note)
        if len(known.branches) + len(self.branches) != len(timeline.branches):
            for branch in timeline.branches.values():
                self._id_of(branch)
        self._stand(timeline.branch)

    def _take(self, note: Note) -> None:
        known = self._id_of(note.branch)
        if isinstance(note.events, str):
            self._add(note.kind, known, note.place, (note.events, b""))
            return
        if note.kind != "memory":
            self.cursors[known], self.current = note.place, known
        commands = encode_commands(note.commands, note.events)
        self._add(note.kind, known, note.place, encode(note.events), note.memory, commands=commands)

    def _add(
        self, kind: str, branch: int, place: int, log: tuple[str, bytes], memory: Remembered | None = None,
        *, commands: str = "",
    ) -> None:  # fmt: skip
        row, new = self._row_of(memory)
        parts = (kind, _ORIGINS.get(kind, "hand"), branch, place, commands, *log, row)
        self.digest = chained(self.digest, parts, new)
        self.rows.append((*parts, self.digest))

    def _id_of(self, branch: Branch) -> int:
        """Id of a branch; a new one is written as a fork, after its parent."""
        known = self._known.branches.get(branch)
        if known is None:
            known = self.branches.get(branch)
        if known is None:
            parent = None if branch.parent is None else self._id_of(branch.parent)
            known = self.branches[branch] = len(self._known.branches) + len(self.branches)
            self._add("fork", known, branch.fork, (to_json({"name": branch.name, "parent": parent}), b""))
            if parent is not None:
                self.cursors[parent] = branch.fork
            self.cursors[known], self.current = branch.fork, known
        return known

    def _row_of(self, memory: Remembered | None) -> tuple[int | None, str]:
        """Row of a snapshot, and its text where it is a new one."""
        if memory is None:
            return None, ""
        known = self._known.memories.get(memory)
        if known is None:
            known = self.memories.get(memory)
        if known is not None:
            return known, ""
        self.last_memory += 1
        self.memories[memory] = self.last_memory
        text = self._plain(memory)
        self.memory_rows.append((self.last_memory, text))
        return self.last_memory, text

    def _stand(self, here: Branch) -> None:
        """Write where one stands, as far as the entries do not say it."""
        known, logged = self._known.branches, self._known.cursors
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
