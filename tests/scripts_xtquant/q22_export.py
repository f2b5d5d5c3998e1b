import csv
import os
import tempfile
import time

from xtquant.xttrader import XtQuantTrader
from xtquant.xttype import StockAccount

trader = XtQuantTrader("p", 22)
trader.start()
trader.connect()
acc = StockAccount("22")
trader.subscribe(acc)
trader.order_stock(acc, "604018.SH", 23, 100, 11, 9.8)
time.sleep(3600)
folder = tempfile.mkdtemp()
path = os.path.join(folder, "deal.csv")
print(trader.export_data(acc, path, "deal"), os.path.getsize(path) > 0)
with open(path) as file:
    rows = list(csv.DictReader(file))
print(rows[0]["stock_code"], rows[0]["traded_volume"])
print(trader.query_data(acc, path, "deal")[["stock_code", "traded_volume"]].to_string())
print(trader.export_data(acc, path, "nothing"))
print(trader.sync_transaction_from_external("ADDD", "DEAL", acc, []))
