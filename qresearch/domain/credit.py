"""What a security is worth to margin trading: as collateral, as a target of financing and of lending, by date."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from qresearch.errors import UsageError


@dataclass(frozen=True, slots=True)
class CreditRates:
    """Haircut and ratios of a security from a day on.

    Exchanges set ceilings and floors, brokers set their own beyond them and change them at any time: they are data.

    Parameters
    ----------
    since : date or None
        First day on which they hold; None: from the beginning.
    haircut : float
        Part of its value that counts as collateral, from 0 to 1.
    financing, lending : float or None
        Margin that a new contract binds, as a fraction of its value; None: it is no target of financing, or lending.
    lendable : int or None, shares
        What the broker has to lend; None: as much as is asked for, which flatters.
    """

    since: dt.date | None = None
    haircut: float = 0.0
    financing: float | None = None
    lending: float | None = None
    lendable: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.haircut <= 1:
            raise UsageError(f"CreditRates: haircut={self.haircut!r} must be from 0 to 1. Pass a fraction such as 0.7.")
        for name in ("financing", "lending"):
            value = getattr(self, name)
            if value is not None and not 0 < value <= _MOST_RATIO:
                raise UsageError(
                    f"CreditRates: {name}={value!r} must be above 0 and at most {_MOST_RATIO}. "
                    "Pass a fraction such as 0.8, or None for a security that is no target."
                )
        if self.lendable is not None and self.lendable < 0:
            raise UsageError(f"CreditRates: lendable={self.lendable!r} must be at least 0 shares.")


_MOST_RATIO = 5


@dataclass(frozen=True, slots=True)
class Credit:
    """The dated rows of one security.

    >>> rows = Credit((CreditRates(None, 0.7, 1.0), CreditRates(dt.date(2023, 9, 11), 0.7, 0.8)))
    >>> rows.on(dt.date(2023, 9, 8)).financing, rows.on(dt.date(2023, 9, 11)).financing
    (1.0, 0.8)
    """

    rows: tuple[CreditRates, ...]

    def on(self, day: dt.date) -> CreditRates:
        """The row in force on a day; before the first one the security is neither collateral nor a target."""
        held = [row for row in self.rows if row.since is None or row.since <= day]
        return held[-1] if held else CreditRates()
