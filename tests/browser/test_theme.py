"""Light and dark by themselves: workbench, chart and static outputs follow JupyterLab, and every text reads in both."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from colours import turned
from lab import CONTRAST, Lab
from PIL import Image

pytest.importorskip("anywidget", reason="anywidget is not installed: pip install '.[live]'")

CELLS = [
    """
import qresearch as qr
from qresearch import demo, terms
session = demo.hand_session()
told = list(demo.by_hand(session))
session.buy("604018", 500, style=terms.limit(9.2, tif="GTC"))
session.sell("604018", 100, style=terms.stop(9.0, tif="GTC"))
session.step()
session.show()
""",
    "session",
    "session.ticket(2)",
    "session.explain(4)",
    "session.what_if('buy', '604018', 100, style=terms.limit(20))",
    "session.portfolio",
    "session.panels.open_orders()",
    "session.plot()",
    "session.plot('lives')",
]
PLOTTED = [
    "session = qr.Session(qr.sample_market(), start='2022-03-11', cash=100_000)\nsession.buy('604018', 1000)",
    "session.step(20).plot()",
    "session.plot('lives')",
    "session.panels.chart(renderer='png')",
    "session.panels.details(1)",
    "session.panels.tearsheet()",
]
TURNED = """() => [".qr-png-chart", ".qr-life svg", ".qr-page iframe"].map(
    (place) => getComputedStyle(document.querySelector(place)).filter)"""
SWITCH = "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', {theme}).then(() => null)"
PICTURES = os.environ.get("QRESEARCH_PICTURES")
"""A folder for pictures of each look, to be looked at."""


def pictured(page: Any, name: str) -> None:
    """Keep a picture where somebody asked for some."""
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png")


def pixels(page: Any, number: int) -> Any:
    """What is seen of a picture."""
    return np.asarray(Image.open(io.BytesIO(page.locator("img.qr-turns").nth(number).screenshot())).convert("RGB"))


def test_it_follows_jupyterlab_and_reads_in_both(lab: Lab) -> None:
    """Protects from white slabs in a dark notebook: switched there and back, everything follows, at 4.5 to 1."""
    with lab.notebook(CELLS, width=1920, height=1500) as (page, complaints):
        page.wait_for_selector(".qr-live-chart[data-bars]")
        page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area').then(() => null)")
        for theme, name in (("JupyterLab Dark", "dark"), ("JupyterLab Light", "light")):
            page.evaluate(SWITCH, theme)
            page.wait_for_selector(f".qr-live-chart[data-theme={name}]")
            for width in (1920, 1280, 1000):
                page.set_viewport_size({"width": width, "height": 1500})
                page.wait_for_timeout(600)
                pictured(page, f"workbench_{name}_{width}")
                for tab in range(page.locator(".qr-tabs .lm-TabBar-tab").count()):
                    page.locator(".qr-tabs .lm-TabBar-tab").nth(tab).click()
                    assert page.evaluate(CONTRAST, ".qr-desk") == [], width
                page.locator(".qr-tabs .lm-TabBar-tab").first.click()
                assert page.evaluate(CONTRAST, ".jp-OutputArea-output.jp-RenderedHTMLCommon") == [], width
        assert complaints == []


def test_a_picture_is_turned_on_a_dark_page_as_it_was_measured(lab: Lab) -> None:
    """Protects plots from white slabs: its colours are those whose contrast is measured."""
    with lab.notebook(["import qresearch as qr", *PLOTTED], width=1280, height=3200) as (page, complaints):
        page.wait_for_selector("img.qr-turns >> nth=1")
        light = [pixels(page, number) for number in range(2)]
        page.get_by_role("button", name="Make the tear-sheet").click()
        page.wait_for_selector(".qr-page iframe")
        assert page.evaluate(TURNED) == ["none"] * 3
        page.evaluate(SWITCH, "JupyterLab Dark")
        page.wait_for_selector("[data-jp-theme-light=false]", state="attached")
        page.wait_for_timeout(600)
        pictured(page, "pictures_dark")
        assert page.evaluate(TURNED) == ["invert(0.92) hue-rotate(180deg)"] * 3
        for number, before in enumerate(light):
            after = pixels(page, number)
            assert tuple(before[3, 3]) == (255, 255, 255)
            assert after[3, 3].max() < 32  # beside the black of the page
            flat = np.all(before[:-1, :-1] == before[1:, 1:], axis=2)  # not the edge of a line
            for colour in np.unique(before[:-1, :-1][flat].reshape(-1, 3), axis=0):
                seen = after[:-1, :-1][flat & np.all(before[:-1, :-1] == colour, axis=2)]
                told = np.array(turned(tuple(colour / 255))) * 255
                assert np.abs(np.median(seen, axis=0) - told).max() < 4, colour
        assert complaints == []
