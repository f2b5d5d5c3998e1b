"""Holdings with two sides: lots, their prices, what they bind and what they have earned, as a table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from qresearch.book.accounts import Traded, traded_by_day
from qresearch.book.frames import typed, with_days
from qresearch.book.history import AccountHistory
from qresearch.domain import events
from qresearch.domain.ledger import COVERED, EMPTY, LONG, SHORT, Key, Lot
from qresearch.domain.state import State
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange

SIDES = {LONG: "long", SHORT: "short", COVERED: "covered"}
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
        size, quantity = exchange.multiplier(key.instrument, account.day), sum(lot.quantity for lot in lots)
        mark, item = view.mark(key.instrument), exchange.market.instruments[key.instrument]
        worth = money.notional(money.price_units(mark), quantity * size)
        # What has a cost keeps it, whatever its unit has become since, and is not settled before it is closed.
        opened = sum(lot.cost or money.notional(lot.opened, lot.quantity * size) for lot in lots)
        base = sum(lot.cost or money.notional(lot.base, lot.quantity * size) for lot in lots)
        rows.append(
            (item.symbol, SIDES[key.side], quantity,
             sum(lot.quantity for lot in lots if lot.day == account.day),
             *(item.mean_price(money.amount(paid), quantity, size) for paid in (opened, base)), mark,
             *map(money.amount, (worth, bound.get(key, 0), key.sign * (worth - opened), key.sign * (worth - base))))
        )  # fmt: skip
    frame = pd.DataFrame(sorted(rows), columns=list(COLUMNS))
    return typed(frame, words=("symbol", "side"), whole=("quantity", "today")).set_index(["symbol", "side"])


SIDE_COLUMNS = (
    "day", "symbol", "previous_quantity", "previous_short", "quantity", "average_price", "short", "short_price",
    "bought_quantity", "bought_value", "sold_quantity", "sold_value",
)  # fmt: skip
_COUNTS = ("day", "previous_quantity", "previous_short", "quantity", "short", "bought_quantity", "sold_quantity")


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
    held = traded.get(account.day, {})
    earlier = EMPTY if before is None else before.ledger
    shares = {} if before is None else before.positions
    columns = {key.instrument for ledger in (account.ledger, earlier) for key in ledger.lots} | held.keys()
    columns |= account.positions.keys() | shares.keys()
    rows = []
    for column in sorted(columns, key=exchange.market.symbols.__getitem__):
        item, now = exchange.market.instruments[column], account.ledger
        bought, paid, sold, received = held.get(column, (0, 0, 0, 0))
        size = exchange.multiplier(column, account.day)
        (long, long_price), (short, short_price) = (
            _side(exchange, [lot for key in keys for lot in now.lots.get(Key(column, key), ())], size)
            for keys in ((LONG,), _WRITTEN)
        )
        previous = [sum(earlier.quantity(column, key) for key in keys) for keys in ((LONG,), _WRITTEN)]
        if column in shares:
            previous[0] = shares[column].quantity
        if column in account.positions:
            long = account.positions[column].quantity
            long_price = account.positions[column].cost / units / long
        rows.append(
            (account.day, item.symbol, *previous, long, long_price, short, short_price, bought, paid / units, sold,
             received / units)
        )  # fmt: skip
    return rows


_WRITTEN = (SHORT, COVERED)


def _side(exchange: Exchange, lots: list[Lot], size: int) -> tuple[int, float]:
    """Units of some lots, and the mean price at which they were opened; of a cost, at today's units."""
    money, quantity = exchange.money, sum(lot.quantity for lot in lots)
    if not quantity:
        return 0, float("nan")
    exact = sum(
        lot.cost * money.price_scale / money.units / size if lot.cost else lot.opened * lot.quantity for lot in lots
    )
    return quantity, exact / money.price_scale / quantity


def _frame(history: AccountHistory, rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    frame = typed(pd.DataFrame(rows, columns=list(SIDE_COLUMNS)), words=("symbol",), whole=_COUNTS)
    return with_days(history.exchange, frame)
