"""The checks of the exercises: open, right and wrong answers of every kind."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from qresearch.domain.order import Status
from qresearch.errors import UsageError
from qresearch.exercises import NOT_ANSWERED, RIGHT, check

TABLE = pd.DataFrame({"quantity": [100, 200]}, index=["604018.SH", "688903.SH"])

SAME = [
    (9.58, 9.585), (9.59, 9.585), (np.float64(3.0), 3), (3, np.int64(3)), ("rejected", Status.REJECTED),
    (" Filled ", "FILLED"), (True, np.bool_(True)), ("2022-03-11", dt.date(2022, 3, 11)),
    ("2022-03-11", pd.Timestamp("2022-03-11")), (pd.Timestamp("2022-03-11"), dt.date(2022, 3, 11)),
    (["a", 1.001], ("A", 1)), (["B", "a"], {"A", "b"}), (TABLE.copy(), TABLE), (TABLE["quantity"], TABLE["quantity"]),
    ({"a": 1}, {"a": 1}),
]  # fmt: skip
DIFFERENT = [
    (9.57, 9.585), ("9.58", 9.585), (1, True), (True, 1), (float("nan"), 1.0), ("FILLED", Status.REJECTED),
    (1, "FILLED"), ("2022-03-14", dt.date(2022, 3, 11)), (["a"], ["a", "b"]), ("ab", ["a", "b"]), (["a"], {"a", "b"}),
    (TABLE.iloc[:1], TABLE), ({"a": 2}, {"a": 1}), (3, {1, 2}),
]  # fmt: skip


@pytest.mark.parametrize("blank", [None, ...])
def test_a_blank_answer_passes_and_looks_at_nothing(blank: object, capsys: pytest.CaptureFixture[str]) -> None:
    """Protects the notebooks: an exercise that nobody has answered runs without error and without its solution."""
    check(blank, lambda: 1 / 0, "a hint")
    assert capsys.readouterr().out == f"{NOT_ANSWERED}\n"


@pytest.mark.parametrize(("answer", "expected"), SAME)
def test_what_says_the_same_is_right(answer: object, expected: object, capsys: pytest.CaptureFixture[str]) -> None:
    """Protects readers from being told that a right answer is wrong for its type, case or last decimal."""
    check(answer, expected, "a hint")
    check(answer, lambda: expected, "a hint")
    assert capsys.readouterr().out == f"{RIGHT}\n{RIGHT}\n"


@pytest.mark.parametrize(("answer", "expected"), DIFFERENT)
def test_what_differs_is_not_right(answer: object, expected: object, capsys: pytest.CaptureFixture[str]) -> None:
    """Protects the exercises from accepting anything: the hint follows, never the solution."""
    check(answer, expected, "Look again.")
    assert capsys.readouterr().out == "Not yet. Look again.\n"


def test_a_predicate_decides_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects questions with several right answers."""
    for answer in (3, 4):
        check(answer, lambda value: value % 2 == 1)
    assert capsys.readouterr().out == "Right.\nNot yet.\n"


def test_a_predicate_that_cannot_read_the_answer_finds_it_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects readers from a traceback out of our code when they answer with a word instead of a number."""
    check("many", lambda value: value + 1 == 2, "A number, please.")
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("This kind of answer cannot be checked (TypeError:")
    assert told[1] == "Not yet. A number, please."


@pytest.mark.parametrize(("answer", "said"), [(1_249, "Right."), (1_251, "Not yet.")])
def test_negative_digits_compare_hundreds(answer: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Protects estimates: digits=-2 forgives fifty to either side, and no more."""
    check(answer, 1_200, digits=-2)
    assert capsys.readouterr().out == f"{said}\n"


def test_a_function_of_two_arguments_is_a_wrong_call() -> None:
    """Protects authors of exercises: the message says what to pass instead."""
    with pytest.raises(UsageError, match="takes the answer"):
        check(1, lambda one, two: one == two)
