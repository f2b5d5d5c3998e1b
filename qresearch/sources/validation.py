"""Rows of market data, and every check they must pass before they become a panel. numpy only.

Each check raises :class:`~qresearch.errors.DataError` naming the field, the symbol, the day, how many rows are bad,
the first three of them, and what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from qresearch.domain.instrument import Instrument
from qresearch.errors import DataError
from qresearch.market.panel import PRICE_FIELDS, Bools, Days, Floats
from qresearch.market.rulebook import RuleBook

Ints = NDArray[np.int64]
SHOWN = 3
_WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ENOUGH = 2
"""Weeks in which a day of the week is missing before the dates are off by one."""
_WORKING_DAYS = 5
"""Distance of two days from which on, usually, they are not those of an exchange."""
_ON_GRID = ("pre_close", "limit_up", "limit_down")


@dataclass(slots=True)
class Rows:
    """Market data in the long format, one entry per (symbol, day).

    Parameters
    ----------
    days : (R,) ndarray of datetime64[D]
    codes : (R,) ndarray of int64
        Column of the symbol of each row.
    symbols : tuple of str
        Canonical symbols.
    numbers : dict of str to (R,) ndarray of float64
    flags : dict of str to (R,) ndarray of bool
    times : (R,) ndarray of datetime64[m] or None
        Day and time of bars inside the day; None when the rows are daily.
    place : callable
        Where a row stands in what was read, for messages.
    """

    days: Days
    codes: Ints
    symbols: tuple[str, ...]
    numbers: dict[str, Floats] = field(default_factory=dict)
    flags: dict[str, Bools] = field(default_factory=dict)
    times: NDArray[np.datetime64] | None = None
    place: Callable[[int], str] = "row {}".format
    _is_table: bool | None = field(default=None, init=False, repr=False)

    @property
    def is_table(self) -> bool:
        """Whether they come day after day, each of which has a row for every symbol, in the order of their columns.

        Then the rows of a number, one after the other, are its (T, N) array, and no row has to be looked for.
        """
        if self._is_table is None:
            self._is_table = self.times is None and self._comes_as_table()
        return self._is_table

    def _comes_as_table(self) -> bool:
        width = len(self.symbols)
        if not len(self.days) or len(self.days) % width:
            return False
        days, codes = self.days.view(np.int64).reshape(-1, width), self.codes.reshape(-1, width)
        if not (codes[0] == np.arange(width)).all() or not (days[1:, 0] > days[:-1, 0]).all():
            return False
        return all((day == day[0]).all() and (row == codes[0]).all() for day, row in zip(days, codes, strict=True))

    @property
    def calendar(self) -> Days:
        """The different days, ascending; counted, as sorting millions is slow."""
        if self.is_table:
            return self.days[:: len(self.symbols)].copy()
        first = self.days.min()
        seen = np.zeros(int((self.days.max() - first).astype(np.int64)) + 1, dtype=bool)
        seen[self.days.view(np.int64) - first.astype(np.int64)] = True
        found: Days = first + np.flatnonzero(seen).astype("timedelta64[D]")
        return found

    @property
    def stamps(self) -> NDArray[np.datetime64]:
        """Times of rows inside the day, else days."""
        return self.days if self.times is None else self.times

    def reject(self, name: str, bad: Bools, problem: str, remedy: str, show: Callable[[int], str]) -> None:
        """Raise DataError if any row is `bad`; `show` tells what stands in a row."""
        found = np.flatnonzero(bad)
        if not len(found):
            return
        places = [(self.symbols[self.codes[row]], str(self.stamps[row]).replace("T", " ")) for row in found[:SHOWN]]
        symbol, day = places[0]
        raise DataError(
            f"{name}: {problem} in {len(found)} of {len(bad)} rows, first {symbol} on {day}, "
            f"{self.place(int(found[0]))}. {remedy}",
            field=name,
            symbol=symbol,
            day=day,
            sample=[f"{at[0]} {at[1]}: {show(int(row))}" for at, row in zip(places, found, strict=False)],
        )

    def show(self, *names: str) -> Callable[[int], str]:
        """A function that tells the named numbers of a row."""
        return lambda row: ", ".join(f"{name}={self.numbers[name][row]:.15g}" for name in names)


AnyRows = TypeVar("AnyRows", bound=Rows)


def without_weekends(rows: AnyRows, notes: list[str]) -> AnyRows:
    """The rows without those of a Saturday or Sunday, on which no exchange trades; a note names the days.

    Raises
    ------
    DataError
        All rows are of a weekend.
    """
    days = rows.calendar
    gone = days[~np.is_busday(days)]
    if not len(gone):
        return rows
    kept = np.is_busday(rows.days)
    if not kept.any():
        raise DataError(
            f"date: all rows are of a Saturday or Sunday, first {gone[0]}, on which no exchange trades. Correct the "
            "dates, or pass venue='plain' for what trades on every day.",
            field="date",
            day=str(gone[0]),
        )
    weekday = np.unique((rows.days.astype(np.int64) + 3) % 7)  # 0 is Monday
    missing = [name for at, name in enumerate(_WEEK[:5]) if at not in weekday]
    if missing and len(gone) >= _ENOUGH and len({5, 6} & set(weekday.tolist())) == 1:
        raise DataError(
            f"date: {len(gone)} days are of a {'Saturday' if 5 in weekday else 'Sunday'} (first {gone[0]}), none of a "
            f"{' or '.join(missing)}: the dates are off by a "
            "day. Check their time zone, and in Excel the date system (1900 or 1904).",
            field="date",
            day=str(gone[0]),
        )
    shown = ", ".join(str(day) for day in gone[:SHOWN])
    notes.append(
        f"{int((~kept).sum())} rows of {len(gone)} Saturdays and Sundays are left out, on which no exchange trades: "
        f"{shown}{'' if len(gone) <= SHOWN else ' and others'}."
    )
    place, places = rows.place, np.flatnonzero(kept)
    return replace(
        rows,
        days=rows.days[kept],
        codes=rows.codes[kept],
        numbers={name: values[kept] for name, values in rows.numbers.items()},
        flags={name: values[kept] for name, values in rows.flags.items()},
        times=None if rows.times is None else rows.times[kept],
        place=lambda row: place(int(places[row])),
    )


def told_spacing(days: Days) -> list[str]:
    """A note where the days lie so far apart that they are ends of weeks or months."""
    apart = np.diff(days).astype(np.int64)
    if len(apart) < _ENOUGH or np.median(apart) < _WORKING_DAYS:
        return []
    return [
        f"The days lie {np.median(apart):g} days apart, so that these look like bars of weeks or months. They are used "
        "as daily bars: limits, suspensions and fills of the days between are not there. Pass daily bars."
    ]


def check_rows(rows: Rows, adjusted: bool) -> None:
    """Every check that needs no instruments; raises DataError."""
    check_order(rows)
    if set(rows.numbers) <= _OF_A_BAR and all(_is_whole(rows, part) for part in blocks(len(rows.days))):
        return  # most data: one look at each row, instead of one for every way in which it could be wrong
    check_prices(rows, adjusted)
    check_volume(rows)


_OF_A_BAR = frozenset((*PRICE_FIELDS, "volume"))


def _is_whole(rows: Rows, part: slice) -> bool:
    """Whether some rows are such that no check of prices and volume can find anything; NaN compares false."""
    opened, highest, lowest, closed, volume = (rows.numbers[name][part] for name in (*PRICE_FIELDS, "volume"))
    good = (lowest > 0) & (lowest <= opened) & (lowest <= closed)
    good &= (highest >= opened) & (highest >= closed) & (highest < np.inf)
    good &= (volume >= 0) & (volume < np.inf)
    return bool(good.all())


def check_order(rows: Rows) -> None:
    """Within a symbol the days ascend and none occurs twice.

    Raises
    ------
    DataError
        Unsorted: sort by symbol and date. Twice the same: drop one of the two rows.
    """
    if rows.is_table or _is_by_day(rows):
        return
    codes, stamps, order = rows.codes, rows.stamps, None
    if (codes[1:] < codes[:-1]).any():
        # Sixteen bits are sorted by their digits, several times as fast as by comparing.
        order = np.argsort(codes.astype(np.uint16) if len(rows.symbols) <= 1 << 16 else codes, kind="stable")
        codes, stamps = codes[order], stamps[order]
    same = codes[1:] == codes[:-1]
    what = "day" if rows.times is None else "time"
    for wrong, problem, remedy in (
        (
            stamps[1:] < stamps[:-1],
            "dates of a symbol do not ascend",
            "Sort the data, for example with frame.sort_values(['symbol', 'date']).",
        ),
        (
            stamps[1:] == stamps[:-1],
            f"the same symbol and {what} more than once",
            "Keep one row per symbol and trading day; rows of minute data need the time of the day in their date.",
        ),
    ):
        bad = np.zeros(len(codes), dtype=bool)
        bad[slice(1, None) if order is None else order[1:]] = wrong & same
        rows.reject("date", bad, problem, remedy, lambda row: f"row {row}")


def _is_by_day(rows: Rows) -> bool:
    """Whether daily rows come day after day, no symbol twice in one: then nothing has to be sorted to see it."""
    days = rows.days
    if rows.times is not None or not len(days) or (days[1:] < days[:-1]).any():
        return False
    seen = np.zeros((int((days[-1] - days[0]).astype(np.int64)) + 1, len(rows.symbols)), dtype=bool)
    for part in blocks(len(days)):
        seen[(days[part] - days[0]).astype(np.int64), rows.codes[part]] = True
    return int(np.count_nonzero(seen)) == len(days)


def check_prices(rows: Rows, adjusted: bool) -> None:
    """Prices of traded rows are there, finite, positive, and high and low enclose open and close.

    Raises
    ------
    DataError
        Fill in or drop the rows named, or mark them as paused.
    """
    paused, numbers = rows.flags["paused"], rows.numbers
    for name, values in numbers.items():
        rows.reject(
            name,
            np.isinf(values),
            "infinite values",
            "Replace them by the true value, or drop the rows.",
            rows.show(name),
        )
    for name in (*PRICE_FIELDS, "volume"):
        rows.reject(
            name,
            np.isnan(numbers[name]) & ~paused,
            "no value on a day that is not paused",
            "Drop rows without trading, or mark them in a column 'paused'.",
            rows.show(*PRICE_FIELDS, "volume"),
        )
    for name in (*PRICE_FIELDS, "pre_close"):
        if name in numbers:
            rows.reject(
                name,
                numbers[name] <= 0,
                "prices that are not positive",
                "Correct them; on paused days an unknown price is NaN, not 0.",
                rows.show(name),
            )
    if {"limit_up", "limit_down"} <= numbers.keys():
        turned = numbers["limit_up"] < numbers["limit_down"]
        # A few are mistakes, which the rule book mends; many are columns that changed places.
        rows.reject(
            "limit_up",
            turned & (2 * turned.sum() > len(turned)),
            "an upper limit below the lower one",
            "Correct them, or check that the columns are not swapped.",
            rows.show("limit_up", "limit_down"),
        )
    # Adjusted prices carry the rounding of their factor.
    slack = 1e-9 if adjusted else 0.0
    opened, highest, lowest, closed = (numbers[name] for name in PRICE_FIELDS)
    remedy = "Correct the bars, or check that the columns are not swapped."
    show = rows.show(*PRICE_FIELDS)

    def upside_down(part: slice) -> Bools:
        return highest[part] * (1 + slack) < lowest[part] * (1 - slack)

    def too_low(part: slice) -> Bools:
        return highest[part] * (1 + slack) < np.maximum(opened[part], closed[part])

    def too_high(part: slice) -> Bools:
        return lowest[part] * (1 - slack) > np.minimum(opened[part], closed[part])

    rows.reject("high", _in_blocks(upside_down, len(opened)), "high below low", remedy, show)
    rows.reject("high", _in_blocks(too_low, len(opened)), "high below open or close", remedy, show)
    rows.reject("low", _in_blocks(too_high, len(opened)), "low above open or close", remedy, show)


def _in_blocks(test: Callable[[slice], Bools], length: int) -> Bools:
    """A test of all rows, some at a time."""
    found = np.empty(length, dtype=bool)
    for part in blocks(length):
        found[part] = test(part)
    return found


def blocks(length: int) -> Iterator[slice]:
    """All rows, in blocks of which what is in between stays in the cache of the processor."""
    for begin in range(0, length, _BLOCK):
        yield slice(begin, begin + _BLOCK)


def check_volume(rows: Rows) -> None:
    """Volume and turnover are not negative.

    Raises
    ------
    DataError
        Correct the rows named; volume counts shares, without a sign.
    """
    for name in ("volume", "turnover"):
        if name in rows.numbers:
            rows.reject(name, rows.numbers[name] < 0, "negative values", "Pass counts without a sign.", rows.show(name))


def settle_on_ticks(rows: Rows, instruments: Sequence[Instrument], rules: RuleBook) -> None:
    """Put every price exactly on its tick, and raise where one is off by more than the rounding of a float32.

    Raises
    ------
    DataError
        Prices between two ticks: most often they were adjusted for dividends; then pass ``adjusted=True``.
    """
    ticks = (rules.tick(item.board) if item.contract is None else item.contract.tick for item in instruments)
    grids = np.array([(round(1 / step) if step < 1 else 1 / step) if step else 0 for step in ticks], dtype=np.float64)
    if not grids.any():
        return
    is_same = bool((grids == grids[0]).all())

    def grid_of(part: slice) -> Floats:
        return grids[:1] if is_same else grids[rows.codes[part]]

    for name in (*PRICE_FIELDS, *_ON_GRID):
        if name not in rows.numbers:
            continue
        settled, off = _on_ticks(rows.numbers[name], grid_of)
        if name in PRICE_FIELDS:
            rows.reject(
                name,
                off,
                "prices between two ticks",
                "Pass unadjusted prices; if these are adjusted for dividends and splits, pass adjusted=True.",
                lambda row, name=name: f"{rows.show(name)(row)}, tick {1 / grids[rows.codes[row]]:g}",  # type: ignore[misc]
            )
        rows.numbers[name] = settled


_BLOCK = 1 << 16
"""Rows at a time."""


def _on_ticks(values: Floats, grid_of: Callable[[slice], Floats]) -> tuple[Floats, Bools]:
    """Values on their ticks, and where they lie between two and stay as they are; on a grid of 0 every value stays."""
    settled, off = values, np.zeros(len(values), dtype=bool)
    for part in blocks(len(values)):
        grid = grid_of(part)
        ruled = grid > 0
        scaled = values[part] * grid
        whole = np.rint(scaled)
        if ruled.all() and (whole / grid == values[part]).all():
            continue  # on their ticks, to the last digit
        off[part] = ruled & (np.abs(scaled - whole) > 1e-4 + 1e-7 * scaled)
        is_set = ruled & ~off[part]
        placed = np.divide(whole, grid, out=values[part].copy(), where=is_set)
        if settled is values and (is_set & (placed != values[part])).any():
            settled = values.copy()  # most data are on their ticks already
        if settled is not values:
            settled[part] = placed
    return settled, off
