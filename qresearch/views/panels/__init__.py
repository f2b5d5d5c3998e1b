"""The workbench: panels to step, trade, see and set costs, alone or together.

Read :mod:`~.desk` (what the panels of one look share, and the base of all) and :mod:`~.workbench`, then
any panel. A session loads it when a panel is to be shown, and the top floor may import it; it takes a session by its
public face.
"""
