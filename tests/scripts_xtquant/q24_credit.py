from xtquant import xtconstant
from xtquant.xttrader import XtQuantTrader
from xtquant.xttype import StockAccount

credit = StockAccount("24", "CREDIT")
stock = StockAccount("24")
trader = XtQuantTrader("p", 24)
trader.start()
trader.connect()
trader.subscribe(stock)
print(trader.subscribe(credit), trader.query_credit_detail(credit), trader.query_stk_compacts(credit))
print(trader.order_stock(credit, "604018.SH", xtconstant.CREDIT_FIN_BUY, 100, 11, 9.6))
print(trader.query_credit_subjects(credit), trader.query_credit_assure(credit), trader.smt_query_quoter(credit))
print(trader.query_position_statistics(StockAccount("24", "FUTURE")), trader.fund_transfer(stock, 510, 100.0))
