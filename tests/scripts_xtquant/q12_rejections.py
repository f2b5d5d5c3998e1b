import time

from xtquant.xttrader import XtQuantTrader, XtQuantTraderCallback
from xtquant.xttype import StockAccount


class C(XtQuantTraderCallback):
    def on_order_error(self, e):
        print("error", e.order_id, e.error_id, e.error_msg, e.order_remark)


t = XtQuantTrader("p", 12)
t.register_callback(C())
t.start()
print("before", t.order_stock(StockAccount("12"), "604018.SH", 23, 100, 11, 9.6))
t.connect()
acc = StockAccount("12")
t.subscribe(acc)
time.sleep(40 * 60)
ids = [
    t.order_stock(acc, "604018.SH", 24, 100, 11, 9.6, "s", "no shares"),
    t.order_stock(acc, "604018.SH", 23, 10000000, 11, 9.6, "s", "no cash"),
    t.order_stock(acc, "604018.SH", 23, 150, 11, 9.6, "s", "odd lot"),
    t.order_stock(acc, "604018.SH", 23, 100, 11, 19.6, "s", "price limit"),
    t.order_stock(acc, "999999.SH", 23, 100, 11, 9.6, "s", "no code"),
]
time.sleep(6 * 3600)
ids.append(t.order_stock(acc, "604018.SH", 23, 100, 11, 9.6, "s", "closed"))
print(ids, [(o.order_id, o.order_status) for o in t.query_stock_orders(acc)])
for o in t.query_stock_orders(acc):
    print(o.status_msg)
