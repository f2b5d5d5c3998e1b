"""Bars inside the day for a script, up to the present minute.

On daily bars one can be asked for: the last visible price stands in for it, with a notice. More than one is refused:
there is nothing that could stand in.
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
_LAST_MINUTE = "The last minute bar was asked for: the last visible price stands in, for bars are daily."


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
        if not minutes_of(unit) or self._platform.market.panel.intraday is not None:
            return
        if minutes_of(unit) != 1 or count is None or int(count) != 1:
            asked = "a period" if count is None else f"count={count}"
            raise NotSupported(
                f"{call} asks for bars of minutes ({asked}, {unit!r}), and this market holds bars of days. Give "
                "from_script a market of minute bars, or ask for the present minute (count=1 of '1m'), for which the "
                "last price stands in."
            )
        self._host.tell(_LAST_MINUTE)

    def bars(  # in the order of the calls
        self, code: str, count: int | None, unit: str, names: Sequence[str], fq: str | None, begin: Any = None,
        end: Any = None, day: int | None = None,
    ) -> Part:  # fmt: skip
        """The last bars of a code up to now, or those of a period; the last price where bars are daily.

        Prices are adjusted as of a day (index), default the present one.
        """
        host, inside, size = self._host, self._platform.market.panel.intraday, minutes_of(unit)
        if inside is None:
            return pd.DatetimeIndex([host.now]), self._last_minute(code, names)
        stop = len(host.view.array("close", "bar"))
        if end is not None:
            stop = min(stop, self._bar_at(end, side="right"))
        if count is None:
            first = 0 if begin is None else self._bar_at(begin, side="left")
            count = -(-max(stop - first, 0) // size)
        rows = slice(max(stop - count * size, 0), stop)
        values, kept = merged(
            self._bars.minutes(code, names, rows, host.day if day is None else day, fq),
            np.arange(rows.start, rows.stop),
            groups_of(size, rows.stop - rows.start),
        )
        return pd.DatetimeIndex(inside.times[kept]), values

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

    def last_of_all(self, columns: Any, name: str) -> Floats | None:
        """That bar of several instruments at once, (C,); None on minute data, or where the field is of the day."""
        if self._platform.market.panel.intraday is not None or name not in _PRICES | _SUMS:
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
