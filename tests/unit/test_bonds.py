"""Bonds: what a person does and sees in such an account; the stream is in conformance/test_bond_streams."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import pytest

import qresearch as qr
from qresearch import terms
from qresearch.dialects.swordfish import Account
from qresearch.domain.bond import Bond, Conversion, Repo
from qresearch.domain.bond_figures import figures_of
from qresearch.engine.accounts.bonds import Bonds

TREASURY, SHORT, HARBOUR, CONVERTIBLE, SHARE = "019801.SH", "019802.SH", "122801.SH", "113801.SH", "604801.SH"
DAY, WEEK = "204001.SH", "204007.SH"
MINE, STOCK = "113901.SH", "600001.SH"


def account(start: str, cash: float = 1_000_000, **options: object) -> qr.Session:
    """A session on the embedded bonds, at the close of its first day."""
    options.setdefault("account", "bond")
    return qr.Session(qr.sample_bonds(), start=start, cash=cash, **options).step()


def market(table: Sequence[Mapping[str, object]], start: str = "2024-01-02", days: int = 8) -> qr.Market:
    """Flat bars: bonds at 100, shares at 10, by the table of their terms."""
    symbols = [str(row["symbol"]) for row in table] + [STOCK]
    rows = [
        {
            "date": day,
            "symbol": symbol,
            **dict.fromkeys(("open", "high", "low", "close"), 10.0 if symbol == STOCK else 100.0),
        }
        for symbol in dict.fromkeys(symbols)
        for day in pd.bdate_range(start, periods=days)
    ]
    return qr.read_market(pd.DataFrame(rows).assign(volume=1e6), bonds=pd.DataFrame(table))


TERMS = {"symbol": MINE, "kind": "convertible", "value_date": "2022-06-01", "maturity": "2028-06-01", "coupons": 0.01,
         "underlying": STOCK, "conversion_price": 8.0}  # fmt: skip


# ---------------------------------------------------------------------------------------------------- holding


def test_what_is_paid_is_the_clean_price_the_interest_and_the_fee() -> None:
    """Protects who looks at the price only: interest is paid besides, is no cost, and comes back as it accrues."""
    run = account("2023-03-01")
    ticket = run.buy(TREASURY, 1000)
    run.step()
    bond = run.market.instrument(TREASURY).bond
    assert isinstance(bond, Bond)
    interest = bond.accrued(dt.date(2023, 3, 2)) * 1000
    assert interest == pytest.approx(0.0285 * 100 / 365 * 255 * 1000, abs=0.005)
    clean = ticket.average_price * 1000
    fee = round((clean + interest) * 0.0001, 2)
    assert run.portfolio.cash == pytest.approx(1_000_000 - clean - interest - fee, abs=0.011)
    held = run.tables.bonds.loc[TREASURY]
    assert held["average_price"] == pytest.approx(ticket.average_price)
    assert held["full_price"] == pytest.approx(held["price"] + held["accrued"])
    assert held["value"] == pytest.approx(1000 * held["full_price"], abs=0.011)
    assert held["interest_income"] == pytest.approx(0.0)
    run.step()
    assert run.tables.bonds.loc[TREASURY, "interest_income"] == pytest.approx(0.0285 * 100 / 365 * 1000, abs=0.011)


def test_a_buyer_needs_the_interest_too() -> None:
    """Protects the cash: what covers the clean price alone does not buy as many, and none of it goes below nothing."""
    run = account("2023-03-01", cash=100_900)
    ticket = run.buy(TREASURY, 1000)
    run.step()
    assert (ticket.filled, ticket.reason) == (980, "INSUFFICIENT_CASH")
    assert ticket.average_price * 1000 < 100_900
    assert 0 <= run.portfolio.cash < 1_030


def test_over_a_coupon_the_interest_falls_and_the_cash_grows_by_what_is_left_after_tax() -> None:
    """Protects the ex-date: who held at the close before is paid in the morning, others than treasuries less tax."""
    run = account("2023-05-11", account=Bonds(qualified=True))
    run.buy(HARBOUR, 1000)
    run.run(until="2023-05-12", progress=False)
    before, accrued = run.portfolio.cash, run.tables.bonds.loc[HARBOUR, "accrued"]
    run.step(phase="PRE_OPEN")
    assert str(run.now.day)[:10] == "2023-05-15"
    assert run.portfolio.cash - before == pytest.approx(4.1 * 1000 * 0.8)
    assert accrued == pytest.approx(4.1 / 365 * 363, abs=1e-8), "15 May itself is not in it, as it was a Friday"
    assert run.tables.bonds.loc[HARBOUR, "accrued"] == pytest.approx(4.1 / 365, abs=1e-8)
    # What the tax takes is income that had accrued.
    treasury = account("2023-06-19")
    treasury.buy(TREASURY, 1000)
    treasury.step()
    before = treasury.portfolio.cash
    treasury.step(phase="PRE_OPEN")
    assert treasury.portfolio.cash - before == pytest.approx(2.85 * 1000)


def test_a_purchase_on_the_day_of_the_coupon_gets_none() -> None:
    """Protects the record day, which is the day before: the buyer pays one day of interest, and no coupon comes."""
    run = account("2023-06-20")
    ticket = run.buy(TREASURY, 1000)
    run.step()
    (posted,) = run.events.loc[run.events["event"] == "Posted", "amount"]
    paid = ticket.average_price * 1000 + 2850 / 365
    assert posted == pytest.approx(-paid * 1.0001, abs=0.011)


def test_at_maturity_face_value_and_last_coupon_are_paid() -> None:
    """Protects the end of a bond: it is gone in the morning, and an order for it says when it matured."""
    run = account("2023-09-12")
    run.buy(SHORT, 2000)
    run.run(until="2023-09-14", progress=False)
    late = run.buy(SHORT, 100)
    before = run.portfolio.cash
    run.step(phase="PRE_OPEN")
    assert run.portfolio.cash - before == pytest.approx(2000 * 102.2)
    assert run.portfolio.quantities == {}
    run.step()
    assert (late.status, late.reason) == ("REJECTED", "MATURED")
    assert "2023-09-15" in late.why
    assert run.buy(SHORT, 100).reason == "MATURED"
    assert run.tables.trades["exit"].tolist() == ["redeemed"]


def test_a_called_bond_trades_until_its_last_day_and_is_paid_at_the_price_of_the_call() -> None:
    """Protects who overlooks a call: at 125 a bond is worth its shares, and the issuer pays 100.80."""
    run = account("2023-11-13")
    run.buy(CONVERTIBLE, 1000)
    run.run(until="2023-11-15", progress=False)
    late = run.sell(CONVERTIBLE, 500)
    run.step()
    assert (late.status, late.reason) == ("REJECTED", "CALLED")
    run.run(until="2023-11-20", progress=False)
    before = run.portfolio.cash
    run.step(phase="PRE_OPEN")
    assert run.portfolio.cash - before == pytest.approx(100_800)
    assert run.portfolio.realised_profit < -20_000


def test_what_a_session_begins_with_has_its_interest_before() -> None:
    """Protects a start with bonds: what accrued before is neither earned nor given, paid for where they are paid."""
    market_ = qr.sample_bonds()
    for paid, cash in ((True, 1_000_000), (False, 1_000_000)):
        run = qr.Session(
            market_, start="2023-03-01", cash=cash, positions={TREASURY: 1000}, positions_paid=paid, account="bond"
        )
        start = run.portfolio.equity
        assert start == pytest.approx(
            cash if paid else cash + 1000 * run.tables.bonds.loc[TREASURY, "full_price"], abs=0.02
        )
        run.step()
        held = run.tables.bonds.loc[TREASURY]
        assert held["interest_income"] == pytest.approx(0.0285 * 100 / 365 * 1000, abs=0.011)
        assert run.portfolio.profit == pytest.approx(held["profit"])


def test_profits_by_bond_and_of_round_trips_add_up() -> None:
    """Protects the attribution: clean profit, interest, coupons, redemption, repo and fees are the total profit."""
    run = account("2023-06-12", account=Bonds(qualified=True))
    for symbol, quantity in ((TREASURY, 2000), (SHORT, 1000), (HARBOUR, 1000), (CONVERTIBLE, 500)):
        run.buy(symbol, quantity)
    run.sell(WEEK, 1000)
    run.run(until="2023-07-03", progress=False)
    run.sell(TREASURY, 500)
    run.step()
    run.account.convert(CONVERTIBLE, 300)
    run.run(until="2023-09-20", progress=False)
    run.sell(SHARE, 1000)
    run.step()
    assert run.tables.attribution["profit"].sum() == pytest.approx(run.portfolio.profit, abs=0.01)
    bonds = run.tables.bonds["profit"].sum()
    shares = run.tables.attribution.loc[[SHARE], "profit"].sum()
    assert bonds + shares == pytest.approx(run.portfolio.profit, abs=0.01)


# ---------------------------------------------------------------------------------------------------- repo


def test_repo_is_sold_and_comes_back_with_interest() -> None:
    """Protects lending: the rate is the price, what is lent no cash, and what comes back is not to be paid out yet."""
    run = account("2023-03-08", cash=200_000)  # a Wednesday
    ticket = run.sell(DAY, 1000)
    run.step()
    loan = run.tables.repo.iloc[0]
    assert (loan["symbol"], loan["lent"], str(loan["back"])[:10]) == (DAY, 100_000, "2023-03-10")
    # Traded on Thursday: out from Friday to Monday.
    assert loan["interest"] == pytest.approx(100_000 * ticket.average_price / 100 * 3 / 365, abs=0.005)
    assert run.portfolio.cash == pytest.approx(200_000 - 100_000 - 1.0)
    assert run.portfolio.equity == pytest.approx(200_000 - 1.0)
    run.step(phase="PRE_OPEN")
    assert run.portfolio.cash == pytest.approx(200_000 - 1.0 + loan["interest"])
    with pytest.raises(qr.UsageError, match="100,0"):
        run.account.pay_in(-150_000)
    run.account.pay_in(-50_000)
    run.step(phase="CLOSE")
    run.step(phase="PRE_OPEN")
    run.account.pay_in(-140_000)
    assert run.tables.repo.empty


def test_repo_by_value_lends_whole_thousands() -> None:
    """Protects orders by value: an amount to lend becomes units of 100 in multiples of 1,000 yuan."""
    run = account("2023-03-08", cash=200_000)
    run.order_value(WEEK, -55_500)
    run.step()
    assert run.tables.repo["lent"].tolist() == [55_000]


# ---------------------------------------------------------------------------------------------------- refusals


REFUSALS = [
    (lambda run: run.buy(TREASURY, 5), "BOND_LOT", "5 bonds of 100 yuan"),
    (lambda run: run.sell(DAY, 5), "REPO_MULTIPLE", "10 are one step"),
    (lambda run: run.buy(DAY, 1000), "INSUFFICIENT_PLEDGE", "Borrowing 100,000.00"),
    (lambda run: run.buy(HARBOUR, 100), "QUALIFIED_ONLY", HARBOUR),
    (lambda run: run.buy(TREASURY, 20_000), "INSUFFICIENT_CASH", "1,000,000.00"),
    (lambda run: run.sell(TREASURY, 100), "INSUFFICIENT_QUANTITY", "100"),
    (lambda run: run.buy(SHORT, 100, terms.limit(130.0)), None, ""),
]
"""An order, why it is refused, and a number that is said."""


@pytest.mark.parametrize(("order", "reason", "said"), REFUSALS)
def test_a_refusal_says_its_numbers(order: object, reason: str | None, said: str) -> None:
    """Protects explain: each refusal of such an account names what it is about, in the ticket and in its story."""
    run = account("2023-03-01", shortfall="reject")
    ticket = order(run)
    run.step()
    assert ticket.reason == (reason or ""), ticket.why
    if reason:
        assert said in ticket.why
        told = run.explain(ticket).data
        assert told["text"].str.contains(said, regex=False).any()
        assert not told["text"].str.contains(r"\bnan\b|None|[{}]").any()


def test_an_account_of_shares_holds_no_bonds_at_a_clean_price() -> None:
    """Protects from a bond without its interest: it is refused there; a convertible, quoted in full, is not."""
    run = qr.Session(qr.sample_bonds(), start="2023-03-01", cash=100_000)
    assert run.buy(TREASURY, 100).reason == "NOT_CARRIED"
    ticket = run.buy(CONVERTIBLE, 100)
    run.step()
    assert ticket.status == "FILLED"
    with pytest.raises(qr.UsageError, match="account='bond'"):
        run.account.convert(CONVERTIBLE, 100)
    with pytest.raises(qr.UsageError, match="account='margin'"):
        account("2023-03-01").account.repay(100)


# ---------------------------------------------------------------------------------------------------- conversion


def converting(quantity: int = 100, **change: object) -> qr.Session:
    """A session that holds some convertible bonds at 100, their share at 10."""
    run = qr.Session(market([{**TERMS, **change}]), cash=100_000, costs="zero", account="bond").step()
    run.buy(MINE, quantity)
    return run.step()


def test_a_conversion_gives_shares_and_the_rest_in_cash() -> None:
    """Protects the sums of a conversion: 10,000 of face value at 8.22 are 1,216 shares and 4.48, nothing realised."""
    run = converting(conversion_price=8.22)
    held = run.tables.bonds.loc[MINE]
    assert held["conversion_value"] == pytest.approx(100 / 8.22 * 10)
    assert held["premium"] == pytest.approx(100 / (100 / 8.22 * 10) - 1)
    before = run.portfolio.equity
    run.account.convert(MINE, 100)
    assert run.portfolio.quantities == {STOCK: 1216}
    assert run.portfolio.cash == pytest.approx(90_000 + 4.48)
    assert run.portfolio.realised_profit == 0
    assert run.portfolio.equity - before == pytest.approx(12_160 + 4.48 - 10_000)
    assert run.positions.loc[STOCK, ["sellable", "locked"]].tolist() == [0, 1216]
    assert run.positions.loc[STOCK, "average_cost"] == pytest.approx((10_000 - 4.48) / 1216)
    run.sell(STOCK, 1216)
    run.step()
    assert run.portfolio.cash == pytest.approx(90_000 + 4.48 + 12_160)


def test_a_conversion_price_holds_from_its_day() -> None:
    """Protects an adjustment of the conversion price: before its day the one before holds."""
    rows = [TERMS, {**TERMS, "conversion_price": 5.0, "since": "2024-01-04"}]
    run = qr.Session(market(rows), cash=100_000, costs="zero", account="bond").step()
    run.buy(MINE, 40)
    run.step()
    run.account.convert(MINE, 20)
    run.step()
    run.account.convert(MINE, 20)
    assert run.portfolio.quantities == {STOCK: 250 + 400}


@pytest.mark.parametrize(
    ("change", "quantity", "match"),
    [
        ({"convert_from": "2024-06-01"}, 100, "from 2024-06-01"),
        ({"convert_until": "2024-01-02"}, 100, "to 2024-01-02"),
        ({"conversion_price": None}, 100, "converts into nothing"),
        ({"underlying": "600009.SH"}, 100, "600009.SH, which is not in this market"),
        ({}, 200, "200 of 113901.SH were named, and 100 are held"),
        ({"conversion_price": 20_000.0}, 100, "less than one share"),
    ],
)
def test_a_conversion_that_cannot_be_is_told(change: dict[str, object], quantity: int, match: str) -> None:
    """Protects from a conversion that the terms do not give: the message says what they are."""
    run = converting(**change)
    digest = run.digest()
    with pytest.raises(qr.UsageError, match=match):
        run.account.convert(MINE, quantity)
    assert run.digest() == digest


def test_a_put_gives_a_bond_back_at_its_price() -> None:
    """Protects the right of the holder: within its days the issuer pays the price of the put."""
    run = converting(put_from="2024-01-04", put_until="2024-01-05", put_price=103.0)
    with pytest.raises(qr.UsageError, match="from 2024-01-04 to 2024-01-05, and today is 2024-01-03"):
        run.account.put_back(MINE, 50)
    run.step()
    run.account.put_back(MINE, 50)
    assert run.portfolio.cash == pytest.approx(90_000 + 5_150)
    assert run.portfolio.quantities == {MINE: 50}
    with pytest.raises(qr.UsageError, match="at no time"):
        converting().account.put_back(MINE, 50)


def test_what_is_done_by_hand_comes_back_from_a_journal_and_a_program(tmp_path: Path) -> None:
    """Protects conversions and loans in what is kept: a resume and the program of the session do the same again."""
    journal, program, data = tmp_path / "run.qrj", tmp_path / "again.py", Path(qr.__file__).parent / "sources" / "data"
    run = account("2023-09-20", journal=journal)
    run.buy(CONVERTIBLE, 1000)
    run.sell(DAY, 500)
    run.run(until="2023-10-10", progress=False)
    run.account.convert(CONVERTIBLE, 305)
    run.step()
    digest = run.digest()
    assert Account(run).get_position(SHARE)["longPosition"] == 3177
    run.to_script(program)
    del run
    assert qr.Session.resume(journal, qr.sample_bonds()).digest() == digest
    done = subprocess.run(
        [sys.executable, program, data / "bonds_daily.csv"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


# ---------------------------------------------------------------------------------------------------- figures, tables


def test_figures_are_those_of_the_price_and_the_day() -> None:
    """Protects the risk columns: yield, both durations, convexity and the value of a basis point of what is held."""
    run = account("2023-03-01")
    run.buy(TREASURY, 1000)
    run.step()
    row, bond = run.tables.bonds.loc[TREASURY], run.market.instrument(TREASURY).bond
    assert isinstance(bond, Bond)
    figures = figures_of(bond, dt.date(2023, 3, 2), row["price"])
    assert row[["yield", "duration", "modified_duration", "convexity"]].tolist() == pytest.approx(
        [figures.yield_, figures.macaulay, figures.modified, figures.convexity]
    )
    up, down = (figures_of(bond, dt.date(2023, 3, 2), row["price"] + move).yield_ for move in (-0.01, 0.01))
    assert row["dv01"] == pytest.approx(1000 * 0.02 / (up - down) / 10_000, rel=1e-4)


def test_a_bond_has_no_figures_at_its_end_and_before_its_beginning() -> None:
    """Protects from figures of nothing: they are NaN, and so is a yield that no rate explains."""
    bond = Bond(dt.date(2020, 1, 1), dt.date(2025, 1, 1), (0.03,))
    for day in (dt.date(2019, 12, 31), dt.date(2025, 1, 1), dt.date(2026, 1, 1)):
        assert figures_of(bond, day, 100.0).yield_ != figures_of(bond, day, 100.0).yield_
    nothing = figures_of(bond, dt.date(2024, 6, 1), float("nan"))
    assert all(figure != figure for figure in nothing)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"kind": "bund"}, "kind='bund' is none of treasury"),
        ({"maturity": None}, "113901.SH: maturity is empty"),
        ({"maturity": "2022-01-01"}, "value_date=2022-06-01 is not before maturity=2022-01-01"),
        ({"coupons": "much"}, "coupons='much' is no number"),
        ({"coupons": 2.8}, "a rate of 2.8 must be at least 0 and below 1"),
        ({"frequency": 3}, "frequency=3 is none of 1, 2, 4, 12"),
        ({"accrual": "thirty"}, "accrual='thirty' is none of exchange, actual"),
        ({"underlying": None}, "underlying is empty"),
        ({"conversion_price": -1.0}, "must be above 0"),
        ({"lot": 2.5}, "lot=2.5 is no whole number"),
        ({"qualified_only": "perhaps"}, "neither yes nor no"),
        ({"put_from": "2024-01-04"}, "put_from, put_until and put_price belong together"),
        ({"kind": "repo"}, "tenor is empty"),
        ({"kind": "repo", "tenor": 400}, "tenor=400"),
        ({"cupon": 0.01}, "Did you mean"),
    ],
)
def test_a_wrong_table_of_bonds_is_told(change: dict[str, object], match: str) -> None:
    """Protects from a bond that cannot be: the symbol, the value and what is allowed."""
    with pytest.raises(qr.DataError, match=match):
        market([{**TERMS, **change}])


def test_a_table_without_a_kind_and_one_with_two_rows_a_day_are_told() -> None:
    """Protects the reader that all tables of one's own share: what is lacking, and what stands there twice."""
    with pytest.raises(qr.DataError, match="bonds: no column kind"):
        market([{name: value for name, value in TERMS.items() if name != "kind"}])
    with pytest.raises(qr.DataError, match="113901.SH has two rows since the beginning"):
        market([TERMS, TERMS])
    with pytest.raises(qr.DataError, match="coupons stands there twice"):
        market([{**TERMS, "coupon": 0.02}])


def test_bonds_say_what_they_are() -> None:
    """Protects who writes one by hand: what makes no sense is refused with what is allowed."""
    begin, end = dt.date(2020, 1, 1), dt.date(2025, 1, 1)
    for change, match in (
        ({"form": "loan"}, "form"), ({"tax": 1.5}, "rate"), ({"redemption": 0.0}, "redemption"), ({"lot": 0}, "lot"),
        ({"coupons": ()}, "coupons"), ({"conversion": Conversion(STOCK, ((None, 0.0),))}, "conversion"),
    ):  # fmt: skip
        with pytest.raises(qr.UsageError, match=match):
            Bond(begin, end, **change)
    with pytest.raises(qr.UsageError, match="fee"):
        Repo(1, fee=1.0)


@pytest.mark.parametrize(
    ("form", "change", "before", "paid"),
    [
        ("discount", {"issue_price": 97.0, "coupons": None}, 97.0, 100.0),
        ("at_maturity", {"coupons": 0.02}, 100.0, 100 + 2 * 366 / 365),
    ],
)
def test_bonds_that_pay_at_their_end_do(form: str, change: dict[str, object], before: float, paid: float) -> None:
    """Protects discount bonds and those with all interest at the end: what has accrued is part of what is paid."""
    table = {"symbol": TREASURY, "kind": "treasury", "value_date": "2023-01-05", "maturity": "2024-01-06", "form": form}
    run = qr.Session(market([{**table, **change}]), cash=100_000, costs="zero", account="bond").step()
    run.buy(TREASURY, 100)
    run.step()
    bond = run.market.instrument(TREASURY).bond
    assert isinstance(bond, Bond)
    assert run.portfolio.cash == pytest.approx(100_000 - 10_000 - 100 * bond.accrued(dt.date(2024, 1, 3)), abs=0.011)
    run.run(progress=False)
    assert run.portfolio.quantities == {}
    spent = 10_000 + 100 * bond.accrued(dt.date(2024, 1, 3))
    assert run.portfolio.profit == pytest.approx(100 * paid - spent, abs=0.011)
    assert before <= 100


def test_a_venue_without_rules_holds_bonds_too() -> None:
    """Protects bonds of elsewhere: with a table of their terms they accrue at a plain venue."""
    rows = [{"date": day, "symbol": "UST", "open": 99.0, "high": 99.0, "low": 99.0, "close": 99.0, "volume": 1e6}
            for day in pd.bdate_range("2024-01-02", periods=5)]  # fmt: skip
    table = {"symbol": "UST", "kind": "treasury", "value_date": "2023-05-15", "maturity": "2033-05-15",
             "coupons": 0.03375, "frequency": 2, "accrual": "actual"}  # fmt: skip
    run = qr.Session(
        qr.read_market(pd.DataFrame(rows), bonds=pd.DataFrame([table])), cash=100_000, costs="zero", account="bond"
    ).step()
    run.buy("UST", 7)
    run.step()
    assert run.tables.bonds.loc["UST", "accrued"] == pytest.approx(3.375 / 2 * 49 / 182, abs=1e-8)
    assert run.portfolio.equity == pytest.approx(100_000)


def test_the_turnover_of_repo_is_the_money_that_is_lent() -> None:
    """Protects the turnover: 100,000 lent of 1,000,000 turns half of it over once, whatever the rate is."""
    run = account("2023-03-01")
    run.sell(DAY, 1000)
    run.step()
    equity = run.tables.daily_portfolio["equity"].mean()
    assert run.tables.return_summary.loc["turnover", "value"] == pytest.approx(100_000 / 2 / equity)


def test_how_bonds_leave_is_told() -> None:
    """Protects the word for it: put back to the issuer, converted into shares, or redeemed at the end."""
    run = account("2023-03-01")
    run.buy(CONVERTIBLE, 100)
    run.step()
    run.account.convert(CONVERTIBLE, 50)
    run.sell(CONVERTIBLE, 50)
    run.step()
    assert run.tables.trades["exit"].tolist() == ["converted", "sold"]
