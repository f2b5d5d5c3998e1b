"""The clock of a session: a step simulated with its strategy and kept, redone, or run again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from qresearch.book.timeline import Branch
from qresearch.domain import events
from qresearch.domain.moment import AFTER_CLOSE, CLOSE, INTRADAY, PHASE_NUMBERS, PRE_OPEN, Moment, Phase
from qresearch.engine.decide import EVERY_PHASE
from qresearch.engine.draft import Draft
from qresearch.errors import UsageError
from qresearch.sentences import Said
from qresearch.session.beside import Beside
from qresearch.session.breakpoints import Armed
from qresearch.session.calm import CalmDays
from qresearch.session.encoding import encode
from qresearch.session.host import Host
from qresearch.session.interrupts import ask, let
from qresearch.session.journal import BATCH
from qresearch.session.redoing import split_step
from qresearch.session.trader import raise_for_rejected
from qresearch.session.watch import Watch

_moment = tuple.__new__  # makes a moment without a call of Python, at every step


class Clock:
    """Moves a session forwards, over what is kept or beyond it.

    Parameters
    ----------
    host : Host
    strict : bool
        Raise for every rejected order.
    """

    def __init__(self, host: Host, *, strict: bool) -> None:
        self.host, self.keeper, self.simulation = host, host.keeper, host.simulation
        self.memory = host.memory
        self.strict = strict
        self._beside, self._calm = Beside(host.session), CalmDays(host, self.is_alone)
        self._known: tuple[Branch, int] | None = None
        """For which branch, and how many events before its first day, it was told whether it is alone."""
        self._is_alone = True
        self.armed: Armed | None = None
        """The breakpoints of the run under way."""
        self.watch: Watch | None = None
        self.heading: Said | None = None
        """What a move says before all else: that it left an old future."""
        self._again = 0
        """Steps that the call under way has run again with the same events."""

    # ------------------------------------------------------------------ around a call

    def prepare(self, call: str) -> None:
        """Before the clock moves by simulation.

        Raises
        ------
        UsageError
            Inside a callback; or the strategy of a resumed journal is not there yet.
        """
        self.keeper.refuse_inside_callback(call)
        if self.host.wanted and self.simulation.timeline.at_tip:
            raise UsageError(
                f"This session was made with the strategy {self.host.wanted!r}, which a journal does not hold. "
                "Assign it to go on: session.strategy = ...; or None, to go on by hand."
            )

    def begin(self) -> None:
        """Before a call that may simulate: nothing is said yet, and a strategy loaded again is noticed."""
        self.keeper.voice.say()
        self.heading, self._again = None, 0
        self.host.notice_reload()

    def settle(self) -> None:
        """After a call that moved: watches speak, the journal is written."""
        self.keeper.sync()
        self.look_beside()
        if self.watch is not None:
            let(self.watch.tell)

    def is_alone(self) -> bool:
        """Whether no account stands beside this one: told for a branch by its events before the first day."""
        branch = self.simulation.timeline.branch
        known = branch, branch.counts[0]
        if known != self._known:
            self._known = known
            self._is_alone = not any(isinstance(event, events.AccountAdded) for event in branch.log[: known[1]])
        return self._is_alone

    def look_beside(self) -> None:
        """Warn of what was frozen in the accounts beside this one, which are made when somebody looks."""
        if self.is_alone():
            return
        # One that cannot be made, a model of the user's own not being there yet, is told by whoever asks for it.
        with suppress(UsageError):
            for name, log in self._beside.since():
                self.keeper.warn_of_frozen(log, name)

    def next_close(self) -> Moment:
        """The close at which a step of a day ends."""
        return _close_after(self.simulation.timeline.state.at)

    def target(self, phase: str | None) -> Moment:
        """Moment at or after which a step ends."""
        if phase is None:
            return self.next_close()
        state, exchange = self.simulation.timeline.state, self.simulation.exchange
        before = state.day < exchange.first
        if phase == "next":
            is_over = before or state.phase == AFTER_CLOSE
            return Moment(state.day + 1, PRE_OPEN) if is_over else exchange.next_moment(state.at)
        wanted = PHASE_NUMBERS[Phase(phase)]
        if wanted == state.phase == INTRADAY and not before and state.bar < exchange.bar_count(state.day):
            return Moment(state.day, wanted, state.bar + 1)
        day = state.day + 1 if before or state.phase >= wanted else state.day
        return Moment(day, wanted, min(1, exchange.bar_count(day)) if wanted == INTRADAY else 0)

    # ------------------------------------------------------------------ forwards

    def go(self, target: Moment, *, rerun: bool = False) -> bool:
        """Go on to a moment, simulated, run again or redone; True when a breakpoint stopped it earlier."""
        timeline = self.simulation.timeline
        if timeline.at_tip:
            return self.advance(target)
        if not rerun and timeline.is_outdated:
            self._leave_outdated()
            return self.advance(target)
        return self._rerun_to(target) if rerun else self._redo(target)

    def _leave_outdated(self) -> None:
        """Open a branch for a strategy that has changed: what it did before is not passed off as what it does."""
        timeline = self.simulation.timeline
        old = timeline.branch.name
        self.fork(timeline.free_name())
        self.heading = Said("strategy_changed", moment=self.keeper.moment, branch=timeline.branch.name, old=old)

    def fork(self, name: str) -> None:
        """Open a branch at the cursor and stand on it."""
        timeline = self.simulation.timeline
        with self.keeper.transaction(timeline.memory):
            timeline.fork_here(name)
            self.memory.restore(timeline.memory)

    def advance(self, target: Moment, goal: Moment | None = None, each_batch: Callable[[], None] | None = None) -> bool:
        """Simulate from the tip up to a moment, and then day by day up to a goal; each step is one transaction.

        Parameters
        ----------
        target : Moment
            Where the first step ends.
        goal : Moment, optional
            Where the last one ends; default: there is one.
        each_batch : callable, optional
            Called after every so many steps of them: a journal is written, a bar grows.

        Returns
        -------
        bool
            True when a breakpoint ended it.
        """
        armed, keeper, memory, timeline = self.armed, self.keeper, self.memory, self.simulation.timeline
        branch, simulate, goal = timeline.branch, self._steps(), target if goal is None else goal
        done, calm = 0, self._calm
        while True:
            state, draft, days = timeline.state, None, 0
            places, noted, passed = len(branch.states), keeper.noted, calm.passed
            try:
                if armed is None and not (state.queue or state.working):
                    draft = calm.walk(target, goal, BATCH - done % BATCH)
                    days = calm.passed - passed
                if draft is not None or not days:
                    draft = simulate(_close_after(timeline.state.at) if days else target, draft)
                    keeper.keep("step", draft, memory.snapshot())
                    days += 1
            except BaseException:
                # Whole days are kept; of the one that was cut off nothing is.
                days = calm.passed - passed
                keeper.take_back_step(places + days, noted + (days if keeper.journal is not None else 0))
                raise
            done += days
            if self.strict and draft is not None:
                raise_for_rejected(draft.events)
            if armed is not None and armed.reasons:
                return True
            at = timeline.state.at
            if at >= goal:
                return False
            if done % BATCH == 0 and each_batch is not None:
                each_batch()
            ask()
            close = _close_after(at)
            target = close if close < goal else goal

    def simulate(self, target: Moment) -> Draft:
        """What a step to a moment does, with the callbacks; nothing is kept yet."""
        return self._steps()(target, None)

    def _steps(self) -> Callable[[Moment, Draft | None], Draft]:
        """What takes steps, each to a moment, from what has been done of it already."""
        simulation, host, armed, keeper = self.simulation, self.host, self.armed, self.keeper
        hooks, schedules, listens = host.hooks, host.memory.schedules, host.listens
        looks = {*hooks}

        def inside(draft: Draft) -> bool:
            if draft.stale is not draft.base.stale:
                keeper.warn_of_frozen(draft.events)
            if draft.phase in hooks or schedules.calls or listens:
                host.call_due(draft)
                if len(looks) < len(EVERY_PHASE) and schedules.calls:  # new ones may be due in what is left of the step
                    looks.update(EVERY_PHASE)
            return armed is not None and _check(armed, draft.events)

        def step(target: Moment, begun: Draft | None) -> Draft:
            if armed is not None:
                armed.begin()
            if listens:
                host.begin_step()
            # Who is told what happens, or may be called any time, sees every phase; else those with a callback count.
            looked = EVERY_PHASE if armed is not None or listens or schedules.calls else looks
            return simulation.simulated(target, inside, looked, begun)

        return step

    # ------------------------------------------------------------------ over what is kept

    def _redo(self, target: Moment) -> bool:
        """Move to the kept moment at or after the target, or to the tip; True when a breakpoint stopped it earlier."""
        timeline = self.simulation.timeline
        branch, armed = timeline.branch, self.armed
        hit = False
        with self.keeper.transaction(timeline.memory):
            while not hit:
                branch.cursor += 1
                if armed is not None:
                    armed.begin()
                    hit = _check(armed, branch.log[branch.counts[branch.cursor - 1] : branch.counts[branch.cursor]])
                if timeline.at_tip or timeline.state.at >= target:
                    break
            self.memory.restore(timeline.memory)
        return hit

    def _rerun_to(self, target: Moment) -> bool:
        """Call the strategy again over kept moments, up to a moment or to where the events differ.

        Returns
        -------
        bool
            True when a breakpoint stopped it earlier.
        """
        timeline, hit = self.simulation.timeline, False
        while not timeline.at_tip and not hit:
            day = timeline.branch.states[timeline.cursor + 1].day
            with self.keeper.transaction(timeline.memory):
                differs, hit = self._rerun_one()
            if differs:
                date = self.simulation.exchange.date(day)
                self.heading = Said("rerun_differs", day=date, branch=timeline.branch.name)
                break
            self._again += 1
            self.heading = Said("ran_steps_again", count=self._again)
            if timeline.state.at >= target:
                return hit
            ask()
        if not hit and timeline.state.at < target:
            return self.advance(target)
        return hit

    def _rerun_one(self) -> tuple[bool, bool]:
        """Call the strategy again for the next kept moment.

        Returns
        -------
        differs : bool
            Its events differ, which opens a branch.
        hit : bool
            A breakpoint is hit by them. It is asked after the whole step, which is compared as a whole.
        """
        timeline, keeper = self.simulation.timeline, self.keeper
        branch, place = timeline.branch, timeline.cursor
        armed, self.armed = self.armed, None
        try:
            draft = self.simulate(branch.states[place + 1].at)
        finally:
            self.armed = armed
        memory = self.memory.snapshot()
        before, _ = split_step(branch.log[branch.counts[place] : branch.counts[place + 1]])
        if encode(draft.events) != encode(before):
            keeper.keep("step", draft, memory)
            return True, self._is_hit(armed, draft)
        timeline.move_to(place + 1)
        hit = self._is_hit(armed, draft)
        if memory != branch.memories[place + 1] or branch.editions[place + 1] != timeline.edition:
            if keeper.journal is not None:
                keeper.journal.note("memory", branch, [], memory)
            # The last lines: what is cut off before them is taken back, and nothing else has been changed.
            branch.editions[place + 1] = timeline.edition
            branch.memories[place + 1] = memory
        return False, hit

    @staticmethod
    def _is_hit(armed: Armed | None, draft: Draft) -> bool:
        """Whether a step that is kept hits a breakpoint of the run."""
        if armed is None:
            return False
        armed.begin()
        return _check(armed, draft.events)


def _close_after(at: Moment) -> Moment:
    """The first close after a moment; an account that has not begun stands after one."""
    day, phase, _ = at
    return _moment(Moment, (day + 1 if phase >= CLOSE else day, CLOSE, 0))


def _check(armed: Armed, log: list[events.Event]) -> bool:
    """Whether a breakpoint is hit, which may ask functions of the user's."""
    return let(lambda: armed.check(log))
