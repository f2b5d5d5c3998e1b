"""Speed of a daily JoinQuant script: 50 holdings over 2,500 days, wide calls, and runs over 5,000 shares.

    python tests/benchmarks/bench_joinquant.py

The first script reads 20 days of each of its 50 shares every day in a loop, which must end in less than 5 seconds; it
is timed against the same loop over arrays, and then with orders that bring the shares to equal weights every fifth day.
The next time one call each on a market of 5,000 shares, as scripts make them that look for yesterday's limit-ups in the
whole market. The last do what a native strategy does, over 5,000 shares, on the same clock and at the same costs: they
may take at most three times as long.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np

import qresearch as qr
from qresearch.domain.instrument import Board, Instrument
from qresearch.market.market import Market
from qresearch.market.panel import Panel
from qresearch.market.venue import CHINA

LIMIT_SECONDS = 5.0
LIMIT_RATIO = 3.0
DAYS_OF_WIDE = 10

LOOP = """
from jqdata import *

def initialize(context):
    set_option('use_real_price', True)
    set_slippage(FixedSlippage(0))
    g.stocks = list(get_all_securities().index)
    g.days = 0
    run_daily(trade, '9:30')

def trade(context):
    strength = {}
    for stock in g.stocks:
        h = attribute_history(stock, 20, '1d', ['close'])
        if len(h['close']) == 20:
            strength[stock] = h['close'][-1] / h['close'].mean()
"""

ARRAYS = LOOP.replace("['close'])\n", "['close'], df=False)\n")

HOLDINGS = f"""{LOOP}
    g.days += 1
    if g.days % 5 == 1 and strength:
        value = context.portfolio.total_value / len(strength)
        for stock in sorted(strength, key=strength.get):
            order_target_value(stock, value)
"""

WIDE = """
def initialize(context):
    set_option('use_real_price', True)
    g.stocks = list(get_all_securities().index)

def handle_data(context, data):
    {call}
"""

CALLS = {
    "get_price(all, count=1, panel=False)": "get_price(g.stocks, end_date=context.previous_date, count=1, "
    "fields=['close', 'high_limit'], panel=False, fill_paused=False)",
    "get_price(all, count=20, panel=False)": "get_price(g.stocks, end_date=context.previous_date, count=20, "
    "fields=['close', 'volume'], panel=False)",
    "get_price(all, count=20, panel=True)": "get_price(g.stocks, end_date=context.previous_date, count=20, "
    "fields=['close', 'volume'])",
    "history(20, '1d', 'close', all)": "history(20, '1d', 'close', g.stocks)",
    "history(1, '1m', 'close', all)": "history(1, '1m', 'close', g.stocks)",
    "get_current_data()[code].paused, all": "d = get_current_data(); [s for s in g.stocks if not d[s].paused]",
    "get_security_info(code).start_date, all": "[get_security_info(s).start_date for s in g.stocks]",
}

MOMENTUM = """
def initialize(context):
    set_option('use_real_price', True)
    g.stocks = list(get_all_securities().index)
    g.days = 0
    run_daily(trade, '9:30')

def trade(context):
    g.days += 1
    if g.days % {every} != 1 % {every}:
        return
    h = history(20, '1d', 'close', g.stocks)
    best = list((h.iloc[-1] / h.iloc[0]).dropna().sort_values().index[-{held}:])
    for stock in list(context.portfolio.positions):
        if stock not in best:
            order_target(stock, 0)
    value = context.portfolio.total_value / {held}
    for stock in best:
        order_target_value(stock, value)
"""

RUNS = ((1, 50), (5, 50), (20, 1_000))
"""Every how many days the momentum of 5,000 shares is looked at, and how many are held."""


class Momentum:
    """What the script :data:`MOMENTUM` does, as a native strategy."""

    def __init__(self, every: int, held: int) -> None:
        self.every, self.held, self.days = every, held, 0

    def initialize(self, context: Any) -> None:
        """Trade at every open."""
        context.run_daily(self.trade, "open")

    def trade(self, context: Any) -> None:
        """Hold what has risen most."""
        self.days += 1
        if self.days % self.every != 1 % self.every:
            return
        h = context.history(None, 20)
        best = list((h.iloc[-1] / h.iloc[0]).dropna().sort_values().index[-self.held :])
        for symbol in list(context.portfolio.positions):
            if symbol not in best:
                context.order_target(symbol, 0)
        value = context.portfolio.equity / self.held
        for symbol in best:
            context.order_target_value(symbol, value)


def random_market(days: int, shares: int) -> Market:
    """A market of random walks on Shanghai main-board codes."""
    rng = np.random.default_rng(1)
    steps = rng.normal(0.0003, 0.02, (days, shares)).clip(-0.09, 0.09)
    close = np.round(20 * np.exp(np.cumsum(steps, axis=0)), 2).clip(1.0)
    before = np.vstack([close[:1], close[:-1]])
    open_ = np.round((close + before) / 2, 2)
    calendar = np.busday_offset("2014-01-02", np.arange(days), roll="forward").astype("datetime64[D]")
    volume = np.full((days, shares), 1e7)
    turnover = volume * close
    no = np.zeros((days, shares), dtype=np.bool_)
    up, down = np.round(before * 1.1, 2), np.round(before * 0.9, 2)
    high, low = np.maximum(open_, close), np.minimum(open_, close)
    symbols = tuple(f"{600000 + place:06d}.SH" for place in range(shares))
    panel = Panel(calendar, symbols, open_, high, low, close, volume, turnover, before, up, down, no, no)
    return Market(panel, tuple(Instrument(symbol, Board.SH_MAIN) for symbol in symbols), (), CHINA)


def timed(session: qr.Session) -> tuple[float, qr.Session]:
    """CPU seconds of a session run to its end, and the session."""
    began = time.process_time()
    session.run(progress=False)
    return time.process_time() - began, session


def run(script: str, market: Market, **options: Any) -> tuple[float, qr.Session]:
    """The same of a script."""
    return timed(qr.Session.from_script(script, market, cash=1e9, **options))


def worst_ratio(market: Market) -> float:
    """The most that a script takes of the time of the native strategy that does the same, over all runs."""
    start, worst = market.days[30], 0.0
    for every, held in RUNS:
        native, session = timed(
            qr.Session(market, start=start, strategy=Momentum(every, held), cash=1e9, clock="same_bar",
                       slippage=("spread_rate", 0.00246), sizing="floor")
        )  # fmt: skip
        took, own = run(MOMENTUM.format(every=every, held=held), market, start=start)
        worst = max(worst, took / native)
        print(
            f"5,000 shares, {held} held, every {every} days: native {native:.2f} s, {len(session.fills):,} fills; "
            f"script {took:.2f} s, {len(own.fills):,} fills: {took / native:.2f} times"
        )
    return worst


def main() -> int:
    """Print the times; 1 when a loop or a run takes too long."""
    market = random_market(2_500, 50)
    arrays, seconds = run(ARRAYS, market)[0], run(LOOP, market)[0]
    print(
        f"50 holdings, 2,500 days, attribute_history in the loop: {seconds:.2f} s, {seconds / arrays:.2f} times arrays"
    )
    took, session = run(HOLDINGS, market)
    print(f"the same with orders: {took:.2f} s, {len(session.fills):,} fills")
    market = random_market(120, 5_000)
    start = market.days[120 - DAYS_OF_WIDE]
    for words, call in CALLS.items():
        took, _ = run(WIDE.format(call=call), market, start=start)
        print(f"{words:42s} {took / DAYS_OF_WIDE * 1e3:8.1f} ms a call")
    return int(seconds > LIMIT_SECONDS or worst_ratio(market) > LIMIT_RATIO)


if __name__ == "__main__":
    sys.exit(main())
