# get_bars 周线月线，include_now
from jqdata import *


def initialize(context):
    set_option('use_real_price', True)
    set_option('avoid_future_data', True)
    g.code = '600276.XSHG'
    run_daily(trade, 'open')


def trade(context):
    day = get_bars(g.code, 30, unit='1d', fields=['date', 'open', 'high', 'low', 'close', 'volume'], include_now=False, end_dt=context.current_dt)
    now = get_bars(g.code, 2, '1d', ['date', 'open', 'close'], include_now=True, df=True)
    week = get_bars(g.code, count=10, unit='1w', fields=['date', 'close', 'high', 'low'])
    month = get_bars(g.code, 3, unit='1M', fields=['close'], fq_ref_date=context.current_dt.date())
    both = get_bars([g.code, '000001.XSHE'], 5, unit='1d', fields=['close'], df=True)
    assert set(both.index.get_level_values(0)) == {g.code, '000001.XSHE'}
    assert day['date'][-1] <= context.previous_date
    if len(week) < 10 or len(month) < 3:
        return
    up = week['close'][-1] > week['close'].mean() and month['close'][-1] > 0
    if up and day['close'][-1] > day['close'][-5:].mean() and g.code not in context.portfolio.positions:
        order_value(g.code, context.portfolio.available_cash * 0.9)
    elif not up and g.code in context.portfolio.positions:
        order_target(g.code, 0)
    g.last = now['close'].iloc[-1]
