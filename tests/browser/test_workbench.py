"""The workbench in a real JupyterLab: a whole story by clicks, with nothing to complain about in the console."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from lab import Lab

OPEN = """
import qresearch as qr
session = qr.Session(qr.sample_market(), start="2022-03-11", cash=100_000, clock="same_bar")
session.show({look})
"""
TRADED = """
import qresearch as qr
from qresearch import terms
session = qr.Session(qr.sample_market(), start="2022-03-11", cash=100_000)
session.buy("604018", 1000); session.step(); session.buy("688903", 100); session.order_value("604052", 30_000)
session.step(); session.order_target("604052", 0); session.step(3)
session.buy("604018", 500, style=terms.limit(9.2, tif="GTC")); session.step()
session.show({look})
"""
ASK = """(code) => {
    const kernel = window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel;
    const request = { code: "", silent: true, store_history: false, user_expressions: { it: code } };
    const asked = kernel.requestExecute(request);
    return asked.done.then((reply) => reply.content.user_expressions.it.data?.["text/plain"] ?? "failed");
}"""
OF_NOTEBOOK = "Cannot read properties of undefined (reading 'schema')"
"""What Notebook 7.6 says on every page while it loads its own settings, also on one with the cell ``1 + 1`` alone."""
SPILLS = """() => {
    const desk = document.querySelector(".qr-desk").getBoundingClientRect();
    const kinds = ["button", "input", "select", ".qr-panel"].map((kind) => ".qr-desk " + kind).join(", ");
    const spilled = [];
    for (const item of document.querySelectorAll(kinds)) {
        const box = item.getBoundingClientRect();
        const isOut = box.right > desk.right + 1 || box.left < desk.left - 1;
        if (box.width && isOut) spilled.push(item.className + " outside");
        const isCut = item.tagName === "BUTTON" && item.scrollWidth > item.clientWidth + 1;
        if (isCut) spilled.push(item.textContent + " cut");
    }
    return spilled;
}"""


class Hands:
    """What a person does on the page, and what the kernel says about it.

    Parameters
    ----------
    page : Page
    """

    def __init__(self, page: Any) -> None:
        self.page = page
        page.wait_for_selector(".qr-workbench button.qr-step")

    def ask(self, code: str) -> str:
        """The value of an expression in the kernel, as it prints."""
        return self.page.evaluate(ASK, code).strip("'")

    def click(self, name: str, number: int = 0) -> None:
        """Click a button, and see that the panel stands where the session stands."""
        self.page.locator(f".qr-workbench button.{name}").nth(number).click()
        self.agree()

    def agree(self) -> None:
        """The bar shows the day and phase of the session: the sequence check after each click."""
        there = self.ask("str(session.now.day)[:10] + ' ' + session.now.phase.value")
        words = {"PRE_OPEN": "before the open", "OPEN": "at the open", "INTRADAY": "during the day",
                 "CLOSE": "at the close", "AFTER_CLOSE": "after the close"}  # fmt: skip
        day, phase = there.split(" ")
        self.page.wait_for_function(
            "([day, words]) => { const text = document.querySelector('.qr-now').textContent;"
            " return text.includes(words) && text.includes(day) || text.includes('Before the first'); }",
            arg=[day, words[phase]],
            timeout=5_000,
        )

    def fill(self, name: str, value: str) -> None:
        """Type into a field of the ticket, or choose from its list."""
        field = self.page.locator(f".qr-ticket .qr-field-{name}").locator("input, select").first
        if field.evaluate("item => item.tagName") == "SELECT":
            field.select_option(label=value)
        else:
            field.fill(value)
            field.press("Tab")

    def tab(self, name: str) -> None:
        """Open a tab."""
        self.page.locator(".qr-tabs .lm-TabBar-tab", has_text=re.compile(f"^{name}$")).click()

    def sees(self, place: str, text: str) -> None:
        """Wait until some text stands in a place."""
        self.page.locator(f".qr-workbench {place}", has_text=text).first.wait_for(timeout=8_000)


def test_a_whole_story_by_clicks(lab: Lab) -> None:
    """Protects the first minute: step, buy, wait, fill, T+1, back, branch, costs and tear-sheet, all by clicks."""
    with lab.notebook([OPEN.format(look="")], height=1300) as (page, complaints):
        hands = Hands(page)
        hands.fill("symbol", "604018")
        hands.sees(".qr-instrument", "Hengyu Bank")
        hands.click("qr-step-phase")
        assert hands.ask("session.now.phase.value") == "PRE_OPEN"

        # A buy that waits: the preview says what it would be, the table that it is queued.
        hands.fill("quantity", "1040")
        hands.sees(".qr-preview", "1,000 shares of 604018.SH")
        hands.click("qr-place")
        hands.sees(".qr-ticket .qr-order", "queued")
        hands.sees(".qr-open_orders table", "604018.SH")
        assert hands.ask("session.orders.status[1]") == "QUEUED"

        # It fills at the open.
        hands.click("qr-step-phase")
        hands.sees(".qr-ticket .qr-order", "filled")
        assert hands.ask("session.orders.status[1]") == "FILLED"
        hands.sees(".qr-open_orders", "No open orders.")

        # Sold on the same day: refused, T+1; its number leads to the details.
        page.locator(".qr-side button", has_text="Sell").click()
        hands.sees(".qr-preview", "T+1")
        hands.click("qr-place")
        hands.sees(".qr-ticket .qr-why", "T_PLUS_ONE")
        hands.tab("Orders")
        hands.click("qr-key")
        hands.sees(".qr-details", "the rest was bought today (T+1)")
        assert page.locator(".qr-life svg").count() == 1

        # Back, and do it differently: a branch opens, the old future is kept.
        hands.click("qr-step")
        hands.click("qr-back")
        hands.click("qr-back")
        assert hands.ask("session.orders.status[1]") == "QUEUED"
        hands.tab("Open orders")
        hands.click("qr-row-cancel")
        hands.sees(".qr-timeline", "opened branch")
        assert hands.ask("session.branches.current") != "main"
        assert page.locator(".qr-branch select").evaluate("item => item.options.length") == 2
        page.locator(".qr-branch select").select_option(label="main")
        hands.agree()
        page.wait_for_timeout(300)
        assert hands.ask("session.branches.current") == "main"
        hands.click("qr-step")
        hands.click("qr-step")

        # The costs: what the fill would have cost, before anything is applied.
        hands.tab("Costs")
        least = page.locator(".qr-costs .qr-field-least input")
        least.fill("15")
        hands.sees(".qr-costs table", "15.00")
        assert hands.ask("session.settings.costs.min_commission == 500") == "True"
        hands.click("qr-apply-costs")
        assert hands.ask("session.settings.costs.min_commission == 1500") == "True"

        # The tear-sheet, in a frame without scripts.
        for _ in range(3):
            hands.click("qr-step")
        hands.tab("Tear-sheet")
        page.locator(".qr-tearsheet button.qr-make-page").click()
        frame = page.locator(".qr-tearsheet iframe")
        frame.wait_for(timeout=30_000)
        assert frame.get_attribute("sandbox") == ""
        inside = page.frame_locator(".qr-tearsheet iframe")
        inside.locator("h3", has_text="Key Performance Metrics").wait_for(timeout=20_000)
        assert hands.ask("[panel.name for panel in session.show().parts if panel.last_error]") == "[]"
        assert complaints == []


def test_play_pause_and_keys(lab: Lab) -> None:
    """Protects play: it moves by itself, pause really stops it, and keys do what the buttons do."""
    with lab.notebook([OPEN.format(look="")], height=1300) as (page, complaints):
        hands = Hands(page)
        page.locator(".qr-speed select").select_option(label="10 per second")
        page.locator("button.qr-play").click()
        page.wait_for_function("() => document.querySelector('.qr-now').textContent.includes('trading day 8 ')")
        page.locator("button.qr-play", has_text="Pause").click()
        page.locator("button.qr-play", has_text="Play").wait_for()
        stood = hands.ask("session.simulation.timeline.cursor")
        page.wait_for_timeout(500)
        assert hands.ask("session.simulation.timeline.cursor") == stood
        hands.agree()
        page.locator("button.qr-step").focus()
        for key, change in (("ArrowRight", 1), ("b", -1), (".", 1), ("n", 1)):
            before = int(hands.ask("session.simulation.timeline.cursor"))
            page.keyboard.press(key)
            page.wait_for_timeout(250)
            assert int(hands.ask("session.simulation.timeline.cursor")) == before + change, key
            hands.agree()
        # The notebook's own keys are silent in here: b would have inserted a cell.
        assert page.locator(".jp-Notebook .jp-CodeCell").count() == 1
        # A key in a field is text.
        field = page.locator(".qr-branch-name input")
        field.fill("")
        field.type("pbn")
        assert field.input_value() == "pbn"
        assert complaints == []


def test_the_keyboard_alone_is_enough(lab: Lab) -> None:
    """Protects those without a mouse: Tab walks through named controls, from the timeline through the ticket."""
    with lab.notebook([OPEN.format(look="")], height=1300) as (page, complaints):
        Hands(page)
        page.locator("button.qr-back").focus()
        seen = []
        for _ in range(40):
            seen.append(
                page.evaluate(
                    "() => { const item = document.activeElement; return item.textContent.trim().slice(0, 20) "
                    "|| item.getAttribute('aria-label') || item.labels?.[0]?.textContent || item.title || '?'; }"
                )
            )
            page.keyboard.press("Tab")
        order = ["Back", "Step", "Step phase", "Play", "Run", "Day", "Symbol", "Buy", "Quantity", "Place buy order"]
        places = [seen.index(name) for name in order]
        assert places == sorted(places)
        assert "?" not in seen[: seen.index("Place buy order")]
        assert complaints == []


@pytest.mark.parametrize("key", ["p", " "])
def test_a_key_that_plays_pauses_too(lab: Lab, key: str) -> None:
    """Protects the way to stop (defect 10): the focused button is off while it plays, the key still works."""
    with lab.notebook([OPEN.format(look="")], height=1300) as (page, complaints):
        hands = Hands(page)
        page.locator("button.qr-step").focus()
        page.keyboard.press("p")
        hands.sees("button.qr-play", "Pause")
        page.wait_for_timeout(500)
        page.keyboard.press(key)
        hands.sees("button.qr-play", "Play")
        stood = hands.ask("session.simulation.timeline.cursor")
        assert int(stood) >= 1
        page.wait_for_timeout(600)
        assert hands.ask("session.simulation.timeline.cursor") == stood
        assert complaints == []


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("zh", "dark")])
def test_the_workbench_fits(lab: Lab, tmp_path: Path, language: str, theme: str) -> None:
    """Protects the look: nothing is cut or spills over at either width; words and colours are those asked for."""
    look = f"language={language!r}, theme={theme!r}"
    with lab.notebook([TRADED.format(look=look)], width=1280, height=1300) as (page, complaints):
        page.wait_for_selector(".qr-workbench button.qr-step")
        page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
        page.locator(".qr-tabs .lm-TabBar-tab").nth(1).click()
        page.locator(".qr-orders table").wait_for()
        page.evaluate("() => document.querySelector('.qr-desk').scrollIntoView()")
        for width in (1280, 1000):
            page.set_viewport_size({"width": width, "height": 1300})
            page.wait_for_timeout(500)
            page.screenshot(path=tmp_path / f"workbench-{width}-{theme}-{language}.png")
            assert page.evaluate(SPILLS) == [], width
        ground = page.evaluate("() => getComputedStyle(document.querySelector('.qr-desk')).backgroundColor")
        assert (max(map(int, re.findall(r"\d+", ground)[:3])) < 80) == (theme == "dark")
        assert bool(re.search(r"[\u4e00-\u9fff]", page.locator(".qr-buttons").inner_text())) == (language == "zh")
        assert complaints == []


def test_the_workbench_in_notebook_7(browser: Any, tmp_path: Path) -> None:
    """Protects users of the other front end: buttons and keys work, and the keys of the notebook stay out."""
    pytest.importorskip("notebook", reason="Notebook 7 is not installed: pip install '.[test]'")
    notebook = Lab(browser, tmp_path / "notebook", "notebook")
    try:
        with notebook.notebook([OPEN.format(look="")], height=1300) as (page, complaints):
            hands = Hands(page)
            hands.click("qr-step")
            hands.click("qr-place")
            hands.sees(".qr-ticket .qr-order", "Your order 1")
            page.locator("button.qr-step").focus()
            page.keyboard.press("b")
            page.wait_for_function("() => document.querySelector('.qr-now').textContent.includes('Before the first')")
            assert page.locator(".jp-CodeCell").count() == 1
            assert [text for text in complaints if text != OF_NOTEBOOK] == []
    finally:
        notebook.close()


def test_the_chart_takes_the_height_that_the_ticket_leaves(lab: Lab) -> None:
    """Protects the page from an empty field below the chart, and the numbers of the account from one long column."""
    bottoms = """() => [".qr-live-canvas", ".qr-chart", ".qr-ticket"].map(
        (kind) => Math.round(document.querySelector(kind).getBoundingClientRect().bottom))"""
    with lab.notebook([TRADED.format(look="")], height=1300) as (page, complaints):
        hands = Hands(page)
        before = page.locator(".qr-chart .qr-live-canvas").bounding_box()["height"]
        hands.click("qr-place")
        hands.sees(".qr-ticket .qr-order", "queued")
        page.wait_for_timeout(300)
        canvas, chart, ticket = page.evaluate(bottoms)
        assert abs(chart - ticket) <= 1
        # Between the canvas and the end of its panel stands one line with what the mouse does.
        assert 0 < chart - canvas < 60
        assert page.locator(".qr-chart .qr-live-canvas").bounding_box()["height"] >= before
        # A message does not push the buttons away from under the pointer.
        place = page.locator("button.qr-step").bounding_box()
        hands.click("qr-step")
        hands.click("qr-back")
        hands.click("qr-step")
        hands.sees(".qr-timeline .qr-said", "Redid 1 kept step")
        assert page.locator("button.qr-step").bounding_box() == place
        hands.tab("Cash")
        hands.sees(".qr-cash dl", "Realised profit")
        tops = page.locator(".qr-cash dt").evaluate_all(
            "items => items.map((item) => item.getBoundingClientRect().top)"
        )
        assert len(tops) == 8
        assert len({round(top) for top in tops}) <= 2
        assert complaints == []


GONE = """() => {
    const desk = document.querySelector(".qr-desk");
    const shows = (node) => {
        const look = getComputedStyle(node, "::before");
        return look.display !== "none" && look.content !== "none" && look.content !== "normal";
    };
    const lost = [...desk.querySelectorAll(".jupyter-widgets-disconnected")];
    return { banner: getComputedStyle(desk, "::before").content, icons: lost.filter(shows).length, lost: lost.length };
}"""


@pytest.mark.parametrize(("look", "words"), [("", "The kernel of this page is gone"), ("language='zh'", "内核已不在")])
def test_a_kernel_that_is_gone_is_told_once(lab: Lab, look: str, words: str) -> None:
    """Protects calm (defect 21): one banner that says what to do, no broken icons, and a click does nothing."""
    with lab.notebook([OPEN.format(look=look)], height=1300) as (page, complaints):
        Hands(page)
        page.locator("button.qr-step").focus()
        context = "window.jupyterapp.shell.currentWidget.context.sessionContext"
        page.evaluate(f"() => {context}.session.kernel.restart().then(() => null)")
        page.wait_for_selector(".qr-desk.jupyter-widgets-disconnected")
        found = page.evaluate(GONE)
        assert words in found["banner"]
        assert found["lost"] > 20
        assert found["icons"] == 0
        page.locator("button.qr-step").click(force=True)
        page.keyboard.press("Enter")
        page.keyboard.press("n")
        page.wait_for_timeout(300)
        assert [text for text in complaints if "send" in text.lower()] == []
