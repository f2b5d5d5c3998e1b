"""The cost panel: what trading costs from now on, and what the last fills would have cost under it."""

from __future__ import annotations

import math
from dataclasses import replace
from html import escape
from typing import Any

import ipywidgets as widgets

from qresearch.book.html import Column, listed, number, table
from qresearch.domain.commands import ChangeSettings
from qresearch.domain.settings import Costs, Own, Settings, Slippage
from qresearch.engine.slippage import SLIPPAGE_KINDS, slippage_model
from qresearch.engine.tariffs import COST_PRESETS, fixed_costs, preset_costs
from qresearch.errors import QresearchError, UsageError
from qresearch.sentences.words import price
from qresearch.session.options import volume_cap
from qresearch.views.panels.cells import moment_text
from qresearch.views.panels.desk import Desk, Panel
from qresearch.views.panels.fields import class_of, classed, named, put, show_if
from qresearch.views.repricing import Repriced, reprice

_SCALE = 10**7
"""Rates are kept in billionths and shown in percent."""
RATES = {
    "commission_buy": "open_commission", "commission_sell": "close_commission", "duty_buy": "open_tax",
    "duty_sell": "close_tax", "least": "min_commission", "transfer_rate": "transfer_fee",
}  # fmt: skip
"""Fields of costs, and what :meth:`Session.set_order_cost` calls each; all but the least are typed in percent."""
DATED = ("duty_buy", "duty_sell", "transfer_rate")
"""Rates that the rule book sets when the schedule is historical."""
HIGHEST = 10.0
"""Highest rate that can be typed, in percent: more is a slip of the keyboard."""


class CostPanel(Panel):
    """Commission, stamp duty, transfer fee, slippage and the volume cap; applied as a command, so going back undoes it.

    Examples
    --------
    >>> import qresearch as qr
    >>> from qresearch.views.panels.desk import Desk, Look
    >>> session = qr.Session(qr.sample_market(), start="2022-03-01")
    >>> panel = CostPanel(Desk(session, Look()))
    >>> panel.refresh()
    >>> panel.fields["commission_buy"].value = "0.03"
    >>> panel.apply()
    >>> session.settings.costs.open_commission
    300000
    """

    name = "costs"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        words = self.words
        self._known: Settings | None = None
        ruled = desk.session.market.venue.rules.has_history
        self._presets = {
            name: preset_costs(desk.session.market.venue, name)
            for name in COST_PRESETS
            if ruled or name != "historical"
        }
        self.preset = self._drop("preset", {f"preset_{name}": name for name in ("own", *self._presets)})
        self.schedule = self._drop("schedule", {"fixed": False} | ({"historical": True} if ruled else {}))
        self.slippage = self._drop("slippage", {f"slippage_{kind}": kind for kind in SLIPPAGE_KINDS})
        self.fields = {
            key: named(widgets.Text(), words(key), "qr-line", class_of(key, "field"))
            for key in (*RATES, "slippage_size", "cap")
        }
        """The fields that take a number, by key."""
        self.fields["cap"].placeholder = words("cap_hint")
        self._problems = classed(widgets.HTML(""), "qr-problems")
        self._preview = classed(widgets.HTML(""), "qr-table")
        self._apply = self.button("apply_costs", self.apply, kind="primary")
        self._reset = self.button("reset_costs", self.reset)
        *rates, size, cap = self.fields.values()
        form = classed(widgets.GridBox([self.preset, self.schedule, *rates, self.slippage, size, cap]), "qr-cost-form")
        foot = classed(widgets.HBox([self._apply, self._reset]), "qr-foot")
        self.body.children = (form, self._problems, foot, self._preview)
        self.follow(self._chosen, self.preset)
        self.follow(lambda _: self._look(), self.schedule, self.slippage, *self.fields.values())

    def _drop(self, key: str, values: dict[str, Any]) -> widgets.Dropdown:
        options = [(self.words(word), value) for word, value in values.items()]
        return self.choice(key, options, "qr-line", class_of(key, "field"))

    # ------------------------------------------------------------------ what is typed

    def _number(self, key: str, low: float, high: float) -> float:
        text = self.fields[key].value.strip().removesuffix("%").replace(",", "")
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            said = {"text": text, "low": f"{low:g}", "high": f"{high:g}"}
            raise UsageError(self.words("bad_number", name=self.words(key), **said))
        return value

    def wanted(self) -> Settings:
        """The settings as typed.

        Raises
        ------
        UsageError
            A field holds no number, or one out of its range; the message names it.
        """
        now = self.desk.session.settings
        costs = now.costs if self.fields["least"].disabled else self._costs(now)
        slippage = now.slippage
        if not self.slippage.disabled:
            kind = self.slippage.value
            slippage = slippage_model(kind, 0.0 if kind == "none" else self._number("slippage_size", 0, 1_000_000))
        has_cap = bool(self.fields["cap"].value.strip())
        # A hair above nothing: a cap of zero would let nothing trade, and means none to most people.
        cap = volume_cap(self._number("cap", 0.0001, 100) / 100) if has_cap else None
        return replace(now, costs=costs, slippage=slippage, participation=cap)

    def _costs(self, now: Settings) -> Costs:
        """The costs as typed."""
        dated = bool(self.schedule.value)
        rates = {
            name: self._number(key, 0, 1_000_000) if key == "least" else self._number(key, 0, HIGHEST) / 100
            for key, name in RATES.items()
            if not (dated and key in DATED)
        }
        rounding = now.costs.rounding if isinstance(now.costs, Costs) else "each"
        venue = self.desk.session.market.venue
        return fixed_costs(venue, **{"close_tax": 0.0} | rates, historical=dated, rounding=rounding)

    def _show(self, settings: Settings) -> None:
        """Put settings into the fields."""
        with self.painting:
            self._show_costs(settings.costs)
            # A model of the user's own has no fields here.
            self.slippage.disabled = not isinstance(settings.slippage, Slippage)
            if isinstance(settings.slippage, Slippage):
                put(self.slippage, settings.slippage.kind)
                put(self.fields["slippage_size"], f"{settings.slippage.size:.10g}")
            cap = settings.participation
            put(self.fields["cap"], "" if cap is None else f"{cap * 100:.10g}")

    def _rate(self, costs: Costs, key: str) -> float:
        """What stands in the field of a rate."""
        value = getattr(costs, RATES[key])
        return self.desk.session.market.venue.money.amount(value) if key == "least" else value / _SCALE

    def _show_costs(self, costs: Costs | Own) -> None:
        for field in (*(self.fields[key] for key in RATES), self.schedule):
            field.disabled = isinstance(costs, Own)
        if isinstance(costs, Own):
            return
        for key in RATES:
            put(self.fields[key], f"{self._rate(costs, key):.10g}")
        put(self.schedule, costs.historical)

    def _chosen(self, name: str) -> None:
        if name != "own":
            with self.painting:
                self._show_costs(self._presets[name])
            self._look()

    # ------------------------------------------------------------------ acting

    def apply(self) -> None:
        """Set what is typed from now on, as commands of the session."""
        session, wanted = self.desk.session, self.wanted()
        if wanted == session.settings:
            self.tell(self.words("in_force"))
            return
        costs, now = wanted.costs, session.settings
        if costs != now.costs and isinstance(costs, Costs):
            rates = {name: self._rate(costs, key) / (1 if key == "least" else 100) for key, name in RATES.items()}
            session.set_order_cost(**rates, historical=costs.historical, rounding=costs.rounding)
        slippage, cap = wanted.slippage, wanted.participation
        if isinstance(slippage, Slippage) and (slippage, cap) != (now.slippage, now.participation):
            session.set_slippage(slippage.kind, slippage.size, participation=cap)
        elif cap != now.participation:
            session.simulation.do(ChangeSettings(replace(session.settings, participation=cap)))
        self._known = session.settings
        self._look()
        self.tell(self.words("costs_applied", moment=moment_text(session, self.words)))

    def reset(self) -> None:
        """Put the settings in force back into the fields."""
        self._show(self.desk.session.settings)
        self._look()

    # ------------------------------------------------------------------ content

    def draw(self) -> None:
        """Follow the settings in force, where they changed, and price the last fills."""
        settings = self.desk.session.settings
        if settings != self._known:
            self._known = settings
            self._show(settings)
        self._look()

    def _look(self) -> None:
        """Check what is typed and show what the last fills would have cost."""
        dated = bool(self.schedule.value)
        for key in DATED:
            self.fields[key].disabled = dated or self.fields["least"].disabled
        show_if(self.fields["slippage_size"], self.slippage.value != "none")
        try:
            wanted = self.wanted()
        except QresearchError as problem:
            put(self._problems, f'<div class="qr-error" role="alert">{escape(str(problem))}</div>')
            self._apply.disabled, self._reset.disabled = True, False
            return
        put(self._problems, "")
        self._apply.disabled = self._reset.disabled = wanted == self.desk.session.settings
        typed = replace(wanted.costs, rounding="each") if isinstance(wanted.costs, Costs) else wanted.costs
        same = (name for name, costs in self._presets.items() if costs == typed)
        with self.painting:
            put(self.preset, next(same, "own"))
        put(self._preview, self._priced(wanted))

    def _priced(self, wanted: Settings) -> str:
        words = self.words
        said = words("in_force" if wanted == self.desk.session.settings else "not_applied")
        fills = reprice(self.desk.session, wanted)
        if not fills:
            return f'<div class="qr-empty">{escape(said)} {escape(words("no_fills_to_price"))}</div>'
        paid, would = sum(fill.fees for fill in fills), sum(fill.new_fees for fill in fills)
        change = sum(fill.difference for fill in fills)
        all_shown, total = f"<b>{escape(words('all_shown'))}</b>", f"<b>{number(would)}</b>"
        last = (all_shown, *[""] * 6, number(paid), total, _signed(change))
        note = f'<div class="qr-label">{escape(words("costs_note"))}</div>'
        return f'<div class="qr-title">{escape(said)}</div>{listed(self._columns(), fills, words, last=last)}{note}'

    def _columns(self) -> tuple[Column, ...]:
        """What is told of a fill."""
        words = self.words

        def quantity(fill: Repriced) -> str:
            is_cut = fill.new_quantity < fill.quantity
            return f"<b>{fill.new_quantity:,}</b> / {fill.quantity:,}" if is_cut else f"{fill.quantity:,}"

        def new_price(fill: Repriced) -> str:
            told = price(fill.new_price)
            return f"<b>{told}</b>" if fill.new_price != fill.price else told

        def would_pay(fill: Repriced) -> str:
            parts = ", ".join(f"{words.fee(part)} {number(amount)}" for part, amount in fill.new_parts.items())
            return f'<span title="{escape(parts)}">{number(fill.new_fees)}</span>'

        return (
            Column("order", lambda fill: str(fill.order_id)),
            Column("day", lambda fill: fill.day),
            Column("symbol", lambda fill: escape(fill.symbol)),
            Column("side", lambda fill: escape(words(fill.side))),
            Column("would_fill", quantity, "right"),
            Column("price", lambda fill: price(fill.price), "right"),
            Column("new_price", new_price, "right"),
            Column("paid", lambda fill: number(fill.fees), "right"),
            Column("would_pay", would_pay, "right"),
            Column("difference", lambda fill: _signed(fill.difference), "right"),
        )

    def html(self) -> str:
        """The settings as typed, and the last fills under them."""
        try:
            wanted = self.wanted()
        except QresearchError as problem:
            return f"<div>{escape(str(problem))}</div>"
        words = self.words
        told = {key: self.fields[key].value for key in ("commission_buy", "commission_sell", "least")}
        told |= {key: words("historical") if self.schedule.value else self.fields[key].value for key in DATED}
        size = "" if self.slippage.value == "none" else f" {self.fields['slippage_size'].value}"
        told["slippage"] = words(f"slippage_{self.slippage.value}") + size
        told["cap"] = self.fields["cap"].value or words("slippage_none")
        rows = [(escape(words(key)), escape(value)) for key, value in told.items()]
        head = f"<div><b>{escape(words(self.name))}</b>: {escape(words(f'preset_{self.preset.value}'))}</div>"
        return f"{head}{table(('', '>'), rows)}{self._priced(wanted)}"


def _signed(value: float) -> str:
    return f"{round(value, 2) + 0.0:+,.2f}" if round(value, 2) else "0.00"
