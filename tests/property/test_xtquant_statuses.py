"""The states of orders as XtQuant numbers them, for random lives on the clock `counter`, with backs and branches."""

from __future__ import annotations

from collections import Counter
from copy import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markets import PHASES, MarketSpec, markets
from minutes import taken_apart

import qresearch as qr
from qresearch.book.orders import Orders
from qresearch.book.timeline import Branch
from qresearch.dialects import xtquant
from qresearch.dialects.xtquant.counter_words import PRICES, status_of
from qresearch.domain import events

pytestmark = pytest.mark.filterwarnings("ignore::qresearch.MarketWarning")

NEXT = {
    48: {49, 50, 57}, 49: {50, 51, 54, 57}, 50: {51, 54, 55, 56, 57}, 51: {50, 52, 54, 55, 56}, 52: {53, 55, 56},
    53: set(), 54: set(), 55: {52, 53, 56}, 56: set(), 57: set(),
}  # fmt: skip
"""What may follow each state: nothing follows 53, 54, 56 and 57, and what has traded stays so.

A cancel that is refused gives 51 and 52 back their 50 and 55.
"""
MOVES = ["order"] * 5 + ["cancel"] * 3 + ["step"] + ["phase"] * 3 + ["back", "branch", "tip"]
met: Counter[tuple[int, int]] = Counter()


class Life:
    """One account that a trader and a person drive.

    Parameters
    ----------
    spec : MarketSpec
    seed : int
    """

    def __init__(self, spec: MarketSpec, seed: int) -> None:
        self.rng = np.random.default_rng([seed, spec.seed])
        market = spec.build()
        if self.rng.random() < 0.3:
            market = taken_apart(market, seed, 3, quotes=False)
        participation = float(self.rng.choice([0.0002, 0.001, 1.0]))
        self.session = qr.Session(market, clock="counter", cash=500_000, participation=participation)
        self.told: list[tuple[Branch, int, int]] = []

    def act(self, trader: Any, account: Any, moves: list[str]) -> None:
        """Do some moves."""
        session, rng = self.session, self.rng
        for move in moves:
            try:
                if move == "order":
                    self.order(trader, account)
                elif move == "cancel":
                    for order in trader.query_stock_orders(account, cancelable_only=bool(rng.random() < 0.9)):
                        if rng.random() < 0.5:
                            answer = trader.cancel_order_stock(account, order.order_id)
                            assert answer in {0, -1}
                elif move == "step":
                    session.step()
                elif move == "phase":
                    session.step(phase=str(rng.choice(["next", "OPEN", "OPEN", *PHASES])))
                elif move == "back":
                    session.back(int(rng.integers(1, 4)))
                elif move == "branch":
                    session.branch(f"b{len(session.simulation.timeline.branches)}")
                else:
                    session.goto(-1)
            except qr.OutOfRange:
                continue

    def order(self, trader: Any, account: Any) -> None:
        """Send a random order, of any kind of price, also such as no counter takes."""
        rng, session = self.rng, self.session
        code = str(rng.choice(session.market.symbols))
        last = session.simulation.view.last_price(session.market.column(code))
        price = round(last * float(rng.choice([0.85, 0.98, 1.0, 1.02, 1.05])), 2) if last > 0 else 10.0
        kind = int(rng.choice([11, 11, 5, 5, *PRICES]))
        side = 24 if session.portfolio.quantities.get(code) and rng.random() < 0.5 else int(rng.choice([23] * 9 + [24]))
        number = trader.order_stock(account, code, side, int(rng.choice([100, 150, 1000, 5000, 50_000])), kind, price)
        assert number in {-1, session.simulation.account.orders}

    def on_stock_order(self, order: Any) -> None:
        """What is pushed."""
        self.told.append((self.session.simulation.timeline.branch, order.order_id, order.order_status))

    def check(self) -> None:
        """Every change of a state is an allowed one, as derived from the events and as told to the callback."""
        for branch in self.session.simulation.timeline.branches.values():
            orders = Orders()
            now: dict[int, int] = {}
            for event in events.records(branch.log):
                orders.fold(event)
                number = getattr(event, "order_id", None)
                if number is None:
                    continue
                self.follow(now, number, status_of(copy(orders[number])))
        told: dict[tuple[int, int], int] = {}
        for branch, number, status in self.told:
            self.follow(told, (id(branch), number), status)

    @staticmethod
    def follow(now: dict[Any, int], key: Any, status: int) -> None:
        """Go from the state before to the next one."""
        before = now.get(key)
        if before is not None and before != status:
            assert status in NEXT[before], f"{before} to {status}"
            met[before, status] += 1
        now[key] = status


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(spec=markets(), seed=st.integers(0, 2**32 - 1), moves=st.lists(st.sampled_from(MOVES), min_size=10, max_size=40))
def _lives(spec: MarketSpec, seed: int, moves: list[str]) -> None:
    life = Life(spec, seed)
    with xtquant.installed(life.session) as modules:
        trader = modules["xtquant.xttrader"].XtQuantTrader("userdata_mini", 1, life)
        account = modules["xtquant.xttype"].StockAccount("1")
        trader.start()
        assert (trader.connect(), trader.subscribe(account)) == (0, 0)
        life.act(trader, account, moves)
        trader.query_stock_asset(account)
    life.check()


def test_states_follow_only_the_allowed_order() -> None:
    """Protects 1.7: whatever happens to an order, on any branch, its state moves on as documented and never back."""
    met.clear()
    _lives()
    for change in [(49, 50), (50, 51), (51, 54), (50, 54), (50, 55), (50, 56), (50, 57)]:
        assert met[change], (change, met)
