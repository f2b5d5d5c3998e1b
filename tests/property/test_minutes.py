"""The promises of the design on minute data: what holds on daily bars holds bar by bar."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from books import check_books
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize
from markets import PHASES, Driver, MarketSpec, options_of
from minutes import MinuteDriver, MinuteSpec, OvernightDriver, minute_markets, taken_apart
from test_invariants import SEEDS, both_ways, check_ways_of_stepping, examples, folds, log_of, poisoned, walk_orders
from test_time_travel import Traveller

import qresearch as qr
from qresearch import terms
from qresearch.domain import events
from qresearch.domain.moment import PRE_OPEN, Moment
from qresearch.engine import immediate, matching
from qresearch.engine.accounts.cash import CashShares
from qresearch.engine.exchange import AccountKind

pytestmark = pytest.mark.filterwarnings("ignore::qresearch.MarketWarning")
OPEN, INTRADAY, CLOSE = (PHASES.index(phase) for phase in ("OPEN", "INTRADAY", "CLOSE"))


def minute_session(market: qr.Market, seed: int, driver: type = MinuteDriver, *, plain: bool, **options) -> qr.Session:
    """A session with :func:`options_of` the seed and a driver that acts inside the day."""
    return qr.Session(market, strategy=driver(seed, sorted(market.symbols), plain=plain), **options_of(seed, **options))


def wander(session: qr.Session, seed: int) -> None:
    """Go to the end by steps of every kind, acting by hand now and then."""
    rng = np.random.default_rng([seed, 78])
    last = session.market.days[-1]
    while (session.now.day, session.now.phase) != (last, "AFTER_CLOSE"):
        kind = rng.random()
        try:
            if kind < 0.25:
                session.step()
            elif kind < 0.8:
                session.step(phase="next" if kind < 0.5 else "INTRADAY")
            elif kind < 0.9:
                session.step(phase=str(rng.choice(PHASES)))
            else:
                symbol = sorted(session.market.symbols)[int(rng.integers(len(session.market.symbols)))]
                ticket = session.order(symbol, int(rng.choice([-200, 100, 300])))
                if kind > 0.97:
                    ticket.cancel()
        except qr.OutOfRange:
            session.run(progress=False)


@both_ways
@examples(25)
@given(spec=minute_markets(), seed=SEEDS)
def test_every_kept_state_is_the_fold_of_the_events(plain: bool, spec: MinuteSpec, seed: int) -> None:
    """Protects the journal on minute data: events with their bars are the whole truth."""
    session = minute_session(spec.build(), seed, plain=plain)
    wander(session, seed)
    for folded, kept in folds(session):
        assert folded == kept
    walk_orders(session)


@examples(12)
@given(spec=minute_markets(), seed=SEEDS)
def test_the_lean_rules_fold_too_and_leave_the_steps_alone(spec: MinuteSpec, seed: int) -> None:
    """Protects ``fill_model="lean_equity"`` on minutes: events are the whole truth, however one steps."""
    market = spec.build()
    runs = [minute_session(market, seed, plain=False, fill_model="lean_equity") for _ in range(2)]
    wander(runs[0], seed)
    for folded, kept in folds(runs[0]):
        assert folded == kept
    runs[1].run(progress=False)
    again = minute_session(market, seed, plain=False, fill_model="lean_equity")
    while (again.now.day, again.now.phase) != (market.days[-1], "AFTER_CLOSE"):
        again.step(phase="next")
    assert log_of(again) == log_of(runs[1])


@both_ways
@examples(12)
@given(spec=minute_markets(), seed=SEEDS)
def test_how_one_steps_changes_nothing(plain: bool, spec: MinuteSpec, seed: int) -> None:
    """Protects the steps: bar by bar, by days or in one run, the same events follow."""
    market = spec.build()
    check_ways_of_stepping(*(minute_session(market, seed, plain=plain) for _ in range(2)))


@both_ways
@examples(25)
@given(spec=minute_markets(), seed=SEEDS, costs=st.sampled_from(["default", "historical", "zero"]))
def test_the_books_balance(plain: bool, spec: MinuteSpec, seed: int, costs: str) -> None:
    """Protects the money on minute data: rebuilt from events and closes alone, to the fen."""
    session = minute_session(spec.build(), seed, plain=plain, costs=costs)
    session.run(progress=False)
    check_books(session, costs)


@both_ways
@examples(25)
@given(spec=minute_markets(), seed=SEEDS)
def test_nothing_trades_against_the_rules_of_a_bar(plain: bool, spec: MinuteSpec, seed: int) -> None:
    """Protects the match inside the day, read from the bars: price, volume cap, limit, never in the bar of the call."""
    market = spec.build()
    session = minute_session(market, seed, plain=plain, slippage="none")
    session.run(progress=False)
    panel, bars = market.panel, market.panel.intraday
    placed: dict[int, tuple[int, int, int]] = {}
    taken: dict[tuple[int, int], float] = {}
    for event in log_of(session):
        if isinstance(event, events.OrderCreated):
            placed[event.order_id] = (event.at.day, event.at.phase, event.at.bar)
        if not isinstance(event, events.OrderFilled):
            continue
        day, column = event.at.day, event.instrument
        row = int(bars.starts[day]) + event.at.bar - 1
        asked_day, asked_phase, asked_bar = placed[event.order_id]
        if asked_day == day:
            assert asked_phase < OPEN or event.at.bar > asked_bar or event.at.phase == CLOSE
        if event.at.phase == CLOSE:
            assert event.price == panel.close[day, column]
        elif event.at.phase == OPEN:
            assert bars.volume[row, column] > 0
            assert event.price == bars.open[row, column]
        else:
            quoted = [] if bars.bid is None else [bars.bid[row - 1, column], bars.ask[row - 1, column]]
            inside = bars.volume[row, column] > 0 and bars.low[row, column] <= event.price <= bars.high[row, column]
            assert inside or (event.at.bar > 1 and event.price in quoted)
        assert not panel.paused[day, column]
        assert not (event.quantity > 0 and event.price == panel.limit_up[day, column] and event.at.phase == OPEN)
        taken[row, column] = taken.get((row, column), 0) + abs(event.quantity)
    if session.settings.participation is not None:
        for (row, column), total in taken.items():
            assert total <= bars.volume[row, column] * session.settings.participation


def poisoned_bars(market: qr.Market, moment: tuple[int, int, int], poison: str) -> qr.Market:
    """The market with everything that is hidden at a moment replaced, daily bars and bars inside the day."""
    day, phase, bar = moment
    hidden = poisoned(market, day, PHASES[phase], poison)
    if OPEN <= phase < CLOSE:
        # The open of the day shows when the first trade does.
        array = hidden.panel.open.copy()
        array[day] = np.nan if poison == "nan" else array[day] * 1.7 + 3
        hidden = replace(hidden, panel=replace(hidden.panel, open=array))
    bars = market.panel.intraday
    seen = int(bars.starts[day + 1]) if phase >= CLOSE else int(bars.starts[day]) + (bar if phase == INTRADAY else 0)
    arrays = {}
    for name, values in bars.arrays.items():
        found = values.copy()
        first = seen + 1 if phase == OPEN and name == "open" else seen
        found[first:] = np.nan if poison == "nan" else found[first:] * 1.7 + 3
        arrays[name] = found
    if phase == OPEN:
        # Whether anybody traded in the first bar decides its open: that is what the auction shows.
        known = bars.traded[seen : seen + 1]
        arrays["volume"][seen : seen + 1] = np.where(known, 12345.0, bars.volume[seen : seen + 1])
    return replace(hidden, panel=replace(hidden.panel, intraday=replace(bars, **arrays)))


@pytest.mark.parametrize("poison", ["nan", "garbage"])
@examples(40)
@given(spec=minute_markets(), seed=SEEDS, data=st.data())
def test_poisoning_what_is_hidden_changes_nothing(
    poison: str, spec: MinuteSpec, seed: int, data: st.DataObject
) -> None:
    """Protects against look-ahead bar by bar: other numbers in all that is hidden, and the same events to then."""
    market = spec.build()
    day, phase = data.draw(st.integers(1, len(market.days) - 1)), data.draw(st.integers(0, len(PHASES) - 1))
    bar = data.draw(st.integers(1, market.panel.intraday.counts[day])) if phase == INTRADAY else 0
    options = {"participation": None, "slippage": ["none", ("bps", 7.0)][seed % 2]} if phase == OPEN else {}
    seen = []
    for given_market in (market, poisoned_bars(market, (day, phase, bar), poison)):
        session = minute_session(given_market, seed, plain=seed % 3 == 0, **options)
        while session.simulation.timeline.state.at < (day, phase, bar):
            session.step(phase="next")
        seen.append(log_of(session))
    assert seen[0] == seen[1]


@both_ways
@examples(25)
@given(spec=st.builds(MarketSpec, SEEDS, st.integers(3, 6), st.integers(8, 25)), seed=SEEDS)
def test_one_bar_a_day_is_the_daily_bar(plain: bool, spec: MarketSpec, seed: int) -> None:
    """Protects the two axes against drifting apart: what is asked after the close fills the same on both."""
    daily = spec.build()
    found = []
    for market in (daily, taken_apart(daily, seed, 1)):
        session = minute_session(market, seed, OvernightDriver, plain=plain)
        session.run(progress=False)
        fills = [event for event in log_of(session) if isinstance(event, events.OrderFilled)]
        found.append([replace(event, at=Moment(event.at.day, PRE_OPEN)) for event in fills])
        assert session.equity.tolist()
    assert found[0] == found[1]


@both_ways
@examples(15)
@given(spec=minute_markets(), seed=SEEDS)
def test_the_fast_way_through_a_bar_is_the_exact_way(plain: bool, spec: MinuteSpec, seed: int) -> None:
    """Protects the batch of market orders at the open of a bar: walked one by one, they end the same."""
    market = spec.build()
    runs = []
    for exact in (False, True):
        with pytest.MonkeyPatch.context() as patch:
            if exact:
                patch.setattr(matching, "_is_special", lambda *_: True)
            options = {"reserve": "none", "cancel_latency": "none"}
            runs.append(minute_session(market, seed, plain=plain, **options).run(progress=False))
    fast, slow = runs
    order = ["day", "time", "order_id"]
    pd.testing.assert_frame_equal(
        fast.fills.sort_values(order, ignore_index=True), slow.fills.sort_values(order, ignore_index=True)
    )
    pd.testing.assert_series_equal(fast.equity, slow.equity, check_exact=True)


@pytest.mark.parametrize("clock", ["next_open", "same_bar", "counter"])
@examples(25)
@example(spec=MinuteSpec(MarketSpec(260200, 3, 12), 3, quotes=True), seed=3)  # a stop beside a sale out of reach
@given(spec=minute_markets(), seed=SEEDS)
def test_what_a_bar_cannot_touch_is_rightly_left_out(clock: str, spec: MinuteSpec, seed: int) -> None:
    """Protects the short way past resting orders: asked one by one at every bar, the very same events follow."""
    market = spec.build()
    runs = []
    for every in (False, True):
        with pytest.MonkeyPatch.context() as patch:
            if every:
                patch.setattr(CashShares, "stirred_by", AccountKind.stirred_by)
                for module in (matching, immediate):
                    patch.setattr(module, "touched_orders", lambda draft, exchange: list(draft.working))
            runs.append(minute_session(market, seed, plain=False, clock=clock).run(progress=False))
    assert log_of(runs[0]) == log_of(runs[1])


class Resting(Driver):
    """Asks at the close of a day for orders that rest, near the price and far away; nobody looks inside the days."""

    def initialize(self, context) -> None:
        """Nothing is scheduled."""
        context.calls = 0

    def handle_data(self, context, data) -> None:
        """Buy, and protect what is held, at random; then as any driver."""
        rng = np.random.default_rng([self.seed, data.day])
        for symbol in self.symbols:
            price, away = data.current(symbol), float(rng.uniform(0.0, 0.04))
            if price > 0 and symbol in context.portfolio.quantities:
                context.order(symbol, -100, terms.stop(round(price * (1 - away), 2), tif="GTC"))
            elif price > 0:
                context.order(symbol, 200, terms.limit(round(price * (1 - away), 2), tif="GTC"))
        self.act(context, data, "CLOSE")


@pytest.mark.parametrize("clock", ["next_open", "counter"])
@examples(25)
@given(spec=minute_markets(), seed=SEEDS)
def test_bars_that_touch_nothing_are_passed_over_at_once(clock: str, spec: MinuteSpec, seed: int) -> None:
    """Protects the jump to the next bar that may touch an order: stopping at every bar, the very same events follow."""
    market = spec.build()
    logs = []
    for stops_everywhere in (False, True):
        with pytest.MonkeyPatch.context() as patch:
            if stops_everywhere:
                patch.setattr(CashShares, "stirred_by", AccountKind.stirred_by)
            session = minute_session(market, seed, Resting, plain=False, clock=clock, cash=300_000)
            logs.append(log_of(session.run(progress=False)))
    assert logs[0] == logs[1]


@examples(12)
@given(spec=minute_markets(), seed=SEEDS, data=st.data())
def test_back_then_forward_is_the_identity(spec: MinuteSpec, seed: int, data: st.DataObject) -> None:
    """Protects time travel between bars: however one returns, state, digest and time are the same."""
    session = minute_session(spec.build(), seed, plain=False)
    wander(session, seed)
    stops = len(session.simulation.timeline.branch.states)
    seen: dict[int, tuple[object, ...]] = {}
    for _ in range(10):
        place = data.draw(st.integers(0, stops - 1))
        session.goto(place)
        shown = (
            session.simulation.timeline.state,
            session.digest(),
            session.now,
            session.now.time,
            session.portfolio.equity,
        )
        assert seen.setdefault(place, shown) == shown
        if pd.notna(session.now.time) and session.simulation.timeline.state.at[1] == INTRADAY:
            assert session.goto(str(session.now.time)).simulation.timeline.cursor == place
    assert len(session.simulation.timeline.branches) == 1


@examples(10)
@given(spec=minute_markets(), seed=SEEDS)
def test_a_session_its_journal_and_its_script_have_one_digest(spec: MinuteSpec, seed: int) -> None:
    """Protects resume, with the strategy beside it, and to_script on minute data; a branch from inside a day too."""
    market = spec.build()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.qsession"
        session = minute_session(market, seed, plain=False, journal=path)
        session.run(until=market.days[len(market.days) // 2], progress=False)
        session.step(3, phase="INTRADAY")
        session.back().order(sorted(market.symbols)[0], 100)
        session.step(2, phase="next")
        session.simulation.keeper.journal.close()
        again = MinuteDriver(seed, sorted(market.symbols), plain=False)
        back = qr.Session.resume(path, market, again, verify=True)
        back.simulation.keeper.journal.close()
        assert back.digest() == session.digest()
        space: dict[str, object] = {"DATA": market}
        exec(compile(session.to_script(market="DATA"), "script", "exec"), space)  # it asserts its own digest


class MinuteTraveller(Traveller):
    """A :class:`Traveller` on minute data: its steps stand between bars too."""

    @initialize(spec=minute_markets(), seed=SEEDS)
    def begin(self, spec: MinuteSpec, seed: int) -> None:
        """On a minute market, with a strategy that acts at phases and one bar."""
        Traveller.begin.hypothesis_stateful_initialize_rule.function(self, spec, seed)


MinuteTraveller.TestCase.settings = settings(
    max_examples=15,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
TestTravellingInsideTheDay = MinuteTraveller.TestCase
