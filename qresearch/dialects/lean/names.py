"""Two spellings of every name: ``limit_price`` as scripts are written today, ``LimitPrice`` as they were before.

Numbers too have two faces. Scripts see floats, as they do in LEAN; the order layer keeps exact decimals, and a float
that a script hands in becomes one by its first fifteen digits.
"""

from __future__ import annotations

import datetime as dt
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from enum import EnumType
from functools import cache, partial, wraps
from typing import Any, TypeVar

from qresearch.domain.attributes import near
from qresearch.domain.calls import told
from qresearch.errors import UnknownName, UsageError, close_matches, did_you_mean, shown

T = TypeVar("T")
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@cache
def snake(name: str) -> str:
    """The newer spelling of a name.

    >>> snake("LimitPrice"), snake("SetEndDate"), snake("ATRIndicator"), snake("on_data")
    ('limit_price', 'set_end_date', 'atr_indicator', 'on_data')
    """
    return _WORD.sub("_", name).lower()


@cache
def camel(name: str) -> str:
    """The older spelling of a name.

    >>> camel("on_order_event")
    'OnOrderEvent'
    """
    return "".join(word.capitalize() for word in name.split("_"))


_COLLECTED = ("Keys", "Values")
"""What the older spelling of dictionaries reads, and the newer one calls."""


class Named:
    """What is read in either spelling."""

    __slots__ = ()

    def to_string(self) -> str:
        """As text."""
        return str(self)

    def __getattr__(self, name: str) -> Any:
        if name in _COLLECTED and hasattr(type(self), name.lower()):
            return list(getattr(self, name.lower())())
        if name[:1].isupper():
            other = snake(name)
            if other != name.lower() or hasattr(type(self), other) or other in getattr(self, "__dict__", ()):
                return getattr(self, other)
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError(f"{type(self).__name__} has no {name!r}. {near(snake(name), dir(self))}")


class Settable(Named):
    """What is written in either spelling too."""

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, snake(name) if name[:1].isupper() else name, value)


class Sealed(Settable):
    """What has these attributes and no others, so that a misspelled one is told."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not hasattr(type(self), snake(name)):
            raise UnknownName(f"{type(self).__name__} has no {name!r} to be set. {near(snake(name), dir(type(self)))}")
        super().__setattr__(name, value)


class Listed(type):
    """The class of a list of words, such as ``TimeZones``: a misspelled one is answered with those that are near."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        words = [word for word in dir(cls) if word.isupper()]
        raise UnknownName(f"{cls.__name__.lstrip('_')} has no {name!r}. {near(snake(name).upper(), words)}")


class ListedEnum(Listed, EnumType):
    """The same of an enumeration."""

    def __getattr__(cls, name: str) -> Any:
        try:
            return cls._member_map_[name]  # until Python 3.12 they are looked for here
        except KeyError:
            return super().__getattr__(name)


def called(owner: object, name: str) -> Callable[..., Any] | None:
    """A function that a class of a script defines, in either spelling; None where there is none.

    The older spelling, where it is defined, is the script's own.
    """
    found = getattr(type(owner), camel(name), None) or getattr(type(owner), name, None)
    return None if found is None else found.__get__(owner)


def answerer(model: object, name: str, built_on: str) -> Callable[..., Any]:
    """What a model of a script answers, in either spelling; an error where it is no such model."""
    found = called(model, name)
    if found is None:
        raise UsageError(f"{shown(model)} has no {name}, which is asked of it. Build a model on {built_on}.")
    return found


def written(owner: object, name: str) -> Callable[..., Any] | None:
    """As :func:`called`, of what a script wrote itself; None for what this package has."""
    kind = type(owner)
    if kind.__module__.startswith("qresearch."):
        return None
    found = getattr(kind, camel(name), None) or getattr(kind, name, None)
    if found is None or found.__module__.startswith("qresearch."):
        return None
    bound: Callable[..., Any] = found.__get__(owner)
    return bound


def takes(function: Callable[..., Any]) -> bool:
    """Whether a function takes an argument."""
    return bool(inspect.signature(function).parameters)


def assigned(kind: type[T]) -> type[T]:
    """Let the attributes of a class with slots be written in their older spelling too, at no cost for the newer one."""
    for name in (*kind.__slots__, *(key for key, item in vars(kind).items() if isinstance(item, property))):  # type: ignore[attr-defined]
        if camel(name) != name:
            setattr(kind, camel(name), property(partial(_read, name), partial(_write, name)))
    return kind


def _read(name: str, owner: object) -> Any:
    return getattr(owner, name)


def _write(name: str, owner: object, value: Any) -> None:
    setattr(owner, name, value)


def both(kind: type[T]) -> type[T]:
    """Give every public name of a class in its older spelling too."""
    for name, value in list(vars(kind).items()):
        if not name.startswith("_"):
            setattr(kind, camel(name), value)
    return kind


def spoken(kind: type[T]) -> type[T]:
    """Let the words of a class take their arguments by the names of either spelling; a wrong call of one is told."""
    for name, value in list(vars(kind).items()):
        if inspect.isfunction(value) and not name.startswith("_"):
            setattr(kind, name, _either(told(value)))
    return kind


def _either(word: Callable[..., T]) -> Callable[..., T]:
    @wraps(word)
    def call(*given: Any, **named: Any) -> T:
        return word(*given, **{snake(name): value for name, value in named.items()}) if named else word(*given)

    return call


def by_name(word: str, names: Sequence[str], given: Sequence[Any], named: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments by place and by name as one, of a word that has them in more than one order; a wrong one is told.

    Parameters
    ----------
    word : str
    names : sequence of str
        In their order.
    given : sequence
        By place.
    named : mapping

    >>> by_name("set_holdings", ("percentage", "order_properties"), [0.5], {"orderProperties": None})
    {'percentage': 0.5, 'order_properties': None}
    """
    usage, named = f"It takes {', '.join(names)}.", {snake(name): value for name, value in named.items()}
    for name, value in named.items():
        if name not in names:
            near_ones = did_you_mean(close_matches(name, names, 1))
            raise UsageError(f"{word} has no argument {name}={shown(value)}. {near_ones}{usage}")
    if len(given) > len(names):
        raise UsageError(f"{word}: {shown(given[len(names)])} is one argument too many. {usage}")
    placed = dict(zip(names, given, strict=False))
    for name in placed.keys() & named.keys():
        raise UsageError(f"{word}: {name} was given twice, by place and by name. {usage}")
    return {**placed, **named}


def dec(value: Any) -> Decimal:
    """A number of a script as an exact decimal: a float by its first fifteen digits.

    >>> dec(0.1 + 0.2), dec(3), dec("1.50")
    (Decimal('0.3'), Decimal('3'), Decimal('1.50'))
    """
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int):
        return Decimal(int(value))
    try:
        if isinstance(value, str):
            return Decimal(value)
        number = float(value)
    except (InvalidOperation, TypeError, ValueError):
        raise UsageError(f"{shown(value)} is no number. Pass one such as 10.5.") from None
    if number != number or number in {float("inf"), float("-inf")}:
        raise UsageError(f"{number} is no number that an order can have. Pass a finite one such as 10.5.")
    return Decimal(f"{number:.15g}")


def whole(name: str, value: Any) -> int:
    """A number of shares, its fraction dropped as LEAN's lots of one share do it."""
    return int(dec(value)) if not isinstance(value, int) else int(value)


_SEVEN = Context(prec=7, rounding=ROUND_HALF_EVEN)


def smart(value: Decimal) -> Decimal:
    """A price as LEAN rounds it before it is written: above 1000 to 4 decimals, else to 7 digits, half to even.

    >>> smart(Decimal("144.77307790400")), smart(Decimal("1234.567890")), smart(Decimal("100.000"))
    (Decimal('144.7731'), Decimal('1234.5679'), Decimal('100'))
    """
    return plain(value.quantize(Decimal("0.0001"), ROUND_HALF_EVEN) if value > 1000 else _SEVEN.plus(value))


def plain(value: Decimal) -> Decimal:
    """Without zeros at its end, and without an exponent."""
    found = value.normalize()
    exponent = found.as_tuple().exponent
    return found.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else found


def as_text(moment: dt.datetime) -> str:
    """A time as LEAN writes it in messages.

    >>> as_text(dt.datetime(2013, 10, 7, 13, 31))
    '10/07/2013 13:31:00'
    """
    return f"{moment:%m/%d/%Y %H:%M:%S}"
