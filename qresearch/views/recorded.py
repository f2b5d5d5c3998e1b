"""What a recording holds: every kept moment of every branch, as plain data for :mod:`qresearch.views.recording`.

Of each moment only what changed since the one before; a branch begins where it left its parent. Sentences are kept
once, in both languages. Bars end with the last moment that was simulated: nothing after it is in the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from qresearch.book.explain import explain_order
from qresearch.book.explanation import Finding
from qresearch.book.frames import time_of
from qresearch.book.history import AccountHistory
from qresearch.book.orders import OrderRecord, Orders, mean_price
from qresearch.book.portfolio import Holding, Portfolio
from qresearch.book.turns import places_by_order
from qresearch.domain import events
from qresearch.domain.moment import CLOSE, INTRADAY, OPEN, PHASES, Moment
from qresearch.domain.state import State
from qresearch.sentences import LANGUAGES, Words
from qresearch.session.origins import origin_of
from qresearch.views.chart_data import BARS, Axis, Ints
from qresearch.views.code_text import blocks_of
from qresearch.views.page import numbers
from qresearch.views.summary import facts_of, figures_of

if TYPE_CHECKING:
    from qresearch.book.timeline import Branch
    from qresearch.session.port import AnySession

BEFORE = 120
"""Bars before the first moment, so that the chart opens filled."""
MOST_NUMBERS = 60_000
"""Instruments times bars; above it the chart is of days, also where there are bars inside them."""
FIRST_FINDINGS, LAST_FINDINGS = 20, 40
"""Findings that are kept of a long explanation."""
_LIMITS = ("limit_up", "limit_down")


class Pool:
    """Sentences in all languages, each kept once."""

    def __init__(self) -> None:
        self.pairs: list[tuple[str, ...]] = [("", "")]
        self._places = {self.pairs[0]: 0}

    def add(self, *told: str) -> int:
        """The place of a sentence, told in each of the languages."""
        place = self._places.get(told)
        if place is None:
            place = self._places[told] = len(self.pairs)
            self.pairs.append(told)
        return place


class RecordedRun:
    """Reads a whole session, once.

    Parameters
    ----------
    session : AnySession
    watched : iterable of str
        Symbols whose bars are wanted beside those that were traded or held.
    source : bool
        The code of the strategy as well, and the line of it that asked for each order.
    """

    def __init__(self, session: AnySession, watched: Iterable[str] = (), *, source: bool = True) -> None:
        self.session, self.simulation = session, session.simulation
        self.market, self.exchange = session.market, session.simulation.exchange
        self.languages = tuple(Words(name) for name in LANGUAGES)
        self.pool = Pool()
        self.branches: list[Branch] = list(self.simulation.timeline.branches.values())
        wanted = {self.market.column(symbol): None for symbol in watched}
        for branch in self.branches:
            for event in events.records(branch.log):
                if isinstance(event, (events.OrderCreated, events.PositionSeeded)):
                    wanted[event.instrument] = None
        self.columns = list(wanted) or [0]
        self.place_of = {column: place for place, column in enumerate(self.columns)}
        self.axis = self._axis()
        codes = {noted[0] for branch in self.branches for noted in branch.origins.values() if noted is not None}
        self.blocks = blocks_of(session.strategy, codes) if source else []

    def _axis(self) -> Axis:
        """Bars inside the day where they are not too many."""
        axis = Axis(self.market)
        if axis.inside is not None and len(axis.stamps) * len(self.columns) > MOST_NUMBERS:
            axis = Axis(self.market, daily=True)
        # Where the rows of the file begin and end, as rows of the market.
        first, last = self.branches[0].states[0], max(branch.states[-1].at for branch in self.branches)
        self.begin = max(axis.row_of(first.day + 1, OPEN, 0) - BEFORE, 0)
        self.end = axis.row_of(min(last.day, len(self.market.days) - 1), CLOSE, 0) + 1
        return axis

    def contents(self) -> dict[str, Any]:
        """All of it, as JSON knows it."""
        here = self.simulation.timeline
        rows: Ints = np.arange(self.begin, self.end)
        branches = [self._branch(branch) for branch in self.branches]
        return {
            "venue": self.market.venue.name,
            "currency": self.market.venue.money.currency,
            "days": self.axis.inside is None,
            "starting": self.simulation.starting_equity / self.exchange.money.units,
            "digest": self.session.digest(),
            "labels": self.axis.labels(rows),
            "ends": self._day_ends(rows),
            "instruments": [self._instrument(column, rows) for column in self.columns] + self._benchmark(rows),
            "branches": branches,
            "branch": self.branches.index(here.branch),
            "moment": here.cursor,
            "figures": self._figures(),
            "sources": [{"name": block.name, "first": block.first, "text": block.text} for block in self.blocks],
            "texts": self.pool.pairs,
        }

    # ------------------------------------------------------------------ the market

    def _day_ends(self, rows: Ints) -> list[int]:
        days = self.axis.days(rows)
        return np.flatnonzero(np.append(days[1:] != days[:-1], True)[: len(rows)]).tolist()

    def _instrument(self, column: int, rows: Ints) -> dict[str, Any]:
        item, panel = self.market.instruments[column], self.market.panel
        bars = {name: numbers(getattr(self.axis.bars, name)[rows, column]) for name in BARS}
        # A close makes the limits of the next day: they are known one row further than the bars.
        days = self.axis.days(np.arange(self.begin, min(self.end + 1, len(self.axis.stamps))))
        limits = {name: numbers(getattr(panel, name)[days, column]) for name in _LIMITS}
        names = {"symbol": self.market.symbols[column], "name": item.name, "tick": float(self.exchange.steps[column])}
        return names | bars | limits

    def _benchmark(self, rows: Ints) -> list[dict[str, Any]]:
        """The benchmark of the market: closes only."""
        benchmark = self.simulation.benchmark or self.market.benchmark
        if benchmark is None or benchmark.name in self.market.panel.columns:
            return []
        known = dict(zip(benchmark.days.astype(str).tolist(), benchmark.close.tolist(), strict=True))
        days = self.market.days[self.axis.days(rows)].astype(str).tolist()
        closes = numbers([known.get(day, float("nan")) for day in days])
        nothing: list[None] = [None] * len(rows)
        prices = dict.fromkeys(("open", "high", "low", "close"), closes)
        others = dict.fromkeys(("volume", *_LIMITS), nothing)
        return [{"symbol": benchmark.name, "name": "", "tick": 0.0} | prices | others]

    # ------------------------------------------------------------------ a branch

    def _branch(self, branch: Branch) -> dict[str, Any]:
        """The moments of a branch from where it left its parent, and the orders that it knows otherwise than that."""
        # The moment at which it left its parent is its own: what was asked for there opened it.
        parent, fork = branch.parent, branch.fork
        history = AccountHistory.whole(self.simulation, branch)
        reading = _Reading(self)
        moments = []
        for place, state in enumerate(branch.states):
            start = branch.counts[place - 1] if place else 0
            told = reading.moment(state, branch.log[start : branch.counts[place]], place)
            if place >= fork:
                moments.append(told)
        known = branch.counts[fork - 1] if fork else 0
        touched = {getattr(event, "order_id", 0) for event in events.records(branch.log[known:])}
        orders = [record for record in reading.orders.values() if record.order_id in touched]
        places = places_by_order(branch.log)
        return {
            "name": branch.name,
            "parent": -1 if parent is None else self.branches.index(parent),
            "fork": fork,
            "moments": moments,
            "equity": [
                [self.axis.row_of(state.day, CLOSE, 0) - self.begin, round(value, 6)]
                for state, value in zip(history.closes, history.equity.tolist(), strict=True)
            ],
            "orders": {
                record.order_id: self._order(branch, places[record.order_id], record, reading.placed)
                for record in orders
            },
        }

    def _order(
        self, branch: Branch, places: Sequence[int], record: OrderRecord, placed: Mapping[int, int]
    ) -> dict[str, Any]:
        """What does not change about an order, and its explanation."""
        told = [explain_order(self.exchange, branch, places, record, words) for words in self.languages]
        advice = self.pool.add(*(found.advice for found in told))
        return {
            "i": self.place_of[record.instrument],
            "side": record.side.value,
            "asked": f"{record.method.call}({self.market.symbols[record.instrument]!r}, {record.asked:.10g})",
            "tag": record.terms.tag,
            "placed": placed[record.order_id],
            "row": self.axis.row_of(*record.placed) - self.begin,
            "line": self._line(branch, record.order_id),
            "advice": advice,
            "why": self._findings([found.findings for found in told]),
        }

    def _line(self, branch: Branch, order_id: int) -> list[int] | None:
        """Which block of the code asked for an order, and the number of its line."""
        found = origin_of(branch, order_id)
        if found is None:
            return None
        code, line = found
        return next(
            ([place, line] for place, block in enumerate(self.blocks) if block.holds(code.co_filename, line)), None
        )

    def _findings(self, told: Sequence[tuple[Finding, ...]]) -> list[list[Any]]:
        """Day, phase, time, verdict, check and sentence of each finding; of very many the first and the last."""
        rows: list[list[Any]] = []
        behind = len(told[0]) - LAST_FINDINGS
        for place, found in enumerate(zip(*told, strict=True)):
            if FIRST_FINDINGS <= place < behind:
                if place == FIRST_FINDINGS:
                    left = [words("findings_left_out", count=f"{behind - place:,}") for words in self.languages]
                    rows.append([*rows[-1][:3], "noted", 0, self.pool.add(*left)])
                continue
            phase, _, time = found[0].phase.partition(" ")
            check = self.pool.add(*(item.check for item in found))
            text = self.pool.add(*(item.text for item in found))
            rows.append([found[0].day[:10], PHASES.index(phase), time, found[0].verdict, check, text])
        return rows

    def _figures(self) -> list[dict[str, Any]]:
        """The figures of the tear-sheet, by branch."""
        found = []
        for branch in self.branches:
            history = AccountHistory.whole(self.simulation, branch)
            facts, _ = facts_of([(history, figures_of(self.session, branch.name, False))], None)
            found.append({name: cells[0] for name, cells in facts.items()})
        return found


class _Reading:
    """Reads a branch moment by moment, and tells of each what changed."""

    def __init__(self, run: RecordedRun) -> None:
        self._run = run
        self.orders, self.placed = Orders(), dict[int, int]()
        self._rows: dict[int, list[Any]] = {}
        self._held: dict[str, list[Any]] = {}

    def moment(self, state: State, log: Sequence[events.Event], place: int) -> dict[str, Any]:
        """One moment: when it is, the account, and the orders, fills and holdings that changed."""
        run, fills, touched = self._run, [], set[int]()
        for event in events.records(log):
            _, order = self.orders.tell(event)
            if order is not None:
                touched.add(order.order_id)
                self.placed.setdefault(order.order_id, place)
            if isinstance(event, events.OrderFilled):
                fills.append(self._fill(event))
        portfolio = Portfolio(run.exchange, state, run.simulation.starting_equity)
        told: dict[str, Any] = self._when(state)
        told["money"] = [
            round(value, 6)
            for value in (
                portfolio.cash, portfolio.available, portfolio.market_value, portfolio.equity, portfolio.profit,
            )
        ]  # fmt: skip
        told |= {"fills": fills} if fills else {}
        orders = self._changed_orders(state, touched)
        held = self._changed_holdings(portfolio.positions)
        return told | ({"orders": orders} if orders else {}) | ({"held": held} if held else {})

    def _when(self, state: State) -> dict[str, Any]:
        run, axis = self._run, self._run.axis
        view, inside = run.exchange.view(state), run.axis.inside
        begun = 0
        if view.whole_days <= view.day:
            begun = 2 if view.phase >= OPEN else 1
            if inside is not None and view.phase != OPEN:
                begun = 0
        day = run.exchange.date(state.day) if state.day >= 0 else ""
        shown = state.bar and state.phase == INTRADAY
        time = f"{time_of(run.exchange, *state.at):%H:%M}" if shown else ""
        return {"at": [day, state.phase, time], "stop": axis.stop(view) - run.begin, "begun": begun}

    def _fill(self, event: events.OrderFilled) -> list[Any]:
        amount = self._run.exchange.money.amount
        return [
            event.order_id, *self._at(event.at), event.quantity, event.price, amount(event.notional),
            amount(event.fees.total),
        ]  # fmt: skip

    def _at(self, at: Moment) -> tuple[str, int, int]:
        """Day, phase and row of a moment."""
        run = self._run
        return run.exchange.date(at.day), at.phase, run.axis.row_of(*at) - run.begin

    def _changed_orders(self, state: State, touched: set[int]) -> list[list[Any]]:
        # A trailing stop moves without an event of its own order at every close.
        touched |= {order_id for order_id in state.working if order_id in self.orders}
        found = []
        for order_id in sorted(touched):
            row = self._order_row(self.orders[order_id], state)
            if row != self._rows.get(order_id):
                self._rows[order_id] = row
                found.append([order_id, *row])
        return found

    def _order_row(self, record: OrderRecord, state: State) -> list[Any]:
        """What changes about an order: state, shares, price, fees, terms, reason, row of its end, stop and limit."""
        run, amount = self._run, self._run.exchange.money.amount
        item, terms = run.market.instruments[record.instrument], record.terms
        moved = state.working.get(record.order_id)
        stop = terms.stop_price if moved is None or moved.stop is None else moved.stop
        waits = not record.status.is_final
        languages = [words.of(item) for words in run.languages]
        return [
            record.status.value,
            abs(record.quantity),
            record.filled,
            record.leaves,
            round(mean_price(run.market, record), 6) if record.filled else None,
            amount(record.fees.total),
            run.pool.add(*(words.terms(terms) for words in languages)),
            "" if record.reason is None else record.reason.value,
            run.pool.add(
                *("" if record.reason is None else words(record.reason, **record.facts) for words in languages)
            ),
            None if record.ended is None else run.axis.row_of(*record.ended) - run.begin,
            record.canceled,
            stop if waits and not record.triggered else None,
            terms.limit_price if waits else None,
        ]

    def _changed_holdings(self, held: Mapping[str, Holding]) -> list[list[Any]]:
        _, _, beside = self._run.exchange.account.holding_words
        rows = {symbol: _holding_row(item, beside) for symbol, item in held.items()}
        found = [[symbol, *row] for symbol, row in rows.items() if self._held.get(symbol) != row]
        found += [[symbol] for symbol in self._held if symbol not in rows]
        self._held = rows
        return found


def _holding_row(item: Holding, beside: str) -> list[Any]:
    prices = (item.average_cost, item.price, item.market_value, item.profit)
    return [item.quantity, item.sellable, item.aside(beside), *numbers(prices)]
