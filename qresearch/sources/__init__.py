"""Data in: files, folders, vendors and the embedded sample become a :class:`~qresearch.market.market.Market`.

Read :mod:`~.tabular` (``read_market``) with :mod:`~.bars`, :mod:`~.frames` and :mod:`~.validation` (every check of a
row), then :mod:`~.fetching` (``fetch_market``) with :mod:`~.vendor`, and :mod:`~.sample`. The top floor alone may
import it; it knows the market, and nothing of accounts and sessions.
"""
