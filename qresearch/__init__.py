"""qresearch: a Jupyter-native interactive research toolkit for trading strategies.

>>> import qresearch as qr
>>> session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000)
>>> session.buy("604018", 1000)
<Ticket 1: buy 1,000 604018.SH, QUEUED>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qresearch.domain import terms
from qresearch.domain.attributes import told_module as _told_module
from qresearch.errors import (
    DataError,
    Interrupted,
    JournalError,
    MarketWarning,
    NotSupported,
    OrderRejected,
    OutOfRange,
    QresearchError,
    SourceUnavailable,
    StrategyError,
    UnknownSymbol,
    UsageError,
    WrongBranch,
)
from qresearch.market.market import Market
from qresearch.market.stored import save_market
from qresearch.session.rules import Rules
from qresearch.session.session import Session
from qresearch.sources.fetching import fetch_market
from qresearch.sources.minute_store import save_bars
from qresearch.sources.sample import episodes, sample_bonds, sample_futures, sample_market, sample_options
from qresearch.sources.tabular import read_market
from qresearch.sweeps.sweep import sweep

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__version__ = "0.1.0"

__all__ = [
    "DataError",
    "Interrupted",
    "JournalError",
    "Market",
    "MarketWarning",
    "NotSupported",
    "OrderRejected",
    "OutOfRange",
    "QresearchError",
    "Rules",
    "Session",
    "SourceUnavailable",
    "StrategyError",
    "UnknownSymbol",
    "UsageError",
    "WrongBranch",
    "episodes",
    "fetch_market",
    "read_market",
    "sample_bonds",
    "sample_futures",
    "sample_market",
    "sample_options",
    "save_bars",
    "save_market",
    "sweep",
    "terms",
]


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Offer ``%step, %back, %goto, %run_until, %orders, %explain, %%strategy``: ``%load_ext qresearch``."""
    from qresearch.session.magics import load  # noqa: PLC0415  # only in a notebook

    load(shell)


__getattr__ = _told_module(__name__, __all__)
