"""A panel cut at "now": the only way in which a strategy sees the market."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qresearch.domain.arguments import whole
from qresearch.domain.moment import AFTER_CLOSE, CLOSE, INTRADAY, OPEN, PRE_OPEN, Moment
from qresearch.errors import UsageError, choose
from qresearch.market.intraday import Intraday
from qresearch.market.market import Market
from qresearch.market.panel import FIELDS, Floats, Panel

ADJUSTMENTS = ("none", "pre", "post")
FREQUENCIES = ("day", "bar")


class View:
    """What can be known at a moment.

    At ``PRE_OPEN`` the bars end the day before; from ``OPEN`` on that day's open is known; from ``CLOSE`` on its whole
    bar. On minute data every ``INTRADAY`` shows one more whole bar of the day, and ``OPEN`` the open of the first one;
    the bar of the whole day is still hidden until ``CLOSE``. Limits and the reference price of a day are published
    before its open and so are visible all day.

    Parameters
    ----------
    market : Market
    at : Moment
        Day -1 lies before the first.
    """

    __slots__ = ("bar", "day", "market", "phase", "whole_days")

    def __init__(self, market: Market, at: Moment) -> None:
        self.market, (self.day, self.phase, self.bar) = market, at
        self.whole_days = self.day + 1 if self.phase >= CLOSE else self.day
        """Number of whole daily bars that are visible."""

    def _cut(self, frequency: str) -> tuple[Panel | Intraday, int]:
        """The arrays of a frequency, and how many of their rows are visible."""
        panel = self.market.panel
        choose("frequency", frequency, FREQUENCIES)
        if frequency == "day":
            return panel, max(self.whole_days, 0)
        bars = panel.intraday
        if bars is None:
            raise UsageError(
                "frequency='bar' asks for bars inside the day, but the data of this market are daily. "
                "Use frequency='day', or read minute data."
            )
        if self.whole_days > self.day:
            return bars, bars.firsts[max(self.whole_days, 0)]
        return bars, bars.firsts[self.day] + (self.bar if self.phase == INTRADAY else 0)

    def fields(self, frequency: str = "day") -> tuple[str, ...]:
        """Names of the fields that bars of a frequency have."""
        source, _ = self._cut(frequency)
        return FIELDS if isinstance(source, Panel) else tuple(source.arrays)

    def array(self, name: str, frequency: str = "day") -> Floats:
        """Whole bars up to now.

        Parameters
        ----------
        name : str
            A field of the panel, such as "close"; of bars inside the day one of :attr:`Intraday.arrays`.
        frequency : {"day", "bar"}

        Returns
        -------
        (K, N) ndarray of float64, read-only
            K bars, one column per symbol; no copy is made.

        Raises
        ------
        UsageError
            Not a field; the message lists them.
        """
        # A strategy asks on every day: what is wrong about the names is told below.
        if type(name) is type(frequency) is str and name in FIELDS and frequency == "day":
            whole: Floats = getattr(self.market.panel, name)
            return whole[: max(self.whole_days, 0)]
        source, stop = self._cut(frequency)
        choose("field", name, self.fields(frequency))
        values: Floats = getattr(source, name)
        return values[:stop]

    def index(self, count: int, frequency: str = "day") -> NDArray[np.datetime64]:
        """The days of the last `count` whole bars, or the times at which they end."""
        source, stop = self._cut(frequency)
        stamps: NDArray[np.datetime64] = source.days if isinstance(source, Panel) else source.times
        return stamps[stop - count : stop]

    @property
    def has_closed(self) -> bool:
        """True where the close of the present day is known; False before the first one."""
        return self.whole_days > self.day >= 0

    def last_price(self, column: int) -> float:
        """The last visible price, currency per share; NaN when there has been none yet."""
        day, panel = self.day, self.market.panel
        if self.has_closed:
            return self.market.mark.item(day, column)
        if self.phase >= OPEN and not self.bar and day >= 0 and not panel.suspended.item(day, column):
            # What is traded in the call asks for each order: the same as below, without arrays.
            return panel.open.item(day, column)
        return float(self.last_prices(np.array([column]))[0])

    def last_prices(self, columns: NDArray[np.int64]) -> Floats:
        """The last visible prices of some columns, for sizing and valuation.

        From ``CLOSE`` on the close of the day; from ``OPEN`` on its open, on minute data the close of the last whole
        bar; before that the reference price of the day, which is the previous close adjusted on an ex-date. The last
        known close where there is no row.

        Returns
        -------
        (C,) ndarray of float64, currency per share
            NaN before the first row.
        """
        panel, day, mark = self.market.panel, self.day, self.market.mark
        if self.whole_days > day:
            return mark[day, columns] if day >= 0 else np.full(len(columns), np.nan)
        reference = panel.pre_close[day, columns]
        known = mark[day - 1, columns] if day > 0 else np.full(len(columns), np.nan)
        prices: Floats = np.where(np.isnan(reference), known, reference)
        if self.bar:
            return self._in_day(columns, prices)
        if self.phase >= OPEN:
            prices = np.where(panel.suspended[day, columns], prices, panel.open[day, columns])
        return prices

    def mark(self, column: int) -> float:
        """The price at which a holding is valued, currency per unit; NaN when there has been none yet.

        The last visible price; of what is settled every day the settlement, from the end of its day to the first trade
        of the next, on which it counts by the terms of that day.
        """
        settled, day = self.market.panel.settlement, self.day - (self.phase < AFTER_CLOSE)
        is_quiet = self.phase in {PRE_OPEN, AFTER_CLOSE} or np.isnan(self.market.panel.open[self.day, column])
        if settled is None or day < 0 or not is_quiet or np.isnan(settled[day, column]):
            return self.last_price(column)
        price, contract = float(settled[day, column]), self.market.instruments[column].contract
        if contract is None or contract.option is None or day == self.day:
            return price
        # What an adjustment changes is the unit: the premium of a contract stays what it was.
        then, now = (contract.units(self.market.days[one].astype(object)) for one in (day, self.day))
        return price if then == now else price * then / now

    def _in_day(self, columns: NDArray[np.int64], reference: Floats) -> Floats:
        """The last prices of the day up to a bar; the reference price where there has been none."""
        bars = self.market.panel.intraday
        assert bars is not None  # only minute data have bars
        row = bars.row(self.day, self.bar)
        seen = bars.opens(row, columns) if self.phase == OPEN else bars.last(row, columns)
        prices: Floats = np.where(np.isnan(seen), reference, seen)
        return prices

    def last_bar(self, column: int) -> dict[str, float]:
        """The last whole daily bar of an instrument: field to value, NaN where there is none."""
        panel, row = self.market.panel, self.whole_days - 1
        return {name: float(getattr(panel, name)[row, column]) if row >= 0 else float("nan") for name in FIELDS}

    def window(self, columns: list[int], count: int, name: str, adjust: str, frequency: str = "day") -> Floats:
        """The last `count` whole bars of some columns, adjusted as of now.

        Parameters
        ----------
        columns : list of int
        count : int
        name : str
        adjust : {"none", "pre", "post"}
            ``pre`` makes older prices comparable with today's, ``post`` makes newer ones comparable with the first.
        frequency : {"day", "bar"}

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
        count = whole("count", count)
        bars = self.array(name, frequency)
        start = max(len(bars) - int(count), 0)
        values: Floats = bars[start:, columns]
        if adjust == "none" or name == "turnover" or not len(values):
            return values
        days = slice(start, len(bars))
        inside = self.market.panel.intraday
        rows = days if frequency == "day" or inside is None else inside.day_of[days]
        ratio = self.market.adjustment[rows][:, columns]
        if adjust == "pre":
            # The latest visible factor is today's once the day has begun: an ex-date counts from PRE_OPEN on.
            ratio = ratio / self.market.adjustment[max(self.day, 0)][columns]
        return values / ratio if name == "volume" else values * ratio
