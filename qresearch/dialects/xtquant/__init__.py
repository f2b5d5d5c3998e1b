"""XtQuant's trader: scripts for QMT and MiniQMT over the simulated exchange.

>>> import qresearch as qr
>>> script = '''
... from xtquant import xtconstant
... from xtquant.xttrader import XtQuantTrader, XtQuantTraderCallback
... from xtquant.xttype import StockAccount
...
... class Callback(XtQuantTraderCallback):
...     def on_stock_order(self, order):
...         print(order.order_id, order.order_status)
...
... trader, account = XtQuantTrader("userdata_mini", 1), StockAccount("1000000365")
... trader.register_callback(Callback())
... trader.start()
... print(trader.connect(), trader.subscribe(account))
... number = trader.order_stock(account, "604018.SH", xtconstant.STOCK_BUY, 200, xtconstant.FIX_PRICE, 10.5)
... trader.run_forever()
... '''
>>> session = qr.Session.from_script(script, qr.sample_market(), start="2022-03-01", dialect="xtquant").step()
0 0
1 49
1 50
1 56
>>> session.ticket(1).average_price
9.52

Read :mod:`~.play` for when a script plays, :mod:`~.desk` for what a counter answers, :mod:`~.stage` for its threads and
its clock. The folder above alone may import it. Values, names and orders of callbacks follow the published documents;
what they leave open is decided so that a script runs, and said: an empty answer is an empty list; a synchronous call
inside a callback is answered with a notice (``strict=True`` raises, where a real client hangs); an answer comes before
what follows from it, then 50, each trade with its order, and errors last. Sleeps of ``asyncio`` take simulated time one
after the other; its other waits, and processes of their own, keep the time of the machine.
"""

from qresearch.dialects.xtquant.dialect import Script, activate, deactivate, disconnect, installed, restart, stop_at

__all__ = ["Script", "activate", "deactivate", "disconnect", "installed", "restart", "stop_at"]
