import queue
import threading
import time

from xtquant import xtconstant
from xtquant.xttrader import XtQuantTrader, XtQuantTraderCallback
from xtquant.xttype import StockAccount

orders = queue.Queue()
done = threading.Event()
lock = threading.Lock()
acc = StockAccount("9")
log = []


class C(XtQuantTraderCallback):
    def on_stock_trade(self, trade):
        with lock:
            log.append(("trade", trade.stock_code, trade.traded_volume))
        if len(log) >= 2:
            done.set()


def worker():
    while True:
        code, volume = orders.get()
        oid = trader.order_stock(acc, code, 23, volume, xtconstant.LATEST_PRICE, 0)
        with lock:
            log.append(("order", code, oid))
        orders.task_done()


trader = XtQuantTrader("p", 9)
trader.register_callback(C())
trader.start()
trader.connect()
trader.subscribe(acc)
threading.Thread(target=worker, daemon=True).start()
time.sleep(35 * 60)
for code in ("604018.SH", "604026.SH"):
    orders.put((code, 200))
orders.join()
print("in time", done.wait(timeout=5))
print(threading.current_thread().name, log)
