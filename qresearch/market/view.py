"""A panel cut at "now": the only way in which a strategy sees the market."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qresearch.errors import UsageError, choose
from qresearch.market.market import Market
from qresearch.market.panel import FIELDS, Floats
from qresearch.market.venue import PHASE_ORDER, Phase

ADJUSTMENTS = ("none", "pre", "post")
_AT_CLOSE = PHASE_ORDER[Phase.CLOSE]
_AT_OPEN = PHASE_ORDER[Phase.OPEN]


class View:
    """What can be known at (day, phase).

    At ``PRE_OPEN`` the bars end the day before; from ``OPEN`` on that day's open is known; from ``CLOSE`` on its whole
    bar. Limits and the reference price of a day are published before its open and so are visible all day.

    Parameters
    ----------
    market : Market
    day : int
        Index of the day; -1 before the first.
    phase : Phase
    """

    __slots__ = ("day", "market", "phase", "stop")

    def __init__(self, market: Market, day: int, phase: Phase) -> None:
        self.market, self.day, self.phase = market, day, phase
        self.stop = day + 1 if PHASE_ORDER[phase] >= _AT_CLOSE else day
        """Number of whole bars that are visible."""

    def array(self, name: str) -> Floats:
        """Whole bars up to now.

        Parameters
        ----------
        name : str
            A field of the panel, such as "close".

        Returns
        -------
        (K, N) ndarray of float64, read-only
            K bars, one column per symbol; no copy is made.

        Raises
        ------
        UsageError
            Not a field; the message lists them.
        """
        choose("field", name, FIELDS)
        values: Floats = getattr(self.market.panel, name)
        return values[: max(self.stop, 0)]

    def last_price(self, column: int) -> float:
        """The last visible price, currency per share; NaN when there has been none yet."""
        return float(self.last_prices(np.array([column]))[0])

    def last_prices(self, columns: NDArray[np.int64]) -> Floats:
        """The last visible prices of some columns, for sizing and valuation.

        From ``CLOSE`` on the close of the day; from ``OPEN`` on its open; before that the reference price of the
        day, which is the previous close adjusted on an ex-date. The last known close where there is no row.

        Returns
        -------
        (C,) ndarray of float64, currency per share
            NaN before the first row.
        """
        panel, day, mark = self.market.panel, self.day, self.market.mark
        if self.stop > day:
            return mark[day, columns] if day >= 0 else np.full(len(columns), np.nan)
        reference = panel.pre_close[day, columns]
        known = mark[day - 1, columns] if day > 0 else np.full(len(columns), np.nan)
        prices: Floats = np.where(np.isnan(reference), known, reference)
        if PHASE_ORDER[self.phase] >= _AT_OPEN:
            prices = np.where(panel.suspended[day, columns], prices, panel.open[day, columns])
        return prices

    def bar(self, column: int) -> dict[str, float]:
        """The last whole bar of an instrument: field to value, NaN where there is none."""
        panel, row = self.market.panel, self.stop - 1
        return {name: float(getattr(panel, name)[row, column]) if row >= 0 else float("nan") for name in FIELDS}

    def window(self, columns: list[int], count: int, name: str, adjust: str) -> Floats:
        """The last `count` whole bars of some columns, adjusted as of now.

        Parameters
        ----------
        columns : list of int
        count : int
        name : str
        adjust : {"none", "pre", "post"}
            ``pre`` makes older prices comparable with today's, ``post`` makes newer ones comparable with the first.

        Returns
        -------
        (K, C) ndarray of float64
            K is `count`, or fewer at the start of the data. Shares are adjusted the other way round than prices.

        Raises
        ------
        UsageError
            Unknown field or adjustment, or a count below 1.
        """
        choose("adjust", adjust, ADJUSTMENTS)
        if not isinstance(count, (int, np.integer)) or count < 1:
            raise UsageError(f"count={count!r} is not a number of bars. Pass an integer of at least 1.")
        bars = self.array(name)
        start = max(len(bars) - int(count), 0)
        values: Floats = bars[start:, columns]
        if adjust == "none" or name == "turnover" or not len(values):
            return values
        factors = self.market.adjustment[: len(bars)]
        ratio = factors[start:, columns]
        if adjust == "pre":
            # The latest visible factor is today's once the day has begun: an ex-date counts from PRE_OPEN on.
            ratio = ratio / self.market.adjustment[max(self.day, 0)][columns]
        return values / ratio if name == "volume" else values * ratio
