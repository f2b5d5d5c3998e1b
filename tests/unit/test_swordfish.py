"""The Swordfish-shaped account: the documented fields, with our numbers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hand import market, session

import qresearch as qr
from qresearch.dialects.swordfish import Account
from qresearch.engine.accounts.margin import MarginTrading

A = "600001.SH"
DOCUMENT = Path(__file__).resolve().parents[3] / "shared/reference/source_documents/swordfish_account.txt"

TRADE_DETAILS = ["orderId", "symbol", "direction", "sendTime", "orderPrice", "orderQty", "tradeTime", "tradePrice",
                 "tradeQty", "orderStatus", "label", "outputOrderInfo", "seqNum"]  # fmt: skip
POSITION = ["symbol", "lastDayLongPosition", "lastDayShortPosition", "longPosition", "longPositionAvgPrice",
            "shortPosition", "shortPositionAvgPrice", "todayBuyVolume", "todayBuyValue", "todaySellVolume",
            "todaySellValue"]  # fmt: skip
DAILY_POSITION = [POSITION[0], "tradeDate", *POSITION[1:]]
PORTFOLIO = ["tradeDate", "cash", "totalMarketValue", "totalEquity", "netValue", "totalReturn", "ratio", "pnl",
             "frozenFunds", "totalFee", "floatingPnl", "realizedPnl", "totalPnl"]  # fmt: skip
BENCHMARK = ["benchmarkClosePrice", "benchmarkNetValue"]
SUMMARY = ["totalReturn", "annualReturn", "annualVolatility", "annualSkew", "annualKur", "sharpeRatio", "maxDrawdown",
           "drawdownRatio", "beta", "alpha", "benchmarkReturn", "annualExcessReturn", "turnoverRate",
           "dailyWinningRate"]  # fmt: skip


def sample(days: int = 10) -> qr.Session:
    """A session on the embedded market that has bought something."""
    run = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000)
    run.buy("604018", 1000)
    return run.step(days)


def test_the_fields_are_the_documented_ones() -> None:
    """Protects code written for Swordfish: every field for stocks, in its order, and no other."""
    account = Account(sample())
    assert account.trade_details.columns.tolist() == TRADE_DETAILS
    assert account.get_position().columns.tolist() == POSITION
    assert list(account.get_position("604018")) == POSITION
    assert list(account.get_position("604035")) == POSITION
    assert account.get_daily_position().columns.tolist() == DAILY_POSITION
    assert list(account.total_portfolios) == PORTFOLIO
    assert account.daily_total_portfolios.columns.tolist() == PORTFOLIO + BENCHMARK
    assert account.return_summary.columns.tolist() == SUMMARY
    bare = Account(session(market({A: [10.0] * 4})))
    assert list(bare.total_portfolios) == PORTFOLIO
    assert bare.daily_total_portfolios[BENCHMARK].isna().all(axis=None)
    assert bare.return_summary.columns.tolist() == SUMMARY
    assert bare.return_summary[["beta", "alpha", "benchmarkReturn", "annualExcessReturn"]].isna().all(axis=None)


def test_the_average_price_is_without_fees_and_the_profit_with_them() -> None:
    """Protects the documented meaning: 10.00 after a purchase at 10.00, while the floating profit begins with its fee.

    The mean of 1,000 at 10 and 1,000 at 10.50 is 10.25, a sale leaves it, and a bonus of 1 for 1 halves it.
    """
    split = [{"symbol": A, "day": 4, "bonus_per_share": 1.0}]
    run = session(market({A: [10.0, 10.0, 10.5, 10.5, 5.25]}, actions=split), cash=100_000)
    run.set_order_cost(open_commission=0.001, close_commission=0.001, min_commission=0)
    account, seen = Account(run), []
    for place in (lambda: run.buy(A, 1000), lambda: run.buy(A, 1000), lambda: run.sell(A, 500), list):
        place()
        run.step()
        seen.append(account.get_position(A)["longPositionAvgPrice"])
    assert seen == [10.0, 10.25, 10.25, 5.125]
    assert run.positions.loc[A, "average_cost"] == pytest.approx(10.26025 / 2, abs=1e-5)
    assert account.get_daily_position(A)["longPositionAvgPrice"].tolist() == seen


def test_a_last_price_lets_a_position_begin_with_the_data() -> None:
    """Protects a beginning on the first day of the data, and tells a last price that is not the market's."""
    run = qr.Session(market({A: [10.0] * 4}), cash=100_000, costs="zero")
    with pytest.raises(qr.UsageError, match="no price on both sides"):
        Account(run).set_position(A, 1000, 9.0)
    Account(run).set_position(A, 1000, 9.0, 9.5)
    run.step()
    assert Account(run).total_portfolios["floatingPnl"] == 1000
    later = qr.Session(market({A: [10.0] * 4}), start="2024-01-03", cash=100_000)
    with pytest.warns(qr.MarketWarning, match=r"previous close of .* is 10, not last_price=9.5"):
        Account(later).set_position(A, 1000, 9.0, 9.5)


def test_another_way_of_the_tables_is_taken_along() -> None:
    """Protects figures over another year or branch under the same names; a way that is none is told."""
    run = sample()
    row = Account(run, periods=244, branch="main").return_summary.iloc[0]
    assert row["annualReturn"] == run.tables(periods=244).return_summary["value"]["annual_return"]
    with pytest.raises(qr.UsageError, match="Account has no argument period=244. Did you mean periods"):
        Account(run, period=244)


@pytest.mark.skipif(not DOCUMENT.exists(), reason="the source document is not beside this checkout")
def test_the_fields_stand_in_the_document() -> None:
    """Protects the lists above from a misspelt field: each is a word of the document."""
    words = set(re.findall(r"\w+", DOCUMENT.read_text("utf-8")))
    assert {*TRADE_DETAILS, *DAILY_POSITION, *PORTFOLIO, *BENCHMARK, *SUMMARY} <= words


def test_the_numbers_are_those_of_our_tables() -> None:
    """Protects the translation: a renamed column keeps its values."""
    run = sample()
    account, ours = Account(run), run.tables
    daily = account.daily_total_portfolios
    assert daily["totalEquity"].tolist() == ours.daily_portfolio["equity"].tolist()
    assert daily["totalPnl"].tolist() == pytest.approx((daily["floatingPnl"] + daily["realizedPnl"]).tolist())
    assert account.cash == run.portfolio.available == account.total_portfolios["cash"]
    assert account.total_portfolios["tradeDate"] == run.now.day
    figures, row = ours.return_summary["value"], account.return_summary.iloc[0]
    assert row["sharpeRatio"] == pytest.approx(row["annualReturn"] / row["annualVolatility"])
    assert row["drawdownRatio"] == pytest.approx(row["annualReturn"] / row["maxDrawdown"])
    assert row["alpha"] == figures["alpha"]
    assert account.get_position("SH604018")["longPosition"] == 1000
    assert account.get_position("604035")["longPosition"] == 0
    assert account.get_daily_position("604018")["symbol"].unique().tolist() == ["604018.SH"]
    with pytest.raises(qr.UnknownSymbol):
        account.get_position("999999")


def test_set_position_uses_up_cash_at_its_own_price() -> None:
    """Protects seeding: 1,000 at a cost of 8.00 and worth 10.00 floats 2,000, and the books balance from the start."""
    run = qr.Session(market({A: [10.0] * 4}), start="2024-01-03", cash=100_000, costs="zero")
    account = Account(run)
    account.set_position(A, 1000, 8.0, 10.0)
    assert account.cash == 92_000
    assert account.get_position(A)["longPositionAvgPrice"] == 8.0
    assert account.total_portfolios["floatingPnl"] == 2000
    run.sell(A, 500)
    run.step()
    daily = account.daily_total_portfolios.iloc[0]
    assert daily[["floatingPnl", "realizedPnl", "totalPnl", "netValue"]].tolist() == [1000, 1000, 2000, 1.02]
    assert account.get_daily_position()["lastDayLongPosition"].tolist() == [1000]
    assert run.tables.attribution.loc[A, "profit"] == 2000
    assert run.tables.trades["profit"].tolist() == [1000]


def test_set_position_inside_initialize() -> None:
    """Protects the usual place of the call: the callback before the data start."""

    class Strategy:
        def initialize(self, context: object) -> None:
            Account(context).set_position(A, 300, 9.0)

        def handle_data(self, context: object) -> None:
            pass

    run = qr.Session(market({A: [10.0] * 4}), start="2024-01-03", cash=100_000, strategy=Strategy())
    assert run.portfolio.quantities == {A: 300}
    assert run.step().portfolio.cash == 97_300


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        ((A, -100, 9.0), qr.NotSupported, "short position"),
        ((A, 0, 9.0), qr.UsageError, "quantity=0 must be at least 1"),
        ((A, 100, 0.0), qr.UsageError, "cost price"),
        ((A, 100, float("nan")), qr.UsageError, "cost price"),
        ((A, 100, 9.0, -1.0), qr.UsageError, "last_price"),
        ((A, 100_000, 9.0), qr.UsageError, "more than the cash"),
        (("600009", 100, 9.0), qr.UnknownSymbol, "600009"),
    ],
)
def test_a_wrong_set_position_says_why(arguments: tuple, kind: type[Exception], words: str) -> None:
    """Protects the account from positions that could not have been."""
    account = Account(qr.Session(market({A: [10.0] * 4}), start="2024-01-03", cash=100_000))
    with pytest.raises(kind, match=words):
        account.set_position(*arguments)
    assert account.cash == 100_000


def test_set_position_is_refused_once_the_data_have_begun() -> None:
    """Protects history: the beginning is not changed afterwards."""
    account = Account(session(market({A: [10.0] * 4})))
    with pytest.raises(qr.UsageError, match="before the first day"):
        account.set_position(A, 100, 9.0)


def test_an_account_is_that_of_a_session_or_of_the_context_of_its_strategy() -> None:
    """Protects positions to begin with: ``initialize`` has the context only, and what is neither is refused at once."""

    class Begin:
        def initialize(self, context: object) -> None:
            Account(context).set_position(A, 100, 9.0)

        def handle_data(self, context: object) -> None:
            pass

    run = qr.Session(market({A: [10.0] * 4}), start="2024-01-03", cash=10_000, strategy=Begin)
    assert run.portfolio.quantities == {A: 100}
    with pytest.raises(qr.UsageError, match="session='stock' is no session"):
        Account("stock")


def test_an_account_of_options_has_the_same_fields_and_their_value() -> None:
    """Protects scripts on options: premiums in the value, covered calls on the short side, shares beside them."""
    run = qr.Session(qr.sample_options(), start="2022-11-28", cash=300_000, account="options").step()
    account, fund, call, high = Account(run), "514101.SH", "C2212M4000", "C2212M4200"
    run.buy(fund, 30_000)
    run.buy(call, 5)
    run.step(phase="OPEN")
    run.account.lock(fund, 20_000)
    run.sell(high, 2, qr.terms.covered_open(qr.terms.at_close()))
    run.step(2)
    run.sell(call, 1)
    run.sell(fund, 100)
    run.step()
    assert account.trade_details["direction"].tolist() == [1, 1, 2, 3, 3]
    held = account.get_position().set_index("symbol")
    assert held.loc[[fund, call, high], "longPosition"].tolist() == [29_900, 4, 0]
    assert held.loc[high, "shortPosition"] == 2
    assert held.loc[fund, "lastDayLongPosition"] == 30_000
    worth = run.tables.lots["market_value"]
    daily, now = account.daily_total_portfolios, account.total_portfolios
    assert daily["totalMarketValue"].iloc[-1] == pytest.approx(worth[call, "long"] - worth[high, "covered"])
    assert now["totalPnl"] == pytest.approx(now["totalEquity"] - 300_000)
    assert now["totalPnl"] == pytest.approx(now["floatingPnl"] + now["realizedPnl"])


def test_an_account_of_futures_has_its_own_fields_in_order() -> None:
    """Protects scripts on futures: both sides, open and close told apart, and the fields of the document."""
    run = qr.Session(qr.sample_futures(), start="2023-03-01", cash=500_000, account="futures").step()
    account = Account(run)
    run.buy("QT2307", 3, qr.terms.to_open())
    run.sell("QT2307", 2, qr.terms.to_open())
    run.step()
    run.sell("QT2307", 1, qr.terms.to_close())
    run.buy("QT2307", 1, qr.terms.to_close(qr.terms.at_close()))
    run.step().step(phase="AFTER_CLOSE")
    assert account.trade_details["direction"].tolist() == [1, 2, 3, 4]
    held = account.get_position("QT2307")
    price = float(run.market.panel.open[run.market.panel.day_index("2023-03-02"), run.market.column("QT2307")])
    assert (held["longPosition"], held["longPositionAvgPrice"]) == (2, price)
    assert (held["shortPosition"], held["shortPositionAvgPrice"]) == (1, price)
    assert (held["lastDayLongPosition"], held["lastDayShortPosition"]) == (3, 2)
    assert (held["todayBuyVolume"], held["todaySellVolume"]) == (1, 1)
    now, daily = account.total_portfolios, account.daily_total_portfolios
    assert list(now) == [
        "tradeDate", "margin", "floatingPnl", "realizedPnl", "totalPnl", "cash", "totalEquity", "marginRatio", "pnl",
        "netValue", "totalReturn", "ratio", "totalFee",
    ]  # fmt: skip
    assert list(daily) == [
        "tradeDate", "margin", "floatingPnl", "realizedPnl", "totalPnl", "totalMarketValue", "cash", "totalEquity",
        "marginRatio", "pnl", "netValue", "totalReturn", "ratio", "benchmarkClosePrice", "benchmarkNetValue",
    ]  # fmt: skip
    assert now["totalPnl"] == pytest.approx(now["floatingPnl"] + now["realizedPnl"])
    assert now["totalPnl"] == pytest.approx(now["totalEquity"] - 500_000)
    assert now["cash"] == pytest.approx(now["totalEquity"] - now["margin"])
    assert now["marginRatio"] == pytest.approx(now["margin"] / now["totalEquity"])
    assert daily["totalMarketValue"].isna().all()
    assert account.return_summary["maxMarginRatio"][0] == pytest.approx(daily["marginRatio"].max())
    days = account.get_daily_position("QT2307")
    assert days["shortPosition"].tolist()[-1] == 1
    assert account.get_position("ZX2306")["shortPosition"] == 0
    with pytest.raises(qr.NotSupported, match="futures"):
        account.set_position("QT2307", 1, 60_000)


def test_base_positions_do_not_occupy_capital() -> None:
    """Protects its configuration of positions of the day before: they are held, and no cash has paid for them."""
    run = qr.Session(
        market({A: [10.0] * 4}), start="2024-01-03", cash=100_000, positions={A: 1000}, positions_paid=False
    )
    assert Account(run).cash == 100_000
    run.step()
    assert Account(run).get_position(A)["lastDayLongPosition"] == 1000
    assert Account(run).total_portfolios["totalMarketValue"] == 10_000


def test_a_day_that_is_not_over_is_not_in_the_daily_tables() -> None:
    """Protects a look inside a day: the daily tables end with the close before, the tables of now do not."""
    run = sample(2)
    days = len(Account(run).get_daily_position())
    run.step(phase="OPEN")
    assert len(Account(run).get_daily_position()) == len(Account(run).daily_total_portfolios) == days
    assert Account(run).total_portfolios["tradeDate"] == run.now.day
    run.step(phase="CLOSE")
    assert len(Account(run).get_daily_position()) == days + 1


def test_an_account_of_margin_trading_shows_both_sides() -> None:
    """Protects scripts that sell short: what is owed is the short side, and buying it back closes."""
    run = qr.Session(
        qr.sample_market(), start="2022-03-01", cash=200_000, account=MarginTrading(short_price_rule=False)
    )
    run.sell("604018", 1000, qr.terms.short_sale())
    run.step()
    run.buy("604018", 400, qr.terms.to_return())
    run.step()
    account = Account(run)
    held = account.get_position("604018")
    assert (held["longPosition"], held["shortPosition"], held["lastDayShortPosition"]) == (0, 600, 1000)
    assert account.trade_details["direction"].tolist() == [2, 4]
    sold = run.fills["price"].iloc[0]
    assert held["shortPositionAvgPrice"] == pytest.approx(sold)
    assert held["todayBuyVolume"] == 400
