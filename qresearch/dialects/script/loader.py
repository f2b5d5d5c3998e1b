"""A script of any dialect as a strategy: loaded, given its names, called at its times."""

from __future__ import annotations

import builtins
import datetime as dt
import hashlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial, wraps
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from qresearch.dialects.data import factors
from qresearch.dialects.data.codes import normalize_code
from qresearch.dialects.data.entity import Entity, Late
from qresearch.dialects.data.files import Files
from qresearch.dialects.data.fundamentals import STATEMENTS, Database, Fundamentals
from qresearch.dialects.data.indicators import Indicators
from qresearch.dialects.data.listing import Listing
from qresearch.dialects.data.prices import Prices
from qresearch.dialects.data.tables import Tables, mentioned
from qresearch.dialects.script import styles
from qresearch.dialects.script.context import G
from qresearch.dialects.script.host import ScriptHost
from qresearch.dialects.script.log import Log
from qresearch.dialects.script.modules import Modules
from qresearch.dialects.script.run import MODULE, Run
from qresearch.dialects.script.schedule import Schedule, in_order, phase_of, phase_on_minutes, time_of
from qresearch.dialects.script.settings import OrderCost, Settings
from qresearch.dialects.script.text import Source, compiled, decoded, globals_asked_for, show_source
from qresearch.dialects.script.unsupported import NOT_CALLED, UNSUPPORTED, Unsupported
from qresearch.domain import arguments
from qresearch.domain.moment import AFTER_CLOSE, CLOSE, INTRADAY, OPEN, PRE_OPEN
from qresearch.errors import QresearchError, UsageError, close_matches, did_you_mean, shown
from qresearch.session.memory import ScriptGlobals
from qresearch.session.source_file import file_bytes
from qresearch.session.strategy import Hooks
from qresearch.session.traces import file_name, load_error

if TYPE_CHECKING:
    from qresearch.market.market import Market
    from qresearch.session.strategy import Hosting

CALLBACKS = ("initialize", "after_code_changed", "process_initialize", "before_trading_start", "handle_data",
             "after_trading_end", "on_strategy_end")  # fmt: skip
"""Functions of a script that are called by their names."""

SETTINGS = ("set_option", "set_order_cost", "set_commission", "set_slippage", "set_benchmark", "set_universe",
            "set_subportfolios", "run_daily", "run_weekly", "run_monthly", "unschedule_all")  # fmt: skip
"""Functions that set a run up: those called beside the callbacks, while the file is loaded, wait for its beginning."""

_OF_SQLALCHEMY = ("or_", "and_", "not_", "func", "desc", "asc", "between", "distinct", "literal", "cast", "null")
"""Words of queries that are SQLAlchemy's own."""

_MIDNIGHT, _LAST_BAR, _END = dt.time(0, 0), dt.time(15, 0), dt.time(15, 30)


def words_of(*parts: object) -> dict[str, Any]:
    """The public methods of some objects, by name: each is a word of a script."""
    return {name: getattr(part, name) for part in parts for name in dir(type(part)) if not name.startswith("_")}


class Calendar(Protocol):
    """Counts weeks and months in the way of a dialect."""

    def is_due(self, schedule: Schedule, day: int) -> bool:
        """True when a schedule calls on a day (index)."""
        ...


class Dialect(Protocol):
    """What a dialect adds to a script: its words, its context, its calendar, its callbacks. Made once per run."""

    options: ClassVar[Mapping[str, Any]]
    """Options of a session that runs its scripts."""

    context: Any
    """What every callback is given."""

    calendar: Calendar
    """Counts weeks and months."""

    alive: Mapping[str, object]
    """Its own objects that the memory of a script may refer to."""

    def __init__(self, run: Run, prices: Prices) -> None: ...

    def words(self) -> dict[str, Any]:
        """Its words, by name."""
        ...

    def settings(self) -> dict[str, Any]:
        """Settings that hold before the script sets its own."""
        ...

    def callbacks(self, phase: int) -> list[tuple[dt.time, str]]:
        """The functions that are called at a phase without a schedule, and when."""
        ...

    def data(self) -> object:
        """The second argument of a callback."""
        ...


@dataclass(frozen=True, eq=False)
class Script:
    """A script as a strategy of a session, in the dialect of its class.

    Made by :meth:`Session.from_script`; pass one to ``Session.resume`` or assign it to ``session.strategy``.

    Parameters
    ----------
    text : str
    name : str
    data : mapping, optional
        Tables of the user; see :data:`~.data.tables.TABLES`.
    strict : bool
        False: unknown settings pass with a notice.
    frequency : {"day", "minute"}
        Whether handle_data and "every_bar" are called once a day or at every bar of minute data.
    path : Path, optional
        The file that holds the text: tracebacks and breakpoints are in it.
    """

    text: str
    name: str = "script"
    data: Any = None
    strict: bool = True
    frequency: str = "day"
    path: Path | None = None

    dialect: ClassVar[type[Dialect]]

    @classmethod
    def read(cls, script: object, **options: Any) -> Script:
        """A script from its path, its bytes or its text.

        Raises
        ------
        UsageError
            There is no such file, or it is a folder or a pipe; pass the path of a .py file, or the text.
        """
        if isinstance(script, Script):
            return script
        if isinstance(script, bytes):
            return cls(decoded(script)[0], **options)
        if isinstance(script, str) and ("\n" in script or not script.strip().endswith((".py", ".txt"))):
            return cls(arguments.text("script", script, "def initialize(context): ..."), **options)
        path = arguments.path("script", script, "script.py")
        return cls(decoded(file_bytes(path))[0], path.stem, path=path.absolute(), **options)

    @property
    def file(self) -> str:
        """The file as tracebacks and debuggers know it; of a text a name that no file has."""
        if self.path is not None:
            return str(self.path)
        digest = hashlib.sha256(self.text.encode()).hexdigest()[:8]
        return f"<{self.name}-{digest}.py>"

    def with_text(self, script: object) -> Script:
        """Another script with the same data."""
        return type(self).read(script, data=self.data, strict=self.strict, frequency=self.frequency)

    def options(self) -> dict[str, Any]:
        """Options of a session that runs it."""
        return dict(self.dialect.options)

    def opening(self, market: Market, start: object, end: object, cash: float) -> dict[str, Any]:
        """Market, span and cash of a session that runs it: as they are given, where the script does not say."""
        return {"market": market, "start": start, "end": end, "cash": cash}

    def load(self, host: Hosting) -> Hooks:
        """Bring the script to the shape of a strategy; called by the session."""
        return Loaded(ScriptHost(host), self).hooks()


class Loaded:
    """One script in one session.

    Parameters
    ----------
    host : ScriptHost
    script : Script
    """

    def __init__(self, host: ScriptHost, script: Script) -> None:
        self.host, self.script, self.g = host, script, G()
        tables = Tables(script.data)
        tables.mentioned = mentioned(script.text)
        self.run = run = Run(host, tables, strict=script.strict, frequency=script.frequency)
        prices = Prices(run.platform)
        self.dialect = script.dialect(run, prices)
        self._early: list[Callable[[], object]] = []
        self._is_loading = True
        indicators = Indicators(run.platform, prices)
        self.modules = Modules(self._words(prices), indicators.names(), indicators.missing)
        self._provided = self.modules.provided()
        self._plans: dict[tuple[Any, ...], list[Schedule]] = {}
        self._is_processed = False
        source = compiled(script.text, script.file)
        for notice in source.notices:
            host.tell(notice, "converted")
        self._execute(source)

    # ------------------------------------------------------------------ names

    def _words(self, prices: Prices) -> dict[str, Any]:
        """Everything that a script can call, by name."""
        run, platform = self.run, self.run.platform
        found: dict[str, Any] = {name: Unsupported(name, nearest) for name, nearest in UNSUPPORTED.items()}
        found |= words_of(
            Settings(run), prices, Listing(platform), Files(platform), Fundamentals(platform),
            factors.Factors(platform, prices),
        )  # fmt: skip
        for kind in (
            OrderCost, styles.MarketOrderStyle, styles.LimitOrderStyle, styles.StopMarketOrderStyle,
            styles.StopLimitOrderStyle, factors.Factor, factors.winsorize, factors.winsorize_med, factors.standardlize,
        ):  # fmt: skip
            found[kind.__name__] = kind
        found |= {name: Entity(name) for name in STATEMENTS}
        found["cashflow"] = Entity("cash_flow")
        found |= {name: Database(platform, name) for name in ("finance", "macro", "opt", "bond", "gta")}
        found |= {
            "g": self.g, "log": Log(run), "normalize_code": normalize_code,
            "query": Late("qresearch.dialects.data.query", "query"),
            "case": Late("qresearch.dialects.data.query", "case"),
            **{name: Late("sqlalchemy", name) for name in _OF_SQLALCHEMY}, **self.dialect.words(),
        }  # fmt: skip
        return found | {name: self._at_begin(found[name]) for name in SETTINGS if name in found}

    def _at_begin(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """A function that, called while the file is loaded, does its work at the beginning of the run."""

        @wraps(call)
        def setting(*arguments: Any, **options: Any) -> Any:
            if not self._is_loading:
                return call(*arguments, **options)
            self._early.append(partial(call, *arguments, **options))
            return None

        return setting

    def _say(self, *words: Any, **options: Any) -> None:
        if options.get("file") is not None:
            builtins.print(*words, **options)
            return
        self.host.log_line("INFO", str(options.get("sep", " ")).join(map(str, words)))

    def _tell_idle(self, source: Source) -> None:
        """Tell of functions that nothing calls and whose names say that the platform was to do it."""
        namespace = self.run.namespace
        own = [name for name, value in namespace.items() if type(value) is FunctionType and value.__module__ == MODULE]
        for name in set(own) - set(CALLBACKS) - globals_asked_for(source.code):
            near = did_you_mean(close_matches(name, set(CALLBACKS) - set(own), limit=1))
            if name in NOT_CALLED or near:
                self.host.tell(f"{name} of the script is never called. {near or NOT_CALLED[name]}".strip(), "ignored")

    def _execute(self, source: Source) -> None:
        file = self.script.file
        show_source(file, self.script.text)
        namespace = self.run.namespace
        namespace.update(self._provided)
        namespace.update({"__name__": MODULE, "__file__": file})
        namespace["__builtins__"] = self.modules.builtins(self._say)
        self.host.time = _MIDNIGHT
        try:
            exec(source.code, namespace)  # running the user's own script is the point
        except QresearchError:
            raise
        except (Exception, SystemExit) as problem:
            raise load_error(problem, file_name(file), file) from problem
        finally:
            self.host.time = None
            self._is_loading = False
        self._tell_idle(source)

    # ------------------------------------------------------------------ the strategy

    def hooks(self) -> Hooks:
        """The script as callbacks of a session."""
        namespace = self.run.namespace
        # A word of the dialect itself, such as EasyQuant's before_trading_start, is nothing that the script defines.
        own = [name for name, value in namespace.items() if callable(value) and value is not self._provided.get(name)]
        if not set(CALLBACKS) & set(own):
            near = [hook for name in own for hook in close_matches(name, CALLBACKS, limit=1)]
            raise UsageError(
                f"Script {self.script.name!r}, {shown(self.script.text)}, has nothing to call: it defines none of "
                f"{', '.join(CALLBACKS)}. {did_you_mean(dict.fromkeys(near))}Write at least initialize(context)."
            )
        host, run = self.host, self.run
        functions = {
            f"script {name}": value for name, value in namespace.items()
            if isinstance(value, (FunctionType, type)) and getattr(value, "__module__", None) == MODULE
        }  # fmt: skip
        host.keep_alive({
            "script host": host, "script platform": run.platform, "script run": run, "script account": run.account,
            "script context": self.dialect.context, "g": self.g, **self.dialect.alive, **functions,
        })  # fmt: skip
        host.read_scripts_with(self.script.with_text)
        known = {**self.modules.indicators, **self._provided}
        roots = [self.g.__dict__, ScriptGlobals(namespace, known), run.state]
        phases: dict[int, Callable[[], object]] = {
            phase: partial(self._at, phase) for phase in (PRE_OPEN, OPEN, INTRADAY, CLOSE, AFTER_CLOSE)
        }
        return Hooks(self.script.name, {"initialize": self._begin}, roots, namespace, phases)

    def invoke(self, name: str, time: dt.time) -> None:
        """Call a function of the script at a time."""
        func = self.run.function(name)
        if func is None:
            raise UsageError(f"{name} is scheduled, but the script has no function of that name. Put it back.")
        arguments = (self.dialect.context, self.dialect.data())[: _arity(func)]
        self.host.call(name, partial(func, *arguments), time)

    def _begin(self, _: object) -> None:
        """What happens before the first day."""
        self.host.change(**self.dialect.settings())
        for call in self._early:
            call()
        for name in ("initialize", "after_code_changed", "process_initialize"):
            if callable(self.run.namespace.get(name)):
                self.invoke(name, _MIDNIGHT)
        self._is_processed = True

    def _at(self, phase: int) -> None:
        """What happens at a phase."""
        run, host = self.run, self.host
        if not self._is_processed:
            # After a resume, as at every restart on the platform.
            self._is_processed = True
            if "benchmark" in run.state:
                Settings(run).set_benchmark(run.state["benchmark"])
            if callable(run.namespace.get("process_initialize")):
                self.invoke("process_initialize", _MIDNIGHT)
        if phase == PRE_OPEN:
            run.state.update(orders_before=host.account.orders, carried=host.waiting(), given={}, costs_before={})
        calendar, due = self.dialect.calendar, self._due(phase)
        calls = [(self._time_now(item.time), item.name) for item in due if calendar.is_due(item, host.day)]
        calls += self.dialect.callbacks(phase)
        for time, name in sorted(calls, key=lambda call: call[0]):
            self.invoke(name, time)
        is_last = phase == AFTER_CLOSE and host.account.day == host.exchange.last
        if is_last and callable(run.namespace.get("on_strategy_end")):
            self.invoke("on_strategy_end", _END)

    def _due(self, phase: int) -> list[Schedule]:
        """What is scheduled for where the account stands, in its order."""
        is_daily = self.host.market.panel.intraday is None
        # On daily bars a time is a phase, whatever the day.
        key = phase if is_daily else None, *self.run.state["schedules"]
        found = self._plans.get(key)
        if found is None:
            planned = in_order([Schedule(*item) for item in key[1:]])
            found = [item for item in planned if not is_daily or phase_of(time_of(item.time)) == phase]
            self._plans[key] = found
        return found if is_daily else [item for item in found if self._is_now(item.time, phase)]

    def _time_now(self, text: str) -> dt.time:
        """The time of a call that is due: that of the bar for "every_bar" inside a day."""
        inside = text == "every_bar" and self.host.account.phase == INTRADAY
        return self.run.bar_time if inside else time_of(text)

    def _is_now(self, text: str, phase: int) -> bool:
        """True when a time is reached, on minute data, at this phase and at this bar."""
        time, bars, account = time_of(text), self.host.market.panel.intraday, self.host.account
        assert bars is not None  # asked where there are some
        if text == "every_bar" and self.run.frequency == "minute":
            return phase == OPEN or (phase == INTRADAY and self.run.bar_time < _LAST_BAR)
        where = phase_on_minutes(time)
        if where != INTRADAY:
            return where == phase
        number = bars.bars_until(account.day, time.hour * 60 + time.minute)
        return phase == (INTRADAY if number else OPEN) and (not number or account.bar == number)


def _arity(func: Callable[..., Any]) -> int:
    """How many of context and data a function takes."""
    if type(func) is FunctionType and not vars(func):
        # The same as below, which takes longer than many a function of a script.
        code, defaults = func.__code__, func.__defaults__ or ()
        count = code.co_argcount
        is_open = bool(code.co_flags & inspect.CO_VARARGS)
        return 2 if is_open else min(2, max(count - len(defaults), min(count, 1)))
    try:
        parameters = inspect.signature(func).parameters.values()
    except (TypeError, ValueError):
        return 1
    if any(item.kind is item.VAR_POSITIONAL for item in parameters):
        return 2
    plain = [item for item in parameters if item.kind in {item.POSITIONAL_ONLY, item.POSITIONAL_OR_KEYWORD}]
    needed = [item for item in plain if item.default is item.empty]
    return min(2, max(len(needed), min(len(plain), 1)))
