"""Modules and functions of a size that one can read; each exception is explained."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "qresearch"
FILES = sorted(PACKAGE.rglob("*.py"))
MOST_LINES_OF_A_MODULE = 400
MOST_LINES_OF_A_FUNCTION = 60

LONG_MODULES = {
    "session/session.py": "the facade that a user types, which hands each call on: most of it is docstrings",
    "domain/terms.py": "every style that a person may order in, each with its assumptions: most of it is docstrings",
    "domain/events.py": "all events side by side, one small record each: the whole vocabulary on one page",
    "engine/exchange.py": "the exchange and the protocols of what varies, which name each other: apart, a circle",
    "session/breakpoints.py": "the named conditions side by side, each a few lines with its example",
}
"""Modules above the limit, and why they are."""


def relative(path: Path) -> str:
    """Path inside the package."""
    return path.relative_to(PACKAGE).as_posix()


def test_long_modules_are_explained() -> None:
    """Protects readability: a module above 400 lines is a question to answer; an answer that is not needed goes."""
    long = {relative(path) for path in FILES if len(path.read_text("utf-8").splitlines()) > MOST_LINES_OF_A_MODULE}
    assert long == set(LONG_MODULES)


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    first = function.body[0]
    words = first.end_lineno - first.lineno + 1 if ast.get_docstring(function, clean=False) is not None else 0
    return function.end_lineno - function.lineno + 1 - words


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_no_function_is_long(path: Path) -> None:
    """Protects readability: no function above 60 lines of code."""
    functions = [
        node
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert [
        f"{node.name}: {code_lines(node)}" for node in functions if code_lines(node) > MOST_LINES_OF_A_FUNCTION
    ] == []
