"""A JoinQuant script: its clock, its words, its callbacks by name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, ClassVar

from qresearch.dialects.data.prices import Prices
from qresearch.dialects.joinquant import config
from qresearch.dialects.joinquant.costs import CostsByType
from qresearch.dialects.joinquant.day_before import Data
from qresearch.dialects.joinquant.division import DividedContext, Division, SubPortfolioConfig
from qresearch.dialects.joinquant.futures import Futures
from qresearch.dialects.joinquant.margin import Margin
from qresearch.dialects.joinquant.order import OrderStatus
from qresearch.dialects.joinquant.orders import Orders
from qresearch.dialects.joinquant.subaccounts import SubAccounts
from qresearch.dialects.script import loader
from qresearch.dialects.script.portfolio import Portfolio
from qresearch.dialects.script.run import Run
from qresearch.dialects.script.schedule import Calendar
from qresearch.dialects.script.unsupported import Unsupported
from qresearch.domain.moment import AFTER_CLOSE, INTRADAY, OPEN, PRE_OPEN
from qresearch.engine.tariffs import fixed_costs

_DAILY = {
    PRE_OPEN: (dt.time(9, 0), "before_trading_start"),
    OPEN: (dt.time(9, 30), "handle_data"),
    AFTER_CLOSE: (dt.time(15, 30), "after_trading_end"),
}
_OURS = frozenset({"begin", "set_costs", "slip", "send_beside", "column_of"})
"""Methods that are no words of a script."""
_OTHERS = "it is EasyQuant's; run the script with Session.from_script(..., dialect='easyquant')"


class JoinQuant:
    """The words of the platform; see :class:`~.script.loader.Dialect`.

    Parameters
    ----------
    run : Run
    prices : Prices
    """

    options: ClassVar[Mapping[str, Any]] = {
        "clock": "same_bar",
        "slippage": ("spread_rate", config.SPREAD_RATE),
        "dividend_tax": 0.2,
    }

    def __init__(self, run: Run, prices: Prices) -> None:
        self._run, self._subaccounts, self._data = run, SubAccounts(run), Data(run, prices)
        self._costs, kinds = CostsByType(run), self._subaccounts.kinds
        self._futures = Futures(run, kinds)
        self.context: Any = DividedContext(
            run, Portfolio(run, run.account), self._subaccounts.portfolios, lambda: bool(kinds.runs())
        )
        self.calendar: loader.Calendar = Calendar(run.host.market.days, run.host.exchange.first)
        self.alive: Mapping[str, object] = {"script sub-accounts": self._subaccounts}

    def words(self) -> dict[str, Any]:
        """Its words, by name."""
        others = ("order_lots", "order_pct", "run_selection", "set_order_timeout")
        kinds = (config.PerTrade, config.FixedSlippage, config.PriceRelatedSlippage, config.StepRelatedSlippage,
                 SubPortfolioConfig, OrderStatus)  # fmt: skip
        return {
            **{name: Unsupported(name, _OTHERS) for name in others},
            **{kind.__name__: kind for kind in kinds},
            **{name: word for name, word in loader.words_of(*self._parts()).items() if name not in _OURS},
        }

    def _parts(self) -> tuple[object, ...]:
        """Whose methods are words of a script."""
        run, orders = self._run, Orders(self._run, self._subaccounts, self._costs)
        return (
            config.Config(run, self._subaccounts, self._costs, self._futures), orders, self._futures,
            Division(run, self._subaccounts, self._futures), Margin(run, self._subaccounts.kinds, orders),
        )  # fmt: skip

    def settings(self) -> dict[str, Any]:
        """Settings that hold before the script sets its own."""
        venue = self._run.host.market.venue
        rates: dict[str, Any] = self._costs.default()
        own = config.money_funds_pay_none(self._run)
        return {"costs": fixed_costs(venue, **rates), "sizing": "floor"} | ({"slippage_by": own} if own else {})

    def callbacks(self, phase: int) -> list[tuple[dt.time, str]]:
        """The functions that are called by their names."""
        run = self._run
        found = [_DAILY[phase]] if phase in _DAILY else []
        if run.frequency == "minute" and phase == INTRADAY and run.bar_time < dt.time(15, 0):
            found.append((run.bar_time, "handle_data"))
        return [(time, name) for time, name in found if callable(run.namespace.get(name))]

    def data(self) -> Data:
        """Bars of the day before, by code."""
        return self._data


class Script(loader.Script):
    """A JoinQuant script as a strategy of a session; the parameters are those of every script."""

    dialect = JoinQuant
