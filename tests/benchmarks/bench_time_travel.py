"""What time travel costs: kept states, going back, branches, the journal, resuming.

    python tests/benchmarks/bench_time_travel.py

The run of ``bench_session.py``: 5,000 shares, 2,500 days, 50 positions, 40,449 fills. The journal is compared in wall
time, the disk included: each run without it is followed by one with it.
"""

from __future__ import annotations

import gc
import random
import statistics
import tempfile
import time
import tracemalloc
from pathlib import Path

from bench_session import CASH, NAME
from workloads import DAYS, bars_of, market_of, momentum

import qresearch as qr
from qresearch.market.market import Market


def run(market: Market, journal: Path | None = None) -> qr.Session:
    """The whole run."""
    session = qr.Session(market, cash=CASH, strategy=momentum(), journal=journal)
    session.set_order_cost(0, 0.0005, 0.00025, 0.00025, 5)
    return session.run(progress=False)


def taken(work) -> float:
    """Wall seconds of one call."""
    gc.collect()
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def jumps(session: qr.Session, count: int = 1000) -> str:
    """Mean and longest time of going to a random stop."""
    draw, times = random.Random(1), []
    for _ in range(count):
        stop = draw.randrange(DAYS)
        begin = time.perf_counter()
        session.goto(stop)
        times.append(time.perf_counter() - begin)
    return f"mean {statistics.mean(times) * 1e3:.4f} ms, longest {max(times) * 1e3:.2f} ms"


def main() -> None:
    """Print the figures."""
    market = market_of(bars_of(NAME))
    print(f"fingerprint of the data, once: {taken(lambda: market.fingerprint):.2f} s")
    run(market)
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    session = run(market)
    gc.collect()
    kept = tracemalloc.get_traced_memory()[0] - before
    session.goto(DAYS // 2).branch("half").run(progress=False)
    gc.collect()
    branch = tracemalloc.get_traced_memory()[0] - before - kept
    tracemalloc.stop()
    print(f"kept states and events, {DAYS:,} days x {len(market.symbols):,} shares: {kept / 1e6:.1f} MB")
    print(f"a branch from the middle, run to the end: {branch / 1e6:.1f} MB more")
    print(f"to any stop:                {jumps(session)}")
    print(f"opening a branch:           {taken(lambda: session.branch('another')) * 1e3:.3f} ms")
    with tempfile.TemporaryDirectory() as folder:
        without, with_it = [], []
        for number in range(7):
            without.append(taken(lambda: run(market)))
            path = Path(folder) / f"{number}.qsession"
            with_it.append(taken(lambda path=path: run(market, path)))
        plain, written = statistics.median(without), statistics.median(with_it)
        times = f"{written / plain:.2f} times"
        print(f"run without a journal {plain * 1e3:.0f} ms, with it {written * 1e3:.0f} ms: {times}")
        print(f"size of the journal: {path.stat().st_size / 1e6:.1f} MB")
        resumed: list[qr.Session] = []
        again = taken(lambda: resumed.append(qr.Session.resume(path, market, momentum())))
        print(f"resume: {again * 1e3:.0f} ms")
        print(f"to any stop, with a journal: {jumps(resumed[0])}")
        resumed[0].simulation.keeper.journal.close()


if __name__ == "__main__":
    main()
