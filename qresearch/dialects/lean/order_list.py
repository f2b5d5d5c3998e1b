"""The order list of a run: its hash, as LEAN publishes it, and a comparison with an expected one."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import pandas as pd

from qresearch.dialects.lean.engine import Engine
from qresearch.dialects.lean.enums import OrderType
from qresearch.dialects.lean.names import smart
from qresearch.dialects.lean.orders import Order
from qresearch.dialects.lean.requests import TimeInForce
from qresearch.errors import UsageError

_LEADING = {
    OrderType.LIMIT: ("limitPrice",), OrderType.STOP_MARKET: ("stopPrice",),
    OrderType.STOP_LIMIT: ("stopPrice", "stopTriggered", "limitPrice"),
    OrderType.TRAILING_STOP: ("trailingAmount", "trailingAsPercentage"),
}  # fmt: skip
_FOLLOWING = {
    OrderType.TRAILING_STOP: ("stopPrice",),
    OrderType.LIMIT_IF_TOUCHED: ("triggerPrice", "limitPrice", "triggerTouched"),
}  # fmt: skip
_TIMES = "QuantConnect.Orders.TimeInForces"


def _number(value: Decimal) -> str:
    """A decimal of JSON always shows a point; nothing is negative zero."""
    if not value:
        value = abs(value)
    text = f"{value:f}"
    return text if "." in text else f"{text}.0"


def _time(moment: dt.datetime) -> str:
    return json.dumps(f"{moment:%Y-%m-%dT%H:%M:%SZ}")


def _force(terms: TimeInForce) -> str:
    if terms.kind == "gtc":
        return "{}"
    name = "DayTimeInForce" if terms.kind == "day" else "GoodTilDateTimeInForce"
    expiry = "" if terms.expiry is None else f',"Expiry":"{terms.expiry:%Y-%m-%dT%H:%M:%S}"'
    return f'{{"$type":"{_TIMES}.{name}, QuantConnect.Common"{expiry}}}'


def as_json(order: Order, identifier: str) -> str:
    """An order as LEAN writes it, compact.

    Parameters
    ----------
    order : Order
    identifier : str
        Of its symbol.
    """
    names = {"limitPrice": "limit_price", "stopPrice": "stop_price", "triggerPrice": "trigger_price",
             "trailingAmount": "trailing_amount"}  # fmt: skip
    flags = {"stopTriggered": order.stop_triggered, "triggerTouched": order.trigger_touched,
             "trailingAsPercentage": order.trailing_as_percentage}  # fmt: skip

    def own(keys: Iterable[str]) -> list[str]:
        found = []
        for key in keys:
            value = json.dumps(flags[key]) if key in flags else _number(smart(order.prices[names[key]]))
            found.append(f'"{key}":{value}')
        return found

    price = smart(order.average)
    parts = [*own(_LEADING.get(order.type, ())), f'"type":{int(order.type)}', *own(_FOLLOWING.get(order.type, ()))]
    parts += [
        f'"id":{order.id}', '"contingentId":0', f'"brokerId":{json.dumps(order.broker_id, separators=(",", ":"))}',
        f'"symbol":{{"value":{json.dumps(order.symbol.value)},"id":{json.dumps(identifier)},'
        f'"permtick":{json.dumps(order.symbol.value)}}}',
        f'"price":{_number(price)}', f'"priceCurrency":"{order.price_currency}"', f'"time":{_time(order.time)}',
        f'"createdTime":{_time(order.created_time)}',
    ]  # fmt: skip
    for key, moment in (("lastFillTime", order.last_fill_time), ("lastUpdateTime", order.last_update_time),
                        ("canceledTime", order.canceled_time)):  # fmt: skip
        if moment is not None:
            parts.append(f'"{key}":{_time(moment)}')
    submission = "null"
    if order.submission is not None:
        bid, ask, last = map(_number, order.submission)
        submission = f'{{"bidPrice":{bid},"askPrice":{ask},"lastPrice":{last}}}'
    parts += [
        f'"quantity":{_number(Decimal(order.quantity))}', f'"status":{int(order.status)}',
        f'"tag":{json.dumps(order.tag)}',
        f'"properties":{{"timeInForce":{_force(order.time_in_force)}}}', f'"securityType":{int(order.security_type)}',
        f'"direction":{int(order.direction)}', f'"value":{_number(order.quantity * price)}',
        f'"orderSubmissionData":{submission}', f'"isMarketable":{json.dumps(order.is_marketable)}',
        f'"priceAdjustmentMode":{order.price_adjustment_mode}',
    ]  # fmt: skip
    return "{" + ",".join(parts) + "}"


def _engine(session: Any) -> Engine:
    engine = getattr(session.strategy.target, "engine", None)
    if not isinstance(engine, Engine):
        raise UsageError("No script of LEAN runs in this session. Open one with Session.from_script(dialect='lean').")
    return engine


def order_list_hash(session: Any) -> str:
    """MD5 of all orders of a session, as LEAN publishes it for a run.

    Parameters
    ----------
    session : Session

    Raises
    ------
    UsageError
        No script of LEAN runs in it.
    """
    orders = _engine(session).keeper.orders
    text = ",".join(as_json(orders[known], orders[known].symbol.text) for known in sorted(orders))
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def order_list(session: Any) -> pd.DataFrame:
    """The orders of a session, one row each, in the words of LEAN; times are UTC.

    Parameters
    ----------
    session : Session

    Returns
    -------
    DataFrame
        By id: type, symbol, quantity, status, price, prices of the type, fee, times, tag.
    """
    engine = _engine(session)
    rows = []
    for number, order in sorted(engine.keeper.orders.items()):
        fee = sum((event.order_fee.exact for event in engine.keeper.tickets[number].order_events), Decimal(0))
        rows.append({
            "id": number, "type": order.type.name, "symbol": str(order.symbol), "quantity": order.quantity,
            "status": order.status.name, "filled": order.filled, "price": order.price,
            "limit_price": order.limit_price, "stop_price": order.stop_price, "trigger_price": order.trigger_price,
            "fee": float(fee), "time": order.time, "last_fill_time": order.last_fill_time,
            "canceled_time": order.canceled_time, "tag": order.tag,
        })  # fmt: skip
    columns = list(rows[0]) if rows else ["id"]
    return pd.DataFrame(rows, columns=columns).set_index("id")


def order_events(session: Any) -> pd.DataFrame:
    """The order events of a session, in their order, with the quantity and the prices that an order had then.

    Parameters
    ----------
    session : Session
    """
    rows = [
        {
            "order_id": number, "id": event.id, "time": event.utc_time, "symbol": str(event.symbol),
            "status": event.status.name, "quantity": event.quantity, "fill_quantity": event.fill_quantity,
            "fill_price": event.fill_price, "fee": float(event.order_fee.exact), "limit_price": event.limit_price,
            "stop_price": event.stop_price, "trigger_price": event.trigger_price, "message": event.message,
        }
        for number, ticket in sorted(_engine(session).keeper.tickets.items())
        for event in ticket.order_events
    ]  # fmt: skip
    found = pd.DataFrame(rows)
    return found.sort_values(["time", "order_id", "id"], kind="stable", ignore_index=True) if rows else found


def compared(session: Any, expected: pd.DataFrame | Sequence[dict[str, Any]], tolerance: float = 0.005) -> pd.DataFrame:
    """The orders of a session beside an expected list, with the first difference of each row.

    Parameters
    ----------
    session : Session
    expected : DataFrame or list of dict
        One row per order, by ascending id; of the columns of :func:`order_list` those that are known.
    tolerance : float, dollars
        Numbers that differ by no more are the same.

    Returns
    -------
    DataFrame
        Column pairs ``name`` and ``name_expected``, and `difference`: empty, or the first column that differs. The
        first row that differs stands in ``frame.attrs["first_difference"]``.
    """
    mine = order_list(session).reset_index()
    wanted = pd.DataFrame(expected).reset_index(drop=True)
    names = [name for name in wanted.columns if name in mine.columns]
    found = pd.DataFrame(index=range(max(len(mine), len(wanted))))
    differs = [""] * len(found)
    for name in names:
        left, right = mine[name].reindex(found.index), wanted[name].reindex(found.index)
        found[name], found[f"{name}_expected"] = left, right
        for row in found.index:
            if not differs[row] and not _same(left[row], right[row], tolerance):
                differs[row] = name
    found["difference"] = differs
    first = next((row for row, name in enumerate(differs) if name), None)
    found.attrs["first_difference"] = (
        ""
        if first is None
        else f"order {first + 1}: {differs[first]} is {found[differs[first]][first]}, "
        f"expected {found[f'{differs[first]}_expected'][first]}"
    )
    return found


def _same(mine: Any, other: Any, tolerance: float) -> bool:
    if pd.isna(mine) or pd.isna(other):
        return bool(pd.isna(mine) and pd.isna(other))
    if isinstance(mine, (int, float)) and isinstance(other, (int, float)):
        return abs(mine - other) <= tolerance
    if isinstance(mine, (dt.datetime, pd.Timestamp)):
        return bool(pd.Timestamp(mine) == pd.Timestamp(other))
    return str(mine) == str(other)
