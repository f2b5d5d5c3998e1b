"""The words with which a script sets itself up, as far as the dialects share them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qresearch.dialects.data.codes import listed, spelled
from qresearch.dialects.script.old_calls import single
from qresearch.dialects.script.run import Run
from qresearch.engine.tariffs import fixed_costs
from qresearch.errors import UsageError, shown
from qresearch.market.market import Benchmark


@dataclass
class OrderCost:
    """What trading costs: rates are fractions of the value, the minimum is currency."""

    open_tax: float = 0.0
    close_tax: float = 0.0
    open_commission: float = 0.0
    close_commission: float = 0.0
    close_today_commission: float = 0.0
    min_commission: float = 0.0

    @property
    def rates(self) -> dict[str, float]:
        """What the engine counts of it."""
        return {name: rate for name, rate in vars(self).items() if name != "close_today_commission"}


def rates_of(cost: object) -> dict[str, float]:
    """The rates of an :class:`OrderCost`; anything else is refused.

    Raises
    ------
    UsageError
        No OrderCost: write one.
    """
    if not isinstance(cost, OrderCost):
        raise UsageError(f"set_order_cost takes OrderCost(close_tax=, open_commission=, ...), not {shown(cost)}.")
    return cost.rates


def set_costs(run: Run, **rates: Any) -> None:
    """Set what trading costs, by the names of :class:`OrderCost`; nothing is written when it costs that already.

    Rates are counted in billionths: what a computation of a script leaves behind them is noise.
    """
    rates = {name: round(float(single(rate)), 9) for name, rate in rates.items()}
    costs = fixed_costs(run.host.market.venue, **rates)
    if costs != run.host.account.settings.costs:
        run.host.change(costs=costs)


class Settings:
    """The words that set a script up and that differ in no dialect.

    Parameters
    ----------
    run : Run
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    def set_benchmark(self, security: Any) -> None:
        """Compare the run with an index, a share, or a mixture given as weights by code."""
        run, bars, days = self._run, self._run.platform.bars, self._run.host.market.days
        run.state["benchmark"] = security
        weights = security if isinstance(security, dict) else {security: 1.0}
        closes: Any = 0.0
        for code, weight in weights.items():
            if bars.column(code) is None and not bars.has_other(str(code)):
                run.host.tell(
                    f"set_benchmark: {code} is not in this market and no bars of it were given "
                    "(data={'index_prices': ...}); the benchmark of the market stands in."
                )
                return
            close = bars.values(str(code), "close", slice(0, len(days)), run.host.day, "post")
            closes = closes + weight * close / _first(close)
        known = closes == closes
        name = spelled(str(security)) if isinstance(security, str) else "mixture"
        run.host.compare_with(Benchmark(name, days[known], closes[known] * 1000))

    def set_universe(self, securities: Any) -> None:
        """Name the codes that ``history`` takes when it is given none."""
        self._run.state["universe"] = [spelled(str(code)) for code in listed(securities)]

    def unschedule_all(self) -> None:
        """Forget every schedule."""
        self._run.state["schedules"] = []

    # ------------------------------------------------------------------ words without effect

    def enable_profile(self, *_: Any) -> None:
        """Accepted; Python's own profilers serve here."""
        self._run.host.tell("enable_profile has no effect.", "ignored")

    def disable_cache(self, *_: Any) -> None:
        """Accepted; nothing is cached that a script could tell."""
        self._run.host.tell("disable_cache has no effect.", "ignored")

    def send_message(self, message: Any, channel: str = "weixin") -> None:
        """Write a line into the log instead of a chat."""
        self._run.host.tell(f"send_message writes into the log of the session, not to {channel}.", "ignored")
        self._run.host.log_line("INFO", message)

    def record(self, **values: Any) -> None:
        """Record values of the day; see ``session.tables.recorded``."""
        self._run.host.record({name: float(single(value)) for name, value in values.items() if value is not None})

    def is_trade(self) -> bool:
        """False: this is no live trading."""
        return False


def _first(values: Any) -> float:
    return float(next(iter(values[values == values]), 1.0))
