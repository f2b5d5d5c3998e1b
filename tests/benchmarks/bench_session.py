"""Speed and memory of the session, beside a plain NumPy loop over the same orders, in one run.

    python tests/benchmarks/bench_session.py

5,000 shares x 2,500 days; every fifth day the 50 strongest of the last 20 days, equally weighted, filled at the next
open (40,449 fills). The loop keeps a ledger and marks its holdings every day, and nothing else: no events, no kept
states, no rules. Ratios are of CPU time, medians of several runs each with the garbage collected before it.
"""

from __future__ import annotations

import gc
import random
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np

import qresearch as qr
from qresearch.domain.instrument import Instrument
from qresearch.market.market import Market
from qresearch.market.panel import Panel
from qresearch.market.venue import PLAIN

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "conformance"))

from reference import DAYS, INVESTED, LOOKBACK, PERIOD, SHARES, Bars, walk

TOP, CASH, LOT = 50, 1e8, 100


def strongest(close: np.ndarray, day: int) -> np.ndarray:
    """The columns of the `TOP` strongest shares, best first; ties by column."""
    momentum = close[day] / close[day - LOOKBACK] - 1.0
    edge = np.partition(momentum, SHARES - TOP)[SHARES - TOP]
    candidates = np.flatnonzero(momentum >= edge)
    return candidates[np.argsort(-momentum[candidates], kind="stable")][:TOP]


def is_due(day: int) -> bool:
    """A day on which the holdings are chosen anew."""
    return day >= LOOKBACK and day % PERIOD == 0 and day + 1 < DAYS


def plain_loop(bars: Bars) -> tuple[int, float]:
    """Number of fills and final equity of the plain NumPy loop."""
    held, cash, fills = np.zeros(SHARES), CASH, 0
    columns = np.empty(0, dtype=np.intp)
    orders: tuple[np.ndarray, np.ndarray] | None = None
    equity = cash
    for day in range(DAYS):
        if orders is not None:
            chosen, shares = orders
            value = np.abs(shares) * bars.open[day, chosen]
            fees = np.maximum(value * 0.00025, 5.0) + np.where(shares < 0, value * 0.0005, 0.0)
            for row, need in enumerate(np.where(shares > 0, value + fees, fees - value).tolist()):
                if need > 0 and need > cash:
                    shares[row] = 0
                else:
                    cash -= need
            held[chosen] += shares
            fills += int(np.count_nonzero(shares))
            columns = np.unique(np.concatenate([columns, chosen]))
            columns = columns[held[columns] != 0]
            orders = None
        equity = cash + float(held[columns] @ bars.close[day, columns])
        if is_due(day):
            best = strongest(bars.close, day)
            touched = np.union1d(columns, best)
            weight = np.zeros(len(touched))
            weight[np.searchsorted(touched, best)] = INVESTED / TOP
            price, shares = bars.close[day, touched], held[touched]
            wanted = np.trunc((weight * equity - shares * price) / price / LOT) * LOT
            wanted = np.where(weight == 0, -shares, wanted)
            some = wanted != 0
            touched, wanted = touched[some], wanted[some]
            order = np.argsort(wanted > 0, kind="stable")
            orders = touched[order], wanted[order]
    return fills, equity


def market_of(bars: Bars) -> Market:
    """The bars as a market without rules."""
    symbols = tuple(f"S{number:04d}" for number in range(SHARES))
    days = np.arange("2014-01-06", "2024-12-31", dtype="datetime64[D]")
    days = days[np.is_busday(days)][:DAYS]
    unknown, no = np.full(bars.close.shape, np.nan), np.zeros(bars.close.shape, dtype=np.bool_)
    before = np.vstack([unknown[:1], bars.close[:-1]])
    panel = Panel(days, symbols, *bars, unknown, before, unknown, unknown, no, no)
    return Market(panel, tuple(Instrument(symbol) for symbol in symbols), (), PLAIN)


def strategy_for(market: Market) -> Callable[..., None]:
    """The same choice and the same sizes, as a strategy."""
    symbols = market.symbols
    column_of = {symbol: column for column, symbol in enumerate(symbols)}

    def handle_data(context, data) -> None:
        day = data.day
        if not is_due(day):
            return
        close = data.array("close")
        portfolio = context.portfolio
        equity, order = portfolio.equity, context.order
        held = {column_of[symbol]: shares for symbol, shares in portfolio.quantities.items()}
        best, today = strongest(close, day).tolist(), close[day]
        kept = set(best)
        buys = []
        for column, shares in held.items():
            if column not in kept:
                order(symbols[column], -shares)
        for column in best:
            price = today.item(column)
            wanted = int((INVESTED / TOP * equity - held.get(column, 0) * price) / price / LOT) * LOT
            if wanted < 0:
                order(symbols[column], wanted)
            elif wanted:
                buys.append((column, wanted))
        for column, wanted in buys:
            order(symbols[column], wanted)

    return handle_data


def session_of(market: Market) -> qr.Session:
    """A session ready to run."""
    session = qr.Session(market, cash=CASH, strategy=strategy_for(market))
    session.set_order_cost(0, 0.0005, 0.00025, 0.00025, 5)
    return session


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
    bars = walk(SHARES)
    market = market_of(bars)
    loop = median_cpu(lambda: plain_loop(bars))
    run = median_cpu(lambda: session_of(market).run(progress=False))
    step = median_cpu(lambda: step_all(session_of(market)))
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    session = session_of(market).run(progress=False)
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
    fills, equity = plain_loop(bars)
    print(f"fills: plain loop {fills:,}, session {len(session.fills):,}")
    print(f"final equity: plain loop {equity:,.2f}, session {session.portfolio.equity:,.2f}")
    print(f"plain NumPy loop: {loop * 1e3:.1f} ms of CPU")
    print(f"session.run():    {run * 1e3:.1f} ms of CPU, {run / loop:.2f} times the loop")
    print(f"session.step():   {step / DAYS * 1e3:.4f} ms of CPU a step, {step / loop:.2f} times the loop in all")
    print(f"jump to any day:  {statistics.mean(jumps) * 1e3:.4f} ms, at most {max(jumps) * 1e3:.3f} ms")
    print(f"kept states and events of the whole run: {kept / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
