"""The text of Python 2 brought to Python 3: its statements and names. Its calls: :mod:`~.old_calls`.

Lines keep their numbers, so that an error names the line of the user's file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator


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


def _number(zeros: str, digits: str) -> str:
    """A whole number; after a zero it is octal."""
    return f"0o{digits}" if zeros and len(digits) > 1 and not set(digits) - set("01234567") else digits


_RENAMED = {"xrange": "range", "unicode": "str", "basestring": "str", "long": "int", "raw_input": "input",
            "unichr": "chr"}  # fmt: skip
_WORDS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"<>"), lambda _: "!="),
    (re.compile(r"\b[uU][rR](?=[\"'])"), lambda _: "r"),
    (re.compile(r"(?<![\w.])(0*)(\d+)[lL]?\b(?![.\d])"), lambda found: _number(*found.groups())),
    (re.compile(rf"\b(?:{'|'.join(_RENAMED)})\b"), lambda found: _RENAMED[found[0]]),
    (re.compile(r"(?m)(?<=except\b)([ \t]+[^:#\n]+?)\s*,\s*(\w+)(?=\s*:)"), lambda found: f"{found[1]} as {found[2]}"),
)
"""Numbers, operators, names and clauses that Python 3 spells in another way, and how."""

_LAMBDA = re.compile(r"\blambda[ \t]*\(([\w, \t]+)\)[ \t]*:")
"""A function of one argument that takes it apart."""

_WRAPPED = (
    re.compile(r"(?m)(?:^|(?<=[:;]))[ \t]*raise[ \t]+[\w.]+([ \t]*,[ \t]*)(.+?)[ \t]*(?=[#;]|$)"),
    re.compile(r"(?m)(?:^|(?<=[:;]))[ \t]*exec([ \t]+)([^(\s].*?)[ \t]*$"),
)
"""Statements whose end goes into parentheses: what opens them, and what they hold."""

_PRINT = re.compile(r"(?m)(?:^|(?<=[:;]))[ \t]*print\b(?!\s*=)[ \t]*")

Edit = tuple[int, int, str]
"""Where a part of the text begins and ends, and what takes its place."""


def python3(text: str) -> str:
    r"""The common forms of Python 2 as Python 3: print, except, raise, exec, lambdas, numbers, renamed functions.

    >>> python3("try:\n    print 'a', x\nexcept ValueError, e:\n    raise KeyError, 'b'")
    "try:\n    print('a', x)\nexcept ValueError as e:\n    raise KeyError('b')"
    """
    text = detabbed(text)
    # Strings and comments become quotes and hashes of the same length: nothing is found in them, places stay.
    bare = _QUOTED.sub(lambda found: re.sub(r"[^\n]", found[0][0], found[0]), text)
    edits = [*_words(bare), *_parentheses(bare), *_prints(bare, text), *_lambdas(bare)]
    for begin, end, new in sorted(edits, reverse=True):
        text = text[:begin] + new + text[end:]
    return text


def _words(bare: str) -> Iterator[Edit]:
    for pattern, spelled in _WORDS:
        for found in pattern.finditer(bare):
            yield *found.span(), spelled(found)
    for found in re.finditer(r"`[^`\n]+`", bare):
        yield found.start(), found.start() + 1, "repr("
        yield found.end() - 1, found.end(), ")"


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


def _lambdas(bare: str) -> Iterator[Edit]:
    """Functions that take their argument apart, as functions of that argument that hand on its parts."""
    for found in _LAMBDA.finditer(bare):
        before = bare[: found.start()]
        is_inside = sum(before.count(sign) for sign in "([{") > sum(before.count(sign) for sign in ")]}")
        depth, end = 0, found.end()
        while end < len(bare):
            sign = bare[end]
            depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(sign, 0)
            if depth < 0 or (not depth and (sign == "," or (sign in "\n#;" and not is_inside))):
                break
            end += 1
        yield *found.span(), f"lambda _: (lambda {found[1]}:"
        yield end, end, ")(*_)"


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
