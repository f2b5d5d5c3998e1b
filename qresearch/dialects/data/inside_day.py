"""Bars inside the day for a script, up to the present minute.

On daily bars, and on those that are longer than a minute, one minute can be asked for: the last visible price stands in
for it, with a notice. More than one is refused: there is nothing that could stand in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from qresearch.dialects.data.bar_tables import Part, groups_of, merged
from qresearch.dialects.data.bars import Floats, minutes_of
from qresearch.dialects.data.platform import Platform
from qresearch.domain.moment import OPEN
from qresearch.errors import NotSupported

ATTRIBUTE_FIELDS = ("open", "close", "high", "low", "volume", "money")
"""Fields that bars have where none are named."""

_PRICES = frozenset({*ATTRIBUTE_FIELDS[:4], "avg", "price"})
_SUMS = frozenset(ATTRIBUTE_FIELDS[4:])


class InsideDay:
    """The minutes of a market, as of now.

    Parameters
    ----------
    platform : Platform
    """

    def __init__(self, platform: Platform) -> None:
        self._platform, self._host, self._bars = platform, platform.host, platform.bars

    def need(self, call: str, unit: str, count: int | None) -> None:
        """Check that bars inside the day can be given: on daily bars the present one of one minute, with a notice."""
        if not minutes_of(unit) or self._bars_in(unit):
            return
        inside = self._platform.market.panel.intraday
        held = "days" if inside is None else f"{inside.length.seconds // 60} minutes"
        if minutes_of(unit) != 1 or count is None or int(count) != 1:
            asked = "a period" if count is None else f"count={count}"
            raise NotSupported(
                f"{call} asks for bars of minutes ({asked}, {unit!r}), and this market holds bars of {held}. Give "
                "from_script a market of minute bars, or ask for the present minute (count=1 of '1m'), for which the "
                "last price stands in."
            )
        self._host.tell(f"The last minute bar was asked for: the last visible price stands in, for bars are {held}.")

    def _bars_in(self, unit: str) -> int:
        """How many bars of the market make one of a unit of minutes; 0 where none can be made of them."""
        inside = self._platform.market.panel.intraday
        return 0 if inside is None else inside.bars_in(minutes_of(unit))

    def bars(  # in the order of the calls
        self, code: str, count: int | None, unit: str, names: Sequence[str], fq: str | None, begin: Any = None,
        end: Any = None, day: int | None = None, in_day: bool = False,
    ) -> Part:  # fmt: skip
        """The last bars of a code up to now, or those of a period; the last price where there are none so short.

        Prices are adjusted as of a day (index), default the present one. Bars of several minutes are counted back from
        now, or with `in_day` from the open of each day: then the last one may be under way.
        """
        host, inside, size = self._host, self._platform.market.panel.intraday, self._bars_in(unit)
        if inside is None or not size:
            return pd.DatetimeIndex([host.now]), self._last_minute(code, names)
        stop = len(host.view.array("close", "bar"))
        if end is not None:
            stop = min(stop, self._bar_at(end, side="right"))
        if count is None:
            first = 0 if begin is None else self._bar_at(begin, side="left")
            count = -(-max(stop - first, 0) // size)
        rows = slice(max(stop - (count + in_day) * size, 0), stop)
        places, groups = np.arange(rows.start, rows.stop), groups_of(size, rows.stop - rows.start)
        if in_day and size > 1:
            days = inside.day_of[rows]
            groups = days * len(inside.times) + (places - inside.starts[days]) // size
        found = self._bars.minutes(code, names, rows, host.day if day is None else day, fq)
        values, kept = merged(found, places, groups)
        values = {name: column[-count:] for name, column in values.items()}
        return pd.DatetimeIndex(inside.times[kept[-count:]]), values

    def is_under_way(self, unit: str, end: Any = None) -> bool:
        """True when the last bar of some minutes, counted from the open, has not ended."""
        inside, size = self._platform.market.panel.intraday, self._bars_in(unit)
        if inside is None or size < 2:
            return False
        stop = len(self._host.view.array("close", "bar"))
        stop = stop if end is None else min(stop, self._bar_at(end, side="right"))
        day = int(inside.day_of[stop - 1]) if stop else 0
        return bool(stop) and stop < inside.firsts[day + 1] and (stop - inside.firsts[day]) % size > 0

    def so_far(self, columns: Any) -> dict[str, Any]:
        """High, low, volume and money of today up to now, of one instrument or several; empty without bars of today."""
        inside = self._platform.market.panel.intraday
        if inside is None:
            return {}
        rows = slice(inside.firsts[self._host.day], len(self._host.view.array("close", "bar")))
        if rows.stop <= rows.start:
            return {}
        money = inside.turnover[rows, columns]
        return {
            "high": np.fmax.reduce(inside.high[rows, columns]), "low": np.fmin.reduce(inside.low[rows, columns]),
            "volume": np.nansum(inside.volume[rows, columns], axis=0),
            "money": np.where(np.isnan(money).all(axis=0), np.nan, np.nansum(money, axis=0)),
        }  # fmt: skip

    def _bar_at(self, moment: Any, *, side: str) -> int:
        """Number of bars that end before a moment (side "left"), or at it too; a date alone is its midnight."""
        inside = self._platform.market.panel.intraday
        assert inside is not None  # asked for on minute data only
        when = np.datetime64(pd.Timestamp(moment), "ns")
        return int(np.searchsorted(inside.times.astype("datetime64[ns]"), when, side=side))  # type: ignore[call-overload]

    def _last_minute(self, code: str, names: Sequence[str]) -> dict[str, Any]:
        """The last visible price as a bar of one minute; what holds for the whole day as it is."""
        day = self._host.day
        return {
            name: np.array([self.last(code)]) if name in _PRICES
            else np.array([np.nan]) if name in _SUMS
            else self._bars.values(code, name, slice(day, day + 1), day, None)
            for name in names
        }  # fmt: skip

    def last_of_all(self, columns: Any, name: str, unit: str) -> Floats | None:
        """That bar of several instruments at once, (C,); None where there are such bars, or the field is of the day."""
        if self._bars_in(unit) or name not in _PRICES | _SUMS:
            return None
        return self._host.view.last_prices(columns) if name in _PRICES else np.full(len(columns), np.nan)

    def last(self, code: str) -> float:
        """The last visible price of a code."""
        host, column = self._host, self._bars.column(code)
        if column is not None:
            return host.view.last_price(column)
        row = host.day if host.phase >= OPEN else host.day - 1
        field = "open" if host.phase >= OPEN and not host.is_closed else "close"
        return float(self._bars.values(code, field, slice(row, row + 1), host.day, None)[0])
