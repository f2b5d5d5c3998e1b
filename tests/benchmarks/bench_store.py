"""Markets on disk: 5,000 shares x 2,400 days, and minute bars of as many, more than fit into memory, opened and run.

    python tests/benchmarks/bench_store.py                    # 24 days of 240 bars: 29 million bars, 1.2 GB
    python tests/benchmarks/bench_store.py --days 242         # a year: 290 million bars, 11.6 GB

An invented market is written one day at a time, as long frames, by `qresearch.save_bars`; the folder is deleted at the
end. A second process opens it and runs the strategy of bench_minutes.py: ten holdings, each with a stop, and limit
orders that rest. Printed are the seconds, and the most anonymous memory of that process: what the system cannot get
back by forgetting parts of files. Bounds for the year: 10 s to open, 4,096 MB; for the daily bars 1 s. Wall time and
CPU time.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from bench_minutes import BARS, Holder, run

import qresearch as qr
from qresearch.domain.instrument import Instrument
from qresearch.market.market import Market
from qresearch.market.panel import Panel
from qresearch.market.venue import PLAIN

SHARES, DAYS = 5_000, 24
MOST_SECONDS, MOST_OF_DAYS, MOST_MEGABYTES = 10.0, 1.0, 4_096.0
_FREE = 20 * 2**30
"""Bytes that stay free on the disk."""


def frames(shares: int, days: int) -> Iterator[pd.DataFrame]:
    """An invented market, a trading day at a time: a random walk by minutes, with bars around it."""
    rng = np.random.default_rng(20261129)
    symbols = pd.Categorical.from_codes(
        np.tile(np.arange(shares), BARS), categories=[f"S{number:04d}" for number in range(shares)]
    )
    dates = np.arange("2023-01-03", "2025-01-01", dtype="datetime64[D]")
    minutes = (np.arange(1, BARS + 1) + 9 * 60 + 30).astype("timedelta64[m]")
    before = rng.uniform(8, 60, shares)
    for date in dates[np.is_busday(dates)][:days]:
        close = before * np.exp(np.cumsum(rng.normal(0, 0.0006, (BARS, shares)), axis=0))
        opened = np.vstack([before, close[:-1]])
        before = close[-1]
        yield pd.DataFrame(
            {
                "date": np.repeat(date.astype("datetime64[m]") + minutes, shares).astype("datetime64[s]"),
                "symbol": symbols,
                "open": opened.ravel(),
                "high": np.maximum(opened, close).ravel() * 1.0004,
                "low": np.minimum(opened, close).ravel() * 0.9996,
                "close": close.ravel(),
                "volume": rng.integers(1, 500, BARS * shares) * 100.0,
            },
            copy=False,
        )


def daily(folder: Path) -> None:
    """Save and open 5,000 shares x 2,400 days of daily bars, and print what it took."""
    rng, shape = np.random.default_rng(20261129), (2_400, 5_000)
    close = 20 * np.exp(np.cumsum(rng.normal(0, 0.01, shape), axis=0))
    dates = np.arange("2013-01-01", "2023-01-01", dtype="datetime64[D]")
    symbols = tuple(f"S{number:04d}" for number in range(shape[1]))
    nothing = np.broadcast_to(np.nan, shape)
    panel = Panel(
        dates[np.is_busday(dates)][: shape[0]], symbols, close, close * 1.01, close * 0.99, close,
        rng.integers(1, 500, shape) * 100.0, nothing, nothing, nothing, nothing, np.zeros(shape, bool),
        np.zeros(shape, bool),
    )  # fmt: skip
    market = Market(panel, tuple(map(Instrument, symbols)), (), PLAIN)
    began = time.perf_counter()
    qr.save_market(market, folder)
    saved, began = time.perf_counter() - began, time.perf_counter()
    found = qr.read_market(folder)
    print(
        f"{shape[1]:,} shares x {shape[0]:,} days: saved {saved:.2f} s, opened {time.perf_counter() - began:.3f} s "
        f"(at most {MOST_OF_DAYS:.0f}); {found!r}",
        flush=True,
    )


def anonymous() -> float:
    """Anonymous memory of this process now, MB."""
    text = Path("/proc/self/status").read_text(encoding="ascii")
    return int(text.split("RssAnon:")[1].split()[0]) / 1024


class Peak:
    """The most anonymous memory of this process, asked a hundred times a second."""

    def __init__(self) -> None:
        self.most, self._ended = anonymous(), threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._ended.wait(0.01):
            self.most = max(self.most, anonymous())

    def end(self) -> float:
        """MB, up to now."""
        self._ended.set()
        self._thread.join()
        return self.most


def written(folder: Path, shares: int, days: int) -> None:
    """Write the market, and print what it took."""
    peak, began, spent = Peak(), time.perf_counter(), time.process_time()
    qr.save_bars(frames(shares, days), folder)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e9
    print(
        f"written: {time.perf_counter() - began:,.1f} s ({time.process_time() - spent:,.1f} s of CPU), {size:,.2f} GB; "
        f"peak {peak.end():,.0f} MB of anonymous memory",
        flush=True,
    )


def opened(folder: Path) -> None:
    """Open the market and run on it, and print what it took."""
    start, peak, began = anonymous(), Peak(), time.perf_counter()
    market = qr.read_market(folder)
    to_open = time.perf_counter() - began
    print(f"opened: {to_open:.2f} s (at most {MOST_SECONDS:.0f}); {market!r}", flush=True)
    spent = time.process_time()
    taken, session = run(market, Holder())
    spent = time.process_time() - spent
    most, minutes = peak.end(), len(market.panel.intraday.times)
    print(
        f"run: {taken:,.1f} s ({spent:,.1f} s of CPU), {len(session.orders):,} orders, {len(session.fills):,} fills; "
        f"{taken / minutes * 1e6:,.0f} us a minute"
    )
    print(
        f"peak {most:,.0f} MB of anonymous memory (at most {MOST_MEGABYTES:,.0f}), of which {start:,.0f} MB were there "
        "before the market was opened"
    )
    if to_open > MOST_SECONDS or most > MOST_MEGABYTES:
        print("A bound is exceeded.")


def main() -> None:
    """Print the figures."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--shares", type=int, default=SHARES)
    words.add_argument("--days", type=int, default=DAYS)
    words.add_argument("--folder", type=Path, help="where to write (default: the folder for temporary files)")
    words.add_argument("--open", type=Path, help=argparse.SUPPRESS)
    asked = words.parse_args()
    if asked.open is not None:
        opened(asked.open)
        return
    root = Path(tempfile.mkdtemp(prefix="qresearch-bench-", dir=asked.folder))
    try:
        needed, free = asked.shares * asked.days * BARS * 5 * 8, shutil.disk_usage(root).free
        if free - needed < _FREE:
            sys.exit(
                f"{needed / 2**30:.0f} GB are needed of {free / 2**30:.0f}, and 20 are to stay free: fewer --days."
            )
        daily(root / "days")
        shutil.rmtree(root / "days")
        print(f"{asked.shares:,} shares x {asked.days} days x {BARS} bars = {asked.shares * asked.days * BARS:,} bars")
        written(root / "market", asked.shares, asked.days)
        # A process of its own: what writing left behind does not count.
        subprocess.run([sys.executable, __file__, "--open", str(root / "market")], check=True, env=dict(os.environ))
    finally:
        shutil.rmtree(root)


if __name__ == "__main__":
    main()
