"""The handle that a user holds on one order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn, Protocol, SupportsIndex, overload

import pandas as pd

from qresearch.book.explanation import Explanation
from qresearch.book.frames import events_frame
from qresearch.book.listing import listed_as
from qresearch.book.orders import OrderRecord, mean_price
from qresearch.book.timeline import Branch
from qresearch.domain import events
from qresearch.domain.calls import told_calls
from qresearch.domain.codes import Code, OrderFacts, code
from qresearch.domain.order import Status
from qresearch.errors import UsageError, WrongBranch
from qresearch.sentences import ENGLISH, Words
from qresearch.session.pages import ticket_html
from qresearch.session.port import AnySession
from qresearch.session.simulation import Simulation


class Desk(Protocol):
    """Who hands out tickets, and does what is asked through them."""

    session: AnySession
    simulation: Simulation

    @property
    def words(self) -> Words:
        """In which it speaks."""

    def cancel(self, order: str, /) -> Ticket:
        """Withdraw what is left of an order."""

    def update(
        self, order: Ticket, quantity: int | None, limit_price: float | None, stop_price: float | None,
        tag: str | None, /,
    ) -> Ticket:  # fmt: skip
        """Change an order."""


@told_calls
class Ticket(str):
    """A live handle on one order, and at the same time its order id as a string.

    It answers as of the cursor of the session, on the branch on which it was placed: after going back before its
    birth it says so, after stepping on it has moved on.

    Examples
    --------
    >>> import qresearch as qr
    >>> session = qr.Session(qr.sample_market(), start="2022-03-01")
    >>> ticket = session.buy("604018", 1000)
    >>> str(ticket), ticket.status.value
    ('1', 'QUEUED')
    """

    __slots__ = ("branch", "desk")

    desk: Desk
    """Who handed it out."""
    branch: Branch
    """The branch on which the order was placed."""

    @classmethod
    def of(cls, desk: Desk, branch: Branch, order_id: int) -> Ticket:
        """The handle on an order of a branch."""
        ticket = str.__new__(cls, f"{order_id}")
        ticket.desk, ticket.branch = desk, branch
        return ticket

    def __copy__(self) -> Ticket:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Ticket:
        return self  # as of any text: it is a name of the order, and the order is in the session

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise UsageError(
            f"Ticket {self!s} cannot be pickled: it is a handle on an order of a living session. Keep its id, "
            f"str(ticket), and ask the session again: session.ticket({str(self)!r})."
        )

    @property
    def record(self) -> OrderRecord | None:
        """All facts about the order as of the cursor; None when it is not placed yet there."""
        return self.desk.simulation.order(self.branch, int(self))

    @property
    def status(self) -> Status | None:
        """State of the order; None when it is not placed yet at the cursor."""
        record = self.record
        return None if record is None else record.status

    @property
    def quantity(self) -> int:
        """Shares sent, signed: negative to sell. 0 before the order is placed."""
        return 0 if (record := self.record) is None else record.quantity

    @property
    def filled(self) -> int:
        """Shares filled."""
        return 0 if (record := self.record) is None else record.filled

    @property
    def leaves(self) -> int:
        """Shares still open."""
        return 0 if (record := self.record) is None else record.leaves

    @property
    def average_price(self) -> float:
        """Mean fill price, currency per share; NaN without a fill."""
        record = self.record
        if record is None:
            return float("nan")
        return mean_price(self.desk.simulation.market, record)

    @property
    def reason(self) -> str:
        """Code of the reason why it was rejected, trimmed, kept waiting or ended; empty without one."""
        return "" if (record := self.record) is None or record.reason is None else record.reason.value

    @property
    def why(self) -> str:
        """The reason as a sentence; empty without one."""
        if (record := self.record) is None:
            return "not yet placed at this point of the timeline"
        return ENGLISH.why(self.desk.simulation.market.instruments[record.instrument], record)

    @property
    def events(self) -> pd.DataFrame:
        """Everything that happened to the order, one row per event."""
        told = listed_as("events", events_frame(self.desk.simulation.exchange, log_of(self)), self.desk.words.language)
        return told[told["order_id"] == int(self)]

    def explain(self) -> Explanation:
        """Why the order did what it did; see :meth:`Session.explain`."""
        return self.desk.session.explain(self)

    def code(self, dialect: str) -> Code | None:
        """What another system calls the state of the order; None before it is placed.

        Parameters
        ----------
        dialect : {"joinquant", "xtquant", "swordfish", "lean", "fix"}

        Examples
        --------
        >>> import qresearch as qr
        >>> session = qr.Session(qr.sample_market(), start="2022-03-01")
        >>> ticket = session.buy("604018", 1000)
        >>> str(ticket.code("xtquant"))
        '49 ORDER_WAIT_REPORTING'
        """
        record = self.record
        return None if record is None else code(dialect, OrderFacts.of(record))

    def picture(self) -> Any:
        """The table of states with the way of this order highlighted; shows itself in a notebook."""
        return self.desk.session.plot("life", order=self)

    def update(
        self,
        *,
        quantity: int | None = None,
        limit_price: float | None = None,
        stop_price: float | None = None,
        tag: str | None = None,
    ) -> Ticket:
        """Change the order while it is open.

        An update that comes too late, or asks for no more than is filled, changes nothing and is an event with its
        reason.

        Parameters
        ----------
        quantity : int, shares
            New total, not signed; what is filled stays filled.
        limit_price, stop_price : float, currency per share
            Only for orders that have one.
        tag : str

        Returns
        -------
        Ticket

        Raises
        ------
        UsageError
            Nothing to change was named, or the order has no such price.
        WrongBranch
            The ticket belongs to another branch.

        Examples
        --------
        >>> import qresearch as qr
        >>> session = qr.Session(qr.sample_market(), start="2022-03-01")
        >>> session.buy("604018", 1000).update(quantity=500).quantity
        500
        """
        return self.desk.update(self, quantity, limit_price, stop_price, tag)

    def cancel(self) -> Ticket:
        """Withdraw what is left of the order; a refusal is an event with its reason, see :attr:`events`."""
        return self.desk.cancel(self)

    @property
    def session(self) -> AnySession:
        """The session that the order belongs to."""
        return self.desk.session

    def __repr__(self) -> str:
        record, words = self.record, self.desk.words
        if record is None:
            return words("ticket_of", order=str(self), what=words("not_yet_placed"))
        item = self.desk.simulation.market.instruments[record.instrument]
        words = words.of(item)
        side, shares, symbol = words(f"a_{record.side}"), f"{abs(record.quantity):,}", item.symbol
        what = words("order_is", side=side, shares=shares, symbol=symbol, state=words.code(record.status.value))
        if record.filled:
            average = f"{self.average_price:.3f}".rstrip("0").rstrip(".")
            what += words("filled_at", shares=f"{record.filled:,}", price=average)
        if record.reason:
            what += words("list_comma") + words(
                "why_refused", code=record.reason.value, sentence=words(record.reason, **record.facts)
            )
        return words("ticket_of", order=str(self), what=what)

    def html(self) -> str:
        """The order as HTML, as a notebook shows it."""
        market, words, record = self.desk.simulation.market, self.desk.words, self.record
        if record is not None:
            words = words.of(market.instruments[record.instrument])
        return ticket_html(str(self), record, words, market.symbols, market.venue.money)

    def _repr_html_(self) -> str:
        return self.html()


def ours(order: str | int, simulation: Simulation) -> str | int:
    """An order as it was named, unless that is a ticket of another session: its number is another order here.

    Raises
    ------
    WrongBranch
        It is one; ask the ticket itself.
    """
    if isinstance(order, Ticket) and order.desk.simulation is not simulation:
        raise WrongBranch(
            f"Ticket {order!s} is an order of another session or account. Ask the ticket itself, as in "
            f"ticket.explain() or ticket.cancel(); session.ticket({str(order)!r}) is the order of this one."
        )
    return order


def seen(session: AnySession, order: str | int) -> Ticket:
    """A ticket as it is, for it knows its branch; of an id the order on the present branch.

    Raises
    ------
    UsageError
        No such order there, at this point of the timeline.
    """
    here = session.simulation
    if isinstance(order, Ticket) and order.desk.simulation is here and order.branch is not here.timeline.branch:
        if order.record is None:
            raise UsageError(
                f"Ticket {order!s} belongs to branch {order.branch.name!r} and is not yet placed where one last stood "
                f"there. Go there: branches.switch({order.branch.name!r}).goto(-1); or take the order of this branch: "
                f"session.ticket({order!s})."
            )
        return order
    found: Ticket = session.ticket(order)
    return found


def log_of(ticket: Ticket) -> list[events.Event]:
    """All that happened on the branch of a ticket, up to where one stands there."""
    simulation, branch = ticket.desk.simulation, ticket.branch
    is_here = branch is simulation.timeline.branch
    return simulation.log if is_here else branch.log[: branch.counts[branch.cursor]]


class Tickets(Sequence[Ticket | None]):
    """The tickets of a batch of orders, in its order; each is made when someone takes it.

    Parameters
    ----------
    desk : Desk
    branch : Branch
    ids : sequence of int or None
        None for an order that was refused.
    """

    __slots__ = ("_branch", "_desk", "_ids")

    def __init__(self, desk: Desk, branch: Branch, ids: Sequence[int | None]) -> None:
        self._desk, self._branch, self._ids = desk, branch, ids

    @overload
    def __getitem__(self, place: int) -> Ticket | None: ...
    @overload
    def __getitem__(self, place: slice) -> Tickets: ...
    def __getitem__(self, place: int | slice) -> Ticket | Tickets | None:
        found = self._ids[place]
        if isinstance(found, Sequence):
            return Tickets(self._desk, self._branch, found)
        return None if found is None else Ticket.of(self._desk, self._branch, found)

    def __len__(self) -> int:
        return len(self._ids)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and [*self] == [*other]

    __hash__ = None  # type: ignore[assignment]  # as of a list

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[type[list[Ticket | None]], tuple[list[Ticket | None]]]:
        return list, ([*self],)  # in the memory of a strategy it is what it stands for

    def __repr__(self) -> str:
        return repr([*self])
