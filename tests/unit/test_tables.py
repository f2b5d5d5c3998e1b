"""The account tables against figures worked out by hand: two buys, two sales, documented costs.

A, 1,000 shares at 10.00 on day 1 and 1,000 at 10.50 on day 2; 1,500 sold at 11.00 on day 3 and 500 at 9.50 on day 4.
Commission is the minimum of 5.00 each time; stamp duty on the sales is 8.25 and 2.375, half up 2.38.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hand import flat, market, session

import qresearch as qr
from qresearch.book.history import AccountHistory
from qresearch.dialects.swordfish import Account
from qresearch.domain.terms import limit
from qresearch.engine import valuation
from qresearch.session.results import TABLES, result_tables

A, B = "600001.SH", "600002.SH"
NAN = float("nan")


def story(**options: object) -> qr.Session:
    """The session of the module's docstring, at the close of the fifth day."""
    given = market({A: [10.0, (10.0, 10.5), (10.5, 11.0), (11.0, 10.0), (9.5, 9.5)]})
    run = session(given, costs="default", **options)
    for shares in (1000, 1000, -1500, -500):
        run.order(A, shares)
        run.step()
    return run


def test_daily_portfolio_by_hand() -> None:
    """Protects each field of the daily portfolio: every number here was worked out on paper."""
    table = story().tables.daily_portfolio
    expected = {
        "cash": [100_000, 89_995, 79_490, 95_976.75, 100_719.37],
        "available": [100_000, 89_995, 79_490, 95_976.75, 100_719.37],
        "reserved": [0, 0, 0, 0, 0],
        "market_value": [0, 10_500, 22_000, 5_000, 0],
        "equity": [100_000, 100_495, 101_490, 100_976.75, 100_719.37],
        "nav": [1, 1.00495, 1.0149, 1.0097675, 1.0071937],
        "total_return": [0, 0.00495, 0.0149, 0.0097675, 0.0071937],
        "daily_return": [0, 0.00495, 995 / 100_495, -513.25 / 101_490, -257.38 / 100_976.75],
        "daily_profit": [0, 495, 995, -513.25, -257.38],
        "fees": [0, 5, 10, 23.25, 30.63],
        "floating_profit": [0, 495, 1490, -127.5, 0],
        "realised_profit": [0, 0, 0, 1104.25, 719.37],
        "total_profit": [0, 495, 1490, 976.75, 719.37],
    }
    assert list(table.columns) == list(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(table[name], values, rtol=0, atol=1e-9, err_msg=name)


def test_portfolio_now_is_the_last_row_at_a_close_and_moves_with_the_open() -> None:
    """Protects the portfolio between closes: its daily figures are against the close before."""
    run = story()
    now, last = run.tables.portfolio, run.tables.daily_portfolio.iloc[-1]
    assert now.name == last.name
    np.testing.assert_allclose(now, last, rtol=1e-15)
    run.back(2)  # to the close of day 2, where the sale of 1,500 is queued; another 100 cost 5.00 and 0.55 more
    run.sell(A, 100)
    run.step(phase="OPEN")
    at_open = run.tables.portfolio
    assert at_open["equity"] == pytest.approx(101_490 - 13.25 - 5.55, abs=1e-9)
    assert at_open["daily_profit"] == pytest.approx(-18.80)
    assert at_open["daily_return"] == pytest.approx(-18.80 / 101_490)


def test_positions_now_and_by_day_by_hand() -> None:
    """Protects positions: what was held before, what is held, and what was traded that day."""
    run = story()
    table = run.tables.daily_positions.set_index("day")
    assert table["quantity"].tolist() == [1000, 2000, 500, 0]
    assert table["previous_quantity"].tolist() == [0, 1000, 2000, 500]
    assert table["sellable"].tolist() == [0, 1000, 500, 0]
    np.testing.assert_allclose(table["average_cost"], [10.005, 10.255, 10.255, NAN], rtol=1e-12)
    assert table["bought_quantity"].tolist() == [1000, 1000, 0, 0]
    assert table["bought_value"].tolist() == [10_000, 10_500, 0, 0]
    assert table["sold_quantity"].tolist() == [0, 0, 1500, 500]
    assert table["sold_value"].tolist() == [0, 0, 16_500, 4_750]
    assert table["floating_profit"].tolist() == [495, 1490, -127.5, 0]
    now = run.tables.positions
    assert now.loc[A, ["quantity", "previous_quantity", "sold_quantity", "market_value"]].tolist() == [0, 500, 500, 0]


def test_trades_are_first_in_first_out_by_hand() -> None:
    """Protects round trips: 1,500 sold close the first lot and half of the second; fees are shared to the fen."""
    trades = story().tables.trades
    assert trades["quantity"].tolist() == [1000, 500, 500]
    assert trades["entry_price"].tolist() == [10.0, 10.5, 10.5]
    assert trades["exit_price"].tolist() == [11.0, 11.0, 9.5]
    assert trades["holding_days"].tolist() == [2, 1, 2]
    assert trades["cost"].tolist() == [10_000, 5_250, 5_250]
    assert trades["proceeds"].tolist() == [11_000, 5_500, 4_750]
    assert trades["profit_before_fees"].tolist() == [1000, 250, -500]
    assert trades["fees"].tolist() == [13.83, 6.92, 9.88]
    np.testing.assert_allclose(trades["profit"], [986.17, 243.08, -509.88], rtol=0, atol=1e-9)
    np.testing.assert_allclose(trades["mae"], [0, 0, 1 / 10.5], rtol=1e-12)
    np.testing.assert_allclose(trades["mfe"], [0.1, 0.5 / 10.5, 0.5 / 10.5], rtol=1e-12)
    assert trades[["entry_order", "exit_order"]].to_numpy().tolist() == [[1, 3], [2, 3], [2, 4]]
    assert trades["exit"].tolist() == ["sold"] * 3


def test_trades_summary_by_hand() -> None:
    """Protects the summary of round trips: two won, one lost."""
    value = story().tables.trades_summary["value"]
    expected = {
        "trades": 3, "winners": 2, "losers": 1, "win_rate": 2 / 3, "profit_before_fees": 750, "fees": 30.63,
        "profit": 719.37, "gains": 1229.25, "losses": 509.88, "profit_factor": 1229.25 / 509.88,
        "average_profit": 239.79, "average_gain": 614.625, "average_loss": 509.88, "payoff": 614.625 / 509.88,
        "best": 986.17, "worst": -509.88, "average_holding_days": 5 / 3,
    }  # fmt: skip
    assert value[list(expected)].to_dict() == pytest.approx(expected, abs=1e-9)


def test_return_summary_by_hand() -> None:
    """Protects the figures of a run: written out here once more in plain Python, without the module's own functions."""
    table = story().tables.return_summary
    returns = [0, 0.00495, 995 / 100_495, -513.25 / 101_490, -257.38 / 100_976.75]
    mean = sum(returns) / 5
    deviation = (sum((value - mean) ** 2 for value in returns) / 4) ** 0.5
    downside = (sum(value**2 for value in returns if value < 0) / 5) ** 0.5
    annual = 1.0071937 ** (252 / 5) - 1
    drawdown = 1 - 100_719.37 / 101_490
    mean_equity = (100_000 + 100_495 + 101_490 + 100_976.75 + 100_719.37) / 5
    expected = {
        "days": 5,
        "total_return": 0.0071937,
        "annual_return": annual,
        "annual_volatility": deviation * 252**0.5,
        "sharpe": mean / deviation * 252**0.5,
        "compound_sharpe": annual / (deviation * 252**0.5),
        "sortino": mean / downside * 252**0.5,
        "max_drawdown": drawdown,
        "return_over_drawdown": annual / drawdown,
        "daily_win_rate": 2 / 5,
        "turnover": (20_500 + 21_250) / 2 / mean_equity,
    }
    assert table.loc[list(expected), "value"].to_dict() == pytest.approx(expected, rel=1e-12, abs=1e-12)
    other = story().tables(periods=244, risk_free=0.02).return_summary["value"]
    assert other["annual_return"] == pytest.approx(1.0071937 ** (244 / 5) - 1)
    rate = 1.02 ** (1 / 244) - 1
    assert other["sharpe"] == pytest.approx((mean - rate) / deviation * 244**0.5)


def test_attribution_adds_up_and_names_each_instrument() -> None:
    """Protects attribution: dividends and fees belong to their instrument, and the sum is the total profit."""
    given = market({A: [10.0] * 5, B: [20.0, 20.0, 21.0, 19.6, 19.6]},
                   actions=[{"symbol": B, "day": 3, "cash_per_share": 0.5}])  # fmt: skip
    run = session(given, costs="default")
    run.buy(A, 1000)
    run.buy(B, 500)
    run.step(2)
    run.sell(A, 1000)
    run.step(2)
    table = run.tables.attribution
    assert table.loc[A, ["trades", "bought", "sold", "fees", "profit"]].tolist() == [1, 10_000, 10_000, 15, -15]
    assert table.loc[B, ["quantity", "dividends", "fees", "profit"]].tolist() == [500, 250, 5, 45]
    assert table.loc[B, ["realised_profit", "floating_profit"]].tolist() == [250, -205]
    assert table["profit"].sum() == pytest.approx(run.portfolio.profit)


def test_costs_by_kind_with_slippage() -> None:
    """Protects the cost table: 0.05 a share of slippage on 4,000 shares, fees as booked."""
    table = story(slippage=("fixed", 0.05)).tables.costs["amount"]
    assert table["commission"] == 20
    assert table["slippage"] == pytest.approx(0.05 * 4000)
    assert table["stamp_duty"] == pytest.approx(8.21 + 2.36)  # of 16,425.00 and 4,725.00
    assert table["total"] == pytest.approx(table[:-1].sum())
    table = story().tables.costs
    assert table.loc["total", "of_traded"] == pytest.approx(30.63 / 41_750)
    assert table.loc["total", "of_equity"] == pytest.approx(30.63 / 100_000)


def test_trade_details_tell_each_outcome() -> None:
    """Protects trade details: each Swordfish code comes from the happening that it stands for."""
    given = market({A: [10.0] * 6}, volumes={(A, 1): 5000})
    run = session(given, participation=0.1)
    run.buy(A, 1000)  # 500 of the 5,000 shares of that day, the rest expires
    run.step()
    run.buy(A, 50)  # half a lot
    late = run.buy(A, 100)
    run.step()
    late.cancel()  # too late
    early = run.buy(A, 300)
    early.cancel()
    run.buy(A, 200)  # still queued
    table = run.tables.trade_details
    assert table["outcome"].tolist() == [
        "partly filled", "expired", "rejected", "filled", "cancel refused", "canceled", "submitted",
    ]  # fmt: skip
    assert table["quantity"].tolist() == [500, 0, 0, 100, 0, 300, 0]
    assert table["sent"].iloc[0] == pd.Timestamp("2024-01-02 15:00")
    assert table["time"].iloc[0] == pd.Timestamp("2024-01-03 09:30")
    assert pd.isna(table["time"].iloc[-1])
    coded = Account(run).trade_details
    assert coded["orderStatus"].tolist() == [0, -3, -1, 1, -2, 2, 4]
    assert coded["direction"].tolist() == [1] * 7


def test_a_resting_order_shows_in_reserved_and_by_its_price() -> None:
    """Protects reserved funds: equity is available plus reserved plus market value also while a limit order rests."""
    run = session(market({A: [(10.0, 10.0)] * 5}), costs="default")
    run.order(A, 1000, limit(9.5, tif="GTC"))
    run.step(2)
    row = run.tables.daily_portfolio.iloc[-1]
    assert row["reserved"] == 9505.0
    assert row["available"] + row["reserved"] + row["market_value"] == row["equity"] == 100_000
    assert run.tables.portfolio["reserved"] == 9505.0
    assert run.tables.trade_details["order_price"].tolist() == [9.5]


def test_a_day_stepped_over_has_its_close_all_the_same() -> None:
    """Protects daily tables of someone who steps from open to open: no day is missing and none is counted late."""
    by_close, by_open = story(), session(story().market, costs="default")
    for shares in (1000, 1000, -1500, -500):
        by_open.order(A, shares)
        by_open.step(phase="OPEN")
    by_open.step()
    assert by_open.equity.tolist() == by_close.equity.tolist()
    pd.testing.assert_frame_equal(by_open.tables.daily_positions, by_close.tables.daily_positions)


def test_splits_dividends_and_given_shares_stay_in_their_lots() -> None:
    """Protects round trips over corporate actions: 1,000 at 10.00, 2 for 1, are 2,000 and earned a dividend."""
    given = market({A: [10.0, 10.0, 10.0, 4.9, 5.2]},
                   actions=[{"symbol": A, "day": 3, "cash_per_share": 0.2, "bonus_per_share": 1.0}])  # fmt: skip
    run = session(given, start="2024-01-03", positions={A: 1000}, positions_paid=False)
    run.step(2)
    run.sell(A, 2000)
    run.step(2)
    trade = run.tables.trades.iloc[0]
    assert trade[["quantity", "entry_price", "cost", "proceeds", "dividends", "profit"]].tolist() == [
        2000, 10.0, 10_000, 9_800, 200, 0,
    ]  # fmt: skip
    assert trade[["mae", "mfe"]].tolist() == pytest.approx([0, 0], abs=1e-12)
    assert trade["entry_order"] == 0


def test_benchmark_fills_gaps_with_the_past_only() -> None:
    """Protects the benchmark from look-ahead: a missing day keeps the last close, the move comes with the next."""
    closes = pd.Series([99.0, 110.0, 121.0], index=pd.DatetimeIndex(["2024-01-01", "2024-01-04", "2024-01-08"]))
    run = session(flat(days=5)).step(4)
    table = run.tables(benchmark=closes.tz_localize("Asia/Shanghai")).daily_portfolio
    assert table["benchmark_close"].tolist() == [99, 99, 110, 110, 121]
    np.testing.assert_allclose(table["benchmark_nav"], [1, 1, 110 / 99, 110 / 99, 121 / 99])
    figures = run.tables(benchmark=closes).return_summary["value"]
    assert figures["benchmark_return"] == pytest.approx(121 / 99 - 1)
    assert figures["annual_excess_return"] == pytest.approx(-figures["benchmark_annual_return"])


def test_the_close_of_a_period_is_known_at_its_end() -> None:
    """Protects the benchmark from look-ahead: the close of a week stands on none of its earlier days."""
    closes = pd.Series([99.0, 110.0], index=pd.PeriodIndex(["2023-12-29", "2024-01-05"], freq="W-FRI"))
    table = session(flat(days=5)).step(4).tables(benchmark=closes).daily_portfolio
    assert table["benchmark_close"].tolist() == [99, 99, 99, 110, 110]


@pytest.mark.parametrize("start", ["2024-01-02", None], ids=["begins after the run", "before the first day"])
def test_a_benchmark_without_a_close_yet_has_its_columns(start: str | None) -> None:
    """Protects a program that names the columns of a benchmark: they are there, and empty, before it begins."""
    later = pd.Series([100.0, 101.0], index=pd.DatetimeIndex(["2024-03-01", "2024-03-04"]))
    run = session(flat(days=5)) if start else qr.Session(flat(days=5))
    tables = run.tables(benchmark=later)
    table, now = tables.daily_portfolio[["benchmark_close", "benchmark_nav"]], tables.portfolio
    assert len(table) == bool(start)
    assert table.isna().all(axis=None)
    assert table.dtypes.tolist() == ["float64", "float64"]
    assert now[["benchmark_close", "benchmark_nav"]].isna().all()
    assert list(now.index) == list(tables.daily_portfolio.columns)
    assert "benchmark_nav" not in run.tables(benchmark=False).daily_portfolio


@pytest.mark.parametrize(
    "series",
    [
        pd.Series([100.0, 101.0], index=pd.PeriodIndex(["2024-01-02", "2024-01-03"], freq="D")),
        pd.Series([100.0, 101.0], index=["2024-01-02", "2024-01-03"]),
        pd.Series(
            [100, None, 101], index=pd.DatetimeIndex(["2024-01-02", "2024-01-03", "2024-01-03"]), dtype="Float64"
        ),
    ],
    ids=["periods", "text", "nullable"],
)
def test_benchmarks_of_many_shapes(series: pd.Series) -> None:
    """Protects callers with a Series of their own: periods, text dates and nullable numbers mean the same."""
    table = session(flat(days=3)).step(1).tables(benchmark=series).daily_portfolio
    assert table["benchmark_close"].tolist() == [100, 101]


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (pd.Series([0.01, -0.01], index=pd.DatetimeIndex(["2024-01-02", "2024-01-03"])), "Series of closes"),
        (pd.Series([1.0, 2.0], index=["x", "y"]), "Index it by date"),
        (pd.Series(["a"], index=pd.DatetimeIndex(["2024-01-02"])), "no number"),
        (pd.Series([100.0, 101.0]), "Index it by date"),
        (pd.Series([100.0, 101.0], index=[20240102, 20240103]), "Index it by date"),
        (pd.Series([100.0, 101.0], index=pd.Index([20240102, 20240103], dtype="object")), "Index it by date"),
        (pd.Series([100.0, np.inf], index=pd.DatetimeIndex(["2024-01-02", "2024-01-03"])), "above 0 and finite"),
        (pd.Series([1 + 0j], index=pd.DatetimeIndex(["2024-01-02"])), "no number"),
        (pd.Series([True], index=pd.DatetimeIndex(["2024-01-02"])), "no number"),
        (12, "Pass a Series"),
        ("600009", "Unknown symbol"),
    ],
)
def test_a_wrong_benchmark_says_what_is_needed(wanted: object, words: str) -> None:
    """Protects callers from a silent guess: returns are never taken for prices."""
    with pytest.raises(qr.UsageError, match=words):
        session(flat()).tables(benchmark=wanted)


def test_tables_of_an_untouched_session_are_empty_but_whole() -> None:
    """Protects the first look: every table is there with its columns before anything has happened."""
    run = qr.Session(flat())
    tables = run.tables
    for name in ("trade_details", "positions", "daily_positions", "daily_portfolio", "trades", "attribution"):
        assert len(getattr(tables, name)) == 0
        assert len(getattr(tables, name).columns) > 5
    assert tables.portfolio["equity"] == 1_000_000
    assert pd.isna(tables.return_summary.loc["annual_return", "value"])
    assert tables.trades_summary.loc["trades", "value"] == 0


EVERY = (
    "bonds", "codes", "costs", "daily_behind", "daily_bonds", "daily_owing", "daily_positions", "daily_sides", "debts",
    "lots", "positions", "repo", "sides", "trade_details", "trades", "attribution",
)  # fmt: skip


def futures() -> qr.Session:
    """An account of futures that has not begun."""
    return qr.Session(qr.sample_futures(), start="2023-03-01", cash=300_000, account="futures")


def of_kind(kind: str) -> tuple[qr.Session, qr.Session]:
    """A session that has not begun, and one of the same kind that holds something and has closed something."""
    if kind == "futures":
        run = futures().step()
        run.sell("QT2307", 2, qr.terms.to_open())
        run.step(2).buy("QT2307", 1, qr.terms.to_close())
        return futures(), run.step(2)
    if kind == "bond":
        empty, run = (qr.Session(qr.sample_bonds(), start="2023-06-14", cash=1e6, account="bond") for _ in range(2))
        run.step().buy("019801", 1_000)
        run.sell("204001", 1_000)
        return empty, run.step()
    empty, run = (qr.Session(qr.sample_market(), start="2022-03-01", account=kind) for _ in range(2))
    run.step().buy("604018", 6_000, *[qr.terms.financed()] * (kind == "margin"))
    run.step(2).sell("604018", 1_000)
    run.buy("688903", 100)
    return empty, run.step(2)


@pytest.mark.parametrize("kind", ["cash_shares", "margin", "futures", "bond"])
def test_an_empty_table_has_the_columns_and_dtypes_of_a_full_one(kind: str) -> None:
    """Protects a program that runs before the first order: sums, comparisons and joins mean the same then."""
    empty, full = of_kind(kind)
    looked = {name: (getattr(empty, name), getattr(full, name)) for name in ("orders", "fills", "positions", "events")}
    looked |= {name: (getattr(empty.tables, name), getattr(full.tables, name)) for name in EVERY}
    assert not looked["orders"][0].size
    assert looked["orders"][1].size
    for name, (nothing, something) in looked.items():
        assert nothing.dtypes.to_dict() == something.dtypes.to_dict(), name
        assert nothing.index.names == something.index.names, name
        levels = [[table.index.get_level_values(name).dtype for name in table.index.names] for table in looked[name]]
        assert levels[0] == levels[1], name


def test_positions_of_contracts_have_both_sides_as_one() -> None:
    """Protects the tables of a futures account: what is sold short counts below zero, as in ``session.positions``."""
    run = futures().step()
    run.sell("QT2307", 2, qr.terms.to_open())
    run.step()
    run.buy("QT2307", 1, qr.terms.to_open())
    run.step()
    told, now = run.positions.loc["QT2307"], run.tables.positions.loc["QT2307"]
    days = run.tables.daily_positions.set_index("day")
    assert days["quantity"].tolist() == [-2, -1]
    assert days["previous_quantity"].tolist() == [0, -2]
    assert days["sold_quantity"].tolist() == [2, 0]
    for row in (now, days.iloc[-1]):
        for name, theirs in (("quantity", "quantity"), ("sellable", "sellable"), ("market_value", "market_value"),
                             ("floating_profit", "profit"), ("weight", "weight")):  # fmt: skip
            assert row[name] == pytest.approx(told[theirs]), name
    assert now["previous_quantity"] == -2
    first, portfolio = days.iloc[0], run.tables.daily_portfolio
    assert first["average_cost"] == run.tables.lots.loc[("QT2307", "short"), "average_price"]
    np.testing.assert_allclose(days["market_value"], portfolio["market_value"].iloc[-2:])
    np.testing.assert_allclose(days["floating_profit"], portfolio["floating_profit"].iloc[-2:])


def test_positions_of_one_day_are_the_previous_ones_of_the_next() -> None:
    """Protects the tables where shares of one's own are held beside borrowed ones, and lots beside shares."""
    given = market({A: [10.0] * 6, B: [5.0] * 6}, credit=pd.DataFrame([{"symbol": A, "haircut": 0.7, "lending": 0.5}]))
    run = session(given, cash=100_000, account="margin").step()
    run.sell(A, 1_000, qr.terms.short_sale(qr.terms.limit(10.0)))
    run.buy(A, 700, qr.terms.to_open())
    run.step()
    run.buy(A, 300, qr.terms.to_return())
    run.step(2)
    days = run.tables.daily_positions.set_index("day")
    assert days["quantity"].tolist() == [-300, 0, 0]
    assert days["previous_quantity"].tolist() == [0, *days["quantity"].tolist()[:-1]]
    assert run.tables.positions["previous_quantity"].tolist() == [0]


def test_an_account_without_money_has_no_ratios() -> None:
    """Protects a session with no cash from division by zero."""
    run = session(flat(), cash=0).step(2)
    assert run.tables.daily_portfolio["nav"].isna().all()
    assert run.tables.daily_portfolio["daily_return"].tolist() == [0, 0, 0]
    assert pd.isna(run.tables.portfolio["nav"])


def test_another_branch_is_seen_to_its_end() -> None:
    """Protects comparison: from a new branch the old future is seen whole, the present branch up to the cursor."""
    run = story()
    run.back(3)
    run.sell(A, 500)
    run.step()
    assert len(run.tables.daily_portfolio) == 3
    assert len(run.tables(branch="main").daily_portfolio) == 5
    with pytest.raises(qr.UsageError, match="branch='other' is not known"):
        run.tables(branch="other")


def test_tables_follow_the_session() -> None:
    """Protects someone who keeps the object: it is looked at anew, and after going back shows what was known then."""
    run = session(flat())
    tables = run.tables
    run.step(2)
    assert len(tables.daily_portfolio) == 3
    run.back()
    assert len(tables.daily_portfolio) == 2


def test_recorded_values_are_a_table() -> None:
    """Protects ``record``: one row per day, one column per name."""

    def strategy(context: object) -> None:
        context.record(cash=context.portfolio.cash, day=float(context.now.day.day))

    run = qr.Session(flat(days=3), strategy=strategy).run(progress=False)
    assert run.tables.recorded["day"].tolist() == [2.0, 3.0, 4.0]


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_results_are_files_with_their_units(tmp_path, form: str) -> None:
    """Protects the export: every table comes back as it was, and the README names the unit of every column."""
    run = story()
    written = run.save_results(tmp_path / "out", form)
    assert {path.name for path in written} == {path.name for path in (tmp_path / "out").iterdir()}
    tables = result_tables(run)
    assert "recorded" not in tables
    for name, table in tables.items():
        path = tmp_path / "out" / f"{name}.{form}"
        back = pd.read_parquet(path) if form == "parquet" else pd.read_csv(path)
        assert back.columns.tolist() == table.columns.tolist()
        assert len(back) == len(table)
        unnamed = [column for column in table.columns if column not in TABLES[name].columns]
        assert not unnamed, f"{name}: say the unit of {unnamed}"
    readme = (tmp_path / "out" / "README.md").read_text("utf-8")
    assert "| floating_profit | currency, market value less cost (buying fees included) |" in readme
    assert run.digest() in readme
    with pytest.raises(qr.UsageError, match="format"):
        run.save_results(tmp_path, "xlsx")


def test_equity_valued_in_parts_is_that_of_each_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects the memory of large books: however many holdings are valued in one go, each close has its own value."""

    def handle_data(context: Any, data: Any) -> None:
        if data.day % 3 == 0:
            context.order(context.symbols[data.day % 20], 300)

    run = qr.Session(qr.sample_market(), end="2022-03-31", strategy=handle_data).run()
    whole = run.equity
    assert len(set(map(len, (state.positions for state in run.simulation.timeline.branch.states)))) > 5
    monkeypatch.setattr(valuation, "_AT_ONCE", 7)
    parts = AccountHistory.of(run.simulation).equity
    assert parts.tolist() == whole.tolist()
    for day, value in list(whole.items())[:: len(whole) // 20]:
        run.goto(day)
        assert run.portfolio.equity == value
