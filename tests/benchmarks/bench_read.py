"""A long table of 12 million rows (5,000 shares, 2,400 days) becomes a market: seconds, and memory beside the table.

Run ``python tests/benchmarks/bench_read.py`` (``--days 240`` for a tenth). The bars are invented and on their ticks;
reference prices and limits are computed; the table is in memory, so that no disk is measured. The bounds are those of
the issue: 3 s, and 1.5 times the bytes of the panel.
"""

from __future__ import annotations

import argparse
import gc
import resource
import time
from pathlib import Path

import numpy as np
import pandas as pd
from workloads import peak

import qresearch as qr
from qresearch.market.panel import FIELDS

RANGES = (("600000", "SH", 1_000), ("603000", "SH", 1_000), ("688001", "SH", 501), ("000001", "SZ", 999),
          ("002001", "SZ", 900), ("300001", "SZ", 600))  # fmt: skip


def table(days: int) -> pd.DataFrame:
    """One row per share and day, day after day."""
    symbols = [f"{int(first) + number:06d}.{suffix}" for first, suffix, count in RANGES for number in range(count)]
    moves = np.random.default_rng(1).normal(0, 0.01, (days, len(symbols))).cumsum(axis=0)
    prices = np.maximum(np.round(10 * np.exp(moves), 2), 1.0).ravel()
    dates = pd.bdate_range("2014-01-06", periods=days)
    return pd.DataFrame(
        {
            "date": np.repeat(dates.values, len(symbols)),
            "symbol": pd.Categorical.from_codes(np.tile(np.arange(len(symbols)), days), symbols),
            "open": prices, "high": prices, "low": prices, "close": prices, "volume": np.full(len(prices), 1e6),
        }
    )  # fmt: skip


def resident() -> float:
    """Memory of this process now, MB: its peak would be that of making the table."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def main() -> None:
    """Read, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=2_400)
    frame = table(parser.parse_args().days)
    gc.collect()
    before, begin = resident(), time.perf_counter()
    market = qr.read_market(frame)
    taken, grown = time.perf_counter() - begin, peak() - before
    # What is one value everywhere takes no memory, and the closes of the day before are those of the day.
    fields = [getattr(market.panel, name) for name in (*FIELDS, "paused", "is_st")]
    panel = sum(field.nbytes for field in fields if any(field.strides)) / 2**20
    panel -= market.panel.close.nbytes / 2**20 * np.shares_memory(market.panel.close, market.panel.pre_close)
    print(f"{len(frame):,} rows: {taken:.2f} s (bound 3 s)")
    print(
        f"memory beside the table: {grown:,.0f} MB, {grown / panel:.2f} times the panel of {panel:,.0f} MB (bound 1.5)"
    )


if __name__ == "__main__":
    main()
