"""What grows with a run and does not change any more: kept once, and not copied with every moment that is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Shelf:
    """Things by number, in the order in which they came; never copied."""

    def __init__(self, items: Mapping[int, Any] | None = None) -> None:
        self.items: list[Any] = [] if items is None else list(items.values())
        self.numbers: list[int] = [] if items is None else list(items)
        self.places = {number: place for place, number in enumerate(self.numbers)}

    def put(self, number: int, item: Any) -> None:
        """Put something at the end."""
        self.places[number] = len(self.items)
        self.items.append(item)
        self.numbers.append(number)


class Shelved(Mapping[int, T], Generic[T]):
    """Things by number: those at work, and those on a shelf, of which as many count as were there.

    Going back puts the number of those that count back, and not the shelf; whoever then goes on another way begins a
    shelf of his own.

    Parameters
    ----------
    keep : callable
        Names something that is never copied.
    """

    def __init__(self, keep: Callable[[object], None]) -> None:
        self._keep = keep
        self.open: dict[int, T] = {}
        self._shelf, self._taken = Shelf(), 0
        keep(self._shelf)

    def __getitem__(self, number: int) -> T:
        found = self.open.get(number)
        if found is not None:
            return found
        place = self._shelf.places[number]
        if place >= self._taken:
            raise KeyError(number)
        item: T = self._shelf.items[place]
        return item

    def __iter__(self) -> Iterator[int]:
        return iter(sorted([*self.open, *self._shelf.numbers[: self._taken]]))

    def __len__(self) -> int:
        return len(self.open) + self._taken

    def add(self, number: int, item: T) -> None:
        """Put something to work."""
        self.open[number] = item

    def shelve(self, number: int) -> None:
        """Put something on the shelf: it does not change any more."""
        item = self.open.pop(number)
        if len(self._shelf.items) > self._taken:
            numbers = self._shelf.numbers[: self._taken]
            self._shelf = Shelf(dict(zip(numbers, self._shelf.items, strict=False)))
            self._keep(self._shelf)
        self._shelf.put(number, item)
        self._taken += 1
        self._keep(item)
