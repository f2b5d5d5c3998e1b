"""The text of a script: bytes of any usual encoding, prose before the code, and Python 2, brought to Python 3.

Lines keep their numbers: what is dropped becomes an empty line, so that an error names the line of the user's file.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from dataclasses import dataclass
from types import CodeType
from typing import Any

import numpy as np

from qresearch.dialects.joinquant.old_calls import OldCalls
from qresearch.errors import StrategyError

ENCODINGS = ("utf-8-sig", "gb18030", "latin-1")
"""Tried in this order; GB18030 contains GBK and GB2312."""

MOST_PROSE = 400
"""Lines before the code that are looked at."""

_INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060"), None) | {0xA0: " ", 0x3000: " "}


@dataclass(frozen=True, slots=True)
class Source:
    """A script that compiles.

    Parameters
    ----------
    text : str
        Python 3, with as many lines as the file.
    code : CodeType
    notices : tuple of str
        What had to be changed.
    """

    text: str
    code: CodeType
    notices: tuple[str, ...] = ()


def decoded(data: bytes) -> tuple[str, str]:
    """Text of a file, and the encoding in which it made sense.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    (str, str)

    >>> decoded("策略".encode("gbk"))
    ('策略', 'gb18030')
    """
    for encoding in ENCODINGS[:-1]:
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    return data.decode(ENCODINGS[-1]), ENCODINGS[-1]


def compiled(text: str, file: str) -> Source:
    r"""Bring a script to code, changing as little as it takes.

    Parameters
    ----------
    text : str
    file : str
        Name for tracebacks.

    Returns
    -------
    Source

    Raises
    ------
    StrategyError
        No reading of it compiles; the message names the line.

    Examples
    --------
    >>> source = compiled("shared by a friend, do try it\nprint 'a'\n", "shared.py")
    >>> source.text
    "\nprint('a')\n"
    >>> len(source.notices)
    2
    """
    clean = text.replace("\r\n", "\n").replace("\r", "\n").translate(_INVISIBLE)
    clean = re.sub(r"\A((?:[^\n]*\n)?)[ \t\f]*#[^\n]*coding[:=][^\n]*", r"\1#", clean, count=1)
    problem: SyntaxError | None = None
    for convert in (None, detabbed, python3):
        found, error = _try(clean, file, convert)
        if found is not None:
            return found
        problem = problem or error
    lines = clean.split("\n")
    for convert in (None, python3):
        for start in _starts(lines):
            found, error = _try("\n" * start + "\n".join(lines[start:]), file, convert)
            if found is not None:
                told = f"{start} lines before the code were left out; they are no Python."
                return Source(found.text, found.code, (told, *found.notices))
    assert problem is not None  # nothing compiled
    raise StrategyError(
        f"{file} cannot be loaded: SyntaxError in line {problem.lineno}: {problem.msg}. Mend it and try again.",
        day="",
        phase="",
        callback="load",
        line=problem.lineno,
    ) from problem


def _starts(lines: list[str]) -> list[int]:
    """Lines at which the code might begin: not indented, something stands there, and a function still follows."""
    last = max((number for number, line in enumerate(lines) if line.startswith("def ")), default=len(lines))
    return [
        number
        for number, line in enumerate(lines[: min(MOST_PROSE, last + 1)])
        if number and line.strip() and not line[0].isspace()
    ]


def _try(text: str, file: str, convert: object) -> tuple[Source | None, SyntaxError | None]:
    changed = convert(text) if callable(convert) else text
    try:
        with warnings.catch_warnings():
            # Old regular expressions in old scripts: an invalid escape in a string is not worth a warning here.
            warnings.simplefilter("ignore", SyntaxWarning)
            tree = ast.parse(changed, file)
            prose = _drop_prose(tree)
            old = OldCalls()
            tree = ast.fix_missing_locations(old.visit(tree))
            if convert is python3 and "__future__ import division" not in text:
                tree = ast.fix_missing_locations(_WholeDivision().visit(tree))
            code = compile(tree, file, "exec", dont_inherit=True)
    except SyntaxError as problem:
        return None, problem
    except ValueError as problem:  # null bytes
        return None, SyntaxError(str(problem), (file, 1, None, None))
    notices = []
    if prose:
        notices.append(f"{prose} lines before the code were left out; they are no Python.")
    if changed != text:
        notices.append("Tabs became spaces." if convert is detabbed else "Python 2 code was converted to Python 3.")
    elif old.count:
        notices.append("Calls of Python 2 (iteritems, has_key and their like) were converted to Python 3.")
    return Source(changed, code, tuple(notices)), None


def _drop_prose(tree: ast.Module) -> int:
    """Leave out bare names at the top: a line of Chinese prose is a valid expression."""
    count = 0
    while count < len(tree.body):
        node = tree.body[count]
        bare = isinstance(node, ast.Expr) and isinstance(node.value, (ast.Name, ast.Attribute, ast.Tuple))
        empty = isinstance(node, ast.AnnAssign) and node.value is None
        if not (bare or empty):
            break
        count += 1
    del tree.body[:count]
    return count


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


# ---------------------------------------------------------------------------------------- Python 2

_RENAMED = {"xrange": "range", "unicode": "str", "basestring": "str", "long": "int", "raw_input": "input",
            "unichr": "chr", "izip": "zip"}  # fmt: skip
_EXCEPT = re.compile(r"^(\s*except\s+[^:#]+?)\s*,\s*([A-Za-z_]\w*)\s*:")
_RAISE = re.compile(r"^(\s*raise\s+[\w.]+)\s*,\s*(.+?)\s*$")
_EXEC = re.compile(r"^(\s*)exec\s+([^(\s].*)$")
_PRINT = re.compile(r"(?:^|(?<=[:;]))(\s*)print\b(?!\s*=)")


def python3(text: str) -> str:
    r"""The common forms of Python 2 as Python 3: print, except, raise, exec, octal and long numbers, renamed functions.

    >>> python3("try:\n    print 'a', x\nexcept ValueError, e:\n    raise KeyError, 'b'")
    "try:\n    print('a', x)\nexcept ValueError as e:\n    raise KeyError('b')"
    """
    lines = detabbed(text).split("\n")
    inside = _inside_strings(lines)
    for number, line in enumerate(lines):
        if number in inside:
            continue
        changed = _EXCEPT.sub(r"\1 as \2:", line)
        changed = _RAISE.sub(r"\1(\2)", changed)
        changed = _EXEC.sub(r"\1exec(\2)", changed)
        lines[number] = changed
    _convert_prints(lines, inside)
    return _convert_tokens("\n".join(lines))


def divided(one: Any, other: Any) -> Any:
    """What ``/`` was in Python 2: whole numbers give a whole number, rounded down.

    >>> divided(7, 2), divided(-7, 2), divided(7.0, 2)
    (3, -4, 3.5)
    """
    whole = isinstance(one, (int, np.integer)) and isinstance(other, (int, np.integer))
    return one // other if whole else one / other


DIVISION = "__divided__"
"""Name under which a converted script finds :func:`divided` among its builtins."""


class _WholeDivision(ast.NodeTransformer):
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


def _inside_strings(lines: list[str]) -> set[int]:
    """Numbers of lines that begin inside a string of several lines."""
    found: set[int] = set()
    quote = ""
    for number, line in enumerate(lines):
        if quote:
            found.add(number)
        place = 0
        while place < len(line):
            if quote:
                end = line.find(quote, place)
                if end < 0:
                    break
                place, quote = end + 3, ""
            elif line[place] == "#":
                break
            elif line[place : place + 3] in {'"""', "'''"}:
                quote, place = line[place : place + 3], place + 3
            elif line[place] in "\"'":
                place = _string_end(line, place)
            else:
                place += 1
    return found


def _string_end(line: str, place: int) -> int:
    """Where a string of one line ends."""
    quote, place = line[place], place + 1
    while place < len(line) and line[place] != quote:
        place += 2 if line[place] == "\\" else 1
    return place + 1


def _convert_prints(lines: list[str], inside: set[int]) -> None:
    number = 0
    while number < len(lines):
        found = None if number in inside else _PRINT.search(lines[number])
        if found is not None and not _quoted(lines[number], found.end(1)):
            _convert_print(lines, number, found.end())
        number += 1


def _quoted(line: str, place: int) -> bool:
    """True when a place of a line lies in a string or a comment."""
    at = 0
    while at < place:
        if line[at] == "#":
            return True
        at = _string_end(line, at) if line[at] in "\"'" else at + 1
    return at > place


def _convert_print(lines: list[str], number: int, place: int) -> None:
    """Put the parentheses of one print, which may go on over lines."""
    end, stop = _statement_end(lines, number, place)
    rest = lines[number][place:] if end == number else ""
    body = (lines[number][place:stop] if end == number else lines[number][place:]).strip()
    if not body and end == number:
        lines[number] = f"{lines[number][:place]}(){lines[number][stop:]}"
        return
    if body.startswith(">>"):
        target, _, words = body[2:].partition(",")
        lines[number] = f"{lines[number][:place]}({words.strip()}, file={target.strip()})" + rest[stop - place :]
        return
    if end == number:
        if body.startswith("(") and _closes_at_end(body):
            return
        tail = lines[number][stop:]
        spacing = " " if tail.startswith("#") else ""
        lines[number] = f"{lines[number][:place]}({body.rstrip(',')}){spacing}{tail}"
        return
    if body.startswith("(") and lines[end][:stop].rstrip().endswith(")"):
        return
    lines[number] = f"{lines[number][:place]}({body}"
    lines[end] = f"{lines[end][:stop].rstrip()}){lines[end][stop:]}"


def _closes_at_end(body: str) -> bool:
    """True when the first parenthesis of a text closes at its end."""
    depth = place = 0
    while place < len(body):
        if body[place] in "\"'":
            place = _string_end(body, place)
            continue
        depth += {"(": 1, ")": -1}.get(body[place], 0)
        if not depth:
            return place == len(body) - 1
        place += 1
    return False


def _statement_end(lines: list[str], number: int, place: int) -> tuple[int, int]:
    """Line and column at which a statement ends: brackets, strings and backslashes carry it on."""
    depth = 0
    while True:
        line = lines[number]
        while place < len(line):
            sign = line[place]
            if sign == "#" or (sign == ";" and not depth):
                return number, place
            if sign in "\"'":
                place = _string_end(line, place)
                continue
            depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(sign, 0)
            place += 1
        if (depth <= 0 and not line.endswith("\\")) or number + 1 == len(lines):
            return number, len(line)
        number, place = number + 1, 0


def _convert_tokens(text: str) -> str:
    """Numbers, operators and names that Python 3 spells in another way; the text itself where it has no tokens."""
    text = re.sub(r"<>", "!=", text)
    text = re.sub(r"\b[uU][rR](?=[\"'])", "r", text)
    text = re.sub(r"(?<![\w.])(\d+)[lL]\b", r"\1", text)
    text = re.sub(r"(?<![\w.])0(\d+)\b(?![.\d])", r"\1", text)
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError, IndentationError):
        return text
    lines = text.split("\n")
    for token in reversed(tokens):
        if token.type == tokenize.NAME and token.string in _RENAMED:
            row, column = token.start
            line = lines[row - 1]
            lines[row - 1] = line[:column] + _RENAMED[token.string] + line[column + len(token.string) :]
    return "\n".join(lines)
