# 最小方差组合：协方差矩阵 + scipy 优化
from jqdata import *
import numpy as np
import scipy.optimize as sco


def initialize(context):
    set_option('use_real_price', True)
    g.pool = ['510300.XSHG', '600519.XSHG', '601398.XSHG', '600276.XSHG', '000651.XSHE']
    run_monthly(balance_portfolio, 1, '09:30')


def balance_portfolio(context):
    prices = history(60, '1d', 'close', g.pool).dropna()
    if len(prices) < 30:
        return
    returns = prices.pct_change().dropna()
    cov = returns.cov() * 250
    n = len(g.pool)

    def variance(w):
        return np.dot(w.T, np.dot(cov, w))

    opts = sco.minimize(variance, n * [1.0 / n], method='SLSQP', bounds=tuple((0, 0.4) for _ in range(n)), constraints=({'type': 'eq', 'fun': lambda x: np.sum(x) - 1}))
    weights = pd.Series(opts['x'].round(3), index=g.pool)
    g.weights = weights
    total = context.portfolio.total_value
    changes = weights * total - pd.Series({c: context.portfolio.positions[c].value for c in g.pool})
    for code in changes.sort_values().index:
        order_target_value(code, weights[code] * total * 0.98)
