"""An account as scripts count it: cash, shares and orders of the whole account, or of a part of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from qresearch.domain import events

if TYPE_CHECKING:
    from qresearch.dialects.script.host import ScriptHost
    from qresearch.domain.state import Position


class Account(Protocol):
    """What a portfolio and its positions are shown of; money in steps."""

    number: int

    @property
    def positions(self) -> Mapping[int, Position]:
        """Shares by instrument."""
        ...

    @property
    def cash(self) -> int:
        """All its money."""
        ...

    @property
    def reserved(self) -> int:
        """Cash that its working buys hold back."""
        ...

    @property
    def granted(self) -> int:
        """Cash that it began with, and that was moved to it since."""
        ...

    @property
    def value_before(self) -> int | None:
        """Value at the close before the present day; None when no closes of it are kept."""
        ...

    def owns(self, order_id: int) -> bool:
        """True when an order is one of its own."""
        ...


class WholeAccount:
    """The account of the session.

    Parameters
    ----------
    host : ScriptHost
    """

    number = 0

    def __init__(self, host: ScriptHost) -> None:
        self._host = host

    @property
    def positions(self) -> Mapping[int, Position]:
        """Shares by instrument."""
        return self._host.account.positions

    @property
    def cash(self) -> int:
        """All its money."""
        return self._host.account.cash

    @property
    def reserved(self) -> int:
        """Cash that its working buys hold back."""
        return sum(self._host.reserved().values())

    @property
    def granted(self) -> int:
        """What it began with."""
        return self._host.starting_equity

    @property
    def value_before(self) -> int:
        """Value at the close before the present day."""
        return self._host.equity_before_today()

    def owns(self, _: int) -> bool:
        """True: every order is one of its own."""
        return True


def sold_today(host: ScriptHost, account: Account) -> int:
    """What the sales of today brought an account, less their fees; money steps."""
    return sum(
        event.net
        for event in host.events_today()
        if isinstance(event, events.OrderFilled) and event.quantity < 0 and account.owns(event.order_id)
    )


def offered(host: ScriptHost, account: Account, column: int | None) -> int:
    """Shares of an instrument that the working sells of an account hold back."""
    return -sum(
        order.leaves
        for order in host.account.working.values()
        if order.instrument == column and order.leaves < 0 and account.owns(order.order_id)
    )
