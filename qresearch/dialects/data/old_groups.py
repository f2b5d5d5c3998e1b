"""Groups and reductions as pandas and numpy made them before version 1: texts and dates are left out of sums.

The platform also gives scripts numpy's functions, which reduced frames by column where no axis was named, and numpy's
``sum`` under the name of the builtin one; for lists both say the same.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import numpy as np
import pandas as pd

NUMBERS_ONLY = ("sum", "mean", "median", "std", "var", "prod", "skew", "kurt", "corr", "cov", "quantile")
"""Methods of frames that leave out texts and dates where they cannot be computed, as pandas once did; so do groups."""

_RUNNING = ("cumsum", "cumprod", "cummax", "cummin")
_Plain: Any = pd.api.typing.DataFrameGroupBy
_PlainSeries: Any = pd.api.typing.SeriesGroupBy


def numbers_only(kind: type, name: str) -> Callable[..., Any]:
    """A method of frames that, where it raises for texts or dates, goes on with the numbers alone."""
    plain = getattr(kind, name)

    @wraps(plain)
    def reduced(held: Any, *arguments: Any, **options: Any) -> Any:
        if "level" in options:
            groups = held.groupby(level=options.pop("level"))
            return getattr(groups, name)(*arguments, **options)
        try:
            return plain(held, *arguments, **options)
        except (TypeError, ValueError, NotImplementedError):
            if "numeric_only" in options:
                raise
            return plain(held, *arguments, **options, numeric_only=True)

    return reduced


def _numbers_of_groups(name: str) -> Callable[..., Any]:
    """A method of groups that leaves out texts and dates where there are numbers."""
    plain = getattr(_Plain, name)

    @wraps(plain)
    def reduced(held: Any, *arguments: Any, **options: Any) -> Any:
        if "numeric_only" not in options:
            numbers = held.obj.select_dtypes(["number", "bool"]).columns
            options["numeric_only"] = bool(len(numbers.difference(_keys(held))))
        return plain(held, *arguments, **options)

    return reduced


def _keys(held: Any) -> list[Any]:
    """The names of the columns by which a frame is grouped."""
    keys = held.keys if isinstance(held.keys, list) else [held.keys]
    return [key for key in keys if isinstance(key, str) and key in held.obj]


class SeriesGroups(_PlainSeries):  # type: ignore[misc]  # Any: generic in the stubs only
    """Groups of one column."""

    def agg(self, func: Any = None, *arguments: Any, **options: Any) -> Any:
        """One value of each group; a mapping names the results."""
        if isinstance(func, dict):
            return super().agg(**func)
        return super().agg(func, *arguments, **options)

    aggregate = agg


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
        options.pop("squeeze", None)
        make: Any = pd.DataFrame.groupby
        found = make(frame, *arguments, **options)
        if type(found) is _Plain:
            found.__class__ = cls
        return found

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(list(key) if isinstance(key, tuple) else key)
        kind = {_Plain: type(self), _PlainSeries: SeriesGroups}.get(type(found))
        if kind is not None:
            found.__class__ = kind
        return found

    def __iter__(self) -> Iterator[Any]:
        is_one = isinstance(self.keys, list) and len(self.keys) == 1
        return ((name[0], part) if is_one else (name, part) for name, part in super().__iter__())

    def get_group(self, name: Any, *others: Any) -> Any:
        """The rows of one group."""
        is_one = isinstance(self.keys, list) and len(self.keys) == 1 and not isinstance(name, tuple)
        return super().get_group((name,) if is_one else name, *others)

    def nth(self, n: Any, *others: Any) -> Any:
        """The rows at a place of each group, by the key of the group."""
        found, keys = super().nth[n], _keys(self)
        return found.set_index(keys).sort_index() if keys and self.as_index else found

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


for _name in (*NUMBERS_ONLY, *_RUNNING):
    if hasattr(_Plain, _name) and _name != "cov":
        setattr(Groups, _name, _numbers_of_groups(_name))


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
