"""What the panels of one workbench share: the session, the lock, what is selected, the words and the look."""

from __future__ import annotations

import io
import sys
import threading
import warnings
from collections.abc import Callable, Hashable
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from qresearch.domain.instrument import Board
from qresearch.errors import choose
from qresearch.sentences import Words

if TYPE_CHECKING:
    from qresearch.session.port import AnySession

COLOURS = ("red_up", "green_up")
"""Colour of a rising price: red as in China, Japan and Korea, or green as elsewhere."""

PRINTED = 20
"""Lines of what a strategy prints that a panel keeps."""


@dataclass(frozen=True)
class Look:
    """How panels look and speak.

    Parameters
    ----------
    language : {"en", "zh"}
    colours : {"red_up", "green_up"}
    theme : {"light", "dark"}
    """

    language: str = "en"
    colours: str = "green_up"
    theme: str = "light"

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
            choose("theme", theme, ("light", "dark")),
        )


class AnyPanel(Protocol):
    """What a desk asks of a panel: see :class:`qresearch.views.panels.panel.Panel`."""

    last_error: BaseException | None
    said: str
    widget: Any

    def refresh(self) -> None:
        """Paint it if its content has changed."""

    def tell(self, text: str, error: BaseException | None = None) -> None:
        """Show a sentence, or what went wrong."""

    def order_chosen(self) -> None:
        """An order was chosen in a table."""

    def take_price(self, price: float) -> None:
        """A price was picked on the chart."""

    def close(self) -> None:
        """Leave the desk."""


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
        self.panels: list[AnyPanel] = []
        self.symbol = self._first_symbol()
        self.order_id: int | None = None
        self.running = False
        """True while the session plays: buttons that change it are off then, but for pause."""
        self._hooked = False

    @property
    def colours(self) -> str:
        """Colour of a rising price: "red_up" or "green_up"."""
        return self.look.colours

    @property
    def theme(self) -> str:
        """Theme: "light" or "dark"."""
        return self.look.theme

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

    def add(self, panel: AnyPanel) -> None:
        """Repaint a panel from now on."""
        self.panels.append(panel)
        self._hook()

    def drop(self, panel: AnyPanel) -> None:
        """Forget a panel."""
        if panel in self.panels:
            self.panels.remove(panel)
        if not self.panels:
            self._unhook()

    def _hook(self) -> None:
        """Ask the kernel, if there is one, to be called after each cell: a cell may have moved the session."""
        shell = _shell()
        if shell is not None and not self._hooked:
            shell.events.register("post_run_cell", self._after_cell)
            self._hooked = True

    def _unhook(self) -> None:
        shell = _shell()
        if shell is not None and self._hooked:
            shell.events.unregister("post_run_cell", self._after_cell)
        self._hooked = False

    def _after_cell(self, *_: object) -> None:
        if not self.running:
            self.refresh()

    # ------------------------------------------------------------------ acting

    def act(self, panel: AnyPanel, call: Callable[[], object]) -> bool:
        """Do something under the lock; nothing that it raises, warns of or prints is lost.

        Parameters
        ----------
        panel : AnyPanel
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

    def guard(self, panel: AnyPanel, call: Callable[[], object]) -> bool:
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

    def tell(self, panel: AnyPanel, text: str) -> None:
        """Show a sentence in a panel until its next action."""
        panel.tell(text)

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

    def offer_price(self, price: float) -> None:
        """A price was picked on the chart: panels that take one (the order ticket) use it as their limit price."""
        with self.lock:
            for panel in list(self.panels):
                panel.take_price(price)

    def close(self) -> None:
        """Close every panel and leave the session alone."""
        for panel in list(self.panels):
            panel.close()
        self._unhook()
        if self in self.peers:
            self.peers.remove(self)


def _shell() -> Any:
    """The shell of the kernel, if this runs in one; never loads IPython."""
    module = sys.modules.get("IPython")
    return None if module is None else module.get_ipython()
