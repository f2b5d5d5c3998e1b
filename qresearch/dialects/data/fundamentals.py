"""Tables of the user as a script asks for them: get_fundamentals, get_valuation, finance.run_query and their like."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from qresearch.dialects.data.bars import to_day
from qresearch.dialects.data.codes import listed, spelled
from qresearch.dialects.data.entity import Entity
from qresearch.dialects.data.old_pandas import DataFrame, strings
from qresearch.dialects.data.platform import Platform
from qresearch.dialects.data.tables import Newest, unique
from qresearch.errors import UsageError

if TYPE_CHECKING:
    from qresearch.dialects.data.query import Query

STATEMENTS = ("valuation", "indicator", "income", "balance", "cash_flow")
"""Tables of get_fundamentals."""

_KNOWN_FROM = ("pub_date", "pubDate", "report_date", "day", "date")
_QUARTER_ENDS = {"1": "03-31", "2": "06-30", "3": "09-30", "4": "12-31"}


class Database:
    """``finance``, ``macro`` and their like: tables of the user behind ``run_query``.

    Parameters
    ----------
    platform : Platform
    name : str
    """

    def __init__(self, platform: Platform, name: str) -> None:
        self._platform, self._name = platform, name
        self._read: dict[str, pd.DataFrame] = {}

    def __getattr__(self, name: str) -> Entity:
        if name.startswith("_"):
            raise AttributeError(name)
        return Entity(name)

    def __reduce__(self) -> Any:
        return Database, (self._platform, self._name)

    def run_query(self, asked: Query) -> DataFrame:
        """Run a query on tables of the user, without what was published after today."""
        host = self._platform.host
        answers, now = self._platform.answers(asked, f"{self._name}.run_query"), host.now
        midnight = dt.datetime.combine(now.date(), dt.time())
        tables = {name: self._table(name) for name in asked.table_names()}
        for name, table in tables.items():
            known = next((day for day in _KNOWN_FROM if day in table and table[day].dtype.kind == "M"), None)
            if known is not None:
                published = getattr(Entity(name), known)
                # The figures of a day are known when it is over.
                is_over = published < midnight if known in {"day", "date"} and not host.is_closed else published <= now
                asked = asked.filter(published.is_(None) | is_over)
        return _dates_as(answers.answer(asked, tables), _as_date)

    def _table(self, name: str) -> pd.DataFrame:
        if name not in self._read:
            given = self._platform.tables
            full = f"{self._name}.{name}"
            table = given.table(
                full if name not in given and full in given else name, needed_by=f"{self._name}.run_query({name})"
            )
            if "code" in table:
                codes = table["code"].astype(str)
                known = {code: spelled(code) for code in codes.unique() if re.match(r"^\d{6}\.[A-Z]+$", code)}
                table = table.assign(code=codes.map(lambda code: known.get(code, code)))
            self._read[name] = table
        return self._read[name]


class Fundamentals:
    """The functions of a script that read fundamentals, point in time.

    Parameters
    ----------
    platform : Platform
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._newest: dict[str, Newest] = {}
        self._rows: dict[str, dict[Any, Any]] = {}

    def get_fundamentals(
        self, query_object: Query, date: Any = None, statDate: Any = None
    ) -> DataFrame:  # as documented
        """What was known on a day (default: the day before), or the reports of a quarter or year.

        Parameters
        ----------
        query_object : Query
        date : date, optional
            Valuation: the last row at or before it. Statements: the newest report published by then. Never later than
            the day before the present one.
        statDate : str, optional
            "2020q1" or "2020": the reports of that period that are published already.

        Returns
        -------
        DataFrame
            One column per column asked for. NaN: unknown.
        """
        answers = self._platform.answers(query_object, "get_fundamentals")
        if date is not None and statDate is not None:
            raise UsageError("get_fundamentals takes date or statDate, not both. Leave one out.")
        before, day = self._platform.day_before(), self._platform.day_before(date)
        tables = {
            name: self._of_period(name, str(statDate), before) if statDate is not None else self._as_known(name, day)
            for name in query_object.table_names()
        }
        return _dates_as(answers.answer(query_object, tables), _as_text)

    def _as_known(self, name: str, day: pd.Timestamp) -> pd.DataFrame:
        newest = self._newest.get(name)
        if newest is None:
            table = self._platform.tables.table(name, needed_by="get_fundamentals")
            newest = self._newest[name] = Newest(table, "day" if "day" in table else "pubDate")
        return newest.at(day)

    def _of_period(self, name: str, text: str, before: pd.Timestamp) -> pd.DataFrame:
        table = self._platform.tables.table(name, needed_by="get_fundamentals")
        end = _end_of(text)
        if "statDate" not in table:
            return Newest(table, "day").at(min(end, before))
        return Newest(table[table["statDate"] == end], "pubDate").at(before)

    def get_valuation(  # as documented by the platform
        self, security: Any, start_date: Any = None, end_date: Any = None, fields: Any = None,
        count: int | None = None,
    ) -> DataFrame:  # fmt: skip
        """Rows of the table ``valuation`` of some codes, by day; never later than the day before the present one."""
        found = self._by_day("valuation", "get_valuation", security, start_date, end_date, count, day="day")
        if fields is None:
            return DataFrame(found)
        names = [str(getattr(item, "name", item)) for item in listed(fields)]
        _need_columns("valuation", found, names)
        return DataFrame(found[unique(["code", "day", *names])])

    def get_fundamentals_continuously(
        self,
        query_object: Query,
        end_date: Any = None,
        count: int = 1,
        panel: bool = True,
    ) -> DataFrame:
        """One result of get_fundamentals per trading day, in one long frame with the columns day and code."""
        if panel:
            self._platform.host.tell("get_fundamentals_continuously gives a long frame; pandas has no panels.")
        stop = self._platform.count_until(self._platform.day_before(end_date))
        days = self._platform.bars.dates[max(stop - int(count), 0) : stop]
        answers = self._platform.answers(query_object, "get_fundamentals_continuously")
        if len(days) and query_object.is_of_rows:
            names, codes = query_object.table_names(), query_object.codes()
            tables = {name: self._on_days(name, days, codes) for name in names}
            return _dates_as(answers.answer_by_day(query_object, tables), _as_text, but=("day",))
        parts = [self.get_fundamentals(query_object, date=day.date()).assign(day=day) for day in days]
        return DataFrame(pd.concat(parts, ignore_index=True)) if parts else DataFrame()

    def _on_days(self, name: str, days: pd.DatetimeIndex, codes: set[str] | None) -> pd.DataFrame:
        """What was known on each of some days, of some codes (None: of all), one below the other by day."""
        table = self._platform.tables.table(name, needed_by="get_fundamentals")
        if codes is not None:
            rows = self._rows.get(name)
            if rows is None:
                rows = self._rows[name] = table.groupby("code", sort=False).indices
            chosen = [rows[code] for code in map(spelled, sorted(codes)) if code in rows]
            table = table.iloc[np.sort(np.concatenate(chosen))] if chosen else table[:0]
        return Newest(table, "day" if "day" in table else "pubDate").over(days)

    # ------------------------------------------------------------------ tables by code and day

    def get_factor_values(  # as documented by the platform
        self, securities: Any, factors: Any, start_date: Any = None, end_date: Any = None, count: int | None = None
    ) -> dict[str, DataFrame]:
        """Factors of codes, by factor: frames of days by codes, from the table ``factors``."""
        found = self._by_day("factors", "get_factor_values", securities, start_date, end_date, count)
        _need_columns("factors", found, listed(factors))
        codes = strings(map(spelled, listed(securities)))
        tables = {name: found.pivot(index="date", columns="code", values=name) for name in listed(factors)}
        return {name: DataFrame(table.reindex(columns=codes)) for name, table in tables.items()}

    def get_money_flow(  # as documented by the platform
        self, security_list: Any, start_date: Any = None, end_date: Any = None, fields: Any = None,
        count: int | None = None,
    ) -> DataFrame:  # fmt: skip
        """Rows of the table ``money_flow`` of some codes, by day."""
        return self._flows("money_flow", "get_money_flow", security_list, fields, start_date, end_date, count)

    def get_mtss(  # as documented by the platform
        self, security_list: Any, start_date: Any = None, end_date: Any = None, fields: Any = None,
        count: int | None = None,
    ) -> DataFrame:  # fmt: skip
        """Rows of the table ``mtss`` (buying on margin and short selling) of some codes, by day."""
        return self._flows("mtss", "get_mtss", security_list, fields, start_date, end_date, count)

    def get_call_auction(
        self, security: Any, start_date: Any = None, end_date: Any = None, fields: Any = None
    ) -> DataFrame:
        """Rows of the table ``call_auction`` of some codes: the auctions of mornings up to now."""
        table = self._platform.tables.table("call_auction", needed_by="get_call_auction")
        codes = [spelled(code) for code in listed(security)]
        days = table["time"].dt.normalize()
        end = self._platform.today if end_date is None else to_day(end_date)
        begin = end if start_date is None else to_day(start_date)
        shown = (days >= begin) & (days <= end) & (table["time"] <= pd.Timestamp(self._platform.host.now))
        found = table[table["code"].isin(codes) & shown].sort_values(["code", "time"]).reset_index(drop=True)
        return DataFrame(found if fields is None else found[unique(["code", *listed(fields)])])

    def get_history_fundamentals(  # as documented by the platform
        self, security: Any, fields: Any, watch_date: Any = None, stat_date: Any = None, count: int = 1,
        interval: str = "1q", stat_by_year: bool = False,
    ) -> DataFrame:  # fmt: skip
        """The last reports of codes: one row per code and report, with the columns code, statDate and the fields.

        Parameters
        ----------
        security : str or list of str
        fields : column or list of columns, such as ``indicator.roe``
        watch_date : date, optional
            Reports published by then; never later than the day before the present one, its default.
        stat_date : str, optional
            "2020q1" or "2020": the last report is that of this period.
        count : int
            Reports of each code.
        interval : {"1q", "1y"}
            Every quarter, or the last one of every year; ``stat_by_year=True`` says the latter too.
        """
        day = self._platform.day_before(watch_date)
        codes = [spelled(code) for code in listed(security)]
        names = {"code", "statDate"}
        asked = [item for item in (fields if isinstance(fields, (list, tuple)) else [fields]) if item.name not in names]
        parts = []
        for table in unique(item.table.name for item in asked):
            frame = self._platform.tables.table(table, needed_by="get_history_fundamentals")
            frame = frame[frame["code"].isin(codes) & (frame["pubDate"] <= day)]
            known = frame.sort_values("pubDate").drop_duplicates(["code", "statDate"], keep="last")
            columns = [item.name for item in asked if item.table.name == table]
            parts.append(known.set_index(["code", "statDate"])[columns])
        found = pd.concat(parts, axis=1).sort_index().reset_index()
        if stat_date is not None:
            found = found[found["statDate"] <= _end_of(str(stat_date))]
        if stat_by_year or interval == "1y":
            found = found[found["statDate"].dt.month == 12]
        return _dates_as(DataFrame(found.groupby("code").tail(int(count)).reset_index(drop=True)), _as_text)

    def get_billboard_list(  # as documented by the platform
        self, stock_list: Any = None, start_date: Any = None, end_date: Any = None, count: int | None = None
    ) -> DataFrame:
        """Rows of the table ``billboard`` of some codes (default: all), by day."""
        return DataFrame(self._by_day("billboard", "get_billboard_list", stock_list, start_date, end_date, count))

    def get_locked_shares(
        self, stock_list: Any, start_date: Any = None, end_date: Any = None, forward_count: int | None = None
    ) -> DataFrame:
        """Rows of the table ``locked_shares``: shares that become free; announced, so the days may lie ahead."""
        table = self._platform.tables.table("locked_shares", needed_by="get_locked_shares")
        codes = [spelled(code) for code in listed(stock_list)]
        begin = self._platform.today if start_date is None else to_day(start_date)
        end = begin + dt.timedelta(days=forward_count or 0) if end_date is None else to_day(end_date)
        found = table[table["code"].isin(codes) & (table["day"] >= begin) & (table["day"] <= end)]
        return DataFrame(found.reset_index(drop=True))

    def _by_day(  # in the order of the calls
        self, name: str, call: str, securities: Any, start: Any, end: Any, count: int | None, day: str = "date"
    ) -> pd.DataFrame:
        """Rows of some codes (None: of all) by day, never later than the day before the present one."""
        table = self._platform.tables.table(name, needed_by=call)
        if securities is not None:
            table = table[table["code"].isin([spelled(code) for code in listed(securities)])]
        found = table[table[day] <= self._platform.day_before(end)].sort_values(["code", day])
        if count is not None:
            found = found.groupby("code").tail(int(count))
        elif start is not None:
            found = found[found[day] >= to_day(start)]
        return found.reset_index(drop=True)

    def _flows(self, name: str, call: str, securities: Any, fields: Any, *period: Any) -> DataFrame:
        """Rows by day under the name that the platform's flows of money give to a code."""
        found = self._by_day(name, call, securities, *period).rename(columns={"code": "sec_code"})
        return DataFrame(found if fields is None else found[listed(fields)])


def _as_text(moment: pd.Timestamp) -> str:
    return moment.strftime("%Y-%m-%d" if moment == moment.normalize() else "%Y-%m-%d %H:%M:%S")


def _as_date(moment: pd.Timestamp) -> dt.date:
    return moment.date() if moment == moment.normalize() else moment


def _dates_as(found: DataFrame, kind: Callable[[pd.Timestamp], Any], but: tuple[str, ...] = ()) -> DataFrame:
    """Days as the platform gives them: of fundamentals as text, of other tables as dates; None where there is none."""
    for place, name in enumerate(found.columns):
        if name not in but and found.dtypes.iloc[place].kind == "M":
            days = [None if day is pd.NaT else kind(day) for day in found.iloc[:, place]]
            held: Any = pd.Series(days, index=found.index, dtype=object, name=name)
            found.isetitem(place, held)
    return found


def _need_columns(name: str, table: pd.DataFrame, wanted: list[str]) -> None:
    missing = [column for column in wanted if column not in table]
    if missing:
        raise UsageError(
            f"Table {name!r} of data= has no column {', '.join(missing)}; it has {', '.join(table.columns)}."
        )


def _end_of(text: str) -> pd.Timestamp:
    """Last day of a period such as "2020q1" or "2020"."""
    found = re.fullmatch(r"(\d{4})(?:q([1-4]))?", text.lower())
    if found is None:
        raise UsageError(f"statDate={text!r} is not a period. Write it as '2020q1' or '2020'.")
    return pd.Timestamp(f"{found[1]}-{_QUARTER_ENDS[found[2] or '4']}")
