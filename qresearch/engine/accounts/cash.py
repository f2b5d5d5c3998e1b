"""Shares paid in full: the account of most people, and the only kind whose fills post themselves.

The batch match (:mod:`qresearch.engine.matching`) is its fast path: it makes the same sums for a whole open at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from qresearch.domain import events
from qresearch.domain.fees import Fees
from qresearch.domain.instrument import Instrument
from qresearch.domain.state import State
from qresearch.domain.terms import Effect
from qresearch.engine.accounts.corporate import apply_actions, close_delisted
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import AccountKind, Exchange
from qresearch.engine.intent import Closable, Intent, Need, Pool, Value
from qresearch.engine.ledger import lots_after_sale
from qresearch.engine.taxes import tax_on_sale
from qresearch.engine.valuation import market_value


class CashShares(AccountKind):
    """Long only, against cash; profit by moving average, buying fees in the cost."""

    name, is_plain, settles = "cash_shares", True, False

    def stirred_by(self, exchange: Exchange, /) -> Mapping[int, Iterable[int]]:
        """Corporate actions and delistings."""
        stirred = {day: list(closing) for day, closing in exchange.closing.items()}
        for action in exchange.market.actions:
            stirred.setdefault(action.ex_day, []).append(action.instrument)
        return stirred

    def wake(self, draft: Draft, exchange: Exchange, nights: int, /) -> Iterator[events.Record]:
        """Corporate actions and delistings of the day."""
        if exchange.market.by_day.get(draft.day):
            yield from apply_actions(draft, exchange)
        if draft.day in exchange.closing:
            yield from close_delisted(draft, exchange)

    def carries(self, item: Instrument, /) -> bool:
        """Everything that is paid in full."""
        return item.is_like_a_share

    def closable(  # as in the protocol
        self, account: Draft | State, exchange: Exchange, instrument: int, quantity: int, effect: Effect, /
    ) -> Closable | None:
        """A sale closes: what is held, and what of it was not bought today where that counts (T+1)."""
        if quantity > 0:
            return None
        position = account.positions.get(instrument)
        if position is None:
            return Closable(0, 0)
        held = position.quantity
        return Closable(held, held if exchange.same_day[instrument] else position.sellable(account.day))

    def charge(self, account: Draft | State, exchange: Exchange, intent: Intent, quantity: int, /) -> tuple[int, Fees]:
        """By the costs of the session."""
        return exchange.charge(account, intent, quantity)

    def need(self, account: Draft | State, exchange: Exchange, intent: Intent, quantity: int, /) -> Need:
        """A buy needs its value and fees; a sale what fees and tax take beyond its value."""
        notional, fees = exchange.charge(account, intent, quantity)
        if quantity > 0:
            return Need(notional + fees.total)
        return Need(fees.total + self._tax(account, exchange, intent.instrument, -quantity) - notional)

    def available(self, account: Draft | State, exchange: Exchange, pool: Pool, /) -> int:
        """The cash."""
        return account.cash

    def post(self, draft: Draft, exchange: Exchange, fill: events.OrderFilled, /) -> Iterable[events.Record]:
        """The tax on dividends of the shares sold, where it goes by holding period."""
        tax = self._tax(draft, exchange, fill.instrument, max(-fill.quantity, 0))
        return [events.DividendTaxed(fill.at, fill.instrument, tax)] if tax else ()

    @staticmethod
    def _tax(account: Draft | State, exchange: Exchange, instrument: int, sold: int) -> int:
        lots = account.tax_lots.get(instrument)
        return tax_on_sale(exchange.market, instrument, lots_after_sale(lots, sold)[1], account.day) if lots else 0

    def settle(self, draft: Draft, exchange: Exchange, /) -> Iterable[events.Record]:
        """Nothing is left to settle after a close."""
        return ()

    def value(self, account: Draft | State, exchange: Exchange, /) -> Value:
        """Cash and what the shares are worth at the last visible prices."""
        held = account.positions
        if not held:
            return Value(account.cash, 0, 0)
        market = market_value(exchange, exchange.view(account), held)
        return Value(account.cash + market, market, market - sum([position[1] for position in held.values()]))


CASH_SHARES = CashShares()
