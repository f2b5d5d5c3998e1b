# 克隆自聚宽文章：小市值按月轮动
# 标题：最简单的小市值
import pandas as pd
from jqdata import *


def initialize(context):
    set_option('use_real_price', True)
    set_option("avoid_future_data", True)
    set_benchmark('000905.XSHG')
    log.set_level('order', 'error')
    set_slippage(FixedSlippage(0.02))
    g.stocknum = 5
    run_monthly(rebalance, 1, time='open', reference_security='000300.XSHG')


def filter_paused_stock(stock_list):
    current_data = get_current_data()
    return [stock for stock in stock_list if not current_data[stock].paused]


def filter_st_stock(stock_list):
    current_data = get_current_data()
    return [stock for stock in stock_list
            if not current_data[stock].is_st
            and 'ST' not in current_data[stock].name
            and '*' not in current_data[stock].name
            and '退' not in current_data[stock].name]


def filter_limitup_stock(context, stock_list):
    last_prices = history(1, unit='1m', field='close', security_list=stock_list)
    current_data = get_current_data()
    return [stock for stock in stock_list if stock in context.portfolio.positions.keys()
            or last_prices[stock][-1] < current_data[stock].high_limit]


def rebalance(context):
    q = query(
        valuation.code, valuation.circulating_market_cap
    ).filter(
        valuation.circulating_market_cap > 0
    ).order_by(
        valuation.circulating_market_cap.asc()
    ).limit(g.stocknum * 4)
    df = get_fundamentals(q)
    stocks = filter_paused_stock(list(df['code']))
    stocks = filter_st_stock(stocks)
    stocks = filter_limitup_stock(context, stocks)[:g.stocknum]
    for stock in context.portfolio.positions.keys():
        if stock not in stocks:
            order_target_value(stock, 0)
    position_count = len(context.portfolio.positions)
    if g.stocknum > position_count:
        value = context.portfolio.cash / (g.stocknum - position_count)
        for stock in stocks:
            if context.portfolio.positions[stock].total_amount == 0:
                order_target_value(stock, value)
                if len(context.portfolio.positions) == g.stocknum:
                    break
