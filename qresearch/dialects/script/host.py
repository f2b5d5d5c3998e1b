"""The session as a dialect sees it: the one port through which dialects look and act.

No other file of the dialects knows what a session is made of.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Any, NamedTuple, TypeVar

from qresearch.book.orders import OrderRecord
from qresearch.book.portfolio import Portfolio
from qresearch.book.projection import Projection, Reading
from qresearch.book.timeline import Branch
from qresearch.dialects.script.others import Others
from qresearch.domain import events
from qresearch.domain.commands import Act, Log, Meet, PayIn, Record, Tell
from qresearch.domain.moment import CLOSE, OPEN, PHASES, Moment
from qresearch.domain.state import Position, State
from qresearch.domain.terms import Terms
from qresearch.engine.counter import frozen_cash
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.open_orders import open_orders
from qresearch.engine.reserves import reserved_cash
from qresearch.engine.valuation import equity_at_closes, market_value
from qresearch.market.market import Benchmark, Market
from qresearch.market.view import View
from qresearch.session.debugging import Debugger
from qresearch.session.options import written
from qresearch.session.port import AnySession
from qresearch.session.simulation import Observer, Simulation
from qresearch.session.strategy import Hosting
from qresearch.session.ticket import Ticket

T = TypeVar("T", bound=Reading)


class Placed(NamedTuple):
    """An order that was sent.

    Parameters
    ----------
    ticket : Ticket
    events : sequence of Event
        What sending it brought about inside a callback; empty outside of one.
    """

    ticket: Ticket
    events: Sequence[events.Event]


class NewestFills(list[events.OrderFilled]):
    """The fills of the newest day that has any, folded from events."""

    def fold(self, event: events.Record) -> None:
        """Add an event."""
        if isinstance(event, events.OrderFilled):
            if self and self[-1].at.day < event.at.day:
                self.clear()
            self.append(event)

    def fork(self) -> NewestFills:
        """The same, to go on with."""
        return NewestFills(self)


class ScriptHost:
    """What the script of a dialect can see of a session and do with it.

    Parameters
    ----------
    hosting : Hosting
        What the session gives to a script.
    """

    def __init__(self, hosting: Hosting) -> None:
        self._hosting = hosting
        self._session: AnySession = hosting.session
        self._simulation: Simulation = hosting.simulation
        self._fills = self.projection(NewestFills)
        self.market: Market = hosting.simulation.market
        self.time: dt.time | None = None
        """Time of the call that runs now; None between calls."""
        self._debugger: Debugger | None = None
        self.others = Others(hosting, ScriptHost)
        """The accounts beside this one, and money that goes between them."""

    # ------------------------------------------------------------------ the clock

    @property
    def exchange(self) -> Exchange:
        """The market with its rules: days, lots, price steps."""
        return self._simulation.exchange

    @property
    def day(self) -> int:
        """Index of the present day; the first one before it begins."""
        return max(self.account.day, self.exchange.first)

    @property
    def phase(self) -> int:
        """Phase of the present day; -1 before the first day begins."""
        account = self.account
        return account.phase if account.day >= self.exchange.first else -1

    @property
    def is_closed(self) -> bool:
        """True from the close on: the bar of today is whole."""
        return self.phase >= CLOSE

    @property
    def view(self) -> View:
        """What is visible now."""
        return self._simulation.view

    @property
    def now(self) -> dt.datetime:
        """Date and time of the present call."""
        time = self.time
        if time is None:
            time = dt.time(0, 0) if self.phase < 0 else self.market.venue.hours[PHASES[self.phase]]
        return dt.datetime.combine(self.date_of(self.day), time)

    @property
    def previous_date(self) -> dt.date:
        """The trading day before the present one; the calendar day before when the data begin today."""
        day = self.day
        return self.date_of(day - 1) if day else self.date_of(0) - dt.timedelta(days=1)

    def date_of(self, day: int) -> dt.date:
        """A day (index) as a date."""
        found: dt.date = self.market.days[day].item()
        return found

    def time_of(self, day: int, phase: int, bar: int = 0) -> dt.datetime:
        """A moment of the events as date and time."""
        intraday = self.market.panel.intraday
        if bar and intraday is not None and phase != OPEN:
            found: dt.datetime = intraday.times[intraday.row(day, bar)].astype("datetime64[s]").item()
            return found
        return dt.datetime.combine(self.date_of(max(day, 0)), self.market.venue.hours[PHASES[phase]])

    @property
    def place_in_time(self) -> tuple[Branch, int, Moment]:
        """The branch, the number of the kept moment of it from which the step under way goes on, and that moment."""
        timeline = self._simulation.timeline
        return timeline.branch, timeline.cursor, timeline.state.at

    # ------------------------------------------------------------------ the account

    @property
    def account(self) -> Draft | State:
        """The account as it is now."""
        return self._simulation.account

    @property
    def portfolio(self) -> Portfolio:
        """The account, valued at the last visible prices, in the words of the session."""
        return self._session.portfolio

    @property
    def starting_equity(self) -> int:
        """Equity at the beginning, money steps, and what was paid in since."""
        return self._simulation.starting_equity + self.account.ledger.flows

    def do(self, command: PayIn | Act | Meet | Tell) -> None:
        """Have the kernel do what is no order: of the account (raises UsageError where it cannot), or at the market."""
        self._simulation.do(command)

    def amount(self, steps: int) -> float:
        """Money steps as currency."""
        return float(self.market.venue.money.amount(steps))

    def reserved(self) -> dict[int, int]:
        """Money steps that each resting buy holds back, by order id."""
        account = self.account
        return reserved_cash(account, self.exchange) if account.working else {}

    def frozen(self) -> int:
        """Money steps that all working buys bind at a counter."""
        return sum(frozen_cash(self.account, self.exchange).values())

    def value_of(self, positions: Mapping[int, Position]) -> int:
        """What positions are worth at the last visible prices, money steps."""
        return market_value(self.exchange, self.view, positions)

    def equity_before_today(self) -> int:
        """Equity at the close before the present day, money steps; that of the beginning on the first day."""
        timeline = self._simulation.timeline
        for stop in range(timeline.cursor, -1, -1):
            state = timeline.branch.states[stop]
            if state.day < self.day:
                if state.day < max(self.exchange.first, 0):
                    break
                (equity,) = equity_at_closes(self.exchange, [state])
                return int(equity)
        return self.starting_equity

    # ------------------------------------------------------------------ events

    def fills_today(self) -> list[events.OrderFilled]:
        """The fills of today, in order."""
        return [fill for fill in self._fills.now() if fill.at.day == self.day]

    def fills(self) -> list[events.OrderFilled]:
        """The fills of this branch up to now, in order."""
        return [event for event in events.records(self._simulation.log) if isinstance(event, events.OrderFilled)]

    def observe(self, callback: Observer) -> Callable[[], None]:
        """Be told of every event of an order, with the order as it was after it; the answer ends it."""
        return self._simulation.observe(callback)

    def tell_orders(self) -> None:
        """Have what has happened inside a step told now."""
        self._simulation.tell()

    def projection(self, empty: Callable[[], T]) -> Projection[T]:
        """A reading of the events up to now."""
        return Projection(self._simulation, empty)

    # ------------------------------------------------------------------ orders

    def place(self, column: int, method: int, asked: float, terms: Terms | None) -> Placed | None:
        """Send an order; None when there is nothing to send.

        Parameters
        ----------
        column : int
            Of the instrument.
        method : int
            See :class:`~qresearch.domain.order.Method`.
        asked : float
            Shares or currency, as the method counts.
        terms : Terms or None
            None: at the market.
        """
        draft = self._simulation.draft
        began = 0 if draft is None else len(draft.events)
        ticket = self._hosting.trader.place(self.market.symbols[column], method, asked, terms)
        if ticket is None:
            return None
        return Placed(ticket, () if draft is None else draft.events[began:])

    @property
    def is_calling(self) -> bool:
        """True inside a callback: what is asked for joins the step that runs."""
        return self._simulation.draft is not None

    def ticket(self, order: Any) -> Ticket:
        """The handle on an order, by its id or by itself."""
        return self._hosting.trader.ticket(order)

    def order(self, order_id: int) -> OrderRecord | None:
        """All facts about an order as of now; None before it is placed."""
        return self._simulation.order(self._simulation.timeline.branch, order_id)

    def waiting(self) -> list[int]:
        """Ids of the orders that wait for a match; one that was withdrawn since is among them until then."""
        account = self.account
        queued = (block.first_id + place for block in account.queue for place in range(len(block)))
        return sorted({*account.working, *queued})

    def orders_of(self, day: int) -> list[OrderRecord]:
        """Orders that were placed on a day (index), as of now, by their ids."""
        return [order for order in self._simulation.orders.now().values() if order.placed.day == day]

    def open_orders(self, column: int | None = None) -> list[OrderRecord]:
        """Orders that are not over, of one instrument or of all."""
        account = self.account
        if column is not None and isinstance(account, Draft):
            records = map(self.order, [order.order_id for order in open_orders(account, column)])
        else:
            records = map(self.order, self.waiting())
        return [record for record in records if record is not None and not record.status.is_final]

    def cancel(self, order: Any) -> None:
        """Withdraw what is left of an order."""
        self._hosting.trader.cancel(order)

    # ------------------------------------------------------------------ settings

    def change(self, **settings: Any) -> None:
        """Change settings from now on, by their names in :class:`~qresearch.domain.settings.Settings`."""
        self._hosting.trader.change(**settings)

    def compare_with(self, benchmark: Benchmark) -> None:
        """Compare the run with a benchmark."""
        self._simulation.benchmark = benchmark

    # ------------------------------------------------------------------ telling

    def tell(self, notice: str, kind: str = "approximated") -> None:
        """Add a notice, or count it."""
        self._hosting.keeper.voice.tell(notice, kind)

    def log_line(self, level: str, *words: object) -> None:
        """Write a line into the log."""
        self._simulation.do(Log(level, " ".join(map(written, words))))

    def record(self, values: Mapping[str, float]) -> None:
        """Record values of the day."""
        self._simulation.do(Record(tuple((name, float(value)) for name, value in values.items())))

    # ------------------------------------------------------------------ the script

    @property
    def memory(self) -> MutableMapping[str, Any]:
        """What the script has set on its context: kept with every state."""
        return self._hosting.memory.roots[0]

    def keep_alive(self, objects: Mapping[str, object]) -> None:
        """Name objects that the memory of the script refers to and never copies."""
        self._hosting.memory.keep_alive(objects)

    def read_scripts_with(self, read: Callable[[object], object]) -> None:
        """Have a path that is assigned as the strategy of the session read as a script of this dialect."""
        self._hosting.dialect = read

    def call(self, name: str, func: Callable[[], object], time: dt.time) -> None:
        """Call a function of the script at a time of the day; what it raises names its line."""
        self.time = time
        try:
            self._hosting.call(name, func)
        finally:
            self.time = None

    def call_around(self, name: str, func: Callable[[], object], time: dt.time) -> None:
        """As :meth:`call`, of what calls functions of the script: the debugger opens in those that are `debugged`."""
        self._debugger, self._hosting.debugger = self._hosting.debugger, None
        try:
            self.call(name, func, time)
        finally:
            self._debugger, self._hosting.debugger = None, self._debugger

    def debugged(self, func: Callable[[], object]) -> None:
        """Call a function of the script inside :meth:`call_around`, on any thread."""
        if self._debugger is None:
            func()
        else:
            self._debugger.call(func)
