"""How a session trades: placing, canceling and changing orders, and the costs under which they are met."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, cast

from qresearch.domain import events
from qresearch.domain.reasons import Reason
from qresearch.domain.settings import Costs, Settings, Slippage
from qresearch.domain.state import State
from qresearch.domain.terms import MARKET_DAY
from qresearch.engine import updates
from qresearch.engine.draft import Draft
from qresearch.engine.fees import fixed_costs
from qresearch.errors import (
    OrderRejected,
    UsageError,
    WrongBranch,
    shown,
)
from qresearch.market.view import View
from qresearch.sentences import ENGLISH, Said
from qresearch.session.navigation import Navigation
from qresearch.session.options import (
    asked_number,
    changed_terms,
    cost_rates,
    order_number,
    slippage_of,
    terms_of,
    volume_cap,
    whole_shares,
)
from qresearch.session.orders import OrderBook, OrderRecord
from qresearch.session.ticket import Ticket
from qresearch.session.timeline import Branch
from qresearch.session.trading import TradingApi

if TYPE_CHECKING:
    from qresearch.session.session import Session

_new_text = str.__new__


class Acting(Navigation, TradingApi):
    """Orders and costs of a session. Everything here is a part of :class:`~qresearch.Session`."""

    _known: Mapping[str, int]
    _decide_on: Callable[..., bool]
    _book: tuple[Branch | None, OrderBook]

    def _view_at(self, account: Draft | State) -> View:
        return self._exchange.view(account)

    def _view(self) -> View:
        return self._view_at(self._account)

    # ------------------------------------------------------------------ trading

    def _place(self, security: str, method: int, asked: float, style: object) -> Ticket | None:
        terms = MARKET_DAY if style is None else terms_of(style)
        try:
            column = self._known.get(security)
        except TypeError:
            column = None  # what cannot be a key is no symbol either
        if column is None:
            column = self.market.column(security)
        if type(asked) is not int:
            asked = asked_number(method, asked)
        draft, decide_on = self._draft, self._decide_on
        if draft is not None:
            if decide_on(draft, self._exchange, column, method, asked, terms):
                # Ticket.of without its call: every order of a strategy comes through here.
                ticket = _new_text(Ticket, f"{draft.orders}")
                ticket._session, ticket._branch = self, self._timeline.branch  # type: ignore[assignment]
                return ticket
            self._raise_if_strict(draft.events[-1:])
            return None
        draft = Draft(self._timeline.state)
        accepted = decide_on(draft, self._exchange, column, method, asked, terms)
        self._commit_command(draft)
        if not accepted:
            self._raise_if_strict(draft.events[-1:])
        return Ticket.of(cast("Session", self), self._timeline.branch, draft.orders)

    def _raise_if_strict(self, log: list[events.Event]) -> None:
        """Raise for the latest rejection among some events, which are kept all the same."""
        if not self._strict:
            return
        found = [event for event in events.records(log) if isinstance(event, events.OrderRejected)]
        if not found:
            return
        refused = found[-1]
        sentence = ENGLISH(refused.reason, **refused.facts)
        raise OrderRejected(
            f"Order {refused.order_id} was rejected: {sentence}", str(refused.order_id), refused.reason.value
        )

    def cancel(self, order: str) -> Ticket:
        """Withdraw what is left of an order.

        A cancel that comes too late changes nothing and is an event with its reason.

        Parameters
        ----------
        order : Ticket or str
            A ticket or an order id.

        Returns
        -------
        Ticket

        Raises
        ------
        WrongBranch
            The ticket belongs to another branch; take it from this one with ``session.ticket(order_id)``.
        """
        ticket = self._own_ticket(order)
        record = ticket.record
        assert record is not None  # ticket() has found it
        draft = self._draft or Draft(self._timeline.state)
        done = updates.cancel(draft, record.order_id, status=record.status.value)
        if self._draft is None:
            self._commit_command(draft)
            ticket = Ticket.of(cast("Session", self), self._timeline.branch, record.order_id)
        if not done:
            self.message = self._words.tell(Said("not_canceled", order=str(ticket), why=_refusal(draft)))
        return ticket

    def _own_ticket(self, order: str) -> Ticket:
        """The ticket of an order, if it may be acted on here."""
        if isinstance(order, Ticket) and order.branch is not self._timeline.branch:
            raise WrongBranch(
                f"Ticket {order!s} belongs to branch {order.branch.name!r}, but the session stands on "
                f"{self._timeline.branch.name!r}. Use session.ticket({order!s}) for the order on this branch."
            )
        return self.ticket(order)

    def _update(
        self,
        order: Ticket,
        quantity: int | None,
        limit_price: float | None,
        stop_price: float | None,
        tag: str | None,
    ) -> Ticket:
        """What :meth:`Ticket.update` does."""
        ticket = self._own_ticket(order)
        record = ticket.record
        assert record is not None  # the ticket was found
        terms = changed_terms(record.terms, limit_price, stop_price, tag)
        if quantity is None and terms == record.terms:
            raise UsageError("update: nothing to change. Pass quantity=, limit_price=, stop_price= or tag=.")
        draft = self._draft or Draft(self._timeline.state)
        side = 1 if record.quantity > 0 else -1
        left = record.leaves if quantity is None else whole_shares("update", quantity) - record.filled - record.canceled
        if left <= 0 and not record.status.is_final:
            facts = {"asked": quantity, "done": record.filled + record.canceled}
            draft.emit(events.UpdateRefused(draft.at, record.order_id, Reason.BELOW_FILLED, facts))
            done = False
        else:
            done = updates.update(
                draft, self._exchange, record.order_id, side * left, terms, status=record.status.value
            )
        if self._draft is None:
            self._commit_command(draft)
            ticket = Ticket.of(cast("Session", self), self._timeline.branch, record.order_id)
        if not done:
            self.message = self._words.tell(Said("not_changed", order=str(ticket), why=_refusal(draft)))
        return ticket

    def ticket(self, order: str | int) -> Ticket:
        """The handle on an order of the present branch.

        Parameters
        ----------
        order : str or int
            Order id.

        Raises
        ------
        UsageError
            No such order at this point of the timeline.
        """
        branch = self._timeline.branch
        number = order_number(order)
        if number is None or self._order_record(branch, number) is None:
            raise UsageError(
                f"No order {shown(order)} on branch {branch.name!r} at this point: {self._account.orders} orders "
                "have been placed, ids counted from 1. See session.orders."
            )
        return Ticket.of(cast("Session", self), branch, number)

    def _order_record(self, branch: Branch, order_id: int) -> OrderRecord | None:
        """All facts about an order of a branch, as of where the session stands there; None before it is placed."""
        book = self._order_book(branch)
        if self._draft is not None and branch is self._timeline.branch:
            return book.with_events(self._draft.events, order_id)
        return book.orders.get(order_id)

    def _order_book(self, branch: Branch) -> OrderBook:
        count = self._timeline.count_on(branch)
        known, book = self._book
        if known is not branch or book.count > count:
            book = OrderBook()
        # Until it is done: a book whose folding was interrupted is not gone on with.
        self._book = (None, book)
        book.advance(branch.log, count)
        self._book = (branch, book)
        return book

    def _orders(self) -> dict[int, OrderRecord]:
        """Every order as of now, by id."""
        book = self._order_book(self._timeline.branch)
        if self._draft is None:
            return book.orders
        ids = range(1, self._draft.orders + 1)
        found = ((order_id, book.with_events(self._draft.events, order_id)) for order_id in ids)
        return {order_id: record for order_id, record in found if record is not None}

    @property
    def _open_records(self) -> list[OrderRecord]:
        return [order for order in self._orders().values() if not order.status.is_final]

    # ------------------------------------------------------------------ settings

    @property
    def settings(self) -> Settings:
        """Costs, slippage and options in force at the cursor."""
        return self._account.settings

    def _change(self, **changes: Any) -> None:
        draft = self._draft or Draft(self._timeline.state)
        updates.change_settings(draft, self._exchange, replace(draft.settings, **changes))
        if self._draft is None:
            self._commit_command(draft)

    def set_order_cost(
        self,
        open_tax: float = 0.0,
        close_tax: float = 0.0005,
        open_commission: float = 0.00025,
        close_commission: float = 0.00025,
        min_commission: float = 5.0,
        *,
        rounding: str = "each",
        transfer_fee: float = 0.0,
        historical: bool = False,
    ) -> None:
        """Set what trading costs, from now on; going back undoes it.

        Parameters
        ----------
        open_tax, close_tax : float, fraction of the value
            Stamp duty on buys and sells; funds pay none on a venue with rules.
        open_commission, close_commission : float, fraction of the value
        min_commission : float, currency
            Least commission of one order.
        rounding : {"each", "total"}
            Whether commission and stamp duty of a fill are each rounded to the money step, as brokers do, or their sum.
        transfer_fee : float, fraction of the value
            On both sides; funds pay none on a venue with rules.
        historical : bool
            Stamp duty and transfer fee by date and board from the rule book of the venue; the rates above of both are
            then not used.

        Raises
        ------
        UsageError
            A rate outside [0, 1), or `historical` on a venue without rules.

        Examples
        --------
        >>> import qresearch as qr
        >>> session = qr.Session(qr.sample_market())
        >>> session.set_order_cost(close_tax=0.001, open_commission=0.0003, close_commission=0.0003)
        """
        rates = {name: value for name, value in locals().items() if name != "self"}
        costs: Costs = fixed_costs(self.market.venue, **cost_rates(rates))
        self._change(costs=costs)

    def set_slippage(
        self, kind: str, size: float = 0.0, *, participation: float | Literal["same"] | None = "same"
    ) -> None:
        """Set how far fill prices move against orders, and how much they may take, from now on.

        Parameters
        ----------
        kind : {"none", "fixed", "bps", "volume_share", "spread", "spread_rate"}
        size : float
            fixed: currency per share; bps: basis points; volume_share: impact of taking a whole day's volume; spread,
            spread_rate: what lies between a buy and a sell, currency per share or a fraction of the price.
        participation : float, None or "same"
            Largest part of a bar's volume that all orders in one instrument may take together; None for no cap.

        Raises
        ------
        UsageError
            An unknown kind, a negative size, or a part outside of (0, 1].
        """
        model: Slippage = slippage_of(kind, size)
        if isinstance(participation, str) and participation == "same":
            self._change(slippage=model)
        else:
            self._change(slippage=model, participation=volume_cap(participation))


def _refusal(draft: Draft) -> Said:
    """Code and sentence of the refusal that came last."""
    refused = draft.events[-1]
    assert isinstance(refused, (events.CancelRefused, events.UpdateRefused))  # what was not done has just been told
    return Said("why_refused", code=refused.reason.value, sentence=Said(refused.reason, **refused.facts))
