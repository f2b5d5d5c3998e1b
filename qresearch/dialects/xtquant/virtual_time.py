"""``time``, ``datetime`` and ``pandas`` as a script imports them: they follow its stage, in China time."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

import pandas as pd

from qresearch.dialects.xtquant.stage import Stage

CHINA = dt.timezone(dt.timedelta(hours=8), "Asia/Shanghai")
"""China has had no summer time since 1991."""


def stamp_of(moment: dt.datetime) -> float:
    """Seconds since 1970 of a moment in China."""
    return moment.replace(tzinfo=CHINA).timestamp()


def moment_of(stamp: float) -> dt.datetime:
    """The moment in China at some seconds since 1970."""
    return dt.datetime.fromtimestamp(stamp, CHINA).replace(tzinfo=None)


def altered(module: ModuleType, **changes: Any) -> ModuleType:
    """A module with some names replaced; the module itself stays as it is."""
    found = ModuleType(module.__name__, module.__doc__)
    plain = {name: Call(value) if isinstance(value, FunctionType) else value for name, value in changes.items()}
    found.__dict__.update({**vars(module), **plain})
    return found


class Call:
    """A function that stays one as an attribute of a class, as those written in C do.

    Parameters
    ----------
    func : callable
    """

    __slots__ = ("_func",)

    def __init__(self, func: Callable[..., Any]) -> None:
        self._func = func

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """What the function gives."""
        return self._func(*arguments, **options)


def time_module(stage: Stage) -> ModuleType:
    """``time`` on a stage."""
    began = stage.now

    def local(seconds: float | None = None) -> time.struct_time:
        return moment_of(stage.look() if seconds is None else seconds).timetuple()

    def since() -> float:
        return stage.look() - began

    def text(form: str, moment: Any = None) -> str:
        return time.strftime(form, local() if moment is None else moment)

    def made(moment: Any) -> float:
        return stamp_of(dt.datetime(*tuple(moment)[:6]))

    return altered(
        time, time=stage.look, sleep=stage.sleep, localtime=local, strftime=text, mktime=made,
        time_ns=lambda: int(stage.look() * 1e9), monotonic=since, perf_counter=since, process_time=since,
        monotonic_ns=lambda: int(since() * 1e9), perf_counter_ns=lambda: int(since() * 1e9),
        gmtime=lambda seconds=None: time.gmtime(stage.look() if seconds is None else seconds),
        ctime=lambda seconds=None: time.asctime(local(seconds)),
        asctime=lambda moment=None: time.asctime(local() if moment is None else moment),
        timezone=-8 * 3600, altzone=-8 * 3600, daylight=0, tzname=("CST", "CST"),
    )  # fmt: skip


class _Like(type):
    """The one metaclass of the house: what is a datetime outside of a script is one inside it."""

    def __instancecheck__(cls, instance: object) -> bool:
        return cls.__subclasscheck__(type(instance))

    def __subclasscheck__(cls, subclass: type) -> bool:
        # A class that the script itself builds on one of ours is a class like any other.
        real = cls.__mro__[1]
        return super().__subclasscheck__(subclass) or (type(real) is type and issubclass(subclass, real))


def datetime_module(stage: Stage) -> ModuleType:
    """``datetime`` on a stage: `now` and `today` follow it, and local time is China's on every machine."""

    class date(dt.date, metaclass=_Like):  # noqa: N801  # its name in a script
        @classmethod
        def today(cls) -> Any:
            return cls.fromtimestamp(stage.look())

        @classmethod
        def fromtimestamp(cls, stamp: float, /) -> Any:
            found = moment_of(stamp)
            return cls(found.year, found.month, found.day)

    class datetime(dt.datetime, metaclass=_Like):  # noqa: N801  # as above
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return cls.fromtimestamp(stage.look(), tz)

        @classmethod
        def today(cls) -> Any:
            return cls.now()

        @classmethod
        def utcnow(cls) -> Any:
            return cls.now(dt.UTC).replace(tzinfo=None)

        @classmethod
        def fromtimestamp(cls, stamp: float, tz: Any = None) -> Any:
            found = super().fromtimestamp(stamp, CHINA if tz is None else tz)
            return found.replace(tzinfo=None) if tz is None else found

        def timestamp(self) -> float:
            return super().timestamp() if self.tzinfo is not None else stamp_of(self)

        def astimezone(self, tz: Any = None) -> Any:
            here = self if self.tzinfo is not None else self.replace(tzinfo=CHINA)
            return super(datetime, here).astimezone(CHINA if tz is None else tz)

        def date(self) -> Any:
            return date(self.year, self.month, self.day)

    return altered(dt, datetime=datetime, date=date)


def pandas_module(stage: Stage) -> ModuleType:
    """``pandas`` on a stage: ``Timestamp.now()`` and ``Timestamp("now")`` follow it."""

    class Timestamp(pd.Timestamp, metaclass=_Like):
        def __new__(cls, *given: Any, **options: Any) -> Any:
            if given[:1] in {("now",), ("today",)}:
                return cls.now(options.get("tz"))
            return pd.Timestamp(*given, **options)

        @classmethod
        def now(cls, tz: Any = None) -> Any:
            found = pd.Timestamp(moment_of(stage.look()))
            return found if tz is None else found.tz_localize(CHINA).tz_convert(tz)

        @classmethod
        def today(cls, tz: Any = None) -> Any:
            return cls.now(tz)

        @classmethod
        def utcnow(cls) -> Any:
            return cls.now("UTC")

    return altered(pd, Timestamp=Timestamp)
