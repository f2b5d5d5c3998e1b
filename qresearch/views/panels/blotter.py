"""The base of the tables: a page of rows, newest first, filters, and "N more"."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from html import escape
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar

import ipywidgets as widgets

from qresearch.domain.order import Side
from qresearch.views.panels.panel import Panel, put, show_if, unseen
from qresearch.views.panels.rows import Action, Column, Row, Rows

if TYPE_CHECKING:
    from qresearch.views.panels.desk import Desk

PAGE = 10
"""Rows of a table at a time."""


class Blotter(Panel):
    """The base of the tables: a page of rows, a filter, and "N more".

    A subclass gives its columns (:meth:`columns`), what it lists, newest first (:meth:`listed`), and the row of each
    (:meth:`row`): only the rows of the page are made.
    """

    head: ClassVar[str] = "order"
    nothing: ClassVar[str] = ""
    choices: ClassVar[tuple[str, tuple[str, ...]]] = ("", ())
    """Word for all, and the states that one can filter by."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        words = self.words
        self.page = 0
        self._rows = Rows(self, words(self.head), self.columns(), self.chosen, self.actions())
        self._empty = widgets.HTML("")
        self._more = widgets.HTML("")
        self._newer, self._older = self.button("newer", self._turn_back), self.button("older", self._turn)
        self._wanted = unseen(widgets.Text(placeholder=words("filter"), continuous_update=True), words("filter"))
        self._wanted.layout.width = "170px"
        self._wanted.add_class("qr-filter")
        self._state = unseen(widgets.Dropdown(options=self._options(), value=""), words("state"))
        self._state.layout.width = "150px"
        self._state.add_class("qr-state")
        for control in (self._wanted, self._state):
            control.observe(lambda _: self.desk.act(self, self._first_page), names="value")
        show_if(self._state, bool(self.choices[0]))
        foot = widgets.HBox([self._wanted, self._state, self._more, self._newer, self._older])
        foot.add_class("qr-foot")
        self._foot = foot
        self.body.children = (self._empty, self._rows.widget, foot, *self.extras())

    def _options(self) -> list[tuple[str, str]]:
        every, keys = self.choices
        return [(self.words(every) if every else "", ""), *((self.words(key), key) for key in keys)]

    # ------------------------------------------------------------------ what a subclass gives

    def columns(self) -> Sequence[Column]:
        """The columns behind the key."""
        raise NotImplementedError

    def listed(self) -> Iterator[Any]:
        """What the rows stand for, as far as the filters let it through, newest first."""
        raise NotImplementedError

    def row(self, item: Any) -> Row:
        """The row of one of them."""
        raise NotImplementedError

    def actions(self) -> Sequence[Action]:
        """Buttons behind each row."""
        return ()

    def extras(self) -> Sequence[widgets.Widget]:
        """What stands below the table."""
        return ()

    def chosen(self, key: str) -> None:
        """The button of a row was pressed: look at that order."""
        self.desk.select(order_id=int(key))

    # ------------------------------------------------------------------ painting

    def depends(self) -> Hashable:
        """Where the session stands, the page and the filters."""
        return self.desk.stamp(), self.page, self._wanted.value, self._state.value

    def _found(self) -> tuple[list[Row], int]:
        """The rows of the page, and how many more there are behind it."""
        begin = self.page * PAGE
        items = self.listed()
        shown = [self.row(item) for item in islice(items, begin, begin + PAGE)]
        return shown, sum(1 for _ in items)

    @property
    def _is_filtered(self) -> bool:
        return bool(self._wanted.value.strip() or self._state.value)

    def draw(self) -> None:
        """Fill the table."""
        shown, behind = self._found()
        if not shown and self.page:
            self.page = 0
            shown, behind = self._found()
        self._rows.fill(shown)
        words = self.words
        if shown:
            put(self._empty, "")
        else:
            text = words("none_match") if self._is_filtered else words(self.nothing)
            put(self._empty, f'<div class="qr-empty">{escape(text)}</div>')
        show_if(self._rows.widget, bool(shown))
        show_if(self._foot, bool(shown) or self._is_filtered)
        put(self._more, f'<span class="qr-more">{escape(words("more", count=f"{behind:,}"))}</span>' if behind else "")
        show_if(self._newer, self.page > 0)
        show_if(self._older, behind > 0)

    def _turn(self) -> None:
        self.page += 1

    def _turn_back(self) -> None:
        self.page = max(self.page - 1, 0)

    def _first_page(self) -> None:
        self.page = 0

    def html(self) -> str:
        """The page of rows, and how many more there are."""
        shown, behind = self._found()
        title = f"<div><b>{escape(self.words(self.name))}</b></div>"
        if not shown:
            text = self.words("none_match") if self._is_filtered else self.words(self.nothing)
            return f"{title}<div>{escape(text)}</div>"
        more = f"<div><i>{escape(self.words('more', count=f'{behind:,}'))}</i></div>" if behind else ""
        return f"{title}{self._rows.html(shown)}{more}"

    def close(self) -> None:
        """Take the panel off the desk, and release its widgets."""
        self._rows.close()
        super().close()

    # ------------------------------------------------------------------ parts of rows

    def _symbol(self, column: int) -> str:
        return self.desk.session.market.symbols[column]

    def _matches(self, symbol: str) -> bool:
        wanted = self._wanted.value.strip().lower()
        if not wanted:
            return True
        return wanted in symbol.lower() or wanted in self.desk.session.market.instrument(symbol).name.lower()

    def _day(self, day: int) -> str:
        return str(self.desk.session.market.days[day]) if day >= 0 else "–"

    def _side(self, quantity: float) -> str:
        key = Side.of(quantity).value
        return f'<span class="qr-{key}">{escape(self.words(key))}</span>'
