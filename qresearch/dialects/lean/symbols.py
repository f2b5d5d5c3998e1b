"""What is traded, by name: shares by their tickers, and contracts of options by what they give the right to."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from qresearch.dialects.lean.enums import OptionRight, OptionStyle, SecurityType
from qresearch.dialects.lean.names import Named, dec

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_USA_EQUITY = 101
"""Market and kind of security in an identifier."""


def identifier(ticker: str, first_day: dt.date) -> str:
    """The identifier of a share of the United States by its first ticker and its first day.

    >>> identifier("SPY", dt.date(1998, 1, 2))
    'SPY R735QTJ8XC9X'
    """
    number = (first_day - dt.date(1899, 12, 30)).days * 10**14 + _USA_EQUITY
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return f"{ticker.upper()} {text}"


@dataclass(frozen=True)
class OptionTerms(Named):
    """What a contract gives the right to.

    Parameters
    ----------
    underlying : Symbol
    right : OptionRight
    strike : Decimal, dollars
    expiry : date
    style : OptionStyle
    """

    underlying: Symbol
    right: OptionRight
    strike: Decimal
    expiry: dt.date
    style: OptionStyle = OptionStyle.AMERICAN

    @property
    def ticker(self) -> str:
        """The contract in the spelling of the options industry.

        >>> OptionTerms(Symbol("SPY"), OptionRight.CALL, Decimal(470), dt.date(2024, 1, 9)).ticker
        'SPY   240109C00470000'
        """
        return f"{self.underlying.value:<6}{self.expiry:%y%m%d}{self.right.name[0]}{int(self.strike * 1000):08d}"


@dataclass(frozen=True)
class SecurityIdentifier(Named):
    """What a symbol is, part by part."""

    symbol: str
    market: str
    security_type: SecurityType
    date: dt.datetime
    text: str
    terms: OptionTerms | None = None

    def __str__(self) -> str:
        return self.text

    def _right(self) -> OptionTerms:
        if self.terms is None:
            raise AttributeError(f"{self.symbol} is no option: it has neither strike nor right nor style.")
        return self.terms

    @property
    def strike_price(self) -> float:
        """Of an option."""
        return float(self._right().strike)

    @property
    def option_right(self) -> OptionRight:
        """Of an option."""
        return self._right().right

    @property
    def option_style(self) -> OptionStyle:
        """Of an option."""
        return self._right().style


class Symbol(Named):
    """A share or a contract, equal to its ticker as text.

    Parameters
    ----------
    value : str
        The ticker.
    id : str
        The identifier; empty where the data tell no first day.
    option : OptionTerms, optional
    """

    __slots__ = ("option", "text", "value")

    def __init__(self, value: str, id: str = "", option: OptionTerms | None = None) -> None:
        self.value, self.text, self.option = value.upper(), id or value.upper(), option

    def __reduce__(self) -> tuple[Any, ...]:
        return Symbol, (self.value, self.text, self.option)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Symbol):
            return self.value == other.value
        return other.upper() == self.value if isinstance(other, str) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.value)

    def __lt__(self, other: Any) -> bool:
        return self.value < str(other).upper()

    def __str__(self) -> str:
        return self.value

    def __repr__(self) -> str:
        return self.value

    @property
    def id(self) -> SecurityIdentifier:
        """What it is, part by part; as text the identifier."""
        date = dt.datetime(1998, 1, 2) if self.option is None else dt.datetime.combine(self.option.expiry, dt.time())
        return SecurityIdentifier(
            self.text.partition(" ")[0], "usa", self.security_type, date, self.text, self.option
        )  # fmt: skip

    @property
    def security_type(self) -> SecurityType:
        """A share, or an option."""
        return SecurityType.EQUITY if self.option is None else SecurityType.OPTION

    @property
    def underlying(self) -> Symbol | None:
        """Of an option its share; None of a share."""
        return None if self.option is None else self.option.underlying

    @property
    def has_underlying(self) -> bool:
        """True for an option."""
        return self.option is not None

    @staticmethod
    def create(ticker: str, security_type: SecurityType = SecurityType.EQUITY, market: str = "usa") -> Symbol:
        """The symbol of a ticker."""
        return Symbol(ticker)

    Create = create

    @staticmethod
    def create_option(  # as in LEAN
        underlying: Any, market: str, style: Any, right: Any, strike: Any, expiry: dt.datetime | dt.date
    ) -> Symbol:
        """The symbol of a contract of an option on a share.

        >>> share = Symbol("SPY")
        >>> Symbol.create_option(share, "usa", OptionStyle.AMERICAN, OptionRight.CALL, 470, dt.date(2024, 1, 9))
        SPY   240109C00470000
        """
        share = underlying if isinstance(underlying, Symbol) else Symbol(str(underlying))
        day = dt.date(expiry.year, expiry.month, expiry.day)
        terms = OptionTerms(share, OptionRight(right), dec(strike), day, OptionStyle(style))
        return Symbol(terms.ticker, "", terms)

    CreateOption = create_option
