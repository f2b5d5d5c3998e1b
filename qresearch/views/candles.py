"""Candles with volume and a mark for every order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter

from qresearch.domain.order import Status
from qresearch.errors import UsageError
from qresearch.views.picture import Picture, Theme, canvas, date_ticks, dress, plain_style, say, split, theme_of, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from qresearch.session.session import Session


def candles(
    session: Session,
    symbol: str | None = None,
    *,
    count: int = 60,
    ax: Axes | None = None,
    theme: str = "light",
) -> Picture:
    """Candles and volume of one instrument up to now, with a mark for every order in it, by shape.

    A circle: submitted (below the bar for a buy, above it for a sell). A triangle at its price: filled, pointing up
    for a buy and down for a sell. A cross: rejected. A diamond: expired or canceled. Prices are as traded, not
    adjusted. In China a rising day is red, elsewhere green; rising candles are hollow.

    Parameters
    ----------
    session : Session
    symbol : str, optional
        Default: that of the latest order.
    count : int
        Number of bars.
    ax : Axes, optional
    theme : {"light", "dark"}

    Returns
    -------
    Picture

    Raises
    ------
    UsageError
        No symbol is given and there is no order yet, or an unknown theme or symbol.

    Examples
    --------
    >>> import qresearch as qr
    >>> candles(qr.Session(qr.sample_market(), start="2022-03-01").step(), "604018")
    <Picture 604018.SH: 800 x 450>
    """
    orders = session.orders
    if symbol is None:
        if orders.empty:
            raise UsageError("candles: there is no order yet to take the instrument from. Pass symbol=.")
        symbol = str(orders["symbol"].iloc[-1])
    name = session.market.symbols[session.market.column(symbol)]
    colours = theme_of(theme)
    bars = session.bars(name, count).dropna(subset=["close"])
    with plain_style():
        figure, upper = canvas(ax, colours)
        dress(upper, colours)
        title(upper, colours, name)
        picture = Picture(figure, name, own=ax is None)
        if bars.empty:
            say(upper, colours, "No bar of this instrument is visible yet.")
            return picture
        lower = split(figure, upper, 0.2)
        dress(lower, colours)
        _bars(upper, lower, colours, bars, red_up=session.market.venue.has_rules)
        _order_marks(upper, colours, bars, orders[orders["symbol"] == name], session.fills)
        lower.yaxis.set_major_formatter(FuncFormatter(_short))
        lower.locator_params(axis="y", nbins=3)
        lower.set_xlim(-0.8, len(bars) - 0.2)
        date_ticks(lower, pd.DatetimeIndex(bars.index))
    return picture


def _bars(upper: Axes, lower: Axes, theme: Theme, bars: pd.DataFrame, *, red_up: bool) -> None:
    red, green = ("#c62828", "#1b7f4b") if theme.ground == "#ffffff" else ("#ef5350", "#34c77b")
    rise, fall = (red, green) if red_up else (green, red)
    across = np.arange(len(bars))
    opens, closes = bars["open"].to_numpy(), bars["close"].to_numpy()
    up = closes >= opens
    paint = np.where(up, rise, fall)
    bottom, top = np.minimum(opens, closes), np.maximum(opens, closes)
    upper.vlines(across, bars["low"], bottom, colors=paint.tolist(), linewidth=0.9, zorder=2)
    upper.vlines(across, top, bars["high"], colors=paint.tolist(), linewidth=0.9, zorder=2)
    # A bar without a body is still seen.
    body = np.maximum(top - bottom, (bars["high"].max() - bars["low"].min()) * 0.002)
    fills = [theme.ground if rising else colour for rising, colour in zip(up, paint, strict=True)]
    upper.bar(across, body, 0.64, bottom, color=fills, edgecolor=paint.tolist(), linewidth=0.9, zorder=2)
    lower.bar(across, bars["volume"], 0.64, color=paint.tolist(), alpha=0.55)


def _order_marks(axes: Axes, theme: Theme, bars: pd.DataFrame, orders: pd.DataFrame, fills: pd.DataFrame) -> None:
    """Marks by shape, and a legend of those that occur."""
    place = {day: number for number, day in enumerate(bars.index)}
    lows, highs = bars["low"].to_numpy(dtype=np.float64), bars["high"].to_numpy(dtype=np.float64)
    span = float(highs.max() - lows.min()) or 1.0
    points: dict[str, list[tuple[float, float]]] = {}

    def add(kind: str, day: Any, side: str, steps: float) -> None:
        if day in place:
            number = place[day]
            edge = lows[number] - steps * span if side == "buy" else highs[number] + steps * span
            points.setdefault(kind, []).append((number, float(edge)))

    for side, status, placed, ended in orders[["side", "status", "placed", "ended"]].itertuples(index=False, name=None):
        add("submitted", placed, side, 0.035)
        if status == Status.REJECTED:
            add("rejected", ended, side, 0.08)
        elif status in {Status.EXPIRED, Status.CANCELED}:
            add("expired or canceled", ended, side, 0.08)
    own = fills[fills["order_id"].isin(orders.index)]
    for day, side, price in own[["day", "side", "price"]].itertuples(index=False, name=None):
        if day in place:
            points.setdefault("bought" if side == "buy" else "sold", []).append((place[day], price))
    shapes: dict[str, dict[str, Any]] = {
        "submitted": {"marker": "o", "s": 26, "facecolors": "none", "edgecolors": theme.text},
        "bought": {"marker": "^", "s": 62, "facecolors": theme.main, "edgecolors": theme.ground},
        "sold": {"marker": "v", "s": 62, "facecolors": theme.other, "edgecolors": theme.ground},
        "rejected": {"marker": "x", "s": 38, "color": theme.bad},
        "expired or canceled": {"marker": "D", "s": 24, "facecolors": "none", "edgecolors": theme.faint},
    }
    for kind, shape in shapes.items():
        if kind in points:
            xs, ys = zip(*points[kind], strict=True)
            axes.scatter(xs, ys, label=kind, linewidths=1.1, zorder=4, **shape)
    if points:
        axes.legend(
            loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=5, frameon=False, fontsize=8, labelcolor=theme.faint,
            handletextpad=0.2, columnspacing=1.0, borderaxespad=0.2,
        )  # fmt: skip


def _short(value: float, _position: int) -> str:
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"
