"""Frames joined as pandas joined them before version 1: names may repeat, and what is not aligned is sorted."""

from __future__ import annotations

from functools import wraps
from typing import Any

import pandas as pd

_LEFT, _RIGHT = "\N{SYMBOL FOR UNIT SEPARATOR}x", "\N{SYMBOL FOR UNIT SEPARATOR}y"


@wraps(pd.merge)
def merge(left: Any, right: Any, *arguments: Any, **options: Any) -> Any:
    """Two frames joined; columns may come to have the same name, as they might."""
    suffixes = options.pop("suffixes", ("_x", "_y"))
    plain: Any = pd.DataFrame.merge
    found = plain(left, right, *arguments, suffixes=(_LEFT, _RIGHT), **options)
    ends = dict(zip((_LEFT, _RIGHT), suffixes, strict=True))
    found.columns = [
        column[: -len(_LEFT)] + (ends[column[-len(_LEFT) :]] or "")
        if isinstance(column, str) and column[-len(_LEFT) :] in ends else column
        for column in found.columns
    ]  # fmt: skip
    return found


@wraps(pd.concat)
def concat(objs: Any, axis: Any = 0, join: str = "outer", *_: Any, **options: Any) -> Any:
    """Frames or series joined along an axis; what is not aligned is sorted, as it was."""
    for gone in ("join_axes",):
        options.pop(gone, None)
    options.setdefault("sort", True)
    plain: Any = pd.concat
    return plain(objs, axis=axis, join=join, **options)
