# 海龟交易：唐奇安通道 + ATR 仓位
import math
import numpy as np


def initialize(context):
    g.security = '600036.XSHG'
    set_universe([g.security])
    set_option('use_real_price', True)
    set_slippage(FixedSlippage(0))
    g.in_date = 20
    g.out_date = 10
    g.ratio = 0.8
    g.days = 0
    g.unit_limit = 4
    g.unit = 0
    g.N = []
    g.sys1 = 0
    g.break_price1 = 0
    g.portfolio_value0 = context.portfolio.starting_cash


def handle_data(context, data):
    current_price = get_current_data()[g.security].last_price
    calculate_N()
    value = context.portfolio.portfolio_value
    cash = context.portfolio.cash
    g.unit = 100 * math.floor(value * 0.01 / g.N[-1] / 100)
    if g.sys1 == 0:
        market_in(current_price, g.ratio * cash, g.in_date)
    else:
        stop_loss(current_price)
        if g.sys1:
            market_add(current_price, g.ratio * cash)
            market_out(current_price, g.out_date)


def calculate_N():
    if g.days == 0:
        price = attribute_history(g.security, 20, '1d', ('high', 'low', 'close'))
        lst = []
        for i in range(1, len(price)):
            h_l = price['high'][i] - price['low'][i]
            h_c = price['high'][i] - price['close'][i - 1]
            c_l = price['close'][i - 1] - price['low'][i]
            lst.append(max(h_l, h_c, c_l))
        g.N.append(np.mean(np.array(lst)))
        g.days = 1
    else:
        price = attribute_history(g.security, 2, '1d', ('high', 'low', 'close'))
        true_range = max(price['high'][-1] - price['low'][-1], price['high'][-1] - price['close'][-2], price['close'][-2] - price['low'][-1])
        g.N.append((true_range + 19 * g.N[-1]) / 20)


def market_in(current_price, cash, in_date):
    price = attribute_history(g.security, in_date, '1d', ('close',))
    if current_price > max(price['close']):
        num = min(g.unit * 2, cash / current_price)
        if num >= 100:
            o = order(g.security, int(num))
            if o is not None and o.filled > 0:
                g.sys1 += 1
                g.break_price1 = current_price


def market_add(current_price, cash):
    if g.sys1 < g.unit_limit and current_price >= g.break_price1 + 0.5 * g.N[-1]:
        num = min(g.unit, cash / current_price)
        if num >= 100:
            order(g.security, int(num))
            g.sys1 += 1
            g.break_price1 = current_price


def market_out(current_price, out_date):
    price = attribute_history(g.security, out_date, '1d', ('close',), df=False)
    if current_price < min(price['close']):
        order_target(g.security, 0)
        g.sys1 = 0


def stop_loss(current_price):
    if current_price < g.break_price1 - 2 * g.N[-1]:
        order_target(g.security, 0)
        g.sys1 = 0
