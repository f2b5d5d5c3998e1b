"""What the checks of data look at, and what they say: a market with a few arrays more, and findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from qresearch.market.market import Market
from qresearch.market.panel import Bools
from qresearch.sources.completion import forward

EXAMPLES = 5
"""Examples of a finding, of as many symbols as possible."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of oddity.

    Parameters
    ----------
    severity : {"error", "warning", "note"}
    kind : str
        Short name, such as ``OUTSIDE_LIMITS``.
    what : str
        What was found.
    count : int
        Rows (for some kinds symbols or actions) that it concerns.
    examples : tuple of str
        The first few of them.
    consequence : str
        What qresearch does about it, or what to do.
    """

    severity: str
    kind: str
    what: str
    count: int
    examples: tuple[str, ...]
    consequence: str


class Sight:
    """A market with what several checks need, computed once. All arrays are (T, N)."""

    def __init__(self, market: Market, refused: Iterable[tuple[str, np.datetime64]]) -> None:
        self.market = market
        panel = self.panel = market.panel
        self.known = ~np.isnan(panel.close)
        self.traded = self.known & ~panel.paused & (panel.volume > 0)
        self.previous = np.full(panel.shape, np.nan)
        self.previous[1:] = forward(panel.close)[:-1]
        self.acted = np.zeros(panel.shape, dtype=bool)
        for action in market.actions:
            # An ex-date without a row counts for the first row after it.
            later = np.flatnonzero(self.known[action.ex_day :, action.instrument])
            self.acted[action.ex_day + (int(later[0]) if len(later) else 0), action.instrument] = True
        rows = np.arange(len(panel.days))[:, None]
        dropped = np.zeros(panel.shape, dtype=bool)
        for symbol, day in refused:
            at = int(np.searchsorted(panel.days, day))
            if symbol in panel.columns and at < len(panel.days) and panel.days[at] == day:
                dropped[at, panel.columns[symbol]] = True
        self.gap = ~self.known & ~dropped & (rows > panel.first_row) & (rows < panel.last_row)
        # What follows a refused row follows nothing that could be compared.
        last_known = np.maximum.accumulate(np.where(self.known, rows, -1), axis=0)
        last_dropped = np.maximum.accumulate(np.where(dropped, rows, -1), axis=0)
        self.torn = np.zeros(panel.shape, dtype=bool)
        self.torn[1:] = last_dropped[:-1] > last_known[:-1]

    def first(self, mask: Bools, show: Callable[[int, int], str] = lambda day, column: "") -> tuple[str, ...]:
        """A few cells of a mask: the first of each symbol, then the second of each, and so on."""
        columns, days = np.nonzero(mask.T)
        _, starts = np.unique(columns, return_index=True)
        within = np.arange(len(columns)) - np.repeat(starts, np.diff([*starts, len(columns)]))
        chosen = np.sort(np.argsort(within, kind="stable")[:EXAMPLES])
        return tuple(
            f"{self.panel.symbols[column]} {self.panel.days[day]}{show(int(day), int(column))}"
            for day, column in zip(days[chosen].tolist(), columns[chosen].tolist(), strict=True)
        )

    def cells(  # noqa: PLR0917 - in the order of a finding
        self, severity: str, kind: str, what: str, mask: Bools, consequence: str, show: Callable[[int, int], str]
    ) -> Finding | None:
        """A finding about the cells of a mask; None when it is empty."""
        count = int(mask.sum())
        return Finding(severity, kind, what, count, self.first(mask, show), consequence) if count else None
