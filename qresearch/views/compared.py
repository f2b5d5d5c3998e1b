"""The equity of two branches beside each other, with the day on which they part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter

from qresearch.views.picture import Picture, begin, date_ticks, label_ends, plain_style, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@plain_style()
def compared(
    curves: pd.DataFrame,
    *,
    parted: pd.Timestamp | None = None,
    currency: str = "",
    ax: Axes | None = None,
    theme: str = "auto",
) -> Picture:
    """The equity of two branches by day; an upright line stands where they part.

    Parameters
    ----------
    curves : DataFrame of float64, currency
        By trading day, one column per branch; NaN where a branch does not reach.
    parted : Timestamp, optional
        The first day on which they differ; none when they do not.
    currency : str
    ax : Axes, optional
    theme : {"auto", "light", "dark"}

    Examples
    --------
    >>> days = pd.DatetimeIndex(["2022-03-01", "2022-03-02"])
    >>> compared(pd.DataFrame({"main": [100.0, 101.0], "other": [100.0, 99.5]}, index=days), parted=days[1])
    <Picture Equity of two branches: 800 x 350>
    """
    names, days = [str(name) for name in curves], pd.DatetimeIndex(curves.index)
    title = f"Equity of two branches{f', {currency}' if currency else ''}"
    picture, axes, colours = begin(title, ax, theme, height=3.5)
    if not len(days):
        say(axes, colours, "No trading day is over yet.")
        return picture
    if parted is not None:
        place = max(int(days.searchsorted(parted)), 0)
        axes.axvline(place, color=colours.faint, linewidth=0.8, linestyle=(0, (2, 2)))
        top = (place, 1.0)
        axes.annotate(
            f" {parted:%Y-%m-%d} they part", top, xycoords=("data", "axes fraction"), va="top", fontsize=8,
            ha="left" if place < len(days) * 0.7 else "right", color=colours.faint,
        )  # fmt: skip
    ends = []
    # The second lies on the first up to where they part: dashed, both are seen.
    for number, (name, colour) in enumerate(zip(names, (colours.main, colours.other), strict=True)):
        values = curves[name].to_numpy(dtype=np.float64)
        dashes = "-" if number == 0 else (0, (4, 1.5))
        axes.plot(np.arange(len(days)), values, color=colour, linewidth=1.6, linestyle=dashes, label=name)
        reached = values[~np.isnan(values)]
        if len(reached):
            ends.append((float(reached[-1]), f"{reached[-1]:,.0f}", colour))
    label_ends(axes, ends, len(days))
    axes.legend(
        loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, frameon=False, fontsize=8, labelcolor="linecolor",
        borderaxespad=0.2,
    )  # fmt: skip
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    date_ticks(axes, days)
    return picture
