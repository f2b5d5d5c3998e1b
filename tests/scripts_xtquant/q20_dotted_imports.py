import importlib

import xtquant.xtconstant as const
import xtquant.xttrader
from xtquant import xtdata as data
from xtquant import xttrader, xttype

again = importlib.import_module("xtquant.xttrader")
print(again is xtquant.xttrader, xttrader is again)
try:
    from xtquant import nothing_at_all
except ImportError:
    print("ImportError")
try:
    import xtquant.xtview
except ModuleNotFoundError:
    print("ModuleNotFoundError")
trader = xttrader.XtQuantTrader("p", session=20)
trader.start()
print(trader.connect())
try:
    trader.reconnect()
except AttributeError:
    print("AttributeError")
print(hasattr(const, "NOTHING"), data.get_trading_calendar("SH", "20220301", "20220304"))
