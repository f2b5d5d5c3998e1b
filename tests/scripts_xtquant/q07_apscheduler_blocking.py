import datetime

from apscheduler.schedulers.blocking import BlockingScheduler
from xtquant.xttrader import XtQuantTrader
from xtquant.xttype import StockAccount

trader = XtQuantTrader("p", 7)
trader.start()
trader.connect()
acc = StockAccount("7")
trader.subscribe(acc)


def open_job():
    print(datetime.datetime.now(), trader.order_stock(acc, "604018.SH", 23, 100, 5, 0, "aps", ""))


scheduler = BlockingScheduler(timezone="Asia/Shanghai")
scheduler.add_job(open_job, "cron", day_of_week="mon-fri", hour=9, minute=31)
scheduler.add_job(lambda: print(len(trader.query_stock_positions(acc))), "interval", minutes=60)
scheduler.start()
