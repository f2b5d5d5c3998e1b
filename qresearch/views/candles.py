"""Candles with volume and a mark for every order: the one matplotlib drawing of them, static and kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.collections import LineCollection, PathCollection, PolyCollection
from matplotlib.path import Path
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from qresearch.domain.arguments import whole
from qresearch.errors import UsageError
from qresearch.market.panel import Floats
from qresearch.sentences.words import price as price_text
from qresearch.views.chart_data import MARKS, ChartData, ChartReader
from qresearch.views.lettering import drawable
from qresearch.views.panels.cells import chart_word
from qresearch.views.picture import MANY, Picture, Theme, begin, few_ticks, plain_style, say, split

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

    from qresearch.session.port import AnySession

_LABEL = 0.05
"""Least distance of two labels of lines, as a part of the height."""
_WORDS = 0.035
"""Of the width: so much longer than a name are the words of a line, such as "1,234.567 average cost"."""
_DATE = "2024-01-31"
_STACK = 4
"""Marks beside one bar that stand apart; more share the last place."""


@plain_style()
def candles(
    session: AnySession,
    symbol: str | None = None,
    *,
    count: int = 60,
    language: str | None = None,
    ax: Axes | None = None,
    theme: str = "auto",
) -> Picture:
    """Candles and volume of one instrument up to now, with a mark for every order in it, by shape.

    A dot: placed, a ring: it still waits (below the bar for a buy, above it for a sell). A triangle at its price:
    filled, pointing up for a buy and down for a sell, half empty while the rest of the order waits. A cross: rejected.
    A diamond: canceled. A square: expired. Dashed lines: limits and stops that wait, and the average cost; dotted: the
    price limits of the day. Prices are as traded, not adjusted. In China a rising day is red, elsewhere green; rising
    candles are hollow.

    Parameters
    ----------
    session : AnySession
    symbol : str, optional
        Default: that of the latest order.
    count : int
        Number of bars.
    language : {"en", "zh"}, optional
        Of the words. Default: that of the session; English where no font has the letters.
    ax : Axes, optional
    theme : {"auto", "light", "dark"}

    Returns
    -------
    Picture

    Raises
    ------
    UsageError
        No symbol is given and there is no order yet, or an unknown language, theme or symbol.

    Examples
    --------
    >>> import qresearch as qr
    >>> candles(qr.Session(qr.sample_market(), start="2022-03-01").step(), "604018")
    <Picture 604018.SH: 800 x 450>
    """
    if symbol is None:
        orders = session.simulation.orders.now()
        if not orders:
            raise UsageError("candles: there is no order yet to take the instrument from. Pass symbol=.")
        symbol = session.market.symbols[orders[max(orders)].instrument]
    data = ChartReader(session).read(symbol, whole("count", count, example=60))
    words = drawable(session.words.named(language))
    picture, upper, colours = begin(data.symbol, ax, theme, words=words)
    if not len(data):
        say(upper, colours, words("chart_no_bar"))
        return picture
    if ax is None:
        box = upper.get_position()
        upper.set_position((box.x0, box.y0, box.width - _WORDS, box.height))
    lower = split(picture, upper, colours, 0.2)
    told = partial(chart_word, words)
    Candles(upper, lower, colours, red_up=session.market.venue.red_is_up, words=told).draw(data)
    label_ticks(lower, data.labels)
    return picture


def label_ticks(axes: Axes, labels: tuple[str, ...]) -> None:
    """A few labels of bars: months where there are many, on bars inside the day "01-31 10:30" without its year."""
    begin, end = len("2024-") if len(labels[0]) > len(_DATE) else 0, None
    if len(labels) > MANY and not begin:
        end = len("2024-01")
    few_ticks(axes, [label[begin:end] for label in labels])


@dataclass(frozen=True)
class Shape:
    """How a kind of mark is drawn.

    Parameters
    ----------
    marker : str or Path
    size : float, square points
    colour : str
        A field of :class:`~qresearch.views.picture.Theme`.
    hollow : bool
    """

    marker: str | Path
    size: float
    colour: str
    hollow: bool = False


def _half(up: float) -> Path:
    """A triangle whose right half is empty."""
    outside = [(-1, -up), (0, up), (1, -up), (-1, -up)]
    hole = [(0.14, -0.72 * up), (0.64, -0.72 * up), (0.14, 0.3 * up), (0.14, -0.72 * up)]
    codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
    return Path([*outside, *hole], [*codes, *codes])


SHAPES = {
    "placed": Shape(".", 26, "faint"),
    "waiting": Shape("o", 46, "other", hollow=True),
    "bought": Shape("^", 62, "main"),
    "sold": Shape("v", 62, "other"),
    "partly bought": Shape(_half(1.0), 62, "main"),
    "partly sold": Shape(_half(-1.0), 62, "other"),
    "canceled": Shape("D", 26, "faint", hollow=True),
    "expired": Shape("s", 30, "faint", hollow=True),
    "rejected": Shape("x", 40, "bad"),
}
"""Kind of mark to how it is drawn: told apart by shape as well as by colour."""
LINES = {"limit": "main", "stop": "bad", "cost": "faint"}
"""Kind of price line to a colour of the theme; its words stand beside it."""


class Candles:
    """Candles on some axes whose artists are kept, so that drawing other data on them is quick.

    Parameters
    ----------
    upper, lower : Axes
        Of prices and of volumes.
    theme : Theme
    red_up : bool
        A rising bar is red, as in China.
    words : callable
        The label of a kind of mark or line.
    """

    def __init__(self, upper: Axes, lower: Axes, theme: Theme, *, red_up: bool, words: Callable[[str], str]) -> None:
        self.upper, self.lower, self._theme, self._words = upper, lower, theme, words
        red, green = ("#c62828", "#1b7f4b") if theme.ground == "#ffffff" else ("#ef5350", "#34c77b")
        self._rise, self._fall = (red, green) if red_up else (green, red)
        self._wicks = LineCollection([], linewidths=0.9, zorder=2)
        self._bodies = PolyCollection([], linewidths=0.9, zorder=2)
        self._volumes = PolyCollection([], linewidths=0, alpha=0.55)
        self._waits = LineCollection([], linewidths=0.9, linestyles=[(0, (5, 3))], zorder=3)
        for collection in (self._wicks, self._bodies, self._waits):
            upper.add_collection(collection, autolim=False)
        lower.add_collection(self._volumes, autolim=False)
        dots: dict[str, Any] = {"color": theme.faint, "linewidth": 0.8, "linestyle": ":", "zorder": 1}
        self._limits = [upper.plot([], [], drawstyle="steps-mid", **dots)[0] for _ in range(2)]
        self._marks: dict[str, PathCollection] = {}
        self._labels: list[Text] = []
        self._legend: tuple[str, ...] = ()
        lower.yaxis.set_major_formatter(FuncFormatter(_short))
        lower.locator_params(axis="y", nbins=3)

    def draw(self, data: ChartData) -> None:
        """Draw a chart; nothing of the one before is left."""
        self._draw_bars(data)
        low, high = _range(data)
        span = (high - low) or max(abs(high), 1.0) * 0.02
        for line, values in zip(self._limits, (data.limit_up, data.limit_down), strict=True):
            line.set_data(np.arange(len(data)), values)
        lowest, highest = self._draw_marks(data, low, high, span)
        self.upper.set_ylim(min(low - 0.04 * span, lowest), max(high + 0.04 * span, highest))
        self._draw_lines(data)
        self.lower.set_xlim(-0.8, len(data) - 0.2)
        self.lower.set_ylim(0, (np.nanmax(data.volume) if np.isfinite(data.volume).any() else 1.0) * 1.05 or 1.0)

    def _draw_bars(self, data: ChartData) -> None:
        whole = np.flatnonzero(~np.isnan(data.close))
        opens, closes = data.open[whole], data.close[whole]
        up = closes >= opens
        paint = np.where(up, self._rise, self._fall).tolist()
        bottom, top = np.minimum(opens, closes), np.maximum(opens, closes)
        # A bar without a body is still seen.
        least = float(np.ptp(np.concatenate((data.low[whole], data.high[whole])))) * 0.002 if len(whole) else 0.0
        bodies = _boxes(whole, bottom, np.maximum(top, bottom + least))
        fills = [self._theme.ground if rising else colour for rising, colour in zip(up.tolist(), paint, strict=True)]
        edges = list(paint)
        if len(data) and data.is_short(len(data) - 1) and not np.isnan(data.open[-1]):
            # Of the last bar nothing but the open is known: a dash.
            last = np.array([len(data) - 1])
            bodies = np.concatenate((bodies, _boxes(last, data.open[-1:], data.open[-1:] + least)))
            fills.append(self._theme.text)
            edges.append(self._theme.text)
        self._bodies.set_verts(bodies)
        self._bodies.set_facecolor(fills)
        self._bodies.set_edgecolor(edges)
        below = np.stack((np.stack((whole, data.low[whole]), 1), np.stack((whole, bottom), 1)), 1)
        above = np.stack((np.stack((whole, top), 1), np.stack((whole, data.high[whole]), 1)), 1)
        wicks: Any = np.concatenate((below, above))
        self._wicks.set_segments(wicks)
        self._wicks.set_color(paint + paint)
        self._volumes.set_verts(_boxes(whole, np.zeros(len(whole)), np.nan_to_num(data.volume[whole])))
        self._volumes.set_facecolor(paint)

    # ------------------------------------------------------------------ orders

    def _draw_marks(self, data: ChartData, low: float, high: float, span: float) -> tuple[float, float]:
        """Place the marks and their legend; the lowest and the highest place."""
        points: dict[str, list[tuple[float, float]]] = {}
        stacked: Counter[tuple[int, str]] = Counter()
        lowest, highest = low, high
        for mark in data.marks:
            height = mark.price
            if np.isnan(height):
                steps = 0.05 * (1 + min(stacked[mark.bar, mark.side], _STACK - 1)) * span
                stacked[mark.bar, mark.side] += 1
                bottom, top = _edges(data, mark.bar)
                height = bottom - steps if mark.side == "buy" else top + steps
            lowest, highest = min(lowest, height - 0.03 * span), max(highest, height + 0.03 * span)
            points.setdefault(mark.kind, []).append((mark.bar, height))
        for kind, collection in self._marks.items():
            collection.set_offsets(np.array(points.get(kind, [])).reshape(-1, 2))
        kinds = tuple(kind for kind in MARKS if kind in points)
        for kind in kinds:
            if kind not in self._marks:
                self._marks[kind] = self._scatter(kind, points[kind])
        self._tell(kinds)
        return lowest, highest

    def _scatter(self, kind: str, points: list[tuple[float, float]]) -> PathCollection:
        shape = SHAPES[kind]
        colour = getattr(self._theme, shape.colour)
        paint = {"facecolors": "none", "edgecolors": colour} if shape.hollow else {"color": colour}
        xs, ys = zip(*points, strict=True)
        return self.upper.scatter(
            xs, ys, s=shape.size, marker=shape.marker, linewidths=1.2, zorder=4, label=self._words(kind), **paint
        )

    def _tell(self, kinds: tuple[str, ...]) -> None:
        """A legend of the marks that occur."""
        if kinds == self._legend:
            return
        self._legend = kinds
        known = self.upper.get_legend()
        if known is not None:
            known.remove()
        if kinds:
            self.upper.legend(
                handles=[self._marks[kind] for kind in kinds], loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=9,
                frameon=False, fontsize=8, labelcolor=self._theme.faint, handletextpad=0.2, columnspacing=1.0,
                borderaxespad=0.2,
            )  # fmt: skip

    def _draw_lines(self, data: ChartData) -> None:
        """Lines at the prices that wait and at the average cost, each with its words at the right."""
        for text in self._labels:
            text.remove()
        self._labels, right = [], len(data) - 0.2
        self._waits.set_segments([[(-0.8, line.price), (right, line.price)] for line in data.lines])
        self._waits.set_color([getattr(self._theme, LINES[line.kind]) for line in data.lines])
        low, high = self.upper.get_ylim()
        room, place = (high - low) * _LABEL, -np.inf
        for line in sorted(data.lines, key=lambda line: line.price):
            if low <= line.price <= high:
                # Pushed up where it would stand on the one below.
                place = max(line.price, place + room)
                number = f" #{line.order_id}" if line.order_id else ""
                words = f"{price_text(line.price)} {self._words(line.kind)}{number}"
                colour = getattr(self._theme, LINES[line.kind])
                text = self.upper.annotate(
                    words, (right, place), textcoords="offset points", xytext=(4, 0), va="center", fontsize=7.5,
                    color=colour, annotation_clip=False,
                )  # fmt: skip
                self._labels.append(text)


def _range(data: ChartData) -> tuple[float, float]:
    """The prices that must be seen: bars, lines near them, and the limits of the last bar."""
    known = np.concatenate((data.low, data.high, data.open[-1:]))
    if np.isnan(known).all():
        known = np.array([data.limit_up[-1], data.limit_down[-1]])
    known = known[~np.isnan(known)]
    if not len(known):
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    reach = max(high - low, 0.12 * high)
    near = [line.price for line in data.lines if low - reach <= line.price <= high + reach]
    # Bars of a minute would be flat lines between the limits of the day: only limits that are close are shown.
    reach = max(high - low, 0.02 * high)
    limits = [value for value in (data.limit_up[-1], data.limit_down[-1]) if low - reach <= value <= high + reach]
    return min([low, *near, *limits]), max([high, *near, *limits])


def _edges(data: ChartData, bar: int) -> tuple[float, float]:
    """Low and high of a bar; of one that is not whole, its open or the close before."""
    if not data.is_short(bar):
        return float(data.low[bar]), float(data.high[bar])
    known = data.open[bar] if not np.isnan(data.open[bar]) else data.close[bar - 1] if bar else np.nan
    return float(known), float(known)


def _boxes(across: NDArray[np.int64], bottom: Floats, top: Floats) -> Any:
    """(n, 4, 2) ndarray of float64: corners of upright boxes of a bar's width."""
    left, right = across - 0.32, across + 0.32
    corners = [np.stack(point, 1) for point in ((left, bottom), (left, top), (right, top), (right, bottom))]
    return np.stack(corners, 1).astype(np.float64)


def _short(value: float, _position: int) -> str:
    if not value:
        return ""  # its place is that of the dates
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"
