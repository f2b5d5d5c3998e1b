"""The words of LEAN scripts as people write them: by place and by name, in both spellings, and misspelled."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from lean_world import World, algorithm, flat, orders

import qresearch as qr

BARS = [(price, price + 2, price - 1, price + 1) for price in range(100, 109)]
"""Nine days whose closes are 101, 102 and so on."""


def world() -> World:
    """Two shares."""
    return World().daily("SPY", BARS).daily("AAA", [flat(50)] * 9)


def noted(body: str, set_up: str = "pass") -> list[object]:
    """What a script notes, which does something on its sixth day, 2024-01-09."""
    script = algorithm(f"""
        def on_data(self, data):
            self.count += 1
            if self.count == 6:
                {body}
    """, set_up=set_up)  # fmt: skip
    found: list[object] = world().run(script).strategy.target.algorithm.seen
    return found


def refused(set_up: str = "pass", body: str = "pass") -> str:
    """What a script is told."""
    with pytest.raises(qr.errors.StrategyError) as told:
        noted(body, set_up)
    return str(told.value)


# ---------------------------------------------------------------- history


@pytest.mark.parametrize("asked", [
    "self.history(self.spy, datetime(2024, 1, 2), datetime(2024, 1, 12), Resolution.DAILY)",
    "self.history(self.spy, date(2024, 1, 2), date(2024, 2, 1))",
    "self.history(symbol=self.spy, start=datetime(2024, 1, 2), end=datetime(2030, 1, 1))",
    "self.indicator_history(Identity(), self.spy, datetime(2024, 1, 2), datetime(2024, 1, 12)).data_frame",
])  # fmt: skip
def test_no_history_reads_what_has_not_happened(asked: str) -> None:
    """Protects that a script never sees tomorrow: an end after now is now, and a notice says so."""
    column = "current" if "indicator" in asked else "close"
    body = f"self.seen += {asked}['{column}'].tolist()"
    assert noted(body) == [101, 102, 103, 104, 105, 106]
    script = algorithm(f"def on_data(self, data):\n    {body}")
    assert any("after now" in text for text in world().session(script).step().notices)


def test_history_of_several_symbols_goes_moment_by_moment() -> None:
    """Protects ``history[TradeBar]``: of a list a table for each moment, of one symbol its bars."""
    body = """
                for bars in self.history[TradeBar]([self.spy, "AAA"], 2):
                    self.seen.append((bars[self.spy].close, bars["AAA"].close))
                self.seen.append([bar.close for bar in self.history[TradeBar](self.spy, 2)])"""
    set_up = 'self.add_equity("AAA", Resolution.DAILY)'
    assert noted(body.strip(), set_up) == [(105, 50), (106, 50), [105, 106]]


def test_history_takes_the_mode_that_it_is_given() -> None:
    """Protects arguments by name: prices of a share that splits 1 for 2 are adjusted, and raw where that is asked."""
    split = world().factors("SPY", (dt.date(2024, 1, 4), "1", "0.5", "103"))
    script = algorithm("""
        def on_data(self, data):
            self.count += 1
            if self.count == 6:
                for mode in (DataNormalizationMode.ADJUSTED, DataNormalizationMode.RAW):
                    self.seen.append(self.history(self.spy, 4, dataNormalizationMode=mode).close.tolist())
    """)  # fmt: skip
    found = split.run(script).strategy.target.algorithm.seen
    assert found == [[50.5, 51, 51.5, 104], [101, 102, 103, 104]]


@pytest.mark.parametrize(("asked", "words"), [
    ("self.history(self.spy)", "history: nothing is no span of bars. Pass a number of bars"),
    ("self.history(self.spy, -3)", "history: -3 is no span of bars"),
    ("self.history(self.spy, '2024-01-02')", "history: '2024-01-02' is no span of bars"),
    ("self.history(self.spy, 3, resolutoin=Resolution.DAILY)", "Did you mean resolution?"),
    ("self.history(self.spy, 3, fill_forward=True)", "fill_forward=True is not offered"),
])  # fmt: skip
def test_a_history_that_cannot_be_meant_is_told(asked: str, words: str) -> None:
    """Protects the errors of history: what was asked, and what to pass."""
    assert words in refused(body=asked)


# ---------------------------------------------------------------- while a script sets itself up


def test_initialize_stands_at_the_start_date() -> None:
    """Protects the clock of initialize: the time is the start date, so that history and warm-ups see what is before."""
    world_of_two_months = World().daily("SPY", [flat(90)] * 3 + BARS, first=dt.date(2023, 12, 28))
    script = algorithm("def on_data(self, data):\n    pass", first=dt.date(2024, 1, 3), set_up="""
        self.seen.append(self.time)
        self.seen.append(self.history(self.spy, 2).close.tolist())
        self.settings.automatic_indicator_warm_up = True
        self.seen.append(self.sma(self.spy, 2).current.value)
        self.seen.append(self.max(self.spy, 2).current.value)
        self.seen.append(self.sma(self.spy, 1, timedelta(days=2)).is_ready)
    """, last=dt.date(2024, 1, 5))  # fmt: skip
    found = world_of_two_months.run(script).strategy.target.algorithm.seen
    assert found == [dt.datetime(2024, 1, 3), [90, 101], 95.5, 102, True]


@pytest.mark.parametrize(("asked", "words"), [
    ("self.set_start_date(2024, 2, 30)", "set_start_date(2024, 2, 30): no such day"),
    ("self.set_end_date(2023, 1, 1)", "ends on 2023-01-01, before it begins on 2024-01-02"),
    ("self.set_cash('lots')", "'lots' is no number"),
    ("self.set_warm_up('ten')", "set_warm_up: 'ten' is no span"),
    ("self.add_equity('AAA', Resolution.DAILY, leverage=-1)", "leverage=-1 is below 1"),
    ("self.set_brokerage_model('IB')", "'IB' is no model of a brokerage"),
    ("self.add_universe(lambda rows: rows, lambda rows: rows)", "a second function would choose by fundamentals"),
    ("self.add_equity('AAA', data_normalisation_mode=DataNormalizationMode.RAW)", "Did you mean data_normalization_mo"),
])  # fmt: skip
def test_a_wrong_set_up_is_told(asked: str, words: str) -> None:
    """Protects students: what is wrong in initialize is said with its value, and not by the interpreter."""
    assert words in refused(asked)


@pytest.mark.parametrize("asked", [
    "set_start_date(2024, 1, 3)", "set_end_date(2024, 1, 10)", "set_cash(5)", "set_warm_up(5)", "set_benchmark('AAA')",
    "set_time_zone('UTC')",
])  # fmt: skip
def test_what_a_run_begins_with_does_not_change_in_it(asked: str) -> None:
    """Protects the books: cash and dates of a run that has begun are those of its session, or the script is told."""
    assert f"{asked.partition('(')[0]}: the run has begun" in refused(body=f"self.{asked}")


@pytest.mark.parametrize(("asked", "words"), [
    ("self.settings.free_portfolio_value_percentege = 0.05", "or free_portfolio_value_percentage"),
    ("self.universe_settings.resolutoin = Resolution.DAILY", "Did you mean resolution?"),
    ("UpdateOrderFields().limit_prise = 5", "Did you mean limit_price?"),
])  # fmt: skip
def test_a_misspelled_setting_is_told(asked: str, words: str) -> None:
    """Protects settings: what nobody reads cannot be set."""
    assert words in refused(asked)


def test_a_setting_without_effect_is_told() -> None:
    """Protects from settings that are taken in silence: what is set and changes nothing is a notice, once."""
    set_up = "self.settings.daily_precise_end_time = False; self.Settings.DataSubscriptionLimit = 5"
    session = world().run(algorithm("pass", set_up=f"{set_up}; self.settings.liquidate_enabled = True"))
    assert [text for text in session.notices if "settings." in text] == [
        "settings.daily_precise_end_time = False has no effect here.",
        "settings.data_subscription_limit = 5 has no effect here.",
    ]


# ---------------------------------------------------------------- arguments by name


OLD = """
from AlgorithmImports import *


class Old(QCAlgorithm):
    def Initialize(self):
        self.SetStartDate(2024, 1, 2)
        self.SetEndDate(2024, 1, 12)
        self.SetCash(100000)
        self.seen, self.count = [], 0
        self.spy = self.AddEquity("SPY", Resolution.Daily, dataNormalizationMode=DataNormalizationMode.Raw).Symbol
        self.AddEquity("AAA", Resolution.Daily)

    def OnData(self, data):
        self.count += 1
        if self.count == 1:
            self.SetHoldings("SPY", 0.5)
        if self.count == 3:
            self.SetHoldings("AAA", 0.5, liquidateExistingHoldings=True)
            self.seen += [self.Securities["SPY"].DataNormalizationMode.name]
            self.seen += [[str(symbol) for symbol in found.Keys] for found in (data, self.Portfolio)]
            self.seen += [[holding.Quantity for holding in self.Portfolio.Values]]
        if self.count == 5:
            self.LimitOrder("SPY", 10, limitPrice=90, orderProperties=OrderProperties())
            self.TrailingStopOrder("AAA", -10, trailingAmount=0.1, trailingAsPercentage=True)
            self.ComboMarketOrder([Leg.Create("SPY", 1), Leg.Create("AAA", -1)], 1)
"""


def test_names_of_arguments_have_two_spellings_too() -> None:
    """Protects older scripts: what they pass by name is heard, and what was held is sold where that is asked."""
    session = world().run(OLD)
    assert session.strategy.target.algorithm.seen == ["RAW", ["SPY", "AAA"], ["SPY", "AAA"], [493, 0]]
    assert orders(session, "symbol", "quantity", "type")[:3] == [
        ("SPY", 493, "MARKET_ON_OPEN"), ("SPY", -493, "MARKET_ON_OPEN"), ("AAA", 1007, "MARKET_ON_OPEN"),
    ]  # fmt: skip
    assert [kind for (kind,) in orders(session, "type")[3:5]] == ["LIMIT", "TRAILING_STOP"]


@pytest.mark.parametrize(("asked", "words"), [
    ("self.set_holdings(self.spy)", "set_holdings: the part is missing"),
    ("self.set_holdings(self.spy, percantage=0.5)", "set_holdings has no argument percantage=0.5. Did you mean perc"),
    ("self.limit_order(self.spy, 10)", "limit_order: limit_price is missing"),
    ("self.limit_order(self.spy, 10, 'low')", "'low' is no number"),
    ("self.trailing_stop_order(self.spy, -10)", "trailing_stop_order: trailing_amount is missing"),
    ("self.market_order(self.spy, 10, tga='x')", "Did you mean tag?"),
    ("self.limit_order(self.spy, 10, -5)", "line 22 of script"),
    ("self.limit_order(self.spy, 10, 90).update_limit_price(-5)", "limit_price=-5 must be above 0"),
    ("self.limit_order(self.spy, 10, 90).update_quantity('x')", "'x' is no number"),
    ("self.limit_order(self.spy, 10, 90).update_limit_price('x')", "line 22 of script"),
    ("self.limit_order(self.spy, 10, 90, order_properties='day')", "'day' are no properties of an order"),
    ("OrderProperties().time_in_force = 'day'", "'day' is no time in force. Pass TimeInForce.DAY"),
    ("TimeInForce.good_til_date('2024-01-31')", "'2024-01-31' is no day until which an order is good"),
    ("data['AAA']", "'AAA' wasn't found here; there are SPY."),
])  # fmt: skip
def test_an_order_that_cannot_be_meant_is_told(asked: str, words: str) -> None:
    """Protects holdings: a misspelled or missing part is an error in the line of the script, and sells nothing."""
    assert words in refused(body=asked)


def test_a_security_stands_for_its_symbol() -> None:
    """Protects scripts that keep what add_equity gives: it is found in data, holdings, orders and securities."""
    found = noted("""
                self.set_holdings(self.security, 0.1)
                self.seen += [self.security in data, data[self.security].close, data.bars[self.security].close]
                self.seen += [self.portfolio[self.security].quantity, self.securities[self.security].close]
                self.seen += [len(self.transactions.get_open_orders(self.security)), self.security == self.spy]
                self.seen += [{self.spy: 1}[self.security], self.security == "AAA"]""".strip())  # fmt: skip
    assert found == [True, 106, 106, 0, 106, 1, True, 1, False]


def test_rules_and_tickets_take_older_names() -> None:
    """Protects date rules, time rules and tickets: their arguments have two spellings, and a wrong one is told."""
    found = noted("""
                ticket = self.LimitOrder(self.spy, 1, limitPrice=90)
                self.seen.append(str(ticket.UpdateLimitPrice(limitPrice=91)))""".strip(), """
        self.Schedule.On(
            self.DateRules.MonthStart(self.spy, daysOffset=1), self.TimeRules.AfterMarketOpen(self.spy,
            minutesAfterOpen=5), lambda: self.seen.append(self.time),
        )
    """)  # fmt: skip
    assert found == [dt.datetime(2024, 1, 3, 9, 35), "Success"]
    assert "Did you mean days_offset?" in refused("self.date_rules.month_start(self.spy, days_ofset=1)")


def test_times_of_the_schedule_are_those_of_the_zone() -> None:
    """Protects ``set_time_zone``: 15:00 is 15:00 there, and a rule of the exchange stays with the exchange."""
    found = noted(
        "pass",
        """
        self.schedule.on(self.date_rules.on(2024, 1, 4), self.time_rules.at(11, 0), lambda: self.seen.append(self.time))
        self.set_time_zone(TimeZones.LONDON)
        for rule in (self.time_rules.at(15, 0), self.time_rules.noon, self.time_rules.after_market_open(self.spy, 1)):
            self.schedule.on(self.date_rules.on(2024, 1, 3), rule, lambda: self.seen.append(self.time))
    """,
    )
    assert sorted(found) == [
        dt.datetime(2024, 1, 3, 12), dt.datetime(2024, 1, 3, 14, 31), dt.datetime(2024, 1, 3, 15),
        dt.datetime(2024, 1, 4, 16),
    ]  # fmt: skip


@pytest.mark.parametrize(("asked", "words"), [
    ("self.set_time_zone('Mars')", "'Mars' is no time zone"),
    ("self.time_rules.at(25, 0)", "a day has no time 1 day, 1:00:00 after midnight"),
    ("self.consolidate(self.spy, 'daily', self.log)", "Consolidator: 'daily' is no period"),
    ("self.consolidate(self.spy, 0, self.log)", "Consolidator: 0 is no period"),
    ("self.consolidate(self.spy, timedelta(0), self.log)", "is no period"),
    ("self.consolidate(self.spy, timedelta(days=5))", "no function takes the bars"),
    ("self.consolidate(self.spy, timedelta(minutes=5), self.log)", "bars of 0:05:00 cannot be made of daily ones"),
])  # fmt: skip
def test_a_time_or_a_period_that_is_none_is_told(asked: str, words: str) -> None:
    """Protects schedules and consolidators: what is no zone, time or period is told where it is written."""
    assert words in refused(asked)


# ---------------------------------------------------------------- indicators


@pytest.mark.parametrize(("asked", "expected"), [
    ("self.bb(self.spy, k=3, period=2)", "(found.middle_band.period, found.k) == (2, 3)"),
    ("self.macd(self.spy, signal_period=9, slow_period=26, fast_period=12)", "found.slow.period == 26"),
    ("self.MACD(self.spy, 12, 26, signalPeriod=9, type=MovingAverageType.Simple)", "found.signal.period == 9"),
    ("self.rsi(self.security, 3, moving_average_type=MovingAverageType.SIMPLE)", "found.period == 4"),
    ("self.sma('spy', period=2, resolution=Resolution.DAILY, selector=Field.VOLUME)", "found.period == 2"),
    ("self.dch(self.spy, lower_period=2, upper_period=3)", "found.warm_up_period == 4"),
    ("self.dch(self.spy, period=3)", "found.warm_up_period == 4"),
    ("self.aroon(self.spy, period=3)", "found.warm_up_period == 4"),
    ("self.aroon(self.spy, down_period=2, up_period=3)", "found.warm_up_period == 4"),
    ("self.sma(self.spy, 2)", "(found >= 0) and (found <= 0) and not found > 0"),
])  # fmt: skip
def test_numbers_of_indicators_are_heard_by_their_names(asked: str, expected: str) -> None:
    """Protects indicators: numbers by name go where their names say, whatever their order."""
    assert noted("pass", f"found = {asked}\nself.seen.append({expected})") == [True]


@pytest.mark.parametrize(("asked", "words"), [
    ("self.sma(self.spy)", "sma: period is missing. Write self.sma(symbol, period)."),
    ("self.sma(self.spy, periodd=3)", "Did you mean period?"),
    ("self.vwap(self.spy, 14)", "vwap: 14 is one number too many"),
    ("self.sma(self.spy, 3, MovingAverageType.SIMPLE)", "sma is of one kind"),
    ("self.sma('QQQ', 3)", "QQQ has not been added"),
    ("self.consolidate('QQQ', 3, self.log)", "QQQ has not been added"),
])  # fmt: skip
def test_an_indicator_that_cannot_be_made_is_told(asked: str, words: str) -> None:
    """Protects indicators: what is missing, too much, misspelled or not subscribed to is told where it is written."""
    assert words in refused(asked)


@pytest.mark.parametrize(("asked", "words"), [
    ("found.update(5)", "SMA(2) cannot be updated by (5). Pass a time and a number, a data point, or a bar."),
    ("found.update(self.time, 'x')", "cannot be updated by (datetime.datetime("),
    ("found.update()", "cannot be updated by ()"),
    ("found.update(self.time, 5, 6)", "Pass a time and a number"),
    ("AverageTrueRange(2).update(self.time, 5)", "ATR(2) cannot be updated by (datetime.datetime("),
    ("AverageTrueRange(2).update(IndicatorDataPoint(self.time, 5))", "Pass a bar."),
])  # fmt: skip
def test_an_update_that_is_none_is_told(asked: str, words: str) -> None:
    """Protects indicators: what cannot be taken in is told, with what can."""
    assert words in refused(body=f"found = SimpleMovingAverage(2); {asked}")


@pytest.mark.parametrize(("asked", "words"), [
    ("MovingAverageType.HULL", "It has EXPONENTIAL, LINEAR_WEIGHTED_MOVING_AVERAGE, SIMPLE, WILDERS."),
    ("Resolution.MINUT", "Resolution has no 'MINUT'. Did you mean MINUTE?"),
    ("Resolution.Dayly", "Resolution has no 'Dayly'. Did you mean DAILY?"),
    ("OrderType.X", "OrderType has no 'X'. See dir() for all."),
    ("OrderType.StopMarkt", "Did you mean STOP_MARKET"),
    ("TimeZones.NEW_YROK", "TimeZones has no 'NEW_YROK'. Did you mean NEW_YORK?"),
    ("Field.Clos", "Field has no 'Clos'. Did you mean CLOSE?"),
])  # fmt: skip
def test_a_misspelled_word_of_a_list_is_told(asked: str, words: str) -> None:
    """Protects lists of words: one that is not there is answered with those that are near, and with all of a few."""
    assert words in refused(body=asked)


def test_an_aroon_looks_back_on_each_side_as_far_as_it_is_told() -> None:
    """Protects the two periods of Aroon: the highest of 4 bars and the lowest of 3, each in parts of its own period."""
    found = noted(
        """
                found = AroonOscillator(3, 2)
                for day, (high, low) in enumerate(((9, 4), (5, 1), (8, 3), (7, 2)), 1):
                    found.update(TradeBar(datetime(2024, 1, day), self.spy, low, high, low, low, 1, timedelta(1)))
                self.seen += [found.aroon_up.current.value, found.aroon_down.current.value, found.is_ready]
                found.update(TradeBar(datetime(2024, 1, 5), self.spy, 5, 6, 5, 5, 1, timedelta(1)))
                self.seen += [found.aroon_up.current.value, found.aroon_down.current.value, found.current.value]
        """
    )
    assert found[:3] == pytest.approx([0, 0, True])
    assert found[3:] == pytest.approx([100 / 3, 50, 100 / 3 - 50])


def test_a_donchian_channel_is_ready_with_one_bar_more() -> None:
    """Protects breakouts: the bands are those of the whole period before the present bar, or it is not ready."""
    script = algorithm("""
        def on_data(self, data):
            self.seen.append((self.bands.is_ready, self.bands.upper_band.current.value, self.bands.current.value))
    """, set_up="self.bands = self.dch(self.spy, 2)", last=dt.date(2024, 1, 5))  # fmt: skip
    found = world().run(script).strategy.target.algorithm.seen
    assert found == [(False, 0, 0), (False, 102, 100.5), (True, 103, 101), (True, 104, 102)]


def test_indicators_are_registered_by_name() -> None:
    """Protects ``register_indicator``: resolution and selector by their names, of a security too."""
    found = noted("self.seen.append((self.mean.current.value, self.last.current.value))", """
        self.mean, self.last = SimpleMovingAverage(2), Identity()
        self.register_indicator(self.security, self.mean, resolution=Resolution.DAILY, selector=Field.HIGH)
        self.register_indicator(self.spy, self.last, resolution=timedelta(days=1))
    """)  # fmt: skip
    assert found == [(106.5, 105)]


# ---------------------------------------------------------------- data that are not there


UNIVERSE = """
from AlgorithmImports import *


class Chooser(QCAlgorithm):
    def initialize(self):
        self.set_start_date(2024, 1, 3)
        self.set_end_date(2024, 1, 9)
        self.seen = []
        self.universe_settings.resolution = Resolution.DAILY
        self.add_universe(self.choose)

    def choose(self, rows):
        if self.time.day < 5:
            return []
        return [max(rows, key=lambda row: row.dollar_volume).symbol] if self.time.day < 9 else ["AAA"]

    def on_securities_changed(self, changes):
        told = [[str(item.symbol) for item in part] for part in (changes.added_securities, changes.removed_securities)]
        self.seen.append((f"{self.time:%d %H:%M}", *told))

    def on_data(self, data):
        self.seen.append((f"{self.time:%d %H:%M}", sorted(map(str, data.keys()))))
"""


def test_a_universe_moves_a_script_that_subscribes_to_nothing_else() -> None:
    """Protects scripts of a universe alone: asked from the first midnight on, and told of changes at that midnight."""
    assert world().run(UNIVERSE).strategy.target.algorithm.seen == [
        ("05 00:00", ["SPY"], []), ("05 16:00", ["SPY"]), ("08 16:00", ["SPY"]),
        ("09 00:00", ["AAA"], ["SPY"]), ("09 16:00", ["AAA"]),
    ]  # fmt: skip
    stepped = world().session(UNIVERSE)
    for phase in ("PRE_OPEN", "CLOSE") * 5:
        stepped.step(phase=phase)
    assert stepped.strategy.target.algorithm.seen[-1] == ("09 16:00", ["AAA"])


def test_a_schedule_runs_without_any_data() -> None:
    """Protects scheduled functions of a script that subscribes to nothing: each at its time."""
    script = """
from AlgorithmImports import *


class Clock(QCAlgorithm):
    def initialize(self):
        self.set_start_date(2024, 1, 3)
        self.set_end_date(2024, 1, 5)
        self.seen = []
        self.schedule.on(self.date_rules.every_day(), self.time_rules.at(10, 0), lambda: self.seen.append(self.time))
"""
    market = qr.read_market(world().folder.path, venue="us")
    session = qr.Session.from_script(script, market, dialect="lean").run(progress=False)
    assert session.strategy.target.algorithm.seen == [dt.datetime(2024, 1, day, 10) for day in (3, 4, 5)]


def test_a_subscription_without_bars_is_told() -> None:
    """Protects whoever subscribes to minutes of daily data, or misspells a ticker: a notice says what there is."""
    script = algorithm("def on_data(self, data):\n    pass", set_up="self.add_equity('SPY'); self.add_equity('NOPE')")
    market = qr.read_market(world().folder.path, venue="us")
    told = list(qr.Session.from_script(script, market, dialect="lean").step().notices)
    assert told[1:] == [
        "The data have no minute bars of SPY from 2024-01-02 to 2024-01-12. There are daily ones: subscribe with "
        "Resolution.DAILY.",
        "The data have no minute bars of NOPE from 2024-01-02 to 2024-01-12. Read the spelling of its name, and the "
        "days of the data.",
    ]


def test_a_folder_without_the_bars_of_a_script_is_refused() -> None:
    """Protects ``data=``: where nothing of a script is in its folder, no session opens on another market instead."""
    script = algorithm("def on_data(self, data):\n    pass", resolution="MINUTE")
    with pytest.raises(qr.errors.UsageError, match=r"no minute bars of SPY .* daily ones: subscribe with Resolution.D"):
        world().session(script)


def test_a_share_that_comes_late_is_told() -> None:
    """Protects add_equity in a run: it gives data, and an order names what is missing for it to be traded."""
    late = 'self.add_equity("AAA", Resolution.DAILY); '
    words = "AAA gives data only: the market of the session holds what initialize adds. Add it there to trade it."
    assert words in refused(body=f'{late}self.market_order("AAA", 1)')
    script = algorithm(f"def on_data(self, data):\n    {late}self.seen.append('AAA' in data)", last=dt.date(2024, 1, 4))
    assert world().session(script).run(progress=False).strategy.target.algorithm.seen == [False, True, True]


def test_a_universe_of_a_text_is_refused() -> None:
    """Protects a universe that gives one ticker: it is not cut into its letters."""
    with pytest.raises(qr.errors.StrategyError, match="chose 'SPY'. Return a list of symbols"):
        world().run(UNIVERSE.replace("return []", 'return "SPY"'))


def test_a_share_may_have_a_price_before_its_first_bar() -> None:
    """Protects seeders: with the setting or the initializer that people publish, a share begins at its last close."""
    earlier = World().daily("SPY", BARS)
    for line in (
        "self.settings.seed_initial_prices = True",
        "self.set_security_initializer(BrokerageModelSecurityInitializer(self.brokerage_model, "
        "FuncSecuritySeeder(self.get_last_known_prices)))",
    ):
        script = algorithm(
            "def on_data(self, data):\n    pass",
            first=dt.date(2024, 1, 4),
            set_up="self.seen.append(self.security.price)",
        ).replace("self.set_cash", f"{line}\n        self.set_cash")
        assert earlier.run(script).strategy.target.algorithm.seen == [102]


def test_nothing_comes_and_nothing_fills_in_the_pause_at_noon() -> None:
    """Protects the sessions of the venue: no bar is repeated at noon, and an order of noon fills with the afternoon."""
    market = qr.sample_market("minute")
    script = algorithm(
        """
        def noon(self):
            hours = self.security.exchange.hours
            self.seen.append((self.is_market_open(self.spy), hours.get_next_market_open(self.time).time()))
            self.market_order(self.spy, 100)

        def on_data(self, data):
            self.count += 1

        def on_order_event(self, event):
            if event.status == OrderStatus.FILLED:
                self.seen.append((self.time, event.fill_price))

        def on_end_of_algorithm(self):
            asked = self.history(self.spy, 240, Resolution.MINUTE)
            self.seen += [self.count, len(asked), self.security.exchange.hours.regular_market_duration]
        """,
        ticker="604018.SH", resolution="MINUTE", first=dt.date(2021, 7, 6), last=dt.date(2021, 7, 6),
        set_up="self.schedule.on(self.date_rules.every_day(), self.time_rules.noon, self.noon)",
    )  # fmt: skip
    session = qr.Session.from_script(script, market, dialect="lean").run(progress=False)
    told, fill, *numbers = session.strategy.target.algorithm.seen
    (booked,) = session.fills.itertuples()
    assert told == (False, dt.time(13, 0))
    assert fill == (dt.datetime(2021, 7, 6, 13, 1), booked.price)
    assert booked.time == fill[0]
    assert numbers == [240, 240, dt.timedelta(hours=4)]


@pytest.mark.parametrize(("venue", "ticker", "spelled"), [("us", "AAPL", "AAPL.US"), ("china", "600519", "600519.SH")])
def test_a_ticker_is_traded_under_the_symbol_that_the_market_has_for_it(venue: str, ticker: str, spelled: str) -> None:
    """Protects bars of a vendor who adds a suffix: a share that gives data to a script is one that it can trade."""
    found = []
    for symbol in (spelled, ticker):
        bars = pd.DataFrame({"date": pd.bdate_range("2024-01-02", periods=9), "symbol": symbol, "volume": 1e6})
        bars = bars.assign(**dict.fromkeys(("open", "high", "low", "close"), 10.0))
        market = qr.read_market(bars, venue="us") if venue == "us" else qr.read_market(bars)
        script = algorithm("def on_data(self, data):\n    self.set_holdings(self.spy, 0.5)", ticker=ticker)
        session = qr.Session.from_script(script, market, dialect="lean").run(progress=False)
        found.append((*session.portfolio.quantities.values(), session.portfolio.equity))
        assert list(session.portfolio.quantities) == list(market.symbols)
    assert found[0] == found[1]
