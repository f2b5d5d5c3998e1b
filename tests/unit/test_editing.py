"""Edit and continue: a failed step as an attempt, and a strategy that is replaced while the session stands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import qresearch as qr

MARKET = qr.sample_market()


def long_market(days: int = 750) -> qr.Market:
    """A share and a fund over 750 days."""
    rng = np.random.default_rng(1)
    rows = []
    for symbol, begin in (("600001.SH", 10.0), ("600002.SH", 20.0)):
        price = begin
        for day in pd.bdate_range("2019-01-02", periods=days):
            price = round(max(price * (1 + rng.normal(0, 0.01)), 1.0), 2)
            bar = {"open": price, "high": price, "low": price, "close": price, "volume": 1e6}
            rows.append({"date": day, "symbol": symbol, **bar})
    return qr.read_market(pd.DataFrame(rows))


def session(strategy, **options) -> qr.Session:
    return qr.Session(MARKET, **{"start": "2022-03-01", "cash": 100_000} | options, strategy=strategy)


class Ladder:
    """Buys a little every week; the mistake is a list that ends on day 300."""

    sizes: tuple[int, ...] = (100, 200, 300)
    fails = True

    def __init__(self) -> None:
        self.days = 0

    def handle_data(self, context, data) -> None:
        self.days += 1
        place = self.days // 100
        size = self.sizes[place] if self.fails else self.sizes[min(place, 2)]
        if self.days % 5 == 0:
            context.order("600001" if self.days % 2 else "600002", size)


class Mended(Ladder):
    """The same without the mistake."""

    fails = False


def test_a_strategy_that_raises_on_day_300_of_750_is_mended_and_ends_with_the_digest_of_one_that_never_failed(
    tmp_path: Path,
) -> None:
    """Protects edit-and-continue as a whole, through a journal too."""
    market = long_market()
    made = qr.Session(market, cash=1_000_000, strategy=Ladder, journal=tmp_path / "run.qsession")
    with pytest.raises(qr.StrategyError) as caught:
        made.run(progress=False)
    assert caught.value.day == str(market.days[299])
    assert len(made.equity) == 299
    made.strategy = Mended
    assert made.strategy.target.days == 299, "what the old one remembered goes on"
    made.run(progress=False)
    never = qr.Session(market, cash=1_000_000, strategy=Mended).run(progress=False)
    assert made.digest() == never.digest()
    made.simulation.keeper.journal.close()
    assert qr.Session.resume(tmp_path / "run.qsession", market, Mended).digest() == never.digest()


def test_the_error_names_day_phase_and_line_and_the_attempt_holds_the_rest() -> None:
    """Protects the way from the symptom to the line: orders before the raise, locals, memory, traceback."""

    def fail(context, data) -> None:
        context.turns = getattr(context, "turns", 0) + 1
        context.order("604018", 100)
        if context.turns == 3:
            odd = {"a": 1}
            pd.Series(odd)["b"]

    made = session(fail)
    assert made.attempt is None
    with pytest.raises(
        qr.StrategyError, match=r"on 2022-03-03 at CLOSE, line \d+ of test_editing.py `pd.Series"
    ) as caught:
        made.run(progress=False)
    attempt = made.attempt
    assert (attempt.day, attempt.phase, attempt.callback) == ("2022-03-03", "CLOSE", "handle_data")
    assert attempt.line == caught.value.line
    assert attempt.locals["odd"] == {"a": 1}
    assert attempt.memory == {"turns": 3}
    assert made.memory == {"turns": 2}
    assert attempt.orders.status.tolist() == ["FILLED", "QUEUED"]
    assert len(attempt.fills) == 1
    assert "OrderCreated" in attempt.events.event.tolist()
    assert "KeyError" in attempt.traceback
    assert "odd" in attempt._repr_html_()
    assert str(made.now.day)[:10] == "2022-03-02"
    innermost = caught.value.__traceback__
    while innermost.tb_next:
        innermost = innermost.tb_next
    assert innermost.tb_frame.f_code.co_name != "_call", "%debug opens where the strategy raised"


def test_numbers_set_in_the_constructor_are_edited_and_what_was_learnt_stays() -> None:
    """Protects the two halves of an object: the code of the edit, the memory of the run, also on going back."""

    class Once:
        def __init__(self) -> None:
            self.size, self.count = 100, 0

        def handle_data(self, context, data) -> None:
            self.count += 1
            context.order("604018", self.size)

    class Twice(Once):
        def __init__(self) -> None:
            super().__init__()
            self.size, self.extra = 200, "new"

    made = session(Once).step(4)
    made.strategy = Twice
    target = made.strategy.target
    assert (target.size, target.count, target.extra) == (200, 4, "new")
    made.back(2)
    assert (target.size, target.count, target.extra) == (200, 2, "new")
    made.step(rerun=True)
    assert made.orders.quantity.tolist() == [100, 100, 200]


def test_functions_of_run_daily_are_replaced_by_name() -> None:
    """Protects schedules through an edit: the same moment, the new function, on every branch."""

    class One:
        def initialize(self, context) -> None:
            context.run_daily(self.noon, "11:30")

        def noon(self, context) -> None:
            context.order("604018", 100)

    class Two(One):
        def noon(self, context) -> None:
            context.order("604018", 300)

    made = session(One).step(2)
    made.strategy = Two
    made.step()
    assert made.orders.quantity.tolist() == [100, 100, 300]
    made.goto(0).step(rerun=True)
    assert made.orders.quantity.tolist() == [300]


def test_schedules_are_restored_on_going_back() -> None:
    """Protects ``run_daily`` in a callback: going back before it takes it out again, forward puts it back."""

    def late(context, data) -> None:
        context.turns = getattr(context, "turns", 0) + 1
        if context.turns == 3:
            context.run_daily(extra, "open")

    def extra(context) -> None:
        context.order("604018", 100)

    made = session(late).step(5)
    assert len(made.orders) == 2
    made.goto("2022-03-02").branch("again").step(2)
    assert len(made.orders) == 1
    assert made.goto(1).memory == {"turns": 1}
    assert made.simulation.keeper.memory.schedules.keys == ()


def test_the_globals_of_a_script_are_memory_and_its_constants_are_code(tmp_path: Path) -> None:
    """Protects scripts: counters go back with the session, a constant changed by an edit stays changed."""
    body = "    global COUNT\n    COUNT += 1\n    order('604018', SIZE)\n"
    text = f"SIZE = 100\nCOUNT = 0\n\ndef handle_data(context, data):\n{body}"
    file = tmp_path / "script.py"
    file.write_text(text)
    made = session(file).step(3)
    names = made.strategy.target
    assert (names["COUNT"], made.back(2).strategy.target["COUNT"]) == (3, 1)
    made.step(2)
    file.write_text(text.replace("100", "500"))
    made.strategy = file
    names = made.strategy.target
    assert (names["COUNT"], names["SIZE"]) == (3, 500)
    made.back(1)
    assert (names["COUNT"], names["SIZE"]) == (2, 500)


def test_what_cannot_be_copied_is_named_once_with_advice() -> None:
    """Protects going back from silent gaps: the value is left alone and told of."""

    def keep(context, data) -> None:
        context.turns = getattr(context, "turns", 0) + 1
        context.maker = (number for number in range(3))

    made = session(keep).step(3)
    told = [notice for notice in made.notices if "cannot be copied" in notice]
    assert len(told) == 1
    assert "'maker' (generator)" in told[0]
    assert made.back().memory["turns"] == 2


def test_the_context_may_be_kept_by_a_strategy() -> None:
    """Protects a common habit: ``self.context = context`` neither copies the session nor breaks going back."""

    class Keeper:
        def initialize(self, context) -> None:
            self.context, self.handler = context, self.act

        def act(self) -> None:
            self.context.order("604018", 100)

        def handle_data(self, context, data) -> None:
            self.handler()

    made = session(Keeper).step(3)
    made.back(2)
    target = made.strategy.target
    assert target.context is made.simulation.keeper.memory.live["context"]
    assert target.handler.__self__ is target
    assert not [notice for notice in made.notices if "cannot be copied" in notice]
    assert len(made.branch("on").step(2).orders) == 3


def test_replacing_by_none_goes_on_by_hand() -> None:
    """Protects taking the strategy out."""
    made = session(Ladder).step(4)
    made.strategy = None
    assert len(made.step(3).orders) == 0
    with pytest.raises(qr.UsageError, match="nothing to call"):
        made.strategy = object()


def test_inside_a_callback_time_does_not_move() -> None:
    """Protects a step from being moved while it runs."""
    calls = ["step", "run", "back", "goto", "branch", "what_if"]

    def meddle(context, data) -> None:
        for call in calls:
            with pytest.raises(qr.UsageError, match="inside a callback"):
                getattr(here, call)("x") if call in {"goto", "branch", "what_if"} else getattr(here, call)()
        with pytest.raises(qr.UsageError, match="inside a callback"):
            here.branches.switch("main")
        with pytest.raises(qr.UsageError, match="inside a callback"):
            here.strategy = None

    here = session(meddle)
    assert here.step().message == ""


# ---------------------------------------------------------------------------------------- a change in the past


def small(context, data) -> None:
    """100 shares a day."""
    context.order("604018", 100)


def large(context, data) -> None:
    """200 shares a day."""
    context.order("604018", 200)


def changed_in_the_past(**options: object) -> qr.Session:
    """A run to the end of March; then, on the 15th, another strategy."""
    run = qr.Session(qr.sample_market(), start="2022-03-01", end="2022-03-31", cash=1e7, strategy=small, **options)
    run.run(progress=False)
    run.goto("2022-03-15")
    run.strategy = large
    return run


@pytest.mark.parametrize("go", ["step", "run"])
def test_a_strategy_changed_in_the_past_runs_from_there(go: str) -> None:
    """Protects the first use of the tool: back to a day, mend the strategy, go on: the old future is never replayed."""
    run = changed_in_the_past()
    assert "on a new branch" in run.message
    run.run(progress=False) if go == "run" else run.step(30)
    assert "The strategy has changed: it runs from 2022-03-15" in run.message
    assert list(run.branches) == ["main", "branch-1@2022-03-15"]
    assert run.fills.quantity.tolist() == [100] * 11 + [200] * 11
    run.back(3).step()
    assert run.message == "Redid 1 kept step without calling the strategy."
    run.branches.switch("main")
    assert run.goto(-1).fills.quantity.tolist() == [100] * 22


def test_a_strategy_changed_at_the_tip_counts_on_the_way_back() -> None:
    """Protects a change after the run: from any day before it the new code runs, and not the old future."""
    run = qr.Session(qr.sample_market(), start="2022-03-01", end="2022-03-31", cash=1e7, strategy=small)
    run.run(progress=False)
    run.strategy = large
    run.goto("2022-03-15").step()
    assert "The strategy has changed" in run.message
    assert run.orders.quantity.tolist()[-1] == 200


def test_functions_changed_in_place_are_noticed() -> None:
    """Protects autoreload: a module whose functions were loaded again runs its new code."""

    def live(context, data) -> None:
        context.order("604018", 100)

    run = qr.Session(qr.sample_market(), start="2022-03-01", end="2022-03-31", cash=1e7, strategy=live)
    run.run(progress=False)
    live.__code__ = large.__code__
    run.goto("2022-03-15").run(progress=False)
    assert "The strategy has changed" in run.message
    assert run.fills.quantity.tolist() == [100] * 11 + [200] * 11


def test_a_run_calls_the_strategy_again() -> None:
    """Protects run(rerun=True): equal events stay on the branch, the first that differ open another."""
    run = changed_in_the_past()
    run.strategy = small
    run.run(rerun=True, progress=False)
    assert run.message == "Ran 13 steps again: the same events."
    run.goto("2022-03-15").step()
    assert run.message == "Redid 1 kept step without calling the strategy."
    run.strategy = large
    run.run(rerun=True, progress=False)
    assert "Run again, 2022-03-17 gives other events: opened branch" in run.message
    assert list(run.branches) == ["main", "branch-1@2022-03-16"]


def test_more_steps_than_there_are_stop_at_the_end() -> None:
    """Protects large numbers of steps: they stop at the last day and say so; there, one more is refused."""
    run = qr.Session(qr.sample_market(), start="2022-03-01", end="2022-03-31").step(20)
    run.step(100)
    assert run.message == "The session ends here: 3 of the 100 steps were there to take."
    with pytest.raises(qr.OutOfRange):
        run.step()
    assert run.back(5).step(9, rerun=True).now.day == run.market.days[run.simulation.exchange.last]


def test_a_change_survives_a_resume(tmp_path: Path) -> None:
    """Protects journals: after a resume it is still known which stops an earlier strategy made."""
    path = tmp_path / "a.qsession"
    run = changed_in_the_past(journal=path)
    run.run(until="2022-03-18", progress=False)
    run.simulation.keeper.journal.close()
    again = qr.Session.resume(path, qr.sample_market())
    again.strategy = large
    assert again.back(2).step().message == "Redid 1 kept step without calling the strategy."
    again.branches.switch("main")
    assert "The strategy has changed" in again.goto("2022-03-18").step().message
