"""The state after some events: :func:`evolve`, the fold of a log."""

from __future__ import annotations

from collections.abc import Iterable

from qresearch.domain import events
from qresearch.domain.state import State
from qresearch.engine.draft import Draft


def evolve(state: State, log: Iterable[events.Event]) -> State:
    """The state after some events. Pure: `state` is not changed.

    Parameters
    ----------
    state : State
    log : iterable of Event
        In the order in which they happened.

    Returns
    -------
    State
    """
    draft = Draft(state)
    for event in log:
        draft.stand_at(event.at)
        draft.apply(event)
    return draft.freeze()
