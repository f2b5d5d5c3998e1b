"""``on_order`` and ``on_fill``: what happened to the orders of a strategy, told to it one event at a time.

When they are called
--------------------
In every phase, right after the market has acted and before the other hooks of that phase, then once more after those
hooks. Told is what happened since the last time, in its order:

- what was done by hand at the stop before, or by ``initialize`` before the first step;
- what the market did now: corporate actions, the opening match, the bar, the close;
- what the hooks of this phase did: their requests, cancels and updates.

An order placed inside ``on_order`` or ``on_fill`` queues like any other. Its own events are told in turn before the
clock goes on, so a function that answers every event by another order would never end: it is stopped with an error
after :data:`MOST_ANSWERS` events of its own, or a hundred for each that it was told first.

A fill is told to ``on_order`` first, then to ``on_fill``. The account is then already that after the whole match, not
that between two fills of it. Of several accounts what happened in the first one is told first, then that of the others
as they were opened; each notice names its account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from inspect import signature

import pandas as pd

from qresearch.book.frames import event_row, fills_frame, time_of
from qresearch.book.orders import Orders
from qresearch.book.timeline import Branch
from qresearch.domain import events
from qresearch.domain.fees import parts_of
from qresearch.errors import UsageError
from qresearch.session.beside import Beside
from qresearch.session.port import AnySession
from qresearch.session.simulation import Simulation

LISTENERS = ("on_order", "on_fill")
"""Names of the functions of a strategy that are told what happens to orders."""

MOST_ANSWERS = 100_000
"""How many events a strategy may cause in one phase by answers to what it is told, unless it is told very much."""

Call = Callable[[str, Callable[[], object]], None]


@dataclass(frozen=True, slots=True)
class OrderNotice:
    """An event of an order, as ``on_order(context, event)`` gets it: a row of :attr:`Session.events`.

    Parameters
    ----------
    day : Timestamp
        NaT before the data begin.
    phase : str
    time : Timestamp
        On the clock of the venue: the end of the bar on minute data, else the hour of the phase.
    event : str
        "OrderFilled", "OrderRejected", "OrderWaiting" and so on: the names in :mod:`qresearch.domain.events`.
    order_id : int
    symbol : str
    quantity : int or None, shares
        Of the event, signed (an ``OrderTrimmed`` tells what was given up, positive); None when it has none.
    price : float, currency per share
        NaN when the event has none.
    amount, fee : float, currency
        Value and fees of a fill; NaN otherwise.
    before, after : str
        State of the order until then, and now. `before` is empty when the order was only created.
    reason : str
        Code of the reason; empty without one.
    text : str
        The reason as a sentence.
    account : str
        Name of the account among :attr:`~qresearch.session.accounts.Accounts.names`.

    Examples
    --------
    >>> import qresearch as qr
    >>> class Listener:
    ...     def on_order(self, context, event):
    ...         print(event.event, event.before or "-", event.after)
    >>> session = qr.Session(qr.sample_market(), start="2022-03-01", strategy=Listener)
    >>> ticket = session.buy("604018", 1000)
    >>> _ = session.step(phase="OPEN")
    OrderCreated - CREATED
    OrderQueued CREATED QUEUED
    OrderReleased QUEUED WORKING
    OrderFilled WORKING FILLED
    """

    day: pd.Timestamp
    phase: str
    time: pd.Timestamp
    event: str
    order_id: int
    symbol: str
    quantity: int | None
    price: float
    amount: float
    fee: float
    before: str
    after: str
    reason: str
    text: str
    account: str


@dataclass(frozen=True, slots=True)
class FillNotice:
    """A fill, as ``on_fill(context, fill)`` gets it: a row of :attr:`Session.fills`.

    Parameters
    ----------
    order_id : int
    day : Timestamp
    phase : str
    time : Timestamp
        On the clock of the venue.
    symbol : str
    side : {"buy", "sell"}
    quantity : int, shares
        Not signed.
    price : float, currency per share
    notional : float, currency
    fees : mapping of str to float, currency
        Each part; a part is an attribute too, such as ``fill.commission``.
    net : float, currency
        What the cash changed by; negative for a buy.
    account : str
        Name of the account.
    """

    order_id: int
    day: pd.Timestamp
    phase: str
    time: pd.Timestamp
    symbol: str
    side: str
    quantity: int
    price: float
    notional: float
    fees: Mapping[str, float] = field(hash=False)
    net: float
    account: str

    def __getattr__(self, name: str) -> float:
        if name in self.fees:
            return self.fees[name]
        raise AttributeError(f"A fill has no {name!r}. It has {', '.join((*self.__slots__, *self.fees))}.")


class _Reader:
    """How far the events of one account have been told.

    Parameters
    ----------
    name : str
        Of the account.
    simulation : Simulation
    """

    def __init__(self, name: str, simulation: Simulation) -> None:
        self.name, self.simulation = name, simulation
        self._branch: Branch | None = None
        self._count = 0
        self._kept = self.orders = Orders()
        self._by_hand: list[events.Event] = []
        self._seen = self._placed = 0

    def begin(self) -> None:
        """Before a step: what was done by hand at this stop has not been told yet."""
        timeline = self.simulation.timeline
        branch, stop = timeline.branch, timeline.count
        start = stop
        while start and not isinstance(branch.log[start - 1], events.Advanced):
            start -= 1
        known, self._branch = self._branch, None
        if known is not branch or self._count > start:
            self._kept, self._count = Orders(), 0
        # A reading that was interrupted has no branch, and is not gone on with.
        self._kept.read(branch.log[self._count : start])
        self._count, self._branch = start, branch
        self.orders = self._kept.fork()
        self._by_hand = branch.log[start:stop]
        self._seen, self._placed = 0, timeline.state.orders

    def news(self) -> list[events.Record]:
        """Single events that have not been told. A block of requests still grows, so its orders are told by id."""
        draft = self.simulation.draft
        assert draft is not None  # asked inside a step only
        log = draft.events
        fresh: list[events.Event] = [*self._by_hand, *log[self._seen :]]
        early = len(self._by_hand)
        self._by_hand = []
        news = [
            record
            for place, event in enumerate(fresh)
            for record in events.records([event])
            if place < early or not isinstance(event, events.Placed) or record.order_id > self._placed  # type: ignore[union-attr]
        ]
        is_open = bool(log) and log[-1] is draft.block
        self._seen, self._placed = len(log) - is_open, draft.orders
        return news


class Listeners:
    """The functions of a strategy that are told about orders, and how far they have been told.

    Parameters
    ----------
    calls : mapping of str to callable
        The functions of a strategy by name; those in :data:`LISTENERS` are used.
    context : Context
        What they get first.
    session : AnySession

    Raises
    ------
    UsageError
        One does not take two arguments; write ``def on_fill(context, fill)``.
    """

    def __init__(self, calls: Mapping[str, Callable[..., object]], context: object, session: AnySession) -> None:
        self._on_order, self._on_fill = (_bound(name, calls.get(name), context) for name in LISTENERS)
        simulation = session.simulation
        self._lead, self._beside = _Reader(simulation.exchange.account.name, simulation), Beside(session)
        self._readers = [self._lead]

    def begin(self) -> None:
        """Before a step: what was done by hand at this stop has not been told yet, in any account."""
        known = {reader.simulation: reader for reader in self._readers}
        others = self._beside.simulations().items()
        self._readers = [self._lead, *(known.get(other) or _Reader(name, other) for name, other in others)]
        for reader in self._readers:
            reader.begin()

    def tell(self, call: Call) -> None:
        """Tell everything that has happened since the last time, and what the answers to it cause."""
        most = answers = 0
        while news := [(reader, event) for reader in self._readers for event in reader.news()]:
            if not most:
                most = max(MOST_ANSWERS, 100 * len(news))
            elif (answers := answers + len(news)) > most:
                raise UsageError(
                    f"on_order or on_fill has answered its own events by {answers:,} others in one phase. "
                    "Place an order there only for some events, such as: if event.after == 'FILLED'."
                )
            for reader, event in news:
                self._tell_one(reader, event, call)

    def _tell_one(self, reader: _Reader, event: events.Record, call: Call) -> None:
        if getattr(event, "order_id", None) is None:
            return
        before, order = reader.orders.tell(event)
        exchange = reader.simulation.exchange
        time = time_of(exchange, event.at.day, event.at.phase, event.at.bar)
        if self._on_order is not None:
            day, phase, *others = event_row(exchange, event, before, order)
            row = pd.Timestamp(day), phase, time, *others, reader.name
            call("on_order", partial(self._on_order, OrderNotice(*row)))
        if self._on_fill is not None and isinstance(event, events.OrderFilled):
            fill = {str(name): value for name, value in fills_frame(exchange, [event]).iloc[0].items()}
            fees = {part: fill.pop(part) for part in parts_of((event.fees,))}
            told = FillNotice(**(fill | {"time": time, "fees": fees, "account": reader.name}))
            call("on_fill", partial(self._on_fill, told))


def _bound(name: str, function: Callable[..., object] | None, context: object) -> Callable[[object], object] | None:
    if function is None:
        return None
    needed = [item for item in signature(function).parameters.values() if item.default is item.empty]
    if len([item for item in needed if item.kind in {item.POSITIONAL_ONLY, item.POSITIONAL_OR_KEYWORD}]) != 2:
        told = "event" if name == "on_order" else "fill"
        raise UsageError(f"{name} takes {len(needed)} arguments. Write it as {name}(context, {told}).")
    return partial(function, context)
