import time

import schedule
from xtquant.xttrader import XtQuantTrader
from xtquant.xttype import StockAccount

trader = XtQuantTrader("p", 6)
trader.start()
trader.connect()
acc = StockAccount("6")
trader.subscribe(acc)


def job():
    print(time.strftime("%Y-%m-%d %H:%M:%S"), trader.query_stock_asset(acc).total_asset)


def buy():
    print("buy", trader.order_stock(acc, "604026.SH", 23, 100, 5, 0))


schedule.every().day.at("09:35").do(buy)
schedule.every().day.at("14:55").do(job)
while True:
    schedule.run_pending()
    time.sleep(1)
