"""Minute bars, with figures that can be checked on paper: the axis, the clock, the match at each bar, and reading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import MISSING, fields, replace

import numpy as np
import pandas as pd
import pytest

import qresearch as qr
from qresearch import terms
from qresearch.domain import events
from qresearch.domain.moment import Moment
from qresearch.market.intraday import Intraday, daily_fields
from qresearch.session.bar_data import BarData
from qresearch.session.encoding import decode, encode, event_schema

A, B = "600001.SH", "600002.SH"
Bar = float | tuple[float, float, float, float] | None
"""A flat bar, (open, high, low, close), or None for no row."""


def rows_of(symbol: str, days: Sequence[Sequence[Bar]], *, volume: float = 1e6, **columns: float) -> list[dict]:
    """Rows of one share: bars that end at 09:31, 09:32 and so on, from 2024-01-02 on."""
    found = []
    for day, bars in zip(pd.bdate_range("2024-01-02", periods=len(days)), days, strict=True):
        for number, bar in enumerate(bars):
            if bar is not None:
                opened, high, low, closed = bar if isinstance(bar, tuple) else (bar,) * 4
                found.append({
                    "date": day + pd.Timedelta(hours=9, minutes=31 + number), "symbol": symbol, "open": opened,
                    "high": high, "low": low, "close": closed, "volume": volume, **columns,
                })  # fmt: skip
    return found


def market(*days: Sequence[Bar], volumes: Sequence[float] = (), **columns: float) -> qr.Market:
    """A market of one share; `volumes` are those of its bars in order."""
    rows = rows_of(A, days, **columns)
    for row, volume in zip(rows, volumes, strict=False):
        row["volume"] = volume
    return qr.read_market(pd.DataFrame(rows), instruments=pd.DataFrame([{"symbol": A, "list_date": "2010-01-04"}]))


def session(given: qr.Market, **options: object) -> qr.Session:
    """A session without costs after the first day."""
    return qr.Session(given, cash=100_000, costs="zero", **options).step()


def fills_of(given: qr.Session) -> list[tuple[str, str, int, float]]:
    """Phase, time of the day, shares and price of each fill."""
    return [
        (row.phase, str(row.time)[11:16], row.quantity, row.price) for row in given.fills.itertuples()
    ]  # fmt: skip


# ---------------------------------------------------------------------------------------- reading


def test_the_daily_bars_are_the_sum_of_the_minutes() -> None:
    """Protects everything that reads days: open of the first trade, extremes, last close, sums; quiet bars left out."""
    rows = rows_of(A, [[9.5, (10.0, 10.4, 9.9, 10.2), (10.2, 10.3, 9.7, 10.1), 11.0]])
    rows[0]["volume"] = rows[3]["volume"] = 0.0
    given = qr.read_market(pd.DataFrame(rows))
    panel = given.panel
    assert [float(getattr(panel, name)[0, 0]) for name in ("open", "high", "low", "close")] == [10.0, 10.4, 9.7, 10.1]
    assert panel.volume[0, 0] == 2e6
    assert panel.intraday.counts == [4]
    assert repr(given).endswith("2024-01-02 to 2024-01-02 with 4 bars inside, 0 corporate actions>")


def test_rows_of_several_symbols_share_one_axis() -> None:
    """Protects the arrays: a bar that only one symbol has is NaN for the other, and a day may be missing for one."""
    frame = pd.DataFrame([*rows_of(A, [[10.0, None, 10.2]]), *rows_of(B, [[None, 5.0, None], [5.1]])])
    panel = qr.read_market(frame).panel
    np.testing.assert_array_equal(panel.intraday.close, [[10.0, np.nan], [np.nan, 5.0], [10.2, np.nan], [np.nan, 5.1]])
    last = [panel.intraday.last(row, [0, 1]) for row in range(4)]
    np.testing.assert_array_equal(last, [[10.0, np.nan], [10.0, 5.0], [10.2, 5.0], [np.nan, 5.1]])
    assert panel.intraday.counts == [3, 1]
    assert np.isnan(panel.close[1, 0])


@pytest.mark.parametrize(("stamp", "first"), [("end", "2024-01-02T09:31"), ("start", "2024-01-02T09:32")])
def test_a_time_names_the_end_of_its_bar_or_its_start(stamp: str, first: str) -> None:
    """Protects the axis against a shift: vendors stamp either side, the panel always keeps the end."""
    given = qr.read_market(pd.DataFrame(rows_of(A, [[10.0, 10.1, 10.2]])), stamp=stamp)
    assert str(given.panel.intraday.times[0]) == first


def test_hours_are_bars_like_minutes() -> None:
    """Protects hour bars: their length is found from the data, over a break at noon too."""
    times = ["2024-01-02 09:30", "2024-01-02 10:30", "2024-01-02 13:00", "2024-01-02 14:00"]
    bar = {"symbol": A, "open": 10.0, "high": 10.0, "low": 10.0, "close": 10.0, "volume": 100.0}
    given = qr.read_market(pd.DataFrame([{"date": time, **bar} for time in times]), stamp="start")
    assert [str(time)[11:] for time in given.panel.intraday.times] == ["10:30", "11:30", "14:00", "15:00"]


def test_a_first_bar_at_the_opening_itself_is_told() -> None:
    """Protects against stamps read on the wrong side: a bar that would end at 09:30 gets a note."""
    bar = {"symbol": A, "open": 10.0, "high": 10.0, "low": 10.0, "close": 10.0, "volume": 100.0}
    rows = [{"date": f"2024-01-02 09:3{minute}", **bar} for minute in range(3)]
    assert any("stamp='start'" in note for note in qr.read_market(pd.DataFrame(rows)).notes)
    assert not any("stamp='start'" in note for note in qr.read_market(pd.DataFrame(rows[1:])).notes)


def test_volumes_counted_from_the_opening_are_told() -> None:
    """Protects participation and turnover: snapshots of a vendor grow through the day."""
    bars = [(10.0, 10.0, 10.0, 10.0)] * 15
    growing, words = [100.0 * number for number in range(1, 16)], "as if each were counted from the opening"
    assert any(words in note for note in market(bars, bars, volumes=growing * 2).notes)
    for volumes in (growing + growing[::-1], [100.0] * 30):
        assert not any(words in note for note in market(bars, bars, volumes=volumes).notes)


def _minutes(symbol: str, step: int, days: int = 2) -> pd.DataFrame:
    """Bars of whole days, stamped with their ends."""
    bar = {"symbol": symbol, "open": 10.0, "high": 10.0, "low": 10.0, "close": 10.0, "volume": 1e6}
    ends = [*range(9 * 60 + 30 + step, 11 * 60 + 31, step), *range(13 * 60 + step, 15 * 60 + 1, step)]
    dates = pd.bdate_range("2024-01-02", periods=days)
    return pd.DataFrame([{"date": day + pd.Timedelta(minutes=end), **bar} for day in dates for end in ends])


def _begun(bars: pd.DataFrame, step: int) -> pd.DataFrame:
    return bars.assign(date=bars["date"] - pd.Timedelta(minutes=step))


@pytest.mark.parametrize("step", [1, 5, 30, 60])
def test_bars_that_would_end_after_the_close(step: int) -> None:
    """Protects against ends read as starts: the last bar of a day would end after the close, and a note says so."""
    bars = _minutes(A, step)
    words = f"The last bar of a day ends at 15:{step:02}" if step < 60 else "The last bar of a day ends at 16:00"
    assert any(words in note for note in qr.read_market(bars, stamp="start").notes)
    assert not any("last bar" in note for note in qr.read_market(bars).notes)
    assert not any("last bar" in note for note in qr.read_market(_begun(bars, step), stamp="start").notes)


def test_minute_bars_by_symbol() -> None:
    """Protects one frame per symbol, which holds bars of any length; one frame per field holds days only."""
    bars = pd.concat([_minutes(A, 5), _minutes(B, 5)])
    by_symbol = {symbol: frame.drop(columns="symbol").set_index("date") for symbol, frame in bars.groupby("symbol")}
    assert qr.read_market(by_symbol).fingerprint == qr.read_market(bars).fingerprint
    by_field = {name: bars.pivot(index="date", columns="symbol", values=name) for name in by_symbol[A].columns}
    with pytest.raises(qr.DataError, match="one frame per field holds daily bars only"):
        qr.read_market(by_field)


def test_starts_of_bars_of_several_lengths_are_refused() -> None:
    """Protects from seeing ahead: a bar of five minutes among those of one would be known after its first minute."""
    short, long = _begun(_minutes(A, 1), 1), _begun(_minutes(B, 5), 5)
    words = r"bars that last longer than 1 minutes, as others do in 94 of 576 rows, first 600002.SH on 2024-01-02 09:35"
    with pytest.raises(qr.DataError, match=words):
        qr.read_market(pd.concat([short, long]), stamp="start")
    later = _begun(_minutes(A, 5, days=4), 5)
    with pytest.raises(qr.DataError, match=r"first 600001.SH on 2024-01-04 09:35.*one length"):
        qr.read_market(pd.concat([short, later[later["date"] > "2024-01-04"]]), stamp="start")
    sparse = _begun(_minutes(B, 1), 1).sample(frac=0.2, random_state=1).sort_values("date")
    assert qr.read_market(pd.concat([short, sparse]), stamp="start").symbols == (A, B)


def broken(**changes: object) -> pd.DataFrame:
    """Three good bars, the second of them changed."""
    rows = rows_of(A, [[10.0, 10.1, 10.2]])
    rows[1] |= changes
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"date": pd.Timestamp("2024-01-02 09:33")}, "same symbol and time more than once"),
        ({"date": pd.Timestamp("2024-01-02 09:30")}, "dates of a symbol do not ascend"),
        ({"date": pd.Timestamp("2024-01-02")}, "rows without a time of the day"),
        ({"high": 9.0}, "high below low"),
        ({"volume": -1.0}, "negative values"),
        ({"close": np.nan}, "no value on a day that is not paused"),
        ({"bid": 10.2, "ask": 10.1}, "a bid above the ask"),
        ({"bid": -1.0}, "quotes that are not positive"),
    ],
)
def test_minute_rows_that_cannot_be_trusted_raise(changes: dict, words: str) -> None:
    """Protects against bad data: the message names the symbol, the time and what to do."""
    with pytest.raises(qr.DataError, match=words) as caught:
        qr.read_market(broken(**changes))
    assert A in str(caught.value)


def test_daily_data_have_no_quotes_and_wide_frames_no_minutes() -> None:
    """Protects the shapes: what cannot be read says which shape can."""
    daily = pd.DataFrame([{"date": "2024-01-02", "symbol": A, "open": 10.0, "high": 10.0, "low": 10.0, "close": 10.0,
                           "volume": 100.0, "bid": 9.99}])  # fmt: skip
    with pytest.raises(qr.DataError, match="quotes belong to bars inside the day"):
        qr.read_market(daily)
    index = pd.DatetimeIndex(["2024-01-02 09:31", "2024-01-02 09:32"])
    wide = {name: pd.DataFrame({A: [10.0, 10.0]}, index=index) for name in ("open", "high", "low", "close", "volume")}
    with pytest.raises(qr.DataError, match="one long frame"):
        qr.read_market(wide)


def test_daily_rows_may_carry_a_time() -> None:
    """Protects daily data: one row a day stamped 15:00 stays daily."""
    bar = {"symbol": A, "open": 10.0, "high": 10.0, "low": 10.0, "close": 10.0, "volume": 100.0}
    given = qr.read_market(pd.DataFrame([{"date": f"2024-01-0{day} 15:00", **bar} for day in (2, 3)]))
    assert given.panel.intraday is None


def test_the_fingerprint_knows_the_minutes() -> None:
    """Protects resume: data that differ in one bar only, with the same daily bars, are other data."""
    prints = {
        market([10.0, 10.2, 10.1]).fingerprint, market([10.0, (10.2, 10.2, 10.1, 10.1), 10.1]).fingerprint,
        replace(given := market([10.0, 10.2, 10.1]), panel=replace(given.panel, intraday=None)).fingerprint,
    }  # fmt: skip
    assert len(prints) == 3


def test_bars_of_another_shape_are_refused() -> None:
    """Protects the panel: bars must be those of its days and symbols, with ascending times."""
    given = market([10.0, 10.1])
    with pytest.raises(qr.DataError, match="inside the days"):
        replace(given.panel, intraday=market([10.0, 10.1], [10.0]).panel.intraday)
    bars = given.panel.intraday
    with pytest.raises(qr.DataError, match="times must ascend"):
        replace(bars, times=bars.times[::-1])
    with pytest.raises(qr.DataError, match="starts must go up"):
        replace(bars, starts=bars.starts[:1])
    with pytest.raises(qr.DataError, match="'high' has shape"):
        replace(bars, high=bars.high[:1])


# ---------------------------------------------------------------------------------------- the clock


def test_the_clock_stands_at_every_bar() -> None:
    """Protects the phases on minute data: the opening, each whole bar with its time, the close."""
    run = qr.Session(market([10.0, 10.1], [10.2]))
    seen = [(run.step(phase="next").now.phase.value, str(run.now.time)[8:16]) for _ in range(11)]
    assert seen == [
        ("PRE_OPEN", "02 09:00"), ("OPEN", "02 09:30"), ("INTRADAY", "02 09:31"), ("INTRADAY", "02 09:32"),
        ("CLOSE", "02 15:00"), ("AFTER_CLOSE", "02 15:30"),
        ("PRE_OPEN", "03 09:00"), ("OPEN", "03 09:30"), ("INTRADAY", "03 09:31"), ("CLOSE", "03 15:00"),
        ("AFTER_CLOSE", "03 15:30"),
    ]  # fmt: skip
    assert tuple(run.now) == (pd.Timestamp("2024-01-03"), "AFTER_CLOSE")


def test_steps_runs_and_goto_know_times() -> None:
    """Protects the words of navigation: to a bar, to a time, to the next close, and back to a time that is kept."""
    run = qr.Session(market([10.0, 10.1, 10.2], [10.3, 10.4]))
    assert str(run.step(phase="INTRADAY").now.time)[11:16] == "09:31"
    assert str(run.step(2, phase="INTRADAY").now.time)[11:16] == "09:33"
    assert str(run.step(phase="INTRADAY").now.time) == "2024-01-03 09:31:00"
    assert str(run.step().now.time) == "2024-01-03 15:00:00"
    assert str(run.goto("2024-01-02 09:32").now.time)[11:16] == "09:32"
    run = qr.Session(run.market).run(until="2024-01-03 09:31")
    assert str(run).startswith("<Session 2024-01-03 09:31 INTRADAY (trading day 2 of 2)")
    assert str(run.goto("2024-01-02").now.phase) == "CLOSE"
    assert str(run.goto("2024-01-03 10:00").now.time)[11:16] == "09:31"
    with pytest.raises(qr.OutOfRange, match="went over it"):
        run.goto("2024-01-02 09:32")
    assert str(qr.Session(run.market).run(until="2024-01-02 15:00").now.phase) == "CLOSE"
    assert str(qr.Session(run.market).run(until="2024-01-02 09:30").now.phase) == "OPEN"


def test_a_day_without_bars_has_the_phases_of_a_daily_one() -> None:
    """Protects days on which nothing was recorded: the clock goes through, and what waits meets the next opening."""
    given = market([10.0, 10.1], [10.0], [10.5])
    bars, panel = given.panel.intraday, given.panel
    keep = np.array([True, True, False, True])
    emptied = Intraday(
        bars.times[keep], np.array([0, 2, 2, 3]), **{name: values[keep] for name, values in bars.arrays.items()}
    )
    fields = daily_fields(emptied)
    changed = {name: fields[name] for name in ("open", "high", "low", "close", "volume", "turnover")}
    run = session(replace(given, panel=replace(panel, intraday=emptied, **changed)))
    ticket = run.buy(A, 100)
    phases = [run.step(phase="next").now.phase.value for _ in range(6)]
    assert phases == ["AFTER_CLOSE", "PRE_OPEN", "OPEN", "INTRADAY", "CLOSE", "AFTER_CLOSE"]
    assert ticket.status.value == "REJECTED"
    later = run.buy(A, 100)
    run.step()
    assert fills_of(run) == [("OPEN", "09:30", 100, 10.5)]
    assert later.status.value == "FILLED"


def test_what_is_visible_grows_with_the_bars() -> None:
    """Protects against look-ahead inside the day: last price, whole bars, and the daily bar only at its close."""
    run = session(market([10.0], [(10.1, 10.3, 10.0, 10.2), (10.2, 10.4, 10.1, 10.3)]))
    view = BarData(run)
    seen = []
    for phase in ("PRE_OPEN", "OPEN", "INTRADAY", "INTRADAY", "CLOSE"):
        run.step(phase=phase)
        seen.append((view.current(A), len(run.history(count=9, frequency="bar")), len(run.history(count=9))))
    assert seen == [(10.0, 1, 1), (10.1, 1, 1), (10.2, 2, 1), (10.3, 3, 1), (10.3, 3, 2)]
    assert run.history(A, field="all", adjust="none", frequency="bar").index.name == "time"
    assert run.history(A, field="all", adjust="none", frequency="bar").iloc[-1].to_dict()["high"] == 10.4
    assert view.array("high", "bar").shape == (3, 1)
    with pytest.raises(qr.UsageError, match="are daily"):
        qr.Session(qr.sample_market()).history(frequency="bar")
    with pytest.raises(qr.UsageError, match="frequency"):
        run.history(frequency="minute")


def test_bars_before_an_ex_date_are_made_comparable() -> None:
    """Protects the adjustment of bars: that of their day, so that a split leaves no step."""
    rows = rows_of(A, [[10.0, 10.0], [5.0, 5.1]])
    action = pd.DataFrame([{"symbol": A, "ex_date": "2024-01-03", "cash_per_share": 0.0, "bonus_per_share": 1.0,
                            "rights_per_share": 0.0, "rights_price": np.nan}])  # fmt: skip
    run = qr.Session(qr.read_market(pd.DataFrame(rows), actions=action), positions={}).run(until="2024-01-03 09:31")
    assert run.history(A, count=3, frequency="bar")[A].tolist() == [5.0, 5.0, 5.0]
    assert run.history(A, count=3, frequency="bar", adjust="none")[A].tolist() == [10.0, 10.0, 5.0]
    assert run.history(A, count=3, field="volume", frequency="bar")[A].tolist() == [2e6, 2e6, 1e6]


# ---------------------------------------------------------------------------------------- when a request works


DAY = [(10.1, 10.1, 10.1, 10.1), (10.2, 10.2, 10.2, 10.2), (10.3, 10.3, 10.3, 10.3)]


@pytest.mark.parametrize(
    ("time", "fill"),
    [
        ("09:00", ("OPEN", "09:30", 100, 10.1)),
        ("09:30", ("INTRADAY", "09:32", 100, 10.2)),
        ("09:31", ("INTRADAY", "09:32", 100, 10.2)),
        ("09:32", ("INTRADAY", "09:33", 100, 10.3)),
        ("09:33", ("OPEN", "09:30", 100, 10.4)),
        ("15:00", ("OPEN", "09:30", 100, 10.4)),
        ("15:30", ("OPEN", "09:30", 100, 10.4)),
    ],
)
def test_a_request_works_at_the_next_open_of_a_bar(time: str, fill: tuple) -> None:
    """Protects the rule of the clock: asked in bar k, met at the open of bar k + 1; else at the opening."""
    run = session(market([10.0], DAY, [10.4]))
    assert str(run.run(until=f"2024-01-03 {time}").now.time) == f"2024-01-03 {time}:00"
    run.buy(A, 100)
    run.step()
    if run.now.day == pd.Timestamp("2024-01-03"):
        run.step()
    assert fills_of(run) == [fill]


def test_the_last_day_takes_requests_while_bars_are_left() -> None:
    """Protects the end of the data: before the last bar there is a further open, after it none."""
    run = qr.Session(market([10.0, 10.1]), costs="zero")
    run.step(phase="INTRADAY")
    assert run.buy(A, 100).status.value == "QUEUED"
    run.step(phase="INTRADAY")
    assert run.buy(A, 100).reason == "NO_FURTHER_OPEN"
    assert fills_of(run) == [("INTRADAY", "09:32", 100, 10.1)]


def test_a_thin_bar_fills_a_part_and_the_next_ones_the_rest() -> None:
    """Protects the volume cap by bar: a tenth of 2,000, 3,000 and 9,000 shares; one least commission for the order."""
    given = market([10.0], [10.1, 10.2, 10.3], volumes=[1e6, 2000, 3000, 9000])
    run = qr.Session(given, cash=100_000, participation=0.1).step()
    ticket = run.buy(A, 1000)
    run.step()
    assert fills_of(run) == [
        ("OPEN", "09:30", 200, 10.1), ("INTRADAY", "09:32", 300, 10.2), ("INTRADAY", "09:33", 500, 10.3),
    ]  # fmt: skip
    assert ticket.status.value == "FILLED"
    assert run.fills.commission.tolist() == [5.0, 0.0, 0.0]


def test_what_thin_bars_leave_expires_at_the_close() -> None:
    """Protects the end of the day: the rest ends with the reason that kept it waiting, and tells it once."""
    given = market([10.0], [10.1, 10.2, 10.3], volumes=[1e6, 2000, 2000, 2000])
    run = session(given, participation=0.1)
    ticket = run.buy(A, 1000)
    run.step()
    assert (ticket.status.value, ticket.filled, ticket.reason) == ("EXPIRED", 600, "VOLUME_CAP")
    assert str(run.orders.ended_time.iloc[0]) == "2024-01-03 15:00:00"
    assert run.events.event.tolist().count("OrderWaiting") == 1


def test_orders_of_a_bar_share_its_volume() -> None:
    """Protects the cap across orders: what the first takes of a bar is gone for the second, the next bar is fresh."""
    run = session(market([10.0], [10.1, 10.2], volumes=[1e6, 5000, 5000]), participation=0.1)
    for _ in range(2):
        run.buy(A, 400)
    run.step()
    assert fills_of(run) == [
        ("OPEN", "09:30", 400, 10.1),
        ("OPEN", "09:30", 100, 10.1),
        ("INTRADAY", "09:32", 300, 10.2),
    ]


def test_a_locked_limit_opens_during_the_day() -> None:
    """Protects waiting at the limit: 11.00 is the upper limit of the day; the third bar opens below it."""
    run = session(market([10.0], [11.0, 11.0, (10.9, 11.0, 10.8, 11.0)]))
    ticket = run.buy(A, 100)
    run.run(until="2024-01-03 09:32")
    assert (ticket.status.value, ticket.reason) == ("WORKING", "LIMIT_UP")
    run.step()
    assert fills_of(run) == [("INTRADAY", "09:33", 100, 10.9)]


def test_nobody_traded_in_the_bar() -> None:
    """Protects quiet minutes: a row without volume or no row at all gives no price, and the order waits."""
    rows = rows_of(A, [[10.0], [None, 10.2, 10.3]])
    rows[1]["volume"] = 0.0
    rows += rows_of(B, [[5.0], [5.0, 5.0, 5.0]])
    run = session(qr.read_market(pd.DataFrame(rows)))
    ticket = run.buy(A, 100)
    run.step(phase="OPEN")
    assert (ticket.status.value, ticket.reason) == ("WORKING", "NO_TRADES")
    assert "09:31" in ticket.why
    run.step()
    assert fills_of(run) == [("INTRADAY", "09:33", 100, 10.3)]


def test_limits_and_stops_walk_each_bar() -> None:
    """Protects the rules inside the bar at every bar: at the limit when traded through, at the open after a gap."""
    days = [[10.0], [10.0, (10.0, 10.1, 9.85, 9.9), (9.7, 9.8, 9.6, 9.8), (9.8, 10.2, 9.8, 10.2)]]
    run = qr.Session(market(*days), cash=100_000, costs="zero", start="2024-01-03", positions={A: 100})
    run.order(A, 100, terms.limit(9.9))
    run.order(A, 200, terms.limit(9.75))
    run.order(A, -100, terms.stop(9.95))
    run.order(A, 300, terms.stop(10.1))
    run.step()
    assert fills_of(run) == [
        ("INTRADAY", "09:32", 100, 9.95), ("INTRADAY", "09:32", 100, 9.9), ("INTRADAY", "09:32", 300, 10.1),
        ("INTRADAY", "09:33", 200, 9.7),
    ]  # fmt: skip


def test_orders_for_the_open_and_the_close_of_the_day() -> None:
    """Protects at_open and at_close: asked inside the day, one waits for the next opening, the other for the close."""
    run = session(market([10.0], [10.1, 10.2, 10.3], [10.4, 10.5]))
    run.run(until="2024-01-03 09:31")
    run.order(A, 100, terms.at_open())
    run.order(A, 200)
    run.order(A, 300, terms.at_close())
    run.step()
    assert fills_of(run) == [("INTRADAY", "09:32", 200, 10.2), ("CLOSE", "15:00", 300, 10.3)]
    run.step(phase="OPEN")
    assert fills_of(run)[2:] == [("OPEN", "09:30", 100, 10.4)]


def test_what_is_good_at_once_meets_one_bar() -> None:
    """Protects IOC and FOK: the first bar decides, the rest is canceled there."""
    run = session(market([10.0], [10.1, 10.2], volumes=[1e6, 3000, 9000]), participation=0.1)
    some, none = run.order(A, 500, terms.market(tif="IOC")), run.order(A, 500, terms.market(tif="FOK"))
    run.step(phase="OPEN")
    assert (some.filled, some.status.value) == (300, "CANCELED")
    assert (none.filled, none.status.value) == (0, "CANCELED")


def test_t_plus_one_holds_inside_the_day() -> None:
    """Protects T+1 on minute data: bought at the open, sold at noon is refused; the next day it sells."""
    run = session(market([10.0], [10.1, 10.2, 10.3], [10.4]))
    run.buy(A, 100)
    run.run(until="2024-01-03 09:31")
    assert run.positions.locked.tolist() == [100]
    ticket = run.sell(A, 100)
    run.step()
    assert ticket.reason == "T_PLUS_ONE"
    run.sell(A, 100)
    run.step()
    assert fills_of(run)[-1] == ("OPEN", "09:30", 100, 10.4)


def test_with_quotes_a_buy_pays_the_ask_and_a_sale_gets_the_bid() -> None:
    """Protects the side of the spread: the quotes at the end of the bar before; at the opening there is none yet."""
    rows = rows_of(A, [[10.0], [10.1, 10.2, 10.3]])
    for row, bid, ask in zip(rows, (9.98, 10.0, np.nan, 10.3), (10.02, 10.05, 10.25, 10.35), strict=True):
        row |= {"bid": bid, "ask": ask}
    table = pd.DataFrame([{"symbol": A, "list_date": "2010-01-04"}])
    given = qr.read_market(pd.DataFrame(rows), instruments=table)
    run = qr.Session(given, cash=100_000, costs="zero", start="2024-01-03", positions={A: 300})
    run.buy(A, 100)
    run.run(until="2024-01-03 09:31")
    run.buy(A, 200)
    run.sell(A, 100)
    run.run(until="2024-01-03 09:32")
    run.buy(A, 300)
    run.sell(A, 200)
    run.step()
    assert fills_of(run) == [
        ("OPEN", "09:30", 100, 10.1),
        ("INTRADAY", "09:32", 100, 10.0), ("INTRADAY", "09:32", 200, 10.05),
        # Nothing was bid at 09:32: the open of the next bar stands in.
        ("INTRADAY", "09:33", 200, 10.3), ("INTRADAY", "09:33", 300, 10.25),
    ]  # fmt: skip


def test_a_price_that_only_came_to_the_limit_may_open_there_next() -> None:
    """Protects resting orders from being passed over: 9.90 was touched, not traded through; then a bar opens at it."""
    days = [[10.0], [10.0, (10.0, 10.0, 9.9, 10.0), (9.9, 10.0, 9.9, 10.0)]]
    run = session(market(*days))
    run.order(A, 100, terms.limit(9.9))
    run.step()
    assert fills_of(run) == [("INTRADAY", "09:33", 100, 9.9)]


def test_a_suspended_day_refuses_at_its_opening() -> None:
    """Protects suspensions that are flagged: they are known before the opening, on minute data too."""
    rows = rows_of(A, [[10.0], [10.0, 10.0], [10.0]])
    for row in rows[1:3]:
        row |= {"volume": 0.0, "paused": True}
    frame = pd.DataFrame(rows).fillna({"paused": False})
    run = session(qr.read_market(frame))
    ticket = run.buy(A, 100)
    run.step(phase="OPEN")
    assert (ticket.status.value, ticket.reason) == ("REJECTED", "SUSPENDED")


def test_a_dividend_is_paid_before_the_opening() -> None:
    """Protects corporate actions on minute data: 100 shares, 0.5 each, and the reference price falls to 9.5."""
    rows = rows_of(A, [[10.0], [9.5, 9.6]])
    action = pd.DataFrame([{"symbol": A, "ex_date": "2024-01-03", "cash_per_share": 0.5, "bonus_per_share": 0.0,
                            "rights_per_share": 0.0, "rights_price": np.nan}])  # fmt: skip
    given = qr.read_market(pd.DataFrame(rows), actions=action)
    run = qr.Session(given, costs="zero", cash=2000)
    run.buy(A, 100)
    run.step()
    assert run.portfolio.cash == 1000.0
    run.step(phase="PRE_OPEN")
    assert run.portfolio.cash == 1050.0
    assert run.portfolio.equity == 2000.0


# ---------------------------------------------------------------------------------------- strategies and the rest


class Timed:
    """Writes down when it is called."""

    def initialize(self, context) -> None:
        """One function at a time, one at a time that no bar has, one at every bar."""
        self.seen = []
        context.run_daily(self.at_time, "09:32")
        context.run_daily(self.late, "14:50")
        context.run_daily(self.every, "every_bar")
        context.run_daily(self.opening, "09:30")

    def note(self, context, name: str) -> None:
        """Keep name and time."""
        self.seen.append(f"{name} {context.now.time:%d %H:%M}")

    def at_time(self, context) -> None:
        """At its bar."""
        self.note(context, "timed")

    def late(self, context) -> None:
        """At the last bar."""
        self.note(context, "late")

    def every(self, context) -> None:
        """At each bar."""
        self.note(context, "bar")

    def opening(self, context) -> None:
        """At the opening."""
        self.note(context, "open")

    def handle_data(self, context, data) -> None:
        """At the close."""
        self.note(context, "close")


def test_functions_are_called_at_their_bar() -> None:
    """Protects run_daily on minute data: the bar that ends then, else the last of the day; handle_data at the close."""
    strategy = Timed()
    qr.Session(market([10.0, 10.1, 10.2], [10.0]), strategy=strategy).run()
    assert strategy.seen == [
        "open 02 09:30", "bar 02 09:31", "timed 02 09:32", "bar 02 09:32", "late 02 09:33", "bar 02 09:33",
        "close 02 15:00",
        "open 03 09:30", "timed 03 09:31", "late 03 09:31", "bar 03 09:31", "close 03 15:00",
    ]  # fmt: skip


class Late(Timed):
    """Asks at its first opening to be called, and not before."""

    def initialize(self, context) -> None:
        """Nothing yet."""
        self.seen = []

    def handle_data(self, context, data) -> None:
        """At the opening, for on this clock a strategy decides there."""
        if not self.seen:
            self.note(context, "open")
            context.run_daily(self.every, "every_bar")
            context.run_daily(self.at_time, "09:32")


@pytest.mark.parametrize("phases", [["CLOSE"], ["INTRADAY", "INTRADAY", "INTRADAY", "CLOSE"]])
def test_what_is_scheduled_in_a_day_is_called_in_it(phases: list[str]) -> None:
    """Protects run_daily in the middle of a day: the bars that are left call it, however one steps over them."""
    strategy = Late()
    run = qr.Session(market([10.0, 10.1, 10.2]), strategy=strategy, clock="same_bar")
    for phase in phases:
        run.step(phase=phase)
    assert strategy.seen == [
        "open 02 09:30", "bar 02 09:31", "bar 02 09:32", "timed 02 09:32", "bar 02 09:33",
    ]  # fmt: skip


def test_on_daily_bars_nothing_of_this_shows() -> None:
    """Protects daily sessions: no new columns, no bar in the encoding of an event, every_bar is the close."""
    run = qr.Session(qr.sample_market(), start="2022-03-01")
    run.buy("604018", 100)
    run.step()
    assert not {"time", "placed_time", "ended_time"} & {*run.orders.columns, *run.fills.columns, *run.events.columns}
    assert run.now.time == pd.Timestamp("2022-03-01 15:00")
    assert all(state.bar == 0 for state in run.simulation.timeline.branch.states)


def test_the_clock_of_the_same_bar_trades_at_the_last_minute() -> None:
    """Protects same_bar on minute data: at 09:32 the price is the close of the bar that ends then."""
    run = session(market([10.0], [(10.1, 10.2, 10.0, 10.15), (10.2, 10.3, 10.1, 10.25), 10.3]), clock="same_bar")
    run.run(until="2024-01-03 09:32")
    assert run.buy(A, 100).average_price == 10.25
    assert fills_of(run) == [("INTRADAY", "09:32", 100, 10.25)]


def test_other_tools_work_inside_the_day(tmp_path) -> None:
    """Protects breakpoints, previews, explanations, details, branches and the journal on minute data."""
    given = market([10.0], DAY, [10.4, 10.5])
    path = tmp_path / "run.qsession"
    run = qr.Session(given, cash=100_000, costs="zero", journal=path).step()
    run.order(A, 100, terms.limit(10.15))
    run.order(A, 200, terms.stop(10.25))
    run.run(until="order.triggered")
    assert str(run.now.time)[11:16] == "09:33"
    assert "09:33 INTRADAY" in run.message
    assert [str(time)[11:16] for time in run.tables.trade_details.time] == ["09:30", "09:33"]
    assert "09:33" in str(run.explain(2))
    run.breakpoints.add("2024-01-04 09:31")
    assert str(run.run().now.time) == "2024-01-04 09:31:00"
    assert run.goto(1).what_if("buy", A, 100).quantity == 100
    run.buy(A, 300)
    assert len(run.branches) == 2
    run.run(until="2024-01-03 09:32").buy(A, 400)
    assert str(run.step(phase="next").now.time)[11:16] == "09:33"
    assert fills_of(run)[-1] == ("INTRADAY", "09:33", 400, 10.3)
    digest = run.digest()
    run.simulation.keeper.journal.close()
    assert qr.Session.resume(path, given).digest() == digest


def test_the_minute_sample_adds_up_to_the_daily_one() -> None:
    """Protects the embedded minutes: the same days and prices as the daily market, one object, 240 bars a day."""
    minutes, daily = qr.sample_market("minute"), qr.sample_market()
    assert minutes is qr.sample_market(frequency="minute")
    bars = minutes.panel.intraday
    assert bars.counts == [240] * 10
    found = daily_fields(bars)
    first = daily.panel.day_index(minutes.days[0])
    for column, symbol in enumerate(minutes.symbols):
        place = daily.column(symbol)
        for name in ("open", "high", "low", "close", "volume"):
            want = getattr(daily.panel, name)[first : first + 10, place]
            np.testing.assert_array_equal(found[name][:, column], want)
            np.testing.assert_array_equal(getattr(minutes.panel, name)[:, column], want)
        np.testing.assert_allclose(found["turnover"][:, column], daily.panel.turnover[first : first + 10, place])
    highs, lows = bars.high, bars.low
    assert (highs >= np.maximum(bars.open, bars.close)).all()
    assert (lows <= np.minimum(bars.open, bars.close)).all()
    assert 0.2 < bars.traded[:, minutes.column("004136")].mean() < 0.3


def test_every_event_begins_with_its_moment() -> None:
    """Protects the journal: the moment comes first in every event and block, without its bar where there is none."""
    kinds = [*events.Record.__args__, events.Placed, events.Matched]
    for kind in kinds:
        first = fields(kind)[0]
        assert (first.name, first.default) == ("at", MISSING), kind
    assert encode([events.Advanced(Moment(3, 2, 7))])[0] == '[["Advanced",[3,2,7]]]'
    assert encode([events.Advanced(Moment(3, 2))])[0] == '[["Advanced",[3,2]]]'
    schema = event_schema()
    for bar in (0, 7):
        text, body = encode([events.Advanced(Moment(3, 2, bar))])
        assert decode(text, body, schema) == [events.Advanced(Moment(3, 2, bar))]


@pytest.mark.parametrize(
    ("options", "style", "said", "filled"),
    [
        ({}, terms.limit(9.7), "the low 9.60 is below the limit 9.70", 9.7),
        ({}, terms.stop(10.5), "the open 10.60 is at or above 10.50", 10.6),
        ({}, terms.stop(10.3), "the high 10.40 is at or above 10.30", 10.3),
        ({}, terms.limit_if_touched(9.8, 9.9), "the close 9.80 is at or below the limit 9.90", 9.9),
        ({"clock": "same_bar"}, terms.limit(10.5), "the last price 10.00 is at or below the limit 10.50", 10.0),
        ({"clock": "same_bar"}, terms.limit(9.7), "the low 9.60 is below the limit 9.70", 9.7),
        ({"clock": "same_bar"}, terms.stop(10.5), "the high 10.60 is at or above 10.50", 10.6),
        ({"fill_model": "lean_equity"}, terms.limit_if_touched(9.8, 9.9), "the low 9.60 is at or below 9.80", 9.8),
    ],
)  # fmt: skip
def test_an_explanation_compares_with_the_prices_of_the_very_bar(
    options: dict[str, str], style: terms.Terms, said: str, filled: float
) -> None:
    """Protects explain inside the day: stop and limit beside the open, the extremes or the close that filled them."""
    given = market([10.0, (10.0, 10.4, 9.9, 10.2), (10.1, 10.1, 9.6, 9.8), 9.5, 10.6, 10.6])
    run = qr.Session(given, cash=100_000, costs="zero", **options).step(phase="INTRADAY")
    ticket = run.order(A, 100, style)
    run.step()
    assert said in str(run.explain(ticket))
    assert ticket.average_price == filled


def test_a_gap_is_met_at_the_open_of_the_bar_on_either_clock() -> None:
    """Protects stops inside the day: no fill at a price at which the bar did not trade."""
    given = market([10.0] * 2, [10.0, 10.0, (9.2, 9.3, 9.1, 9.2), 9.2])
    for clock in ("next_open", "same_bar"):
        run = qr.Session(given, costs="zero", positions={A: 100}, start="2024-01-03", clock=clock)
        run.step(phase="INTRADAY")
        ticket = run.order(A, -100, terms.stop(9.5))
        run.step()
        assert ticket.average_price == 9.2
