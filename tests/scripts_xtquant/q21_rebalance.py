import time
from datetime import datetime
from datetime import time as clock

from xtquant import xtconstant
from xtquant.xttrader import XtQuantTrader
from xtquant.xttype import StockAccount

targets = {"604018.SH": 0.3, "604026.SH": 0.3, "004102.SZ": 0.3}
trader = XtQuantTrader("p", 21)
trader.start()
trader.connect()
acc = StockAccount("21")
trader.subscribe(acc)
from xtquant import xtdata

while datetime.now().time() < clock(9, 31):
    time.sleep(1)
for day in range(3):
    asset = trader.query_stock_asset(acc)
    held = {p.stock_code: p for p in trader.query_stock_positions(acc)}
    ticks = xtdata.get_full_tick(list(targets))
    for code, weight in targets.items():
        price = ticks[code]["lastPrice"]
        want = int(asset.total_asset * weight / price / 100) * 100
        have = held[code].volume if code in held else 0
        if want > have:
            trader.order_stock(acc, code, 23, want - have, xtconstant.FIX_PRICE, price, "rebalance", code)
        elif want < have and held[code].can_use_volume >= have - want:
            trader.order_stock(acc, code, 24, have - want, xtconstant.FIX_PRICE, price, "rebalance", code)
    time.sleep(5)
    for order in trader.query_stock_orders(acc, cancelable_only=True):
        trader.cancel_order_stock(acc, order.order_id)
    print([(o.stock_code, o.order_volume, o.order_status) for o in trader.query_stock_orders(acc)])
    time.sleep(86400)
