"""Prices for a script: attribute_history, history, get_price and get_bars.

Bars of days are cut from the panel for many codes in one go, or read code by code where a code is no instrument of the
market or leaves out its own days without trading; both ways give the same figures. Bars of minutes are read by
:class:`~.inside_day.InsideDay`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from qresearch.dialects.data.bar_tables import (
    Part,
    as_bars,
    as_long,
    as_panel,
    count_of,
    empty_paused,
    groups_of,
    hide_today,
    joined_long,
    joined_panel,
    merged,
    with_dates,
)
from qresearch.dialects.data.bars import Floats, Rows, days_of, minutes_of, to_day
from qresearch.dialects.data.codes import listed
from qresearch.dialects.data.inside_day import ATTRIBUTE_FIELDS, InsideDay
from qresearch.dialects.data.lazy_frames import LazyFrame
from qresearch.dialects.data.old_pandas import DataFrame, strings
from qresearch.dialects.data.platform import Platform
from qresearch.domain.moment import OPEN
from qresearch.errors import UsageError, shown

BEFORE_OPEN = frozenset({"paused", "high_limit", "low_limit", "pre_close", "factor", "is_st"})
"""Fields of today that are known before the open; asked for alone, get_price gives them from 09:00 on."""

_LONGEST = {"1w": 5, "1M": 23}
"""Trading days of a week and of a month, at most."""

_TODAY = (
    "The bar of today was asked for before its close: its high, low and close are the last visible price, its volume "
    "is missing."
)

_TODAY_SO_FAR = "The bar of today was asked for before its close: it holds what has been traded by then."


class Prices:
    """The functions of a script that read bars. Bars of days never include today, but where a function says so.

    Parameters
    ----------
    platform : Platform
    """

    def __init__(self, platform: Platform) -> None:
        self._platform, self._host, self._bars = platform, platform.host, platform.bars
        self._inside = InsideDay(platform)
        self._told: set[tuple[str, int]] = set()

    # ------------------------------------------------------------------ the two histories

    def attribute_history(  # as documented by the platform
        self, security: str, count: int, unit: str = "1d", fields: Any = ATTRIBUTE_FIELDS,
        skip_paused: bool = True, df: bool = True, fq: str | None = "pre",  # as documented
    ) -> Any:  # fmt: skip
        """The last days of one code, today not included.

        Parameters
        ----------
        security : str
        count : int
        unit : str
            "1d", or "5d" for bars of five days.
        fields : str or list of str
        skip_paused : bool
            Leave out days on which it did not trade.
        df : bool
            False: a dict of arrays.
        fq : {"pre", "post"} or None
            Prices adjusted to the present day, to the first one, or not at all.
        """
        if not isinstance(security, str):
            raise UsageError(f"attribute_history takes one code, not {shown(security)}: history takes several.")
        names = [fields] if type(fields) is str else fields
        self._inside.need("attribute_history", unit, count)
        times, values = self._history(security, count, unit, names, fq, skip_paused=skip_paused)
        if not df or not values:
            return {name: np.array(column) for name, column in values.items()}
        return LazyFrame.of(list(values), list(values.values()), lambda: self._index(times))

    def _history(  # in the order of the calls
        self, code: str, count: int, unit: str, names: Sequence[str], fq: str | None, *, skip_paused: bool
    ) -> tuple[Any, dict[str, Any]]:
        """The last bars of a code, today not included: their times, or the rows of their days, and their fields."""
        if minutes_of(unit):
            return self._inside.bars(code, count_of(count), unit, names, fq)
        bars, day, size = self._bars, self._host.day, days_of(unit)
        rows = bars.rows(code, day, count_of(count) * size, skip_paused=skip_paused)
        self._tell_short("attribute_history or history", code, count_of(count) * size, len(rows))
        where: Any = rows
        if len(rows) and rows[-1] - rows[0] == len(rows) - 1:
            where = slice(int(rows[0]), int(rows[-1]) + 1)
        values = {name: bars.values(code, name, where, day, fq) for name in names}
        if size > 1:
            values, where = merged(values, rows, groups_of(size, len(rows)))
        return where, values

    def _tell_short(self, call: str, code: str, asked: int, found: int) -> None:
        """Say, once for each length, that fewer bars are known than were asked for."""
        if found < asked and (call, asked) not in self._told:
            self._told.add((call, asked))
            self._host.tell(f"{call} was asked for {asked} bars; {found} are known of {code}, and were given.", "data")

    def _index(self, times: Any) -> pd.DatetimeIndex:
        return times if isinstance(times, pd.DatetimeIndex) else self._bars.dates_of(times)

    def history(  # as documented by the platform
        self, count: int, unit: str = "1d", field: str = "avg", security_list: Any = None,
        df: bool = True, skip_paused: bool = False, fq: str | None = "pre",  # as documented
    ) -> Any:  # fmt: skip
        """The last days of one field of several codes, today not included: one column per code.

        Parameters
        ----------
        count : int
        unit, field : str
        security_list : str or list of str, optional
            Default: what set_universe named.
        df : bool
            False: a dict of arrays.
        skip_paused : bool
            Each code has its own last days of trading; then the rows have no dates.
        fq : {"pre", "post"} or None
        """
        codes = [
            str(code) for code in listed(self._platform.state["universe"] if security_list is None else security_list)
        ]
        if not isinstance(field, str):
            raise UsageError(f"history takes one field, not {shown(field)}: get_price takes several.")
        self._inside.need("history", unit, count)
        whole = None if skip_paused else self._at_once(codes, count_of(count), unit, field, fq)
        if whole is not None:
            table, labels = whole
            return LazyFrame.of(codes, table, labels) if df else dict(zip(codes, np.array(table), strict=True))
        parts = {code: self._history(code, count, unit, [field], fq, skip_paused=skip_paused) for code in codes}
        found = {code: values[field] for code, (_, values) in parts.items()}
        if not df:
            return found
        if skip_paused and not minutes_of(unit) and len(codes) > 1:
            longest = max(map(len, found.values()))
            table = np.full((longest, len(codes)), np.nan)
            for place, values in enumerate(found.values()):
                table[longest - len(values) :, place] = values
            return DataFrame(table, columns=strings(codes))
        index = self._index(parts[codes[0]][0]) if codes else self._bars.dates[:0]
        return DataFrame(found, index=index, columns=strings(codes))

    def _at_once(
        self, codes: list[str], count: int, unit: str, field: str, fq: str | None
    ) -> tuple[Floats, Callable[[], Any]] | None:
        """A field of many codes cut in one go, (C, K), and what gives its days; None: they are to be read singly."""
        bars, host = self._bars, self._host
        columns, size = bars.columns(codes), minutes_of(unit)
        if columns is None or (not size and days_of(unit) > 1):
            return None
        if size:
            last, now = self._inside.last_of_all(columns, field, unit), pd.DatetimeIndex([host.now])
            return None if last is None else (last[:, None], lambda: now)
        where = slice(max(host.day - count, 0), host.day)
        self._tell_short("history", codes[0], count, host.day - where.start)
        return bars.of(columns, field, where, host.day, fq).T, lambda: bars.dates_of(where)

    # ------------------------------------------------------------------ get_price

    def get_price(  # as documented by the platform
        self, security: Any, start_date: Any = None, end_date: Any = None, frequency: str = "daily",
        fields: Any = None, skip_paused: bool = False, fq: str | None = "pre", count: int | None = None,
        panel: bool = True, fill_paused: bool = True, round: bool = True,
    ) -> Any:  # fmt: skip
        """Bars of days up to a day, the present one included: as far as it is known, never beyond now.

        Before the close the bar of today holds today's open in open, high, low and close, and no volume.

        Parameters
        ----------
        security : str or list of str
        start_date, end_date : date, optional
            Default: up to now.
        frequency : str
            "daily" or "Xd", the last bar of X days ending with the last day; "Xm" on minute data.
        fields : str or list of str, optional
        skip_paused : bool
        fq : {"pre", "post"} or None
        count : int, optional
            Instead of `start_date`.
        panel : bool
            For a list: True gives frames by field (see :class:`~.frames.Panel`), False one long frame with the columns
            time and code.
        fill_paused : bool
            False: nothing on days without trading.
        """
        host, bars, codes = self._host, self._bars, [str(code) for code in listed(security)]
        names = listed(ATTRIBUTE_FIELDS if fields is None else fields)
        if start_date is not None and count is not None:
            raise UsageError("get_price takes start_date or count, not both. Leave one out.")
        parts: dict[str, Part]
        if minutes_of(frequency):
            is_now = start_date is None and (end_date is None or to_day(end_date) == self._platform.today)
            self._inside.need("get_price", frequency, count if is_now else None)
            number = None if count is None else count_of(count)
            parts = {
                code: self._inside.bars(code, number, frequency, names, fq, start_date, end_date) for code in codes
            }
        else:
            size = days_of(frequency)
            rows = self._days(names, start_date, end_date, None if count is None else count_of(count) * size)
            columns = None if skip_paused or size > 1 or isinstance(security, str) else bars.columns(codes)
            if columns is not None:
                blocks = {name: bars.of(columns, name, rows, host.day, fq) for name in names}
                self._mend(blocks, columns, rows, fq, fill_paused=fill_paused)
                return (as_panel if panel else as_long)(blocks, bars.dates[rows], codes)
            first = rows.start if count is None else 0  # a number of bars reaches back over days without trading
            parts = {
                code: self._mended(code, names, rows, first, size, fq, skip_paused=skip_paused, fill_paused=fill_paused)
                for code in codes
            }
        if isinstance(security, str):
            times, values = parts[security]
            return LazyFrame.of(names, list(values.values()), lambda: times)
        return (joined_panel if panel else joined_long)(parts, names)

    def _days(self, names: Iterable[str], start_date: Any, end_date: Any, count: Any) -> slice:
        """The days that get_price is asked for, as far as they are known."""
        host = self._host
        end = host.day if end_date is None else self._platform.count_until(end_date) - 1
        if end > host.day:
            host.tell("get_price was asked for days that are still to come: no script sees them here.", "data")
        sees_today = host.phase >= OPEN or BEFORE_OPEN.issuperset(names)
        stop = max(min(end, host.day if sees_today else host.day - 1) + 1, 0)
        if count is not None:
            self._tell_short("get_price", "the market", count_of(count), min(count_of(count), stop))
            return slice(max(stop - count_of(count), 0), stop)
        return slice(min(0 if start_date is None else self._platform.count_until(start_date, side="left"), stop), stop)

    def _mend(self, blocks: dict[str, Any], columns: Rows, rows: slice, fq: str | None, *, fill_paused: bool) -> None:
        """Leave out what is not known yet, and where asked what was not traded."""
        host = self._host
        if rows.stop == host.day + 1 and rows.stop > rows.start and not host.is_closed:
            self._tell_today(blocks)
            factor = self._bars.of(columns, "factor", slice(host.day, host.day + 1), host.day, fq)[0]
            hide_today(blocks, host.view.last_prices(columns), self._inside.so_far(columns), factor)
        if not fill_paused:
            empty_paused(blocks, self._bars.of(columns, "paused", rows, host.day, None) > 0)

    def _mended(  # in the order of the calls
        self, code: str, names: Iterable[str], days: slice, first: int, size: int, fq: str | None, *,
        skip_paused: bool, fill_paused: bool,
    ) -> Part:  # fmt: skip
        """The same for one code, which may leave out its days without trading; from `first`, in bars of `size` days."""
        bars = self._bars
        rows = bars.rows(code, days.stop, days.stop - days.start, skip_paused=skip_paused)
        rows = rows[rows.searchsorted(first) :]
        values = self._known(code, names, rows, self._host.day, fq)
        if not fill_paused and len(rows):
            empty_paused(values, bars.values(code, "paused", rows, self._host.day, None) > 0)
        values, rows = merged(values, rows, groups_of(size, len(rows)))
        return bars.dates[rows], values

    def _known(self, code: str, names: Iterable[str], rows: Rows, day: int, fq: str | None) -> dict[str, Any]:
        """Fields of a code on some days, adjusted as of a day; of today what is known before its close."""
        host, bars = self._host, self._bars
        values = {name: np.array(bars.values(code, name, rows, day, fq), np.float64) for name in names}
        if len(rows) and rows[-1] == host.day and not host.is_closed:
            self._tell_today(values)
            factor, column = bars.values(code, "factor", slice(host.day, host.day + 1), day, fq)[0], bars.column(code)
            hide_today(values, self._inside.last(code), {} if column is None else self._inside.so_far(column), factor)
        return values

    def _tell_today(self, names: Iterable[str]) -> None:
        if not BEFORE_OPEN.issuperset(names):
            self._host.tell(_TODAY if self._platform.market.panel.intraday is None else _TODAY_SO_FAR)

    # ------------------------------------------------------------------ get_bars

    def get_bars(  # as documented by the platform
        self, security: Any, count: int, unit: str = "1d",
        fields: Sequence[str] = ("date", "open", "high", "low", "close"), include_now: bool = False,
        end_dt: Any = None, fq_ref_date: Any = None, df: bool = False,
    ) -> Any:  # fmt: skip
        """The last bars of days, weeks ("1w") or months ("1M") on which a code traded.

        Parameters
        ----------
        security : str or list of str
        count : int
        unit : str
        fields : sequence of str
        include_now : bool
            With the bar of today, or of the minutes under way, as far as it is known.
        end_dt : date, optional
        fq_ref_date : date, optional
            Prices are adjusted to this day (an early one gives those of "post", none after today is taken); None: not
            adjusted.
        df : bool
            False: structured arrays.
        """
        names = listed(fields)
        day = None
        if fq_ref_date is not None:
            day = max(min(self._platform.count_until(fq_ref_date) - 1, self._host.day), 0)
        self._inside.need("get_bars", unit, count)
        read = self._bars_inside if minutes_of(unit) else self._bars_of
        found = {
            code: as_bars(read(code, count_of(count), unit, names, day, end_dt, include_now), df=df)
            for code in map(str, listed(security))
        }
        if isinstance(security, str):
            return found[security]
        return DataFrame(pd.concat(found)) if df else found

    def _bars_inside(
        self, code: str, count: int, unit: str, names: Sequence[str], day: int | None, end: Any, include_now: bool
    ) -> dict[str, Any]:
        fields, fq = [name for name in names if name != "date"], None if day is None else "pre"
        spare = not include_now and self._inside.is_under_way(unit, end)
        times, values = self._inside.bars(code, count + spare, unit, fields, fq, end=end, day=day, in_day=True)
        if spare:
            times, values = times[:-1], {name: column[:-1] for name, column in values.items()}
        moments: list[dt.datetime] = [time.to_pydatetime() for time in times]
        return with_dates(names, values, moments)

    def _bars_of(
        self, code: str, count: int, unit: str, names: Sequence[str], day: int | None, end: Any, include_now: bool
    ) -> dict[str, Any]:
        host = self._host
        stop = host.day + (1 if include_now and host.phase >= OPEN else 0)
        if end is not None:
            stop = min(stop, self._platform.count_until(end))
        number = (count + 1) * _LONGEST[unit] if unit in _LONGEST else count * days_of(unit)
        rows = self._bars.rows(code, stop, number, skip_paused=True)
        if unit not in _LONGEST:
            self._tell_short("get_bars", code, number, len(rows))
        days = self._platform.market.days[rows]
        groups: Any
        if unit == "1w":
            groups = (days.astype(np.int64) + 3) // 7
        elif unit == "1M":
            groups = days.astype("datetime64[M]").astype(np.int64)
        else:
            groups = groups_of(days_of(unit), len(rows))
        fields, fq = [name for name in names if name != "date"], None if day is None else "pre"
        values, rows = merged(self._known(code, fields, rows, day or 0, fq), rows, groups)
        dates = [host.date_of(int(row)) for row in rows[-count:]]
        return with_dates(names, {name: column[-count:] for name, column in values.items()}, dates)
