"""How a user moves a session in time: forwards, backwards, to a moment, to a condition, and along branches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from qresearch.book import frames
from qresearch.domain import events
from qresearch.domain.arguments import day_text, flag, text, whole
from qresearch.domain.moment import AFTER_CLOSE, PHASES, Moment
from qresearch.errors import OutOfRange, UsageError, choose, shown
from qresearch.sentences import Said
from qresearch.session.breakpoints import Breakpoints
from qresearch.session.clock import Clock
from qresearch.session.debugging import Debugger, LeftDebugger
from qresearch.session.goals import goal_of
from qresearch.session.interrupts import ask, let
from qresearch.session.journal import BATCH
from qresearch.session.port import AnySession
from qresearch.session.schedules import moment_at
from qresearch.session.simulation import Simulation
from qresearch.session.trader import Trader

_NOTHING = nullcontext()
_MOST_STEPS = 10**15


class Navigation:
    """Steps, runs and jumps, each a call that is done as a whole or not at all.

    Parameters
    ----------
    session : AnySession
        What predicates are asked with.
    clock : Clock
    trader : Trader
    breakpoints : Breakpoints
    """

    def __init__(self, session: AnySession, clock: Clock, trader: Trader, breakpoints: Breakpoints) -> None:
        self.session, self.clock, self.trader, self.breakpoints = session, clock, trader, breakpoints
        self.keeper, self.simulation = clock.keeper, clock.simulation

    # ------------------------------------------------------------------ forwards

    def step(self, n: int, phase: str | None, *, rerun: bool, debug: bool) -> None:
        """Take some steps; see :meth:`Session.step`."""
        clock, last = self.clock, self.simulation.exchange.last
        clock.prepare("step")
        if type(n) is not int or not 0 < n < _MOST_STEPS:
            if day_text(n) is not None and not isinstance(n, (int, float)):
                raise UsageError(f"step: n={shown(n)} is a day, not a number of steps. Write run(until={str(n)!r}).")
            whole("step: n", n, example=1)
        if rerun is not False or debug is not False:
            flag("rerun", rerun), flag("debug", debug)
        if phase is not None:
            choose("phase", phase, [*PHASES, "next"])
        with self.keeper.section("step"):
            clock.begin()
            redone, short = 0, None
            with self._debugging(at_callbacks=True) if debug else _NOTHING:
                for done in range(n):
                    target = clock.target(phase)
                    if done and target.day > last:
                        short = Said("steps_short", done=done, count=n)
                        break
                    if done:
                        ask()
                    redone += self._step(target, rerun=rerun or debug)
            if redone or short or clock.heading:
                again = Said("redid_steps", count=redone) if redone else None
                self.keeper.voice.say(clock.heading or self.keeper.voice.message, again, short)
            clock.look_beside()
            if clock.watch is not None:
                let(clock.watch.tell)

    def _step(self, target: Moment, *, rerun: bool) -> bool:
        """One step, written; True when it was redone from what is kept."""
        timeline = self.simulation.timeline
        redone = not (timeline.at_tip or rerun or timeline.is_outdated)
        self.clock.go(target, rerun=rerun)
        self.keeper.sync()
        if self.clock.watch is not None:
            let(self.clock.watch.note)
        return redone

    def run(self, until: object, *, rerun: bool, progress: bool, debug: bool) -> None:
        """Step to the end, or until something holds; see :meth:`Session.run`."""
        clock = self.clock
        clock.prepare("run")
        rerun, progress, debug = flag("rerun", rerun), flag("progress", progress), flag("debug", debug)
        predicate, extra, goal = goal_of(self.session, self.breakpoints, until)
        with self.keeper.section("run"):
            clock.begin()
            begun = self.simulation.timeline.state.at
            clock.armed = let(lambda: self.breakpoints.arm(*extra))
            try:
                with self._debugging(at_callbacks=False) if debug else _NOTHING:
                    stopped = self._run_days(goal, predicate, rerun=rerun, progress=progress)
                    if until is None and not stopped:
                        stopped = self._end_last_day(goal.day, rerun=rerun)
                reasons = clock.armed.reasons if clock.armed is not None else ()
            finally:
                clock.armed = None
            voice = self.keeper.voice
            notices = None if stopped else voice.notices.summary
            told = self._run_message(reasons, stopped=stopped)
            if not stopped and begun >= goal and self.simulation.timeline.state.at == begun:
                told = Said("nothing_to_run", moment=self.keeper.moment)
            voice.say(clock.heading, told, notices)
            clock.settle()

    def _run_days(
        self, goal: Moment, predicate: Callable[[AnySession], object] | None, *, rerun: bool, progress: bool
    ) -> bool:
        """Step day by day; True when a breakpoint or the predicate stopped it."""
        if not progress:
            return self._walk_days(goal, predicate, None, rerun=rerun)
        days = max(goal.day - self.simulation.timeline.state.day, 0)
        from tqdm.auto import tqdm  # noqa: PLC0415  # brings asyncio: only for a bar

        with tqdm(total=days, desc="run", unit="day", delay=2, leave=False) as bar:
            return self._walk_days(goal, predicate, bar, rerun=rerun)

    def _walk_days(
        self, goal: Moment, predicate: Callable[[AnySession], object] | None, bar: Any, *, rerun: bool
    ) -> bool:
        timeline, clock, keeper, number = self.simulation.timeline, self.clock, self.keeper, 0

        def each_batch() -> None:
            if bar is not None:
                bar.update(BATCH)
            keeper.sync()

        while timeline.state.at < goal:
            ask()
            close = clock.next_close()
            target = close if close < goal else goal
            if timeline.at_tip and clock.watch is None and predicate is None:
                # Nobody looks between two days.
                return clock.advance(target, goal, each_batch)
            hit = clock.go(target, rerun=rerun)
            number += 1
            if number % BATCH == 0:
                each_batch()
            if clock.watch is not None:
                let(clock.watch.note)
            if hit or (predicate is not None and self._holds(predicate)):
                return True
        return False

    def _end_last_day(self, day: int, *, rerun: bool) -> bool:
        """Go on to what follows the last close, kept or not; True when a breakpoint stopped it earlier."""
        timeline, stopped = self.simulation.timeline, False
        while not stopped and timeline.state.phase < AFTER_CLOSE:
            ask()
            stopped = self.clock.go(Moment(day, AFTER_CLOSE), rerun=rerun)
        return stopped

    def _holds(self, predicate: Callable[[AnySession], object]) -> bool:
        """Ask a function of the user's."""
        return let(lambda: bool(predicate(self.session)))

    def _run_message(self, reasons: tuple[Said | str, ...], *, stopped: bool) -> Said | None:
        if stopped:
            return Said("stopped_at", moment=self.keeper.moment, why=reasons or Said("condition_holds"))
        simulation = self.simulation
        log = simulation.timeline.branch.log
        if not simulation.account.orders or any(
            event.traded if isinstance(event, events.Matched) else isinstance(event, events.OrderFilled)
            for event in log
        ):
            return None
        orders = simulation.orders.now()
        if any(order.filled for order in orders.values()):
            return None
        counts = frames.rejected_counts(orders.values())
        told = ", ".join(f"{reason} {count}" for reason, count in sorted(counts.items())) or Said("none_ended")
        return Said("nothing_traded", count=len(orders), reasons=told)

    @contextmanager
    def _debugging(self, *, at_callbacks: bool) -> Iterator[None]:
        """Callbacks under the debugger: from their first line, or where an order hits a breakpoint."""
        host, clock = self.clock.host, self.clock
        host.debugger = debugger = Debugger(at_callbacks=at_callbacks)

        def look() -> None:
            draft = self.simulation.draft
            if draft is not None and clock.armed is not None and clock.armed.peek(draft.events):
                debugger.open_here()

        if not at_callbacks:
            self.trader.after_order = look
        try:
            yield
        except LeftDebugger:
            self.keeper.voice.say(Said("left_debugger"))
        finally:
            host.debugger = self.trader.after_order = None

    # ------------------------------------------------------------------ back, to a moment, to a branch

    def back(self, n: int) -> None:
        """Go back some moments; see :meth:`Session.back`."""
        self.keeper.refuse_inside_callback("back")
        n = whole("back: n", n, example=1)
        with self.keeper.section("back"):
            self.keeper.voice.say()
            self.keeper.move_to(self.simulation.timeline.cursor - n)
            self.clock.settle()

    def goto(self, where: object, event: int | None, account: Simulation) -> None:
        """Go to a kept moment; see :meth:`Session.goto`. An event is one of the account that was asked to go there."""
        timeline = self.simulation.timeline
        self.keeper.refuse_inside_callback("goto")
        if where is not None and event is not None:
            raise UsageError(f"goto: where={shown(where)} and event={shown(event)} are two goals. Pass one of them.")
        with self.keeper.section("goto"):
            self.keeper.voice.say()
            if isinstance(where, pd.Series):
                place = _place_of_row(where, account)
            elif event is not None:
                place = account.timeline.find_event(whole("goto: event", event, least=0, example=0))
            elif isinstance(where, (int, np.integer)) and not isinstance(where, bool):
                place = whole("goto: moment", where, least=-_MOST_STEPS, example=-1)
                kept = len(timeline.branch.states)
                if not -kept <= place < kept:
                    raise OutOfRange(
                        f"goto: moment {place} leaves the kept history of {kept} moments. Pass 0 to {kept - 1}."
                    )
                place = place if place >= 0 else kept + place
            else:
                place = self._place_of_day(where)
            self.keeper.move_to(place)
            self.clock.settle()

    def _place_of_day(self, day: object) -> int:
        timeline, exchange = self.simulation.timeline, self.simulation.exchange
        if day_text(day) is None:
            hint = (
                f"It is a branch: branches.switch({day!r}). "
                if isinstance(day, str) and day in timeline.branches
                else ""
            )
            raise OutOfRange(
                f"goto: {shown(day)} is no kept moment. {hint}Pass a date such as '2024-01-31', the number of a stop "
                "such as 0 or -1, or a row of session.events."
            )
        index = exchange.market.panel.day_index(day)
        moment = moment_at(day, exchange)
        place = timeline.find(*(moment or (index, AFTER_CLOSE)))
        if place < 0 and moment is not None and timeline.find(index, AFTER_CLOSE) >= 0:
            raise OutOfRange(
                f"No moment is kept on {exchange.date(index)} up to that time: the clock went over it without "
                f"standing there. Go to the day before and run(until={str(day)!r}), or step with phase='INTRADAY'."
            )
        if place < 0:
            tip = timeline.branch.states[-1].day
            kept = (
                f"which stands before its first day, {exchange.date(exchange.first)}"
                if tip < exchange.first
                else f"which goes from {exchange.date(exchange.first)} to {exchange.date(tip)}"
            )
            is_early = index < exchange.first
            way = (
                "Open a session with an earlier start=." if is_early else "Use run(until=...) to simulate up to a day."
            )
            raise OutOfRange(f"{exchange.date(index)} is not kept on branch {timeline.branch.name!r}, {kept}. {way}")
        return place

    def branch(self, name: str) -> None:
        """Open a named branch here; see :meth:`Session.branch`."""
        timeline = self.simulation.timeline
        self.keeper.refuse_inside_callback("branch")
        if text("branch: name", name, "idea") in timeline.branches:
            raise UsageError(f"branch: {name!r} is taken. Choose another name, or branches.switch({name!r}).")
        with self.keeper.section("branch"):
            parent = timeline.branch.name
            self.clock.fork(name)
            self.keeper.voice.say(Said("branch_opened", branch=name, parent=parent))
            self.clock.settle()

    def switch(self, name: str) -> None:
        """Stand on another branch, where one last stood on it; see :meth:`Branches.switch`."""
        timeline = self.simulation.timeline
        branch = timeline.branches[name]
        self.keeper.refuse_inside_callback("branches.switch")
        with self.keeper.section("branches.switch"):
            self.keeper.voice.say()
            with self.keeper.transaction(timeline.memory):
                timeline.branch = branch
                self.keeper.memory.restore(timeline.memory)
            self.clock.settle()

    def rename(self, old: str, new: str) -> None:
        """Give a branch another name; see :meth:`Branches.rename`."""
        timeline, keeper = self.simulation.timeline, self.keeper
        branch = timeline.branches[old]
        keeper.refuse_inside_callback("branches.rename")
        if text("branches.rename: new", new, "idea") in timeline.branches:
            raise UsageError(f"branches.rename: {new!r} is taken. Choose another name.")
        with keeper.section("branches.rename"):
            with keeper.transaction(timeline.memory):
                timeline.rename(branch, new)
                if keeper.journal is not None:
                    keeper.journal.rename(branch)
            self.clock.settle()


def _place_of_row(row: pd.Series[Any], account: Simulation) -> int:
    """The first stop at which the event of a row of ``session.events`` had happened."""
    branch, number = account.timeline.branch, row.name
    if "event" in row and isinstance(number, (int, np.integer)):
        found = next(islice(events.records(iter(branch.log)), int(number), None), None)
        # The numbers of an order, or of an event of another account or branch, would lead anywhere.
        if found is not None and (type(found).__name__, str(frames.timestamp(account.exchange, found.at.day))) == (
            row["event"],
            str(row["day"]),
        ):
            return account.timeline.find_event(int(number))
    raise UsageError(
        f"goto: this row, number {number}, is none of the events of this account on branch {branch.name!r}. "
        "Pass a row of its session.events, a date such as '2024-01-31', or the number of a stop such as -1."
    )
