"""The promises of the design on the clock of the same bar: random markets, requests of every kind at every phase."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pandas as pd
import pytest
from books import check_books
from hypothesis import given
from hypothesis import strategies as st
from markets import PHASES, MarketSpec, markets, session_of
from test_invariants import (
    SEEDS,
    both_ways,
    check_profits,
    check_ways_of_stepping,
    examples,
    folds,
    options_for,
    poisoned,
    run_to,
    walk_orders,
    wander,
)

import qresearch as qr
from qresearch.book.orders import Orders
from qresearch.domain import events
from qresearch.domain.order import Status

pytestmark = pytest.mark.filterwarnings("ignore::qresearch.MarketWarning")
OPEN, CLOSE = PHASES.index("OPEN"), PHASES.index("CLOSE")


def same_bar(market: qr.Market, seed: int, **options: object) -> qr.Session:
    """A session with the random driver on the clock of the same bar."""
    return session_of(market, seed, clock="same_bar", **options)


@both_ways
@examples(30)
@given(spec=markets(), seed=SEEDS)
def test_every_state_folds_and_every_order_lives_by_the_table(plain: bool, spec: MarketSpec, seed: int) -> None:
    """Protects the journal and the order record: events are the whole truth, parts add up, nothing leaves an end."""
    session = same_bar(spec.build(), seed, plain=plain)
    wander(session, seed)
    for folded, kept in folds(session):
        assert folded == kept
    walk_orders(session)


@examples(20)
@given(markets(), SEEDS)
def test_a_margin_check_after_each_fill_keeps_the_life_of_orders(spec: MarketSpec, seed: int) -> None:
    """Protects the option open_order_margin, which ends other orders inside the call of one."""
    session = same_bar(spec.build(), seed, plain=False, open_order_margin=True)
    session.run(progress=False)
    walk_orders(session)
    for folded, kept in folds(session):
        assert folded == kept


@both_ways
@examples(40)
@given(spec=markets(), seed=SEEDS, costs=st.sampled_from(["default", "historical", "zero"]))
def test_the_books_balance(plain: bool, spec: MarketSpec, seed: int, costs: str) -> None:
    """Protects the money: rebuilt from events and closes alone, each day's change is explained to the fen."""
    session = same_bar(spec.build(), seed, plain=plain, costs=costs)
    session.run(progress=False)
    check_books(session, costs)


@both_ways
@examples(15)
@given(spec=markets(), seed=SEEDS)
def test_what_is_asked_in_trading_hours_is_over_or_rests_when_the_call_returns(
    plain: bool, spec: MarketSpec, seed: int
) -> None:
    """Protects the clock itself: no request of trading hours is left queued, no market order is left working.

    Only an order for the open, given after it, waits.
    """
    session = same_bar(spec.build(), seed, plain=plain)
    session.run(progress=False)
    orders, asked = Orders(), None
    for event in events.records(session.simulation.timeline.branch.log):
        if asked is not None and not isinstance(event, (events.OrderQueued, events.OrderReleased)):
            same = getattr(event, "order_id", None) == asked.order_id
            order = orders[asked.order_id]
            kind = order.terms.kind.value
            in_hours = OPEN <= asked.at.phase <= CLOSE
            if not same and in_hours and not (kind == "MARKET_ON_OPEN" and asked.at.phase > OPEN):
                assert order.status is not Status.QUEUED
                assert order.status.is_final or kind not in {"MARKET", "MARKET_ON_OPEN"}
            if not same:
                asked = None
        orders.fold(event)
        if isinstance(event, events.OrderCreated):
            asked = event


@both_ways
@examples(20)
@given(spec=markets(), seed=SEEDS)
def test_nothing_trades_against_the_rules_of_the_market(plain: bool, spec: MarketSpec, seed: int) -> None:
    """Protects the checks and the price, read from the bars: the open until the close, then the close or a limit."""
    market = spec.build()
    session = same_bar(market, seed, plain=plain, slippage="none")
    session.run(progress=False)
    panel, placed, terms = market.panel, {}, {}
    taken: dict[tuple[int, int], int] = {}
    for event in events.records(session.simulation.timeline.branch.log):
        if isinstance(event, events.OrderCreated):
            placed[event.order_id], terms[event.order_id] = (event.at.day, event.at.phase), event.terms
        if not isinstance(event, events.OrderFilled):
            continue
        day, column, quantity = event.at.day, event.instrument, event.quantity
        assert OPEN <= event.at.phase <= CLOSE
        assert panel.volume[day, column] > 0
        last = (panel.close if event.at.phase == CLOSE else panel.open)[day, column]
        at_once = placed[event.order_id] == (day, event.at.phase)
        if event.at.phase < CLOSE or at_once:
            assert event.price == last
            assert not (quantity > 0 and last == panel.limit_up[day, column])
            assert not (quantity < 0 and last == panel.limit_down[day, column])
        else:
            assert terms[event.order_id].kind.value != "MARKET"
            assert panel.low[day, column] <= event.price <= panel.high[day, column]
        limit = terms[event.order_id].limit_price
        if limit is not None and market.by_day == {}:
            assert quantity * event.price <= quantity * limit
        taken[day, column] = taken.get((day, column), 0) + abs(quantity)
    if session.settings.participation is not None:
        for (day, column), total in taken.items():
            assert total <= panel.volume[day, column] * session.settings.participation


@both_ways
@examples(15)
@given(spec=markets(), seed=SEEDS)
def test_how_one_steps_changes_nothing(plain: bool, spec: MarketSpec, seed: int) -> None:
    """Protects the caches of a step: by phases or in one run, the same events follow."""
    market = spec.build()
    check_ways_of_stepping(*(same_bar(market, seed, plain=plain) for _ in range(2)))


@both_ways
@examples(15)
@given(spec=markets(), seed=SEEDS)
def test_floating_and_realised_profit_make_up_the_total(plain: bool, spec: MarketSpec, seed: int) -> None:
    """Protects the two profits: at every stop they add up to the total, to the fen, whatever happened."""
    session = same_bar(spec.build(), seed, plain=plain)
    wander(session, seed)
    check_profits(session)


@pytest.mark.parametrize("poison", ["nan", "garbage"])
@examples(40)
@given(spec=markets(), seed=SEEDS, data=st.data())
def test_poisoning_what_is_hidden_changes_nothing(
    poison: str, spec: MarketSpec, seed: int, data: st.DataObject
) -> None:
    """Protects against look-ahead, to which a clock that fills inside the call is closest."""
    market = spec.build()
    day, phase = data.draw(st.integers(1, len(market.days) - 1)), data.draw(st.sampled_from(PHASES))
    options = options_for(seed, phase)
    true = run_to(same_bar(market, seed, **options), day, phase)
    false = run_to(same_bar(poisoned(market, day, phase, poison), seed, **options), day, phase)
    assert false == true


@both_ways
@examples(12)
@given(spec=markets(), seed=SEEDS, data=st.data())
def test_a_step_that_raises_leaves_everything_and_can_be_taken_again(
    plain: bool, spec: MarketSpec, seed: int, data: st.DataObject
) -> None:
    """Protects the step as a transaction: fills of a failed call are gone too, and the mended step gives the same."""
    market = spec.build()
    day, phase = data.draw(st.integers(1, len(market.days) - 1)), data.draw(st.sampled_from(PHASES))
    whole = same_bar(market, seed, plain=plain).run(progress=False)
    session = same_bar(market, seed, plain=plain, raise_at=(day, phase))
    with pytest.raises(qr.StrategyError) as caught:
        session.run(progress=False)
    assert (caught.value.day, caught.value.phase) == (str(market.days[day]), phase)
    session.strategy.roots[0]["raise_at"] = None
    session.run(progress=False)
    assert session.digest() == whole.digest()


@both_ways
@examples(12)
@given(spec=markets(), seed=SEEDS, data=st.data())
def test_a_journal_comes_back_and_a_rerun_finds_the_same(
    plain: bool, spec: MarketSpec, seed: int, data: st.DataObject
) -> None:
    """Protects keeping and time travel: commands done again by the engine alone, or by the strategy, do the same."""
    market = spec.build()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.qsession"
        session = same_bar(market, seed, plain=plain, journal=path)
        wander(session, seed)
        assert qr.Session.resume(path, market).digest() == session.digest()
    session = same_bar(market, seed, plain=plain).run(progress=False)
    end = session.digest()
    session.goto(market.days[data.draw(st.integers(0, len(market.days) - 1))])
    while not session.simulation.timeline.at_tip:
        session.step(phase="next", rerun=True)
    assert session.digest() == end
    assert len(session.branches) == 1


@both_ways
@examples(12)
@given(spec=markets(), seed=SEEDS, data=st.data())
def test_permuting_the_symbols_permutes_the_result(
    plain: bool, spec: MarketSpec, seed: int, data: st.DataObject
) -> None:
    """Protects against an order of columns that matters: the same orders on permuted columns do the same."""
    order = tuple(data.draw(st.permutations(range(spec.symbols))))
    runs = [same_bar(market, seed, plain=plain).run(progress=False) for market in (spec.build(), spec.build(order))]
    pd.testing.assert_frame_equal(runs[0].orders, runs[1].orders, check_exact=True)
    pd.testing.assert_frame_equal(runs[0].fills, runs[1].fills, check_exact=True)
    pd.testing.assert_series_equal(runs[0].equity, runs[1].equity, check_exact=True)
