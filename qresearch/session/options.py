"""What a caller passes, checked and brought to one shape: the options of a session and the arguments of an order."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from qresearch.domain.messages import Settings
from qresearch.domain.terms import MARKET_DAY, Terms
from qresearch.engine.evolve import HOLDING_PERIOD, NEXT_OPEN, SAME_BAR
from qresearch.engine.fees import COST_PRESETS, preset_costs
from qresearch.engine.lean_model import LEAN_EQUITY
from qresearch.engine.slippage import slippage_model
from qresearch.errors import NotSupported, UsageError, choose
from qresearch.market.market import Market


def settings_of(market: Market, options: Mapping[str, Any]) -> Settings:
    """The settings of a session from the options of its constructor.

    Raises
    ------
    UsageError
        An option that is not known; the message lists what is.
    """
    slippage = options["slippage"]
    return Settings(
        costs=preset_costs(market.venue, choose("costs", options["costs"], COST_PRESETS)),
        slippage=slippage_model(*((slippage,) if isinstance(slippage, str) else slippage)),
        participation=volume_cap(options["participation"]),
        fill_model=_fill_model(options["fill_model"], options["clock"]),
        reserve=choose("reserve", options["reserve"], ("limit", "last", "none")),
        cancel_latency=choose("cancel_latency", options["cancel_latency"], ("none", "next_match")),
        open_order_margin=options["open_order_margin"],
        match_order=choose("match_order", options["match_order"], ("sells_first", "fifo")),
        shortfall=choose("shortfall", options["shortfall"], ("trim", "reject")),
        rights=choose("rights", options["rights"], ("lapse", "subscribe")),
        delisting=choose("delisting", options["delisting"], ("last", "zero")),
        dividend_tax=_dividend_tax(options["dividend_tax"]),
        clock=choose("clock", options["clock"], (NEXT_OPEN, SAME_BAR)),
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


def _fill_model(value: str, clock: str) -> str:
    choose("fill_model", value, ("a_share", LEAN_EQUITY))
    if value == LEAN_EQUITY and clock == SAME_BAR:
        raise UsageError(
            "fill_model='lean_equity' fills orders at bars after their own, clock='same_bar' inside the call. "
            "Leave out one of the two."
        )
    return value


def volume_cap(value: float | None) -> float | None:
    """The largest part of a bar's volume that orders may take, checked; None for no cap.

    Raises
    ------
    UsageError
        Not above 0 and at most 1.
    """
    if value is None or 0 < value <= 1:
        return value
    raise UsageError(f"participation={value!r} must be above 0 and at most 1, such as 0.1 for a tenth of the volume.")


def _dividend_tax(value: str | float) -> str | float:
    if isinstance(value, str):
        return choose("dividend_tax", value, ("none", HOLDING_PERIOD))
    if 0 <= value < 1:
        return float(value)
    raise UsageError(f"dividend_tax={value!r} must be a rate from 0 to below 1, 'none' or 'holding_period'.")


def terms_of(style: object) -> Terms:
    """The terms that ``style=`` names; a market order for None or "market"."""
    if style is None:
        return MARKET_DAY
    if isinstance(style, Terms):
        return style
    if isinstance(style, str) and style.lower() == "market":
        return MARKET_DAY
    raise NotSupported(
        f"style={style!r} is not supported. Pass None for a market order, or terms such as "
        "qresearch.terms.limit(10.5, tif='GTC') or qresearch.terms.stop(9.8)."
    )


def whole_shares(call: str, quantity: int) -> int:
    """A positive whole number of shares, or a UsageError."""
    if isinstance(quantity, bool) or int(quantity) != quantity or quantity <= 0:
        raise UsageError(f"{call}: quantity={quantity!r} is not a positive whole number of shares.")
    return int(quantity)


def changed_terms(terms: Terms, limit_price: float | None, stop_price: float | None, tag: str | None) -> Terms:
    """Terms with some prices changed; only those that the type has."""
    for name, new, old in (
        ("limit_price", limit_price, terms.limit_price),
        ("stop_price", stop_price, terms.stop_price),
    ):
        if new is not None and old is None:
            raise UsageError(f"update: a {terms.kind.value} order has no {name}. Cancel it and place another type.")
        if new is not None and not 0 < new < math.inf:
            raise UsageError(f"update: {name}={new!r} must be a positive number.")
    return replace(
        terms,
        limit_price=terms.limit_price if limit_price is None else limit_price,
        stop_price=terms.stop_price if stop_price is None else stop_price,
        tag=terms.tag if tag is None else tag,
    )


def plain_number(asked: Any) -> float:
    """A number of numpy or pandas as one of Python; anything else is left for the check that names it."""
    if isinstance(asked, (bool, float)):
        return asked
    try:
        return operator.index(asked)
    except TypeError:
        pass
    try:
        return float(asked) if not isinstance(asked, str) else math.nan
    except (TypeError, ValueError):
        return math.nan
