# 一天里很多时间点：盘前、开盘、盘中、尾盘、盘后
from jqdata import *


def initialize(context):
    set_option('use_real_price', True)
    g.calls = []
    g.wrong = 0
    run_daily(a_before, 'before_open')
    run_daily(b_prepare, '9:05')
    run_daily(c_open, 'open')
    run_daily(d_five, 'open+5m')
    run_daily(e_ten, '10:00')
    run_daily(f_noon, '13:00')
    run_daily(g_tail, 'close-10m')
    run_daily(h_close, 'close')
    run_daily(i_after, 'after_close')
    run_weekly(weekly, 2, '10:00')
    run_monthly(monthly, 2, '10:00')


def note(context, name):
    now = context.current_dt
    if g.calls and g.calls[-1][0] == now.date() and g.calls[-1][1] > now.time():
        g.wrong += 1
    g.calls.append((now.date(), now.time(), name))


def a_before(context):
    g.calls = []
    note(context, 'a')


def b_prepare(context):
    note(context, 'b')


def c_open(context):
    note(context, 'c')
    if '000001.XSHE' not in context.portfolio.positions:
        order_value('000001.XSHE', 20000)


def d_five(context):
    note(context, 'd')


def e_ten(context):
    note(context, 'e')


def weekly(context):
    note(context, 'weekly')
    order_value('600519.XSHG', context.portfolio.available_cash / 4)


def monthly(context):
    note(context, 'monthly')
    for code in context.portfolio.positions:
        order_target(code, 0)


def f_noon(context):
    note(context, 'f')


def g_tail(context):
    note(context, 'g')


def h_close(context):
    note(context, 'h')


def i_after(context):
    note(context, 'i')
    names = ''.join(name for day, time, name in g.calls if len(name) == 1)
    if names != 'abcdefghi':
        g.wrong += 1
