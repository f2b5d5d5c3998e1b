"""What an account holds that is not paid in full: lots by side, debts, and what falls due.

Cash shares stand in :class:`~qresearch.domain.state.Position`. Every other kind of account keeps its holdings here, and
fills them by the events at the end of :mod:`~qresearch.domain.events`, which carry each computed amount: nothing that
folds a log needs to know a multiplier, a margin rate or an accrued amount.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

LONG, SHORT, COVERED = 1, -1, -2
"""The sides of a holding; covered are written options behind which units of the underlying are locked."""


def sign_of(side: int) -> int:
    """1 for a side on which a rising price is a profit, else -1.

    >>> [sign_of(side) for side in (LONG, SHORT, COVERED)]
    [1, -1, -1]
    """
    return 1 if side > 0 else -1


class Key(NamedTuple):
    """Which holding: one side of one instrument, 1 long, -1 short and -2 covered."""

    instrument: int
    side: int

    @property
    def sign(self) -> int:
        """1 where a rising price is a profit, else -1."""
        return sign_of(self.side)


class Lot(NamedTuple):
    """Units that came in together; never negative.

    Parameters
    ----------
    day : int
        Index of the day: T+1 and close-today are told by it.
    quantity : int
    opened, base : int, price steps
        The price at which they were opened, and the one up to which their profit has been paid (daily settlement).
    cost : int, money steps
        What was paid for them.
    """

    day: int
    quantity: int
    opened: int
    base: int
    cost: int = 0


class Debt(NamedTuple):
    """Money or units owed.

    Parameters
    ----------
    debt_id : int
    instrument : int
    is_money : bool
        Money is owed; else units of the instrument.
    day, due : int
        Indices of the days on which it was opened and falls due.
    quantity, principal : int, units and money steps
        What is left of it. Of borrowed money the units that were bought with it and are not paid yet; of borrowed units
        the principal is what their sale brought.
    quantity_opened, principal_opened : int
        What it was.
    rate, ratio : int, billionths
        Interest a year, and the margin that it binds.
    paid : int, money steps
        Interest paid so far.
    money_days : int
        Principal times calendar days: interest is rounded once, when it is paid.
    """

    debt_id: int
    instrument: int
    is_money: bool
    day: int
    due: int
    quantity: int
    principal: int
    quantity_opened: int
    principal_opened: int
    rate: int = 0
    ratio: int = 0
    paid: int = 0
    money_days: int = 0


class Due(NamedTuple):
    """What is to be delivered or paid on a day (index): units of an instrument, signed, and money steps."""

    day: int
    cash: int
    instrument: int = -1
    quantity: int = 0


class Ledger(NamedTuple):
    """Everything an account keeps beside cash and shares paid in full.

    Parameters
    ----------
    lots : mapping of Key to tuple of Lot
        Oldest first.
    debts : tuple of Debt
    due : tuple of Due
    locked : mapping of instrument to int, units
        Bound by something else, such as covered options.
    flows : int, money steps
        Cash that was paid in since the start, less what was paid out.
    scale : float
        By what the flows have multiplied the account: equity over it grows by returns alone.
    borrowed : int
        The number of the last debt.
    income, fees : int, money steps
        Since the start: what holdings paid, and what was charged. Cash shares keep both inside of cost and profit.
    """

    lots: Mapping[Key, tuple[Lot, ...]] = {}
    debts: tuple[Debt, ...] = ()
    due: tuple[Due, ...] = ()
    locked: Mapping[int, int] = {}
    income: int = 0
    fees: int = 0
    flows: int = 0
    scale: float = 1.0
    borrowed: int = 0

    def quantity(self, instrument: int, side: int) -> int:
        """Units held on one side of an instrument."""
        return sum(lot.quantity for lot in self.lots.get(Key(instrument, side), ()))

    def net(self, instrument: int) -> int:
        """Units held of an instrument, long less short and covered."""
        written = self.quantity(instrument, SHORT) + self.quantity(instrument, COVERED)
        return self.quantity(instrument, LONG) - written


EMPTY = Ledger()
