"""JupyterLab's debugger inside a strategy, as the lesson on debugging tells it."""

from __future__ import annotations

import re
from typing import Any

from lab import Lab

CELLS = [
    """
import qresearch as qr
def hold(context, data):
    wanted = 100
    breakpoint()
    context.order("604018", wanted)
session = qr.Session(qr.sample_market(), start="2022-03-11", cash=100_000, strategy=hold)
session.step()
""",
    "print(len(session.step().orders))",
]
STATUS = "() => window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel.status"


def says(page: Any, text: str) -> None:
    """Wait for the output of the last cell."""
    page.locator(".jp-CodeCell").last.locator(".jp-OutputArea-output", has_text=re.compile(f"^{text}\\s*$")).wait_for()


def test_breakpoint_stops_in_a_strategy_where_the_debugger_is_on(lab: Lab) -> None:
    """Protects the lesson: passed by without the debugger; with it the function waits at its line, and goes on."""
    with lab.notebook(CELLS) as (page, complaints):
        says(page, "2")
        page.locator(".jp-DebuggerBugButton").first.click()
        # It listens once it has told which modules there are.
        page.locator(".jp-DebuggerSidebar", has_text="IPython.core").first.wait_for()
        page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-cell'); }")
        page.locator(".jp-DebuggerCallstack-body", has_text="hold").wait_for(timeout=20_000)
        assert page.evaluate(STATUS) == "busy"
        page.locator(".jp-DebuggerVariables", has_text=re.compile(r"wanted\s*100")).first.wait_for()
        page.evaluate("() => { window.jupyterapp.commands.execute('debugger:continue'); }")
        says(page, "3")
        assert complaints == []
