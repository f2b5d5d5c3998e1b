"""Options in the table of contracts: what each gives the right to, and its strike and unit by date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from qresearch.domain.instrument import Instrument, canonical_symbol
from qresearch.domain.option import SETTLEMENTS, Option, OptionTerms
from qresearch.errors import DataError
from qresearch.market.panel import Days, Floats
from qresearch.sources.actions import ActionRow

NUMBERS = ("strike", "floor", "writing_fee", "exercise_fee", "largest_order", "largest_market_order")
COLUMNS = ("underlying", "right", *NUMBERS, "style", "settlement")
_RIGHTS = {
    **dict.fromkeys(("c", "call", "认购", "看涨"), "call"),
    **dict.fromkeys(("p", "put", "认沽", "看跌"), "put"),
}
_FLOORS = {"shares": 0.07, "cash": 0.5, "future": 0.5}
"""SSE and SZSE risk control rules for ETF options (2015-01-09); CFFEX for index options (2019-12-23)."""


def is_option(entry: Mapping[str, Any]) -> bool:
    """True for a row of the table that names an underlying."""
    return bool(_text(entry, "underlying"))


def option_of(symbol: str, entries: Sequence[Mapping[str, Any]]) -> Option:
    """The option of the rows of a symbol, the first of them first; numbers are read.

    Raises
    ------
    DataError
        No strike, or a right that is neither; it names the symbol and what to write.
    UsageError
        What :class:`~qresearch.domain.option.Option` refuses.
    """
    first = entries[0]
    right = _RIGHTS.get(_text(first, "right").lower())
    if right is None:
        raise DataError(
            f"contracts: {symbol}: right={_text(first, 'right')!r} is neither. Write call or put.",
            field="right",
            symbol=symbol,
        )
    if any(entry["strike"] is None for entry in entries):
        raise DataError(
            f"contracts: {symbol} names an underlying and no strike. Write the strike, such as 3.2, in each of its "
            "rows; a row with another day in since holds the terms after an adjustment.",
            field="strike",
            symbol=symbol,
        )
    settlement = _text(first, "settlement") or SETTLEMENTS[0]
    most = (first["largest_order"], first["largest_market_order"])
    return Option(
        canonical_symbol(_text(first, "underlying")),
        right,
        tuple(OptionTerms(entry["since"], entry["strike"], int(entry["multiplier"])) for entry in entries),
        settlement,
        _text(first, "style").lower() or "european",
        _FLOORS.get(settlement, 0.0) if first["floor"] is None else first["floor"],
        first["writing_fee"],
        first["exercise_fee"] or 0.0,
        *(None if count is None else int(count) for count in most),
    )


def _text(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    return "" if value is None or value != value else str(value).strip()


def with_adjustments(
    listed: Sequence[Instrument], actions: Sequence[ActionRow], marks: Floats, days: Days, notes: list[str]
) -> tuple[Instrument, ...]:
    """The instruments, options on funds and shares adjusted on the ex-dates that their table says nothing of.

    The unit grows by the last close over the price without the entitlement, to a whole number; the strike times the
    unit stays, to 0.001 (SSE and SZSE trial rules of stock options, 2015-01-09, and notices such as 2016-11-28).

    Parameters
    ----------
    listed : sequence of Instrument
    actions : sequence of ActionRow
    marks : (T, N) ndarray of float64, currency
        Closes, the last known one where there is none.
    days : (T,) ndarray of datetime64[D]
    notes : list of str
        Takes what was adjusted by the formula, and not by the table.
    """
    found = list(listed)
    places = {item.symbol: column for column, item in enumerate(listed)}
    for column, item in enumerate(listed):
        contract = item.contract
        if contract is None or contract.option is None or contract.option.settlement != SETTLEMENTS[0]:
            continue
        option, spot = contract.option, places.get(contract.option.underlying, -1)
        for row in actions:
            if row.instrument != spot or not row.ex_day or not (row.cash or row.bonus):
                continue
            day, close = days[row.ex_day].astype(object), float(marks[row.ex_day - 1, spot])
            is_told = any(terms.since == day for terms in option.terms)
            if is_told or not close > row.cash or (contract.last_day is not None and contract.last_day < day):
                continue
            old = option.on(day)
            unit = round(old.unit * close * (1 + row.bonus) / (close - row.cash))
            new = OptionTerms(day, round(old.strike * old.unit / unit, 3), unit)
            option = replace(option, terms=tuple(sorted((*option.terms, new), key=lambda held: str(held.since or ""))))
            notes.append(
                f"{item.symbol}: adjusted on {day} by the formula of the exchanges: strike {new.strike:g}, unit {unit}."
                " A row of the table of contracts with that day in since would say it."
            )
        found[column] = replace(item, contract=replace(contract, option=option))
    return tuple(found)


def check_underlyings(listed: Sequence[Instrument]) -> None:
    """Refuse options whose underlying is not in the market: nothing could be said of their margin or exercise.

    Raises
    ------
    DataError
        It names the option and what is lacking.
    """
    symbols = {item.symbol for item in listed}
    for item in listed:
        option = item.option
        if option is not None and option.underlying not in symbols:
            raise DataError(
                f"contracts: {item.symbol} is an option on {option.underlying}, of which there are no bars. Add the "
                "bars of the underlying, or leave the option out.",
                field="underlying",
                symbol=item.symbol,
            )
