"""Options: what a person does and sees in an account of them; the sums are in conformance/test_option_streams."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

import qresearch as qr
from qresearch import terms
from qresearch.domain.option import Option, OptionTerms
from qresearch.engine.accounts.options import Options

FUND, CALL, PUT, HIGH = "514101.SH", "C2212M4000", "P2212M4000", "C2212M4200"


def account(start: str = "2022-11-28", cash: float = 300_000, **options: object) -> qr.Session:
    """A session on the embedded options, at the close of its first day."""
    return qr.Session(qr.sample_options(), start=start, cash=cash, **{"account": "options", **options}).step()


def covered(units: int = 20_000, lots: int = 2) -> qr.Session:
    """An account that has written calls behind units of the fund."""
    run = account()
    run.buy(FUND, 30_000)
    run.step()
    run.account.lock(FUND, units)
    run.sell(HIGH, lots, terms.covered_open())
    return run.step()


def test_a_premium_is_paid_and_a_written_contract_binds_margin() -> None:
    """Protects both sides: a premium is cash that went or came, and only what is written binds."""
    run = account()
    run.buy(CALL, 5)
    run.sell(PUT, 5)
    run.step()
    lots, day = run.tables.lots, run.simulation.account.day
    opens = {symbol: float(run.market.panel.open[day, run.market.column(symbol)]) for symbol in (CALL, PUT)}
    paid = (opens[PUT] - opens[CALL]) * 10_000 * 5 - 5 * 1.6  # writing is free of charge
    assert run.portfolio.cash == pytest.approx(300_000 + paid)
    assert lots["quantity"].to_dict() == {(CALL, "long"): 5, (PUT, "short"): 5}
    assert lots["margin"][CALL, "long"] == 0
    spot, price = (float(run.market.panel.close[day, run.market.column(symbol)]) for symbol in (FUND, PUT))
    one = price + max(0.12 * spot - max(spot - 4.0, 0), 0.07 * 4.0)
    assert lots["margin"][PUT, "short"] == pytest.approx(one * 10_000 * 5, abs=0.01)
    assert run.portfolio.available == pytest.approx(run.portfolio.cash - run.portfolio.margin)
    assert run.portfolio.floating_profit == pytest.approx(lots["floating_profit"].sum())
    assert run.portfolio.profit == pytest.approx(run.portfolio.floating_profit - 5 * 1.6)
    assert run.portfolio.equity == pytest.approx(
        run.portfolio.cash + lots["market_value"][CALL, "long"] - lots["market_value"][PUT, "short"]
    )


def test_a_premium_is_paid_out_of_what_is_there() -> None:
    """Protects the check of cash: as many contracts as the premiums and fees of are there."""
    run = account(cash=5_000)
    order = run.buy(CALL, 5)
    run.step()
    price = float(run.market.panel.open[run.simulation.account.day, run.market.column(CALL)])
    assert order.filled == int(5_000 // (price * 10_000 + 1.6)) == 3
    assert order.reason == "INSUFFICIENT_CASH"


def test_an_opening_is_margined_by_the_settlement_before() -> None:
    """Protects the rule of the exchanges: reference prices of the day, not those at which it opens."""
    market = qr.sample_options()
    day = market.panel.day_index("2022-11-29")
    price, spot = (float(market.panel.pre_close[day, market.column(symbol)]) for symbol in (PUT, FUND))
    needed = (price + max(0.12 * spot - max(spot - 4.0, 0), 0.07 * 4.0)) * 10_000
    for cash, filled in ((needed + 0.01, 1), (needed - 0.01, 0)):
        run = account(cash=round(cash, 2))
        order = run.sell(PUT, 1)
        run.step()
        assert order.filled == filled


def test_closing_takes_the_other_side_and_frees_what_it_bound() -> None:
    """Protects the way back: profit by what the contracts cost, and no margin without written contracts."""
    run = account()
    run.sell(PUT, 5)
    run.step()
    opened = run.portfolio.cash - 300_000
    run.buy(PUT, 5, terms.to_close())
    run.step()
    price = float(run.market.panel.open[run.simulation.account.day, run.market.column(PUT)])
    assert run.tables.lots.empty
    assert run.portfolio.margin == 0
    assert run.portfolio.realised_profit == pytest.approx(opened - price * 50_000 - 5 * 1.6)


def test_locked_units_cannot_be_sold_and_cover_calls_without_margin() -> None:
    """Protects covered calls: no margin, a side of their own, and the units stay where they are."""
    run = covered()
    assert run.portfolio.margin == 0
    assert run.tables.lots["quantity"].to_dict() == {(HIGH, "covered"): 2}
    order = run.sell(FUND, 30_000)
    run.step()
    assert (order.filled, order.reason) == (10_000, "UNITS_LOCKED")
    with pytest.raises(qr.UsageError, match=r"unlock: 1 units .* 0 are locked and behind no covered call"):
        run.account.unlock(FUND, 1)
    run.buy(HIGH, 2, terms.covered_close())
    run.step()
    run.account.unlock(FUND, 20_000)
    run.sell(FUND, 20_000)
    run.step()
    assert run.portfolio.quantities == {}


def test_calls_beyond_the_locked_units_are_not_written() -> None:
    """Protects the cover: an order for more of them than units are locked is refused, with the numbers."""
    run = account()
    run.buy(FUND, 30_000)
    run.step()
    run.account.lock(FUND, 15_000)
    order = run.sell(HIGH, 2, terms.covered_open())
    run.step()
    assert (order.status, order.reason) == ("REJECTED", "COVERED_SHORTFALL")
    assert "20,000 locked units" in str(run.explain(order))


def test_a_dividend_changes_strike_and_unit_and_leaves_the_cost() -> None:
    """Protects adjustments: the same money in a contract of more units; Shanghai closes what is uncovered."""
    run = covered()
    cost = float(run.tables.lots.eval("average_price * quantity")[HIGH, "covered"]) * 10_000
    run.run(until="2022-12-15")
    lots = run.tables.lots
    assert float(lots.eval("average_price * quantity")[HIGH, "covered"]) * 10_120 == pytest.approx(cost)
    run.step(phase="AFTER_CLOSE")
    run.step()
    assert run.tables.lots["quantity"].to_dict() == {(HIGH, "covered"): 1}
    forced = run.orders.iloc[-1]
    assert (forced["symbol"], forced["side"], forced["filled"]) == (HIGH, "buy", 1)
    assert run.tables.trade_details["label"].iloc[-1] == "covered shortfall"


def test_topping_up_in_time_keeps_the_covered_calls() -> None:
    """Protects the remedy: units that are locked on the day of the adjustment cover the new size."""
    run = covered()
    run.run(until="2022-12-15")
    run.account.lock(FUND, 240)
    run.run(until="2022-12-20")
    assert run.tables.lots["quantity"].to_dict() == {(HIGH, "covered"): 2}


def test_what_is_in_the_money_is_exercised_and_delivered_the_next_day() -> None:
    """Protects the end of a right: units against the strike on the next trading day, sold a day later."""
    run = account("2022-12-20", cash=300_000)
    run.buy(CALL, 2)
    run.sell(PUT, 1)
    run.run(until="2022-12-28")
    cash = run.portfolio.cash
    run.step(phase="AFTER_CLOSE")
    spot = float(run.market.panel.close[run.simulation.account.day, run.market.column(FUND)])
    assert spot > 3.953  # the adjusted strike
    assert run.tables.lots.empty
    assert run.portfolio.quantities == {}
    # The put lapses; the call is worth what an exercise brings until its units are there.
    assert run.portfolio.equity == pytest.approx(cash + (spot - 3.953) * 20_240, abs=0.01)
    run.step(phase="OPEN")
    assert run.portfolio.cash == pytest.approx(cash - 3.953 * 20_240 - 2 * 0.6, abs=0.01)
    assert run.portfolio.positions[FUND].sellable == 0
    run.step(2)
    assert run.portfolio.positions[FUND].sellable == 20_240


def test_a_right_is_used_only_as_far_as_the_money_goes() -> None:
    """Protects against shares bought with nothing: what cannot be paid lapses."""
    run = account("2022-12-20", cash=90_000)
    run.buy(CALL, 3)
    run.run(until="2022-12-29")
    assert run.portfolio.quantities == {FUND: 20_240}
    assert run.portfolio.cash > 0


def test_a_covered_call_in_the_money_gives_its_units_away() -> None:
    """Protects assignment: the locked units go for the strike, and the lock with them."""
    run = account("2022-12-20")
    run.buy(FUND, 20_300)
    run.step()
    run.account.lock(FUND, 20_240)
    run.sell(CALL, 2, terms.covered_open())
    run.run(until="2022-12-28")
    cash = run.portfolio.cash
    run.step(2)
    assert run.portfolio.quantities == {FUND: 60}
    assert run.portfolio.cash == pytest.approx(cash + 3.953 * 20_240, abs=0.01)
    assert run.portfolio.positions[FUND].sellable == 60


def test_an_index_option_ends_in_cash() -> None:
    """Protects cash settlement: the difference between index and strike, 100 yuan a point, and nothing else."""
    run = account("2023-01-16", cash=300_000)
    run.buy("ZXO2301C3900", 1)
    run.run(until="2023-01-20")
    cash = run.portfolio.cash
    run.step(phase="AFTER_CLOSE")
    index = float(run.market.panel.close[run.simulation.account.day, run.market.column("000900.SH")])
    assert index > 3900
    assert run.portfolio.cash == pytest.approx(cash + (index - 3900) * 100 - 2.0, abs=0.01)


def test_an_american_option_on_a_future_becomes_a_lot_at_the_strike() -> None:
    """Protects exercise before the end: a lot of the future opened at the strike, settled the same day."""
    run = account("2023-02-01", cash=300_000)
    run.buy("QT2307P68000", 1)
    run.step()
    run.account.exercise("QT2307P68000", 1)
    lots = run.tables.lots
    assert lots["quantity"].to_dict() == {("QT2307", "short"): 1}
    assert lots["average_price"]["QT2307", "short"] == 68_000
    before = run.portfolio.equity
    run.step(phase="AFTER_CLOSE")
    settled = run.market.panel.settlement[run.simulation.account.day, run.market.column("QT2307")]
    close = run.market.panel.close[run.simulation.account.day, run.market.column("QT2307")]
    assert run.portfolio.equity == pytest.approx(before + (close - settled) * 5)
    assert run.portfolio.margin == pytest.approx(0.09 * settled * 5, abs=0.01)


def test_a_writer_who_owes_margin_is_called_and_closed() -> None:
    """Protects the call: at the close it is told, at the next open the account closes what frees most."""
    run = account("2022-11-28", cash=45_000)
    run.sell(HIGH, 9)
    run.sell("P2212M4000", 1)
    run.step()
    called = None
    while called is None and str(run.now.day)[:10] < "2022-12-12":
        run.step(phase="AFTER_CLOSE")
        told = run.events.query("event == 'MarginCalled'")
        called = None if told.empty else told.index[0]
        run.step()
    assert called is not None
    forced = run.orders[run.orders["placed_phase"] == "PRE_OPEN"]
    assert set(forced["side"]) == {"buy"}
    assert forced["symbol"].iloc[0] == HIGH
    assert (forced["status"] == "FILLED").all()
    assert run.portfolio.available >= 0


def test_who_cannot_pay_what_is_assigned_owes_it_and_shares_are_sold() -> None:
    """Protects assignment without cash: the units come, the strike is owed, a call tells it, and shares pay it."""
    run = account("2023-01-12", cash=60_000)
    run.sell("P2301M4200", 2)  # 4.15 x 10,120 units each, in the money at its end
    run.run(until="2023-01-19")
    assert run.portfolio.cash < 0
    assert run.portfolio.quantities == {FUND: 20_240}
    run.step(phase="AFTER_CLOSE")
    assert (run.events["event"] == "MarginCalled").any()
    run.step()
    assert run.portfolio.cash >= 0
    assert run.orders.iloc[-1][["symbol", "side", "placed_phase"]].tolist() == [FUND, "sell", "PRE_OPEN"]


def test_the_broker_may_ask_more_and_allow_less() -> None:
    """Protects the settings of the account: a factor on the margin, and a limit of contracts per underlying."""
    run = account(account=Options(margin_factor=1.2, position_limit=4))
    run.sell(PUT, 4)
    order = run.sell("P2301M4000", 1)
    run.step()
    assert (order.status, order.reason) == ("REJECTED", "POSITION_LIMIT")
    plain = account()
    plain.sell(PUT, 4)
    plain.step()
    assert run.portfolio.margin == pytest.approx(1.2 * plain.portfolio.margin, abs=0.01)


def test_one_order_has_no_more_contracts_than_its_exchange_allows() -> None:
    """Protects order maxima: 10 at the market and 50 with a limit; forced orders come in as many parts."""
    run = account()
    assert run.buy(CALL, 11).reason == "ORDER_MAXIMUM"
    assert run.buy(CALL, 50, terms.limit(0.01)).reason != "ORDER_MAXIMUM"
    assert run.buy(CALL, 51, terms.limit(0.01)).reason == "ORDER_MAXIMUM"


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        (lambda run: run.account.exercise(CALL, 1), "exercised on its last day, 2022-12-28"),
        (lambda run: run.account.exercise(CALL, 9), "9 contracts .* 5 are held"),
        (lambda run: run.account.exercise(FUND, 1), "0 are held"),
        (lambda run: run.account.exercise("ZXO2301C3900", 1), "by itself after its last day"),
        (lambda run: run.account.lock(FUND, 1), "0 are held and not locked"),
        (lambda run: run.account.repay(100), "owes nothing.*account='margin'"),
        (lambda run: run.sell(PUT, 1, terms.covered_open()), "no call on a fund"),
        (lambda run: run.buy(CALL, 1, terms.covered_open()), "opened by a sale"),
        (lambda run: run.sell(FUND, 100, terms.covered_open()), "no call on a fund"),
        (lambda run: run.sell(CALL, 1, terms.short_sale()), "borrows nothing"),
    ],
)
def test_what_cannot_be_done_is_said(deed: object, said: str) -> None:
    """Protects every wrong call: what was asked, what is there, and what to do."""
    run = account()
    run.buy(CALL, 5)
    run.buy("ZXO2301C3900", 1)
    run.step()
    with pytest.raises(qr.UsageError, match=said):
        deed(run)  # type: ignore[operator]


def test_other_accounts_send_to_this_one() -> None:
    """Protects the way here: an account of shares neither locks nor covers, and says which one does."""
    run = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000).step()
    for deed in (lambda: run.account.lock("604018", 100), lambda: run.sell("604018", 100, terms.covered_open())):
        with pytest.raises(qr.UsageError, match="account='options'"):
            deed()


OPTION = {
    "symbol": "X1", "underlying": "510050.SH", "right": "call", "strike": 3.2, "multiplier": 10_000, "tick": 0.0001,
    "margin": 0.12,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"right": "long"}, "X1: right='long' is neither. Write call or put"),
        ({"strike": None}, "X1 names an underlying and no strike"),
        ({"strike": -1}, "strike=-1.0 must be above 0"),
        ({"underlying": "510300.SH"}, "X1 is an option on 510300.SH, of which there are no bars"),
        ({"settlement": "gold"}, "settlement"),
        ({"multiplier": 0}, "unit=0 must be a whole number"),
        ({"strikes": 3.2}, "the column 'strikes' is unknown. Did you mean"),
    ],
)
def test_a_wrong_table_of_options_is_told(change: dict[str, object], said: str) -> None:
    """Protects reading: the symbol, the value, and what to write."""
    flat = {"open": 3.0, "high": 3.0, "low": 3.0, "close": 3.0, "volume": 1e6}
    rows = [
        {"date": day, "symbol": symbol, **flat}
        for day in ("2024-03-04", "2024-03-05")
        for symbol in ("510050.SH", "X1")
    ]
    with pytest.raises(qr.DataError, match=said):
        qr.read_market(pd.DataFrame(rows), contracts=pd.DataFrame([{**OPTION, **change}]))


def test_a_future_has_one_multiplier() -> None:
    """Protects the rows of a future by date: another multiplier in one of them was passed over in silence."""
    flat = {"symbol": "AB2406", "open": 100.0, "high": 100.0, "low": 100.0, "close": 100.0, "volume": 1e4}
    table = pd.DataFrame([{"symbol": "AB2406", "multiplier": size, "tick": 1, "margin": 0.1, "since": since}
                          for size, since in ((10, None), (5, "2024-03-05"))])  # fmt: skip
    with pytest.raises(qr.DataError, match=r"AB2406 has the multipliers 5, 10"):
        qr.read_market(pd.DataFrame([{"date": "2024-03-04", **flat}]), contracts=table)


def test_an_option_says_what_it_is() -> None:
    """Protects the objects: what cannot be one is refused, and dates choose the terms."""
    held = (OptionTerms(None, 3.2, 10_000), OptionTerms(dt.date(2021, 11, 29), 3.159, 10_129))
    option = Option("510050.SH", "call", held)
    assert [option.on(dt.date(2021, 11, day)).unit for day in (26, 29)] == [10_000, 10_129]
    for change in ({"right": "both"}, {"style": "asian"}, {"floor": 2.0}, {"terms": ()}):
        with pytest.raises(qr.UsageError):
            Option(**{"underlying": "510050.SH", "right": "call", "terms": held, **change})
    for factor, limit in ((0.5, None), (1.0, 0)):
        with pytest.raises(qr.UsageError, match="Options"):
            Options(factor, limit)


def test_an_adjustment_makes_nobody_richer_before_the_open() -> None:
    """Protects the morning of an adjustment: the settlement before counts by the new terms, as the limits do."""
    run = account()
    for _ in range(5):
        run.buy(CALL, 10)
        run.sell(PUT, 10)
    run.run(until="2022-12-14", progress=False).step(phase="AFTER_CLOSE")
    before, bound = run.portfolio.equity, run.portfolio.margin
    run.step(phase="PRE_OPEN")
    assert run.tables.lots.loc[(CALL, "long"), "price"] == pytest.approx(0.1584 * 10_000 / 10_120)
    assert run.portfolio.equity == pytest.approx(before, abs=50)  # the tick of a premium is a yuan a contract
    assert run.portfolio.margin == pytest.approx(bound, rel=0.002)


def test_a_reason_counts_contracts_wherever_it_is_told() -> None:
    """Protects the unit: tables, events, details, tickets and panels say of a contract what they say of a share."""
    run = account()
    run.buy(HIGH, 2, terms.to_open())
    run.step()
    same = run.order_target(HIGH, 2)
    run.sell(HIGH, 500, terms.to_close())
    board = run.show()
    board.open("orders")
    orders, events, details = (board.tab(name) for name in ("orders", "events", "details"))
    run.panels.desk.select(order_id=int(same))
    told = [
        *run.orders.why, *run.events.text, *run.tables.trade_details.why, same.why, same._repr_html_(),
        orders.html(), events.html(), details.html(), run.explain(same).html(),
    ]  # fmt: skip
    assert run.orders.why[2] == "Nothing to do: the 2 contracts held already are what was asked for."
    assert [text for text in told if "share" in text] == []
    run.buy(HIGH, 1, terms.to_open()).update(quantity=500)
    assert "10 contracts at most" in run.message
    assert "最多10张" in run.words.named("zh").again(run.message)
