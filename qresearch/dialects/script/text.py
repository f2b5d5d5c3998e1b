"""The text of a script: bytes of any usual encoding, prose before the code, and Python 2, brought to Python 3.

Lines keep their numbers: what is dropped becomes an empty line, so that an error names the line of the user's file.
"""

from __future__ import annotations

import ast
import dis
import io
import linecache
import re
import warnings
from dataclasses import dataclass
from types import CodeType

from qresearch.dialects.script.old_calls import OldCalls, Python2, is_python2
from qresearch.dialects.script.python2 import detabbed, python3
from qresearch.errors import StrategyError
from qresearch.session.traces import file_name

ENCODINGS = ("utf-8-sig", "gb18030", "latin-1")
"""Tried in this order; GB18030 contains GBK and GB2312."""

MOST_PROSE = 400
"""Lines before the code that are looked at."""

_CODE = re.compile(
    r"(def|class)\s+\w+\s*[(:]|import\s+[\w.]+(\s+as\s+\w+)?\s*(#.*|,.*)?$|from\s+[\w.]+\s+import\s|@\w|\w+\s*=[^=]"
)
"""A line that no prose looks like: nothing from the first one on is ever left out."""

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
    for start in _starts(lines):
        for convert in (None, python3):
            found, error = _try("\n" * start + "\n".join(lines[start:]), file, convert)
            if found is not None:
                told = f"{start} lines before the code were left out; they are no Python."
                return Source(found.text, found.code, (told, *found.notices))
    assert problem is not None  # nothing compiled
    raise StrategyError(
        f"{file_name(file)} cannot be loaded: SyntaxError in line {problem.lineno}: {problem.msg}. "
        "Mend it and try again.",
        day="",
        phase="",
        callback="load",
        line=problem.lineno,
    ) from problem


def globals_asked_for(code: CodeType) -> set[str]:
    """Names of its globals that code asks for, in its functions too.

    >>> sorted(globals_asked_for(compile("def f(): return g(1)", "", "exec")))
    ['g']
    """
    found = {step.argval for step in dis.get_instructions(code) if step.opname in {"LOAD_NAME", "LOAD_GLOBAL"}}
    return found.union(*(globals_asked_for(part) for part in code.co_consts if isinstance(part, CodeType)))


def _starts(lines: list[str]) -> list[int]:
    """Lines at which the code might begin: not indented, something stands there, and none above it is code."""
    first = next((number for number, line in enumerate(lines) if _CODE.match(line)), len(lines))
    return [
        number
        for number, line in enumerate(lines[: min(MOST_PROSE, first + 1)])
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
            is_old = (convert is python3 and changed != text) or is_python2(tree)
            old = OldCalls()
            tree = old.visit(tree)
            if is_old:
                tree = Python2(divides="__future__ import division" not in text).visit(tree)
            tree = ast.fix_missing_locations(tree)
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
    elif is_old:
        notices.append(
            "The script is Python 2, though it reads as Python 3: whole numbers are divided as there, keys() and its "
            "like are lists, round() rounds half away from zero."
        )
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


def show_source(file: str, text: str) -> None:
    """Let tracebacks and debuggers show the text that runs, where the file itself does not hold it.

    Parameters
    ----------
    file : str
        As the code knows it.
    text : str
    """
    linecache.cache.pop(file, None)
    lines = io.StringIO(text).readlines()
    if linecache.getlines(file) != lines:
        linecache.cache[file] = (len(text), None, lines, file)
