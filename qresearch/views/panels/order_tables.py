"""All orders, and the open ones, which can be canceled and changed in their row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from qresearch.book.html import price
from qresearch.domain.order import Status
from qresearch.views.panels.blotter import Blotter
from qresearch.views.panels.cells import state_html, terms_text
from qresearch.views.panels.panel import show_if
from qresearch.views.panels.rows import Action, Column, Row

if TYPE_CHECKING:
    from qresearch.book.orders import OrderRecord


class _OrderTable(Blotter):
    """What the two tables of orders share."""

    def columns(self) -> Sequence[Column]:
        """Symbol, side, terms, shares, state and reason."""
        words = self.words
        return (
            Column(words("symbol")),
            Column(words("side")),
            Column(words("terms")),
            Column(words("quantity"), "right"),
            Column(words("filled"), "right"),
            Column(words("price"), "right"),
            Column(words("state")),
            Column(words("placed")),
            Column(words("reason"), grows=True),
        )

    def row(self, item: OrderRecord) -> Row:
        """One order."""
        order = item
        words, money = self.words, self.desk.session.market.venue.money
        filled = order.filled
        average = price(money.amount(order.notional) / filled) if filled else "–"
        why = "" if order.reason is None else words(order.reason, **order.facts)
        reason = f"<b>{order.reason.value}</b> {escape(why)}" if order.reason else ""
        cells = (
            escape(self._symbol(order.instrument)),
            self._side(order.quantity or order.asked),
            escape(terms_text(words, order.terms)),
            f"{abs(order.quantity):,}",
            f"{filled:,}",
            average,
            state_html(words, order),
            self._day(order.placed[0]),
            f'<span title="{escape(why)}">{reason}</span>',
        )
        return Row(str(order.order_id), cells, words("open_details", order=order.order_id))


class OrdersPanel(_OrderTable):
    """Every order of the branch up to now, refused ones included."""

    name = "orders"
    nothing = "no_orders"
    choices = ("all_states", tuple(state.value for state in Status if state is not Status.CREATED))

    def listed(self) -> Iterator[OrderRecord]:
        """The orders, newest first."""
        orders, wanted = self.desk.session.simulation.orders.now(), self._state.value
        for order in reversed(list(orders.values())):
            if (not wanted or order.status.value == wanted) and self._matches(self._symbol(order.instrument)):
                yield order


class OpenOrdersPanel(_OrderTable):
    """The orders that wait or work; each can be canceled and changed in its row."""

    name = "open_orders"
    nothing = "no_open_orders"

    def listed(self) -> Iterator[OrderRecord]:
        """The open orders, newest first."""
        state = self.desk.session.simulation.timeline.state
        orders = self.desk.session.simulation.orders.now()
        waiting = set(state.working)
        for block in state.queue:
            waiting.update(range(block.first_id, block.first_id + len(block)))
        for order_id in sorted(waiting, reverse=True):
            order = orders[order_id]
            if not order.status.is_final and self._matches(self._symbol(order.instrument)):
                yield order

    def actions(self) -> Sequence[Action]:
        """Modify and cancel."""
        words = self.words
        return (
            Action("modify", words("modify"), words("modify_order", order="{order}"), self._edit),
            Action("cancel", words("cancel"), words("cancel_order", order="{order}"), self._cancel),
        )

    def extras(self) -> Sequence[widgets.Widget]:
        """The form to change an order, hidden until one is chosen."""
        words = self.words
        self._editing: int | None = None
        self._title = widgets.HTML("")
        self._quantity = widgets.IntText(description=words("quantity"))
        self._limit = widgets.FloatText(description=words("limit_price"), step=0.01)
        self._stop = widgets.FloatText(description=words("stop_price"), step=0.01)
        for name, field in (("quantity", self._quantity), ("limit", self._limit), ("stop", self._stop)):
            field.layout.width = "190px"
            field.add_class(f"qr-edit-{name}")
        apply = self.button("apply", self._apply, kind="primary")
        self._form = widgets.HBox(
            [self._title, self._quantity, self._limit, self._stop, apply, self.button("close", self._leave)]
        )
        self._form.add_class("qr-form")
        show_if(self._form, shown=False)
        return (self._form,)

    def _cancel(self, key: str) -> None:
        self.desk.session.cancel(key)
        self.tell(self.words.again(self.desk.session.message))

    def _edit(self, key: str) -> None:
        order = self.desk.session.simulation.orders.now()[int(key)]
        self._editing = order.order_id
        self._title.value = f"<b>{escape(self.words('modify_order', order=key))}</b>"
        self._quantity.value = abs(order.quantity)
        for field, value in ((self._limit, order.terms.limit_price), (self._stop, order.terms.stop_price)):
            field.value = value or 0.0
            show_if(field, value is not None)
        show_if(self._form, shown=True)

    def _apply(self) -> None:
        session = self.desk.session
        if self._editing is None:
            return
        ticket = session.ticket(self._editing)
        order = session.simulation.orders.now()[self._editing]
        changes: dict[str, Any] = {}
        if self._quantity.value != abs(order.quantity):
            changes["quantity"] = self._quantity.value
        if order.terms.limit_price is not None and self._limit.value != order.terms.limit_price:
            changes["limit_price"] = self._limit.value
        if order.terms.stop_price is not None and self._stop.value != order.terms.stop_price:
            changes["stop_price"] = self._stop.value
        ticket.update(**changes)
        self.tell(self.words.again(session.message))
        self._leave()

    def _leave(self) -> None:
        self._editing = None
        show_if(self._form, shown=False)

    def draw(self) -> None:
        """Fill the table; an order that has ended is no longer edited."""
        super().draw()
        order = None if self._editing is None else self.desk.session.simulation.orders.now().get(self._editing)
        if order is None or order.status.is_final:
            self._leave()
