"""A LEAN script in a session: its span and its market, when its engine runs, and what of it is memory.

The engine runs at each phase of a day up to the time of that phase: before the open all of the night and the early
morning, at the open up to 09:30, inside the day bar by bar (on daily bars up to the last moment before the close), at
the close up to 16:00, after it up to midnight. What the algorithm and its engine hold is memory: going back puts it
back. A session that was resumed from a journal runs its script again, silently, up to where it stands.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from qresearch.dialects.lean.algorithm import QCAlgorithm, made
from qresearch.dialects.lean.books import Books
from qresearch.dialects.lean.engine import Engine
from qresearch.dialects.lean.hours import new_york_hours
from qresearch.dialects.lean.imports import namespace
from qresearch.dialects.lean.orders import Order, OrderEvent
from qresearch.dialects.lean.runtime import Runtime
from qresearch.dialects.lean.sources import FolderSource, MarketSource, market_of, source_of
from qresearch.dialects.lean.symbols import Symbol
from qresearch.dialects.lean.universes import all_of
from qresearch.dialects.script import loader
from qresearch.dialects.script.host import ScriptHost
from qresearch.dialects.script.text import show_source
from qresearch.domain.commands import Tell
from qresearch.domain.moment import AFTER_CLOSE, CLOSE, INTRADAY, OPEN, PRE_OPEN, Moment, Phase
from qresearch.domain.settings import TOLD
from qresearch.engine.lean_answer import Wait
from qresearch.engine.lean_market import TradingHours
from qresearch.errors import UsageError
from qresearch.market.market import Market
from qresearch.session.strategy import Hooks
from qresearch.session.traces import file_name, load_error

if TYPE_CHECKING:
    from qresearch.session.strategy import Hosting

_SECOND = dt.timedelta(seconds=1)
_LAST_SECOND = dt.time(23, 59, 59)


@dataclass(frozen=True, eq=False)
class Script(loader.Script):
    """A script of LEAN as a strategy of a session; the parameters are those of every script.

    `data` is the path of a data folder; without one the script finds its bars where the market was read from, or in
    the market itself.
    """

    strict: bool = True

    def options(self) -> dict[str, Any]:
        """Options of a session that runs it."""
        return {"clock": TOLD, "account": "margin_us", "costs": "zero"}

    def opening(self, market: Market, start: object, end: object, cash: float) -> dict[str, Any]:
        """Market, span and cash as the script sets them; it sets itself up once for it, and silently."""
        given = {"market": market, "start": start, "end": end, "cash": cash}
        source = source_of(market, self.data)
        try:
            engine = self.engine(Runtime(source, hours_of(source), Silent()))
        except Exception:  # whatever the script raises is told where it is loaded
            return given
        if engine.has_cash:
            given["cash"] = engine.portfolio.cash
        first = engine.start.date() if engine.has_start else _first(market, start)
        last = engine.end.date() if engine.has_end else _last(market, end)
        given |= {"start": first.isoformat(), "end": last.isoformat()}
        engine.start, engine.end = _midnight(first), _midnight(last) + dt.timedelta(days=1) - _SECOND
        engine.prepare()
        all_of(engine)
        if isinstance(source, FolderSource):
            given["market"] = market_of(engine.feed, first, last, engine.rate_of) or market
            if given["market"] is market and self.data is not None:
                engine.feed.require_bars()
        return given

    def engine(self, runtime: Runtime) -> Engine:
        """An engine with its algorithm, which has set itself up."""
        engine = Engine(runtime)
        words = self._words()
        runtime.words = words
        made(_algorithm(words, self.name), engine)
        engine.call("initialize")
        return engine

    def _words(self) -> dict[str, Any]:
        words = namespace(self.file)
        exec(compile(self.text, self.file, "exec"), words)  # the user's own script
        return words

    def load(self, hosting: Hosting) -> Hooks:
        """Bring the script to the shape of a strategy; called by the session."""
        host, file = ScriptHost(hosting), self.file
        if host.exchange.clock.name != TOLD:
            raise UsageError(
                "The orders of a LEAN script are kept by its own engine: open the session with "
                "Session.from_script(script, market, dialect='lean')."
            )
        show_source(file, self.text)
        play = Play(host, source_of(host.market, self.data))
        try:
            compile(self.text, file, "exec")  # what is no program is told by its line
            play.begin(self)
        except (SyntaxError, ValueError) as problem:
            raise load_error(problem, file_name(file), file) from problem
        host.read_scripts_with(self.with_text)
        words = play.runtime.words
        own = {name: value for name, value in words.items() if getattr(value, "__module__", "") == "lean_script"}
        host.keep_alive({f"lean script {name}": value for name, value in own.items() if callable(value)})
        fixed = frozenset(name for name, value in words.items() if not isinstance(value, _DATA)) | {"__builtins__"}
        state = State([
            (vars(play.engine), _FIXED), (vars(play.algorithm), _FIXED),
            (words, fixed | {name for name in words if name.startswith("__")}),
        ])  # fmt: skip
        return Hooks(self.name, {}, [state], play, play.phases())


@dataclass
class Held:
    """What an algorithm, its engine and its globals hold at a moment: put back as a whole, or not at all."""

    parts: list[dict[str, Any]]


class State(MutableMapping[str, Any]):
    """What some objects hold, as memory under one name: all but what they stand on.

    Parameters
    ----------
    parts : sequence of (dict, frozenset of str)
        Attributes, and the names among them that are no memory.
    """

    name = "state of the algorithm"

    def __init__(self, parts: Sequence[tuple[dict[str, Any], frozenset[str]]]) -> None:
        self._parts = parts

    def __getitem__(self, name: str) -> Any:
        if name != self.name:
            raise KeyError(name)
        return Held([{key: held[key] for key in sorted(held.keys() - fixed)} for held, fixed in self._parts])

    def __setitem__(self, name: str, value: Any) -> None:
        if isinstance(value, Held):
            for (held, fixed), kept in zip(self._parts, value.parts, strict=True):
                for key in [key for key in held if key not in fixed and key not in kept]:
                    del held[key]
                held.update(kept)

    def __delitem__(self, name: str) -> None:
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter((self.name,))

    def __len__(self) -> int:
        return 1


_FIXED = frozenset({"runtime", "algorithm", "_engine", "_parts"})
_DATA = (int, float, str, bytes, list, dict, set, tuple)
"""What among the globals of a script is memory."""


def _algorithm(words: dict[str, Any], name: str) -> type[QCAlgorithm]:
    found = [
        value for value in words.values()
        if isinstance(value, type) and issubclass(value, QCAlgorithm) and value.__module__ == "lean_script"
    ]  # fmt: skip
    if not found:
        raise UsageError(f"{name} defines no algorithm. Write a class built on QCAlgorithm, with initialize.")
    return found[-1]


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(0))


def _first(market: Market, start: object) -> dt.date:
    day: dt.date = market.days[0 if start is None else market.panel.day_index(start, side="next")].astype(object)
    return day


def _last(market: Market, end: object) -> dt.date:
    day: dt.date = market.days[-1 if end is None else market.panel.day_index(end, side="previous")].astype(object)
    return day


def hours_of(source: FolderSource | MarketSource) -> TradingHours:
    """Hours of the exchanges of some data: of the folder's table or New York's rules, or those of the market."""
    if isinstance(source, FolderSource):
        return new_york_hours(source.path)
    venue, days = source.market.venue, source.market.days
    closed = frozenset(np.setdiff1d(np.arange(days[0], days[-1] + np.timedelta64(1, "D")), days).tolist())
    opens, closes = venue.hours[Phase.OPEN], venue.hours[Phase.CLOSE]
    return replace(new_york_hours(), opens=opens, closes=closes, holidays=closed, early_closes={}, pause=venue.pause)


class Silent:
    """Nobody is told."""

    def deliver(self, event: OrderEvent, order: Order) -> None:
        """Nothing."""

    def waits(self, order: Order, wait: Wait) -> None:
        """Nothing."""

    def paid(self, amount: Decimal, what: str) -> None:
        """Nothing."""

    def split(self, symbol: Symbol, factor: Decimal, quantity: int, cash: Decimal) -> None:
        """Nothing."""

    def warn(self, text: str, kind: str = "adjusted") -> None:
        """Nothing."""

    def note(self, level: str, text: str) -> None:
        """Nothing."""

    def keep(self, value: object) -> None:
        """Nothing."""

    def hold(self, value: object) -> None:
        """Nothing."""

    def plotted(self, name: str, value: float) -> None:
        """Nothing."""


class Play:
    """A script in a session.

    Parameters
    ----------
    host : ScriptHost
    source : FolderSource or MarketSource
    """

    def __init__(self, host: ScriptHost, source: FolderSource | MarketSource) -> None:
        self.host, self.books = host, Books(host, self._rate)
        self.runtime = Runtime(source, hours_of(source), self, host.market.panel.columns)
        self._said: list[tuple[str, str]] = []
        self._kept = 0
        self._is_playing = False
        self.is_walking = False
        """True while a person goes through the parts of a step."""
        self.engine = Engine(self.runtime)
        self.algorithm: Any = None

    def __repr__(self) -> str:
        return f"<Play of {type(self.algorithm).__name__} at {self.engine.now}>"

    def begin(self, script: Script) -> None:
        """Let the script set itself up."""
        host = self.host
        host.keep_alive({"lean runtime": self.runtime, "lean hours": self.runtime.hours, "lean listener": self})
        engine: Engine | None = None

        def set_up() -> None:
            nonlocal engine
            engine = script.engine(self.runtime)

        host.call("initialize", set_up, dt.time(0, 0))
        assert engine is not None  # it raised otherwise
        self.engine, self.algorithm = engine, engine.algorithm
        exchange = host.exchange
        if not engine.has_start:
            engine.start = _midnight(host.date_of(exchange.first))
        if not engine.has_end:
            engine.end, engine.has_end = _midnight(host.date_of(exchange.last)) + dt.timedelta(days=1) - _SECOND, True
        if not engine.has_cash:
            engine.portfolio.set_cash(Decimal(host.account.cash) / host.market.venue.money.units)
        host.keep_alive({"lean engine": engine, "lean algorithm": engine.algorithm})
        host.call("on_warmup_finished", engine.prepare, dt.time(0, 0))

    def _rate(self, symbol: Symbol) -> Decimal:
        return self.engine.rate_of(symbol, self.engine.now.date())

    # ------------------------------------------------------------------ the phases of a day

    def phases(self) -> dict[int, Callable[[], object]]:
        """What a session calls."""
        return {phase: partial(self._play, phase) for phase in (PRE_OPEN, OPEN, INTRADAY, CLOSE, AFTER_CLOSE)}

    def _play(self, phase: int) -> None:
        host = self.host
        limit = self._limit(Moment(host.day, phase, host.account.bar))
        self._is_playing = True
        for level, text in self._said:
            host.log_line(level, text)
        self._said.clear()
        stands = host.place_in_time[2]
        if self.engine.ran_until is None and stands.day >= host.exchange.first:
            self._catch_up(self._limit(stands))
        self._know_all()
        host.call_around("the algorithm", partial(self._run, limit, phase), limit.time())

    def _know_all(self) -> None:
        """Refuse to go on where the session holds orders that the script does not know: they would be mixed up."""
        held, known = self.host.account.orders, self.engine.keeper.last_order_id
        if held != known:
            raise UsageError(
                f"The session holds {held} orders, and the script knows {known}: orders that were placed by hand are "
                "no part of a script that runs again. Go back to before them, or go on without rerun=True."
            )

    def _run(self, limit: dt.datetime, phase: int) -> None:
        self.host.debugged(partial(self.engine.run, limit, stops=self.is_walking))
        if len(self.engine.portfolio.cash_book) > 1:
            self.books.revalue(self.engine.portfolio.exact_cash + self.engine.portfolio.exact_unsettled)
        if phase == AFTER_CLOSE and self.host.day == self.host.exchange.last:
            self.host.debugged(partial(self.engine.run, self.engine.end))
            self.engine.finish()

    def _catch_up(self, limit: dt.datetime) -> None:
        """Run again what the log holds already, and tell nobody."""
        self.books.is_muted = True
        try:
            self.host.call("the algorithm", partial(self.engine.run, limit), limit.time())
        finally:
            self.books.is_muted = False
        self.host.tell("The script ran again, silently, up to where the resumed session stands.", "adjusted")

    def _limit(self, at: Moment) -> dt.datetime:
        """Up to when the engine runs at a moment."""
        day = self.host.date_of(at.day)
        session = self.runtime.hours.session(day)
        opens, closes = session or (_midnight(day), _midnight(day) + dt.timedelta(hours=16))
        if at.phase == PRE_OPEN:
            return opens - _SECOND
        if at.phase == OPEN:
            return opens
        if at.phase == INTRADAY:
            return self.host.time_of(*at) if at.bar else closes - _SECOND
        if at.phase == CLOSE:
            return max(closes, self.engine.last_moment(day) or closes)
        return dt.datetime.combine(day, _LAST_SECOND)

    def go_on(self) -> str:
        """Go on to the next pause of the step under way, where the session stands; its name, empty after the last."""
        pause = self.engine.go_on()
        self.host.do(Tell(()))  # so that the session keeps where the engine stands
        return pause

    # ------------------------------------------------------------------ as the listener of the engine

    def deliver(self, event: OrderEvent, order: Order) -> None:
        """An order event."""
        self.books.order(event, order)

    def waits(self, order: Order, wait: Wait) -> None:
        """An order was asked and did not fill."""
        security = self.engine.securities[order.symbol]
        self.books.waits(order, wait, security.low if order.quantity > 0 else security.high)

    def paid(self, amount: Decimal, what: str) -> None:
        """Cash that comes or goes without a trade: a dividend, interest."""
        self.books.paid(amount, what)

    def split(self, symbol: Symbol, factor: Decimal, quantity: int, cash: Decimal) -> None:
        """A holding after a split."""
        self.books.split(symbol, factor, quantity, cash)

    def warn(self, text: str, kind: str = "adjusted") -> None:
        """Something that a user should know."""
        self.host.tell(text, kind)

    def note(self, level: str, text: str) -> None:
        """A line of the log; before the first step it waits for that."""
        if self.books.is_muted:
            return
        if self._is_playing:
            self.host.log_line(level, text)
        else:
            self._said.append((level, text))

    def keep(self, value: object) -> None:
        """A function that the state refers to: it is never copied."""
        if callable(value) and not hasattr(value, "__self__") and type(value).__module__ == "builtins":
            self.hold(value)

    def hold(self, value: object) -> None:
        """Something that is never copied."""
        self._kept += 1
        self.host.keep_alive({f"lean {self._kept}": value})

    def plotted(self, name: str, value: float) -> None:
        """A value of a chart."""
        if self._is_playing and not self.books.is_muted:
            self.host.record({name: value})
