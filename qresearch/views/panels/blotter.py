"""The base of the tables: rows with buttons, newest first, a page at a time, filters, and "N more"."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from functools import partial
from html import escape
from itertools import islice
from typing import Any, ClassVar

import ipywidgets as widgets

from qresearch.book.html import Column
from qresearch.domain.order import Side
from qresearch.views.panels.cells import phase_at
from qresearch.views.panels.desk import Desk, Panel
from qresearch.views.panels.fields import classed, named, put, show_if
from qresearch.views.panels.table_tools import TableTools

LENGTHS = (10, 50, 200)
"""Rows of a table at a time, the first at first."""


class Rows:
    """Rows with buttons: only what changed is sent, and buttons are made once and used again.

    Parameters
    ----------
    panel : Blotter
        Whose columns, keys and actions they show, and whose guard the buttons go through.
    """

    def __init__(self, panel: Blotter) -> None:
        self._panel, self._columns = panel, panel.columns()
        self._calls = {"key": panel.chosen} | {f"row-{name}": call for name, call in panel.actions().items()}
        self._keys: list[str] = []
        # One layout for all: a widget less per button.
        self._layout = widgets.Layout(width="auto", height="26px", margin="0")
        self._table = classed(widgets.HTML(""), "qr-table")
        heads = [panel.words(panel.head), *" " * len(panel.actions())]
        self._boxes = [
            classed(widgets.VBox([widgets.HTML(f'<div class="qr-th">{escape(head)}</div>')]), "qr-keys")
            for head in heads
        ]
        self._pools: list[list[widgets.Button]] = [[] for _ in self._boxes]
        self.widget = classed(widgets.HBox([self._boxes[0], self._table, *self._boxes[1:]]), "qr-rows")

    def fill(self, items: Sequence[Any]) -> None:
        """Show some rows instead of those that were there before."""
        panel, words = self._panel, self._panel.words
        self._keys = [panel.key(item) for item in items]
        put(self._table, self.html(items, keys=False))
        labels = [[(key, panel.hint(item) or key) for key, item in zip(self._keys, items, strict=True)]]
        labels += [[(words(name), words(f"{name}_order", order=key)) for key in self._keys] for name in panel.actions()]
        for box, pool, name, column in zip(self._boxes, self._pools, self._calls, labels, strict=True):
            while len(pool) < len(column):
                pool.append(self._button(len(pool), name))
            for button, (label, hint) in zip(pool, column, strict=False):
                with button.hold_sync():
                    button.description, button.tooltip = label, hint
            if len(box.children) != len(column) + 1:
                # Buttons without a row are put aside, not closed: they come back.
                box.children = (box.children[0], *pool[: len(column)])

    def _button(self, number: int, name: str) -> widgets.Button:
        button = classed(widgets.Button(layout=self._layout), f"qr-{name}")
        button.on_click(lambda _: self._panel.desk.act(self._panel, lambda: self._calls[name](self._keys[number])))
        return button

    def html(self, items: Sequence[Any], *, keys: bool = True) -> str:
        """Some rows as a plain HTML table, with the keys as its first column or without."""
        panel = self._panel
        first = [Column(panel.head, lambda item: escape(panel.key(item)))] if keys else []
        columns = [*first, *self._columns]
        head = "".join(self._head(column, is_live=not keys) for column in columns)
        lines = []
        for item in items:
            cells = "".join(
                f'<td class="qr-{column.align}{" qr-grows" if column.grows else ""}">{column.cell(item)}</td>'
                for column in columns
            )
            lines.append(f'<tr data-key="{escape(panel.key(item))}">{cells}</tr>')
        return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"

    def _head(self, column: Column, *, is_live: bool) -> str:
        """A head; in the browser a click on it sorts."""
        panel = self._panel
        name, sign = escape(panel.words(column.key)), ""
        if not is_live:
            return f'<th scope="col" class="qr-{column.align}">{name}</th>'
        order = "none"
        key, down = panel.tools.by
        if key == column.key:
            sign, order = (" ↓", "descending") if down else (" ↑", "ascending")
        return (
            f'<th scope="col" class="qr-{column.align}" data-column="{column.key}" tabindex="0" aria-sort="{order}">'
            f"{name}{sign}</th>"
        )

    def close(self) -> None:
        """Release the buttons that are put aside; those on show go with the panel."""
        for pool in self._pools:
            for button in pool:
                button.style.close()
                button.close()
        self._layout.close()


class Blotter(Panel):
    """The base of the tables: a page of rows, a filter, and "N more".

    A subclass gives its columns (:meth:`columns`) and what it lists, newest first (:meth:`listed`), with the key of
    each (:meth:`key`): only the rows of the page are made.
    """

    head: ClassVar[str] = "order"
    nothing: ClassVar[str] = ""
    choices: ClassVar[tuple[str, tuple[str, ...]]] = ("", ())
    """Word for all, and the states that one can filter by."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        words, (every, states) = self.words, self.choices
        self.page = 0
        self._rows = Rows(self)
        self._empty, self._more = widgets.HTML(""), widgets.HTML("")
        self._newer = self.button("newer", partial(self._turn, -1))
        self._older = self.button("older", partial(self._turn, 1))
        self._wanted = named(
            widgets.Text(placeholder=words("filter"), continuous_update=True), words("filter"), "qr-unseen",
            "qr-filter", width="170px",
        )  # fmt: skip
        options = [(words(every) if every else "", ""), *states]
        self._state = self.choice("state", options, "qr-unseen", "qr-state", width="150px")
        lengths = [(f"{length}", length) for length in LENGTHS]
        self._length = self.choice("rows_at_once", lengths, "qr-length", width="160px")
        self.follow(lambda _: self._turn(-self.page), self._wanted, self._state, self._length)
        show_if(self._state, bool(every))
        self.tools = TableTools(self)
        foot = [self._wanted, self._state, self.tools.choice, self._more, self._newer, self._older, self._length]
        foot += self.tools.others
        self._foot = classed(widgets.HBox(foot), "qr-foot")
        self.body.children = (self._empty, self._rows.widget, self._foot, *self.extras())

    # ------------------------------------------------------------------ what a subclass gives

    def columns(self) -> Sequence[Column]:
        """The columns behind the key."""
        raise NotImplementedError

    def listed(self) -> Iterator[Any]:
        """What the rows stand for, as far as the filters let it through, newest first."""
        raise NotImplementedError

    def key(self, item: Any) -> str:
        """What stands on the button of a row: the id of its order, if it has one."""
        return str(getattr(item, "order_id", "–"))

    def hint(self, item: Any) -> str:
        """What the button of a row does, in words."""
        order_id = getattr(item, "order_id", None)
        return "" if order_id is None else self.words("open_details", order=order_id)

    def actions(self) -> Mapping[str, Callable[[str], object]]:
        """Buttons behind each row: their words to what they do with the key of the row."""
        return {}

    def extras(self) -> Sequence[widgets.Widget]:
        """What stands below the table."""
        return ()

    def chosen(self, key: str) -> None:
        """The button of a row was pressed: look at its order, if it has one."""
        if key.isdigit():
            self.desk.select(order_id=int(key))

    # ------------------------------------------------------------------ painting

    def depends(self) -> Hashable:
        """Where the session stands, the page, the order and the filters."""
        return self.desk.stamp(), self.page, self._wanted.value, self._state.value, self.length, self.tools.by

    def _found(self) -> tuple[list[Any], int]:
        """What the rows of the page stand for, and how many more there are behind it."""
        begin, items = self.page * self.length, self.tools.sorted(self.listed())
        return list(islice(items, begin, begin + self.length)), sum(1 for _ in items)

    @property
    def length(self) -> int:
        """Rows of a page."""
        return int(self._length.value)

    @property
    def _is_filtered(self) -> bool:
        return bool(self._wanted.value.strip() or self._state.value)

    def _absent(self) -> str:
        """Why there is no row."""
        return escape(self.words("none_match" if self._is_filtered else self.nothing))

    def _behind(self, count: int) -> str:
        return escape(self.words("more", count=f"{count:,}"))

    def draw(self) -> None:
        """Fill the table."""
        shown, behind = self._found()
        if not shown and self.page:
            self.page = 0
            shown, behind = self._found()
        self._rows.fill(shown)
        put(self._empty, "" if shown else f'<div class="qr-empty">{self._absent()}</div>')
        show_if(self._rows.widget, bool(shown))
        show_if(self._foot, bool(shown) or self._is_filtered)
        put(self._more, f'<span class="qr-more">{self._behind(behind)}</span>' if behind else "")
        show_if(self._newer, self.page > 0)
        show_if(self._older, behind > 0)
        show_if(self._length, behind > 0 or self.page > 0 or self.length != LENGTHS[0])

    def first_page(self) -> None:
        """Begin with the first row again."""
        self.page = 0

    def _turn(self, by: int) -> None:
        self.page = max(self.page + by, 0)

    def html(self) -> str:
        """The page of rows, and how many more there are."""
        shown, behind = self._found()
        if not shown:
            return f"{self.heading()}<div>{self._absent()}</div>"
        more = f"<div><i>{self._behind(behind)}</i></div>" if behind else ""
        return f"{self.heading()}{self._rows.html(shown)}{more}"

    def close(self) -> None:
        """Take the panel off the desk, and release its widgets."""
        self._rows.close()
        super().close()

    # ------------------------------------------------------------------ parts of rows

    def _symbol(self, column: int) -> str:
        return self.desk.session.market.symbols[column]

    def _instrument(self, item: Any) -> str:
        return escape(self._symbol(item.instrument))

    def _matches(self, symbol: str, *others: str) -> bool:
        wanted = self._wanted.value.strip().lower()
        if not wanted:
            return True
        name = self.desk.session.market.instrument(symbol).name
        return any(wanted in text.lower() for text in (symbol, name, *others))

    def _day(self, day: int) -> str:
        return str(self.desk.session.market.days[day]) if day >= 0 else "–"

    def _when(self) -> tuple[Column, Column]:
        """Day and time of an event."""
        return (
            Column("day", lambda event: self._day(event.at.day)),
            Column("time", lambda event: escape(phase_at(self.desk.session, self.words, *event.at))),
        )

    def _side(self, quantity: float) -> str:
        key = Side.of(quantity).value
        return f'<span class="qr-{key}">{escape(self.words(key))}</span>'
