"""Pictures of a sweep: a figure over two parameters, every run as a line, each run against its neighbours."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.patches import Rectangle

from qresearch.errors import UsageError, choose
from qresearch.market.panel import Floats
from qresearch.sentences import ENGLISH, Words
from qresearch.views.lettering import drawable
from qresearch.views.picture import Picture, Theme, begin, plain_style, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_LINES = 300
"""Runs drawn as lines; of more, those in the middle are left out."""
MOST_TICKS = 12
MOST_LETTERS = 11
"""Of a value beside an axis."""
MOST_FIGURES = 150
"""Cells of a heat map that still have room for their figures."""
_SAME = {"final_equity": "figure_equity"}
"""Figures that the catalogue has under another name."""


@dataclass(frozen=True)
class Swept:
    """What is drawn.

    Parameters
    ----------
    table : DataFrame
        One row per run: its parameters and its figures.
    names : list of str
        The parameters.
    by : str
        The figure.
    sign : float
        1.0 where more of it is better, -1.0 where less is.
    """

    table: pd.DataFrame
    names: list[str]
    by: str
    sign: float

    @property
    def known(self) -> pd.DataFrame:
        """The runs that have the figure."""
        return self.table[self.table[self.by].notna()]


def figure_name(words: Words, by: str) -> str:
    """What a figure is called; in English by its name in the table, which is what ``by=`` takes.

    >>> figure_name(Words("en"), "max_drawdown"), figure_name(Words("zh"), "max_drawdown")
    ('max_drawdown', '最大回撤')
    """
    return by if words.language == ENGLISH.language else words(_SAME.get(by, f"figure_{by}"))


def axis(values: list[Any], known: list[Any]) -> pd.Series[Any]:
    """A parameter as it is drawn: as it is where all its values have a place on an axis, else by their texts.

    Parameters
    ----------
    values : list
        Of each run.
    known : list
        All of them in their order, which the texts keep: None, a list or an infinite number has no other.

    >>> axis([0.1, None, 0.1], [None, 0.1]).tolist()
    ['0.1', 'None', '0.1']
    """
    if all(map(_has_place, known)):
        return pd.Series(values)
    texts = list(dict.fromkeys(map(str, known)))
    return pd.Series(pd.Categorical(list(map(str, values)), categories=texts))


def _has_place(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return value is not None and value == value and value not in (math.inf, -math.inf)


def ordered(values: pd.Series[Any]) -> list[Any]:
    """The values of a parameter, each once: by size where they have one, else in the order of the runs."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        held = set(values.tolist())
        return [value for value in values.cat.categories if value in held]
    found = list(dict.fromkeys(values.tolist()))
    try:
        return sorted(found)
    except TypeError:
        return found


def _ticks(values: list[Any]) -> tuple[list[int], list[str]]:
    picks = np.unique(np.linspace(0, len(values) - 1, min(MOST_TICKS, len(values))).round().astype(int)).tolist()
    return picks, [_label(values[pick]) for pick in picks]


def _label(value: Any) -> str:
    """A value beside an axis, short."""
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if len(text) <= MOST_LETTERS else f"{text[: MOST_LETTERS - 1]}…"


@plain_style()
def heatmap(
    swept: Swept,
    *,
    x: str | None = None,
    y: str | None = None,
    language: str = "en",
    ax: Axes | None = None,
    theme: str = "auto",
) -> Picture:
    """The figure over two parameters; where there are others, the mean over them. The best cell has a frame.

    Parameters
    ----------
    swept : Swept
    x, y : str, optional
        Names of parameters. Default: the last one across and the one before it up.
    language : {"en", "zh"}
        Of the words; English where no font has the letters.
    ax : Axes, optional
    theme : {"auto", "light", "dark"}
    """
    if len(swept.names) < 2:
        raise UsageError(
            f"heatmap: the sweep has one parameter, {swept.names[0]}, and a heatmap needs two. Take plot('parallel')."
        )
    across = swept.names[-1] if x is None else choose("x", x, swept.names)
    rest = [name for name in swept.names if name != across]
    up = rest[-1] if y is None else choose("y", y, rest)
    others = [name for name in rest if name != up]
    words = drawable(Words(language))
    title = words("sweep_heat", figure=figure_name(words, swept.by), up=up, across=across)
    title += words("sweep_mean_over", names=", ".join(others)) if others else ""
    picture, axes, colours = begin(title, ax, theme, words=words, grid=False)
    known = swept.known
    if known.empty:
        say(axes, colours, words("sweep_no_figure"))
        return picture
    columns, rows = ordered(known[across]), ordered(known[up])
    grid = np.full((len(rows), len(columns)), np.nan)
    means = known.groupby([up, across])[swept.by].mean()
    for place, value in zip(means.index.tolist(), means.to_numpy(), strict=True):
        grid[rows.index(place[0]), columns.index(place[1])] = value
    image = axes.imshow(np.ma.masked_invalid(grid), aspect="auto", cmap=colours.ramp, origin="lower")
    row, column = np.unravel_index(int(np.nanargmax(swept.sign * grid)), grid.shape)
    axes.add_patch(
        Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor=colours.bad, linewidth=2.5, clip_on=False)
    )
    if grid.size <= MOST_FIGURES:
        _tell(axes, grid, colours)
    axes.set_xticks(*_ticks(columns))
    axes.set_yticks(*_ticks(rows))
    axes.set_xlabel(across, color=colours.faint, fontsize=8)
    axes.set_ylabel(up, color=colours.faint, fontsize=8)
    box = axes.get_position()
    side = axes.figure.add_axes((box.x1 + 0.012, box.y0, 0.014, box.height))
    bar = axes.figure.colorbar(image, cax=side)
    bar.outline.set_visible(False)
    side.tick_params(colors=colours.faint, labelsize=7, length=0)
    return picture


def _tell(axes: Axes, grid: Floats, theme: Theme) -> None:
    """The figure of each cell, on a ground that reads whatever its colour; an empty cell is no low one: a dash."""
    chip = {"boxstyle": "round,pad=0.25", "facecolor": theme.ground, "edgecolor": "none"}
    for (row, column), value in np.ndenumerate(grid):
        text, shade = ("–", theme.faint) if np.isnan(value) else (f"{value:.3g}", theme.text)
        axes.text(column, row, text, ha="center", va="center", fontsize=8, color=shade, bbox=chip)


def _place(values: pd.Series[Any]) -> Floats:
    """Where each value stands between 0 and 1: numbers by their size, others by their order."""
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        numbers = values.to_numpy(dtype=np.float64)
    else:
        order = ordered(values)
        numbers = np.array([order.index(value) for value in values], dtype=np.float64)
    width = np.ptp(numbers)
    found: Floats = (numbers - numbers.min()) / width if width > 0 else np.full(len(numbers), 0.5)
    return found


@plain_style()
def parallel(swept: Swept, *, language: str = "en", ax: Axes | None = None, theme: str = "auto") -> Picture:
    """Every run as a line through its parameters to the figure; the best tenth stands out, the best run is thickest.

    Parameters
    ----------
    swept : Swept
    language : {"en", "zh"}
        Of the words; English where no font has the letters.
    ax : Axes, optional
    theme : {"auto", "light", "dark"}
    """
    words = drawable(Words(language))
    figure = figure_name(words, swept.by)
    picture, axes, colours = begin(words("sweep_lines", figure=figure), ax, theme, words=words, grid=False)
    known = swept.known.sort_values(swept.by, ascending=swept.sign > 0, kind="stable")
    if known.empty:
        say(axes, colours, words("sweep_no_figure"))
        return picture
    names = [*swept.names, swept.by]
    places = np.column_stack([_place(known[name]) for name in names])
    top = max(1, len(known) // 10)
    shown = (
        [*range(MOST_LINES // 2), *range(len(known) - MOST_LINES // 2, len(known))]
        if len(known) > MOST_LINES
        else [*range(len(known))]
    )
    for row in shown:
        left = len(known) - row
        style = (
            (colours.bad, 2.0, 1.0)
            if left == 1
            else (colours.main, 1.0, 0.8)
            if left <= top
            else (colours.faint, 0.6, 0.3)
        )
        axes.plot(
            range(len(names)),
            places[row],
            color=style[0],
            linewidth=style[1],
            alpha=style[2],
            zorder=2 + row / len(known),
        )
    axes.set_xticks(range(len(names)), [*swept.names, figure])
    axes.set_yticks([])
    axes.set_xlim(-0.1, len(names) - 0.9)
    for number, name in enumerate(names):
        _ends(axes, colours, number, known[name])
    return picture


def _ends(axes: Axes, theme: Theme, number: int, values: pd.Series[Any]) -> None:
    """A line for a parameter, with its least and its largest value."""
    axes.axvline(number, color=theme.grid, linewidth=1, zorder=1)
    order = ordered(values)
    for value, place, anchor in ((order[0], 0, "top"), (order[-1], 1, "bottom")):
        words = _label(value)
        offset = -3 if anchor == "top" else 3
        axes.annotate(
            words, (number, place), textcoords="offset points", xytext=(0, offset), ha="center", va=anchor, fontsize=7,
            color=theme.faint,
        )  # fmt: skip


@plain_style()
def steadiness(
    swept: Swept, *, neighbours: pd.DataFrame, language: str = "en", ax: Axes | None = None, theme: str = "auto"
) -> Picture:
    """Each run against the mean of its neighbours: what lies far off the line stands alone.

    Parameters
    ----------
    swept : Swept
    neighbours : DataFrame
        The figure and ``mean_of_neighbours`` of each run.
    language : {"en", "zh"}
        Of the words; English where no font has the letters.
    ax : Axes, optional
    theme : {"auto", "light", "dark"}
    """
    words = drawable(Words(language))
    title = words("sweep_steady", figure=figure_name(words, swept.by))
    picture, axes, colours = begin(title, ax, theme, words=words)
    found = neighbours.dropna(subset=[swept.by, "mean_of_neighbours"])
    if found.empty:
        say(axes, colours, words("sweep_alone"))
        return picture
    mine, near = found[swept.by].to_numpy(), found["mean_of_neighbours"].to_numpy()
    axes.plot(near, mine, linestyle="none", marker="o", markersize=4, color=colours.main, alpha=0.7)
    best = int(np.argmax(swept.sign * mine))
    axes.plot(
        near[best],
        mine[best],
        marker="s",
        markersize=9,
        markerfacecolor="none",
        markeredgecolor=colours.bad,
        markeredgewidth=2,
    )
    ends = [min(mine.min(), near.min()), max(mine.max(), near.max())]
    axes.plot(ends, ends, color=colours.faint, linewidth=0.8, linestyle=(0, (4, 2)))
    axes.set_xlabel(words("sweep_near"), color=colours.faint, fontsize=8)
    return picture


KINDS: dict[str, Callable[..., Picture]] = {"heatmap": heatmap, "parallel": parallel, "stability": steadiness}
"""What :meth:`Sweep.plot` draws, by name."""
