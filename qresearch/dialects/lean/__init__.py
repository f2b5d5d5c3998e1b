"""LEAN's algorithms: ``QCAlgorithm`` scripts in Python on a session, order for order.

>>> import datetime as dt, tempfile
>>> import qresearch as qr
>>> from qresearch.market.lean_folder import LeanFolder
>>> folder = LeanFolder(tempfile.mkdtemp())
>>> days = [dt.datetime(2024, 1, day) for day in (2, 3, 4, 5)]
>>> folder.write_trades("spy", "daily", [(day, 100, 102, 99, 101, 1e6) for day in days])
>>> script = '''
... from AlgorithmImports import *
...
... class Buyer(QCAlgorithm):
...     def initialize(self):
...         self.set_start_date(2024, 1, 2)
...         self.set_end_date(2024, 1, 5)
...         self.set_cash(100_000)
...         self.spy = self.add_equity("SPY", Resolution.DAILY).symbol
...
...     def on_data(self, data):
...         if not self.portfolio.invested:
...             self.market_order(self.spy, 100)
... '''
>>> session = qr.Session.from_script(script, qr.sample_market(), dialect="lean", data=folder.path).run(progress=False)
>>> session.fills[["quantity", "price", "commission"]].to_numpy().tolist()
[[100.0, 100.0, 1.0]]

Read :mod:`~.play` for when a script runs, :mod:`~.engine` and :mod:`~.steps` for the order of work in a step,
:mod:`~.walking` for a step part by part, :mod:`~.transactions` for the life of an order, :mod:`~.order_words`,
:mod:`~.target_words` and :mod:`~.data_words` for the words. The folder above alone may import it. The reference is LEAN
of August 2026, with its changes of June 2026. Shares and options on them trade; futures, currencies and the models of
LEAN's framework do not, and each says so by its name (:mod:`~.refused`).
"""

from qresearch.dialects.lean.order_list import compared, order_events, order_list, order_list_hash
from qresearch.dialects.lean.play import Script
from qresearch.dialects.lean.walking import Stop, walk

__all__ = ["Script", "Stop", "compared", "order_events", "order_list", "order_list_hash", "walk"]
