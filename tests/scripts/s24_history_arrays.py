# history df=False 与 attribute_history df=False
import numpy as np
from jqdata import *


def initialize(context):
    set_option('use_real_price', True)
    set_benchmark({'000300.XSHG': 0.5, '000905.XSHG': 0.5})
    g.pool = ['600519.XSHG', '000858.XSHE', '600887.XSHG', '000333.XSHE', '000651.XSHE']
    set_universe(g.pool)
    run_daily(trade, '9:35')


def trade(context):
    closes = history(30, '1d', 'close', g.pool, df=False, skip_paused=True, fq='pre')
    avgs = history(5, '1d')
    strength = {}
    for code in g.pool:
        c = closes[code]
        if len(c) < 30 or np.isnan(c).any():
            continue
        strength[code] = c[-5:].mean() / c.mean() - 1
    if len(strength) == 0:
        return
    assert list(avgs.columns) == g.pool
    best = max(strength, key=strength.get)
    p = context.portfolio
    if strength[best] < 0:
        [order_target(s, 0) for s in p.positions]
        return
    if best not in p.positions:
        for s in p.positions:
            order_target_value(s, 0)
        order_value(best, p.cash)
