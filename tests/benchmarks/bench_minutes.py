"""What minute bars cost: 300 shares, 242 days of 240 bars, 10 holdings and 20 orders that rest.

    python tests/benchmarks/bench_minutes.py

17.4 million bars of an invented market, made in memory. A strategy decides at the close, as on daily bars: it holds 10
shares, sells one each week for another, and keeps a limit order below the price and a stop below each holding. The
same strategy on the same market as daily bars stands beside it; the ratio is that of a day with 240 bars inside to a
day without. Then a strategy that is called at every bar and does nothing. The last figure: 1,000 sessions opened and
closed on one small market, and the memory that they leave. Wall time; peak memory of the process so far.
"""

from __future__ import annotations

import gc
import resource
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from workloads import peak

import qresearch as qr
from qresearch import terms
from qresearch.domain.instrument import Instrument
from qresearch.market.intraday import BAR_FIELDS, Intraday, daily_fields
from qresearch.market.market import Market
from qresearch.market.panel import Panel
from qresearch.market.venue import PLAIN

SHARES, DAYS, BARS = 300, 242, 240
HELD, AWAY = 10, 0.015


def minute_market(shares: int = SHARES, days: int = DAYS, bars: int = BARS) -> Market:
    """An invented market: a random walk by minutes, with bars around it."""
    rng = np.random.default_rng(20261128)
    count = days * bars
    close = rng.normal(0, 0.0006, (count, shares))
    np.cumsum(close, axis=0, out=close)
    np.exp(close, out=close)
    close *= rng.uniform(8, 60, shares)
    opened = np.vstack([close[:1], close[:-1]])
    fields = {
        "open": opened,
        "high": np.maximum(opened, close) * 1.0004,
        "low": np.minimum(opened, close) * 0.9996,
        "close": close,
        "volume": rng.integers(1, 500, (count, shares)) * 100.0,
        "turnover": np.broadcast_to(np.nan, (count, shares)),
    }
    dates = np.arange("2023-01-03", "2025-01-01", dtype="datetime64[D]")
    dates = dates[np.is_busday(dates)][:days]
    minutes = np.arange(1, bars + 1) + 9 * 60 + 30
    times = (dates.astype("datetime64[m]")[:, None] + minutes[None, :]).ravel()
    inside = Intraday(times, np.arange(days + 1) * bars, **{name: fields[name] for name in BAR_FIELDS})
    daily = daily_fields(inside)
    unknown, no = np.full((days, shares), np.nan), np.zeros((days, shares), dtype=np.bool_)
    before = np.vstack([unknown[:1], daily["close"][:-1]])
    symbols = tuple(f"S{number:04d}" for number in range(shares))
    columns = {name: daily[name] for name in BAR_FIELDS}
    panel = Panel(
        dates, symbols, **columns, pre_close=before, limit_up=unknown, limit_down=unknown, paused=no, is_st=no,
        intraday=inside,
    )  # fmt: skip
    return Market(panel, tuple(Instrument(symbol) for symbol in symbols), (), PLAIN)


class Holder:
    """Ten holdings, each with a stop; a limit order below the price of ten others; one exchange a week."""

    def handle_data(self, context: Any, data: Any) -> None:
        """Decide at the close."""
        day, symbols = data.day, context.symbols
        held = context.portfolio.quantities
        if day % 5 == 0:
            is_full = len(held) >= HELD
            if is_full:
                context.order_target(next(iter(held)), 0)
            others = [symbol for symbol in symbols[day % 50 :: 11] if symbol not in held]
            for symbol in others[: HELD - len(held) + is_full]:
                context.order_value(symbol, 80_000)
        for symbol, shares in held.items():
            context.order(symbol, -shares, terms.stop(data.current(symbol) * (1 - AWAY), tif="DAY"))
        for symbol in symbols[3::30]:
            if symbol not in held:
                context.order(symbol, 100, terms.limit(data.current(symbol) * (1 - AWAY), tif="DAY"))


class AtEveryBar:
    """Called at every bar; does nothing there."""

    def initialize(self, context: Any) -> None:
        """Schedule it."""
        context.run_daily(self.look, "every_bar")

    def look(self, context: Any) -> None:
        """Nothing."""


def resident() -> float:
    """Memory of this process now, MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def run(market: Market, strategy: object) -> tuple[float, qr.Session]:
    """Seconds of a run, and the session after it."""
    gc.collect()
    begin = time.perf_counter()
    session = qr.Session(market, cash=1e6, strategy=strategy).run(progress=False)
    return time.perf_counter() - begin, session


def opened_and_closed(count: int) -> float:
    """MB that sessions leave behind."""
    market = minute_market(20, 12, 30)

    def some(number: int) -> None:
        for _ in range(number):
            qr.Session(market, cash=1e6, strategy=Holder()).run(progress=False)
        gc.collect()

    some(50)
    before = resident()
    some(count)
    return resident() - before


def main() -> None:
    """Print the figures."""
    begin = time.perf_counter()
    market = minute_market()
    bars = SHARES * DAYS * BARS
    print(f"{bars:,} bars made in {time.perf_counter() - begin:.1f} s; peak {peak():,.0f} MB")
    daily = Market(replace(market.panel, intraday=None), market.instruments, (), PLAIN)
    run(daily, Holder())
    days_only, session = run(daily, Holder())
    print(f"as daily bars: {days_only:.3f} s, {len(session.orders):,} orders, {len(session.fills):,} fills")
    run(market, Holder())
    taken, session = run(market, Holder())
    print(
        f"on minute bars: {taken:.3f} s, {len(session.orders):,} orders, {len(session.fills):,} fills; "
        f"{taken / days_only:.1f} times the daily run, {taken / (DAYS * BARS) * 1e6:.1f} us a minute; "
        f"peak {peak():,.0f} MB"
    )
    looked, _ = run(market, AtEveryBar())
    print(f"called at every bar: {looked:.2f} s, {looked / (DAYS * BARS) * 1e6:.1f} us a call; peak {peak():,.0f} MB")
    print(f"1,000 sessions opened and closed leave {opened_and_closed(1000):+.1f} MB")


if __name__ == "__main__":
    main()
