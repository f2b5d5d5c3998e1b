"""Forty scripts as people publish them, run to their end on the embedded market and on real bars.

The scripts stand in tests/scripts and name real codes; on the embedded market, which has none of them, each code is
replaced by one of its own. Tables (fundamentals, members, an index) are made from the market by script_tables.py.
"""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from script_tables import tables_of

import qresearch as qr

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"
DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "cn_daily.parquet"
NAMES = sorted(path.stem for path in SCRIPTS.glob("s*.py"))

EMBEDDED = {
    "000001.XSHE": "604018.SH", "600519.XSHG": "604026.SH", "000651.XSHE": "004102.SZ", "600036.XSHG": "604073.SH",
    "601318.XSHG": "604052.SH", "000858.XSHE": "004177.SZ", "000333.XSHE": "004136.SZ", "002415.XSHE": "302601.SZ",
    "510300.XSHG": "514101.SH", "510050.XSHG": "514205.SH", "510880.XSHG": "514588.SH", "159949.XSHE": "157301.SZ",
    "600276.XSHG": "604069.SH", "600030.XSHG": "604088.SH", "600887.XSHG": "604095.SH", "601398.XSHG": "604001.SH",
    "601857.XSHG": "604035.SH", "688008.XSHG": "688903.SH",
}  # fmt: skip
"""A code of the scripts to its stand-in in the embedded market, of the same board."""

REAL = {code: code.replace("XSHG", "SH").replace("XSHE", "SZ") for code in EMBEDDED}
WINDOWS = {"embedded": ("2022-03-01", "2023-02-28"), "real": ("2020-03-02", "2021-02-26")}
KINDS = {"adjusted", "ignored", "approximated", "converted", "data", "order", "message"}
"""Kinds of notices; "order" means an order that was not sent."""


@cache
def market_of(place: str) -> qr.Market:
    """The market of a place."""
    return qr.sample_market() if place == "embedded" else qr.read_market(DATA)


@cache
def tables(place: str) -> dict[str, Any]:
    """The tables of a place."""
    market = market_of(place)
    first, last = (int(market.days.searchsorted(qr_day(day))) for day in WINDOWS[place])
    return tables_of(market, first, last, EMBEDDED if place == "embedded" else REAL)


def qr_day(day: str) -> Any:
    """A day as the calendar of a market holds it."""
    import numpy as np

    return np.datetime64(day)


def text_of(name: str, place: str) -> bytes | str:
    """A script with its codes replaced for a place; bytes where the file is as it was."""
    raw = (SCRIPTS / f"{name}.py").read_bytes()
    if place == "real":
        return raw
    try:
        text, encoding = raw.decode(), "utf-8"
    except UnicodeDecodeError:
        text, encoding = raw.decode("gbk"), "gbk"
    for code, symbol in EMBEDDED.items():
        text = text.replace(code, symbol.replace("SH", "XSHG").replace("SZ", "XSHE"))
    return text.encode(encoding)


@cache
def session_of(name: str, place: str) -> qr.Session:
    """A session after a script has run to its end."""
    start, end = WINDOWS[place]
    session = qr.Session.from_script(
        text_of(name, place), market_of(place), start, end, cash=500_000, data=tables(place)
    )
    return session.run(progress=False)


def g(session: qr.Session) -> Any:
    """The g of the script."""
    return session.strategy.target["g"]
