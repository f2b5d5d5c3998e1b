"""What a caller passes, checked and brought to one shape: the options of a session and the arguments of an order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from numbers import Integral
from types import FunctionType
from typing import Any

from qresearch.domain.arguments import between, flag, number, price, text, whole
from qresearch.domain.order import Method
from qresearch.domain.settings import HOLDING_PERIOD, Costs, Own, Settings, Slippage
from qresearch.domain.terms import MARKET_DAY, Terms
from qresearch.engine.accounts.cash import ACCOUNTS
from qresearch.engine.clocks import CLOCKS
from qresearch.engine.exchange import AccountKind, MarketClock, Models
from qresearch.engine.fees import COST_PRESETS, FeeModel, preset_costs
from qresearch.engine.fill_models import FILL_MODELS, ByBars
from qresearch.engine.fills import FillModel
from qresearch.engine.sizing_policy import SIZINGS, SizingPolicy
from qresearch.engine.slippage import SLIPPAGE_KINDS, ByFunction, SlippageModel, slippage_model
from qresearch.errors import NotSupported, UsageError, choose, shown
from qresearch.market.market import Market


def settings_of(market: Market, options: Mapping[str, Any]) -> Settings:
    """The settings of a session from the options of its constructor.

    Raises
    ------
    UsageError
        An option that is not known; the message lists what is.
    """
    return Settings(
        costs=_costs(market, options["costs"]),
        slippage=_slippage(options["slippage"]),
        participation=volume_cap(options["participation"]),
        fill_model=_named(options["fill_model"]),
        reserve=choose("reserve", options["reserve"], ("limit", "last", "none")),
        cancel_latency=choose("cancel_latency", options["cancel_latency"], ("none", "next_match")),
        open_order_margin=flag("open_order_margin", options["open_order_margin"]),
        match_order=choose("match_order", options["match_order"], ("sells_first", "fifo")),
        shortfall=choose("shortfall", options["shortfall"], ("trim", "reject")),
        rights=choose("rights", options["rights"], ("lapse", "subscribe")),
        delisting=choose("delisting", options["delisting"], ("last", "zero")),
        dividend_tax=_dividend_tax(options["dividend_tax"]),
        clock=_named(options["clock"]),
        account=_named(options["account"]),
        sizing=_named(options["sizing"]),
    )


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


def models_of(options: Mapping[str, Any]) -> Models:
    """The models that the options of a session name, or are.

    Raises
    ------
    UsageError
        A name that is not known, or an object without the methods of such a model; the message lists them.
    """
    clock: MarketClock = _model("clock", options["clock"], CLOCKS, MarketClock)
    account: AccountKind = _model("account", options["account"], ACCOUNTS, AccountKind)
    fills: Any = _model("fill_model", options["fill_model"], FILL_MODELS, FillModel)
    if not isinstance(fills, tuple(type(known) for known in FILL_MODELS.values())) and not hasattr(fills, "concerns"):
        fills = ByBars(fills)
    if fills.asks_whole_bars and clock.in_call:
        raise UsageError(
            f"fill_model={fills.name!r} fills orders at bars after their own, clock={clock.name!r} inside the call. "
            "Leave out one of the two."
        )
    sizing, costs, slippage = options["sizing"], options["costs"], options["slippage"]
    if isinstance(slippage, FunctionType):
        slippage = ByFunction(slippage)
    return Models(
        clock,
        fills,
        account,
        _model("sizing", sizing, SIZINGS, SizingPolicy),
        None if isinstance(costs, str) else _model("costs", costs, dict.fromkeys(COST_PRESETS), FeeModel),
        None if isinstance(slippage, (str, tuple, list)) else _model("slippage", slippage, {}, SlippageModel),
    )


def _model(option: str, value: object, known: Mapping[str, Any], protocol: type) -> Any:
    """A model by its name, or an object that has what one needs."""
    if isinstance(value, str):
        return known[choose(option, value, known)]
    methods = [name for name in vars(protocol) if not name.startswith("_") and callable(getattr(protocol, name))]
    missing = [name for name in methods if not callable(getattr(value, name, None))]
    if isinstance(value, type) or missing:
        what = "a class" if isinstance(value, type) else f"without {', '.join(missing)}"
        names = f"one of {', '.join(known)}, or " if known else ""
        raise UsageError(
            f"{option}={shown(value)} is no model: it is {what}. Pass {names}an object with the methods "
            f"{', '.join(methods)}; see {protocol.__module__}.{protocol.__name__}."
        )
    return value


def _named(model: object) -> str | Own:
    """A model as the settings hold it: by its name where it has one of ours."""
    return model if isinstance(model, str) else own_of(model)


def own_of(model: object) -> Own:
    """A model of the user's as settings and log know it: by its name and its plain attributes."""
    if isinstance(model, FunctionType):
        return Own(model.__name__)
    held = {name: value for name, value in getattr(model, "__dict__", {}).items() if not name.startswith("_")}
    if is_dataclass(model):
        held = {item.name: getattr(model, item.name) for item in fields(model)}
    name = held.pop("name", None) or getattr(model, "name", type(model).__name__)
    plain = {key: value for key, value in held.items() if not callable(value)}
    return Own(str(name), tuple(sorted((key, repr(value)) for key, value in plain.items())))


_MOST_SLIPPAGE = {"bps": 5_000, "spread_rate": 0.5, "volume_share": 10}
"""What no market asks for: half of the price, or ten times it for a whole day's volume."""
_MOST_CURRENCY = 1_000_000
"""The most that a slippage per share and a least commission can be, in the currency."""


def _costs(market: Market, value: object) -> Costs | Own:
    if isinstance(value, str):
        return preset_costs(market.venue, choose("costs", value, COST_PRESETS))
    return own_of(value)


def _slippage(value: object) -> Slippage | Own:
    if isinstance(value, str):
        return slippage_of(value)
    if not isinstance(value, (tuple, list)):
        return own_of(value)
    if len(value) != 2:
        raise UsageError(
            f"slippage={shown(value)} is neither a kind nor a kind with its size. "
            "Write slippage='none' or one such as slippage=('bps', 5)."
        )
    return slippage_of(*value)


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


def _dividend_tax(value: str | float) -> str | float:
    if isinstance(value, str):
        return choose("dividend_tax", value, ("none", HOLDING_PERIOD))
    rate = number("dividend_tax", value, 0.1)
    if 0 <= rate < 1:
        return float(rate)
    raise UsageError(
        f"dividend_tax={shown(value)} must be a rate from 0 to below 1. Pass one such as 0.1, 'none' or "
        "'holding_period'."
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


_ASKED = {Method.ORDER: "amount", Method.TARGET: "amount", Method.LOTS: "lots", Method.PCT: "pct"}


def asked_number(method: int, asked: Any) -> float:
    """The number that an order function was given, of Python; raises UsageError when it is none."""
    known = Method(method)
    return number(f"{known.call}: {_ASKED.get(known, 'value')}", asked, 0.5 if known is Method.PCT else 1000)


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
    """The number of an order by a ticket, its id as text, or the number itself; None when it is no such thing."""
    if isinstance(order, str):
        return int(order) if order.isascii() and order.isdigit() and len(order) < _LONGEST_ID else None
    if isinstance(order, bool) or not isinstance(order, Integral):
        return None
    return int(order)


_LONGEST_ID = 20
