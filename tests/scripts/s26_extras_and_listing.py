# 次新股/ST 过滤：get_extras, get_security_info, get_all_trade_days
from jqdata import *
import datetime


def initialize(context):
    set_option('use_real_price', True)
    log.set_level('order', 'error')
    g.num = 8
    run_monthly(main, 1, '9:30', reference_security='000300.XSHG')


def main(context):
    today = context.current_dt.date()
    securities = get_all_securities(['stock'], date=today)
    stocks = securities.index.tolist()
    st = get_extras('is_st', stocks, start_date=context.previous_date, end_date=context.previous_date, df=True)
    stocks = [s for s in stocks if not st[s][0]]
    st_now = get_extras('is_st', stocks[:3], end_date=today, count=2, df=False)
    assert all(len(values) == 2 for values in st_now.values())
    stocks = [s for s in stocks if today - get_security_info(s).start_date > datetime.timedelta(days=365)]
    stocks = [s for s in stocks if get_security_info(s).end_date > today and get_security_info(s).type == 'stock']
    all_days = get_all_trade_days()
    place = list(all_days).index(today)
    assert all_days[place - 1] == context.previous_date
    money = history(20, '1d', 'money', stocks).mean()
    money = money.sort_values(ascending=True)
    cd = get_current_data()
    g.buy = [s for s in money.index if not cd[s].paused and cd[s].day_open < cd[s].high_limit][:g.num]
    for code in context.portfolio.positions:
        if code not in g.buy:
            order_target(code, 0)
    for code in g.buy:
        order_target_value(code, context.portfolio.total_value / g.num)
