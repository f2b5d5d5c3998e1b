"""The text of a strategy that stands in a file: in the encoding that it declares, or a sentence why not."""

from __future__ import annotations

import codecs
import io
import stat
import tokenize
from pathlib import Path

from qresearch.errors import UsageError

_WIDE = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def file_bytes(path: Path) -> bytes:
    """What a file holds.

    Parameters
    ----------
    path : Path

    Returns
    -------
    bytes

    Raises
    ------
    UsageError
        There is no such file, or it is none that has an end (a folder, a pipe, a device); pass the path of a file.
    """
    try:
        mode = path.stat().st_mode
        # Asked before it is opened: opening a pipe waits for whoever writes into it.
        if stat.S_ISREG(mode):
            return path.read_bytes()
        why = f"it is {next((word for is_kind, word in _KINDS if is_kind(mode)), 'no file')}"
    except OSError as problem:
        why = problem.strerror or str(problem)
    except ValueError as problem:  # a null character
        why = str(problem)
    raise UsageError(f"Cannot read the strategy {str(path)!r}: {why}. Pass the path of a .py file.")


def read_source(path: Path) -> str:
    r"""The text of a Python file, decoded as Python itself does: its byte order mark, its declaration, else UTF-8.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str
        Lines end with ``\n``.

    Raises
    ------
    UsageError
        It cannot be read, is no text, or is not in the encoding that it declares; save it as UTF-8.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "strategy.py")
    >>> _ = path.write_bytes("# coding: gbk\r\nname = '策略'\r\n".encode("gbk"))
    >>> read_source(path)
    "# coding: gbk\nname = '策略'\n"
    """
    data = file_bytes(path)
    if data.startswith(_WIDE):
        raise UsageError(_unreadable(path, "it is UTF-16 or UTF-32, which Python does not read"))
    if b"\0" in data:
        raise UsageError(_unreadable(path, "it holds null bytes, so it is no Python text"))
    try:
        encoding = _encoding(data)
        text = data.decode(encoding)
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise UsageError(_unreadable(path, f"line {line} is not {problem.encoding.upper()}")) from None
    except (SyntaxError, LookupError, ValueError) as problem:
        why = str(problem).partition(" for ")[0].partition(";")[0]
        raise UsageError(_unreadable(path, f"its encoding cannot be told ({why})")) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _encoding(data: bytes) -> str:
    """What a file declares by a byte order mark or in its first two lines, else UTF-8; raises when it is none."""
    try:
        return tokenize.detect_encoding(io.BytesIO(data).readline)[0]
    except SyntaxError as problem:
        if "missing" in str(problem):  # nothing is declared, and the first lines are not UTF-8
            return "utf-8"
        raise


def _unreadable(path: Path, why: str) -> str:
    return (
        f"Cannot read the strategy {str(path)!r}: {why}. Save it as UTF-8, or declare its encoding in the first line: "
        "# -*- coding: gbk -*-"
    )
