"""Prices for a script: attribute_history, history, get_price and get_bars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from qresearch.dialects.joinquant.bars import Rows, days_of, to_day
from qresearch.dialects.joinquant.frames import DataFrame, strings
from qresearch.dialects.joinquant.minutes import Minutes, minutes_of
from qresearch.dialects.joinquant.run import Run
from qresearch.dialects.joinquant.wide import (
    SUMS,
    as_bars,
    as_long,
    as_panel,
    empty_paused,
    hide_today,
    joined_long,
    joined_panel,
    merged,
)
from qresearch.domain.moment import OPEN
from qresearch.errors import UsageError

ATTRIBUTE_FIELDS = ("open", "close", "high", "low", "volume", "money")
BEFORE_OPEN = frozenset({"paused", "high_limit", "low_limit", "pre_close", "factor", "is_st"})
"""Fields of today that are known before the open; asked for alone, get_price gives them from 09:00 on."""

_TODAY = (
    "The bar of today was asked for before its close: its high, low and close are the last visible price, its volume "
    "is missing."
)


class Prices:
    """The functions of a script that read bars. Bars of days never include today, but where a function says so.

    Parameters
    ----------
    run : Run
    """

    def __init__(self, run: Run) -> None:
        self._run, self._bars, self._inside = run, run.bars, Minutes(run)
        self._indexes: dict[tuple[str, ...], pd.Index[Any]] = {}

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
        run, bars = self._run, self._bars
        names = [fields] if type(fields) is str else fields
        if minutes_of(unit):
            return self._minutes("attribute_history", security, count, unit, names, fq, df=df)
        days, day = days_of(unit), run.day
        rows = bars.rows(security, day, _count(count) * days, skip_paused=skip_paused)
        where: Any = rows
        if len(rows) and rows[-1] - rows[0] == len(rows) - 1:
            where = slice(int(rows[0]), int(rows[-1]) + 1)
        values = {name: bars.values(security, name, where, day, fq) for name in names}
        if days > 1:
            values, rows = merged(values, rows, days)
            where = rows
        if not df:
            return values
        return self._frame(values, bars.dates_of(where))

    def _minutes(  # in the order of the calls
        self, call: str, code: str, count: int, unit: str, names: Sequence[str], fq: str | None, *, df: bool
    ) -> Any:
        """Bars inside the day of one code up to now; the last price where bars are daily."""
        if self._inside.are_there:
            times, values = self._inside.values(code, _count(count), unit, names, fq)
        else:
            self._inside.need_one(call, unit, count)
            times, values = pd.DatetimeIndex([self._run.now]), self._last_minute(code, names)
        return self._frame(values, times) if df else values

    def _last_minute(self, code: str, names: Sequence[str]) -> dict[str, Any]:
        """The last visible price as a bar of one minute; what holds for the whole day as it is."""
        row = slice(self._run.day, self._run.day + 1)
        bar = dict.fromkeys((*ATTRIBUTE_FIELDS[:4], "avg", "price"), np.array([self._last(code)]))
        bar |= dict.fromkeys(ATTRIBUTE_FIELDS[4:], np.array([np.nan]))
        return {
            name: bar[name] if name in bar else self._bars.values(code, name, row, self._run.day, None)
            for name in names
        }

    def _frame(self, values: dict[str, Any], index: pd.DatetimeIndex) -> DataFrame:
        names = tuple(values)
        columns = self._indexes.get(names)
        if columns is None:
            columns = self._indexes[names] = pd.Index(names, dtype=object)
        table = np.empty((len(index), len(names)))
        for place, column in enumerate(values.values()):
            table[:, place] = column
        return DataFrame(table, index=index, columns=columns)

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
        run, bars = self._run, self._bars
        wanted = self._codes(run.state["universe"] if security_list is None else security_list)
        if minutes_of(unit):
            asked = (count, unit, [field], fq)
            parts = {code: self._minutes("history", code, *asked, df=False)[field] for code in wanted}
            if not df or not wanted:
                return DataFrame(parts) if df else parts
            index = self._minutes("history", wanted[0], *asked, df=True).index
            return DataFrame(parts, index=index, columns=strings(wanted))
        days, day = days_of(unit), run.day
        number = _count(count) * days
        columns = None if skip_paused or days > 1 else bars.columns(wanted)
        if columns is not None:
            where = slice(max(day - number, 0), day)
            table = bars.block(columns, field, where, day, fq)
            if not df:
                return dict(zip(wanted, np.ascontiguousarray(table.T), strict=True))
            return DataFrame(table, index=bars.dates[where], columns=strings(wanted))
        found = {}
        for code in wanted:
            rows = bars.rows(code, day, number, skip_paused=skip_paused)
            values, rows = merged({field: bars.values(code, field, rows, day, fq)}, rows, days)
            found[code] = values[field]
        if not df:
            return found
        if skip_paused and len(wanted) > 1:
            longest = max((len(values) for values in found.values()), default=0)
            table = np.full((longest, len(wanted)), np.nan)
            for place, values in enumerate(found.values()):
                table[longest - len(values) :, place] = values
            return DataFrame(table, columns=strings(wanted))
        index = bars.dates[bars.rows(wanted[0], day, number, skip_paused=skip_paused)] if wanted else bars.dates[:0]
        if days > 1:
            index = index[::-1][::days][::-1]
        return DataFrame(found, index=index, columns=strings(wanted))

    def _codes(self, given: Any) -> list[str]:
        if isinstance(given, str):
            return [given]
        if given is None:
            return []
        return [str(code) for code in given]

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
            "daily" or "Xd".
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
        run, bars = self._run, self._bars
        names = [fields] if isinstance(fields, str) else list(ATTRIBUTE_FIELDS if fields is None else fields)
        if start_date is not None and count is not None:
            raise UsageError("get_price takes start_date or count, not both. Leave one out.")
        if minutes_of(frequency):
            return self._prices_inside(security, names, frequency, (start_date, end_date, count), fq, panel=panel)
        end = run.day if end_date is None else self._day_at(end_date, side="right") - 1
        sees_today = self._sees_today() or BEFORE_OPEN.issuperset(names)
        stop = min(end, run.day if sees_today else run.day - 1) + 1
        begin = 0 if start_date is None else self._day_at(start_date, side="left")
        number = max(stop - begin, 0) if count is None else _count(count)
        codes = self._codes(security)
        columns = None if skip_paused or isinstance(security, str) else bars.columns(codes)
        if columns is not None:
            where = slice(max(stop - number, 0), max(stop, 0))
            blocks = {name: bars.block(columns, name, where, run.day, fq) for name in names}
            self._mend(blocks, columns, where, fill_paused=fill_paused)
            return (as_panel if panel else as_long)(blocks, bars.dates[where], codes)
        frames = {
            code: self._price_frame(code, names, stop, number, fq, skip_paused=skip_paused, fill_paused=fill_paused)
            for code in codes
        }
        if isinstance(security, str):
            return frames[security]
        return (joined_panel if panel else joined_long)(frames, names)

    def _prices_inside(  # in the order of the calls
        self, security: Any, names: list[str], unit: str, period: tuple[Any, Any, Any], fq: str | None, *, panel: bool
    ) -> Any:
        """Bars inside the day of a period, which is (start, end, count)."""
        inside, codes, (start, end, count) = self._inside, self._codes(security), period
        frames = {}
        if inside.are_there:
            stop = inside.stop(end)
            number = inside.number(start, stop, unit) if count is None else _count(count)
            for code in codes:
                times, values = inside.values(code, number, unit, names, fq, stop)
                frames[code] = self._frame(values, times)
        else:
            is_now = end is None or to_day(end) == self._run.today
            inside.need_one("get_price", unit, count if is_now and start is None else None)
            index = pd.DatetimeIndex([self._run.now])
            frames = {code: self._frame(self._last_minute(code, names), index) for code in codes}
        if isinstance(security, str):
            return frames[security]
        return (joined_panel if panel else joined_long)(frames, names)

    def _mend(self, blocks: dict[str, Any], columns: Rows, where: slice, *, fill_paused: bool) -> None:
        """Leave out what is not known yet, and where asked what was not traded."""
        run = self._run
        if where.stop == run.day + 1 and where.stop > where.start and not run.closed:
            self._tell_today(blocks)
            hide_today(blocks, run.view.last_prices(columns))
        if not fill_paused:
            empty_paused(blocks, self._run.market.panel.paused[where, columns])

    def _day_at(self, date: Any, *, side: str) -> int:
        day = np.datetime64(to_day(date), "D")
        return int(np.searchsorted(self._run.market.days, day, side=side))  # type: ignore[call-overload]

    def _sees_today(self) -> bool:
        return self._run.phase >= OPEN

    def _price_frame(
        self,
        code: str,
        names: list[str],
        stop: int,
        count: int,
        fq: str | None,
        *,
        skip_paused: bool,
        fill_paused: bool,
    ) -> DataFrame:
        run, bars = self._run, self._bars
        rows = bars.rows(code, stop, count, skip_paused=skip_paused)
        values = {name: np.array(bars.values(code, name, rows, run.day, fq), dtype=np.float64) for name in names}
        if len(rows) and rows[-1] == run.day and not run.closed:
            self._hide_today(code, values)
        if not fill_paused and len(rows):
            empty_paused(values, bars.values(code, "paused", rows, run.day, None) > 0)
        return self._frame(values, bars.dates[rows])

    def _hide_today(self, code: str, values: dict[str, Any]) -> None:
        """Leave of the bar of today what is known before its close."""
        self._tell_today(values)
        hide_today(values, self._last(code))

    def _tell_today(self, names: Iterable[str]) -> None:
        if not BEFORE_OPEN.issuperset(names):
            self._run.tell(_TODAY)

    def _last(self, code: str) -> float:
        column = self._bars.column(code)
        if column is not None:
            return self._run.view.last_price(column)
        run = self._run
        field = "close" if run.closed else "open"
        row = run.day if run.phase >= OPEN else run.day - 1
        return float(
            self._bars.values(code, field if run.phase >= OPEN else "close", slice(row, row + 1), run.day, None)[0]
        )

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
            With the bar of today as far as it is known.
        end_dt : date, optional
        fq_ref_date : date, optional
            Given: prices are adjusted to the present day; None: not adjusted.
        df : bool
            False: structured arrays.
        """
        names = [fields] if isinstance(fields, str) else list(fields)
        fq = None if fq_ref_date is None else "pre"
        run = self._run
        if minutes_of(unit):
            return self._bars_inside(security, count, unit, names, end_dt, fq, df=df)
        stop = run.day + (1 if include_now and self._sees_today() else 0)
        if end_dt is not None:
            stop = min(stop, self._day_at(end_dt, side="right"))
        found = {}
        for code in self._codes(security):
            found[code] = self._bars_of(code, count, unit, names, stop, fq)
        return self._as_bars(security, found, df=df)

    @staticmethod
    def _as_bars(security: Any, found: dict[str, dict[str, Any]], *, df: bool) -> Any:
        tables = {code: as_bars(values, df=df) for code, values in found.items()}
        if isinstance(security, str):
            return tables[security]
        return DataFrame(pd.concat(tables)) if df else tables

    def _bars_inside(  # in the order of the calls
        self, security: Any, count: int, unit: str, names: list[str], end: Any, fq: str | None, *, df: bool
    ) -> Any:
        """Bars inside the day; the last price where bars are daily."""
        inside, wanted, found = self._inside, [name for name in names if name != "date"], {}
        for code in self._codes(security):
            if inside.are_there:
                times, values = inside.values(code, _count(count), unit, wanted, fq, inside.stop(end))
            else:
                inside.need_one("get_bars", unit, count)
                times, values = pd.DatetimeIndex([self._run.now]), self._last_minute(code, wanted)
            found[code] = {name: inside.moments(times) if name == "date" else values[name] for name in names}
        return self._as_bars(security, found, df=df)

    def _bars_of(self, code: str, count: int, unit: str, names: list[str], stop: int, fq: str | None) -> dict[str, Any]:
        run, bars = self._run, self._bars
        number = _count(count)
        groups: Any = None
        if unit in {"1w", "1M"}:
            rows = bars.rows(code, stop, (number + 1) * (5 if unit == "1w" else 23), skip_paused=True)
            days = run.market.days[rows]
            groups = (days.astype(np.int64) + 3) // 7 if unit == "1w" else days.astype("datetime64[M]").astype(np.int64)
        else:
            rows = bars.rows(code, stop, number * days_of(unit), skip_paused=True)
        numbers = [name for name in names if name != "date"]
        values = {name: np.array(bars.values(code, name, rows, run.day, fq), dtype=np.float64) for name in numbers}
        if len(rows) and rows[-1] == run.day and not run.closed:
            self._hide_today(code, values)
        if groups is not None:
            table = pd.DataFrame({**values, "_row": rows}).groupby(groups)
            rows = table["_row"].last().to_numpy()[-number:]
            values = {name: getattr(table[name], SUMS.get(name, "last"))().to_numpy()[-number:] for name in numbers}
        else:
            values, rows = merged(values, rows, days_of(unit))
        dates = np.array([run.date_of(int(row)) for row in rows], dtype=object)
        return {name: dates if name == "date" else values[name] for name in names}


def _count(count: Any) -> int:
    if isinstance(count, bool) or int(count) != count or count < 1:
        raise UsageError(f"count={count!r} is not a number of bars. Pass a whole number of at least 1.")
    return int(count)
