"""The last price and the price grid: where the prices of an order are put, never in its favour."""

from __future__ import annotations

import math
from dataclasses import replace

from qresearch.domain.terms import Kind, Terms
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.fills import first_stop
from qresearch.errors import UsageError


def last_price(draft: Draft, exchange: Exchange, instrument: int) -> float:
    """The last visible price, currency per share; NaN when there has been none."""
    return exchange.view(draft).last_price(instrument)


def on_tick(draft: Draft, exchange: Exchange, instrument: int, quantity: int, terms: Terms) -> Terms:
    """Terms with every price on the tick: a limit a little worse to fill, a stop a little later.

    Raises
    ------
    UsageError
        A price is less than one tick, and so would be none.
    """
    side = 1 if quantity > 0 else -1
    step = float(exchange.steps[instrument])
    if terms.kind is Kind.TRAILING_STOP and terms.stop_price is None:
        terms = replace(terms, stop_price=first_stop(terms, side, last_price(draft, exchange, instrument)))
    towards = -side if terms.kind is Kind.LIMIT_IF_TOUCHED else side
    limit = None if terms.limit_price is None else rounded(terms.limit_price, step, -side)
    stop = None if terms.stop_price is None else rounded(terms.stop_price, step, towards)
    for name, given, placed in (("limit_price", terms.limit_price, limit), ("stop_price", terms.stop_price, stop)):
        if placed is not None and not placed > 0:
            symbol = exchange.market.symbols[instrument]
            raise UsageError(f"{name}={given!r} is below the price step of {symbol}, {step:g}. Name that at least.")
    return replace(terms, limit_price=limit, stop_price=stop)


def rounded(price: float, step: float, side: int) -> float:
    """A price on its tick: up for side 1, down for side -1; the hair keeps a price that is on its tick there."""
    if not step:
        return price
    ticks = math.ceil(price / step - _HAIR) if side > 0 else math.floor(price / step + _HAIR)
    return round(ticks * step, 6)


_HAIR = 1e-6
