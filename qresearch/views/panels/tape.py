"""What happened on the branch of a session, read once and kept up to date: fills, marks of the timeline, events."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from qresearch.domain import events

if TYPE_CHECKING:
    from qresearch.book.timeline import Branch
    from qresearch.session.port import AnySession

MARKS: dict[type, str] = {events.OrderCreated: "placed", events.OrderFilled: "filled", events.OrderRejected: "rejected"}
"""Events that the timeline marks."""

_CLOCKWORK = (events.Advanced, events.QueueEmptied)


class Tape:
    """A reader of the log of the present branch that reads each entry once.

    Parameters
    ----------
    session : AnySession

    Examples
    --------
    >>> import qresearch as qr
    >>> session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000)
    >>> tape = Tape(session)
    >>> _ = session.buy("604018", 1000)
    >>> _ = session.step(2)
    >>> len(tape.fills()), {kind: len(days) for kind, days in tape.marks().items()}
    (1, {'placed': 1, 'filled': 1, 'rejected': 0})
    """

    def __init__(self, session: AnySession) -> None:
        self._session = session
        self._branch: Branch | None = None
        self._count = 0
        self._fills: list[events.OrderFilled] = []
        self._places: list[int] = []
        self._marks: dict[str, list[int]] = {}

    def _read(self) -> None:
        branch = self._session.simulation.timeline.branch
        if branch is not self._branch or self._count > len(branch.log):
            self._branch, self._count = branch, 0
            self._fills, self._places = [], []
            self._marks = {kind: [] for kind in MARKS.values()}
        for place in range(self._count, len(branch.log)):
            for event in events.records(iter((branch.log[place],))):
                kind = MARKS.get(type(event))
                if kind is not None:
                    days = self._marks[kind]
                    if not days or days[-1] != event.at.day:
                        days.append(event.at.day)
                if isinstance(event, events.OrderFilled):
                    self._fills.append(event)
                    self._places.append(place + 1)
        self._count = len(branch.log)

    def fills(self) -> list[events.OrderFilled]:
        """All fills up to now, oldest first."""
        self._read()
        return self._fills[: bisect_right(self._places, self._session.simulation.timeline.count)]

    def marks(self) -> dict[str, list[int]]:
        """Days (indices) on which orders were placed, filled and rejected, those of the kept future included."""
        self._read()
        return self._marks

    def newest(self, wanted: Callable[[events.Record], bool]) -> Iterator[events.Record]:
        """The events up to now that are wanted, newest first; those that only move the clock are left out."""
        timeline = self._session.simulation.timeline
        for place in range(timeline.count - 1, -1, -1):
            entry = timeline.branch.log[place]
            if isinstance(entry, _CLOCKWORK):
                continue
            for event in reversed(list(events.records(iter((entry,))))):
                if wanted(event):
                    yield event
