"""The page of a run in Chromium, from a file: every pane is linked to the others, and no network is asked."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from lab import CONTRAST, page_of_file

import qresearch as qr
from qresearch import demo
from qresearch.book.html import number


@pytest.fixture(scope="module")
def session() -> qr.Session:
    """A strategy of ninety days, with a branch by hand."""
    session = qr.Session(qr.sample_market(), start="2022-03-01", cash=200_000, strategy=demo.momentum).step(90)
    session.back(12).buy("604018", 500)
    return session.step(8)


def opened(
    browser: Any, session: qr.Session, folder: Path, at: str = "", **options: Any
) -> AbstractContextManager[tuple[Any, list[str]]]:
    """The page, and what it complained of and asked for."""
    path = session.plot("page").save(folder / "run.html")
    return page_of_file(browser, path, "#page[data-at]", at, height=1100, **options)


def shown(page: Any, name: str) -> str:
    """What the page says of where it is."""
    return page.locator("#page").get_attribute(f"data-{name}")


def across(page: Any, day: str) -> float:
    """Where a day is on the screen, read from the labels that the page holds."""
    box = page.locator("#canvas").bounding_box()
    labels = page.evaluate("() => JSON.parse(document.getElementById('data').textContent).labels")
    first, last = int(shown(page, "from")), int(shown(page, "to"))
    # The panes lie between the names on the left and the weights on the right, as run_page.js has them.
    left, right = 92, 62
    return box["x"] + left + (labels.index(day) - first + 0.5) * (box["width"] - left - right) / (last - first + 1)


def test_a_day_is_read_in_all_panes(browser: Any, session: qr.Session, tmp_path: Path) -> None:
    """Protects the figures under the mouse: those of the session at that close, and the holdings of that day."""
    with opened(browser, session, tmp_path) as (page, heard):
        portfolio, held = session.tables.daily_portfolio, session.tables.daily_positions
        top = page.locator("#canvas").bounding_box()["y"]
        page.locator("#tab-positions").click()
        for day in portfolio.index[[3, 30, 61, -1]]:
            label = str(day)[:10]
            page.mouse.move(across(page, label), top + 60)
            assert shown(page, "at") == label
            said = page.locator("#readout").inner_text()
            assert number(portfolio.loc[day, "equity"]) in said
            assert f"{100 * portfolio.loc[day, 'total_return']:+.2f} %".replace("+-", "-") in said
            now = held[(held["day"] == day) & (held["quantity"] > 0)]
            cells = page.locator("#table tbody tr td:first-child").all_inner_texts()
            assert sorted(cell.split()[0] for cell in cells) == sorted(now["symbol"])
        assert heard == []


def test_a_trade_is_chosen_in_the_picture_and_in_the_table(browser: Any, session: qr.Session, tmp_path: Path) -> None:
    """Protects the links: a row, a line and a key choose the same trade; a row of the holdings narrows all of it."""
    with opened(browser, session, tmp_path) as (page, heard):
        trades = session.tables.trades
        assert int(page.locator("#table").get_attribute("data-rows")) == len(trades)
        last = trades.iloc[-1]
        page.locator("#table tbody tr").nth(len(trades) - 1).click()
        assert shown(page, "chosen") == str(len(trades))
        assert number(last["profit"]) in page.locator("#readout").inner_text()
        assert shown(page, "at") == str(last["exit_day"])[:10]
        page.locator("#canvas").focus()
        page.keyboard.press("ArrowUp")
        assert shown(page, "chosen") == str(len(trades) - 1)
        page.keyboard.press("Escape")
        assert shown(page, "chosen") == "0"
        # The heaviest instrument is the first row of the holdings.
        held = session.tables.daily_positions
        heaviest = held.groupby("symbol")["weight"].sum().idxmax()
        box = page.locator("#canvas").bounding_box()
        page.mouse.click(box["x"] + 300, box["y"] + 20 + 200 + 30 + 84 + 30 + 150 + 30 + 10)
        assert page.locator("#symbols").evaluate("item => item.selectedOptions[0].text").startswith(heaviest)
        own = trades[trades["symbol"] == heaviest]
        assert int(shown(page, "trades")) == len(own)
        page.locator("#search").fill("no such")
        assert page.locator("#table").get_attribute("data-rows") == "0"
        assert heard == []


def test_zoom_drag_and_back(browser: Any, session: qr.Session, tmp_path: Path) -> None:
    """Protects moving: the wheel zooms at the day under it, a drag moves the window, a double click shows all."""
    with opened(browser, session, tmp_path) as (page, heard):
        box = page.locator("#canvas").bounding_box()
        page.mouse.move(box["x"] + 600, box["y"] + 100)
        under = shown(page, "at")
        days = int(shown(page, "to")) + 1
        for _ in range(5):
            page.mouse.wheel(0, -100)
        page.wait_for_function(f"() => document.getElementById('page').dataset.to < {days - 1}")
        first, last = int(shown(page, "from")), int(shown(page, "to"))
        assert last - first < days // 2
        step = (box["width"] - 92 - 62) / (last - first + 1)
        assert abs(across(page, under) - (box["x"] + 600)) <= step
        page.mouse.down()
        page.mouse.move(box["x"] + 800, box["y"] + 100, steps=4)
        page.mouse.up()
        assert int(shown(page, "from")) < first
        assert int(shown(page, "to")) - int(shown(page, "from")) == last - first
        page.mouse.dblclick(box["x"] + 600, box["y"] + 100)
        assert (shown(page, "from"), shown(page, "to")) == ("0", str(days - 1))
        page.locator("#branches").select_option(label="main")
        assert shown(page, "branch") == "0"
        assert heard == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_follows_the_system_and_reads_in_both(
    browser: Any, session: qr.Session, tmp_path: Path, scheme: str
) -> None:
    """Protects readers: light or dark as their system, at 4.5 to 1, and the other language by a click."""
    with opened(browser, session, tmp_path, "#chosen=1", color_scheme=scheme) as (page, heard):
        assert page.evaluate("() => document.documentElement.dataset.theme") == scheme
        assert page.evaluate(CONTRAST, "body") == []
        page.locator("#language").click()
        assert page.locator("#tab-trades").inner_text() == "已平仓交易"
        assert page.evaluate(CONTRAST, "body") == []
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 1280
        assert heard == []
