"""What must hold on every market, for every strategy: the promises of the design, on random markets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from books import check_books
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from markets import PHASES, Driver, MarketSpec, markets, options_of, session_of

import qresearch as qr
from qresearch.book.orders import Orders
from qresearch.domain import events
from qresearch.domain.commands import Advance, Cancel, ChangeSettings, Command, Place
from qresearch.domain.moment import AFTER_CLOSE, Moment
from qresearch.domain.order import TRANSITIONS, Method, Status
from qresearch.domain.reasons import Reason
from qresearch.domain.state import State
from qresearch.engine import matching, meeting
from qresearch.engine.accounts.cash import CashShares
from qresearch.engine.decide import decide
from qresearch.engine.draft import Draft
from qresearch.engine.evolve import evolve
from qresearch.engine.exchange import AccountKind, Exchange
from qresearch.market.panel import FIELDS

pytestmark = pytest.mark.filterwarnings("ignore::qresearch.MarketWarning")
SEEDS = st.integers(0, 2**32 - 1)
both_ways = pytest.mark.parametrize("plain", [True, False], ids=["market orders", "all types"])
"""Market orders go the fast way through a match, orders with terms of their own the exact one."""


IS_NIGHTLY = bool(os.environ.get("QRESEARCH_NIGHTLY"))
"""All examples and the long way of the order machine; else the first half of them, which meets every rule as well."""


def examples(count: int):
    """The same examples on every machine and in every run; half as many unless the night has time for all.

    A market takes longer to build than hypothesis likes. Examples are not shrunk: a smaller seed is no simpler market,
    and looking for one takes minutes.
    """
    return settings(
        max_examples=count if IS_NIGHTLY else (count + 1) // 2, derandomize=True, deadline=None, database=None,
        phases=[Phase.explicit, Phase.generate], report_multiple_bugs=False,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )  # fmt: skip


def wander(session: qr.Session, seed: int) -> None:
    """Go to the end by steps of every kind, acting by hand now and then, so that many kinds of stop are kept."""
    rng = np.random.default_rng([seed, 77])
    last = session.market.days[-1]
    while (session.now.day, session.now.phase) != (last, "AFTER_CLOSE"):
        kind = rng.random()
        try:
            if kind < 0.5:
                session.step()
            elif kind < 0.8:
                session.step(phase="next")
            elif kind < 0.9:
                session.step(phase=str(rng.choice(PHASES)))
            else:
                symbol = sorted(session.market.symbols)[int(rng.integers(len(session.market.symbols)))]
                ticket = session.order(symbol, int(rng.choice([-200, -50, 50, 100, 300])))
                if kind > 0.96:
                    ticket.cancel()
                working = session.open_orders.index
                if len(working) and kind > 0.93:
                    order_id = str(working[int(rng.integers(len(working)))])
                    session.ticket(order_id).update(quantity=int(rng.choice([100, 200, 700])))
        except qr.OutOfRange:
            session.run(progress=False)


def folds(session: qr.Session) -> Iterator[tuple[object, object]]:
    """(folded from the very beginning, kept) at every stop of the current branch."""
    branch = session.simulation.timeline.branch
    root = State.blank(Moment(session.simulation.exchange.first - 1, AFTER_CLOSE), branch.states[0].settings)
    for count, kept in zip(branch.counts, branch.states, strict=True):
        yield evolve(root, branch.log[:count]), kept


# ---------------------------------------------------------------------------------------- events and states


@both_ways
@examples(35)
@given(spec=markets(), seed=SEEDS)
def test_every_kept_state_is_the_fold_of_the_events(plain: bool, spec: MarketSpec, seed: int) -> None:
    """Protects the journal: events are the whole truth, so that folding them again gives each kept state."""
    session = session_of(spec.build(), seed, plain=plain)
    wander(session, seed)
    for folded, kept in folds(session):
        assert folded == kept


def test_a_match_without_any_live_order_leaves_the_queue_in_the_fold_too() -> None:
    """Protects the fold where all queued orders were refused or canceled: nothing is matched, the queue still ends."""
    session = qr.Session(qr.sample_market(), start="2022-03-01")
    session.order("604018", 50)
    session.buy("604018", 100).cancel()
    session.step()
    for folded, kept in folds(session):
        assert folded == kept


@examples(30)
@given(markets(), SEEDS)
def test_fold_of_each_step_from_the_stop_before(spec: MarketSpec, seed: int) -> None:
    """Protects going on from any kept state: the events of one step lead from one kept stop to the next."""
    session = session_of(spec.build(), seed)
    session.run(progress=False)
    branch = session.simulation.timeline.branch
    for number in range(1, len(branch.states)):
        step = branch.log[branch.counts[number - 1] : branch.counts[number]]
        assert evolve(branch.states[number - 1], step) == branch.states[number]


@both_ways
@examples(20)
@given(spec=markets(), seed=SEEDS)
def test_orders_folded_from_single_events_agree_with_the_state(plain: bool, spec: MarketSpec, seed: int) -> None:
    """Protects the two readings of the log, blocks for the engine and records for people: they tell one story."""
    session = session_of(spec.build(), seed, plain=plain)
    wander(session, seed)
    branch, orders, seen = session.simulation.timeline.branch, Orders(), 0
    for count, state in zip(branch.counts, branch.states, strict=True):
        orders.read(branch.log[seen:count])
        seen = count
        assert len(orders) == state.orders == max(orders, default=0)
        working = {order_id: order.leaves for order_id, order in state.working.items()}
        queued = {}
        for block in state.queue:
            for offset, quantity in enumerate(block.quantities):
                amended = state.amended.get(block.first_id + offset)
                now = quantity if amended is None else amended.quantity
                if now:
                    queued[block.first_id + offset] = now
        in_market = {Status.WORKING, Status.REPLACE_PENDING}
        for statuses, expected in ((in_market, working), ({Status.QUEUED}, queued)):
            live = {order.order_id: order for order in orders.values() if order.status in statuses}
            sides = {
                order_id: order.leaves if order.quantity > 0 else -order.leaves for order_id, order in live.items()
            }
            assert sides == expected
        filled: dict[int, int] = {}
        for order in orders.values():
            filled[order.instrument] = filled.get(order.instrument, 0) + (
                order.filled if order.quantity > 0 else -order.filled
            )
        issued: dict[int, int] = {}
        for event in events.records(branch.log[:count]):
            if isinstance(event, (events.SharesIssued, events.RightsSubscribed)):
                issued[event.instrument] = issued.get(event.instrument, 0) + event.received
            elif isinstance(event, events.PositionClosed):
                issued[event.instrument] = issued.get(event.instrument, 0) - event.quantity
        for column in {*filled, *issued}:
            held = state.positions.get(column)
            assert filled.get(column, 0) + issued.get(column, 0) == (0 if held is None else held.quantity)


def decided(exchange: Exchange, state: State, command: Command) -> list[events.Event]:
    """What one command causes in a state."""
    draft = Draft(state)
    decide(draft, exchange, command)
    return draft.events


@examples(25)
@given(markets(), SEEDS)
def test_deciding_is_pure(spec: MarketSpec, seed: int) -> None:
    """Protects kept states: deciding a command twice gives the same events and changes no state."""
    session = session_of(spec.build(), seed)
    wander(session, seed)
    rng = np.random.default_rng(seed)
    exchange = session.simulation.exchange
    for state in session.simulation.timeline.branch.states[
        :: max(len(session.simulation.timeline.branch.states) // 12, 1)
    ]:
        before = repr(state)
        commands = [
            Place(int(rng.integers(spec.symbols)), Method.ORDER, int(rng.choice([100, -100, 250]))),
            Place(int(rng.integers(spec.symbols)), Method.TARGET_VALUE, 30_000.0),
            Place(int(rng.integers(spec.symbols)), Method.PCT, 0.5),
            Cancel(int(rng.integers(1, state.orders + 2))),
            ChangeSettings(replace(state.settings, match_order="fifo")),
        ]
        if (state.day, state.phase) < (exchange.last, len(PHASES) - 1):
            commands.append(Advance())
        for command in commands:
            once, again = (list(events.records(decided(exchange, state, command))) for _ in range(2))
            assert once == again
            assert repr(state) == before


@examples(15)
@given(markets(), SEEDS)
def test_deciding_and_evolving_alone_run_a_market(spec: MarketSpec, seed: int) -> None:
    """Protects ``decide`` and ``evolve`` as the whole simulator: without a session they go the same way as one."""
    session = qr.Session(spec.build(), cash=200_000)
    exchange, state = session.simulation.exchange, session.simulation.timeline.state
    rng = np.random.default_rng(seed)
    for _ in range(4 * len(PHASES)):
        if rng.random() < 0.5:
            column, asked = int(rng.integers(spec.symbols)), int(rng.choice([100, 300, -100]))
            session.order(session.market.symbols[column], asked)
            state = evolve(state, decided(exchange, state, Place(column, Method.ORDER, asked)))
        session.step(phase="next")
        state = evolve(state, decided(exchange, state, Advance()))
        kept = session.simulation.timeline.state
        assert (state.day, state.phase, state.cash, dict(state.positions)) == (
            kept.day, kept.phase, kept.cash, dict(kept.positions),
        )  # fmt: skip


def log_of(session: qr.Session) -> list[events.Record]:
    """Every single event of the branch, without those that only keep the clock."""
    return [
        event
        for event in events.records(iter(session.simulation.timeline.branch.log))
        if not isinstance(event, events.Advanced)
    ]


def check_ways_of_stepping(first: qr.Session, second: qr.Session) -> None:
    """One run and every single stop lead to the same events."""
    first.run(progress=False)
    while True:
        try:
            second.step(phase="next")
        except qr.OutOfRange:
            break
    assert log_of(first) == log_of(second)


@both_ways
@examples(18)
@given(spec=markets(), seed=SEEDS)
def test_how_one_steps_changes_nothing(plain: bool, spec: MarketSpec, seed: int) -> None:
    """Protects the caches of a step: by phases, by days or in one run, the same events follow."""
    market = spec.build()
    check_ways_of_stepping(*(session_of(market, seed, plain=plain) for _ in range(2)))


# ---------------------------------------------------------------------------------------- orders


def walk_orders(session: qr.Session) -> None:
    """Walk the single events; every assertion about the life of orders and about the account holds after each."""
    exchange = session.simulation.exchange
    orders = Orders()
    ended: dict[int, tuple[object, ...]] = {}
    for event in events.records(session.simulation.timeline.branch.log):
        order_id = getattr(event, "order_id", None)
        before = orders.get(order_id) if order_id else None
        status, filled = (None, 0) if before is None else (before.status, before.filled)
        orders.fold(event)
        if order_id is None:
            continue
        order = orders[order_id]
        assert abs(order.quantity) == order.filled + order.leaves + order.canceled
        assert min(order.filled, order.leaves, order.canceled) >= 0
        assert order.filled >= filled
        if status is not None:
            assert any(order.status in ends for (begin, _), ends in TRANSITIONS.items() if begin is status)
        facts = (order.status, order.filled, order.canceled, order.quantity, order.reason, order.ended)
        assert ended.get(order_id, facts) == facts, f"{event} changed an order that was over"
        if order.status.is_final:
            assert order.leaves == 0
            assert order.ended is not None
            assert order.reason is not None or order.filled
            ended[order_id] = facts
    on_margin = not exchange.account.is_plain
    for state in session.simulation.timeline.branch.states:
        assert state.cash >= 0 or session.settings.dividend_tax == "holding_period" or on_margin
        for column, position in state.positions.items():
            free = position.quantity if exchange.same_day[column] else position.sellable(state.day)
            assert 0 <= free <= position.quantity
            assert position.quantity > 0
            assert position.cost >= 0


@both_ways
@examples(35)
@given(spec=markets(), seed=SEEDS)
def test_the_life_of_orders(plain: bool, spec: MarketSpec, seed: int) -> None:
    """Protects the order record: parts add up, nothing leaves a final state, no short position, no debt."""
    session = session_of(spec.build(), seed, plain=plain)
    wander(session, seed)
    walk_orders(session)
    table = session.orders
    assert (table.quantity == table.filled + table.leaves + table.canceled).all()
    assert not (table.status == "QUEUED").any() or (table[table.status == "QUEUED"].ended.isna()).all()
    assert table.index.tolist() == list(range(1, len(table) + 1)), "no request is ever lost"


@examples(25)
@given(markets(), SEEDS)
def test_a_margin_check_after_each_fill_keeps_the_life_of_orders(spec: MarketSpec, seed: int) -> None:
    """Protects the option open_order_margin: orders that it ends are rejected for good, on any market."""
    session = session_of(spec.build(), seed, plain=False, open_order_margin=True)
    session.run(progress=False)
    walk_orders(session)
    for folded, kept in folds(session):
        assert folded == kept


@both_ways
@examples(25)
@given(spec=markets(), seed=SEEDS)
def test_nothing_trades_against_the_rules_of_the_market(plain: bool, spec: MarketSpec, seed: int) -> None:
    """Protects the checks of the match, read from the bars: no fill while suspended, locked or unlisted."""
    market = spec.build()
    session = session_of(market, seed, plain=plain, slippage="none")
    session.run(progress=False)
    panel = market.panel
    taken: dict[tuple[int, int], int] = {}
    for event in events.records(session.simulation.timeline.branch.log):
        if isinstance(event, events.OrderFilled):
            day, column, quantity = event.at.day, event.instrument, event.quantity
            board = market.instruments[column].board
            assert event.at.phase == PHASES.index("OPEN") or (event.at.phase == PHASES.index("CLOSE") and not plain)
            assert panel.volume[day, column] > 0
            assert not panel.paused[day, column]
            assert board != "INDEX"
            # Locked: at the open by its price, later when the price never left the limit.
            top, bottom = panel.limit_up[day, column], panel.limit_down[day, column]
            at_open = event.at.phase == PHASES.index("OPEN")
            cheapest, dearest = (panel.open, panel.open) if at_open else (panel.low, panel.high)
            assert not (quantity > 0 and cheapest[day, column] == top)
            assert not (quantity < 0 and dearest[day, column] == bottom)
            if session.settings.participation is None:
                # Under a cap a trade may have any size: lots are a rule for entering an order.
                least = {"STAR": 200, "BSE": 100}.get(board, 100)
                assert quantity < 0 or quantity >= least
                assert quantity < 0 or board in {"STAR", "BSE"} or quantity % 100 == 0
            taken[day, column] = taken.get((day, column), 0) + abs(quantity)
    if session.settings.participation is not None:
        for (day, column), total in taken.items():
            assert total <= panel.volume[day, column] * session.settings.participation


# ---------------------------------------------------------------------------------------- money


@both_ways
@examples(60)
@given(spec=markets(), seed=SEEDS, costs=st.sampled_from(["default", "historical", "zero"]))
def test_the_books_balance(plain: bool, spec: MarketSpec, seed: int, costs: str) -> None:
    """Protects the money: rebuilt from events and closes alone, each day's change is explained to the fen."""
    session = session_of(spec.build(), seed, plain=plain, costs=costs)
    session.run(progress=False)
    check_books(session, costs)


@examples(30)
@given(markets(), SEEDS, st.booleans())
def test_the_books_balance_with_positions_from_the_start(spec: MarketSpec, seed: int, paid: bool) -> None:
    """Protects ``positions=``: paid from the cash or given, they enter the books at the price before the start."""
    market = spec.build()
    first = 5
    alive = [
        symbol for column, symbol in enumerate(market.symbols)
        if market.panel.first_row[column] < first <= market.panel.last_row[column]
    ]  # fmt: skip
    positions = {symbol: 137 * (place + 1) for place, symbol in enumerate(alive[:3])}
    options = {"positions": positions, "positions_paid": paid, "start": market.days[first], "cash": 3_000_000}
    session = session_of(market, seed, plain=True, costs="historical", **options)
    begun = session.portfolio
    assert round(begun.cash * 100) == 300_000_000 - (round(begun.market_value * 100) if paid else 0)
    assert begun.quantities == positions
    session.run(progress=False)
    check_books(session, "historical")


def check_profits(session: qr.Session) -> None:
    """At every stop the two profits make up the total, which is what the equity has gained."""
    for _ in range(len(session.simulation.timeline.branch.states) - 1):
        account = session.portfolio
        fen = [round(profit * 100) for profit in (account.floating_profit, account.realised_profit, account.profit)]
        assert fen[0] + fen[1] == fen[2]
        assert round(account.equity * 100) - round(account.starting_equity * 100) == fen[2]
        session.back()


@both_ways
@examples(20)
@given(spec=markets(), seed=SEEDS)
def test_floating_and_realised_profit_make_up_the_total(plain: bool, spec: MarketSpec, seed: int) -> None:
    """Protects the two profits: at every stop they add up to the total, to the fen, whatever happened."""
    session = session_of(spec.build(), seed, plain=plain)
    wander(session, seed)
    check_profits(session)


# ---------------------------------------------------------------------------------------- time


@examples(20)
@given(markets(), SEEDS, st.data())
def test_back_then_forward_is_the_identity(spec: MarketSpec, seed: int, data: st.DataObject) -> None:
    """Protects time travel: wherever one goes and however one returns, state, memory and digest are the same."""
    session = session_of(spec.build(), seed)
    wander(session, seed)
    stops = len(session.simulation.timeline.branch.states)

    def picture() -> tuple[object, ...]:
        driver = session.simulation.keeper.memory.roots[1]
        memory = (dict(session.memory), driver["placed"], list(driver["tickets"]))
        return (
            session.simulation.timeline.state,
            session.digest(),
            memory,
            session.now,
            len(session.orders),
            session.portfolio.equity,
        )

    seen = {stops - 1: picture()}
    position = stops - 1
    for _ in range(12):
        if data.draw(st.booleans()) and position:
            count = data.draw(st.integers(1, position))
            session.back(count)
            position -= count
        elif position < stops - 1:
            day = session.simulation.timeline.branch.states[data.draw(st.integers(1, stops - 1))].day
            session.goto(session.market.days[day])
            position = session.simulation.timeline.cursor
        else:
            continue
        assert seen.setdefault(position, picture()) == picture()
    if position < stops - 1:
        session.step(stops - 1 - position, phase="next")
    assert session.simulation.timeline.at_tip
    assert picture() == seen[stops - 1]
    assert len(session.simulation.timeline.branches) == 1


@examples(15)
@given(markets(), SEEDS)
def test_two_runs_have_one_digest(spec: MarketSpec, seed: int) -> None:
    """Protects determinism: the same market built twice and the same strategy give one digest and the same tables."""
    runs = []
    for _ in range(2):
        session = session_of(spec.build(), seed)
        session.run(progress=False)
        runs.append(session)
    assert runs[0].digest() == runs[1].digest()
    pd.testing.assert_frame_equal(runs[0].orders, runs[1].orders, check_exact=True)
    pd.testing.assert_frame_equal(runs[0].fills, runs[1].fills, check_exact=True)


@both_ways
@examples(15)
@given(spec=markets(), seed=SEEDS, data=st.data())
def test_a_step_that_raises_leaves_everything_and_can_be_taken_again(
    plain: bool, spec: MarketSpec, seed: int, data: st.DataObject
) -> None:
    """Protects the step as a transaction: a failure moves nothing, and the mended step gives the same future."""
    market = spec.build()
    day, phase = data.draw(st.integers(1, len(market.days) - 1)), data.draw(st.sampled_from(PHASES))
    whole = session_of(market, seed, plain=plain)
    whole.run(progress=False)
    session = session_of(market, seed, plain=plain, raise_at=(day, phase))
    with pytest.raises(qr.StrategyError) as caught:
        session.run(progress=False)
    assert (caught.value.day, caught.value.phase) == (str(market.days[day]), phase)
    state, digest, memory = session.simulation.timeline.state, session.digest(), dict(session.memory)
    log = list(session.simulation.timeline.branch.log)
    with pytest.raises(qr.StrategyError):
        session.run(progress=False)
    assert session.simulation.timeline.state is state
    assert session.digest() == digest
    assert dict(session.memory) == memory
    assert session.simulation.timeline.branch.log == log
    session.strategy.roots[0]["raise_at"] = None
    session.run(progress=False)
    assert session.digest() == whole.digest()


@examples(20)
@given(markets(), SEEDS, st.data())
def test_acting_from_the_past_keeps_the_old_future(spec: MarketSpec, seed: int, data: st.DataObject) -> None:
    """Protects branches: the old branch is not touched, the new one begins with the same events."""
    session = session_of(spec.build(), seed)
    session.run(progress=False)
    main = session.simulation.timeline.branch
    log, stops = list(main.log), list(main.states)
    session.back(data.draw(st.integers(1, len(stops) - 1)))
    count = session.simulation.timeline.count
    session.order(sorted(session.market.symbols)[0], 100)
    branch = session.simulation.timeline.branch
    assert branch is not main
    assert (branch.parent, branch.log[:count]) == (main, log[:count])
    session.run(progress=False)
    assert (main.log, main.states) == (log, stops)
    for folded, kept in folds(session):
        assert folded == kept
    walk_orders(session)


# ---------------------------------------------------------------------------------------- what is visible


def hidden(market: qr.Market, day: int, phase: str) -> dict[str, np.ndarray]:
    """(T, N) masks of what nobody can know yet at a moment, per field.

    Reference prices and limits of a day are published before its open, as is that a share is suspended or under a
    risk warning.
    """
    later = np.zeros(market.panel.shape, dtype=bool)
    later[day + 1 :] = True
    today = later.copy()
    today[day] = True
    at_open, at_close = PHASES.index(phase) >= PHASES.index("OPEN"), PHASES.index(phase) >= PHASES.index("CLOSE")
    masks = dict.fromkeys((*FIELDS, "paused", "is_st"), later)
    if not at_close:
        masks |= dict.fromkeys(("high", "low", "close", "volume", "turnover"), today)
    if not at_open:
        masks["open"] = today
    return masks


def poisoned(market: qr.Market, day: int, phase: str, poison: str) -> qr.Market:
    """The market with everything that is hidden at a moment replaced.

    "garbage" puts other numbers where there are some, and so keeps which rows exist; "nan" removes them.
    """
    panel = market.panel
    arrays = {}
    for name, mask in hidden(market, day, phase).items():
        values = getattr(panel, name).copy()
        if values.dtype == bool:
            values[mask] ^= poison == "garbage"
        else:
            values[mask] = np.nan if poison == "nan" else values[mask] * 1.7 + 3
        arrays[name] = values
    actions = tuple(action for action in market.actions if action.ex_day <= day)
    return replace(market, panel=replace(panel, **arrays), actions=actions)


def run_to(session: qr.Session, day: int, phase: str) -> list[events.Record]:
    """Everything that happens up to a moment."""
    if day:
        session.run(until=session.market.days[day - 1], progress=False)
    while (session.simulation.timeline.state.day, session.now.phase) != (day, phase):
        session.step(phase="next")
    return list(events.records(session.simulation.timeline.branch.log))


def options_for(seed: int, phase: str) -> dict[str, object]:
    """A volume cap and volume slippage read the whole bar when they match, as documented: not while it is hidden."""
    if phase in {"OPEN", "INTRADAY"}:
        return {"participation": None, "slippage": ["none", ("bps", 7.0), ("fixed", 0.013)][seed % 3]}
    return {}


@pytest.mark.parametrize("poison", ["nan", "garbage"])
@examples(60)
@given(spec=markets(), seed=SEEDS, data=st.data())
def test_poisoning_what_is_hidden_changes_nothing(
    poison: str, spec: MarketSpec, seed: int, data: st.DataObject
) -> None:
    """Protects against look-ahead: other numbers in all that is hidden at a moment, and the same events to then."""
    market = spec.build()
    day, phase = data.draw(st.integers(1, len(market.days) - 1)), data.draw(st.sampled_from(PHASES))
    options = options_for(seed, phase)
    true = run_to(session_of(market, seed, **options), day, phase)
    false = run_to(session_of(poisoned(market, day, phase, poison), seed, **options), day, phase)
    assert false == true


def two_markets(*, quiet: bool, returns: bool) -> qr.Market:
    """Two shares over six days: the first has an unflagged day without volume (day 2), or rows only up to day 2."""
    days = pd.bdate_range("2024-01-02", periods=6)
    rows = []
    for number, day in enumerate(days):
        for symbol in ("600001.SH", "600002.SH"):
            first = symbol == "600001.SH"
            if first and not quiet and (number == 3 or (number > 3 and not returns)):
                continue
            volume = 0.0 if first and quiet and number == 2 else 1e6
            bar = {"open": 10.0, "high": 10.1, "low": 9.9, "close": 10.0, "volume": volume, "paused": False}
            rows.append({"date": day, "symbol": symbol, **bar})
    return qr.read_market(pd.DataFrame(rows))


def test_whether_the_rows_go_on_is_not_known_today() -> None:
    """Protects against look-ahead at the end of data: up to the first missing row both futures look the same."""
    seen = []
    for returns in (True, False):
        session = qr.Session(two_markets(quiet=False, returns=returns), cash=100_000)
        session.buy("600001", 1000)
        session.step(4)
        session.order("600001", 100)
        seen.append(list(events.records(session.simulation.timeline.branch.log)))
    assert seen[0] == seen[1]


def test_volume_of_the_day_is_not_known_at_its_open() -> None:
    """Protects the visibility by phase: without a volume cap, the day's volume decides nothing at the open.

    But that nobody traded at all: an opening price without a trade is none.
    """
    seen = []
    market = two_markets(quiet=True, returns=True)
    for volume in (1.0, 1e6):
        array = market.panel.volume.copy()
        array[2, 0] = volume
        session = qr.Session(replace(market, panel=replace(market.panel, volume=array)), cash=100_000)
        session.step(2)
        session.buy("600001", 1000)
        session.step(phase="OPEN")
        seen.append(list(events.records(session.simulation.timeline.branch.log)))
    assert seen[0] == seen[1]


# ---------------------------------------------------------------------------------------- symmetry


@both_ways
@examples(18)
@given(spec=markets(), seed=SEEDS, data=st.data())
def test_permuting_the_symbols_permutes_the_result(
    plain: bool, spec: MarketSpec, seed: int, data: st.DataObject
) -> None:
    """Protects against an order of columns that matters: the same orders on permuted columns do the same."""
    order = tuple(data.draw(st.permutations(range(spec.symbols))))
    plain, permuted = session_of(spec.build(), seed, plain=plain), session_of(spec.build(order), seed, plain=plain)
    for session in (plain, permuted):
        session.run(progress=False)
    assert permuted.market.symbols == tuple(plain.market.symbols[place] for place in order)
    pd.testing.assert_frame_equal(plain.orders, permuted.orders, check_exact=True)
    pd.testing.assert_frame_equal(plain.fills, permuted.fills, check_exact=True)
    pd.testing.assert_frame_equal(plain.positions, permuted.positions, check_exact=True)
    pd.testing.assert_series_equal(plain.equity, permuted.equity, check_exact=True)


# ---------------------------------------------------------------------------------------- the generator itself


def test_the_random_markets_meet_every_rule() -> None:
    """Protects these tests from growing blunt: the random runs meet every kind of event and every reason."""
    log, reasons = set(), set()
    for seed in range(60):
        session = session_of(MarketSpec(seed * 7919 + 1, 3 + seed % 6, 15 + seed % 46).build(), seed)
        session.run(progress=False)
        for event in events.records(session.simulation.timeline.branch.log):
            log.add(type(event).__name__)
            reasons.add(getattr(event, "reason", None))
    # One rule is that of the scripts of a platform only: the same random orders, sized as these are.
    script = session_of(MarketSpec(7920, 8, 40).build(), 1)
    script.simulation.do(ChangeSettings(replace(script.settings, sizing="floor")))
    for event in events.records(script.run(progress=False).simulation.timeline.branch.log):
        reasons.add(getattr(event, "reason", None))
    # What kinds of account post that are not cash shares: tests/unit/test_account_kinds.py.
    wanted = {kind.__name__ for kind in set(events.Record.__args__) - set(events.Posting.__args__)}
    by_hand = {"PositionSeeded", "SettingsChanged", "UpdateRequested", "UpdateRefused"}
    of_several_accounts = {"AccountAdded", "Instructed", "Transferred"}
    assert wanted - log == by_hand | of_several_accounts
    elsewhere = {
        Reason.BELOW_FILLED, Reason.OPEN_ORDER_MARGIN, Reason.NO_TRADES, Reason.GOOD_TILL_OVER, Reason.ORDER_MAXIMUM,
        Reason.AWAITS_ENTRY, Reason.POSITION_CLOSED, Reason.PRICE_CAGE, Reason.CLOSING_AUCTION, Reason.CIRCUIT_BREAKER,
        Reason.NO_AFTER_HOURS, Reason.ROUTE_CLOSED, Reason.INSUFFICIENT_MARGIN, Reason.NOTHING_TO_CLOSE,
        Reason.EXPIRED_CONTRACT, Reason.NOT_FINANCEABLE, Reason.NOT_LENDABLE, Reason.NO_BORROW, Reason.CREDIT_LINE,
        Reason.SHORT_PRICE_RULE, Reason.SHORT_PROCEEDS_LOCKED, Reason.SAME_DAY_RETURN, Reason.NO_DEBT,
        Reason.CONCENTRATION, Reason.MAINTENANCE_BELOW_LINE, Reason.COVERED_SHORTFALL, Reason.UNITS_LOCKED,
        Reason.POSITION_LIMIT, Reason.INSUFFICIENT_PLEDGE, Reason.QUALIFIED_ONLY, Reason.BOND_LOT, Reason.NOT_CARRIED,
        Reason.REPO_MULTIPLE, Reason.CALLED, Reason.MATURED, Reason.TRANSFER_BEYOND_CASH, Reason.TRANSFER_RESERVED,
        Reason.TRANSFER_BOUND, Reason.SIDE_LIMIT,
    }  # fmt: skip
    assert set(Reason) - elsewhere <= reasons, "these have tests of their own"


@examples(25)
@given(markets(), SEEDS)
def test_the_fast_way_through_a_match_is_the_exact_way(spec: MarketSpec, seed: int) -> None:
    """Protects the batch of market orders: by numbers, by arrays, or one by one by the rules, they end the same."""
    market = spec.build()
    runs = []
    for way in ("numbers", "arrays", "exact"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(meeting, "FEW", 10**6 if way == "numbers" else 0)
            if way == "exact":
                patch.setattr(matching, "_is_special", lambda *_: True)
            # Only the exact way knows what these do.
            options = {"reserve": "none", "cancel_latency": "none"}
            runs.append(session_of(market, seed, plain=True, **options).run(progress=False))
    numbers, arrays, slow = runs
    assert numbers.digest() == arrays.digest()
    order = ["day", "order_id"]
    pd.testing.assert_frame_equal(numbers.fills.sort_values(order), slow.fills.sort_values(order), check_exact=True)
    pd.testing.assert_frame_equal(numbers.orders, slow.orders, check_exact=True)
    pd.testing.assert_series_equal(numbers.equity, slow.equity, check_exact=True)


class AtTheClose:
    """Holds some of everything, and acts at random, at the close alone: the other phases are nobody's."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver

    def initialize(self, context) -> None:
        """Begin to count."""
        context.calls = 0

    def handle_data(self, context, data) -> None:
        """Act."""
        if data.day % 4 == 0:
            for symbol in sorted(set(context.symbols) - set(context.portfolio.quantities)):
                context.order(symbol, 300)
        self.driver.act(context, data, "CLOSE")


@examples(25)
@given(markets(), SEEDS)
def test_phases_that_nobody_looks_at_are_passed_over_only_where_nothing_happens(spec: MarketSpec, seed: int) -> None:
    """Protects the clock that passes idle phases over: actions, delistings and frozen positions come all the same."""
    market, logs = spec.build(), []
    for asks_every_phase in (False, True):
        with pytest.MonkeyPatch.context() as patch:
            if asks_every_phase:
                patch.setattr(CashShares, "stirred_by", AccountKind.stirred_by)
            strategy = AtTheClose(Driver(seed, sorted(market.symbols), plain=seed % 2 == 0))
            session = qr.Session(market, strategy=strategy, **options_of(seed, cash=300_000)).run(progress=False)
        logs.append((session.digest(), [state.at for state in session.simulation.timeline.branch.states]))
    assert logs[0] == logs[1]


def test_the_driver_sees_no_more_than_a_strategy() -> None:
    """Protects the poisoning test: the random strategy itself draws from seed, day and phase alone."""
    market = MarketSpec(11, 5, 30).build()
    once, again = (Driver(3, sorted(market.symbols)) for _ in range(2))
    logs = [list(events.records(run.simulation.timeline.branch.log)) for driver in (once, again)
            for run in [qr.Session(market, strategy=driver, cash=10**6).run(progress=False)]]  # fmt: skip
    assert logs[0] == logs[1]
    assert once.placed == again.placed > 0
