"""What can be read of a run: orders, holdings, history and tables, all read from its log.

Reading order: :mod:`timeline` (branches and what each of them keeps), :mod:`projection` (a reading that grows with the
log), :mod:`orders`. The session, the views and the dialects may import this; it knows none of them.
"""
