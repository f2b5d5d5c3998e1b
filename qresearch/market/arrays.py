"""What holds the arrays of a market: they are never changed, and still cannot be after a copy or a pickle.

They may lie in memory, or be parts of files (:func:`mapped`), which the system reads where they are looked at and
forgets again when memory is short.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = TypeVar("Array", bound=NDArray[Any])
_AT_ONCE = 4 * 2**20
"""Bytes, about, of a piece."""


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


def room_after_nothing(days: int, width: int) -> NDArray[np.float64]:
    """Room for prices, with a day of NaN before the first: :func:`day_before` of them takes no memory.

    >>> room_after_nothing(250, 100).shape
    (250, 100)
    """
    room = np.empty((days + 1, width))
    room[0] = np.nan
    return room[1:]


def day_before(prices: NDArray[np.float64]) -> NDArray[np.float64]:
    """What each price was on the day before; NaN on the first day.

    The same memory, seen from one day earlier, where :func:`room_after_nothing` made it; otherwise a copy.

    >>> prices = room_after_nothing(2, 1)
    >>> prices[:] = [[10.0], [10.5]]
    >>> day_before(prices).tolist(), np.shares_memory(day_before(prices), prices)
    ([[nan], [10.0]], True)
    >>> np.shares_memory(day_before(prices.copy()), prices)
    False
    """
    room = _with_a_row_before(prices)
    if room is not None and np.isnan(room[0]).all():
        return read_only(room[:-1])
    before = np.empty_like(prices)
    before[:1], before[1:] = np.nan, prices[:-1]
    return before


def _with_a_row_before(array: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """The array of which this one is all but the first row."""
    room = array.base
    if type(room) is not np.ndarray or not array.size or room.dtype != array.dtype:
        return None
    is_all = room.shape == (len(array) + 1, *array.shape[1:]) and room.strides == array.strides
    return room if is_all and array.ctypes.data == room[1:].ctypes.data else None


def mapped(path: Path) -> NDArray[Any]:
    """The array of an ``.npy`` file, as a part of that file.

    A plain array: numpy's own class for such asks itself who it is at every row that is taken.
    """
    return read_only(np.load(path, mmap_mode="r", allow_pickle=False).view(np.ndarray))


def pieces(array: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """The rows of an array, a few at a time: one that is one value, or lies in a file, takes no memory as a whole."""
    step = max(_AT_ONCE * len(array) // max(array.size * array.itemsize, 1), 1)
    for first in range(0, len(array), step):
        yield array[first : first + step]


def digests(arrays: Mapping[str, NDArray[Any]]) -> dict[str, bytes]:
    """SHA-256 of the bytes of some arrays in C order, by name; a few rows are looked at at a time.

    >>> digests({"a": np.zeros(2)})["a"] == hashlib.sha256(np.zeros(2).data).digest()
    True
    """

    def of_one(array: NDArray[Any]) -> bytes:
        total = hashlib.sha256()
        for piece in pieces(array):
            total.update(piece.tobytes())
        return total.digest()

    # Hashing lets other threads run: a large field takes a second or two on one.
    with ThreadPoolExecutor() as pool:
        return dict(zip(arrays, pool.map(of_one, arrays.values()), strict=True))


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
