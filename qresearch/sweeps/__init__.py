"""One strategy over many sets of parameters: on one core, on all, or on a cluster; and how much of the best is luck.

Read :mod:`~.sweep` (``sweep``, which makes a :mod:`~.plan`) and :mod:`~.results` (what it gives), :mod:`~.parameters`
(which sets), :mod:`~.making` (how a strategy takes one) and :mod:`~.identity` (what it is known by), then :mod:`~.work`
with :mod:`~.pool` and :mod:`~.shared` (where they run), :mod:`~.record` (what survives a Ctrl-C), and
:mod:`~.overfitting` with :mod:`~.judgement` (what the best of many is worth). The facade and the floors above may
import it.
"""
