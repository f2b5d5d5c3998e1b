"""The table of contracts: what one lot of a future is, and its margin, fees and limits by date."""

from __future__ import annotations

from collections.abc import Sequence

from qresearch.domain.contract import FEE_KINDS, Contract, Rates
from qresearch.errors import DataError
from qresearch.sources.listings import Table
from qresearch.sources.own_tables import Form, Row, in_order

RATES = ("long_margin", "short_margin", "open_fee", "close_fee", "close_today_fee", "limit_ratio")
REQUIRED = ("symbol", "multiplier", "tick")
COLUMNS = (*REQUIRED, "product", "exchange", "last_day", "since", "margin", *RATES, "fee_kind", "name")
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
        limit_ratio. A close_fee or close_today_fee that is left out is the one before it.

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
    first = entries[0]
    rates = tuple(row.made(_rates) for row in in_order(entries))
    return first.made(
        lambda _: Contract(
            first.text("product") or "".join(filter(str.isalpha, symbol.partition(".")[0])),
            int(_or(first.number("multiplier"), 1)),
            _or(first.number("tick"), 1),
            rates,
            first.day("last_day"),
            first.text("exchange"),
        )
    )


def _rates(row: Row) -> Rates:
    margin = _or(row.number("margin"), float("nan"))
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
    )


def _or(value: float | None, usual: float) -> float:
    return usual if value is None else value
