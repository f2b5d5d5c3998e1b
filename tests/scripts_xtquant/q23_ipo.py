from xtquant.xttrader import XtQuantTrader
from xtquant.xttype import StockAccount

trader = XtQuantTrader("p", 23)
trader.start()
trader.connect()
acc = StockAccount("23")
trader.subscribe(acc)
limits = trader.query_new_purchase_limit(acc)
data = trader.query_ipo_data()
for code in data.keys():
    market = code.split(".")[1]
    volume = min(data[code]["maxPurchaseNum"], limits.get(market, 0))
    if volume > 0:
        trader.order_stock(acc, code, 23, volume, 11, data[code]["issuePrice"], "ipo", data[code]["name"])
print(limits, data)
