# MACD 金叉死叉，talib 计算
import talib
import numpy as np
from jqdata import *


def initialize(context):
    set_option('use_real_price', True)
    g.stocks = ['000001.XSHE', '000651.XSHE', '600519.XSHG']
    g.signals = 0
    run_daily(trade, 'every_bar')


def trade(context):
    for stock in g.stocks:
        h = attribute_history(stock, 120, '1d', ['close', 'high', 'low'], skip_paused=True, df=False)
        if len(h['close']) < 60 or np.isnan(h['close']).any():
            continue
        dif, dea, hist = talib.MACD(h['close'], fastperiod=12, slowperiod=26, signalperiod=9)
        atr = talib.ATR(h['high'], h['low'], h['close'], timeperiod=14)[-1]
        if hist[-1] > 0 and hist[-2] <= 0 and atr > 0:
            g.signals += 1
            order_value(stock, context.portfolio.available_cash / 3)
        elif hist[-1] < 0 and stock in context.portfolio.positions:
            order_target(stock, 0)
