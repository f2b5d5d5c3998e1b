"""The exchange: a market between two days, with what its rules imply precomputed per instrument."""

from __future__ import annotations

import numpy as np

from qresearch.domain.instrument import Board
from qresearch.domain.messages import Costs
from qresearch.engine.fees import BOARDS, FeeBook, Rates
from qresearch.market import rules
from qresearch.market.market import Market

CHINA_LOT = 100
"""Shares in one lot of ``order_lots`` on a venue with rules, whatever the board's smallest order."""


class Exchange:
    """What the deciding functions need to know about a market; holds no state.

    Parameters
    ----------
    market : Market
    first, last : int
        Indices of the first and the last trading day of the session.
    """

    def __init__(self, market: Market, first: int, last: int) -> None:
        self.market, self.first, self.last = market, first, last
        self.money = market.venue.money
        panel, instruments = market.panel, market.instruments
        ruled = market.venue.has_rules
        lots = [rules.lot_rule(item.board) if ruled else rules.LotRule(1, 1) for item in instruments]
        self.lot_minimum = [lot.minimum for lot in lots]
        self.lot_step = [lot.step for lot in lots]
        self.steps = np.array([rules.tick(item.board) if ruled else 0.0 for item in instruments], dtype=np.float64)
        self.lot_sizes = np.array(self.lot_step, dtype=np.int64)
        self.lot_shares = CHINA_LOT if ruled else 1
        self.same_day = [not ruled or item.same_day_sale for item in instruments]
        self.is_index = [item.board is Board.INDEX for item in instruments]
        self.board = np.array([BOARDS.index(item.board) for item in instruments], dtype=np.int64)
        self.first_row: list[int] = panel.first_row.tolist()
        self.last_row: list[int] = panel.last_row.tolist()
        self.has_limits = bool(np.isfinite(panel.limit_up).any() or np.isfinite(panel.limit_down).any())
        self.may_suspend = bool(panel.suspended.any())
        self.closing_day = [self._closing_day(column) for column in range(len(instruments))]
        self.ending: dict[int, list[int]] = {}
        for column, last_row in enumerate(self.last_row):
            closing = self.closing_day[column]
            day = last_row + 1 if closing is None else closing
            if day < len(market.days):
                self.ending.setdefault(day, []).append(column)
        self._fee_books: dict[Costs, FeeBook] = {}

    def _closing_day(self, column: int) -> int | None:
        """Index of the day on which a recorded delisting closes positions; None when none is on record."""
        delisted = self.market.instruments[column].delist_date
        if delisted is None:
            return None
        found = int(np.searchsorted(self.market.days, np.datetime64(delisted, "D")))
        return max(found, self.last_row[column] + 1)

    def rates(self, costs: Costs, day: int) -> Rates:
        """Fee rates in force on a day under a cost setting."""
        book = self._fee_books.get(costs)
        if book is None:
            book = self._fee_books[costs] = FeeBook(self.market, costs)
        return book.at(day)

    def date(self, day: int) -> str:
        """A day (index) as text."""
        return str(self.market.days[day])
