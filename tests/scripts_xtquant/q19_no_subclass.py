# A callback that inherits from nothing and has two methods only; everything is imported with a star.
from xtquant.xttrader import *
from xtquant.xtconstant import *
import xtquant.xttype as xttype


class Callback:
    def on_stock_order(self, order):
        if order.order_status == ORDER_SUCCEEDED:
            print("done", getattr(order, "traded_price", None), getattr(order, "nothing", "default"))

    def on_order_error(self, error):
        print("error")


trader = XtQuantTrader("p", 19)
trader.register_callback(Callback())
trader.start()
trader.connect()
acc = xttype.StockAccount("19")
trader.subscribe(acc)
trader.order_stock(acc, "604018.SH", STOCK_BUY, 100, FIX_PRICE, 9.7)
trader.run_forever()
