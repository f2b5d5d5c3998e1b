"""Order streams of accounts of margin trading, with every row of the account and of its contracts: equal to the fen.

The streams are on real series, which are not committed: they stand beside this checkout, and are left out without it.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import qresearch as qr
from qresearch import terms
from qresearch.engine.accounts.margin import MarginTrading

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "reference" / "goldens"
HAIRCUTS = {
    "a1": {"600036.SH": 0.7, "600030.SH": 0.7}, "a2": {"510300.SH": 0.9, "600276.SH": 0.7, "601318.SH": 0.7},
}  # fmt: skip
BEFORE = pd.DataFrame(
    {"date": "2015-08-14", "symbol": ["600036.SH", "600030.SH"], "open": [17.5, 22.0], "close": [17.5, 22.0]}
)
"""A day before the first stream, at whose close the account is given its shares."""
STYLES = {
    "fin_buy": (1, terms.financed()), "slo_sell": (-1, terms.short_sale()), "buy": (1, terms.to_open()),
    "forced_sell": (-1, terms.to_repay()), "sell_repay": (-1, terms.to_repay()), "buy_return": (1, terms.to_return()),
}  # fmt: skip
COLUMNS = {
    "equity": "net_assets", "available": "own_available", "debt": "total_debt", "available_margin": "bail_balance",
    "cash": "cash",
}  # fmt: skip


def table(name: str, part: str) -> pd.DataFrame:
    """One of the tables of a stream."""
    path = BESIDE / f"A_margin_{name}_{part}.csv"
    if not path.is_file():
        pytest.skip(f"the stream {name} is on a real series, which is not committed; there is no {path}")
    return pd.read_csv(path)


def opened(name: str, **options: object) -> qr.Session:
    """A session on the bars of a stream, before its first day."""
    bars = table(name, "bars")
    if name == "a1":
        bars = pd.concat([BEFORE, bars])
    bars = bars.assign(high=bars[["open", "close"]].max(axis=1), low=bars[["open", "close"]].min(axis=1), volume=1e9)
    split = {"symbol": "600276.SH", "ex_date": "2021-06-10", "cash_per_share": 0.2, "bonus_per_share": 0.2}
    ratio = 0.5 if name == "a1" else 1.0
    credit = [
        {"symbol": symbol, "haircut": cut, "financing": ratio, "lending": 0.5} for symbol, cut in HAIRCUTS[name].items()
    ]
    market = qr.read_market(
        bars,
        credit=pd.DataFrame(credit),
        actions=pd.DataFrame([split]) if name == "a2" else None,
        no_limit_days=bars[["symbol", "date"]],
    )
    kind = MarginTrading(0.0835, 0.1035) if name == "a1" else MarginTrading(0.068, 0.086, short_price_rule=False)
    start = {"start": "2015-08-17", "positions": {"600036.SH": 40_000}, "positions_paid": False} if name == "a1" else {}
    session = qr.Session(market, cash=60_000 if name == "a1" else 500_000, account=kind, **start, **options)
    session.set_order_cost(
        open_commission=0.0003, close_commission=0.0003, close_tax=0.001, min_commission=5, historical=False
    )
    return session


def step(session: qr.Session, todo: pd.DataFrame, day: str, *, ordered: bool = False) -> None:
    """Order what is for the open of a day, unless it is there, do what needs no market, and go to the day's end."""
    rows = todo[todo["date"] == day].to_dict("records")
    for row in rows:
        if row["op"] in STYLES and not ordered:
            side, style = STYLES[row["op"]]
            session.order(row["symbol"], side * row["shares"], style)
    session.step(phase="PRE_OPEN")
    assert str(session.now.day)[:10] == day
    for row in rows:
        if row["op"] == "cash_repay":
            session.account.repay(float(row["price_or_amount"]))
        elif row["op"] == "direct_return":
            session.account.give_back(row["symbol"], row["shares"])
    session.step(phase="AFTER_CLOSE")


def assert_row(session: qr.Session, name: str, day: str) -> None:
    """The account and its contracts at the end of a day."""
    expected = table(name, "expected").set_index("date").loc[day]
    portfolio = session.portfolio
    for ours, theirs in COLUMNS.items():
        assert getattr(portfolio, ours) == pytest.approx(expected[theirs], abs=0.0051), (day, ours)
    if expected["total_debt"]:
        assert portfolio.maintenance_ratio == pytest.approx(expected["maintenance_ratio"], abs=5e-7), day
    compacts, debts = table(name, "compacts"), session.tables.debts
    compacts = compacts[compacts["date"] == day].sort_values("compact_id")
    money = debts["kind"] == "money"
    assert debts.index.tolist() == compacts["compact_id"].tolist()
    assert money.map({True: 48, False: 49}).tolist() == compacts["type"].tolist()
    for ours, theirs in {
        "quantity_opened": "qty0", "quantity": "real_compact_vol", "principal_opened": "business_balance",
        "principal": "real_compact_balance", "paid": "repaid_fare", "interest": "real_compact_fare",
    }.items():  # fmt: skip
        assert debts[ours].tolist() == pytest.approx(compacts[theirs].tolist(), abs=0.0051), (day, ours)


def assert_identity(session: qr.Session) -> None:
    """Floating + realised + income - fees is what the equity grew by, at every moment that is kept."""
    exchange = session.simulation.exchange
    for state in session.simulation.timeline.branch.states:
        worth = exchange.account.value(state, exchange)
        grown = worth.equity - session.simulation.starting_equity
        assert worth.floating + state.realised + state.ledger.income - state.ledger.fees == grown


@pytest.mark.parametrize("name", HAIRCUTS)
def test_a_stream_is_met_to_the_fen(name: str) -> None:
    """Protects interest, repayment, haircuts, the ratio, dividends of shorts and returns: every row of the stream."""
    session, todo = opened(name), table(name, "ops")
    for day in table(name, "expected")["date"]:
        step(session, todo, day)
        assert_row(session, name, day)
    assert_identity(session)


@pytest.mark.parametrize("name", HAIRCUTS)
def test_a_stream_is_met_after_going_back(name: str) -> None:
    """Protects the contracts from time travel: half of the days undone and done again on a branch are the same."""
    session, todo, days = opened(name), table(name, "ops"), table(name, "expected")["date"].tolist()
    for day in days:
        step(session, todo, day)
    half = len(days) // 2
    session.goto(days[half])
    session.branch("again")
    for day in days[half + 1 :]:
        step(session, todo, day, ordered=day == days[half + 1])
        assert_row(session, name, day)
    assert_identity(session)


@pytest.mark.parametrize("name", HAIRCUTS)
def test_a_stream_is_met_after_a_resume(name: str, tmp_path: Path) -> None:
    """Protects the journal: contracts, interest and what was repaid by hand come back, and the run goes on."""
    path, todo, days = tmp_path / "run.qrj", table(name, "ops"), table(name, "expected")["date"].tolist()
    session = opened(name, journal=path)
    for day in days[: len(days) // 2]:
        step(session, todo, day)
    digest, kind = session.digest(), session.simulation.exchange.account
    del session
    resumed = qr.Session.resume(path, opened(name).market, account=kind)
    assert resumed.digest() == digest
    for day in days[len(days) // 2 :]:
        step(resumed, todo, day)
        assert_row(resumed, name, day)
