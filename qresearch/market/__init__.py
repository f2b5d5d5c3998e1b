"""The arrays: trading days, bars, corporate actions and the dated rules of a venue. numpy, no pandas.

Read :mod:`~.panel` (the bars) and :mod:`~.view` (what is visible now), then :mod:`~.rulebook`, :mod:`~.venue` and
:mod:`~.market`; :mod:`~.stored` keeps it in a folder. Everybody but the words may import it; it
knows no source, no account and no session.
"""
