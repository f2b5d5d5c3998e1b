# 网格交易：限价单挂在上下两格，收盘前撤单
from jqdata import *


def initialize(context):
    set_option('use_real_price', True)
    set_benchmark('000001.XSHE')
    set_order_cost(OrderCost(open_tax=0, close_tax=0.001, open_commission=0.0003, close_commission=0.0003, min_commission=5), type='stock')
    g.code = '601398.XSHG'
    g.step = 0.01
    g.canceled = 0
    g.rested = 0
    run_daily(build, '9:30')
    run_daily(withdraw, '15:00')


def build(context):
    p = context.portfolio
    pos = p.positions[g.code]
    if pos.total_amount == 0:
        order_target_value(g.code, p.total_value * 0.5)
        return
    base = get_current_data()[g.code].day_open
    lot = int(p.total_value * 0.05 / base / 100) * 100
    if lot < 100:
        return
    buy = order(g.code, lot, LimitOrderStyle(round(base * (1 - g.step), 2)))
    sell = None
    if pos.closeable_amount >= lot:
        sell = order(g.code, -lot, LimitOrderStyle(round(base * (1 + g.step), 2)))
    for o in (buy, sell):
        if o is not None and o.status == OrderStatus.open:
            g.rested += 1
    if buy is not None and buy.status == OrderStatus.open:
        assert p.locked_cash > 0 and buy.order_id in get_open_orders()
        if p.positions_value > p.total_value * 0.48:  # 仓位太重，撤掉买单
            if cancel_order(buy) is not None and buy.status == OrderStatus.canceled:
                g.canceled += 1


def withdraw(context):
    orders = get_open_orders()
    for _order in orders.values():
        cancel_order(_order)
    if len(get_open_orders()) != 0:
        raise ValueError('撤单失败')
