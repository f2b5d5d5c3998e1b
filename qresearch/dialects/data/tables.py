"""What a user brings for a script: fundamentals, members of indexes, industries, names, files.

``data=`` is a mapping of table name to DataFrame, or to the path of a Parquet or CSV file. :data:`TABLES` lists the
tables, their columns and what they are for. Codes may stand in any spelling.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from qresearch.dialects.data.codes import spelled
from qresearch.errors import UsageError, choose, close_matches, did_you_mean, shown


class Described(NamedTuple):
    """What a table holds.

    Parameters
    ----------
    columns : tuple of str
        Those that it must have; more are welcome.
    words : str
    """

    columns: tuple[str, ...]
    words: str


TABLES: Mapping[str, Described] = MappingProxyType({
    "valuation": Described(
        ("code", "day"), "one row per code and trading day: market_cap, circulating_market_cap (100 million yuan), "
        "pe_ratio, pb_ratio, ps_ratio, pcf_ratio, turnover_ratio (percent), capitalization (10,000 shares)"),
    "indicator": Described(
        ("code", "pubDate", "statDate"), "one row per code and report: eps, roe, roa, gross_profit_margin, inc_... "
        "(percent); known from pubDate on"),
    "income": Described(("code", "pubDate", "statDate"), "one row per code and report: total_operating_revenue, ..."),
    "balance": Described(("code", "pubDate", "statDate"), "one row per code and report: total_assets, ..."),
    "cash_flow": Described(("code", "pubDate", "statDate"), "one row per code and report: net_operate_cash_flow, ..."),
    "index_members": Described(
        ("index", "code", "date"), "members of an index as they stood from `date` on: a whole list per date"),
    "industries": Described(
        ("code", "industry_code", "industry_name"),
        "optional classification ('sw_l1', 'zjw', ...), start_date, end_date"),
    "concepts": Described(("code", "concept_code", "concept_name"), "optional start_date, end_date"),
    "names": Described(("code", "display_name"), "names for people; optional name (short form)"),
    "index_prices": Described(
        ("code", "date", "close"), "bars of what is no instrument of the market, such as indexes: optional open, high, "
        "low, volume, money"),
    "extras": Described(("code", "date"), "what get_extras gives, by name: unit_net_value, acc_net_value, ..."),
    "factors": Described(("code", "date"), "what get_factor_values gives: one column per factor"),
    "money_flow": Described(("code", "date"), "what get_money_flow gives: change_pct, net_amount_main, ..."),
    "billboard": Described(("code", "date"), "what get_billboard_list gives: direction, abnormal_name, net_value, ..."),
    "mtss": Described(("code", "date"), "what get_mtss gives: fin_value, fin_buy_value, sec_value, ..."),
    "call_auction": Described(
        ("code", "time", "current"), "what get_call_auction gives, a row per code and day: volume, money, a1_p, ..."),
    "locked_shares": Described(("code", "day"), "what get_locked_shares gives: num, rate1, rate2"),
    "files": Described((), "what read_file gives: a mapping of name to text or bytes, not a table"),
})  # fmt: skip
"""Tables that the functions of a script read. Tables of ``finance`` and ``macro`` go by their own names."""

_READ_BY = {
    "index_members": "get_index_stocks get_index_weights",
    "industries": "get_industry_stocks get_industries get_industry",
    "concepts": "get_concept_stocks get_concepts get_concept",
    "factors": "get_factor_values", "money_flow": "get_money_flow", "billboard": "get_billboard_list",
    "mtss": "get_mtss", "call_auction": "get_call_auction", "locked_shares": "get_locked_shares",
    "valuation": "get_valuation valuation", "indicator": "indicator", "income": "income", "balance": "balance",
    "cash_flow": "cash_flow cashflow",
}  # fmt: skip
"""Table to the words of a script that read it."""
_NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
_OF_DATABASE = re.compile(r"(?<![\w.])(?:finance|macro|bond|opt|gta)\.([A-Z][A-Z0-9_]+)")


def mentioned(text: str) -> tuple[str, ...]:
    """The tables that a script mentions, those of the databases last.

    >>> mentioned("get_index_stocks('000300.XSHG'); query(balance.code, finance.STK_LIST)")
    ('index_members', 'balance', 'STK_LIST')
    """
    code = re.sub(r"#[^\n]*", "", text)
    names = set(_NAME.findall(code))
    known = [table for table, words in _READ_BY.items() if names & set(words.split())]
    return tuple(dict.fromkeys([*known, *_OF_DATABASE.findall(code)]))


_SPELLINGS = {"symbol": "code", "security": "code", "stock": "code", "amount": "money", "display": "display_name",
              "trade_date": "date", "pub_date": "pubDate", "stat_date": "statDate"}  # fmt: skip
_DATES = ("day", "date", "pubDate", "statDate", "start_date", "end_date", "pub_date", "report_date", "time")


class Tables:
    """The tables of a user, read when first asked for.

    Parameters
    ----------
    given : mapping of str to DataFrame or path, or None

    Raises
    ------
    UsageError
        Not a mapping.
    """

    def __init__(self, given: Any) -> None:
        if given is not None and not isinstance(given, Mapping):
            raise UsageError(
                f"data={shown(given)} is a {type(given).__name__}, not a mapping. "
                "Pass a dict of table name to DataFrame or to the "
                f"path of a Parquet file; the names are {', '.join(TABLES)}."
            )
        self._given: Mapping[str, Any] = given or {}
        self.mentioned: tuple[str, ...] = ()
        """Names of tables that the text of the script mentions: those that are missing are told together."""
        self._read: dict[str, pd.DataFrame] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._given

    def table(self, name: str, *, needed_by: str) -> pd.DataFrame:
        """A table, its columns under the names of :data:`TABLES`, its codes in the platform's spelling.

        Parameters
        ----------
        name : str
        needed_by : str
            The function that asks, for the message.

        Raises
        ------
        UsageError
            The user gave no such table, or it lacks a column; the message says what to pass.
        """
        if name not in self._read:
            if name not in self._given:
                raise UsageError(self._missing(name, needed_by))
            self._read[name] = self._checked(name, _loaded(name, self._given[name]))
        return self._read[name]

    def _missing(self, name: str, needed_by: str) -> str:
        described = TABLES.get(name)
        columns = f" with the columns {', '.join(described.columns)} ({described.words})" if described else ""
        near = did_you_mean(close_matches(name, self._given)) if self._given else ""
        others = [other for other in self.mentioned if other != name and other not in self._given]
        too = f" The script mentions others that are missing too: {', '.join(map(repr, others))}." if others else ""
        return (
            f"{needed_by} needs the table {name!r}, which this session was not given. {near}Pass it: "
            f"data={{{name!r}: frame_or_path}}, a DataFrame or the path of a Parquet or CSV file{columns}.{too}"
        )

    @staticmethod
    def _checked(name: str, frame: pd.DataFrame) -> pd.DataFrame:
        described = TABLES.get(name)
        wanted = () if described is None else described.columns
        renamed = frame.rename(columns={
            column: _SPELLINGS[column] for column in frame.columns
            if column in _SPELLINGS and column not in wanted and (_SPELLINGS[column] in wanted or column == "amount")
            and _SPELLINGS[column] not in frame.columns
        })  # fmt: skip
        if "day" in wanted and "day" not in renamed and "date" in renamed:
            renamed = renamed.rename(columns={"date": "day"})
        missing = [column for column in wanted if column not in renamed]
        if missing:
            raise UsageError(
                f"Table {name!r} of data= has no column {', '.join(missing)}; "
                f"it has {', '.join(map(str, renamed.columns))}. It needs {', '.join(wanted)}."
            )
        for column in _DATES:
            if column in renamed and renamed[column].dtype.kind != "M":
                renamed = renamed.assign(**{column: pd.to_datetime(renamed[column])})
        for column in ("code", "index"):
            if column in renamed and column in wanted:
                codes = renamed[column].astype(str)
                known = {code: spelled(code) for code in codes.unique()}
                renamed = renamed.assign(**{column: codes.map(known).astype(object)})
        return renamed

    def files(self) -> Mapping[str, Any]:
        """The files of ``read_file``, by name."""
        found = self._given.get("files", {})
        return found if isinstance(found, Mapping) else {}


def _loaded(name: str, given: Any) -> pd.DataFrame:
    if isinstance(given, pd.DataFrame):
        return given.copy(deep=False)
    if isinstance(given, (str, Path)):
        path = Path(given)
        kind = choose(f"data={{{name!r}: path}} ending", path.suffix.lower(), (".parquet", ".csv"))
        if not path.exists():
            raise UsageError(f"Table {name!r} of data=: there is no file {str(path)!r}. Check the path.")
        return pd.read_parquet(path) if kind == ".parquet" else pd.read_csv(path, dtype={"code": str, "symbol": str})
    raise UsageError(
        f"Table {name!r} of data= is a {type(given).__name__}. Pass a DataFrame, or the path of a Parquet or CSV file."
    )


def as_of(table: pd.DataFrame, day: pd.Timestamp, column: str = "date") -> pd.DataFrame:
    """The rows of the latest date at or before a day: how a list stood then."""
    dates = table[column]
    known = dates[dates <= day]
    return table[dates == known.max()] if len(known) else table[:0]


def in_force(table: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """The rows whose start_date and end_date, where there are any, contain a day."""
    kept = np.ones(len(table), dtype=bool)
    if "start_date" in table:
        kept &= (table["start_date"].isna() | (table["start_date"] <= day)).to_numpy()
    if "end_date" in table:
        kept &= (table["end_date"].isna() | (table["end_date"] > day)).to_numpy()
    return table[kept]


BY_DAY = "_by_day"
"""Column of the day on which something was known, where tables of several days stand below each other."""


class Newest:
    """The newest row of each code as of a day: sorted once, so that a day costs by its own rows.

    Parameters
    ----------
    table : DataFrame
    column : str
        Date from which a row is known; of equal ones the later statDate is the newer.

    Examples
    --------
    >>> days = pd.to_datetime(["2024-01-02", "2024-01-02", "2024-01-03"])
    >>> rows = pd.DataFrame({"code": ["a", "b", "a"], "day": days})
    >>> [len(Newest(rows, "day").at(pd.Timestamp(day))) for day in ("2024-01-01", "2024-01-03")]
    [0, 2]
    """

    def __init__(self, table: pd.DataFrame, column: str) -> None:
        keys = [column, "statDate"] if "statDate" in table and column != "statDate" else [column]
        is_sorted = len(keys) == 1 and table[column].is_monotonic_increasing
        self._table = table if is_sorted else table.sort_values(keys, kind="stable")
        self._dates = self._table[column].to_numpy(dtype="datetime64[ns]")
        self._codes, names = pd.factorize(self._table["code"], sort=True)
        self._stop, self._rows = 0, np.full(len(names), -1)
        self._found = self._table[:0]

    def at(self, day: pd.Timestamp) -> pd.DataFrame:
        """One row per code that is known by a day, sorted by code; the same object while no row joins or leaves."""
        if self._move_to(day):
            self._found = self._table.iloc[self._rows[self._rows >= 0]]
        return self._found

    def over(self, days: pd.DatetimeIndex) -> pd.DataFrame:
        """The same of several days, one below the other, with the day in the column :data:`BY_DAY`."""
        rows = []
        for day in days:
            self._move_to(day)
            rows.append(self._rows[self._rows >= 0])
        found = self._table.iloc[np.concatenate(rows)].reset_index(drop=True)
        return found.assign(**{BY_DAY: days.repeat([len(part) for part in rows])})

    def _move_to(self, day: pd.Timestamp) -> bool:
        """Take in what is known by a day; False where that is what was known before."""
        stop = int(self._dates.searchsorted(day.to_datetime64(), side="right"))
        if stop == self._stop:
            return False
        if stop < self._stop:  # the session went back
            self._stop = 0
            self._rows[:] = -1
        np.maximum.at(self._rows, self._codes[self._stop : stop], np.arange(self._stop, stop))
        self._stop = stop
        return True


def unique(values: Iterable[Any]) -> list[Any]:
    """Values in their order, each once."""
    return list(dict.fromkeys(values))
