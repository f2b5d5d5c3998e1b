"""The table of contracts: what one lot of a future or an option is, and its margin, fees and limits by date."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from qresearch.domain.contract import FEE_KINDS, Contract, Rates
from qresearch.domain.instrument import canonical_symbol
from qresearch.errors import DataError, UsageError, close_matches, did_you_mean, shown
from qresearch.market.venue import CHINA
from qresearch.sources import option_terms
from qresearch.sources.listings import Table, dates_of, table_of

REQUIRED = ("symbol", "multiplier", "tick")
RATES = ("long_margin", "short_margin", "open_fee", "close_fee", "close_today_fee", "limit_ratio")
COLUMNS = (
    *REQUIRED, "product", "exchange", "last_day", "since", "margin", *RATES, "fee_kind", "name", *option_terms.COLUMNS,
)  # fmt: skip
_OTHER_NAMES = {"last_trading_day": "last_day", "price_tick": "tick", "margin_ratio": "margin"}


def read_contracts(source: Table | None) -> dict[str, Contract]:
    """Contracts by symbol.

    Parameters
    ----------
    source : DataFrame, path or None
        One row per symbol, or several with a day `since` from which their rates hold. symbol, multiplier, tick;
        margin, or long_margin and short_margin (fractions of the value); optionally product, exchange, last_day,
        open_fee, close_fee, close_today_fee, fee_kind ("money": fractions of the value; "lot": currency per lot),
        limit_ratio. A close_fee or close_today_fee that is left out is the one before it. A row with an underlying is
        an option: right ("call" or "put"), strike, and in multiplier its unit; optionally settlement ("shares" of a
        fund, "cash" of an index, "future"), style, floor, writing_fee, exercise_fee, largest_order,
        largest_market_order; margin is the part of the underlying's value that a written contract binds, and may be
        empty where a future does. Terms after an adjustment stand in a row of their own, with their day in since.

    Raises
    ------
    DataError
        A column that is missing or unknown, or a value that cannot be one; it names the symbol and what to write.
    """
    if source is None:
        return {}
    table = table_of(source, "contracts", "symbol").rename(columns=_OTHER_NAMES)
    lacking = [name for name in REQUIRED if name not in table.columns]
    if lacking or not ({"margin"} <= set(table.columns) or {"long_margin", "short_margin"} <= set(table.columns)):
        missing = ", ".join(lacking or ["margin"])
        raise DataError(
            f"contracts: no column {missing}. Give symbol, multiplier, tick and margin (a fraction of the value), and "
            "what else is known: last_day, open_fee, close_fee, close_today_fee, fee_kind, limit_ratio, since.",
            field=missing,
        )
    for name in table.columns:
        if name not in COLUMNS:
            raise DataError(
                f"contracts: the column {name!r} is unknown. {did_you_mean(close_matches(str(name), COLUMNS))}"
                f"Known are {', '.join(COLUMNS)}.",
                field=str(name),
            )
    for name in ("last_day", "since"):
        table[name] = pd.Series(dates_of(table, name, "contracts", CHINA), index=table.index, dtype=object)
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in table.to_dict("records"):
        rows.setdefault(canonical_symbol(str(row["symbol"])), []).append({str(key): cell for key, cell in row.items()})
    return {symbol: _contract(symbol, entries) for symbol, entries in rows.items()}


def _contract(symbol: str, entries: list[dict[str, Any]]) -> Contract:
    entries = sorted(entries, key=lambda entry: str(entry["since"] or ""))
    first = entries[0]
    try:
        rates = [_rates(symbol, entry) for entry in entries]
        days = [held.since for held in rates]
        if len(set(days)) < len(days):
            raise DataError(
                f"contracts: {symbol} has two rows since {days[0] or 'the beginning'}. Keep one row per day.",
                field="since",
                symbol=symbol,
            )
        sizes = {_number(symbol, entry, "multiplier", 1) for entry in entries}
        option = option_terms.option_of(symbol, _read(symbol, entries)) if option_terms.is_option(first) else None
        if option is None and len(sizes) > 1:
            raise DataError(
                f"contracts: {symbol} has the multipliers {', '.join(f'{size:g}' for size in sorted(sizes))}. That of "
                "a future never changes: write the same one in each of its rows.",
                field="multiplier",
                symbol=symbol,
            )
        return Contract(
            _text(first, "product") or "".join(filter(str.isalpha, symbol.partition(".")[0])),
            int(_number(symbol, first, "multiplier", 1)),
            _number(symbol, first, "tick", 1),
            tuple(rates),
            first["last_day"],
            _text(first, "exchange"),
            option,
        )
    except UsageError as problem:
        raise DataError(f"contracts: {symbol}: {problem}", symbol=symbol) from None


def _rates(symbol: str, entry: Mapping[str, Any]) -> Rates:
    is_option = option_terms.is_option(entry)
    margin = _number(symbol, entry, "margin", 0.0 if is_option else float("nan"))
    opened = _number(symbol, entry, "open_fee", 0.0)
    closed = _number(symbol, entry, "close_fee", opened)
    limit = _number(symbol, entry, "limit_ratio", float("nan"))
    kind = _text(entry, "fee_kind") or FEE_KINDS[0]
    return Rates(
        entry["since"],
        _number(symbol, entry, "long_margin", margin),
        _number(symbol, entry, "short_margin", margin),
        opened,
        closed,
        _number(symbol, entry, "close_today_fee", closed),
        kind,
        None if math.isnan(limit) else limit,
    )


def _read(symbol: str, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of an option with their numbers read; None where one is left out."""
    nothing = float("nan")
    read = [
        {**entry, **{name: _number(symbol, entry, name, nothing) for name in (*option_terms.NUMBERS, "multiplier")}}
        for entry in entries
    ]
    return [{name: None if value != value else value for name, value in entry.items()} for entry in read]


def _number(symbol: str, entry: Mapping[str, Any], name: str, usual: float) -> float:
    value = entry.get(name)
    if value is None or value != value or value == "":
        return usual
    try:
        return float(value)
    except (TypeError, ValueError):
        raise DataError(
            f"contracts: {symbol}: {name}={shown(value)} is no number. Write one such as 0.12.",
            field=name,
            symbol=symbol,
        ) from None


def _text(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    return "" if value is None or value != value else str(value).strip()
