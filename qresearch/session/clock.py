"""The clock of a session: simulating a step, keeping it, redoing and rerunning what is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import RLock
from typing import TYPE_CHECKING, Any, cast

from qresearch.domain import events
from qresearch.domain.moment import AFTER_CLOSE, CLOSE, INTRADAY, PHASE_NUMBERS, PHASES, PRE_OPEN, Moment, Phase
from qresearch.domain.state import State
from qresearch.engine import decide
from qresearch.engine.draft import Draft
from qresearch.errors import JournalError, StrategyError, UsageError
from qresearch.sentences import ENGLISH, Said, Words
from qresearch.session import frames
from qresearch.session.attempt import Attempt, strategy_error
from qresearch.session.breakpoints import Armed, Breakpoints
from qresearch.session.debugging import Debugger, LeftDebugger
from qresearch.session.editing import StrategySlot
from qresearch.session.interrupts import LET, LET_DEBUGGER, Section
from qresearch.session.journal import Journal
from qresearch.session.listeners import Listeners
from qresearch.session.notices import Notices
from qresearch.session.now import Now
from qresearch.session.rerunning import rerun_to
from qresearch.session.schedules import AT_EVERY_BAR, HANDLE_DATA, hook_phases, is_due
from qresearch.session.strategy import Hooks
from qresearch.session.timeline import Timeline
from qresearch.session.transaction import Transaction
from qresearch.session.watch import Watch

if TYPE_CHECKING:
    from qresearch.engine.exchange import Exchange
    from qresearch.market.market import Market
    from qresearch.session.memory import Remembered
    from qresearch.session.orders import OrderRecord
    from qresearch.session.session import Session


class Clock(StrategySlot):
    """How a session simulates, keeps and redoes its steps; :class:`Navigation` is how a user asks for it."""

    market: Market
    message: str
    _words: Words
    notices: Notices
    _exchange: Exchange
    _timeline: Timeline
    _warn_frozen: Callable[[list[int]], None]
    _orders: Callable[[], dict[int, OrderRecord]]
    _tell: Callable[..., None]
    _strict: bool
    _raise_if_strict: Callable[[list[events.Event]], None]

    def _begin_navigation(self) -> None:
        session = cast("Session", self)
        self._lock = RLock()
        """Held by the one thread that is changing the session."""
        self._draft: Draft | None = None
        self._hooks: dict[int, Callable[[], object]] = {}
        self._listeners: Listeners | None = None
        self._strategy: Hooks = Hooks("no strategy", {})
        self._codes: tuple[object, ...] = ()
        self._wanted_strategy = ""
        self._journal: Journal | None = None
        self._armed: Armed | None = None
        self._debugger: Debugger | None = None
        self._watch: Watch | None = None
        self._attempt: Attempt | None = None
        self._again = 0
        """Steps that the call under way has run again with the same events."""
        self._heading: Said | None = None
        """What a move says before all else: that it left an old future."""
        self._breakpoints = Breakpoints(session)

    # ------------------------------------------------------------------ where it stands

    @property
    def now(self) -> Now:
        """Day, phase and time at which the session stands; inside a callback, those of the callback."""
        account, exchange = self._account, self._exchange
        time = frames.time_of(exchange, account.day, account.phase, account.bar)
        return Now(frames.timestamp(exchange, account.day), PHASES[account.phase], time)

    @property
    def _moment(self) -> Said:
        """Where the session stands, to be told in a language."""
        account, exchange = self._account, self._exchange
        if account.day < exchange.first:
            return Said("before_first_day", day=exchange.date(exchange.first))
        number, count = account.day - exchange.first + 1, exchange.last - exchange.first + 1
        phase = PHASES[account.phase]
        time = f" {exchange.time_text(account)[-5:]}" if account.bar and phase is Phase.INTRADAY else ""
        return Said("moment", day=f"{exchange.date(account.day)}{time}", phase=phase, number=number, count=count)

    @property
    def _now_text(self) -> str:
        """Where the session stands, in English, as errors tell it."""
        return ENGLISH.tell(self._moment)

    @property
    def _account(self) -> Draft | State:
        return self._draft or self._timeline.state

    def _refuse_inside_callback(self, call: str) -> None:
        if self._draft is not None:
            raise UsageError(
                f"{call}() was called inside a callback of the strategy. Call it from the notebook instead."
            )

    def _target(self, phase: str | None) -> Moment:
        """Moment at or after which a step ends."""
        state, exchange = self._timeline.state, self._exchange
        before = state.day < exchange.first
        if phase == "next":
            is_over = before or state.phase == AFTER_CLOSE
            return Moment(state.day + 1, PRE_OPEN) if is_over else exchange.next_moment(state.at)
        wanted = CLOSE if phase is None else PHASE_NUMBERS[Phase(phase)]
        if wanted == state.phase == INTRADAY and not before and state.bar < exchange.bar_count(state.day):
            return Moment(state.day, wanted, state.bar + 1)
        day = state.day + 1 if before or state.phase >= wanted else state.day
        return Moment(day, wanted, min(1, exchange.bar_count(day)) if wanted == INTRADAY else 0)

    def _section(self, call: str) -> Section:
        """A call that a signal does not split; not inside a callback, which is a part of a step."""
        return Section(cast("Session", self), call)

    def _transaction(self, memory: Remembered | None) -> Transaction:
        """A change that is kept as a whole or taken back, with the memory that is then put back."""
        return Transaction(cast("Session", self), memory)

    def _recover(self, draft: Draft | None, armed: Armed | None) -> None:
        """After a call that was cut off: nothing of it is under way, and what is kept is written."""
        self._draft, self._armed = draft, armed
        if self._journal is not None:
            # A file that cannot be written is told by a notice: what ended the call comes first.
            with suppress(JournalError):
                self._sync()

    def _go(self, target: Moment, *, rerun: bool = False) -> bool:
        """Go on to a moment, simulated, run again or redone; True when a breakpoint stopped it earlier."""
        timeline = self._timeline
        if not rerun and timeline.is_outdated:
            self._leave_outdated()
        if timeline.at_tip:
            return self._advance_to(*target)
        return rerun_to(cast("Session", self), target) if rerun else self._redo(target)

    def _leave_outdated(self) -> None:
        """Open a branch for a strategy that has changed: what it did before is not passed off as what it does."""
        timeline = self._timeline
        old = timeline.branch.name
        with self._transaction(timeline.memory):
            timeline.fork_here(timeline.free_name())
            self._memory.restore(timeline.memory)
        self._heading = Said("strategy_changed", moment=self._moment, branch=timeline.branch.name, old=old)

    def _advance_to(self, day: int, phase: int, bar: int) -> bool:
        """Simulate up to a moment, as one transaction; True when a breakpoint stopped it earlier."""
        armed = self._armed
        with self._transaction(self._timeline.memory):
            draft = self._simulate(day, phase, bar)
            self._keep("step", draft, self._memory.snapshot())
        if self._strict:
            self._raise_if_strict(draft.events)
        return armed is not None and bool(armed.reasons)

    def _simulate(self, day: int, phase: int, bar: int) -> Draft:
        """What a step to a moment does, with the callbacks; nothing is kept yet."""
        draft = Draft(self._timeline.state)
        if day > self._exchange.last:
            decide.refuse_beyond(self._exchange)
        self._draft = draft
        if self._armed is not None:
            self._armed.begin()
        try:
            exchange, hooks, schedules, armed = self._exchange, self._hooks, self._memory.schedules, self._armed
            listeners = self._listeners
            let = LET if self._debugger is None else LET_DEBUGGER
            if listeners is not None:
                listeners.begin(self._timeline)
            while draft.day < day or draft.phase < phase or draft.bar < bar:
                frozen = decide.advance(draft, exchange)
                if frozen:
                    self._warn_frozen(frozen)
                if listeners is not None:
                    with let:
                        listeners.tell(draft, exchange, self._call)
                if draft.phase in hooks or schedules.calls:
                    with let:
                        self._call_hooks(draft.phase)
                        if listeners is not None:
                            listeners.tell(draft, exchange, self._call)
                if armed is not None and self._check(armed, draft.events):
                    break
        except BaseException as problem:
            if isinstance(problem, StrategyError):
                self._attempt = Attempt(cast("Session", self), draft.events, problem)
            self._memory.restore(self._timeline.memory)
            raise
        finally:
            self._draft = None
        draft.events.append(events.Advanced(draft.at))
        return draft

    @staticmethod
    def _check(armed: Armed, log: list[events.Event]) -> bool:
        """Whether a breakpoint is hit, which may ask functions of the user's."""
        with LET:
            return armed.check(log)

    def _keep(self, kind: str, draft: Draft, memory: Remembered | None) -> bool:
        """Keep what a step or a command did; True when this opened a branch, because the cursor stood in the past."""
        timeline = self._timeline
        forked = timeline.commit(draft.freeze(), draft.events, memory, new_stop=kind == "step")
        if forked:
            # Tickets in memory now belong to the new branch.
            self._memory.restore(memory)
        if self._journal is not None:
            self._journal.note(kind, timeline.branch, draft.events, memory)
        return forked

    def _commit_command(self, draft: Draft) -> None:
        """Keep what a command by hand did, at the present stop; from the past this opens a branch."""
        with self._section("The command"):
            memory = self._memory.snapshot()
            with self._transaction(memory):
                forked = self._keep("command", draft, memory)
            self._told(forked=forked)

    def _told(self, *, forked: bool) -> None:
        """After a command by hand: say what it did to the branches, and write it."""
        branch = self._timeline.branch.name
        self.message = self._words.tell(Said("acted_from_past", branch=branch)) if forked else ""
        if self._journal is not None:
            self._sync()

    def _remember(self, write: Callable[[], None]) -> None:
        """Change what the strategy remembers: by hand this is a command, inside a callback a part of the step."""
        if self._draft is not None:
            write()
            return
        with self._section("session.memory"):
            forked = False
            with self._transaction(self._memory.snapshot()):
                write()
                memory = self._memory.snapshot()
                if memory != self._timeline.memory:
                    forked = self._keep("command", Draft(self._timeline.state), memory)
            self._told(forked=forked)

    def _call_hooks(self, phase: int) -> None:
        if self._strategy.phases is not None:
            self._strategy.phases[phase]()
            return
        hook = self._hooks.get(phase)
        clock = self._timeline.state.settings.clock
        # handle_data comes last at its phase, so that it sees what timed functions asked for; other hooks come first.
        last = phase == HANDLE_DATA[clock]
        if hook is not None and not last:
            self._call(hook_phases(clock)[phase], hook)
        for when, func in self._memory.schedules.calls:
            if when == phase or (when >= AT_EVERY_BAR and is_due(when, cast("Draft", self._draft), self._exchange)):
                self._call(getattr(func, "__name__", "run_daily"), lambda func=func: func(self._context))  # type: ignore[misc]
        if hook is not None and last:
            self._call("handle_data", hook)

    def _call(self, name: str, hook: Callable[[], object]) -> None:
        try:
            if self._debugger is None:
                hook()
            else:
                self._debugger.call(hook)
        except (LeftDebugger, StrategyError):
            # A script of a dialect calls its functions inside one of its own calls: the innermost one says where.
            raise
        except (Exception, SystemExit) as problem:  # exit() in a strategy ends its step, never the program
            # With the traceback of the strategy, so that %debug opens there.
            is_opening = self._account.day < self._exchange.first
            error = strategy_error(problem, name, self.now, is_opening=is_opening)
            raise error.with_traceback(problem.__traceback__) from problem

    def _redo(self, target: Moment) -> bool:
        """Move to the kept stop at or after the target, or to the tip; True when a breakpoint stopped it earlier."""
        timeline = self._timeline
        branch, armed = timeline.branch, self._armed
        hit = False
        with self._transaction(timeline.memory):
            while not hit:
                branch.cursor += 1
                state = branch.stops[branch.cursor]
                if armed is not None:
                    armed.begin()
                    new = branch.log[branch.counts[branch.cursor - 1] : branch.counts[branch.cursor]]
                    hit = self._check(armed, new)
                if branch.cursor == len(branch.stops) - 1 or state.at >= target:
                    break
            self._memory.restore(timeline.memory)
        return hit

    def _move_to(self, stop: int) -> None:
        timeline = self._timeline
        timeline.check(stop)
        with self._transaction(timeline.memory):
            timeline.move_to(stop)
            self._memory.restore(timeline.memory)

    # ------------------------------------------------------------------ around every call

    def _prepare(self, call: str) -> None:
        """Before the clock moves by simulation."""
        self._refuse_inside_callback(call)
        if self._wanted_strategy and self._timeline.at_tip:
            raise UsageError(
                f"This session was made with the strategy {self._wanted_strategy!r}, which a journal does not hold. "
                "Assign it to go on: session.strategy = ...; or None, to go on by hand."
            )

    def _settle(self) -> Session:
        """After a call that moved: watches speak, the journal is written."""
        if self._journal is not None:
            self._sync()
        if self._watch is not None:
            with LET:
                self._watch.tell()
        return cast("Session", self)

    def _sync(self) -> None:
        """Write the journal; on failure the session goes on in memory."""
        journal = self._journal
        assert journal is not None  # asked before
        if not journal.is_open:
            self._journal = None
            self._tell(
                f"The journal {journal.path.name} was opened by another session: this one goes on in memory only."
            )
            return
        try:
            journal.flush(self._timeline)
        except JournalError as problem:
            self._journal = None
            self._tell(str(problem))
            raise

    @contextmanager
    def _debugging(self, *, at_callbacks: bool) -> Iterator[None]:
        self._debugger = debugger = Debugger(at_callbacks=at_callbacks)
        original = cast("Any", self)._place

        def place_and_look(*args: Any) -> object:
            ticket = original(*args)
            if self._draft is not None and self._armed is not None and self._armed.peek(self._draft.events):
                debugger.open_here()
            return ticket

        if not at_callbacks:
            self.__dict__["_place"] = place_and_look
            object.__setattr__(self._context, "_place", place_and_look)
        try:
            yield
        except LeftDebugger:
            self.message = self._words.tell(Said("left_debugger"))
        finally:
            self._debugger = None
            self.__dict__.pop("_place", None)
            object.__setattr__(self._context, "_place", original)
