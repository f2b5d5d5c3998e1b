"""Money as integers.

Every amount inside the simulator is an integer count of the venue's money step (fen in China), so that sums are
exact, golden files compare with ``==`` and one digest names a run. Rounding is half away from zero, at each posting,
and always through this module: prices of spreads, and what is owed, may be negative.

Two integer grids meet here: prices are read as multiples of ``1 / price_scale`` and money as multiples of
``1 / units``; both belong to the venue.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NewType

from qresearch.errors import UsageError

Money = NewType("Money", int)
"""An amount in the venue's money step (fen in China)."""

_OFF = 2.0**-50
"""More than what a float, and its product with a whole number, is off by, as a part of it."""
RATE_SCALE = 10**9
"""Rates are integers of a billionth, so that a fee is exact integer arithmetic."""


def divide(numerator: int, denominator: int) -> int:
    """Divide by a positive integer, rounding half away from zero.

    >>> divide(5, 10), divide(4, 10), divide(-5, 10)
    (1, 0, -1)
    """
    if numerator < 0:
        return -((denominator - 2 * numerator) // (2 * denominator))
    return (2 * numerator + denominator) // (2 * denominator)


def rate_units(name: str, rate: float) -> int:
    """A rate such as 0.00025 as an integer of a billionth.

    Raises
    ------
    UsageError
        Negative, not finite, at least 1, or finer than a billionth; pass a fraction such as 0.00025.

    >>> rate_units("close_tax", 0.0005)
    500000
    """
    try:
        exact = Fraction(repr(float(rate))) * RATE_SCALE
    except (ValueError, TypeError):
        raise UsageError(
            f"{name}={rate!r} is not a number. Pass a fraction of the value traded, such as 0.00025."
        ) from None
    if not 0 <= exact < RATE_SCALE:
        raise UsageError(
            f"{name}={rate!r} is not a rate: it must be at least 0 and below 1. "
            "Pass a fraction of the value traded, such as 0.00025 for 2.5 basis points."
        )
    if exact.denominator != 1:
        raise UsageError(f"{name}={rate!r} is finer than a billionth. Round it to 9 decimals.")
    return int(exact)


@dataclass(frozen=True, slots=True)
class MoneyScale:
    """How a venue counts money and prices.

    Parameters
    ----------
    currency : str
        ISO code.
    units : int
        Money steps in one unit of the currency: 100 for fen.
    price_scale : int
        Price steps in one unit of the currency: 1000 where the finest tick is 0.001.
    """

    currency: str
    units: int
    price_scale: int

    def price_units(self, price: float) -> int:
        """A price as an integer of the price step, half away from zero.

        >>> scale = MoneyScale("CNY", 100, 1000)
        >>> scale.price_units(10.05), scale.price_units(-37.63)
        (10050, -37630)
        """
        return int(price * self.price_scale + (0.5 if price >= 0 else -0.5))

    def notional(self, price_units: int, quantity: int) -> int:
        """Value of `quantity` shares at a price in price steps, in money steps, half away from zero.

        >>> scale = MoneyScale("CNY", 100, 1000)
        >>> scale.notional(1005, 101), scale.notional(-1005, 101)
        (10151, -10151)
        """
        return divide(price_units * quantity * self.units, self.price_scale)

    def values(self, prices: Sequence[float], sizes: Sequence[int]) -> list[int]:
        """The :meth:`notional` of some holdings at their prices, in one go: opens and valuations ask often.

        >>> scale = MoneyScale("CNY", 100, 1000)
        >>> scale.values([1.005, 1.005, -2.0], [101, -101, 300])
        [10151, -10151, -60000]
        """
        scale, units = self.price_scale, self.units
        if not min(prices, default=0.0) >= 0:
            return [self.notional(self.price_units(price), size) for price, size in zip(prices, sizes, strict=True)]
        shares = [size * int(price * scale + 0.5) for price, size in zip(prices, sizes, strict=True)]
        if units % scale == 0:
            times = units // scale
            return shares if times == 1 else [times * value for value in shares]
        if min(sizes, default=0) < 0:
            return [divide(value * units, scale) for value in shares]
        # Half up in lowest terms, which needs smaller numbers.
        common = math.gcd(2 * units, scale)
        times, half, whole = 2 * units // common, scale // common, 2 * scale // common
        return [(value * times + half) // whole for value in shares]

    def money(self, name: str, amount: float) -> Money:
        """An amount of the currency in money steps, half away from zero.

        Raises
        ------
        UsageError
            Not a finite number; pass an amount of the currency.

        >>> MoneyScale("CNY", 100, 1000).money("cash", 12.345)
        1235
        """
        scaled = amount * self.units if type(amount) is float else math.nan
        if abs(scaled % 1 - 0.5) > abs(scaled) * _OFF:
            # What a float may be off by cannot change the rounding: this is every amount but ties and huge ones.
            return Money(math.floor(scaled + 0.5))
        try:
            exact = Fraction(repr(float(amount))) * self.units
        except (ValueError, TypeError):
            raise UsageError(f"{name}={amount!r} is not an amount of money. Pass a finite number.") from None
        return Money(divide(exact.numerator, exact.denominator))

    def some(self, name: str, amount: float) -> Money:
        """As :meth:`money`, of an amount that is more than nothing.

        Raises
        ------
        UsageError
            Less than one money step.

        >>> MoneyScale("CNY", 100, 1000).some("cash", 0.01)
        1
        """
        found = self.money(name, float(amount))
        if found < 1:
            raise UsageError(f"{name}={amount!r} must be at least {1 / self.units:g}. Write one such as 10000.")
        return found

    def amount(self, money: int) -> float:
        """Money steps as a float of the currency, for tables and messages.

        >>> MoneyScale("CNY", 100, 1000).amount(1235)
        12.35
        """
        return money / self.units

    def text(self, money: int) -> str:
        """Money steps as text with thousands separators.

        >>> MoneyScale("CNY", 100, 1000).text(1234567)
        '12,345.67'
        """
        return f"{money / self.units:,.2f}"
