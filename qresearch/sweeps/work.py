"""One run of a sweep: a session from a set of parameters to its figures. The same code wherever it runs."""

from __future__ import annotations

import signal
import threading
from dataclasses import dataclass
from typing import Any

import numpy as np

from qresearch.book import statistics
from qresearch.book.history import AccountHistory
from qresearch.book.tables import SUMMARY_UNITS
from qresearch.errors import DataError
from qresearch.market.market import Market
from qresearch.market.panel import Floats
from qresearch.session.session import Session
from qresearch.sweeps.making import made, unpacked
from qresearch.sweeps.parameters import Values
from qresearch.sweeps.shared import SharedMarket, opened

_OF_THE_SUMMARY = (
    "total_return", "annual_return", "annual_volatility", "skew", "kurtosis", "sharpe", "compound_sharpe", "sortino",
    "max_drawdown", "return_over_drawdown", "daily_win_rate", "turnover",
)  # fmt: skip
UNITS = {
    **{name: SUMMARY_UNITS[name] for name in _OF_THE_SUMMARY},
    "final_equity": "currency",
    "fees": "currency",
    "fills": "executions",
}
"""Figures of a run, and their units; NaN where a figure is not defined."""
LESS_IS_BETTER = frozenset({"annual_volatility", "max_drawdown", "turnover", "fees"})
NEITHER = frozenset({"skew", "kurtosis", "fills"})
"""Figures of which neither more nor less is better."""


@dataclass(frozen=True)
class Outcome:
    """What came of one run.

    Parameters
    ----------
    key : str
        Of its parameters: :func:`~qresearch.sweeps.parameters.key_of`.
    digest : str
        Of the run; empty when it failed.
    figures : dict of str to float
        By the names in :data:`UNITS`; empty when it failed.
    returns : (D,) ndarray of float64
        Daily returns, fractions.
    error : str
        What the run ended with instead; empty when it did not fail.
    """

    key: str
    digest: str
    figures: dict[str, float]
    returns: Floats
    error: str


@dataclass(frozen=True)
class Job:
    """What a worker needs beside the parameters.

    Parameters
    ----------
    body : bytes
        The strategy and the options of its sessions: :func:`~qresearch.sweeps.making.packed`.
    market : SharedMarket
    is_shielded : bool
        Ctrl-C is for the process that waits, not for this one.
    """

    body: bytes
    market: SharedMarket
    is_shielded: bool


def session_of(body: bytes, market: Market, values: Values) -> Session:
    """A session of a strategy with its parameters, at its beginning."""
    strategy, options = unpacked(body)
    return _opened(made(strategy, values), options, market)


def _opened(strategy: object, options: dict[str, Any], market: Market) -> Session:
    _ = market.mark  # kept by the market: a session with another money step would make it again for every run
    return Session(market, strategy=strategy, **options)


def run_here(body: bytes, market: Market, key: str, values: Values) -> Outcome:
    """Run one set of parameters in this process; what it raises stays in its row."""
    strategy, options = unpacked(body)  # what cannot be made here fails every run, and so the sweep
    try:
        own = made(strategy, values)
    except (Exception, SystemExit) as problem:  # a strategy does not end the program that makes it
        return _failed(key, problem)
    try:
        session = _opened(own, options, market).run(progress=False)
    except DataError:
        raise  # the data, and so every run
    except Exception as problem:
        return _failed(key, problem)
    history = AccountHistory.of(session.simulation)
    return Outcome(key, session.digest(), figures_of(history), history.returns, "")


def _failed(key: str, problem: BaseException) -> Outcome:
    words = " ".join(str(problem).split())
    return Outcome(key, "", {}, np.empty(0), f"{type(problem).__name__}: {words}")


def figures_of(history: AccountHistory) -> dict[str, float]:
    """The figures of a run."""
    traded, amount = history.traded, history.exchange.money.amount
    equity = history.equity
    return statistics.figures(history.returns) | {
        "turnover": statistics.turnover(amount(traded.bought), amount(traded.sold), equity),
        "final_equity": float(equity[-1]) if len(equity) else amount(history.starting),
        "fees": amount(traded.fees),
        "fills": float(traded.fills),
    }


def run_there(job: Job, key: str, values: Values) -> Outcome:
    """Run one set in a worker, on the market that it has open."""
    if job.is_shielded and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return run_here(job.body, opened(job.market), key, values)
