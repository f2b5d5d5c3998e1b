"""EasyQuant scripts: the shape of JoinQuant's, with orders that fill at the next open and that library's names.

>>> import qresearch as qr
>>> script = '''
... from eqlib import *
...
... def initialize(context):
...     run_daily(trade)
...
... def trade(context):
...     if "604018.XSHG" not in context.portfolio.positions:
...         order_pct("604018.XSHG", 0.5)
... '''
>>> session = qr.Session.from_script(
...     script, qr.sample_market(), start="2022-03-01", cash=100_000, dialect="easyquant"
... ).step(2)
>>> print(session.fills[["day", "quantity", "price"]].to_string(index=False))
       day  quantity  price
2022-03-02      5200   9.57

Where the library differs from its own documents, the documents are followed, and its known defects are not repeated:
``close_tax`` counts, ``handle_data`` is called, ids are unique, what is refused leaves a record with its reason, sells
go before buys at the same open, funds that trade T+0 do, no function sees beyond now. Values become shares at the call
and are trimmed at the open, where the library counts them at the open. The folder above alone may import it.
"""

from qresearch.dialects.easyquant.dialect import EasyScript

__all__ = ["EasyScript"]
