"""Methods called as pandas let them be called before version 1: arguments by their places, results put in place."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

_METHODS = {"ffill": "ffill", "pad": "ffill", "bfill": "bfill", "backfill": "bfill"}


def filling(kind: type) -> Callable[..., Any]:
    """``fillna`` of a kind, which also takes the way in which to fill."""
    plain = getattr(kind, "fillna")  # noqa: B009  # the stubs know overloads only

    @wraps(plain)
    def filled(held: Any, value: Any = None, method: str | None = None, *others: Any, **options: Any) -> Any:
        options |= dict(zip(("axis", "inplace", "limit"), others, strict=False))
        options.pop("downcast", None)
        if method is None:
            return plain(held, value, **options)
        options.pop("axis", None)
        return getattr(held, _METHODS[method])(**options)

    return _in_place(filled)


def _in_place(plain: Callable[..., Any]) -> Callable[..., Any]:
    """A method that may put its result in the place of what it was asked of; pandas is giving that up."""

    @wraps(plain)
    def called(held: Any, *arguments: Any, inplace: bool = False, **options: Any) -> Any:
        found = plain(held, *arguments, **options)
        if not inplace:
            return found
        held._update_inplace(found)
        return None

    return called


def positional(plain: Callable[..., Any]) -> Callable[..., Any]:
    """A method whose arguments may stand by their places, as they might before they had to be named."""
    kinds = inspect.signature(plain).parameters.values()
    named = [item.name for item in kinds if item.kind is item.KEYWORD_ONLY]
    call = _in_place(plain) if "inplace" in named else plain
    count = sum(item.kind is item.POSITIONAL_OR_KEYWORD for item in kinds)

    @wraps(plain)
    def called(*arguments: Any, **options: Any) -> Any:
        if len(arguments) > count:
            options |= dict(zip(named, arguments[count:], strict=False))
            arguments = arguments[:count]
        return call(*arguments, **options)

    return called


def mean_deviation(held: Any, axis: int = 0, **_: Any) -> Any:
    """Mean absolute deviation from the mean."""
    if held.ndim == 1:
        return float((held - held.mean()).abs().mean())
    numbers = held.select_dtypes("number")
    return numbers.sub(numbers.mean(axis=axis), axis=1 - axis).abs().mean(axis=axis)


def selected(held: Any, wanted: Callable[[Any], Any], axis: int = 0) -> Any:
    """The labels for which a function is true."""
    if axis:
        return held[[label for label in held.columns if wanted(label)]]
    return held.loc[[label for label in held.index if wanted(label)]]
