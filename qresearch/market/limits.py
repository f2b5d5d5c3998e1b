"""Price limits of every day, and the reference price that an ex-date makes: computed from a rule book."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from qresearch.domain.contract import Contract
from qresearch.domain.instrument import Instrument
from qresearch.domain.option import Option
from qresearch.errors import UsageError
from qresearch.market.panel import Bools, Days, Floats
from qresearch.market.rulebook import RuleBook
from qresearch.market.rules import Dated, on

Ints = NDArray[np.int64]
Ratios = NDArray[np.int32]
"""Basis points."""


def price_limits(  # noqa: PLR0917  # the rules first, then what they are applied to
    rules: RuleBook,
    days: Days,
    instruments: Sequence[Instrument],
    pre_close: Floats,
    is_st: Bools,
    no_limit: Bools | None = None,
) -> tuple[Floats, Floats]:
    """Highest and lowest price of every day.

    The reference price times (1 +- ratio), in integers, rounded half up to the tick; at least one tick away from the
    reference price and never below one tick (SSE and SZSE trading rules; the rounding agrees with 505,924 real
    stock-days, the one-tick rule is unverified). New listings, by the table of their first days: day 1 at 144% and 64%
    of the issue price (2014-01-01 to 2023-04-09, ChiNext to 2020-08-23), or some sessions without a limit.

    Parameters
    ----------
    rules : RuleBook
    days : (T,) ndarray of datetime64[D]
    instruments : sequence of Instrument
        N of them. `limit_ratio` of an instrument overrides its board; on funds from 2020-08-24.
    pre_close : (T, N) ndarray of float64, currency per share
        Reference price; the issue price on the day of listing.
    is_st : (T, N) ndarray of bool
    no_limit : (T, N) ndarray of bool, optional
        True on days without a limit for a reason that no table knows: a resumption after restructuring, a relisting.

    Returns
    -------
    limit_up, limit_down : (T, N) ndarray of float64, currency per share
        NaN: no limit, or no reference price.

    **Assumptions**: the sessions of a new listing are counted in `days`, its own suspensions included; before the
    first of `days` every weekday counts as one.

    >>> from qresearch.domain.instrument import Board
    >>> days = np.array(["2024-01-02"], "datetime64[D]")
    >>> shares = [Instrument("600519.SH", board=Board.SH_MAIN), Instrument("300750.SZ", board=Board.CHINEXT)]
    >>> from qresearch.market.china import CHINA_RULES
    >>> price_limits(CHINA_RULES, days, shares, np.array([[10.05, 10.05]]), np.zeros((1, 2), bool))
    (array([[11.06, 12.06]]), array([[9.05, 8.04]]))
    """
    up, down = _ratios(rules, days, instruments, is_st)
    _apply_first_days(rules, days, instruments, up, down)
    ticks = (rules.tick(share.board) for share in instruments)
    grid = np.array([round(1 / step) if step else 1 for step in ticks], dtype=np.int64)
    high, low = np.empty(pre_close.shape), np.empty(pre_close.shape)
    # Some days at a time, so that what is in between stays in the cache of the processor.
    for begin in range(0, len(days), _DAYS):
        at = slice(begin, begin + _DAYS)
        # NaN fails the comparison, so days without a reference price drop out here.
        limited = (up[at] > 0) & (pre_close[at] > 0)
        if no_limit is not None:
            limited &= ~no_limit[at]
        base = np.rint(np.where(limited, pre_close[at], 0.0) * grid).astype(np.int64)
        above = np.maximum((base * (_WHOLE + up[at]) + _WHOLE // 2) // _WHOLE, base + 1)
        below = np.maximum(np.minimum((base * (_WHOLE - down[at]) + _WHOLE // 2) // _WHOLE, base - 1), 1)
        high[at], low[at] = np.nan, np.nan
        np.divide(above, grid, out=high[at], where=limited)
        np.divide(below, grid, out=low[at], where=limited)
    places = {item.symbol: column for column, item in enumerate(instruments)}
    for column, item in enumerate(instruments):
        if item.contract is None:
            continue
        option = item.contract.option
        if option is None:
            high[:, column], low[:, column] = _contract_limits(item.contract, days, pre_close[:, column])
        elif option.underlying in places:
            spot = pre_close[:, places[option.underlying]]
            high[:, column], low[:, column] = _option_limits(item.contract, option, days, pre_close[:, column], spot)
    return high, low


def _contract_limits(contract: Contract, days: Days, settled: Floats) -> tuple[Floats, Floats]:
    """Limits of a contract around the settlement before, on the tick inside of them; NaN where none is known."""
    known = [contract.on(day).limit_ratio for day in days.tolist()]
    ratio = np.array([np.nan if found is None else found for found in known])
    tick, hair = contract.tick, 1e-6
    up, down = settled * (1 + ratio) / tick, settled * (1 - ratio) / tick
    return np.round(np.floor(up + hair) * tick, 6), np.round(np.ceil(down - hair) * tick, 6)


def _option_limits(
    contract: Contract, option: Option, days: Days, settled: Floats, spot: Floats
) -> tuple[Floats, Floats]:
    """Limits of an option around its settlement before; NaN where no ratio is known, and below where none binds.

    With the ratio of the underlying r, its reference price S and the strike K: a call of a fund may rise by the larger
    of 0.5 % of S and r x min(2S - K, S), a put by the larger of 0.5 % of K and r x min(2K - S, S), both may fall by r x
    S (SSE and SZSE trial rules of stock options, 2015-01-09). Options on an index or a future move by r x S.
    """
    known = [contract.on(day).limit_ratio for day in days.tolist()]
    ratio = np.array([np.nan if found is None else found for found in known])
    strike = np.array([option.on(day).strike for day in days.tolist()])
    rise = ratio * spot
    if option.settlement == "shares":
        base, other = (spot, strike) if option.is_call else (strike, spot)
        rise = np.maximum(_LEAST_RISE * base, ratio * np.minimum(2 * base - other, spot))
    tick = contract.tick
    up: Floats = np.floor((settled + rise) / tick + 0.5) * tick
    down: Floats = np.floor((settled - ratio * spot) / tick + 0.5) * tick
    lowest: Floats = np.where(down > tick, down, np.nan)
    highest: Floats = np.maximum(up, tick)
    return highest.round(6), lowest.round(6)


_LEAST_RISE = 0.005
_DAYS = 16
_WHOLE = 10_000  # ratios are integers of a basis point


def _units(ratio: float | None) -> int:
    return 0 if ratio is None else round(ratio * _WHOLE)


def _per_day(days: Days, rows: Iterable[Dated[float]]) -> Ints:
    """(T,) ratio of every day in basis points, 0 without a limit."""
    ratios = np.zeros(len(days), dtype=np.int64)
    for row in rows:
        start = 0 if row.since is None else int(np.searchsorted(days, np.datetime64(row.since), "left"))
        stop = len(days) if row.until is None else int(np.searchsorted(days, np.datetime64(row.until), "right"))
        ratios[start:stop] = _units(row.value)
    return ratios


def _ratios(rules: RuleBook, days: Days, instruments: Sequence[Instrument], is_st: Bools) -> tuple[Ratios, Ratios]:
    """(T, N) upper and lower ratio in basis points, before the rules for new listings."""
    ratios = np.zeros((len(days), len(instruments)), dtype=np.int32)
    boards = np.array([share.board.value for share in instruments])
    for board, rows in rules.limits.items():
        columns = np.flatnonzero(boards == board.value)
        ratios[:, columns] = _per_day(days, rows)[:, None]
        if board in rules.st_limits and is_st[:, columns].any():
            warned = _per_day(days, rules.st_limits[board])[:, None]
            ratios[:, columns] = np.where(is_st[:, columns], warned, ratios[:, columns])
    for column, share in enumerate(instruments):
        if share.limit_ratio is not None and share.board in rules.ticks:
            own = rules.own_limits.get(share.board)
            begin = own[0].since if own else None
            since = 0 if begin is None else int(np.searchsorted(days, np.datetime64(begin)))
            ratios[since:, column] = _units(share.limit_ratio)
    return ratios, ratios.copy()


def _apply_first_days(rules: RuleBook, days: Days, instruments: Sequence[Instrument], up: Ratios, down: Ratios) -> None:
    """Write the ratios of new listings into `up` and `down`."""
    if not len(days):
        return
    first, last = days[0].astype(dt.date), days[-1].astype(dt.date)
    for column, share in enumerate(instruments):
        listed = share.list_date
        # Two weeks hold any window of five sessions, so most instruments are skipped without a look-up.
        if listed is None or listed > last or (first - listed).days > 14:
            continue
        window = on(rules.first_days.get(share.board, ()), listed)
        if window is None:
            continue
        passed = int(np.busday_count(listed, first)) if listed < first else 0
        start = int(np.searchsorted(days, np.datetime64(listed)))
        stop = start + max(window.sessions - passed, 0)
        up[start:stop, column], down[start:stop, column] = _units(window.up), _units(window.down)


def opening_bands(
    rules: RuleBook, days: Days, instruments: Sequence[Instrument], pre_close: Floats
) -> dict[int, dict[int, tuple[float, float]]]:
    """Highest and lowest price of the first opening auction of new listings, by day and instrument (indices).

    Parameters
    ----------
    rules : RuleBook
    days : (T,) ndarray of datetime64[D]
    instruments : sequence of Instrument
    pre_close : (T, N) ndarray of float64, currency per share
        The issue price on the day of listing.
    """
    found: dict[int, dict[int, tuple[float, float]]] = {}
    for column, share in enumerate(instruments):
        band = None if share.list_date is None else on(rules.opening_bands.get(share.board, ()), share.list_date)
        if band is None:
            continue
        day = int(np.searchsorted(days, np.datetime64(share.list_date)))
        issued = (
            float(pre_close[day, column]) if day < len(days) and days[day] == np.datetime64(share.list_date) else 0.0
        )
        if issued > 0:
            grid = round(1 / rules.tick(share.board))
            base = round(issued * grid)
            up, down = (
                (base * (_WHOLE + move) + _WHOLE // 2) // _WHOLE for move in (_units(band.up), -_units(band.down))
            )
            found.setdefault(day, {})[column] = (up / grid, down / grid)
    return found


def reference_price(  # noqa: PLR0917 - in the order of the formula
    previous_close: float, cash: float, bonus: float, rights: float, rights_price: float, tick: float
) -> float:
    """The ex-date reference price, which replaces the previous close and is the base of the limits.

    (previous close - cash + rights price x rights) / (1 + bonus + rights), half up to the tick (SSE trading rules
    4.3.1 to 4.3.3). It is the published price to the cent in about 97% of real cases: companies that hold treasury
    shares publish a diluted cash amount. Take the published price where you have it.

    Parameters
    ----------
    previous_close, cash, rights_price : float, currency per share
    bonus, rights : float, shares per share held
        `rights_price` is not read without rights.
    tick : float
        0: not rounded.

    Raises
    ------
    UsageError
        The amounts leave no shares; check the signs and that `bonus` counts new shares per share held.

    >>> reference_price(11.78, cash=0.16, bonus=0.2, rights=0, rights_price=float("nan"), tick=0.01)
    9.68
    """
    exact = [Fraction(repr(float(value))) for value in (previous_close, cash, bonus, rights)]
    close, paid, new, offered = exact
    if 1 + new + offered <= 0:
        raise UsageError(
            f"bonus={bonus!r} and rights={rights!r} leave no shares. Pass new shares per share held, above -1."
        )
    subscribed = Fraction(repr(float(rights_price))) * offered if offered else 0
    price = (close - paid + subscribed) / (1 + new + offered)
    if not tick:
        return float(price)
    grid = round(1 / tick)
    # At least one tick, as for the limits: a payout above the price leaves no meaningful reference.
    return max((2 * price * grid + 1).__floor__() // 2, 1) / grid
