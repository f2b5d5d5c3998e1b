"""What an algorithm can set about itself, and what follows its bars."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from qresearch.dialects.lean.enums import Resolution
from qresearch.dialects.lean.names import Sealed
from qresearch.dialects.lean.symbols import Symbol
from qresearch.engine.lean_market import TradingHours
from qresearch.errors import shown

_HOUR = dt.timedelta(hours=1)


_UNHEARD = (
    "daily_precise_end_time", "rebalance_portfolio_on_insight_changes", "rebalance_portfolio_on_security_changes",
    "trading_days_per_year", "performance_sample_period", "data_subscription_limit", "ignore_unknown_asset_holdings",
    "daily_consolidation_use_extended_market_hours",
)  # fmt: skip
"""Settings that may be set, and nothing here asks them."""


@dataclass
class AlgorithmSettings(Sealed):
    """What ``self.settings`` is; what is set and changes nothing is told when a run begins."""

    stale_price_time_span: dt.timedelta = _HOUR
    free_portfolio_value: float | None = None
    free_portfolio_value_percentage: float = 0.0025
    minimum_order_margin_portfolio_percentage: float = 0.001
    liquidate_enabled: bool = True
    daily_precise_end_time: bool = True
    automatic_indicator_warm_up: bool = False
    seed_initial_prices: bool = False
    maximum_orders: int = 10_000
    rebalance_portfolio_on_insight_changes: bool = True
    rebalance_portfolio_on_security_changes: bool = True
    trading_days_per_year: int | None = None
    performance_sample_period: dt.timedelta | None = None
    data_subscription_limit: int | None = None
    ignore_unknown_asset_holdings: bool = False
    daily_consolidation_use_extended_market_hours: bool = False

    def unheard(self) -> list[str]:
        """What is told of settings that differ from what they are here, and change nothing."""
        changed = [name for name in _UNHEARD if getattr(self, name) != getattr(type(self), name)]
        return [f"settings.{name} = {shown(getattr(self, name))} has no effect here." for name in changed]


@dataclass
class UniverseSettings(Sealed):
    """What ``self.universe_settings`` is; `asynchronous` changes nothing."""

    resolution: Resolution = Resolution.MINUTE
    leverage: float | None = None
    fill_forward: bool = True
    extended_market_hours: bool = False
    data_normalization_mode: Any = None
    asynchronous: bool = False


@dataclass
class Following:
    """Something that takes the bars of a symbol: a consolidator or an indicator."""

    symbol: Symbol
    take: Callable[[Any], Any]
    scan: Callable[[dt.datetime], Any] | None = None
    wants_quotes: bool = False
    owner: Any = field(default=None)


def bars_before(start: dt.datetime, count: int, resolution: Resolution, hours: TradingHours) -> dt.datetime:
    """Where a number of bars before a moment begin, by the hours of the exchange."""
    day, at = start.date(), start
    spans = {Resolution.SECOND: 1, Resolution.MINUTE: 60, Resolution.HOUR: 3_600}
    while count > 0:
        session = hours.session(day)
        if session is not None and resolution is Resolution.DAILY:
            if session[1] <= start:
                count, at = count - 1, dt.datetime.combine(day, dt.time(0))
        else:
            span = spans.get(resolution, 60)
            for opens, closes in reversed(hours.stretches(day)):
                last = min(closes, start)
                taken = min(int((last - opens).total_seconds() // span), count) if opens < start else 0
                if taken:
                    count, at = count - taken, last - dt.timedelta(seconds=taken * span)
        day -= dt.timedelta(days=1)
    return at
