"""The values of a sweep: of numpy and pandas, without hash or order, too many, twice, or of a name that is taken."""

from __future__ import annotations

import itertools
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import qresearch as qr
from qresearch.sweeps.parameters import Between, space_of

MARKET = qr.sample_market()
SPAN = {"start": "2022-01-04", "end": "2022-02-25", "progress": False}


def hold(context: Any, data: Any, shares: int = 100, stop: object = None) -> None:
    """Buy once, and hold."""
    if not context.portfolio.positions:
        context.order("604018", shares)


def any_name(context: Any, data: Any, **values: Any) -> None:
    """Takes whatever it is given."""
    if not context.portfolio.positions:
        context.order("604018", values.get("shares", 100))


def test_ends_of_a_range_may_be_numbers_of_numpy() -> None:
    """Protects a range made of an array: between whole numbers of numpy whole numbers are drawn, as of Python's."""
    assert Between(np.int64(5), np.int64(60)) == Between(5, 60)
    assert Between(np.int64(5), np.int64(60)).is_whole
    assert not Between(np.float64(5), np.float64(60)).is_whole


def test_a_time_in_nanoseconds_stays_a_time() -> None:
    """Protects dates of pandas and numpy: their nanoseconds are no whole numbers, and a missing date is no None."""
    days = np.array(["2022-01-04", "2022-01-05"], "datetime64[ns]")
    assert space_of({"day": days})["day"] == list(days)
    missing = space_of({"day": [np.datetime64("NaT", "ns")]})["day"]
    assert isinstance(missing, list) and missing[0] is not None
    found = qr.sweep(any_name, MARKET, {"day": days}, **SPAN)
    assert found.table.day.tolist() == [pd.Timestamp("2022-01-04"), pd.Timestamp("2022-01-05")]


def test_a_set_of_values_has_one_order() -> None:
    """Protects determinism: the runs over a set of texts stand in the same order whatever the hashes of a process."""
    program = "from qresearch.sweeps.parameters import space_of; print(space_of({'s': {'b', 'a', 'd', 'c'}})['s'])"
    for seed in ("1", "2", "3"):
        environment = os.environ | {"PYTHONHASHSEED": seed}
        said = subprocess.run(
            [sys.executable, "-c", program], check=True, capture_output=True, text=True, env=environment
        )
        assert said.stdout.strip() == "['a', 'b', 'c', 'd']"


def test_many_values_are_looked_through_at_once() -> None:
    """Protects long lists: that each of them stands there once is seen in a moment, not value by value."""
    began = time.perf_counter()
    assert len(space_of({"a": range(100_000)})["a"]) == 100_000  # type: ignore[arg-type]  # a list
    assert time.perf_counter() - began < 5


def test_a_draw_from_a_grid_that_is_too_large_to_list() -> None:
    """Protects the way that the message about a large grid names: to draw from it."""
    large = {"shares": range(100, 200_100, 100), "stop": range(2000)}
    with pytest.raises(qr.UsageError, match="method='random'"):
        qr.sweep(hold, MARKET, large, **SPAN)
    one, other = (qr.sweep(hold, MARKET, large, method="random", trials=3, **SPAN) for _ in range(2))
    assert one.sets == other.sets
    assert len({str(values) for values in one.sets}) == 3


VALUES: dict[str, list[Any]] = {
    "None": [None, 0.05, 0.1],
    "nan": [math.nan, 0.05],
    "infinite": [math.inf, 1.0],
    "lists": [[1, 2], [3]],
    "mappings": [{"a": 1}, {"b": 2}],
    "arrays": [np.array([1, 2]), np.array([3, 4])],
    "a dollar": ["$a^{$", "b" * 100],
}


@pytest.mark.parametrize("kind", VALUES)
def test_values_of_every_kind_are_swept_and_drawn(kind: str) -> None:
    """Protects grids such as a stop of None or 5 %: every row keeps its neighbours and its place in the pictures."""
    found = qr.sweep(hold, MARKET, {"stop": VALUES[kind], "shares": [100, 200, 300]}, **SPAN)
    count = len(VALUES[kind])
    assert found.table.error.eq("").all()
    assert found.stability("total_return").neighbours.tolist()[:3] == [2, 3, 2]
    for picture in ("parallel", "stability"):
        assert found.plot(picture, by="total_return").png()  # type: ignore[union-attr]  # a picture
    drawn = found.plot(by="total_return")
    assert len(drawn.figure.axes[0].get_yticklabels()) == count  # type: ignore[union-attr]  # likewise
    cells = np.ma.getmaskarray(drawn.figure.axes[0].images[0].get_array())  # type: ignore[union-attr]  # likewise
    assert cells.shape == (count, 3) and not cells.any()
    assert found.plot("page", by="total_return").html  # type: ignore[union-attr]  # a page
    listed = qr.sweep(hold, MARKET, [{"stop": value} for value in VALUES[kind]], **SPAN)
    assert listed.stability("total_return").neighbours.sum() == 2 * (count - 1)


def test_what_a_run_does_to_its_values_stays_in_it() -> None:
    """Protects rows from their neighbours: a list that one run changes is whole in the next one, and in the table."""

    def spend(context: Any, data: Any, weights: list[int], shares: int) -> None:
        if weights:
            context.order("604018", shares * weights.pop())

    grid = {"weights": [[1, 2]], "shares": [100, 200]}
    found = qr.sweep(spend, MARKET, grid, **SPAN)
    assert found.table.fills.tolist() == [2.0, 2.0]
    assert grid["weights"] == [[1, 2]]
    assert found.session(1).digest() == found.table.digest[1]
    pd.testing.assert_frame_equal(found.table, qr.sweep(spend, MARKET, grid, n_jobs=2, **SPAN).table)


def test_a_decorated_function_and_one_that_takes_any_name_get_their_values() -> None:
    """Protects decorators: what is behind one gets its parameters as the bare function does; so does ``**values``."""
    import functools  # noqa: PLC0415  # it travels with the decorator

    def noted(function: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> None:
            return function(*args, **kwargs)

        return call

    bare = qr.sweep(hold, MARKET, {"shares": [100, 200]}, **SPAN).table
    for strategy in (noted(hold), any_name):
        assert qr.sweep(strategy, MARKET, {"shares": [100, 200]}, **SPAN).table.digest.tolist() == bare.digest.tolist()


def test_what_makes_a_strategy_may_fail_in_its_row() -> None:
    """Protects the other runs: wrong data that a constructor reads, or an exit in it, end one run and no more."""

    class Reads:
        def __init__(self, place: int) -> None:
            if place == 1:
                raise qr.DataError("no such file")
            if place == 2:
                raise SystemExit(3)

        def handle_data(self, context: Any, data: Any) -> None:
            """Does nothing."""

    found = qr.sweep(Reads, MARKET, {"place": [0, 1, 2, 3]}, **SPAN)
    assert found.table.error.tolist() == ["", "DataError: no such file", "SystemExit: 3", ""]


def test_a_worker_that_is_ended_is_told(tmp_path: Path) -> None:
    """Protects long sweeps: what the system stops, for want of memory say, names a way on, and nothing done is lost."""

    def ends(context: Any, data: Any, shares: int) -> None:
        hold(context, data, shares)
        if shares == 300 and not (tmp_path / "mended").exists():
            while len(list(tmp_path.glob("*.done"))) < 1:
                time.sleep(0.01)
            os._exit(3)
        if data.day == context.simulation.exchange.last:
            (tmp_path / f"{shares}.done").touch()

    wanted: dict[str, Any] = dict(file=tmp_path / "sweep.sqlite", **SPAN)
    with pytest.raises(qr.UsageError, match="a worker process came to an end.*n_jobs=1.*the same call goes on"):
        qr.sweep(ends, MARKET, {"shares": [300, 100]}, n_jobs=2, **wanted)
    (tmp_path / "mended").touch()
    assert qr.sweep(ends, MARKET, {"shares": [300, 100]}, **wanted).table.error.tolist() == ["", ""]


WRONG: dict[str, tuple[Callable[[], object], str]] = {
    "no dimension": (lambda: qr.sweep(hold, MARKET, {"shares": np.array(5)}, **SPAN), r"one value.*shares=\[5\]"),
    "two dimensions": (lambda: qr.sweep(hold, MARKET, {"shares": np.eye(2)}, **SPAN), "is a table of values"),
    "a frame": (lambda: qr.sweep(hold, MARKET, {"shares": pd.DataFrame({"a": [1]})}, **SPAN), "is a table of values"),
    "no end": (lambda: qr.sweep(hold, MARKET, {"shares": itertools.count()}, **SPAN), "more than 1,000,000 values"),
    "nan twice": (lambda: qr.sweep(hold, MARKET, {"stop": [math.nan, float("nan")]}, **SPAN), "names nan twice"),
    "one set twice": (
        lambda: qr.sweep(hold, MARKET, [{"shares": 1}, {"shares": 2}, {"shares": 1}], **SPAN),
        "entries 0 and 2 of the list are the same set",
    ),
    "one column twice": (
        lambda: qr.sweep(hold, MARKET, pd.DataFrame([[1, 2]], columns=["shares", "shares"]), **SPAN),
        "two columns 'shares'",
    ),
    "no names": (lambda: qr.sweep(hold, MARKET, [{}], **SPAN), "the sets name no parameter"),
    "a figure": (lambda: qr.sweep(any_name, MARKET, {"turnover": [1]}, **SPAN), "'turnover' has the name of a column"),
    "a digest": (lambda: qr.sweep(any_name, MARKET, {"digest": [1]}, **SPAN), "'digest' has the name of a column"),
    "a run": (lambda: qr.sweep(any_name, MARKET, {"run": [1]}, **SPAN), "'run' has the name of a column"),
    "no grid": (lambda: qr.sweep(hold, MARKET, start="2022-01-04"), "sweep: grid is missing"),
    "two grids": (
        lambda: qr.sweep(hold, MARKET, {"shares": [1]}, grid={}, **SPAN),  # type: ignore[misc]  # the slip itself
        "grid was given twice",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_wrong_values_are_told_with_what_to_write(what: str) -> None:
    """Protects users from an interpreter's error, from a column that is lost, and from a call that never ends."""
    call, words = WRONG[what]
    with pytest.raises(qr.UsageError, match=words):
        call()
