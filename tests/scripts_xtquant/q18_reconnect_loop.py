import os
import random
import time

from xtquant.xttrader import XtQuantTrader
from xtquant.xttype import StockAccount

path = r"D:\client\userdata_mini"
if not os.path.exists(path):
    raise SystemExit("no client")


def create_trader(acc, session_id):
    trader = XtQuantTrader(path, session_id, callback=None)
    trader.start()
    if trader.connect() == 0:
        print("connected", session_id > 0)
        trader.subscribe(acc)
        return trader, True
    return trader, False


def try_connect(acc):
    ids = [i for i in range(100, 120)]
    random.shuffle(ids)
    for session_id in ids:
        trader, success = create_trader(acc, session_id)
        if success:
            return trader
    return None


acc = StockAccount("18")
for attempt in range(3):
    trader = try_connect(acc)
    print("assets", trader.query_stock_asset(acc).total_asset)
    trader.stop()
    trader.stop()
    print(trader.connected, trader.query_stock_asset(acc))
    time.sleep(86400)
