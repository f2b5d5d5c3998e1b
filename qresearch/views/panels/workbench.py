"""The workbench: every panel on one page; and the panels one by one, as ``session.panels`` offers them."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any, TypeVar

import ipywidgets as widgets

from qresearch.domain.calls import told_calls
from qresearch.views.panels.blotters import CashPanel, EventsPanel, FillsPanel, PositionsPanel
from qresearch.views.panels.chart import ChartPanel
from qresearch.views.panels.code_panel import CodePanel
from qresearch.views.panels.cost_panel import CostPanel
from qresearch.views.panels.desk import Desk, Look, Panel
from qresearch.views.panels.details import DetailsPanel
from qresearch.views.panels.order_tables import OpenOrdersPanel, OrdersPanel
from qresearch.views.panels.practice import PracticePanel
from qresearch.views.panels.rules_panel import RulesPanel
from qresearch.views.panels.tearsheet_panel import TearsheetPanel
from qresearch.views.panels.ticket_panel import TicketPanel
from qresearch.views.panels.timeline_bar import TimelinePanel

if TYPE_CHECKING:
    from qresearch.session.port import AnySession

TABS: tuple[type[Panel], ...] = (
    OpenOrdersPanel, OrdersPanel, FillsPanel, PositionsPanel, CashPanel, EventsPanel, DetailsPanel, CodePanel,
    CostPanel, RulesPanel, TearsheetPanel, PracticePanel,
)  # fmt: skip
"""What stands in the tabs below the chart."""
_NAMES = tuple(kind.name for kind in TABS)

P = TypeVar("P", bound=Panel)


class Workbench(Panel):
    """All panels on one page: the timeline above, chart and order ticket side by side, tables and the rest in tabs.

    Parameters
    ----------
    desk : Desk

    Examples
    --------
    >>> import qresearch as qr
    >>> session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000)
    >>> session.show()
    <Workbench of <Session before the first trading day, 2022-03-01; branch main; equity 100,000.00>>
    """

    name = "workbench"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        words = self.words
        self.timeline, self.chart, self.ticket = TimelinePanel(desk), ChartPanel(desk), TicketPanel(desk)
        self._made: dict[str, Panel] = {}
        self._tab = widgets.Tab([widgets.VBox([]) for _ in TABS], titles=[words(name) for name in _NAMES])
        self._tab.selected_index = 0
        self._tab.add_class("qr-tabs")
        self._tab.observe(lambda _: self._turn(), names="selected_index")
        self._turn()
        left, right = widgets.VBox([self.chart.widget]), widgets.VBox([self.ticket.widget])
        left.add_class("qr-left-side")
        right.add_class("qr-right-side")
        main = widgets.HBox([left, right])
        main.add_class("qr-main")
        self.body.children = (self.timeline.widget, main, self._tab)

    @property
    def parts(self) -> list[Panel]:
        """The panels on the page, from above to below; of the tabs those that have been made."""
        made = [self._made[name] for name in _NAMES if name in self._made]
        return [self.timeline, self.chart, self.ticket, *made]

    def tab(self, name: str) -> Panel:
        """The panel of a tab, such as "orders"; made when it is first asked for.

        All of them at once would be a thousand messages to the page, of which a busy kernel may lose some.
        """
        made = self._made.get(name)
        if made is None:
            place = _NAMES.index(name)
            made = self._made[name] = TABS[place](self.desk)
            made.is_shown = place == self._tab.selected_index
            self._tab.children[place].children = (made.widget,)
        return made

    def _turn(self) -> None:
        """Only the panel of the open tab is painted."""
        place = self._tab.selected_index
        opened = None if place is None else self.tab(_NAMES[place])
        for panel in self._made.values():
            panel.is_shown = panel is opened
        if opened is not None:
            self.desk.guard(opened, opened.refresh)

    def open(self, name: str) -> None:
        """Open the tab of a panel, such as "orders"."""
        self._tab.selected_index = _NAMES.index(name)

    def order_chosen(self) -> None:
        """Open the details of the order that was chosen in a table."""
        self.open("details")

    def draw(self) -> None:
        """Nothing of its own: each panel paints itself."""

    def html(self) -> str:
        """The panels that tell where the account stands, one below the other."""
        shown = [self.timeline, self.chart, *map(self.tab, ("open_orders", "orders", "positions"))]
        parts = "".join(panel.html() for panel in shown)
        return f"<div><b>{escape(self.words(self.name))}</b></div>{parts}"

    def close(self) -> None:
        """Take all panels off the desk, and release their widgets."""
        for panel in self.parts:
            panel.close()
        super().close()


@told_calls
class Panels:
    """The panels of a session, each alone: ``session.panels.ticket()``.

    Panels of one look share what is selected: a click on an order in one shows its details in another. All panels of
    a session move together. A panel that is asked for again is the same one.

    Parameters
    ----------
    session : AnySession
    look : Look
    desks : dict of Look to Desk, optional
        Of the session; shared by the panels in other looks.

    Examples
    --------
    >>> import qresearch as qr
    >>> session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000)
    >>> print(session.panels.positions().html())
    <div><b>Positions</b></div><div>Nothing is held.</div>
    >>> print(session.panels(language="zh").positions().html())
    <div><b>持仓</b></div><div>空仓。</div>
    """

    def __init__(self, session: AnySession, look: Look, desks: dict[Look, Desk] | None = None) -> None:
        self._session, self._look = session, look
        self._desks = {} if desks is None else desks

    @classmethod
    def of(cls, session: AnySession) -> Panels:
        """The panels of a session in the usual look of its market."""
        return cls(session, Look.of(session, None, None, "auto"))

    def __call__(self, *, language: str | None = None, colours: str | None = None, theme: str = "auto") -> Panels:
        """The panels in another look.

        Parameters
        ----------
        language : {"en", "zh"}, optional
            Of the labels, reasons and messages. Default: that of the session.
        colours : {"red_up", "green_up"}, optional
            Of rising prices. Default: red in a market in CNY, green elsewhere.
        theme : {"auto", "light", "dark"}

        Raises
        ------
        UsageError
            A word that is none of these.
        """
        look = Look.of(self._session, language, colours, theme)
        return self if look == self._look else Panels(self._session, look, self._desks)

    @property
    def desk(self) -> Desk:
        """What the panels of this look share; made when it is first asked for."""
        if self._look not in self._desks:
            others = next((desk.peers for desk in self._desks.values()), None)
            self._desks[self._look] = Desk(self._session, self._look, others)
        return self._desks[self._look]

    def _one(self, kind: type[P], **options: Any) -> P:
        for panel in self.desk.panels:
            if type(panel) is kind and panel.asked_for == options:
                return panel
        made = kind(self.desk, **options)
        made.asked_for = options
        self.desk.refresh()
        return made

    def workbench(self) -> Workbench:
        """Everything on one page; the same as ``session.show()``."""
        return self._one(Workbench)

    def timeline(self) -> TimelinePanel:
        """Step, go back, play, run until something, and change branches."""
        return self._one(TimelinePanel)

    def chart(self, renderer: str = "auto") -> ChartPanel:
        """Candles with order marks, equity and drawdown.

        Parameters
        ----------
        renderer : {"auto", "live", "png"}
            "live" needs the extra of that name; "auto" takes it where it is installed.

        Raises
        ------
        UsageError
            Another renderer.
        NotSupported
            "live" without its extra; the message says how to install it.
        """
        return self._one(ChartPanel, renderer=renderer)

    def ticket(self) -> TicketPanel:
        """Ask for an order, with a preview before it is sent."""
        return self._one(TicketPanel)

    def open_orders(self) -> OpenOrdersPanel:
        """The orders that wait or work; cancel and change them."""
        return self._one(OpenOrdersPanel)

    def orders(self) -> OrdersPanel:
        """All orders of the branch up to now."""
        return self._one(OrdersPanel)

    def fills(self) -> FillsPanel:
        """All executions up to now."""
        return self._one(FillsPanel)

    def positions(self) -> PositionsPanel:
        """What is held; sellable and locked shares apart."""
        return self._one(PositionsPanel)

    def cash(self) -> CashPanel:
        """Cash, what is reserved, and profit."""
        return self._one(CashPanel)

    def events(self) -> EventsPanel:
        """Everything that happened up to now."""
        return self._one(EventsPanel)

    def details(self, order: str | int | None = None) -> DetailsPanel:
        """Why an order did what it did, and its way through the states.

        Parameters
        ----------
        order : Ticket, str or int, optional
            Default: the order that was chosen last.
        """
        if order is not None:
            self.desk.select(order_id=int(self._session.ticket(order)))
        return self._one(DetailsPanel)

    def code(self) -> CodePanel:
        """The strategy, with the lines marked that asked for the orders of this moment."""
        return self._one(CodePanel)

    def costs(self) -> CostPanel:
        """What trading costs, and what the last fills would have cost under other settings."""
        return self._one(CostPanel)

    def rules(self) -> RulesPanel:
        """What the chosen instrument is today, and the rules that hold for it, with their sources."""
        return self._one(RulesPanel)

    def tearsheet(self) -> TearsheetPanel:
        """The QuantStats page of a branch as of now, and two branches compared."""
        return self._one(TearsheetPanel)

    def practice(self, settings: Mapping[str, Any] | None = None) -> PracticePanel:
        """Questions to answer before one sees: the next state of an order, or whether a price rises or falls.

        Parameters
        ----------
        settings : dict, optional
            What a teacher sets; see :class:`~qresearch.views.panels.practice.PracticeSettings`.

        Raises
        ------
        UsageError
            A key or value that is none of those.
        """
        return self._one(PracticePanel, settings=settings)

    def close(self) -> None:
        """Close all panels of the session, in every look; the session is left alone."""
        for desk in list(self._desks.values()):
            desk.close()
        self._desks.clear()

    def __repr__(self) -> str:
        names = ", ".join(
            name for name in dir(type(self)) if not name.startswith("_") and name not in {"desk", "close", "of"}
        )
        return f"<Panels: {names}>"
