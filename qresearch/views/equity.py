"""Equity and drawdown at the closes of a branch, read again only as far as the session has moved."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

import numpy as np

from qresearch.book.history import states_at_closes
from qresearch.engine.valuation import equity_at_closes
from qresearch.market.panel import Floats

if TYPE_CHECKING:
    from qresearch.book.timeline import Branch
    from qresearch.session.port import AnySession


class Equity:
    """Equity at every close of a branch, extended as the session moves."""

    def __init__(self) -> None:
        self._branch: Branch | None = None
        self._stop = 0
        self._days: list[int] = []
        self._values: list[int] = []
        self._scales: list[float] = []

    def read(self, session: AnySession) -> Floats:
        """(2, T) ndarray of float64: equity in the currency, and drawdown, at the closes up to now; NaN elsewhere."""
        timeline, exchange = session.simulation.timeline, session.simulation.exchange
        branch, stop = timeline.branch, timeline.cursor
        if branch is not self._branch:
            self._branch, self._stop, self._days, self._values, self._scales = branch, 0, [], [], []
        # The stop that was read last is read again: a command may have changed what it holds.
        states = states_at_closes(exchange, branch, stop, start=min(stop, self._stop))
        state = branch.states[stop]
        kept = bisect_left(self._days, states[0].day if states else state.day)
        self._days[kept:] = [found.day for found in states]
        self._values[kept:] = equity_at_closes(exchange, states).tolist()
        self._scales[kept:] = [found.ledger.scale for found in states]
        self._stop = stop
        steps = np.array([session.simulation.starting_equity, *self._values], dtype=np.int64)
        grown = steps / np.array([1.0, *self._scales])  # less the effect of cash paid in or out
        peaks = np.maximum.accumulate(grown)
        found = np.full((2, len(exchange.market.days)), np.nan)
        found[0, self._days] = steps[1:] / exchange.money.units
        found[1, self._days] = np.divide(grown - peaks, peaks, out=np.zeros(len(steps)), where=peaks > 0)[1:]
        return found
