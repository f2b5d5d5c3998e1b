"""What the tests of the panels share: small sessions on the embedded market, and hands to press with."""

from __future__ import annotations

from collections.abc import Iterator

import ipywidgets as widgets
from ipywidgets.widgets.widget import _instances

import qresearch as qr

SYMBOL = "604018.SH"


def a_session(**options: object) -> qr.Session:
    """A session that stands before 2022-03-01 with 100,000 in cash."""
    return qr.Session(qr.sample_market(), **{"start": "2022-03-01", "cash": 100_000} | options)


def inside(widget: widgets.Widget) -> Iterator[widgets.Widget]:
    """A widget and everything in it."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from inside(child)


def find(panel: object, name: str) -> widgets.Widget:
    """The one widget of a panel with a class, such as ``qr-step``."""
    found = all_of(panel, name)
    assert len(found) == 1, (name, len(found))
    return found[0]


def all_of(panel: object, name: str) -> list[widgets.Widget]:
    """All widgets of a panel with a class."""
    return [item for item in inside(panel.widget) if name in getattr(item, "_dom_classes", ())]


def press(panel: object, name: str, number: int = 0) -> None:
    """Click a button of a panel; a disabled one cannot be clicked."""
    button = all_of(panel, name)[number]
    assert not button.disabled
    button.click()


def alive() -> dict[str, widgets.Widget]:
    """Every widget that holds a channel to the browser, by its id."""
    return dict(_instances)
