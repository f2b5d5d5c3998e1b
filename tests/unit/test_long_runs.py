"""What is told of a run grows with the run, not with its square: ten years are ten times one year."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import qresearch as qr
from qresearch.book.tables import Tables

SHORT, TIMES = 40, 8
MOST = 1.6 * TIMES
"""By how much the work may grow where a run is `TIMES` as long; its square would be `TIMES` times `TIMES`."""
TABLES = [name for name in vars(Tables) if not name.startswith("_") and isinstance(vars(Tables)[name], property)]


@cache
def market(days: int) -> qr.Market:
    """Three shares that move a little each day."""
    dates, close = pd.bdate_range("2022-01-03", periods=days + 1), 10 + 0.01 * (np.arange(days + 1) % 7)
    bars = {"date": dates, "open": close, "high": close + 1, "low": close - 1, "close": close, "volume": 1e6}
    return qr.read_market(pd.concat([pd.DataFrame(bars | {"symbol": name}) for name in "ABC"]), venue="plain")


def lived(days: int) -> qr.Session:
    """A session that buys or sells each of three shares every day, and at which nobody has looked yet."""

    def trade(context: Any, data: Any) -> None:
        for symbol in context.symbols:
            context.order(symbol, 100 if data.day % 2 else -100)

    return qr.Session(market(days), cash=1_000_000, strategy=trade).run(progress=False)


def work(call: Callable[[], object]) -> int:
    """Calls of functions, Python's own among them, that a call makes: a count that no other load of a machine moves.

    The garbage of earlier tests is not collected meanwhile: its finalizers are calls too.
    """
    count = 0

    def heard(_frame: object, event: str, _what: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    gc.disable()
    sys.setprofile(heard)
    try:
        call()
    finally:
        sys.setprofile(before)
        gc.enable()
    return count


def growth(look: Callable[[qr.Session], object]) -> float:
    """By how much the work of a look grows with the run.

    The first look imports what it needs and does not count; those that do each ask a session that has kept no answer.
    """
    look(lived(SHORT))
    short, long = (work(partial(look, lived(days))) for days in (SHORT, SHORT * TIMES))
    return long / short


@pytest.mark.parametrize("name", [name for name in TABLES if name != "rules"])
def test_a_table_of_a_long_run_costs_what_its_rows_cost(name: str) -> None:
    """No table looks at the whole run for each of its rows."""
    assert growth(lambda session: getattr(session.tables, name)) < MOST


@pytest.mark.parametrize("name", ["orders", "fills", "events", "positions", "equity"])
def test_a_frame_of_a_long_run_costs_what_its_rows_cost(name: str) -> None:
    """Nor do the frames of the session itself."""
    assert growth(lambda session: getattr(session, name)) < MOST


def test_a_recording_of_a_long_run_costs_what_its_orders_cost(tmp_path: Path) -> None:
    """Each order is explained by its own events, and not by reading those of all others."""
    assert growth(lambda session: session.save_recording(tmp_path / "run.html")) < MOST
