# -*- coding: utf-8 -*-
# 老策略，Python 2 语法
def initialize(context):
    g.stocks = ['600030.XSHG', '600887.XSHG']
    g.count = 0
    set_universe(g.stocks)
    set_benchmark('000300.XSHG')
    set_option('use_real_price', True)
    set_commission(PerTrade(buy_cost=0.0008, sell_cost=0.0015, min_cost=5))


def handle_data(context, data):
    h = history(20, '1d', 'close')
    for stock in g.stocks:
        try:
            ma = h[stock].mean()
            last = h[stock][-1]
        except Exception, e:
            print 'no data', e
            continue
        if not data[stock].isnan():
            if last > ma and not context.portfolio.positions.has_key(stock):
                order_value(stock, context.portfolio.cash / 2)
                print 'buy', stock, last
                g.count += 1
            elif last < ma * 0.98 and context.portfolio.positions.has_key(stock):
                order_target(stock, 0)
                print "sell %s" % stock
    for i in xrange(2):
        ratio = 7 / 2
    if g.count <> 0 and isinstance(g.stocks[0], basestring):
        record(count=g.count, ratio=ratio)
