"""An account of bonds over coupons, a repo and a convertible, and published figures of bonds: equal to the fen.

The prices are invented, the terms of the treasury are real. Prices, yields and risk that a vendor or an independent
library prints are those that ``D_bond_cases.csv`` names with their source.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import qresearch as qr
from qresearch import terms
from qresearch.dialects.swordfish import Account
from qresearch.domain.bond import Bond, Conversion
from qresearch.domain.bond_figures import figures_of, full_price, price_at, risk_at, yield_of
from qresearch.engine.accounts.bonds import Bonds
from qresearch.engine.accounts.coupons import lent_until

HERE = Path(__file__).resolve().parent / "accounts"
BEFORE = "2024-03-15"
"""A day before the stream, at whose close its first orders are given."""


def table(part: str) -> pd.DataFrame:
    """One of the tables of the stream."""
    return pd.read_csv(HERE / f"D_bond_{part}.csv")


SYMBOLS = dict(zip(table("terms")["bond"], table("terms")["symbol"], strict=True))
DAYS = table("stream_expected")["date"].tolist()


def market() -> qr.Market:
    """Flat bars at the prices of the stream, and its bonds; the terms of repo are those that are shipped."""
    prices = table("prices").set_index("date").assign(GC007=1.9).rename(columns=SYMBOLS)
    prices = pd.concat([prices.iloc[:1].set_axis([BEFORE]), prices]).rename_axis("date")
    bars = prices.reset_index().melt("date", var_name="symbol", value_name="close")
    close = bars["close"]
    bars = bars.assign(open=close, high=close, low=close, volume=1e7)
    return qr.read_market(bars, bonds=table("terms").query("kind != 'repo'").drop(columns="bond"))


def opened(**options: object) -> qr.Session:
    """A session before the first day of the stream; what is bought goes before what is sold, as in its plan."""
    return qr.Session(market(), start=DAYS[0], cash=1_000_000, account="bond", match_order="fifo", **options)


def step(session: qr.Session, day: str, *, ordered: bool = False) -> None:
    """Order what is for the open of a day, unless it is there, and go to the close."""
    todo = table("stream_ops")
    for row in todo[todo["date"] == day].to_dict("records"):
        symbol = SYMBOLS[row["bond"]]
        if row["op"] in {"coupon", "repo_back"} or ordered:
            continue
        quantity = int(row["quantity_of_100_yuan"])
        if row["op"] == "buy":
            session.buy(symbol, quantity)
        else:
            session.sell(symbol, quantity // 100 if row["op"] == "repo" else quantity)
    session.step()
    assert str(session.now.day)[:10] == day


def assert_row(session: qr.Session, day: str) -> None:
    """The account at the close of a day: every column of the stream."""
    expected = table("stream_expected").set_index("date").loc[day]
    tables, portfolio = session.tables, session.portfolio
    bonds = tables.bonds
    held = bonds[bonds["quantity"] > 0]
    found = {
        "cash": portfolio.cash,
        "clean_value": (held["quantity"] * held["price"]).sum(),
        "accrued_value": held["accrued_value"].sum(),
        "totalMarketValue": portfolio.market_value,
        "repo_out": tables.repo["lent"].sum(),
        "totalEquity": portfolio.equity,
        "interestIncome": bonds["interest_income"].sum(),
        "floatingProfit": bonds["floating_profit"].sum(),
        "realizedProfit": bonds["realised_profit"].sum(),
        "fees": bonds["fees"].sum(),
        "totalProfit": portfolio.profit,
    }
    found |= {name: portfolio.quantities.get(SYMBOLS[name], 0) for name in ("T", "K", "CB")}
    assert found == pytest.approx({name: expected[name] for name in found}, abs=0.0051), day
    figures = bonds.loc[SYMBOLS["T"]]
    assert figures["accrued"] == pytest.approx(expected["ai_T"], abs=5e-9)
    assert figures["yield"] == pytest.approx(expected["T_yield"], abs=5e-9)
    assert figures["modified_duration"] == pytest.approx(expected["T_modified"], abs=5e-9)
    terms_of_k = session.market.instrument(SYMBOLS["K"]).bond
    assert isinstance(terms_of_k, Bond)
    assert terms_of_k.accrued(dt.date.fromisoformat(day)) == pytest.approx(expected["ai_K"], abs=5e-9)


def assert_identity(session: qr.Session) -> None:
    """Floating + realised + income - fees is what the equity grew by, at every moment that is kept."""
    exchange = session.simulation.exchange
    for state in session.simulation.timeline.branch.states:
        worth = exchange.account.value(state, exchange)
        grown = worth.equity - session.simulation.starting_equity
        assert worth.floating + state.realised + state.ledger.income - state.ledger.fees == grown


def test_the_stream_is_met_to_the_fen() -> None:
    """Protects price, interest, coupons, their tax, repo and fees: every row, and every change of the cash."""
    session = opened()
    for day in DAYS:
        step(session, day)
        assert_row(session, day)
    assert_identity(session)
    posted = session.events.loc[session.events["event"] == "Posted", ["day", "amount"]]
    todo = table("stream_ops")
    for day, rows in todo.groupby("date"):
        of_day = posted.loc[posted["day"].astype(str) == day, "amount"]
        assert sorted(of_day) == pytest.approx(sorted(rows["cash_change"])), day


def test_the_stream_is_met_after_going_back() -> None:
    """Protects holdings and loans from time travel: half of the days undone and done again on a branch are the same."""
    session = opened()
    for day in DAYS:
        step(session, day)
    session.goto(DAYS[2])
    session.branch("again")
    for day in DAYS[3:]:
        step(session, day, ordered=day == DAYS[3])
        assert_row(session, day)
    session.back(3)
    assert_row(session, DAYS[-4])
    assert_identity(session)


def test_the_stream_is_met_after_a_resume(tmp_path: Path) -> None:
    """Protects the journal: what was lent, what was held and what it has earned come back, and the run goes on."""
    path = tmp_path / "run.qrj"
    session = opened(journal=path)
    for day in DAYS[:5]:
        step(session, day)
    digest = session.digest()
    del session
    resumed = qr.Session.resume(path, market())
    assert resumed.digest() == digest
    for day in DAYS[5:]:
        step(resumed, day)
        assert_row(resumed, day)
    assert_identity(resumed)


# ---------------------------------------------------------------------------------------------------- formula cases


def bond(begin: str, end: str, *coupons: float, **more: object) -> Bond:
    """A bond that counts interest by actual days."""
    return Bond(dt.date.fromisoformat(begin), dt.date.fromisoformat(end), coupons, accrual="actual", **more)


def on(text: str) -> dt.date:
    """A day."""
    return dt.date.fromisoformat(text)


A, A_DAY = bond("2023-01-01", "2030-12-31", 0.05), on("2023-04-01")
B, B_DAY = bond("2022-07-15", "2072-07-15", 0.034, frequency=2), on("2025-04-10")
LAST = on("2072-04-18")
END, DISCOUNT = (
    bond("2025-01-09", "2026-02-05", 0.0119, form="at_maturity"),
    bond("2025-02-13", "2025-05-15", 0.0, form="discount", issue_price=99.663),
)
TREASURY = bond("2023-03-25", "2030-03-25", 0.028)
QUOTED = Bond(on("2023-03-25"), on("2030-03-25"), (0.028,))
STEP_UP = Bond(on("2016-01-15"), on("2022-01-15"), (0.002, 0.004, 0.006, 0.008, 0.016, 0.02))
WAYS: dict[str, Callable[[], float]] = {
    "D1": lambda: A.accrued(A_DAY),
    "D2": lambda: risk_at(A, A_DAY, 0.03).macaulay,
    "D3": lambda: risk_at(A, A_DAY, 0.03).convexity,
    "D4": lambda: full_price(A, A_DAY, 100.2143),
    "D5": lambda: figures_of(A, A_DAY, 100.2143).yield_,
    "D6": lambda: price_at(B, B_DAY, 0.02),
    "D7": lambda: B.accrued(B_DAY),
    "D8": lambda: risk_at(B, B_DAY, 0.02).macaulay,
    "D9": lambda: risk_at(B, B_DAY, 0.02).modified,
    "D10": lambda: risk_at(B, B_DAY, 0.02).convexity,
    "D11": lambda: risk_at(B, B_DAY, 0.02).dv01,
    "D12": lambda: B.accrued(LAST),
    "D13": lambda: figures_of(B, LAST, 100.2143).yield_,
    "D14": lambda: price_at(END, B_DAY, 0.025),
    "D15": lambda: END.accrued(B_DAY),
    "D16": lambda: risk_at(END, B_DAY, 0.025).modified,
    "D17": lambda: risk_at(END, B_DAY, 0.025).convexity,
    "D18": lambda: price_at(DISCOUNT, B_DAY, 0.02),
    "D19": lambda: DISCOUNT.accrued(B_DAY),
    "D25": lambda: Conversion("600000.SH", ((None, 12.92),)).value(A_DAY, 10.13),
    "D26": lambda: 110.81 / Conversion("600000.SH", ((None, 12.92),)).value(A_DAY, 10.13) - 1,
    "D27": lambda: 112.69 / Conversion("601229.SH", ((None, 9.37),)).value(A_DAY, 7.05) - 1,
    "D28": lambda: 1.3 * Conversion("601009.SH", ((None, 10.10), (on("2024-06-20"), 8.22))).price_on(on("2025-06-09")),
    "D29": lambda: STEP_UP.accrued(on("2019-10-08")),
    "D30": lambda: Conversion("601009.SH", ((None, 8.22),)).shares(100, A_DAY)[0],
}
"""A case of one figure, and who computes it here."""
RATES = {"2024-05-15": 0.0225, "2026-11-27": 0.016, "2029-03-25": 0.02}
OF_RISK = {"dirty": "full", "Macaulay": "macaulay", "modified": "modified", "convexity": "convexity"}


def figure_of(case: str, what: str) -> float:
    """What we make of a case."""
    if case in WAYS:
        return WAYS[case]()
    group, _, day = case.partition("-")
    if group == "D20":
        return QUOTED.accrued(on(day))
    if group == "D21":  # the day itself left out: what the exchange's figure was on the day before, but over a coupon
        before = on(day) - dt.timedelta(days=1)
        return 0.0 if QUOTED.paid_on(on(day)) else QUOTED.accrued(before)
    if group == "D22":
        return TREASURY.accrued(on(day))
    if group == "D23":
        return risk_at(TREASURY, on(day), RATES[day])._asdict()[OF_RISK[what.split(" ", maxsplit=1)[0]]]
    if group == "D24":
        return yield_of(TREASURY, on(day), price_at(TREASURY, on(day), RATES[day]))
    raise AssertionError(f"nobody here computes {case}")


CASES = [row for row in table("cases").to_dict("records") if not row["case"].startswith("D31")]


@pytest.mark.parametrize("row", CASES, ids=[f"{row['case']} {row['what'][:24]}" for row in CASES])
def test_a_published_figure_is_reproduced(row: dict[str, object]) -> None:
    """Protects the formulae of bonds: what a vendor prints, a library computes, or a notice says."""
    found = figure_of(str(row["case"]), str(row["what"]))
    assert found == pytest.approx(float(str(row["result"])), abs=5.1e-9 if "accrued" in str(row["what"]) else 5.1e-10)


@pytest.mark.parametrize(
    ("day", "tenor", "days", "interest"),
    [("2024-03-18", 1, 1, 5.0684931507), ("2024-03-21", 1, 3, 15.2054794521), ("2024-03-18", 7, 7, 35.4794520548)],
)
def test_repo_earns_by_the_days_that_the_money_is_out(day: str, tenor: int, days: int, interest: float) -> None:
    """Protects lending over a weekend: a day lent on a Thursday earns three (cases D31)."""
    exchange = opened().simulation.exchange
    back, out = lent_until(exchange, exchange.market.panel.day_index(day), tenor)
    assert out == days
    assert exchange.date(back) >= day
    assert 100_000 * 0.0185 * out / 365 == pytest.approx(interest)


# ---------------------------------------------------------------------------------------------------- Swordfish

_HELD = [
    "lastDayLongPosition", "longPosition", "longPositionAvgPrice", "todayBuyVolume", "todayBuyValue", "totalValue",
    "accruedInterest", "fullBondPrice", "lastPrice", "yield", "interestIncome", "floatingProfit", "realizedProfit",
    "totalProfit", "duration", "convexity", "DV01",
]  # fmt: skip
_ACCOUNT = [
    "tradeDate", "cash", "totalMarketValue", "totalEquity", "netValue", "totalReturn", "ratio", "pnl", "totalProfit",
]  # fmt: skip
DOCUMENT = {
    "get_position": ["symbol", *_HELD],
    "get_daily_position": ["symbol", "tradeDate", *_HELD],
    "total_portfolios": _ACCOUNT,
    "daily_total_portfolios": [*_ACCOUNT, "benchmarkClosePrice", "benchmarkNetValue"],
}
"""The fields of bonds in the order of the document."""


def test_the_fields_of_swordfish_are_those_of_the_stream() -> None:
    """Protects the bond tables: every field of the document, in its order, each by the formula that is named here."""
    session, expected = opened(), table("stream_expected").set_index("date")
    for day in DAYS:
        step(session, day)
    account = Account(session)
    now, daily = account.total_portfolios, account.daily_total_portfolios
    positions, rows = account.get_daily_position(), account.get_position()
    assert list(now) == DOCUMENT["total_portfolios"]
    assert list(daily.columns) == DOCUMENT["daily_total_portfolios"]
    assert list(positions.columns) == DOCUMENT["get_daily_position"]
    assert list(rows.columns) == DOCUMENT["get_position"]
    for name in ("cash", "totalMarketValue", "totalEquity", "totalProfit"):
        assert daily[name].tolist() == pytest.approx(expected[name].tolist(), abs=0.0051), name
        assert now[name] == pytest.approx(expected[name].iloc[-1], abs=0.0051)
    # netValue = totalEquity / start, totalReturn = netValue - 1, pnl = change of totalEquity, ratio = pnl / before
    assert daily["netValue"].tolist() == pytest.approx((daily["totalEquity"] / 1_000_000).tolist())
    assert daily["totalReturn"].tolist() == pytest.approx((daily["netValue"] - 1).tolist())
    before = daily["totalEquity"].shift(1).fillna(1_000_000)
    assert daily["pnl"].tolist() == pytest.approx((daily["totalEquity"] - before).tolist(), abs=1e-6)
    assert daily["ratio"].tolist() == pytest.approx((daily["pnl"] / before).tolist())
    of_day = positions.groupby(positions["tradeDate"].astype(str))
    # Sums over the bonds; what repo has earned is income of no bond.
    assert of_day["totalValue"].sum().tolist() == pytest.approx(expected["totalMarketValue"].tolist())
    assert of_day["floatingProfit"].sum().tolist() == pytest.approx(expected["floatingProfit"].tolist())
    treasury = positions[positions["symbol"] == SYMBOLS["T"]].set_index(
        positions["tradeDate"].astype(str)[positions["symbol"] == SYMBOLS["T"]]
    )
    assert treasury["longPosition"].tolist() == expected["T"].tolist()
    assert treasury["lastDayLongPosition"].tolist() == [0, *expected["T"][:-1]]
    # fullBondPrice = lastPrice + accrued; totalValue = fullBondPrice x longPosition
    assert (treasury["fullBondPrice"] - treasury["lastPrice"]).tolist() == pytest.approx(expected["ai_T"].tolist())
    assert (treasury["fullBondPrice"] * treasury["longPosition"]).tolist() == pytest.approx(
        treasury["totalValue"].tolist(), abs=0.0051
    )
    assert treasury["accruedInterest"].tolist() == pytest.approx(
        (expected["ai_T"] * expected["T"]).tolist(), abs=0.0051
    )
    assert treasury["yield"].tolist() == pytest.approx(expected["T_yield"].tolist(), abs=5e-9)
    # longPositionAvgPrice: clean cost per bond; 2,000 of 3,000 bought at 101.20 and 500 at 101.38
    assert treasury["longPositionAvgPrice"].iloc[0] == pytest.approx(101.20)
    assert treasury["longPositionAvgPrice"].iloc[-1] == pytest.approx((2000 * 101.20 + 500 * 101.38) / 2500)
    # todayBuyValue: all that was paid but the fee
    assert treasury[["todayBuyVolume", "todayBuyValue"]].iloc[0].tolist() == pytest.approx([3000, 311_861.92])
    assert treasury[["todayBuyVolume", "todayBuyValue"]].iloc[1].tolist() == [0, 0]
    # interestIncome = coupons net of tax + accrued sold - accrued bought + accrued held
    corporate = positions[positions["symbol"] == SYMBOLS["K"]]
    assert corporate["interestIncome"].iloc[-1] == pytest.approx(5_840 + 2_000 * (0.06 - 3.63))
    assert corporate["realizedProfit"].iloc[-1] == pytest.approx(2_000 * (100.61 - 100.50))
    # totalProfit = interestIncome + floatingProfit + realizedProfit - fees; fees are the last of these
    spent = 31.19 + 10.41 + 5.07
    last = treasury.iloc[-1]
    parts = last[["interestIncome", "floatingProfit", "realizedProfit"]].sum()
    assert last["totalProfit"] == pytest.approx(parts - spent)
    # duration is Macaulay's; DV01 = full price x modified / 10,000 x bonds held, of the yield in the row
    terms_of_t = session.market.instrument(SYMBOLS["T"]).bond
    assert isinstance(terms_of_t, Bond)
    figures = figures_of(terms_of_t, on(DAYS[-1]), 101.45)
    assert last[["duration", "convexity"]].tolist() == pytest.approx([figures.macaulay, figures.convexity])
    assert last["DV01"] == pytest.approx(figures.dv01 * 2_500)
    assert account.get_position(SYMBOLS["T"])["totalProfit"] == pytest.approx(last["totalProfit"])
    assert (
        account.get_position("110059.SH" if "110059.SH" in session.market.symbols else SYMBOLS["CB"])["longPosition"]
        == 0
    )


def test_an_account_of_the_users_own_rules_is_kept_by_its_journal(tmp_path: Path) -> None:
    """Protects the option of a qualified investor: a resume is told of it again, and the digest holds."""
    path = tmp_path / "run.qrj"
    session = qr.Session(market(), start=DAYS[0], cash=1e6, account=Bonds(qualified=True), journal=path)
    session.buy(SYMBOLS["K"], 100, terms.limit(101.0))
    digest = session.step().digest()
    del session
    assert qr.Session.resume(path, market(), account=Bonds(qualified=True)).digest() == digest
