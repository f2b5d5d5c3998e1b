# 首板次日：昨日涨停、前日未涨停，今日高开买入，次日卖出
from jqdata import *
from jqfactor import *
from jqlib.technical_analysis import *
import datetime as dt
import pandas as pd
import warnings


def initialize(context):
    warnings.filterwarnings('ignore')
    set_option('use_real_price', True)
    set_option('avoid_future_data', True)
    log.set_level('system', 'error')
    g.target_list = []
    g.bought = 0
    run_daily(get_stock_list, '9:01')
    run_daily(buy, '09:30')
    run_daily(sell, time='14:50', reference_security='000300.XSHG')


def get_hl_stock(initial_list, end_date):
    df = get_price(initial_list, end_date=end_date, frequency='daily', fields=['close', 'high', 'high_limit'], count=1, panel=False, fill_paused=False, skip_paused=False)
    df = df.dropna()
    df = df[df['close'] == df['high_limit']]
    return list(df.code)


def get_stock_list(context):
    date = context.previous_date
    days = get_trade_days(end_date=date, count=3)
    initial_list = get_all_securities('stock', date).index.tolist()
    initial_list = [s for s in initial_list if not s.startswith(('68', '8', '4', '9'))]
    by_date = date - dt.timedelta(days=50)
    initial_list = [s for s in initial_list if get_security_info(s).start_date < by_date]
    hl0 = get_hl_stock(initial_list, date)
    hl1 = get_hl_stock(initial_list, days[-2])
    g.target_list = [s for s in hl0 if s not in hl1]


def buy(context):
    current_data = get_current_data()
    qualified = []
    for s in g.target_list:
        last_close = attribute_history(s, 1, '1d', fields=['close'], skip_paused=True)['close'][0]
        open_pct = current_data[s].day_open / last_close
        if 0.99 < open_pct < 1.06 and not current_data[s].paused:
            qualified.append(s)
    if len(qualified) != 0 and context.portfolio.available_cash / context.portfolio.total_value > 0.3:
        value = context.portfolio.available_cash / len(qualified)
        for s in qualified:
            if context.portfolio.available_cash / current_data[s].last_price > 100:
                if order_value(s, value, MarketOrderStyle(current_data[s].day_open)) is not None:
                    g.bought += 1
                    print('买入' + s)


def sell(context):
    current_data = get_current_data()
    for s in list(context.portfolio.positions):
        pos = context.portfolio.positions[s]
        if pos.closeable_amount != 0 and current_data[s].last_price < current_data[s].high_limit:
            order_target_value(s, 0)
            print('卖出', [s, get_security_info(s, date=context.current_dt).display_name])
