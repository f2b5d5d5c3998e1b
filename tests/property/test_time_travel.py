"""Time travel on random markets: wherever one goes, whatever one opens, every kept moment stays what it was."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from markets import PHASES, Driver, MarketSpec, markets, session_of
from test_invariants import examples, options_for, poisoned

import qresearch as qr
from qresearch.book.timeline import Branch
from qresearch.domain import events
from qresearch.domain.moment import AFTER_CLOSE, Moment
from qresearch.domain.state import State
from qresearch.engine.evolve import evolve
from qresearch.session.encoding import encode
from qresearch.session.plain import to_plain

pytestmark = pytest.mark.filterwarnings("ignore::qresearch.MarketWarning")
SEEDS = st.integers(0, 2**32 - 1)


def picture(session: qr.Session) -> tuple[object, ...]:
    """All that can be seen of a moment: state, digest, what the strategy remembers."""
    state = session.simulation.timeline.state
    remembered = session.strategy.target
    memory = (
        to_plain(dict(session.memory)), remembered.placed, list(remembered.tickets),
        session.simulation.keeper.memory.schedules.keys,
    )  # fmt: skip
    return state._replace(queue=()), encode(state.queue), session.digest(), memory, session.now


class Traveller(RuleBasedStateMachine):
    """Goes anywhere and acts anywhere; a list of pictures per branch tells what each kept stop must look like."""

    @initialize(spec=markets(), seed=SEEDS)
    def begin(self, spec: MarketSpec, seed: int) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "run.qsession"
        self.market, self.seed = spec.build(), seed
        self.session = session_of(self.market, seed, plain=True, journal=self.path)
        self.kept: dict[Branch, list[tuple[object, ...]]] = {}
        self.acted()

    @property
    def branch(self) -> Branch:
        return self.session.simulation.timeline.branch

    def acted(self) -> None:
        """Take the picture of where one stands after something happened there."""
        branch = self.branch
        if branch not in self.kept:
            assert branch.parent is not None or not self.kept
            self.kept[branch] = [] if branch.parent is None else list(self.kept[branch.parent][: branch.fork + 1])
        pictures = self.kept[branch]
        del pictures[branch.cursor :]
        pictures.append(picture(self.session))
        assert len(pictures) == len(branch.states)

    def moved(self) -> None:
        """What was kept is seen again, exactly."""
        assert picture(self.session) == self.kept[self.branch][self.branch.cursor]

    @rule(phase=st.sampled_from([None, "next", *PHASES]))
    def step(self, phase: str | None) -> None:
        tip = self.session.simulation.timeline.at_tip
        try:
            self.session.step(phase=phase)
        except qr.OutOfRange:
            self.moved()
            return
        (self.acted if tip else self.moved)()

    @rule(days=st.integers(1, 6))
    def run(self, days: int) -> None:
        stop = len(self.branch.states)
        day = min(self.session.simulation.timeline.state.day + days, len(self.market.days) - 1)
        self.session.run(until=self.market.days[max(day, 0)], progress=False)
        if len(self.branch.states) == stop:
            self.moved()
            return
        # The stops on the way were not looked at: look at them now.
        end = self.branch.cursor
        for place in range(stop, end + 1):
            self.session.goto(place)
            self.kept[self.branch].append(picture(self.session))
        self.session.goto(end)

    @rule(days=st.integers(1, 4))
    def rerun(self, days: int) -> None:
        """The same code again: the same events, no branch."""
        branches = len(self.session.branches)
        if not self.session.simulation.timeline.at_tip:
            ahead = len(self.branch.states) - 1 - self.branch.cursor
            for _ in range(min(days, ahead)):
                self.session.step(phase="next", rerun=True)
                if self.session.simulation.timeline.at_tip:
                    break
            assert len(self.session.branches) == branches
            state, queue, digest, _, now = picture(self.session)
            kept = self.kept[self.branch][self.branch.cursor]
            assert (state, queue, digest, now) == (kept[0], kept[1], kept[2], kept[4])
            # Orders by hand of the kept future are in what the strategy sees only as it was then.
            self.kept[self.branch][self.branch.cursor] = picture(self.session)

    @precondition(lambda self: self.branch.cursor > 0)
    @rule(data=st.data())
    def back(self, data: st.DataObject) -> None:
        self.session.back(data.draw(st.integers(1, self.branch.cursor)))
        self.moved()

    @rule(data=st.data())
    def goto(self, data: st.DataObject) -> None:
        self.session.goto(data.draw(st.integers(-len(self.branch.states), len(self.branch.states) - 1)))
        self.moved()

    @rule(data=st.data(), amount=st.sampled_from([-200, 50, 100, 300]))
    def order(self, data: st.DataObject, amount: int) -> None:
        self.session.order(data.draw(st.sampled_from(sorted(self.market.symbols))), amount)
        self.acted()

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        count = len(self.session.orders)
        if count:
            self.session.cancel(str(data.draw(st.integers(1, count))))
            self.acted()

    @rule(rate=st.sampled_from([0.0, 0.001]))
    def costs(self, rate: float) -> None:
        self.session.set_order_cost(close_tax=rate)
        self.acted()

    @rule()
    def open_branch(self) -> None:
        before = picture(self.session)
        self.session.branch(f"tried {len(self.session.branches)}")
        assert picture(self.session) == before
        self.acted()

    @rule(data=st.data())
    def switch(self, data: st.DataObject) -> None:
        self.session.branches.switch(data.draw(st.sampled_from(sorted(self.session.branches))))
        self.moved()

    @rule()
    def look_at_a_preview(self) -> None:
        self.session.what_if("order", sorted(self.market.symbols)[0], 100)
        self.moved()

    def teardown(self) -> None:
        if not hasattr(self, "session"):
            return
        session, place = self.session, (self.branch.name, self.branch.cursor)
        root = State.blank(Moment(session.simulation.exchange.first - 1, AFTER_CLOSE), self.branch.states[0].settings)
        self.look_at_all(session)
        for branch in self.kept:
            folded = evolve(root, branch.log)
            assert folded == branch.states[-1]
        session.branches.switch(place[0]).goto(place[1])
        session.simulation.keeper.journal.close()
        driver = Driver(self.seed, sorted(self.market.symbols), plain=True)
        back = qr.Session.resume(self.path, self.market, driver)
        assert (back.branches.current, back.simulation.timeline.cursor) == place
        self.look_at_all(back)
        back.simulation.keeper.journal.close()
        self.folder.cleanup()

    def look_at_all(self, session: qr.Session) -> None:
        """Every kept stop of every branch is what it was, digest included."""
        for branch, pictures in self.kept.items():
            session.branches.switch(branch.name)
            for stop, kept in enumerate(pictures):
                session.goto(stop)
                assert picture(session) == kept


Traveller.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
TestTravelling = Traveller.TestCase


def along_branches(market: qr.Market, seed: int, forks: list[int], day: int, phase: str, **options) -> list[object]:
    """A session that goes to a moment on several branches, each opened from an earlier day; all events of each."""
    session = session_of(market, seed, **options)

    def on() -> None:
        while (session.simulation.timeline.state.day, session.simulation.timeline.state.phase) < (
            day,
            PHASES.index(phase),
        ):
            session.step(phase="next")

    on()
    for number, fork in enumerate(forks):
        session.goto(market.days[min(fork, day - 1)]).branch(f"try {number}")
        session.order(sorted(market.symbols)[number % len(market.symbols)], 200)
        on()
    return [list(events.records(iter(branch.log))) for branch in session.simulation.timeline.branches.values()]


@pytest.mark.parametrize("poison", ["nan", "garbage"])
@examples(25)
@given(spec=markets(), seed=SEEDS, data=st.data())
def test_poisoning_what_is_hidden_changes_no_branch(
    poison: str, spec: MarketSpec, seed: int, data: st.DataObject
) -> None:
    """Protects against look-ahead through time travel: a branch knows no more of the future than the first run did."""
    market = spec.build()
    day, phase = data.draw(st.integers(1, len(market.days) - 1)), data.draw(st.sampled_from(PHASES))
    forks = data.draw(st.lists(st.integers(0, day - 1), min_size=1, max_size=3))
    options = options_for(seed, phase)
    true = along_branches(market, seed, forks, day, phase, **options)
    false = along_branches(poisoned(market, day, phase, poison), seed, forks, day, phase, **options)
    assert false == true


@examples(15)
@given(markets(), SEEDS, st.data())
def test_a_session_its_journal_and_its_script_have_one_digest(spec: MarketSpec, seed: int, data: st.DataObject) -> None:
    """Protects resume (with the strategy beside it) and to_script on sessions of every kind of order."""
    market = spec.build()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.qsession"
        session = session_of(market, seed, journal=path)
        session.run(until=market.days[data.draw(st.integers(2, len(market.days) - 2))], progress=False)
        session.back().order(sorted(market.symbols)[0], 100)
        session.step(2, phase="next")
        session.simulation.keeper.journal.close()
        driver = Driver(seed, sorted(market.symbols), plain=session.strategy.target.plain)
        back = qr.Session.resume(path, market, driver, verify=True)
        back.simulation.keeper.journal.close()
        assert back.digest() == session.digest()
        space: dict[str, object] = {"DATA": market}
        exec(compile(session.to_script(market="DATA"), "script", "exec"), space)  # it asserts its own digest
