# 因子库 get_factor_values
from jqdata import *
from jqfactor import get_factor_values
from kuanke.wizard import *


def initialize(context):
    set_option('use_real_price', True)
    set_option('avoid_future_data', True)
    g.num = 4
    run_weekly(trade, 1, time='9:31')


def trade(context):
    stocks = get_index_stocks('000905.XSHG')
    scores = get_factor_values(stocks, ['Variance20', 'turnover_volatility'], end_date=context.previous_date, count=1)
    df = pd.DataFrame({'v': scores['Variance20'].iloc[0], 't': scores['turnover_volatility'].iloc[0]}).dropna()
    df['total'] = -0.7 * df['v'].rank() - 0.3 * df['t'].rank()
    df = df.sort_values(by='total', ascending=False)
    buy = list(df.index)[:g.num]
    for s in list(context.portfolio.positions):
        if s not in buy:
            close_position(context.portfolio.positions[s])
    for s in buy:
        if s not in context.portfolio.positions:
            open_position(s, context.portfolio.cash / max(1, g.num - len(context.portfolio.positions)))


def order_target_value_(security, value):
    return order_target_value(security, value)


def open_position(security, value):
    order = order_target_value_(security, value)
    if order != None and order.filled > 0:
        return True
    return False


def close_position(position):
    security = position.security
    order = order_target_value_(security, 0)
    if order != None:
        if order.status == OrderStatus.held and order.filled == order.amount:
            return True
    return False
