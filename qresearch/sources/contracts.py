"""The table of contracts: what one lot of a future is, and its margin, fees and limits by date."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from qresearch.domain.contract import FEE_KINDS, Contract, Rates
from qresearch.domain.instrument import canonical_symbol
from qresearch.errors import DataError, UsageError, close_matches, did_you_mean, shown
from qresearch.market.venue import CHINA
from qresearch.sources.listings import Table, dates_of, table_of

REQUIRED = ("symbol", "multiplier", "tick")
RATES = ("long_margin", "short_margin", "open_fee", "close_fee", "close_today_fee", "limit_ratio")
COLUMNS = (*REQUIRED, "product", "exchange", "last_day", "since", "margin", *RATES, "fee_kind", "name")
_OTHER_NAMES = {"last_trading_day": "last_day", "price_tick": "tick", "margin_ratio": "margin"}


def read_contracts(source: Table | None) -> dict[str, Contract]:
    """Contracts by symbol.

    Parameters
    ----------
    source : DataFrame, path or None
        One row per symbol, or several with a day `since` from which their rates hold. symbol, multiplier, tick;
        margin, or long_margin and short_margin (fractions of the value); optionally product, exchange, last_day,
        open_fee, close_fee, close_today_fee, fee_kind ("money": fractions of the value; "lot": currency per lot),
        limit_ratio. A close_fee or close_today_fee that is left out is the one before it.

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
    first = entries[0]
    try:
        rates = sorted((_rates(symbol, entry) for entry in entries), key=lambda held: str(held.since or ""))
        days = [held.since for held in rates]
        if len(set(days)) < len(days):
            raise DataError(
                f"contracts: {symbol} has two rows since {days[0] or 'the beginning'}. Keep one row per day.",
                field="since",
                symbol=symbol,
            )
        return Contract(
            _text(first, "product") or "".join(filter(str.isalpha, symbol.partition(".")[0])),
            int(_number(symbol, first, "multiplier", 1)),
            _number(symbol, first, "tick", 1),
            tuple(rates),
            first["last_day"],
            _text(first, "exchange"),
        )
    except UsageError as problem:
        raise DataError(f"contracts: {symbol}: {problem}", symbol=symbol) from None


def _rates(symbol: str, entry: Mapping[str, Any]) -> Rates:
    margin = _number(symbol, entry, "margin", float("nan"))
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
