# 行业龙头：每个行业选市值最大的两只
from jqdata import *
import pandas as pd


def initialize(context):
    set_option('use_real_price', True)
    set_benchmark('000300.XSHG')
    log.set_level('order', 'error')
    g.picked = {}
    run_monthly(trade, -1, time='14:50', reference_security='000300.XSHG')


def trade(context):
    date = context.previous_date
    leaders = []
    industries = get_industries(name='sw_l1', date=date)
    for code in industries.index:
        stocks = get_industry_stocks(code, date=date)
        if not stocks:
            continue
        df = get_fundamentals(query(valuation).filter(valuation.code.in_(stocks)).order_by(valuation.market_cap.desc()).limit(2), date)
        names = df['code'].tolist()
        g.picked[code] = names
        leaders += names
    info = get_industry(leaders, date=date)
    for stock in leaders:
        assert info[stock]['sw_l1']['industry_code'] in industries.index
    current = get_current_data()
    leaders = [s for s in leaders if not current[s].paused and current[s].last_price < current[s].high_limit]
    g.leaders = leaders
    for s in list(context.portfolio.positions.keys()):
        if s not in leaders:
            order_target(s, 0)
    if len(leaders) == 0:
        return
    for s in leaders:
        order_target_value(s, context.portfolio.total_value * 0.95 / len(leaders))
