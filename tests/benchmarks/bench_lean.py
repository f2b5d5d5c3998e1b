"""LEAN scripts: five days of minutes of one share, ten years of days, and ten shares of minutes over a year.

Run ``python tests/benchmarks/bench_lean.py`` (``--quick`` leaves out the year); the bounds are those of the issue: 1 s,
2 s and 60 s. The bars are invented, and written before the clock runs.
"""

from __future__ import annotations

import datetime as dt
import math
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "conformance"))

from lean_world import World, algorithm

from qresearch.dialects.lean.hours import new_york_hours

CROSS = """
def on_data(self, data):
    if not self.macd.is_ready:
        return
    held = self.portfolio[self.spy].quantity
    if held <= 0 and self.macd.current.value > self.macd.signal.current.value:
        self.set_holdings(self.spy, 1.0)
    elif held > 0 and self.macd.current.value < self.macd.signal.current.value:
        self.liquidate(self.spy)
"""
MACD = "self.macd = self.macd(self.spy, 12, 26, 9)"


def price(number: float) -> float:
    """A wave."""
    return round(100 + 10 * math.sin(number / 37) + 3 * math.sin(number / 5), 2)


def trading_days(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    """Days on which New York trades."""
    hours = new_york_hours()
    for day in pd.date_range(first, last):
        if hours.session(day.date()) is not None:
            yield day.date()


def minutes(world: World, ticker: str, day: dt.date, shift: float) -> None:
    """A day of minutes, with quotes."""
    bars = [
        (price(number + shift), price(number + shift) + 0.05, price(number + shift) - 0.05, price(number + shift))
        for number in range(390)
    ]
    world.minutes(ticker, bars, day, spread=0.02)


def told(name: str, world: World, script: str, bound: float) -> float:
    """Run a script and say how long it took."""
    began = time.perf_counter()
    session = world.session(script).run(progress=False)
    took = time.perf_counter() - began
    print(f"{name}: {took:.2f} s (bound {bound:g} s), {len(session.orders)} orders")
    return took


def main() -> None:
    """All three."""
    world = World()
    for number, day in enumerate(trading_days(dt.date(2024, 1, 2), dt.date(2024, 1, 8))):
        minutes(world, "SPY", day, number * 390.0)
    told("five days of minutes", world, algorithm(CROSS, resolution="MINUTE", last=dt.date(2024, 1, 8), set_up=MACD), 1)

    world = World()
    days = list(trading_days(dt.date(2014, 1, 2), dt.date(2023, 12, 29)))
    rows = [
        (dt.datetime.combine(day, dt.time(0)), price(n), price(n) + 1, price(n) - 1, price(n + 1), 1_000_000)
        for n, day in enumerate(days)
    ]
    world.folder.write_trades("SPY", "daily", rows)
    script = algorithm(CROSS, last=dt.date(2023, 12, 29), first=dt.date(2014, 1, 2), set_up=MACD)
    told("ten years of days", world, script, 2)
    if "--quick" in sys.argv:
        return

    world = World()
    tickers = ["SPY", *(f"S{number}" for number in range(9))]
    for number, day in enumerate(trading_days(dt.date(2024, 1, 2), dt.date(2024, 12, 31))):
        for place, ticker in enumerate(tickers):
            minutes(world, ticker, day, number * 390.0 + place * 50)
    others = "\n".join(f'self.add_equity("{ticker}", Resolution.MINUTE)' for ticker in tickers[1:])
    script = algorithm(
        "def on_data(self, data):\n    self.count += len(data.bars)\n", resolution="MINUTE", last=dt.date(2024, 12, 31),
        set_up=others,
    )  # fmt: skip
    told("a year of minutes of ten shares", world, script, 60)


if __name__ == "__main__":
    main()
