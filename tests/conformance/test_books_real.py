"""The books over twelve years of real bars: 81 symbols with their suspensions, dividends, splits and endings."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import qresearch as qr

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "property"))

from books import check_books  # beside the property tests, which use it on random markets

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "cn_daily.parquet"
pytestmark = [
    pytest.mark.skipif(not DATA.is_file(), reason=f"the real bars are not committed; there is no {DATA}"),
    pytest.mark.filterwarnings("ignore::qresearch.MarketWarning"),
]


def momentum(context, data) -> None:
    """Every fifth day equal weight in the ten best of sixty days, bought by value and sold by target."""
    if data.day < 60 or data.day % 5:
        return
    closes, symbols = data.array("close"), context.symbols
    gains = np.where(np.isnan(closes[-1]), np.nan, closes[-1] / closes[-61] - 1)
    ranked = [place for place in np.argsort(-gains, kind="stable") if gains[place] == gains[place]]
    best = {symbols[place] for place in ranked[:10]}
    account = context.portfolio
    for symbol in account.positions:
        if symbol not in best:
            context.order_target(symbol, 0)
    for symbol in sorted(best):
        context.order_target_value(symbol, account.equity * 0.095)


@pytest.fixture(scope="module")
def market() -> qr.Market:
    """All 81 symbols with the tables beside them."""
    return qr.read_market(DATA)


@pytest.mark.parametrize(
    "options",
    [{}, {"rights": "subscribe", "dividend_tax": 0.1, "match_order": "fifo"}],
    ids=["default", "subscribe-tax-fifo"],
)
def test_the_books_balance_on_real_bars(market: qr.Market, options: dict[str, object]) -> None:
    """Protects the money on real data: 2,900 days explained to the fen by prices, fees and corporate actions."""
    session = qr.Session(market, cash=1_000_000, strategy=momentum, costs="historical", **options)
    session.run(progress=False)
    books = check_books(session, "historical")
    assert len(session.equity) == len(market.days) > 2900
    assert books.fills > 5000
    kinds = set(session.events.event)
    assert {"DividendPaid", "SharesIssued", "OrderScaled", "OrderTrimmed", "PositionStale"} <= kinds


def test_holders_of_everything_see_every_action(market: qr.Market) -> None:
    """Protects corporate actions: who holds all symbols from the start gets each action that has an effect, once."""
    first = 5
    known = [
        symbol for column, symbol in enumerate(market.symbols)
        if market.panel.first_row[column] < first and market.instruments[column].board != "INDEX"
    ]  # fmt: skip
    session = qr.Session(
        market, start=market.days[first], positions=dict.fromkeys(known, 1000), positions_paid=False,
        costs="historical", cash=10_000_000, rights="subscribe",
    )  # fmt: skip
    session.run(progress=False)
    check_books(session, "historical")
    events = session.events
    held = {market.column(symbol) for symbol in known}
    paid = sum(1 for action in market.actions if action.instrument in held and action.cash and action.ex_day >= first)
    assert (events.event == "DividendPaid").sum() == paid > 200
