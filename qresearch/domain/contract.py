"""Contracts: what a future or an option promises, and the rates that exchange and broker set for it by date."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from qresearch.domain.option import Option
from qresearch.errors import UsageError

FEE_KINDS = ("money", "lot")


@dataclass(frozen=True, slots=True)
class Rates:
    """Margin, fees and daily limit of a contract from a day on.

    Notices change them many times a year, by contract month and on the way to delivery: they are data, never code.

    Parameters
    ----------
    since : date or None
        First day on which they hold; None: from the beginning.
    long_margin, short_margin : float
        Part of the value that a side binds: the exchange's ratio and what the broker adds. Of an option the part of the
        underlying's value that a written contract binds; one that was bought binds nothing.
    open_fee, close_fee, close_today_fee : float
        Fraction of the value, or currency per lot, by `fee_kind`; the last one for lots that were opened on the day.
    fee_kind : {"money", "lot"}
    limit_ratio : float or None
        Daily price limit around the previous settlement; None: none is known.
    position_limit : float or None, lots
        A whole number: most that one side of the contract may hold; None: no limit is known.
    """

    since: dt.date | None
    long_margin: float
    short_margin: float
    open_fee: float = 0.0
    close_fee: float = 0.0
    close_today_fee: float = 0.0
    fee_kind: str = "money"
    limit_ratio: float | None = None
    position_limit: float | None = None

    def __post_init__(self) -> None:
        for name in ("long_margin", "short_margin"):
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise UsageError(f"Rates: {name}={value!r} must be from 0 to 1. Pass a fraction such as 0.12.")
        for name in ("open_fee", "close_fee", "close_today_fee"):
            value = getattr(self, name)
            if not value >= 0:
                raise UsageError(f"Rates: {name}={value!r} must be at least 0. Pass a rate such as 0.000023.")
        if self.fee_kind not in FEE_KINDS:
            raise UsageError(f"Rates: fee_kind={self.fee_kind!r} is none of {', '.join(FEE_KINDS)}.")
        if self.limit_ratio is not None and not 0 < self.limit_ratio < 1:
            raise UsageError(
                f"Rates: limit_ratio={self.limit_ratio!r} must be between 0 and 1. Pass a fraction such as 0.1."
            )
        if self.position_limit is not None and not (self.position_limit >= 0 == self.position_limit % 1):
            raise UsageError(
                f"Rates: position_limit={self.position_limit!r} must be a whole number of lots, such as 5000; 0 lets "
                "nothing be opened."
            )


@dataclass(frozen=True, slots=True)
class Contract:
    """What one lot of a future is, or one contract of an option.

    Parameters
    ----------
    product : str
        Such as "IF": contracts of one product share its margin where the larger side counts.
    multiplier : int
        Units of the underlying in one lot: a move of the price by 1 is worth so much money. That of an option changes
        with its terms; here stands the first one.
    tick : float
        Step of the price.
    rates : tuple of Rates
        By date, ascending.
    last_day : date or None
        Last trading day; after its settlement the lots are gone. None: not known.
    exchange : str
        "SHFE" and "INE" close today's lots by an order of their own.
    option : Option or None
        The right, of an option.

    >>> rates = (Rates(None, 0.15, 0.15), Rates(dt.date(2024, 1, 2), 0.12, 0.12))
    >>> Contract("IF", 300, 0.2, rates).on(dt.date(2024, 1, 3)).long_margin
    0.12
    """

    product: str
    multiplier: int
    tick: float
    rates: tuple[Rates, ...]
    last_day: dt.date | None = None
    exchange: str = ""
    option: Option | None = None

    def __post_init__(self) -> None:
        if self.multiplier < 1 or int(self.multiplier) != self.multiplier:
            raise UsageError(f"Contract: multiplier={self.multiplier!r} must be a whole number above 0, such as 300.")
        if not self.tick > 0:
            raise UsageError(f"Contract: tick={self.tick!r} must be above 0. Pass a price step such as 0.2.")
        if not self.rates:
            raise UsageError("Contract: rates=() says nothing of margin and fees. Pass at least one Rates.")
        if self.option is None and not all(rates.long_margin and rates.short_margin for rates in self.rates):
            raise UsageError("Contract: a margin of 0 binds nothing behind a future. Pass Rates such as 0.12 a side.")

    def on(self, day: dt.date) -> Rates:
        """The rates of a day; the first ones before their own first day."""
        held = [rates for rates in self.rates if rates.since is None or rates.since <= day]
        return held[-1] if held else self.rates[0]

    def units(self, day: dt.date) -> int:
        """Units of the underlying in one lot on a day."""
        return self.multiplier if self.option is None else self.option.on(day).unit
