"""Frames of bars that pandas makes only when a script asks for more than arrays tell.

A loop over codes reads a column or two of each frame, its last values and their mean. These frames hold their columns
as the arrays from which they will be made; columns, single values, slices and sums are read there. Whatever else is
asked of them makes them: from then on they are frames and series like any other, of the same class.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from qresearch.dialects.data.old_labels import ILoc, Origin
from qresearch.dialects.data.old_pandas import DataFrame, Series, strings
from qresearch.dialects.data.old_slices import cut, is_of_places
from qresearch.dialects.data.quick_figures import Values, figures

Labels = Callable[[], Any]


class _OnceMade:
    """What pandas keeps in each of its objects: asked for, it makes the object."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, held: Any, _: type | None = None) -> Any:
        if held is None:
            return self
        held.make()
        return vars(held)[self._name]


def _become(kind: Any, held: Any, *arguments: Any, **options: Any) -> None:
    held.__class__ = kind
    kind.__init__(held, *arguments, **options)


class LazySeries(Series):
    """A column, or a part of one, that is not made yet.

    Examples
    --------
    >>> import pandas as pd
    >>> prices = LazySeries.of(np.array([1.0, 2.0]), lambda: pd.date_range("2024-01-02", periods=2), "close")
    >>> float(prices[-1]), float(prices.mean()), type(prices) is Series
    (2.0, 1.5, False)
    >>> prices[0] = 4.0
    >>> float(prices.mean()), type(prices) is Series
    (3.0, True)
    """

    _mgr, _attrs, _flags = _OnceMade(), _OnceMade(), _OnceMade()

    @classmethod
    def of(cls, values: Values, labels: Labels, name: str, frame: Any = None) -> LazySeries:
        """A series without what pandas keeps in one.

        Parameters
        ----------
        values : (K,) ndarray of float64
            Not to be changed: they may be a part of the market.
        labels : callable
            Gives the labels of the rows.
        name : str
        frame : reference to DataFrame, optional
            The frame of which it is a column.
        """
        found = object.__new__(cls)
        vars(found).update(_array=values, _labels=labels, _name=name, _frame=frame, _is_own=False)
        return found

    def make(self) -> None:
        """Become the series that it stands for."""
        held = vars(self)
        values, labels, is_own, frame = (held.pop(word) for word in ("_array", "_labels", "_is_own", "_frame"))
        _become(Series, self, values, index=labels().view(), name=held["_name"], copy=not is_own)
        if frame is not None:
            held["_origin"] = Origin(frame, 1, held["_name"])

    def __reduce_ex__(self, protocol: Any) -> Any:
        self.make()
        return self.__reduce_ex__(protocol)

    def __len__(self) -> int:
        return len(vars(self)["_array"])

    def __getitem__(self, key: Any) -> Any:
        held = vars(self)
        if type(key) is int:
            return held["_array"][key]
        if type(key) is slice and is_of_places(key):
            labels, values = held["_labels"], held["_array"][key]
            found = LazySeries.of(values, lambda: labels()[key], held["_name"])
            return cut(found, self, key, by_place=True, values=values)
        return super().__getitem__(key)

    @property
    def iloc(self) -> Any:
        """Values by their positions."""
        return _Places("iloc", self)

    @property
    def values(self) -> Any:
        """The values, as an array of its own, which may be changed."""
        held = vars(self)
        if not held["_is_own"]:
            held["_array"], held["_is_own"] = np.array(held["_array"]), True
        return held["_array"]

    def tolist(self) -> list[Any]:
        """The values, as a list."""
        found: list[Any] = vars(self)["_array"].tolist()
        return found


class _Places(ILoc):
    """``iloc`` of a column that may not be made yet."""

    def __getitem__(self, key: Any) -> Any:
        held = self.obj
        return held[key] if type(key) is int and type(held) is LazySeries else super().__getitem__(key)


for _name, _figure in figures(Series, lambda held: vars(held).get("_array")).items():
    setattr(LazySeries, _name, _figure)
_columns = lru_cache(maxsize=64)(strings)


class LazyFrame(DataFrame):
    """A frame of numbers that is not made yet.

    Examples
    --------
    >>> import pandas as pd
    >>> days = pd.date_range("2024-01-02", periods=2)
    >>> frame = LazyFrame.of(["close"], [np.array([1.0, 2.0])], lambda: days)
    >>> len(frame), float(frame["close"][-1]), float(frame.close.max()), type(frame) is DataFrame
    (2, 2.0, 2.0, False)
    >>> frame.shape, type(frame) is DataFrame
    ((2, 1), True)
    """

    _mgr, _attrs, _flags = _OnceMade(), _OnceMade(), _OnceMade()

    @classmethod
    def of(cls, names: Sequence[str], arrays: Values | list[Values], labels: Labels) -> LazyFrame:
        """A frame without what pandas keeps in one.

        Parameters
        ----------
        names : sequence of str
            Of its columns.
        arrays : (C, K) ndarray of float64, or a list of C arrays of K values each
            The columns. Not to be changed: they may be parts of the market.
        labels : callable
            Gives the labels of the rows.
        """
        found = object.__new__(cls)
        vars(found).update(_names=names, _arrays=arrays, _labels=labels)
        return found

    def make(self) -> None:
        """Become the frame that it stands for."""
        held = vars(self)
        names, arrays, labels = (held.pop(word) for word in ("_names", "_arrays", "_labels"))
        held.pop("_places", None)
        index = labels().view()  # its own: a script may name it
        table = np.empty((len(names), len(index)))
        for place, values in enumerate(arrays):
            table[place] = values
        _become(DataFrame, self, table.T, index=index, columns=_columns(tuple(names)).view(), copy=False)

    def __reduce_ex__(self, protocol: Any) -> Any:
        self.make()
        return self.__reduce_ex__(protocol)

    def __len__(self) -> int:
        return len(vars(self)["_arrays"][0])

    def _column_number(self, name: object) -> int | None:
        """Where a column stands; None where it is none, or one of several."""
        held = vars(self)
        places = held.get("_places")
        if places is None:
            places = held["_places"] = dict(zip(held["_names"], range(len(held["_names"])), strict=True))
        found: int | None = places.get(name) if len(places) == len(held["_names"]) else None
        return found

    def __getitem__(self, key: Any) -> Any:
        place = self._column_number(key) if type(key) is str else None
        if place is None:
            return super().__getitem__(key)
        held = vars(self)
        return LazySeries.of(held["_arrays"][place], held["_labels"], key, weakref.ref(self))

    def __getattr__(self, name: str) -> Any:  # type: ignore[misc]  # final in the stubs only
        return super().__getattr__(name) if name.startswith("_") or self._column_number(name) is None else self[name]
