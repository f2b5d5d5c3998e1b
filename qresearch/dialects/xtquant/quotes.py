"""``xtquant.xtdata``: the data of a session, by the functions that scripts of XtQuant call."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from qresearch.dialects.xtquant.bars import FIELDS, MINUTES, Bars
from qresearch.dialects.xtquant.desk import Desk
from qresearch.dialects.xtquant.virtual_time import stamp_of
from qresearch.domain.instrument import Board
from qresearch.domain.moment import CLOSE, INTRADAY, OPEN
from qresearch.errors import UsageError

Told = Callable[[Any], object]
_SHARES = (Board.SH_MAIN, Board.SZ_MAIN, Board.CHINEXT, Board.STAR, Board.EQUITY, Board.PLAIN)
_CHINA = ("SH", "SZ", "BJ")
SECTORS: dict[str, tuple[tuple[Board, ...], tuple[str, ...]]] = {
    "沪深A股": (_SHARES, ("SH", "SZ")), "沪深京A股": ((*_SHARES, Board.BSE), _CHINA), "上证A股": (_SHARES, ("SH",)),
    "深证A股": (_SHARES, ("SZ",)), "京市A股": ((Board.BSE,), ("BJ",)), "北证A股": ((Board.BSE,), ("BJ",)),
    "创业板": ((Board.CHINEXT,), ("SZ",)), "科创板": ((Board.STAR,), ("SH",)),
    "沪深B股": ((Board.SH_B, Board.SZ_B), _CHINA),
    "沪深ETF": ((Board.ETF,), _CHINA), "沪市ETF": ((Board.ETF,), ("SH",)), "深市ETF": ((Board.ETF,), ("SZ",)),
    "沪深基金": ((Board.ETF, Board.LOF, Board.CLOSED_END, Board.REIT), _CHINA),
    "沪深转债": ((Board.CONVERTIBLE,), _CHINA), "沪深债券": ((Board.BOND, Board.CONVERTIBLE), _CHINA),
    "沪深指数": ((Board.INDEX,), _CHINA),
}  # fmt: skip
"""Sectors that follow from what an instrument is; all others come from a table of the user."""
_KINDS = {"index": (Board.INDEX,), "stock": (*_SHARES, Board.BSE), "fund": (Board.LOF, Board.CLOSED_END, Board.REIT),
          "etf": (Board.ETF,), "bond": (Board.BOND, Board.CONVERTIBLE)}  # fmt: skip


@dataclass(frozen=True)
class Subscription:
    """Who is told of which bars.

    Parameters
    ----------
    codes : tuple of str
    period : str
        "tick", "1d" or one of :data:`~.bars.MINUTES`.
    is_whole : bool
        One tick for each code, instead of a list of bars.
    callback : callable or None
    """

    codes: tuple[str, ...]
    period: str
    is_whole: bool
    callback: Told | None


class Quotes:
    """The functions of ``xtdata`` over a session.

    Parameters
    ----------
    desk : Desk
    """

    def __init__(self, desk: Desk) -> None:
        self._desk, self._bars, self._host = desk, Bars(desk), desk.host
        self._subscriptions: dict[int, Subscription] = {}
        self._last = 0

    def words(self) -> dict[str, Any]:
        """The functions by their names."""
        return {
            name: getattr(self, name) for name in dir(type(self)) if name[0] != "_" and name not in {"words", "tell"}
        }

    # ------------------------------------------------------------------ telling

    def tell(self) -> None:
        """Post the bars that have ended now to those who have subscribed."""
        phase = self._host.phase
        for held in self._subscriptions.values():
            if held.callback is None or phase not in {OPEN, INTRADAY, CLOSE} or not self._is_due(held.period, phase):
                continue
            ticks = {code: self._bars.tick(code) for code in held.codes} if held.period == "tick" else {}
            if held.is_whole:
                news: dict[str, Any] = {code: tick for code, tick in ticks.items() if tick is not None}
            elif held.period == "tick":
                news = {code: [tick] for code, tick in ticks.items() if tick is not None}
            else:
                news = {code: self._bars.frame(code, held.period, count=1).to_dict("records") for code in held.codes}
            self._post(held.callback, news)

    def _is_due(self, period: str, phase: int) -> bool:
        """True when a bar of some length ends now."""
        has_bars = self._host.exchange.bar_count(self._host.day) > 0
        if period == "tick":
            return has_bars or phase != INTRADAY
        if period == "1d":
            return phase == CLOSE
        return has_bars and phase == INTRADAY and self._host.account.bar % self._bars.bars_in(period) == 0

    def _post(self, callback: Told, news: Any) -> None:
        self._desk.clock.post(lambda: self._desk.guard(partial(callback, news), "a callback of xtdata"))

    def subscribe_quote(
        self, stock_code: str, period: str = "1d", start_time: str = "", end_time: str = "", count: int = 0,
        callback: Told | None = None,
    ) -> int:  # fmt: skip
        """Be told of each bar of a code as it ends; the number of the subscription."""
        if period not in {"tick", "1d", *MINUTES}:
            raise UsageError(
                f"subscribe_quote: there is no period {period!r} here; take tick, 1d, {', '.join(MINUTES)}."
            )
        if period in MINUTES and self._host.market.panel.intraday is not None:
            self._bars.bars_in(period)  # refused where the data hold longer ones
        return self._subscribe(Subscription((stock_code,), period, False, callback))  # of a record

    def subscribe_whole_quote(self, code_list: Sequence[str], callback: Told | None = None) -> int:
        """Be told of the ticks of codes, or of all of an exchange; the number of the subscription."""
        return self._subscribe(Subscription(tuple(self._named(code_list)), "tick", True, callback))  # as above

    def _subscribe(self, held: Subscription) -> int:
        self._last += 1
        self._subscriptions[self._last] = held
        return self._last

    def unsubscribe_quote(self, seq: int) -> None:
        """Be told nothing more."""
        self._subscriptions.pop(seq, None)

    def run(self) -> None:
        """Wait until the data end."""
        self._desk.clock.wait(lambda: False)

    # ------------------------------------------------------------------ bars

    def get_full_tick(self, code_list: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The last that is known of codes, or of all of an exchange."""
        found = {code: self._bars.tick(code) for code in self._named(code_list)}
        return {code: tick for code, tick in found.items() if tick is not None}

    def _named(self, codes: Sequence[str]) -> Iterable[str]:
        """Codes; an exchange stands for all its codes."""
        for code in [codes] if isinstance(codes, str) else codes:
            if code in _CHINA:
                yield from self._bars.listed(tuple(Board), (code,))
            else:
                yield code

    def get_market_data_ex(
        self, field_list: Sequence[str] = (), stock_list: Sequence[str] = (), period: str = "1d", start_time: str = "",
        end_time: str = "", count: int = -1, dividend_type: str = "none", fill_data: bool = True,
    ) -> dict[str, pd.DataFrame]:  # fmt: skip
        """Bars by code: a frame of fields for each, by their times."""
        fields = list(field_list) or list(FIELDS)
        if unknown := [name for name in fields if name not in FIELDS]:
            raise UsageError(f"A bar has no field {', '.join(unknown)}. There are {', '.join(FIELDS)}.")
        return {
            code: self._bars.frame(code, period, start_time, end_time, count, dividend_type)[fields]
            for code in ([stock_list] if isinstance(stock_list, str) else stock_list)
        }

    def get_market_data(
        self, field_list: Sequence[str] = (), stock_list: Sequence[str] = (), period: str = "1d", start_time: str = "",
        end_time: str = "", count: int = -1, dividend_type: str = "none", fill_data: bool = True,
    ) -> dict[str, pd.DataFrame]:  # fmt: skip
        """Bars by field: a frame for each, codes down and times across."""
        found = self.get_market_data_ex(
            field_list, stock_list, period, start_time, end_time, count, dividend_type, fill_data
        )
        fields = list(field_list) or list(FIELDS)
        return {name: pd.DataFrame({code: bars[name] for code, bars in found.items()}).T for name in fields}

    def get_local_data(
        self, field_list: Sequence[str] = (), stock_list: Sequence[str] = (), period: str = "1d", start_time: str = "",
        end_time: str = "", count: int = -1, dividend_type: str = "none", fill_data: bool = True,
        data_dir: str | None = None,
    ) -> dict[str, pd.DataFrame]:  # fmt: skip
        """As get_market_data_ex: all data are at hand."""
        return self.get_market_data_ex(
            field_list, stock_list, period, start_time, end_time, count, dividend_type, fill_data
        )

    def download_history_data(
        self, stock_code: str, period: str, start_time: str = "", end_time: str = "", incrementally: Any = None
    ) -> None:
        """Nothing is downloaded: all data are at hand."""

    def download_history_data2(
        self, stock_list: Sequence[str], period: str, start_time: str = "", end_time: str = "",
        callback: Told | None = None, incrementally: Any = None,
    ) -> None:  # fmt: skip
        """As download_history_data; the callback is told that each code is done."""
        if callback is not None:
            for number, code in enumerate(stock_list, 1):
                callback({"finished": number, "total": len(stock_list), "stockcode": code, "message": ""})

    def get_divid_factors(self, stock_code: str, start_time: str = "", end_time: str = "") -> pd.DataFrame:
        """Dividends, bonus shares and rights of a code up to today."""
        return self._bars.factors(stock_code, start_time, end_time)

    # ------------------------------------------------------------------ what there is

    def get_instrument_detail(self, stock_code: str, iscomplete: bool = False) -> dict[str, Any] | None:
        """What a code is; None where the data have it not."""
        return self._bars.detail(stock_code)

    def get_instrument_type(self, stock_code: str) -> dict[str, bool]:
        """The kind of a code: {"stock": True} and the like; empty where the data have it not."""
        column = self._bars.column(stock_code)
        if column is None:
            return {}
        board = self._host.market.instruments[column].board
        return {kind: board in boards for kind, boards in _KINDS.items()}

    def get_sector_list(self) -> list[str]:
        """Names of sectors."""
        table = self._desk.tables.get("sectors")
        return [*SECTORS, *([] if table is None else sorted(set(pd.DataFrame(table)["sector"])))]

    def get_stock_list_in_sector(self, sector_name: str, real_timetag: Any = -1) -> list[str]:
        """Codes of a sector, as of today where it follows from what an instrument is."""
        if sector_name in SECTORS:
            return self._bars.listed(*SECTORS[sector_name])
        table = self._desk.tables.get("sectors")
        found = [] if table is None else pd.DataFrame(table).query("sector == @sector_name")["code"].tolist()
        if not found:
            raise UsageError(
                f"get_stock_list_in_sector: the data do not say what is in {sector_name!r}. Pass "
                f"data={{'sectors': frame}} with the columns sector and code; without it: {', '.join(SECTORS)}."
            )
        return [str(code) for code in found]

    def download_sector_data(self) -> None:
        """Nothing is downloaded."""

    def get_trading_dates(self, market: str, start_time: str = "", end_time: str = "", count: int = -1) -> list[int]:
        """Trading days, as milliseconds since 1970."""
        found = [
            int(stamp_of(dt.datetime.strptime(day, "%Y%m%d")) * 1000)  # a day only
            for day in self.get_trading_calendar(market, start_time, end_time)
        ]
        return found[-count:] if count > 0 else found

    def get_trading_calendar(self, market: str, start_time: str = "", end_time: str = "") -> list[str]:
        """Trading days as YYYYMMDD; those to come are known, as they are in the morning."""
        days = pd.DatetimeIndex(self._host.market.days).strftime("%Y%m%d")
        return [day for day in days if (start_time or "0")[:8] <= day <= (end_time or "9")[:8]]

    def get_holidays(self) -> list[str]:
        """Weekdays between the first and the last day of the data on which nothing trades, as YYYYMMDD."""
        days = self._host.market.days
        weekdays = pd.bdate_range(days[0], days[-1]).values.astype("datetime64[D]")
        return [str(day).replace("-", "") for day in np.setdiff1d(weekdays, days)]

    # ------------------------------------------------------------------ what is not here

    def download_financial_data(self, stock_list: Sequence[str], table_list: Sequence[str] = ()) -> None:
        """Nothing is downloaded."""

    def download_financial_data2(
        self, stock_list: Sequence[str], table_list: Sequence[str] = (), start_time: str = "", end_time: str = "",
        callback: Told | None = None,
    ) -> None:  # fmt: skip
        """Nothing is downloaded."""

    def get_financial_data(
        self, stock_list: Sequence[str], table_list: Sequence[str] = (), start_time: str = "", end_time: str = "",
        report_type: str = "report_time",
    ) -> dict[str, dict[str, pd.DataFrame]]:  # fmt: skip
        """Tables of companies, from those of the user: by code, then by name."""
        names = list(table_list) or [name for name in self._desk.tables if name not in {"sectors", "ipo"}]
        if missing := [name for name in names if name not in self._desk.tables] or (not names and ["Balance"]):
            raise UsageError(
                f"get_financial_data: the data have no table {', '.join(missing)}. Pass data={{{missing[0]!r}: frame}} "
                "with a column code."
            )
        frames = {name: pd.DataFrame(self._desk.tables[name]) for name in names}
        return {
            code: {name: frame[frame["code"] == code].drop(columns="code") for name, frame in frames.items()}
            for code in stock_list
        }

    def connect(self, ip: str = "", port: Any = None, remember_if_success: bool = True) -> Quotes:
        """The data are at hand."""
        return self

    def get_client(self) -> Quotes:
        """The data are at hand."""
        return self

    def reconnect(self, ip: str = "", port: Any = None, remember_if_success: bool = True) -> Quotes:
        """The data are at hand."""
        return self

    def is_connected(self) -> bool:
        """The data are at hand."""
        return True
