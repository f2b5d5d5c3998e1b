import datetime
import time

from xtquant import xtconstant
from xtquant.xttrader import XtQuantTrader
from xtquant.xttype import StockAccount

trader = XtQuantTrader(r"D:\client\userdata_mini", int(time.time()))
acc = StockAccount("1000000365")
trader.start()
assert trader.connect() == 0
assert trader.subscribe(acc) == 0
bought = False
while True:
    now = datetime.datetime.now()
    if now.strftime("%H:%M") >= "09:31" and now.strftime("%H:%M") < "15:00" and not bought:
        order_id = trader.order_stock(
            acc, "604018.SH", xtconstant.STOCK_BUY, 100, xtconstant.LATEST_PRICE, -1, "poll", "r"
        )
        while True:
            time.sleep(3)
            order = trader.query_stock_order(acc, order_id)
            if order.order_status in (53, 54, 56, 57):
                print(now, order.order_status, order.traded_price)
                break
        bought = True
    time.sleep(3)
