"""The list of what newcomers met on the screen: each has its tests or a reason; ``tests/screen_defects.csv``."""

from __future__ import annotations

import ast
import csv
from functools import cache
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
COUNT = 30


@cache
def functions_of(path: Path) -> frozenset[str]:
    """Names of the tests that stand in a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name[:5] == "test_")


def test_each_defect_has_a_test_or_a_reason() -> None:
    """Protects from a list that promises tests which were renamed or taken away: every one that it names is there."""
    with (TESTS / "screen_defects.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["defect"] for row in rows] == [str(number) for number in range(1, COUNT + 1)]
    missing = []
    for row in rows:
        named = row["tests"].split()
        if not named and not row["reason"]:
            missing.append(f"{row['defect']}: neither a test nor a reason")
        for name in named:
            path, _, function = name.partition("::")
            file_of_it = TESTS.parent / path
            if not file_of_it.exists() or function not in functions_of(file_of_it):
                missing.append(f"{row['defect']}: {name}")
    assert missing == []
