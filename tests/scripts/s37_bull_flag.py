# 盘前下单（排队到开盘），尾盘检查
from jqdata import *


def initialize(context):
    set_option('use_real_price', True)
    set_option('order_volume_ratio', 0.1)
    g.new = 0
    g.seen = 0
    run_weekly(plan, 1, time='09:00', reference_security='000300.XSHG')
    run_weekly(check, 1, time='14:55', reference_security='000300.XSHG')
    run_weekly(leave, 4, time='9:30', reference_security='000300.XSHG')


def plan(context):
    g.ids = []
    for code in ['600030.XSHG', '601857.XSHG']:
        o = order(code, 2000)
        if o is None:
            continue
        if o.status == OrderStatus.new:
            g.new += 1
        g.ids.append(o.order_id)


def check(context):
    for order_id in g.ids:
        found = get_orders(order_id=order_id)
        for o in found.values():
            if o.status in (OrderStatus.held, OrderStatus.canceled):
                g.seen += 1
            assert str(o.status) == o.status.name
    held = get_orders(status=OrderStatus.held)
    assert all(o.filled == o.amount for o in held.values())


def leave(context):
    for code in context.portfolio.positions:
        order_target(code, 0)
