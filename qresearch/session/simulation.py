"""The kernel under a session: a market, an account on it, and every moment of it. Commands in, events out."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from copy import copy
from typing import NoReturn, Protocol, SupportsIndex

from qresearch.book.orders import OrderRecord, Orders
from qresearch.book.projection import Projection
from qresearch.book.timeline import Branch, Timeline
from qresearch.domain import events
from qresearch.domain.commands import Command
from qresearch.domain.moment import AFTER_CLOSE, Moment
from qresearch.domain.settings import Settings
from qresearch.domain.state import State
from qresearch.engine.decide import EVERY_PHASE, advance, decide
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange, Models
from qresearch.errors import UsageError
from qresearch.market.market import Benchmark, Market
from qresearch.market.view import View
from qresearch.session.seeding import seed

Observer = Callable[[events.Record, OrderRecord], None]


class Keeper(Protocol):
    """Who keeps what a command by hand did."""

    def keep_command(self, draft: Draft) -> None:
        """Keep it at the present moment, or on a new branch when the cursor stands in the past."""


class InMemory:
    """A keeper that only puts commands into the timeline.

    Parameters
    ----------
    timeline : Timeline
    """

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline

    def keep_command(self, draft: Draft) -> None:
        """Keep what a command did; the memory of a strategy stays as it is."""
        self._timeline.commit(draft, self._timeline.memory, new_state=False)


class Simulation:
    """An account on a market, and all that happened to it.

    It knows no strategy, no table and no file. A dialect, a panel or a test reads it and gives it commands; a session
    puts a strategy, a memory and a journal around it.

    Parameters
    ----------
    exchange : Exchange
    timeline : Timeline
    starting_equity : int, money steps
        What the account was worth when it was opened.

    Examples
    --------
    >>> import qresearch as qr
    >>> simulation = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000).simulation
    >>> from qresearch.domain.commands import Place
    >>> simulation.do(Place(simulation.market.column("604018"), asked=1000))
    True
    >>> simulation.advance(Moment(simulation.exchange.first, 1))
    >>> simulation.orders.now()[1].filled
    1000
    """

    def __init__(self, exchange: Exchange, timeline: Timeline, starting_equity: int) -> None:
        self.exchange, self.market, self.timeline = exchange, exchange.market, timeline
        self.starting_equity = starting_equity
        self.draft: Draft | None = None
        """The step under way, or a preview; None between steps."""
        self.orders: Projection[Orders] = Projection(self, Orders)
        """Every order by its id, of any branch up to its cursor, or as of now."""
        self.benchmark: Benchmark | None = None
        """What the run is compared with, where it is not the benchmark of the market."""
        self.keeper: Keeper = InMemory(timeline)
        self._observers: tuple[Observer, ...] = ()
        self._followed = Orders()

    @classmethod
    def opened(
        cls, market: Market, first: int, last: int, settings: Settings, models: Models, *, cash: int,
        holdings: Mapping[str, int], paid: bool, keep_every: int = 1,
    ) -> Simulation:  # fmt: skip
        """A simulation that begins with some cash (money steps) and shares by symbol, `paid` from it or given."""
        exchange = Exchange(market, first, last, models)
        start = Moment(first - 1, AFTER_CLOSE)
        draft = Draft(State.blank(start, settings))
        draft.emit(events.AccountOpened(start, cash, settings))
        for symbol, quantity in holdings.items():
            decide(draft, exchange, seed(exchange, draft, symbol, quantity, is_paid=paid))
        if draft.cash < 0:
            raise UsageError(
                f"The positions cost {exchange.money.text(-draft.cash)} more than the cash. "
                "Raise cash=, hold less, or pass positions_paid=False to be given them."
            )
        state = draft.freeze()
        worth = exchange.account.value(state, exchange).equity

        def date(day: int) -> str:
            return "start" if day < first else exchange.date(day)

        timeline = Timeline(state, draft.events, None, date, keep_every)
        return cls(exchange, timeline, worth)

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        # Of copy, deepcopy and pickle, also of all that hangs on a session: tables, branches, panels.
        raise UsageError(
            "A session cannot be copied or pickled. To try two ways, act on a branch: session.branch('other'). To keep "
            "it, use Session(journal=...) and Session.resume, or session.to_script(); for other processes, open a "
            "session in each: a Market can be pickled."
        )

    # ------------------------------------------------------------------ looking

    @property
    def account(self) -> Draft | State:
        """The account as it stands: inside a step that of the step."""
        return self.draft or self.timeline.state

    @property
    def view(self) -> View:
        """What can be known of the market now."""
        return self.exchange.view(self.account)

    @property
    def log(self) -> list[events.Event]:
        """All that happened on this branch up to now, the step under way included."""
        timeline, draft = self.timeline, self.draft
        log = timeline.branch.log[: timeline.count]
        return log if draft is None else [*log, *draft.events]

    def order(self, branch: Branch, order_id: int) -> OrderRecord | None:
        """All facts about an order of a branch, as of where one stands there; None before it is placed."""
        is_here = branch is self.timeline.branch
        return (self.orders.now() if is_here else self.orders.on(branch)).get(order_id)

    # ------------------------------------------------------------------ acting

    def do(self, command: Command) -> bool:
        """Do what a command asks: inside a step as a part of it, else at the present moment.

        Returns
        -------
        bool
            False when it was refused; the refusal is an event.
        """
        draft = self.draft
        if draft is not None:
            return decide(draft, self.exchange, command)
        draft = Draft(self.timeline.state)
        done = decide(draft, self.exchange, command)
        told = self._read(draft, 0)
        self.keeper.keep_command(draft)
        self._tell(told)
        return done

    def tried(self, act: Callable[[], object]) -> Draft:
        """What some commands would do: they are done on a draft that is thrown away."""
        kept, self.draft = self.draft, Draft(self.timeline.state)
        try:
            act()
            return self.draft
        finally:
            self.draft = kept

    def simulated(
        self, target: Moment, inside: Callable[[Draft], bool] | None = None, looked: Container[int] = EVERY_PHASE,
        begun: Draft | None = None,
    ) -> Draft:  # fmt: skip
        """What a step to a moment does; nothing is kept yet.

        Parameters
        ----------
        target : Moment
            At or after which the step ends.
        inside : callable, optional
            Called with the draft after each phase, or bar; True ends the step there.
        looked : container of int
            Phases that `inside` wants to see; the others are passed over where nothing can happen in them.
        begun : Draft, optional
            What the step has done already.

        Raises
        ------
        OutOfRange
            Beyond the last day.
        """
        exchange = self.exchange
        if target[0] > exchange.last:
            exchange.refuse_beyond()
        draft = self.draft = begun or Draft(self.timeline.state)
        try:
            while draft.at < target:
                advance(draft, exchange, target, looked)
                if self._observers:
                    self.tell()
                if inside is not None and inside(draft):
                    break
            self.tell()
        finally:
            self.draft = None
        draft.events.append(events.Advanced(draft.at))
        return draft

    def advance(self, target: Moment) -> None:
        """Go on to a moment, and keep it."""
        self.timeline.commit(self.simulated(target), self.timeline.memory, new_state=True)

    # ------------------------------------------------------------------ observing

    def observe(self, callback: Observer) -> Callable[[], None]:
        """Be told of every event of an order, with the order as it was after it.

        It is called after each phase of a step, and after every command by hand, once for each event in its order.
        Steps that are redone from what is kept tell nothing: nothing happens in them.

        Parameters
        ----------
        callback : callable
            Takes the event and the :class:`~qresearch.book.orders.OrderRecord` after it, which is its own copy.

        Returns
        -------
        callable
            Ends the observation.
        """
        self._observers = (*self._observers, callback)

        def end() -> None:
            self._observers = tuple(known for known in self._observers if known is not callback)

        return end

    def tell(self) -> None:
        """Tell the observers, inside a step, what has happened since they were told."""
        if (draft := self.draft) is not None and self._observers:
            told, draft.told = self._read(draft, draft.told), len(draft.events)
            draft.block = None  # what is asked for from here on has not been told: it must not join what has
            self._tell(told)

    def _read(self, draft: Draft, told: int) -> list[tuple[events.Record, OrderRecord]]:
        """The events of orders after those that were told, each with its order then, whatever observers do."""
        if not told and self._observers:
            self._followed = self.orders.on(self.timeline.branch).fork()
        found = []
        for event in events.records(draft.events[told:] if self._observers else ()):
            _, order = self._followed.tell(event)
            if order is not None:
                found.append((event, copy(order)))
        return found

    def _tell(self, told: list[tuple[events.Record, OrderRecord]]) -> None:
        """Tell the observers."""
        for event, order in told:
            for observer in self._observers:
                observer(event, copy(order))
