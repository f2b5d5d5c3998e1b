"""What a session keeps: timeline, memory and journal, which change together or not at all."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from contextlib import suppress
from threading import RLock

from qresearch.book.timeline import Mark, Remembered
from qresearch.domain import events
from qresearch.domain.state import State
from qresearch.engine.draft import Draft
from qresearch.errors import JournalError, MarketWarning, UsageError
from qresearch.sentences import Said
from qresearch.session.interrupts import Section
from qresearch.session.journal import Journal
from qresearch.session.memory import Memory
from qresearch.session.now import moment_of
from qresearch.session.simulation import Simulation
from qresearch.session.voice import Voice

_Mark = tuple[Mark, Remembered | None, int]


class Keeper:
    """Keeps what steps and commands did.

    Parameters
    ----------
    simulation : Simulation
    memory : Memory
    voice : Voice
    """

    def __init__(self, simulation: Simulation, memory: Memory, voice: Voice) -> None:
        self.simulation, self.memory, self.voice = simulation, memory, voice
        self.journal: Journal | None = None
        self.lock = RLock()
        """Held by the one thread that is changing the session."""
        self.under_way = ""
        simulation.keeper = self

    # ------------------------------------------------------------------ around every call

    def section(self, call: str) -> Section:
        """A call that a signal does not split; not inside a callback, which is a part of a step."""
        return Section(self, call)

    def refuse_inside_callback(self, call: str) -> None:
        """Raise UsageError for a call that no callback may make."""
        if self.simulation.draft is not None:
            raise UsageError(
                f"{call}() was called inside a callback of the strategy. Call it from the notebook instead."
            )

    def transaction(self, memory: Remembered | None) -> Transaction:
        """A change that is kept as a whole or taken back, with the memory that is then put back."""
        return Transaction(self, memory)

    def mark(self, memory: Remembered | None) -> _Mark:
        """Where timeline and journal stand, and the memory that goes with it: for :meth:`take_back`."""
        return self.simulation.timeline.mark(), memory, self.noted

    @property
    def noted(self) -> int:
        """Number of notes that the journal has not written."""
        return 0 if self.journal is None else len(self.journal.notes)

    def take_back_step(self, places: int, noted: int) -> None:
        """Undo a step from the tip: so many states were kept before it. A run takes thousands and marks none."""
        timeline = self.simulation.timeline
        timeline.branch.cut(places)
        self._forget(noted, timeline.memory)

    def take_back(self, mark: _Mark) -> None:
        """Undo all that was done since a mark."""
        timeline_mark, memory, noted = mark
        self.simulation.timeline.undo(timeline_mark)
        self._forget(noted, memory)

    def _forget(self, noted: int, memory: Remembered | None) -> None:
        """Put the memory back, and keep only the first notes for the journal."""
        if self.journal is not None:
            self.journal.forget(noted)
        self.memory.restore(memory)

    @property
    def standing(self) -> tuple[object, ...]:
        """What a call may change, to see whether it did."""
        timeline = self.simulation.timeline
        branch = timeline.branch
        place = branch.cursor
        strategy = self.memory.live.get("strategy")
        return (
            branch,
            place,
            branch.states[place],
            branch.memories[place],
            timeline.branches,
            timeline.edition,
            strategy,
        )

    @property
    def moment(self) -> Said:
        """Where the session stands, to be told in a language."""
        return moment_of(self.simulation)

    def recover(self, draft: Draft | None) -> None:
        """After a call that was cut off: nothing of it is under way, and what is kept is written."""
        self.simulation.draft = draft
        # A file that cannot be written is told by a notice: what ended the call comes first.
        with suppress(JournalError):
            self.sync()

    # ------------------------------------------------------------------ keeping

    def keep(self, kind: str, draft: Draft, memory: Remembered | None) -> bool:
        """Keep what a step or a command did; True when this opened a branch, because the cursor stood in the past."""
        timeline = self.simulation.timeline
        forked = timeline.commit(draft, memory, new_state=kind == "step")
        if forked:
            # Tickets in memory now belong to the new branch.
            self.memory.restore(memory)
        if self.journal is not None:
            self.journal.note(kind, timeline.branch, draft.events, memory, draft.commands)
        return forked

    def keep_calm(self, draft: Draft, memory: Remembered | None) -> State:
        """Keep the moment up to which nothing has happened in a step, from the tip; the state there."""
        timeline = self.simulation.timeline
        branch, event, state = timeline.branch, events.Advanced(draft.at), draft.freeze()
        branch.log.append(event)
        branch.reach(state, memory, timeline.edition)
        if self.journal is not None:
            self.journal.note("step", branch, [event], memory)
        return state

    def keep_command(self, draft: Draft) -> None:
        """Keep what a command by hand did, at the present moment; from the past this opens a branch."""
        with self.section("The command"):
            memory = self.memory.snapshot()
            with self.transaction(memory):
                forked = self.keep("command", draft, memory)
            self._told(forked=forked)

    def remember(self, write: Callable[[], None]) -> None:
        """Change what the strategy remembers: by hand this is a command, inside a callback a part of the step."""
        simulation = self.simulation
        if simulation.draft is not None:
            write()
            return
        with self.section("session.memory"):
            forked = False
            with self.transaction(self.memory.snapshot()):
                write()
                memory = self.memory.snapshot()
                if memory != simulation.timeline.memory:
                    forked = self.keep("command", Draft(simulation.timeline.state), memory)
            self._told(forked=forked)

    def move_to(self, place: int) -> None:
        """Stand on a kept moment of the present branch, with the memory that belongs to it.

        Raises
        ------
        OutOfRange
            It is not kept.
        """
        timeline = self.simulation.timeline
        timeline.check(place)
        with self.transaction(timeline.memory):
            timeline.move_to(place)
            self.memory.restore(timeline.memory)

    def _told(self, *, forked: bool) -> None:
        """After a command by hand: say what it did to the branches, and write it."""
        branch = self.simulation.timeline.branch.name
        self.voice.say(Said("acted_from_past", branch=branch) if forked else None)
        self.sync()

    def warn_of_frozen(self, log: Iterable[events.Event], account: str = "") -> None:
        """Warn once of each position that was frozen among some events, of the first account or of a named one."""
        exchange, where = self.simulation.exchange, f" in the account {account!r}" if account else ""
        for event in log:
            if not isinstance(event, events.PositionStale):
                continue
            # The last day with a bar is the one before: this is asked on the first day without.
            last = exchange.date(event.at.day - 1)
            notice = (
                f"{exchange.market.symbols[event.instrument]} has no bars after {last} and no delisting on record: its "
                f"position{where} is frozen at its last price (stale) and its orders are rejected with DATA_ENDED "
                "until bars go on."
            )
            if notice not in self.voice.notices:
                self.voice.tell(notice, "data")
                warnings.warn(notice, MarketWarning, stacklevel=2)

    def sync(self) -> None:
        """Write the journal, where there is one; on failure the session goes on in memory."""
        journal = self.journal
        if journal is None:
            return
        if not journal.is_open:
            self.journal = None
            self.voice.tell(
                f"The journal {journal.path.name} was opened by another session: this one goes on in memory only."
            )
            return
        try:
            journal.flush(self.simulation.timeline)
        except JournalError as problem:
            self.journal = None
            self.voice.tell(str(problem))
            raise


class Transaction:
    """Timeline, memory and journal change together or not at all.

    Whatever ends the block early, an error of a strategy or an interrupt at any line, takes back what had been done:
    the timeline to where it stood, the memory to what it held, and the notes that the journal has not written.

    Parameters
    ----------
    keeper : Keeper
    memory : Remembered or None
        What the memory is taken back to.
    """

    __slots__ = ("_keeper", "_mark")

    def __init__(self, keeper: Keeper, memory: Remembered | None) -> None:
        self._keeper, self._mark = keeper, keeper.mark(memory)

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._keeper.take_back(self._mark)
