"""A script as a strategy: loaded, given its names, called at its times."""

from __future__ import annotations

import builtins
import datetime as dt
import hashlib
import inspect
import linecache
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps
from types import FunctionType
from typing import TYPE_CHECKING, Any

from qresearch.dialects.joinquant import config, expressions, factors, order, orders, query
from qresearch.dialects.joinquant.absent import ABSENT, Absent
from qresearch.dialects.joinquant.account import Context
from qresearch.dialects.joinquant.bar_now import Data
from qresearch.dialects.joinquant.fundamentals import STATEMENTS, Database, Fundamentals
from qresearch.dialects.joinquant.globals import G, Globals
from qresearch.dialects.joinquant.indicators import Indicators
from qresearch.dialects.joinquant.listing import Listing
from qresearch.dialects.joinquant.log import Log
from qresearch.dialects.joinquant.modules import Modules
from qresearch.dialects.joinquant.neutral import Neutral
from qresearch.dialects.joinquant.prices import Prices
from qresearch.dialects.joinquant.run import Run
from qresearch.dialects.joinquant.schedule import Calendar, Schedule, in_order, phase_of, time_of
from qresearch.dialects.joinquant.symbols import normalize_code
from qresearch.dialects.joinquant.tables import Tables
from qresearch.dialects.joinquant.text import Source, compiled, decoded
from qresearch.domain import arguments
from qresearch.domain.moment import AFTER_CLOSE, CLOSE, INTRADAY, OPEN, PRE_OPEN
from qresearch.errors import QresearchError, UsageError, close_matches, did_you_mean, shown
from qresearch.session.source_file import file_bytes
from qresearch.session.strategy import Hooks, ScriptHost
from qresearch.session.traces import load_error

if TYPE_CHECKING:
    from qresearch.session.port import AnySession

CALLBACKS = ("initialize", "after_code_changed", "process_initialize", "before_trading_start", "handle_data",
             "after_trading_end", "on_strategy_end")  # fmt: skip
"""Functions of a script that are called by their names."""

SETTINGS = ("set_option", "set_order_cost", "set_commission", "set_slippage", "set_benchmark", "set_universe",
            "set_subportfolios", "run_daily", "run_weekly", "run_monthly", "unschedule_all")  # fmt: skip
"""Functions that set a run up: those called beside the callbacks, while the file is loaded, wait for its beginning."""

_DAILY = (
    (dt.time(9, 0), PRE_OPEN, "before_trading_start"),
    (dt.time(9, 30), OPEN, "handle_data"),
    (dt.time(15, 30), AFTER_CLOSE, "after_trading_end"),
)
_MIDNIGHT = dt.time(0, 0)


@dataclass(frozen=True, eq=False)
class Script:
    """A JoinQuant script as a strategy of a session.

    Made by :meth:`Session.from_script`; pass one to ``Session.resume`` or assign it to ``session.strategy``.

    Parameters
    ----------
    text : str
    name : str
    data : mapping, optional
        Tables of the user; see :data:`~.tables.TABLES`.
    strict : bool
        False: unknown settings pass with a notice.
    frequency : {"day", "minute"}
        Whether handle_data and "every_bar" are called once a day or at every bar of minute data.
    """

    text: str
    name: str = "script"
    data: Any = None
    strict: bool = True
    frequency: str = "day"

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
        return cls(decoded(file_bytes(path))[0], path.stem, **options)

    @property
    def file(self) -> str:
        """Name of the script in tracebacks."""
        digest = hashlib.sha256(self.text.encode()).hexdigest()[:8]
        return f"{self.name}-{digest}.py"

    def with_text(self, script: object) -> Script:
        """Another script with the same data."""
        return type(self).read(script, data=self.data, strict=self.strict, frequency=self.frequency)

    def options(self) -> dict[str, Any]:
        """Options of a session that runs it."""
        return {"clock": "same_bar", "slippage": ("spread_rate", config.SPREAD_RATE), "dividend_tax": 0.2}

    def load(self, host: ScriptHost) -> Hooks:
        """Bring the script to the shape of a strategy; called by the session."""
        return Loaded(host.session, self).hooks()


class Loaded:
    """One script in one session.

    Parameters
    ----------
    session : AnySession
    script : Script
    """

    def __init__(self, session: AnySession, script: Script) -> None:
        self.session, self.script = session, script
        self.run = run = Run(session, Tables(script.data), strict=script.strict)
        self.context = self.make_context()
        self.g = G()
        prices = Prices(run)
        self.data = Data(run, prices)
        self._indicators = Indicators(run, prices)
        self._early: list[Callable[[], object]] = []
        self._is_loading = True
        names = {**self._names(prices), **self.words()}
        self.modules = Modules(names, self._indicators.names(), self._indicators.missing)
        self._provided = self.modules.provided()
        self.calendar = self.calendar_kind(session.market.days, session.simulation.exchange.first)
        self._plans: dict[tuple[Any, ...], list[Schedule]] = {}
        self._is_processed = False
        source = compiled(script.text, script.file)
        for notice in source.notices:
            run.tell(notice, "converted")
        self._execute(source)

    calendar_kind = Calendar
    """Counts weeks and months."""

    # ------------------------------------------------------------------ names

    def make_context(self) -> Context:
        """What every callback is given."""
        return Context(self.run)

    def words(self) -> dict[str, Any]:
        """Names that differ between the dialects that share this loader."""
        return {}

    def _names(self, prices: Prices) -> dict[str, Any]:
        """Everything that a script can call, by name."""
        run = self.run
        found: dict[str, Any] = {name: Absent(name, words) for name, words in ABSENT.items()}
        parts = (
            config.Config(run), orders.Orders(run), prices, Listing(run), Fundamentals(run),
            factors.Factors(run, prices), Neutral(run),
        )  # fmt: skip
        for part in parts:
            found.update({name: getattr(part, name) for name in dir(type(part)) if not name.startswith("_")})
        found.update({name: self._at_begin(found[name]) for name in SETTINGS})
        for kind in (
            config.OrderCost, config.PerTrade, config.FixedSlippage, config.PriceRelatedSlippage,
            config.StepRelatedSlippage, config.SubPortfolioConfig, order.OrderStatus, order.MarketOrderStyle,
            order.LimitOrderStyle, order.StopMarketOrderStyle, order.StopLimitOrderStyle, factors.Factor,
            factors.winsorize, factors.winsorize_med, factors.standardlize,
        ):  # fmt: skip
            found[kind.__name__] = kind
        found.update({name: expressions.Entity(name) for name in STATEMENTS})
        found["cash_flow"] = found["cashflow"] = expressions.Entity("cash_flow")
        found.update({name: Database(run, name) for name in ("finance", "macro", "opt", "bond", "gta")})
        return found | {
            "g": self.g, "log": Log(run), "query": query.query, "normalize_code": normalize_code,
            "or_": expressions.any_of, "and_": expressions.all_of, "not_": expressions.none_of,
            "func": expressions.Functions(),
        }  # fmt: skip

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
        self.run.log("INFO", str(options.get("sep", " ")).join(map(str, words)))

    def _execute(self, source: Source) -> None:
        file = self.script.file
        lines = source.text.splitlines(keepends=True)
        linecache.cache[file] = (len(source.text), None, lines, file)
        namespace = self.run.namespace
        namespace.update(self._provided)
        namespace.update({"__name__": "joinquant_script", "__file__": file})
        namespace["__builtins__"] = self.modules.builtins(self._say)
        self.run.time = _MIDNIGHT
        try:
            exec(source.code, namespace)  # running the user's own script is the point
        except QresearchError:
            raise
        except (Exception, SystemExit) as problem:
            raise load_error(problem, file, file) from problem
        finally:
            self.run.time = None
            self._is_loading = False

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
        session = self.session
        live = session._keeper.memory.live
        live.update({"joinquant": self.run, "joinquant context": self.context, "g": self.g})
        live.update({
            f"script {name}": value for name, value in namespace.items()
            if isinstance(value, (FunctionType, type)) and getattr(value, "__module__", None) == "joinquant_script"
        })  # fmt: skip
        session._host.dialect = self.script.with_text
        known = {**self.modules.indicators, **self._provided}
        roots = [self.g.__dict__, Globals(namespace, known), self.run.state]
        phases: dict[int, Callable[[], object]] = {
            phase: partial(self._at, phase) for phase in (PRE_OPEN, OPEN, INTRADAY, CLOSE, AFTER_CLOSE)
        }
        return Hooks(self.script.name, {"initialize": self._begin}, roots, namespace, phases)

    def invoke(self, name: str, time: dt.time) -> None:
        """Call a function of the script at a time."""
        func = self.run.namespace.get(name)
        if not callable(func):
            func = self.run.functions.get(name)
        if func is None:
            raise UsageError(f"{name} is scheduled, but the script has no function of that name. Put it back.")
        arguments = (self.context, self.data)[: _arity(func)]
        self.run.time = time
        try:
            self.session._host.call(name, partial(func, *arguments))
        finally:
            self.run.time = None

    def defaults(self) -> dict[str, Any]:
        """Settings that hold before the script sets its own."""
        venue = self.session.market.venue
        rates = config.COSTS if venue.has_rules else dict.fromkeys(config.COSTS, 0.0)
        return {"costs": config.costs_of(venue, rates), "sizing": "joinquant"}

    def _begin(self, _: object) -> None:
        """What happens before the first day."""
        self.session._trader.change(**self.defaults())
        for call in self._early:
            call()
        for name in ("initialize", "after_code_changed", "process_initialize"):
            if callable(self.run.namespace.get(name)):
                self.invoke(name, _MIDNIGHT)
        self._is_processed = True

    def _at(self, phase: int) -> None:
        """What happens at a phase."""
        run = self.run
        if not self._is_processed:
            # After a resume, as at every restart on the platform.
            self._is_processed = True
            if "benchmark" in run.state:
                config.Config(run).set_benchmark(run.state["benchmark"])
            if callable(run.namespace.get("process_initialize")):
                self.invoke("process_initialize", _MIDNIGHT)
        if phase == PRE_OPEN:
            run.state["orders_before"] = run.account.orders
        if run.market.panel.intraday is None:
            if phase == INTRADAY:
                return
            due = [item for item in self._scheduled() if phase_of(time_of(item.time)) == phase]
        else:
            due = [item for item in self._scheduled() if self._is_now(item.time, phase)]
        calls = [(time_of(item.time), item.name) for item in due if self.calendar.is_due(item, run.day)]
        calls += self.named(phase)
        for time, name in sorted(calls, key=lambda call: call[0]):
            self.invoke(name, time)
        is_last = phase == AFTER_CLOSE and run.account.day == self.session.simulation.exchange.last
        if is_last and callable(run.namespace.get("on_strategy_end")):
            self.invoke("on_strategy_end", dt.time(15, 30))

    def _scheduled(self) -> list[Schedule]:
        key = tuple(self.run.state["schedules"])
        found = self._plans.get(key)
        if found is None:
            found = self._plans[key] = in_order([Schedule(*item) for item in key])
        return found

    def named(self, phase: int) -> list[tuple[dt.time, str]]:
        """The callbacks that are called by their names."""
        namespace = self.run.namespace
        found = [(time, name) for time, when, name in _DAILY if when == phase and callable(namespace.get(name))]
        every_minute = self.script.frequency == "minute" and phase == INTRADAY and self._bar_time() < dt.time(15, 0)
        if every_minute and callable(namespace.get("handle_data")):
            found.append((self._bar_time(), "handle_data"))
        return found

    def _bar_time(self) -> dt.time:
        run = self.run
        return run.moment(run.account.day, run.account.phase, run.account.bar).time()

    def _is_now(self, text: str, phase: int) -> bool:
        """On minute data: True when a time is reached at this phase and bar."""
        time, bars = time_of(text), self.run.market.panel.intraday
        if text == "every_bar" and self.script.frequency == "minute":
            return phase == OPEN or (phase == INTRADAY and self._bar_time() < dt.time(15, 0))
        where = phase_of(time)
        if where != CLOSE or time == dt.time(15, 0) or bars is None:
            return where == phase
        account = self.run.account
        number = bars.bars_until(account.day, time.hour * 60 + time.minute)
        return phase == (INTRADAY if number else OPEN) and (not number or account.bar == number)


def _arity(func: Callable[..., Any]) -> int:
    """How many of context and data a function takes."""
    try:
        parameters = inspect.signature(func).parameters.values()
    except (TypeError, ValueError):
        return 1
    if any(item.kind is item.VAR_POSITIONAL for item in parameters):
        return 2
    plain = [item for item in parameters if item.kind in {item.POSITIONAL_ONLY, item.POSITIONAL_OR_KEYWORD}]
    needed = [item for item in plain if item.default is item.empty]
    return min(2, max(len(needed), min(len(plain), 1)))
