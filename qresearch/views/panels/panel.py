"""A panel: a widget of the workbench that stands alone as well, and its content as static HTML."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from html import escape
from typing import Any, ClassVar, TypeVar

import ipywidgets as widgets

from qresearch.errors import QresearchError
from qresearch.views.panels.desk import Desk
from qresearch.views.panels.theme import style

W = TypeVar("W", bound=widgets.Widget)


class Panel:
    """The base of all panels.

    A panel fills ``self.body`` (a VBox) in its constructor and registers itself. It says what its content depends on
    (:meth:`depends`), paints its widgets (:meth:`draw`), and tells the same content as HTML (:meth:`html`).

    Parameters
    ----------
    desk : Desk
    """

    name: ClassVar[str] = ""
    """Key of the panel in the words and in the classes of its widgets (``qr-<name>``)."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.words = desk, desk.words
        self.last_error: BaseException | None = None
        """What the last action raised; None when it went well."""
        self.said = ""
        """What the last action had to say."""
        self.asked_for: dict[str, object] | None = None
        """The options with which it was asked for by itself; None for a part of a workbench."""
        self.is_shown = True
        """False in a tab that is not open: the panel is not painted."""
        self.painting = Painting()
        self.body = classed(widgets.VBox([]), "qr-body")
        self._note = classed(widgets.HTML(""), "qr-note")
        self.widget = classed(widgets.VBox([self._note, self.body]), "qr-panel", f"qr-{self.name}")
        self._frame: widgets.VBox | None = None
        self._drawn: Hashable = None
        desk.add(self)

    # ------------------------------------------------------------------ content

    def depends(self) -> Hashable:
        """What the content depends on: the panel is painted again only when this has changed."""
        return self.desk.stamp()

    def refresh(self) -> None:
        """Paint the panel if it is on show and its content has changed."""
        if not self.is_shown:
            return
        wanted = self.depends()
        if wanted != self._drawn:
            self._drawn = wanted
            self.draw()

    def draw(self) -> None:
        """Paint the widgets anew."""
        raise NotImplementedError

    def html(self) -> str:
        """The content as static HTML, escaped: what nbval compares, and GitHub shows."""
        raise NotImplementedError

    def order_chosen(self) -> None:
        """An order was chosen in a table: a place to show its details may open."""

    def take_price(self, price: float) -> None:
        """Use a price that was picked on the chart; most panels have no use for one."""

    def tell(self, text: str, error: BaseException | None = None) -> None:
        """Show a sentence, or what went wrong with its advice, until the next action."""
        self.said = text if error is None else "\n".join([*([text] if text else []), told(error)])
        # What went wrong stands first: what was printed before it may be long.
        alert = "" if error is None else f'<div class="qr-error" role="alert">{_lines(told(error))}</div>'
        status = f'<div class="qr-said" role="status">{_lines(text)}</div>' if text else ""
        self._note.value = alert + status

    # ------------------------------------------------------------------ parts

    def button(self, key: str, call: Callable[[], object], *, kind: str = "", hint: str = "") -> widgets.Button:
        """A button with a text label whose click goes through the guard of the desk.

        Parameters
        ----------
        key : str
            Its word, and its class ``qr-<key>``.
        call : callable
        kind : {"", "primary", "success", "danger"}
        hint : str
            Shown on hovering, and read to those who do not see; default the label.
        """
        label = self.words(key)
        made = widgets.Button(description=label, tooltip=hint or label, button_style=kind)
        made.layout.width = "auto"
        made.on_click(lambda _: self.desk.act(self, call))
        return classed(made, class_of(key))

    def choice(self, key: str, options: Iterable[Any], *names: str, **place: Any) -> widgets.Dropdown:
        """A field to choose from some words, by their keys, or from (what is shown, value)."""
        shown = [(self.words(option), option) if isinstance(option, str) else option for option in options]
        return named(widgets.Dropdown(options=shown), self.words(key), *names, **place)

    def follow(self, call: Callable[[Any], object], *fields: widgets.Widget) -> None:
        """When a person changes one of some fields, call something with its value, through the guard of the desk."""

        def changed(change: dict[str, Any]) -> None:
            if not self.painting:
                self.desk.act(self, lambda: call(change["new"]))

        for field in fields:
            field.observe(changed, names="value")

    def heading(self) -> str:
        """The name of the panel as HTML."""
        return f"<div><b>{escape(self.words(self.name))}</b></div>"

    # ------------------------------------------------------------------ showing and closing

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        self.refresh()
        if self._frame is None:
            self._frame = framed(self.desk, [self.widget])
        bundle = self._frame._repr_mimebundle_() or {}
        bundle["text/plain"] = repr(self)
        bundle["text/html"] = self.html()
        return bundle

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.desk.session!r}>"

    def close(self) -> None:
        """Take the panel off the desk, and release its widgets and their channels to the browser."""
        self.desk.drop(self)
        release(self.widget if self._frame is None else self._frame)


def framed(desk: Desk, parts: list[widgets.Widget]) -> widgets.VBox:
    """The outermost box: carries the style sheet and the classes of the look."""
    return classed(widgets.VBox([widgets.HTML(style()), *parts]), "qr-desk", f"qr-{desk.theme}", class_of(desk.colours))


def release(widget: widgets.Widget) -> None:
    """Close a widget and all inside it, with their layouts and styles: none is left in the kernel or the browser."""
    for child in getattr(widget, "children", ()):
        release(child)
    for part in ("layout", "style"):
        held = getattr(widget, part, None)
        if isinstance(held, widgets.Widget):
            held.close()
    widget.close()


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


def classed(widget: W, *names: str) -> W:
    """A widget with classes for the style sheet, by which tests find it as well."""
    for name in names:
        widget.add_class(name)
    return widget


def named(widget: W, label: str, *names: str, width: str | None = "auto") -> W:
    """A field with its label, which is also its name for those who listen to the page, and its classes.

    With the class ``qr-unseen`` the label is read out and not shown: what it is can be seen from what stands in it.
    """
    widget.description = label
    widget.style.description_width = "initial"
    widget.layout.width = width
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


def told(error: BaseException) -> str:
    """An error in words: ours carry their advice, others are named."""
    return str(error) if isinstance(error, QresearchError) else f"{type(error).__name__}: {error}"


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")
