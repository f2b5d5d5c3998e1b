"""A panel, a widget of the workbench that stands alone as well, and the desk: what the panels of one look share.

They share the session, the lock, what is selected, the words and the look.
"""

from __future__ import annotations

import io
import sys
import threading
import warnings
from collections.abc import Callable, Hashable, Iterable
from contextlib import redirect_stdout
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import ipywidgets as widgets

from qresearch.domain.instrument import Board
from qresearch.errors import QresearchError, choose
from qresearch.sentences import Words
from qresearch.views.dark import DARK
from qresearch.views.panels.cells import LOOKS
from qresearch.views.panels.fields import Painting, class_of, classed, named, release

if TYPE_CHECKING:
    from qresearch.session.port import AnySession

COLOURS = ("red_up", "green_up")
"""Colour of a rising price: red as in China, Japan and Korea, or green as elsewhere."""

STYLE = f"<style>{Path(__file__).with_name('panels.css').read_text(encoding='utf-8')}{DARK}</style>"
"""Every frame of panels carries its style sheet, so that it needs no network."""

PRINTED = 20
"""Lines of what a strategy prints that a panel keeps."""


@dataclass(frozen=True)
class Look:
    """How panels look and speak.

    Parameters
    ----------
    language : {"en", "zh"}
    colours : {"red_up", "green_up"}
    theme : {"auto", "light", "dark"}
        "auto": as the page around them.
    """

    language: str = "en"
    colours: str = "green_up"
    theme: str = "auto"

    @property
    def red_up(self) -> bool:
        """True when rising prices are red."""
        return self.colours == "red_up"

    @classmethod
    def of(cls, session: AnySession, language: str | None, colours: str | None, theme: str) -> Look:
        """A checked look; the language defaults to that of the session, the colours to what the venue is used to.

        Raises
        ------
        UsageError
            A word that is none of those above.
        """
        usual = "red_up" if session.market.venue.money.currency == "CNY" else "green_up"
        return cls(
            session.words.named(language).language,
            choose("colours", usual if colours is None else colours, COLOURS),
            choose("theme", theme, LOOKS),
        )


class Desk:
    """What a set of panels has in common.

    Every change goes through :meth:`act`: it takes the lock, shows what went wrong in the panel that asked, and
    repaints the panels of the session whose content changed. Changes by cells are seen when the cell has run.

    Parameters
    ----------
    session : AnySession
    look : Look
    peers : list of Desk, optional
        The other desks of the session, this one included: they repaint with it, and share its lock.

    Examples
    --------
    >>> import qresearch as qr
    >>> desk = Desk(qr.Session(qr.sample_market(), start="2022-03-01"), Look())
    >>> desk.symbol, desk.order_id
    ('004102.SZ', None)
    """

    def __init__(self, session: AnySession, look: Look, peers: list[Desk] | None = None) -> None:
        self.session, self.look = session, look
        self.peers = [] if peers is None else peers
        self.lock: threading.RLock = self.peers[0].lock if self.peers else threading.RLock()
        self.peers.append(self)
        self.words = Words(look.language)
        self.panels: list[Panel] = []
        self.symbol = self._first_symbol()
        self.order_id: int | None = None
        self.pause: Callable[[], None] | None = next((desk.pause for desk in self.peers if desk is not self), None)
        """Ends what plays or runs, in whatever panel; None while nothing does. Buttons that change the session are off
        meanwhile."""
        self._hooked = False

    def _first_symbol(self) -> str:
        """What to look at first: what is held, else what was ordered last, else the first that can be traded."""
        session = self.session
        held = session.portfolio.quantities
        if held:
            return next(iter(held))
        orders = session.simulation.orders.now()
        symbols = session.market.symbols
        if orders:
            return symbols[orders[max(orders)].instrument]
        tradable = (item.symbol for item in session.market.instruments if item.board is not Board.INDEX)
        return next(tradable, symbols[0])

    def stamp(self) -> Hashable:
        """Where the session stands and how much has happened: equal stamps mean equal content."""
        timeline = self.session.simulation.timeline
        return (
            timeline.branch.name,
            timeline.cursor,
            timeline.count,
            len(timeline.branch.states),
            len(timeline.branches),
        )

    # ------------------------------------------------------------------ panels

    def add(self, panel: Panel) -> None:
        """Repaint a panel from now on; after each cell as well, if there is a kernel: a cell may move the session."""
        self.panels.append(panel)
        shell = _shell()
        if shell is not None and not self._hooked:
            shell.events.register("post_run_cell", self._after_cell)
            self._hooked = True

    def drop(self, panel: Panel) -> None:
        """Forget a panel."""
        if panel in self.panels:
            self.panels.remove(panel)
        if self._hooked and not self.panels:
            _shell().events.unregister("post_run_cell", self._after_cell)
            self._hooked = False

    def _after_cell(self, *_: object) -> None:
        if self.pause is None:
            self.refresh()

    # ------------------------------------------------------------------ acting

    def act(self, panel: Panel, call: Callable[[], object]) -> bool:
        """Do something under the lock; nothing that it raises, warns of or prints is lost.

        Parameters
        ----------
        panel : Panel
            Who asks: errors, warnings and what a strategy prints are shown there.
        call : callable

        Returns
        -------
        bool
            True when it went well.
        """
        with self.lock:
            done = self.guard(panel, call)
            self.refresh_all()
        return done

    def guard(self, panel: Panel, call: Callable[[], object]) -> bool:
        """The part of :meth:`act` that does not repaint: for what is done many times between two repaints."""
        printed = io.StringIO()
        panel.last_error = None
        panel.tell("")
        with warnings.catch_warnings(record=True) as warned, redirect_stdout(printed):
            warnings.simplefilter("always")
            try:
                call()
            except Exception as error:  # noqa: BLE001, RUF100  # whatever it is, the person who clicked must see it
                panel.last_error = error
        # What the call itself has told comes first.
        said = [panel.said] if panel.said else []
        said += [str(warning.message) for warning in warned]
        said += printed.getvalue().rstrip().splitlines()[-PRINTED:] if printed.getvalue() else []
        panel.tell("\n".join(said), panel.last_error)
        return panel.last_error is None

    def refresh(self) -> None:
        """Repaint the panels of this desk whose content changed."""
        with self.lock:
            for panel in list(self.panels):
                try:
                    panel.refresh()
                except Exception as error:  # noqa: BLE001, RUF100  # one broken panel must not silence the others
                    panel.last_error = error
                    panel.tell("", error)

    def refresh_all(self) -> None:
        """Repaint every panel of the session whose content changed."""
        for desk in self.peers:
            desk.refresh()

    # ------------------------------------------------------------------ what is selected

    def select(self, *, symbol: str | None = None, order_id: int | None = None) -> None:
        """Look at another instrument or order; an order brings its instrument along.

        Raises
        ------
        UnknownSymbol
            No such instrument; the message names close matches.
        """
        session = self.session
        with self.lock:
            if order_id is not None:
                record = session.simulation.orders.now().get(int(order_id))
                if record is not None:
                    self.order_id = int(order_id)
                    symbol = symbol or session.market.symbols[record.instrument]
                    for panel in list(self.panels):
                        panel.order_chosen()
            if symbol is not None:
                self.symbol = session.market.symbols[session.market.column(symbol)]
            self.refresh()

    def offer_price(self, price: float, side: str = "") -> None:
        """A price was picked on the chart, to buy or sell at: panels that take one (the order ticket) use it."""
        with self.lock:
            for panel in list(self.panels):
                panel.take_price(price, side)

    def close(self) -> None:
        """Close every panel and leave the session alone."""
        for panel in list(self.panels):
            panel.close()
        if self in self.peers:
            self.peers.remove(self)


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

    def take_price(self, price: float, side: str = "") -> None:
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
        made = widgets.Button(description=label, tooltip=hint or label, button_style=kind, layout={"width": "auto"})
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
            # The outermost box carries the style sheet and the classes of the look.
            look, parts = self.desk.look, [widgets.HTML(STYLE), self.widget]
            self._frame = classed(
                widgets.VBox(parts), "qr-desk", f"qr-{look.theme}", class_of(look.colours), f"qr-{look.language}"
            )
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


def told(error: BaseException) -> str:
    """An error in words: ours carry their advice, others are named."""
    return str(error) if isinstance(error, QresearchError) else f"{type(error).__name__}: {error}"


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def _shell() -> Any:
    """The shell of the kernel, if this runs in one; never loads IPython."""
    module = sys.modules.get("IPython")
    return None if module is None else module.get_ipython()
