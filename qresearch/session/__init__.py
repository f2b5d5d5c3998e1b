"""A simulation that a person steps in both directions, and what is around it: strategy, branches, journal.

Read :mod:`~.simulation` (commands in, events out), :mod:`~.trader`, :mod:`~.keeper` and :mod:`~.clock`, then
:mod:`~.host` and :mod:`~.strategy` (the callbacks), :mod:`~.navigation`, :mod:`~.interrupts`, and :mod:`~.journal` with
:mod:`~.replay`; :mod:`~.session` puts them together. The views, the dialects and the command line may import it, and
take :class:`~.port.AnySession` where they need no more than a session offers to everybody.
"""
