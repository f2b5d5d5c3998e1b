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

What it holds to and where it must differ stands in the modules: here :mod:`~.orders`, :mod:`~.config`,
:mod:`~.subaccounts`; what it shares with others in :mod:`qresearch.dialects.script` (``schedule`` is the clock,
``portfolio`` the account) and in :mod:`qresearch.dialects.data` (``prices``, ``listing``, ``fundamentals``, and
``tables`` for what a user can bring). Every difference is a notice: ``session.notices.table``. The folder above
alone may import it.
"""

from qresearch.dialects.data.tables import TABLES
from qresearch.dialects.joinquant.dialect import Script

__all__ = ["TABLES", "Script"]
