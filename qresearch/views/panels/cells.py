"""What stands in the cells of tables and panels: states, terms and moments in words."""

from __future__ import annotations

import datetime as dt
from html import escape
from typing import TYPE_CHECKING

from qresearch.book.frames import time_of
from qresearch.domain.moment import PHASES, Phase
from qresearch.domain.order import Status
from qresearch.errors import UsageError
from qresearch.views.chart_data import MARKS

if TYPE_CHECKING:
    from qresearch.book.orders import OrderRecord
    from qresearch.sentences import Words
    from qresearch.session.port import AnySession

SHAPES = {
    "QUEUED": "○", "WORKING": "◐", "REPLACE_PENDING": "◑", "FILLED": "●", "CANCELED": "⊘", "EXPIRED": "◌",
    "REJECTED": "✕", "CREATED": "·", "PARTLY": "◔",
}  # fmt: skip
"""A sign for each state, so that colour is never alone."""
LOOKS = ("auto", "light", "dark")
"""Themes; "auto" is as the page around it, else as the system prefers."""
CHART_WORDS = (
    "open", "high", "low", "close", "volume", "equity", "drawdown", "limit", "stop", "cost", "buy", "sell", "picked",
    "no_bar", "keys", "limit_up", "limit_down", "at", "goes_to", "moved_to", *MARKS,
)  # fmt: skip
"""What the live chart writes, by the names that :func:`chart_word` knows."""

_SHARED = frozenset({"limit", "canceled"})


def state_key(order: OrderRecord) -> str:
    """Key of the state of an order in the words; an open order with fills is partly filled.

    >>> import qresearch as qr
    >>> session = qr.Session(qr.sample_market(), start="2022-03-01")
    >>> state_key(session.buy("604018", 1000).record)
    'QUEUED'
    """
    is_part = order.filled and order.status is Status.WORKING
    return "PARTLY" if is_part else order.status.value


def state_html(words: Words, order: OrderRecord) -> str:
    """The state of an order: sign, word and colour."""
    key = state_key(order)
    return f'<span class="qr-state-{key.lower()}" data-state="{key}">{SHAPES[key]} {escape(words(key))}</span>'


def tone(value: float) -> str:
    """Class of a gain or a loss: "up", "down" or "flat"."""
    return "up" if value > 0 else "down" if value < 0 else "flat"


def chart_word(words: Words, name: str) -> str:
    """A word that stands on the chart; it shares that for a limit and a cancel with the orders.

    >>> from qresearch.sentences import Words
    >>> chart_word(Words("en"), "partly bought"), chart_word(Words("zh"), "canceled")
    ('partly bought', '已撤')
    """
    return words(name.upper() if name in _SHARED else f"chart_{name.replace(' ', '_')}")


def moment_text(session: AnySession, words: Words) -> str:
    """Where the session stands, in words: date, weekday, phase, and the number of the trading day."""
    now, exchange = session.now, session.simulation.exchange
    account = session.simulation.account
    if account.day < exchange.first:
        return words("before_start", day=exchange.date(exchange.first))
    weekday = words("weekdays").split()[now.day.weekday()]
    number, count = account.day - exchange.first + 1, exchange.last - exchange.first + 1
    trading_day = words("trading_day", number=number, count=count)
    phase = phase_at(session, words, *account.at)
    return f"{exchange.date(account.day)} {weekday}{words('part_comma')}{phase} · {trading_day}"


def day_within(session: AnySession, words: Words, day: dt.date) -> dt.date:
    """A date that somebody chose, no later than the last day of a session.

    Raises
    ------
    UsageError
        It lies before the first day; in the words of the page.

    Examples
    --------
    >>> import qresearch as qr
    >>> from qresearch.sentences import Words
    >>> day_within(qr.Session(qr.sample_market(), start="2022-03-01"), Words("en"), dt.date(2030, 1, 1))
    datetime.date(2023, 12, 29)
    """
    exchange = session.simulation.exchange
    first, last = (dt.date.fromisoformat(exchange.date(end)) for end in (exchange.first, exchange.last))
    if day < first:
        raise UsageError(words("too_early", day=day, first=first))
    return min(day, last)


def phase_at(session: AnySession, words: Words, day: int, phase: int, bar: int) -> str:
    """A phase in words; inside a day of minute data with the time at which the bar ended.

    >>> import qresearch as qr
    >>> from qresearch.sentences import Words
    >>> session = qr.Session(qr.sample_market("minute"))
    >>> [phase_at(session, Words("en"), 0, phase, bar) for phase, bar in ((0, 0), (2, 5), (3, 0))]
    ['before the open', 'during the day 09:35', 'at the close']
    """
    word = words(PHASES[phase].value)
    if bar and PHASES[phase] is Phase.INTRADAY:
        return f"{word} {time_of(session.simulation.exchange, day, phase, bar):%H:%M}"
    return word
