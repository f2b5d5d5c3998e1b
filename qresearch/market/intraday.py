"""Bars inside the trading day: minutes, hours, or any other length, beside the daily arrays of the same panel.

The time axis of a panel is its trading days. :class:`Intraday` hangs the bars of each day under it: one read-only
``(M, N)`` array per field, M bars in all, in the order of time. Days may have different numbers of bars, and none. The
daily arrays are aggregated from them (:func:`daily_fields`), so that whatever reads days works on both.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qresearch.errors import DataError
from qresearch.market.arrays import ReadOnly, digests, read_only

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

BAR_FIELDS = ("open", "high", "low", "close", "volume", "turnover")
QUOTE_FIELDS = ("bid", "ask")


class Traded:
    """Where somebody traded: answers for the bars that are asked about, as an array of all would be as large as they.

    Parameters
    ----------
    opened, volume : (M, N) ndarray of float64

    >>> Traded(np.array([[8.0, np.nan, 8.1]]), np.array([[100.0, 0.0, 0.0]]))[0]
    array([ True, False, False])
    """

    __slots__ = ("_opened", "_volume")
    __iter__ = None  # it has no rows of its own to walk through

    def __init__(self, opened: Floats, volume: Floats) -> None:
        self._opened, self._volume = opened, volume

    def __getitem__(self, key: Any) -> Any:
        opened = self._opened[key]
        return (opened == opened) & (self._volume[key] != 0)


@dataclass(frozen=True, eq=False)
class Intraday(ReadOnly):
    """Bars of N instruments inside T trading days.

    Parameters
    ----------
    times : (M,) ndarray of datetime64[m]
        End of each bar, local time of the venue, strictly ascending.
    starts : (T + 1,) ndarray of int64
        Row of the first bar of each trading day; the bars of day d are the rows from ``starts[d]`` to
        ``starts[d + 1]``, and may be none.
    open, high, low, close : (M, N) ndarray of float64, currency per share
        Unadjusted. NaN: no row for that bar.
    volume : (M, N) ndarray of float64, shares
        0 where nobody traded, whatever the prices say; NaN where there is no row.
    turnover : (M, N) ndarray of float64, currency
        NaN where unknown.
    bid, ask : (M, N) ndarray of float64, currency per share, or None
        Best quotes at the end of each bar. NaN where there is none; None when the data have no quotes.
    """

    times: NDArray[np.datetime64]
    starts: NDArray[np.int64]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    turnover: Floats
    bid: Floats | None = None
    ask: Floats | None = None

    def __post_init__(self) -> None:
        count = len(self.times)
        if len(self.starts) == 0 or self.starts[0] != 0 or self.starts[-1] != count or (np.diff(self.starts) < 0).any():
            raise DataError(
                f"starts must go up from 0 to the number of bars, {count}. Pass one entry per trading day, and the end."
            )
        if (np.diff(self.times.astype("datetime64[m]").astype(np.int64)) <= 0).any():
            raise DataError("times must ascend, one entry per bar. Sort the bars by the time at which they end.")
        for name, array in self.arrays.items():
            if array.shape != (count, self.open.shape[1]):
                raise DataError(
                    f"Field {name!r} has shape {array.shape}, but {count} bars and {self.open.shape[1]} symbols ask "
                    f"for {(count, self.open.shape[1])}. Pass one value per bar and symbol.",
                    field=name,
                )
        self._lock()

    def __repr__(self) -> str:
        quotes = " with quotes" if self.bid is not None or self.ask is not None else ""
        return f"<Intraday {self.open.shape[1]} instruments x {len(self.times)} bars{quotes}>"

    @property
    def arrays(self) -> dict[str, Floats]:
        """Every field that there is, by name."""
        names = (*BAR_FIELDS, *QUOTE_FIELDS)
        return {name: array for name in names if (array := getattr(self, name)) is not None}

    @cached_property
    def counts(self) -> list[int]:
        """Number of bars of each trading day."""
        found: list[int] = np.diff(self.starts).tolist()
        return found

    @cached_property
    def firsts(self) -> list[int]:
        """Row of the first bar of each trading day."""
        found: list[int] = self.starts.tolist()
        return found

    @cached_property
    def traded(self) -> Traded:
        """Where somebody traded in the bar: indexed as an (M, N) ndarray of bool, and worked out where it is asked."""
        return Traded(self.open, self.volume)

    def has_trade(self, row: int, column: int) -> bool:
        """Whether somebody traded an instrument in a bar: what `traded` says, at once."""
        opened = self.open.item(row, column)
        return opened == opened and self.volume.item(row, column) != 0

    def opens(self, row: int, columns: NDArray[np.int64]) -> Floats:
        """The opening prices of a bar, of some columns; NaN where nobody traded in it."""
        found: Floats = np.where(self.volume[row, columns] != 0, self.open[row, columns], np.nan)
        return found

    def last(self, row: int, columns: NDArray[np.int64] | list[int]) -> Floats:
        """The last close of the same day up to a bar, of some columns; NaN before the first of the day."""
        seen: Floats = self.close[row, columns]
        if (seen == seen).all():
            return seen
        day = int(self.day_of[row])
        known: Floats = self._last_of(day)[row - self.firsts[day], columns]
        return known

    def _last_of(self, day: int) -> Floats:
        """The last closes up to each bar of a day; those of one day are kept, as most questions are about it."""
        kept: tuple[int, Floats] | None = self.__dict__.get("_kept")
        if kept is None or kept[0] != day:
            closes = self.close[self.firsts[day] : self.firsts[day + 1]]
            rows = np.where(np.isnan(closes), 0, np.arange(len(closes))[:, None])
            np.maximum.accumulate(rows, axis=0, out=rows)
            kept = self.__dict__["_kept"] = day, np.take_along_axis(closes, rows, axis=0)
        return kept[1]

    @cached_property
    def day_of(self) -> NDArray[np.int64]:
        """(M,) ndarray of int64: trading day (index) of each bar."""
        return read_only(np.repeat(np.arange(len(self.starts) - 1), self.counts))

    @cached_property
    def _minutes(self) -> NDArray[np.int64]:
        """(M,) ndarray of int64: minutes from midnight to the end of each bar."""
        inside: NDArray[np.int64] = (
            (self.times - self.times.astype("datetime64[D]")).astype("timedelta64[m]").astype(np.int64)
        )
        return read_only(inside)

    @cached_property
    def length(self) -> dt.timedelta:
        """How long a bar is: the shortest step between two bars of a day; an hour where every day has one bar."""
        steps = np.diff(self.times.astype("datetime64[m]").astype(np.int64))[np.diff(self.day_of) == 0]
        return dt.timedelta(minutes=int(steps.min()) if len(steps) else 60)

    def bars_in(self, minutes: int) -> int:
        """How many bars make one of some minutes; 0 where none can be made of them.

        >>> import numpy as np, qresearch as qr
        >>> times = np.array(["2024-01-02T10:00", "2024-01-02T10:30"], dtype="datetime64[m]")
        >>> inside = Intraday(times, np.array([0, 2]), *[np.ones((2, 1))] * 6)
        >>> inside.bars_in(60), inside.bars_in(30), inside.bars_in(5), inside.bars_in(45)
        (2, 1, 0, 0)
        """
        count, rest = divmod(dt.timedelta(minutes=minutes), self.length)
        return 0 if rest else count

    def end(self, row: int) -> dt.datetime:
        """End of the bar in a row, local time of the venue."""
        found: dt.datetime = self.times[row].astype("datetime64[s]").astype(object)
        return found

    @staticmethod
    def last_known(values: Floats | Traded, first: int, row: int, column: int) -> int:
        """The last row from `first` to `row` in which a field of an instrument is above 0; -1 when none is."""
        known = np.flatnonzero(values[first : row + 1, column] > 0)
        return first + int(known[-1]) if len(known) else -1

    def row(self, day: int, bar: int) -> int:
        """Row of a bar of a day; bars count from 1."""
        return self.firsts[day] + bar - 1

    def bar_from(self, day: int, minute: int) -> int:
        """The first bar of a day that ends at or after a time (minutes from midnight); 0 when none does."""
        begin, end = self.firsts[day], self.firsts[day + 1]
        place = int(np.searchsorted(self._minutes[begin:end], minute))
        return place + 1 if place < end - begin else 0

    def bars_until(self, day: int, minute: int) -> int:
        """How many bars of a day end at or before a time (minutes from midnight)."""
        begin, end = self.firsts[day], self.firsts[day + 1]
        return int(np.searchsorted(self._minutes[begin:end], minute, side="right"))

    def quotes(self, row: int, columns: NDArray[np.int64], quantities: NDArray[np.int64]) -> Floats:
        """What orders would pay at the end of a bar: buys the ask, sells the bid; NaN where nothing is quoted."""
        nothing = np.full(len(columns), np.nan)
        asks = nothing if self.ask is None else self.ask[row, columns]
        bids = nothing if self.bid is None else self.bid[row, columns]
        found: Floats = np.where(quantities > 0, asks, bids)
        return found

    @property
    def has_quotes(self) -> bool:
        """True when the data have a bid or an ask."""
        return self.bid is not None or self.ask is not None

    def between(self, first: int, end: int) -> Intraday:
        """The bars of the trading days from `first` to before `end`."""
        rows = slice(self.firsts[first], self.firsts[end])
        arrays = {name: array[rows] for name, array in self.arrays.items()}
        return Intraday(self.times[rows], self.starts[first : end + 1] - self.starts[first], **arrays)

    def digest(self) -> bytes:
        """SHA-256 over the times and every field."""
        total = hashlib.sha256(self.times.astype("datetime64[m]").astype(np.int64).tobytes())
        total.update(self.starts.astype(np.int64).tobytes())
        for name, part in digests(self.arrays).items():
            total.update(name.encode() + part)
        return total.digest()


def daily_fields(bars: Intraday) -> dict[str, Floats]:
    """The daily bars that some bars add up to.

    Parameters
    ----------
    bars : Intraday

    Returns
    -------
    dict of str to (T, N) ndarray of float64
        ``open`` of the first and ``close`` of the last bar in which somebody traded, ``high`` and ``low`` over them,
        ``volume`` and ``turnover`` summed. On a day on which nobody traded, the bars with a price stand in. NaN: no row
        on that day; turnover also where no bar has one.
    """
    days, width = len(bars.counts), bars.open.shape[1]
    found = {name: np.full((days, width), np.nan) for name in BAR_FIELDS}
    for day in range(days):
        rows = slice(bars.firsts[day], bars.firsts[day + 1])
        if rows.start == rows.stop:
            continue
        priced = ~np.isnan(bars.close[rows])
        traded = bars.traded[rows]
        used = np.where(traded.any(axis=0), traded, priced)
        some = used.any(axis=0)
        columns = np.flatnonzero(some)
        first = used.argmax(axis=0)[columns]
        last = len(used) - 1 - used[::-1].argmax(axis=0)[columns]
        found["open"][day, columns] = bars.open[rows][first, columns]
        found["close"][day, columns] = bars.close[rows][last, columns]
        found["high"][day] = np.where(some, np.where(used, bars.high[rows], -np.inf).max(axis=0), np.nan)
        found["low"][day] = np.where(some, np.where(used, bars.low[rows], np.inf).min(axis=0), np.nan)
        for name in ("volume", "turnover"):
            values = getattr(bars, name)[rows]
            known = ~np.isnan(values)
            found[name][day] = np.where(known.any(axis=0), np.where(known, values, 0.0).sum(axis=0), np.nan)
    return found
