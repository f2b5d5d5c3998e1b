"""The dated rule book against the facts of market_rules.md and against real prices."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from qresearch.domain.classes import classed
from qresearch.domain.fees import STAMP_DUTY, TRANSFER_FEE
from qresearch.domain.instrument import Board, Instrument
from qresearch.errors import UsageError
from qresearch.market.limits import price_limits, reference_price
from qresearch.market.rules import Levy
from qresearch.market.venue import CHINA

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
NAN = float("nan")
RULES = CHINA.rules


def day(text: str) -> dt.date:
    """A date from text."""
    return dt.date.fromisoformat(text)


def limits(share: Instrument, days: list[str], pre_close: list[float], st: bool = False) -> list[tuple[float, float]]:
    """(limit_up, limit_down) of one instrument on some days."""
    shape = (len(days), 1)
    up, down = price_limits(
        RULES, np.array(days, "datetime64[D]"), [share], np.array(pre_close).reshape(shape), np.full(shape, st)
    )
    return list(zip(up[:, 0].tolist(), down[:, 0].tolist(), strict=True))


@pytest.mark.parametrize(
    ("board", "text", "st", "ratio"),
    [
        (Board.SH_MAIN, "1996-12-15", False, None),
        (Board.SH_MAIN, "1996-12-16", False, 0.10),
        (Board.SZ_MAIN, "1998-04-21", True, 0.10),
        (Board.SZ_MAIN, "1998-04-22", True, 0.05),
        (Board.SZ_MAIN, "2026-07-05", True, 0.05),
        (Board.SZ_MAIN, "2026-07-06", True, 0.10),
        (Board.CHINEXT, "2020-08-23", False, 0.10),
        (Board.CHINEXT, "2020-08-24", True, 0.20),
        (Board.STAR, "2019-07-21", False, None),
        (Board.STAR, "2019-07-22", True, 0.20),
        (Board.BSE, "2021-11-15", False, 0.30),
        (Board.ETF, "2024-01-02", False, 0.10),
        (Board.PLAIN, "2024-01-02", False, None),
        (Board.INDEX, "2024-01-02", False, None),
    ],
)
def test_limit_ratio_changes_on_its_day(board: Board, text: str, st: bool, ratio: float | None) -> None:
    """Both ends of a period belong to it."""
    assert RULES.limit_ratio(board, day(text), st) == ratio


@pytest.mark.parametrize(
    ("board", "st", "pre_close", "expected"),
    [
        (Board.SH_MAIN, False, 10.05, (11.06, 9.05)),  # half a cent goes up on both sides
        (Board.SH_MAIN, True, 10.10, (10.61, 9.60)),  # 10.605 and 9.595
        (Board.CHINEXT, False, 10.05, (12.06, 8.04)),
        (Board.BSE, False, 10.05, (13.07, 7.04)),  # 13.065 and 7.035
        (Board.ETF, False, 1.005, (1.106, 0.905)),  # 1.1055 and 0.9045
        (Board.SH_MAIN, False, 0.04, (0.05, 0.03)),  # at least one tick
        (Board.SH_MAIN, False, 0.01, (0.02, 0.01)),  # never below one tick
        (Board.PLAIN, False, 10.05, (NAN, NAN)),
        (Board.SH_MAIN, False, NAN, (NAN, NAN)),
    ],
)
def test_limits_round_half_up_in_integers(
    board: Board, st: bool, pre_close: float, expected: tuple[float, float]
) -> None:
    """The worked examples of market_rules.md, section 2, and the edges near one tick."""
    found = limits(Instrument("X", board=board), ["2024-01-02"], [pre_close], st)[0]
    assert np.array_equal(found, expected, equal_nan=True)


def test_a_fund_of_its_own_limit_keeps_ten_percent_before_it_was_allowed() -> None:
    """limit_ratio of an ETF counts from 2020-08-24: 159949.SZ traded at 10% before."""
    fund = Instrument("159949.SZ", board=Board.ETF, limit_ratio=0.2)
    assert limits(fund, ["2020-08-21", "2020-08-24"], [1.0, 1.0]) == [(1.1, 0.9), (1.2, 0.8)]
    assert limits(Instrument("X", board=Board.SH_MAIN, limit_ratio=0.2), ["2012-01-04"], [10.0]) == [(12.0, 8.0)]


@pytest.mark.parametrize(
    ("board", "listed", "free", "first"),
    [
        (Board.SH_MAIN, "2013-01-07", 1, (NAN, NAN)),
        (Board.SH_MAIN, "2015-04-20", 0, (14.4, 6.4)),
        (Board.CHINEXT, "2020-08-17", 0, (14.4, 6.4)),
        (Board.CHINEXT, "2020-08-24", 5, (NAN, NAN)),
        (Board.SZ_MAIN, "2023-04-10", 5, (NAN, NAN)),
        (Board.STAR, "2019-07-22", 5, (NAN, NAN)),
        (Board.BSE, "2021-11-15", 1, (NAN, NAN)),
        (Board.ETF, "2021-11-15", 0, (11.0, 9.0)),
    ],
)
def test_new_listings(board: Board, listed: str, free: int, first: tuple[float, float]) -> None:
    """How many sessions a new listing trades without a limit, and the 144% / 64% of the first day."""
    days = [str(found) for found in np.busday_offset(listed, range(8))]
    found = limits(Instrument("X", board=board, list_date=day(listed)), days, [10.0] * 8)
    assert np.array_equal(found[0], first, equal_nan=True)
    assert [bool(np.isnan(up)) for up, _ in found] == [True] * free + [False] * (8 - free)
    # Data that begin on the third day leave two free sessions of five, and none of one.
    later = limits(Instrument("X", board=board, list_date=day(listed)), days[2:], [10.0] * 6)
    assert sum(np.isnan(up) for up, _ in later) == max(free - 2, 0)


def test_no_limit_mask_and_unknown_listing() -> None:
    """A marked day has no limit, its neighbours keep theirs; without list_date no listing rule is applied."""
    days = np.array(["2024-01-02", "2024-01-03"], "datetime64[D]")
    ones = np.full((2, 1), 10.0)
    mask = np.array([[True], [False]])
    up, down = price_limits(RULES, days, [Instrument("X", board=Board.STAR)], ones, np.zeros((2, 1), bool), mask)
    assert np.isnan([up[0, 0], down[0, 0]]).all()
    assert (up[1, 0], down[1, 0]) == (12.0, 8.0)


def test_reference_price() -> None:
    """The formula with real published prices, exact halves, and no tick."""
    assert reference_price(11.78, 0.16, 0.2, 0, NAN, 0.01) == 9.68  # 000001.SZ 2014-06-12
    assert reference_price(19.8, 0.174, 0.2, 0, NAN, 0.01) == 16.36  # 000001.SZ 2015-04-13
    assert reference_price(10.01, 0, 1.0, 0, NAN, 0.01) == 5.01  # 5.005 goes up
    assert reference_price(10.0, 0, 0, 0.3, 6.0, 0.01) == 9.08  # 11.8 / 1.3 = 9.0769
    assert reference_price(10.0, 0, 2.0, 0, NAN, 0.0) == pytest.approx(10 / 3)
    assert reference_price(1.0, 2.0, 0, 0, NAN, 0.01) == 0.01
    with pytest.raises(UsageError, match="leave no shares"):
        reference_price(10.0, 0, -1.0, 0, NAN, 0.01)


def test_the_worked_example_of_costs() -> None:
    """market_rules.md section 1: 1,000 shares at 10.00 in 2024, and the same sale on 2023-08-25."""
    assert RULES.levy(TRANSFER_FEE, Board.SH_MAIN, day("2024-05-06")).bought * 10_000 == pytest.approx(0.10)
    assert RULES.levy(STAMP_DUTY, Board.SH_MAIN, day("2024-05-06")) == Levy(0.0, 0.0005)
    assert RULES.levy(STAMP_DUTY, Board.SH_MAIN, day("2023-08-25")) == Levy(0.0, 0.001)


def test_fees_by_date_and_board() -> None:
    """Both sides paid until 2008-09-18; Shanghai charged par value; Shenzhen and funds show no fee."""
    assert RULES.levy(STAMP_DUTY, Board.SZ_MAIN, day("2007-05-29")) == Levy(0.001, 0.001)
    assert RULES.levy(STAMP_DUTY, Board.SZ_MAIN, day("2007-05-30")) == Levy(0.003, 0.003)
    assert RULES.levy(STAMP_DUTY, Board.SZ_MAIN, day("2008-09-18")) == Levy(0.001, 0.001)
    assert RULES.levy(STAMP_DUTY, Board.SZ_MAIN, day("2008-09-19")) == Levy(0.0, 0.001)
    for board in (Board.ETF, Board.PLAIN, Board.INDEX):
        assert RULES.levy(STAMP_DUTY, board, day("2007-06-01")) == Levy(0.0, 0.0)
        assert RULES.levy(TRANSFER_FEE, board, day("2024-01-02")) == Levy()
    assert RULES.levy(TRANSFER_FEE, Board.SH_MAIN, day("2012-05-31")) == Levy(par=0.001, minimum=1.0)
    assert RULES.levy(TRANSFER_FEE, Board.SH_MAIN, day("2015-07-31")) == Levy(par=0.0006)
    assert RULES.levy(TRANSFER_FEE, Board.SZ_MAIN, day("2015-07-31")) == Levy()
    assert RULES.levy(TRANSFER_FEE, Board.SZ_MAIN, day("2015-08-01")) == Levy(0.00002, 0.00002)
    assert RULES.levy(TRANSFER_FEE, Board.BSE, day("2022-04-28")).bought == 0.000025
    assert RULES.levy(TRANSFER_FEE, Board.BSE, day("2022-04-29")).bought == 0.00001


def test_fee_change_days_cut_the_calendar_where_a_fee_changes() -> None:
    """Between two of the days every fee of every board is constant, and on each of them one changes."""
    changes = RULES.fee_change_days
    assert list(changes) == sorted(set(changes))
    span = [dt.date(2001, 1, 1) + dt.timedelta(days=offset) for offset in range(9500)]
    fees = [
        tuple((RULES.levy(STAMP_DUTY, board, d), RULES.levy(TRANSFER_FEE, board, d)) for board in Board) for d in span
    ]
    assert changes == tuple(d for d, before, now in zip(span[1:], fees, fees[1:], strict=False) if before != now)


@pytest.mark.parametrize(
    ("ex", "bought", "sold", "rate"),
    [
        ("2004-06-01", "2000-01-04", "2004-07-01", 0.20),
        ("2010-06-01", "2010-05-31", "2010-06-02", 0.10),
        ("2014-06-03", "2014-05-20", "2014-06-20", 0.20),
        ("2014-06-03", "2014-05-20", "2014-06-23", 0.10),
        ("2014-06-03", "2013-05-20", "2014-06-20", 0.05),
        ("2015-09-08", "2014-09-08", "2015-09-08", 0.10),
        ("2015-09-08", "2014-09-08", "2015-09-09", 0.0),
        ("2024-02-20", "2024-01-31", "2024-02-29", 0.20),
        ("2024-02-20", "2024-01-31", "2024-03-01", 0.10),
        ("2025-01-20", "2024-02-29", "2025-03-03", 0.0),
    ],
)
def test_dividend_tax(ex: str, bought: str, sold: str, rate: float) -> None:
    """The table of the ex-date decides; one month and one year are calendar ones, their last day included."""
    assert RULES.dividend_tax_rate(day(ex), day(bought), day(sold)) == rate


def test_dividend_tax_needs_the_purchase_first() -> None:
    """Swapped dates are a wrong call, not a rate."""
    with pytest.raises(UsageError, match="before bought"):
        RULES.dividend_tax_rate(day("2024-06-03"), day("2024-06-05"), day("2024-06-03"))


def test_lots_and_ticks() -> None:
    """Every board has a lot; prices of PLAIN and INDEX are on no tick."""
    assert [RULES.lot(board) for board in (Board.SH_MAIN, Board.STAR, Board.BSE, Board.ETF, Board.PLAIN)] == [
        (100, 100), (200, 1), (100, 1), (100, 100), (1, 1),
    ]  # fmt: skip
    assert {board: RULES.tick(board) for board in (Board.BSE, Board.ETF, Board.PLAIN, Board.INDEX)} == {
        Board.BSE: 0.01, Board.ETF: 0.001, Board.PLAIN: 0.0, Board.INDEX: 0.0,
    }  # fmt: skip
    assert {board for board in Board if not RULES.trades(board)} == {
        Board.INDEX, Board.NOT_TRADED, Board.EQUITY,
    }  # fmt: skip


def test_tables_have_no_gap_and_no_overlap() -> None:
    """Within one rule and board each row begins the day after the one before."""
    table = RULES.table()
    assert all(row["source"] and row["status"] for row in table)
    seen: dict[tuple[str, str], str] = {}
    # Boards share rows, so the table as a whole is not in the order of each board.
    for row in sorted(table, key=lambda row: row["since"]):
        for board in row["board"].split():
            until = seen.get((row["rule"], board))
            if row["rule"] == "early_close":
                continue  # single days
            if until is not None:
                assert str(day(until) + dt.timedelta(days=1)) == row["since"], row
            seen[row["rule"], board] = row["until"]
    # Two rules ended: the bands of first days, which the registration of listings replaced.
    assert {rule for (rule, _), until in seen.items() if until} == {"opening_band"}


@pytest.mark.skipif(not DATA.is_dir(), reason="the real data folder is not beside this checkout")
def test_computed_limits_equal_those_of_the_real_file() -> None:
    """145,886 real limits, computed by an independent program, agree to the last bit, each class told by its code."""
    pd = pytest.importorskip("pandas")
    daily = pd.read_parquet(DATA / "cn_daily.parquet")
    listed = pd.read_csv(DATA / "cn_instruments.csv").set_index("symbol").list_date.dropna()
    exempt = {tuple(row) for row in pd.read_csv(DATA / "cn_no_limit_days.csv")[["symbol", "date"]].to_numpy()}
    compared = 0
    for symbol, rows in daily.groupby("symbol"):
        known = classed(symbol)
        assert known.board is Board(rows.board.iloc[0])
        date = day(listed[symbol]) if symbol in listed.index else None
        share = Instrument(symbol, board=known.board, list_date=date, limit_ratio=known.limit_ratio)
        days = rows.date.to_numpy().astype("datetime64[D]")
        mask = np.array([[(symbol, str(found)) in exempt] for found in days])
        column = rows[["pre_close"]].to_numpy()
        found = price_limits(RULES, days, [share], column, rows[["is_st"]].to_numpy(), mask)
        traded = ~rows.paused.to_numpy()
        for name, computed in zip(("limit_up", "limit_down"), found, strict=True):
            given = rows[name].to_numpy()[traded]
            assert np.array_equal(given, computed[traded, 0], equal_nan=True), (symbol, name)
        compared += int(np.count_nonzero(~np.isnan(found[0][traded])))
    assert compared == 145_886
