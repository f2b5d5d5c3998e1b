"""What became of every order, one row per happening, and what trading cost by kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from qresearch.book.frames import time_of, typed
from qresearch.book.history import AccountHistory
from qresearch.book.orders import OrderRecord, Orders
from qresearch.domain import events
from qresearch.domain.fees import parts_of
from qresearch.domain.instrument import Instrument
from qresearch.domain.moment import OPEN, Moment
from qresearch.engine.exchange import Exchange
from qresearch.sentences import ENGLISH

DETAIL_COLUMNS = (
    "order_id", "symbol", "side", "sent", "order_price", "order_quantity", "time", "price", "quantity", "outcome",
    "reason", "why", "label",
)  # fmt: skip
Happening = tuple[str, float, int, str, str]
"""Outcome, price, shares, code of the reason, sentence."""


def trade_details(history: AccountHistory) -> pd.DataFrame:
    """One row per fill, cancel, rejection, refused cancel and expiry; see :attr:`Tables.trade_details`."""
    orders = Orders()
    rows: list[tuple[Any, ...]] = []
    told: set[int] = set()
    for event in events.records(iter(history.log)):
        order_id = getattr(event, "order_id", None)
        if order_id is None:
            continue
        orders.fold(event)
        order = orders[order_id]
        found = _outcome(event, order, history.exchange.market.instruments[order.instrument])
        if found is not None:
            told.add(order_id)
            rows.append(_row(history.exchange, order, event, found))
    for order_id, order in orders.items():
        if order_id not in told:
            rows.append(_row(history.exchange, order, None, ("submitted", float("nan"), 0, "", "")))
    frame = pd.DataFrame(rows, columns=list(DETAIL_COLUMNS))
    frame.index.name = "seq"
    words, whole = ("symbol", "side", "outcome", "reason", "why", "label"), ("order_id", "order_quantity", "quantity")
    return typed(frame, words=words, whole=whole, days=("sent", "time"))


def _outcome(event: events.Record, order: OrderRecord, item: Instrument) -> Happening | None:
    """Outcome, price, shares, reason and sentence of an event that the table shows; None for others."""
    match event:
        case events.OrderFilled(price=price, quantity=quantity):
            return "filled" if order.leaves == 0 else "partly filled", price, abs(quantity), "", ""
        case events.OrderCanceled(reason=reason):
            left = abs(order.quantity) - order.filled
            return "canceled", float("nan"), left, reason.value, ENGLISH.why(item, event)
        case events.OrderRejected(reason=reason):
            return "rejected", float("nan"), 0, reason.value, ENGLISH.why(item, event)
        case events.CancelRefused(reason=reason):
            return "cancel refused", float("nan"), 0, reason.value, ENGLISH.why(item, event)
        case events.OrderExpired(reason=reason):
            return "expired", float("nan"), 0, reason.value, ENGLISH.why(item, event)
        case _:
            return None


def _row(
    exchange: Exchange, order: OrderRecord, event: events.Record | None, happened: Happening
) -> tuple[Any, ...]:  # fmt: skip
    placed: Moment = order.placed
    outcome, price, quantity, reason, why = happened
    limit = order.terms.limit_price
    return (
        order.order_id,
        exchange.market.symbols[order.instrument],
        order.side.value,
        time_of(exchange, *placed),
        float("nan") if limit is None else limit,
        abs(order.quantity),
        pd.NaT if event is None else time_of(exchange, event.at.day, event.at.phase, event.at.bar),
        price,
        quantity,
        outcome,
        reason,
        why,
        order.terms.tag,
    )


def costs_frame(history: AccountHistory) -> pd.DataFrame:
    """What trading cost by kind; see :attr:`Tables.costs` for the columns."""
    exchange, fills = history.exchange, history.fills
    units = exchange.money.units
    traded = sum(fill.notional for fill in fills) / units
    opens = exchange.market.panel.open
    slipped = sum(
        (fill.price - float(opens[fill.at.day, fill.instrument])) * fill.quantity
        for fill in fills
        if fill.at.phase == OPEN
    )
    amounts = {
        **{part: sum(fill.fees[part] for fill in fills) / units for part in parts_of(fill.fees for fill in fills)},
        "slippage": round(slipped, 6) + 0.0,
    }
    amounts["total"] = sum(amounts.values())
    amount = np.array(list(amounts.values()), dtype=np.float64)
    starting = history.starting_equity
    nothing = np.full(len(amount), np.nan)
    return pd.DataFrame(
        {
            "amount": amount,
            "of_traded": amount / traded if traded else nothing,
            "of_equity": amount / starting if starting else nothing,
        },
        index=pd.Index(list(amounts), name="kind", dtype="str"),
    )
