import time

from apscheduler.schedulers.background import BackgroundScheduler
from xtquant.xttrader import XtQuantTrader
from xtquant.xttype import StockAccount

trader = XtQuantTrader("p", 8)
trader.start()
trader.connect()
acc = StockAccount("8")
trader.subscribe(acc)


def tick():
    print(time.strftime("%d %H:%M"), trader.query_stock_asset(acc).cash)


sched = BackgroundScheduler()
sched.add_job(tick, "cron", hour="10,14", minute=0)
sched.start()
trader.run_forever()
sched.shutdown()
