"""Covered calls: units of the underlying that are locked behind them, and what happens when these are too few."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from qresearch.domain import events
from qresearch.domain.commands import Deed
from qresearch.domain.ledger import COVERED, SHORT, Key
from qresearch.domain.reasons import Reason, Refusal
from qresearch.domain.state import State
from qresearch.domain.terms import Effect
from qresearch.engine.accounts.forced import CALLED, place
from qresearch.engine.accounts.writing import right_of
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.ledger import lots_taken
from qresearch.errors import UsageError

_UNCOVERED = replace(CALLED, effect=Effect.COVERED_CLOSE, tag="covered shortfall")


def units_needed(account: Draft | State, exchange: Exchange, underlying: int) -> int:
    """Units that covered calls need to be locked."""
    return sum(
        account.ledger.quantity(*key) * right_of(exchange, account, key.instrument).unit
        for key in account.ledger.lots
        if key.side == COVERED and right_of(exchange, account, key.instrument).underlying == underlying
    )


def why_not_covered(account: Draft | State, exchange: Exchange, instrument: int, lots: int) -> Refusal | None:
    """Why covered calls cannot be written: too few units are locked."""
    right = right_of(exchange, account, instrument)
    spare = account.ledger.locked.get(right.underlying, 0) - units_needed(account, exchange, right.underlying)
    if spare >= lots * right.unit:
        return None
    return Reason.COVERED_SHORTFALL, {"asked": lots, "needed": lots * right.unit, "locked": max(spare, 0)}


def locked_after(draft: Draft, exchange: Exchange, deed: Deed, amount: int, instrument: int) -> events.DueChanged:
    """Units that are held become locked, or locked ones that no covered call needs free.

    Raises
    ------
    UsageError
        Not so many are.
    """
    position, locked = draft.positions.get(instrument), dict(draft.ledger.locked)
    held, now = 0 if position is None else position.quantity, locked.get(instrument, 0)
    free = held - now if deed is Deed.LOCK else now - units_needed(draft, exchange, instrument)
    if amount > free:
        what = "are held and not locked" if deed is Deed.LOCK else "are locked and behind no covered call"
        raise UsageError(
            f"{deed.value.lower()}: {amount:,} units were asked for; {max(free, 0):,} {what}. Pass no more."
        )
    locked[instrument] = now + amount if deed is Deed.LOCK else now - amount
    return events.DueChanged(draft.at, draft.ledger.due, {one: units for one, units in locked.items() if units})


def close_uncovered(draft: Draft, exchange: Exchange) -> None:
    """Place orders that buy back what is uncovered, as the exchange in Shanghai does by force."""
    for key, lots in _uncovered(draft, exchange):
        if _is_of_shanghai(draft, exchange, key):
            draft.open_block().is_forced = True
            place(draft, exchange, key.instrument, lots, _UNCOVERED)
            draft.block = None


def turn_uncovered(draft: Draft, exchange: Exchange) -> Iterator[events.Record]:
    """What is uncovered after a close becomes an ordinary written contract with margin, as in Shenzhen."""
    for key, lots in _uncovered(draft, exchange):
        if _is_of_shanghai(draft, exchange, key):
            continue
        _, gone = lots_taken(draft.ledger.lots[key], lots, "oldest", draft.day)
        yield events.LotsTaken(draft.at, key.instrument, COVERED, lots, "oldest")
        for lot in gone:
            yield events.LotAdded(draft.at, key.instrument, SHORT, lot)


def _is_of_shanghai(draft: Draft, exchange: Exchange, key: Key) -> bool:
    return exchange.market.symbols[right_of(exchange, draft, key.instrument).underlying].endswith(".SH")


def _uncovered(account: Draft | State, exchange: Exchange) -> list[tuple[Key, int]]:
    """Covered calls behind which too few units are locked, the last written first."""
    found, lacking = list[tuple[Key, int]](), dict[int, int]()
    for key in reversed(list(account.ledger.lots)):
        if key.side != COVERED:
            continue
        right, lots = right_of(exchange, account, key.instrument), account.ledger.quantity(*key)
        left = lacking.get(right.underlying)
        if left is None:
            locked = account.ledger.locked.get(right.underlying, 0)
            left = units_needed(account, exchange, right.underlying) - locked
        bare = min(-(-max(left, 0) // right.unit), lots)
        lacking[right.underlying] = left - bare * right.unit
        if bare:
            found.append((key, bare))
    return found
