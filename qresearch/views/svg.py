"""Small SVG drawings: escaped, deterministic, without scripts, style sheets or references between parts.

What a picture needs is written out (arrow heads, textures), because readers of notebooks drop what they do not trust.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple
from unicodedata import east_asian_width
from xml.sax.saxutils import escape, quoteattr

from qresearch.book.html import COLOURS
from qresearch.domain.calls import told_calls
from qresearch.files import PAGE, write_text
from qresearch.sentences import ENGLISH, Words
from qresearch.views.dark import following

INK, FAINT, LINE, PALE, GROUND = "#1f2937", "#6b7280", "#cbd2dc", "#f5f7fa", "#ffffff"
FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"
STATE_COLOURS = {**COLOURS, "CANCELED": "#57534e"}
"""Colour of each state; a shape, a texture or the word always stands beside it."""

Point = tuple[float, float]


@told_calls
class SvgPicture:
    """A finished drawing; in a notebook it shows itself, light or dark as the page is, on GitHub too.

    Parameters
    ----------
    svg : str
        A whole SVG document.
    title : str
    size : (int, int)
        Width and height in pixels.
    words : Words
        The language in which it names itself.
    """

    def __init__(self, svg: str, title: str, size: tuple[int, int], words: Words = ENGLISH) -> None:
        self.svg, self.title, self.size, self._words = svg, title, size, words

    def save(self, path: str | Path) -> Path:
        """Write the drawing as an SVG file; the path is returned. A file that somebody else wrote is refused."""
        return write_text(path, self.svg + "\n", PAGE, "save")

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_html_(self) -> str:
        return following("svg+xml", self.svg.encode(), self.title, self.size)

    def __repr__(self) -> str:
        return self._words("drawing_is", title=self.title, width=self.size[0], height=self.size[1])


def tag(name: str, content: str = "", **attributes: float | str) -> str:
    """One element; underscores in the names of attributes become hyphens, numbers get at most one decimal.

    Parameters
    ----------
    name : str
    content : str
        SVG already: escape words before.
    **attributes

    Examples
    --------
    >>> tag("circle", cx=3, cy=4.25, r=2, stroke_width=1.5)
    '<circle cx="3" cy="4.2" r="2" stroke-width="1.5"/>'
    """
    written = "".join(
        f" {key.replace('_', '-')}={quoteattr(value if isinstance(value, str) else number(value))}"
        for key, value in attributes.items()
    )
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def number(value: float) -> str:
    """A coordinate with at most one decimal.

    >>> number(3.0), number(-0.01), number(2.26)
    ('3', '0', '2.3')
    """
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def words(at: Point, text: str, *, size: float = 12, fill: str = INK, anchor: str = "start", bold: bool = False) -> str:
    """Text; the point is on its base line."""
    weight = {"font_weight": "bold"} if bold else {}
    return tag("text", escape(text), x=at[0], y=at[1], font_size=size, fill=fill, text_anchor=anchor, **weight)


def breadth(text: str, size: float) -> float:
    """About how wide a text is; a Chinese letter is as wide as it is high.

    >>> breadth("WORKING", 12) > breadth("working", 12) > 30
    True
    >>> breadth("排队", 12)
    24.0
    """
    return size * sum(
        1.0 if east_asian_width(letter) in "WF" else 0.7 if letter.isupper() else 0.3 if letter in " .,:;'il|" else 0.56
        for letter in text
    )


def path(points: Iterable[Point], *, colour: str, width: float = 1.5, fill: str = "none", close: bool = False) -> str:
    """Straight lines from point to point."""
    steps = " ".join(f"{'L' if place else 'M'}{number(x)} {number(y)}" for place, (x, y) in enumerate(points))
    return tag(
        "path", d=steps + ("Z" if close else ""), stroke=colour, stroke_width=width, fill=fill, stroke_linejoin="round"
    )


def arrow_head(tip: Point, towards: Point, *, colour: str, size: float = 8) -> str:
    """The head of an arrow; `towards` is its direction, a unit vector."""
    (x, y), (dx, dy) = tip, towards
    back, side = size, size * 0.45
    corners = [
        tip,
        (x - back * dx - side * dy, y - back * dy + side * dx),
        (x - back * dx + side * dy, y - back * dy - side * dx),
    ]
    return path(corners, colour=colour, width=0.5, fill=colour, close=True)


class Box(NamedTuple):
    """A rectangle."""

    left: float
    top: float
    width: float
    height: float

    @property
    def centre(self) -> Point:
        """Its middle."""
        return self.left + self.width / 2, self.top + self.height / 2

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.top + self.height

    def draw(self, *, fill: str, stroke: str = "none", width: float = 1.0, round_by: float = 0) -> str:
        """The rectangle itself."""
        return tag(
            "rect", x=self.left, y=self.top, width=self.width, height=self.height, rx=round_by, fill=fill,
            stroke=stroke, stroke_width=width,
        )  # fmt: skip


def hatch(box: Box, *, colour: str, gap: float = 6, slope: int = 1) -> str:
    """Parallel strokes across a box: rising (1), falling (-1) or upright (0)."""
    strokes = "".join(
        f"M{number(x0)} {number(y0)}L{number(x1)} {number(y1)}" for (x0, y0), (x1, y1) in _strokes(box, gap, slope)
    )
    return tag("path", d=strokes, stroke=colour, stroke_width=1.1, fill="none") if strokes else ""


def _strokes(box: Box, gap: float, slope: int) -> Iterator[tuple[Point, Point]]:
    reach = box.height if slope else 0.0
    foot = box.left - reach + gap / 2
    while foot < box.right:
        # A rising stroke goes from its foot on the lower edge to the upper edge; both ends are cut at the sides.
        low, high = max(foot, box.left), min(foot + reach, box.right)
        if high > low or not slope:
            climbs = (low - foot, high - foot) if slope else (0.0, box.height)
            ends = [box.bottom - climb if slope >= 0 else box.top + climb for climb in climbs]
            yield (low, ends[0]), (high, ends[1])
        foot += gap


def document(width: int, height: int, title: str, parts: Iterable[str], say: Words) -> SvgPicture:
    """A whole picture on a light ground; a dark page turns it round."""
    ground = Box(0, 0, width, height).draw(fill=GROUND, round_by=6)
    content = "\n".join([f"<title>{escape(title)}</title>", ground, *parts])
    svg = tag(
        "svg", f"\n{content}\n", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {width} {height}", width=f"{width}",
        height=f"{height}", role="img", aria_label=title, font_family=FONT,
    )  # fmt: skip
    return SvgPicture(svg, title, (width, height), say)
