import datetime
import time

from xtquant import xtdata
from xtquant.xttrader import XtQuantTrader
from xtquant.xttype import StockAccount


class Seller:
    def __init__(self, trader, acc, loss=0.03, gain=0.03):
        self.trader, self.acc, self.loss, self.gain = trader, acc, loss, gain
        self.cache = {}

    def check(self):
        for held in self.trader.query_stock_positions(self.acc):
            if held.can_use_volume == 0:
                continue
            price = xtdata.get_full_tick([held.stock_code])[held.stock_code]["lastPrice"]
            change = price / held.open_price - 1
            if change < -self.loss or change > self.gain:
                number = self.trader.order_stock(self.acc, held.stock_code, 24, held.can_use_volume, 5, -1, "stop", "")
                print(datetime.datetime.now().strftime("%m-%d %H:%M"), held.stock_code, round(change, 4), number)


trader = XtQuantTrader("p", 27)
trader.start()
trader.connect()
acc = StockAccount("27")
trader.subscribe(acc)
for code in ("604018.SH", "004102.SZ", "302601.SZ"):
    tick = xtdata.get_full_tick([code])[code]
    trader.order_stock(acc, code, 23, 1000, 11, round(tick["lastClose"] * 1.05, 2))
seller = Seller(trader, acc)
while True:
    now = datetime.datetime.now()
    if now.weekday() < 5 and datetime.time(9, 30) < now.time() < datetime.time(14, 57):
        seller.check()
    time.sleep(60)
