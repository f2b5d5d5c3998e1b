"""``context``: the clock and the account as a script sees them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from qresearch.dialects.joinquant.positions import NoPositions, OwnPositions, Position, Positions
from qresearch.dialects.joinquant.run import Run
from qresearch.engine.reserves import reserved_cash
from qresearch.engine.valuation import market_values
from qresearch.errors import UsageError


class Portfolio:
    """The account, valued at the last visible prices; money in the currency.

    Parameters
    ----------
    run : Run
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self.positions = self.long_positions = Positions(run)
        """Holdings by code."""
        self.short_positions = NoPositions(run)
        """Always empty."""

    @property
    def _money(self) -> Any:
        return self._run.market.venue.money

    @property
    def locked_cash(self) -> float:
        """Cash that working buys hold back."""
        account = self._run.account
        held = sum(reserved_cash(account, self._run.session.simulation.exchange).values()) if account.working else 0
        return float(self._money.amount(held))

    @property
    def available_cash(self) -> float:
        """Cash that can be spent."""
        return float(self._money.amount(self._run.account.cash)) - self.locked_cash

    cash = available_cash

    @property
    def transferable_cash(self) -> float:
        """Cash without what was sold today."""
        return max(self.available_cash - self._run.sold_today(), 0.0)

    @property
    def positions_value(self) -> float:
        """Value of what is held."""
        account = self._run.account
        values = market_values(self._run.session.simulation.exchange, self._run.view, account.positions)
        return float(self._money.amount(int(values.sum())))

    market_value = positions_value

    @property
    def total_value(self) -> float:
        """Cash plus the value of what is held."""
        return float(self._money.amount(self._run.account.cash)) + self.positions_value

    portfolio_value = total_value

    @property
    def starting_cash(self) -> float:
        """What the account began with."""
        return float(self._money.amount(self._run.session.simulation.starting_equity))

    @property
    def inout_cash(self) -> float:
        """What was paid in, all in all."""
        return self.starting_cash

    capital_used = starting_cash

    @property
    def returns(self) -> float:
        """Value at the previous close over what was paid in, less 1."""
        start = self.starting_cash
        return self._run.value_before() / start - 1 if start else 0.0

    @property
    def pnl(self) -> float:
        """Profit since the beginning."""
        return self.total_value - self.starting_cash

    @property
    def margin(self) -> float:
        """Shares bind no margin: 0."""
        return 0.0

    @property
    def unsell_positions(self) -> dict[str, Position]:
        """Positions of which nothing can be sold today."""
        return {code: held for code, held in self.positions.items() if not held.closeable_amount}

    def __repr__(self) -> str:
        return (
            f"Portfolio(total_value={self.total_value:.2f}, available_cash={self.available_cash:.2f}, "
            f"positions={list(self.positions)})"
        )


class SubPortfolio(Portfolio):
    """The only sub-account of a script that divided nothing: it mirrors the account.

    Parameters
    ----------
    run : Run
    number : int
    """

    def __init__(self, run: Run, number: int = 0) -> None:
        super().__init__(run)
        self.index = number
        self.total_liability = self.cash_liability = self.sec_liability = self.interest = 0.0
        self.maintenance_margin_rate = 0.0
        self.is_trading = True

    @property
    def type(self) -> str:
        """Kind of the sub-account."""
        return self._run.subaccounts.types[self.index]

    @property
    def net_value(self) -> float:
        """The same as total_value: nothing is borrowed."""
        return self.total_value

    @property
    def available_margin(self) -> float:
        """Nothing can be borrowed: the available cash."""
        return self.available_cash


class OwnPortfolio(SubPortfolio):
    """One of several sub-accounts: its own cash, and what its own orders hold; see :mod:`.subaccounts`.

    Parameters
    ----------
    run : Run
    number : int
    """

    def __init__(self, run: Run, number: int) -> None:
        super().__init__(run, number)
        self.positions = self.long_positions = OwnPositions(run, number)

    def _amount(self, steps: int) -> float:
        return float(self._money.amount(steps))

    @property
    def locked_cash(self) -> float:
        """Cash that its working buys hold back."""
        return self._amount(self._run.subaccounts.reserved(self.index))

    @property
    def available_cash(self) -> float:
        """Cash that it can spend."""
        return self._amount(self._run.subaccounts.cash(self.index)) - self.locked_cash

    cash = available_cash

    @property
    def transferable_cash(self) -> float:
        """Its cash without what it sold today."""
        return max(self.available_cash - self._run.sold_today(self.index), 0.0)

    @property
    def positions_value(self) -> float:
        """Value of what it holds."""
        run = self._run
        values = market_values(run.session.simulation.exchange, run.view, run.subaccounts.positions(self.index))
        return self._amount(int(values.sum()))

    market_value = positions_value

    @property
    def total_value(self) -> float:
        """Its cash plus the value of what it holds."""
        return self._amount(self._run.subaccounts.cash(self.index)) + self.positions_value

    portfolio_value = total_value

    @property
    def starting_cash(self) -> float:
        """What it was given, and what was moved to it since."""
        return self._amount(self._run.subaccounts.granted(self.index))

    inout_cash = capital_used = starting_cash

    @property
    def returns(self) -> float:
        """Its value over what it was given, less 1."""
        start = self.starting_cash
        return self.total_value / start - 1 if start else 0.0

    @property
    def pnl(self) -> float:
        """Its profit since the beginning."""
        return self.total_value - self.starting_cash


class RunParams:
    """``context.run_params``: how the run was started.

    Parameters
    ----------
    run : Run
    """

    def __init__(self, run: Run) -> None:
        exchange = run.session.simulation.exchange
        self.start_date = run.date_of(exchange.first)
        self.end_date = run.date_of(exchange.last)
        self.type = "simple_backtest"
        self.frequency = "day" if run.market.panel.intraday is None else "minute"


_OWN = ("portfolio", "subportfolios", "current_dt", "previous_date", "universe", "run_params")


class Context:
    """What every callback is given. Attributes that a script sets are memory: kept with every state.

    Parameters
    ----------
    run : Run
    """

    def __init__(self, run: Run) -> None:
        object.__setattr__(self, "_run", run)
        object.__setattr__(self, "portfolio", Portfolio(run))
        object.__setattr__(self, "run_params", RunParams(run))

    _run: Run
    portfolio: Portfolio
    run_params: RunParams

    @property
    def current_dt(self) -> dt.datetime:
        """Date and time of the call."""
        return self._run.now

    @property
    def previous_date(self) -> dt.date:
        """The trading day before."""
        return self._run.previous_date

    @property
    def universe(self) -> list[str]:
        """What set_universe named."""
        return list(self._run.state["universe"])

    @property
    def subportfolios(self) -> list[Any]:
        """The sub-accounts; one without set_subportfolios."""
        run = self._run
        count = run.subaccounts.count
        return [SubPortfolio(run)] if count == 1 else [OwnPortfolio(run, number) for number in range(count)]

    def __getattr__(self, name: str) -> Any:
        try:
            return self._run.session._keeper.memory.roots[0][name]
        except KeyError:
            raise AttributeError(f"context has no {name!r}. Set it first: context.{name} = ...") from None

    def __setattr__(self, name: str, value: object) -> None:
        if name in _OWN:
            raise UsageError(f"context.{name} belongs to the session and cannot be replaced. Choose another name.")
        self._run.session._keeper.memory.roots[0][name] = value

    def __delattr__(self, name: str) -> None:
        del self._run.session._keeper.memory.roots[0][name]

    def __repr__(self) -> str:
        return f"<context {self._run.now}: {self.portfolio!r}>"
