"""Markets written down by hand: one entry a day, so that every expected number of a test can be checked on paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

import qresearch as qr

BOARDS = {"688": "STAR", "430": "BSE", "510": "ETF", "300": "CHINEXT", "000300": "INDEX"}
Day = float | tuple[float, float] | None | str
"""A flat bar at a price, (open, close), None for no row, or "paused" at the last close."""


def market(
    prices: Mapping[str, Sequence[Day]],
    *,
    start: str = "2024-01-02",
    volumes: Mapping[tuple[str, int], float] | None = None,
    actions: Sequence[Mapping[str, object]] = (),
    instruments: Mapping[str, Mapping[str, object]] | None = None,
    st: Sequence[tuple[str, int]] = (),
    credit: pd.DataFrame | None = None,
) -> qr.Market:
    """A market from one list of days per symbol; volume 1,000,000 unless given.

    `actions` name their day by its number under "day"; `instruments` hold further columns by symbol.
    """
    days = pd.bdate_range(start, periods=max(map(len, prices.values())))
    rows = []
    for symbol, entries in prices.items():
        last = float("nan")
        for number, entry in enumerate(entries):
            if entry is None:
                continue
            paused = entry == "paused"
            opened, closed = (last, last) if paused else entry if isinstance(entry, tuple) else (entry, entry)
            last = closed
            volume = 0.0 if paused else (volumes or {}).get((symbol, number), 1e6)
            rows.append({
                "date": days[number], "symbol": symbol, "open": opened, "high": max(opened, closed),
                "low": min(opened, closed), "close": closed, "volume": volume, "paused": paused,
                "is_st": (symbol, number) in st,
            })  # fmt: skip
    table = [{"symbol": symbol, **(instruments or {}).get(symbol, {})} for symbol in prices]
    for entry in table:
        code = str(entry["symbol"])
        named = [board for prefix, board in BOARDS.items() if code.startswith(prefix)]
        entry.setdefault("board", named[0] if named else "SH_MAIN" if code.endswith("SH") else "SZ_MAIN")
    booked = [
        {name: value for name, value in action.items() if name != "day"} | {"ex_date": days[action["day"]]}
        for action in actions
    ]
    columns = ["symbol", "ex_date", "cash_per_share", "bonus_per_share", "rights_per_share", "rights_price",
               "prev_close", "ref_price"]  # fmt: skip
    return qr.read_market(
        pd.DataFrame(rows),
        instruments=pd.DataFrame(table),
        actions=pd.DataFrame(booked, columns=columns),
        credit=credit,
    )


def flat(symbol: str = "600001.SH", price: float = 10.0, days: int = 6, **others: object) -> qr.Market:
    """One share that never moves."""
    return market({symbol: [price] * days}, **others)


def session(given: qr.Market, *, cash: float = 100_000, costs: str = "zero", **options: object) -> qr.Session:
    """A session after the first day, without costs unless asked for: its next step is the second open."""
    begun = qr.Session(given, cash=cash, costs=costs, **options)
    return begun.step() if "start" not in options else begun


def cash_of(given: qr.Session) -> int:
    """Cash in fen."""
    return round(given.portfolio.cash * 100)


def events_of(given: qr.Session, kind: str) -> pd.DataFrame:
    """The events of one kind."""
    events = given.events
    return events[events.event == kind]
