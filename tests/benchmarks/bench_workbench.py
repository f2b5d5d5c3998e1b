"""How fast the workbench answers, in a real JupyterLab: ``python tests/benchmarks/bench_workbench.py``.

5,000 symbols are loaded and 500 orders placed. Measured in the browser: from the click on step until the new day is
painted, without a rest between clicks and at the pace of a person, and until the chart is painted too; how many steps
a second play makes with the live chart; and what a thousand clicks leave behind (widgets, channels, figures, and memory
of the kernel). Wanted are 60 ms, 30 steps a second, and no growth. The clicks are made in turn in a JupyterLab as
``qresearch lab`` starts it, and in one that was started without :mod:`qresearch.channel`.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "browser"))

from lab import Lab, chromium

ROUNDS, CLICKS, PLAYED, MANY = 3, 10, 60, 1_000
REST = 600
"""Milliseconds from one click to the next at the pace of a person."""
CELL = """
import numpy as np, pandas as pd, qresearch as qr
rng = np.random.default_rng(1)
T, N = 500, 5_000
days = pd.bdate_range("2018-01-01", periods=T)
codes = [f"{base + n}.SH" for base in (600_000, 601_000, 603_000, 605_000) for n in range(1_000)]
codes += [f"{2_000 + n:06}.SZ" for n in range(1_000)]
close = np.round(10 * np.exp(np.cumsum(rng.normal(0, 0.01, (T, N)), axis=0)), 2)
frame = pd.DataFrame({
    "date": np.repeat(days, N), "symbol": np.tile(codes, T),
    "open": close.ravel(), "high": (close * 1.01).round(2).ravel(), "low": (close * 0.99).round(2).ravel(),
    "close": close.ravel(), "volume": 1e6,
})
session = qr.Session(qr.read_market(frame), start="2018-07-02", cash=1e8)
for n in range(0, 500):
    session.buy(f"{600000 + n}.SH", 100)
session.step(3)
session.show()
"""
CLICK = """() => new Promise((resolve) => {
    const words = document.querySelector(".qr-now");
    const before = words.textContent;
    const chart = document.querySelector(".qr-live-chart");
    const began = performance.now();
    let [day, whole] = [null, null];
    const over = () => day !== null && whole !== null && resolve([day, whole]);
    const drawing = new MutationObserver(() => {
        drawing.disconnect();
        requestAnimationFrame(() => { whole = performance.now() - began; over(); });
    });
    drawing.observe(chart, { attributeFilter: ["data-seq"] });
    const look = () => {
        if (words.isConnected && words.textContent === before) requestAnimationFrame(look);
        else requestAnimationFrame(() => { day = performance.now() - began; over(); });
    };
    document.querySelector("button.qr-step").click();
    look();
})"""
ASK = """(code) => {
    const kernel = window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel;
    const expressions = { it: code };
    const request = { code: "", silent: true, store_history: false, user_expressions: expressions };
    const asked = kernel.requestExecute(request);
    return asked.done.then((reply) => reply.content.user_expressions.it.data?.["text/plain"] ?? "failed");
}"""
COUNTS = (
    "(len(__import__('ipywidgets').widgets.widget._instances), "
    "len(get_ipython().kernel.comm_manager.comms), "
    "len(__import__('matplotlib._pylab_helpers', fromlist=['Gcf']).Gcf.figs))"
)


def counts(page: Any) -> str:
    """Widgets, open channels and figures of pyplot in the kernel."""
    return page.evaluate(ASK, COUNTS)


def resident(page: Any) -> float:
    """Megabytes that the kernel holds, after a collection."""
    code = "(__import__('gc').collect(), open('/proc/self/statm').read())[1]"
    return int(page.evaluate(ASK, code).strip("'").split()[1]) * 4096 / 1e6


def clicks(page: Any, rest: int) -> list[list[float]]:
    """Milliseconds from each of some clicks on step to the paint of the day, and to that of the chart."""
    found = []
    for _ in range(CLICKS):
        found.append(page.evaluate(CLICK))
        if rest:
            page.wait_for_timeout(rest)
    return found


def told(name: str, spent: list[list[float]]) -> float:
    """Print the times of some clicks; gives the median."""
    days, charts = zip(*spent, strict=True)
    median, tenth = statistics.median(days), sorted(days)[-len(days) // 10]
    chart = statistics.median(charts)
    print(
        f"{name:<58}median {median:3.0f} ms, p90 {tenth:3.0f} ms; with the chart {chart:3.0f} ms ({len(days)} clicks)"
    )
    return median


def compare(pages: dict[str, Any]) -> None:
    """Click in turn on the pages, and print how long it took on each."""
    for pace, rest in (("without a rest", 0), ("at the pace of a person", REST)):
        spent: dict[str, list[list[float]]] = {name: [] for name in pages}
        for _ in range(ROUNDS):
            for name, page in pages.items():
                page.bring_to_front()
                spent[name] += clicks(page, rest)
        first, second = (told(f"click to paint, {pace}, {name}", times) for name, times in spent.items())
        print(f"  ratio {first / second:.2f}; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        lab, plain = Lab(browser, Path(folder) / "lab"), Lab(browser, Path(folder) / "plain", options=())
        try:
            with lab.notebook([CELL], height=1200) as (page, complaints):
                with plain.notebook([CELL], height=1200) as (other, _):
                    for one in (page, other):
                        one.wait_for_selector("button.qr-step")
                        one.wait_for_timeout(2_000)
                        clicks(one, 0)
                    compare({"qresearch lab": page, "JupyterLab as it comes": other})
                page.bring_to_front()

                page.locator(".qr-speed select").select_option(index=5)
                stop = int(page.evaluate(ASK, "session.simulation.timeline.cursor"))
                began = time.perf_counter()
                page.locator("button.qr-play").click()
                steps = 0
                while steps < PLAYED:
                    page.wait_for_timeout(50)
                    steps = int(page.evaluate(ASK, "session.simulation.timeline.cursor")) - stop
                seconds = time.perf_counter() - began
                page.locator("button.qr-play").click()
                page.locator("button.qr-play", has_text="Play").wait_for()
                print(f"play with the live chart: {steps / seconds:.1f} steps a second ({steps} in {seconds:.1f} s)")

                # In the middle of what is kept, so that there is a day on both sides.
                page.evaluate(ASK, "(session.goto(30), session.show().desk.refresh())")
                before, bytes_before = counts(page), resident(page)
                began = time.perf_counter()
                for number in range(MANY):
                    page.evaluate(CLICK.replace("qr-step", "qr-back") if number % 2 else CLICK)
                seconds = time.perf_counter() - began
                print(f"{MANY} clicks in {seconds:.0f} s; widgets, channels, figures {before} -> {counts(page)}")
                print(f"memory of the kernel: {bytes_before:,.0f} MB -> {resident(page):,.0f} MB")
                print(f"complaints of the console: {complaints or 'none'}")
        finally:
            lab.close()
            plain.close()


if __name__ == "__main__":
    main()
