import time

from xtquant.xttrader import XtQuantTrader, XtQuantTraderCallback
from xtquant.xttype import StockAccount


class C(XtQuantTraderCallback):
    def on_stock_order(self, order):
        trader.query_stock_orders_async(acc, lambda orders: print("orders", [o.order_status for o in orders]))


trader = XtQuantTrader("p", 16)
trader.register_callback(C())
trader.start()
trader.connect()
acc = StockAccount("16")
trader.subscribe(acc)
print(trader.query_stock_asset_async(acc, lambda asset: print("asset", asset.cash)))
print(trader.query_stock_positions_async(acc, lambda found: print("positions", len(found))) > 0)
print(trader.query_stock_trades_async(acc, callback=lambda found: print("trades", len(found))) > 0)
trader.order_stock(acc, "604018.SH", 23, 100, 11, 9.7)
print([vars(info) for info in trader.query_account_infos()], trader.query_account_status()[0].status)
time.sleep(3600)
