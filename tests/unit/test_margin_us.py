"""The margin account of the United States: signed holdings, orders that cross nothing, margin, splits, calls."""

from __future__ import annotations

import pandas as pd
import pytest

import qresearch as qr
from qresearch import terms
from qresearch.engine.accounts.margin_us import MarginUs

COLUMNS = ["date", "symbol", "open", "high", "low", "close", "volume"]


def market(*prices: float, **tables: object) -> qr.Market:
    """One share, flat bars from 2024-01-02 on."""
    days = pd.bdate_range("2024-01-02", periods=len(prices))
    rows = [(day, "SPY", price, price, price, price, 1e6) for day, price in zip(days, prices, strict=True)]
    return qr.read_market(pd.DataFrame(rows, columns=COLUMNS), venue="us", **tables)


def opened(*prices: float, cash: float = 10_000, **options: object) -> qr.Session:
    """A session on such a share, one day old, without fees."""
    tables = {name: options.pop(name) for name in ("actions", "instruments") if name in options}
    given = {"account": "margin_us", "costs": "zero", **options}
    return qr.Session(market(*prices, **tables), cash=cash, **given).step()


def net(session: qr.Session) -> int:
    """Shares held, signed."""
    return session.simulation.account.ledger.net(0)


def balanced(session: qr.Session) -> bool:
    """Floating + realised + income - fees = equity - start."""
    simulation = session.simulation
    account, worth = simulation.account, simulation.exchange.account.value(simulation.account, simulation.exchange)
    gained = worth.floating + account.realised + account.ledger.income - account.ledger.fees
    return gained == worth.equity - simulation.starting_equity


def test_one_order_and_one_fill_cross_nothing() -> None:
    """Protects the reversal: 100 held and 250 sold is one fill, and 150 short; cash 0 + 250 x 110."""
    session = opened(100, 100, 110, 110)
    session.buy("SPY", 100)
    session.step()
    assert (session.portfolio.cash, net(session)) == (0.0, 100)
    sold = session.sell("SPY", 250)
    session.step()
    assert (sold.status.value, sold.filled, len(session.fills)) == ("FILLED", 250, 2)
    assert (session.portfolio.cash, net(session), session.portfolio.equity) == (27_500.0, -150, 11_000.0)
    # 100 shares gained 10 each; what was sold short at 110 stands at 110.
    assert session.simulation.account.realised == 100_000
    assert balanced(session)


def test_a_holding_has_one_average_price_until_it_crosses() -> None:
    """Protects the average: 100 at 100 and 100 at 110 are 105; a part that goes leaves it, and realises against it."""
    session = opened(100, 100, 110, 120, 120, cash=100_000)
    for quantity in (100, 100, -50):
        session.order("SPY", quantity)
        session.step()
    (lot,) = session.simulation.account.ledger.lots[0, 1]
    assert (lot.quantity, lot.opened, lot.cost) == (150, 1_050_000, 1_575_000)
    assert session.simulation.account.realised == 50 * (120 - 105) * 100
    assert balanced(session)


@pytest.mark.parametrize(("quantity", "fills"), [(200, 200), (-200, -200), (201, 200), (-201, -200)])
def test_an_order_needs_half_of_its_value(quantity: int, fills: int) -> None:
    """Protects the initial margin: 10,000 carry 200 shares at 100 on either side, and not one more."""
    session = opened(100, 100, 100)
    session.order("SPY", quantity)
    session.step()
    assert net(session) == fills


def test_regulation_t_is_a_setting() -> None:
    """Protects the settings: half to open and a quarter to hold leaves 10,000 - 5,000 free after 200 shares at 100."""
    session = opened(100, 100, 100, account=MarginUs(0.5, 0.25))
    session.order("SPY", 200)
    session.step()
    simulation = session.simulation
    worth = simulation.exchange.account.value(simulation.account, simulation.exchange)
    assert (worth.equity - worth.margin, worth.margin) == (500_000, 500_000)


def test_a_reduction_needs_nothing_however_deep_the_account_is() -> None:
    """Protects whoever closes: after a fall nothing is free, and a sale goes through."""
    session = opened(100, 100, 92, 92)
    session.order("SPY", 200)
    session.step(2)
    session.order("SPY", -100)
    session.step()
    assert net(session) == 100


def test_a_reversal_may_use_what_it_frees() -> None:
    """Protects LEAN's rule: the need of 400 sold is 20,000; 200 held free 10,000 + 10,000."""
    session = opened(100, 100, 100, 100)
    session.order("SPY", 200)
    session.step()
    session.order("SPY", -400)
    session.step()
    assert net(session) == -200


def test_a_split_keeps_whole_shares_and_pays_the_fraction() -> None:
    """Protects both sides over a split: 101 short, three for two: 151.5 become 151, and half a share is paid for."""
    actions = pd.DataFrame([{"symbol": "SPY", "ex_date": "2024-01-05", "bonus_per_share": 0.5}])
    session = opened(90, 90, 90, 60, 60, actions=actions)
    session.order("SPY", -101)
    session.step()
    equity = session.portfolio.equity
    session.step(2)
    # 9,090 of proceeds, less half a share at 60, which is two thirds of 90.
    assert (net(session), session.portfolio.cash) == (-151, 10_000 + 9_090 - 30)
    assert session.portfolio.equity == equity
    assert balanced(session)


def test_whoever_is_short_pays_the_dividend() -> None:
    """Protects dividends on both sides: 100 short pay 2 each, as income of minus 200."""
    actions = pd.DataFrame([{"symbol": "SPY", "ex_date": "2024-01-04", "cash_per_share": 2.0}])
    session = opened(100, 100, 98, actions=actions)
    session.order("SPY", -100)
    session.step(2)
    assert (session.portfolio.cash, session.simulation.account.ledger.income) == (10_000 + 10_000 - 200, -20_000)
    assert balanced(session)


def test_what_ends_is_closed_at_its_last_price() -> None:
    """Protects delistings: 10 short from 100, the last price 80: 20 each are gained, and nothing is held."""
    listed = pd.DataFrame([{"symbol": "SPY", "delist_date": "2024-01-05"}])
    rows = market(100, 100, 80)
    days = [str(day) for day in rows.days]
    frame = pd.DataFrame(
        [(day, "SPY", price, price, price, price, 1e6) for day, price in zip(days, (100, 100, 80), strict=True)]
        + [(day, "AAA", 1.0, 1.0, 1.0, 1.0, 1e6) for day in [*days, "2024-01-05"]],
        columns=COLUMNS,
    )
    session = qr.Session(
        qr.read_market(frame, venue="us", instruments=listed), cash=10_000, account="margin_us", costs="zero"
    ).step()
    session.order("SPY", -10)
    session.step(3)
    assert session.simulation.account.ledger.lots == {}
    assert session.portfolio.cash == 10_200.0


def test_a_call_sells_what_is_missing() -> None:
    """Protects the call: 200 held at 100 with 10,000 owed; at 70 the margin of 7,000 exceeds 110 % of 4,000.

    3,000 are missing, and a share frees 35: 86 are sold.
    """
    session = opened(100, 100, 70, 70, 70)
    session.order("SPY", 200)
    session.step(2)
    assert session.events.event.tolist().count("MarginCalled") >= 1
    session.step()
    assert net(session) == 200 - 86
    assert session.simulation.orders.now()[2].terms.tag == "margin call"


def test_interest_is_owed_by_calendar_days() -> None:
    """Protects interest: 10,000 owed at 3.6 % over one night is 1.00."""
    session = opened(100, 100, 100, account=MarginUs(debit_rate=0.036))
    session.order("SPY", 200)
    session.step(2)
    assert session.portfolio.cash == -10_001.0


def test_wrong_margins_are_refused() -> None:
    """Protects the settings from a leverage that is none."""
    with pytest.raises(qr.errors.UsageError, match=r"MarginUs: initial=2"):
        MarginUs(initial=2)


def test_a_split_leaves_an_order_at_one_tick_at_least() -> None:
    """Protects a session from standing still: half of the smallest price is none, and every step raised."""
    days, prices = pd.bdate_range("2024-03-04", periods=8), [10.0] * 4 + [5.0] * 4
    bars = pd.DataFrame({"date": days, "symbol": "AAPL", "volume": 1e6})
    bars = bars.assign(open=prices, high=prices, low=prices, close=prices)
    split = pd.DataFrame([{"symbol": "AAPL", "ex_date": days[4], "bonus": 1.0}])
    run = qr.Session(qr.read_market(bars, actions=split, venue="us"), cash=100_000, account="margin_us").step()
    order = run.buy("AAPL", 100, terms.limit(0.01, tif="GTC"))
    run.step(6)
    assert (order.leaves, order.record.terms.limit_price) == (200, 0.01)
