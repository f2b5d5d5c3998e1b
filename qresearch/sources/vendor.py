"""What a data vendor must answer, in our words; one module per vendor translates."""

from __future__ import annotations

import datetime as dt
import importlib
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd

from qresearch.errors import DataError, UsageError

BARS = ("date", "open", "high", "low", "close", "volume", "turnover")
FACTORS = ("ex_date", "factor")
ACTIONS = ("ex_date", "cash_per_share", "bonus_per_share", "rights_per_share", "rights_price")
LISTINGS = ("symbol", "name", "list_date", "delist_date")


class VendorError(Exception):
    """The vendor answered with an error, or not at all; asking again may help."""


class Vendor(Protocol):
    """One data vendor. Every method asks the network once or a few times and returns a table with our names.

    Dates are datetime64, prices unadjusted in yuan per share, volume in shares, turnover in yuan; missing is NaN.
    """

    name: str
    warned_by: str
    """What of the market the vendor does not tell, for the notes; empty when nothing."""

    def bars(self, symbol: str, start: dt.date, end: dt.date) -> pd.DataFrame:
        """:data:`BARS`, and where the vendor tells them pre_close, is_st, paused."""

    def factors(self, symbol: str, start: dt.date, end: dt.date) -> pd.DataFrame:
        """:data:`FACTORS`: the backward factor from each ex-date on, 1 before the first."""

    def actions(self, symbol: str, start: dt.date, end: dt.date, ex_days: Sequence[dt.date]) -> pd.DataFrame:
        """:data:`ACTIONS`, per share held, one row per ex-date; `ex_days` are those that the factors tell."""

    def index(self, symbol: str, start: dt.date, end: dt.date) -> pd.DataFrame:
        """Columns date, close of an index."""

    def listings(self) -> pd.DataFrame:
        """:data:`LISTINGS` of all shares; delist_date is the first day on which it no longer trades."""

    def calendar(self, start: dt.date, end: dt.date) -> pd.DataFrame:
        """Column date: the trading days."""

    def members(self, index: str, day: dt.date) -> pd.DataFrame:
        """Column symbol: members of an index on a day, or today's where the vendor keeps no history."""

    def reconnect(self) -> None:
        """Called before asking again after a failure."""


def client_of(package: str) -> Any:
    """The vendor's Python package.

    Raises
    ------
    UsageError
        It is not installed; the message says how to install it.

    >>> client_of("no_such_package")
    Traceback (most recent call last):
    ...
    qresearch.errors.UsageError: ... Install it with: pip install 'qresearch[no_such_package]'
    """
    try:
        return importlib.import_module(package)
    except ImportError as problem:
        raise UsageError(
            f"The package {package} cannot be imported ({problem}). Install it with: pip install 'qresearch[{package}]'"
        ) from None


def columns_of(answer: object, names: Iterable[str], call: str) -> pd.DataFrame:
    """The answer of a vendor, checked for the columns that its documentation promises; an empty one gets them.

    Raises
    ------
    DataError
        Others than documented: the vendor changed, qresearch must follow.
    VendorError
        No table at all.
    """
    wanted = list(names)
    if not isinstance(answer, pd.DataFrame):
        raise VendorError(f"{call} answered {type(answer).__name__} instead of a table")
    if answer.empty:
        return pd.DataFrame({name: pd.Series(dtype=object) for name in wanted})
    if missing := [name for name in wanted if name not in answer.columns]:
        raise DataError(
            f"{call} answered without {', '.join(missing)}; there are {', '.join(map(str, answer.columns))}. "
            "The vendor changed its tables: update its package and qresearch, or take the other vendor.",
            field=missing[0],
        )
    return answer[wanted].reset_index(drop=True)


def numbers(column: pd.Series) -> pd.Series:
    """Numbers of a column that may hold them as text; empty text is missing.

    >>> numbers(pd.Series(["1.5", "", None])).to_list()
    [1.5, nan, nan]
    """
    return pd.to_numeric(column, errors="coerce").astype(np.float64)


def dates(column: pd.Series) -> pd.Series:
    """Dates of a column that may hold them as text or date objects; empty text is missing.

    >>> dates(pd.Series(["2024-01-31", ""])).to_list()
    [Timestamp('2024-01-31 00:00:00'), NaT]
    """
    return pd.to_datetime(column.astype(object), errors="coerce").astype("datetime64[s]")


def between(table: pd.DataFrame, start: dt.date, end: dt.date, name: str) -> pd.DataFrame:
    """Rows whose day lies between two, both inclusive, by day."""
    day = table[name]
    kept = table[(day >= pd.Timestamp(start)) & (day <= pd.Timestamp(end))]
    return kept.sort_values(name, kind="stable").reset_index(drop=True)
