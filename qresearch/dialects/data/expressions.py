"""Columns of tables and what is computed from them: comparisons, ``in_``, ``like``, arithmetic, aggregates.

It looks like the SQLAlchemy of the platform and knows the part of it that scripts use; pandas evaluates it.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd

from qresearch.errors import NotSupported, UsageError, close_matches, did_you_mean

Values = Any
"""A column of values, or one value."""


class Expression:
    """A column, a constant, or something computed from them."""

    label_text: str = ""
    descending: bool = False

    def evaluate(self, frame: pd.DataFrame) -> Values:
        """Values of the expression, one per row of a joined table whose columns are named ``table.column``."""
        raise NotImplementedError

    def columns(self) -> Iterable[Column]:
        """The columns that it reads."""
        return ()

    @property
    def heading(self) -> str:
        """Name of the column in a result."""
        return self.label_text or str(self)

    def _with(self, word: str, call: Callable[..., Values], *others: object) -> Computed:
        return Computed(word, call, (self, *(wrapped(other) for other in others)))

    def __add__(self, other: object) -> Computed:
        return self._with("+", operator.add, other)

    def __radd__(self, other: object) -> Computed:
        return wrapped(other)._with("+", operator.add, self)

    def __sub__(self, other: object) -> Computed:
        return self._with("-", operator.sub, other)

    def __rsub__(self, other: object) -> Computed:
        return wrapped(other)._with("-", operator.sub, self)

    def __mul__(self, other: object) -> Computed:
        return self._with("*", operator.mul, other)

    def __rmul__(self, other: object) -> Computed:
        return wrapped(other)._with("*", operator.mul, self)

    def __truediv__(self, other: object) -> Computed:
        return self._with("/", _divided, other)

    def __rtruediv__(self, other: object) -> Computed:
        return wrapped(other)._with("/", _divided, self)

    def __neg__(self) -> Computed:
        return self._with("-", operator.neg)

    def __abs__(self) -> Computed:
        return self._with("abs", abs)

    def __lt__(self, other: object) -> Computed:
        return self._with("<", operator.lt, other)

    def __le__(self, other: object) -> Computed:
        return self._with("<=", operator.le, other)

    def __gt__(self, other: object) -> Computed:
        return self._with(">", operator.gt, other)

    def __ge__(self, other: object) -> Computed:
        return self._with(">=", operator.ge, other)

    def __eq__(self, other: object) -> Computed:  # type: ignore[override]  # an expression, as in SQLAlchemy
        return self._with("=", operator.eq, other)

    def __ne__(self, other: object) -> Computed:  # type: ignore[override]  # an expression, as in SQLAlchemy
        return self._with("!=", operator.ne, other)

    def __and__(self, other: object) -> Computed:
        return self._with("and", operator.and_, other)

    def __or__(self, other: object) -> Computed:
        return self._with("or", operator.or_, other)

    def __invert__(self) -> Computed:
        return self._with("not", operator.invert)

    def __hash__(self) -> int:
        return id(self)

    def __bool__(self) -> bool:
        raise UsageError(
            "A condition of a query has no truth of its own. Join conditions with & and |, in parentheses, "
            "or pass several to filter()."
        )

    def in_(self, values: Any) -> Computed:
        """True where the value is one of some."""
        return self._with("in", _is_in, _listed(values))

    def notin_(self, values: Any) -> Computed:
        """True where the value is none of some."""
        return self._with("not in", _is_not_in, _listed(values))

    not_in = notin_

    def like(self, pattern: str) -> Computed:
        """True where the text fits a pattern with ``%`` and ``_``."""
        wanted = re.escape(pattern).replace("%", ".*").replace("_", ".")
        return self._with("like", _fits, wanted)

    def notlike(self, pattern: str) -> Computed:
        """True where the text does not fit a pattern."""
        return ~self.like(pattern)

    def contains(self, text: str) -> Computed:
        """True where the text contains another."""
        return self._with("contains", _fits, f".*{re.escape(text)}.*")

    def startswith(self, text: str) -> Computed:
        """True where the text begins with another."""
        return self._with("startswith", _fits, f"{re.escape(text)}.*")

    def between(self, low: object, high: object) -> Computed:
        """True where the value lies between two, both included."""
        return (self >= low) & (self <= high)

    def is_(self, value: object) -> Computed:
        """``is_(None)``: True where nothing is known."""
        return self._with("unknown", _is_unknown) if value is None else self == value

    def isnot(self, value: object) -> Computed:
        """``isnot(None)``: True where something is known."""
        return ~self.is_(value)

    is_not = isnot

    def label(self, name: str) -> Expression:
        """The same under another name in the result."""
        found = self._copy()
        found.label_text = name
        return found

    def desc(self) -> Expression:
        """For order_by: the largest first."""
        found = self._copy()
        found.descending = True
        return found

    def asc(self) -> Expression:
        """For order_by: the smallest first."""
        return self

    def _copy(self) -> Expression:
        found = object.__new__(type(self))
        found.__dict__.update(self.__dict__)
        return found


def _is_in(held: Values, values: list[Any]) -> Values:
    return held.isin([_alike(held, value) for value in values])


def _is_not_in(held: Values, values: list[Any]) -> Values:
    return ~_is_in(held, values)


def _alike(held: Values, value: Any) -> Any:
    """A value as a column holds it: databases compare the text of a number or of a date with the thing itself."""
    if not isinstance(held, pd.Series) or not isinstance(value, str):
        return value
    if held.dtype.kind == "M":
        return pd.Timestamp(value)
    if held.dtype.kind in "iuf":
        try:
            return float(value)
        except ValueError:
            return value
    return value


def _fits(held: Values, pattern: str) -> Values:
    return held.astype(str).str.fullmatch(pattern)


def _is_unknown(held: Values) -> Values:
    return held.isna()


def _divided(one: Values, other: Values) -> Values:
    """Nothing is known of what is divided by zero, as in the platform's database."""
    return one / (other.replace(0, np.nan) if isinstance(other, pd.Series) else other)


def _listed(values: Any) -> list[Any]:
    if isinstance(values, str):
        return [values]
    return [item.strftime("%Y-%m-%d") if hasattr(item, "strftime") else item for item in values]


class Column(Expression):
    """A column of a table, such as ``valuation.pe_ratio``."""

    def __init__(self, table: str, name: str) -> None:
        self.table, self.name = table, name

    @property
    def key(self) -> str:
        """``table.column``."""
        return f"{self.table}.{self.name}"

    @property
    def heading(self) -> str:
        """Name of the column in a result."""
        return self.label_text or self.name

    def evaluate(self, frame: pd.DataFrame) -> Values:
        """Values of the column."""
        if self.key in frame.columns:
            return frame[self.key]
        known = [name.rpartition(".")[2] for name in frame.columns if name.startswith(f"{self.table}.")]
        raise UsageError(
            f"Table {self.table!r} of data= has no column {self.name!r}. "
            f"{did_you_mean(close_matches(self.name, known))}It has: {', '.join(map(str, known))}. "
            "Add the column to the table."
        )

    def columns(self) -> Iterable[Column]:
        """Itself."""
        return (self,)

    def __str__(self) -> str:
        return self.key


class Constant(Expression):
    """One value."""

    def __init__(self, value: object) -> None:
        self.value = value

    def evaluate(self, _: pd.DataFrame) -> Values:
        """The value; dates as the tables hold them."""
        value: Any = self.value
        return pd.Timestamp(value) if hasattr(value, "strftime") else value

    def __str__(self) -> str:
        return repr(self.value)


class Computed(Expression):
    """An operation on other expressions."""

    def __init__(self, word: str, call: Callable[..., Values], parts: tuple[Expression, ...]) -> None:
        self.word, self.call, self.parts = word, call, parts

    def evaluate(self, frame: pd.DataFrame) -> Values:
        """Values of the operation."""
        values = [part.evaluate(frame) for part in self.parts]
        if len(values) == 2:
            values[1] = _alike(values[0], values[1])
        return self.call(*values)

    def columns(self) -> Iterable[Column]:
        """The columns of its parts."""
        for part in self.parts:
            yield from part.columns()

    def __str__(self) -> str:
        return f" {self.word} ".join(map(str, self.parts)) if len(self.parts) > 1 else f"{self.word} {self.parts[0]}"


class Aggregate(Expression):
    """``func.count(column)`` and its like, over the groups of ``group_by``."""

    def __init__(self, name: str, part: Expression) -> None:
        self.name, self.part = name, part

    def evaluate(self, frame: pd.DataFrame) -> Values:
        """One value for all rows."""
        return getattr(self.part.evaluate(frame), {"avg": "mean"}.get(self.name, self.name))()

    def columns(self) -> Iterable[Column]:
        """The columns of what it counts."""
        return self.part.columns()

    def __str__(self) -> str:
        return f"{self.name}({self.part})"


class Functions:
    """``func.max(column)``: aggregates by name."""

    def __getattr__(self, name: str) -> Callable[[object], Aggregate]:
        if name not in {"count", "max", "min", "sum", "avg"}:
            raise NotSupported(f"func.{name} is not supported. There are func.count, max, min, sum and avg.")
        return lambda part: Aggregate(name, wrapped(part))


class Entity:
    """A table, such as ``valuation``; its attributes are columns.

    >>> str(Entity("valuation").pe_ratio < 20)
    'valuation.pe_ratio < 20'
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Column:
        if name.startswith("__"):
            raise AttributeError(name)
        return Column(self._name, name)

    def __repr__(self) -> str:
        return f"<table {self._name}>"


def wrapped(value: object) -> Expression:
    """Anything as an expression."""
    return value if isinstance(value, Expression) else Constant(value)


def all_of(*conditions: Any) -> Computed:
    """``and_``: every condition holds."""
    found = conditions[0]
    for condition in conditions[1:]:
        found = found & condition
    return found  # type: ignore[no-any-return]  # an expression went in


def any_of(*conditions: Any) -> Computed:
    """``or_``: one of the conditions holds."""
    found = conditions[0]
    for condition in conditions[1:]:
        found = found | condition
    return found  # type: ignore[no-any-return]  # an expression went in


def none_of(condition: Any) -> Computed:
    """``not_``: the condition does not hold."""
    return ~condition  # type: ignore[no-any-return]  # an expression went in
