"""What a table of the workbench can do besides showing a page: be sorted by a column, copied, and saved as CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from html import unescape
from typing import TYPE_CHECKING, Any, Protocol

import ipywidgets as widgets

from qresearch.book.html import Column
from qresearch.views.panels.fields import Painting, has_live, put, show_if

if TYPE_CHECKING:
    from collections.abc import Callable

    from qresearch.sentences import Words
    from qresearch.views.panels.desk import Desk
    from qresearch.views.panels.live_chart import TableHands

_NUMBER = re.compile(r"[-+]?[\d,]+(\.\d+)?")
_TAGS = re.compile(r"<[^>]*>")


class Tabular(Protocol):
    """The panel of a table."""

    name: Any
    head: Any
    desk: Desk
    words: Words
    painting: Painting

    def columns(self) -> Sequence[Column]:
        """Its columns behind the key."""

    def listed(self) -> Iterator[Any]:
        """What is listed, as far as the filters let it through."""

    def key(self, item: Any) -> str:
        """What stands on the button of a row."""

    def first_page(self) -> None:
        """Begin with the first row again."""

    def tell(self, text: str) -> None:
        """Show a sentence."""

    def choice(self, key: str, options: Any, *names: str, **place: Any) -> widgets.Dropdown:
        """A field to choose from."""

    def button(self, key: str, call: Callable[[], object]) -> widgets.Button:
        """A button whose click goes through the guard."""

    def follow(self, call: Callable[[Any], object], *fields: widgets.Widget) -> None:
        """Call something when a field changes."""


class TableTools:
    """The order of the rows of a table, and the ways to take them along.

    A click on a head of the table sorts where the extra ``live`` is there, and the field does everywhere.

    Parameters
    ----------
    panel : Tabular
    """

    def __init__(self, panel: Any) -> None:
        self._panel: Tabular = panel
        words = self._panel.words
        self.by = ("", False)
        """The column by which the rows are sorted, and whether downwards; without one the newest come first."""
        heads = [(words(column.key), column.key) for column in self._panel.columns()]
        self.choice = self._panel.choice("sort_by", [(words("newest"), ""), *heads], "qr-sort", width="190px")
        self._panel.follow(self.sort_by, self.choice)
        self._hands = self._listening()
        buttons = self._panel.button("copy", self._copied), self._panel.button("csv", self._saved)
        for made in buttons:
            # Both need something that runs in the browser.
            show_if(made, self._hands is not None)
        self.others: list[widgets.Widget] = [*buttons, *([] if self._hands is None else [self._hands])]
        """What stands behind the field."""

    def _listening(self) -> TableHands | None:
        if not has_live():
            return None
        from qresearch.views.panels.live_chart import TableHands  # noqa: PLC0415  # an extra, only where it is there

        return TableHands(lambda key: self._panel.desk.act(self._panel, lambda: self.sort_by(key)))  # type: ignore[arg-type]

    def sort_by(self, column: str) -> None:
        """Sort by a column; by the same one again the other way round."""
        if column not in {"", *(item.key for item in self._panel.columns())}:
            return
        key, down = self.by
        self.by = (column, not down if key == column else False)
        with self._panel.painting:
            put(self.choice, column)
        self._panel.first_page()

    def sorted(self, items: Iterator[Any]) -> Iterator[Any]:
        """Some items in the order that was chosen."""
        key, down = self.by
        column = next((item for item in self._panel.columns() if item.key == key), None)
        if column is None:
            return items
        told = [(_sortable(_text_of(column.cell(item))), item) for item in items]
        return (item for _, item in sorted(told, key=lambda pair: pair[0], reverse=down))

    def lines(self) -> list[list[str]]:
        """All that is listed as text, behind its heads."""
        panel, columns = self._panel, self._panel.columns()
        head = [panel.words(panel.head), *(panel.words(column.key) for column in columns)]
        rows = (
            [panel.key(item), *(_text_of(column.cell(item)) for column in columns)]
            for item in self.sorted(panel.listed())
        )
        return [head, *rows]

    def csv(self) -> str:
        """The same as CSV, its numbers without separators."""
        out = io.StringIO()
        for line in self.lines():
            csv.writer(out).writerow(
                [cell.replace(",", "") if _NUMBER.fullmatch(cell) else _safe(cell) for cell in line]
            )
        return out.getvalue()

    def _copied(self) -> None:
        lines = self.lines()
        if self._hands is not None:
            self._hands.copy("\n".join("\t".join(line) for line in lines))
        self._panel.tell(self._panel.words("rows_copied", count=f"{len(lines) - 1:,}"))

    def _saved(self) -> None:
        if self._hands is not None:
            self._hands.save(f"{self._panel.name}.csv", self.csv())


def _safe(cell: str) -> str:
    """What a spreadsheet would take for a formula gets an apostrophe, as in every table that is saved."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _text_of(cell: str) -> str:
    """What is read of a cell."""
    return unescape(_TAGS.sub("", cell)).strip()


def _sortable(text: str) -> tuple[bool, float, str]:
    """What a cell is sorted by: numbers by their size, before words; nothing before both."""
    try:
        return False, float(text.replace(",", "").removesuffix("%")), ""
    except ValueError:
        return (True, 0.0, text) if text not in {"", "–"} else (False, float("-inf"), "")
