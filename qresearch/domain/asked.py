"""The number that a request asks for: which numbers an order can carry, by the way in which it is asked."""

from __future__ import annotations

import math

from qresearch.domain.order import Method
from qresearch.errors import UsageError, shown

LARGEST = 10**12
"""Most shares that an order may be for anywhere: beyond it no sum of money is exact."""
_MOST_MONEY = 10**15
"""Units of currency beyond which an order by value is a mistake."""
_COUNTED = frozenset({Method.ORDER, Method.TARGET, Method.LOTS})
"""Methods that ask for shares or lots."""

_TARGETS = frozenset({Method.TARGET, Method.TARGET_VALUE})
_CALLED = {Method.ORDER: "amount", Method.TARGET: "amount", Method.LOTS: "lots", Method.PCT: "pct"}


def check_asked(method: Method, asked: float, *, may_be_short: bool = False) -> None:
    """Refuse a number that no order can carry.

    Parameters
    ----------
    method : Method
    asked : float
        Shares, lots, currency, or a fraction of the cash, by the method.
    may_be_short : bool
        A target may lie below nothing.

    Raises
    ------
    UsageError
        No finite number, too large, not whole where shares are counted, or a target below nothing; it says what to
        pass.

    >>> check_asked(Method.ORDER, 100)
    """
    what = _CALLED.get(method, "value")
    if isinstance(asked, bool) or not isinstance(asked, (int, float)) or not abs(asked) < math.inf:
        raise UsageError(f"{method.call}: {what}={asked!r} is not a finite number. Pass a number such as 1000.")
    if abs(asked) > (LARGEST if method in _COUNTED else _MOST_MONEY):
        most = f"{LARGEST:,} shares" if method in _COUNTED else f"{_MOST_MONEY:,}"
        raise UsageError(f"{method.call}: {what}={shown(asked)} is more than an order can carry, {most}. Pass less.")
    if method in _COUNTED and int(asked) != asked:
        raise UsageError(
            f"{method.call}: {what}={asked!r} is not a whole number. "
            f"Pass an integer, or use order_value for an amount of money."
        )
    if asked < 0 and method in _TARGETS and not may_be_short:
        raise UsageError(
            f"{method.call}: {what}={asked!r} is negative, but a cash account holds no short positions. "
            "Pass 0 to close the position."
        )
    if method is Method.PCT and not -1 <= asked <= 1:
        raise UsageError(f"order_pct: pct={asked!r} is outside -1 to 1. Pass a fraction: 0.5 for half of the cash.")
