"""Every row of the table of market rules that concerns cash instruments is tried; others are named with a reason."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import qresearch as qr
from qresearch import terms
from qresearch.domain.classes import classed
from qresearch.domain.instrument import Board, Instrument
from qresearch.market.limits import price_limits, reference_price
from qresearch.market.venue import CHINA

TABLE = Path(__file__).resolve().parents[3] / "shared" / "reference" / "market_rules.csv"
RULES = CHINA.rules
Row = dict[str, str]

OUTSIDE = {
    "handling_fee": "inside the commission, as retail tariffs are", "regulatory_fee": "as above",
    "commission_cap": "a bound on tariffs; the rate is the user's", "fee_rounding": "practice, tried in test_fees",
    "futures_": "futures are not traded here yet", "option_": "options are not traded here yet",
    "margin_": "margin accounts are not here yet", "short_": "as above", "collateral_haircut": "as above",
    "bond_": "bonds are not traded here yet", "session": "hours: bars tell them", "session_quirk": "as above",
    "chinext_market_maker": "no rule for an order", "cash_use": "cash is free at once, as the rule says",
    "rights_issue": "dates of payment",
    "lot": "lots of bonds", "no_limit_days": "given by a table: test_tabular",
    "dividend_dates": "entitlement by the close before: test_corporate",
}  # fmt: skip
"""Rules that are not tried here, by their name or its beginning, and why."""


def rows() -> list[Row]:
    """The table; empty where the folder is not beside this checkout."""
    return list(csv.DictReader(TABLE.read_text("utf-8").splitlines())) if TABLE.is_file() else []


def day_of(row: Row) -> dt.date:
    """A day on which a row holds: its first, else its last, else a day of 2025."""
    text = row["effective_from"] or row["effective_to"] or "2025-01-06"
    return dt.date.fromisoformat(text)


def boards_of(row: Row) -> list[Board]:
    """The classes that a row names."""
    text = row["market_board"]
    named = {
        "A-share": [Board.SH_MAIN, Board.SZ_MAIN, Board.CHINEXT, Board.STAR],
        "SSE+SZSE A-share": [Board.SH_MAIN, Board.SZ_MAIN],
        "SSE+SZSE+BSE A-share": [Board.SH_MAIN, Board.SZ_MAIN, Board.BSE],
        "SSE A-share": [Board.SH_MAIN], "SZSE A-share": [Board.SZ_MAIN], "BSE": [Board.BSE], "ETF": [Board.ETF],
        "ETF, LOF, bonds, convertible bonds, futures, options": [Board.ETF, Board.LOF, Board.BOND, Board.CONVERTIBLE],
        "SSE+SZSE main board": [Board.SH_MAIN, Board.SZ_MAIN], "main board": [Board.SH_MAIN, Board.SZ_MAIN],
        "main board ST/*ST": [Board.SH_MAIN, Board.SZ_MAIN],
        "ChiNext": [Board.CHINEXT], "ChiNext (also ST)": [Board.CHINEXT],
        "STAR": [Board.STAR], "STAR (also ST)": [Board.STAR], "ETF and other listed funds": [Board.ETF, Board.LOF],
        "ETF, listed funds": [Board.ETF, Board.LOF], "convertible bond": [Board.CONVERTIBLE],
        "SSE+SZSE main board, ChiNext": [Board.SH_MAIN, Board.SZ_MAIN, Board.CHINEXT],
        "main board, ChiNext": [Board.SH_MAIN, Board.CHINEXT],
    }  # fmt: skip
    return named[text]


def duty(row: Row) -> None:
    """Both sides or sales only, on the first and the last day."""
    rate = float(row["value"].split()[0])
    buying = rate if "buy" in row["value"] else 0.0
    for board in boards_of(row):
        for text in (row["effective_from"], row["effective_to"] or "2026-11-01"):
            levy = RULES.levy("stamp_duty", board, dt.date.fromisoformat(text))
            assert (levy.bought, levy.sold) == (buying, rate)


def transfer(row: Row) -> None:
    """By value or by par value, on both sides; the contested ones at the higher charge."""
    if "inside the commission" in row["note"]:
        assert RULES.levy("transfer_fee", Board.SZ_MAIN, day_of(row)).bought == 0
        return
    rate = float(row["value"].split()[0])
    for board in boards_of(row):
        levy = RULES.levy("transfer_fee", board, day_of(row))
        assert (levy.par if "PAR" in row["value"] else levy.bought) == rate
        assert levy.sold == levy.bought
        assert levy.minimum == (1.0 if "min 1 yuan" in row["value"] else 0.0)


def limit(row: Row) -> None:
    """The ratio of a class on the first day of the row."""
    ratio = re.match(r"0\.\d+", row["value"])
    expected = None if ratio is None else float(ratio[0])
    if "tracking only STAR or ChiNext" in row["market_board"]:
        assert {classed(symbol).limit_ratio for symbol in ("588000.SH", "159949.SZ")} == {expected}
        return
    for board in boards_of(row):
        assert RULES.limit_ratio(board, day_of(row), "ST/" in row["market_board"]) == expected
    if "57.3%" in row["value"]:
        assert RULES.first_days[Board.CONVERTIBLE][0].value == (1, 0.573, 0.433)


def rounding(_: Row) -> None:
    """Half up to the tick, on both sides."""
    up, down = price_limits(
        RULES, np.array(["2024-01-02"], "datetime64[D]"), [Instrument("600001.SH", board=Board.SH_MAIN)],
        np.array([[10.05]]), np.zeros((1, 1), bool),
    )  # fmt: skip
    assert (up[0, 0], down[0, 0]) == (11.06, 9.05)


def least_tick(_: Row) -> None:
    """A limit moves by a tick at least, and never below one."""
    up, down = price_limits(
        RULES, np.array(["2024-01-02"], "datetime64[D]"), [Instrument("600001.SH", board=Board.SH_MAIN)],
        np.array([[0.02]]), np.zeros((1, 1), bool),
    )  # fmt: skip
    assert (up[0, 0], down[0, 0]) == (0.03, 0.01)


def first_days(row: Row) -> None:
    """Days without a limit, or the bounds of the first."""
    boards = {"SZSE boards": [Board.SZ_MAIN], "SSE main board; SZSE from mid-2014": [Board.SH_MAIN, Board.SZ_MAIN]}
    day = dt.date(2015, 3, 5) if "144%" in row["value"] else day_of(row)
    for board in boards.get(row["market_board"]) or boards_of(row):
        found = next(known.value for known in RULES.first_days[board] if known.holds(day))
        if "144%" in row["value"]:
            assert found == (1, 0.44, 0.36)
            assert next(known.value for known in RULES.opening_bands[board] if known.holds(day)) == (0.2, 0.2)
        elif "first 5 sessions" in row["value"]:
            assert found == (5, None, None)
        elif "no limit on day 1" in row["value"]:
            assert found == (1, None, None)


def cage(row: Row) -> None:
    """The ratio, and the ticks where the row names them."""
    for board in boards_of(row):
        found = next(known.value for known in RULES.cages[board] if known.holds(day_of(row)))
        assert found.ratio == (0.05 if "5%" in row["value"] else 0.02)
        assert bool(found.ticks) == ("ticks" in row["value"])


def reference(row: Row) -> None:
    """The price after an ex-date, on the tick of the class."""
    if row["market_board"] == "ETF":
        assert reference_price(4.0, 0.1234, 0, 0, float("nan"), RULES.tick(Board.ETF)) == 3.877
    else:
        assert reference_price(10.0, 0.5, 0.2, 0.3, 6.0, RULES.tick(Board.SH_MAIN)) == 7.53


def tick(row: Row) -> None:
    """The price step."""
    if "SSE spot bonds" in row["market_board"]:
        return  # not traded
    boards = [Board.SH_MAIN] if row["market_board"] == "A-share" else boards_of(row)
    assert {RULES.tick(board) for board in boards} == {float(row["value"])}


def lots(row: Row) -> None:
    """The least order and the step."""
    sizes = {
        "multiples of 100": (100, 100), "at least 200, then steps of 1": (200, 1),
        "at least 100, then steps of 1": (100, 1),
    }  # fmt: skip
    assert {RULES.lot(board) for board in boards_of(row)} == {sizes[row["value"].partition(";")[0]]}


def largest(row: Row) -> None:
    """The largest order with a limit price, at the market and after hours."""
    numbers = [int(found.replace(",", "")) for found in re.findall(r"[\d,]{5,}", row["value"])]
    for board in boards_of(row):
        at_market, after = numbers[1:] or (numbers[0], 1_000_000)
        assert RULES.largest_order(board, day_of(row)) == (numbers[0], at_market, after)


def warned(_: Row) -> None:
    """Half a million shares a day, over all orders."""
    assert RULES.daily_buys[Board.SH_MAIN][0].value == 500_000


def turnaround(row: Row) -> None:
    """Shares of the day can be sold on the next one, or at once: a purchase and a sale on one day."""
    symbols = {
        "A-share": ["600001.SH"], "stock ETF": ["510300.SH"], "cross-border ETF and LOF": ["513050.SH"],
        "bonds, convertible bonds, bond ETF, money ETF, gold ETF": ["113050.SH", "511010.SH", "511880.SH", "518880.SH"],
    }[row["market_board"]]  # fmt: skip
    for symbol in symbols:
        days = pd.bdate_range("2024-01-02", periods=4)
        frame = pd.DataFrame({"date": days, "symbol": symbol, "volume": 1e6})
        for name in ("open", "high", "low", "close"):
            frame[name] = 100.0
        run = qr.Session(qr.read_market(frame), cash=1e6, clock="same_bar").step(phase="OPEN")
        run.buy(symbol, 100)
        sold = run.sell(symbol, 100, terms.market())
        assert (sold.filled == 100) == row["value"].startswith("T+0"), symbol


def dividend_tax(row: Row) -> None:
    """By holding period, by the table of the ex-date."""
    ex = day_of(row)
    held = {"month": 20, "year": 200, "longer": 500}
    rates = [RULES.dividend_tax_rate(ex, ex - dt.timedelta(days=days), ex) for days in held.values()]
    expected = {"2005": [0.1, 0.1, 0.1], "2013": [0.2, 0.1, 0.05], "2015": [0.2, 0.1, 0.0]}
    assert rates == expected[row["effective_from"][:4]]


def commission(_: Row) -> None:
    """The default of the venue."""
    assert CHINA.default_costs["open_commission"] == 0.00025
    assert CHINA.default_costs["min_commission"] == 5


def after_hours(row: Row) -> None:
    """A session after the close from the first day on, and none on the day before."""
    wide = "all A-shares" in row["market_board"]
    boards = [Board.SH_MAIN, Board.SZ_MAIN, Board.ETF, Board.LOF, Board.BSE] if wide else boards_of(row)
    for board in boards:
        first = RULES.after_hours[board][0]
        assert first.since == day_of(row)
        assert f"{first.value.since:%H:%M}-{first.value.until:%H:%M}" in row["value"]


def circuit_breaker(row: Row) -> None:
    """Both days on which it struck ended early, and no other."""
    struck = re.findall(r"20\d\d-\d\d-\d\d", row["note"].split("suspended")[0])
    for board in (Board.SH_MAIN, Board.SZ_MAIN, Board.CHINEXT):
        assert [str(early.since) for early in RULES.early_closes[board]] == struck


TRIALS: dict[str, Callable[[Row], None]] = {
    "stamp_duty": duty, "transfer_fee": transfer, "price_limit": limit, "limit_rounding": rounding,
    "limit_min_tick": least_tick, "ipo_first_days": first_days, "price_cage": cage, "ex_ref_price": reference,
    "tick": tick, "lot_buy": lots, "lot_sell": lots, "max_order": largest, "st_buy_cap": warned,
    "after_hours_fixed_price": after_hours, "market_circuit_breaker": circuit_breaker,
    "turnaround": turnaround, "dividend_tax": dividend_tax, "commission_typical": commission,
}  # fmt: skip


def reason_outside(row: Row) -> str:
    """Why a row is not tried; empty when it is."""
    for name, why in OUTSIDE.items():
        if row["rule"] == name or (name.endswith("_") and row["rule"].startswith(name)):
            return why
    return ""


@pytest.mark.skipif(not TABLE.is_file(), reason="the table of market rules is not beside this checkout")
def test_every_row_is_tried_or_named() -> None:
    """Protects from a rule that nobody looked at: each row of the table has a trial, or a reason."""
    strays = [row["rule"] for row in rows() if row["rule"] not in TRIALS and not reason_outside(row)]
    assert strays == []
    assert sum(row["rule"] in TRIALS for row in rows()) >= 60


TRIED = [row for row in rows() if row["rule"] in TRIALS]


def name_of(row: Row) -> str:
    """A row in a few words."""
    return f"{row['rule']} {row['market_board']} {row['effective_from']}"


@pytest.mark.parametrize("row", TRIED, ids=name_of)
def test_a_row_of_the_table_holds_here(row: Row) -> None:
    """Protects the rule book: what the table says of a class on a day is what is charged, limited and allowed."""
    TRIALS[row["rule"]](row)
