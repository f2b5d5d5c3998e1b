"""Scripts on minute data: calls at their true times, at the true price, and minute bars in the histories."""

from __future__ import annotations

import pandas as pd
import pytest
from script_runs import g

import qresearch as qr
from qresearch.errors import StrategyError

A = "600001.XSHG"


def minutes() -> qr.Market:
    """Two days of 240 minutes: up one cent a minute from 10.01 to 11.20 until noon, then down to 10.00."""
    rows = []
    for day in pd.bdate_range("2024-01-02", periods=2):
        for number in range(1, 241):
            hour = day + pd.Timedelta(hours=9, minutes=30) if number <= 120 else day + pd.Timedelta(hours=11)
            price = 10 + number / 100 if number <= 120 else 12.4 - number / 100
            rows.append((hour + pd.Timedelta(minutes=number), A, round(price, 2)))
    bars = pd.DataFrame(rows, columns=["date", "symbol", "close"])
    return qr.read_market(bars.assign(open=bars.close, high=bars.close, low=bars.close, volume=10_000.0))


def test_calls_come_at_their_times_and_trade_at_the_price_of_the_minute() -> None:
    """Protects the clock on minute data. By hand: 10.60 at 10:30; at 14:50, minute 230, 12.40 - 2.30 = 10.10."""
    script = """
def initialize(context):
    g.seen, g.calls = [], 0
    set_slippage(FixedSlippage(0))
    for time in ("open", "10:30", "14:50"):
        run_daily(look, time)

def look(context):
    close = attribute_history("600001.XSHG", 2, "1m", ["close"])["close"]
    g.seen.append((context.current_dt.strftime("%H:%M"), get_current_data()["600001.XSHG"].last_price,
                   [round(float(value), 2) for value in close], str(close.index[-1])[11:16] if len(close) else ""))
    order("600001.XSHG", 100)

def handle_data(context, data):
    g.calls += 1
"""
    session = qr.Session.from_script(script, minutes(), frequency="minute").run(progress=False)
    held = g(session)
    assert held.seen[:3] == [
        ("09:30", 10.01, [], ""),
        ("10:30", 10.6, [10.59, 10.6], "10:30"),
        ("14:50", 10.1, [10.11, 10.1], "14:50"),
    ]
    assert held.seen[3] == ("09:30", 10.01, [10.01, 10.0], "15:00")
    assert session.fills["price"].to_list() == [10.01, 10.6, 10.1] * 2
    assert held.calls == 2 * 240
    assert not [notice for notice in session.notices if "called at the close" in notice]


def test_bars_of_several_minutes_are_counted_back_from_now() -> None:
    """Protects units such as 5m: at 10:30 the last bar holds 10:26 to 10:30."""
    script = """
def initialize(context):
    run_daily(look, "10:30")

def look(context):
    bars = attribute_history("600001.XSHG", 2, "5m", ["open", "high", "close", "volume"])
    g.bars = bars.round(2).values.tolist()
    g.closes = history(1, "5m", "close", ["600001.XSHG"])["600001.XSHG"].round(2).tolist()
"""
    session = qr.Session.from_script(script, minutes()).run(progress=False)
    assert g(session).bars == [[10.51, 10.55, 10.55, 50_000.0], [10.56, 10.6, 10.6, 50_000.0]]
    assert g(session).closes == [10.6]


def test_the_mean_price_of_a_minute_is_its_own() -> None:
    """Protects history(n, "1m"), whose field is avg, from the mean price of the whole day, which is not known yet."""
    script = """
def initialize(context):
    run_daily(look, "10:30")

def look(context):
    code, asked = "600001.XSHG", {"end_date": context.current_dt, "frequency": "1m", "count": 2}
    g.seen = [history(2, "1m", security_list=[code])[code], attribute_history(code, 2, "1m", "avg")["avg"],
              get_price(code, fields=["avg"], **asked)["avg"], get_bars(code, 2, "1m", ["avg"])["avg"]]
    g.seen = [[round(float(price), 4) for price in prices] for prices in g.seen]
"""
    given = minutes()
    bars = given.panel.intraday
    frame = pd.DataFrame({"date": bars.times, "symbol": A, "close": bars.close[:, 0], "volume": 10_000.0})
    frame["turnover"] = (frame.close - 0.005) * frame.volume
    market = qr.read_market(frame.assign(open=frame.close - 0.01, high=frame.close, low=frame.close - 0.01))
    assert g(qr.Session.from_script(script, market).run(progress=False)).seen == [[10.585, 10.595]] * 4


def test_get_price_and_get_bars_give_minutes_too() -> None:
    """Protects scripts that look inside the day. By hand at 10:30: minutes 59 and 60 closed at 10.59 and 10.60."""
    script = """
def initialize(context):
    run_daily(look, "10:30")

def look(context):
    if context.current_dt.day != 3:
        return
    now, code = context.current_dt, "600001.XSHG"
    one = get_price(code, end_date=now, frequency="1m", fields=["close", "high_limit"], count=2, panel=False)
    day = get_price(code, start_date=now.replace(hour=9, minute=31), end_date=now, frequency="minute", fields=["high"])
    long = get_price([code], end_date=now, frequency="30m", fields=["open", "high_limit"], count=3, panel=False)
    bars = get_bars(code, 2, "5m", ["date", "open", "close", "volume"])
    before = get_bars(code, 1, "1m", ["date", "close"], end_dt=context.previous_date)
    g.seen = [one.close.tolist(), one.high_limit.tolist(), (len(day), day.high.max(), str(day.index[0])[11:16]),
              long.time.dt.strftime("%d %H:%M").tolist(), long.open.tolist(), long.high_limit[1:].tolist(),
              bars["open"].tolist(), [str(when)[11:16] for when in bars["date"]], bars["volume"].tolist(), len(before)]
"""
    held = g(qr.Session.from_script(script, minutes(), frequency="minute").run(progress=False))
    assert held.seen == [
        [10.59, 10.6], [11.0, 11.0], (60, 10.6, "09:31"), ["02 15:00", "03 10:00", "03 10:30"],
        [10.29, 10.01, 10.31], [11.0, 11.0], [10.51, 10.56], ["10:25", "10:30"], [50_000.0, 50_000.0], 0,
    ]  # fmt: skip


def test_get_bars_counts_minutes_from_the_open_and_the_day_up_to_now() -> None:
    """Protects the bars of the manual: at 10:33 five minutes end at 10:30, and those under way come with include_now.

    By hand: 10.63 at minute 63; the day opened at 10.01, and its high so far is its last price.
    """
    script = """
def initialize(context):
    run_daily(look, "10:33")
    run_daily(late, "13:10")

def look(context):
    five = [get_bars("600001.XSHG", 2, "5m", ["date", "open", "close"], include_now=now) for now in (False, True)]
    g.seen = [[(str(bar["date"])[11:16], round(bar["open"], 2), bar["close"]) for bar in bars] for bars in five]

def late(context):
    fields = ["open", "high", "low", "close", "volume"]
    g.day = [round(value, 2) for value in get_bars("600001.XSHG", 1, "1d", fields, include_now=True)[0]]
    g.same = get_price(["600001.XSHG"], count=1, fields=fields, panel=False)[fields].round(2).values.tolist()[0]
"""
    held = g(qr.Session.from_script(script, minutes()).run(progress=False))
    assert held.seen == [
        [("10:25", 10.51, 10.55), ("10:30", 10.56, 10.6)],
        [("10:30", 10.56, 10.6), ("10:33", 10.61, 10.63)],
    ]
    assert held.day == held.same == [10.01, 11.2, 10.01, 11.1, 1_300_000.0]


def test_bars_are_put_together_by_their_length_and_shorter_ones_are_refused() -> None:
    """Protects markets of bars of half an hour: '60m' is two of them, one minute is its last price."""
    times = pd.to_datetime(["10:00", "10:30", "11:00", "11:30", "13:30", "14:00", "14:30", "15:00"], format="%H:%M")
    days = pd.bdate_range("2024-01-02", periods=2)
    ends = [day + (time - time.normalize()) for day in days for time in times]
    bars = pd.DataFrame({"date": ends, "symbol": A, "close": [10.0, 10.1, 10.2, 10.3, 10.4, 10.5, 10.6, 10.7] * 2})
    given = qr.read_market(bars.assign(open=bars.close, high=bars.close, low=bars.close, volume=1_000.0))
    script = """
def initialize(context):
    run_daily(look, "14:00")

def look(context):
    code = "600001.XSHG"
    hours = attribute_history(code, 2, "60m", ["open", "close", "volume"])
    g.seen = [hours.values.tolist(), history(1, "1m", "close", [code])[code].tolist(),
              history(1, "30m", "volume", [code])[code].tolist(), get_bars(code, 1, "120m", "close")["close"].tolist()]
    if context.current_dt.day == 3:
        attribute_history(code, 2, "45m")
"""
    session = qr.Session.from_script(script, given).step()
    assert g(session).seen == [[[10.2, 10.3, 2_000.0], [10.4, 10.5, 2_000.0]], [10.5], [1_000.0], [10.3]]
    with pytest.raises(StrategyError, match="this market holds bars of 30 minutes"):
        session.step()


def test_an_order_has_the_time_of_its_call() -> None:
    """Protects times on minute data: at noon and at 13:00 no bar has ended since 11:30."""
    script = """
def initialize(context):
    for time in ("12:00", "13:00", "13:30"):
        run_daily(trade, time)

def trade(context):
    order("600001.XSHG", 100)
    g.times = [order.add_time.strftime("%H:%M") for order in get_orders().values()]
    g.fills = [trade.time.strftime("%H:%M") for trade in get_trades().values()]
"""
    held = g(qr.Session.from_script(script, minutes()).step())
    assert (held.times, held.fills) == (["12:00", "13:00", "13:30"], ["13:00", "13:01", "13:30"])


def test_every_bar_sees_the_time_of_its_bar() -> None:
    """Protects scripts that ask for the time in a function of every bar: 09:30, then the end of each minute."""
    script = """
def initialize(context):
    g.times = []
    run_daily(f, "every_bar")

def f(context):
    g.times.append(context.current_dt.strftime("%H:%M"))
"""
    held = g(qr.Session.from_script(script, minutes(), frequency="minute").run(progress=False))
    day = [f"{time:%H:%M}" for time in minutes().panel.intraday.times[:239].astype("datetime64[s]").astype(object)]
    assert held.times == ["09:30", *day] * 2


def test_what_is_given_at_noon_is_new_until_the_market_goes_on() -> None:
    """Protects the article's answer: `new` in the break, met by 12:30 and canceled, or filled once it is over.

    By hand: the last price of the morning is 11.20; the first minute of the afternoon ends at 12.40 - 1.21 = 11.19.
    """
    script = """
def initialize(context):
    set_slippage(FixedSlippage(0))
    g.seen = []
    run_daily(noon, "12:00")
    run_daily(still_noon, "12:30")
    run_daily(after, "13:05")

def noon(context):
    g.market, g.resting = order("600001.XSHG", 100), order("600001.XSHG", 100, LimitOrderStyle(11.0))
    g.withdrawn = order("600001.XSHG", 300)
    g.seen.append([str(order.status) for order in (g.market, g.resting, g.withdrawn)])

def still_noon(context):
    g.seen.append([len(get_open_orders()), cancel_order(g.withdrawn) is not None])

def after(context):
    g.seen.append([str(order.status) for order in (g.market, g.resting, g.withdrawn)] + [g.market.price])
"""
    session = qr.Session.from_script(script, minutes(), cash=100_000).run(progress=False)
    assert g(session).seen[:3] == [["new"] * 3, [3, True], ["held", "open", "canceled", 11.19]]
    assert qr.Session.from_script(script, minutes(), cash=100_000).run(progress=False).digest() == session.digest()
    exec(session.to_script(market="GIVEN"), {"GIVEN": minutes()})  # it asserts the digest itself
