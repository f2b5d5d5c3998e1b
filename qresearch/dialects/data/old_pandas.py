"""Series and frames as scripts of the years before pandas 1 expect them.

``series[-1]`` is the last value of a series that is indexed by dates or codes, and stays so through slices and sums;
what is written into a column is written into its frame; tables leave out texts and dates where they cannot be summed;
the methods that scripts use and that pandas has given up since are there. pandas itself is left alone: these are
subclasses, made at the boundary of a script. A table that pandas 0.23 recorded holds them to it.
"""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from qresearch.dialects.data.old_groups import NUMBERS_ONLY, Groups, numbers_only
from qresearch.dialects.data.old_joins import concat, merge
from qresearch.dialects.data.old_labels import (
    At,
    IAt,
    ILoc,
    Loc,
    Mixed,
    Origin,
    as_days,
    giving_way,
    is_day,
    labels,
    own_values,
    part_of,
    place_of,
    whole,
    write_through,
)
from qresearch.dialects.data.old_methods import filling, mean_deviation, positional, selected
from qresearch.dialects.data.old_slices import cut, is_of_places, set_free, written_back
from qresearch.dialects.data.old_times import changed_by, moved, resampled, windowed, with_frequency
from qresearch.dialects.data.quick_figures import figures

# ---------------------------------------------------------------------------------------- what both kinds share


# What pandas makes anew from a part of a series or frame; without these it copies the part on the way to a subclass.
def _series_of(_: Any, mgr: Any, axes: Any) -> Any:
    found: Any = Series._from_mgr(mgr, axes)  # type: ignore[attr-defined]  # not in the stubs
    object.__setattr__(found, "_name", None)
    return found


def _frame_of(_: Any, mgr: Any, axes: Any) -> Any:
    return DataFrame._from_mgr(mgr, axes)  # type: ignore[attr-defined]  # not in the stubs


class _Old:
    """What series and frames share."""

    loc = property(lambda held: Loc("loc", held))
    iloc = property(lambda held: ILoc("iloc", held))
    at = property(lambda held: At("at", held))
    iat = property(lambda held: IAt("iat", held))
    ix = property(Mixed)
    resample, pct_change, tshift, mad, select = resampled, changed_by, moved, mean_deviation, selected

    def _update_inplace(self: Any, result: Any) -> None:
        before = self.index
        super()._update_inplace(result)  # type: ignore[misc]  # not in the stubs
        if self.ndim == 1:
            write_through(self, lambda now: pd.Series._update_inplace(now, result))  # type: ignore[attr-defined]
        set_free(self, before)

    def head(self: Any, n: int = 5) -> Any:
        """The first rows."""
        return self.iloc[:n]

    def tail(self: Any, n: int = 5) -> Any:
        """The last rows."""
        return self.iloc[-n:] if n else self.iloc[:0]

    def as_matrix(self: Any, columns: Any = None) -> Any:
        """The values."""
        return (self if columns is None else self[columns]).values

    get_values = as_matrix

    def __array__(self: Any, dtype: Any = None, copy: bool | None = None) -> Any:
        values = np.asarray(self.values, dtype=dtype)
        return np.array(values) if copy else values

    def to_numpy(self: Any, *arguments: Any, **options: Any) -> Any:
        """The values, as an array that may be changed."""
        return self.values if not arguments and not options else super().to_numpy(*arguments, **options)  # type: ignore[misc]

    def clip_upper(self: Any, threshold: Any, **_: Any) -> Any:
        """Not above a value."""
        return self.clip(upper=threshold)

    def clip_lower(self: Any, threshold: Any, **_: Any) -> Any:
        """Not below a value."""
        return self.clip(lower=threshold)

    def convert_objects(self: Any, **_: Any) -> Any:
        """Numbers held as objects as numbers."""
        return self.infer_objects()

    def reindex_axis(self: Any, wanted: Any, axis: int = 0, **options: Any) -> Any:
        """Along one axis only."""
        return self.reindex(wanted, axis=axis, **options)


# ---------------------------------------------------------------------------------------- series and frames


class Series(_Old, pd.Series):  # type: ignore[misc]  # what it shares with frames goes before what pandas has
    """A pandas Series in which integers are positions, unless the index itself holds numbers.

    >>> import pandas as pd
    >>> prices = Series([1.0, 2.0, 3.0], index=pd.date_range("2024-01-01", periods=3))
    >>> float(prices[-1]), float((prices * 2)[1:][0])
    (3.0, 4.0)
    """

    _origin: Origin | None = None
    """Where it is a part of a frame."""

    def __init__(self, data: Any = None, index: Any = None, dtype: Any = None, **options: Any) -> None:
        is_empty = data is None or (isinstance(data, (list, tuple, dict)) and not data)
        make: Any = pd.Series.__init__
        make(self, data, index, float if dtype is None and is_empty else dtype, **options)

    @property
    def _constructor(self) -> Any:
        return Series

    @property
    def _constructor_expanddim(self) -> Any:
        return DataFrame

    _constructor_from_mgr, _constructor_expanddim_from_mgr = _series_of, _frame_of
    fillna = filling(pd.Series)
    iteritems = pd.Series.items
    rolling = windowed("rolling", pd.Series)
    expanding = windowed("expanding", pd.Series)  # type: ignore[misc]  # final in the stubs only

    @property
    def values(self) -> Any:
        """The values, as an array."""
        return own_values(self, pd.Series.values)

    def __getitem__(self, key: Any) -> Any:
        key = labels(self.index, key)
        place = place_of(self.index, key)
        if place is not None:
            return self.array[place]
        if isinstance(key, (list, np.ndarray)) and len(key):
            if all(place_of(self.index, item) is not None for item in key):
                return self.iloc[list(key)]
            if not isinstance(key[0], (bool, np.bool_)):
                return self.loc[key]
        found = super().__getitem__(key)
        return cut(found, self, key, by_place=is_of_places(key)) if isinstance(key, slice) else found

    def __setitem__(self, key: Any, value: Any) -> None:
        key = labels(self.index, key)
        place = place_of(self.index, key)
        if self.dtype.kind in "iu" and not isinstance(key, (slice, list, np.ndarray, pd.Series)):
            value = whole(value)
        if place is None:
            giving_way(self, value, lambda: pd.Series.__setitem__(self, key, value))
        elif -len(self) <= place < len(self):
            self.iloc[place] = value
            return
        else:
            raise IndexError(f"position {place} is outside a series of {len(self)} values")
        write_through(self, lambda now: now.__setitem__(key, value))
        written_back(self)

    def _cmp_method(self, other: Any, op: Any) -> Any:
        if is_day(other) and self.dtype.kind == "M":
            other = pd.Timestamp(other)
        return super()._cmp_method(other, op)  # type: ignore[misc]  # not in the stubs

    def update(self, other: Any) -> None:
        """Take over what is known of another series."""
        super().update(other)
        write_through(self, lambda now: pd.Series.update(now, other))

    def append(self, other: Any, ignore_index: bool = False, **_: Any) -> Any:  # pandas' own
        """One below the other."""
        others = other if isinstance(other, list) else [other]
        return pd.concat([self, *others], ignore_index=ignore_index)

    def order(self, ascending: bool = True, **_: Any) -> Any:  # pandas' own
        """Sorted by value."""
        return self.sort_values(ascending=ascending)

    def sort(self, axis: int = 0, ascending: bool = True, inplace: bool = True, **_: Any) -> Any:  # pandas' own
        """Sorted by value, in place."""
        held: Any = self  # the stubs know one or the other
        return held.sort_values(ascending=ascending, inplace=inplace)

    def argmax(self, *_: Any, **__: Any) -> Any:
        """The label of the largest value."""
        return self.index[int(pd.Series.argmax(self))]

    def argmin(self, *_: Any, **__: Any) -> Any:
        """The label of the smallest value."""
        return self.index[int(pd.Series.argmin(self))]

    idxmax, idxmin = argmax, argmin

    def unique(self) -> Any:
        """Values in their order, each once, as an array."""
        found = super().unique()
        return found if isinstance(found, np.ndarray) else found.astype(object)

    def nonzero(self) -> Any:
        """Where it is not zero."""
        return self.to_numpy().nonzero()

    def ravel(self, *_: Any) -> Any:
        """The values."""
        return self.values

    def bool(self) -> bool:
        """The truth of its one value."""
        return bool(self.item())

    def get_value(self, label: Any, *_: Any) -> Any:
        """One value."""
        return self.loc[label]

    def set_value(self, label: Any, value: Any, *_: Any) -> Any:
        """Set one value."""
        self.loc[label] = value
        return self


class DataFrame(_Old, pd.DataFrame):  # type: ignore[misc]  # what it shares with series goes before what pandas has
    """A pandas DataFrame whose rows and columns are :class:`Series`.

    >>> frame = DataFrame({"close": [1.0, 2.0]}, index=["2024-01-02", "2024-01-03"])
    >>> frame["close"][0] = 5.0
    >>> float(frame["close"][-1]), float(frame.close[0])
    (2.0, 5.0)
    """

    @property
    def _constructor(self) -> Any:
        return DataFrame

    @property
    def _constructor_sliced(self) -> Any:
        return Series

    _constructor_from_mgr, _constructor_sliced_from_mgr = _frame_of, _series_of
    fillna = filling(pd.DataFrame)
    iteritems = pd.DataFrame.items
    applymap = pd.DataFrame.map
    rolling = windowed("rolling", pd.DataFrame)
    expanding = windowed("expanding", pd.DataFrame)  # type: ignore[misc]  # final in the stubs only

    @property
    def values(self) -> Any:
        """The values, as an array."""
        return own_values(self, pd.DataFrame.values)

    def __getitem__(self, key: Any) -> Any:
        if type(key) is not str:
            key = labels(self.index, key) if isinstance(key, slice) else labels(self.columns, key)
        try:
            found = pd.DataFrame.__getitem__(self, key)
        except KeyError:
            if not isinstance(key, str) or not isinstance(self.index, pd.DatetimeIndex):
                raise
            try:
                return self.loc[key]
            except (KeyError, ValueError):
                raise KeyError(key) from None
        if isinstance(key, slice):
            return cut(found, self, key, by_place=is_of_places(key))
        if type(found) is Series:
            object.__setattr__(found, "_origin", Origin(weakref.ref(self), 1, key))
        return found

    def __setitem__(self, key: Any, value: Any) -> None:
        giving_way(self, value, lambda: pd.DataFrame.__setitem__(self, key, value))
        written_back(self)

    def iterrows(self) -> Iterator[Any]:
        """Labels and rows; a row of a frame of one type writes through to it."""
        for place, (label, row) in enumerate(super().iterrows()):
            yield label, part_of(row, self, 0, place)

    def groupby(self, *arguments: Any, **options: Any) -> Any:
        """Groups that leave out texts and dates where they cannot be summed."""
        return Groups.of(self, *arguments, **options)

    def merge(self, right: Any, *arguments: Any, **options: Any) -> Any:
        """Joined with another frame; columns may come to have the same name."""
        return merge(self, right, *arguments, **options)

    def pivot(self, index: Any = None, columns: Any = None, values: Any = None) -> Any:
        """One row per value of a column, one column per value of another."""
        given = {"index": index, "values": values}
        plain: Any = pd.DataFrame.pivot
        return plain(self, columns=columns, **{name: value for name, value in given.items() if value is not None})

    def append(self, other: Any, ignore_index: bool = False, **_: Any) -> Any:  # pandas' own
        """One below the other; a mapping or a series becomes a row."""
        others = other if isinstance(other, list) and any(isinstance(item, pd.DataFrame) for item in other) else [other]
        frames = [item if isinstance(item, pd.DataFrame) else _rows(item) for item in others]
        frames = [frame for frame in (self, *frames) if not frame.empty]
        return concat(frames, ignore_index=ignore_index) if frames else self.copy()

    def sort(self, columns: Any = None, ascending: Any = True, inplace: bool = False, **_: Any) -> Any:
        """Sorted by columns, or by the index."""
        how = {"ascending": ascending, "inplace": inplace}
        return self.sort_index(**how) if columns is None else self.sort_values(columns, **how)

    def sort_index(self, *arguments: Any, by: Any = None, **options: Any) -> Any:
        """Sorted by the index, or by columns."""
        if by is None:
            return _SORT_INDEX(self, *arguments, **options)
        return self.sort_values(by, **options)

    def set_index(self, *arguments: Any, **options: Any) -> Any:
        """With columns as its index; days are labels of one of times."""
        found = _SET_INDEX(self, *arguments, **options)
        changed = self if found is None else found
        if type(changed.index) is pd.DatetimeIndex:
            changed.index = as_days(changed.index)
        return found

    def describe(self, *arguments: Any, **options: Any) -> Any:  # type: ignore[misc]  # final in the stubs only
        """Figures of the columns of numbers, unless others are asked for."""
        held = self.select_dtypes("number")
        plain = arguments or options.keys() & {"include", "exclude"} or not held.shape[1]
        return pd.DataFrame.describe(self if plain else held, *arguments, **options)

    def get_value(self, label: Any, column: Any, *_: Any) -> Any:
        """One value."""
        return self.at[label, column]

    def set_value(self, label: Any, column: Any, value: Any, *_: Any) -> Any:
        """Set one value, and give the frame."""
        self.loc[label, column] = value
        return self

    def lookup(self, row_labels: Iterable[Any], column_labels: Iterable[Any]) -> Any:
        """One value per pair of labels."""
        return np.array([self.at[row, column] for row, column in zip(row_labels, column_labels, strict=True)])


def _rows(item: Any) -> pd.DataFrame:
    if isinstance(item, pd.Series):
        return DataFrame([item.to_dict()], index=[item.name])
    return DataFrame([item] if isinstance(item, dict) else item)


def _floats(held: Any) -> Any:
    return pd.Series.to_numpy(held) if held.dtype.kind == "f" else None


for _name, _figure in figures(pd.Series, _floats).items():
    setattr(Series, _name, _figure)
_REDUCTIONS = frozenset({"mean", "sum", "std", "var", "min", "max", "median", "prod", "all", "any"})
"""Methods of series whose one argument by its place is the axis: as they are."""
_SORT_INDEX: Any = positional(pd.DataFrame.sort_index)
_SET_INDEX: Any = positional(pd.DataFrame.set_index)


def strings(found: Iterable[Any]) -> pd.Index[Any]:
    """Codes as an index of plain Python strings."""
    codes: pd.Index[Any] = pd.Index(list(found), dtype=object)
    return codes


for _kind, _plain in ((Series, pd.Series), (DataFrame, pd.DataFrame)):
    for _name, _method in inspect.getmembers(_plain, inspect.isfunction):
        _named = any(item.kind is item.KEYWORD_ONLY for item in inspect.signature(_method).parameters.values())
        if _kind is Series and _name in _REDUCTIONS:
            continue
        if not _name.startswith("_") and _named and _name not in vars(_kind) and _name not in vars(_Old):
            setattr(_kind, _name, positional(_method))
    for _name, _where in (("asfreq", 1), ("shift", 2)):
        setattr(_kind, _name, with_frequency(getattr(_kind, _name), "freq", _where))
for _name in NUMBERS_ONLY:
    setattr(DataFrame, _name, numbers_only(DataFrame, _name))
