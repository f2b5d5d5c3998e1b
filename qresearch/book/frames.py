"""The read model: orders, fills, positions, events and bars as DataFrames. Built when someone looks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

import pandas as pd

from qresearch.book.orders import OrderRecord, Orders, mean_price
from qresearch.book.portfolio import Portfolio
from qresearch.domain import events
from qresearch.domain.fees import parts_of
from qresearch.domain.moment import PHASES, Moment, Phase
from qresearch.domain.order import Status
from qresearch.domain.reasons import Reason
from qresearch.engine.exchange import Exchange
from qresearch.market.view import View
from qresearch.sentences import ENGLISH, Words

_ORDER_COLUMNS = ("symbol", "side", "asked", "quantity", "filled", "leaves", "canceled", "average_price")
"""What comes before the fees of an order."""
_ORDER_ENDS = ("status", "reason", "why", "placed", "placed_phase", "ended", "ended_phase")
_ORDER_WORDS = ("symbol", "side", "asked", "status", "reason", "why", "placed_phase", "ended_phase")
_ORDER_COUNTS = ("quantity", "filled", "leaves", "canceled")
FILL_COLUMNS = ("order_id", "day", "phase", "symbol", "side", "quantity", "price", "notional")
"""What comes before the fees of a fill, and its net amount."""
POSITION_COLUMNS = (
    "quantity", "sellable", "locked", "reserved", "average_cost", "price", "market_value", "profit", "weight", "stale",
)  # fmt: skip
EVENT_COLUMNS = (
    "day", "phase", "event", "order_id", "symbol", "quantity", "price", "amount", "fee", "before", "after", "reason",
    "text",
)  # fmt: skip
_EVENT_WORDS = ("phase", "event", "symbol", "before", "after", "reason", "text")


def typed(
    frame: pd.DataFrame, *, words: Iterable[str] = (), whole: Iterable[str] = (), days: Iterable[str] = ()
) -> pd.DataFrame:
    """A table with the dtype of every column named, so that one without rows has those of a full one.

    What is named neither among the words, nor the whole numbers, nor the days is a float.
    """
    kinds = dict.fromkeys(words, "str") | dict.fromkeys(whole, "int64") | dict.fromkeys(days, "datetime64[s]")
    return frame.astype({name: kinds.get(name, "float64") for name in frame.columns})


def orders_frame(exchange: Exchange, orders: Iterable[OrderRecord]) -> pd.DataFrame:
    """One row per order ever placed, by order id; see :attr:`Session.orders` for the columns."""
    market, amount = exchange.market, exchange.money.amount
    listed = list(orders)
    parts = parts_of(order.fees for order in listed)

    def row(order: OrderRecord) -> tuple[Any, ...]:
        return (
            market.symbols[order.instrument],
            order.side.value,
            f"{order.method.call} {order.asked:,.10g}",
            abs(order.quantity),
            order.filled,
            order.leaves,
            order.canceled,
            mean_price(market, order),
            *(amount(order.fees[part]) for part in parts),
            order.status.value,
            "" if order.reason is None else order.reason.value,
            ENGLISH.why(market.instruments[order.instrument], order),
            *_moment(exchange, order.placed),
            *_moment(exchange, order.ended),
        )

    index = pd.Index([order.order_id for order in listed], name="order_id", dtype="int64")
    frame = pd.DataFrame([row(order) for order in listed], columns=[*_ORDER_COLUMNS, *parts, *_ORDER_ENDS], index=index)
    frame = typed(frame, words=_ORDER_WORDS, whole=_ORDER_COUNTS, days=("placed", "ended"))
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


def fills_frame(exchange: Exchange, log: Iterable[events.Event]) -> pd.DataFrame:
    """One row per fill, in order; see :attr:`Session.fills` for the columns."""
    amount, symbols, days = exchange.money.amount, exchange.market.symbols, exchange.market.days
    fills = [event for event in events.records(log) if isinstance(event, events.OrderFilled)]
    parts = parts_of(fill.fees for fill in fills)
    rows = [
        (
            fill.order_id,
            days[fill.at.day],
            PHASES[fill.at.phase].value,
            symbols[fill.instrument],
            fill.side.value,
            abs(fill.quantity),
            fill.price,
            amount(fill.notional),
            *(amount(fill.fees[part]) for part in parts),
            amount(fill.net),
        )
        for fill in fills
    ]
    frame = pd.DataFrame(rows, columns=[*FILL_COLUMNS, *parts, "net"])
    frame = typed(frame, words=("phase", "symbol", "side"), whole=("order_id", "quantity"), days=("day",))
    return with_times(exchange, frame, [fill.at for fill in fills], "phase", "time")


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
    return typed(frame, whole=("quantity", "sellable", "locked", "reserved")).astype({"stale": "bool"})


def events_frame(exchange: Exchange, log: Iterable[events.Event], book: Orders | None = None) -> pd.DataFrame:
    """One row per event, in order; see :attr:`Session.events` for the columns.

    Parameters
    ----------
    exchange : Exchange
    log : iterable of Event
    book : Orders, optional
        The orders as they were before the first of the events; it is moved on. Default: there were none. The states of
        an order that it does not know are left empty.
    """
    known = Orders() if book is None else book
    single = list(events.records(log))
    frame = typed_events([event_row(exchange, event, *known.tell(event)) for event in single])
    return with_times(exchange, frame, [event.at for event in single], "phase", "time")


def typed_events(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    """Rows of :func:`event_row` as a DataFrame."""
    frame = pd.DataFrame(rows, columns=list(EVENT_COLUMNS))
    frame.index.name = "seq"
    # None, where an event is of no order, is no number of numpy's.
    frame = frame.astype({"order_id": "Int64", "quantity": "Int64"})
    known = frame.columns.difference(["order_id", "quantity"])
    return frame.assign(**typed(frame[known], words=_EVENT_WORDS, days=("day",)))


_AMOUNTS = ("notional", "amount", "paid", "tax", "cash", "cost")
_QUANTITIES = ("quantity", "cut", "received")


def event_row(exchange: Exchange, event: events.Record, before: str, order: OrderRecord | None) -> tuple[Any, ...]:
    """The values of :data:`EVENT_COLUMNS` for one event; `order` is as it was left, `before` its state until then."""
    known = {item.name: getattr(event, item.name) for item in fields(event)}
    column = known.get("instrument", None if order is None else order.instrument)
    reason: Reason | None = known.get("reason")
    money = exchange.money.amount
    return (
        _date(exchange, event.at.day),
        PHASES[event.at.phase].value,
        type(event).__name__,
        known.get("order_id"),
        "" if column is None else exchange.market.symbols[column],
        next((known[name] for name in _QUANTITIES if name in known), None),
        known.get("price", float("nan")),
        next((money(known[name]) for name in _AMOUNTS if name in known), float("nan")),
        money(event.fees.total) if isinstance(event, events.OrderFilled) else float("nan"),
        before,
        "" if order is None else order.status.value,
        "" if reason is None else reason.value,
        _event_text(known, reason, ENGLISH if column is None else ENGLISH.of(exchange.market.instruments[column])),
    )


def _event_text(known: dict[str, Any], reason: Reason | None, words: Words) -> str:
    if reason is not None:
        return words(reason, **known.get("facts", {}))
    if "values" in known:
        return ", ".join(f"{name}={value:g}" for name, value in known["values"])
    return str(known.get("text", known.get("why", "")))


def with_days(exchange: Exchange, frame: pd.DataFrame) -> pd.DataFrame:
    """A frame whose column `day` holds the numbers of trading days, with their dates there."""
    days = exchange.market.days[frame["day"].to_numpy()].astype("datetime64[s]")
    return frame.assign(day=days)


def transfers_frame(exchange: Exchange, log: Iterable[events.Event], words: Words) -> pd.DataFrame:
    """One row per transfer that was asked for; see :attr:`Accounts.transfers` for the columns."""
    rows = [
        (
            _date(exchange, event.at.day),
            PHASES[event.at.phase].value,
            event.source,
            event.target,
            exchange.money.amount(event.amount),
            event.reason is None,
            event.reason or "",
            "" if event.reason is None else words(event.reason, **event.facts),
        )
        for event in log
        if isinstance(event, events.Transferred)
    ]
    columns = ["day", "phase", "source", "target", "amount", "moved", "reason", "why"]
    words_of = ("phase", "source", "target", "reason", "why")
    return typed(pd.DataFrame(rows, columns=columns), words=words_of, days=("day",)).astype({"moved": "bool"})


def recorded_frame(exchange: Exchange, log: Iterable[events.Event]) -> pd.DataFrame:
    """What strategies recorded: one row per day, one column per name; NaN where nothing was recorded."""
    rows: dict[Any, dict[str, float]] = {}
    for event in log:
        if isinstance(event, events.Recorded):
            rows.setdefault(_date(exchange, event.at.day), {}).update(event.values)
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
