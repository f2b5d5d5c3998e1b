"""A static picture: a matplotlib figure without pyplot, shown as a small PNG wherever notebooks are read."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from qresearch.sentences import ENGLISH, Words
from qresearch.views.dark import following
from qresearch.views.lettering import families

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DPI = 100
GAP = 0.03
"""Between upper and lower axes, as a part of the height."""
_LONGEST = 80
"""No name is longer in one line of a picture."""
MANY = 250
"""More days, or bars, than these are labelled by month."""


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
    "light": Theme("#ffffff", "#1f2937", "#6b7280", "#e5e7eb", "#1d4ed8", "#b45309", "#c2410c", "Blues", "RdBu"),
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
    theme : {"auto", "light", "dark"}
        By itself a light picture is turned round where the page around it is dark; a file of it is light.
    words : Words
        The language in which it names itself.
    """

    def __init__(
        self, figure: Figure, title: str, *, own: bool = True, theme: str = "auto", words: Words = ENGLISH
    ) -> None:
        self.figure, self.title, self._own, self._theme, self._words = figure, title, own, theme, words

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

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        bundle: dict[str, Any] = {"text/plain": repr(self)}
        if self._own:
            bundle["image/png"] = png = self.png()
            if self._theme == "auto":
                bundle["text/html"] = following("png", png, self.title, self._size())
        return bundle

    def _size(self) -> tuple[int, int]:
        width, height = (round(side * DPI) for side in self.figure.get_size_inches())
        return width, height

    def __repr__(self) -> str:
        width, height = self._size()
        return self._words("picture_is", title=self.title, width=width, height=height)


@contextmanager
def plain_style() -> Iterator[None]:
    """Matplotlib's own defaults and a font with Chinese, whatever style the user has set; theirs is put back.

    Dollars are dollars: what somebody has called `$a$` is no formula.
    """
    with mpl.style.context("default"):
        mpl.rcParams["font.family"] = families()
        mpl.rcParams["text.parse_math"] = False
        yield


def theme_of(name: str) -> Theme:
    """A theme by name; by itself ("auto") a picture is drawn on a light ground, and turned round where it is shown.

    Raises UsageError for another one than "auto", "light" or "dark".
    """
    return THEMES.get(choose("theme", name, ("auto", *THEMES)), THEMES["light"])


def begin(
    name: str, ax: Axes | None, theme: str, *, words: Words, height: float = 4.5, grid: bool = True
) -> tuple[Picture, Axes, Theme]:
    """A picture with its title, on axes of the caller or on a figure of 8 by `height` inches, and what to draw with.

    `name` is told in a language already; `words` is that language.
    """
    colours = theme_of(theme)
    if ax is None:
        figure = Figure(figsize=(8, height), dpi=DPI, facecolor=colours.ground)
        FigureCanvasAgg(figure)
        # Room for a title above, dates below, numbers left, names right; the same in inches whatever the height.
        axes = figure.add_axes((0.09, 0.42 / height, 0.79, 1 - 0.87 / height))
    else:
        if not hasattr(ax, "get_figure"):
            raise UsageError(f"ax={shown(ax)} is no Axes of matplotlib. Pass one, or leave it out for a new figure.")
        found, axes = ax.get_figure(root=True), ax
        assert found is not None  # axes always belong to a figure
        figure = found
    dress(axes, colours, grid=grid)
    axes.set_title(name, loc="left", color=colours.text, fontsize=10, fontweight="bold", pad=8)
    return Picture(figure, name, own=ax is None, theme=theme, words=words), axes, colours


def split(picture: Picture, ax: Axes, theme: Theme, share: float, *, grid: bool = True) -> Axes:
    """Give the lower part of some axes to new ones that share the horizontal axis."""
    box = ax.get_position()
    low = box.height * share
    ax.set_position((box.x0, box.y0 + low + GAP, box.width, box.height - low - GAP))
    lower = picture.figure.add_axes((box.x0, box.y0, box.width, low), sharex=ax)
    ax.tick_params(labelbottom=False)
    dress(lower, theme, grid=grid)
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


def say(ax: Axes, theme: Theme, words: str) -> None:
    """A sentence instead of a drawing."""
    ax.text(0.5, 0.5, words, transform=ax.transAxes, ha="center", va="center", color=theme.faint, fontsize=10)
    ax.set_xticks([])
    ax.set_yticks([])


def few_ticks(axes: Axes, labels: Sequence[str], most: int = 6) -> None:
    """A few evenly spaced labels of the many that stand side by side."""
    picks = np.unique(np.linspace(0, len(labels) - 1, min(most, len(labels))).round().astype(int)).tolist()
    axes.set_xticks(picks, [labels[pick] for pick in picks])


def date_ticks(axes: Axes, days: pd.DatetimeIndex) -> None:
    """Dates at a few evenly spaced days; months where there are many."""
    few_ticks(axes, days.strftime("%Y-%m" if len(days) > MANY else "%Y-%m-%d").tolist())


def label_ends(axes: Axes, ends: list[tuple[float, str, str]], count: int) -> None:
    """Names right of the last points, pushed apart where they would overlap."""
    low, high = axes.get_ylim()
    room = (high - low) * 0.17
    place = -np.inf
    figure = axes.get_figure(root=True)
    assert figure is not None  # axes always belong to a figure
    beside = float(figure.bbox.x1 - axes.bbox.x1) - 10
    for value, words, colour in sorted(ends):
        place = max(value, place + room)
        told = "\n".join(fitted(axes, line, beside, lines=2) for line in words.split("\n"))
        axes.annotate(
            told, (count - 1, place), textcoords="offset points", xytext=(6, 0), va="center", fontsize=8,
            color=colour, annotation_clip=False,
        )  # fmt: skip


def fitted(axes: Axes, text: str, room: float, *, lines: int = 1) -> str:
    """A name that somebody has given, in at most so many lines of `room` pixels; what does not fit is an ellipsis."""
    if room <= 0 or _width(axes, text) <= room:
        return text
    fits = max((end for end in range(1, min(len(text), _LONGEST)) if _width(axes, text[:end]) <= room), default=1)
    if lines == 1:
        return f"{text[: max(fits - 1, 1)]}…"
    # Rather where a word ends, or before the day of a branch.
    end = max(text.rfind(" ", 1, fits + 1), text.rfind("@", 1, fits))
    end = end if end > 0 else fits
    return f"{text[:end].rstrip()}\n{fitted(axes, text[end:].lstrip(), room, lines=lines - 1)}"


def _width(axes: Axes, text: str) -> float:
    """Pixels that a text takes beside a curve."""
    drawn = axes.text(0, 0, text, fontsize=8)
    with warnings.catch_warnings():
        # A letter that no font has is a box of the same width: matplotlib says so where it is drawn.
        warnings.filterwarnings("ignore", message="Glyph .* missing", category=UserWarning)
        width = float(drawn.get_window_extent().width)
    drawn.remove()
    return width
