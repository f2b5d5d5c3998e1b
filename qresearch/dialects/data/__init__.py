"""The data functions of a platform: what can be known now of a market, and of the tables that a user brings.

Over a market and its present moment (:mod:`~.platform`): :mod:`~.bars` as arrays, :mod:`~.prices` as the functions of
scripts; :mod:`~.listing`, :mod:`~.fundamentals`, :mod:`~.factors`, :mod:`~.indicators`; :mod:`~.tables` of the user and
the language that asks them (:mod:`~.query`, :mod:`~.entity`); :mod:`~.old_pandas`, in which scripts get all of it.
What the dialects share and the dialects themselves may import it; it knows no session.
"""
