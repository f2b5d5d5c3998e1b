"""What every script dialect shares: how a script is read, loaded, imported into, called, and what it is given.

To be read in this order: :mod:`~.host` (the session as a dialect sees it: the only file that knows one),
:mod:`~.text` and :mod:`~.python2` (a file becomes code), :mod:`~.loader` (code becomes callbacks), :mod:`~.run` (what
the words of one script share), then the words that the dialects have in common: :mod:`~.portfolio`,
:mod:`~.positions`, :mod:`~.context`, :mod:`~.settings`, :mod:`~.styles`, :mod:`~.log`. The dialects may import it; it
knows none of them.
"""
