"""When something happens: the day, the phase of the day and, on minute data, the bar. Phases are numbered here only."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class Phase(StrEnum):
    """The phases of a trading day, in order.

    What is visible grows with the phase: at ``OPEN`` that day's open is known and nothing else of its bar; on daily
    bars high, low, close and volume appear at ``CLOSE``. On minute data ``INTRADAY`` comes once for every bar.
    """

    PRE_OPEN = "PRE_OPEN"
    OPEN = "OPEN"
    INTRADAY = "INTRADAY"
    CLOSE = "CLOSE"
    AFTER_CLOSE = "AFTER_CLOSE"


PHASES = tuple(Phase)
PHASE_NUMBERS: Mapping[Phase, int] = MappingProxyType({phase: number for number, phase in enumerate(PHASES)})
PRE_OPEN, OPEN, INTRADAY, CLOSE, AFTER_CLOSE = range(len(PHASES))
"""The phases as numbers, which compare in the order of the day."""


class Moment(NamedTuple):
    """A point of the clock; moments compare in the order of time.

    Parameters
    ----------
    day : int
        Index of the trading day; one less than the first before a session has begun.
    phase : int
        Number of the phase: :data:`PHASES`.
    bar : int
        On minute data the number of the bar of the day, from 1: at ``OPEN`` the first, of which only the open is known;
        at ``INTRADAY`` a whole one; at ``CLOSE`` the last. 0 otherwise, and on daily bars.

    >>> Moment(3, OPEN) < Moment(3, INTRADAY, 1) < Moment(3, INTRADAY, 2) < Moment(4, PRE_OPEN)
    True
    """

    day: int
    phase: int
    bar: int = 0
