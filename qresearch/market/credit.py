"""Haircuts and ratios of margin trading where no table is given: the ceilings and floors of the exchanges, by date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cache

from qresearch.domain.credit import CreditRates
from qresearch.domain.instrument import Board, Instrument
from qresearch.market.market import Market

_SHARES = frozenset({Board.SH_MAIN, Board.SZ_MAIN, Board.CHINEXT, Board.STAR, Board.BSE})
_HAIRCUTS: Mapping[Board, float] = {
    **dict.fromkeys(_SHARES, 0.65),
    Board.ETF: 0.90,
    **dict.fromkeys((Board.LOF, Board.CLOSED_END, Board.REIT, Board.CONVERTIBLE), 0.80),
}
"""Ceilings of SSE and SZSE (rules of 2015, articles on collateral). Members of SSE 180 and SZSE 100 have 0.70; which
shares were members when is a table that we do not have, so that all have 0.65."""
_CASH_LIKE = 0.95
_FINANCING = (
    (dt.date(2010, 3, 31), 0.5), (dt.date(2015, 11, 23), 1.0), (dt.date(2023, 9, 11), 0.8), (dt.date(2026, 1, 19), 1.0),
)  # fmt: skip
"""SSE and SZSE: raised 2015-11-13, lowered 2023-08-27, raised 2026-01-15; each from the day that stands here."""
_LENDING = ((dt.date(2010, 3, 31), 0.5), (dt.date(2023, 10, 30), 0.8), (dt.date(2024, 7, 22), 1.0))
"""SSE and SZSE, notices of 2023-10-14 and 2024-07-10; private funds pay 1.0 and 1.2 since then."""


def credit_on(market: Market, instrument: int, day: int) -> CreditRates:
    """Haircut and ratios of an instrument on a day (index): of its table, else of the exchange.

    Assumptions
    -----------
    Without a table every A share and exchange-traded fund that is not under risk warning is a target of both lists,
    and can be borrowed without bound. This flatters: lists held a few hundred names before 2023, and brokers have far
    fewer shares to lend.
    """
    item = market.instruments[instrument]
    date: dt.date = market.days[max(day, 0)].astype(object)
    if item.credit is not None:
        return item.credit.on(date)
    if market.panel.is_st[max(day, 0), instrument]:
        return CreditRates()
    return _usual(item, date)


@cache
def _usual(item: Instrument, date: dt.date) -> CreditRates:
    haircut = _CASH_LIKE if item.kind == "money" else _HAIRCUTS.get(item.board, 0.0)
    if item.board not in _SHARES and item.board is not Board.ETF:
        return CreditRates(None, haircut)
    return CreditRates(None, haircut, _in_force(_FINANCING, date), _in_force(_LENDING, date))


def _in_force(rows: tuple[tuple[dt.date, float], ...], date: dt.date) -> float | None:
    held = [ratio for since, ratio in rows if since <= date]
    return held[-1] if held else None
