"""Commands: what is asked of the simulator, in the imperative; deciding one yields events."""

from __future__ import annotations

from dataclasses import dataclass

from qresearch.domain.order import Method
from qresearch.domain.settings import Settings
from qresearch.domain.terms import MARKET_DAY, Terms


@dataclass(frozen=True, slots=True)
class Place:
    """Ask for an order.

    Parameters
    ----------
    instrument : int
    method : Method
        How `asked` is meant.
    asked : float
        Shares, lots, money, or a fraction; negative to sell.
    """

    instrument: int
    method: Method
    asked: float
    terms: Terms = MARKET_DAY


@dataclass(frozen=True, slots=True)
class Cancel:
    """Withdraw an order."""

    order_id: int


@dataclass(frozen=True, slots=True)
class Update:
    """Change an open order; `quantity` is the new total, signed."""

    order_id: int
    quantity: int
    terms: Terms


@dataclass(frozen=True, slots=True)
class ChangeSettings:
    """Set costs, slippage or options from now on."""

    settings: Settings


@dataclass(frozen=True, slots=True)
class Advance:
    """Move the market one phase on."""


Command = Place | Cancel | Update | ChangeSettings | Advance
