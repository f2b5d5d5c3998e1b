"""A small true market, written in the shapes of vendors and in the containers that one is handed."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

SYMBOLS = ("600519.SH", "000001.SZ", "300750.SZ")
FIELDS = ("open", "high", "low", "close", "volume", "turnover", "pre_close")


def truth(*symbols: str, days: int = 30) -> pd.DataFrame:
    """Long bars as they are: unadjusted yuan, shares, no two days alike."""
    rows = []
    dates = pd.bdate_range("2024-01-02", periods=days)
    for place, symbol in enumerate(symbols or SYMBOLS):
        previous = 20.0 + 10 * place
        for at, day in enumerate(dates):
            opened = round(previous + 0.01 * (at * 5 % 7 - 3), 2)
            close = round(previous + 0.01 * (at * 7 % 13 - 5), 2)
            high, low = round(max(opened, close) + 0.05, 2), round(min(opened, close) - 0.04, 2)
            volume = 1_234_567.0 + 10_007 * at + 777 * place
            turnover = round(volume * round((high + low + close) / 3, 3), 2)
            rows.append((day, symbol, opened, high, low, close, volume, turnover, previous))
            previous = close
    return pd.DataFrame(rows, columns=["date", "symbol", *FIELDS])


@dataclass(frozen=True)
class Shape:
    """How a vendor hands out bars.

    Parameters
    ----------
    write : callable
        From the truth to the vendor's table.
    file : str
        Name of a file of one share, when the table itself does not tell it; else empty.
    rough : bool
        Figures are rounded.
    lacks : tuple of str
        What the table does not have.
    """

    write: Callable[[pd.DataFrame], pd.DataFrame]
    file: str = ""
    rough: bool = False
    lacks: tuple[str, ...] = ()

    @property
    def symbols(self) -> tuple[str, ...]:
        """Shares in one table."""
        return SYMBOLS[:1] if self.file else SYMBOLS


def _day(frame: pd.DataFrame, form: str) -> pd.Series:
    return frame["date"].dt.strftime(form)


def _code(frame: pd.DataFrame) -> pd.Series:
    return frame["symbol"].str[:6]


def _wan(values: pd.Series) -> list[str]:
    return [f"{value / 1e8:.2f}亿" if value >= 1e8 else f"{value / 1e4:.2f}万" for value in values]


def tushare(t: pd.DataFrame) -> pd.DataFrame:
    """Documented at tushare.pro: lots, thousand yuan, newest first."""
    return pd.DataFrame(
        {"ts_code": t.symbol, "trade_date": _day(t, "%Y%m%d"), "open": t.open, "high": t.high, "low": t.low,
         "close": t.close, "pre_close": t.pre_close, "change": (t.close - t.pre_close).round(2),
         "pct_chg": ((t.close / t.pre_close - 1) * 100).round(4), "vol": (t.volume / 100).round(2),
         "amount": (t.turnover / 1000).round(3)}
    )[::-1].reset_index(drop=True)  # fmt: skip


def baostock(t: pd.DataFrame) -> pd.DataFrame:
    """All text, shares and yuan."""
    code = t.symbol.str[-2:].str.lower() + "." + _code(t)
    return pd.DataFrame(
        {"date": _day(t, "%Y-%m-%d"), "code": code, "open": t.open, "high": t.high, "low": t.low, "close": t.close,
         "preclose": t.pre_close, "volume": t.volume.astype(int), "amount": t.turnover, "adjustflag": 3, "turn": 0.1,
         "tradestatus": 1, "pctChg": 0.5, "isST": 0}
    ).astype(str)  # fmt: skip


def _page(t: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {"日期": _day(t, "%Y-%m-%d"), "股票代码": _code(t), "开盘": t.open, "收盘": t.close, "最高": t.high,
         "最低": t.low, "成交量": (t.volume / 100).round(2), "成交额": t.turnover, "振幅": 1.0, "涨跌幅": 0.5,
         "涨跌额": 0.1, "换手率": 0.3}
    )  # fmt: skip


def joinquant(t: pd.DataFrame) -> pd.DataFrame:
    """get_price(panel=False, fq=None) with all fields."""
    code = _code(t) + t.symbol.str[-2:].map({"SH": ".XSHG", "SZ": ".XSHE"})
    return pd.DataFrame(
        {"time": t.date, "code": code, "open": t.open, "close": t.close, "low": t.low, "high": t.high,
         "volume": t.volume, "money": t.turnover, "factor": 1.0, "high_limit": (t.pre_close * 1.1).round(2),
         "low_limit": (t.pre_close * 0.9).round(2), "avg": t.close, "pre_close": t.pre_close, "paused": 0.0}
    )  # fmt: skip


def wind(t: pd.DataFrame) -> pd.DataFrame:
    """AShareEODPrices."""
    return pd.DataFrame(
        {"OBJECT_ID": "{1}", "S_INFO_WINDCODE": t.symbol, "TRADE_DT": _day(t, "%Y%m%d"), "CRNCY_CODE": "CNY",
         "S_DQ_PRECLOSE": t.pre_close, "S_DQ_OPEN": t.open, "S_DQ_HIGH": t.high, "S_DQ_LOW": t.low,
         "S_DQ_CLOSE": t.close, "S_DQ_CHANGE": 0.1, "S_DQ_PCTCHANGE": 0.5, "S_DQ_VOLUME": (t.volume / 100).round(2),
         "S_DQ_AMOUNT": (t.turnover / 1000).round(4), "S_DQ_ADJFACTOR": 1.5, "S_DQ_TRADESTATUS": "交易"}
    )  # fmt: skip


def qlib(t: pd.DataFrame) -> pd.DataFrame:
    """D.features: prices times a factor, as float32."""
    factor = np.float32(0.068657)
    prices = {f"${name}": (t[name] * factor).astype("float32") for name in ("open", "high", "low", "close")}
    return pd.DataFrame(
        {"instrument": t.symbol.str[-2:] + _code(t), "datetime": t.date, **prices,
         "$volume": (t.volume / factor).astype("float32"), "$factor": factor}
    )  # fmt: skip


def rqdata(t: pd.DataFrame) -> pd.DataFrame:
    """rqdatac.get_price(adjust_type='none')."""
    code = _code(t) + t.symbol.str[-2:].map({"SH": ".XSHG", "SZ": ".XSHE"})
    return pd.DataFrame(
        {"order_book_id": code, "date": t.date, "open": t.open, "close": t.close, "high": t.high, "low": t.low,
         "limit_up": (t.pre_close * 1.1).round(2), "limit_down": (t.pre_close * 0.9).round(2),
         "total_turnover": t.turnover, "volume": t.volume, "num_trades": 9, "prev_close": t.pre_close}
    )  # fmt: skip


def xtquant(t: pd.DataFrame) -> pd.DataFrame:
    """get_market_data_ex with its symbol: milliseconds since 1970 of midnight in Shanghai, lots."""
    stamps = pd.DatetimeIndex(t.date).tz_localize("Asia/Shanghai").tz_convert("UTC").as_unit("ms").asi8
    return pd.DataFrame(
        {"stock_code": t.symbol, "time": stamps, "open": t.open, "high": t.high, "low": t.low, "close": t.close,
         "volume": (t.volume / 100).round(2), "amount": t.turnover, "settelementPrice": 0.0, "openInterest": 15,
         "preClose": t.pre_close, "suspendFlag": 0}
    ).rename(columns={"stock_code": "code"})  # fmt: skip


def yahoo(t: pd.DataFrame) -> pd.DataFrame:
    """The CSV that Yahoo's page gave: one share, no turnover."""
    return pd.DataFrame(
        {"Date": _day(t, "%Y-%m-%d"), "Open": t.open, "High": t.high, "Low": t.low, "Close": t.close,
         "Adj Close": (t.close * 0.97).round(6), "Volume": t.volume.astype(int)}
    )  # fmt: skip


def stooq(t: pd.DataFrame) -> pd.DataFrame:
    """The ASCII files of Stooq."""
    return pd.DataFrame(
        {"<TICKER>": t.symbol, "<PER>": "D", "<DATE>": _day(t, "%Y%m%d"), "<TIME>": "000000", "<OPEN>": t.open,
         "<HIGH>": t.high, "<LOW>": t.low, "<CLOSE>": t.close, "<VOL>": t.volume, "<OPENINT>": 0}
    )  # fmt: skip


def tdx(t: pd.DataFrame) -> pd.DataFrame:
    """通达信, one share."""
    return pd.DataFrame(
        {"日期": _day(t, "%Y/%m/%d"), "开盘": t.open, "最高": t.high, "最低": t.low, "收盘": t.close,
         "成交量": t.volume.astype(int), "成交额": t.turnover}
    )  # fmt: skip


def ths(t: pd.DataFrame) -> pd.DataFrame:
    """同花顺, one share: the day of the week behind the date, lots, percents."""
    return pd.DataFrame(
        {"时间": _day(t, "%Y-%m-%d") + t.date.dt.day_of_week.map(lambda day: "," + "一二三四五"[day]), "开盘": t.open,
         "最高": t.high, "最低": t.low, "收盘": t.close, "涨幅": "0.52%", "振幅": "1.20%",
         "总手": [f"{value:,.2f}" for value in t.volume / 100], "金额": [f"{value:,.2f}" for value in t.turnover],
         "换手%": "0.3", "成交次数": 12}
    )  # fmt: skip


def rounded(t: pd.DataFrame) -> pd.DataFrame:
    """A page that was copied: figures in 万 and 亿."""
    return _page(t).assign(成交量=_wan(t.volume / 100), 成交额=_wan(t.turnover))


def netease(t: pd.DataFrame) -> pd.DataFrame:
    """网易: an apostrophe before the code, newest first."""
    return pd.DataFrame(
        {"日期": _day(t, "%Y-%m-%d"), "股票代码": "'" + _code(t), "名称": "某股", "收盘价": t.close,
         "最高价": t.high, "最低价": t.low, "开盘价": t.open, "前收盘": t.pre_close, "涨跌额": 0.1, "涨跌幅": 0.5,
         "换手率": 0.2, "成交量": t.volume.astype(int), "成交金额": t.turnover, "总市值": 1e9, "流通市值": 1e9}
    )[::-1].reset_index(drop=True)  # fmt: skip


def csmar(t: pd.DataFrame) -> pd.DataFrame:
    """TRD_Dalyr, codes as numbers."""
    return pd.DataFrame(
        {"Stkcd": _code(t).astype(int), "Trddt": _day(t, "%Y-%m-%d"), "Trdsta": 1, "Opnprc": t.open, "Hiprc": t.high,
         "Loprc": t.low, "Clsprc": t.close, "Dnshrtrd": t.volume.astype(int), "Dnvaltrd": t.turnover, "Dsmvosd": 1.0,
         "Dretwd": 0.01, "Markettype": 1}
    )  # fmt: skip


def investing(t: pd.DataFrame) -> pd.DataFrame:
    """Investing.com, one share: newest first, volume in millions."""
    return pd.DataFrame(
        {"Date": _day(t, "%m/%d/%Y"), "Price": t.close, "Open": t.open, "High": t.high, "Low": t.low,
         "Vol.": [f"{value / 1e6:.2f}M" for value in t.volume], "Change %": "0.52%"}
    )[::-1].reset_index(drop=True)  # fmt: skip


def sina(t: pd.DataFrame) -> pd.DataFrame:
    """Akshare's stock_zh_a_daily: its turnover is a rate."""
    return pd.DataFrame(
        {"date": _day(t, "%Y-%m-%d"), "symbol": t.symbol.str[-2:].str.lower() + _code(t), "open": t.open,
         "high": t.high, "low": t.low, "close": t.close, "volume": t.volume, "amount": t.turnover,
         "outstanding_share": 1e9, "turnover": 0.001}
    )  # fmt: skip


def myquant(t: pd.DataFrame) -> pd.DataFrame:
    """掘金: the end of the bar with its zone."""
    code = t.symbol.str[-2:].map({"SH": "SHSE", "SZ": "SZSE"}) + "." + _code(t)
    return pd.DataFrame(
        {"symbol": code, "frequency": "1d", "open": t.open, "close": t.close, "high": t.high, "low": t.low,
         "amount": t.turnover, "volume": t.volume, "bob": _day(t, "%Y-%m-%d 00:00:00+08:00"),
         "eob": _day(t, "%Y-%m-%d 15:00:00+08:00"), "pre_close": t.pre_close, "position": 0}
    )  # fmt: skip


def native(t: pd.DataFrame) -> pd.DataFrame:
    """Our own names."""
    return t.assign(date=_day(t, "%Y-%m-%d"))


def in_lots(t: pd.DataFrame) -> pd.DataFrame:
    """Our own names, lots and thousand yuan, which nothing but the ratio tells."""
    return native(t).assign(volume=t.volume / 100, turnover=t.turnover / 1000)


def units_in_names(t: pd.DataFrame) -> pd.DataFrame:
    """Units in brackets."""
    return pd.DataFrame(
        {"交易日期": _day(t, "%Y年%m月%d日"), "证券代码": _code(t), "开盘价(元)": t.open, "最高价(元)": t.high,
         "最低价(元)": t.low, "收盘价(元)": t.close, "成交量(万股)": t.volume / 1e4,
         "成交金额（万元）": t.turnover / 1e4}
    )  # fmt: skip


SHAPES = {
    "tushare": Shape(tushare),
    "baostock": Shape(baostock),
    "akshare": Shape(_page, lacks=("pre_close",)),
    "copied": Shape(rounded, rough=True, lacks=("pre_close",)),
    "joinquant": Shape(joinquant),
    "wind": Shape(wind),
    "qlib": Shape(qlib, lacks=("turnover", "pre_close")),
    "rqdata": Shape(rqdata),
    "xtquant": Shape(xtquant),
    "yahoo": Shape(yahoo, "600519.SS", lacks=("turnover", "pre_close")),
    "stooq": Shape(stooq, lacks=("turnover", "pre_close")),
    "tdx": Shape(tdx, "SH#600519", lacks=("pre_close",)),
    "ths": Shape(ths, "600519", lacks=("pre_close",)),
    "netease": Shape(netease),
    "csmar": Shape(csmar, lacks=("pre_close",)),
    "investing": Shape(investing, "600519", rough=True, lacks=("turnover", "pre_close")),
    "sina": Shape(sina, lacks=("pre_close",)),
    "myquant": Shape(myquant),
    "native": Shape(native),
    "in lots": Shape(in_lots),
    "units in names": Shape(units_in_names, lacks=("pre_close",)),
}


def _text(frame: pd.DataFrame, **options: object) -> str:
    return str(frame.to_csv(index=False, **options))  # type: ignore[call-overload]


def _lines(frame: pd.DataFrame, above: str = "", below: str = "", **options: object) -> bytes:
    return (above + _text(frame, **options) + below).encode()


def _repeated(frame: pd.DataFrame) -> bytes:
    lines = _text(frame).splitlines()
    return "\n".join([*lines[:12], lines[0], *lines[12:], ""]).encode()


def _three_ends(frame: pd.DataFrame) -> bytes:
    lines = _text(frame).splitlines()
    return "".join(line + ("\n", "\r", "\r\n")[at % 3] for at, line in enumerate(lines)).encode()


def _blanks(frame: pd.DataFrame) -> bytes:
    lines = _text(frame).splitlines()
    empty = "," * (len(frame.columns) - 1)
    return "\r\n".join([lines[0], "", *lines[1:9], empty, *lines[9:], "", "", ""]).encode()


def _packed(frame: pd.DataFrame, path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("bars.csv", _text(frame).encode("gbk"))


def _full_width(frame: pd.DataFrame) -> bytes:
    wide = str.maketrans("0123456789.", "０１２３４５６７８９．")
    closes = frame.columns[
        [str(name).lower().lstrip("<$").startswith(("open", "开盘", "s_dq_open", "opnprc")) for name in frame]
    ]
    return _lines(frame.assign(**{name: frame[name].astype(str).str.translate(wide) for name in closes}))


def _index(frame: pd.DataFrame) -> bytes:
    return str(frame.to_csv()).encode()


CONTAINERS: dict[str, tuple[str, Callable[[pd.DataFrame], bytes] | Callable[[pd.DataFrame, Path], None]]] = {
    "csv": (".csv", _lines),
    "gbk": (".csv", lambda frame: _text(frame).encode("gbk")),
    "utf-16": (".csv", lambda frame: _text(frame).encode("utf-16")),
    "utf-32": (".csv", lambda frame: _text(frame).encode("utf-32")),
    "line ends of three kinds": (".csv", _three_ends),
    "bom": (".csv", lambda frame: _text(frame).encode("utf-8-sig")),
    "tabs": (".txt", lambda frame: _lines(frame, sep="\t")),
    "tabs called xls": (".xls", lambda frame: _text(frame, sep="\t").encode("gbk")),
    "semicolons": (".csv", lambda frame: _lines(frame, sep=";")),
    "quoted": (".csv", lambda frame: _lines(frame, quoting=1)),
    "index": (".csv", _index),
    "title and footer": (".csv", lambda frame: _lines(frame, "某只股票 日线 不复权\n\n", "数据来源:某某\n")),
    "names again": (".csv", _repeated),
    "blank lines": (".csv", _blanks),
    "full width": (".csv", _full_width),
    "trailing separators": (
        ".csv", lambda frame: b"\n".join(
            line if not at else line + b"," for at, line in enumerate(_lines(frame).splitlines())
        ),
    ),
    "gz": (".csv.gz", lambda frame: gzip.compress(_lines(frame))),
    "zip": (".zip", _packed),
    "parquet": (".parquet", lambda frame, path: frame.to_parquet(path)),
    "feather": (".feather", lambda frame, path: frame.to_feather(path)),
    "xlsx": (".xlsx", lambda frame, path: frame.to_excel(path, index=False)),
}  # fmt: skip
"""Suffix and writer of each container."""


def put(frame: pd.DataFrame, folder: Path, stem: str, container: str) -> Path:
    """Write a table; its path."""
    suffix, writer = CONTAINERS[container]
    path = folder / f"{stem or 'bars'}{suffix}"
    if writer.__code__.co_argcount == 2 and container in {"zip", "parquet", "feather", "xlsx"}:
        writer(frame, path)  # type: ignore[call-arg]
    else:
        path.write_bytes(writer(frame))  # type: ignore[arg-type, call-arg]
    return path
