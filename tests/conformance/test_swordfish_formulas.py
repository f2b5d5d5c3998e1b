"""Every field of every table of Swordfish's account, computed a second time from prices and fills by its formula.

Each kind of account has a few days that can be followed on paper. What a field must be is worked out here from the
prices, the fills and the terms alone; its formula in words is that of ``Account.definitions()``, which a failure shows.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

from hand import market  # from the folder above

import qresearch as qr
from qresearch import terms
from qresearch.dialects.swordfish import Account
from qresearch.dialects.swordfish_formulas import BONDS, FUTURES, MARGIN, STOCKS, TABLES
from qresearch.engine.accounts.margin import MarginTrading

FORMULAS = Account.definitions().set_index(["table", "kind", "field"])["formula"]
DAYS = pd.bdate_range("2024-01-02", periods=5)
TRADED = DAYS[1:]
START = 100_000.0
NAN = float("nan")
INDEX = "000300.SH"
BENCHMARK = np.array([100.0, 101.0, 100.0, 102.0, 103.0])
RATE = 0.001
Table = Mapping[str, object]


class World(NamedTuple):
    """An account that has traded, and what each field of its tables must be."""

    account: Account
    expected: Mapping[str, Table]


# ---------------------------------------------------------------------------------------------------- shared


def curve(equity: np.ndarray) -> dict[str, object]:
    """What follows from the equity at the closes, by the same formulas in every kind."""
    before = np.append(START, equity[:-1])
    return {
        "tradeDate": list(TRADED), "totalEquity": equity, "netValue": equity / START, "totalReturn": equity / START - 1,
        "pnl": equity - before, "benchmarkClosePrice": BENCHMARK[1:], "benchmarkNetValue": BENCHMARK[1:] / BENCHMARK[0],
        "ratio": equity / before - 1, "yield": equity / before - 1,
    }  # fmt: skip


def summary(equity: np.ndarray, traded: float) -> dict[str, float]:
    """The figures of a run, of a year of 252 days and without a risk-free rate."""
    own, index = equity / np.append(START, equity[:-1]) - 1, BENCHMARK[1:] / BENCHMARK[:-1] - 1
    total, other, years = equity[-1] / START - 1, BENCHMARK[-1] / BENCHMARK[0] - 1, len(own) / 252
    annual, market = (1 + total) ** (1 / years) - 1, (1 + other) ** (1 / years) - 1
    deviation = own.std(ddof=1) * np.sqrt(252)
    path = np.append(START, equity)
    fall = max(1 - path / np.maximum.accumulate(path))
    beta = np.cov(own, index)[0, 1] / index.var(ddof=1)
    return {
        "totalReturn": total, "annualReturn": annual, "annualVolatility": deviation,
        "annualSkew": pd.Series(own).skew(), "annualKur": pd.Series(own).kurt(), "sharpeRatio": annual / deviation,
        "maxDrawdown": fall, "drawdownRatio": annual / fall if fall else NAN, "beta": beta,
        "alpha": annual - beta * market, "benchmarkReturn": other, "annualExcessReturn": annual - market,
        "turnoverRate": traded / 2 / equity.mean(), "dailyWinningRate": (own > 0).mean(),
    }  # fmt: skip


def details(rows: list[tuple[object, ...]]) -> Table:
    """The trade details: order, symbol, direction, limit, quantity, price, filled, status; sent at the close before.

    The days are those of the sending and of the outcome, by their number.
    """
    names = ("orderId", "symbol", "direction", "orderPrice", "orderQty", "tradePrice", "tradeQty", "orderStatus")
    found: dict[str, list[object]] = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    # The first one was sent when the day before the session was over.
    sent = [DAYS[row[8]] + pd.Timedelta(hours=15, minutes=0 if row[8] else 30) for row in rows]
    done = [pd.NaT if row[9] is None else DAYS[row[9]] + pd.Timedelta(hours=9, minutes=30) for row in rows]
    return {
        **found, "sendTime": sent, "tradeTime": done, "label": [""] * len(rows), "outputOrderInfo": [""] * len(rows),
        "seqNum": list(range(len(rows))),
    }  # fmt: skip


def last(table: Table, *more: tuple[str, object]) -> Table:
    """The last day of a table by day."""
    return {**{name: value[-1] for name, value in table.items()}, **dict(more)}


def opened(given: qr.Market, **options: object) -> qr.Session:
    """A session from the second day on, with one rate for every fee."""
    run = qr.Session(given, start=str(DAYS[1].date()), cash=START, **options)
    run.set_order_cost(open_commission=RATE, close_commission=RATE, min_commission=0, close_tax=0)
    return run


# ---------------------------------------------------------------------------------------------------- stocks

A, B, C = "600001.SH", "600002.SH", "600003.SH"


@cache
def stocks() -> World:
    """Buys of 1,000 and 500, a sale of 600, and a buy that rests."""
    price = np.array([10.0, 10.0, 10.5, 11.0, 11.2])
    run = opened(market({A: list(price), INDEX: list(BENCHMARK)}))
    for quantity in (1000, 500, -600):
        run.order(A, quantity)
        run.step()
    run.buy(A, 100, terms.limit(10.9, tif="GTC"))
    run.step()
    mark = price[1:]
    bought, sold = np.array([10_000, 5_250, 0, 0.0]), np.array([0, 0, 6_600, 0.0])
    fees = RATE * (bought + sold)
    cost = np.array([10_010, 15_265.25, 15_265.25 * 900 / 1500, 15_265.25 * 900 / 1500])
    held = np.array([1000, 1500, 900, 900])
    value, cash = held * mark, START - (bought - sold + fees).cumsum()
    frozen = np.array([0, 0, 0, 100 * 10.9 * (1 + RATE)])
    equity, floating = cash + value, value - cost
    realised = np.array([0, 0, 6_600 * (1 - RATE) - 15_265.25 * 600 / 1500, 0]).cumsum()
    daily = {
        **curve(equity), "cash": cash - frozen, "totalMarketValue": value, "frozenFunds": frozen,
        "totalFee": fees.cumsum(), "floatingPnl": floating, "realizedPnl": realised, "totalPnl": equity - START,
    }  # fmt: skip
    mean = 15_250 / 1500
    position = {
        "symbol": [A] * 4, "tradeDate": list(TRADED), "lastDayLongPosition": [0, 1000, 1500, 900],
        "lastDayShortPosition": [0] * 4, "longPosition": held, "longPositionAvgPrice": [10, mean, mean, mean],
        "shortPosition": [0] * 4, "shortPositionAvgPrice": [0.0] * 4, "todayBuyVolume": [1000, 500, 0, 0],
        "todayBuyValue": bought, "todaySellVolume": [0, 0, 600, 0], "todaySellValue": sold,
    }  # fmt: skip
    return World(Account(run, benchmark=INDEX), {
        "trade_details": details([
            (1, A, 1, NAN, 1000, 10.0, 1000, 1, 0, 1), (2, A, 1, NAN, 500, 10.5, 500, 1, 1, 2),
            (3, A, 3, NAN, 600, 11.0, 600, 1, 2, 3), (4, A, 1, 10.9, 100, NAN, 0, 4, 3, None),
        ]),
        "get_position": {name: [value[-1]] for name, value in position.items()},
        "get_daily_position": position, "total_portfolios": last(daily), "daily_total_portfolios": daily,
        "return_summary": summary(equity, (bought + sold).sum()),
    })  # fmt: skip


# ---------------------------------------------------------------------------------------------------- futures, options

LOT, BINDS, FUTURE = 10, 0.1, "AB2406"


@cache
def futures() -> World:
    """Five lots long at 100, two short at 98, one of the long ones closed at 101, and an opening that rests."""
    price = np.array([100.0, 100.0, 98.0, 101.0, 99.0])
    bars = pd.DataFrame({"date": DAYS, "symbol": FUTURE, "open": price, "close": price, "settlement": price})
    index = pd.DataFrame({"date": DAYS, "symbol": INDEX, "open": BENCHMARK, "close": BENCHMARK})
    both = pd.concat([bars, index]).assign(volume=1e5)
    contract = {"symbol": FUTURE, "multiplier": LOT, "tick": 1, "margin": BINDS, "open_fee": RATE, "close_fee": RATE}
    given = qr.read_market(
        both.assign(high=both["close"], low=both["close"]), contracts=pd.DataFrame([contract]),
        instruments=pd.DataFrame([{"symbol": INDEX, "board": "INDEX"}]),
    )  # fmt: skip
    run = opened(given, account="futures")
    for quantity, style in ((5, terms.to_open()), (-2, terms.to_open()), (-1, terms.to_close())):
        run.order(FUTURE, quantity, style)
        run.step()
    run.buy(FUTURE, 1, terms.to_open(terms.limit(95.0, tif="GTC")))
    run.step()
    mark = price[1:]
    long, short = np.array([5, 5, 4, 4]), np.array([0, 2, 2, 2])
    bought, sold = np.array([5_000, 0, 0, 0.0]), np.array([0, 1_960, 1_010, 0.0])
    fees = (RATE * (bought + sold)).cumsum()
    floating = (mark - 100) * long * LOT + (98 - mark) * short * LOT
    realised = np.array([0, 0, (101 - 100) * LOT, 0.0]).cumsum() - fees
    margin = mark * (long + short) * LOT * BINDS
    frozen = np.array([0, 0, 0, 95 * LOT * (BINDS + RATE)])
    equity = START + floating + realised
    daily = {
        **curve(equity), "margin": margin, "floatingPnl": floating, "realizedPnl": realised,
        "totalPnl": floating + realised, "cash": equity - margin - frozen, "marginRatio": margin / equity,
        "totalFee": fees, "totalMarketValue": [NAN] * 4,
    }  # fmt: skip
    position = {
        "symbol": [FUTURE] * 4, "tradeDate": list(TRADED), "lastDayLongPosition": [0, 5, 5, 4],
        "lastDayShortPosition": [0, 0, 2, 2], "longPosition": long, "longPositionAvgPrice": [100.0] * 4,
        "shortPosition": short, "shortPositionAvgPrice": [NAN, 98, 98, 98], "todayBuyVolume": [5, 0, 0, 0],
        "todayBuyValue": bought, "todaySellVolume": [0, 2, 1, 0], "todaySellValue": sold,
    }  # fmt: skip
    return World(Account(run, benchmark=INDEX), {
        "trade_details": details([
            (1, FUTURE, 1, NAN, 5, 100.0, 5, 1, 0, 1), (2, FUTURE, 2, NAN, 2, 98.0, 2, 1, 1, 2),
            (3, FUTURE, 3, NAN, 1, 101.0, 1, 1, 2, 3), (4, FUTURE, 1, 95.0, 1, NAN, 0, 4, 3, None),
        ]),
        "get_position": {name: [value[-1]] for name, value in position.items()},
        "get_daily_position": position, "total_portfolios": last(daily), "daily_total_portfolios": daily,
        "return_summary": {
            **summary(equity, (bought + sold).sum()), "maxMarginRatio": max(daily["marginRatio"]),
        },
    })  # fmt: skip


def test_options_are_worth_what_they_would_sell_for() -> None:
    """Protects what only options have: totalMarketValue = held - written, and margin by the formula of ETF options.

    Of each contract written (c + max(12 % S - out of the money, 7 % S)) x units; of the rest the identity holds.
    """
    run = qr.Session(qr.sample_options(), start="2022-11-28", cash=START, account="options")
    bought, wrote, fund = "C2212M4000", "C2212M4200", "514101.SH"
    run.buy(bought, 4)
    run.sell(wrote, 2, terms.to_open())
    run.step(3)
    daily, close = Account(run).daily_total_portfolios, run.market.panel.close
    rows = [run.market.panel.day_index(day) for day in daily["tradeDate"]]
    held, written, spot = (close[rows, run.market.column(symbol)] for symbol in (bought, wrote, fund))
    settled = run.market.panel.settlement[rows, run.market.column(wrote)]
    assert daily["totalMarketValue"].to_numpy() == pytest.approx((held * 4 - written * 2) * 10_000, abs=0.01)
    marks = np.where(np.isnan(settled), written, settled)
    out = np.maximum(4.2 - spot, 0)
    margin = [(price + np.maximum(0.12 * spot - out, 0.07 * spot)) * 2 * 10_000 for price in (written, marks)]
    assert any(daily["margin"].to_numpy() == pytest.approx(found, abs=0.02) for found in margin)
    assert (daily["cash"] + daily["margin"] + daily["totalMarketValue"]).to_numpy() == pytest.approx(
        daily["totalEquity"].to_numpy(), abs=0.01
    )
    assert daily["marginRatio"].to_numpy() == pytest.approx((daily["margin"] / daily["totalEquity"]).to_numpy())


# ---------------------------------------------------------------------------------------------------- margin trading

HAIRCUT, RATIO, LINE = 0.65, 0.8, 90_000.0


@cache
def margin() -> World:
    """1,000 bought, 2,000 financed at 20, 500 sold short at 30, and a buy that rests; a weekend in between."""
    prices = {A: [10.0, 10, 10, 10.2, 10.4], B: [20.0, 20, 20, 20.5, 19.8], C: [30.0, 30, 30, 30, 30.6]}
    given = market({**prices, INDEX: list(BENCHMARK)})
    run = opened(given, account=MarginTrading(line=LINE, short_price_rule=False))
    run.buy(A, 1000, terms.to_open())
    run.step()
    run.buy(B, 2000, terms.financed())
    run.step()
    run.sell(C, 500, terms.short_sale())
    run.step()
    run.buy(A, 100, terms.to_open(terms.limit(9.8, tif="GTC")))
    run.step()
    a, b, c = (np.array(prices[symbol][1:]) for symbol in (A, B, C))
    own, financed, short = np.array([1000] * 4), np.array([0, 2000, 2000, 2000]), np.array([0, 0, 500, 500])
    principal, proceeds = financed * 20.0, short * 30.0
    # Opened on Thursday the 4th and on Friday the 5th; the last day is Monday the 8th.
    interest = np.round(40_000 * np.array([0, 0, 1, 4]) * 0.08 / 360, 2)
    fee = np.round(15_000 * np.array([0, 0, 0, 3]) * 0.10 / 360, 2)
    fees = RATE * np.array([10_000, 40_000, 15_000, 0.0]).cumsum()
    frozen = np.array([0, 0, 0, 980 * (1 + RATE)])
    cash = START - 10_000 - fees + proceeds
    held, owed = own * a + financed * b, short * c
    accrued, debt = interest + fee, principal + owed + interest + fee
    equity = cash + held - debt
    gains = [financed * b - principal, proceeds - owed]
    counted = sum(np.where(gain > 0, gain * HAIRCUT, gain) for gain in gains)
    free = cash - proceeds + own * a * HAIRCUT + counted - (principal + owed) * RATIO - accrued - frozen
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(debt > 0, (cash + held) / debt, NAN)
    before = {name: np.append(0.0, value[:-1]) for name, value in {"money": principal, "shares": owed}.items()}
    daily = {
        **curve(equity), "lineOfCredit": [LINE] * 4, "availableCash": cash - proceeds - frozen,
        "lastDayMarginDebt": before["money"], "lastDaySecuLendingDebt": before["shares"],
        "marginSecuMarketValue": own * a, "marginDebt": principal, "secuLendingSellValue": proceeds,
        "marginBalance": principal + owed, "secuLendingDebt": owed, "financialFee": interest, "secuLendingFee": fee,
        "maintenanceMargin": ratio, "availableMarginBalance": free, "totalMarketValue": held, "frozenFunds": frozen,
    }  # fmt: skip
    value = {A: own * a, B: financed * b}
    rows = [(day, symbol) for day in range(4) for symbol in (A, B, C)[: min(day + 1, 3)]]

    def each(of: Mapping[str, object], empty: float = 0.0) -> list[float]:
        return [np.broadcast_to(of[symbol], 4)[day] if symbol in of else empty for day, symbol in rows]

    position = {
        "symbol": [symbol for _, symbol in rows], "tradeDate": [TRADED[day] for day, _ in rows],
        "lastDayMarginSecuPosition": each({A: [0, 1000, 1000, 1000]}), "lastDayMarginDebt": each({B: before["money"]}),
        "lastDaySecuLendingDebt": each({C: before["shares"]}), "marginSecuPosition": each({A: own}),
        "marginSecuAvgPrice": each({A: 10 * (1 + RATE), B: 20 * (1 + RATE)}, NAN),
        "marginBuyPosition": each({B: financed}), "marginBuyValue": each({B: principal}),
        "secuLendingPosition": each({C: short}), "secuLendingSellValue": each({C: proceeds}),
        "closePrice": each({A: a, B: b, C: c}),
        "longPositionConcentration": each({symbol: worth / held for symbol, worth in value.items()}),
        "shortPositionConcentration": each({C: 1.0}), "marginBuyProfit": each({B: financed * b - principal}),
        "financialFee": each({B: interest}), "secuLendingProfit": each({C: proceeds - owed}),
        "secuLendingFee": each({C: fee}),
    }  # fmt: skip
    return World(Account(run, benchmark=INDEX), {
        "trade_details": details([
            (1, A, 1, NAN, 1000, 10.0, 1000, 1, 0, 1), (2, B, 1, NAN, 2000, 20.0, 2000, 1, 1, 2),
            (3, C, 2, NAN, 500, 30.0, 500, 1, 2, 3), (4, A, 1, 9.8, 100, NAN, 0, 4, 3, None),
        ]),
        "get_position": {
            "symbol": [A, B, C], "lastDayLongPosition": [1000, 2000, 0], "lastDayShortPosition": [0, 0, 500],
            "longPosition": [1000, 2000, 0], "longPositionAvgPrice": [10.0, 20.0, NAN], "shortPosition": [0, 0, 500],
            "shortPositionAvgPrice": [NAN, NAN, 30.0], "todayBuyVolume": [0] * 3, "todayBuyValue": [0.0] * 3,
            "todaySellVolume": [0] * 3, "todaySellValue": [0.0] * 3,
        },
        "get_daily_position": position, "total_portfolios": last(daily), "daily_total_portfolios": daily,
        "return_summary": {
            **summary(equity, 65_000), "totalFee": fees[-1], "financialFee": interest[-1], "secuLendingFee": fee[-1],
            "bottomRet": NAN, "bottomExcessRet": NAN,
        },
    })  # fmt: skip


# ---------------------------------------------------------------------------------------------------- bonds

BOND, COUPON = "019901.SH", 3.0
VALUE, MATURITY = dt.date(2023, 6, 21), dt.date(2026, 6, 21)


def risk(day: dt.date, clean: float) -> dict[str, float]:
    """Yield, Macaulay duration, convexity and modified duration of the bond, by actual days, one coupon a year."""
    run, year = (day - VALUE).days, (dt.date(2024, 6, 21) - VALUE).days
    times = 1 - run / year + np.arange(3)
    flows = np.array([COUPON, COUPON, COUPON + 100])
    full = clean + COUPON * run / year
    low, high = 0.0, 1.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if (flows / (1 + middle) ** times).sum() > full else (low, middle)
    present = flows / (1 + low) ** times
    duration = (times * present).sum() / full
    convexity = (times * (times + 1) * flows / (1 + low) ** (times + 2)).sum() / full
    return {"yield": low, "duration": duration, "convexity": convexity, "dv01": full * duration / (1 + low) / 10_000}


@cache
def bonds() -> World:
    """Buys of 100 and 50 bonds, a sale of 60, and a buy that rests."""
    price = np.array([100.0, 100.0, 100.5, 100.2, 100.8])
    bars = pd.concat([
        pd.DataFrame({"date": DAYS, "symbol": BOND, "close": price}),
        pd.DataFrame({"date": DAYS, "symbol": INDEX, "close": BENCHMARK}),
    ])  # fmt: skip
    given = qr.read_market(
        bars.assign(open=bars["close"], high=bars["close"], low=bars["close"], volume=1e6),
        bonds=pd.DataFrame([
            {"symbol": BOND, "kind": "treasury", "value_date": VALUE, "maturity": MATURITY, "coupons": COUPON / 100,
             "fee": RATE},
        ]),
        instruments=pd.DataFrame([{"symbol": INDEX, "board": "INDEX"}]),
    )  # fmt: skip
    run = opened(given, account="bond")
    for quantity in (100, 50, -60):
        run.order(BOND, quantity)
        run.step()
    run.buy(BOND, 10, terms.limit(99.0, tif="GTC"))
    run.step()
    dates = [day.date() for day in TRADED]
    # The exchange counts the day itself, over a year of 365.
    one = np.array([round(COUPON / 365 * ((day - VALUE).days + 1), 8) for day in dates])
    mark, held = price[1:], np.array([100, 150, 90, 90])
    paid = np.round(np.array([100 * (100 + one[0]), 50 * (100.5 + one[1]), 0, 0]), 2)
    received = np.round(np.array([0, 0, 60 * (100.2 + one[2]), 0]), 2)
    fees = np.round(RATE * (paid + received), 2).cumsum()
    cost = np.array([10_000, 15_025, 15_025 * 90 / 150, 15_025 * 90 / 150])
    accrued = np.round(one * held, 2)
    income = np.round(received - [0, 0, 60 * 100.2, 0] - paid + [10_000, 5_025, 0, 0], 2).cumsum() + accrued
    realised = np.array([0, 0, 60 * 100.2 - 15_025 * 60 / 150, 0]).cumsum()
    floating, value = mark * held - cost, mark * held + accrued
    cash = START - (paid - received).cumsum() - fees
    frozen = np.array([0, 0, 0, round(10 * (99 + one[3]), 2) + round(RATE * 10 * (99 + one[3]), 2)])
    equity = cash + value
    figures = [risk(day, clean) for day, clean in zip(dates, mark, strict=True)]
    daily = {
        **curve(equity), "cash": cash - frozen, "totalMarketValue": value,
        "totalProfit": floating + realised + income - fees,
    }  # fmt: skip
    position = {
        "symbol": [BOND] * 4, "tradeDate": list(TRADED), "lastDayLongPosition": [0, 100, 150, 90],
        "longPosition": held, "longPositionAvgPrice": cost / held, "todayBuyVolume": [100, 50, 0, 0],
        "todayBuyValue": paid, "totalValue": value, "accruedInterest": accrued, "fullBondPrice": mark + one,
        "lastPrice": mark, "yield": [found["yield"] for found in figures], "interestIncome": income,
        "floatingProfit": floating, "realizedProfit": realised, "totalProfit": floating + realised + income - fees,
        "duration": [found["duration"] for found in figures],
        "convexity": [found["convexity"] for found in figures],
        "DV01": [found["dv01"] * units for found, units in zip(figures, held, strict=True)],
    }  # fmt: skip
    return World(Account(run, benchmark=INDEX), {
        "trade_details": details([
            (1, BOND, 1, NAN, 100, 100.0, 100, 1, 0, 1), (2, BOND, 1, NAN, 50, 100.5, 50, 1, 1, 2),
            (3, BOND, 3, NAN, 60, 100.2, 60, 1, 2, 3), (4, BOND, 1, 99.0, 10, NAN, 0, 4, 3, None),
        ]),
        "get_position": {name: [value[-1]] for name, value in position.items()},
        "get_daily_position": position, "total_portfolios": last(daily), "daily_total_portfolios": daily,
        "return_summary": summary(equity, (100 * 100 + 50 * 100.5 + 60 * 100.2)),
    })  # fmt: skip


# ---------------------------------------------------------------------------------------------------- all of them

WORLDS: Mapping[str, Callable[[], World]] = {STOCKS: stocks, MARGIN: margin, FUTURES: futures, BONDS: bonds}


def shown(account: Account, table: str) -> pd.DataFrame:
    """A table of an account, whatever its shape is."""
    found = getattr(account, table)
    found = found() if callable(found) else found
    return pd.DataFrame([found]) if isinstance(found, dict) else found


@pytest.mark.parametrize(("table", "kind"), TABLES)
def test_every_field_is_what_its_formula_says(table: str, kind: str) -> None:
    """Protects every field of the document: the table has it, in its order, and it is what its formula comes to."""
    world = WORLDS[kind]()
    found, expected = shown(world.account, table), world.expected[table]
    assert list(found.columns) == list(TABLES[table, kind])
    wrong = []
    for field in found.columns:
        wanted = pd.Series(expected[field] if np.ndim(expected[field]) else [expected[field]])
        is_number = wanted.dtype.kind in "fi"
        told, held = (part.tolist() if is_number else part.astype(str).tolist() for part in (wanted, found[field]))
        if held != (pytest.approx(told, abs=1e-6, nan_ok=True) if is_number else told):
            wrong.append(f"{field} = {FORMULAS[table, kind, field]}: {held}, and not {told}")
    assert not wrong, "\n".join(wrong)
