"""How large a recording is, and how long it takes to write: ``python tests/benchmarks/bench_recording.py``.

A year of 50 instruments with 500 orders; the page may have 3 MB.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import qresearch as qr

DAYS, SYMBOLS = 250, 50


def often(context: qr.Context, data: qr.BarData) -> None:
    """Two orders a day, round the instruments."""
    day = context.now.day.toordinal()
    for turn in range(2):
        context.order_value(context.symbols[(2 * day + turn) % min(SYMBOLS, len(context.symbols))], 5_000)


def main() -> None:
    """Print the figures."""
    session = qr.Session(qr.sample_market(), start="2021-04-01", cash=3_000_000, strategy=often).step(DAYS)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        path = session.save_recording(Path(folder) / "year.html", symbols=session.market.symbols[:SYMBOLS])
        took = time.perf_counter() - began
        size = path.stat().st_size / 1e6
    shown = min(SYMBOLS, len(session.market.symbols))
    print(f"{DAYS} days, {shown} instruments, {len(session.orders)} orders: {size:.2f} MB, written in {took:.2f} s")


if __name__ == "__main__":
    main()
