"""Pictures on a dark page: what they give a notebook, and that every text reads at 4.5 to 1, light and turned round."""

from __future__ import annotations

import base64
import io
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from colours import Colour, contrast, turned
from matplotlib.colors import to_rgb
from matplotlib.text import Text
from PIL import Image

import qresearch as qr
from qresearch import demo, terms
from qresearch.views import plots
from qresearch.views.dark import TURN
from qresearch.views.picture import Picture
from qresearch.views.readable import FAINT

LEAST = 4.5
SHARP = 300
"""Dots per inch at which a picture is drawn to be measured: strokes of a letter have their whole colour then."""


def poor(pairs: Iterator[tuple[str, Colour, Colour]], *, turns: bool) -> list[tuple[str, float]]:
    """The texts that do not read on their ground, with their contrast; turned round as well where that may happen."""
    found = []
    for text, ink, ground in pairs:
        ratios = [contrast(ink, ground)]
        if turns:
            ratios.append(contrast(turned(ink), turned(ground)))
        found += [(text, round(ratio, 2)) for ratio in ratios if ratio < LEAST]
    return found


def written(picture: Picture) -> Iterator[tuple[str, Colour, Colour]]:
    """Each text of a plot with its colour, and the colour that most of its box has."""
    picture.png()  # laid out as it is shown
    texts = [text for text in picture.figure.findobj(Text) if text.get_text().strip() and text.get_visible()]
    boxes = [text.get_window_extent() for text in texts]
    out = io.BytesIO()
    picture.figure.savefig(out, format="png", dpi=SHARP)
    pixels = np.asarray(Image.open(out).convert("RGB"))
    scale = SHARP / picture.figure.dpi
    for text, box in zip(texts, boxes, strict=True):
        left, right = (int(x * scale) for x in (box.x0, box.x1))
        top, bottom = (pixels.shape[0] - int(y * scale) for y in (box.y1, box.y0))
        part = pixels[max(top, 0) : bottom, max(left, 0) : right].reshape(-1, 3)
        if len(part):
            ground = Counter(map(tuple, part.tolist())).most_common(1)[0][0]
            yield text.get_text(), to_rgb(text.get_color()), tuple(value / 255 for value in ground)


def drawn(svg: str) -> Iterator[tuple[str, Colour, Colour]]:
    """Each text of a drawing with its colour, and that of the shape on which it stands."""
    shapes: list[tuple[float, float, float, float, str]] = []
    for part in ElementTree.fromstring(svg).iter():
        kind, told = part.tag.rpartition("}")[2], part.attrib
        if kind == "rect" and told["fill"] != "none" and "fill-opacity" not in told:
            x, y, width, height = (float(told[name]) for name in ("x", "y", "width", "height"))
            shapes.append((x, y, x + width, y + height, told["fill"]))
        elif kind == "circle":
            x, y, r = (float(told[name]) for name in ("cx", "cy", "r"))
            shapes.append((x - r, y - r, x + r, y + r, told["fill"]))
        elif kind == "text":
            x, y = float(told["x"]), float(told["y"]) - 3
            *_, ground = (fill for x0, y0, x1, y1, fill in shapes if x0 <= x <= x1 and y0 <= y <= y1)
            for words in part.iter():
                if (words.text or "").strip(" ·"):
                    yield words.text, to_rgb(words.attrib["fill"]), to_rgb(ground)


@pytest.fixture(scope="module")
def run() -> qr.Session:
    """Orders in every state, over some months."""
    made = demo.hand_session()
    list(demo.by_hand(made))
    made.buy("604018", 500, style=terms.limit(9.2, tif="GTC"))
    made.sell("604018", 100, style=terms.stop(8.0, tif="GTC"))
    return made.run(until="2022-09-30", progress=False)


@pytest.mark.parametrize("theme", ["auto", "dark"])
@pytest.mark.parametrize("kind", ["equity", "candles", "exposure", "monthly", "orders"])
def test_every_text_of_a_plot_reads(run: qr.Session, kind: str, theme: str) -> None:
    """Protects readers of both themes: 4.5 to 1 for every word and number on what lies under it."""
    found = [*written(run.plot(kind, theme=theme))]
    assert len(found) > 8
    assert poor(iter(found), turns=theme == "auto") == []


@pytest.mark.parametrize("theme", ["auto", "dark"])
def test_a_return_reads_on_the_colour_of_every_month(theme: str) -> None:
    """Protects the grid of months: from the worst to the best, each number reads on its own colour."""
    held = qr.Session(qr.sample_market(), start="2021-01-05", positions={"604018": 10_000})
    picture = held.run(progress=False).plot("monthly", theme=theme)
    assert len(picture.figure.axes[0].texts) > 30
    assert poor(written(picture), turns=theme == "auto") == []


@pytest.mark.parametrize("theme", ["auto", "dark"])
def test_every_text_of_a_comparison_and_of_a_sweep_reads(theme: str) -> None:
    """Protects the other pictures of pixels in the same way: branches side by side, and the heat maps of a sweep."""

    def cross(context: object, data: object, fast: int, slow: int) -> None:
        closes = context.history("604018", slow).iloc[:, 0]
        context.order_target("604018", 1_000 if closes.tail(fast).mean() > closes.mean() else 0)

    space = {"fast": [3, 5, 8], "slow": [15, 20, 30]}
    found = qr.sweep(cross, qr.sample_market(), space, start="2022-03-01", end="2022-05-31", progress=False)
    made = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000).step(9)
    made.back(5).buy("604018", 1000)
    made.step(5)
    pictures = [found.plot(kind, theme=theme) for kind in ("heatmap", "parallel", "stability")]
    for picture in [made.branches.compare("main").plot(theme=theme), *pictures]:
        assert poor(written(picture), turns=theme == "auto") == [], picture


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_text_of_the_lives_reads(run: qr.Session, language: str) -> None:
    """Protects the pictures of orders: words on their ground, on a tinted day, on the colour of a state."""
    for picture in (
        run.plot("lives", language=language),
        *(run.plot("life", order=n, language=language) for n in (1, 3)),
    ):
        assert poor(drawn(picture.svg), turns=True) == [], picture


def test_a_picture_follows_the_page_and_stays_what_it_was(run: qr.Session) -> None:
    """Protects three readers: a live page turns it, one without styles shows it as it is saved, LaTeX takes the PNG.

    An inline drawing would be dropped where HTML is not trusted (GitHub), and nothing would be seen.
    """
    picture = run.plot("equity")
    picture.figure.axes[0].set_title("mine")  # what a user adds is shown
    bundle = picture._repr_mimebundle_()
    assert sorted(bundle) == ["image/png", "text/html", "text/plain"]
    assert bundle["image/png"] == picture.png() != run.plot("equity").png()
    for shown, kind, data in (
        (bundle["text/html"], "png", picture.png()),
        (run.plot("lives")._repr_html_(), "svg+xml", run.plot("lives").svg.encode()),
    ):
        bare = re.sub("<style>.*?</style>", "", shown, flags=re.DOTALL)
        (source,) = re.findall(rf'<img [^>]*src="data:image/{re.escape(kind)};base64,([^"]+)"', bare)
        assert base64.b64decode(source) == data
        assert "<svg" not in shown
        assert 'data-jp-theme-light="false"' in shown
        assert "prefers-color-scheme:dark" in shown
    ground = Image.open(io.BytesIO(picture.png())).convert("RGBA").getpixel((0, 0))
    assert ground == (255, 255, 255, 255)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_theme_that_was_asked_for_is_kept(run: qr.Session, theme: str) -> None:
    """Protects a choice: a picture in a theme of one's own is an image that nothing turns."""
    assert sorted(run.plot("equity", theme=theme)._repr_mimebundle_()) == ["image/png", "text/plain"]


WORDS = re.compile(r'<g id="text_\d+">\s*(?:<!-- (.*?) -->\s*)?<g(?: style="fill: (#\w+)")?', re.DOTALL)
CELL = re.compile(r"fill: (#\w+); stroke: #ffffff; stroke-width: 0\.5")


def test_every_text_of_the_tear_sheet_reads(tmp_path: Path) -> None:
    """Protects the page of QuantStats as a file: its drawings on white and their numbers on every cell, turned too."""
    held = qr.Session(qr.sample_market(), start="2022-01-04", positions={"604018": 10_000})
    page = held.run(until="2023-06-30", progress=False).report(tmp_path / "page.html").path.read_text("utf-8")
    body, _, rest = page.partition('<div id="monthly_heatmap">')
    heatmap, _, rest = rest.partition("</svg>")
    white = to_rgb("white")
    found = [(words, to_rgb(fill or "#000000"), white) for words, fill in WORDS.findall(body + rest)]
    assert len(found) > 100
    assert poor(iter(found), turns=True) == []
    cells = [to_rgb(cell) for cell in CELL.findall(heatmap)]
    inks = {to_rgb(fill or "#000000") for _, fill in WORDS.findall(heatmap)}
    assert len(cells) >= 18
    assert poor((("a number", ink, cell) for ink in inks for cell in cells if ink != to_rgb(FAINT)), turns=True) == []
    assert f'html:not([data-theme="light"]) body{{background:#fff;color:#000;filter:{TURN}}}' in page
    assert tuple(round(part * 255) for part in turned(white)) == (20, 20, 20)  # the ground that the style names


def test_every_price_tag_of_the_live_chart_reads() -> None:
    """Protects the prices at the edge of the chart: in their ink on each colour that a tag may have."""
    script = (Path(qr.__file__).parent / "views/panels/live_chart.js").read_text("utf-8")
    palettes, rest = script.partition("const PALETTES = {")[2].split("};", 1)
    assert re.findall(r'"#[0-9a-f]{6}"', rest) == []
    for name in ("light", "dark"):
        found = dict(re.findall(r'(\w+): "(#[0-9a-f]{6})"', palettes.partition(f"{name}: {{")[2].partition("},")[0]))
        pairs = [(key, found["ground"]) for key in ("red", "green", "main", "bad", "faint", "text")]
        for key, ground in (*pairs, ("onTag", found["tag"])):
            assert contrast(to_rgb(found[key]), to_rgb(ground)) >= LEAST, (name, key)


def test_the_steps_of_an_axis_are_written_in_full() -> None:
    """Protects the numbers beside the curve: a step of 2.5 % is not written as one of 2 % or 3 %."""
    days = pd.DatetimeIndex(qr.sample_market().days[:40])
    for size in (0.0004, 0.003, 0.02, 0.13, 0.4, 2.0):
        returns = np.zeros(len(days))
        returns[5], returns[20] = size, -size / 3
        figure = plots.growth([("Account", returns)], days).figure
        figure.canvas.draw()
        for axes in figure.axes:
            steps = np.diff([float(label.get_text().replace("−", "-").rstrip("%")) for label in axes.get_yticklabels()])
            np.testing.assert_allclose(steps, steps[0], rtol=1e-6)
