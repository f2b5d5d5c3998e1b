"""The chart of one instrument and the account: live where the front end can, a PNG everywhere."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Hashable
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import numpy as np

from qresearch.book.html import Column, listed, number
from qresearch.domain.reasons import Reason
from qresearch.errors import NotSupported, OutOfRange, choose
from qresearch.market.panel import Floats
from qresearch.sentences.words import price
from qresearch.views.chart_data import MARKS, ChartData, ChartReader
from qresearch.views.panels.cells import chart_word, day_within
from qresearch.views.panels.desk import Desk, Panel
from qresearch.views.panels.fields import classed, has_live, offer
from qresearch.views.panels.png_chart import PngChart
from qresearch.views.panels.symbol_box import SymbolBox

if TYPE_CHECKING:
    from qresearch.views.panels.live_chart import LiveChart

RENDERERS = ("auto", "live", "png")
PNG_BARS = 90
"""Bars of the PNG."""
LIVE_BARS = 600
"""Bars with which the live chart begins; it grows to twice as many before it begins anew."""
LINES = 4
"""Prices that wait and are told in words beside the chart; the table of open orders has all."""
OTHERS = 30
"""Instruments that are offered to be looked at beside it."""
STATIC_BARS = 5
"""Bars that the static text shows."""


class ChartPanel(Panel):
    """Candles, volume, orders by state, price limits, average cost, equity and drawdown; nothing after now.

    Parameters
    ----------
    desk : Desk
    renderer : {"auto", "live", "png"}
        "live" needs the extra of that name; "auto" takes it when it is there.

    Raises
    ------
    UsageError
        Another renderer.
    NotSupported
        "live" without its extra; the message says how to install it.

    Examples
    --------
    >>> import qresearch as qr
    >>> from qresearch.views.panels.desk import Desk, Look
    >>> session = qr.Session(qr.sample_market(), start="2022-03-01").step()
    >>> desk = Desk(session, Look())
    >>> panel = ChartPanel(desk, renderer="png")
    >>> desk.select(symbol="604018")
    >>> panel.data
    <ChartData 604018.SH: 90 bars, 2021-10-19 to 2022-03-01, 0 marks, 0 lines>
    """

    name = "chart"

    def __init__(self, desk: Desk, *, renderer: str = "auto") -> None:
        choose("renderer", renderer, RENDERERS)
        if renderer == "live" and not has_live():
            raise NotSupported(
                "renderer='live' needs anywidget. Install it with: pip install 'qresearch[live]'. "
                "Or pass renderer='png'."
            )
        super().__init__(desk)
        self._is_live = has_live() if renderer == "auto" else renderer == "live"
        self._reader = ChartReader(desk.session)
        self._first = ("", 0)
        self.data: ChartData | None = None
        """What is shown."""
        self._box = SymbolBox(self)
        self._box.widget.tooltip = self.words("symbol")
        self._facts = classed(widgets.HTML(""), "qr-chart-facts")
        self._png: PngChart | None = None
        self._beside: widgets.Dropdown | None = None
        self._renderer = self._live() if self._is_live else self._still()
        head = [self._box.widget, self._facts]
        if self._is_live:
            self._beside = self.choice("beside", [(self.words("nothing_beside"), "")], "qr-beside", width="190px")
            self.follow(lambda _: None, self._beside)
            head.append(classed(widgets.HBox([self._studies(), self._beside]), "qr-studies"))
        shown = [classed(widgets.HBox(head), "qr-chart-head"), self._renderer.widget]
        if self._is_live:
            shown.append(widgets.HTML(f'<span class="qr-hint">{escape(self.words("chart_hint"))}</span>'))
        self.body.children = shown

    def label(self, key: str) -> str:
        """A word that stands on the chart."""
        return chart_word(self.words, key)

    def _live(self) -> LiveChart:
        from qresearch.views.panels.live_chart import LiveChart  # noqa: PLC0415  # an extra, only where it is wanted

        look = self.desk.look
        return LiveChart(look.theme, red_up=look.red_up, words=self.label, heard=self._heard)

    def _studies(self) -> widgets.HBox:
        """A button for each study."""
        from qresearch.views.panels.live_chart import STUDIES, LiveChart  # noqa: PLC0415  # an extra, as above

        made = (widgets.ToggleButton(description=self.words(f"study_{name}")) for name in STUDIES)
        buttons = [classed(button, "qr-study") for button in made]

        def chosen(_: object) -> None:
            if isinstance(self._renderer, LiveChart):
                self._renderer.study(name for name, button in zip(STUDIES, buttons, strict=True) if button.value)

        for name, button in zip(STUDIES, buttons, strict=True):
            button.tooltip, button.layout.width = self.words(f"study_{name}_hint"), "auto"
            button.observe(chosen, names="value")
        return classed(widgets.HBox(buttons), "qr-group")

    def _still(self) -> PngChart:
        if self._png is None:
            self._png = PngChart(self.desk.look.theme, red_up=self.desk.look.red_up, words=self.label)
        return self._png

    def _heard(self, message: dict[str, Any]) -> None:
        """What a person did on the canvas."""
        self.desk.act(self, lambda: self._follow(message))

    def _follow(self, message: dict[str, Any]) -> None:
        session = self.desk.session
        match message["kind"]:
            case "price":
                self.desk.offer_price(float(message["price"]), str(message.get("side") or ""))
            case "bar":
                # On bars inside the day a label is a time, to which one runs; a day is gone to at its close.
                label = str(message["label"])
                try:
                    session.goto(label)
                except OutOfRange:
                    day_within(session, self.words, dt.date.fromisoformat(label[:10]))
                    raise
            case "move":
                name = "limit_price" if message["line"] == "limit" else "stop_price"
                session.ticket(int(message["order"])).update(**{name: float(message["price"])})
                self.tell(self.words.again(session.message))

    def _others(self) -> list[tuple[str, str]]:
        """What can be looked at beside it: the benchmark, what is held, and what was ordered."""
        session, words = self.desk.session, self.words
        benchmark = session.simulation.benchmark or session.market.benchmark
        names = dict.fromkeys([] if benchmark is None else [benchmark.name])
        names |= dict.fromkeys(session.portfolio.quantities)
        orders = session.simulation.orders.now().values()
        names |= dict.fromkeys(session.market.symbols[order.instrument] for order in [*orders][-OTHERS:])
        names |= dict.fromkeys(session.market.symbols[:OTHERS])
        names.pop(self.desk.symbol, None)
        return [(words("nothing_beside"), ""), *((name, name) for name in [*names][:OTHERS])]

    # ------------------------------------------------------------------ content

    def depends(self) -> Hashable:
        """The moment and the instrument."""
        return self.desk.stamp(), self.desk.symbol, self.beside

    @property
    def beside(self) -> str:
        """What is looked at beside it; empty when nothing is."""
        return "" if self._beside is None else str(self._beside.value or "")

    def draw(self) -> None:
        """Bring the chart up to date."""
        desk = self.desk
        self._box.show(desk.symbol)
        if self._beside is not None:
            known, chosen = self._others(), self.beside
            with self.painting:
                offer(self._beside, known, chosen if chosen in [name for _, name in known] else "")
        self.data = self._read()
        self._renderer.show(self.data)
        self._facts.value = self._told(self.data)

    def _read(self) -> ChartData:
        if not self._is_live:
            return self._reader.read(self.desk.symbol, PNG_BARS)
        # The window of the canvas begins at one bar and grows, so that a step sends one bar.
        today = self._reader.stop
        symbol, first = self._first
        if symbol != self.desk.symbol or not first < max(today, 1) <= first + 2 * LIVE_BARS:
            self._first = self.desk.symbol, max(today - LIVE_BARS, 0)
        return self._reader.read(self.desk.symbol, first=self._first[1], beside=self.beside)

    def _told(self, data: ChartData) -> str:
        """The price limits that apply next, whether it is suspended, and what waits, in words."""
        parts = []
        if data.paused:
            parts.append(f'<b class="qr-wait">{escape(self.words(Reason.SUSPENDED, day=data.paused))}</b>')
        if not np.isnan(data.limits[0]):
            limits = " – ".join(map(price, data.limits))
            parts.append(f"{self.words('price_limits', day=data.limits_on)} <b>{limits}</b>")
        for line in data.lines[:LINES]:
            at = price(line.price)
            if line.kind == "cost":
                parts.append(escape(self.words("cost_at", price=at)))
            else:
                side, kind = self.label(line.side), self.label(line.kind)
                parts.append(escape(self.words("waiting_at", side=side, kind=kind, order=line.order_id, price=at)))
        if len(data.lines) > LINES:
            parts.append(escape(self.words("more", count=len(data.lines) - LINES)))
        return " · ".join(parts)

    def html(self) -> str:
        """The last bars, the marks and the lines as text."""
        data = self.data or self._read()
        head = f"<div><b>{escape(data.title)}</b> {self._told(data)}</div>"
        if not len(data):
            return f"{head}<div>{escape(self.label('no_bar'))}</div>"
        prices = {"first_price": data.open, "highest": data.high, "lowest": data.low, "closing": data.close}
        columns = (
            Column("when", lambda bar: escape(data.labels[bar])),
            *(Column(key, partial(_price_at, at), "right") for key, at in prices.items()),
            Column("volume", lambda bar: number(float(data.volume[bar]), 0), "right"),
        )
        bars = listed(columns, range(max(len(data) - STATIC_BARS, 0), len(data)), self.words)
        counts = Counter(mark.kind for mark in data.marks)
        marks = ", ".join(f"{self.label(kind)} {counts[kind]}" for kind in MARKS if kind in counts)
        told = f"<div>{escape(self.words('marks_told', count=len(data.marks), kinds=marks))}</div>" if marks else ""
        return f"{head}{bars}{told}"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        bundle = super()._repr_mimebundle_(include, exclude)
        still = self._still()
        if self._is_live or not still.png():
            still.show(self._reader.read(self.desk.symbol, PNG_BARS))
        bundle["image/png"] = still.png()
        return bundle

    def close(self) -> None:
        """Release the widgets and the figure."""
        if self._is_live and self._png is not None:
            self._png.close()
        super().close()


def _price_at(prices: Floats, bar: int) -> str:
    return price(float(prices[bar]))
