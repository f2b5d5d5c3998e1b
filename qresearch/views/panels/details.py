"""The details of the selected order: why it did what it did, and its way through the states."""

from __future__ import annotations

from collections.abc import Hashable
from html import escape

import ipywidgets as widgets

from qresearch.views.panels.cells import state_html
from qresearch.views.panels.desk import Desk, Panel
from qresearch.views.panels.fields import classed, put


class DetailsPanel(Panel):
    """Explains the order that was chosen in a table."""

    name = "details"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._words, self._life = widgets.HTML(""), classed(widgets.HTML(""), "qr-life")
        self.body.children = (self._words, self._life)

    def depends(self) -> Hashable:
        """Where the session stands, and which order is chosen."""
        return self.desk.stamp(), self.desk.order_id

    def draw(self) -> None:
        """Write the explanation, and draw the picture."""
        put(self._words, self._explained())
        put(self._life, self._pictured())

    def _is_there(self) -> bool:
        return self.desk.order_id in self.desk.session.simulation.orders.now()

    def _explained(self) -> str:
        words, session, order_id = self.words, self.desk.session, self.desk.order_id
        if order_id is None:
            return f'<div class="qr-empty">{escape(words("choose_order"))}</div>'
        if not self._is_there():
            return f'<div class="qr-empty">{escape(words("order_ahead", order=order_id))}</div>'
        order = session.simulation.orders.now()[order_id]
        why = escape(words.why(session.market.instruments[order.instrument], order))
        reason = "" if order.reason is None else f" · <b>{order.reason}</b> {why}"
        head = f'<div class="qr-order" data-order="{order_id}">{state_html(words, order)}{reason}</div>'
        told = session.explain(order_id, language=words.language).html()
        return f'{head}<div class="qr-explain">{told}</div>'

    def _pictured(self) -> str:
        order_id = self.desk.order_id
        if order_id is None or not self._is_there():
            return ""
        picture = self.desk.session.plot("life", order=order_id, language=self.words.language)
        title = f'<div class="qr-title">{escape(self.words("life"))}</div>'
        return f"{title}{picture.svg}"

    def html(self) -> str:
        """The explanation; the picture is left to ``session.plot("life", order=...)``."""
        return f"{self.heading()}{self._explained()}"
