"""Small hands for widgets: classes, labels, values that are sent only when they change, and their release."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Sequence
from typing import Any, TypeVar

import ipywidgets as widgets

W = TypeVar("W", bound=widgets.Widget)


class Painting:
    """True while it is entered: what is put into fields then was typed by nobody."""

    def __init__(self) -> None:
        self._is_on = False

    def __bool__(self) -> bool:
        return self._is_on

    def __enter__(self) -> None:
        self._is_on = True

    def __exit__(self, *_: object) -> None:
        self._is_on = False


def has_live() -> bool:
    """True when the live chart can be used: its extra is installed."""
    return importlib.util.find_spec("anywidget") is not None


def has_loop() -> bool:
    """True where a task can be begun: in a kernel."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def classed(widget: W, *names: str) -> W:
    """A widget with classes for the style sheet, by which tests find it as well."""
    with widget.hold_sync():  # one message to the page: a workbench is hundreds of widgets
        for name in names:
            widget.add_class(name)
    return widget


def named(widget: W, label: str, *names: str, width: str | None = "auto") -> W:
    """A field with its label, which is also its name for those who listen to the page, and its classes.

    With the class ``qr-unseen`` the label is read out and not shown: what it is can be seen from what stands in it.
    """
    widget.style.description_width = "initial"
    if widget.layout.width != width:
        widget.layout.width = width
    with widget.hold_sync():
        widget.description = label
        return classed(widget, *names)


def class_of(key: str, kind: str = "") -> str:
    """The class of what a word names: ``qr-<kind>-<key>``."""
    return f"qr-{kind}{'-' if kind else ''}{key.replace('_', '-')}"


def relabel(button: widgets.Button, label: str) -> None:
    """Give a button another text, if it has another one."""
    if button.description != label:
        button.description = button.tooltip = label


def put(widget: widgets.Widget, value: object) -> None:
    """Set the value of a widget, if it is another one: what has not changed is not sent."""
    if widget.value != value:
        widget.value = value


def offer(field: widgets.Dropdown, options: Sequence[Any], value: object) -> None:
    """Offer some options in a field, and choose one."""
    if field.options != tuple(options):
        field.options = tuple(options)
    put(field, value)


def show_if(widget: widgets.Widget, shown: bool) -> None:  # noqa: FBT001, RUF100  # one plain fact
    """Show or hide a widget, where it stands."""
    wanted = None if shown else "none"
    if widget.layout.display != wanted:
        widget.layout.display = wanted


def release(widget: widgets.Widget) -> None:
    """Close a widget and all inside it, with their layouts and styles: none is left in the kernel or the browser."""
    for child in getattr(widget, "children", ()):
        release(child)
    for part in ("layout", "style"):
        held = getattr(widget, part, None)
        if isinstance(held, widgets.Widget):
            held.close()
    widget.close()
