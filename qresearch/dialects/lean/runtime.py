"""What an engine stands on and never copies: its data, the hours of the exchanges, and who is told what it does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container
from decimal import Decimal
from typing import Any, Protocol

from qresearch.dialects.lean.feed import DataSource, Feed, Subscription
from qresearch.dialects.lean.orders import Order, OrderEvent
from qresearch.dialects.lean.symbols import Symbol, identifier
from qresearch.engine.lean_answer import Wait
from qresearch.engine.lean_market import TradingHours


class Listener(Protocol):
    """Who is told what an engine does."""

    def deliver(self, event: OrderEvent, order: Order) -> None:
        """An order event."""

    def waits(self, order: Order, wait: Wait) -> None:
        """An order was asked and did not fill."""

    def paid(self, amount: Decimal, what: str) -> None:
        """Cash that comes or goes without a trade: a dividend, interest."""

    def split(self, symbol: Symbol, factor: Decimal, quantity: int, cash: Decimal) -> None:
        """A holding after a split: shares, and cash for a fraction."""

    def warn(self, text: str, kind: str = "adjusted") -> None:
        """Something that a user should know."""

    def note(self, level: str, text: str) -> None:
        """A line of the log."""

    def keep(self, value: object) -> None:
        """A function that the state refers to: it is never copied."""

    def hold(self, value: object) -> None:
        """Something that is never copied."""

    def plotted(self, name: str, value: float) -> None:
        """A value of a chart."""


class Runtime:
    """What an engine stands on and never copies: data, hours, and who is told.

    Parameters
    ----------
    source : DataSource
    hours : TradingHours
    listener : Listener
    traded : container of str, optional
        What the market of the session holds, in any spelling; None: whatever is subscribed to.
    """

    def __init__(
        self, source: DataSource, hours: TradingHours, listener: Listener, traded: Container[str] | None = None
    ) -> None:
        self.source, self.hours, self.listener, self.traded = source, hours, listener, traded
        self._feeds: list[Feed] = []
        self._numbers: dict[Any, int] = {}
        self.words: dict[str, Any] = {}
        """The globals of the script."""

    def symbol(self, ticker: str) -> Symbol:
        """The symbol of a ticker, with the identifier that the map file tells."""
        rows = self.source.names(ticker)
        return Symbol(ticker, identifier(rows[0][1], rows[0][0])) if rows else Symbol(ticker)

    def contracts(self, ticker: str, on: dt.date) -> list[Symbol]:
        """Contracts on a share that have not expired on a day."""
        share = self.symbol(ticker)
        return [Symbol(terms.ticker, "", terms) for terms in self.source.contracts(share, on)]

    def number(self, subscriptions: tuple[Subscription, ...], first: dt.date, last: dt.date, since: dt.date) -> int:
        """The number under which the data of some subscriptions are kept; they are read once."""
        key = (subscriptions, first, last, since)
        if key not in self._numbers:
            self._numbers[key] = len(self._feeds)
            self._feeds.append(Feed(self.source, subscriptions, self.hours, first, last, since))
        return self._numbers[key]

    def feed(self, number: int) -> Feed:
        """The data that are kept under a number."""
        return self._feeds[number]
