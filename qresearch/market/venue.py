"""A venue is data: its clock, its money, and the book of rules that its instruments follow.

Two are built in: :data:`CHINA` (cash market of Shanghai, Shenzhen and Beijing) and :data:`PLAIN` (no rules at all,
for prices of unknown origin). Another venue is another value of :class:`Venue`; nothing in the engine changes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

from qresearch.domain.moment import Phase
from qresearch.domain.money import MoneyScale


@dataclass(frozen=True, slots=True)
class Venue:
    """A market place.

    Parameters
    ----------
    name : str
    time_zone : str
        IANA name.
    hours : mapping of Phase to time
        When each phase begins, local time.
    money : MoneyScale
    has_rules : bool
        True where the dated rule book of :mod:`qresearch.market.rules` applies (lots, ticks, price limits, T+1,
        stamp duty, transfer fee); False where any quantity trades at any price.
    """

    name: str
    time_zone: str
    hours: Mapping[Phase, dt.time]
    money: MoneyScale
    has_rules: bool

    @property
    def for_adjusted_prices(self) -> Venue:
        """The same venue for prices that a vendor has adjusted: they are on no tick, and are kept to a millionth.

        >>> CHINA.for_adjusted_prices.money.price_units(0.4567)
        456700
        """
        return replace(self, money=replace(self.money, price_scale=_ADJUSTED_SCALE))


_ADJUSTED_SCALE = 10**6
_HOURS: Mapping[Phase, dt.time] = {
    Phase.PRE_OPEN: dt.time(9, 0),
    Phase.OPEN: dt.time(9, 30),
    Phase.INTRADAY: dt.time(9, 31),
    Phase.CLOSE: dt.time(15, 0),
    Phase.AFTER_CLOSE: dt.time(15, 30),
}

CHINA = Venue("China A-shares", "Asia/Shanghai", _HOURS, MoneyScale("CNY", 100, 1000), has_rules=True)
"""Shanghai, Shenzhen and Beijing: money in fen, prices on a grid of 0.001 yuan (the tick of funds)."""

PLAIN = Venue("plain", "UTC", _HOURS, MoneyScale("", 10**6, 10**6), has_rules=False)
"""No lots, no limits, no T+1, no taxes; money is kept to a millionth and so never visibly rounded."""
