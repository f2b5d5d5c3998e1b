from xtquant.xttrader import XtQuantTrader, XtQuantTraderCallback
from xtquant.xttype import StockAccount


class Grid(XtQuantTraderCallback):
    """Each fill sends the next order of the grid."""

    def __init__(self):
        self.base, self.fills = 9.6, []

    def on_stock_trade(self, trade):
        self.fills.append((trade.order_type, trade.traded_price, trade.traded_volume))
        print("fill", trade.order_type, trade.traded_price, trade.traded_volume, trade.traded_amount)

    def on_order_stock_async_response(self, response):
        print("sent", response.seq, response.order_id, response.error_msg)

    def on_order_error(self, error):
        print("error", error.error_id, error.error_msg)


callback = Grid()
trader = XtQuantTrader("userdata_mini", 4, callback=callback)
acc = StockAccount("1")
trader.start()
trader.connect()
trader.subscribe(acc)
for step in range(5):
    trader.order_stock_async(acc, "604018.SH", 23, 100, 11, round(9.6 - 0.05 * step, 2), "grid", "buy%d" % step)
trader.run_forever()
print("fills", callback.fills)
