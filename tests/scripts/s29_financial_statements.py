# 多因子：income / balance / cash_flow / indicator，按季度报表
from jqdata import *
import pandas as pd


def initialize(context):
    set_option('use_real_price', True)
    set_benchmark('000300.XSHG')
    log.set_level('order', 'error')
    g.num = 6
    run_monthly(main, 2, 'open')


def main(context):
    stocks = get_index_stocks('000300.XSHG')
    q = query(
        valuation.code,
        valuation.pb_ratio,
        indicator.roa,
        indicator.gross_profit_margin,
        income.operating_revenue,
        income.net_profit,
        balance.total_assets,
        balance.total_liability,
        cash_flow.net_operate_cash_flow,
        (balance.total_liability / balance.total_assets).label('leverage'),
    ).filter(
        valuation.code.in_(stocks),
        income.net_profit > 0,
        balance.total_liability / balance.total_assets < 0.95,
    )
    df = get_fundamentals(q)
    df.index = df.code
    df = df.drop('code', axis=1)
    df['accrual'] = df['net_operate_cash_flow'] / df['total_assets']
    score = df['roa'].rank() + df['accrual'].rank() - df['pb_ratio'].rank() - df['leverage'].rank()
    g.buy = score.sort_values(ascending=False).head(g.num).index.tolist()
    year = context.current_dt.year
    last = get_fundamentals(query(income.code, income.net_profit, income.statDate).filter(income.code.in_(g.buy)), statDate=str(year - 1) + 'q2')
    assert set(last['code']) <= set(g.buy)
    for s in context.portfolio.positions.keys():
        if s not in g.buy:
            order_target_value(s, 0)
    for s in g.buy:
        order_target_value(s, context.portfolio.total_value / g.num)
