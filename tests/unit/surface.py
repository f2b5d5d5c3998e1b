"""The public surface, found by introspection: every callable that a user may call, and arguments that work.

What is public is listed here by class only; its functions are found. A function that is new brings its parameters with
it: one that needs an argument of a new name needs a good value in :data:`GOOD`, and the suite says so.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

import qresearch as qr
from qresearch import exercises
from qresearch.book.portfolio import Holdings
from qresearch.book.tables import Tables
from qresearch.dialects.swordfish import Account
from qresearch.engine.accounts.margin import MarginTrading
from qresearch.market.panel import Panel
from qresearch.session.account import Account as Deeds
from qresearch.session.accounts import Accounts
from qresearch.session.bar_data import BarData
from qresearch.session.branches import Branches, Comparison
from qresearch.session.breakpoints import Breakpoints
from qresearch.session.notices import Notices
from qresearch.session.strategy import Context, Log
from qresearch.session.ticket import Ticket
from qresearch.session.watch import Watch
from qresearch.session.what_if import WhatIf
from qresearch.views.panels.workbench import Panels
from qresearch.views.plots import KINDS
from qresearch.views.svg import SvgPicture

A, B = "600001.SH", "600002.SH"
DAYS = pd.bdate_range("2024-01-02", periods=6)


def bars() -> pd.DataFrame:
    """Two shares at 10 over six days."""
    flat = {"open": 10.0, "high": 10.2, "low": 9.8, "close": 10.0, "volume": 1e6}
    return pd.DataFrame([{"date": day, "symbol": symbol, **flat} for symbol in (A, B) for day in DAYS])


def hours() -> pd.DataFrame:
    """A share at 10 in the two hours of a day."""
    flat = {"symbol": A, "open": 10.0, "high": 10.0, "low": 10.0, "close": 10.0, "volume": 1e6}
    return pd.DataFrame([{"date": f"2024-01-02 {time}", **flat} for time in ("10:30", "11:30")])


MARKET = qr.read_market(bars(), adjusted=False)


def handle_data(context: object, data: object) -> None:
    """A strategy that does nothing."""


def live(stage: Stage, name: str) -> Any:
    """What a session hands to its strategy."""
    return stage.session.simulation.keeper.memory.live[name]


def borrower(_: Stage) -> Deeds:
    """The account of a session that owes money and shares, and holds some of these."""
    session = qr.Session(MARKET, start=DAYS[1], cash=1_000_000, account=MarginTrading(short_price_rule=False))
    session.buy(A, 1000, qr.terms.financed())
    session.buy(A, 1000, qr.terms.to_open())
    session.sell(A, 1000, qr.terms.short_sale())
    return session.step(2).account


def several() -> Accounts:
    """A session with another account beside it, before its first day."""
    return qr.Session(MARKET, start=DAYS[1], cash=100_000, accounts={"more": {"cash": 1_000}}).account.all


OWNERS: Mapping[str, tuple[type, Callable[[Stage], Any]]] = {
    "session": (qr.Session, lambda stage: stage.session),
    "branches": (Branches, lambda stage: stage.session.branches),
    "comparison": (Comparison, lambda stage: stage.session.branches.compare("main", "other")),
    "breakpoints": (Breakpoints, lambda stage: stage.session.breakpoints),
    "tables": (Tables, lambda stage: stage.session.tables),
    "watch": (Watch, lambda stage: stage.session.watch),
    "what_if": (WhatIf, lambda stage: stage.session.what_if),
    "notices": (Notices, lambda stage: stage.session.notices),
    "positions": (Holdings, lambda stage: stage.session.portfolio.positions),
    "market": (qr.Market, lambda stage: stage.session.market),
    "panel": (Panel, lambda stage: stage.session.market.panel),
    "ticket": (Ticket, lambda stage: stage.ticket),
    "context": (Context, lambda stage: live(stage, "context")),
    "log": (Log, lambda stage: live(stage, "log")),
    "data": (BarData, lambda stage: live(stage, "data")),
    "panels": (Panels, lambda stage: stage.session.panels),
    "picture": (SvgPicture, lambda stage: stage.session.plot("life", order="1")),
    "deeds": (Deeds, borrower),
    "accounts": (Accounts, lambda _: several()),
    "account": (Account, lambda _: Account(qr.Session(MARKET, start=DAYS[1]))),
}
"""Whose methods are public, by the word with which one comes to an object, and the object on a stage."""

MODULES: Mapping[str, Any] = {"qresearch": qr, "terms": qr.terms, "exercises": exercises}
CLASSES: Mapping[str, type] = {"Session": qr.Session, "Terms": qr.terms.Terms, "Account": Account}
OPERATORS = {"__call__": "", "__getitem__": "[]"}

NOT_CALLED: Mapping[str, str] = {
    "session.from_script": "is Session.from_script",
    "session.resume": "is Session.resume",
    "fetch_market": "asks a vendor; tests/contract has its tests",
    "panels.of": "made by session.panels",
    "panels.close": "ends the panels, and takes nothing",
    "ticket.of": "made by an order",
    "breakpoints.arm": "called by a run",
    "breakpoints.only": "called by a run",
    "notices.tell": "called by the session",
    "accounts.back": "steps back, and nothing lies behind the beginning; of session.back",
    "watch.note": "called by a step",
    "what_if.named": "called by the ticket panel",
    "watch.tell": "called by a step",
}
"""Public names that no user calls with arguments, and why."""


class Stage:
    """A session in the middle of its run, with an order that filled, one that works, a branch and a breakpoint."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        session = self.session = qr.Session(MARKET, start=DAYS[1], cash=100_000, strategy=handle_data)
        session.buy(A, 200)
        session.step(2)
        session.branch("other")
        self.ticket = session.buy(A, 1000, qr.terms.limit(9.5, tif="GTC"))
        session.breakpoints.add("fill", name="stop")

    def callable(self, name: str) -> Callable[..., object]:
        """The public callable of a name."""
        return SURFACE[name](self)

    def arguments(self, name: str) -> dict[str, Any]:
        """The named arguments of a call that works, by parameter: those without which it cannot be called."""
        given = dict(GOOD_OF.get(name, {}))
        for item in inspect.signature(self.callable(name)).parameters.values():
            is_needed = item.default is item.empty and item.kind not in {item.VAR_POSITIONAL, item.VAR_KEYWORD}
            if is_needed and item.name not in given:
                given[item.name] = GOOD[item.name] if item.name in GOOD else self.folder / PATHS[item.name]
        return given


GOOD: Mapping[str, Any] = {
    "security": A, "symbol": A, "amount": 100, "quantity": 100, "lots": 1, "value": 5000, "pct": 0.5, "order": "1",
    "name": "other", "old": "other", "new": "third", "what": "fill", "which": "stop", "a": "main", "kind": "orders",
    "func": lambda context: None, "dialect": "lean", "field": "close", "step": 0.01, "day": DAYS[2], "price": 9.6,
    "stop_price": 9.6, "limit_price": 9.5, "trigger_price": 9.6, "market": MARKET, "call": "buy",
    "script": "def handle_data(context, data): pass", "answer": 1, "expected": 1, "source": bars(),
    "amounts": {A: 100}, "first": "main", "units": 100, "option": A, "contracts": 1, "bond": A, "frames": [hours()],
}  # fmt: skip
"""A good value of every parameter that must be given."""
PATHS: Mapping[str, str] = {"path": "written", "directory": "results", "folder": "kept"}
GOOD_OF: Mapping[str, dict[str, Any]] = {
    "sweep": {"strategy": lambda context, data, least: None, "grid": {"least": [1]}, "progress": False},
    "session.set_slippage": {"kind": "bps", "size": 5},
    "context.set_slippage": {"kind": "bps", "size": 5},
    "session.branch": {"name": "third"},
    "accounts.transfer": {"source": "cash_shares", "target": "more", "amount": 100},
    "accounts.pay_in": {"name": "more", "amount": 100},
    "accounts[]": {"name": "more"},
    "accounts.goto": {"where": 0},
    "session.goto": {"where": 0},
    "session.step": {"n": 1},
    "plot life": {"order": "1"},
    "terms.trailing_stop": {"amount": 0.5},
    "ticket.update": {"quantity": 500},
    "Session.resume": {"path": "run.qsession"},
    "Account": {"session": qr.Session(MARKET)},
    "account.set_position": {"qty": 100, "order_price": 9.6},
}


def _found() -> Iterator[tuple[str, Callable[[Stage], Callable[..., object]]]]:
    for label, module in MODULES.items():
        for name, function in vars(module).items():
            if name.startswith("_") or not inspect.isfunction(function):
                continue
            if name in qr.__all__ if module is qr else function.__module__ == module.__name__:
                yield name if module is qr else f"{label}.{name}", lambda _, function=function: function
    for label, kind in CLASSES.items():
        yield label, lambda _, kind=kind: kind
        for name in dir(kind):
            if not name.startswith("_") and inspect.ismethod(getattr(kind, name)):
                yield f"{label}.{name}", lambda _, kind=kind, name=name: getattr(kind, name)
    for label, (kind, find) in OWNERS.items():
        for name in dir(kind):
            static = inspect.getattr_static(kind, name)
            function = getattr(static, "__func__", static)
            is_ours = inspect.isfunction(function) and function.__module__.startswith("qresearch.")
            if name == "__getitem__" and hasattr(function, "__told__"):
                continue  # it holds no items, and says so
            if is_ours and (name in OPERATORS or not name.startswith("_")):
                shown = f"{label}{OPERATORS[name]}" if name in OPERATORS else f"{label}.{name}"
                yield shown, lambda stage, find=find, name=name: getattr(find(stage), name)
    for kind, function in KINDS.items():
        yield f"plot {kind}", lambda stage, kind=kind, function=function: _plot(stage, kind, function)


def _plot(stage: Stage, kind: str, function: Callable[..., object]) -> Callable[..., object]:
    """``session.plot`` of one kind, with the options of that kind for a signature."""

    def call(**options: Any) -> object:
        return stage.session.plot(kind, **options)

    parameters = list(inspect.signature(function).parameters.values())[1:]
    named = [item.replace(kind=item.KEYWORD_ONLY) for item in parameters]
    call.__signature__ = inspect.Signature(named)  # type: ignore[attr-defined]
    return call


SURFACE: Mapping[str, Callable[[Stage], Callable[..., object]]] = {
    name: find for name, find in _found() if name not in NOT_CALLED
}
"""Every public callable by name, and how to get it from a stage."""
