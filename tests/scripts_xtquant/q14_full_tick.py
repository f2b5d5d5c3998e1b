import time

from xtquant import xtdata
from xtquant.xttrader import XtQuantTrader
from xtquant.xttype import StockAccount

trader = XtQuantTrader("p", 14)
trader.start()
trader.connect()
acc = StockAccount("14")
trader.subscribe(acc)
pool = xtdata.get_stock_list_in_sector("沪深A股")
print(len(pool), pool[:3])
for minute in range(0, 420, 60):
    ticks = xtdata.get_full_tick(pool[:3])
    for code, tick in ticks.items():
        print(tick["timetag"], code, tick["lastPrice"], tick["lastClose"], tick["askPrice"][0], tick["bidPrice"][0])
    time.sleep(3600)
print(xtdata.get_instrument_detail(pool[0])["UpStopPrice"], xtdata.get_instrument_detail("600000.XX"))
