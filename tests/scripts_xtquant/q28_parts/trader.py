from xtquant import xtconstant
from xtquant.xttrader import XtQuantTrader
from xtquant.xttype import StockAccount

from .config import STRATEGY


class Trader:
    def __init__(self, number):
        self.acc = StockAccount(number)
        self.trader = XtQuantTrader("p", 28)
        self.trader.start()
        self.trader.connect()
        self.trader.subscribe(self.acc)

    def buy(self, code, volume):
        return self.trader.order_stock(
            self.acc, code, xtconstant.STOCK_BUY, volume, xtconstant.LATEST_PRICE, 0, STRATEGY
        )

    def status(self):
        return [(order.strategy_name, order.order_status) for order in self.trader.query_stock_orders(self.acc)]
