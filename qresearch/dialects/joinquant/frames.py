"""Series, frames and panels as scripts of the years before pandas 2 expect them.

``series[-1]`` is the last value of a series that is indexed by dates or codes, and stays so through slices and sums;
the few methods that scripts use and that pandas has given up since are there. pandas itself is left alone: these are
subclasses, made at the boundary of a script.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, KeysView
from typing import Any

import numpy as np
import pandas as pd

from qresearch.dialects.joinquant.groups import REDUCTIONS, Groups, numbers_only

_METHODS = {"ffill": "ffill", "pad": "ffill", "bfill": "bfill", "backfill": "bfill"}


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

    # What pandas makes anew from a part of this one; without these it copies the part on the way to a subclass.
    def _constructor_from_mgr(self, mgr: Any, axes: Any) -> Any:
        found: Any = Series._from_mgr(mgr, axes)  # type: ignore[attr-defined]  # not in the stubs
        object.__setattr__(found, "_name", None)
        return found

    def _constructor_expanddim_from_mgr(self, mgr: Any, axes: Any) -> Any:
        return DataFrame._from_mgr(mgr, axes)  # type: ignore[attr-defined]  # not in the stubs

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

    @property
    def ix(self) -> Mixed:
        """Labels, or positions where there are no such labels."""
        return Mixed(self)

    def append(self, other: Any, ignore_index: bool = False, **_: Any) -> Any:  # pandas' own
        """One below the other."""
        others = other if isinstance(other, list) else [other]
        return pd.concat([self, *others], ignore_index=ignore_index)

    def iteritems(self) -> Iterator[tuple[Any, Any]]:
        """Pairs of label and value."""
        return iter(self.items())

    def order(self, ascending: bool = True, **_: Any) -> Any:  # pandas' own
        """Sorted by value."""
        return self.sort_values(ascending=ascending)

    def as_matrix(self, **_: Any) -> Any:
        """The values."""
        return self.to_numpy()

    get_values = as_matrix

    def fillna(self, value: Any = None, method: str | None = None, **options: Any) -> Any:
        """Missing values replaced, by a value or by the one before or after."""
        return _filled(self, super().fillna, value, method, options)

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

    def groupby(self, *arguments: Any, **options: Any) -> Any:
        """Groups that leave out texts and dates where they cannot be summed."""
        return Groups.of(self, *arguments, **options)

    def _constructor_from_mgr(self, mgr: Any, axes: Any) -> Any:
        return DataFrame._from_mgr(mgr, axes)  # type: ignore[attr-defined]  # not in the stubs

    def _constructor_sliced_from_mgr(self, mgr: Any, axes: Any) -> Any:
        found: Any = Series._from_mgr(mgr, axes)  # type: ignore[attr-defined]  # not in the stubs
        object.__setattr__(found, "_name", None)
        return found

    @property
    def ix(self) -> Mixed:
        """Labels, or positions where there are no such labels."""
        return Mixed(self)

    def append(self, other: Any, ignore_index: bool = False, **_: Any) -> Any:  # pandas' own
        """One below the other; a mapping or a series becomes a row."""
        others = other if isinstance(other, list) and any(isinstance(item, pd.DataFrame) for item in other) else [other]
        frames = [item if isinstance(item, pd.DataFrame) else _rows(item) for item in others]
        frames = [frame for frame in (self, *frames) if not frame.empty]
        return pd.concat(frames, ignore_index=ignore_index) if frames else self.copy()

    def iteritems(self) -> Iterator[tuple[Any, Any]]:
        """Pairs of name and column."""
        return iter(self.items())

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

    def applymap(self, func: Any, **options: Any) -> Any:
        """A function of every value."""
        return self.map(func, **options)

    def fillna(self, value: Any = None, method: str | None = None, **options: Any) -> Any:
        """Missing values replaced, by a value or by the one before or after."""
        return _filled(self, super().fillna, value, method, options)


for _name in REDUCTIONS:
    setattr(DataFrame, _name, numbers_only(pd.DataFrame, _name))


def _rows(item: Any) -> pd.DataFrame:
    if isinstance(item, pd.Series):
        return DataFrame([item.to_dict()], index=[item.name])
    if isinstance(item, dict):
        return DataFrame([item])
    return DataFrame(item)


def _filled(held: Any, fill: Any, value: Any, method: str | None, options: dict[str, Any]) -> Any:
    if method is None:
        return fill(value, **options)
    options.pop("axis", None)
    return getattr(held, _METHODS[method])(**options)


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


class Panel:
    """Frames by field, as ``get_price`` gave them before pandas dropped its Panel.

    ``panel["close"]`` and ``panel.close`` are frames of days by codes; ``panel.major_axis`` are the days,
    ``panel.minor_axis`` the codes, ``panel.items`` the fields.

    Parameters
    ----------
    frames : dict of str to DataFrame
    """

    def __init__(self, frames: dict[str, DataFrame]) -> None:
        self._frames = frames

    def __getitem__(self, field: Any) -> Any:
        if isinstance(field, list):
            return Panel({name: self._frames[name] for name in field})
        if isinstance(field, tuple):
            first, *rest = field
            if isinstance(first, str):
                found: Any = self._frames[first]
                return found.loc[tuple(rest)]
            code = rest[-1]
            return DataFrame({name: frame[code] for name, frame in self._frames.items()})
        return self._frames[field]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._frames[name]
        except KeyError:
            raise AttributeError(f"This panel has no field {name!r}: it has {', '.join(self._frames)}.") from None

    @property
    def items(self) -> pd.Index[Any]:
        """The fields."""
        return pd.Index(list(self._frames))

    @property
    def _first(self) -> DataFrame:
        return next(iter(self._frames.values()))

    @property
    def major_axis(self) -> Any:
        """The days."""
        return self._first.index

    @property
    def minor_axis(self) -> Any:
        """The codes."""
        return self._first.columns

    @property
    def shape(self) -> tuple[int, int, int]:
        """Fields, days, codes."""
        return len(self._frames), *self._first.shape

    @property
    def loc(self) -> Corner:
        """By labels: ``panel.loc["close"]``, ``panel.loc[:, day]``, ``panel.loc[:, :, code]``."""
        return Corner(self, by_place=False)

    @property
    def iloc(self) -> Corner:
        """By places: ``panel.iloc[:, -1]`` is the last day, codes by fields."""
        return Corner(self, by_place=True)

    @property
    def ix(self) -> Corner:
        """By labels, or by places where there are no such labels."""
        return Corner(self, by_place=None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._frames)

    def __len__(self) -> int:
        return len(self._frames)

    def __contains__(self, field: object) -> bool:
        return field in self._frames

    def minor_xs(self, code: str) -> DataFrame:
        """One code: days by fields."""
        return DataFrame({name: frame[code] for name, frame in self._frames.items()})

    def major_xs(self, day: Any) -> DataFrame:
        """One day: codes by fields."""
        return DataFrame({name: frame.loc[day] for name, frame in self._frames.items()})

    def to_frame(self, **_: Any) -> DataFrame:
        """One row per day and code."""
        return DataFrame({name: frame.stack() for name, frame in self._frames.items()})

    def transpose(self, *_: Any) -> dict[str, DataFrame]:
        """Frames of days by fields, by code."""
        return {code: self.minor_xs(code) for code in self.minor_axis}

    def dropna(self, **_: Any) -> Panel:
        """Without days on which nothing is known."""
        return Panel({name: frame.dropna(how="all") for name, frame in self._frames.items()})

    def fillna(self, *values: Any, **options: Any) -> Panel:
        """Missing values replaced in every field."""
        return Panel({name: frame.fillna(*values, **options) for name, frame in self._frames.items()})

    def __repr__(self) -> str:
        fields, days, codes = self.shape
        return f"<Panel {fields} fields ({', '.join(self._frames)}) x {days} days x {codes} codes>"


class Corner:
    """``panel.iloc[...]`` and its like: fields, days and codes, each by one key or by a slice.

    Parameters
    ----------
    panel : Panel
    by_place : bool or None
        True: keys are places; False: labels; None: whole numbers are places.
    """

    def __init__(self, panel: Panel, *, by_place: bool | None) -> None:
        self._panel, self._by_place = panel, by_place

    def __getitem__(self, key: Any) -> Any:
        panel, by_place = self._panel, self._by_place
        field, day, code = (*(key if isinstance(key, tuple) else (key,)), slice(None), slice(None))[:3]
        is_place = isinstance(field, int) if by_place is None else by_place
        wanted: Any = panel.items[field] if is_place else panel.items.to_series().loc[field]
        fields = [wanted] if isinstance(wanted, str) else list(wanted)
        found = {name: _part(panel[name], by_place, day, code) for name in fields}
        if isinstance(wanted, str):
            return found[wanted]
        first = next(iter(found.values()), None)
        if isinstance(first, pd.DataFrame):
            return Panel(found)
        return DataFrame(found) if isinstance(first, pd.Series) else Series(found)


def _part(frame: DataFrame, by_place: bool | None, day: Any, code: Any) -> Any:
    """Some days and codes of one field."""
    is_place = [isinstance(key, (int, np.integer)) if by_place is None else by_place for key in (day, code)]
    rows = frame.iloc[day] if is_place[0] else frame.loc[day]
    if isinstance(rows, pd.Series):
        return rows.iloc[code] if is_place[1] else rows.loc[code]
    return rows.iloc[:, code] if is_place[1] else rows.loc[:, code]


def strings(found: Iterable[Any]) -> pd.Index[Any]:
    """Codes as an index of plain Python strings."""
    codes: pd.Index[Any] = pd.Index(list(found), dtype=object)
    return codes
