"""What newcomers met on the screen, mended, in a real browser: tests/screen_defects.csv has the whole list."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from lab import Lab

import qresearch as qr

pytest.importorskip("anywidget", reason="anywidget is not installed: pip install '.[live]'")

LESSON = Path(__file__).resolve().parents[2] / "notebooks" / "30_workbench.ipynb"
STORY = """
import qresearch as qr
from qresearch import terms
session = qr.Session(qr.sample_market(), start="2022-03-11", cash=100_000).step(3)
for place in range(9):
    session.buy("604018", 100, style=terms.limit(round(9.0 + 0.02 * place, 2), tif="GTC"))
session.step()
board = session.show()
board.desk.select(symbol="604018")
board
"""
FIRST = """
import qresearch as qr
session = qr.Session(qr.sample_market(), start="2022-03-11", cash=100_000)
session.show()
"""
LONG = """
import pandas as pd
import qresearch as qr
days = pd.bdate_range("2024-01-02", periods=9)
bars = pd.DataFrame({"date": days, "open": 10.0, "high": 10.5, "low": 9.5, "close": 10.0, "volume": 1e6})
name = "A_TICKER_OF_A_FUND_WITH_A_NAME_OF_FIFTY_LETTERS_OR_SO"
session = qr.Session(qr.read_market(bars.assign(symbol=name)), cash=1e6).step(3)
session.branch("a branch with a name that is far too long for any box on this page, really far too long")
session.show()
"""
RIGHT = 74
"""Room for the axis of prices in live_chart.js, in pixels."""


def bars(count: int) -> pd.DataFrame:
    """The last bars that the story knows."""
    session = qr.Session(qr.sample_market(), start="2022-03-11").step(4)
    fields = ("high", "low", "close")
    return pd.DataFrame({name: session.history("604018", count, name).iloc[:, 0] for name in fields})


def facts(page: Any, within: str = "") -> dict[str, str]:
    """What the chart says of itself."""
    return page.evaluate("(place) => ({...document.querySelector(`${place} .qr-live-chart`).dataset})", within)


def test_nine_orders_leave_the_last_price_where_it_is(lab: Lab) -> None:
    """Protects the reading of the chart (defect 16): no tag covers another or a number of the axis."""
    with lab.notebook([STORY], height=1300) as (page, complaints):
        page.wait_for_selector(".qr-live-chart[data-lines='9']")
        found = facts(page)
        tags = [tuple(map(float, tag.split("@"))) for tag in found["tags"].split(",")]
        assert len(tags) == 10
        places = sorted(place for _, place in tags)
        assert min(after - before for before, after in pairwise(places)) >= 16.9
        scale = [float(place) for place in found["scale"].split(",")]
        assert len(scale) > 2
        assert min(abs(number - place) for number in scale for place in places) >= 14  # no half number looks out
        low, high, top, bottom = (float(found[name]) for name in ("low", "high", "top", "bottom"))
        last = bars(1)["close"].iloc[-1]
        price, place = max(tags)
        assert price == last
        assert place == pytest.approx(bottom - (last - low) / (high - low) * (bottom - top), abs=0.1)
        assert complaints == []


def test_the_chart_is_filled_at_every_width(lab: Lab) -> None:
    """Protects the first look (defect 20): bars fill width and height, and zooming out leaves nothing blank."""
    with lab.notebook([STORY.replace("range(9)", "range(0)")], height=1300) as (page, complaints):
        page.wait_for_selector(".qr-live-chart[data-symbol='604018.SH']")
        for width in (1000, 1280, 1920):
            page.set_viewport_size({"width": width, "height": 1300})
            page.wait_for_timeout(600)
            found = facts(page)
            shown = int(found["to"]) - int(found["from"]) + 1
            room = (page.locator(".qr-chart .qr-live-canvas").bounding_box()["width"] - RIGHT) / 6
            assert shown == pytest.approx(min(max(room, 40), int(found["bars"])), abs=2)
            assert int(found["to"]) == int(found["bars"]) - 1
            seen = bars(shown - 2)
            candles = seen["high"].max() - seen["low"].min()
            assert candles > 0.6 * (float(found["high"]) - float(found["low"]))
        canvas = page.locator(".qr-chart .qr-live-canvas")
        canvas.hover()
        for _ in range(40):
            page.mouse.wheel(0, 400)
        page.wait_for_function("() => document.querySelector('.qr-live-chart').dataset.from === '0'")
        found = facts(page)
        assert int(found["to"]) == int(found["bars"]) - 1
        assert complaints == []


def test_there_is_no_empty_pane_before_the_second_day(lab: Lab) -> None:
    """Protects the first look (defect 18): no equity of "0 / 0 / -0"; practice is sharp, and looked at alone."""
    with lab.notebook([FIRST], height=1300) as (page, complaints):
        page.wait_for_selector(".qr-chart .qr-live-chart[data-bars]")
        assert facts(page, ".qr-chart")["panes"] == "2"
        page.locator("button.qr-step").click()
        page.wait_for_function("() => document.querySelector('.qr-now').textContent.includes('trading day 1 ')")
        assert facts(page, ".qr-chart")["panes"] == "2"
        page.locator("button.qr-step").click()
        page.wait_for_selector(".qr-chart .qr-live-chart[data-panes='4']")
        page.locator(".qr-tabs .lm-TabBar-tab", has_text="Practice").click()
        page.locator("button.qr-practice-start").click()
        page.wait_for_selector(".qr-practice .qr-live-chart[data-bars]")
        assert page.locator(".qr-practice img").count() == 0
        # One looks at it: a click neither trades nor goes anywhere.
        before = page.locator(".qr-now").inner_text()
        page.locator(".qr-practice .qr-live-canvas").click(position={"x": 200, "y": 120})
        page.wait_for_timeout(400)
        assert page.locator(".qr-practice .qr-live-menu").is_hidden()
        assert page.locator(".qr-now").inner_text() == before
        assert complaints == []


def test_the_panels_of_the_lesson_show_what_is_told_beside_them(lab: Lab) -> None:
    """Protects learners (defect 5): after all cells have run, each panel still shows its own part of the lesson."""
    cells = [
        "".join(cell["source"])
        for cell in json.loads(LESSON.read_text("utf-8"))["cells"]
        if cell["cell_type"] == "code"
    ]
    with lab.notebook(cells, height=1300) as (page, complaints):

        def output(code: str) -> Any:
            return page.locator(".jp-CodeCell", has_text=code).locator(".jp-OutputArea").first

        for code, words in (
            ("ticket = first.panels.ticket()", ["604018.SH"]),
            ("waiting.panels.open_orders()", ["604018.SH", "queued", "limit 9.60"]),
            ("lesson.panels.orders()", ["filled", "604018.SH"]),
            ("lesson.panels.details(order)", ["Order 1: buy 604018.SH", "Filled"]),
            ("star.panels.details(refused)", ["688903.SH", "REJECTED"]),
            ("past.panels.orders()", ["queued"]),
        ):
            found = output(code)
            found.scroll_into_view_if_needed()
            for word in words:
                found.get_by_text(word).first.wait_for(timeout=5_000)
        assert complaints == []


def test_a_long_name_pushes_nothing_out_of_the_page(lab: Lab) -> None:
    """Protects the buttons behind a name: a long one of a branch is cut in its box, one of a share is broken."""
    with lab.notebook([LONG], width=900) as (page, complaints):
        page.wait_for_selector(".qr-live-chart[data-seq]")
        edge = page.locator(".qr-desk").bounding_box()
        button = page.locator("button.qr-open-branch").bounding_box()
        assert button["x"] + button["width"] < edge["x"] + edge["width"]
        for place in (".qr-instrument", ".qr-preview .widget-html-content > div"):
            cut = page.locator(place).evaluate_all(
                "(all) => all.filter((one) => one.scrollWidth > one.clientWidth + 1).length"
            )
            assert cut == 0, place
        assert complaints == []


def test_a_sentence_in_a_table_is_not_one_word_wide(browser: Any) -> None:
    """Protects a narrow page (defect 9): a row with its reason takes a few lines, and what is wide is scrolled to."""
    session = qr.Session(qr.sample_market(), start="2022-03-11", cash=100_000)
    session.buy("688903", 100)
    session.step()
    page = browser.new_page(viewport={"width": 560, "height": 700})
    page.set_content(f"<body style='font:13px sans-serif'>{session.orders._repr_html_()}</body>")
    page.locator(".qr-listing[data-live]").wait_for()
    assert page.locator(".qr-listing tbody tr").first.bounding_box()["height"] < 80
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 560
    page.close()
