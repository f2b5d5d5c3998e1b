# T+1：当天买入当天卖不出
import jqdata


def initialize(context):
    set_option('use_real_price', True)
    g.refused = 0
    g.tries = 0
    run_monthly(buy, 1, 'open')
    run_monthly(sell_same_day, 1, '14:30')
    run_monthly(sell_later, 3, 'open')


def buy(context):
    order_value('000333.XSHE', context.portfolio.available_cash * 0.5)
    order_value('510300.XSHG', context.portfolio.available_cash * 0.5)


def sell_same_day(context):
    for code in context.portfolio.unsell_positions:
        g.tries += 1
        if order_target(code, 0) is None:
            g.refused += 1
    for code, position in context.portfolio.positions.items():
        assert position.closeable_amount + position.today_amount <= position.total_amount or position.today_amount == 0


def sell_later(context):
    for position in context.portfolio.positions.values():
        order_target(position.security, 0)
    assert len(context.portfolio.positions) == 0 or not context.portfolio.positions
