"""Which way an order was to trade, wherever it is read: also of one that was refused before it had a size."""

from __future__ import annotations

import re

import pytest
from hand import market, session

import qresearch as qr

SHARE, INDEX = "600001.SH", "000300.SH"
BUYS = [
    ("buy", 100), ("order", 100), ("order_value", 10_000), ("order_target", 100), ("order_target_value", 10_000),
    ("order_lots", 1), ("order_pct", 0.5),
]  # fmt: skip
SALES = [
    ("sell", 100), ("order", -100), ("order_value", -10_000), ("order_target", 0), ("order_target_value", 0),
    ("order_lots", -1), ("order_pct", -0.5),
]  # fmt: skip
CALLS = [*(("buy", *call) for call in BUYS), *(("sell", *call) for call in SALES)]


def told(html: str) -> str:
    """The text of some HTML."""
    return re.sub("<.*?>", "", html)


def read_everywhere(run: qr.Session, call: str, symbol: str, asked: float) -> list[str]:
    """The side of a call in every place that names it: preview first, then ticket, table and explanation."""
    preview = run.what_if(call, symbol, asked)
    ticket = getattr(run, call)(symbol, asked)
    number, name = int(ticket), re.escape(symbol)
    patterns = {
        rf"\): (\w+) [\d,]+ {name}": told(preview._repr_html_()),
        rf"<Ticket {number}: (\w+) ": repr(ticket),
        rf"Order {number}: (\w+) [\d,]+ {name}": told(ticket._repr_html_()),
        rf"Order {number}: (\w+) {name}": str(run.explain(ticket)),
    }
    texts = [re.search(pattern, text).group(1) for pattern, text in patterns.items()]
    return [preview.side, *texts, run.orders.side[number]]


@pytest.mark.parametrize(("side", "call", "asked"), CALLS)
def test_what_was_refused_reads_as_it_was_asked_for(side: str, call: str, asked: float) -> None:
    """Protects a refused buy from being told as a sale: an index trades in no way, and nothing was ever sized."""
    run = session(market({INDEX: [4000.0] * 4, SHARE: [10.0] * 4}))
    assert set(read_everywhere(run, call, INDEX, asked)) == {side}
    assert run.orders.status.tolist() == ["REJECTED"]


@pytest.mark.parametrize("call", ["order_value", "order_target_value", "order_pct"])
def test_a_buy_for_want_of_a_price_is_a_buy(call: str) -> None:
    """Protects buys by value of a share that is not listed yet: there is no price to make shares of the money."""
    run = session(market({SHARE: [10.0] * 6, "600002.SH": [None, None, None, 10.0, 10.0, 10.0]}))
    assert set(read_everywhere(run, call, "600002.SH", 0.5 if call == "order_pct" else 10_000)) == {"buy"}
    assert run.orders.reason.tolist() == ["NO_PRICE"]


@pytest.mark.parametrize(("side", "call", "asked"), CALLS)
def test_what_was_sent_reads_as_it_trades(side: str, call: str, asked: float) -> None:
    """Protects the same places for orders that go through: what is held is sold, what is not is bought."""
    held = {SHARE: 1000} if side == "sell" else None
    run = qr.Session(
        market({SHARE: [10.0] * 4}),
        start="2024-01-03",
        cash=100_000,
        costs="zero",
        positions=held,
        positions_paid=False,
    )
    assert set(read_everywhere(run.step(), call, SHARE, asked)) == {side}
    run.step()
    assert run.fills.side.tolist() == [side]
    assert (run.fills.net < 0).tolist() == [side == "buy"]
