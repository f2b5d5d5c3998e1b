克隆自聚宽文章：https://www.joinquant.com/post/00000
标题：一个简单稳定的低价策略
作者：某某某

说明：本策略仅供学习，每周一调仓。
回测收益不代表未来！

import numpy as np
import pandas as pd
from jqdata import *

def initialize(context):
    set_option('use_real_price', True)
    set_benchmark('000300.XSHG')
    log.set_level('order', 'error')
    set_slippage(FixedSlippage(0))
    g.num = 4
    run_weekly(trade, 1, time='9:30', reference_security='000300.XSHG')

def trade(context):
    stocks = list(get_all_securities(['stock'], context.previous_date).index)
    close = history(1, '1d', 'close', stocks, df=True)
    cheap = close.iloc[-1].dropna().order()
    curr = get_current_data()
    buys = [s for s in cheap.index if not curr[s].paused and not curr[s].is_st and curr[s].last_price > 2
            and curr[s].low_limit < curr[s].day_open < curr[s].high_limit][:g.num]
    for s in context.portfolio.positions:
        if s not in buys and curr[s].last_price > curr[s].low_limit:
            order_target(s, 0)
    free = g.num - len(context.portfolio.positions)
    if free > 0:
        cash = context.portfolio.available_cash / free
        for s in buys:
            if s not in context.portfolio.positions and free > 0:
                o = order_value(s, cash)
                if o is not None and o.status == OrderStatus.held and o.filled == o.amount:
                    free -= 1
