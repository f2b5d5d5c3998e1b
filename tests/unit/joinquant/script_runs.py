"""Scripts run on small markets written down by hand."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import dedent
from typing import Any

import pandas as pd

import qresearch as qr

Bar = tuple[float, float, float, float]


def market(bars: dict[str, Sequence[Bar | float | None]], *, start: str = "2024-01-02", **columns: Any) -> qr.Market:
    """A market from (open, high, low, close), a flat price, or None for a suspended day, per code and business day."""
    days = pd.bdate_range(start, periods=max(map(len, bars.values())))
    rows = []
    for code, entries in bars.items():
        last: float = float("nan")
        for day, entry in zip(days, entries, strict=False):
            paused = entry is None
            prices = (last,) * 4 if entry is None else entry if isinstance(entry, tuple) else (entry,) * 4
            last = prices[3]
            rows.append(
                {
                    "date": day,
                    "symbol": code,
                    **dict(zip(("open", "high", "low", "close"), prices, strict=True)),
                    "volume": 0.0 if paused else 1e6,
                    "paused": paused,
                    **columns,
                }
            )
    boards = {"688": "STAR", "510": "ETF"}
    table = pd.DataFrame(
        {
            "symbol": list(bars),
            "board": [boards.get(code[:3], "SZ_MAIN" if "XSHE" in code else "SH_MAIN") for code in bars],
            "list_date": "2000-01-04",
        }
    )
    return qr.read_market(pd.DataFrame(rows), instruments=table)


def run(script: str, given: qr.Market | None = None, **options: Any) -> qr.Session:
    """A session that has run a script to the end; on one flat share by default."""
    session = opened(script, given, **options)
    return session.run(progress=False)


def opened(script: str, given: qr.Market | None = None, **options: Any) -> qr.Session:
    """A session with a script, before its first day."""
    options.setdefault("cash", 100_000)
    return qr.Session.from_script(dedent(script), given or market({"000001.XSHE": [10.0] * 6}), **options)


def g(session: qr.Session) -> Any:
    """The g of the script."""
    return session.strategy.target["g"]
