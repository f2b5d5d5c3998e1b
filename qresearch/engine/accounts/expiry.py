"""The end of options: exercise and assignment, and what is delivered on the next trading day.

Assumptions
-----------
What is in the money on its last day is exercised by itself, as brokers offer by agreement, as far as the cash or the
units for it are there; the rest lapses. Every written contract in the money is assigned. Units that have to be
delivered and are not there are settled in cash at 110 % of their last close.
"""

from __future__ import annotations

from collections.abc import Iterator

from qresearch.domain import events
from qresearch.domain.ledger import COVERED, LONG, SHORT, Due, Key, Lot
from qresearch.domain.money import divide
from qresearch.domain.state import State
from qresearch.engine.accounts.writing import Right, right_of
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.ledger import after_sale, lots_taken
from qresearch.errors import UsageError

_SHORTAGE = 110
"""Per cent of the last close at which units that are lacking are settled."""


def expire(draft: Draft, exchange: Exchange) -> Iterator[events.Record]:
    """Everything whose last day it is: longs use their right where it pays, written contracts in the money are met."""
    for instrument, side in list(draft.ledger.lots):
        if exchange.market.instruments[instrument].option is None or exchange.closing_day[instrument] > draft.day + 1:
            continue
        right = right_of(exchange, draft, instrument)
        spot = exchange.money.price_units(exchange.view(draft).mark(right.underlying))
        lots = draft.ledger.quantity(instrument, side)
        met = lots if right.intrinsic(spot) else 0
        if met and side == LONG:
            met = min(met, carried(draft, exchange, right))
        yield from use(draft, exchange, Key(instrument, side), met, spot)
        if met < lots:
            cost = sum(lot.cost for lot in draft.ledger.lots[Key(instrument, side)])
            yield events.LotsTaken(draft.at, instrument, side, lots - met, "oldest")
            yield events.Posted(draft.at, 0, "expiry", realised=-cost if side == LONG else cost)
            if side == COVERED:
                yield _unlocked(draft, right, lots - met)


def carried(draft: Draft, exchange: Exchange, right: Right) -> int:
    """Contracts that an account has the cash, or the units, to exercise."""
    if right.option.settlement != "shares":
        return 2**62
    promised = [due for due in draft.ledger.due if due.instrument >= 0]
    if right.option.is_call:
        cash = draft.cash + sum(min(due.cash, 0) for due in promised)
        return max(cash, 0) // exchange.money.notional(right.strike, right.unit)
    held = draft.positions.get(right.underlying)
    owed = -sum(min(due.quantity, 0) for due in promised if due.instrument == right.underlying)
    free = (0 if held is None else held.quantity) - owed - draft.ledger.locked.get(right.underlying, 0)
    return max(free, 0) // right.unit


def exercised(draft: Draft, exchange: Exchange, instrument: int, lots: int) -> list[events.Record]:
    """What follows when the holder of options uses their right.

    Raises
    ------
    UsageError
        Not so many are held, not now, or the account lacks the cash or the units for it.
    """
    contract = exchange.market.instruments[instrument].contract
    held = draft.ledger.quantity(instrument, LONG)
    if contract is None or contract.option is None or lots > held:
        raise UsageError(
            f"exercise: {lots:,} contracts of {exchange.market.symbols[instrument]} were to be exercised; "
            f"{held if contract is not None and contract.option is not None else 0:,} are held. "
            "Pass an option that session.tables.lots shows on its long side."
        )
    right, is_last = right_of(exchange, draft, instrument), exchange.closing_day[instrument] <= draft.day + 1
    if right.option.settlement == "cash" or (right.option.style == "european" and not is_last):
        when = "by itself after its last day" if right.option.settlement == "cash" else "on its last day"
        raise UsageError(
            f"exercise: {exchange.market.symbols[instrument]} is exercised {when}, {contract.last_day}. "
            "Close it before, or wait."
        )
    able = carried(draft, exchange, right)
    if lots > able:
        lacking = "cash for the strike" if right.option.is_call else "units of the underlying that are not locked"
        raise UsageError(
            f"exercise: {lots:,} contracts need more {lacking} than the account has: it carries {able:,}. "
            "Exercise fewer, or provide what is lacking first."
        )
    return list(use(draft, exchange, Key(instrument, LONG), lots, 0))


def use(draft: Draft, exchange: Exchange, key: Key, lots: int, spot: int) -> Iterator[events.Record]:
    """The right of some contracts is used by their holder, or used against who wrote them."""
    if not lots:
        return
    at, money, right = draft.at, exchange.money, right_of(exchange, draft, key.instrument)
    why = "exercise" if key.side == LONG else "assignment"
    _, gone = lots_taken(draft.ledger.lots[key], lots, "oldest", draft.day)
    cost, units = sum(lot.cost for lot in gone), right.unit * lots
    fee = exercise_fee(exchange, right, lots) if key.side == LONG else 0
    yield events.LotsTaken(at, key.instrument, key.side, lots, "oldest")
    if right.option.settlement == "cash":
        paid = key.sign * money.notional(right.intrinsic(spot), units)
        yield events.Posted(at, paid - fee, why, realised=paid - key.sign * cost, fee=fee)
        return
    # Who holds a call or has written a put gets the units, and pays the strike.
    toward = key.sign if right.option.is_call else -key.sign
    if right.option.settlement == "future":
        size = exchange.multiplier(right.underlying, draft.day)
        side = LONG if toward > 0 else SHORT
        yield events.LotAdded(at, right.underlying, side, Lot(draft.day, units // size, right.strike, right.strike))
        yield events.Posted(at, -fee, why, realised=-key.sign * cost, fee=fee)
        return
    yield events.Posted(at, 0, why, realised=-key.sign * cost)
    strike = money.notional(right.strike, units)
    due = [Due(draft.day + 1, -toward * strike, right.underlying, toward * units)]
    due += [Due(draft.day + 1, -fee)] if fee else []
    locked = _unlocked(draft, right, lots).locked if key.side == COVERED else draft.ledger.locked
    yield events.DueChanged(at, (*draft.ledger.due, *due), locked)


def deliver(draft: Draft, exchange: Exchange) -> Iterator[events.Record]:
    """What is due today: units against the strike; what is lacking of them in cash."""
    due = [one for one in draft.ledger.due if one.day <= draft.day]
    if not due:
        return
    at, money = draft.at, exchange.money
    yield events.DueChanged(at, tuple(one for one in draft.ledger.due if one.day > draft.day), draft.ledger.locked)
    for one in sorted(due, key=lambda one: -one.quantity):
        if one.instrument < 0:
            yield events.Posted(at, one.cash, "delivery", fee=-one.cash)
            continue
        if one.quantity > 0:
            yield events.Posted(at, one.cash, "delivery")
            yield events.SharesMoved(at, one.instrument, one.quantity, -one.cash)
            continue
        position = draft.positions.get(one.instrument)
        given = 0 if position is None else min(-one.quantity, position.quantity)
        cost, lacking = 0, -one.quantity - given
        if position is not None:
            cost = after_sale(position, given)[1]
            yield events.SharesMoved(at, one.instrument, -given, cost)
        close = money.price_units(exchange.view(draft).last_price(one.instrument))
        paid = divide(money.notional(close, lacking) * _SHORTAGE, 100)
        yield events.Posted(at, one.cash - paid, "delivery", realised=one.cash - paid - cost)


def pending(account: Draft | State, exchange: Exchange) -> int:
    """What the deliveries to come are worth at the marks, money steps."""
    money, view = exchange.money, exchange.view(account)
    return sum(
        due.cash + money.notional(money.price_units(view.last_price(due.instrument)), due.quantity)
        for due in account.ledger.due
        if due.instrument >= 0
    )


def exercise_fee(exchange: Exchange, right: Right, lots: int) -> int:
    """The fee of an exercise, money steps."""
    return round(right.option.exercise_fee * lots * exchange.money.units)


def _unlocked(draft: Draft, right: Right, lots: int) -> events.DueChanged:
    """The units of covered contracts that are over are free."""
    locked = dict(draft.ledger.locked)
    left = max(locked.get(right.underlying, 0) - right.unit * lots, 0)
    locked = {one: units for one, units in {**locked, right.underlying: left}.items() if units}
    return events.DueChanged(draft.at, draft.ledger.due, locked)
