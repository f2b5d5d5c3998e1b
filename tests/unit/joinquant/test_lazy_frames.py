"""Frames of bars that are made when a script looks: nothing that a script does tells them from others."""

from __future__ import annotations

import gc
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from script_runs import g, run

from qresearch.dialects.data.lazy_frames import LazyFrame
from qresearch.dialects.data.old_pandas import DataFrame, Series

DAYS = pd.date_range("2024-01-01", periods=5)
TABLE = {"close": [1.5, 2.25, np.nan, 4.0, 5.5], "high": [2.0, 3.0, 4.0, 5.0, 6.0]}


def lazy(columns: dict[str, list[float]]) -> Any:
    """A frame that is not made yet."""
    return LazyFrame.of(list(columns), [np.array(values) for values in columns.values()], lambda: DAYS)


def whole(columns: dict[str, list[float]]) -> Any:
    """The frame that it stands for."""
    names = pd.Index(list(columns), dtype=object)
    return DataFrame(np.array(list(columns.values())).T, index=DAYS.copy(), columns=names)


def written_in_a_column(frame: Any) -> Any:
    """What a frame and its column hold after writing into the column."""
    column = frame["high"]
    column[0] = 9.0
    frame["close"].fillna(0.0, inplace=True)
    frame.close[-1] = 7.0
    return [frame, column]


def written_in_a_frame(frame: Any) -> Any:
    """What a column holds that was taken before its frame was written."""
    column, part = frame["high"], frame["high"][1:3]
    frame.loc[DAYS[0], "high"] = 9.0
    frame["low"] = frame["high"] - 1
    return [frame, column, part]


def written_in_values(frame: Any) -> Any:
    """What the frame holds after the array of a column of it was changed."""
    frame["high"].values[0] = 9.0
    return frame


def named(frame: Any) -> Any:
    """The frame, and the days from which it was made, after its labels were named."""
    frame.index.name, frame.columns.name = "day", "field"
    return [frame, list(DAYS.names)]


ACTS: dict[str, Callable[[Any], Any]] = {
    "itself": lambda f: f,
    "column": lambda f: f["close"],
    "attribute": lambda f: f.high,
    "columns": lambda f: f[["high", "close"]],
    "rows": lambda f: f[1:3],
    "mask": lambda f: f[f["close"] > 2],
    "length": lambda f: [len(f), len(f["close"]), f.shape, f.empty],
    "last": lambda f: [f["close"][-1], f["high"][0], f["high"].iloc[-1], f.high.iloc[1:3], f["high"].loc[DAYS[1]]],
    "parts": lambda f: [f["high"][1:], f["high"][-2:][0], f["high"][::-1].tolist(), f["high"][DAYS[0] : DAYS[1]]],
    "numbers": lambda f: [[getattr(f[c], name)() for name in ("mean", "std", "sum", "max", "min")] for c in f],
    "one value": lambda f: [getattr(f["high"][-1:], name)() for name in ("mean", "std", "sum")],
    "none": lambda f: [f["high"][:0].max(), f["high"][:0].sum()],
    "options": lambda f: [f["close"].mean(skipna=False), f["high"].std(ddof=0)],
    "arrays": lambda f: [np.asarray(f["high"]), np.array(f), f["close"].values, f.values, f["high"].to_numpy()],
    "numpy": lambda f: [np.log(f["high"]), np.mean(f["high"]), np.diff(f["high"]), np.dot(f["high"], f["high"])],
    "arithmetic": lambda f: (f["high"] - f["high"].mean()) / f["high"].std(),
    "windows": lambda f: f["high"].rolling(2).mean()[-1] + f["high"].pct_change().iloc[-1],
    "python": lambda f: [list(f["high"]), sum(f["high"]), max(f["high"]), 3.0 in f["high"].values, "low" in f],
    "labels": lambda f: [f.index, f["close"].index, f["close"].name, list(f.columns)],
    "where": lambda f: [f.where(f["high"] > 3), f.mask(f["high"] > 3, 0.0), f["high"].where(f["high"] > 3)],
    "row": lambda f: [f.iloc[-1], f.ix[-1], f.iloc[-1]["high"]],
    "copies": lambda f: [f.copy(), pickle.loads(pickle.dumps(f)), pickle.loads(pickle.dumps(f["close"]))],
    "joined": lambda f: [pd.concat([f, f]), pd.concat([f["high"], f["close"]], axis=1), f.append(f)],
    "dropped": lambda f: [f.dropna(), f["close"].dropna(), f.isnull().sum()],
    "written column": written_in_a_column,
    "written frame": written_in_a_frame,
    "written values": written_in_values,
    "named": named,
}


def plain(found: Any) -> Any:
    """What can be compared: values, labels, names and classes."""
    if isinstance(found, list):
        return [plain(item) for item in found]
    if isinstance(found, (pd.Series, pd.DataFrame)):
        kind = Series if isinstance(found, Series) else DataFrame if isinstance(found, DataFrame) else type(found)
        names = list(found.columns) if found.ndim > 1 else [found.name]
        labels = [*found.axes[0], *found.axes[0].names, *found.axes[-1].names]
        return kind, names, labels, repr(np.array(found).tolist()), found.axes[0].dtype, str(np.array(found).dtype)
    if isinstance(found, (np.ndarray, pd.Index)):
        return repr(found.tolist()), str(found.dtype)
    return repr(found)


@pytest.mark.parametrize("name", ACTS)
def test_a_frame_that_is_made_late_is_like_any_other(name: str) -> None:
    """Protects what frames of bars do: values, labels, classes, and what is written where, made late or at once."""
    assert plain(ACTS[name](lazy(TABLE))) == plain(ACTS[name](whole(TABLE)))


def test_what_is_read_of_a_column_makes_nothing() -> None:
    """Protects the speed of loops over codes: columns, values, slices and figures need no frame."""
    frame = lazy(TABLE)
    column = frame["high"]
    assert (len(frame), len(column), column[-1], column[1:].mean(), column.iloc[0], column.std() > 0) == (
        5, 5, 6.0, 4.5, 2.0, True)  # fmt: skip
    assert type(frame) is LazyFrame
    assert type(column) is not Series
    frame.loc[DAYS[0], "high"] = 3.0
    column[0] = 4.0
    assert (type(frame), type(column)) == (DataFrame, Series)
    assert frame["high"][0] == column[0] == 4.0


def test_a_column_outlives_its_frame() -> None:
    """Protects attribute_history(...)['close'] in one expression: the column keeps its values and labels."""
    column = lazy(TABLE)["high"]
    gc.collect()
    column[0] = 9.0
    assert column.tolist() == [9.0, 3.0, 4.0, 5.0, 6.0]
    assert column.index.equals(DAYS)


def test_a_script_cannot_change_the_market_through_its_frames() -> None:
    """Protects the bars of the session from what a script writes into what it was given."""
    script = """
    def handle_data(context, data):
        code = "000001.XSHE"
        if len(attribute_history(code, 2)) < 2:
            return
        for made in (lambda: attribute_history(code, 2, "1d", ["close"])["close"], lambda: history(
                2, "1d", "close", [code])[code], lambda: get_price(code, count=2, fields=["close"])["close"]):
            found = made()
            found.values[0] = -1.0
            found[-1] = -2.0
            np.asarray(found)[0] = -3.0
            g.found.append((made().tolist(), found.tolist()))
        arrays = attribute_history(code, 2, "1d", ["close"], df=False)
        arrays["close"][0] = -1.0
        many = history(2, "1d", "close", [code], df=False)
        many[code][0] = -1.0
        g.arrays = arrays["close"].tolist(), many[code].tolist(), history(2, "1d", "close", [code], df=False)[code][0]

    def initialize(context):
        g.found = []
    """
    found = g(run(script))
    assert [made for made, _ in found.found[-3:]] == [[10.0, 10.0]] * 3
    assert [changed for _, changed in found.found[-3:]] == [[-3.0, -2.0]] * 3
    assert found.arrays == ([-1.0, 10.0], [-1.0, 10.0], 10.0)


def cut_and_written(frame: Any) -> Any:
    """What frames, columns and slices hold after slices of them were written."""
    part, column = frame[1:4], frame["high"]
    again = column[2:]
    part["high"] = 8.0
    part["new"] = 1.0
    part.loc[DAYS[1], "close"] = 7.0
    again[0] = 6.5
    deeper = frame.iloc[1:][1:]
    deeper.iloc[0, 0] = 5.5
    last = frame.tail(2)["close"]
    last.fillna(0.0, inplace=True)
    return [frame, part, column, again, deeper]


def cut_and_on_its_own(frame: Any) -> Any:
    """What a frame holds after rows that are no slice of it any more, or never were, were written."""
    turned, chosen, copied, gone = frame[1:4], frame[frame["high"] > 3], frame[:3].copy(), frame[:4]
    turned.sort_index(ascending=False, inplace=True)
    turned["high"] = 1.0
    chosen["high"] = 2.0
    copied.iloc[0] = 3.0
    gone.dropna(inplace=True)
    gone["high"] = 4.0
    return frame


def test_a_slice_of_rows_is_a_part_of_what_it_was_cut_from() -> None:
    """Protects scripts of those years, for whom a slice was no copy; beside what pandas 0.23 recorded of it."""
    for made in (lazy, whole):
        frame, part, column, again, _ = cut_and_written(made(TABLE))
        assert frame["high"].tolist() == [2.0, 8.0, 6.5, 8.0, 6.0]
        assert np.array_equal(frame["close"], [1.5, 7.0, 5.5, 4.0, 5.5])
        assert list(frame.columns) == ["close", "high"]
        assert part["new"].tolist() == [1.0, 1.0, 1.0]
        assert (column.tolist(), again[0]) == ([2.0, 3.0, 6.5, 5.0, 6.0], 6.5)
        assert cut_and_on_its_own(made(TABLE))["high"].tolist() == TABLE["high"]


def test_a_slice_writes_what_is_not_known_too() -> None:
    """Protects filling in a slice: the hole of the frame is filled."""
    frame = whole(TABLE)
    frame["close"][2:].fillna(0.0, inplace=True)
    assert frame["close"].tolist() == [1.5, 2.25, 0.0, 4.0, 5.5]
