"""Static HTML: what a session, a ticket and a portfolio look like in a notebook, on GitHub, without a kernel.

Plain tables with a few inline styles, escaped and bounded. No style sheet (GitHub strips it) and no script.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from qresearch.sentences import ENGLISH, Words

if TYPE_CHECKING:
    from qresearch.session.portfolio import Holding, Portfolio
    from qresearch.session.session import Session
    from qresearch.session.ticket import Ticket

ROWS = 12
"""Rows of a table before "N more"."""

COLOURS = {
    "CREATED": "#6b7280",
    "QUEUED": "#b45309",
    "WORKING": "#1d4ed8",
    "FILLED": "#15803d",
    "CANCELED": "#6b7280",
    "EXPIRED": "#7c3aed",
    "REJECTED": "#b91c1c",
}
"""Colour of each state of an order; the word always stands beside it."""


def number(value: float, digits: int = 2) -> str:
    """A number with thousands separators; a dash for NaN."""
    return "–" if value != value else f"{value:,.{digits}f}"


def price(value: float) -> str:
    """A price: two decimals, more where they are needed (three, below 1 six); a dash for NaN."""
    if value != value:
        return "–"
    whole, _, part = f"{value:,.{6 if abs(value) < 1 else 3}f}".partition(".")
    return f"{whole}.{part.rstrip('0'):0<2}"


def badge(status: str, shown: str = "") -> str:
    """A state of an order, coloured; in the words that are given, else by its code."""
    return f'<b style="color:{COLOURS.get(status, "inherit")}">{escape(shown or status)}</b>'


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


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """A line of named numbers."""
    return " &nbsp; ".join(f"{escape(name)} <b>{value}</b>" for name, value in pairs)


def portfolio_html(portfolio: Portfolio, words: Words) -> str:
    """The account in one line and its holdings in a table."""
    line = facts(
        [
            (words("equity"), number(portfolio.equity)),
            (words("cash"), number(portfolio.cash)),
            (words("market_value"), number(portfolio.market_value)),
            (words("profit"), f"{portfolio.profit:+,.2f}"),
        ]
    )
    held = list(portfolio.positions.values())
    return f"<div>{line}</div>{holdings_html(held, words) if held else ''}"


def holdings_html(held: Sequence[Holding], words: Words) -> str:
    """Holdings as a table."""
    rows = (
        (
            escape(item.symbol),
            number(item.quantity, 0),
            number(item.sellable, 0),
            number(item.locked, 0),
            price(item.average_cost),
            price(item.price),
            number(item.market_value),
            f"{item.profit:+,.2f}",
        )
        for item in held[:ROWS]
    )
    keys = ("quantity", "sellable", "locked_shares", "average_cost", "price", "market_value", "profit")
    return table((words("symbol"), *(f"{words(key)}>" for key in keys)), rows, total=len(held), words=words)


def ticket_html(session: Session, ticket: Ticket) -> str:
    """One order: what was asked, what was sent, where it stands and why."""
    record, words = ticket.record, session._words
    name = f"{words('order')} <b>{ticket!s}</b>"
    if record is None:
        return f"<div>{name}: {words('not_yet_placed')}</div>"
    symbol = session.market.symbols[record.instrument]
    side = words(f"a_{record.side}")
    status = record.status.value
    asked = f"{record.method.call}({symbol!r}, {record.asked:,.10g})"
    sent = words("shares_on_terms", shares=f"{abs(record.quantity):,}", terms=words.terms(record.terms))
    at = words("at_price", price=price(ticket.average_price)) if record.filled else ""
    rows = [
        (words("check_asked"), escape(asked)),
        (words("check_sent"), words("nothing") if record.was_refused else escape(sent)),
        (words("check_filled"), f"{record.filled:,}{at}"),
        (words("leaves_of"), f"{record.leaves:,}"),
    ]
    if record.filled:
        amount = session.market.venue.money.amount
        rows.append((words("check_fees"), number(amount(record.fees.total))))
    if record.reason:
        why = words(record.reason, **record.facts)
        rows.append((words("reason"), f"{escape(record.reason.value)}: {escape(why)}"))
    line = f"{name}: {side} <b>{abs(record.quantity):,}</b> {escape(symbol)} {badge(status, words.code(status))}"
    return f"<div>{line}</div>{table(('', ' '), rows)}"


def session_html(session: Session) -> str:
    """Where a session stands: the moment, the account, open orders, and the last message."""
    portfolio, words = session.portfolio, session._words
    head = (
        f"<div><b>{escape(words.tell(session._moment))}</b> &nbsp; {words('a_branch')} "
        f"{escape(session._timeline.branch.name)} &nbsp; {escape(session.market.venue.name)}</div>"
    )
    message = f"<div><i>{escape(session.message)}</i></div>" if session.message else ""
    orders = session._open_records
    queue = ""
    if orders:
        rows = (
            (
                str(order.order_id),
                escape(session.market.symbols[order.instrument]),
                words(f"a_{order.side}"),
                f"{order.leaves:,}",
                badge(order.status.value, words.code(order.status.value)),
            )
            for order in orders[:ROWS]
        )
        names = [words(key) for key in ("order", "symbol", "side")]
        queue = table((*names, f"{words('leaves_of')}>", words("state")), rows, total=len(orders), words=words)
    return head + message + portfolio_html(portfolio, words) + queue
