"""Fills, positions, events and cash as panels: the tables newest first, a page of rows each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from html import escape
from itertools import islice
from typing import TYPE_CHECKING, ClassVar

import ipywidgets as widgets

from qresearch.book.html import Column, number
from qresearch.book.projection import Projection
from qresearch.domain import events
from qresearch.domain.fees import PARTS
from qresearch.domain.reasons import Facts, Reason
from qresearch.sentences.words import price
from qresearch.views.panels.blotter import Blotter
from qresearch.views.panels.cells import tone
from qresearch.views.panels.desk import Desk, Panel
from qresearch.views.panels.fields import put
from qresearch.views.panels.margin import bound_figures, gauge_html
from qresearch.views.tape import Fills

if TYPE_CHECKING:
    from qresearch.book.portfolio import Holding


class FillsPanel(Blotter):
    """Every execution up to now, with each fee."""

    name = "fills"
    nothing = "no_fills"

    def __init__(self, desk: Desk) -> None:
        self._fills = Projection(desk.session.simulation, Fills)
        super().__init__(desk)

    def columns(self) -> Sequence[Column]:
        """When, what, at what price, and each fee."""
        amount = self.desk.session.market.venue.money.amount
        return (
            *self._when(),
            Column("symbol", self._instrument),
            Column("side", lambda fill: self._side(fill.quantity)),
            Column("quantity", lambda fill: f"{abs(fill.quantity):,}", "right"),
            Column("price", lambda fill: price(fill.price), "right"),
            Column("notional", lambda fill: number(amount(fill.notional)), "right"),
            *(Column(part, partial(self._fee, part), "right") for part in PARTS),
            Column("net", lambda fill: f"{amount(fill.net):+,.2f}", "right"),
        )

    def _fee(self, part: str, fill: events.OrderFilled) -> str:
        return number(self.desk.session.market.venue.money.amount(fill.fees[part]))

    def listed(self) -> Iterator[events.OrderFilled]:
        """The fills, newest first."""
        return (fill for fill, _ in reversed(self._fills.now().made) if self._matches(self._symbol(fill.instrument)))


class PositionsPanel(Blotter):
    """What is held: what can be sold and what is locked apart, cost, price and profit."""

    name = "positions"
    head = "symbol"
    nothing = "no_positions"

    def columns(self) -> Sequence[Column]:
        """All that is held, what may be closed and what is told beside, in the words of the account; cost and value."""
        quantity, closable, beside = self.desk.session.simulation.exchange.account.holding_words
        cells: dict[str, Callable[[Holding], str]] = {
            quantity: lambda held: f"{held.quantity:,}",
            closable: lambda held: f"{held.sellable:,}",
            beside: lambda held: (
                f'<span class="{"qr-wait" if held.aside(beside) else ""}">{held.aside(beside):,}</span>'
            ),
            "in_sells": lambda held: f"{held.reserved:,}",
            "average_cost": lambda held: price(held.average_cost),
            "price": lambda held: price(held.price) + self._flag(held),
            "market_value": lambda held: number(held.market_value),
            "profit": lambda held: f'<span class="qr-{tone(held.profit)}">{held.profit:+,.2f}</span>',
            "weight": self._weight,
        }
        return tuple(Column(key, cell, "right") for key, cell in cells.items())

    def _flag(self, held: Holding) -> str:
        session = self.desk.session
        is_stale = session.market.column(held.symbol) in session.simulation.account.stale
        return f" <i>{escape(self.words('stale'))}</i>" if is_stale else ""

    def _weight(self, held: Holding) -> str:
        equity = self.desk.session.portfolio.equity
        return f"{held.market_value / equity:.1%}" if equity else "–"

    def listed(self) -> Iterator[Holding]:
        """The positions, largest first."""
        held = sorted(self.desk.session.portfolio.positions.values(), key=lambda held: -held.market_value)
        return (item for item in held if self._matches(item.symbol))

    def key(self, item: Holding) -> str:
        """Its symbol."""
        return item.symbol

    def hint(self, item: Holding) -> str:
        """Look at it."""
        return self.words("look_at", symbol=item.symbol)

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
        return (
            *self._when(),
            Column("event", self._name),
            Column("symbol", self._instrument),
            Column("quantity", self._quantity, "right"),
            Column("text", self._text, grows=True),
        )

    def listed(self) -> Iterator[events.Record]:
        """The events but those that only move the clock, newest first; at most :attr:`most` behind the page."""
        timeline = self.desk.session.simulation.timeline
        entries = (timeline.branch.log[place] for place in range(timeline.count - 1, -1, -1))
        told = (entry for entry in entries if not isinstance(entry, (events.Advanced, events.QueueEmptied)))
        single = (event for entry in told for event in reversed(list(events.records((entry,)))))
        return islice(filter(self._wants, single), (self.page + 1) * self.length + self.most)

    def _wants(self, event: events.Record) -> bool:
        if not self._wanted.value.strip():
            return True
        column = self._column(event)
        return column is not None and self._matches(self._symbol(column))

    def _column(self, event: events.Record) -> int | None:
        column: int | None = getattr(event, "instrument", None)
        if column is None and (order_id := getattr(event, "order_id", None)) is not None:
            order = self.desk.session.simulation.orders.now().get(order_id)
            return None if order is None else order.instrument
        return column

    def _instrument(self, item: events.Record) -> str:
        column = self._column(item)
        return "" if column is None else escape(self._symbol(column))

    def _name(self, event: events.Record) -> str:
        name = type(event).__name__
        return f'<span title="{name}">{escape(self.words(f"event_{name}"))}</span>'

    @staticmethod
    def _quantity(event: events.Record) -> str:
        quantity = getattr(event, "quantity", None) or getattr(event, "cut", None)
        return "" if quantity is None else f"{quantity:,}"

    def _text(self, event: events.Record) -> str:
        reason: Reason | None = getattr(event, "reason", None)
        facts: Facts | None = getattr(event, "facts", None)
        text = str(getattr(event, "text", ""))
        if reason is not None and facts is not None:
            column = self._column(event)
            words = self.words if column is None else self.words.of(self.desk.session.market.instruments[column])
            text = f"{reason.value} {words(reason, **facts)}"
        text = escape(text)
        return f'<span title="{text}">{text}</span>'


class CashPanel(Panel):
    """The account in numbers: equity, what can be spent, what is reserved, and profit."""

    name = "cash"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._facts = widgets.HTML("")
        self.body.children = (self._facts,)

    def _pairs(self) -> list[tuple[str, str]]:
        portfolio, words = self.desk.session.portfolio, self.words
        values = {
            "equity": portfolio.equity, "cash_total": portfolio.cash, "reserved": portfolio.reserved,
            "available": portfolio.available, "market_value": portfolio.market_value,
        }  # fmt: skip
        signed = ("profit", "floating_profit", "realised_profit")
        return [
            *((escape(words(key)), number(value)) for key, value in values.items()),
            *((escape(words(key).capitalize()), value) for key, value in bound_figures(self.desk.session).items()),
            *((escape(words(key)), f"{getattr(portfolio, key):+,.2f}") for key in signed),
        ]

    def draw(self) -> None:
        """Write the numbers."""
        cells = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in self._pairs())
        bar = gauge_html(self.desk.session, self.words)
        put(self._facts, f'<dl class="qr-facts">{cells}</dl>{bar}')

    def html(self) -> str:
        """The numbers as a table."""
        rows = "".join(f"<tr><th>{name}</th><td>{value}</td></tr>" for name, value in self._pairs())
        bar = gauge_html(self.desk.session, self.words)
        return f"{self.heading()}<table><tbody>{rows}</tbody></table>{bar}"
