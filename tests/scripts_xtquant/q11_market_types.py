import time

from xtquant import xtconstant
from xtquant.xttrader import XtQuantTrader, XtQuantTraderCallback
from xtquant.xttype import StockAccount


class C(XtQuantTraderCallback):
    def on_stock_order(self, o):
        print(o.stock_code, o.order_id, o.price_type, o.order_status, o.status_msg)

    def on_order_error(self, e):
        print("error", e.order_id, e.error_id, e.error_msg)


t = XtQuantTrader("p", 11)
t.register_callback(C())
t.start()
t.connect()
acc = StockAccount("11")
t.subscribe(acc)
time.sleep(31 * 60)
for kind in (42, 43, 44, 45):
    t.order_stock(acc, "604018.SH", 23, 100, kind, 0)
for kind in (44, 45, 46, 47, 48):
    t.order_stock(acc, "004102.SZ", 23, 100, kind, 0)
print("junk", t.order_stock(acc, "004102.SZ", 23, 100, xtconstant.MARKET_SH_CONVERT_5_CANCEL, 0))
print("future type", t.order_stock(acc, "604018.SH", 23, 100, xtconstant.MARKET_BEST, 0))
time.sleep(10)
t.stop()
