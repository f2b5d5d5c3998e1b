"""Fill by fill against a plain reference that shares no line with the engine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from reference import INVESTED, LOOKBACK, PERIOD, TOP, Bars, Fill, average_cross, fee_in_fen, fills_of, momentum, walk

import qresearch as qr
from qresearch.domain.money import MoneyScale
from qresearch.market.venue import PLAIN

FEN = replace(PLAIN, name="plain in fen", money=MoneyScale("CNY", 100, 1000))


@pytest.fixture(scope="session")
def bars() -> Bars:
    """The first 100 shares of the walk; made once, it takes a few seconds."""
    return walk(100)


def market(bars: Bars, shares: int, venue=PLAIN) -> qr.Market:
    """The first shares as a market without rules, read through the public door from one frame per field."""
    days = pd.bdate_range("2014-01-06", periods=len(bars.close))
    symbols = [f"S{share:04}" for share in range(shares)]
    wide = {
        name: pd.DataFrame(values[:, :shares], index=days, columns=symbols) for name, values in bars._asdict().items()
    }
    return qr.read_market(wide, venue=venue)


def cross(context, data) -> None:
    """W1 in the words of the Trading API."""
    closes = data.array("close")[:, 0]
    if len(closes) < 30:
        return
    total = np.concatenate([[0.0], np.cumsum(closes)])
    fast, slow = (total[-1] - total[-11]) / 10, (total[-1] - total[-31]) / 30
    held = context.portfolio.quantities.get("S0000", 0)
    if not held and fast > slow:
        context.order("S0000", int(INVESTED * context.portfolio.equity / closes[-1] / 100) * 100)
    elif held and fast < slow:
        context.order("S0000", -held)


def best_ten(context, data) -> None:
    """W2 in the words of the Trading API."""
    closes, day = data.array("close"), data.day
    if day < LOOKBACK or day % PERIOD:
        return
    gains = closes[day] / closes[day - LOOKBACK] - 1.0
    best = {context.symbols[share] for share in np.argsort(-gains, kind="stable")[:TOP]}
    account = context.portfolio
    held, wanted = account.quantities, INVESTED / TOP * account.equity
    prices = dict(zip(context.symbols, closes[day].tolist(), strict=True))
    for symbol in sorted(best | set(held)):
        have, price = held.get(symbol, 0), prices[symbol]
        change = int((wanted - have * price) / price / 100) * 100 if symbol in best else -have
        if change:
            context.order(symbol, change)


def run(bars: Bars, shares: int, cash: float, strategy, venue=PLAIN) -> tuple[list[Fill], qr.Session]:
    """The fills of a session with the costs of the specification."""
    session = qr.Session(market(bars, shares, venue), cash=cash, strategy=strategy)
    session.set_order_cost(
        open_tax=0, close_tax=0.0005, open_commission=0.00025, close_commission=0.00025, min_commission=5
    )
    session.run(progress=False)
    fills = session.fills
    days = session.market.days.searchsorted(fills.day.to_numpy().astype("datetime64[D]"))
    signed = fills.quantity.where(fills.side == "buy", -fills.quantity)
    rows = zip(days.tolist(), fills.symbol.str[1:].astype(int), signed, fills.price, strict=True)
    return [Fill(int(day), int(share), int(quantity), float(price)) for day, share, quantity, price in rows], session


def by_key(fills: list[Fill]) -> dict[tuple[int, int], tuple[int, float]]:
    """Fills by (day, share); there is never more than one."""
    keyed = {(fill.day, fill.share): (fill.quantity, fill.price) for fill in fills}
    assert len(keyed) == len(fills)
    return keyed


def test_the_walk_is_the_published_one(bars: Bars) -> None:
    """Protects the comparison itself: on our data the reference makes the published fills and ends at their equity."""
    one = Bars(*(values[:, :1] for values in bars))
    fills, equity = fills_of(one, 1e6, average_cross(one.close))
    assert (len(fills), round(equity, 2)) == (107, 786_469.02)
    fills, equity = fills_of(bars, 1e7, momentum(bars.close))
    assert (len(fills), round(equity, 2)) == (7070, 22_874_455.84)


def test_one_share_crossing_averages(bars: Bars) -> None:
    """Protects next-open fills of one share: day, shares and price of all 107 fills (W1)."""
    expected, equity = fills_of(bars, 1e6, average_cross(bars.close))
    fills, session = run(bars, 1, 1e6, cross)
    assert len(fills) == 107
    assert by_key(fills) == by_key(expected)
    # The reference keeps floats, the session millionths: less than a cent after all fills.
    assert round(session.portfolio.equity, 2) == round(equity, 2)


def test_ten_best_of_a_hundred(bars: Bars) -> None:
    """Protects a rebalanced portfolio, sells first: day, symbol, shares and price of all 7,070 fills (W2)."""
    expected, equity = fills_of(bars, 1e7, momentum(bars.close))
    fills, session = run(bars, 100, 1e7, best_ten)
    assert len(fills) == 7070
    assert by_key(fills) == by_key(expected)
    assert round(session.portfolio.equity, 2) == round(equity, 2)


def test_fees_rounded_to_fen_move_fourteen_fills(bars: Bars) -> None:
    """Protects the rounding of fees: in fen we agree with a reference that rounds so, and 14 of 7,070 fills differ."""
    plain, _ = fills_of(bars, 1e7, momentum(bars.close))
    expected, equity = fills_of(bars, 1e7, momentum(bars.close), fee_in_fen)
    fills, session = run(bars, 100, 1e7, best_ten, FEN)
    assert by_key(fills) == by_key(expected)
    assert round(session.portfolio.equity * 100) == round(equity * 100)
    ours, theirs = by_key(fills), by_key(plain)
    assert ours.keys() == theirs.keys()
    assert sum(ours[key] != theirs[key] for key in ours) == 14
