"""Orders by value: how many units an amount of money is for."""

from __future__ import annotations

from qresearch.domain.terms import Effect
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.intent import Intent


def units_for(draft: Draft, exchange: Exchange, instrument: int, value: float, price: float) -> int:
    """Whole units that a value is for: at their price; of a contract at the margin and fee that one takes."""
    if not exchange.account.fills_post:
        intent = Intent(instrument, 1, price, None, caps_position=False, free_cash=0, effect=Effect.OPEN)
        price = exchange.money.amount(exchange.account.need(draft, exchange, intent, 1).money)
    # The hair keeps 1000 / 10.0 from becoming 99.
    return int(value / price + 1e-9)


def cap_of(exchange: Exchange, value: float) -> int | None:
    """The value not to be exceeded at the match; of a contract none, whose margin is asked for there."""
    return exchange.money.money("value", value) if exchange.account.fills_post else None
