"""The panel of three axes that pandas gave up: frames of days by codes, by field, as ``get_price`` once gave them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from qresearch.dialects.data.old_pandas import DataFrame, Series


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
            return self.loc[field]
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

    def minor_xs(self, code: str) -> Any:
        """One code: days by fields."""
        return self.loc[:, :, code]

    def major_xs(self, day: Any) -> Any:
        """One day: codes by fields."""
        return self.loc[:, day]

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
