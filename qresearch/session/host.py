"""The host of a strategy: it loads it, calls it at its phases, and lets it be taken out, mended and put back."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from qresearch.domain.arguments import function
from qresearch.engine.draft import Draft
from qresearch.errors import StrategyError, UsageError
from qresearch.sentences import Said
from qresearch.session.attempt import Attempt
from qresearch.session.bar_data import BarData
from qresearch.session.debugging import Debugger, LeftDebugger
from qresearch.session.interrupts import let
from qresearch.session.listeners import LISTENERS, Listeners
from qresearch.session.memory import Scheduled
from qresearch.session.now import now_of
from qresearch.session.schedules import AT_EVERY_BAR, hook_phases, is_due
from qresearch.session.source_file import read_source
from qresearch.session.strategy import HOOKS, Context, Hooks, Loadable, load_strategy
from qresearch.session.traces import strategy_error
from qresearch.session.trader import Trader


def source_of(strategy: object) -> str:
    """The text of a strategy, for the journal; empty when nobody knows it."""
    try:
        if isinstance(strategy, (str, Path)):
            return read_source(Path(strategy))
        if isinstance(strategy, Loadable) and not isinstance(strategy, type):
            return str(getattr(strategy, "text", ""))
        known = isinstance(strategy, type) or inspect.isroutine(strategy) or inspect.ismodule(strategy)
        return inspect.getsource(strategy if known else type(strategy))  # type: ignore[arg-type]  # one of these
    except (OSError, TypeError, UsageError):
        return ""


def changed_hooks(hooks: Hooks, functions: dict[str, Callable[..., object]]) -> tuple[Hooks, list[str]]:
    """Callbacks with some functions replaced by name; the names that were.

    A function is known by the name of its hook (``handle_data``) or by its own name.
    """
    calls, names = dict(hooks.calls), []
    for hook, old in hooks.calls.items():
        for name in (hook, getattr(old, "__name__", hook)):
            if name in functions:
                calls[hook] = functions[name]
                names.append(name)
                break
    for hook in HOOKS:
        if hook in functions and hook not in calls:
            calls[hook] = functions[hook]
            names.append(hook)
    return replace(hooks, calls=calls), names


def bind_hook(hook: Callable[..., object], context: Context, data: BarData) -> Callable[[], object]:
    """A hook as a call without arguments; it gets the data too when it takes two.

    Raises
    ------
    UsageError
        It takes none, or more than two; write ``def handle_data(context, data)``.
    """
    needed = [
        item
        for item in inspect.signature(hook).parameters.values()
        if item.default is item.empty and item.kind in {item.POSITIONAL_ONLY, item.POSITIONAL_OR_KEYWORD}
    ]
    if not 1 <= len(needed) <= 2:
        name = getattr(hook, "__name__", repr(hook))
        raise UsageError(f"{name} takes {len(needed)} arguments. Write it as {name}(context) or {name}(context, data).")
    return partial(hook, context, data) if len(needed) == 2 else partial(hook, context)


class Host:
    """The strategy of a session and what calls it.

    Parameters
    ----------
    trader : Trader
    context : Context
    data : BarData
    """

    def __init__(self, trader: Trader, context: Context, data: BarData) -> None:
        self.trader, self.session, self.keeper = trader, trader.session, trader.keeper
        self.simulation, self.memory = trader.simulation, trader.keeper.memory
        self.dialect: Callable[[object], object] | None = None
        """Makes a script of the same dialect of a path; None where strategies are our own."""
        self.context, self.data = context, data
        self.strategy = Hooks("no strategy", {})
        self.wanted = ""
        """Name of the strategy that a resumed journal waits for; empty once it is there."""
        self.debugger: Debugger | None = None
        self.attempt: Attempt | None = None
        """The last step that failed."""
        self.hooks: dict[int, Callable[[], object]] = {}
        """What is called at each phase."""
        self._last = trader.simulation.exchange.clock.handle_data
        """The phase of handle_data, which comes last there."""
        self._names = hook_phases(self._last)
        self._codes: tuple[object, ...] = ()
        self._listeners: Listeners | None = None

    @property
    def listens(self) -> bool:
        """True when the strategy is told what happens to orders."""
        return self._listeners is not None

    @property
    def calls_anything(self) -> bool:
        """True when a step has functions to call."""
        return bool(self.hooks or self.memory.schedules.functions)

    # ------------------------------------------------------------------ loading

    def begin(self, strategy: object) -> None:
        """Load the strategy that a session is opened with."""
        self._bind(load_strategy(strategy, self.context, self))
        self.memory.begin(self.strategy.roots)
        self.memory.keep_alive({"strategy": self.strategy.target})

    def resume(self, strategy: object, name: str) -> None:
        """Load the strategy of a journal, without letting it initialise itself."""
        if strategy is None:
            self.wanted = name
            return
        self.begin(strategy)
        self.memory.schedules.find = self.strategy.find

    def _bind(self, hooks: Hooks) -> None:
        """Put callbacks in force; when one of them cannot be called, the old ones stay."""
        bound = hooks.phases or {
            phase: bind_hook(hooks.calls[name], self.context, self.data)
            for phase, name in self._names.items()
            if name in hooks.calls
        }
        listens = any(name in hooks.calls for name in LISTENERS)
        self._listeners = Listeners(hooks.calls, self.context, self.session) if listens else None
        self.strategy, self.hooks, self._codes = hooks, bound, hooks.codes

    # ------------------------------------------------------------------ editing

    def exchange(self, strategy: object) -> None:
        """Go on with another strategy, and write it down; see :attr:`Session.strategy`."""
        keeper, timeline = self.keeper, self.simulation.timeline
        keeper.refuse_inside_callback("strategy = ...")
        hooks = load_strategy(strategy, self.context, self)
        with keeper.section("strategy = ..."):
            self._bind(hooks)
            self.memory.replace(hooks.roots, timeline.memory)
            self.memory.keep_alive({"strategy": hooks.target})
            self.memory.schedules.replace(hooks.find)
            # What a journal was waiting for goes on with what it kept; anything else is a change.
            is_resumed, self.wanted = bool(self.wanted), ""
            outlook = None if is_resumed or timeline.at_tip else Said("runs_on_new_branch")
            keeper.voice.say(Said("strategy_is", name=hooks.name), outlook)
            self._note_edit(source_of(strategy), is_resumed=is_resumed)

    def replace_functions(self, functions: dict[str, Callable[..., object]], source: str) -> list[str]:
        """Put functions in the place of those of the same names; the names that were replaced."""
        self.keeper.refuse_inside_callback("%%strategy")
        with self.keeper.section("%%strategy"):
            hooks, names = changed_hooks(self.strategy, functions)
            self._bind(hooks)
            names += [name for name in self.memory.schedules.replace(functions.get) if name not in names]
            if hooks.phases is not None:
                # The script of a dialect finds its functions by their names, where the cell has put them.
                names = list(functions)
            if names:
                self._note_edit(source)
        return names

    def notice_reload(self) -> None:
        """Take in that the functions of the strategy were changed in place, as autoreload does it."""
        if self.hooks and self.strategy.codes != self._codes:
            self._codes = self.strategy.codes
            self._note_edit(source_of(self.strategy.target))

    def _note_edit(self, source: str, *, is_resumed: bool = False) -> None:
        """Count a change of the strategy, and write it down."""
        timeline, journal = self.simulation.timeline, self.keeper.journal
        if not is_resumed:
            timeline.edition += 1
        if journal is not None:
            journal.note_edit(timeline.branch, self.strategy.name, source, is_resumed=is_resumed)
            self.keeper.sync()

    def schedule(self, func: Scheduled, when: int) -> None:
        """Call a function every day from now on; when: :func:`~qresearch.session.schedules.when_of`."""
        self.memory.schedules.add(when, function("run_daily: func", func, "the context"))

    # ------------------------------------------------------------------ calling

    def initialized(self) -> Draft:
        """What ``initialize`` does."""

        def initialize() -> None:
            if "initialize" in self.strategy.calls:
                self.call("initialize", bind_hook(self.strategy.calls["initialize"], self.context, self.data))

        return self.simulation.tried(initialize)

    def begin_step(self) -> None:
        """Before a step: what was done by hand has not been told to the listeners yet."""
        if self._listeners is not None:
            self._listeners.begin()

    def call_due(self, draft: Draft) -> None:
        """Call what is due where a step stands.

        Raises
        ------
        StrategyError
            A function raised; what the step had done until then can be looked at in :attr:`attempt`.
        """
        try:
            if self._listeners is None:
                let(self._call_hooks, self.debugger is not None)
            else:
                self._call_listeners(self._listeners, draft)
        except StrategyError as problem:
            self.attempt = Attempt(self.simulation, self.memory.roots[0], draft.events, problem)
            raise

    def _call_listeners(self, listeners: Listeners, draft: Draft) -> None:
        """Tell what has happened, call what is due, and tell what that did."""

        def call_hooks_then_tell() -> None:
            self._call_hooks()
            listeners.tell(self.call)

        forgives = self.debugger is not None
        let(lambda: listeners.tell(self.call), forgives)
        if draft.phase in self.hooks or self.memory.schedules.calls:
            let(call_hooks_then_tell, forgives)

    def _call_hooks(self) -> None:
        """Call what is due where the step under way stands."""
        draft = self.simulation.draft
        assert draft is not None  # a step is under way
        phase = draft.phase
        if self.strategy.phases is not None:
            self.strategy.phases[phase]()
            return
        hook = self.hooks.get(phase)
        # handle_data comes last at its phase, so that it sees what timed functions asked for; other hooks come first.
        is_last = phase == self._last
        if hook is not None and not is_last:
            self.call(self._names[phase], hook)
        for when, func in self.memory.schedules.calls:
            if when == phase or (when >= AT_EVERY_BAR and is_due(when, draft, self.simulation.exchange)):
                self.call(getattr(func, "__name__", "run_daily"), lambda func=func: func(self.context))  # type: ignore[misc]
        if hook is not None and is_last:
            self.call("handle_data", hook)

    def call(self, name: str, hook: Callable[[], object]) -> None:
        """Call a function of the strategy.

        Raises
        ------
        StrategyError
            It raised; the message says where.
        """
        try:
            if self.debugger is None:
                hook()
            else:
                self.debugger.call(hook)
        except (LeftDebugger, StrategyError):
            # A script of a dialect calls its functions inside one of its own calls: the innermost one says where.
            raise
        except (Exception, SystemExit) as problem:  # exit() in a strategy ends its step, never the program
            # With the traceback of the strategy, so that %debug opens there.
            now = now_of(self.simulation)
            is_opening = self.simulation.account.day < self.simulation.exchange.first
            error = strategy_error(problem, name, str(now.day)[:10], now.phase.value, is_opening=is_opening)
            raise error.with_traceback(problem.__traceback__) from problem
