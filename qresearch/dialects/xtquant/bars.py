"""Bars and ticks of a session in the shapes of ``xtdata``: what has been seen by now, and nothing of what follows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from qresearch.dialects.xtquant.desk import Desk
from qresearch.dialects.xtquant.virtual_time import moment_of, stamp_of
from qresearch.domain.instrument import Board
from qresearch.domain.moment import CLOSE, INTRADAY, OPEN
from qresearch.errors import UsageError, choose

FIELDS = ("time", "open", "high", "low", "close", "volume", "amount", "settelementPrice", "openInterest", "preClose",
          "suspendFlag")  # fmt: skip
"""Fields of a bar; the spelling is that of the real package."""
LOT = 100
"""Shares of one unit of `volume`, as there; `pvolume` counts shares."""
LONGER = {"1w": "W", "1mon": "M"}
"""Periods of several days, put together from daily bars and stamped with the last day that they have seen."""
MINUTES = {"1m": 1, "5m": 5, "15m": 15, "30m": 30, "60m": 60, "1h": 60}
ADJUSTMENTS = {"none": "none", "front": "pre", "front_ratio": "pre", "back": "post", "back_ratio": "post"}


class Bars:
    """Bars and ticks by code.

    Parameters
    ----------
    desk : Desk
    """

    def __init__(self, desk: Desk) -> None:
        self.desk, self.host, self._market = desk, desk.host, desk.host.market

    def column(self, code: object) -> int | None:
        """Column of a code; None where the market has it not."""
        columns = self._market.panel.columns
        return columns[str(code)] if code in columns else None

    # ------------------------------------------------------------------ bars

    def frame(
        self, code: str, period: str, start: str = "", end: str = "", count: int = -1, dividend_type: str = "none"
    ) -> pd.DataFrame:
        """The bars of a code up to now, one row each, by their times as text."""
        choose("period", period, ("1d", *LONGER, *MINUTES))
        adjust = ADJUSTMENTS[choose("dividend_type", dividend_type, ADJUSTMENTS)]
        if dividend_type in {"front", "back"}:
            self.host.tell(
                f"dividend_type={dividend_type!r} multiplies prices here, as {dividend_type + '_ratio'!r} does; the "
                "real package adds and subtracts what was paid."
            )
        column = self.column(code)
        if column is None:
            return pd.DataFrame(columns=list(FIELDS))
        found, size = self._daily(column, count if period == "1d" else -1, adjust, start), 8
        if period in MINUTES:
            found, size = self._inside(column, adjust, period), 14
        elif period in LONGER and not found.empty:
            found = _grouped(found, [pd.to_datetime(found.index).to_period(LONGER[period])])
        first, last = _bound(start, "0")[:size], _bound(end, "9")[:size]
        found = found[(found.index >= first) & (found.index <= last)]
        return found.iloc[-count:] if count > 0 else found

    def _daily(self, column: int, count: int, adjust: str, start: str) -> pd.DataFrame:
        view = self.desk.clock.view
        seen = view.whole_days
        most = min(seen, count + LOT) if count > 0 and not start else seen
        return self._rows(column, most, adjust, "day", "%Y%m%d") if most > 0 else _empty()

    def _inside(self, column: int, adjust: str, period: str) -> pd.DataFrame:
        step = self.bars_in(period)
        seen = len(self.host.view.array("close", "bar"))
        found = self._rows(column, seen, adjust, "bar", "%Y%m%d%H%M%S") if seen else _empty()
        if step == 1 or found.empty:
            return found
        days = found.index.str[:8]
        return _grouped(found, [days, found.groupby(days).cumcount() // step])

    def bars_in(self, period: str) -> int:
        """How many bars of the data make one of a period inside the day; refused where none can be made of them."""
        bars = self._market.panel.intraday
        found = 0 if bars is None else bars.bars_in(MINUTES[period])
        if not found:
            held = "daily" if bars is None else f"bars of {bars.length.seconds // 60} minutes"
            raise UsageError(
                f"period={period!r} asks for bars inside the day, and the data of this session are {held}. Ask for "
                "'1d', or open the session on minute data."
            )
        return found

    def _rows(self, column: int, count: int, adjust: str, frequency: str, form: str) -> pd.DataFrame:
        """The last bars of a column, without those before it was listed."""
        view = self.desk.clock.view

        def values(name: str) -> Any:
            return view.window([column], count, name, adjust, frequency)[:, 0]

        times = pd.DatetimeIndex(view.index(count, frequency).astype("datetime64[s]"))
        close, volume = values("close"), values("volume")
        panel, settled, interest = self._market.panel, np.zeros(count), np.zeros(count, dtype=np.int64)
        lot = LOT if self._market.instruments[column].contract is None else 1
        if frequency == "day" and lot == 1 and panel.settlement is not None:
            seen = slice(view.whole_days - count, view.whole_days)
            settled = np.nan_to_num(panel.settlement[seen, column])
            if panel.open_interest is not None:
                interest = np.nan_to_num(panel.open_interest[seen, column]).astype(np.int64)
        frame = pd.DataFrame({
            "time": ((times - pd.Timestamp(0)) // pd.Timedelta(milliseconds=1)).to_numpy() - 8 * 3_600_000,
            "open": values("open"), "high": values("high"), "low": values("low"), "close": close,
            "volume": np.nan_to_num(volume) // lot, "amount": np.nan_to_num(values("turnover")),
            "settelementPrice": settled, "openInterest": interest,
            "preClose": values("pre_close") if frequency == "day" else np.nan,
            "suspendFlag": (volume == 0).astype(int),
        }, index=times.strftime(form))  # fmt: skip
        found: pd.DataFrame = frame[~np.isnan(close)].astype({"volume": "int64"})
        return found

    # ------------------------------------------------------------------ ticks

    def tick(self, code: str) -> dict[str, Any] | None:
        """The last that is known of a code now; None where the market has it not."""
        column = self.column(code)
        if column is None:
            return None
        panel, day, now = self._market.panel, self.host.day, self.desk.clock.now
        last = self.desk.clock.view.last_price(column)
        opened, high, low, volume, amount = self._day_so_far(column, last)
        up, down = float(panel.limit_up[day, column]), float(panel.limit_down[day, column])
        moment = moment_of(now)
        return {
            "timetag": f"{moment:%Y%m%d %H:%M:%S}", "time": int(now * 1000), "lastPrice": last, "open": opened,
            "high": high, "low": low, "lastClose": float(panel.pre_close[day, column]), "amount": amount,
            "volume": int(volume // LOT), "pvolume": int(volume), "stockStatus": 3, "openInt": 13, "transactionNum": 0,
            "lastSettlementPrice": 0.0, "settlementPrice": 0.0, "pe": 0.0,
            # One level on each side stands for the book: bars tell no more.
            "askPrice": _levels(0.0 if last >= up else last), "bidPrice": _levels(0.0 if last <= down else last),
            "askVol": _levels(0 if last >= up else int(volume // LOT)),
            "bidVol": _levels(0 if last <= down else int(volume // LOT)),
        }  # fmt: skip

    def _day_so_far(self, column: int, last: float) -> list[float]:
        """Open, high, low, volume and turnover of the day up to now; zeros before its open."""
        panel, host, view = self._market.panel, self.host, self.desk.clock.view
        day, bars = host.day, self._market.panel.intraday
        if view.phase >= CLOSE:
            row = (panel.open, panel.high, panel.low, panel.volume, panel.turnover)
            return _plain(*(array[day, column] for array in row))
        if view.phase < OPEN:
            return _plain(0, 0, 0, 0, 0)
        if bars is not None and view.phase == INTRADAY and view.bar:
            rows = slice(bars.starts[day], bars.starts[day] + view.bar)
            opens, traded = bars.open[rows, column], ~np.isnan(bars.close[rows, column])
            if traded.any():
                return _plain(
                    opens[traded][0], bars.high[rows, column][traded].max(), bars.low[rows, column][traded].min(),
                    np.nansum(bars.volume[rows, column]), np.nansum(bars.turnover[rows, column]),
                )  # fmt: skip
        return _plain(last, last, last, 0.0, 0.0)

    # ------------------------------------------------------------------ what there is

    def detail(self, code: str) -> dict[str, Any] | None:
        """What a code is; None where the market has it not."""
        column = self.column(code)
        if column is None:
            return None
        item, panel, day = self._market.instruments[column], self._market.panel, self.host.day
        number, _, market = item.symbol.rpartition(".")
        step = float(self.host.exchange.steps[column])
        return {
            "ExchangeID": market, "InstrumentID": number, "InstrumentName": item.name or item.symbol,
            "ProductID": "", "ProductName": "", "ExchangeCode": number, "UniCode": item.symbol,
            "CreateDate": "0", "OpenDate": _date(item.list_date, "0"),
            "ExpireDate": _date(item.delist_date, "99999999"),
            "PreClose": float(panel.pre_close[day, column]), "SettlementPrice": float(panel.pre_close[day, column]),
            "UpStopPrice": float(panel.limit_up[day, column]), "DownStopPrice": float(panel.limit_down[day, column]),
            "FloatVolume": 0.0, "TotalVolume": 0.0, "LongMarginRatio": 0.0, "ShortMarginRatio": 0.0, "PriceTick": step,
            "VolumeMultiple": 1, "MainContract": 0, "LastVolume": 0,
            "InstrumentStatus": int(panel.paused[day, column]), "IsTrading": not panel.paused[day, column],
            "IsRecent": False, "OpenInterestMultiple": 0,
        }  # fmt: skip

    def listed(self, boards: Sequence[Board], suffixes: Sequence[str]) -> list[str]:
        """Codes of some boards and exchanges that are listed today."""
        today = self.host.date_of(self.host.day)
        return [
            item.symbol for item in self._market.instruments
            if item.board in boards and item.symbol.rpartition(".")[2] in suffixes
            and (item.list_date is None or item.list_date <= today)
            and (item.delist_date is None or item.delist_date > today)
        ]  # fmt: skip

    def factors(self, code: str, start: str, end: str) -> pd.DataFrame:
        """Dividends, bonus shares and rights of a code up to today."""
        column = self.column(code)
        rows: list[dict[str, Any]] = []
        index = []
        for action in self._market.actions:
            date = self.host.date_of(action.ex_day)
            text = f"{date:%Y%m%d}"
            if action.instrument != column or action.ex_day > self.host.day:
                continue
            if not _bound(start, "0")[:8] <= text <= _bound(end, "9")[:8]:
                continue
            ratio = self._market.adjustment[[max(action.ex_day - 1, 0), action.ex_day], column]
            index.append(text)
            rows.append({
                "time": float(stamp_of(dt.datetime.combine(date, dt.time())) * 1000), "interest": action.cash,
                "stockBonus": action.bonus, "stockGift": 0.0, "allotNum": action.rights,
                "allotPrice": 0.0 if action.rights_price != action.rights_price else action.rights_price, "gugai": 0.0,
                "dr": float(ratio[1] / ratio[0]),
            })  # fmt: skip
        columns = ["time", "interest", "stockBonus", "stockGift", "allotNum", "allotPrice", "gugai", "dr"]
        return pd.DataFrame(rows, columns=columns, index=index)


def _empty() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype="float64") for name in FIELDS}, index=pd.Index([], dtype=str))


def _bound(text: object, filler: str) -> str:
    """A time as 14 digits, filled up from below or from above."""
    digits = str(text or "").replace("-", "").replace(":", "").replace(" ", "")
    if digits and not digits.isdigit():
        raise UsageError(f"{text!r} is no time. Write it as '20240102' or '20240102093000'.")
    return (digits + filler * 14)[:14]


def _grouped(bars: pd.DataFrame, groups: list[Any]) -> pd.DataFrame:
    """Bars put together: the first open, the extremes, the last close, the sums of what was traded."""
    grouped = bars.groupby(groups, sort=False)
    return pd.DataFrame({
        name: grouped[name].agg(how) for name, how in (
            ("time", "last"), ("open", "first"), ("high", "max"), ("low", "min"), ("close", "last"),
            ("volume", "sum"), ("amount", "sum"), ("settelementPrice", "last"), ("openInterest", "last"),
            ("preClose", "first"), ("suspendFlag", "last"))
    }).set_axis(bars.index.to_series().groupby(groups, sort=False).last(), axis=0)  # fmt: skip


def _levels(best: float) -> list[float]:
    return [best, 0, 0, 0, 0]


def _plain(*values: float) -> list[float]:
    """Floats, with nothing where there is none."""
    return [0.0 if value != value else float(value) for value in values]


def _date(day: dt.date | None, default: str) -> str:
    return default if day is None else f"{day:%Y%m%d}"
