"""One branch up to a moment: the account at every close, and the events between.

Tables, plots and reports are made from this.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from qresearch.book.projection import Run
from qresearch.book.timeline import Branch
from qresearch.domain import events
from qresearch.domain.bond import PAR
from qresearch.domain.instrument import Board
from qresearch.domain.moment import AFTER_CLOSE, CLOSE, Moment
from qresearch.domain.state import Position, State
from qresearch.engine.draft import Draft
from qresearch.engine.evolve import evolve
from qresearch.engine.exchange import Exchange
from qresearch.engine.valuation import Ints, equity_at_closes
from qresearch.errors import choose
from qresearch.market.panel import Floats


class Traded(NamedTuple):
    """What an account traded in all.

    Parameters
    ----------
    fills : int
    bought, sold : int, money steps
        Value of all buys and of all sales, fees not included.
    fees : int, money steps
    """

    fills: int
    bought: int
    sold: int
    fees: int


class AccountHistory:
    """What an account did, from its beginning to a moment.

    Parameters
    ----------
    exchange : Exchange
    name : str
        Name of the branch.
    starting : int, money steps
        Equity at the beginning.
    initial : mapping of column to Position
        What was held before the first day.
    account : State or Draft
        The moment at which the history ends.
    closes : list of State
        One per trading day that is over: the account at its close.
    log : list of Event
        Everything that happened up to that moment.
    """

    def __init__(
        self,
        exchange: Exchange,
        *,
        name: str,
        starting: int,
        initial: Mapping[int, Position],
        account: State | Draft,
        closes: list[State],
        log: list[events.Event],
    ) -> None:
        self.exchange, self.name, self.starting, self.initial = exchange, name, starting, initial
        self.account, self.closes, self.log = account, closes, log

    @classmethod
    def of(cls, run: Run, branch: str | None = None) -> AccountHistory:
        """The history of a branch of a session.

        Parameters
        ----------
        run : Run
        branch : str, optional
            None or the present branch: up to where the session stands. Another one: all that was simulated on it.

        Raises
        ------
        UsageError
            No such branch; pass one of the names in the message.
        """
        timeline = run.timeline
        here = timeline.branch
        if branch is not None and choose("branch", branch, timeline.branches) != here.name:
            return cls.whole(run, timeline.branches[branch])
        return cls._of(run, here, here.cursor, run.account, run.log)

    @classmethod
    def whole(cls, run: Run, branch: Branch) -> AccountHistory:
        """All that was simulated on a branch, whether the session stands there or not."""
        return cls._of(run, branch, len(branch.states) - 1, branch.states[-1], list(branch.log))

    @classmethod
    def _of(
        cls, run: Run, branch: Branch, place: int, account: State | Draft, log: list[events.Event]
    ) -> AccountHistory:
        return cls(
            run.exchange,
            name=branch.name,
            starting=run.starting_equity,
            initial=branch.states[0].positions,
            account=account,
            closes=states_at_closes(run.exchange, branch, place),
            log=log,
        )

    @cached_property
    def days(self) -> pd.DatetimeIndex:
        """Trading days of the closes."""
        days = self.exchange.market.days[np.array([state.day for state in self.closes], dtype=np.int64)]
        return pd.DatetimeIndex(days, name="day").as_unit("s")

    @cached_property
    def equity_steps(self) -> Ints:
        """(D,) ndarray of int64, money steps: equity at every close."""
        return equity_at_closes(self.exchange, self.closes)

    @cached_property
    def flows(self) -> Ints:
        """(D,) ndarray of int64, money steps: cash paid in up to every close, less what was paid out."""
        return np.array([state.ledger.flows for state in self.closes], dtype=np.int64)

    @cached_property
    def scales(self) -> Floats:
        """(D,) ndarray of float64: by what flows of cash have multiplied the account up to every close."""
        return np.array([state.ledger.scale for state in self.closes], dtype=np.float64)

    @property
    def equity(self) -> Floats:
        """(D,) ndarray of float64, currency: equity at every close."""
        values: Floats = self.equity_steps / self.exchange.money.units
        return values

    @property
    def equity_series(self) -> pd.Series[float]:
        """Equity at every close by trading day, in the currency."""
        return pd.Series(self.equity, index=self.days, name="equity", dtype="float64")

    @property
    def starting_equity(self) -> float:
        """Equity before the first day, in the currency."""
        return self.exchange.money.amount(self.starting)

    @cached_property
    def returns(self) -> Floats:
        """(D,) ndarray of float64: daily returns; the first is that of the first day, from the starting equity.

        ``equity / previous equity - 1``, weighted by time where cash was paid in or out; 0 where the previous equity
        is not above 0: an account under water has none.
        """
        equity = self.equity_steps / self.scales
        before = np.concatenate(([self.starting], equity[:-1]))[: len(equity)]
        found: Floats = np.divide(equity - before, before, out=np.zeros(len(equity)), where=before > 0)
        return found

    @cached_property
    def returns_series(self) -> pd.Series[float]:
        """The daily returns by trading day."""
        return pd.Series(self.returns, index=self.days, name=self.name, dtype="float64")

    @cached_property
    def fills(self) -> list[events.OrderFilled]:
        """Every execution, in order."""
        return [event for event in events.records(iter(self.log)) if isinstance(event, events.OrderFilled)]

    @cached_property
    def traded(self) -> Traded:
        """The sums over every execution, of whole blocks at once: no single fill is made for it."""
        blocks = [event for event in self.log if isinstance(event, events.Matched)]
        single = [event for event in self.log if isinstance(event, events.OrderFilled)]
        alone = array("q", [fill.quantity for fill in single]), array("q", map(self._changed_hands, single))
        quantities = _joined([*(block.quantities for block in blocks), alone[0]])
        notionals = _joined([*(block.notionals for block in blocks), alone[1]])
        charged = _joined([column for block in blocks for column in block.fees.values()])
        return Traded(
            fills=int(np.count_nonzero(quantities)),
            bought=int(notionals[quantities > 0].sum()),
            sold=int(notionals[quantities < 0].sum()),
            fees=int(charged.sum()) + sum(fill.fees.total for fill in single),
        )

    def _changed_hands(self, fill: events.OrderFilled) -> int:
        """What a fill moved, money steps; of repo the money lent, for its price is a rate."""
        if self.exchange.market.instruments[fill.instrument].board is not Board.REPO:
            return fill.notional
        return abs(fill.quantity) * PAR * self.exchange.money.units


def _joined(columns: Sequence[Any]) -> Ints:
    """Columns of blocks, each of 64-bit numbers, one after another."""
    return np.frombuffer(b"".join(columns), dtype=np.int64)


def states_at_closes(exchange: Exchange, branch: Branch, place: int, *, start: int = 0) -> list[State]:
    """The account at the close of every trading day that is over at a moment of a branch.

    A day that was stepped over without stopping at or after its close is folded from its events. What is settled every
    day is shown as it is after the settlement, once the day is over.

    Parameters
    ----------
    exchange : Exchange
    branch : Branch
    place : int
    start : int
        A place before it from which to go on, itself included: what was over before that is left out.
    """
    states, counts = branch.states, branch.counts
    end = AFTER_CLOSE if exchange.account.settles else CLOSE
    found: dict[int, State] = {}
    before: State | None = None
    for number, state in enumerate(states[start : place + 1], start):
        day, phase, _ = state.at
        if before is not None:
            was, ended, _ = before.at
            first = max(was if ended < end else was + 1, exchange.first)
            if first < day:
                log = branch.log[counts[number - 1] : counts[number]]
                found |= _folded(before, log, range(first, day), end)
        if phase >= CLOSE and day >= exchange.first:
            found[day] = state
        before = state
    return list(found.values())


def _folded(state: State, log: list[events.Event], days: range, end: int) -> dict[int, State]:
    """The account at the end (a phase) of some days that follow a state, from the events after it."""
    found = {}
    place = 0
    for day in days:
        begin = place
        while place < len(log) and log[place].at[:2] <= (day, end):
            place += 1
        state = evolve(state, log[begin:place])._replace(at=Moment(day, end))
        found[day] = state
    return found
