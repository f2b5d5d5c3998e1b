import time
from threading import Timer

from xtquant.xttrader import XtQuantTrader
from xtquant.xttype import StockAccount

trader = XtQuantTrader("p", 10)
trader.start()
trader.connect()
acc = StockAccount("10")
trader.subscribe(acc)
count = 0


def again():
    global count
    count += 1
    print(count, time.strftime("%H:%M:%S"))
    if count < 5:
        Timer(600, again).start()


Timer(600, again).start()
