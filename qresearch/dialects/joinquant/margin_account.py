"""A sub-account of margin trading as a script of JoinQuant sees it: cash and shares, and what is owed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qresearch.dialects.script.portfolio import Portfolio

if TYPE_CHECKING:
    from qresearch.dialects.script.run import Run


class MarginPortfolio(Portfolio):
    """A sub-account of margin trading: cash and shares, and what is owed.

    Parameters
    ----------
    run : Run
        With the sub-account.
    """

    type = "stock_margin"

    def __init__(self, run: Run) -> None:
        super().__init__(run, run.account)

    @property
    def available_cash(self) -> float:
        """Own cash that can be spent: without the proceeds of short sales."""
        return self._run.host.portfolio.available

    cash = available_cash

    @property
    def available_margin(self) -> float:
        """Margin that a new contract may bind."""
        return self._run.host.portfolio.available_margin

    @property
    def total_value(self) -> float:
        """Assets, what is owed included."""
        portfolio = self._run.host.portfolio
        return portfolio.equity + portfolio.debt

    @property
    def net_value(self) -> float:
        """Assets less what is owed."""
        return self._run.host.portfolio.equity

    portfolio_value = total_value

    @property
    def total_liability(self) -> float:
        """Everything that is owed, interest included."""
        return self._run.host.portfolio.debt

    def _owed(self, *, money: bool) -> float:
        host = self._run.host
        debts = [debt for debt in host.account.ledger.debts if debt.is_money == money]
        if money:
            return host.amount(sum(debt.principal for debt in debts))
        return sum(debt.quantity * host.view.last_price(debt.instrument) for debt in debts)

    @property
    def cash_liability(self) -> float:
        """Borrowed money, without interest."""
        return self._owed(money=True)

    @property
    def sec_liability(self) -> float:
        """Borrowed shares at their last prices."""
        return self._owed(money=False)

    @property
    def interest(self) -> float:
        """Interest and lending fees that have accrued and are not paid."""
        host = self._run.host
        return host.amount(sum(host.exchange.account.interest(debt) for debt in host.account.ledger.debts))

    @property
    def maintenance_margin_rate(self) -> float:
        """Assets over what is owed; 0 without debts."""
        ratio = self._run.host.portfolio.maintenance_ratio
        return 0.0 if ratio != ratio else ratio

    @property
    def short_positions(self) -> dict[str, Any]:
        """Shares that are owed, by code."""
        host = self._run.host
        owed: dict[int, int] = {}
        for debt in host.account.ledger.debts:
            if not debt.is_money:
                owed[debt.instrument] = owed.get(debt.instrument, 0) + debt.quantity
        return {self._run.platform.code(column): Owed(self._run, column, units) for column, units in owed.items()}


class Owed:
    """Shares of one code that are owed, as of the look.

    Parameters
    ----------
    run : Run
    column : int
    units : int
    """

    side = "short"

    def __init__(self, run: Run, column: int, units: int) -> None:
        self.security, self.total_amount = run.platform.code(column), units
        self.price = float(run.host.view.last_price(column))
        self.value = self.price * units
        brought = sum(
            debt.principal for debt in run.host.account.ledger.debts if debt.instrument == column and not debt.is_money
        )
        self.avg_cost = run.host.amount(brought) / units
        self.pindex = run.account.number

    def __repr__(self) -> str:
        return f"Position(security={self.security}, side=short, total_amount={self.total_amount}, price={self.price})"
