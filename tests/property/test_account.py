"""What must hold in the account tables of every run, on random markets with every kind of corporate action."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from markets import MarketSpec, markets, session_of
from test_invariants import SEEDS, examples, wander

import qresearch as qr
from qresearch.book.history import AccountHistory
from qresearch.book.trips import trips_of

pytestmark = pytest.mark.filterwarnings("ignore::qresearch.MarketWarning")
FEN = 0.005


def wandered(spec: MarketSpec, seed: int) -> qr.Session:
    """A session stepped to its end by steps of every kind, orders by hand among them."""
    session = session_of(spec.build(), seed)
    wander(session, seed)
    return session


@examples(60)
@given(spec=markets(), seed=SEEDS)
def test_the_account_identities(spec: MarketSpec, seed: int) -> None:
    """Protects the daily portfolio: three identities, on every day, to the fen.

    Floating plus realised profit is the total profit; available plus reserved cash plus market value is the equity;
    the daily returns multiply to the total return.
    """
    session = wandered(spec, seed)
    table = session.tables.daily_portfolio
    assert len(table) == len(session.market.days)
    np.testing.assert_allclose(table.floating_profit + table.realised_profit, table.total_profit, rtol=0, atol=FEN)
    np.testing.assert_allclose(table.available + table.reserved + table.market_value, table.equity, rtol=0, atol=FEN)
    np.testing.assert_allclose(table.available + table.reserved, table.cash, rtol=0, atol=FEN)
    np.testing.assert_allclose((1 + table.daily_return).cumprod() - 1, table.total_return, rtol=0, atol=1e-12)
    np.testing.assert_allclose(table.equity - session.portfolio.starting_equity, table.total_profit, rtol=0, atol=FEN)
    np.testing.assert_allclose(table.daily_profit.cumsum(), table.total_profit, rtol=0, atol=FEN)
    assert (table.reserved >= 0).all()


@examples(60)
@given(spec=markets(), seed=SEEDS)
def test_positions_explain_the_portfolio(spec: MarketSpec, seed: int) -> None:
    """Protects daily positions: their values and floating profits add up to those of the portfolio, day by day."""
    session = wandered(spec, seed)
    portfolio, positions = session.tables.daily_portfolio, session.tables.daily_positions
    by_day = positions.groupby("day")[["market_value", "floating_profit"]].sum().reindex(portfolio.index).fillna(0.0)
    np.testing.assert_allclose(by_day.market_value, portfolio.market_value, rtol=0, atol=FEN)
    np.testing.assert_allclose(by_day.floating_profit, portfolio.floating_profit, rtol=0, atol=FEN)
    assert (positions.sellable <= positions.quantity).all()
    held = positions.pivot(index="day", columns="symbol", values="quantity").reindex(portfolio.index).fillna(0)
    before = held.shift(1, fill_value=0).stack()
    told = positions.set_index(["day", "symbol"]).previous_quantity
    assert (before.reindex(told.index) == told).all()


@examples(60)
@given(spec=markets(), seed=SEEDS)
def test_round_trips_and_what_is_held_make_the_total_profit(spec: MarketSpec, seed: int) -> None:
    """Protects round trips and attribution: nothing is lost between lots, to the unit of money."""
    session = wandered(spec, seed)
    history = AccountHistory.of(session.simulation)
    folded = trips_of(history)
    units = history.exchange.money.units
    shares = {column: sum(lot.quantity for lot in lots) for column, lots in folded.lots.items() if lots}
    assert shares == {column: held.quantity for column, held in history.account.positions.items()}
    closed = sum(trip.proceeds - trip.cost + trip.dividends - trip.fees for trip in folded.closed)
    held = sum(lot.dividends - lot.cost - lot.fees for lots in folded.lots.values() for lot in lots)
    value = round(session.portfolio.market_value * units)
    assert closed + held + value == round(session.portfolio.profit * units)
    assert session.tables.attribution.profit.sum() == pytest.approx(session.portfolio.profit, abs=FEN)
    trades = session.tables.trades
    assert trades.profit.sum() == pytest.approx(closed / units, abs=FEN)
    assert ((trades.mae >= 0) & (trades.mfe >= 0)).all()
    assert session.tables.costs.loc["total", "amount"] >= 0 or len(session.fills) == 0
    paid = session.fills[["commission", "stamp_duty", "transfer_fee"]].sum().sum()
    np.testing.assert_allclose(session.tables.daily_portfolio.fees.iloc[-1], paid, atol=FEN)


@examples(30)
@given(spec=markets(), seed=SEEDS)
def test_tables_do_not_depend_on_where_one_stopped(spec: MarketSpec, seed: int) -> None:
    """Protects someone who steps by phases: days without a kept close are folded to the same account."""
    whole, single = session_of(spec.build(), seed), session_of(spec.build(), seed)
    whole.run(progress=False)
    single.step(phase="OPEN")
    for _ in range(spec.days - 1):
        single.step(phase="OPEN")
    single.run(progress=False)
    pd.testing.assert_frame_equal(single.tables.daily_portfolio, whole.tables.daily_portfolio)
    pd.testing.assert_frame_equal(single.tables.daily_positions, whole.tables.daily_positions)


@examples(30)
@given(spec=markets(), seed=SEEDS)
def test_every_order_has_an_outcome(spec: MarketSpec, seed: int) -> None:
    """Protects trade details: shares filled and canceled there are those of the orders, and no order is missing."""
    session = wandered(spec, seed)
    details, orders = session.tables.trade_details, session.orders
    assert set(details.order_id) == set(orders.index)
    filled = details[details.outcome.isin(["filled", "partly filled"])].groupby("order_id").quantity.sum()
    assert (filled.reindex(orders.index).fillna(0) == orders.filled).all()
    last = details.groupby("order_id").outcome.last()
    for state, outcome in (("FILLED", "filled"), ("REJECTED", "rejected"), ("EXPIRED", "expired")):
        ended = orders.index[orders.status == state]
        told = last[ended]
        assert (told.isin([outcome, "cancel refused"])).all(), state
