"""The house stays as it was built; every exception stands in a table, and one that is not needed any more goes."""

from __future__ import annotations

import ast
from collections.abc import Mapping

import pytest
from house import (
    HOUSE,
    PROTOCOL_NAMES,
    arrows_up,
    circles,
    classes,
    files_with_dialects,
    importers_of,
    life_of_an_order,
    lines,
    methods,
    reaches,
    reading_list,
    spread_classes,
)

ARROWS_UP: Mapping[tuple[str, str], str] = {
    ("session/session.py", "qresearch.dialects"): "Session.from_script: the name that people look for",
    ("session/session.py", "qresearch.views"): "session.plot, report and save_recording: a run shows itself",
    ("session/session.py", "qresearch.views.panels"): "session.show and session.panels: as above",
}
"""Imports from a folder to one above it; each stands inside the function that needs it, or in a hint."""
MOST_ARROWS = 3

NAME_OTHER_SYSTEMS: Mapping[str, str] = {
    "book/digest.py": "the name that a sizing had when the text of the digest was pinned",
    "domain/calls.py": "whose words for an argument are understood",
    "domain/code_table.py": "the codes of an order's state, side by side",
    "domain/codes.py": "as above",
    "domain/reasons.py": "who asks for a protection price",
    "engine/tariffs.py": "costs='joinquant'",
    "engine/slippage.py": "who rounds a spread to the tick",
    "sentences/catalogue.csv": "the label of costs='joinquant'",
    "session/rules.py": "costs='joinquant'",
    "session/session.py": "Session.from_script(dialect=)",
    "session/ticket.py": "ticket.code(dialect)",
    "sources/tabular.py": "who stamps the end of a bar",
    "sources/vendors_columns.py": "whose columns they are",
}
"""Files outside dialects/ that name another system, and what for. To become empty: dialects hand in what they need."""

LARGE_CLASSES: Mapping[str, str] = {
    "Session": "what a person types: each of its 42 members is a line to the part that does it",
    "OtherCalls": "a base of the class below: the calls that no account of shares has an answer to",
    "XtQuantTrader": "the class of another system: its 80 methods are those of its documents, each a line to its part",
}
MOST_METHODS = 45
MOST_IMPORTERS = 12
MOST_REACHES = 20
MOST_FILES_OF_A_LIFE = 47
"""To become 14: today a market order also passes through what tells wrong calls, counts money, keeps memory and
journal, and every record that is read on the way."""
MOST_LINES_TO_READ = 3_200


def test_every_folder_has_its_page() -> None:
    """Protects readers: the page of a folder says what it is, in which order to read it, and who may import it."""
    pages = [module for module in HOUSE.values() if module.path.name == "__init__.py" and module.layer]
    assert [page.name for page in pages if "import it" not in (ast.get_docstring(page.tree) or "")] == []


def test_there_are_no_circles() -> None:
    """Protects readers from modules that can only be understood together: imports in hints and in functions count."""
    assert circles() == []


def test_the_arrows_up_are_these() -> None:
    """Protects the order of the floors: a way back up is named, with its reason, and there are few."""
    found = arrows_up() - {("cli.py", "qresearch")}
    assert found == set(ARROWS_UP)
    assert len(found) <= MOST_ARROWS


def test_few_files_know_the_session() -> None:
    """Protects the session from being handed round whole: what lies around it takes a part of it, or its port."""
    assert len(importers_of("Session")) <= MOST_IMPORTERS


def test_privates_are_private() -> None:
    """Protects whoever changes the inside of a class: few others use it, and none that of a session."""
    found = [reach for reach in reaches() if reach.name not in PROTOCOL_NAMES]
    said = [f"{reach.module.file}:{reach.line} {reach.text}" for reach in found]
    assert [text for text, reach in zip(said, found, strict=True) if reach.is_of_session] == []
    assert len(found) <= MOST_REACHES, said


def test_a_class_lives_in_one_file() -> None:
    """Protects readers of a class: what it uses, it or one of its bases sets, and not a class built on it elsewhere."""
    assert list(spread_classes()) == []


def test_a_class_can_be_overseen() -> None:
    """Protects the answer to a long module, which is composition: methods count over the whole chain of bases."""
    assert {cls.__name__ for cls in classes() if len(methods(cls)) > MOST_METHODS} == set(LARGE_CLASSES)


def test_other_systems_are_named_in_their_own_folder() -> None:
    """Protects the engine from knowing dialects: their names stand in dialects/, and elsewhere for a reason."""
    assert files_with_dialects() == set(NAME_OTHER_SYSTEMS)


def test_the_life_of_an_order_does_not_grow() -> None:
    """Protects the afternoon in which one can follow an order from the call to its explanation."""
    passed = life_of_an_order()
    assert len(passed) <= MOST_FILES_OF_A_LIFE, [*passed]


@pytest.mark.parametrize("limit", [None, 9.6], ids=["market", "limit"])
def test_the_reading_list_is_the_way_that_an_order_takes(limit: float | None) -> None:
    """Protects the README's reading list from naming what an order does not pass through, and from growing."""
    only_market, only_others = {"engine/matching.py"}, {"engine/working.py", "engine/fills.py"}
    wanted = set(reading_list()) - (only_others if limit is None else only_market)
    assert wanted <= life_of_an_order(limit=limit).keys()
    assert lines(reading_list()) <= MOST_LINES_TO_READ


def test_what_answers_brackets_says_how_it_is_walked_through() -> None:
    """Protects ``for x in data`` and ``x in data``: Python alone would count 0, 1, 2, ... in them, and never end."""
    answering = [cls for cls in classes() if not hasattr(vars(cls).get("__getitem__"), "__told__")]
    found = {cls.__name__ for cls in answering if "__getitem__" in vars(cls) and not hasattr(cls, "__iter__")}
    places_in_a_table = {"At", "Corner", "ILoc", "Loc", "Mixed", "_Places"}  # which pandas does not walk through either
    assert found == places_in_a_table
