"""What round trips are made of: lots that are held, how they leave, and what is known of a fill before it is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from qresearch.domain import events
from qresearch.domain.ledger import LONG


@dataclass(slots=True)
class Lot:
    """Shares bought together and still held; money in money steps."""

    day: int
    order_id: int
    price: float
    quantity: int
    cost: int
    fees: int = 0
    dividends: int = 0
    given: bool = False
    """Held from the beginning, at its cost per share."""
    side: int = LONG


class Leaving(NamedTuple):
    """How shares left; money in money steps.

    `value` is what they brought, of a short side what buying them back cost; a price of NaN is that of the value.
    """

    day: int
    price: float
    order_id: int
    how: str
    value: int
    fees: int
    side: int = LONG
    first: str = "oldest"


@dataclass(slots=True)
class Fill:
    """A fill of which it is not known yet what it did: what is left of it, money in money steps."""

    event: events.OrderFilled
    left: int
    value: int
    fees: int

    def take(self, quantity: int) -> tuple[int, int]:
        """Value and fees of some of its units, which are told then."""
        weights = (quantity, self.left - quantity)
        value, fees = parts(self.value, weights)[0], parts(self.fees, weights)[0]
        self.left, self.value, self.fees = self.left - quantity, self.value - value, self.fees - fees
        return value, fees


@dataclass(slots=True)
class Trip:
    """Shares of one lot that left together; money in money steps."""

    instrument: int
    quantity: int
    entry_day: int
    entry_price: float
    entry_order: int
    exit_day: int
    exit_price: float
    exit_order: int
    exit: str
    cost: int
    proceeds: int
    fees: int
    dividends: int
    given: bool
    side: int


@dataclass(slots=True)
class Flows:
    """What went in and out of one instrument; money in money steps."""

    trades: int = 0
    bought: int = 0
    sold: int = 0
    dividends: int = 0
    fees: int = 0
    given: int = 0
    """Cost of shares that the session began with."""


def parts(total: int, weights: Sequence[int]) -> list[int]:
    """Split an amount in proportion, to the unit: the parts add up to it.

    >>> parts(10, [1, 1, 1]), parts(-7, [100, 300])
    ([3, 3, 4], [-2, -5])
    """
    whole, done, seen, found = sum(weights), 0, 0, []
    for weight in weights:
        seen += weight
        upto = total * seen // whole if whole else 0
        found.append(upto - done)
        done = upto
    return found
