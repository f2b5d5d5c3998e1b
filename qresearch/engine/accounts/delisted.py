"""Debts over the end of a share: a delisting counts as a sale of what is held, and what is owed is paid for.

Both at the last price, as what is held is closed (``delisting="zero"``: at nothing): nobody can buy such shares any
more to give them back, and their contract would run on for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from qresearch.domain import events
from qresearch.domain.ledger import SHORT
from qresearch.engine.accounts.debts import after_return, given_back, owed, paid_back
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange


def with_ends(
    draft: Draft, exchange: Exchange, happened: Iterable[events.Record], year: int
) -> Iterator[events.Record]:
    """What happens to shares before the open, and what their end does to the contracts of an account.

    Parameters
    ----------
    draft : Draft
    exchange : Exchange
    happened : iterable of Record
        To what is held.
    year : int, days
        Of interest.
    """
    for event in happened:
        yield event
        if isinstance(event, events.PositionClosed):
            own = [debt for debt in draft.ledger.debts if debt.is_money and debt.instrument == event.instrument]
            yield from paid_back(draft.at, own, event.amount, year)
    for instrument in exchange.closing.get(draft.day, ()):
        quantity = owed(draft, instrument)
        if quantity:
            yield from _paid_for(draft, exchange, instrument, quantity, year)


def _paid_for(draft: Draft, exchange: Exchange, instrument: int, quantity: int, year: int) -> Iterator[events.Record]:
    """Shares that are owed, in cash."""
    price = float(exchange.market.mark[draft.day - 1, instrument]) if draft.settings.delisting == "last" else 0.0
    value = exchange.money.notional(exchange.money.price_units(price), quantity)
    given = given_back(draft, draft.at, instrument, quantity, year)
    yield events.LotsTaken(draft.at, instrument, SHORT, quantity, "oldest")
    yield events.Posted(draft.at, -value, "delisted", realised=given.freed - value)
    yield from after_return(draft.at, instrument, 0, given)
