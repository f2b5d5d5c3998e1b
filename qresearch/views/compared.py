"""The equity of two branches beside each other, with the day on which they part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter

from qresearch.views.lettering import drawable
from qresearch.views.picture import Picture, begin, date_ticks, fitted, label_ends, plain_style, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from qresearch.session.port import AnySession

_NAME = 150
"""Pixels for the name of a branch, so that two of them stand beside the title."""


@plain_style()
def branches(
    session: AnySession,
    *,
    first: str,
    second: str | None = None,
    language: str | None = None,
    ax: Axes | None = None,
    theme: str = "auto",
) -> Picture:
    """The equity of two branches by day; an upright line stands where they part.

    Parameters
    ----------
    session : AnySession
    first : str
    second : str, optional
        Default: the branch on which the session stands.
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
        No such branch, language or theme, or one branch twice.

    Examples
    --------
    >>> import qresearch as qr
    >>> session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000).step(5)
    >>> ticket = session.back(3).buy("604018", 1000)
    >>> branches(session.step(3), first="main")
    <Picture Equity of two branches, CNY: 800 x 350>
    """
    words = drawable(session.words.named(language))
    both = session.branches.compare(first, second)
    curves = both.equity.drop(columns="difference")
    parted, currency = both.first["day"].min(), session.market.venue.money.currency
    names, days = [str(name) for name in curves], pd.DatetimeIndex(curves.index)
    title = words("plot_branches") + (f"{words('part_comma')}{currency}" if currency else "")
    picture, axes, colours = begin(title, ax, theme, words=words, height=3.5)
    if not len(days):
        say(axes, colours, words("run_no_days"))
        return picture
    if pd.notna(parted):
        place = int(days.searchsorted(parted))
        axes.axvline(place, color=colours.faint, linewidth=0.8, linestyle=(0, (2, 2)))
        top, parting = (place, 1.0), words("plot_parted", day=f"{parted:%Y-%m-%d}")
        axes.annotate(
            f" {parting}", top, xycoords=("data", "axes fraction"), va="top", fontsize=8,
            ha="left" if place < len(days) * 0.7 else "right", color=colours.faint,
        )  # fmt: skip
    ends = []
    # The second lies on the first up to where they part: dashed, both are seen.
    for number, (name, colour) in enumerate(zip(names, (colours.main, colours.other), strict=True)):
        values = curves[name].to_numpy(dtype=np.float64)
        dashes = "-" if number == 0 else (0, (4, 1.5))
        axes.plot(np.arange(len(days)), values, color=colour, linewidth=1.6, linestyle=dashes)
        reached = values[~np.isnan(values)]
        if len(reached):
            ends.append((float(reached[-1]), f"{reached[-1]:,.0f}", colour))
    label_ends(axes, ends, len(days))
    # Handed over with their names: of itself a legend leaves out what begins with an underscore.
    axes.legend(
        axes.lines[-len(names) :], [fitted(axes, name, _NAME) for name in names], loc="lower right",
        bbox_to_anchor=(1.0, 1.0), ncols=2, frameon=False, fontsize=8, labelcolor="linecolor", borderaxespad=0.2,
    )  # fmt: skip
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    date_ticks(axes, days)
    return picture
