"""What a LEAN fill rule says about an order at one moment: a fill, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Wait(StrEnum):
    """Why an order did not fill at a step."""

    SESSION_CLOSED = "SESSION_CLOSED"
    """No session is open that this type trades in."""
    NO_DATA = "NO_DATA"
    """No bar of the kind that this type looks at has come yet."""
    STALE_DATA = "STALE_DATA"
    """All there is ended too long before the order was placed."""
    NO_NEW_BAR = "NO_NEW_BAR"
    """The bar ended no later than the order was placed."""
    LIMIT_NOT_REACHED = "LIMIT_NOT_REACHED"
    STOP_NOT_REACHED = "STOP_NOT_REACHED"
    """The stop or the trigger."""
    AWAITS_OPEN = "AWAITS_OPEN"
    AWAITS_CLOSE = "AWAITS_CLOSE"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rule says at one step.

    Parameters
    ----------
    price : float or None, currency per share
        Price of the fill, slippage included; None: no fill.
    quantity : int, shares
        Filled, signed; 0 without a fill.
    stop : float or None, currency per share
        Where the stop or trigger stands after this step.
    triggered : bool
        It has been reached, now or before.
    takes : bool
        True when the type takes what is there, so that slippage applies.
    message : str
        What is remarkable about a fill: a gap, stale data, quotes in place of trades; mostly empty.
    wait : Wait or None
        Why there is no fill.
    """

    price: float | None = None
    quantity: int = 0
    stop: float | None = None
    triggered: bool = False
    takes: bool = False
    message: str = ""
    wait: Wait | None = None
