"""What there is to trade, and what it is right now: current data, instruments, the calendar, members of lists."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from qresearch.dialects.data.bars import to_day
from qresearch.dialects.data.codes import listed, spelled
from qresearch.dialects.data.current import CurrentData
from qresearch.dialects.data.old_pandas import DataFrame, strings
from qresearch.dialects.data.platform import Platform
from qresearch.dialects.data.tables import as_of, in_force, unique
from qresearch.domain.instrument import Board
from qresearch.errors import UsageError, choose

FAR = dt.date(2200, 1, 1)
"""End of what is not known to end."""

_KINDS = {
    Board.ETF: "etf", Board.LOF: "lof", Board.CLOSED_END: "fund", Board.REIT: "reits", Board.INDEX: "index",
    Board.FUTURES: "futures", Board.OPTION: "options", Board.CONVERTIBLE: "conbond", Board.BOND: "bond",
    Board.REPO: "repo",
}  # fmt: skip
"""Type of an instrument by its board; all others are shares."""

_FUNDS = ("etf", "lof", "fund", "reits")
TYPES = {
    "fund": _FUNDS, "exchange_fund": _FUNDS,
    **{kind: (kind,) for kind in ("stock", *_KINDS.values()) if kind != "fund"},
    **dict.fromkeys(("fja", "fjb", "fjm", "mmf", "money_market_fund", "open_fund", "bond_fund", "stock_fund",
                     "QDII_fund", "mixture_fund"), ()),
}  # fmt: skip
"""Types that may be asked for, and those of instruments that belong to each; none where no market holds any."""


@dataclass(repr=False)
class SecurityInfo:
    """What ``get_security_info`` gives: display_name, name, start_date, end_date, type."""

    code: str
    display_name: str
    name: str
    start_date: dt.date
    end_date: dt.date
    type: str
    parent: str | None = None

    def __repr__(self) -> str:
        return f"<{self.code} {self.display_name}, {self.type}, {self.start_date} to {self.end_date}>"


class Listing:
    """The functions of a script that tell what there is.

    Parameters
    ----------
    platform : Platform
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._all: pd.DataFrame | None = None
        panel, market = platform.market.panel, platform.market
        firsts = market.days[np.minimum(panel.first_row, len(market.days) - 1)]
        self._begun = pd.Series(firsts, index=strings(platform.codes))

    def get_current_data(self, *_: Any) -> CurrentData:
        """What is known of each code right now."""
        return CurrentData(self._platform)

    # ------------------------------------------------------------------ instruments

    def _row(self, column: int) -> dict[str, Any]:
        platform, instrument = self._platform, self._platform.market.instruments[column]
        first = int(platform.market.panel.first_row[column])
        began = instrument.list_date or platform.host.date_of(min(first, len(platform.market.days) - 1))
        ended = instrument.delist_date
        name, kind = platform.name_of(column), _KINDS.get(instrument.board, "stock")
        return {
            "display_name": name, "name": name, "start_date": began,
            "end_date": FAR if ended is None else ended - dt.timedelta(days=1), "type": kind,
        }  # fmt: skip

    def _index_row(self, code: str) -> dict[str, Any]:
        """The same of an index, whose bars the user brought."""
        name, bars = self._platform.name_of_code(code), self._platform.bars
        known = np.flatnonzero(~np.isnan(bars.values(code, "close", slice(0, len(bars.dates)), 0, None)))
        began = self._platform.host.date_of(int(known[0]) if len(known) else 0)
        return {"display_name": name, "name": name, "start_date": began, "end_date": FAR, "type": "index"}

    def get_all_securities(self, types: Any = (), date: Any = None) -> DataFrame:
        """The instruments of this market, one row each, indexed by code.

        Parameters
        ----------
        types : str or list of str
            "stock" (default), "etf", "lof", "fund" for all funds, "index", "conbond", "futures" and the like.
        date : date, optional
            Only what was listed on that day and has bars by then: data may begin after a listing.
        """
        wanted = listed(types) or ["stock"]
        if self._all is None:
            rows = [self._row(column) for column in range(len(self._platform.codes))]
            self._all = pd.DataFrame(rows, index=strings(self._platform.codes)).astype(object)
        kinds = {found for kind in wanted for found in TYPES[choose("get_all_securities: types", kind, TYPES)]}
        found = self._all[self._all["type"].isin(kinds)]
        if "index" in kinds:
            indexes = {code: self._index_row(code) for code in self._platform.bars.other_codes()}
            found = pd.concat([found, pd.DataFrame(indexes, dtype=object).T]) if indexes else found
        if date is not None:
            day = to_day(date).date()
            begun = self._begun.reindex(found.index).isna() | (
                self._begun.reindex(found.index) <= np.datetime64(day, "D")
            )
            found = found[(found["start_date"] <= day) & (found["end_date"] >= day) & begun]
        return DataFrame(found.sort_index())

    def get_security_info(self, code: str, date: Any = None) -> SecurityInfo | None:  # as documented
        """Names, type, first and last day of a code; None when the market does not hold it."""
        column = self._platform.bars.column(code)
        if column is None and isinstance(code, str) and self._platform.bars.has_other(code):
            return SecurityInfo(spelled(code), **self._index_row(spelled(code)))
        if column is None:
            self._platform.host.tell(
                f"get_security_info({code!r}): no such instrument in this market; None was given.", "data"
            )
            return None
        return SecurityInfo(self._platform.code(column), **self._row(column))

    # ------------------------------------------------------------------ the calendar

    def get_trade_days(self, start_date: Any = None, end_date: Any = None, count: int | None = None) -> Any:
        """Trading days between two dates, or the last ones up to a date; default up to today.

        Returns
        -------
        (K,) ndarray of date
        """
        platform = self._platform
        stop = platform.host.day + 1 if end_date is None else platform.count_until(end_date)
        begin = 0
        if start_date is not None and count is not None:
            raise UsageError("get_trade_days takes start_date or count, not both. Leave one out.")
        if count is not None:
            begin = max(stop - int(count), 0)
        elif start_date is not None:
            begin = platform.count_until(start_date, side="left")
        return _dates(platform.market.days[begin:stop])

    def get_all_trade_days(self) -> Any:
        """Every trading day of the data, those to come too."""
        return _dates(self._platform.market.days)

    def get_trade_day(self, security: Any, query_dt: Any = None) -> dict[str, dt.date]:
        """The trading day of a moment, by code."""
        day = self.get_trade_days(end_date=query_dt, count=1)[-1]
        return dict.fromkeys(listed(security), day)

    # ------------------------------------------------------------------ lists

    def get_index_stocks(self, index_symbol: str, date: Any = None) -> list[str]:
        """Members of an index as they stood on a day, default today."""
        table = self._platform.tables.table("index_members", needed_by=f"get_index_stocks({index_symbol!r})")
        members = table[table["index"] == spelled(index_symbol)]
        if not len(members):
            known = ", ".join(unique(table["index"])[:10])
            raise UsageError(
                f"get_index_stocks({index_symbol!r}): the table 'index_members' of data= holds no members of it; it "
                f"holds {known}. Add them to the table."
            )
        found = as_of(members, self._on(date))
        if not len(found):
            self._platform.host.tell(
                f"get_index_stocks({index_symbol!r}): no members are known by {self._on(date):%Y-%m-%d}; the first are "
                f"those of {members['date'].min():%Y-%m-%d}. An empty list was given.",
                "data",
            )
        return self._listed(found["code"])

    def get_index_weights(self, index_id: str, date: Any = None) -> DataFrame:
        """Weights of the members of an index: column weight of the table of members."""
        table = self._platform.tables.table("index_members", needed_by=f"get_index_weights({index_id!r})")
        found = as_of(table[table["index"] == spelled(index_id)], self._on(date)).set_index("code")
        if "weight" not in found:
            raise UsageError(
                "get_index_weights needs a column 'weight' (percent) in the table 'index_members' of data=."
            )
        return DataFrame(found[["date", "weight"]])

    def _on(self, date: Any) -> pd.Timestamp:
        """A day that is not after today."""
        return self._platform.today if date is None else min(to_day(date), self._platform.today)

    def _listed(self, codes: Any) -> list[str]:
        """Codes that this market holds."""
        found, missing = [], 0
        for code in unique(codes):
            if self._platform.bars.column(code) is None:
                missing += 1
            else:
                found.append(str(code))
        if missing:
            self._platform.host.tell(
                "Lists of data= name codes that this market does not hold; they were left out.", "data"
            )
        return found

    def _of_list(self, table: str, column: str, wanted: str, date: Any, call: str) -> list[str]:
        frame = self._platform.tables.table(table, needed_by=f"{call}({wanted!r})")
        return self._listed(in_force(frame[frame[column].astype(str) == str(wanted)], self._on(date))["code"])

    def get_industry_stocks(self, industry_code: str, date: Any = None) -> list[str]:
        """Codes of an industry on a day."""
        return self._of_list("industries", "industry_code", industry_code, date, "get_industry_stocks")

    def get_concept_stocks(self, concept_code: str, date: Any = None) -> list[str]:
        """Codes of a concept on a day."""
        return self._of_list("concepts", "concept_code", concept_code, date, "get_concept_stocks")

    def get_industries(self, name: str = "", date: Any = None) -> DataFrame:
        """The industries of a classification, indexed by their code."""
        table = in_force(self._platform.tables.table("industries", needed_by="get_industries"), self._on(date))
        if name and "classification" in table:
            table = table[table["classification"] == name]
        return _kinds(table, "industry")

    def get_concepts(self) -> DataFrame:
        """The concepts, indexed by their code."""
        return _kinds(self._platform.tables.table("concepts", needed_by="get_concepts"), "concept")

    def get_industry(self, security: Any, date: Any = None) -> dict[str, Any]:
        """Industries of codes on a day: code to classification to industry_code and industry_name."""
        codes = listed(security)
        table = in_force(self._platform.tables.table("industries", needed_by="get_industry"), self._on(date))
        found: dict[str, Any] = {}
        for code in codes:
            rows = table[table["code"] == spelled(code)].to_dict("records")
            found[code] = {
                str(row.get("classification", "sw_l1")): {
                    "industry_code": row["industry_code"], "industry_name": row["industry_name"],
                }
                for row in rows
            }  # fmt: skip
        return found

    def get_concept(self, security: Any, date: Any = None) -> dict[str, Any]:
        """Concepts of codes on a day: code to ``jq_concept`` to a list."""
        codes = listed(security)
        table = in_force(self._platform.tables.table("concepts", needed_by="get_concept"), self._on(date))
        columns = ["concept_code", "concept_name"]
        return {
            code: {"jq_concept": table.loc[table["code"] == spelled(code), columns].to_dict("records")}
            for code in codes
        }

    # ------------------------------------------------------------------ extras

    def get_extras(  # as documented by the platform
        self, info: str, security_list: Any, start_date: Any = None, end_date: Any = None, df: bool = True,
        count: int | None = None,
    ) -> Any:  # fmt: skip
        """A mark of codes by day: ``is_st``, or a column of the table ``extras``, which is known on the day after.

        Parameters
        ----------
        info : str
        security_list : str or list of str
        start_date, end_date : date, optional
        df : bool
            False: a dict of arrays.
        count : int, optional
        """
        platform = self._platform
        codes = listed(security_list)
        known = platform.today if info == "is_st" else platform.day_before()
        end = known if end_date is None else min(to_day(end_date), known)
        days = self.get_trade_days(start_date, end, count if start_date is None else None)
        index = pd.DatetimeIndex(pd.to_datetime(days))
        begin = len(platform.market.days) if not len(days) else int(platform.bars.dates.searchsorted(index[0]))
        found: dict[str, Any] = {}
        table = None if info == "is_st" else platform.tables.table("extras", needed_by=f"get_extras({info!r})")
        for code in codes:
            column = platform.bars.column(code)
            if table is None:
                marks = np.zeros(len(days), dtype=bool)
                if column is not None:
                    marks = platform.market.panel.is_st[begin : begin + len(days), column]
                found[code] = marks
            else:
                rows = table[table["code"] == spelled(code)].drop_duplicates("date", keep="last").set_index("date")
                found[code] = rows[info].reindex(index).to_numpy()
        return DataFrame(found, index=index, columns=strings(codes)) if df else found


def _kinds(table: pd.DataFrame, kind: str) -> DataFrame:
    """Codes and names of industries or concepts, each once."""
    code, name = f"{kind}_code", f"{kind}_name"
    return DataFrame(table.drop_duplicates(code).set_index(code)[[name]].rename(columns={name: "name"}))


def _dates(days: Any) -> Any:
    found = np.empty(len(days), dtype=object)
    found[:] = days.astype("datetime64[D]").tolist()
    return found
