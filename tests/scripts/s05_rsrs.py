# RSRS 择时（阻力支撑相对强度），不用 statsmodels，用 numpy 回归
from jqdata import *
import numpy as np


def initialize(context):
    set_benchmark('000300.XSHG')
    set_option('use_real_price', True)
    set_slippage(PriceRelatedSlippage(0.00246), type='stock')
    set_parameter(context)
    run_daily(market_open, time='open', reference_security='000300.XSHG')
    run_daily(print_trade_info, time='15:30', reference_security='000300.XSHG')


def set_parameter(context):
    g.N = 18
    g.M = 120
    g.buy = 0.7
    g.sell = -0.7
    g.ref = '000300.XSHG'
    g.security = '510300.XSHG'
    g.ans = []
    g.ans_rightdev = []
    prices = get_price(g.ref, count=g.M + g.N, end_date=context.previous_date, frequency='daily', fields=['high', 'low'])
    highs, lows = prices.high, prices.low
    for i in range(len(highs))[g.N:]:
        slope, r2 = ols(lows.iloc[i - g.N + 1:i + 1], highs.iloc[i - g.N + 1:i + 1])
        g.ans.append(slope)
        g.ans_rightdev.append(r2)


def ols(x, y):
    slope, intercept = np.polyfit(x, y, 1)
    r2 = 1 - (sum((y - (slope * x + intercept)) ** 2) / ((len(y) - 1) * np.var(y, ddof=1)))
    return slope, r2


def market_open(context):
    prices = attribute_history(g.ref, g.N, '1d', ['high', 'low'])
    slope, r2 = ols(prices['low'], prices['high'])
    g.ans.append(slope)
    g.ans_rightdev.append(r2)
    section = g.ans[-g.M:]
    mu, sigma = np.mean(section), np.std(section)
    zscore = (section[-1] - mu) / sigma
    zscore_rightdev = zscore * slope * r2
    record(zscore=zscore_rightdev)
    if zscore_rightdev > g.buy:
        if g.security not in context.portfolio.positions:
            log.info("市场风险在合理范围")
            order_value(g.security, context.portfolio.available_cash)
    elif zscore_rightdev < g.sell and len(context.portfolio.positions.keys()) > 0:
        log.info("市场风险过大，保持空仓状态")
        for s in context.portfolio.positions.keys():
            order_target(s, 0)


def print_trade_info(context):
    for trade in get_trades().values():
        print('成交记录：' + str(trade))
    for position in list(context.portfolio.positions.values()):
        securities = position.security
        cost = position.avg_cost
        price = position.price
        ret = 100 * (price / cost - 1)
        print('代码:{} 成本价:{} 现价:{} 收益率:{}% 持仓(股):{} 市值:{}'.format(
            securities, format(cost, '.2f'), price, format(ret, '.2f'), position.total_amount, format(position.value, '.2f')))
