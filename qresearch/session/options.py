"""What a caller passes, checked and brought to one shape: the options of a session and the arguments of an order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from numbers import Integral
from typing import Any, cast

from qresearch.book.orders import OrderRecord
from qresearch.domain.arguments import between, day_text, flag, number, price, text, whole
from qresearch.domain.asked import LARGEST, check_asked
from qresearch.domain.order import Method
from qresearch.domain.settings import Slippage
from qresearch.domain.terms import MARKET_DAY, Terms
from qresearch.engine.slippage import SLIPPAGE_KINDS, slippage_model
from qresearch.errors import NotSupported, UsageError, choose, shown
from qresearch.market.market import Market
from qresearch.sentences import Said
from qresearch.sentences.words import price as price_text


def span_of(market: Market, start: object, end: object) -> tuple[int, int]:
    """Indices of the first and the last trading day of a session.

    Raises
    ------
    UsageError
        No trading day is left between them.
    """
    days = market.panel
    first = 0 if start is None else days.day_index(start, side="next")
    last = len(market.days) - 1 if end is None else days.day_index(end, side="previous")
    if first > last:
        raise UsageError(f"start={start!r} lies after end={end!r}: no trading day is left. Swap them.")
    return first, last


def span_notice(market: Market, start: object, end: object) -> Said | None:
    """What to say where the data do not reach as far as was asked; None where they do."""
    begin, over = str(market.days[0]), str(market.days[-1])
    early = start is not None and str(day_text(start)) < begin
    late = end is not None and str(day_text(end)) > over
    return Said("data_reach", first=begin, last=over) if early or late else None


_MOST_SLIPPAGE = {"bps": 5_000, "spread_rate": 0.5, "volume_share": 10}
"""What no market asks for: half of the price, or ten times it for a whole day's volume."""
_MOST_CURRENCY = 1_000_000
"""The most that a slippage per share and a least commission can be, in the currency."""


def slippage_of(kind: str, size: float = 0.0) -> Slippage:
    """A slippage setting whose kind is known and whose size makes sense; raises UsageError otherwise."""
    choose("slippage", kind, SLIPPAGE_KINDS)
    example = 5 if kind == "bps" else 0.01
    return slippage_model(kind, between("slippage size", size, 0, _MOST_SLIPPAGE.get(kind, _MOST_CURRENCY), example))


def cost_rates(rates: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of ``set_order_cost``: rates are numbers, the least commission an amount that makes sense.

    Raises
    ------
    UsageError
        Text, NaN, a truth value, or an amount beyond a million; the rates themselves are checked by the fee model.
    """
    checked = dict(rates)
    for name in ("open_tax", "close_tax", "open_commission", "close_commission", "transfer_fee"):
        checked[name] = float(number(name, rates[name], 0.00025))
    checked["min_commission"] = between("min_commission", rates["min_commission"], 0, _MOST_CURRENCY, 5)
    checked["historical"] = flag("historical", rates["historical"])
    return checked


_MOST_STEPS = 2**53
"""Amounts of more money steps than this are not shown exactly, and their sums may leave 64 bits."""


def starting_cash(market: Market, cash: Any) -> float:
    """The cash to begin with, checked.

    Raises
    ------
    UsageError
        Negative, no number, or more than can be carried exactly in the money step of the market.
    """
    found = number("cash", cash, 1_000_000)
    if found < 0:
        raise UsageError(f"cash={shown(cash)} must be at least 0. Pass an amount of money such as 1_000_000.")
    most = _MOST_STEPS // market.venue.money.units
    if found > most:
        raise UsageError(
            f"cash={shown(cash)} is more than can be carried exactly: the most is {most:,}. "
            "Pass less, such as 1_000_000, or a coarser money_step=."
        )
    return found


def volume_cap(value: float | None) -> float | None:
    """The largest part of a bar's volume that orders may take, checked; None for no cap.

    Raises
    ------
    UsageError
        Not above 0 and at most 1.
    """
    if value is None or 0 < number("participation", value, 0.1) <= 1:
        return value
    raise UsageError(
        f"participation={shown(value)} must be above 0 and at most 1, such as 0.1 for a tenth of the volume. "
        "Pass None for no cap."
    )


def terms_of(style: object) -> Terms:
    """The terms that ``style=`` names; a market order for None or "market"."""
    if style is None:
        return MARKET_DAY
    if isinstance(style, Terms):
        return style
    if isinstance(style, str) and style.lower() == "market":
        return MARKET_DAY
    raise NotSupported(
        f"style={shown(style)} is not supported. Pass None for a market order, or terms such as "
        "qresearch.terms.limit(10.5, tif='GTC') or qresearch.terms.stop(9.8)."
    )


_PLAIN = 2.0**53
"""Floats below are finite, and not too large to be carried exactly."""
_ASKED = {Method.ORDER: "amount", Method.TARGET: "amount", Method.LOTS: "lots", Method.PCT: "pct"}


def asked_number(method: int, asked: Any) -> float:
    """The number that an order function was given, of Python; raises UsageError when it is none."""
    if type(asked) is float and abs(asked) < _PLAIN:
        return asked
    known = Method(method)
    return number(f"{known.call}: {_ASKED.get(known, 'value')}", asked, 0.5 if known is Method.PCT else 1000)


def shares_by_symbol(
    amounts: Any, known: Mapping[str, int], column: Callable[[str], int]
) -> tuple[list[int], list[float]]:
    """The instruments and shares of a batch of orders, all of them checked.

    Parameters
    ----------
    amounts : mapping or Series
    known : mapping
        Columns by the spellings that have been met before.
    column : callable
        Finds the column of any other.

    Raises
    ------
    UnknownSymbol, UsageError
        No such instrument; no whole number of shares; not by symbol.
    """
    if not hasattr(amounts, "items"):
        raise UsageError(
            f"order_batch: amounts={shown(amounts)} has no symbols. Pass shares by symbol, a dict or a Series: "
            "order_batch({'601390': 100, '600519': -100})."
        )
    if type(amounts) is dict:
        names, given = [*amounts], [*amounts.values()]
    else:
        names, given = map(list, zip(*amounts.items(), strict=True)) if len(amounts) else ([], [])
    # Of whole numbers and known names, as most batches are, nothing is looked at one by one.
    if not (set(map(type, given)) <= {int} and min(given, default=0) >= -LARGEST and max(given, default=0) <= LARGEST):
        given = [asked_number(Method.ORDER, asked) for asked in given]
        for shares in given:
            check_asked(Method.ORDER, shares)
    found = [*map(known.get, names)] if set(map(type, names)) <= {str} else [None]
    if None not in found:
        return cast("list[int]", found), given
    return [column(name) for name in names], given


def whole_shares(call: str, quantity: Any) -> int:
    """A positive whole number of shares; raises UsageError otherwise."""
    return whole(f"{call}: quantity", quantity, example=100)


def changed_terms(terms: Terms, limit_price: float | None, stop_price: float | None, tag: str | None) -> Terms:
    """Terms with some prices changed; only those that the type has."""
    for name, new, old in (
        ("limit_price", limit_price, terms.limit_price),
        ("stop_price", stop_price, terms.stop_price),
    ):
        if new is not None:
            price(f"update: {name}", new)
            if old is None:
                raise UsageError(
                    f"update: {name}={shown(new)}: a {terms.kind.value} order has none. "
                    "Cancel it and place another type."
                )
    return replace(
        terms,
        limit_price=terms.limit_price if limit_price is None else float(limit_price),
        stop_price=terms.stop_price if stop_price is None else float(stop_price),
        tag=terms.tag if tag is None else text("update: tag", tag, "hedge", empty=True),
    )


def recorded(name: str, value: Any) -> float:
    """A value that a strategy notes: a number, NaN and infinite ones included; raises UsageError otherwise."""
    if isinstance(value, float):
        return float(value)
    return float(value) if isinstance(value, bool) else float(number(f"record: {name}", value, 1.5))


def written(word: object) -> str:
    """A word of a log as text that a file can hold: bytes of another encoding show as escapes."""
    try:
        text_of_it = str(word)
    except Exception:  # what cannot say what it is, an integer of 5,000 digits included
        text_of_it = shown(word)
    return text_of_it.encode(errors="backslashreplace").decode()


def order_number(order: object) -> int | None:
    """The number of an order by a ticket, its id as text, the number itself, or what a dialect gives as its order.

    None when it is no such thing.
    """
    if not isinstance(order, str):
        order = getattr(order, "order_id", order)
    if isinstance(order, str):
        return int(order) if order.isascii() and order.isdigit() and len(order) < _LONGEST_ID else None
    if isinstance(order, bool) or not isinstance(order, Integral):
        return None
    return int(order)


_LONGEST_ID = 20


def put_on_ticks(asked: Terms, record: OrderRecord | None) -> list[Said]:
    """What to say of the prices of an order that lay between two ticks, where others were sent."""
    if record is None or asked is MARKET_DAY:
        return []
    sent = record.terms
    return [
        Said("put_on_tick", asked=f"{wanted:,.10g}", sent=price_text(used))
        for wanted, used in ((asked.stop_price, sent.stop_price), (asked.limit_price, sent.limit_price))
        if wanted is not None and used is not None and wanted != used
    ]
