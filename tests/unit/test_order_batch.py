"""Many orders in one call: the same as one call for each, whatever the clock, the account and the orders are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hand import market, session
from mixed import FUTURE, SHARE, desk

import qresearch as qr
from qresearch.errors import OrderRejected, StrategyError, UnknownSymbol, UsageError

A, B, INDEX = "600001.SH", "600002.SH", "000300.SH"
Batch = Mapping[str, float]


def one_by_one(context: Any, amounts: Batch) -> list[Any]:
    """What a batch stands for."""
    return [context.order(symbol, amount) for symbol, amount in amounts.items()]


def in_a_row(context: Any, amounts: Batch) -> list[Any]:
    """The batch."""
    return context.order_batch(amounts)


def mixture(seed: int, symbols: tuple[str, ...]) -> list[dict[str, int]]:
    """A batch for each of some days: whole and odd lots, more than is held, nothing, what does not trade."""
    random = np.random.default_rng(seed)
    sizes = [100, 200, 100, 1_000, -100, -200, -50, 130, 0, -10_000, 3]
    return [
        {symbol: int(random.choice(sizes)) for symbol in random.choice(symbols, 30, replace=False)} for _ in range(20)
    ]


def ran(
    act: Callable[[Any, Batch], list[Any]], batches: list[dict[str, int]], **options: Any
) -> tuple[qr.Session, list]:
    """A run that gives a batch each day, and what each order was answered with."""
    answers: list[Any] = []

    def handle_data(context: Any, data: Any) -> None:
        place = data.day - context.simulation.exchange.first
        if place < len(batches):
            answers.extend(act(context, batches[place]))
            context.buy("604018", 100)

    run = qr.Session(qr.sample_market(), start="2022-03-01", cash=400_000, strategy=handle_data, **options)
    return run.run(until="2022-04-20"), answers


@pytest.mark.parametrize("clock", ["next_open", "same_bar", "counter"])
@pytest.mark.parametrize("seed", range(3))
def test_a_batch_is_its_orders_one_by_one(seed: int, clock: str) -> None:
    """Protects the fast way: whatever is in a batch, orders, fills and events are those of single calls."""
    batches = mixture(seed, qr.sample_market().symbols)
    (whole, answered), (single, told) = (ran(act, batches, clock=clock) for act in (in_a_row, one_by_one))
    assert whole.digest() == single.digest()
    assert answered == told
    assert None in answered
    assert len(whole.fills) > 20
    assert {"REJECTED", "FILLED"} <= set(whole.orders.status)


def test_a_batch_from_a_file_of_weights_is_a_series() -> None:
    """Protects users of pandas: a Series of any whole numbers is a batch, and what they are does not matter."""
    shares = pd.Series([1000, 200.0], index=[A, B])
    run = session(market({A: [10.0] * 4, B: [20.0] * 4}))
    tickets = run.order_batch(shares)
    assert [(ticket, ticket.quantity) for ticket in tickets] == [("1", 1000), ("2", 200)]
    run.step()
    assert run.portfolio.quantities == {A: 1000, B: 200}
    assert run.order_batch({}) == []


def test_a_batch_by_hand_in_the_past_opens_one_branch() -> None:
    """Protects the past: the first order of a batch opens a branch, and the others are on it."""
    run = session(market({A: [10.0] * 5, B: [20.0] * 5}))
    run.step(2).back()
    tickets = run.order_batch({A: 100, B: 100})
    assert len(run.branches) == 2
    assert run.orders.symbol.tolist() == [A, B]
    assert [ticket.status.value for ticket in tickets] == ["QUEUED", "QUEUED"]


@pytest.mark.parametrize(
    ("amounts", "kind", "words"),
    [
        ({A: 100, "600009": 100}, UnknownSymbol, "600009"),
        ({A: 100, B: 0.5}, UsageError, "not a whole number"),
        ({A: 100, B: "much"}, UsageError, "order: amount='much'"),
        ({A: 100, B: 10**13}, UsageError, "more than an order can carry"),
        ({A: 100, B: float("nan")}, UsageError, "order: amount=nan"),
        ([(A, 100)], UsageError, "has no symbols. Pass shares by symbol"),
    ],
)
@pytest.mark.parametrize("inside", [False, True])
def test_a_wrong_order_of_a_batch_places_none(amounts: Any, kind: type[Exception], words: str, *, inside: bool) -> None:
    """Protects from half a batch: what is wrong is told before anything is placed."""
    given = market({A: [10.0] * 4, B: [20.0] * 4})
    run = session(given)
    if inside:

        def handle_data(context: Any) -> None:
            context.order_batch(amounts)

        run.strategy = handle_data
        with pytest.raises(StrategyError, match=words):
            run.step()
    else:
        with pytest.raises(kind, match=words):
            run.order_batch(amounts)
    assert run.orders.empty


def test_a_batch_that_python_cannot_call_says_what_to_write() -> None:
    """Protects strategies: the call is told as it has to be written."""

    def handle_data(context: Any) -> None:
        context.order_batch(A, 100)

    with pytest.raises(StrategyError, match=r"takes 2 positional arguments.*Write order_batch\(amounts\)"):
        session(market({A: [10.0] * 4}), strategy=handle_data)


def test_a_strict_session_raises_for_a_refused_order_of_a_batch() -> None:
    """Protects `strict`: the error names the order that was refused, by hand and in a strategy."""
    given = market({INDEX: [4000.0] * 4, A: [10.0] * 4})
    with pytest.raises(OrderRejected, match="Order 2"):
        session(given, strict=True).order_batch({A: 100, INDEX: 100})

    def handle_data(context: Any) -> None:
        context.order_batch({A: 100, INDEX: 100})

    with pytest.raises(StrategyError, match="Order 2"):
        session(given, strict=True, strategy=handle_data)


def test_each_order_of_a_batch_knows_the_line_that_asked_for_it() -> None:
    """Protects `explain`: a batch has a line, and what is ordered after it has its own."""

    def handle_data(context: Any) -> None:
        context.order_batch({A: 100, B: 100})
        context.buy(A, 200)

    run = session(market({A: [10.0] * 4, B: [20.0] * 4}), strategy=handle_data)
    lines = [run.explain(number).code.text.strip() for number in (1, 2, 3)]
    assert lines == ["context.order_batch({A: 100, B: 100})"] * 2 + ["context.buy(A, 200)"]


def test_a_batch_is_in_the_journal(tmp_path: Path) -> None:
    """Protects a journal: batches by hand and of a strategy come to the same when they are read."""
    path = tmp_path / "batch.db"

    def handle_data(context: Any) -> None:
        context.order_batch({A: 100, B: -100})

    given = market({A: [10.0] * 6, B: [20.0] * 6})
    run = session(given, strategy=handle_data, journal=path)
    run.order_batch({B: 300, A: 150})
    digest = run.step(2).digest()
    assert qr.Session.resume(path, given, strategy=handle_data).digest() == digest


def test_an_account_beside_another_takes_a_batch() -> None:
    """Protects several accounts: each order of a batch is a command that the leading account keeps."""
    accounts = desk().account.all
    cash, futures = (accounts[name] for name in accounts)
    futures.order_batch({FUTURE: 10})
    cash.order_batch({SHARE: 1000})
    futures.step()
    assert accounts.positions["quantity"].to_dict() == {SHARE: 1000, FUTURE: 10}
    seen = []

    def handle_data(context: Any) -> None:
        beside = context.account.all["futures"]
        seen.append(beside.order_batch({FUTURE: 1, SHARE: 100}))

    run = desk()
    run.strategy = handle_data
    run.step()
    assert seen == [["1", None]]
    assert run.account.all["futures"].orders.status.tolist() == ["QUEUED", "REJECTED"]


def test_the_tickets_of_a_batch_are_a_sequence_that_memory_keeps(tmp_path: Path) -> None:
    """Protects strategies that keep what a batch hands out: on going back, on a branch and after a resume."""
    path = tmp_path / "kept.db"

    def handle_data(context: Any, data: Any) -> None:
        if data.day == 2:
            context.sent = context.order_batch({A: 100, B: -100, "600003.SH": 200})
            assert len(context.sent) == 3
            assert context.sent == ["2", None, "4"]
            assert context.sent[1:] == [None, "4"]
            assert [ticket and ticket.quantity for ticket in reversed(context.sent)] == [200, None, 100]
            assert str(context.sent).startswith("[<Ticket 2: buy 100 600001.SH, QUEUED>, None, <Ticket 4")
        elif data.day > 2:
            context.filled = [ticket and ticket.filled for ticket in context.sent]

    given = market({A: [10.0] * 8, B: [20.0] * 8, "600003.SH": [5.0] * 8})
    run = session(given, strategy=handle_data, journal=path)
    run.order_batch({A: 100})
    run.step(3)
    assert run.memory["filled"] == [100, None, 200]
    run.back(2)
    assert "filled" not in run.memory
    run.step(2).branch("other")
    assert [ticket and ticket.filled for ticket in run.memory["sent"]] == [100, None, 200]
    run.simulation.keeper.journal.close()
    resumed = qr.Session.resume(path, given, strategy=handle_data)
    assert [ticket and ticket.status.value for ticket in resumed.memory["sent"]] == ["FILLED", None, "FILLED"]
    assert resumed.step().memory["filled"] == [100, None, 200]
