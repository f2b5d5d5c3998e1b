"""Tables that scripts ask for, made from a market by plain rules: fundamentals, members, industries, an index."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

import qresearch as qr
from qresearch.domain.instrument import Board

QUARTERS = ("03-31", "06-30", "09-30", "12-31")
INDEXES = ("000300.XSHG", "000905.XSHG")
FUNDS = {Board.ETF}


def tables_of(market: qr.Market, first: int, last: int, codes: dict[str, str]) -> dict[str, Any]:
    """All tables that the scripts of tests/scripts read.

    Parameters
    ----------
    market : Market
    first, last : int
        Days of the run; the tables begin 160 days before it.
    codes : dict of str to str
        A code of the scripts to its symbol in this market.
    """
    days = pd.DatetimeIndex(market.days)[max(first - 160, 0) : last + 1]
    shares = [
        column
        for column, instrument in enumerate(market.instruments)
        if instrument.board not in FUNDS and market.panel.first_row[column] <= first
    ]
    symbols = [market.symbols[column] for column in shares]
    begin = max(first - 160, 0)
    close = market.panel.close[begin : last + 1, shares]
    return {
        **_fundamentals(days, symbols, close),
        "index_members": _members(days, symbols),
        "index_prices": _index(market, begin, last),
        "industries": _groups(symbols, "industry", 5).assign(classification="sw_l1"),
        "concepts": _groups(symbols, "concept", 4),
        "factors": _factors(days, symbols, close),
        "STK_XR_XD": _dividends(days, symbols),
        "files": _files(codes),
    }


def _fundamentals(days: pd.DatetimeIndex, symbols: list[str], close: np.ndarray[Any, Any]) -> dict[str, pd.DataFrame]:
    count = len(symbols)
    size = 10.0 + 3.0 * np.arange(count)  # 100 million shares
    table = pd.DataFrame({
        "code": np.tile(symbols, len(days)), "day": np.repeat(days, count),
        "market_cap": (close * size).ravel(), "circulating_market_cap": (close * size * 0.8).ravel(),
        "pe_ratio": (close / (0.2 + 0.1 * (np.arange(count) % 7))).ravel(),
        "pb_ratio": (close / (2 + np.arange(count) % 5)).ravel(),
    })  # fmt: skip
    reports = pd.DataFrame(
        [
            (
                symbol,
                pd.Timestamp(f"{year}-{quarter}"),
                pd.Timestamp(f"{year}-{quarter}") + pd.Timedelta(days=40),
                place,
            )
            for year in range(days[0].year - 1, days[-1].year + 1)
            for quarter in QUARTERS
            for place, symbol in enumerate(symbols)
        ],
        columns=["code", "statDate", "pubDate", "place"],
    )
    keys, place = reports[["code", "statDate", "pubDate"]], reports["place"]
    return {
        "valuation": table.dropna(subset=["market_cap"]),
        "indicator": keys.assign(
            roe=(place * 7) % 23 - 3.0, roa=(place * 5) % 11 - 1.0, gross_profit_margin=(place * 3) % 50 + 5.0,
            inc_net_profit_year_on_year=(place * 11) % 60 - 25.0,
        ),
        "income": keys.assign(operating_revenue=1e9 + place * 1e7, net_profit=(place * 13) % 29 * 1e6 - 3e6),
        "balance": keys.assign(
            total_assets=1e10 + place * 1e8, total_liability=(1e10 + place * 1e8) * (place % 10) / 11
        ),
        "cash_flow": keys.assign(net_operate_cash_flow=(place * 17) % 31 * 1e7),
    }  # fmt: skip


def _members(days: pd.DatetimeIndex, symbols: list[str]) -> pd.DataFrame:
    half = len(days) // 2
    parts = []
    for place, index in enumerate(INDEXES):
        for date, skipped in ((days[0], 0), (days[half], 1)):
            parts.append(pd.DataFrame({"index": index, "code": symbols[place + skipped :: 2], "date": date}))
    return pd.concat(parts, ignore_index=True)


def _index(market: qr.Market, begin: int, last: int) -> pd.DataFrame:
    """One index for all names: the mean of what each share has gained since the first day."""
    panel, rows = market.panel, slice(begin, last + 1)
    factors = market.adjustment[rows]
    listed = ~np.isnan(panel.close[begin])
    base = panel.close[begin, listed] * factors[0, listed]
    frame = {
        name: np.nanmean(getattr(panel, name)[rows][:, listed] * factors[:, listed] / base, axis=1) * 1000
        for name in ("open", "high", "low", "close")
    }
    days = pd.DatetimeIndex(market.days)[rows]
    return pd.concat(
        [pd.DataFrame({**frame, "date": days, "code": index, "volume": 1e8}) for index in INDEXES], ignore_index=True
    )


def _groups(symbols: list[str], kind: str, count: int) -> pd.DataFrame:
    numbers = [place % count for place in range(len(symbols))]
    return pd.DataFrame({
        "code": symbols, f"{kind}_code": [f"8010{number}0" for number in numbers],
        f"{kind}_name": [f"第{number}组" for number in numbers],
    })  # fmt: skip


def _factors(days: pd.DatetimeIndex, symbols: list[str], close: np.ndarray[Any, Any]) -> pd.DataFrame:
    spread = pd.DataFrame(close).pct_change(fill_method=None).rolling(20).std().to_numpy()
    return pd.DataFrame({
        "code": np.tile(symbols, len(days)), "date": np.repeat(days, len(symbols)), "Variance20": spread.ravel(),
        "turnover_volatility": (np.tile(np.arange(len(symbols)), len(days)) * 7) % 13,
    })  # fmt: skip


def _dividends(days: pd.DatetimeIndex, symbols: list[str]) -> pd.DataFrame:
    dates = days[10::60]
    return pd.DataFrame(
        [
            (symbol, date, date, 1e4 * (1 + place))
            for date in dates
            for place, symbol in enumerate(symbols)
            if place % 3
        ],
        columns=["code", "a_registration_date", "report_date", "bonus_amount_rmb"],
    )


def _files(codes: dict[str, str]) -> dict[str, Any]:
    pool = [codes["600519.XSHG"], codes["000651.XSHE"]]
    rows = "".join(f"{qr_code(code)},0.4\n" for code in pool)
    return {"pool.json": f'["{pool[0]}", "{pool[1]}"]', "weights.csv": f"code,weight\n{rows}".encode()}


def qr_code(symbol: str) -> str:
    """The platform's spelling of a symbol, spelled out by hand."""
    number, exchange = symbol.split(".")
    return f"{number}.{ {'SH': 'XSHG', 'SZ': 'XSHE'}[exchange] }"
