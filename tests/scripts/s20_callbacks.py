# 所有回调：after_code_changed 里注册定时任务
from jqdata import *


def initialize(context):
    g.order_of = ['initialize']
    g.old = 1
    set_option('use_real_price', True)
    run_daily(never, 'open')


def never(context):
    raise RuntimeError('已经被 unschedule_all 取消')


def after_code_changed(context):
    g.order_of.append('after_code_changed')
    unschedule_all()
    set_slippage(FixedSlippage(0.02))
    run_daily(trade, time='10:30')


def process_initialize(context):
    g.order_of.append('process_initialize')
    g.__model = object()


def before_trading_start(context):
    g.day_plan = {'date': context.current_dt.date(), 'previous': context.previous_date}
    assert context.current_dt.hour == 9 and context.current_dt.minute == 0
    assert g.day_plan['previous'] < g.day_plan['date']


def handle_data(context, data):
    context.count = getattr(context, 'count', 0) + 1


def trade(context):
    if context.count % 20 == 1:
        order_target_value('600887.XSHG', context.portfolio.total_value * 0.6)
    elif context.count % 20 == 11:
        order_target('600887.XSHG', 0)


def after_trading_end(context):
    assert len(get_open_orders()) == 0
    record(value=context.portfolio.total_value / context.portfolio.starting_cash, returns=context.portfolio.returns)


def on_strategy_end(context):
    g.order_of.append('on_strategy_end')
