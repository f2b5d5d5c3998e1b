"""Running again what is kept: the strategy is called over the future of a branch, and its events are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qresearch.domain.moment import Moment
from qresearch.sentences import Said
from qresearch.session.commands import split_step
from qresearch.session.encoding import encode
from qresearch.session.interrupts import ask

if TYPE_CHECKING:
    from qresearch.session.session import Session


def rerun_to(session: Session, target: Moment) -> bool:
    """Call the strategy again over kept stops, up to a moment or to where the events differ.

    Parameters
    ----------
    session : Session
    target : Moment
        At or after which it ends.

    Returns
    -------
    bool
        True when a breakpoint stopped it earlier.
    """
    timeline, hit = session._timeline, False
    while not timeline.at_tip and not hit:
        day = timeline.branch.stops[timeline.stop + 1].day
        with session._transaction(timeline.memory):
            differs, hit = rerun_one(session)
        if differs:
            date = session._exchange.date(day)
            session._heading = Said("rerun_differs", day=date, branch=timeline.branch.name)
            break
        session._again += 1
        key = "ran_step_again" if session._again == 1 else "ran_steps_again"
        session._heading = Said(key, count=session._again)
        if timeline.state.at >= target:
            return hit
        ask()
    if not hit and timeline.state.at < target:
        return session._advance_to(*target)
    return hit


def rerun_one(session: Session) -> tuple[bool, bool]:
    """Call the strategy again for the next kept stop.

    Returns
    -------
    differs : bool
        Its events differ, which opens a branch.
    hit : bool
        A breakpoint is hit by them. It is asked after the whole step, which is compared as a whole.
    """
    timeline = session._timeline
    branch, stop = timeline.branch, timeline.stop
    armed, session._armed = session._armed, None
    try:
        draft = session._simulate(*branch.stops[stop + 1].at)
    finally:
        session._armed = armed
    memory = session._memory.snapshot()
    if armed is not None:
        armed.begin()
    hit = armed is not None and session._check(armed, draft.events)
    before, _ = split_step(branch.log[branch.counts[stop] : branch.counts[stop + 1]])
    if encode(draft.events) != encode(before):
        session._keep("step", draft, memory)
        return True, hit
    timeline.move_to(stop + 1)
    if memory != branch.memories[stop + 1] or branch.editions[stop + 1] != timeline.edition:
        if session._journal is not None:
            session._journal.note("memory", branch, [], memory)
        # The last lines: what is cut off before them is taken back, and nothing else has been changed.
        branch.editions[stop + 1] = timeline.edition
        branch.memories[stop + 1] = memory
    return False, hit
