"""The runs whose digests are kept: each a function that gives a session after its run, and says what it holds fast."""

from __future__ import annotations

import atexit
import gc
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "property"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from golden_people import Gambler, Person, pick
from hand import market, session
from markets import MarketSpec
from minutes import taken_apart
from script_tables import tables_of

import qresearch as qr
from qresearch import terms
from qresearch.dialects.swordfish import Account
from qresearch.engine.accounts.bonds import Bonds
from qresearch.engine.accounts.margin import MarginTrading
from qresearch.engine.accounts.options import Options

TESTS = Path(__file__).resolve().parents[1]
FOLDER = tempfile.TemporaryDirectory()
atexit.register(FOLDER.cleanup)
Run = Callable[[], qr.Session]
RUNS: dict[str, Run] = {}
A, B, C, ETF, STAR = "600001.SH", "600002.SH", "000001.SZ", "510001.SH", "688001.SH"


def golden(run: Run) -> Run:
    """Keep a run under the name of its function."""
    RUNS[run.__name__] = run
    return run


def played(strategy: object, given: qr.Market, **options: Any) -> qr.Session:
    """A session after a strategy has run to the end."""
    return qr.Session(given, strategy=strategy, **options).run(progress=False)


# ------------------------------------------------------------------------------------- strategies that ask for anything


@golden
def next_open_plain() -> qr.Session:
    """Market orders at the next open on a market with every mishap, the way of scripts (the fast match)."""
    return played(Gambler(1, plain=True), MarketSpec(3, 8, 60).build(), cash=300_000, costs="historical")


@golden
def next_open_any_terms() -> qr.Session:
    """Every type and time in force at the next open, with slippage, fifo, and shares subscribed."""
    options = {"slippage": ("bps", 7.0), "match_order": "fifo", "rights": "subscribe", "delisting": "zero"}
    return played(Gambler(2), MarketSpec(8, 8, 60).build(), cash=3_000_000, dividend_tax="holding_period", **options)


@golden
def same_bar_any_terms() -> qr.Session:
    """Every type and time in force on the clock of the same bar."""
    return played(Gambler(3), MarketSpec(5, 8, 50).build(), cash=1_000_000, clock="same_bar", costs="joinquant")


@golden
def lean_fills_any_terms() -> qr.Session:
    """Every type and time in force under the fill rules of LEAN."""
    given = MarketSpec(6, 8, 50).build()
    return played(Gambler(4), given, cash=1_000_000, fill_model="lean_equity", slippage=("fixed", 0.013))


@golden
def capped_and_rejected() -> qr.Session:
    """A cap on the volume that bites, and orders refused instead of trimmed."""
    given = MarketSpec(7, 8, 50).build()
    return played(Gambler(5), given, cash=5_000_000, participation=0.0001, shortfall="reject", costs="zero")


# ------------------------------------------------------------------------------------- bars inside the days


@golden
def minutes_next_open() -> qr.Session:
    """Bars inside the days, without quotes, asked at every bar, under a cap."""
    given = taken_apart(MarketSpec(11, 6, 18).build(), 11, 5)
    return played(Gambler(6, times=("every_bar", "10:30")), given, cash=1_000_000, participation=0.1)


@golden
def minutes_with_quotes() -> qr.Session:
    """Bars with bids and asks: a buy pays the ask, a sale gets the bid."""
    given = taken_apart(MarketSpec(12, 6, 18).build(), 12, 5, quotes=True)
    return played(Gambler(7, times=("every_bar",)), given, cash=1_000_000, costs="historical")


@golden
def minutes_same_bar() -> qr.Session:
    """Bars inside the days on the clock of the same bar, with the spread of the platform."""
    given = taken_apart(MarketSpec(13, 6, 14).build(), 13, 4, quotes=True)
    options = {"clock": "same_bar", "slippage": ("spread_rate", 0.00246)}
    return played(Gambler(8, times=("every_bar", "14:50")), given, cash=1_000_000, **options)


@golden
def minutes_lean() -> qr.Session:
    """Bars inside the days under the fill rules of LEAN."""
    given = taken_apart(MarketSpec(14, 6, 14).build(), 14, 4)
    return played(Gambler(9, times=("every_bar",)), given, cash=1_000_000, fill_model="lean_equity", reserve="none")


@golden
def minutes_by_hand() -> qr.Session:
    """The embedded minutes, 240 a day: steps by bars, limits that rest over several of them, and back in time."""
    run = qr.Session(qr.sample_market("minute"), cash=500_000, participation=0.2)
    run.run(until="2021-07-06 09:40", progress=False)
    first, thin = run.buy("604018", 3000), run.order_value("004136", 90_000)
    run.step(3, phase="INTRADAY")
    low = run.buy(
        "604088", 5000, terms.limit(float(run.history("604088", 1, "all", "none", "bar")["low"].iloc[0]), tif="GTC")
    )
    run.order_value("157301", 60_000, terms.at_close())
    run.run(until="2021-07-07 10:30", progress=False)
    thin.cancel()
    run.order_target("604018", first.filled // 200 * 100)
    run.order("604018", -500, terms.trailing_stop(percent=0.5))
    run.run(until="2021-07-08 14:00", progress=False)
    run.back(2)
    low.cancel()
    run.order_pct("302615", 0.5)
    return run.run(progress=False)


# ------------------------------------------------------------------------------------- a person at the session


@golden
def by_hand() -> qr.Session:
    """Orders, brackets, updates and cancels by hand, at every phase."""
    run = qr.Session(MarketSpec(21, 6, 60).build(), cash=400_000, costs="historical", slippage=("volume_share", 0.1))
    return Person(run, 21).play(400)


@golden
def by_hand_late_cancels() -> qr.Session:
    """Cancels and updates that take effect at the next match, where a fill may come first; orders in their order."""
    run = qr.Session(MarketSpec(22, 6, 60).build(), cash=400_000, cancel_latency="next_match", match_order="fifo",
                     participation=0.001)  # fmt: skip
    return Person(run, 22).play(400)


@golden
def by_hand_same_bar() -> qr.Session:
    """By hand on the clock of the same bar, with late cancels and a least money of its own."""
    run = qr.Session(MarketSpec(23, 6, 60).build(), cash=400_000, clock="same_bar", cancel_latency="next_match",
                     money_step=0.000001)  # fmt: skip
    return Person(run, 23).play(400)


@golden
def by_hand_without_reserve() -> qr.Session:
    """Nothing held back, so that open orders are ended when the account can no longer carry them."""
    run = qr.Session(MarketSpec(24, 6, 60).build(), cash=60_000, reserve="none", open_order_margin=True)
    return Person(run, 24).play(400)


@golden
def by_hand_last_price_reserve() -> qr.Session:
    """Cash held back at the last price, open orders ended, and fills of LEAN."""
    run = qr.Session(MarketSpec(25, 6, 60).build(), cash=60_000, reserve="last", open_order_margin=True,
                     fill_model="lean_equity")  # fmt: skip
    return Person(run, 25).play(400)


@golden
def by_hand_minutes() -> qr.Session:
    """By hand between the bars of minute data, with late cancels and a cap."""
    given = taken_apart(MarketSpec(26, 5, 20).build(), 26, 3, quotes=True)
    return Person(qr.Session(given, cash=300_000, cancel_latency="next_match", participation=0.3), 26).play(400)


@golden
def time_travel() -> qr.Session:
    """Back, to any stop, named branches and acting from the past: every branch at its end counts."""
    run = qr.Session(MarketSpec(27, 5, 30).build(), cash=300_000)
    return Person(run, 27, travels=True).play(300)


@golden
def time_travel_with_a_strategy() -> qr.Session:
    """A strategy beside a person who travels: what it remembers goes back and forward with the session."""
    run = qr.Session(MarketSpec(28, 5, 30).build(), cash=300_000, clock="same_bar", strategy=Gambler(28))
    return Person(run, 28, travels=True).play(120)


@golden
def resumed_from_a_journal() -> qr.Session:
    """The travels of ``time_travel``, written to a journal and done again from it: the same digest."""
    given = MarketSpec(27, 5, 30).build()
    # Not removed at once: the session that is resumed goes on writing it.
    path = Path(FOLDER.name) / "run.qsession"
    Person(qr.Session(given, cash=300_000, journal=path), 27, travels=True).play(300)
    gc.collect()  # the session is gone, and lets the file go
    return qr.Session.resume(path, given)


@golden
def as_its_own_script() -> qr.Session:
    """The orders of ``by_hand_late_cancels``, written as a program and done again by it: the same digest."""
    run = by_hand_late_cancels()
    names: dict[str, Any] = {"GIVEN": run.market}
    exec(run.to_script(market="GIVEN"), names)  # it compares the digest itself, too
    return names["session"]


@golden
def another_code_from_the_past() -> qr.Session:
    """A changed strategy, an order by hand and the same code again, each from an earlier day; one that raised."""

    def careful(context: Any, data: Any) -> None:
        context.order_target_value("604018", 50_000)
        if str(context.now.day)[:10] == "2022-03-24":
            raise ValueError

    def bold(context: Any, data: Any) -> None:
        context.turns = getattr(context, "turns", 0) + 1
        context.order_target_value(pick(np.random.default_rng(context.turns), ("604018", "604035", "514101")), 90_000)

    run = qr.Session(qr.sample_market(), start="2022-03-01", end="2022-05-31", strategy=careful, cash=150_000)
    try:
        run.run(progress=False)
    except qr.StrategyError:
        run.strategy = bold
    run.run(until="2022-04-15", progress=False)
    run.goto("2022-03-10").order("604026", 100)
    run.step(3)
    run.branches.switch("main").goto("2022-03-15").step(2, rerun=True)
    return run.branch("a third").run(progress=False)


# ------------------------------------------------------------------------------------- corporate actions and ends

EVENTFUL = (
    {"symbol": A, "day": 3, "cash_per_share": 0.311},
    {"symbol": A, "day": 6, "bonus_per_share": 0.3},
    {"symbol": A, "day": 12, "cash_per_share": 0.2},
    {"symbol": B, "day": 4, "bonus_per_share": 1.0},
    {"symbol": B, "day": 8, "rights_per_share": 0.3, "rights_price": 3.5},
    {"symbol": C, "day": 5, "bonus_per_share": -0.5},
    {"symbol": ETF, "day": 7, "cash_per_share": 0.05, "bonus_per_share": 0.1},
)


def holder(*, shares_of_c: int = 137, **options: Any) -> qr.Session:
    """Holds odd numbers of four instruments through every kind of action, with orders that are open across them."""
    prices = {
        A: [10.0, 10.1, 10.2, 9.9, 9.95, 9.9, 7.6, 7.7, 7.8, 7.7, 7.6, 7.8, 7.5, 7.4, 7.5, 7.6],
        B: [10.0, 10.2, 10.1, 10.0, 5.0, 5.1, 5.0, 5.2, 4.8, 4.9, 4.8, 4.7, 4.6, 4.7, 4.8, 4.9],
        C: [4.0, 4.1, 4.0, 4.2, 4.1, 8.2, 8.3, 8.1, 8.0, 8.2, 8.3, 8.4, 8.2, 8.1, 8.0, 8.1],
        ETF: [1.5, 1.51, 1.52, 1.5, 1.49, 1.5, 1.51, 1.32, 1.33, 1.34, 1.33, 1.32, 1.31, 1.32, 1.33, 1.34],
    }
    given = market(prices, actions=EVENTFUL)
    held = {A: 1337, B: 350, C: shares_of_c, ETF: 10_100}
    run = session(given, start="2024-01-03", positions=held, cash=100_000, costs="historical", **options)
    run.step()
    for symbol, limit, stop in ((A, 8.9, 7.5), (B, 4.7, 4.6), (C, 3.9, 3.7), (ETF, 1.3, 1.31)):
        run.buy(symbol, 500, terms.limit(limit, tif="GTC"))
        run.sell(symbol, 100, terms.stop(stop, tif="GTC"))
        run.sell(symbol, 100, terms.trailing_stop(percent=4))
    run.step(3)
    run.order_target_value(A, 8_000)
    run.order_value(ETF, 5_000)
    run.step(5)
    run.order_target(A, 0)
    run.order_target(B, 333)
    return run.run(progress=False)


@golden
def actions_lapse() -> qr.Session:
    """Dividends, bonus issues, a split, a consolidation and rights that lapse; positions paid from the cash."""
    return holder()


@golden
def actions_subscribe() -> qr.Session:
    """The same with rights subscribed and a flat tax on dividends; positions given."""
    return holder(rights="subscribe", dividend_tax=0.1, positions_paid=False)


@golden
def actions_taxed_at_the_sale() -> qr.Session:
    """The same with tax on dividends at the sale, by how long the shares were held; on the clock of the same bar."""
    return holder(rights="subscribe", dividend_tax="holding_period", clock="same_bar")


@golden
def actions_taxed_at_the_next_open() -> qr.Session:
    """The same tax through the fast match; a consolidation that leaves nothing of a single share."""
    return holder(rights="subscribe", dividend_tax="holding_period", shares_of_c=1)


@golden
def actions_taxed_under_a_cap() -> qr.Session:
    """The same tax through the exact match."""
    return holder(dividend_tax="holding_period", participation=0.9, match_order="fifo", slippage=("spread", 0.02))


def ended(**options: Any) -> qr.Session:
    """Holds what is delisted, what breaks off for good, what breaks off and goes on, and what is suspended."""
    gap: list[Any] = [None] * 3
    given = market(
        {
            A: [10.0, 10.1, 9.5, 9.0, 8.8, *[None] * 7], B: [5.0, 5.1, 5.2, 5.0, *[None] * 8],
            C: [8.0, 8.1, 8.2, *gap, 8.4, 8.3, 8.2, 8.1, 8.0, 8.1],
            STAR: [30.0, 31.0, "paused", "paused", 32.0, (33.0, 31.5), 30.9, 30.0, 31.0, 32.0, 33.0, 32.0],
            ETF: [1.5, 1.51, 1.52, 1.67, 1.83, (2.01, 2.01), 1.95, 1.9, 1.85, 1.8, 1.75, 1.7],
        },
        instruments={A: {"delist_date": "2024-01-10"}, ETF: {"same_day_sale": True}},
        st=[(C, 1), (C, 2)],
    )  # fmt: skip
    held = {A: 1000, B: 700, C: 900, STAR: 450}
    run = session(given, start="2024-01-03", positions=held, positions_paid=False, costs="default", **options)
    for _ in range(11):
        for symbol in (A, B, C, STAR, ETF):
            run.order_value(symbol, 4_000 if symbol != STAR else 9_000)
            run.order_lots(symbol, -1)
        run.order_value(A, 2_000, terms.limit(9.4, tif="GTC"))
        if str(run.now.day)[:10] == "2024-01-17":
            break
        run.step()
    return run


@golden
def ends_at_the_last_price() -> qr.Session:
    """A delisting at the last price, data that break off and go on, suspensions, limits that lock."""
    return ended()


@golden
def ends_at_zero() -> qr.Session:
    """The same with a delisting at zero, and fills of LEAN."""
    return ended(delisting="zero", fill_model="lean_equity")


# ------------------------------------------------------------------------------------- costs and settings


@golden
def costs_by_date_in_2015() -> qr.Session:
    """The dated rule book of 2015: transfer fee by the par value, and the change of it."""
    return played(Gambler(31, plain=True), MarketSpec(4, 6, 30).build(), cash=900_000, costs="historical")


@golden
def costs_of_the_platform() -> qr.Session:
    """Costs of JoinQuant with all fees of a fill rounded as one, and the ones that are set later."""
    run = qr.Session(qr.sample_market(), start="2023-08-01", end="2023-09-28", cash=200_000, costs="joinquant")
    for number in range(40):
        if number == 12:
            run.set_order_cost(close_tax=0.001, open_commission=0.0003, close_commission=0.0003, rounding="total")
        if number == 24:
            run.set_order_cost(open_tax=0.0001, min_commission=1, transfer_fee=0.00002, historical=number % 2 == 1)
        if number == 32:
            run.set_order_cost(historical=True)
        run.order_target_value(run.market.symbols[number * 7 % 31], 30_000)
        run.order_target_value(run.market.symbols[(number - 3) * 7 % 31], 0)
        run.step()
    return run


@golden
def a_share_under_a_warning() -> qr.Session:
    """A share under a risk warning, of which one account buys half a million a day, over all its orders."""
    given = market({A: [2.0, 2.0, 2.02, 2.04, 2.0]}, st=[(A, day) for day in range(5)])
    run = session(given, cash=10_000_000)
    for shares in (300_000, 300_000, 200_000, 100):
        run.buy(A, shares)
    run.step()
    run.order_value(A, 3_000_000)
    run.buy(A, 400_000)
    return run.step(2)


@golden
def inside_continuous_trading() -> qr.Session:
    """Bars inside two days: limit prices beyond the valid range, and what nobody can cancel in the closing auction."""
    times = [
        f"2024-03-0{day} {time}" for day in (4, 5) for time in ("10:00", "11:00", "14:00", "14:57", "14:59", "15:00")
    ]
    rows = [
        {"date": time, "symbol": symbol, "open": price, "high": price + 0.1, "low": price - 0.1, "close": price,
         "volume": 1e5, "pre_close": price}
        for symbol, price in ((A, 10.0), (STAR, 50.0)) for time in times
    ]  # fmt: skip
    run = qr.Session(qr.read_market(pd.DataFrame(rows)), cash=1_000_000)
    resting = run.buy(A, 100, terms.limit(9.85, tif="GTC"))
    run.step(phase="INTRADAY")
    for symbol, price in ((A, 10.5), (A, 10.2), (STAR, 51.5), (STAR, 50.9)):
        run.buy(symbol, 200, terms.limit(price))
    run.run(until="2024-03-04 14:57", progress=False)
    resting.cancel()
    resting.update(quantity=200)
    run.step(phase="INTRADAY")
    run.sell(A, 100, terms.limit(9.0))
    run.run(until="2024-03-05 14:00", progress=False)
    resting.cancel()
    return run.run(progress=False)


def evenings(**options: Any) -> qr.Session:
    """Orders after hours on five days: met, beyond their price, for more than there is, and where there are none."""
    days = pd.bdate_range("2024-03-04", periods=5)
    rows = [
        {"date": day, "symbol": symbol, "open": price, "high": price + 0.4, "low": price - 0.2, "close": price + 0.1,
         "volume": 1e5, "pre_close": price}
        for symbol, price in ((A, 10.0), (STAR, 50.0)) for day in days
    ]  # fmt: skip
    run = qr.Session(qr.read_market(pd.DataFrame(rows)), cash=1_000_000, slippage=("bps", 5), **options).step()
    for symbol, shares, style in (
        (STAR, 900, terms.after_hours(50.5)), (STAR, 300, terms.after_hours(50.05)), (A, 100, terms.after_hours(10.4)),
        (STAR, 700, terms.after_hours(50.1, share=0.015)), (STAR, 200, terms.at_close()),
    ):  # fmt: skip
        run.buy(symbol, shares, style)
    run.step(2)
    run.sell(STAR, 600, terms.after_hours(50.0))
    run.sell(STAR, 500, terms.limit(50.3))
    return run.run(progress=False)


@golden
def by_hand_after_hours() -> qr.Session:
    """The session after the close, which comes after every other order."""
    return evenings()


@golden
def by_hand_after_hours_same_bar() -> qr.Session:
    """The same inside the call: at the close such an order trades at once."""
    return evenings(clock="same_bar")


@golden
def by_hand_after_hours_lean() -> qr.Session:
    """The same beside the fill model of another system, under a volume cap."""
    return evenings(fill_model="lean_equity", participation=0.02)


@golden
def a_day_that_ended_early() -> qr.Session:
    """The first day that the circuit breaker of 2016 ended: nobody trades at its close."""
    bar = {"symbol": A, "open": 10.0, "high": 10.2, "low": 9.8, "close": 9.9, "volume": 1e6}
    days = ("2015-12-31", "2016-01-04", "2016-01-05", "2016-01-06")
    run = qr.Session(qr.read_market(pd.DataFrame([{"date": day, **bar} for day in days])), cash=100_000).step()
    run.buy(A, 100)
    run.buy(A, 200, terms.at_close(tif="GTC"))
    run.buy(A, 300, terms.at_close())
    return run.run(progress=False)


@golden
def days_without_a_way_to_the_market() -> qr.Session:
    """Holidays on which others trade: what arrives is refused, what rests waits, holdings keep their value."""
    bar = {"high": 10.6, "low": 9.4, "volume": 1e6}
    days = pd.bdate_range("2024-03-25", periods=8)
    prices = [10.0, 10.1, 10.2, 10.0, 9.9, 10.0, 10.1, 10.3]
    rows = [
        {"date": day, "symbol": symbol, "open": price, "close": price, **bar}
        for symbol in (A, B) for day, price in zip(days, prices, strict=True)
    ]  # fmt: skip
    shut = pd.DataFrame({"date": [days[3], days[4], days[6]], "symbol": [A, A, B]})
    run = qr.Session(qr.read_market(pd.DataFrame(rows), closed_days=shut), cash=100_000).step()
    for symbol in (A, B):
        run.buy(symbol, 300)
        run.buy(symbol, 200, terms.limit(9.95, tif="GTC"))
    for _ in range(6):
        run.step()
        run.sell(A, 100)
        run.buy(B, 100)
    return run


@golden
def futures_called_and_expired() -> qr.Session:
    """Both sides of four contracts, a week that calls the account, a day on which nobody buys, and two expiries."""
    run = qr.Session(qr.sample_futures(), start="2023-06-06", cash=320_000, account="futures").step()
    run.buy("QT2307", 8, terms.to_open())
    run.sell("ZX2306", 1, terms.to_open())
    run.buy("QT2307", 90, terms.to_open())
    run.sell("QT2310", 2, terms.to_close())
    run.step()
    run.sell("QT2307", 3, terms.to_close(lots="today"))
    run.sell("QT2310", 2, terms.to_open(terms.limit(61_000, tif="GTC")))
    run.buy("QT2310", 1, terms.to_close(terms.stop(62_500, tif="GTC")))
    run.step(5)
    run.sell("QT2307", 2, terms.to_close(terms.at_close(), "old"))
    run.run(until="2023-06-19", progress=False)
    run.buy("ZX2306", 1)
    run.order_target("QT2310", 1)
    run.sell("QT2310", 1, terms.to_open(terms.at_close()))
    return run.run(until="2023-07-20", progress=False)


@golden
def futures_by_a_dated_table() -> qr.Session:
    """A position limit and a raised margin that come with their day: a refusal, and a call on the evening before."""
    days = pd.bdate_range("2024-03-04", periods=8)
    price = [100.0, 101.0, 101.0, 99.0, 98.0, 98.0, 102.0, 103.0]
    bars = pd.DataFrame({"date": days, "symbol": "AB2406", **dict.fromkeys(("open", "high", "low", "close"), price)})
    terms_of = {"symbol": "AB2406", "multiplier": 10, "tick": 1, "open_fee": 0.0001, "last_day": days[7]}
    rows = [
        {**terms_of, "margin": 0.1},
        {**terms_of, "margin": 0.1, "position_limit": 12, "since": days[2]},
        {**terms_of, "margin": 0.2, "position_limit": 6, "since": days[5]},
    ]
    given = qr.read_market(bars.assign(volume=1e4, settlement=price), contracts=pd.DataFrame(rows))
    run = qr.Session(given, cash=2_000, account="futures").step()
    run.buy("AB2406", 10)
    run.step(2)
    run.buy("AB2406", 3)
    run.buy("AB2406", 2, terms.to_open())
    run.sell("AB2406", 1, terms.to_open())
    run.run(until=days[5], progress=False)
    run.sell("AB2406", 5, terms.to_close())
    run.buy("AB2406", 4, terms.to_open())
    return run.run(progress=False)


@golden
def options_over_a_dividend() -> qr.Session:
    """Rights on both sides, covered calls over a dividend, an exercise by hand and by itself, and a call."""
    kind = Options(position_limit=12)
    run = qr.Session(qr.sample_options(), start="2022-11-28", cash=150_000, account=kind).step()
    run.buy("514101.SH", 20_000)
    run.buy("C2212M4000", 3)
    run.sell("P2301M4200", 5)
    run.buy("P2212M4000", 8, terms.limit(0.3))
    run.sell("C2212M4100", 1, terms.covered_open())
    run.step(phase="OPEN")
    run.account.lock("514101.SH", 10_000)
    run.sell("C2212M4200", 1, terms.covered_open(terms.at_close()))
    run.step()
    run.sell("514101.SH", 15_000)
    run.step(2)
    run.sell("C2212M4000", 1, terms.limit(0.2, tif="GTC"))
    run.run(until="2023-01-31", progress=False)
    run.account.pay_in(100_000)
    run.buy("QT2307C68000", 1)
    run.step()
    run.account.exercise("QT2307C68000", 1)
    return run.step(3)


@golden
def bonds_and_repo() -> qr.Session:
    """Bonds over coupons, a maturity and a call, a conversion, repo for a day and a week, and each refusal."""
    run = qr.Session(qr.sample_bonds(), start="2023-05-10", cash=2_000_000, account=Bonds(qualified=True)).step()
    run.buy("122801", 2000)
    run.buy("019801", 5000, terms.limit(100.9, tif="GTC"))
    run.sell("204007", 3000)
    run.buy("204001", 100)
    run.step()
    run.buy("019802", 1000)
    run.buy("019801", 5)
    run.sell("204001", 15)
    run.sell("204001", 5)
    run.order_value("113801", 200_000)
    run.run(until="2023-06-20", progress=False)
    run.sell("019801", 1000)
    run.sell("122801", 700, terms.at_close())
    run.run(until="2023-09-14", progress=False)
    run.buy("019802", 100)
    run.account.convert("113801", 500)
    run.step(2)
    run.sell("604801", 2000)
    run.run(until="2023-11-15", progress=False)
    run.sell("113801", 100)
    run.step(phase="PRE_OPEN")
    run.account.pay_in(-1_000)
    return run.run(until="2023-11-24", progress=False)


@golden
def bonds_for_others() -> qr.Session:
    """What an account that is no qualified investor's is refused, and what one of shares does not hold."""
    run = qr.Session(qr.sample_bonds(), start="2023-03-01", cash=100_000, account="bond").step()
    run.buy("122801", 100)
    run.step()
    run.account.pay_in(5_000)
    return run.step()


@golden
def bonds_beside_shares() -> qr.Session:
    """An account of shares buys a convertible at its full price, and no bond at a clean one."""
    run = qr.Session(qr.sample_bonds(), start="2023-03-01", cash=100_000).step()
    run.buy("019801", 100)
    run.buy("113801", 100)
    return run.run(until="2023-03-10", progress=False)


@golden
def margin_trading() -> qr.Session:
    """Money and shares borrowed, each refusal, repayment, a return, a dividend of a short, a call, and its sales."""
    fall = [10.0, 10.0, 10.1, 9.8, 8.9, 8.1, 7.4, 6.7, 6.2, 5.8, 5.3, 5.3]
    steady = dict.fromkeys(("600003.SH", "600004.SH"), [5.0] * 12)
    table = [
        {"symbol": A, "haircut": 0.7, "financing": 0.8, "lending": 0.8},
        {"symbol": B, "haircut": 0.65, "financing": 1.0, "lending": 0.5},
        {"symbol": "600003.SH", "haircut": 0.5},
        {"symbol": "600004.SH", "haircut": 0.7, "financing": 1.0, "lending": 0.5, "lendable": 900},
    ]
    payout = {"symbol": B, "day": 6, "cash_per_share": 0.1, "bonus_per_share": 0.1}
    given = market({A: fall, B: [5.0] * 6 + [4.5] * 6, **steady}, actions=[payout], credit=pd.DataFrame(table))
    kind = MarginTrading(line=250_000.0, warn=1.95, call=1.75, floor=1.2, concentration=0.7)
    run = session(given, cash=100_000, account=kind, costs="default")
    run.buy("600004.SH", 8_000, terms.to_open())
    run.step()
    run.buy(A, 9_000, terms.financed())
    run.sell(B, 1_000, terms.short_sale(terms.limit(5.0)))
    run.buy("600003.SH", 100, terms.financed())
    run.sell("600003.SH", 100, terms.short_sale(terms.limit(5.0)))
    run.sell("600004.SH", 1_000, terms.short_sale(terms.limit(5.0)))
    run.sell(A, 100, terms.short_sale())
    run.buy("600004.SH", 100, terms.to_return())
    run.step()
    run.buy(A, 25_000, terms.financed())
    run.buy(A, 2_000, terms.financed())
    run.sell(B, 500, terms.short_sale(terms.limit(5.0)))
    run.buy(B, 1_500, terms.to_return(terms.at_close()))
    run.step(phase="PRE_OPEN")
    run.account.repay(1_000)
    run.step()
    run.buy("600003.SH", 12_500, terms.to_open())
    run.step()
    run.account.pay_in(500)
    run.buy(A, 100, terms.financed())
    run.sell(A, 300)
    return run.run(progress=False)


@golden
def margin_trading_inside_the_call() -> qr.Session:
    """Shares borrowed and bought back on one day, money repaid on its own day, shares that are held given back."""
    table = [{"symbol": symbol, "haircut": 0.7, "financing": 1.0, "lending": 0.5} for symbol in (A, B)]
    given = market({A: [10.0, 10.2, 10.4, 10.1, 9.9], B: [5.0] * 5}, credit=pd.DataFrame(table))
    run = session(given, cash=100_000, account="margin", clock="same_bar", costs="default").step(phase="OPEN")
    run.sell(A, 1_000, terms.short_sale(terms.limit(10.2)))
    run.buy(A, 500)
    run.buy(A, 700, terms.to_open())
    run.buy(B, 4_000, terms.financed())
    run.account.repay(20_005)
    run.step(phase="OPEN")
    run.buy(A, 400)
    run.account.give_back(A, 300)
    run.step(phase="CLOSE")
    run.buy(A, 300, terms.to_return())
    return run.run(progress=False)


def _several() -> qr.Session:
    """Cash that leads accounts of futures and of margin trading: orders of each, money moved and refused, a branch."""
    beside = {
        "futures": {"account": "futures", "cash": 200_000},
        "margin": {"account": "margin", "cash": 50_000, "slippage": ("bps", 3.0)},
    }
    run = qr.Session(qr.sample_options(), start="2023-01-17", cash=100_000, accounts=beside)
    accounts = run.account.all
    futures, margin = accounts["futures"], accounts["margin"]
    futures.buy("QT2307", 3, terms.to_open())
    run.order("514101", 10_000, terms.limit(3.9, tif="GTC"))
    margin.buy("514101", 20_000, terms.financed())
    run.step(2)
    accounts.transfer("cash_shares", "futures", 20_000)
    accounts.transfer("cash_shares", "futures", 200_000)
    accounts.transfer("cash_shares", "margin", 75_000)
    accounts.transfer("margin", "cash_shares", 60_000)
    futures.sell("QT2307", 1, terms.to_close())
    accounts.pay_in("margin", 12_345.67)
    run.step(3).back(2)
    futures.sell("QT2307", 2)
    margin.set_order_cost(open_commission=0.0003)
    margin.sell("514101", 5_000, terms.to_repay())
    return run.step(6)


@golden
def several_accounts() -> qr.Session:
    """The first of several accounts, in whose log stands what the others were asked for, and every transfer."""
    return _several()


@golden
def an_account_beside_another() -> qr.Session:
    """One of several accounts that follows the first: its own orders, lots and money that came."""
    return _several().account.all["futures"]


@golden
def settings_in_the_middle() -> qr.Session:
    """Costs that rise while buys rest: the newest ends; a cap that comes; other costs from an earlier day on."""
    given = market(
        {A: [10.0, 10.0, 10.1, 9.8, 9.4, 9.6, 9.5, 9.7, 9.6], B: [5.0, 5.0, 5.1, 4.9, 4.7, 4.8, 4.9, 5.0, 5.1]}
    )
    run = session(given, cash=100_000, costs="default")
    for symbol, quantity, limit in ((A, 5000, 9.5), (B, 9000, 4.8), (A, 900, 9.45)):
        run.buy(symbol, quantity, terms.limit(limit, tif="GTC"))
    run.step(2).set_order_cost(open_commission=0.02, min_commission=1)
    run.step(phase="OPEN").set_slippage("fixed", 0.05, participation=0.001)
    run.step(2)
    run.order_target(A, 0)
    run.order_target_value(B, 10_000)
    run.step()
    run.back(2).set_order_cost(open_tax=0.001, rounding="total", transfer_fee=0.00001)
    run.order_target(A, 100)
    return run.run(progress=False)


@golden
def slippage_of_every_kind() -> qr.Session:
    """Each kind of slippage in turn, with a cap that comes and goes."""
    run = qr.Session(qr.sample_market(), start="2021-05-06", end="2021-07-30", cash=2_000_000, slippage=("bps", 3))
    kinds = {"none": 0, "fixed": 0.02, "bps": 12.5, "volume_share": 0.5, "spread": 0.03, "spread_rate": 0.002}
    for number, (kind, size) in enumerate([*kinds.items()] * 2):
        run.set_slippage(kind, size, participation=(None, "same", 0.0005)[number % 3])
        for place in range(6):
            run.order_value(run.market.symbols[(number * 6 + place) % 31], 60_000)
        run.step(2)
        for symbol in run.positions.index[::2]:
            run.order_pct(symbol, -0.5)
        run.step()
    return run


@golden
def a_venue_without_rules() -> qr.Session:
    """Prices of unknown origin: any quantity at any price, money to a millionth."""
    rng = np.random.default_rng(33)
    rows = []
    for symbol in ("AAA.US", "BBB.US", "CCC.US"):
        close = 50_000 + np.cumsum(rng.integers(-400, 401, 60))
        for day, mark in zip(pd.bdate_range("2020-01-02", periods=60), close, strict=True):
            opened = int(mark) + int(rng.integers(-300, 301))
            rows.append((day, symbol, opened / 1000, (max(opened, int(mark)) + 77) / 1000,
                         (min(opened, int(mark)) - 77) / 1000, int(mark) / 1000, 5000.0))  # fmt: skip
    frame = pd.DataFrame(rows, columns=["date", "symbol", "open", "high", "low", "close", "volume"])
    run = qr.Session(qr.read_market(frame), cash=50_000, slippage=("bps", 2), participation=0.1, strategy=Gambler(33))
    return Person(run, 33).play(200)


# ------------------------------------------------------------------------------------- hundreds of orders a day


def wide(seed: int, symbols: int, days: int) -> qr.Market:
    """A market of many shares that walk by whole cents within their limits, some of them to a limit."""
    rng = np.random.default_rng(seed)
    names = [f"{600_000 + place}.SH" for place in range(symbols)]
    marks, rows = rng.integers(300, 4000, symbols), []
    for day in pd.bdate_range("2022-04-11", periods=days):
        top, bottom = (marks * 110 + 50) // 100, (marks * 90 + 50) // 100
        opened = np.clip(marks + marks * rng.integers(-30, 31, symbols) // 1000, bottom, top)
        locked = rng.integers(0, 25, symbols)
        opened = np.where(locked == 0, top, np.where(locked == 1, bottom, opened))
        closed = np.clip(opened + opened * rng.integers(-25, 26, symbols) // 1000, bottom, top)
        closed = np.where(locked < 2, opened, closed)
        volume = rng.integers(1_000, 1_000_000, symbols) * 100.0
        rows.append(pd.DataFrame({
            "date": day, "symbol": names, "open": opened / 100, "high": np.maximum(opened, closed) / 100,
            "low": np.minimum(opened, closed) / 100, "close": closed / 100, "volume": volume, "pre_close": marks / 100,
        }))  # fmt: skip
        marks = closed
    table = pd.DataFrame({"symbol": names, "board": "SH_MAIN", "list_date": "2010-01-04"})
    return qr.read_market(pd.concat(rows, ignore_index=True), instruments=table)


class Rotation:
    """Asks for a new value of every share on every day, in each of the ways that sum up to hundreds of orders."""

    def handle_data(self, context: Any, data: Any) -> None:
        """Targets, values, shares, lots and fractions by turns."""
        rng = np.random.default_rng(data.day)
        for number, symbol in enumerate(context.symbols):
            draw, way = int(rng.integers(1, 6)), (number + data.day) % 5
            if way == 0:
                context.order_target_value(symbol, draw * 4_000)
            elif way == 1:
                context.order_value(symbol, (draw - 3) * 3_000)
            elif way == 2:
                context.order(symbol, (draw - 3) * 130)
            elif way == 3:
                context.order_target(symbol, draw * 150)
            else:
                context.order_pct(symbol, -0.25 * draw if draw < 5 else 0.01)


@golden
def batch_fast() -> qr.Session:
    """Hundreds of market orders a day through the fast match, with a cash that does not suffice for all."""
    return played(Rotation(), wide(41, 240, 25), cash=2_000_000)


@golden
def batch_fast_dated() -> qr.Session:
    """The same across a change of the transfer fee, with fees by date and slippage in basis points."""
    return played(Rotation(), wide(42, 240, 20), cash=8_000_000, costs="historical", slippage=("bps", 5))


@golden
def batch_exact() -> qr.Session:
    """The same with what takes the exact match: a cap, an impact, orders in their order."""
    options = {"participation": 0.02, "slippage": ("volume_share", 0.2), "match_order": "fifo"}
    return played(Rotation(), wide(43, 200, 14), cash=2_000_000, **options)


@golden
def batch_same_bar() -> qr.Session:
    """The same on the clock of the same bar, each order final in its call."""
    return played(Rotation(), wide(44, 120, 12), cash=1_500_000, clock="same_bar", shortfall="reject")


# ------------------------------------------------------------------------------------- strategies and dialects


@golden
def two_averages() -> qr.Session:
    """A function as a strategy over a year and a half of the embedded market."""

    def handle_data(context: Any, data: Any) -> None:
        closes = data.history(["604018", "604035", "514101", "688903"], 20)
        for symbol in closes.columns:
            fast, slow = closes[symbol].iloc[-5:].mean(), closes[symbol].mean()
            context.order_target_value(symbol, 200_000 if fast > slow else 0)

    return played(handle_data, qr.sample_market(), start="2021-06-01", end="2022-12-30", costs="historical")


@golden
def a_file_with_listeners() -> qr.Session:
    """A strategy in a file that is told of its fills and answers each with a stop and a profit taken."""
    text = """
    from qresearch import terms

    def initialize(context):
        context.seen = 0
        context.set_slippage("fixed", 0.01)
        context.run_daily(midday, "11:30")

    def midday(context):
        if not len(context.portfolio.positions):
            for symbol in ("604018", "604035", "302601"):
                context.order_pct(symbol, 0.3)

    def handle_data(context, data):
        context.record(seen=context.seen)

    def on_fill(context, fill):
        context.seen += 1
        context.log.info("fill", fill.order_id, fill.quantity, fill.price)
        if fill.side == "buy":
            context.sell(fill.symbol, fill.quantity, terms.stop(round(fill.price * 0.95, 2), tif="GTC", tag="guard"))
            context.sell(fill.symbol, fill.quantity, terms.limit(round(fill.price * 1.04, 2), tif="GTC"))

    def on_order(context, event):
        context.seen += event.after == "CANCELED"
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "strategy.py"
        path.write_text(dedent(text), encoding="utf-8")
        return played(path, qr.sample_market(), start="2022-03-01", end="2022-09-30", cash=300_000)


@golden
def swordfish_account() -> qr.Session:
    """A run with positions set through Swordfish's account; its tables are held too."""
    run = qr.Session(qr.sample_market(), start="2021-06-01", end="2021-07-30", cash=1_000_000)
    Account(run).set_position("604018", 1000, 9.20)
    return Person(run, 51).play(150)


@golden
def easyquant_script() -> qr.Session:
    """A script of EasyQuant: its names, its clock of the next open, and its order objects."""
    script = """
    from eqlib import *

    def initialize(context):
        g.n = 0
        set_order_cost(OrderCost(open_tax=0, close_tax=0.001, open_commission=0.0003, close_commission=0.0003,
                                 min_commission=5))
        run_daily(trade)

    def trade(context):
        g.n += 1
        if g.n % 7 == 1:
            order_value("604018", 40000)
            order_target("604035", 500 * (g.n % 3))
        elif g.n % 7 == 4:
            order_target_value("604018", 10000)
            g.last = order("514101", 3000)
        elif g.n % 7 == 6 and g.last is not None:
            cancel_order(g.last)
            order("604018", -300)
    """
    given, start, end = qr.sample_market(), "2022-03-01", "2022-08-31"
    run = qr.Session.from_script(dedent(script), given, start, end, cash=200_000, dialect="easyquant")
    return run.run(progress=False)


SPAN = ("2022-03-01", "2022-08-31")
CODES: Mapping[str, str] = {
    "000001.XSHE": "604018.SH", "600519.XSHG": "604026.SH", "000651.XSHE": "004102.SZ", "600036.XSHG": "604073.SH",
    "601318.XSHG": "604052.SH", "000858.XSHE": "004177.SZ", "000333.XSHE": "004136.SZ", "002415.XSHE": "302601.SZ",
    "510300.XSHG": "514101.SH", "510050.XSHG": "514205.SH", "510880.XSHG": "514588.SH", "159949.XSHE": "157301.SZ",
    "600276.XSHG": "604069.SH", "600030.XSHG": "604088.SH", "600887.XSHG": "604095.SH", "601398.XSHG": "604001.SH",
    "601857.XSHG": "604035.SH", "688008.XSHG": "688903.SH",
}  # fmt: skip
"""A code of the scripts to an instrument of the embedded market of the same board."""


def script(name: str) -> qr.Session:
    """A script of tests/scripts to the end of half a year."""
    text = (TESTS / "scripts" / f"{name}.py").read_text(encoding="utf-8")
    for code, symbol in CODES.items():
        text = text.replace(code, symbol.replace("SH", "XSHG").replace("SZ", "XSHE"))
    given = qr.sample_market()
    first, last = (int(given.days.searchsorted(np.datetime64(day))) for day in SPAN)
    tables = tables_of(given, first, last, dict(CODES))
    return qr.Session.from_script(text, given, *SPAN, cash=2_000_000, data=tables).run(progress=False)


def keep_scripts() -> None:
    """A few scripts as people publish them, each for what it is the only one to use."""
    kept = {
        "s01_five_day_average": "the platform's own example, with its costs and slippage",
        "s03_small_cap_monthly": "fundamentals, monthly rotation",
        "s07_grid": "limits that rest and are canceled at the close",
        "s09_index_low_pe": "index members and a query",
        "s14_stop_styles": "stop and take-profit styles",
        "s19_many_times": "calls at many times of a day",
        "s21_subportfolios": "sub-accounts and transfers between them",
        "s34_star_board": "STAR shares, which need a protection price",
        "s38_unsell": "what was bought today cannot be sold",
    }
    for name, use in kept.items():

        def run(name: str = name) -> qr.Session:
            return script(name)

        run.__name__, run.__doc__ = f"joinquant_{name}", f"A script of JoinQuant: {use}."
        golden(run)


keep_scripts()


@golden
def joinquant_minutes() -> qr.Session:
    """A script of JoinQuant called at every minute of the embedded minute data."""
    text = """
    def initialize(context):
        set_slippage(PriceRelatedSlippage(0.002))
        set_order_cost(OrderCost(close_tax=0.001, open_commission=0.0003, close_commission=0.0003, min_commission=5),
                       type="stock")
        g.n = 0
        run_daily(tail, "14:50")

    def handle_data(context, data):
        g.n += 1
        if g.n % 45 == 1:
            order_value("604018.XSHG", 20000)
            order("157301.XSHE", 500, LimitOrderStyle(data["157301.XSHE"].close))
        elif g.n % 45 == 30:
            order_target("604073.XSHG", 100 * (g.n % 4))

    def tail(context):
        order("688903.XSHG", 200 + g.n % 7)
        order("688903.XSHG", 200 + g.n % 7, MarketOrderStyle(get_current_data()["688903.XSHG"].high_limit))
        for order_ in get_open_orders().values():
            cancel_order(order_)
        order_target("604018.XSHG", 1000)
    """
    given = qr.sample_market("minute")
    return qr.Session.from_script(dedent(text), given, cash=300_000, frequency="minute").run(progress=False)
