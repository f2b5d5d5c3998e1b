"""Fills, positions, events and cash as panels: the tables newest first, a page of rows each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import islice
from typing import TYPE_CHECKING, ClassVar

import ipywidgets as widgets

from qresearch.book.html import number, price
from qresearch.book.projection import Projection
from qresearch.domain import events
from qresearch.domain.fees import PARTS
from qresearch.views.panels.blotter import PAGE, Blotter
from qresearch.views.panels.cells import phase_at
from qresearch.views.panels.panel import Panel, put
from qresearch.views.panels.rows import Column, Row
from qresearch.views.tape import Fills

if TYPE_CHECKING:
    from qresearch.book.portfolio import Holding
    from qresearch.views.panels.desk import Desk


class FillsPanel(Blotter):
    """Every execution up to now, with each fee."""

    name = "fills"
    nothing = "no_fills"

    def __init__(self, desk: Desk) -> None:
        self._fills = Projection(desk.session.simulation, Fills)
        super().__init__(desk)

    def columns(self) -> Sequence[Column]:
        """When, what, at what price, and each fee."""
        words = self.words
        right = ("quantity", "price", "notional", "commission", "stamp_duty", "transfer_fee", "net")
        return (
            *(Column(words(key)) for key in ("day", "time", "symbol", "side")),
            *(Column(words(key), "right") for key in right),
        )

    def listed(self) -> Iterator[events.OrderFilled]:
        """The fills, newest first."""
        return (fill for fill, _ in reversed(self._fills.now().made) if self._matches(self._symbol(fill.instrument)))

    def row(self, item: events.OrderFilled) -> Row:
        """One fill."""
        fill = item
        words, amount = self.words, self.desk.session.market.venue.money.amount
        cells = (
            self._day(fill.at.day),
            escape(phase_at(self.desk.session, words, fill.at.day, fill.at.phase, fill.at.bar)),
            escape(self._symbol(fill.instrument)),
            self._side(fill.quantity),
            f"{abs(fill.quantity):,}",
            price(fill.price),
            number(amount(fill.notional)),
            *(number(amount(fill.fees[part])) for part in PARTS),
            f"{amount(fill.net):+,.2f}",
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
        is_stale = session.market.column(item.symbol) in session.simulation.account.stale
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

    def listed(self) -> Iterator[events.Record]:
        """The events but those that only move the clock, newest first; at most :attr:`most` behind the page."""
        timeline = self.desk.session.simulation.timeline
        entries = (timeline.branch.log[place] for place in range(timeline.count - 1, -1, -1))
        told = (entry for entry in entries if not isinstance(entry, (events.Advanced, events.QueueEmptied)))
        single = (event for entry in told for event in reversed(list(events.records((entry,)))))
        return islice(filter(self._wants, single), (self.page + 1) * PAGE + self.most)

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

    def row(self, item: events.Record) -> Row:
        """One event."""
        event = item
        column, order_id = self._column(event), getattr(event, "order_id", None)
        name = type(event).__name__
        quantity = getattr(event, "quantity", None) or getattr(event, "cut", None)
        reason, facts = getattr(event, "reason", None), getattr(event, "facts", None)
        if reason is not None and facts is not None:
            text = f"{reason.value} {self.words(reason, **facts)}"
        else:
            text = str(getattr(event, "text", ""))
        cells = (
            self._day(event.at.day),
            escape(phase_at(self.desk.session, self.words, event.at.day, event.at.phase, event.at.bar)),
            f'<span title="{name}">{escape(self.words(f"event_{name}"))}</span>',
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
