"""All bars of a market: one read-only ``(T, N)`` array per field.

T is the number of trading days, N the number of instruments. Arrays are C-ordered, so that one day is one
contiguous row. A panel is made by :mod:`qresearch.sources`, never changed, and handed to strategies only through a
:class:`~qresearch.market.view.View` that is cut at "now".
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qresearch.domain.arguments import day_text
from qresearch.domain.calls import told_calls
from qresearch.domain.instrument import SymbolIndex
from qresearch.errors import DataError, OutOfRange, choose, shown
from qresearch.market.arrays import ReadOnly, compact, read_only
from qresearch.market.intraday import Intraday

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Days = NDArray[np.datetime64]

PRICE_FIELDS = ("open", "high", "low", "close")
SETTLED_FIELDS = ("settlement", "open_interest")
"""What only contracts have."""
FIELDS = (*PRICE_FIELDS, "volume", "turnover", "pre_close", "limit_up", "limit_down")
"""The numeric fields of a panel, in the order of their columns in tables."""
_HASHED = 100
"""Days that are hashed at a time."""


def _anywhere(array: Floats, test: Callable[[Floats], Bools]) -> bool:
    """Whether a test holds for any cell, one day at a time: an array of all answers would be the peak of memory."""
    return any(test(day).any() for day in array)


@told_calls
@dataclass(frozen=True, eq=False)
class Panel(ReadOnly):
    """Bars of N instruments over T trading days.

    Parameters
    ----------
    days : (T,) ndarray of datetime64[D]
        Trading days, strictly ascending.
    symbols : tuple of str
        N canonical symbols; the columns of every array.
    open, high, low, close : (T, N) ndarray of float64, currency per share
        Unadjusted prices. NaN: no row for that day (not listed yet, ended, or missing).
    volume : (T, N) ndarray of float64, shares
        0 on suspended days; NaN where there is no row.
    turnover : (T, N) ndarray of float64, currency
        NaN where unknown.
    pre_close : (T, N) ndarray of float64, currency per share
        Reference price of the day: the previous close, adjusted on an ex-date; base of the price limits.
    limit_up, limit_down : (T, N) ndarray of float64, currency per share
        NaN: no limit on that day.
    paused : (T, N) ndarray of bool
        True on suspended days; False where there is no row.
    is_st : (T, N) ndarray of bool
        True while a risk warning (ST) is on.
    adjusted : bool
        True when the prices were adjusted for corporate actions by the vendor; then they are on no tick.
    intraday : Intraday or None
        The bars inside the days, of which the arrays here are the sum; None when the data are daily.
    settlement : (T, N) ndarray of float64, currency per unit, or None
        The price at which contracts are settled after the close; NaN where there is none, None without contracts.
    open_interest : (T, N) ndarray of float64, lots, or None
    """

    days: Days
    symbols: tuple[str, ...]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    turnover: Floats
    pre_close: Floats
    limit_up: Floats
    limit_down: Floats
    paused: Bools
    is_st: Bools
    adjusted: bool = False
    intraday: Intraday | None = None
    settlement: Floats | None = None
    open_interest: Floats | None = None
    columns: SymbolIndex = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", SymbolIndex(self.symbols))
        shape = (len(self.days), len(self.symbols))
        for name in (*FIELDS, "paused", "is_st", *self._settled):
            array = getattr(self, name)
            if array.shape != shape:
                raise DataError(
                    f"Field {name!r} has shape {array.shape}, but {shape[0]} days and {shape[1]} symbols "
                    f"ask for {shape}. Pass one value per day and symbol.",
                    field=name,
                )
            object.__setattr__(self, name, compact(array))
        self._lock()
        bars = self.intraday
        if bars is not None and (len(bars.counts), bars.open.shape[1]) != shape:
            raise DataError(
                f"The bars inside the days are for {len(bars.counts)} days and {bars.open.shape[1]} symbols, the panel "
                f"for {shape[0]} and {shape[1]}. Pass bars of the same days and symbols.",
                field="intraday",
            )

    def __repr__(self) -> str:
        return f"<Panel {len(self.symbols)} instruments x {len(self.days)} days, {self.days[0]} to {self.days[-1]}>"

    @property
    def _settled(self) -> tuple[str, ...]:
        return tuple(name for name in SETTLED_FIELDS if getattr(self, name) is not None)

    @property
    def shape(self) -> tuple[int, int]:
        """(T, N)."""
        return len(self.days), len(self.symbols)

    @cached_property
    def first_row(self) -> NDArray[np.int64]:
        """(N,) ndarray of int64: index of the first day with a row; T when there is none."""
        return read_only(self._outermost(range(len(self.days)), len(self.days)))

    @cached_property
    def last_row(self) -> NDArray[np.int64]:
        """(N,) ndarray of int64: index of the last day with a row; -1 when there is none."""
        return read_only(self._outermost(range(len(self.days) - 1, -1, -1), -1))

    def _outermost(self, days: range, never: int) -> NDArray[np.int64]:
        """The first of some days on which each instrument has a row; most have one on the first."""
        found = np.full(len(self.symbols), never, dtype=np.int64)
        for day in days:
            waiting = found == never
            if not waiting.any():
                break
            found[waiting & ~np.isnan(self.close[day])] = day
        return found

    @cached_property
    def mark(self) -> Floats:
        """(T, N) ndarray of float64: the last known close up to each day, for valuation; NaN before the first row."""
        close = self.close
        if not _anywhere(close, np.isnan):
            return close
        missing = np.isnan(close)
        rows = np.where(missing, 0, np.arange(len(self.days))[:, None])
        np.maximum.accumulate(rows, axis=0, out=rows)
        marks: Floats = np.take_along_axis(close, rows, axis=0)
        return read_only(marks)

    @cached_property
    def gaps(self) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
        """Where the rows of instruments break off and go on: day (index) to columns, for both.

        A break tells nothing about what follows: rows that end for good and rows that pause begin in the same way.
        """
        breaks: dict[int, list[int]] = {}
        resumes: dict[int, list[int]] = {}
        before = np.isnan(self.close[0]) if len(self.days) else None
        for day in range(1, len(self.days)):  # one at a time: arrays of all days would be the peak of memory
            missing = np.isnan(self.close[day])
            for found, wanted in ((breaks, missing > before), (resumes, missing < before)):
                if wanted.any():
                    found[day] = np.flatnonzero(wanted).tolist()
            before = missing
        return breaks, resumes

    @cached_property
    def suspended(self) -> Bools:
        """(T, N) ndarray of bool: no trading at the open of that day (paused, or no row).

        The volume of the day is not asked: at the open nobody knows it.
        """
        if not _anywhere(self.open, np.isnan) and not self.paused.any():
            return np.broadcast_to(np.False_, self.shape)
        blocked: Bools = np.isnan(self.open)
        blocked |= self.paused
        return read_only(blocked)

    @cached_property
    def idle(self) -> Bools:
        """(T, N) ndarray of bool: open for trading, and nobody traded (a row, not paused, a volume of 0).

        False everywhere in data that have no volumes at all. That nobody traded, and nothing else of the volume, is
        taken as seen at the open: an opening price without a trade is none.
        """
        if not (_anywhere(self.volume, lambda day: day == 0) and _anywhere(self.volume, lambda day: day > 0)):
            return np.broadcast_to(np.False_, self.shape)
        empty: Bools = self.volume == 0
        np.greater(empty, self.suspended, out=empty)  # empty and not suspended, without another array of this size
        return read_only(empty)

    @cached_property
    def has_idle_days(self) -> bool:
        """True when any instrument has a day on which it was open for trading and nobody traded."""
        return bool(self.idle.any())

    @cached_property
    def has_limits(self) -> bool:
        """True when any day of any instrument has a price limit."""
        return any(_anywhere(limits, lambda day: ~np.isnan(day)) for limits in (self.limit_up, self.limit_down))

    @cached_property
    def has_suspensions(self) -> bool:
        """True when any day of any instrument has no trading at its open."""
        return bool(self.suspended.any())

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over days, symbols and every field: identifies the data of a run."""
        digest = hashlib.sha256()
        digest.update(self.days.astype("datetime64[D]").astype(np.int64).tobytes())
        digest.update("\n".join(self.symbols).encode())
        names = (*FIELDS, "paused", "is_st", *self._settled)

        def of_field(name: str) -> bytes:
            total = hashlib.sha256()
            for first in range(0, len(self.days), _HASHED):  # what is one value takes no memory here either
                total.update(np.ascontiguousarray(getattr(self, name)[first : first + _HASHED]).data)
            return total.digest()

        # Hashing lets other threads run: a large panel takes a second or two on one.
        with ThreadPoolExecutor() as pool:
            for name, part in zip(names, pool.map(of_field, names), strict=True):
                digest.update(name.encode() + part)
        if self.intraday is not None:
            digest.update(self.intraday.digest())
        return digest.hexdigest()

    def day_index(self, day: object, *, side: str = "exact") -> int:
        """Index of a trading day.

        Parameters
        ----------
        day : str, date, datetime64 or Timestamp
        side : {"exact", "next", "previous"}
            What to do when `day` is no trading day: raise, or take the next or the previous one.

        Raises
        ------
        OutOfRange
            Not a trading day of this panel (or, with `side`, none on that side); pick one between its ends.
        """
        choose("side", side, ("exact", "next", "previous"))
        text = day_text(day)
        if text is None:
            raise OutOfRange(f"{shown(day)} is not a date. Write it as '2024-01-31'.")
        wanted = np.datetime64(text, "D")
        position = place = int(np.searchsorted(self.days, wanted))
        exact = position < len(self.days) and self.days[position] == wanted
        if side == "previous" and not exact:
            position -= 1
        if 0 <= position < len(self.days) and (exact or side != "exact"):
            return position
        near = [str(self.days[i]) for i in (place - 1, place) if 0 <= i < len(self.days)]
        nearest = f"are {' and '.join(near)}. Take one of them." if len(near) > 1 else f"is {near[0]}. Take that."
        raise OutOfRange(
            f"{wanted} is not a trading day of this market, which runs from {self.days[0]} to {self.days[-1]}. "
            f"The nearest {nearest}"
        )
