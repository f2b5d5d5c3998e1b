"""The rule book of China's cash market: literal tables of dated rows, with their sources.

Sources are public pages and a check against 7.8 million real stock-days; the status says how good each one is:
``verified`` a page says so; ``data-confirmed`` real prices agree; ``secondary`` only a weak page; ``contested`` pages
disagree; ``unverified`` general knowledge.

**Assumptions**: pages disagree whether clients in Shanghai paid 0.6 or 0.3 per mille of the par value in 2012-2015 (0.3
is the depository's part). The higher one is taken, which flatters no result. That the minimum of 1 yuan ended with the
first cut, 2012-06-01, is read from silence and flatters small orders by cents.
"""

from __future__ import annotations

import datetime as dt

from qresearch.domain.fees import STAMP_DUTY, TRANSFER_FEE
from qresearch.domain.instrument import Board
from qresearch.market.rulebook import RuleBook
from qresearch.market.rules import Band, Cage, FirstDays, Hours, LargestOrder, Levy, LotRule, dated

MAIN = (Board.SH_MAIN, Board.SZ_MAIN)
SHARES = (*MAIN, Board.CHINEXT, Board.STAR, Board.BSE)
"""The boards of shares in yuan: transfer fees are theirs alone."""
B_SHARES = (Board.SH_B, Board.SZ_B)
"""In US dollars and in Hong Kong dollars: an account counts them as they are quoted."""
FUNDS = (Board.ETF, Board.LOF, Board.CLOSED_END, Board.REIT)
_CODES = "Code ranges of the exchanges, notices of 2007 to 2024 and broker tables"
_CONVERTIBLE_PAGE = "SSE issues detailed rules for trading of convertible bonds, 2022-07-29"
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

_BOND_LOTS = "One lot is 1,000 yuan of face value; matching of ordinary bonds may ask 100,000 at least since 2022-05-16"
_REPO_LOTS = "SSE and SZSE bond trading rules of 2022: repo in multiples of 1,000 yuan"
_HUNDREDS = dated(_SSE_TRADING, "verified", ("", "", LotRule(100, 100)))
_ANY_LOT = dated("No exchange rule", "verified", ("", "", LotRule(1, 1)))
_TENS = dated(_CODES, "general", ("", "", LotRule(10, 10)))
_LOTS = {
    **dict.fromkeys((*MAIN, Board.CHINEXT, *B_SHARES, *FUNDS), _HUNDREDS),
    Board.CONVERTIBLE: _TENS,
    Board.STAR: dated(_STAR_PAGE, "secondary", ("2019-07-22", "", LotRule(200, 1))),
    Board.BSE: dated(_BSE_PAGE, "verified", ("2021-11-15", "", LotRule(100, 1))),
    Board.FUTURES: dated("Contracts of the futures exchanges: whole lots", "verified", ("", "", LotRule(1, 1))),
    Board.OPTION: dated("Option contracts: whole ones", "verified", ("", "", LotRule(1, 1))),
    Board.BOND: dated(_BOND_LOTS, "general; contested since 2022-05-16", ("", "", LotRule(10, 10))),
    Board.REPO: dated(_REPO_LOTS, "general; 100,000 yuan in Shanghai before", ("2022-05-16", "", LotRule(10, 10))),
    Board.PLAIN: _ANY_LOT,
}
"""Bonds and repo are counted in units of 100 yuan; only an account of bonds carries them."""

_MILLION = LargestOrder(1_000_000, 1_000_000)
_FUND_ORDERS = "SSE and SZSE trading rules, chapter 3: the maximum of shares holds for funds too; no page found"
_MAIN_ORDERS = dated(_SSE_TRADING, "verified", ("", "", _MILLION))
_LARGEST_ORDERS = {
    **dict.fromkeys(MAIN, _MAIN_ORDERS),
    Board.CHINEXT: (
        *dated(_GENERAL, "unverified", ("", "2020-08-23", _MILLION)),
        *dated(_GENERAL, "unverified", ("2020-08-24", "", LargestOrder(300_000, 150_000))),
    ),
    Board.STAR: dated(_STAR_PAGE, "unverified figures", ("2019-07-22", "", LargestOrder(100_000, 50_000))),
    Board.BSE: dated(_GENERAL, "unverified", ("2021-11-15", "", _MILLION)),
    **dict.fromkeys(FUNDS, dated(_FUND_ORDERS, "unverified", ("", "", _MILLION))),
}
"""Largest order of a board, in shares; the session after hours allows a million everywhere."""

_CENT = dated(_SSE_TRADING, "verified", ("", "", 0.01))
_TICKS = {
    **dict.fromkeys(SHARES, _CENT),
    **dict.fromkeys(FUNDS, dated(_ETF_PAGE, "verified", ("", "", 0.001))),
    Board.SZ_B: dated(_CODES, "secondary", ("", "", 0.01)),
    Board.SH_B: dated(_CODES, "secondary", ("", "", 0.001)),
    Board.BOND: dated(f"{_GENERAL}; 0.01 before 2022-05-16", "unverified", ("", "", 0.001)),
    Board.REPO: dated(_GENERAL, "unverified", ("", "", 0.005)),
    Board.CONVERTIBLE: dated(f"{_GENERAL}; 0.01 in Shanghai to 2022-05-15", "unverified", ("", "", 0.001)),
}

_MAIN_LIMIT = dated(_SSE_TRADING, "verified, data-confirmed 2007-2026", ("1996-12-16", "", 0.10))
_LIMITS = {
    **dict.fromkeys(MAIN, _MAIN_LIMIT),
    Board.CHINEXT: dated(
        _CHINEXT_PAGE, "verified, data-confirmed", ("2009-10-30", "2020-08-23", 0.10), ("2020-08-24", "", 0.20)
    ),
    Board.STAR: dated(_STAR_PAGE, "verified, data-confirmed", ("2019-07-22", "", 0.20)),
    Board.BSE: dated(_BSE_PAGE, "verified", ("2021-11-15", "", 0.30)),
    Board.ETF: dated(_ETF_PAGE, "verified, data-confirmed", ("2005-02-23", "", 0.10)),
    **dict.fromkeys((Board.LOF, Board.CLOSED_END), dated(_ETF_PAGE, "secondary", ("", "", 0.10))),
    Board.REIT: dated(_CODES, "secondary", ("2021-06-21", "", 0.10)),
    **dict.fromkeys(B_SHARES, dated(_CODES, "secondary", ("1996-12-16", "", 0.10))),
    Board.CONVERTIBLE: dated(_CONVERTIBLE_PAGE, "verified", ("2022-08-01", "", 0.20)),
}

_MAIN_ST_LIMIT = (
    *dated(_SSE_TRADING, "verified", ("1996-12-16", "1998-04-21", 0.10)),
    *dated(_ST_PAGE, "verified, data-confirmed 2007-2026; start not checked", ("1998-04-22", "2026-07-05", 0.05)),
    *dated(_RULES_2026, "verified", ("2026-07-06", "", 0.10)),
)
_ST_LIMITS = dict.fromkeys((*MAIN, *B_SHARES), _MAIN_ST_LIMIT)
"""Only the main boards treat a risk warning (ST) apart."""

_WIDE_FUNDS = dated(
    "ETF rules, wodefinance.com; STAR 50 and ChiNext 50 funds closed at +20% on 2024-09-30",
    "secondary, data-confirmed for 2024; start not checked for ChiNext funds",
    ("2020-08-24", "", "limit_ratio of the fund"),
)
"""From when an ETF may have a limit of its own: before, a fund of ChiNext shares kept 10% as they did."""

_OLD_FIRST_DAY = dated(
    "SZSE trading overview 2018-10-09", "verified in outline", ("", "2013-12-31", FirstDays(1, None, None))
)
_CAP_2014 = "SSE first-day price range, 2018-08-23; own data check"
_CAP_STATUS = "verified, data-confirmed; Shenzhen listings of 2014Q1 could trade above 144%"
_MAIN_FIRST_DAYS = (
    *_OLD_FIRST_DAY,
    *dated(_CAP_2014, _CAP_STATUS, ("2014-01-01", "2023-04-09", FirstDays(1, 0.44, 0.36))),
    *dated(
        "Main-board registration rules, 2023-04-10",
        "verified, data-confirmed",
        ("2023-04-10", "", FirstDays(5, None, None)),
    ),
)
_FIRST_DAYS = {
    **dict.fromkeys(MAIN, _MAIN_FIRST_DAYS),
    Board.CHINEXT: (
        *_OLD_FIRST_DAY,
        *dated(_CAP_2014, _CAP_STATUS, ("2014-01-01", "2020-08-23", FirstDays(1, 0.44, 0.36))),
        *dated(
            "China to pilot registration on ChiNext, pandaily.com",
            "verified",
            ("2020-08-24", "", FirstDays(5, None, None)),
        ),
    ),
    Board.STAR: dated(_STAR_PAGE, "verified", ("2019-07-22", "", FirstDays(5, None, None))),
    Board.BSE: dated(_BSE_PAGE, "verified", ("2021-11-15", "", FirstDays(1, None, None))),
    Board.REIT: dated(_CODES, "secondary", ("2021-06-21", "", FirstDays(1, 0.30, 0.30))),
    Board.CONVERTIBLE: dated(_CONVERTIBLE_PAGE, "verified", ("2022-08-01", "", FirstDays(1, 0.573, 0.433))),
}
"""By the day of listing, see :class:`FirstDays`."""

_AUCTION = dated(
    "SSE first-day price range, 2018-08-23; Yicai 2018-08-07",
    _CAP_STATUS,
    ("2014-01-01", "2023-04-09", Band(0.20, 0.20)),
)
_AUCTION_CHINEXT = dated(
    "SSE first-day price range, 2018-08-23; Yicai 2018-08-07",
    _CAP_STATUS,
    ("2014-01-01", "2020-08-23", Band(0.20, 0.20)),
)
_OPENING_BANDS = {**dict.fromkeys(MAIN, _AUCTION), Board.CHINEXT: _AUCTION_CHINEXT}
"""By the day of listing. Almost every listing opened at the upper end, where nobody sells."""

_DAILY_BUYS = dict.fromkeys(
    MAIN,
    dated(
        "Risk-warning board measures, article 10",
        "secondary; start in Shenzhen not checked",
        ("2013-01-04", "", 500_000),
    ),
)

_TWO, _TWO_OR_TICKS, _FIVE = Cage(0.02), Cage(0.02, 10), Cage(0.05, 10)
_CAGES = {
    **dict.fromkeys(MAIN, dated(_GENERAL, "unverified", ("2023-04-10", "", _TWO_OR_TICKS))),
    Board.CHINEXT: dated(_GENERAL, "unverified", ("2020-08-24", "2023-04-09", _TWO), ("2023-04-10", "", _TWO_OR_TICKS)),
    Board.STAR: (
        *dated(_STAR_PAGE, "verified", ("2019-07-22", "2023-04-09", _TWO)),
        *dated(_GENERAL, "unverified", ("2023-04-10", "", _TWO_OR_TICKS)),
    ),
    Board.BSE: dated(_BSE_PAGE, "verified; the ticks not checked", ("2021-11-15", "", _FIVE)),
}
_AUCTION_BEGINS = dt.time(14, 57)
_SZ_AUCTION = dated(
    "SZSE trading overview 2018-10-09", "verified; start not checked", ("2006-07-01", "", _AUCTION_BEGINS)
)
_SH_AUCTION = dated("SSE adjusts its closing mechanism, 2018-08-23", "verified", ("2018-08-20", "", _AUCTION_BEGINS))
_CLOSING_AUCTIONS = {
    **dict.fromkeys((Board.SH_MAIN, Board.STAR), _SH_AUCTION),
    **dict.fromkeys((Board.SZ_MAIN, Board.CHINEXT), _SZ_AUCTION),
}

_EVENING = Hours(dt.time(15, 5), dt.time(15, 30))
_EVENING_2026 = dated(
    f"{_RULES_2026}; Beijing introduced it on the same day",
    "verified; clock times of the wider scope not checked",
    ("2026-07-06", "", _EVENING),
)
_AFTER_HOURS = {
    **dict.fromkeys((*MAIN, Board.BSE, Board.ETF, Board.LOF), _EVENING_2026),
    Board.CHINEXT: dated(_RULES_2026, "verified (existence)", ("2020-08-24", "", _EVENING)),
    Board.STAR: dated(_STAR_PAGE, "verified", ("2019-07-22", "", _EVENING)),
}
_BREAKER = dated(
    "Circuit breaker, JunHe client alert 2015-12-31",
    "verified; the minutes are general knowledge",
    ("2016-01-04", "2016-01-04", dt.time(13, 33)),
    ("2016-01-07", "2016-01-07", dt.time(9, 59)),
)
_EARLY_CLOSES = dict.fromkeys((*MAIN, Board.CHINEXT, *B_SHARES, *FUNDS, Board.CONVERTIBLE), _BREAKER)
"""The index of 300 shares fell by 7%: both exchanges closed for the day. From 2016-01-08 on the rule was suspended."""

_STAMP_DUTY = (
    *dated(_GENERAL, "unverified", ("", "2001-11-15", Levy(0.004, 0.004))),
    *dated("Xinhua 2005-01-24", "secondary; start not checked", ("2001-11-16", "2005-01-23", Levy(0.002, 0.002))),
    *dated("Xinhua 2005-01-24", "verified", ("2005-01-24", "2007-05-29", Levy(0.001, 0.001))),
    *dated("China Daily 2007-05-30", "verified", ("2007-05-30", "2008-04-23", Levy(0.003, 0.003))),
    *dated("Xinhua 2008-04-23, english.gov.cn", "verified", ("2008-04-24", "2008-09-18", Levy(0.001, 0.001))),
    *dated("China Briefing 2008-09-19", "verified", ("2008-09-19", "2023-08-27", Levy(0.0, 0.001))),
    *dated("Ministry of Finance and STA, Xinhua 2023-08-28", "verified", ("2023-08-28", "", Levy(0.0, 0.0005))),
)

_CONTESTED = "contested: the investor's charge, or half of it (the depository's part)"
_SH_TRANSFER = (
    *dated(_FEE_PAGES, "secondary", ("", "2012-05-31", Levy(par=0.001, minimum=1.0))),
    *dated(_FEE_PAGES, _CONTESTED, ("2012-06-01", "2012-08-31", Levy(par=0.00075))),
    *dated(f"{_FEE_QA}; {_FEE_PAGES}", _CONTESTED, ("2012-09-01", "2015-07-31", Levy(par=0.0006))),
    *dated(_FEE_QA, "verified", ("2015-08-01", "2022-04-28", Levy(0.00002, 0.00002))),
    *dated(_FEE_2022, "verified", ("2022-04-29", "", Levy(0.00001, 0.00001))),
)
_SZ_TRANSFER = (
    *dated(_FEE_QA, "secondary: 0.0000255 inside the commission", ("", "2015-07-31", Levy())),
    *_SH_TRANSFER[3:],
)
_TRANSFER_FEES = {
    **dict.fromkeys((Board.SH_MAIN, Board.STAR), _SH_TRANSFER),
    **dict.fromkeys((Board.SZ_MAIN, Board.CHINEXT), _SZ_TRANSFER),
    Board.BSE: (
        *dated(_FEE_2022, "verified", ("2021-11-15", "2022-04-28", Levy(0.000025, 0.000025))),
        *_SH_TRANSFER[4:],
    ),
    Board.ETF: dated("China Connect fees and taxes, swhyhk.com", "verified for 2023 on", ("", "", Levy())),
}

_DIVIDEND_TAX = (
    *dated(_GENERAL, "unverified", ("", "2005-06-12", (0.20, 0.20, 0.20))),
    *dated("Caishui [2005] 102", "secondary; start not checked", ("2005-06-13", "2012-12-31", (0.10, 0.10, 0.10))),
    *dated("Caishui [2012] 85, China Daily 2012-11-16", "verified", ("2013-01-01", "2015-09-07", (0.20, 0.10, 0.05))),
    *dated("Caishui [2015] 101", "verified", ("2015-09-08", "", (0.20, 0.10, 0.0))),
)
"""Rates for shares held up to one month, up to one year, and longer."""

_WITHHELD = (
    *dated(_GENERAL, "unverified", ("", "2005-06-12", 0.20)),
    *dated("Caishui [2005] 102", "secondary; start not checked", ("2005-06-13", "2012-12-31", 0.10)),
    *dated("Caishui [2012] 85: the least rate at payment", "general knowledge", ("2013-01-01", "2015-09-07", 0.05)),
)
"""What is withheld at payment; since 2015-09-08 nothing is."""

_SAME_DAY = dated(_CODES, "verified in outline: bonds of every kind settle on the day", ("", "", True))

CHINA_RULES = RuleBook(
    "China's cash market",
    lots=_LOTS,
    largest_orders=_LARGEST_ORDERS,
    ticks=_TICKS,
    limits=_LIMITS,
    st_limits=_ST_LIMITS,
    own_limits=dict.fromkeys((Board.ETF, Board.LOF), _WIDE_FUNDS),
    first_days=_FIRST_DAYS,
    opening_bands=_OPENING_BANDS,
    daily_buys=_DAILY_BUYS,
    cages=_CAGES,
    closing_auctions=_CLOSING_AUCTIONS,
    after_hours=_AFTER_HOURS,
    early_closes=_EARLY_CLOSES,
    settlement=dict.fromkeys(
        (Board.BOND, Board.CONVERTIBLE, Board.REPO, Board.FUTURES, Board.OPTION, Board.PLAIN), _SAME_DAY
    ),
    levies={
        STAMP_DUTY: dict.fromkeys((*SHARES, *B_SHARES), _STAMP_DUTY),
        TRANSFER_FEE: _TRANSFER_FEES,
    },
    dividend_tax=_DIVIDEND_TAX,
    withheld=_WITHHELD,
    order_lot=100,
)
"""Shanghai, Shenzhen and Beijing."""
