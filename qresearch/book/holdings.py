"""What an account holds, one row per side of an instrument: the one place for sellable, reserved, cost and value."""

from __future__ import annotations

from typing import NamedTuple

from qresearch.domain.ledger import COVERED, LONG, sign_of
from qresearch.domain.state import State
from qresearch.domain.terms import Effect
from qresearch.engine.accounts.contracts import worth_at_mark
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.valuation import market_values


class Held(NamedTuple):
    """Units of one side of an instrument, in integers.

    Parameters
    ----------
    instrument : int
    side : int
        1 long, -1 short, -2 covered; `sign` is the one of a profit.
    quantity, free, reserved : int, units
        All of them; those that may be closed now; those of the free ones that working orders hold back.
    cost, value : int, money steps
        What they have cost (fees of a purchase included), and what they are worth at the last visible price.
    interest : int, money steps
        What has accrued on them, and is worth as much beside their price.
    today : int, units
        Lots that were opened today.
    """

    instrument: int
    side: int
    quantity: int
    free: int
    reserved: int
    cost: int
    value: int
    interest: int = 0
    today: int = 0

    @property
    def worth(self) -> int:
        """At the last visible price, with what has accrued."""
        return self.value + self.interest

    @property
    def sign(self) -> int:
        """1 where a rising price is a profit, else -1."""
        return sign_of(self.side)

    @property
    def profit(self) -> int:
        """Floating profit, money steps."""
        return self.sign * (self.worth - self.cost)


def reserved_units(account: Draft | State) -> dict[tuple[int, int], int]:
    """Units that working orders could close, by instrument and side of the holding."""
    found: dict[tuple[int, int], int] = {}
    if account.settings.reserve != "none":
        for order in account.working.values():
            if not order.is_untouched:
                key = order.instrument, -1 if order.leaves > 0 else 1
                found[key] = found.get(key, 0) + abs(order.leaves)
    return found


def holdings_of(exchange: Exchange, account: Draft | State, only: int | None = None) -> list[Held]:
    """All that is held, at the last visible prices: shares paid in full, then the lots of other kinds of account.

    Of one instrument (``only``) nothing but its own is looked at, so that it costs the same however many are held.
    """
    waiting = reserved_units(account) if account.working else {}
    positions = {key: position for key, position in account.positions.items() if only is None or key == only}
    values = market_values(exchange, exchange.view(account), positions).tolist() if positions else ()
    rows = [
        (instrument, LONG, position.quantity, position.cost, value, 0)
        for (instrument, position), value in zip(positions.items(), values, strict=True)
    ]
    money = exchange.money
    for (instrument, side), lots in account.ledger.lots.items():
        if only is not None and instrument != only:
            continue
        quantity, size = sum(lot.quantity for lot in lots), exchange.multiplier(instrument, account.day)
        cost = sum(lot.cost or money.notional(lot.opened, lot.quantity * size) for lot in lots)
        mark = money.price_units(exchange.view(account).mark(instrument))
        today = sum(lot.quantity for lot in lots if lot.day == account.day)
        rows.append((instrument, side, quantity, cost, money.notional(mark, quantity * size), today))
    held = []
    for instrument, side, quantity, cost, value, today in rows:
        effect = Effect.COVERED_CLOSE if side == COVERED else Effect.CLOSE
        closable = exchange.account.closable(account, exchange, instrument, -sign_of(side), effect)
        free = 0 if closable is None else closable.free
        reserved = min(waiting.get((instrument, side), 0), free)
        interest = exchange.account.accrued(account, exchange, instrument, quantity)
        held.append(Held(instrument, side, quantity, free, reserved, cost, value, interest, today))
    return held


def has_options(exchange: Exchange) -> bool:
    """True in a market that has options, for an account that holds such contracts."""
    return any(exchange.account.carries(item) for item in exchange.market.options)


def option_value(exchange: Exchange, account: Draft | State) -> int:
    """What options are worth that are held long, less those that were written, at the marks; money steps."""
    listed = exchange.market.instruments
    held = [key for key in account.ledger.lots if listed[key.instrument].option is not None]
    return sum(key.sign * worth_at_mark(account, exchange, key) for key in held)
