"""What a Chinese code is: the segment whose rules hold for it, told by the documented ranges of its exchange.

Two tables stand beside this module, with source and state of knowledge of each row: ``code_ranges.csv`` (what a range
of codes is), and ``fund_kinds.csv`` (funds that their code does not tell: which of them hold bonds, gold, foreign
shares, or only shares with a limit of 20 %). A fund that no row names has the rules of a fund of shares: 10 %, T+1.
"""

from __future__ import annotations

import csv
from bisect import bisect_right
from functools import cache
from pathlib import Path
from typing import NamedTuple

from qresearch.domain.instrument import CHINA_SUFFIXES, Board, split_symbol

_HERE = Path(__file__).parent
SAME_DAY_KINDS = frozenset({"bond", "gold", "money", "commodity", "cross-border"})
"""Funds that can be sold on the day they are bought (SSE notice on same-day trading, from 2015-01-19 for cross-border
and money funds; bond and gold funds before)."""
WIDE_KINDS = frozenset({"star", "chinext"})
"""Funds that hold only shares with a limit of 20 %, and have it too (SZSE Q&A of 2020-11-18)."""
WIDE = 0.20


class Classed(NamedTuple):
    """What a code is.

    Parameters
    ----------
    board : Board
    kind : str
        Of a fund, what it holds; of a bond, its issuer; empty where nothing more is told.
    mark : str
        How well it is known: verified, secondary, general.
    is_listed : bool
        A row names this very code; else its range does.
    """

    board: Board
    kind: str = ""
    mark: str = ""
    is_listed: bool = False

    @property
    def same_day_sale(self) -> bool:
        """True where what was bought today can be sold today."""
        is_fund = self.board in {Board.ETF, Board.LOF}
        return self.board is Board.CONVERTIBLE or (is_fund and self.kind in SAME_DAY_KINDS)

    @property
    def limit_ratio(self) -> float | None:
        """The daily limit where it is not that of the board."""
        return WIDE if self.board in {Board.ETF, Board.LOF} and self.kind in WIDE_KINDS else None


def _rows(name: str) -> list[dict[str, str]]:
    with (_HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def _ranges() -> dict[str, tuple[list[str], list[tuple[str, Classed]]]]:
    """By exchange: first codes, ascending, and the last code and class of each range."""
    found: dict[str, tuple[list[str], list[tuple[str, Classed]]]] = {}
    for row in _rows("code_ranges.csv"):
        firsts, ranges = found.setdefault(row["exchange"], ([], []))
        firsts.append(row["first"])
        ranges.append((row["last"], Classed(Board(row["board"]), row["kind"], row["mark"])))
    return found


@cache
def _funds() -> dict[str, tuple[str, str]]:
    """Kind and mark of funds by symbol; their board is told by their range."""
    return {row["symbol"]: (row["kind"], row["mark"]) for row in _rows("fund_kinds.csv")}


def classed(symbol: str) -> Classed | None:
    """What a canonical symbol of a Chinese exchange is; None outside every range, and for other symbols.

    >>> classed("588000.SH").limit_ratio, classed("511880.SH").same_day_sale, classed("113050.SH").board.value
    (0.2, True, 'CONVERTIBLE')
    >>> classed("159949.SZ").kind, classed("159999.SZ").kind, classed("602000.SH")
    ('chinext', '', None)
    """
    code, suffix = split_symbol(symbol)
    if suffix not in CHINA_SUFFIXES or len(code) != 6 or not code.isdigit():
        return None
    firsts, ranges = _ranges()[suffix]
    place = bisect_right(firsts, code) - 1
    if place < 0 or code > ranges[place][0]:
        return None
    found = ranges[place][1]
    kind, mark = _funds().get(f"{code}.{suffix}", ("", ""))
    return found._replace(kind=kind, mark=mark, is_listed=True) if kind else found


def board_of(symbol: str) -> Board:
    """The board that a canonical symbol implies; ``PLAIN`` where nothing is known of it.

    An index shares its numbers with shares (``000001.SH``), so an index must be named as one by the instruments table;
    this function never guesses it, except for the ranges that only indexes use.

    >>> [board_of(s).value for s in ("600519.SH", "688981.SH", "300750.SZ", "430047.BJ", "510300.SH", "AAPL.US")]
    ['SH_MAIN', 'STAR', 'CHINEXT', 'BSE', 'ETF', 'PLAIN']
    """
    found = classed(symbol)
    return Board.PLAIN if found is None else found.board
