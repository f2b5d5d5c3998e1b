"""A market of two shares and a future that one can follow on paper, for several accounts at once."""

from __future__ import annotations

from functools import cache

import pandas as pd

import qresearch as qr

SHARE, OTHER, FUTURE = "600001.SH", "600002.SH", "AB2406"
SETTLED = (100.0, 100.0, 92.0, 85.0, 85.0, 90.0, 90.0, 90.0)


@cache
def mixed() -> qr.Market:
    """Eight days: shares at 10 and 20 that never move, and a future of 10 units that falls from 100 to 85."""
    days = pd.bdate_range("2024-03-04", periods=len(SETTLED))
    shares = [
        {"date": day, "symbol": symbol, "open": price, "high": price, "low": price, "close": price, "volume": 1e6}
        for symbol, price in ((SHARE, 10.0), (OTHER, 20.0))
        for day in days
    ]
    futures = [
        {
            "date": day, "symbol": FUTURE, "open": price, "high": price, "low": price, "close": price, "volume": 1e4,
            "settlement": price,
        }
        for day, price in zip(days, SETTLED, strict=True)
    ]  # fmt: skip
    contract = {"symbol": FUTURE, "multiplier": 10, "tick": 1, "margin": 0.1, "open_fee": 0.0}
    return qr.read_market(pd.DataFrame([*shares, *futures]), contracts=pd.DataFrame([contract]))


def desk(**options: object) -> qr.Session:
    """A cash account of 100,000 that leads one of futures with 2,000, without costs."""
    beside = {"futures": {"account": "futures", "cash": 2_000, "costs": "zero"}}
    return qr.Session(mixed(), cash=100_000, costs="zero", accounts=beside, **options)
