"""``query(valuation.code).filter(...)``: SQLAlchemy says what is asked of tables, SQLite which rows fit.

What stands in a column of the user comes from the user's table as it is; SQLite knows the columns that it needs.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import sqlite3
import weakref
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa
from sqlalchemy.sql import operators, visitors

from qresearch.dialects.data.codes import listed
from qresearch.dialects.data.entity import Entity
from qresearch.dialects.data.old_pandas import DataFrame
from qresearch.dialects.data.tables import BY_DAY
from qresearch.errors import UsageError, close_matches, did_you_mean, shown

__all__ = ["Answers", "query"]  # the rest is SQLAlchemy's, whose documentation is its own

_DAY = re.compile(r"\d{4}-\d{1,2}-\d{1,2}( \d{1,2}:\d{2}(:\d{2})?)?")


class Condition(sa.BinaryExpression[Any]):
    """A comparison of a column with a value."""

    inherit_cache = True

    def __bool__(self) -> bool:
        raise UsageError(
            "A condition of a query has no truth of its own. Join conditions with & and |, in parentheses, "
            "or pass several to filter()."
        )


class Held(sa.types.UserDefinedType[Any]):
    """What a column holds: values of any kind, for a query is written before the table is read."""

    cache_ok = True

    class comparator_factory(sa.types.UserDefinedType.Comparator[Any]):  # noqa: N801  # SQLAlchemy's name
        """What a column does in an expression."""

        def operate(self, op: Any, *other: Any, **options: Any) -> Any:
            """An operation; two columns may be compared by SQLAlchemy itself, which wants to know the truth of it."""
            if op in {operators.in_op, operators.not_in_op} and not isinstance(other[0], sa.ClauseElement):
                # One value to SQLite, however many there are.
                values = json.dumps([_bound(value) for value in listed(other[0]) if value == value])
                other = (sa.select(sa.literal_column("value")).select_from(sa.func.json_each(values)),)
            found = super().operate(op, *other, **options)
            if operators.is_comparison(op) and type(found) is sa.BinaryExpression and not hasattr(other[0], "table"):
                found.__class__ = Condition
            return found

    def bind_processor(self, _: sa.Dialect) -> Callable[[Any], Any]:
        """Values go to SQLite as the tables hold them."""
        return _bound


_SUMS = frozenset({"sum", "count", "avg", "min", "max", "total", "group_concat"})
"""Functions that make one value of many rows."""


def _name_of(part: Any) -> str:
    return str(getattr(part, "name", "")).lower()


_table = cache(sa.table)
"""There is one table of each name, after copies too: so the parts of a query fit together."""


class Column(sa.ColumnClause[Any]):
    """A column of a table.

    Parameters
    ----------
    table : str
    name : str
        ``*``: all of them.
    """

    inherit_cache = True
    table: sa.TableClause

    def __init__(self, table: str, name: str) -> None:
        super().__init__(name, Held(), is_literal=name == "*")
        self.table = _table(table)

    def __reduce__(self) -> Any:
        return Column, (self.table.name, self.name)


class Query(sa.Select[Any]):
    """What is asked of tables: they are joined on the code, and what is unknown comes last."""

    inherit_cache = True
    has_rows = True
    """True while a row of the answer is a row of each table."""

    def table_names(self) -> list[str]:
        """The tables that are read, in the order in which they are named."""
        return [table.name for table in self.get_final_froms() if isinstance(table, sa.TableClause)]

    @property
    def is_of_rows(self) -> bool:
        """True while each row of the answer is one row of each table, and no row hangs on others."""
        sums = (part for item in self.selected_columns for part in visitors.iterate(item))
        is_summed = any(isinstance(part, sa.FunctionElement) and _name_of(part) in _SUMS for part in sums)
        return self.has_rows and not is_summed and self._limit_clause is None and self._offset_clause is None

    def codes(self) -> set[str] | None:
        """The codes to which conditions confine the answer; None where they leave them open."""
        found: set[str] | None = None
        for condition in self._where_criteria:
            if not isinstance(condition, sa.BinaryExpression) or getattr(condition.left, "name", "") != "code":
                continue
            values = [part.value for part in visitors.iterate(condition.right) if isinstance(part, sa.BindParameter)]
            if len(values) != 1 or condition.operator not in {operators.eq, operators.in_op}:
                continue
            named = {str(values[0])} if condition.operator is operators.eq else set(json.loads(str(values[0])))
            found = named if found is None else found & named
        return found

    def filter_by(self, **values: Any) -> Query:
        """Keep the rows whose columns have these values."""
        table = self.table_names()[0]
        return self.filter(*(Column(table, name) == value for name, value in values.items()))

    def order_by(self, *columns: Any) -> Query:
        """Sort by columns, the first one first."""
        return super().order_by(*map(sa.nulls_last, columns))

    def group_by(self, *columns: Any) -> Query:
        """One row per combination of values."""
        found = super().group_by(*columns)
        found.has_rows = False
        return found

    def distinct(self, *columns: Any) -> Query:
        """Equal rows once."""
        found = super().distinct(*columns)
        found.has_rows = False
        return found

    def having(self, *conditions: Any) -> Query:
        """Of the groups, those for which conditions hold."""
        found = super().having(*conditions)
        found.has_rows = False
        return found

    def join(self, *_: Any, **__: Any) -> Query:
        """The same: tables are joined on the code already."""
        return self


def query(*wanted: Any) -> Query:
    """Ask for tables or columns of them.

    >>> query(Entity("valuation").code).limit(3).table_names()
    ['valuation']
    """
    wanted = tuple(_column_of_text(item) if isinstance(item, str) else item for item in wanted)
    for item in wanted:
        if hasattr(item, "__clause_element__"):
            item.__clause_element__()
        elif not isinstance(item, (Entity, sa.ClauseElement)):
            raise UsageError(
                f"query({shown(item)}): this is neither a table nor a column of one. Pass some, such as valuation.code."
            )
    if not wanted:
        raise UsageError("query() asks for nothing. Pass a table or columns of one, such as query(valuation.code).")
    return Query(*(Column(item._name, "*") if isinstance(item, Entity) else item for item in wanted))


def _column_of_text(text: str) -> Column:
    """The column that a text names, as ``"valuation.code"``."""
    found = re.fullmatch(r"\s*(?:finance\.|macro\.)?(\w+)\.(\w+|\*)\s*", text)
    if found is None:
        raise UsageError(
            f"query({text!r}): a text names a column as 'valuation.code'. Write it so, or pass the column itself."
        )
    return Column(found[1], found[2])


def case(*whens: Any, **options: Any) -> Any:
    """``CASE``: pairs of condition and value, one by one or in one list as SQLAlchemy took them before version 1.4.

    >>> str(case([(Entity("valuation").pe_ratio > 0, 1)], else_=0))
    'CASE WHEN (valuation.pe_ratio > :pe_ratio_1) THEN :param_1 ELSE :param_2 END'
    """
    if len(whens) == 1 and isinstance(whens[0], list):
        whens = tuple(whens[0])
    return sa.case(*whens, **options)


class Answers:
    """Tables of a user in a database in memory.

    Examples
    --------
    >>> table = pd.DataFrame({"code": ["a", "b"], "pe_ratio": [30.0, 10.0]})
    >>> t = Entity("valuation")
    >>> Answers().answer(query(t.code).filter(t.pe_ratio < 20), {"valuation": table}).values.tolist()
    [['b']]
    """

    def __init__(self) -> None:
        self._sqlite = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        weakref.finalize(self, self._sqlite.close)
        engine = sa.create_engine("sqlite://", creator=lambda: self._sqlite, poolclass=sa.StaticPool)
        self._connection = engine.connect()
        self._held: dict[str, tuple[pd.DataFrame, set[str]]] = {}

    def answer(self, asked: Query, tables: Mapping[str, pd.DataFrame]) -> DataFrame:
        """Run a query.

        Parameters
        ----------
        asked : Query
        tables : mapping of str to DataFrame
            By name. A table that is the same object as before is not read again.

        Returns
        -------
        DataFrame
            One column per column asked for, rows numbered from 0.

        Raises
        ------
        UsageError
            A table has no such column, or SQLite cannot do what is asked; the message says what to mend.
        """
        _check(asked, tables)
        wanted = list(_wanted(asked, tables))
        owns = [_own(item) if asked.has_rows else None for item in wanted]
        computed = [item for item, own in zip(wanted, owns, strict=True) if own is None]
        rows = [Column(name, "_rowid_") for name in tables] if asked.has_rows else []
        codes = [Column(name, "code") for name in tables]
        statement = (
            asked.with_only_columns(*rows, *computed)
            .where(*(codes[0] == other for other in codes[1:]))
            .order_by(*rows)  # as in the tables, where nothing else orders them
        )
        try:
            for name, table in tables.items():
                self._hold(name, table, statement)
            result = self._connection.execute(statement)
        except sa.exc.SQLAlchemyError as problem:
            raise UsageError(
                f"SQLite cannot answer this query: {getattr(problem, 'orig', problem)}. Mend the query."
            ) from problem
        keys = list(result.keys())
        found = list(zip(*result.cursor.fetchall(), strict=True)) or [()] * len(keys)
        # Rows are counted from 1; that of a sum over no rows is unknown.
        places = {
            name: np.array([row or 0 for row in held], dtype=int) - 1
            for name, held in zip(tables if rows else (), found, strict=False)
        }
        others = iter(zip(keys[len(rows) :], found[len(rows) :], strict=True))
        parts: dict[Any, Any] = {}
        for item, own in zip(wanted, owns, strict=True):
            if own is None:
                heading, values = next(others)
                parts[heading] = _typed(item, values, tables)
            elif item.name not in parts:
                held = tables[own.table.name][own.name].array
                parts[item.name] = pd.api.extensions.take(held, places[own.table.name], allow_fill=True)
        return DataFrame(parts)

    def answer_by_day(self, asked: Query, tables: Mapping[str, pd.DataFrame]) -> DataFrame:
        """Run a query on each of the days of tables that stand below each other; the column ``day`` says which."""
        first, *others = (Column(name, BY_DAY) for name in tables)
        joined = asked.filter(*(first == other for other in others))
        with_day: Any = joined.add_columns(first)  # the stubs forget its class
        found = self.answer(with_day, tables)
        days = found.pop(BY_DAY)
        found["day"] = days
        return found

    def _hold(self, name: str, table: pd.DataFrame, statement: sa.Select[Any]) -> None:
        """Bring the columns of a table that a statement reads into the database, unless they are there."""
        needed = {own.name for own in _columns(statement) if own.table.name == name and own.name in table}
        if any(isinstance(part, sa.TextClause) for part in visitors.iterate(statement)):
            needed = set(table.columns)  # a text may read any of them
        frame, held = self._held.get(name, (None, set()))
        if frame is table:
            if needed <= held:
                return
            needed |= held
        needed = needed or {table.columns[0]}
        run, quoted = self._sqlite.execute, self._connection.dialect.identifier_preparer.quote_identifier
        values = {own: _values(table[own]) for own in needed}
        run(f"DROP TABLE IF EXISTS {quoted(name)}")
        columns = ", ".join(f"{quoted(own)} {kind}" for own, (kind, _) in values.items())
        run(f"CREATE TABLE {quoted(name)} ({columns})")
        rows = list(chain.from_iterable(zip(*(found for _, found in values.values()), strict=True)))
        width, row = len(values), f"({', '.join('?' * len(values))})"
        step = width * (1 + 300 // width)  # some 300 values at once are the fastest
        for start in range(0, len(rows), step):
            part = rows[start : start + step]
            run(f"INSERT INTO {quoted(name)} VALUES {', '.join([row] * (len(part) // width))}", part)
        self._held[name] = table, needed


def _columns(clause: sa.ClauseElement) -> Iterator[Column]:
    """The columns that an expression reads."""
    return (part for part in visitors.iterate(clause) if isinstance(part, Column))


def _own(item: Any) -> Column | None:
    """The column that is asked for as it is; None for what is computed."""
    inner = item.element if isinstance(item, sa.Label) else item
    return inner if isinstance(inner, Column) else None


def _wanted(asked: Query, tables: Mapping[str, pd.DataFrame]) -> Iterator[sa.ColumnElement[Any]]:
    """What is asked for, one by one."""
    for item in asked.selected_columns:
        own = _own(item)
        if own is not None and own.name == "*":
            yield from (Column(own.table.name, name) for name in tables[own.table.name].columns)
        else:
            yield item


def _check(asked: Query, tables: Mapping[str, pd.DataFrame]) -> None:
    for own in _columns(asked):
        known = tables[own.table.name].columns
        if own.name not in known and own.name != "*":
            raise UsageError(
                f"Table {own.table.name!r} of data= has no column {own.name!r}. "
                f"{did_you_mean(close_matches(own.name, known))}It has: {', '.join(map(str, known))}. "
                "Add the column to the table."
            )


def _plain(value: Any) -> Any:
    """A value as SQLite holds it: a day, or a moment in it, is a text, and so stands in the order of time."""
    if isinstance(value, np.datetime64):
        value = pd.Timestamp(value)
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, dt.date):
        moment = pd.Timestamp(value)
        return str(moment.date() if moment == moment.normalize() else moment)
    if isinstance(value, Decimal):
        return float(value)
    return value.item() if isinstance(value, np.generic) else value


def _bound(value: Any) -> Any:
    """A value of a condition, as the tables hold it; the text of a day is that day, however it is written."""
    return _plain(pd.Timestamp(value) if isinstance(value, str) and _DAY.fullmatch(value) else value)


def _values(given: pd.Series[Any]) -> tuple[str, list[Any]]:
    """What a column is to SQLite, and its values; what is unknown is None or NaN, which SQLite takes for NULL."""
    if isinstance(given.dtype, np.dtype) and given.dtype.kind in "fiub":
        return "REAL" if given.dtype.kind == "f" else "INTEGER", given.tolist()
    if pd.api.types.infer_dtype(given) == "string":
        return "TEXT", given.to_numpy(object, na_value=None).tolist()  # type: ignore[call-overload]  # any object will do
    places, found = pd.factorize(given)
    values = [*map(_plain, found), None]  # the place of what is unknown is -1
    return "TEXT" if given.dtype.kind == "M" else "", [values[place] for place in places]


def _typed(item: Any, found: tuple[Any, ...], tables: Mapping[str, pd.DataFrame]) -> pd.Series[Any]:
    """Computed values: days as days, what is unknown as a number."""
    values = pd.Series(list(found))
    if values.isna().all():
        return values.astype(float)
    kinds = {tables[own.table.name][own.name].dtype.kind for own in _columns(item)}
    is_day = kinds == {"M"} and isinstance(item.type, Held)  # a column, or the first or the last of its values
    return pd.to_datetime(values, format="ISO8601") if is_day else values
