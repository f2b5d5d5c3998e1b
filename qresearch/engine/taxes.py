"""Tax on dividends by holding period: a part at payment, by date, and the rest at the sale, first in first out."""

from __future__ import annotations

import datetime as dt

from qresearch.domain.money import RATE_SCALE, divide, rate_units
from qresearch.domain.state import TaxLot
from qresearch.market.market import Market


def tax_at_payment(market: Market, instrument: int, day: int, amount: int) -> int:
    """Tax that is withheld from a dividend of shares on its ex-date (index), in money steps."""
    rules = market.venue.rules
    if not rules.taxes_dividends(market.instruments[instrument].board):
        return 0
    return divide(amount * rate_units("dividend tax", rules.dividend_withheld(_date(market, day))), RATE_SCALE)


def tax_on_sale(market: Market, instrument: int, left: list[tuple[TaxLot, int]], day: int) -> int:
    """Tax due on the dividends that shares have received, when they are sold.

    Parameters
    ----------
    market : Market
    instrument : int
        Of shares: what funds pay out is exempt.
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
    rules, total = market.venue.rules, 0
    if not left or not rules.taxes_dividends(market.instruments[instrument].board):
        return total
    sold = _date(market, day)
    for lot, _ in left:
        for ex_day, amount in lot.dividends:
            ex_date = _date(market, ex_day)
            whole = rate_units("dividend tax", rules.dividend_tax_rate(ex_date, _date(market, lot.day), sold))
            rest = whole - rate_units("dividend tax", rules.dividend_withheld(ex_date))
            total += divide(amount * rest, RATE_SCALE)
    return total


def _date(market: Market, day: int) -> dt.date:
    found: dt.date = market.days[max(day, 0)].astype(object)
    return found
