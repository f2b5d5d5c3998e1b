"""Random minute markets: the daily bars of a random market, taken apart into bars that add up to them exactly."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from hypothesis import strategies as st
from markets import PHASES, Driver, MarketSpec

import qresearch as qr
from qresearch.market.intraday import BAR_FIELDS, QUOTE_FIELDS, Intraday, daily_fields
from qresearch.session.bar_data import BarData


@dataclass(frozen=True)
class MinuteSpec:
    """A minute market in a few numbers: at most `most` bars a day, with or without quotes."""

    daily: MarketSpec
    most: int
    quotes: bool

    def build(self) -> qr.Market:
        """The market; its days are those of the daily one."""
        return taken_apart(self.daily.build(), self.daily.seed, self.most, quotes=self.quotes)


def minute_markets() -> st.SearchStrategy[MinuteSpec]:
    """Specs of 3 to 6 symbols over 8 to 20 days with up to 5 bars."""
    daily = st.builds(MarketSpec, st.integers(0, 2**32 - 1), st.integers(3, 6), st.integers(8, 20))
    return st.builds(MinuteSpec, daily, st.integers(1, 5), st.booleans())


def taken_apart(market: qr.Market, seed: int, most: int, *, quotes: bool = False) -> qr.Market:
    """A market with bars inside its days; `most` 1 gives one bar a day, equal to the daily one."""
    panel, rng = market.panel, np.random.default_rng([seed, 4711])
    days, width = panel.shape
    counts = rng.integers(1, most + 1, days)
    total = int(counts.sum())
    arrays = {name: np.full((total, width), np.nan) for name in BAR_FIELDS}
    arrays |= {name: np.full((total, width), np.nan) for name in QUOTE_FIELDS if quotes}
    starts = np.append(0, np.cumsum(counts))
    times = np.concatenate(
        [
            panel.days[day].astype("datetime64[m]")
            + (9 * 60 + 30 + np.sort(rng.choice(np.arange(1, 300), count, False))).astype("timedelta64[m]")
            for day, count in enumerate(counts)
        ]
    )
    for day in range(days):
        for column in range(width):
            rows = np.arange(starts[day], starts[day + 1])
            if not np.isnan(panel.close[day, column]):
                _take_apart(panel, day, column, rows, arrays, rng)
    bars = Intraday(times, starts, **arrays)
    for name, values in daily_fields(bars).items():
        if name != "turnover":
            np.testing.assert_array_equal(values, getattr(panel, name))
    return replace(market, panel=replace(panel, intraday=bars))


def _take_apart(panel, day: int, column: int, rows: np.ndarray, arrays: dict, rng: np.random.Generator) -> None:
    """Write the bars of one share on one day: some of them empty, the others a path from its open to its close."""
    opened, high, low, closed = (float(getattr(panel, name)[day, column]) for name in ("open", "high", "low", "close"))
    volume = float(panel.volume[day, column])
    if not volume:
        for name in ("open", "high", "low", "close"):
            arrays[name][rows, column] = closed
        arrays["volume"][rows, column] = 0.0
        return
    traded = rows[rng.random(len(rows)) < 0.7]
    if not len(traded):
        traded = rows[[int(rng.integers(len(rows)))]]
    choices = np.array([opened, high, low, closed])
    marks = [opened, *rng.choice(choices, len(traded) - 1), closed]
    cuts = np.sort(rng.integers(1, int(volume), len(traded) - 1)) if volume > len(traded) else []
    shares = np.diff([0, *cuts, volume])
    tops, bottoms = rng.integers(len(traded)), rng.integers(len(traded))
    for place, row in enumerate(traded):
        first, last = marks[place], marks[place + 1]
        bar = {"open": first, "close": last, "high": max(first, last), "low": min(first, last), "volume": shares[place]}
        bar["high"] = high if place == tops else bar["high"]
        bar["low"] = low if place == bottoms else bar["low"]
        for name, value in bar.items():
            arrays[name][row, column] = value
    if not shares[0] or not shares[-1]:
        # The open and the close of a day are those of bars with trades.
        arrays["volume"][traded, column] = volume / len(traded)
    elif not shares.all():
        arrays["volume"][traded, column] = np.where(shares, shares, 0)
    arrays["volume"][traded, column] = _positive(arrays["volume"][traded, column], volume)
    quiet = np.setdiff1d(rows, traded)
    if rng.random() < 0.5:
        # Some vendors repeat the last price where nobody traded, others leave the row out.
        for name in ("open", "high", "low", "close"):
            arrays[name][quiet, column] = opened
        arrays["volume"][quiet, column] = 0.0
    if "bid" in arrays:
        shown = rows[rng.random(len(rows)) < 0.6]
        arrays["bid"][shown, column], arrays["ask"][shown, column] = low, high


def _positive(shares: np.ndarray, volume: float) -> np.ndarray:
    """Whole shares in every bar that traded, with the same sum."""
    count = len(shares)
    whole = np.maximum(np.floor(shares), 1)
    whole[-1] += volume - whole.sum()
    return whole if whole[-1] >= 1 else np.append(np.ones(count - 1), volume - (count - 1))


class MinuteDriver(Driver):
    """A :class:`Driver` that also acts at every bar."""

    def initialize(self, context) -> None:
        """Schedule every bar beside the other functions."""
        super().initialize(context)
        context.run_daily(self.at_bar, "every_bar")

    def at_bar(self, context) -> None:
        """Act at a bar, from (seed, day, bar) and what is visible."""
        data, bar = BarData(context), context.simulation.account.bar
        rng = np.random.default_rng([self.seed, data.day, len(PHASES), bar])
        if rng.random() < 0.4:
            past = data.history(self.symbols[0], 3, frequency="bar")[self.symbols[0]].sum()
            self.seed += 0 * int(past)
            self.request(context, data, rng)
        if self.tickets and rng.random() < 0.1:
            context.cancel(self.tickets[int(rng.integers(len(self.tickets)))])


class OvernightDriver(Driver):
    """Acts after the close only, and asks nothing of the closing price."""

    def initialize(self, context) -> None:
        """Nothing is scheduled."""
        context.calls = 0

    def before_trading(self, context, data) -> None:
        """Do nothing."""

    def handle_data(self, context, data) -> None:
        """Do nothing."""

    def style(self, price: float, rng: np.random.Generator):
        """Any terms but those for the close."""
        found = super().style(price, rng)
        return None if found is not None and found.kind is qr.terms.Kind.MARKET_ON_CLOSE else found
