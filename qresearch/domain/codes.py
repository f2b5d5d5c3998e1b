"""One order, five dialects: what other systems would call the state of an order.

An order is stored as facts, and its code in each system is derived from them by a literal table: the rules of a dialect
are read from top to bottom and the first that fits gives the code. The way from the facts to a code is total; the way
back is not: most codes need the filled quantity, and some the cancel flag, to be understood.

Tables of the documentation are generated from these (:func:`codes_table`).

Examples
--------
>>> partly = OrderFacts("WORKING", filled=300)
>>> [str(code(dialect, partly)) for dialect in DIALECTS]
['1 filled', '55 ORDER_PART_SUCC', '0 partially filled', '2 PartiallyFilled', '1 Partially filled']
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from qresearch.domain.moment import Moment
from qresearch.errors import choose

UNKNOWN = "UNKNOWN"
"""State of an imported order about which nothing is known."""


class Shape(StrEnum):
    """What a system has to show."""

    STATUS = "STATUS"
    """A status code on a record."""
    ANSWER = "ANSWER"
    """No record: only the answer of the call that was to place the order."""
    NOTHING = "NOTHING"
    """The dialect has no word for it."""


@dataclass(frozen=True, slots=True)
class Code:
    """What one system calls the state of an order.

    Parameters
    ----------
    name : str
        The system's own word.
    value : int, str or None
        The system's own value: a character in FIX; None where it has none.
    shape : Shape

    Examples
    --------
    >>> print(Code("held", 4))
    4 held
    """

    name: str
    value: int | str | None
    shape: Shape = Shape.STATUS

    def __str__(self) -> str:
        return self.name if self.value is None else f"{self.value} {self.name}"


class OrderLike(Protocol):
    """The parts of an order record from which facts are taken."""

    @property
    def status(self) -> str:
        """Name of the state."""

    @property
    def filled(self) -> int:
        """Shares filled."""

    @property
    def cancel_requested(self) -> bool:
        """A cancel is on its way."""

    @property
    def end_origin(self) -> str:
        """Who ended it."""

    @property
    def placed(self) -> Moment:
        """Day and phase of the request."""

    @property
    def ended(self) -> Moment | None:
        """Day and phase of the end."""


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What a code is derived from.

    Parameters
    ----------
    status : str
        A state of :class:`~qresearch.domain.order.Status`, or ``"UNKNOWN"`` for imported data.
    filled : int, shares
        Not signed.
    cancel_requested : bool
        A cancel was asked for and has not taken effect.
    has_id : bool
        It was accepted for sending, so that a broker would have numbered it. False for what a check refused at once.
    end_origin : str
        Who ended it: "user", "ioc", "fok", "eod", "end_of_run", "risk", "check", ...; empty while it is open.
    live : bool
        In the dialect of live trading. Only JoinQuant's knows a pending cancel there that its backtests do not have.
    pushed : bool
        As pushed to a callback, not as in a table of results. Only Swordfish tells the two apart.
    """

    status: str
    filled: int = 0
    cancel_requested: bool = False
    has_id: bool = True
    end_origin: str = ""
    live: bool = False
    pushed: bool = False

    @classmethod
    def of(cls, order: OrderLike, *, live: bool = False, pushed: bool = False) -> OrderFacts:
        """The facts of an order record.

        An order that ended at the moment of its placing by a rejection never got an id.
        """
        status = str(order.status)
        never_sent = status == "CREATED" or (status == "REJECTED" and not order.filled and order.ended == order.placed)
        return cls(status, order.filled, order.cancel_requested, not never_sent, order.end_origin, live, pushed)


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a derivation: a code, and what must hold for it. None: whatever it is.

    Parameters
    ----------
    code : Code
    states : tuple of str
        Any of these; none named: any state.
    filled : bool or None
        Some shares are filled.
    cancel_requested, has_id, live, pushed : bool or None
    """

    code: Code
    states: tuple[str, ...] = ()
    filled: bool | None = None
    cancel_requested: bool | None = None
    has_id: bool | None = None
    live: bool | None = None
    pushed: bool | None = None

    def fits(self, facts: OrderFacts) -> bool:
        """True when the facts are those of this line."""
        if self.states and facts.status not in self.states:
            return False
        pairs = (
            (self.filled, facts.filled > 0),
            (self.cancel_requested, facts.cancel_requested),
            (self.has_id, facts.has_id),
            (self.live, facts.live),
            (self.pushed, facts.pushed),
        )
        return all(wanted is None or wanted is found for wanted, found in pairs)


_OVER = ("CANCELED", "EXPIRED")
_IN_MARKET = ("WORKING", "REPLACE_PENDING")
_WAITING = ("CREATED", "QUEUED")
_OPEN = (*_WAITING, *_IN_MARKET)

JOINQUANT = (
    Rule(Code("unknown", -1), (UNKNOWN,)),
    Rule(Code("no order, the call returns None", None, Shape.ANSWER), ("REJECTED",), has_id=False),
    Rule(Code("rejected", 3), ("REJECTED",)),
    Rule(Code("held", 4), ("FILLED",)),
    Rule(Code("canceled", 2), _OVER),
    Rule(Code("pending cancel", 9), _OPEN, cancel_requested=True, live=True),
    Rule(Code("filled", 1), _OPEN, filled=True),
    Rule(Code("open", 0), _IN_MARKET),
    Rule(Code("new", 8), _WAITING),
)
"""JoinQuant: ``OrderStatus``."""

XTQUANT = (
    Rule(Code("ORDER_UNKNOWN", 255), (UNKNOWN,)),
    Rule(Code("no record, order_stock returns -1", -1, Shape.ANSWER), ("REJECTED",), has_id=False),
    Rule(Code("ORDER_JUNK", 57), ("REJECTED",)),
    Rule(Code("ORDER_SUCCEEDED", 56), ("FILLED",)),
    Rule(Code("ORDER_PART_CANCEL", 53), _OVER, filled=True),
    Rule(Code("ORDER_CANCELED", 54), _OVER),
    Rule(Code("ORDER_PARTSUCC_CANCEL", 52), _OPEN, filled=True, cancel_requested=True),
    Rule(Code("ORDER_REPORTED_CANCEL", 51), _OPEN, cancel_requested=True),
    Rule(Code("ORDER_PART_SUCC", 55), _OPEN, filled=True),
    Rule(Code("ORDER_REPORTED", 50), _IN_MARKET),
    Rule(Code("ORDER_WAIT_REPORTING", 49), ("QUEUED",)),
    Rule(Code("ORDER_UNREPORTED", 48), ("CREATED",)),
)
"""XtQuant: ``order_status``."""

SWORDFISH = (
    Rule(Code("no row", None, Shape.NOTHING), (UNKNOWN,)),
    Rule(Code("no row yet", None, Shape.NOTHING), ("CREATED",), has_id=False),
    Rule(Code("approval rejected", -1), ("REJECTED",)),
    Rule(Code("filled", 1), ("FILLED",)),
    Rule(Code("cancel successful", 2), ("CANCELED",)),
    Rule(Code("cancel successful", 2), ("EXPIRED",), pushed=True),
    Rule(Code("unfilled order", -3), ("EXPIRED",)),
    Rule(Code("partially filled", 0), _OPEN, filled=True),
    Rule(Code("submitted", 4), _OPEN),
)
"""Swordfish: ``orderStatus``. A refused cancel is a row of its own, see :data:`CANCEL_REFUSED`."""

LEAN = (
    Rule(Code("None", 6), (UNKNOWN,)),
    Rule(Code("New", 0), ("CREATED",)),
    Rule(Code("Invalid", 7), ("REJECTED",)),
    Rule(Code("Filled", 3), ("FILLED",)),
    Rule(Code("Canceled", 5), _OVER),
    Rule(Code("CancelPending", 8), _OPEN, cancel_requested=True),
    Rule(Code("UpdateSubmitted", 9), ("REPLACE_PENDING",)),
    Rule(Code("PartiallyFilled", 2), _OPEN, filled=True),
    Rule(Code("Submitted", 1), _OPEN),
)
"""LEAN: ``OrderStatus``."""

FIX = (
    Rule(Code("no code", None, Shape.NOTHING), (UNKNOWN,)),
    Rule(Code("Pending New", "A"), ("CREATED",)),
    Rule(Code("Rejected", "8"), ("REJECTED",)),
    Rule(Code("Filled", "2"), ("FILLED",)),
    Rule(Code("Canceled", "4"), ("CANCELED",)),
    Rule(Code("Expired", "C"), ("EXPIRED",)),
    Rule(Code("Pending Cancel", "6"), _OPEN, cancel_requested=True),
    Rule(Code("Pending Replace", "E"), ("REPLACE_PENDING",)),
    Rule(Code("Partially filled", "1"), _OPEN, filled=True),
    Rule(Code("New", "0"), _OPEN),
)
"""FIX: ``OrdStatus``, tag 39."""

DIALECTS: Mapping[str, tuple[Rule, ...]] = MappingProxyType({
    "joinquant": JOINQUANT, "xtquant": XTQUANT, "swordfish": SWORDFISH, "lean": LEAN, "fix": FIX,
})  # fmt: skip
"""The derivation of each dialect, most particular line first."""

CANCEL_REFUSED: Mapping[str, Code] = MappingProxyType({
    "joinquant": Code("the order keeps its code", None, Shape.NOTHING),
    "xtquant": Code("the order keeps its code; on_cancel_error", None, Shape.NOTHING),
    "swordfish": Code("cancel rejected, an extra row", -2),
    "lean": Code("the order keeps its code; an error on the request", None, Shape.NOTHING),
    "fix": Code("the order keeps its code; message 35=9", None, Shape.NOTHING),
})  # fmt: skip
"""What each system says when a cancel is refused: an event everywhere, although Swordfish writes it as a status."""


def code(dialect: str, facts: OrderFacts) -> Code:
    """What a system would call the state of an order.

    Parameters
    ----------
    dialect : {"joinquant", "xtquant", "swordfish", "lean", "fix"}
    facts : OrderFacts

    Returns
    -------
    Code

    Raises
    ------
    UsageError
        No such dialect, or no such state; the message lists what there is.

    Examples
    --------
    >>> print(code("xtquant", OrderFacts("CANCELED", filled=100)))
    53 ORDER_PART_CANCEL
    """
    rules = DIALECTS[choose("dialect", dialect, DIALECTS)]
    choose("status", facts.status, (UNKNOWN, *_OPEN, *_OVER, "FILLED", "REJECTED"))
    return next(rule.code for rule in rules if rule.fits(facts))


def codes(facts: OrderFacts) -> dict[str, Code]:
    """What each system would call the state of an order, by dialect.

    Examples
    --------
    >>> {dialect: found.value for dialect, found in codes(OrderFacts("FILLED", filled=100)).items()}
    {'joinquant': 4, 'xtquant': 56, 'swordfish': 1, 'lean': 3, 'fix': '2'}
    """
    return {dialect: code(dialect, facts) for dialect in DIALECTS}
