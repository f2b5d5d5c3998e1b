"""Series, frames and panels at the boundary of a script."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

from qresearch.dialects.data.old_pandas import DataFrame, Series
from qresearch.dialects.data.old_panel import Panel

DAYS = pd.date_range("2024-01-01", periods=4)


def frame() -> DataFrame:
    """Two columns over four days."""
    return DataFrame({"close": [1.0, 2.0, 3.0, 4.0], "high": [2.0, 3.0, 4.0, 5.0]}, index=DAYS)


@pytest.mark.parametrize(
    "made",
    [
        lambda s: s,
        lambda s: s * 2 / 2,
        lambda s: s.copy(),
        lambda s: s[:],
        lambda s: s.dropna(),
        lambda s: s.astype(float),
        lambda s: s.rolling(1).mean(),
        lambda s: s.shift(0),
        lambda s: (s + s) / 2,
        lambda s: s.loc[DAYS],
        lambda s: pd.concat([s]),
        lambda s: s.sort_index(),
        lambda s: np.exp(np.log(s)).round(9),
        lambda s: s[s > 0],
        lambda s: pickle.loads(pickle.dumps(s)),
        lambda s: s.to_frame("x")["x"],
        lambda s: s.ewm(alpha=1).mean(),
    ],
)
def test_positions_stay_positions_through_what_scripts_do(made: object) -> None:
    """Protects the 150 scripts that write series[-1]: it holds after arithmetic, slices, windows and copies."""
    series = made(frame()["close"])  # type: ignore[operator]  # one of the functions above
    assert (series[-1], series[0], series[1]) == (4.0, 1.0, 2.0)
    assert series[-2:].tolist() == [3.0, 4.0]
    assert series[[0, -1]].tolist() == [1.0, 4.0]


def test_columns_rows_and_parts_of_a_frame_are_ours() -> None:
    """Protects what comes out of a frame: columns, rows, groups, transposed and merged frames."""
    given = frame()
    assert given.close[-1] == given["close"][-1] == given.iloc[-1]["close"] == 4.0
    assert given.T.iloc[0][-1] == 4.0
    assert given.tail(2)["high"][0] == 4.0
    assert given[given["close"] > 1]["close"][0] == 2.0
    assert given.mean()[0] == 2.5
    assert given.merge(given, left_index=True, right_index=True)["close_x"][-1] == 4.0
    assert type(given.groupby("close")["high"].sum()) is Series


def test_numbers_in_the_index_are_labels() -> None:
    """Protects frames of get_fundamentals, whose rows are numbered: 2 means the row with that number."""
    series = Series([5.0, 6.0, 7.0], index=[2, 1, 0])
    assert series[2] == 5.0
    with pytest.raises(KeyError):
        series[-1]


def test_a_place_that_is_not_there_is_an_index_error() -> None:
    """Protects loops that end on IndexError."""
    with pytest.raises(IndexError):
        frame()["close"][4]
    series = frame()["close"]
    series[-1] = 9.0
    assert series.tolist() == [1.0, 2.0, 3.0, 9.0]
    with pytest.raises(IndexError):
        series[7] = 1.0


def test_methods_that_pandas_gave_up_are_there() -> None:
    """Protects scripts older than pandas 1: append, ix, iteritems, sort, fillna(method=), applymap, as_matrix."""
    given = frame()
    assert given.append({"close": 9.0, "high": 9.0}, ignore_index=True)["close"].tolist()[-1] == 9.0
    assert given.ix[-1, "close"] == given.ix[DAYS[3], "close"] == 4.0
    assert [name for name, _ in given.iteritems()] == ["close", "high"]
    assert given.sort("close", ascending=False)["close"][0] == 4.0
    assert given.where(given > 1).fillna(method="bfill")["close"][0] == 2.0
    assert given.applymap(lambda value: value + 1)["close"][0] == 2.0
    assert given.as_matrix().shape == (4, 2)
    assert given["close"].append(given["close"]).shape == (8,)


def test_pandas_itself_is_left_alone() -> None:
    """Protects everything else in the process: no global patch."""
    with pytest.raises(KeyError):
        pd.Series([1.0], index=DAYS[:1])[-1]
    assert not hasattr(pd.DataFrame, "append")


def test_a_panel_is_read_by_field_by_code_and_by_day() -> None:
    """Protects get_price with a list and panel=True, whose old Panel pandas no longer has."""
    table = DataFrame({"A": [1.0, 2.0], "B": [3.0, 4.0]}, index=DAYS[:2])
    panel = Panel({"close": table, "open": table + 10})
    assert panel["close"]["B"][-1] == panel.close["B"][-1] == panel.loc["close"]["B"][-1] == 4.0
    assert panel["open", DAYS[0], "A"] == 11.0
    assert panel[:, :, "A"]["open"].tolist() == panel.minor_xs("A")["open"].tolist() == [11.0, 12.0]
    assert panel.major_xs(DAYS[1]).loc["B", "close"] == 4.0
    assert (panel.shape, list(panel.items), list(panel.minor_axis)) == ((2, 2, 2), ["close", "open"], ["A", "B"])
    with pytest.raises(AttributeError, match="no field 'volume'"):
        panel.volume  # noqa: B018  # the access is the test


def test_quick_reductions_are_those_of_pandas() -> None:
    """Protects the speed of loops from other numbers: the same to the last bit, with holes, words and nothing too."""
    rng = np.random.default_rng(7)
    columns = [rng.normal(10, 3, size) for size in (1, 2, 19, 250)] + [[1.0, None], [None], [1, 2], [True, False], []]
    for values in columns:
        for name in ("mean", "sum", "max", "min"):
            one, other = getattr(Series(values, dtype=None), name)(), getattr(pd.Series(values), name)()
            assert (one == other) or (one != one and other != other)
