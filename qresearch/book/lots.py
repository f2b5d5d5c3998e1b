"""Holdings with two sides: lots, their prices, what they bind and what they have earned, as a table."""

from __future__ import annotations

import pandas as pd

from qresearch.domain.ledger import LONG
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
