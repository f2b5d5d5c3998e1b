"""Two examples of LEAN's page on trading and orders: open order margin, and splits while an order waits."""

from __future__ import annotations

import pandas as pd
import pytest

import qresearch as qr
from qresearch import terms
from qresearch.session.ticket import Ticket

OPTION = "240109C00470000"
"""The contract of the example, here a plain instrument on a venue without lots; nothing can be sold short."""


def bars(*rows: tuple[float, float, float, float]) -> qr.Market:
    """One instrument, one bar a row: open, high, low, close."""
    days = pd.bdate_range("2024-01-04", periods=len(rows))
    table = [(day, OPTION, *row, 1e6) for day, row in zip(days, rows, strict=True)]
    return qr.read_market(pd.DataFrame(table, columns=["date", "symbol", "open", "high", "low", "close", "volume"]))


def story(**options: object) -> tuple[qr.Session, Ticket, Ticket, Ticket]:
    """Buy 2 at 0.91, protect them by a stop at 0.81, then sell 1 at 1.50."""
    market = bars((0.9, 0.9, 0.9, 0.9), (0.91, 0.95, 0.88, 0.93), (1.0, 1.2, 0.95, 1.1), (1.5, 1.5, 1.4, 1.45))
    run = qr.Session(market, cash=1_000, costs="zero", **({"reserve": "none", "open_order_margin": True} | options))
    run.step()
    bought = run.buy(OPTION, 2)
    run.step()
    stopped = run.sell(OPTION, 2, style=terms.stop(0.81, tif="GTC"))
    run.step()
    sold = run.sell(OPTION, 1)
    return run.step(), bought, stopped, sold


def test_a_fill_ends_an_order_that_the_account_can_no_longer_carry() -> None:
    """Protects the table of the document: 1 buys 2 and fills, 2 is submitted, 3 sells 1 and fills, 2 is invalid."""
    run, bought, stopped, sold = story()
    table = [
        # order, type, price, quantity filled, state in LEAN's words
        (1, "Market", 0.91, 2, "3 Filled"),
        (3, "Market", 1.50, -1, "3 Filled"),
        (2, "Stop Market", float("nan"), 0, "7 Invalid"),
    ]
    for ticket, (number, _, price, quantity, words) in zip((bought, sold, stopped), table, strict=True):
        assert int(ticket) == number
        assert ticket.average_price == pytest.approx(price, nan_ok=True)
        assert ticket.filled == abs(quantity)
        assert str(ticket.code("lean")) == words
    # The two shares of the stop were more than the one that is left: 2 needed, 1 there.
    assert (stopped.status.value, stopped.reason) == ("REJECTED", "OPEN_ORDER_MARGIN")
    assert stopped.record.end_origin == "risk"
    assert "it needs 2, 1 is left" in stopped.why
    order_of_events = [
        (int(row.order_id), row.event)
        for _, row in run.events.iterrows()
        if row.event in {"OrderFilled", "OrderRejected"}
    ]
    assert order_of_events == [(1, "OrderFilled"), (3, "OrderFilled"), (2, "OrderRejected")]


def test_until_then_the_stop_was_submitted() -> None:
    """Protects the first half of the table: before the sale fills, order 2 works and LEAN calls it submitted."""
    run, _, stopped, _ = story()
    run.back()
    assert (stopped.status.value, str(stopped.code("lean"))) == ("WORKING", "1 Submitted")


def test_without_the_option_the_stop_lives_on() -> None:
    """Protects the option itself: without the margin rule order 2 is left alone by the fill of order 3."""
    _, _, stopped, _ = story(open_order_margin=False)
    assert stopped.status.value == "WORKING"


@pytest.mark.parametrize(
    ("style", "side", "after"),
    [
        # 10 @ 100 becomes 20 @ 50; an amount of 10 to trail by becomes 5, a percentage stays what it is.
        (terms.limit(100.0, tif="GTC"), 1, (50.0, None, None)),
        (terms.limit(200.0, tif="GTC"), -1, (100.0, None, None)),
        (terms.stop(100.0, tif="GTC"), -1, (None, 50.0, None)),
        (terms.stop_limit(100.0, 98.0, tif="GTC"), -1, (49.0, 50.0, None)),
        (terms.limit_if_touched(100.0, 102.0, tif="GTC"), 1, (51.0, 50.0, None)),
        (terms.trailing_stop(10.0, stop_price=100.0), -1, (None, 50.0, 5.0)),
        (terms.trailing_stop(percent=10, stop_price=100.0), -1, (None, 50.0, 0.1)),
    ],
    ids=["limit buy", "limit sell", "stop", "stop limit", "limit if touched", "trailing amount", "trailing percent"],
)
@pytest.mark.parametrize("when", ["queued", "working"])
def test_a_split_scales_an_open_order(
    style: terms.Terms, side: int, after: tuple[float | None, float | None, float | None], when: str
) -> None:
    """Protects open orders over a split: 10 at 100 and two for one give 20 at 50, worth the same as before."""
    days = pd.bdate_range("2024-01-04", periods=4)
    flat = 110.0 if side > 0 or style.kind is not terms.Kind.LIMIT else 150.0
    prices = [flat, flat, flat / 2, flat / 2] if when == "working" else [flat, flat / 2, flat / 2, flat / 2]
    rows = [(day, "SPY", price, price, price, price, 1e6) for day, price in zip(days, prices, strict=True)]
    split = days[2] if when == "working" else days[1]
    market = qr.read_market(
        pd.DataFrame(rows, columns=["date", "symbol", "open", "high", "low", "close", "volume"]),
        actions=pd.DataFrame([{"symbol": "SPY", "ex_date": split, "bonus_per_share": 1.0}]),
    )
    run = qr.Session(market, cash=100_000, costs="zero", start=days[0])
    run.step()
    if side < 0:
        run = qr.Session(
            market, cash=100_000, costs="zero", start=days[1], positions={"SPY": 10}, positions_paid=False
        )  # fmt: skip
    ticket = run.order("SPY", side * 10, style)
    run.step(2 if when == "working" and side > 0 else 1, phase=None) if when == "working" else None
    run.step(phase="PRE_OPEN")
    record = ticket.record
    assert (abs(record.quantity), record.leaves, record.filled) == (20, 20, 0)
    assert (record.terms.limit_price, record.terms.stop_price, record.terms.trail) == after
    assert run.events.event.tolist().count("OrderScaled") == 1
    before = 10 * (style.limit_price or style.stop_price)
    assert 20 * (record.terms.limit_price or record.terms.stop_price) == before
