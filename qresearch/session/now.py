"""``session.now``: where the clock stands."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from qresearch.domain.moment import Phase


class _DayAndPhase(NamedTuple):
    day: pd.Timestamp
    phase: Phase


class Now(_DayAndPhase):
    """Where the clock stands: a tuple of day and phase that also knows the time.

    Parameters
    ----------
    day : Timestamp or NaT
        NaT before the first day of the data.
    phase : Phase
    time : Timestamp or NaT
        On minute data, inside the day, the end of the bar; else the hour at which the phase begins. Local time.
    """

    time: pd.Timestamp

    def __new__(cls, day: pd.Timestamp, phase: Phase, time: pd.Timestamp = pd.NaT) -> Now:  # type: ignore[assignment]  # NaT is one
        """A moment; a snapshot of memory that holds one puts its time back afterwards."""
        made = super().__new__(cls, day, phase)
        made.time = time
        return made
