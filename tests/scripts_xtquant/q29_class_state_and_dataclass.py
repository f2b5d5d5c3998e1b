from __future__ import annotations

import json
import time
from collections import defaultdict
from dataclasses import dataclass
from enum import Enum

from xtquant import xtconstant
from xtquant.xttrader import XtQuantTrader, XtQuantTraderCallback
from xtquant.xttype import StockAccount


class Side(Enum):
    BUY = xtconstant.STOCK_BUY
    SELL = xtconstant.STOCK_SELL


@dataclass
class Signal:
    code: str
    side: Side
    volume: int
    price: float | None = None


class Manager(XtQuantTraderCallback):
    def __init__(self):
        self.by_seq: dict[int, Signal] = {}
        self.status = defaultdict(list)

    def on_order_stock_async_response(self, response):
        signal = self.by_seq[response.seq]
        print(response.seq, signal.code, response.order_id, response.strategy_name, response.order_remark)

    def on_stock_order(self, order):
        self.status[order.order_id].append(order.order_status)


manager = Manager()
trader = XtQuantTrader("p", 29)
trader.register_callback(manager)
trader.start()
trader.connect()
acc = StockAccount("29")
trader.subscribe(acc)
for signal in (Signal("604018.SH", Side.BUY, 100, 9.8), Signal("604026.SH", Side.BUY, 100, 1000.0)):
    seq = trader.order_stock_async(
        acc,
        signal.code,
        signal.side.value,
        signal.volume,
        xtconstant.FIX_PRICE,
        signal.price,
        strategy_name="s",
        order_remark=signal.code,
    )
    manager.by_seq[seq] = signal
time.sleep(3600)
print(json.dumps(manager.status))
