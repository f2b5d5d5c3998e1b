"""Static HTML: what a session, a ticket and a portfolio look like in a notebook, on GitHub, without a kernel.

Plain tables with a few inline styles, escaped and bounded. No style sheet (GitHub strips it) and no script.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

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


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, total: int | None = None) -> str:
    """A small table; cells are HTML already.

    Parameters
    ----------
    head : sequence of str
        Plain text; a name that ends in ``>`` is right-aligned.
    rows : iterable of sequences of str
    total : int, optional
        Rows there are in all, when not all are given.
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
        body.append(f'<tr><td colspan="{len(head)}"><i>{total - shown} more</i></td></tr>')
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{''.join(body)}</tbody></table>"


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """A line of named numbers."""
    return " &nbsp; ".join(f"{escape(name)} <b>{value}</b>" for name, value in pairs)


def portfolio_html(portfolio: Portfolio) -> str:
    """The account in one line and its holdings in a table."""
    line = facts(
        [
            ("Equity", number(portfolio.equity)),
            ("Cash", number(portfolio.cash)),
            ("Market value", number(portfolio.market_value)),
            ("Profit", f"{portfolio.profit:+,.2f}"),
        ]
    )
    held = list(portfolio.positions.values())
    return f"<div>{line}</div>{holdings_html(held) if held else ''}"


def holdings_html(held: Sequence[Holding]) -> str:
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
    head = ("Symbol", "Quantity>", "Sellable>", "Locked>", "Average cost>", "Price>", "Market value>", "Profit>")
    return table(head, rows, total=len(held))


def ticket_html(session: Session, ticket: Ticket) -> str:
    """One order: what was asked, what was sent, where it stands and why."""
    record = ticket.record
    if record is None:
        return f"<div>Order <b>{ticket!s}</b>: not yet placed at this point of the timeline</div>"
    symbol = session.market.symbols[record.instrument]
    asked = f"{record.method.call}({symbol!r}, {record.asked:,.10g})"
    shares = f"<b>{abs(record.quantity):,}</b> {escape(symbol)}"
    line = f"Order <b>{ticket!s}</b>: {record.side} {shares} {badge(record.status.value)}"
    rows = [
        ("Asked", escape(asked)),
        ("Sent", "nothing" if record.was_refused else f"{abs(record.quantity):,} shares, {escape(str(record.terms))}"),
        ("Filled", f"{record.filled:,}" + (f" at {price(ticket.average_price)}" if record.filled else "")),
        ("Leaves", f"{record.leaves:,}"),
    ]
    if record.filled:
        amount = session.market.venue.money.amount
        rows.append(("Fees", number(amount(record.fees.total))))
    if record.reason:
        rows.append(("Reason", f"{escape(record.reason.value)}: {escape(record.why)}"))
    return f"<div>{line}</div>{table(('', ' '), rows)}"


def session_html(session: Session) -> str:
    """Where a session stands: the moment, the account, open orders, and the last message."""
    portfolio = session.portfolio
    head = (
        f"<div><b>{escape(session._now_text)}</b> &nbsp; branch {escape(session._timeline.branch.name)} &nbsp; "
        f"{escape(session.market.venue.name)}</div>"
    )
    message = f"<div><i>{escape(session.message)}</i></div>" if session.message else ""
    orders = session._open_records
    queue = ""
    if orders:
        rows = (
            (
                str(order.order_id),
                escape(session.market.symbols[order.instrument]),
                "buy" if order.quantity > 0 else "sell",
                f"{order.leaves:,}",
                badge(order.status.value),
            )
            for order in orders[:ROWS]
        )
        queue = table(("Order", "Symbol", "Side", "Leaves>", "State"), rows, total=len(orders))
    return head + message + portfolio_html(portfolio) + queue
