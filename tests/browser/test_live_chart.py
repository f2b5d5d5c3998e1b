"""The live chart alone in a real JupyterLab: crosshair, zoom, pan, keys, a picked price, and bars as they come."""

from __future__ import annotations

import re
from typing import Any

import pytest
from lab import Lab

pytest.importorskip("anywidget", reason="anywidget is not installed: pip install '.[live]'")

CELLS = [
    """
import qresearch as qr
from qresearch import terms
session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000)
session.buy("604018", 1000); session.step(3); session.sell("604018", 500); session.buy("604018", 50); session.step(2)
session.buy("604018", 500, style=terms.limit(9.3, tif="GTC")); session.step()
panels = session.panels(colours="red_up", theme={theme!r})
panels.desk.select(symbol="604018")
panels.chart(renderer="live")
""",
    "panels.ticket()",
    """
import ipywidgets
def step(_): session.step(); panels.desk.refresh()
def back(_): session.back(3); panels.desk.refresh()
def other(_): panels.desk.select(symbol="604052")
row = []
for call in (step, back, other):
    button = ipywidgets.Button(description=call.__name__)
    button.add_class(f"test-{call.__name__}")
    button.on_click(call)
    row.append(button)
ipywidgets.HBox(row)
""",
]


class Chart:
    """The chart on a page: what it says of itself, and where its canvas is."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.root = page.locator(".qr-live-chart")
        self.canvas = page.locator(".qr-live-canvas")
        page.wait_for_function("() => document.querySelector('.qr-live-chart')?.dataset.bars > 0")
        self.canvas.scroll_into_view_if_needed()

    def __getitem__(self, name: str) -> str:
        return str(self.root.get_attribute(f"data-{name}"))

    def number(self, name: str) -> float:
        """A fact of the chart as a number."""
        return float(self[name])

    def at(self, across: float, down: float) -> tuple[float, float]:
        """A point of the canvas in page pixels, from fractions of it."""
        box = self.canvas.bounding_box()
        return box["x"] + across * box["width"], box["y"] + down * box["height"]

    def price_at(self, y: float) -> float:
        """The price at a height of the page, from the scale that the chart tells."""
        top, bottom, low, high = (self.number(name) for name in ("top", "bottom", "low", "high"))
        return low + (bottom - (y - self.canvas.bounding_box()["y"])) / (bottom - top) * (high - low)

    def until(self, condition: str) -> None:
        """Wait until something holds of ``data``, the facts of the chart."""
        self.page.wait_for_function(
            f"() => (({{...data}}) => {condition})(document.querySelector('.qr-live-chart').dataset)"
        )


def cells(theme: str = "light") -> list[str]:
    """The notebook in a theme."""
    return [CELLS[0].replace("{theme!r}", repr(theme)), *CELLS[1:]]


def test_crosshair_zoom_pan_keys_and_picking(lab: Lab) -> None:
    """Protects the hands on the chart: each does what the words below it promise, and the console is silent."""
    with lab.notebook(cells()) as (page, complaints):
        chart = Chart(page)
        assert chart["symbol"] == "604018.SH"
        last, bars = chart.number("to"), chart.number("bars")
        assert last == bars - 1
        readout = page.locator(".qr-live-readout")
        assert readout.inner_text().startswith("2022-03-08 · O ")
        # Crosshair: the readout follows to an older bar.
        x, y = chart.at(0.5, 0.3)
        page.mouse.move(x, y)
        chart.until(f"data.cross && data.bar < {last}")
        assert readout.inner_text().startswith(chart["label"])
        assert chart.number("cross") == pytest.approx(chart.price_at(y), abs=0.011)
        assert chart["label"] in chart.canvas.get_attribute("aria-label")
        # The wheel zooms in about the mouse: fewer bars, the one under the mouse stays.
        bar, wide = chart.number("bar"), chart.number("to") - chart.number("from")
        page.mouse.wheel(0, -300)
        chart.until(f"data.to - data.from < {wide}")
        page.mouse.move(x + 1, y)
        page.wait_for_timeout(100)
        assert abs(chart.number("bar") - bar) <= 1
        # Dragging pans to older bars; it picks no price.
        first = chart.number("from")
        page.mouse.down()
        page.mouse.move(x + 150, y, steps=5)
        page.mouse.up()
        chart.until(f"data.from < {first} && data.follows === 'false'")
        assert chart.root.get_attribute("data-price") is None
        # A double click resets. So far no order form has changed.
        page.mouse.dblclick(*chart.at(0.5, 0.95))
        chart.until("data.follows === 'true'")
        limit = page.locator(".qr-field-limit-price input")
        assert not limit.is_visible()
        # A click picks its price for the order ticket.
        x, y = chart.at(0.4, 0.25)
        page.mouse.click(x, y)
        chart.until("data.price")
        limit.wait_for(state="visible")
        assert float(limit.input_value()) == chart.number("price") == pytest.approx(chart.price_at(y), abs=0.011)
        assert page.locator(".qr-field-type select").evaluate("item => item.selectedOptions[0].text") == "limit"
        # Keys: the crosshair moves, Enter takes its price, Escape leaves.
        chart.canvas.focus()
        page.keyboard.press("Escape")
        chart.until(f"data.cross === '' && data.bar == {last}")
        for key in ("ArrowLeft", "ArrowLeft", "ArrowUp", "ArrowUp", "ArrowUp", "Enter"):
            page.keyboard.press(key)
        chart.until(f"data.bar == {last - 1}")
        close = page.evaluate("() => document.querySelector('.qr-live-readout').textContent")
        assert close.startswith("Limit price set to") or "C 9." in close
        page.wait_for_function(f"() => document.querySelector('.qr-field-limit-price input').value == {chart['price']}")
        assert complaints == []


def test_bars_come_one_by_one(lab: Lab) -> None:
    """Protects playing: a step adds a bar and follows, going back takes bars away, another instrument begins anew."""
    with lab.notebook(cells("dark")) as (page, complaints):
        chart = Chart(page)
        bars = chart.number("bars")
        for number in range(1, 4):
            page.locator("button.test-step").click()
            chart.until(f"data.bars == {bars + number}")
        assert chart["label"] == "2022-03-11"
        assert chart["follows"] == "true"
        page.locator("button.test-back").click()
        chart.until(f"data.bars == {bars}")
        assert (chart["label"], chart["lines"]) == ("2022-03-08", "2")
        page.locator("button.test-other").click()
        chart.until("data.symbol === '604052.SH'")
        assert chart["marks"] == "0"
        page.locator("button.test-step").click()
        chart.until("data.label === '2022-03-09'")
        assert complaints == []


def test_trading_from_the_chart(lab: Lab) -> None:
    """Protects trading where one looks: buy and sell at a price, drag an order's line, go to a bar, studies, trades."""
    with lab.notebook(cells()) as (page, complaints):
        chart = Chart(page)
        assert (chart["trades"], chart["studies"]) == ("1", "")
        box = chart.canvas.bounding_box()
        # A click offers both sides at its price; the ticket takes side and price.
        page.mouse.click(*chart.at(0.4, 0.3))
        chart.until("data.price")
        picked = chart.number("price")
        page.locator(".qr-live-sell").click()
        page.wait_for_function("() => document.querySelector('.qr-side .mod-active')?.textContent.trim() === 'Sell'")
        assert float(page.locator(".qr-field-limit-price input").input_value()) == picked
        assert not page.locator(".qr-live-menu").is_visible()
        # The line of the limit order at 9.30 is dragged upwards: the order has the price at which it was let go.
        y = (
            box["y"]
            + chart.number("bottom")
            - (9.3 - chart.number("low"))
            / (chart.number("high") - chart.number("low"))
            * (chart.number("bottom") - chart.number("top"))
        )
        x = box["x"] + 0.3 * box["width"]
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x, y - 12, steps=4)
        wanted = chart.price_at(y - 12)
        page.mouse.up()
        page.wait_for_function("() => !document.querySelector('.qr-chart-facts').textContent.includes('9.30')")
        told = page.locator(".qr-chart-facts").inner_text()
        moved = float(re.search(r"buy limit[^0-9]*#?\d+[^0-9]*([\d.]+)", told)[1])
        assert moved == pytest.approx(wanted, abs=0.011)
        assert moved != 9.3
        # Studies are drawn by their buttons; another instrument stands beside it.
        page.locator("button.qr-study", has_text="MA 20").click()
        page.locator("button.qr-study", has_text="Bands").click()
        chart.until("data.studies === 'ma20,bands'")
        page.locator(".qr-beside select").select_option(label="604052.SH")
        chart.until("data.beside === '604052.SH'")
        page.mouse.move(*chart.at(0.5, 0.3))
        page.wait_for_function("() => document.querySelector('.qr-live-readout').textContent.includes('604052.SH')")
        # A click below the prices goes to that bar.
        before = chart.number("bars")
        page.mouse.click(*chart.at(0.85 if before < 90 else 0.88, 0.99))
        chart.until(f"data.bars < {before}")
        assert complaints == []


LABELS = "() => [...document.querySelectorAll('.qr-live-chart')].map((item) => item.dataset.label).join()"


def test_a_second_view_and_a_page_that_is_loaded_again_show_the_present(lab: Lab) -> None:
    """Protects whoever looks twice: the chart of a later view or a reloaded page is that of now, not an old one."""
    with lab.notebook([*cells(), "panels.chart(renderer='live')"]) as (page, complaints):
        page.wait_for_function(f"() => ({LABELS})() === '2022-03-08,2022-03-08'")
        page.locator("button.test-step").click()
        page.wait_for_function(f"() => ({LABELS})() === '2022-03-09,2022-03-09'")
        assert complaints == []
        page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save').then(() => null)")
        page.goto(page.url.replace("&reset", ""))
        page.wait_for_function(f"() => ({LABELS})() === '2022-03-09,2022-03-09'", timeout=60_000)
        page.locator("button.test-step").click()
        page.wait_for_function(f"() => ({LABELS})() === '2022-03-10,2022-03-10'")
