# get_valuation 时间序列，PE 分位定投
from jqdata import *
import numpy as np


def initialize(context):
    set_option('use_real_price', True)
    g.code = '601398.XSHG'
    g.times = 0
    run_monthly(invest, 5, 'open', '000300.XSHG')


def invest(context):
    df = get_valuation(g.code, end_date=context.previous_date, count=120, fields=['pe_ratio', 'market_cap'])
    assert df['day'].max().date() <= context.previous_date
    pe = df['pe_ratio'].values
    rank = (pe < pe[-1]).mean()
    money = context.portfolio.starting_cash / 20 * (1.5 if rank < 0.5 else 0.5)
    o = order_value(g.code, money)
    if o:
        g.times += 1
        log.info('定投第%d次, 分位 %.2f' % (g.times, rank))
    pos = context.portfolio.positions[g.code]
    if pos.total_amount and pos.price / pos.avg_cost > 1.25:
        order_target_value(g.code, pos.value / 2)
    log.info(pos.acc_avg_cost, pos.hold_cost, pos.today_amount, pos.locked_amount)
