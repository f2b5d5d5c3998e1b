"""What a ticket and a session look like as static HTML: in a notebook, on GitHub, without a kernel."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from qresearch.book.html import ROWS, badge, number, portfolio_html, table
from qresearch.book.orders import OrderRecord
from qresearch.domain.money import MoneyScale
from qresearch.sentences import Words
from qresearch.sentences.words import price
from qresearch.session.now import moment_of
from qresearch.session.port import AnySession


def ticket_html(
    order_id: str, record: OrderRecord | None, words: Words, symbols: Sequence[str], money: MoneyScale
) -> str:
    """One order: what was asked, what was sent, where it stands and why."""
    name = f"{words('order')} <b>{order_id}</b>"
    if record is None:
        return f"<div>{name}: {words('not_yet_placed')}</div>"
    symbol = symbols[record.instrument]
    side, status = words(f"a_{record.side}"), record.status.value
    asked = f"{record.method.call}({symbol!r}, {record.asked:.10g})"
    sent = words("shares_on_terms", shares=f"{abs(record.quantity):,}", terms=words.terms(record.terms))
    at = words("at_price", price=price(money.amount(record.notional) / record.filled)) if record.filled else ""
    rows = [
        (words("check_asked"), escape(asked)),
        (words("check_sent"), words("nothing") if record.was_refused else escape(sent)),
        (words("check_filled"), f"{record.filled:,}{at}"),
        (words("leaves_of"), f"{record.leaves:,}"),
    ]
    if record.filled:
        rows.append((words("check_fees"), number(money.amount(record.fees.total))))
    if record.reason:
        why = words(record.reason, **record.facts)
        rows.append((words("reason"), f"{escape(record.reason.value)}: {escape(why)}"))
    line = f"{name}: {side} <b>{abs(record.quantity):,}</b> {escape(symbol)} {badge(status, words.code(status))}"
    return f"<div>{line}</div>{table(('', ' '), rows)}"


def session_html(session: AnySession) -> str:
    """Where a session stands: the moment, the account, open orders, and the last message."""
    simulation, words = session.simulation, session.words
    head = (
        f"<div><b>{escape(words.tell(moment_of(simulation)))}</b> &nbsp; {words('a_branch')} "
        f"{escape(simulation.timeline.branch.name)} &nbsp; {escape(session.market.venue.name)}</div>"
    )
    message = f"<div><i>{escape(session.message)}</i></div>" if session.message else ""
    orders = simulation.orders.now().open
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
    return head + message + portfolio_html(session.portfolio, words) + queue
