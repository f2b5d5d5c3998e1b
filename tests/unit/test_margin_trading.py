"""Margin trading and securities lending: the published figures, and what a person does and sees in such an account."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import pandas as pd
import pytest
from hand import Day, market

import qresearch as qr
from qresearch import terms
from qresearch.domain.credit import CreditRates
from qresearch.domain.instrument import Board, Instrument
from qresearch.engine.accounts.margin import MarginTrading
from qresearch.market.credit import credit_on

STOCK, OTHER = "600001.SH", "600002.SH"


def account(
    prices: Mapping[str, Sequence[Day]],
    cash: float = 500_000,
    *,
    haircut: float = 0.7,
    ratio: float = 0.5,
    table: Sequence[Mapping[str, object]] | None = None,
    actions: Sequence[Mapping[str, object]] = (),
    positions: Mapping[str, int] | None = None,
    **kind: object,
) -> qr.Session:
    """A session after its first day, without costs; `kind` are the rules of the account."""
    usual = [{"symbol": name, "haircut": haircut, "financing": ratio, "lending": ratio} for name in prices]
    given = market(prices, actions=actions, credit=pd.DataFrame(usual if table is None else table))
    rules = {"financing_rate": 0.0, "lending_rate": 0.0, **kind}
    held = {"start": str(given.days[1]), "positions": positions, "positions_paid": False} if positions else {}
    return qr.Session(given, cash=cash, costs="zero", account=MarginTrading(**rules), **held).step()


def tags(run: qr.Session) -> list[str]:
    """The tag of each order."""
    return [run.ticket(number).record.terms.tag for number in run.orders.index]


# ---------------------------------------------------------------------- published and hand-made figures of the rules


def test_the_largest_financing_is_the_available_margin_over_the_ratio() -> None:
    """Protects the first formula: cash 500,000 at a ratio of 50 % finances 1,000,000 (case A6)."""
    run = account({STOCK: [10.0] * 4})
    most = run.buy(STOCK, 200_000, terms.financed())
    run.step()
    assert (most.filled, most.reason) == (100_000, "INSUFFICIENT_MARGIN")
    assert run.portfolio.available_margin == 0.0
    assert run.portfolio.maintenance_ratio == pytest.approx(1.5)


@pytest.mark.parametrize(("price", "available"), [(9.0, 200_000.0), (11.0, 285_000.0)])
def test_a_loss_counts_in_full_and_a_gain_at_the_haircut(price: float, available: float) -> None:
    """Protects the available margin of financed shares (cases A13 and A14)."""
    run = account({STOCK: [10.0, 10.0, price]})
    run.buy(STOCK, 50_000, terms.financed())
    run.step(2)
    assert run.portfolio.available_margin == pytest.approx(available)


@pytest.mark.parametrize(
    ("price", "available", "ratio"), [(10.0, 250_000.0, 2.0), (11.0, 175_000.0, 1.818182), (9.0, 310_000.0, 2.222222)]
)
def test_a_short_sale_binds_margin_at_its_new_value(price: float, available: float, ratio: float) -> None:
    """Protects the available margin and the ratio of borrowed shares (cases A15 to A18)."""
    run = account({STOCK: [10.0, 10.0, price]}, short_price_rule=False)
    run.sell(STOCK, 50_000, terms.short_sale())
    run.step(2)
    assert run.portfolio.available_margin == pytest.approx(available)
    assert run.portfolio.maintenance_ratio == pytest.approx(ratio, abs=5e-7)


@pytest.mark.parametrize(("first", "shares"), [("financed", 200_000), ("bought", 150_000)])
def test_the_order_of_buying_and_financing_matters(first: str, shares: int) -> None:
    """Protects both pools: a plain buy asks own cash only and may push the margin below nothing (cases A11 and A12)."""
    run = account({STOCK: [10.0] * 5}, cash=1_000_000, haircut=0.5, ratio=1.0)
    for way in ("financed", "bought") if first == "financed" else ("bought", "financed"):
        run.buy(STOCK, 200_000, terms.financed() if way == "financed" else terms.to_open())
        run.step()
    assert run.portfolio.positions[STOCK].quantity == shares
    assert run.portfolio.available_margin == pytest.approx(-500_000.0 if first == "financed" else 0.0)


def test_money_goes_out_down_to_a_ratio_of_300_per_cent() -> None:
    """Protects the lender: of 2,500,000 with 1,000,000 financed 500,000 may go (case A21), and not a fen more."""
    run = account({STOCK: [10.0] * 4}, cash=2_500_000, ratio=1.0)
    run.buy(STOCK, 100_000, terms.financed())
    run.step()
    with pytest.raises(qr.errors.UsageError, match="500,000.00 is available"):
        run.account.pay_in(-500_000.01)
    run.account.pay_in(-500_000)
    assert run.portfolio.cash == 2_000_000.0
    assert run.portfolio.profit == 0.0


def test_dividends_of_a_short_sale_are_paid_and_bonus_shares_are_owed() -> None:
    """Protects the lender on an ex-date: cash in cash, shares in shares, and the account loses nothing by either."""
    run = account(
        {STOCK: [12.0, 12.0, 9.0, 9.0]},
        short_price_rule=False,
        actions=[{"symbol": STOCK, "day": 2, "cash_per_share": 1.2, "bonus_per_share": 0.2}],
    )
    run.sell(STOCK, 1000, terms.short_sale())
    run.step()
    before = run.portfolio.equity
    run.step()
    debts = run.tables.debts
    assert debts["quantity"].tolist() == [1200]
    assert debts["principal"].tolist() == [12_000.0]
    assert run.portfolio.cash == 500_000 + 12_000 - 1_200
    assert run.portfolio.equity == pytest.approx(before)


# ---------------------------------------------------------------------- what a person does


def test_interest_is_counted_by_calendar_days_and_paid_before_principal() -> None:
    """Protects the sum that is owed: over a weekend three days, and what is repaid is interest first."""
    run = account({STOCK: [10.0] * 6}, financing_rate=0.09, year=360)
    run.buy(STOCK, 40_000, terms.financed())  # for Wednesday, 2024-01-03
    run.step(3)  # Friday
    assert run.tables.debts["interest"].tolist() == [pytest.approx(400_000 * 0.09 / 360 * 2)]
    run.step(phase="PRE_OPEN")  # Monday
    assert run.tables.debts["interest"].tolist() == [pytest.approx(400_000 * 0.09 / 360 * 5)]
    run.account.repay(10_500)
    assert run.tables.debts[["principal", "interest", "paid"]].to_numpy().tolist() == [[390_000.0, 0.0, 500.0]]
    assert run.portfolio.profit == pytest.approx(-500.0)


def test_what_is_repaid_on_its_own_day_has_had_one_day_of_interest() -> None:
    """Protects the shortest contract: financed at the open and repaid after it costs one day."""
    run = account({STOCK: [10.0] * 4}, financing_rate=0.09)
    run.buy(STOCK, 4_000, terms.financed())
    run.step()
    run.account.repay(40_010)
    assert run.tables.debts.empty
    assert run.portfolio.profit == pytest.approx(-10.0)


def test_a_sale_repays_what_its_shares_were_bought_with() -> None:
    """Protects the lender: a plain sale pays the contracts of its own security, and leaves others alone."""
    run = account({STOCK: [10.0] * 5, OTHER: [10.0] * 5})
    for symbol in (STOCK, OTHER):
        run.buy(symbol, 10_000, terms.financed())
    run.step()
    run.sell(STOCK, 4_000)
    run.step()
    assert run.tables.debts[["symbol", "principal", "quantity"]].to_numpy().tolist() == [
        [STOCK, 60_000.0, 6_000], [OTHER, 100_000.0, 10_000],
    ]  # fmt: skip
    run.sell(STOCK, 6_000, terms.to_repay())
    run.step()
    assert run.tables.debts["symbol"].tolist() == [OTHER]


def test_a_plain_sale_leaves_the_contracts_of_others_alone() -> None:
    """Protects cash: what shares bring beyond their own debt is kept, whatever else is owed."""
    run = account({STOCK: [10.0, 10.0, 12.0, 12.0], OTHER: [10.0] * 4})
    for symbol in (STOCK, OTHER):
        run.buy(symbol, 10_000, terms.financed())
    run.step()
    run.sell(STOCK, 10_000)
    run.step()
    assert run.tables.debts[["symbol", "principal"]].to_numpy().tolist() == [[OTHER, 100_000.0]]
    assert run.portfolio.cash == 520_000.0


def test_what_was_borrowed_today_cannot_be_given_back_today() -> None:
    """Protects the rule of the day: what is sold short and bought back inside one day is refused until the next."""
    given = market({STOCK: [10.0] * 4})
    run = qr.Session(given, cash=100_000, costs="zero", account="margin", clock="same_bar").step(phase="OPEN")
    run.sell(STOCK, 1_000, terms.short_sale(terms.limit(10.0)))
    early = run.buy(STOCK, 1_000, terms.to_return())
    run.step(phase="OPEN")
    late = run.buy(STOCK, 1_000, terms.to_return())
    assert (early.filled, early.reason, late.filled) == (0, "SAME_DAY_RETURN", 1_000)


def test_a_sale_to_repay_goes_on_to_other_contracts() -> None:
    """Protects the difference of the two sales: what the shares bring beyond their own debt pays the others."""
    run = account({STOCK: [10.0, 10.0, 12.0, 12.0], OTHER: [10.0] * 4})
    for symbol in (STOCK, OTHER):
        run.buy(symbol, 10_000, terms.financed())
    run.step()
    run.sell(STOCK, 10_000, terms.to_repay())
    run.step()
    assert run.tables.debts[["symbol", "principal"]].to_numpy().tolist() == [[OTHER, 80_000.0]]
    assert run.portfolio.cash == 500_000.0


def test_a_plain_buy_of_what_is_owed_gives_it_back_and_keeps_the_rest() -> None:
    """Protects a person who is short and buys: the shares go back in whole lots, what is over is held."""
    run = account(
        {STOCK: [12.0, 12.0, 10.0, 10.0, 10.0]},
        short_price_rule=False,
        actions=[{"symbol": STOCK, "day": 2, "cash_per_share": 0.0, "bonus_per_share": 0.2}],
    )
    run.sell(STOCK, 1100, terms.short_sale())
    run.step(2)
    assert run.tables.debts["quantity"].tolist() == [1320]
    bought = run.buy(STOCK, 1400)
    run.step()
    assert (bought.filled, run.tables.debts.empty) == (1400, True)
    assert run.portfolio.positions[STOCK].quantity == 80
    assert run.portfolio.positions[STOCK].average_cost == 10.0
    assert run.portfolio.profit == pytest.approx(1100 * 12 - 1320 * 10)


def test_shares_that_are_held_can_be_given_back() -> None:
    """Protects the return without the market: locked proceeds are freed, and what is borrowed today must wait."""
    run = account({STOCK: [10.0, 10.0, 8.0, 8.0]}, short_price_rule=False, lending_rate=0.09)
    run.buy(STOCK, 2_000, terms.to_open())
    run.sell(STOCK, 1_000, terms.short_sale())
    run.step()
    with pytest.raises(qr.errors.UsageError, match="1,000 are owed, of which 0 were borrowed before today"):
        run.account.give_back(STOCK, 1_000)
    run.step()
    assert run.portfolio.available == 480_000.0
    run.account.give_back(STOCK, 1_000)
    assert run.portfolio.available == pytest.approx(490_000.0 - 2.5)
    assert run.portfolio.positions[STOCK].quantity == 1_000
    assert run.tables.debts.empty


def test_a_short_side_is_shown_beside_what_is_held() -> None:
    """Protects the tables: the holding, the lots of the short side with its margin, and the contract."""
    run = account({STOCK: [10.0, 10.0, 11.0]}, short_price_rule=False)
    run.sell(STOCK, 1_000, terms.short_sale())
    run.step(2)
    lot = run.tables.lots.loc[(STOCK, "short")]
    assert (lot["quantity"], lot["average_price"], lot["margin"], lot["floating_profit"]) == (
        1000,
        10.0,
        5500.0,
        -1000.0,
    )
    assert run.positions.loc[STOCK, ["quantity", "market_value", "profit"]].tolist() == [-1000, -11_000, -1000]
    assert run.tables.debts[["kind", "quantity", "principal", "ratio"]].to_numpy().tolist() == [
        ["shares", 1000, 10_000.0, 0.5]
    ]
    last = run.tables.daily_portfolio.iloc[-1]
    assert (last["debt"], last["available"], last["equity"]) == (11_000.0, 500_000.0, 499_000.0)
    assert last["maintenance_ratio"] == pytest.approx(510_000 / 11_000)


def test_a_short_sale_needs_a_limit_at_the_last_price_but_not_of_a_fund() -> None:
    """Protects the price rule: at any price or below the last one it is refused, an ETF is exempt."""
    run = account({STOCK: [10.0] * 3, "510001.SH": [2.0] * 3})
    low = run.sell(STOCK, 1_000, terms.short_sale(terms.limit(9.99)))
    fair = run.sell(STOCK, 1_000, terms.short_sale(terms.limit(10.0)))
    fund = run.sell("510001.SH", 1_000, terms.short_sale())
    run.step()
    assert (low.reason, fair.filled, fund.filled) == ("SHORT_PRICE_RULE", 1_000, 1_000)


@pytest.mark.parametrize(
    ("call", "style"), [("sell", terms.financed()), ("buy", terms.short_sale()), ("buy", terms.to_repay())]
)
def test_an_effect_on_the_wrong_side_is_told(call: str, style: terms.Terms) -> None:
    """Protects the caller: financing is a buy and a short sale a sale, and the message says which is which."""
    run = account({STOCK: [10.0] * 3})
    with pytest.raises(qr.errors.UsageError, match="Use financed, short_sale, to_repay and to_return"):
        getattr(run, call)(STOCK, 100, style)


def test_an_account_of_cash_shares_borrows_nothing() -> None:
    """Protects the caller: the styles of margin trading and its deeds name the kind of account that has them."""
    run = qr.Session(market({STOCK: [10.0] * 3}), cash=100_000).step()
    with pytest.raises(qr.errors.UsageError, match="account='margin'"):
        run.buy(STOCK, 100, terms.financed())
    with pytest.raises(qr.errors.UsageError, match="account='margin'"):
        run.account.repay(100)


def test_deeds_of_other_accounts_are_no_deeds_here() -> None:
    """Protects what is held: whatever is not a debt was taken for shares to give back."""
    run = account({STOCK: [10.0] * 5}, ratio=0.5, cash=100_000)
    run.buy(STOCK, 1_000, terms.to_open())
    run.sell(STOCK, 1_000, terms.short_sale(terms.limit(10.0)))
    run.step(2)
    before = run.digest()
    for deed in (run.account.lock, run.account.unlock, run.account.exercise, run.account.convert, run.account.put_back):
        with pytest.raises(qr.errors.UsageError, match="Open a session with account="):
            deed(STOCK, 100)
    assert run.digest() == before


# ---------------------------------------------------------------------- calls


def test_a_call_is_told_at_the_close_and_closed_after_its_grace() -> None:
    """Protects the life of a call: told at the close, a day to pay in, and sales that bring the ratio back to 140 %."""
    run = account({STOCK: [10.0, 10.0, 7.5, 7.5, 7.5, 7.5]}, ratio=0.5, cash=100_000)
    run.buy(STOCK, 20_000, terms.financed())
    run.step(2)
    run.step(phase="AFTER_CLOSE")
    called = run.events[run.events["event"] == "MarginCalled"]
    assert len(called) == 1
    run.step()
    assert run.portfolio.positions[STOCK].quantity == 20_000
    run.step()
    assert tags(run) == ["", "margin call"]
    assert run.orders["filled"].tolist() == [20_000, 10_000]  # (1.4 * 200,000 - 250,000) / 0.4 = 75,000 at 7.5
    assert run.portfolio.maintenance_ratio == pytest.approx(1.4)


def test_a_call_that_is_paid_is_over() -> None:
    """Protects whoever pays in: nothing is sold, and the next call has its own day of grace."""
    run = account({STOCK: [10.0, 10.0, 7.5, 7.5, 7.5, 7.5]}, cash=100_000)
    run.buy(STOCK, 20_000, terms.financed())
    run.step(2)
    run.step(phase="AFTER_CLOSE")
    run.account.pay_in(30_000)
    run.step(2)
    assert tags(run) == [""]
    assert run.portfolio.maintenance_ratio == pytest.approx(1.4)


def test_below_the_floor_there_is_no_grace() -> None:
    """Protects the lender from a gap: below the last line everything needed goes at the next open."""
    run = account({STOCK: [10.0, 10.0, 7.4, 7.4, 7.4]}, cash=100_000, floor=1.25)
    run.buy(STOCK, 20_000, terms.financed())
    run.step(3)
    assert tags(run) == ["", "margin call"]
    assert run.portfolio.maintenance_ratio == pytest.approx(1.4022, abs=1e-4)  # whole lots


def test_a_squeezed_short_is_bought_back() -> None:
    """Protects the lender of shares: when there is nothing to sell, the short side is closed with all the cash."""
    run = account({STOCK: [10.0, 10.0, 20.0, 20.0, 20.0]}, cash=50_000, short_price_rule=False, floor=1.25, ratio=0.5)
    run.sell(STOCK, 10_000, terms.short_sale())
    run.step(3)
    assert (tags(run)[-1], run.orders["side"].iloc[-1]) == ("margin call", "buy")


def test_a_contract_ends_with_its_term() -> None:
    """Protects the lender's date: on the last day of a contract shares are sold, or bought back, to end it."""
    run = account({STOCK: [10.0] * 8, OTHER: [10.0] * 8}, term=3, short_price_rule=False)
    run.buy(STOCK, 10_000, terms.financed())
    run.sell(OTHER, 1_000, terms.short_sale())
    run.step()  # Wednesday: due on Saturday, so on Monday
    run.step(3)
    assert sorted(tags(run)) == ["", "", "contract due", "contract due"]
    assert run.tables.debts.empty


# ---------------------------------------------------------------------- the tables


def test_without_a_table_the_rules_of_the_exchanges_hold_by_date() -> None:
    """Protects the ratios of new contracts: each date of the notices, the day before and the day itself."""
    table = {
        "2015-11-20": 0.5, "2015-11-23": 1.0, "2023-09-08": 1.0, "2023-09-11": 0.8, "2026-01-16": 0.8,
        "2026-01-19": 1.0,
    }  # fmt: skip
    for day, ratio in table.items():
        given = market({STOCK: [10.0], "510001.SH": [2.0]}, start=day, instruments={"510001.SH": {"board": "ETF"}})
        share, fund = credit_on(given, given.column(STOCK), 0), credit_on(given, given.column("510001.SH"), 0)
        assert (share.financing, share.haircut, fund.haircut) == (ratio, 0.65, 0.90)
    warned = market({STOCK: [10.0]}, st=[(STOCK, 0)])
    assert credit_on(warned, 0, 0) == CreditRates()


def test_a_table_holds_from_its_day_and_a_contract_keeps_its_ratio() -> None:
    """Protects open contracts: a new ratio binds new ones only."""
    rows = [
        {"symbol": STOCK, "haircut": 0.0, "financing": 0.5},
        {"symbol": STOCK, "since": "2024-01-05", "haircut": 0.0, "financing": 1.0},
    ]
    run = account({STOCK: [10.0] * 6}, table=rows)
    run.buy(STOCK, 10_000, terms.financed())
    run.step(2)
    run.buy(STOCK, 10_000, terms.financed())
    run.step()
    assert run.tables.debts["ratio"].tolist() == [0.5, 1.0]
    assert run.portfolio.available_margin == pytest.approx(500_000 - 50_000 - 100_000)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ([{"symbol": STOCK, "financing": 1.0}], "no column haircut"),
        ([{"symbol": STOCK, "haircut": 0.7, "hairct": 1}], "unknown. Did you mean haircut"),
        ([{"symbol": STOCK, "haircut": 70}], "haircut=70.0 must be from 0 to 1"),
        ([{"symbol": STOCK, "haircut": "much"}], "is no number"),
        ([{"symbol": STOCK, "haircut": 0.7}, {"symbol": STOCK, "haircut": 0.6}], "two rows since the beginning"),
    ],
)
def test_a_wrong_table_is_told(table: list[dict[str, object]], words: str) -> None:
    """Protects the lender's data: what is wrong, of which symbol, and what to write."""
    with pytest.raises(qr.errors.DataError, match=words):
        market({STOCK: [10.0]}, credit=pd.DataFrame(table))


@pytest.mark.parametrize("rules", [{"call": 1.5}, {"floor": 1.0}, {"financing_rate": 8}, {"grace": -1}, {"term": 0}])
def test_rules_that_make_no_sense_are_told(rules: dict[str, float]) -> None:
    """Protects the caller: lines that do not ascend, a rate in per cent, days below nothing."""
    with pytest.raises(qr.errors.UsageError, match="MarginTrading"):
        MarginTrading(**rules)


def test_bonds_and_unknown_classes_are_no_targets() -> None:
    """Protects against borrowing what no list holds: closed-end funds and bonds are collateral at most."""
    board = Instrument("160001.SZ", board=Board.LOF)
    given = market({STOCK: [10.0], "160001.SZ": [1.0]}, instruments={"160001.SZ": {"board": "LOF"}})
    found = credit_on(given, given.column(board.symbol), 0)
    assert (found.haircut, found.financing, found.lending) == (0.8, None, None)
    assert found.since is None or isinstance(found.since, dt.date)


def test_an_explanation_names_the_check_that_an_order_failed() -> None:
    """Protects from a tick beside numbers that do not fit: locked proceeds are no cash; what is not owed is no debt."""
    kind = MarginTrading(short_price_rule=False)
    run = qr.Session(qr.sample_market(), start="2021-06-04", cash=100_000, account=kind).step()
    rail = "604047.SH"
    last = float(run.history(rail, 1, adjust="none")[rail].iloc[-1])
    run.sell(rail, 15_000, terms.short_sale(terms.limit(round(last * 0.98, 2))))
    run.step()
    bought = run.buy("604018", 20_000)
    returned = run.buy(rail, 20_000, terms.to_return(terms.limit(round(last * 0.95, 2), tif="GTC")))
    run.step()
    failed = {order: set(order.explain().data.query("verdict == 'failed'")["check"]) for order in (bought, returned)}
    assert failed == {bought: {"Cash"}, returned: {"Shares", "Limit"}}
    assert "15,000 shares are reserved for it" in str(returned.explain())
