"""What an account is worth at a mark: computed from a state and the market, never stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from qresearch.domain.money import MoneyScale
from qresearch.domain.state import Position, State
from qresearch.engine.exchange import Exchange
from qresearch.engine.ledger import notionals, price_units
from qresearch.market.view import View

Ints = NDArray[np.int64]
_FEW = 16
"""Holdings up to which plain numbers are faster than arrays."""
_AT_ONCE = 2**20
"""Holdings of all days that are valued in one go: more would fill the memory."""


def market_values(exchange: Exchange, view: View, positions: Mapping[int, Position]) -> Ints:
    """Value of each holding at the last visible prices, half up.

    Parameters
    ----------
    exchange : Exchange
    view : View
        Of the moment.
    positions : mapping of instrument to Position

    Returns
    -------
    (P,) ndarray of int64, money steps
        In the order of `positions`.
    """
    instruments = np.array(list(positions), dtype=np.int64)
    quantities = np.array([held[0] for held in positions.values()], dtype=np.int64)
    prices = view.last_prices(instruments)
    return _values(exchange.money, prices, quantities)


def market_value(exchange: Exchange, view: View, positions: Mapping[int, Position]) -> int:
    """Value of all holdings at the last visible prices, money steps: the sum of :func:`market_values`."""
    if len(positions) > _FEW or not view.has_closed:
        return int(market_values(exchange, view, positions).sum())
    # After a close, where a strategy asks most often, a few holdings are valued faster without arrays.
    marks, day = exchange.market.mark, view.day
    prices = [marks.item(day, instrument) for instrument in positions]
    return sum(exchange.money.values(prices, [held[0] for held in positions.values()]))


def _values(money: MoneyScale, prices: NDArray[np.float64], quantities: Ints) -> Ints:
    return notionals(money, price_units(money, prices), quantities)


def equity_at_closes(exchange: Exchange, states: Sequence[State]) -> Ints:
    """Equity at the close of each state's day, in money steps.

    Parameters
    ----------
    exchange : Exchange
    states : sequence of State
        At or after the close of their days, ascending.

    Returns
    -------
    (len(states),) ndarray of int64
        Cash plus the value of the holdings at the closes; of other kinds of account what they say.
    """
    if not exchange.account.is_plain:
        return np.array([exchange.account.value(state, exchange).equity for state in states], dtype=np.int64)
    most = max((len(state.positions) for state in states), default=0)
    if len(states) > 1 and len(states) * most > _AT_ONCE:
        middle = len(states) // 2
        return np.concatenate([equity_at_closes(exchange, half) for half in (states[:middle], states[middle:])])
    equity = np.array([state.cash for state in states], dtype=np.int64)
    # States share one mapping until a holding changes: each mapping is read once, whatever the number of its days.
    begins = [
        place for place, state in enumerate(states) if not place or state.positions is not states[place - 1].positions
    ]
    held = [states[place].positions for place in begins]
    instruments = np.array([instrument for positions in held for instrument in positions], dtype=np.int64)
    quantities = np.array([one[0] for positions in held for one in positions.values()], dtype=np.int64)
    counts = np.array([len(positions) for positions in held], dtype=np.int64)
    of_state = np.repeat(np.arange(len(held)), np.diff([*begins, len(states)]))
    # One row for each holding of each day: the first of its mapping, and then its neighbours.
    rows = counts[of_state]
    firsts = (np.cumsum(counts) - counts)[of_state] - (np.cumsum(rows) - rows)
    picked = np.repeat(firsts, rows) + np.arange(int(rows.sum()))
    days = np.repeat(np.array([state.day for state in states], dtype=np.int64), rows)
    prices = exchange.market.mark[days, instruments[picked]]
    values = np.concatenate(([0], np.cumsum(_values(exchange.money, prices, quantities[picked]))))
    ends = np.cumsum(rows)
    total: Ints = equity + values[ends] - values[ends - rows]
    return total
