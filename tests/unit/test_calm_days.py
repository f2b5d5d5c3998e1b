"""Days on which a strategy only looks are passed quickly, and kept like all others.

A strategy that is told of its orders goes the long way through every phase: without it, it must come to the same.
"""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hand import market, session

import qresearch as qr
from qresearch.errors import Interrupted, OrderRejected, StrategyError

A = "600001.SH"

# The sample has shares whose bars end: what is frozen is warned of, and compared here.
pytestmark = pytest.mark.filterwarnings("ignore::qresearch.errors.MarketWarning")


class Rare:
    """Trades on a few days, remembers, records and logs on some, and looks on all."""

    def __init__(self, seed: int, *, limits: bool = False) -> None:
        self.seed, self.limits = seed, limits

    def initialize(self, context: Any) -> None:
        context.seen = []

    def handle_data(self, context: Any, data: Any) -> None:
        chance = random.Random(f"{self.seed} {data.day}")
        context.last = context.portfolio.equity
        if chance.random() < 0.2:
            context.seen.append(data.day)
        if chance.random() < 0.1:
            priced = [symbol for symbol in context.symbols if data.current(symbol) > 0]
            for symbol in chance.sample(priced, 5):
                terms = qr.terms.limit(round(data.current(symbol) * 0.98, 2)) if self.limits else None
                context.order(symbol, chance.choice([100, 1_000, -100, 3_000]), terms)
        if chance.random() < 0.05:
            context.log(f"day {data.day}")
        if chance.random() < 0.05:
            context.record(day=data.day)


class LongWay(Rare):
    """The same through every phase of every day."""

    def on_order(self, context: Any, order: Any) -> None:
        """Do nothing."""


class Busy(Rare):
    """Something may be called at any time of the day, and trades there now and then."""

    def initialize(self, context: Any) -> None:
        super().initialize(context)
        for time in ("before_open", "open", "11:00", "close", "every_bar", "after_close"):
            context.run_daily(self.timed, time)

    def timed(self, context: Any) -> None:
        chance = random.Random(f"{self.seed} {context.now.day} {context.now.phase}")
        if chance.random() < 0.03:
            context.buy("604018", chance.choice([100, 200]))
        if chance.random() < 0.03:
            context.seen.append(str(context.now.phase))

    before_trading = after_trading = timed


class LongBusy(Busy):
    """The same through every phase of every day."""

    def on_order(self, context: Any, order: Any) -> None:
        """Do nothing."""


def kept(run: qr.Session) -> dict[str, Any]:
    """All that a session keeps of the present branch."""
    branch = run.simulation.timeline.branch
    return {
        "digest": run.digest(),
        "states": [state._replace(queue=tuple(map(len, state.queue))) for state in branch.states],
        "counts": branch.counts,
        "commands": branch.commands,
        "memories": branch.memories,
        "editions": branch.editions,
        "origins": [place and place[0].co_name for place in branch.origins.values()],
        "remembered": dict(run.memory),
        "now": run.now,
    }


def same(one: qr.Session, other: qr.Session) -> None:
    """Assert that two sessions keep and show the same."""
    assert kept(one) == kept(other)
    pd.testing.assert_frame_equal(one.events, other.events)
    pd.testing.assert_frame_equal(one.tables.daily_portfolio, other.tables.daily_portfolio)
    pd.testing.assert_frame_equal(one.tables.recorded, other.tables.recorded)


@pytest.mark.parametrize("options", [{}, {"keep_every": 7}, {"limits": True}, {"end": "2022-05-20"}])
@pytest.mark.parametrize("seed", range(4))
def test_calm_days_are_kept_as_if_each_phase_had_been_gone_through(seed: int, options: dict[str, Any]) -> None:
    """Protects the quick way: dividends, suspensions and delistings among the days, nothing kept may differ."""
    options = dict(options)
    limits = options.pop("limits", False)
    quick, slow = (
        qr.Session(qr.sample_market(), cash=2_000_000, strategy=kind(seed, limits=limits), **options).run()
        for kind in (Rare, LongWay)
    )
    same(quick, slow)
    assert 5 < len(quick.orders) < len(quick.tables.daily_portfolio)


@pytest.mark.parametrize("clock", ["next_open", "same_bar", "counter"])
@pytest.mark.parametrize("seed", range(3))
def test_what_is_called_at_any_phase_is_called_on_calm_days(seed: int, clock: str) -> None:
    """Protects run_daily and the callbacks around a day: each is called once, at its time, and may trade there."""
    quick, slow = (
        qr.Session(qr.sample_market(), cash=2_000_000, strategy=kind(seed), clock=clock, end="2022-12-30").run()
        for kind in (Busy, LongBusy)
    )
    same(quick, slow)
    assert len(quick.fills) > 20


@pytest.mark.parametrize("moves", ["steps", "mixed"])
@pytest.mark.parametrize(("quick", "slow"), [(Rare(1), LongWay(1)), (Busy(1), LongBusy(1))])
def test_steps_and_runs_pass_the_same_days(quick: Rare, slow: Rare, moves: str) -> None:
    """Protects stepping by hand between runs: orders by hand, going back and a branch lie among calm days."""

    def walked(strategy: Rare) -> qr.Session:
        run = qr.Session(qr.sample_market(), start="2022-03-01", cash=2_000_000, strategy=strategy)
        if moves == "steps":
            for _ in range(60):
                run.step()
            return run
        run.run(until="2022-03-31").step(phase="OPEN").step(2, phase="AFTER_CLOSE").step(3)
        run.buy("604018", 1000)
        run.step(7).back(5)
        run.buy("604018", 300)
        return run.run(until="2022-06-30").step(phase="next").run()

    one, other = walked(quick), walked(slow)
    same(one, other)
    assert len(one.branches) == len(other.branches)


def test_a_journal_has_every_calm_day(tmp_path: Path) -> None:
    """Protects a resume: what was passed quickly stands in the file, and goes on from there."""
    files = [tmp_path / "quick.sqlite", tmp_path / "slow.sqlite"]
    for file, kind in zip(files, (Rare, LongWay), strict=True):
        qr.Session(qr.sample_market(), cash=2_000_000, strategy=kind(2), journal=file).run(until="2022-04-29")
    resumed = [
        qr.Session.resume(file, qr.sample_market(), strategy=kind(2)).run(until="2022-06-30")
        for file, kind in zip(files, (Rare, LongWay), strict=True)
    ]
    whole = qr.Session(qr.sample_market(), cash=2_000_000, strategy=Rare(2)).run(until="2022-06-30")
    assert [run.digest() for run in resumed] == [whole.digest()] * 2
    assert len(resumed[0].simulation.timeline.branch.states) == len(whole.simulation.timeline.branch.states)


def test_an_error_on_a_calm_day_takes_back_that_day_alone() -> None:
    """Protects what is kept: the days before the error stay, with what the strategy remembered on them."""
    given = market({A: [10.0] * 60})
    run = session(given, strategy=counting(40))
    with pytest.raises(StrategyError, match="no more"):
        run.run()
    assert run.simulation.timeline.state.day == 39
    assert run.memory["count"] == len(run.simulation.timeline.branch.states) - 1
    assert run.attempt is not None
    assert run.attempt.memory["count"] == run.memory["count"] + 1
    run.strategy = counting(None)
    assert run.run().now.day == pd.Timestamp(given.days[-1])


def counting(last: int | None, act: Any = None) -> Any:
    """A strategy that counts its days and does something on one of them."""

    class Counting:
        def initialize(self, context: Any) -> None:
            context.count = 0

        def handle_data(self, context: Any, data: Any) -> None:
            context.count += 1
            if data.day == last:
                if act is None:
                    raise ValueError("no more")
                act(context)

    return Counting()


def test_ctrl_c_in_a_callback_of_a_calm_day_leaves_whole_days() -> None:
    """Protects Ctrl-C: the day under way is taken back, those before it are kept, and the run goes on."""
    run = session(market({A: [10.0] * 60}), strategy=counting(30, lambda _: os.kill(os.getpid(), signal.SIGINT)))
    with pytest.raises(Interrupted):
        run.run()
    assert run.simulation.timeline.state.day == 29
    assert run.memory["count"] == len(run.simulation.timeline.branch.states) - 1
    run.strategy = counting(None)
    assert run.run().memory["count"] == 60


def test_what_is_set_up_on_a_calm_day_is_called_from_the_next_one_on() -> None:
    """Protects run_daily inside a callback: the quick way ends where something else has to be called."""
    called: list[str] = []

    def at_open(context: Any) -> None:
        called.append(str(context.now.day.date()))

    run = session(market({A: [10.0] * 30}), strategy=counting(10, lambda context: context.run_daily(at_open, "open")))
    run.run()
    assert len(called) == 19
    assert called == sorted(set(called))


def test_who_observes_is_told_of_orders_on_calm_days() -> None:
    """Protects observers: one that comes before a run, or inside it, is told of what the strategy then does."""
    told: list[str] = []

    def act(context: Any) -> None:
        context.simulation.observe(lambda event, order: told.append(f"late {type(event).__name__}"))
        context.buy(A, 100)

    run = session(market({A: [10.0] * 30}), strategy=counting(10, act))
    run.simulation.observe(lambda event, order: told.append(type(event).__name__))
    run.run()
    assert told == [
        "OrderCreated", "late OrderCreated", "OrderQueued", "late OrderQueued", "OrderReleased", "late OrderReleased",
        "OrderFilled", "late OrderFilled",
    ]  # fmt: skip


def test_what_was_told_inside_a_callback_is_not_told_again() -> None:
    """Protects observers that ask inside a callback, as scripts of QMT do: each event of the day comes once."""

    class Early:
        def initialize(self, context: Any) -> None:
            context.run_daily(self.at_open, "open")

        def at_open(self, context: Any) -> None:
            if context.now.day.day == 11:
                context.buy(A, 100)
                context.simulation.tell()
                context.buy(A, 200)

        before_trading = after_trading = at_open

    class Late(Early):
        def on_order(self, context: Any, order: Any) -> None:
            """Do nothing."""

    def told(strategy: Early) -> list[str]:
        found: list[str] = []
        run = session(market({A: [10.0] * 30}), strategy=strategy, clock="same_bar")
        run.simulation.observe(lambda event, order: found.append(f"{type(event).__name__} {order.order_id}"))
        run.run()
        return found

    quick = told(Early())
    assert len(quick) == len(set(quick)) == 4 * 6
    assert quick == told(Late())


def test_a_strict_session_stops_at_a_refusal_on_a_calm_day() -> None:
    """Protects `strict`: the order that was refused raises, and the day is taken back."""
    run = session(market({A: [10.0] * 30}), strict=True, strategy=counting(10, lambda context: context.sell(A, 100)))
    with pytest.raises((OrderRejected, StrategyError)):
        run.run()
    assert run.simulation.timeline.state.day == 9


def test_accounts_beside_the_first_are_seen_on_calm_days() -> None:
    """Protects several accounts: orders of another one are its own, whatever the first one does not do."""

    class Beside:
        def initialize(self, context: Any) -> None:
            context.account.all.open("second", cash=50_000)

        def handle_data(self, context: Any, data: Any) -> None:
            if data.day in {5, 12}:
                context.account.all["second"].buy(A, 100)

    class LongBeside(Beside):
        def on_order(self, context: Any, order: Any) -> None:
            """Do nothing."""

    quick, slow = (
        qr.Session(market({A: [10.0] * 30}), cash=10_000, strategy=kind()).run() for kind in (Beside, LongBeside)
    )
    assert quick.digest() == slow.digest()
    second = quick.account.all["second"]
    assert second.portfolio.quantities == {A: 200}
    pd.testing.assert_frame_equal(second.events, slow.account.all["second"].events)
