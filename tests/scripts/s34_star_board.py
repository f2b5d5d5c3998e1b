# 科创板：市价单需要保护限价
from jqdata import *


def initialize(context):
    set_option('use_real_price', True)
    g.code = '688008.XSHG'
    g.none_orders = 0
    g.held = 0
    run_weekly(trade, 1, '9:30')


def trade(context):
    data = get_current_data()[g.code]
    info = get_security_info(g.code)
    if info.start_date >= context.previous_date or data.paused:
        return
    if context.portfolio.positions[g.code].total_amount == 0:
        if order(g.code, 500) is None:
            g.none_orders += 1
        price = min(round(data.last_price * 1.02, 2), data.high_limit)
        o = order(g.code, 501, MarketOrderStyle(price))
        if o is not None and o.status is OrderStatus.held:
            g.held += 1
            assert o.filled == 501
    else:
        order_target(g.code, 0, LimitOrderStyle(max(round(data.last_price * 0.98, 2), data.low_limit)))
