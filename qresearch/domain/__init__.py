"""The words of the field: instruments, money, orders, reasons, commands, events, state. The standard library only.

Read :mod:`~.order` (the table of legal moves) and :mod:`~.reasons`, then :mod:`~.commands`, :mod:`~.events` and
:mod:`~.state`. Everybody may import it; it imports nothing but :mod:`qresearch.errors`.
"""
