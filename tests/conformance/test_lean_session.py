"""The LEAN fill rules through a whole session: one bar, one order, the figures of the case table."""

from __future__ import annotations

import pandas as pd
import pytest

import qresearch as qr
from qresearch.domain.terms import Terms

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
