"""An EasyQuant script: its clock, its words, its registered callbacks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qresearch.dialects.data.prices import Prices
from qresearch.dialects.easyquant.objects import EasyBars, EasyContext, EasyPortfolio
from qresearch.dialects.easyquant.words import KINDS, Words
from qresearch.dialects.script import loader
from qresearch.dialects.script.run import Run
from qresearch.dialects.script.schedule import Schedule
from qresearch.dialects.script.unsupported import Unsupported
from qresearch.domain.moment import AFTER_CLOSE, CLOSE, PRE_OPEN
from qresearch.engine.tariffs import fixed_costs

_CALLBACKS = {
    PRE_OPEN: ("before_trading_start", dt.time(9, 0)),
    CLOSE: ("handle_data", dt.time(15, 0)),
    AFTER_CLOSE: ("after_trading_end", dt.time(15, 0)),
}
_OTHERS = (
    "get_orders", "get_trades", "batch_submit_orders", "batch_cancel_orders", "OrderStatus", "set_commission",
    "PerTrade", "PriceRelatedSlippage", "StepRelatedSlippage", "set_subportfolios", "SubPortfolioConfig",
    "transfer_cash", "inout_cash",
)  # fmt: skip
"""Words of the platform that this library took its shape from, and that it does not have."""


class EasyCalendar:
    """Weekdays of the calendar, and days of the month: a week whose day is a holiday is left out.

    Parameters
    ----------
    days : (T,) ndarray of datetime64[D]
    """

    def __init__(self, days: NDArray[np.datetime64]) -> None:
        self._days = days

    def is_due(self, schedule: Schedule, day: int) -> bool:
        """True when a schedule calls on a day (index)."""
        date: dt.date = self._days[day].item()
        if schedule.kind == "weekly":
            return date.weekday() == schedule.number
        if schedule.kind == "monthly":
            before: dt.date | None = self._days[day - 1].item() if day else None
            is_first = before is None or before.month != date.month or before.day < schedule.number
            return date.day >= schedule.number and is_first
        return True


class EasyQuant:
    """The words of the library; see :class:`~.script.loader.Dialect`.

    Parameters
    ----------
    run : Run
    prices : Prices
    """

    options: ClassVar[Mapping[str, Any]] = {"clock": "next_open"}

    def __init__(self, run: Run, prices: Prices) -> None:
        self._run, self._prices = run, prices
        self.context: Any = EasyContext(run, EasyPortfolio(run, run.account))
        self.calendar: loader.Calendar = EasyCalendar(run.host.market.days)
        self.alive: Mapping[str, object] = {}

    def words(self) -> dict[str, Any]:
        """Its words, by name."""
        absent = "it is JoinQuant's; run the script with Session.from_script(..., dialect='joinquant')"
        found = {name: Unsupported(name, absent) for name in _OTHERS}
        return found | loader.words_of(Words(self._run, self._prices)) | KINDS

    def settings(self) -> dict[str, Any]:
        """Settings that hold before the script sets its own: 0.025 % each way, at least 5 yuan, 0.05 % tax on sales."""
        return {"costs": fixed_costs(self._run.host.market.venue)}

    def callbacks(self, phase: int) -> list[tuple[dt.time, str]]:
        """The functions that the script has registered."""
        word, time = _CALLBACKS.get(phase, ("", dt.time()))
        registered = self._run.state.get("callbacks", {})
        return [(time, registered[word])] if word in registered else []

    def data(self) -> EasyBars:
        """The newest whole bars, by code."""
        return EasyBars(self._run)


class EasyScript(loader.Script):
    """An EasyQuant script as a strategy of a session; the parameters are those of every script."""

    dialect = EasyQuant
