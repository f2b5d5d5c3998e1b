"""One way to read a log as far as it has grown: it follows branch, cursor and the draft of a running step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, Self, TypeVar

from qresearch.book.timeline import Branch, Timeline
from qresearch.domain import events
from qresearch.domain.state import State
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.market.market import Benchmark, Market


class Reading(Protocol):
    """What is read of a log, one event after the other."""

    def fold(self, event: events.Record, /) -> None:
        """Take in one event."""

    def fork(self) -> Self:
        """A reading that goes on from this one, which stays as it is."""


class Logged(Protocol):
    """What has a log: branches, a cursor, and perhaps a step under way."""

    timeline: Timeline
    draft: Draft | None


class Run(Logged, Protocol):
    """What the tables of a run are made of."""

    market: Market
    exchange: Exchange
    starting_equity: int
    benchmark: Benchmark | None

    @property
    def account(self) -> Draft | State:
        """The account as it stands."""

    @property
    def log(self) -> list[events.Event]:
        """All that happened on this branch up to now."""


T = TypeVar("T", bound=Reading)


class Projection(Generic[T]):
    """A reading of the log that is brought up to date when someone looks, and never read twice.

    Parameters
    ----------
    source : Logged
    empty : callable
        Makes a reading of nothing.
    """

    def __init__(self, source: Logged, empty: Callable[[], T]) -> None:
        self._source, self._empty = source, empty
        self._branch: Branch | None = None
        self._count = 0
        self._kept = empty()
        self._draft: Draft | None = None
        self._seen = self._rows = 0
        self._running = self._kept

    def on(self, branch: Branch, *, whole: bool = False) -> T:
        """The reading of a branch up to its cursor, or of the kept future as well."""
        count = len(branch.log) if whole else branch.counts[branch.cursor]
        known, kept, start = self._branch, self._kept, self._count
        if known is not branch or start > count:
            kept, start = self._empty(), 0
        if known is branch and start == count:
            return kept
        # Until it is done: a reading that was interrupted is not gone on with.
        self._branch = None
        for event in events.records(branch.log[start:count]):
            kept.fold(event)
        self._kept, self._count, self._branch, self._draft = kept, count, branch, None
        return kept

    def now(self) -> T:
        """The reading of the present branch up to its cursor, and of the step under way."""
        draft = self._source.draft
        kept = self.on(self._source.timeline.branch)
        if draft is None:
            return kept
        if self._draft is not draft:
            self._running, self._seen, self._rows = kept.fork(), 0, 0
        self._draft = None
        self._follow(draft)
        self._draft = draft
        return self._running

    def _follow(self, draft: Draft) -> None:
        """Take in what has happened in the step; the block that takes requests now is read as far as it has grown."""
        log = draft.events
        while self._seen < len(log):
            event = log[self._seen]
            if isinstance(event, (events.Placed, events.Matched)):
                for record in event.records(range(self._rows, len(event))):
                    self._running.fold(record)
                if event is draft.block:
                    self._rows = len(event)
                    return
                self._rows = 0
            else:
                self._running.fold(event)
            self._seen += 1
