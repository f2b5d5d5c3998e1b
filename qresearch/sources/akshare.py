"""AKShare: public pages of Eastmoney, Sina, the exchanges and China Securities Index behind one package.

Functions and columns are those of its package 1.19.5. Bars come from Eastmoney (``stock_zh_a_hist``, for funds
``fund_etf_hist_em``; volume in lots of 100, turned into shares), dividends, rights issues and factors from Sina,
listings and name changes from the exchanges, index members from China Securities Index.

**Assumptions**: the vendor has no row on a suspended day, so a missing trading day inside the rows of a share counts as
suspended. ST is known day by day for Shenzhen, from its name changes; for Shanghai only today's list is public, and its
shares get the ordinary limit (10%), which flatters: a fill that a 5% limit had stopped goes through. Index members are
those of today, which flatters too: the failed ones are gone. BaoStock has both as they were.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from qresearch.domain.classes import board_of
from qresearch.domain.instrument import Board, canonical_symbol, split_symbol
from qresearch.errors import DataError
from qresearch.sources.vendor import (
    ACTIONS,
    BARS,
    LISTINGS,
    between,
    client_of,
    columns_of,
    dates,
    numbers,
)

_BARS = ("日期", "开盘", "最高", "最低", "收盘", "成交量", "成交额")
_LOT = 100
_SZ_INDEX = "399"


class Akshare:
    """AKShare behind :class:`~qresearch.sources.vendor.Vendor`.

    Parameters
    ----------
    client : module, optional
        Stands in for the package ``akshare``, for tests.
    """

    name = "akshare"
    warned_by = (
        "akshare: ST flags are known for Shenzhen only, index members are those of today, suspensions are days without "
        "a row, and distributions of funds are not told."
    )

    def __init__(self, client: Any = None) -> None:
        self._client = client
        self._renames: pd.DataFrame | None = None

    def bars(self, symbol: str, start: dt.date, end: dt.date) -> pd.DataFrame:
        """Unadjusted daily bars of the days that traded.

        Raises
        ------
        DataError
            Volume counts neither lots of 100 nor shares.
        """
        code, suffix = split_symbol(symbol)
        call = "fund_etf_hist_em" if board_of(symbol) is Board.ETF else "stock_zh_a_hist"
        found = self._table(
            call, _BARS, symbol=code, period="daily", start_date=f"{start:%Y%m%d}", end_date=f"{end:%Y%m%d}", adjust=""
        )
        table = pd.DataFrame({"date": dates(found["日期"])})
        for ours, theirs in zip(BARS[1:], _BARS[1:], strict=True):
            table[ours] = numbers(found[theirs])
        table["volume"] *= _shares_per_unit(table, symbol)
        if suffix == "SZ" and board_of(symbol) is not Board.ETF:
            table["is_st"] = self._is_st(code, table["date"])
        return between(table, start, end, "date")

    def factors(self, symbol: str, start: dt.date, end: dt.date) -> pd.DataFrame:
        """Backward adjustment factors by ex-date; none for funds and Beijing."""
        if not _is_share(symbol):
            return pd.DataFrame({"ex_date": dates(pd.Series(dtype=object)), "factor": pd.Series(dtype=np.float64)})
        found = self._table("stock_zh_a_daily", ("date", "hfq_factor"), symbol=_prefixed(symbol), adjust="hfq-factor")
        table = pd.DataFrame({"ex_date": dates(found["date"]), "factor": numbers(found["hfq_factor"])})
        return between(table.dropna(), start, end, "ex_date")

    def actions(self, symbol: str, start: dt.date, end: dt.date, ex_days: Sequence[dt.date]) -> pd.DataFrame:
        """Dividends, bonus shares and rights issues that were carried out; none for funds."""
        code, _ = split_symbol(symbol)
        if board_of(symbol) is Board.ETF:
            return pd.DataFrame({name: pd.Series(dtype=np.float64) for name in ACTIONS}).assign(
                ex_date=dates(pd.Series(dtype=object))
            )
        paid = self._table(
            "stock_history_dividend_detail", ("送股", "转增", "派息", "进度", "除权除息日"),
            symbol=code, indicator="分红",
        )  # fmt: skip
        paid = paid[paid["进度"].astype(str) == "实施"]
        rights = self._table(
            "stock_history_dividend_detail", ("配股方案", "配股价格", "除权日"), symbol=code, indicator="配股"
        )
        # The tables count per 10 shares held.
        dividends = pd.DataFrame(
            {
                "ex_date": dates(paid["除权除息日"]),
                "cash_per_share": numbers(paid["派息"]).fillna(0.0) / 10,
                "bonus_per_share": (numbers(paid["送股"]).fillna(0.0) + numbers(paid["转增"]).fillna(0.0)) / 10,
            }
        )
        offered = pd.DataFrame(
            {
                "ex_date": dates(rights["除权日"]),
                "rights_per_share": numbers(rights["配股方案"]) / 10,
                "rights_price": numbers(rights["配股价格"]),
            }
        )
        table = pd.concat([dividends, offered[offered["rights_per_share"] > 0]], ignore_index=True)
        table = table.dropna(subset=["ex_date"]).groupby("ex_date", as_index=False).sum(min_count=1)
        for name in ACTIONS[1:4]:
            table[name] = table[name].fillna(0.0).round(10)
        return between(table[list(ACTIONS)], start, end, "ex_date")

    def index(self, symbol: str, start: dt.date, end: dt.date) -> pd.DataFrame:
        """Daily closes of an index."""
        found = self._table("stock_zh_index_daily", ("date", "close"), symbol=_prefixed(symbol))
        table = pd.DataFrame({"date": dates(found["date"]), "close": numbers(found["close"])})
        return between(table, start, end, "date")

    def listings(self) -> pd.DataFrame:
        """Shares of Shanghai and Shenzhen, listed and delisted, and the names of Beijing's."""
        tables = []
        for call, options, columns in (
            ("stock_info_sh_name_code", {"symbol": "主板A股"}, ("证券代码", "证券简称", "上市日期", None)),
            ("stock_info_sh_name_code", {"symbol": "科创板"}, ("证券代码", "证券简称", "上市日期", None)),
            ("stock_info_sz_name_code", {"symbol": "A股列表"}, ("A股代码", "A股简称", "A股上市日期", None)),
            ("stock_info_sh_delist", {"symbol": "全部"}, ("公司代码", "公司简称", "上市日期", "暂停上市日期")),
            ("stock_info_sz_delist", {"symbol": "终止上市公司"}, ("证券代码", "证券简称", "上市日期", "终止上市日期")),
            ("stock_info_a_code_name", {}, ("code", "name", None, None)),
        ):
            found = self._table(call, tuple(name for name in columns if name), **options)
            parts = {
                ours: found[theirs] if theirs else pd.Series(None, index=found.index, dtype=object)
                for ours, theirs in zip(LISTINGS, columns, strict=True)
            }
            tables.append(pd.DataFrame(parts))
        table = pd.concat([part for part in tables if len(part)], ignore_index=True)
        table["symbol"] = [canonical_symbol(str(code).zfill(6)) for code in table["symbol"]]
        table["name"] = table["name"].astype(str)
        for name in ("list_date", "delist_date"):
            table[name] = dates(table[name])
        # The last table has names only; the dated ones come first and win.
        return table.drop_duplicates("symbol").reset_index(drop=True)

    def calendar(self, start: dt.date, end: dt.date) -> pd.DataFrame:
        """Trading days."""
        found = self._table("tool_trade_date_hist_sina", ("trade_date",))
        return between(pd.DataFrame({"date": dates(found["trade_date"])}), start, end, "date")

    def members(self, index: str, day: dt.date) -> pd.DataFrame:
        """Members of an index today; its history is not public."""
        code, _ = split_symbol(index)
        if code.startswith(_SZ_INDEX):
            codes = self._table("index_stock_cons", ("品种代码",), symbol=code)["品种代码"]
        else:
            codes = self._table("index_stock_cons_csindex", ("成分券代码",), symbol=code)["成分券代码"]
        return pd.DataFrame({"symbol": [canonical_symbol(str(found).zfill(6)) for found in codes]})

    def reconnect(self) -> None:
        """Nothing to do: every question is its own connection."""

    def _is_st(self, code: str, days: pd.Series) -> pd.Series:
        """Whether the short name of a Shenzhen share began with ST or *ST on each day."""
        if self._renames is None:
            names = ("变更日期", "证券代码", "变更前简称", "变更后简称")
            self._renames = self._table("stock_info_sz_change_name", names, symbol="简称变更")
        own = self._renames[self._renames["证券代码"].astype(str).str.zfill(6) == code]
        own = own.assign(day=dates(own["变更日期"])).sort_values("day", kind="stable")
        flags = np.zeros(len(days), dtype=bool)
        if len(own):
            flags[:] = _warned(str(own["变更前简称"].iloc[0]))
        for day, name in zip(own["day"], own["变更后简称"], strict=True):
            flags[(days >= day).to_numpy()] = _warned(str(name))
        return pd.Series(flags, index=days.index)

    def _table(self, call: str, names: tuple[str, ...], **options: object) -> pd.DataFrame:
        if self._client is None:
            self._client = client_of("akshare")
        return columns_of(getattr(self._client, call)(**options), names, f"akshare {call}")


def _warned(name: str) -> bool:
    # A leading S marked a share reform that was still open.
    return name.upper().replace(" ", "").startswith(("ST", "*ST", "S*ST", "SST"))


def _is_share(symbol: str) -> bool:
    return split_symbol(symbol)[1] in ("SH", "SZ") and board_of(symbol) is not Board.ETF


def _prefixed(symbol: str) -> str:
    code, suffix = split_symbol(symbol)
    return f"{suffix.lower()}{code}"


def _shares_per_unit(table: pd.DataFrame, symbol: str) -> int:
    """100 where volume counts lots, as documented; 1 where turnover shows that it counts shares already."""
    traded = table[(table["volume"] > 0) & (table["turnover"] > 0)]
    if not len(traded):
        return _LOT
    ratio = float((traded["turnover"] / traded["volume"] / traded["close"]).median())
    for unit in (_LOT, 1):
        if unit / 2 < ratio < unit * 2:
            return unit
    raise DataError(
        f"akshare: turnover of {symbol} is {ratio:.3g} times volume x price instead of {_LOT} (volume in lots). "
        "The vendor changed its units: update qresearch, or take the other vendor.",
        field="volume",
        symbol=symbol,
    )
