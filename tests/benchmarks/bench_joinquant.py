"""Speed of a daily JoinQuant script: 50 holdings over 2,500 days, and wide calls over 5,000 shares.

    python tests/benchmarks/bench_joinquant.py

The first script reads 20 days of each of its 50 shares every day in a loop, and brings them to equal weights every
fifth day; it must end in less than 10 seconds. The others time one call each on a market of 5,000 shares, as scripts
make them that look for yesterday's limit-ups in the whole market.
"""

from __future__ import annotations

import sys
import time

import numpy as np

import qresearch as qr
from qresearch.domain.instrument import Board, Instrument
from qresearch.market.market import Market
from qresearch.market.panel import Panel
from qresearch.market.venue import CHINA

LIMIT_SECONDS = 10.0
DAYS_OF_WIDE = 10

HOLDINGS = """
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
        if len(h) == 20:
            strength[stock] = h['close'][-1] / h['close'].mean()
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


def run(script: str, market: Market, **options: object) -> tuple[float, qr.Session]:
    """CPU seconds, and the session, of a script run to its end."""
    session = qr.Session.from_script(script, market, cash=1e8, **options)
    began = time.process_time()
    session.run(progress=False)
    return time.process_time() - began, session


def main() -> int:
    """Print the times; 1 when the script with 50 holdings takes too long."""
    seconds, session = run(HOLDINGS, random_market(2_500, 50))
    print(f"50 holdings, 2,500 days, attribute_history in the loop: {seconds:.2f} s, {len(session.fills):,} fills")
    market = random_market(60, 5_000)
    start = market.days[60 - DAYS_OF_WIDE]
    for words, call in CALLS.items():
        took, _ = run(WIDE.format(call=call), market, start=start)
        print(f"{words:42s} {took / DAYS_OF_WIDE * 1e3:8.1f} ms a call")
    return int(seconds > LIMIT_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
