"""What a script holds of an order: its style, its state, the order itself, its executions."""

from __future__ import annotations

import datetime as dt
from enum import Enum
from typing import Any

from qresearch.book.orders import OrderRecord
from qresearch.dialects.joinquant.run import Run
from qresearch.dialects.joinquant.subaccounts import number_of
from qresearch.domain import events
from qresearch.domain.arguments import price as price_of
from qresearch.domain.codes import OrderFacts
from qresearch.domain.codes import code as code_of
from qresearch.domain.terms import MARKET_DAY, Kind, Terms
from qresearch.errors import NotSupported, UsageError, choose, shown
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


class MarketOrderStyle:
    """At the market; `limit_price` is the protection price that STAR shares need.

    Parameters
    ----------
    limit_price : float, optional
    """

    def __init__(self, limit_price: float | None = None) -> None:
        self.limit_price = limit_price

    def terms(self) -> Terms:
        """The terms of the order."""
        if self.limit_price is None or self.limit_price == 0:
            return MARKET_DAY
        return Terms(Kind.MARKET, limit_price=_price(self.limit_price))

    def __repr__(self) -> str:
        return type(self).__name__


class LimitOrderStyle(MarketOrderStyle):
    """At a price or better.

    Parameters
    ----------
    limit_price : float
    """

    def __init__(self, limit_price: float) -> None:
        super().__init__(limit_price)

    def terms(self) -> Terms:
        """The terms of the order."""
        return Terms(Kind.LIMIT, limit_price=_price(self.limit_price))

    def __repr__(self) -> str:
        return f"LimitOrderStyle({self.limit_price})"


class StopMarketOrderStyle(MarketOrderStyle):
    """At the market once a price is reached.

    Parameters
    ----------
    mode : {"stop_loss", "take_profit"}
    stop_price : float
    """

    def __init__(self, mode: str, stop_price: float) -> None:
        super().__init__()
        self.mode, self.stop_price = choose("mode", mode, ("stop_loss", "take_profit")), stop_price

    def terms(self) -> Terms:
        """The terms of the order; to take a profit at a price is to sell at it or better."""
        if self.mode == "take_profit":
            return Terms(Kind.LIMIT, limit_price=_price(self.stop_price))
        return Terms(Kind.STOP, stop_price=_price(self.stop_price))


class StopLimitOrderStyle(StopMarketOrderStyle):
    """At a limit or better once a price is reached.

    Parameters
    ----------
    mode : {"stop_loss", "take_profit"}
    stop_price, limit_price : float
    """

    def __init__(self, mode: str, stop_price: float, limit_price: float) -> None:
        super().__init__(mode, stop_price)
        self.limit_price = limit_price

    def terms(self) -> Terms:
        """The terms of the order."""
        kind = Kind.LIMIT_IF_TOUCHED if self.mode == "take_profit" else Kind.STOP_LIMIT
        return Terms(kind, limit_price=_price(self.limit_price), stop_price=_price(self.stop_price))


def _price(price: Any) -> float:
    return float(price_of("the price of an order style", price))


class Order:
    """One order, always as of now.

    Parameters
    ----------
    run : Run
    order_id : int
    """

    __slots__ = ("_run", "order_id")

    def __init__(self, run: Run, order_id: int) -> None:
        self._run, self.order_id = run, order_id

    @property
    def _record(self) -> OrderRecord:
        session = self._run.session
        record = session.simulation.order(session.simulation.timeline.branch, self.order_id)
        if record is None:
            raise UsageError(f"Order {self.order_id} is not placed yet at this point of the timeline.")
        return record

    @property
    def ticket(self) -> Ticket:
        """The order as the session knows it: its events, ``explain()``."""
        return self._run.session.ticket(self.order_id)

    @property
    def status(self) -> OrderStatus:
        """State of the order."""
        found = code_of("joinquant", OrderFacts.of(self._record))
        return OrderStatus.rejected if found.value is None else _BY_VALUE[int(found.value)]

    @property
    def security(self) -> str:
        """The code."""
        return self._run.code(self._record.instrument)

    @property
    def amount(self) -> int:
        """Shares sent, positive."""
        return abs(self._record.quantity)

    @property
    def filled(self) -> int:
        """Shares filled."""
        return self._record.filled

    @property
    def price(self) -> float:
        """Mean price of the fills, currency per share; 0 without one."""
        record = self._record
        return self._money(record.notional) / record.filled if record.filled else 0.0

    @property
    def avg_cost(self) -> float:
        """The price of a purchase; of a sale what the shares had cost."""
        record = self._record
        if record.quantity > 0:
            return self.price
        held = self._run.account.positions.get(record.instrument)
        return self.price if held is None else self._money(held.cost) / held.quantity

    @property
    def commission(self) -> float:
        """Fees and taxes."""
        record = self._record
        return self._money(record.fees.total)

    def _money(self, steps: int) -> float:
        return float(self._run.market.venue.money.amount(steps))

    @property
    def add_time(self) -> dt.datetime:
        """When it was given."""
        return self._run.moment(*self._record.placed)

    @property
    def finish_time(self) -> dt.datetime | None:
        """When it ended; None while it is open."""
        ended = self._record.ended
        return None if ended is None else self._run.moment(*ended)

    @property
    def is_buy(self) -> bool:
        """True for a purchase."""
        return self._record.quantity > 0

    @property
    def side(self) -> str:
        """Always "long"."""
        return "long"

    @property
    def action(self) -> str:
        """A purchase is "open", a sale "close"."""
        return "open" if self.is_buy else "close"

    @property
    def style(self) -> MarketOrderStyle:
        """The style that it was given with."""
        terms = self._record.terms
        return LimitOrderStyle(terms.limit_price) if terms.limit_price is not None else MarketOrderStyle()

    @property
    def limit_price(self) -> float:
        """Its limit; 0 without one."""
        return self._record.terms.limit_price or 0.0

    @property
    def pindex(self) -> int:
        """Number of the sub-account."""
        return number_of(self._record.terms.tag)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Order) and other.order_id == self.order_id and other._run is self._run

    def __hash__(self) -> int:
        return hash(self.order_id)

    def __repr__(self) -> str:
        return (
            f"UserOrder(order_id={self.order_id}, security={self.security}, {self.action} {self.amount}, status="
            f"{self.status}, filled={self.filled}, price={self.price:.4f}, commission={self.commission:.2f})"
        )


class Trade:
    """One execution.

    Parameters
    ----------
    run : Run
    event : OrderFilled
    trade_id : str
    """

    def __init__(self, run: Run, event: events.OrderFilled, trade_id: int) -> None:
        self.trade_id, self.order_id = trade_id, event.order_id
        self.security = run.code(event.instrument)
        self.amount, self.price = abs(event.quantity), event.price
        self.time = run.moment(event.at.day, event.at.phase, event.at.bar)

    def __repr__(self) -> str:
        return (
            f"UserTrade(trade_id={self.trade_id}, security={self.security}, amount={self.amount}, price={self.price})"
        )


def terms_of(style: Any) -> Terms:
    """The terms of a style, or of the class of one."""
    if isinstance(style, MarketOrderStyle):
        return style.terms()
    if isinstance(style, type) and issubclass(style, MarketOrderStyle):
        return MARKET_DAY
    raise NotSupported(
        f"style={shown(style)} is not an order style. Pass MarketOrderStyle(), LimitOrderStyle(price), "
        "StopMarketOrderStyle(mode, price) or StopLimitOrderStyle(mode, price, limit)."
    )
