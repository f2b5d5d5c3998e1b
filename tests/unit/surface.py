"""The public surface, found by introspection: every callable that a user may call, with a call of it that works."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

import qresearch as qr
from qresearch import exercises

A, B = "600001.SH", "600002.SH"
DAYS = pd.bdate_range("2024-01-02", periods=6)


def bars() -> pd.DataFrame:
    """Two shares at 10 over six days, the second of them rising."""
    flat = {"open": 10.0, "high": 10.2, "low": 9.8, "close": 10.0, "volume": 1e6}
    rows = [{"date": day, "symbol": symbol, **flat} for symbol in (A, B) for day in DAYS]
    return pd.DataFrame(rows)


MARKET = qr.read_market(bars())


def handle_data(context: object, data: object) -> None:
    """A strategy that does nothing."""


class Fresh:
    """A session in the middle of its run with an order, a branch, a breakpoint and a watch, and what hangs on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        session = self.session = qr.Session(MARKET, start=DAYS[1], cash=100_000, strategy=handle_data)
        self.held = session.buy(A, 200)
        session.step(2)
        session.branch("other")
        self.ticket = session.buy(A, 1000, qr.terms.limit(9.5, tif="GTC"))
        session.breakpoints.add("fill", name="stop")
        session.watch.note()
        self.context, self.data = session._context, session._data

    def owners(self) -> Mapping[str, object]:
        """The objects of the session that a user meets, by the words with which one comes to them."""
        session = self.session
        return {
            "session": session,
            "branches": session.branches,
            "breakpoints": session.breakpoints,
            "tables": session.tables,
            "watch": session.watch,
            "what_if": session.what_if,
            "notices": session.notices,
            "positions": session.portfolio.positions,
            "market": session.market,
            "panel": session.market.panel,
            "ticket": self.ticket,
            "context": self.context,
            "log": self.context.log,
            "data": self.data,
            "panels": session.panels,
            "comparison": session.branches.compare("main", "other"),
            "picture": session.plot("life", order="1"),
        }


MODULES: Mapping[str, Any] = {"qresearch": qr, "terms": qr.terms, "exercises": exercises}
CLASSES: Mapping[str, type] = {"Session": qr.Session, "Market": qr.Market, "Terms": qr.terms.Terms}
OPERATORS = ("__call__", "__getitem__")

NOT_CALLED: Mapping[str, str] = {
    "Market": "made by read_market; its constructor takes arrays that were checked",
    "Market.from_akshare": "asks a vendor; its arguments have tests of their own",
    "Market.from_baostock": "as above",
    "market.from_akshare": "as above",
    "market.from_baostock": "as above",
    "session.from_script": "Session.from_script",
    "session.resume": "Session.resume",
    "panels.of": "what a session calls to make its panels",
    "panels.close": "takes nothing and ends the panels",
    "ticket.of": "what a session calls to make a ticket",
    "breakpoints.arm": "what a run calls",
    "breakpoints.only": "what a run calls",
    "notices.tell": "what a session calls",
    "watch.note": "what a step calls",
    "watch.tell": "what a step calls",
}
"""Public names that no user calls with arguments, and why."""


def _public(owner: object) -> Iterator[str]:
    for name in dir(owner):
        if name in OPERATORS or not name.startswith("_"):
            yield name


def surface(fresh: Fresh) -> Iterator[tuple[str, Callable[..., object]]]:
    """(name, callable) of everything public, on the objects of one session."""
    for label, module in MODULES.items():
        for name, found in vars(module).items():
            if name.startswith("_") or not inspect.isfunction(found):
                continue
            if name in module.__all__ if module is qr else found.__module__ == module.__name__:
                yield f"{label}.{name}" if label != "qresearch" else name, found
    for label, kind in CLASSES.items():
        yield label, kind
        for name in _public(kind):
            if inspect.ismethod(getattr(kind, name)):
                yield f"{label}.{name}", getattr(kind, name)
    for label, owner in fresh.owners().items():
        for name in _public(owner):
            static = inspect.getattr_static(type(owner), name, None)
            function = getattr(static, "__func__", static)
            if inspect.isfunction(function) and function.__module__.startswith("qresearch."):
                yield (
                    label if name == "__call__" else f"{label}[]" if name == "__getitem__" else f"{label}.{name}",
                    (getattr(owner, name)),
                )
