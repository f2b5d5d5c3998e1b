"""Account tables: the portfolio and the positions, now and day by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qresearch.book import frames
from qresearch.book.average_price import average_prices
from qresearch.book.benchmark import Aligned
from qresearch.book.history import AccountHistory
from qresearch.book.holdings import has_options, option_value
from qresearch.book.portfolio import Holding, Portfolio
from qresearch.domain import events
from qresearch.domain.ledger import Ledger
from qresearch.domain.state import State
from qresearch.engine.draft import Draft
from qresearch.engine.intent import Pool
from qresearch.engine.reserves import free_money, reserved_cash
from qresearch.market.panel import Floats

POSITION_COLUMNS = (
    "quantity", "previous_quantity", "sellable", "average_cost", "average_price", "price", "market_value",
    "floating_profit", "weight", "bought_quantity", "bought_value", "sold_quantity", "sold_value",
)  # fmt: skip
COUNTS = ("quantity", "previous_quantity", "sellable", "bought_quantity", "sold_quantity")

Traded = dict[int, dict[int, list[int]]]
"""Day to column to [shares bought, their value, shares sold, their value]; values in money steps."""


def _held_back(history: AccountHistory, account: Draft | State) -> dict[int, int]:
    """Money steps that each resting order holds back, by its id; nothing where no order rests."""
    return reserved_cash(account, history.exchange) if account.working else {}


def fees_by_day(history: AccountHistory) -> dict[int, int]:
    """All fees by day, in money steps."""
    fees: dict[int, int] = {}
    for fill in history.fills:
        fees[fill.at.day] = fees.get(fill.at.day, 0) + fill.fees.total
    if history.exchange.account.is_plain:
        return fees
    for event in history.log:
        if isinstance(event, events.Posted) and event.fee and event.why in events.WITHOUT_A_FILL:
            fees[event.at.day] = fees.get(event.at.day, 0) + event.fee
    return fees


def daily_portfolio(history: AccountHistory, benchmark: Aligned | None) -> pd.DataFrame:
    """One row per close; see :attr:`Tables.daily_portfolio` for the columns."""
    units, starting, closes = history.exchange.money.units, history.starting, history.closes
    by_day = fees_by_day(history)
    fees = np.cumsum([by_day.get(state.day, 0) for state in closes]) / units
    cash = np.array([state.cash for state in closes], dtype=np.int64)
    kept_back = [_held_back(history, state) for state in closes]
    reserved = np.array([sum(kept.values()) for kept in kept_back], dtype=np.int64)
    equity, worth = history.equity_steps, _worth(history, kept_back)
    nav = equity / history.scales / starting if starting else np.full(len(equity), np.nan)
    profit = equity - starting - history.flows
    columns: dict[str, Any] = {
        "cash": cash / units,
        "available": worth["free"] / units,
        "reserved": reserved / units,
        "market_value": worth["market"] / units,
        "equity": equity / units,
        "nav": nav,
        "total_return": nav - 1,
        "daily_return": history.returns,
        "daily_profit": np.diff(profit, prepend=0) / units,
        "fees": fees,
        "floating_profit": worth["floating"] / units,
        "realised_profit": worth["realised"] / units,
        "total_profit": profit / units,
    }
    if "margin" in worth:
        columns["margin"] = worth["margin"] / units
        if history.exchange.account.borrows:
            columns |= {"available_margin": worth["free_margin"] / units, "debt": worth["debt"] / units}
            columns["maintenance_ratio"] = _over(equity + worth["debt"], worth["debt"])
        else:
            columns["risk_degree"] = _over(worth["margin"], equity)
        if has_options(history.exchange):
            columns["option_value"] = np.array([option_value(history.exchange, state) for state in closes]) / units
    if benchmark is not None:
        columns |= {"benchmark_close": benchmark.close, "benchmark_nav": benchmark.nav}
    return pd.DataFrame(columns, index=history.days, dtype="float64")


def _over(parts: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    """Quotients; NaN over nothing."""
    ratios: NDArray[np.float64] = np.divide(parts, whole, out=np.full(len(whole), np.nan), where=whole != 0)
    return ratios


def _worth(history: AccountHistory, kept_back: Sequence[Mapping[int, int]]) -> dict[str, NDArray[np.int64]]:
    """What is free, market value, floating and realised profit at every close, and margin where there is one."""
    exchange, closes = history.exchange, history.closes
    if exchange.account.is_plain:
        cash = np.array([state.cash for state in closes], dtype=np.int64)
        cost = np.array([sum(held.cost for held in state.positions.values()) for state in closes], dtype=np.int64)
        market = _market_values(history)
        realised = np.array([state.realised for state in closes], dtype=np.int64)
        reserved = np.array([sum(kept.values()) for kept in kept_back], dtype=np.int64)
        return {"free": cash - reserved, "market": market, "floating": market - cost, "realised": realised}
    rows = []
    for state, kept in zip(closes, kept_back, strict=True):
        worth, ledger = exchange.account.value(state, exchange), state.ledger
        free, binding = (free_money(state, exchange, pool, kept) for pool in (Pool.OWN, Pool.MARGIN))
        gained = state.realised + ledger.income - ledger.fees
        rows.append((free, worth.market, worth.floating, gained, worth.margin, binding, worth.debt))
    names = ("free", "market", "floating", "realised", "margin", "free_margin", "debt")
    table = np.array(rows, dtype=np.int64).reshape(len(rows), len(names))
    return dict(zip(names, table.T, strict=True))


def portfolio_now(history: AccountHistory, benchmark: Aligned | None) -> pd.Series[float]:
    """The same fields at the moment at which the history ends."""
    account, exchange = history.account, history.exchange
    units, starting = exchange.money.units, history.starting
    portfolio = Portfolio(exchange, account, starting)
    worth, reserved = exchange.account.value(account, exchange), sum(_held_back(history, account).values())
    equity, value = worth.equity, worth.market
    earlier = sum(1 for state in history.closes if state.day < account.day)
    kept = history.closes[earlier - 1].ledger if earlier else Ledger()
    before = int(history.equity_steps[earlier - 1]) if earlier else starting
    now, then = equity / account.ledger.scale, before / kept.scale
    flows = account.ledger.flows - kept.flows
    nav = now / starting if starting else float("nan")
    found = {
        "cash": account.cash / units,
        "available": portfolio.available,
        "reserved": reserved / units,
        "market_value": value / units,
        "equity": equity / units,
        "nav": nav,
        "total_return": nav - 1,
        "daily_return": (now - then) / then if then > 0 else 0.0,
        "daily_profit": (equity - before - flows) / units,
        "fees": sum(fees_by_day(history).values()) / units,
        "floating_profit": portfolio.floating_profit,
        "realised_profit": portfolio.realised_profit,
        "total_profit": portfolio.profit,
    }
    if not exchange.account.is_plain:
        found["margin"] = portfolio.margin
        if exchange.account.borrows:
            found |= {"available_margin": portfolio.available_margin, "debt": portfolio.debt}
            found["maintenance_ratio"] = portfolio.maintenance_ratio
        else:
            found["risk_degree"] = portfolio.risk_degree
        if has_options(exchange):
            found["option_value"] = option_value(exchange, account) / units
    if benchmark is not None and len(benchmark.close):
        found |= {"benchmark_close": benchmark.close[-1], "benchmark_nav": benchmark.nav[-1]}
    return pd.Series(found, dtype="float64", name=frames.timestamp(exchange, account.day))


def traded_by_day(history: AccountHistory) -> Traded:
    """What was bought and sold, by day, and by instrument of each."""
    traded: Traded = {}
    for fill in history.fills:
        row = traded.setdefault(fill.at.day, {}).setdefault(fill.instrument, [0, 0, 0, 0])
        side = 0 if fill.quantity > 0 else 2
        row[side] += abs(fill.quantity)
        row[side + 1] += fill.notional
    return traded


def positions_now(history: AccountHistory) -> pd.DataFrame:
    """One row per instrument held now, at the previous close, or traded today."""
    exchange, account = history.exchange, history.account
    portfolio = Portfolio(exchange, account, history.starting)
    earlier = [state for state in history.closes if state.day < account.day]
    before, now = _units(earlier[-1]) if earlier else _given(history), _units(account)
    today = traded_by_day(history).get(account.day, {})
    symbols, (means, _) = exchange.market.symbols, average_prices(history)
    rows = []
    for column in sorted({*now, *before, *today}, key=symbols.__getitem__):
        held = portfolio.positions[symbols[column]]
        figures = _figures(held, means.get(column, np.nan), held.price, portfolio.equity)
        traded = _amounts(today.get(column, _UNTRADED), exchange.money.units)
        rows.append((symbols[column], held.quantity, before.get(column, 0), *figures, *traded))
    return _typed(pd.DataFrame(rows, columns=["symbol", *POSITION_COLUMNS])).set_index("symbol")


def daily_positions(history: AccountHistory) -> pd.DataFrame:
    """One row per day and instrument; see :attr:`Tables.daily_positions` for the columns."""
    exchange, symbols = history.exchange, history.exchange.market.symbols
    units, marks, traded = exchange.money.units, exchange.market.mark, traded_by_day(history)
    rows: list[tuple[Any, ...]] = []
    before, (_, at_closes) = _given(history), average_prices(history)
    for state, equity, means in zip(history.closes, history.equity.tolist(), at_closes, strict=True):
        day, now, held = state.day, _units(state), Portfolio(exchange, state, history.starting).positions
        today = traded.get(day, {})
        for column in sorted({*now, *before, *today}):
            mine = held[symbols[column]]
            figures = _figures(mine, means.get(column, np.nan), marks[day, column], equity)
            amounts = _amounts(today.get(column, _UNTRADED), units)
            rows.append((day, symbols[column], mine.quantity, before.get(column, 0), *figures, *amounts))
        before = now
    return frames.with_days(exchange, _typed(pd.DataFrame(rows, columns=["day", "symbol", *POSITION_COLUMNS])))


_UNTRADED = (0, 0, 0, 0)


def _units(account: Draft | State) -> dict[int, int]:
    """Units of every instrument that is held: shares, and lots, the long less the short ones."""
    units = {column: position.quantity for column, position in account.positions.items()}
    for column in {key.instrument for key in account.ledger.lots}:
        units[column] = units.get(column, 0) + account.ledger.net(column)  # own shares beside borrowed ones, too
    return units


def _given(history: AccountHistory) -> dict[int, int]:
    """Units that were held before the first day."""
    return {column: position.quantity for column, position in history.initial.items()}


def _figures(held: Holding, mean: float, price: float, equity: float) -> tuple[float, ...]:
    """What of :data:`POSITION_COLUMNS` stands between the units and what was traded."""
    cost, weight = held.average_cost if held.quantity else np.nan, held.market_value / equity if equity else np.nan
    return held.sellable, cost, mean, price, held.market_value, held.profit, weight


def _amounts(traded: Sequence[int], units: int) -> tuple[float, ...]:
    """What was bought and sold: units, and their value in the currency."""
    bought, paid, sold, received = traded
    return bought, paid / units, sold, received / units


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    return frames.typed(frame, words=("symbol",), whole=("day", *COUNTS))


def exposure(history: AccountHistory) -> Floats:
    """(D,) ndarray of float64: market value over equity at every close; 0 where there is no equity."""
    market, equity = _market_values(history), history.equity_steps
    part: Floats = np.divide(market, equity, out=np.zeros(len(market)), where=equity > 0)
    return part


def _market_values(history: AccountHistory) -> NDArray[np.int64]:
    """Market value at every close, money steps; in plain accounts what of the equity is no cash."""
    if history.exchange.account.is_plain:
        return history.equity_steps - np.array([state.cash for state in history.closes], dtype=np.int64)
    worth = (history.exchange.account.value(state, history.exchange) for state in history.closes)
    return np.array([value.market for value in worth], dtype=np.int64)
