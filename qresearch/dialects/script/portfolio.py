"""``context.portfolio``: an account as a script sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from qresearch.dialects.script.positions import NoPositions, Positions
from qresearch.domain.attributes import told_names

if TYPE_CHECKING:
    from qresearch.dialects.script.account import Account
    from qresearch.dialects.script.run import Run


@told_names()
class Portfolio:
    """An account, or a part of one, valued at the last visible prices; money in the currency.

    Parameters
    ----------
    run : Run
    account : Account
    """

    type = "stock"
    """Kind of the account."""

    is_trading = True

    def __init__(self, run: Run, account: Account) -> None:
        self._run, self._account, self._positions = run, account, Positions(run, account)

    @property
    def index(self) -> int:
        """Number of the sub-account."""
        return self._account.number

    @property
    def margin(self) -> float:
        """What is held binds none: 0."""
        return 0.0

    @property
    def total_liability(self) -> float:
        """Nothing is borrowed: 0."""
        return 0.0

    @property
    def cash_liability(self) -> float:
        """No money is owed: 0."""
        return 0.0

    @property
    def sec_liability(self) -> float:
        """No shares are owed: 0."""
        return 0.0

    @property
    def interest(self) -> float:
        """Nothing accrues: 0."""
        return 0.0

    @property
    def maintenance_margin_rate(self) -> float:
        """Without debts 0."""
        return 0.0

    @property
    def positions(self) -> Mapping[str, Any]:
        """Holdings by code."""
        return self._positions

    long_positions = positions

    @property
    def short_positions(self) -> Mapping[str, Any]:
        """Always empty."""
        return NoPositions(self._run)

    @property
    def locked_cash(self) -> float:
        """Cash that working buys hold back."""
        return self._run.host.amount(self._account.reserved)

    @property
    def available_cash(self) -> float:
        """Cash that can be spent."""
        return self._run.host.amount(self._account.cash) - self.locked_cash

    cash = available_margin = available_cash

    @property
    def transferable_cash(self) -> float:
        """Cash without what was sold today."""
        return max(self.available_cash - self._run.host.amount(self._account.sold_today), 0.0)

    @property
    def positions_value(self) -> float:
        """Value of what is held."""
        host = self._run.host
        return host.amount(host.value_of(self._account.positions))

    market_value = positions_value

    @property
    def total_value(self) -> float:
        """Cash plus the value of what is held."""
        return self._run.host.amount(self._account.cash) + self.positions_value

    portfolio_value = net_value = total_value

    @property
    def starting_cash(self) -> float:
        """What the account began with, and what was moved to it since."""
        return self._run.host.amount(self._account.granted)

    inout_cash = capital_used = starting_cash

    @property
    def returns(self) -> float:
        """Value at the previous close (of a sub-account: its value now) over what was paid in, less 1."""
        start, before = self.starting_cash, self._account.value_before
        value = self.total_value if before is None else self._run.host.amount(before)
        return value / start - 1 if start else 0.0

    @property
    def pnl(self) -> float:
        """Profit since the beginning."""
        return self.total_value - self.starting_cash

    @property
    def unsell_positions(self) -> dict[str, Any]:
        """Positions of which nothing can be sold today."""
        return {code: held for code, held in self.positions.items() if not held.closeable_amount}

    def __repr__(self) -> str:
        return (
            f"Portfolio(total_value={self.total_value:.2f}, available_cash={self.available_cash:.2f}, "
            f"positions={list(self.positions)})"
        )
