"""The kinds of account by their names."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from qresearch.engine.accounts.bonds import BONDS
from qresearch.engine.accounts.cash import CASH_SHARES
from qresearch.engine.accounts.futures import FUTURES
from qresearch.engine.accounts.margin import MARGIN_TRADING
from qresearch.engine.accounts.margin_us import MARGIN_US
from qresearch.engine.accounts.options import OPTIONS
from qresearch.engine.exchange import AccountKind

ACCOUNTS: Mapping[str, AccountKind] = MappingProxyType(
    {kind.name: kind for kind in (CASH_SHARES, FUTURES, MARGIN_TRADING, OPTIONS, BONDS, MARGIN_US)}
)
"""Ours, by name."""
