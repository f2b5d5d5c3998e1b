"""Holdings with two sides: lots, their prices, what they bind and what they have earned, as a table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from qresearch.book.accounts import Traded, traded_by_day
from qresearch.book.history import AccountHistory
from qresearch.domain import events
from qresearch.domain.ledger import EMPTY, LONG, SHORT, Key
from qresearch.domain.state import State
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange

SIDES = {True: "long", False: "short"}
COLUMNS = (
    "symbol", "side", "quantity", "today", "average_price", "settled_price", "price", "market_value", "margin",
    "floating_profit", "unsettled_profit",
)  # fmt: skip


def lots_frame(exchange: Exchange, account: Draft | State) -> pd.DataFrame:
    """One row per side of an instrument that is held in lots; see :attr:`Tables.lots`."""
    money, view = exchange.money, exchange.view(account)
    bound = exchange.account.value(account, exchange).bound
    rows = []
    for key, lots in account.ledger.lots.items():
        size, quantity = exchange.multiplier[key.instrument], sum(lot.quantity for lot in lots)
        mark, item = view.mark(key.instrument), exchange.market.instruments[key.instrument]
        worth = money.notional(money.price_units(mark), quantity * size)
        opened, base = (
            sum(money.notional(price, lot.quantity * size) for price, lot in zip(prices, lots, strict=True))
            for prices in ([lot.opened for lot in lots], [lot.base for lot in lots])
        )
        rows.append(
            (item.symbol, SIDES[key.side == LONG], quantity,
             sum(lot.quantity for lot in lots if lot.day == account.day),
             *(item.mean_price(money.amount(paid), quantity) for paid in (opened, base)), mark,
             *map(money.amount, (worth, bound.get(key, 0), key.side * (worth - opened), key.side * (worth - base))))
        )  # fmt: skip
    return pd.DataFrame(sorted(rows), columns=list(COLUMNS)).set_index(["symbol", "side"])


SIDE_COLUMNS = (
    "day", "symbol", "previous_quantity", "previous_short", "quantity", "average_price", "short", "short_price",
    "bought_quantity", "bought_value", "sold_quantity", "sold_value",
)  # fmt: skip


def sides_frame(history: AccountHistory) -> pd.DataFrame:
    """Both sides of what is held now, was held at the close before, or was traded today; see :attr:`Tables.sides`."""
    account = history.account
    earlier = [state for state in history.closes if state.day < account.day]
    rows = _sides(history, account, earlier[-1] if earlier else None, traded_by_day(history))
    return _frame(history, rows).drop(columns="day").set_index("symbol")


def daily_sides(history: AccountHistory) -> pd.DataFrame:
    """The same at every close, after its settlement; see :attr:`Tables.daily_sides`."""
    rows, before, traded = [], None, traded_by_day(history)
    for state in history.closes:
        rows += _sides(history, state, before, traded)
        before = state
    return _frame(history, rows)


def closing_orders(log: Iterable[events.Event]) -> set[int]:
    """Ids of the orders whose fills closed lots."""
    found, last = set(), 0
    for event in events.records(iter(log)):
        if isinstance(event, events.OrderFilled):
            last = event.order_id
        elif isinstance(event, events.LotsTaken) and last:
            found.add(last)
        else:
            last = 0
    return found


def _sides(
    history: AccountHistory, account: Draft | State, before: Draft | State | None, traded: Traded
) -> list[tuple[Any, ...]]:
    exchange, units = history.exchange, history.exchange.money.units
    held = {column: row for (day, column), row in traded.items() if day == account.day}
    earlier = EMPTY if before is None else before.ledger
    columns = {key.instrument for ledger in (account.ledger, earlier) for key in ledger.lots} | held.keys()
    rows = []
    for column in sorted(columns, key=exchange.market.symbols.__getitem__):
        item, now = exchange.market.instruments[column], account.ledger
        opened = [
            sum(lot.opened * lot.quantity for lot in now.lots.get(Key(column, side), ())) for side in (LONG, SHORT)
        ]
        long, short = now.quantity(column, LONG), now.quantity(column, SHORT)
        scale = exchange.money.price_scale
        bought, paid, sold, received = held.get(column, (0, 0, 0, 0))
        rows.append(
            (account.day, item.symbol, earlier.quantity(column, LONG), earlier.quantity(column, SHORT), long,
             opened[0] / scale / long if long else float("nan"), short,
             opened[1] / scale / short if short else float("nan"), bought, paid / units, sold, received / units)
        )  # fmt: skip
    return rows


def _frame(history: AccountHistory, rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(SIDE_COLUMNS))
    days = history.exchange.market.days[frame["day"].to_numpy(dtype="int64")].astype("datetime64[s]")
    return frame.assign(day=days)
