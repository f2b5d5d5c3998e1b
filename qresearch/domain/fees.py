"""What a fill was charged: named parts, each in money steps, and their total."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

COMMISSION, STAMP_DUTY, TRANSFER_FEE = "commission", "stamp_duty", "transfer_fee"
PARTS = (COMMISSION, STAMP_DUTY, TRANSFER_FEE)
"""The parts that every table shows, in their order; others that a fee model charges come after them."""


@dataclass(frozen=True, slots=True)
class Fees:
    """The fees of a fill, or of all fills of an order.

    Parameters
    ----------
    parts : tuple of (str, int)
        Name and money steps of each part.

    Examples
    --------
    >>> fees = Fees((("commission", 500), ("stamp_duty", 48)))
    >>> fees.total, fees["stamp_duty"], fees["transfer_fee"]
    (548, 48, 0)
    >>> (fees + fees).total
    1096
    """

    parts: tuple[tuple[str, int], ...] = ()

    @property
    def total(self) -> int:
        """All parts together, money steps."""
        return sum([amount for _, amount in self.parts])

    @property
    def others(self) -> dict[str, int]:
        """What was charged beside the parts of :data:`PARTS`, by name."""
        return {name: amount for name, amount in self.parts if amount and name not in PARTS}

    def __getitem__(self, part: str) -> int:
        """A part in money steps; 0 where it was not charged."""
        return next((amount for name, amount in self.parts if name == part), 0)

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self.parts)

    def __add__(self, other: Fees) -> Fees:
        if not self.parts:
            return other
        names = dict.fromkeys(name for fees in (self, other) for name, _ in fees.parts)
        return Fees(tuple((name, self[name] + other[name]) for name in names))


NO_FEES = Fees()


def parts_of(charged: Iterable[Fees]) -> tuple[str, ...]:
    """The parts that a table of some fees shows: those of :data:`PARTS`, then every other one that was charged."""
    others = (name for fees in charged for name, amount in fees.parts if amount)
    return tuple(dict.fromkeys((*PARTS, *others)))
