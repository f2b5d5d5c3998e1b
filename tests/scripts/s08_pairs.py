# 配对交易：两只银行/保险股价差的 zscore
from jqdata import *
import numpy as np
import pandas as pd
from scipy import stats


def initialize(context):
    set_option('use_real_price', True)
    g.security1 = '600036.XSHG'
    g.security2 = '601318.XSHG'
    set_benchmark(g.security1)
    g.n = 60
    g.state = 'empty'
    run_weekly(rebalance, 1, 'open')


def z_test():
    prices1 = np.array(attribute_history(g.security1, g.n, '1d', 'close').close)
    prices2 = np.array(attribute_history(g.security2, g.n, '1d', 'close').close)
    slope, intercept, r, p, err = stats.linregress(prices1, prices2)
    spread = prices2 - slope * prices1
    return (spread[-1] - np.mean(spread)) / np.std(spread), r


def rebalance(context):
    z, r = z_test()
    record(z=z, r=r)
    if z > 1:
        g.state = 'side1'
    elif z < -1:
        g.state = 'side2'
    weights = {'empty': (0.5, 0.5), 'side1': (1, 0), 'side2': (0, 1)}[g.state]
    total_value = context.portfolio.total_value
    pairs = sorted(zip(weights, [g.security1, g.security2]))
    for weight, code in pairs:  # 先卖后买
        order_target_value(code, weight * total_value)
