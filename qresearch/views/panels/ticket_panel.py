"""The order ticket: what to trade, how much, at what price, with a live preview of what would be sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from functools import partial
from html import escape
from typing import Any

import ipywidgets as widgets

from qresearch.book.holdings import Held, holdings_of
from qresearch.domain import terms
from qresearch.domain.contract import Contract
from qresearch.domain.reasons import Reason
from qresearch.domain.terms import Effect, Terms
from qresearch.engine.intent import Closable
from qresearch.errors import QresearchError, UsageError
from qresearch.sentences.words import price
from qresearch.views.panels.cells import state_html
from qresearch.views.panels.desk import Desk, Panel
from qresearch.views.panels.fields import class_of, classed, named, offer, put, relabel, show_if
from qresearch.views.panels.margin import borrows, lots_html, margin_html
from qresearch.views.panels.symbol_box import SymbolBox

WAYS = {
    "shares": ("order", 100), "lots": ("order_lots", 1), "value": ("order_value", 10_000), "percent": ("order_pct", 25),
    "target": ("order_target", 100), "target_value": ("order_target_value", 10_000),
}  # fmt: skip
"""How much can be asked for: the order function of each way, and what stands in the field when it is chosen."""
TARGETS = frozenset({"target", "target_value"})
"""Ways that say by themselves whether they buy or sell."""

TYPES: dict[str, tuple[Callable[..., Terms], tuple[str, ...]]] = {
    "MARKET": (terms.market, ()),
    "LIMIT": (terms.limit, ("limit_price",)),
    "STOP": (terms.stop, ("stop_price",)),
    "STOP_LIMIT": (terms.stop_limit, ("stop_price", "limit_price")),
    "TRAILING_AMOUNT": (terms.trailing_stop, ("trail",)),
    "TRAILING_PERCENT": (lambda trail, **words: terms.trailing_stop(percent=trail, **words), ("trail",)),
    "LIMIT_IF_TOUCHED": (terms.limit_if_touched, ("stop_price", "limit_price")),
    "MARKET_ON_OPEN": (terms.at_open, ()),
    "MARKET_ON_CLOSE": (terms.at_close, ()),
    "AFTER_HOURS": (terms.after_hours, ("limit_price",)),
}
"""Types of orders: what makes the terms of each, and the fields that it takes, in order."""
EFFECTS: dict[str, Callable[[Terms | None], Terms | None]] = {
    "to_auto": lambda style: style,
    "to_open": terms.to_open,
    "to_close": terms.to_close,
    "to_close_today": partial(terms.to_close, lots="today"),
    "to_close_old": partial(terms.to_close, lots="old"),
    "to_covered_open": terms.covered_open,
    "to_covered_close": terms.covered_close,
    "to_own": lambda style: style,
    "to_finance": terms.financed,
    "to_borrow": terms.short_sale,
    "to_repay": terms.to_repay,
    "to_return": terms.to_return,
}
"""What an order does to the sides of a contract, and to what is owed."""
BORROWING = ("to_own", "to_finance", "to_borrow", "to_repay", "to_return")
"""Of shares in an account of margin trading."""
OF_ONE_SIDE = dict.fromkeys(("to_finance", "to_return", "to_covered_close"), "buy")
OF_ONE_SIDE |= dict.fromkeys(("to_borrow", "to_repay", "to_covered_open"), "sell")
"""Effects of purchases or of sales only."""
MOST_OF_ALL = 1e12
"""More than that is a slip of the keyboard."""
LEAST_TRAIL, MOST_TRAIL = 0.01, 99.0
"""Of a trailing stop, in percent."""
TRAIL = 5.0
"""Percent of the price that a trailing stop stays behind, at first."""
TWICE = 0.7
"""Seconds within which a second click is a double click."""
LASTING = ("DAY", "GTC", "GTD", "IOC", "FOK")


def _effects(contract: Contract | None, side: str) -> list[str]:
    """What an order can do: futures tell today's lots apart, calls can be covered, shares be bought on credit."""
    if contract is None:
        known = list(BORROWING)
    elif (option := contract.option) is None:
        known = [effect for effect in EFFECTS if not (effect.startswith("to_covered") or effect in BORROWING)]
    else:
        is_coverable = option.is_call and option.settlement == "shares"
        known = ["to_auto", "to_open", "to_close"] + ["to_covered_open", "to_covered_close"] * is_coverable
    return [effect for effect in known if not side or OF_ONE_SIDE.get(effect, side) == side]


class TicketPanel(Panel):
    """Asks for an order, and shows before it is sent what would be sent, what it would cost and every check."""

    name = "ticket"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        words = self.words
        self.order_id: int | None = None
        """The order that was placed here last."""
        self.clock: Callable[[], float] = time.monotonic
        """Tells a double click from two orders."""
        self._sent: Hashable = None
        self._sent_at = 0.0
        self._symbol = SymbolBox(self)
        self._name = widgets.HTML("")
        self._side = classed(
            widgets.ToggleButtons(options=[(words(side), side) for side in ("buy", "sell")], value="buy"), "qr-side"
        )
        self._how, self._type = self.choice("how", WAYS), self.choice("type", TYPES)
        self._effect, self._margin = self.choice("effect", EFFECTS), widgets.HTML("")
        self._unit, self._counts_lots = "share", False
        self._priced = ""
        self._quantity = widgets.FloatText(value=WAYS["shares"][1], step=100)
        self._limit, self._stop = widgets.FloatText(step=0.01), widgets.FloatText(step=0.01)
        self._trail = widgets.FloatText(value=TRAIL, step=0.1)
        self._good, self._till = self.choice("good_for", LASTING), widgets.DatePicker()
        self._preview = classed(widgets.HTML(""), "qr-preview")
        self._place = classed(self.button("place_buy", self.place, kind="primary"), "qr-place")
        self._state = widgets.HTML("")
        self._fields = {
            "symbol": self._symbol.widget, "side": self._side, "effect": self._effect, "how": self._how,
            "quantity": self._quantity, "type": self._type, "limit_price": self._limit, "stop_price": self._stop,
            "trail": self._trail, "good_for": self._good, "until_day": self._till,
        }  # fmt: skip
        for key, field in self._fields.items():
            named(field, words(key), "qr-line", class_of(key, "field"))
        self.body.children = (
            self._name, self._margin, *self._fields.values(), self._preview, self._place, self._state,
        )  # fmt: skip
        self._how.observe(self._another_way, names="value")
        self._type.observe(self._another_type, names="value")
        self.follow(self._changed, *(field for key, field in self._fields.items() if key != "symbol"))
        self._show_fields()

    # ------------------------------------------------------------------ reacting

    def _another_way(self, change: dict[str, Any]) -> None:
        one = 1 if change["new"] == "lots" or self._counts_lots else 100
        self._quantity.step = one
        self._quantity.value = one if change["new"] == "target" else WAYS[change["new"]][1]

    def _another_type(self, change: dict[str, Any]) -> None:
        last = self._last_price()
        if "trail" in TYPES[change["new"]][1]:
            # The same distance either way: five percent, in percent or in currency.
            is_known = change["new"] == "TRAILING_AMOUNT" and last == last
            self._trail.value = round(last * TRAIL / 100, 2) if is_known else TRAIL
        for field in (self._limit, self._stop):
            if not field.value and last == last:
                field.value = last
        self._show_fields()

    def _another_instrument(self) -> None:
        """The prices of one instrument say nothing of another one: those in use begin at its last price."""
        if self._priced and self._priced != self.desk.symbol:
            with self.painting:
                last = self._last_price()
                for field in (self._limit, self._stop):
                    put(field, last if field.value and last == last else 0.0)
                self._another_type({"new": self._type.value})
        self._priced = self.desk.symbol

    def _lasts(self) -> str:
        """How long it is good for; after hours it is for the day only."""
        return "DAY" if self._type.value == "AFTER_HOURS" else str(self._good.value)

    def _show_fields(self) -> None:
        for key in ("limit_price", "stop_price", "trail"):
            show_if(self._fields[key], key in TYPES[self._type.value][1])
        show_if(self._good, self._type.value != "AFTER_HOURS")
        show_if(self._till, self._lasts() == "GTD")
        show_if(self._effect, self._counts_lots or borrows(self.desk.session))
        show_if(self._side, self._how.value not in TARGETS)

    def _fit(self) -> None:
        """Offer what fits the instrument and the side: contracts are counted in lots and have two sides."""
        item = self.desk.session.market.instrument(self.desk.symbol)
        words, contract = self.words.of(item), item.contract
        with self.painting:
            if item.unit != self._unit:
                self._unit, self._counts_lots = item.unit, contract is not None
                ways = [(words(way), way) for way in WAYS if way not in {"shares", "lots"}]
                # A lot is one contract; of everything else it is a number of its own.
                own = ["shares", "lots"] if contract is None else ["lots"]
                one = [(words(way if contract is None else "shares"), way) for way in own]
                offer(self._how, [*one, *ways], one[0][1])
            # A target says by itself whether it buys or sells.
            known = _effects(contract, "" if self._how.value in TARGETS else str(self._side.value))
            chosen = self._effect.value if self._effect.value in known else known[0]
            offer(self._effect, [(words(effect), effect) for effect in known], chosen)
        self._show_fields()

    def _changed(self, _: object) -> None:
        self._show_fields()
        self.draw()

    def take_price(self, price: float, side: str = "") -> None:
        """Use a price picked on the chart, and a side: the limit, or the stop of an order that has only that."""
        if side in ("buy", "sell"):
            self._side.value = side
        taken = TYPES[self._type.value][1]
        if taken == ("stop_price",):
            self._stop.value = price
            return
        self._limit.value = price
        if "limit_price" not in taken:
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
        side = -1 if self._side.value == "sell" and way not in TARGETS else 1
        words = self.words
        if value != 0 or way not in TARGETS:
            self._number("quantity", 0, 100 if way == "percent" else MOST_OF_ALL)
        if way == "percent":
            value = value / 100
        elif way in {"shares", "lots", "target"}:
            if value != int(value):
                text = f"{value:,.10g}"
                raise UsageError(words("not_whole", name=words("quantity"), text=text, how=words("how")))
            value = int(value)
        style = self.terms()
        wanted: tuple[Any, ...] = (self.desk.symbol, side * value)
        return WAYS[way][0], wanted if style is None else (*wanted, style)

    def _number(self, key: str, least: float, most: float) -> float:
        """What stands in a field; a number that cannot be meant is told by the name of the field."""
        value, name = float(self._fields[key].value), self.words(key)
        if not value > 0:
            raise UsageError(self.words("not_positive", name=name))
        if not least <= value <= most:
            low, high = (f"{end:,.15g}" for end in (least, most))
            raise UsageError(self.words("bad_number", name=name, text=f"{value:,.15g}", low=low, high=high))
        return value

    def _ends(self, key: str) -> tuple[float, float]:
        """The least and the most that a field of a price can mean; a trailing sale leaves a price to stop at."""
        session, is_sale = self.desk.session, self._side.value == "sell" and self._how.value not in TARGETS
        step = float(session.simulation.exchange.steps[session.market.column(self.desk.symbol)])
        if key != "trail":
            return step, MOST_OF_ALL
        if self._type.value == "TRAILING_PERCENT":
            return LEAST_TRAIL, MOST_TRAIL
        most = round(self._last_price() - step, 6) if is_sale else MOST_OF_ALL
        return 0, most if most > 0 else MOST_OF_ALL

    def terms(self) -> Terms | None:
        """Type, prices and time in force; None for a plain market order."""
        words, kind, tif = self.words, self._type.value, self._lasts()
        make, taken = TYPES[kind]
        # What is asked for and not given is told by the name of its field.
        prices = [self._number(key, *self._ends(key)) for key in taken]
        until = self._till.value if tif == "GTD" else None
        if tif == "GTD" and until is None:
            raise UsageError(words("no_last_day", name=words("until_day")))
        effect = EFFECTS[self._effect.value]
        if kind == "MARKET" and tif == "DAY":
            return effect(None)
        return effect(make(*prices, tif=tif, until=until))

    def place(self) -> None:
        """Send the order; a refused one is kept with its reason and shown."""
        session = self.desk.session
        call, arguments = request = self.request()
        if self._sent == (request, self.desk.stamp()) and self.clock() - self._sent_at < TWICE:
            self.tell(self.words("sent_twice"))
            return
        ticket = getattr(session, call)(*arguments)
        self.order_id = int(ticket)
        self.desk.order_id = self.order_id
        self._sent, self._sent_at = (request, self.desk.stamp()), self.clock()
        self.tell(self.words.again(session.message))

    # ------------------------------------------------------------------ painting

    def depends(self) -> Hashable:
        """Where the session stands, the instrument, and the order placed last."""
        return self.desk.stamp(), self.desk.symbol, self.order_id

    def draw(self) -> None:
        """Paint the instrument, the preview and the state of the order placed last."""
        self._symbol.show(self.desk.symbol)
        self._another_instrument()
        self._fit()
        words, way, side = self.words, self._how.value, self._side.value
        relabel(self._place, words("place_target" if way in TARGETS else f"place_{side}"))
        put(self._name, self._name_html())
        put(self._margin, self._margin_html())
        put(self._preview, self._preview_html())
        put(self._state, self._state_html())

    def _last_price(self) -> float:
        session = self.desk.session
        return session.simulation.view.last_price(session.market.column(self.desk.symbol))

    def _held(self, symbol: str) -> list[Held]:
        """What is held of one symbol: the others are not read, for a click waits for this."""
        simulation = self.desk.session.simulation
        return holdings_of(simulation.exchange, simulation.account, self.desk.session.market.column(symbol))

    def _name_html(self) -> str:
        session, words = self.desk.session, self.words
        instrument = session.market.instrument(self.desk.symbol)
        name = f" {escape(instrument.name)}" if instrument.name else ""
        parts = [
            f"<b>{escape(instrument.symbol)}</b>{name}",
            f"{escape(words('last_price'))} <b>{price(self._last_price())}</b>",
        ]
        if not self._counts_lots:
            closable = words(session.simulation.exchange.account.holding_words[1])
            parts += [
                f"{escape(words('positions'))} <b>{held.quantity:,}</b> "
                f"({escape(closable)} {held.free - held.reserved:,})"
                for held in self._held(self.desk.symbol)
            ]
        return f'<div class="qr-instrument">{" · ".join(parts)}</div>'

    def _margin_html(self) -> str:
        session, words = self.desk.session, self.words
        return lots_html(session, words, self.desk.symbol) + margin_html(session, words)

    def _preview_html(self) -> str:
        """What would be sent, what it would cost, and each check with a tick or a cross."""
        session = self.desk.session
        words = self.words.of(session.market.instrument(self.desk.symbol))
        title = f'<div class="qr-title"><b>{escape(words("preview"))}</b></div>'
        try:
            call, arguments = self.request()
            preview = session.what_if.named(self.words)(call, *arguments)
        except (QresearchError, TypeError) as error:
            return f'{title}<div class="qr-check qr-fails" data-passes="false">✕ {escape(str(error))}</div>'
        checks = "".join(self._check_html(*check) for check in preview.checks)
        if preview.side == "sell" and (kept := self._bought_today(preview.symbol)) is not None:
            text = words("locked_note", locked=f"{kept.held - kept.free:,}", held=f"{kept.held:,}")
            checks += self._check_html("T+1", True, text)
        side = words(preview.side)
        unit = escape(words("one_of" if preview.quantity == 1 else "many_of"))
        comma = words("part_comma")
        asked = (
            f'<span class="qr-{preview.side}">{escape(side)}</span> <b>{preview.quantity:,}</b> {unit} '
            f"{escape(preview.symbol)}{comma}{escape(words.terms(preview.terms))}"
        )
        head = f"<div>{words('told_of', what=escape(words('would_send')), told=asked)}</div>"
        if not preview.passing:
            return (
                title + (head if preview.quantity else "") + checks + f"<div>{escape(words('nothing_changes'))}</div>"
            )
        rows = "".join(f"<tr><th>{escape(name)}</th><td>{value}</td></tr>" for name, value in preview.figures)
        return f"{title}{head}{checks}<table><tbody>{rows}</tbody></table>"

    def _bought_today(self, symbol: str) -> Closable | None:
        """What a sale would close, where a part of it is kept back for today only."""
        simulation = self.desk.session.simulation
        column, exchange = self.desk.session.market.column(symbol), simulation.exchange
        found = exchange.account.closable(simulation.account, exchange, column, -1, Effect.AUTO)
        return found if found is not None and found.free < found.held and found.locked is Reason.T_PLUS_ONE else None

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
        why = words.why(session.market.instruments[order.instrument], order)
        advice = "" if order.reason is None else words.advice(order.reason)
        reason = f'<div class="qr-why"><b>{order.reason}</b> {escape(why)} <i>{escape(advice)}</i></div>' if why else ""
        side = order.side.value
        return (
            f'<div class="qr-order" data-order="{order.order_id}">{escape(words("your_order"))} '
            f'<b>{order.order_id}</b>: <span class="qr-{side}">{escape(words(side))}</span> '
            f"{abs(order.quantity):,} {escape(session.market.symbols[order.instrument])}, "
            f"{escape(words.terms(order.terms))}<br>{state_html(words, order)}"
            f" · {escape(words('filled'))} {order.filled:,} · {escape(words('leaves'))} {order.leaves:,}</div>{reason}"
        )

    def html(self) -> str:
        """The instrument, the preview and the order placed last."""
        return self.heading() + self._name_html() + self._margin_html() + self._preview_html() + self._state_html()
