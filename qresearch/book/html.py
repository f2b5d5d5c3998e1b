"""Static HTML: what a session, a ticket and a portfolio look like in a notebook, on GitHub, without a kernel.

Plain tables with a few inline styles, escaped and bounded. No style sheet (GitHub strips it) and no script.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from html import escape
from typing import Any, NamedTuple, Protocol

from qresearch.sentences import ENGLISH, Words
from qresearch.sentences.words import price

ROWS = 12
"""Rows of a table before "N more"."""

COLOURS = {
    "CREATED": "#6b7280",
    "QUEUED": "#b45309",
    "WORKING": "#1d4ed8",
    "REPLACE_PENDING": "#0e7490",
    "FILLED": "#15803d",
    "CANCELED": "#6b7280",
    "EXPIRED": "#7c3aed",
    "REJECTED": "#b91c1c",
}
"""Colour of each state of an order; the word always stands beside it."""


class Held(Protocol):
    """Shares of one instrument: :class:`~qresearch.book.portfolio.Holding`."""

    @property
    def symbol(self) -> str: ...
    @property
    def quantity(self) -> int: ...
    @property
    def sellable(self) -> int: ...
    @property
    def locked(self) -> int: ...
    @property
    def average_cost(self) -> float: ...
    @property
    def price(self) -> float: ...
    @property
    def market_value(self) -> float: ...
    @property
    def profit(self) -> float: ...
    def aside(self, key: str) -> int: ...


class Holdings(Protocol):
    """What an account holds: :class:`~qresearch.book.portfolio.Holdings`."""

    @property
    def heads(self) -> tuple[str, str, str]:
        """Keys of the words above the three quantities."""

    def values(self) -> Collection[Held]:
        """One after the other."""

    def __len__(self) -> int: ...


class Valued(Protocol):
    """An account, valued: :class:`~qresearch.book.portfolio.Portfolio`."""

    @property
    def equity(self) -> float: ...
    @property
    def cash(self) -> float: ...
    @property
    def market_value(self) -> float: ...
    @property
    def margin(self) -> float: ...
    @property
    def profit(self) -> float: ...
    @property
    def positions(self) -> Holdings: ...


def number(value: float, digits: int = 2) -> str:
    """A number with thousands separators; a dash for NaN."""
    return "–" if value != value else f"{value:,.{digits}f}"


def badge(status: str, shown: str = "") -> str:
    """A state of an order, coloured; in the words that are given, else by its code."""
    return painted(shown or status, COLOURS.get(status, COLOURS["CREATED"]))


def painted(text: str, colour: str) -> str:
    """A word on a ground of its own colour: it reads on a light page and on a dark one."""
    return f'<b style="color:#fff;background:{colour};border-radius:4px;padding:0 .4em">{escape(text)}</b>'


def table(
    head: Sequence[str], rows: Iterable[Sequence[str]], *, total: int | None = None, words: Words = ENGLISH
) -> str:
    """A small table; cells are HTML already.

    Parameters
    ----------
    head : sequence of str
        Plain text; a name that ends in ``>`` is right-aligned.
    rows : iterable of sequences of str
    total : int, optional
        Rows there are in all, when not all are given.
    words : Words
        The language in which it says how many more there are.
    """
    align = ["right" if name.endswith(">") else "left" for name in head]
    cells = "".join(
        f'<th style="text-align:{side}">{escape(name.rstrip(">"))}</th>' for name, side in zip(head, align, strict=True)
    )
    body = []
    shown = 0
    for row in rows:
        shown += 1
        body.append(
            "<tr>"
            + "".join(f'<td style="text-align:{side}">{cell}</td>' for cell, side in zip(row, align, strict=True))
            + "</tr>"
        )
    if total is not None and total > shown:
        body.append(f'<tr><td colspan="{len(head)}"><i>{words("more", count=total - shown)}</i></td></tr>')
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{''.join(body)}</tbody></table>"


class Column(NamedTuple):
    """A column of a table, wherever it stands.

    Parameters
    ----------
    key : str
        Of its title in the words.
    cell : callable
        From what a row stands for to its cell, as HTML.
    align : {"left", "right"}
    grows : bool
        In a panel it takes the width that is left; its text is cut where that does not do.
    """

    key: str
    cell: Callable[[Any], str]
    align: str = "left"
    grows: bool = False


def listed(
    columns: Sequence[Column], items: Iterable[Any], words: Words, *, last: Sequence[str] = (), total: int | None = None
) -> str:
    """A small table of some items, one row each, with a last row of its own if one is given; see :func:`table`."""
    head = [words(column.key) + (">" if column.align == "right" else "") for column in columns]
    rows = [[column.cell(item) for column in columns] for item in items]
    return table(head, [*rows, last] if last else rows, total=total, words=words)


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """A line of named numbers."""
    return " &nbsp; ".join(f"{escape(name)} <b>{value}</b>" for name, value in pairs)


def portfolio_html(portfolio: Valued, words: Words) -> str:
    """The account in one line and its holdings in a table, with the words of its kind above them."""
    line = facts(
        [
            (words("equity"), number(portfolio.equity)),
            (words("cash"), number(portfolio.cash)),
            (words("market_value"), number(portfolio.market_value)),
            *([(words("margin").capitalize(), number(portfolio.margin))] if portfolio.margin else []),
            (words("profit"), f"{portfolio.profit:+,.2f}"),
        ]
    )
    held = portfolio.positions
    return f"<div>{line}</div>{holdings_html(held, words) if held else ''}"


def holdings_html(held: Holdings, words: Words) -> str:
    """Holdings as a table; the kind of account says with which words it heads the three quantities."""
    quantity, closable, beside = held.heads
    columns = (
        Column("symbol", lambda item: escape(item.symbol)),
        Column(quantity, lambda item: number(item.quantity, 0), "right"),
        Column(closable, lambda item: number(item.sellable, 0), "right"),
        Column(beside, lambda item: number(item.aside(beside), 0), "right"),
        Column("average_cost", lambda item: price(item.average_cost), "right"),
        Column("price", lambda item: price(item.price), "right"),
        Column("market_value", lambda item: number(item.market_value), "right"),
        Column("profit", lambda item: f"{item.profit:+,.2f}", "right"),
    )
    return listed(columns, list(held.values())[:ROWS], words, total=len(held))
