# KDJ + MACD + RSI，用 jqlib 技术指标库
from jqdata import *
from jqlib.technical_analysis import *


def initialize(context):
    set_option('use_real_price', True)
    log.set_level('order', 'error')
    g.security = ['000858.XSHE', '000333.XSHE']
    run_daily(period, time='open', reference_security='000300.XSHG')


def period(context):
    before = context.previous_date
    K1, D1, J1 = KDJ(g.security, check_date=before, N=9, M1=3, M2=3)
    DIF, DEA, MACD1 = MACD(g.security, check_date=before, SHORT=12, LONG=26, MID=9)
    RSI1 = RSI(g.security, before, N1=6)
    MA1 = MA(g.security, before, timeperiod=20)
    up, mid, low = Bollinger_Bands(g.security, before, timeperiod=20, nbdevup=2, nbdevdn=2)
    for s in g.security:
        if J1[s] < 20 and RSI1[s] < 40 and s not in context.portfolio.positions:
            order_value(s, context.portfolio.total_value * 0.45)
        elif (J1[s] > 90 or RSI1[s] > 75) and s in context.portfolio.positions:
            order_target_value(s, 0)
        assert low[s] <= mid[s] <= up[s]
        assert abs(mid[s] - MA1[s]) < 1e-9
    record(J=J1[g.security[0]], DIF=DIF[g.security[0]])
