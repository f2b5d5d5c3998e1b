"""What part of an account is invested, and in what: the plot of exposure and weights by day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import PercentFormatter

from qresearch.book import accounts
from qresearch.book.history import AccountHistory
from qresearch.domain.arguments import whole
from qresearch.market.panel import Floats
from qresearch.sentences import Words
from qresearch.views.lettering import drawable
from qresearch.views.picture import Picture, Theme, begin, date_ticks, plain_style, say, split

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from qresearch.session.port import AnySession


@plain_style()
def exposure(
    session: AnySession,
    *,
    branch: str | None = None,
    most: int = 15,
    language: str | None = None,
    ax: Axes | None = None,
    theme: str = "auto",
) -> Picture:
    """Part of the equity that is invested, and below it the weight of each position by day.

    Parameters
    ----------
    session : AnySession
    branch : str, optional
    most : int
        Rows of the heat map; what is beyond is one row, "others".
    language : {"en", "zh"}, optional
        Of the words. Default: that of the session.
    ax : Axes, optional
    theme : {"auto", "light", "dark"}

    Returns
    -------
    Picture
    """
    history, words = AccountHistory.of(session.simulation, branch), drawable(session.words.named(language))
    picture, upper, colours = begin(words("plot_exposure"), ax, theme, words=words)
    if not len(history.days):
        say(upper, colours, words("run_no_days"))
        return picture
    across = np.arange(len(history.days))
    invested = accounts.exposure(history)
    lower = split(picture, upper, colours, 0.66, grid=False)
    upper.step(across, invested, where="mid", color=colours.main, linewidth=1.2)
    upper.fill_between(across, invested, 0, step="mid", color=colours.main, alpha=0.2, linewidth=0)
    upper.set_ylim(min(0.0, float(invested.min()) * 1.05), max(1.0, float(invested.max()) * 1.05))
    if invested.min() < 0:
        upper.axhline(0, color=colours.faint, linewidth=0.6)
    upper.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    names, weights = _weights(history, whole("most", most, example=15), words)
    if names:
        _heat(lower, colours, names, weights)
    else:
        say(lower, colours, words("plot_nothing_held"))
    lower.set_xlim(-0.5, len(across) - 0.5)
    date_ticks(lower, history.days)
    return picture


def _weights(history: AccountHistory, most: int, words: Words) -> tuple[list[str], Floats]:
    """Names, heaviest first, and their (R, D) weights: below 0 where more is held short than long."""
    held = accounts.daily_positions(history)
    held = held[held["quantity"] != 0]
    if held.empty:
        return [], np.zeros((0, len(history.days)))
    table = held.pivot(index="symbol", columns="day", values="weight").reindex(columns=history.days).fillna(0.0)
    table = table.loc[table.abs().mean(axis=1).sort_values(ascending=False, kind="stable").index]
    names, values = table.index.tolist(), table.to_numpy(dtype=np.float64)
    if len(names) > most:
        names = [*names[: most - 1], words("run_others", count=len(names) - most + 1)]
        values = np.vstack((values[: most - 1], values[most - 1 :].sum(axis=0)))
    return names, values


def _heat(axes: Axes, theme: Theme, names: list[str], weights: Floats) -> None:
    shown, most = np.ma.masked_equal(weights, 0), float(np.abs(weights).max())
    # What is held short has the other half of the colours.
    colours, least = (theme.spread, -most) if weights.min() < 0 else (theme.ramp, 0.0)
    image = axes.imshow(shown, aspect="auto", cmap=colours, vmin=least, vmax=most, interpolation="nearest")
    axes.set_yticks(range(len(names)), names, fontsize=7)
    box = axes.get_position()
    side = axes.figure.add_axes((box.x1 + 0.012, box.y0, 0.014, box.height))
    bar = axes.figure.colorbar(image, cax=side, format=PercentFormatter(1, decimals=0))
    bar.outline.set_visible(False)
    side.tick_params(colors=theme.faint, labelsize=7, length=0)
