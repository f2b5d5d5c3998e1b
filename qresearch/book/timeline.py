"""The tree of kept states: a cursor, branches, and nothing ever erased.

A branch is a list of states from the root to its tip, with the events between them. Going back moves the cursor;
acting from the past opens a new branch that shares the states before the fork.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, MutableSequence, Sequence
from itertools import count
from types import CodeType
from typing import NamedTuple

from qresearch.book.states import SparseStates
from qresearch.domain import events
from qresearch.domain.commands import Command
from qresearch.domain.state import State
from qresearch.engine.draft import Draft
from qresearch.errors import OutOfRange


class Remembered(NamedTuple):
    """What a strategy remembered at one moment.

    Parameters
    ----------
    data : bytes
        The attributes of its context and its own, copied together.
    schedules : tuple of (when, name)
        What ``run_daily`` had set up; when: :func:`qresearch.session.schedules.when_of`.
    edits : int
        How often the strategy had been replaced by then.
    """

    data: bytes
    schedules: tuple[tuple[int, str], ...]
    edits: int


class Branch:
    """One path from the root to a tip.

    Parameters
    ----------
    name : str
    root : State
    log : sequence of Event
        Events that led to the root.
    memory : Remembered or None
    keep_every : int
        Every how many moments a state is kept: :mod:`qresearch.book.states`.
    """

    __slots__ = (
        "commands", "counts", "cursor", "editions", "fork", "log", "memories", "name", "origins", "parent", "states",
    )  # fmt: skip

    def __init__(
        self, name: str, root: State, log: Sequence[events.Event], memory: Remembered | None, keep_every: int = 1
    ) -> None:
        self.name = name
        self.parent: Branch | None = None
        self.fork = 0
        """Stop of the parent from which this branch starts."""
        self.counts: list[int] = [len(log)]
        """Number of events in the log up to each of them."""
        self.memories: list[Remembered | None] = [memory]
        """Memory of the strategy at each of them."""
        self.editions: list[int] = [0]
        """Edition of the strategy with which the session came to each of them."""
        self.log: list[events.Event] = list(log)
        self.states: MutableSequence[State] = [root]
        """The state at each kept moment."""
        if keep_every > 1:
            self.states = SparseStates(self.log, self.counts, keep_every, {0: root}, 1)
        self.commands: list[tuple[int, Command]] = []
        """What was asked for beside orders, each with the number of events of the log before it; a block of requests in
        the log is what was asked for itself."""
        self.origins: dict[int, tuple[CodeType, int] | None] = {}
        """Code of a strategy, and the place in it, that asked for an order, by its id; no part of what happened."""
        self.cursor = 0
        """Index of the state at which the session stands, or last stood, on this branch."""

    def __repr__(self) -> str:
        return f"<Branch {self.name!r}: {len(self.states)} states>"

    def reach(self, state: State, memory: Remembered | None, edition: int) -> None:
        """Keep the state to which the log leads, and stand on it."""
        self.states.append(state)
        self.counts.append(len(self.log))
        self.memories.append(memory)
        self.editions.append(edition)
        self.cursor += 1

    def cut(self, places: int, tip: tuple[State, int, Remembered | None] | None = None) -> None:
        """Keep the first states only, the last of them as it was, with what led to them; stand on the last."""
        for kept in (self.states, self.counts, self.memories, self.editions):
            del kept[places:]
        if tip is not None:
            self.states[-1], self.counts[-1], self.memories[-1] = tip
        del self.log[self.counts[-1] :]
        del self.commands[bisect_left(self.commands, (self.counts[-1],)) :]
        self.cursor = places - 1

    def forked(self, name: str, index: int) -> Branch:
        """A new branch that shares everything up to a state."""
        child = Branch.__new__(Branch)
        child.name, child.parent, child.fork = name, self, index
        child.counts = self.counts[: index + 1]
        child.memories = self.memories[: index + 1]
        child.editions = self.editions[: index + 1]
        child.log = self.log[: self.counts[index]]
        states = self.states
        child.states = (
            states.forked(child.log, child.counts, index + 1)
            if isinstance(states, SparseStates)
            else states[: index + 1]
        )
        child.commands = self.commands[: bisect_left(self.commands, (self.counts[index],))]
        last = states[index].orders
        child.origins = {order_id: origin for order_id, origin in self.origins.items() if order_id <= last}
        child.cursor = index
        return child


Mark = tuple[dict[str, Branch], Branch, int, int, tuple[State, int, Remembered | None]]
"""Where a timeline stood: branches, branch, cursor, number of states, and the last one."""


class Timeline:
    """Branches and the cursor.

    A change that is cut off, by Ctrl-C or by whatever else, is taken back as a whole: :meth:`mark` before it,
    :meth:`undo` when it did not come to its end.

    Parameters
    ----------
    root : State
    log : sequence of Event
        Events that led to the root.
    memory : Remembered or None
        Memory of the strategy at the root.
    date : callable
        The text of a day (index), for the names of branches.
    keep_every : int
        Every how many moments a state is kept.
    """

    def __init__(
        self, root: State, log: Sequence[events.Event], memory: Remembered | None, date: Callable[[int], str] = str,
        keep_every: int = 1,
    ) -> None:  # fmt: skip
        self.branch = Branch("main", root, log, memory, keep_every)
        self.branches: dict[str, Branch] = {"main": self.branch}
        self.edition = 0
        """How often the strategy had been changed by now."""
        self._date = date

    @property
    def cursor(self) -> int:
        """Index of the state of the current branch at which one stands."""
        return self.branch.cursor

    @property
    def state(self) -> State:
        """The state at the cursor."""
        return self.branch.states[self.branch.cursor]

    @property
    def memory(self) -> Remembered | None:
        """The memory of the strategy at the cursor."""
        return self.branch.memories[self.branch.cursor]

    @property
    def count(self) -> int:
        """Number of events of the branch up to the cursor."""
        return self.count_on(self.branch)

    @staticmethod
    def count_on(branch: Branch) -> int:
        """Number of events of any branch up to its cursor."""
        return branch.counts[branch.cursor]

    @property
    def at_tip(self) -> bool:
        """True when nothing lies ahead of the cursor."""
        return self.branch.cursor == len(self.branch.states) - 1

    @property
    def is_outdated(self) -> bool:
        """True when the next kept state was made by an earlier edition of the strategy."""
        return not self.at_tip and self.branch.editions[self.branch.cursor + 1] != self.edition

    def commit(self, draft: Draft, memory: Remembered | None, *, new_state: bool) -> bool:
        """Keep what a step or a command did.

        Parameters
        ----------
        draft : Draft
        memory : Remembered or None
        new_state : bool
            True when the clock moved; False for a command at the present moment.

        Returns
        -------
        bool
            True when this opened a new branch, because the cursor stood in the past.
        """
        state, log = draft.freeze(), draft.events
        forked = not self.at_tip
        if forked:
            self.fork_here(self.free_name())
        branch = self.branch
        before = len(branch.log)
        branch.log.extend(log)
        if draft.orders > draft.base.orders:
            # What nobody of the strategy asked for must not count as asked for by the line before.
            branch.origins.setdefault(draft.base.orders + 1, None)
            branch.origins.update(draft.origins)
        if draft.commands:
            branch.commands.extend((before + place, command) for place, command in draft.commands)
        if new_state:
            branch.reach(state, memory, self.edition)
        else:
            branch.states[-1], branch.counts[-1], branch.memories[-1] = state, len(branch.log), memory
        return forked

    def fork_here(self, name: str) -> None:
        """Open a branch at the cursor and stand on it."""
        child = self.branch.forked(name, self.cursor)
        self.branches = {**self.branches, name: child}
        self.branch = child

    def rename(self, branch: Branch, name: str) -> None:
        """Give a branch another name, which is free."""
        branch.name = name
        self.branches = {item.name: item for item in self.branches.values()}

    def mark(self) -> Mark:
        """Where the timeline stands now."""
        branch = self.branch
        tip = branch.states[-1], branch.counts[-1], branch.memories[-1]
        return self.branches, branch, branch.cursor, len(branch.states), tip

    def undo(self, mark: Mark) -> None:
        """Take back what was done since a mark: states, events, branches, names and moves, wherever it was cut off.

        The branch of the mark is the only one whose states and cursor can have changed.
        """
        branches, branch, cursor, states, tip = mark
        branch.cut(states, tip)
        branch.cursor = cursor
        for name, item in branches.items():
            item.name = name
        self.branches, self.branch = branches, branch

    def free_name(self) -> str:
        """A free name for a branch that forks at the cursor."""
        for number in count(len(self.branches)):
            name = f"branch-{number}@{self._date(self.state.day)}"
            if name not in self.branches:
                return name
        raise AssertionError  # count() does not end

    def check(self, index: int) -> None:
        """See whether a state of the current branch is kept.

        Raises
        ------
        OutOfRange
            Before the beginning or beyond what has been simulated.
        """
        if not 0 <= index < len(self.branch.states):
            ahead = len(self.branch.states) - 1 - self.cursor
            raise OutOfRange(
                f"{abs(index - self.cursor)} moments {'back' if index < self.cursor else 'forward'} leaves the kept "
                f"history: branch {self.branch.name!r} keeps {self.cursor} moments behind this one and {ahead} ahead. "
                "Go at most that far; step() simulates further."
            )

    def move_to(self, index: int) -> None:
        """Put the cursor on a state of the current branch that is kept: :meth:`check`."""
        self.branch.cursor = index

    def find(self, day: int, phase: int, bar: int = 0) -> int:
        """The last kept state of a day (index) at or before a moment of it; -1 when there is none."""
        index = bisect_right(self.branch.states, (day, phase, bar), key=lambda state: state.at) - 1
        return index if index >= 0 and self.branch.states[index].day == day else -1

    def find_event(self, number: int) -> int:
        """The first state of the branch at which an event had happened, by its number from 0.

        Raises
        ------
        OutOfRange
            There is no such event; the index of ``session.events`` has their numbers.
        """
        branch = self.branch
        seen = place = 0
        for index, upto in enumerate(branch.counts):
            seen += sum(1 for _ in events.records(iter(branch.log[place:upto])))
            place = upto
            if 0 <= number < seen:
                return index
        raise OutOfRange(
            f"There is no event {number!r} on branch {branch.name!r}: it has {seen}, counted from 0. "
            "See the index of session.events."
        )
