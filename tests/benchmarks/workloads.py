"""The workloads that engines are compared on: their data, their strategy, and a plain NumPy loop that does the same.

Decided on the close of a day, filled at the next open; lots of 100; max(5, 0.025 %) on each fill and 0.05 % on sales;
sales before buys. W1: one share, 95 % while the mean of 10 days is above that of 30. W2 and W3: every fifth day the
strongest of the last 20 days, equally weighted, 10 of 100 shares and 50 of 5,000. W4: W2 for 100 pairs of days to look
back and days between two choices. W5: W3's strategy, one day at a time, on 100 and on 5,000 shares.

The loop keeps a ledger and marks its holdings every day, and nothing else: no events, no kept states, no rules.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import qresearch as qr
from qresearch.domain.instrument import Instrument
from qresearch.market.arrays import day_before
from qresearch.market.market import Market
from qresearch.market.panel import Panel
from qresearch.market.venue import PLAIN

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "conformance"))

from reference import DAYS, INVESTED, LOOKBACK, PERIOD, Bars, walk

LOT = 100
LOOKBACKS = (5, 10, 15, 20, 25, 30, 40, 50, 60, 90)
PERIODS = (1, 2, 3, 5, 8, 10, 15, 20, 30, 60)


@dataclass(frozen=True)
class Workload:
    """What is traded: number of shares, how many of them are held, and the cash to begin with."""

    shares: int
    top: int
    cash: float


WORKLOADS = {
    "W1": Workload(1, 1, 1e6),
    "W2": Workload(100, 10, 1e7),
    "W3": Workload(5000, 50, 1e8),
    "W4": Workload(100, 10, 1e7),
    "W5 100": Workload(100, 50, 1e8),
    "W5 5,000": Workload(5000, 50, 1e8),
}


def bars_of(name: str) -> Bars:
    """The bars of a workload."""
    return walk(WORKLOADS[name].shares)


def strongest(close: np.ndarray, day: int, top: int, lookback: int) -> np.ndarray:
    """The columns of the `top` strongest shares, best first; ties by column."""
    gains = close[day] / close[day - lookback] - 1.0
    if len(gains) <= 4 * top:
        return np.argsort(-gains, kind="stable")[:top]
    edge = np.partition(gains, len(gains) - top)[len(gains) - top]
    candidates = np.flatnonzero(gains >= edge)
    return candidates[np.argsort(-gains[candidates], kind="stable")][:top]


def is_due(day: int, lookback: int = LOOKBACK, period: int = PERIOD) -> bool:
    """A day on which the holdings are chosen anew."""
    return day >= lookback and day % period == 0 and day + 1 < DAYS


class PlainLoop:
    """The loop over W2 to W5, a day at a time: ``step()``; ``fills`` and ``equity`` are its result."""

    def __init__(self, bars: Bars, work: Workload, lookback: int = LOOKBACK, period: int = PERIOD) -> None:
        self.bars, self.top, self.lookback, self.period = bars, work.top, lookback, period
        self.cash = self.equity = work.cash
        self.held, self.columns = np.zeros(work.shares), np.empty(0, dtype=np.intp)
        self.orders: tuple[np.ndarray, np.ndarray] | None = None
        self.day = self.fills = 0

    def run(self) -> tuple[int, float]:
        """Number of fills and final equity."""
        while self.day < DAYS:
            self.step()
        return self.fills, self.equity

    def step(self) -> None:
        """One day: what was ordered fills at its open, its close is marked, and what is due is ordered."""
        day, bars, held = self.day, self.bars, self.held
        if self.orders is not None:
            self._fill(*self.orders)
            self.orders = None
        columns = self.columns
        self.equity = self.cash + float(held[columns] @ bars.close[day, columns])
        if is_due(day, self.lookback, self.period):
            best = strongest(bars.close, day, self.top, self.lookback)
            touched = np.union1d(columns, best)
            weight = np.zeros(len(touched))
            weight[np.searchsorted(touched, best)] = INVESTED / self.top
            price, shares = bars.close[day, touched], held[touched]
            wanted = np.trunc((weight * self.equity - shares * price) / price / LOT) * LOT
            wanted = np.where(weight == 0, -shares, wanted)
            some = wanted != 0
            touched, wanted = touched[some], wanted[some]
            order = np.argsort(wanted > 0, kind="stable")
            self.orders = touched[order], wanted[order]
        self.day = day + 1

    def _fill(self, chosen: np.ndarray, shares: np.ndarray) -> None:
        value = np.abs(shares) * self.bars.open[self.day, chosen]
        fees = np.maximum(value * 0.00025, 5.0) + np.where(shares < 0, value * 0.0005, 0.0)
        cash = self.cash
        for row, need in enumerate(np.where(shares > 0, value + fees, fees - value).tolist()):
            if need > 0 and need > cash:
                shares[row] = 0
            else:
                cash -= need
        self.cash = cash
        self.held[chosen] += shares
        self.fills += int(np.count_nonzero(shares))
        columns = np.unique(np.concatenate([self.columns, chosen]))
        self.columns = columns[self.held[columns] != 0]


def plain_cross(bars: Bars, cash: float) -> tuple[int, float]:
    """The loop over W1: one share on plain floats."""
    opens, closes = bars.open[:, 0].tolist(), bars.close[:, 0].tolist()
    fast, slow = means(bars.close[:, 0], 10), means(bars.close[:, 0], 30)
    held = pending = fills = 0
    equity = cash
    for day in range(DAYS):
        if pending:
            value = pending * opens[day]
            charged = max(abs(value) * 0.00025, 5.0)
            cash -= value + (charged if pending > 0 else charged - value * 0.0005)
            held, fills, pending = held + pending, fills + 1, 0
        equity = cash + held * closes[day]
        if day >= 29:
            if not held and fast[day] > slow[day]:
                pending = int(INVESTED * equity / closes[day] / LOT) * LOT
            elif held and fast[day] < slow[day]:
                pending = -held
    return fills, equity


def means(closes: np.ndarray, count: int) -> list[float]:
    """Mean of the last closes of each day, from differences of a running sum; NaN before there are so many."""
    total = np.concatenate([[0.0], np.cumsum(closes)])
    found = np.full(len(closes), np.nan)
    found[count - 1 :] = (total[count:] - total[:-count]) / count
    return found.tolist()


def plain(name: str, bars: Bars) -> tuple[int, float]:
    """Fills and final equity of the plain loop."""
    work = WORKLOADS[name]
    return plain_cross(bars, work.cash) if name == "W1" else PlainLoop(bars, work).run()


# ---------------------------------------------------------------------------------------------------- qresearch


def peak() -> float:
    """Peak memory of this process, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def market_of(bars: Bars) -> Market:
    """The bars as a market without rules."""
    count = bars.close.shape[1]
    symbols = tuple(f"S{number:04d}" for number in range(count))
    days = np.arange("2014-01-06", "2024-12-31", dtype="datetime64[D]")
    days = days[np.is_busday(days)][:DAYS]
    # What there is not is one value, repeated, as the sources hand it over: filled arrays would be the peak of memory.
    unknown, no = np.broadcast_to(np.nan, bars.close.shape), np.broadcast_to(np.False_, bars.close.shape)
    panel = Panel(days, symbols, *bars, unknown, day_before(bars.close), unknown, unknown, no, no)
    return Market(panel, tuple(Instrument(symbol) for symbol in symbols), (), PLAIN)


def columns_of(symbols: tuple[str, ...], known: dict[str, int]) -> dict[str, int]:
    """The column of each symbol, made once."""
    if not known:
        known.update({symbol: column for column, symbol in enumerate(symbols)})
    return known


def momentum(lookback: int = LOOKBACK, period: int = PERIOD, top: int = 50) -> Callable[..., None]:
    """The same choice and the same sizes as the loop, as a strategy."""
    known: dict[str, int] = {}

    def handle_data(context: Any, data: Any) -> None:
        day = data.day
        if not is_due(day, lookback, period):
            return
        close, symbols = data.array("close"), context.symbols
        column_of = columns_of(symbols, known)
        portfolio = context.portfolio
        equity = portfolio.equity
        held = {column_of[symbol]: shares for symbol, shares in portfolio.quantities.items()}
        best, today = strongest(close, day, top, lookback).tolist(), close[day]
        kept = set(best)
        sells = {symbols[column]: -shares for column, shares in held.items() if column not in kept}
        buys = {}
        for column in best:
            price = today.item(column)
            wanted = int((INVESTED / top * equity - held.get(column, 0) * price) / price / LOT) * LOT
            if wanted:
                (buys if wanted > 0 else sells)[symbols[column]] = wanted
        context.order_batch(sells | buys)

    return handle_data


def cross(bars: Bars) -> Callable[..., None]:
    """W1 as a strategy; the means are known before, as they are to the loop."""
    fast, slow = means(bars.close[:, 0], 10), means(bars.close[:, 0], 30)

    def handle_data(context: Any, data: Any) -> None:
        day = data.day
        if day < 29:
            return
        portfolio = context.portfolio
        held = portfolio.quantities.get("S0000", 0)
        if not held and fast[day] > slow[day]:
            price = data.array("close").item(day, 0)
            context.order("S0000", int(INVESTED * portfolio.equity / price / LOT) * LOT)
        elif held and fast[day] < slow[day]:
            context.order("S0000", -held)

    return handle_data


COSTS = {
    "open_tax": 0,
    "close_tax": 0.0005,
    "open_commission": 0.00025,
    "close_commission": 0.00025,
    "min_commission": 5,
}


def session_of(name: str, market: Market, bars: Bars) -> qr.Session:
    """A session ready to run."""
    work = WORKLOADS[name]
    strategy = cross(bars) if name == "W1" else momentum(top=work.top)
    session = qr.Session(market, cash=work.cash, strategy=strategy)
    session.set_order_cost(**COSTS)
    return session


class Paired:
    """A strategy that sets the costs of the workloads first; it remembers nothing."""

    __slots__ = ("handle_data",)

    def __init__(self, handle_data: Callable[..., None]) -> None:
        self.handle_data = handle_data

    def initialize(self, context: Any) -> None:
        """Set the costs."""
        context.set_order_cost(**COSTS)


def paired(lookback: int, period: int) -> Paired:
    """W4: the strategy of W2 with its two numbers."""
    return Paired(momentum(lookback, period, WORKLOADS["W4"].top))
