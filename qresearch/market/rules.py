"""The values of market rules, and the days on which they hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Generic, NamedTuple, TypeVar

V = TypeVar("V")
Value_co = TypeVar("Value_co", covariant=True)  # a table of floats is also a table of objects, for the table of all


@dataclass(frozen=True, slots=True)
class Dated(Generic[Value_co]):
    """One value of a rule and the days on which it holds.

    Parameters
    ----------
    since, until : date or None
        First and last day, both inclusive; None: no start on record, still in force.
    value : Value_co
    source : str
    status : str
        How well it is known, see the module.
    """

    since: dt.date | None
    until: dt.date | None
    value: Value_co
    source: str
    status: str

    def holds(self, day: dt.date) -> bool:
        """Whether `day` is one of its days."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


class LotRule(NamedTuple):
    """Smallest order to buy, and the step above it, in shares."""

    minimum: int
    step: int


class LargestOrder(NamedTuple):
    """Most shares that one order may be for: with a limit price, at the market, and after hours."""

    limit: int
    market: int
    after_hours: int = 1_000_000


class FirstDays(NamedTuple):
    """Sessions of a new listing with their own limit: `up` and `down` are fractions of the issue price, or None."""

    sessions: int
    up: float | None
    down: float | None


class Band(NamedTuple):
    """How far from a reference price a price may lie, as fractions of it."""

    up: float
    down: float


class Hours(NamedTuple):
    """First and last minute of a session."""

    since: dt.time
    until: dt.time


class Cage(NamedTuple):
    """How far beyond the market a limit price may lie in continuous trading: a fraction, or ticks if those are more."""

    ratio: float
    ticks: int = 0


@dataclass(frozen=True, slots=True)
class Levy:
    """What a trade pays beside the commission, under one name.

    Parameters
    ----------
    bought, sold : float
        Fraction of the turnover, on each side.
    par : float, currency per share
        Charged by the number of shares instead, where it is not 0.
    minimum, maximum : float, currency
        Least and most of one trade; a `maximum` of 0 is none.
    on_sales_only : bool
        `par` is charged on sales only.
    """

    bought: float = 0.0
    sold: float = 0.0
    par: float = 0.0
    minimum: float = 0.0
    maximum: float = 0.0
    on_sales_only: bool = False


def dated(source: str, status: str, *rows: tuple[str, str, V]) -> tuple[Dated[V], ...]:
    """Rows of one source; an empty date is None."""
    return tuple(
        Dated(
            dt.date.fromisoformat(since) if since else None,
            dt.date.fromisoformat(until) if until else None,
            value,
            source,
            status,
        )
        for since, until, value in rows
    )


def on(rows: Iterable[Dated[V]], day: dt.date) -> V | None:
    """The value that holds on a day; None where none does."""
    return next((row.value for row in rows if row.holds(day)), None)


def plain(value: object) -> str:
    """A value as text: its named numbers, but for those that are nothing."""
    if isinstance(value, Levy):
        held = {item.name: getattr(value, item.name) for item in fields(value)}
    elif isinstance(value, LotRule | LargestOrder | FirstDays | Band | Cage | Hours):
        held = value._asdict()
    else:
        return str(value)
    return ", ".join(f"{name} {number}" for name, number in held.items() if number) or "none"
