"""Arithmetic of positions: what a purchase, a sale or an issue makes of one.

Average cost includes buying fees and is unchanged by sales (moving average), so that floating plus realised profit
equals total profit by construction. Everything is integer arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qresearch.domain import events
from qresearch.domain.ledger import Key, Ledger, Lot
from qresearch.domain.money import RATE_SCALE, MoneyScale, divide
from qresearch.domain.state import Position, TaxLot


class Account(Protocol):
    """What is held: of a state, or of the draft of a step."""

    @property
    def positions(self) -> Mapping[int, Position]:
        """Shares paid in full, by instrument."""

    @property
    def ledger(self) -> Ledger:
        """Everything else."""


_position = tuple.__new__  # makes a position without a call of Python, for every sale of a match
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def after_buy(position: Position | None, day: int, quantity: int, paid: int) -> Position:
    """The position after a purchase.

    Parameters
    ----------
    position : Position or None
    day : int
        Index of the day.
    quantity : int, shares
    paid : int, money steps
        Fees included.

    >>> after_buy(None, 3, 100, 1005)
    Position(quantity=100, cost=1005, buy_day=3, bought=100)
    """
    if position is None:
        return Position(quantity, paid, day, quantity)
    bought_today = position.bought if position.buy_day == day else 0
    return Position(position.quantity + quantity, position.cost + paid, day, bought_today + quantity)


def after_sale(position: Position, quantity: int) -> tuple[Position, int]:
    """The position after some of its shares were sold, and the cost of those that left (money steps).

    >>> after_sale(Position(300, 3001, 3, 0), 100)
    (Position(quantity=200, cost=2001, buy_day=3, bought=0), 1000)
    """
    held, paid, day, bought = position
    cost, left = divide(paid * quantity, held), held - quantity
    return _position(Position, (left, paid - cost, day, bought if bought < left else left)), cost


def move(positions: dict[int, Position], event: events.SharesMoved) -> None:
    """Put shares that came or went without the cash of a fill into some positions."""
    position, quantity = positions.get(event.instrument), event.quantity
    if quantity > 0:
        positions[event.instrument] = after_buy(position, event.at.day, quantity, event.cost)
    elif position is not None and -quantity < position.quantity:
        positions[event.instrument], _ = after_sale(position, -quantity)
    else:
        del positions[event.instrument]


def net_quantity(account: Account, instrument: int) -> int:
    """Units held of an instrument; negative where they are held short."""
    held = account.positions.get(instrument)
    return (0 if held is None else held.quantity) + (account.ledger.net(instrument) if account.ledger.lots else 0)


def sale_in_lots(asked: int, left: int, minimum: int, step: int) -> int:
    """Shares of a sale that the lot rule lets through; 0 when it is none.

    On boards with whole lots multiples pass, and so does a sale that takes the whole odd remainder along. On boards
    that trade single shares (STAR, Beijing) a sale needs the least order, or all that is left: of the shares held,
    those that are not on sale already.

    >>> sale_in_lots(150, left=350, minimum=100, step=100), sale_in_lots(130, left=350, minimum=100, step=100)
    (150, 100)
    >>> sale_in_lots(199, left=500, minimum=200, step=1), sale_in_lots(150, left=150, minimum=200, step=1)
    (0, 150)
    """
    if asked >= left:
        return asked
    if step == 1:
        return asked if asked >= minimum else 0
    return asked if asked % step in {0, left % step} else asked - asked % step


def shares_of(quantity: int, ratio: float) -> int:
    """Whole shares that `quantity` shares receive at a ratio; fractions are dropped.

    >>> shares_of(350, 0.3), shares_of(100, -0.5)
    (105, -50)
    """
    return quantity * round(ratio * RATE_SCALE) // RATE_SCALE


def cash_of(quantity: int, per_share: float, units: int) -> int:
    """Money steps that `quantity` shares receive at an amount per share, half up.

    >>> cash_of(300, 0.174, units=100)
    5220
    """
    return divide(quantity * round(per_share * RATE_SCALE) * units, RATE_SCALE)


def lots_after_sale(lots: tuple[TaxLot, ...], quantity: int) -> tuple[tuple[TaxLot, ...], list[tuple[TaxLot, int]]]:
    """First in, first out: the lots that stay, and those (or the parts) that left with their shares."""
    kept: list[TaxLot] = []
    left: list[tuple[TaxLot, int]] = []
    for lot in lots:
        taken = min(quantity, lot.quantity)
        quantity -= taken
        if taken:
            gone = tuple((day, divide(amount * taken, lot.quantity)) for day, amount in lot.dividends)
            left.append((TaxLot(lot.day, taken, gone), taken))
            rest = tuple((day, amount - part) for (day, amount), (_, part) in zip(lot.dividends, gone, strict=True))
            lot = TaxLot(lot.day, lot.quantity - taken, rest)  # noqa: PLW2901  # the rest of the same lot
        if lot.quantity:
            kept.append(lot)
    return tuple(kept), left


def lots_taken(lots: tuple[Lot, ...], quantity: int, order: str, day: int) -> tuple[tuple[Lot, ...], tuple[Lot, ...]]:
    """Lots that stay when some units leave, and those (or the parts) that leave.

    Parameters
    ----------
    lots : tuple of Lot
        Oldest first.
    quantity : int, units
    order : {"oldest", "before", "today", "today_first"}
        Which go first; "before" takes none of today's, "today" no others.
    day : int
        Index of today.

    >>> lots = (Lot(3, 5, 100, 100, 50), Lot(4, 2, 110, 110))
    >>> [[lot.quantity for lot in part] for part in lots_taken(lots, 6, "oldest", day=4)]
    [[1], [5, 1]]
    >>> [[lot.quantity for lot in part] for part in lots_taken(lots, 3, "today_first", day=4)]
    [[4], [2, 1]]
    """
    turns = [place for place, lot in enumerate(lots) if order != "before" or lot.day != day]
    if order in {"today", "today_first"}:
        others = [place for place in turns if lots[place].day != day and order == "today_first"]
        turns = [place for place in turns if lots[place].day == day] + others
    kept, left = list(lots), list[Lot]()
    for place in turns:
        lot = lots[place]
        part = min(lot.quantity, quantity)
        quantity -= part
        if part:
            gone = lot._replace(quantity=part, cost=divide(lot.cost * part, lot.quantity))
            left.append(gone)
            kept[place] = lot._replace(quantity=lot.quantity - part, cost=lot.cost - gone.cost)
    return tuple(lot for lot in kept if lot.quantity), tuple(left)


def after_posting(ledger: Ledger, event: events.Posting) -> Ledger:  # noqa: PLR0911  # one arm per event
    """A ledger after what a kind of account posted."""
    lots, debts = ledger.lots, ledger.debts
    match event:
        case events.Posted(income=income, fee=fee):
            return ledger._replace(income=ledger.income + income, fees=ledger.fees + fee)
        case events.CashFlowed(amount=amount, equity=equity):
            grown = (equity + amount) / equity if equity > 0 and equity + amount > 0 else 1.0
            return ledger._replace(flows=ledger.flows + amount, scale=ledger.scale * grown)
        case events.LotAdded(instrument=instrument, side=side, lot=lot, merges=merges):
            key = Key(instrument, side)
            held = lots.get(key, ())
            if merges and held and held[-1].day == lot.day:
                held, lot = held[:-1], _merged(held[-1], lot)
            return ledger._replace(lots={**lots, key: (*held, lot)})
        case events.LotsTaken(at=at, instrument=instrument, side=side, quantity=quantity, order=order):
            kept, _ = lots_taken(lots[Key(instrument, side)], quantity, order, at.day)
            others = {key: held for key, held in lots.items() if key != (instrument, side)}
            return ledger._replace(lots={**others, Key(instrument, side): kept} if kept else others)
        case events.Rebased(instrument=instrument, price=price):
            return ledger._replace(lots=_each(lots, instrument, lambda lot: lot._replace(base=price)))
        case events.Rescaled(instrument=instrument, numerator=numerator, denominator=denominator):
            return ledger._replace(
                lots=_each(lots, instrument, lambda lot: _rescaled(lot, numerator, denominator)),
                debts=tuple(
                    debt._replace(
                        quantity=debt.quantity * numerator // denominator,
                        quantity_opened=debt.quantity_opened * numerator // denominator,
                    )
                    if debt.instrument == instrument
                    else debt
                    for debt in debts
                ),
            )
        case events.Borrowed(debt=debt):
            return ledger._replace(debts=(*debts, debt), borrowed=debt.debt_id)
        case events.DebtChanged(debt_id=debt_id, quantity=quantity, principal=principal, paid=paid):
            new = (
                debt._replace(quantity=quantity, principal=principal, paid=paid) if debt.debt_id == debt_id else debt
                for debt in debts
            )
            return ledger._replace(debts=tuple(debt for debt in new if debt.quantity or debt.principal))
        case events.DaysCounted(days=days):
            return ledger._replace(
                debts=tuple(debt._replace(money_days=debt.money_days + days * debt.principal) for debt in debts)
            )
        case events.DueChanged(due=due, locked=locked):
            return ledger._replace(due=due, locked=locked)
        case events.MarginCalled() | events.SharesMoved():
            return ledger


def _merged(held: Lot, lot: Lot) -> Lot:
    """Two lots of one day as one, at their average price."""
    quantity = held.quantity + lot.quantity
    opened, base = (
        divide(old * held.quantity + new * lot.quantity, quantity)
        for old, new in ((held.opened, lot.opened), (held.base, lot.base))
    )
    return Lot(lot.day, quantity, opened, base, held.cost + lot.cost)


def _rescaled(lot: Lot, numerator: int, denominator: int) -> Lot:
    opened, base = (divide(price * denominator, numerator) for price in (lot.opened, lot.base))
    return lot._replace(quantity=lot.quantity * numerator // denominator, opened=opened, base=base)


def _each(
    lots: Mapping[Key, tuple[Lot, ...]], instrument: int, change: Callable[[Lot], Lot]
) -> dict[Key, tuple[Lot, ...]]:
    """All lots, those of an instrument changed."""
    return {key: tuple(map(change, held)) if key.instrument == instrument else held for key, held in lots.items()}


def lots_after_issue(lots: tuple[TaxLot, ...], received: int) -> tuple[TaxLot, ...]:
    """Lots after a bonus issue or split: new shares belong to the lots they came from, the rounding to the oldest."""
    total = sum(lot.quantity for lot in lots)
    if not total:
        return lots
    grown = [lot._replace(quantity=lot.quantity + lot.quantity * received // total) for lot in lots]
    rounding = total + received - sum(lot.quantity for lot in grown)
    grown[0] = grown[0]._replace(quantity=grown[0].quantity + rounding)
    return tuple(grown)


def lots_after_dividend(lots: tuple[TaxLot, ...], ex_day: int, amount: int) -> tuple[TaxLot, ...]:
    """Lots after a dividend: each remembers its part until it is sold."""
    total = sum(lot.quantity for lot in lots)
    parts = [amount * lot.quantity // total for lot in lots]
    parts[0] += amount - sum(parts)
    return tuple(
        lot._replace(dividends=(*lot.dividends, (ex_day, part))) for lot, part in zip(lots, parts, strict=True)
    )


def price_units(money: MoneyScale, prices: Floats) -> Ints:
    """Prices in price steps, half away from zero: the same as :meth:`MoneyScale.price_units`, for many at once."""
    return (prices * money.price_scale + np.copysign(0.5, prices)).astype(np.int64)


def notionals(money: MoneyScale, units: Ints, quantities: Ints) -> Ints:
    """Values in money steps, half away from zero: the same as :meth:`MoneyScale.notional`, for many fills at once."""
    exact = units * quantities
    if money.units % money.price_scale == 0:
        return exact * (money.units // money.price_scale)
    share = money.price_scale // money.units
    if exact.min(initial=0) < 0:
        negative: Ints = np.sign(exact) * ((2 * np.abs(exact) + share) // (2 * share))
        return negative
    return (2 * exact + share) // (2 * share)
