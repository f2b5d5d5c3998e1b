"""The tables of a session as a notebook shows them: the columns first that one asks for first.

They are plain DataFrames and print as such; only what a notebook shows of them is ours, and what is made of one (a
selection, a sum, a copy) shows itself as pandas has it. It is a static table that reads anywhere, and a script beside
it (``listing.js``) that sorts, searches, turns pages, shows all columns, copies and saves CSV; nothing is loaded from
anywhere. Where scripts do not run, the static table stays.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from qresearch.book.html import COLOURS, badge, number
from qresearch.domain.order import Status
from qresearch.sentences import Words
from qresearch.sentences.words import price

FIRST = {
    "orders": ("status", "reason", "symbol", "side", "quantity", "filled", "average_price", "placed", "why"),
    "fills": ("day", "phase", "order_id", "symbol", "side", "quantity", "price", "notional", "net"),
    "positions": (
        "quantity", "sellable", "locked", "average_cost", "price", "market_value", "profit", "weight", "stale",
    ),
    "events": ("event", "after", "reason", "day", "phase", "order_id", "symbol", "quantity", "text"),
}  # fmt: skip
"""The columns of each table that are shown first, in this order."""
STATIC = 10
"""Rows of the static table."""
MOST = 5_000
"""Rows that go into a page; of more the last ones."""
LENGTHS = (10, 25, 100, 500)
"""Rows at a time, the first at first."""
_PRICES = frozenset({"average_price", "price", "average_cost"})
_STATES = frozenset({"status", "before", "after"})
_KNOWN_STATES = frozenset(state.value for state in Status)
_SENTENCES = frozenset({"why", "text"})
_IDS = frozenset({"order_id", "seq", "row"})
_LABELS = (
    "filter", "rows_at_once", "all_columns", "copy", "copied", "csv", "newer_page", "older_page", "of_rows",
    "last_rows",
)  # fmt: skip
SCRIPT = Path(__file__).with_name("listing.js").read_text(encoding="utf-8").replace("__COLOURS__", json.dumps(COLOURS))


def listed_as(table: str, frame: pd.DataFrame, language: str) -> pd.DataFrame:
    """A table of a session, which a notebook shows by its most wanted columns.

    Parameters
    ----------
    table : str
        One of :data:`FIRST`.
    frame : DataFrame
        The same object is returned; a copy of it shows all of its columns.
    language : {"en", "zh"}
        Of the words around it; the names of columns and states are those of the frame.

    Examples
    --------
    >>> import qresearch as qr
    >>> session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000)
    >>> _ = session.buy("604018", 1000)
    >>> len(session.orders.columns), session.orders._repr_html_().count("<th ")
    (18, 10)
    """
    # On the object, not the class: nobody else's tables change, and its type stays what everybody expects.
    object.__setattr__(frame, "_repr_html_", _Page(table, frame, language).html)
    return frame


class _Page:
    """What a notebook shows of one table."""

    def __init__(self, table: str, frame: pd.DataFrame, language: str) -> None:
        self._table, self._words, self._given = table, Words(language), frozenset(frame.columns)
        self._frame = frame

    def html(self) -> str:
        """The table, static and live."""
        frame, words = self._frame, self._words
        # Times of day stand beside their day, on minute data; what the user has added is wanted too.
        wanted = [*FIRST[self._table], "time", "placed_time"]
        added = [name for name in frame.columns if name not in self._given]
        first = [name for name in (*wanted, *added) if name in frame.columns]
        rest = [name for name in frame.columns if name not in first]
        part = frame.tail(MOST)
        columns = [_Column(str(frame.index.name or "row"), part.index.to_series(), first=True)]
        columns += [_Column(str(name), part[name], first=name in first) for name in (*first, *rest)]
        shown = [column for column in columns if column.first]
        static = _static(shown, STATIC)
        if not len(part):
            return static
        hidden = len(frame) - min(len(part), STATIC)
        more = f"<div><i>{escape(words('more', count=f'{hidden:,}'))}</i></div>" if hidden else ""
        facts = {
            "name": self._table,
            "rows": len(frame),
            "columns": [column.facts for column in columns],
            "cells": [column.cells for column in columns],
            "lengths": LENGTHS,
            "words": {key: words(key) for key in _LABELS},
        }
        text = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
        for odd, code in (("<", "\\u003c"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029")):
            text = text.replace(odd, code)
        return (
            f'<div class="qr-listing">{static}{more}<script type="application/json">{text}</script></div>'
            f"<script>{SCRIPT}</script>"
        )


class _Column:
    """A column of a page: its cells as text."""

    def __init__(self, name: str, values: pd.Series[Any], *, first: bool) -> None:
        self.name, self.first = name, first
        self.is_number = pd.api.types.is_numeric_dtype(values) and values.dtype != "bool" and name not in _IDS
        self.cells = [_cell(name, value) for value in values.tolist()]

    @property
    def facts(self) -> dict[str, object]:
        """What the script has to know."""
        kinds = {"right": self.is_number, "first": self.first, "state": self.name in _STATES}
        return {"name": self.name, "wraps": self.name in _SENTENCES} | kinds

    @property
    def style(self) -> str:
        """On which side its text stands."""
        # A sentence takes a few lines, and never one word in each: on a narrow page the table scrolls instead.
        wraps = ";min-width:18em" if self.name in _SENTENCES else ";white-space:nowrap"
        return f' style="text-align:{"right" if self.is_number else "left"}{wraps}"'

    def html(self, row: int) -> str:
        """A cell."""
        text = self.cells[row]
        told = badge(text) if self.name in _STATES and text in _KNOWN_STATES else escape(text)
        return f"<td{self.style}>{told}</td>"


def _cell(name: str, value: Any) -> str:
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return "–"
    match value:
        case bool() | str():
            return str(value)
        case int():
            return str(value) if name in _IDS else f"{value:,}"
        case float():
            return f"{value:.2%}" if name == "weight" else price(value) if name in _PRICES else number(value)
        case pd.Timestamp():
            return f"{value:%Y-%m-%d %H:%M}" if value.hour or value.minute else f"{value:%Y-%m-%d}"
        case _:
            return str(value)


def _static(columns: Sequence[_Column], most: int) -> str:
    """A table that needs no script and no style sheet."""
    head = "".join(f"<th{column.style}>{escape(column.name)}</th>" for column in columns)
    count = min(len(columns[0].cells), most)
    body = "".join(f"<tr>{''.join(column.html(row) for column in columns)}</tr>" for row in range(count))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
