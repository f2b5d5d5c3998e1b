from xtquant import xtconstant, xtdata
from xtquant.xttrader import XtQuantTrader
from xtquant.xttype import StockAccount

trader = XtQuantTrader("p", 15)
trader.start()
trader.connect()
acc = StockAccount("15")
trader.subscribe(acc)


def on_data(datas):
    for code in datas:
        bar = datas[code][-1]
        print("bar", code, bar["time"], bar["close"])
        if not trader.query_stock_positions(acc):
            trader.order_stock(acc, code, 23, 100, xtconstant.FIX_PRICE, bar["close"])


def on_whole(datas):
    for code, tick in datas.items():
        print("tick", code, tick["timetag"], tick["lastPrice"])


seq = xtdata.subscribe_quote("604018.SH", period="1d", count=-1, callback=on_data)
whole = xtdata.subscribe_whole_quote(["004102.SZ"], callback=on_whole)
print(seq, whole)
xtdata.run()
print("end")
