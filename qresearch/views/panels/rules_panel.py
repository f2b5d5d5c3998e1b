"""The rules that hold for the chosen instrument on the day at which the session stands."""

from __future__ import annotations

from collections.abc import Hashable

import ipywidgets as widgets

from qresearch.views.panels.desk import Desk, Panel
from qresearch.views.panels.fields import classed, put


class RulesPanel(Panel):
    """The page of ``session.tables.rules`` for the instrument that was chosen."""

    name = "rules"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._page = classed(widgets.HTML(""), "qr-explain", "qr-rules-page")
        self.body.children = (self._page,)

    def depends(self) -> Hashable:
        """The instrument and the day."""
        return self.desk.symbol, self.desk.session.simulation.account.day

    def draw(self) -> None:
        """Write the page."""
        put(self._page, self._told())

    def _told(self) -> str:
        return self.desk.session.tables.rules(self.desk.symbol).html(self.words.language)

    def html(self) -> str:
        """The page."""
        return f"{self.heading()}{self._told()}"
