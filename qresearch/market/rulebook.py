"""The tables of the dated rule book of China's cash market; :mod:`qresearch.market.rules` reads them.

Every rule is a literal table of :class:`Dated` rows. A row holds from its first day to its last day, both inclusive;
None means that no start is on record, or that the rule is still in force. Sources are public pages and a check
against 7.8 million real stock-days; the status says how good each one is:

``verified`` a page says so; ``data-confirmed`` real prices agree; ``secondary`` only a weak page; ``contested`` pages
disagree; ``unverified`` general knowledge.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from qresearch.domain.instrument import Board

V = TypeVar("V")
Value_co = TypeVar("Value_co", covariant=True)  # a table of floats is also a table of objects, for rules_table


@dataclass(frozen=True, slots=True)
class Dated(Generic[Value_co]):
    """One value of a rule and the days on which it holds.

    Parameters
    ----------
    since, until : date or None
        First and last day, both inclusive; None: no start on record, still in force.
    value : Value_co
    source : str
    status : str
        How well it is known, see the module.
    """

    since: dt.date | None
    until: dt.date | None
    value: Value_co
    source: str
    status: str

    def holds(self, day: dt.date) -> bool:
        """Whether `day` is one of its days."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


class LotRule(NamedTuple):
    """Smallest order to buy, and the step above it, in shares."""

    minimum: int
    step: int


class LargestOrder(NamedTuple):
    """Most shares that one order may be for: with a limit price, and at the market."""

    limit: int
    market: int


class FirstDays(NamedTuple):
    """Sessions of a new listing with their own limit: `up` and `down` are fractions of the issue price, or None."""

    sessions: int
    up: float | None
    down: float | None


@dataclass(frozen=True, slots=True)
class TransferFee:
    """What the depository takes from each side of a trade.

    Parameters
    ----------
    rate : float
        Fraction of the turnover.
    par_rate : float, yuan per share
        Fraction of the par value, which is 1 yuan a share.
    minimum : float, yuan
        Least charge for one trade.
    """

    rate: float
    par_rate: float = 0.0
    minimum: float = 0.0


def _rows(source: str, status: str, *rows: tuple[str, str, V]) -> tuple[Dated[V], ...]:
    """Rows of one source; an empty date is None."""
    return tuple(
        Dated(
            dt.date.fromisoformat(since) if since else None,
            dt.date.fromisoformat(until) if until else None,
            value,
            source,
            status,
        )
        for since, until, value in rows
    )


MAIN = (Board.SH_MAIN, Board.SZ_MAIN)
SHARES = (*MAIN, Board.CHINEXT, Board.STAR, Board.BSE)
"""The boards of shares: stamp duty and transfer fee are theirs alone."""
_GENERAL = "General knowledge, no page found"
_SSE_TRADING = "Stock Trading Mechanism, english.sse.com.cn"
_STAR_PAGE = "STAR Market special trading arrangements, star.sse.com.cn"
_CHINEXT_PAGE = "ChiNext hikes swing limits of 800 shares, China Daily 2020-08-18"
_BSE_PAGE = "BSE opening, how to trade, China News 2021-11-12"
_ETF_PAGE = "ETF rules, wodefinance.com; SSE 50ETF notice 2005-02-22"
_ST_PAGE = "SZSE trading overview 2018-10-09; SSE warning board, ecns.cn 2013-01-04"
_RULES_2026 = "HKEX circular of 2026-06-15 on the SSE and SZSE rule amendments"
_FEE_PAGES = "Fee summary pages, wodefinance.com"
_FEE_QA = "Q&A by SSE, SZSE and CSDC on lowering charging standards, 2015-07-03"
_FEE_2022 = "China halves stock transfer fees, yicaiglobal.com 2022-04-29"

_HUNDREDS = _rows(_SSE_TRADING, "verified", ("", "", LotRule(100, 100)))
_ANY_LOT = _rows("No exchange rule", "verified", ("", "", LotRule(1, 1)))
LOTS: Mapping[Board, tuple[Dated[LotRule], ...]] = {
    **dict.fromkeys((*MAIN, Board.CHINEXT, Board.ETF), _HUNDREDS),
    Board.STAR: _rows(_STAR_PAGE, "secondary", ("2019-07-22", "", LotRule(200, 1))),
    Board.BSE: _rows(_BSE_PAGE, "verified", ("2021-11-15", "", LotRule(100, 1))),
    **dict.fromkeys((Board.PLAIN, Board.INDEX), _ANY_LOT),
}

_MILLION = LargestOrder(1_000_000, 1_000_000)
_FUND_ORDERS = "SSE and SZSE trading rules, chapter 3: the maximum of shares holds for funds too; no page found"
_MAIN_ORDERS = _rows(_SSE_TRADING, "verified", ("", "", _MILLION))
LARGEST_ORDERS: Mapping[Board, tuple[Dated[LargestOrder], ...]] = {
    **dict.fromkeys(MAIN, _MAIN_ORDERS),
    Board.CHINEXT: (
        *_rows(_GENERAL, "unverified", ("", "2020-08-23", _MILLION)),
        *_rows(_GENERAL, "unverified", ("2020-08-24", "", LargestOrder(300_000, 150_000))),
    ),
    Board.STAR: _rows(_STAR_PAGE, "unverified figures", ("2019-07-22", "", LargestOrder(100_000, 50_000))),
    Board.BSE: _rows(_GENERAL, "unverified", ("2021-11-15", "", _MILLION)),
    Board.ETF: _rows(_FUND_ORDERS, "unverified", ("", "", _MILLION)),
}
"""Largest order of a board, in shares; the sessions after hours, which allow more, are not simulated."""

_CENT = _rows(_SSE_TRADING, "verified", ("", "", 0.01))
TICKS: Mapping[Board, tuple[Dated[float], ...]] = {
    **dict.fromkeys(SHARES, _CENT),
    Board.ETF: _rows(_ETF_PAGE, "verified", ("", "", 0.001)),
}

_MAIN_LIMIT = _rows(_SSE_TRADING, "verified, data-confirmed 2007-2026", ("1996-12-16", "", 0.10))
LIMITS: Mapping[Board, tuple[Dated[float], ...]] = {
    **dict.fromkeys(MAIN, _MAIN_LIMIT),
    Board.CHINEXT: _rows(
        _CHINEXT_PAGE, "verified, data-confirmed", ("2009-10-30", "2020-08-23", 0.10), ("2020-08-24", "", 0.20)
    ),
    Board.STAR: _rows(_STAR_PAGE, "verified, data-confirmed", ("2019-07-22", "", 0.20)),
    Board.BSE: _rows(_BSE_PAGE, "verified", ("2021-11-15", "", 0.30)),
    Board.ETF: _rows(_ETF_PAGE, "verified, data-confirmed", ("2005-02-23", "", 0.10)),
}

_MAIN_ST_LIMIT = (
    *_rows(_SSE_TRADING, "verified", ("1996-12-16", "1998-04-21", 0.10)),
    *_rows(_ST_PAGE, "verified, data-confirmed 2007-2026; start not checked", ("1998-04-22", "2026-07-05", 0.05)),
    *_rows(_RULES_2026, "verified", ("2026-07-06", "", 0.10)),
)
ST_LIMITS: Mapping[Board, tuple[Dated[float], ...]] = dict.fromkeys(MAIN, _MAIN_ST_LIMIT)
"""Only the main boards treat a risk warning (ST) apart."""

WIDE_FUNDS = _rows(
    "ETF rules, wodefinance.com; STAR 50 and ChiNext 50 funds closed at +20% on 2024-09-30",
    "secondary, data-confirmed for 2024; start not checked for ChiNext funds",
    ("2020-08-24", "", "limit_ratio of the fund"),
)
"""From when an ETF may have a limit of its own: before, a fund of ChiNext shares kept 10% as they did."""

_OLD_FIRST_DAY = _rows(
    "SZSE trading overview 2018-10-09", "verified in outline", ("", "2013-12-31", FirstDays(1, None, None))
)
_CAP_2014 = "SSE first-day price range, 2018-08-23; own data check"
_CAP_STATUS = "verified, data-confirmed; Shenzhen listings of 2014Q1 could trade above 144%"
_MAIN_FIRST_DAYS = (
    *_OLD_FIRST_DAY,
    *_rows(_CAP_2014, _CAP_STATUS, ("2014-01-01", "2023-04-09", FirstDays(1, 0.44, 0.36))),
    *_rows(
        "Main-board registration rules, 2023-04-10",
        "verified, data-confirmed",
        ("2023-04-10", "", FirstDays(5, None, None)),
    ),
)
FIRST_DAYS: Mapping[Board, tuple[Dated[FirstDays], ...]] = {
    **dict.fromkeys(MAIN, _MAIN_FIRST_DAYS),
    Board.CHINEXT: (
        *_OLD_FIRST_DAY,
        *_rows(_CAP_2014, _CAP_STATUS, ("2014-01-01", "2020-08-23", FirstDays(1, 0.44, 0.36))),
        *_rows(
            "China to pilot registration on ChiNext, pandaily.com",
            "verified",
            ("2020-08-24", "", FirstDays(5, None, None)),
        ),
    ),
    Board.STAR: _rows(_STAR_PAGE, "verified", ("2019-07-22", "", FirstDays(5, None, None))),
    Board.BSE: _rows(_BSE_PAGE, "verified", ("2021-11-15", "", FirstDays(1, None, None))),
}
"""By the day of listing, see :class:`FirstDays`."""

STAMP_DUTY: tuple[Dated[tuple[float, float]], ...] = (
    *_rows(_GENERAL, "unverified", ("", "2001-11-15", (0.004, 0.004))),
    *_rows("Xinhua 2005-01-24", "secondary; start not checked", ("2001-11-16", "2005-01-23", (0.002, 0.002))),
    *_rows("Xinhua 2005-01-24", "verified", ("2005-01-24", "2007-05-29", (0.001, 0.001))),
    *_rows("China Daily 2007-05-30", "verified", ("2007-05-30", "2008-04-23", (0.003, 0.003))),
    *_rows("Xinhua 2008-04-23, english.gov.cn", "verified", ("2008-04-24", "2008-09-18", (0.001, 0.001))),
    *_rows("China Briefing 2008-09-19", "verified", ("2008-09-19", "2023-08-27", (0.0, 0.001))),
    *_rows("Ministry of Finance and STA, Xinhua 2023-08-28", "verified", ("2023-08-28", "", (0.0, 0.0005))),
)
"""(buy, sell), for shares; funds and indexes are outside the tax."""

_CONTESTED = "contested: the investor's charge, or half of it (the depository's part)"
_SH_TRANSFER = (
    *_rows(_FEE_PAGES, "secondary", ("", "2012-05-31", TransferFee(0.0, 0.001, 1.0))),
    *_rows(_FEE_PAGES, _CONTESTED, ("2012-06-01", "2012-08-31", TransferFee(0.0, 0.00075))),
    *_rows(f"{_FEE_QA}; {_FEE_PAGES}", _CONTESTED, ("2012-09-01", "2015-07-31", TransferFee(0.0, 0.0006))),
    *_rows(_FEE_QA, "verified", ("2015-08-01", "2022-04-28", TransferFee(0.00002))),
    *_rows(_FEE_2022, "verified", ("2022-04-29", "", TransferFee(0.00001))),
)
_SZ_TRANSFER = (
    *_rows(_FEE_QA, "secondary: 0.0000255 inside the commission", ("", "2015-07-31", TransferFee(0.0))),
    *_SH_TRANSFER[3:],
)
TRANSFER_FEES: Mapping[Board, tuple[Dated[TransferFee], ...]] = {
    **dict.fromkeys((Board.SH_MAIN, Board.STAR), _SH_TRANSFER),
    **dict.fromkeys((Board.SZ_MAIN, Board.CHINEXT), _SZ_TRANSFER),
    Board.BSE: (
        *_rows(_FEE_2022, "verified", ("2021-11-15", "2022-04-28", TransferFee(0.000025))),
        *_SH_TRANSFER[4:],
    ),
    Board.ETF: _rows("China Connect fees and taxes, swhyhk.com", "verified for 2023 on", ("", "", TransferFee(0.0))),
}

DIVIDEND_TAX: tuple[Dated[tuple[float, float, float]], ...] = (
    *_rows(_GENERAL, "unverified", ("", "2005-06-12", (0.20, 0.20, 0.20))),
    *_rows("Caishui [2005] 102", "secondary; start not checked", ("2005-06-13", "2012-12-31", (0.10, 0.10, 0.10))),
    *_rows("Caishui [2012] 85, China Daily 2012-11-16", "verified", ("2013-01-01", "2015-09-07", (0.20, 0.10, 0.05))),
    *_rows("Caishui [2015] 101", "verified", ("2015-09-08", "", (0.20, 0.10, 0.0))),
)
"""Rates for shares held up to one month, up to one year, and longer."""
