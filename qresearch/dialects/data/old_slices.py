"""Slices of rows as pandas gave them before version 1: what is written into one is written into what it was cut from.

A slice remembers its whole, the places of its rows, and what it held. After it was written, the values that have
changed go to those places, where name and type are still the same; a slice whose rows were put into another order is on
its own.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray


class _Rows(NamedTuple):
    """What a slice was cut from.

    Parameters
    ----------
    whole : callable
        Gives the series or frame; None when nobody holds it any more.
    places : (K,) ndarray of int64
        Of the rows.
    size : int
        Rows of the whole.
    before : Series, DataFrame or ndarray
        What the slice held when it was cut, or written last.
    """

    whole: Callable[[], Any]
    places: NDArray[np.int64]
    size: int
    before: Any


def is_of_places(key: slice) -> bool:
    """True for a slice that only positions can mean."""
    return all(end is None or type(end) is int for end in (key.start, key.stop, key.step))


def cut(found: Any, held: Any, key: Any, *, by_place: bool, values: Any = None) -> Any:
    """Rows that were cut from a series or frame by a slice, as a part of it; anything else as it is.

    Parameters
    ----------
    found : object
        What the slice gave.
    held : Series or DataFrame
    key : object
    by_place : bool
        The slice holds positions; False: labels.
    values : ndarray, optional
        Of what was cut, where it is not made yet.
    """
    if not isinstance(key, slice) or found is held or not isinstance(found, (pd.Series, pd.DataFrame)):
        return found
    size = len(held)
    try:
        places = np.arange(size)[key if by_place else held.index.slice_indexer(key.start, key.stop, key.step)]
    except (KeyError, TypeError, ValueError):
        return found  # labels that pandas finds in a way of its own
    if len(places) == len(found):
        # A column, and a slice of a slice, are often held by this slice alone, and hand on.
        hands_on = held.ndim == 1 or "_rows" in vars(held)
        whole = (lambda: held) if hands_on else weakref.ref(held)
        before = found.copy(deep=False) if values is None else values
        vars(found)["_rows"] = _Rows(whole, places, size, before)
    return found


def written_back(part: Any) -> None:
    """Write what a slice holds into what it was cut from."""
    rows: _Rows | None = vars(part).get("_rows")
    whole = None if rows is None else rows.whole()
    if rows is None or whole is None or len(whole) != rows.size or len(part) != len(rows.places):
        return
    if part.ndim == 1:
        changed = _changed(part, whole, rows.before)
        if changed is not None:
            whole.iloc[rows.places[changed]] = part.to_numpy()[changed]
    else:
        for place, name in enumerate(part.columns):
            there, once = (np.flatnonzero(item.columns == name) for item in (whole, rows.before))
            if len(there) == len(once) == 1:
                column = part.iloc[:, place]
                changed = _changed(column, whole.iloc[:, there[0]], rows.before.iloc[:, once[0]])
                if changed is not None:
                    whole.iloc[rows.places[changed], there[0]] = column.to_numpy()[changed]
    vars(part)["_rows"] = rows._replace(before=part.copy(deep=False))


def set_free(part: Any, labels: pd.Index[Any]) -> None:
    """Write a slice back after it was changed in its place; where its labels became others it is on its own."""
    if part.index.equals(labels):
        written_back(part)
    else:
        vars(part).pop("_rows", None)


def _changed(now: Any, whole: Any, before: Any) -> Any:
    """The places at which a slice holds others than before; None where there are none, or types have parted."""
    if not now.dtype == whole.dtype == before.dtype:
        return None
    found, known = now.to_numpy(), np.asarray(before)
    is_same = (found == known) | (pd.isna(found) & pd.isna(known))
    return None if is_same.all() else np.flatnonzero(~is_same)
