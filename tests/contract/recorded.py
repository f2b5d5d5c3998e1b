"""Answers of two vendors as they are documented, recorded in a few rows, behind stand-ins for their packages.

The figures are those of real days: a dividend with bonus shares in the middle of a suspension (002230.SZ, 2015), a
rights issue after one (600089.SH, 2017) and a share that became ST (000792.SZ, 2019). Names, order and types of the
columns are those of akshare 1.19.5 and baostock 0.9.4.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import pandas as pd

# day, open, high, low, close, previous close, volume (shares), turnover (yuan), ST
BARS: dict[str, list[tuple[str, float, float, float, float, float, int, float, bool]]] = {
    "002230.SZ": [
        ("2015-04-10", 58.30, 63.60, 57.80, 62.66, 58.53, 40201483, 2460109000.0, False),
        ("2015-04-13", 62.50, 68.84, 61.39, 68.05, 62.66, 38038120, 2511564000.0, False),
        ("2015-04-14", 68.05, 68.05, 68.05, 68.05, 68.05, 0, 0.0, False),
        ("2015-04-15", 68.05, 68.05, 68.05, 68.05, 68.05, 0, 0.0, False),
        ("2015-04-16", 45.27, 45.27, 45.27, 45.27, 45.27, 0, 0.0, False),
        ("2015-04-17", 45.27, 45.27, 45.27, 45.27, 45.27, 0, 0.0, False),
        ("2015-04-20", 45.27, 45.27, 45.27, 45.27, 45.27, 0, 0.0, False),
        ("2015-04-28", 49.80, 49.80, 47.17, 49.80, 45.27, 70779188, 3520799000.0, False),
        ("2015-04-29", 49.59, 50.13, 45.52, 47.93, 49.80, 64005596, 3089173000.0, False),
    ],
    "600089.SH": [
        ("2017-05-26", 9.65, 9.86, 9.61, 9.67, 9.63, 57740309, 563863504.0, False),
        ("2017-05-31", 9.74, 9.82, 9.60, 9.66, 9.67, 59135619, 574011104.0, False),
        ("2017-06-01", 9.66, 9.66, 9.66, 9.66, 9.66, 0, 0.0, False),
        ("2017-06-08", 9.66, 9.66, 9.66, 9.66, 9.66, 0, 0.0, False),
        ("2017-06-09", 9.62, 10.05, 9.53, 9.97, 9.32, 84109737, 826202768.0, False),
        ("2017-06-12", 9.88, 9.94, 9.73, 9.81, 9.97, 39765107, 390604768.0, False),
    ],
    "000792.SZ": [
        ("2019-04-25", 7.39, 8.10, 7.33, 7.56, 7.51, 112146173, 868842100.0, False),
        ("2019-04-26", 7.36, 7.46, 6.80, 7.01, 7.56, 72887436, 515686400.0, False),
        ("2019-04-29", 7.01, 7.01, 7.01, 7.01, 7.01, 0, 0.0, False),
        ("2019-04-30", 6.66, 7.36, 6.66, 7.07, 7.01, 67795277, 470522500.0, True),
        ("2019-05-06", 6.87, 7.42, 6.80, 7.42, 7.07, 77794969, 567387600.0, True),
    ],
}
DAYS = sorted({row[0] for rows in BARS.values() for row in rows})
INDEX = {day: 3000.0 + at for at, day in enumerate(DAYS)}

# ex-date, cash, bonus shares, capitalisation shares: per share
PAID = {"002230.SZ": [("2015-04-16", 0.15, 0.2, 0.3)]}
RIGHTS = {"600089.SH": [("2017-06-09", 0.15627, 7.17)]}
# The factor from a day on: the closes before divided by the reference prices, multiplied up.
FACTORS = {
    "002230.SZ": [("2014-05-16", 1.707228), ("2015-04-16", 2.566311)],
    "600089.SH": [("2016-07-06", 1.135504), ("2017-06-09", 1.176928)],
    "000792.SZ": [("2018-07-10", 1.514949)],
}
NAMES = {"002230.SZ": "科大讯飞", "600089.SH": "特变电工", "000792.SZ": "*ST盐湖"}
LISTED = {"002230.SZ": "2008-05-12", "600089.SH": "1997-06-18", "000792.SZ": "1997-09-04"}


class Result:
    """An answer of BaoStock: rows of text behind ``next`` and ``get_row_data``."""

    def __init__(self, fields: Iterable[str], rows: Iterable[Iterable[str]], code: str = "0", message: str = "success"):
        self.fields, self._rows = list(fields), [list(row) for row in rows]
        self.error_code, self.error_msg = code, message

    def next(self) -> bool:
        return bool(self._rows)

    def get_row_data(self) -> list[str]:
        return self._rows.pop(0)


class FakeBaostock:
    """The package baostock with recorded answers; counts the questions."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.logins = 0

    def login(self, user_id: str = "anonymous", password: str = "123456") -> Result:
        print("login success!")  # as the package does
        self.logins += 1
        return Result([], [])

    def query_history_k_data_plus(
        self,
        code: str,
        fields: str,
        start_date: str | None = None,
        end_date: str | None = None,
        frequency: str = "d",
        adjustflag: str = "3",
    ) -> Result:
        self.asked.append(f"bars {code}")
        assert (frequency, adjustflag) == ("d", "3")
        names = fields.split(",")
        if code == "sh.000300":
            stored: list[dict[str, str]] = [
                {"date": day, "close": f"{close:.4f}", "code": code} for day, close in INDEX.items()
            ]
        else:
            stored = [self._bar(code, row) for row in BARS.get(_ours(code), [])]
        first, last = start_date or "2015-01-01", end_date or "9999"
        return Result(names, [[row[name] for name in names] for row in stored if first <= row["date"] <= last])

    @staticmethod
    def _bar(code: str, row: tuple[Any, ...]) -> dict[str, str]:
        day, opened, high, low, close, before, volume, amount, warned = row
        return {
            "date": day, "code": code, "open": f"{opened:.4f}", "high": f"{high:.4f}", "low": f"{low:.4f}",
            "close": f"{close:.4f}", "preclose": f"{before:.4f}", "volume": str(volume) if volume else "",
            "amount": f"{amount:.4f}" if volume else "", "adjustflag": "3", "turn": "1.0", "pctChg": "0.0",
            "tradestatus": "1" if volume else "0", "isST": "1" if warned else "0",
        }  # fmt: skip

    def query_adjust_factor(self, code: str, start_date: str | None = None, end_date: str | None = None) -> Result:
        self.asked.append(f"factors {code}")
        names = ["code", "dividOperateDate", "foreAdjustFactor", "backAdjustFactor", "adjustFactor"]
        rows = [
            [code, day, "1.000000", f"{factor:.6f}", f"{factor:.6f}"]
            for day, factor in FACTORS.get(_ours(code), [])
            if (start_date or "2015-01-01") <= day <= (end_date or "9999")
        ]
        return Result(names, rows)

    def query_dividend_data(self, code: str, year: str | None = None, yearType: str = "report") -> Result:  # noqa: N803
        self.asked.append(f"dividends {code} {year}")
        assert yearType == "operate"
        names = [
            "code", "dividPreNoticeDate", "dividAgmPumDate", "dividPlanAnnounceDate", "dividPlanDate",
            "dividRegistDate", "dividOperateDate", "dividPayDate", "dividStockMarketDate", "dividCashPsBeforeTax",
            "dividCashPsAfterTax", "dividStocksPs", "dividCashStock", "dividReserveToStockPs",
        ]  # fmt: skip
        rows = []
        for day, cash, bonus, reserve in PAID.get(_ours(code), []):
            if day.startswith(str(year)):
                told = f"{cash * 0.9:g}或{cash * 0.95:g}"
                rows.append(
                    [
                        code,
                        "",
                        "",
                        "",
                        "",
                        "",
                        day,
                        day,
                        "",
                        f"{cash:g}",
                        told,
                        f"{bonus:.6f}",
                        "10派",
                        f"{reserve:.6f}",
                    ]
                )
        return Result(names, rows)

    def query_stock_basic(self, code: str = "", code_name: str = "") -> Result:
        self.asked.append("listings")
        names = ["code", "code_name", "ipoDate", "outDate", "type", "status"]
        rows = [[_theirs(symbol), NAMES[symbol], LISTED[symbol], "", "1", "1"] for symbol in BARS]
        rows += [
            ["sh.000300", "沪深300指数", "2005-04-08", "", "2", "1"],
            ["sh.600001", "邯郸钢铁", "1998-01-22", "2009-12-29", "1", "0"],
        ]
        return Result(names, rows)

    def query_trade_dates(self, start_date: str | None = None, end_date: str | None = None) -> Result:
        self.asked.append("calendar")
        rows = [[day, "1"] for day in DAYS if (start_date or "2015-01-01") <= day <= (end_date or "9999")]
        return Result(["calendar_date", "is_trading_day"], [*rows, ["2019-05-04", "0"]])

    def query_hs300_stocks(self, date: str = "") -> Result:
        self.asked.append(f"members {date}")
        return Result(["updateDate", "code", "code_name"], [["2015-04-13", "sz.002230", "科大讯飞"]])


class FakeAkshare:
    """The package akshare with recorded answers; counts the questions."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def stock_zh_a_hist(
        self,
        symbol: str = "000001",
        period: str = "daily",
        start_date: str = "19700101",
        end_date: str = "20500101",
        adjust: str = "",
        timeout: float | None = None,
    ) -> pd.DataFrame:
        self.asked.append(f"bars {symbol}")
        assert (period, adjust) == ("daily", "")
        found = next((rows for name, rows in BARS.items() if name.startswith(symbol)), [])
        rows = [
            {
                "日期": dt.date.fromisoformat(day), "股票代码": symbol, "开盘": opened, "收盘": close, "最高": high,
                "最低": low, "成交量": volume // 100, "成交额": amount, "振幅": 1.0, "涨跌幅": 1.0, "涨跌额": 0.1,
                "换手率": 1.0,
            }
            for day, opened, high, low, close, _, volume, amount, _ in found
            if volume and start_date <= day.replace("-", "") <= end_date
        ]  # fmt: skip
        return pd.DataFrame(rows)

    def stock_zh_a_daily(
        self,
        symbol: str = "sh603843",
        start_date: str = "19900101",
        end_date: str = "21000118",
        adjust: str = "",
    ) -> pd.DataFrame:
        self.asked.append(f"factors {symbol}")
        assert adjust == "hfq-factor"
        found = FACTORS.get(f"{symbol[2:]}.{symbol[:2].upper()}", [])
        rows = [(pd.Timestamp(day), str(factor)) for day, factor in reversed(found)]
        return pd.DataFrame([*rows, (pd.Timestamp("1900-01-01"), "1.0")], columns=["date", "hfq_factor"])

    def stock_history_dividend_detail(
        self, symbol: str = "000002", indicator: str = "分红", date: str = ""
    ) -> pd.DataFrame:
        self.asked.append(f"{indicator} {symbol}")
        day_of = dt.date.fromisoformat
        if indicator == "分红":
            paid = next((rows for name, rows in PAID.items() if name.startswith(symbol)), [])
            rows = [
                {
                    "公告日期": day_of(day), "送股": bonus * 10, "转增": reserve * 10, "派息": cash * 10,
                    "进度": "实施", "除权除息日": day_of(day), "股权登记日": day_of(day), "红股上市日": None,
                }
                for day, cash, bonus, reserve in paid
            ]  # fmt: skip
            plan = {"公告日期": day_of("2019-03-01"), "送股": 0.0, "转增": 0.0, "派息": 9.0, "进度": "预案",
                    "除权除息日": day_of("2015-04-28"), "股权登记日": pd.NaT, "红股上市日": pd.NaT}  # fmt: skip
            return pd.DataFrame([plan, *rows])
        rights = next((rows for name, rows in RIGHTS.items() if name.startswith(symbol)), [])
        return pd.DataFrame(
            [
                {
                    "公告日期": day_of(day), "配股方案": ratio * 10, "配股价格": price, "基准股本": 3.2e9,
                    "除权日": day_of(day), "股权登记日": day_of(day), "缴款起始日": day_of(day),
                    "缴款终止日": day_of(day), "配股上市日": day_of(day), "募集资金合计": 1e9,
                }
                for day, ratio, price in rights
            ]
        )  # fmt: skip

    def stock_zh_index_daily(self, symbol: str = "sh000922") -> pd.DataFrame:
        self.asked.append(f"index {symbol}")
        return pd.DataFrame(
            [
                {"date": dt.date.fromisoformat(day), "open": x, "high": x, "low": x, "close": x, "volume": 1}
                for day, x in INDEX.items()
            ]
        )

    def stock_info_sh_name_code(self, symbol: str = "主板A股") -> pd.DataFrame:
        listed = [] if symbol == "科创板" else ["600089.SH"]
        return pd.DataFrame(
            [
                {
                    "证券代码": name[:6], "证券简称": NAMES[name], "证券全称": "", "公司简称": "", "公司全称": "",
                    "上市日期": dt.date.fromisoformat(LISTED[name]),
                }
                for name in listed
            ]
        )  # fmt: skip

    def stock_info_sz_name_code(self, symbol: str = "A股列表") -> pd.DataFrame:
        return pd.DataFrame(
            [
                {
                    "板块": "主板", "A股代码": name[:6], "A股简称": NAMES[name], "A股上市日期": LISTED[name],
                    "A股总股本": "1,000", "A股流通股本": "1,000", "所属行业": "C 制造业",
                }
                for name in ("002230.SZ", "000792.SZ")
            ]
        )  # fmt: skip

    def stock_info_sh_delist(self, symbol: str = "全部") -> pd.DataFrame:
        day_of = dt.date.fromisoformat
        return pd.DataFrame(
            [
                {
                    "公司代码": "600001",
                    "公司简称": "邯郸钢铁",
                    "上市日期": day_of("1998-01-22"),
                    "暂停上市日期": day_of("2009-12-29"),
                }
            ]
        )

    def stock_info_sz_delist(self, symbol: str = "终止上市公司") -> pd.DataFrame:
        return pd.DataFrame()

    def stock_info_a_code_name(self) -> pd.DataFrame:
        return pd.DataFrame({"code": [name[:6] for name in NAMES], "name": list(NAMES.values())})

    def stock_info_sz_change_name(self, symbol: str = "全称变更") -> pd.DataFrame:
        assert symbol == "简称变更"
        return pd.DataFrame(
            [
                {
                    "变更日期": dt.date(2019, 4, 30), "证券代码": "000792", "证券简称": "*ST盐湖",
                    "变更前简称": "盐湖股份", "变更后简称": "*ST盐湖",
                }
            ]
        )  # fmt: skip

    def tool_trade_date_hist_sina(self) -> pd.DataFrame:
        self.asked.append("calendar")
        return pd.DataFrame({"trade_date": [dt.date.fromisoformat(day) for day in DAYS]})

    def index_stock_cons_csindex(self, symbol: str = "000300") -> pd.DataFrame:
        return pd.DataFrame(
            [
                {
                    "日期": dt.date(2026, 11, 2), "指数代码": symbol, "指数名称": "沪深300", "指数英文名称": "CSI 300",
                    "成分券代码": "002230", "成分券名称": "科大讯飞", "成分券英文名称": "IFLYTEK",
                    "交易所": "深圳证券交易所", "交易所英文名称": "Shenzhen Stock Exchange",
                }
            ]
        )  # fmt: skip

    def index_stock_cons(self, symbol: str = "399639") -> pd.DataFrame:
        return pd.DataFrame({"品种代码": ["002230"], "品种名称": ["科大讯飞"], "纳入日期": ["2015-01-05"]})


def _ours(code: str) -> str:
    return f"{code[3:]}.{code[:2].upper()}"


def _theirs(symbol: str) -> str:
    return f"{symbol[7:].lower()}.{symbol[:6]}"
