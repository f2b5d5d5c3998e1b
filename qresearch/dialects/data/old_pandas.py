"""Series, frames, groups and panels as scripts of the years before pandas 2 expect them.

``series[-1]`` is the last value of a series that is indexed by dates or codes, and stays so through slices and sums;
tables leave out texts and dates where they cannot be summed; the few methods that scripts use and that pandas has given
up since are there. pandas itself is left alone: these are subclasses, made at the boundary of a script.

The platform also gives scripts numpy's functions, which reduced frames by column where no axis was named, and numpy's
``sum`` under the name of the builtin one; for lists both say the same.
"""

from __future__ import annotations

import builtins
import operator
from collections.abc import Callable, Iterable, KeysView
from functools import wraps
from typing import Any

import numpy as np
import pandas as pd

NUMBERS_ONLY = ("sum", "mean", "median", "std", "var", "prod", "skew", "kurt", "corr", "cov", "quantile")
"""Methods of frames that leave out texts and dates where they cannot be computed, as pandas once did; so do groups."""

_METHODS = {"ffill": "ffill", "pad": "ffill", "bfill": "bfill", "backfill": "bfill"}

_Plain: Any = pd.api.typing.DataFrameGroupBy

# ---------------------------------------------------------------------------------------- what both kinds share


def _place(index: pd.Index[Any], key: object) -> int | None:
    """The position that an integer means in an index that holds no numbers; None when it means a label."""
    if isinstance(key, (bool, np.bool_)) or not isinstance(key, (int, np.integer)):
        return None
    if index.dtype.kind in "iuf" or (index.dtype == object and index.inferred_type in {"integer", "mixed-integer"}):
        return None
    return operator.index(key)


def _labels(key: Any) -> Any:
    """Labels given as a set or as the keys of a mapping, as a list, which pandas wants today."""
    return list(key) if isinstance(key, (set, frozenset, KeysView)) else key


# What pandas makes anew from a part of a series or frame; without these it copies the part on the way to a subclass.
def _series_of(_: Any, mgr: Any, axes: Any) -> Any:
    found: Any = Series._from_mgr(mgr, axes)  # type: ignore[attr-defined]  # not in the stubs
    object.__setattr__(found, "_name", None)
    return found


def _frame_of(_: Any, mgr: Any, axes: Any) -> Any:
    return DataFrame._from_mgr(mgr, axes)  # type: ignore[attr-defined]  # not in the stubs


def _filling(kind: type) -> Callable[..., Any]:
    """``fillna`` of a kind, which also takes the way in which to fill."""
    plain = getattr(kind, "fillna")  # noqa: B009  # the stubs know overloads only

    @wraps(plain)
    def filled(held: Any, value: Any = None, method: str | None = None, **options: Any) -> Any:
        if method is None:
            return plain(held, value, **options)
        options.pop("axis", None)
        return getattr(held, _METHODS[method])(**options)

    return filled


def _numbers_only(kind: type, name: str) -> Callable[..., Any]:
    """A method of frames or of groups that, where it raises for texts or dates, goes on with the numbers alone."""
    plain = getattr(kind, name)

    @wraps(plain)
    def reduced(held: Any, *arguments: Any, **options: Any) -> Any:
        try:
            return plain(held, *arguments, **options)
        except (TypeError, ValueError, NotImplementedError):
            if "numeric_only" in options:
                raise
            return plain(held, *arguments, **options, numeric_only=True)

    return reduced


def _mixed(held: Any) -> Mixed:
    """Labels, or positions where there are no such labels."""
    return Mixed(held)


class Mixed:
    """``frame.ix[...]``: labels where the index has them, else positions."""

    def __init__(self, held: Any) -> None:
        self._held = held

    def _how(self, key: Any) -> Any:
        first = key[0] if isinstance(key, tuple) else key
        if isinstance(first, slice):
            first = first.start if first.start is not None else first.stop
        elif isinstance(first, (list, np.ndarray)) and len(first):
            first = first[0]
        positional = _place(self._held.index, first) is not None
        if not positional:
            return self._held.loc, key
        if isinstance(key, tuple) and isinstance(key[1], str):
            return self._held[key[1]].iloc, key[0]
        return self._held.iloc, key

    def __getitem__(self, key: Any) -> Any:
        where, what = self._how(key)
        return where[what]

    def __setitem__(self, key: Any, value: Any) -> None:
        where, what = self._how(key)
        where[what] = value


# ---------------------------------------------------------------------------------------- series and frames


class Series(pd.Series):
    """A pandas Series in which integers are positions, unless the index itself holds numbers.

    >>> import pandas as pd
    >>> prices = Series([1.0, 2.0, 3.0], index=pd.date_range("2024-01-01", periods=3))
    >>> float(prices[-1]), float((prices * 2)[1:][0])
    (3.0, 4.0)
    """

    @property
    def _constructor(self) -> Any:
        return Series

    @property
    def _constructor_expanddim(self) -> Any:
        return DataFrame

    _constructor_from_mgr, _constructor_expanddim_from_mgr = _series_of, _frame_of
    ix = property(_mixed)
    fillna = _filling(pd.Series)
    iteritems = pd.Series.items

    def __getitem__(self, key: Any) -> Any:
        key = _labels(key)
        place = _place(self.index, key)
        if place is not None:
            return self.array[place]
        if (
            isinstance(key, (list, np.ndarray))
            and len(key)
            and all(_place(self.index, item) is not None for item in key)
        ):
            return self.iloc[list(key)]
        return super().__getitem__(key)

    def __setitem__(self, key: Any, value: Any) -> None:
        key = _labels(key)
        place = _place(self.index, key)
        if place is None:
            super().__setitem__(key, value)
        elif -len(self) <= place < len(self):
            self.iloc[place] = value
        else:
            raise IndexError(f"position {place} is outside a series of {len(self)} values")

    def append(self, other: Any, ignore_index: bool = False, **_: Any) -> Any:  # pandas' own
        """One below the other."""
        others = other if isinstance(other, list) else [other]
        return pd.concat([self, *others], ignore_index=ignore_index)

    def order(self, ascending: bool = True, **_: Any) -> Any:  # pandas' own
        """Sorted by value."""
        return self.sort_values(ascending=ascending)

    def as_matrix(self, **_: Any) -> Any:
        """The values."""
        return self.to_numpy()

    get_values = as_matrix

    def mad(self) -> float:
        """Mean absolute deviation from the mean."""
        return float((self - self.mean()).abs().mean())


class DataFrame(pd.DataFrame):
    """A pandas DataFrame whose rows and columns are :class:`Series`.

    >>> frame = DataFrame({"close": [1.0, 2.0]}, index=["2024-01-02", "2024-01-03"])
    >>> float(frame["close"][-1]), float(frame.close[0])
    (2.0, 1.0)
    """

    @property
    def _constructor(self) -> Any:
        return DataFrame

    @property
    def _constructor_sliced(self) -> Any:
        return Series

    _constructor_from_mgr, _constructor_sliced_from_mgr = _frame_of, _series_of
    ix = property(_mixed)
    fillna = _filling(pd.DataFrame)
    iteritems = pd.DataFrame.items
    applymap = pd.DataFrame.map

    def groupby(self, *arguments: Any, **options: Any) -> Any:
        """Groups that leave out texts and dates where they cannot be summed."""
        return Groups.of(self, *arguments, **options)

    def append(self, other: Any, ignore_index: bool = False, **_: Any) -> Any:  # pandas' own
        """One below the other; a mapping or a series becomes a row."""
        others = other if isinstance(other, list) and any(isinstance(item, pd.DataFrame) for item in other) else [other]
        frames = [item if isinstance(item, pd.DataFrame) else _rows(item) for item in others]
        frames = [frame for frame in (self, *frames) if not frame.empty]
        return pd.concat(frames, ignore_index=ignore_index) if frames else self.copy()

    def sort(self, columns: Any = None, ascending: Any = True, inplace: bool = False, **_: Any) -> Any:
        """Sorted by columns, or by the index."""
        found = (
            self.sort_index(ascending=ascending) if columns is None else self.sort_values(columns, ascending=ascending)
        )
        if not inplace:
            return found
        self._update_inplace(found)  # type: ignore[operator]
        return None

    def as_matrix(self, columns: Any = None) -> Any:
        """The values."""
        return (self if columns is None else self[columns]).to_numpy()

    get_values = as_matrix


def _rows(item: Any) -> pd.DataFrame:
    if isinstance(item, pd.Series):
        return DataFrame([item.to_dict()], index=[item.name])
    return DataFrame([item] if isinstance(item, dict) else item)


def strings(found: Iterable[Any]) -> pd.Index[Any]:
    """Codes as an index of plain Python strings."""
    codes: pd.Index[Any] = pd.Index(list(found), dtype=object)
    return codes


# ---------------------------------------------------------------------------------------- groups and reductions


class Groups(_Plain):  # type: ignore[misc]  # Any: generic in the stubs only
    """Groups of a frame.

    >>> table = pd.DataFrame({"code": ["a", "a"], "day": pd.to_datetime(["2024-01-02"] * 2), "cash": [1.0, 2.0]})
    >>> Groups.of(table, "code").sum().to_dict("records")
    [{'cash': 3.0}]
    >>> Groups.of(table, "code").apply(lambda part: part["code"].iloc[0] * 2)["a"]
    'aa'
    """

    @classmethod
    def of(cls, frame: pd.DataFrame, *arguments: Any, **options: Any) -> Any:
        """The groups that pandas makes, as these."""
        make: Any = pd.DataFrame.groupby
        found = make(frame, *arguments, **options)
        if type(found) is _Plain:
            found.__class__ = cls
        return found

    def apply(self, func: Any, *arguments: Any, **options: Any) -> Any:
        """A function of each group, whose frame has the columns of the key too."""
        held: Any = self  # the stubs know nothing of keys and of the frame
        keys = held.keys if isinstance(held.keys, list) else [held.keys]
        if not all(isinstance(key, str) and key in held.obj for key in keys):
            return super().apply(func, *arguments, **options)
        columns = [held.obj[key].copy() for key in keys]  # of a part of itself pandas leaves the column out
        by = columns if isinstance(held.keys, list) else columns[0]
        make: Any = pd.DataFrame.groupby
        groups = make(held.obj, by, sort=held.sort, group_keys=held.group_keys)
        return groups.apply(func, *arguments, **options)


for _name in NUMBERS_ONLY:
    setattr(DataFrame, _name, _numbers_only(pd.DataFrame, _name))
    if hasattr(_Plain, _name) and _name != "cov":
        setattr(Groups, _name, _numbers_only(_Plain, _name))


def by_column(name: str) -> Callable[..., Any]:
    """Numpy's function of a name; of a frame, one value per column unless an axis is named.

    >>> frame = pd.DataFrame({"a": [1.0, 3.0], "b": [2.0, 2.0]})
    >>> by_column("mean")(frame).tolist(), float(by_column("mean")([1, 3]))
    ([2.0, 2.0], 2.0)
    """
    plain = getattr(np, name)

    @wraps(plain)
    def reduced(values: Any, axis: Any = None, **options: Any) -> Any:
        if not isinstance(values, pd.DataFrame):
            return plain(values, axis, **options)
        if name in {"std", "var"}:
            options.setdefault("ddof", 0)  # numpy's own
        return getattr(values, name)(axis=0 if axis is None else axis, **options)

    return reduced


BY_COLUMN = {name: by_column(name) for name in ("mean", "sum", "std", "var", "median", "max", "min", "prod")}
"""Functions of numpy's that scripts call on frames, by their names."""


def total(values: Any, *others: Any, **options: Any) -> Any:
    """``sum`` as the platform gives it: numpy's for series, frames and arrays, else the builtin one.

    >>> total(pd.DataFrame({"a": [1, 2], "b": [0, 0]})).tolist(), total([1, 2]), total([[1], [2]], [])
    ([3, 0], 3, [1, 2])
    """
    if isinstance(values, (pd.Series, pd.DataFrame, np.ndarray)):
        return BY_COLUMN["sum"](values, *others, **options)
    return builtins.sum(values, *others, **options)
