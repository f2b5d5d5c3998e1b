"""Takes pictures of all that is seen, to be looked at: ``python tests/browser/screens.py FOLDER``, in a real browser.

The workbench, tables, plots, accounts of futures, options and bonds, a margin account, a recording, the pages of a run
and of a sweep, a tear-sheet, two branches compared, and that of ``qresearch app``, light and dark, in English and
Chinese, at three widths.
``--only workbench --widths 1280`` takes some of them. What the console complains of is printed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lab import Lab, check_chinese, chromium, free_port, served
from test_workbench import TRADED

import qresearch as qr
from qresearch import demo

WIDTHS, THEMES, LANGUAGES = (1000, 1280, 1920), ("light", "dark"), ("en", "zh")
STORY = TRADED.partition("session.show(")[0].replace("cash=100_000", "cash=100_000, language={language!r}")
SHOW = "session.panels(language={language!r}, theme={theme!r})"
CODE = """
def handle_data(context, data):
    if context.now.day.weekday() == 4:
        for symbol in ("604018", "604052"):
            context.buy(symbol, 100)
session = qr.Session(qr.sample_market(), start="2022-03-10", cash=100_000, strategy=handle_data).step(2)
"""
FUTURES = """
import qresearch as qr
from qresearch import terms
session = qr.Session(qr.sample_futures(), start="2023-06-08", cash=320_000, account="futures", language={language!r})
session.step(); session.buy("QT2307", 11, terms.to_open()); session.step(2); session.step(phase="AFTER_CLOSE")
"""
OPTIONS = """
import qresearch as qr
from qresearch import terms
session = qr.Session(qr.sample_options(), start="2022-11-28", cash=300_000, account="options", language={language!r})
session.step(); session.buy("514101.SH", 20_000); session.sell("P2212M4000", 5); session.buy("C2212M4000", 3)
session.step(phase="OPEN"); session.account.lock("514101.SH", 20_000)
session.sell("C2212M4200", 2, terms.covered_open(terms.at_close())); session.step(6)
"""
MARGIN = """
import qresearch as qr
from qresearch import terms
session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000, account="margin", language={language!r})
session.step(); session.buy("604018", 5_000, terms.to_open()); session.step()
session.buy("604018", 6_000, terms.financed()); session.step(5)
"""
BONDS = """
import qresearch as qr
session = qr.Session(qr.sample_bonds(), start="2023-06-14", cash=1_000_000, account="bond", language={language!r})
session.step(); session.buy("019801", 1_000); session.step(8)
"""
SWEPT = """
def cross(context, data, fast, slow):
    closes = context.history("604018", slow).iloc[:, 0]
    context.order_target("604018", 1_000 if closes.tail(fast).mean() > closes.mean() else 0)
space = {"fast": [3, 5, 8], "slow": [15, 20, 30]}
span = {"start": "2022-03-01", "end": "2022-05-31", "progress": False}
qr.sweep(cross, qr.sample_market(), space, language={language!r}, **span).plot()
"""
CELLS = {
    "workbench": [STORY + SHOW + ".workbench()"],
    "tables": [STORY, "session.orders", "session.fills", "session.positions", "session.events", "session"],
    "plots": [STORY + "session.run(until='2022-05-31', progress=False); session.back(20).branch('held')",
              "session.sell('604018', 900); session.step(20).plot()", "session.plot('candles', symbol='604018')",
              "session.plot('exposure')", "session.plot('monthly')", "session.plot('orders')", "session.plot('lives')",
              "session.plot('life', order=4)", "session.branches.compare('main', 'held').plot()", SWEPT],
    "futures": [FUTURES + SHOW + ".workbench()"],
    "options": [OPTIONS + "board = " + SHOW + ".workbench()\nboard.desk.symbol = 'C2212M4200'\nboard"],
    "margin": [MARGIN + SHOW + ".workbench()"],
    "bonds": [BONDS + SHOW + ".workbench()"],
    "code": [STORY + CODE + SHOW + ".code()", SHOW + ".details(1)"],
}  # fmt: skip
"""The cells of the notebook of each picture."""
TABS = {"workbench": 1, "futures": 3, "options": 3, "margin": 3, "bonds": 3}
"""Which of its tables a workbench shows: orders, or positions."""
TO_THE_TOP = "() => document.querySelectorAll('.jp-WindowedPanel-outer').forEach((panel) => panel.scrollTo(0, 0))"
"""A notebook that was clicked into, or whose last cell was run, stands somewhere below."""
TALL = {"plots": 4700}
"""Pixels of a window that is higher than others."""


def _record(file: Path, _: str) -> None:
    session = demo.hand_session()
    list(demo.by_hand(session))
    session.save_recording(file)


def _plot(file: Path, _: str) -> None:
    session = qr.Session(qr.sample_market(), start="2022-03-01", cash=200_000, strategy=demo.momentum).step(150)
    session.back(30).buy("604018", 500)
    session.step(20).plot("page").save(file)


def _sweep(file: Path, _: str) -> None:
    def cross(context: Any, data: Any, fast: int, slow: int) -> None:
        if fast >= slow:
            raise ValueError(f"fast={fast} is not below slow={slow}.")
        closes = context.history("604018", slow).iloc[:, 0]
        context.order_target("604018", 1_000 if closes.tail(fast).mean() > closes.mean() else 0)

    space = {"fast": [3, 5, 8, 12, 20], "slow": [15, 20, 30, 40, 60]}
    found = qr.sweep(cross, qr.sample_market(), space, start="2022-03-01", end="2022-09-30", progress=False)
    found.plot("page").save(file)


def _report(file: Path, language: str) -> None:
    held = qr.Session(qr.sample_market(), start="2022-03-01", cash=200_000, strategy=demo.momentum, language=language)
    held.step(150).report(file)


def _compared(file: Path, language: str) -> None:
    session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000, language=language)
    session.buy("604018", 1000)
    session.step(20).back(10).branch("sold")
    session.sell("604018", 1000)
    session.step(10).report(file, branch=("main", "sold"))


PAGES = {"recording": _record, "run": _plot, "sweep": _sweep, "tearsheet": _report, "compared": _compared}
"""What writes each page that is a file, in a language where it speaks one only."""


def main(words: list[str] | None = None) -> None:
    """Take the pictures that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="*", default=[*CELLS, *PAGES, "app"])
    parser.add_argument("--widths", nargs="*", type=int, default=WIDTHS)
    parser.add_argument("--themes", nargs="*", default=THEMES)
    parser.add_argument("--languages", nargs="*", default=LANGUAGES)
    options = parser.parse_args(words)
    options.folder.mkdir(parents=True, exist_ok=True)
    looks = [(theme, language) for theme in options.themes for language in options.languages]
    with chromium() as browser, tempfile.TemporaryDirectory() as made:
        if "zh" in options.languages:
            check_chinese(browser)
        lab = Lab(browser, Path(made) / "lab") if set(options.only) & CELLS.keys() else None
        try:
            for name in options.only:
                for theme, language in looks:
                    if name in CELLS and lab is not None:
                        _of_lab(lab, options.folder, name, theme, language, options.widths)
                    elif name in PAGES:
                        _of_page(browser, Path(made), options.folder, name, theme, language, options.widths)
                    elif name == "app":
                        _of_app(browser, options.folder, theme, language, options.widths)
        finally:
            if lab is not None:
                lab.close()


def _of_lab(lab: Lab, folder: Path, name: str, theme: str, language: str, widths: Iterable[int]) -> None:
    """A notebook of JupyterLab in a theme; one page, at each width."""
    cells = [cell.replace("{language!r}", repr(language)).replace("{theme!r}", repr(theme)) for cell in CELLS[name]]
    height = TALL.get(name, 1500)
    with lab.notebook(cells, width=max(widths), height=height) as (page, complaints):
        wanted = "JupyterLab Dark" if theme == "dark" else "JupyterLab Light"
        page.evaluate("(name) => window.jupyterapp.commands.execute('apputils:change-theme', { theme: name })", wanted)
        page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
        if name in TABS:
            page.locator(".qr-tabs .lm-TabBar-tab").nth(TABS[name]).click()
        for width in widths:
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(1500)
            page.evaluate(TO_THE_TOP)
            page.wait_for_timeout(300)
            _taken(page, folder, name, theme, language, width, complaints)


def _of_page(
    browser: Any, made: Path, folder: Path, name: str, theme: str, language: str, widths: Iterable[int]
) -> None:
    file = made / f"{name}-{language}.html"
    if not file.exists():
        PAGES[name](file, language)
    for width in widths:
        page = browser.new_page(viewport={"width": width, "height": 1200}, color_scheme=theme)
        complaints = _listening(page)
        page.goto(f"{file.as_uri()}#language={language}&moment=8&order=1&chosen=3&run=7")
        page.wait_for_timeout(800)
        _taken(page, folder, name, theme, language, width, complaints)
        page.close()


def _of_app(browser: Any, folder: Path, theme: str, language: str, widths: Iterable[int]) -> None:
    code = "import sys; from qresearch.cli import main; sys.exit(main(sys.argv[1:]))"
    words = ["app", "--language", language, "--theme", theme, "--", "--no-browser", f"--port={free_port()}"]
    with served([sys.executable, "-c", code, *words]) as address:
        for width in widths:
            page = browser.new_page(viewport={"width": width, "height": 1300})
            complaints = _listening(page)
            page.goto(address, timeout=60_000)
            page.wait_for_selector("button.qr-step", timeout=60_000)
            page.wait_for_timeout(1500)
            _taken(page, folder, "app", theme, language, width, complaints)
            page.close()


def _listening(page: Any) -> list[str]:
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


def _taken(page: Any, folder: Path, name: str, theme: str, language: str, width: int, complaints: list[str]) -> None:
    file = folder / f"{name}-{theme}-{language}-{width}.png"
    page.screenshot(path=file)
    print(f"wrote {file}{f'; the console complains: {complaints}' if complaints else ''}", flush=True)


if __name__ == "__main__":
    print(f"qresearch {qr.__version__}")
    main()
