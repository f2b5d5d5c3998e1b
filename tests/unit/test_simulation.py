"""``session.simulation``: commands in, events out, and whoever observes is told of each event."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hand import flat, market, session

import qresearch as qr
from qresearch.book.orders import OrderRecord
from qresearch.book.timeline import Timeline
from qresearch.domain import events
from qresearch.domain.commands import Advance, Cancel, ChangeSettings, Log, Place, Record, Update
from qresearch.domain.moment import CLOSE, OPEN, Moment
from qresearch.domain.order import Method, Status
from qresearch.domain.terms import limit
from qresearch.engine.evolve import evolve
from qresearch.session.encoding import encode
from qresearch.session.simulation import Simulation

A, B = "600001.SH", "600002.SH"


class Diary:
    """Observes a simulation: each event with the state and the filled shares of its order, as told."""

    def __init__(self, simulation: Simulation) -> None:
        self.told: list[tuple[str, Status, int]] = []
        self.orders: list[OrderRecord] = []
        self.end = simulation.observe(self.write)

    def write(self, event: events.Record, order: OrderRecord) -> None:
        """Note what is told."""
        assert event.order_id == order.order_id
        self.told.append((type(event).__name__, order.status, order.filled))
        self.orders.append(order)


# ---------------------------------------------------------------------------------------- commands


def test_commands_by_hand_are_the_calls_of_a_session() -> None:
    """Protects the one door: what a person types and what a dialect gives as commands are the same events."""
    typed, given = session(flat()), session(flat())
    typed.buy(A, 300, limit(9.0, tif="GTC"))
    typed.order_target(A, 200)
    typed.step()
    typed.buy(A, 500, limit(9.0, tif="GTC"))
    typed.step().ticket(3).update(quantity=400)
    typed.cancel("3")
    simulation = given.simulation
    resting = limit(9.0, tif="GTC")
    assert simulation.do(Place(0, Method.ORDER, 300, resting))
    assert simulation.do(Place(0, Method.TARGET, 200))
    simulation.advance(Moment(1, CLOSE))
    assert simulation.do(Place(0, Method.ORDER, 500, resting))
    simulation.advance(Moment(2, CLOSE))
    assert simulation.do(Update(3, 400, resting, 400, 0, "WORKING"))
    assert simulation.do(Cancel(3, "WORKING"))
    assert given.digest() == typed.digest()
    assert given.simulation.timeline.branch.commands == typed.simulation.timeline.branch.commands
    assert given.orders.equals(typed.orders)


def test_a_refused_command_says_so_and_is_kept() -> None:
    """Protects refusals, which are facts: an order of odd size, and a cancel that comes too late."""
    simulation = session(flat()).simulation
    assert simulation.do(Place(0, Method.ORDER, 50)) is False
    assert simulation.orders.now()[1].status is Status.REJECTED
    assert simulation.do(Cancel(1, "REJECTED")) is False
    assert isinstance(simulation.log[-1], events.CancelRefused)
    assert len(simulation.timeline.branch.commands) == 1


def test_a_command_in_the_past_opens_a_branch() -> None:
    """Protects the kept future from whoever gives commands, as from a person."""
    run = session(flat()).step(2).back()
    run.simulation.do(Place(0, Method.ORDER, 100))
    assert len(run.branches) == 2
    assert "Acting from the past" in run.message
    assert (len(run.orders), len(run.branches.switch("main").orders)) == (1, 0)


def test_inside_a_callback_a_command_is_a_part_of_the_step() -> None:
    """Protects the step as one: commands of a callback are seen at once, and taken back with it."""
    fails = [True]

    def handle_data(context) -> None:
        simulation = context.simulation
        assert simulation.do(Place(0, Method.ORDER, 100))
        assert simulation.do(Record((("seen", 1.0),)))
        assert simulation.do(Log("INFO", "asked"))
        assert simulation.orders.now()[simulation.account.orders].status is Status.QUEUED
        assert simulation.log[-1].text == "asked"
        assert simulation.draft is simulation.account
        if fails.pop():
            raise ValueError

    run = session(flat(), strategy=handle_data, start="2024-01-03")
    simulation = run.simulation
    before = list(simulation.log)
    with pytest.raises(qr.StrategyError):
        run.step()
    assert (simulation.log, simulation.draft, len(simulation.orders.now())) == (before, None, 0)
    fails[:] = [False]
    run.step()
    assert len(simulation.orders.now()) == 1
    commands = [command for _, command in simulation.timeline.branch.commands]
    assert commands == [Record((("seen", 1.0),)), Log("INFO", "asked")]


def test_a_simulation_needs_no_session() -> None:
    """Protects the kernel: alone it runs a market, keeps branches, and gives the events of a session."""
    run = session(flat())
    root = run.simulation.timeline.branch
    timeline = Timeline(root.states[0], root.log[: root.counts[0]], None)
    alone = Simulation(run.simulation.exchange, timeline, run.simulation.starting_equity)
    alone.advance(Moment(0, CLOSE))
    for simulation in (run.simulation, alone):
        simulation.do(Place(0, Method.ORDER, 100))
        simulation.advance(Moment(1, CLOSE))
        simulation.do(ChangeSettings(replace(run.settings, match_order="fifo")))
    assert encode(alone.log) == encode(run.simulation.log)
    assert dict(alone.orders.now()) == dict(run.simulation.orders.now())
    assert alone.timeline.branch.commands == run.simulation.timeline.branch.commands
    alone.timeline.move_to(1)
    alone.do(Place(0, Method.ORDER, 200))
    assert [len(branch.states) for branch in alone.timeline.branches.values()] == [3, 2]
    assert [order.quantity for order in alone.orders.now().values()] == [100, 200]


# ---------------------------------------------------------------------------------------- trying and advancing


def test_what_is_tried_leaves_no_trace() -> None:
    """Protects previews: commands on a draft show what they would do, and nothing of them stays."""
    simulation = session(flat()).simulation
    told = Diary(simulation)
    before = (simulation.timeline.state, list(simulation.log), dict(simulation.orders.now()))

    def act() -> None:
        assert simulation.do(Place(0, Method.ORDER, 100))
        assert simulation.orders.now()[1].status is Status.QUEUED

    draft = simulation.tried(act)
    assert [type(event).__name__ for event in events.records(draft.events)] == ["OrderCreated", "OrderQueued"]
    with pytest.raises(ZeroDivisionError):
        simulation.tried(lambda: (act(), 1 // 0))
    assert (simulation.timeline.state, simulation.log, dict(simulation.orders.now())) == before
    assert (simulation.draft, simulation.timeline.branch.commands, told.told) == (None, [], [])


def test_a_simulated_step_is_kept_by_advancing_only() -> None:
    """Protects the step from being kept before its memory is: it is handed over first."""
    simulation = session(flat()).simulation
    simulation.do(Place(0, Method.ORDER, 100))
    state, stops = simulation.timeline.state, simulation.timeline.cursor
    draft = simulation.simulated(Moment(1, CLOSE))
    assert draft.events[-1] == events.Advanced(Moment(1, CLOSE))
    assert evolve(state, draft.events) == draft.freeze()
    assert (simulation.timeline.state, simulation.timeline.cursor, simulation.draft) == (state, stops, None)
    simulation.advance(Moment(1, CLOSE))
    assert (simulation.timeline.state, simulation.timeline.cursor) == (draft.freeze(), stops + 1)


def test_a_step_ends_where_it_is_told_to() -> None:
    """Protects breakpoints and errors: the step ends at the phase that says so, and nothing is left under way."""
    simulation = session(flat()).simulation
    seen = []

    def inside(draft) -> bool:
        seen.append(draft.at)
        return draft.phase == OPEN

    assert simulation.simulated(Moment(2, CLOSE), inside).at == Moment(1, OPEN)
    assert [moment.phase for moment in seen] == [4, 0, 1]
    with pytest.raises(ZeroDivisionError):
        simulation.simulated(Moment(2, CLOSE), lambda _: 1 // 0)
    assert simulation.draft is None
    with pytest.raises(qr.OutOfRange, match="is the last trading day"):
        simulation.advance(Moment(99, CLOSE))


def test_advance_is_a_command_too() -> None:
    """Protects the fold: the event of an advance is among those of the command, so that the state is their fold."""
    simulation = session(flat()).simulation
    state, count = simulation.timeline.state, simulation.timeline.count
    assert simulation.do(Advance())
    assert simulation.timeline.state.at == simulation.exchange.next_moment(state.at)
    assert evolve(state, simulation.log[count:]) == simulation.timeline.state


# ---------------------------------------------------------------------------------------- observing


def test_each_event_is_told_with_the_order_as_it_was_right_after_it() -> None:
    """Protects recorders and dialects: also inside one step no event comes with a later state of its order."""

    class AtTheEnd:
        def after_trading(self, context) -> None:
            if context.simulation.account.day == 1:
                context.buy(A, 300)

    run = session(flat(), strategy=AtTheEnd)
    run.step()
    diary = Diary(run.simulation)
    run.step()
    assert diary.told == [
        ("OrderCreated", Status.CREATED, 0), ("OrderQueued", Status.QUEUED, 0), ("OrderReleased", Status.WORKING, 0),
        ("OrderFilled", Status.FILLED, 300),
    ]  # fmt: skip
    assert [order.status for order in diary.orders] == [status for _, status, _ in diary.told]
    assert run.ticket(1).status is Status.FILLED


def test_commands_by_hand_are_told_and_steps_that_are_redone_are_not() -> None:
    """Protects observers from hearing of one thing twice, and from what nobody does."""
    run = session(flat())
    diary, other = Diary(run.simulation), Diary(run.simulation)
    run.buy(A, 300, limit(9.0, tif="GTC"))
    run.step()
    run.cancel("1")
    wanted = [
        ("OrderCreated", Status.CREATED, 0), ("OrderQueued", Status.QUEUED, 0), ("OrderReleased", Status.WORKING, 0),
        ("OrderWaiting", Status.WORKING, 0), ("OrderWaiting", Status.WORKING, 0),
        ("OrderCanceled", Status.CANCELED, 0),
    ]  # fmt: skip
    assert diary.told == wanted
    run.back().step()
    assert diary.told == other.told == wanted
    diary.end()
    run.buy(A, 100)
    assert (diary.told, other.told[-1]) == (wanted, ("OrderQueued", Status.QUEUED, 0))


def test_after_going_back_the_orders_told_are_those_of_the_new_branch() -> None:
    """Protects a branch from the orders of the old future: ids count along its own path."""
    run = session(flat())
    run.step()
    run.buy(A, 300)
    run.step()
    diary = Diary(run.simulation)
    run.back(2).buy(A, 100)
    assert diary.told == [("OrderCreated", Status.CREATED, 0), ("OrderQueued", Status.QUEUED, 0)]
    assert [order.quantity for order in diary.orders] == [100, 100]


def test_an_observer_may_look_and_act() -> None:
    """Protects panels: looking at the orders, or giving a command while being told, changes nothing of what is told."""
    run = session(market({A: [10.0] * 6, B: [10.0] * 6}))
    for _ in range(3):
        run.buy(A, 100, limit(9.0, tif="GTC"))
    run.step()
    diary, seen = Diary(run.simulation), []

    def look(event: events.Record, order: OrderRecord) -> None:
        seen.append((order.order_id, run.simulation.orders.now()[order.order_id].status))
        if isinstance(event, events.OrderCanceled) and order.order_id == 1:
            run.buy(B, 200)

    run.simulation.observe(look)
    run.order_target(A, 0)
    assert [name for name, _, _ in diary.told].count("OrderCanceled") == 3
    assert {status for order_id, status in seen if order_id <= 3} == {Status.CANCELED}
    assert run.orders.symbol.to_list()[-1] == B
    assert [order.order_id for order in diary.orders if order.status is Status.CANCELED] == [1, 2, 3]


def test_an_observer_may_come_inside_a_step() -> None:
    """Protects who begins to observe in a callback: the step under way is told from its beginning, and once."""
    diaries = []

    def handle_data(context) -> None:
        if not diaries:
            context.buy(A, 100)
            diaries.append(Diary(context.simulation))

    run = session(flat(), strategy=handle_data).step()
    assert run.step().ticket(1).status is Status.FILLED
    assert [name for name, _, _ in diaries[0].told] == ["OrderCreated", "OrderQueued", "OrderReleased", "OrderFilled"]


def test_an_observer_that_fails_takes_its_step_back() -> None:
    """Protects the step as one, here too; what was done by hand is kept."""
    run = session(flat())
    run.buy(A, 100)
    end = run.simulation.observe(lambda event, order: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        run.step()
    assert (run.simulation.draft, len(run.fills)) == (None, 0)
    with pytest.raises(ZeroDivisionError):
        run.buy(A, 100)
    end()
    assert len(run.step().fills) == 2
