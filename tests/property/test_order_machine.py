"""The whole life of orders, driven at random: any order, any change of it, any way through time, on any market.

A rule-based machine places orders of every type and time in force, updates and cancels them, steps by days and by
phases, goes back, goes on another branch, and checks after every rule that the account and the orders add up. At the
end of each run every branch is folded again from its events and its books are rebuilt. What was met on the way is
counted, and a state, reason, type or time in force that was never met is a failure. Every third market has bars inside
its days. ``QRESEARCH_NIGHTLY=1 pytest tests/property/test_order_machine.py`` makes more than 100,000 steps.
"""

from __future__ import annotations

from collections import Counter
from copy import copy
from dataclasses import dataclass, field

import numpy as np
import pytest
from books import check_books
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from markets import PHASES, MarketSpec, markets
from minutes import taken_apart
from test_invariants import IS_NIGHTLY, folds, walk_orders

import qresearch as qr
from qresearch import terms
from qresearch.book.orders import OrderRecord, Orders
from qresearch.book.timeline import Branch
from qresearch.domain import events
from qresearch.domain.order import Status
from qresearch.domain.reasons import Reason
from qresearch.domain.terms import STOP_KINDS, TRIGGERED_KINDS, Kind, TimeInForce

pytestmark = pytest.mark.filterwarnings("ignore::qresearch.MarketWarning")

FEWEST_STEPS = 100_000 if IS_NIGHTLY else 10_000
EXAMPLES, STEPS = 1_500 if IS_NIGHTLY else 300, 80
NOT_HERE: dict[Reason, str] = {
    Reason.CLOSING_AUCTION: "its bars inside the day are few, and it rarely cancels in the last of them",
    Reason.DAILY_MAXIMUM: "its orders are for a few thousand shares, or for more than any order may be",
    **dict.fromkeys(
        (Reason.INSUFFICIENT_MARGIN, Reason.NOTHING_TO_CLOSE, Reason.EXPIRED_CONTRACT, Reason.SIDE_LIMIT),
        "of contracts",
    ),
    **dict.fromkeys(
        (Reason.TRANSFER_BEYOND_CASH, Reason.TRANSFER_RESERVED, Reason.TRANSFER_BOUND),
        "of money between accounts",
    ),
    **dict.fromkeys(
        (
            Reason.NOT_FINANCEABLE,
            Reason.NOT_LENDABLE,
            Reason.NO_BORROW,
            Reason.CREDIT_LINE,
            Reason.SHORT_PRICE_RULE,
            Reason.SHORT_PROCEEDS_LOCKED,
            Reason.SAME_DAY_RETURN,
            Reason.NO_DEBT,
            Reason.CONCENTRATION,
            Reason.MAINTENANCE_BELOW_LINE,
        ),
        "of margin trading: tests/property/test_margin_lives.py",
    ),
    **dict.fromkeys(
        (Reason.COVERED_SHORTFALL, Reason.UNITS_LOCKED, Reason.POSITION_LIMIT),
        "of options: tests/property/test_option_lives.py",
    ),
    **dict.fromkeys(
        (
            Reason.INSUFFICIENT_PLEDGE,
            Reason.QUALIFIED_ONLY,
            Reason.BOND_LOT,
            Reason.NOT_CARRIED,
            Reason.REPO_MULTIPLE,
            Reason.CALLED,
            Reason.MATURED,
        ),
        "of bonds: tests/property/test_bond_lives.py",
    ),
    Reason.ROUTE_CLOSED: "of a table that it is not given",
    Reason.CIRCUIT_BREAKER: "its days are in 2022, and the two of the circuit breaker in 2016",
    Reason.PROTECTION_PRICE: "asked for on JoinQuant only, of market orders on the STAR board",
}
"""Reasons that this machine cannot meet, and why."""
UNREACHABLE = {
    Reason.NOT_TRADABLE, Reason.DELISTED, Reason.DATA_ENDED, Reason.NOT_LISTED, Reason.NO_FURTHER_OPEN,
    Reason.GOOD_TILL_OVER, Reason.ORDER_MAXIMUM, Reason.DAILY_MAXIMUM,
}  # fmt: skip
"""Reasons with which a target is refused at its call, so that it withdraws nothing."""


@dataclass
class Tally:
    """What the machine has met."""

    steps: int = 0
    fills: int = 0
    splits: int = 0
    branches: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    times_in_force: Counter[str] = field(default_factory=Counter)
    filled_kinds: Counter[str] = field(default_factory=Counter)

    def note(self, branch: Branch) -> None:
        """Count what happened on a branch after it left its parent."""
        shared = 0 if branch.parent is None else branch.counts[branch.fork]
        orders = Orders().read(branch.log[:shared])
        for event in events.records(iter(branch.log[shared:])):
            orders.fold(event)
            order_id = getattr(event, "order_id", None)
            if order_id is None:
                continue
            order = orders[order_id]
            self.statuses[order.status.value] += 1
            if (reason := getattr(event, "reason", None)) is not None:
                self.reasons[reason.value] += 1
            if isinstance(event, events.OrderCreated):
                self.kinds[event.terms.kind.value] += 1
                self.times_in_force[event.terms.time_in_force.value] += 1
            name = type(event).__name__
            self.splits += name == "OrderScaled"
            if name == "OrderFilled":
                self.fills += 1
                self.filled_kinds[order.terms.kind.value] += 1

    def report(self) -> str:
        """The counts as text."""
        lines = [f"{self.steps:,} steps, {self.branches:,} branches, {self.fills:,} fills, {self.splits:,} scaled"]
        for name in ("statuses", "reasons", "kinds", "times_in_force", "filled_kinds"):
            counts = ", ".join(f"{key} {count:,}" for key, count in sorted(getattr(self, name).items()))
            lines.append(f"{name}: {counts}")
        return "\n".join(lines)


TALLY = Tally()
SEEDS = st.integers(0, 2**32 - 1)


class OrderMachine(RuleBasedStateMachine):
    """A person who does everything that a session offers, in any order."""

    @initialize(spec=markets(), seed=SEEDS)
    def begin(self, spec: MarketSpec, seed: int) -> None:
        self.rng = np.random.default_rng([seed, spec.seed])
        self.market = spec.build()
        if self.rng.random() < 0.33:
            self.market = taken_apart(self.market, seed, 3, quotes=bool(self.rng.random() < 0.5))
        self.symbols = sorted(self.market.symbols)
        self.costs = self.pick(["zero", "default", "historical"])
        self.finals: tuple[Branch | None, int, dict[int, OrderRecord]] = (None, 0, {})
        self.session = qr.Session(
            self.market,
            cash=self.pick([30_000, 300_000, 3_000_000]),
            costs=self.costs,
            slippage=self.pick(["none", "none", ("bps", 7.0)]),
            participation=self.pick([None, 0.3, 0.0001]),
            **self.pick([{}, {}, {"clock": "same_bar"}, {"clock": "counter"}, {"fill_model": "lean_equity"}]),
            reserve=self.pick(["limit", "limit", "last", "none"]),
            cancel_latency=self.pick(["none", "next_match"]),
            open_order_margin=self.pick([False, True]),
            match_order=self.pick(["sells_first", "fifo"]),
            shortfall=self.pick(["trim", "trim", "reject"]),
        )
        # Half of the runs begin with shares, so that there is something to sell and to split from the first day on.
        self.session.step(int(self.rng.integers(1, 8)))

    def pick(self, choices: list) -> object:
        return choices[int(self.rng.integers(len(choices)))]

    def style(self, price: float) -> terms.Terms | None:
        """Terms of any type near the price."""
        rng, day = (
            self.rng,
            self.market.days[min(self.session.simulation.timeline.state.day + 2, len(self.market.days) - 1)],
        )
        tif = str(self.pick(["DAY", "DAY", "GTC", "GTC", "IOC", "FOK", "GTD"]))
        if self.rng.random() < 0.1:
            # A last day that is over, or a day off.
            day = day - np.timedelta64(int(self.pick([1, 2, 20])), "D")
        good = {"tif": "DAY", "until": day} if tif == "GTD" else {"tif": tif}
        near, far = (round(max(price * (1 + rng.normal(0, 0.025)), 0.02), 3) for _ in range(2))
        distance = {"percent": 3.0} if rng.random() < 0.5 else {"amount": 0.21}
        makers = [
            lambda: None,
            lambda: terms.market(**good),
            lambda: terms.limit(near if rng.random() < 0.9 else near * 1.5, **good),
            lambda: terms.stop(near, **good),
            lambda: terms.stop_limit(near, far, **good),
            lambda: terms.trailing_stop(**distance, **good),
            lambda: terms.limit_if_touched(near, far, **good),
            lambda: terms.at_open(**good),
            lambda: terms.at_close(**good),
            lambda: terms.after_hours(near),
        ]
        return self.pick(makers)()

    # ------------------------------------------------------------------ what a person can do

    @rule(place=st.integers(0, 7), way=st.integers(0, 5), count=st.integers(1, 3))
    def buy(self, place: int, way: int, count: int) -> None:
        """Up to three requests at one moment, so that orders meet each other."""
        session = self.session
        symbol, _, price = self.looked_up(place)
        for _ in range(count):
            style = self.style(price)
            if way < 3:
                session.order(
                    symbol, int(self.pick([50, 100, 150, 199, 200, 300, 500, 1000, 20_000, 3_000_000])), style
                )
            elif way == 3:
                session.order_value(symbol, float(self.pick([5_000, 33_333.33, 90_000])), style)
            elif way == 4:
                session.order_target_value(symbol, float(self.pick([0, 12_345.67, 50_000])), style)
            else:
                session.order_pct(symbol, float(self.pick([0.1, 0.5])), style)

    @rule(place=st.integers(0, 7), way=st.integers(0, 5), count=st.integers(1, 2))
    def sell(self, place: int, way: int, count: int) -> None:
        """Mostly something that is held."""
        session = self.session
        owned = sorted(session.simulation.timeline.state.positions)
        if owned and way:
            place = self.symbols.index(self.market.symbols[owned[place % len(owned)]])
        symbol, held, price = self.looked_up(place)
        for _ in range(count):
            style = self.style(price)
            if way < 4:
                session.order(symbol, -int(self.pick([held or 100, held // 2 or 1, 100, 37, 250, held + 100])), style)
            elif way == 4:
                self.aim(symbol, int(self.pick([0, 100, 1000, 3333])), style)
            else:
                session.order_pct(symbol, float(self.pick([-1.0, -0.3])), style)

    def aim(self, symbol: str, target: int, style: terms.Terms | None) -> None:
        """A target: nothing else stays open that would move the position, and it never goes the wrong way."""
        session, column = self.session, self.market.column(symbol)
        held = session.simulation.timeline.state.positions.get(column)
        shares = 0 if held is None else held.quantity
        ticket = session.order_target(symbol, target, style)
        record = ticket.record
        if record.reason in {Reason.NO_PRICE, *UNREACHABLE}:
            return
        if record.ended != record.placed:
            assert (record.quantity > 0) == (target > shares)
        step = session.simulation.exchange.lot_step[column]
        if session.settings.clock == "next_open" and record.status is Status.QUEUED:
            # It ends at its target, whole lots below it, or names what kept it from there.
            assert 0 <= target - (shares + record.quantity) < step or (target > shares and record.quantity > 0)
        others = [
            order
            for order in session.simulation.orders.now().values()
            if order.instrument == column and not order.status.is_final
        ]
        for order in others:
            if order.order_id != record.order_id:
                assert order.terms.kind in STOP_KINDS
                assert order.quantity < 0
                assert not order.triggered

    def looked_up(self, place: int) -> tuple[str, int, float]:
        """A symbol, what is held of it, and its last price (10 before there is one)."""
        symbol = self.symbols[place % len(self.symbols)]
        column = self.market.column(symbol)
        price = self.session.simulation.view.last_price(column)
        position = self.session.simulation.timeline.state.positions.get(column)
        return symbol, 0 if position is None else position.quantity, price if price > 0 else 10.0

    @rule(place=st.integers(0, 7), beyond=st.sampled_from([0.93, 0.99, 1.0]))
    def bracket(self, place: int, beyond: float) -> None:
        """An entry with its stop and its take-profit, all at one moment."""
        symbol, _, price = self.looked_up(place)
        entry = self.pick([None, terms.limit(round(price * 0.99, 2), tif="GTC")])
        self.session.order(symbol, 300, entry)
        self.session.order(symbol, -300, terms.stop(round(price * beyond, 2), tif="GTC"))
        self.session.order(symbol, -300, terms.limit(round(price * 1.03, 2), tif="GTC"))

    @rule(factor=st.sampled_from([0.96, 1.04]))
    def reach_far(self, factor: float) -> None:
        """A limit well beyond the last price, inside continuous trading where the market has it: there is a cage."""
        if self.market.panel.intraday is not None:
            self.go(phase="INTRADAY")
        for place in range(len(self.symbols)):
            symbol, held, price = self.looked_up(place)
            if factor > 1 or held:
                self.session.order(symbol, 200 if factor > 1 else -held, terms.limit(round(price * factor, 2)))

    @rule(which=st.integers(0, 30), how=st.integers(0, 5))
    def update(self, which: int, how: int) -> None:
        ticket = self.ticket(which)
        if ticket is None:
            return
        record, rng = ticket.record, self.rng
        factor = 1 + rng.choice([-1, 1]) * rng.uniform(0.001, 0.04)

        def moved(price: float) -> float:
            """Another price near it."""
            found = round(price * factor + 0.01, 3)
            return found if found != price else found + 0.01

        if how == 0 and record.terms.limit_price is not None:
            ticket.update(limit_price=moved(record.terms.limit_price))
        elif how == 1 and record.terms.stop_price is not None:
            ticket.update(stop_price=moved(record.terms.stop_price))
        elif how in {2, 4, 5} and record.leaves and (done := record.filled + record.canceled):
            ticket.update(quantity=done)
        elif how in {2, 4, 5}:
            ticket.update(quantity=int(self.pick([max(record.filled, 100), 100, 200, 700, abs(record.quantity) + 100])))
        else:
            ticket.update(tag=f"t{which}{rng.integers(10**6)}")

    @rule(which=st.integers(0, 30))
    def cancel(self, which: int) -> None:
        ticket = self.ticket(which)
        if ticket is not None:
            ticket.cancel()

    def ticket(self, which: int) -> qr.session.ticket.Ticket | None:
        """Mostly an open order, now and then one that is over."""
        records_now = self.session.simulation.orders.now()
        if not records_now:
            return None
        alive = [order_id for order_id, order in records_now.items() if not order.status.is_final]
        partly = [order_id for order_id in alive if records_now[order_id].filled or records_now[order_id].canceled]
        chosen = partly if partly and which % 2 else alive if alive and which % 5 else list(records_now)
        return self.session.ticket(chosen[which % len(chosen)])

    @rule()
    def step(self) -> None:
        self.go()

    @rule()
    def step_again(self) -> None:
        """Days go by twice as often as anything else happens."""
        self.go()

    @rule(phase=st.sampled_from(["next", "next", "next", *PHASES]))
    def step_to_a_phase(self, phase: str) -> None:
        self.go(phase=phase)

    def go(self, **to: str) -> None:
        try:
            self.session.step(**to)
            self.regret()
        except qr.OutOfRange:
            # At the end of the data nothing can be ordered; from an earlier day on, on a branch, it can.
            self.session.order(self.symbols[0], 100)
            self.session.goto(int(self.rng.integers(len(self.session.simulation.timeline.branch.states))))

    def regret(self) -> None:
        """Now and then ask for no more of an order than it has got, which is refused."""
        for order_id, order in self.session.simulation.orders.now().items():
            done = order.filled + order.canceled
            if order.leaves and done and self.rng.random() < 0.1:
                self.session.ticket(order_id).update(quantity=done)
                return

    @rule(way=st.integers(0, 4), part=st.floats(0, 1))
    def travel(self, way: int, part: float) -> None:
        """Back, to any stop, on a new branch or to another one; now and then things go on from there."""
        session, branch = self.session, self.session.simulation.timeline.branch
        if way == 0 and session.simulation.timeline.cursor:
            session.back(1)
        elif way in {1, 2}:
            session.goto(int(part * (len(branch.states) - 1)))
            if way == 2 and len(session.branches) < 6:
                session.branch(f"tried {len(session.branches)}")
            elif self.rng.random() < 0.8:
                session.goto(len(branch.states) - 1)
        elif way == 3:
            names = sorted(session.branches)
            session.branches.switch(names[int(part * (len(names) - 1))])
            session.goto(len(session.simulation.timeline.branch.states) - 1)

    # ------------------------------------------------------------------ what must hold after each of them

    @invariant()
    def everything_adds_up(self) -> None:
        if not hasattr(self, "session"):
            return
        TALLY.steps += 1
        session, state = self.session, self.session.simulation.timeline.state
        orders = session.simulation.orders.now()
        assert sorted(orders) == list(range(1, state.orders + 1))
        working, queued = {}, set()
        for order_id, order in orders.items():
            assert abs(order.quantity) == order.filled + order.leaves + order.canceled
            assert min(order.filled, order.leaves, order.canceled) >= 0
            assert order.status.is_final == (order.ended is not None)
            if order.status.is_final:
                assert order.leaves == 0
                assert order.reason is not None or order.filled
            elif order.status is Status.QUEUED:
                queued.add(order_id)
            else:
                assert order.status in {Status.WORKING, Status.REPLACE_PENDING}
                working[order_id] = order.leaves if order.quantity > 0 else -order.leaves
        assert {order_id: order.leaves for order_id, order in state.working.items()} == working
        assert state.cash >= 0
        self.finals_stay(orders)
        self.reservations_reconcile(queued)

    def finals_stay(self, orders: dict[int, OrderRecord]) -> None:
        """What is final on a branch stays as it is while the branch goes on."""
        branch, stop = self.session.simulation.timeline.branch, self.session.simulation.timeline.cursor
        known_branch, known_stop, known = self.finals
        if known_branch is branch and known_stop <= stop:
            assert {order_id: orders[order_id] for order_id in known} == known
        finals = {order_id: copy(order) for order_id, order in orders.items() if order.status.is_final}
        self.finals = (branch, stop, finals)

    def reservations_reconcile(self, queued: set[int]) -> None:
        """Cash and shares are free, held back, or (shares) bought today; only what rests holds anything back."""
        session, state = self.session, self.session.simulation.timeline.state
        portfolio, money = session.portfolio, self.market.venue.money
        reserved = round((portfolio.cash - portfolio.available) * money.units)
        if self.costs == "zero" and state.settings.reserve in {"limit", "none"}:
            fixed = moving = 0
            for order in state.working.values():
                rests = order.leaves > 0 and order.reason is not None and order.order_id not in queued
                waits = order.terms.kind in TRIGGERED_KINDS and not order.triggered
                if rests and not waits and state.settings.reserve == "limit":
                    limit = order.terms.limit_price
                    last = session.simulation.view.last_price(order.instrument) if limit is None else limit
                    need = money.notional(money.price_units(last if last == last else 0.0), order.leaves)
                    fixed, moving = (fixed, moving + need) if limit is None else (fixed + need, moving)
            # What follows the price takes no more than is left beside the limits.
            assert reserved == fixed + min(moving, max(state.cash - fixed, 0))
        assert 0 <= reserved <= state.cash
        for holding in portfolio.positions.values():
            assert holding.quantity == holding.sellable + holding.locked + holding.reserved
            assert min(holding.sellable, holding.locked, holding.reserved) >= 0

    def teardown(self) -> None:
        if not hasattr(self, "session"):
            return
        session = self.session
        for name in list(session.branches):
            session.branches.switch(name)
            branch = session.simulation.timeline.branch
            session.goto(len(branch.states) - 1)
            for folded, kept in folds(session):
                assert folded == kept
            walk_orders(session)
            TALLY.note(branch)
            TALLY.branches += 1
        self.explanations_hold(session)
        if session.now.phase != "CLOSE" and session.simulation.timeline.state.day < len(self.market.days) - 1:
            session.step()
        if session.now.phase in {"CLOSE", "AFTER_CLOSE"}:
            check_books(session, str(self.costs))

    def explanations_hold(self, session: qr.Session) -> None:
        """Every order of a branch can be explained: each fill once, every number known, an end where it ended."""
        fills = Counter(session.fills.order_id) if len(session.fills) else Counter()
        for order_id, order in session.simulation.orders.now().items():
            account = session.explain(order_id)
            data = account.data
            assert (data.check == "Filled").sum() == fills[order_id]
            assert not data.text.str.contains(r"\bnan\b|None|[{}]").any(), account
            assert (data.text != "").all(), account
            if order.status is Status.REJECTED:
                assert (data.verdict == "failed").any(), account


def test_no_order_ever_breaks_a_promise() -> None:
    """Protects the life of orders: at least 10,000 steps of every kind, nothing broken, and everything met."""
    global TALLY  # noqa: PLW0603  # the machine is made anew for every run and counts here
    TALLY = Tally()
    run_state_machine_as_test(
        OrderMachine,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, derandomize=True, database=None,
            phases=[Phase.generate], report_multiple_bugs=False,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
        ),
    )  # fmt: skip
    print(TALLY.report())
    assert TALLY.steps >= FEWEST_STEPS
    assert set(TALLY.statuses) == {status.value for status in Status}
    assert set(TALLY.kinds) == set(TALLY.filled_kinds) == {kind.value for kind in Kind}
    assert set(TALLY.times_in_force) == {tif.value for tif in TimeInForce}
    assert set(TALLY.reasons) == {reason.value for reason in Reason} - {reason.value for reason in NOT_HERE}
    assert TALLY.splits > 0
    assert TALLY.branches > TALLY.steps // 1000
