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
        Nothing is left of a price: it is less than a tick, or a trailing stop stands farther off than the price.
    """
    side = 1 if quantity > 0 else -1
    step = float(exchange.steps[instrument])
    limit, stop = terms.limit_price, terms.stop_price
    if terms.kind is Kind.TRAILING_STOP and stop is None:
        last = last_price(draft, exchange, instrument)
        stop = first_stop(terms, side, last)
        if stop is not None and rounded(stop, step, side) <= 0:
            raise UsageError(
                f"trailing_stop: a distance of {terms.trail:g} from the last price, {last:g}, leaves no price to stop "
                "at. Write a shorter one, or percent=5."
            )
    towards = -side if terms.kind is Kind.LIMIT_IF_TOUCHED else side
    placed = [
        None if limit is None else rounded(limit, step, -side),
        None if stop is None else rounded(stop, step, towards),
    ]
    for name, asked, price in zip(("limit_price", "stop_price"), (limit, stop), placed, strict=True):
        if price is not None and not price > 0:
            symbol = exchange.market.symbols[instrument]
            raise UsageError(f"{name}={asked:g}: prices of {symbol} have steps of {step:g}. Write at least one step.")
    return replace(terms, limit_price=placed[0], stop_price=placed[1])


def rounded(price: float, step: float, side: int) -> float:
    """A price on its tick: up for side 1, down for side -1; the hair keeps a price that is on its tick there."""
    if not step:
        return price
    ticks = math.ceil(price / step - _HAIR) if side > 0 else math.floor(price / step + _HAIR)
    return round(ticks * step, 6)


_HAIR = 1e-6
