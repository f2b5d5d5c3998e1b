"""Files that a user asks for: a path that cannot be written is told, not left to the operating system's words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qresearch.domain.arguments import path as path_of
from qresearch.errors import UsageError, shown


def write_file(name: str, path: Any, content: str | bytes, example: str) -> Path:
    """Write text (as UTF-8, lines end with a line feed) or bytes, in place of what is there.

    Parameters
    ----------
    name : str
        Of the argument.
    path : str or Path
    content : str or bytes
    example : str
        A path that one could write.

    Raises
    ------
    UsageError
        No path, or one where nothing can be written; the message says why.
    """
    target = path_of(name, path, example)
    try:
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as problem:
        raise unwritable(name, path, problem) from None
    return target


def unwritable(name: str, path: object, problem: OSError) -> UsageError:
    """What to say when a file or a folder cannot be made."""
    return UsageError(
        f"{name}={shown(path)} cannot be written: {problem.strerror or problem}. "
        "Pass a path in a folder that exists and that you may write to."
    )
