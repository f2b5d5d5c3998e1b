# 高股息：finance.run_query 查分红
from jqdata import finance
from jqdata import *
import pandas as pd


def initialize(context):
    set_option('use_real_price', True)
    set_benchmark('000300.XSHG')
    set_slippage(FixedSlippage(0))
    g.stock_num = 5
    run_monthly(adjust, 1, time='9:30', reference_security='000300.XSHG')


def get_dividend_ratio(context, stock_list):
    time1 = context.previous_date
    time0 = time1 - datetime.timedelta(days=365)
    interval = 20
    df = pd.DataFrame()
    for i in range(0, len(stock_list), interval):
        part = stock_list[i:i + interval]
        q = query(finance.STK_XR_XD.code, finance.STK_XR_XD.a_registration_date, finance.STK_XR_XD.bonus_amount_rmb).filter(
            finance.STK_XR_XD.a_registration_date >= time0,
            finance.STK_XR_XD.a_registration_date <= time1,
            finance.STK_XR_XD.code.in_(part))
        df = df.append(finance.run_query(q))
    dividend = df.fillna(0)
    dividend = dividend.groupby('code').sum(numeric_only=True)
    temp_list = list(dividend.index)
    q = query(valuation.code, valuation.market_cap).filter(valuation.code.in_(temp_list))
    cap = get_fundamentals(q, date=time1)
    cap = cap.set_index('code')
    ratio = pd.concat([dividend, cap], axis=1, sort=False).dropna()
    ratio['dividend_ratio'] = (ratio['bonus_amount_rmb'] / 10000) / ratio['market_cap']
    ratio = ratio.sort_values(by=['dividend_ratio'], ascending=False)
    return list(ratio.index)


def adjust(context):
    stocks = get_index_stocks('000300.XSHG', context.previous_date)
    final_list = get_dividend_ratio(context, stocks)[:g.stock_num]
    log.info('选股结果: %s' % final_list)
    for stock in context.portfolio.positions:
        if stock not in final_list:
            order_target_value(stock, 0)
    for stock in final_list:
        order_target_value(stock, context.portfolio.total_value / len(final_list))
