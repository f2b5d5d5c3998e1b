"""A table of the blotters: one HTML table, with a button before each row and buttons behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import ipywidgets as widgets

if TYPE_CHECKING:
    from qresearch.views.panels.panel import Panel


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Parameters
    ----------
    head : str
    align : {"left", "right"}
    grows : bool
        Takes the width that is left; its text is cut where that does not do.
    """

    head: str
    align: str = "left"
    grows: bool = False


@dataclass(frozen=True)
class Row:
    """One row.

    Parameters
    ----------
    key : str
        On its button: an order id, or a symbol.
    cells : tuple of str
        HTML already.
    hint : str
        What its button does, in words.
    """

    key: str
    cells: tuple[str, ...]
    hint: str = ""


@dataclass(frozen=True)
class Action:
    """A button behind every row.

    Parameters
    ----------
    name : str
        Class of the button, ``qr-row-<name>``.
    label : str
    hint : str
        With ``{order}`` for the key of the row.
    call : callable
        Of the key of the row.
    """

    name: str
    label: str
    hint: str
    call: Callable[[str], object]


class Rows:
    """Rows with buttons: only what changed is sent, and buttons are made once and used again.

    Parameters
    ----------
    panel : Panel
        Whose guard the buttons go through.
    head : str
        Of the column of buttons.
    columns : sequence of Column
    choose : callable
        Of the key of a row whose first button was pressed.
    actions : sequence of Action
    """

    def __init__(
        self,
        panel: Panel,
        head: str,
        columns: Sequence[Column],
        choose: Callable[[str], object],
        actions: Sequence[Action] = (),
    ) -> None:
        self._panel, self._head, self._columns = panel, head, columns
        self._choose, self._actions = choose, actions
        self._keys: list[str] = []
        # One layout for all: a widget less per button.
        self._layout = widgets.Layout(width="auto", height="26px", margin="0")
        self._table = widgets.HTML("")
        self._table.add_class("qr-table")
        self._boxes = [self._box(head), *(self._box(" ") for _ in actions)]
        self._pools: list[list[widgets.Button]] = [[] for _ in self._boxes]
        self.widget = widgets.HBox([self._boxes[0], self._table, *self._boxes[1:]])
        self.widget.add_class("qr-rows")

    @staticmethod
    def _box(head: str) -> widgets.VBox:
        box = widgets.VBox([widgets.HTML(f'<div class="qr-th">{escape(head)}</div>')])
        box.add_class("qr-keys")
        return box

    def fill(self, rows: Sequence[Row]) -> None:
        """Show some rows instead of those that were there before."""
        self._keys = [row.key for row in rows]
        table = self.html(rows, keys=False)
        if self._table.value != table:
            self._table.value = table
        self._label(0, "qr-key", self._choose, [(row.key, row.hint or row.key) for row in rows])
        for place, action in enumerate(self._actions, start=1):
            labels = [(action.label, action.hint.format(order=row.key)) for row in rows]
            self._label(place, f"qr-row-{action.name}", action.call, labels)

    def _label(self, place: int, name: str, call: Callable[[str], object], labels: list[tuple[str, str]]) -> None:
        box, pool = self._boxes[place], self._pools[place]
        while len(pool) < len(labels):
            pool.append(self._button(len(pool), call, name))
        for button, (label, hint) in zip(pool, labels, strict=False):
            button.description, button.tooltip = label, hint
        if len(box.children) != len(labels) + 1:
            # Buttons without a row are put aside, not closed: they come back.
            box.children = (box.children[0], *pool[: len(labels)])

    def _button(self, number: int, call: Callable[[str], object], name: str) -> widgets.Button:
        button = widgets.Button(layout=self._layout)
        button.add_class(name)
        button.on_click(lambda _: self._panel.desk.act(self._panel, lambda: call(self._keys[number])))
        return button

    def html(self, rows: Sequence[Row], *, keys: bool = True) -> str:
        """Some rows as a plain HTML table, with the keys as its first column or without."""
        columns = [Column(self._head), *self._columns] if keys else list(self._columns)
        head = "".join(f'<th scope="col" class="qr-{column.align}">{escape(column.head)}</th>' for column in columns)
        lines = []
        for row in rows:
            cells = (escape(row.key), *row.cells) if keys else row.cells
            inner = "".join(
                f'<td class="qr-{column.align}{" qr-grows" if column.grows else ""}">{cell}</td>'
                for column, cell in zip(columns, cells, strict=True)
            )
            lines.append(f'<tr data-key="{escape(row.key)}">{inner}</tr>')
        return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"

    def close(self) -> None:
        """Release the buttons that are put aside; those on show go with the panel."""
        for pool in self._pools:
            for button in pool:
                button.style.close()
                button.close()
        self._layout.close()
