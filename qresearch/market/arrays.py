"""What holds the arrays of a market: they are never changed, and still cannot be after a copy or a pickle."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = TypeVar("Array", bound=NDArray[Any])


def read_only(array: Array) -> Array:
    """The array itself, which can no longer be changed."""
    array.flags.writeable = False
    return array


def compact(array: Array) -> Array:
    """The array itself; one that is the same value everywhere, or NaN everywhere, as that one value, repeated.

    A field that the data do not have takes no memory then.

    >>> compact(np.full((250, 100), np.nan)).base.nbytes
    8
    """
    if array.size < 2 or not any(array.strides):
        return array
    first = array[(0,) * array.ndim]
    is_nothing = first != first
    for row in array:  # one at a time: most arrays differ in the first
        if not (np.isnan(row).all() if is_nothing else (row == first).all()):
            return array
    return np.broadcast_to(first.copy(), array.shape)  # type: ignore[return-value]  # of the same kind


class ReadOnly:
    """The base of the frozen dataclasses of a market: every array among their fields is read-only.

    A deep copy is the thing itself, since nothing can change it. A pickle holds the fields alone: what is computed from
    them, the fingerprint included, is computed again from what came back.
    """

    def __post_init__(self) -> None:
        self._lock()

    def _lock(self) -> None:
        for value in self.__dict__.values():
            if isinstance(value, np.ndarray):
                read_only(value)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __getstate__(self) -> dict[str, Any]:
        return {item.name: self.__dict__[item.name] for item in fields(self)}  # type: ignore[arg-type]  # a dataclass

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock()  # arrays come out of a pickle writeable
