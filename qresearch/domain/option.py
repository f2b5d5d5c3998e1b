"""Options: the right that a contract gives, and its strike and unit by date."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from qresearch.errors import UsageError, choose

RIGHTS = ("call", "put")
SETTLEMENTS = ("shares", "cash", "future")
STYLES = ("european", "american")


@dataclass(frozen=True, slots=True)
class OptionTerms:
    """Strike and unit from a day on: a dividend or a split of the underlying changes both.

    Parameters
    ----------
    since : date or None
        First day on which they hold; None: from the beginning.
    strike : float, currency per unit of the underlying
    unit : int
        Units of the underlying in one contract.
    """

    since: dt.date | None
    strike: float
    unit: int

    def __post_init__(self) -> None:
        if not self.strike > 0:
            raise UsageError(f"OptionTerms: strike={self.strike!r} must be above 0. Pass a price such as 3.2.")
        if self.unit < 1 or int(self.unit) != self.unit:
            raise UsageError(f"OptionTerms: unit={self.unit!r} must be a whole number above 0, such as 10000.")


@dataclass(frozen=True, slots=True)
class Option:
    """What an option gives the right to.

    Parameters
    ----------
    underlying : str
        Symbol of a fund, an index or a future of the same market.
    right : {"call", "put"}
    terms : tuple of OptionTerms
        By date, ascending.
    settlement : {"shares", "cash", "future"}
        What an exercise brings: units of the fund against the strike on the next trading day; the difference to the
        index in cash; a lot of the future at the strike. It tells the kind of underlying too, and so which formula the
        margin of a written contract follows.
    style : {"european", "american"}
        Exercised on the last trading day only, or on any.
    floor : float
        The least margin of a written contract: of a fund a fraction of its price (of the strike for a put), of an index
        a fraction of the margin ratio. Options on futures have a floor of half the margin of a future.
    writing_fee : float or None
        Fee for selling to open; None: as for every opening. ETF options of SSE and SZSE are written free of charge.
    exercise_fee : float, currency per contract
    largest_order, largest_market_order : int or None, contracts
        None: no bound is known.

    >>> Option("510050.SH", "call", (OptionTerms(None, 3.2, 10_000),)).on(dt.date(2021, 11, 24)).unit
    10000
    """

    underlying: str
    right: str
    terms: tuple[OptionTerms, ...]
    settlement: str = SETTLEMENTS[0]
    style: str = STYLES[0]
    floor: float = 0.07
    writing_fee: float | None = None
    exercise_fee: float = 0.0
    largest_order: int | None = None
    largest_market_order: int | None = None

    def __post_init__(self) -> None:
        choose("Option: right", self.right, RIGHTS)
        choose("Option: settlement", self.settlement, SETTLEMENTS)
        choose("Option: style", self.style, STYLES)
        if not self.terms:
            raise UsageError("Option: terms=() says neither strike nor unit. Pass at least one OptionTerms.")
        if not 0 <= self.floor < 1:
            raise UsageError(f"Option: floor={self.floor!r} must be at least 0 and below 1, such as 0.07.")

    @property
    def is_call(self) -> bool:
        """True for the right to buy."""
        return self.right == RIGHTS[0]

    @property
    def maxima(self) -> tuple[int, ...]:
        """The bounds of one order that are known, contracts."""
        return tuple(most for most in (self.largest_order, self.largest_market_order) if most is not None)

    def on(self, day: dt.date) -> OptionTerms:
        """The terms of a day; the first ones before their own first day."""
        held = [terms for terms in self.terms if terms.since is None or terms.since <= day]
        return held[-1] if held else self.terms[0]
