"""An account as scripts count it: cash and shares of the whole account; a part of it is counted by a subclass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qresearch.dialects.script.host import ScriptHost
    from qresearch.domain.state import Position


class Account:
    """What a portfolio and its positions are shown of: the account of the session. Money is counted in steps.

    Parameters
    ----------
    host : ScriptHost
    number : int
        Of a sub-account; 0 for the whole account.
    """

    def __init__(self, host: ScriptHost, number: int = 0) -> None:
        self._host, self.number = host, number

    @property
    def positions(self) -> Mapping[int, Position]:
        """Shares by instrument."""
        return self._host.account.positions

    @property
    def cash(self) -> int:
        """All its money."""
        return self._host.account.cash

    @property
    def granted(self) -> int:
        """Cash that it began with, and that was moved to it since."""
        return self._host.starting_equity

    @property
    def value_before(self) -> int | None:
        """Value at the close before the present day; None when no closes of it are kept."""
        return self._host.equity_before_today()

    def owns(self, order_id: int) -> bool:  # a part of the account owns its own orders only
        """True when an order is one of its own."""
        return True

    @property
    def reserved(self) -> int:
        """Cash that its working buys hold back."""
        return sum(steps for order_id, steps in self._host.reserved().items() if self.owns(order_id))

    @property
    def sold_today(self) -> int:
        """What its sales of today brought, less their fees."""
        sales = [fill for fill in self._host.fills_today() if fill.quantity < 0]
        return sum(sale.net for sale in sales if self.owns(sale.order_id))

    def offered(self, column: int | None) -> int:
        """Shares of an instrument that its working sells hold back."""
        orders = self._host.account.working.values()
        sells = [order for order in orders if order.instrument == column and order.leaves < 0]
        return -sum(order.leaves for order in sells if self.owns(order.order_id))
