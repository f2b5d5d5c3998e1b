"""Codes as the platform spells them: ``600519.XSHG``, ``000001.XSHE``."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from qresearch.domain.instrument import Instrument, canonical_symbol
from qresearch.errors import UsageError, shown

_SUFFIXES = {"SH": "XSHG", "SZ": "XSHE", "BJ": "XBSE"}
FUTURES_SUFFIXES = {
    "CFFEX": "CCFX", "SHFE": "XSGE", "DCE": "XDCE", "CZCE": "XZCE", "INE": "XINE", "GFEX": "GFEX",
}  # fmt: skip
"""How the platform ends the codes of futures, by exchange."""


@cache
def spelled(symbol: str) -> str:
    """Any spelling of a symbol as the platform writes it.

    >>> spelled("600519.SH"), spelled("000001"), spelled("000300.XSHG"), spelled("AAPL.US")
    ('600519.XSHG', '000001.XSHE', '000300.XSHG', 'AAPL.US')
    """
    code, dot, suffix = canonical_symbol(symbol).rpartition(".")
    return f"{code}.{_SUFFIXES.get(suffix, suffix)}" if dot else suffix


def normalize_code(code: object) -> object:
    """One code, or several, as the platform writes them.

    >>> normalize_code(["000001", "SH600000"])
    ['000001.XSHE', '600000.XSHG']
    """
    if isinstance(code, (list, tuple)):
        return [spelled(f"{item:06d}" if isinstance(item, int) else str(item)) for item in code]
    return spelled(f"{code:06d}" if isinstance(code, int) else str(code))


def listed(given: Any) -> list[Any]:
    """One text, or several, as a list.

    >>> listed("000001.XSHE"), listed(("close", "volume"))
    (['000001.XSHE'], ['close', 'volume'])
    """
    if isinstance(given, str):
        return [given]
    if not isinstance(given, Iterable):
        raise UsageError(f"{shown(given)} is neither a text nor a list. Pass one, such as '000001.XSHE', or a list.")
    return list(given)


def spelled_of(item: Instrument) -> str:
    """The code of an instrument as the platform writes it; a future whose exchange is not known keeps its symbol."""
    suffix = "" if item.contract is None else FUTURES_SUFFIXES.get(item.contract.exchange, "")
    return f"{item.symbol}.{suffix}" if suffix else spelled(item.symbol)


def without_futures_suffix(code: str) -> str:
    """A code of a future without what the platform ends it with; any other code as it is.

    >>> without_futures_suffix("RB2405.XSGE"), without_futures_suffix("600519.XSHG")
    ('RB2405', '600519.XSHG')
    """
    symbol, _, suffix = code.upper().rpartition(".")
    return symbol if symbol and suffix in FUTURES_SUFFIXES.values() else code
