"""All orders, and the open ones, which can be canceled and changed in their row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

import ipywidgets as widgets

from qresearch.book.html import Column
from qresearch.book.orders import OrderRecord, mean_price
from qresearch.domain.order import Status
from qresearch.errors import UsageError
from qresearch.sentences.words import price
from qresearch.views.panels.blotter import Blotter
from qresearch.views.panels.cells import state_html, state_key
from qresearch.views.panels.fields import class_of, classed, named, show_if


class _OrderTable(Blotter):
    """What the two tables of orders share."""

    def columns(self) -> Sequence[Column]:
        """State and reason first, then symbol, side, terms, shares, and the reason in words."""
        words = self.words
        return (
            Column("state", lambda order: state_html(words, order)),
            Column("reason", lambda order: "" if order.reason is None else f"<b>{order.reason.value}</b>"),
            Column("symbol", self._instrument),
            Column("side", lambda order: self._side(order.quantity or order.asked)),
            Column("terms", lambda order: escape(words.terms(order.terms))),
            Column("quantity", lambda order: f"{abs(order.quantity):,}", "right"),
            Column("filled", lambda order: f"{order.filled:,}", "right"),
            Column(
                "price",
                lambda order: price(mean_price(self.desk.session.market, order)),
                "right",
            ),
            Column("placed", lambda order: self._day(order.placed.day)),
            Column("why", self._why, grows=True),
        )

    def _why(self, order: OrderRecord) -> str:
        why = escape(self.words.why(self.desk.session.market.instruments[order.instrument], order))
        return f'<span title="{why}">{why}</span>'

    def _wants(self, order: OrderRecord) -> bool:
        """True when the filter finds it: by instrument, id, reason or state."""
        told = (str(order.order_id), order.reason or "", self.words(state_key(order)))
        return self._matches(self._symbol(order.instrument), *told)


class OrdersPanel(_OrderTable):
    """Every order of the branch up to now, refused ones included."""

    name = "orders"
    nothing = "no_orders"
    choices = ("all_states", tuple(state.value for state in Status if state is not Status.CREATED))

    def listed(self) -> Iterator[OrderRecord]:
        """The orders, newest first."""
        orders, wanted = self.desk.session.simulation.orders.now(), self._state.value
        for order in reversed(list(orders.values())):
            if (not wanted or order.status.value == wanted) and self._wants(order):
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
            if not order.status.is_final and self._wants(order):
                yield order

    def actions(self) -> Mapping[str, Callable[[str], object]]:
        """Modify and cancel."""
        return {"modify": self._edit, "cancel": self._cancel}

    def extras(self) -> Sequence[widgets.Widget]:
        """The form to change an order, hidden until one is chosen."""
        self._editing: int | None = None
        self._title = widgets.HTML("")
        self._fields = {
            "quantity": widgets.IntText(), "limit_price": widgets.FloatText(step=0.01),
            "stop_price": widgets.FloatText(step=0.01),
        }  # fmt: skip
        for key, field in self._fields.items():
            named(field, self.words(key), class_of(key.removesuffix("_price"), "edit"), width="190px")
        buttons = self.button("apply", self._apply, kind="primary"), self.button("close", self._leave)
        self._form = classed(widgets.HBox([self._title, *self._fields.values(), *buttons]), "qr-form")
        show_if(self._form, shown=False)
        return (self._form,)

    def _cancel(self, key: str) -> None:
        self.desk.session.cancel(key)
        self.tell(self.words.again(self.desk.session.message))

    def _edit(self, key: str) -> None:
        order = self.desk.session.simulation.orders.now()[int(key)]
        self._editing = order.order_id
        self._title.value = f"<b>{escape(self.words('modify_order', order=key))}</b>"
        for name, value in _changeable(order).items():
            self._fields[name].value = value or 0.0
            show_if(self._fields[name], value is not None)
        show_if(self._form, shown=True)

    def _apply(self) -> None:
        session = self.desk.session
        if self._editing is None:
            return
        known = _changeable(session.simulation.orders.now()[self._editing])
        changes: dict[str, Any] = {
            name: field.value
            for name, field in self._fields.items()
            if known[name] is not None and field.value != known[name]
        }
        if not changes:
            raise UsageError(self.words("nothing_changed"))
        for name, value in changes.items():
            if not value > 0:
                raise UsageError(self.words("not_positive", name=self.words(name)))
        session.ticket(self._editing).update(**changes)
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


def _changeable(order: OrderRecord) -> dict[str, float | None]:
    """What of an order can be changed, as it is; None for a price that it does not have."""
    terms = order.terms
    return {"quantity": abs(order.quantity), "limit_price": terms.limit_price, "stop_price": terms.stop_price}
