"""Sums and means of tables with texts and dates among their columns, and groups that keep their key.

pandas once left out the columns that an operation does not know; today it raises. Scripts count on the former.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import pandas as pd

REDUCTIONS = ("sum", "mean", "median", "std", "var", "prod", "skew", "kurt", "corr", "cov", "quantile")
"""Methods that leave out texts and dates where they cannot be computed."""


_Plain: Any = pd.api.typing.DataFrameGroupBy


def numbers_only(kind: type, name: str) -> Callable[..., Any]:
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


for _name in (name for name in REDUCTIONS if hasattr(Groups, name) and name != "cov"):
    setattr(Groups, _name, numbers_only(_Plain, _name))
