"""Objects that stand under two names, and stay one when what a strategy remembers is written and read again."""

from __future__ import annotations

import random
from collections import Counter, OrderedDict, defaultdict, deque
from typing import Any

import numpy as np
import pandas as pd

_CHANGING = frozenset({
    list, dict, set, deque, OrderedDict, Counter, defaultdict, np.ndarray, pd.Series, pd.DataFrame, np.random.Generator,
    random.Random,
})  # fmt: skip
"""Kinds of objects that can change: what is done to one of them is seen under each of its names."""

Notes = dict[int, tuple[Any, Any]]


class Within:
    """What a value that is written lies in: how many containers, and what was written before it.

    An object that comes again is written once, as ``{"$shared": [number, data]}``, and elsewhere by its number, as
    ``{"$same": number}``.

    Parameters
    ----------
    depth : int
    notes : dict, optional
        Objects that were written, each with its data, by their id. Default: nobody asks whether one comes again.
    numbers : dict, optional
        The number of each that came again, by its id.
    """

    __slots__ = ("_notes", "_numbers", "depth")

    def __init__(self, depth: int = 0, notes: Notes | None = None, numbers: dict[int, int] | None = None) -> None:
        self.depth, self._notes, self._numbers = depth, notes, {} if numbers is None else numbers

    def inner(self) -> Within:
        """One container deeper."""
        return Within(self.depth + 1, self._notes, self._numbers)

    def again(self, value: object) -> dict[str, int] | None:
        """What is written of an object that was written before; None of another one."""
        if self._notes is None or id(value) not in self._notes:
            return None
        return {"$same": self._numbers.setdefault(id(value), len(self._numbers))}

    def noted(self, value: object, data: Any) -> Any:
        """The data of an object, noted where it can change."""
        if self._notes is not None and type(value) in _CHANGING:
            self._notes[id(value)] = value, data
        return data

    @property
    def written(self) -> int:
        """Number of the objects that were written."""
        return len(self._notes or ())

    def forget(self, written: int) -> None:
        """Forget all but the first ones: they were not written after all."""
        while self._notes and len(self._notes) > written:
            self._notes.popitem()

    def shared(self, data: Any) -> Any:
        """Data with the numbers of what came again."""
        notes = self._notes or {}
        named = {id(notes[key][1]): number for key, number in self._numbers.items() if key in notes}
        return _numbered(data, named) if named else data


def _numbered(data: Any, named: dict[int, int]) -> Any:
    told = data
    if isinstance(data, list):
        told = [_numbered(item, named) for item in data]
    elif isinstance(data, dict):
        told = {key: _numbered(item, named) for key, item in data.items()}
    number = named.get(id(data))
    return told if number is None else {"$shared": [number, told]}
