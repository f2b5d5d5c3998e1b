"""What whoever keeps the orders of a script stands on."""

from __future__ import annotations

import datetime as dt
from typing import Any, Protocol

from qresearch.dialects.lean.orders import Order, OrderEvent
from qresearch.engine.lean_answer import Wait
from qresearch.engine.lean_market import TradingHours


class Desk(Protocol):
    """What whoever keeps the orders stands on."""

    now: dt.datetime
    securities: Any
    portfolio: Any
    settings: Any
    brokerage_model: Any
    is_warming_up: bool

    @property
    def hours(self) -> TradingHours:
        """Of the exchanges."""

    def deliver(self, event: OrderEvent, order: Order) -> None:
        """An event has happened, and everything is as it is after it."""

    def waits(self, order: Order, wait: Wait) -> None:
        """An order was asked and did not fill."""

    def warn(self, text: str, kind: str = "adjusted") -> None:
        """Something that a user should know."""

    def keep(self, value: object) -> None:
        """Something that is never copied."""
