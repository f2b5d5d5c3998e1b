# The part of a bridge that reads requests and writes answers; the requests stand in a list instead of a socket.
import json
import time
import traceback

from xtquant.xttrader import XtQuantTrader
from xtquant.xttype import StockAccount

requests = [
    {"call": "query_stock_asset"},
    {
        "call": "order_stock",
        "stock_code": "604018.SH",
        "order_type": 23,
        "order_volume": 100,
        "price_type": 11,
        "price": 9.8,
        "strategy_name": "bridge",
        "order_remark": "1",
    },
    {"call": "query_stock_orders"},
    {"call": "cancel_order_stock", "order_id": 1},
    {"call": "query_stock_order", "order_id": 1},
    {"call": "query_stock_order", "order_id": 99},
    {"call": "nothing"},
]
trader = XtQuantTrader("p", 30)
trader.start()
trader.connect()
acc = StockAccount("30")
trader.subscribe(acc)


def plain(value):
    if isinstance(value, list):
        return [plain(item) for item in value]
    return {name: item for name, item in vars(value).items()} if hasattr(value, "__dict__") else value


for request in requests:
    try:
        call = getattr(trader, request.pop("call"))
        answer = {"ok": True, "data": plain(call(acc, **request))}
    except Exception:
        answer = {"ok": False, "error": traceback.format_exc().splitlines()[-1]}
    print(json.dumps(answer, ensure_ascii=False, default=str)[:120])
    time.sleep(0.05)
