"""The line of a strategy that asked for an order: noted as the code and a place in it, read when somebody looks.

Orders that one line asks for in a row share one note, so that a loop over a whole market costs next to nothing.
"""

from __future__ import annotations

import inspect
import textwrap
from bisect import bisect_right
from pathlib import Path
from types import CodeType, FrameType

from qresearch.book.explanation import CodeLine
from qresearch.book.timeline import Branch
from qresearch.engine.draft import Draft

_DIALECTS = str(Path(__file__).resolve().parent.parent / "dialects")


def note_origin(draft: Draft, frame: FrameType, order_id: int) -> None:
    """Note who asked for an order and those after it: the frame that called, or the script behind a dialect."""
    draft.asked_in, draft.asked_at = frame.f_code, frame.f_lasti
    while frame.f_code.co_filename.startswith(_DIALECTS) and frame.f_back is not None:
        # The same line of a dialect speaks for every line of a script.
        draft.asked_in, frame = None, frame.f_back
    draft.origins[order_id] = frame.f_code, frame.f_lasti


def origin_of(branch: Branch, order_id: int) -> tuple[CodeType, int] | None:
    """The code that asked for an order, and the number of its line; None where nobody knows.

    Orders by hand have none, nor have those of a session that was resumed from its journal.
    """
    noted = list(branch.origins)
    place = bisect_right(noted, order_id)
    found = branch.origins[noted[place - 1]] if place else None
    if found is None:
        return None
    code, at = found
    line = next((line for start, stop, line in code.co_lines() if start <= at < stop), None)
    return None if line is None else (code, line)


def code_line_of(branch: Branch, order_id: int) -> CodeLine | None:
    """The line that asked for an order with the function around it; None where nobody knows it or its text."""
    found = origin_of(branch, order_id)
    if found is None:
        return None
    code, line = found
    try:
        lines, first = inspect.getsourcelines(code)
    except (OSError, TypeError):
        return None
    first = max(first, 1)
    # The file may have been edited since: a line that is no longer there is nobody's.
    if not first <= line < first + len(lines):
        return None
    # The decorators and the indentation of a method are its own business.
    text = textwrap.dedent("".join(lines)).rstrip("\n").split("\n")
    return CodeLine(code.co_name, code.co_filename, line, first, tuple(text)) if line - first < len(text) else None
