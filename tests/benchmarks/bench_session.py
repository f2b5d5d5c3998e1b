"""Speed and memory of the session, beside a plain NumPy loop over the same orders, in one run.

    python tests/benchmarks/bench_session.py

W3 of ``workloads.py``, 5,000 shares over 2,500 days, with the plain loop that is described there. Ratios are of CPU
time, medians of several runs each with the garbage collected before it.
"""

from __future__ import annotations

import gc
import random
import statistics
import time
import tracemalloc
from collections.abc import Callable

from workloads import DAYS, WORKLOADS, bars_of, market_of, plain, session_of

import qresearch as qr

NAME = "W3"
CASH = WORKLOADS[NAME].cash


def median_cpu(work: Callable[[], object], runs: int = 5) -> float:
    """Median CPU seconds of some runs after a warm-up."""
    work()
    taken = []
    for _ in range(runs):
        gc.collect()
        begin = time.process_time()
        work()
        taken.append(time.process_time() - begin)
    return statistics.median(taken)


def step_all(session: qr.Session) -> None:
    """Step through all days, one by one."""
    for _ in range(DAYS):
        session.step()


def main() -> None:
    """Print the figures."""
    bars = bars_of(NAME)
    market = market_of(bars)
    loop = median_cpu(lambda: plain(NAME, bars))
    run = median_cpu(lambda: session_of(NAME, market, bars).run(progress=False))
    step = median_cpu(lambda: step_all(session_of(NAME, market, bars)))
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    session = session_of(NAME, market, bars).run(progress=False)
    gc.collect()
    kept = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    draw = random.Random(1)
    jumps = []
    for day in draw.choices([str(day) for day in market.days], k=500):
        begin = time.perf_counter()
        session.goto(day)
        jumps.append(time.perf_counter() - begin)
    session.goto(str(market.days[-1]))
    fills, equity = plain(NAME, bars)
    print(f"fills: plain loop {fills:,}, session {len(session.fills):,}")
    print(f"final equity: plain loop {equity:,.2f}, session {session.portfolio.equity:,.2f}")
    print(f"plain NumPy loop: {loop * 1e3:.1f} ms of CPU")
    print(f"session.run():    {run * 1e3:.1f} ms of CPU, {run / loop:.2f} times the loop")
    print(f"session.step():   {step / DAYS * 1e3:.4f} ms of CPU a step, {step / loop:.2f} times the loop in all")
    print(f"jump to any day:  {statistics.mean(jumps) * 1e3:.4f} ms, at most {max(jumps) * 1e3:.3f} ms")
    print(f"kept states and events of the whole run: {kept / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
