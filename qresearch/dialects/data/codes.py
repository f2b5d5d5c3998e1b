"""Codes as the platform spells them: ``600519.XSHG``, ``000001.XSHE``."""

from __future__ import annotations

from functools import cache
from typing import Any

from qresearch.domain.instrument import canonical_symbol

_SUFFIXES = {"SH": "XSHG", "SZ": "XSHE", "BJ": "XBSE"}


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
    return [given] if isinstance(given, str) else list(given)
