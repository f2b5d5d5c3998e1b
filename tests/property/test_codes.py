"""The codes of five systems over every record that the transitions of an order can reach.

The tables are typed here again, in another form, from the reference; they share no line with the package.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

import qresearch as qr
from qresearch.domain.code_table import NOTES, SITUATIONS, codes_markdown, codes_table, meanings
from qresearch.domain.codes import CANCEL_REFUSED, DIALECTS, OrderFacts, Shape, code, codes
from qresearch.domain.order import FINAL, TRANSITIONS, Move, Status
from qresearch.errors import UsageError

FULL = 1000


class Node(NamedTuple):
    """An order in a walk over the transitions."""

    status: Status
    filled: int
    cancel_requested: bool
    has_id: bool


START = Node(Status.CREATED, 0, False, False)


def after(node: Node, move: Move, status: Status) -> Iterator[Node]:
    """What a legal move can make of an order."""
    filled = node.filled
    if move is Move.FILL:
        filled = FULL if status is Status.FILLED else FULL // 2
    asked = node.cancel_requested or move is Move.REQUEST_CANCEL
    has_id = node.has_id or move is Move.QUEUE
    # An end takes the request back, or leaves it on the record: codes must not care.
    for left in {asked, False} if status in FINAL else {asked}:
        yield Node(status, filled, left, has_id)


def reachable() -> list[Node]:
    """Every order that the table of transitions can lead to."""
    found, new = {START}, [START]
    while new:
        node = new.pop()
        for (status, move), targets in TRANSITIONS.items():
            if status is node.status:
                for target in targets:
                    fresh = set(after(node, move, target)) - found
                    found |= fresh
                    new += fresh
    return sorted(found)


NODES = reachable()
RECORDS = [
    OrderFacts(node.status.value, node.filled, node.cancel_requested, node.has_id, live=live, pushed=pushed)
    for node, live, pushed in product(NODES, (False, True), (False, True))
]


# ------------------------------------------------------------------ the tables, typed again


def joinquant(order: OrderFacts) -> object:
    """Codes: new 8, open 0, filled 1 (partly), canceled 2, rejected 3, held 4 (all), 9 pending cancel when live."""
    if order.status == "REJECTED":
        return 3 if order.has_id else None
    if order.status in ("FILLED", "CANCELED", "EXPIRED"):
        return 4 if order.status == "FILLED" else 2
    if order.live and order.cancel_requested:
        return 9
    if order.filled:
        return 1
    return 8 if order.status in ("CREATED", "QUEUED") else 0


def xtquant(order: OrderFacts) -> object:
    """48 to 57 by state, each of the open and canceled ones in two versions: with and without a fill."""
    some = order.filled > 0
    if order.status == "REJECTED":
        return 57 if order.has_id else -1
    if order.status == "FILLED":
        return 56
    if order.status in ("CANCELED", "EXPIRED"):
        return {True: 53, False: 54}[some]
    if order.cancel_requested:
        return {True: 52, False: 51}[some]
    return 55 if some else {"CREATED": 48, "QUEUED": 49, "WORKING": 50, "REPLACE_PENDING": 50}[order.status]


def swordfish(order: OrderFacts) -> object:
    """4 submitted, 0 partly, 1 filled, 2 canceled, -1 rejected, -3 expired in results; no row before acceptance."""
    ends = {"REJECTED": -1, "FILLED": 1, "CANCELED": 2, "EXPIRED": 2 if order.pushed else -3}
    if order.status in ends:
        return ends[order.status]
    if order.status == "CREATED":
        return None
    return 0 if order.filled else 4


def lean(order: OrderFacts) -> object:
    """New 0, Submitted 1, PartiallyFilled 2, Filled 3, Canceled 5, Invalid 7, CancelPending 8, UpdateSubmitted 9."""
    fixed = {"CREATED": 0, "REJECTED": 7, "FILLED": 3, "CANCELED": 5, "EXPIRED": 5}
    if order.status in fixed:
        return fixed[order.status]
    if order.cancel_requested:
        return 8
    return 9 if order.status == "REPLACE_PENDING" else 2 if order.filled else 1


def fix(order: OrderFacts) -> object:
    """Tag 39: A 0 1 2 4 6 8 C E."""
    fixed = {"CREATED": "A", "REJECTED": "8", "FILLED": "2", "CANCELED": "4", "EXPIRED": "C"}
    if order.status in fixed:
        return fixed[order.status]
    if order.cancel_requested:
        return "6"
    return "E" if order.status == "REPLACE_PENDING" else "1" if order.filled else "0"


EXPECTED = {"joinquant": joinquant, "xtquant": xtquant, "swordfish": swordfish, "lean": lean, "fix": fix}
TWINS = {
    "joinquant": {None, 0, 1, 2, 3, 4, 8, 9}, "xtquant": {-1, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57},
    "swordfish": {None, 4, 0, 1, 2, -1, -3}, "lean": {0, 1, 2, 3, 5, 7, 8, 9},
    "fix": {"A", "0", "1", "2", "4", "6", "8", "C", "E"},
}  # fmt: skip
"""Every code that a simulator can produce."""


# ------------------------------------------------------------------ the tests


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_reachable_record_has_the_code_of_the_table(dialect: str) -> None:
    """Protects the derivations: over all orders that legal moves lead to, each code is that of the reference."""
    assert {record: code(dialect, record).value for record in RECORDS} == {
        record: EXPECTED[dialect](record) for record in RECORDS
    }


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_code_of_a_simulator_is_met(dialect: str) -> None:
    """Protects the tables from lines that no order can reach, and from codes that are missing."""
    assert {code(dialect, record).value for record in RECORDS} == TWINS[dialect]


def test_the_walk_meets_every_state_and_every_combination_of_facts() -> None:
    """Protects the walk itself: a hole in it would make the tests above pass for nothing."""
    assert {node.status for node in NODES} == set(Status)
    open_ones = [node for node in NODES if node.status in (Status.WORKING, Status.REPLACE_PENDING)]
    assert len(open_ones) == 8  # two states, with and without fills, with and without a cancel on its way
    assert {node.has_id for node in NODES if node.status is Status.REJECTED} == {False, True}
    assert any(node.status is Status.EXPIRED and node.filled for node in NODES)


ANYTHING = st.builds(
    OrderFacts,
    st.sampled_from([*Status, "UNKNOWN"]).map(str),
    filled=st.integers(0, 10**9),
    cancel_requested=st.booleans(),
    has_id=st.booleans(),
    end_origin=st.text(max_size=8),
    live=st.booleans(),
    pushed=st.booleans(),
)


@given(ANYTHING)
def test_any_facts_have_a_code_in_every_dialect(facts: OrderFacts) -> None:
    """Protects imported data: the way from facts to a code is total, also for records that no session makes."""
    assert all(found.name for found in codes(facts).values())


def test_unknown_is_no_end_and_no_fill() -> None:
    """Protects imported orders: what is not known is called unknown wherever there is a word for it."""
    found = codes(OrderFacts("UNKNOWN", filled=5))
    assert {dialect: said.value for dialect, said in found.items()} == {
        "joinquant": -1, "xtquant": 255, "swordfish": None, "lean": 6, "fix": None,
    }  # fmt: skip
    assert found["fix"].shape is Shape.NOTHING


def test_a_refused_cancel_is_an_event() -> None:
    """Protects the real state: the code of an order stays what it was; only Swordfish writes a row for the refusal."""
    assert {dialect: said.value for dialect, said in CANCEL_REFUSED.items()} == {
        "joinquant": None, "xtquant": None, "swordfish": -2, "lean": None, "fix": None,
    }  # fmt: skip


def test_filled_means_partly_filled_in_one_system_and_all_filled_in_three() -> None:
    """Protects the lesson of the notebook."""
    says_filled = {
        (dialect, record.status)
        for dialect in DIALECTS
        for record in RECORDS
        if code(dialect, record).name.lower() == "filled"
    }
    assert says_filled == {
        ("joinquant", "WORKING"), ("joinquant", "REPLACE_PENDING"),
        ("swordfish", "FILLED"), ("lean", "FILLED"), ("fix", "FILLED"),
    }  # fmt: skip


def test_the_printed_table_is_the_code() -> None:
    """Protects readers: each cell is derived, each note is used, each situation of the reference has its row."""
    rows = codes_table()
    assert len(rows) == len(SITUATIONS)
    assert set("".join(situation.notes for situation in SITUATIONS)) == set(NOTES)
    by_words = {row["situation"]: row for row in rows}
    assert by_words["cancel on its way, nothing filled"]["joinquant"] == "0 open / 9 pending cancel (live)"
    assert by_words["expired at the close, nothing filled"]["swordfish"] == (
        "-3 unfilled order / 2 cancel successful (callback)"
    )
    assert by_words["refused before it was sent"]["xtquant"] == "-1 no record, order_stock returns -1"
    assert all(f"({letter})" in codes_markdown() for letter in NOTES)
    assert "|" not in "".join(NOTES.values())


def test_the_situations_are_all_different_records() -> None:
    """Protects the table from showing the same order twice, and from one that cannot be."""
    examples = [situation.example for situation in SITUATIONS if situation.example is not None]
    assert len(set(examples)) == len(examples)
    known = {(node.status.value, node.filled > 0, node.cancel_requested, node.has_id) for node in NODES}
    for facts in examples:
        key = (facts.status, facts.filled > 0, facts.cancel_requested, facts.has_id)
        assert facts.status == "UNKNOWN" or key in known


def test_one_digit_has_many_meanings() -> None:
    """Protects the reverse table: 2 is canceled, partly filled, or all filled."""
    found = meanings(2)
    assert found["lean"] == ["working, partly filled"]
    assert found["fix"] == ["filled"]
    assert "canceled, nothing filled" in found["joinquant"]
    assert meanings("E") == {
        "fix": ["working, an update is on its way", "partly filled, an update is on its way"],
    }


def test_facts_are_read_from_the_orders_of_a_session() -> None:
    """Protects the way from a session: a refused request has no number, a queued and a filled one have."""
    session = qr.Session(qr.sample_market(), start="2022-03-01")
    refused, bought = session.buy("604018", 1), session.buy("604018", 1000)
    assert [OrderFacts.of(ticket.record).has_id for ticket in (refused, bought)] == [False, True]
    assert code("xtquant", OrderFacts.of(refused.record)).shape is Shape.ANSWER
    assert code("joinquant", OrderFacts.of(bought.record)).name == "new"
    session.step()
    assert code("fix", OrderFacts.of(bought.record)).value == "2"
    assert OrderFacts.of(bought.record, live=True) == replace(OrderFacts.of(bought.record), live=True)


@pytest.mark.parametrize(("dialect", "status"), [("quantopian", "WORKING"), ("lean", "PARTIALLY_FILLED")])
def test_a_wrong_word_is_answered_with_the_right_ones(dialect: str, status: str) -> None:
    """Protects users from a silent wrong code: unknown dialects and states raise and list what there is."""
    with pytest.raises(UsageError, match="is not known"):
        code(dialect, OrderFacts(status))
