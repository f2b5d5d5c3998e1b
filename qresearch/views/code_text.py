"""The text of a strategy, as a recording shows it: the functions that were called, and those that asked for orders."""

from __future__ import annotations

import inspect
import linecache
import types
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from qresearch.session.strategy import Hooks


class Block(NamedTuple):
    """Lines of code that stand together.

    Parameters
    ----------
    file : str
        Where they stand; a path, which is never shown.
    first : int
        Number of the first line.
    text : str
    """

    file: str
    first: int
    text: str

    @property
    def last(self) -> int:
        """Number of the last line."""
        return self.first + self.text.count("\n")

    @property
    def name(self) -> str:
        """What may be shown of the file: its name without folders, nothing of a cell."""
        is_cell = self.file.startswith("<") or "ipykernel" in self.file
        return "" if is_cell else Path(self.file).name

    def holds(self, file: str, line: int) -> bool:
        """True when a line of a file stands in it."""
        return file == self.file and self.first <= line <= self.last


def blocks_of(hooks: Hooks, codes: Iterable[types.CodeType]) -> list[Block]:
    """The code of a strategy, in the order of its files and lines; nothing where its text is not known.

    Parameters
    ----------
    hooks : Hooks
    codes : iterable of code
        Of functions that asked for orders, which may stand outside the strategy.
    """
    found: list[Block] = []
    for item in (*_parts(hooks), *codes):
        block = _block(item)
        if block is not None and not any(known.holds(block.file, block.first) for known in found):
            inside = [known for known in found if block.holds(known.file, known.first)]
            found = [known for known in found if known not in inside] + [block]
    return sorted(found)


def _parts(hooks: Hooks) -> Iterator[Any]:
    """What of a strategy has a text of its own: the whole of a script or of a class, else the functions."""
    if isinstance(hooks.target, dict):
        own = (value for value in hooks.target.values() if isinstance(value, types.FunctionType))
        yield from (_whole(value.__code__) for value in own if value.__globals__ is hooks.target)
        return
    for call in hooks.calls.values():
        owner = getattr(call, "__self__", None)
        yield call if owner is None or isinstance(owner, types.ModuleType) else type(owner)


def _whole(code: types.CodeType) -> Block | None:
    """The whole file of a script."""
    lines = linecache.getlines(code.co_filename)
    return Block(code.co_filename, 1, "".join(lines).rstrip("\n")) if lines else None


def _block(item: Any) -> Block | None:
    if item is None or isinstance(item, Block):
        return item
    try:
        lines, first = inspect.getsourcelines(item)
        file = inspect.getfile(item)
    except (OSError, TypeError):
        return None
    return Block(file, max(first, 1), "".join(lines).rstrip("\n"))
