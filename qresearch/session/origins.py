"""The line of a strategy that asked for an order: noted as the code and a place in it, read when somebody looks."""

from __future__ import annotations

import sys
from pathlib import Path
from types import CodeType

from qresearch.book.timeline import Branch
from qresearch.engine.draft import Draft

MOST_ORIGINS = 300
"""Orders of one step whose lines are noted: more are placed by a loop, and must not cost anything."""
_DIALECTS = str(Path(__file__).resolve().parent.parent / "dialects")


def note_origin(draft: Draft) -> None:
    """Note who asked for the last order: whoever called the order function that called this one's caller."""
    frame = sys._getframe(3)  # the one way to a frame that costs next to nothing
    code = frame.f_code
    while code.co_filename.startswith(_DIALECTS) and frame.f_back is not None:
        frame = frame.f_back
        code = frame.f_code
    draft.origins[draft.orders] = code, frame.f_lasti


def origin_of(branch: Branch, order_id: int) -> tuple[CodeType, int] | None:
    """The code that asked for an order, and the number of its line; None where nobody knows.

    Orders by hand have none, nor have those of a session that was resumed from its journal.
    """
    found = branch.origins.get(order_id)
    if found is None:
        return None
    code, place = found
    line = next((line for start, stop, line in code.co_lines() if start <= place < stop), None)
    return None if line is None else (code, line)
