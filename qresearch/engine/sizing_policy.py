"""Policies of sizing: how many shares are sent for what was asked, where rules of an exchange leave a choice.

``native`` is the one of the Trading API. ``floor`` is how platforms count whose scripts run here: a number of shares to
buy is rounded down; a value is turned into shares at the last price and slippage comes on top, so that it may cost more
than was asked; a market order in STAR shares needs a protection price (the `limit_price` of its terms) or is refused;
no order is too large.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Protocol

from qresearch.domain.instrument import Board, Instrument
from qresearch.domain.reasons import Reason, Refusal
from qresearch.domain.terms import MARKET_DAY, Terms


class SizingPolicy(Protocol):
    """How a request becomes shares. One of your own has these members, and is passed as ``Session(sizing=...)``.

    Attributes
    ----------
    name : str
        How the settings and the log call it.
    caps_value : bool
        A buy by value is trimmed at the match to the value that was asked for.
    has_maximum : bool
        Orders above the largest size of their board are refused.
    """

    name: str
    caps_value: bool
    has_maximum: bool

    def lots(self, asked: int, step: int, /) -> int:
        """Whole lots to send for a number of shares to buy, when `step` make a lot."""

    def refusal(self, instrument: Instrument, terms: Terms, /) -> Refusal | None:
        """Why an order in an instrument is not taken at all, whatever its size; None when it is."""


class Nearest:
    """The nearest lot, a tie down; never more value than was asked for."""

    name, caps_value, has_maximum = "native", True, True

    def lots(self, asked: int, step: int, /) -> int:
        """The nearest number of lots; a tie goes down."""
        lots, rest = divmod(asked, step)
        return lots + (2 * rest > step)

    def refusal(self, instrument: Instrument, terms: Terms, /) -> Refusal | None:
        """None: the board decides."""
        return None


class Floor:
    """Whole lots below what was asked for; STAR shares want a protection price."""

    name, caps_value, has_maximum = "floor", False, False

    def lots(self, asked: int, step: int, /) -> int:
        """The number of whole lots in what was asked."""
        return asked // step

    def refusal(self, instrument: Instrument, terms: Terms, /) -> Refusal | None:
        """A plain market order on the STAR board is not taken."""
        if instrument.board is Board.STAR and replace(terms, tag="") == MARKET_DAY:
            return Reason.PROTECTION_PRICE, {"symbol": instrument.symbol}
        return None


NATIVE, FLOOR = Nearest(), Floor()
SIZINGS: Mapping[str, SizingPolicy] = MappingProxyType({NATIVE.name: NATIVE, FLOOR.name: FLOOR})
"""Ours, by name."""
