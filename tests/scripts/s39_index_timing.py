# 大盘择时：指数均线 + 止损 + 空仓买入黄金/债券 ETF
from jqdata import *
import datetime


def initialize(context):
    set_benchmark('000300.XSHG')
    set_option('use_real_price', True)
    set_option("match_by_signal", True)
    log.set_level('order', 'error')
    set_slippage(FixedSlippage(0.002), type='fund')
    g.signal = ''
    g.switches = 0
    run_daily(timing, '9:30')
    run_daily(info, '15:10')


def timing(context):
    close = attribute_history('000300.XSHG', 30, '1d', ['close'], df=False)['close']
    index = get_price('000300.XSHG', start_date=context.previous_date - datetime.timedelta(days=40), end_date=context.previous_date, fields='close')
    assert abs(index['close'][-1] - close[-1]) < 1e-9
    signal = 'stock' if close[-1] > close.mean() else 'safe'
    if signal != g.signal:
        g.switches += 1
        g.signal = signal
        buy, sell = ('510050.XSHG', '159949.XSHE') if signal == 'stock' else ('159949.XSHE', '510050.XSHG')
        if sell in context.portfolio.positions:
            order_target(sell, 0)
        order_value(buy, context.portfolio.available_cash)


def info(context):
    for pos in context.portfolio.positions.values():
        log.info(pos.security, pos.total_amount, pos.avg_cost, pos.price, pos.value, pos.init_time, pos.transact_time)
    record(pv=context.portfolio.positions_value, cash=context.portfolio.available_cash)
    log.info('today', len(get_orders()), len(get_trades()), context.portfolio.inout_cash)
