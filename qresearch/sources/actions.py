"""The table of corporate actions: what each holder is entitled to, one row per symbol and ex-date."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from qresearch.errors import DataError, close_matches, did_you_mean
from qresearch.market.panel import Days
from qresearch.market.venue import Venue
from qresearch.sources.frames import require
from qresearch.sources.listings import Table, dates_of, number_of, table_of
from qresearch.sources.symbols import some, symbols_of, told_others

AMOUNTS = ("cash_per_share", "bonus_per_share", "rights_per_share")
KNOWN = ("symbol", "ex_date", *AMOUNTS, "rights_price", "prev_close", "ref_price")
SYNONYMS: Mapping[str, str] = {
    "code": "symbol", "ts_code": "symbol", "security": "symbol", "instrument": "symbol", "ticker": "symbol",
    "exdate": "ex_date", "ex_dividend_date": "ex_date", "ex_day": "ex_date",
    "cash_div_tax": "cash_per_share", "dividend_per_share": "cash_per_share", "cash": "cash_per_share",
    "stk_div": "bonus_per_share", "bonus": "bonus_per_share", "split_ratio_minus_one": "bonus_per_share",
    "rights": "rights_per_share", "allot_ratio": "rights_per_share", "allot_price": "rights_price",
}  # fmt: skip
"""Columns of other systems that mean the same, in the same unit: amounts for one share, before tax."""
NOT_READ = frozenset({
    "name", "source", "note", "comment", "status", "ann_date", "end_date", "record_date", "pay_date", "div_listdate",
    "imp_ann_date", "div_proc", "base_date", "base_share", "cash_div", "stk_bo_rate", "stk_co_rate", "unnamed: 0",
})  # fmt: skip
"""Columns that say when and how it was announced, or the same amount after tax or in parts."""
MOST_SHARES = 1_000
"""More new shares per share held than this are a slip of the pen: 10 for 1 are 9."""


@dataclass(frozen=True, slots=True)
class ActionRow:
    """A corporate action as its table tells it; amounts are 0 and prices NaN where unknown."""

    ex_day: int
    instrument: int
    cash: float
    bonus: float
    rights: float
    rights_price: float
    resolved: bool
    before: float
    reference: float


def _named(table: pd.DataFrame) -> pd.DataFrame:
    """The table under our names; a column of which nothing is known is refused.

    Raises
    ------
    DataError
        A column that could be an amount and is none that is read.
    """
    names = {name: SYNONYMS[name] for name in table.columns if name in SYNONYMS and SYNONYMS[name] not in table.columns}
    table = table.rename(columns=names)
    twice = [name for name, count in Counter(table.columns).items() if count > 1]
    unknown = [name for name in table.columns if name not in KNOWN and name not in NOT_READ]
    if not {*AMOUNTS}.isdisjoint(table.columns):
        # The amounts are there: of the others only one that is almost theirs is doubtful.
        unknown = [name for name in unknown if close_matches(name, (*AMOUNTS, "rights_price"))]
    if twice or unknown:
        name = (twice or unknown)[0]
        hint = "" if twice else did_you_mean(close_matches(name, (*KNOWN, *SYNONYMS)))
        what = "stand there more than once" if twice else "are not known"
        raise DataError(
            f"corporate actions: columns {some(twice or unknown)} {what}. {hint}Amounts are those of one share: "
            f"{', '.join(KNOWN)}. Rename the columns, or drop those that say nothing about amounts.",
            field=name,
        )
    return table


def _joined(rows: list[ActionRow], symbols: Sequence[str], days: Days) -> tuple[list[ActionRow], list[str]]:
    """One row per symbol and ex-date: the same row twice counts once, different ones are taken together.

    Each amount is per share held before the ex-date, so that their order says nothing.
    """
    groups: dict[tuple[int, int], list[ActionRow]] = {}
    for row in rows:
        groups.setdefault((row.ex_day, row.instrument), []).append(row)
    joined, again, together = [], [], []
    for (day, instrument), group in groups.items():
        place = f"{symbols[instrument]} {days[day]}"
        different: dict[Hashable, ActionRow] = {}
        for row in group:
            different.setdefault(str(row), row)
        if len(different) < len(group):
            again.append(place)
        first, *others = different.values()
        if others:
            together.append(place)
        for other in others:
            first = _sum(first, other, place)
        joined.append(first)
    notes = []
    if again:
        notes.append(f"{len(again)} corporate actions stood in the table more than once and count once: {some(again)}.")
    if together:
        notes.append(f"Several rows of one ex-date are taken together: {some(together)}.")
    return joined, notes


def _sum(row: ActionRow, other: ActionRow, place: str) -> ActionRow:
    """Two rows of one ex-date as one."""
    prices = {price for price in (row.rights_price, other.rights_price) if price == price}
    if row.rights and other.rights and len(prices) > 1:
        raise DataError(
            f"rights_price: {place} has two rights issues at different prices. Correct the table, or join them.",
            field="rights_price",
        )
    known = [price for price in (row.rights_price, other.rights_price) if price == price]
    return replace(
        row,
        cash=row.cash + other.cash,
        bonus=row.bonus + other.bonus,
        rights=row.rights + other.rights,
        rights_price=known[0] if known else float("nan"),
        resolved=row.resolved or other.resolved,
        before=row.before if row.before == row.before else other.before,
        reference=row.reference if row.reference == row.reference else other.reference,
    )


def read_actions(
    source: Table, symbols: Sequence[str], days: Days, span: Callable[[int], tuple[int, int]], venue: Venue
) -> tuple[list[ActionRow], list[str]]:
    """Corporate actions inside the data, by (ex_day, column), and notes on those that are not.

    Parameters
    ----------
    span : callable
        First and last row of a column.

    Raises
    ------
    DataError
        No ex-date, or an amount that cannot be: cash and rights are not negative, a bonus is above -1.
    """
    table = _named(table_of(source, "corporate actions"))
    if not table.empty or not {"symbol", "ex_date"} <= set(table.columns):
        # A table without entries is a statement, unlike one without columns.
        require(table, ("symbol", "ex_date"), "corporate actions")
    place = {symbol: column for column, symbol in enumerate(symbols)}
    found: list[ActionRow] = []
    outside: list[str] = []
    names = symbols_of(table["symbol"], "corporate actions")
    dates = dates_of(table, "ex_date", "corporate actions", venue)
    for symbol, entry, ex_date in zip(names, table.to_dict("records"), dates, strict=True):
        column = place.get(symbol)
        if column is None:
            continue
        if ex_date is None:
            raise DataError(
                f"ex_date: a corporate action of {symbol} has none. Add it.", field="ex_date", symbol=symbol
            )
        first, last = span(column)
        ex_day = int(np.searchsorted(days, np.datetime64(ex_date)))
        if np.datetime64(ex_date) < days[first] or ex_day > last:
            outside.append(f"{symbol} {ex_date}")
            continue
        found.append(_action(entry, symbol, ex_date, ex_day, column))
    found, notes = _joined(found, symbols, days)
    notes += told_others(names, symbols, "corporate actions")
    found.sort(key=lambda row: (row.ex_day, row.instrument))
    if outside:
        notes.append(
            f"{len(outside)} corporate actions outside the rows of their symbol are left out: {some(outside)}."
        )
    return found, notes


def _action(entry: Mapping[Any, Any], symbol: str, ex_date: dt.date, ex_day: int, column: int) -> ActionRow:
    amounts = [
        number_of(entry, name, symbol)
        for name in ("cash_per_share", "bonus_per_share", "rights_per_share", "rights_price", "prev_close", "ref_price")
    ]
    cash, bonus, rights = (value or 0.0 for value in amounts[:3])
    price, before, reference = (float("nan") if value is None else value for value in amounts[3:])
    known = [value for value in (before, reference) if value == value]
    is_sound = cash >= 0 and 0 <= rights < MOST_SHARES and -1 < bonus < MOST_SHARES and min(known, default=1) > 0
    if not (is_sound and (rights == 0 or price >= 0)):
        raise DataError(
            f"corporate actions: {symbol} on {ex_date} has cash {cash}, bonus {bonus}, rights {rights} at {price}. "
            "Cash and rights are not negative, rights have a price, a bonus counts new shares per share held "
            f"(below {MOST_SHARES:,}), and reference prices are above 0. Correct the row.",
            field="corporate actions",
            symbol=symbol,
            day=str(ex_date),
        )
    resolved = any(value is not None for value in amounts[:3])
    return ActionRow(ex_day, column, cash, bonus, rights, price, resolved, before, reference)
