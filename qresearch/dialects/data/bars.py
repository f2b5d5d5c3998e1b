"""Bars as the data functions of a script need them: rows cut at the present moment, fields adjusted as of today.

Nothing here is copied from the panel but the rows that are handed out.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qresearch.dialects.data.codes import spelled, without_futures_suffix
from qresearch.dialects.data.old_labels import as_days
from qresearch.dialects.data.tables import Tables
from qresearch.domain.instrument import canonical_symbol
from qresearch.errors import NotSupported, UnknownSymbol, UsageError, choose, shown
from qresearch.market.market import Market

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

PRICES = frozenset({"open", "high", "low", "close", "avg", "pre_close", "high_limit", "low_limit"})
FIELDS = ("open", "close", "high", "low", "volume", "money", "factor", "high_limit", "low_limit", "avg", "pre_close",
          "paused", "open_interest", "is_st")  # fmt: skip
"""What may be asked of bars."""

_ADJUSTED = PRICES | {"volume", "factor"}
_OLD_NAMES = {"price": "avg"}
"""Fields by the names that they had."""
ADJUSTMENTS = ("pre", "post", "none")

_WHOLE_DAYS = frozenset(FIELDS) - {"open", "close", "high", "low", "volume", "money", "avg"}
"""Fields that bars inside the day take from their day."""

_WHOLE_BAR = ("open", "high", "low", "close", "volume", "money")
_PANEL = {"money": "turnover", "high_limit": "limit_up", "low_limit": "limit_down", "high_price": "high"}


_CLOSES_ONLY = (
    "its open is the close before, its high and low are the ends between the two, its volume is missing. "
    "data={'index_prices': ...} with the columns open, high, low, volume, money gives whole bars."
)


class Bars:
    """The bars of a market, and of what else a user brought, by code.

    Parameters
    ----------
    market : Market
    tables : Tables
        ``index_prices`` holds bars of what is no instrument of the market.
    tell : callable
        Takes a notice and its kind.
    """

    def __init__(self, market: Market, tables: Tables, tell: Callable[[str, str], None]) -> None:
        self.market, self._tables, self._tell = market, tables, tell
        self.dates: pd.DatetimeIndex = as_days(pd.DatetimeIndex(market.days))
        self._latest: tuple[slice, pd.DatetimeIndex] = (slice(0, 0), self.dates[:0])
        self._columns: dict[str, int] = {}
        self._traded: dict[str, Rows] = {}
        self._extra: dict[str, dict[str, Floats]] = {}

    def column(self, code: object) -> int | None:
        """Column of a code in the panel; None when it is no instrument of the market."""
        if not isinstance(code, str):
            return None
        known = self._columns.get(code)
        if known is None:
            try:
                known = self.market.column(without_futures_suffix(code))
            except UnknownSymbol:
                known = -1
            self._columns[code] = known
        return None if known < 0 else known

    # ------------------------------------------------------------------ rows

    def dates_of(self, rows: Rows | slice) -> pd.DatetimeIndex:
        """Some days; those of a slice are kept, because a loop over codes asks for them again and again."""
        if not isinstance(rows, slice):
            return self.dates[rows]
        known, dates = self._latest
        if known != rows:
            dates = self.dates[rows]
            self._latest = (rows, dates)
        return dates

    def rows(self, code: str, stop: int, count: int, *, skip_paused: bool) -> Rows:
        """Row numbers of the last `count` days before day number `stop`."""
        if not skip_paused:
            return np.arange(max(stop - count, 0), max(stop, 0))
        traded = self._traded.get(code)
        if traded is None:
            traded = self._traded[code] = self._find_traded(code)
        place = int(traded.searchsorted(stop))
        return traded[max(place - count, 0) : place]

    def _find_traded(self, code: str) -> Rows:
        panel, column = self.market.panel, self.column(code)
        if column is None:
            return np.flatnonzero(~np.isnan(self._others(code)["close"]))
        return np.flatnonzero(~panel.suspended[:, column])

    # ------------------------------------------------------------------ values

    def values(self, code: str, field: str, rows: Rows | slice, today: int, fq: str | None) -> Any:
        """One field of a code on some rows.

        Parameters
        ----------
        code : str
        field : str
            One of :data:`FIELDS`.
        rows : array or slice of day numbers
        today : int
            Day as of which prices are adjusted.
        fq : {"pre", "post", "none"} or None

        Returns
        -------
        (K,) ndarray of float64
            Currency per share, shares or currency; NaN where there is no row. ``paused`` is 0.0 or 1.0. Not to be
            changed: it may be a part of the panel.
        """
        column, field = self.column(code), _OLD_NAMES.get(field, field)
        return self._other_values(code, field, rows) if column is None else self.of(column, field, rows, today, fq)

    def of(self, column: int | Rows, field: str, rows: Rows | slice, today: int, fq: str | None) -> Any:
        """One field of one instrument, or of several at once, as :meth:`values` gives it.

        Returns
        -------
        (K,) or (K, C) ndarray of float64
            That of several is a copy: it may be changed.
        """
        field = _OLD_NAMES.get(field, field)
        values = self._filled(self._raw(field, rows, column), field, rows, column)
        return self._adjusted(values, field, self._ratio(rows, column, today, fq)) if field in _ADJUSTED else values

    def columns(self, codes: list[str]) -> Rows | None:
        """Columns of several codes; None when one of them is no instrument of the market."""
        found = [self.column(code) for code in codes]
        return None if None in found or not found else np.array(found, dtype=np.int64)

    @cached_property
    def _gaps(self) -> NDArray[np.int8] | None:
        """Days without a row: 1 from the first row of an instrument to its end, -1 outside; None without any."""
        market = self.market
        panel = market.panel
        empty = np.isnan(panel.close)
        if not empty.any():
            return None
        days = np.arange(len(market.days))[:, None]
        ends = [
            len(market.days) if item.delist_date is None
            else int(market.days.searchsorted(np.datetime64(item.delist_date, "D")))
            for item in market.instruments
        ]  # fmt: skip
        is_inside = (days >= panel.first_row[None, :]) & (days < np.array(ends)[None, :])
        found: NDArray[np.int8] = np.where(empty, np.where(is_inside, 1, -1), 0).astype(np.int8)
        return found

    def _filled(self, values: Any, field: str, rows: Rows | slice, column: int | Rows) -> Any:
        """What a suspension leaves on days without a row: the last close, no volume; nothing before a listing."""
        gaps = None if self._gaps is None else self._gaps[rows, column]
        if gaps is None or not gaps.any():
            return values
        if field in PRICES:
            return np.where(gaps > 0, self.market.mark[rows, column], values)
        if field in {"volume", "money"}:
            return np.where(gaps > 0, 0.0, values)
        if field == "paused":
            return np.where(gaps > 0, 1.0, np.where(gaps < 0, np.nan, values))
        return values

    def _raw(self, field: str, rows: Rows | slice, column: int | Rows) -> Any:
        panel = self.market.panel
        if field in {"open", "close", "high", "low", "pre_close", "volume"}:
            return getattr(panel, field)[rows, column]
        if field in _PANEL:
            return getattr(panel, _PANEL[field])[rows, column]
        if field == "avg":
            return _mean_price(*(part[rows, column] for part in (panel.turnover, panel.volume, panel.close)))
        if field in {"paused", "is_st"}:
            return getattr(panel, field)[rows, column].astype(np.float64)
        if field == "factor":
            return np.ones(panel.close[rows, column].shape)
        if field == "open_interest":
            return np.full(panel.close[rows, column].shape, np.nan)
        raise UsageError(unknown_field(field))

    def _ratio(self, rows: Rows | slice, column: int | Rows, today: int, fq: str | None) -> Floats | None:
        """What prices are multiplied by; None when they stay as they are."""
        if fq in {None, "none"}:
            return None
        choose("fq", fq, ADJUSTMENTS)
        factors = self.market.adjustment
        ratio: Floats = factors[rows, column]
        if fq == "pre":
            now = factors[max(today, 0), column]
            if isinstance(column, int) and (not len(ratio) or ratio[0] == now == ratio[-1]):
                return None
            ratio = ratio / now
        return ratio

    @staticmethod
    def _adjusted(values: Any, field: str, ratio: Floats | None) -> Any:
        if ratio is None:
            return values
        return values / ratio if field == "volume" else values * ratio

    def minutes(self, code: str, fields: Sequence[str], rows: slice, today: int, fq: str | None) -> dict[str, Floats]:
        """Fields of bars inside days, by name. Limits and the like, which hold for a whole day, are those of its day.

        Parameters
        ----------
        code : str
        fields : sequence of str
        rows : slice of bar numbers
        today : int
            Day as of which prices are adjusted.
        fq : {"pre", "post", "none"} or None
        """
        inside, column = self.market.panel.intraday, self.column(code)
        if inside is None or column is None:
            raise NotSupported(f"There are no minute bars of {code}. Use unit='1d'.")
        days: Rows = inside.day_of[rows]
        ratio = self._ratio(days, column, today, fq)
        found = {}
        for field in fields:
            if field in _OLD_NAMES:
                # The price of a minute is that of its last trade.
                found[field] = self._adjusted(inside.arrays["close"][rows, column], "close", ratio)
                continue
            name = _PANEL.get(field, field)
            if field == "avg":
                bar = (inside.arrays[part][rows, column] for part in ("turnover", "volume", "close"))
                found[field] = self._adjusted(_mean_price(*bar), field, ratio)
            elif field in _WHOLE_DAYS:
                found[field] = self.of(column, field, days, today, fq)
            elif name in inside.arrays:
                values: Floats = inside.arrays[name][rows, column]
                found[field] = values if field == "money" else self._adjusted(values, field, ratio)
            else:
                raise UsageError(f"Minute bars have no {field!r}. They have open, high, low, close, volume and money.")
        return found

    # ------------------------------------------------------------------ what is no instrument

    def has_other(self, code: str) -> bool:
        """True when bars of a code are known that is no instrument."""
        try:
            self._others(code)
        except UsageError:
            return False
        return True

    def other_codes(self) -> list[str]:
        """Codes of what is no instrument and has bars."""
        if "index_prices" not in self._tables:
            return []
        codes = self._tables.table("index_prices", needed_by="Bars of an index")["code"].unique()
        return [code for code in map(str, codes) if self.column(code) is None]

    def _others(self, code: str) -> dict[str, Floats]:
        name = spelled(code)
        found = self._extra.get(name)
        if found is None:
            found = self._extra[name] = _whole_bars(self._find_other(code, name))
        return found

    def _find_other(self, code: str, name: str) -> dict[str, Floats]:
        if "index_prices" in self._tables:
            table = self._tables.table("index_prices", needed_by="Bars of an index")
            table = table[table["code"] == name].drop_duplicates("date", keep="last").set_index("date")
            if len(table):
                if not {"open", "high", "low"} <= set(table.columns):
                    self._tell(f"{name} is known by its closes only: {_CLOSES_ONLY}", "approximated")
                aligned = table.reindex(self.dates).astype({name: np.float64 for name in _WHOLE_BAR if name in table})
                return {name: aligned[name].to_numpy() for name in _WHOLE_BAR if name in aligned}
        benchmark = self.market.benchmark
        if benchmark is not None and canonical_symbol(benchmark.name) == canonical_symbol(code):
            self._tell(f"{name} is known by its closes only: {_CLOSES_ONLY}", "approximated")
            days = pd.Series(benchmark.close, index=pd.DatetimeIndex(benchmark.days)).reindex(self.dates)
            return {"close": np.asarray(days, dtype=np.float64)}
        if canonical_symbol(code).startswith(("000", "399")) or ".CSI" in code.upper():
            raise UsageError(
                f"{code} is no instrument of this market, and there are no bars of it as an index. Pass them: "
                "data={'index_prices': frame_or_path} with the columns code, date, close (and open, high, low, volume, "
                "money)."
            )
        raise UnknownSymbol(code, self.market.symbols)

    def _other_values(self, code: str, field: str, rows: Rows | slice) -> Any:
        arrays = self._others(code)
        if field not in arrays:
            raise UsageError(unknown_field(field))
        return arrays[field][rows]


def _mean_price(money: Floats, volume: Floats, close: Floats) -> Floats:
    """What a share has cost on average in each bar; its close where nobody traded."""
    traded = (volume > 0) & (money > 0)
    mean: Floats = np.where(traded, money / np.where(traded, volume, 1.0), close)
    return mean


def _whole_bars(bars: dict[str, Floats]) -> dict[str, Floats]:
    """Every field of bars of which closes are known, and maybe opens, highs, lows, volumes and money.

    An open that nobody brought is the last close before: the close of its day is not known at the open.
    """
    close = bars["close"]
    empty, before = np.full(len(close), np.nan), np.concatenate([[np.nan], close[:-1]])
    begin = bars.get("open", pd.Series(before).ffill().where(~np.isnan(close)).to_numpy())
    ends = {"open": begin, "high": np.fmax(begin, close), "low": np.fmin(begin, close)}
    marks = {"pre_close": before, "avg": close, "paused": np.zeros(len(close)), "is_st": np.zeros(len(close))}
    return dict.fromkeys(FIELDS, empty) | ends | marks | {"factor": np.ones(len(close))} | bars


def unknown_field(field: object) -> str:
    """The message for a field that bars do not have."""
    try:
        choose("field", field, FIELDS)
    except UsageError as problem:
        return str(problem)
    return ""


def days_of(unit: str) -> int:
    """How many trading days one bar of a unit has: '1d' has 1, '5d' has 5; weeks and months are grouped elsewhere.

    Raises
    ------
    UsageError
        Not a unit.
    """
    if unit in {"daily", "1d", "d"}:
        return 1
    number, kind = str(unit)[:-1], str(unit)[-1:]
    if kind == "d" and number.isdigit() and int(number):
        return int(number)
    raise UsageError(
        f"{shown(unit)} is no length of a bar that is known here. It can be '1d' or 'Xd', '1w' and '1M' of get_bars, "
        "and on minute data 'Xm'."
    )


_MINUTES = re.compile(r"^(\d+)m$")


def minutes_of(unit: object) -> int:
    """How many minutes one bar of a unit has; 0 for units of days, weeks and months.

    >>> minutes_of("minute"), minutes_of("30m"), minutes_of("1d")
    (1, 30, 0)
    """
    if unit == "minute":
        return 1
    found = _MINUTES.match(str(unit))
    return int(found[1]) if found else 0


def to_day(value: object) -> pd.Timestamp:
    """Any date as a Timestamp at midnight; a number is refused, which pandas would count from 1970."""
    if isinstance(value, (int, float, np.number)):
        raise UsageError(f"{shown(value)} is a number, not a date. Write it as '2024-01-31'.")
    if isinstance(value, dt.datetime):
        value = value.date()
    try:
        plain: Any = value[:10] if isinstance(value, str) and "-" in value else value
        return pd.Timestamp(plain).normalize()
    except (TypeError, ValueError):
        raise UsageError(f"{value!r} is not a date. Write it as '2024-01-31'.") from None
