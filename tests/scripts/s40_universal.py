#coding:utf-8
# 框架式写法：全局常量、嵌套函数、lambda、多周期
from __future__ import division
from jqdata import *
import numpy as np
import pandas as pd
from datetime import datetime, timedelta

FREQ = 5
HOLD = 4
STOP = -0.1


def initialize(context):
    set_params()
    set_variables()
    set_backtest()
    if context.run_params.type != 'sim_trade':
        log.info('回测', context.run_params.start_date, context.run_params.end_date, context.run_params.frequency)


def set_params():
    g.tc = FREQ
    g.stocks = ['000001.XSHE', '600036.XSHG', '601318.XSHG', '600519.XSHG', '000858.XSHE', '000651.XSHE', '601398.XSHG']


def set_variables():
    g.t = 0
    g.if_trade = False


def set_backtest():
    set_option('use_real_price', True)
    set_benchmark('000300.XSHG')
    log.set_level('order', 'error')


def before_trading_start(context):
    g.if_trade = g.t % g.tc == 0
    g.feasible = [s for s in g.stocks if not get_price(s, end_date=context.previous_date, count=1, fields='paused')['paused'][0]]
    g.t += 1


def handle_data(context, data):
    stops = [s for s, p in context.portfolio.positions.items() if data[s].close / p.avg_cost - 1 < STOP]
    for s in stops:
        order_target(s, 0)
    if not g.if_trade:
        return
    today = datetime.strptime(context.current_dt.strftime('%Y-%m-%d'), '%Y-%m-%d')
    start = today - timedelta(days=90)
    assert start < context.current_dt
    scores = pd.Series(dtype=float)
    for s in g.feasible:
        h = attribute_history(s, 60, '1d', ['close', 'money'])
        scores[s] = (h['close'][-1] / h['close'][-21] - 1) / (h['close'].pct_change().std() + 1e-9)
    picks = list(scores.sort_values(ascending=False).index[:HOLD])
    for s in context.portfolio.positions:
        if s not in picks:
            order_target_value(s, 0)
    value = context.portfolio.portfolio_value / HOLD
    list(map(lambda s: order_target_value(s, value), picks))
    close = {s: data[s].close for s in picks}
    record(mean=np.mean(list(close.values())), high=max(data[s].high for s in picks), r=100 * data[picks[0]].returns)
