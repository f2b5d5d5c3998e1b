"""What an account begins with, beside its cash."""

from __future__ import annotations

from qresearch.domain.arguments import whole
from qresearch.domain.bond import Bond
from qresearch.domain.commands import Seed
from qresearch.domain.state import State
from qresearch.domain.terms import Effect
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.errors import UsageError


def seed(
    exchange: Exchange, account: Draft | State, symbol: str, quantity: int, *, is_paid: bool,
    price: float | None = None, last_price: float | None = None,
) -> Seed:  # fmt: skip
    """The command to begin with shares, at the last price before the first day or at one of their own.

    `last_price` stands for the last price where the market has none, on the first day of the data.

    Raises
    ------
    UsageError
        No such number of shares, no price on both sides of the first day, or what such an account does not hold so.
    """
    instrument = exchange.market.column(symbol)
    last = exchange.view(account).last_price(instrument)
    if last_price is not None and exchange.market.panel.first_row[instrument] == exchange.first:
        last = last_price
    quantity = whole(f"positions: shares of {symbol}", quantity, example=1000)
    if not _is_paid_for(exchange, account, instrument):
        raise UsageError(
            f"positions: an account of the kind {exchange.account.name!r} cannot begin with {symbol}: it begins with "
            "what is paid for in full and may be held in it. Leave it out, or open the session with account= of "
            "another kind; lots behind margin are opened by an order."
        )
    if not last > 0 or exchange.closing_day[instrument] <= exchange.first:
        raise UsageError(
            f"positions: {symbol} has no price on both sides of {exchange.date(exchange.first)}, so it "
            "cannot be held then. Start later or leave it out."
        )
    cost = exchange.money.notional(exchange.money.price_units(last if price is None else price), quantity)
    paid = cost + exchange.account.accrued(account, exchange, instrument, quantity)
    return Seed(instrument, quantity, cost, paid if is_paid else 0)


def _is_paid_for(exchange: Exchange, account: Draft | State, instrument: int) -> bool:
    """True for what stands in such an account as a position that is paid for: shares and bonds, no lots and no repo."""
    item = exchange.market.instruments[instrument]
    if not exchange.trades[instrument] or item.contract is not None:
        return False
    if item.bond is not None:
        return isinstance(item.bond, Bond)
    return exchange.account.posts_itself(account, exchange, instrument, 1, Effect.OPEN)
