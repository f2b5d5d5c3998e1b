"""What an EasyQuant script holds: orders, positions, the context, the bars, under that library's names."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from qresearch.dialects.script.context import Context
from qresearch.dialects.script.portfolio import Portfolio
from qresearch.dialects.script.positions import Position
from qresearch.dialects.script.run import Run
from qresearch.dialects.script.settings import OrderCost
from qresearch.domain.order import Status
from qresearch.session.ticket import Ticket

_STATES = {
    Status.QUEUED: "pending", Status.WORKING: "submitted", Status.REPLACE_PENDING: "submitted", Status.FILLED: "filled",
    Status.CANCELED: "cancelled", Status.EXPIRED: "expired", Status.REJECTED: "rejected", Status.CREATED: "pending",
}  # fmt: skip


_FIELDS = {"open": "open", "high": "high", "low": "low", "close": "close", "volume": "volume", "money": "turnover"}
"""Fields of a bar, and where the panel has them."""


@dataclass
class EasyCost(OrderCost):
    """What trading costs, by that library's defaults: 0.05 % tax on sales, 0.025 % each way, at least 5 yuan."""

    close_tax: float = 0.0005
    open_commission: float = 0.00025
    close_commission: float = 0.00025
    min_commission: float = 5.0


@dataclass
class FixedSlippage:
    """A fraction of the price against the order."""

    pct: float = 0.001


@dataclass
class VolumeSlippage:
    """Impact of taking a whole day's volume, a fraction of the price."""

    impact: float = 0.05


class EasyOrder(str):
    """An order as an object with attributes, and as its id.

    >>> from qresearch.dialects.easyquant.objects import EasyOrder
    >>> issubclass(EasyOrder, str)
    True
    """

    __slots__ = ("_run", "_ticket")

    _run: Run
    _ticket: Ticket

    @classmethod
    def of(cls, run: Run, ticket: Ticket) -> EasyOrder:
        """The order of a ticket."""
        found = str.__new__(cls, str(ticket))
        found._run, found._ticket = run, ticket
        return found

    def __reduce__(self) -> Any:
        return EasyOrder.of, (self._run, self._ticket)

    @property
    def ticket(self) -> Ticket:
        """The order as the session knows it."""
        return self._ticket

    @property
    def id(self) -> str:
        """Its id."""
        return str(self._ticket)

    order_id = id

    @property
    def status(self) -> str:
        """pending, submitted, partial_fill, filled, rejected, cancelled or expired."""
        ticket = self._ticket
        state = ticket.status
        if state is None:
            return "pending"
        partly = state in {Status.WORKING, Status.REPLACE_PENDING} and ticket.filled > 0
        return "partial_fill" if partly else _STATES[state]

    @property
    def amount(self) -> int:
        """Shares sent; negative to sell."""
        return self._ticket.quantity

    @property
    def filled(self) -> int:
        """Shares filled."""
        return self._ticket.filled

    @property
    def price(self) -> float:
        """Mean fill price; 0 without a fill."""
        return self._ticket.average_price if self._ticket.filled else 0.0

    @property
    def security(self) -> str:
        """The code."""
        record = self._ticket.record
        return "" if record is None else self._run.platform.code(record.instrument)


class EasyPosition(Position):
    """A position under that library's names."""

    __slots__ = ()

    @property
    def amount(self) -> int:
        """Shares held."""
        return self.total_amount

    @property
    def total_value(self) -> float:
        """Price times shares."""
        return self.value

    @property
    def current_price(self) -> float:
        """The last visible price."""
        return self.price

    @property
    def price_stale(self) -> bool:
        """True when it has no bar today."""
        return self._column in self._run.host.account.stale


class EasyPortfolio(Portfolio):
    """The account; ``positions`` is a plain dict as of now, in which a missing key raises."""

    @property
    def positions(self) -> dict[str, Position]:
        """Holdings by code."""
        run, account = self._run, self._account
        named = [(run.platform.code(column), column) for column in account.positions]
        return _ByCode(run, {code: EasyPosition(run, account, code, column) for code, column in named})


class _ByCode(dict[str, Any]):
    """A dict by code in any spelling."""

    def __init__(self, run: Run, held: dict[str, Any]) -> None:
        super().__init__(held)
        self._run = run

    def _spelled(self, code: object) -> Any:
        column = self._run.platform.bars.column(code)
        return code if column is None else self._run.platform.code(column)

    def __contains__(self, code: object) -> bool:
        return super().__contains__(self._spelled(code))

    def __missing__(self, code: str) -> Any:
        name = self._spelled(code)
        if name == code:
            raise KeyError(code)
        return self[name]

    def get(self, code: str, default: Any = None) -> Any:
        """The value of a code, or `default`."""
        return super().get(self._spelled(code), default)


class EasyContext(Context):
    """What every callback is given."""

    @property
    def run_params(self) -> dict[str, Any]:
        """How the run was started."""
        return {"start_date": self.start_date, "end_date": self.end_date, "frequency": self.frequency}

    @property
    def previous_date(self) -> dt.date | None:
        """The trading day before; None on the first day."""
        host = self._run.host
        return None if host.day <= host.exchange.first else host.previous_date

    @property
    def start_date(self) -> dt.date:
        """First day of the run."""
        return self._run.host.date_of(self._run.host.exchange.first)

    @property
    def end_date(self) -> dt.date:
        """Last day of the run."""
        return self._run.host.date_of(self._run.host.exchange.last)

    @property
    def frequency(self) -> str:
        """Always "daily"."""
        return "daily"


class EasyBars(dict[str, Any]):
    """``data``: filled when a code is looked at; the newest bar that is whole.

    Parameters
    ----------
    run : Run
    """

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run

    def __getitem__(self, code: str) -> Any:
        host, column = self._run.host, self._run.platform.bars.column(code)
        row = host.day if host.is_closed else host.day - 1
        if column is None or row < 0:
            return None
        return _Bar({name: float(getattr(host.market.panel, field)[row, column]) for name, field in _FIELDS.items()})

    def get(self, code: str, default: Any = None) -> Any:
        """The bar of a code, or `default`."""
        found = self[code]
        return default if found is None else found

    def __contains__(self, code: object) -> bool:
        return self._run.platform.bars.column(code) is not None


class _Bar(dict[str, float]):
    """A bar whose fields are keys and attributes."""

    def __getattr__(self, name: str) -> float:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"A bar has no {name!r}: it has {', '.join(self)}.") from None
