"""A field that finds an instrument by code or name among thousands: it offers a few matches, never the whole list."""

from __future__ import annotations

from itertools import chain, islice
from typing import Any

import ipywidgets as widgets

from qresearch.domain.instrument import canonical_symbol
from qresearch.views.panels.desk import Panel
from qresearch.views.panels.fields import Painting, named

MOST = 20
"""Matches on offer at a time."""


class SymbolBox:
    """A text field with matches below it.

    Parameters
    ----------
    panel : Panel
        Where it stands: a symbol that is chosen is selected on its desk, and what matches nothing is told there.

    Examples
    --------
    >>> import qresearch as qr
    >>> from qresearch.views.panels.desk import Desk, Look
    >>> box = SymbolBox(Panel(Desk(qr.Session(qr.sample_market()), Look())))
    >>> box.matches("60401")[0].split()[0]
    '604018.SH'
    """

    def __init__(self, panel: Panel) -> None:
        self._panel, self._market, words = panel, panel.desk.session.market, panel.words
        self._has_missed = False
        self._names = [f"{item.symbol} {item.name}".strip() for item in self._market.instruments]
        self._keys = [text.lower() for text in self._names]
        self._known = frozenset(self._keys)
        self._painting = Painting()
        self._shown = ""
        self.widget = widgets.Combobox(
            placeholder=words("find_symbol"), options=(), ensure_option=False, continuous_update=True
        )
        named(self.widget, words("symbol"), "qr-symbol", width=None)
        self.widget.observe(self._typed, names="value")
        self.widget.on_msg(self._entered)

    def matches(self, text: str) -> list[str]:
        """What is offered for some text: instruments whose code or name begins with it, then those that contain it."""
        wanted = text.strip().lower()
        known = list(zip(self._keys, self._names, strict=True))
        begin = (name for key, name in known if key.startswith(wanted))
        contain = (name for key, name in known if wanted in key and not key.startswith(wanted))
        return list(islice(chain(begin, contain), MOST))

    def show(self, symbol: str) -> None:
        """Show an instrument as the chosen one."""
        if symbol == self._shown:
            return
        self._shown = symbol
        with self._painting:
            self.widget.value = self._names[self._market.column(symbol)]
            self.widget.options = (self.widget.value,)

    def _typed(self, change: dict[str, Any]) -> None:
        if self._painting:
            return
        text = change["new"].strip()
        symbol = self._exact(text)
        if symbol is None:
            self.widget.options = tuple(self.matches(text))
        self._tell(text, misses=symbol is None and not self.widget.options)
        self._choose(symbol)

    def _entered(self, _: object, content: dict[str, Any], __: object) -> None:
        """Enter was pressed: the first match is meant."""
        if content.get("event") == "submit":
            text = self.widget.value.strip()
            found = self.matches(text) if text and self._exact(text) is None else []
            self._choose(self._exact(found[0]) if found else self._exact(text))

    def _choose(self, symbol: str | None) -> None:
        if symbol is not None and symbol != self._shown:
            self.show(symbol)
            desk = self._panel.desk
            desk.act(self._panel, lambda: desk.select(symbol=symbol))

    def _tell(self, text: str, *, misses: bool) -> None:
        """Say so when nothing matches, and take it back when something does again."""
        if misses or self._has_missed:
            self._has_missed = misses
            said = self._panel.words("no_such_symbol", text=text, symbol=self._panel.desk.symbol)
            self._panel.tell(said if misses and text else "")

    def _exact(self, text: str) -> str | None:
        """The symbol that some text names in full: a code in any spelling, or what stands in the list."""
        if " " in text and text.lower() not in self._known:
            return None
        column = self._market.panel.columns.resolved.get(canonical_symbol(text.split(" ", maxsplit=1)[0]))
        return None if column is None else self._market.symbols[column]
