"""Pictures, panels and reports over a session.

Read :mod:`~.plots` with :mod:`~.picture`, :mod:`~.lifecycle` and :mod:`~.states` with :mod:`~.svg`, then
:mod:`~.report`, the only file that knows QuantStats, and :mod:`~.panels`. A session loads it when something is to be
shown, the top floor may import it, and it takes a session by its public face.
"""
