"""Bars inside the day for the data functions of a script; on daily bars the last price for the last minute.

With minute data every function gives them, up to the present minute. Without, one bar can be asked for: the last
visible price stands in for it, with a notice. More than one is refused: there is nothing that could stand in.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from qresearch.dialects.joinquant.bars import Floats, Rows
from qresearch.dialects.joinquant.run import Run
from qresearch.dialects.joinquant.wide import merged
from qresearch.errors import NotSupported

_UNIT = re.compile(r"^(\d+)m$")
LAST_MINUTE = "The last minute bar was asked for: the last visible price stands in, for bars are daily."


def minutes_of(unit: object) -> int:
    """How many minutes one bar of a unit has; 0 for units of days, weeks and months.

    >>> minutes_of("minute"), minutes_of("30m"), minutes_of("1d")
    (1, 30, 0)
    """
    if unit == "minute":
        return 1
    found = _UNIT.match(str(unit))
    return int(found[1]) if found else 0


class Minutes:
    """Bars inside the day, as far as they are known now.

    Parameters
    ----------
    run : Run
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    @property
    def are_there(self) -> bool:
        """True on minute data."""
        return self._run.market.panel.intraday is not None

    def need_one(self, call: str, unit: str, count: int | None) -> None:
        """Check that daily bars can answer: the present bar of one minute, told as an approximation.

        Parameters
        ----------
        call, unit : str
        count : int or None
            None: bars of a period, or of a time that is gone.

        Raises
        ------
        NotSupported
            More than one bar, or of more than one minute; bring minute bars, or ask for one.
        """
        if minutes_of(unit) != 1 or count is None or int(count) != 1:
            asked = "a period" if count is None else f"count={count}"
            raise NotSupported(
                f"{call} asks for bars of minutes ({asked}, {unit!r}), and this market holds bars of days. Give "
                "from_script a market of minute bars, or ask for the present minute (count=1 of '1m'), for which the "
                "last price stands in."
            )
        self._run.tell(LAST_MINUTE)

    def stop(self, end: Any = None) -> int:
        """Number of bars that end at or before a moment, never beyond now; a date alone is its midnight."""
        shown = len(self._run.view.array("close", "bar"))
        return shown if end is None else min(shown, self._row(end, side="right"))

    def number(self, begin: Any, stop: int, unit: str) -> int:
        """Number of bars of a unit from a moment to a row."""
        first = 0 if begin is None else self._row(begin, side="left")
        return -(-max(stop - first, 0) // minutes_of(unit))

    def _row(self, moment: Any, *, side: str) -> int:
        inside = self._run.market.panel.intraday
        assert inside is not None  # asked for on minute data only
        when = np.datetime64(pd.Timestamp(moment), "ns")
        return int(np.searchsorted(inside.times.astype("datetime64[ns]"), when, side=side))  # type: ignore[call-overload]

    def values(
        self, code: str, count: int, unit: str, names: Sequence[str], fq: str | None, stop: int | None = None
    ) -> tuple[pd.DatetimeIndex, dict[str, Floats]]:
        """The last bars of a code: the times at which they end, and their fields; counted back from the last one.

        Limits and the like, which hold for a whole day, are those of its day.
        """
        run, step = self._run, minutes_of(unit)
        last = self.stop() if stop is None else stop
        inside = [name for name in names if name not in run.bars.of_days]
        times, found = run.bars.minutes(code, inside, last, count * step, run.day, fq)
        intraday = run.market.panel.intraday
        if len(inside) < len(names) and intraday is not None:
            days: Rows = intraday.day_of[max(last - count * step, 0) : last]
            found |= {name: run.bars.values(code, name, days, run.day, fq) for name in names if name not in inside}
        table, rows = merged({name: found[name] for name in names}, np.arange(len(times)), step)
        return pd.DatetimeIndex(times[rows]), table

    def moments(self, times: pd.DatetimeIndex) -> Any:
        """Times as an array of datetime."""
        found: list[dt.datetime] = [time.to_pydatetime() for time in times]
        return np.array(found, dtype=object)
