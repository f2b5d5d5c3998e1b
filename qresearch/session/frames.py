"""The read model: orders, fills, positions, events and bars as DataFrames. Built when someone looks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

import pandas as pd

from qresearch.domain.messages import Event, OrderFilled, Record, Recorded, records
from qresearch.domain.order import Status
from qresearch.domain.reasons import Reason
from qresearch.engine.exchange import Exchange
from qresearch.market.venue import PHASES, Phase
from qresearch.market.view import View
from qresearch.sentences import ENGLISH
from qresearch.session.orders import Moment, OrderBook, OrderRecord
from qresearch.session.portfolio import Portfolio

ORDER_COLUMNS = (
    "symbol", "side", "asked", "quantity", "filled", "leaves", "canceled", "average_price", "commission",
    "stamp_duty", "transfer_fee", "status", "reason", "why", "placed", "placed_phase", "ended", "ended_phase",
)  # fmt: skip
FILL_COLUMNS = (
    "order_id", "day", "phase", "symbol", "side", "quantity", "price", "notional", "commission", "stamp_duty",
    "transfer_fee", "net",
)  # fmt: skip
POSITION_COLUMNS = (
    "quantity", "sellable", "locked", "reserved", "average_cost", "price", "market_value", "profit", "weight", "stale",
)  # fmt: skip
EVENT_COLUMNS = (
    "day", "phase", "event", "order_id", "symbol", "quantity", "price", "amount", "fee", "before", "after", "reason",
    "text",
)  # fmt: skip


def side_of(quantity: int) -> str:
    """Which side a signed quantity is on.

    >>> side_of(100), side_of(-100)
    ('buy', 'sell')
    """
    return "buy" if quantity > 0 else "sell"


def orders_frame(exchange: Exchange, orders: Iterable[OrderRecord]) -> pd.DataFrame:
    """One row per order ever placed, by order id; see :attr:`Session.orders` for the columns."""
    market, amount = exchange.market, exchange.money.amount

    def row(order: OrderRecord) -> tuple[Any, ...]:
        average = amount(order.notional) / order.filled if order.filled else float("nan")
        return (
            market.symbols[order.column],
            side_of(order.quantity or (1 if order.asked > 0 else -1)),
            f"{order.method.call} {order.asked:,.10g}",
            abs(order.quantity),
            order.filled,
            order.leaves,
            order.canceled,
            average,
            amount(order.commission),
            amount(order.stamp_duty),
            amount(order.transfer_fee),
            order.status.value,
            "" if order.reason is None else order.reason.value,
            order.why,
            *_moment(exchange, order.placed),
            *_moment(exchange, order.ended),
        )

    listed = list(orders)
    index = pd.Index([order.order_id for order in listed], name="order_id", dtype="int64")
    frame = pd.DataFrame([row(order) for order in listed], columns=list(ORDER_COLUMNS), index=index)
    frame = frame.astype({"placed": "datetime64[s]", "ended": "datetime64[s]"})
    frame = with_times(exchange, frame, [order.placed for order in listed], "placed_phase", "placed_time")
    return with_times(exchange, frame, [order.ended for order in listed], "ended_phase", "ended_time")


def with_times(
    exchange: Exchange, frame: pd.DataFrame, moments: Iterable[Moment | None], after: str, name: str
) -> pd.DataFrame:
    """On minute data the frame with a column of times after another one; on daily data as it is."""
    if exchange.intraday is None:
        return frame
    times = [pd.NaT if moment is None else time_of(exchange, *moment) for moment in moments]
    place = frame.columns.to_list().index(after) + 1
    frame.insert(place, name, pd.Series(times, index=frame.index, dtype="datetime64[s]"))
    return frame


def _moment(exchange: Exchange, moment: Moment | None) -> tuple[Any, str]:
    if moment is None:
        return pd.NaT, ""
    day = _date(exchange, moment[0])
    return day, PHASES[moment[1]].value


def _date(exchange: Exchange, day: int) -> Any:
    """A day as a timestamp; the day before the data begins has none."""
    return exchange.market.days[day] if day >= 0 else pd.NaT


def time_of(exchange: Exchange, day: int, phase: int, bar: int = 0) -> pd.Timestamp:
    """A moment on the clock of the venue: the end of the bar, else the hour of the phase; NaT before the data begin."""
    inside = exchange.intraday
    if bar and inside is not None and PHASES[phase] is Phase.INTRADAY:
        return pd.Timestamp(inside.times[inside.row(day, bar)])
    begin = exchange.market.venue.hours[PHASES[phase]]
    return timestamp(exchange, day) + pd.Timedelta(hours=begin.hour, minutes=begin.minute)


def timestamp(exchange: Exchange, day: int) -> pd.Timestamp:
    """A day (index) as a Timestamp; NaT before the data begin."""
    return pd.Timestamp(_date(exchange, day))


def fills_frame(exchange: Exchange, log: Iterable[Event]) -> pd.DataFrame:
    """One row per fill, in order; see :attr:`Session.fills` for the columns."""
    amount, symbols, days = exchange.money.amount, exchange.market.symbols, exchange.market.days
    rows = []
    moments: list[Moment] = []
    for event in records(iter(log)):
        if isinstance(event, OrderFilled):
            moments.append((event.day, event.phase, event.bar))
            fees = event.commission + event.stamp_duty + event.transfer_fee
            net = -(event.notional + fees) if event.quantity > 0 else event.notional - fees
            rows.append(
                (
                    event.order_id,
                    days[event.day],
                    PHASES[event.phase].value,
                    symbols[event.column],
                    side_of(event.quantity),
                    abs(event.quantity),
                    event.price,
                    amount(event.notional),
                    amount(event.commission),
                    amount(event.stamp_duty),
                    amount(event.transfer_fee),
                    amount(net),
                )
            )
    frame = pd.DataFrame(rows, columns=list(FILL_COLUMNS))
    frame = frame.astype({"day": "datetime64[s]", "order_id": "int64", "quantity": "int64"})
    return with_times(exchange, frame, moments, "phase", "time")


def positions_frame(portfolio: Portfolio, stale: Iterable[str]) -> pd.DataFrame:
    """One row per holding, by symbol; see :attr:`Session.positions` for the columns."""
    frozen = set(stale)
    equity = portfolio.equity
    held = sorted(portfolio.positions.values(), key=lambda item: item.symbol)
    rows = [
        (
            item.quantity,
            item.sellable,
            item.locked,
            item.reserved,
            item.average_cost,
            item.price,
            item.market_value,
            item.profit,
            item.market_value / equity if equity else float("nan"),
            item.symbol in frozen,
        )
        for item in held
    ]
    index = pd.Index([item.symbol for item in held], name="symbol", dtype="str")
    frame = pd.DataFrame(rows, columns=list(POSITION_COLUMNS), index=index)
    # Named here so that an empty account has the same columns as a full one.
    kinds = dict.fromkeys(("quantity", "sellable", "locked", "reserved"), "int64") | {"stale": "bool"}
    return frame.astype({name: kinds.get(name, "float64") for name in POSITION_COLUMNS})


def events_frame(exchange: Exchange, log: Iterable[Event], book: OrderBook | None = None) -> pd.DataFrame:
    """One row per event, in order; see :attr:`Session.events` for the columns.

    Parameters
    ----------
    exchange : Exchange
    log : iterable of Event
    book : OrderBook, optional
        The orders as they were before the first of the events; it is moved on. Default: there were none. The states of
        an order that it does not know are left empty.
    """
    known = OrderBook() if book is None else book
    events = list(records(iter(log)))
    frame = typed_events([event_row(exchange, event, *known.tell(event)) for event in events])
    return with_times(exchange, frame, [(event.day, event.phase, event.bar) for event in events], "phase", "time")


def typed_events(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    """Rows of :func:`event_row` as a DataFrame."""
    frame = pd.DataFrame(rows, columns=list(EVENT_COLUMNS))
    frame.index.name = "seq"
    return frame.astype({"day": "datetime64[s]", "order_id": "Int64", "quantity": "Int64"})


_AMOUNTS = ("notional", "amount", "paid", "tax", "cash", "cost")
_QUANTITIES = ("quantity", "cut", "received")
_FEES = ("commission", "stamp_duty", "transfer_fee")


def event_row(exchange: Exchange, event: Record, before: str, order: OrderRecord | None) -> tuple[Any, ...]:
    """The values of :data:`EVENT_COLUMNS` for one event; `order` is as it was left, `before` its state until then."""
    known = {item.name: getattr(event, item.name) for item in fields(event)}
    column = known.get("column", None if order is None else order.column)
    reason: Reason | None = known.get("reason")
    money = exchange.money.amount
    return (
        _date(exchange, event.day),
        PHASES[event.phase].value,
        type(event).__name__,
        known.get("order_id"),
        "" if column is None else exchange.market.symbols[column],
        next((known[name] for name in _QUANTITIES if name in known), None),
        known.get("price", float("nan")),
        next((money(known[name]) for name in _AMOUNTS if name in known), float("nan")),
        money(sum(known[name] for name in _FEES)) if isinstance(event, OrderFilled) else float("nan"),
        before,
        "" if order is None else order.status.value,
        "" if reason is None else reason.value,
        _event_text(known, reason),
    )


def _event_text(known: dict[str, Any], reason: Reason | None) -> str:
    if reason is not None:
        return ENGLISH(reason, **known.get("facts", {}))
    if "values" in known:
        return ", ".join(f"{name}={value:g}" for name, value in known["values"])
    return str(known.get("text", ""))


def recorded_frame(exchange: Exchange, log: Iterable[Event]) -> pd.DataFrame:
    """What strategies recorded: one row per day, one column per name; NaN where nothing was recorded."""
    rows: dict[Any, dict[str, float]] = {}
    for event in log:
        if isinstance(event, Recorded):
            rows.setdefault(_date(exchange, event.day), {}).update(event.values)
    frame = pd.DataFrame.from_dict(rows, orient="index")
    frame.index = pd.DatetimeIndex(frame.index, name="day")
    return frame


def history_frame(  # noqa: PLR0917  # as Session.history
    view: View, columns: list[int], count: int, field: str, adjust: str, frequency: str
) -> pd.DataFrame:
    """The last bars of one field, one column per symbol."""
    symbols = [view.market.symbols[column] for column in columns]
    values = view.window(columns, count, field, adjust, frequency)
    return pd.DataFrame(values, index=_stamps(view, len(values), frequency), columns=symbols)


def _stamps(view: View, count: int, frequency: str) -> pd.DatetimeIndex:
    """The days of the last bars, or the times at which they end."""
    name = "day" if frequency == "day" else "time"
    return pd.DatetimeIndex(view.index(count, frequency).astype("datetime64[s]"), name=name)


def bars_frame(view: View, column: int, count: int, adjust: str, frequency: str) -> pd.DataFrame:
    """The last bars of one instrument, one column per field."""
    names = view.fields(frequency)
    data = {name: view.window([column], count, name, adjust, frequency)[:, 0] for name in names}
    return pd.DataFrame(data, index=_stamps(view, len(data["close"]), frequency))


def rejected_counts(orders: Iterable[OrderRecord]) -> dict[str, int]:
    """How often each reason ended an order without a fill."""
    counts: dict[str, int] = {}
    for order in orders:
        if order.status in {Status.REJECTED, Status.EXPIRED} and not order.filled and order.reason:
            counts[order.reason.value] = counts.get(order.reason.value, 0) + 1
    return counts
