"""What a caller passes, checked one value at a time; each refusal names the argument, the value and what to write."""

from __future__ import annotations

import ast
import datetime as dt
import inspect
import math
import os
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from numbers import Real
from pathlib import Path
from typing import Any

from qresearch.errors import UsageError, shown

MOST = 1e15
"""Larger numbers are not carried exactly by a float with its cents."""

_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?(?![\d-])")


def number(name: str, value: Any, example: object = 1000) -> float:
    """A finite number: an int or float of Python, numpy or pandas, a Decimal or a Fraction.

    Parameters
    ----------
    name : str
        Of the argument, with that of the call where it helps: "buy: quantity".
    value : object
    example : object
        What one could write.

    Returns
    -------
    int or float
        An int where it was one.

    Raises
    ------
    UsageError
        Text, None, True or False, NaN, infinite, or too large to be carried exactly; the message says what to write.

    >>> number("cash", 1000), number("cash", 10.5)
    (1000, 10.5)
    """
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        value = value.item()  # of numpy: a scalar, or an array of no dimension
    wrong = _why_no_number(value)
    if wrong:
        raise UsageError(f"{name}={shown(value)} {wrong} Write a number such as {example}.")
    return value if type(value) in (int, float) else _plain(value)


def _plain(value: Any) -> float:
    whole = int(value)
    return whole if whole == value and not isinstance(value, float) else float(value)


def _why_no_number(value: object) -> str:
    """What keeps a value from being a finite number; empty when it is one."""
    if isinstance(value, str):
        text = value.strip()
        is_number = re.fullmatch(r"[-+]?\d[\d,_]*(\.\d+)?", text) is not None
        return f"is text, not a number: write {text} without the quotes." if is_number else "is text, not a number."
    if value is None:
        return "is missing: a number is needed here."
    if isinstance(value, bool):
        return "is a truth value, not a number."
    if not isinstance(value, (Real, Decimal)):
        return f"is a {type(value).__name__}, not a number."
    if value != value:
        return "is NaN: it could not be computed, or its data are missing. Look at where it comes from."
    if not -MOST <= value <= MOST:  # type: ignore[operator]  # both kinds compare with a float
        return "is infinite." if abs(value) == math.inf else f"is too large: the most is {MOST:.0e}."
    return ""


def between(name: str, value: Any, least: float, most: float, example: object) -> float:
    """A number from `least` to `most`, both allowed; raises UsageError otherwise."""
    found = number(name, value, example)
    if not least <= found <= most:
        raise UsageError(f"{name}={shown(value)} must be from {least:,} to {most:,}. Write one such as {example}.")
    return found


def price(name: str, value: Any) -> float:
    """A positive price; None is refused too: a price that could not be computed must never trade."""
    found = number(name, value, 9.6)
    if found <= 0:
        raise UsageError(
            f"{name}={shown(value)} must be above 0. Write a price in the currency per share, such as 9.6."
        )
    return found


def whole(name: str, value: Any, least: int = 1, example: object = 20) -> int:
    """A whole number of at least `least`; raises UsageError otherwise."""
    found = number(name, value, example)
    if found != int(found):
        raise UsageError(f"{name}={shown(value)} is not a whole number. Write one such as {example}.")
    if found < least:
        raise UsageError(f"{name}={shown(value)} must be at least {least}. Write one such as {example}.")
    return int(found)


def flag(name: str, value: Any) -> bool:
    """True or False; raises UsageError for words and numbers, which Python would take for one of them.

    >>> flag("strict", True)
    True
    """
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool):
        return value
    raise UsageError(f"{name}={shown(value)} is neither True nor False. Write {name}=True or {name}=False.")


def text(name: str, value: Any, example: str, *, empty: bool = False) -> str:
    """Text that can be written to a file, and is not empty unless `empty`; raises UsageError otherwise."""
    if not isinstance(value, str):
        raise UsageError(f"{name}={shown(value)} is a {type(value).__name__}, not text. Write one such as {example!r}.")
    if not empty and not value.strip():
        raise UsageError(f"{name}={shown(value)} is empty. Write one such as {example!r}.")
    if "\0" in value or not is_writable(value):
        raise UsageError(
            f"{name}={shown(value)} holds characters that are no text (a NUL, or a byte of another encoding). "
            f"Write one such as {example!r}."
        )
    return value


def expression(name: str, value: Any, example: str) -> str:
    """Text that Python reads as an expression; raises UsageError otherwise. Nothing is evaluated."""
    try:
        ast.parse(text(name, value, example), mode="eval")
    except (SyntaxError, RecursionError, MemoryError):
        raise UsageError(f"{name}={shown(value)} is no expression of Python. Write one such as {example!r}.") from None
    return str(value)


def is_writable(value: str) -> bool:
    """Whether text can be written as UTF-8: what Python makes of undecodable file names cannot."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def function(name: str, value: Any, *takes: str) -> Callable[..., Any]:
    """A function of some arguments; raises UsageError otherwise.

    Parameters
    ----------
    name : str
    value : object
    *takes : str
        What it is called with: "the session".
    """
    words, count = ", ".join(takes), "one argument" if len(takes) == 1 else f"{len(takes)} arguments"
    if not callable(value) or isinstance(value, type):
        raise UsageError(f"{name}={shown(value)} is not a function. Pass one that takes {words}.")
    try:
        inspect.signature(value).bind(*takes)
    except TypeError:
        raise UsageError(f"{name}={shown(value)} does not take {count}. Pass a function of {words}.") from None
    except ValueError:
        pass  # a function written in C may not tell its arguments
    return value  # type: ignore[no-any-return]  # whatever it returns


def symbols(name: str, value: Any) -> list[Any]:
    """Symbols as a list, from one or from any collection of them; raises UsageError when it is neither."""
    if isinstance(value, str):
        return [value]
    if not isinstance(value, Iterable) or isinstance(value, (Mapping, bytes)) or hasattr(value, "columns"):
        raise UsageError(f"{name}={shown(value)} is a {type(value).__name__}, not symbols. Write ['600519.SH', ...].")
    return list(value)


def path(name: str, value: Any, example: str) -> Path:
    """A path that a file system can hold; raises UsageError otherwise.

    >>> path("html", "tearsheet.html", "tearsheet.html").name
    'tearsheet.html'
    """
    if not isinstance(value, (str, os.PathLike)) or isinstance(value, bytes):
        raise UsageError(
            f"{name}={shown(value)} is a {type(value).__name__}, not a path. Pass one such as {example!r}."
        )
    found = os.fspath(value)
    if not isinstance(found, str) or not found.strip() or "\0" in found or not is_writable(found):
        raise UsageError(f"{name}={shown(value)} names no file. Pass a path such as {example!r}.")
    if any(len(part.encode()) > 255 for part in Path(found).parts):
        raise UsageError(f"{name}={shown(value)} has a name of more than 255 bytes. Choose a shorter name.")
    return Path(found)


def day_text(value: Any) -> str | None:
    """The first ten characters of a date as ISO 8601, ``2024-01-31``; None when it is no date.

    A number is no date: 2024 as a year and 20240131 as a day are guesses that nobody should make for a user.

    >>> day_text(dt.date(2024, 1, 31)), day_text("2024-01"), day_text(5), day_text("20240131")
    ('2024-01-31', '2024-01-01', None, None)
    """
    if isinstance(value, (bool, Real)):
        return None
    found = _DATE.match(str(value).strip().replace("/", "-"))
    if found is None:
        return None
    day = f"{found[0]}-01-01"[:10] if len(found[0]) == 4 else f"{found[0]}-01"[:10]
    try:
        dt.date.fromisoformat(day)
    except ValueError:
        return None
    return day
