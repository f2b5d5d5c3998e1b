"""The plots of a run as one page: growth, drawdown, trades and holdings under one axis of days, linked to each other.

The page is a file of its own (:mod:`~.page`): it needs no kernel, no network and no library. Of every branch it holds
the closes, the closed round trips and what was held, by day; nothing after the moment of the session is in it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from qresearch.book import accounts, statistics, trades
from qresearch.book.benchmark import BenchmarkLike, align, find_benchmark
from qresearch.book.history import AccountHistory
from qresearch.domain.calls import told_calls
from qresearch.errors import choose
from qresearch.market.panel import Floats
from qresearch.sentences import LANGUAGES, Words
from qresearch.views.page import PAGE_WORDS, Page, numbers, page
from qresearch.views.panels.cells import LOOKS
from qresearch.views.summary import FIGURES, facts_of, figures_of

if TYPE_CHECKING:
    from qresearch.session.port import AnySession

WORDS = (
    "symbol", "quantity", "price", "equity", "profit", "branch", "weight", "market_value", "positions",
    "check_fees", "run_drawdown", "no_positions", "recording_figures", "run_growth", "run_trades", "run_entry",
    "run_exit", "run_return", "run_held_days", "run_none_closed", "run_others", "run_held_count", "run_all",
    "run_canvas", "run_keys", "run_about", "run_orders", "run_no_days", *PAGE_WORDS, *FIGURES,
)  # fmt: skip
"""Keys of what the page says."""
_HERE = Path(__file__).parent
_STYLE = (_HERE / "run_page.css").read_text(encoding="utf-8")
_SCRIPT = (_HERE / "run_page.js").read_text(encoding="utf-8")


@told_calls
class RunPage(Page):
    """An interactive page of a run; in a notebook it shows itself in a frame of its own."""


def run_page(
    session: AnySession,
    *,
    benchmark: BenchmarkLike | pd.Series[float] = None,
    language: str | None = None,
    theme: str = "auto",
) -> RunPage:
    """Equity, drawdown, trades and holdings over time, linked: an interactive page in one file.

    Parameters
    ----------
    session : AnySession
    benchmark : Series of closes, symbol, Benchmark or False, optional
        Default: that of the market.
    language : {"en", "zh"}, optional
        In which the page opens; it speaks both. Default: that of the session.
    theme : {"auto", "light", "dark"}
        In which it opens: "auto" is what the reader's system prefers.

    Returns
    -------
    RunPage
        ``.save(path)`` writes it.

    Raises
    ------
    UsageError
        No such language or theme, or a benchmark without closes.

    Examples
    --------
    >>> import tempfile, qresearch as qr
    >>> session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000)
    >>> ticket = session.buy("604018", 1000)
    >>> run_page(session.step(5)).save(tempfile.mkdtemp() + "/run.html").name
    'run.html'
    """
    choose("theme", theme, LOOKS)
    words = session.words.named(language)
    wanted = session.simulation.benchmark if benchmark is None else benchmark
    contents = _Contents(session, wanted).read() | {"language": words.language, "theme": theme}
    titles = {name: _title(session, contents["labels"], Words(name)) for name in LANGUAGES}
    return RunPage(page(contents | {"title": titles}, _STYLE, _SCRIPT), titles[words.language])


def _title(session: AnySession, labels: list[str], words: Words) -> str:
    """What was done and when."""
    what = session.strategy.name if session.strategy.calls else words("by_hand")
    return words("recording_title", what=what, first=labels[0], last=labels[-1])


class _Contents:
    """Reads every branch of a session as plain data."""

    def __init__(self, session: AnySession, benchmark: BenchmarkLike | pd.Series[float]) -> None:
        self._session, self._benchmark = session, benchmark
        simulation = session.simulation
        self._histories = [AccountHistory.of(simulation, name) for name in simulation.timeline.branches]
        days = [state.day for history in self._histories for state in history.closes]
        self._first = min(days, default=simulation.exchange.first)
        self._last = max(days, default=self._first)
        self._places: dict[str, int] = {}

    def read(self) -> dict[str, Any]:
        """All of it, as JSON knows it."""
        session, market = self._session, self._session.market
        branches = [self._branch(history) for history in self._histories]
        return {
            "labels": market.days[self._first : self._last + 1].astype(str).tolist(),
            "branches": branches,
            "branch": list(session.simulation.timeline.branches).index(session.simulation.timeline.branch.name),
            "instruments": [[symbol, market.instruments[market.column(symbol)].name] for symbol in self._places],
            "currency": market.venue.money.currency,
            "red_up": market.venue.money.currency == "CNY",
            "digest": session.digest(),
            "words": {name: {key: Words(name)(key) for key in WORDS} for name in LANGUAGES},
        }

    def _place(self, symbol: str) -> int:
        return self._places.setdefault(symbol, len(self._places))

    def _branch(self, history: AccountHistory) -> dict[str, Any]:
        beside = align(find_benchmark(history.exchange.market, self._benchmark), history.exchange, history.closes)
        facts, _ = facts_of([(history, figures_of(self._session, history.name, self._benchmark))], None)
        return {
            "name": history.name,
            "start": history.closes[0].day - self._first if history.closes else 0,
            "equity": numbers(history.equity),
            "growth": _grown(history.returns),
            "drawdown": _rounded(-statistics.drawdowns(history.returns)),
            "benchmark": None if beside is None else {"name": beside.name, "growth": _grown(beside.returns)},
            "trades": self._trades(history),
            "held": self._held(history),
            "figures": {name: cells[0] for name, cells in facts.items()},
        }

    def _days(self, stamps: pd.Series[pd.Timestamp]) -> list[int]:
        """Days as places on the axis of the page; what was held from before the first day begins there."""
        market = self._session.market
        found = market.days.searchsorted(stamps.to_numpy().astype(market.days.dtype)) - self._first
        return [max(place, 0) for place in found.tolist()]

    def _trades(self, history: AccountHistory) -> list[list[Any]]:
        """Closed round trips: instrument, quantity, entry and exit (day, price, order), profit, return, fees."""
        frame = trades.trades_frame(history)
        return [
            [self._place(symbol), quantity, entry, bought, asked, exit_day, sold, left, profit, gained, fees]
            for symbol, quantity, entry, bought, asked, exit_day, sold, left, profit, gained, fees in zip(
                frame["symbol"], frame["quantity"].tolist(), self._days(frame["entry_day"]),
                numbers(frame["entry_price"].to_numpy()), frame["entry_order"].tolist(), self._days(frame["exit_day"]),
                numbers(frame["exit_price"].to_numpy()), frame["exit_order"].tolist(),
                numbers(frame["profit"].to_numpy()), _rounded(frame["return"].to_numpy()),
                numbers(frame["fees"].to_numpy()), strict=True,
            )
        ]  # fmt: skip

    def _held(self, history: AccountHistory) -> list[dict[str, Any]]:
        """What was held at the closes, by instrument, heaviest first: days, quantities, prices, weights."""
        frame = accounts.daily_positions(history)
        frame = frame[frame["quantity"] != 0]
        heavy = frame["weight"].abs().groupby(frame["symbol"]).sum().sort_values(ascending=False, kind="stable")
        found = []
        for symbol in heavy.index:
            rows = frame[frame["symbol"] == symbol]
            found.append({
                "i": self._place(symbol),
                "days": self._days(rows["day"]),
                "quantity": rows["quantity"].tolist(),
                "price": numbers(rows["price"].to_numpy()),
                "value": numbers(rows["market_value"].to_numpy()),
                "profit": numbers(rows["floating_profit"].to_numpy()),
                "weight": _rounded(rows["weight"].to_numpy()),
            })  # fmt: skip
        return found


def _rounded(values: Floats) -> list[float | None]:
    """Fractions to a thousandth of a percent."""
    return [None if value != value else round(value, 5) for value in values.tolist()]


def _grown(returns: Floats) -> list[float | None]:
    """What daily returns have multiplied to, less one."""
    return _rounded(np.asarray(np.cumprod(1 + returns) - 1, dtype=np.float64))
