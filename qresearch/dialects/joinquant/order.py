"""What a script holds of an order: its state, the order itself, its executions."""

from __future__ import annotations

import datetime as dt
from enum import Enum

from qresearch.book.orders import OrderRecord, mean_price
from qresearch.dialects.joinquant.subaccounts import number_of
from qresearch.dialects.script.run import Run
from qresearch.dialects.script.styles import MarketOrderStyle, style_of
from qresearch.domain import events
from qresearch.domain.attributes import told_names
from qresearch.domain.codes import OrderFacts
from qresearch.domain.codes import code as code_of
from qresearch.domain.terms import Effect
from qresearch.errors import UsageError
from qresearch.session.ticket import Ticket


class OrderStatus(Enum):
    """States of an order; ``str`` gives the bare name. ``filled`` is partly filled, ``held`` all of it.

    >>> str(OrderStatus.held), OrderStatus.held.name, OrderStatus.held.value
    ('held', 'held', 4)
    """

    open = 0
    filled = 1
    canceled = 2
    rejected = 3
    held = 4
    new = 8

    def __str__(self) -> str:
        return self.name


_BY_VALUE = {status.value: status for status in OrderStatus}


_OPENS_SHORT = frozenset({Effect.OPEN, Effect.BORROW})
_CLOSES = frozenset({Effect.CLOSE, Effect.CLOSE_OLD, Effect.CLOSE_TODAY, Effect.CLOSE_TODAY_FIRST, Effect.RETURN})
_OF_A_SUB_ACCOUNT = 10_000_000
"""Ids of orders count in each account by itself: those of a sub-account of another kind have its number before them."""


def public_id(run: Run, order_id: int) -> int:
    """The id of an order as a script sees it, by the sub-account of a run and its id there."""
    return (run.account.number + 1) * _OF_A_SUB_ACCOUNT + order_id if run.host.others.is_beside else order_id


def own_id(order_id: int) -> tuple[int, int]:
    """The number of the sub-account, counted from 1, and the id there; 0 for the first account.

    >>> own_id(7), own_id(20000007)
    ((0, 7), (2, 7))
    """
    return divmod(order_id, _OF_A_SUB_ACCOUNT) if order_id > 0 else (0, order_id)  # below it are no orders


@told_names()
class Order:
    """One order, always as of now.

    Parameters
    ----------
    run : Run
    order_id : int
    """

    __slots__ = ("_id", "_run", "order_id")

    def __init__(self, run: Run, order_id: int) -> None:
        self._run, self._id = run, order_id
        self.order_id = public_id(run, order_id)

    @property
    def record(self) -> OrderRecord | None:
        """All facts about it; None before it is placed."""
        return self._run.host.order(self._id)

    @property
    def _record(self) -> OrderRecord:
        record = self.record
        if record is None:
            raise UsageError(f"Order {self.order_id} is not placed yet at this point of the timeline.")
        return record

    @property
    def ticket(self) -> Ticket:
        """The order as the session knows it: its events, ``explain()``."""
        return self._run.host.ticket(self._id)

    @property
    def status(self) -> OrderStatus:
        """State of the order."""
        found = code_of("joinquant", OrderFacts.of(self._record))
        return OrderStatus.rejected if found.value is None else _BY_VALUE[int(found.value)]

    @property
    def security(self) -> str:
        """The code."""
        return self._run.platform.code(self._record.instrument)

    @property
    def amount(self) -> int:
        """Shares sent, positive: what the account could carry of those that were asked for."""
        return abs(self._record.quantity) - self._record.trimmed

    @property
    def filled(self) -> int:
        """Shares filled."""
        return self._record.filled

    @property
    def price(self) -> float:
        """Mean price of the fills, currency per share or unit of a contract; 0 without one."""
        record = self._record
        return mean_price(self._run.host.market, record) if record.filled else 0.0

    @property
    def avg_cost(self) -> float:
        """The price of what opens; of a sale what the shares had cost when it was given, in the call of today."""
        record = self._record
        if record.quantity > 0 or self._run.host.market.instruments[record.instrument].contract is not None:
            return self.price
        return self._run.cost_before(self.order_id, self.price)

    @property
    def commission(self) -> float:
        """Fees and taxes."""
        return self._run.host.amount(self._record.fees.total)

    @property
    def add_time(self) -> dt.datetime:
        """When it was given."""
        return self._run.time_of_order(self._id, self._record.placed)

    @property
    def finish_time(self) -> dt.datetime | None:
        """When it ended; None while it is open."""
        ended = self._record.ended
        return None if ended is None else self._run.time_of_order(self._id, ended)

    @property
    def is_buy(self) -> bool:
        """True for a purchase."""
        return self._record.quantity > 0

    @property
    def side(self) -> str:
        """The side that it opens or closes: "long", or "short" of what is sold first and of what is borrowed."""
        opens = self._record.terms.effect in _OPENS_SHORT
        closes = self._record.terms.effect in _CLOSES
        return "short" if (opens and not self.is_buy) or (closes and self.is_buy) else "long"

    @property
    def action(self) -> str:
        """What it does, "open" or "close": of shares a purchase opens, a sale closes."""
        return "open" if self.is_buy == (self.side == "long") else "close"

    @property
    def style(self) -> MarketOrderStyle:
        """The style that it was given with."""
        return style_of(self._record.terms)

    @property
    def limit_price(self) -> float:
        """Its limit; 0 without one."""
        return self._record.terms.limit_price or 0.0

    @property
    def pindex(self) -> int:
        """Number of the sub-account."""
        return self._run.account.number if self._run.host.others.is_beside else number_of(self._record.terms.tag)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Order) and other.order_id == self.order_id and other._run is self._run

    def __hash__(self) -> int:
        return hash(self.order_id)

    def __repr__(self) -> str:
        return (
            f"UserOrder(order_id={self.order_id}, security={self.security}, {self.action} {self.amount}, status="
            f"{self.status}, filled={self.filled}, price={self.price:.4f}, commission={self.commission:.2f})"
        )


@told_names()
class Trade:
    """One execution.

    Parameters
    ----------
    run : Run
    event : OrderFilled
    trade_id : str
    """

    def __init__(self, run: Run, event: events.OrderFilled, trade_id: int) -> None:
        self.trade_id = trade_id
        self.order_id = public_id(run, event.order_id)
        self.security = run.platform.code(event.instrument)
        self.amount, self.price = abs(event.quantity), event.price
        self.time = run.time_of_order(event.order_id, event.at)

    def __repr__(self) -> str:
        return (
            f"UserTrade(trade_id={self.trade_id}, security={self.security}, amount={self.amount}, price={self.price})"
        )
