"""A static picture: a matplotlib figure without pyplot, shown as a small PNG wherever notebooks are read."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from qresearch.domain.calls import told_calls
from qresearch.errors import UsageError, choose, shown
from qresearch.files import write_png

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DPI = 100


@dataclass(frozen=True)
class Theme:
    """Colours of a picture; every mark also differs by shape or stands beside its word.

    Parameters
    ----------
    ground, text, faint, grid : str
        Background, words, secondary words and lines.
    main, other : str
        The account, and what it is compared with.
    bad : str
        What went wrong.
    ramp, spread : str
        Colour maps from nothing to much, and from loss to gain.
    """

    ground: str
    text: str
    faint: str
    grid: str
    main: str
    other: str
    bad: str
    ramp: str
    spread: str


THEMES = {
    "light": Theme("#ffffff", "#1f2937", "#6b7280", "#e5e7eb", "#1d4ed8", "#d97706", "#c2410c", "Blues", "RdBu"),
    "dark": Theme("#111827", "#f3f4f6", "#9ca3af", "#374151", "#60a5fa", "#fbbf24", "#fb923c", "cividis", "RdBu"),
}


@told_calls
class Picture:
    """A finished picture. In a notebook it shows itself; it needs neither pyplot nor a kernel set up for plots.

    Parameters
    ----------
    figure : Figure
    title : str
    own : bool
        False when it was drawn into axes of the caller: the figure is theirs to show.
    """

    def __init__(self, figure: Figure, title: str, *, own: bool = True) -> None:
        self.figure, self.title, self._own = figure, title, own

    def png(self) -> bytes:
        """The picture as PNG; equal pictures give equal bytes."""
        if self.figure.canvas is None or not isinstance(self.figure.canvas, FigureCanvasAgg):
            FigureCanvasAgg(self.figure)
        drawn, out = io.BytesIO(), io.BytesIO()
        with plain_style():
            self.figure.savefig(drawn, format="png", dpi=DPI, metadata={"Software": None})
        # A palette takes a third of the bytes, and lines and flat colours lose nothing by it.
        full = Image.open(drawn).convert("RGB")
        full.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        return out.getvalue()

    def save(self, path: str | Path) -> Path:
        """Write the picture as a PNG file; the path is returned. A file that somebody else wrote is refused."""
        return write_png(path, self.png(), "save")

    def _repr_png_(self) -> bytes | None:
        return self.png() if self._own else None

    def __repr__(self) -> str:
        width, height = (round(side * DPI) for side in self.figure.get_size_inches())
        return f"<Picture {self.title}: {width} x {height}>"


@contextmanager
def plain_style() -> Iterator[None]:
    """Matplotlib's own defaults, whatever style the user has set; theirs is put back afterwards."""
    with mpl.style.context("default"):
        yield


def theme_of(name: str) -> Theme:
    """A theme by name; raises UsageError for another one than "light" or "dark"."""
    return THEMES[choose("theme", name, THEMES)]


def canvas(ax: Axes | None, theme: Theme, height: float = 4.5) -> tuple[Figure, Axes]:
    """Axes to draw on: those of the caller, or new ones on a figure of 8 by `height` inches."""
    if ax is not None:
        if not hasattr(ax, "get_figure"):
            raise UsageError(f"ax={shown(ax)} is no Axes of matplotlib. Pass one, or leave it out for a new figure.")
        figure = ax.get_figure(root=True)
        assert figure is not None  # axes always belong to a figure
        return figure, ax
    figure = Figure(figsize=(8, height), dpi=DPI, facecolor=theme.ground)
    FigureCanvasAgg(figure)
    # Room for a title above, dates below, numbers left, names right; the same in inches whatever the height.
    box = (0.09, 0.42 / height, 0.79, 1 - 0.87 / height)
    return figure, figure.add_axes(box)


def split(figure: Figure, ax: Axes, share: float, gap: float = 0.03) -> Axes:
    """Give the lower part of some axes to new ones that share the horizontal axis."""
    box = ax.get_position()
    low = box.height * share
    ax.set_position((box.x0, box.y0 + low + gap, box.width, box.height - low - gap))
    lower = figure.add_axes((box.x0, box.y0, box.width, low), sharex=ax)
    ax.tick_params(labelbottom=False)
    return lower


def dress(ax: Axes, theme: Theme, *, grid: bool = True) -> None:
    """Give axes the colours of a theme."""
    ax.set_facecolor(theme.ground)
    for name, spine in ax.spines.items():
        spine.set_visible(name == "bottom")
        spine.set_color(theme.grid)
    ax.tick_params(colors=theme.faint, labelsize=8, length=0)
    if grid:
        ax.grid(visible=True, axis="y", color=theme.grid, linewidth=0.6)
        ax.set_axisbelow(True)


def title(ax: Axes, theme: Theme, words: str) -> None:
    """A title, left above the axes."""
    ax.set_title(words, loc="left", color=theme.text, fontsize=10, fontweight="bold", pad=8)


def say(ax: Axes, theme: Theme, words: str) -> None:
    """A sentence instead of a drawing."""
    ax.text(0.5, 0.5, words, transform=ax.transAxes, ha="center", va="center", color=theme.faint, fontsize=10)
    ax.set_xticks([])
    ax.set_yticks([])


def date_ticks(axes: Axes, days: pd.DatetimeIndex, most: int = 6) -> None:
    """Dates at a few evenly spaced days."""
    count = len(days)
    picks = np.unique(np.linspace(0, count - 1, min(most, count)).round().astype(int))
    form = "%Y-%m" if count > 250 else "%Y-%m-%d"
    axes.set_xticks(picks.tolist(), [days[pick].strftime(form) for pick in picks])
