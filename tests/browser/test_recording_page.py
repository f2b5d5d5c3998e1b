"""A recording in Chromium, from a file: stepped, searched and compared with the session; no network is asked."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from lab import CONTRAST

import qresearch as qr
from qresearch import demo, terms
from qresearch.book.html import number
from qresearch.views.chart_data import ChartReader

MOMENTS = 20
SLIDE = """(goal) => {
    const slider = document.getElementById("slider");
    slider.value = goal;
    slider.dispatchEvent(new Event("input"));
}"""
EVIL = "</script><img src=x onerror=\"document.title='hacked'\">"


def traded() -> qr.Session:
    """A strategy of forty days, with an order by hand on a branch and a tag that would like to be markup."""
    session = qr.Session(qr.sample_market(), start="2022-03-01", cash=200_000, strategy=demo.momentum).step(40)
    session.back(12).buy("604018", 500, style=terms.limit(8.5, tif="GTC", tag=EVIL))
    return session.step(8)


@contextmanager
def opened(browser: Any, path: Path, at: str = "", **options: Any) -> Iterator[tuple[Any, list[str], list[str]]]:
    """The page of a recording, what it complained of, and what it asked for."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, **options)
    page = context.new_page()
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri() + at)
    page.wait_for_selector("#page[data-moment]")
    try:
        yield page, complaints, asked
    finally:
        context.close()


def fact(page: Any, name: str) -> str:
    """A figure of the account."""
    return str(page.inner_text(f"#fact-{name}"))


def rows_of(page: Any, tab: str) -> list[list[str]]:
    """The rows of a table."""
    page.click(f"#tab-{tab}")
    found = page.eval_on_selector_all(
        "#table tbody tr", "rows => rows.map(row => [...row.cells].map(cell => cell.textContent.trim()))"
    )
    return list(found)


def same_as_session(page: Any, session: qr.Session, reader: ChartReader) -> None:
    """The page shows what the session says where it stands."""
    portfolio = session.portfolio
    assert (fact(page, "cash"), fact(page, "equity")) == (number(portfolio.cash), number(portfolio.equity))
    orders = rows_of(page, "orders")
    assert [(int(row[0]), row[2], row[5], row[6]) for row in orders] == [
        (order, row["reason"], f"{row['quantity']:,}", f"{row['filled']:,}")
        for order, row in session.orders[::-1].iterrows()
    ]
    fills = rows_of(page, "fills")
    assert [(row[0], row[5]) for row in fills] == [
        (f"{fill['day']:%Y-%m-%d}", f"{abs(fill['quantity']):,}") for _, fill in session.fills[::-1].iterrows()
    ]
    held = rows_of(page, "positions")
    assert {row[0].split()[0]: row[1] for row in held} == {
        symbol: f"{quantity:,}" for symbol, quantity in portfolio.quantities.items()
    }
    chart = page.locator(".qr-live-chart")
    symbol = chart.get_attribute("data-symbol")
    data = reader.read(symbol, first=session.simulation.exchange.first - 120)
    assert chart.get_attribute("data-label") == data.labels[-1]
    assert int(chart.get_attribute("data-bars")) == len(data)
    assert int(chart.get_attribute("data-marks")) == len(data.marks)
    assert int(chart.get_attribute("data-lines")) == len(data.lines)


def test_it_says_what_the_session_says_at_twenty_moments(browser: Any, tmp_path: Path) -> None:
    """Protects the reader: account, tables and chart of the page are those of the session, on both branches."""
    session = traded()
    path = session.save_recording(tmp_path / "story.html")
    reader = ChartReader(session)
    with opened(browser, path) as (page, complaints, asked):
        for place, name in enumerate(session.branches):
            page.select_option("#branches", str(place))
            timeline = session.branches.switch(name).simulation.timeline
            last = len(timeline.branch.states) - 1
            for goal in [round(step * last / (MOMENTS // 2 - 1)) for step in range(MOMENTS // 2)]:
                timeline.move_to(goal)
                page.evaluate(SLIDE, goal)
                page.wait_for_function(f"() => document.querySelector('.qr-live-chart').dataset.seq == {goal}")
                same_as_session(page, session, reader)
        assert (complaints, asked) == ([], [path.as_uri()])


def test_hands_on_the_page(browser: Any, tmp_path: Path) -> None:
    """Protects stepping, searching and asking why: buttons, keys, the slider, a row, a bar, the other language."""
    session = traded()
    path = session.save_recording(tmp_path / "story.html")
    with opened(browser, path) as (page, complaints, _):
        root = page.locator("#page")
        first = int(root.get_attribute("data-moment"))
        page.click("#back")
        page.keyboard.press("Home")
        assert root.get_attribute("data-moment") == "0"
        page.click("#next")
        assert 0 < int(root.get_attribute("data-moment")) < first
        page.keyboard.press("End")
        assert page.is_disabled("#on")
        # Searching: every part must stand in the row.
        page.click("#tab-orders")
        page.fill("#search", "filled buy")
        found = page.eval_on_selector_all("#table tbody tr", "rows => rows.map(row => row.textContent)")
        assert 0 < len(found) < len(session.orders)
        assert all("filled" in row and "buy" in row for row in found)
        page.fill("#search", "no such thing")
        assert "None match" in page.inner_text("#table")
        page.fill("#search", "onerror")
        page.click("#table tbody tr")
        assert page.title() != "hacked"
        # A title sorts, and the table can be taken along.
        page.fill("#search", "")
        for way in (1, -1):
            page.click("#table th:nth-child(6) button")
            cells = page.eval_on_selector_all("#table td:nth-child(6)", "cells => cells.map(cell => cell.textContent)")
            sizes = [way * int(cell.replace(",", "")) for cell in cells]
            assert sizes == sorted(sizes)
        with page.expect_download() as saved:
            page.click("#csv")
        assert len(Path(saved.value.path()).read_text("utf-8-sig").splitlines()) == len(session.orders) + 1
        page.click("#tab-orders")
        # An order of the strategy shows its line, and why it did what it did.
        page.fill("#search", "")
        page.click("#table tbody tr:last-child")
        assert "context.order" in page.inner_text("#source .marked")
        # The line that asked for it stands beside, in the source.
        for text in [finding.text for finding in session.explain(1).findings if finding.check != "Code"]:
            assert text in page.inner_text("#why")
        page.click("#language")
        assert session.explain(1, language="zh").findings[0].text in page.inner_text("#why")
        # At the moment at which it was placed nothing later is told.
        page.click("#why button")
        assert page.eval_on_selector_all("#why .findings tr", "rows => rows.length") < len(session.explain(1).findings)
        # A click on a bar goes to its day.
        page.keyboard.press("End")
        chart = page.locator(".qr-live-canvas")
        box = chart.bounding_box()
        page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + 100)
        page.wait_for_timeout(100)
        day = page.get_attribute(".qr-live-chart", "data-label")
        page.mouse.click(box["x"] + box["width"] * 0.7, box["y"] + 100)
        page.wait_for_function(f"() => document.getElementById('page').dataset.day === '{day}'")
        assert complaints == []


def test_it_plays_to_its_end_and_opens_where_a_link_says(browser: Any, tmp_path: Path) -> None:
    """Protects the teacher's link, and playing, which stops by itself."""
    session = demo.hand_session()
    list(demo.by_hand(session))
    path = session.save_recording(tmp_path / "story.html")
    with opened(browser, path, "#branch=0&moment=1&order=2&language=zh&theme=dark") as (page, complaints, _):
        assert page.get_attribute("#page", "data-moment") == "1"
        assert page.get_attribute("html", "data-theme") == "dark"
        assert page.get_attribute("html", "lang") == "zh"
        page.click("#play")
        page.wait_for_function("() => document.getElementById('play').disabled")
        assert page.get_attribute("#page", "data-moment") == "3"
        assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_follows_the_system_and_reads_in_both(browser: Any, tmp_path: Path, scheme: str) -> None:
    """Protects eyes: by itself light or dark, and every text at 4.5 to 1 on what lies under it."""
    path = traded().save_recording(tmp_path / "story.html")
    with opened(browser, path, "#order=1&moment=30&branch=0", color_scheme=scheme) as (page, _, _):
        assert page.get_attribute("html", "data-theme") == scheme
        for tab in ("fills", "positions", "figures", "orders"):
            page.click(f"#tab-{tab}")
            assert page.evaluate(CONTRAST, "body") == []


def test_a_year_of_fifty_symbols_fits_a_mail(browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects the mail: 250 days, 50 symbols and 500 orders take at most 3 MB, and open at their end."""
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "benchmarks")
    session = importlib.import_module("bench_recording").lived()
    assert (len(session.orders), len(session.market.symbols)) == (500, 50)
    path = session.save_recording(tmp_path / "story.html")
    assert path.stat().st_size <= 3_000_000
    with opened(browser, path) as (page, complaints, _):
        assert fact(page, "equity") == number(session.portfolio.equity)
        assert complaints == []
