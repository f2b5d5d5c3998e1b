"""JoinQuant scripts, unchanged: their clock, their names, their tables.

>>> import qresearch as qr
>>> script = '''
... from jqdata import *
...
... def initialize(context):
...     set_option("use_real_price", True)
...     run_daily(trade, time="open")
...
... def trade(context):
...     if not context.portfolio.positions:
...         g.order = order_value("604018.XSHG", context.portfolio.available_cash / 2)
... '''
>>> session = qr.Session.from_script(script, qr.sample_market(), start="2022-03-01", cash=100_000).step()
>>> print(session.fills[["symbol", "quantity", "price"]].to_string(index=False))
   symbol  quantity  price
604018.SH      5200   9.53

What it holds to and where it must differ stands in the modules: :mod:`~.schedule` (the clock), :mod:`~.orders`,
:mod:`~.account`, :mod:`~.prices`, :mod:`~.listing`, :mod:`~.fundamentals`, :mod:`~.config`; what the user can bring in
:mod:`~.tables`. Every difference is a notice: ``session.notices.table``.
"""

from qresearch.dialects.joinquant.script import Script
from qresearch.dialects.joinquant.tables import TABLES

__all__ = ["TABLES", "Script"]
