"""What a script keeps in its globals is its memory, however it gets there and whatever is done to it."""

from __future__ import annotations

import re

import pytest
from script_runs import market, opened, run

from qresearch.errors import StrategyError

SCRIPT = """
count = 0
names = ["first"]

def initialize(context):
    run_daily(trade, "9:30")

def trade(context):
    global count, order_value, late
    count += 1
    if count == 2:
        names.append("second")
    if count == 3:
        globals()["late"] = 1
        del globals()["names"]
    if count == 4:
        late += 10
        globals()["names"] = ["again"]
    if count == 5:
        globals()["moved"] = globals().pop("late")
    if count == 6:
        order_value = "mine"
    if count == 7:
        globals()["helper"] = lambda: None
    if count == 8:
        globals()["helper"] = 8
    held = {name: globals().get(name) for name in ("names", "late", "moved", "order_value", "helper")}
    log.info(count, {name: value for name, value in held.items() if not callable(value)})
"""


@pytest.mark.parametrize("back", [1, 4, 7, 9])
def test_globals_go_back_and_come_again(back: int) -> None:
    """Protects time travel of scripts: values set anew, deleted, renamed, put over a word of the platform."""
    run = opened(SCRIPT, market({"000001.XSHE": [10.0] * 12})).step(10)
    told = run.events[run.events.event == "Logged"].text.tolist()
    assert told[8] == "9 {'names': ['again'], 'late': None, 'moved': 11, 'order_value': 'mine', 'helper': 8}"
    run.back(back).step(back, rerun=True)
    assert list(run.branches) == ["main"]
    assert run.events[run.events.event == "Logged"].text.tolist() == told


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("context.order_target", "context has no 'order_target'. It is a function by itself: write order_target(...)."),
        ("context.total_value", "context has no 'total_value'. Did you mean portfolio.total_value?"),
        ("context.portfolo", "context has no 'portfolo'. Did you mean portfolio or subportfolios?"),
        ("context.fast", "context has no 'fast'. Set it first: context.fast = 10."),
        ("g.fast", "g has no 'fast'. Set it first: g.fast = 10."),
    ],
)
def test_what_context_and_g_do_not_have_is_answered_with_what_to_write(asked: str, told: str) -> None:
    """Protects whoever comes from our own strategies, where the order functions are those of the context."""
    with pytest.raises(StrategyError, match=re.escape(told)):
        run(f"def handle_data(context, data):\n    {asked}\n")
