"""How a session trades: placing, canceling and changing orders, and the settings under which they are met."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from qresearch.book.timeline import Branch
from qresearch.domain import events
from qresearch.domain.arguments import price as price_of
from qresearch.domain.arguments import whole
from qresearch.domain.commands import Cancel, ChangeSettings, Command, Place, Update
from qresearch.domain.terms import MARKET_DAY
from qresearch.engine.batch import place_shares
from qresearch.errors import OrderRejected, UsageError, WrongBranch, shown
from qresearch.sentences import ENGLISH, Said, Words
from qresearch.session.keeper import Keeper
from qresearch.session.now import moment_of
from qresearch.session.options import (
    asked_number,
    changed_terms,
    order_number,
    put_on_ticks,
    shares_by_symbol,
    terms_of,
    whole_shares,
)  # fmt: skip
from qresearch.session.origins import note_origin
from qresearch.session.port import AnySession
from qresearch.session.seeding import seed
from qresearch.session.simulation import Simulation
from qresearch.session.ticket import Ticket, Tickets, ours

_new_text, _getframe = str.__new__, sys._getframe


class Trader:
    """Gives the commands of a session to its simulation, and hands out tickets.

    Parameters
    ----------
    session : AnySession
        What tickets hang on.
    keeper : Keeper
    strict : bool
        Raise for every rejected order.
    """

    def __init__(self, session: AnySession, keeper: Keeper, *, strict: bool) -> None:
        self.session, self.keeper, self.simulation = session, keeper, keeper.simulation
        self.strict = strict
        self.after_order: Callable[[], None] | None = None
        """Called after each order inside a step, in the frame of the strategy: the debugger looks there."""
        self._known = self.simulation.market.panel.columns.resolved
        self._place = self.simulation.exchange.clock.place

    @property
    def words(self) -> Words:
        """The words of the session."""
        return self.keeper.voice.words

    # ------------------------------------------------------------------ orders

    def command(self, security: str, method: int, asked: float, style: object) -> Place:
        """The command that an order function gives.

        Raises
        ------
        UnknownSymbol, UsageError
            No such instrument; no number; no terms.
        """
        terms = MARKET_DAY if style is None else terms_of(style)
        instrument = self.simulation.market.column(security)
        return Place(instrument, method, asked if type(asked) is int else asked_number(method, asked), terms)

    def place(self, security: str, method: int, asked: float, style: object) -> Ticket | None:
        """Place an order; inside a step None when it was refused."""
        simulation = self.simulation
        draft = simulation.draft
        if draft is None:
            return self._place_by_hand(self.command(security, method, asked, style))
        # Every order of a strategy comes through here: no command is made of it, and no call where none is needed.
        instrument = self._known.get(security) if type(security) is str and style is None else None
        if instrument is None:
            instrument, method, asked, terms = self.command(security, method, asked, style)
        else:
            terms = MARKET_DAY
            if type(asked) is not int:
                asked = asked_number(method, asked)
        accepted = self._place(draft, simulation.exchange, instrument, method, asked, terms)
        frame = _getframe(2)  # the one way to who asks that costs next to nothing
        if frame.f_code is not draft.asked_in or frame.f_lasti != draft.asked_at:
            note_origin(draft, frame, draft.orders)
        if not accepted and self.strict:
            raise_for_rejected(draft.events[-1:])
        if self.after_order is not None:
            self.after_order()
        if not accepted:
            return None
        ticket = _new_text(Ticket, f"{draft.orders}")
        ticket.desk, ticket.branch = self, simulation.timeline.branch
        return ticket

    def _place_by_hand(self, command: Place) -> Ticket:
        """Place an order between two steps."""
        simulation, voice = self.simulation, self.keeper.voice
        accepted = simulation.do(command)
        if not accepted and self.strict:
            raise_for_rejected(simulation.timeline.branch.log[-1:])
        ticket = self.ticket_on(simulation.timeline.branch, simulation.timeline.state.orders)
        if moved := put_on_ticks(command.terms, ticket.record):
            voice.say(voice.message, *moved)
        return ticket

    def place_batch(self, amounts: Mapping[str, float]) -> Sequence[Ticket | None]:
        """Place orders for shares in a row; each is what :meth:`place` makes of it."""
        simulation, (instruments, shares) = self.simulation, self.requests(amounts)
        if (draft := simulation.draft) is None:
            return [
                self._place_by_hand(Place(one, asked=asked)) for one, asked in zip(instruments, shares, strict=True)
            ]
        first, ids = draft.orders + 1, place_shares(draft, simulation.exchange, instruments, shares)
        if ids:
            note_origin(draft, _getframe(2), first)
        if self.strict and None in ids:
            raise_for_rejected(draft.events)
        if self.after_order is not None:
            self.after_order()
        return Tickets(self, simulation.timeline.branch, ids)

    def requests(self, amounts: Mapping[str, float]) -> tuple[list[int], list[float]]:
        """Instruments and shares of a batch; errors as of :func:`~qresearch.session.options.shares_by_symbol`."""
        return shares_by_symbol(amounts, self._known, self.simulation.market.column)

    def ticket(self, order: str | int) -> Ticket:
        """The handle on an order of the present branch; see :meth:`Session.ticket`."""
        branch = self.simulation.timeline.branch
        number = order_number(ours(order, self.simulation))
        if number is None or self.simulation.order(branch, number) is None:
            last = self.simulation.account.orders
            raise UsageError(
                f"No order {shown(order)} on branch {branch.name!r} at this point: "
                f"{f'ids are counted from 1, and the last one is {last}' if last else 'none has been placed'}. "
                "See session.orders."
            )
        return self.ticket_on(branch, number)

    def ticket_on(self, branch: Branch, order_id: int) -> Ticket:
        """The handle on an order of a branch, which need not be there yet."""
        return Ticket.of(self, branch, order_id)

    def cancel(self, order: str) -> Ticket:
        """Withdraw what is left of an order; see :meth:`Session.cancel`."""
        ticket = self._own_ticket(order)
        record = ticket.record
        assert record is not None  # ticket() has found it
        return self._ask(ticket, Cancel(record.order_id, record.status.value), "not_canceled")

    def update(
        self, order: Ticket, quantity: int | None, limit_price: float | None, stop_price: float | None, tag: str | None
    ) -> Ticket:
        """Change an order; see :meth:`Ticket.update`."""
        ticket = self._own_ticket(order)
        record = ticket.record
        assert record is not None  # the ticket was found
        terms = changed_terms(record.terms, limit_price, stop_price, tag)
        if quantity is None and terms == record.terms:
            raise UsageError("update: nothing to change. Pass quantity=, limit_price=, stop_price= or tag=.")
        total = abs(record.quantity) if quantity is None else whole_shares("update", quantity)
        done = record.filled + record.canceled
        left = record.side.sign * (total - done)
        command = Update(record.order_id, left, terms, total, done, record.status.value)
        return self._ask(ticket, command, "not_changed")

    def _own_ticket(self, order: str) -> Ticket:
        """The ticket of an order, if it may be acted on here."""
        here = self.simulation.timeline.branch
        if isinstance(order, Ticket) and order.desk.simulation is self.simulation and order.branch is not here:
            raise WrongBranch(
                f"Ticket {order!s} belongs to branch {order.branch.name!r}, but the session stands on "
                f"{here.name!r}. Use session.ticket({order!s}) for the order on this branch."
            )
        return self.ticket(order)

    def _ask(self, ticket: Ticket, command: Command, refused: str) -> Ticket:
        """Do a command about an order; the ticket of it, which may be on a new branch then."""
        simulation = self.simulation
        done = simulation.do(command)
        if simulation.draft is None:
            ticket = self.ticket_on(simulation.timeline.branch, int(ticket))
        if not done:
            last = simulation.timeline.branch.log[-1] if simulation.draft is None else simulation.draft.events[-1]
            assert isinstance(last, (events.CancelRefused, events.UpdateRefused))  # it has just been told
            record = ticket.record
            item = None if record is None else simulation.market.instruments[record.instrument]
            sentence = Said(last.reason, **last.facts).of(item)
            why = Said("why_refused", code=last.reason.value, sentence=sentence)
            self.keeper.voice.say(Said(refused, order=str(ticket), why=why))
        return ticket

    # ------------------------------------------------------------------ settings

    def change(self, **changes: Any) -> None:
        """Change some settings from now on."""
        self.simulation.do(ChangeSettings(replace(self.simulation.account.settings, **changes)))


def hold_from_start(
    simulation: Simulation, symbol: str, quantity: int, cost_price: float, last_price: float | None = None
) -> None:
    """Begin with shares bought at a price of their own, paid from the cash; only before the first day.

    Parameters
    ----------
    simulation : Simulation
    symbol : str
    quantity : int, shares
    cost_price : float, currency per share
    last_price : float, optional
        The previous close, where the caller knows it: with it the shares may be held from the first day of the data
        on, for which the market has none. Otherwise the market's own is what they are valued at.

    Raises
    ------
    UsageError
        The first day has begun, the price is none, or the cash does not cover it.
    """
    exchange, account = simulation.exchange, simulation.account
    if account.day >= exchange.first:
        raise UsageError(
            "Positions to begin with are set before the first day; the session stands at "
            f"{ENGLISH.tell(moment_of(simulation))}. Set them right after opening the session, or in initialize()."
        )
    price, money = price_of("cost price", cost_price), exchange.money
    whole("quantity", quantity, example=1000)
    command = seed(exchange, account, symbol, quantity, is_paid=True, price=price, last_price=last_price)
    if command.paid > account.cash:
        raise UsageError(
            f"{quantity:,} shares of {symbol} cost {money.text(command.paid)}, more than the cash of "
            f"{money.text(account.cash)}. Open the session with more cash."
        )
    simulation.do(command)


def raise_for_rejected(log: list[events.Event]) -> None:
    """Raise OrderRejected for the latest rejection among some events, which are kept all the same."""
    found = [event for event in events.records(log) if isinstance(event, events.OrderRejected)]
    if found:
        refused = found[-1]
        sentence = ENGLISH(refused.reason, **refused.facts)
        raise OrderRejected(
            f"Order {refused.order_id} was rejected: {sentence}", str(refused.order_id), refused.reason.value
        )
