"""Futures: what a person does and sees in an account of contracts; the sums are in conformance/test_futures_streams."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

import qresearch as qr
from qresearch import terms
from qresearch.domain.contract import Contract, Rates
from qresearch.engine.accounts.futures import Futures

METAL, INDEX = "QT2307", "ZX2306"


def account(start: str = "2023-03-01", cash: float = 1_000_000, **options: object) -> qr.Session:
    """A session on the embedded futures, at the close of its first day."""
    return qr.Session(qr.sample_futures(), start=start, cash=cash, account="futures", **options).step()


def bars(symbol: str = "AB2406", settlements: tuple[float, ...] = (100.0,) * 6, **columns: object) -> pd.DataFrame:
    """Flat bars of one contract, settled at given prices."""
    frame = pd.DataFrame({"date": pd.bdate_range("2024-03-04", periods=len(settlements)), "symbol": symbol})
    return frame.assign(open=100.0, high=104.0, low=96.0, close=101.0, volume=1e4, settlement=settlements, **columns)


CONTRACT = {"symbol": "AB2406", "multiplier": 10, "tick": 1, "margin": 0.1, "open_fee": 0.0001}


def test_what_is_sold_first_is_a_short_side_beside_a_long_one() -> None:
    """Protects both sides of one contract: each with its price, its margin and its profit, and one row by symbol."""
    run = account()
    run.buy(METAL, 3, terms.to_open())
    run.sell(METAL, 2, terms.to_open())
    run.step()
    lots = run.tables.lots
    assert lots["quantity"].to_dict() == {(METAL, "long"): 3, (METAL, "short"): 2}
    opened = float(run.market.panel.open[run.simulation.account.day, run.market.column(METAL)])
    assert (lots["average_price"] == opened).all()
    assert lots["margin"].sum() == pytest.approx(run.portfolio.margin)
    assert run.positions.loc[METAL, "quantity"] == 1
    assert run.portfolio.available == pytest.approx(run.portfolio.equity - run.portfolio.margin)
    assert run.portfolio.risk_degree == pytest.approx(run.portfolio.margin / run.portfolio.equity)


def test_each_side_binds_at_its_own_ratio() -> None:
    """Protects the short side: an exchange may ask more of one side than of the other."""
    contract = {name: value for name, value in CONTRACT.items() if name != "margin"}
    table = pd.DataFrame([{**contract, "long_margin": 0.1, "short_margin": 0.2}])
    run = qr.Session(qr.read_market(bars(), contracts=table), cash=100_000, account="futures").step()
    run.buy("AB2406", 1, terms.to_open())
    run.sell("AB2406", 1, terms.to_open())
    run.step()
    margins = run.tables.lots["margin"]
    assert margins["AB2406", "short"] == pytest.approx(2 * margins["AB2406", "long"])


def test_the_larger_side_binds_alone_where_asked_for() -> None:
    """Protects the margin that exchanges grant: of two sides of a product the larger one only."""
    both, larger = account(), account()
    larger = qr.Session(larger.market, start="2023-03-01", cash=1e6, account=Futures("larger_side")).step()
    for run in (both, larger):
        run.buy(METAL, 3, terms.to_open())
        run.sell("QT2310", 2, terms.to_open())
        run.step()
    sides = both.tables.lots["margin"]
    assert both.portfolio.margin == pytest.approx(sides.sum())
    assert larger.portfolio.margin == pytest.approx(sides.max())


def test_a_plain_order_closes_before_it_opens() -> None:
    """Protects who does not think in effects: a sale closes what is held long, and opens a short side only then."""
    run = account()
    run.buy(METAL, 2)
    run.step()
    too_much = run.sell(METAL, 5)
    run.step()
    assert (too_much.filled, too_much.reason) == (2, "NOTHING_TO_CLOSE")
    assert run.tables.lots.empty
    run.sell(METAL, 5)
    run.step()
    assert run.tables.lots["quantity"].to_dict() == {(METAL, "short"): 5}


def test_lots_of_today_and_of_earlier_days_can_be_told_apart() -> None:
    """Protects who closes on exchanges with an order for today's lots: each takes its own, at its own fee."""
    run = account()
    run.buy(METAL, 2, terms.to_open())
    run.step()
    run.buy(METAL, 1, terms.to_open())
    old = run.sell(METAL, 5, terms.to_close(terms.at_close(), "old"))
    new = run.sell(METAL, 5, terms.to_close(terms.at_close(), "today"))
    run.step()
    assert [(ticket.filled, ticket.reason) for ticket in (old, new)] == [
        (2, "NOTHING_TO_CLOSE"),
        (1, "NOTHING_TO_CLOSE"),
    ]
    fees = run.fills.set_index("order_id")["commission"]
    assert fees[int(new)] * 2 == pytest.approx(fees[int(old)] * 2, abs=0.02), "one lot of today pays as much as two old"


def test_a_settlement_is_paid_in_cash_and_is_the_base_of_the_next_day() -> None:
    """Protects daily settlement: after it all profit is cash, and the next day's profit begins from there."""
    market = qr.read_market(bars(settlements=(100.0, 98.0, 103.0, 103.0)), contracts=pd.DataFrame([CONTRACT]))
    run = qr.Session(market, cash=10_000, costs="zero", account="futures").step()
    run.buy("AB2406", 2)
    run.step()
    assert run.portfolio.equity == 10_000 + 2 * 10 * (101 - 100), "at the close the last price counts"
    run.step(phase="AFTER_CLOSE")
    assert run.portfolio.equity == run.portfolio.cash == 10_000 + 2 * 10 * (98 - 100)
    assert run.tables.lots.loc[("AB2406", "long"), ["average_price", "settled_price", "price"]].tolist() == [
        100,
        98,
        98,
    ]
    run.step(phase="PRE_OPEN")
    assert run.portfolio.equity == run.portfolio.cash
    run.step(phase="AFTER_CLOSE")
    assert run.portfolio.cash == 10_000 + 2 * 10 * (103 - 100)
    assert run.tables.daily_portfolio["equity"].tolist() == [10_000, 9_960, 10_060]


def test_a_strategy_does_not_see_a_settlement_before_the_close() -> None:
    """Protects from the future: two markets that differ in the settlements of later days run alike until then."""
    runs = []
    for later in (90.0, 110.0):
        market = qr.read_market(bars(settlements=(100.0, 100.0, later, later)), contracts=pd.DataFrame([CONTRACT]))
        run = qr.Session(market, cash=10_000, costs="zero", account="futures").step()
        run.buy("AB2406", 3)
        run.step(phase="CLOSE").step(phase="CLOSE")
        runs.append((run.portfolio.equity, run.portfolio.margin, run.portfolio.available))
    assert runs[0] == runs[1]


def test_an_account_that_is_called_is_closed_at_the_next_open() -> None:
    """Protects the life of a call: told after the settlement, and as few lots as needed go in the morning."""
    run = account("2023-06-08", cash=320_000)
    run.buy(METAL, 11, terms.to_open())
    run.run(until="2023-06-13", progress=False)
    called = run.events[run.events["event"] == "MarginCalled"]
    assert called["day"].astype(str).tolist() == ["2023-06-12"]
    forced = run.orders[run.orders["placed_phase"].astype(str) == "PRE_OPEN"]
    assert forced["filled"].tolist() == [1]
    assert "margin call" in str(run.ticket(int(forced.index[0])).record.terms.tag)
    before = run.portfolio.equity
    run.back()
    run.step()
    assert run.portfolio.equity == before, "going back and on again does not place it twice"


def test_who_closes_in_time_is_not_closed_by_the_account() -> None:
    """Protects who meets a call: what is ordered to close at the same open counts."""
    run = account("2023-06-08", cash=320_000)
    run.buy(METAL, 11, terms.to_open())
    run.run(until="2023-06-12", progress=False)
    run.sell(METAL, 5, terms.to_close())
    run.step()
    assert len(run.orders) == 2
    assert run.tables.lots["quantity"].tolist() == [6]


def test_a_program_does_what_its_session_did() -> None:
    """Protects ``to_script`` and the journal: what the account placed itself is not ordered once more."""
    run = account("2023-06-08", cash=320_000)
    run.buy(METAL, 11, terms.to_open())
    run.run(until="2023-06-19", progress=False)
    run.sell(METAL, 1, terms.to_close(terms.limit(50_000, tif="GTC")))
    run.step()
    script = run.to_script(market="qr.sample_futures()")
    assert script.count("session.order(") == 2
    names: dict[str, object] = {}
    exec(compile(script, "again.py", "exec"), names)  # it is our own, and asserts its digest
    assert names["session"].digest() == run.digest()


def test_a_contract_ends_at_its_last_settlement() -> None:
    """Protects the end: lots are gone without a fee, their profit is realised, and nothing is ordered any more."""
    run = account("2023-06-14")
    run.buy(INDEX, 1)
    run.run(until="2023-06-19", progress=False)
    assert run.tables.lots.empty
    daily = run.tables.daily_portfolio
    assert daily["total_profit"].iloc[-1] == pytest.approx(daily["realised_profit"].iloc[-1])
    assert len(run.fills) == 1
    late = run.buy(INDEX, 1)
    assert late.reason == "EXPIRED_CONTRACT"


def test_a_locked_limit_holds_a_call_up() -> None:
    """Protects the day on which nobody buys: the account stays under water, and closes when it can."""
    run = account("2023-06-08", cash=400_000)
    run.buy(METAL, 13, terms.to_open())
    run.run(until="2023-06-14", progress=False)
    waiting = run.orders[run.orders["reason"] == "LIMIT_DOWN"]
    assert len(waiting) == 1
    run.step()
    assert run.tables.lots["quantity"].sum() < 13


def test_an_account_under_water_has_no_return() -> None:
    """Protects the return of today from a loss that is no part of it: the sign would turn, and both tables agree."""
    session = qr.Session(qr.sample_futures(), start="2023-06-07", cash=60_000, account="futures").step()
    session.buy("QT2307", 12, terms.to_open())
    seen = []
    for _ in range(9):
        tables = session.step(phase="AFTER_CLOSE").tables
        seen.append(tables.portfolio["daily_return"])
        assert seen[-1] == tables.daily_portfolio["daily_return"].iloc[-1]
    assert min(seen) < -1
    assert seen[-1] == 0


def test_shares_and_contracts_keep_to_their_accounts() -> None:
    """Protects from a future paid as a share: an account holds what it is for, and says so."""
    cash = qr.Session(qr.sample_futures(), start="2023-03-01", cash=1e6)
    assert cash.buy(METAL, 1).reason == "NOT_CARRIED"
    margin = qr.Session(qr.sample_market(), start="2023-03-01", cash=1e6, account="futures")
    assert margin.buy("604018", 100).reason == "NOT_CARRIED"


def test_value_orders_count_the_margin() -> None:
    """Protects order_value: money buys what its margin carries, not what the contract is worth."""
    run = account()
    ticket = run.order_value(METAL, 200_000)
    run.step()
    assert ticket.filled * run.tables.lots["margin"].iloc[0] / ticket.filled <= 210_000
    assert ticket.filled >= 5


def test_explain_and_preview_speak_of_margin() -> None:
    """Protects the numbers of an order on margin: what it needs and what is there, before and after."""
    run = account()
    preview = run.what_if("sell", METAL, 2, terms.to_open())
    assert preview.cash - preview.cash_after == pytest.approx(0.09 * preview.notional + preview.fees, rel=1e-4)
    ticket = run.sell(METAL, 2, terms.to_open())
    run.step()
    told = str(ticket.explain())
    assert "needs" in told
    assert "available" in told
    assert "2 lots" in told
    assert "share" not in told
    assert "手" in str(run.explain(ticket, language="zh"))


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"margin": 1.5}, "AB2406.*from 0 to 1"),
        ({"margin": "much"}, "margin='much' is no number"),
        ({"multiplier": 0}, "multiplier"),
        ({"tick": -1}, "tick"),
        ({"marginn": 0.1}, "'marginn' is unknown.*margin"),
        ({"fee_kind": "each"}, "fee_kind"),
    ],
)
def test_a_wrong_table_of_contracts_is_told(change: dict[str, object], match: str) -> None:
    """Protects from a contract that cannot be: the symbol, the value and what is allowed."""
    with pytest.raises(qr.DataError, match=match):
        qr.read_market(bars(), contracts=pd.DataFrame([{**CONTRACT, **change}]))


def test_rates_of_a_contract_hold_by_date() -> None:
    """Protects notices: from its day on another margin binds, and yesterday's day keeps its own."""
    rows = [{**CONTRACT, "since": None}, {**CONTRACT, "margin": 0.2, "since": "2024-03-07"}]
    market = qr.read_market(bars(), contracts=pd.DataFrame(rows))
    run = qr.Session(market, cash=10_000, costs="zero", account="futures").step()
    run.buy("AB2406", 1)
    margins = [run.step().portfolio.margin for _ in range(4)]
    assert np.allclose(margins, [101.0, 101.0, 202.0, 202.0])


def test_round_trips_have_two_sides() -> None:
    """Protects the trades of contracts: sold at 100 and bought back at 90, lots of both sides, and an expiry.

    A long lot of 10 units that ends at 80 has lost 200; two short ones that were bought back have earned 200.
    """
    price = [100.0, 100.0, 95.0, 90.0, 80.0]
    frame = bars(settlements=tuple(price)).assign(open=price, high=price, low=price, close=price)
    table = pd.DataFrame([{**CONTRACT, "last_day": "2024-03-08", "open_fee": 0.001}])
    run = qr.Session(qr.read_market(frame, contracts=table), cash=100_000, account="futures").step()
    run.sell("AB2406", 3, terms.to_open())
    run.buy("AB2406", 1, terms.to_open())
    run.step(2)
    run.buy("AB2406", 2, terms.to_close())
    run.run(progress=False)
    trades = run.tables.trades
    told = trades[["exit", "quantity", "entry_price", "exit_price", "profit_before_fees", "mae", "mfe"]]
    assert told.round(9).to_numpy().tolist() == [
        ["bought back", 2, 100.0, 90.0, 200.0, 0.0, 0.1],
        ["expired", 1, 100.0, 80.0, -200.0, 0.2, 0.0],
        ["expired short", 1, 100.0, 80.0, 200.0, 0.0, 0.2],
    ]
    assert trades["fees"].sum() == pytest.approx(3 + 1 + 1.8)
    assert trades["profit"].sum() == pytest.approx(run.portfolio.profit)
    assert trades["return"].iloc[0] == pytest.approx((200 - 3.8) / (2_000 + 3.8))
    assert run.tables.attribution["profit"].sum() == pytest.approx(run.portfolio.profit)


@pytest.mark.parametrize("kind", ["futures", "options"])
def test_a_raised_margin_calls_on_the_evening_before(kind: str) -> None:
    """Protects the steps before delivery: what binds from tomorrow on is asked for at today's settlement."""
    rows = [{**CONTRACT, "since": None}, {**CONTRACT, "margin": 0.2, "since": "2024-03-07"}]
    market = qr.read_market(bars(), contracts=pd.DataFrame(rows))
    run = qr.Session(market, cash=1_500, costs="zero", account=kind)
    run.buy("AB2406", 10)
    run.step(3, phase="AFTER_CLOSE")
    called = run.events.query("event == 'MarginCalled'")
    assert called["day"].dt.strftime("%m-%d").to_list() == ["03-06"]
    assert run.portfolio.margin == 1_000.0, "what binds today is today's"
    run.step()
    # 1,500 are met by 7 lots of 200 each.
    assert run.positions.loc["AB2406", "quantity"] == 7


def test_a_position_limit_of_an_option_stands_elsewhere() -> None:
    """Protects who reads a table of both: options are limited by their underlying, in the account."""
    row = {**CONTRACT, "position_limit": 3, "right": "call", "underlying": "000300.SH", "strike": 100.0}
    with pytest.raises(qr.DataError, match=r"AB2406 is an option .* Options\(position_limit="):
        qr.read_market(bars(), contracts=pd.DataFrame([row]))


def test_a_position_limit_is_that_of_a_side_and_a_date() -> None:
    """Protects the limit: of each side of a contract, from its day on, and what closes is never refused by it."""
    rows = [{**CONTRACT, "since": None}, {**CONTRACT, "position_limit": 3, "since": "2024-03-06"}]
    market = qr.read_market(bars(), contracts=pd.DataFrame(rows))
    run = qr.Session(market, cash=100_000, costs="zero", account="futures")
    run.buy("AB2406", 4, terms.to_open())
    run.step(2)
    beyond, other = run.buy("AB2406", 1, terms.to_open()), run.sell("AB2406", 3, terms.to_open())
    run.step()
    assert (beyond.status, beyond.reason, other.filled) == ("REJECTED", "SIDE_LIMIT", 3)
    assert "1 lot beside 4 that are open on this side exceed its limit of 3" in str(run.explain(beyond))
    closed = run.sell("AB2406", 2, terms.to_close())
    run.step()
    again = run.buy("AB2406", 1, terms.to_open())
    run.step()
    assert (closed.filled, again.filled) == (2, 1)


def test_a_contract_says_what_it_is() -> None:
    """Protects the objects: what cannot be one is refused, and dates choose the rates."""
    with pytest.raises(qr.UsageError, match="rates"):
        Contract("AB", 10, 1.0, ())
    with pytest.raises(qr.UsageError, match="long_margin"):
        Rates(None, -0.1, 0.1)
    with pytest.raises(qr.UsageError, match="position_limit=2.5 must be a whole number of lots"):
        Rates(None, 0.1, 0.1, position_limit=2.5)
    with pytest.raises(qr.UsageError, match="binds nothing"):
        Contract("AB", 10, 1.0, (Rates(None, 0.0, 0.1),))
    held = Contract("AB", 10, 1.0, (Rates(None, 0.1, 0.1), Rates(dt.date(2024, 3, 7), 0.2, 0.2)))
    assert [held.on(dt.date(2024, 3, day)).long_margin for day in (6, 7)] == [0.1, 0.2]
