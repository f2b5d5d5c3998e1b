"""Orders by value: how many units an amount of money is for."""

from __future__ import annotations

from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange


def units_for(draft: Draft, exchange: Exchange, instrument: int, value: float, price: float) -> int:
    """Whole units that a value is for: at their price; of a contract at the margin and fee that one takes."""
    needed = exchange.account.unit_need(draft, exchange, instrument, price)
    # The hair keeps 1000 / 10.0 from becoming 99.
    return int(value / (price if needed is None else needed) + 1e-9)


def cap_of(draft: Draft, exchange: Exchange, instrument: int, value: float, price: float) -> int | None:
    """The value not to be exceeded at the match; of a contract none, whose margin is asked for there."""
    needed = exchange.account.unit_need(draft, exchange, instrument, price)
    return exchange.money.money("value", value) if needed is None else None
