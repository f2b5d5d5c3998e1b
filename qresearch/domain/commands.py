"""Commands: what is asked of the simulator, in the imperative; deciding one yields events."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from qresearch.domain import events
from qresearch.domain.order import Method
from qresearch.domain.settings import Settings
from qresearch.domain.terms import MARKET_DAY, Terms


class Place(NamedTuple):
    """Ask for an order.

    Parameters
    ----------
    instrument : int
    method : Method
        How `asked` is meant.
    asked : float
        Shares, lots, money, or a fraction; negative to sell.
    terms : Terms
    """

    instrument: int
    method: int = Method.ORDER
    asked: float = 0
    terms: Terms = MARKET_DAY


class Cancel(NamedTuple):
    """Withdraw an order; `status` is its state as the asker sees it, for a refusal."""

    order_id: int
    status: str = ""


class Update(NamedTuple):
    """Change an open order.

    Parameters
    ----------
    order_id : int
    quantity : int, shares
        What shall be left to fill, signed; of the other sign, or 0, where that is nothing.
    terms : Terms
    total, done : int, shares
        The size that was asked for in all, and what is filled or given up of it: for a refusal.
    status : str
        Its state as the asker sees it, for a refusal.
    """

    order_id: int
    quantity: int
    terms: Terms
    total: int = 0
    done: int = 0
    status: str = ""


class ChangeSettings(NamedTuple):
    """Set costs, slippage or options from now on."""

    settings: Settings


class Seed(NamedTuple):
    """Begin with shares; `paid` of the cash is spent on them. `cost` and `paid` are in money steps."""

    instrument: int
    quantity: int
    cost: int
    paid: int


class PayIn(NamedTuple):
    """Pay cash in (positive) or out; in money steps."""

    amount: int


class Deed(StrEnum):
    """What an account can do without the market."""

    REPAY = "REPAY"
    """Pay money back that was borrowed."""
    GIVE_BACK = "GIVE_BACK"
    """Give shares that are held back to whom they were borrowed from."""
    LOCK = "LOCK"
    """Lock units that are held, for calls that shall be covered by them."""
    UNLOCK = "UNLOCK"
    """Free units that no covered call needs."""
    EXERCISE = "EXERCISE"
    """Use the right of options that are held."""
    CONVERT = "CONVERT"
    """Turn convertible bonds into shares."""
    PUT_BACK = "PUT_BACK"
    """Give bonds back to their issuer at the price of their put."""

    def __repr__(self) -> str:
        """As it is written in a program."""
        return f"Deed.{self.name}"


class Act(NamedTuple):
    """Do something that needs no market; `amount` in money steps or units."""

    deed: Deed
    amount: int
    instrument: int = -1


class Record(NamedTuple):
    """Note values of the day under names."""

    values: tuple[tuple[str, float], ...]


class Log(NamedTuple):
    """Write a line."""

    level: str
    text: str


class Meet(NamedTuple):
    """Let what was sent since the last match meet the market between two moments, on a clock that waits for it."""


class Tell(NamedTuple):
    """Write down what whoever keeps the orders says has happened, on the clock of :mod:`qresearch.engine.told`."""

    told: tuple[events.Record, ...]


class Advance(NamedTuple):
    """Move the market one phase on, on minute data one bar."""


Command = Place | Cancel | Update | ChangeSettings | Seed | PayIn | Act | Record | Log | Meet | Tell | Advance
