"""How fast the workbench answers, in a real JupyterLab: ``python tests/benchmarks/bench_workbench.py``.

5,000 symbols are loaded and 500 orders placed. Measured in the browser: from the click on step until the new day is
painted; how many steps a second play makes with the live chart; and what a thousand clicks leave behind (widgets,
channels, figures, and memory of the kernel). Wanted are 60 ms, 30 steps a second, and no growth.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "browser"))

from lab import Lab, chromium

CLICKS, PLAYED, MANY = 30, 60, 1_000
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
    const began = performance.now();
    const look = () => {
        const now = document.querySelector(".qr-now").textContent;
        if (now === before) requestAnimationFrame(look);
        else requestAnimationFrame(() => resolve(performance.now() - began));
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


def click(page: Any) -> float:
    """Milliseconds from a click on step to the paint after it."""
    return page.evaluate(CLICK)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        lab = Lab(browser, Path(folder) / "lab")
        try:
            with lab.notebook([CELL], height=1200) as (page, complaints):
                page.wait_for_selector("button.qr-step")
                for _ in range(5):
                    click(page)
                spent = [click(page) for _ in range(CLICKS)]
                tenth = sorted(spent)[-CLICKS // 10]
                median = statistics.median(spent)
                print(f"step, click to paint: median {median:.0f} ms, p90 {tenth:.0f} ms, {CLICKS} clicks")

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


if __name__ == "__main__":
    main()
