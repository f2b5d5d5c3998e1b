"""The LEAN fill rules through a whole session: one order, daily bars and minutes, the figures of the case table."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import qresearch as qr
from qresearch.domain.terms import Terms

sys.path.insert(0, str(Path(__file__).parent))

from test_lean_fills import CASES, order

Bar = tuple[float, float, float, float]

FLAT: Bar = (100.0, 100.0, 100.0, 100.0)


def fill_of(style: Terms, side: int, *bars: Bar) -> tuple[str, float | None]:
    """State and price of an order that is placed after a flat bar and meets the given ones."""
    rows = [
        (date, "X.US", *bar, 1e6)
        for date, bar in zip(pd.bdate_range("2014-06-23", periods=9), [FLAT, FLAT, *bars], strict=False)
    ]
    market = qr.read_market(pd.DataFrame(rows, columns=["date", "symbol", "open", "high", "low", "close", "volume"]))
    session = qr.Session(market, cash=1e6, fill_model="lean_equity", reserve="none", start="2014-06-24")
    if side < 0:
        session = qr.Session(
            market, cash=1e6, fill_model="lean_equity", reserve="none", start="2014-06-24", positions={"X.US": 100}
        )
    session.step()
    ticket = session.order("X.US", side * 100, style)
    session.run(progress=False)
    price = ticket.average_price
    return ticket.status.value, None if price != price else round(price, 4)


LIMIT, STOP = qr.terms.limit, qr.terms.stop
STOP_LIMIT, TOUCHED = qr.terms.stop_limit, qr.terms.limit_if_touched


@pytest.mark.parametrize(
    ("style", "side", "bars", "expected"),
    [
        # A limit needs a bar strictly beyond it, and gets the open when that is better.
        (LIMIT(101.5, tif="GTC"), 1, [(102, 103, 101.5, 102.3)], ("WORKING", None)),
        (LIMIT(101.5, tif="GTC"), 1, [(102, 103, 101, 102.3)], ("FILLED", 101.5)),
        (LIMIT(101.5, tif="GTC"), 1, [(101, 103, 100, 102.3)], ("FILLED", 101.0)),
        (LIMIT(101.5, tif="GTC"), -1, [(101, 102, 100, 101.1)], ("FILLED", 101.5)),
        # A stop is reached by touching it, and pays the open after a gap.
        (STOP(101.5, tif="GTC"), 1, [(101, 101, 101, 101)], ("WORKING", None)),
        (STOP(101.5, tif="GTC"), 1, [(101, 102.5, 101, 102.5)], ("FILLED", 101.5)),
        (STOP(101.5, tif="GTC"), 1, [(102, 103, 101, 102.3)], ("FILLED", 102.0)),
        (STOP(99.5, tif="GTC"), -1, [(100, 100, 99, 99.2)], ("FILLED", 99.5)),
        # F007 and F008 of the table: triggered beyond the limit, filled when the price comes back.
        (STOP_LIMIT(101.5, 101.75, tif="GTC"), 1, [FLAT, (102,) * 4, (101.66,) * 4], ("FILLED", 101.66)),
        (STOP_LIMIT(101.75, 101.5, tif="GTC"), -1, [(102,) * 4, (101,) * 4, (101.66,) * 4], ("FILLED", 101.66)),
        (TOUCHED(99.0, 99.5, tif="GTC"), 1, [(100, 100, 98.5, 99.2)], ("FILLED", 99.2)),
        (TOUCHED(99.0, 99.5, tif="GTC"), 1, [(100, 100, 98.5, 99.8)], ("WORKING", None)),
    ],
)  # fmt: skip
def test_a_session_fills_as_the_rules_say(
    style: Terms, side: int, bars: list[Bar], expected: tuple[str, float | None]
) -> None:
    """Protects ``fill_model="lean_equity"``: the rules that pass the case table are those that a session asks."""
    assert fill_of(style, side, *bars) == expected


# ------------------------------------------------------------------ minute bars


def minutes(*bars: dict[str, float] | None, day: str = "2014-06-24") -> list[dict[str, object]]:
    """Rows of one day: a bar each minute from 09:31; {} is a bar without trades, None no row at all."""
    begin = pd.Timestamp(f"{day} 09:31")
    quiet = {"open": 50.0, "high": 50.0, "low": 50.0, "close": 50.0, "volume": 0.0}
    return [
        {"date": begin + pd.Timedelta(minutes=number), "symbol": "X.US", **quiet, **bar}
        for number, bar in enumerate(bars)
        if bar is not None
    ]


def prints(*prices: float, **quotes: float) -> dict[str, float]:
    """A bar with trades, and the quotes at its end."""
    four = prices if len(prices) == 4 else prices * 4
    return {**dict(zip(("open", "high", "low", "close"), four, strict=True)), "volume": 1e6, **quotes}


def minute_session(rows: list[dict[str, object]]) -> qr.Session:
    """A session that holds 100 shares, before its first day; the data begin a day earlier."""
    before = minutes(prints(100.0), prints(101.123), day="2014-06-23")
    market = qr.read_market(pd.DataFrame([*before, *rows]))
    assert market.panel.intraday is not None
    return qr.Session(
        market, cash=1e6, fill_model="lean_equity", reserve="none", start="2014-06-24", positions={"X.US": 100}
    )


def outcome(session: qr.Session) -> list[tuple[str, int, float]]:
    """Time of day, shares and price of each fill."""
    signs = {"buy": 1, "sell": -1}
    return [
        (f"{row.time:%H:%M}", signs[row.side.lower()] * row.quantity, round(row.price, 7))
        for row in session.fills.itertuples()
    ]  # fmt: skip


RESTING = {"Limit", "StopMarket", "StopLimit", "TrailingStop", "LimitIfTouched"}
MINUTE_CASES = [
    case for case, (first, *_) in CASES.items()
    if first["order_type"] in RESTING and first["resolution"] == "minute" and first["fill_model"] == "EquityFillModel"
]  # fmt: skip


def bar_of(row: dict[str, str]) -> dict[str, float]:
    """The bar of a step of the table: its trades, and the quotes at its end."""
    names = ("open", "high", "low", "close")
    found = prints(*(float(row[f"trade_{name}"]) for name in names)) if row["trade_open"] else {}
    quotes = {side: float(row[f"{side}_close"]) for side in ("bid", "ask") if row[f"{side}_close"]}
    return {**found, **quotes}


@pytest.mark.parametrize("case", MINUTE_CASES)
def test_a_minute_session_walks_the_cases_of_resting_orders(case: str) -> None:
    """Protects the rules on minute bars with quotes: every step of a case is a minute, and only the last one fills."""
    rows = CASES[case]
    ahead = [row for row in rows if row["trade_end_utc"] and row["trade_end_utc"] <= row["order_time_utc"]]
    known = bar_of(ahead[0]) if ahead else prints(100.0)
    after = [bar_of(row) for row in rows if row not in ahead]
    session = minute_session(minutes(known, *after, {})).step(phase="INTRADAY")
    asked = order(rows[0])
    session.order("X.US", asked.quantity, replace(asked.terms, stop_price=asked.stop))
    session.step()
    filled = [f"09:{31 + len(after)}"] if rows[-1]["expected_status"] == "Filled" else []
    expected = [(time, asked.quantity, float(rows[-1]["expected_fill_price"])) for time in filled]
    assert outcome(session) == expected
    stops = [row["expected_stop_after"] for row in rows if row["expected_stop_after"]]
    moved = session.events[session.events.event == "StopMoved"]
    assert len(moved) == len(set(stops)) - 1 if stops else moved.empty


def test_a_minute_market_order_pays_the_last_quote_or_the_last_trade() -> None:
    """Protects F001 to F006: a fresh quote first, else a trade of the last hour, whatever the next bar opens at."""
    quoted = prints(101.0, bid=101.123, ask=101.234)
    for side, price in ((100, 101.234), (-100, 101.123)):
        session = minute_session(minutes(quoted, prints(150.0))).step(phase="INTRADAY")
        session.order("X.US", side)
        assert outcome(session.step()) == [("09:32", side, price)]
        assert "at 101." in str(session.explain(1))
    stale = [prints(90.0, bid=89.0, ask=91.0), *[{}] * 60, prints(101.1), *[{}] * 60, prints(150.0)]
    session = minute_session(minutes(*stale)).run(until="2014-06-24 11:32", progress=False)
    session.order("X.US", 100)
    assert outcome(session.step()) == [("11:33", 100, 101.1)]


def test_a_minute_market_order_waits_while_all_prices_are_stale() -> None:
    """Protects F036 to F040: neither yesterday's price nor one of two hours ago fills; the next close does."""
    session = minute_session(minutes(prints(102.0, 102.5, 101.9, 102.345), prints(150.0))).step(phase="OPEN")
    session.order("X.US", 100)
    assert outcome(session.step()) == [("09:32", 100, 102.345)]
    rows = [prints(101.123), *[{}] * 120, {}, prints(102.0, 102.5, 101.9, 102.345), prints(150.0)]
    session = minute_session(minutes(*rows)).run(until="2014-06-24 11:32", progress=False)
    ticket = session.order("X.US", 100)
    assert outcome(session.step(phase="next")) == [("11:33", 100, 102.345)]
    waited = session.events[session.events.event == "OrderWaiting"]
    assert [(f"{row.time:%H:%M}", row.reason) for row in waited.itertuples()] == [("11:33", "NO_TRADES")]
    assert ticket.status.value == "FILLED"


def test_minute_orders_for_the_open_and_the_close_get_those_prices() -> None:
    """Protects F013, F015, F031 and F033: the first bar's open and the last bar's close, not the quotes between."""
    bars = [prints(1.45, 2.0, 1.1, 1.4, bid=1.39, ask=1.41), prints(1.33, 2.75, 1.15, 1.45), prints(1.45, 2, 1.1, 1.4)]
    for side in (100, -100):
        session = minute_session(minutes(*bars)).step(phase="PRE_OPEN")
        session.order("X.US", side, qr.terms.at_open())
        assert outcome(session.step()) == [("09:30", side, 1.45)]
        session = minute_session(minutes(*bars)).step(phase="INTRADAY")
        session.order("X.US", side, qr.terms.at_close())
        assert outcome(session.step()) == [("15:00", side, 1.4)]
