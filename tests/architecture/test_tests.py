"""The tests themselves: each says what it protects."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
FILES = sorted(TESTS.rglob("test_*.py"))


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(TESTS)) for path in FILES])
def test_every_test_says_what_it_protects(path: Path) -> None:
    """Protects the reader of a failure: a test without a docstring does not say what broke."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent = [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not ast.get_docstring(node)
    ]
    assert not silent, f"{silent} in {path.name} have no docstring"


def test_the_quick_tests_are_found_by_their_marker() -> None:
    """Protects `pytest -m quick`: markers that came after the choice left it with nothing to run."""
    files = ["tests/unit/test_fees.py", "tests/unit/test_copies.py"]
    words = ["-m", "pytest", "-q", "--collect-only", "-n0", "-m", "quick", *files]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, cwd=TESTS.parent, check=True)
    assert "test_fees.py::" in done.stdout
    assert "test_copies.py::" not in done.stdout
