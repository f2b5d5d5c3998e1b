"""Orders: how one is asked for, the states it can be in, and which moves between them are legal.

An order is stored as facts; what other systems call its status is derived from them. "Partly filled" and "cancel
pending" are facts, not states.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from types import MappingProxyType


class Side(StrEnum):
    """Which way an order trades."""

    BUY = "buy"
    SELL = "sell"

    @classmethod
    def of(cls, signed: float) -> Side:
        """The side of a signed number, of shares or of what was asked for; a target of nothing sells.

        >>> Side.of(100), Side.of(-0.5)
        (<Side.BUY: 'buy'>, <Side.SELL: 'sell'>)
        """
        return cls.BUY if signed > 0 else cls.SELL

    @property
    def sign(self) -> int:
        """1 to buy, -1 to sell."""
        return 1 if self is Side.BUY else -1


class Status(StrEnum):
    """The states of an order."""

    CREATED = "CREATED"
    """Asked for; not yet sized and checked."""
    QUEUED = "QUEUED"
    """Accepted; waits for the next open."""
    WORKING = "WORKING"
    """In the market."""
    REPLACE_PENDING = "REPLACE_PENDING"
    """In the market; an update takes effect at the next match."""
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    REJECTED = "REJECTED"

    @property
    def is_final(self) -> bool:
        """True when nothing can happen to the order any more.

        >>> Status.FILLED.is_final, Status.WORKING.is_final
        (True, False)
        """
        return self in FINAL


# The order matters: the table below and the pictures drawn from it are the same in every process.
_ENDS = (Status.FILLED, Status.CANCELED, Status.EXPIRED, Status.REJECTED)
FINAL = frozenset(_ENDS)


class Move(StrEnum):
    """What can happen to an order."""

    QUEUE = "queue"
    RELEASE = "release"
    REJECT = "reject"
    TRIM = "trim"
    WAIT = "wait"
    SCALE = "scale"
    FILL = "fill"
    CANCEL = "cancel"
    EXPIRE = "expire"
    REFUSE_CANCEL = "refuse_cancel"
    TRIGGER = "trigger"
    UPDATE = "update"
    REQUEST_UPDATE = "request_update"
    REFUSE_UPDATE = "refuse_update"
    REQUEST_CANCEL = "request_cancel"


TRANSITIONS: Mapping[tuple[Status, Move], frozenset[Status]] = MappingProxyType({
    (Status.CREATED, Move.QUEUE): frozenset({Status.QUEUED}),
    (Status.CREATED, Move.REJECT): frozenset({Status.REJECTED}),  # never sent: zero after rounding, refused by a check
    (Status.QUEUED, Move.RELEASE): frozenset({Status.WORKING}),
    (Status.QUEUED, Move.REJECT): frozenset({Status.REJECTED}),
    (Status.QUEUED, Move.SCALE): frozenset({Status.QUEUED}),  # a split or bonus issue while it waits
    (Status.QUEUED, Move.CANCEL): frozenset({Status.CANCELED}),
    (Status.WORKING, Move.WAIT): frozenset({Status.WORKING}),  # met the market, found no (more) shares
    (Status.WORKING, Move.TRIM): frozenset({Status.WORKING}),  # part of it is given up, with a reason
    (Status.WORKING, Move.FILL): frozenset({Status.WORKING, Status.FILLED}),  # filled when nothing is left
    # Refused by a check at the match, or ended by a margin rule, then also after fills.
    (Status.WORKING, Move.REJECT): frozenset({Status.REJECTED}),
    (Status.WORKING, Move.TRIGGER): frozenset({Status.WORKING}),
    (Status.WORKING, Move.SCALE): frozenset({Status.WORKING}),
    (Status.WORKING, Move.REQUEST_CANCEL): frozenset({Status.WORKING}),  # a fact, not a state; the fill may still win
    (Status.QUEUED, Move.UPDATE): frozenset({Status.QUEUED}),
    (Status.WORKING, Move.UPDATE): frozenset({Status.WORKING}),
    (Status.WORKING, Move.REQUEST_UPDATE): frozenset({Status.REPLACE_PENDING}),
    (Status.REPLACE_PENDING, Move.REQUEST_UPDATE): frozenset({Status.REPLACE_PENDING}),  # the newer one counts
    # It takes effect; or the match makes a sale to a value larger, and it stays pending.
    (Status.REPLACE_PENDING, Move.UPDATE): frozenset({Status.WORKING, Status.REPLACE_PENDING}),
    (Status.REPLACE_PENDING, Move.REFUSE_UPDATE): frozenset({Status.WORKING}),
    (Status.REPLACE_PENDING, Move.FILL): frozenset({Status.REPLACE_PENDING, Status.FILLED}),  # the fill wins the race
    (Status.REPLACE_PENDING, Move.WAIT): frozenset({Status.REPLACE_PENDING}),
    (Status.REPLACE_PENDING, Move.TRIM): frozenset({Status.REPLACE_PENDING}),
    (Status.REPLACE_PENDING, Move.TRIGGER): frozenset({Status.REPLACE_PENDING}),
    (Status.REPLACE_PENDING, Move.SCALE): frozenset({Status.REPLACE_PENDING}),
    (Status.REPLACE_PENDING, Move.REQUEST_CANCEL): frozenset({Status.REPLACE_PENDING}),
    (Status.REPLACE_PENDING, Move.CANCEL): frozenset({Status.CANCELED}),
    (Status.REPLACE_PENDING, Move.REJECT): frozenset({Status.REJECTED}),
    (Status.REPLACE_PENDING, Move.EXPIRE): frozenset({Status.EXPIRED}),
    (Status.WORKING, Move.CANCEL): frozenset({Status.CANCELED}),
    (Status.WORKING, Move.EXPIRE): frozenset({Status.EXPIRED}),  # what is left at the end of the day
    # Refusing a cancel or an update changes nothing: it is an event, whatever state the order is in.
    **{
        (status, Move.REFUSE_CANCEL): frozenset({status})
        for status in (*_ENDS, Status.WORKING, Status.REPLACE_PENDING)  # an open one in a closing auction
    },
    **{(status, Move.REFUSE_UPDATE): frozenset({status}) for status in (*_ENDS, Status.QUEUED, Status.WORKING)},
})  # fmt: skip
"""Every legal move: (state, what happens) to the states it may lead to. Anything else is a bug of ours."""


class Method(IntEnum):
    """How the size of an order was asked for."""

    ORDER = 0
    """Shares."""
    VALUE = 1
    """Money."""
    TARGET = 2
    """Shares to hold afterwards."""
    TARGET_VALUE = 3
    """Value to hold afterwards."""
    LOTS = 4
    """Lots."""
    PCT = 5
    """Fraction of the cash (buy) or of the position (sell)."""

    @property
    def call(self) -> str:
        """Name of the function that asks in this way.

        >>> Method.TARGET_VALUE.call
        'order_target_value'
        """
        return "order" if self is Method.ORDER else f"order_{self.name.lower()}"
