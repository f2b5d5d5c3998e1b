"""Tax on dividends by holding period, charged when the shares are sold, first in first out."""

from __future__ import annotations

import datetime as dt

from qresearch.domain.money import RATE_SCALE, divide, rate_units
from qresearch.domain.state import TaxLot
from qresearch.market.market import Market


def tax_on_sale(market: Market, left: list[tuple[TaxLot, int]], day: int) -> int:
    """Tax due on the dividends that shares have received, when they are sold.

    Parameters
    ----------
    market : Market
    left : list of (TaxLot, int)
        Lots (or parts) that leave, with their dividends.
    day : int
        Index of the day of sale.

    Returns
    -------
    int, money steps

    References
    ----------
    Caishui [2015] 101, in force 2015-09-08: 20 % up to a month, 10 % up to a year, 0 beyond; earlier schedules in
    the table of :mod:`qresearch.market.china`.
    """
    sold = _date(market, day)
    total = 0
    for lot, _ in left:
        for ex_day, amount in lot.dividends:
            rate = market.venue.rules.dividend_tax_rate(_date(market, ex_day), _date(market, lot.day), sold)
            total += divide(amount * rate_units("dividend tax", rate), RATE_SCALE)
    return total


def _date(market: Market, day: int) -> dt.date:
    found: dt.date = market.days[max(day, 0)].astype(object)
    return found
