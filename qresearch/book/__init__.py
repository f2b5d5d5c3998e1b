"""What can be read of a run: orders, holdings, history and tables, all read from its log.

Read :mod:`~.timeline` (branches and what each of them keeps), :mod:`~.projection` (a reading that grows with the log)
and :mod:`~.orders`, then :mod:`~.history`, :mod:`~.trips`, :mod:`~.frames` and :mod:`~.tables`, and :mod:`~.explain`.
The session, the views and the dialects may import it; it knows none of them.
"""
