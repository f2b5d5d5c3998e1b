"""``data`` of handle_data: the bar of the day before, and averages up to it.

The averages leave out days without trading, and are NaN where fewer days are known than were asked for.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qresearch.dialects.data.bars import FIELDS
from qresearch.dialects.data.codes import spelled
from qresearch.dialects.data.prices import Prices
from qresearch.dialects.script.run import Run


class DayBefore:
    """What ``data[code]`` gives in handle_data: the bar of the day before, and averages up to it.

    Parameters
    ----------
    run : Run
    prices : Prices
    security : str
    """

    def __init__(self, run: Run, prices: Prices, security: str) -> None:
        self._run, self._prices, self.security = run, prices, spelled(security)

    def __getattr__(self, name: str) -> Any:
        if name == "price":
            name = "avg"
        if name not in FIELDS:
            raise AttributeError(f"A bar has no {name!r}: it has {', '.join(FIELDS)}, price, returns.")
        day = self._run.host.day
        if not day:
            return float("nan")
        value = float(self._run.platform.bars.values(self.security, name, slice(day - 1, day), day, "pre")[0])
        return bool(value) if name == "paused" else value

    @property
    def returns(self) -> float:
        """Close over the close before, less 1."""
        return float(self.close / self.pre_close - 1)

    def isnan(self) -> bool:
        """True when there is no bar."""
        return bool(np.isnan(self.close))

    def _last(self, days: int, field: str) -> Any:
        """A field over the last days of trading; NaN where there are fewer."""
        values = self._prices.attribute_history(self.security, days, "1d", [field], df=False)[field]
        return values if len(values) >= days else np.full(int(days), np.nan)

    def mavg(self, days: int, field: str = "close") -> float:
        """Mean of a field over the last days."""
        return float(np.mean(self._last(days, field)))

    def vwap(self, days: int) -> float:
        """Price by volume over the last days."""
        volumes = self._last(days, "volume")
        return float((self._last(days, "avg") * volumes).sum() / volumes.sum()) if volumes.sum() else float("nan")

    def stddev(self, days: int) -> float:
        """Standard deviation of the close over the last days."""
        closes = self._last(days, "close")
        return float(np.std(closes, ddof=1)) if len(closes) > 1 else float("nan")


class Data:
    """The second argument of handle_data: bars of the day before, by code.

    Parameters
    ----------
    run : Run
    prices : Prices
    """

    def __init__(self, run: Run, prices: Prices) -> None:
        self._run, self._prices = run, prices

    def __getitem__(self, security: str) -> DayBefore:
        return DayBefore(self._run, self._prices, security)

    def __contains__(self, security: object) -> bool:
        return self._run.platform.bars.column(security) is not None

    def keys(self) -> list[str]:
        """The universe."""
        return list(self._run.state["universe"])

    def __iter__(self) -> Any:
        return iter(self.keys())
