"""Minute bars for some days of the embedded market: invented paths that add up to its daily bars exactly.

They are computed when asked for, from whole numbers alone (a counter-based hash, prices in ticks), so that they are the
same on every machine and with every version of numpy.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qresearch.market.china import CHINA_RULES
from qresearch.market.intraday import BAR_FIELDS, Floats, Intraday
from qresearch.market.market import Market
from qresearch.market.panel import Panel

MINUTES = np.concatenate((np.arange(9 * 60 + 31, 11 * 60 + 31), np.arange(13 * 60 + 1, 15 * 60 + 1)))
"""Ends of the minutes of a trading day, counted from midnight: 09:31 to 11:30 and 13:01 to 15:00."""

SYMBOLS = (
    "604018.SH", "604026.SH", "604073.SH", "604088.SH", "004136.SZ", "302615.SZ", "688903.SH", "157301.SZ",
)  # fmt: skip
"""A bank with a dividend, a share above 1,000 yuan, one that is suspended, one below 3 yuan, a thin one, and others."""
FIRST, LAST = "2021-07-06", "2021-07-19"
THIN = "004136.SZ"
"""Trades in about one minute of four."""

_Ints = NDArray[np.int64]


def with_minutes(daily: Market) -> Market:
    """A daily market with invented minute bars inside its days.

    Parameters
    ----------
    daily : Market

    Returns
    -------
    Market
        Its daily bars are unchanged: the minutes add up to them (turnover up to rounding).
    """
    panel = daily.panel
    days, width = panel.shape
    count = len(MINUTES)
    arrays = {name: np.full((days * count, width), np.nan) for name in BAR_FIELDS}
    for column, instrument in enumerate(daily.instruments):
        grid = round(1 / CHINA_RULES.tick(instrument.board))
        for day in range(days):
            if not np.isnan(panel.close[day, column]):
                rows = slice(day * count, (day + 1) * count)
                for name, values in _bars_of(panel, day, column, grid).items():
                    arrays[name][rows, column] = values
    times = (panel.days.astype("datetime64[m]")[:, None] + MINUTES.astype("timedelta64[m]")).ravel()
    bars = Intraday(times, np.arange(days + 1, dtype=np.int64) * count, **arrays)
    note = "The minute bars are invented: paths that add up to the daily bars."
    return replace(daily, panel=replace(panel, intraday=bars), notes=(*daily.notes, note))


def _random(seed: int, count: int) -> NDArray[np.uint64]:
    """Whole numbers below 2**31 that follow from a seed: SplitMix64 of a counter."""
    begin = np.uint64(seed * 0x9E3779B97F4A7C15 % 2**64)
    state = begin + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0xD1342543DE82EF95)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    found: NDArray[np.uint64] = (state ^ (state >> np.uint64(31))) >> np.uint64(33)
    return found


def _bars_of(panel: Panel, day: int, column: int, grid: int) -> dict[str, Floats]:
    """The bars of one instrument on one day, by field."""
    prices = [float(getattr(panel, name)[day, column]) for name in ("open", "high", "low", "close")]
    opened, high, low, closed = (round(price * grid) for price in prices)
    volume, turnover = int(panel.volume[day, column]), float(panel.turnover[day, column])
    symbol = panel.symbols[column]
    seed = int(panel.days[day].astype(np.int64)) * 1_000_000 + int(symbol[:6])
    count = len(MINUTES)
    active = np.ones(count, dtype=bool)
    if symbol == THIN:
        active = _random(seed + 7, count) % np.uint64(4) == 0
        active[[0, -1]] = True
    if not volume:
        active[:] = False
    shares = np.zeros(count, dtype=np.int64)
    shares[active] = _parts(volume, _random(seed + 3, int(active.sum())))
    # Where no share is left nobody trades; the ends carry the open and the close of the day.
    active &= shares > 0
    ends = _path(opened, high, low, closed, _random(seed, int(active.sum())))
    starts = np.concatenate(([opened], ends[:-1]))
    tops, bottoms = np.maximum(starts, ends), np.minimum(starts, ends)
    if len(ends):
        tops[tops.argmax()], bottoms[bottoms.argmin()] = high, low
    place = np.maximum(np.cumsum(active) - 1, 0)
    last = ends[place] if len(ends) else np.full(count, closed)
    last[np.cumsum(active) == 0] = opened
    whole: dict[str, _Ints] = {}
    for name, values in (("open", starts), ("high", tops), ("low", bottoms), ("close", ends)):
        whole[name] = last.copy()
        whole[name][active] = values
    found: dict[str, Floats] = {name: values / grid for name, values in whole.items()}
    found["volume"] = shares.astype(np.float64)
    found["turnover"] = turnover * shares / volume if volume else np.zeros(count)
    return found


def _parts(total: int, draws: NDArray[np.uint64]) -> _Ints:
    """A number of shares in parts of changing size, more at both ends of the day; at least one at each end."""
    count = len(draws)
    if not count:
        return np.zeros(0, dtype=np.int64)
    middle = np.abs(2 * np.arange(count) - (count - 1))
    weights = (draws % np.uint64(1000)).astype(np.int64) + 200 + 800 * middle // max(count, 1)
    cuts = np.cumsum(weights) * total // int(weights.sum())
    parts: _Ints = np.diff(np.concatenate(([0], cuts)))
    for end in (0, -1):
        if not parts[end]:
            largest = int(parts.argmax())
            parts[largest] -= 1
            parts[end] += 1
    return parts


def _path(opened: int, high: int, low: int, closed: int, draws: NDArray[np.uint64]) -> _Ints:
    """Closes of the bars, in ticks: from the open to the close of the day, between its low and its high."""
    count = len(draws)
    if not count:
        return np.zeros(0, dtype=np.int64)
    steps = (draws % np.uint64(2001)).astype(np.int64) - 1000
    walk = np.cumsum(steps)
    along = np.arange(1, count + 1)
    bridge = walk - walk[-1] * along // count
    reach = max(int(np.abs(bridge).max()), 1)
    line = opened + (closed - opened) * along // count
    room = np.where(bridge > 0, high - line, line - low)
    path: _Ints = np.clip(line + bridge * room // reach, low, high)
    path[-1] = closed
    return path
