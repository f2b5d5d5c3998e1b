# 止损止盈委托：买入后每天挂出止损单和限价止盈单
from jqdata import *


def initialize(context):
    set_option("use_real_price", True)
    set_slippage(FixedSlippage(0))
    g.code = "000651.XSHE"
    g.stopped = 0
    g.taken = 0
    run_daily(main, "09:30")
    run_daily(settle, "after_close")


def main(context):
    pos = context.portfolio.positions[g.code]
    if pos.total_amount == 0:
        g.entry = order_target_value(g.code, context.portfolio.total_value * 0.9)
        return
    if pos.closeable_amount == 0:
        return
    half = int(pos.closeable_amount / 200) * 100
    price = get_current_data()[g.code].last_price
    if half:
        g.stop = order(g.code, -half, StopMarketOrderStyle("stop_loss", round(price * 0.98, 2)))
        g.take = order(g.code, -half, StopLimitOrderStyle("take_profit", round(price * 1.02, 2), round(price * 1.02, 2)))


def settle(context):
    for o in get_orders().values():
        if o.is_buy:
            continue
        if o.status == OrderStatus.held:
            if o.price <= context.portfolio.positions[g.code].price:
                g.stopped += 1
            else:
                g.taken += 1
        else:
            assert o.status in (OrderStatus.canceled, OrderStatus.rejected, OrderStatus.filled), o.status
