"""``query(valuation.code).filter(...)``: what is asked of tables, and its answer by pandas.

There are ``filter``, ``order_by``, ``limit``, ``offset``, ``distinct``, and ``group_by`` with ``func``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from qresearch.dialects.data.expressions import Aggregate, Column, Entity, Expression, wrapped
from qresearch.dialects.data.old_pandas import DataFrame
from qresearch.errors import UsageError


@dataclass(frozen=True, eq=False)
class Query:
    """What is asked of tables. Each call gives a new one.

    Parameters
    ----------
    wanted : tuple of Entity or Expression
    conditions, order, groups : tuple of Expression
    most, skipped : int or None
    """

    wanted: tuple[Any, ...]
    conditions: tuple[Any, ...] = ()
    order: tuple[Expression, ...] = ()
    groups: tuple[Expression, ...] = ()
    most: int | None = None
    skipped: int = 0
    is_distinct: bool = False

    def filter(self, *conditions: Any) -> Query:
        """Keep the rows for which every condition holds."""
        return replace(self, conditions=(*self.conditions, *conditions))

    def filter_by(self, **values: Any) -> Query:
        """Keep the rows whose columns have these values."""
        table = self.tables()[0]
        return self.filter(*(Column(table, name) == value for name, value in values.items()))

    def order_by(self, *columns: Any) -> Query:
        """Sort by columns, the first one first."""
        return replace(self, order=tuple(map(wrapped, columns)))

    def group_by(self, *columns: Any) -> Query:
        """One row per combination of values."""
        return replace(self, groups=tuple(map(wrapped, columns)))

    def limit(self, most: int) -> Query:
        """At most so many rows."""
        return replace(self, most=int(most))

    def offset(self, skipped: int) -> Query:
        """Leave out the first rows."""
        return replace(self, skipped=int(skipped))

    def distinct(self) -> Query:
        """Equal rows once."""
        return replace(self, is_distinct=True)

    def join(self, *_: Any) -> Query:
        """Tables are joined on the code already."""
        return self

    def tables(self) -> list[str]:
        """Names of the tables that are read, in the order in which they are named."""
        found: dict[str, None] = {}
        for item in (*self.wanted, *self.conditions, *self.order, *self.groups):
            if isinstance(item, Entity):
                found[item._name] = None
            elif isinstance(item, Expression):
                found.update(dict.fromkeys(column.table for column in item.columns()))
        return list(found)


def query(*wanted: Any) -> Query:
    """Ask for tables or columns of them.

    >>> query(Entity("valuation").code).limit(3).tables()
    ['valuation']
    """
    if not wanted:
        raise UsageError("query() asks for nothing. Pass a table or columns of one, such as query(valuation.code).")
    return Query(tuple(wanted))


def answer(asked: Query, tables: Mapping[str, pd.DataFrame]) -> DataFrame:
    """Run a query.

    Parameters
    ----------
    asked : Query
    tables : mapping of str to DataFrame
        By name; several are joined on their column ``code``.

    Returns
    -------
    DataFrame
        One column per column asked for, rows numbered from 0.

    >>> import pandas as pd
    >>> table = pd.DataFrame({"code": ["a", "b"], "pe_ratio": [30.0, 10.0]})
    >>> t = Entity("valuation")
    >>> answer(query(t.code).filter(t.pe_ratio < 20), {"valuation": table}).values.tolist()
    [['b']]
    """
    frame = _joined(asked, tables)
    for condition in asked.conditions:
        kept = wrapped(condition).evaluate(frame)
        frame = (
            frame[kept.fillna(False).astype(bool)] if isinstance(kept, pd.Series) else (frame if kept else frame[:0])
        )
    if asked.groups or any(isinstance(item, Aggregate) for item in asked.wanted):
        found = _grouped(asked, frame)
    else:
        frame = _sorted(asked, frame)
        found = _selected(asked, frame)
    if asked.is_distinct:
        found = found.drop_duplicates()
    stop = None if asked.most is None else asked.skipped + asked.most
    return DataFrame(found.iloc[asked.skipped : stop].reset_index(drop=True))


def _joined(asked: Query, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    frame: pd.DataFrame | None = None
    for name in asked.tables():
        table = tables[name].rename(columns=lambda column, name=name: f"{name}.{column}")  # type: ignore[misc]
        if frame is None:
            frame, first = table, name
        else:
            frame = frame.merge(table, left_on=f"{first}.code", right_on=f"{name}.code", how="inner")
    assert frame is not None  # a query names a table
    return frame


def _sorted(asked: Query, frame: pd.DataFrame) -> pd.DataFrame:
    # The last key first, each sort stable: so the first key counts most.
    for key in reversed(asked.order):
        values = key.evaluate(frame)
        frame = frame.loc[values.sort_values(ascending=not key.descending, kind="stable", na_position="last").index]
    return frame


def _selected(asked: Query, frame: pd.DataFrame) -> pd.DataFrame:
    parts: dict[str, Any] = {}
    for item in asked.wanted:
        if isinstance(item, Entity):
            start = f"{item._name}."
            for key in frame.columns:
                if key.startswith(start):
                    parts.setdefault(key.removeprefix(start), frame[key])
        else:
            expression = wrapped(item)
            parts[expression.heading] = expression.evaluate(frame)
    return pd.DataFrame(parts, index=frame.index)


def _grouped(asked: Query, frame: pd.DataFrame) -> pd.DataFrame:
    keys = [key.evaluate(frame) for key in asked.groups]
    groups = [group for _, group in frame.groupby(keys, sort=True)] if keys else [frame]
    rows = []
    for group in groups:
        row = {}
        for item in asked.wanted:
            value = wrapped(item).evaluate(group)
            row[wrapped(item).heading] = value.iloc[0] if isinstance(value, pd.Series) else value
        rows.append(row)
    return pd.DataFrame(rows)
