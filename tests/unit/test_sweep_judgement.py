"""What is said of the best of a sweep: splits that look ahead or are none, rows that are others, runs that rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import qresearch as qr
from qresearch.sweeps.judgement import validated
from qresearch.sweeps.parameters import Between
from qresearch.sweeps.results import Sweep

MARKET = qr.sample_market()
SPAN = {"start": "2022-01-04", "end": "2022-04-29", "progress": False}


def hold(context: Any, data: Any, shares: int) -> None:
    """Buy once, and hold."""
    if not context.portfolio.positions:
        context.order("604018", shares)


def rest(context: Any, data: Any, shares: int) -> None:
    """Does nothing."""


@pytest.fixture(scope="module")
def found() -> Sweep:
    """Three runs, of which the last is the worst."""
    return qr.sweep(hold, MARKET, {"shares": [100, 200, 300]}, **SPAN)


def test_a_choice_that_says_nothing_beats_a_half_of_the_others() -> None:
    """Protects the column ``beaten``: the chosen run is not among the others, and of equal ones a half is worse."""
    draws = np.random.default_rng(5).normal(0, 0.01, (2000, 2))
    returns = pd.DataFrame(draws, index=pd.bdate_range("2015-01-01", periods=2000))
    pairs = [(range(first, first + 10), range(first + 10, first + 20)) for first in range(0, 1980, 20)]
    sets = [{"a": 1}, {"a": 2}]
    assert 0.35 < validated(returns, sets, pairs, "total_return").beaten.mean() < 0.65
    same = pd.DataFrame(np.repeat(draws[:, :1], 2, axis=1), index=returns.index)
    assert validated(same, sets, pairs, "total_return").beaten.eq(0.5).all()


def test_places_of_a_split_may_come_in_any_order(found: Sweep) -> None:
    """Protects figures that depend on the order of days: a shuffled splitter means the same days as a sorted one."""
    forward = found.validate([(range(30), range(30, 60))], by="max_drawdown")
    turned = found.validate([(range(29, -1, -1), np.random.default_rng(1).permutation(range(30, 60)))], "max_drawdown")
    pd.testing.assert_frame_equal(forward, turned)


def test_a_splitter_sees_the_days(found: Sweep) -> None:
    """Protects walking by months: a splitter that asks for the dates of its rows finds them."""
    splits = pytest.importorskip("skfolio.model_selection")
    forward = found.validate(splits.WalkForward(train_size=1, test_size=1, freq="MS"), by="total_return")
    assert forward.test_from.dt.day.max() < 10


def test_splits_on_which_nothing_moved_keep_the_numbers_of_the_others(found: Sweep) -> None:
    """Protects the index ``split``: one without a choice is left out, and the rest are not numbered anew."""
    assert found.validate([(range(1), range(30, 60)), (range(30), range(30, 60))]).index.tolist() == [1]


class Halves:
    """A splitter that asks for what nobody gives it."""

    def split(self, days: object, groups: object) -> list[object]:
        """Never called."""
        return [days, groups]


WRONG: dict[str, tuple[Any, str]] = {
    "overlapping": ([(range(40), range(30, 60))], "split 0 has 10 days both for choosing and for testing.*2022-0"),
    "numbers": ([1, 2], "entry 0 of the splits, 1, is no pair"),
    "three": ([(range(3), range(3, 6), range(6, 9))], "is no pair"),
    "one place": ([(5, 6)], "names the days 5"),
    "two dimensions": ([(np.arange(10).reshape(2, 5), range(20, 30))], "there are the places 0 to"),
    "a day twice": ([([1, 1, 2], [5, 6])], "names the day 1 twice"),
    "text": ("walk", "'walk' is a str"),
    "a class": (Halves, "splitter=Halves is a class"),
    "does not split": (Halves(), "does not split 77 days.*groups"),
    "too short": ([(range(1), range(1, 5))], "no run has the figure sharpe: nothing moved there"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_split_is_told(found: Sweep, what: str) -> None:
    """Protects students: a test on days that were chosen by is no test, and what is no split says what one is."""
    splitter, words = WRONG[what]
    assert len(found.returns) == 77
    with pytest.raises(qr.UsageError, match=words):
        found.validate(splitter)


def test_a_splitter_that_asks_for_too_much_is_told(found: Sweep) -> None:
    """Protects users from the error of another package: stretches longer than the days are told as ours."""
    splits = pytest.importorskip("skfolio.model_selection")
    with pytest.raises(qr.UsageError, match="does not split 77 days"):
        found.validate(splits.WalkForward(train_size=5000, test_size=40))


def test_a_row_opens_the_run_that_it_is_about(found: Sweep) -> None:
    """Protects the way from a figure to its run: a row with new numbers is refused, one of a validation is its run."""
    table = found.table
    turned = table.sort_values("shares", ascending=False)
    assert found.session(turned.iloc[0]).digest() == table.digest[2]
    assert found.session(turned.reset_index().iloc[0]).digest() == table.digest[2]
    with pytest.raises(qr.UsageError, match="has the digest of another run"):
        found.session(turned.reset_index(drop=True).iloc[0])
    splits = [(range(30), range(30, 60)), (range(20), range(30, 60)), (range(10), range(30, 60))]
    chosen = found.validate(splits, by="max_drawdown")
    assert chosen.run.tolist() == [0, 0, 0]
    assert found.session(chosen.iloc[2]).digest() == table.digest[0]


def test_runs_that_never_trade_are_shown_and_told() -> None:
    """Protects a notebook: a sweep in which nothing was traded shows itself, and says why there is no best run."""
    idle = qr.sweep(rest, MARKET, {"shares": [100, 200]}, **SPAN)
    assert idle._repr_html_() == "<p>2 of 2 runs over shares</p>"
    with pytest.raises(qr.UsageError, match="not defined where nothing was traded.*column `fills`"):
        idle.best()
    assert idle.best("total_return").value == 0.0
    assert "nan%" not in repr(idle.best("total_return"))
    assert "Probability of overfitting: not defined" in repr(idle.best("total_return"))


def test_a_set_that_a_search_tries_twice_is_one_run() -> None:
    """Protects the count of trials: of 20 tries over 3 sets all are done, and the luck of the best is that of 3."""
    pytest.importorskip("optuna")
    searched = qr.sweep(
        hold, MARKET, {"shares": Between(1, 3)}, method="optuna", trials=20, by="total_return", seed=1, costs="zero",
        **SPAN,
    )  # fmt: skip
    distinct = {values["shares"] for values in searched.sets}
    assert repr(searched) == "<Sweep of 20 runs over shares: 20 done>"
    assert searched.best().runs == len(distinct) <= 3


ASKED: dict[str, Callable[[Sweep], object]] = {
    "a column": lambda sweep: sweep.tables,  # type: ignore[attr-defined]  # the slip itself
}


def test_an_attribute_that_there_is_not_is_told(found: Sweep) -> None:
    """Protects from the interpreter's error: what a sweep does not have is told with what looks like it."""
    with pytest.raises(qr.UsageError, match="Sweep has no 'tables'. Did you mean table"):
        ASKED["a column"](found)
