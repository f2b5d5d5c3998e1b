"""How large a recording is, and how long it takes to write: ``python tests/benchmarks/bench_recording.py``.

A year of 50 instruments with 500 orders; the page may have 3 MB.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import qresearch as qr

DAYS, SYMBOLS, BEFORE = 250, 50, 120


def market() -> qr.Market:
    """Fifty shares that wander."""
    draw, days = np.random.default_rng(1), pd.bdate_range("2022-01-03", periods=BEFORE + DAYS)
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


def year() -> qr.Session:
    """The session that is recorded."""
    made = market()
    return qr.Session(made, start=str(made.days[BEFORE]), cash=3_000_000, strategy=often).step(DAYS)


def main() -> None:
    """Print the figures."""
    session = year()
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        path = session.save_recording(Path(folder) / "year.html")
        took = time.perf_counter() - began
        size = path.stat().st_size / 1e6
    print(f"{DAYS} days, {SYMBOLS} instruments, {len(session.orders)} orders: {size:.2f} MB, written in {took:.2f} s")


if __name__ == "__main__":
    main()
