"""What is read of a log bit by bit is what a fresh reading of the whole log gives, wherever one looks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from markets import Driver, MarketSpec, markets, options_of
from minutes import MinuteDriver, MinuteSpec, minute_markets
from test_invariants import SEEDS, examples

import qresearch as qr
from qresearch.book.orders import Orders
from qresearch.session.simulation import Simulation

pytestmark = pytest.mark.filterwarnings("ignore::qresearch.MarketWarning")


def check(simulation: Simulation) -> None:
    """The orders of now, and of every branch at its cursor, are those of their logs read from the beginning."""
    assert dict(simulation.orders.now()) == dict(Orders().read(simulation.log))
    for branch in simulation.timeline.branches.values():
        fresh = Orders().read(branch.log[: branch.counts[branch.cursor]])
        found = simulation.orders.on(branch)
        assert (dict(found), len(found), [order.order_id for order in found.open]) == (
            dict(fresh), len(fresh), [order.order_id for order in fresh.open],
        )  # fmt: skip
        assert simulation.order(branch, len(fresh) + 1) is None or branch is simulation.timeline.branch


class Looker(Driver):
    """A :class:`Driver` that looks at the orders before and after it acts, now at these, now at those of a branch."""

    def act(self, context, data, phase: str) -> None:
        """Look, act and look again."""
        check(context.simulation)
        super().act(context, data, phase)
        assert dict(context.simulation.orders.now()) == dict(Orders().read(context.simulation.log))


class MinuteLooker(MinuteDriver, Looker):
    """The same, which is also called at every bar."""


def travel(session: qr.Session, seed: int, moves: int) -> None:
    """Go and act at random, over branches, and check after every move."""
    rng = np.random.default_rng([seed, 79])
    timeline, symbols = session.simulation.timeline, sorted(session.market.symbols)
    for number in range(moves):
        kind = rng.random()
        try:
            if kind < 0.3:
                session.step(phase="next" if kind < 0.15 else None)
            elif kind < 0.4:
                session.step(2, rerun=True)
            elif kind < 0.5:
                session.goto(int(rng.integers(len(timeline.branch.states))))
            elif kind < 0.6:
                session.branches.switch(str(rng.choice(list(timeline.branches))))
            elif kind < 0.65:
                session.branch(f"tried {number}")
            elif kind < 0.7:
                session.what_if("order", symbols[0], 300)
            elif kind < 0.9 or not len(session.orders):
                session.order(symbols[int(rng.integers(len(symbols)))], int(rng.choice([-200, 100, 300])))
            else:
                session.cancel(str(rng.integers(1, len(session.orders) + 1)))
        except qr.OutOfRange:
            session.goto(0)
        check(session.simulation)


@examples(25)
@given(spec=markets(), seed=SEEDS)
def test_orders_are_a_fresh_reading_of_the_log(spec: MarketSpec, seed: int) -> None:
    """Protects the one cache of orders: after any move, on any branch and inside callbacks, it is the log."""
    market = spec.build()
    looker = Looker(seed, sorted(market.symbols), plain=False)
    travel(qr.Session(market, strategy=looker, **options_of(seed)), seed, 30)


@examples(10)
@given(spec=minute_markets(), seed=SEEDS)
def test_orders_are_a_fresh_reading_inside_the_day(spec: MinuteSpec, seed: int) -> None:
    """Protects the same between bars, on the clock where an order may be over when its call returns."""
    market = spec.build()
    looker = MinuteLooker(seed, sorted(market.symbols), plain=False)
    travel(qr.Session(market, strategy=looker, clock="same_bar", **options_of(seed)), seed, 20)
