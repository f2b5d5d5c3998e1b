"""A kind of account is one small module, and the engine knows the kinds by their protocol only."""

from __future__ import annotations

import ast
import importlib
import inspect
from pathlib import Path

import pytest

from qresearch.engine.accounts.kinds import ACCOUNTS

PACKAGE = Path(__file__).resolve().parents[2] / "qresearch"
MOST_LINES_OF_A_KIND = 300
MODULES = {type(kind).__module__: type(kind).__name__ for kind in ACCOUNTS.values()}
"""The module of each kind, and its class."""
MAY_NAME_ONE = ("engine/accounts/", "book/", "dialects/", "views/", "session/rules.py")


@pytest.mark.parametrize("module", MODULES)
def test_a_kind_can_be_read_at_one_sitting(module: str) -> None:
    """Protects what makes a further kind cheap: each is at most 300 lines."""
    assert len(inspect.getsource(importlib.import_module(module)).splitlines()) <= MOST_LINES_OF_A_KIND


def test_nothing_else_names_a_kind() -> None:
    """Protects the protocol: neither the engine nor the session imports the module of a kind, or compares its name."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if name.startswith(MAY_NAME_ONE):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module in MODULES:
                found.append(f"{name}:{node.lineno} imports {node.module}")
            elif isinstance(node, ast.Compare):
                words = {part.value for part in ast.walk(node) if isinstance(part, ast.Constant)}
                is_name = any(isinstance(part, ast.Attribute) and part.attr == "name" for part in ast.walk(node))
                if is_name and words & ACCOUNTS.keys():
                    found.append(f"{name}:{node.lineno} compares {words & ACCOUNTS.keys()}")
    assert found == []
