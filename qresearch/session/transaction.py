"""A change of what a session keeps, all or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qresearch.session.memory import Remembered
    from qresearch.session.session import Session


class Transaction:
    """Timeline, memory and journal change together or not at all.

    Whatever ends the block early, an error of a strategy or an interrupt at any line, takes back what had been done:
    the timeline to where it stood, the memory to what it held, and the notes that the journal has not written.

    Parameters
    ----------
    session : Session
    memory : Remembered or None
        What the memory is taken back to.
    """

    __slots__ = ("_mark", "_memory", "_noted", "_session")

    def __init__(self, session: Session, memory: Remembered | None) -> None:
        self._session, self._memory = session, memory
        self._mark = session._timeline.mark()
        journal = session._journal
        self._noted = 0 if journal is None else len(journal.notes)

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            return
        session = self._session
        session._timeline.undo(self._mark)
        if session._journal is not None:
            session._journal.forget(self._noted)
        session._memory.restore(self._memory)
