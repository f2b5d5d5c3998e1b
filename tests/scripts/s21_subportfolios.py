# 分仓:两个股票仓位,本例只用第一个交易
from jqdata import *


def initialize(context):
    set_option('use_real_price', True)
    init_cash = context.portfolio.starting_cash
    set_subportfolios([SubPortfolioConfig(cash=init_cash * 0.6, type='stock'), SubPortfolioConfig(cash=init_cash * 0.4, type='stock')])
    g.moved = False
    run_weekly(trade, weekday=-1, time='open')


def trade(context):
    sub = context.subportfolios[0]
    other = context.subportfolios[1]
    if not g.moved:
        before = other.available_cash
        transfer_cash(from_pindex=1, to_pindex=0, cash=1000)
        g.change = context.subportfolios[1].available_cash - before
        g.moved = True
    if not sub.long_positions:
        order_value('601318.XSHG', min(sub.available_cash, sub.transferable_cash) * 0.5, pindex=0)
    else:
        for code in sub.long_positions.keys():
            o = order_target(code, 0, side='long', pindex=0)
            if o is None:
                log.warn('卖出失败', code)
    assert len(context.portfolio.short_positions) == 0
    assert len(other.long_positions) == 0
    record(sub_value=sub.total_value, positions=sub.positions_value)
