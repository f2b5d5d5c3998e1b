"""Labels, positions and parts of frames as pandas took them before version 1.

A day without a time is a label of an index of times; a set is a list of labels; a list may name labels that are not
there; ``ix`` takes labels or positions. A column, and a row of a frame of one type, are parts of their frame: what is
written into one is written into the frame. A part remembers its frame by a weak reference; whatever is computed of it
is no part any more.
"""

from __future__ import annotations

import datetime as dt
import operator
import weakref
from collections.abc import Callable, KeysView
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from qresearch.dialects.data.old_slices import cut, written_back

_SETS: Any = (set, frozenset, KeysView, type({}.keys()))
_LISTS = (list, np.ndarray, pd.Index, pd.Series)
_ALL = slice(None)


def place_of(index: pd.Index[Any], key: object) -> int | None:
    """The position that an integer means in an index that holds no numbers; None when it means a label."""
    if isinstance(key, (bool, np.bool_)) or not isinstance(key, (int, np.integer)):
        return None
    if index.dtype.kind in "iuf" or (index.dtype == object and index.inferred_type in {"integer", "mixed-integer"}):
        return None
    return operator.index(key)


def is_day(value: object) -> bool:
    """True for a date without a time."""
    return isinstance(value, dt.date) and not isinstance(value, dt.datetime)


def labels(index: pd.Index[Any], key: Any) -> Any:
    """A key as pandas wants it today: sets as lists, days as times where the index holds times.

    >>> labels(pd.DatetimeIndex(["2018-01-31"]), dt.date(2018, 1, 31))
    Timestamp('2018-01-31 00:00:00')
    """
    if type(key) is str:
        return key
    if isinstance(key, _SETS):
        key = [*key]
    if not isinstance(index, pd.DatetimeIndex):
        return key
    if isinstance(key, slice):
        return slice(labels(index, key.start), labels(index, key.stop), key.step)
    if isinstance(key, _LISTS) and any(map(is_day, key)):
        return [labels(index, item) for item in key]
    return pd.Timestamp(key) if is_day(key) else key


def within(item: object, held: Any) -> bool:
    """``in`` as it was: a day is found in an index of times."""
    if isinstance(held, pd.DatetimeIndex):
        item = labels(held, item)
    found: bool = item in held
    return found


class Days(pd.DatetimeIndex):
    """An index of times that takes days for labels.

    >>> index = Days(pd.DatetimeIndex(["2018-01-31"]))
    >>> dt.date(2018, 1, 31) in index, index.get_loc(dt.date(2018, 1, 31)), index[:1].isin([dt.date(2018, 1, 31)])
    (True, 0, array([ True]))
    """

    def __contains__(self, key: Any) -> bool:
        return super().__contains__(labels(self, key))

    def get_loc(self, key: Any) -> Any:
        """The position of a label."""
        return super().get_loc(labels(self, key))

    def isin(self, values: Any, level: Any = None) -> Any:
        """Which labels are among some values."""
        return super().isin(labels(self, values), level)


def as_days(index: Any) -> Any:
    """An index of times as one that takes days for labels; anything else as it is."""
    return Days(index) if type(index) is pd.DatetimeIndex else index


# ---------------------------------------------------------------------------------------- parts of frames


class Origin(NamedTuple):
    """Where a series is a part of a frame.

    Parameters
    ----------
    frame : reference to DataFrame
    axis : {0, 1}
        A row or a column.
    place : int, or label of a column
    """

    frame: Any
    axis: int
    place: Any


_PLACES: Any = pd.DataFrame.iloc  # the property itself, past the one of our own frames


def part_of(found: Any, frame: pd.DataFrame, axis: int, place: Any) -> Any:
    """A column, or a row where all columns have one type, as a part of its frame."""
    is_one = isinstance(found, pd.Series) and isinstance(place, (int, np.integer))
    if is_one and (axis or frame.dtypes.nunique() == 1):
        size = frame.shape[axis]
        object.__setattr__(found, "_origin", Origin(weakref.ref(frame), axis, int(place) % max(size, 1)))
    return found


def write_through(part: Any, act: Callable[[Any], object]) -> None:
    """Do to the frame of a part what was done to the part."""
    origin: Origin | None = getattr(part, "_origin", None)
    if origin is None:
        return
    frame = origin.frame()
    if frame is not None and not isinstance(origin.place, int):
        found = _position(frame.columns, origin.place)
        origin = origin._replace(place=frame.shape[1] if found is None else found)
    if frame is None or origin.place >= frame.shape[origin.axis]:
        return
    places = _PLACES.fget(frame)
    now = places[:, origin.place] if origin.axis else places[origin.place]
    if len(now) != len(part) or now.name != part.name:
        return
    act(now)
    if len(now) == len(part):
        if origin.axis:
            frame.isetitem(origin.place, now)
        else:
            places[origin.place] = now.to_numpy()
        written_back(frame)


def own_values(held: Any, plain: Any) -> Any:
    """The values as an array that may be changed: those of a series or frame that shares them with nobody."""
    try:
        (block,) = held._mgr.blocks
        if not block.refs.has_reference() and type(block.values) is np.ndarray and block.values.flags.writeable:
            return block.values[0] if block.values.ndim > held.ndim else block.values.T
    except (AttributeError, ValueError):
        pass  # several types, or another pandas
    found = plain.fget(held)
    return np.array(found if isinstance(found, np.ndarray) else found.astype(object))


def widened(held: Any, value: object) -> None:
    """Make room for a value that the type of a series, or of columns of a frame, does not hold."""
    is_number = isinstance(value, (float, int, np.number)) or (
        isinstance(value, (np.ndarray, pd.Series)) and value.dtype.kind in "iuf"
    )
    if held.ndim == 1:
        held._update_inplace(held.astype(float if is_number and held.dtype.kind in "iu" else object))
        return
    for place in range(held.shape[1]):
        column = _PLACES.fget(held)[:, place]
        if not isinstance(column.dtype, np.dtype) or column.dtype.kind not in "fO":
            held.isetitem(place, column.astype(float if is_number and column.dtype.kind in "iu" else object))


# ---------------------------------------------------------------------------------------- loc, iloc and their like

_LOC: Any = type(pd.Series([0.0]).loc)
_ILOC: Any = type(pd.Series([0.0]).iloc)
_AT: Any = type(pd.Series([0.0]).at)
_IAT: Any = type(pd.Series([0.0]).iat)


def _axes(held: Any, key: Any, by: Callable[[pd.Index[Any], Any], Any]) -> Any:
    """Each part of a key of rows and columns, translated."""
    if not isinstance(key, tuple):
        return by(held.index, key)
    if held.ndim == 1 or len(key) != 2 or isinstance(held.index, pd.MultiIndex):
        return key
    return by(held.index, key[0]), by(held.columns, key[1])


def _position(index: pd.Index[Any], key: Any) -> Any:
    """Where a label stands; None where it is none, or there are several."""
    try:
        found = index.get_loc(key)
    except (KeyError, TypeError, ValueError):
        return None
    return found if isinstance(found, int) else None


def _part(found: Any, held: Any, rows: Any, columns: Any, *, by_place: bool) -> Any:
    """What was found, as a part where it is one whole row or column, or rows cut by a slice."""
    if isinstance(rows, slice) and isinstance(columns, slice) and columns == _ALL:
        return cut(found, held, rows, by_place=by_place)
    if held.ndim == 1 or not isinstance(found, pd.Series):
        return found
    if isinstance(columns, slice) and columns == _ALL:
        return part_of(found, held, 0, rows if by_place else _position(held.index, rows))
    if isinstance(rows, slice) and rows == _ALL:
        return part_of(found, held, 1, columns if by_place else _position(held.columns, columns))
    return found


def whole(value: Any) -> Any:
    """A number without its fraction: so one value was set into whole numbers."""
    return int(value) if isinstance(value, (float, np.floating)) and value == value else value


def giving_way(held: Any, value: object, act: Callable[[], object]) -> None:
    """Set a value; where the type of what is held does not take it, the type gives way."""
    try:
        act()
    except TypeError as problem:
        if "Invalid value" not in str(problem):
            raise
        widened(held, value)
        act()


def _set(indexer: Any, plain: Callable[[Any, Any, Any], None], key: Any, value: Any) -> None:
    """Set by an indexer: types give way, and a part writes through."""
    held = indexer.obj  # held here: pandas warns of what nobody holds
    giving_way(held, value, lambda: plain(indexer, key, value))
    if held.ndim == 1:
        write_through(held, lambda now: _set(type(indexer)(indexer.name, now), plain, key, value))
    written_back(held)


class Loc(_LOC):  # type: ignore[misc]  # Any: private to pandas
    """``loc``: days and sets as labels, and labels that are not there."""

    def __getitem__(self, key: Any) -> Any:
        held = self.obj
        key = _axes(held, key, labels)
        try:
            found = super().__getitem__(key)
        except KeyError:
            return _with_missing(held, key)
        rows, columns = key if isinstance(key, tuple) and len(key) == 2 else (key, _ALL)
        return _part(found, held, rows, columns, by_place=False)

    def __setitem__(self, key: Any, value: Any) -> None:
        _set(self, _LOC.__setitem__, _axes(self.obj, key, labels), value)


class ILoc(_ILOC):  # type: ignore[misc]  # Any: private to pandas
    """``iloc``: a part writes through to its frame."""

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        rows, columns = key if isinstance(key, tuple) and len(key) == 2 else (key, _ALL)
        return _part(found, self.obj, rows, columns, by_place=True)

    def __setitem__(self, key: Any, value: Any) -> None:
        _set(self, _ILOC.__setitem__, key, value)


class At(_AT):  # type: ignore[misc]  # Any: private to pandas
    """``at``: a part writes through to its frame."""

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(_axes(self.obj, key, labels))

    def __setitem__(self, key: Any, value: Any) -> None:
        key = _axes(self.obj, key, labels)
        try:
            before = super().__getitem__(key)
        except (KeyError, ValueError):
            before = None
        _set(self, _AT.__setitem__, key, whole(value) if isinstance(before, (int, np.integer)) else value)


class IAt(_IAT):  # type: ignore[misc]  # Any: private to pandas
    """``iat``: a part writes through to its frame."""

    def __setitem__(self, key: Any, value: Any) -> None:
        _set(self, _IAT.__setitem__, key, value)


def _with_missing(held: Any, key: Any) -> Any:
    """Some labels of which a few are not there, which are NaN; raises KeyError where none is there."""
    rows, columns = key if isinstance(key, tuple) and len(key) == 2 else (key, None)
    for wanted, index in ((rows, held.index), (columns, getattr(held, "columns", held.index))):
        if isinstance(wanted, _LISTS) and len(wanted) and not index.isin(wanted).any():
            raise KeyError(f"None of {list(wanted)!r} are in the index")
    if not isinstance(rows, _LISTS) and not isinstance(columns, _LISTS):
        raise KeyError(key)
    found = held.reindex(rows) if isinstance(rows, _LISTS) else _LOC("loc", held)[rows]
    if columns is None:
        return found
    if isinstance(columns, _LISTS):
        return found.reindex(columns, axis=found.ndim - 1)
    return _LOC("loc", found)[:, columns] if found.ndim > 1 else found[columns]


class Mixed:
    """``frame.ix[...]``: labels where the index has them, else positions."""

    def __init__(self, held: Any) -> None:
        self._held = held

    def _how(self, key: Any) -> Any:
        held = self._held
        try:
            return held.iloc, _axes(held, key, _places)
        except (KeyError, TypeError, ValueError):
            return held.loc, key

    def __getitem__(self, key: Any) -> Any:
        where, what = self._how(key)
        return where[what]

    def __setitem__(self, key: Any, value: Any) -> None:
        where, what = self._how(key)
        where[what] = value


def _places(index: pd.Index[Any], key: Any) -> Any:
    """Positions of a key that holds labels or positions; raises KeyError for labels that are not there."""
    key = labels(index, key)
    if isinstance(key, slice):
        ends = [end for end in (key.start, key.stop) if end is not None]
        if all(place_of(index, end) is not None for end in ends):
            return key
        return index.slice_indexer(key.start, key.stop, key.step)
    if isinstance(key, _LISTS):
        held = np.asarray(key)
        if held.dtype == bool:
            return np.flatnonzero(held)
        if len(held) and all(place_of(index, item) is not None for item in held):
            return list(held)
        found = index.get_indexer(pd.Index(key))
        if (found < 0).any():
            raise KeyError(key)
        return found
    place = place_of(index, key)
    if place is not None:
        return place
    return index.get_loc(key)
