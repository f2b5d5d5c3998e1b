"""Calm days: nothing waits for the market, nothing comes to the account by itself, and a strategy only looks.

Most days of most runs are. Each is kept like any other day, with its state, its event and what the strategy remembers;
only the way through phases in which nothing can happen is left out. A test holds both ways against each other.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from qresearch.domain.moment import AFTER_CLOSE, CLOSE, INTRADAY, OPEN, PRE_OPEN, Moment
from qresearch.engine.draft import Draft
from qresearch.session.host import Host
from qresearch.session.interrupts import ask
from qresearch.session.schedules import AT_EVERY_BAR

_moment = tuple.__new__  # makes a moment without a call of Python, on every day


class CalmDays:
    """Passes over the calm days that lie ahead of a session.

    Parameters
    ----------
    host : Host
    is_alone : callable
        Whether no account stands beside the first one: each of their days is a step.
    """

    def __init__(self, host: Host, is_alone: Callable[[], bool]) -> None:
        self._host, self._is_alone, self._keeper, self._simulation = host, is_alone, host.keeper, host.simulation
        self.passed = 0
        """Number of days that were kept, in all walks together."""

    def walk(self, target: Moment, goal: Moment, most: int) -> Draft | None:
        """Keep the calm days up to a goal, at most so many.

        Parameters
        ----------
        target : Moment
            Where the step ahead ends.
        goal : Moment
            Where the last one does.
        most : int

        Returns
        -------
        Draft or None
            The step in which the strategy first did something, up to there. None where the goal, or a day of another
            kind, comes first.
        """
        simulation, keeper, host, memory = self._simulation, self._keeper, self._host, self._keeper.memory
        exchange, state, schedules = simulation.exchange, simulation.timeline.state, memory.schedules
        stirred = exchange.stirred
        if stirred is None or exchange.intraday is not None or host.listens or not self._is_alone():
            return None
        if state.phase != CLOSE or target != (state.day + 1, CLOSE, 0) or state.day < exchange.first or state.stale:
            return None
        day, last = state.day, min(goal.day if goal.phase >= CLOSE else goal.day - 1, exchange.last)
        set_up, held, enough = schedules.keys, state.positions.keys(), self.passed + most
        calls = _calls(frozenset(host.hooks), set_up)
        at_close = CLOSE in calls
        # One for all of them: what nothing has happened in is as new.
        draft = simulation.draft = Draft(state)
        try:
            while day < last and self.passed < enough and schedules.keys == set_up:
                # The evening of the one day and the morning of the next.
                if day in stirred and not held.isdisjoint(stirred[day]):
                    return None
                if day + 1 in stirred and not held.isdisjoint(stirred[day + 1]):
                    return None
                draft.base = state
                for phase in calls:
                    there = day + (phase < AFTER_CLOSE)
                    draft.at, draft.day, draft.phase = _moment(Moment, (there, phase, 0)), there, phase
                    host.call_due(draft)
                    if draft.events:
                        return draft
                day += 1
                if not at_close:
                    draft.stand_at(_moment(Moment, (day, CLOSE, 0)))
                state = keeper.keep_calm(draft, memory.snapshot())
                self.passed += 1
                ask()
        finally:
            simulation.draft = None
        return None


@lru_cache(maxsize=64)
def _calls(hooks: frozenset[int], set_up: tuple[tuple[int, str], ...]) -> tuple[int, ...]:
    """The phases from one close to the next at which something may be called."""
    return tuple(
        phase for phase in _DAY if phase in hooks or any(when == phase or when >= AT_EVERY_BAR for when, _ in set_up)
    )


_DAY = (AFTER_CLOSE, PRE_OPEN, OPEN, INTRADAY, CLOSE)
"""The phases that follow a close, up to the next."""
