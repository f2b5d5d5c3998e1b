"""Tables of a user's own about instruments, such as contracts, credit and bonds: the one reader of all of them.

A row is of a symbol, and several rows of one hold each from its day ``since`` on. Columns may have other names; an
unknown one is refused with the close ones, and a cell that cannot be what it should is told with its symbol.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, TypeVar

import pandas as pd

from qresearch.errors import DataError, UsageError, close_matches, did_you_mean, shown
from qresearch.market.venue import CHINA
from qresearch.sources.listings import Table, dates_of, table_of
from qresearch.sources.symbols import symbols_of

T = TypeVar("T")
_YES_OR_NO = {**dict.fromkeys(("true", "1", "1.0", "yes"), True), **dict.fromkeys(("false", "0", "0.0", "no"), False)}


@dataclass(frozen=True)
class Form:
    """What a table of a kind may hold.

    Parameters
    ----------
    what : str
        How messages call it.
    columns : sequence of str
    dates : sequence of str
        Those of them that hold days.
    example : float
        A number that a message gives for one.
    needed : str
        What a message says of the columns that a table needs.
    required : sequence of tuple of str
        Of each the columns of one group must be there; the first name is told.
    other_names : mapping of str to str
        Other names of columns, lower case, and ours.
    """

    what: str
    columns: Sequence[str]
    dates: Sequence[str]
    example: float
    needed: str
    required: Sequence[tuple[str, ...]] = ()
    other_names: Mapping[str, str] = field(default_factory=dict)

    def rows(self, source: Table) -> dict[str, list[Row]]:
        """The rows of a table by symbol, in their order.

        Raises
        ------
        DataError
            A column that is missing or unknown, or a day that is none.
        """
        table = table_of(source, self.what, "symbol").rename(columns=dict(self.other_names))
        for name in table.columns:
            if name not in self.columns:
                raise DataError(
                    f"{self.what}: the column {name!r} is unknown. "
                    f"{did_you_mean(close_matches(str(name), self.columns))}Known are {', '.join(self.columns)}.",
                    field=str(name),
                )
        if twice := [name for name in self.columns if list(table.columns).count(name) > 1]:
            raise DataError(
                f"{self.what}: the column {twice[0]} stands there twice, by two of its names. Keep one.", field=twice[0]
            )
        lacking = [group[0] for group in self.required if not {*group} <= {*table.columns}]
        if lacking:
            raise DataError(f"{self.what}: no column {', '.join(lacking)}. {self.needed}", field=", ".join(lacking))
        for name in self.dates:
            table[name] = pd.Series(dates_of(table, name, self.what, CHINA), index=table.index, dtype=object)
        found: dict[str, list[Row]] = {}
        for symbol, cells in zip(symbols_of(table["symbol"], self.what), table.to_dict("records"), strict=True):
            found.setdefault(symbol, []).append(Row(self, symbol, {str(name): cell for name, cell in cells.items()}))
        return found


@dataclass(frozen=True)
class Row:
    """One row of a table.

    Parameters
    ----------
    form : Form
    symbol : str
        Canonical.
    cells : mapping of str to object
    """

    form: Form
    symbol: str
    cells: Mapping[str, Any]

    def is_empty(self, name: str) -> bool:
        """True where a cell says nothing, or the table has no such column."""
        value = self.cells.get(name)
        return value is None or value != value or (isinstance(value, str) and not value.strip())

    def number(self, name: str) -> float | None:
        """A number; None where the cell is empty."""
        return None if self.is_empty(name) else self._read(name, self.cells[name])

    def numbers(self, name: str) -> tuple[float, ...]:
        """Numbers that stand in one cell, parted by spaces or semicolons; empty where the cell is."""
        if self.is_empty(name):
            return ()
        value = self.cells[name]
        parts = value.replace(";", " ").split() if isinstance(value, str) else [value]
        return tuple(self._read(name, part) for part in parts)

    def whole(self, name: str) -> int | None:
        """A whole number; None where the cell is empty."""
        found = self.number(name)
        if found is not None and found != int(found):
            raise self.wrong(name, "no whole number. Write one such as 10, or leave it empty.")
        return None if found is None else int(found)

    def text(self, name: str) -> str:
        """Text; empty where the cell is."""
        return "" if self.is_empty(name) else str(self.cells[name]).strip()

    def day(self, name: str) -> dt.date | None:
        """A day; None where the cell is empty."""
        found: dt.date | None = self.cells.get(name)
        return found

    def yes(self, name: str) -> bool:
        """Whether a cell says yes; an empty one does not."""
        word = self.text(name).lower()
        if word and word not in _YES_OR_NO:
            raise self.wrong(name, "neither yes nor no. Write True or False.")
        return bool(word) and _YES_OR_NO[word]

    def _read(self, name: str, value: object) -> float:
        try:
            # Whatever stands in the cell; True would be 1.
            found = math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            found = math.nan
        if not math.isfinite(found):
            raise self.wrong(name, f"no number. Write one such as {self.form.example:g}, or leave it empty.")
        return found

    def wrong(self, name: str, why: str) -> DataError:
        """What to raise for a cell."""
        return DataError(
            f"{self.form.what}: {self.symbol}: {name}={shown(self.cells[name])} is {why}",
            field=name,
            symbol=self.symbol,
        )

    def made(self, make: Callable[[Row], T]) -> T:
        """What is made of the row; a value that it cannot have is told with the table and the symbol."""
        try:
            return make(self)
        except UsageError as problem:
            raise DataError(f"{self.form.what}: {self.symbol}: {problem}", symbol=self.symbol) from None


def in_order(rows: Sequence[Row]) -> list[Row]:
    """The rows of one symbol by their day ``since``, ascending, one without a day first.

    Raises
    ------
    DataError
        Two rows since one day.
    """
    ordered = sorted(rows, key=lambda row: str(row.day("since") or ""))
    for before, row in pairwise(ordered):
        if before.day("since") == row.day("since"):
            raise DataError(
                f"{row.form.what}: {row.symbol} has two rows since {row.day('since') or 'the beginning'}. "
                "Keep one row per day.",
                field="since",
                symbol=row.symbol,
            )
    return ordered
