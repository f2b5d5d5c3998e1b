"""States of a branch of which only some are kept: the others are folded again from the log when they are asked for.

Every state of a large book holds all its positions, so that thousands of them fill the memory. Keeping every k-th one
divides that by k, and going back then costs the events of up to k moments.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableSequence
from itertools import islice
from typing import Any, overload

from qresearch.domain.events import Event
from qresearch.domain.state import State
from qresearch.engine.evolve import evolve


class SparseStates(MutableSequence[State]):
    """States by their place; every k-th and the last are kept.

    Parameters
    ----------
    log, counts : list
        Of the branch: its events, and how many of them lie before each place. Both grow with it.
    every : int
        k.
    kept : dict of int to State
        By place: the first one at least.
    length : int
    """

    def __init__(self, log: list[Event], counts: list[int], every: int, kept: dict[int, State], length: int) -> None:
        self._log, self._counts, self._every, self._kept, self._length = log, counts, every, kept, length

    def forked(self, log: list[Event], counts: list[int], length: int) -> SparseStates:
        """The first ones, for a branch that shares them."""
        tip = length - 1
        kept = {place: state for place, state in self._kept.items() if place < length} | {tip: self[tip]}
        return SparseStates(log, counts, self._every, kept, length)

    def __len__(self) -> int:
        return self._length

    def _from(self, place: int) -> Iterator[State]:
        """The states from a place on."""
        here = max(known for known in self._kept if known <= place)
        state = self._kept[here]
        while True:
            if here >= place:
                yield state
            here += 1
            if here >= self._length:
                return
            known = self._kept.get(here)
            state = evolve(state, self._log[self._counts[here - 1] : self._counts[here]]) if known is None else known

    def __iter__(self) -> Iterator[State]:
        return self._from(0)

    @overload
    def __getitem__(self, place: int) -> State: ...
    @overload
    def __getitem__(self, place: slice) -> list[State]: ...
    def __getitem__(self, place: int | slice) -> State | list[State]:
        if isinstance(place, slice):
            begin, end, step = place.indices(self._length)
            return list(islice(self._from(begin), 0, end - begin, step)) if begin < end else []
        if not -self._length <= place < self._length:
            raise IndexError(place)
        place %= self._length
        known = self._kept.get(place)
        return next(self._from(place)) if known is None else known

    def __setitem__(self, place: Any, state: Any) -> None:
        self._kept[place % self._length] = state

    def __delitem__(self, place: int | slice) -> None:
        begin = place.indices(self._length)[0] if isinstance(place, slice) else place % self._length
        if begin < self._length:
            tip = self[begin - 1]
            self._kept = {known: state for known, state in self._kept.items() if known < begin} | {begin - 1: tip}
            self._length = begin

    def insert(self, index: int, value: State) -> None:
        """Add one at the end: states have their order from the clock."""
        before = self._length - 1
        if before % self._every:
            self._kept.pop(before, None)
        self._kept[self._length] = value
        self._length += 1
