import datetime as dt
import time

from xtquant import xtconstant, xtdata
from xtquant.xttrader import XtQuantTrader
from xtquant.xttype import StockAccount

codes = ["604018.SH", "604026.SH", "004102.SZ"]
trader = XtQuantTrader("p", 13)
trader.start()
trader.connect()
acc = StockAccount("13")
trader.subscribe(acc)
for code in codes:
    xtdata.download_history_data(code, period="1d", start_time="20210101")
last_day = None
while True:
    now = dt.datetime.now()
    today = dt.date.today()
    if now.hour == 14 and now.minute >= 50 and today != last_day and now.weekday() < 5:
        last_day = today
        data = xtdata.get_market_data_ex(["close"], codes, period="1d", count=20, dividend_type="front")
        for code in codes:
            close = data[code]["close"]
            held = trader.query_stock_position(acc, code)
            if close.iloc[-1] > close.mean() and held is None:
                print(
                    today, "buy", code, trader.order_stock(acc, code, 23, 1000, xtconstant.LATEST_PRICE, 0, "ma", code)
                )
            elif close.iloc[-1] < close.mean() and held is not None and held.can_use_volume > 0:
                print(
                    today,
                    "sell",
                    code,
                    trader.order_stock(acc, code, 24, held.can_use_volume, xtconstant.LATEST_PRICE, 0, "ma", code),
                )
    time.sleep(30)
