"""Bonds: what they pay and when, what has accrued on a day, what they convert into; and repo, which lends for days."""

from __future__ import annotations

import calendar
import datetime as dt
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from qresearch.errors import UsageError

PAR = 100
"""Face value of one unit, in currency: prices, coupons and accrued interest are told per 100 of it."""
ACCRUED_SCALE = 10**8
"""Accrued interest is published with 8 decimals, and counted in integers of them."""
FORMS = ("coupon", "at_maturity", "discount")
ACCRUALS = ("exchange", "actual")
QUOTES = ("clean", "full")
_YEAR = 365
_PER_YEAR = (1, 2, 4, 12)
REPO_FEES = {
    1: 0.00001, 2: 0.00002, 3: 0.00003, 4: 0.00004, 7: 0.00005, 14: 0.0001, 28: 0.0002, 91: 0.0003, 182: 0.0003,
}  # fmt: skip
"""Commission of brokers on what is lent, by tenor in days: one thousandth of a per cent for a day, at most 30 of it."""


class Period(NamedTuple):
    """A coupon period.

    Parameters
    ----------
    number : int
        From 0, the first one after the value date.
    begin, start, end : date
        Where the regular period begins; from when interest runs, later than that in a first period that is cut off by
        the value date; and the day of its coupon.
    """

    number: int
    begin: dt.date
    start: dt.date
    end: dt.date


class Conversion(NamedTuple):
    """What a convertible bond becomes.

    Parameters
    ----------
    underlying : str
        Canonical symbol of the share.
    prices : tuple of (date or None, float)
        Conversion prices, currency per share, by the day from which they hold; None: from the beginning.
    first, last : date or None
        Days on which it can be converted, both inclusive; None: no bound.
    """

    underlying: str
    prices: tuple[tuple[dt.date | None, float], ...]
    first: dt.date | None = None
    last: dt.date | None = None

    def price_on(self, day: dt.date) -> float:
        """The conversion price of a day; the first one before its own first day.

        >>> Conversion("600001.SH", ((None, 9.11), (dt.date(2025, 6, 20), 8.22))).price_on(dt.date(2025, 6, 20))
        8.22
        """
        held = [price for since, price in self.prices if since is None or since <= day]
        return held[-1] if held else self.prices[0][1]

    def shares(self, units: int, day: dt.date) -> tuple[int, Fraction]:
        """Whole shares that some bonds become on a day, and the rest of their face value, currency.

        >>> shares, rest = Conversion("600001.SH", ((None, 8.22),)).shares(100, dt.date(2025, 6, 20))
        >>> shares, float(rest)
        (1216, 4.48)
        """
        price, face = exact(self.price_on(day)), Fraction(PAR * units)
        shares = int(face / price)
        return shares, face - shares * price

    def value(self, day: dt.date, share: float) -> float:
        """What the shares of one bond are worth at a price of the share, currency per 100 of face value.

        >>> round(Conversion("600001.SH", ((None, 12.92),)).value(dt.date(2021, 9, 30), 10.13), 4)
        78.4056
        """
        return PAR / self.price_on(day) * share

    def holds(self, day: dt.date) -> bool:
        """True within the conversion period."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


class Early(NamedTuple):
    """An end before maturity: a call by the issuer, or the right of a holder to give the bond back (put).

    Parameters
    ----------
    first, last : date
        Of a call the last trading day and the day of payment; of a put the days on which it can be declared.
    price : float
        What is paid per 100 of face value, accrued interest included, after tax.
    """

    first: dt.date
    last: dt.date
    price: float


@dataclass(frozen=True, slots=True)
class Bond:
    """What one bond of 100 face value promises.

    Parameters
    ----------
    value_date, maturity : date
        From when interest runs, and when the face value is paid.
    coupons : tuple of float
        Rates a year, by coupon year; the last one holds for all later years (step-up bonds have several).
    frequency : int
        Coupons a year: 1, 2, 4 or 12. Their days are counted back from the maturity. A first period that is shorter
        pays a whole coupon.
    form : {"coupon", "at_maturity", "discount"}
        Whether interest is paid by coupons, all at the end (simple, by actual days over 365), or as the difference to
        the issue price.
    issue_price, redemption : float
        Of a discount bond what it was issued at; what is paid at maturity beside the last coupon; per 100.
    accrual : {"exchange", "actual"}
        How accrued interest is counted. "exchange": coupon x days / 365, the day itself included, 29 February left out
        (SSE and SZSE); "actual": coupon x days / days of the period, the day itself not included (interbank market).
    quote : {"clean", "full"}
        Whether prices are without accrued interest, which is paid besides, or with it, as those of convertibles.
    tax : float
        Part of each coupon that is withheld: 0 of treasuries, 0.2 of corporate bonds for individuals.
    fee : float or None
        Fraction of what is paid that the broker takes; None: the costs of the session.
    minimum, lot : int or None, bonds
        Least order, and the step above it; None: those of the exchange.
    qualified_only : bool
        Only qualified investors may buy it.
    conversion : Conversion or None
    call, put : Early or None

    >>> bond = Bond(dt.date(2023, 3, 25), dt.date(2030, 3, 25), (0.028,))
    >>> bond.accrued(dt.date(2024, 3, 18)), bond.accrued(dt.date(2024, 3, 25))
    (2.7539726, 0.00767123)
    """

    value_date: dt.date
    maturity: dt.date
    coupons: tuple[float, ...] = (0.0,)
    frequency: int = 1
    form: str = "coupon"
    issue_price: float = 100.0
    redemption: float = 100.0
    accrual: str = "exchange"
    quote: str = "clean"
    tax: float = 0.0
    fee: float | None = None
    minimum: int | None = None
    lot: int | None = None
    qualified_only: bool = False
    conversion: Conversion | None = None
    call: Early | None = None
    put: Early | None = None

    def __post_init__(self) -> None:
        if not self.value_date < self.maturity:
            raise UsageError(f"Bond: value_date={self.value_date} is not before maturity={self.maturity}. Correct one.")
        for name, known in (("form", FORMS), ("accrual", ACCRUALS), ("quote", QUOTES), ("frequency", _PER_YEAR)):
            if getattr(self, name) not in known:
                raise UsageError(
                    f"Bond: {name}={getattr(self, name)!r} is none of {', '.join(map(str, known))}. Pass one of them."
                )
        for rate in (*self.coupons, self.tax, self.fee or 0.0):
            if not 0 <= rate < 1:
                raise UsageError(f"Bond: a rate of {rate!r} must be at least 0 and below 1. Pass one such as 0.028.")
        for name in ("issue_price", "redemption"):
            if not getattr(self, name) > 0:
                raise UsageError(f"Bond: {name}={getattr(self, name)!r} must be above 0. Pass a price per 100.")
        for name in ("minimum", "lot"):
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise UsageError(f"Bond: {name}={getattr(self, name)!r} must be at least 1 bond of 100 face value.")
        if not self.coupons:
            raise UsageError("Bond: coupons=() says nothing. Pass a rate such as (0.028,), or (0.0,) for none.")
        if self.conversion is not None and not all(price > 0 for _, price in self.conversion.prices):
            raise UsageError(f"Bond: conversion prices {self.conversion.prices} must be above 0, currency per share.")

    @property
    def last_day(self) -> dt.date:
        """Last day on which it can trade: before its maturity, or that of a call."""
        before = self.maturity - dt.timedelta(days=1)
        return before if self.call is None else min(before, self.call.first)

    @property
    def ends(self) -> tuple[dt.date, float]:
        """When it is paid back, and what is paid per 100 then: of a call all, else what comes beside the coupon."""
        if self.call is not None:
            return self.call.last, self.call.price
        return self.maturity, self.issue_price if self.form == "discount" else self.redemption

    def paid_on(self, day: dt.date) -> Fraction:
        """What its coupon of a day pays, per 100 of face value, before tax; 0 where none is due.

        >>> float(Bond(dt.date(2022, 3, 21), dt.date(2027, 3, 21), (0.0365,)).paid_on(dt.date(2024, 3, 21)))
        3.65
        """
        if day > self.ends[0] or (self.call is not None and day == self.ends[0]):
            return Fraction(0)  # the price of a call has the interest in it
        return sum((amount for paid, amount in self.coupons_after(self.value_date) if paid == day), Fraction(0))

    def coupons_after(self, day: dt.date) -> Iterator[tuple[dt.date, Fraction]]:
        """Days after a day on which interest is paid, and how much per 100 of face value."""
        if self.form == "discount":
            yield self.maturity, PAR - exact(self.issue_price)
        elif self.form == "at_maturity":
            days = (self.maturity - self.value_date).days
            yield self.maturity, exact(self.coupons[0]) * PAR * days / _YEAR
        else:
            for number, end in enumerate(schedule(self)[1:]):
                if end > day:
                    yield end, self.rate_of(number) * PAR / self.frequency

    def rate_of(self, number: int) -> Fraction:
        """The rate a year of a coupon period."""
        return exact(self.coupons[min(number // self.frequency, len(self.coupons) - 1)])

    def period(self, day: dt.date) -> Period:
        """The coupon period of a day; the last one at and after the maturity."""
        ends = schedule(self)
        number = min(max(bisect_right(ends, day) - 1, 0), len(ends) - 2)
        return Period(number, ends[number], max(ends[number], self.value_date), ends[number + 1])

    def accrued(self, day: dt.date) -> float:
        """Accrued interest of a day as its market counts it, per 100 of face value, half up to 8 decimals."""
        return accrued_units(self, day) / ACCRUED_SCALE


@dataclass(frozen=True, slots=True)
class Repo:
    """Pledged repo of an exchange: who sells it lends money for some days, at the rate that is its price.

    Parameters
    ----------
    tenor : int, calendar days
    fee : float or None
        Fraction of what is lent that the broker takes; None: by tenor, see :data:`REPO_FEES`.
    lot : int or None
        Units of 100 in the step of an order; None: that of the exchange.

    >>> Repo(7).rate_of_fee
    5e-05
    """

    tenor: int
    fee: float | None = None
    lot: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.tenor <= _YEAR:
            raise UsageError(f"Repo: tenor={self.tenor!r} must be from 1 to {_YEAR} calendar days.")
        if self.fee is not None and not 0 <= self.fee < 1:
            raise UsageError(f"Repo: fee={self.fee!r} must be at least 0 and below 1. Pass a rate such as 0.00001.")

    @property
    def rate_of_fee(self) -> float:
        """What the broker takes of what is lent."""
        return REPO_FEES[max(days for days in REPO_FEES if days <= self.tenor)] if self.fee is None else self.fee


def exact(number: float) -> Fraction:
    """The decimal number that a float stands for."""
    return Fraction(repr(float(number)))


def months_before(day: dt.date, months: int) -> dt.date:
    """The same day some months earlier, or the last day of a shorter month.

    >>> months_before(dt.date(2024, 8, 31), 6)
    datetime.date(2024, 2, 29)
    """
    years, month = divmod(day.month - 1 - months, 12)
    year, month = day.year + years, month + 1
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


@lru_cache(maxsize=4096)
def schedule(bond: Bond) -> tuple[dt.date, ...]:
    """Ends of the coupon periods, ascending, counted back from the maturity; the first is not after the value date.

    A bond that pays all of its interest at the end has one period.
    """
    if bond.form != "coupon":
        return bond.value_date, bond.maturity
    found = [bond.maturity]
    while found[-1] > bond.value_date:
        found.append(months_before(bond.maturity, 12 // bond.frequency * len(found)))
    return tuple(reversed(found))


@lru_cache(maxsize=65536)
def accrued_units(bond: Bond, day: dt.date) -> int:
    """:meth:`Bond.accrued` in integers of :data:`ACCRUED_SCALE`; 0 where the price has it in it, or nothing runs yet.

    On the day of a coupon the exchange counts one day already, the interbank market none.
    """
    if bond.quote == "full" or day < bond.value_date:
        return 0
    value = interest(bond, day, bond.accrual) * ACCRUED_SCALE
    return int(value + Fraction(1, 2))


def interest(bond: Bond, day: dt.date, accrual: str) -> Fraction:
    """Interest that has run up to a day by a convention, per 100 of face value, not rounded."""
    period = bond.period(day)
    until = min(day + dt.timedelta(days=accrual == "exchange"), period.end)
    days = (until - period.start).days
    if bond.form == "discount":
        return (PAR - exact(bond.issue_price)) * days / (period.end - period.start).days
    rate = bond.rate_of(period.number) * PAR
    if accrual == "exchange":
        return rate * (days - _leap_days(period.start, until)) / _YEAR
    if bond.form == "at_maturity":
        return rate * days / _YEAR
    return rate / bond.frequency * days / (period.end - period.begin).days


def _leap_days(start: dt.date, until: dt.date) -> int:
    """29ths of February from a day up to another, which is not counted."""
    years = (year for year in range(start.year, until.year + 1) if calendar.isleap(year))
    return sum(start <= dt.date(year, 2, 29) < until for year in years)
