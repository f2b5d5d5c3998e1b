"""Arithmetic of positions: what a purchase, a sale or an issue makes of one.

Average cost includes buying fees and is unchanged by sales (moving average), so that floating plus realised profit
equals total profit by construction. Everything is integer arithmetic.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qresearch.domain.money import RATE_SCALE, MoneyScale, divide
from qresearch.domain.state import Position, TaxLot

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
    cost = divide(position.cost * quantity, position.quantity)
    left = position.quantity - quantity
    return Position(left, position.cost - cost, position.buy_day, min(position.bought, left)), cost


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
