"""Volume in shares and turnover in currency, whatever a table counts in: turnover / (volume x price) tells.

A vendor documents its units, and a name may carry one behind it; both are checked against that ratio, symbol by symbol.
Where nothing is documented the ratio alone tells: near 1 they are shares and yuan, near 100 lots and yuan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qresearch.domain.classes import classed
from qresearch.domain.instrument import Board
from qresearch.errors import DataError
from qresearch.market.panel import Bools, Floats
from qresearch.sources.cells import are_numbers
from qresearch.sources.vendors_columns import VendorTable

Ints = NDArray[np.int64]
_PAIRS = ((1, 1), (100, 1), (100, 1_000), (1, 1_000), (1, 10_000), (100, 10_000))
"""Shares that a unit of volume counts, and yuan that one of turnover counts; each has a ratio of its own."""
_BONDS = ((1, 1), (10, 1), (10, 10_000), (1, 10_000), (10, 1_000))
_NEAR = 0.35
"""Half a unit of the logarithm parts no two pairs, and no average price is so far from the close on half the days."""
_FAR = 0.7
"""A single row whose average price lies so far (a factor of 2) from its close is looked at."""
_ROUGHLY = 1.01
"""An average price so far outside its bar is not due to rounding."""
_OFTEN, _ENOUGH = 0.2, 5
"""Fraction of the days, and days, from which on it is the prices that are others."""
_MOST_ROWS = 1_000_000
"""Rows from which units are told; of more, every second, third, ... row is looked at."""


def in_our_units(
    frame: pd.DataFrame,
    codes: Ints,
    symbols: Sequence[str],
    *,
    vendor: VendorTable | None,
    counted: Mapping[str, float],
    adjusted: bool,
    notes: list[str],
) -> pd.DataFrame:
    """The frame with volume in shares and turnover in currency; a note says what was multiplied.

    Parameters
    ----------
    frame : DataFrame
        Our names; prices, volume and turnover as numbers.
    codes : (R,) ndarray of int64
        Place of the symbol of each row.
    symbols : sequence of str
    vendor : VendorTable or None
    counted : mapping of str to float
        Units that stand behind the names of columns.
    adjusted : bool
        Prices are adjusted, so that they do not tell.
    notes : list of str

    Raises
    ------
    DataError
        The ratio fits no unit: correct volume or turnover, or pass ``adjusted=True`` for adjusted prices.
    """
    names = [name for name in ("volume", "turnover", "close", "high", "low") if name in frame.columns]
    if any(not are_numbers(frame[name].dtype) for name in names):
        return frame  # told apart, with the row, when the numbers are read
    ruled = np.array([(found := classed(symbol)) is not None and found.board is not Board.INDEX for symbol in symbols])
    documented = (
        counted.get("volume", vendor.lot if vendor else 1.0), counted.get("turnover", vendor.unit if vendor else 1.0)
    )  # fmt: skip
    pairs = np.tile(np.array(documented, dtype=np.float64), (len(symbols), 1))
    told = np.zeros(len(symbols), dtype=bool)
    if "turnover" in frame.columns and ruled.any():
        step = max(1, len(frame) // _MOST_ROWS)
        seen = {name: frame[name].to_numpy(dtype=np.float64, na_value=np.nan)[::step] for name in names}
        sight = _Sight(seen, codes[::step], symbols, ruled)
        if adjusted:
            sight.say_adjusted(documented, notes)
        else:
            told = sight.decide(pairs)
            sight.say_odd_rows(pairs, frame["date"].iloc[::step], notes)
            sight.say_outside(pairs, notes)
    changed = _multiplied(frame, codes, pairs)
    if not adjusted:
        _say_fractions(changed["volume"], codes, symbols, ruled, notes)
    _say(pairs, documented, told, vendor, symbols, notes, checked="turnover" in frame.columns and not adjusted)
    return changed


class _Sight:
    """Turnover / (volume x close) of rows that traded."""

    def __init__(self, seen: dict[str, Floats], codes: Ints, symbols: Sequence[str], ruled: Bools) -> None:
        self.seen, self.codes, self.symbols, self.ruled = seen, codes, symbols, ruled
        with np.errstate(divide="ignore", invalid="ignore"):
            self.ratio = seen["turnover"] / (seen["volume"] * seen["close"])
        self.usable = (self.ratio > 0) & np.isfinite(self.ratio) & ruled[codes]

    def _near(self, expected: Floats, limit: float) -> Bools:
        with np.errstate(divide="ignore", invalid="ignore"):
            close: Bools = np.abs(np.log(self.ratio / expected)) < limit
        return close

    def decide(self, pairs: Floats) -> Bools:
        """Put the pair of units of each symbol into `pairs`; where the rows told it."""
        count = len(self.symbols)
        rows = np.bincount(self.codes[self.usable], minlength=count)
        documented = pairs[:, 0] / pairs[:, 1]
        fits = np.bincount(self.codes[self.usable & self._near(documented[self.codes], _NEAR)], minlength=count)
        told: Bools = rows > 0
        doubtful = told & (fits * 2 < rows)
        if doubtful.any():
            chosen = self.usable & doubtful[self.codes]
            close = self.seen["close"][chosen]
            seen = pd.DataFrame({"ratio": self.ratio[chosen], "odd": close != np.rint(close)})
            told_by = seen.groupby(self.codes[chosen]).agg({"ratio": "median", "odd": "any"})
            for at, ratio, odd in zip(told_by.index.tolist(), *told_by.to_numpy(dtype=np.float64).T, strict=True):
                pairs[at] = self._pair(at, float(ratio), whole=not odd)
            # A symbol that never traded has no ratio: it counts as those of its table do.
            settled = pairs[doubtful]
            if (settled == settled[0]).all() and doubtful.sum() == told.sum():
                pairs[~told & self.ruled] = settled[0]
        return told

    def _pair(self, at: int, ratio: float, *, whole: bool) -> tuple[float, float]:
        """The units that a ratio tells; prices in `whole` numbers a hundred times too high are prices in cents."""
        symbol = self.symbols[at]
        if whole and abs(np.log(ratio * 100)) < _NEAR:
            raise DataError(
                f"close: turnover is {ratio:.3g} times volume x close for {symbol}, and all its prices are whole "
                "numbers: they are in cents. Divide open, high, low, close and pre_close by 100.",
                field="close",
                symbol=symbol,
            )
        found = classed(symbol)
        is_bond = found is not None and found.board in {Board.CONVERTIBLE, Board.BOND}
        for lot, unit in _BONDS if is_bond else _PAIRS:
            if abs(np.log(ratio * unit / lot)) < _NEAR:
                return float(lot), float(unit)
        raise DataError(
            f"volume: turnover is {ratio:.3g} times volume x close for {symbol}, which fits no unit: 1 are shares and "
            "yuan, 100 lots and yuan, 0.1 lots and thousand yuan. Correct volume and turnover; if the prices are "
            "adjusted, pass adjusted=True; a turnover rate is no turnover: drop it.",
            field="volume",
            symbol=symbol,
        )

    def say_adjusted(self, documented: tuple[float, float], notes: list[str]) -> None:
        """A note where adjusted prices leave open what the volume counts."""
        if documented == (1.0, 1.0) and self.usable.any():
            ratio = float(np.median(self.ratio[self.usable]))
            if abs(np.log(ratio)) >= _NEAR:
                notes.append(
                    f"Turnover is {ratio:.3g} times volume x close. Adjusted prices do not tell whether the volume "
                    "counts shares; it is taken so."
                )

    def say_odd_rows(self, pairs: Floats, dates: pd.Series, notes: list[str]) -> None:
        """A note on rows whose turnover does not fit their volume and prices while others' do."""
        expected = (pairs[:, 0] / pairs[:, 1])[self.codes]
        odd = np.flatnonzero(self.usable & ~self._near(expected, _FAR))
        mean = self.ratio[odd] / expected[odd] * self.seen["close"][odd]
        odd = odd[(mean > self.seen["high"][odd] * 1.5) | (mean < self.seen["low"][odd] / 1.5)]
        if len(odd):
            first = int(odd[0])
            notes.append(
                f"{len(odd)} rows have a turnover that does not fit volume x price, though the others' does, first "
                f"{self.symbols[self.codes[first]]} on {str(dates.iloc[first])[:10]} (factor "
                f"{self.ratio[first] / expected[first]:.3g}). They are used as they are; correct their volume or "
                "turnover. qresearch data check lists them."
            )

    def say_outside(self, pairs: Floats, notes: list[str]) -> None:
        """A note on symbols whose average price is often no price of the bar, as with prices that were adjusted."""
        expected = (pairs[:, 0] / pairs[:, 1])[self.codes]
        mean = np.full(len(expected), np.nan)
        np.multiply(self.ratio / expected, self.seen["close"], out=mean, where=self.usable)
        outside = (mean > self.seen["high"] * _ROUGHLY) | (mean < self.seen["low"] / _ROUGHLY)
        outside &= self._near(expected, _FAR)  # others are told row by row
        count = len(self.symbols)
        rows, odd = (
            np.bincount(self.codes[self.usable], minlength=count),
            np.bincount(self.codes[outside], minlength=count),
        )
        if len(found := np.flatnonzero((rows >= _ENOUGH) & (odd > _OFTEN * rows))):
            row = int(np.flatnonzero(outside & (self.codes == found[0]))[0])
            notes.append(
                f"Turnover / volume lies outside low and high on more than a fifth of the days of "
                f"{self.symbols[found[0]]}{_more(len(found))}, first {mean[row]:.4g} where the bar runs from "
                f"{self.seen['low'][row]:g} to {self.seen['high'][row]:g}: the prices look adjusted, or the turnover "
                "is in another currency. Pass adjusted=True, or unadjusted prices."
            )


def _say_fractions(volume: pd.Series, codes: Ints, symbols: Sequence[str], ruled: Bools, notes: list[str]) -> None:
    """A note on symbols whose volume is no whole number of shares."""
    step = max(1, len(volume) // _MOST_ROWS)
    values, codes = volume.to_numpy(dtype=np.float64, na_value=np.nan)[::step], codes[::step]
    odd = np.isfinite(values) & (values != np.rint(values)) & ruled[codes]
    if len(found := np.unique(codes[odd])):
        notes.append(
            f"The volume of {symbols[found[0]]}{_more(len(found))} is no whole number of shares, such as "
            f"{values[odd][0]:.10g}: it may be in thousands, or adjusted with the prices. It is used as it is."
        )


def _multiplied(frame: pd.DataFrame, codes: Ints, pairs: Floats) -> pd.DataFrame:
    """Volume and turnover times their units; what should be a whole number is one."""
    changed = {}
    for at, name in enumerate(("volume", "turnover")):
        if name in frame.columns and (pairs[:, at] != 1).any():
            values = frame[name].to_numpy(dtype=np.float64, na_value=np.nan) * pairs[codes, at]
            whole = np.rint(values)
            changed[name] = np.where(np.abs(values - whole) <= 1e-9 * np.abs(values) + 1e-6, whole, values)
    return frame.assign(**changed) if changed else frame


def _say(  # noqa: PLR0917  # what was done, then from what
    pairs: Floats,
    documented: tuple[float, float],
    told: Bools,
    vendor: VendorTable | None,
    symbols: Sequence[str],
    notes: list[str],
    *,
    checked: bool,
) -> None:
    if vendor is not None:
        notes.append(f"The columns are those of {vendor.name}.")
    for pair in np.unique(pairs, axis=0):
        if (pair == 1).all():
            if documented != (1.0, 1.0) and (found := np.flatnonzero((pairs == pair).all(axis=1))).size:
                notes.append(
                    f"Volume and turnover of {symbols[found[0]]}{_more(len(found))} are shares and yuan already, as "
                    "turnover / (volume x close) shows: nothing is multiplied."
                )
            continue
        there = (pairs == pair).all(axis=1)
        done = [
            f"{name} x {scale:,.0f}" for name, scale in zip(("volume", "turnover"), pair, strict=True) if scale != 1
        ]
        why = "as turnover / (volume x close) shows" if (told & there).any() else "as documented, unchecked: "
        if not (told & there).any():
            why += "prices are adjusted" if not checked and vendor is not None else "no turnover tells"
        found = np.flatnonzero(there)
        notes.append(f"{' and '.join(done).capitalize()} for {symbols[found[0]]}{_more(len(found))}, {why}.")


def _more(count: int) -> str:
    return "" if count == 1 else f" and {count - 1:,} more"
