"""Sums and means of frames as they were before pandas 2: by column where no axis is named.

The platform also gives scripts numpy's ``sum`` under the name of the builtin one; for lists both say the same.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np
import pandas as pd


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


def of_one(kind: type) -> Callable[..., Any]:
    """``float`` or ``int`` of one value, also of an array or a series that holds just one.

    >>> of_one(float)(np.array([[1.5]])), of_one(int)("3")
    (1.5, 3)
    """

    def converted(value: Any) -> Any:
        if isinstance(value, (np.ndarray, pd.Series)) and value.size == 1:
            value = np.asarray(value).reshape(-1)[0]
        return kind(value)

    return converted


REDUCTIONS = {name: by_column(name) for name in ("mean", "sum", "std", "var", "median", "max", "min", "prod")}
"""Name to numpy's function, by column for frames."""


def total(values: Any, *others: Any, **options: Any) -> Any:
    """``sum`` as the platform gives it: numpy's for series, frames and arrays, else the builtin one.

    >>> total(pd.DataFrame({"a": [1, 2], "b": [0, 0]})).tolist(), total([1, 2]), total([[1], [2]], [])
    ([3, 0], 3, [1, 2])
    """
    if isinstance(values, (pd.Series, pd.DataFrame, np.ndarray)):
        return REDUCTIONS["sum"](values, *others, **options)
    return builtins.sum(values, *others, **options)
