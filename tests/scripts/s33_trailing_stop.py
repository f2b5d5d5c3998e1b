# 移动止盈，循环里下单，字典保存最高价
from jqdata import *


def initialize(context):
    set_option('use_real_price', True)
    set_order_cost(OrderCost(open_tax=0, close_tax=0.0005, open_commission=0.00025, close_commission=0.00025, close_today_commission=0, min_commission=5), type='stock')
    set_slippage(StepRelatedSlippage(2))
    log.set_level('order', 'error')
    g.max_price = {}
    g.pool = ['600519.XSHG', '000858.XSHE', '600276.XSHG', '601318.XSHG', '002415.XSHE', '600887.XSHG']
    run_daily(stop, '14:50')
    run_daily(enter, '9:30')


def enter(context):
    free = 4 - len(context.portfolio.long_positions)
    if free <= 0:
        return
    df = history(21, '1d', 'close', g.pool)
    ret = (df.iloc[-1] / df.iloc[0] - 1).dropna()
    for code in ret.sort_values(ascending=False).index:
        if free == 0:
            break
        if ret[code] > 0 and code not in context.portfolio.long_positions:
            o = order_target_value(code, context.portfolio.available_cash / free)
            if o is not None and o.status == OrderStatus.held:
                free -= 1
                g.max_price[code] = o.price


def stop(context):
    for code, pos in context.portfolio.long_positions.items():
        if pos.closeable_amount == 0:
            continue
        high = max(g.max_price.get(code, pos.price), pos.price)
        g.max_price[code] = high
        if pos.price < high * 0.92 or pos.price < pos.avg_cost * 0.94:
            o = order_target_value(code, 0)
            if o is not None and o.filled == o.amount:
                del g.max_price[code]
    assert set(context.portfolio.positions) <= set(g.max_price)
