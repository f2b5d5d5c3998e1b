"""The simulator: a command becomes events, an event a new state, and nothing is kept here. numpy, no pandas.

Read :mod:`~.decide` (the one door) and :mod:`~.draft`, then :mod:`~.sizing`, :mod:`~.queue`, :mod:`~.matching`,
:mod:`~.working` and :mod:`~.checks`, which both ask. The book, the session and what stands above them may import it; it
knows the market and the words.
"""
