"""How a user moves a session in time: forwards, backwards, to a moment, to a condition, and along branches."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from qresearch.domain.arguments import flag, function, text, whole
from qresearch.domain.messages import Matched, records
from qresearch.errors import OutOfRange, UsageError, choose
from qresearch.market.venue import PHASE_ORDER, PHASES, Phase
from qresearch.session import frames
from qresearch.session.attempt import Attempt
from qresearch.session.branches import Branches
from qresearch.session.breakpoints import EVENTS, Breakpoint, Breakpoints
from qresearch.session.clock import Clock, Now, Target
from qresearch.session.journal import BATCH
from qresearch.session.schedules import moment_at
from qresearch.session.watch import Watch
from qresearch.session.what_if import WhatIf

if TYPE_CHECKING:
    from qresearch.session.session import Session

_CLOSE, _AFTER_CLOSE = PHASE_ORDER[Phase.CLOSE], PHASE_ORDER[Phase.AFTER_CLOSE]

__all__ = ["Navigation", "Now"]


class Navigation(Clock):
    """How a session moves in time. Everything here is a part of :class:`~qresearch.Session`."""

    # ------------------------------------------------------------------ forwards

    def step(self, n: int = 1, *, phase: str | None = None, rerun: bool = False, debug: bool = False) -> Session:
        """Go on to the next close, or to the next occurrence of a phase.

        A step is a transaction: if the strategy raises, the session stands where it stood before, and what the step
        had done is in :attr:`attempt`. After going back, steps redo the kept future without calling the strategy;
        placing an order first opens a branch.

        Parameters
        ----------
        n : int
            Number of steps.
        phase : str, optional
            "PRE_OPEN", "OPEN", "INTRADAY", "CLOSE", "AFTER_CLOSE", or "next" for the next one whatever it is. On minute
            data every whole bar is an INTRADAY of its own.
        rerun : bool
            After going back: call the strategy again instead of redoing the kept future. Equal events stay on the
            branch, different ones open another. Orders by hand of the kept future are not placed again.
        debug : bool
            Open the standard debugger on the first line of each callback (this also calls the strategy again). Inside,
            ``c`` goes on, ``q`` leaves without taking the step.

        Returns
        -------
        Session
            Itself, so that a cell shows where it stands.

        Raises
        ------
        OutOfRange
            Beyond the last day of the session; go back, or open one with a later end.
        StrategyError
            A callback raised; mend it and step again.

        Examples
        --------
        >>> import qresearch as qr
        >>> session = qr.Session(qr.sample_market(), start="2022-03-01")
        >>> session.step(phase="OPEN").now.phase.value
        'OPEN'
        """
        if self._draft is not None or self._wanted_strategy:
            self._prepare("step")
        if type(n) is not int or not 0 < n < _MOST_STEPS:
            whole("step: n", n, example=1)
        if rerun is not False or debug is not False:
            flag("rerun", rerun), flag("debug", debug)
        if phase is not None:
            choose("phase", phase, [*PHASES, "next"])
        self.message = ""
        redone = 0
        with self._debugging(at_callbacks=True) if debug else _NOTHING:
            for _ in range(n):
                target = self._target(phase)
                if self._timeline.at_tip:
                    self._advance_to(*target)
                elif rerun or debug:
                    self._rerun_to(target)
                else:
                    self._redo(target)
                    redone += 1
                if self._watch is not None:
                    self._watch.note()
                if self._journal is not None:
                    self._sync()
        if redone:
            self.message = f"Redid {redone} kept {'step' if redone == 1 else 'steps'} without calling the strategy."
        if self._watch is not None:
            self._watch.tell()
        return cast("Session", self)

    # ------------------------------------------------------------------ runs

    def run(self, until: object = None, *, progress: bool = True, debug: bool = False) -> Session:
        """Step to the end of the session, or until something holds.

        Breakpoints stop it at the end of the phase that hit them, with the reason in the message; running again goes
        on. See :attr:`breakpoints`.

        Parameters
        ----------
        until : str, date or callable, or a list of them, optional
            A date (the last trading day at or before it), on minute data also with a time such as "2024-03-01 10:30"
            (the last bar that has ended by then); a predicate on the session that is asked after every step
            and stops the run when it returns True; the name of a breakpoint, also of a disabled one; or an event such
            as "order.rejected". Of several, the first that comes.
        progress : bool
            Show a progress bar when the run takes more than two seconds.
        debug : bool
            Open the standard debugger inside the callback whose order hits a breakpoint.

        Returns
        -------
        Session

        Raises
        ------
        StrategyError
            A callback raised; everything up to the step before it is kept.

        Examples
        --------
        >>> import qresearch as qr
        >>> session = qr.Session(qr.sample_market(), start="2022-03-01")
        >>> str(session.run(until="2022-03-10").now.day)[:10]
        '2022-03-10'
        """
        self._prepare("run")
        progress, debug = flag("progress", progress), flag("debug", debug)
        predicate, extra, goal = self._goal(until)
        self._armed = self._breakpoints.arm(*extra)
        try:
            with self._debugging(at_callbacks=False) if debug else _NOTHING:
                stopped = self._run_days(goal, predicate, progress=progress)
                if until is None and not stopped:
                    stopped = self._end_last_day(goal[0])
            reason = self._armed.reason if self._armed is not None else ""
        finally:
            self._armed = None
            if self._journal is not None:
                self._sync()
        self.message = self._run_message(stopped=stopped, reason=reason)
        if not stopped and (summary := self.notices.summary):
            self.message = f"{self.message} Notices of the script: {summary}".strip()
        return self._settle()

    def _end_last_day(self, day: int) -> bool:
        """Go on to what follows the last close, kept or not; True when a breakpoint stopped it earlier."""
        timeline, target = self._timeline, (day, _AFTER_CLOSE, 0)
        stopped = False
        while not stopped and timeline.state.phase < _AFTER_CLOSE:
            stopped = self._advance_to(*target) if timeline.at_tip else self._redo(target)
        return stopped

    def _goal(self, until: object) -> tuple[Callable[[Session], object] | None, list[Breakpoint], Target]:
        """Predicate, breakpoints and last moment of a run."""
        last = (self._exchange.last, _CLOSE, 0)
        predicates: list[Callable[[Session], object]] = []
        extra: list[Breakpoint] = []
        for goal in until if isinstance(until, (list, tuple)) else () if until is None else (until,):
            if isinstance(goal, Breakpoint) or (isinstance(goal, str) and goal in self._breakpoints.names):
                extra.append(self._breakpoints.find(goal))
            elif isinstance(goal, str) and goal in EVENTS:
                extra.append(self._breakpoints.only(goal))
            elif callable(goal):
                predicates.append(function("until", goal, "the session"))
            else:
                moment = moment_at(goal, self._exchange)
                last = min(moment or (self.market.panel.day_index(goal, side="previous"), _CLOSE, 0), last)
        if len(predicates) < 2:
            return predicates[0] if predicates else None, extra, last
        return lambda session: any(holds(session) for holds in predicates), extra, last

    def _run_days(self, goal: Target, predicate: Callable[[Session], object] | None, *, progress: bool) -> bool:
        """Step day by day; True when a breakpoint or the predicate stopped it."""
        if not progress:
            return self._walk_days(goal, predicate, None)
        days = max(goal[0] - self._timeline.state.day, 0)
        with tqdm(total=days, desc="run", unit="day", delay=2, leave=False) as bar:
            return self._walk_days(goal, predicate, bar)

    def _walk_days(self, goal: Target, predicate: Callable[[Session], object] | None, bar: Any) -> bool:
        timeline, number = self._timeline, 0
        while True:
            state = timeline.state
            if (state.day, state.phase, state.bar) >= goal:
                return False
            target = min(self._target(None), goal)
            hit = self._advance_to(*target) if timeline.at_tip else self._redo(target)
            number += 1
            if self._watch is not None:
                self._watch.note()
            if number % BATCH == 0:
                if bar is not None:
                    bar.update(BATCH)
                if self._journal is not None:
                    self._sync()
            if hit or (predicate is not None and predicate(cast("Session", self))):
                return True

    def _run_message(self, *, stopped: bool, reason: str) -> str:
        if stopped:
            return f"Stopped at {self._now_text}: {reason or 'the condition holds.'}"
        account = self._account
        if not account.orders or any(
            isinstance(event, Matched) and event.traded for event in self._timeline.branch.log
        ):
            return ""
        orders = self._orders()
        if any(order.filled for order in orders.values()):
            return ""
        counts = frames.rejected_counts(orders.values())
        reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(counts.items())) or "none ended yet"
        return f"Nothing was traded: {len(orders)} orders, {reasons}."

    # ------------------------------------------------------------------ back, and to a moment

    def back(self, n: int = 1) -> Session:
        """Go back some stops. Nothing is erased: step() redoes them, acting opens a branch.

        The variables of the notebook cannot be rewound; ``session.memory`` (the attributes of the context), the
        attributes of a class strategy, the globals of a script and what ``run_daily`` set up are.

        Parameters
        ----------
        n : int
            Number of stops: each step, and each move with ``phase=``, made one.

        Raises
        ------
        OutOfRange
            Beyond the beginning.
        """
        self._refuse_inside_callback("back")
        n = whole("back: n", n, example=1)
        self.message = ""
        self._move_to(self._timeline.stop - n)
        return self._settle()

    def goto(self, where: object = None, *, event: int | None = None) -> Session:
        """Go to a kept stop of this branch, back or forward. Never simulates.

        Parameters
        ----------
        where : str, date, int or row of ``session.events``, optional
            A date: the last stop of that day, on minute data with a time the last one up to it. An integer: a stop, 0
            for the beginning, -1 for the last one kept. A row of the events table: the first stop at which it had
            happened.
        event : int, optional
            The number (`seq`) of an event.

        Raises
        ------
        OutOfRange
            The day is no trading day, or nothing is kept there on this branch; the message says how far it goes.

        Examples
        --------
        >>> import qresearch as qr
        >>> session = qr.Session(qr.sample_market(), start="2022-03-01").step(5)
        >>> str(session.goto("2022-03-02").now.day)[:10], str(session.goto(-1).now.day)[:10]
        ('2022-03-02', '2022-03-07')
        """
        self._refuse_inside_callback("goto")
        self.message = ""
        if isinstance(where, pd.Series):
            event = cast("int", where.name)
        if event is not None:
            self._move_to(self._stop_of_event(event))
        elif isinstance(where, (int, np.integer)) and not isinstance(where, bool):
            stop, kept = whole("goto: stop", where, least=-_MOST_STEPS, example=-1), len(self._timeline.branch.stops)
            if not -kept <= stop < kept:
                raise OutOfRange(f"goto: stop {stop} leaves the kept history of {kept} stops. Pass 0 to {kept - 1}.")
            self._move_to(stop if stop >= 0 else kept + stop)
        else:
            self._move_to(self._stop_of_day(where))
        return self._settle()

    def _stop_of_day(self, day: object) -> int:
        index = self.market.panel.day_index(day)
        moment = moment_at(day, self._exchange)
        stop = self._timeline.find(*(moment or (index, _AFTER_CLOSE)))
        if stop < 0 and moment is not None and self._timeline.find(index, _AFTER_CLOSE) >= 0:
            raise OutOfRange(
                f"No stop is kept on {self._exchange.date(index)} up to that time: the clock went over it without "
                f"standing there. Go to the day before and run(until={str(day)!r}), or step with phase='INTRADAY'."
            )
        if stop < 0:
            stops = self._timeline.branch.stops
            raise OutOfRange(
                f"{self._exchange.date(index)} is not kept on branch {self._timeline.branch.name!r}, which goes from "
                f"{self._exchange.date(self._exchange.first)} to {self._exchange.date(max(stops[-1].day, 0))}. "
                "Use run(until=...) to simulate up to a day."
            )
        return stop

    def _stop_of_event(self, number: int) -> int:
        branch, number = self._timeline.branch, whole("goto: event", number, least=0, example=0)
        seen = place = 0
        for stop, count in enumerate(branch.counts):
            seen += sum(1 for _ in records(iter(branch.log[place:count])))
            place = count
            if 0 <= number < seen:
                return stop
        raise OutOfRange(
            f"There is no event {number!r} on branch {branch.name!r}: it has {seen}, counted from 0. "
            "See the index of session.events."
        )

    # ------------------------------------------------------------------ branches, breakpoints, watches

    def branch(self, name: str) -> Session:
        """Open a named branch here and stand on it; what lies ahead stays on the old one.

        Parameters
        ----------
        name : str

        Raises
        ------
        UsageError
            The name is taken: choose another, or go there with ``branches.switch``.
        """
        self._refuse_inside_callback("branch")
        if text("branch: name", name, "idea") in self._timeline.branches:
            raise UsageError(f"branch: {name!r} is taken. Choose another name, or branches.switch({name!r}).")
        self.message = f"Opened branch {name!r} from {self._timeline.branch.name!r}."
        self._timeline.fork_here(name)
        self._memory.restore(self._timeline.memory)
        return self._settle()

    @property
    def branches(self) -> Branches:
        """All branches: a table, and ``switch``, ``rename`` and ``compare``."""
        return Branches(cast("Session", self))

    @property
    def breakpoints(self) -> Breakpoints:
        """Where ``run`` stops: ``add``, ``enable``, ``disable``, ``remove`` and ``list``."""
        return self._breakpoints

    @property
    def watch(self) -> Watch:
        """Values to note at every step: ``watch("equity")``, then ``watch.table``."""
        if self._watch is None:
            self._watch = Watch(cast("Session", self))
        return self._watch

    @property
    def what_if(self) -> WhatIf:
        """Preview an order without placing it: ``what_if("buy", "600519", 100)``."""
        return WhatIf(cast("Session", self))

    @property
    def attempt(self) -> Attempt | None:
        """The last step that failed: its events, orders, fills, locals and traceback. None when none has."""
        return self._attempt


class _Nothing:
    """A context that does nothing: cheaper than contextlib's, for the step that is not debugged."""

    __slots__ = ()

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


_NOTHING = _Nothing()
_MOST_STEPS = 10**15
