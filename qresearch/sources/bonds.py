"""The table of bonds: what each pays and when, what it converts into, and the tenors of repo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from qresearch.domain.bond import Bond, Conversion, Early, Repo
from qresearch.domain.instrument import Board, Instrument, canonical_symbol
from qresearch.errors import DataError, UsageError
from qresearch.sources.listings import Table
from qresearch.sources.own_tables import Form, Row, in_order

KINDS = ("treasury", "corporate", "convertible", "repo")
TAX = {"treasury": 0.0, "corporate": 0.2, "convertible": 0.2}
"""Withheld from coupons of individuals where the table says nothing (income tax law; nothing of treasuries)."""
_DAYS = (
    "since", "value_date", "maturity", "convert_from", "convert_until", "last_trading_day", "call_day", "put_from",
    "put_until",
)  # fmt: skip
COLUMNS = (
    "symbol", "kind", "coupons", "frequency", "form", "issue_price", "redemption", "accrual", "quote", "tax", "fee",
    "minimum", "lot", "qualified_only", "underlying", "conversion_price", "call_price", "put_price", "tenor", "name",
    "mark", "source", *_DAYS,
)  # fmt: skip
_FORM = Form(
    "bonds",
    COLUMNS,
    dates=_DAYS,
    example=0.028,
    needed=f"Give symbol and kind ({', '.join(KINDS)}); of a bond value_date, maturity and coupons (rates a year), of "
    "a convertible also underlying and conversion_price, of repo tenor; and what else is known.",
    required=(("kind",),),
    other_names={
        "coupon": "coupons", "issueprice": "issue_price", "conversion_from": "convert_from",
        "tax_on_coupon": "tax", "day_count": "accrual",
    },
)  # fmt: skip
_KNOWN = Path(__file__).parent / "data" / "bonds_known.csv"


def with_bonds(listed: tuple[Instrument, ...], source: Table | None) -> tuple[Instrument, ...]:
    """Instruments with what a table says of them; repo of Shanghai and Shenzhen that it does not name has its tenor.

    Parameters
    ----------
    listed : tuple of Instrument
    source : DataFrame, path or None
        One row per symbol, or several with a day `since` from which their conversion_price holds. symbol, kind
        ("treasury", "corporate", "convertible", "repo"); of bonds value_date, maturity, coupons (a rate a year, or
        several by coupon year in one cell: "0.002 0.004 0.006"); optionally frequency (1), form ("coupon",
        "at_maturity", "discount"), issue_price, redemption (100), accrual ("exchange", "actual"), quote ("clean", of
        convertibles "full"), tax (0 of treasuries, else 0.2), fee (fraction of what is paid), minimum and lot (bonds
        of 100), qualified_only; of convertibles underlying, conversion_price, convert_from, convert_until; of a call
        last_trading_day, call_day, call_price; of a put put_from, put_until, put_price; of repo tenor (calendar days).

    Raises
    ------
    DataError
        A column that is missing or unknown, or a value that cannot be one; it names the symbol and what to write.
    """
    if source is None:
        return listed
    found = {**_known(), **{symbol: _read(rows) for symbol, rows in _FORM.rows(source).items()}}
    return tuple(_with(item, found.get(item.symbol)) for item in listed)


def _with(item: Instrument, bond: Bond | Repo | None) -> Instrument:
    if bond is None:
        return item
    if item.board in _KEPT:
        return replace(item, bond=bond)
    board = Board.REPO if isinstance(bond, Repo) else Board.CONVERTIBLE if bond.conversion else Board.BOND
    return replace(item, bond=bond, board=board)


_KEPT = frozenset({Board.BOND, Board.CONVERTIBLE, Board.REPO, Board.PLAIN})


@cache
def _known() -> Mapping[str, Bond | Repo]:
    """What is shipped: the terms of repo, and of convertibles whose terms are on record in full."""
    return {symbol: _read(rows) for symbol, rows in _FORM.rows(_KNOWN).items()}


def _read(rows: Sequence[Row]) -> Bond | Repo:
    ordered = in_order(rows)
    first = ordered[0]
    kind = first.text("kind").lower()
    if kind not in KINDS:
        raise first.wrong("kind", f"none of {', '.join(KINDS)}. Write one of them.")
    return first.made(_repo) if kind == "repo" else first.made(lambda row: _bond(row, kind, ordered))


def _repo(row: Row) -> Repo:
    tenor = row.whole("tenor")
    if tenor is None:
        raise UsageError("tenor is empty. Write the days for which the money is lent, such as 7.")
    return Repo(tenor, row.number("fee"), row.whole("lot"))


def _bond(row: Row, kind: str, rows: Sequence[Row]) -> Bond:
    begin, end = row.day("value_date"), row.day("maturity")
    if begin is None or end is None:
        missing = "value_date" if begin is None else "maturity"
        raise UsageError(f"{missing} is empty. Write a day such as 2023-03-25.")
    tax = row.number("tax")
    return Bond(
        begin,
        end,
        row.numbers("coupons") or (0.0,),
        row.whole("frequency") or 1,
        row.text("form").lower() or "coupon",
        row.number("issue_price") or 100.0,
        row.number("redemption") or 100.0,
        row.text("accrual").lower() or "exchange",
        row.text("quote").lower() or ("full" if kind == "convertible" else "clean"),
        TAX[kind] if tax is None else tax,
        row.number("fee"),
        row.whole("minimum"),
        row.whole("lot"),
        row.yes("qualified_only"),
        _conversion(row, rows) if kind == "convertible" else None,
        _early(row, "last_trading_day", "call_day", "call_price"),
        _early(row, "put_from", "put_until", "put_price"),
    )


def _conversion(row: Row, rows: Sequence[Row]) -> Conversion | None:
    """What a convertible becomes; None where the table does not say at which price."""
    prices = [(one.day("since"), price) for one in rows if (price := one.number("conversion_price")) is not None]
    if not prices:
        return None
    if row.is_empty("underlying"):
        raise UsageError("underlying is empty. Write the symbol of the share, such as 600519.SH.")
    share = canonical_symbol(row.text("underlying"))
    return Conversion(share, tuple(prices), row.day("convert_from"), row.day("convert_until"))


def _early(row: Row, first: str, last: str, price: str) -> Early | None:
    """A call or a put; None where nothing of it is told."""
    begin, end, paid = row.day(first), row.day(last), row.number(price)
    if begin is None and end is None and paid is None:
        return None
    if begin is None or end is None or paid is None or not paid > 0 or end < begin:
        raise DataError(
            f"bonds: {row.symbol}: {first}, {last} and {price} belong together: two days, the first not after the "
            f"second, and what is paid per 100. They are {begin}, {end} and {paid}.",
            field=first,
            symbol=row.symbol,
        )
    return Early(begin, end, paid)
