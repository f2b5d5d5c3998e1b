# 沪深300里低市盈率、高 ROE 的股票，每月第 3 个交易日调仓
from jqdata import *
from sqlalchemy import or_


def initialize(context):
    set_benchmark('000300.XSHG')
    set_option('use_real_price', True)
    set_option('order_volume_ratio', 1)
    g.num = 6
    run_monthly(select, 3, 'before_open', reference_security='000300.XSHG', force=True)
    run_monthly(trade, 3, 'open', reference_security='000300.XSHG', force=True)


def select(context):
    stocks = get_index_stocks('000300.XSHG', context.previous_date)
    q = query(
        valuation.code,
        valuation.pe_ratio,
        valuation.pb_ratio,
        indicator.roe,
        (valuation.market_cap * 2).label('twice'),
        valuation.market_cap,
    ).filter(
        valuation.code.in_(stocks),
        valuation.pe_ratio.between(0, 200),
        or_(indicator.roe > 1, indicator.inc_net_profit_year_on_year > 0),
    ).order_by(
        valuation.pe_ratio.asc()
    )
    df = get_fundamentals(q, date=context.previous_date)
    assert ((df['twice'] - 2 * df['market_cap']).abs() < 1e-6).all()
    df['score'] = df['pe_ratio'].rank() + df['roe'].rank(ascending=False)
    df = df.sort_values('score').dropna()
    g.buy_list = list(df['code'][:g.num])
    log.info('今日股票池', g.buy_list)


def trade(context):
    for s in context.portfolio.positions:
        if s not in g.buy_list:
            order_target(s, 0)
    psize = 1.0 / g.num * context.portfolio.total_value
    for s in g.buy_list:
        order_target_value(s, psize)
