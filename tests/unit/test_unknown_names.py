"""An attribute that is not there: an error of ours that says what is near, never one of the interpreter's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from surface import MARKET, MODULES, OWNERS, A, Stage

import qresearch as qr
from qresearch.errors import UnknownName
from qresearch.session.attempt import Attempt

LOOKED_AT = {
    "portfolio": lambda stage: stage.session.portfolio,
    "holding": lambda stage: stage.session.portfolio.positions[A],
    "explanation": lambda stage: stage.session.explain("1"),
    "preview": lambda stage: stage.session.what_if("buy", A, 100),
    "instrument": lambda stage: stage.session.market.instruments[0],
    "terms": lambda _: qr.terms.limit(9.6),
    "rules": lambda _: qr.Rules(),
    "chart": lambda stage: stage.session.plot("equity"),
    "report": lambda stage: stage.session.report(),
    "finding": lambda stage: stage.session.explain("1").findings[0],
    "rules of an instrument": lambda stage: stage.session.tables.rules(A),
    "attempt": lambda _: attempted(),
}
"""What is only looked at, so that it stands in no list of calls."""


def attempted() -> Attempt | None:
    """What is left of a step that raised."""
    session = qr.Session(MARKET, strategy=lambda context, data: 1 / 0)
    with pytest.raises(qr.StrategyError):
        session.step()
    return session.attempt


IN_A_SCRIPT = {
    "context.portfolio.positons": "Portfolio has no 'positons'. Did you mean positions",
    "context.portfolio.positions['600001.XSHG'].total_amuont": "Position has no 'total_amuont'. Did you mean total",
    "order('600001.XSHG', 100).stauts": "Order has no 'stauts'. Did you mean status",
}
"""What a script of the platform looks at, and what it is told."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """A session in the middle of its run."""
    return Stage(Path(tmp_path_factory.mktemp("names")))


def misspelled(name: str) -> str:
    """A name with its last two letters in the wrong order, or with one too many."""
    swapped = name[:-2] + name[-1] + name[-2]
    return swapped if swapped != name else f"{name}x"


@pytest.mark.parametrize("word", [*OWNERS, *LOOKED_AT])
def test_a_misspelled_attribute_is_answered_with_the_name_that_was_meant(stage: Stage, word: str) -> None:
    """Every object that a user meets answers a slip of the pen with what is near."""
    owner: Any = LOOKED_AT[word](stage) if word in LOOKED_AT else OWNERS[word][1](stage)
    names = [name for name in dir(owner) if not name.startswith("_")]
    meant = max(names, key=len)
    # What a strategy sets is its own, so that the context asks for it in words of its own.
    kind = AttributeError if word == "context" else UnknownName
    with pytest.raises(kind, match=rf"has no '{misspelled(meant)}'\. .*Did you mean.* {meant}\b"):
        getattr(owner, misspelled(meant))


@pytest.mark.parametrize("word", [*OWNERS, *LOOKED_AT])
def test_what_is_looked_at_says_what_it_is(stage: Stage, word: str) -> None:
    """Nothing that a user meets shows itself as an object at an address."""
    owner: Any = LOOKED_AT[word](stage) if word in LOOKED_AT else OWNERS[word][1](stage)
    assert " object at 0x" not in repr(owner)


@pytest.mark.parametrize("word", ["qresearch", "terms"])
def test_a_misspelled_function_is_answered_with_the_name_that_was_meant(word: str) -> None:
    """So do the package and its terms."""
    module = MODULES[word]
    meant = {"qresearch": "read_market", "terms": "trailing_stop"}[word]
    with pytest.raises(UnknownName, match=f"has no '{misspelled(meant)}'. Did you mean.* {meant}"):
        getattr(module, misspelled(meant))


@pytest.mark.parametrize(
    ("word", "foreign", "ours"),
    [
        ("portfolio", "total_value", "equity"),
        ("portfolio", "available_cash", "available"),
        ("portfolio", "positions_value", "market_value"),
        ("holding", "total_amount", "quantity"),
        ("holding", "closeable_amount", "sellable"),
        ("holding", "avg_cost", "average_cost"),
        ("holding", "pnl", "profit"),
    ],
)
def test_a_word_of_another_library_is_answered_with_ours(stage: Stage, word: str, foreign: str, ours: str) -> None:
    """What goes by another name elsewhere is told by ours."""
    with pytest.raises(UnknownName, match=rf"Here it is {ours}\."):
        getattr(LOOKED_AT[word](stage), foreign)


@pytest.mark.parametrize("word", [*OWNERS, *LOOKED_AT])
def test_brackets_where_there_are_no_items_are_answered(stage: Stage, word: str) -> None:
    """What is taken for a table or a dict says what to write, never that it is "not subscriptable"."""
    owner: Any = LOOKED_AT[word](stage) if word in LOOKED_AT else OWNERS[word][1](stage)
    if word == "context" or not hasattr(getattr(type(owner), "__getitem__", None), "__told__"):
        return  # it holds items; the context answers inside a strategy, with its line
    name = next(name for name in dir(owner) if not name.startswith("_"))
    with pytest.raises(qr.UsageError, match=rf"holds no items in brackets\. Write \.{name}\."):
        owner[name]
    with pytest.raises(qr.UsageError, match=r"\[0\]: .* (See dir\(\) for all|It has .*)\."):
        owner[0] if hasattr(owner, "__iter__") else list(owner)


@pytest.mark.parametrize(
    ("tried", "said"),
    [
        (lambda s: s.what_if.buy(A, 100), r"WhatIf has no 'buy'\. Write what_if\('buy', \.\.\.\)\."),
        (lambda s: s.what_if["sell"], r"Write what_if\('sell', \.\.\.\)\."),
        (lambda s: s.portfolio[A], rf"Write portfolio\.positions\['{A}'\]\."),
        (lambda s: s.account.equity, r"Account has no 'equity'\. Write session\.portfolio\.equity\."),
        (lambda s: s.account["cash_shares"], r"Write session\.account\.all\['cash_shares'\]\."),
        (lambda s: s.branches["main"], r"Write branches\.switch\('main'\)\."),
        (lambda s: s.branches.delete("main"), r"A branch is never erased: rename\(old, new\)"),
        (lambda s: s.watch["equity"], r"Write watch\('equity'\), and look at watch\.table\."),
        (lambda s: s.now.date, r"Now has no 'date'\. Here it is day\."),
        (lambda s: s.memory["fsat"], r"session\.memory has no 'fsat'\. Did you mean 'fast'\? It holds 'fast'\. Set it"),
        (lambda s: s.memory.pop("slow"), r"session\.memory has no 'slow'\. It holds 'fast'\."),
        (lambda s: s.memory.fast, r"Write session\.memory\['fast'\]\."),
        (
            lambda s: setattr(s.memory, "fast", 3),
            r"session\.memory\.fast would not be kept\. Write session\.memory\['fast'\]",
        ),
        (lambda s: s.memory.__setitem__(1, 3), r"session\.memory\[1\]: a name is text, not a int\."),
    ],
)
def test_what_one_would_try_first_is_answered_with_what_to_write(tried: Any, said: str) -> None:
    """Protects the first hour: the other spelling of a call names ours, and nothing is set that nobody keeps."""
    session = qr.Session(MARKET)
    session.buy(A, 100)
    session.step(2).memory["fast"] = 2
    with pytest.raises(qr.UsageError, match=said):
        tried(session)
    assert dict(session.memory) == {"fast": 2}
    assert session.memory.get("slow") is None


@pytest.mark.parametrize("word", [*OWNERS, *LOOKED_AT])
def test_what_front_ends_look_for_is_simply_not_there(stage: Stage, word: str) -> None:
    """Private names that notebooks and NumPy try are missing as they are of any object."""
    owner: Any = LOOKED_AT[word](stage) if word in LOOKED_AT else OWNERS[word][1](stage)
    assert not hasattr(owner, "_repr_latex_")
    assert not hasattr(owner, "__array_interface__")


@pytest.mark.parametrize("looked_at", IN_A_SCRIPT)
def test_a_misspelled_attribute_in_a_script_is_told_with_its_line(stage: Stage, looked_at: str) -> None:
    """A script of the platform is answered alike, and its line is named."""
    script = f"def initialize(context):\n    pass\ndef handle_data(context, data):\n    {looked_at}\n"
    session = qr.Session.from_script(script, stage.session.market, cash=100_000)
    with pytest.raises(qr.StrategyError, match=f"line 4 of .*{re.escape(IN_A_SCRIPT[looked_at])}"):
        session.step(2)


def test_what_a_strategy_misspells_of_anything_is_told_with_what_is_near(stage: Stage) -> None:
    """Of a strategy one sees a sentence and no traceback, so that the hint of the interpreter would be lost."""

    class Rule:
        threshold = 5

    def slips(context: Any, data: Any) -> None:
        Rule().treshold  # noqa: B018

    def silent(context: Any, data: Any) -> None:
        raise AttributeError

    with pytest.raises(qr.StrategyError, match=r"has no attribute 'treshold'\. Did you mean threshold\? The session"):
        qr.Session(stage.session.market, strategy=slips).step()
    with pytest.raises(qr.StrategyError, match="`raise AttributeError`: it said nothing. The session"):
        qr.Session(stage.session.market, strategy=silent).step()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("stratgy", "Session has no 'stratgy' to be set. Did you mean strategy?"),
        ("cash", r"It is an argument of Session\(..., cash=...\)"),
        ("slippage", r"Call set_slippage\(...\)"),
        ("commission", "set_order_cost"),
        ("step", "Session.step cannot be set"),
        ("portfolio", "Session.portfolio cannot be set"),
        ("market", "Session.market cannot be set"),
    ],
)
def test_a_session_takes_no_attribute_that_nobody_would_read(name: str, said: str) -> None:
    """A misspelled assignment must not be kept in silence, as if it had been heard."""
    session = qr.Session(MARKET)
    with pytest.raises(UnknownName, match=f"{said}.* message and strategy can be set"):
        setattr(session, name, None)
    session.strategy = lambda context, data: None
    assert session.step().strategy.name


@pytest.mark.parametrize("word", ["market", "panel", "holding", "preview", "instrument", "terms", "rules"])
@pytest.mark.parametrize("name", ["symbol", "other"])
def test_what_never_changes_says_so(stage: Stage, word: str, name: str) -> None:
    """Protects values that are shared, and those who try from an error of the interpreter."""
    owner: Any = LOOKED_AT[word](stage) if word in LOOKED_AT else OWNERS[word][1](stage)
    with pytest.raises(UnknownName, match=f"{type(owner).__name__}.{name} cannot be set: .* Make another one"):
        setattr(owner, name, 5)
    with pytest.raises(UnknownName, match="cannot be set"):
        delattr(owner, name)


TOLD = {
    "context.cash": r"portfolio\.cash",
    "context.total_value": r"portfolio\.equity",
    "context.positions": r"portfolio\.positions",
    "context.today": r"Here it is now\.",
    "context.order_target_percent(A, 0.5)": r"order_target_value\(.*portfolio\.equity\)",
    "context.get_open_orders()": r"Keep the tickets",
    "context.fast": r"Set it first: context\.fast = 10\.",
    "data.close": r"data\['600519'\]\['close'\]",
    "data.items()": r"It has array, current, day, history\.",
    "data[A].close": r"write \['close'\] in place of \.close\.",
    "data[A]['clsoe']": r"nothing is found under 'clsoe'; look at what is there",
    "data[0]": r"Its type is int; a symbol is text in quotes",
}
"""What beginners write in a strategy, and what they are told."""


@pytest.mark.parametrize("line", TOLD)
def test_a_strategy_is_told_where_what_it_looks_for_is_found(line: str) -> None:
    """What is looked for in the wrong place is answered with the right one."""

    def look(context: Any, data: Any) -> None:
        eval(line, {"context": context, "data": data, "A": A})

    session = qr.Session(MARKET, strategy=look)
    with pytest.raises(qr.errors.StrategyError, match=TOLD[line]):
        session.step(2)


def test_data_walks_through_the_symbols_of_the_market() -> None:
    """``for symbol in data`` gives symbols, each of which is in it and has a bar."""
    seen: list[list[str]] = []

    def look(context: Any, data: Any) -> None:
        assert len(data) == len(MARKET.symbols)
        assert all(symbol in data and "close" in data[symbol] for symbol in data)
        seen.append(list(data))

    qr.Session(MARKET, strategy=look).step(2)
    assert seen
    assert all(symbols == list(MARKET.symbols) for symbols in seen)
