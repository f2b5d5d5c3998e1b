"""What positions have cost in the platform's three ways, folded from the fills when someone asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qresearch.domain import events
from qresearch.domain.moment import Moment

if TYPE_CHECKING:
    from qresearch.book.timeline import Branch
    from qresearch.session.port import AnySession


class Held:
    """One holding since it was opened.

    Parameters
    ----------
    opened : (day, phase, bar)
    """

    __slots__ = ("bought_today", "day", "last", "opened", "paid", "quantity", "started", "today_cost", "today_quantity")

    def __init__(self, opened: Moment) -> None:
        self.opened = self.last = opened
        self.quantity = 0
        self.paid = 0
        """Bought, fees included, less sold, fees deducted: money steps."""
        self.day = opened[0]
        self.started = 0
        """Shares at the beginning of `day`."""
        self.bought_today = 0
        self.today_quantity = 0
        self.today_cost = 0

    def copy(self) -> Held:
        """The same, to go on with."""
        found = Held(self.opened)
        for name in self.__slots__:
            setattr(found, name, getattr(self, name))
        return found

    def trade(self, moment: Moment, quantity: int, notional: int, fees: int) -> None:
        """One fill, or shares that came in another way."""
        self.roll(moment[0])
        self.last = moment
        self.quantity += quantity
        self.paid += notional + fees if quantity > 0 else fees - notional
        if quantity > 0:
            self.bought_today += quantity
            self.today_quantity += quantity
            self.today_cost += notional
        else:
            sold = min(-quantity, self.started)
            self.started -= sold

    def roll(self, day: int) -> None:
        """Come to another day: what was bought before belongs to its beginning."""
        if day != self.day:
            self.day, self.started = day, self.quantity
            self.bought_today = self.today_quantity = self.today_cost = 0


class Trades:
    """The holdings of a session, from its events, brought up to date only as far as someone looks.

    Parameters
    ----------
    session : AnySession
    """

    def __init__(self, session: AnySession) -> None:
        self._session = session
        self._branch: Branch | None = None
        self._count = 0
        self._held: dict[int, Held] = {}

    def of(self, column: int) -> Held | None:
        """The holding in a column as of now; None when nothing is held."""
        session = self._session
        timeline = session.simulation.timeline
        if self._branch is not timeline.branch or self._count > timeline.count:
            self._branch, self._count, self._held = timeline.branch, 0, {}
        if self._count < timeline.count:
            _fold(self._held, timeline.branch.log[self._count : timeline.count], None)
            self._count = timeline.count
        draft = session.simulation.draft
        found = self._held.get(column)
        if draft is not None and draft.events:
            part = {} if found is None else {column: found.copy()}
            _fold(part, draft.events, column)
            found = part.get(column)
        if found is not None:
            found.roll(session.simulation.account.day)
        return found


def _fold(held: dict[int, Held], log: list[events.Event], wanted: int | None) -> None:
    """Fold events into holdings; of one column only, or of all."""
    for event in events.records(iter(log)):
        column = getattr(event, "instrument", None)
        if column is None or (wanted is not None and column != wanted):
            continue
        match event:
            case events.OrderFilled():
                _trade(held, column, event.at, event.quantity, event.notional, event.fees.total)
            case events.PositionSeeded():
                _trade(held, column, event.at, event.quantity, event.cost, 0)
            case events.SharesIssued() if column in held:
                held[column].roll(event.at.day)
                held[column].quantity += event.received
                held[column].started += event.received
            case events.PositionClosed():
                held.pop(column, None)
            case _:
                pass


def _trade(held: dict[int, Held], column: int, moment: Moment, quantity: int, notional: int, fees: int) -> None:
    known = held.get(column)
    if known is None:
        known = held[column] = Held(moment)
    known.trade(moment, quantity, notional, fees)
    if known.quantity <= 0:
        del held[column]
