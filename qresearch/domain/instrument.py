"""Instruments, and the one canonical spelling of a symbol.

A symbol is written ``600519.SH``: the code, a dot, the venue's suffix. What other systems write (``600519.XSHG``,
``SH600519``, ``sh.600519``, ``600519``) is translated at the edge by :func:`canonical_symbol`.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from qresearch.domain.attributes import told_names
from qresearch.domain.bond import Bond, Repo
from qresearch.domain.contract import Contract
from qresearch.domain.credit import Credit
from qresearch.domain.option import Option
from qresearch.errors import UnknownSymbol


class Board(StrEnum):
    """The segment of a market whose rules hold for an instrument: lots, ticks, limits, settlement, fees.

    ``NOT_TRADED`` are numbers that no bar belongs to, such as subscriptions and pledges. ``PLAIN`` is an instrument
    without market rules: any price, any number of shares.
    """

    SH_MAIN = "SH_MAIN"
    SZ_MAIN = "SZ_MAIN"
    CHINEXT = "CHINEXT"
    STAR = "STAR"
    BSE = "BSE"
    SH_B = "SH_B"
    SZ_B = "SZ_B"
    ETF = "ETF"
    LOF = "LOF"
    CLOSED_END = "CLOSED_END"
    REIT = "REIT"
    CONVERTIBLE = "CONVERTIBLE"
    BOND = "BOND"
    REPO = "REPO"
    FUTURES = "FUTURES"
    OPTION = "OPTION"
    INDEX = "INDEX"
    NOT_TRADED = "NOT_TRADED"
    EQUITY = "EQUITY"
    PLAIN = "PLAIN"


_BONDS = frozenset({Board.BOND, Board.CONVERTIBLE, Board.REPO})

SUFFIXES: Mapping[str, str] = {
    "SH": "SH", "XSHG": "SH", "SSE": "SH", "SHSE": "SH", "SS": "SH",
    "SZ": "SZ", "XSHE": "SZ", "SZSE": "SZ",
    "BJ": "BJ", "XBSE": "BJ", "BSE": "BJ",
}  # fmt: skip
"""Spellings of the suffix of a Chinese exchange, and the canonical one."""

CHINA_SUFFIXES = frozenset(SUFFIXES.values())

_EXCHANGES = (
    ("009 010 018 019 020 110 111 113 118 204 5 6 7 900", "SH"),
    ("123 127 128 1318 150 151 159 16 180 184 0 2 3 100 101 102 103 104 105 106 107 108 109 112 114 115 116 117 119 "
     "148 149", "SZ"),
    ("43 83 87 920", "BJ"),
)  # fmt: skip
_EXCHANGE_OF = {prefix: suffix for prefixes, suffix in _EXCHANGES for prefix in prefixes.split()}
_CODE_FIRST = re.compile(r"^([0-9A-Za-z^_\-]+)[._ ]([A-Za-z]+)$")
_SUFFIX_FIRST = re.compile(rf"^({'|'.join(SUFFIXES)})[._]?(\d{{6}})$", re.IGNORECASE)
_OF_A_FILE = re.compile(r"^(.*\d{6}.*?)(?:[._-](?:daily|day|1d|d|hist|bars?|data|qfq|hfq|csv|parquet))+$", re.I)
"""A Chinese code and what the name of a file adds to it."""


@told_names()
@dataclass(frozen=True, slots=True)
class Instrument:
    """One thing that can be traded (or, on the board ``INDEX``, only looked at).

    Parameters
    ----------
    symbol : str
        Canonical symbol, such as ``600519.SH``.
    name : str
        Name for people; empty when unknown.
    board : Board
    list_date : date or None
        First trading day; None when unknown (then no rule for new listings is applied).
    delist_date : date or None
        First day on which it no longer trades; None when it is not on record as delisted.
    same_day_sale : bool
        True where shares bought today can be sold today (T+0), as for bond, gold and cross-border funds.
    limit_ratio : float or None
        Daily price limit as a fraction where it differs from that of the board, such as 0.2 for an ETF that
        tracks only STAR or ChiNext shares; None for the rule of the board.
    kind : str
        What a fund holds, or who issued a bond; empty where nothing more is told.
    contract : Contract or None
        What one lot is, of futures and options; None for everything that is paid in full.
    credit : Credit or None
        What it is to margin trading, by date; None: what its exchange says of its board.
    bond : Bond or Repo or None
        What it pays and when, of bonds and convertibles, and for how long repo lends; None where that is not told.
    """

    symbol: str
    name: str = ""
    board: Board = Board.PLAIN
    list_date: dt.date | None = None
    delist_date: dt.date | None = None
    same_day_sale: bool = False
    limit_ratio: float | None = None
    kind: str = field(default="", repr=False)
    contract: Contract | None = field(default=None, repr=False)
    credit: Credit | None = field(default=None, repr=False)
    bond: Bond | Repo | None = field(default=None, repr=False)

    @property
    def last_day(self) -> dt.date | None:
        """The last day on which it trades by its own terms; None where they set none."""
        if self.contract is not None:
            return self.contract.last_day
        return self.bond.last_day if isinstance(self.bond, Bond) else None

    @property
    def is_like_a_share(self) -> bool:
        """Paid in full at its price: no contract, no bond at a clean price, no repo."""
        if self.bond is not None:
            return isinstance(self.bond, Bond) and self.bond.quote == "full"
        return self.contract is None and self.board is not Board.BOND and self.board is not Board.REPO

    def mean_price(self, amount: float, units: int, size: int = 1) -> float:
        """Mean price of some units that are worth an amount, `size` of the underlying in each; NaN without any.

        >>> Instrument("600519.SH").mean_price(1050.0, 100)
        10.5
        """
        size *= units
        return amount / size if size else float("nan")

    @property
    def option(self) -> Option | None:
        """The right, of an option; None for everything else."""
        return None if self.contract is None else self.contract.option

    @property
    def unit(self) -> str:
        """What it is counted in: "share", "lot" (of a future), "contract" (of an option) or "bond".

        >>> Instrument("600519.SH").unit, Instrument("019801.SH", board=Board.BOND).unit
        ('share', 'bond')
        """
        if self.contract is not None:
            return "lot" if self.contract.option is None else "contract"
        return "bond" if self.bond is not None or self.board in _BONDS else "share"

    @property
    def code(self) -> str:
        """The part of the symbol before the dot.

        >>> Instrument("600519.SH").code
        '600519'
        """
        return self.symbol.rpartition(".")[0] or self.symbol


def split_symbol(text: str) -> tuple[str, str]:
    """Split any spelling into code and canonical suffix; the suffix is empty when there is none.

    Digits of full width are read as digits, and what the name of a file adds to a Chinese code is left out.

    >>> split_symbol("601390.XSHG"), split_symbol("SHSE.601390"), split_symbol("601390"), split_symbol("AAPL.US")
    (('601390', 'SH'), ('601390', 'SH'), ('601390', ''), ('AAPL', 'US'))
    >>> split_symbol("６００５１９"), split_symbol("600519_daily.csv"), split_symbol("sz.000001-1d")
    (('600519', ''), ('600519', ''), ('000001', 'SZ'))
    """
    text = text.strip() if text.isascii() else unicodedata.normalize("NFKC", text).strip()
    if found := _OF_A_FILE.match(text):
        text = found[1]
    if found := _SUFFIX_FIRST.match(text):
        return found[2], SUFFIXES[found[1].upper()]
    if found := _CODE_FIRST.match(text):
        suffix = found[2].upper()
        return found[1].upper(), SUFFIXES.get(suffix, suffix)
    return text.upper(), ""


def china_suffix(code: str) -> str:
    """Exchange of a bare six-digit Chinese code; empty when it is none, or when both exchanges use its range.

    Shares 6x and 900, funds 5x, treasury bonds 009 to 020, convertible bonds 110, 111, 113, 118 and repo 204 trade in
    Shanghai; 0x to 3x otherwise, funds 15x to 18x and convertible bonds 123, 127, 128 in Shenzhen; 43, 83, 87 and
    920 in Beijing. The longest prefix decides; bonds of 12x to 14x are on both, and need a suffix.

    >>> [china_suffix(code) for code in ("601390", "000001", "920002", "113050", "204001", "123107", "136001", "AAPL")]
    ['SH', 'SZ', 'BJ', 'SH', 'SH', 'SZ', '', '']
    """
    if not (len(code) == 6 and code.isdigit() and code.isascii()):
        return ""
    return next((found for size in (4, 3, 2, 1) if (found := _EXCHANGE_OF.get(code[:size]))), "")


class SymbolIndex:
    """Resolves any spelling of a symbol to the column of its instrument.

    Parameters
    ----------
    symbols : iterable of str
        Canonical symbols in the order of the columns.

    Examples
    --------
    >>> index = SymbolIndex(["601390.SH", "000001.SZ"])
    >>> index["601390"], index["SH601390"], index["601390.XSHG"], index["000001.sz"]
    (0, 0, 0, 1)
    """

    __slots__ = ("_columns", "symbols")

    def __init__(self, symbols: Iterable[str]) -> None:
        self.symbols = tuple(symbols)
        self._columns: dict[str, int] = {symbol: column for column, symbol in enumerate(self.symbols)}

    def __getitem__(self, symbol: str) -> int:
        """Column of `symbol`; raises UnknownSymbol with close matches."""
        if not isinstance(symbol, str):
            raise UnknownSymbol(symbol, self.symbols)
        column = self._columns.get(symbol)
        if column is None:
            column = self._columns[symbol] = self._resolve(symbol)
        return column

    @property
    def resolved(self) -> Mapping[str, int]:
        """The spellings resolved so far."""
        return self._columns

    def __iter__(self) -> Iterator[str]:
        return iter(self.symbols)

    def __contains__(self, symbol: object) -> bool:
        try:
            self[symbol]  # type: ignore[index]  # any object may be asked for
        except UnknownSymbol:
            return False
        return True

    def _resolve(self, symbol: str) -> int:
        code, suffix = split_symbol(symbol)
        known = self._columns
        if suffix:
            if (column := known.get(f"{code}.{suffix}")) is not None:
                return column
        else:
            guess = china_suffix(code)
            if guess and (column := known.get(f"{code}.{guess}")) is not None:
                return column
            found = [column for column, name in enumerate(self.symbols) if name.partition(".")[0] == code]
            if len(found) == 1:
                return found[0]
        raise UnknownSymbol(symbol, self.symbols)


def canonical_symbol(text: str) -> str:
    """The canonical spelling of a symbol, whatever system wrote it.

    A code without suffix gets the exchange of its number range; what is no Chinese code stays as it is.

    >>> [canonical_symbol(s) for s in ("601390", "601390.XSHG", "SH601390", "sz.000001", "AAPL.us", "AAPL")]
    ['601390.SH', '601390.SH', '601390.SH', '000001.SZ', 'AAPL.US', 'AAPL']
    """
    code, suffix = split_symbol(text)
    suffix = suffix or china_suffix(code)
    return f"{code}.{suffix}" if suffix else code
