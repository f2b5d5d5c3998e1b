"""Strategies: a function, a class, an object or a script, brought to one shape; their context, data and memory."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, Protocol, SupportsIndex, runtime_checkable

import pandas as pd

from qresearch.book.portfolio import Portfolio
from qresearch.domain.arguments import function
from qresearch.domain.arguments import path as path_of
from qresearch.domain.attributes import meant
from qresearch.domain.calls import told_calls, told_own_calls
from qresearch.domain.commands import Log as LogLine
from qresearch.domain.commands import Record
from qresearch.errors import UsageError, close_matches, did_you_mean, shown
from qresearch.sentences import ENGLISH
from qresearch.session.account import Account
from qresearch.session.debugging import Debugger
from qresearch.session.keeper import Keeper
from qresearch.session.listeners import LISTENERS
from qresearch.session.memory import Memory, ScriptGlobals
from qresearch.session.now import Now
from qresearch.session.options import recorded, written
from qresearch.session.port import AnySession
from qresearch.session.schedules import when_of
from qresearch.session.simulation import Simulation
from qresearch.session.source_file import read_source
from qresearch.session.ticket import Ticket
from qresearch.session.traces import load_error
from qresearch.session.trader import Trader
from qresearch.session.trading import TradingApi

HOOKS = ("initialize", "before_trading", "handle_data", "after_trading", *LISTENERS)
"""Names under which a strategy is looked for, in the order in which a day calls them; then those told of orders."""

SCRIPT_NAMES = (
    "order", "order_value", "order_target", "order_target_value", "order_lots", "order_pct", "order_batch", "cancel",
    "run_daily", "set_order_cost", "set_slippage", "record", "log", "history",
)  # fmt: skip
"""What a script finds among its globals, bound to its own session."""


@dataclass(repr=False)
class Hooks:
    """The callbacks of a strategy, and what of it is memory.

    Parameters
    ----------
    name : str
    calls : dict of str to callable
        By the names in :data:`HOOKS`.
    roots : list of mutable mappings
        Attributes of the object or globals of the script: snapshotted with each state, restored on going back.
    target : object
        The object, module or namespace of the script, or the function.
    phases : dict of int to callable, optional
        Of a dialect: one call for each phase instead of the hooks; it calls what is due there, in the dialect's order.
    """

    name: str
    calls: dict[str, Callable[..., object]]
    roots: list[MutableMapping[str, Any]] = field(default_factory=list)
    target: Any = None
    phases: dict[int, Callable[[], object]] | None = None

    def __repr__(self) -> str:
        calls = ", ".join(self.calls) or "nothing"
        return f"<strategy {self.name}: {'a script' if self.phases is not None else calls}>"

    @property
    def codes(self) -> tuple[object, ...]:
        """The code of each callback: it tells when a module was loaded again and its functions changed in place."""
        return tuple(getattr(getattr(call, "__func__", call), "__code__", None) for call in self.calls.values())

    def find(self, name: str) -> Callable[..., object] | None:
        """A function of the strategy by its name: a method, a global of the script or of a module of its callbacks."""
        if isinstance(self.target, dict):
            return found if callable(found := self.target.get(name)) else None
        known = [getattr(getattr(call, "__func__", call), "__globals__", {}) for call in self.calls.values()]
        found = (getattr(self.target, name, None), *(names.get(name) for names in known))
        return next((function for function in found if callable(function)), None)


class Hosting(Protocol):
    """What a script of a dialect is given: the kernel, and what a session does for a script."""

    session: AnySession
    simulation: Simulation
    trader: Trader
    keeper: Keeper
    memory: Memory
    debugger: Debugger | None
    """Open during a step that is to stop inside functions of the script."""
    dialect: Callable[[object], object] | None
    """Makes a script of the same dialect of a path, when another one is assigned."""

    def call(self, name: str, hook: Callable[[], object]) -> None:
        """Call a function of the script; what it raises is told with its line, the day and the phase."""


@runtime_checkable
class Loadable(Protocol):
    """A script of a dialect: it brings itself to the shape of a strategy."""

    def load(self, host: Hosting) -> Hooks:
        """The callbacks, in a session."""
        ...


def load_strategy(strategy: object, context: Context, host: Hosting) -> Hooks:
    """Bring a strategy to one shape.

    Parameters
    ----------
    strategy : None, callable, class, object, module, path of a script, or Loadable
        A function is ``handle_data(context, data)``; anything else is searched for the names in :data:`HOOKS`. In a
        session of a dialect a path is a script of that dialect.
    context : Context
    host : Hosting

    Raises
    ------
    UsageError
        Nothing to call was found (define at least one of the names), or the file of a script cannot be read.
    StrategyError
        The script, or the constructor of the class, raised; the message names the line.
    """
    if strategy is None:
        return Hooks("no strategy", {})
    if isinstance(strategy, (str, Path)):
        if host.dialect is None:
            return _script(path_of("strategy", strategy, "strategy.py"), context)
        strategy = host.dialect(strategy)
    if isinstance(strategy, Loadable) and not isinstance(strategy, type):
        return strategy.load(host)
    if isinstance(strategy, types.FunctionType):
        return Hooks(strategy.__name__, {"handle_data": strategy}, target=strategy)
    target = _made(strategy) if isinstance(strategy, type) else strategy
    found = {name: getattr(target, name) for name in HOOKS if callable(getattr(target, name, None))}
    name = getattr(strategy, "__name__", type(strategy).__name__)
    if not found:
        is_named = isinstance(strategy, (type, types.ModuleType))
        raise UsageError(_nothing_found(repr(name) if is_named else shown(strategy), dir(target)))
    roots: list[MutableMapping[str, Any]] = []
    if not isinstance(target, types.ModuleType) and hasattr(target, "__dict__"):
        roots.append(target.__dict__)
    return Hooks(name, found, roots, target)


def _made(kind: type) -> object:
    """An object of the class of a strategy."""
    try:
        return kind()
    except UsageError:
        raise
    except (Exception, SystemExit) as problem:
        raise load_error(problem, kind.__name__) from problem


def _nothing_found(name: str, names: Iterable[str]) -> str:
    near = [hook for word in names if not word.startswith("_") for hook in close_matches(word, HOOKS, limit=1)]
    return (
        f"Strategy {name} has nothing to call: it defines none of {', '.join(HOOKS)}. "
        f"{did_you_mean(dict.fromkeys(near))}Write at least handle_data(context, data)."
    )


def _script(path: Path, context: Context) -> Hooks:
    source, file = read_source(path), str(path.absolute())
    provided: dict[str, Any] = {name: getattr(context, name) for name in SCRIPT_NAMES}
    namespace: dict[str, Any] = {**provided, "__name__": path.stem}
    try:
        exec(compile(source, file, "exec"), namespace)  # running the user's own script is the point
    except UsageError:
        raise
    except (Exception, SystemExit) as problem:
        raise load_error(problem, path.name, file) from problem
    found = {name: namespace[name] for name in HOOKS if callable(namespace.get(name))}
    if not found:
        raise UsageError(_nothing_found(repr(path.name), namespace))
    return Hooks(path.stem, found, [ScriptGlobals(namespace, provided)], namespace)


@told_calls
class Log:
    """Lines that a strategy writes: they become events, in order with everything else."""

    __slots__ = ("_simulation",)

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation

    def info(self, *words: object) -> None:
        """Write a line."""
        self._simulation.do(LogLine("INFO", " ".join(map(written, words))))

    def warning(self, *words: object) -> None:
        """Write a warning."""
        self._simulation.do(LogLine("WARNING", " ".join(map(written, words))))

    def error(self, *words: object) -> None:
        """Write an error."""
        self._simulation.do(LogLine("ERROR", " ".join(map(written, words))))

    __call__ = info

    def __repr__(self) -> str:
        return "<Log: info, warning, error; its lines stand in session.events>"


@told_own_calls  # the order functions are inherited, and fast
class Context(TradingApi):
    """What a strategy holds: the account, the clock, the order functions, and its own attributes.

    Attributes that a strategy sets (``context.fast = 10``) are its memory: kept with every state, restored on going
    back. They are also found in ``session.memory``.

    Parameters
    ----------
    trader : Trader
        Of the session.
    memory : dict
    """

    __slots__ = ("_keeper", "_memory", "_session", "_trader", "log")

    _memory: dict[str, Any]
    _session: AnySession
    _keeper: Keeper
    _trader: Trader
    log: Log

    def __init__(self, trader: Trader, memory: dict[str, Any]) -> None:
        super().__init__(trader.place, trader.place_batch)
        object.__setattr__(self, "_session", trader.session)
        object.__setattr__(self, "_keeper", trader.keeper)
        object.__setattr__(self, "_trader", trader)
        object.__setattr__(self, "_memory", memory)
        object.__setattr__(self, "log", Log(trader.simulation))

    def __getattr__(self, name: str) -> Any:
        try:
            return self._memory[name]
        except KeyError:
            names, parts = [*self._memory, *_public(type(self))], {"portfolio": Portfolio, "now": Now}
            hint = meant(name, names, parts) or f"Set it first: context.{name} = 10. "
            raise AttributeError(f"context has no {name!r}. {hint}".rstrip()) from None

    def __setattr__(self, name: str, value: object) -> None:
        if name in _public(type(self)):
            raise UsageError(f"context.{name} belongs to the session and cannot be replaced. Choose another name.")
        self._memory[name] = value

    def __delattr__(self, name: str) -> None:
        del self._memory[name]

    def __repr__(self) -> str:
        return f"<Context {ENGLISH.tell(self._keeper.moment)}; memory {sorted(self._memory)}>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise UsageError(
            "The context cannot be copied or pickled: it is the strategy's hold on its session. Copy what is needed of "
            "it; its attributes are kept with every state, and put back on going back."
        )

    @property
    def simulation(self) -> Simulation:
        """The kernel under the session, for commands that have no function of their own."""
        return self._keeper.simulation

    @property
    def account(self) -> Account:
        """What the account does without the market; ``account.all`` are all accounts of the session."""
        found: Account = self._session.account
        return found

    @property
    def portfolio(self) -> Portfolio:
        """The account, valued at the last visible prices."""
        return self._session.portfolio

    @property
    def now(self) -> Now:
        """Day and phase."""
        return self._session.now

    @property
    def symbols(self) -> tuple[str, ...]:
        """All symbols of the market."""
        return self._session.market.symbols

    def cancel(self, order: str) -> Ticket:
        """Withdraw what is left of an order, by ticket or order id."""
        return self._trader.cancel(order)

    def ticket_of(self, order: str | int) -> Ticket:
        """The handle on an order by its id; ``context.ticket`` is left free for what a strategy remembers."""
        return self._trader.ticket(order)

    def history(
        self,
        symbols: str | list[str] | None = None,
        count: int = 20,
        field: str = "close",
        adjust: str = "pre",
        frequency: str = "day",
    ) -> pd.DataFrame:
        """The last bars of a field; see :meth:`Session.history`."""
        return self._session.history(symbols, count, field, adjust, frequency)

    def set_order_cost(self, **costs: Any) -> None:
        """Set commission and taxes from now on; see :meth:`Session.set_order_cost`."""
        self._session.set_order_cost(**costs)

    def set_slippage(self, kind: str, size: float = 0.0, **cap: Any) -> None:
        """Set the slippage model and the volume cap from now on; see :meth:`Session.set_slippage`."""
        self._session.set_slippage(kind, size, **cap)

    def run_daily(self, func: Callable[[Context], object], time: str = "open") -> None:
        """Call a function every trading day.

        Parameters
        ----------
        func : callable
            Takes the context.
        time : str
            "before_open", "open", "close", "after_close", "every_bar" or "HH:MM". On minute data a time between the
            open and the close is the first bar that ends at or after it (the last of the day when none does), seen
            whole, and "every_bar" each of them. On daily bars such a time sees the open of the day and nothing more of
            its bar, and "every_bar" is the close; on the clock of the same bar such a time is the close, with a notice,
            and "every_bar" is the open.
        """
        session = self._session
        when = when_of(time, session.market, session.simulation.exchange.clock.handle_data)
        if when != when_of(time, session.market) and time != "every_bar":
            self._keeper.voice.tell(
                "Daily bars hold no price between the open and the close: what is scheduled in between is called at "
                "the close, and trades there.",
                "approximated",
            )
        schedules = self._keeper.memory.schedules
        schedules.add(when, function("run_daily: func", func, "the context"))

    def record(self, **values: float) -> None:
        """Record values of the day under names; see :attr:`Tables.recorded`."""
        pairs = tuple((name, recorded(name, value)) for name, value in values.items())
        self._keeper.simulation.do(Record(pairs))


def _public(owner: type) -> list[str]:
    return [name for name in dir(owner) if not name.startswith("_")]
