"""Python 2 brought to Python 3: its statements and names in the text, its calls and its division in the tree.

Lines keep their numbers, so that an error names the line of the user's file.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

# ---------------------------------------------------------------------------------------- the text


def detabbed(text: str) -> str:
    r"""Tabs in indentations as spaces, as Python 2 read them: to the next multiple of eight.

    >>> detabbed("if 1:\n\tx = 1")
    'if 1:\n        x = 1'
    """
    lines = []
    for line in text.split("\n"):
        body = line.lstrip(" \t")
        lines.append(line[: len(line) - len(body)].expandtabs(8) + body)
    return "\n".join(lines)


_QUOTED = re.compile(
    r"""(\'{3}|"{3})(?:\\.|(?!\1).)*\1|\'(?:\\.|[^\'\\\n])*\'|"(?:\\.|[^"\\\n])*"|#[^\n]*""", re.DOTALL
)
"""A string, of one line or of several, or a comment."""

_RENAMED = {"xrange": "range", "unicode": "str", "basestring": "str", "long": "int", "raw_input": "input",
            "unichr": "chr", "izip": "zip"}  # fmt: skip
_WORDS = (
    (re.compile(r"<>"), lambda _: "!="),
    (re.compile(r"\b[uU][rR](?=[\"'])"), lambda _: "r"),
    (re.compile(r"(?<![\w.])0*(\d+)[lL]?\b(?![.\d])"), lambda found: found[1]),
    (re.compile(rf"\b(?:{'|'.join(_RENAMED)})\b"), lambda found: _RENAMED[found[0]]),
    (re.compile(r"(?m)(?<=except\b)([ \t]+[^:#\n]+?)\s*,\s*(\w+)(?=\s*:)"), lambda found: f"{found[1]} as {found[2]}"),
)
"""Numbers, operators, names and clauses that Python 3 spells in another way, and how."""

_WRAPPED = (
    re.compile(r"(?m)^[ \t]*raise[ \t]+[\w.]+([ \t]*,[ \t]*)(.+?)[ \t]*(?=[#;]|$)"),
    re.compile(r"(?m)^[ \t]*exec([ \t]+)([^(\s].*?)[ \t]*$"),
)
"""Statements whose end goes into parentheses: what opens them, and what they hold."""

_PRINT = re.compile(r"(?m)(?:^|(?<=[:;]))[ \t]*print\b(?!\s*=)[ \t]*")

Edit = tuple[int, int, str]
"""Where a part of the text begins and ends, and what takes its place."""


def python3(text: str) -> str:
    r"""The common forms of Python 2 as Python 3: print, except, raise, exec, octal and long numbers, renamed functions.

    >>> python3("try:\n    print 'a', x\nexcept ValueError, e:\n    raise KeyError, 'b'")
    "try:\n    print('a', x)\nexcept ValueError as e:\n    raise KeyError('b')"
    """
    text = detabbed(text)
    # Strings and comments become quotes and hashes of the same length: nothing is found in them, places stay.
    bare = _QUOTED.sub(lambda found: re.sub(r"[^\n]", found[0][0], found[0]), text)
    edits = [*_words(bare), *_parentheses(bare), *_prints(bare, text)]
    for begin, end, new in sorted(edits, reverse=True):
        text = text[:begin] + new + text[end:]
    return text


def _words(bare: str) -> Iterator[Edit]:
    for pattern, spelled in _WORDS:
        for found in pattern.finditer(bare):
            yield *found.span(), spelled(found)


def _parentheses(bare: str) -> Iterator[Edit]:
    for pattern in _WRAPPED:
        for found in pattern.finditer(bare):
            yield *found.span(1), "("
            yield found.end(2), found.end(2), ")"


def _prints(bare: str, text: str) -> Iterator[Edit]:
    """The parentheses of each print, which may go on over lines."""
    for found in _PRINT.finditer(bare):
        begin = found.end()
        stop = _statement_end(bare, begin)
        end = begin + len(bare[begin:stop].rstrip().rstrip(","))
        closing = ")"
        if bare[begin:end].startswith("("):
            if _bracket_end(bare, begin) == end:
                continue
        elif bare.startswith(">>", begin):
            comma = bare.find(",", begin, end)
            target = text[begin + 2 : end if comma < 0 else comma].strip()
            begin, closing = (end, f"file={target})") if comma < 0 else (comma + 1, f", file={target})")
            begin += len(bare[begin:end]) - len(bare[begin:end].lstrip())
        yield found.start() + found[0].rindex("print") + len("print"), begin, "("
        yield end, stop, closing + (" " if bare[stop : stop + 1] == "#" else "")


def _statement_end(bare: str, place: int) -> int:
    """Where a statement ends: brackets and backslashes carry it on over lines."""
    depth = 0
    while place < len(bare):
        sign = bare[place]
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(sign, 0)
        if depth <= 0 and (sign in "#;" or (sign == "\n" and bare[place - 1] != "\\")):
            break
        place += 1
    return place


def _bracket_end(bare: str, place: int) -> int:
    """Where the parenthesis that opens at a place is closed."""
    depth = 0
    while place < len(bare):
        depth += {"(": 1, ")": -1}.get(bare[place], 0)
        place += 1
        if not depth:
            break
    return place


# ---------------------------------------------------------------------------------------- the tree

VIEWS = {"iteritems": "items", "itervalues": "values", "iterkeys": "keys"}
"""Method of a mapping of Python 2 to that of Python 3."""


SINGLE = {"float": "float of one", "int": "int of one"}
"""Builtin to what is called in its place: it also takes an array or a series of one value, as it did before numpy 2.

No script can say these names: they are no identifiers.
"""


def of_one(kind: type) -> Callable[..., Any]:
    """``float`` or ``int`` of one value, also of an array or a series that holds just one.

    >>> of_one(float)(np.array([[1.5]])), of_one(int)("3")
    (1.5, 3)
    """

    def converted(value: Any) -> Any:
        if isinstance(value, (np.ndarray, pd.Series)) and value.size == 1:
            value = np.asarray(value).reshape(-1)[0]
        return kind(value)

    return converted


class OldCalls(ast.NodeTransformer):
    """Brings such calls to Python 3, and counts them. Functions of the same names with arguments, as in six, stay.

    >>> tree = ast.parse("d.has_key('a') and list(d.iteritems()) and six.iteritems(d)")
    >>> old = OldCalls()
    >>> ast.unparse(old.visit(tree)), old.count
    ("'a' in d and list(d.items()) and six.iteritems(d)", 2)
    """

    def __init__(self) -> None:
        self.count = 0

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """Change one call, after those inside it."""
        self.generic_visit(node)
        method = node.func
        if isinstance(method, ast.Name) and method.id in SINGLE and len(node.args) == 1 and not node.keywords:
            node.func = ast.copy_location(ast.Name(SINGLE[method.id], ast.Load()), method)
            return node
        if not isinstance(method, ast.Attribute) or node.keywords:
            return node
        if method.attr in VIEWS and not node.args:
            self.count += 1
            method.attr = VIEWS[method.attr]
        elif method.attr == "has_key" and len(node.args) == 1:
            self.count += 1
            return ast.copy_location(ast.Compare(node.args[0], [ast.In()], [method.value]), node)
        return node


def divided(one: Any, other: Any) -> Any:
    """What ``/`` was in Python 2: whole numbers give a whole number, rounded down.

    >>> divided(7, 2), divided(-7, 2), divided(7.0, 2)
    (3, -4, 3.5)
    """
    whole = isinstance(one, (int, np.integer)) and isinstance(other, (int, np.integer))
    return one // other if whole else one / other


DIVISION = "__divided__"
"""Name under which a converted script finds :func:`divided` among its builtins."""


class WholeDivision(ast.NodeTransformer):
    """Divisions of a Python 2 script as calls of :func:`divided`."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """``a / b``."""
        self.generic_visit(node)
        return self._call(node, node.left, node.right) if isinstance(node.op, ast.Div) else node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        """``a /= b``, of a plain name."""
        self.generic_visit(node)
        if not isinstance(node.op, ast.Div) or not isinstance(node.target, ast.Name):
            return node
        before = ast.copy_location(ast.Name(node.target.id, ast.Load()), node)
        return ast.copy_location(ast.Assign([node.target], self._call(node, before, node.value)), node)

    @staticmethod
    def _call(place: ast.AST, one: ast.expr, other: ast.expr) -> ast.expr:
        name = ast.copy_location(ast.Name(DIVISION, ast.Load()), place)
        return ast.copy_location(ast.Call(name, [one, other], []), place)
