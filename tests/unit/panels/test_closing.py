"""A workbench that is closed: nothing keeps its session, neither a registry of widgets nor a kernel."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import ipywidgets as widgets
import nbformat
import pytest
from ipywidgets.widgets.widget import _instances
from nbclient import NotebookClient

import qresearch as qr
from qresearch.views.panels.workbench import TABS

MARKET = qr.sample_market()
WAYS = ("shown", "never shown", "clicked", "one by one", "in another look", "shown again")


def walk(widget: widgets.Widget) -> Iterator[widgets.Widget]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from walk(child)


def click(widget: widgets.Widget, name: str) -> None:
    next(part for part in walk(widget) if name in part._dom_classes).click()


def closed(way: str) -> weakref.ref[qr.Session]:
    """A session whose workbench was used in some way, and closed."""
    session = qr.Session(MARKET, start="2022-03-01", cash=100_000).step(3)
    session.buy("604018", 100)
    bench = session.show(language="zh", theme="dark") if way == "in another look" else session.show()
    if way != "never shown":
        bench._repr_mimebundle_()
    if way == "clicked":
        click(bench.widget, "qr-step")
        click(bench.widget, "qr-back")
        for kind in TABS:
            bench.open(kind.name)
        bench.desk.select(order_id=1)
    if way == "one by one":
        panels = session.panels
        for panel in (panels.chart(renderer="png"), panels.ticket(), panels.details(1), panels.costs()):
            panel._repr_mimebundle_()
        panels.close()
    bench.close()
    if way == "shown again":
        again = session.show()
        again._repr_mimebundle_()
        again.close()
    return weakref.ref(session)


@pytest.mark.parametrize("way", WAYS)
def test_closing_a_workbench_frees_its_session(way: str) -> None:
    """Protects long notebooks: sessions that were shown and closed are all gone, with every widget."""
    gc.collect()
    before = set(_instances)
    kept = [closed(way) for _ in range(5)]
    gc.collect()
    assert sum(session() is not None for session in kept) == 0
    assert set(_instances) <= before


IN_A_KERNEL = """
import gc, weakref, qresearch as qr
from IPython.display import display
market, kept = qr.sample_market(), []
def show():
    session = qr.Session(market, start="2022-03-01", cash=100_000)
    bench = session.show()
    display(bench)
    bench.close()
    kept.append(weakref.ref(session))
for _ in range(5):
    show()
"""


def test_a_kernel_keeps_no_closed_workbench() -> None:
    """Protects the same where there are comms to a browser and a hook after each cell: in a real kernel."""
    cells = [IN_A_KERNEL, "gc.collect(); print(sum(session() is not None for session in kept))"]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    done = NotebookClient(book, timeout=120, kernel_name="python3").execute()
    assert done.cells[-1].outputs[0].text == "0\n"
