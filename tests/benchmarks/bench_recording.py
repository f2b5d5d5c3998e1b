"""How large a recording is, and how long it takes to write: ``python tests/benchmarks/bench_recording.py``.

A year of 50 instruments with 500 orders, whose page may have 3 MB; and ten years with 5,000, which have to take about
ten times as long.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import qresearch as qr

DAYS, SYMBOLS, BEFORE = 250, 50, 120


def market(count: int) -> qr.Market:
    """Fifty shares that wander for a number of days, after those before them."""
    draw, days = np.random.default_rng(1), pd.bdate_range("2012-01-02", periods=BEFORE + count)
    frames = []
    for number in range(SYMBOLS):
        close = np.round(10 * np.exp(np.cumsum(draw.normal(0, 0.01, len(days)))), 2)
        first = np.round(close * draw.uniform(0.995, 1.005, len(days)), 2)
        prices = {"open": first, "high": np.maximum(first, close) + 0.05, "low": np.minimum(first, close) - 0.05}
        volume = draw.integers(1_000_000, 9_000_000, len(days)).astype(float)
        frames.append(
            pd.DataFrame({"date": days, "symbol": f"S{number:02}", **prices, "close": close, "volume": volume})
        )
    return qr.read_market(pd.concat(frames), venue="plain")


def often(context: qr.Context, data: qr.BarData) -> None:
    """Two orders a day, round the instruments."""
    day = context.now.day.toordinal()
    for turn in range(2):
        context.order_value(context.symbols[(2 * day + turn) % SYMBOLS], 5_000)


def lived(count: int = DAYS) -> qr.Session:
    """A session that is recorded, of a number of days."""
    made = market(count)
    return qr.Session(made, start=str(made.days[BEFORE]), cash=3_000_000, strategy=often).step(count)


def main() -> None:
    """Print the figures."""
    for count in (DAYS, 10 * DAYS):
        session = lived(count)
        with tempfile.TemporaryDirectory() as folder:
            began = time.process_time()
            path = session.save_recording(Path(folder) / "lived.html")
            took = time.process_time() - began
            size = path.stat().st_size / 1e6
        told = f"{count} days, {SYMBOLS} instruments, {len(session.orders)} orders"
        print(f"{told}: {size:.2f} MB, written in {took:.2f} s of CPU")


if __name__ == "__main__":
    main()
