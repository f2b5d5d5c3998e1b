"""How far a run goes: what its ``until=`` says, as a moment, breakpoints and a question."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from qresearch.domain.arguments import day_text, function
from qresearch.domain.moment import CLOSE, Moment
from qresearch.errors import OutOfRange, UsageError, close_matches, did_you_mean, shown
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

    Raises
    ------
    OutOfRange
        No date, breakpoint, event or function.
    UsageError
        A list of nothing, which would run to the end.
    """
    if isinstance(until, (list, tuple)) and not until:
        raise UsageError(f"run: until={until!r} holds nothing to stop at. Leave until= out to run to the end.")
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
        elif day_text(goal) is None:
            raise OutOfRange(_no_goal(goal, breakpoints.names))
        else:
            moment = moment_at(goal, session.simulation.exchange)
            last = min(moment or Moment(session.market.panel.day_index(goal, side="previous"), CLOSE), last)
    if len(predicates) < 2:
        return predicates[0] if predicates else None, extra, last
    return lambda session: any(holds(session) for holds in predicates), extra, last


def _no_goal(goal: object, names: Iterable[str]) -> str:
    """Why a run cannot stop at something, and what to write."""
    known = [*names, *EVENTS]
    hint = did_you_mean(close_matches(goal, known)) if isinstance(goal, str) else ""
    if isinstance(goal, int) and not isinstance(goal, bool):
        hint = f"To take some steps, write step({shown(goal)}). "
    return (
        f"run: until={shown(goal)} is no date, breakpoint or event. {hint}Pass a date such as '2024-01-31', the name "
        "of a breakpoint, an event such as 'order.rejected', or a function of the session."
    )
