"""The table of margin trading: haircut, targets and ratios of securities by date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pandas as pd

from qresearch.domain.credit import Credit, CreditRates
from qresearch.domain.instrument import Instrument, canonical_symbol
from qresearch.errors import DataError, UsageError, close_matches, did_you_mean, shown
from qresearch.market.venue import CHINA
from qresearch.sources.listings import Table, dates_of, table_of

COLUMNS = ("symbol", "since", "haircut", "financing", "lending", "lendable")
_OTHER_NAMES = {
    "assure_ratio": "haircut", "conversionratio": "haircut", "conversion_ratio": "haircut", "fin_ratio": "financing",
    "tradingmargin": "financing", "slo_ratio": "lending", "lendingmargin": "lending", "enable_amount": "lendable",
}  # fmt: skip


def with_credit(listed: tuple[Instrument, ...], source: Table | None) -> tuple[Instrument, ...]:
    """Instruments with what a table says of them.

    Parameters
    ----------
    listed : tuple of Instrument
    source : DataFrame, path or None
        One row per symbol, or several with a day `since` from which they hold. symbol, haircut (0 to 1); optionally
        financing and lending (margin of a new contract as a fraction of its value; empty: no target) and lendable
        (shares; empty: no bound). A symbol without a row is neither collateral nor a target.

    Raises
    ------
    DataError
        A column that is missing or unknown, or a value that cannot be one; it names the symbol and what to write.
    """
    if source is None:
        return listed
    table = table_of(source, "credit", "symbol").rename(columns=_OTHER_NAMES)
    for name in table.columns:
        if name not in COLUMNS:
            raise DataError(
                f"credit: the column {name!r} is unknown. {did_you_mean(close_matches(str(name), COLUMNS))}"
                f"Known are {', '.join(COLUMNS)}.",
                field=str(name),
            )
    if "haircut" not in table.columns:
        raise DataError(
            "credit: no column haircut. Give symbol and haircut (a fraction from 0 to 1), and what else is known: "
            "financing, lending, lendable, since.",
            field="haircut",
        )
    table["since"] = pd.Series(dates_of(table, "since", "credit", CHINA), index=table.index, dtype=object)
    rows: dict[str, list[CreditRates]] = {}
    for row in table.to_dict("records"):
        symbol = canonical_symbol(str(row["symbol"]))
        rows.setdefault(symbol, []).append(_rates(symbol, row))
    return tuple(replace(item, credit=_credit(item.symbol, rows.get(item.symbol, []))) for item in listed)


def _credit(symbol: str, rows: list[CreditRates]) -> Credit:
    ordered = sorted(rows, key=lambda row: str(row.since or ""))
    days = [row.since for row in ordered]
    if len(set(days)) < len(days):
        twice = next(day for before, day in pairwise(days) if day == before)
        raise DataError(
            f"credit: {symbol} has two rows since {twice or 'the beginning'}. Keep one row per day.",
            field="since",
            symbol=symbol,
        )
    return Credit(tuple(ordered))


def _rates(symbol: str, row: Mapping[Any, Any]) -> CreditRates:
    lendable = _number(symbol, row, "lendable")
    try:
        return CreditRates(
            row["since"],
            _number(symbol, row, "haircut") or 0.0,
            _number(symbol, row, "financing"),
            _number(symbol, row, "lending"),
            None if lendable is None else int(lendable),
        )
    except UsageError as problem:
        raise DataError(f"credit: {symbol}: {problem}", symbol=symbol) from None


def _number(symbol: str, row: Mapping[Any, Any], name: str) -> float | None:
    value = row.get(name)
    if value is None or value != value or value == "":
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        raise DataError(
            f"credit: {symbol}: {name}={shown(value)} is no number. Write one such as 0.7, or leave it empty.",
            field=name,
            symbol=symbol,
        ) from None
