"""How vendors name the columns of bars, and in what they count: one row of a table per vendor.

A table is recognised by its columns. Units are what the vendor documents; where turnover and prices are there too,
:mod:`~qresearch.sources.units` checks them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from qresearch.market.intraday import QUOTE_FIELDS
from qresearch.market.panel import FIELDS, PRICE_FIELDS, SETTLED_FIELDS

REQUIRED = ("date", "symbol", *PRICE_FIELDS, "volume")
FLAGS = ("paused", "is_st")
KNOWN = (*REQUIRED, *(name for name in FIELDS if name not in REQUIRED), *FLAGS, "board", *QUOTE_FIELDS, *SETTLED_FIELDS)
IGNORED = ("adj_factor", "turnover_pct", "src", "name", "adj_close", "unnamed:_0")
"""Columns that are there and not read, in any table."""

_CHINESE: Mapping[str, str] = {
    "日期": "date", "时间": "date", "交易日期": "date", "交易日": "date", "交易时间": "date", "日期时间": "date",
    "代码": "symbol", "股票代码": "symbol", "证券代码": "symbol", "基金代码": "symbol", "债券代码": "symbol",
    "开盘": "open", "开盘价": "open", "今开盘": "open", "收盘": "close", "收盘价": "close", "今收盘": "close",
    "最高": "high", "最高价": "high", "最低": "low", "最低价": "low", "成交量": "volume", "总手": "volume",
    "成交股数": "volume", "成交额": "turnover", "成交金额": "turnover", "金额": "turnover", "总额": "turnover",
    "前收盘": "pre_close", "前收盘价": "pre_close", "前收": "pre_close", "昨收": "pre_close", "昨收盘": "pre_close",
    "昨收价": "pre_close", "昨收盘价": "pre_close", "涨停价": "limit_up", "跌停价": "limit_down",
    "是否st": "is_st", "是否停牌": "paused", "停牌": "paused",
}  # fmt: skip
SYNONYMS: Mapping[str, str] = {
    "amount": "turnover", "money": "turnover", "vol": "volume",
    "datetime": "date", "trade_date": "date", "time": "date", "day": "date",
    "code": "symbol", "ticker": "symbol", "security": "symbol", "instrument": "symbol", "ts_code": "symbol",
    "preclose": "pre_close", "prev_close": "pre_close", "previous_close": "pre_close",
    "high_limit": "limit_up", "up_limit": "limit_up", "low_limit": "limit_down", "down_limit": "limit_down",
    "settle": "settlement", "settlement_price": "settlement", "openinterest": "open_interest",
    "oi": "open_interest", "pre_settle": "pre_close", "pre_settlement": "pre_close",
    "isst": "is_st", "st": "is_st", "suspended": "paused",
    **_CHINESE,
}  # fmt: skip
"""Column names that mean the same in every table."""

UNITS: Mapping[str, float] = {
    "手": 100, "股": 1, "份": 1, "百股": 100, "千股": 1e3, "万股": 1e4, "万手": 1e6, "shares": 1, "lots": 100,
    "元": 1, "千元": 1e3, "万元": 1e4, "百万元": 1e6, "亿元": 1e8, "cny": 1, "yuan": 1,
}  # fmt: skip
"""Units that stand in brackets behind a name, such as 成交量(手)."""


@dataclass(frozen=True, slots=True)
class VendorTable:
    """The table of daily or minute bars of one vendor.

    Parameters
    ----------
    name : str
        For people.
    marks : tuple of str
        Each names columns, parted by spaces; a table that has all of one is this vendor's.
    columns : mapping of str to str
        Columns that mean something else than in :data:`SYNONYMS`: to our name, to one of ``trading`` (paused when 0),
        ``halted`` (paused when 1), ``status`` (in words), ``adjustment`` and ``factor`` (what was done to the prices),
        ``time`` (of the day).
    unread : str
        Columns that are not read, parted by spaces.
    lot : float
        Shares that one unit of volume counts.
    unit : float
        Currency that one unit of turnover counts.
    adjusted : str
        How prices of this table were adjusted, where they always are; a sentence without its end.
    """

    name: str
    marks: tuple[str, ...]
    columns: Mapping[str, str] = field(default_factory=dict)
    unread: str = ""
    lot: float = 1
    unit: float = 1
    adjusted: str = ""


_TUSHARE_UNREAD = "change pct_chg pct_change turnover_rate turnover_rate_f volume_ratio ah_vol ah_amount freq"
_PAGE_UNREAD = ("振幅 涨跌幅 涨幅 涨跌额 涨跌 换手率 换手 换手% 均价 成交次数 成交笔数 总市值 流通市值 量比 市盈率 "
                "股票名称 证券简称 股票简称 名称 简称")  # fmt: skip
VENDORS = (
    # Documented at tushare.pro, doc_id 27 (daily) and 370 (minutes): lots and thousand yuan; shares and yuan.
    VendorTable("tushare", ("ts_code trade_date vol", "pct_chg vol"), {}, _TUSHARE_UNREAD, lot=100, unit=1_000),
    VendorTable("tushare (minutes)", ("ts_code trade_time",), {"trade_time": "date"}, _TUSHARE_UNREAD),
    # Documented at baostock.com: shares and yuan; adjustflag 1 backward, 2 forward, 3 none.
    VendorTable(
        "baostock", ("tradestatus", "adjustflag", "preclose turn"),
        {"tradestatus": "trading", "adjustflag": "adjustment", "time": "time"},
        "turn pctchg pettm pbmrq psttm pcfncfttm",
    ),
    VendorTable("akshare (Sina)", ("outstanding_share turnover",), {"turnover": ""}, "outstanding_share"),
    VendorTable("akshare or EastMoney", ("振幅 涨跌幅 成交量", "涨跌幅 换手率 成交量"), {}, _PAGE_UNREAD, lot=100),
    VendorTable("THS (同花顺)", ("总手",), {}, _PAGE_UNREAD, lot=100),
    VendorTable("NetEase (网易)", ("前收盘 成交金额",), {}, _PAGE_UNREAD),
    VendorTable("TDX (通达信)", ("日期 开盘 成交量",), {"时间": "time"}, _PAGE_UNREAD),
    VendorTable(
        "JoinQuant", ("money high_limit", "money factor", "money avg", "money paused"), {"factor": "factor"},
        "avg open_interest",
    ),
    # AShareEODPrices: lots and thousand yuan.
    VendorTable(
        "Wind", ("s_info_windcode trade_dt",),
        {"s_info_windcode": "symbol", "trade_dt": "date", "s_dq_preclose": "pre_close", "s_dq_open": "open",
         "s_dq_high": "high", "s_dq_low": "low", "s_dq_close": "close", "s_dq_volume": "volume",
         "s_dq_amount": "turnover", "s_dq_adjfactor": "adj_factor", "s_dq_tradestatus": "status",
         "s_dq_limit": "limit_up", "s_dq_stopping": "limit_down"},
        "object_id crncy_code s_dq_change s_dq_pctchange s_dq_adjpreclose s_dq_adjopen s_dq_adjhigh s_dq_adjlow "
        "s_dq_adjclose s_dq_adjclose_backward s_dq_avgprice s_dq_tradestatuscode opdate opmode",
        lot=100, unit=1_000,
    ),
    VendorTable(
        "qlib", ("$close $volume",),
        {**{f"${name}": name for name in (*PRICE_FIELDS, "volume")}, "$factor": "factor", "$amount": "turnover",
         "$money": "turnover"},
        "$vwap $change",
        adjusted="qlib multiplies prices by $factor",
    ),
    VendorTable(
        "rqdatac", ("total_turnover",), {"order_book_id": "symbol", "total_turnover": "turnover"},
        "num_trades open_interest trading_date",
    ),
    VendorTable(
        "XtQuant", ("suspendflag", "preclose openinterest", "settelementprice"), {"suspendflag": "halted"},
        "settelementprice settlementprice openinterest", lot=100,
    ),
    VendorTable("myquant", ("bob eob",), {"eob": "date"}, "bob frequency position"),
    VendorTable(
        "Yahoo (history)", ("dividends stock_splits",), {}, "dividends stock_splits capital_gains adj_close",
        adjusted="Yahoo's history is adjusted for dividends where it has no column 'Adj Close'",
    ),
    VendorTable("Stooq", ("ticker per vol",), {"time": "time"}, "per openint"),
    VendorTable("Investing.com", ("price vol.",), {"price": "close", "vol.": "volume"}, "change_% change"),
    VendorTable(
        "CSMAR", ("stkcd trddt",),
        {"stkcd": "symbol", "trddt": "date", "opnprc": "open", "hiprc": "high", "loprc": "low", "clsprc": "close",
         "dnshrtrd": "volume", "dnvaltrd": "turnover", "trdsta": "special", "precloseprice": "pre_close",
         "limitup": "limit_up", "limitdown": "limit_down"},
        "dsmvosd dsmvtll dretwd dretnd adjprcwd adjprcnd markettype capchgdt changeratio limitstatus ahshrtrd_d "
        "ahvaltrd_d",
    ),
)  # fmt: skip
"""Vendors, the more particular first."""
_IN_BRACKETS = re.compile(r"^(.*?)\s*[(\[](.+?)[)\]]$")


def plain(name: object) -> str:
    """A name of a column as it is looked up: lower case, without padding, brackets of Stooq and a unit behind it.

    >>> plain(" Adj Close"), plain("<VOL>"), plain("成交量（手）"), plain("$open")
    ('adj_close', 'vol', '成交量', '$open')
    """
    return _parted(name)[0]


def _parted(name: object) -> tuple[str, str]:
    text = str(name).strip().lstrip("\ufeff")
    text = (text if text.isascii() else unicodedata.normalize("NFKC", text)).strip().lower()
    if text.startswith("<") and text.endswith(">"):
        text = text[1:-1]
    found = _IN_BRACKETS.match(text)
    if found and found[2].strip() in UNITS:
        return found[1].replace(" ", "_"), found[2].strip()
    return text.replace(" ", "_"), ""


def unit_of(name: object) -> float | None:
    """What a unit behind a name counts; None where there is none.

    >>> unit_of("成交额(千元)"), unit_of("volume")
    (1000.0, None)
    """
    unit = _parted(name)[1]
    return float(UNITS[unit]) if unit else None


def recognised(names: Iterable[str]) -> VendorTable | None:
    """The vendor whose table has these columns.

    Parameters
    ----------
    names : iterable of str
        As :func:`plain` gives them.

    >>> recognised(["ts_code", "trade_date", "open", "vol"]).name, recognised(["date", "close"])
    ('tushare', None)
    """
    there = set(names)
    return next((found for found in VENDORS if any(there.issuperset(mark.split()) for mark in found.marks)), None)


def ours(name: str, vendor: VendorTable | None) -> str:
    """Our name of a column; its own where it is not read, or not known."""
    if vendor is not None and (name in vendor.columns or name in vendor.unread.split()):
        return vendor.columns.get(name, "") or f"not read: {name}"
    return SYNONYMS.get(name, name)


_WORDS = frozenset(
    {*KNOWN, *SYNONYMS, "ex_date", "list_date", *(name for vendor in VENDORS for name in vendor.columns)}
    | {name for vendor in VENDORS for name in vendor.unread.split()}
)


def is_a_name(cell: object) -> bool:
    """Whether a cell could stand in a header of bars or of the tables beside them."""
    return plain(cell) in _WORDS
