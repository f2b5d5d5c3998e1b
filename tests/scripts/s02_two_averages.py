# 双均线，handle_data 写法，没有任何 import
def initialize(context):
    g.security = '600519.XSHG'
    set_universe([g.security])
    set_option('use_real_price', True)
    set_commission(PerTrade(buy_cost=0.0003, sell_cost=0.0013, min_cost=5))


def handle_data(context, data):
    security = g.security
    ma5 = data[security].mavg(5, 'close')
    ma20 = data[security].mavg(20, 'close')
    price = data[security].price
    cash = context.portfolio.cash
    if ma5 > ma20 and cash > price * 100:
        amount = int(cash / price)
        order(security, +amount)
        log.info("Buying %s" % (security))
    elif ma5 < ma20 and context.portfolio.positions[security].sellable_amount > 0:
        order(security, -context.portfolio.positions[security].sellable_amount)
        log.info("Selling %s" % (security))
    record(stock_price=price, ma5=ma5, ma20=ma20)
