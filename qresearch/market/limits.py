"""Price limits of every day, and the reference price that an ex-date makes: computed from a rule book."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
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
    first of `days` every weekday counts as one. Prices are below 100 million: up to there whole numbers are exact.

    >>> from qresearch.domain.instrument import Board
    >>> days = np.array(["2024-01-02"], "datetime64[D]")
    >>> shares = [Instrument("600519.SH", board=Board.SH_MAIN), Instrument("300750.SZ", board=Board.CHINEXT)]
    >>> from qresearch.market.china import CHINA_RULES
    >>> price_limits(CHINA_RULES, days, shares, np.array([[10.05, 10.05]]), np.zeros((1, 2), bool))
    (array([[11.06, 12.06]]), array([[9.05, 8.04]]))
    """
    ratios = _Ratios(rules, days, instruments, is_st)
    ticks = (rules.tick(share.board) for share in instruments)
    grid = np.array([round(1 / step) if step else 1 for step in ticks], dtype=np.float64)
    high, low = np.empty(pre_close.shape), np.empty(pre_close.shape)
    # Some days at a time, so that what is in between stays in the cache of the processor.
    for begin in range(0, len(days), _DAYS):
        at = slice(begin, begin + _DAYS)
        up, down = ratios.of(at)
        # NaN fails the comparison, so days without a reference price drop out here.
        limited = (up > 0) & (pre_close[at] > 0)
        if no_limit is not None:
            limited &= ~no_limit[at]
        # Whole numbers, and as floats exact; these are divided by several at a time.
        base = np.rint(pre_close[at] * grid)
        np.divide(np.maximum(_half_up(base * (_WHOLE + up)), base + 1), grid, out=high[at])
        np.divide(np.maximum(np.minimum(_half_up(base * (_WHOLE - down)), base - 1), 1), grid, out=low[at])
        if not limited.all():
            high[at][~limited] = low[at][~limited] = np.nan
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


def _half_up(units: Floats) -> Floats:
    """Whole numbers of ten thousandths, rounded half up to whole ones."""
    units += _WHOLE // 2
    units /= _WHOLE
    return np.floor(units, out=units)


class _Ratios:
    """Upper and lower ratio of every day and instrument in basis points, 0 without a limit; some days at a time."""

    def __init__(self, rules: RuleBook, days: Days, instruments: Sequence[Instrument], is_st: Bools) -> None:
        boards = list(rules.limits)
        known = {board: at for at, board in enumerate(boards)}
        nothing = np.zeros((len(days), 1))
        self._is_st = is_st
        self._board = np.array([known.get(share.board, len(boards)) for share in instruments], dtype=np.int64)
        self._usual = np.column_stack([*(_per_day(days, rules.limits[board]) for board in boards), nothing])
        self._warned = np.column_stack(
            [*(_per_day(days, rules.st_limits.get(board, rules.limits[board])) for board in boards), nothing]
        )
        self._since, self._own = np.full(len(instruments), len(days)), np.zeros(len(instruments))
        """The day (index) from which on an instrument has a ratio of its own, and that."""
        for column, share in enumerate(instruments):
            if share.limit_ratio is not None and share.board in rules.ticks:
                own = rules.own_limits.get(share.board)
                begin = own[0].since if own else None
                self._since[column] = 0 if begin is None else np.searchsorted(days, np.datetime64(begin))
                self._own[column] = _units(share.limit_ratio)
        self._listed: defaultdict[int, list[tuple[int, int, int, int, int]]] = defaultdict(list)
        for found in _first_days(rules, days, instruments):
            for block in range(found[1] - found[1] % _DAYS, found[2], _DAYS):
                self._listed[block].append(found)

    def of(self, at: slice) -> tuple[Floats, Floats]:
        """(D, N) both, of :data:`_DAYS` days."""
        up: Floats = self._usual[at][:, self._board]
        if (warned := self._is_st[at]).any():
            np.copyto(up, self._warned[at][:, self._board], where=warned)
        if (own := self._since < at.stop).any():
            np.copyto(up, self._own, where=own & (np.arange(at.start, at.start + len(up))[:, None] >= self._since))
        down = up.copy()
        for column, start, stop, *both in self._listed[at.start]:
            days = slice(max(start - at.start, 0), stop - at.start)
            up[days, column], down[days, column] = both
        return up, down


def _first_days(
    rules: RuleBook, days: Days, instruments: Sequence[Instrument]
) -> Iterator[tuple[int, int, int, int, int]]:
    """The days of new listings that have ratios of their own: column, first day, day after the last, both ratios."""
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
        yield column, start, start + max(window.sessions - passed, 0), _units(window.up), _units(window.down)


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
