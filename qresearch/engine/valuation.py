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
    equity = np.fromiter((state.cash for state in states), dtype=np.int64, count=len(states))
    marks = exchange.market.mark
    begin = 0
    while begin < len(states):
        positions = states[begin].positions
        end = begin + 1
        # States share one mapping until a holding changes: value such a run at once.
        while end < len(states) and states[end].positions is positions:
            end += 1
        if positions:
            instruments = np.fromiter(positions, dtype=np.int64, count=len(positions))
            quantities = np.fromiter((held[0] for held in positions.values()), dtype=np.int64, count=len(positions))
            days = np.array([state.day for state in states[begin:end]], dtype=np.int64)
            prices = marks[days[:, None], instruments]
            equity[begin:end] += _values(exchange.money, prices, quantities).sum(axis=1)
        begin = end
    return equity
