"""The chart as a PNG: one matplotlib figure per panel whose artists are kept, drawn without pyplot.

Always there, and what static viewers see. A new bar costs one drawing of the figure, well below 100 ms.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import ipywidgets as widgets
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter
from matplotlib.transforms import Bbox

from qresearch.sentences import ENGLISH
from qresearch.views.candles import Candles, label_ticks
from qresearch.views.chart_data import ChartData
from qresearch.views.lettering import chinese_font
from qresearch.views.panels.cells import chart_word
from qresearch.views.picture import dress, plain_style, theme_of

WIDTH, HEIGHT, DPI = 8.6, 4.8, 100
_SHARES = (0.58, 0.13, 0.16, 0.13)
"""Of the height: prices, volume, equity, drawdown."""
_OF_VOLUME = 0.18
"""Of the height, while there are no more than prices and volume."""
_LEAST_FALL = -0.002
"""The axis of the drawdown reaches so far at least, so that its numbers differ."""
_PLACES = {
    "left": 0.62 / WIDTH, "right": 1 - 1.15 / WIDTH, "top": 1 - 0.4 / HEIGHT, "bottom": 0.25 / HEIGHT, "hspace": 0.104,
    "height_ratios": _SHARES,
}  # fmt: skip
"""Room around the axes in inches, and between them as a part of their mean height."""
_MILLION = 1_000_000
_CARD = "#161d2b"
"""Colour of a panel in the dark theme, as in the style sheet."""


class PngChart:
    """Candles, volume, equity and drawdown in an image widget.

    Parameters
    ----------
    theme : {"light", "dark"}
    red_up : bool
    words : callable
        Labels by key.

    Examples
    --------
    >>> import qresearch as qr
    >>> from qresearch.views.chart_data import ChartReader
    >>> chart = PngChart("light", red_up=True, words=str)
    >>> chart.show(ChartReader(qr.Session(qr.sample_market()).step(3)).read("604018"))
    >>> chart.png()[1:4]
    b'PNG'
    """

    def __init__(self, theme: str, *, red_up: bool, words: Callable[[str], str]) -> None:
        colours = theme_of(theme)
        # On the dark page panels are cards of their own colour.
        if theme == "dark":
            colours = replace(colours, ground=_CARD)
        self._words = words
        with plain_style():
            self._figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI, facecolor=colours.ground)
            FigureCanvasAgg(self._figure)
            axes = self._figure.subplots(len(_SHARES), sharex=True, gridspec_kw=_PLACES)
            for made in axes:
                dress(made, colours)
            prices, volumes, self._equity, self._drawdown = axes
            self._axes, self._places = axes, [made.get_position() for made in axes]
            self._candles = Candles(prices, volumes, colours, red_up=red_up, words=self._label)
            self._curve = self._equity.plot([], [], color=colours.main, linewidth=1.3)[0]
            self._fall = self._drawdown.plot([], [], color=colours.bad, linewidth=1.0)[0]
            self._area = self._drawdown.fill_between([0, 1], [0, 0], 0, color=colours.bad, alpha=0.2, linewidth=0)
            self._equity.yaxis.set_major_formatter(FuncFormatter(_money))
            self._equity.yaxis.set_major_locator(MaxNLocator(2))
            self._drawdown.yaxis.set_major_formatter(PercentFormatter(1, decimals=1))
            self._drawdown.yaxis.set_major_locator(MaxNLocator(2))
            for made, key in zip(axes[1:], ("volume", "equity", "drawdown"), strict=True):
                name: dict[str, Any] = {"color": colours.faint, "fontsize": 7.5, "ha": "left", "va": "top"}
                made.text(0.004, 0.96, self._label(key), transform=made.transAxes, **name)
            self._nothing = self._figure.text(0.5, 0.5, "", ha="center", va="center", color=colours.faint, fontsize=10)
        self._png: bytes | None = None
        self.widget = widgets.Image(format="png", layout=widgets.Layout(width="100%", max_width="1100px"))
        self.widget.add_class("qr-png-chart")

    def _label(self, key: str) -> str:
        told = self._words(key)
        return told if told.isascii() or chinese_font() is not None else chart_word(ENGLISH, key)

    def show(self, data: ChartData) -> None:
        """Draw a chart; the image in the browser follows."""
        with plain_style():
            self._draw(data)
            out = io.BytesIO()
            self._figure.savefig(out, format="png", dpi=DPI, metadata={"Software": None})
        self._png = out.getvalue()
        self.widget.value = self._png

    def png(self) -> bytes:
        """What was drawn last; empty before that."""
        return self._png or b""

    def close(self) -> None:
        """Let go of the figure and of the widget."""
        self._figure.clear()
        self.widget.layout.close()
        self.widget.close()

    def _draw(self, data: ChartData) -> None:
        self._nothing.set_text("" if len(data) else self._label("no_bar"))
        for made in self._axes:
            # What was drawn of another instrument is not left behind the words.
            made.set_visible(bool(len(data)))
        if not len(data):
            return
        self._candles.draw(data)
        across = np.arange(len(data))
        known = ~np.isnan(data.equity)
        self._divide(has_account=bool(known.sum() > 1))
        self._curve.set_data(across[known], data.equity[known])
        self._fall.set_data(across[known], data.drawdown[known])
        bars, falls = across[known], data.drawdown[known]
        area = np.concatenate((np.stack((bars, falls), 1), np.stack((bars[::-1], np.zeros(len(bars))), 1)))
        self._area.set_verts([area] if len(bars) else [])
        if len(bars):
            low, high = float(data.equity[known].min()), float(data.equity[known].max())
            room = (high - low) * 0.1 or max(abs(high), 1.0) * 0.001
            self._equity.set_ylim(low - room, high + 3 * room)
            self._drawdown.set_ylim(min(float(falls.min()) * 1.15, _LEAST_FALL), 0)
        label_ticks(self._drawdown, data.labels)

    def _divide(self, *, has_account: bool) -> None:
        """Give the height to what there is: before two days are over there is no account to draw."""
        prices, volumes, *account = self._axes
        for made in account:
            made.set_visible(has_account)
        volumes.tick_params(labelbottom=not has_account)
        upper, middle = self._places[:2]
        if not has_account:
            lowest, gap = self._places[-1].y0, self._places[0].y0 - self._places[1].y1
            edge = lowest + (upper.y1 - lowest) * _OF_VOLUME
            upper, middle = (
                Bbox.from_extents(box.x0, low, box.x1, high)
                for box, low, high in ((upper, edge + gap, upper.y1), (middle, lowest, edge))
            )
        prices.set_position(upper)
        volumes.set_position(middle)


def _money(value: float, _position: int) -> str:
    """An amount beside the axis, where a million and more would not have room in full."""
    return f"{value:,.0f}" if abs(value) < _MILLION else f"{value / _MILLION:,.7g}M"
