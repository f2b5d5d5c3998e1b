"""Exercises that check themselves: the last cells of each notebook of the course.

An exercise gives a question, a line ``answer = None`` and a :func:`check`. The solution is never written beside the
question: it is read off a session when the answer is checked.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import inspect
from collections.abc import Callable, Iterable
from numbers import Real

from qresearch.domain.arguments import between, text, whole
from qresearch.domain.calls import told
from qresearch.errors import UsageError, shown

_MOST_DIGITS = 15
NOT_ANSWERED = "Not answered yet."
RIGHT = "Right."
WRONG = "Not yet."
SEAL = "sealed:"


@told
def seal(answer: str) -> str:
    """What stands in a lesson in the place of a word that the reader is to find: it tells a right word, not which one.

    Parameters
    ----------
    answer : str
        Without regard to case and to spaces around it.

    Examples
    --------
    >>> check("hengyu bank", seal("Hengyu Bank"))
    Right.
    >>> seal("Hengyu Bank")
    'sealed:060e9a40a5232211'
    """
    word = text("answer", answer, "rejected").strip().casefold()
    return f"{SEAL}{hashlib.sha256(f'{SEAL}{word}'.encode()).hexdigest()[:16]}"


@told
def check(answer: object, expected: object, hint: str = "", *, digits: int = 2) -> None:
    """Print whether an answer is right.

    Parameters
    ----------
    answer : object
        What the reader found; None or ``...`` means that the question is still open.
    expected : object
        The right answer, or a :func:`seal` of it; or a function without arguments that returns it, called only for a
        given answer; or a function of the answer that tells whether it is right. Numbers are compared to `digits`
        decimals, text without case, a date with its ISO text, lists and tuples item by item, sets in any order, tables
        with ``equals``.
    hint : str
        What to look at next, printed after a wrong answer.
    digits : int
        Decimals to which a number must agree: it may be off by half a unit of the last one. Negative for tens (-1),
        hundreds (-2) and so on.

    Raises
    ------
    UsageError
        `expected` is a function of two or more arguments; pass one that takes the answer, or nothing.

    Examples
    --------
    >>> fee = 9.585
    >>> check(None, fee)
    Not answered yet.
    >>> check(9.58, fee)
    Right.
    >>> check(9.6, fee, "Add the commission.")
    Not yet. Add the commission.
    >>> check("rejected", "REJECTED")
    Right.
    >>> check(7, lambda answer: answer % 2 == 1)
    Right.
    """
    whole("digits", digits, least=-_MOST_DIGITS, example=2)
    between("digits", digits, -_MOST_DIGITS, _MOST_DIGITS, 2)
    text("hint", hint, "Add the commission.", empty=True)
    if answer is None or answer is ...:
        print(NOT_ANSWERED)
        return
    print(RIGHT if _is_right(answer, expected, digits) else f"{WRONG} {hint}".rstrip())


def _is_right(answer: object, expected: object, digits: int) -> bool:
    if isinstance(expected, type):
        raise UsageError(f"expected={shown(expected)} is a class. Pass the right answer, or a function that tells it.")
    if callable(expected):
        takes = len(inspect.signature(expected).parameters)
        if takes > 1:
            raise UsageError(
                f"expected= is a function of {takes} arguments. Pass one that takes the answer and tells whether it is "
                "right, or one without arguments that returns the right answer."
            )
        return _accepts(expected, answer) if takes else _same(answer, expected(), digits)
    return _same(answer, expected, digits)


def _accepts(expected: Callable[..., object], answer: object) -> bool:
    """What the predicate says; it may not know what to do with an answer of another kind, which is then wrong."""
    try:
        return bool(expected(answer))
    except Exception as problem:
        print(f"This kind of answer cannot be checked ({type(problem).__name__}: {problem}).")
        return False


def _same(answer: object, expected: object, digits: int) -> bool:
    """Whether two values say the same to a reader."""
    answer, expected = _plain(answer), _plain(expected)
    if isinstance(expected, bool) or isinstance(answer, bool):
        return answer is expected
    if isinstance(expected, Real):
        return isinstance(answer, Real) and _agree(answer, expected, digits)
    if isinstance(expected, str):
        return isinstance(answer, str) and _same_word(answer, expected)
    if isinstance(expected, list | tuple):
        return (
            isinstance(answer, list | tuple)
            and len(answer) == len(expected)
            and all(_same(one, other, digits) for one, other in zip(answer, expected, strict=True))
        )
    if isinstance(expected, set | frozenset):
        return isinstance(answer, Iterable) and _folded(answer) == _folded(expected)
    if hasattr(expected, "equals"):
        return bool(expected.equals(answer))
    try:
        return bool(answer == expected)
    except (TypeError, ValueError):  # what cannot be compared is not the same
        return False


def _same_word(answer: str, expected: str) -> bool:
    if expected.startswith(SEAL):
        return bool(answer.strip()) and seal(answer) == expected
    return answer.strip().casefold() == expected.strip().casefold()


def _agree(answer: Real, expected: Real, digits: int) -> bool:
    """Whether two numbers agree to some decimals."""
    try:
        # The last term lets a tie through that binary fractions have moved by a hair.
        return abs(float(answer) - float(expected)) <= 0.5 * 10.0**-digits + 1e-9
    except OverflowError:  # beyond any float
        return answer == expected


def _plain(value: object) -> object:
    """A value in Python's own types: NumPy scalars unpacked, a day as its ISO text."""
    if hasattr(value, "tolist") and not hasattr(value, "equals"):
        value = value.tolist()
    # A missing day has no time.
    if isinstance(value, dt.datetime) and value == value and value.time() == dt.time():
        value = value.date()
    return value.isoformat() if isinstance(value, dt.date) else value


def _folded(values: Iterable[object]) -> set[object]:
    return {value.strip().casefold() if isinstance(value, str) else value for value in map(_plain, values)}
