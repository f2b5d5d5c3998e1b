from xtquant.xttrader import XtQuantTrader, XtQuantTraderCallback
from xtquant.xttype import StockAccount


class C(XtQuantTraderCallback):
    def on_stock_trade(self, trade):
        held = trader.query_stock_position(acc, trade.stock_code)
        print("held", held.volume, held.can_use_volume)
        print("more", trader.order_stock(acc, trade.stock_code, 23, 100, 11, 9.0, "again", "") > 0)


trader = XtQuantTrader("p", 17)
trader.set_relaxed_response_order_enabled(True)
trader.register_callback(C())
trader.start()
trader.connect()
acc = StockAccount("17")
trader.subscribe(acc)
trader.order_stock(acc, "604018.SH", 23, 100, 11, 9.8)
trader.run_forever()
