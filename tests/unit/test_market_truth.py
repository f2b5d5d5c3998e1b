"""What a market is told is what it trades by: classes of instruments, tables beside the bars, unexplained steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import qresearch as qr
from qresearch.domain.classes import classed
from qresearch.domain.instrument import Board, canonical_symbol

A, B = "600001.SH", "000002.SZ"


def bars(
    symbol: str = A, prices: tuple[float, ...] = (10.0,) * 6, start: str = "2024-01-02", **columns: Any
) -> pd.DataFrame:
    """Flat bars of one symbol."""
    days = pd.bdate_range(start, periods=len(prices))
    frame = pd.DataFrame({"date": days, "symbol": symbol, "volume": 1e6})
    for name in ("open", "high", "low", "close"):
        frame[name] = prices
    return frame.assign(**columns)


def read(frame: pd.DataFrame, **options: Any) -> qr.Market:
    """The market of some bars."""
    return qr.read_market(frame, **options)


# ------------------------------------------------------------------ classes of instruments


@pytest.mark.parametrize(
    ("symbol", "board", "same_day", "limit"),
    [
        ("600519.SH", Board.SH_MAIN, False, None), ("688981.SH", Board.STAR, False, None),
        ("689009.SH", Board.STAR, False, None), ("000001.SZ", Board.SZ_MAIN, False, None),
        ("301001.SZ", Board.CHINEXT, False, None), ("920002.BJ", Board.BSE, False, None),
        ("900901.SH", Board.SH_B, False, None), ("200002.SZ", Board.SZ_B, False, None),
        ("510300.SH", Board.ETF, False, None), ("588000.SH", Board.ETF, False, 0.2),
        ("159949.SZ", Board.ETF, False, 0.2), ("159915.SZ", Board.ETF, False, 0.2),
        ("513050.SH", Board.ETF, True, None), ("518880.SH", Board.ETF, True, None),
        ("511010.SH", Board.ETF, True, None), ("511880.SH", Board.ETF, True, None),
        ("159999.SZ", Board.ETF, False, None), ("161725.SZ", Board.LOF, False, None),
        ("508000.SH", Board.REIT, False, None), ("113050.SH", Board.CONVERTIBLE, True, None),
        ("123107.SZ", Board.CONVERTIBLE, True, None), ("010107.SH", Board.BOND, False, None),
        ("204001.SH", Board.REPO, False, None), ("131810.SZ", Board.REPO, False, None),
        ("000300.SH", Board.INDEX, False, None), ("399006.SZ", Board.INDEX, False, None),
    ],
)  # fmt: skip
def test_a_code_tells_the_class(symbol: str, board: Board, same_day: bool, limit: float | None) -> None:
    """Protects who trades funds, convertibles and bonds: each has the rules of its own class."""
    found = classed(symbol)
    assert (found.board, found.same_day_sale, found.limit_ratio) == (board, same_day, limit)


@pytest.mark.parametrize("symbol", ["602000.SH", "880001.SH", "999999.SH", "450000.SZ", "700.SH"])
def test_a_chinese_code_outside_every_range_is_refused(symbol: str) -> None:
    """Protects from rules that are not its own: nothing is guessed for a code that no range holds."""
    with pytest.raises(qr.DataError, match=r"outside every range|no range"):
        read(bars(symbol))
    board = "SH_MAIN" if symbol.endswith("SH") else "SZ_MAIN"
    assert read(bars(symbol, board=board)).instruments[0].board.value == board


@pytest.mark.parametrize(
    ("spelling", "symbol"),
    [
        ("1", "000001.SZ"), ("858", "000858.SZ"), (1, "000001.SZ"), ("600519_daily", "600519.SH"),
        ("600519.csv", "600519.SH"), ("SHSE.600519", "600519.SH"), ("SZSE.000858", "000858.SZ"),
        ("６００５１９", "600519.SH"), ("sh600519", "600519.SH"), ("600519.XSHG", "600519.SH"),
        (" 600519 ", "600519.SH"),
        ("113050", "113050.SH"), ("123107", "123107.SZ"), ("010107", "010107.SH"), ("204001", "204001.SH"),
    ],
)  # fmt: skip
def test_a_damaged_spelling_with_one_reading_is_read(spelling: object, symbol: str) -> None:
    """Protects who exports from a spreadsheet: lost zeros, file names and full-width digits, each said."""
    market = read(bars(spelling))
    assert market.symbols == (symbol,)
    if not str(spelling).strip().replace(".", "").isascii() or len(str(spelling)) < 6:
        assert any("Repaired spellings" in note for note in market.notes)


def test_six_digits_of_both_exchanges_need_a_suffix() -> None:
    """Protects from a coin toss: a bond code that both exchanges use names no exchange."""
    assert canonical_symbol("136001") == "136001"
    with pytest.raises(qr.DataError, match=r"Write 136001.SH or 136001.SZ"):
        read(bars("136001"))


def test_notes_count_what_was_told_by_numbers_only() -> None:
    """Protects the reader of the notes: by class, with what a fund unknown to the table is taken for."""
    frame = pd.concat([bars(A), bars(B), bars("159999.SZ"), bars("204001.SH")])
    notes = " ".join(read(frame).notes)
    assert "1 SH_MAIN (600001.SH)" in notes
    assert "1 funds that no table knows are taken for funds of shares, with a limit of 10% and T+1: 159999.SZ" in notes
    assert "1 bonds and repo are traded by an account of bonds only" in notes


def test_a_convertible_bond_trades_by_its_own_rules() -> None:
    """Protects who holds convertibles: tens, sold on the day, 20 %, three decimals, no stamp duty."""
    run = qr.Session(read(bars("113050.SH", (110.125, 110.126, 110.127, 110.1))), cash=100_000)
    run.step(phase="OPEN")
    bought = run.buy("113050", 30)
    run.step(phase="OPEN")
    run.step(phase="CLOSE")
    sold = run.sell("113050", 10)
    run.step()
    assert (bought.filled, sold.filled, run.fills.stamp_duty.sum()) == (30, 10, 0)
    assert run.market.panel.limit_up[1, 0] == pytest.approx(132.15)
    odd = run.buy("113050", 35)
    assert odd.quantity == 30


def test_bonds_and_repo_are_no_shares() -> None:
    """Protects from a bond without its interest: an account of shares refuses the order, and says what it holds."""
    run = qr.Session(read(pd.concat([bars("010107.SH", (101.0,) * 4), bars("204001.SH", (2.0,) * 4)])))
    assert [run.buy(symbol, 10).reason for symbol in ("010107", "204001")] == ["NOT_CARRIED"] * 2


def test_american_shares_have_a_venue_of_their_own_when_it_is_asked_for() -> None:
    """Protects both readings of .US: plain without a word, cents and fees on sales with one."""
    frame = bars("AAPL.US", (100.0, 100.01, 100.02, 100.03, 100.0, 100.0), start="2024-06-03")
    assert read(frame).venue.name == "plain"
    run = qr.Session(read(frame, venue="us"), cash=100_000)
    run.buy("AAPL.US", 37)
    run.step()
    run.sell("AAPL.US", 37)
    run.step()
    sale = run.fills.iloc[-1]
    assert (sale["commission"], sale["sec_fee"], sale["taf"]) == (0, round(37 * 100.02 * 27.8e-6, 2), 0.01)
    with pytest.raises(qr.UsageError, match="'china', 'us', 'plain'"):
        read(frame, venue="usa")


# ------------------------------------------------------------------ rules by date


def listing(listed: str, symbol: str = "603999.SH", price: float = 10.0, opened: float = 12.0) -> qr.Session:
    """A share that is listed on a day at an issue price, opens there and closes at 44 %."""
    days = pd.bdate_range(pd.Timestamp(listed) - pd.Timedelta(days=4), periods=6)
    old = bars(A, (10.0,) * 6).assign(date=days)
    since = days[days >= listed]
    new = pd.DataFrame({"date": since, "symbol": symbol, "volume": 1e6})
    for name, first in (("open", opened), ("high", 14.4), ("low", opened), ("close", 14.4)):
        new[name] = [first] + [14.4] * (len(since) - 1)
    new["pre_close"] = [price] + [14.4] * (len(since) - 1)
    table = pd.DataFrame([{"symbol": symbol, "list_date": listed}, {"symbol": A}])
    market = read(pd.concat([old.assign(pre_close=10.0), new]), instruments=table)
    return qr.Session(market, start=listed, cash=1_000_000)


@pytest.mark.parametrize(("listed", "filled"), [("2019-03-05", 0), ("2023-04-07", 0), ("2023-04-11", 100)])
def test_nobody_sells_at_the_end_of_the_first_opening_auction(listed: str, filled: int) -> None:
    """Protects from the fill that nobody got: from 2014 to 2023-04-09 listings opened at +20 %, and none was sold."""
    run = listing(listed)
    ticket = run.buy("603999", 100)
    run.step()
    assert ticket.filled == filled
    if not filled:
        assert ticket.reason == "LIMIT_UP"
        assert ticket.record.facts["limit"] == 12.0


def test_a_share_under_a_risk_warning_is_bought_up_to_half_a_million_a_day() -> None:
    """Protects the rule of the risk-warning board: one account, one day, over all its orders."""
    run = qr.Session(read(bars(A, (2.0,) * 6, is_st=True)), cash=10_000_000)
    first, second, third = run.buy(A, 300_000), run.buy(A, 300_000), run.buy(A, 200_000)
    assert [ticket.reason for ticket in (first, second, third)] == ["", "DAILY_MAXIMUM", ""]
    run.step()
    assert (first.filled, third.filled) == (300_000, 200_000)
    plain = qr.Session(read(bars(A, (2.0,) * 6)), cash=10_000_000)
    assert plain.buy(A, 600_000).reason != "ORDER_MAXIMUM"


# ------------------------------------------------------------------ tables beside the bars

EX = pd.bdate_range("2024-01-02", periods=6)[2]


def actions(*rows: dict[str, Any]) -> pd.DataFrame:
    """A table of corporate actions of one share on one day."""
    return pd.DataFrame([{"symbol": A, "ex_date": EX, **row} for row in rows])


@pytest.mark.parametrize("turned", [False, True])
def test_rows_of_one_ex_date_are_taken_together_whatever_their_order(turned: bool) -> None:
    """Protects money: each amount is per share held before, so that no row is paid on the shares of another."""
    rows = [{"bonus_per_share": 1.0}, {"cash_per_share": 0.5}]
    market = read(bars(prices=(10, 10, 4.75, 4.75, 4.75, 4.75)), actions=actions(*rows[:: -1 if turned else 1]))
    run = qr.Session(market, start="2024-01-03", positions={A: 1000}, positions_paid=False, cash=0)
    run.step(3)
    assert run.equity.tolist() == [10_000.0, 10_000.0, 10_000.0]
    assert (run.portfolio.cash, market.panel.limit_up[2, 0]) == (500.0, 5.23)
    assert any("taken together" in note for note in market.notes)


def test_the_same_row_twice_counts_once() -> None:
    """Protects money: vendors deliver a dividend several times."""
    market = read(bars(prices=(10, 10, 9.5, 9.5, 9.5, 9.5)), actions=actions(*[{"cash_per_share": 0.5}] * 3))
    assert [action.cash for action in market.actions] == [0.5]
    assert any("count once" in note for note in market.notes)


def test_two_rights_issues_at_different_prices_are_refused() -> None:
    """Protects from a price that nobody paid."""
    rows = [{"rights_per_share": 0.1, "rights_price": price} for price in (5.0, 6.0)]
    with pytest.raises(qr.DataError, match="two rights issues at different prices"):
        read(bars(), actions=actions(*rows))


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("cash_div_tax", None), ("stk_div", None), ("cash_per_shares", "Did you mean cash_per_share"),
        ("dividend", "not known"), ("payout_ratio", "not known"),
    ],
)  # fmt: skip
def test_columns_of_actions_are_known_or_named(column: str, said: str | None) -> None:
    """Protects a dividend from being dropped without a word because its column has another name."""
    table = actions({column: 0.5})
    if said is None:
        (action,) = read(bars(), actions=table).actions
        assert action.cash + action.bonus == 0.5
    else:
        with pytest.raises(qr.DataError, match=said):
            read(bars(), actions=table)


def test_dates_of_every_table_are_days_of_the_venue() -> None:
    """Protects comparisons from a day that is off by one: midnight in Shanghai is 16:00 UTC of the day before."""
    days = pd.bdate_range("2024-01-02", periods=6)
    utc = days.tz_localize("Asia/Shanghai").tz_convert("UTC")
    index = pd.Series(range(100, 106), index=utc, dtype=float)
    free = pd.DataFrame({"symbol": A, "date": [utc[3]]})
    table = actions({"cash_per_share": 0.5}).assign(ex_date=[utc[2]])
    listed = pd.DataFrame({"symbol": [A], "list_date": [utc[0]]})
    market = read(
        bars(prices=(10, 10, 9.5, 9.5, 9.5, 9.5)).assign(date=utc),
        benchmark=index, actions=table, no_limit_days=free, instruments=listed,
    )  # fmt: skip
    assert market.benchmark.days.tolist() == market.days.tolist() == days.date.tolist()
    assert market.actions[0].ex_day == 2
    assert np.isnan(market.panel.limit_up[3, 0])
    assert market.instruments[0].list_date == days[0].date()


def test_limits_that_are_none_are_told_from_limits_that_are_missing() -> None:
    """Protects from a locked day that never was, and from a year without limits: both are counted."""
    ups = [11.0, 0.0, 9.0, np.nan, *[11.0] * 4, *[np.nan] * 8]
    downs = [9.0, 0.0, 11.0, np.nan, *[9.0] * 4, *[np.nan] * 8]
    frame = bars(prices=(10.0,) * 16).assign(limit_up=ups, limit_down=downs)
    market = read(frame)
    found = market.panel.limit_up[:, 0]
    assert np.isnan(found).tolist() == [False, True, False, True] + [False] * 12
    assert np.unique(found[~np.isnan(found)]).tolist() == [11.0]
    assert any(note.startswith("2 rows have no limit in the data") for note in market.notes)
    assert any(note.startswith("9 rows have limits that are missing for long") for note in market.notes)
    with pytest.raises(qr.DataError, match="swapped"):
        read(frame.assign(limit_up=9.0, limit_down=11.0))


def test_rows_of_a_weekend_are_left_out_and_named() -> None:
    """Protects the calendar: no exchange trades on a Saturday; what trades every day is plain."""
    days = pd.date_range("2024-01-04", "2024-01-12")
    frame = pd.DataFrame({"date": days, "symbol": A, "volume": 1e3})
    for name in ("open", "high", "low", "close"):
        frame[name] = 10.0
    market = read(frame)
    assert all(pd.Timestamp(day).weekday() < 5 for day in market.days)
    assert any("2024-01-06, 2024-01-07" in note for note in market.notes)
    assert len(read(frame.assign(symbol="COIN")).days) == 9


# ------------------------------------------------------------------ steps and actions


def test_a_suspended_row_that_repeats_an_old_close_is_no_price() -> None:
    """Protects equity over an ex-date inside a suspension: the holding is worth the reference price until it trades."""
    quiet = bars(prices=(10, 10, 10, 10, 6.92, 6.92), paused=[False, False, True, True, False, False])
    other = bars(B, (1.0,) * 6, paused=False)
    market = read(pd.concat([quiet, other]), actions=actions({"cash_per_share": 1.0, "bonus_per_share": 0.3}))
    run = qr.Session(market, start="2024-01-03", positions={A: 1000}, positions_paid=False, cash=0)
    run.step(4)
    assert run.equity.tolist() == [10_000.0, 9_996.0, 9_996.0, 9_996.0]


def test_an_action_on_a_day_without_a_step_is_said() -> None:
    """Protects from counting an event twice: adjusted prices and the table of what they are adjusted for."""
    notes = " ".join(read(bars(), actions=actions({"bonus_per_share": 1.0})).notes)
    assert f"{A} {EX.date()}" in notes
    assert "adjusted=True" in notes
    assert "did not step" not in " ".join(read(bars(), actions=actions({"cash_per_share": 0.1})).notes)


def test_a_step_without_an_action_is_said_before_the_first_result() -> None:
    """Protects the holder: pre_close shows an ex-date that no table explains; without it a fall by half does."""
    frame = bars(prices=(10, 10, 5, 5, 5, 5), pre_close=[10, 10, 5, 5, 5, 5])
    assert "1 reference prices differ" in " ".join(read(frame).notes)
    assert "1 openings lie far" in " ".join(read(frame.drop(columns="pre_close")).notes)
    told = read(frame, actions=actions({"bonus_per_share": 1.0})).notes
    assert not any("without a corporate action" in note for note in told)


# ------------------------------------------------------------------ taxes


@pytest.mark.parametrize(
    ("symbol", "start", "at_payment", "at_sale"),
    [
        (A, "2010-03-01", 50.0, 0.0), (A, "2014-03-03", 25.0, 75.0), (A, "2024-03-04", 0.0, 100.0),
        ("510300.SH", "2024-03-04", 0.0, 0.0), ("510300.SH", "2010-03-01", 0.0, 0.0),
    ],
)  # fmt: skip
def test_dividends_are_taxed_at_payment_and_at_the_sale_by_their_date(
    symbol: str, start: str, at_payment: float, at_sale: float
) -> None:
    """Protects equity between payment and sale: 10 % was withheld to 2012, 5 % to 2015, and funds are exempt."""
    frame = bars(symbol, (10.0, 10.0, 9.5, 9.5, 9.5, 9.5), start=start)
    table = pd.DataFrame([{"symbol": symbol, "ex_date": frame["date"][2], "cash_per_share": 0.5}])
    run = qr.Session(
        read(frame, actions=table), costs="zero", dividend_tax="holding_period", start=frame["date"][1],
        positions={symbol: 1000}, positions_paid=False, cash=0,
    )  # fmt: skip
    run.step(2)
    assert run.portfolio.cash == 500.0 - at_payment
    run.sell(symbol, 1000)
    run.step()
    assert run.portfolio.cash == 500.0 - at_payment + 9_500.0 - at_sale


# ------------------------------------------------------------------ the session after hours, days that ended early

STAR_SHARE = "688001.SH"


def after_hours_run(day: str, symbol: str = STAR_SHARE, **options: Any) -> qr.Session:
    """A session at the close before a day; the share closes 1 % above its open."""
    days = pd.bdate_range(end=day, periods=3)
    frame = pd.DataFrame({"date": days, "symbol": symbol, "volume": 1e6})
    frame = frame.assign(open=10.0, high=10.3, low=9.9, close=10.1, pre_close=[10.0, 10.1, 10.1])
    session = qr.Session(read(frame), cash=1e6, costs="zero", **options)
    return session.step(2)


@pytest.mark.parametrize(
    ("symbol", "first"),
    [
        (STAR_SHARE, "2019-07-22"),
        ("300001.SZ", "2020-08-24"),
        (A, "2026-07-06"),
        ("510300.SH", "2026-07-06"),
        ("920002.BJ", "2026-07-06"),
    ],
)
def test_after_hours_trades_at_the_close_from_its_day_on(symbol: str, first: str) -> None:
    """Protects who trades after hours: from the first day on at the close without slippage, before it refused."""
    session = after_hours_run(first, symbol, slippage=("bps", 20))
    ticket = session.buy(symbol, 1000, qr.terms.after_hours(10.2))
    session.step()
    assert (ticket.status, ticket.filled, session.fills["price"].tolist()) == ("FILLED", 1000, [10.1])
    before = after_hours_run(str(np.busday_offset(np.datetime64(first), -1).astype(object)), symbol)
    refused = before.buy(symbol, 1000, qr.terms.after_hours(10.2))
    before.step()
    assert (refused.status, refused.reason) == ("REJECTED", "NO_AFTER_HOURS")


def test_after_hours_asks_for_its_price_its_share_and_its_turn() -> None:
    """Protects from a wonder after hours: no close beyond the price, no more than the share of all such orders."""
    session = after_hours_run("2026-07-07")
    dear = session.buy(STAR_SHARE, 1000, qr.terms.after_hours(10.05))
    first = session.buy(STAR_SHARE, 6000, qr.terms.after_hours(10.2))
    second = session.buy(STAR_SHARE, 6000, qr.terms.after_hours(10.2))
    at_close = session.buy(STAR_SHARE, 500, qr.terms.at_close())
    session.step()
    assert [(ticket.filled, ticket.reason) for ticket in (dear, first, second, at_close)] == [
        (0, "LIMIT_NOT_REACHED"),
        (6000, ""),
        (4000, "VOLUME_CAP"),
        (500, ""),
    ]
    fills = session.fills["order_id"].tolist()
    assert fills.index(int(at_close)) < fills.index(int(first)), "the session after hours comes last"
    assert "1.0%" in str(second.explain())


def test_after_hours_inside_the_call() -> None:
    """Protects the clock of the same bar: at the close such an order trades at once, earlier it waits."""
    session = after_hours_run("2026-07-07", clock="same_bar")
    now = session.buy(STAR_SHARE, 1000, qr.terms.after_hours(10.2))
    assert (now.status, session.fills["price"].tolist()) == ("FILLED", [10.1])
    session.step(phase="OPEN")
    later = session.buy(STAR_SHARE, 1000, qr.terms.after_hours(10.2))
    assert (later.status, later.reason) == ("WORKING", "AWAITS_CLOSE")
    session.step(phase="CLOSE")
    assert later.status == "FILLED"


@pytest.mark.parametrize(
    "wrong", [{"share": 0}, {"share": 1.5}, {"tif": "GTC"}, {"until": "2024-01-31"}, {"share": None}]
)
def test_after_hours_tells_what_it_takes(wrong: dict[str, Any]) -> None:
    """Protects from an order that lasts or takes more than such an order can."""
    with pytest.raises(qr.UsageError, match=next(iter(wrong))):
        qr.terms.after_hours(10.0, **wrong)


def test_a_circuit_breaker_leaves_no_close() -> None:
    """Protects the two days of January 2016: nobody traded at the close, and explain says why."""
    frame = bars(start="2016-01-01", prices=(10.0,) * 5)
    session = qr.Session(read(frame), cash=1e6)
    session.step()
    assert str(session.now.day.date()) == "2016-01-01"
    ticket = session.buy(A, 100, qr.terms.at_close())
    session.step()
    assert (ticket.status, ticket.reason) == ("EXPIRED", "CIRCUIT_BREAKER")
    assert "13:33" in str(ticket.explain())
    again = session.buy(A, 100, qr.terms.at_close())
    session.step()
    assert again.status == "FILLED"
