"""How a user moves a session in time: forwards, backwards, to a moment, to a condition, and along branches."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from qresearch.domain import events
from qresearch.domain.arguments import flag, text, whole
from qresearch.domain.moment import AFTER_CLOSE, PHASES, Moment
from qresearch.errors import OutOfRange, UsageError, choose
from qresearch.sentences import Said
from qresearch.session import frames
from qresearch.session.attempt import Attempt
from qresearch.session.branches import Branches
from qresearch.session.breakpoints import Breakpoints
from qresearch.session.clock import Clock
from qresearch.session.goals import goal_of
from qresearch.session.interrupts import LET, ask
from qresearch.session.journal import BATCH
from qresearch.session.now import Now
from qresearch.session.schedules import moment_at
from qresearch.session.watch import Watch
from qresearch.session.what_if import WhatIf

if TYPE_CHECKING:
    from qresearch.session.session import Session

_NOTHING = nullcontext()

__all__ = ["Navigation", "Now"]


class Navigation(Clock):
    """How a session moves in time. Everything here is a part of :class:`~qresearch.Session`."""

    # ------------------------------------------------------------------ forwards

    def step(self, n: int = 1, *, phase: str | None = None, rerun: bool = False, debug: bool = False) -> Session:
        """Go on to the next close, or to the next occurrence of a phase.

        A step is a transaction: if the strategy raises, the session stands where it stood before, and what the step
        had done is in :attr:`attempt`. After going back, steps redo the kept future without calling the strategy;
        placing an order first opens a branch, and so does a step once the strategy has been changed: what the old code
        did is kept on its branch and never passed off as what the new code does.

        Parameters
        ----------
        n : int
            Number of steps. More than there are stop at the end of the session.
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
            The session stands at its last day already; go back, or open one with a later end.
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
        with self._section("step"):
            self._begin_move()
            redone, short = 0, None
            with self._debugging(at_callbacks=True) if debug else _NOTHING:
                for done in range(n):
                    target = self._target(phase)
                    if done and target[0] > self._exchange.last:
                        short = Said("steps_short", done=done, count=n)
                        break
                    if done:
                        ask()
                    redone += self._step(target, rerun=rerun or debug)
            if redone or short or self._heading:
                self._say_steps(redone, short)
            if self._watch is not None:
                with LET:
                    self._watch.tell()
        return cast("Session", self)

    def _begin_move(self) -> None:
        """Before a call that may simulate: nothing is said yet, and a strategy loaded again is noticed."""
        self.message, self._heading, self._again = "", None, 0
        if self._hooks:
            self._notice_reload()

    def _say_steps(self, redone: int, short: Said | None) -> None:
        """What a call of step has to say."""
        again = Said("redid_step" if redone == 1 else "redid_steps", count=redone) if redone else None
        self.message = self._words.tell(self._heading or self.message, again, short)

    def _step(self, target: Moment, *, rerun: bool) -> bool:
        """One step, written; True when it was redone from what is kept."""
        redone = not (self._timeline.at_tip or rerun or self._timeline.is_outdated)
        self._go(target, rerun=rerun)
        if self._journal is not None:
            self._sync()
        if self._watch is not None:
            with LET:
                self._watch.note()
        return redone

    # ------------------------------------------------------------------ runs

    def run(self, until: object = None, *, rerun: bool = False, progress: bool = True, debug: bool = False) -> Session:
        """Step to the end of the session, or until something holds.

        Breakpoints stop it at the end of the phase that hit them, with the reason in the message; running again goes
        on. See :attr:`breakpoints`. After going back it redoes the kept future without calling the strategy, up to
        where the strategy has been changed since: from there the new code runs, on a new branch.

        Parameters
        ----------
        until : str, date or callable, or a list of them, optional
            A date (the last trading day at or before it), on minute data also with a time such as "2024-03-01 10:30"
            (the last bar that has ended by then); a predicate on the session that is asked after every step
            and stops the run when it returns True; the name of a breakpoint, also of a disabled one; or an event such
            as "order.rejected". Of several, the first that comes.
        rerun : bool
            After going back: call the strategy again over the kept future, as :meth:`step` does.
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
        rerun, progress, debug = flag("rerun", rerun), flag("progress", progress), flag("debug", debug)
        predicate, extra, goal = goal_of(cast("Session", self), until)
        with self._section("run"):
            self._begin_move()
            with LET:
                self._armed = self._breakpoints.arm(*extra)
            with self._debugging(at_callbacks=False) if debug else _NOTHING:
                stopped = self._run_days(goal, predicate, rerun=rerun, progress=progress)
                if until is None and not stopped:
                    stopped = self._end_last_day(goal[0], rerun=rerun)
            reasons = self._armed.reasons if self._armed is not None else ()
            self._armed = None
            notices = None if stopped else self.notices.summary
            self.message = self._words.tell(self._heading, self._run_message(reasons, stopped=stopped), notices)
            return self._settle()

    def _end_last_day(self, day: int, *, rerun: bool) -> bool:
        """Go on to what follows the last close, kept or not; True when a breakpoint stopped it earlier."""
        timeline, target = self._timeline, Moment(day, AFTER_CLOSE)
        stopped = False
        while not stopped and timeline.state.phase < AFTER_CLOSE:
            ask()
            stopped = self._go(target, rerun=rerun)
        return stopped

    def _run_days(
        self, goal: Moment, predicate: Callable[[Session], object] | None, *, rerun: bool, progress: bool
    ) -> bool:
        """Step day by day; True when a breakpoint or the predicate stopped it."""
        if not progress:
            return self._walk_days(goal, predicate, None, rerun=rerun)
        days = max(goal[0] - self._timeline.state.day, 0)
        with tqdm(total=days, desc="run", unit="day", delay=2, leave=False) as bar:
            return self._walk_days(goal, predicate, bar, rerun=rerun)

    def _walk_days(self, goal: Moment, predicate: Callable[[Session], object] | None, bar: Any, *, rerun: bool) -> bool:
        timeline, number = self._timeline, 0
        while True:
            state = timeline.state
            if (state.day, state.phase, state.bar) >= goal:
                return False
            ask()
            target = min(self._target(None), goal)
            hit = self._go(target, rerun=rerun)
            number += 1
            if number % BATCH == 0:
                if bar is not None:
                    bar.update(BATCH)
                if self._journal is not None:
                    self._sync()
            if self._watch is not None:
                with LET:
                    self._watch.note()
            if hit or (predicate is not None and self._holds(predicate)):
                return True

    def _holds(self, predicate: Callable[[Session], object]) -> bool:
        """Ask a function of the user's."""
        with LET:
            return bool(predicate(cast("Session", self)))

    def _run_message(self, reasons: tuple[Said | str, ...], *, stopped: bool) -> Said | None:
        if stopped:
            return Said("stopped_at", moment=self._moment, why=reasons or Said("condition_holds"))
        account = self._account
        if not account.orders or any(
            isinstance(event, events.Matched) and event.traded for event in self._timeline.branch.log
        ):
            return None
        orders = self._orders()
        if any(order.filled for order in orders.values()):
            return None
        counts = frames.rejected_counts(orders.values())
        told = ", ".join(f"{reason} {count}" for reason, count in sorted(counts.items())) or Said("none_ended")
        return Said("nothing_traded", count=len(orders), reasons=told)

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
        with self._section("back"):
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
        with self._section("goto"):
            self.message = ""
            if isinstance(where, pd.Series):
                event = cast("int", where.name)
            if event is not None:
                self._move_to(self._timeline.find_event(whole("goto: event", event, least=0, example=0)))
            elif isinstance(where, (int, np.integer)) and not isinstance(where, bool):
                stop = whole("goto: stop", where, least=-_MOST_STEPS, example=-1)
                kept = len(self._timeline.branch.stops)
                if not -kept <= stop < kept:
                    raise OutOfRange(
                        f"goto: stop {stop} leaves the kept history of {kept} stops. Pass 0 to {kept - 1}."
                    )
                self._move_to(stop if stop >= 0 else kept + stop)
            else:
                self._move_to(self._stop_of_day(where))
            return self._settle()

    def _stop_of_day(self, day: object) -> int:
        index = self.market.panel.day_index(day)
        moment = moment_at(day, self._exchange)
        stop = self._timeline.find(*(moment or (index, AFTER_CLOSE)))
        if stop < 0 and moment is not None and self._timeline.find(index, AFTER_CLOSE) >= 0:
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
        with self._section("branch"):
            parent = self._timeline.branch.name
            with self._transaction(self._timeline.memory):
                self._timeline.fork_here(name)
                self._memory.restore(self._timeline.memory)
            self.message = self._words.tell(Said("branch_opened", branch=name, parent=parent))
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
        return WhatIf(cast("Session", self), self._words)

    @property
    def attempt(self) -> Attempt | None:
        """The last step that failed: its events, orders, fills, locals and traceback. None when none has."""
        return self._attempt


_MOST_STEPS = 10**15
