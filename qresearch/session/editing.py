"""The strategy of a session as something that can be taken out, mended and put back."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qresearch.engine.draft import Draft
from qresearch.errors import UsageError
from qresearch.sentences import Said, Words
from qresearch.session.listeners import LISTENERS, Listeners
from qresearch.session.memory import Memory, SessionMemory
from qresearch.session.schedules import hook_phases
from qresearch.session.source_file import read_source
from qresearch.session.strategy import HOOKS, BarData, Context, Hooks, Loadable, bind_hook, load_strategy

if TYPE_CHECKING:
    from qresearch.session.interrupts import Section
    from qresearch.session.journal import Journal
    from qresearch.session.timeline import Timeline


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


class StrategySlot:
    """The part of a session that holds its strategy."""

    message: str
    memory: SessionMemory
    _timeline: Timeline
    _memory: Memory
    _context: Context
    _data: BarData
    _draft: Draft | None
    _journal: Journal | None
    _hooks: dict[int, Callable[[], object]]
    _listeners: Listeners | None
    _strategy: Hooks
    _codes: tuple[object, ...]
    _words: Words
    _wanted_strategy: str
    _refuse_inside_callback: Callable[[str], None]
    _call: Callable[[str, Callable[[], object]], None]
    _sync: Callable[[], None]
    _section: Callable[[str], Section]

    @property
    def strategy(self) -> Hooks:
        """The callbacks in force. Assign a function, class, object or path to go on with an edited strategy.

        What the old one remembers is carried over (attributes, globals, ``context``, schedules by the name of their
        function); what the edit itself changes is new. ``initialize`` is not called again.
        """
        return self._strategy

    @strategy.setter
    def strategy(self, strategy: object) -> None:
        self._refuse_inside_callback("strategy = ...")
        hooks = load_strategy(strategy, self._context)
        with self._section("strategy = ..."):
            self._use(hooks)
            # What a journal was waiting for goes on with what it kept; anything else is a change.
            is_resumed, self._wanted_strategy = bool(self._wanted_strategy), ""
            outlook = None if is_resumed or self._timeline.at_tip else Said("runs_on_new_branch")
            self.message = self._words.tell(Said("strategy_is", name=self._strategy.name), outlook)
            self._note_edit(self._strategy.name, source_of(strategy), is_resumed=is_resumed)

    def _use(self, hooks: Hooks) -> None:
        """Go on with other callbacks."""
        self._bind(hooks)
        self._memory.replace(hooks.roots, self._timeline.memory)
        self._memory.live["strategy"] = hooks.target
        self._memory.schedules.replace(hooks.find)

    def _replace_functions(self, functions: dict[str, Callable[..., object]], source: str) -> list[str]:
        """Put functions in the place of those of the same names; the names that were replaced."""
        self._refuse_inside_callback("%%strategy")
        with self._section("%%strategy"):
            hooks, names = changed_hooks(self._strategy, functions)
            self._bind(hooks)
            names += [name for name in self._memory.schedules.replace(functions.get) if name not in names]
            if hooks.phases is not None:
                # The script of a dialect finds its functions by their names, where the cell has put them.
                names = list(functions)
            if names:
                self._note_edit(self._strategy.name, source)
        return names

    def _notice_reload(self) -> None:
        """Take in that the functions of the strategy were changed in place, as autoreload does it."""
        if self._strategy.codes != self._codes:
            self._codes = self._strategy.codes
            self._note_edit(self._strategy.name, source_of(self._strategy.target))

    def _note_edit(self, name: str, source: str, *, is_resumed: bool = False) -> None:
        """Count a change of the strategy, and write it down."""
        if not is_resumed:
            self._timeline.edition += 1
        if self._journal is not None:
            self._journal.note_edit(self._timeline.branch, name, source, is_resumed=is_resumed)
            self._sync()

    def _bind(self, hooks: Hooks) -> None:
        """Put callbacks in force; when one of them cannot be called, the old ones stay."""
        bound = hooks.phases or {
            phase: bind_hook(hooks.calls[name], self._context, self._data)
            for phase, name in hook_phases(self._timeline.state.settings.clock).items()
            if name in hooks.calls
        }
        listens = any(name in hooks.calls for name in LISTENERS)
        self._listeners = Listeners(hooks.calls, self._context) if listens else None
        self._strategy, self._hooks, self._codes = hooks, bound, hooks.codes

    def _begin_strategy(self, strategy: object) -> None:
        """Load the strategy that a session is opened with."""
        self._bind(load_strategy(strategy, self._context))
        self._memory.begin(self._strategy.roots)
        self._memory.live["strategy"] = self._strategy.target

    def _resume_strategy(self, strategy: object, name: str) -> None:
        """Load the strategy of a journal, without letting it initialise itself."""
        if strategy is None:
            self._wanted_strategy = name
            return
        self._begin_strategy(strategy)
        self._memory.schedules.find = self._strategy.find

    def _initialized(self) -> Draft:
        """What ``initialize`` does."""
        draft = Draft(self._timeline.state)
        if "initialize" in self._strategy.calls:
            initialize = bind_hook(self._strategy.calls["initialize"], self._context, self._data)
            self._draft = draft
            try:
                self._call("initialize", initialize)
            finally:
                self._draft = None
        return draft


def script_namespace(session: StrategySlot) -> dict[str, Any] | None:
    """The globals of a strategy that is a script; None when it is none."""
    target = session.strategy.target
    return target if isinstance(target, dict) else None
