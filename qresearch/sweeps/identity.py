"""What a strategy is known by in a file of results: its text, and what of the user's own that text leads to.

Functions, classes and modules of the user's that a strategy names are followed, with their plain values: the same text
over another helper is another strategy. What is installed, and objects that are no plain data, are not looked into.
"""

from __future__ import annotations

import builtins
import hashlib
import inspect
import sys
import types
from collections.abc import Iterator
from typing import Any

from qresearch.session.host import source_of
from qresearch.session.plain import NotPlain, to_plain
from qresearch.sweeps.making import is_theirs


def fingerprint(strategy: Any) -> str:
    """SHA-256 over the text of a strategy, and over everything of the user's that it leads to."""
    parts = _parts(strategy, set())
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _parts(value: Any, seen: set[int]) -> list[str]:
    """The text of a function, class or module, and of all that it leads to; each once."""
    if id(value) in seen:
        return []
    seen.add(id(value))
    text = source_of(value)
    parts = [str(getattr(value, "__name__", "")), text]
    if isinstance(value, types.ModuleType):
        return parts  # its text holds all of it
    functions = _functions(value) if isinstance(value, type) else [value]
    if not text:
        parts += [_code_text(function.__code__) for function in functions]
    around: dict[str, Any] = {}
    if isinstance(value, type):
        around |= {f"base {number}": base for number, base in enumerate(value.__bases__)}
        around |= {name: held for name, held in vars(value).items() if not name.startswith("__")}
    for function in functions:
        around |= _surroundings(function)
    for name, held in sorted(around.items()):
        parts += [f"{name}={part}" for part in _told(held, seen)]
    return parts


def _told(held: Any, seen: set[int]) -> list[str]:
    """What a value adds: the texts behind a function, class or module of the user's, a plain value itself."""
    if _is_of_the_user(held):
        return _parts(held, seen)
    try:
        return [repr(to_plain(held))]
    except NotPlain:
        return []


def _is_of_the_user(held: Any) -> bool:
    if isinstance(held, types.ModuleType):
        return is_theirs(held)
    if not isinstance(held, (types.FunctionType, type)):
        return False
    module = sys.modules.get(held.__module__ or "")
    if module is None or module.__name__ == "__main__":
        return True  # of a notebook, or a script
    return is_theirs(module) or (module is builtins and isinstance(held, types.FunctionType))  # that one by exec


def _functions(cls: type) -> list[types.FunctionType]:
    """The functions of a class itself, those behind static methods, class methods and properties too."""
    found = []
    for held in vars(cls).values():
        behind = [getattr(held, name, None) for name in ("__func__", "fget", "func")]
        found += [item for item in (held, *behind) if isinstance(item, types.FunctionType)]
    return found


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def _code_text(code: types.CodeType) -> str:
    """What a code does, where nobody has its text: its instructions, names and constants."""
    return repr(
        [
            (part.co_code, part.co_names, [value for value in part.co_consts if not isinstance(value, types.CodeType)])
            for part in _codes(code)
        ]
    )


def _surroundings(function: types.FunctionType) -> dict[str, Any]:
    """What a function takes from around it: globals, what it was closed over, and its defaults."""
    named = {name for code in _codes(function.__code__) for name in code.co_names}
    around = {name: function.__globals__[name] for name in named if name in function.__globals__}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            around[name] = cell.cell_contents
        except ValueError:
            continue  # not bound yet
    for name, item in inspect.signature(function, follow_wrapped=False).parameters.items():
        if item.default is not item.empty:
            around[f"{function.__name__}({name})"] = item.default
    return around
