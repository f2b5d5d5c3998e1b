import signal
import sys

from xtquant.xttrader import XtQuantTrader
from xtquant.xttype import StockAccount


def leave(number, frame):
    sys.exit(0)


signal.signal(signal.SIGINT, leave)
trader = XtQuantTrader("p", 26)
trader.start()
if trader.connect() != 0:
    sys.exit(1)
acc = StockAccount("26")
trader.subscribe(acc)
print(trader.order_stock(acc, "604018.SH", 23, 100, 11, 9.7))
input("press enter to leave")
print(len(trader.query_stock_positions(acc)))
