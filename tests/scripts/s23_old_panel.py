# 老写法：get_price 返回 Panel
import pandas as pd
import numpy as np


def initialize(context):
    set_option('use_real_price', True)
    g.stocks = ['000001.XSHE', '600036.XSHG', '601398.XSHG', '600030.XSHG']
    run_monthly(main, 1, 'open')


def main(context):
    panel = get_price(g.stocks, end_date=context.previous_date, count=30, fields=['open', 'close', 'volume'])
    close = panel['close']
    volume = panel.volume
    assert list(close.columns) == g.stocks and close.shape == volume.shape
    one = panel.minor_xs(g.stocks[0])
    two = panel[:, :, g.stocks[0]]
    assert np.allclose(one['close'], two['close'], equal_nan=True)
    gain = close.ix[-1] / close.ix[0] - 1
    ranked = gain.dropna().sort_values()
    best = ranked.index[-1]
    rolled = pd.rolling_mean(close[best], 5)
    if rolled[-1] > 0:
        for s in context.portfolio.positions.keys():
            if s != best:
                order_target(s, 0)
        order_target_value(best, context.portfolio.portfolio_value)
