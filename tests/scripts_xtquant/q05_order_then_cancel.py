import time

from xtquant import xtconstant
from xtquant.xttrader import XtQuantTrader, XtQuantTraderCallback
from xtquant.xttype import StockAccount


class C(XtQuantTraderCallback):
    def on_stock_order(self, order):
        print(order.order_id, order.order_status)

    def on_cancel_error(self, e):
        print("cancel error", e.order_id, e.error_id)

    def on_cancel_order_stock_async_response(self, response):
        print("cancel response", response.order_id, response.cancel_result, response.seq)


t = XtQuantTrader("p", 5)
t.register_callback(C())
t.start()
t.connect()
acc = StockAccount("2", "STOCK")
t.subscribe(acc)
time.sleep(3600)
low = t.order_stock(acc, "604018.SH", 23, 100, 11, 9.0)
time.sleep(60)
print("cancel", t.cancel_order_stock(acc, low))
time.sleep(1)
print("again", t.cancel_order_stock(acc, low))
other = t.order_stock(acc, "604018.SH", 23, 100, 11, 9.01)
order = t.query_stock_order(acc, other)
print("by sysid", t.cancel_order_stock_sysid(acc, xtconstant.SH_MARKET, order.order_sysid))
third = t.order_stock(acc, "604018.SH", 23, 100, 11, 9.02)
print("async", t.cancel_order_stock_async(acc, third))
time.sleep(1)
print([o.order_status for o in t.query_stock_orders(acc)], len(t.query_stock_orders(acc, True)))
