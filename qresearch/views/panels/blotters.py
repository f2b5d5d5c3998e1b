"""Orders, fills, positions, cash and events as tables that can be acted on; newest first, a page of rows each."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from html import escape
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar

import ipywidgets as widgets

from qresearch.domain.messages import OrderFilled, Record
from qresearch.domain.order import Status
from qresearch.domain.reasons import explain_reason
from qresearch.market.venue import PHASES
from qresearch.session.html import number, price
from qresearch.views.panels.cells import state_html, terms_text
from qresearch.views.panels.panel import Panel, put, show_if, unseen
from qresearch.views.panels.rows import Action, Column, Row, Rows
from qresearch.views.panels.tape import Tape

if TYPE_CHECKING:
    from qresearch.session.orders import OrderRecord
    from qresearch.session.portfolio import Holding
    from qresearch.views.panels.desk import Desk

PAGE = 10
"""Rows of a table at a time."""


class Blotter(Panel):
    """The base of the tables: a page of rows, a filter, and "N more".

    A subclass gives its columns (:meth:`columns`), what it lists, newest first (:meth:`listed`), and the row of each
    (:meth:`row`): only the rows of the page are made.
    """

    head: ClassVar[str] = "order"
    nothing: ClassVar[str] = ""
    choices: ClassVar[tuple[str, tuple[str, ...]]] = ("", ())
    """Word for all, and the states that one can filter by."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        words = self.words
        self.page = 0
        self._rows = Rows(self, words(self.head), self.columns(), self.chosen, self.actions())
        self._empty = widgets.HTML("")
        self._more = widgets.HTML("")
        self._newer, self._older = self.button("newer", self._turn_back), self.button("older", self._turn)
        self._wanted = unseen(widgets.Text(placeholder=words("filter"), continuous_update=True), words("filter"))
        self._wanted.layout.width = "170px"
        self._wanted.add_class("qr-filter")
        self._state = unseen(widgets.Dropdown(options=self._options(), value=""), words("state"))
        self._state.layout.width = "150px"
        self._state.add_class("qr-state")
        for control in (self._wanted, self._state):
            control.observe(lambda _: self.desk.act(self, self._first_page), names="value")
        show_if(self._state, bool(self.choices[0]))
        foot = widgets.HBox([self._wanted, self._state, self._more, self._newer, self._older])
        foot.add_class("qr-foot")
        self._foot = foot
        self.body.children = (self._empty, self._rows.widget, foot, *self.extras())

    def _options(self) -> list[tuple[str, str]]:
        every, keys = self.choices
        return [(self.words(every) if every else "", ""), *((self.words(key), key) for key in keys)]

    # ------------------------------------------------------------------ what a subclass gives

    def columns(self) -> Sequence[Column]:
        """The columns behind the key."""
        raise NotImplementedError

    def listed(self) -> Iterator[Any]:
        """What the rows stand for, as far as the filters let it through, newest first."""
        raise NotImplementedError

    def row(self, item: Any) -> Row:
        """The row of one of them."""
        raise NotImplementedError

    def actions(self) -> Sequence[Action]:
        """Buttons behind each row."""
        return ()

    def extras(self) -> Sequence[widgets.Widget]:
        """What stands below the table."""
        return ()

    def chosen(self, key: str) -> None:
        """The button of a row was pressed: look at that order."""
        self.desk.select(order_id=int(key))

    # ------------------------------------------------------------------ painting

    def depends(self) -> Hashable:
        """Where the session stands, the page and the filters."""
        return self.desk.stamp(), self.page, self._wanted.value, self._state.value

    def _found(self) -> tuple[list[Row], int]:
        """The rows of the page, and how many more there are behind it."""
        begin = self.page * PAGE
        items = self.listed()
        shown = [self.row(item) for item in islice(items, begin, begin + PAGE)]
        return shown, sum(1 for _ in items)

    @property
    def _is_filtered(self) -> bool:
        return bool(self._wanted.value.strip() or self._state.value)

    def draw(self) -> None:
        """Fill the table."""
        shown, behind = self._found()
        if not shown and self.page:
            self.page = 0
            shown, behind = self._found()
        self._rows.fill(shown)
        words = self.words
        if shown:
            put(self._empty, "")
        else:
            text = words("none_match") if self._is_filtered else words(self.nothing)
            put(self._empty, f'<div class="qr-empty">{escape(text)}</div>')
        show_if(self._rows.widget, bool(shown))
        show_if(self._foot, bool(shown) or self._is_filtered)
        put(self._more, f'<span class="qr-more">{escape(words("more", count=f"{behind:,}"))}</span>' if behind else "")
        show_if(self._newer, self.page > 0)
        show_if(self._older, behind > 0)

    def _turn(self) -> None:
        self.page += 1

    def _turn_back(self) -> None:
        self.page = max(self.page - 1, 0)

    def _first_page(self) -> None:
        self.page = 0

    def html(self) -> str:
        """The page of rows, and how many more there are."""
        shown, behind = self._found()
        title = f"<div><b>{escape(self.words(self.name))}</b></div>"
        if not shown:
            text = self.words("none_match") if self._is_filtered else self.words(self.nothing)
            return f"{title}<div>{escape(text)}</div>"
        more = f"<div><i>{escape(self.words('more', count=f'{behind:,}'))}</i></div>" if behind else ""
        return f"{title}{self._rows.html(shown)}{more}"

    def close(self) -> None:
        """Take the panel off the desk, and release its widgets."""
        self._rows.close()
        super().close()

    # ------------------------------------------------------------------ parts of rows

    def _symbol(self, column: int) -> str:
        return self.desk.session.market.symbols[column]

    def _matches(self, symbol: str) -> bool:
        wanted = self._wanted.value.strip().lower()
        if not wanted:
            return True
        return wanted in symbol.lower() or wanted in self.desk.session.market.instrument(symbol).name.lower()

    def _day(self, day: int) -> str:
        return str(self.desk.session.market.days[day]) if day >= 0 else "–"

    def _side(self, quantity: float) -> str:
        key = "buy" if quantity > 0 else "sell"
        return f'<span class="qr-{key}">{escape(self.words(key))}</span>'


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
        why = "" if order.reason is None else explain_reason(order.reason, order.facts, language=words.language)
        reason = f"<b>{order.reason.value}</b> {escape(why)}" if order.reason else ""
        cells = (
            escape(self._symbol(order.column)),
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
        orders, wanted = self.desk.session._orders(), self._state.value
        for order in reversed(orders.values()):
            if (not wanted or order.status.value == wanted) and self._matches(self._symbol(order.column)):
                yield order


class OpenOrdersPanel(_OrderTable):
    """The orders that wait or work; each can be canceled and changed in its row."""

    name = "open_orders"
    nothing = "no_open_orders"

    def listed(self) -> Iterator[OrderRecord]:
        """The open orders, newest first."""
        state = self.desk.session._timeline.state
        orders = self.desk.session._orders()
        waiting = set(state.working)
        for block in state.queue:
            waiting.update(range(block.first_id, block.first_id + len(block)))
        for order_id in sorted(waiting, reverse=True):
            order = orders[order_id]
            if not order.status.is_final and self._matches(self._symbol(order.column)):
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
        self.tell(self.desk.session.message)

    def _edit(self, key: str) -> None:
        order = self.desk.session._orders()[int(key)]
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
        order = session._orders()[self._editing]
        changes: dict[str, Any] = {}
        if self._quantity.value != abs(order.quantity):
            changes["quantity"] = self._quantity.value
        if order.terms.limit_price is not None and self._limit.value != order.terms.limit_price:
            changes["limit_price"] = self._limit.value
        if order.terms.stop_price is not None and self._stop.value != order.terms.stop_price:
            changes["stop_price"] = self._stop.value
        ticket.update(**changes)
        self.tell(session.message)
        self._leave()

    def _leave(self) -> None:
        self._editing = None
        show_if(self._form, shown=False)

    def draw(self) -> None:
        """Fill the table; an order that has ended is no longer edited."""
        super().draw()
        order = None if self._editing is None else self.desk.session._orders().get(self._editing)
        if order is None or order.status.is_final:
            self._leave()


class FillsPanel(Blotter):
    """Every execution up to now, with each fee."""

    name = "fills"
    nothing = "no_fills"

    def __init__(self, desk: Desk) -> None:
        self._tape = Tape(desk.session)
        super().__init__(desk)

    def columns(self) -> Sequence[Column]:
        """When, what, at what price, and each fee."""
        words = self.words
        right = ("quantity", "price", "notional", "commission", "stamp_duty", "transfer_fee", "net")
        return (
            *(Column(words(key)) for key in ("day", "time", "symbol", "side")),
            *(Column(words(key), "right") for key in right),
        )

    def listed(self) -> Iterator[OrderFilled]:
        """The fills, newest first."""
        return (fill for fill in reversed(self._tape.fills()) if self._matches(self._symbol(fill.column)))

    def row(self, item: OrderFilled) -> Row:
        """One fill."""
        fill = item
        words, amount = self.words, self.desk.session.market.venue.money.amount
        fees = fill.commission + fill.stamp_duty + fill.transfer_fee
        net = -(fill.notional + fees) if fill.quantity > 0 else fill.notional - fees
        cells = (
            self._day(fill.day),
            escape(words(PHASES[fill.phase].value)),
            escape(self._symbol(fill.column)),
            self._side(fill.quantity),
            f"{abs(fill.quantity):,}",
            price(fill.price),
            *(number(amount(item)) for item in (fill.notional, fill.commission, fill.stamp_duty, fill.transfer_fee)),
            f"{amount(net):+,.2f}",
        )
        return Row(str(fill.order_id), cells, words("open_details", order=fill.order_id))


class PositionsPanel(Blotter):
    """What is held: shares that can be sold and those locked by T+1 apart, cost, price and profit."""

    name = "positions"
    head = "symbol"
    nothing = "no_positions"

    def columns(self) -> Sequence[Column]:
        """Shares, cost, price, value and profit."""
        keys = (
            "held", "sellable", "locked", "in_sells", "average_cost", "price", "market_value", "profit", "weight",
        )  # fmt: skip
        return tuple(Column(self.words(key), "right") for key in keys)

    def listed(self) -> Iterator[Holding]:
        """The positions, largest first."""
        held = sorted(self.desk.session.portfolio.positions.values(), key=lambda held: -held.market_value)
        return (item for item in held if self._matches(item.symbol))

    def row(self, item: Holding) -> Row:
        """One position."""
        session, words = self.desk.session, self.words
        equity = session.portfolio.equity
        is_stale = session.market.column(item.symbol) in session._account.stale
        flag = f" <i>{escape(words('stale'))}</i>" if is_stale else ""
        tone = "up" if item.profit > 0 else "down" if item.profit < 0 else "flat"
        cells = (
            f"{item.quantity:,}",
            f"{item.sellable:,}",
            f'<span class="{"qr-wait" if item.locked else ""}">{item.locked:,}</span>',
            f"{item.reserved:,}",
            price(item.average_cost),
            price(item.price) + flag,
            number(item.market_value),
            f'<span class="qr-{tone}">{item.profit:+,.2f}</span>',
            f"{item.market_value / equity:.1%}" if equity else "–",
        )
        return Row(item.symbol, cells, words("look_at", symbol=item.symbol))

    def chosen(self, key: str) -> None:
        """Look at the instrument."""
        self.desk.select(symbol=key)


class EventsPanel(Blotter):
    """Everything that happened up to now, newest first."""

    name = "events"
    nothing = "no_events"
    most: ClassVar[int] = 500
    """So far back a filter looks at a time."""

    def columns(self) -> Sequence[Column]:
        """When, what and why."""
        words = self.words
        return (
            Column(words("day")),
            Column(words("time")),
            Column(words("event")),
            Column(words("symbol")),
            Column(words("quantity"), "right"),
            Column(words("text"), grows=True),
        )

    def __init__(self, desk: Desk) -> None:
        self._tape = Tape(desk.session)
        super().__init__(desk)

    def listed(self) -> Iterator[Record]:
        """The events, newest first; at most :attr:`most` behind the page."""
        return islice(self._tape.newest(self._wants), (self.page + 1) * PAGE + self.most)

    def _wants(self, event: Record) -> bool:
        if not self._wanted.value.strip():
            return True
        column = self._column(event)
        return column is not None and self._matches(self._symbol(column))

    def _column(self, event: Record) -> int | None:
        column: int | None = getattr(event, "column", None)
        if column is None and (order_id := getattr(event, "order_id", None)) is not None:
            order = self.desk.session._orders().get(order_id)
            return None if order is None else order.column
        return column

    def row(self, item: Record) -> Row:
        """One event."""
        event = item
        column, order_id = self._column(event), getattr(event, "order_id", None)
        quantity = getattr(event, "quantity", None) or getattr(event, "cut", None)
        reason = getattr(event, "reason", None)
        if reason is not None:
            text = f"{reason.value} {explain_reason(reason, event.facts, language=self.words.language)}"  # type: ignore[union-attr]
        else:
            text = str(getattr(event, "text", ""))
        cells = (
            self._day(event.day),
            escape(self.words(PHASES[event.phase].value)),
            escape(type(event).__name__),
            "" if column is None else escape(self._symbol(column)),
            "" if quantity is None else f"{quantity:,}",
            f'<span title="{escape(text)}">{escape(text)}</span>',
        )
        hint = "" if order_id is None else self.words("open_details", order=order_id)
        return Row("–" if order_id is None else str(order_id), cells, hint)

    def chosen(self, key: str) -> None:
        """Look at the order of an event, if it has one."""
        if key.isdigit():
            super().chosen(key)


class CashPanel(Panel):
    """The account in numbers: equity, what can be spent, what is reserved, and profit."""

    name = "cash"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._facts = widgets.HTML("")
        self.body.children = (self._facts,)

    def _pairs(self) -> list[tuple[str, str]]:
        portfolio, words = self.desk.session.portfolio, self.words
        plain = ("equity", "cash_total", "reserved", "available", "market_value")
        values = (
            portfolio.equity, portfolio.cash, portfolio.reserved, portfolio.available, portfolio.market_value,
        )  # fmt: skip
        signed = ("profit", "floating_profit", "realised_profit")
        return [
            *((words(key), number(value)) for key, value in zip(plain, values, strict=True)),
            *((words(key), f"{getattr(portfolio, key):+,.2f}") for key in signed),
        ]

    def draw(self) -> None:
        """Write the numbers."""
        cells = "".join(f"<div><dt>{escape(name)}</dt><dd>{value}</dd></div>" for name, value in self._pairs())
        put(self._facts, f'<dl class="qr-facts">{cells}</dl>')

    def html(self) -> str:
        """The numbers as a table."""
        rows = "".join(f"<tr><th>{escape(name)}</th><td>{value}</td></tr>" for name, value in self._pairs())
        return f"<div><b>{escape(self.words(self.name))}</b></div><table><tbody>{rows}</tbody></table>"
