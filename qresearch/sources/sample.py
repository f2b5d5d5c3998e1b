"""The embedded market: three years of invented prices on real trading days, ready without a network.

The committed files under ``data/`` are the truth; ``tests/tools/make_sample.py`` documents how they were made. The
instruments are invented; the trading days, and the rules that hold on them, are those of China.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

from qresearch.domain.calls import told
from qresearch.errors import choose
from qresearch.market.market import Market
from qresearch.sources.minute_sample import FIRST, LAST, SYMBOLS, with_minutes
from qresearch.sources.tabular import read_market

_DATA = Path(__file__).parent / "data"


@told
def sample_market(frequency: str = "day") -> Market:
    """The embedded market: 31 invented instruments over three years, with scripted episodes for teaching.

    Trading days from 2021-01-04 to 2023-12-29, on every board: Shanghai and Shenzhen main, ChiNext, STAR, Beijing and
    funds (one of which can be sold on the day it is bought). A bull spell, a bear spell and a calm one; dividends,
    bonus shares, a rights issue and a split; the benchmark is the invented index ``000900.SH``.

    Parameters
    ----------
    frequency : {"day", "minute"}
        "minute": eight of the instruments over ten days (2021-07-06 to 2021-07-19, with a dividend and the beginning of
        a suspension), with 240 minute bars a day that add up to the daily bars.

    Returns
    -------
    Market
        Read once; every call returns the same object, which nothing can change.

    See Also
    --------
    episodes : what happens where in this market.

    Examples
    --------
    >>> market = sample_market()
    >>> market
    <Market China A-shares: 31 instruments, 727 trading days 2021-01-04 to 2023-12-29, 22 corporate actions>
    >>> market.instrument("604035").name
    'Yunding Power'
    >>> sample_market("minute").panel.intraday
    <Intraday 8 instruments x 2400 bars>
    """
    return _read(choose("frequency", frequency, ("day", "minute")))


@cache
def _read(frequency: str) -> Market:
    if frequency == "day":
        return read_market(_DATA / "sample_daily.parquet")
    return with_minutes(read_market(_DATA / "sample_daily.parquet", symbols=SYMBOLS, start=FIRST, end=LAST))


@told
def sample_futures() -> Market:
    """The embedded futures market: four invented contracts on the trading days of 2023.

    ``ZX2306`` and ``ZX2309`` are futures of an index (300 yuan a point, margin 12 %), ``QT2307`` and ``QT2310`` of a
    metal (5 tonnes a lot, margin 9 %, limit 8 %, and twice the fee for lots of the same day). The metal falls for a
    week in June, and on 2023-06-14 nobody buys: it is locked at its limit. ZX2306 ends on 2023-06-16, QT2307 on
    2023-07-17. ``tests/tools/make_futures.py`` made it.

    Returns
    -------
    Market
        For ``Session(market, account="futures")``; read once, every call returns the same object.

    Examples
    --------
    >>> market = sample_futures()
    >>> market
    <Market China A-shares: 4 instruments, 188 trading days 2023-01-03 to 2023-10-16, 0 corporate actions>
    >>> market.instrument("QT2307").contract.multiplier
    5
    """
    return _read_futures()


@cache
def _read_futures() -> Market:
    return read_market(_DATA / "futures_daily.csv")


@told
def sample_options() -> Market:
    """The embedded option market: sixteen invented options, with what they are written on, over four months.

    Twelve on the fund ``514101.SH`` of the embedded market (10,000 units, expiring 2022-12-28 and 2023-01-18, such as
    ``C2212M4100``), which pays a dividend on 2022-12-15: strikes and units change that day. Two on its index
    ``000900.SH`` (100 yuan a point, in cash, until 2023-01-20), and two American ones on the future ``QT2307`` of the
    embedded futures (until 2023-02-24). ``tests/tools/make_options.py`` made it.

    Returns
    -------
    Market
        For ``Session(market, account="options")``; read once, every call returns the same object.

    Examples
    --------
    >>> market = sample_options()
    >>> market
    <Market China A-shares: 19 instruments, 80 trading days 2022-11-01 to 2023-02-28, 1 corporate actions>
    >>> [(terms.strike, terms.unit) for terms in market.instrument("C2212M4100").contract.option.terms]
    [(4.1, 10000), (4.051, 10120)]
    """
    return _read_options()


@cache
def _read_options() -> Market:
    return read_market(_DATA / "options_daily.csv")


@told
def sample_bonds() -> Market:
    """The embedded bond market: four invented bonds, a share that one converts into, and repo, over 2023.

    ``019801.SH`` is a treasury (2.85 %, coupon on 21 June, free of tax), ``019802.SH`` one that matures on 2023-09-15,
    ``122801.SH`` a corporate bond (4.1 %, coupon on 15 May, 20 % tax) for qualified investors only, ``113801.SH`` a
    convertible at 9.6 yuan a share of ``604801.SH``, which rises in autumn: it is called, and trades until 2023-11-15.
    ``204001.SH`` and ``204007.SH`` lend for one day and for seven. ``tests/tools/make_bonds.py`` made it.

    Returns
    -------
    Market
        For ``Session(market, account="bond")``; read once, every call returns the same object.

    Examples
    --------
    >>> market = sample_bonds()
    >>> market
    <Market China A-shares: 7 instruments, 242 trading days 2023-01-03 to 2023-12-29, 0 corporate actions>
    >>> market.instrument("019801").bond.maturity
    datetime.date(2029, 6, 21)
    """
    return _read_bonds()


@cache
def _read_bonds() -> Market:
    return read_market(_DATA / "bonds_daily.csv")


@told
def episodes(language: str = "en") -> pd.DataFrame:
    """The scripted episodes of the embedded market, by first day.

    Parameters
    ----------
    language : {"en", "zh"}
        Language of `name`, `title` and `what_to_see`.

    Returns
    -------
    DataFrame
        Columns key, symbol, name, first_day, last_day (datetime64, trading days, both inclusive), title, what_to_see.
        What concerns the whole market stands under the symbol of the index.

    Raises
    ------
    UsageError
        Another language; pass "en" or "zh".

    Examples
    --------
    >>> table = episodes().set_index("key")
    >>> table.loc["locked_limit_up", ["symbol", "title"]].to_list()
    ['604035.SH', 'Locked at limit-up all day']
    >>> episodes("zh").set_index("key").loc["locked_limit_up", "title"]
    '一字涨停'
    """
    choose("language", language, ("en", "zh"))
    table = pd.read_csv(
        _DATA / "sample_episodes.csv", encoding="utf-8", parse_dates=["first_day", "last_day"], date_format="%Y-%m-%d"
    )
    table = table.rename(columns={f"{name}_{language}": name for name in ("name", "title", "what_to_see")})
    return table[["key", "symbol", "name", "first_day", "last_day", "title", "what_to_see"]]
