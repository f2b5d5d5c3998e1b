"""What is asked of a kind of account about an order, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from qresearch.domain.fees import NO_FEES, Fees
from qresearch.domain.ledger import Key
from qresearch.domain.reasons import Reason, Refusal
from qresearch.domain.terms import Effect


class Intent(NamedTuple):
    """An order about to trade.

    Parameters
    ----------
    instrument : int
    wanted : int, shares
        Signed.
    price : float, currency per share
        After slippage.
    cap : int or None, money steps
        Value not to be exceeded; of the whole position when `caps_position`.
    caps_position : bool
    free_cash : int, money steps
        Cash that this order may use.
    reserved_shares : int
        Shares that earlier sells hold back.
    notional : int, money steps
        Filled so far on the same order.
    fees : Fees
        Charged so far on the same order.
    is_rest : bool
        What is left of an order that was partly filled: lots are a rule for entering an order, not for its rest.
    effect : Effect
        Which side of a holding it opens or closes.
    """

    instrument: int
    wanted: int
    price: float
    cap: int | None
    caps_position: bool
    free_cash: int
    reserved_shares: int = 0
    notional: int = 0
    fees: Fees = NO_FEES
    is_rest: bool = False
    effect: Effect = Effect.AUTO


class Pool(Enum):
    """Out of which money an order is paid."""

    OWN = "own"
    """Money of the account's own, that an order spends. What rests for it is held back from every pool."""
    MARGIN = "margin"
    """What may be bound behind something borrowed, and stays the account's own."""
    ALL = "all"
    """The cash of every origin: what buys back what was sold short may use the proceeds."""

    def is_lessened_by(self, other: Pool) -> bool:
        """True where what rests for one pool is held back from another."""
        return other is Pool.OWN or self is other


class Closable(NamedTuple):
    """Units that an order of a side would close.

    Parameters
    ----------
    held, free : int, units
        All that are held, and those that may go now.
    lacking, locked : Reason
        Why not more than are held, and why not more than are free.
    """

    held: int
    free: int
    lacking: Reason = Reason.INSUFFICIENT_QUANTITY
    locked: Reason = Reason.T_PLUS_ONE


class Need(NamedTuple):
    """What an order takes from what the account may use.

    Parameters
    ----------
    money : int, money steps
        Cash or margin, fees included; negative where the order brings some.
    refusal : (Reason, facts) or None
        Why the account cannot carry such an order, whatever it has.
    lacking : Reason
        Why an order ends for which there is not enough of it.
    """

    money: int
    refusal: Refusal | None = None
    lacking: Reason = Reason.INSUFFICIENT_CASH


class Value(NamedTuple):
    """What an account is worth at its marks, in money steps.

    Parameters
    ----------
    equity : int
        What would be left if everything were settled at the marks.
    market : int
        Value of what is held long, less what is held short.
    floating : int
        Profit of what is held. Floating + realised + income - fees is what the equity grew by.
    margin : int
        Bound behind open risk.
    bound : mapping of Key to int
        The margin of each holding by itself, before what one side saves beside the other.
    debt : int
        Money owed, and what is owed in shares at its marks, interest included.
    """

    equity: int
    market: int
    floating: int
    margin: int = 0
    bound: Mapping[Key, int] = {}
    debt: int = 0
