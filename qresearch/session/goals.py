"""How far a run goes: what its ``until=`` says, as a moment, breakpoints and a question."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from qresearch.domain.arguments import function
from qresearch.domain.moment import CLOSE, Moment
from qresearch.session.breakpoints import EVENTS, Breakpoint, Breakpoints
from qresearch.session.schedules import moment_at

if TYPE_CHECKING:
    from qresearch.session.port import AnySession


def goal_of(
    session: AnySession, breakpoints: Breakpoints, until: object
) -> tuple[Callable[[AnySession], object] | None, list[Breakpoint], Moment]:
    """Predicate, breakpoints and last moment of a run.

    Parameters
    ----------
    session : AnySession
    breakpoints : Breakpoints
    until : object
        As :meth:`Session.run` takes it.
    """
    last = Moment(session.simulation.exchange.last, CLOSE)
    predicates: list[Callable[[AnySession], object]] = []
    extra: list[Breakpoint] = []
    for goal in until if isinstance(until, (list, tuple)) else () if until is None else (until,):
        if isinstance(goal, Breakpoint) or (isinstance(goal, str) and goal in breakpoints.names):
            extra.append(breakpoints.find(goal))
        elif isinstance(goal, str) and goal in EVENTS:
            extra.append(breakpoints.only(goal))
        elif callable(goal):
            predicates.append(function("until", goal, "the session"))
        else:
            moment = moment_at(goal, session.simulation.exchange)
            last = min(moment or Moment(session.market.panel.day_index(goal, side="previous"), CLOSE), last)
    if len(predicates) < 2:
        return predicates[0] if predicates else None, extra, last
    return lambda session: any(holds(session) for holds in predicates), extra, last
