"""The dated rules of China's cash market: lots, ticks, price limits, reference prices, fees, dividend tax.

The values, their days and their sources stand in :mod:`qresearch.market.rulebook`.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qresearch.domain.instrument import Board, Instrument
from qresearch.errors import UsageError
from qresearch.market.panel import Bools, Days, Floats
from qresearch.market.rulebook import (
    DIVIDEND_TAX,
    FIRST_DAYS,
    LARGEST_ORDERS,
    LIMITS,
    LOTS,
    SHARES,
    ST_LIMITS,
    STAMP_DUTY,
    TICKS,
    TRANSFER_FEES,
    WIDE_FUNDS,
    Dated,
    FirstDays,
    LargestOrder,
    LotRule,
    TransferFee,
    V,
)

__all__ = [
    "DIVIDEND_TAX",
    "Dated",
    "FirstDays",
    "LargestOrder",
    "LotRule",
    "TransferFee",
    "dividend_tax_rate",
    "fee_change_days",
    "largest_order",
    "largest_order_ever",
    "limit_ratio",
    "lot_rule",
    "price_limits",
    "reference_price",
    "rules_table",
    "stamp_duty",
    "tick",
    "transfer_fee",
]

Ints = NDArray[np.int64]


def _on(rows: Iterable[Dated[V]], day: dt.date) -> V | None:
    return next((row.value for row in rows if row.holds(day)), None)


def lot_rule(board: Board) -> LotRule:
    """Smallest order to buy and the step above it.

    Main boards, ChiNext and funds: hundreds (SSE and SZSE trading rules). STAR: from 200, any number above (since
    2019-07-22). Beijing: from 100, any number above (since 2021-11-15). What remains below the minimum is sold whole.

    >>> lot_rule(Board.STAR), lot_rule(Board.SH_MAIN)
    (LotRule(minimum=200, step=1), LotRule(minimum=100, step=100))
    """
    return LOTS[board][-1].value


def largest_order(board: Board, day: dt.date) -> LargestOrder | None:
    """Most shares that one order may be for; None where no maximum is on record.

    Main boards, Beijing and funds: 1,000,000. ChiNext: 300,000 with a limit price and 150,000 at the market since
    2020-08-24. STAR: 100,000 and 50,000. The figures of STAR, ChiNext, Beijing and funds are not verified; sources and
    state of knowledge: :data:`LARGEST_ORDERS`.

    >>> largest_order(Board.STAR, dt.date(2024, 1, 2))
    LargestOrder(limit=100000, market=50000)
    """
    return _on(LARGEST_ORDERS.get(board, ()), day)


def largest_order_ever(board: Board) -> int | None:
    """Shares that no maximum of a board has ever kept out, of whatever type the order; None where there is none.

    >>> largest_order_ever(Board.CHINEXT)
    150000
    """
    return min((min(row.value) for row in LARGEST_ORDERS.get(board, ())), default=None)


def tick(board: Board) -> float:
    """Price step in yuan: 0.01 for shares, 0.001 for funds (SSE and SZSE trading rules); 0.0 where there is none.

    >>> tick(Board.SZ_MAIN), tick(Board.ETF), tick(Board.PLAIN)
    (0.01, 0.001, 0.0)
    """
    return TICKS[board][-1].value if board in TICKS else 0.0


def limit_ratio(board: Board, day: dt.date, is_st: bool) -> float | None:
    """Daily price limit as a fraction of the reference price; None where the board had no limit on that day.

    Main boards 10% since 1996-12-16 (ST: 5% from 1998-04-22, 10% again from 2026-07-06); ChiNext 10%, from
    2020-08-24 20%; STAR 20%; Beijing 30%; funds 10%. ST counts on the main boards only. Sources: :data:`LIMITS`.
    New listings have days of their own, see :func:`price_limits`.

    >>> limit_ratio(Board.SH_MAIN, dt.date(2026, 7, 3), True), limit_ratio(Board.SH_MAIN, dt.date(2026, 7, 6), True)
    (0.05, 0.1)
    >>> limit_ratio(Board.STAR, dt.date(2018, 1, 2), False) is None
    True
    """
    rows = ST_LIMITS.get(board) if is_st else None
    return _on(rows or LIMITS.get(board, ()), day)


def price_limits(
    days: Days,
    instruments: Sequence[Instrument],
    pre_close: Floats,
    is_st: Bools,
    no_limit: Bools | None = None,
) -> tuple[Floats, Floats]:
    """Highest and lowest price of every day.

    The reference price times (1 +- ratio), in integers, rounded half up to the tick; at least one tick away from the
    reference price and never below one tick (SSE and SZSE trading rules; the rounding agrees with 505,924 real
    stock-days, the one-tick rule is unverified). New listings, by :data:`FIRST_DAYS`: day 1 at 144% and 64% of the
    issue price (2014-01-01 to 2023-04-09, ChiNext to 2020-08-23), or some sessions without a limit.

    Parameters
    ----------
    days : (T,) ndarray of datetime64[D]
    instruments : sequence of Instrument
        N of them. `limit_ratio` of an instrument overrides its board; on funds from 2020-08-24 (:data:`WIDE_FUNDS`).
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

    >>> days = np.array(["2024-01-02"], "datetime64[D]")
    >>> shares = [Instrument("600519.SH", board=Board.SH_MAIN), Instrument("300750.SZ", board=Board.CHINEXT)]
    >>> price_limits(days, shares, np.array([[10.05, 10.05]]), np.zeros((1, 2), bool))
    (array([[11.06, 12.06]]), array([[9.05, 8.04]]))
    """
    up, down = _ratios(days, instruments, is_st)
    _apply_first_days(days, instruments, up, down)
    grid = np.array([round(1 / step) if (step := tick(share.board)) else 1 for share in instruments], dtype=np.int64)
    # NaN fails the comparison, so days without a reference price drop out here.
    limited = (up > 0) & (pre_close > 0)
    if no_limit is not None:
        limited &= ~no_limit
    base = np.rint(np.where(limited, pre_close, 0.0) * grid).astype(np.int64)
    high = np.maximum((base * (_WHOLE + up) + _WHOLE // 2) // _WHOLE, base + 1)
    low = np.maximum(np.minimum((base * (_WHOLE - down) + _WHOLE // 2) // _WHOLE, base - 1), 1)
    return np.where(limited, high / grid, np.nan), np.where(limited, low / grid, np.nan)


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


def _ratios(days: Days, instruments: Sequence[Instrument], is_st: Bools) -> tuple[Ints, Ints]:
    """(T, N) upper and lower ratio in basis points, before the rules for new listings."""
    ratios = np.zeros((len(days), len(instruments)), dtype=np.int64)
    boards = np.array([share.board.value for share in instruments])
    for board, rows in LIMITS.items():
        columns = np.flatnonzero(boards == board.value)
        ratios[:, columns] = _per_day(days, rows)[:, None]
        if board in ST_LIMITS:
            warned = _per_day(days, ST_LIMITS[board])[:, None]
            ratios[:, columns] = np.where(is_st[:, columns], warned, ratios[:, columns])
    wide = WIDE_FUNDS[0].since
    for column, share in enumerate(instruments):
        if share.limit_ratio is not None and share.board in TICKS:
            since = np.searchsorted(days, np.datetime64(wide)) if share.board is Board.ETF and wide else 0
            ratios[since:, column] = _units(share.limit_ratio)
    return ratios, ratios.copy()


def _apply_first_days(days: Days, instruments: Sequence[Instrument], up: Ints, down: Ints) -> None:
    """Write the ratios of new listings into `up` and `down`."""
    if not len(days):
        return
    first, last = days[0].astype(dt.date), days[-1].astype(dt.date)
    for column, share in enumerate(instruments):
        listed = share.list_date
        # Two weeks hold any window of five sessions, so most instruments are skipped without a look-up.
        if listed is None or listed > last or (first - listed).days > 14:
            continue
        window = _on(FIRST_DAYS.get(share.board, ()), listed)
        if window is None:
            continue
        passed = int(np.busday_count(listed, first)) if listed < first else 0
        start = int(np.searchsorted(days, np.datetime64(listed)))
        stop = start + max(window.sessions - passed, 0)
        up[start:stop, column], down[start:stop, column] = _units(window.up), _units(window.down)


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


def stamp_duty(board: Board, day: dt.date) -> tuple[float, float]:
    """Stamp duty as a fraction of the turnover: (buying, selling).

    On shares only. Buying is free since 2008-09-19, selling costs 0.05% since 2023-08-28; the rows since 2001-11-16
    are sourced in :data:`STAMP_DUTY`, the 0.4% before is general knowledge.

    >>> stamp_duty(Board.SH_MAIN, dt.date(2023, 8, 25)), stamp_duty(Board.ETF, dt.date(2023, 8, 25))
    ((0.0, 0.001), (0.0, 0.0))
    """
    return (_on(STAMP_DUTY, day) if board in SHARES else None) or (0.0, 0.0)


def transfer_fee(board: Board, day: dt.date) -> TransferFee:
    """The depository's fee, charged to both sides.

    0.001% of the turnover since 2022-04-29, 0.002% since 2015-08-01 (Shanghai and Shenzhen). Before that Shanghai
    charged the par value, that is the number of shares; Shenzhen's was inside the commission and is 0 here. Beijing
    had 0.0025% from 2021-11-15. Funds pay none. Sources: :data:`TRANSFER_FEES`.

    **Assumptions**: pages disagree whether clients in Shanghai paid 0.6 or 0.3 per mille of the par value in
    2012-2015 (0.3 is the depository's part). The higher one is taken, which flatters no result. That the minimum of
    1 yuan ended with the first cut, 2012-06-01, is read from silence and flatters small orders by cents.

    >>> transfer_fee(Board.SH_MAIN, dt.date(2015, 7, 31))
    TransferFee(rate=0.0, par_rate=0.0006, minimum=0.0)
    """
    return _on(TRANSFER_FEES.get(board, ()), day) or TransferFee(0.0)


@lru_cache(maxsize=1)
def fee_change_days() -> tuple[dt.date, ...]:
    """First days on which a stamp duty or a transfer fee changes, ascending: where to cut a calendar into periods.

    >>> [day.isoformat() for day in fee_change_days()[-3:]]
    ['2021-11-15', '2022-04-29', '2023-08-28']
    """
    tables: list[tuple[Dated[object], ...]] = [STAMP_DUTY, *TRANSFER_FEES.values()]
    return tuple(sorted({row.since for rows in tables for row in rows if row.since is not None}))


def dividend_tax_rate(ex_day: dt.date, bought: dt.date, sold: dt.date) -> float:
    """Tax on a cash dividend of an individual, as a fraction of it.

    Since 2015-09-08: 20% when held up to one month, 10% up to one year, none beyond (Caishui [2015] 101); 20, 10 and
    5% from 2013-01-01 (Caishui [2012] 85); 10% flat from 2005-06-13. Months and years are those of the calendar, and
    a sale on the same day of the next month, or year, still counts as within.

    Parameters
    ----------
    ex_day : date
        Ex-date of the dividend, which decides the table.
    bought, sold : date
        Days of the trades; shares are sold first in, first out.

    Raises
    ------
    UsageError
        Sold before bought; swap them.

    >>> dividend_tax_rate(dt.date(2024, 6, 19), dt.date(2024, 6, 3), dt.date(2024, 7, 3))
    0.2
    """
    if sold < bought:
        raise UsageError(f"sold={sold} is before bought={bought}. Pass the day of the purchase first.")
    month, year, beyond = _on(DIVIDEND_TAX, ex_day) or (0.0, 0.0, 0.0)
    if sold <= _months_later(bought, 1):
        return month
    return year if sold <= _months_later(bought, 12) else beyond


def _months_later(day: dt.date, months: int) -> dt.date:
    """The same day some months later, or the last day of a shorter month."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def rules_table() -> list[dict[str, str]]:
    """Every dated row as text, for documents: rule, board, since, until, value, source, status.

    >>> rules_table()[0]["rule"], len({row["rule"] for row in rules_table()})
    ('lot', 10)
    """
    by_board: list[tuple[str, Mapping[Board, tuple[Dated[object], ...]]]] = [
        ("lot", LOTS),
        ("largest_order", LARGEST_ORDERS),
        ("tick", TICKS),
        ("limit_ratio", LIMITS),
        ("limit_ratio_st", ST_LIMITS),
        ("limit_ratio_own", {Board.ETF: WIDE_FUNDS}),
        ("first_days", FIRST_DAYS),
        ("stamp_duty", dict.fromkeys(SHARES, STAMP_DUTY)),
        ("transfer_fee", TRANSFER_FEES),
        ("dividend_tax", dict.fromkeys(SHARES, DIVIDEND_TAX)),
    ]
    found: dict[tuple[str, Dated[object]], list[str]] = {}
    for rule, boards in by_board:
        for board, rows in boards.items():
            for row in rows:
                found.setdefault((rule, row), []).append(board.value)
    return [
        {
            "rule": rule,
            "board": " ".join(boards_of),
            "since": str(row.since or ""),
            "until": str(row.until or ""),
            "value": str(row.value),
            "source": row.source,
            "status": row.status,
        }
        for (rule, row), boards_of in found.items()
    ]
