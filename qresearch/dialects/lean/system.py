"""What scripts take from .NET: times and spans, casts of functions, queues, and small functions of LEAN."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from qresearch.dialects.lean.consolidators import EventHandlers
from qresearch.dialects.lean.names import Listed, Named, both, dec, plain
from qresearch.errors import UsageError


class DateTime(dt.datetime):
    """A moment; hour and what follows may be left out."""

    MinValue, MaxValue = dt.datetime.min, dt.datetime.max

    def AddDays(self, days: float) -> dt.datetime:  # the older spelling
        """So many days later."""
        return self + dt.timedelta(days=days)


@both
class TimeSpan:
    """Spans of time."""

    zero = dt.timedelta(0)

    @staticmethod
    def from_days(days: float) -> dt.timedelta:
        """So many days."""
        return dt.timedelta(days=days)

    @staticmethod
    def from_hours(hours: float) -> dt.timedelta:
        """So many hours."""
        return dt.timedelta(hours=hours)

    @staticmethod
    def from_minutes(minutes: float) -> dt.timedelta:
        """So many minutes."""
        return dt.timedelta(minutes=minutes)

    @staticmethod
    def from_seconds(seconds: float) -> dt.timedelta:
        """So many seconds."""
        return dt.timedelta(seconds=seconds)


class Action:
    """A cast of a function, which Python does not need: the function itself comes back."""

    def __new__(cls, function: Callable[..., Any]) -> Any:
        """The function."""
        return function

    def __class_getitem__(cls, kinds: Any) -> type[Action]:
        return cls


class Func(Action):
    """As :class:`Action`, of functions that give something."""


class CircularQueue(Named):
    """Goes through some things again and again.

    Parameters
    ----------
    items : iterable
    """

    def __init__(self, *items: Any) -> None:
        many = len(items) == 1 and isinstance(items[0], Iterable) and not isinstance(items[0], str)
        self._items, self._next = list(items[0] if many else items), 0
        self.circle_completed = EventHandlers()

    def __class_getitem__(cls, kind: Any) -> type[CircularQueue]:
        return cls

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, "circle_completed" if name == "CircleCompleted" else name, value)

    def dequeue(self) -> Any:
        """The next one; after the last one the first, and who listens is told that a circle is complete."""
        found = self._items[self._next]
        self._next = (self._next + 1) % len(self._items)
        if not self._next:
            self.circle_completed(self, None)
        return found


@both
class Extensions:
    """Small functions of LEAN."""

    @staticmethod
    def round_to_significant_digits(number: Any, digits: int) -> float:
        """A number by so many of its digits.

        >>> Extensions.round_to_significant_digits(144.6789, 5)
        144.68
        """
        return float(plain(Decimal(f"{dec(number):.{digits}g}")))

    @staticmethod
    def convert_to_utc(moment: dt.datetime, zone: Any) -> dt.datetime:
        """A moment of a zone in UTC, both naive."""
        aware = moment.replace(tzinfo=ZoneInfo(str(getattr(zone, "key", zone))))
        return aware.astimezone(dt.UTC).replace(tzinfo=None)

    @staticmethod
    def convert_from_utc(moment: dt.datetime, zone: Any) -> dt.datetime:
        """A moment of UTC in a zone, both naive."""
        aware = moment.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(str(getattr(zone, "key", zone))))
        return aware.replace(tzinfo=None)

    @staticmethod
    def convert_to(moment: dt.datetime, zone: Any, other: Any) -> dt.datetime:
        """A moment of a zone in another one."""
        return Extensions.convert_from_utc(Extensions.convert_to_utc(moment, zone), other)

    @staticmethod
    def to_time_span(resolution: Any) -> dt.timedelta:
        """How long a bar is."""
        return dt.timedelta(seconds=(0, 1, 60, 3_600, 86_400)[int(resolution)])

    @staticmethod
    def is_open(status: Any) -> bool:
        """True for a state in which an order is not over."""
        return not status.is_closed

    @staticmethod
    def is_closed(status: Any) -> bool:
        """True for filled, canceled and invalid."""
        return bool(status.is_closed)

    @staticmethod
    def is_fill(status: Any) -> bool:
        """True for filled and partially filled."""
        return bool(status.is_fill)


class OrderExtensions(Extensions):
    """Those of orders."""


class Chart(Named):
    """A chart that a script names beforehand; its values come by ``plot``.

    Parameters
    ----------
    name : str
    """

    def __init__(self, name: str, *_: Any) -> None:
        self.name, self.series = name, {}  # type: ignore[var-annotated]  # whatever a script puts there

    def add_series(self, series: Any) -> None:
        """Name a line of it."""
        self.series[series.name] = series


class Series(Named):
    """A line of a chart; how it is drawn is not looked at."""

    def __init__(self, name: str, *_: Any, **__: Any) -> None:
        self.name = name


class SeriesType(metaclass=Listed):
    """How a line is drawn; not looked at here."""

    LINE = Line = 0
    SCATTER = Scatter = 1
    CANDLE = Candle = 2
    BAR = Bar = 3


class NotOffered:
    """Stands for a class of LEAN that is not here: it may be imported and named, and whoever uses it is told.

    Parameters
    ----------
    name : str
    why : str
    """

    def __init__(self, name: str, why: str) -> None:
        object.__setattr__(self, "_told", f"{name} is not offered here: {why}")

    def __call__(self, *_: Any, **__: Any) -> Any:
        """Refused."""
        raise UsageError(self._told)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise UsageError(self._told)

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        raise UsageError(self._told)
