"""What a market holds beside its arrays, as JSON data: instruments with their terms, actions, a venue.

Reading makes the classes that stand here and no others: nothing in a file is ever executed. What stands at its default
is left out, so that a term which comes later changes no file where it is not used.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from enum import Enum
from functools import cache
from typing import Any

from qresearch.domain.bond import Bond, Conversion, Early, Repo
from qresearch.domain.contract import Contract, Rates
from qresearch.domain.credit import Credit, CreditRates
from qresearch.domain.instrument import Board, Instrument
from qresearch.domain.moment import Phase
from qresearch.domain.money import MoneyScale
from qresearch.domain.option import Option, OptionTerms
from qresearch.errors import UsageError
from qresearch.market.actions import Action
from qresearch.market.rulebook import RuleBook
from qresearch.market.rules import Band, Cage, Dated, FirstDays, Hours, LargestOrder, Levy, LotRule
from qresearch.market.venue import VENUES, Venue

_KINDS: Mapping[str, Any] = {
    kind.__name__: kind
    for kind in (
        Instrument, Board, Contract, Rates, Option, OptionTerms, Credit, CreditRates, Bond, Conversion, Early, Repo,
        Action, Venue, Phase, MoneyScale, RuleBook, Dated, Band, Cage, FirstDays, Hours, LargestOrder, Levy, LotRule,
    )
}  # fmt: skip
_ATOMS = frozenset({int, float, str, bool, type(None)})


def to_text(value: Any) -> Any:
    """Instruments, actions, a venue, or a tuple of such as JSON data.

    Raises
    ------
    UsageError
        A class of the user's own among them, such as a rule book with other methods: no file can hold it.

    >>> to_text(Board.STAR), to_text((dt.date(2024, 1, 2), 0.5))
    ({'$': 'Board', 'value': 'STAR'}, [{'$date': '2024-01-02'}, 0.5])
    """
    kind = type(value)
    if kind in _ATOMS:
        return value
    if kind is tuple:
        return [to_text(item) for item in value]
    if kind in (dt.date, dt.time):
        return {f"${kind.__name__}": value.isoformat()}
    if isinstance(value, Mapping):
        return {"$pairs": [[to_text(key), to_text(item)] for key, item in value.items()]}
    if _KINDS.get(kind.__name__) is not kind:
        raise UsageError(
            f"A market with a {kind.__name__} cannot be saved: only classes of qresearch can be read back from a file. "
            "Save the market with those, and put your own in its place after reading it."
        )
    if isinstance(value, Enum):
        return {"$": kind.__name__, "value": value.value}
    held = {name: getattr(value, name) for name in _defaults(kind)}
    return {
        "$": kind.__name__,
        **{name: to_text(item) for name, item in held.items() if not _is_usual(item, _defaults(kind)[name])},
    }


def from_text(data: Any) -> Any:
    """The inverse of :func:`to_text`.

    Raises
    ------
    LookupError, TypeError, ValueError, QresearchError
        Data that :func:`to_text` did not make.

    >>> from_text(to_text(Instrument("600519.SH", board=Board.SH_MAIN))).board
    <Board.SH_MAIN: 'SH_MAIN'>
    """
    if isinstance(data, list):
        return tuple(from_text(item) for item in data)
    if not isinstance(data, dict):
        return data
    if "$date" in data:
        return dt.date.fromisoformat(data["$date"])
    if "$time" in data:
        return dt.time.fromisoformat(data["$time"])
    if "$pairs" in data:
        return {from_text(key): from_text(item) for key, item in data["$pairs"]}
    kind = _KINDS[data["$"]]
    return kind(**{name: from_text(item) for name, item in data.items() if name != "$"})


def venue_to_text(venue: Venue) -> Any:
    """A venue as JSON data: one of ours by its name, with how finely it counts, so that later rules hold for it too.

    >>> from qresearch.market.venue import CHINA
    >>> venue_to_text(CHINA.for_tick(0.2))["name"]
    'china'
    """
    for name, known in VENUES.items():
        if replace(venue, money=known.money) == known:
            return {"name": name, "money": to_text(venue.money)}
    return to_text(venue)


def venue_from_text(data: Any) -> Venue:
    """The inverse of :func:`venue_to_text`; raises as :func:`from_text`.

    >>> from qresearch.market.venue import CHINA
    >>> venue_from_text(venue_to_text(CHINA)) is CHINA
    True
    """
    if "name" in data and "$" not in data:
        known, money = VENUES[data["name"]], from_text(data["money"])
        return known if money == known.money else replace(known, money=money)
    found: Venue = from_text(data)
    return found


@cache
def _defaults(kind: Any) -> dict[str, Any]:
    """Default of each field of a class; MISSING where it has none, or one that is made anew."""
    if is_dataclass(kind):
        return {item.name: item.default for item in fields(kind)}
    return {name: kind._field_defaults.get(name, MISSING) for name in kind._fields}


def _is_usual(value: Any, usual: Any) -> bool:
    return type(value) is type(usual) and bool(value == usual)
