import logging
import time
from concurrent.futures import ThreadPoolExecutor

from xtquant import xtconstant
from xtquant.xttrader import XtQuantTrader
from xtquant.xttype import StockAccount

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
logger = logging.getLogger(__name__)
trader = XtQuantTrader("p", 25)
trader.start()
trader.connect()
acc = StockAccount("25")
trader.subscribe(acc)
time.sleep(1860)


def buy(code):
    logger.info("buying %s", code)
    return code, trader.order_stock(acc, code, 23, 100, xtconstant.LATEST_PRICE, 0)


with ThreadPoolExecutor(max_workers=3) as pool:
    for code, number in pool.map(buy, ["604018.SH", "604026.SH", "004102.SZ"]):
        logger.info("%s %s", code, number)
time.sleep(2)
print(sorted(p.stock_code for p in trader.query_stock_positions(acc)))
