"""What a source of several files holds, before it is read as a market."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from qresearch.domain.instrument import SymbolIndex


@dataclass(frozen=True, slots=True)
class Opened:
    """Bars and the tables beside them, as the arguments of :func:`~qresearch.sources.tabular.read_market`.

    Parameters
    ----------
    bars : DataFrame
        Long: one row per symbol and day.
    tables : dict of str to table
        By argument: instruments, actions, no_limit_days, benchmark.
    notes : tuple of str
        What a user should know about the source.
    adjusted : bool
        The prices are adjusted and cannot be turned back.
    """

    bars: pd.DataFrame
    tables: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    adjusted: bool = False


def pick(found: dict[str, str], wanted: Iterable[str] | None) -> dict[str, str]:
    """Of the symbols that a source holds (canonical to its own spelling), those that are wanted.

    Raises
    ------
    UnknownSymbol
        One of the wanted is not there; the message names close matches.

    >>> pick({"600519.SH": "SH600519", "000001.SZ": "SZ000001"}, ["600519"])
    {'600519.SH': 'SH600519'}
    """
    if wanted is None:
        return found
    index = SymbolIndex(found)
    names = [index.symbols[index[symbol]] for symbol in ([wanted] if isinstance(wanted, str) else wanted)]
    return {name: found[name] for name in dict.fromkeys(names)}
