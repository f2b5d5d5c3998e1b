"""The order ticket: what to trade, how much, at what price, with a live preview of what would be sent."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from qresearch.book.html import number, price
from qresearch.domain import terms
from qresearch.errors import QresearchError, UsageError
from qresearch.views.panels.cells import state_html, terms_text
from qresearch.views.panels.panel import Panel, named, put, show_if
from qresearch.views.panels.symbol_box import SymbolBox

if TYPE_CHECKING:
    from qresearch.domain.terms import Terms
    from qresearch.session.what_if import Preview
    from qresearch.views.panels.desk import Desk

WAYS = ("shares", "lots", "value", "percent", "target", "target_value")
"""How much can be asked for."""

CALLS = {
    "shares": "order", "lots": "order_lots", "value": "order_value", "percent": "order_pct", "target": "order_target",
    "target_value": "order_target_value",
}  # fmt: skip
STARTS = {"shares": 100, "lots": 1, "value": 10_000, "percent": 25, "target": 100, "target_value": 10_000}
"""What stands in the field when a way is chosen."""

TYPES = (
    "MARKET", "LIMIT", "STOP", "STOP_LIMIT", "TRAILING_AMOUNT", "TRAILING_PERCENT", "LIMIT_IF_TOUCHED",
    "MARKET_ON_OPEN", "MARKET_ON_CLOSE",
)  # fmt: skip
TRAIL = 5.0
"""Percent of the price that a trailing stop stays behind, at first."""
WITH_LIMIT = frozenset({"LIMIT", "STOP_LIMIT", "LIMIT_IF_TOUCHED"})
WITH_STOP = frozenset({"STOP", "STOP_LIMIT", "LIMIT_IF_TOUCHED"})
WITH_TRAIL = frozenset({"TRAILING_AMOUNT", "TRAILING_PERCENT"})
LASTING = ("DAY", "GTC", "GTD", "IOC", "FOK")


class TicketPanel(Panel):
    """Asks for an order, and shows before it is sent what would be sent, what it would cost and every check."""

    name = "ticket"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        words = self.words
        self.order_id: int | None = None
        """The order that was placed here last."""
        self._is_painting = False
        self._symbol = SymbolBox(desk.session.market, words, self._look_at, self._missed)
        self._name = widgets.HTML("")
        self._side = widgets.ToggleButtons(options=[(words("buy"), "buy"), (words("sell"), "sell")], value="buy")
        self._side.add_class("qr-side")
        self._how = self._drop("how", WAYS)
        self._quantity = widgets.FloatText(value=STARTS["shares"], step=100)
        self._type = self._drop("type", TYPES)
        self._limit, self._stop = widgets.FloatText(step=0.01), widgets.FloatText(step=0.01)
        self._trail = widgets.FloatText(value=TRAIL, step=0.1)
        self._good = self._drop("good_for", LASTING)
        self._till = widgets.DatePicker()
        self._preview = widgets.HTML("")
        self._preview.add_class("qr-preview")
        self._place = self.button("place_buy", self.place, kind="primary")
        self._place.add_class("qr-place")
        self._state = widgets.HTML("")
        self._fields = {
            "symbol": self._symbol.widget, "side": self._side, "how": self._how, "quantity": self._quantity,
            "type": self._type, "limit_price": self._limit, "stop_price": self._stop, "trail": self._trail,
            "good_for": self._good, "until_day": self._till,
        }  # fmt: skip
        for key, field in self._fields.items():
            named(field, words(key))
            field.layout.width = "auto"
            field.add_class("qr-line")
            field.add_class(f"qr-field-{key.replace('_', '-')}")
        self.body.children = (self._name, *self._fields.values(), self._preview, self._place, self._state)
        self._how.observe(self._another_way, names="value")
        self._type.observe(self._another_type, names="value")
        watched = (
            self._side, self._quantity, self._limit, self._stop, self._trail, self._good, self._till, self._how,
            self._type,
        )  # fmt: skip
        for field in watched:
            field.observe(self._changed, names="value")
        self._show_fields()

    def _drop(self, key: str, values: tuple[str, ...]) -> widgets.Dropdown:
        return widgets.Dropdown(options=[(self.words(value), value) for value in values], value=values[0])

    # ------------------------------------------------------------------ reacting

    def _look_at(self, symbol: str) -> None:
        self.desk.act(self, lambda: self.desk.select(symbol=symbol))

    def _missed(self, text: str) -> None:
        self.desk.tell(self, self.words("no_such_symbol", text=text, symbol=self.desk.symbol) if text else "")

    def _another_way(self, change: dict[str, Any]) -> None:
        self._quantity.step = 1 if change["new"] == "lots" else 100
        self._quantity.value = STARTS[change["new"]]

    def _another_type(self, change: dict[str, Any]) -> None:
        last = self._last_price()
        if change["new"] in WITH_TRAIL:
            # The same distance either way: five percent, in percent or in currency.
            is_known = change["new"] == "TRAILING_AMOUNT" and last == last
            self._trail.value = round(last * TRAIL / 100, 2) if is_known else TRAIL
        for field in (self._limit, self._stop):
            if not field.value and last == last:
                field.value = last
        self._show_fields()

    def _show_fields(self) -> None:
        kind, way = self._type.value, self._how.value
        show_if(self._fields["limit_price"], kind in WITH_LIMIT)
        show_if(self._fields["stop_price"], kind in WITH_STOP)
        show_if(self._fields["trail"], kind in WITH_TRAIL)
        show_if(self._fields["until_day"], self._good.value == "GTD")
        # A target says by itself whether it buys or sells.
        show_if(self._fields["side"], way not in {"target", "target_value"})

    def _changed(self, _: dict[str, Any]) -> None:
        if not self._is_painting:
            self._show_fields()
            self.desk.act(self, self.draw)

    def take_price(self, price: float) -> None:
        """Use a price picked on the chart: the limit, or the stop of an order that has only that."""
        kind = self._type.value
        if kind in WITH_STOP and kind not in WITH_LIMIT:
            self._stop.value = price
            return
        self._limit.value = price
        if kind not in WITH_LIMIT:
            self._type.value = "LIMIT"

    # ------------------------------------------------------------------ the request

    def request(self) -> tuple[str, tuple[Any, ...]]:
        """The order function that the ticket asks for, and its arguments.

        Raises
        ------
        UsageError
            A field that holds nothing usable; the message says which.
        """
        way, value = self._how.value, self._quantity.value
        side = 1 if self._side.value == "buy" else -1
        if way in {"target", "target_value"}:
            side = 1
        words = self.words
        if value <= 0 and (value < 0 or way not in {"target", "target_value"}):
            raise UsageError(words("not_positive", name=words("quantity")))
        if way == "percent":
            value = value / 100
        elif way in {"shares", "lots", "target"}:
            if value != int(value):
                text = f"{value:,.10g}"
                raise UsageError(words("not_whole", name=words("quantity"), text=text, how=words("how")))
            value = int(value)
        style = self.terms()
        wanted: tuple[Any, ...] = (self.desk.symbol, side * value)
        return CALLS[way], wanted if style is None else (*wanted, style)

    def terms(self) -> Terms | None:
        """Type, prices and time in force; None for a plain market order."""
        kind, tif = self._type.value, self._good.value
        until = self._till.value if tif == "GTD" else None
        self._check_fields(kind, tif)
        if kind == "MARKET" and tif == "DAY":
            return None
        limit, stop, trail = self._limit.value, self._stop.value, self._trail.value
        words: dict[str, Any] = {"tif": tif, "until": until}
        make: dict[str, Callable[[], Terms]] = {
            "MARKET": lambda: terms.market(**words),
            "LIMIT": lambda: terms.limit(limit, **words),
            "STOP": lambda: terms.stop(stop, **words),
            "STOP_LIMIT": lambda: terms.stop_limit(stop, limit, **words),
            "TRAILING_AMOUNT": lambda: terms.trailing_stop(trail, **words),
            "TRAILING_PERCENT": lambda: terms.trailing_stop(percent=trail, **words),
            "LIMIT_IF_TOUCHED": lambda: terms.limit_if_touched(stop, limit, **words),
            "MARKET_ON_OPEN": lambda: terms.at_open(**words),
            "MARKET_ON_CLOSE": lambda: terms.at_close(**words),
        }
        return make[kind]()

    def _check_fields(self, kind: str, tif: str) -> None:
        """A price or a day that is asked for and not given is told by the name of its field."""
        words = self.words
        asked = (
            ("limit_price", self._limit, WITH_LIMIT), ("stop_price", self._stop, WITH_STOP),
            ("trail", self._trail, WITH_TRAIL),
        )  # fmt: skip
        for key, field, kinds in asked:
            if kind in kinds and field.value <= 0:
                raise UsageError(words("not_positive", name=words(key)))
        if tif == "GTD" and self._till.value is None:
            raise UsageError(words("no_last_day", name=words("until_day")))

    def place(self) -> None:
        """Send the order; a refused one is kept with its reason and shown."""
        session = self.desk.session
        call, arguments = self.request()
        ticket = getattr(session, call)(*arguments)
        self.order_id = int(ticket)
        self.desk.order_id = self.order_id
        self.tell(self.words.again(session.message))

    # ------------------------------------------------------------------ painting

    def depends(self) -> Hashable:
        """Where the session stands, the instrument, and the order placed last."""
        return self.desk.stamp(), self.desk.symbol, self.order_id

    def draw(self) -> None:
        """Paint the instrument, the preview and the state of the order placed last."""
        words, way, side = self.words, self._how.value, self._side.value
        self._is_painting = True
        try:
            self._symbol.show(self.desk.symbol)
        finally:
            self._is_painting = False
        key = "place_target" if way in {"target", "target_value"} else f"place_{side}"
        if self._place.description != words(key):
            self._place.description = self._place.tooltip = words(key)
        put(self._name, self._name_html())
        put(self._preview, self._preview_html())
        put(self._state, self._state_html())

    def _last_price(self) -> float:
        session = self.desk.session
        return session.simulation.view.last_price(session.market.column(self.desk.symbol))

    def _name_html(self) -> str:
        session, words = self.desk.session, self.words
        instrument = session.market.instrument(self.desk.symbol)
        held = session.portfolio.positions[self.desk.symbol]
        name = f" {escape(instrument.name)}" if instrument.name else ""
        parts = [
            f"<b>{escape(instrument.symbol)}</b>{name}",
            f"{escape(words('last_price'))} <b>{price(self._last_price())}</b>",
        ]
        if held.quantity:
            parts.append(
                f"{escape(words('positions'))} <b>{held.quantity:,}</b> ({escape(words('sellable'))} {held.sellable:,})"
            )
        return f'<div class="qr-instrument">{" · ".join(parts)}</div>'

    def _preview_html(self) -> str:
        """What would be sent, what it would cost, and each check with a tick or a cross."""
        words = self.words
        title = f'<div class="qr-title"><b>{escape(words("preview"))}</b></div>'
        try:
            call, arguments = self.request()
            preview = self.desk.session.what_if.named(self.words)(call, *arguments)
        except (QresearchError, TypeError) as error:
            return f'{title}<div class="qr-check qr-fails" data-passes="false">✕ {escape(str(error))}</div>'
        checks = "".join(self._check_html(*check) for check in self._checks(preview))
        side = words(preview.side)
        head = (
            f'<div>{escape(words("would_send"))}: <span class="qr-{preview.side}">{escape(side)}</span> '
            f"<b>{preview.quantity:,}</b> {escape(preview.symbol)}</div>"
        )
        if not preview.quantity:
            return title + checks
        pairs = [
            (words("price"), price(preview.price)),
            (words("notional"), number(preview.notional)),
            *((words.fee(part), number(amount)) for part, amount in preview.parts.items()),
            (words("cash_now"), number(preview.cash)),
            (words("cash_after"), number(preview.cash_after)),
            (words("held_after"), f"{preview.held_after:,}"),
        ]
        rows = "".join(f"<tr><th>{escape(name)}</th><td>{value}</td></tr>" for name, value in pairs)
        return f"{title}{head}{checks}<table><tbody>{rows}</tbody></table>"

    def _checks(self, preview: Preview) -> list[tuple[str, bool, str]]:
        """The checks of a preview; T+1 is told apart, because it holds for today only."""
        checks = list(preview.checks)
        held = self.desk.session.portfolio.positions[preview.symbol]
        if preview.side == "sell" and held.locked:
            text = self.words("locked_note", locked=f"{held.locked:,}", held=f"{held.quantity:,}")
            checks.append(("T+1", True, text))
        return checks

    def _check_html(self, name: str, passes: bool, text: str) -> str:  # noqa: FBT001, RUF100  # as Preview has it
        words = self.words
        mark, tone = ("✓", "passes") if passes else ("✕", "fails")
        return (
            f'<div class="qr-check qr-{tone}" data-passes="{str(passes).lower()}">'
            f'<span aria-label="{escape(words(tone))}">{mark}</span> <b>{escape(name)}</b> {escape(text)}</div>'
        )

    def _state_html(self) -> str:
        """The order that was placed here last, as it stands now."""
        words, session = self.words, self.desk.session
        if self.order_id is None:
            return ""
        order = session.simulation.orders.now().get(self.order_id)
        if order is None:
            text = escape(words("order_ahead", order=self.order_id))
            return f'<div class="qr-order">{text}</div>'
        why = "" if order.reason is None else words(order.reason, **order.facts)
        advice = "" if order.reason is None else words.advice(order.reason)
        reason = f'<div class="qr-why"><b>{order.reason}</b> {escape(why)} <i>{escape(advice)}</i></div>' if why else ""
        side = order.side.value
        return (
            f'<div class="qr-order" data-order="{order.order_id}">{escape(words("your_order"))} '
            f'<b>{order.order_id}</b>: <span class="qr-{side}">{escape(words(side))}</span> '
            f"{abs(order.quantity):,} {escape(session.market.symbols[order.instrument])}, "
            f"{escape(terms_text(words, order.terms))}<br>{state_html(words, order)}"
            f" · {escape(words('filled'))} {order.filled:,} · {escape(words('leaves'))} {order.leaves:,}</div>{reason}"
        )

    def html(self) -> str:
        """The instrument, the preview and the order placed last."""
        title = f"<div><b>{escape(self.words(self.name))}</b></div>"
        return title + self._name_html() + self._preview_html() + self._state_html()
