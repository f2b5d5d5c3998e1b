"""The table of contracts: what one lot of a future or an option is, and its margin, fees and limits by date."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qresearch.domain.contract import FEE_KINDS, Contract, Rates
from qresearch.errors import DataError
from qresearch.sources import option_terms
from qresearch.sources.listings import Table
from qresearch.sources.own_tables import Form, Row, in_order

RATES = ("long_margin", "short_margin", "open_fee", "close_fee", "close_today_fee", "limit_ratio", "position_limit")
REQUIRED = ("symbol", "multiplier", "tick")
COLUMNS = (
    *REQUIRED, "product", "exchange", "last_day", "since", "margin", *RATES, "fee_kind", "name", *option_terms.COLUMNS,
)  # fmt: skip
_FORM = Form(
    "contracts",
    COLUMNS,
    dates=("last_day", "since"),
    example=0.12,
    needed="Give symbol, multiplier, tick and margin (a fraction of the value), and what else is known: last_day, "
    "open_fee, close_fee, close_today_fee, fee_kind, limit_ratio, since.",
    required=(("multiplier",), ("tick",)),
    other_names={"last_trading_day": "last_day", "price_tick": "tick", "margin_ratio": "margin"},
)


def read_contracts(source: Table | None) -> dict[str, Contract]:
    """Contracts by symbol.

    Parameters
    ----------
    source : DataFrame, path or None
        One row per symbol, or several with a day `since` from which their rates hold. symbol, multiplier, tick;
        margin, or long_margin and short_margin (fractions of the value); optionally product, exchange, last_day,
        open_fee, close_fee, close_today_fee, fee_kind ("money": fractions of the value; "lot": currency per lot),
        limit_ratio, position_limit (lots of one side of a future). A close_fee or close_today_fee that is left out is
        the one before it. A row with an underlying is an option: right ("call" or "put"), strike, and in multiplier its
        unit; optionally settlement ("shares" of a fund, "cash" of an index, "future"), style, floor, writing_fee,
        exercise_fee, largest_order, largest_market_order; margin is the part of the underlying's value that a written
        contract binds, and may be empty where a future does. Terms after an adjustment stand in a row of their own,
        with their day in since.

    Raises
    ------
    DataError
        A column that is missing or unknown, or a value that cannot be one; it names the symbol and what to write.
    """
    if source is None:
        return {}
    rows = _FORM.rows(source)
    told = {name for entries in rows.values() for row in entries for name in row.cells}
    if rows and not ({"margin"} <= told or {"long_margin", "short_margin"} <= told):
        raise DataError(f"contracts: no column margin. {_FORM.needed}", field="margin")
    return {symbol: _contract(symbol, entries) for symbol, entries in rows.items()}


def _contract(symbol: str, entries: Sequence[Row]) -> Contract:
    entries = in_order(entries)
    first = entries[0]
    rates = tuple(row.made(_rates) for row in entries)
    sizes = {_or(row.number("multiplier"), 1) for row in entries}
    option = (
        first.made(lambda _: option_terms.option_of(symbol, [_read(row) for row in entries]))
        if (option_terms.is_option(first.cells))
        else None
    )
    if option is not None and any(held.position_limit is not None for held in rates):
        raise DataError(
            f"contracts: {symbol} is an option and has a position_limit. Options are limited by underlying: leave "
            "it out, and open the account with Options(position_limit=...).",
            field="position_limit",
            symbol=symbol,
        )
    if option is None and len(sizes) > 1:
        raise DataError(
            f"contracts: {symbol} has the multipliers {', '.join(f'{size:g}' for size in sorted(sizes))}. That of "
            "a future never changes: write the same one in each of its rows.",
            field="multiplier",
            symbol=symbol,
        )
    return first.made(
        lambda _: Contract(
            first.text("product") or "".join(filter(str.isalpha, symbol.partition(".")[0])),
            int(_or(first.number("multiplier"), 1)),
            _or(first.number("tick"), 1),
            rates,
            first.day("last_day"),
            first.text("exchange"),
            option,
        )
    )


def _rates(row: Row) -> Rates:
    margin = _or(row.number("margin"), 0.0 if option_terms.is_option(row.cells) else float("nan"))
    opened = _or(row.number("open_fee"), 0.0)
    closed = _or(row.number("close_fee"), opened)
    return Rates(
        row.day("since"),
        _or(row.number("long_margin"), margin),
        _or(row.number("short_margin"), margin),
        opened,
        closed,
        _or(row.number("close_today_fee"), closed),
        row.text("fee_kind") or FEE_KINDS[0],
        row.number("limit_ratio"),
        row.number("position_limit"),
    )


def _read(row: Row) -> dict[str, Any]:
    """A row of an option with its numbers read; None where one is left out."""
    return {**row.cells, **{name: row.number(name) for name in (*option_terms.NUMBERS, "multiplier")}}


def _or(value: float | None, usual: float) -> float:
    return usual if value is None else value
