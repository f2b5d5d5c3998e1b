"""Kinds of account, one file each: what an account holds, binds and owes.

Read :class:`~qresearch.engine.exchange.AccountKind` first, then ``cash.py``. The engine and the rules of a session may
import it; it imports the parts of the engine that know no kind.
"""
