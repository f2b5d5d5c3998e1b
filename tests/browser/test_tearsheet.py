"""The tear-sheet of ``qresearch run`` in a real browser: no error, every section, nothing asked of the network."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from colours import contrast, turned
from PIL import Image

import qresearch as qr
from qresearch.views.dark import as_light

REAL = Path(__file__).resolve().parents[3] / "shared/data/cn_daily.parquet"
LEAST = 4.5
PLOTS = [
    "log_returns", "vol_returns", "eoy_returns", "monthly_dist", "daily_returns", "rolling_beta", "rolling_vol",
    "rolling_sharpe", "rolling_sortino", "dd_periods", "dd_plot", "monthly_heatmap", "returns_dist",
]  # fmt: skip
HEADINGS = ["Key Performance Metrics", "EOY Returns vs Benchmark", "Worst 10 Drawdowns"]
MOMENTUM = """
def handle_data(context, data):
    if context.now.day.month == getattr(context, "month", None):
        return
    context.month = context.now.day.month
    closes = data.history(count=60)
    best = (closes.iloc[-1] / closes.iloc[0]).nlargest(3).index
    for symbol in context.portfolio.positions:
        if symbol not in best:
            context.order_target(symbol, 0)
    for symbol in best:
        context.order_target_value(symbol, 0.3 * context.portfolio.equity)
"""


def run_of(data: str, folder: Path) -> Path:
    """The tear-sheet that the command writes."""
    script = folder / "momentum.py"
    script.write_text(MOMENTUM, encoding="utf-8")
    out = folder / "out"
    words = ["run", str(script), "--data", data, "--out", str(out)]
    code = f"import sys; from qresearch.cli import main; sys.exit(main({words!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out / "tearsheet.html"


@pytest.mark.parametrize("data", ["real", "sample"])
def test_the_tear_sheet_opens_without_an_error(browser, tmp_path: Path, data: str) -> None:
    """Protects the page that a run ends in: what is on it is drawn, with a size, and the browser has no complaint."""
    if data == "real" and not REAL.exists():
        pytest.skip(f"the real bars are not beside this checkout: {REAL}")
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    complaints, asked = [], []
    page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    sheet = run_of(str(REAL) if data == "real" else "sample", tmp_path)
    page.goto(sheet.as_uri())
    page.wait_for_load_state("networkidle")
    assert complaints == []
    assert asked == [sheet.as_uri()]
    assert [heading for heading in HEADINGS if page.locator("h3", has_text=heading).count() != 1] == []
    assert page.locator("#account").inner_text().startswith("Equity at the end")
    drawn = [page.locator("#left > div:first-child svg"), *(page.locator(f"#{name} svg") for name in PLOTS)]
    for name, plot in zip(["returns", *PLOTS], drawn, strict=True):
        assert plot.count() == 1, name
        box = plot.bounding_box()
        assert box["width"] > 200, name
        assert box["height"] > 80, name
    rows = page.locator("#right table").first.locator("tbody tr")
    assert rows.count() > 50
    assert page.locator("#ddinfo tbody tr").count() == 10
    assert "NaN" not in page.locator("#right").inner_text()
    page.close()


PAIRS = """() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const found = parse(getComputedStyle(at).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll("body *")]
    .filter((node) => !node.closest("style, svg") && node.checkVisibility()
      && [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim()))
    .map((node) => [node.textContent.trim(), parse(getComputedStyle(node).color), ground(node)]);
}"""
"""Each text of a page with its colour and that of its ground, before anything is turned."""


@pytest.mark.parametrize("kind", ["quantstats", "own"])
def test_a_file_follows_the_system(browser, tmp_path: Path, kind: str) -> None:
    """Protects from a white page in the dark: all of it is turned, reads at 4.5 to 1, and only where that is wanted."""
    run = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000)
    run.buy("604018", 1000)
    sheet = run.step(1 if kind == "own" else 40).report(tmp_path / "sheet.html").path
    framed = tmp_path / "framed.html"
    framed.write_text(as_light(sheet.read_text("utf-8")), encoding="utf-8")
    seen = {}
    for scheme in ("light", "dark"):
        for name, file in (("file", sheet), ("framed", framed)):
            page = browser.new_page(viewport={"width": 1200, "height": 900}, color_scheme=scheme)
            page.goto(file.as_uri())
            picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            seen[scheme, name] = {picture.getpixel(place) for place in ((2, 2), (1190, 890), (600, 2))}
            pairs = page.evaluate(PAIRS)
            page.close()
    white, turned_white = {(255, 255, 255)}, {(20, 20, 20)}
    assert seen == {
        ("light", "file"): white, ("light", "framed"): white, ("dark", "file"): turned_white, ("dark", "framed"): white,
    }  # fmt: skip
    assert len(pairs) > (20 if kind == "own" else 100)
    for text, *colours in pairs:
        ink, ground = (tuple(part / 255 for part in colour[:3]) for colour in colours)
        assert contrast(ink, ground) >= LEAST, text
        assert contrast(turned(ink), turned(ground)) >= LEAST, text


def test_a_short_run_and_a_comparison_open_too(browser, tmp_path: Path) -> None:
    """Protects our own pages: of a single day, and of two branches."""
    run = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000)
    run.step()
    sheets = [run.report(tmp_path / "one.html").path]
    run.step(5).back(2)
    run.buy("604018", 1000)
    run.step(2)
    here = run.report().text.split(":")[0].removeprefix("branch ")
    sheets.append(run.report(tmp_path / "two.html", branch=("main", here)).path)
    for sheet in sheets:
        page = browser.new_page()
        complaints = []
        page.on("console", lambda message, seen=complaints: seen.append(message.text))
        page.on("pageerror", lambda error, seen=complaints: seen.append(str(error)))
        page.goto(sheet.as_uri())
        assert complaints == []
        assert page.locator("table tbody tr").count() > 5
        images = page.locator("img")
        assert images.count() >= 1
        assert all(image.evaluate("item => item.complete && item.naturalWidth > 100") for image in images.all())
        page.close()
