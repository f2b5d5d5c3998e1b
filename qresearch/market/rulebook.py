"""A rule book: the dated rules of a venue by class of instrument, as data with their sources.

A row of a rule is :class:`Dated`: it holds from its first day to its last, both inclusive; None means that no start is
on record, or that the rule is still in force. The tables of China's cash market stand in :mod:`qresearch.market.china`.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from qresearch.domain.fees import STAMP_DUTY
from qresearch.domain.instrument import Board
from qresearch.errors import UsageError
from qresearch.market.rules import Band, Cage, Dated, FirstDays, Hours, LargestOrder, Levy, LotRule, on, plain

V = TypeVar("V")
ByBoard = Mapping[Board, tuple[Dated[V], ...]]


@dataclass(frozen=True)
class RuleBook:
    """The rules of a venue. What no table names has no such rule: any quantity, any price, sold on the day, no fee.

    Parameters
    ----------
    name : str
    lots : mapping of Board to rows of LotRule
        A board without a row is not traded.
    largest_orders, ticks, limits : mappings of Board to rows
        Most shares of one order; price step in currency; daily limit as a fraction of the reference price.
    st_limits : mapping of Board to rows of float
        Limits of instruments with a risk warning.
    own_limits : mapping of Board to rows
        From when a limit of an instrument's own counts on a board.
    first_days : mapping of Board to rows of FirstDays
        By the day of listing.
    opening_bands : mapping of Board to rows of Band
        By the day of listing: prices of the first opening auction, around the issue price.
    daily_buys : mapping of Board to rows of int
        Most shares under a risk warning that one account may buy on a day.
    cages : mapping of Board to rows of Cage
        Of limit prices that are entered inside continuous trading.
    closing_auctions : mapping of Board to rows of time
        From when nothing can be canceled before the close.
    after_hours : mapping of Board to rows of Hours
        The session after the close, at the closing price.
    early_closes : mapping of Board to rows of time
        From when nobody could trade any more on a day that a circuit breaker ended.
    settlement : mapping of Board to rows of bool
        True where what was bought today can be sold today; a board without a row: False.
    levies : mapping of str to mapping of Board to rows of Levy
        Fees beside the commission, by the name of the part.
    dividend_tax : rows of (float, float, float)
        Rates for shares held up to one month, up to one year, and longer.
    withheld : rows of float
        The part of the tax on dividends that is taken at payment; the rest is due at the sale.
    order_lot : int
        Shares in one lot of ``order_lots``, whatever the least order of a board.
    """

    name: str
    lots: ByBoard[LotRule]
    largest_orders: ByBoard[LargestOrder] = field(default_factory=dict)
    ticks: ByBoard[float] = field(default_factory=dict)
    limits: ByBoard[float] = field(default_factory=dict)
    st_limits: ByBoard[float] = field(default_factory=dict)
    own_limits: ByBoard[str] = field(default_factory=dict)
    first_days: ByBoard[FirstDays] = field(default_factory=dict)
    opening_bands: ByBoard[Band] = field(default_factory=dict)
    daily_buys: ByBoard[int] = field(default_factory=dict)
    cages: ByBoard[Cage] = field(default_factory=dict)
    closing_auctions: ByBoard[dt.time] = field(default_factory=dict)
    after_hours: ByBoard[Hours] = field(default_factory=dict)
    early_closes: ByBoard[dt.time] = field(default_factory=dict)
    settlement: ByBoard[bool] = field(default_factory=dict)
    levies: Mapping[str, ByBoard[Levy]] = field(default_factory=dict)
    dividend_tax: tuple[Dated[tuple[float, float, float]], ...] = ()
    withheld: tuple[Dated[float], ...] = ()
    order_lot: int = 1

    @property
    def has_limits(self) -> bool:
        """True where prices of a day are bounded."""
        return bool(self.limits)

    @property
    def has_history(self) -> bool:
        """True where fees beside the commission are on record by date."""
        return bool(self.levies)

    def trades(self, board: Board) -> bool:
        """True where instruments of a board are traded here."""
        return board in self.lots

    def lot(self, board: Board) -> LotRule:
        """Smallest order to buy and the step above it; what remains below the minimum is sold whole.

        >>> from qresearch.market.venue import CHINA
        >>> CHINA.rules.lot(Board.STAR), CHINA.rules.lot(Board.SH_MAIN)
        (LotRule(minimum=200, step=1), LotRule(minimum=100, step=100))
        """
        return self.lots[board][-1].value

    def largest_order(self, board: Board, day: dt.date) -> LargestOrder | None:
        """Most shares that one order may be for; None where no maximum is on record.

        >>> from qresearch.market.venue import CHINA
        >>> CHINA.rules.largest_order(Board.STAR, dt.date(2024, 1, 2))
        LargestOrder(limit=100000, market=50000, after_hours=1000000)
        """
        return on(self.largest_orders.get(board, ()), day)

    def largest_order_ever(self, board: Board) -> int | None:
        """Shares that no maximum of a board has ever kept out, whatever the type of the order; None without one.

        >>> from qresearch.market.venue import CHINA
        >>> CHINA.rules.largest_order_ever(Board.CHINEXT)
        150000
        """
        return min((min(row.value) for row in self.largest_orders.get(board, ())), default=None)

    def tick(self, board: Board) -> float:
        """Price step in currency, today's; 0.0 where there is none.

        >>> from qresearch.market.venue import CHINA
        >>> CHINA.rules.tick(Board.SZ_MAIN), CHINA.rules.tick(Board.ETF), CHINA.rules.tick(Board.PLAIN)
        (0.01, 0.001, 0.0)
        """
        return self.ticks[board][-1].value if board in self.ticks else 0.0

    def limit_ratio(self, board: Board, day: dt.date, is_st: bool) -> float | None:
        """Daily price limit as a fraction of the reference price; None where the board had no limit on that day.

        New listings have days of their own: :func:`qresearch.market.limits.price_limits`.

        >>> from qresearch.market.venue import CHINA
        >>> [CHINA.rules.limit_ratio(Board.SH_MAIN, dt.date(2026, 7, day), True) for day in (3, 6)]
        [0.05, 0.1]
        """
        rows = self.st_limits.get(board) if is_st else None
        return on(rows or self.limits.get(board, ()), day)

    def same_day_sale(self, board: Board) -> bool:
        """True where what was bought today can be sold today, by the rule in force."""
        rows = self.settlement.get(board)
        return bool(rows and rows[-1].value)

    def levy(self, name: str, board: Board, day: dt.date) -> Levy:
        """A fee beside the commission on a day; one of nothing where none is on record.

        >>> from qresearch.market.venue import CHINA
        >>> [CHINA.rules.levy("stamp_duty", Board.SH_MAIN, dt.date(2023, 8, day)).sold for day in (25, 28)]
        [0.001, 0.0005]
        """
        return on(self.levies.get(name, {}).get(board, ()), day) or Levy()

    def pays(self, name: str, board: Board) -> bool:
        """True where a board has ever paid a fee, and in a book that does not know the fee."""
        rows = self.levies.get(name, {}).get(board, ())
        return name not in self.levies or any(row.value != Levy() for row in rows)

    @property
    def fee_change_days(self) -> tuple[dt.date, ...]:
        """First days on which a fee changes, ascending: where to cut a calendar into periods.

        >>> from qresearch.market.venue import CHINA
        >>> [day.isoformat() for day in CHINA.rules.fee_change_days[-3:]]
        ['2021-11-15', '2022-04-29', '2023-08-28']
        """
        tables = [rows for boards in self.levies.values() for rows in boards.values()]
        return tuple(sorted({row.since for rows in tables for row in rows if row.since is not None}))

    def dividend_tax_rate(self, ex_day: dt.date, bought: dt.date, sold: dt.date) -> float:
        """Tax on a cash dividend of an individual, as a fraction of it.

        Months and years are those of the calendar, and a sale on the same day of the next month, or year, still counts
        as within.

        Parameters
        ----------
        ex_day : date
            Ex-date of the dividend, which decides the row.
        bought, sold : date
            Days of the trades; shares are sold first in, first out.

        Raises
        ------
        UsageError
            Sold before bought; swap them.

        >>> from qresearch.market.venue import CHINA
        >>> CHINA.rules.dividend_tax_rate(dt.date(2024, 6, 19), dt.date(2024, 6, 3), dt.date(2024, 7, 3))
        0.2
        """
        if sold < bought:
            raise UsageError(f"sold={sold} is before bought={bought}. Pass the day of the purchase first.")
        month, year, beyond = on(self.dividend_tax, ex_day) or (0.0, 0.0, 0.0)
        if sold <= _months_later(bought, 1):
            return month
        return year if sold <= _months_later(bought, 12) else beyond

    def taxes_dividends(self, board: Board) -> bool:
        """True for the dividends of shares; what funds pay out to individuals is exempt."""
        return bool(self.dividend_tax) and board in self.levies.get(STAMP_DUTY, {})

    def dividend_withheld(self, ex_day: dt.date) -> float:
        """Tax that is taken from a dividend when it is paid, as a fraction of it, by its ex-date.

        >>> from qresearch.market.venue import CHINA
        >>> [CHINA.rules.dividend_withheld(dt.date(year, 6, 3)) for year in (2010, 2014, 2020)]
        [0.1, 0.05, 0.0]
        """
        return on(self.withheld, ex_day) or 0.0

    def table(self) -> list[dict[str, str]]:
        """Every dated row as text, for documents: rule, board, since, until, value, source, status.

        >>> from qresearch.market.venue import CHINA
        >>> CHINA.rules.table()[0]["rule"], len({row["rule"] for row in CHINA.rules.table()})
        ('lot', 17)
        """
        found: dict[tuple[str, Dated[object]], list[str]] = {}
        for rule, boards in self._tables():
            for board, rows in boards.items():
                for row in rows:
                    found.setdefault((rule, row), []).append(board.value)
        return [
            {
                "rule": rule,
                "board": " ".join(boards_of),
                "since": str(row.since or ""),
                "until": str(row.until or ""),
                "value": plain(row.value),
                "source": row.source,
                "status": row.status,
            }
            for (rule, row), boards_of in found.items()
        ]

    def in_force(self, board: Board, day: dt.date) -> dict[str, Dated[object]]:
        """The row of each rule that holds for a board on a day, by the name of the rule.

        >>> from qresearch.market.venue import CHINA
        >>> CHINA.rules.in_force(Board.STAR, dt.date(2024, 1, 2))["limit_ratio"].value
        0.2
        """
        found = {}
        for rule, boards in self._tables():
            row = next((row for row in boards.get(board, ()) if row.holds(day)), None)
            if row is not None:
                found[rule] = row
        return found

    def _tables(self) -> list[tuple[str, Mapping[Board, tuple[Dated[object], ...]]]]:
        return [
            ("lot", self.lots),
            ("largest_order", self.largest_orders),
            ("tick", self.ticks),
            ("limit_ratio", self.limits),
            ("limit_ratio_st", self.st_limits),
            ("limit_ratio_own", self.own_limits),
            ("first_days", self.first_days),
            ("opening_band", self.opening_bands),
            ("daily_buys", self.daily_buys),
            ("cage", self.cages),
            ("closing_auction", self.closing_auctions),
            ("after_hours", self.after_hours),
            ("early_close", self.early_closes),
            ("same_day_sale", self.settlement),
            *self.levies.items(),
            ("dividend_tax", dict.fromkeys(self.st_limits, self.dividend_tax)),
        ]


def _months_later(day: dt.date, months: int) -> dt.date:
    """The same day some months later, or the last day of a shorter month."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
