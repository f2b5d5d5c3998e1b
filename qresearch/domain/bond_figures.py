"""Yield, duration, convexity and the value of a basis point of a bond: the formulae of China's interbank market.

They are few lines, and ours: a bond in its last coupon period, or one that pays within a year at its end, is priced by
simple interest over the days of its coupon year, as that market and its vendors do and libraries of curves do not; and
nothing has to be installed. The published figures, and those of QuantLib where the conventions agree, stand in
``tests/conformance/accounts/D_bond_cases.csv`` and are reproduced.

Time is counted in coupon periods by actual days, from the day itself. The price that a yield is of is the full one: the
clean price plus interest by actual days, whatever the exchange adds (its figure has the day itself in it).
"""

from __future__ import annotations

import datetime as dt
import math
from typing import NamedTuple

from qresearch.domain.bond import Bond, interest, months_before

_YEAR = 365
_LOWEST, _HIGHEST = -0.95, 20.0
_HALVINGS = 90
_NAN = float("nan")


class Figures(NamedTuple):
    """Figures of a bond at a price; NaN where there is none: no price, no yield that explains it, or a bond at its end.

    Parameters
    ----------
    full : float
        Price with accrued interest, currency per 100 of face value.
    yield_ : float
        Yield to maturity, a year, compounded as often as coupons are paid.
    macaulay, modified : float, years
        Duration: the mean time of the payments by their value, and what a small change of the yield does to the price.
    convexity : float, years squared
    dv01 : float
        What one basis point of yield is worth, currency per 100 of face value.
    """

    full: float
    yield_: float
    macaulay: float
    modified: float
    convexity: float
    dv01: float


NO_FIGURES = Figures(*[_NAN] * 6)


class _Flows(NamedTuple):
    """What is still paid: years from now and amount per 100, and whether interest is simple."""

    times: tuple[float, ...]
    amounts: tuple[float, ...]
    per_year: int
    is_simple: bool

    def price(self, rate: float) -> float:
        """Value at a yield."""
        if self.is_simple:
            return self.amounts[0] / (1 + rate * self.times[0])
        growth = 1 + rate / self.per_year
        worth = (amount / math.pow(growth, time * self.per_year) for time, amount in zip(*self[:2], strict=True))
        return sum(worth)


def full_price(bond: Bond, day: dt.date, price: float) -> float:
    """The price with interest, from the one that is quoted; per 100 of face value.

    >>> bond = Bond(dt.date(2023, 1, 1), dt.date(2030, 12, 31), (0.05,))
    >>> round(full_price(bond, dt.date(2023, 4, 1), 100.2143), 6)
    101.447177
    """
    if bond.quote == "full" or day < bond.value_date:
        return price
    return price + float(interest(bond, day, "actual"))


def price_at(bond: Bond, day: dt.date, rate: float) -> float:
    """The full price on a day at a yield, per 100 of face value; NaN at the end of the bond.

    >>> bond = Bond(dt.date(2022, 7, 15), dt.date(2072, 7, 15), (0.034,), frequency=2)
    >>> round(price_at(bond, dt.date(2025, 4, 10), 0.02), 6)
    143.468925
    """
    flows = _flows(bond, day)
    return _NAN if flows is None else flows.price(rate)


def yield_of(bond: Bond, day: dt.date, full: float) -> float:
    """The yield at which a full price is what is still paid; NaN where none from -95 % to 2,000 % is.

    >>> bond = Bond(dt.date(2023, 3, 25), dt.date(2030, 3, 25), (0.028,))
    >>> round(yield_of(bond, dt.date(2024, 5, 15), 103.3758575761), 9)
    0.0225
    """
    flows = _flows(bond, day)
    if flows is None or not full > 0:
        return _NAN
    if flows.is_simple:
        return (flows.amounts[0] / full - 1) / flows.times[0]
    low, high = _LOWEST * flows.per_year, _HIGHEST
    if not flows.price(low) >= full >= flows.price(high):
        return _NAN
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if flows.price(middle) > full else (low, middle)
    return (low + high) / 2


def risk_at(bond: Bond, day: dt.date, rate: float) -> Figures:
    """Duration, convexity and the value of a basis point on a day at a yield.

    >>> bond = Bond(dt.date(2023, 1, 1), dt.date(2030, 12, 31), (0.05,))
    >>> figures = risk_at(bond, dt.date(2023, 4, 1), 0.03)
    >>> round(figures.macaulay, 10), round(figures.convexity, 10)
    (6.6284959776, 51.8643477135)
    """
    flows = _flows(bond, day)
    if flows is None or rate != rate:
        return NO_FIGURES
    full = flows.price(rate)
    if flows.is_simple:
        (time,) = flows.times
        modified = time / (1 + rate * time)
        return Figures(full, rate, time, modified, 2 * modified**2, full * modified / _BASIS_POINTS)
    per_year, growth = flows.per_year, 1 + rate / flows.per_year
    periods = [time * per_year for time in flows.times]
    worth = [amount * growth**-count for count, amount in zip(periods, flows.amounts, strict=True)]
    macaulay = sum(map(float.__mul__, flows.times, worth)) / full
    bent = sum(count * (count + 1) * value for count, value in zip(periods, worth, strict=True))
    modified = macaulay / growth
    convexity = bent / growth**2 / full / per_year**2
    return Figures(full, rate, macaulay, modified, convexity, full * modified / _BASIS_POINTS)


_BASIS_POINTS = 10_000


def figures_of(bond: Bond, day: dt.date, price: float) -> Figures:
    """All figures on a day at the price that is quoted.

    >>> bond = Bond(dt.date(2023, 3, 25), dt.date(2030, 3, 25), (0.028,))
    >>> found = figures_of(bond, dt.date(2024, 3, 18), 101.20)
    >>> round(found.yield_, 8), round(found.modified, 8)
    (0.02582062, 5.33900033)
    """
    full = full_price(bond, day, price)
    found = risk_at(bond, day, yield_of(bond, day, full))
    return found._replace(full=full) if full == full else NO_FIGURES


def _flows(bond: Bond, day: dt.date) -> _Flows | None:
    """What is paid after a day; None before the value date, and at and after the maturity."""
    left = (bond.maturity - day).days
    if left <= 0 or day < bond.value_date:
        return None
    if bond.form != "coupon":
        _, amount = next(bond.coupons_after(day))
        principal = bond.ends[1] if bond.form == "discount" else bond.redemption
        time = left / _YEAR
        return _Flows((time,), (float(amount) + principal,), 1, is_simple=time <= 1 or bond.form == "discount")
    period, amounts = bond.period(day), [float(amount) for _, amount in bond.coupons_after(day)]
    amounts[-1] += bond.redemption
    if len(amounts) == 1:
        return _Flows((left / _coupon_year(bond, day),), tuple(amounts), bond.frequency, is_simple=True)
    first = 1 - (day - period.start).days / (period.end - period.begin).days
    times = tuple((first + count) / bond.frequency for count in range(len(amounts)))
    return _Flows(times, tuple(amounts), bond.frequency, is_simple=False)


def _coupon_year(bond: Bond, day: dt.date) -> int:
    """Days of the year of coupons, counted back from the maturity, in which a day falls."""
    months = 0
    while months_before(bond.maturity, months + 12) > day:
        months += 12
    return (months_before(bond.maturity, months) - months_before(bond.maturity, months + 12)).days
